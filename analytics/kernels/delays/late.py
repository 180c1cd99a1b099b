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
    """Incidents still to be reported: a mixture of negative binomials, one for each share that there may be.

    Attributes
    ----------
    means, size, chance : float arrays, shape (nodes, series)
        Mean, size and chance of each.
    weight : float array, shape (nodes,)
    """

    means: FloatArray
    size: FloatArray
    chance: FloatArray
    weight: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Expected number; shape (series,)."""
        return np.asarray(self.weight @ self.means)

    def up_to(self, count: FloatArray) -> FloatArray:
        """Return the probability that at most so many are to come; shape (series,)."""
        some = count >= 0
        return np.where(
            some, self.weight @ special.betainc(self.size, np.maximum(count, 0) + 1, self.chance), 0
        )

    def interval(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Return the mid-p interval that holds so much; float arrays of shape (series,)."""

        def middle(count: FloatArray) -> FloatArray:
            return (self.up_to(count) + self.up_to(count - 1)) / 2

        tail, mean = (1 - level) / 2, self.mean
        return _first(middle, tail, mean), _last(middle, 1 - tail, mean)


def chain_ladder(observed: FloatArray, share: FloatArray, deviation: FloatArray) -> Late:
    """Return what is to come of some periods together, from these periods alone, taken as one.

    Their rate is taken to be one: a period of which next to nothing is in says next to nothing by itself.

    Parameters
    ----------
    observed : array, shape (periods, series)
        Incidents reported so far.
    share, deviation : array, same shape
        Share reported and its standard deviation; the errors of all periods go together.

    Examples
    --------
    >>> found = chain_ladder(np.array([[10.0]]), np.array([[0.5]]), np.array([[0.0]]))
    >>> found.mean.tolist(), [end.tolist() for end in found.interval(0.9)]
    ([10.5], [[4.0], [18.0]])
    """
    series = observed.shape[1]
    return smoothed(observed, share, deviation, (np.full(series, _FEW), np.zeros(series)))


def smoothed(
    observed: FloatArray,
    share: FloatArray,
    deviation: FloatArray,
    usual: tuple[FloatArray, FloatArray],
) -> Late:
    """Return what is to come of some periods together, given what is usual for as many.

    The rate has a gamma prior; what is to come is then negative binomial (Höhle and an der Heiden 2014).

    Parameters
    ----------
    observed, share, deviation
        As for :func:`chain_ladder`.
    usual : pair of array, shape (series,)
        Shape and rate of the prior of what the periods together hold, as :func:`usual_rate` returns it.
    """
    shares, weight = _shares(share, deviation)
    shape, rate = usual
    part = shares.mean(axis=1)
    size = np.broadcast_to(shape + observed.sum(axis=0), part.shape)
    return Late(size * (1 - part) / (rate + part), size, (rate + part) / (rate + 1), weight)


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


def _first(middle: _Distribution, wanted: float, start: FloatArray) -> FloatArray:
    """Return the smallest count whose mid-distribution reaches `wanted`."""
    low = np.full_like(start, -1.0)
    high = np.ceil(start) + 1
    while (short := middle(high) < wanted).any():
        high = np.where(short, 2 * high + 1, high)
    while (high - low > 1).any():
        between = np.floor((low + high) / 2)
        enough = middle(np.maximum(between, 0)) >= wanted
        open_ = high - low > 1
        high, low = np.where(open_ & enough, between, high), np.where(open_ & ~enough, between, low)
    return high


def _last(middle: _Distribution, wanted: float, start: FloatArray) -> FloatArray:
    """Return the largest count whose mid-distribution is at most `wanted`; 0 where none is."""
    return np.maximum(_first(middle, np.nextafter(wanted, 1), start) - 1, 0.0)
