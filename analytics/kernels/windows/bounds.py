"""What a tested window amounts to: limits of the ratio, and what would be called and seen beside them.

Limits invert variant A of :func:`analytics.kernels.windows.lrd.lrd_test`. What would be called and seen comes
from the baseline alone, never from the observed count (Hoenig and Heisey 2001).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion, excess_growth, window_sums
from analytics.kernels.common.roots import roots
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.windows.asked import Asked
from analytics.kernels.windows.critical import QUICK, critical_count
from analytics.kernels.windows.hypothetical import CalledAt
from analytics.kernels.windows.lrd import WEIGHT, LRDTest, firm_below
from analytics.kernels.windows.rotation import across_join
from analytics.kernels.windows.seen import WindowRates, detectable, detectable_alone, detectable_ratio
from analytics.kernels.windows.starts import starts

__all__ = [
    "Bounds",
    "Windows",
    "bounds",
    "break_even",
    "called_bounds",
    "called_count",
    "predictive_limits",
    "ratio_limit",
]

Windows = tuple[
    npt.NDArray[np.number], BoolArray, int
]  # a baseline's counts, their coverage, the window's length

LIMIT = 0.05  # one-sided error of the limit
_SHARES = np.arange(0.05, 0.96, 0.05)
_EDGE = 1e-9
_TOGETHER = 256


def ratio_limit(test: LRDTest, level: float | FloatArray, *, upper: bool) -> FloatArray:
    """One-sided confidence limit of the rate ratio, by inverting variant A's test.

    A ratio above 1 is taken to multiply the random rate as a whole, so that its relative spread stays and the
    dispersion's excess over 1 grows with it, up to threefold.

    Parameters
    ----------
    test : LRDTest
    level : float or array, shape (series,)
        One-sided error, such as 0.05 for either end of a 90 % interval.
    upper : bool
        The upper limit; otherwise the lower.

    Returns
    -------
    float array, shape (series,)
        0 for a lower limit with nothing observed; infinite for an upper limit with an empty baseline; NaN
        where there is no incident at all.
    """
    s, base = test.observed, test.baseline_total
    total = s + base
    goal = np.broadcast_to(special.ndtri(level), s.shape)
    phi, edf = test.dispersion.phi, test.dispersion.edf
    drawn = dispersion_nodes(phi, edf, QUICK[0])

    def score(log_ratio: FloatArray, index: IndexArray) -> FloatArray:
        tail = mixed_tail(
            s[index],
            total[index],
            np.exp(log_ratio) * test.recent_exposure[index],
            test.baseline_exposure[index],
            phi[index],
            edf[index],
            upper=not upper,
            nodes=QUICK[0],
            spread_nodes=QUICK[1],
            drawn=1 + (drawn[index] - 1) * excess_growth(log_ratio)[:, None],
        )
        return np.asarray(special.ndtri(np.clip(tail, 1e-15, 1 - 1e-15)) - goal[index])

    limit = np.full(s.shape, np.nan)
    limit[(total > 0) & (base == 0)] = np.inf if upper else np.nan
    limit[(total > 0) & (s == 0)] = np.nan if upper else 0.0
    index = np.flatnonzero(np.isnan(limit) & (total > 0))
    if not index.size:
        return limit
    # The probit of the tail is close to linear in the log ratio, so few steps are needed.
    start = np.log((s + 0.5) / test.recent_exposure / ((base + 0.5) / test.baseline_exposure))[index]
    width = np.sqrt(phi * (1 / (s + 0.5) + 1 / (base + 0.5)))[index]
    far = start + (-goal[index] + 0.5) * width * (1 if upper else -1)
    root = roots(
        lambda at, which: score(at, index[which]),
        np.minimum(start, far),
        np.maximum(start, far),
        xatol=1e-4,
        xrtol=0.0,
        fatol=1e-4,
    )
    limit[index] = np.exp(root)
    return limit


def predictive_limits(
    base: FloatArray, recent: FloatArray, periods: FloatArray, dispersion: Dispersion, level: float = 0.05
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and largest recent count the two-sided test does not reject: the expected band."""
    low = critical_count(base, recent, periods, dispersion, level / 2, upper=False) + 1.0
    high = critical_count(base, recent, periods, dispersion, level / 2, upper=True) - 1.0
    return low, np.maximum(high, low)


