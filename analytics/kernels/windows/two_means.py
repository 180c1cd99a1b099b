"""The textbook's tests of two means: Poisson counts, and the regressions that let them vary more.

Signature, and what the "fails" figures are: :mod:`analytics.kernels.windows.alternatives`. The C-test and the
Wald test of two Poisson rates are statsmodels' own, loaded when one of them is called. The E-test is not,
because statsmodels sums over both counts, one series at a time; nor are the regressions, because a design of
one indicator has a closed form. Tests hold all of them to statsmodels.

References
----------
.. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
       series. Biometrika 31, 313-323.
.. [2] Krishnamoorthy, K., Thomson, J. (2004). A more powerful test for comparing two Poisson means. Journal
       of Statistical Planning and Inference 119, 23-35. With the score statistic: Gu, K., Ng, H. K. T., Tang,
       M. L., Schucany, W. R. (2008). Testing the ratio of two Poisson rates. Biometrical Journal 50, 283-298.
.. [3] Ver Hoef, J. M., Boveng, P. L. (2007). Quasi-Poisson vs. negative binomial regression: how should we
       model overdispersed count data? Ecology 88, 2766-2772.
.. [4] Hauck, W. W., Donner, A. (1977). Wald's test as applied to hypotheses in logit analysis. Journal of the
       American Statistical Association 72, 851-853.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray

__all__ = [
    "AlternativeTest",
    "NumberArray",
    "Parts",
    "c_test",
    "e_test",
    "nb_glm",
    "nb_glm_moments",
    "of_parts",
    "poisson_wald",
    "quasi_poisson",
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
class Parts:
    """Series (`known`: where they are data) cut into recent and baseline rows, with totals and exposures."""

    series: NumberArray
    known: BoolArray
    length: int
    upper: bool
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


def parts_of(
    series: NumberArray,
    covered: BoolArray,
    length: int,
    guard: int,
    completeness: FloatArray | float,
    upper: bool,
) -> Parts:
    """Cut series into recent window and baseline; arguments as the tests have them."""
    end = series.shape[0] - length - guard
    recent = np.asarray(series[end + guard :], dtype=float)
    inside = covered[:end]
    baseline = np.where(inside, series[:end], 0).astype(float)
    observed = recent.sum(axis=0)
    factor = np.broadcast_to(np.asarray(completeness, dtype=float), observed.shape)
    return Parts(
        series,
        covered,
        length,
        upper,
        recent,
        baseline,
        inside,
        observed,
        baseline.sum(axis=0),
        length * factor,
        inside.sum(axis=0).astype(float),
        factor,
    )


def of_parts(test: Callable[[Parts], FloatArray]) -> AlternativeTest:
    """Give a test of two windows the signature that all have."""

    def call(
        series: NumberArray,
        covered: BoolArray,
        *,
        length: int,
        guard: int = 0,
        completeness: FloatArray | float = 1.0,
        upper: bool = True,
    ) -> FloatArray:
        return test(parts_of(series, covered, length, guard, completeness, upper))

    update_wrapper(call, test)
    del call.__dict__["__wrapped__"]  # the signature is the one above
    call.__annotations__ = dict(AlternativeTest.__call__.__annotations__)
    return call


def _normal_tail(estimate: FloatArray, variance: FloatArray, *, upper: bool) -> FloatArray:
    """Tail of a Wald statistic; NaN where the estimate or its variance is not a number above zero."""
    usable = np.isfinite(estimate) & np.isfinite(variance) & (variance > 0)
    z = np.divide(estimate, np.sqrt(variance), out=np.full(estimate.shape, np.nan), where=usable)
    return np.asarray(special.ndtr(-z if upper else z))


def _two_rates(p: Parts, method: str) -> FloatArray:
    """Return the p-values of statsmodels' test of two Poisson rates; meaningless where a window is empty."""
    from statsmodels.stats.rates import test_poisson_2indep as two_rates

    with np.errstate(divide="ignore", invalid="ignore"):
        found = two_rates(
            p.observed,
            p.exposure,
            p.base,
            p.periods,
            method=method,
            alternative="larger" if p.upper else "smaller",
        )
    return np.asarray(found.pvalue, dtype=float)


