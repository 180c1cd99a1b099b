"""Seven escalations that anyone can see in UCDP's events of Iraq: which of them the uptick test calls.

    python benchmarks/escalations.py ucdp_ged_iraq.csv            # ten seconds; writes benchmarks/results
    python benchmarks/escalations.py ucdp_ged_iraq.csv --quick    # every fourth fortnight; writes nothing

The file is UCDP GED 19.1, Iraq 1989 to 2018, as the Humanitarian Data Exchange publishes it (CC BY 4.0,
Uppsala Conflict Data Program; Sundberg and Melander 2013); it is not part of this repository. All actors are
counted, by governorate, as `count_incidents` does by default. An escalation counts as called where its
governorate is in uptick (q at most 0.05 among the 18, at least three incidents in 14 days; 364 days of
baseline, 28 of guard) on some day from 7 days before to 14 days after the one listed; Salah al-Din counts
once for two days. Beside it the share of all region-fortnights of 2005 to 2018 that are called, one after the
other, and the same of the former default, each region alone. Bars: at least six of seven, at most 2 %. Writes
benchmarks/results/escalations.md and .csv; exits with 1 if a bar fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from recording import finish, quick_parser

from analytics import count_incidents, read_incidents
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.evidence import LEAST
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.lrd import lrd_test

BASELINE, GUARD, RECENT, LEVEL = 364, 28, 14, 0.05
SPAN = BASELINE + GUARD + RECENT
BEFORE, AFTER = 7, 14  # days around the one listed
ESCALATIONS = (
    ("Baghdad", ("2008-03-30",)),
    ("Anbar", ("2014-01-12",)),
    ("Ninewa", ("2014-06-15",)),
    ("Salah al-Din", ("2014-06-15", "2014-06-22")),
    ("Erbil", ("2014-08-17",)),
    ("Anbar", ("2016-06-05",)),
    ("Ninewa", ("2016-10-30",)),
)
YEARS = (np.datetime64("2005-01-01"), np.datetime64("2018-12-31"))
CALLED_BAR, SHARE_BAR = 6, 0.02
NOW, ALONE = "panel", "each alone"


def qvalues(values: np.ndarray, covered: np.ndarray) -> dict[str, np.ndarray]:
    """Q-values of all regions at the end of SPAN days, NaN without an incident, 1 with fewer than three."""
    total = values[:BASELINE].sum(axis=0) + values[-RECENT:].sum(axis=0)
    alone = lrd_test(values, covered, length=RECENT, guard=GUARD).firm
    alone = np.where(total > 0, alone, np.nan)
    few = values[-RECENT:].sum(axis=0) < LEAST
    found = {NOW: panel_pvalues(values, covered, alone, length=RECENT, guard=GUARD), ALONE: alone}
    return {rule: benjamini_hochberg(np.where(few & (total > 0), 1.0, p)) for rule, p in found.items()}


def main() -> int:
    parser = quick_parser(__doc__, "every fourth fortnight; writes nothing")
    parser.add_argument("file", type=Path, help="UCDP GED events of Iraq to the end of 2018")
    given = parser.parse_args()
    incidents = read_incidents(given.file, source="ucdp", as_of=str(YEARS[1]))
    counts = count_incidents(incidents, freq="day", by="admin1")
    days = counts.starts.astype("datetime64[D]")
    known: dict[int, dict[str, np.ndarray]] = {}

    def at(day: np.datetime64) -> dict[str, np.ndarray]:
        end = int(np.searchsorted(days, day)) + 1
        if end not in known:
            part = slice(end - SPAN, end)
            known[end] = qvalues(counts.values[part], counts.coverage[part])
        return known[end]

    rows = []
    for name, listed in ESCALATIONS:
        place = list(counts.regions).index(name)
        first, last = (np.datetime64(d) for d in (listed[0], listed[-1]))
        span = np.arange(first - BEFORE, last + AFTER + 1)
        row: dict[str, object] = {"governorate": name, "listed": " and ".join(listed)}
        end = int(np.searchsorted(days, last)) + 1
        row["seen"] = int(counts.values[end - RECENT : end, place].sum())
        before = counts.values[end - SPAN : end - RECENT - GUARD, place]
        row["usual"] = round(float(before.sum()) * RECENT / BASELINE, 2)
        for rule in (NOW, ALONE):
            q = np.array([at(day)[rule][place] for day in span])
            row[f"{rule}: q on the day"] = float(f"{at(last)[rule][place]:.2g}")
            row[f"{rule}: smallest q"] = float(f"{np.nanmin(q):.2g}")
            row[f"{rule}: first called"] = str(span[int(np.argmax(q <= LEVEL))]) if (q <= LEVEL).any() else ""
        rows.append(row)
    table = pd.DataFrame(rows)
    ends = np.arange(YEARS[0] + RECENT - 1, YEARS[1] + 1, RECENT * (4 if given.quick else 1))
    share = {rule: np.mean([at(day)[rule] <= LEVEL for day in ends]) for rule in (NOW, ALONE)}
    found = {rule: int((table[f"{rule}: first called"] != "").sum()) for rule in (NOW, ALONE)}
    held = found[NOW] >= CALLED_BAR and share[NOW] <= SHARE_BAR
    lines = [
        "Real events: UCDP GED 19.1, Iraq (CC BY 4.0, Uppsala Conflict Data Program; Sundberg and Melander "
        "2013), all actors, by governorate; 14 recent, 28 guard and 364 baseline days; called is q at most "
        "0.05 among 18 governorates, on some day from 7 before to 14 after the one listed. Measured by "
        "`python benchmarks/escalations.py FILE`.",
        "",
        "| governorate | as of | seen / usual | q that day | smallest q | first called | alone: q that day | "
        "smallest q | first called |",
        "|---|---|---:|---:|---:|---|---:|---:|---|",
    ]
    for row in rows:
        told = [
            f"{row[f'{rule}: q on the day']:.2g} | {row[f'{rule}: smallest q']:.2g} | "
            f"{row[f'{rule}: first called'] or 'missed'}"
            for rule in (NOW, ALONE)
        ]
        lines.append(
            f"| {row['governorate']} | {row['listed']} | {row['seen']} / {row['usual']} | "
            + " | ".join(told)
            + " |"
        )
    lines += [
        "",
        f"Called: {found[NOW]} of {len(rows)} (each region alone: {found[ALONE]}); region-fortnights of 2005 "
        f"to 2018 called, of {len(ends) * len(counts.regions):,}: {100 * share[NOW]:.2f} % (each alone "
        f"{100 * share[ALONE]:.2f} %).",
        f"Bar: at least {CALLED_BAR} called, at most {100 * SHARE_BAR:g} % of region-fortnights: "
        + ("held" if held else "FAILED"),
    ]
    return finish("escalations", lines, table, quick=given.quick, failed=not held)


if __name__ == "__main__":
    sys.exit(main())
