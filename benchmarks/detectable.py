"""Power delivered at `detectable`, the ratio that a result says would very likely be called (80 %).

    python benchmarks/detectable.py           # 4,000 histories a cell; about two minutes
    python benchmarks/detectable.py --quick   # 400; writes nothing

SIMULATED regions, each tested alone at 5 %: 364 baseline days, 28 guard days, 14 recent ones. From baseline
and guard comes the region's own `detectable` ratio; then the window is drawn, as the process goes on from
there, with every rate multiplied by that ratio, what earlier incidents draw too, and tested. Where the test
gives no ratio nothing is drawn. Kinds of panels.py. A cell holds where at
least 78 % are called, and is told where it is above 88 %: more may be seen than is said. Standard errors are
over histories. Writes benchmarks/results/detectable.md and .csv.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from panels import BRANCHING, INDEX, KINDS, LAG, LARGEST, SIZE, wave_sizes
from recording import finish, quick_parser

from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.windows.hypothetical import SpreadWindow
from analytics.kernels.windows.lrd import lrd_test
from analytics.kernels.windows.seen import WindowRates, detectable
from analytics.kernels.windows.starts import starts

BASELINE, GUARD, RECENT, BURN, SEED = 364, 28, 14, 200, 20261281
MEANS, PROMISED, LEAST_POWER, MOST_POWER = (0.1, 0.5, 2.0), 0.80, 0.78, 0.88
SERIES, QUICK = 4_000, 400


def days_of(
    kind: str, mean: float, days: int, ratio: np.ndarray, rng: np.random.Generator, excite: np.ndarray
) -> np.ndarray:
    """Counts of so many days at `ratio` times the mean, shape (days, series); `excite` is carried along."""
    shape, level = (days, ratio.size), mean * ratio
    if kind == "poisson":
        return rng.poisson(np.broadcast_to(level, shape))
    if kind == "negative binomial":
        return rng.poisson(rng.gamma(SIZE, np.broadcast_to(level / SIZE, shape)))
    if kind == "waves":
        size, chance = wave_sizes()
        waves = rng.poisson(np.broadcast_to(level / (size @ chance), shape))
        drawn = rng.choice(size, int(waves.sum()), p=chance)
        cell = np.repeat(np.arange(waves.size), waves.ravel())
        return np.bincount(cell, weights=drawn, minlength=waves.size).reshape(shape).astype(np.int64)
    out = np.empty(shape, np.int64)
    for day in range(days):
        out[day] = rng.poisson(ratio * ((1 - BRANCHING) * mean + BRANCHING * excite))
        excite += (out[day] / ratio - excite) / LAG
    return out


def cell(kind: str, mean: float, series: int, seed: list[int]) -> dict[str, object]:
    """How large the ratios are, how many regions have one, and how often a rise to it is called."""
    rng, excite = np.random.default_rng(seed), np.full(series, mean)
    history = days_of(kind, mean, BURN + BASELINE + GUARD, np.ones(series), rng, excite)[BURN:]
    values = np.concatenate([history, np.zeros((RECENT, series), history.dtype)])
    covered = np.ones(values.shape, bool)
    empty = lrd_test(values, covered, length=RECENT, guard=GUARD)
    at = SpreadWindow.of(empty, values, covered, RECENT, guard=GUARD)
    level = np.where(empty.baseline_total > 0, 0.05, np.nan)
    first, three = starts(empty, at, level, RECENT, upper=True)
    ratio = detectable(empty, WindowRates.of(empty, RECENT), first, three, RECENT)
    known = np.flatnonzero(np.isfinite(ratio))
    values[-RECENT:, known] = days_of(kind, mean, RECENT, ratio[known], rng, excite[known])
    some = values[:, known]
    test = lrd_test(some, covered[:, known], length=RECENT, guard=GUARD)
    called = (test.pvalue <= 0.05) & (test.observed >= MIN_OBSERVED)
    return {
        "kind": kind,
        "mean": mean,
        "histories": series,
        "with a ratio": known.size / series,
        "median ratio": float(np.median(ratio[known])),
        "called": float(called.mean()),
        "se": float(np.sqrt(called.mean() * (1 - called.mean()) / called.size)),
    }


def main() -> int:
    given = quick_parser(__doc__, f"{QUICK} histories a cell; writes nothing").parse_args()
    series = QUICK if given.quick else SERIES
    kinds = ("poisson", *KINDS)
    table = pd.DataFrame(
        cell(kind, mean, series, [SEED, number, int(10 * mean)])
        for number, kind in enumerate(kinds)
        for mean in MEANS
    )
    lines = [
        f"SIMULATED regions, each alone, {series:,} histories a cell: the ratio that each result says would "
        f"very likely be called ({PROMISED:.0%}), and how often a rise to it was, in percent with a standard "
        f"error. Negative binomial of size {SIZE:g}, self-exciting (branching {BRANCHING:g}, {LAG:g} days on "
        f"average), same-day waves of Pareto size (index {INDEX:g}, cut at {LARGEST}).\n",
        "| kind | a day | with a ratio | median ratio | called |  |",
        "|---|---:|---:|---:|---:|---|",
    ]
    failed = 0
    for _, row in table.iterrows():
        low, high = row["called"] < LEAST_POWER, row["called"] > MOST_POWER
        failed += bool(low)
        word = "less than promised" if low else "more than promised" if high else ""
        lines.append(
            f"| {row['kind']} | {row['mean']:g} | {100 * row['with a ratio']:.0f} % | "
            f"{row['median ratio']:.1f} | {100 * row['called']:.1f} ± {100 * row['se']:.1f} | {word} |"
        )
    lines.append(f"\nAt least {LEAST_POWER:.0%} in {len(table) - failed} of {len(table)} cells.")
    return finish("detectable", lines, table, quick=given.quick, failed=failed)


if __name__ == "__main__":
    sys.exit(main())
