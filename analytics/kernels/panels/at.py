"""The p-value of a panel's region at a hypothetical window: what its q-value would start from.

The reference is the panel's year, turned baselines alone: it is made once, and no recent window enters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.panels.caps import capped_windows
from analytics.kernels.panels.evidence import LEAST, evidence_of
from analytics.kernels.panels.extremes import bounded_pvalue, dispersion_ceiling
from analytics.kernels.panels.pooled import (
    EXTREME,
    POOLED_FROM,
    pooled_pvalue,
)
from analytics.kernels.panels.reference import Reference, turned_evidence
from analytics.kernels.windows.starts import PvalueAt, spread_counts

__all__ = ["PanelYear", "PooledWindow"]


@dataclass(frozen=True, eq=False, slots=True)
class PanelYear:
    """What :func:`analytics.kernels.panels.pooled.panel_pvalues` takes from the baselines of a panel.

    Attributes
    ----------
    values, covered : arrays, shape (regions, periods)
        Of all regions; baseline, guard and recent window.
    reference : Reference, or None
        Evidence of the turned windows; None with too few regions.
    base, periods, phi : float arrays, shape (regions,)
        Incidents and covered periods of the baseline, and the dispersion of window sums.
    ceiling : float
        Largest plausible dispersion.
    length, guard : int
    """

    values: npt.NDArray[np.int32]
    covered: BoolArray
    reference: Reference | None
    base: FloatArray
    periods: FloatArray
    phi: FloatArray
    ceiling: float
    length: int
    guard: int

    @classmethod
    def of(
        cls, series: npt.NDArray[np.integer], covered: BoolArray, tested: IndexArray, length: int, guard: int
    ) -> PanelYear:
        """Take the year of the regions `tested`."""
        values, inside = np.ascontiguousarray(series.T, np.int32), np.ascontiguousarray(covered.T)
        end = len(series) - length - guard
        reference = None
        if tested.size >= POOLED_FROM:
            turned = turned_evidence(values[tested, :end], inside[tested, :end], length=length, guard=guard)
            reference = Reference.of(turned, periods=end, length=length)
        base = np.where(covered[:end], series[:end], 0).sum(axis=0).astype(float)
        phi = window_dispersion(series[:end], covered[:end], length).phi
        ceiling = dispersion_ceiling(phi[tested], base[tested], end // length)
        return cls(
            values,
            inside,
            reference,
            base,
            covered[:end].sum(axis=0).astype(float),
            phi,
            ceiling,
            length,
            guard,
        )


@dataclass(frozen=True, eq=False, slots=True)
class PooledWindow:
    """P-values that the adjustment starts from, had the regions `group` held other windows.

    Attributes
    ----------
    own : PvalueAt
        The p-value that a region has alone.
    year : PanelYear
    group : int array
        Regions in the panel.
    share, unsure : float array, shape (len(group),)
        Completeness, and the variance of its logarithm.
    """

    own: PvalueAt
    year: PanelYear
    group: IndexArray
    share: FloatArray
    unsure: FloatArray

    def __call__(self, count: FloatArray, index: IndexArray, days: int | None = None) -> FloatArray:
        """Return the p-values of the series `index` of the group at these counts."""
        year, region = self.year, self.group[index]
        alone = self.own(count, index, days)
        window = spread_counts(count, year.length, days)
        alone = np.minimum(alone, self._bounded(window, index))
        if year.reference is None or not year.reference.windows.size:
            return alone
        values, cells = year.values[region], np.arange(region.size)
        values[:, -year.length :] = window.T
        end = values.shape[1]
        now = capped_windows(
            values,
            year.covered[region],
            cells,
            np.full(region.size, end),
            length=year.length,
            guard=year.guard,
            baseline=end - year.guard - year.length,
        )
        evidence = evidence_of(now, year.length, self.share[index], self.unsure[index])
        rank = year.reference.rank(evidence)
        return np.where(count < LEAST, 1.0, pooled_pvalue(rank, alone))

    def _bounded(self, window: npt.NDArray[np.int32], index: IndexArray) -> FloatArray:
        """Bound the p-values of windows that hold far more than usual; 1 elsewhere."""
        year, total, region = self.year, window.sum(axis=0), self.group[index]
        exposure = year.length * self.share[index]
        usual = year.base[region] / np.maximum(year.periods[region], 1) * exposure
        out = np.ones(total.shape)
        known = self.unsure[index] == 0
        at = np.flatnonzero((total >= LEAST) & (total > EXTREME * usual) & known & (year.periods[region] > 0))
        if at.size:
            own = region[at]
            out[at] = bounded_pvalue(
                window[:, at].astype(float),
                year.base[own],
                exposure[at],
                year.periods[own],
                year.phi[own],
                year.ceiling,
            )
        return out
