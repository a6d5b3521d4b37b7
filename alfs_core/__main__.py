"""The command line, ``alflab`` or ``python -m alfs_core``: ``check``, ``losses``, ``bibtex``.

``check`` says whether a loss keeps the clean minimiser under label noise, and how that is known.
Its exit status is 0 where this holds, 1 where it fails, 2 where it is undecided or does not apply
(clean labels do not dominate, a loss on logits, an experiment whose loss, noise or data set was not
understood), and 64 where the command itself was not understood. What holds only in the limit of
unbounded logits, as a sum with a normalized loss does, is said to, and its status is 0.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from alfs_core.errors import AlfsError
from alfs_core.experiment import Concern, Experiment, check, judge, read
from alfs_core.experiment.checks import FLOOR, conclusion, largest_rate, limit_alone, reach
from alfs_core.experiment.names import DATA_SETS
from alfs_core.experiment.settings import MAX_TEXT
from alfs_core.losses.library import GROUPS, LOSSES, LossSpec
from alfs_core.losses.sources import cited
from alfs_core.noise.transition import KINDS
from alfs_core.references import REFERENCES, bibliography
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.words import finding_lines

HOLDS, FAILS, UNDECIDED, USAGE = 0, 1, 2, 64  # 64: EX_USAGE of sysexits.h
EXAMPLES = """\
examples:
  alflab check --loss AGCE --a 0.6 --q 0.6 --noise symmetric --rate 0.6 --classes 10
  alflab check --loss NCE+RCE --dataset CIFAR-10 --noise asymmetric --rate 0.4
  alflab check --experiment config.yaml
  echo "main.py --dataset cifar10 --loss NCEandAMSE" | alflab check --experiment -
"""


class _Parser(argparse.ArgumentParser):
    """argparse ends with 2 on bad usage, which means "undecided" here."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="alflab", description="The theory of ALF Lab on the command line.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    checking = commands.add_parser(
        "check",
        help="does a loss tolerate label noise? exit status 0 yes, 1 no, 2 open, 64 bad usage",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    checking.add_argument(
        "--experiment", metavar="FILE", help='a config or command line; "-" is standard input'
    )
    checking.add_argument("--json", action="store_true", help="one JSON object in place of text")
    checking.add_argument("--loss", help="a name of `alflab losses`; its parameters follow as --a")
    checking.add_argument("--noise", help=f"{', '.join(KINDS)}, or asymmetric (the data set's)")
    checking.add_argument("--rate", help="the noise rate, from 0 to 1")
    checking.add_argument("--classes", help="the number of classes")
    checking.add_argument("--dataset", help=", ".join(DATA_SETS))
    commands.add_parser("losses", help="the losses by name, with their parameters and sources")
    citing = commands.add_parser("bibtex", help="where losses come from, as a BibTeX file")
    citing.add_argument("names", nargs="*", metavar="LOSS", help="a loss; none: all of them")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    options, parameters = parser.parse_known_args(given)
    if options.command != "check" and parameters:
        parser.error(f"{options.command} does not know {parameters[0]}")
    if options.command == "losses":
        print("\n".join(_losses()))
        return HOLDS
    if options.command == "bibtex":
        print(_bibtex(parser, options.names), end="")
        return HOLDS
    return _check(parser, options, given[given.index("check") + 1 :])


# ---- losses ---------------------------------------------------------------------------------


def _losses() -> list[str]:
    lines = []
    for group in GROUPS:
        lines += ["", group]
        for entry in LOSSES.values():
            if entry.group == group:
                values = " ".join(f"--{p.name} {p.default:g}" for p in entry.parameters)
                lines.append(f"  {entry.name:10} {values:48} {REFERENCES[entry.source].short}")
    return lines[1:]


def _bibtex(parser: argparse.ArgumentParser, names: Sequence[str]) -> str:
    try:
        specs = map(LossSpec.of, names or LOSSES)
        return bibliography(key for spec in specs for key in cited(spec))
    except AlfsError as error:
        parser.error(str(error))


# ---- check ----------------------------------------------------------------------------------


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace, words: list[str]) -> int:
    experiment = read(_text(parser, options, words))
    if options.experiment is None and experiment.unread:
        parser.error("; ".join(_unread(experiment)))
    concerns = check(experiment)
    verdict = conclusion(experiment)
    lines = [*_report(experiment, verdict), *_about(experiment, concerns)]
    print(_json(experiment, verdict, concerns) if options.json else "\n".join(lines))
    return {Verdict.HOLDS: HOLDS, Verdict.FAILS: FAILS}.get(verdict, UNDECIDED)


