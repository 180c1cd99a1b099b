"""Tables of counts: one row for each period and place, with how many events it had. They are no incidents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.errors import CountsTableError
from analytics.sources.columns import Columns
from analytics.sources.table import ALIASES

__all__ = ["CountColumns", "counts_error", "find_count_columns"]

_EVENTS = ("events", "incidents", "event_count", "events_count", "number_of_events", "no_of_events",
           "n_events", "incident_count", "number_of_incidents", "no_of_incidents",
           "total_events")  # fmt: skip
_PERIODS = (("reference_period_start",), ("week_start",), ("year", "week"), ("week",), ("year", "month"),
            ("month_start",), ("month",), ("period",), ("year",))  # fmt: skip


@dataclass(frozen=True, slots=True)
class CountColumns:
    """Which columns of a table of counts hold what, by folded name: the period, in parts, and the events."""

    period: tuple[str, ...]
    events: str


def find_count_columns(columns: Columns) -> CountColumns | None:
    """Return the columns by which a table is one of counts, None where it is not.

    A table with a column of days beside its number of events is one of counts too, unless every number is 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics.sources.files import load
    >>> table = pd.DataFrame({"WEEK": ["2021-01-02"], "ADMIN1": ["North"], "EVENTS": [12]})
    >>> find_count_columns(Columns(load(table)))
    CountColumns(period=('week',), events='events')
    """
    events = next((name for name in _EVENTS if name in columns), None)
    if events is None:
        return None
    numbers, unreadable = columns.numbers(events)
    known = numbers[~np.isnan(numbers)]
    if unreadable.any() or not known.size or (known < 0).any() or (known != np.round(known)).any():
        return None
    days = next((name for name in ALIASES["date_start"] if name in columns), None)
    period = next((names for names in _PERIODS if all(name in columns for name in names)), None)
    if days is not None and (period is None or period == ("year",)):
        period = (days,)
    if period is None or (days is not None and (known == 1).all()):
        return None
    return CountColumns(period, events)


def counts_error(columns: Columns) -> CountsTableError:
    """Return the error for a table of counts where incidents are wanted."""
    name = columns.raw.name
    return CountsTableError(
        f"{name} holds counts, not incidents: one row per place and period",
        expected="one row per incident, with its date",
        found=", ".join(columns.frame.columns[:20]),
        where=name,
        todo="uptick count FILE counts from it (in Python: analytics.counts.read_counts); "
        "test, monitor and report on tables of counts come later",
    )
