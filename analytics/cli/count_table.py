"""``uptick count`` of a file that holds counts already: weeks as counts, months as they are."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import numpy as np
import pandas as pd

from analytics.cli.count_shown import heading, recent_table, written
from analytics.cli.inputs import READING, column_mapping, given, spells, the_file
from analytics.cli.show import Shown, Table, records
from analytics.counts import UNPLACED
from analytics.counts.reading import CountTable, read_count_table
from analytics.errors import OptionError
from analytics.periods import as_day
from analytics.results.words import counted

__all__ = ["shown_table"]

_COUNTING = ("by", "regions", "start", "where", "value", "week_start")


def shown_table(args: Namespace) -> Shown:
    """Read the table of counts and return what the command shows.

    Raises
    ------
    OptionError
        If an option cannot be used with such a table.
    """
    options: dict[str, Any] = given(args, *_COUNTING, *READING)
    if str(options.get("by", "")).casefold() == "none":
        options["by"] = None
    for name in ("country", "span"):
        if options.pop(name, None) is not None or getattr(args, name) is not None:
            raise OptionError(f"--{name} is for incidents", found="a table of counts", todo="leave it out")
    as_of = None if args.as_of is None else as_day(args.as_of, "--as-of")
    table = read_count_table(
        the_file(args), as_of=as_of, columns=column_mapping(args.column) or {}, **options
    )
    _check(args, table)
    parameters = {
        **{name: options.get(name) for name in _COUNTING},
        "by": table.by,
        "value": table.value,
        "freq": args.freq or table.unit,
        "week_start": table.week_start,
        "start": str(table.starts[0]),
        "as_of": str(table.as_of),
    }
    months = table.unit == "month"
    long, line, shown = _months(table, args.last) if months else _weeks(args, table)
    account = (
        f"rows read {table.rows:,}: each holds the events of one {table.unit} and place",
        str(table.accounting),
        *(f"no coverage: {gap}" for gap in spells(args)),
        *(f"note: {note}" for note in table.notes),
    )
    record = {
        "command": "count",
        "parameters": parameters,
        "input": {"file": table.name, "sha256": table.digest, "source": "table of counts"},
        "count_accounting": dict(table.accounting.parts()),
        "no_coverage": [str(gap) for gap in spells(args)],
        "notes": list(table.notes),
        "counts": records(long),
    }
    return Shown((line,), (shown,), account, long, record, simulated=False)


def _check(args: Namespace, table: CountTable) -> None:
    if args.freq is not None and args.freq != table.unit and (args.freq, table.unit) != ("week", "day"):
        raise OptionError(
            f"--freq {args.freq} cannot be made of {table.unit}s",
            expected=f"the {table.unit}s of {table.name} as they are",
            todo="leave --freq out",
        )
    if table.unit == "month" and args.no_coverage:
        raise OptionError(
            "--no-coverage does not go with counts by month", todo="leave it out: months stay as they are"
        )


def _weeks(args: Namespace, table: CountTable) -> tuple[pd.DataFrame, str, Table]:
    counts = table.counts(spells(args))
    counts = counts.resample(args.freq or counts.freq)
    long = counts.to_frame("long").rename(columns={counts.freq: "start"})
    return long, heading(counts), recent_table(counts, args.last)


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
