"""The uptick test against an expectation: trend, season, weekday and calendar terms instead of a flat mean.

Null hypothesis: the recent mean equals the expectation that the regression extrapolates. The dispersion comes
from window sums of counts minus expectation; the regression's own uncertainty enters as a shorter baseline.
Where the rate moves slowly that is too little by far, so the dispersion is raised to what the errors of the
expectation show when the series is turned (:mod:`analytics.kernels.windows.turns`), and the p-value to their
rank.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.dispersion import Dispersion, window_dispersion
from analytics.kernels.common.glm import poisson_fit
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.windows.lrd import DAYS_TO_SPARE, RAISE_ABOVE, LRDTest, spared_pvalue
from analytics.kernels.windows.season import shows_season
from analytics.kernels.windows.turns import turned
from analytics.periods import WEEKDAYS, weekday_numbers

__all__ = [
    "MOST_DAYS",
    "NEEDED_DAYS",
    "PER_TERM",
    "Adjustment",
    "ExpectedTest",
    "RegressionData",
    "Terms",
    "adjusted_test",
    "chosen_terms",
    "expected_test",
    "history_before",
    "regression_data",
    "seasonal_design",
]

YEAR = 365.2425
NEEDED_DAYS, FULL_DAYS, MOST_DAYS = 730, 1095, 1827  # two harmonics, three, history used at most
_EFFECT = 3.0  # a weekday or a calendar day is taken out where the series is turned, up to 20-fold
PER_TERM = 10  # incidents in the history for each term, else the region is not adjusted


@dataclass(frozen=True, eq=False, slots=True)
class ExpectedTest:
    """Arrays of shape (series,); `effective_total` is the baseline that would carry the same uncertainty."""

    observed: FloatArray
    expected: FloatArray
    effective_total: FloatArray
    dispersion: Dispersion
    rank: FloatArray
    pvalue_a: FloatArray
    pvalue: FloatArray
    converged: BoolArray

    def as_lrd(self, index: IndexArray) -> LRDTest:
        """Return some series in the form that limits and detectable ratios are computed from."""
        return LRDTest(
            self.observed[index],
            self.effective_total[index],
            self.expected[index],
            self.effective_total[index],
            self.dispersion.take(index),
            self.rank[index],
            self.pvalue_a[index],
            self.pvalue[index],
            self.pvalue[index],
            np.ones(len(index)),
        )


def seasonal_design(
    day: IntArray, *, trend: bool, harmonics: int, weekday: bool, extra: FloatArray | None = None
) -> FloatArray:
    """Return the design of the expectation: intercept, trend, annual harmonics, weekday, further columns.

    Parameters
    ----------
    day : int array, shape (periods,)
        Days since 1970-01-01.
    trend, harmonics, weekday
        Terms: a linear trend on the log scale, so many annual harmonics, six weekday contrasts.
    extra : float array, shape (periods, columns), optional
        Calendar indicators.

    Returns
    -------
    float array, shape (periods, terms)
    """
    columns = [np.ones(day.size)]
    if trend:
        columns.append((day - day.mean()) / YEAR)
    for k in range(1, harmonics + 1):
        angle = 2 * np.pi * k * day / YEAR
        columns += [np.cos(angle), np.sin(angle)]
    if weekday:
        which = weekday_numbers(day)
        columns += [(which == d).astype(float) - 1 / 7 for d in range(1, 7)]
    out = np.column_stack(columns)
    return out if extra is None else np.column_stack([out, extra])


@dataclass(frozen=True, eq=False, slots=True)
class Terms:
    """The terms of an expectation.

    Attributes
    ----------
    design : float array, shape (history + guard + length, terms)
    names : tuple of str
        Of the columns, calendar columns not among them.
    harmonics : int
    weekday : bool
    block : int
        Periods summed for the regression.
    """

    design: FloatArray
    names: tuple[str, ...]
    harmonics: int
    weekday: bool
    block: int


@dataclass(frozen=True, eq=False, slots=True)
class Adjustment:
    """Which regions were adjusted (`index`), the test of each, and the terms that were fitted."""

    index: IndexArray
    test: ExpectedTest | None
    terms: Terms


def history_before(end: int, length: int, guard: int, step: int) -> tuple[int, int]:
    """Return the first period of the history of a window that ends before period `end`, and its days."""
    stop = end - length - guard
    first = max(0, stop - MOST_DAYS // step)
    return first, (stop - first) * step


def chosen_terms(
    day: IntArray, *, length: int, guard: int, step: int, extra: FloatArray | None = None
) -> Terms:
    """Choose the terms by a rule that never looks at the recent window.

    Arguments are those of :func:`adjusted_test`. A trend and two annual harmonics, from 1,095 days of history
    three; weekdays where the recent window is not whole weeks (in whole weeks they cancel).
    """
    end = len(day) - length - guard
    # One harmonic is not enough: where the season has a second one, size was 13-21 % at its rising phases.
    harmonics = 3 if end * step >= FULL_DAYS else 2
    weekday = step == 1 and length % 7 != 0
    design = seasonal_design(day, trend=True, harmonics=harmonics, weekday=weekday, extra=extra)
    names = ["const", "trend"]
    names += [f"{wave} {k}" for k in range(1, harmonics + 1) for wave in ("cos", "sin")]
    names += list(WEEKDAYS[1:]) if weekday else []
    block = 1 if weekday or step == 7 or extra is not None else 7
    return Terms(design, tuple(names), harmonics, weekday, block)


def adjusted_test(
    day: IntArray,
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    *,
    length: int,
    guard: int,
    step: int,
    extra: FloatArray | None = None,
    completeness: FloatArray | float = 1.0,
    exposure_variance: FloatArray | float = 0.0,
    upper: bool = True,
    seasonal: bool = False,
) -> Adjustment:
    """Choose the terms (:func:`chosen_terms`) and test the regions that carry them.

    A region needs ten incidents a term, coverage of half the history and of the whole recent window.

    Parameters
    ----------
    day : int array, shape (history + guard + length,)
        First day of each period, in days since 1970-01-01.
    values, covered : arrays, shape (history + guard + length, regions)
    length, guard : int
        Periods in the recent window, and left out before it.
    step : int
        Days in a period.
    extra : float array, shape (history + guard + length, columns), optional
        Calendar terms.
    completeness, exposure_variance, upper
        As in :func:`expected_test`; one for each region, or one for all.
    seasonal : bool
        Test only the regions whose history shows a season (:mod:`analytics.kernels.windows.season`).
    """
    end = len(day) - length - guard
    terms = chosen_terms(day, length=length, guard=guard, step=step, extra=extra)
    history = covered[:end]
    enough = (np.where(history, values[:end], 0).sum(axis=0) >= PER_TERM * terms.design.shape[1]) & (
        history.mean(axis=0) >= 0.5
    )
    index = np.flatnonzero(enough & covered[-length:].all(axis=0))
    if seasonal and index.size:
        index = index[
            shows_season(values[:end, index], history[:, index], harmonics=terms.harmonics, step=step)
        ]
    if not index.size:
        return Adjustment(index, None, terms)
    share, unsure = (
        np.broadcast_to(np.asarray(each, dtype=float), enough.shape)[index]
        for each in (completeness, exposure_variance)
    )
    test = expected_test(
        values[:, index],
        covered[:, index],
        terms.design,
        length=length,
        guard=guard,
        block=terms.block,
        step=step,
        smooth=2 + 2 * terms.harmonics,
        completeness=share,
        exposure_variance=unsure,
        upper=upper,
    )
    return Adjustment(index, test, terms)


@dataclass(frozen=True, eq=False, slots=True)
class RegressionData:
    """What the regression is fitted to, summed over blocks of periods.

    Attributes
    ----------
    first : int array, shape (blocks,)
        First period of each block.
    design : float array, shape (blocks, terms)
        Its mean over the block's periods.
    counts, exposure : float arrays, shape (blocks, series)
        Incidents on covered periods, and how many those are.
    """

    first: IntArray
    design: FloatArray
    counts: FloatArray
    exposure: FloatArray


def regression_data(
    baseline: npt.NDArray[np.number], covered: BoolArray, design: FloatArray, block: int
) -> RegressionData:
    """Sum a baseline over blocks of periods, which is faster and loses nothing where the terms are smooth."""
    end = len(baseline)
    first = np.unique(np.r_[0, np.arange(end % block, end, block)])
    return RegressionData(
        first,
        np.add.reduceat(design, first, axis=0) / np.diff(np.r_[first, end])[:, None],
        np.add.reduceat(np.where(covered, baseline, 0), first, axis=0),
        np.add.reduceat(covered, first, axis=0, dtype=float),
    )


def expected_test(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    design: FloatArray,
    *,
    length: int,
    guard: int = 0,
    block: int = 1,
    step: int = 1,
    smooth: int | None = None,
    completeness: FloatArray | float = 1.0,
    exposure_variance: FloatArray | float = 0.0,
    upper: bool = True,
) -> ExpectedTest:
    """Test the recent window against the expectation of a regression on the baseline.

    Parameters
    ----------
    series : array, shape (baseline + guard + length, series)
    covered : bool array, same shape
    design : float array, shape (baseline + guard + length, terms)
    length, guard : int
        Periods in the recent window, and left out before it. The regression sees neither.
    block : int
        Periods summed for the regression, which is faster and loses nothing where its terms are smooth.
    step : int
        Days in a period.
    smooth : int, optional
        Leading terms that are intercept, trend and annual harmonics; all unless given.
    completeness : float or array, shape (series,)
        Expected share of the recent incidents already reported.
    exposure_variance : float or array, shape (series,)
        Variance of its logarithm.
    upper : bool
        Test for more; otherwise for fewer.

    Returns
    -------
    ExpectedTest
    """
    end = series.shape[0] - length - guard
    baseline, inside = series[:end], covered[:end]
    data = regression_data(baseline, inside, design[:end], block)
    fit = poisson_fit(data.design, data.counts, data.exposure)
    mean = fit.mean(design)
    dispersion = window_dispersion(baseline, inside, length, expected=mean[:end], parameters=design.shape[1])
    observed = series[-length:].sum(axis=0).astype(float)
    factor = np.broadcast_to(np.asarray(completeness, dtype=float), observed.shape)
    whole = mean[-length:].sum(axis=0)
    expected = whole * factor
    # Variance of the log expectation: the gradient is the mean design row of the recent window.
    gradient = design[-length:].T @ (mean[-length:] / np.maximum(whole, 1e-300))
    variance = np.einsum("ts,stu,us->s", gradient, fit.covariance(data.design), gradient)
    # No expectation is known better than the history's total is.
    variance = np.maximum(variance, 1 / (np.where(inside, baseline, 0).sum(axis=0) + 1.0))
    smooth = design.shape[1] if smooth is None else smooth
    level, usual = series, mean
    if smooth < design.shape[1]:
        beside = np.exp(np.clip(design[:, smooth:] @ fit.coefficients[smooth:], -_EFFECT, _EFFECT))
        level, usual = series / beside, mean / beside
    turns = turned(
        level,
        covered,
        usual,
        design[:, :smooth],
        length=length,
        guard=guard,
        step=step,
        factor=factor,
        upper=upper,
    )
    phi = np.maximum(dispersion.phi, turns.spread / (1 + whole * variance))
    dispersion = replace(dispersion, phi=phi)
    total = np.maximum(np.round(1 / (variance + np.asarray(exposure_variance) / phi)), 1.0)
    a = mixed_tail(observed, observed + total, expected, total, phi, dispersion.edf, upper=upper)
    pvalue = np.where(a > RAISE_ABOVE, np.maximum(a, turns.rank), a)
    small = np.flatnonzero(a <= RAISE_ABOVE)
    if upper and length >= DAYS_TO_SPARE and small.size:
        fewer = spared_pvalue(
            series[-length:, small],
            total[small],
            expected[small],
            total[small],
            phi[small],
            dispersion.edf[small],
        )
        pvalue[small] = np.maximum(pvalue[small], fewer)
    return ExpectedTest(observed, expected, total, dispersion, turns.rank, a, pvalue, fit.converged)
