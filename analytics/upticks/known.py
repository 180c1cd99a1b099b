"""Completeness as the tests of claims use it: read from the counts, where the options set it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analytics._typing import FloatArray
from analytics.counts import Completeness, Counts
from analytics.kernels.windows.answer import Answer
from analytics.options.windows import check_completeness, check_completeness_sd

__all__ = [
    "Known",
    "hold_back",
    "known_share",
    "known_window",
    "recent_completeness",
    "state_completeness",
    "unanswered",
]


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


def recent_completeness(
    counts: Counts, periods: int, share: object, deviation: object
) -> tuple[Counts, Known]:
    """Return the counts and the completeness of the last periods over, as options or the counts state it."""
    begin, end = counts.complete - periods, counts.complete
    counts = state_completeness(counts, begin, end, share, deviation)
    known = known_window(counts, begin, end)
    if share is not None and deviation is not None and known.deviation is None:
        known = replace(known, deviation=np.zeros(periods))
    return counts, known


def hold_back(found: Answer, why: str) -> Answer:
    """Return an answer that gives no verdict, if there is a reason why."""
    if not why:
        return found
    nothing = np.full(len(found.pvalue), np.nan)
    return replace(found, reasons=[why] * len(found.reasons), pvalue=nothing, family=nothing)


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


def known_share(counts: Counts, begin: int, end: int, given: float | None) -> float | None:
    """Return the share for a test that takes one number: the one given, or the window's mean."""
    return given if given is not None else known_window(counts, begin, end).mean


def _mean(values: FloatArray) -> float:
    low: Any = values.min()
    return float(low) if low == values.max() else float(values.mean())


def unanswered(counts: Counts, first: np.datetime64, last: np.datetime64) -> str:
    """Return why a test that uses the days `first` to `last` gives no verdict, "" where it may."""
    for window in counts.silences:
        if window.start <= last and window.end >= first:
            return f"nothing at all is recorded {window}: a gap in the data, or quiet? (see notes)"
    return ""
