"""What the coming week and the coming fortnight should bring, for many regions at once.

The expectation has two parts. A log-linear regression on all weeks before gives the level, the trend and the
season; past upticks weigh less in it, and terms that the weeks do not speak for are left out. On top of it
comes self-excitation: where a region's weeks follow their predecessors, the expectation does, too. How far
counts stray from it is measured at one week and at two, as they were: past upticks count in full there.

References
----------
.. [1] Farrington, C. P., Andrews, N. J., Beale, A. D., Catchpole, M. A. (1996). A statistical algorithm for
       the early detection of outbreaks of infectious disease. Journal of the Royal Statistical Society A 159,
       547-563. (Weights from Anscombe residuals.)
.. [2] Ferland, R., Latour, A., Oraichi, D. (2006). Integer-valued GARCH process. Journal of Time Series
       Analysis 27, 923-942. (An expectation that follows the past counts.)
.. [3] James, W., Stein, C. (1961). Estimation with quadratic loss. Proceedings of the Fourth Berkeley
       Symposium 1, 361-379. (The positive part of a shrunken estimate.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.forecast.level import fit_levels
from analytics.kernels.windows.expected import seasonal_design

__all__ = ["Forecast", "forecast"]


HARMONICS = 2
CAP = 2.58  # residuals beyond this many standard deviations weigh less, and excite no more than this
SPEEDS = (1.0, 0.6, 0.35, 0.2, 0.1)  # weight of the last week in the running mean that excites
TREND_WEEKS = (104, 104, 156)  # weeks a region needs for a trend, the annual harmonic, the second one
_ETA = 20.0
_PHI_MIN = 1.001
_EXCITED_MAX = 0.95
_SPENT = 3.0  # parameters the one-week dispersion pays for: level, excitation, speed
_DOUBT = 2.0  # excess over this many squared standard errors is what excitation keeps


@dataclass(frozen=True, eq=False, slots=True)
class Forecast:
    """Predictive distributions of the tested weeks; arrays of shape (weeks, regions).

    Attributes
    ----------
    one, two : float array
        Expected count of the week, and of the week and the one before it, each from the weeks before.
    phi_one, phi_two : float array
        Variance over mean of these counts, the uncertainty of the regression included.
    level : float array
        Expectation without self-excitation.
    excitation : float array
        Share of the expectation that follows the past weeks, 0 to 0.95.
    weeks : int array
        Covered weeks the expectation rests on.
    """

    one: FloatArray
    two: FloatArray
    phi_one: FloatArray
    phi_two: FloatArray
    level: FloatArray
    excitation: FloatArray
    weeks: IntArray


@compiled
def _means(
    design: FloatArray,
    beta: FloatArray,
    covariance: FloatArray,
    floor: float,
    first: int,
    eta_max: float,
    mu: FloatArray,
    spread: FloatArray,
) -> None:
    """Fill in the regression's means, and from week `first` on the variance of their logarithm."""
    weeks, terms = design.shape
    for t in range(weeks):
        eta = 0.0
        for p in range(terms):
            eta += design[t, p] * beta[p]
        mu[t] = max(np.exp(min(max(eta, -eta_max), eta_max)), floor)
        if t >= first:
            variance = 0.0
            for p in range(terms):
                for q in range(terms):
                    variance += design[t, p] * covariance[p, q] * design[t, q]
            spread[t - first] = variance


@compiled
def _strength(
    y: FloatArray,
    usable: BoolArray,
    mu: FloatArray,
    phi: float,
    speeds: FloatArray,
    fitted: int,
    cap: float,
    doubt: float,
    excited_max: float,
    running: FloatArray,
) -> tuple[int, float]:
    """Choose the speed at which the past weeks are followed, and how much; fill in the running means."""
    best, excited, chosen = 0.0, 0.0, 0
    for s in range(len(speeds)):
        w = speeds[s]
        state = 0.0
        num, den, total, count = 0.0, 1e-9, 0.0, 0
        for t in range(y.size):
            running[s, t] = state
            if usable[t]:
                m = mu[t]
                top = m + cap * np.sqrt(phi * m)
                capped = min(y[t], top)
                excess = capped - m
                if t < fitted:
                    num += excess * state
                    den += m * state * state
                    total += excess * excess / m
                    count += 1
                state += w * (excess / m - state)
        k = num / den
        if k > 0 and count > 2:
            gain = num * k
            noise = (total - gain) / count / den
            if gain > best:
                best = gain
                chosen = s
                excited = min(k, excited_max) * max(0.0, 1 - doubt * noise / (k * k))
    return chosen, excited


