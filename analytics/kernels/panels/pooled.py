"""A panel's regions against the panel's own year: the pooled rank of each region's evidence.

Null hypothesis of a region: its recent window is to its baseline as any window of the panel's baselines is to
what lies around it. Each region's baseline is turned like a wheel, in ninety-one steps; the evidence of each
window against the rest of its wheel, for all regions together, is the reference, and the rank of a region's
evidence among them its p-value. Such a rank is a conformal p-value [1]_ where windows are exchangeable; where
regions differ it holds on average over them, which is what Benjamini and Hochberg's procedure needs to keep
the expected number of false calls. Turned windows overlap and bursts last, so the extreme ones come in
episodes, which are what a rank counts, and past upticks do not hide the next one
(:mod:`analytics.kernels.panels.reference`). Where the p-value that the region has alone is smaller, it
stands: a rank among so many windows cannot show a rise beyond all doubt, and nothing is called less than
alone. Where the region's own p-value is above twice alpha, that stands too: in a panel of empty regions of
which many rise, a steady region's rank is far below its chance, and it would be called with them (a third to
a half of them were, most at p above 0.1; benchmarks/results/steady.md). Regions too sparse to be called lower
every rank: nothing is spent on them. benchmarks/results/panels.md has what was measured.

References
----------
.. [1] Bates, S., Candès, E., Lei, L., Romano, Y., Sesia, M. (2023). Testing for outliers with conformal
       p-values. Annals of Statistics 51, 149-178.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.panels.caps import capped_windows
from analytics.kernels.panels.evidence import LEAST, evidence_of
from analytics.kernels.panels.reference import Reference, compared_with, turned_evidence
from analytics.kernels.panels.year import PanelYear

__all__ = [
    "GATE",
    "PooledTest",
    "panel_pvalues",
    "pooled_pvalue",
    "pooled_test",
]


GATE = 2.0  # times alpha, for the own p-value; with 1, waves lose more


@dataclass(frozen=True, eq=False, slots=True)
class PooledTest:
    """What the panel's year says; arrays of shape ``(regions,)`` unless stated.

    Attributes
    ----------
    evidence : float array
        Of the recent window, small for much.
    rank : float array
        Share of the reference with as much evidence, an episode of it counted in.
    pvalue : float array
        The smaller of the rank and of the p-value the region has alone; the latter where that is above twice
        alpha.
    reference : Reference
        Evidence of the turned windows.
    """

    evidence: FloatArray
    rank: FloatArray
    pvalue: FloatArray
    reference: Reference


def pooled_pvalue(rank: FloatArray, alone: FloatArray, alpha: float = 0.05) -> FloatArray:
    """Return the smaller of the rank and of the p-value alone; the latter where it is above twice `alpha`.

    NaN where a region is not tested alone.

    Examples
    --------
    >>> pooled_pvalue(np.array([0.02, 0.004, 0.02, 0.001]), np.array([0.001, 0.02, np.nan, 0.3]))
    array([0.001, 0.004,   nan, 0.3  ])
    """
    return np.where(alone > GATE * alpha, alone, np.minimum(rank, alone))


def pooled_test(
    series: npt.NDArray[np.integer],
    covered: BoolArray,
    alone: FloatArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    exposure_variance: FloatArray | float = 0.0,
    alpha: float = 0.05,
) -> PooledTest:
    """Test the recent window of every region of a panel for more incidents, by the pooled rank.

    Parameters
    ----------
    series : int array, shape (baseline + guard + length, regions)
        Counts without a break: the baseline, the guard, and the recent window.
    covered : bool array, same shape
        Which entries are data.
    alone : float array, shape (regions,)
        P-value of each region by its own test; NaN where it cannot be tested, and then NaN stays.
    length, guard : int
        Periods in the recent window, and left out before it.
    completeness : float or array, shape (regions,)
        Expected share of the recent window's incidents that are already reported.
    exposure_variance : float or array, shape (regions,)
        Variance of the logarithm of `completeness`.
    alpha : float
        A region is called only where its own p-value is at most twice this.

    Returns
    -------
    PooledTest

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> counts = rng.negative_binomial(0.5, 0.5, (406, 18))
    >>> counts[-14:, 0] = rng.negative_binomial(0.5, 0.2, 14)
    >>> alone = np.full(18, 0.1)
    >>> test = pooled_test(counts, np.ones_like(counts, bool), alone, length=14, guard=28)
    >>> int(test.pvalue.argmin()), bool(test.pvalue.min() < 0.01), test.reference.windows.size
    (0, True, 1638)
    """
    periods, regions = series.shape
    rows, inside = np.ascontiguousarray(series.T, np.int32), np.ascontiguousarray(covered.T)
    baseline = periods - guard - length
    now = capped_windows(
        rows,
        inside,
        np.arange(regions),
        np.full(regions, periods),
        length=length,
        guard=guard,
        baseline=compared_with(baseline, length, guard),
    )
    evidence = evidence_of(now, length, completeness, exposure_variance)
    tested = ~np.isnan(alone)
    turned = turned_evidence(rows[tested, :baseline], inside[tested, :baseline], length=length, guard=guard)
    reference = Reference.of(turned, periods=baseline, length=length)
    rank = reference.rank(evidence)
    pvalue = pooled_pvalue(rank, alone, alpha) if reference.windows.size else alone
    return PooledTest(evidence, rank, pvalue, reference)


def panel_pvalues(
    series: npt.NDArray[np.integer],
    covered: BoolArray,
    alone: FloatArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    exposure_variance: FloatArray | float = 0.0,
    year: PanelYear | None = None,
    alpha: float = 0.05,
) -> FloatArray:
    """P-values of a panel: the smallest of pooled rank, own p-value and bound on extremes.

    The rank counts only where the smaller of the other two is at most twice `alpha`.

    Arguments are those of :func:`pooled_test`, and the panel's `year`, where the caller has it. The bound is
    :func:`analytics.kernels.panels.extremes.bounded_pvalue`; fewer than six regions are not ranked.

    Returns
    -------
    float array, shape (regions,)
        NaN where `alone` is; 1 where the panel is ranked and the window holds fewer than three incidents,
        with which nothing is called.
    """
    tested = np.flatnonzero(~np.isnan(alone))
    out = alone.copy()
    if not tested.size:
        return out
    if year is None:
        year = PanelYear.of(series, covered, tested, length, guard)
    share, unsure = (
        np.broadcast_to(np.asarray(value, dtype=float), alone.shape)[tested]
        for value in (completeness, exposure_variance)
    )
    inside = covered[-length:, tested]
    window = np.where(inside, series[-length:, tested], 0)
    own = np.minimum(alone[tested], year.bounded(window, tested, inside.sum(axis=0) * share, unsure))
    if year.ranked:
        if year.reference.windows.size:
            evidence = evidence_of(year.held.take(tested), length, share, unsure, drawn=year.drawn[tested])
            own = pooled_pvalue(year.reference.rank(evidence), own, alpha)
        own[window.sum(axis=0) < LEAST] = 1.0
    out[tested] = own
    return out
