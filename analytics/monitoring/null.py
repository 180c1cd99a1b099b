"""What a region's counts would look like with no uptick: a model of its history, to draw histories from.

The mean is flat, or has one annual harmonic from two years on, and for days a weekday pattern. Around it the
counts excite each other and are negative binomial, an NB-INGARCH(1,1) [1]_, [2]_: its parameters are matched
to the dispersion of window sums of several lengths, as the tests of this project measure it. It holds the
Poisson, the negative binomial and the discrete Hawkes process with geometric lags.

References
----------
.. [1] Zhu, F. (2011). A negative binomial integer-valued GARCH model. Journal of Time Series Analysis 32,
       54-67.
.. [2] Fokianos, K., Rahbek, A., Tjøstheim, D. (2009). Poisson autoregression. JASA 104, 1430-1439.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.dispersion import window_dispersion
from analytics.periods import YEAR_DAYS, weekday_numbers

__all__ = ["Moments", "NullModel", "draw_counts", "factors", "moments"]


SEASON_FROM = 730 - 7  # days of history from which an annual harmonic is fitted; two years, in whole weeks
WINDOW_DAYS = (1, 2, 7, 14, 28, 56)  # lengths at which the dispersion is matched
_WINDOWS_MIN = 6  # disjoint windows a length needs to be matched
_MEMORY_DAYS = (1.0, 2.0, 3.0, 4.5, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0, 56.0)  # tried one by one, beside none
_SHARES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)  # of the memory that is of counts rather than of means
_EXTRA_MOST = 50.0
_SEASON_LEAST, _WEEKDAY_LEAST = 0.2, 0.1  # the factors never fall below
_BURN_IN = 60  # periods


@dataclass(frozen=True, eq=False, slots=True)
class NullModel:
    """A model of each region; arrays have shape (regions,) unless stated.

    Attributes
    ----------
    mean : float array
        Incidents a period.
    season : float array, shape (2, regions)
        Cosine and sine of the annual factor ``1 + a cos + b sin``; zero where none is fitted.
    weekday : float array, shape (7, regions)
        Factor of each day of the week, Monday first; ones for weeks.
    extra : float array
        Variance of the gamma factor of single periods.
    response : float array
        Weight of the last count in the level of the next period.
    memory : float array
        Weight of last count and last level together, below 1.
    """

    mean: FloatArray
    season: FloatArray
    weekday: FloatArray
    extra: FloatArray
    response: FloatArray
    memory: FloatArray

    def take(self, at: IndexArray) -> NullModel:
        """Return the models of some regions, in that order, repeated where asked for."""
        return NullModel(
            self.mean[at],
            self.season[:, at],
            self.weekday[:, at],
            self.extra[at],
            self.response[at],
            self.memory[at],
        )


@dataclass(frozen=True, eq=False, slots=True)
class Moments:
    """What a model is made from; the last axis is the region.

    Attributes
    ----------
    mean, season, weekday
        As in :class:`NullModel`.
    phi : float array, shape (lengths, regions)
        Variance over mean of window sums, at least 1.
    lengths : int array, shape (lengths,)
    period_days : int
    """

    mean: FloatArray
    season: FloatArray
    weekday: FloatArray
    phi: FloatArray
    lengths: IntArray
    period_days: int

    def model(self) -> NullModel:
        """Return the model with these moments."""
        parts = _split(self.phi, self.lengths, self.mean, self.period_days)
        return NullModel(self.mean, self.season, self.weekday, *parts)

    def reflected(self, again: Moments, copies: int) -> Moments:
        """Return moments as far on the other side of these as `again`, found on histories drawn from these.

        Where estimates tend to fall short, the truth tends to lie beyond them, by as much.
        """
        mean, weekday, phi = (np.repeat(a, copies, axis=-1) for a in (self.mean, self.weekday, self.phi))
        season = 2 * np.repeat(self.season, copies, axis=-1) - again.season
        size = np.maximum(np.hypot(*season), 1e-9)
        return Moments(
            mean**2 / again.mean,
            season * np.minimum(1.0, (1 - _SEASON_LEAST) / size),
            weekday,
            np.maximum(phi**2 / again.phi, 1.0),
            self.lengths,
            self.period_days,
        )


def moments(values: npt.NDArray[np.number], covered: BoolArray, days: IntArray, period_days: int) -> Moments:
    """Take the moments of every region at once.

    Parameters
    ----------
    values : array, shape (periods, regions)
    covered : bool array, same shape
        Periods without coverage are left out.
    days : int array, shape (periods,)
        First days of the periods, since 1970-01-01.
    period_days : int

    Returns
    -------
    Moments
        Every region is given half an incident more than it had, so that none is silent for ever.
    """
    regions = values.shape[1]
    counts = np.where(covered, values, 0).astype(float)
    total = counts.sum(axis=0) + 0.5
    span = values.shape[0] * period_days
    lengths = [w // period_days for w in WINDOW_DAYS if w >= period_days]
    lengths = [length for length in lengths if length * _WINDOWS_MIN <= values.shape[0]] or [1]
    weekday = _weekdays(counts, covered, days, total) if period_days == 1 else np.ones((7, regions))
    season = np.zeros((2, regions))
    if span >= SEASON_FROM:
        season = _season(counts, covered, days, window_dispersion(counts, covered, lengths[-1]).phi)
    shape = factors(season, weekday, days)
    seen = np.where(covered, shape, 0.0).sum(axis=0)
    mean = total / np.where(seen > 0, seen, values.shape[0])
    terms = 3 if span >= SEASON_FROM else 1
    phi = [
        window_dispersion(counts, covered, length, expected=mean * shape, parameters=terms).phi
        for length in lengths
    ]
    return Moments(mean, season, weekday, np.array(phi), np.array(lengths), period_days)


def factors(season: FloatArray, weekday: FloatArray, days: IntArray) -> FloatArray:
    """Return the factor of each period against the mean, from the first days of periods."""
    angle = 2 * np.pi * days / YEAR_DAYS
    wave = 1 + np.cos(angle)[:, None] * season[0] + np.sin(angle)[:, None] * season[1]
    return np.asarray(np.maximum(wave, _SEASON_LEAST) * weekday[weekday_numbers(days)])


def _season(counts: FloatArray, covered: BoolArray, days: IntArray, phi: FloatArray) -> FloatArray:
    """Return one annual harmonic, drawn towards none by as much as chance alone would give."""
    angle = 2 * np.pi * days / YEAR_DAYS
    wave = np.stack([np.cos(angle), np.sin(angle)])
    seen = np.where(covered, 1.0, 0.0)
    total = np.maximum(counts.sum(axis=0), 1.0)
    gram = np.einsum("it,tr,jt->rij", wave, seen, wave) + 1e-9 * np.eye(2)
    excess = counts - seen * (counts.sum(axis=0) / np.maximum(seen.sum(axis=0), 1))
    found = np.linalg.solve(gram, (wave @ excess).T[:, :, None])[:, :, 0].T
    found /= total / np.maximum(seen.sum(axis=0), 1)
    power = (found**2).sum(axis=0)
    keep = np.maximum(
        1 - np.divide(4 * phi / total, power, out=np.full_like(power, np.inf), where=power > 0), 0
    )
    size = np.sqrt(power)
    return np.asarray(found * keep * np.minimum(1.0, (1 - _SEASON_LEAST) / np.maximum(size * keep, 1e-9)))


def _weekdays(counts: FloatArray, covered: BoolArray, days: IntArray, total: FloatArray) -> FloatArray:
    """Return the factor of each weekday, drawn towards 1 by as much as chance alone would give."""
    which = np.eye(7)[weekday_numbers(days)]
    seen = np.maximum(which.T @ covered, 1)
    ratio = (which.T @ counts) / seen / (total / np.maximum(covered.sum(axis=0), 1))
    spread = ((ratio - 1) ** 2).sum(axis=0)
    daily = np.maximum(window_dispersion(counts, covered, 1).phi, 1.0)
    chance = 6 * 7 * daily / total
    keep = np.maximum(1 - np.divide(chance, spread, out=np.full_like(spread, np.inf), where=spread > 0), 0)
    factor = np.maximum(1 + keep * (ratio - 1), _WEEKDAY_LEAST)
    return np.asarray(factor / factor.mean(axis=0))


def _split(
    phi: FloatArray, lengths: IntArray, mean: FloatArray, period_days: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return `extra`, `response` and `memory` with which window sums have these dispersions.

    With memory r and response a, a sum over L periods has variance over mean ``v G(L)``, where v is the
    variance over mean of a count given its level and ``G(L) = A + 2 B sum_h (1 - h/L) r^(h-1)``,
    ``A = 1 + a^2 / (1 - r^2)``, ``B = a (1 - r (r - a)) / (1 - r^2)``. For each r and a on a grid, v is
    fitted by least squares, at least 1; the best pair is taken. Long windows are few, so they weigh less.
    """
    weight = 1 / (lengths[:, None] * phi**2)
    best = np.full(mean.shape, np.inf)
    extra, response, memory = (np.zeros_like(mean) for _ in range(3))
    lag = np.arange(1, int(lengths.max()))
    pairs = [(0.0, 0.0)]
    for days in _MEMORY_DAYS:
        r = float(np.exp(-period_days / days))
        pairs += [(r, share * r) for share in _SHARES]
    for r, a in pairs:
        own = 1 + a * a / (1 - r * r)
        lagged = a * (1 - r * (r - a)) / (1 - r * r)
        g = np.array(
            [own + 2 * lagged * ((1 - lag[: n - 1] / n) * r ** (lag[: n - 1] - 1)).sum() for n in lengths]
        )
        given = (weight * phi * g[:, None]).sum(axis=0) / (weight * g[:, None] ** 2).sum(axis=0)
        given = np.maximum(given, 1.0)
        loss = (weight * (phi - given * g[:, None]) ** 2).sum(axis=0)
        better = loss < best * (1 - 1e-9)
        best[better], response[better], memory[better] = loss[better], a, r
        level = (own - 1) * given / mean  # variance of the level, relative to the squared mean
        extra[better] = ((given - 1) / (mean * (1 + level)))[better]
    return np.minimum(extra, _EXTRA_MOST), response, memory


def draw_counts(model: NullModel, days: IntArray, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw one series for each region of the model.

    Parameters
    ----------
    model : NullModel
    days : int array, shape (periods,)
        First days of the periods, since 1970-01-01.
    rng : Generator

    Returns
    -------
    int32 array, shape (periods, regions)
    """
    regions = model.mean.size
    early = days[0] + (days[1] - days[0] if days.size > 1 else 1) * np.arange(-_BURN_IN, 0)
    every = np.concatenate([early, days])
    base = model.mean * factors(model.season, model.weekday, every)
    values = np.empty((every.size, regions), dtype=np.int32)
    varied = np.flatnonzero(model.extra > 1e-6)
    size = 1 / model.extra[varied]
    level = np.ones(regions)
    for t in range(every.size):
        rate = base[t] * level
        rate[varied] *= rng.standard_gamma(size) / size
        values[t] = rng.poisson(np.minimum(rate, 1e8))
        level = (
            1 - model.memory + model.response * values[t] / base[t] + (model.memory - model.response) * level
        )
    return values[_BURN_IN:]
