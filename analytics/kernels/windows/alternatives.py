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
``benchmarks/alternatives.py`` measures the sizes again, on other seeds.

References
----------
.. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
       series. Biometrika 31, 313-323.
.. [2] Krishnamoorthy, K., Thomson, J. (2004). A more powerful test for comparing two Poisson means. Journal
       of Statistical Planning and Inference 119, 23-35. With the score statistic: Gu, K., Ng, H. K. T., Tang,
       M. L., Schucany, W. R. (2008). Testing the ratio of two Poisson rates. Biometrical Journal 50, 283-298.
.. [3] Kiefer, N. M., Vogelsang, T. J. (2005). A new asymptotic theory for heteroskedasticity-autocorrelation
       robust tests. Econometric Theory 21, 1130-1164.
.. [4] Lazarus, E., Lewis, D. J., Stock, J. H., Watson, M. W. (2018). HAR inference: recommendations for
       practice. Journal of Business and Economic Statistics 36, 541-559.
.. [5] Ver Hoef, J. M., Boveng, P. L. (2007). Quasi-Poisson vs. negative binomial regression: how should we
       model overdispersed count data? Ecology 88, 2766-2772.
.. [6] Hauck, W. W., Donner, A. (1977). Wald's test as applied to hypotheses in logit analysis. Journal of the
       American Statistical Association 72, 851-853.
.. [7] Janssen, A. (1997). Studentized permutation tests for non-i.i.d. hypotheses and the generalized
       Behrens-Fisher problem. Statistics and Probability Letters 36, 9-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.rotation import rotation_pvalue
from analytics.kernels.common.tails import binomial_tail
from analytics.kernels.windows.lrd import lrd_test

__all__ = [
    "METHODS",
    "AlternativeTest",
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
    "studentised_rotation",
]

NumberArray = npt.NDArray[np.number]

_E_TEST_SPREAD = 7.0  # standard deviations of the baseline count that the sum goes over: 1e-11 is left out
_E_TEST_CELLS = 2_000_000  # terms of the sum held at once
_TIE = 1e-9


class AlternativeTest(Protocol):
    """What every test here looks like."""

    def __call__(
        self,
        series: NumberArray,
        covered: BoolArray,
        *,
        length: int,
        guard: int = 0,
        completeness: FloatArray | float = 1.0,
        upper: bool = True,
    ) -> FloatArray:
        """Return one-sided p-values, shape ``(series,)``."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class _Parts:
    """Recent and baseline rows, their totals and exposures."""

    recent: FloatArray
    baseline: FloatArray
    covered: BoolArray
    observed: FloatArray
    base: FloatArray
    exposure: FloatArray
    periods: FloatArray
    completeness: FloatArray

    @property
    def means(self) -> tuple[FloatArray, FloatArray]:
        """Means a period of what is reported, recent and baseline."""
        return self.observed / len(self.recent), self.base / self.periods

    @property
    def log_ratio(self) -> FloatArray:
        """Logarithm of the rate ratio, infinite or NaN where a window is empty."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(self.observed / self.exposure) - np.log(self.base / self.periods))


def _parts(
    series: NumberArray, covered: BoolArray, length: int, guard: int, completeness: FloatArray | float
) -> _Parts:
    end = series.shape[0] - length - guard
    recent = np.asarray(series[end + guard :], dtype=float)
    inside = covered[:end]
    baseline = np.where(inside, series[:end], 0).astype(float)
    observed = recent.sum(axis=0)
    factor = np.broadcast_to(np.asarray(completeness, dtype=float), observed.shape)
    return _Parts(
        recent,
        baseline,
        inside,
        observed,
        baseline.sum(axis=0),
        length * factor,
        inside.sum(axis=0).astype(float),
        factor,
    )


def _normal_tail(estimate: FloatArray, variance: FloatArray, *, upper: bool) -> FloatArray:
    """Tail of a Wald statistic; NaN where the estimate or its variance is not a number above zero."""
    usable = np.isfinite(estimate) & np.isfinite(variance) & (variance > 0)
    z = np.divide(estimate, np.sqrt(variance), out=np.full(estimate.shape, np.nan), where=usable)
    return np.asarray(special.ndtr(-z if upper else z))


