"""How much a recent window speaks for an uptick: one number, comparable across regions and over time.

The number is a p-value by model, small for much evidence: variant A of LRD on capped counts (see
:mod:`analytics.kernels.panels.caps`), and the geometric mean of it and of what it is with the mean of the
other days in place of the window's largest day; never less than a tenth of the latter, so that no single day
carries it. Fewer than five incidents in the baseline tell no dispersion: at least 3 is then taken, or
clusters in the sparsest regions would be two in five of the false calls by rank in self-exciting panels, and
stand above the rises of others. Nothing is promised for the number itself: it is made to be ranked
(:mod:`analytics.kernels.panels.reference`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.panels.caps import CappedWindows, capped_windows
from analytics.kernels.windows.lrd import DAYS_TO_SPARE, FEW

__all__ = ["LEAST", "drawn_dispersion", "evidence", "evidence_of"]


LEAST = 3  # incidents in the window, below which nothing is ever called
CARRIED = 0.1  # the largest day may lower the evidence to so much of what it is without it
UNTOLD = 3.0  # dispersion, at least, where the baseline holds fewer incidents than tell one
_NODES = (8, 8)


def evidence(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    region: IntArray,
    end: IntArray,
    *,
    length: int,
    guard: int,
    baseline: int,
    completeness: FloatArray | float = 1.0,
) -> FloatArray:
    """Return the evidence of each cell, 1 where the window holds fewer than three incidents.

    Parameters
    ----------
    values, covered, region, end, length, guard, baseline
        As in :func:`analytics.kernels.panels.caps.capped_windows`.
    completeness : float or array, shape (cells,)
        Expected share of the window's incidents that are already reported.

    Returns
    -------
    float array, shape (cells,)
    """
    held = capped_windows(values, covered, region, end, length=length, guard=guard, baseline=baseline)
    return evidence_of(held, length, completeness)


def _told(held: CappedWindows) -> FloatArray:
    """Return the dispersions, at least 3 where the baseline holds too little to tell one."""
    phi = held.dispersion.phi
    return np.where(held.base < FEW, np.maximum(phi, UNTOLD), phi)


def drawn_dispersion(held: CappedWindows) -> FloatArray:
    """Return the dispersions at the nodes that evidence is averaged over; shape (cells, nodes)."""
    return dispersion_nodes(_told(held), held.dispersion.edf, _NODES[0])


def evidence_of(
    held: CappedWindows,
    length: int,
    completeness: FloatArray | float = 1.0,
    exposure_variance: FloatArray | float = 0.0,
    drawn: FloatArray | None = None,
) -> FloatArray:
    """Return the evidence of cells whose windows are counted; see :func:`evidence`.

    `exposure_variance` is the variance of the logarithm of `completeness`: as in
    :func:`analytics.kernels.windows.lrd.lrd_test`, it counts like a shorter baseline. `drawn` is
    :func:`drawn_dispersion`, where the caller has it already.
    """
    out = np.ones(held.observed.shape)
    at = np.flatnonzero((held.raw >= LEAST) & (held.periods > 0) & (held.days > 0))
    if not at.size:
        return out
    share = np.broadcast_to(np.asarray(completeness, dtype=float), out.shape)[at]
    base, periods = held.base[at].astype(float), held.periods[at].astype(float)
    observed, days = held.observed[at].astype(float), held.days[at].astype(float)
    exposure = days * share
    phi, edf = _told(held)[at], held.dispersion.edf[at]
    nodes = dispersion_nodes(phi, edf, _NODES[0]) if drawn is None else drawn[at]
    unsure = np.broadcast_to(np.asarray(exposure_variance, dtype=float), out.shape)[at]
    if unsure.any():
        known = np.maximum(base, 0.5)
        total = np.maximum(np.round(1 / (1 / known + unsure / phi)), 1.0)
        base, periods = (
            np.where(unsure > 0, total, base),
            np.where(unsure > 0, periods * total / known, periods),
        )

    def tail(count: FloatArray) -> FloatArray:
        return mixed_tail(
            count,
            count + base,
            exposure,
            periods,
            phi,
            edf,
            nodes=_NODES[0],
            spread_nodes=_NODES[1],
            drawn=nodes,
        )

    found = tail(observed)
    if length >= DAYS_TO_SPARE:
        others = observed - held.largest[at]
        spared = tail(np.floor(others * days / np.maximum(days - 1, 1)))
        found = np.maximum(np.sqrt(found * spared), CARRIED * spared)
    out[at] = found
    return out
