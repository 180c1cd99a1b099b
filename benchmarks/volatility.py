"""Coverage of the interval of the volatility of fortnights.

    python benchmarks/volatility.py               # about eight minutes on one core
    python benchmarks/volatility.py --keep DIR    # keeps each cell's figures there, and goes on from them
    python benchmarks/volatility.py --quick       # a tenth of the series; writes nothing

The truth is the standard deviation of the relative deviation of 14-day sums beyond Poisson noise, from 3,000
series of 1,400 days of the same process. The weights of the interval were set on other processes
(benchmarks/volatility_limits.py). The groups: the library's fourteen stationary processes; sums of two unlike
ones; and those of benchmarks/volatility_further.py, six of them written when the weights stood. Prints the
table and writes benchmarks/results/volatility.md. Exits with 1 if a bar fails: the share covered of any cell
of any group lies outside 90 to 97 %.
"""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from recording import quick_parser, record
from scipy import stats
from volatility_further import FURTHER, LAST

from analytics.kernels.recurrence.volatility import relative_deviation
from analytics.simulation import PROCESSES, simulate_counts, simulate_more
from analytics.simulation.further import MORE_STATIONARY
from analytics.upticks.changeable import FEWEST_WINDOWS, LEAST_MEAN

LENGTH, DAYS, MEANS = 14, (364, 728, 1092), (0.25, 0.5, 2.0)
SERIES, SERIES_SPARSE, SERIES_TRUE = 2_000, 4_000, 3_000  # of the sparse, the first 2,000 that get a figure
SPARSE = 0.5
LOW, HIGH = 0.90, 0.97
STATIONARY = (*(name for name in PROCESSES if name != "seasonal"), *MORE_STATIONARY)
SUMS = ("hawkes_0.6 + regime_switch", "ingarch + ceasefires", "lgcp + waves")
GROUPS = {
    "The library's fourteen processes": STATIONARY,
    "Sums of two unlike processes": SUMS,
    "Eight further processes, measured once before the weights were last set": tuple(FURTHER),
    "Six written after that": tuple(LAST),
}
TRUE_SEED, SEED = 99, 1_000_000


class Cell(NamedTuple):
    """What one cell shows."""

    process: str
    days: int
    mean: float
    true: float
    median: float
    covered: float
    below: float
    above: float
    width: float
    without: float
    figures: int


def drawn(process: str, mean: float, days: int, series: int, seed: int) -> np.ndarray:
    own = (FURTHER | LAST).get(process)
    if own is not None:
        return own(np.random.default_rng([seed, 8]), mean, days, series)
    parts = process.split(" + ")
    values = []
    for k, name in enumerate(parts):
        draw = simulate_counts if name in PROCESSES else simulate_more
        asked = {"mean": mean / len(parts), "days": days, "series": series, "seed": seed + 7 * k}
        values.append(draw(name, uptick_days=0, **asked).values)
    return np.sum(values, axis=0)


def truth(process: str, mean: float, series: int) -> float:
    if process == "poisson":
        return 0.0
    sums = drawn(process, mean, 1_400, series, TRUE_SEED).reshape(100, LENGTH, -1).sum(axis=1)
    return float(np.sqrt(max(sums.var() - sums.mean(), 0.0)) / sums.mean())


def limits(share: float, number: int) -> tuple[float, float]:
    hits = round(share * number)
    low = stats.beta.ppf(0.005, hits, number - hits + 1) if hits else 0.0
    high = stats.beta.ppf(0.995, hits + 1, number - hits) if hits < number else 1.0
    return float(low), float(high)


