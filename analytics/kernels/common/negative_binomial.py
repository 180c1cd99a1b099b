"""The negative binomial: a Poisson count whose rate is gamma. Moments, tails, quantiles, draws.

It is given by its mean and either ``phi``, variance over mean, or ``size``, the shape of the gamma:
``phi = 1 + mean / size``. Poisson is ``phi = 1`` and an infinite size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray

__all__ = [
    "log_rising",
    "nb_above",
    "nb_below",
    "nb_draws",
    "nb_kurtosis",
    "nb_mid_tail",
    "nb_quantile",
    "nb_size",
    "nb_tail",
]


_LARGE = 1e15  # beyond it whole numbers have no meaning in floating point


def nb_size(mean: FloatArray | float, phi: FloatArray | float) -> FloatArray:
    """Return the size that gives this variance over mean; infinite where `phi` is at most 1.

    Examples
    --------
    >>> nb_size(np.array([3.0, 3.0]), np.array([2.5, 1.0]))
    array([ 2., inf])
    """
    mean, over = np.broadcast_arrays(np.asarray(mean, dtype=float), np.asarray(phi, dtype=float) - 1)
    return np.asarray(np.divide(mean, over, out=np.full(mean.shape, np.inf), where=over > 0))


def nb_kurtosis(mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Return the excess kurtosis, by which a variance estimated from such counts is less sure.

    The variance of an estimate of variance is ``(2 + kurtosis) / freedom`` times its square: few incidents
    tell little about it.
    """
    return 6 * (phi - 1) / mean + 1 / (mean * phi)


def log_rising(size: FloatArray | float, count: FloatArray | IntArray) -> FloatArray:
    """Return the logarithm of ``size (size + 1) ... (size + count - 1)``.

    Examples
    --------
    >>> float(np.exp(log_rising(2.0, np.array(3))).round(6))  # 2 * 3 * 4
    24.0
    """
    return np.asarray(special.gammaln(count + size) - special.gammaln(size))


def nb_above(least: FloatArray, mean: FloatArray, size: FloatArray) -> FloatArray:
    """Return P(Y >= least) for a finite size; arrays broadcast."""
    tail = special.betainc(np.maximum(least, 1.0), size, mean / (mean + size))
    return np.where(least <= 0, 1.0, tail)


def nb_below(most: npt.NDArray[np.number], mean: FloatArray, size: FloatArray) -> FloatArray:
    """Return P(Y <= most), also for an infinite size; arrays broadcast."""
    finite = np.isfinite(size)
    k = np.where(finite, size, 1.0)
    above = np.maximum(most, 0) + 1.0
    mixed, poisson = special.betainc(k, above, k / (k + mean)), special.gammaincc(above, mean)
    return np.where(most < 0, 0.0, np.where(finite, mixed, poisson))


def nb_mid_tail(count: FloatArray, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Mid-p upper tail, P(Y > count) and half of P(Y = count); `phi` above 1.

    Examples
    --------
    >>> nb_mid_tail(np.array([0.0, 3.0]), np.array([1.0, 1.0]), np.array([1.000001, 1.000001])).round(4)
    array([0.8161, 0.0496])
    """
    size = mean / (phi - 1)
    share = (phi - 1) / phi
    above = np.where(count > 0, special.betainc(np.maximum(count, 1.0), size, share), 1.0)
    chance = log_rising(size, count) - special.gammaln(count + 1.0)
    chance += count * np.log(share) + size * np.log1p(-share)
    return np.asarray(above - np.exp(chance) / 2)


def nb_tail(least: Any, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Return P(Y >= least).

    Poisson where phi is 1; NaN where the mean is not finite.

    Examples
    --------
    >>> nb_tail(np.array([1, 1]), np.array([2.0, 2.0]), np.array([1.0, 2.0])).round(4)
    array([0.8647, 0.75  ])
    """
    least, mean, phi = np.broadcast_arrays(np.asarray(least, dtype=float), mean, phi)
    tail = np.where(mean > 0, np.nan, 0.0)
    known = np.isfinite(mean) & np.isfinite(phi) & (mean > 0) & (least > 0)
    poisson = known & (phi == 1)
    mixed = known & ~poisson
    if poisson.any():
        tail[poisson] = special.gammainc(least[poisson], mean[poisson])
    if mixed.any():
        over = phi[mixed] - 1
        tail[mixed] = special.betainc(least[mixed], mean[mixed] / over, over / phi[mixed])
    tail[~(np.isfinite(mean) & np.isfinite(phi))] = np.nan
    tail[np.isfinite(mean) & np.isfinite(phi) & (least <= 0)] = 1.0
    return tail


def nb_quantile(alpha: Any, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Return the least count q with P(Y > q) <= alpha, for the same distribution.

    Examples
    --------
    >>> nb_quantile(0.05, np.array([3.0]), np.array([1.0]))
    array([6.])
    """
    shape = np.broadcast_shapes(np.shape(alpha), mean.shape, phi.shape)
    level, mu, over = (np.broadcast_to(np.asarray(a, float), shape).ravel() for a in (alpha, mean, phi))
    found = np.full(mu.size, np.nan)
    usable = np.isfinite(mu) & np.isfinite(over)
    level, mu, over = level[usable], mu[usable], over[usable]
    z, sd = -special.ndtri(level), np.sqrt(mu * over)
    # Cornish-Fisher: mean, variance and skewness of the negative binomial.
    with np.errstate(invalid="ignore", divide="ignore"):
        guess = mu + sd * z + (2 * over - 1) * (z * z - 1) / 6
    high = np.maximum(np.floor(np.nan_to_num(guess)), 0.0)
    low = high - 1

    def enough(at: IndexArray, q: FloatArray) -> BoolArray:
        return np.asarray(nb_tail(q + 1, mu[at], over[at]) <= level[at])

    at = np.flatnonzero(high < _LARGE)
    short = ~enough(at, high[at])
    step, up = 1.0, at[short]
    while up.size:
        low[up] = high[up]
        high[up] += step
        step *= 2
        up = up[~enough(up, high[up])]
    step, down = 1.0, at[~short]
    down = down[low[down] >= 0]
    while down.size:
        down = down[enough(down, low[down])]
        high[down] = low[down]
        low[down] = np.maximum(low[down] - step, -1)
        step *= 2
        down = down[low[down] >= 0]
    wide = at[high[at] - low[at] > 1]
    while wide.size:
        middle = np.floor((low[wide] + high[wide]) / 2)
        fits = enough(wide, middle)
        high[wide[fits]] = middle[fits]
        low[wide[~fits]] = middle[~fits]
        wide = wide[high[wide] - low[wide] > 1]
    found[usable] = high
    return found.reshape(shape)


def nb_draws(rng: np.random.Generator, mean: FloatArray, size: FloatArray | float) -> IntArray:
    """Draw a count for each mean; Poisson where the size is infinite for all."""
    if np.isinf(size).all():
        return np.asarray(rng.poisson(mean))
    return np.asarray(rng.poisson(rng.gamma(size, mean / size)))
