"""What a panel's baselines tell of its year: the reference, and how dispersed its regions may be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.panels.caps import CappedWindows, capped_windows
from analytics.kernels.panels.evidence import LEAST, drawn_dispersion
from analytics.kernels.panels.extremes import DOUBT, bounded_pvalue, dispersion_ceiling, least_doubted
from analytics.kernels.panels.reference import (
    Reference,
    compared_with,
    least_rank,
    most_windows,
    turned_evidence,
)
from analytics.kernels.windows.lrd import unseen_share

__all__ = ["EXTREME", "POOLED_FROM", "PanelYear"]

POOLED_FROM = 6  # regions; with fewer, false discoveries were above 5 % where each alone had 4 to 5 %
EXTREME = 5.0  # times the usual count, from which on the bound is asked


@dataclass(frozen=True, eq=False)
class PanelYear:
    """What p-values of a panel take from its baselines; no recent window enters.

    Attributes
    ----------
    values, covered : arrays, shape (regions, periods)
        Of all regions; baseline, guard and recent window.
    tested : int array
        Regions of the reference.
    base, periods, phi : float arrays, shape (regions,)
        Incidents and covered periods of the baseline, and the dispersion of window sums.
    ceiling : float
        Largest plausible dispersion.
    length, guard : int
    """

    values: npt.NDArray[np.int32]
    covered: BoolArray
    tested: IndexArray
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
        base = np.where(covered[:end], series[:end], 0).sum(axis=0).astype(float)
        phi = window_dispersion(series[:end], covered[:end], length).phi
        ceiling = dispersion_ceiling(phi[tested], base[tested], end // length)
        return cls(
            values,
            inside,
            tested,
            base,
            covered[:end].sum(axis=0).astype(float),
            phi,
            ceiling,
            length,
            guard,
        )

    @property
    def ranked(self) -> bool:
        """Whether there are regions enough to rank among."""
        return self.tested.size >= POOLED_FROM

    @cached_property
    def reference(self) -> Reference:
        """Evidence of the turned windows; made where it is asked for."""
        end = self.values.shape[1] - self.length - self.guard
        values, covered = self.values[self.tested, :end], self.covered[self.tested, :end]
        turned = turned_evidence(values, covered, length=self.length, guard=self.guard)
        return Reference.of(turned, periods=end, length=self.length)

    def reached(self, level: FloatArray) -> BoolArray:
        """Return which levels a rank may reach, whatever the evidence."""
        end = self.values.shape[1] - self.length - self.guard
        # The reference is made only where the least that it could show, with single windows, would do.
        if not self.ranked or not (level >= least_rank(1.0, most_windows(self.tested.size, end))).any():
            return np.zeros(level.shape, bool)
        return np.asarray(level >= least_rank(self.reference.length, self.reference.windows.size))

    @cached_property
    def held(self) -> CappedWindows:
        """What the windows hold, days capped, and the baselines that their evidence is taken from."""
        regions, end = self.values.shape
        return capped_windows(
            self.values,
            self.covered,
            np.arange(regions),
            np.full(regions, end),
            length=self.length,
            guard=self.guard,
            baseline=compared_with(end - self.guard - self.length, self.length, self.guard),
        )

    @cached_property
    def drawn(self) -> FloatArray:
        """The dispersions of capped windows at the nodes that evidence is averaged over; (regions, nodes)."""
        return drawn_dispersion(self.held)

    def usual(self, region: IndexArray, exposure: FloatArray) -> FloatArray:
        """Return what windows of so much exposure would hold at the baseline's rate."""
        return np.asarray(self.base[region] / np.maximum(self.periods[region], 1) * exposure)

    def least_bounded(
        self, region: IndexArray, exposure: FloatArray, unsure: FloatArray, level: FloatArray
    ) -> FloatArray:
        """Return about which count the bound wants, with a day spared; infinite where it is not asked."""
        out = np.full(region.shape, np.inf)
        at = np.flatnonzero((unsure == 0) & (self.periods[region] > 0))
        if at.size:
            own = region[at]
            sizes = self.base[own], exposure[at], self.periods[own]
            out[at] = least_doubted(*sizes, self.ceiling, np.minimum(level[at], DOUBT))
        return out

    def bounded(
        self,
        window: npt.NDArray[np.integer],
        region: IndexArray,
        exposure: FloatArray,
        unsure: FloatArray,
        level: FloatArray | None = None,
    ) -> FloatArray:
        """Bound the p-values of windows that hold far more than usual; 1 elsewhere.

        Parameters
        ----------
        window : int array, shape (length, len(region))
            What windows of the regions hold, 0 where not covered.
        exposure, unsure : float arrays, shape (len(region),)
            Periods times completeness, and the variance of its logarithm.
        level : float array, shape (len(region),), optional
            What is above it need not be worked out: it counts as 1.
        """
        total, base, periods = window.sum(axis=0), self.base[region], self.periods[region]
        usual = self.usual(region, exposure)
        out = np.ones(total.shape)
        at = np.flatnonzero((total >= LEAST) & (total > EXTREME * usual) & (unsure == 0) & (periods > 0))
        if at.size:
            out[at] = bounded_pvalue(
                window[:, at].astype(float),
                base[at],
                exposure[at],
                periods[at],
                self.phi[region[at]],
                self.ceiling,
                level=None if level is None else level[at],
            )
            if self.tested.size == 1:  # its own baseline is all that is known
                windows = periods[at] // self.length
                unseen = unseen_share(total[at], base[at], exposure[at], periods[at], windows)
                out[at] = np.maximum(out[at], unseen / periods[at])
        return out
