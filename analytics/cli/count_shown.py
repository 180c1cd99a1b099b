"""What ``uptick count`` shows of counts: one line, and a table of the latest periods."""

from __future__ import annotations

import pandas as pd

from analytics.cli.show import Table
from analytics.counts import UNPLACED, Counts
from analytics.results.words import counted, mark

__all__ = ["heading", "recent_table", "written"]

_ONE = {"incidents": "incident", "fatalities": "fatality"}
_NO_COVERAGE = "n/c"


def heading(counts: Counts) -> str:
    """Return one line that says what was counted."""
    tag = mark(counts.simulated)
    regions = f"{counted(len(counts.regions), 'region')} by {counts.by}"
    regions = "one series" if counts.by == "total" else regions
    total = int(counts.values.sum(dtype="int64"))
    return (
        f"{tag}{total:,} {_ONE.get(counts.value, counts.value) if total == 1 else counts.value}, {regions}, "
        f"{counts.starts[0]}..{counts.as_of} by {counts.freq}"
    )


def recent_table(counts: Counts, last: int) -> Table:
    """Return regions down, the latest periods across, and the sum over all periods."""
    weekly = counts if counts.freq == counts.finest else counts.resample("week")
    wide = counts.to_frame()
    if len(counts.regions) > 1:
        # Where nothing is selected the total holds the unplaced too, and so does the table.
        wide["all"] = weekly.total().to_frame().iloc[:, 0]
    running = weekly.provisional
    labels = [label + "*" * bool(now) for label, now in zip(weekly.labels(), running, strict=True)]
    recent = wide.tail(last).T
    cells = recent.apply(written)
    cells.columns = labels[-last:]
    table = cells.assign(sum=written(wide.sum(min_count=1))).rename_axis("region").reset_index()
    shown = min(last, len(wide))
    covered = "" if weekly.coverage.all() else " that are wholly covered"
    parts = [f"the last {shown} of {counted(len(wide), counts.freq)}; sum: over all{covered}"]
    if running[-last:].any():
        parts.append("*: still running")
    if recent.isna().to_numpy().any():
        parts.append(f"{_NO_COVERAGE}: not wholly covered")
    if UNPLACED in wide.columns:
        parts.append(f"{UNPLACED}: region blank or unknown")
    return Table(table, "; ".join(parts), tuple(table.columns[1:]), tuple(labels[-last:-1]))


def written(numbers: pd.Series) -> pd.Series:
    """Return numbers as text, and NA as what stands for it."""
    return numbers.astype(object).map("{:,}".format, na_action="ignore").fillna(_NO_COVERAGE)
