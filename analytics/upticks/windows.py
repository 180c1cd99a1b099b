"""Cutting counts into a baseline, a guard and a recent window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError, unknown_option
from analytics.kernels.windows.recent import MIN_WINDOWS, check_lengths
from analytics.periods import Window, label_periods

__all__ = [
    "MIN_WINDOWS",
    "SAME_WEEKS",
    "Split",
    "check_completeness",
    "check_share",
    "split_counts",
    "too_short",
]


SAME_WEEKS = "same_weeks"
_DAY = np.timedelta64(1, "D")
_YEAR = 364  # whole weeks, so that weekdays fall together
_YEAR_DAYS = np.timedelta64(_YEAR, "D")
_BESIDE = np.timedelta64(28, "D")


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """The counts cut out as one stretch: baseline, guard, recent; arrays of shape (periods, regions).

    `length` and `guard` are numbers of periods.
    """

    values: npt.NDArray[np.int32]
    covered: BoolArray
    length: int
    guard: int
    baseline_window: Window
    recent_window: Window

    @property
    def baseline(self) -> npt.NDArray[np.int32]:
        """Counts of the baseline."""
        return self.values[: -self.length - self.guard]

    @property
    def baseline_covered(self) -> BoolArray:
        """Coverage of the baseline."""
        return self.covered[: -self.length - self.guard]

    @property
    def recent(self) -> npt.NDArray[np.int32]:
        """Counts of the recent window."""
        return self.values[-self.length :]

    @property
    def recent_covered(self) -> BoolArray:
        """Coverage of the recent window."""
        return self.covered[-self.length :]


def check_share(**shares: float) -> None:
    """Raise an :class:`OptionError` for a named option that does not lie between 0 and 1."""
    for name, share in shares.items():
        if not 0 < share < 1:
            raise OptionError(
                f"{name} must lie between 0 and 1", expected="such as 0.05 or 0.95", found=str(share)
            )


def too_short(what: str, counts: Counts, recent: int, guard: int, baseline: int) -> HistoryError:
    """Return (not raise) the error for counts that hold too few complete periods."""
    unit, size = ("weeks", 7) if counts.finest == "week" else ("days", 1)
    complete = counts.starts[counts.starts + (counts.period_days - 1) * _DAY <= counts.last_complete_day]
    labels = label_periods(complete, counts.finest, counts.week_start)
    has = f"{labels[0]}..{labels[-1]}" if labels else "none complete"
    name = counts.regions[0] if len(counts.regions) == 1 else f"each of {len(counts.regions)} regions"
    need = (recent + guard + baseline) // size
    parts = f"recent {recent // size} + guard {guard // size} + baseline {baseline // size}"
    return HistoryError(
        f"{what} needs {need} {unit} ({parts}); {name} has {len(labels)}, {has}",
        todo="count from an earlier start, or ask for a shorter baseline",
    )


def split_counts(
    counts: Counts,
    recent: int,
    guard: int,
    baseline: int | str,
    *,
    windows: int = MIN_WINDOWS,
    what: str = "uptick_test",
) -> Split:
    """Cut the counts, working back from the last period that was over at `as_of`; lengths are in days.

    ``baseline="same_weeks"`` takes the same weeks of every earlier year in the counts: the recent window
    moved back by whole years, and four weeks on either side. The baseline must hold `windows` recent windows;
    `what` names the test in an error.

    Raises
    ------
    OptionError
        If a length is not a whole number of periods, or the baseline is shorter than eight recent windows.
    HistoryError
        If the counts hold too few periods.
    """
    step = counts.period_days
    complete = int((counts.starts + (step - 1) * _DAY <= counts.last_complete_day).sum())
    same_weeks = baseline == SAME_WEEKS
    if same_weeks:
        baseline = complete * step - recent - guard
        if baseline < 2 * _YEAR:
            raise too_short(f"{what} on the same weeks of earlier years", counts, recent, guard, 2 * _YEAR)
    elif isinstance(baseline, str):
        raise unknown_option("baseline", baseline, (SAME_WEEKS, "a number of days"))
    check_lengths(recent, guard, baseline, step, windows)
    first = complete - (recent + guard + baseline) // step
    if first < 0:
        raise too_short(what, counts, recent, guard, baseline)
    middle, late = first + baseline // step, complete - recent // step

    def window(begin: int, end: int) -> Window:
        return Window(counts.starts[begin], counts.starts[end - 1] + (step - 1) * _DAY)

    covered = counts.coverage[first:complete]
    if same_weeks:
        start, end = counts.starts[late], counts.starts[complete - 1]
        ago = np.arange(1, baseline // _YEAR + 2) * _YEAR_DAYS
        day = counts.starts[first:complete][:, None]
        near = (day >= start - ago - _BESIDE) & (day <= end - ago + _BESIDE)
        covered = covered & (near.any(axis=1) | (np.arange(first, complete) >= middle))[:, None]
    return Split(
        counts.values[first:complete],
        covered,
        recent // step,
        guard // step,
        window(first, middle),
        window(late, complete),
    )


def check_completeness(
    given: float | Sequence[float] | None, periods: int, step: int
) -> tuple[FloatArray | None, float | None]:
    """Return the completeness of each recent period and its mean, or None twice where it is not known."""
    if given is None:
        return None, None
    share = np.asarray(given, dtype=float)
    if share.ndim == 0:
        share = np.full(periods, float(share))
    if share.shape != (periods,) or not ((share > 0) & (share <= 1)).all():
        unit = "week" if step == 7 else "day"
        raise OptionError(
            "completeness is not usable",
            expected=f"one number, or one for each of the {periods} recent {unit}s, above 0 and at most 1",
            found=str(given),
        )
    return share, float(share.mean())
