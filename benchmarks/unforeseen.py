"""Daily count processes with a steady mean and spread that were made to break the test of one region.

They were written after the others, when the rule was thought to hold: bursts of Pareto length, weekdays that
alternate by fortnight, markets every ten days, mass days on slow waves, integer autoregression with heavy
tails, a spread that switches while the mean stays, levels that stay for most of a year, offspring of
offspring, storms, months at random levels. The weight of the model below what a rotation can show and the
ceiling of dispersion with a short baseline were chosen with these in sight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analytics.kernels.common.negative_binomial import nb_draws

__all__ = ["UNFORESEEN"]

Maker = Callable[[np.random.Generator, float, int, int], np.ndarray]


def _pareto(rng: np.random.Generator, size: int | tuple[int, ...], index: float, most: float) -> np.ndarray:
    """Pareto variables from 1 on, cut at `most`."""
    return np.minimum((1 - rng.random(size)) ** (-1 / index), most)


def _switching(rng: np.random.Generator, days: int, series: int, stay: tuple[float, float]) -> np.ndarray:
    """Which of two states holds on each day; `stay` are their mean lengths."""
    leave, share = 1 / np.asarray(stay), stay[1] / sum(stay)
    state, out = (rng.random(series) < share).astype(int), np.empty((days, series), int)
    for day in range(days):
        state = np.where(rng.random(series) < leave[state], 1 - state, state)
        out[day] = state
    return out


def _levels(rng: np.random.Generator, days: int, series: int, every: int, level: np.ndarray) -> np.ndarray:
    """Levels of spells of `every` days, taken from `level`, shape (spells, series)."""
    spell = (np.arange(days)[:, None] + rng.integers(0, every, series)) // every
    return np.take_along_axis(level, spell, axis=0)


def pareto_bursts(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """After 40 quiet days on average a burst of six times the rate, 3 to 150 days, of Pareto length."""
    burn = 600
    level = np.ones((burn + days, series))
    for one in range(series):
        day = -int(rng.exponential(40))
        while day < len(level):
            day += int(rng.exponential(40)) + 1
            long = int(3 * _pareto(rng, 1, 1.3, 50.0)[0])
            level[max(day, 0) : max(day + long, 0), one] = 6.0
            day += long
    return rng.poisson(mean * level[burn:] / 1.95)


def alternating_weekdays(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Two weekdays in one week, four in the next; negative binomial of size 1."""
    share = np.zeros(14)
    share[[1, 4]], share[[8, 9, 10, 12]] = 5.0, 1.0
    day = (np.arange(days)[:, None] + rng.integers(0, 14, series)) % 14
    return nb_draws(rng, np.maximum(share[day] / share.mean() * mean, 1e-9), 1.0)


def ten_day_market(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Half of all on one day in ten; negative binomial of size 1."""
    share = np.r_[5.0, np.full(9, 5 / 9)]
    day = (np.arange(days)[:, None] + rng.integers(0, 10, series)) % 10
    return nb_draws(rng, share[day] * mean, 1.0)


def mass_days_on_waves(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Waves of 60 to 200 days that move the rate by 60 %, and a mass day of Pareto size in fifty."""
    period, phase = rng.uniform(60, 200, series), rng.uniform(0, 2 * np.pi, series)
    wave = 1 + 0.6 * np.sin(2 * np.pi * np.arange(days)[:, None] / period + phase)
    mass = rng.poisson(_pareto(rng, (days, series), 1.5, 40.0) * 6 * mean)
    return rng.poisson(0.7 * mean * wave) + np.where(rng.random((days, series)) < 1 / 50, mass, 0)


def heavy_autoregression(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Integer autoregression: 0.7 of each stay for the next day; innovations come in Pareto sizes."""
    burn, now = 200, np.zeros(series, np.int64)
    out = np.empty((burn + days, series), np.int64)
    for day in range(burn + days):
        waves = rng.poisson(0.15 * mean, series)
        sizes = np.floor(_pareto(rng, int(waves.sum()), 1.6, 40.0))
        new = np.bincount(np.repeat(np.arange(series), waves), weights=sizes, minlength=series)
        now = rng.binomial(now, 0.7) + new.astype(np.int64)
        out[day] = now
    return out[burn:]


def switching_spread(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Negative binomial whose size is 0.1 or 20, for 60 days on average; the mean stays."""
    size = np.array([0.1, 20.0])[_switching(rng, days, series, (60.0, 60.0))]
    return rng.poisson(rng.gamma(size, mean / size))


def levels_of_300_days(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Poisson at 0.3 or 1.7 of the rate, for 300 days on average."""
    return rng.poisson(mean * np.array([0.3, 1.7])[_switching(rng, days, series, (300.0, 300.0))])


def offspring_of_offspring(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Each incident draws 0.85 further ones, after 14 days on average."""
    burn, excite = 400, np.full(series, mean)
    out = np.empty((burn + days, series), np.int64)
    for day in range(burn + days):
        out[day] = rng.poisson(0.15 * mean + 0.85 * excite)
        excite += (out[day] - excite) / 14
    return out[burn:]


def gamma_levels(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Negative binomial of size 1 at a gamma level of shape 1.5, drawn anew after 120 days on average."""
    level, out = rng.gamma(1.5, 1 / 1.5, series), np.empty((days, series), np.int64)
    for day in range(days):
        level = np.where(rng.random(series) < 1 / 120, rng.gamma(1.5, 1 / 1.5, series), level)
        out[day] = rng.poisson(rng.gamma(1.0, np.maximum(mean * level, 1e-9)))
    return out


def storms(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Storms of 10 days on average, 90 apart, hold four in five: 36 times the rate of the other days."""
    return rng.poisson(mean * np.array([0.2 / 0.9, 8.0])[_switching(rng, days, series, (90.0, 10.0))])


def random_months(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Thirty days at a log-normal level (sd 0.7); six days in ten are silent."""
    drawn = np.exp(0.7 * rng.standard_normal((days // 30 + 2, series)) - 0.245)
    rate = mean / 0.4 * _levels(rng, days, series, 30, drawn)
    return rng.poisson(rate) * (rng.random((days, series)) < 0.4)


def half_year_levels(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Poisson at 0.4, 1 or 1.6 of the rate, drawn anew every 180 days."""
    drawn = np.array([0.4, 1.0, 1.6])[rng.integers(0, 3, (days // 180 + 2, series))]
    return rng.poisson(mean * _levels(rng, days, series, 180, drawn))


UNFORESEEN: dict[str, Maker] = {
    f.__name__: f
    for f in (
        pareto_bursts,
        alternating_weekdays,
        ten_day_market,
        mass_days_on_waves,
        heavy_autoregression,
        switching_spread,
        levels_of_300_days,
        offspring_of_offspring,
        gamma_levels,
        storms,
        random_months,
        half_year_levels,
    )
}
