"""LRD, the conditional test of a recent window with dispersion estimated at the window's own length.

Null hypothesis: the mean of the recent window equals the mean of the baseline. Conditional on the total, the
recent share is beta-binomial; the dispersion comes from overlapping sums as long as the window, the tail is
averaged over its uncertainty (variant A), and raised to the rotation p-value, a share of the windows that do
not lie across the rotation's join (variant B). Where incidents draw further ones, both are given the days
before the window (:mod:`analytics.kernels.windows.rotation`).

A rotation cannot show a p-value below one over its periods, and a model of one year cannot vouch for one.
Where A is as small, and the window fuller than nearly all of the baseline's, B is the window's rank among
them. It is smaller only for rises so large that a level the baseline has not seen is less likely than that:
such a level comes with the chance of what never happened in so many windows [1]_, and lies so far from the
usual one with that of a ratio of two scales (:func:`unseen_share`); nor is it less than the geometric mean of
A's p-value, with a tenth of the weight, and that rank [2]_, which by week is the larger. (By A alone, levels
that shift once in a year would be called at any level, however small; in the rotation a rise that began in
the guard would hide itself.)

A family of several regions needs smaller p-values than a rotation can show: it starts from the *firm*
p-value, which is A's where that is smaller than a rotation can show, and its false discoveries are measured.
With twenty disjoint windows of baseline or fewer the dispersion is too badly known for either: the rotation
then stands. Where the spread grows through the baseline the dispersion is that of its end
(:mod:`analytics.kernels.windows.spread`).

References
----------
.. [1] Jeffreys, H. (1961). Theory of Probability, 3rd ed., section 3.23. Oxford University Press.
.. [2] Vovk, V., Wang, R. (2020). Combining p-values via averaging. Biometrika 107, 791-808.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion, shrink_dispersion, window_dispersion
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.windows.rotation import across_join, rotated
from analytics.kernels.windows.spread import grown_dispersion, spread_growth

__all__ = [
    "MIN_WINDOWS",
    "REASONS",
    "STEADY_WINDOWS",
    "LRDTest",
    "by_pattern",
    "effective_baseline",
    "firm_below",
    "lrd_test",
    "raised_pvalue",
    "shortened_baseline",
    "spared_pvalue",
    "turned_pvalue",
    "unseen_share",
    "untestable",
]


MIN_WINDOWS = 5  # disjoint windows a baseline must hold
STEADY_WINDOWS = 8  # ... where no rotation stands beside its dispersion
REASONS = (
    "",
    "more than half of the recent window has no coverage",
    f"the baseline has coverage for fewer than {MIN_WINDOWS} windows",
    "there is no incident in the baseline or the recent window",
)
RAISE_ABOVE = 0.01  # below this the rotation p-value may be too coarse to say anything
SHOWN, WEIGHT = 0.02, 0.1  # ranks up to which A counts beside them, and at most with what weight
FEW = 5  # with fewer incidents in the baseline its dispersion says nothing: the rotation always counts
ALWAYS_TURNED, FIRM_FROM = 20, 26  # windows in the baseline: up to so many it always counts, from so many not
DAYS_TO_SPARE = 7  # windows of at least so many periods are looked at without their largest


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
    firm: FloatArray
    carried: FloatArray

    @property
    def expected(self) -> FloatArray:
        """Incidents the recent window would hold at the baseline's rate."""
        return self.baseline_total / self.baseline_exposure * self.recent_exposure

    def take(self, index: IndexArray) -> LRDTest:
        """Return the test of some of the series."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)} | {"dispersion": None}
        some = {name: array[index] for name, array in arrays.items() if array is not None}
        return LRDTest(dispersion=self.dispersion.take(index), **some)


def lrd_test(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    completeness: FloatArray | float = 1.0,
    exposure_variance: FloatArray | float = 0.0,
    variant: str = "B",
    upper: bool = True,
    shrink: bool = False,
    steady: bool = False,
    carry: bool = True,
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
        B raises A's p-value to the rotation p-value (:func:`turned_pvalue`; the firm one, for families,
        :func:`raised_pvalue`), and a p-value below 0.01 that rests on one day of at least seven to what the
        other days give, but not above 0.01.
    exposure_variance : float or array, shape (series,)
        Variance of the logarithm of `completeness`; it counts like a shorter baseline.
    upper : bool
        Test for more incidents; otherwise for fewer.
    shrink : bool
        Draw the dispersions of the series together
        (:func:`analytics.kernels.common.dispersion.shrink_dispersion`).
    steady : bool
        Take the spread as steady, whatever the halves of the baseline say.
    carry : bool
        Be given the days before the window, where more is asked about
        (:mod:`analytics.kernels.windows.rotation`).

    Returns
    -------
    LRDTest

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts = rng.poisson(0.5, (378, 2))
    >>> counts[-14:, 1] += 2
    >>> lrd_test(counts, np.ones_like(counts, bool), length=14).pvalue.round(3)
    array([0.934, 0.003])
    """
    end = series.shape[0] - length - guard
    baseline, inside = series[:end], covered[:end]
    dispersion = window_dispersion(baseline, inside, length)
    if shrink:
        dispersion = shrink_dispersion(dispersion)
    if not steady:
        dispersion = grown_dispersion(dispersion, spread_growth(baseline, inside))
    observed = series[-length:].sum(axis=0).astype(float)
    base = np.where(inside, baseline, 0).sum(axis=0).astype(float)
    factor = np.broadcast_to(np.asarray(completeness, dtype=float), observed.shape)
    exposure, periods = length * factor, inside.sum(axis=0).astype(float)
    total, shorter = shortened_baseline(base, periods, dispersion.phi, exposure_variance)
    turned = rotated(series, covered, length, factor, upper=upper, guard=guard, carry=carry and upper)
    asked = exposure * turned.carried
    a = mixed_tail(observed, observed + total, asked, shorter, dispersion.phi, dispersion.edf, upper=upper)
    whole = turned.share * across_join(len(series), length)
    unseen = unseen_share(observed, base, asked, periods, dispersion.windows, upper=upper)
    found = turned_pvalue(a, whole, turned.rank, base, dispersion.windows, periods, unseen)
    firm = raised_pvalue(a, whole, base, dispersion.windows, periods)
    small = np.flatnonzero(a <= RAISE_ABOVE)
    if upper and length >= DAYS_TO_SPARE and small.size:
        spared = spared_pvalue(
            series[-length:, small],
            total[small],
            asked[small],
            shorter[small],
            dispersion.phi[small],
            dispersion.edf[small],
        )
        found[small], firm[small] = np.maximum(found[small], spared), np.maximum(firm[small], spared)
    if variant == "A":
        found = firm = a
    if length < DAYS_TO_SPARE:  # nothing tells waves from rises: weekly panels had 8 to 15 % false
        firm = found
    return LRDTest(
        observed, base, exposure, periods, dispersion, turned.share, a, found, firm, turned.carried
    )


