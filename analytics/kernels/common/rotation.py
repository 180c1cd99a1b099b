"""The rotation p-value: where the recent window ranks among all windows of the series joined end to start."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.dispersion import window_sums

__all__ = ["rotation_pvalue"]


def rotation_pvalue(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    length: int,
    scale: FloatArray | float = 1.0,
    *,
    upper: bool = True,
) -> FloatArray:
    """Share of rotations of the series whose last window holds at least as many incidents.

    A stationary series may be turned like a wheel without changing its law, so the observed position is one
    of equally likely ones; the observed rotation is among them, so the value is never zero.

    Parameters
    ----------
    series : array, shape (periods, series)
        Counts without a break; the last `length` periods are the recent window.
    covered : bool array, same shape
        Which entries are data. Every recent period must be; windows that touch an uncovered one are left out.
    length : int
    scale : float or array, shape (series,)
        Expected share of a window's incidents that are reported in the recent window (completeness).
    upper : bool
        Count rotations with at least as many; otherwise with at most as many.

    Returns
    -------
    float array, shape (series,)

    Examples
    --------
    >>> series = np.zeros((20, 1))
    >>> series[-2:] = 1
    >>> rotation_pvalue(series, np.ones((20, 1), bool), 2)
    array([0.05])
    """
    whole = np.concatenate([covered, covered[: length - 1]])
    wheel = np.concatenate([series, series[: length - 1]])
    sums = window_sums(np.where(whole, wheel, 0), length)
    valid = window_sums(whole, length) == length
    recent = series.shape[0] - length
    observed = series[recent:].sum(axis=0)
    # Windows of the baseline would hold fewer incidents if they were reported as incompletely.
    factor = np.broadcast_to(np.asarray(scale, dtype=float), observed.shape)
    comparable = sums * factor
    comparable[recent] = observed
    sign = 1.0 if upper else -1.0
    beyond = sign * comparable >= sign * observed - 1e-9
    return np.asarray((valid & beyond).sum(axis=0) / valid.sum(axis=0))
