"""Completeness that options state, and what is known of that of a window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analytics._typing import FloatArray
from analytics.counts.completeness import Completeness
from analytics.counts.grid import Counts
from analytics.options import numbers_of
from analytics.options.windows import check_completeness, check_completeness_sd

__all__ = ["Known", "known_window", "state_completeness", "state_latest"]


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """Completeness of a window: arrays of shape (periods,), the mean over regions where these differ.

    All are None where it is not known for every covered period of every region.
    """

    share: FloatArray | None = None
    deviation: FloatArray | None = None

    @property
    def mean(self) -> float | None:
        """Mean share, or None."""
        return None if self.share is None else _mean(self.share)

    @property
    def mean_deviation(self) -> float | None:
        """Mean standard deviation; None where there is none."""
        return None if self.deviation is None else _mean(self.deviation)


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


def known_window(counts: Counts, begin: int, end: int) -> Known:
    """Return the completeness of the periods from `begin` to before `end`."""
    if counts.completeness is None:
        return Known()
    part = counts.completeness.rows(slice(begin, end))
    share, deviation = part.share, part.deviation
    if np.isnan(share[counts.coverage[begin:end]]).any() or not share.size:
        return Known()
    share, deviation = np.nan_to_num(share, nan=1.0), np.nan_to_num(deviation)
    share, deviation = (
        part[:, 0] if (part == part[:, :1]).all() else part.mean(axis=1) for part in (share, deviation)
    )
    return Known(share, deviation if deviation.any() else None)


def _mean(values: FloatArray) -> float:
    low: Any = values.min()
    return float(low) if low == values.max() else float(values.mean())
