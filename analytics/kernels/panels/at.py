"""Whether a panel's region would be called at a hypothetical window, by what its q-value would start from.

The reference is the panel's year, turned baselines alone: it is made once, and no recent window enters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.panels.evidence import LEAST, evidence_of
from analytics.kernels.panels.pooled import GATE
from analytics.kernels.panels.year import EXTREME, PanelYear
from analytics.kernels.windows.hypothetical import CalledAt, before_sparing, spread_counts

__all__ = ["PooledWindow"]


@dataclass(frozen=True, eq=False, slots=True)
class PooledWindow:
    """Whether regions of a panel, the `group`, would be called at other windows.

    Attributes
    ----------
    own : CalledAt
        Whether a region would be called by the p-value that it has alone.
    year : PanelYear
    group : int array
        Regions in the panel.
    share, unsure : float array, shape (len(group),)
        Completeness, and the variance of its logarithm.
    alpha : float
        The rank counts only where the region's own p-value, or the bound, is at most twice this.
    """

    own: CalledAt
    year: PanelYear
    group: IndexArray
    share: FloatArray
    unsure: FloatArray
    alpha: float = 0.05

    def __call__(
        self, count: FloatArray, index: IndexArray, days: int | None, level: FloatArray
    ) -> BoolArray:
        """Return which of the series `index` of the group would be called at these counts.

        They are where the smallest of bound, rank and own p-value is at most the level, the dearest last.
        """
        year = self.year
        window = spread_counts(count, year.length, days)
        exposure = year.length * self.share[index]
        gate = np.full(index.shape, GATE * self.alpha)
        bound = year.bounded(window, self.group[index], exposure, self.unsure[index], np.maximum(gate, level))
        called = bound <= level
        at = np.flatnonzero(~called & year.reached(level))
        if at.size:
            at = at[year.reference.rank(self._evidence(window[:, at], index[at])) <= level[at]]
            called[at] = bound[at] <= gate[at]
            shut = at[~called[at]]
            called[shut] = self.own(count[shut], index[shut], days, gate[shut])
        at = np.flatnonzero(~called)
        called[at] = self.own(count[at], index[at], days, level[at])
        return called & (count >= LEAST) if year.ranked else called

    def guesses(self, level: FloatArray) -> tuple[FloatArray, FloatArray | None] | None:
        """Return the smaller of where the region alone begins to be called, and of where the bound does."""
        own = self.own.guesses(level)
        if own is None:
            return None
        year, (even, three) = self.year, own
        bound = year.least_bounded(self.group, year.length * self.share, self.unsure, level)
        by_bound = before_sparing(bound, year.length)
        beyond = np.floor(EXTREME * year.usual(self.group, year.length * self.share)) + 1
        even = np.minimum(even, np.maximum(by_bound[0], beyond))
        return even, None if three is None else np.minimum(three, np.maximum(by_bound[1], beyond))

    def _evidence(self, window: npt.NDArray[np.int32], index: IndexArray) -> FloatArray:
        """Return the evidence of windows, beside the baselines of the series `index`."""
        year, region = self.year, self.group[index]
        held = year.held.take(region)
        capped = np.minimum(window, held.cap)
        now = replace(
            held,
            observed=capped.sum(axis=0),
            largest=capped.max(axis=0),
            raw=window.sum(axis=0),
            days=np.full(index.size, year.length),
        )
        return evidence_of(now, year.length, self.share[index], self.unsure[index], drawn=year.drawn[region])
