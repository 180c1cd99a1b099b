"""Size of the expected null under smooth season and trend, by phase of the year, and of picked windows.

    python benchmarks/expected_null.py            # 2,000 null series a phase bin; about three minutes
    python benchmarks/expected_null.py --quick    # 200 a bin; writes nothing

The last day falls on each of twelve phases of the year in turn, because averaging over the phase hides
failure. Bar: 8 % in the worst bin under smooth season, trend and drift. Sharp seasons and random walks are
shown without a bar. Exits with 1 if the bar fails (99 % lower Monte Carlo limit).
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from recording import quick_parser, record
from scipy import stats

from analytics.kernels.windows.alternatives import METHODS
from analytics.kernels.windows.expected import expected_test, seasonal_design
from analytics.kernels.windows.lrd import lrd_test
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import simulate_more
from analytics.upticks.picked import picked_window

RECENT, GUARD, BAR = 14, 28, 0.08
MEANS, HISTORIES = (0.5, 2.0), (730, 1095)
LENGTHS = (7, 14, 21, 28, 42, 56)
SMOOTH, SHOWN = ("season_trend", "reporting_drift"), ("yearly_offensive", "random_walk_rate")


def rejections(
    process: str, mean: float, history: int, phase: float, series: int, seed: int
) -> dict[str, float]:
    days = history + GUARD + RECENT
    values = simulate_more(
        process,
        mean=mean,
        days=days,
        series=series,
        seed=seed,
        phase=phase if process in ("season_trend", "yearly_offensive") else None,
    ).values
    covered = np.ones(values.shape, bool)
    design = seasonal_design(
        np.arange(days), trend=True, harmonics=3 if history >= 1095 else 2, weekday=False
    )
    adjusted = expected_test(values, covered, design, length=RECENT, guard=GUARD, block=7)
    constant = lrd_test(
        values[-364 - GUARD - RECENT :], covered[-364 - GUARD - RECENT :], length=RECENT, guard=GUARD
    )
    return {
        "expected": float((adjusted.pvalue <= 0.05).mean()),
        "constant": float((constant.pvalue <= 0.05).mean()),
    }


def picked(process: str, mean: float, series: int, seed: int) -> dict[str, float]:
    values = simulate_counts(process, mean=mean, days=364 + GUARD + 56, series=series, seed=seed).values
    covered = np.ones(values.shape, bool)
    smallest = np.min([METHODS["c_test"](values, covered, length=n, guard=0) for n in LENGTHS], axis=0)
    return {
        "rotation of the maximum": float((picked_window(values, covered, LENGTHS).pvalue <= 0.05).mean()),
        "smallest C-test p": float((smallest <= 0.05).mean()),
    }


def main() -> int:
    parser = quick_parser(__doc__, "200 null series a bin; writes nothing")
    given = parser.parse_args()
    series = 200 if given.quick else 2_000
    rows = []
    for process in (*SMOOTH, *SHOWN):
        for mean in MEANS:
            for history in HISTORIES:
                phases = np.arange(12) / 12 if process in ("season_trend", "yearly_offensive") else [0.0]
                found = pd.DataFrame(
                    [
                        rejections(process, mean, history, float(phase), series, 1000 * k + history)
                        for k, phase in enumerate(phases)
                    ]
                )
                rows.append(
                    {
                        "process": process,
                        "a day": mean,
                        "history": history,
                        "expected, mean": found["expected"].mean(),
                        "expected, worst bin": found["expected"].max(),
                        "constant, mean": found["constant"].mean(),
                        "constant, worst bin": found["constant"].max(),
                    }
                )
    table = pd.DataFrame(rows)
    smooth = table[table["process"].isin(SMOOTH)]
    worst = round(smooth["expected, worst bin"].max() * series)
    held = bool(stats.beta.ppf(0.005, worst, series - worst + 1) <= BAR)
    windows = pd.DataFrame(
        [{"process": p, "a day": m, **picked(p, m, 2 * series, 7)} for p in PROCESSES[:6] for m in MEANS]
    )
    lines = [
        f"SIMULATED series without an uptick, {series:,} a bin; percent rejected at nominal 5 %, one-sided.",
        markdown(table),
        f"Bar: expected null under smooth season, trend and drift at most {BAR:.0%} in the worst bin: "
        + ("held" if held else "FAILED")
        + f" ({100 * worst / series:.1f} %)",
        f"Picked after looking from {', '.join(map(str, LENGTHS))} days; {2 * series:,} series a row:",
        markdown(windows),
    ]
    text = "\n\n".join(lines)
    print(text)
    if not given.quick:
        record("expected_null", [text])
    return 0 if held else 1


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown, shares in percent."""
    names = [c for c in table.columns if c not in ("process", "a day", "history")]
    shown = table.assign(**{c: (100 * table[c]).map("{:.1f}".format) for c in names})
    head = "| " + " | ".join(shown.columns) + " |\n|" + "---|" * len(shown.columns)
    return "\n".join([head, *("| " + " | ".join(map(str, row)) + " |" for row in shown.to_numpy())])


if __name__ == "__main__":
    sys.exit(main())
