"""Families within families: districts within governorates, tested where their governorate is.

A district is lost among a hundred others that are quiet, though its governorate shows an uptick. Tested level
by level, its family is its governorate's districts.

References
----------
.. [1] Bogomolov, M., Peterson, C. B., Benjamini, Y., Sabatti, C. (2021). Hypotheses on a tree: new error
       rates and testing strategies. Biometrika 108, 575-590.
.. [2] Yekutieli, D. (2008). Hierarchical false discovery rate-controlling methodology. JASA 103, 309-316.
.. [3] Simes, R. J. (1986). An improved Bonferroni procedure for multiple tests of significance. Biometrika
       73, 751-754.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.kernels.common.multiplicity import benjamini_hochberg

__all__ = ["HierarchicalTest", "hierarchical_bh", "simes"]


@dataclass(frozen=True, eq=False, slots=True)
class HierarchicalTest:
    """Smallest levels at which each would be called.

    Attributes
    ----------
    parent : float array, shape (parents,)
        P-value of the parent: that of its own test or Simes' of its children, whichever is smaller, doubled;
        or Simes' alone where it has no test of its own.
    parent_q : float array, shape (parents,)
        Q-value of the parent among the parents.
    child_q : float array, shape (children,)
        Smallest level at which the parent is called and the child within it; NaN where not tested.
    """

    parent: FloatArray
    parent_q: FloatArray
    child_q: FloatArray


def simes(pvalues: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Simes' p-value of each group; NaN entries are left out, NaN for a group without any.

    Examples
    --------
    >>> simes(np.array([0.01, 0.5, 0.2, np.nan]), np.array([0, 0, 1, 1]), 3)
    array([0.02, 0.2 ,  nan])
    """
    out = np.full(groups, np.nan)
    for g in range(groups):
        mine = np.sort(pvalues[group == g])
        mine = mine[~np.isnan(mine)]
        if mine.size:
            out[g] = min((mine * mine.size / np.arange(1, mine.size + 1)).min(), 1.0)
    return out


def hierarchical_bh(
    pvalues: FloatArray, group: IntArray, parents: FloatArray | None = None, *, groups: int | None = None
) -> HierarchicalTest:
    """Test parents by Benjamini and Hochberg, and the children of those called, in families of their own.

    Within a parent called, its children are tested by the same procedure at the level times the share of
    parents called, as in [1]_. At level q the expected share of false calls is at most q among the parents,
    and so is the expected mean, over the parents called, of the share of false calls among their children,
    when p-values are independent between parents and positively dependent within.

    Parameters
    ----------
    pvalues : float array, shape (children,)
        NaN where not tested.
    group : int array, shape (children,)
        Parent of each child.
    parents : float array, shape (parents,), optional
        P-values of the parents' own tests. A parent is then judged by the smaller of its own and Simes' of
        its children, times two.
    groups : int, optional
        Number of parents, where it is more than the children show.

    Returns
    -------
    HierarchicalTest

    Examples
    --------
    >>> found = hierarchical_bh(np.array([0.001, 0.4, 0.6, 0.7]), np.array([0, 0, 1, 1]))
    >>> found.child_q.round(3)
    array([0.004, 0.7  , 0.7  , 0.7  ])
    """
    number = int(group.max(initial=-1)) + 1 if groups is None else groups
    combined = simes(pvalues, group, number)
    if parents is not None:
        own = np.where(np.isnan(parents), 1.0, parents)
        both = np.minimum(2 * np.minimum(own, np.where(np.isnan(combined), 1.0, combined)), 1.0)
        combined = np.where(np.isnan(parents) & np.isnan(combined), np.nan, both)
    parent_q = benjamini_hochberg(combined)
    inner = np.full(pvalues.shape, np.nan)
    for g in range(number):
        mine = group == g
        inner[mine] = benjamini_hochberg(pvalues[mine])
    tested = np.sort(parent_q[~np.isnan(parent_q)])
    child_q = np.full(pvalues.shape, np.nan)
    # At level t the parents with q at most t are called, R(t) of G, and a child when its own q is at most
    # t R(t) / G. Both grow with t, so the smallest t lies at a step of R or within one.
    for i in np.flatnonzero(~np.isnan(inner)):
        child_q[i] = _smallest_level(inner[i], parent_q[group[i]], tested)
    return HierarchicalTest(combined, parent_q, child_q)


def _smallest_level(inner: float, parent: float, tested: FloatArray) -> float:
    """Smallest t, at most 1, with parent <= t and inner <= t * R(t) / G."""
    if np.isnan(parent):
        return np.nan
    steps = tested[tested >= parent - 1e-15]
    called = np.searchsorted(tested, steps, side="right")
    needed = np.maximum(inner * tested.size / called, steps)
    # A level found beyond the next step is found again there, with more parents called.
    return float(min(needed.min(), 1.0))
