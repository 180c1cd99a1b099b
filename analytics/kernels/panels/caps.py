"""Counts in which no single day counts for more than it tells, and what windows of them hold.

Where incidents come in same-day waves, the number of waves says whether there is more activity, and their
sizes are noise. A day is therefore counted up to a cap. The cap comes from the baseline alone: a day on which
twice as much goes on is two days put together (a compound Poisson process at twice its rate), so the
efficiency of the capped count for a rise follows from the days' own distribution and its convolution with
itself [1]_. The largest cap that keeps 95 % of the best efficiency is taken, mostly none.

References
----------
.. [1] Buchmann, B., Grübel, R. (2003). Decompounding: an estimation problem for Poisson random sums. Annals
       of Statistics 31, 1054-1074.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.common.dispersion import Dispersion, dispersion_from

__all__ = ["NO_CAP", "CappedWindows", "capped_windows", "daily_cap"]


NO_CAP = 2**31 - 1
CAPS = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32], np.int64)
KEPT = 0.95  # share of the best efficiency that a larger cap must keep


@dataclass(frozen=True, eq=False, slots=True)
class CappedWindows:
    """What the capped counts of each cell hold; every array has shape ``(cells,)``.

    Attributes
    ----------
    cap : int array
        Largest count of a day; `NO_CAP` where there is none.
    observed, largest, second, raw : int arrays
        Capped count of the recent window, of its largest day and of the next, and its count without a cap.
    days : int array
        Covered days of the recent window.
    base, periods : int arrays
        Capped count and covered days of the baseline.
    dispersion : Dispersion
        Of capped window sums over the baseline.
    """

    cap: IntArray
    observed: IntArray
    largest: IntArray
    second: IntArray
    raw: IntArray
    days: IntArray
    base: IntArray
    periods: IntArray
    dispersion: Dispersion

    def take(self, index: IndexArray) -> CappedWindows:
        """Return what some of the cells hold."""
        arrays = {f.name: getattr(self, f.name)[index] for f in fields(self) if f.name != "dispersion"}
        return CappedWindows(dispersion=self.dispersion.take(index), **arrays)


@compiled
def _cap_of(share: FloatArray, top: int, mean: float, square: float, caps: IntArray, work: FloatArray) -> int:
    """Choose the cap from the distribution of a day's count.

    `share` holds the probabilities of 0, 1, ... as far as the largest cap, `top` is the largest count, and
    `mean` and `square` are the first two moments; `work`, shape (3, largest cap), is written over.
    """
    spread = square - mean * mean
    if top < 2 or spread <= 0:
        return NO_CAP
    one, two, efficiency = work[0], work[1], work[2]
    upto = top if top < share.size else share.size
    # Distribution functions of one day and of two days put together.
    below_one = 0.0
    below_two = 0.0
    for k in range(upto):
        below_one += share[k]
        both = 0.0
        for j in range(k + 1):
            both += share[j] * share[k - j]
        below_two += both
        one[k] = below_one
        two[k] = below_two
    whole = mean * mean / spread
    best = whole
    for i in range(caps.size):
        efficiency[i] = 0.0
    single = 0.0
    double = 0.0
    second = 0.0
    at = 0
    for c in range(1, upto + 1):
        single += 1 - one[c - 1]
        double += 1 - two[c - 1]
        second += (2 * c - 1) * (1 - one[c - 1])
        if at < caps.size and caps[at] == c:
            variance = second - single * single
            if c < top and variance > 1e-12:
                efficiency[at] = (double - single) ** 2 / variance
                if efficiency[at] > best:
                    best = efficiency[at]
            at += 1
    if whole >= KEPT * best:
        return NO_CAP
    chosen = NO_CAP
    for i in range(caps.size):
        if efficiency[i] >= KEPT * best:
            chosen = caps[i]
    return chosen


@compiled
def _window_moments(running: IntArray, days: IntArray, baseline: int, length: int, out: FloatArray) -> None:
    """Put variance and lagged product of the sums of covered windows into `out`, from running totals."""
    m, pairs = 0, 0
    total, squares, product, either = 0.0, 0.0, 0.0, 0.0
    for d in range(baseline - length + 1):
        if days[d + length] - days[d] == length:
            w = float(running[d + length] - running[d])
            m += 1
            total += w
            squares += w * w
            e = d + length
            if e + length <= baseline and days[e + length] - days[e] == length:
                v = float(running[e + length] - running[e])
                pairs += 1
                product += w * v
                either += w + v
    if m:
        mean = total / m
        variance = squares / m - mean * mean
        out[0] = variance if variance > 0 else 0.0
        if pairs:
            out[1] = (product - mean * either) / pairs + mean * mean


@compiled
def _cells(
    values: npt.NDArray[np.int32],
    covered: BoolArray,
    cells: IntArray,
    length: int,
    caps: IntArray,
    running: IntArray,
    days: IntArray,
    share: FloatArray,
    work: FloatArray,
    whole: IntArray,
    moments: FloatArray,
) -> None:
    """Add up one cell after the other; `values` and `covered` have one row a region and may wrap around.

    `cells`, shape (4, cells), are region, first period, and one past the baseline's and the guard's last.
    The results go into `whole` and `moments`, which are 0; the other arrays are written over.
    """
    periods = values.shape[1]
    for i in range(cells.shape[1]):
        row, seen = values[cells[0, i]], covered[cells[0, i]]
        first, late = cells[1, i], cells[3, i]
        baseline = cells[2, i] - first
        for x in range(share.size):
            share[x] = 0.0
        n, total, square = 0, 0.0, 0.0
        top = row[0] * 0
        at = first % periods
        for _ in range(baseline):
            if seen[at]:
                x = row[at]
                n += 1
                total += x
                square += float(x) * x
                if x > top:
                    top = x
                if x < share.size:
                    share[x] += 1.0
            at = at + 1 if at + 1 < periods else 0
        if n == 0:
            whole[i, 0] = NO_CAP
            continue
        for x in range(share.size):
            share[x] /= n
        cap = _cap_of(share, top, total / n, square / n, caps, work)
        running[0] = 0
        days[0] = 0
        at = first % periods
        for d in range(baseline):
            x = 0
            if seen[at]:
                x = row[at] if row[at] < cap else cap
            running[d + 1] = running[d] + x
            days[d + 1] = days[d] + seen[at]
            at = at + 1 if at + 1 < periods else 0
        _window_moments(running, days, baseline, length, moments[i])
        for d in range(length):
            at = (late + d) % periods
            if seen[at]:
                x = row[at] if row[at] < cap else cap
                whole[i, 1] += x
                if x > whole[i, 2]:
                    whole[i, 7] = whole[i, 2]
                    whole[i, 2] = x
                elif x > whole[i, 7]:
                    whole[i, 7] = x
                whole[i, 3] += row[at]
                whole[i, 4] += 1
        whole[i, 0] = cap
        whole[i, 5] = running[baseline]
        whole[i, 6] = n


def _counted(
    values: npt.NDArray[np.int32], covered: BoolArray, cells: IntArray, length: int
) -> tuple[IntArray, FloatArray]:
    """Return what the cells hold, shape (cells, 8), and the moments of their window sums, (cells, 2)."""
    number, longest = cells.shape[1], int((cells[2] - cells[1]).max(initial=0)) + 1
    whole, moments = np.zeros((number, 8), np.int64), np.zeros((number, 2))
    work = np.empty((3, int(CAPS[-1])))
    _cells(
        values,
        covered,
        cells,
        length,
        CAPS,
        np.empty(longest, np.int64),
        np.empty(longest, np.int64),
        np.empty(int(CAPS[-1])),
        work,
        whole,
        moments,
    )
    return whole, moments


def daily_cap(baseline: npt.NDArray[np.integer]) -> IntArray:
    """Largest count of a day that still tells of a rise; `NO_CAP` where all of them do.

    Parameters
    ----------
    baseline : int array, shape (days, series)

    Returns
    -------
    int array, shape (series,)

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> steady = rng.poisson(0.5, 364)
    >>> waves = rng.poisson(0.05, 364) * rng.integers(1, 40, 364)
    >>> daily_cap(np.stack([steady, waves], axis=1)) < NO_CAP
    array([False,  True])
    """
    days, series = baseline.shape
    every = np.arange(series)
    found, _ = _counted(
        np.ascontiguousarray(baseline.T, np.int32),
        np.ones((series, days), bool),
        np.stack([every, 0 * every, 0 * every + days, 0 * every + days]),
        1,
    )
    return found[:, 0]


def capped_windows(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    region: IntArray,
    end: IntArray,
    *,
    length: int,
    guard: int,
    baseline: int,
) -> CappedWindows:
    """Count what the recent window that ends at `end` and its baseline hold, days capped.

    Parameters
    ----------
    values : int array, shape (regions, periods)
        Rows are taken as joined end to start: an `end` closer to the first period than its window, guard and
        baseline are long takes the missing days from the last ones.
    covered : bool array, same shape
    region, end : int arrays, shape (cells,)
        Row of each cell, and one past the last period of its window.
    length, guard, baseline : int
        Periods in the recent window, left out before it, and compared with.

    Returns
    -------
    CappedWindows
    """
    late = end - length
    split = late - guard
    first = split - baseline
    found, moments = _counted(
        np.ascontiguousarray(values, np.int32),
        np.ascontiguousarray(covered),
        np.stack([np.asarray(each, np.int64) for each in (region, first, split, late)]),
        length,
    )
    cap, observed, largest, raw, days, base, periods, second = found.T.copy()
    mu = length * base / np.maximum(periods, 1)
    dispersion = dispersion_from(mu, moments[:, 0], moments[:, 1], periods, length)
    return CappedWindows(cap, observed, largest, second, raw, days, base, periods, dispersion)
