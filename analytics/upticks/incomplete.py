"""Completeness where a test compares places, and where its method has no place for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.results import counted

__all__ = ["COMPLETE_ENOUGH", "incomplete_before", "weighted_completeness", "without_incomplete"]

COMPLETE_ENOUGH = 0.9  # where a method has no place for an exposure, periods known to be less are left out


def weighted_completeness(
    counts: Counts, begin: int, used: BoolArray, regions: BoolArray, weight: FloatArray
) -> tuple[float, float] | None:
    """Return mean share and deviation of some regions over the `used` periods from `begin` on.

    Regions weigh by `weight`, shape (regions,). None where it is not known for each of them.
    """
    if counts.completeness is None or not used.any():
        return None
    part = counts.completeness.rows(slice(begin, begin + len(used)))
    share, deviation = part.share[used][:, regions], np.nan_to_num(part.deviation[used][:, regions])
    if np.isnan(share).any():
        return None
    own = weight[regions] if weight[regions].any() else np.ones(int(regions.sum()))
    own = np.broadcast_to(own, share.shape)
    return float((share * own).sum() / own.sum()), float((deviation * own).sum() / own.sum())


def incomplete_before(counts: Counts, begin: int, end: int) -> list[str]:
    """Say how many periods that a window is compared with are known to be incomplete, if any."""
    if counts.completeness is None:
        return []
    share = counts.completeness.rows(slice(begin, end)).share
    with np.errstate(invalid="ignore"):
        known = ((share < 1) & counts.coverage[begin:end]).any(axis=1)
    if not known.any():
        return []
    number = counted(int(known.sum()), counts.finest)
    return [f"{number} before the recent window known to be incomplete, taken as complete"]


def without_incomplete(counts: Counts) -> tuple[Counts, list[str]]:
    """Return the counts without coverage where less than nine in ten is known to be reported, and notes.

    For methods that have no place for an exposure. What is not known stays as it is.
    """
    if counts.completeness is None:
        return counts, []
    share = np.where(counts.coverage, counts.completeness.share, np.nan)
    with np.errstate(invalid="ignore"):
        less, some = share < COMPLETE_ENOUGH, (share >= COMPLETE_ENOUGH) & (share < 1)
    notes = []
    if less.any():
        touched = np.asarray(less.any(axis=1))
        days = counts.starts[touched]
        number = counted(len(days), counts.finest)
        where = "" if less[touched].all() else ", in some regions"
        span = f"{days[0]}..{days[-1]}" if len(days) > 1 else f"{days[0]}"
        are = "is" if len(days) == 1 else "are"
        least = f"{100 * COMPLETE_ENOUGH:.0f} %"
        notes.append(f"{number} ({span}{where}) known to be less than {least} complete {are} left out")
    if some.any():
        notes.append(
            f"what is known to be {100 * COMPLETE_ENOUGH:.0f} % complete or more is taken as complete"
        )
    kept = replace(
        counts, values=np.where(less, 0, counts.values).astype(np.int32), coverage=counts.coverage & ~less
    )
    return (kept if less.any() else counts), notes
