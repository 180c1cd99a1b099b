"""What is said beside an uptick of those who reported it: more of them, or one that is new."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.counts.outlets import Outlets
from analytics.periods import DAY
from analytics.results.words import listed
from analytics.upticks.windows import Split

__all__ = ["OUTLETS", "outlet_notes"]

OUTLETS = "reporting sources: "  # how the notes begin
_ABSENT = 28 * DAY  # an outlet missing from so much of the baseline began after it
_SHARE = 1 / 3  # of the rise, from which new outlets are named
_MORE = 1.5  # times as many outlets a week, or as few


def outlet_notes(counts: Counts, split: Split, frame: pd.DataFrame) -> list[str]:
    """Return notes on the regions in uptick whose rise comes with other reporting sources.

    A new outlet's part of the rise is what it reported in the recent window above what its part of the
    baseline leads one to expect, over the same of all outlets.
    """
    outlets = counts.outlets
    if outlets is None:
        return []
    said = []
    for name in frame.loc[frame["grade"] == "uptick", "region"]:
        region = str(name) if name in outlets.regions else None
        parts = [part for part in (_new(outlets, split, region), _number(outlets, split, region)) if part]
        if parts:
            said.append(f"{OUTLETS}{name}: {'; '.join(parts)}")
    return said


def _new(outlets: Outlets, split: Split, region: str | None) -> str:
    recent, before = split.recent_window, split.baseline_window
    usual = outlets.weight(before, region) * (recent.days / before.days)
    more = outlets.weight(recent, region) - usual
    rise = float(more.sum())
    began = outlets.began()
    new = (began >= before.start + _ABSENT) & (began <= recent.end) & (more > 0)
    part = float(more[new].sum())
    if rise <= 0 or part < _SHARE * rise:
        return ""
    names = [outlets.names[at] for at in np.flatnonzero(new)[np.argsort(-more[new], kind="stable")]]
    share = f"{min(part / rise, 1.0):.0%} of the rise come from"
    if len(names) == 1:
        return f"{share} one outlet that began on {began[new][0]} ({names[0]})"
    return f"{share} {len(names)} outlets that began on {began[new].min()} or later ({listed(names)})"


def _number(outlets: Outlets, split: Split, region: str | None) -> str:
    now = outlets.a_week(split.recent_window, region)
    then = outlets.a_week(split.baseline_window, region)
    if then == 0 or 1 / _MORE < now / then < _MORE:
        return ""
    return f"{now:.1f} outlets a week now, {then:.1f} in the baseline"
