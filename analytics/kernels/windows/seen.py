"""The ratio that a test would very likely call, from the baseline alone.

A rise by a ratio is a rate multiplied as a whole: the window's rate is gamma, its excess dispersion grows
with the ratio, its days share it as independent days would. What is not known of the baseline's rate and
dispersion is averaged over, so that the stated power is what one meets, not what one would meet if both were
known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from analytics._typing import FloatArray, IndexArray
from analytics.kernels.common.dispersion import chi2_share, excess_growth
from analytics.kernels.common.roots import roots
from analytics.kernels.windows.hypothetical import CalledAt, PartOf
from analytics.kernels.windows.lrd import ALWAYS_TURNED, LRDTest
from analytics.kernels.windows.starts import starts

__all__ = ["POWER", "WindowRates", "detectable", "detectable_alone", "detectable_ratio", "seen_ratio"]

POWER = 0.8
ENOUGH = 10.0  # incidents expected, from which it is worth saying why a window cannot be judged
_POINTS = 64  # at which power is averaged, over four things that are not known
_PLASTIC = 1.1673039782614187  # root of x^5 = x + 1: its powers spread points over four dimensions
_SHAPES = np.geomspace(0.003, 30.0, 13)  # of a day's rate: from bursts to Poisson
_TOTALS = np.array([3, 6, 12, 25, 50, 100, 300, 1000, 5000])
_FEW = 6  # of these totals are all that most panels need
_DRAWS = 400
_RATIO_MAX = 1e4
_STEPS = 2**16  # on the log scale, up to the largest ratio
_SLOPE, _SURE, _SECANTS = 2.0, 1e-12, 12
_CHUNK = 2_000
_SHARE_MAX = 0.95
_SPARES = 1.25  # a test that wants so many times as many on three days does not let one day carry a rise


@lru_cache(maxsize=1)
def _points() -> FloatArray:
    """Return points of the unit cube, shape (4, points): a Kronecker sequence."""
    step = _PLASTIC ** -np.arange(1.0, 5.0)
    return np.asarray((0.5 + step[:, None] * np.arange(1, _POINTS + 1)) % 1.0)


@lru_cache(maxsize=16)
def _largest_share(length: int, totals: int) -> FloatArray:
    """Return quantiles of the largest day's share of a window, shape (shapes, totals, draws).

    Those of larger totals are drawn last and take most of the time.
    """
    # Binomials and multinomials of NumPy are drawn otherwise from 2.5 on; gammas and uniform numbers are not.
    rng = np.random.default_rng(20200419)
    rate = [rng.gamma(shape, 1.0, (_DRAWS, length)) + 1e-300 for shape in _SHAPES]
    row = np.arange(_DRAWS)[:, None]
    ends = [row + (one.cumsum(axis=1) / one.sum(axis=1, keepdims=True))[:, :-1] for one in rate]
    out = np.empty((len(_SHAPES), totals, _DRAWS))
    for j, total in enumerate(_TOTALS[:totals]):
        steps = -np.log1p(-rng.random((_DRAWS, int(total) + 1))).cumsum(axis=1)
        at = (row + steps[:, :-1] / steps[:, -1:]).ravel()  # incidents in order, each row in its own stretch
        for i, upto in enumerate(ends):
            below = np.searchsorted(at, upto) - row * int(total)
            counts = np.diff(below, axis=1, prepend=0, append=int(total))
            out[i, j] = np.sort(counts.max(axis=1) / total)
    return out


@dataclass(frozen=True, eq=False, slots=True)
class WindowRates:
    """What windows may hold at ratio 1, given all that is not known; arrays of shape (points, series).

    Attributes
    ----------
    rate : float array
        Means of the window.
    share : int array
        Which of the tables of a largest day's share belongs to it.
    index : int array, shape (series,)
        Of all series, those that have a rate.
    """

    rate: FloatArray
    share: IndexArray
    index: IndexArray

    @classmethod
    def of(cls, test: LRDTest, length: int) -> WindowRates:
        """Draw the rates of the series whose baseline holds anything."""
        index = np.flatnonzero(test.baseline_total > 0)
        rate, share = np.empty((_POINTS, index.size)), np.empty((_POINTS, index.size), np.intp)
        for first in range(0, index.size, _CHUNK):
            part = slice(first, first + _CHUNK)
            rate[:, part], share[:, part] = _rates(test.take(index[part]), length)
        return cls(rate, share, index)

    def take(self, rows: IndexArray) -> WindowRates:
        """Return those of some of the series, which are then all there are."""
        place = np.searchsorted(self.index, rows)
        at = np.flatnonzero(self.index[np.minimum(place, max(self.index.size - 1, 0))] == rows)
        return WindowRates(self.rate[:, place[at]], self.share[:, place[at]], at)


def seen_ratio(
    rates: WindowRates, start: FloatArray, start_3: FloatArray, length: int, *, power: float = POWER
) -> FloatArray:
    """Smallest rate ratio whose window would be called with the stated power.

    How much more a window must hold because one day carries much of it is read off the counts that would be
    called spread evenly and spread over three days.

    Parameters
    ----------
    rates : WindowRates
    start, start_3 : float arrays, shape (series,)
        Smallest count called, spread evenly and over three days; NaN where none is.
    length : int
        Periods of the window.
    power : float

    Returns
    -------
    float array, shape (series,)
        NaN without a rate to multiply, or where no count is called.
    """
    ratio = np.full(start.shape, np.nan)
    known = np.flatnonzero(np.isfinite(start[rates.index]))
    for first in range(0, known.size, _CHUNK):
        at = known[first : first + _CHUNK]
        part = rates.index[at]
        needed = _needed(rates.share[:, at], start[part], start_3[part], length)
        ratio[part] = _solved(rates.rate[:, at], needed, power)
    return np.asarray(np.maximum(ratio, 1.0))


def _rates(test: LRDTest, length: int) -> tuple[FloatArray, IndexArray]:
    """Return means of the window at ratio 1, and which tables of shares belong to them; (points, series)."""
    u, expected, phi = _points(), test.expected, test.dispersion.phi
    spread = np.clip(chi2_share(test.dispersion.edf, u[0]).T, 0.05, 20.0)
    excess = np.maximum(phi / spread / (1 / spread).mean(axis=0) - 1, 1e-3)
    shape = expected / excess
    known = test.baseline_total / phi  # incidents of a Poisson baseline that would tell as much of the rate
    rate = expected * special.gammaincinv(shape, u[1][:, None]) / shape * chi2_share(2 * known, u[2]).T
    at = np.searchsorted(np.log(_SHAPES[:-1] * _SHAPES[1:]) / 2, np.log(shape / length))
    return rate, at


def _needed(table: IndexArray, start: FloatArray, start_3: FloatArray, length: int) -> FloatArray:
    """Return the counts needed, shape (points, series), with a largest day as the tables have it."""
    even, third = np.ceil(start / length) / start, np.ceil(start_3 / min(3, length)) / start_3
    total = np.searchsorted(np.log(_TOTALS[:-1] * _TOTALS[1:]) / 2, np.log(start))
    drawn = (_points()[3][:, None] * _DRAWS).astype(int)
    totals = _FEW if total.max(initial=0) < _FEW else len(_TOTALS)
    share = np.minimum(_largest_share(length, totals)[table, total[None, :], drawn], _SHARE_MAX)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where a test looks at the days without the largest, what is needed grows like 1 / (1 - share).
        spared = (start_3 - start) / (1 / (1 - third) - 1 / (1 - even)) * (1 / (1 - share) - 1 / (1 - even))
        turned = (start_3 - start) / (third - even) * (np.minimum(share, third) - even)
    more = np.where(start_3 > _SPARES * start, spared, turned)
    return np.asarray(np.ceil(start + np.where(third > even, np.maximum(more, 0.0), 0.0) - 1e-9))


def _solved(rate: FloatArray, needed: FloatArray, power: float) -> FloatArray:
    """Return the ratio at which the mean over the points of P(Poisson(ratio rate) >= needed) is `power`.

    It is the first of 65,536 steps on the log scale with so much power; NaN where only the last has.
    """
    step, goal = np.log(_RATIO_MAX) / _STEPS, float(special.ndtri(power))
    low, high = np.zeros(rate.shape[1]), np.full(rate.shape[1], float(_STEPS))
    middle = np.log(np.maximum(needed.mean(axis=0) / rate.mean(axis=0), 1.0)) / step
    # The probit of the power is close to linear in the log ratio: secants find the step in a few looks.
    slope = np.full(low.shape, _SLOPE * step)
    before, known = np.zeros(low.shape), np.full(low.shape, np.nan)
    index, looks = np.arange(low.size), 0
    while index.size:
        at = np.clip(np.round(middle[index]), low[index] + 1, high[index] - 1)
        seen = special.gammainc(needed[:, index], np.exp(at * step) * rate[:, index]).mean(axis=0)
        enough = seen >= power
        high[index], low[index] = np.where(enough, at, high[index]), np.where(enough, low[index], at)
        score = special.ndtri(np.clip(seen, _SURE, 1 - _SURE)) - goal
        rise = (score - known[index]) / np.where(at == before[index], np.nan, at - before[index])
        slope[index] = np.where(rise > 0, rise, slope[index])
        before[index], known[index] = at, score
        looks += 1
        middle[index] = at - score / slope[index] if looks <= _SECANTS else (low + high)[index] / 2
        index = index[high[index] - low[index] > 1]
    return np.where(high < _STEPS, np.exp(high * step), np.nan)


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

    index = np.flatnonzero((test.baseline_total > 0) & (upper | (called >= 0)))
    ratio = np.full(mean.shape, np.nan)
    least = np.maximum(called, 1.0) if upper else called

    def lacking(log_ratio: FloatArray, which: IndexArray) -> FloatArray:
        at = index[which]
        count, mu, e = least[at], mean[at], excess[at]
        if not upper:
            return np.asarray(power - special.betaincc(count + 1, np.exp(log_ratio) * mu / e, e / (1 + e)))
        grown = excess_growth(log_ratio) * e
        return np.asarray(special.betainc(count, np.exp(log_ratio) * mu / grown, grown / (1 + grown)) - power)

    start = np.full(index.size, 0.0 if upper else -1.0)
    ratio[index] = np.exp(roots(lacking, start, start + 1.0))
    return np.asarray(np.maximum(ratio, 1.0)) if upper else ratio


def detectable(
    test: LRDTest,
    rates: WindowRates,
    first: FloatArray,
    three: FloatArray,
    length: int,
) -> FloatArray:
    """Return the ratio that would very likely be called, given the counts that are (of :func:`starts`)."""
    # The rotation, which always counts in a short baseline, calls no rise on three days: a rise as they come
    # is taken to need a quarter more than an even one.
    short = test.dispersion.windows <= ALWAYS_TURNED
    three = np.where(short, np.fmin(three, np.ceil(_SPARES * first)), three)
    return seen_ratio(rates, first, three, length)


def detectable_alone(
    test: LRDTest,
    rates: WindowRates,
    at: CalledAt,
    among: FloatArray,
    length: int,
    *,
    alpha: float,
    sought: float,
) -> FloatArray:
    """Return the detectable ratio of a region alone, where it is needed to say why it cannot be judged.

    `among` is the ratio among the other regions, `sought` the ratio that must be detectable.
    """
    out = np.full(among.shape, np.nan)
    rows = np.flatnonzero(~(among <= sought) & (test.expected >= ENOUGH))
    if rows.size:
        part = test.take(rows)

        first, three = starts(part, PartOf(at, rows), np.full(rows.size, alpha), length, upper=True)
        out[rows] = detectable(part, rates.take(rows), first, three, length)
    return out
