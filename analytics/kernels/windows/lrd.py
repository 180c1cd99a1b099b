"""LRD, the conditional test of a recent window with dispersion estimated at the window's own length.

Null hypothesis: the mean of the recent window equals the mean of the baseline. Conditional on the total, the
recent share is beta-binomial; the dispersion comes from overlapping sums as long as the window, the tail is
averaged over its uncertainty (variant A), and raised to the rotation p-value where it is not far below the
level (variant B).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import elementwise

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion, window_dispersion, window_sums
from analytics.kernels.common.rotation import rotation_pvalue
from analytics.kernels.common.shrinkage import shrink_dispersion
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail

__all__ = [
    "LRDTest",
    "critical_count",
    "lrd_test",
    "minimum_detectable_ratio",
    "predictive_limits",
    "raised_pvalue",
    "ratio_limit",
    "spared_pvalue",
]


RAISE_ABOVE = 0.01  # variant B: below this the rotation p-value is too coarse to say anything
FEW = (
    5  # with fewer incidents in the baseline its dispersion says nothing: the rotation p-value always counts
)
DAYS_TO_SPARE = 7  # windows of at least so many periods are looked at without their largest
_GROWTH_MAX = 3.0  # beyond, a small count would be consistent with any ratio, however large
_QUICK = (8, 8)  # quadrature nodes where a third digit is enough: limits of the ratio


@dataclass(frozen=True, eq=False, slots=True)
class LRDTest:
    """Arrays of shape ``(series,)``: what the test used and what it found."""

    observed: FloatArray
    baseline_total: FloatArray
    recent_exposure: FloatArray
    baseline_exposure: FloatArray
    dispersion: Dispersion
    rotation: FloatArray
    pvalue_a: FloatArray
    pvalue: FloatArray

    @property
    def expected(self) -> FloatArray:
        """Incidents the recent window would hold at the baseline's rate."""
        return self.baseline_total / self.baseline_exposure * self.recent_exposure


def lrd_test(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    exposure_variance: float = 0.0,
    variant: str = "B",
    upper: bool = True,
    shrink: bool = False,
) -> LRDTest:
    """Test whether the recent window holds more incidents than the baseline's rate explains.

    Parameters
    ----------
    series : array, shape (baseline + guard + length, series)
        Counts without a break: the baseline, the guard, and the recent window.
    covered : bool array, same shape
        Which entries are data. Every recent period must be, and a whole window of each baseline.
    length, guard : int
        Periods in the recent window, and left out before it. The guard is no part of the baseline, but it is
        part of the series that the rotation turns.
    completeness : float or array, shape (series,)
        Expected share of the recent window's incidents that are already reported.
    variant : {"B", "A"}
        B raises A's p-value to the rotation p-value where A exceeds 0.01, or where the baseline has fewer
        than five incidents; and a p-value below 0.01 that rests on one day of at least seven is raised to
        what the other days give, but not above 0.01.
    exposure_variance : float
        Variance of the logarithm of `completeness`; it counts like a shorter baseline.
    upper : bool
        Test for more incidents; otherwise for fewer.
    shrink : bool
        Draw the dispersions of the series together
        (:func:`analytics.kernels.common.shrinkage.shrink_dispersion`).

    Returns
    -------
    LRDTest

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts = rng.poisson(0.5, (378, 2))
    >>> counts[-14:, 1] += 2
    >>> lrd_test(counts, np.ones_like(counts, bool), length=14).pvalue.round(3)
    array([0.902, 0.   ])
    """
    end = series.shape[0] - length - guard
    baseline, inside = series[:end], covered[:end]
    dispersion = window_dispersion(baseline, inside, length)
    if shrink:
        dispersion = shrink_dispersion(dispersion)
    observed = series[-length:].sum(axis=0).astype(float)
    base = np.where(inside, baseline, 0).sum(axis=0).astype(float)
    factor = np.broadcast_to(np.asarray(completeness, dtype=float), observed.shape)
    exposure, periods = length * factor, inside.sum(axis=0).astype(float)
    total, shorter = base, periods
    if exposure_variance > 0:
        # 1/base is the variance, per unit of dispersion, that the baseline brings; the exposure's adds to it,
        # as a shorter baseline at the same rate would.
        known = np.maximum(base, 0.5)
        total = np.maximum(np.round(1 / (1 / known + exposure_variance / dispersion.phi)), 1.0)
        shorter = periods * total / known
    a = mixed_tail(observed, observed + total, exposure, shorter, dispersion.phi, dispersion.edf, upper=upper)
    rotation = rotation_pvalue(series, covered, length, factor, upper=upper)
    raised = raised_pvalue(a, rotation, base)
    small = np.flatnonzero(a <= RAISE_ABOVE)
    if upper and length >= DAYS_TO_SPARE and small.size:
        raised[small] = np.maximum(
            raised[small],
            spared_pvalue(
                series[-length:, small],
                total[small],
                exposure[small],
                shorter[small],
                dispersion.phi[small],
                dispersion.edf[small],
            ),
        )
    return LRDTest(
        observed, base, exposure, periods, dispersion, rotation, a, raised if variant == "B" else a
    )


