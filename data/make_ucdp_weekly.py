"""Count Islamic State events in Iraq by ISO week and governorate: data/ucdp_is_iraq_weekly.csv.

Run from the project: python data/make_ucdp_weekly.py

Reads the UCDP GED 19.1 rows of Iraq from ../shared/data (as the Humanitarian Data Exchange publishes them).
Counted are events in which the Islamic State (actor id 234) is either side and whose date is known to within
five days (UCDP's date_prec 1 and 2), on their first day. Events without a governorate count as unplaced.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.geo import region_table
from analytics.incidents import read_incidents
from analytics.periods import label_periods, period_starts, week_first_day

HERE = Path(__file__).resolve().parent
EVENTS = HERE.parent.parent / "shared" / "data" / "ucdp_ged_iraq_hdx.csv"
OUTPUT = HERE / "ucdp_is_iraq_weekly.csv"
ISLAMIC_STATE = 234
MOST_DAYS_OFF = 5
FIRST, LAST = np.datetime64("2003-12-29"), np.datetime64("2018-12-30")


def weekly(events: Path = EVENTS) -> pd.DataFrame:
    """Return one row a week: `week`, `first_day`, the governorates, `unplaced`."""
    incidents = read_incidents(events, source="ucdp")
    sides = incidents.extra[["side_a_new_id", "side_b_new_id"]].apply(pd.to_numeric)
    counted = (sides == ISLAMIC_STATE).any(axis=1) & (incidents.frame["date_precision"] <= MOST_DAYS_OFF)
    frame = incidents.frame[counted.to_numpy(dtype=bool)]
    days = frame["date_start"].to_numpy().astype("datetime64[D]")
    if ((days < FIRST) | (days > LAST)).any():
        raise SystemExit(f"events outside {FIRST}..{LAST}: widen the weeks")
    table = region_table("Iraq", "admin1")
    assert table is not None
    starts = period_starts(FIRST, LAST, "week")
    grid = np.zeros((len(starts), len(table) + 1), dtype=np.int64)  # code -1, not placed, is the last column
    rows = np.searchsorted(starts, week_first_day(days))
    np.add.at(grid, (rows, table.match(frame["admin1"]).codes), 1)
    counts = pd.DataFrame(grid, columns=[*table.names, "unplaced"])
    counts.insert(0, "week", label_periods(starts, "week"))
    counts.insert(1, "first_day", starts.astype(str))
    return counts


def main(output: Path = OUTPUT) -> None:
    counts = weekly()
    counts.to_csv(output, index=False, lineterminator="\n")
    print(f"{output.name}: {len(counts)} weeks, {int(counts.iloc[:, 2:].to_numpy().sum()):,} events")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT)
