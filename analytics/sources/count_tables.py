"""Tables of counts: one row for each period and place, with how many events it had. They are no incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray
from analytics.errors import CountsTableError, InputError, nearest, unknown_option
from analytics.sources.columns import Columns, fold
from analytics.sources.dates import WARNING
from analytics.sources.table import ALIASES

__all__ = [
    "COUNT_KEYS",
    "CountColumns",
    "check_count_mapping",
    "counts_error",
    "find_count_columns",
    "overlap",
    "terms_of",
]

_EVENTS = ("events", "incidents", "event_count", "events_count", "number_of_events", "no_of_events",
           "n_events", "incident_count", "number_of_incidents", "no_of_incidents",
           "total_events")  # fmt: skip
_PERIODS = (("reference_period_start",), ("week_start",), ("year", "week"), ("week",), ("year", "month"),
            ("month_start",), ("month",), ("period",), ("year",))  # fmt: skip
# ACLED's weekly file; HAPI's conflict events; HDX's monthly workbooks.
_OF_ACLED = (
    ("week", "events", "disorder_type"),
    ("reference_period_start", "events", "has_hrp", "event_type"),
    ("month", "year", "events", "iso3", "admin1_pcode"),
)
_ACLED_TERMS = "attribution to ACLED (acleddata.com) with the day of access"

COUNT_KEYS = ("period", "events")  # what a mapping may name in a table of counts, beside places
_OF_INCIDENTS = ("incident_id", "date_start", "date_end", "date_precision", "updated_at", "reported_on")


@dataclass(frozen=True, slots=True)
class CountColumns:
    """Which columns of a table of counts hold what, by folded name: the period, in parts, and the events."""

    period: tuple[str, ...]
    events: str


def find_count_columns(columns: Columns, mapping: Mapping[str, str] | None = None) -> CountColumns | None:
    """Return the columns by which a table is one of counts, None where it is not.

    A table with a column of days beside its number of events is one of counts too, unless every number is 1.
    `mapping` may name the column of ``period`` and that of ``events``; the table is one of counts then.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics.sources.files import load
    >>> table = pd.DataFrame({"WEEK": ["2021-01-02"], "ADMIN1": ["North"], "EVENTS": [12]})
    >>> find_count_columns(Columns(load(table)))
    CountColumns(period=('week',), events='events')
    """
    named = {
        name: _named(columns, name, given) for name, given in (mapping or {}).items() if name in COUNT_KEYS
    }
    events = named.get("events") or next((name for name in _EVENTS if name in columns), None)
    if events is None:
        return None
    if "period" in named:
        return CountColumns((named["period"],), events)
    numbers, unreadable = columns.numbers(events)
    if unreadable.any():
        unreadable &= ~columns.strings(events).str.strip().str.startswith("#").to_numpy(dtype=bool)
    known = numbers[~np.isnan(numbers)]
    if "events" in named:
        pass  # what is no number is an error when it is read
    elif unreadable.any() or not known.size or (known < 0).any() or (known != np.round(known)).any():
        return None
    days = next((name for name in ALIASES["date_start"] if name in columns), None)
    period = next((names for names in _PERIODS if all(name in columns for name in names)), None)
    if days is not None and (period is None or period == ("year",)):
        period = (days,)
    if period is None or (days is not None and (known == 1).all() and "events" not in named):
        return None
    return CountColumns(period, events)


def check_count_mapping(columns: Columns, mapping: Mapping[str, str]) -> None:
    """Raise an error where a mapping names what no table of counts has, or a column that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics.sources.files import load
    >>> table = Columns(load(pd.DataFrame({"week": ["2021-01-02"], "n": [12]})))
    >>> check_count_mapping(table, {"events": "n_events"})
    Traceback (most recent call last):
        ...
    analytics.errors.InputError: the DataFrame has no column 'n_events', given for events
      expected: a column of the file
      found: week, n
      where: the DataFrame
    """
    known = (*COUNT_KEYS, *(name for name in ALIASES if name not in _OF_INCIDENTS))
    for name, given in mapping.items():
        if name not in known:
            raise unknown_option("column of a table of counts", name, known)
        _named(columns, name, given)


def counts_error(columns: Columns) -> CountsTableError:
    """Return the error for a table of counts where incidents are wanted."""
    name = columns.raw.name
    return CountsTableError(
        f"{name} holds counts, not incidents: one row per place and period",
        expected="one row per incident, with its date",
        found=", ".join(columns.frame.columns[:20]),
        where=name,
        todo="uptick count, test, monitor, evaluate and report take it as it is; in Python: "
        "analytics.counts.read_counts",
    )


def terms_of(columns: Columns) -> tuple[str, str]:
    """Return whose table of counts it is, and on what terms it may be used; empty where that is not known.

    ACLED's weekly file and those made of ACLED's events for HDX are known by their columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics.sources.files import load
    >>> table = pd.DataFrame({"WEEK": ["2021-01-02"], "DISORDER_TYPE": ["Demonstrations"], "EVENTS": [12]})
    >>> terms_of(Columns(load(table)))[0]
    'ACLED'
    """
    acled = any(all(name in columns for name in names) for names in _OF_ACLED)
    return ("ACLED", _ACLED_TERMS) if acled else ("", "")


def overlap(columns: Columns, kept: BoolArray) -> tuple[str, ...]:
    """Return a warning where the rows that are counted hold one event under two types, as HAPI's files do."""
    if "event_type" not in columns:
        return ()
    codes, texts = columns.coded("event_type")
    used = {fold(texts.iloc[at]): str(texts.iloc[at]) for at in np.unique(codes[kept])}
    part = used.get("civilian_targeting")
    wholes = [
        used[name] for name in ("political_violence", "demonstration", "demonstrations") if name in used
    ]
    if part is None or not wholes:
        return ()
    column = columns.actual("event_type")
    return (
        f"{WARNING}events are counted twice: those of {part} are in {' or '.join(wholes)} too. Count one "
        f"type: --where \"{column} = '{wholes[0]}'\"",
    )


def _named(columns: Columns, name: str, given: str) -> str:
    if fold(given) not in columns:
        close = nearest(given, columns.frame.columns)
        raise InputError(
            f"{columns.raw.name} has no column {given!r}, given for {name}",
            expected="a column of the file",
            found=", ".join(columns.frame.columns[:60]),
            where=columns.raw.name,
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )
    return fold(given)