def raised_pvalue(a: FloatArray, rotation: FloatArray, base: FloatArray) -> FloatArray:
    """Raise A's p-value to the rotation p-value where A exceeds 0.01 or the baseline holds too few."""
    return np.asarray(np.where((a > RAISE_ABOVE) | (base < FEW), np.maximum(a, rotation), a))


def spared_pvalue(
    window: npt.NDArray[np.number],
    total: FloatArray,
    exposure: FloatArray,
    periods: FloatArray,
    phi: FloatArray,
    edf: FloatArray,
) -> FloatArray:
    """Return the p-value with the mean of the other days in place of the largest, at most 0.01.

    `window` has shape (length, series); the other arrays, of shape (series,), are the baseline's total, the
    exposures, and the dispersion with its degrees of freedom.
    """
    length = window.shape[0]
    others = window.sum(axis=0) - window.max(axis=0)
    spared = np.floor(others * length / (length - 1))
    without = mixed_tail(spared, spared + total, exposure, periods, phi, edf)
    return np.minimum(without, RAISE_ABOVE)


def _growth(log_ratio: FloatArray) -> FloatArray:
    """Return how much the dispersion's excess over 1 grows with the ratio."""
    return np.asarray(np.clip(np.exp(np.minimum(log_ratio, 5.0)), 1.0, _GROWTH_MAX))


