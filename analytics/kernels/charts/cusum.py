"""Cumulative sums over periods, for every series at once: the recursion, its increments, its training.

References
----------
.. [1] Page, E. S. (1954). Continuous inspection schemes. Biometrika 41, 100-115.
.. [2] Moustakides, G. V. (1986). Optimal stopping times for detecting changes in distributions. Annals of
       Statistics 14, 1379-1387.
.. [3] Lucas, J. M. (1985). Counted data CUSUM's. Technometrics 27, 129-144.
.. [4] Hawkins, D. M., Olwell, D. H. (1998). Cumulative sum charts and charting for quality improvement.
       Springer.
.. [5] Rossi, G., Lampugnani, L., Marchi, M. (1999). An approximate CUSUM procedure for surveillance of health
       events. Statistics in Medicine 18, 2111-2122.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.common.dispersion import window_dispersion

__all__ = [
    "Training",
    "Transform",
    "cusum_run",
    "likelihood_ratio",
    "train",
    "transform",
    "transform_bound",
]

Transform = Literal["standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"]
_POISSON = 1.005  # below this dispersion a negative binomial is taken as Poisson


@compiled
def cusum_run(
    values: npt.NDArray[np.number],
    covered: BoolArray | None,
    slope: FloatArray,
    drift: FloatArray,
    threshold: FloatArray,
    restart: float,
    state: FloatArray,
    statistic: npt.NDArray[np.floating],
    alarm: BoolArray,
    bound: FloatArray | None,
) -> None:
    """Run ``S = max(0, S + slope y - drift)`` over every series, into given arrays [1]_.

    Parameters
    ----------
    values : array, shape (periods, series)
    covered : bool array, same shape, or None
        Where there are data; elsewhere S is carried over and nothing alarms. None: everywhere.
    slope, drift : float arrays, shape (1 or periods, series)
    threshold : float array, shape (series,)
        An alarm is ``S >= threshold``.
    restart : float
        Where S starts again after an alarm; NaN: it goes on.
    state : float array, shape (series,)
        S before the first period; holds S after the last one on return.
    statistic : float array, shape (periods, series)
        Filled with S, before any reset.
    alarm : bool array, same shape
        Filled.
    bound : float array, same shape, or None
        Filled with the count from which on the period would alarm, at least 0.

    Examples
    --------
    >>> y = np.array([[0], [3], [3], [0]])
    >>> S, alarm = np.zeros((4, 1)), np.zeros((4, 1), bool)
    >>> one = np.ones((1, 1))
    >>> cusum_run(y, None, one, one, np.array([4.0]), 0.0, np.zeros(1), S, alarm, None)
    >>> S[:, 0].tolist(), alarm[:, 0].tolist()
    ([0.0, 2.0, 4.0, 0.0], [False, False, True, False])
    """
    periods, series = values.shape
    goes_on = np.isnan(restart)
    for t in range(periods):
        row_slope = slope[t if slope.shape[0] > 1 else 0]
        row_drift = drift[t if drift.shape[0] > 1 else 0]
        row = values[t]
        for j in range(series):
            before = state[j]
            if bound is not None:
                bound[t, j] = max((threshold[j] - before + row_drift[j]) / row_slope[j], 0.0)
            s = max(before + row_slope[j] * row[j] - row_drift[j], 0.0)
            raised = s >= threshold[j]
            if covered is not None and not covered[t, j]:
                s = before
                raised = False
            statistic[t, j] = s
            alarm[t, j] = raised
            state[j] = s if goes_on or not raised else restart


def likelihood_ratio(
    mean: FloatArray, dispersion: FloatArray, ratio: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return slope and drift of the log-likelihood ratio of ``ratio * mean`` against `mean` [2]_ [3]_ [4]_.

    Parameters
    ----------
    mean : float array
    dispersion : float array, broadcast with `mean`
        Variance over mean; at most 1 is Poisson. A negative binomial keeps its size
        ``mean / (dispersion - 1)`` under the alternative.
    ratio : float or array
        More than 1.

    Examples
    --------
    >>> slope, drift = likelihood_ratio(np.array([5.0]), np.array([1.0]), 2.0)
    >>> float(slope[0].round(4)), float(drift[0])
    (0.6931, 5.0)
    """
    mean, dispersion = np.broadcast_arrays(mean, dispersion)
    poisson = dispersion < _POISSON
    size = mean / np.where(poisson, 1.0, dispersion - 1)
    grown = np.log((size + ratio * mean) / (size + mean))
    slope = np.where(poisson, np.log(ratio), np.log(ratio) - grown)
    return slope, np.where(poisson, mean * (ratio - 1), size * grown)


@dataclass(frozen=True, eq=False, slots=True)
class Training:
    """What a training history says about each series; every array has shape (series,).

    Attributes
    ----------
    mean : float array
        ``(incidents + 1/2) / periods``: never 0.
    dispersion : float array
        Variance over mean, at least 1: the larger of that of single periods and of two-week sums.
    periods : int array
        Periods with data.
    """

    mean: FloatArray
    dispersion: FloatArray
    periods: IntArray


