"""Coverage of the interval of the volatility of fortnights.

    python benchmarks/volatility.py               # about six minutes on one core
    python benchmarks/volatility.py --keep DIR    # keeps each cell's figures there, and goes on from them
    python benchmarks/volatility.py --quick       # a tenth of the series; writes nothing

The truth is the standard deviation of the relative deviation of the sums of a window beyond Poisson noise,
from 3,000 series of 1,400 days of the same process. The weights of the interval were set on other processes
(benchmarks/volatility_limits.py); the sums of two unlike processes are of none of their families. Prints the
tables and writes benchmarks/results/volatility.md. Exits with 1 if a bar fails: a cell of fortnights of days
whose coverage lies below 90 % or above 97 % beyond its 99 % Monte Carlo interval.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from recording import quick_parser, record
from scipy import stats

from analytics.kernels.recurrence.volatility import relative_deviation
from analytics.simulation import PROCESSES, simulate_counts, simulate_more
from analytics.simulation.further import MORE_STATIONARY
from analytics.upticks.changeable import FEWEST_WINDOWS, LEAST_MEAN

LENGTH, DAYS, MEANS = 14, (364, 728, 1092), (0.25, 0.5, 2.0)
SERIES, SERIES_SPARSE, SERIES_FURTHER, SERIES_TRUE = 1_500, 2_500, 500, 3_000
LOW, HIGH = 0.90, 0.97
STATIONARY = (*(name for name in PROCESSES if name != "seasonal"), *MORE_STATIONARY)
SUMS = ("hawkes_0.6 + regime_switch", "ingarch + ceasefires", "lgcp + waves")
FURTHER = (("weeks, 14 days", 7, 2, 1092), ("days, 7 days", 1, 7, 364), ("days, 28 days", 1, 28, 1092))
FURTHER_MEAN = 1.0
TRUE_SEED, SEED = 99, 50_000


class Cell(NamedTuple):
    """What one cell shows."""

    process: str
    layout: str
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
    parts = process.split(" + ")
    values = []
    for k, name in enumerate(parts):
        draw = simulate_counts if name in PROCESSES else simulate_more
        asked = {"mean": mean / len(parts), "days": days, "series": series, "seed": seed + 7 * k}
        values.append(draw(name, uptick_days=0, **asked).values)
    return np.sum(values, axis=0)


def truth(process: str, mean: float, length: int, series: int) -> float:
    if process == "poisson":
        return 0.0
    days = drawn(process, mean, 1_400, series, TRUE_SEED)
    sums = days.reshape(1_400 // length, length, -1).sum(axis=1)
    return float(np.sqrt(max(sums.var() - sums.mean(), 0.0)) / sums.mean())


def limits(share: float, number: int) -> tuple[float, float]:
    hits = round(share * number)
    low = stats.beta.ppf(0.005, hits, number - hits + 1) if hits else 0.0
    high = stats.beta.ppf(0.995, hits + 1, number - hits) if hits < number else 1.0
    return float(low), float(high)


def measured(
    process: str, layout: str, period: int, length: int, days: int, mean: float, true: float, series: int
) -> Cell:
    number = (*STATIONARY, *SUMS).index(process)
    seed = SEED + 10_000 * number + 7 * days + int(100 * mean)
    values = drawn(process, mean, days, series, seed).reshape(days // period, period, -1).sum(axis=1)
    enough = values.mean(axis=0) * length >= LEAST_MEAN
    covered = np.ones(len(values), bool)
    found = np.array([relative_deviation(one, covered, length)[:3] for one in values[:, enough].T])
    sigma, low, high = found.T
    below, above = float((true < low).mean()), float((true > high).mean())
    inside = float(((low <= true) & (true <= high)).mean())
    width = float(np.median(high - low))
    return Cell(
        process, layout, days, mean, true, float(np.median(sigma)), inside, below, above, width,
        float(1 - enough.mean()), len(sigma),
    )  # fmt: skip


def cells(cut: int, keep: Path | None) -> list[Cell]:
    kept = None if keep is None else keep / "cells.jsonl"
    known = {}
    if kept is not None and kept.exists():
        rows = [Cell(*json.loads(line)) for line in kept.read_text().splitlines()]
        known = {(row.process, row.layout, row.days, row.mean): row for row in rows}
    wanted = [
        (process, "", 1, LENGTH, days, mean, SERIES_SPARSE if mean < 0.5 else SERIES)
        for process in (*STATIONARY, *SUMS)
        for mean in MEANS
        for days in DAYS
    ]
    wanted += [
        (process, layout, period, length, days, FURTHER_MEAN, SERIES_FURTHER)
        for process in (*STATIONARY, *SUMS)
        for layout, period, length, days in FURTHER
    ]
    made, true = [], {}
    for process, layout, period, length, days, mean, series in wanted:
        cell = known.get((process, layout, days, mean))
        if cell is None:
            at = (process, mean, period * length)
            if at not in true:
                true[at] = truth(*at, SERIES_TRUE // cut)
            cell = measured(process, layout, period, length, days, mean, true[at], series // cut)
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
        f"| {cell.process} | {cell.layout or 'days, 14 days'} | {cell.days:,} | {cell.mean:g} | "
        f"{cell.true:.2f} | {cell.median:.2f} | {100 * cell.covered:.1f} ± {error:.1f}{outside} | "
        f"{100 * cell.below:.1f}, {100 * cell.above:.1f} | {cell.width:.2f} | {100 * cell.without:.0f} % |"
    )


def told(name: str, some: list[Cell]) -> str:
    share = np.array([cell.covered for cell in some])
    inside = (share >= LOW) & (share <= HIGH)
    outside = [
        f"{cell.process} {cell.layout + ' ' if cell.layout else ''}{cell.days:,} d, {cell.mean:g} a day "
        f"({100 * cell.covered:.1f})"
        for cell in some
        if not LOW <= cell.covered <= HIGH
    ]
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
    single = [cell for cell in all_cells if not cell.layout and cell.process not in SUMS]
    sums = [cell for cell in all_cells if not cell.layout and cell.process in SUMS]
    further = [cell for cell in all_cells if cell.layout]
    narrow, wide = [], []
    for cell in (*single, *sums):
        least, most = limits(cell.covered, cell.figures)
        where = f"{cell.process} {cell.days:,} d, {cell.mean:g} a day ({100 * cell.covered:.1f})"
        narrow += [where] if most < LOW else []
        wide += [where] if least > HIGH else []
    lines = [
        "# The volatility of fortnights, measured",
        "",
        f"SIMULATED series, {SERIES // cut:,} a cell ({SERIES_SPARSE // cut:,} at 0.25 a day, "
        f"{SERIES_FURTHER // cut:,} in weeks and in windows of 7 and 28 days). Coverage of the 95 % interval "
        "in percent, ± one standard error, * where it lies outside 90 to 97; beside it how often the "
        f"truth lies below and above. Series with fewer than {LEAST_MEAN:g} incidents in a window on average "
        f"get no figure (share in the last column); {FEWEST_WINDOWS} windows are the least. The weights of "
        "the interval were set on other processes (volatility_limits.md).",
        "",
        told("Fourteen processes", single),
        "",
        told("Sums of two unlike processes", sums),
        "",
        told("Weeks, and windows of 7 and 28 days", further),
        "",
        f"Fortnights of days below {LOW:.0%} beyond Monte Carlo error (99 %): {'; '.join(narrow) or 'none'}.",
        "",
        f"Above {HIGH:.0%} beyond Monte Carlo error (99 %): {'; '.join(wide) or 'none'}.",
        "",
        "| process | counts of, window | days | a day | truth | median | coverage | below, above | "
        "median width | no figure |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(row_of(cell) for cell in all_cells),
    ]
    print(*lines, sep="\n")
    if cut == 1:
        record("volatility", lines)
    return 1 if narrow or wide else 0


if __name__ == "__main__":
    sys.exit(main())
