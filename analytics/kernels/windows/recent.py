"""The LRD test of a recent window for many ends at once: the rolling test.

A rolling test takes every sum it needs from running totals along the series, so that a further end costs no
pass over its baseline; only the rotation looks at each window once. Sums are of whole numbers, hence exact:
the numbers are those of :func:`analytics.kernels.windows.lrd.lrd_test` on each end's own stretch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.common.dispersion import Dispersion, dispersion_from
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.windows.critical import critical_count
from analytics.kernels.windows.lrd import (
    DAYS_TO_SPARE,
    RAISE_ABOVE,
    by_pattern,
    lrd_test,
    spared_pvalue,
    turned_pvalue,
    unseen_share,
    untestable,
)
from analytics.kernels.windows.rotation import across_join, rotated_at
from analytics.kernels.windows.spread import Half, grown_dispersion, growth_of, power_sums

__all__ = [
    "Lengths",
    "Reported",
    "RollingTest",
    "RollingTotals",
    "joined",
    "rolling_test",
    "rolling_totals",
    "stacked",
]

_BLOCK = 2**20  # counts at a time, so that the running totals stay near 100 MB
_COLUMNS = 2_000  # cells at a time that are tested on a stretch of their own


@dataclass(frozen=True, slots=True)
class Lengths:
    """Periods in the recent window, left out before it, and compared with."""

    length: int
    guard: int
    baseline: int

    @property
    def span(self) -> int:
        """Periods in all three."""
        return self.length + self.guard + self.baseline


@dataclass(frozen=True, eq=False, slots=True)
class Reported:
    """How much of each period had been reported; arrays of shape (periods, regions).

    Attributes
    ----------
    share, deviation : float array
        Share of each period, and its standard deviation; the errors of a window's periods go together.
    lost : bool array, shape (periods,)
        Where it is not known of every region: a window with such a period is taken as complete.
    """

    share: FloatArray
    deviation: FloatArray
    lost: BoolArray

    def cut(self, periods: slice, regions: slice) -> Reported:
        """Return that of some periods and regions."""
        return Reported(self.share[periods, regions], self.deviation[periods, regions], self.lost[periods])

    def part(self, ends: IntArray, length: int) -> BoolArray:
        """Return which windows are known not to be complete; shape (ends, regions)."""
        held = _running((self.share < 1) | (self.deviation > 0))
        return np.asarray((held[ends] > held[ends - length]) & self._known(ends, length)[:, None])

    def exposure(
        self, end: IntArray, region: IndexArray, length: int, pattern: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return windows' mean completeness over their covered periods, and the variance of its logarithm."""
        rows = end - length + np.flatnonzero(pattern)[:, None]
        mean = self.share[rows, region].mean(axis=0)
        unsure = (self.deviation[rows, region].mean(axis=0) / mean) ** 2
        known = self._known(end, length)
        return np.where(known, mean, 1.0), np.where(known, unsure, 0.0)

    def _known(self, ends: IntArray, length: int) -> BoolArray:
        lost = _running(self.lost[:, None])[:, 0]
        return np.asarray(lost[ends] == lost[ends - length])


@dataclass(frozen=True, eq=False, slots=True)
class RollingTest:
    """Arrays of shape (ends, regions): what the recent window that ends there was found to be.

    `code` is an index into ``analytics.kernels.windows.lrd.REASONS``; where it is not 0 the numbers are NaN.
    `observed` and `expected` belong to the `days` covered periods of the window, `expected` as if all were
    reported. `bound` is the smallest count of the window that would be called, or None.
    """

    code: npt.NDArray[np.uint8]
    days: IntArray
    observed: FloatArray
    expected: FloatArray
    pvalue: FloatArray
    bound: FloatArray | None


@dataclass(frozen=True, eq=False, slots=True)
class RollingTotals:
    """Sums that every end needs.

    `first`, shape (ends,), is the first period of each baseline. Of shape (ends, regions) are `base` and `n`
    (count and covered periods of the baseline), `observed` and `recent` (of the window) and `code`. Running
    totals along the periods are `running` (of `count`, 0 where not covered), `days` (of coverage) and
    `windows` (of `whole`, whether the window from each start is covered, whose sums are `sums`).
    """

    first: IntArray
    base: IntArray
    n: IntArray
    observed: IntArray
    recent: IntArray
    code: npt.NDArray[np.uint8]
    count: IntArray
    running: IntArray
    days: IntArray
    sums: IntArray
    whole: BoolArray
    windows: IntArray


