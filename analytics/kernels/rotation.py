"""The rotation p-value: where the recent window ranks among all windows of the series joined end to start."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics.kernels.dispersion import window_sums

__all__ = ["rotation_pvalue"]


def rotation_pvalue(
    baseline: npt.NDArray[np.number],
    recent: npt.NDArray[np.number],
    covered: npt.NDArray[np.bool_],
    scale: npt.NDArray[np.float64] | float = 1.0,
) -> npt.NDArray[np.float64]:
    """Share of rotations of the series whose last window holds at least as many incidents.

    A stationary series may be turned like a wheel without changing its law, so the observed position is one
    of equally likely ones; the observed rotation is among them, so the value is never zero.

    Parameters
    ----------
    baseline : array, shape (periods, series)
    recent : array, shape (length, series)
        Every recent period must be covered.
    covered : bool array, shape (periods, series)
        Coverage of the baseline; windows that touch an uncovered period are left out.
    scale : float or array, shape (series,)
        Expected share of a window's incidents that are reported in the recent window (completeness).

    Returns
    -------
    float array, shape (series,)

    Examples
    --------
    >>> quiet, burst = np.zeros((18, 1)), np.array([[1], [1]])
    >>> rotation_pvalue(quiet, burst, np.ones((18, 1), bool))
    array([0.05])
    """
    length = recent.shape[0]
    whole = np.concatenate([covered, np.ones_like(recent, dtype=bool), covered[: length - 1]])
    series = np.concatenate([baseline, recent, baseline[: length - 1]])
    sums = window_sums(np.where(whole, series, 0), length)
    valid = window_sums(whole, length) == length
    observed = recent.sum(axis=0)
    # Windows of the baseline would hold fewer incidents if they were reported as incompletely.
    factor = np.broadcast_to(np.asarray(scale, dtype=float), observed.shape)
    comparable = sums * factor
    comparable[baseline.shape[0]] = observed
    return np.asarray((valid & (comparable >= observed - 1e-9)).sum(axis=0) / valid.sum(axis=0))