def c_test(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Conditional test of two Poisson means [1]_, mid-p.

    Null: both windows are Poisson with one rate; given the total, the recent count is binomial. Fails
    wherever counts are not Poisson: 24 / 23 % on the seven (INGARCH, log-Gaussian Cox), 33 / 33 % on the
    other eight (ceasefires).

    Examples
    --------
    >>> series = np.r_[np.zeros((9, 1)), np.ones((1, 1))]
    >>> c_test(series, np.ones((10, 1), bool), length=1).round(6)
    array([0.05])
    """
    p = _parts(series, covered, length, guard, completeness)
    total = p.observed + p.base
    tail = binomial_tail(p.observed, total, p.exposure / (p.exposure + p.periods), upper=upper)
    return np.where(total > 0, tail, 1.0)


def e_test(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Test of two Poisson means with the rate estimated rather than conditioned away [2]_, score statistic.

    Null: both windows are Poisson with one rate, taken to be the pooled estimate; the p-value is the
    probability of pairs of counts whose score statistic is at least the observed one. More powerful than
    the conditional test where counts are Poisson and few. Fails wherever counts are not Poisson: 24 / 23 %
    on the seven, 33 / 33 % on the other eight.

    Notes
    -----
    For a given baseline count the statistic rises with the recent count, so the double sum is a single sum of
    Poisson tails from the count where it crosses, a root of a quadratic. Equal pairs of totals are done once.

    Examples
    --------
    >>> series = np.r_[np.full((60, 1), 1), np.full((4, 1), 3)]
    >>> e_test(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.001])
    """
    p = _parts(series, covered, length, guard, completeness)
    pairs = np.stack([p.observed, p.base, p.exposure, p.periods], axis=1)
    distinct, which = np.unique(pairs, axis=0, return_inverse=True)
    out = np.empty(len(distinct))
    widest = float((distinct[:, 0] + distinct[:, 1]).max(initial=1.0))
    step = max(1, int(_E_TEST_CELLS / (2 * _E_TEST_SPREAD * np.sqrt(widest) + 40)))
    for first in range(0, len(distinct), step):
        part = slice(first, first + step)
        out[part] = _e_test(*distinct[part].T, upper=upper)
    return out[np.ravel(which)]


def _e_test(
    observed: FloatArray, base: FloatArray, exposure: FloatArray, periods: FloatArray, *, upper: bool
) -> FloatArray:
    rate = (observed + base) / (exposure + periods)
    mean, mean_base = rate * exposure, rate * periods
    ratio = exposure / periods
    total = np.maximum(observed + base, 1.0)
    statistic = (observed - ratio * base) / np.sqrt(ratio * total)
    spread = _E_TEST_SPREAD * np.sqrt(mean_base) + 20
    first = np.maximum(np.floor(mean_base - spread), 0.0)
    width = int(np.ceil((mean_base + spread - first).max())) + 1
    y = first[:, None] + np.arange(width)
    mass = np.exp(special.xlogy(y, mean_base[:, None]) - special.gammaln(y + 1) - mean_base[:, None])
    # In w, the root of recent plus baseline count, the statistic's level set is a quadratic.
    linear = (statistic * np.sqrt(ratio))[:, None]
    w = (linear + np.sqrt(linear**2 + 4 * (1 + ratio)[:, None] * y)) / 2
    crossing = w**2 - y
    slack = _TIE * (1 + np.abs(crossing))
    mean_ = np.broadcast_to(mean[:, None], y.shape)
    if upper:
        k = np.maximum(np.ceil(crossing - slack), 0.0)
        tail = np.where(k > 0, special.gammainc(np.maximum(k, 1.0), mean_), 1.0)
    else:
        k = np.floor(crossing + slack)
        # Two empty windows have statistic 0, which is above a negative one.
        k = np.where((y == 0) & (statistic < 0)[:, None], -1.0, k)
        tail = np.where(k >= 0, special.gammaincc(np.maximum(k, 0.0) + 1, mean_), 0.0)
    return np.asarray(np.minimum((mass * tail).sum(axis=1), 1.0))


def poisson_wald(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Poisson regression on an indicator of the recent window, Wald test.

    Null: both windows are Poisson with one rate, and the log ratio is normal. Fails wherever counts are not
    Poisson: 24 / 24 % on the seven, 34 / 34 % on the other eight, and 6 % even on Poisson counts. Has no
    p-value where a window is empty, and loses power where one nearly is [6]_.

    Examples
    --------
    >>> series = np.r_[np.full((60, 1), 1), np.full((4, 1), 3)]
    >>> poisson_wald(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.0003])
    """
    p = _parts(series, covered, length, guard, completeness)
    with np.errstate(divide="ignore"):
        return _normal_tail(p.log_ratio, 1 / p.observed + 1 / p.base, upper=upper)


def nb_glm(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
    alpha: float | FloatArray = 1.0,
) -> FloatArray:
    """Negative binomial regression of daily counts on an indicator of the recent window, Wald test.

    Null: days are independent negative binomials with one mean and variance ``mean + alpha mean^2``.
    `alpha` is 1 unless given, as in statsmodels' family, and is not estimated. Fails because a fixed
    `alpha` is right by accident only, and because days are not independent: 16 / 15 % on the seven
    (INGARCH), 18 / 16 % on the other eight, and under 1 % on Poisson counts of 2 a day. At low rates
    ``alpha = 1`` is nearly Poisson, at high ones it hides upticks. Has no p-value where a window is empty
    [6]_.

    Examples
    --------
    >>> series = np.r_[np.full((60, 1), 1), np.full((4, 1), 3)]
    >>> nb_glm(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.0348])
    """
    p = _parts(series, covered, length, guard, completeness)
    recent, base = p.means
    with np.errstate(divide="ignore"):
        variance = (1 / recent + alpha) / len(p.recent) + (1 / base + alpha) / p.periods
    return _normal_tail(p.log_ratio, variance, upper=upper)


def nb_glm_moments(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """As `nb_glm`, with `alpha` from the mean and variance of the baseline's days, at least 0.

    Null: days are independent negative binomials with one mean. Fails where days depend on each other,
    because days vary less than their dependence makes fortnights vary: 19 / 18 % on the seven (log-Gaussian
    Cox), 22 / 21 % on the other eight (ceasefires).

    Examples
    --------
    >>> series = np.r_[np.tile([[0], [2]], (30, 1)), np.full((4, 1), 3)]
    >>> nb_glm_moments(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.0003])
    """
    p = _parts(series, covered, length, guard, completeness)
    mean = p.base / p.periods
    squares = np.where(p.covered, (p.baseline - mean) ** 2, 0.0).sum(axis=0)
    variance = squares / np.maximum(p.periods - 1, 1)
    alpha = np.divide(variance - mean, mean**2, out=np.zeros_like(mean), where=mean > 0)
    return nb_glm(
        series,
        covered,
        length=length,
        guard=guard,
        completeness=completeness,
        upper=upper,
        alpha=np.maximum(alpha, 0.0),
    )


def quasi_poisson(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Quasi-Poisson regression of daily counts on an indicator of the recent window, Wald test [5]_.

    Null: days are uncorrelated with one mean and variance ``phi mean``, `phi` from Pearson's statistic of
    daily residuals. Fails where days depend on each other, because the dispersion of days is not that of
    fortnights: 20 / 20 % on the seven, 25 / 25 % on the other eight (ceasefires). Has no p-value where a
    window is empty [6]_.

    Examples
    --------
    >>> series = np.r_[np.tile([[0], [2]], (30, 1)), np.full((4, 1), 3)]
    >>> quasi_poisson(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.0002])
    """
    p = _parts(series, covered, length, guard, completeness)
    recent, base = p.means
    squares = np.where(p.covered, (p.baseline - base) ** 2, 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2 = ((p.recent - recent) ** 2).sum(axis=0) / recent + squares / base
        phi = chi2 / (len(p.recent) + p.periods - 2)
        variance = phi * (1 / p.observed + 1 / p.base)
    return _normal_tail(p.log_ratio, variance, upper=upper)


def rotation(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
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
    sign = 1 if upper else -1  # at most as many is at least as many of the negated counts
    return rotation_pvalue(sign * np.asarray(series, dtype=float), covered, length, completeness)


def studentised_rotation(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Rotation of the window's count, studentised by the windows that do not touch it [7]_.

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
    values = np.where(covered, series, 0).astype(float)
    values[-length:] /= completeness
    rows = len(values)

    def around(v: FloatArray | BoolArray, size: int) -> FloatArray:
        """Sum `size` periods from each period on, the series taken as a wheel."""
        return window_sums(np.concatenate([v, v[: size - 1]]), size)

    valid = around(covered, length) == length
    sums = np.where(valid, around(values, length), 0.0)
    near = min(2 * length - 1, rows)

    def rest(v: FloatArray | BoolArray) -> FloatArray:
        """Total the windows that do not touch the one that starts at each period."""
        touching = np.roll(around(np.asarray(v, dtype=float), near), length - 1, axis=0)
        return np.asarray(v.sum(axis=0) - touching)

    others = np.maximum(rest(valid), 1.0)
    mean = rest(sums) / others
    variance = np.maximum(rest(sums**2) / others - mean**2, 0.0)
    excess = (sums - mean) if upper else (mean - sums)
    excess = np.where(np.abs(excess) < _TIE, 0.0, excess)
    flat = variance < _TIE
    beyond = np.select([excess > 0, excess < 0], [np.inf, -np.inf], 0.0)
    statistic = np.where(flat, beyond, excess / np.sqrt(variance + flat))
    observed = statistic[rows - length]
    return np.asarray((valid & (statistic >= observed - _TIE)).sum(axis=0) / valid.sum(axis=0))


def fixed_b(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Difference of two means with a long-run variance whose own noise is in the critical value [3]_ [4]_.

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
    p = _parts(series, covered, length, guard, completeness)
    rows = len(p.baseline)
    nu = max(2, round(0.4 * rows ** (2 / 3)))
    mean = p.base / p.periods
    residual = np.where(p.covered, p.baseline - mean, 0.0)
    angle = np.pi * (np.arange(rows) + 0.5) / rows
    cosines = np.cos(np.arange(1, nu + 1)[:, None] * angle) * np.sqrt(2.0)
    long_run = ((cosines @ residual) ** 2).mean(axis=0) / p.periods
    # A share of c of the recent incidents is reported: their mean is c times the baseline's under the null.
    difference = p.observed / length - p.completeness * mean
    variance = long_run * p.completeness * (1 / length + p.completeness / p.periods)
    usable = variance > 0
    t = np.divide(difference, np.sqrt(variance), out=np.full(mean.shape, np.nan), where=usable)
    return np.asarray(special.stdtr(nu, -t if upper else t))


def lrd_a(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Variant A of :func:`~analytics.kernels.windows.lrd.lrd_test`: window-scale dispersion, conditional.

    Null: both windows have one mean; window sums vary as they did in the baseline. Fails where the level
    moves slowly against the length of the baseline, so that the baseline shows too little of how much it
    moves: 6.8 / 6.1 % on the seven (INGARCH), 7.2 / 7.0 % on the other eight (regime switches); power 36 %.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> series = np.r_[rng.poisson(2, (365, 1)), rng.poisson(4, (14, 1))]
    >>> bool(lrd_a(series, np.ones((379, 1), bool), length=14)[0] < 0.01)
    True
    """
    return _lrd(series, covered, length, guard, completeness, upper)[0]


def lrd_b(
    series: NumberArray,
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    upper: bool = True,
) -> FloatArray:
    """Variant B: A raised to the rotation p-value where A exceeds 0.01, or the baseline is nearly empty.

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
    return _lrd(series, covered, length, guard, completeness, upper)[1]


def _lrd(
    series: NumberArray,
    covered: BoolArray,
    length: int,
    guard: int,
    completeness: FloatArray | float,
    upper: bool,
) -> tuple[FloatArray, FloatArray]:
    test = lrd_test(series, covered, length=length, guard=guard, completeness=completeness, upper=upper)
    return test.pvalue_a, test.pvalue


METHODS: Mapping[str, AlternativeTest] = MappingProxyType(
    {
        "lrd_b": lrd_b,
        "lrd_a": lrd_a,
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
