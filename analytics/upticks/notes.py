"""Notes that several tests of claims say beside their answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from analytics.counts import Counts
from analytics.geo.calendars import overlap_notes
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.windows.answer import Asked
from analytics.kernels.windows.spread import spread_growth
from analytics.results import family_words, listed
from analytics.upticks.windows import SAME_WEEKS, Split

__all__ = ["answer_notes", "family_notes", "spread_notes", "stretch_notes", "unplaced_notes"]

_NAMED = 5


def unplaced_notes(counts: Counts, where: str = "in no region tested") -> list[str]:
    """Say how many of what was counted lie in no region, where there are any."""
    lost = 0 if counts.unplaced is None else int(counts.unplaced.sum())
    return [f"{lost:,} unplaced {counts.value} are {where}"] if lost else []


def family_notes(frame: pd.DataFrame, one: str = "region") -> list[str]:
    """Say what the q-values are adjusted over, where there are several rows."""
    tested = int(frame["pvalue"].notna().sum())
    return [family_words(tested, len(frame), one)] if len(frame) > 1 else []


def stretch_notes(
    counts: Counts, split: Split, baseline: int | str | None, calendar: Sequence[str]
) -> tuple[str, ...]:
    """Say what a reader should know of the counts and of the days compared."""
    notes = [
        *counts.notes,
        *overlap_notes(split.recent_window, split.baseline_window, calendar, countries=counts.countries),
    ]
    if baseline == SAME_WEEKS:
        notes.append("the baseline holds the same weeks of earlier years, four weeks on either side")
    notes += unplaced_notes(counts)
    if counts.value != "incidents":
        notes.append(f"{counts.value} have heavy tails: a single incident can make an uptick of them")
    return tuple(notes)


def answer_notes(frame: pd.DataFrame, asked: Asked) -> list[str]:
    """Say what a reader of this answer should know."""
    notes = []
    if asked.completeness is None and asked.upper:
        notes.append("completeness of the recent days is not known: 'no uptick' is never said")
    if frame["model_based"].any():
        notes.append("p-values marked model-based are smaller than the baseline alone could show")
    return notes


def spread_notes(split: Split, counts: Counts, alpha: float) -> list[str]:
    """Warn of regions whose counts vary more at the end of their baseline than at its beginning."""
    growth = spread_growth(split.baseline, split.baseline_covered)
    qvalue = benjamini_hochberg(special.ndtr(-growth.score))
    rows = np.flatnonzero((qvalue <= alpha) & growth.grows)
    if not rows.size:
        return []
    named = listed([counts.regions[i] for i in rows[:_NAMED]])
    more = f" and {rows.size - _NAMED} more" if rows.size > _NAMED else ""
    return [
        f"the counts of {named}{more} vary more and more through the baseline: the test takes the spread "
        "of its end, and calls up to 8 in 100 quiet windows at a level of 5"
    ]
