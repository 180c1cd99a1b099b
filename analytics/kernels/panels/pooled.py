"""A panel's regions against the panel's own year: the pooled rank of each region's evidence.

Null hypothesis of a region: its recent window is to its baseline as any window of the panel's baselines is to
what lies around it. Each region's baseline is turned like a wheel, in ninety-one steps; the evidence of each
window against the rest of its wheel, for all regions together, is the reference, and a region's rank among
them its p-value, raised by two fifths because turned windows overlap and because the smaller of it and of the
p-value that the region would have alone is taken. Such a rank is a conformal p-value [1]_ where windows are
exchangeable; where regions differ it holds on average over them, which is what Benjamini and Hochberg's
procedure needs to keep the expected number of false calls. Regions too sparse to be called lower every rank:
nothing is spent on them. benchmarks/results/panels.md has what was measured.

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
from analytics.kernels.panels.evidence import evidence_of

__all__ = ["PooledTest", "pooled_pvalue", "pooled_rank", "pooled_test", "turned_evidence"]


CELLS = 50_000  # windows in the reference, at most
TURNS = 91  # of a baseline that is longer than that
LEFT_OUT = 2 / 13  # of a turned baseline, at most
RAISED = 1.4
_TINY, _SAME = 1e-300, 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class PooledTest:
    """What the panel's year says; arrays of shape ``(regions,)`` unless stated.

    Attributes
    ----------
    evidence : float array
        Of the recent window, small for much.
    rank : float array
        Share of the reference with as much evidence, the window itself counted in.
    pvalue : float array
        The smaller of 1.4 times the rank and the p-value the region has alone.
    reference : float array, shape (windows,)
        Evidence of the turned windows, sorted.
    """

    evidence: FloatArray
    rank: FloatArray
    pvalue: FloatArray
    reference: FloatArray


def turned_evidence(
    baseline: npt.NDArray[np.integer], covered: BoolArray, *, length: int, guard: int
) -> FloatArray:
    """Evidence of the windows of each turned baseline against the rest of it.

    Parameters
    ----------
    baseline : int array, shape (regions, periods)
        Taken as joined end to start.
    covered : bool array, same shape
        Which entries are data.
    length, guard : int
        Periods in a window, and left out on either side of it: never more than a thirteenth of the baseline.

    Returns
    -------
    float array, shape (regions, turns)
        NaN where the window or what is left of the baseline is not covered well enough, and, in panels of
        more than 50,000 windows, for all but every n-th.
    """
    regions, periods = baseline.shape
    ends = np.arange(periods, 0, -max(periods // TURNS, 1))
    out = np.full((regions, ends.size), np.nan)
    left = min(2 * guard, int(periods * LEFT_OUT))
    rest = periods - length - left
    if rest < length or not regions:
        return out
    cells = np.arange(0, out.size, -(-out.size // CELLS))
    region, turn = np.divmod(cells, ends.size)
    # What a window spills lies after it, what spills into it before: half of what is left out on each side.
    before = left - left // 2
    held = capped_windows(baseline, covered, region, ends[turn], length=length, guard=before, baseline=rest)
    enough = (held.days * 2 >= length) & (held.periods * 2 >= rest)
    out.ravel()[cells] = np.where(enough, evidence_of(held, length), np.nan)
    return out


def pooled_rank(evidence: FloatArray, reference: FloatArray) -> FloatArray:
    """Rank of each number among a sorted reference, itself counted in: (1 + not larger) / (1 + all).

    Between two numbers of the reference the rank grows with the logarithm; all numbers are above 0.

    Examples
    --------
    >>> pooled_rank(np.array([0.1, 0.2, 0.3]), np.array([0.2, 0.4, 0.8])).round(3)
    array([0.25 , 0.5  , 0.646])
    """
    if not reference.size:
        return np.ones(evidence.shape)
    size, log = reference.size, np.log(np.maximum(reference, _TINY))
    at = np.log(np.maximum(evidence, _TINY))
    below = np.searchsorted(log, at + _SAME, side="right")
    low, high = log[np.maximum(below - 1, 0)], log[np.minimum(below, size - 1)]
    inside = (below > 0) & (below < size)
    part = np.divide(at - low, high - low, out=np.zeros(at.shape), where=inside & (high > low))
    return np.asarray((1 + below + np.clip(part, 0.0, 1.0)) / (1 + size))


def pooled_pvalue(rank: FloatArray, alone: FloatArray) -> FloatArray:
    """Return the smaller of 1.4 times the rank and the p-value alone; NaN where there is none alone."""
    return np.where(np.isnan(alone), np.nan, np.minimum(np.minimum(RAISED * rank, 1.0), alone))


def pooled_test(
    series: npt.NDArray[np.integer],
    covered: BoolArray,
    alone: FloatArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
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

    Returns
    -------
    PooledTest

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> counts = rng.negative_binomial(0.5, 0.5, (406, 18))
    >>> counts[-14:, 0] = rng.negative_binomial(0.5, 0.2, 14)
    >>> test = pooled_test(counts, np.ones_like(counts, bool), np.ones(18), length=14, guard=28)
    >>> int(test.pvalue.argmin()), bool(test.pvalue.min() < 0.01), test.reference.size
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
    evidence = evidence_of(now, length, completeness)
    tested = ~np.isnan(alone)
    turned = turned_evidence(
        rows[tested, :baseline], inside[tested, :baseline], length=length, guard=guard
    ).ravel()
    reference = np.sort(turned[~np.isnan(turned)])
    rank = pooled_rank(evidence, reference)
    return PooledTest(evidence, rank, pooled_pvalue(rank, alone), reference)
