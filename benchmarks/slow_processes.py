"""Daily count processes with a steady mean that move slowly, or heave: for measuring error rates afterwards.

None of them is in the package; a test was designed on none. Every maker takes a generator and the mean of
each day and series, shape (days, series), and returns counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import signal

BURN_IN = 250
MOMENTUM_BRANCHING, MOMENTUM_DAYS = 0.6, 28
QUIET_LEVELS, QUIET_DAYS = (0.3, 1.35), (120.0, 240.0)  # relative rates, mean stay
FRAILTY_SHAPE, FRAILTY_DAYS = 3.0, 60.0
MEMORY, MEMORY_SD = 0.35, 0.5
TAIL, LARGEST = 1.6, 60.0


def momentum(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    """Each incident draws 0.6 further ones, spread evenly over the following 28 days."""
    past = np.tile(mean[0], (MOMENTUM_DAYS, 1))
    total, out = past.sum(axis=0), np.empty(mean.shape, np.int64)
    for day, level in enumerate(mean):
        out[day] = rng.poisson((1 - MOMENTUM_BRANCHING) * level + MOMENTUM_BRANCHING * total / MOMENTUM_DAYS)
        total = total - past[day % MOMENTUM_DAYS] + out[day]
        past[day % MOMENTUM_DAYS] = out[day]
    return out


def quiet_years(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    """Quiet spells of 120 days and active ones of 240 on average, at relative rates of 0.3 and 1.35."""
    stay, level = np.asarray(QUIET_DAYS), np.asarray(QUIET_LEVELS)
    share = stay / stay.sum()
    active = (rng.random(mean.shape[1]) < share[1]).astype(int)
    out = np.empty(mean.shape, np.int64)
    for day, usual in enumerate(mean):
        out[day] = rng.poisson(usual * level[active] / (level @ share))
        active = np.where(rng.random(active.size) < 1 / stay[active], 1 - active, active)
    return out


def frailty(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    """A gamma level of shape 3, drawn anew after 60 days on average."""
    level, out = rng.gamma(FRAILTY_SHAPE, 1 / FRAILTY_SHAPE, mean.shape[1]), np.empty(mean.shape, np.int64)
    for day, usual in enumerate(mean):
        fresh = rng.gamma(FRAILTY_SHAPE, 1 / FRAILTY_SHAPE, level.size)
        level = np.where(rng.random(level.size) < 1 / FRAILTY_DAYS, fresh, level)
        out[day] = rng.poisson(usual * level)
    return out


def slow_cox(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    """Log-Gaussian Cox process, AR(1) of 0.98 a day, sd 0.5."""
    stay, sd = 0.98, 0.5
    log_rate, out = rng.normal(0.0, sd, mean.shape[1]), np.empty(mean.shape, np.int64)
    for day, usual in enumerate(mean):
        out[day] = rng.poisson(usual * np.exp(log_rate - sd**2 / 2))
        log_rate = stay * log_rate + rng.normal(0.0, sd * np.sqrt(1 - stay**2), log_rate.size)
    return out


def long_memory(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    """The log rate is fractional noise, d = 0.35, sd 0.5."""
    days, series = mean.shape
    k = np.arange(1, 2 * days)
    weight = np.cumprod(np.r_[1.0, (k - 1 + MEMORY) / k])
    noise = rng.normal(size=(4 * days, series))
    path = signal.fftconvolve(noise, weight[:, None], axes=0)[2 * days : 3 * days]
    log_rate = MEMORY_SD * path / np.sqrt((weight**2).sum())
    return rng.poisson(mean * np.exp(log_rate - MEMORY_SD**2 / 2))


def pareto_days(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    """Every day has a Pareto effect of index 1.6, cut at 60."""
    effect = np.minimum((1 - rng.random(mean.shape)) ** (-1 / TAIL), LARGEST)
    usual = (TAIL - LARGEST ** (1 - TAIL)) / (TAIL - 1)
    return rng.poisson(mean * effect / usual)


SLOW: dict[str, Callable[[np.random.Generator, np.ndarray], np.ndarray]] = {
    f.__name__: f for f in (momentum, quiet_years, frailty, slow_cox, long_memory, pareto_days)
}


def simulate_slow(
    process: str, *, mean: float, days: int, series: int, seed: int, ratio: float = 1.0, recent: int = 14
) -> np.ndarray:
    """Counts of shape (days, series); the last `recent` days have `ratio` times the rate."""
    rates = np.full((BURN_IN + days, series), float(mean))
    rates[-recent:] *= ratio
    return SLOW[process](np.random.default_rng(seed), rates)[BURN_IN:].astype(np.int64)
