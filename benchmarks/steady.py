"""Regions that are as usual among others that rise all at once: how often are they called with them?

    python benchmarks/steady.py            # 300 panels a row, some minutes; records the result
    python benchmarks/steady.py --quick    # 20 panels, nothing recorded

The first days of an invasion: some regions have been violent for years and go on as they were, the others
were empty or nearly so, and most of them rise. SIMULATED panels of negative binomial days (size 0.5), 364
days of baseline, the last fortnight risen. For steady regions: percent called, percent whose `starts_at` is
below their usual, percent called with a p-value above 0.1; the false discovery rate of the panel; percent of
the risen called; and what it was without the condition that holds this, on fewer panels. A steady region's
own p-value is at most twice alpha in about 10 % of panels, and where most others rise it is then called with
them. Bars: none called at a p-value above 0.1, none that starts below its usual, and a false discovery rate
of at most 5 % (upper 99 % limit within a fifth).
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import recording

from analytics import uptick_test
from analytics.counts import Counts
from analytics.kernels.panels import at, pooled

SEED, DAYS, SIZE, ALPHA = 20261128, 500, 0.5, 0.05
PANELS = {  # means of the steady, of the others, how many others rise, to what
    "2 steady, 22 empty, none rises": ((5, 4), (0.0,) * 22, 0, 0.0),
    "2 steady, 22 empty, 18 rise": ((5, 4), (0.0,) * 22, 18, 5.0),
    "2 steady, 22 nearly empty, none rises": ((5, 4), (0.02,) * 22, 0, 0.0),
    "2 steady, 22 nearly empty, 18 rise": ((5, 4), (0.02,) * 22, 18, 5.0),
    "6 steady, 12 quiet, 10 rise": ((5, 4, 3, 2, 1, 0.5), (0.1,) * 12, 10, 2.0),
    "1 steady, 5 empty, 4 rise": ((5,), (0.0,) * 5, 4, 3.0),
}


def panel(steady: tuple, others: tuple, rise: int, to: float, rng: np.random.Generator) -> Counts:
    mean = np.tile(np.r_[steady, others].astype(float), (DAYS, 1))
    mean[-14:, len(steady) : len(steady) + rise] = to
    daily = rng.poisson(np.where(mean > 0, rng.gamma(SIZE, np.maximum(mean, 1e-9) / SIZE), 0.0))
    days = pd.date_range("2020-01-01", periods=DAYS)
    names = [f"R{at:02d}" for at in range(mean.shape[1])]
    return Counts.from_frame(pd.DataFrame(daily, index=days, columns=names), freq="day", as_of=days[-1])


def measure(many: int) -> pd.DataFrame:
    rows = []
    for number, (name, (steady, others, rise, to)) in enumerate(PANELS.items()):
        rng, still = np.random.default_rng([SEED, number]), len(steady)
        each = []
        for _ in range(many):
            frame = uptick_test(panel(steady, others, rise, to, rng), alpha=ALPHA).frame
            called = (frame["grade"] == "uptick").to_numpy()
            true = np.zeros(len(called), dtype=bool)
            true[still : still + rise] = True
            below = frame["starts_at"].to_numpy(float)[:still] < frame["expected"].to_numpy(float)[:still]
            odd = called[:still] & (frame["pvalue"].to_numpy(float)[:still] > 2 * ALPHA)
            false = (called & ~true).sum() / max(called.sum(), 1)
            found = called[true].mean() if rise else np.nan
            each.append((called[:still].mean(), below.mean(), odd.mean(), false, found))
        told = 100 * np.array(each)
        mean, error = told.mean(axis=0), told.std(axis=0, ddof=1) / np.sqrt(many)
        rows.append((name, many, mean[0], error[0], mean[1], mean[2], mean[3], error[3], mean[4]))
    names = ["panel", "panels", "steady called", "se steady", "starts below usual", "called at p over 0.1"]
    return pd.DataFrame(rows, columns=[*names, "FDR", "se FDR", "risen called"])


def ungated(many: int) -> pd.DataFrame:
    """The same where the panel's year counts whatever a region's own p-value is."""
    held = pooled.GATE
    try:
        pooled.GATE = at.GATE = np.inf
        return measure(many)
    finally:
        pooled.GATE = at.GATE = held


def main() -> int:
    given = recording.quick_parser(__doc__, "20 panels a row, nothing recorded").parse_args()
    table = measure(20 if given.quick else 300)
    lines = [
        "# Steady regions among others that rise (SIMULATED)", "",
        "Percent, with one standard error; 300 panels a row, 364 days of baseline.",
        "`python benchmarks/steady.py`", "",
        "| panel | steady called | `starts_at` below usual | called at p over 0.1 | FDR | risen called |",
        "|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    failed = []
    for _, row in table.iterrows():
        risen = "" if np.isnan(row["risen called"]) else f"{row['risen called']:.1f}"
        lines.append(
            f"| {row['panel']} | {row['steady called']:.1f} ± {row['se steady']:.1f} "
            f"| {row['starts below usual']:.1f} "
            f"| {row['called at p over 0.1']:.1f} | {row['FDR']:.1f} ± {row['se FDR']:.1f} | {risen} |"
        )
        limit = row["FDR"] + 2.326 * row["se FDR"]
        if row["FDR"] > 100 * ALPHA or limit > 120 * ALPHA:
            failed.append(f"{row['panel']}: false discovery rate {row['FDR']:.1f}, limit {limit:.1f}")
        if row["called at p over 0.1"] or row["starts below usual"]:
            failed.append(f"{row['panel']}: called at p over 0.1, or starting below its usual")
    bars = "Bars (5 % false discoveries; none called at p over 0.1; none that starts below its usual)"
    lines += ["", f"{bars}: {'FAILED' if failed else 'held'}"]
    before = ungated(10 if given.quick else 60)
    lines += [
        "", f"Without the condition, {before['panels'].iloc[0]} panels a row:", "",
        "| panel | steady called | `starts_at` below usual | called at p over 0.1 |", "|---|---:|---:|---:|",
    ]  # fmt: skip
    for _, row in before.iterrows():
        lines.append(
            f"| {row['panel']} | {row['steady called']:.1f} ± {row['se steady']:.1f} "
            f"| {row['starts below usual']:.1f} | {row['called at p over 0.1']:.1f} |"
        )
    table = pd.concat([table.assign(gated=True), before.assign(gated=False)], ignore_index=True)
    lines += [f"FAILED: {line}" for line in failed]
    return recording.finish("steady", lines, table, quick=given.quick, failed=failed)


if __name__ == "__main__":
    sys.exit(main())
