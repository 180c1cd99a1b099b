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
alone. Regions too sparse to be called lower every rank: nothing is spent on them.
benchmarks/results/panels.md has what was measured.

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
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.panels.caps import capped_windows
from analytics.kernels.panels.evidence import LEAST, evidence_of
from analytics.kernels.panels.extremes import bounded_pvalue, dispersion_ceiling
from analytics.kernels.panels.reference import Reference, turned_evidence

__all__ = [
    "POOLED_FROM",
    "PooledTest",
    "panel_pvalues",
    "pooled_pvalue",
    "pooled_test",
]


POOLED_FROM = 6  # regions; with fewer, false discoveries were above 5 % where each alone had 4 to 5 %
EXTREME = 5.0  # times the usual count, from which on the bound is asked


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
        The smaller of the rank and of the p-value the region has alone.
    reference : Reference
        Evidence of the turned windows.
    """

    evidence: FloatArray
    rank: FloatArray
    pvalue: FloatArray
    reference: Reference


def pooled_pvalue(rank: FloatArray, alone: FloatArray) -> FloatArray:
    """Return the smaller of the rank and of the p-value alone; NaN where a region is not tested alone.

    Examples
    --------
    >>> pooled_pvalue(np.array([0.02, 0.004, 0.02]), np.array([0.001, 0.02, np.nan]))
    array([0.001, 0.004,   nan])
    """
    return np.asarray(np.minimum(rank, alone))


def pooled_test(
    series: npt.NDArray[np.integer],
    covered: BoolArray,
    alone: FloatArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    exposure_variance: FloatArray | float = 0.0,
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

    Returns
    -------
    PooledTest

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> counts = rng.negative_binomial(0.5, 0.5, (406, 18))
    >>> counts[-14:, 0] = rng.negative_binomial(0.5, 0.2, 14)
    >>> test = pooled_test(counts, np.ones_like(counts, bool), np.ones(18), length=14, guard=28)
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
        baseline=baseline,
    )
    evidence = evidence_of(now, length, completeness, exposure_variance)
    tested = ~np.isnan(alone)
    turned = turned_evidence(rows[tested, :baseline], inside[tested, :baseline], length=length, guard=guard)
    reference = Reference.of(turned, periods=baseline, length=length)
    rank = reference.rank(evidence)
    pvalue = pooled_pvalue(rank, alone) if reference.windows.size else alone
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
) -> FloatArray:
    """P-values of a panel: the smallest of pooled rank, own p-value and bound on extremes.

    Arguments are those of :func:`pooled_test`. The bound is
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
    share, unsure = (
        np.broadcast_to(np.asarray(value, dtype=float), alone.shape)[tested]
        for value in (completeness, exposure_variance)
    )
    part, inside = series[:, tested], covered[:, tested]
    own = np.minimum(alone[tested], _bounded(part, inside, length, guard, share, unsure))
    if tested.size >= POOLED_FROM:
        own = pooled_test(
            part, inside, own, length=length, guard=guard, completeness=share, exposure_variance=unsure
        ).pvalue
        own[np.where(inside[-length:], part[-length:], 0).sum(axis=0) < LEAST] = 1.0
    out[tested] = own
    return out


def _bounded(
    series: npt.NDArray[np.integer],
    covered: BoolArray,
    length: int,
    guard: int,
    completeness: FloatArray,
    exposure_variance: FloatArray,
) -> FloatArray:
    """Bound the p-values of regions whose window holds far more than usual; 1 elsewhere."""
    end = series.shape[0] - length - guard
    window = np.where(covered[-length:], series[-length:], 0)
    days = covered[-length:].sum(axis=0)
    base = np.where(covered[:end], series[:end], 0).sum(axis=0).astype(float)
    periods = covered[:end].sum(axis=0).astype(float)
    exposure = days * completeness
    usual = base / np.maximum(periods, 1) * exposure
    total = window.sum(axis=0)
    out = np.ones(total.shape)
    at = np.flatnonzero(
        (total >= LEAST) & (total > EXTREME * usual) & (exposure_variance == 0) & (periods > 0)
    )
    if not at.size:
        return out
    dispersion = window_dispersion(series[:end], covered[:end], length)
    out[at] = bounded_pvalue(
        window[:, at],
        base[at],
        exposure[at],
        periods[at],
        dispersion.phi[at],
        dispersion_ceiling(dispersion.phi, base, end // length),
    )
    return out