def effective_baseline(
    test: LRDTest, exposure_variance: FloatArray | float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return a baseline's count and periods as they enter the tail: fewer where completeness is unsure."""
    return shortened_baseline(
        test.baseline_total, test.baseline_exposure, test.dispersion.phi, exposure_variance
    )


def shortened_baseline(
    base: FloatArray, periods: FloatArray, phi: FloatArray, exposure_variance: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Return a baseline's count and periods, fewer where the window's completeness is unsure."""
    unsure = np.broadcast_to(np.asarray(exposure_variance, dtype=float), base.shape)
    if not (unsure > 0).any():
        return base, periods
    # 1/base is the variance, per unit of dispersion, that the baseline brings; the exposure's adds to it,
    # as a shorter baseline at the same rate would.
    known = np.maximum(base, 0.5)
    total = np.maximum(np.round(1 / (1 / known + unsure / phi)), 1.0)
    return np.where(unsure > 0, total, base), np.where(unsure > 0, periods * total / known, periods)


def firm_below(windows: npt.NDArray[np.number], periods: npt.NDArray[np.number]) -> FloatArray:
    """Return how small variant A's p-value must be to count beside what the rotation says.

    That is one over the covered periods of the baseline, which is about what a rotation can show, and at most
    0.01; with fewer than 26 disjoint windows less, and nothing with 20 or fewer.

    Examples
    --------
    >>> firm_below(np.array([78, 26, 23, 12]), np.array([1095, 364, 322, 168])).round(5)
    array([0.00091, 0.00275, 0.00155, 0.     ])
    """
    known = np.clip((windows - ALWAYS_TURNED) / (FIRM_FROM - ALWAYS_TURNED), 0.0, 1.0)
    return np.asarray(known * np.minimum(1 / np.maximum(periods, 1), RAISE_ABOVE))


def unseen_share(
    observed: FloatArray,
    base: FloatArray,
    exposure: FloatArray,
    periods: FloatArray,
    windows: npt.NDArray[np.number],
    *,
    upper: bool = True,
) -> FloatArray:
    """Return the chance of a level that the baseline has not seen, over what a rotation can show; at most 1.

    Levels may change of which a baseline of so many `windows` holds none: as often as once in twice as many.
    How far the new one lies from the usual is as unknown as the ratio of two scales each known from
    one draw, F with 1 and 1 degrees of freedom.

    Examples
    --------
    >>> year = np.full(3, 50.0), np.full(3, 14.0), np.full(3, 364.0), np.full(3, 26)
    >>> unseen_share(np.array([10.0, 100.0, 1000.0]), *year).round(2)
    array([1.  , 0.59, 0.19])
    """
    usual = np.maximum(base, 0.5) / np.maximum(periods, 1) * exposure
    ratio = observed / usual if upper else usual / np.maximum(observed, 0.5)
    beyond = 1 - 2 / np.pi * np.arctan(np.sqrt(ratio))
    return np.asarray(np.minimum(periods * beyond / (2 * (windows + 1)), 1.0))


def turned_pvalue(
    a: FloatArray,
    rotation: FloatArray,
    rank: FloatArray,
    base: FloatArray,
    windows: npt.NDArray[np.number],
    periods: npt.NDArray[np.number],
    unseen: FloatArray,
) -> FloatArray:
    """Raise A's p-value to the rotation p-value, or to the rank where the rotation can show no more.

    Where the window's rank among the baseline's is at most 0.02 and A's p-value smaller than a rotation can
    show (:func:`firm_below`), with five incidents or more in the baseline, the answer is the rank times
    :func:`unseen_share`, or the geometric mean of A's, with weight 0.1, and the rank, whichever is larger.
    The other arguments are those of :func:`raised_pvalue`.

    Examples
    --------
    >>> a, rank, year = np.array([1e-6, 1e-6]), np.array([1 / 393, 0.03]), np.full(2, 364.0)
    >>> turned_pvalue(a, rank, rank, np.full(2, 50.0), np.full(2, 26), year, np.ones(2)).round(5)
    array([0.00254, 0.03   ])
    """
    turned = np.maximum(a, np.minimum(rotation, 1.0))
    firm = (a <= firm_below(windows, periods)) & (base >= FEW) & (rank <= SHOWN)
    mean = a**WEIGHT * np.maximum(a, rank) ** (1 - WEIGHT)
    return np.asarray(np.where(firm, np.maximum(mean, rank * unseen), turned))


def raised_pvalue(
    a: FloatArray,
    rotation: FloatArray,
    base: FloatArray,
    windows: npt.NDArray[np.number],
    periods: npt.NDArray[np.number],
) -> FloatArray:
    """Raise A's p-value to the rotation p-value unless it is firm and the baseline holds enough.

    What a family of several regions starts from.

    `base` are the incidents of the baseline, `windows` and `periods` its disjoint windows and covered
    periods.
    """
    turned = (a > firm_below(windows, periods)) | (base < FEW)
    return np.asarray(np.where(turned, np.maximum(a, np.minimum(rotation, 1.0)), a))


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


def untestable(
    recent: npt.NDArray[np.integer],
    baseline: npt.NDArray[np.integer],
    any_window: BoolArray,
    total: npt.NDArray[np.number],
    length: int,
) -> npt.NDArray[np.uint8]:
    """Return why a cell cannot be tested, as an index into `REASONS`; 0 where it can.

    Parameters
    ----------
    recent, baseline : int arrays
        Covered periods of the recent window and of the baseline.
    any_window : bool array
        Whether the baseline holds one window that is covered throughout.
    total : array
        Incidents in baseline and recent window.
    length : int
        Periods in the recent window.
    """
    code = np.where(total == 0, 3, 0)
    code = np.where((baseline // length < MIN_WINDOWS) | ~any_window, 2, code)
    return np.where(recent * 2 < length, 1, code).astype(np.uint8)


def by_pattern(covered: BoolArray) -> Iterator[tuple[BoolArray, IndexArray]]:
    """Yield each pattern of covered recent periods with the columns that have it; (periods, columns)."""
    patterns, which = np.unique(covered, axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        yield pattern, np.flatnonzero(np.ravel(which) == number)
