"""How often quiet regions are above usual, and how many weekly reports of a year name one by chance.

    python -m benchmarks.grades [PANEL-YEARS]

Quiet panels of 18 regions (negative binomial days, a steady mean each) are tested week by week for a year, as
a weekly report does. An uptick called again the week after is a repetition: windows share seven days.
Standard errors are over panel-years.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analytics import Counts, uptick_test

RESULT = Path(__file__).parent / "results" / "grades.md"
REGIONS, WEEKS, BEFORE = 18, 52, 420


def panel_year(seed: int) -> tuple[float, int, int]:
    """Return the share of rows above usual, the reports that newly name a region, and that repeat one."""
    rng = np.random.default_rng([11, seed])
    days = BEFORE + 7 * WEEKS
    size = rng.choice([0.2, 0.5, 2.0], REGIONS)
    mean = rng.choice([0.05, 0.2, 0.5, 1.0, 2.0], REGIONS)
    values = rng.poisson(rng.gamma(size, mean / size, (days, REGIONS)))
    index = pd.date_range("2018-01-01", periods=days)
    frame = pd.DataFrame(values, index=index, columns=[f"R{i}" for i in range(REGIONS)])
    counts = Counts.from_frame(frame, freq="day", as_of=index[-1])
    above, rows, new, again = 0, 0, 0, 0
    last: set[str] = set()
    for week in range(WEEKS):
        found = uptick_test(counts.until(index[BEFORE + 7 * week + 6])).frame
        above += int((found["grade"] == "above_usual").sum())
        rows += len(found)
        up = set(found.loc[found["grade"] == "uptick", "region"])
        new += bool(up - last)
        again += bool(up & last)
        last = up
    return above / rows, new, again


def main() -> None:
    """Measure, and write the result."""
    years = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    found = np.array([panel_year(seed) for seed in range(years)])
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(years)
    RESULT.write_text(
        f"# Grades of quiet panels\n\n{years} SIMULATED panel-years of {REGIONS} quiet regions, tested each "
        "week (`python -m benchmarks.grades`); standard error in brackets.\n\n"
        "| what | a year |\n|---|---|\n"
        f"| rows graded △ above usual | {100 * mean[0]:.1f} % ({100 * error[0]:.1f}) |\n"
        f"| reports that newly name a region in uptick | {mean[1]:.2f} ({error[1]:.2f}) |\n"
        f"| reports that repeat one from the week before | {mean[2]:.2f} ({error[2]:.2f}) |\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
