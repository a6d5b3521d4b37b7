"""Does the formula reader withstand anything? Generated strings, each of which must become a loss
or a FormulaError, quickly.

    python benchmarks/formula_fuzz.py --count 1000000
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from alfs_core.errors import AlfsError, FormulaError
from alfs_core.losses.formula import FormulaLoss, diagnose
from alfs_core.numerics.dual import Dual

TOKENS = """u u u K pi e a q gamma log( ln( exp( sqrt( abs( max( min( total( ( ) ) ) , , + - * / ^
** 0 1 2 3 0.5 1e-12 1e12 64 999999999 . _ __ [ ] ; = in lambda import""".split()  # noqa: SIM905
LEAVES = "u u u u K pi e a q 0 1 2 3 0.5 0.7 10".split()  # noqa: SIM905
CHARACTERS = "uKeaq0123456789.+-*/^(),;=[]_ \t\n\0'\"\\:{}@#$%&|~`<>?!μπ∞²−×·⁄ａ\u202e\U0001f4a5"
SEEDS = (
    "-log(u)",
    "(1 - u^q)/q; q = 0.7 in [0.1, 2]",
    "((a+1)^q - (a+u)^q)/q",
    "log(u)/total(log(u))",
    "-(1-u)^gamma*log(u)",
    "exp(-u/a)",
    "((a-u)^2 + total(u^2) - u^2)/K",
    "max(1 + log(u)/lambda, 0)**1.5 + min(u, 0.5)*abs(u - e/pi)",
    "sqrt(1 - u) + ln(u)",
)


def soup(rng: random.Random) -> str:
    """Tokens in any order."""
    return "".join(rng.choices(TOKENS, k=rng.randint(1, 20)))


def mutant(rng: random.Random) -> str:
    """A valid formula with a few characters changed."""
    text = list(rng.choice(SEEDS))
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text) + 1)
        text[place : place + rng.randint(0, 2)] = rng.choices(CHARACTERS, k=rng.randint(0, 2))
    return "".join(text)


def grown(rng: random.Random, budget: int = 12) -> str:
    """A string of the grammar."""
    kind = rng.choice(("leaf", "sum", "product", "power", "minus", "call", "pair"))
    if budget <= 1 or kind == "leaf":
        return rng.choice(LEAVES)
    left, right = grown(rng, budget // 2), grown(rng, budget // 2)
    return {
        "sum": f"({left}{rng.choice('+-')}{right})",
        "product": f"{left}{rng.choice('*/')}{right}",
        "power": f"({left})^{right}",
        "minus": f"(-{left})",
        "call": f"{rng.choice(('log', 'exp', 'sqrt', 'abs', 'total'))}({left})",
        "pair": f"{rng.choice(('max', 'min'))}({left},{right})",
    }[kind]


def strings(count: int, seed: int) -> Iterator[str]:
    """Strings of all three kinds in turn."""
    rng = random.Random(seed)
    for i in range(count):
        yield (soup, mutant, grown)[i % 3](rng)


@dataclass(frozen=True)
class Outcome:
    """How many strings became losses, and the slowest: seconds and text."""

    count: int
    accepted: int
    slowest: float
    slowest_text: str


def fuzz(count: int, seed: int) -> Outcome:
    """Reads, evaluates, differentiates, prints and diagnoses; any surprise is an exception."""
    accepted, slowest = 0, (0.0, "")
    for text in strings(count, seed):
        start = time.perf_counter()
        accepted += survives(text)
        slowest = max(slowest, (time.perf_counter() - start, text))
    return Outcome(count, accepted, *slowest)


def survives(text: str) -> bool:
    """Whether the text is a formula; raises anything that is not a sentence for the reader."""
    try:
        loss = FormulaLoss(text)
    except FormulaError as error:
        if error.position is None or not 0 <= error.position <= len(text):
            raise AssertionError(f"{text!r}: position {error.position}") from error
        return False
    try:
        exercise(loss)
    except AlfsError:
        return True
    return True


def exercise(loss: FormulaLoss) -> None:
    """Everything that a page does with a loss before it trains."""
    p = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]])
    value = loss.partial(p)
    slope = loss.partial(Dual(p, np.ones_like(p)))
    if value.shape != p.shape or slope.shape != p.shape:
        raise AssertionError(f"{loss.text!r}: shape {value.shape}")
    diagnose(loss)
    repr(loss), loss.latex, loss.is_symmetric(), loss.asymmetry_ratio()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start = time.perf_counter()
    outcome = fuzz(arguments.count, arguments.seed)
    seconds = time.perf_counter() - start
    print(f"{outcome.count} strings in {seconds:.0f} s, {outcome.accepted} became losses")
    print(f"slowest {1e3 * outcome.slowest:.1f} ms: {outcome.slowest_text!r}")


if __name__ == "__main__":
    main()
