"""Sums over the same weeks of past years and the weeks just before, for every period and region at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, Days, FloatArray, IntArray

__all__ = ["SameWeeks", "same_weeks", "years_back"]


@dataclass(frozen=True, eq=False, slots=True)
class SameWeeks:
    """Sums over the reference periods of each tested period.

    Attributes
    ----------
    number : int array, shape (periods, regions), or (periods, 1) where nothing is missing
        Reference periods with a count.
    total, squares : int array, shape (periods, regions)
        Sum of their counts, and of the squares (all 0 unless asked for).
    exposure : array, as `number`
        How many periods that are reported in full they are worth.
    due : int
        Reference periods where none is missing.
    short : bool array, shape (periods, 1)
        Where the history does not reach back far enough.
    """

    number: IntArray
    total: IntArray
    squares: IntArray
    exposure: FloatArray | IntArray
    due: int
    short: BoolArray


def years_back(starts: Days, rows: IntArray, years: int, period_days: int, *, calendar: bool) -> IntArray:
    """Return the index of the period `years` back; negative before the series.

    By the calendar: the same date (29 February: 1 March), and for weeks the nearest date that starts one, so
    that years of 53 weeks need no special case. Otherwise 52 weeks or 365 days a year.

    Examples
    --------
    >>> mondays = np.datetime64("2010-01-04") + np.timedelta64(7, "D") * np.arange(600)
    >>> rows = np.array([599])
    >>> [int(years_back(mondays, rows, 10, 7, calendar=c)[0]) for c in (True, False)]
    [77, 79]
    """
    if not calendar:
        return rows - years * (52 if period_days == 7 else 365)
    day = starts[rows].astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    into = day - month.astype("datetime64[D]")
    then = (month - np.timedelta64(12 * years, "M")).astype("datetime64[D]") + into
    gone = (day - then) / np.timedelta64(period_days, "D")
    return np.asarray(rows - np.rint(gone).astype(np.int64))


def same_weeks(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    starts: Days,
    *,
    first: int,
    period_days: int,
    years: int,
    half: int,
    current: bool,
    calendar: bool,
    squares: bool = False,
    share: FloatArray | None = None,
) -> SameWeeks:
    """Return the sums over the reference periods of every period from `first` on.

    Parameters
    ----------
    values, usable : arrays, shape (periods, regions)
        Counts, 0 where not usable.
    starts : datetime64[D] array, shape (periods,)
    first, period_days : int
    years, half : int
        Past years, and periods on either side of the same one in each.
    current : bool
        Whether the `half` periods just before count too.
    calendar : bool
        See `years_back`.
    squares : bool
    share : float array, shape (periods, regions), optional
        How much of each period is reported; all of it unless given.
    """
    rows = np.arange(first, len(values))
    windows = [(rows - half, rows)] if current and half else []
    for year in range(1, years + 1):
        middle = years_back(starts, rows, year, period_days, calendar=calendar)
        windows.append((middle - half, middle + half + 1))
    short = np.zeros(len(rows), dtype=bool)
    for low, _ in windows:
        short |= low < 0

    def add(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        running = np.zeros((len(array) + 1, array.shape[1]), dtype=array.dtype)
        np.cumsum(array, axis=0, out=running[1:])
        total = np.zeros((len(rows), array.shape[1]), dtype=array.dtype)
        for low, high in windows:
            total += running[np.maximum(high, 0)]
            total -= running[np.maximum(low, 0)]
        return total

    due = half * current + years * (2 * half + 1)
    total = add(values.astype(np.int64))
    number = np.full((len(rows), 1), due) if usable.all() else add(usable.astype(np.int64))
    return SameWeeks(
        number=number,
        total=total,
        squares=add(values.astype(np.int64) ** 2) if squares else np.zeros_like(total),
        exposure=number if share is None else add(np.where(usable, share, 0.0)),
        due=due,
        short=short[:, None],
    )