def measured(process: str, days: int, mean: float, true: float, series: int) -> Cell:
    number = [*chain(*GROUPS.values())].index(process)
    values = drawn(process, mean, days, series, SEED + 10_000 * number + 7 * days + int(100 * mean))
    enough = values.mean(axis=0) * LENGTH >= LEAST_MEAN
    covered = np.ones(days, bool)
    with_figure = values[:, enough][:, : series if mean >= SPARSE else series // 2]
    found = np.array([relative_deviation(one, covered, LENGTH)[:3] for one in with_figure.T])
    sigma, low, high = found.T
    below, above = float((true < low).mean()), float((true > high).mean())
    inside = float(((low <= true) & (true <= high)).mean())
    without = float(1 - enough.mean())
    middle, width = float(np.median(sigma)), float(np.median(high - low))
    return Cell(process, days, mean, true, middle, inside, below, above, width, without, len(sigma))


def cells(cut: int, keep: Path | None) -> list[Cell]:
    kept = None if keep is None else keep / "cells.jsonl"
    known = {}
    if kept is not None and kept.exists():
        rows = [Cell(*json.loads(line)) for line in kept.read_text().splitlines()]
        known = {(row.process, row.days, row.mean): row for row in rows}
    made = []
    for process in chain(*GROUPS.values()):
        for mean in MEANS:
            true = None
            for days in DAYS:
                cell = known.get((process, days, mean))
                if cell is None:
                    true = truth(process, mean, SERIES_TRUE // cut) if true is None else true
                    series = SERIES_SPARSE if mean < SPARSE else SERIES
                    cell = measured(process, days, mean, true, series // cut)
                    if kept is not None:
                        with kept.open("a") as file:
                            file.write(json.dumps(cell) + "\n")
                made.append(cell)
                print(row_of(cell), file=sys.stderr, flush=True)
    return made


def row_of(cell: Cell) -> str:
    error = 100 * np.sqrt(cell.covered * (1 - cell.covered) / cell.figures)
    outside = "" if LOW <= cell.covered <= HIGH else " *"
    return (
        f"| {cell.process} | {cell.days:,} | {cell.mean:g} | {cell.true:.2f} | {cell.median:.2f} | "
        f"{100 * cell.covered:.1f} ± {error:.1f}{outside} | "
        f"{100 * cell.below:.1f}, {100 * cell.above:.1f} | {cell.width:.2f} | {100 * cell.without:.0f} % |"
    )


def where(cell: Cell) -> str:
    return f"{cell.process} {cell.days:,} d, {cell.mean:g} a day ({100 * cell.covered:.1f})"


def allowed(cell: Cell) -> str:
    """Say of a cell outside whether Monte Carlo error alone may put it there."""
    least, most = limits(cell.covered, cell.figures)
    return " within Monte Carlo error" if least <= HIGH and most >= LOW else ""


def told(name: str, some: list[Cell]) -> str:
    share = np.array([cell.covered for cell in some])
    inside = (share >= LOW) & (share <= HIGH)
    outside = [f"{where(cell)}{allowed(cell)}" for cell in some if not LOW <= cell.covered <= HIGH]
    width = np.array([cell.width for cell in some])
    return (
        f"{name}: {inside.sum()} of {len(some)} cells ({inside.mean():.0%}) lie within {LOW:.0%} to "
        f"{HIGH:.0%}; mean coverage {100 * share.mean():.1f} %, lowest {100 * share.min():.1f}, highest "
        f"{100 * share.max():.1f}; median width {np.median(width):.2f} (median of the cells), "
        f"{width.mean():.2f} (mean). Outside: {'; '.join(outside) or 'none'}."
    )


def main() -> int:
    parser = quick_parser(__doc__, "a tenth of the series; writes nothing")
    parser.add_argument("--keep", type=Path, help="folder for what is measured, to go on from")
    asked = parser.parse_args()
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
    cut = 10 if asked.quick else 1
    all_cells = cells(cut, asked.keep)
    lines = [
        "# The volatility of fortnights, measured",
        "",
        f"SIMULATED series, {SERIES // cut:,} with a figure a cell. Coverage of the 95 % interval in "
        "percent, ± one standard error, * where it lies outside the bar, 90 to 97; of those outside it is "
        "said where "
        "Monte Carlo error alone (99 %) may be the reason; beside it how often the "
        f"truth lies below and above. Series with fewer than {LEAST_MEAN:g} incidents in a window on average "
        f"get no figure (share in the last column); {FEWEST_WINDOWS} windows are the least. The weights of "
        "the interval were set on other processes (volatility_limits.md).",
        "",
        *chain(
            *(
                (told(name, [cell for cell in all_cells if cell.process in some]), "")
                for name, some in GROUPS.items()
            )
        ),
        "| process | days | a day | truth | median | coverage | below, above | median width | no figure |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(row_of(cell) for cell in all_cells),
    ]
    print(*lines, sep="\n")
    if cut == 1:
        record("volatility", lines)
    return 1 if any(not LOW <= cell.covered <= HIGH for cell in all_cells) else 0


if __name__ == "__main__":
    sys.exit(main())
