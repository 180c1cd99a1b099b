"""Other tests of "the recent mean is higher than the baseline's", to compare with and to race against.

All have one signature, ``f(series, covered, *, length, guard=0, completeness=1.0, upper=True)``: counts of
shape ``(baseline + guard + length, series)``, which of them are data, the length of the recent window and of
the guard, the expected share of the window's incidents that are reported, and the direction. All return
one-sided p-values of shape ``(series,)``, NaN where the method has none.

"Fails" figures are percent rejected at nominal 5 % on simulated series without an uptick: the worst cell of
two sets of processes at 0.1, 0.5 and 2 a day, with 365 and with 1,095 baseline days, 28 guard days and 14
recent ones, 4,000 series a cell (a standard error of 0.3 at 5). The seven are those of
:func:`analytics.simulation.simulate_counts`; the other eight are the stationary ones of
:func:`analytics.simulation.further.simulate_more`. Power is that at a doubled rate, 365 days, averaged over
the cells of the seven; it is comparable only between tests that hold their size. The script
``benchmarks/alternatives.py`` measures the sizes again, on other seeds, and
``benchmarks/self_exciting.py`` that of ``self_exciting``.

References
----------
.. [1] Kiefer, N. M., Vogelsang, T. J. (2005). A new asymptotic theory for heteroskedasticity-autocorrelation
       robust tests. Econometric Theory 21, 1130-1164.
.. [2] Lazarus, E., Lewis, D. J., Stock, J. H., Watson, M. W. (2018). HAR inference: recommendations for
       practice. Journal of Business and Economic Statistics 36, 541-559.
.. [3] Janssen, A. (1997). Studentized permutation tests for non-i.i.d. hypotheses and the generalized
       Behrens-Fisher problem. Statistics and Probability Letters 36, 9-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.windows.lrd import LRDTest, lrd_test
from analytics.kernels.windows.rotation import rotation_pvalue
from analytics.kernels.windows.self_exciting import self_exciting
from analytics.kernels.windows.two_means import (
    AlternativeTest,
    Parts,
    c_test,
    e_test,
    nb_glm,
    nb_glm_moments,
    of_parts,
    poisson_wald,
    quasi_poisson,
)

__all__ = [
    "METHODS",
    "AlternativeTest",
    "MethodName",
    "c_test",
    "e_test",
    "fixed_b",
    "lrd_a",
    "lrd_b",
    "nb_glm",
    "nb_glm_moments",
    "poisson_wald",
    "quasi_poisson",
    "rotation",
    "self_exciting",
    "studentised_rotation",
]

MethodName = Literal[
    "lrd_b",
    "lrd_a",
    "self_exciting",
    "rotation",
    "studentised_rotation",
    "fixed_b",
    "c_test",
    "e_test",
    "poisson_wald",
    "quasi_poisson",
    "nb_glm",
    "nb_glm_moments",
]

_TIE = 1e-9


@of_parts
def rotation(p: Parts) -> FloatArray:
    """Where the recent window ranks among all windows of the series joined end to start.

    Null: the series, the guard included, is stationary; then every rotation of it is as likely. Needs no
    model, and cannot show a p-value below one over the number of periods. Fails where the level moves
    slowly against the length of the series: 5.9 / 5.3 % on the seven (log-Gaussian Cox), 6.2 / 6.0 % on the
    other eight (regime switches). Ties cost power where counts are few: 34 %.

    Examples
    --------
    >>> series = np.r_[np.zeros((18, 1)), np.ones((2, 1))]
    >>> rotation(series, np.ones((20, 1), bool), length=2)
    array([0.05])
    """
    return rotation_pvalue(p.series, p.known, p.length, p.completeness, upper=p.upper)


@of_parts
def studentised_rotation(p: Parts) -> FloatArray:
    """Rotation of the window's count, studentised by the windows that do not touch it [3]_.

    Null: the series, the guard included, is stationary. For each rotation the statistic is the window's
    count minus the mean of the other windows, over their standard deviation; its rank is the p-value.
    Dividing by what the rest varies breaks the ties of the plain rotation. Fails where the level moves
    slowly against the length of the series: 6.1 / 5.4 % on the seven (Hawkes), 6.1 / 6.0 % on the other
    eight (regime switches, monthly levels); power 36 %.

    Examples
    --------
    >>> series = np.eye(20)[:, 5:6]
    >>> series[-2:] = 1
    >>> studentised_rotation(series, np.ones((20, 1), bool), length=2)
    array([0.05])
    """
    length = p.length
    values = np.where(p.known, p.series, 0).astype(float)
    values[-length:] /= p.completeness
    rows = len(values)

    def around(v: FloatArray | BoolArray, size: int) -> FloatArray:
        """Sum `size` periods from each period on, the series taken as a wheel."""
        return window_sums(np.concatenate([v, v[: size - 1]]), size)

    valid = around(p.known, length) == length
    sums = np.where(valid, around(values, length), 0.0)
    near = min(2 * length - 1, rows)

    def rest(v: FloatArray | BoolArray) -> FloatArray:
        """Total the windows that do not touch the one that starts at each period."""
        touching = np.roll(around(np.asarray(v, dtype=float), near), length - 1, axis=0)
        return np.asarray(v.sum(axis=0) - touching)

    others = np.maximum(rest(valid), 1.0)
    mean = rest(sums) / others
    variance = np.maximum(rest(sums**2) / others - mean**2, 0.0)
    excess = (sums - mean) if p.upper else (mean - sums)
    excess = np.where(np.abs(excess) < _TIE, 0.0, excess)
    flat = variance < _TIE
    beyond = np.select([excess > 0, excess < 0], [np.inf, -np.inf], 0.0)
    statistic = np.where(flat, beyond, excess / np.sqrt(variance + flat))
    observed = statistic[rows - length]
    return np.asarray((valid & (statistic >= observed - _TIE)).sum(axis=0) / valid.sum(axis=0))


@of_parts
def fixed_b(p: Parts) -> FloatArray:
    """Difference of two means with a long-run variance whose own noise is in the critical value [1]_ [2]_.

    Null: the series is stationary with one mean, and both means are close to normal. The long-run variance
    of the baseline is the mean of its first ``nu = 0.4 n^(2/3)`` squared cosine transforms, so the
    statistic has Student's distribution with `nu` degrees of freedom where the mean of few days is normal.
    Fails because sums of few skewed counts are not: 8.3 / 7.1 % on the seven, 9.2 / 7.9 % on the other
    eight, 2.9 % at nominal 0.1 %. Has no p-value where the baseline does not vary.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> series = np.r_[rng.poisson(2, (365, 1)), rng.poisson(4, (14, 1))]
    >>> bool(fixed_b(series, np.ones((379, 1), bool), length=14)[0] < 0.01)
    True
    """
    rows = len(p.baseline)
    nu = max(2, round(0.4 * rows ** (2 / 3)))
    mean = p.base / p.periods
    residual = np.where(p.covered, p.baseline - mean, 0.0)
    angle = np.pi * (np.arange(rows) + 0.5) / rows
    cosines = np.cos(np.arange(1, nu + 1)[:, None] * angle) * np.sqrt(2.0)
    long_run = ((cosines @ residual) ** 2).mean(axis=0) / p.periods
    # A share of c of the recent incidents is reported: their mean is c times the baseline's under the null.
    difference = p.observed / p.length - p.completeness * mean
    variance = long_run * p.completeness * (1 / p.length + p.completeness / p.periods)
    usable = variance > 0
    t = np.divide(difference, np.sqrt(variance), out=np.full(mean.shape, np.nan), where=usable)
    return np.asarray(special.stdtr(nu, -t if p.upper else t))


@of_parts
def lrd_a(p: Parts) -> FloatArray:
    """Variant A of :func:`~analytics.kernels.windows.lrd.lrd_test`: window-scale dispersion, conditional.

    Null: both windows have one mean, given the days before each; window sums vary as they did in the
    baseline. Fails where the level
    moves slowly against the length of the baseline, so that the baseline shows too little of how much it
    moves: 6.8 / 6.1 % on the seven (INGARCH), 7.2 / 7.0 % on the other eight (regime switches); power 36 %.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> series = np.r_[rng.poisson(2, (365, 1)), rng.poisson(4, (14, 1))]
    >>> bool(lrd_a(series, np.ones((379, 1), bool), length=14)[0] < 0.01)
    True
    """
    return _lrd(p).pvalue_a


@of_parts
def lrd_b(p: Parts) -> FloatArray:
    """Variant B: A raised to the rotation p-value, below what that can show to the window's rank.

    Below 0.01, what rests on one day is raised to at most 0.01. Null: as A's, and the series is stationary.
    Fails where A and the rotation both do; with 20,000 series a cell 5.3 / 4.9 % on the seven and 5.3 / 5.2 %
    on the other eight, at nominal 0.1 % at most 0.4 %; power 33 %.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> series = np.r_[rng.poisson(2, (365, 1)), rng.poisson(4, (14, 1))]
    >>> bool(lrd_b(series, np.ones((379, 1), bool), length=14)[0] < 0.01)
    True
    """
    return _lrd(p).pvalue


def _lrd(p: Parts) -> LRDTest:
    guard = len(p.series) - len(p.baseline) - p.length
    return lrd_test(
        p.series, p.known, length=p.length, guard=guard, completeness=p.completeness, upper=p.upper
    )


METHODS: Mapping[str, AlternativeTest] = MappingProxyType(
    {
        "lrd_b": lrd_b,
        "lrd_a": lrd_a,
        "self_exciting": self_exciting,
        "rotation": rotation,
        "studentised_rotation": studentised_rotation,
        "fixed_b": fixed_b,
        "c_test": c_test,
        "e_test": e_test,
        "poisson_wald": poisson_wald,
        "quasi_poisson": quasi_poisson,
        "nb_glm": nb_glm,
        "nb_glm_moments": nb_glm_moments,
    }
)
