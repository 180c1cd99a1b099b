"""Districts within governorates: false discoveries and rises found, nested and as one family.

    python benchmarks/districts.py                 # 300 panels; about five minutes
    python benchmarks/districts.py --panels 120    # fewer; the result says how many
    python benchmarks/districts.py --quick         # a tenth of it; says so, writes nothing

SIMULATED panels of 101 districts in 18 governorates, of a kind drawn at random each (those of
benchmarks/panels.py): quiet, with one district (the busiest of its governorate) or two up five times, one up
ten times, or a whole governorate up three times. Nested, a district is called where its governorate has
q at most 0.05 by its own test and it has q at most 0.025 among its governorate's districts. Standard errors
are over panels. Writes benchmarks/results/districts.md and .csv.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from panels import BASELINE, DAYS, GUARD, LEAST, LEVEL, MEDIAN, MIXED, RECENT, SPREAD, regions_of
from recording import quick_parser, record

from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.hierarchy import Nest
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.lrd import lrd_test

SIZES = np.array([3, 9, 9, 7, 5, 6, 4, 4, 3, 4, 6, 4, 3, 9, 4, 8, 7, 6])  # districts of each governorate
GROUP = np.repeat(np.arange(SIZES.size), SIZES)
PANELS, SEED = 300, 20261202
RISES = {"quiet": (0, 1), "one, 5 times": (1, 5), "two, 5 times": (2, 5), "one, 10 times": (1, 10)}
WHOLE = "all of a governorate, 3 times"


def pvalues(values: np.ndarray) -> np.ndarray:
    inside = np.ones(values.shape, bool)
    total = values[:BASELINE].sum(axis=0) + values[-RECENT:].sum(axis=0)
    alone = lrd_test(values, inside, length=RECENT, guard=GUARD).firm
    return panel_pvalues(values, inside, np.where(total > 0, alone, np.nan), length=RECENT, guard=GUARD)


def called(values: np.ndarray) -> dict[str, np.ndarray]:
    """Which districts are called."""
    own = pvalues(values)
    above = pvalues(np.stack([values[:, g == GROUP].sum(axis=1) for g in range(SIZES.size)], axis=1))
    none = np.full(SIZES.size, np.nan)
    nest = Nest(GROUP, benjamini_hochberg(above), none, none, none)
    enough = values[-RECENT:].sum(axis=0) >= LEAST
    return {
        "nested": (nest.child_q(own) <= LEVEL) & enough,
        "one family": (benjamini_hochberg(own) <= LEVEL) & enough,
    }


def panel(number: int) -> list[dict[str, object]]:
    """Simulate one panel, quiet and with each rise."""
    rng = np.random.default_rng([SEED, number])
    share = rng.gamma(0.7, 1.0, GROUP.size)
    governorate = MEDIAN * np.exp(SPREAD * rng.standard_normal(SIZES.size))
    rate = governorate[GROUP] * share / np.bincount(GROUP, share)[GROUP]
    values = regions_of(MIXED, np.broadcast_to(rate, (DAYS, rate.size)), rng)
    rows = []
    for name, (number_up, times) in {**RISES, WHOLE: (99, 3)}.items():
        mine = np.flatnonzero(rng.integers(SIZES.size) == GROUP)
        up = mine[np.argsort(-rate[mine])][:number_up]
        now, truth = values.copy(), np.zeros(rate.size, bool)
        if up.size:
            means = np.broadcast_to(rate[up], (DAYS, up.size)).copy()
            means[-RECENT:] *= times
            now[:, up], truth[up] = regions_of(MIXED, means, rng), True
        for rule, found in called(now).items():
            false = (found & ~truth).sum() / max(found.sum(), 1)
            rows.append(
                {"rule": rule, "rise": name, "panel": number, "false": false, "any": (found & truth).any()}
            )
    return rows


def main() -> None:
    parser = quick_parser(__doc__, "a tenth of the panels; writes nothing")
    parser.add_argument("--panels", type=int, default=PANELS, help="panels to simulate")
    given = parser.parse_args()
    number = PANELS // 10 if given.quick else given.panels
    rows: list[dict[str, object]] = []
    for i in range(number):
        rows += panel(i)
        if sys.stderr.isatty():
            print(f"\r{i + 1} of {number}", end="", file=sys.stderr, flush=True)
    frame = pd.DataFrame(rows)
    table = frame.groupby(["rule", "rise"], sort=False)[["false", "any"]].agg(["mean", "sem"]).mul(100)
    lines = [
        f"{number} SIMULATED panels of {GROUP.size} districts in {SIZES.size} governorates of mixed kinds "
        "(`python benchmarks/districts.py`); percent, standard errors in brackets.",
        "",
        "| rule | risen | false discovery rate | a risen district found |",
        "|---|---|---:|---:|",
    ]
    for (rule, rise), row in table.iterrows():
        false, found = (f"{row[c, 'mean']:.1f} ({row[c, 'sem']:.1f})" for c in ("false", "any"))
        lines.append(f"| {rule} | {rise} | {false} | {found if rise != 'quiet' else '–'} |")
    print("\n".join(lines))
    if not given.quick:
        flat = table.set_axis([f"{a} {b}" for a, b in table.columns], axis=1).reset_index()
        record("districts", lines, flat, float_format="%.4g")


if __name__ == "__main__":
    main()
