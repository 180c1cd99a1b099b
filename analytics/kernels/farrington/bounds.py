"""Upper bounds and p-values around an expectation: power-transformed normal, and negative binomial."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray

__all__ = [
    "POWERS",
    "fewer_than",
    "nb_quantile",
    "nb_tail",
    "power_bound",
    "power_score",
    "surprise",
]


POWERS = {"2/3": 2 / 3, "1/2": 1 / 2, "none": 1.0}
_CAUTION = 2.0  # standard errors
_LARGE = 1e15  # beyond it whole numbers have no meaning in floating point


def power_score(observed: Any, mean: FloatArray, ratio: FloatArray, power: float) -> FloatArray:
    """Return how many standard deviations the transformed count lies above the transformed mean.

    Parameters
    ----------
    observed : array
    mean, ratio : float arrays
        Mean, and variance of the prediction error over the mean.
    power : float
        2/3 symmetrises a Poisson count, 1/2 stabilises its variance, 1 does nothing.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = power * mean ** (power - 0.5) * np.sqrt(ratio)
        return np.asarray((np.asarray(observed, dtype=float) ** power - mean**power) / spread)


def power_bound(mean: FloatArray, ratio: FloatArray, alpha: Any, power: float) -> FloatArray:
    """Return the count that `power_score` puts at the upper `alpha` point of the normal.

    Examples
    --------
    >>> power_bound(np.array([4.0]), np.array([1.0]), 0.025, 0.5).round(3)
    array([8.88])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = power * mean ** (power - 0.5) * np.sqrt(ratio)
        return np.asarray(np.maximum(mean**power - special.ndtri(alpha) * spread, 0.0) ** (1 / power))


def nb_tail(least: Any, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Return P(Y >= least) for a negative binomial of that mean and variance phi times the mean.

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
    """Return the least count q with P(Y > q) <= alpha, for the distribution of :func:`nb_tail`.

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


def cautious_dispersion(phi: FloatArray, mean: FloatArray, freedom: FloatArray) -> FloatArray:
    """Return a dispersion with its excess over 1 taken two standard errors above the estimate.

    Parameters
    ----------
    phi, mean : float arrays
        Estimated dispersion and mean of a negative binomial.
    freedom : float array
        Residual degrees of freedom the dispersion was estimated with.

    Notes
    -----
    The variance of a variance estimate is ``(2 + kurtosis) / freedom`` times its square; the excess kurtosis
    of a negative binomial is ``6 (phi - 1) / mean + 1 / (phi mean)``: few incidents tell little about it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = (6 * (phi - 1) + 1 / phi) / mean
        error = np.sqrt((2 + kurtosis) / freedom)
    return np.asarray(1 + (phi - 1) * (1 + _CAUTION * error))


def surprise(pvalue: FloatArray) -> FloatArray:
    """Return -log10 of p-values, finite at 0."""
    return np.asarray(0.0 - np.log10(np.maximum(pvalue, np.finfo(float).tiny)))


def score_surprise(score: FloatArray) -> FloatArray:
    """Return -log10 of the upper normal tail, also where the tail itself is 0 in floating point.

    Examples
    --------
    >>> score_surprise(np.array([0.0, 50.0])).round(3).tolist()
    [0.301, 544.966]
    """
    return np.asarray(-special.log_ndtr(-score) / np.log(10))


def fewer_than(
    values: Any, usable: Any, first: int, limit: tuple[int, int] | None, *, unknown: bool = False
) -> BoolArray:
    """Return where the last so many weeks, each tested one included, hold too few incidents.

    Parameters
    ----------
    values, usable : arrays, shape (periods, regions)
    first : int
        First tested row.
    limit : (int, int), optional
        Incidents and weeks.
    unknown : bool
        Whether a week without coverage among them makes too few of any.
    """
    shape = (len(values) - first, values.shape[1])
    if limit is None:
        return np.zeros(shape, dtype=bool)
    least, weeks = limit
    total, known = np.zeros(shape, dtype=np.int64), np.ones(shape, dtype=bool)
    for back in range(min(weeks, len(values))):
        begin = max(first - back, 0)
        rows = slice(begin, len(values) - back)
        skipped = shape[0] - (len(values) - back - begin)
        total[skipped:] += np.where(usable[rows], values[rows], 0)
        known[skipped:] &= usable[rows]
    few = total < least
    return np.asarray(few | ~known if unknown else few)
