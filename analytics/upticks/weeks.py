"""Cutting counts into weeks that begin at a stated day, or that end with the last complete one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, Days, FloatArray
from analytics.counts import Counts
from analytics.periods import DAY

__all__ = ["Weeks", "cut_weeks"]


@dataclass(frozen=True, eq=False, slots=True)
class Weeks:
    """Weekly sums of every region.

    Attributes
    ----------
    values : float array, shape (weeks, regions)
        0 where not covered.
    covered : bool array, same shape
        A week is covered if each of its days is.
    starts : datetime64[D] array, shape (weeks,)
    first : int
        Number of the first week that lies wholly on or after the anchor; the number of weeks without one.
    split : bool
        Whether the anchor lies inside a week, which is then left out.
    """

    values: FloatArray
    covered: BoolArray
    starts: Days
    first: int
    split: bool = False

    @property
    def end(self) -> np.datetime64:
        """Last day of the last week."""
        return np.datetime64(self.starts[-1] + 6 * DAY)


def cut_weeks(counts: Counts, anchor: np.datetime64 | None = None) -> Weeks:
    """Sum daily counts over weeks counted from `anchor`, both ways; weekly counts keep their weeks.

    Days that do not fill a week at either end are left out. Without an anchor the weeks end with the last
    complete day.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2020-01-01", "2020-01-20")
    >>> daily = pd.DataFrame({"Kirkuk": range(20)}, index=days)
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-01-20")
    >>> weeks = cut_weeks(counts, np.datetime64("2020-01-10"))
    >>> weeks.starts.astype(str).tolist(), weeks.values.ravel().tolist(), weeks.first
    (['2020-01-03', '2020-01-10'], [35.0, 84.0], 1)
    """
    over = slice(counts.complete)
    values, covered = counts.values[over].astype(float), counts.coverage[over]
    starts = counts.starts[over]
    split = False
    if counts.finest == "day":
        begin = starts[0] if len(starts) else counts.starts[0]
        days = len(starts) if anchor is None else int((anchor - begin) / DAY)
        head = days % 7
        number = max((len(starts) - head) // 7, 0)
        tail = head + 7 * number
        regions = values.shape[1]
        values = values[head:tail].reshape(number, 7, regions).sum(axis=1)
        covered = np.asarray(covered[head:tail].reshape(number, 7, regions).all(axis=1))
        starts = starts[head:tail:7]
    elif anchor is not None:
        inside = (starts < anchor) & (anchor <= starts + 6 * DAY)
        covered = covered & ~inside[:, None]
        split = bool(inside.any())
    first = len(starts) if anchor is None else int((starts < anchor).sum())
    return Weeks(np.where(covered, values, 0.0), covered, starts, first, split)
