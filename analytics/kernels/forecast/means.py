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
    terms = design.shape[1]
    out = weeks - first
    level = np.empty((regions, out))
    spread = np.empty((regions, out))
    mu = np.empty(weeks)
    one = np.empty((regions, out))
    two = np.empty((regions, out))
    kept = np.zeros(regions)
    phi_one = np.ones(regions)
    phi_two = np.ones(regions)
    running = np.empty((len(speeds), weeks))
    for j in range(regions):
        known = 0
        for t in range(fitted):
            if usable[j, t]:
                known += 1
        floor = 0.5 / max(known, 1)  # a fall is not extrapolated to nothing at all
        for t in range(weeks):
            eta = 0.0
            for p in range(terms):
                eta += design[t, p] * betas[j, p]
            mu[t] = max(np.exp(min(max(eta, -eta_max), eta_max)), floor)
            if t >= first:
                variance = 0.0
                for p in range(terms):
                    for q in range(terms):
                        variance += design[t, p] * covariance[j, p, q] * design[t, q]
                level[j, t - first], spread[j, t - first] = mu[t], variance
        best, excited, chosen = 0.0, 0.0, 0
        for s in range(len(speeds)):
            w = speeds[s]
            state = 0.0
            num, den, total, count = 0.0, 1e-9, 0.0, 0
            for t in range(weeks):
                running[s, t] = state
                if usable[j, t]:
                    m = mu[t]
                    top = m + cap * np.sqrt(phi[j] * m)
                    capped = min(y[j, t], top)
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
        kept[j] = excited
        w = speeds[chosen]
        fade = 1 - w * (1 - excited)
        chi_one, chi_two, n_one, n_two = 0.0, 0.0, 0, 0
        previous = 0.0
        for t in range(weeks):
            m = mu[t]
            now = m * (1 + excited * running[chosen, t])
            earlier = running[chosen, t - 1] if t > 0 else 0.0
            both = (previous if t > 0 else m) + m * (1 + excited * earlier * fade)
            if t < fitted and usable[j, t]:
                chi_one += (y[j, t] - now) ** 2 / now
                n_one += 1
                if t > 0 and usable[j, t - 1]:
                    chi_two += (y[j, t] + y[j, t - 1] - both) ** 2 / both
                    n_two += 1
            if t >= first:
                one[j, t - first] = now
                two[j, t - first] = both
            previous = now
        phi_one[j] = max(phi_min, chi_one / max(n_one - spent, 1.0))
        phi_two[j] = max(phi_min, chi_two / max(n_two - 2 * spent, 1.0))
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