@of_parts
def c_test(p: Parts) -> FloatArray:
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
    tail = np.clip(_two_rates(p, "cond-midp"), 0.0, 1.0)
    return np.where(p.observed + p.base > 0, tail, 1.0)


@of_parts
def e_test(p: Parts) -> FloatArray:
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
    pairs = np.stack([p.observed, p.base, p.exposure, p.periods], axis=1)
    distinct, which = np.unique(pairs, axis=0, return_inverse=True)
    out = np.empty(len(distinct))
    widest = float((distinct[:, 0] + distinct[:, 1]).max(initial=1.0))
    step = max(1, int(_E_TEST_CELLS / (2 * _E_TEST_SPREAD * np.sqrt(widest) + 40)))
    for first in range(0, len(distinct), step):
        part = slice(first, first + step)
        out[part] = _e_test(*distinct[part].T, upper=p.upper)
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


@of_parts
def poisson_wald(p: Parts) -> FloatArray:
    """Poisson regression on an indicator of the recent window, Wald test.

    Null: both windows are Poisson with one rate, and the log ratio is normal. Fails wherever counts are not
    Poisson: 24 / 24 % on the seven, 34 / 34 % on the other eight, and 6 % even on Poisson counts. Has no
    p-value where a window is empty, and loses power where one nearly is [4]_.

    Examples
    --------
    >>> series = np.r_[np.full((60, 1), 1), np.full((4, 1), 3)]
    >>> poisson_wald(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.0003])
    """
    pvalue = _two_rates(p, "wald-log")
    return np.where((p.observed > 0) & (p.base > 0), pvalue, np.nan)


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
    [4]_.

    Examples
    --------
    >>> series = np.r_[np.full((60, 1), 1), np.full((4, 1), 3)]
    >>> nb_glm(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.0348])
    """
    return _nb_wald(parts_of(series, covered, length, guard, completeness, upper), alpha)


def _nb_wald(p: Parts, alpha: float | FloatArray) -> FloatArray:
    recent, base = p.means
    with np.errstate(divide="ignore"):
        variance = (1 / recent + alpha) / len(p.recent) + (1 / base + alpha) / p.periods
    return _normal_tail(p.log_ratio, variance, upper=p.upper)


@of_parts
def nb_glm_moments(p: Parts) -> FloatArray:
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
    mean = p.base / p.periods
    squares = np.where(p.covered, (p.baseline - mean) ** 2, 0.0).sum(axis=0)
    variance = squares / np.maximum(p.periods - 1, 1)
    alpha = np.divide(variance - mean, mean**2, out=np.zeros_like(mean), where=mean > 0)
    return _nb_wald(p, np.maximum(alpha, 0.0))


@of_parts
def quasi_poisson(p: Parts) -> FloatArray:
    """Quasi-Poisson regression of daily counts on an indicator of the recent window, Wald test [3]_.

    Null: days are uncorrelated with one mean and variance ``phi mean``, `phi` from Pearson's statistic of
    daily residuals. Fails where days depend on each other, because the dispersion of days is not that of
    fortnights: 20 / 20 % on the seven, 25 / 25 % on the other eight (ceasefires). Has no p-value where a
    window is empty [4]_.

    Examples
    --------
    >>> series = np.r_[np.tile([[0], [2]], (30, 1)), np.full((4, 1), 3)]
    >>> quasi_poisson(series, np.ones((64, 1), bool), length=4).round(4)
    array([0.0002])
    """
    recent, base = p.means
    squares = np.where(p.covered, (p.baseline - base) ** 2, 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2 = ((p.recent - recent) ** 2).sum(axis=0) / recent + squares / base
        phi = chi2 / (len(p.recent) + p.periods - 2)
        variance = phi * (1 / p.observed + 1 / p.base)
    return _normal_tail(p.log_ratio, variance, upper=p.upper)