def called_count(
    test: LRDTest, *, alpha: float, windows: Windows | None = None, upper: bool = True
) -> FloatArray:
    """Smallest count of the recent window that the test would call, from the baseline alone.

    That is the smallest whose variant-B p-value is at most `alpha`; by variant A alone where `windows` is not
    given. For decreases (``upper=False``) the largest count, by variant A; -1 where even an empty window
    would not be called.

    Parameters
    ----------
    test : LRDTest
    alpha : float
    windows : tuple, optional
        The baseline's counts, their coverage and the window's length, for the rotation's part in variant B.
    upper : bool

    Returns
    -------
    float array, shape (series,)
    """
    base, periods = test.baseline_total, test.baseline_exposure
    recent = test.recent_exposure * test.carried
    called = critical_count(base, recent, periods, test.dispersion, alpha, upper=upper)
    if windows is None or not upper:
        return called
    baseline, covered, length = windows
    sums = window_sums(np.where(covered, baseline, 0), length) * (recent / length)
    whole = window_sums(covered, length) == length
    ranked = np.sort(np.where(whole, sums, -1.0), axis=0)[::-1]
    positions = whole.sum(axis=0) + length
    share = across_join(positions, length)
    allowed = np.floor(alpha / share * positions).astype(int) - 1
    at = np.clip(allowed, 0, ranked.shape[0] - 1)
    beyond = np.floor(np.take_along_axis(ranked, at[None, :], axis=0)[0]) + 1.0
    # Below what a rotation can show, variant B wants a rise so large that no unseen level is as likely.
    windows_, least = test.dispersion.windows, 1 / (whole.sum(axis=0) + 1)
    mean = np.where(alpha < least, (alpha / least ** (1 - WEIGHT)) ** (1 / WEIGHT), alpha)
    needed = np.minimum(mean, firm_below(windows_, periods))
    firm = critical_count(base, recent, periods, test.dispersion, np.where(needed > 0, needed, alpha))
    chance = np.minimum(alpha / least * 2 * (windows_ + 1) / np.maximum(periods, 1), 1.0)
    ratio = np.tan(np.pi / 2 * (1 - chance)) ** 2
    far = np.ceil(ratio * np.maximum(base, 0.5) / np.maximum(periods, 1) * recent)
    firm = np.where(needed > 0, np.maximum(firm, np.where(alpha < least, far, 0.0)), np.inf)
    called = np.where(allowed >= 0, called, firm)
    return np.asarray(np.maximum(called, beyond))


@dataclass(frozen=True, eq=False, slots=True)
class Bounds:
    """What a test of the recent window amounts to; every array has shape (series,).

    Attributes
    ----------
    expected, ratio : float arrays
        Incidents the window would hold under the null hypothesis, and how many times as many it holds.
    low, high : float arrays
        Two-sided interval of the ratio.
    limit : float array
        Its one-sided 95 % limit on the side that matters.
    starts_at : float array
        Smallest count that would be called (decreases: the largest; NaN where there is none).
    detectable : float array
        Ratio that would be called in four of five cases. Both come from the baseline alone.
    starts_at_3 : float array
        As `starts_at`, on three days.
    detectable_alone : float array
        As `detectable`, were the region tested alone; NaN where it was not asked for.
    break_even : float array
        Share of the reports that must be in for `limit` to lie below the margin; NaN where it never does.
    dispersion : float array
    model_based : bool array
        Whether the p-value is smaller than the baseline's disjoint windows alone could show.
    """

    expected: FloatArray
    ratio: FloatArray
    low: FloatArray
    high: FloatArray
    limit: FloatArray
    starts_at: FloatArray
    detectable: FloatArray
    starts_at_3: FloatArray
    detectable_alone: FloatArray
    break_even: FloatArray
    dispersion: FloatArray
    model_based: BoolArray


def bounds(
    test: LRDTest, *, alpha: float, confidence: float, windows: Windows | None = None, upper: bool = True
) -> Bounds:
    """Return limits, the count and the ratio that would be called, and the model-based mark of a test.

    Parameters
    ----------
    test : LRDTest
    alpha, confidence : float
        Level of the call, and coverage of the interval.
    windows, upper
        As in :func:`called_count`.

    Returns
    -------
    Bounds

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts = rng.poisson(0.5, (378, 1))
    >>> covered = np.ones_like(counts, bool)
    >>> from analytics.kernels.windows.lrd import lrd_test
    >>> test = lrd_test(counts, covered, length=14)
    >>> found = bounds(test, alpha=0.05, confidence=0.95, windows=(counts[:364], covered[:364], 14))
    >>> float(found.expected[0].round(1)), float(found.starts_at[0]), float(found.detectable[0].round(1))
    (8.0, 15.0, 2.3)
    """
    called = called_count(test, alpha=alpha, windows=windows, upper=upper)
    none = np.full(test.observed.shape, np.nan)
    with np.errstate(divide="ignore"):
        ratio = test.observed / test.expected
    return Bounds(
        expected=test.expected,
        ratio=ratio,
        low=ratio_limit(test, (1 - confidence) / 2, upper=False),
        high=ratio_limit(test, (1 - confidence) / 2, upper=True),
        limit=ratio_limit(test, LIMIT, upper=upper),
        starts_at=np.where(called < 0, np.nan, called),
        detectable=detectable_ratio(test, called, upper=upper),
        starts_at_3=none,
        detectable_alone=none,
        break_even=none,
        dispersion=test.dispersion.phi,
        model_based=test.pvalue < 1 / np.maximum(test.dispersion.windows, 1),
    )


