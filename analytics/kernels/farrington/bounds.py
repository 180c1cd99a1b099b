"""Upper bounds and p-values around an expectation, power-transformed to be near normal."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.negative_binomial import nb_kurtosis

__all__ = [
    "POWERS",
    "fewer_than",
    "power_bound",
    "power_score",
    "surprise",
]


POWERS = {"2/3": 2 / 3, "1/2": 1 / 2, "none": 1.0}
_CAUTION = 2.0  # standard errors


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


def cautious_dispersion(phi: FloatArray, mean: FloatArray, freedom: FloatArray) -> FloatArray:
    """Return a dispersion with its excess over 1 taken two standard errors above the estimate.

    Parameters
    ----------
    phi, mean : float arrays
        Estimated dispersion and mean of a negative binomial.
    freedom : float array
        Residual degrees of freedom the dispersion was estimated with.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((2 + nb_kurtosis(mean, phi)) / freedom)
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
