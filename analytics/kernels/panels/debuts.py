"""Debuts: first incidents of a category in a region, or its first after a long silence.

Names are an open-ended set: nobody can list those that have not been seen. What a history does hold is how
often *some* name turned up from silence, region by region, and how large such debuts were. The debut asked
about is held against those: each window of the history is scored by its least likely debut in any region,
and the rank of the present among the scores is a p-value for all pairs of name and region together, seen or
unseen, because of exchangeable windows each is as likely as any other to hold the least likely one [1]_ [2]_.

The score decides which debut is less likely than another, not the level. It is the expected number of
debuts as large in that region and window: a rate that is never zero, since the region's own is drawn towards
the panel's (with none seen in n windows it falls like 1/n, as the rule of three does), times the tail of a
discrete power law [3]_ drawn likewise. Each window is scored by rates estimated without it.

References
----------
.. [1] Westfall, P. H., Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley. (Single-step minimum.)
.. [2] Vovk, V., Gammerman, A., Shafer, G. (2005). Algorithmic Learning in a Random World. Springer.
.. [3] Clauset, A., Shalizi, C. R., Newman, M. E. J. (2009). Power-law distributions in empirical data. SIAM
       Review 51, 661-703. (Estimate of the exponent, equation 3.7.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, FloatArray, IntArray

__all__ = ["Debuts", "debut_scores", "expected_log", "find_debuts", "rank_pvalue"]

_PRIOR_WINDOWS = 10.0  # the panel's rate counts as much as so many windows of the region's own
_PRIOR_DEBUTS = 5.0  # and its tail as so many debuts
_MOST_UNCOVERED = 0.1  # share of a silence without coverage; beyond, nobody knows whether it was one


@dataclass(frozen=True, eq=False, slots=True)
class Debuts:
    """Debuts of a panel, each in a window that has a whole silence before it.

    Attributes
    ----------
    window, pair, size : int arrays, shape (debuts,)
        Window, counted from the first that has a whole silence before it; pair of region and category; and
        incidents of the pair in that window.
    region : int array, shape (debuts,)
    usable : bool array, shape (windows, regions)
        Whether window and silence have coverage.
    """

    window: IntArray
    pair: IntArray
    size: IntArray
    region: IntArray
    usable: BoolArray


def find_debuts(counts: IntArray, covered: BoolArray, region: IntArray, silence: int) -> Debuts:
    """Find the windows in which a pair has incidents after `silence` windows without any.

    Parameters
    ----------
    counts : int array, shape (windows, pairs)
    covered : bool array, shape (windows, regions)
    region : int array, shape (pairs,)
        Region of each pair.
    silence : int
        Windows.

    Examples
    --------
    >>> counts = np.array([[1, 0], [0, 0], [0, 3], [2, 1]])
    >>> found = find_debuts(counts, np.ones((4, 1), bool), np.zeros(2, int), 2)
    >>> found.window.tolist(), found.pair.tolist(), found.size.tolist()
    ([0, 1], [1, 0], [3, 2])
    """

    def before(values: IntArray) -> IntArray:
        total = np.zeros((len(values) + 1, values.shape[1]), np.int64)
        np.cumsum(values, axis=0, out=total[1:])
        return np.asarray(total[silence:-1] - total[: -silence - 1])

    known = before(covered.astype(np.int64)) >= (1 - _MOST_UNCOVERED) * silence
    usable = np.asarray(known & covered[silence:])
    late = counts[silence:]
    window, pair = np.nonzero((late > 0) & (before(counts) == 0) & usable[:, region])
    return Debuts(window, pair, late[window, pair], region[pair], usable)


def debut_scores(debuts: Debuts) -> FloatArray:
    """Return the log of the expected number of debuts as large as each; shape (debuts,).

    Rates are estimated without the window of the debut.
    """
    return expected_log(debuts, debuts.window, debuts.region, debuts.size)


def expected_log(debuts: Debuts, window: IntArray, region: IntArray, size: IntArray) -> FloatArray:
    """Return the log of the expected number of debuts of that size or more, in a window and region."""

    def others(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the sums over the other windows, of each region and of the panel."""
        table = np.zeros(debuts.usable.shape)
        np.add.at(table, (debuts.window, debuts.region), weights)
        rest = table.sum(axis=0) - table
        return rest[window, region], rest.sum(axis=1)[window]

    n, all_n = others(np.ones(len(debuts.size)))
    t, all_t = others(np.log(2.0 * debuts.size))  # of size over the least size, 1, less 1/2 [3]
    rest = debuts.usable.sum(axis=0) - debuts.usable
    w, all_w = rest[window, region], rest.sum(axis=1)[window]
    rise = _rise(debuts)
    common = (all_n + 0.5) / np.maximum(all_w, 1)
    rate = (n + _PRIOR_WINDOWS * common) / (w + _PRIOR_WINDOWS)
    mean_log = (all_t + np.log(2.0)) / (all_n + 1)
    tail = (n + _PRIOR_DEBUTS) / (t + _PRIOR_DEBUTS * mean_log)
    return np.asarray(np.log(rate) + rise[window] - tail * np.log(2.0 * size - 1))


def _rise(debuts: Debuts) -> FloatArray:
    """Return the log of each window's rate of debuts over the usual, by a log-linear trend of the panel's.

    Coding grows finer, a war grows: with neither, the slope is nothing but chance, and small.
    """
    windows = len(debuts.usable)
    number = np.bincount(debuts.window, minlength=windows).astype(float)
    room = debuts.usable.sum(axis=1) / max(debuts.usable.shape[1], 1)
    t = np.linspace(-1.0, 1.0, windows)
    design = np.column_stack([np.ones(windows), t])
    beta = np.array([np.log((number.sum() + 0.5) / max(room.sum(), 1.0)), 0.0])
    for _ in range(25):
        mean = room * np.exp(np.clip(design @ beta, -20, 20))
        information = design.T @ (design * mean[:, None]) + np.diag([1e-9, 1.0])
        beta = beta + np.linalg.solve(information, design.T @ (number - mean) - np.array([0.0, beta[1]]))
    return np.asarray(beta[1] * t)


def rank_pvalue(score: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the share of windows, this one among them, whose score is at most each; shape of `score`.

    Examples
    --------
    >>> rank_pvalue(np.array([-3.0, 1.0]), np.array([-4.0, 0.0, np.inf])).tolist()
    [0.5, 0.75]
    """
    ordered = np.sort(reference)
    return np.asarray((1 + np.searchsorted(ordered, score, side="right")) / (1 + len(ordered)))
