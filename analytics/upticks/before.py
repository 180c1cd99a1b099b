"""A rise just before the recent window, told beside the test of the window, in words."""

from __future__ import annotations

import numpy as np

from analytics.counts import Counts
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.windows.earlier import earlier_window
from analytics.kernels.windows.spans import GUARD
from analytics.periods import DAY, Window
from analytics.results import format_number, p_words
from analytics.upticks.windows import Split

__all__ = ["RISE", "rises_before"]

RISE = "a rise before the recent window"

_NAMED = 5


def rises_before(split: Split, counts: Counts, alpha: float) -> list[str]:
    """Return what rose in the four weeks before the recent window, one sentence a region.

    The fullest window of each region in those weeks is held against the baseline before them, and the
    p-values are adjusted over the regions, apart from those of the recent window.
    """
    step = counts.period_days
    before = max(split.guard, GUARD // step)
    found = earlier_window(split.values, split.covered, length=split.length, before=before)
    qvalue = benjamini_hochberg(found.pvalue)
    rows = np.flatnonzero(qvalue <= alpha)
    rows = rows[np.argsort(found.pvalue[rows], kind="stable")]
    first = split.baseline_window.start
    out = []
    for i in rows[:_NAMED]:
        end = first + (int(found.last[i]) + 1) * step * DAY - DAY
        window = Window(end - (split.length * step - 1) * DAY, end)
        said = (
            f"{RISE}: {counts.regions[i]}, {format_number(found.observed[i], 0)} in "
            f"{window} where {format_number(found.expected[i])} are usual ({p_words(found.pvalue[i])}); "
        )
        inside = int((split.baseline_window.end - window.start) / DAY) + 1
        if inside > 0:
            days = min(inside, split.length * step)
            said += f"{days} of these days are in the baseline and raise what counts as usual"
        else:
            said += "these days are left out as guard and enter no comparison"
        out.append(said)
    if len(rows) > _NAMED:
        out.append(f"{RISE} also in {len(rows) - _NAMED} other regions")
    return out
