"""Where the rules by which incidents are in a file change: what its source, its rows and its metadata say."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analytics._typing import Days, IntArray
from analytics.periods import DAY
from analytics.sources.coverage import Splice

__all__ = ["UNCLEAR", "find_splices", "inclusion_marks"]

UNCLEAR = "code_status not clear"  # the flag of UCDP candidate rows
_MISSED = 7.0  # incidents to be expected where a source has none: by chance once in a thousand
_REGULAR = 10  # incidents of a source that comes regularly


def find_splices(
    frame: pd.DataFrame, stated: Iterable[Splice] = (), weight: IntArray | None = None
) -> tuple[Splice, ...]:
    """Return the days from which on incidents are in a file by other rules than before.

    Three ways: what the source and the metadata state; UCDP candidate rows (not all of them clear) that
    continue a yearly file, which holds clear rows alone; and, in a table of several sources, one that began
    or ended where at its own rate seven incidents or more were to be expected.

    Parameters
    ----------
    frame : DataFrame
        Canonical incidents with their `flags`.
    stated : iterable of Splice
    weight : int array, optional
        How many incidents each row stands for; one unless given.

    Examples
    --------
    >>> days = pd.date_range("2019-12-01", periods=60)
    >>> frame = pd.DataFrame({"date_start": days, "source": "ucdp", "flags": ""})
    >>> frame.loc[[35, 40], "flags"] = UNCLEAR
    >>> str(find_splices(frame)[0])
    'from 2020-01-01 on UCDP candidate rows continue the yearly file, whose rows are all clear'
    """
    if frame.empty:
        return ()
    days = frame["date_start"].to_numpy().astype("datetime64[D]")
    first, last = days.min(), days.max()
    found = [splice for splice in stated if first < splice.day <= last]
    rows = np.ones(len(frame), dtype=np.int64) if weight is None else weight
    found += [*_candidates(frame, days), *_sources(frame, days, rows)]
    return tuple(sorted(set(found), key=lambda splice: (splice.day, splice.why)))


def inclusion_marks(frame: pd.DataFrame) -> list[str]:
    """Return what of a frame bears on the rules of inclusion: its sources, and whether all rows are clear."""
    unclear = bool(frame["flags"].str.contains(UNCLEAR, regex=False).any())
    return [*sorted(map(str, frame["source"].unique())), *([UNCLEAR] if unclear else [])]


def _candidates(frame: pd.DataFrame, days: Days) -> list[Splice]:
    if not any(UNCLEAR in str(flags) for flags in frame["flags"].unique()):
        return []
    unclear = frame["flags"].str.contains(UNCLEAR, regex=False).to_numpy(dtype=bool)
    begin = days[unclear].min().astype("datetime64[Y]").astype("datetime64[D]")
    if not (days < begin).any():
        return []
    return [Splice(begin, "UCDP candidate rows continue the yearly file, whose rows are all clear")]


def _sources(frame: pd.DataFrame, days: Days, rows: IntArray) -> list[Splice]:
    sources = sorted(frame["source"].unique())
    if len(sources) < 2:
        return []
    names = frame["source"].to_numpy(dtype=object)
    out = []
    for name in sources:
        own, incidents = days[names == name], int(rows[names == name].sum())
        if incidents < _REGULAR:
            continue
        begin, end = own.min(), own.max()
        rate = incidents / float((end - begin) / DAY + 1)
        if rate * float((begin - days.min()) / DAY) >= _MISSED:
            out.append(Splice(begin, f"the source {name} is in the file, and not before"))
        if rate * float((days.max() - end) / DAY) >= _MISSED:
            out.append(Splice(np.datetime64(end + DAY), f"the source {name} is in the file no longer"))
    return out
