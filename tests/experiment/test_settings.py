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
    assert [(piece.what, piece.decides) for piece in found.unread] == [("1 more command", True)]


def test_several_commands_are_counted():
    found = settings_of("python exp.py --a 1\npython exp.py --a 2\npython exp.py --a 3")

    assert [piece.what for piece in found.unread] == ["2 more commands"]


def test_a_job_script_is_read_where_it_trains():
    found = settings_of(
        """#!/bin/bash
#SBATCH --time=03:00:00
mkdir -p logs
CUDA_VISIBLE_DEVICES=0 python main.py --loss AGCE --noise_rate $r
"""
    )

    assert [(s.path, s.value) for s in found.settings] == [
        (("loss",), "AGCE"),
        (("noise_rate",), "$r"),
    ]
    assert (found.script, found.unread) == ("main.py", ())


def test_overrides_as_of_hydra():
    expected = {"loss": "AGCE", "loss.a": "0.6", "noise.rate": "0.4"}

    assert told("loss=AGCE loss.a=0.6 noise.rate=0.4") == expected
    assert told("python train.py loss=AGCE ++loss.a=0.6 noise.rate=0.4") == expected


def test_assignments_in_sections():
    text = """
# a comment
[loss]
name = "AGCE"  # the loss
a = 0.6
"""
    assert told(text) == {"loss.name": "AGCE", "loss.a": "0.6"}
    assert [s.place for s in settings_of(text).settings] == ["line 4", "line 5"]


def test_lines_nest_by_indentation():
    text = """
# a comment
epochs: 120
criterion:   # what is minimised
  name: 'NCEandRCE'
  alpha: 1.0
noise_rate: 0.4
"""
    assert told(text) == {
        "epochs": "120",
        "criterion.name": "NCEandRCE",
        "criterion.alpha": "1.0",
        "noise_rate": "0.4",
    }
    assert settings_of(text).settings[1].place == "line 5"


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "a: {b: 1, c: [2, x]}": {"a.b": "1", "a.c.0": "2", "a.c.1": "x"},
        "- a: 1\n- b: 2": {"0.a": "1", "1.b": "2"},
        "a:\n\tb: 1\n\tc: 'x # y'": {"a.b": "1", "a.c": "x # y"},
        "a: &x 1\nb: *x": {"a": "1", "b": "1"},
        "a: |\n  b c\n": {"a": "b c\n"},
        "a: null\nb: ~\nc:": {},
        '{\n\t"a": "1",\n\t"b": [true]}': {"a": "1", "b.0": "true"},
    }.items(),
)
def test_yaml_in_its_forms(text, expected):
    assert told(text) == {name: value.strip() for name, value in expected.items()}
    assert not settings_of(text).unread


@pytest.mark.parametrize(
    "more",
    [
        "other: !!python/object:os.system x",
        "<<: {loss: GCE}",
        "? [a]\n: b",
        "---\nloss: GCE",
    ],
)
def test_what_is_more_than_a_plain_value_is_named_not_read(more):
    found = settings_of(f"loss: CE\n{more}")

    assert told(f"loss: CE\n{more}") == {"loss": "CE"}
    (piece,) = found.unread
    assert piece.decides
    assert piece.place in ("line 2", "line 3")


@pytest.mark.parametrize("broken", ["other: *a", "a: [1", "a: b: c", "a = 1"])
def test_a_text_that_is_no_yaml_is_refused_as_a_whole(broken):
    found = settings_of(f"loss: CE\n{broken}")

    assert found.settings == ()
    assert [piece.decides for piece in found.unread] == [True]


def test_json_and_printed_arguments():
    assert told('{"loss": {"name": "AGCE", "a": 0.6}, "asym": true, "x": null, "l": [1]}') == {
        "loss.name": "AGCE",
        "loss.a": "0.6",
        "asym": "true",
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
        "a: &x [*x, *x]",
        "".join(f"k{i}: &k{i} [{f'*k{i - 1}, ' * 9 if i else '1'}]\n" for i in range(9)),
        "".join(f"{' ' * i}k{i}:\n" for i in range(150)),
        "\x00\ufeff--\n-\n=\n:",
    ],
)
def test_hostile_texts_are_read_within_bounds(text):
    found = settings_of(text)

    assert len(found.settings) <= MAX_SETTINGS
    assert all(piece.why and piece.place for piece in found.unread)
