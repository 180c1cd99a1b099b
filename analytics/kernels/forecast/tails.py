"""How unlikely a week and a fortnight are under their forecasts, and one p-value from the two."""

from __future__ import annotations

import numpy as np

from analytics._typing import FloatArray
from analytics.kernels.common.negative_binomial import nb_kurtosis, nb_mid_tail
from analytics.kernels.common.quadrature import normal_nodes

__all__ = ["SHARE_ONE", "mean_tail", "mixed_upper_tail"]


SHARE_ONE = 0.05  # weight of the one-week tail; the fortnight has the rest
_TINY = 1e-300
_PHI_MIN = 1.001
_EDF_MIN = 2.0
_SPENT = 3.0
_NODES = 3
_CELLS = 32_768  # at a time, so that what is worked with stays in the processor's cache


def mixed_upper_tail(
    count: FloatArray, mean: FloatArray, phi: FloatArray, usual: FloatArray, weeks: FloatArray, length: int
) -> FloatArray:
    """Mid-p upper tail of a negative binomial, averaged over what is not known about the dispersion.

    Its logarithm is taken as normal, with the variance 2 / edf of an estimate from `weeks` weeks of
    overlapping sums of `length`, negative binomial with the mean `usual`:
    ``edf = (1.5 weeks / length - 3) / (1 + kappa / 2)``, kappa the excess kurtosis of such a sum.

    Examples
    --------
    >>> known = [np.array([v]) for v in (9.0, 4.0, 2.0, 4.0)]
    >>> [round(float(mixed_upper_tail(*known, np.array([weeks]), 1)[0]), 4) for weeks in (26.0, 1e6)]
    [0.06, 0.0596]
    """
    if mean.size > _CELLS and len(mean) > 1:
        out, step = np.empty_like(mean), max(1, _CELLS * len(mean) // mean.size)
        for first in range(0, len(mean), step):
            part = slice(first, first + step)
            out[part] = mixed_upper_tail(count[part], mean[part], phi[part], usual[part], weeks[part], length)
        return out
    kappa = nb_kurtosis(usual, phi)
    edf = np.maximum((1.5 * weeks / length - _SPENT) / (1 + kappa / 2), _EDF_MIN)
    spread = np.sqrt(2 / edf)
    total = np.zeros_like(mean)
    for node, weight in zip(*normal_nodes(_NODES), strict=True):
        total += weight * nb_mid_tail(count, mean, np.maximum(phi * np.exp(node * spread), _PHI_MIN))
    return total


def mean_tail(one: FloatArray, two: FloatArray) -> FloatArray:
    """Weighted harmonic mean of the tails of the week and of the fortnight [1]_.

    It lies between them, and a week that is far less likely than its fortnight is not lost in it: it counts
    twentyfold its own tail. Where the fortnight is not known (NaN), the week's tail.

    References
    ----------
    .. [1] Wilson, D. J. (2019). The harmonic mean p-value for combining dependent tests. Proceedings of the
           National Academy of Sciences 116, 1195-1200.

    Examples
    --------
    >>> mean_tail(np.array([0.01, 1.0, 1e-6, 0.01]), np.array([0.01, 0.001, 0.001, np.nan])).round(6)
    array([1.000e-02, 1.053e-03, 2.000e-05, 1.000e-02])
    """
    mean = 1 / (SHARE_ONE / np.maximum(one, _TINY) + (1 - SHARE_ONE) / np.maximum(two, _TINY))
    return np.asarray(np.where(np.isnan(two), one, np.minimum(mean, 1.0)))
