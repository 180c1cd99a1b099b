"""The periods of a grid: which days they start on, how they are shown, and which of them are over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, Days
from analytics.errors import InputError
from analytics.periods import DAY, Freq, label_periods, period_days, period_starts, week_first_day

__all__ = ["PeriodAxis"]


@dataclass(frozen=True, eq=False)
class PeriodAxis:
    """Periods without holes, held at one length and shown at the same or a longer one.

    What each attribute holds: :class:`analytics.counts.Counts`.
    """

    starts: Days
    freq: Freq
    finest: Freq
    week_start: str
    as_of: np.datetime64

    def __post_init__(self) -> None:
        step = self.period_days
        if (np.diff(self.starts) != step * DAY).any():
            raise InputError("periods are missing or out of order", expected=f"one every {step} days")

    @property
    def period_days(self) -> int:
        """Days in one period of the finest grid."""
        return period_days(self.finest)

    @property
    def ends(self) -> Days:
        """Last day of each period of the finest grid; shape (periods,)."""
        return np.asarray(self.starts + (self.period_days - 1) * DAY)

    @property
    def provisional(self) -> BoolArray:
        """Which periods of the finest grid were still running at `as_of`; shape (periods,)."""
        return np.asarray(self.ends > self.as_of)

    @property
    def last_complete_day(self) -> np.datetime64:
        """Last day of the last period, at the shown frequency, that was over at `as_of`."""
        if self.freq == "day":
            return self.as_of
        running = week_first_day(np.array([self.as_of]), self.week_start)[0]
        return self.as_of if running + 6 * DAY == self.as_of else running - DAY

    @property
    def complete(self) -> int:
        """How many periods of the finest grid, counted from the first, end by `last_complete_day`."""
        return int((self.ends <= self.last_complete_day).sum())

    def labels(self) -> list[str]:
        """Return the labels of the periods shown, such as ``2020-W16`` or ``2020-04-13``."""
        return label_periods(self._shown_starts(), self.freq, self.week_start)

    def __len__(self) -> int:
        """Return how many periods are shown; the finest grid has ``len(counts.starts)``."""
        return len(self._shown_starts())

    def _shown_starts(self) -> Days:
        if self.freq == self.finest:
            return self.starts
        return period_starts(self.starts[0], self.starts[-1], self.freq, self.week_start)
