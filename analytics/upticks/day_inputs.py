"""What the test of one day needs to be given: the day of each region, and the days compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError
from analytics.periods import DAY, Window, as_day, as_window, weekday_numbers

__all__ = ["DaysAsked", "ask_days"]


@dataclass(frozen=True, eq=False, slots=True)
class DaysAsked:
    """The day asked about in each region, and the days it is compared with.

    Attributes
    ----------
    window : Window
        The days picked from.
    date : datetime64[D] or None
        The day asked about; None where it is each region's largest.
    inside, inside_covered : array, shape (days picked from, regions)
    days, observed, covered, weekday : array, shape (regions,)
        Each region's day, its count, whether it has coverage, and its weekday (Monday is 0).
    coarse : int array, shape (regions,)
        Incidents of the day whose dates are coarse.
    often : float array, shape (7, regions)
        Covered days picked from, by weekday.
    baseline : Window
    values, values_covered : array, shape (days of the baseline, regions)
    weekdays : int array, shape (days of the baseline,)
    """

    window: Window
    date: np.datetime64 | None
    inside: npt.NDArray[np.int32]
    inside_covered: BoolArray
    days: Days
    observed: FloatArray
    covered: BoolArray
    weekday: IntArray
    coarse: npt.NDArray[np.integer]
    often: FloatArray
    baseline: Window
    values: npt.NDArray[np.int32]
    values_covered: BoolArray
    weekdays: IntArray


def ask_days(
    counts: Counts, *, picked: int | str | Window, date: object, guard: int, baseline: int
) -> DaysAsked:
    """Find each region's day, and cut the baseline out of the counts.

    Raises
    ------
    OptionError
        If the day is not over at `as_of`, or is not among those picked from.
    HistoryError
        If the counts hold too few days.
    """
    window, asked = _picked(counts, picked, date)
    part, compared = _cut(counts, window, guard, baseline)
    first = int((window.start - counts.starts[0]) / DAY)
    inside = counts.values[first : first + window.days]
    covered = counts.coverage[first : first + window.days]
    if asked is None:
        at = window.days - 1 - np.argmax(np.where(covered, inside, -1)[::-1], axis=0)
    else:
        at = np.full(len(counts.regions), int((asked - window.start) / DAY))
    series = np.arange(len(counts.regions))
    weekdays = weekday_numbers(window.start + np.arange(window.days) * DAY)
    return DaysAsked(
        window=window,
        date=asked,
        inside=inside,
        inside_covered=covered,
        days=window.start + at * DAY,
        observed=inside[at, series].astype(float),
        covered=covered[at, series],
        weekday=weekdays[at],
        coarse=np.zeros(series.size, int) if counts.coarse is None else counts.coarse[first + at, series],
        often=np.stack([covered[weekdays == d].sum(axis=0) for d in range(7)]).astype(float),
        baseline=compared,
        values=counts.values[part],
        values_covered=counts.coverage[part],
        weekdays=weekday_numbers(counts.starts[part]),
    )


def _picked(counts: Counts, picked: int | str | Window, date: object) -> tuple[Window, np.datetime64 | None]:
    """Return the days picked from and the day, None where it is each region's largest."""
    last = min(counts.starts[-1], counts.as_of)
    asked = None if date is None else as_day(date, "date")
    if isinstance(picked, str | Window):
        window = as_window(picked, "picked")
    else:
        end = asked if picked == 1 and asked is not None else last
        window = Window(end - (picked - 1) * DAY, end)
    if window.end > last:
        raise OptionError(
            "the day is not over at as_of", expected=f"a day up to {last}", found=str(window.end)
        )
    if asked is not None and not window.start <= asked <= window.end:
        raise OptionError(
            "the day is not among those it was picked from", expected=f"a day in {window}", found=str(asked),
            todo="give picked as a window, such as '2020-03-14..2020-04-12'",
        )  # fmt: skip
    return window, asked


def _cut(counts: Counts, window: Window, guard: int, baseline: int) -> tuple[slice, Window]:
    """Return where the baseline lies in the counts, and its days."""
    end = int((window.start - counts.starts[0]) / DAY) - guard
    if end - baseline < 0:
        raise HistoryError(
            f"day_test needs {baseline + guard} days before {window.start} "
            f"(guard {guard} + baseline {baseline})",
            found=f"{max(end + guard, 0)} days, from {counts.starts[0]}",
            todo="count from an earlier start (if the data begin before), or ask for a shorter baseline",
        )
    part = slice(end - baseline, end)
    starts = counts.starts[part]
    return part, Window(starts[0], starts[-1])
