"""EARS where some periods are reported in part: the same rules, the baseline and today at their shares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.charts.ears import tail_scores

__all__ = ["ears_thinned"]


def ears_thinned(
    values: npt.NDArray[np.int32],
    share: FloatArray,
    doubt: FloatArray,
    first: int,
    baseline: int,
    lag: int,
    min_sigma: float,
    threshold: FloatArray,
    cumulated: bool,
    expected: FloatArray,
    upper: FloatArray,
    statistic: FloatArray,
    alarm: BoolArray,
) -> None:
    """Answer anew every period whose baseline, or itself, is reported in part.

    Today's mean is the baseline's rate at today's share. The variance has the baseline's excess over the
    mean, thinned with it, and what is not known of the share; the floor is negative binomial with the
    baseline's total, held against so much shorter or longer a past.

    Parameters
    ----------
    values : int array, share, doubt : float arrays, shape (periods, regions)
        Counts, shares reported and variances of their logarithms.
    first, baseline, lag, min_sigma, threshold, cumulated
        As in :func:`analytics.kernels.charts.ears.ears_scan`.
    expected, upper, statistic, alarm : arrays, shape (periods from `first`, regions)
        As `ears_scan` filled them; NaN stays.
    """
    partly = ((share != 1) | (doubt > 0)).any(axis=1)
    back = 2 if cumulated else 0
    near = np.flatnonzero(partly)
    reach = near[:, None] + np.arange(lag + baseline + back)
    rows = np.unique(reach[(reach >= max(first, lag + baseline - 1 + back)) & (reach < len(values))])
    earlier = [_scores(values, share, doubt, rows - ago, baseline, lag, min_sigma) for ago in range(back + 1)]
    mean, scale, total, odds, score = earlier[0]
    now, at = values[rows], rows - first
    carried = np.zeros(mean.shape)
    for *_, before in earlier[1:]:
        carried += np.maximum(before - 1, 0.0)
    limit = threshold - carried + 1 if cumulated else np.broadcast_to(threshold, mean.shape)
    if cumulated:
        score = np.where(now > 0, np.maximum(score - 1, 0.0) + carried, 0.0)
    plain = mean + limit * scale
    beyond = special.stdtr(baseline - 1.0, -np.maximum(limit, 0.0))
    floor = stats.nbinom.ppf(1 - beyond, total + 0.5, 1 / (1 + odds))
    known = ~np.isnan(statistic[at])
    for array, found in (
        (expected, mean),
        (upper, np.maximum(plain, floor)),
        (statistic, score),
        (alarm, score > threshold),
    ):
        array[at] = np.where(known, found, array[at])


def _scores(
    values: npt.NDArray[np.int32],
    share: FloatArray,
    doubt: FloatArray,
    rows: IndexArray,
    baseline: int,
    lag: int,
    min_sigma: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return mean, standard error, baseline total, odds and score of these periods."""
    past = rows[:, None] - lag - np.arange(baseline)
    y, exposure = values[past].astype(float), share[past].sum(axis=1)
    total, odds = y.sum(axis=1), share[rows] / exposure
    mean, seen = total * odds, np.maximum(total / baseline, 1e-9)
    factor = odds * baseline  # today's share beside that of the baseline
    spread = y.var(axis=1, ddof=1)
    own = mean * (1 + factor * (spread / seen - 1)) + doubt[rows] * mean**2
    own = np.maximum(np.maximum(own, 0.0), min_sigma**2)
    scale = np.sqrt(own + np.maximum(factor**2 * spread, min_sigma**2) / baseline)
    now = values[rows].astype(float)
    over = now - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        steady = np.where(over == 0, 0.0, np.copysign(np.inf, over))
        plain = np.where(scale > 0, over / scale, steady)
    tail = np.where(now > 0, special.betainc(np.maximum(now, 1), total + 0.5, odds / (1 + odds)), 1.0)
    return mean, scale, total, odds, np.minimum(plain, tail_scores(tail, baseline))
