"""Adjustment of many p-values or e-values.

References
----------
.. [1] Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289-300.
.. [2] Wang, R., Ramdas, A. (2022). False discovery rate control with e-values. JRSS B 84, 822-852.
"""

from __future__ import annotations

import numpy as np

from analytics._typing import BoolArray, FloatArray

__all__ = ["benjamini_hochberg", "call_levels", "e_benjamini_hochberg"]


def benjamini_hochberg(pvalues: FloatArray) -> FloatArray:
    """Benjamini-Hochberg q-values; NaN (not tested) stays NaN and is not counted in the family.

    Parameters
    ----------
    pvalues : float array, shape (..., tests)
        Every row is a family.

    Returns
    -------
    float array, same shape

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])).round(3)
    array([0.03, 0.04,  nan, 0.04])
    """
    if pvalues.size == 0:
        return pvalues.astype(float)
    family = (~np.isnan(pvalues)).sum(axis=-1, keepdims=True)
    order = np.argsort(pvalues, axis=-1, kind="stable")  # NaN last
    ranked = np.take_along_axis(pvalues, order, axis=-1)
    scaled = np.where(np.isnan(ranked), np.inf, ranked * family / np.arange(1, pvalues.shape[-1] + 1))
    least = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    q = np.empty(pvalues.shape)
    np.put_along_axis(q, order, np.minimum(least, 1.0), axis=-1)
    q[np.isnan(pvalues)] = np.nan
    return q


def call_levels(pvalues: FloatArray, alpha: float, joins: BoolArray | None = None) -> FloatArray:
    """Return the level that each p-value must reach for its q-value to be at most alpha, given the others.

    That is alpha R / m, R the number of rejections with this p-value set to 0, m the family's size.

    Parameters
    ----------
    pvalues : float array, shape (tests,)
        NaN where not tested.
    alpha : float
    joins : bool array, shape (tests,), optional
        Tests without a p-value that would have one, and belong to the family, if something were seen.

    Returns
    -------
    float array, shape (tests,)
        NaN where not tested and not joining.

    Examples
    --------
    >>> call_levels(np.array([0.001, 0.3, np.nan, 0.03]), 0.06).round(3)
    array([0.04, 0.06,  nan, 0.04])
    """
    tested = np.isfinite(pvalues)
    family = int(tested.sum())
    level = np.full(pvalues.shape, np.nan)
    order = np.argsort(pvalues, kind="stable")[:family]
    ranked = pvalues[order]
    rank = np.arange(1, family + 1)
    met = np.flatnonzero(ranked <= alpha * rank / max(family, 1))
    rejected = int(met[-1]) + 1 if met.size else 0
    # Those before a p-value move up one place when it is set to 0; those after it keep theirs.
    moved = np.maximum.accumulate(np.where(ranked <= alpha * (rank + 1) / max(family, 1), rank, 0))
    given = 1 + np.r_[0, moved][:family]
    given[:rejected] = rejected
    level[order] = alpha * given / max(family, 1)
    if joins is not None and joins.any():
        reached = np.flatnonzero(ranked <= alpha * (rank + 1) / (family + 1))
        level[joins & ~tested] = alpha * (1 + (reached[-1] + 1 if reached.size else 0)) / (family + 1)
    return level


def e_benjamini_hochberg(evalues: FloatArray) -> FloatArray:
    """Return the smallest level at which e-BH [2]_ would reject each; holds under any dependence.

    At level alpha, e-BH rejects the k largest of K e-values, k the largest number for which the k-th largest
    is at least K / (k alpha): Benjamini-Hochberg on their inverses.

    Parameters
    ----------
    evalues : float array, shape (..., tests)
        Every row is a family; 0 or more, NaN where not tested.

    Returns
    -------
    float array, same shape

    Examples
    --------
    >>> e_benjamini_hochberg(np.array([100.0, 0.0, np.nan, 30.0])).round(3)
    array([0.03, 1.  ,  nan, 0.05])
    """
    with np.errstate(divide="ignore"):
        return benjamini_hochberg(1.0 / evalues)
