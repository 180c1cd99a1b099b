"""The smallest count of a recent window that a test would call, found from the test itself.

A test says whether it would call a hypothetical window (:mod:`analytics.kernels.windows.hypothetical`), from
the baseline alone (Hoenig and Heisey 2001). By variant A alone it is :func:`critical_count`, the first guess.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.windows.hypothetical import CalledAt
from analytics.kernels.windows.lrd import LRDTest

__all__ = ["QUICK", "THREE", "critical_count", "starting_count", "starts"]

THREE = 3  # days
QUICK = (8, 8)  # quadrature nodes where a third digit is enough
_DOUBLINGS = 14  # counts more than 16,384 beyond the guess are not looked for


def starting_count(
    called_at: CalledAt,
    level: FloatArray,
    guess: FloatArray,
    *,
    least: int = 0,
    days: int | None = None,
    upper: bool = True,
) -> FloatArray:
    """Smallest count of the window that is called at `level` (of decreases: the largest).

    Parameters
    ----------
    pvalue : PvalueAt
    level, guess : float arrays, shape (series,)
        NaN levels are not looked for. A good guess costs two looks at the test.
    least : int
        No smaller count is called, whatever its p-value.
    days : int, optional
        Over how many of the last periods the incidents are spread.
    upper : bool

    Returns
    -------
    float array, shape (series,)
        NaN where no count is called.
    """
    sign = 1.0 if upper else -1.0
    found = np.full(level.shape, np.nan)
    index = np.flatnonzero(np.isfinite(level))
    start = np.maximum(np.nan_to_num(np.round(guess), nan=3.0), least if upper else 0.0)
    # From the guess step outwards until the answer lies in (inner, outer], `outer` called; then halve.
    hit = np.zeros(level.shape, dtype=bool)
    hit[index] = called_at(start[index], index, days, level[index])
    outer, inner = np.where(hit, start, np.nan), np.where(hit, np.nan, start)
    bottom = float(least - 1) if upper else -1.0
    for doubling in range(_DOUBLINGS + 1):
        lost = index[np.isnan(outer[index]) | np.isnan(inner[index])]
        if not lost.size:
            break
        step = 2.0**doubling
        outwards = np.isnan(outer[lost])
        at = np.where(outwards, inner[lost] + sign * step, outer[lost] - sign * step)
        stop = at <= bottom
        called = np.zeros(lost.shape, dtype=bool)
        inside = np.flatnonzero(~stop)
        called[inside] = called_at(at[inside], lost[inside], days, level[lost[inside]])
        at = np.maximum(at, bottom)
        if not upper:  # below nothing there is nothing to call
            never = stop & outwards
            index = np.setdiff1d(index, lost[never])
        outer[lost] = np.where(called, at, outer[lost])
        inner[lost] = np.where(called, inner[lost], at)
    index = index[np.isfinite(outer[index]) & np.isfinite(inner[index])]
    while True:
        open_ = index[np.abs(outer[index] - inner[index]) > 1]
        if not open_.size:
            break
        middle = np.floor((outer[open_] + inner[open_]) / 2)
        called = called_at(middle, open_, days, level[open_])
        outer[open_] = np.where(called, middle, outer[open_])
        inner[open_] = np.where(called, inner[open_], middle)
    found[index] = outer[index]
    return found


def critical_count(
    base: FloatArray,
    recent: FloatArray,
    periods: FloatArray,
    dispersion: Dispersion,
    level: float | FloatArray,
    *,
    upper: bool = True,
) -> FloatArray:
    """Smallest recent count whose upper tail is at most `level` (or largest whose lower tail is; -1 if none).

    All arrays have shape ``(series,)``; `recent` and `periods` are exposures. Depends on the baseline alone.
    """
    levels = np.broadcast_to(np.asarray(level, dtype=float), base.shape)
    drawn = dispersion_nodes(dispersion.phi, dispersion.edf, QUICK[0])
    mean = base / periods * recent

    def rejects(count: FloatArray, index: IndexArray) -> BoolArray:
        tail = mixed_tail(
            count,
            count + base[index],
            recent[index],
            periods[index],
            dispersion.phi[index],
            dispersion.edf[index],
            upper=upper,
            nodes=QUICK[0],
            spread_nodes=QUICK[1],
            drawn=drawn[index],
        )
        return np.asarray(tail <= levels[index])

    # From a guess (Student's quantile, corrected for skewness) step outwards until the answer lies in
    # (inner, outer], where `outer` is rejected and `inner` is not; then halve. -1 stands for "never".
    sign = 1.0 if upper else -1.0
    spread = np.sqrt(dispersion.phi * np.maximum(mean, 0.1) * (1 + recent / periods))
    t = special.stdtrit(dispersion.edf, 1 - levels)
    skew = (2 * dispersion.phi - 1) / np.sqrt(dispersion.phi * np.maximum(mean, 0.1))
    guess = mean + sign * t * spread + (t**2 - 1) / 6 * skew * spread
    start = np.maximum(np.ceil(guess) if upper else np.floor(guess), 0.0)
    every = np.arange(mean.size)
    hit = rejects(start, every)
    outer, inner = np.where(hit, start, np.nan), np.where(hit, np.nan, start)
    step = 1.0
    while True:
        lost = np.flatnonzero(np.isnan(outer) | np.isnan(inner))
        if not lost.size:
            break
        outwards = np.isnan(outer[lost])
        at = np.where(outwards, inner[lost] + sign * step, outer[lost] - sign * step)
        stop = at < 0  # below zero nothing can be observed: rejected from below, not rejected from above
        hit = np.where(stop, not upper, rejects(np.maximum(at, 0.0), lost))
        at = np.maximum(at, -1.0)
        outer[lost] = np.where(hit, at, outer[lost])
        inner[lost] = np.where(hit, inner[lost], at)
        step *= 2
    while True:
        open_ = np.flatnonzero(np.abs(outer - inner) > 1)
        if not open_.size:
            return np.asarray(outer)
        middle = np.floor((outer[open_] + inner[open_]) / 2)
        hit = rejects(middle, open_)
        outer[open_] = np.where(hit, middle, outer[open_])
        inner[open_] = np.where(hit, inner[open_], middle)


def starts(
    test: LRDTest,
    at: CalledAt,
    level: FloatArray,
    length: int,
    *,
    upper: bool,
    least: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest counts called, spread evenly and on three days (of decreases: the largest).

    `least`, of shape (2, series), are counts without which nothing is called.
    """
    guess = critical_count(
        test.baseline_total,
        test.recent_exposure * test.carried,
        test.baseline_exposure,
        test.dispersion,
        np.where(np.isfinite(level), level, 0.5),
        upper=upper,
    )
    bottom = MIN_OBSERVED if upper else 0
    first = starting_count(at, level, guess, least=bottom, upper=upper)
    if length <= THREE or not upper:
        return first, np.full(first.shape, np.nan)
    wanted = np.where(np.isfinite(first), level, np.nan)
    three = starting_count(at, wanted, np.round(1.1 * first), least=bottom, days=THREE)
    return (first, three) if least is None else (np.maximum(first, least[0]), np.maximum(three, least[1]))
