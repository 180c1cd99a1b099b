"""Reading tables that other code made: counts with their index and gaps, and where regions lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray, IndexArray, IntArray
from analytics.errors import InputError, OptionError, nearest
from analytics.options import check_choice
from analytics.periods import DAY, Freq, Gap, as_day, as_gap, parse_week, period_days, week_first_day

__all__ = [
    "Missing",
    "array_counts",
    "array_dates",
    "gap_mask",
    "summed_counts",
    "table_counts",
    "week_notes",
    "whole_counts",
]

Missing = Literal["error", "uncovered", "zero"]
_WEEK = 7


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
                todo="give week_start, or label weeks by their first day: pandas' resample('W-...') labels "
                "them by the last unless label='left' and closed='left' are given",
            )
    return days


def week_notes(index: pd.Index, freq: Freq, week_start: str) -> tuple[str, ...]:
    """Return a note where the index carries a frequency of pandas whose labels are last days of weeks."""
    alias = str(getattr(index, "freqstr", None) or "")
    if freq != "week" or not alias.startswith("W-"):
        return ()
    return (
        f"the index carries pandas' {alias}: its days are read as the first days of weeks that start on "
        f"{week_start}; resample('{alias}') labels weeks by their last day unless label='left' and "
        "closed='left' are given",
    )


def whole_numbers(frame: pd.DataFrame, regions: tuple[str, ...]) -> FloatArray:
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


def array_counts(
    values: npt.ArrayLike, coverage: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.int32], BoolArray]:
    """Return counts, 0 where not covered, and their coverage; both of shape (periods, regions)."""
    try:
        numbers = np.asarray(values)
    except ValueError:  # rows of different lengths
        numbers = np.empty(0, dtype=object)
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    if numbers.ndim != 2 or numbers.dtype.kind not in "iuf":
        raise InputError(
            "these are not counts",
            expected="numbers, one row a period and one column a region",
            found=f"{numbers.dtype} of shape {numbers.shape}",
        )
    covered = np.ones(numbers.shape, bool) if coverage is None else np.array(coverage, dtype=bool)
    covered = covered[:, None] if covered.ndim == 1 else covered
    if covered.shape != numbers.shape:
        raise InputError("coverage has another shape", expected=str(numbers.shape), found=str(covered.shape))
    if numbers.dtype.kind == "f":
        covered &= ~np.isnan(numbers)
    known = numbers if covered.all() else np.where(covered, numbers, 0)
    bad = (known < 0) | (known > np.iinfo(np.int32).max)
    if known.dtype.kind == "f":
        bad |= known != np.floor(known)
    if bad.any():
        row, column = (int(at[0]) for at in np.nonzero(bad))
        raise InputError(
            "a count is not a whole number of 0 or more",
            found=str(known[row, column]),
            where=f"period {row}, region {column} (from 0)",
        )
    return known.astype(np.int32), covered


def _sums_between(values: npt.NDArray[Any], boundary: IndexArray) -> IntArray:
    """Return the sums of the rows from each boundary to the next; whole weeks at once, which is faster."""
    inner = values[boundary[1] : boundary[-1]] if len(boundary) > 2 else values[:0]
    if not len(inner) or (np.diff(boundary[1:]) != _WEEK).any():
        return np.asarray(np.add.reduceat(values, boundary, axis=0, dtype=np.int64))
    sums = np.empty((len(boundary), *values.shape[1:]), np.int64)
    sums[0] = values[: boundary[1]].sum(axis=0, dtype=np.int64)
    sums[-1] = values[boundary[-1] :].sum(axis=0, dtype=np.int64)
    sums[1:-1] = inner.reshape(-1, _WEEK, *values.shape[1:]).sum(axis=1, dtype=np.int64)
    return sums


def summed_counts(
    values: npt.NDArray[Any], boundary: IndexArray, starts: Days, regions: Sequence[str]
) -> npt.NDArray[np.int32]:
    """Return the counts of longer periods, which begin at the boundaries."""
    return whole_counts(_sums_between(values, boundary), starts, regions if values.ndim == 2 else None)


def whole_counts(
    sums: npt.NDArray[np.int32 | np.int64], starts: Days, regions: Sequence[str] | None
) -> npt.NDArray[np.int32]:
    """Return sums as counts; a sum that a count cannot hold is named, never wrapped.

    Raises
    ------
    InputError
        If a sum is above 2,147,483,647.
    """
    most = np.iinfo(np.int32).max
    if sums.dtype == np.int32:
        return np.asarray(sums, dtype=np.int32)
    if (sums > most).any():
        at = tuple(int(index[0]) for index in np.nonzero(sums > most))
        where = "the unplaced" if regions is None else regions[at[1]]
        raise InputError(
            "a sum is too large to be a count",
            expected=f"at most {most:,} in one period",
            found=f"{int(sums[at]):,}",
            where=f"{where}, the period from {starts[at[0]]}",
            todo="look at the largest values of the column that is summed",
        )
    return sums.astype(np.int32)


def array_dates(
    periods: int, freq: Freq, week_start: str, start: object, as_of: object
) -> tuple[Days, np.datetime64]:
    """Return the first day of each period and the last day known, from the one or the other."""
    step = period_days(freq)
    if start is not None:
        first = as_day(start, "start")
    elif as_of is not None:
        first = as_day(as_of, "as_of") + DAY - step * periods * DAY
    else:
        raise OptionError("counts need a date", expected="start, as_of, or both")
    if freq == "week" and first != week_first_day(np.array([first]), week_start)[0]:
        raise OptionError(
            "the first day of the counts is not one on which a week starts",
            expected=f"weeks that start on {week_start}",
            found=str(first),
            todo="give start and week_start",
        )
    last_day = first + step * periods * DAY - DAY if as_of is None else as_day(as_of, "as_of")
    return first + step * np.arange(periods) * DAY, last_day


def table_counts(
    frame: pd.DataFrame,
    freq: Freq,
    last_day: np.datetime64,
    week_start: str,
    no_coverage: Sequence[object],
    coverage: pd.DataFrame | npt.ArrayLike | None,
    missing: Missing,
) -> tuple[npt.NDArray[np.int32], BoolArray, Days]:
    """Return counts, coverage and first days of the periods; for the options see `Counts.from_frame`."""
    check_choice("missing", missing, Missing)
    if frame.empty:
        raise InputError("the table of counts is empty", expected="one row a period, one column a region")
    starts = index_days(frame.index, freq, week_start)
    regions = tuple(map(str, frame.columns))
    numbers = whole_numbers(frame, regions)
    if starts.max() > last_day:
        raise InputError(
            "counts go beyond as_of", expected=f"no period after {last_day}", found=str(starts.max())
        )
    unique, counts = np.unique(starts, return_counts=True)
    if (counts > 1).any():
        raise InputError("a period stands twice", found=str(unique[counts > 1][0]))
    step = period_days(freq)
    grid = np.arange(unique[0], last_day + DAY, step * DAY, dtype="datetime64[D]")
    holes = np.setdiff1d(grid, unique)
    if holes.size and missing == "error":
        raise InputError(
            f"{holes.size} periods are missing between {grid[0]} and as_of {last_day}",
            expected="every period, quiet ones as 0",
            found=f"nothing for {', '.join(map(str, holes[:3]))}" + (", ..." if holes.size > 3 else ""),
            todo="add them, or say what they mean: missing='uncovered' or missing='zero'",
        )
    values = np.full((len(grid), len(regions)), 0.0 if missing == "zero" else np.nan)
    values[np.searchsorted(grid, starts)] = numbers
    covered = ~np.isnan(values)
    if coverage is not None:
        covered[np.searchsorted(grid, starts)] &= _coverage_table(coverage, frame.shape)
    for gap in (as_gap(spell) for spell in no_coverage):
        covered &= ~gap_mask(gap, grid, step, regions)
    return np.where(covered, np.nan_to_num(values), 0).astype(np.int32), covered, grid


def _coverage_table(coverage: pd.DataFrame | npt.ArrayLike, shape: tuple[int, int]) -> BoolArray:
    """Return a table of what is covered, one truth for each count."""
    table = np.asarray(coverage)
    if table.dtype.kind != "b":
        raise InputError(
            "coverage is not a table of True and False",
            expected=f"a truth for each of the {shape[0]} x {shape[1]} counts, True where there is coverage",
            found=f"{table.dtype} of shape {table.shape}",
            todo="spells without coverage are given as no_coverage",
        )
    if table.shape != shape:
        raise InputError("coverage has another shape", expected=str(shape), found=str(table.shape))
    return table


def gap_mask(gap: Gap, starts: Days, step: int, regions: tuple[str, ...]) -> BoolArray:
    """Return which (period, region) cells a spell without coverage touches."""
    if gap.region is not None and gap.region not in regions:
        close = nearest(gap.region, regions)
        raise OptionError(
            f"a spell without coverage names an unknown region {gap.region!r}",
            expected=", ".join(regions[:30]),
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )
    touched = (starts <= gap.window.end) & (starts + (step - 1) * DAY >= gap.window.start)
    here = np.ones(len(regions), bool) if gap.region is None else np.array(regions) == gap.region
    return np.asarray(touched[:, None] & here[None, :])
