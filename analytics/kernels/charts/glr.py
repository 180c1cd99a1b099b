"""Generalised likelihood ratios over a window of change times, for a changed level or an epidemic.

After a change at k the mean is ``ratio * mean[t]`` (level) or ``mean[t] + slope * y[t - 1]`` (epidemic), the
unknown maximised over. Each period looks back over windows of `shortest` to `longest` periods that end in it.

References
----------
.. [1] Höhle, M., Paul, M. (2008). Count data regression charts for the monitoring of surveillance time
       series. Computational Statistics and Data Analysis 52, 4357-4368.
.. [2] Lai, T. L. (1995). Sequential changepoint detection in quality control and dynamical systems. Journal
       of the Royal Statistical Society B 57, 613-658.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled

__all__ = ["EPIDEMIC", "EPIDEMIC_POISSON_CHAIN", "EPIDEMIC_RATIO", "FIXED", "LEVEL", "window_glr"]


LEVEL, FIXED, EPIDEMIC = 0, 1, 2
# The reference's epidemic charts. Poisson: Newton steps on the logarithm of the slope from 0.5, each window
# starting where the longer one before it ended, right or astray. Negative binomial: the level's ratio is
# taken for the slope.
EPIDEMIC_POISSON_CHAIN, EPIDEMIC_RATIO = 3, 4

_STEPS = 60
_SETTLED = 1e-13
_CHAIN_START, _CHAIN_STEPS, _CHAIN_SETTLED, _CHAIN_FAR = 0.5, 100, 1e-6, 50.0
_CASES_STEP, _CASES_MAX = 8, 10_000


@compiled
def _level_ratio(y: FloatArray, mean: FloatArray, alpha: float, first: int, last: int) -> float:
    """Most likely ratio of the level over first..last; 0 without an incident."""
    total, expected = 0.0, 0.0
    for i in range(first, last + 1):
        total += y[i]
        expected += mean[i]
    if total == 0.0 or expected == 0.0:
        return 0.0
    log_ratio = np.log(total / expected)
    if alpha == 0.0:
        return float(total / expected)
    low, high = -40.0, 40.0
    for _ in range(_STEPS):
        ratio = np.exp(log_ratio)
        score, information = 0.0, 0.0
        for i in range(first, last + 1):
            m = ratio * mean[i]
            weight = 1.0 / (1.0 + alpha * m)
            score += (y[i] - m) * weight
            information += m * (1.0 + alpha * y[i]) * weight * weight
        if score > 0:
            low = log_ratio
        else:
            high = log_ratio
        step = score / information
        after = log_ratio + step
        if after <= low or after >= high:
            after = (low + high) / 2
        if abs(after - log_ratio) < _SETTLED:
            break
        log_ratio = after
    return float(np.exp(log_ratio))


@compiled
def _gain(y: float, mean: float, changed: float, alpha: float) -> float:
    """Log-likelihood ratio of one count."""
    if mean <= 0.0 or changed <= 0.0:
        return 0.0 if changed == mean else (-np.inf if y > 0 else mean - changed)
    value = 0.0 if y == 0 else float(y * np.log(changed / mean))
    if alpha == 0.0:
        return value - (changed - mean)
    return value - (y + 1.0 / alpha) * float(np.log1p(alpha * changed) - np.log1p(alpha * mean))


@compiled
def _level(y: FloatArray, mean: FloatArray, alpha: float, first: int, last: int, sign: float) -> float:
    ratio = _level_ratio(y, mean, alpha, first, last)
    if sign * (ratio - 1.0) <= 0.0:
        return 0.0
    value = 0.0
    if ratio == 0.0:
        for i in range(first, last + 1):
            value += mean[i] if alpha == 0.0 else np.log1p(alpha * mean[i]) / alpha
        return value
    for i in range(first, last + 1):
        value += _gain(y[i], mean[i], ratio * mean[i], alpha)
    return value


@compiled
def _slope_gain(
    y: FloatArray, mean: FloatArray, before: FloatArray, slope: float, alpha: float, first: int, last: int
) -> float:
    value = 0.0
    for i in range(first, last + 1):
        if before[i] > 0.0:
            value += _gain(y[i], mean[i], mean[i] + slope * before[i], alpha)
    return value


@compiled
def _slope_score(
    y: FloatArray, mean: FloatArray, before: FloatArray, slope: float, alpha: float, first: int, last: int
) -> float:
    score = 0.0
    for i in range(first, last + 1):
        if before[i] > 0.0:
            m = mean[i] + slope * before[i]
            score += before[i] * (y[i] - m) / (m * (1.0 + alpha * m))
    return score


@compiled
def _epidemic(
    y: FloatArray, mean: FloatArray, before: FloatArray, alpha: float, first: int, last: int
) -> float:
    """Largest likelihood ratio over slopes above 0, by halving on the score."""
    if not _slope_score(y, mean, before, 0.0, alpha, first, last) > 0.0:
        return 0.0
    low, high = 0.0, 1.0
    while _slope_score(y, mean, before, high, alpha, first, last) > 0.0 and high < 1e12:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _slope_score(y, mean, before, middle, alpha, first, last) > 0.0:
            low = middle
        else:
            high = middle
    return max(_slope_gain(y, mean, before, (low + high) / 2, alpha, first, last), 0.0)


@compiled
def _chained_slope(
    y: FloatArray, mean: FloatArray, before: FloatArray, slope: float, first: int, last: int
) -> float:
    """Newton steps on the logarithm of the slope, as the reference takes them; may run astray."""
    for _ in range(_CHAIN_STEPS):
        score, curvature = 0.0, 0.0
        for i in range(first, last + 1):
            m = mean[i] + slope * before[i]
            score += before[i] * (y[i] / m - 1.0)
            curvature -= y[i] * (before[i] / m) ** 2
        bend = score + slope * curvature
        if bend == 0.0:
            break
        after = np.exp(min(np.log(slope) - score / bend, _CHAIN_FAR))
        done = abs(after - slope) < _CHAIN_SETTLED
        slope = max(after, 1e-100)
        if done:
            break
    return slope


@compiled
def _at(
    y: FloatArray,
    mean: FloatArray,
    before: FloatArray,
    alpha: float,
    ratio: float,
    sign: float,
    change: int,
    begin: int,
    t: int,
    shortest: int,
    longest: int,
    carried: float,
) -> float:
    """Return the statistic of one period; 0 where no window fits."""
    if change == FIXED:
        return max(carried, 0.0) + _gain(y[t], mean[t], ratio * mean[t], alpha)
    best = 0.0
    slope = _CHAIN_START
    start = max(begin, t - longest + 1)
    for first in range(start, t - shortest + 2):
        value = 0.0
        if change == LEVEL:
            value = _level(y, mean, alpha, first, t, sign)
        elif change == EPIDEMIC:
            value = _epidemic(y, mean, before, alpha, first, t)
        elif change == EPIDEMIC_RATIO:
            slope = _level_ratio(y, mean, alpha, first, t)
            value = _slope_gain(y, mean, before, slope, alpha, first, t)
        else:
            some = False
            for i in range(first, t + 1):
                some = some or before[i] > 0.0
            if some:
                slope = _chained_slope(y, mean, before, slope, first, t)
                value = _slope_gain(y, mean, before, slope, alpha, first, t)
        best = max(best, value)
    return best


@compiled
def window_glr(
    counts: npt.NDArray[np.int32],
    usable: BoolArray,
    mean: FloatArray,
    alpha: FloatArray,
    ratio: FloatArray,
    threshold: FloatArray,
    begin: IntArray,
    opens: int,
    change: int,
    sign: float,
    shortest: int,
    longest: int,
    cases: bool,
    reset: bool,
    stop: bool,
    statistic: FloatArray,
    alarm: BoolArray,
    needed: FloatArray,
) -> IntArray:
    """Run the chart on every series from its `begin` on and fill `statistic`, `alarm` and `needed`.

    Parameters
    ----------
    counts : int array, shape (periods, series)
    usable : bool array, same shape
        Periods without data leave no mark: windows reach across them.
    mean : float array, same shape
    alpha : float array, shape (series,)
        Negative binomial dispersion; 0 is Poisson.
    ratio : float array, shape (series,)
        The ratio after the change, where it is fixed.
    threshold : float array, shape (series,)
    begin : int array, shape (series,)
        First period of each series that a change may lie at.
    opens : int
        First period whose count an epidemic may feed on.
    change : int
        LEVEL, FIXED, EPIDEMIC, or one of the reference's two.
    sign : float
        1 for increases, -1 for decreases.
    shortest, longest : int
        Windows looked at, in periods with data.
    cases : bool
        Whether to fill `needed`: the smallest count that would have alarmed.
    reset : bool
        Whether the search starts afresh after an alarm.
    stop : bool
        Stop a series at its first alarm.

    Returns
    -------
    int array, shape (series,)
        The first alarm; the number of periods where there is none.
    """
    periods, series = counts.shape
    found = np.full(series, periods)
    y, m, before = np.zeros(periods), np.zeros(periods), np.zeros(periods)
    for s in range(series):
        n, start = 0, 0
        carried, last = 0.0, 0.0
        for t in range(begin[s], periods):
            if not usable[t, s]:
                last = 0.0
                continue
            if n == 0 and t > opens and usable[t - 1, s]:
                last = float(counts[t - 1, s])
            y[n], m[n], before[n] = counts[t, s], mean[t, s], last
            if cases:
                low, step = 0, 1 if change > EPIDEMIC else _CASES_STEP
                while low < _CASES_MAX:
                    y[n] = low
                    value = _at(
                        y, m, before, alpha[s], ratio[s], sign, change, start, n, shortest, longest, carried
                    )
                    if value >= threshold[s]:
                        if step == 1:
                            break
                        # Wide steps up to a count that alarms, then single ones from the step before.
                        low, step = max(low - step, -1), 1
                    low += step
                needed[t, s] = low if low < _CASES_MAX else np.nan
                y[n] = counts[t, s]
            value = _at(y, m, before, alpha[s], ratio[s], sign, change, start, n, shortest, longest, carried)
            carried = value
            statistic[t, s] = max(value, 0.0)
            last = y[n]
            n += 1
            if value >= threshold[s]:
                alarm[t, s] = True
                found[s] = min(found[s], t)
                if stop:
                    break
                if reset:
                    start, carried = n, 0.0
    return found
