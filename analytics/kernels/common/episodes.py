"""Alarms that lie close together are one episode: one rule for every detector."""

from __future__ import annotations

import numpy as np

from analytics._typing import BoolArray, IntArray

__all__ = ["EPISODE_DAYS", "episode_onsets", "episode_spans"]


EPISODE_DAYS = 14  # an alarm at most this many days after the last one belongs to the same episode


def episode_onsets(alarm: BoolArray, period_days: int, *, merge_days: int = EPISODE_DAYS) -> BoolArray:
    """Return where an episode starts: an alarm with none in the `merge_days` before it.

    Parameters
    ----------
    alarm : bool array, shape (periods, series)
    period_days : int
        Days from one period to the next.
    merge_days : int

    Returns
    -------
    bool array, shape (periods, series)

    Examples
    --------
    >>> alarm = np.array([[True], [False], [True], [False], [False], [True]])
    >>> episode_onsets(alarm, 7)[:, 0].tolist()
    [True, False, False, False, False, True]
    """
    gap = merge_days // period_days
    onset = alarm.copy()
    for back in range(1, min(gap, len(alarm) - 1) + 1):
        onset[back:] &= ~alarm[:-back]
    return onset


def episode_spans(
    alarm: BoolArray, period_days: int, *, merge_days: int = EPISODE_DAYS
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return series, first period, last period and number of alarms of every episode, series by series.

    Examples
    --------
    >>> alarm = np.array([[True], [False], [True], [False], [False], [True]])
    >>> [part.tolist() for part in episode_spans(alarm, 7)]
    [[0, 0], [0, 5], [2, 5], [2, 1]]
    """
    series, period = np.nonzero(alarm.T)
    if not series.size:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing, nothing
    new = np.ones(series.size, dtype=bool)
    new[1:] = (np.diff(series) != 0) | (np.diff(period) * period_days > merge_days)
    first = np.flatnonzero(new)
    last = np.append(first[1:], series.size) - 1
    return series[first], period[first], period[last], last - first + 1
