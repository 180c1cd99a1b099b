"""What the days asked about are found to be: p-value, ordinary range, return period, smallest count."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.claims.ordinary_day import (
    OrdinaryDay,
    day_pvalue,
    exceedance,
    exceedance_limits,
    ordinary_day,
    smallest_count,
)
from analytics.kernels.common.limits import MIN_OBSERVED_DAY

__all__ = ["NUMBERS", "judge_days", "ordinary_range"]

# Every number of a day; NaN where it was not tested.
NUMBERS = (
    "pvalue", "low", "high", "detectable", "expected", "chance", "return_low", "return_high", "limit",
    "dispersion", "floor",
)  # fmt: skip


def judge_days(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    weekdays: IntArray,
    index: IndexArray,
    observed: FloatArray,
    at: IntArray,
    often: FloatArray,
    *,
    adjust: bool,
    alpha: float,
    completeness: float,
) -> dict[str, FloatArray]:
    """Hold each series' day against the days of its baseline.

    Parameters
    ----------
    values, covered : array, shape (days, series)
        The baseline.
    weekdays : int array, shape (days,)
        0..6.
    index : int array
        The series that are tested.
    observed, at : array, shape (series,)
        Count of the day asked about, and its weekday.
    often : float array, shape (7, series)
        How many days of each weekday it was picked from.
    adjust : bool
        Compare with the same weekday.
    alpha, completeness : float

    Returns
    -------
    dict of str to float array, shape (series,)
        By the names of :data:`NUMBERS`: `low` and `high` are the central 95 % of an ordinary day, `chance` is
        that of a day that reaches the count, `limit` the one-sided 95 % limit of its return period, `floor`
        the smallest p-value that ranks alone can give.
    """
    out = {name: np.full(observed.size, np.nan) for name in NUMBERS}
    if not index.size:
        return out
    values, covered = values[:, index], covered[:, index]
    count, weekday, times = observed[index], at[index], often[:, index]
    day = ordinary_day(values, covered, weekdays, adjust=adjust)
    picked = times.sum(axis=0)
    pvalue, detectable = np.empty(index.size), np.empty(index.size)
    # Coverage may leave regions different numbers of days to pick from: one batch for each.
    for n in np.unique(picked):
        of = np.flatnonzero(picked == n)
        some = (_some(day, of), values[:, of], covered[:, of], weekdays)
        pvalue[of], _ = day_pvalue(*some, count[of], weekday[of], times[:, of], completeness=completeness)
        detectable[of] = smallest_count(*some, weekday[of], times[:, of], alpha)
    today = np.zeros((7, index.size))
    today[weekday, np.arange(index.size)] = 1.0
    low, high = ordinary_range(day, today, completeness)
    full = count / completeness
    levels = exceedance_limits(day, full, (0.025, 0.05, 0.975))
    chance = exceedance(day, full, np.full((7, index.size), 1 / 7))
    found = (
        pvalue,
        low,
        high,
        np.maximum(detectable, MIN_OBSERVED_DAY),
        day.mean * day.factor[weekday, np.arange(index.size)] * completeness,
        np.where(day.total > 0, chance, np.nan),
        1 / levels[2],
        1 / np.maximum(levels[0], 1e-12),
        1 / np.maximum(levels[1], 1e-12),
        day.phi,
        picked / (day.days + 1),
    )
    for name, array in zip(NUMBERS, found, strict=True):
        out[name][index] = array
    return out


def _some(day: OrdinaryDay, of: IndexArray) -> OrdinaryDay:
    """Return the estimates of some series."""
    return OrdinaryDay(*(getattr(day, field.name)[..., of] for field in fields(day)))


def ordinary_range(day: OrdinaryDay, today: FloatArray, completeness: float) -> tuple[FloatArray, FloatArray]:
    """Return the smallest counts exceeded with at most 97.5 % and 2.5 %: an ordinary day's central 95 %."""

    def quantile(level: float) -> FloatArray:
        low, high = np.full(day.mean.shape, -1.0), np.ceil(4 * day.mean) + 4
        while (short := exceedance(day, high + 1, today, completeness=completeness) > level).any():
            low, high = np.where(short, high, low), np.where(short, 2 * high, high)
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            enough = exceedance(day, middle + 1, today, completeness=completeness) <= level
            open_ = high - low > 1
            high, low = np.where(open_ & enough, middle, high), np.where(open_ & ~enough, middle, low)
        return high

    return quantile(0.975), quantile(0.025)
