"""How often quiet times are taken for gaps in the data: suspected silences in series that have none.

    python benchmarks/gaps.py            # 150 series a cell, three years each; about six minutes on one core
    python benchmarks/gaps.py --quick    # 20 a cell; says so, writes nothing

The fifteen stationary processes of benchmarks/size_power.py, single series (the harder case: in panels every
region must be silent at once), at three means. Beside it, how often a gap of 30 days put into the series is
found, and what the flag does to the size of the uptick test (nominal 5 %) and to its power at a threefold
rise: verdicts held back where the baseline, guard or window touches a suspected gap, against verdicts given
all the same; without a gap, and with one of 30 days in the baseline or at the end of the guard, its zeros
taken for quiet days. A gap that is told has no coverage. Prints the tables, writes
benchmarks/results/gaps.csv and .md, exits with 1 if the bar fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))
from recording import quick_parser, record

from analytics.kernels.common.silence import implausible_silences
from analytics.kernels.windows.lrd import lrd_test
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import MORE_STATIONARY, simulate_more

MEANS = (0.1, 0.5, 2.0)
DAYS, GAP = 1137, 30
RECENT, GUARD, BASELINE = 14, 28, 364
USED = BASELINE + GUARD + RECENT
RISE = 3.0
GAPS = {"no gap": None, "gap in the baseline": DAYS - 220, "gap in the guard": DAYS - RECENT - GAP}
BAR = 0.001  # suspected silences for each series-year, over all processes


def cell(process: str, mean: float, series: int) -> dict[str, object]:
    """One process at one mean: series with a suspected silence, and gaps that are found."""
    names = [*PROCESSES, *MORE_STATIONARY]
    seed = int(np.random.SeedSequence((names.index(process), int(10 * mean))).generate_state(1)[0])
    maker = simulate_counts if process in PROCESSES else simulate_more
    values = maker(process, mean=mean, days=DAYS, series=series, seed=seed).values
    covered = np.ones((DAYS, 1), dtype=bool)
    flagged = found = 0
    for at in range(series):
        own = values[:, at : at + 1].copy()
        flagged += len(implausible_silences(own, covered))
        own[700 : 700 + GAP] = 0
        found += any(s.first <= 700 and s.end >= 700 + GAP for s in implausible_silences(own, covered))
    return {
        "process": process, "mean": mean, "series_years": series * DAYS / 365.25, "suspected": flagged,
        "gaps_found": found / series,
    }  # fmt: skip


def verdicts(process: str, mean: float, series: int) -> list[dict[str, object]]:
    """Share called of one process at one mean, by rise, by gap and by what is done of it."""
    names = [*PROCESSES, *MORE_STATIONARY]
    key = (names.index(process), int(10 * mean), 2)
    seed = int(np.random.SeedSequence(key).generate_state(1)[0])
    maker = simulate_counts if process in PROCESSES else simulate_more
    covered = np.ones((DAYS, 1), dtype=bool)
    out = []
    for ratio in (1.0, RISE):
        values = maker(
            process, mean=mean, days=DAYS, series=series, uptick_days=RECENT, uptick_ratio=ratio, seed=seed
        ).values
        for gap, start in GAPS.items():
            own, told = values.copy(), np.ones(values.shape, dtype=bool)
            if start is not None:
                own[start : start + GAP] = 0
                told[start : start + GAP] = False
            called = (
                lrd_test(own[-USED:], np.ones_like(told[-USED:]), length=RECENT, guard=GUARD).pvalue <= 0.05
            )
            answered = lrd_test(own[-USED:], told[-USED:], length=RECENT, guard=GUARD).pvalue <= 0.05
            held = np.array(
                [
                    any(s.end > DAYS - USED for s in implausible_silences(own[:, at : at + 1], covered))
                    for at in range(series)
                ]
            )
            out.append(
                {
                    "process": process, "mean": mean, "ratio": ratio, "gap": gap,
                    "given all the same": called.mean(), "held back": held.mean(),
                    "called with the flag on": (called & ~held).mean(), "told": answered.mean(),
                }
            )  # fmt: skip
    return out


def verdict_lines(found: pd.DataFrame, series: int) -> list[str]:
    """The same by gap and rise, over the processes, with the worst cell."""
    lines = [
        "",
        "## Size and power with the flag on",
        "",
        f"SIMULATED: {found.groupby(['process', 'mean']).ngroups} cells of {series} series, averages over "
        "all; in brackets the worst cell (largest size, smallest power).",
        "",
        "| rise | gap of 30 days | called, verdict given all the same | held back | called, flag on "
        "| called, gap told |",
        "|---|---|---|---|---|---|",
    ]
    for (ratio, gap), rows in found.groupby(["ratio", "gap"], sort=False):
        worst = "max" if ratio == 1 else "min"
        cells = [
            f"{100 * rows[name].mean():.1f} % ({100 * rows[name].agg(worst):.0f})"
            for name in ("given all the same", "called with the flag on", "told")
        ]
        rise = "none" if ratio == 1 else f"{ratio:g} times"
        held = f"{100 * rows['held back'].mean():.1f} %"
        lines.append(
            f"| {rise} | {gap.removeprefix('gap ')} | {cells[0]} | {held} | {cells[1]} | {cells[2]} |"
        )
    return lines


def main() -> int:
    """Run every cell, record the table; return the exit code."""
    quick = quick_parser(__doc__, "20 series a cell; writes nothing").parse_args().quick
    series = 20 if quick else 150
    table = pd.DataFrame(
        [cell(process, mean, series) for process in (*PROCESSES, *MORE_STATIONARY) for mean in MEANS]
    )
    years, flagged = table["series_years"].sum(), int(table["suspected"].sum())
    rate = flagged / years
    worst = table[table["suspected"] > 0].sort_values("suspected", ascending=False).head(5)
    where = ", ".join(
        f"{row['process']} {row['mean']:g} a day ({row['suspected']})" for row in worst.to_dict("records")
    )
    found = table.groupby("mean")["gaps_found"].mean()
    lines = [
        "# Quiet times taken for gaps",
        "",
        f"SIMULATED: {len(table)} cells of {series} series of {DAYS} days, {years:,.0f} series-years in all, "
        "none with a gap.",
        f"Suspected silences: {flagged}, {100 * rate:.3f} % of series-years (bar {100 * BAR:g} %: "
        f"{'held' if rate <= BAR else 'FAILED'}); in {where or 'none'}.",
        f"A gap of {GAP} days put into the series was found, on average over the processes: "
        + ", ".join(f"{100 * share:.0f} % at {mean:g} a day" for mean, share in found.items())
        + ".",
    ]
    pairs = [(process, mean) for process in (*PROCESSES, *MORE_STATIONARY) for mean in MEANS]
    tests = pd.DataFrame([row for process, mean in pairs for row in verdicts(process, mean, series)])
    lines += verdict_lines(tests, series)
    print(table.to_string(index=False))
    print("\n".join(lines))
    if not quick:
        record("gaps", lines, table, "%.4f")
    return 0 if rate <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