def train(values: npt.NDArray[np.number], covered: BoolArray, *, fortnight: int, spread: bool) -> Training:
    """Estimate in-control mean and dispersion from a training history.

    The mean is the posterior mean under Jeffreys' prior, so that a silent series has a positive one. The
    dispersion is by moments; sums of two weeks count too, since clustering over days is in them and not in
    the days.

    Parameters
    ----------
    values : array, shape (periods, series)
    covered : bool array, same shape
    fortnight : int
        Periods in two weeks.
    spread : bool
        Whether to estimate the dispersion; 1 otherwise.

    Examples
    --------
    >>> quiet = train(np.zeros((52, 1)), np.ones((52, 1), bool), fortnight=2, spread=True)
    >>> float(quiet.mean[0].round(4)), float(quiet.dispersion[0])
    (0.0096, 1.0)
    """
    periods = covered.sum(axis=0)
    total = np.where(covered, values, 0).sum(axis=0, dtype=float)
    mean = (total + 0.5) / np.maximum(periods, 1)
    dispersion = np.ones(len(mean))
    if spread and len(values):
        for length in {1, min(fortnight, len(values))}:
            dispersion = np.maximum(dispersion, window_dispersion(values, covered, length).phi)
    return Training(mean, dispersion, periods)


def _anscombe_integral(counts: FloatArray, alpha: float | FloatArray, digits: int | None) -> FloatArray:
    """Return the integral from 0 to `counts` of (t + alpha t^2)^(-1/3)."""
    argument = alpha * counts if digits is None else np.round(alpha * counts, digits)
    return np.asarray(1.5 * np.cbrt(counts) ** 2 * special.hyp2f1(1 / 3, 2 / 3, 5 / 3, -argument))


def transform(
    kind: Transform,
    counts: FloatArray,
    mean: FloatArray,
    *,
    alpha: float | FloatArray = 0.1,
    digits: int | None = None,
) -> FloatArray:
    """Bring counts towards a standard normal distribution [5]_.

    Parameters
    ----------
    kind : {"standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"}
    counts, mean : float arrays, broadcast
    alpha : float
        Of the negative binomial ones: variance ``mean + alpha mean^2``.
    digits : int, optional
        Round the argument of the hypergeometric function of ``anscombeNegBin`` to so many digits.

    Examples
    --------
    >>> float(transform("standard", np.array(9.0), np.array(4.0)))
    2.5
    """
    if kind == "standard":
        return np.asarray((counts - mean) / np.sqrt(mean))
    if kind == "rossi":
        return np.asarray((counts - 3 * mean + 2 * np.sqrt(counts * mean)) / (2 * np.sqrt(mean)))
    if kind == "anscombe":
        return np.asarray(1.5 * (np.cbrt(counts) ** 2 - np.cbrt(mean) ** 2) / mean ** (1 / 6))
    if kind == "anscombe2nd":
        centre = np.cbrt(mean) ** 2 - 1 / (9 * np.cbrt(mean))
        return np.asarray(1.5 * (np.cbrt(counts) ** 2 - centre) / mean ** (1 / 6))
    variance = mean + alpha * mean**2
    if kind == "pearsonNegBin":
        return np.asarray((counts - mean) / np.sqrt(variance))
    if kind == "anscombeNegBin":
        gap = _anscombe_integral(counts, alpha, digits) - _anscombe_integral(mean, alpha, digits)
        return np.asarray(gap / variance ** (1 / 6))
    return np.asarray(counts - 0.0 * mean)


def transform_bound(
    kind: Transform,
    score: FloatArray,
    mean: FloatArray,
    *,
    alpha: float | FloatArray = 0.1,
    faults: bool = False,
) -> FloatArray:
    """Return the count whose transform is `score`, at least 0; the inverse of `transform`.

    NaN for ``anscombeNegBin``, whose inverse is not closed. With `faults`, as R's ``surveillance`` has
    it: the second-order term of ``anscombe2nd`` with power 1/3 of the mean, not -1/3, and the negative root
    of ``rossi`` squared, not cut at 0.

    Examples
    --------
    >>> float(transform_bound("standard", np.array(2.5), np.array(4.0)))
    9.0
    """
    if kind == "standard":
        bound = mean + np.sqrt(mean) * score
    elif kind == "rossi":
        square = 4 * mean + 2 * np.sqrt(mean) * score
        root = np.sqrt(np.maximum(square, 0.0)) - np.sqrt(mean)
        bound = np.where((root > 0) | (faults & (square >= 0)), root, 0.0) ** 2
    elif kind in ("anscombe", "anscombe2nd"):
        second = np.cbrt(mean) ** (1 if faults else -1) / 9 if kind == "anscombe2nd" else 0.0
        power = np.cbrt(mean) ** 2 - second + score * mean ** (1 / 6) / 1.5
        bound = np.maximum(power, 0) ** 1.5
    elif kind == "pearsonNegBin":
        bound = mean + score * np.sqrt(mean + alpha * mean**2)
    elif kind == "anscombeNegBin":
        bound = np.full(np.broadcast(score, mean).shape, np.nan)
    else:
        bound = score + 0.0 * mean
    return np.asarray(np.maximum(bound, 0.0))
