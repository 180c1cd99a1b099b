"""Daily count processes with a steady mean and spread, invented after the test of one region was as it is.

The rule of what the days before a window carry over, and that of a level not yet seen, were chosen before any
of these was written, and nothing was changed for them: rare outbreaks, levels that climb and collapse,
excitation at two speeds, retaliation a week later, incidents that hold off others, quiet spells of Pareto
length, wars of 80 days in 400, log-normal weeks, a month's cycle, clusters of zeta size over ten days.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from unforeseen import _levels, _switching

from analytics.kernels.common.negative_binomial import nb_draws

__all__ = ["AFTERWARDS"]

Maker = Callable[[np.random.Generator, float, int, int], np.ndarray]


def outbreaks(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Outbreaks of 12 days on average, 300 apart, at 20 times the mean; negative binomial of size 0.5."""
    usual = (312 - 12 * 20) / 300
    rate = np.array([usual, 20.0])[_switching(rng, days, series, (300.0, 12.0))]
    return nb_draws(rng, mean * rate, 0.5)


def sawtooth(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A level that climbs threefold in 60 to 240 days, falls back in one, and climbs again; Poisson."""
    period = rng.integers(60, 241, series)
    part = ((np.arange(days)[:, None] + rng.integers(0, 240, series)) % period) / period
    level = np.exp(np.log(3.0) * part)
    return rng.poisson(mean * level * np.log(3.0) / 2.0)


def two_speeds(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Each incident draws 0.4 further ones within days and 0.4 within a month or two."""
    burn, fast, slow = 400, np.full(series, mean), np.full(series, mean)
    out = np.empty((burn + days, series), np.int64)
    for day in range(burn + days):
        out[day] = rng.poisson(0.2 * mean + 0.4 * fast + 0.4 * slow)
        fast += (out[day] - fast) / 2
        slow += (out[day] - slow) / 40
    return out[burn:]


def retaliation(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Each incident is answered by 0.6 further ones six, seven or eight days later."""
    burn = 300
    out = np.empty((burn + days, series), np.int64)
    for day in range(burn + days):
        answered = out[day - 8 : day - 5].mean(axis=0) if day >= 8 else mean
        out[day] = rng.poisson(0.4 * mean + 0.6 * answered)
    return out[burn:]


def holding_off(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """After busy days fewer: the rate falls with the past week; negative binomial of size 0.7."""
    burn, past = 200, np.full(series, mean)
    out = np.empty((burn + days, series), np.int64)
    for day in range(burn + days):
        out[day] = nb_draws(rng, 1.8 * mean / (1 + 0.8 * past / mean), 0.7)
        past += (out[day] - past) / 7
    return out[burn:]


def pareto_quiet(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Active spells of 20 days on average between quiet ones of Pareto length, 10 to 300 days."""
    burn = 700
    level = np.full((burn + days, series), 0.1)
    for one in range(series):
        day = -int(rng.integers(0, 60))
        while day < len(level):
            active = int(rng.exponential(20)) + 1
            level[max(day, 0) : max(day + active, 0), one] = 3.0
            day += active + int(min(10 * (1 - rng.random()) ** (-1 / 1.5), 300.0))
    return rng.poisson(mean * level[burn:] / 1.38)


def wars(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Wars of 80 days on average, 320 apart, at 25 times the rate of the days between."""
    rate = np.array([1.0, 25.0])[_switching(rng, days, series, (320.0, 80.0))]
    return rng.poisson(mean * rate / 5.8)


def lognormal_weeks(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Every week at a log-normal level of its own (sd 1)."""
    drawn = np.exp(rng.standard_normal((days // 7 + 2, series)) - 0.5)
    return rng.poisson(mean * _levels(rng, days, series, 7, drawn))


def monthly_cycle(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A cycle of 29.5 days that moves the rate by 70 %; negative binomial of size 2."""
    turn = 2 * np.pi * (np.arange(days)[:, None] / 29.5 + rng.random(series))
    return nb_draws(rng, mean * (1 + 0.7 * np.sin(turn)), 2.0)


def zeta_clusters(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Clusters of zeta size (index 2.2, at most 80), each spread over ten days."""
    out = np.zeros((days + 10, series), np.int64)
    size = np.arange(1.0, 81.0)
    chance = size**-2.2 / (size**-2.2).sum()
    clusters = rng.poisson(mean / (chance @ size), out.shape)
    day, one = np.nonzero(clusters)
    many = clusters[day, one]
    day, one = np.repeat(day, many), np.repeat(one, many)
    sizes = rng.choice(80, day.size, p=chance) + 1
    day, one = np.repeat(day, sizes), np.repeat(one, sizes)
    later = day + rng.integers(0, 10, day.size)
    kept = later < len(out)
    np.add.at(out, (later[kept], one[kept]), 1)
    return out[10:]


AFTERWARDS: dict[str, Maker] = {
    f.__name__: f
    for f in (
        outbreaks,
        sawtooth,
        two_speeds,
        retaliation,
        holding_off,
        pareto_quiet,
        wars,
        lognormal_weeks,
        monthly_cycle,
        zeta_clusters,
    )
}
