"""How often quiet times are taken for gaps in the data: suspected silences in series that have none.

    python benchmarks/gaps.py            # 150 series a cell, three years each; about a minute on one core
    python benchmarks/gaps.py --quick    # 20 a cell; says so, writes nothing

The fifteen stationary processes of benchmarks/size_power.py, single series (the harder case: in panels every
region must be silent at once), at three means. Beside it, how often a gap of 30 days put into the series is
found. Prints the table, writes benchmarks/results/gaps.csv and .md, exits with 1 if the bar fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))
from recording import quick_parser, record

from analytics.kernels.common.silence import implausible_silences
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import MORE_STATIONARY, simulate_more

MEANS = (0.1, 0.5, 2.0)
DAYS, GAP = 1137, 30
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
    print(table.to_string(index=False))
    print("\n".join(lines))
    if not quick:
        record("gaps", lines, table, "%.4f")
    return 0 if rate <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
