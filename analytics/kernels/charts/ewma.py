"""Exponentially weighted moving averages of counts: the recursion, its run length and its limits.

Papers: Borror, Champ and Rigdon 1998; Brook and Evans 1972 (:func:`analytics.detectors.ewma`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.charts.run_length import probabilities
from analytics.kernels.common.compiled import compiled

__all__ = ["EwmaDesign", "ewma_design", "ewma_run", "ewma_run_length", "ewma_thinned", "single_incident"]


_MEAN_STEP = 0.05  # designs are shared by series whose mean and dispersion round to the same
_SPREAD_STEP = 0.1
_COUNTS_MAX = 20_000
_WIDTH_STEP = 0.01
_NEAR = 1.01  # a run length this little over the wanted one is not bettered


def single_incident(mean: FloatArray, weight: float) -> FloatArray:
    """Return where one incident takes an EWMA that stands at its mean: no limit is lower than that."""
    return np.asarray((1 - weight) * mean + weight)


@compiled
def ewma_run(
    values: npt.NDArray[np.number],
    covered: BoolArray | None,
    mean: FloatArray,
    deviation: FloatArray,
    width: FloatArray,
    weight: float,
    reset: bool,
    state: FloatArray,
    age: FloatArray,
    statistic: FloatArray,
    alarm: BoolArray,
    bound: FloatArray,
) -> None:
    """Run ``Z = (1 - weight) Z + weight y`` over every series, into given arrays.

    An alarm is Z above ``mean + width deviation sqrt(weight / (2 - weight) (1 - (1 - weight)^(2 age)))``, and
    above where one incident takes Z from its mean.

    Parameters
    ----------
    values : array, shape (periods, series)
    covered : bool array, same shape, or None
        Where there are data; elsewhere Z is carried over and nothing alarms. None: everywhere.
    mean, deviation, width : float arrays, shape (series,)
    weight : float
    reset : bool
        Whether Z goes back to the mean, and age to 0, after an alarm.
    state, age : float arrays, shape (series,)
        Z and the periods since its start; updated.
    statistic : float array, shape (periods, series)
        Filled with ``(Z - mean) / (deviation sqrt(...))``, the number `width` is held against.
    alarm : bool array, same shape
        Filled.
    bound : float array, same shape
        Filled with the count above which the period would alarm.

    Examples
    --------
    >>> y, one = np.array([[4], [9], [9]]), np.ones(1)
    >>> Z, alarm, bound = np.zeros((3, 1)), np.zeros((3, 1), bool), np.zeros((3, 1))
    >>> ewma_run(y, None, 4 * one, 2 * one, 2.5 * one, 0.2, True, 4 * one, 0 * one, Z, alarm, bound)
    >>> Z[:, 0].round(2).tolist(), alarm[:, 0].tolist()
    ([0.0, 1.95, 3.14], [False, False, True])
    """
    periods, series = values.shape
    for t in range(periods):
        for j in range(series):
            old = age[j]
            if covered is None or covered[t, j]:
                old += 1.0
            spread = deviation[j] * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * max(old, 1.0))))
            limit = max(mean[j] + width[j] * spread, (1 - weight) * mean[j] + weight)
            limit += 1e-9 * limit
            before = state[j]
            z = (1 - weight) * before + weight * values[t, j]
            raised = z > limit
            if covered is not None and not covered[t, j]:
                z, raised = before, False
            statistic[t, j] = (z - mean[j]) / spread
            bound[t, j] = max((limit - (1 - weight) * before) / weight, 0.0)
            alarm[t, j] = raised
            if raised and reset:
                z, old = mean[j], 0.0
            state[j] = z
            age[j] = old


def ewma_thinned(
    values: npt.NDArray[np.number],
    covered: BoolArray | None,
    mean: FloatArray,
    variance: FloatArray,
    width: FloatArray,
    weight: float,
    reset: bool,
    statistic: FloatArray,
    alarm: BoolArray,
    bound: FloatArray,
) -> None:
    """Do as :func:`ewma_run` where mean and variance change from period to period; starts at the mean.

    The average is that of counts less their means; where these are all alike it is that of `ewma_run`.

    Parameters
    ----------
    values, covered, width, weight, reset, statistic, alarm, bound
        As there.
    mean, variance : float arrays, shape (periods, series)

    Examples
    --------
    >>> y, one, each = np.array([[4], [9], [9]]), np.ones(1), np.ones((3, 1))
    >>> Z, alarm, bound = np.zeros((3, 1)), np.zeros((3, 1), bool), np.zeros((3, 1))
    >>> ewma_thinned(y, None, 4 * each, 4 * each, 2.5 * one, 0.2, True, Z, alarm, bound)
    >>> Z[:, 0].round(2).tolist(), alarm[:, 0].tolist()
    ([0.0, 1.95, 3.14], [False, False, True])
    """
    over, spread = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for t in range(len(values)):
        here = np.ones(over.shape, dtype=bool) if covered is None else covered[t]
        ahead = (1 - weight) ** 2 * spread + weight**2 * variance[t]
        limit = np.maximum(width * np.sqrt(ahead), weight * (1 - mean[t]))
        limit += 1e-9 * (mean[t] + limit)
        moved = (1 - weight) * over + weight * (values[t] - mean[t])
        bound[t] = np.maximum((limit - (1 - weight) * over) / weight + mean[t], 0.0)
        over, spread = np.where(here, moved, over), np.where(here, ahead, spread)
        statistic[t] = over / np.sqrt(np.where(spread > 0, spread, ahead))
        alarm[t] = here & (moved > limit)
        if reset:
            over, spread = np.where(alarm[t], 0.0, over), np.where(alarm[t], 0.0, spread)


@compiled
def _ewma_chain(
    mean: float,
    deviation: float,
    weight: float,
    width: float,
    least: float,
    pmf: FloatArray,
    nodes: int,
) -> float:
    """Return the run length of an EWMA from its mean, limits widening from the first period on.

    The mass between two nodes is shared between them; it is followed period by period until what is left
    shrinks at a steady rate.
    """
    final = max(mean + width * deviation * np.sqrt(weight / (2 - weight)), least)
    lowest = max(mean - 5 * deviation * np.sqrt(weight / (2 - weight)), 0.0)
    gap = (final - lowest) / (nodes - 1)
    mass, after = np.zeros(nodes), np.zeros(nodes)
    at = (mean - lowest) / gap
    node = min(int(at), nodes - 2)
    mass[node + 1], mass[node] = at - node, 1 - (at - node)
    left, total, shrink, rate = 1.0, 1.0, 1.0, 0.0
    for t in range(1, 4000):
        spread = weight / (2 - weight) * (1 - (1 - weight) ** (2 * t))
        limit = max(mean + width * deviation * np.sqrt(spread), least) + 1e-9 * final
        for i in range(nodes):
            after[i] = 0.0
        for i in range(nodes):
            if mass[i] < 1e-14:
                continue
            base = (1 - weight) * (lowest + i * gap)
            for y in range(len(pmf)):
                z = base + weight * y
                if z > limit:
                    break
                share = mass[i] * pmf[y]
                at = max(z - lowest, 0.0) / gap
                node = min(int(at), nodes - 2)
                up = min(at - node, 1.0)
                after[node] += share * (1 - up)
                after[node + 1] += share * up
        now = 0.0
        for i in range(nodes):
            now += after[i]
        mass, after = after, mass
        rate, shrink = shrink, now / left
        left = now
        total += left
        if left < 1e-12 or (
            spread > 0.999 * weight / (2 - weight) and abs(rate - shrink) < 1e-3 * (1 - shrink)
        ):
            break
    return total + left * shrink / (1 - shrink) if shrink < 1 else np.inf


@compiled
def _ewma_search(
    mean: FloatArray,
    dispersion: FloatArray,
    weight: float,
    least: FloatArray,
    wanted: FloatArray,
    nodes: int,
    width: FloatArray,
    length: FloatArray,
) -> None:
    """Fill the narrowest limits, to 0.01, whose run length reaches the wanted one."""
    for d in range(len(mean)):
        deviation = np.sqrt(mean[d] * dispersion[d])
        top = 6.0
        while True:
            counts = int((mean[d] + top * deviation + least[d]) / weight) + 2
            pmf, tail = np.empty(min(counts, _COUNTS_MAX)), np.empty(min(counts, _COUNTS_MAX))
            probabilities(mean[d], dispersion[d], pmf, tail)
            reached = _ewma_chain(mean[d], deviation, weight, top, least[d], pmf, nodes)
            if reached >= wanted[d] or top > 60:
                break
            top *= 1.6
        low, high, length[d] = 0.0, top, reached
        low_length = _ewma_chain(mean[d], deviation, weight, low, least[d], pmf, nodes)
        turn = 0
        while high - low > _WIDTH_STEP and length[d] > _NEAR * wanted[d] and low_length < wanted[d]:
            turn += 1
            share = 0.5
            if turn % 2 and np.isfinite(length[d]):
                share = np.log(1.003 * wanted[d] / low_length) / np.log(length[d] / low_length)
                share = min(max(share, 0.05), 0.95)
            middle = low + share * (high - low)
            here = _ewma_chain(mean[d], deviation, weight, middle, least[d], pmf, nodes)
            if here < wanted[d]:
                low, low_length = middle, here
            else:
                high, length[d] = middle, here
        if low_length >= wanted[d]:
            high, length[d] = low, low_length
        width[d] = high


def ewma_run_length(
    mean: float, *, weight: float, width: float, dispersion: float = 1.0, nodes: int = 200
) -> float:
    """Average periods to the first alarm of an EWMA that starts at its mean, with time-varying limits.

    Parameters
    ----------
    mean, dispersion : float
    weight : float
    width : float
        Of the limit, in standard deviations.
    nodes : int
        Of the Markov chain.

    Examples
    --------
    >>> round(ewma_run_length(4.0, weight=0.2, width=2.8))
    353
    """
    level = np.array([mean], dtype=float)
    deviation = float(np.sqrt(mean * dispersion))
    least = float(single_incident(level, weight)[0])
    counts = min(int((max(mean + width * deviation, least)) / weight) + 2, _COUNTS_MAX)
    pmf, tail = np.empty(counts), np.empty(counts)
    probabilities(float(mean), float(dispersion), pmf, tail)
    return float(_ewma_chain(float(mean), deviation, weight, float(width), least, pmf, nodes))


@dataclass(frozen=True, eq=False, slots=True)
class EwmaDesign:
    """Limits of an EWMA for each series; every array has shape (series,).

    Attributes
    ----------
    width : float array
        In standard deviations of the EWMA.
    run_length : float array
        Average periods to a false alarm.
    """

    width: FloatArray
    run_length: FloatArray


def ewma_design(
    mean: FloatArray, dispersion: FloatArray, *, weight: float, run_length: FloatArray, nodes: int = 80
) -> EwmaDesign:
    """Find the limits of an EWMA that give a wanted run length, for each series.

    Means are rounded to 5 %, dispersions to 10 %, so that series share a design.

    Parameters
    ----------
    mean, dispersion, run_length : float arrays, shape (series,)
    weight : float
    nodes : int

    Examples
    --------
    >>> design = ewma_design(np.array([4.0]), np.ones(1), weight=0.2, run_length=np.array([52.0]))
    >>> bool(design.run_length[0] >= 52)
    True
    """
    keys = np.stack(
        [
            np.round(np.log(mean) / _MEAN_STEP),
            np.round(np.log(np.maximum(dispersion, 1.0)) / _SPREAD_STEP),
            run_length,
        ]
    )
    unique, back = np.unique(keys, axis=1, return_inverse=True)
    back = back.ravel()
    level, spread = np.exp(unique[0] * _MEAN_STEP), np.exp(unique[1] * _SPREAD_STEP)
    width, length = np.empty(len(level)), np.empty(len(level))
    least = single_incident(level, weight)
    _ewma_search(level, spread, weight, least, np.ascontiguousarray(unique[2]), nodes, width, length)
    return EwmaDesign(width[back], length[back])
