"""Volatility: how far windows deviate from their mean, relative to it, beyond the noise of counting.

For sums W of a window with mean mu, Var(W) = mu + (mu sigma)^2, where sigma is the standard deviation of the
relative deviation of the rate (the coefficient of variation of a mixed Poisson process [1]_). The estimate is
that of moments, over overlapping windows: phi = var(W) / mean(W), corrected for the finite number of windows
as in :mod:`~analytics.kernels.common.dispersion`, and sigma^2 = (phi - 1) / mu.

The interval is one of log phi, turned into sigma: from log phi - a s to log phi + b s. Here s^2 is the
delta method's variance for a gamma mixture, times (1 + rho) / (1 - rho) for the correlation rho of windows
one length apart [2]_. It is right for few processes: slow rates, heavy tails and waves on single days make
the estimate vary more. So a and b are each the sum of three parts, log-linear in twenty-one signs that a
series gives of what it is (:class:`Signs`), among them the variance of log phi from its influence values,
as the fourth moment has it [3]_ and as their slowest cosines have it, which allows for any weak dependence
[4]_, and the part that single days have in the variance. The weights are calibrated [5]_:
``benchmarks/volatility_limits.py`` sets them on random members of twelve families of processes, alone,
summed and thinned, so that as many as possible are covered 95 %, with the least width.

A history worth few windows says less than its signs claim. Half of it at one level and half at another is the
clearest case: all windows are equally far from the mean, so the fourth moment is at its least, and the
variance seems sure; one long spell more or less would change it. The lower limit allows for that, the more
the smaller the variance of the influence values and the fewer the windows that the history is worth. The
upper limit has Student's correction for as many degrees of freedom [8]_. Where 0 belongs to the interval,
nothing is missed below it, and the upper limit is nearer.

A season is slow too, but a history of whole years holds all of it. As far as one is sure
(:mod:`~analytics.kernels.recurrence.yearly`), the correction for the finite number of windows leaves its part
of the variance out, and the lower limit is that of a season with noise around it. The upper limit stays: few
years do not show that seasons are alike.

Whether 0 belongs to the interval is decided by Fisher's dispersion test of a Poisson process at 4 %, whatever
the signs [7]_.

References
----------
.. [1] Cox, D. R., Isham, V. (1980). Point Processes. Chapman and Hall.
.. [2] Bayley, G. V., Hammersley, J. M. (1946). The "effective" number of independent observations in an
       autocorrelated time series. Supplement to the Journal of the Royal Statistical Society 8, 184-197.
.. [3] Bonett, D. G. (2006). Approximate confidence interval for standard deviation of nonnormal
       distributions. Computational Statistics and Data Analysis 50, 775-782.
.. [4] Lazarus, E., Lewis, D. J., Stock, J. H., Watson, M. W. (2018). HAR inference: recommendations for
       practice. Journal of Business and Economic Statistics 36, 541-559.
.. [5] Loh, W.-Y. (1987). Calibrating confidence coefficients. Journal of the American Statistical
       Association 82, 155-162.
.. [6] Bulmer, M. G. (1974). On fitting the Poisson lognormal distribution to species-abundance data.
       Biometrics 30, 101-110.
.. [7] Fisher, R. A. (1950). The significance of deviations from expectation in a Poisson series. Biometrics
       6, 17-24.
.. [8] Cornish, E. A., Fisher, R. A. (1938). Moments and cumulants in the specification of distributions.
       Revue de l'Institut International de Statistique 5, 307-320.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.recurrence.volatility_weights import ABOVE, BELOW, LEAST, MOST, NEAREST
from analytics.kernels.recurrence.yearly import season
from analytics.periods import YEAR_DAYS

__all__ = ["Moments", "Signs", "Volatility", "moments", "relative_deviation"]

_POISSON = 0.04
_LEAST = 0.01  # lower limit where the volatility is not 0, and no more is known
_RHO_MAX = 0.9
_USUAL_WINDOWS = 52
_COSINES, _DRIFTING = 4, 2
_NOTHING = 1e-9
_SHARES = (1e-3, 2.0)
_SOME = 0.1
_LEAST_UNLIKE = 0.05
_SEASON = 1.17  # the lower limit of a season, times its scale
_NARROWEST = 20.0  # a season makes the scale at most so many times smaller
_STUDENT = (1.96**2 + 1) / 4
_TWO_LEVELS, _NORMAL_TAIL, _LEAST_TAIL = 1.5, 2.0, 0.7
_ONE_SIDED = 0.86  # where 0 belongs to the interval


class Volatility(NamedTuple):
    """Standard deviation of the relative deviation of windows, its 95 % interval, and what it rests on."""

    sigma: float
    low: float
    high: float
    mean: float
    phi: float
    rho: float
    windows: int


class Signs(NamedTuple):
    """What a series shows of the process that made it, as far as the variance of log phi depends on it."""

    slow: float  # half the log of the variance from four slow cosines of the influence values, over s^2
    tail: float  # the same of the variance of the influence values themselves
    windows: float  # log of their number over 52
    day: float  # log of the share of the largest period, squared, in the sum of squares
    window: float  # the same of the largest window
    daily: float  # log of the dispersion of single periods over that of windows
    drift: float  # share of the two slowest cosines of the windows in their variance
    rho: float
    weak: float  # 1 where windows vary as Poisson ones do; towards 0 the farther from it
    level: float  # log of 1 + sigma^2
    heavy: float  # half the log of the variance of log phi for a lognormal mixture over that for a gamma [6]
    mean: float  # log of the mean of a window
    share: float  # log of the part of the excess over Poisson noise that single periods have
    carriers: float  # log of the periods a window that carry this part, as many as would if they were alike
    third: float  # log of the third factorial moment of periods over the second: sizes still to come
    halves: float  # how unlike the variances of the two halves are, as a logarithm
    quarters: float  # log of the same of four quarters, over s
    skew: float  # of windows
    drifting: float  # log of `drift` times the number of windows
    correction: float  # log of what phi is raised by for the finite number of windows
    single: float  # log of the dispersion of single periods


class Moments(NamedTuple):
    """The estimate and what its interval is made of; `scale` is the s above.

    `freedom` is that of phi where the process is Poisson; 1 / `spread` that of windows correlated like these;
    `tail` the variance of the influence values, 2 for normal windows.
    """

    phi: float
    mean: float
    rho: float
    freedom: float
    spread: float
    tail: float
    scale: float
    signs: Signs


def relative_deviation(
    values: IntArray, covered: BoolArray, length: int, year: float = YEAR_DAYS
) -> Volatility:
    """Estimate the volatility of one series.

    Parameters
    ----------
    values : int array, shape (periods,)
    covered : bool array, shape (periods,)
        Windows that touch a period without coverage are left out.
    length : int
        Periods in a window; there are windows, and there is an incident.
    year : float
        Periods in a year; that of days unless given.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> steady = relative_deviation(rng.poisson(2.0, 840), np.ones(840, bool), 14)
    >>> rate = 2 * np.repeat(rng.gamma(4, 1 / 4, 14), 60)
    >>> changeable = relative_deviation(rng.poisson(rate), np.ones(840, bool), 14)
    >>> steady.low, bool(changeable.low > 0)
    (0.0, True)
    """
    windows = _windows(values, covered, length)
    found = _of(windows, values, covered, length)
    shown = np.array([1.0, *np.clip(found.signs, LEAST, MOST)])
    yearly = season(windows.centred, windows.whole, length, windows.many * length / year, year)
    lost = 1 - float(np.exp(-found.signs.correction))
    phi = found.phi * (1 - lost) / (1 - lost * (1 - yearly.share * yearly.sure))
    below, above = (
        found.scale * max(float(np.exp(weights @ shown).sum()), NEAREST) * factor
        for weights, factor in zip((BELOW, ABOVE), _for_few(found), strict=True)
    )
    steady = _SEASON * max(yearly.scale, found.scale / _NARROWEST)
    below = below ** (1 - yearly.sure) * steady**yearly.sure
    sigma, low, high = (
        float(np.sqrt(max(one - 1, 0.0) / found.mean))
        for one in (phi, max(phi, 1.0) * np.exp(-below), max(found.phi, 1.0) * np.exp(above))
    )
    low = max(low, min(_LEAST, sigma)) if _more_than_poisson(found) else 0.0
    return Volatility(sigma, low, high, found.mean, phi, found.rho, int(covered.sum() // length))


class _Windows(NamedTuple):
    """Overlapping windows: which are whole, their deviations from the mean, how many there would be apart."""

    whole: BoolArray
    centred: FloatArray
    many: float
    mean: float


def _windows(values: IntArray, covered: BoolArray, length: int) -> _Windows:
    counts = np.where(covered, values, 0)
    whole = window_sums(covered[:, None], length)[:, 0] == length
    sums = window_sums(counts[:, None], length)[:, 0]
    days = int(covered.sum())
    centred = np.where(whole, sums - sums[whole].mean(), 0.0)
    return _Windows(whole, centred, days / length, length * float(counts.sum()) / days)


def moments(values: IntArray, covered: BoolArray, length: int) -> Moments:
    """Return the estimate of phi, the scale of its logarithm, and the signs that widen or narrow it."""
    return _of(_windows(values, covered, length), values, covered, length)


def _of(windows: _Windows, values: IntArray, covered: BoolArray, length: int) -> Moments:
    whole, centred, many, mean = windows
    deviations = centred[whole]
    variance = max(float((deviations**2).mean()), _NOTHING)
    both = whole[length:] & whole[:-length]
    lagged = float((centred[length:] * centred[:-length])[both].mean()) if both.any() else 0.0
    rho = min(max(lagged / variance, 0.0), _RHO_MAX)
    unbiased = min(rho + (1 + 3 * rho) / many, _RHO_MAX)
    remaining = max(1 - (1 + unbiased) / (1 - unbiased) / many, 0.2)
    phi = variance / mean / remaining
    at_least_one = max(phi, 1.0)
    overlap = 3 * length**2 / (2 * length**2 + 1)  # degrees of freedom that a window adds
    freedom = overlap * many - 1
    spread = (1 + rho) / (1 - rho) / freedom
    excess = (at_least_one - 1) / mean  # sigma^2
    gamma = 2 + excess * (3 - 1 / at_least_one)
    square = gamma * spread

    weak = float(np.exp(-np.log(at_least_one) / np.sqrt(square)))
    tail = max(_tail(deviations, variance, mean), 0.3)
    signs = Signs(
        **_of_periods(values[covered], mean / length, many, variance),
        **_of_windows(deviations, mean, many, square),
        tail=np.log(tail * spread / square) / 2,
        windows=np.log(many / _USUAL_WINDOWS),
        rho=rho,
        weak=weak,
        level=np.log1p(excess),
        heavy=np.log1p(_lognormal_surplus(excess) * (1 - 1 / at_least_one) ** 2 / gamma) / 2,
        mean=np.log(mean),
        correction=-np.log(remaining),
    )
    return Moments(phi, mean, rho, freedom, spread, tail, float(np.sqrt(square)), signs)


def _of_periods(values: IntArray, usual: float, many: float, variance: float) -> dict[str, float]:
    """Return the signs that single periods give, `usual` their mean."""
    ratio = variance / (usual * len(values) / many)
    single = float(((values - usual) ** 2).mean()) / usual
    largest = float(values.max()) ** 2 / (usual * len(values) * max(ratio, 0.3))
    pairs = (values * (values - 1)).astype(float)
    number, squares = pairs.sum(), (pairs @ pairs)
    part, whole = max(single - 1, 0.0), max(ratio - 1, 0.0)
    return {
        "day": np.log(np.clip(largest, *_SHARES)),
        "daily": np.log(max(single, 0.5) / max(ratio, 0.5)),
        "share": np.log((part + _SOME) / (whole + _SOME)),
        "carriers": np.log(number**2 / squares / many) if number else 0.0,
        "third": np.log1p(float(pairs @ (values - 2)) / (number + 1)),
        "single": np.log(max(single, 0.5)),
    }


def _of_windows(deviations: FloatArray, mean: float, many: float, square: float) -> dict[str, float]:
    """Return the signs that overlapping windows give, by their deviations from their mean."""
    squares = deviations**2
    variance = max(float(squares.mean()), _NOTHING)
    slow = 2 * float((_cosines(squares / variance - 1 - deviations / mean, _COSINES) ** 2).mean())
    drift = float((_cosines(deviations, _DRIFTING) ** 2).sum()) / variance
    cuts = len(squares) * np.arange(5) // 4
    parts = np.add.reduceat(squares, cuts[:-1]) / np.diff(cuts)
    halves = np.maximum(squares[: cuts[2]].mean(), _NOTHING), np.maximum(squares[cuts[2] :].mean(), _NOTHING)
    unlike = float(np.std(np.log(np.maximum(parts, _NOTHING) + _SOME * mean)))
    return {
        "slow": np.log(max(slow, 1e-3) / square) / 2,
        "window": np.log(np.clip(float(deviations.max()) ** 2 / (many * variance), *_SHARES)),
        "drift": drift,
        "halves": abs(float(np.log(halves[0] / halves[1]))),
        "quarters": np.log(max(unlike, _LEAST_UNLIKE)) - np.log(square) / 2,
        "skew": float((squares * deviations).mean()) / variance**1.5,
        "drifting": np.log(drift * many + _SOME),
    }


def _tail(deviations: FloatArray, variance: float, mean: float) -> float:
    """Return the variance of the influence values."""
    return float(((deviations**2 / variance - 1 - deviations / mean) ** 2).mean())


def _for_few(found: Moments) -> tuple[float, float]:
    """Return what either limit's distance is multiplied by, for the few windows that the history is worth."""
    few = found.spread * (1 - 1 / max(found.phi, 1.0))
    below = float(np.sqrt(1 + _TWO_LEVELS * few * (_NORMAL_TAIL / max(found.tail, _LEAST_TAIL)) ** 3))
    return below, 1 + _STUDENT * few if _more_than_poisson(found) else _ONE_SIDED


def _more_than_poisson(found: Moments) -> bool:
    return found.phi * found.freedom > 2 * float(special.gammaincinv(found.freedom / 2, 1 - _POISSON))


def _lognormal_surplus(square: float) -> float:
    """Return how much the kurtosis of a lognormal level exceeds that of a gamma one, as variable."""
    w = 1 + square
    return max(w**4 + 2 * w**3 + 3 * w**2 - 6 - 6 * square, 0.0)


def _cosines(series: FloatArray, number: int) -> FloatArray:
    """Return the means of a series times its slowest cosines."""
    return np.asarray(_basis(len(series), number) @ series / len(series))


@lru_cache(maxsize=16)
def _basis(size: int, number: int) -> FloatArray:
    at = (np.arange(size) + 0.5) / size
    return np.asarray(np.cos(np.pi * np.arange(1, number + 1)[:, None] * at))
