"""The command line: verdict, evidence and exit status."""

import io
import json

import pytest

from alfs_core.__main__ import FAILS, HOLDS, UNDECIDED, USAGE, main
from alfs_core.losses import LOSSES
from alfs_core.references import REFERENCES


def run(capsys, *words: str) -> tuple[int, str, str]:
    try:
        status = main(words)
    except SystemExit as end:
        status = end.code
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("--loss AGCE --a 0.6 --q 0.6 --noise symmetric --rate 0.6 --classes 10", HOLDS),
        ("--loss AGCE --a 0.6 --q 0.6 --noise symmetric --rate 0.86 --classes 10", FAILS),
        ("--loss GCE --noise pair --rate 0.4 --classes 4", FAILS),
        ("--loss MAE --noise symmetric --rate 0.95 --classes 10", UNDECIDED),
        ("--loss LC --noise symmetric --rate 0.1", UNDECIDED),
        ("--loss NCE+RCE --dataset CIFAR-10 --noise asymmetric --rate 0.4", HOLDS),
        ("--loss RCE --A -4 --noise pair --rate 0.4 --classes 4", HOLDS),
        ("--loss FROB --rate 0.4", USAGE),
        ("--loss AGCE --rate 0.4 --bogus 1", USAGE),
        ("--loss AGCE --a -1 --rate 0.4", USAGE),
        ("--loss AGCE", USAGE),
        ("", USAGE),
        ("--experiment /no/such/file", USAGE),
    ],
)
def test_exit_status(capsys, words, status):
    assert run(capsys, "check", *words.split())[0] == status


@pytest.mark.parametrize("words", [(), ("frob",), ("losses", "--frob")])
def test_bad_usage_is_told_on_standard_error(capsys, words):
    status, out, err = run(capsys, *words)

    assert (status, out) == (USAGE, "")
    assert "usage: alflab" in err


def test_a_verdict_comes_with_its_evidence(capsys):
    words = ["check", "--loss", "GCE", "--noise", "pair", "--rate", "0.4", "--classes", "4"]
    _, out, _ = run(capsys, *words)

    assert out.startswith("FAILS: GCE (0.7); Pair flip (next class), rate 0.4; 4 classes")
    assert "Counterexample: a prediction with a lower noisy risk than e_m." in out
    assert "u = (0.794383, 0.205617, 0, 0)" in out


def test_an_experiment_from_a_file_and_from_standard_input(capsys, tmp_path, monkeypatch):
    text = (
        "python main.py --dataset cifar10 --noise_type symmetric --noise_rate 0.8 --loss NCEandAMSE"
    )
    file = tmp_path / "run.sh"
    file.write_text(text)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    from_file = run(capsys, "check", "--experiment", str(file))
    from_input = run(capsys, "check", "--experiment", "-")

    assert from_file == from_input
    assert from_file[0] == HOLDS
    assert "Taken: a = 30 (JAL code for CIFAR-10)" in from_file[1]
    assert run(capsys, "check", "--experiment", str(file), "--rate", "0.1")[0] == USAGE


@pytest.mark.parametrize(
    ("text", "status", "head"),
    [
        (
            "dataset: tiny-imagenet\nloss: AGCE\nnoise_rate: 0.4\nnoise_type: symmetric",
            HOLDS,
            "HOLDS: AGCE (0.6, 0.6); Symmetric, rate 0.4; 200 classes of Tiny-ImageNet",
        ),
        (
            "loss: AGCE\nnoise_rate: 0.4",
            HOLDS,
            "HOLDS: AGCE (0.6, 0.6); Symmetric, rate 0.4; 10 classes (assumed)",
        ),
        (
            "dataset: frob\nloss: AGCE\nnoise_rate: 0.4",
            UNDECIDED,
            "UNDECIDED: AGCE (0.6, 0.6); Symmetric, rate 0.4; 10 classes (assumed)",
        ),
        (
            "dataset: cifar10\nloss: FROB\nnoise_rate: 0.4",
            UNDECIDED,
            "UNDECIDED: no loss that is known; Symmetric, rate 0.4; 10 classes of CIFAR-10",
        ),
        (
            "dataset: cifar10\nloss: AGCE",
            UNDECIDED,
            "UNDECIDED: AGCE (0.6, 0.6); noise left open; 10 classes of CIFAR-10",
        ),
        (
            "",
            UNDECIDED,
            "UNDECIDED: no loss that is known; noise left open; 10 classes (assumed)",
        ),
    ],
)
def test_what_a_file_leaves_open_is_undecided(capsys, tmp_path, text, status, head):
    file = tmp_path / "run.yaml"
    file.write_text(text)

    found, out, _ = run(capsys, "check", "--experiment", str(file))
    record = json.loads(run(capsys, "check", "--json", "--experiment", str(file))[1])

    assert (found, out.splitlines()[0]) == (status, head)
    assert record["verdict"] == head.partition(":")[0].lower()
    assert (status == UNDECIDED) == ("Nothing was tested" in out)


