"""Volatility: how far windows deviate from their mean, relative to it, beyond the noise of counting.

For sums W of a window with mean mu, Var(W) = mu + (mu sigma)^2, where sigma is the standard deviation of the
relative deviation of the rate (the coefficient of variation of a mixed Poisson process [1]_). The estimate is
that of moments, over overlapping windows: phi = var(W) / mean(W), corrected for the finite number of windows
as in :mod:`~analytics.kernels.common.dispersion`, and sigma^2 = (phi - 1) / mu.

The interval is the chi-square one of phi, turned into sigma. Its degrees of freedom come from the larger of
two variances of log phi: the delta method's for a mixed Poisson, times (1 + rho) / (1 - rho) for the
correlation rho of windows one length apart (that of squares is rho itself, not its square, where a rate has
two states [2]_); and that of the influence values of log phi from their slowest cosines, which allows for any
weak dependence [3]_. Above, the mixing law is taken as lognormal, whose tail is heavier than that of the
gamma law used below [4]_. With 26 windows 3 % are left out below and 1.5 % above, since what is not seen in
a short history makes limits fail; with 78 or more 4.5 and 2.5 %. Waves on single days have tails of which a
history need not hold the largest: of daily counts the upper limit is at least the 90 % one with a day more,
twice as large as any seen. Where the lower limit would be 0, Fisher's dispersion test of a Poisson process at
4 % decides whether it is [5]_.

References
----------
.. [1] Cox, D. R., Isham, V. (1980). Point Processes. Chapman and Hall.
.. [2] Bayley, G. V., Hammersley, J. M. (1946). The "effective" number of independent observations in an
       autocorrelated time series. Supplement to the Journal of the Royal Statistical Society 8, 184-197.
.. [3] Lazarus, E., Lewis, D. J., Stock, J. H., Watson, M. W. (2018). HAR inference: recommendations for
       practice. Journal of Business and Economic Statistics 36, 541-559.
.. [4] Bulmer, M. G. (1974). On fitting the Poisson lognormal distribution to species-abundance data.
       Biometrics 30, 101-110.
.. [5] Fisher, R. A. (1950). The significance of deviations from expectation in a Poisson series. Biometrics
       6, 17-24.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.dispersion import window_sums

__all__ = ["Volatility", "relative_deviation"]

_FEW, _MANY = 26, 78  # windows
_BELOW, _ABOVE = (0.03, 0.045), (0.985, 0.975)  # levels of the limits with few windows and with many
_POISSON = 0.04
_DAYS = 7  # periods in a window, from which they are days
_WAVE = 0.9  # level of the upper limit with a wave that the history does not hold
_RHO_MAX = 0.9
_COSINES = (6, 8)  # with fewer than 30 windows, and with more
_OVERLAP = 1.5  # what overlapping windows add to the degrees of freedom


class Volatility(NamedTuple):
    """Standard deviation of the relative deviation of windows, its 95 % interval, and what it rests on."""

    sigma: float
    low: float
    high: float
    mean: float
    phi: float
    rho: float
    windows: int


def relative_deviation(values: IntArray, covered: BoolArray, length: int) -> Volatility:
    """Estimate the volatility of one series.

    Parameters
    ----------
    values : int array, shape (periods,)
    covered : bool array, shape (periods,)
        Windows that touch a period without coverage are left out.
    length : int
        Periods in a window; there are windows, and there is an incident.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> steady = relative_deviation(rng.poisson(2.0, 840), np.ones(840, bool), 14)
    >>> rate = 2 * np.repeat(rng.gamma(4, 1 / 4, 14), 60)
    >>> changeable = relative_deviation(rng.poisson(rate), np.ones(840, bool), 14)
    >>> steady.low, bool(changeable.low > 0.2)
    (0.0, True)
    """
    sums = window_sums(np.where(covered, values, 0)[:, None], length)[:, 0]
    whole = window_sums(covered[:, None], length)[:, 0] == length
    days = int(covered.sum())
    many = days / length
    mean = length * float(values[covered].sum()) / days
    centred = np.where(whole, sums - sums[whole].mean(), 0.0)
    variance = float((centred[whole] ** 2).mean())
    both = whole[length:] & whole[:-length]
    lagged = float((centred[length:] * centred[:-length])[both].mean()) if both.any() else 0.0
    rho = min(max(lagged / variance, 0.0), _RHO_MAX) if variance > 0 else 0.0
    unbiased = min(rho + (1 + 3 * rho) / many, _RHO_MAX)
    phi = variance / mean / max(1 - (1 + unbiased) / (1 - unbiased) / many, 0.2)
    freedom = _OVERLAP * many - 1
    spread = (1 + rho) / (1 - rho) / freedom
    cosines = _slow_variance(centred, whole, variance, mean, _COSINES[many >= 30]) if variance > 0 else 0.0
    at_least_one = max(phi, 1.0)
    gamma, lognormal = _mixed_poisson(at_least_one, mean)
    below, above = (float(np.interp(many, (_FEW, _MANY), levels)) for levels in (_BELOW, _ABOVE))
    low = _limit(at_least_one, mean, max(gamma * spread, cosines), below)
    high = _limit(at_least_one, mean, max(lognormal * spread, cosines), above)
    if length >= _DAYS:
        wave = 2 * float(values[covered].max())
        with_wave = at_least_one + wave**2 / (many * mean)
        high = max(high, _limit(with_wave, mean, _mixed_poisson(with_wave, mean)[1] * spread, _WAVE))
    if low == 0:
        low = _limit(at_least_one, mean, 2 / freedom, _POISSON)
    sigma = float(np.sqrt(max(phi - 1, 0.0) / mean))
    return Volatility(sigma, min(low, sigma), high, mean, phi, rho, int(days // length))


def _mixed_poisson(phi: float, mean: float) -> tuple[float, float]:
    """Return the variance of log phi times the number of windows: of a gamma mixture, of a lognormal one.

    With an excess kurtosis k, skewness s and mean m of the windows it is k + 2 - 2 s sqrt(phi/m) + phi/m; 2
    for a Poisson process, whatever its mean.
    """
    gamma = 2 + (3 * phi - 4 + 1 / phi) / mean
    square = (phi - 1) / mean
    w = 1 + square
    heavier = max(w**4 + 2 * w**3 + 3 * w**2 - 6 - 6 * square, 0.0)
    return gamma, gamma + heavier * ((phi - 1) / phi) ** 2


def _slow_variance(
    centred: FloatArray, whole: BoolArray, variance: float, mean: float, cosines: int
) -> float:
    """Return the variance of log phi from the slowest cosines of its influence values."""
    influence = centred[whole] ** 2 / variance - 1 - centred[whole] / mean
    m = len(influence)
    at = (np.arange(m) + 0.5) / m
    waves = np.cos(np.pi * np.arange(1, cosines + 1)[:, None] * at)
    return float(2 * ((waves @ influence) ** 2).mean() / m**2)


def _limit(phi: float, mean: float, variance: float, level: float) -> float:
    edf = max(2 / variance, 1.0)
    chi2 = 2 * float(special.gammaincinv(edf / 2, 1 - level))
    return float(np.sqrt(max(phi * edf / max(chi2, 1e-300) - 1, 0.0) / mean))
