"""How unlikely a week and a fortnight are under their forecasts, and one p-value from the two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["SHARE_ONE", "mean_tail", "upper_tail"]

FloatArray = npt.NDArray[np.float64]

SHARE_ONE = 0.2  # weight of the one-week tail; the fortnight has the rest
_TINY = 1e-300


def upper_tail(count: FloatArray, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Mid-p upper tail of a negative binomial of variance `phi` times its mean; `phi` above 1.

    Examples
    --------
    >>> upper_tail(np.array([0.0, 3.0]), np.array([1.0, 1.0]), np.array([1.000001, 1.000001])).round(4)
    array([0.8161, 0.0496])
    """
    size = mean / (phi - 1)
    share = (phi - 1) / phi
    above = np.where(count > 0, special.betainc(np.maximum(count, 1.0), size, share), 1.0)
    above_next = special.betainc(count + 1.0, size, share)
    return np.asarray((above + above_next) / 2)


def mean_tail(one: FloatArray, two: FloatArray) -> FloatArray:
    """Weighted mean of order -1/2 of the tails of the week and of the fortnight.

    It lies between them, nearer to the smaller: what either alone makes very unlikely stays so. Where the
    fortnight is not known (NaN), the week's tail, doubled.

    Examples
    --------
    >>> mean_tail(np.array([0.01, 1.0, 0.01]), np.array([0.01, 0.001, np.nan])).round(5)
    array([0.01   , 0.00154, 0.02   ])
    """
    root = SHARE_ONE / np.sqrt(np.maximum(one, _TINY)) + (1 - SHARE_ONE) / np.sqrt(np.maximum(two, _TINY))
    return np.asarray(np.where(np.isnan(two), np.minimum(2 * one, 1.0), np.minimum(root**-2.0, 1.0)))