def ratio_limit(test: LRDTest, level: float, *, upper: bool) -> FloatArray:
    """One-sided confidence limit of the rate ratio, by inverting variant A's test.

    A ratio above 1 is taken to multiply the random rate as a whole, so that its relative spread stays and the
    dispersion's excess over 1 grows with it, up to threefold.

    Parameters
    ----------
    test : LRDTest
    level : float
        One-sided error, such as 0.025 for either end of a 95 % interval.
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
    goal = special.ndtri(level)
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
        return np.asarray(special.ndtri(np.clip(tail, 1e-15, 1 - 1e-15)) - goal)

    limit = np.full(s.shape, np.nan)
    limit[(total > 0) & (base == 0)] = np.inf if upper else np.nan
    limit[(total > 0) & (s == 0)] = np.nan if upper else 0.0
    index = np.flatnonzero(np.isnan(limit) & (total > 0))
    if not index.size:
        return limit
    # The probit of the tail is close to linear in the log ratio, so few steps are needed.
    start = np.log((s + 0.5) / test.recent_exposure / ((base + 0.5) / test.baseline_exposure))[index]
    width = np.sqrt(phi * (1 / (s + 0.5) + 1 / (base + 0.5)))[index]
    far = start + (-goal + 0.5) * width * (1 if upper else -1)
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


def minimum_detectable_ratio(
    test: LRDTest,
    *,
    alpha: float,
    windows: tuple[npt.NDArray[np.number], BoolArray, int] | None = None,
    power: float = 0.8,
    upper: bool = True,
) -> FloatArray:
    """Smallest rate ratio the test would call with the stated power, from the baseline alone.

    The count that would be called is the smallest whose variant-B p-value is at most `alpha`; the recent
    count is taken as negative binomial, its rate as a whole multiplied, so that the dispersion's excess over
    1 grows with the ratio, up to threefold. Never uses the observed count (Hoenig and Heisey 2001). NaN for
    an empty baseline, which has no rate to multiply. For decreases (``upper=False``) the largest ratio below
    1, by variant A; NaN where even nothing would not be called.

    Parameters
    ----------
    test : LRDTest
    alpha, power : float
    windows : tuple, optional
        The baseline's counts, their coverage and the window's length, for the rotation's part in variant B.
    upper : bool

    Returns
    -------
    float array, shape (series,)
    """
    recent, periods = test.recent_exposure, test.baseline_exposure
    dispersion = test.dispersion
    if not upper:
        return _detectable_decrease(test, alpha, power)
    called = critical_count(test.baseline_total, recent, periods, dispersion, alpha)
    if windows is not None:
        baseline, covered, length = windows
        sums = window_sums(np.where(covered, baseline, 0), length) * (recent / length)
        whole = window_sums(covered, length) == length
        ranked = np.sort(np.where(whole, sums, -1.0), axis=0)[::-1]
        allowed = np.floor(alpha * (whole.sum(axis=0) + length)).astype(int) - 1
        at = np.clip(allowed, 0, ranked.shape[0] - 1)
        beyond = np.floor(np.take_along_axis(ranked, at[None, :], axis=0)[0]) + 1.0
        # Variant B calls a count where A is at most 0.01, or where both A and the rotation are at most alpha.
        firm = critical_count(test.baseline_total, recent, periods, dispersion, min(RAISE_ABOVE, alpha))
        called = np.minimum(np.maximum(called, beyond), firm)

    mean = test.expected
    phi = np.maximum(dispersion.phi, 1 + 1e-6)

    def lacking(log_ratio: FloatArray, count: FloatArray, mu: FloatArray, excess: FloatArray) -> FloatArray:
        grown = _growth(log_ratio) * excess
        size = np.exp(log_ratio) * mu / grown
        return np.asarray(special.betainc(count, size, grown / (1 + grown)) - power)

    index = np.flatnonzero(test.baseline_total > 0)
    ratio = np.full(mean.shape, np.nan)
    if index.size:
        args = (np.maximum(called, 1.0)[index], mean[index], (phi - 1)[index])
        start = np.zeros(index.size)
        bracket = elementwise.bracket_root(lacking, start, start + 1.0, args=args)
        ratio[index] = np.exp(elementwise.find_root(lacking, bracket.bracket, args=args).x)
    return np.asarray(np.maximum(ratio, 1.0))


def _detectable_decrease(test: LRDTest, alpha: float, power: float) -> FloatArray:
    called = critical_count(
        test.baseline_total, test.recent_exposure, test.baseline_exposure, test.dispersion, alpha, upper=False
    )
    excess = np.maximum(test.dispersion.phi - 1, 1e-6)
    ratio = np.full(called.shape, np.nan)
    index = np.flatnonzero((called >= 0) & (test.baseline_total > 0))

    def lacking(log_ratio: FloatArray, count: FloatArray, mu: FloatArray, e: FloatArray) -> FloatArray:
        return np.asarray(power - special.betaincc(count + 1, np.exp(log_ratio) * mu / e, e / (1 + e)))

    if index.size:
        args = (called[index], test.expected[index], excess[index])
        start = np.full(index.size, -1.0)
        bracket = elementwise.bracket_root(lacking, start, start + 1.0, args=args)
        ratio[index] = np.exp(elementwise.find_root(lacking, bracket.bracket, args=args).x)
    return ratio
