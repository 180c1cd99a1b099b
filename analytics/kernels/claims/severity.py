"""Are recent marks (deaths per incident) larger? Whole blocks of days are permuted, not incidents.

Incidents of one day, or one wave, share what made them deadly; permuting incidents one by one counts each
wave as many independent witnesses. Here the units that change places are blocks of days with all their
incidents, and the statistic is scaled by what its variance would be for so many incidents so clustered [1]_.

References
----------
.. [1] Chung, E., Romano, J. P. (2013). Exact and asymptotically robust permutation tests. Annals of
       Statistics 41, 484-507.
.. [2] Donner, A., Klar, N. (2000). Design and Analysis of Cluster Randomization Trials in Health Research.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.dispersion import window_sums

__all__ = ["MarkTest", "block_permutation", "mean_ratio"]


MOST = 9_999  # choices of blocks that are all looked at; beyond, so many are drawn by chance

RAISE_ABOVE = 0.01  # below this the rank among windows is too coarse to say anything
_NEAR = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class MarkTest:
    """Arrays of shape (marks,), one entry for each kind of mark.

    Attributes
    ----------
    greater, less : float array
        P-values: the permutation's, raised to the rank among windows where it exceeds 0.01. Never zero.
    permutation : float array
        The permutation's p-value of larger marks alone.
    icc : float array
        Correlation of marks of the same day, at least 0.
    choices : int
        Choices of blocks compared.
    recent_blocks, blocks : int
        Blocks that hold an incident, in the recent window and in all.
    """

    greater: FloatArray
    less: FloatArray
    permutation: FloatArray
    icc: FloatArray
    choices: int
    recent_blocks: int
    blocks: int


def _intraclass(x: FloatArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """Variance and intraclass correlation (analysis of variance, [2]_) of centred marks within days."""
    n = np.bincount(group)
    n = n[n > 0]
    _, group = np.unique(group, return_inverse=True)
    sums = np.stack([np.bincount(group, x[:, j]) for j in range(x.shape[1])], axis=1)
    total, k = len(x), len(n)
    variance = (x**2).mean(axis=0)
    if total - k < 2 or k < 3:
        return variance, np.zeros(x.shape[1])
    within = ((x**2).sum(axis=0) - (sums**2 / n[:, None]).sum(axis=0)) / (total - k)
    between = (sums**2 / n[:, None]).sum(axis=0) / (k - 1)
    size = (total - (n**2).sum() / total) / (k - 1)
    spread = between + (size - 1) * within
    icc = np.divide(between - within, spread, out=np.zeros_like(spread), where=spread > 0)
    return variance, np.clip(icc, 0.0, 1.0)


def _score(total: FloatArray, scale: FloatArray) -> FloatArray:
    return np.asarray(total / np.sqrt(np.maximum(scale, 1e-12)))


def _window_scores(
    x: FloatArray, day: IntArray, use: BoolArray, variance: FloatArray, icc: FloatArray, length: int
) -> FloatArray:
    """Scores of the baseline's windows of `length` days that hold an incident; shape (windows, marks)."""
    at = day[use] - day[use].min()
    days = int(at.max()) + 1
    if days < length:
        return np.empty((0, x.shape[1]))
    n = np.bincount(at, minlength=days)[:, None].astype(float)
    sums = np.stack([np.bincount(at, x[use, j], days) for j in range(x.shape[1])], axis=1)
    scale = window_sums(variance * (n + icc * n * (n - 1)), length)
    return _score(window_sums(sums, length), scale)[window_sums(n, length)[:, 0] > 0]


