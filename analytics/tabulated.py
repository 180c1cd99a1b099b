"""Reading a table of counts that other code made: its index, its numbers, its spells without coverage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.errors import InputError, OptionError, nearest
from analytics.periods import Days, Freq, Gap, as_day, parse_week, week_first_day

__all__ = ["gap_mask", "index_days", "whole_numbers"]

_DAY = np.timedelta64(1, "D")


def index_days(index: pd.Index, freq: Freq, week_start: str) -> Days:
    """Read an index of days, first days of weeks or ISO week labels."""

    def read(label: object) -> np.datetime64:
        if freq == "week" and isinstance(label, str) and "W" in label.upper():
            return parse_week(label).start
        return as_day(label, "index")

    days = np.array([read(label) for label in index], dtype="datetime64[D]")
    if freq == "week":
        odd = days[days != week_first_day(days, week_start)]
        if odd.size:
            raise InputError(
                "the index holds days on which no week starts",
                expected=f"first days of weeks that start on {week_start}, or ISO labels such as 2020-W15",
                found=str(odd[0]),
                todo="give week_start",
            )
    return days


def whole_numbers(frame: pd.DataFrame, regions: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return the counts as floats, NaN where missing; refuse what is not a whole number of 0 or more."""
    try:
        numbers = frame.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError("the table holds something that is not a number", found=str(error)) from None
    bad = ~np.isnan(numbers) & ((numbers < 0) | (numbers != np.floor(numbers)))
    if bad.any():
        row, column = (int(v[0]) for v in np.nonzero(bad))
        raise InputError(
            "a count is not a whole number of 0 or more",
            found=str(numbers[row, column]),
            where=f"period {frame.index[row]}, region {regions[column]}",
        )
    return numbers


def gap_mask(gap: Gap, starts: Days, step: int, regions: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Return which (period, region) cells a spell without coverage touches."""
    if gap.region is not None and gap.region not in regions:
        close = nearest(gap.region, regions)
        raise OptionError(
            f"a spell without coverage names an unknown region {gap.region!r}",
            expected=", ".join(regions[:30]),
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )
    touched = (starts <= gap.window.end) & (starts + (step - 1) * _DAY >= gap.window.start)
    here = np.ones(len(regions), bool) if gap.region is None else np.array(regions) == gap.region
    return np.asarray(touched[:, None] & here[None, :])
