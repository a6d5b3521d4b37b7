"""What a page is told that waits for news of a run."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from alfs_core.errors import RunError
from alfs_core.training.runs import RunStore
from pages.common import news
from tests.training.test_store import CONFIG, EPOCH, PROGRESS


class Manager:
    def __init__(self, path):
        self.store = RunStore(path)


@pytest.fixture
def store(tmp_path, monkeypatch):
    manager = Manager(tmp_path / "runs.sqlite")
    monkeypatch.setattr(news, "manager", lambda: manager)
    monkeypatch.setattr(news, "HOLD", 0.3)
    monkeypatch.setattr(news, "looks", news.Looks())
    yield manager.store
    manager.store.close()


def ask(run, after):
    """The answer to GET /news/{run}?after=..."""
    query = f"after={after}".encode()
    scope = {"type": "http", "path_params": {"run": run}, "query_string": query, "headers": []}
    with ThreadPoolExecutor(1) as apart:  # Playwright's own loop may run in this thread
        return apart.submit(asyncio.run, news.told(Request(scope))).result()


def test_what_is_newer_is_told_at_once_and_then_no_more(store):
    run = store.create(CONFIG)
    store.append(run, EPOCH)
    told = ask(run, 0)

    assert (told.status_code, int(told.body)) == (200, store.news(run))
    assert ask(run, store.news(run)).status_code == 204


def test_progress_is_no_news(store):
    run = store.create(CONFIG)
    store.append(run, PROGRESS)

    assert ask(run, 0).status_code == 204


def test_the_other_seeds_of_a_race_are_news_and_other_races_are_not(store):
    first, second = (store.create(CONFIG, group="g") for _ in range(2))
    other = store.create(CONFIG)
    store.append(other, EPOCH)
    assert ask(first, 0).status_code == 204

    store.append(second, EPOCH)
    assert ask(first, 0).status_code == 200


def test_many_who_wait_look_once_at_a_time(store, monkeypatch):
    run, looked = store.create(CONFIG), []
    newest = store.news
    monkeypatch.setattr(store, "news", lambda *asked: looked.append(asked) or newest(*asked))
    monkeypatch.setattr(news, "LOOK", 60.0)

    async def crowd():
        return await asyncio.gather(*(news.looks.newest(run) for _ in range(20)))

    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(asyncio.run, crowd()).result() == [0] * 20
    assert len(looked) == 1


def test_only_the_runs_asked_for_last_are_remembered(store, monkeypatch):
    monkeypatch.setattr(news, "KEPT", 3)
    for run in "abcde":
        ask(run, 0)
    assert len(news.looks._seen) == 3


def test_a_run_that_is_not_there_has_no_news(store):
    assert ask("no run", 0).status_code == 204


@pytest.mark.parametrize("after", ["", "soon", "1.5"])
def test_what_is_no_number_is_refused(after):
    assert ask("run", after).status_code == 400


def test_a_store_that_cannot_be_read_is_said_so(store, monkeypatch):
    def locked(*_):
        raise RunError("the file of runs is locked")

    monkeypatch.setattr(store, "news", locked)
    assert ask("run", 0).status_code == 503
