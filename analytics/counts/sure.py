"""Which entries are sure to be counts: covered, in no suspected silence, under the last rules."""

from __future__ import annotations

import numpy as np

from analytics._typing import BoolArray
from analytics.counts.grid import Counts

__all__ = ["sure_coverage"]


def sure_coverage(counts: Counts) -> BoolArray:
    """Return the coverage without suspected gaps that nobody has answered for.

    For what is drawn or fitted from years back: no zeros there, and nothing from before a change of the rules
    of inclusion. A test whose own windows touch either is held back.
    """
    suspected = np.zeros(len(counts.starts), dtype=bool)
    for window in counts.silences:
        suspected |= (counts.starts <= window.end) & (counts.ends >= window.start)
    if counts.splices:
        suspected |= counts.starts < max(splice.day for splice in counts.splices)
    return np.asarray(counts.coverage & ~suspected[:, None])