def rolling_totals(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    ends: IntArray,
    lengths: Lengths,
) -> RollingTotals:
    """Add up what the windows that end at `ends` hold; arguments as in :func:`rolling_test`."""
    length = lengths.length
    first = ends - lengths.span
    split, late = first + lengths.baseline, ends - length
    count = np.where(covered, values, 0).astype(np.int64)
    running, days = _running(count), _running(covered)
    base, n = running[split] - running[first], days[split] - days[first]
    observed, recent = running[ends] - running[late], days[ends] - days[late]
    whole = days[length:] - days[:-length] == length
    sums = np.where(whole, running[length:] - running[:-length], 0)
    windows = _running(whole)
    held = windows[split - length + 1] - windows[first]
    code = untestable(recent, n, held > 0, base + observed, length)
    return RollingTotals(first, base, n, observed, recent, code, count, running, days, sums, whole, windows)


def joined(parts: list[RollingTest]) -> RollingTest:
    """Put tests of successive blocks of regions side by side."""
    return RollingTest(*_together(parts, axis=1))


def stacked(parts: list[RollingTest], order: IndexArray) -> RollingTest:
    """Put tests of successive ends under each other, then in the given order."""
    arrays: list[Any] = [None if a is None else a[order] for a in _together(parts, axis=0)]
    return RollingTest(*arrays)


def _together(parts: list[RollingTest], axis: int) -> list[Any]:
    some = ([getattr(part, field.name) for part in parts] for field in fields(RollingTest))
    return [None if each[0] is None else np.concatenate(each, axis=axis) for each in some]


