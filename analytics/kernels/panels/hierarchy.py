"""Families within families: districts within governorates, tested where their governorate is called.

A district is lost among a hundred others that are quiet, though its governorate shows an uptick. Tested level
by level [2]_, its family is its governorate's districts: it is called at a level where its governorate is
called by its own test, and it is among its governorate's districts at half of that level. Half, because with
the whole level false districts in rightly called governorates would add to the false governorates.
:func:`hierarchical_bh` is stricter [1]_ and does not need tests of the parents.

References
----------
.. [1] Bogomolov, M., Peterson, C. B., Benjamini, Y., Sabatti, C. (2021). Hypotheses on a tree: new error
       rates and testing strategies. Biometrika 108, 575-590.
.. [2] Yekutieli, D. (2008). Hierarchical false discovery rate-controlling methodology. JASA 103, 309-316.
.. [3] Simes, R. J. (1986). An improved Bonferroni procedure for multiple tests of significance. Biometrika
       73, 751-754.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels

__all__ = ["HierarchicalTest", "Nest", "hierarchical_bh", "simes"]

_WITHIN = 0.5  # share of the level that is spent within a parent


@dataclass(frozen=True, eq=False, slots=True)
class Nest:
    """What is known of the parents, to test their children within them.

    Attributes
    ----------
    group : int array, shape (children,)
        Parent of each child.
    qvalue : float array, shape (parents,)
        Of the parents' own tests, among the parents; NaN where not tested.
    starts_at, starts_at_3 : float arrays, shape (parents,)
        Counts from which the parents would be called, spread evenly and on three periods.
    observed : float array, shape (parents,)
        What the parents' windows hold.
    """

    group: IntArray
    qvalue: FloatArray
    starts_at: FloatArray
    starts_at_3: FloatArray
    observed: FloatArray

    def child_q(self, family: FloatArray) -> FloatArray:
        """Return the least level at which each child's parent is called, and the child at half of it.

        Examples
        --------
        >>> none = np.full(2, np.nan)
        >>> nest = Nest(np.array([0, 0, 1, 1]), np.array([0.01, 0.3]), none, none, none)
        >>> nest.child_q(np.array([0.004, 0.4, 0.004, 0.9]))
        array([0.016, 0.8  , 0.3  , 1.   ])
        """
        out = np.full(family.shape, np.nan)
        for mine in self._families():
            out[mine] = np.minimum(benjamini_hochberg(family[mine]) / _WITHIN, 1.0)
        own = np.where(np.isnan(self.qvalue), 1.0, self.qvalue)[self.group]
        return np.where(np.isnan(out), np.nan, np.maximum(out, own))

    def levels(self, family: FloatArray, alpha: float, joins: BoolArray) -> FloatArray:
        """Return what each child's p-value must reach, were its parent called; see ``call_levels``."""
        out = np.full(family.shape, np.nan)
        for mine in self._families():
            out[mine] = call_levels(family[mine], alpha * _WITHIN, joins[mine])
        return out

    def first_levels(self, alpha: float, joins: BoolArray) -> FloatArray:
        """Return the first step's level within each child's parent; `joins` is which are tested."""
        size = np.bincount(self.group, joins, len(self.qvalue))[self.group]
        return np.asarray(alpha * _WITHIN / (size + ~joins))

    def closed(self, alpha: float) -> BoolArray:
        """Return which children's parents are not called."""
        return np.asarray(~(self.qvalue <= alpha)[self.group])

    def floors(self, observed: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return each child's counts from which its parent would be called, the others as they are.

        What the parent's window holds is taken as spread like the child's.
        """
        rest = self.observed[self.group] - np.nan_to_num(observed)
        return self.starts_at[self.group] - rest, self.starts_at_3[self.group] - rest

    def _families(self) -> Iterator[BoolArray]:
        for parent in range(len(self.qvalue)):
            yield self.group == parent


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
    """Smallest t, at most 1, with parent <= t and inner <= t * R(t) / G; a child's parent has a q-value."""
    steps = tested[tested >= parent - 1e-15]
    called = np.searchsorted(tested, steps, side="right")
    needed = np.maximum(inner * tested.size / called, steps)
    # A level found beyond the next step is found again there, with more parents called.
    return float(min(needed.min(), 1.0))
