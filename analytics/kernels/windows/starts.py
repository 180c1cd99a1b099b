"""The smallest count of a recent window that a test would call, found from the test itself.

A test hands over its p-value at a hypothetical window (:class:`PvalueAt`): so many incidents, spread evenly
over the window or over its last days, beside the baseline and the guard as they are. The region's own window
never enters (Hoenig and Heisey 2001). By variant A alone it is :func:`critical_count`, the first guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion, window_sums
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.windows.lrd import (
    DAYS_TO_SPARE,
    FEW,
    RAISE_ABOVE,
    LRDTest,
    across_join,
    effective_baseline,
    firm_below,
    raised_pvalue,
    turned_pvalue,
)

__all__ = [
    "QUICK",
    "THREE",
    "PvalueAt",
    "RerunWindow",
    "SpreadWindow",
    "critical_count",
    "spread_counts",
    "starting_count",
    "starts",
]

THREE = 3  # days
QUICK = (8, 8)  # quadrature nodes where a third digit is enough
_DOUBLINGS = 14  # counts more than 16,384 beyond the guess are not looked for


class PvalueAt(Protocol):
    """P-values of the series `index`, had their windows held `count` incidents.

    `days` is over how many of the window's last periods they are spread, evenly; None stands for all.
    """

    def __call__(self, count: FloatArray, index: IndexArray, days: int | None) -> FloatArray:
        """Return p-values, shape ``index.shape``."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class SpreadWindow:
    """The p-value of :func:`analytics.kernels.windows.lrd.lrd_test` at a hypothetical window.

    Attributes
    ----------
    test : LRDTest
    total, periods : float arrays, shape (series,)
        The baseline as it enters the tail, shortened by what is not known of the completeness.
    factor : float array, shape (series,)
        Completeness.
    apart : int array, shape (windows, series)
        Sums of the rotation's windows that do not touch the recent one; -1 where not covered.
    before, after : int arrays, shape (length - 1, series)
        What windows that begin 1, 2, ... periods earlier (later) hold outside the recent one; -1 likewise.
    length, guard : int
    upper : bool
    several : bool
        Whether it is the firm p-value, which the adjustment of several regions starts from.
    """

    test: LRDTest
    total: FloatArray
    periods: FloatArray
    factor: FloatArray
    apart: npt.NDArray[np.float32]
    before: npt.NDArray[np.float32]
    after: npt.NDArray[np.float32]
    length: int
    guard: int = 0
    upper: bool = True
    several: bool = False

    @classmethod
    def of(
        cls,
        test: LRDTest,
        series: npt.NDArray[np.number],
        covered: BoolArray,
        length: int,
        *,
        guard: int = 0,
        exposure_variance: FloatArray | float = 0.0,
        upper: bool = True,
        several: bool = False,
    ) -> SpreadWindow:
        """Take apart the series that was tested, as :func:`analytics.kernels.windows.lrd.lrd_test` had it."""
        total, periods = effective_baseline(test, exposure_variance)
        inside = covered[:-length]
        kept = np.where(inside, series[:-length], 0)
        sums = window_sums(kept, length)
        sums[window_sums(inside, length) < length] = -1
        steps = range(1, length)
        none = [np.zeros((0, series.shape[1]))]
        before, after = (
            np.vstack([_held(kept[part], inside[part])[None] for part in parts] or none)
            for parts in ([slice(-j, None) for j in steps], [slice(j) for j in steps])
        )
        return cls(
            test,
            total,
            periods,
            test.recent_exposure / length,
            sums.astype(np.float32),
            before.astype(np.float32),
            after.astype(np.float32),
            length,
            guard,
            upper,
            several and length >= DAYS_TO_SPARE,
        )

    def __call__(self, count: FloatArray, index: IndexArray, days: int | None = None) -> FloatArray:
        """Return the p-values of the series `index` at these counts."""
        a = self._tail(count, index)
        base, periods = self.test.baseline_total[index], self.test.baseline_exposure[index]
        windows = self.test.dispersion.windows[index]
        asked, rotation, rank = np.arange(index.size), np.ones(a.shape), np.ones(a.shape)
        if self.several:  # what is firm need not be turned
            asked = np.flatnonzero((a > firm_below(windows, periods)) | (base < FEW))
        if asked.size:
            rotation[asked], rank[asked] = self._rotation(count[asked], index[asked], days)
            rotation[asked] *= across_join(len(self.apart) + 2 * self.length - 1, self.length)
        if self.several:
            out = raised_pvalue(a, rotation, base, windows, periods)
        else:
            out = turned_pvalue(a, rotation, rank, base, windows, periods)
        small = np.flatnonzero(a <= RAISE_ABOVE)
        if self.upper and self.length >= DAYS_TO_SPARE and small.size:
            over = self.length if days is None else days
            others = count[small] - np.ceil(count[small] / over)
            spared = np.floor(others * self.length / (self.length - 1))
            without = np.minimum(self._tail(spared, index[small]), RAISE_ABOVE)
            out[small] = np.maximum(out[small], without)
        return out

    def _tail(self, count: FloatArray, index: IndexArray) -> FloatArray:
        return mixed_tail(
            count,
            count + self.total[index],
            self.test.recent_exposure[index],
            self.periods[index],
            self.test.dispersion.phi[index],
            self.test.dispersion.edf[index],
            upper=self.upper,
        )

    def _rotation(
        self, count: FloatArray, index: IndexArray, days: int | None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the rotation p-value, and the rank among the windows of the baseline."""
        factor, sign = self.factor[index], 1.0 if self.upper else -1.0
        over = self.length if days is None else days
        step = np.arange(1, self.length)[:, None]

        def first(periods: npt.NDArray[np.integer]) -> FloatArray:
            """Return how many of the window's incidents its first periods hold."""
            used = np.maximum(periods - (self.length - over), 0)
            return np.asarray(np.floor(used * count / over + 1e-9))

        def beyond(sums: npt.NDArray[np.floating], valid: BoolArray) -> FloatArray:
            return np.asarray((valid & (sign * sums * factor >= sign * count - 1e-9)).sum(axis=0))

        apart, before, after = (part[:, index] for part in (self.apart, self.before, self.after))
        past = len(apart) - self.guard  # windows of the baseline
        valid = 1.0 + (apart[:past] >= 0).sum(axis=0)
        rank = (1.0 + beyond(apart[:past], apart[:past] >= 0)) / valid
        valid += sum((part >= 0).sum(axis=0) for part in (apart[past:], before, after))
        held = 1.0 + beyond(apart, apart >= 0) + beyond(before + first(self.length - step), before >= 0)
        held += beyond(after + count - first(step), after >= 0)
        return held / valid, rank


@dataclass(frozen=True, eq=False, slots=True)
class RerunWindow:
    """The p-value of any test at a hypothetical window, by running it again on the series with that window.

    Attributes
    ----------
    values, covered : arrays, shape (periods, series)
        The last `length` periods are the window.
    length : int
    run : function
        Takes values, coverage and places of some series, returns their p-values.
    """

    values: npt.NDArray[np.number]
    covered: BoolArray
    length: int
    run: Callable[[npt.NDArray[np.int32], BoolArray, IndexArray], FloatArray]

    def __call__(self, count: FloatArray, index: IndexArray, days: int | None = None) -> FloatArray:
        """Return the p-values of the series `index` at these counts; 1 where the test gives none."""
        values = self.values[:, index].astype(np.int32)
        values[-self.length :] = spread_counts(count, self.length, days)
        pvalue = self.run(values, self.covered[:, index], index)
        return np.asarray(np.where(np.isnan(pvalue), 1.0, pvalue))


def spread_counts(count: FloatArray, length: int, days: int | None) -> npt.NDArray[np.int32]:
    """Return windows that hold `count` incidents, spread evenly over their last `days` periods (None: all).

    Examples
    --------
    >>> spread_counts(np.array([7.0, 3.0]), 4, 3).T
    array([[0, 2, 2, 3],
           [0, 1, 1, 1]], dtype=int32)
    """
    over = length if days is None else days
    window = np.zeros((length, count.size), np.int32)
    used = np.arange(over + 1)[:, None]
    window[length - over :] = np.diff(np.floor(used * count / over + 1e-9), axis=0)
    return window


def _held(values: npt.NDArray[np.number], covered: BoolArray) -> npt.NDArray[np.number]:
    return np.where(covered.all(axis=0), values.sum(axis=0), -1)


def starting_count(
    pvalue: PvalueAt,
    level: FloatArray,
    guess: FloatArray,
    *,
    least: int = 0,
    days: int | None = None,
    upper: bool = True,
) -> FloatArray:
    """Smallest count of the window that is called at `level` (of decreases: the largest).

    Parameters
    ----------
    pvalue : PvalueAt
    level, guess : float arrays, shape (series,)
        NaN levels are not looked for. A good guess costs two looks at the test.
    least : int
        No smaller count is called, whatever its p-value.
    days : int, optional
        Over how many of the last periods the incidents are spread.
    upper : bool

    Returns
    -------
    float array, shape (series,)
        NaN where no count is called.
    """
    sign = 1.0 if upper else -1.0
    found = np.full(level.shape, np.nan)
    index = np.flatnonzero(np.isfinite(level))
    start = np.maximum(np.nan_to_num(np.round(guess), nan=3.0), least if upper else 0.0)
    # From the guess step outwards until the answer lies in (inner, outer], `outer` called; then halve.
    hit = np.zeros(level.shape, dtype=bool)
    hit[index] = pvalue(start[index], index, days) <= level[index]
    outer, inner = np.where(hit, start, np.nan), np.where(hit, np.nan, start)
    bottom = float(least - 1) if upper else -1.0
    for doubling in range(_DOUBLINGS + 1):
        lost = index[np.isnan(outer[index]) | np.isnan(inner[index])]
        if not lost.size:
            break
        step = 2.0**doubling
        outwards = np.isnan(outer[lost])
        at = np.where(outwards, inner[lost] + sign * step, outer[lost] - sign * step)
        stop = at <= bottom
        called = np.zeros(lost.shape, dtype=bool)
        inside = np.flatnonzero(~stop)
        called[inside] = pvalue(at[inside], lost[inside], days) <= level[lost[inside]]
        at = np.maximum(at, bottom)
        if not upper:  # below nothing there is nothing to call
            never = stop & outwards
            index = np.setdiff1d(index, lost[never])
        outer[lost] = np.where(called, at, outer[lost])
        inner[lost] = np.where(called, inner[lost], at)
    index = index[np.isfinite(outer[index]) & np.isfinite(inner[index])]
    while True:
        open_ = index[np.abs(outer[index] - inner[index]) > 1]
        if not open_.size:
            break
        middle = np.floor((outer[open_] + inner[open_]) / 2)
        called = pvalue(middle, open_, days) <= level[open_]
        outer[open_] = np.where(called, middle, outer[open_])
        inner[open_] = np.where(called, inner[open_], middle)
    found[index] = outer[index]
    return found


def critical_count(
    base: FloatArray,
    recent: FloatArray,
    periods: FloatArray,
    dispersion: Dispersion,
    level: float | FloatArray,
    *,
    upper: bool = True,
) -> FloatArray:
    """Smallest recent count whose upper tail is at most `level` (or largest whose lower tail is; -1 if none).

    All arrays have shape ``(series,)``; `recent` and `periods` are exposures. Depends on the baseline alone.
    """
    levels = np.broadcast_to(np.asarray(level, dtype=float), base.shape)
    drawn = dispersion_nodes(dispersion.phi, dispersion.edf, QUICK[0])
    mean = base / periods * recent

    def rejects(count: FloatArray, index: IndexArray) -> BoolArray:
        tail = mixed_tail(
            count,
            count + base[index],
            recent[index],
            periods[index],
            dispersion.phi[index],
            dispersion.edf[index],
            upper=upper,
            nodes=QUICK[0],
            spread_nodes=QUICK[1],
            drawn=drawn[index],
        )
        return np.asarray(tail <= levels[index])

    # From a guess (Student's quantile, corrected for skewness) step outwards until the answer lies in
    # (inner, outer], where `outer` is rejected and `inner` is not; then halve. -1 stands for "never".
    sign = 1.0 if upper else -1.0
    spread = np.sqrt(dispersion.phi * np.maximum(mean, 0.1) * (1 + recent / periods))
    t = special.stdtrit(dispersion.edf, 1 - levels)
    skew = (2 * dispersion.phi - 1) / np.sqrt(dispersion.phi * np.maximum(mean, 0.1))
    guess = mean + sign * t * spread + (t**2 - 1) / 6 * skew * spread
    start = np.maximum(np.ceil(guess) if upper else np.floor(guess), 0.0)
    every = np.arange(mean.size)
    hit = rejects(start, every)
    outer, inner = np.where(hit, start, np.nan), np.where(hit, np.nan, start)
    step = 1.0
    while True:
        lost = np.flatnonzero(np.isnan(outer) | np.isnan(inner))
        if not lost.size:
            break
        outwards = np.isnan(outer[lost])
        at = np.where(outwards, inner[lost] + sign * step, outer[lost] - sign * step)
        stop = at < 0  # below zero nothing can be observed: rejected from below, not rejected from above
        hit = np.where(stop, not upper, rejects(np.maximum(at, 0.0), lost))
        at = np.maximum(at, -1.0)
        outer[lost] = np.where(hit, at, outer[lost])
        inner[lost] = np.where(hit, inner[lost], at)
        step *= 2
    while True:
        open_ = np.flatnonzero(np.abs(outer - inner) > 1)
        if not open_.size:
            return np.asarray(outer)
        middle = np.floor((outer[open_] + inner[open_]) / 2)
        hit = rejects(middle, open_)
        outer[open_] = np.where(hit, middle, outer[open_])
        inner[open_] = np.where(hit, inner[open_], middle)


def starts(
    test: LRDTest,
    at: PvalueAt,
    level: FloatArray,
    length: int,
    *,
    upper: bool,
    least: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest counts called, spread evenly and on three days (of decreases: the largest).

    `least`, of shape (2, series), are counts without which nothing is called.
    """
    guess = critical_count(
        test.baseline_total,
        test.recent_exposure,
        test.baseline_exposure,
        test.dispersion,
        np.where(np.isfinite(level), level, 0.5),
        upper=upper,
    )
    bottom = MIN_OBSERVED if upper else 0
    first = starting_count(at, level, guess, least=bottom, upper=upper)
    if length <= THREE or not upper:
        return first, np.full(first.shape, np.nan)
    wanted = np.where(np.isfinite(first), level, np.nan)
    three = starting_count(at, wanted, np.round(1.1 * first), least=bottom, days=THREE)
    return (first, three) if least is None else (np.maximum(first, least[0]), np.maximum(three, least[1]))
