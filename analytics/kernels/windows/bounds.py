"""Limits of the ratio, the count that would be called, and the ratio that would be seen.

Limits invert variant A of :func:`analytics.kernels.windows.lrd.lrd_test`. What would be called and seen comes
from the baseline alone, never from the observed count (Hoenig and Heisey 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import elementwise

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion, window_sums
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.windows.lrd import RAISE_ABOVE, LRDTest

__all__ = [
    "Bounds",
    "Windows",
    "bounds",
    "called_count",
    "critical_count",
    "detectable_ratio",
    "predictive_limits",
    "ratio_limit",
]

Windows = tuple[
    npt.NDArray[np.number], BoolArray, int
]  # a baseline's counts, their coverage, the window's length

POWER = 0.8
_GROWTH_MAX = 3.0  # beyond, a small count would be consistent with any ratio, however large
_QUICK = (8, 8)  # quadrature nodes where a third digit is enough: limits of the ratio


def _growth(log_ratio: FloatArray) -> FloatArray:
    """Return how much the dispersion's excess over 1 grows with the ratio."""
    return np.asarray(np.clip(np.exp(np.minimum(log_ratio, 5.0)), 1.0, _GROWTH_MAX))


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
    drawn = dispersion_nodes(phi, edf, _QUICK[0])

    def score(log_ratio: FloatArray, index: IndexArray) -> FloatArray:
        tail = mixed_tail(
            s[index],
            total[index],
            np.exp(log_ratio) * test.recent_exposure[index],
            test.baseline_exposure[index],
            phi[index],
            edf[index],
            upper=not upper,
            nodes=_QUICK[0],
            spread_nodes=_QUICK[1],
            drawn=1 + (drawn[index] - 1) * _growth(log_ratio)[:, None],
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
    bracket = elementwise.bracket_root(score, np.minimum(start, far), np.maximum(start, far), args=(index,))
    root = elementwise.find_root(
        score, bracket.bracket, args=(index,), tolerances={"xatol": 1e-4, "xrtol": 0.0, "fatol": 1e-4}
    )
    limit[index] = np.where(bracket.success & root.success, np.exp(root.x), np.nan)
    return limit


def critical_count(
    base: FloatArray,
    recent: FloatArray,
    periods: FloatArray,
    dispersion: Dispersion,
    level: float | FloatArray,
    *,
    upper: bool = True,
) -> FloatArray:
    """Smallest recent count whose upper tail is at most `level` (or largest whose lower tail is; -1 if none).

    All arrays have shape ``(series,)``; `recent` and `periods` are exposures. Depends on the baseline alone.
    """
    levels = np.broadcast_to(np.asarray(level, dtype=float), base.shape)
    drawn = dispersion_nodes(dispersion.phi, dispersion.edf, _QUICK[0])
    mean = base / periods * recent

    def rejects(count: FloatArray, index: IndexArray) -> BoolArray:
        tail = mixed_tail(
            count,
            count + base[index],
            recent[index],
            periods[index],
            dispersion.phi[index],
            dispersion.edf[index],
            upper=upper,
            nodes=_QUICK[0],
            spread_nodes=_QUICK[1],
            drawn=drawn[index],
        )
        return np.asarray(tail <= levels[index])

    # From a guess (Student's quantile, corrected for skewness) step outwards until the answer lies in
    # (inner, outer], where `outer` is rejected and `inner` is not; then halve. -1 stands for "never".
    sign = 1.0 if upper else -1.0
    spread = np.sqrt(dispersion.phi * np.maximum(mean, 0.1) * (1 + recent / periods))
    t = special.stdtrit(dispersion.edf, 1 - levels)
    skew = (2 * dispersion.phi - 1) / np.sqrt(dispersion.phi * np.maximum(mean, 0.1))
    guess = mean + sign * t * spread + (t**2 - 1) / 6 * skew * spread
    start = np.maximum(np.ceil(guess) if upper else np.floor(guess), 0.0)
    every = np.arange(mean.size)
    hit = rejects(start, every)
    outer, inner = np.where(hit, start, np.nan), np.where(hit, np.nan, start)
    step = 1.0
    while True:
        lost = np.flatnonzero(np.isnan(outer) | np.isnan(inner))
        if not lost.size:
            break
        outwards = np.isnan(outer[lost])
        at = np.where(outwards, inner[lost] + sign * step, outer[lost] - sign * step)
        stop = at < 0  # below zero nothing can be observed: rejected from below, not rejected from above
        hit = np.where(stop, not upper, rejects(np.maximum(at, 0.0), lost))
        at = np.maximum(at, -1.0)
        outer[lost] = np.where(hit, at, outer[lost])
        inner[lost] = np.where(hit, inner[lost], at)
        step *= 2
    while True:
        open_ = np.flatnonzero(np.abs(outer - inner) > 1)
        if not open_.size:
            return np.asarray(outer)
        middle = np.floor((outer[open_] + inner[open_]) / 2)
        hit = rejects(middle, open_)
        outer[open_] = np.where(hit, middle, outer[open_])
        inner[open_] = np.where(hit, inner[open_], middle)


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
    base, recent, periods = test.baseline_total, test.recent_exposure, test.baseline_exposure
    called = critical_count(base, recent, periods, test.dispersion, alpha, upper=upper)
    if windows is None or not upper:
        return called
    baseline, covered, length = windows
    sums = window_sums(np.where(covered, baseline, 0), length) * (recent / length)
    whole = window_sums(covered, length) == length
    ranked = np.sort(np.where(whole, sums, -1.0), axis=0)[::-1]
    allowed = np.floor(alpha * (whole.sum(axis=0) + length)).astype(int) - 1
    at = np.clip(allowed, 0, ranked.shape[0] - 1)
    beyond = np.floor(np.take_along_axis(ranked, at[None, :], axis=0)[0]) + 1.0
    # Variant B calls a count where A is at most 0.01, or where both A and the rotation are at most alpha.
    firm = critical_count(base, recent, periods, test.dispersion, min(RAISE_ABOVE, alpha))
    return np.asarray(np.minimum(np.maximum(called, beyond), firm))


def detectable_ratio(
    test: LRDTest, called: FloatArray, *, power: float = POWER, upper: bool = True
) -> FloatArray:
    """Smallest rate ratio whose count would be called with the stated power (decreases: the largest below 1).

    The recent count is taken as negative binomial, its rate as a whole multiplied, so that the dispersion's
    excess over 1 grows with the ratio, up to threefold. NaN for an empty baseline, which has no rate to
    multiply, and where not even an empty window would be called a decrease.

    Parameters
    ----------
    test : LRDTest
    called : float array, shape (series,)
        Of :func:`called_count`.
    power : float
    upper : bool

    Returns
    -------
    float array, shape (series,)
    """
    mean, excess = test.expected, np.maximum(test.dispersion.phi, 1 + 1e-6) - 1

    def lacking(log_ratio: FloatArray, count: FloatArray, mu: FloatArray, e: FloatArray) -> FloatArray:
        if not upper:
            return np.asarray(power - special.betaincc(count + 1, np.exp(log_ratio) * mu / e, e / (1 + e)))
        grown = _growth(log_ratio) * e
        return np.asarray(special.betainc(count, np.exp(log_ratio) * mu / grown, grown / (1 + grown)) - power)

    index = np.flatnonzero((test.baseline_total > 0) & (upper | (called >= 0)))
    ratio = np.full(mean.shape, np.nan)
    if index.size:
        args = (np.maximum(called, 1.0)[index] if upper else called[index], mean[index], excess[index])
        start = np.full(index.size, 0.0 if upper else -1.0)
        bracket = elementwise.bracket_root(lacking, start, start + 1.0, args=args)
        ratio[index] = np.exp(elementwise.find_root(lacking, bracket.bracket, args=args).x)
    return np.asarray(np.maximum(ratio, 1.0)) if upper else ratio


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
    (8.0, 14.0, 2.2)
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
        limit=ratio_limit(test, 0.05, upper=upper),
        starts_at=np.where(called < 0, np.nan, called),
        detectable=detectable_ratio(test, called, upper=upper),
        starts_at_3=none,
        detectable_alone=none,
        break_even=none,
        dispersion=test.dispersion.phi,
        model_based=test.pvalue < 1 / np.maximum(test.dispersion.windows, 1),
    )
