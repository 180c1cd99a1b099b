"""The canonical columns of an incident, their types, their words and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._typing import Days, IntArray
from analytics.errors import InputError

__all__ = [
    "ACTIVITIES",
    "BASES",
    "COARSE_DAYS",
    "COLUMNS",
    "INITIATORS",
    "PLACE_PRECISIONS",
    "Column",
    "empty_frame",
    "possible_span",
    "require_columns",
    "span_days",
    "validate",
]


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column: its name, its pandas type and what it holds."""

    name: str
    dtype: str
    meaning: str
    words: tuple[str, ...] = ()


COARSE_DAYS = 7  # an incident that may have happened on any of seven days or more is coarsely dated
INITIATORS = ("insurgent", "state", "other", "unknown")
BASES = ("coded", "rule", "unknown")
ACTIVITIES = ("attack", "operation", "clash", "arrest", "other")
PLACE_PRECISIONS = ("exact", "near", "admin2", "admin1", "linear", "country", "international", "unknown")

_COLUMNS = (
    Column("incident_id", "str", "the source's identifier, unique within the file"),
    Column("source", "str", "which source the row came from: ucdp, acled, table, simulated, ..."),
    Column("date_start", "datetime64[us]", "first day the incident may have happened on"),
    Column("date_end", "datetime64[us]", "last day the incident may have happened on"),
    Column("date_precision", "Int64", "days the date may be off; 0 = the day is known"),
    Column("country", "str", "country as the source names it"),
    Column("admin1", "str", "first-order unit (governorate) as the source names it, spaces normalised"),
    Column("admin2", "str", "second-order unit (district) as the source names it, spaces normalised"),
    Column("place", "str", "place as the source names it"),
    Column("latitude", "float64", "degrees north"),
    Column("longitude", "float64", "degrees east"),
    Column("place_precision", "str", "how well the place is known", PLACE_PRECISIONS),
    Column("event_type", "str", "the source's event type, in words"),
    Column("sub_event_type", "str", "the source's finer event type, in words"),
    Column("actor1", "str", "first actor as the source names it; not necessarily the attacker"),
    Column("actor2", "str", "second actor as the source names it"),
    Column("initiator", "str", "who started it", INITIATORS),
    Column("initiator_basis", "str", "coded by the source, derived by a stated rule, or unknown", BASES),
    Column("activity", "str", "what it was", ACTIVITIES),
    Column("civilian_targeting", "boolean", "whether civilians were the main target"),
    Column("fatalities", "Int64", "best estimate of deaths; NA = not stated"),
    Column("fatalities_low", "Int64", "low estimate of deaths"),
    Column("fatalities_high", "Int64", "high estimate of deaths"),
    Column("wounded", "Int64", "people wounded; NA = not stated"),
    Column("source_name", "str", "who reported it"),
    Column("updated_at", "datetime64[us]", "last change of the row at the source, NOT the first report"),
    Column("reported_on", "datetime64[us]", "day the incident was first reported; NA = not stated"),
)
COLUMNS: dict[str, Column] = {column.name: column for column in _COLUMNS}
_REQUIRED = ("incident_id", "source", "date_start", "date_end", "initiator", "initiator_basis", "activity")


def require_columns(frame: pd.DataFrame, wanted: Sequence[str], what: str) -> None:
    """Raise an InputError that says `what` where a table lacks columns."""
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise InputError(
            what,
            expected=", ".join(wanted),
            found=", ".join(map(str, frame.columns)),
            where=", ".join(absent),
        )


def empty_frame() -> pd.DataFrame:
    """Return a canonical frame without rows.

    Examples
    --------
    >>> list(empty_frame().columns[:3])
    ['incident_id', 'source', 'date_start']
    """
    return pd.DataFrame({name: pd.Series(dtype=column.dtype) for name, column in COLUMNS.items()})


def validate(frame: pd.DataFrame) -> pd.DataFrame:
    """Check a canonical frame and return it with its columns in order.

    Parameters
    ----------
    frame : DataFrame
        At least the columns that cannot be missing; others are added as missing values.

    Raises
    ------
    InputError
        If a required column is absent or holds missing values, a word is not in a column's vocabulary, or
        values cannot be held in the column's type.
    """
    require_columns(frame, _REQUIRED, "canonical incidents lack required columns")
    data = {}
    for name, column in COLUMNS.items():
        if name not in frame.columns:
            data[name] = pd.Series(index=frame.index, dtype=column.dtype)
            continue
        try:
            data[name] = frame[name].astype(column.dtype)  # type: ignore[call-overload]
        except (TypeError, ValueError) as error:
            raise InputError(
                f"column {name} cannot hold its values", expected=column.dtype, found=str(error), where=name
            ) from error
        values = data[name]
        if name in _REQUIRED and values.isna().any():
            raise InputError(
                f"column {name} has missing values",
                expected="a value in every row",
                found=f"{int(values.isna().sum())} missing",
                where=name,
            )
        if column.words:
            odd = sorted(set(values.unique()) - {*column.words, np.nan})
            if odd:
                raise InputError(
                    f"column {name} holds unknown words",
                    expected=", ".join(column.words),
                    found=", ".join(odd[:5]),
                    where=name,
                )
    return pd.DataFrame(data, index=frame.index, copy=False)


def possible_span(frame: pd.DataFrame) -> tuple[Days, Days]:
    """Return the first and the last day each incident may have happened on.

    The span is ``date_start - s .. date_end + s`` with
    ``s = max(0, date_precision - (date_end - date_start))``: a precision that the span already covers adds
    nothing, and a missing one adds nothing.

    Examples
    --------
    >>> day = np.array(["2020-04-15"], dtype="datetime64[D]")
    >>> week = pd.DataFrame({"date_start": day, "date_end": day, "date_precision": [3]})
    >>> first, last = possible_span(week)
    >>> print(first[0], last[0])
    2020-04-12 2020-04-18
    """
    start = frame["date_start"].to_numpy(dtype="datetime64[D]")
    end = frame["date_end"].to_numpy(dtype="datetime64[D]")
    precision = frame["date_precision"].to_numpy(dtype=np.float64, na_value=0.0).astype(np.int64)
    beyond = np.maximum(0, precision - (end - start).astype(np.int64))
    return start - beyond, end + beyond


def span_days(frame: pd.DataFrame) -> IntArray:
    """Return on how many days each incident may have happened: the length of its possible span.

    Examples
    --------
    >>> day = np.array(["2020-04-15"], dtype="datetime64[D]")
    >>> span_days(pd.DataFrame({"date_start": day, "date_end": day, "date_precision": [3]})).tolist()
    [7]
    """
    start, end = (frame[name].to_numpy() for name in ("date_start", "date_end"))
    precision = frame["date_precision"].to_numpy(dtype=np.int64, na_value=0)
    some = np.flatnonzero((start != end) | (precision > 0))
    days = np.ones(len(frame), dtype=np.int64)
    if some.size:
        first, last = possible_span(frame.iloc[some][["date_start", "date_end", "date_precision"]])
        days[some] = (last - first).astype(np.int64) + 1
    return days
