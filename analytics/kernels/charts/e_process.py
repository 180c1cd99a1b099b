"""Bets against "the mean never exceeds m": e-processes, and the e-detectors made of them.

One period's bet is ``1 + bet (y / m - 1)``, never negative for a bet in 0..1, with mean at most 1 as long
as the mean of y given the past is at most m. Products of bets since a stated start are an e-process: above
1 / a with probability at most a, ever (Ville). Sums over all starts are not: their mean grows by one a
period, which bounds the average run length of an alarm at c from below, by c [1]_.

References
----------
.. [1] Shin, J., Ramdas, A., Rinaldo, A. (2024). E-detectors: a nonparametric framework for sequential change
       detection. New England Journal of Statistics in Data Science 2, 229-260.
.. [2] Waudby-Smith, I., Ramdas, A. (2024). Estimating means of bounded random variables by betting. Journal
       of the Royal Statistical Society B 86, 1-27.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.dispersion import window_dispersion

__all__ = ["Form", "bet_on_counts", "mean_limit"]

Form = Literal["shiryaev_roberts", "cusum", "process"]

_LARGEST = 1e300  # evidence is kept below what a float can hold


def mean_limit(
    counts: npt.NDArray[np.number], known: BoolArray, length: int, confidence: float
) -> FloatArray:
    """Upper confidence limit of the mean of a period; shape (series,).

    The total is taken as a multiple of a Poisson count, the multiple being the dispersion of sums of `length`
    periods, raised by their correlation. Without an incident the limit is that of a Poisson count of 0.

    Parameters
    ----------
    counts : array, shape (periods, series)
    known : bool array, same shape
    length : int
    confidence : float

    Examples
    --------
    >>> quiet = np.zeros((100, 1))
    >>> float(mean_limit(quiet, quiet == 0, 2, 0.95)[0].round(4))
    0.03
    """
    total = np.where(known, counts, 0).sum(axis=0)
    n = np.maximum(known.sum(axis=0), 1)
    spread = window_dispersion(counts, known, min(length, max(len(counts) // 2, 1)))
    phi = np.where(total > 0, spread.phi * (1 + spread.rho) / (1 - spread.rho), 1.0)
    return np.asarray(phi * special.gammaincinv(total / phi + 1, confidence) / n)


def bet_on_counts(
    counts: npt.NDArray[np.int32],
    usable: BoolArray,
    limit: FloatArray,
    bets: FloatArray,
    threshold: FloatArray,
    *,
    form: Form,
    begin: int,
    restarts: BoolArray,
    reset: bool,
) -> tuple[FloatArray, BoolArray]:
    """Return the evidence after each period, averaged over the bets, and where it reaches the threshold.

    A detector (a sum or a maximum over starts) also waits for a period in which the bet wins, a count above
    the limit. That can only put an alarm off, so its average run length is kept.

    Parameters
    ----------
    counts : int array, shape (periods, series)
    usable : bool array, same shape
        A period without data is no bet.
    limit : float array, shape (series,) or (periods, series)
        The m of the null hypothesis.
    bets : float array, shape (bets,)
        Each in 0..1.
    threshold : float array, shape (series,)
    form : {"shiryaev_roberts", "cusum", "process"}
        Sum over starts, largest over starts (with a bet of each size on its own), or one stated start.
    begin : int
        First period to bet on; NaN before it.
    restarts : bool array, shape (periods,)
        Where a process starts again, at 1.
    reset : bool
        Whether a detector starts again after an alarm.

    Examples
    --------
    >>> y, one = np.array([[2], [6]], dtype=np.int32), np.ones(1)
    >>> sure, never = np.ones((2, 1), bool), np.zeros(2, bool)
    >>> bet_on_counts(
    ...     y, sure, 2 * one, 0.5 * one, 9 * one, form="process", begin=0, restarts=never, reset=False
    ... )[0].ravel().tolist()
    [1.0, 2.0]
    """
    periods, series = counts.shape
    evidence = np.full((periods, series), np.nan)
    alarm = np.zeros((periods, series), dtype=bool)
    start = 1.0 if form == "process" else 0.0
    state = np.full((bets.size, series), start)
    stake = bets[:, None]
    limit = np.broadcast_to(limit, counts.shape)
    for t in range(begin, periods):
        if restarts[t]:
            state[:] = start
        won = np.where(usable[t], counts[t] / limit[t] - 1.0, 0.0)
        if form == "shiryaev_roberts":
            state += usable[t]
        elif form == "cusum":
            np.maximum(state, usable[t], out=state)
        state *= 1.0 + stake * won
        np.minimum(state, _LARGEST, out=state)
        evidence[t] = state.mean(axis=0)
        alarm[t] = (evidence[t] >= threshold) & usable[t]
        if form != "process":  # sums over starts grow even while every bet loses a little
            alarm[t] &= counts[t] > limit[t]
        if reset and alarm[t].any():
            state[:, alarm[t]] = start
    return evidence, alarm
