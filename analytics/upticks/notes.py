"""Notes that several tests of claims say beside their answer."""

from __future__ import annotations

import pandas as pd

from analytics.counts import Counts
from analytics.results import family_words

__all__ = ["family_notes", "unplaced_notes"]


def unplaced_notes(counts: Counts, where: str = "in no region tested") -> list[str]:
    """Say how many of what was counted lie in no region, where there are any."""
    lost = 0 if counts.unplaced is None else int(counts.unplaced.sum())
    return [f"{lost:,} unplaced {counts.value} are {where}"] if lost else []


def family_notes(frame: pd.DataFrame, one: str = "region") -> list[str]:
    """Say what the q-values are adjusted over, where there are several rows."""
    tested = int(frame["pvalue"].notna().sum())
    return [family_words(tested, len(frame), one)] if len(frame) > 1 else []