def rolling_test(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    ends: IntArray,
    lengths: Lengths,
    *,
    levels: FloatArray | None = None,
    reported: Reported | None = None,
) -> RollingTest:
    """Test the window that ends at each of `ends`, by LRD in variant B, for more incidents.

    Parameters
    ----------
    values : int array, shape (periods, regions)
    covered : bool array, same shape
    ends : int array, shape (ends,)
        One past the last period of each window; each must have ``lengths.span`` periods before.
    lengths : Lengths
    levels : float array, shape (regions,), optional
        Levels for `bound`.
    reported : Reported, optional
        Completeness of each period and region; all are complete unless given.

    Returns
    -------
    RollingTest

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts = rng.poisson(0.5, (392, 1))
    >>> counts[-14:] += 2
    >>> ends = np.array([378, 392])
    >>> covered = np.ones(counts.shape, bool)
    >>> test = rolling_test(counts, covered, ends, Lengths(14, 0, 364))
    >>> test.pvalue.ravel() < 0.01
    array([False,  True])
    """
    if ends.size:  # what lies before the first baseline and after the last window is not needed
        begin, end = int(ends.min()) - lengths.span, int(ends.max())
        values, covered, ends = values[begin:end], covered[begin:end], ends - begin
        reported = None if reported is None else reported.cut(slice(begin, end), slice(None))
    periods, regions = values.shape
    block = max(_BLOCK // max(periods, 1), 1)
    parts = []
    for first in range(0, regions, block):
        part = slice(first, first + block)
        level = None if levels is None else levels[part]
        known = None if reported is None else reported.cut(slice(None), part)
        parts.append(_rolling_block(values[:, part], covered[:, part], ends, lengths, level, known))
    return joined(parts)


def _running(values: npt.NDArray[np.number] | BoolArray) -> IntArray:
    """Return running totals along the first axis, from 0."""
    total = np.zeros((values.shape[0] + 1, values.shape[1]), np.int64)
    np.cumsum(values, axis=0, out=total[1:])
    return total


def _rolling_block(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    ends: IntArray,
    lengths: Lengths,
    level: FloatArray | None,
    reported: Reported | None,
) -> RollingTest:
    totals = rolling_totals(values, covered, ends, lengths)
    code, observed, recent = totals.code, totals.observed, totals.recent
    full = (code == 0) & (recent == lengths.length)
    if reported is not None:
        full &= ~reported.part(ends, lengths.length)
    # Nothing observed: every rotation holds as many, and the model's tail holds at least half of the mass.
    pvalue = np.where(full & (observed == 0), 1.0, np.nan)
    expected = np.where(code == 0, totals.base / np.maximum(totals.n, 1) * recent, np.nan)
    bound = None if level is None else np.full(code.shape, np.nan)
    cells = np.nonzero(full & (observed > 0) if level is None else full)
    if cells[0].size:
        pvalue[cells], found = _whole_cells(totals, ends, lengths, cells, level)
        if bound is not None and found is not None:
            bound[cells] = found
    at, region = np.nonzero((code == 0) & ~full)
    for start in range(0, at.size, _COLUMNS):
        w, r = at[start : start + _COLUMNS], region[start : start + _COLUMNS]
        rows = totals.first[w] + np.arange(lengths.span)[:, None]
        stretch, inside = values[rows, r], covered[rows, r]
        for pattern, group in by_pattern(inside[-lengths.length :]):
            kept = np.r_[np.ones(lengths.span - lengths.length, bool), pattern]
            share, variance = np.ones(len(group)), np.zeros(len(group))
            if reported is not None:
                share, variance = reported.exposure(ends[w[group]], r[group], lengths.length, pattern)
            test = lrd_test(
                stretch[np.ix_(kept, group)],
                inside[np.ix_(kept, group)],
                length=int(pattern.sum()),
                guard=lengths.guard,
                completeness=share,
                exposure_variance=variance,
            )
            pvalue[w[group], r[group]] = test.pvalue
            if bound is not None and level is not None:
                bound[w[group], r[group]] = critical_count(
                    test.baseline_total,
                    test.recent_exposure * test.carried,
                    test.baseline_exposure,
                    test.dispersion,
                    level[r[group]],
                )
    return RollingTest(code, recent, np.where(code == 0, observed, np.nan), expected, pvalue, bound)


def _whole_cells(
    totals: RollingTotals,
    ends: IntArray,
    lengths: Lengths,
    cells: tuple[IndexArray, ...],
    level: FloatArray | None,
) -> tuple[FloatArray, FloatArray | None]:
    """Return p-values and bounds of the cells (ends, regions) whose window is covered throughout."""
    at, region = cells
    length = lengths.length
    dispersion = _rolling_dispersion(totals, lengths, at, region)
    share, rank, carried = _rotated_cells(
        np.ascontiguousarray(totals.count.T, float),
        np.ascontiguousarray(np.diff(totals.days, axis=0).T > 0),
        totals.first[at],
        ends[at],
        region,
        (length, lengths.guard),
    )
    exposure = length * carried
    s, b = totals.observed[cells].astype(float), totals.base[cells].astype(float)
    periods = totals.n[cells].astype(float)
    a = mixed_tail(s, s + b, exposure, periods, dispersion.phi, dispersion.edf)
    unseen = unseen_share(s, b, exposure, periods, dispersion.windows)
    whole = share * across_join(lengths.span, length)
    found = turned_pvalue(a, whole, rank, b, dispersion.windows, periods, unseen)
    small = np.flatnonzero(a <= RAISE_ABOVE)
    if length >= DAYS_TO_SPARE and small.size:
        window = totals.count[ends[at[small]] - length + np.arange(length)[:, None], region[small]]
        spared = spared_pvalue(
            window,
            b[small],
            exposure[small],
            periods[small],
            dispersion.phi[small],
            dispersion.edf[small],
        )
        found[small] = np.maximum(found[small], spared)
    return found, None if level is None else critical_count(b, exposure, periods, dispersion, level[region])


def _rolling_dispersion(
    totals: RollingTotals, lengths: Lengths, at: IndexArray, region: IndexArray
) -> Dispersion:
    """Return the dispersion of the listed cells, as `window_dispersion` has it, from running totals."""
    length, baseline = lengths.length, lengths.baseline
    sums, whole = totals.sums, totals.whole
    both = whole[length:] & whole[:-length]
    begin = totals.first[at]
    end, last = begin + baseline - length + 1, begin + baseline - 2 * length + 1

    def over(total: IntArray, stop: IntArray) -> IntArray:
        return np.asarray(total[stop, region] - total[begin, region])

    m = np.maximum(over(totals.windows, end), 1)
    mean = over(_running(sums), end) / m
    variance = np.maximum(over(_running(sums**2), end) / m - mean**2, 0.0)
    pairs = over(_running(both), last)
    product = over(_running(np.where(both, sums[length:] * sums[:-length], 0)), last)
    either = over(_running(np.where(both, sums[length:] + sums[:-length], 0)), last)
    lagged = (product - mean * either + mean**2 * pairs) / np.maximum(pairs, 1)
    covered = totals.n[at, region]
    mu = length * totals.base[at, region] / np.maximum(covered, 1)
    found = dispersion_from(mu, variance, lagged, covered, length)
    running = (totals.days, totals.running, *(power_sums(totals.count, power) for power in (2, 3, 4)))
    half = baseline // 2

    def held(start: IntArray) -> Half:
        return Half(*(total[start + half, region] - total[start, region] for total in running))

    return grown_dispersion(found, growth_of(held(begin), held(begin + baseline - half)))


@compiled
def _rotated_cells(
    rows: FloatArray,
    known: BoolArray,
    first: IntArray,
    ends: IntArray,
    region: IndexArray,
    lengths: tuple[int, int],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return share, rank and carried of cells, as `Rotated` has them; `rows` and `known` are of regions."""
    length, guard = lengths
    size = region.size
    share, rank, carried = np.empty(size), np.empty(size), np.empty(size)
    over = np.empty(rows.shape[1])
    carry = length > 0  # always; the constant True would have `rotated_at` compiled a second time
    for i in range(size):
        begin, end = first[i], ends[i]
        row, inside = rows[region[i], begin:end], known[region[i], begin:end]
        baseline = end - begin - length - guard
        share[i], rank[i], carried[i] = rotated_at(row, inside, baseline, length, 1.0, 1.0, carry, over)
    return share, rank, carried