def block_permutation(
    marks: FloatArray, day: IntArray, recent: BoolArray, block: IntArray, *, length: int, seed: int = 0
) -> MarkTest:
    """Test whether recent marks are larger, or smaller, than those of the baseline.

    Parameters
    ----------
    marks : float array, shape (incidents, kinds)
        Marks on the scale on which they are averaged (log(1 + deaths), an indicator, ...).
    day, block : int array, shape (incidents,)
        Day of each incident, and block of days that changes places as one.
    recent : bool array, shape (incidents,)
        Which incidents are recent; blocks are wholly recent or not.
    length : int
        Days in the recent window, for the windows it is ranked among.
    seed : int
        For the choices drawn where there are too many to look at.

    Returns
    -------
    MarkTest
        The statistic of a choice of as many blocks as the recent window has is the sum of its centred marks,
        over its standard deviation given how many incidents fall on each of its days. Blocks without
        incidents hold no marks and do not take part. Severity that stays high or low for longer than a block
        makes blocks alike; the rank of the recent window among all windows of its length in the baseline
        allows for that, and is taken where it is larger and the permutation's p-value above 0.01.
    """
    x = marks - marks.mean(axis=0)
    variance, icc = _intraclass(x, day)
    _, code = np.unique(block, return_inverse=True)
    size = int(code.max()) + 1
    sums = np.stack([np.bincount(code, x[:, j], size) for j in range(x.shape[1])], axis=1)
    _, first, per_day = np.unique(day, return_index=True, return_counts=True)
    singles = np.bincount(code[first], per_day, size)
    pairs = np.bincount(code[first], per_day * (per_day - 1.0), size)
    spread = variance * (singles[:, None] + icc * pairs[:, None])
    chosen = np.unique(code[recent])
    k = chosen.size
    if comb(size, k) <= MOST:
        choices = np.array(list(combinations(range(size), k)), dtype=np.int64)
        here = np.flatnonzero((choices == chosen).all(axis=1))
        others = np.delete(choices, here, axis=0)
    else:
        rng = np.random.Generator(np.random.PCG64(seed))
        others = rng.random((MOST, size)).argpartition(k - 1, axis=1)[:, :k]

    observed = _score(sums[chosen].sum(axis=0), spread[chosen].sum(axis=0))
    total, scale = np.zeros((2, len(others), x.shape[1]))
    for column in others.T:
        total += sums[column]
        scale += spread[column]
    drawn = _score(total, scale)
    windows = _window_scores(x, day, ~recent, variance, icc, length)
    found = {}
    for name, sign in (("greater", 1), ("less", -1)):
        p = ((sign * (drawn - observed) >= -_NEAR).sum(axis=0) + 1) / (len(drawn) + 1)
        rank = ((sign * (windows - observed) >= -_NEAR).sum(axis=0) + length) / (len(windows) + length)
        found[name] = np.where(p > RAISE_ABOVE, np.maximum(p, rank), p)
        found[f"{name} alone"] = p
    return MarkTest(
        greater=found["greater"],
        less=found["less"],
        permutation=found["greater alone"],
        icc=icc,
        choices=len(drawn) + 1,
        recent_blocks=k,
        blocks=size,
    )


def mean_ratio(
    marks: FloatArray, day: IntArray, recent: BoolArray, levels: tuple[float, ...]
) -> tuple[float, FloatArray, float]:
    """Ratio of mean marks, recent over baseline, with limits and the standard error of its logarithm.

    Parameters
    ----------
    marks, day, recent : array, shape (incidents,)
        Marks of at least 0.
    levels : tuple of float
        One-sided probabilities below each limit.

    Returns
    -------
    ratio : float
    limits : float array, shape (levels,)
        From Student's t on the logarithm; the squared coefficient of variation is that of all marks about
        their own means, with the correlation of marks of a day. Degrees of freedom: days that hold a recent
        incident, less one.
    error : float
        Standard error of the log ratio with equal means, from the incidents' number and the pooled variation.
    """
    means = np.array([marks[~recent].mean(), marks[recent].mean()])
    grand = marks.mean()
    centred = (marks - means[recent.astype(int)])[:, None]
    variance, icc = _intraclass(centred, day)
    cv2 = float(variance[0]) / grand**2 if grand > 0 else np.nan
    total = 0.0
    for group in (recent, ~recent):
        n = np.unique(day[group], return_counts=True)[1].astype(float)
        total += (n + icc[0] * n * (n - 1)).sum() / n.sum() ** 2
    error = float(np.sqrt(cv2 * total))
    if not means.all():
        ratio = 0.0 if means[0] > 0 else np.nan
        return ratio, np.full(len(levels), np.nan), error
    ratio = float(means[1] / means[0])
    degrees = max(np.unique(day[recent]).size - 1, 1)
    return ratio, ratio * np.exp(special.stdtrit(degrees, np.array(levels)) * error), error
