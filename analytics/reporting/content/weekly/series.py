"""Weekly sums of one series, compared with one another by the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import Days, FloatArray
from analytics.counts import Counts
from analytics.periods import DAY

__all__ = ["WeekSeries", "weeks_on"]


def weeks_on(day: np.datetime64, weeks: int) -> np.datetime64:
    """Return the same weekday some weeks later, or earlier where `weeks` is negative."""
    moved: np.datetime64 = day + 7 * weeks * DAY
    return moved


@dataclass(frozen=True, eq=False, slots=True)
class WeekSeries:
    """Weekly sums of one series; NaN where a week is not wholly covered.

    Attributes
    ----------
    starts : datetime64[D] array, shape (weeks,)
    values : float array, shape (weeks,)
    """

    starts: Days
    values: FloatArray

    @classmethod
    def of(cls, counts: Counts) -> WeekSeries:
        """Return the weeks of one series of daily counts; a first week cut by the start is left out."""
        weeks = counts.resample("week")
        first = int(weeks.starts[0] < counts.starts[0])
        values = np.where(weeks.coverage[:, 0], weeks.values[:, 0], np.nan).astype(float)
        return cls(weeks.starts[first:], values[first:])

    def at(self, start: np.datetime64) -> float:
        """Return the sum of the week that starts on a day, NaN if it is not there."""
        found = np.flatnonzero(self.starts == start)
        return float(self.values[found[0]]) if found.size else float("nan")

    def mean(self, start: np.datetime64, weeks: int) -> float:
        """Return the mean of some weeks from `start` on, NaN unless all are there."""
        return float(np.mean([self.at(weeks_on(start, i)) for i in range(weeks)]))
