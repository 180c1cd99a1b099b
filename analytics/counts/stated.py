"""Completeness that options state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.counts.completeness import Completeness
from analytics.counts.grid import Counts
from analytics.options import numbers_of
from analytics.options.windows import check_completeness, check_completeness_sd

__all__ = ["state_completeness", "state_latest"]


def state_completeness(
    counts: Counts, begin: int, end: int, share: object, deviation: object = None
) -> Counts:
    """Return the counts with the completeness that options give for the periods `begin` to `end`."""
    stated, _ = check_completeness(share, end - begin, counts.period_days)
    spread = check_completeness_sd(deviation, stated)
    if stated is None:
        return counts
    before = counts.completeness or Completeness.unknown(counts.values.shape)
    return replace(counts, completeness=before.set_last(stated, spread, slice(begin, end)))


def state_latest(counts: Counts, end: int, share: object, deviation: object = None) -> Counts:
    """Return the counts with the completeness that options give for the last periods before `end`.

    One number is that of the last two weeks; several are those of the last so many periods, as shown. `end`
    counts periods of the finest grid.
    """
    step = counts.period_days
    each = (7 if counts.freq == "week" else 1) // step
    last = min(14 // step, end)
    spread = []
    for given in (share, deviation):
        stated = None if given is None else numbers_of(given)
        if stated is not None and stated.ndim:
            last = min(stated.size * each, end)
            stated = np.repeat(stated, each)
        spread.append(given if stated is None or not stated.ndim else stated)
    return state_completeness(counts, end - last, end, *spread)
