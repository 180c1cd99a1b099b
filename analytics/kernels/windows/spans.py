"""How long guard and baseline are where nobody said: 28 and 364 days, less in a shorter history.

A baseline takes all there is in whole weeks, up to 364 days. Where 28 days of guard would leave it fewer than
twelve weeks (or than it must hold of recent windows), the guard is shortened to what leaves it so many, in
whole weeks and to 14 days at least. A recent window of 14 days is so tested from 16 weeks on: 2 recent, 2 of
guard, 12 of baseline; from 18 weeks on the guard has its 28 days.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.kernels.windows.lrd import MIN_WINDOWS

__all__ = ["BASELINE", "GUARD", "Spans", "spans_of"]


GUARD, BASELINE = 28, 364  # days
GUARD_LEAST, BASELINE_LEAST = 14, 84
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Spans:
    """Days of guard and baseline, and the days of history that they and the recent window need.

    `enough` is whether there are so many, and true of a stated baseline, of which some may have no coverage.
    """

    guard: int
    baseline: int
    needed: int
    enough: bool


def spans_of(
    history: int,
    recent: int,
    guard: int | None = None,
    baseline: int | None = None,
    *,
    step: int = 1,
    windows: int = MIN_WINDOWS,
) -> Spans:
    """Return how long guard and baseline are.

    Parameters
    ----------
    history : int
        Days up to the end of the recent window, from the first with coverage.
    recent : int
        Days in the recent window.
    guard, baseline : int, optional
        Days, where they are stated: then they are these.
    step : int
        Days in a period.
    windows : int
        Recent windows that a baseline must hold.

    Examples
    --------
    >>> spans_of(406, 14)
    Spans(guard=28, baseline=364, needed=406, enough=True)
    >>> spans_of(112, 14)
    Spans(guard=14, baseline=84, needed=112, enough=True)
    >>> spans_of(119, 14).guard, spans_of(126, 14).guard, spans_of(133, 14).baseline
    (21, 28, 91)
    >>> spans_of(111, 14).enough
    False
    """
    if baseline is not None:
        guard = GUARD if guard is None else guard
        return Spans(guard, baseline, recent + guard + baseline, True)
    room = history - recent
    least = windows * recent if guard is not None else max(BASELINE_LEAST, windows * recent)
    least = -(-least // step) * step
    if guard is None:
        guard = min(max((room - least) // _WEEK * _WEEK, GUARD_LEAST), GUARD)
    baseline = max(min(BASELINE, (room - guard) // _WEEK * _WEEK), least)
    needed = recent + guard + baseline
    return Spans(guard, baseline, needed, history >= needed)
