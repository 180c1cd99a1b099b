"""The smallest count of a recent window that a test would call, found from the test itself.

A test says whether it would call a hypothetical window (:mod:`analytics.kernels.windows.hypothetical`), from
the baseline alone (Hoenig and Heisey 2001), and about where it begins to; by variant A alone that is
:func:`analytics.kernels.windows.critical.critical_count`.
"""

from __future__ import annotations

import numpy as np

from analytics._typing import FloatArray
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.windows.critical import critical_count
from analytics.kernels.windows.hypothetical import THREE, CalledAt
from analytics.kernels.windows.lrd import LRDTest

__all__ = ["starting_count", "starts"]

_DOUBLINGS = 20  # counts more than two million beyond the guess are not looked for


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
        if not upper:  # nothing at all is asked about before no count is said to be called
            at = np.where(outwards & (inner[lost] > 0), np.maximum(at, 0.0), at)
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
    sought = np.where(np.isfinite(level), level, 0.5)
    guesses = at.guesses(sought)
    if guesses is None:
        sizes = test.baseline_total, test.recent_exposure * test.carried, test.baseline_exposure
        guesses = critical_count(*sizes, test.dispersion, sought, upper=upper), None
    guess, guess_3 = guesses
    bottom = MIN_OBSERVED if upper else 0
    first = starting_count(at, level, guess, least=bottom, upper=upper)
    if length <= THREE or not upper:
        return first, np.full(first.shape, np.nan)
    wanted = np.where(np.isfinite(first), level, np.nan)
    guess_3 = 1.1 * first if guess_3 is None else np.maximum(guess_3, first)
    three = starting_count(at, wanted, guess_3, least=bottom, days=THREE)
    return (first, three) if least is None else (np.maximum(first, least[0]), np.maximum(three, least[1]))
