"""How many incidents are still to be reported: negative binomial, given how much had been reported.

References
----------
.. [1] Mack, T. (1993). Distribution-free calculation of the standard error of chain ladder reserve estimates.
       ASTIN Bulletin 23, 213-225.
.. [2] Höhle, M., an der Heiden, M. (2014). Bayesian nowcasting during the STEC O104:H4 outbreak in Germany,
       2011. Biometrics 70, 993-1002.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics._typing import FloatArray

__all__ = ["Late", "chain_ladder", "smoothed", "usual_rate"]

_Distribution = Callable[[FloatArray], FloatArray]
_NODES = 9
_FEW = 0.5  # incidents that stand for none, as in Jeffreys' prior of a Poisson mean
_LEAST_SPREAD = 0.5  # relative standard deviation of a rate around its usual: a rise must be able to show


@dataclass(frozen=True, eq=False, slots=True)
class Late:
    """Incidents still to be reported: their mean, and an interval; float arrays of shape (series,)."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def chain_ladder(observed: FloatArray, share: FloatArray, deviation: FloatArray, level: float) -> Late:
    """Return what is to come of some periods together, from these periods alone.

    Parameters
    ----------
    observed : array, shape (periods, series)
        Incidents reported so far.
    share, deviation : array, same shape
        Share reported and its standard deviation; the errors of all periods go together.
    level : float
        Coverage of the interval.

    Examples
    --------
    >>> found = chain_ladder(np.array([[10.0]]), np.array([[0.5]]), np.array([[0.0]]), 0.9)
    >>> found.mean.tolist(), found.low.tolist(), found.high.tolist()
    ([10.5], [4.0], [18.0])
    """
    shares, weight = _shares(share, deviation)
    few = (observed + _FEW / len(observed))[None]
    mean = (few * (1 - shares) / shares).sum(axis=1)
    variance = (few * (1 - shares) / shares**2).sum(axis=1)
    chance = np.divide(mean, variance, out=np.ones_like(mean), where=variance > 0)
    size = np.divide(mean * chance, 1 - chance, out=np.full_like(mean, _FEW), where=chance < 1)
    return _interval(mean, size, chance, weight, level)


def smoothed(
    observed: FloatArray,
    share: FloatArray,
    deviation: FloatArray,
    usual: tuple[FloatArray, FloatArray],
    level: float,
) -> Late:
    """Return what is to come of some periods together, given what is usual for as many.

    The rate has a gamma prior; what is to come is then negative binomial (Höhle and an der Heiden 2014).

    Parameters
    ----------
    observed, share, deviation, level
        As for :func:`chain_ladder`.
    usual : pair of array, shape (series,)
        Shape and rate of the prior of what the periods together hold, as :func:`usual_rate` returns it.
    """
    shares, weight = _shares(share, deviation)
    shape, rate = usual
    part = shares.mean(axis=1)
    size = np.broadcast_to(shape + observed.sum(axis=0), part.shape)
    mean = size * (1 - part) / (rate + part)
    return _interval(mean, size, (rate + part) / (rate + 1), weight, level)


def usual_rate(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return shape and rate of a gamma distribution of the mean of such sums; NaN are left out.

    Parameters
    ----------
    sums : array, shape (windows, series)
    """
    known = ~np.isnan(sums)
    windows = np.maximum(known.sum(axis=0), 1)
    mean = (np.where(known, sums, 0).sum(axis=0) + _FEW) / windows
    off = np.where(known, sums - mean, 0)
    variance = (off**2).sum(axis=0) / np.maximum(windows - 1, 1)
    shape = mean**2 / np.maximum(variance - mean, (_LEAST_SPREAD * mean) ** 2)
    return shape, shape / mean


def _shares(share: FloatArray, deviation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return shares as they may be, shape (nodes, periods, series), and how much each weighs."""
    node, weight = special.roots_hermitenorm(_NODES)
    left = -np.log(np.minimum(share, 1 - 1e-12))
    unsure = deviation / share / left
    wide = np.minimum(unsure, 2.0)[None] * node[:, None, None]
    return np.exp(-left[None] * np.exp(wide)), weight / weight.sum()


def _interval(
    mean: FloatArray, size: FloatArray, chance: FloatArray, weight: FloatArray, level: float
) -> Late:
    """Return mean and mid-p interval of a mixture of negative binomials, arrays (nodes, series)."""
    expected = weight @ mean
    tail = (1 - level) / 2

    def middle(count: FloatArray) -> FloatArray:
        upto = special.betainc(size, count + 1, chance)
        before = np.where(count > 0, special.betainc(size, np.maximum(count, 1), chance), 0.0)
        return weight @ ((upto + before) / 2)

    return Late(expected, _first(middle, tail, expected), _last(middle, 1 - tail, expected))


def _first(middle: _Distribution, wanted: float, start: FloatArray) -> FloatArray:
    """Return the smallest count whose mid-distribution reaches `wanted`."""
    low = np.full_like(start, -1.0)
    high = np.ceil(start) + 1
    while (short := middle(high) < wanted).any():
        high = np.where(short, 2 * high + 1, high)
    while (high - low > 1).any():
        between = np.floor((low + high) / 2)
        enough = (middle(np.maximum(between, 0)) >= wanted) | (between >= high)
        open_ = high - low > 1
        high, low = np.where(open_ & enough, between, high), np.where(open_ & ~enough, between, low)
    return high


def _last(middle: _Distribution, wanted: float, start: FloatArray) -> FloatArray:
    """Return the largest count whose mid-distribution is at most `wanted`; 0 where none is."""
    return np.maximum(_first(middle, np.nextafter(wanted, 1), start) - 1, 0.0)
