"""The threshold at which episodes of alarms come as often as the budget allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.common.episodes import episode_onsets

__all__ = ["bisect", "episodes_per_year", "sweep"]


STEPS = 14  # halvings of the logarithm of a threshold: to a ten-thousandth of the range
ALARMS_PER_EPISODE = 8.0  # more than so many are one long alarm rather than few episodes


def sweep(evidence: FloatArray, years: FloatArray, rate: FloatArray, gap: int) -> FloatArray:
    """Return the smallest evidence at which alarms still keep the budget, for each group of series.

    Parameters
    ----------
    evidence : float array, shape (groups, series, periods)
        Larger is more alarming; -inf where there is never an alarm.
    years : float array, shape (groups,)
        Years tested in each group.
    rate : float array, shape (groups,)
        Episodes allowed a year.
    gap : int
        Alarms at most so many periods apart are one episode.

    Returns
    -------
    float array, shape (groups,)
        Alarms where the evidence is at least this come in at most ``rate * years`` episodes, and so do those
        at any larger value; inf where no value does, -inf where every one does.

    Examples
    --------
    >>> evidence = np.array([[[1.0, 5.0, 4.0, 0.5, 0.2, 0.1, 3.0]]])
    >>> [float(sweep(evidence, np.ones(1), np.full(1, r), 2)[0]) for r in (0.5, 1.0, 2.0)]
    [inf, 4.0, -inf]
    """
    groups, series, periods = evidence.shape
    flat = evidence.reshape(groups, series * periods)
    order = np.argsort(-flat, axis=1, kind="stable")
    return np.asarray(_sweep(flat, order, rate * years + 1e-9, periods, gap))


@compiled
def _sweep(flat: FloatArray, order: IndexArray, allowed: FloatArray, periods: int, gap: int) -> FloatArray:
    groups, cells = flat.shape
    found = np.empty(groups)
    for g in range(groups):
        on = np.zeros(cells, dtype=np.bool_)
        episodes = 0
        kept = np.inf
        i = 0
        while i < cells and flat[g, order[g, i]] > -np.inf:
            value = flat[g, order[g, i]]
            while i < cells and flat[g, order[g, i]] == value:  # ties are alarmed together
                cell = order[g, i]
                start = cell - cell % periods
                before, after = 0, 0  # periods to the nearest alarm on either side, 0 if none is near
                for back in range(1, min(gap, cell - start) + 1):
                    if on[cell - back]:
                        before = back
                        break
                for ahead in range(1, min(gap, start + periods - 1 - cell) + 1):
                    if on[cell + ahead]:
                        after = ahead
                        break
                if before == 0 and after == 0:
                    episodes += 1
                elif before > 0 and after > 0 and before + after > gap:
                    episodes -= 1
                on[cell] = True
                i += 1
            if episodes > allowed[g]:
                break
            kept = value
        found[g] = kept if episodes > allowed[g] else -np.inf
    return found


def bisect(
    run: Callable[[FloatArray], tuple[BoolArray, FloatArray]],
    loosest: float,
    strictest: float,
    rate: FloatArray,
    period_days: int,
    *,
    steps: int = STEPS,
) -> FloatArray:
    """Find the threshold of each group by running the detector again and again.

    Parameters
    ----------
    run : callable
        Takes thresholds, shape (groups,); returns alarms, shape (periods, groups, series), and the years
        tested of each group.
    loosest, strictest : float
        Thresholds to look between, both above zero.
    rate : float array, shape (groups,)
        Episodes allowed a year.
    period_days : int
    steps : int

    Returns
    -------
    float array, shape (groups,)
        NaN where even the strictest does not keep the budget.
    """
    loose = np.full(rate.shape, np.log(loosest))
    strict = np.full(rate.shape, np.log(strictest))
    impossible = ~_kept(*run(np.exp(strict)), rate, period_days)
    for _ in range(steps):
        middle = (loose + strict) / 2
        good = _kept(*run(np.exp(middle)), rate, period_days)
        strict, loose = np.where(good, middle, strict), np.where(good, loose, middle)
    return np.asarray(np.where(impossible, np.nan, np.exp(strict)))


def _kept(alarm: BoolArray, years: FloatArray, rate: FloatArray, period_days: int) -> BoolArray:
    """Whether each group keeps its budget, and not by alarming without end."""
    allowed = rate * years + 1e-9
    alarms = alarm.sum(axis=(0, 2))
    return np.asarray(
        (episodes_per_year(alarm, years, period_days)[0] * years <= allowed)
        & (alarms <= ALARMS_PER_EPISODE * np.maximum(allowed, 1.0) * 7 / period_days)
    )


def episodes_per_year(alarm: BoolArray, years: FloatArray, period_days: int) -> tuple[FloatArray, FloatArray]:
    """Return episodes a year of each group, and the standard error of that.

    Parameters
    ----------
    alarm : bool array, shape (periods, groups, series)
    years : float array, shape (groups,)
    period_days : int
    """
    onsets = episode_onsets(alarm, period_days).sum(axis=0)
    safe = np.maximum(years, 1e-9)
    several = onsets.shape[1]
    spread = onsets.std(axis=1, ddof=1) if several > 1 else np.sqrt(onsets[:, 0])
    return onsets.sum(axis=1) / safe, np.asarray(spread * np.sqrt(several) / safe)
