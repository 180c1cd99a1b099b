"""``uptick count``: incidents by period and region."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pandas as pd

from analytics.cli.inputs import counting_options, read_and_count, spells
from analytics.cli.show import Shown, Table, account_lines, emit, input_record, plan_output, records
from analytics.counts import UNPLACED, Counts
from analytics.errors import CountsTableError, OptionError
from analytics.incidents import Incidents
from analytics.results.words import counted, mark

__all__ = ["counting_record", "heading", "recent_table", "run", "written"]

_NO_COVERAGE = "n/c"


def run(args: Namespace) -> None:
    """Count, and show the latest periods or write all of them."""
    if args.last < 1:
        raise OptionError("--last must be 1 or more", found=str(args.last))
    plan = plan_output(args)
    try:
        incidents, counts = read_and_count(args)
    except CountsTableError:
        from analytics.cli.count_table import shown_table

        emit(shown_table(args), plan)
        return
    emit(_shown(args, incidents, counts), plan)


def counting_record(args: Namespace, counts: Counts) -> dict[str, Any]:
    """Return the parameters of the count, as used."""
    return {
        **counting_options(args),
        "start": str(counts.starts[0]),
        "as_of": str(counts.as_of),
    }


def heading(counts: Counts) -> str:
    """Return one line that says what was counted."""
    tag = mark(counts.simulated)
    regions = f"{counted(len(counts.regions), 'region')} by {counts.by}"
    regions = "one series" if counts.by == "total" else regions
    return (
        f"{tag}{int(counts.values.sum()):,} {counts.value}, {regions}, "
        f"{counts.starts[0]}..{counts.as_of} by {counts.freq}"
    )


def _shown(args: Namespace, incidents: Incidents, counts: Counts) -> Shown:
    long = counts.to_frame("long").rename(columns={counts.freq: "start"})
    record = {
        "command": "count",
        "parameters": counting_record(args, counts),
        **input_record(incidents, counts, spells(args)),
        "notes": [*incidents.notes, *counts.notes],
        "counts": records(long),
    }
    return Shown(
        heading=(heading(counts),),
        tables=(recent_table(counts, args.last),),
        account=account_lines(incidents, counts, spells(args)),
        frame=long,
        record=record,
        simulated=counts.simulated,
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
    parts = [f"the last {shown} of {len(wide)} {counts.freq}s; sum: over all{covered}"]
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
