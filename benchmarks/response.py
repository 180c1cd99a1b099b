"""Size, coverage and power of response_test when operations follow activity and change nothing.

    python benchmarks/response.py            # 1,000 data sets a cell; about twelve minutes
    python benchmarks/response.py --quick    # 30 a cell; writes nothing

The trap: operations are started by past attacks, in five ways (and at random), and have no effect. Attacks
then fall after them all the same. Beside the test, the naive comparison of the 14 days before and after each
operation, with a paired z-test. Writes benchmarks/results/response.csv and .md; exits with 1 if a bar fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))
from recording import finish, quick_parser
from size_power import lower_limit

from analytics.kernels.claims.response import matched_response
from analytics.kernels.common.dispersion import window_sums
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import MORE_STATIONARY, simulate_more

MEANS, DAYS, WINDOW, MATCHED = (0.1, 0.5, 2.0), 1095, 14, 60
OPERATIONS = 0.02  # a day and region, on average
EFFECT = 0.5  # share of attacks that still happen in the 14 days after an operation that works
BAR = 0.06
TRIGGERS = ("at random", "14-day level", "7-day level", "same day", "rise", "28-day level")


def past_sum(values: np.ndarray, length: int) -> np.ndarray:
    """Sum of the last `length` days, that day included."""
    return window_sums(np.concatenate([np.zeros((length - 1, values.shape[1])), values]), length)


def operations(rng: np.random.Generator, values: np.ndarray, trigger: str) -> np.ndarray:
    """Days with an operation, drawn from what has happened so far."""
    mean = max(values.mean(), 1e-9)
    if trigger == "at random":
        score = np.ones(values.shape)
    elif trigger in ("14-day level", "7-day level"):
        length, top = (14, 0.85) if trigger == "14-day level" else (7, 0.9)
        level = past_sum(values, length)
        score = np.where(level >= np.quantile(level, top, axis=0), 6.0, 0.2)
    elif trigger == "same day":
        score = values / mean + 0.1
    elif trigger == "rise":
        rise = past_sum(values, 7) / 7 - past_sum(values, 28) / 28
        score = np.maximum(rise / mean, 0) ** 2 + 0.05
    else:
        score = (past_sum(values, 28) / 28 / mean) ** 3 + 0.1
    return rng.random(values.shape) < np.minimum(OPERATIONS * score / score.mean(), 0.9)


def naive(events: np.ndarray, values: np.ndarray) -> tuple[float, bool]:
    """Ratio of the 14 days after to the 14 before, and whether a one-sided paired z-test calls it a fall."""
    sums = window_sums(values, WINDOW)
    day, region = np.nonzero(events[WINDOW : len(values) - WINDOW])
    day = day + WINDOW
    after, before = sums[day + 1, region], sums[day - WINDOW + 1, region]
    z = (after - before).sum() / np.sqrt(((after - before) ** 2).sum() + 1e-9)
    return float(after.sum() / max(before.sum(), 1)), bool(z < -1.645)


def cell(process: str, mean: float, trigger: str, regions: int, effect: float, n: int) -> dict[str, object]:
    known = (*PROCESSES, *MORE_STATIONARY)
    simulate = simulate_counts if process in PROCESSES else simulate_more
    seed = np.random.SeedSequence(
        (11, known.index(process), int(10 * mean), TRIGGERS.index(trigger), regions, int(10 * effect))
    ).generate_state(2)
    values = simulate(process, mean=mean, days=DAYS, series=regions * n, seed=int(seed[0])).values
    rng = np.random.default_rng(int(seed[1]))
    found, usual = [], []
    for i in range(n):
        attacks = values[:, i * regions : (i + 1) * regions]
        events = operations(rng, attacks, trigger)
        if effect != 1.0:
            after = past_sum(np.concatenate([np.zeros((1, regions)), events[:-1]]), WINDOW) > 0
            attacks = np.where(after, rng.binomial(attacks, effect), attacks)
        covered = np.ones(attacks.shape, bool)
        found.append(matched_response(events, attacks, covered, window=WINDOW, clear=WINDOW, matched=MATCHED))
        usual.append(naive(events, attacks))
    tested = [r for r in found if min(len(r.observed), r.blocks) >= 5 and r.expected.sum() >= 5]
    return {
        "process": process, "mean": mean, "trigger": trigger, "regions": regions, "effect": effect,
        "n": len(tested), "untested": n - len(tested),
        "less": sum(r.less <= 0.05 for r in tested), "greater": sum(r.greater <= 0.05 for r in tested),
        "ratio": np.median([r.ratio for r in tested]) if tested else np.nan,
        "covered": sum(r.low <= effect <= r.high for r in tested),
        "naive less": sum(called for _, called in usual), "naive n": n,
        "naive ratio": np.median([ratio for ratio, _ in usual]),
    }  # fmt: skip


def main() -> int:
    parser = quick_parser(__doc__, "30 data sets a cell; writes nothing")
    quick = parser.parse_args().quick
    n = 30 if quick else 1_000
    rows = []
    for process in (*PROCESSES, *MORE_STATIONARY):
        new = process in MORE_STATIONARY
        for mean in (0.5,) if new else MEANS:
            for trigger in TRIGGERS:
                several = (4,) if new or mean != 0.5 else (1, 4)
                rows.extend(cell(process, mean, trigger, regions, 1.0, n) for regions in several)
            if not new:
                rows.append(cell(process, mean, "14-day level", 4, EFFECT, max(n // 4, 10)))
    cells = pd.DataFrame(rows)
    null = cells[cells["effect"] == 1.0]
    lines = [
        "| operations follow | naive: calls a fall | naive ratio | test: fewer, mean | worst | test: "
        "more, mean | worst "
        "| ratio | coverage |",
        "|---|" + "---:|" * 8,
    ]
    for trigger, part in null.groupby("trigger", sort=False):
        big = part[part["n"] >= n // 2]
        less, more = big["less"] / big["n"], big["greater"] / big["n"]
        lines.append(
            f"| {trigger} | {100 * (part['naive less'] / part['naive n']).mean():.0f} "
            f"| {part['naive ratio'].median():.2f} | {100 * less.mean():.1f} | {100 * less.max():.1f} "
            f"| {100 * more.mean():.1f} | {100 * more.max():.1f} | {big['ratio'].median():.2f} "
            f"| {100 * (big['covered'] / big['n']).mean():.0f} |"
        )
    failed = []
    for side in ("less", "greater"):
        lower = lower_limit(null[side].to_numpy(), null["n"].to_numpy())
        failed += [
            f"{side}: {row['process']}, {row['mean']:g} a day, {row['trigger']}, {row['regions']} regions"
            for _, row in null[lower > BAR].iterrows()
        ]
    effect = cells[(cells["effect"] != 1.0) & (cells["n"] > 0)]
    new = null[null["process"].isin(MORE_STATIONARY)]
    fewer, more = (100 * (new[side] / new["n"]).mean() for side in ("less", "greater"))
    power, ratio = 100 * effect["less"] / effect["n"], effect["ratio"]
    untested, every = int(null["untested"].sum()), int((null["untested"] + null["n"]).sum())
    held = "held" if not failed else "FAILED in " + "; ".join(failed)
    lines += [
        "",
        f"SIMULATED data, {n} sets a cell: {len(PROCESSES)} processes at 0.1, 0.5 and 2 attacks a day "
        "and region "
        f"(1 and 4 regions) and {len(MORE_STATIONARY)} not used in designing at 0.5; {DAYS} days; "
        f"{OPERATIONS:g} operations a day and region that change nothing; percent called at nominal 5 %.",
        f"On the processes not used in designing alone: fewer {fewer:.1f} %, more {more:.1f} % on average.",
        f"Not tested, for fewer than 5 usable operations: {untested:,} of {every:,} data sets.",
        f"Bar: every cell at most 6 % (99 % lower Monte Carlo limit): {held}",
        "When an operation halves attacks for 14 days (4 regions, operations after the 14-day level): "
        "called in "
        f"{power.mean():.0f} % of data sets on average, {power.min():.0f} % in the worst cell; median ratio "
        f"{ratio.median():.2f}, {ratio.min():.2f} to {ratio.max():.2f} over cells. The effect is "
        "understated, "
        "because some matched times are followed by an operation too.",
    ]
    return finish("response", lines, cells, quick=quick, failed=failed)


if __name__ == "__main__":
    sys.exit(main())
