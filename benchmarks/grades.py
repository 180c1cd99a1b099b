"""How often quiet regions are above usual, and how many weekly reports of a year name one by chance.

    python benchmarks/grades.py                 # 200 panel-years; about five minutes
    python benchmarks/grades.py --quick         # a tenth of it; says so, writes nothing

SIMULATED quiet panels of 18 regions, each a negative binomial, self-exciting or same-day-wave process drawn
at random (those of benchmarks/panels.py), are tested at the end of every week of a year, as a weekly report
does. Graded ▲ is what has q at most 0.05 and at least three incidents, △ what has p at most 0.05 alone. An
uptick called again the week after is a repetition: windows share seven days. Standard errors are over
panel-years. Writes benchmarks/results/grades.md and .csv; analytics/results/chance.py states its figures, by
test.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from panels import BASELINE, GUARD, MEDIAN, MIXED, RECENT, SPREAD, regions_of
from recording import quick_parser, record

from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.lrd import lrd_test

REGIONS, WEEKS, YEARS, LEVEL, LEAST = 18, 52, 200, 0.05, 3
SPAN = BASELINE + GUARD + RECENT
SEED = 20261129


def graded(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which regions are graded ▲ and which △ at the end of the days given, shape (SPAN, regions)."""
    inside = np.ones(values.shape, bool)
    total = values[:BASELINE].sum(axis=0) + values[-RECENT:].sum(axis=0)
    alone = lrd_test(values, inside, length=RECENT, guard=GUARD).firm
    alone[total == 0] = np.nan
    family = panel_pvalues(values, inside, alone, length=RECENT, guard=GUARD)
    enough = values[-RECENT:].sum(axis=0) >= LEAST
    up = (benjamini_hochberg(family) <= LEVEL) & enough
    return up, (alone <= LEVEL) & enough & ~up


def panel_year(year: int) -> dict[str, float]:
    """What the reports of a year on a quiet panel say."""
    rng = np.random.default_rng([SEED, year])
    days = SPAN + 7 * (WEEKS - 1)
    rate = MEDIAN * np.exp(SPREAD * rng.standard_normal(REGIONS))
    values = regions_of(MIXED, np.broadcast_to(rate, (days, REGIONS)), rng)
    ups, aboves = np.empty((WEEKS, REGIONS), bool), np.empty((WEEKS, REGIONS), bool)
    for week in range(WEEKS):
        ups[week], aboves[week] = graded(values[7 * week : 7 * week + SPAN])
    again = ups[1:] & ups[:-1]
    new = ups.copy()
    new[1:] &= ~ups[:-1]
    return {
        "year": year,
        "above": aboves.mean(),
        "above_reports": aboves.any(axis=1).mean(),
        "uptick": ups.mean(),
        "uptick_reports": ups.any(axis=1).mean(),
        "new": new.any(axis=1).sum(),
        "repeated": (again.any(axis=1) & ~new[1:].any(axis=1)).sum(),
        "none": float(not ups.any()),
    }


def lines_of(table: pd.DataFrame) -> list[str]:
    mean, error = table.mean(), table.std() / np.sqrt(len(table))

    def said(name: str, times: float, digits: int, unit: str) -> str:
        return f"{times * mean[name]:.{digits}f}{unit} ({times * error[name]:.{digits}f})"

    return [
        "# Grades of quiet panels",
        "",
        f"{len(table)} SIMULATED panel-years of {REGIONS} quiet regions of three kinds, tested every week "
        "(`python benchmarks/grades.py`); standard error in brackets.",
        "",
        "| what | measured |",
        "|---|---:|",
        f"| rows graded △ above usual | {said('above', 100, 2, ' %')} |",
        f"| reports with at least one △ | {said('above_reports', 100, 1, ' %')} |",
        f"| rows graded ▲ uptick | {said('uptick', 100, 2, ' %')} |",
        f"| reports with at least one ▲ | {said('uptick_reports', 100, 1, ' %')} |",
        f"| reports of {WEEKS} that newly name a region | {said('new', 1, 2, '')} |",
        f"| reports of {WEEKS} that only repeat one from the week before | {said('repeated', 1, 2, '')} |",
        f"| years without any | {said('none', 100, 0, ' %')} |",
    ]


def main() -> None:
    given = quick_parser(__doc__, "a tenth of the panel-years; writes nothing").parse_args()
    years = YEARS // 10 if given.quick else YEARS
    rows = []
    for year in range(years):
        rows.append(panel_year(year))
        if sys.stderr.isatty():
            print(f"\r{year + 1} of {years}", end="", file=sys.stderr, flush=True)
    table = pd.DataFrame(rows).set_index("year")
    text = lines_of(table)
    print("\n".join(text))
    if not given.quick:
        record("grades", text, table.reset_index(), float_format="%.5g")


if __name__ == "__main__":
    main()
