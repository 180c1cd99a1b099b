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

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.common.quadrature import normal_nodes

__all__ = [
    "cumulated_tail",
    "drop",
    "ears_scan",
    "floor_bounds",
    "floor_scores",
    "largest_count",
    "moments",
    "slide",
    "tail_scores",
]


_MEAN = 16  # up to this baseline mean the Poisson floor is exact, above it a square-root normal score
_COUNTS = 128  # ... and up to this count; beyond it no Poisson mean of 16 reaches
_LEAST_TAIL = 1e-300
_STEP, _REACH = 1 / 32, 64.0  # grid of the cumulated statistic


def empty_answers(rows: int, regions: int, gaps: bool) -> Any:
    """Return the arrays the scans fill: expected, upper bound, statistic, alarm, missing.

    Made here because NumPy asks for large memory pages, which compiled code does not: a third of the time.
    `missing` (a gap in the baseline) has one row unless there are gaps.
    """
    expected, upper, statistic = (np.empty((rows, regions)) for _ in range(3))
    alarm = np.zeros((rows, regions), dtype=bool)
    return expected, upper, statistic, alarm, np.zeros((rows if gaps else 1, regions), dtype=bool)


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
    tail = np.asarray(special.betainc(count, total + 0.5, 1.0 / (baseline + 1)), dtype=float)
    scores = np.zeros((total.size, _COUNTS + 1))
    scores[:, 1:-1] = tail_scores(tail, baseline)
    scores[:, -1] = np.inf
    return np.maximum.accumulate(scores, axis=1)


def tail_scores(tail: FloatArray, baseline: int) -> FloatArray:
    """Return the t quantile, on baseline - 1 degrees of freedom, exceeded with a probability; at least 0.

    Infinite where SciPy has none for a tail so small: it gives one of the wrong sign. For a tail of 1 some
    versions give NaN.

    Examples
    --------
    >>> tail_scores(np.array([1.0, 0.5, 0.01]), 7).round(2)
    array([0.  , 0.  , 3.14])
    """
    score = -special.stdtrit(baseline - 1.0, np.clip(tail, _LEAST_TAIL, 0.5))
    return np.where(np.isfinite(score), np.maximum(score, 0.0), np.inf)


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
    shift, weight = normal_nodes(12)
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
def slide(
    values: Any, usable: Any, gaps: bool, new: int, old: int, total: Any, squares: Any, lost: Any
) -> None:
    """Take period `new` into the running sums and, unless negative, period `old` out of them."""
    if old >= 0:
        for r in range(total.size):
            a, b = float(values[new, r]), float(values[old, r])
            total[r] += a - b
            squares[r] += a * a - b * b
    else:
        for r in range(total.size):
            a = float(values[new, r])
            total[r] += a
            squares[r] += a * a
    if gaps:
        for r in range(total.size):
            lost[r] += (not usable[new, r]) - (old >= 0 and not usable[old, r])


@compiled
def moments(
    total: Any, squares: Any, n: float, widen: float, min_sigma: float, mean: Any, scale: Any
) -> None:
    """Write mean and standard deviation (at least `min_sigma`, times `widen`) of the running sums of `n`."""
    share = 1.0 / (n * (n - 1.0))
    for r in range(total.size):
        mean[r] = total[r] / n
        scale[r] = widen * max(math.sqrt((n * squares[r] - total[r] * total[r]) * share), min_sigma)


@compiled
def _score(
    counts: Any,
    total: Any,
    mean: Any,
    scale: Any,
    scores: Any,
    widen: float,
    df: float,
    dense: bool,
    least: float,
    score: Any,
    root: Any,
    normal: Any,
) -> None:
    """Write the smaller of the t statistic and the Poisson floor, exact where above `least`."""
    exact, most = scores.shape[0], scores.shape[1] - 1
    for r in range(counts.size):
        over = counts[r] - mean[r]
        still = np.inf if over > 0.0 else 0.0
        score[r] = over / scale[r] if scale[r] > 0.0 else still
    if not dense:
        for r in range(counts.size):
            score[r] = min(score[r], scores[int(total[r]), min(counts[r], most)])
        return
    for r in range(counts.size):
        root[r] = math.sqrt(mean[r] + 0.375)
        normal[r] = 2 / widen * (math.sqrt(max(counts[r] - 0.125, 0.0)) - root[r])
    for r in range(counts.size):
        if score[r] <= least:
            continue
        s = int(total[r])
        if s < exact:
            score[r] = min(score[r], scores[s, min(counts[r], most)])
        elif score[r] > max(normal[r], 0.0):  # a t quantile is never below the normal one
            score[r] = min(score[r], _to_t(max(normal[r], 0.0), df))


