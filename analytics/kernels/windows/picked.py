"""A recent window whose length was picked after looking: the largest standardised sum over several lengths.

The null distribution is that of the same maximum when the series is turned like a wheel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.dispersion import window_sums

__all__ = ["PickedWindow", "picked_window"]


@dataclass(frozen=True, eq=False, slots=True)
class PickedWindow:
    """Arrays of shape (series,): the length with the largest score, that score, the maximum's p-value."""

    length: IntArray
    score: FloatArray
    pvalue: FloatArray


def picked_window(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    lengths: tuple[int, ...],
    *,
    upper: bool = True,
) -> PickedWindow:
    """Test the best of several window lengths, all ending with the last period, by rotation.

    Parameters
    ----------
    series : array, shape (periods, series)
    covered : bool array, same shape
        Windows that touch an uncovered period have no score.
    lengths : tuple of int
        Candidate lengths in periods.
    upper : bool
        Look for more incidents; otherwise for fewer.

    Returns
    -------
    PickedWindow
        The p-value is the share of rotations, the observed one among them, whose maximum is at least as
        large; NaN where no candidate window is covered to the last period.

    Examples
    --------
    >>> series = np.zeros((50, 1))
    >>> series[-3:] = 2
    >>> found = picked_window(series, np.ones((50, 1), bool), (3, 7))
    >>> int(found.length[0]), float(found.pvalue[0])
    (3, 0.02)
    """
    periods = series.shape[0]
    best = np.full(series.shape, -np.inf)
    choice = np.zeros(series.shape[1], dtype=np.int64)
    sign = 1.0 if upper else -1.0
    for length in lengths:
        whole = np.concatenate([covered[periods - length + 1 :], covered])
        wheel = np.concatenate([series[periods - length + 1 :], series])
        sums = window_sums(np.where(whole, wheel, 0), length)
        valid = window_sums(whole, length) == length
        count = np.maximum(valid.sum(axis=0), 1)
        mean = np.where(valid, sums, 0).sum(axis=0) / count
        spread = np.sqrt(np.where(valid, (sums - mean) ** 2, 0).sum(axis=0) / count)
        score = sign * (sums - mean) / np.maximum(np.maximum(spread, np.sqrt(mean)), 1e-12)
        score = np.where(valid, score, -np.inf)
        choice = np.where(score[-1] > best[-1], length, choice)
        best = np.maximum(best, score)
    known = np.isfinite(best)
    share = (known & (best >= best[-1] - 1e-9)).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return PickedWindow(choice, best[-1], np.where(known[-1], share, np.nan))
