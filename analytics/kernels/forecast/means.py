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

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.forecast.level import fit_levels, means, two_thirds
from analytics.kernels.windows.expected import seasonal_design

__all__ = ["Forecast", "forecast"]


HARMONICS = 2
CAP = 2.58  # residuals beyond this many standard deviations weigh less, and excite no more than this
SPEEDS = (1.0, 0.6, 0.35, 0.2, 0.1)  # weight of the last week in the running mean that excites
TREND_WEEKS = (104, 104, 156)  # weeks a region needs for a trend, the annual harmonic, the second one
_ETA = 20.0
_CELLS = 1_500_000  # cells of regions at a time, so that work arrays stay near 60 MB
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
    back: int,
    fitted: int,
    first: int,
    mu: FloatArray,
    phi: FloatArray,
    speeds: FloatArray,
    limits: FloatArray,
    pull: FloatArray,
    sums: FloatArray,
    one: FloatArray,
    two: FloatArray,
    found: FloatArray,
) -> None:
    """Choose how fast and how much the past weeks are followed, and fill in what follows from it.

    `y` and `usable` hold (regions, weeks), `mu` the weeks from `back` on, of which the first `fitted` are
    estimated from and those from `first` on are forecast. `found` gets the share that follows the past weeks
    and the dispersions of one week and of two.
    """
    cap, doubt, excited_max, spent, phi_min = limits
    regions, weeks = mu.shape
    for j in range(regions):
        total, count = 0.0, 0
        for s in range(speeds.size):
            sums[s, 0], sums[s, 1], sums[s, 2] = 0.0, 0.0, 1e-9
        for t in range(weeks):
            if usable[j, back + t]:
                m, seen = mu[j, t], y[j, back + t]
                top = m + cap * math.sqrt(phi[j] * m)
                excess = (seen if seen < top else top) - m
                pull[t] = excess / m
                if t < fitted:
                    total += excess * excess / m
                    count += 1
                    for s in range(speeds.size):
                        sums[s, 1] += excess * sums[s, 0]
                        sums[s, 2] += m * sums[s, 0] * sums[s, 0]
                for s in range(speeds.size):
                    sums[s, 0] += speeds[s] * (pull[t] - sums[s, 0])
        best, excited, speed = 0.0, 0.0, speeds[0]
        for s in range(speeds.size):
            k = sums[s, 1] / sums[s, 2]
            if k > 0 and count > 2:
                gain = sums[s, 1] * k
                if gain > best:
                    best, speed = gain, speeds[s]
                    noise = (total - gain) / count / sums[s, 2]
                    left = 1 - doubt * noise / (k * k)
                    excited = (k if k < excited_max else excited_max) * (left if left > 0.0 else 0.0)
        fade = 1 - speed * (1 - excited)
        chi_one, chi_two, n_one, n_two = 0.0, 0.0, 0, 0
        previous, state, earlier = mu[j, 0], 0.0, 0.0
        for t in range(weeks):
            m = mu[j, t]
            now = m * (1 + excited * state)
            both = previous + m * (1 + excited * earlier * fade)
            known, at = usable[j, back + t], back + t
            if t < fitted and known:
                chi_one += (y[j, at] - now) ** 2 / now
                n_one += 1
                if t > 0 and usable[j, at - 1]:
                    chi_two += (y[j, at] + y[j, at - 1] - both) ** 2 / both
                    n_two += 1
            if t >= first:
                one[j, t - first] = now
                two[j, t - first] = both
            previous, earlier = now, state
            if known:
                state += speed * (pull[t] - state)
        free_one, free_two = n_one - spent, n_two - 2 * spent
        chi_one /= free_one if free_one > 1.0 else 1.0
        chi_two /= free_two if free_two > 1.0 else 1.0
        found[0, j] = excited
        found[1, j] = chi_one if chi_one > phi_min else phi_min
        found[2, j] = chi_two if chi_two > phi_min else phi_min


@dataclass(frozen=True, eq=False, slots=True)
class _Span:
    """Weeks that are forecast from one fit.

    `back` to `end` are looked at: the first `fitted` are estimated from, those from `first` on forecast.
    """

    back: int
    end: int
    fitted: int
    first: int
    design: FloatArray

    @classmethod
    def of(cls, day: IntArray, begin: int, end: int, first: int, history: int | None) -> _Span:
        back = 0 if history is None else max(0, begin - history)
        design = seasonal_design(day[back:end], trend=True, harmonics=HARMONICS, weekday=False)
        design[:, 1] -= design[: begin - back, 1].mean()
        return cls(back, end, begin - back, max(begin, first) - back, design)

    def run(
        self, y: FloatArray, known: BoolArray, root: FloatArray, start: FloatArray, at: int
    ) -> FloatArray:
        """Return one, two, both dispersions, level and excitation of some regions, whose week `at` is `back`.

        No expectation is below half an incident in all weeks covered: a fall is not extrapolated to nothing.
        """
        fitted = slice(at, at + self.fitted)
        levels = fit_levels(
            y[:, fitted],
            known[:, fitted],
            self.design[: self.fitted],
            start,
            np.asarray(TREND_WEEKS),
            CAP,
            _PHI_MIN,
            _ETA,
            root=root[:, fitted],
        )
        mu = means(levels.beta, np.ascontiguousarray(self.design.T), _ETA)
        np.maximum(mu, (0.5 / np.maximum(known[:, fitted].sum(axis=1), 1))[:, None], out=mu)
        coming = self.design[self.first :]
        spread = ((coming @ levels.covariance) * coming).sum(axis=2)
        one, two = np.empty(spread.shape), np.empty(spread.shape)
        rest = np.empty((3, len(y)))
        _excite(
            y,
            known,
            at,
            self.fitted,
            self.first,
            mu,
            levels.phi,
            np.asarray(SPEEDS),
            np.array([CAP, _DOUBT, _EXCITED_MAX, _SPENT, _PHI_MIN]),
            np.empty(len(self.design)),
            np.empty((len(SPEEDS), 3)),
            one,
            two,
            rest,
        )
        level = mu[:, self.first :]
        excitation, phi_one, phi_two = np.broadcast_to(rest[..., None], (3, *one.shape))
        return np.stack(
            [one, two, phi_one + one * spread, phi_two + two * spread, level, excitation]
        ).transpose(0, 2, 1)


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
    numbers = np.full((6, *shape), np.nan)
    one, two, phi_one, phi_two, level, excitation = numbers
    found = Forecast(one, two, phi_one, phi_two, level, excitation, np.zeros(shape, dtype=np.int64))
    begins = np.unique(np.concatenate([[0], np.flatnonzero((day // 7) % refit == 0)]))
    spans = [
        _Span.of(day, int(begin), int(end), first, history)
        for begin, end in zip(begins, [*begins[1:], weeks], strict=True)
        if end > first and begin >= 2
    ]
    if not spans:
        return found
    since = spans[0].back if history is not None else 0
    step = max(1, _CELLS // max(weeks - since, 1))
    for low in range(0, regions, step):
        part = slice(low, low + step)
        known = np.ascontiguousarray(usable[since:, part].T)
        y = np.where(known, values[since:, part].T, 0).astype(float)
        root, start = two_thirds(y), np.full((len(y), 2 + 2 * HARMONICS), -np.inf)
        for span in spans:
            rows = slice(span.first + span.back - first, span.end - first)
            numbers[:, rows, part] = span.run(y, known, root, start, span.back - since)
            found.weeks[rows, part] = known[:, span.back - since :][:, : span.fitted].sum(axis=1)
    return found
