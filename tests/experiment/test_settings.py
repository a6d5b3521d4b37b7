"""Texts in every form become settings with their places; nothing makes the reader fail."""

import pytest

from alfs_core.experiment.settings import MAX_SETTINGS, MAX_TEXT, settings_of


def told(text: str) -> dict[str, str]:
    return {".".join(s.path): s.value for s in settings_of(text).settings}


def test_a_command_line_over_several_lines():
    found = settings_of("$ python3 main.py --loss  AGCE \\\n   --noise_rate=0.4 --asym -q 0.7 \\\n")

    assert found.script == "main.py"
    assert told("--loss AGCE --noise_rate=0.4 --asym -q 0.7") == {
        "loss": "AGCE",
        "noise_rate": "0.4",
        "asym": "",
        "q": "0.7",
    }
    assert [s.place for s in found.settings] == ["--loss", "--noise_rate", "--asym", "--q"]


def test_a_negative_number_is_a_value():
    assert told("--A -4 --b -1e-3 --c --d") == {"A": "-4", "b": "-1e-3", "c": "", "d": ""}


def test_only_the_first_of_several_commands_is_read():
    found = settings_of("python exp.py --a 1 --gpus 0 &\npython exp.py --a 2 &\nwait")

    assert [s.value for s in found.settings] == ["1", "0"]
    assert [piece.what for piece in found.unread] == ["1 more"]


def test_lines_nest_by_indentation():
    text = """
# a comment
epochs: 120
criterion:   # what is minimised
  name: 'NCEandRCE'
  alpha: 1.0
noise_rate = 0.4
"""
    assert told(text) == {
        "epochs": "120",
        "criterion.name": "NCEandRCE",
        "criterion.alpha": "1.0",
        "noise_rate": "0.4",
    }
    assert settings_of(text).settings[1].place == "line 4"


@pytest.mark.parametrize("value", ["&a x", "*a", "!!python/object:os.system x", "| text", "[a, b]"])
def test_what_is_more_than_a_plain_value_is_named_not_read(value):
    found = settings_of(f"loss: CE\nother: {value}")

    assert told(f"loss: CE\nother: {value}") == {"loss": "CE"}
    assert [piece.place for piece in found.unread] == ["line 2"]


def test_json_and_printed_arguments():
    assert told('{"loss": {"name": "AGCE", "a": 0.6}, "asym": true, "x": null, "l": [1]}') == {
        "loss.name": "AGCE",
        "loss.a": "0.6",
        "asym": "True",
        "l.0": "1",
    }
    assert told("Namespace(dataset='CIFAR10', noise_rate=0.4)") == {
        "dataset": "CIFAR10",
        "noise_rate": "0.4",
    }


@pytest.mark.parametrize(
    "text",
    [
        "x" * (MAX_TEXT + 1),
        "{" * 9000,
        '{"a":' * 3000,
        "[" * 15000,
        '{"a": ' + "9" * 10000 + "}",
        "{broken",
        "--loss 'AGCE",
        "Namespace(" + "(" * 5000 + ")",
        "a: &x [*x, *x]\n" * 300,
        "".join(f"{' ' * i}k{i}:\n" for i in range(150)),
        "\x00\ufeff--\n-\n=\n:",
    ],
)
def test_hostile_texts_are_read_within_bounds(text):
    found = settings_of(text)

    assert len(found.settings) <= MAX_SETTINGS
    assert all(piece.why and piece.place for piece in found.unread)
