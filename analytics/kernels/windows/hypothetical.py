"""Whether a test would call a hypothetical window: so many incidents, spread evenly over it or its last days.

Baseline and guard are as they are; the region's own window never enters. Only whether it is called is asked
(:class:`CalledAt`), so that what cannot change the answer is not worked out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.windows.critical import least_count, likely_count
from analytics.kernels.windows.lrd import (
    DAYS_TO_SPARE,
    FEW,
    RAISE_ABOVE,
    LRDTest,
    effective_baseline,
    firm_below,
    raised_pvalue,
    turned_pvalue,
    unseen_share,
)
from analytics.kernels.windows.rotation import across_join, carried_over

__all__ = [
    "THREE",
    "CalledAt",
    "PartOf",
    "RerunWindow",
    "SpreadWindow",
    "before_sparing",
    "spared_count",
    "spread_counts",
]

THREE = 3  # days
_ROUNDING = 1e-9


class CalledAt(Protocol):
    """Whether the series `index` would be called at `level`, had their windows held `count` incidents.

    `days` is over how many of the window's last periods they are spread, evenly; None stands for all. All
    arrays have the shape of `index`.
    """

    def __call__(
        self, count: FloatArray, index: IndexArray, days: int | None, level: FloatArray
    ) -> BoolArray:
        """Return where the p-value is at most the level."""
        ...

    def guesses(self, level: FloatArray) -> tuple[FloatArray, FloatArray | None] | None:
        """Return about where every series begins to be called, spread evenly and over three days.

        None where that is not known; the answer does not depend on it.
        """
        ...


@dataclass(frozen=True, eq=False, slots=True)
class SpreadWindow:
    """Whether :func:`analytics.kernels.windows.lrd.lrd_test` would call a hypothetical window.

    Attributes
    ----------
    test : LRDTest
    drawn : float array, shape (series, nodes)
        Its dispersions at the nodes that a tail is averaged over.
    total, periods : float arrays, shape (series,)
        The baseline as it enters the tail, shortened by what is not known of the completeness.
    factor : float array, shape (series,)
        Completeness.
    apart : float array, shape (windows, series)
        Sums of the rotation's windows that do not touch the recent one, as if the days before them had been
        those before it; minus infinity where not covered.
    before, after : float arrays, shape (length - 1, series)
        What windows that begin 1, 2, ... periods earlier (later) hold outside the recent one, likewise.
    length, guard : int
    upper : bool
    several : bool
        Whether it is the firm p-value, which the adjustment of several regions starts from.
    """

    test: LRDTest
    drawn: FloatArray
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
        sums[window_sums(inside, length) < length] = -np.inf
        steps = range(1, length)
        none = [np.zeros((0, series.shape[1]))]
        before, after = (
            np.vstack([_held(kept[part], inside[part])[None] for part in parts] or none)
            for parts in ([slice(-j, None) for j in steps], [slice(j) for j in steps])
        )
        if upper:
            over = carried_over(series, covered, length, guard=guard)
            sums += over[-1] - over[: len(sums)]
            before = before + (over[-1] - over[-2 : -length - 1 : -1])
        return cls(
            test,
            dispersion_nodes(test.dispersion.phi, test.dispersion.edf),
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

    def __call__(
        self, count: FloatArray, index: IndexArray, days: int | None, level: FloatArray
    ) -> BoolArray:
        """Return which of the series `index` would be called at these counts."""
        base, periods = self.test.baseline_total[index], self.test.baseline_exposure[index]
        windows = self.test.dispersion.windows[index]
        positions = len(self.apart) + 2 * self.length - 1
        join = across_join(positions, self.length)
        # No p-value is below variant A's, nor, at most at 0.01, below what the days but the largest give.
        open_ = np.ones(index.shape, bool)
        if self.several:
            open_ = (base >= FEW) | (level >= join / positions * (1 - _ROUNDING))
        at = np.flatnonzero(open_)
        if self.upper and self.length >= DAYS_TO_SPARE:
            spared = spared_count(count, self.length, days)
            asked = level[at] < RAISE_ABOVE
            most = at[asked]
            at = np.r_[at[~asked], most[self._tail(spared[most], index[most], level[most]) <= level[most]]]
        a = self._tail(count[at], index[at], level[at])
        at, a = at[a <= level[at]], a[a <= level[at]]
        rotation, rank = np.ones(a.shape), np.ones(a.shape)
        turned = np.ones(a.shape, bool)
        if self.several:  # what is firm need not be turned
            turned = (a > firm_below(windows[at], periods[at])) | (base[at] < FEW)
        if turned.any():
            rotation[turned], rank[turned] = self._rotation(count[at[turned]], index[at[turned]], days)
            rotation[turned] *= join
        if self.several:
            found = raised_pvalue(a, rotation, base[at], windows[at], periods[at])
        else:
            exposure = self.test.recent_exposure[index[at]] * self.test.carried[index[at]]
            some = base[at], exposure, periods[at], windows[at]
            unseen = unseen_share(count[at], *some, upper=self.upper)
            found = turned_pvalue(a, rotation, rank, base[at], windows[at], periods[at], unseen)
        called = np.zeros(index.shape, bool)
        called[at] = found <= level[at]
        return called

    def guesses(self, level: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Return where variant A's p-value reaches the level, and with the largest day spared if it must."""
        test = self.test
        share = test.recent_exposure * test.carried / self.periods
        guess, scale = likely_count(self.total * share, share, test.dispersion, level, upper=self.upper)

        def tail(count: FloatArray, index: IndexArray) -> FloatArray:
            return self._tail(count, index, level[index])

        needed = least_count(tail, level, guess, scale, upper=self.upper)
        if not self.upper or self.length < DAYS_TO_SPARE:
            return needed, None
        spares, (even, three) = level < RAISE_ABOVE, before_sparing(needed, self.length)
        return np.where(spares, np.maximum(even, needed), needed), np.where(spares, three, 1.1 * needed)

    def _tail(self, count: FloatArray, index: IndexArray, level: FloatArray) -> FloatArray:
        return mixed_tail(
            count,
            count + self.total[index],
            self.test.recent_exposure[index] * self.test.carried[index],
            self.periods[index],
            self.test.dispersion.phi[index],
            self.test.dispersion.edf[index],
            upper=self.upper,
            drawn=self.drawn[index],
            level=level,
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
        known = [part > -np.inf for part in (apart, before, after)]
        valid = 1.0 + known[0][:past].sum(axis=0)
        rank = (1.0 + beyond(apart[:past], known[0][:past])) / valid
        valid += sum(part.sum(axis=0) for part in (known[0][past:], *known[1:]))
        held = 1.0 + beyond(apart, known[0]) + beyond(before + first(self.length - step), known[1])
        held += beyond(after + count - first(step), known[2])
        return held / valid, rank


@dataclass(frozen=True, eq=False, slots=True)
class RerunWindow:
    """Whether any test would call a hypothetical window, by running it again on the series with that window.

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

    def __call__(
        self, count: FloatArray, index: IndexArray, days: int | None, level: FloatArray
    ) -> BoolArray:
        """Return which of the series `index` would be called; none for which the test has no p-value."""
        values = self.values[:, index].astype(np.int32)
        values[-self.length :] = spread_counts(count, self.length, days)
        pvalue = self.run(values, self.covered[:, index], index)
        return np.asarray(pvalue <= level)

    def guesses(self, level: FloatArray) -> None:
        """Return nothing: it would have to be run."""


@dataclass(frozen=True, eq=False, slots=True)
class PartOf:
    """Some of the series, `rows`, of what says whether windows would be called."""

    whole: CalledAt
    rows: IndexArray

    def __call__(
        self, count: FloatArray, index: IndexArray, days: int | None, level: FloatArray
    ) -> BoolArray:
        """Return which of the series `index` of the part would be called."""
        return self.whole(count, self.rows[index], days, level)

    def guesses(self, level: FloatArray) -> None:
        """Return nothing: the others would be looked at too."""


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


def spared_count(count: FloatArray, length: int, days: int | None) -> FloatArray:
    """Return what windows hold with the mean of the other days in place of the largest.

    Examples
    --------
    >>> spared_count(np.array([28.0, 29.0]), 14, None), spared_count(np.array([28.0, 42.0]), 14, 3)
    (array([28., 28.]), array([19., 30.]))
    """
    others = count - np.ceil(count / (length if days is None else days))
    return np.asarray(np.floor(others * length / (length - 1)))


def before_sparing(spared: FloatArray, length: int) -> tuple[FloatArray, FloatArray]:
    """Return the smallest counts that leave so much, spread evenly and over three days.

    Examples
    --------
    >>> before_sparing(np.array([28.0, 30.0]), 14)
    (array([28., 31.]), array([39., 42.]))
    """
    if length < THREE:
        return spared, spared  # too short for a day to be spared
    others = np.ceil(spared * (length - 1) / length - _ROUNDING)
    even, three = (np.ceil(others * days / (days - 1) - _ROUNDING) for days in (length, THREE))
    return even, three


def _held(values: npt.NDArray[np.number], covered: BoolArray) -> npt.NDArray[np.number]:
    return np.where(covered.all(axis=0), values.sum(axis=0), -np.inf)
