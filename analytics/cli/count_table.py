"""``uptick count`` of a table of months: they are shown as they are."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
import pandas as pd

from analytics.cli.count_shown import written
from analytics.cli.inputs import gap_warnings, given
from analytics.cli.show import Shown, Table, account_lines, input_record, records
from analytics.counts import UNPLACED
from analytics.counts.count_table import CountTable
from analytics.errors import OptionError
from analytics.results.words import counted

__all__ = ["shown_months"]

_COUNTING = ("by", "regions", "start", "where", "value", "week_start")


def shown_months(args: Namespace, table: CountTable) -> Shown:
    """Return what the command shows of a table of months.

    Raises
    ------
    OptionError
        If an option cannot be used with months.
    """
    if args.freq not in (None, "month"):
        raise OptionError(
            f"--freq {args.freq} cannot be made of months",
            expected=f"the months of {table.name} as they are",
            todo="leave --freq out",
        )
    if args.no_coverage:
        raise OptionError(
            "--no-coverage does not go with counts by month", todo="leave it out: months stay as they are"
        )
    parameters = {
        **{name: given(args, name).get(name) for name in _COUNTING},
        "by": table.by,
        "value": table.value,
        "freq": "month",
        "week_start": table.week_start,
        "start": str(table.starts[0]),
        "as_of": str(table.as_of),
    }
    long, line, shown = _months(table, args.last)
    record = {
        "command": "count",
        "parameters": parameters,
        **input_record(table),
        "count_accounting": dict(table.placed.parts()),
        "notes": list(table.notes),
        "counts": records(long),
    }
    account = (*account_lines(table), str(table.placed))
    heading = (*gap_warnings(table.notes), line)
    return Shown(heading, (shown,), account, long, record, simulated=table.simulated)


def _months(table: CountTable, last: int) -> tuple[pd.DataFrame, str, Table]:
    labels = [str(month) for month in table.starts.astype("datetime64[M]")]
    columns = {name: pd.Series(table.numbers[:, at]) for at, name in enumerate(table.regions)}
    if table.unplaced.any():
        columns[UNPLACED] = pd.Series(table.unplaced)
    wide = pd.DataFrame(columns).astype("Int64")
    wide.index = pd.DatetimeIndex(table.starts.astype("datetime64[us]"), name="start")
    long = wide.melt(var_name="region", value_name="count", ignore_index=False).reset_index()
    long.insert(1, "label", np.tile(np.array(labels, dtype=object), len(wide.columns)))
    running = table.ends > table.as_of
    long["provisional"] = np.tile(running, len(wide.columns))
    cells = wide.tail(last).T.apply(written)
    cells.columns = [label + "*" * bool(now) for label, now in zip(labels, running, strict=True)][-last:]
    shown = cells.assign(sum=written(wide.sum(min_count=1))).rename_axis("region").reset_index()
    title = f"the last {min(last, len(wide))} of {counted(len(wide), 'month')}; sum: over all"
    title += "; *: still running" if running[-last:].any() else ""
    title += "; n/c: no coverage" if wide.tail(last).isna().any(axis=None) else ""
    regions = (
        "one series" if table.by == "total" else f"{counted(len(table.regions), 'region')} by {table.by}"
    )
    total = int(np.nansum(table.numbers))
    line = f"{total:,} {table.value}, {regions}, {table.starts[0]}..{table.as_of} by month"
    return long, line, Table(shown, title, tuple(shown.columns[1:]), tuple(cells.columns[:-1]))