def called_bounds(
    test: LRDTest,
    at: CalledAt,
    pvalue: FloatArray,
    called: BoolArray,
    level: FloatArray,
    length: int,
    asked: Asked,
    least: FloatArray,
) -> Bounds:
    """Return what tested windows amount to; all arrays have shape (series,).

    Parameters
    ----------
    test : LRDTest
        What limits are computed from.
    at : CalledAt
        Whether hypothetical windows would be called.
    pvalue : float array
        The p-value found.
    called : bool array
        Whether the region is called.
    level : float array
        What the p-value that the adjustment starts from must reach to be called, given the other regions.
    length : int
        Covered periods of the window.
    asked : Asked
    least : float array, shape (2, series)
        Counts without which nothing is called, spread evenly and on three days.

    Returns
    -------
    Bounds
        The interval has the stated coverage; where the region is called among several, it is adjusted for the
        selection (Benjamini and Yekutieli 2005). It lies on one side of 1 where the region is called, or
        would be alone.
    """
    upper, error = asked.upper, (1 - asked.confidence) / 2
    errors = np.where(called, error * level / asked.alpha, error)
    limit = ratio_limit(test, LIMIT, upper=upper)
    side, other = limit.copy(), ratio_limit(test, errors, upper=not upper)
    apart = np.flatnonzero(np.abs(errors - LIMIT) > _EDGE)  # elsewhere it is one end of the interval
    if apart.size:
        side[apart] = ratio_limit(test.take(apart), errors[apart], upper=upper)
    low, high = (other, side) if upper else (side, other)
    agrees = called | (pvalue <= error)
    if upper:
        low = np.where(agrees, np.fmax(low, 1 + _EDGE), np.minimum(low, 1.0))
    else:
        high = np.where(agrees, np.fmin(high, 1 - _EDGE), np.maximum(high, 1.0))
    first, three = starts(test, at, level, length, upper=upper, least=least)
    if upper:
        rates = WindowRates.of(test, length)
        seen = detectable(test, rates, first, three, length)
        alone = detectable_alone(test, rates, at, seen, length, alpha=asked.alpha, sought=asked.sought)
    else:
        seen = alone = detectable_ratio(test, np.where(np.isfinite(first), first, -1.0), upper=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = test.observed / test.expected
    return Bounds(
        expected=test.expected,
        ratio=ratio,
        low=low,
        high=high,
        limit=limit,
        starts_at=first,
        starts_at_3=three,
        detectable=seen,
        detectable_alone=alone,
        break_even=break_even(test, limit, asked.margin) if upper else np.full(limit.shape, np.nan),
        dispersion=test.dispersion.phi,
        model_based=test.pvalue < 1 / np.maximum(test.dispersion.windows, 1),
    )


def break_even(test: LRDTest, limit: FloatArray, margin: float) -> FloatArray:
    """Return the share of reports that must be in for the upper limit to lie below the margin.

    At share c the exposure is c times as long and the dispersion thinned, 1 + c (phi - 1); baseline and guard
    are taken as complete. Rounded up to 5 %; NaN where the limit is not below the margin with all reports in.
    """
    share = np.full(limit.shape, np.nan)
    index = np.flatnonzero(limit < margin)
    share[index] = 1.0
    first = 0
    while index.size and first < _SHARES.size:
        # Of few regions several shares are looked at together: a look costs more than its numbers.
        tried = _SHARES[::-1][first : first + max(1, _TOGETHER // index.size)]
        every, c = np.tile(index, tried.size), np.repeat(tried, index.size)
        part = test.take(every)
        thinned = replace(part.dispersion, phi=1 + c * (part.dispersion.phi - 1))
        part = replace(part, recent_exposure=c * part.recent_exposure, dispersion=thinned)
        below = (ratio_limit(part, LIMIT, upper=True) < margin).reshape(tried.size, index.size)
        for at, still in zip(tried, np.logical_and.accumulate(below), strict=True):
            share[index[still]] = at
        index, first = index[below.all(axis=0)], first + tried.size
    return np.round(share, 2)
