"""How long the theory takes to answer, in one thread: medians, with caches emptied.

    python benchmarks/theory.py --repeats 9

Goals: a ratio with its certificate 10 ms; a verdict on a matrix of 10 classes 50 ms for families
with a closed condition and 1 s else; a slider's move 100 ms; a phase diagram of 100 x 100 points
1 s. Elapsed time and processor time; they agree on a quiet machine. Exits with 1 where the median
processor time exceeds its goal.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from alfs_core.losses import LOSSES
from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, AUL
from alfs_core.losses.base import Loss
from alfs_core.losses.classic import CE
from alfs_core.losses.combinators import Normalized
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import PolySoft
from alfs_core.noise.transition import cifar10_pairs, pair_flip, symmetric
from alfs_core.theory import calibration, curvature, equal_ratio, ratio, subdivision
from alfs_core.theory.asymmetry import asymmetric_on, completely_asymmetric
from alfs_core.theory.calibration import calibrated_at
from alfs_core.theory.flow import flow
from alfs_core.theory.phase import phase, rows_of
from alfs_core.theory.ratio import asymmetry_ratio, ratio_heatmap
from alfs_core.theory.simplex import minimise, triangle_grid, weighted_risk
from alfs_core.theory.tolerance import excess_bound, tolerant

W3, W10 = np.array([0.5, 0.3, 0.2]), np.r_[0.5, 0.3, np.full(8, 0.025)]
NCE_AGCE, JAL = LOSSES["NCE+AGCE"].build(), LOSSES["JAL-CE"].build()
NCE_AGCE_100 = LOSSES["NCE+AGCE"].build(alpha=10.0, beta=0.1)


@dataclass(frozen=True)
class Job:
    """Something a page asks for while a slider moves; ``goal`` in milliseconds."""

    name: str
    run: Callable[[], object]
    goal: float


def uneven(num_classes: int) -> np.ndarray:
    """A transition matrix all of whose rows differ."""
    rng = np.random.default_rng(0)
    T = 0.45 * rng.dirichlet(np.ones(num_classes), num_classes)
    return T + 0.55 * np.eye(num_classes)


def forget() -> None:
    """Empties every cache of the theory."""
    for cached in (
        curvature.convexity,
        curvature.curvature,
        ratio.asymmetry_ratio,
        ratio._start,
        equal_ratio.equal_ratio,
        subdivision.subdivided,
        subdivision._symmetric,
        calibration._falls_smoothly,
        calibration.calibration_curve,
    ):
        cached.cache_clear()


def jobs() -> list[Job]:
    grid = triangle_grid(201)
    typed = FormulaLoss("((0.6+1)^0.6 - (0.6+u)^0.6)/0.6")
    wave = FormulaLoss("1 - u + 0.1*u^2*(1-u)")
    sigmoid = FormulaLoss("1/(1 + exp(10*(u - 0.5)))")
    unknown = FormulaLoss("(1 - u)*(1 + 0.3*total(u^2))")
    rows = rows_of(pair_flip(10, 0.4))
    starts = np.random.default_rng(0).dirichlet(np.ones(3), 16)
    return [
        Job("risk surface, 20,301 points, AGCE", lambda: surface(AGCE(), grid.points), 5),
        Job("risk surface, 20,301 points, NCE+AGCE", lambda: surface(NCE_AGCE, grid.points), 5),
        Job("minimiser, K = 3, AGCE", lambda: minimise(AGCE(a=0.01, q=0.3), W3), 20),
        Job("minimiser, K = 3, NCE+AGCE", lambda: minimise(NCE_AGCE, W3), 20),
        Job("minimiser, K = 10, NCE+AGCE", lambda: minimise(NCE_AGCE, W10), 50),
        Job("minimiser, K = 10, JAL-CE", lambda: minimise(JAL, W10), 50),
        Job("flow of 16 starts, K = 3, AGCE", lambda: flow(AGCE(), W3, starts), 50),
        Job("ratio with certificate, AGCE", lambda: asymmetry_ratio(AGCE()), 10),
        Job("ratio with certificate, AUL", lambda: asymmetry_ratio(AUL()), 10),
        Job("ratio with certificate, typed AGCE", lambda: asymmetry_ratio(typed), 10),
        Job("ratio, mixed curvature, typed", lambda: asymmetry_ratio(wave), 100),
        Job("ratio, mixed curvature, sigmoid", lambda: asymmetry_ratio(sigmoid), 1000),
        Job("ratio, mixed curvature, PolySoft", lambda: asymmetry_ratio(PolySoft()), 250),
        Job("ratio heat map, 121 x 121", lambda: ratio_heatmap(AGCE()), 10),
        Job("verdict on a row, AEL", lambda: asymmetric_on(AEL(), W10), 5),
        Job(
            "10-class verdict, closed, symmetric", lambda: tolerant(AGCE(), symmetric(10, 0.4)), 50
        ),
        Job("10-class verdict, closed, all rows differ", lambda: tolerant(AMSE(), uneven(10)), 50),
        Job(
            "10-class verdict, failing AGCE", lambda: tolerant(AGCE(a=1e-5, q=0.5), uneven(10)), 50
        ),
        Job("10-class verdict, NCE+AGCE, CIFAR-10 pairs", lambda: pairs(NCE_AGCE), 1000),
        Job("10-class verdict, NCE+AGCE, all rows differ", lambda: all_rows(NCE_AGCE), 1000),
        Job("10-class verdict, typed, all rows differ", lambda: all_rows(unknown), 1000),
        Job("4-class verdict, typed, all rows differ", lambda: tolerant(unknown, uneven(4)), 1000),
        Job("100-class verdict, NCE+AGCE, all rows differ", lambda: wide(NCE_AGCE_100), 5000),
        Job(
            "100-class verdict, closed, symmetric",
            lambda: tolerant(AGCE(), symmetric(100, 0.4)),
            50,
        ),
        Job("complete asymmetry, K = 10, AUL", lambda: completely_asymmetric(AUL(), 10), 50),
        Job("calibration at a posterior, NCE", lambda: calibrated_at(Normalized(CE()), W3), 50),
        Job("excess bound", lambda: excess_bound(AGCE(), symmetric(10, 0.4)), 10),
        Job(
            "phase diagram, 100 x 100, AGCE",
            lambda: phase("AGCE", (), "a", "q", rows, side=100),
            1000,
        ),
        Job(
            "phase diagram, 100 x 100, all rows differ",
            lambda: phase("AGCE", (), "a", "q", rows_of(uneven(10)), side=100),
            1000,
        ),
    ]


def surface(loss: Loss, points: np.ndarray) -> np.ndarray:
    floor = 1e-4 if loss.vertices_excluded else 0.0
    return weighted_risk(loss, W3, floor + (1 - 3 * floor) * points)


def pairs(loss: Loss) -> object:
    return tolerant(loss, cifar10_pairs(10, 0.4))


def all_rows(loss: Loss) -> object:
    return tolerant(loss, uneven(10))


def wide(loss: Loss) -> object:
    return tolerant(loss, uneven(100))


def timed(job: Job, repeats: int) -> tuple[float, float]:
    """Medians in milliseconds: elapsed, and of the processor."""
    elapsed, processor = [], []
    for _ in range(repeats + 1):
        forget()
        start, start_cpu = time.perf_counter(), time.process_time()
        job.run()
        elapsed.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - start_cpu))
    return median(elapsed[1:]), median(processor[1:])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    missed = 0
    print(f"{'job':<46} {'elapsed':>9} {'processor':>10} {'goal':>6}  p50 in ms")
    for job in jobs():
        elapsed, processor = timed(job, repeats)
        late = processor > job.goal
        missed += late
        mark = "  missed" if late else ""
        print(f"{job.name:<46} {elapsed:>9.2f} {processor:>10.2f} {job.goal:>6g}{mark}")
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main())