def _text(parser: argparse.ArgumentParser, options: argparse.Namespace, words: list[str]) -> str:
    """The experiment as a text: the options themselves are one."""
    if options.experiment is None:
        return shlex.join(word for word in words if word != "--json")
    extra = [word for word in words if word not in ("--json", "--experiment", options.experiment)]
    if extra and extra != [f"--experiment={options.experiment}"]:
        parser.error("an experiment is read from a file or from options, not from both")
    try:
        if options.experiment == "-":
            return sys.stdin.read(MAX_TEXT + 1)
        with Path(options.experiment).open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_TEXT + 1)
    except OSError as error:
        parser.error(f"{options.experiment}: {error.strerror}")


def _report(experiment: Experiment, verdict: Verdict) -> list[str]:
    spec, noise = experiment.spec, experiment.noise
    loss = spec.label if spec else "no loss that is known"
    told = f"{KINDS[noise.kind].title}, rate {noise.rate:g}" if noise else "noise left open"
    tolerance = judge(experiment)
    head = verdict.value.upper()
    if tolerance is not None and limit_alone(tolerance):
        above = tolerance.verdict.value.upper()
        head += f" in the limit of unbounded logits, {above} on predictions of at least {FLOOR:g}"
    lines = [f"{head}: {loss}; {told}; {experiment.classes}"]
    if tolerance is not None and spec is not None and noise is not None:
        finding = tolerance.findings[tolerance.worst]
        lines.append(f"Label {tolerance.worst}, the one that decides:")
        lines += [f"  {line}" for line in finding_lines(finding)]
        largest = largest_rate(spec, noise, experiment.num_classes)
        if largest is not None and noise.has_rate:
            lines.append(f"Largest tolerated rate: {largest.low:.6g} ({largest.reason})")
        elif reached := reach(experiment):
            lines.append(reached)
    return lines


def _about(experiment: Experiment, concerns: Sequence[Concern]) -> list[str]:
    told = [f"{concern.title}: {concern.sentence}" for concern in concerns]
    told += [f"Not taken: {piece}" for piece in _unread(experiment)]
    assumed = [row for row in experiment.understood if not row.given]
    return told + [f"Taken: {row.what} = {row.value} ({row.source})" for row in assumed]


def _unread(experiment: Experiment) -> list[str]:
    return [
        f"{piece.what}: {piece.why}{f' ({piece.place})' if piece.place else ''}"
        for piece in experiment.unread
    ]


def _json(experiment: Experiment, verdict: Verdict, concerns: Sequence[Concern]) -> str:
    spec, noise = experiment.spec, experiment.noise
    tolerance = judge(experiment)
    largest = None
    if tolerance is not None and spec is not None and noise is not None and noise.has_rate:
        largest = largest_rate(spec, noise, experiment.num_classes)
    record = {
        "verdict": verdict.value,
        "in the limit only": limit_alone(tolerance),
        "loss": spec.to_json() if spec else None,
        "noise": {"kind": noise.kind, "rate": noise.rate} if noise else None,
        "classes": experiment.num_classes,
        "classes assumed": experiment.assumed,
        "evidence": finding_lines(tolerance.findings[tolerance.worst]) if tolerance else [],
        "largest rate": None if largest is None else [largest.low, largest.high],
        "concerns": {concern.key: concern.sentence for concern in concerns},
        "not understood": _unread(experiment),
    }
    return json.dumps(record, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    sys.exit(main())
