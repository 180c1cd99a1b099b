"""EARS on whole panels: one pass over the counts, running sums kept exact.

Counts are whole numbers, so sums and sums of squares held as floats are exact below 2**53: adding today and
taking away the day that leaves the window never drifts.

References
----------
.. [1] Fricker, R. D., Hegler, B. L., Dunfee, D. A. (2008). Comparing syndromic surveillance detection
       methods: EARS' versus a CUSUM-based methodology. Statistics in Medicine 27, 3407-3429.
.. [2] Wallace, D. L. (1959). Bounds on normal approximations to Student's and the chi-square distributions.
       Annals of Mathematical Statistics 30, 1121-1130.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics.kernels.compiled import compiled

__all__ = ["cumulated_tail", "ears_reference", "ears_scan", "floor_bounds", "floor_scores", "largest_count"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_MEAN = 16  # up to this baseline mean the Poisson floor is exact, above it a square-root normal score
_COUNTS = 128  # ... and up to this count; beyond it no Poisson mean of 16 reaches
_STEP, _REACH = 1 / 32, 64.0  # grid of the cumulated statistic


def largest_count(baseline: int) -> int:
    """Return the largest count whose running sums stay exact."""
    return int(2.0**26 / baseline)


def floor_scores(baseline: int, largest: int) -> FloatArray:
    """Poisson predictive tails, written as quantiles of Student's t; shape (baseline totals, counts).

    Given the baseline total S, the count of a new period of a Poisson series is negative binomial with shape
    S + 1/2 and odds 1/baseline (Jeffreys' prior). Entry (S, y) is the t quantile, on baseline - 1 degrees of
    freedom, exceeded with probability P(Y >= y); never below 0, infinite in the last column.

    Examples
    --------
    >>> floor_scores(7, 0)[0, :4].round(2).tolist()
    [0.0, 1.76, 3.54, 5.68]
    """
    total = np.arange(min(largest, _MEAN * baseline) + 1.0)[:, None]
    count = np.arange(1.0, _COUNTS)[None, :]
    tail = special.betainc(count, total + 0.5, 1.0 / (baseline + 1))
    scores = np.zeros((total.size, _COUNTS + 1))
    scores[:, 1:-1] = np.maximum(-special.stdtrit(baseline - 1.0, np.maximum(tail, 1e-300)), 0.0)
    scores[:, -1] = np.inf
    return np.maximum.accumulate(scores, axis=1)


def floor_bounds(scores: FloatArray, threshold: FloatArray) -> npt.NDArray[np.int16]:
    """Return the largest count not above a threshold; shape (baseline totals, thresholds)."""
    rows = [np.searchsorted(row, threshold, side="right") - 1 for row in scores]
    return np.array(rows, dtype=np.int16)


@lru_cache(maxsize=32)
def cumulated_tail(baseline: int) -> tuple[FloatArray, FloatArray]:
    """Tail of C3 where nothing changes: values h, and P(C3 > h).

    C3 adds max(0, C2 - 1) over three periods. Counts are taken as normal; the three share their baseline's
    mean and standard deviation (their windows overlap in all but two periods), over which the tail is
    averaged.
    """
    df = baseline - 1.0
    spread = math.sqrt(1 + 1 / baseline)
    shift, weight = special.roots_hermitenorm(12)
    weight = weight / weight.sum()
    log_w = np.linspace(math.log(0.02), math.log(6.0), 80)
    density = df * log_w - 0.5 * df * np.exp(2 * log_w)  # log density of the log of sqrt(chi2 / df)
    mass = np.exp(density - density.max())
    mass /= mass.sum()
    edges = np.arange(0.0, _REACH, _STEP)
    points = edges.size
    law = np.zeros(points)
    for w, part in zip(np.exp(log_w), mass, strict=True):
        z = (edges[None, :] + 0.5 * _STEP + 1) * (w * spread) + shift[:, None] / math.sqrt(baseline)
        below = special.ndtr(z)
        each = np.diff(below, axis=1, prepend=0.0)
        transform = np.fft.rfft(each, 4 * points, axis=1) ** 3
        law += part * (weight @ np.fft.irfft(transform, 4 * points, axis=1)[:, :points])
    return edges, np.clip(1.0 - np.cumsum(law), 1e-300, 1.0)


@compiled
def _to_normal(t: float, df: float) -> float:
    return (8 * df + 1) / (8 * df + 3) * math.sqrt(df * math.log1p(t * t / df))


@compiled
def _to_t(z: float, df: float) -> float:
    u = z * (8 * df + 3) / (8 * df + 1)
    return math.sqrt(df * math.expm1(min(u * u / df, 600.0)))


@compiled
def ears_scan(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    gaps: bool,
    first: int,
    baseline: int,
    lag: int,
    min_sigma: float,
    scores: FloatArray,
    bounds: npt.NDArray[np.int16],
    which: npt.NDArray[np.int64],
    threshold: FloatArray,
    cumulated: bool,
) -> Any:
    """C1, C2 or C3 of every period from `first` on; arrays of shape (periods, regions).

    Parameters
    ----------
    values, usable : arrays, shape (periods, regions)
    gaps : bool
        Whether anything is not usable; False skips looking.
    first : int
    baseline, lag : int
        Periods in the baseline, and how many periods before today it ends.
    min_sigma : float
    scores, bounds : arrays
        From `floor_scores`, and `floor_bounds` at the thresholds (plus one where `cumulated`).
    which : int array, shape (regions,)
        Column of `bounds`.
    threshold : float array, shape (regions,)
    cumulated : bool
        C3.

    Returns
    -------
    expected, upper_bound, statistic : float arrays, NaN where there is no baseline
    alarm, missing : bool arrays
        `missing` has one row unless `gaps`.
    """
    periods, regions = values.shape
    n, df = float(baseline), baseline - 1.0
    widen = math.sqrt(1 + 1 / n)
    exact, most = scores.shape[0], scores.shape[1] - 1
    back = 2 if cumulated else 0
    begin = max(0, first - back - lag - baseline)
    full = max(begin + lag + baseline - 1, first - back)
    rows = periods - first
    expected = np.empty((rows, regions))
    upper = np.empty((rows, regions))
    statistic = np.empty((rows, regions))
    alarm = np.zeros((rows, regions), dtype=np.bool_)
    missing = np.zeros((rows if gaps else 1, regions), dtype=np.bool_)
    total, squares, lost = np.zeros(regions), np.zeros(regions), np.zeros(regions)
    before, earlier = np.full(regions, np.nan), np.full(regions, np.nan)
    for t in range(begin + lag, periods):
        new, old, row = t - lag, t - lag - baseline, t - first
        if old >= begin:
            for r in range(regions):
                a, b = float(values[new, r]), float(values[old, r])
                total[r] += a - b
                squares[r] += a * a - b * b
        else:
            for r in range(regions):
                a = float(values[new, r])
                total[r] += a
                squares[r] += a * a
        if gaps:
            for r in range(regions):
                lost[r] += (not usable[new, r]) - (old >= begin and not usable[old, r])
        if t < full:
            continue
        for r in range(regions):
            y = float(values[t, r])
            mean = total[r] / n
            scale = widen * max(math.sqrt((n * squares[r] - total[r] * total[r]) / (n * df)), min_sigma)
            over = y - mean
            s = int(total[r])
            if s < exact:
                floor = scores[s, min(int(y), most)]
            elif over > 0:
                floor = _to_t(max(2 * (math.sqrt(y - 0.125) - math.sqrt(mean + 0.375)) / widen, 0.0), df)
            else:
                floor = 0.0
            score = min(over / scale, floor) if scale > 0 else floor * (over > 0)
            limit, edge = threshold[r], bounds[min(s, exact - 1), which[r]]
            raised = score > limit
            if cumulated:
                excess = max(score - 1.0, 0.0)
                if gaps and (lost[r] > 0 or not usable[t, r]):
                    excess = np.nan
                carried = before[r] + earlier[r]
                earlier[r], before[r] = before[r], excess
                score = carried + excess if y > 0 else 0.0 * (carried + excess)
                raised = score > limit
                limit += 1.0 - carried
                if carried > 0 and s < exact:
                    edge = np.int16(np.searchsorted(scores[s], limit, side="right") - 1)
            if row < 0:
                continue
            if s < exact:
                bound = max(mean + limit * scale, float(edge))
            else:
                root = math.sqrt(mean + 0.375) + 0.5 * widen * _to_normal(max(limit, 0.0), df)
                bound = max(mean + limit * scale, root * root + 0.125)
            if cumulated and limit <= 1.0:
                bound = 0.0
            expected[row, r] = mean
            upper[row, r] = bound
            statistic[row, r] = score
            alarm[row, r] = raised
            if gaps and (lost[r] > 0 or np.isnan(score)):
                missing[row, r] = True
                expected[row, r] = upper[row, r] = statistic[row, r] = np.nan
                alarm[row, r] = False
    start = min(rows, max(0, lag + baseline - 1 + back - first))
    expected[:start] = np.nan
    upper[:start] = np.nan
    statistic[:start] = np.nan
    alarm[:start] = False
    return expected, upper, statistic, alarm, missing


@compiled
def ears_reference(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    gaps: bool,
    first: int,
    baseline: int,
    lag: int,
    min_sigma: float,
    threshold: FloatArray,
    cumulated: bool,
) -> Any:
    """C1, C2 or C3 as R's surveillance gives them; the same arrays as `ears_scan`.

    Bounds are mean + z * sd. For C3 the bound is today's count + sd * (z - C3 of the two periods before), so
    that today's count does not enter its own test; where a baseline was constant it may be NaN.
    """
    periods, regions = values.shape
    n, df = float(baseline), baseline - 1.0
    back = 2 if cumulated else 0
    begin = max(0, first - back - lag - baseline)
    full = max(begin + lag + baseline - 1, first - back)
    rows = periods - first
    expected = np.empty((rows, regions))
    upper = np.empty((rows, regions))
    statistic = np.empty((rows, regions))
    alarm = np.zeros((rows, regions), dtype=np.bool_)
    missing = np.zeros((rows if gaps else 1, regions), dtype=np.bool_)
    total, squares, lost = np.zeros(regions), np.zeros(regions), np.zeros(regions)
    before, earlier = np.full(regions, np.nan), np.full(regions, np.nan)
    for t in range(begin + lag, periods):
        new, old, row = t - lag, t - lag - baseline, t - first
        if old >= begin:
            for r in range(regions):
                a, b = float(values[new, r]), float(values[old, r])
                total[r] += a - b
                squares[r] += a * a - b * b
        else:
            for r in range(regions):
                a = float(values[new, r])
                total[r] += a
                squares[r] += a * a
        if gaps:
            for r in range(regions):
                lost[r] += (not usable[new, r]) - (old >= begin and not usable[old, r])
        if t < full:
            continue
        for r in range(regions):
            y = float(values[t, r])
            mean = total[r] / n
            sigma = max(math.sqrt((n * squares[r] - total[r] * total[r]) / (n * df)), min_sigma)
            score = (y - mean) / sigma
            bound = mean + threshold[r] * sigma
            if cumulated:
                excess = score - 1.0
                if excess < 0.0:
                    excess = 0.0
                if gaps and (lost[r] > 0 or not usable[t, r]):
                    excess = np.nan
                score = before[r] + earlier[r]
                earlier[r], before[r] = before[r], excess
                bound = y + sigma * (threshold[r] - score)
                if bound < 0.0:
                    bound = 0.0
            elif sigma == 0.0:
                score = 0.0 if y == mean else (np.inf if y > mean else -np.inf)
            if row < 0:
                continue
            expected[row, r] = mean
            upper[row, r] = bound
            statistic[row, r] = score
            alarm[row, r] = y > bound
            if gaps and (lost[r] > 0 or (cumulated and np.isnan(score))):
                missing[row, r] = True
                expected[row, r] = upper[row, r] = statistic[row, r] = np.nan
                alarm[row, r] = False
    start = min(rows, max(0, lag + baseline - 1 + back - first))
    expected[:start] = np.nan
    upper[:start] = np.nan
    statistic[:start] = np.nan
    alarm[:start] = False
    return expected, upper, statistic, alarm, missing
