# make run      the app on http://localhost:$(PORT), after creating its environment
# make test     lint, types, import directions and the whole suite (needs Chromium)
# make lint     the fast part of it
# make bench    speed, accuracy and every printed number, measured again
# make screenshots   the pictures of the README

PYTHON ?= python3
PORT ?= 8501
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench screenshots clean

run: $(VENV)/.installed
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: lint
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy alfs_core
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.screenshots

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ALF Lab needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
