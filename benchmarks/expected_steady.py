"""Size of both null hypotheses where nothing changes, slow processes among them, and their power.

    python benchmarks/expected_steady.py            # 6,000 null series a cell; about ten minutes
    python benchmarks/expected_steady.py --quick    # 300 a cell; writes nothing

Histories of 730 and 1,095 days for the expected null, 364 of them the constant null's baseline. Bars for the
expected null: at nominal 5 % at most 6 % in the worst cell and its upper 99 % limit at most 7.2 %; at nominal
0.1 % at most 0.5 % and 0.6 %. Power is shown beside the constant null's, which does not hold its level where
there is season or trend. Exits with 1 if a bar fails.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from recording import quick_parser, record
from scipy import stats
from slow_processes import SLOW, simulate_slow

from analytics.kernels.windows.expected import ExpectedTest, expected_test, seasonal_design
from analytics.kernels.windows.lrd import LRDTest, lrd_test
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import MORE_STATIONARY, simulate_more

RECENT, GUARD = 14, 28
MEANS, HISTORIES = (0.2, 0.5, 2.0), (730, 1095)
STEADY = (*(p for p in PROCESSES if p != "seasonal"), *MORE_STATIONARY, *SLOW)
POWERED = ("poisson", "negative_binomial", "hawkes_0.6", "season_trend", "reporting_drift")
RATIOS = (1.5, 2.0, 3.0)
BARS = {0.05: (0.06, 0.072), 0.001: (0.005, 0.006)}  # point estimate, upper 99 % limit
SEED = 20261128


def simulate(
    process: str, mean: float, history: int, series: int, seed: int, ratio: float = 1.0
) -> np.ndarray:
    """Counts that end with a window of `ratio` times the rate."""
    days = history + GUARD + RECENT
    if process in SLOW:
        return simulate_slow(process, mean=mean, days=days, series=series, seed=seed, ratio=ratio)
    maker = simulate_counts if process in PROCESSES else simulate_more
    options = {"mean": mean, "days": days, "series": series, "seed": seed}
    return maker(process, uptick_days=RECENT, uptick_ratio=ratio, **options).values


def both(values: np.ndarray) -> tuple[ExpectedTest, LRDTest]:
    """Return the test against trend and season, and that against the mean of a year."""
    covered = np.ones(values.shape, bool)
    harmonics = 3 if len(values) - GUARD - RECENT >= 1095 else 2
    design = seasonal_design(np.arange(len(values)), trend=True, harmonics=harmonics, weekday=False)
    year = -364 - GUARD - RECENT
    return (
        expected_test(values, covered, design, length=RECENT, guard=GUARD, block=7),
        lrd_test(values[year:], covered[year:], length=RECENT, guard=GUARD),
    )


def size_cell(process: str, mean: float, history: int, series: int, seed: int) -> dict[str, object]:
    expected, constant = both(simulate(process, mean, history, series, seed))
    row: dict[str, object] = {"process": process, "mean": mean, "history": history, "n": series}
    for level in BARS:
        row[f"expected {level:g}"] = int((expected.pvalue <= level).sum())
        row[f"constant {level:g}"] = int((constant.pvalue <= level).sum())
    return row


def bars(cells: pd.DataFrame) -> tuple[list[str], bool]:
    """Say which bars hold, and where the worst cell is."""
    lines, held = [], True
    for level, (most, upper) in BARS.items():
        share = cells[f"expected {level:g}"] / cells["n"]
        worst = cells.loc[share.idxmax()]
        called, n = worst[f"expected {level:g}"], worst["n"]
        limit = float(stats.beta.ppf(0.995, called + 1, n - called))
        good = called / n <= most and limit <= upper
        held &= good
        lines.append(
            f"At nominal {100 * level:g} %: worst cell {100 * called / n:.2f} % (99 % limit "
            f"{100 * limit:.2f} %), {worst['process']}, {worst['mean']:g} a day, {worst['history']} days; "
            f"bar {100 * most:g} % ({100 * upper:g} %): {'held' if good else 'FAILED'}"
        )
    return lines, held


def size_table(cells: pd.DataFrame) -> str:
    """Write the worst mean of every process as Markdown, in percent."""
    lines = [
        "| process | expected, 730 d | expected, 1,095 d | constant | expected at 0.1 % |",
        "|---|---:|---:|---:|---:|",
    ]
    for process, part in cells.groupby("process", sort=False):
        share = {
            name: part[name] / part["n"] for name in part.columns if name[:8] in ("expected", "constant")
        }
        worst = [
            share["expected 0.05"][part["history"] == 730].max(),
            share["expected 0.05"][part["history"] == 1095].max(),
            share["constant 0.05"].max(),
            share["expected 0.001"].max(),
        ]
        lines.append(
            f"| {process} | " + " | ".join(f"{100 * w:.1f}" for w in worst[:3]) + f" | {100 * worst[3]:.2f} |"
        )
    return "\n".join(lines)


def power_table(series: int) -> str:
    """Write power under either null hypothesis as Markdown, in percent."""
    lines = [
        "| process | a day | history | "
        + " | ".join(f"{n}, {r:g}x" for r in RATIOS for n in ("expected", "constant"))
        + " |",
        "|---|---:|---:|" + "---:|" * (2 * len(RATIOS)),
    ]
    for process in POWERED:
        for mean in MEANS[1:]:
            for history in HISTORIES:
                found = []
                for ratio in RATIOS:
                    seed = SEED + int(100 * ratio) + history
                    tests = both(simulate(process, mean, history, series, seed, ratio))
                    found += [f"{100 * (test.pvalue <= 0.05).mean():.0f}" for test in tests]
                lines.append(f"| {process} | {mean:g} | {history} | " + " | ".join(found) + " |")
    return "\n".join(lines)


def main() -> int:
    given = quick_parser(__doc__, "300 null series a cell; writes nothing").parse_args()
    series = 300 if given.quick else 6_000
    rows = []
    for number, process in enumerate(STEADY):
        for mean in MEANS:
            for history in HISTORIES:
                rows.append(size_cell(process, mean, history, series, SEED + 1000 * number + history))
                print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    cells = pd.DataFrame(rows)
    lines, held = bars(cells)
    text = "\n\n".join(
        [
            f"SIMULATED series without an uptick, {series:,} a cell; percent rejected at 5 %, one-sided; "
            f"the worst of {', '.join(f'{m:g}' for m in MEANS)} incidents a day; one standard error at most "
            f"{100 * np.sqrt(0.06 * 0.94 / series):.1f}.",
            size_table(cells),
            "\n".join(lines),
            f"Percent found at 5 %, {series // 6:,} series a cell (season at a random phase; the constant "
            "null does not hold its level under season and trend; one standard error at most "
            f"{100 * np.sqrt(0.25 / (series // 6)):.1f}):",
            power_table(series // 6),
        ]
    )
    print(text)
    if not given.quick:
        record("expected_steady", [text], cells)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
