"""Which past weeks a Farrington detector compares a week with, and in which season each of them lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, Days, IntArray
from analytics.periods import DAY

__all__ = ["Baselines", "flexible_baselines", "reference_weeks", "window_baselines"]


_WEEKS = 52  # weeks a year back when the calendar is not followed


@dataclass(frozen=True, eq=False, slots=True)
class Baselines:
    """The baseline of each tested week.

    Attributes
    ----------
    at : int array, shape (tested, longest)
        Rows of the grid, oldest first; -1 fills up.
    level : int array, same shape
        Season of each baseline week, 0 for the season of the tested week itself; -1 fills up.
    levels : int
        Number of seasons.
    enough : bool array, shape (tested,)
        Whether the history reaches back far enough.
    """

    at: IntArray
    level: IntArray
    levels: int
    enough: BoolArray


def reference_weeks(starts: Days, tested: IntArray, years: int, calendar: bool) -> IntArray:
    """Return the row that corresponds to each tested week in each earlier year.

    Parameters
    ----------
    starts : datetime64[D] array, shape (periods,)
        First days of the weeks, without holes.
    tested : int array
        Rows to be tested.
    years : int
    calendar : bool
        Follow the calendar: the same date so many years earlier (29 February: 1 March), moved to the nearest
        day on which weeks start. Otherwise exactly 52 rows a year.

    Returns
    -------
    int array, shape (tested, years + 1)
        Column i is i years back; column 0 the week itself. Negative where the history does not reach.

    Examples
    --------
    >>> starts = np.datetime64("2015-12-28") + np.timedelta64(7, "D") * np.arange(300)
    >>> reference_weeks(starts, np.array([260]), 2, True)
    array([[260, 208, 156]])
    """
    back = np.arange(years + 1)
    if not calendar:
        return np.asarray(tested[:, None] - _WEEKS * back)
    days = starts[tested].astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_month = (days - months.astype("datetime64[D]")) // DAY
    # Adding days to the first of the month carries 29 February over to 1 March.
    same = (months[:, None] - 12 * back).astype("datetime64[D]") + of_month[:, None]
    first = starts[0].astype("datetime64[D]")
    return np.asarray(np.floor_divide((same - first) // DAY + 3, 7), dtype=np.int64)


def flexible_baselines(
    starts: Days,
    tested: IntArray,
    *,
    years: int,
    half_width: int,
    levels: int,
    skipped: int,
    calendar: bool,
) -> Baselines:
    """Return baselines of all weeks of the past years, each in one of `levels` seasons.

    Season 0 is the window of `half_width` weeks around each reference week; the stretch between two windows
    is cut in ``levels - 1`` blocks as equal as can be, longer ones first. With one level the windows alone
    are used. The tested week and the `skipped` weeks before it are left out.
    """
    reference = reference_weeks(starts, tested, years, calendar)
    oldest = reference[:, -1] - half_width
    longest = int((tested - oldest).max(initial=0)) + 1
    at = oldest[:, None] + np.arange(longest)
    level = np.full(at.shape, -1, dtype=np.int64)
    for i in range(years, -1, -1):
        here = reference[:, i, None]
        level[np.abs(at - here) <= half_width] = 0
        if i and levels > 1:
            begin = here + half_width + 1
            length = reference[:, i - 1, None] - half_width - begin
            size, longer = np.divmod(np.maximum(length, 0), levels - 1)
            place = at - begin
            edge = longer * (size + 1)
            with np.errstate(divide="ignore"):
                block = np.where(
                    place < edge, place // (size + 1), longer + (place - edge) // np.maximum(size, 1)
                )
            inside = (place >= 0) & (place < length)
            level[inside] = block[inside] + 1
    drop = (level < 0) | (at > tested[:, None] - skipped - 1)
    return _packed(at, level, drop, levels, oldest >= 0)


def window_baselines(
    starts: Days, tested: IntArray, *, years: int, half_width: int, calendar: bool
) -> Baselines:
    """Return baselines of the windows around the reference weeks alone, one season."""
    reference = reference_weeks(starts, tested, years, calendar)
    offsets = np.arange(-half_width, half_width + 1)
    at = (reference[:, :0:-1, None] + offsets).reshape(len(tested), -1)
    level = np.zeros_like(at)
    return _packed(at, level, at >= tested[:, None], 1, reference[:, -1] - half_width >= 0)


def _packed(at: IntArray, level: IntArray, drop: BoolArray, levels: int, enough: BoolArray) -> Baselines:
    """Move what is kept to the front of each row; rows before the first week are dropped."""
    drop = drop | (at < 0)
    order = np.argsort(drop, axis=1, kind="stable")[:, : int((~drop).sum(axis=1).max(initial=0))]
    gone = np.take_along_axis(drop, order, axis=1)
    kept_at = np.where(gone, -1, np.take_along_axis(at, order, axis=1))
    kept_level = np.where(gone, -1, np.take_along_axis(level, order, axis=1))
    return Baselines(kept_at, kept_level, levels, enough)