@pytest.mark.parametrize(
    ("classes", "rate", "status"),
    [(3, 0.65, FAILS), (3, 0.64, HOLDS), (100, 0.88, HOLDS), (100, 0.96, FAILS)],
)
def test_a_given_number_of_classes_is_the_one_that_is_judged(capsys, classes, rate, status):
    options = ("--noise", "symmetric", "--rate", str(rate), "--classes", str(classes))
    found, out, _ = run(capsys, "check", "--loss", "AMSE", "--a", "30", *options)

    # A5 of the theory: AMSE holds below (1 - 1/K)(1 - 1/a)
    assert (found, rate < (1 - 1 / classes) * (1 - 1 / 30)) == (status, status == HOLDS)
    assert out.splitlines()[0].endswith(f"; {classes} classes")


def test_what_holds_in_the_limit_alone_says_so_in_its_head(capsys):
    options = ("--noise", "pair", "--rate", "0.4", "--classes", "10")
    status, out, _ = run(capsys, "check", "--loss", "NCE+AGCE", *options)

    head = "HOLDS in the limit of unbounded logits, FAILS on predictions of at least 0.0001: "
    assert status == HOLDS
    assert out.startswith(f"{head}NCE+AGCE")
    assert json.loads(run(capsys, "check", "--json", "--loss", "NCE+AGCE", *options)[1])[
        "in the limit only"
    ]


def test_a_thing_given_twice_is_judged_and_told(capsys):
    options = ("--noise", "symmetric", "--rate", "0.4", "--classes", "10")
    status, out, _ = run(capsys, "check", "--loss", "CE", "--loss", "MAE", *options)

    assert (status, out.splitlines()[0].partition(";")[0]) == (HOLDS, "HOLDS: MAE")
    assert "A setting is given twice: loss (--loss): it is given twice; the last, MAE" in out


def test_json(capsys):
    words = ["--json", "--loss", "AGCE", "--noise", "symmetric", "--rate", "0.4", "--classes", "10"]
    status, out, _ = run(capsys, "check", *words)
    record = json.loads(out)

    assert status == HOLDS
    assert record["verdict"] == "holds"
    assert record["loss"] == {"name": "AGCE", "values": {"a": 0.6, "q": 0.6}}
    assert record["largest rate"][0] == pytest.approx(0.858743, abs=1e-6)


def test_every_loss_is_listed(capsys):
    status, out, _ = run(capsys, "losses")

    assert status == HOLDS
    listed = {line.split()[0] for line in out.splitlines() if line.startswith("  ")}
    assert listed == set(LOSSES)


def test_the_sources_as_a_bibtex_file(capsys):
    status, one, _ = run(capsys, "bibtex", "AGCE", "AUL")
    _, every, _ = run(capsys, "bibtex")

    assert status == HOLDS
    assert one == REFERENCES["zhou2021"].bibtex + "\n"
    assert {key for key in REFERENCES if f"{{{key}," in every} == {
        entry.source for entry in LOSSES.values()
    }
    assert run(capsys, "bibtex", "FROB")[0] == USAGE