@compiled
def _bound(
    total: Any,
    mean: Any,
    scale: Any,
    limit: Any,
    root: Any,
    normal: Any,
    scores: Any,
    bounds: Any,
    which: Any,
    carried: Any,
    widen: float,
    df: float,
    dense: bool,
    bound: Any,
) -> None:
    """Write the count at which the score of `_score` is `limit`."""
    exact = scores.shape[0]
    for r in range(total.size):
        s, plain = int(total[r]), mean[r] + limit[r] * scale[r]
        if limit[r] <= 1.0 and carried[r] > 0.0:
            bound[r] = 0.0
        elif dense and s >= exact:
            z = normal[r] if carried[r] == 0.0 else _to_normal(limit[r], df)
            reach = root[r] + 0.5 * widen * z
            bound[r] = max(plain, reach * reach + 0.125)
        elif carried[r] > 0.0:
            low, high = 0, scores.shape[1]  # the first score above the limit
            while low < high:
                middle = (low + high) // 2
                if scores[s, middle] > limit[r]:
                    high = middle
                else:
                    low = middle + 1
            bound[r] = max(plain, low - 1.0)
        else:
            bound[r] = max(plain, float(bounds[s, which[r]]))


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
    which: IntArray,
    threshold: FloatArray,
    cumulated: bool,
    dense: bool,
    expected: FloatArray,
    upper: FloatArray,
    statistic: FloatArray,
    alarm: BoolArray,
    missing: BoolArray,
) -> None:
    """C1, C2 or C3 of every period from `first` on; the last five are filled.

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
    dense : bool
        Whether a baseline total can lie beyond `scores`.
    expected, upper, statistic, alarm, missing : arrays
        From `empty_answers`; NaN and False where there is no baseline.
    """
    _scan(
        values, usable, gaps, first, baseline, lag, min_sigma, scores, bounds, which, threshold, cumulated,
        dense, expected, upper, statistic, alarm, missing, np.zeros((13, values.shape[1])),
    )  # fmt: skip
    start = min(len(values) - first, max(0, lag + baseline - 1 + (2 if cumulated else 0) - first))
    for answer in (expected, upper, statistic):
        answer[:start] = np.nan
    alarm[:start] = False


@compiled
def _scan(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    gaps: bool,
    first: int,
    baseline: int,
    lag: int,
    min_sigma: float,
    scores: FloatArray,
    bounds: npt.NDArray[np.int16],
    which: IntArray,
    threshold: FloatArray,
    cumulated: bool,
    dense: bool,
    expected: FloatArray,
    upper: FloatArray,
    statistic: FloatArray,
    alarm: BoolArray,
    missing: BoolArray,
    work: FloatArray,
) -> None:
    """Fill the answers of `ears_scan` wherever there is a baseline; `work` is work space, all 0."""
    periods, regions = values.shape
    n, df = float(baseline), baseline - 1.0
    widen = math.sqrt(1 + 1 / n)
    back = 2 if cumulated else 0
    least = 1.0 if cumulated else 0.0  # C3 adds only what lies above 1, and no floor is below 0
    begin = max(0, first - back - lag - baseline)
    full = max(begin + lag + baseline - 1, first - back)
    total, squares, lost, before, earlier, mean = work[0], work[1], work[2], work[3], work[4], work[5]
    scale, score, carried, limit, normal, root = work[6], work[7], work[8], work[9], work[10], work[11]
    near = work[12]
    for r in range(regions):
        before[r] = earlier[r] = np.nan
        limit[r] = threshold[r]
        normal[r] = _to_normal(threshold[r] + (1.0 if cumulated else 0.0), df)
    for t in range(begin + lag, periods):
        old = t - lag - baseline
        slide(values, usable, gaps, t - lag, old if old >= begin else -1, total, squares, lost)
        if t < full:
            continue
        moments(total, squares, n, widen, min_sigma, mean, scale)
        _score(values[t], total, mean, scale, scores, widen, df, dense, least, score, root, near)
        if cumulated:
            for r in range(regions):
                excess = max(score[r] - 1.0, 0.0)
                if gaps and (lost[r] > 0 or not usable[t, r]):
                    excess = np.nan
                carried[r] = before[r] + earlier[r]
                earlier[r], before[r] = before[r], excess
                score[r] = (carried[r] + excess) * (1.0 if values[t, r] > 0 else 0.0)
                limit[r] = threshold[r] + 1.0 - carried[r]
        row = t - first
        if row < 0:
            continue
        _bound(
            total,
            mean,
            scale,
            limit,
            root,
            normal,
            scores,
            bounds,
            which,
            carried,
            widen,
            df,
            dense,
            upper[row],
        )
        for r in range(regions):
            expected[row, r] = mean[r]
            statistic[row, r] = score[r]
            alarm[row, r] = score[r] > threshold[r]
        if gaps:
            drop(lost, expected[row], upper[row], statistic[row], alarm[row], missing[row])


@compiled
def drop(lost: Any, expected: Any, upper: Any, statistic: Any, alarm: Any, missing: Any) -> None:
    """Take back the answers whose baseline has a gap."""
    for r in range(lost.size):
        if lost[r] > 0 or np.isnan(statistic[r]):
            missing[r] = True
            expected[r] = upper[r] = statistic[r] = np.nan
            alarm[r] = False