@compiled
def _follow(
    y: FloatArray,
    usable: BoolArray,
    mu: FloatArray,
    running: FloatArray,
    speed: float,
    excited: float,
    fitted: int,
    first: int,
    spent: float,
    phi_min: float,
    one: FloatArray,
    two: FloatArray,
) -> tuple[float, float]:
    """Fill in the expectations of one week and of two; return the dispersions about them."""
    fade = 1 - speed * (1 - excited)
    chi_one, chi_two, n_one, n_two = 0.0, 0.0, 0, 0
    previous = 0.0
    for t in range(y.size):
        m = mu[t]
        now = m * (1 + excited * running[t])
        earlier = running[t - 1] if t > 0 else 0.0
        both = (previous if t > 0 else m) + m * (1 + excited * earlier * fade)
        if t < fitted and usable[t]:
            chi_one += (y[t] - now) ** 2 / now
            n_one += 1
            if t > 0 and usable[t - 1]:
                chi_two += (y[t] + y[t - 1] - both) ** 2 / both
                n_two += 1
        if t >= first:
            one[t - first] = now
            two[t - first] = both
        previous = now
    return (
        max(phi_min, chi_one / max(n_one - spent, 1.0)),
        max(phi_min, chi_two / max(n_two - 2 * spent, 1.0)),
    )


@compiled
def _excite(
    y: FloatArray,
    usable: BoolArray,
    design: FloatArray,
    betas: FloatArray,
    covariance: FloatArray,
    phi: FloatArray,
    speeds: FloatArray,
    fitted: int,
    first: int,
    cap: float,
    doubt: float,
    spent: float,
    phi_min: float,
    excited_max: float,
    eta_max: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Follow the past weeks; arrays are (regions, weeks). `first` is the first week to forecast.

    No expectation is below half an incident in all weeks covered.
    """
    regions, weeks = y.shape
    out = weeks - first
    level, spread = np.empty((regions, out)), np.empty((regions, out))
    one, two = np.empty((regions, out)), np.empty((regions, out))
    kept, phi_one, phi_two = np.zeros(regions), np.ones(regions), np.ones(regions)
    mu, running = np.empty(weeks), np.empty((len(speeds), weeks))
    for j in range(regions):
        known = 0
        for t in range(fitted):
            if usable[j, t]:
                known += 1
        floor = 0.5 / max(known, 1)  # a fall is not extrapolated to nothing at all
        _means(design, betas[j], covariance[j], floor, first, eta_max, mu, spread[j])
        level[j] = mu[first:]
        s, excited = _strength(y[j], usable[j], mu, phi[j], speeds, fitted, cap, doubt, excited_max, running)
        kept[j] = excited
        phi_one[j], phi_two[j] = _follow(
            y[j], usable[j], mu, running[s], speeds[s], excited, fitted, first, spent, phi_min, one[j], two[j]
        )
    return one, two, level, kept, spread, phi_one, phi_two


def forecast(
    values: npt.NDArray[np.number],
    usable: BoolArray,
    day: IntArray,
    first: int,
    *,
    refit: int,
    history: int | None = None,
) -> Forecast:
    """Forecast every week from `first` on, each from the weeks before it.

    Parameters
    ----------
    values : array, shape (weeks, regions)
    usable : bool array, same shape
        Which entries are counts.
    day : int array, shape (weeks,)
        First day of each week, as days since 1970-01-01.
    first : int
    refit : int
        The regression, the strength of excitation and the dispersions are estimated anew every so many weeks
        (in step with the calendar, whatever `first` is), from the weeks before; in between they stay.
    history : int, optional
        Estimate from the last so many weeks only.

    Returns
    -------
    Forecast
    """
    weeks, regions = values.shape
    shape = (weeks - first, regions)
    empty = np.full((6, *shape), np.nan)
    found = Forecast(
        empty[0], empty[1], empty[2], empty[3], empty[4], empty[5], np.zeros(shape, dtype=np.int64)
    )
    across = np.ascontiguousarray(np.where(usable, values, 0).T, dtype=float)
    known = np.ascontiguousarray(usable.T)
    begins = np.unique(np.concatenate([[0], np.flatnonzero((day // 7) % refit == 0)]))
    needed = np.asarray(TREND_WEEKS)
    start = np.full((regions, 2 + 2 * HARMONICS), -np.inf)
    for begin, end in zip(begins, [*begins[1:], weeks], strict=True):
        if end <= first or begin < 2:
            continue
        back = 0 if history is None else max(0, begin - history)
        design = seasonal_design(day[back:end], trend=True, harmonics=HARMONICS, weekday=False)
        design[:, 1] -= design[: begin - back, 1].mean()
        y, inside = np.ascontiguousarray(across[:, back:end]), np.ascontiguousarray(known[:, back:end])
        fitted = begin - back
        beta, covariance, phi = fit_levels(
            np.ascontiguousarray(y[:, :fitted]),
            np.ascontiguousarray(inside[:, :fitted]),
            np.ascontiguousarray(design[:fitted]),
            start,
            needed,
            CAP,
            _PHI_MIN,
            _ETA,
        )
        show = max(begin, first)
        one, two, level, excited, spread, phi_one, phi_two = _excite(
            y,
            inside,
            design,
            beta,
            covariance,
            phi,
            np.asarray(SPEEDS),
            fitted,
            show - back,
            CAP,
            _DOUBT,
            _SPENT,
            _PHI_MIN,
            _EXCITED_MAX,
            _ETA,
        )
        rows = slice(show - first, end - first)
        found.one[rows], found.two[rows], found.level[rows] = one.T, two.T, level.T
        found.phi_one[rows] = phi_one + (one * spread).T
        found.phi_two[rows] = phi_two + (two * spread).T
        found.excitation[rows] = excited
        found.weeks[rows] = inside[:, :fitted].sum(axis=1)
    return found
