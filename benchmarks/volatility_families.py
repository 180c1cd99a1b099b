"""Random processes on which the limits of the volatility are set: twelve families, alone and put together.

The processes of benchmarks/volatility.py are not among them. A family draws its parameters, then returns what
draws counts of days: ``draw(rng, mean, days, series)``, every day with the same mean. :func:`composed` takes
one family, or the sum of two or three unlike ones, as where several actors share a region, and of some it
takes away a share that changes over time, the same share of all parts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

Draw = Callable[[np.random.Generator, float, int, int], np.ndarray]

BURN = 300
MOST_FEEDBACK = 0.9  # from 1 on, the days have no finite variance
_NORMAL = np.linspace(-6, 6, 2001)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number, its logarithm uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _mixed(rng: np.random.Generator, mean: np.ndarray | float, size: float) -> np.ndarray:
    return rng.poisson(rng.gamma(size, mean / size))


def remembered(g: np.random.Generator, memory: float, days: int, series: int) -> np.ndarray:
    """Draw standard normal numbers whose correlation fades over `memory` days."""
    stay = np.exp(-1 / memory)
    normal = g.normal(size=(days, series))
    for day in range(1, days):
        normal[day] = stay * normal[day - 1] + np.sqrt(1 - stay**2) * normal[day]
    return normal


def _law(rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes levels with mean 1, gamma or lognormal, of standard normal numbers."""
    if rng.random() < 0.5:
        shape = _between(rng, 0.7, 15)
        quantiles = special.gammaincinv(shape, special.ndtr(_NORMAL).clip(1e-12, 1 - 1e-12)) / shape
        return lambda normal: np.interp(normal, _NORMAL, quantiles)
    sd = rng.uniform(0.15, 0.9)
    return lambda normal: np.exp(sd * normal - sd**2 / 2)


def poisson(rng: np.random.Generator) -> Draw:
    """A steady rate."""
    return lambda g, mean, days, series: g.poisson(mean, (days, series))


def days_apart(rng: np.random.Generator) -> Draw:
    """Overdispersed days that know nothing of each other, one weekday heavier."""
    size, heavier = _between(rng, 0.15, 4), rng.uniform(1, 6)

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        weekday = (np.arange(days)[:, None] + g.integers(0, 7, series)) % 7
        return _mixed(g, mean * np.where(weekday == 0, heavier, 1.0) * 7 / (heavier + 6), size)

    return draw


def slow_rate(rng: np.random.Generator) -> Draw:
    """A gamma or lognormal rate with exponential memory of 2 to 50 days; some with overdispersed days."""
    law, memory = _law(rng), _between(rng, 2, 50)
    size = _between(rng, 0.3, 8) if rng.random() < 0.25 else np.inf

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        rate = mean * law(remembered(g, memory, days, series))
        return g.poisson(rate) if np.isinf(size) else _mixed(g, rate, size)

    return draw


def states(rng: np.random.Generator) -> Draw:
    """Two or three states, each with a level and a mean stay."""
    if rng.random() < 0.6:
        levels = [rng.uniform(0, 0.6), 1.0]
        stays = [_between(rng, 7, 90) for _ in levels]
    else:
        levels = [rng.uniform(0.05, 0.6), 1.0, rng.uniform(1.5, 5)]
        stays = [_between(rng, 10, 90), _between(rng, 10, 90), _between(rng, 5, 40)]
    stay, number = np.array(stays), len(levels)
    share = stay / stay.sum()
    level = np.array(levels) / (share @ np.array(levels))

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        state, factor = g.choice(number, series, p=share), np.empty((days, series))
        for day in range(days):
            factor[day] = level[state]
            leaves = g.random(series) < 1 / stay[state]
            state = np.where(leaves, (state + g.integers(1, number, series)) % number, state)
        return g.poisson(mean * factor)

    return draw


def blocks(rng: np.random.Generator) -> Draw:
    """A new level every 7 to 75 days."""
    law, length = _law(rng), int(_between(rng, 7, 75))

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        level = law(g.normal(size=(days // length + 2, series)))
        block = (np.arange(days)[:, None] + g.integers(0, length, series)) // length
        return g.poisson(mean * np.take_along_axis(level, block, axis=0))

    return draw


def offspring(rng: np.random.Generator) -> Draw:
    """Incidents that draw further ones, 0.1 to 0.8 each."""
    branching, lag = rng.uniform(0.1, 0.8), _between(rng, 1.5, 20)

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        stay, excite, rows = 1 - 1 / lag, np.full(series, mean), []
        for _ in range(days + BURN):
            rows.append(g.poisson((1 - branching) * mean + branching * excite))
            excite = stay * excite + (1 - stay) * rows[-1]
        return np.array(rows[BURN:])

    return draw


def campaigns(rng: np.random.Generator) -> Draw:
    """Campaigns of 2 to 15 incidents spread over days or weeks, beside a steady rate."""
    size, share = _between(rng, 2, 15), rng.uniform(0.4, 1)
    shortest = int(rng.integers(1, 8))
    longest = shortest + int(rng.integers(1, 35))

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        number = g.poisson(mean * share / size, (days + longest, series))
        start, column = (np.repeat(at.ravel(), number.ravel()) for at in np.indices(number.shape))
        length = g.integers(shortest, longest + 1, start.size)
        change = np.zeros((days + 2 * longest + 1, series))
        np.add.at(change, (start, column), size / length)
        np.add.at(change, (start + length, column), -size / length)
        under_way = np.cumsum(change, axis=0)[longest : longest + days]
        return g.poisson(np.where(under_way > 1e-9, under_way, 0.0) + mean * (1 - share))

    return draw


def feedback(rng: np.random.Generator) -> Draw:
    """Negative binomial days, of finite variance, around a mean of yesterday's count and yesterday's mean."""
    together, last, size = 1.0, 1.0, 1.0
    while together**2 + last**2 / size > MOST_FEEDBACK:
        together, size = rng.uniform(0.3, 0.92), _between(rng, 0.8, 8)
        last = together * rng.uniform(0.15, 0.7)

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        level, rows = np.full(series, mean), []
        for _ in range(days + BURN):
            rows.append(_mixed(g, level, size))
            level = (1 - together) * mean + last * rows[-1] + (together - last) * level
        return np.array(rows[BURN:])

    return draw


def same_day(rng: np.random.Generator) -> Draw:
    """Waves on single days, of sizes with a power-law tail, beside a steady rate."""
    share, largest, tail = rng.uniform(0.1, 0.8), int(_between(rng, 8, 80)), rng.uniform(1.6, 3)
    sizes = np.arange(1, largest + 1)
    chance = sizes**-tail / (sizes**-tail).sum()

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        number = g.poisson(mean * share / (sizes @ chance), (days, series))
        size = g.choice(sizes, int(number.sum()), p=chance)
        cell = np.repeat(np.arange(number.size), number.ravel())
        together = np.bincount(cell, weights=size, minlength=number.size).astype(np.int64)
        return g.poisson(mean * (1 - share), (days, series)) + together.reshape(number.shape)

    return draw


def pauses(rng: np.random.Generator) -> Draw:
    """Spells with incidents and spells without, gamma in length."""
    spells = np.array([rng.uniform(7, 60), rng.uniform(30, 150)])
    shape = rng.uniform(1, 4)
    active = spells[1] / spells.sum()

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        on, rows = (g.random(series) < active).astype(np.int64), []
        left = g.random(series) * g.gamma(shape + 1, spells[on] / shape)
        for _ in range(days):
            rows.append(on)
            left = left - 1
            ends = left <= 0
            on = np.where(ends, 1 - on, on)
            left = np.where(ends, g.gamma(shape, spells[on] / shape), left)
        return g.poisson(mean * np.array(rows) / active)

    return draw


def shots(rng: np.random.Generator) -> Draw:
    """Clusters of geometric or power-law size, on one day or fading over days or weeks."""
    delay, share = rng.uniform(0, 15) * (rng.random() < 0.8), rng.uniform(0.2, 1)
    largest, tail = int(_between(rng, 10, 100)), rng.uniform(1.5, 3)
    sizes = np.arange(1, largest + 1)
    heavy = rng.random() < 0.5
    chance = sizes**-tail if heavy else np.exp(-sizes / _between(rng, 1.5, 12))
    chance = chance / chance.sum()
    early = int(8 * delay) + 1

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        number = g.poisson(mean * share / (sizes @ chance), (days + early, series))
        start, column = (np.repeat(at.ravel(), number.ravel()) for at in np.indices(number.shape))
        size = g.choice(sizes, start.size, p=chance)
        day, column = np.repeat(start, size), np.repeat(column, size)
        day = day + np.floor(g.exponential(delay, day.size) if delay else np.zeros(day.size)).astype(np.int64)
        inside = (day >= early) & (day < days + early)
        cell = (day[inside] - early) * series + column[inside]
        together = np.bincount(cell, minlength=days * series).reshape(days, series)
        return g.poisson(mean * (1 - share), (days, series)) + together

    return draw


def cycle(rng: np.random.Generator) -> Draw:
    """A rate that swings once in 25 to 400 days, its phase random; some with overdispersed days."""
    length, swing = _between(rng, 25, 400), rng.uniform(0.2, 1)
    size = _between(rng, 0.3, 8) if rng.random() < 0.5 else np.inf

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        at = np.arange(days)[:, None] / length + g.random(series)
        rate = mean * (1 + swing * np.sin(2 * np.pi * at))
        return g.poisson(rate) if np.isinf(size) else _mixed(g, rate, size)

    return draw


FAMILIES: tuple[Callable[[np.random.Generator], Draw], ...] = (
    poisson, days_apart, slow_rate, states, blocks, offspring, campaigns, feedback, same_day, pauses,
    shots, cycle,
)  # fmt: skip
KINDS, KIND_SHARES = (
    ("alone", "two", "three", "alone, thinned", "two, thinned"),
    (0.42, 0.36, 0.06, 0.08, 0.08),
)


def composed(rng: np.random.Generator) -> tuple[tuple[str, ...], Draw]:
    """Return the names of the families taken, and what draws their sum."""
    kind = KINDS[rng.choice(len(KINDS), p=KIND_SHARES)]
    number = 1 + ("two" in kind) + 2 * (kind == "three")
    families = [FAMILIES[at] for at in rng.choice(len(FAMILIES), number, replace=False)]
    draws = [family(rng) for family in families]
    shares = rng.uniform(0.2, 0.8, number)
    shares /= shares.sum()
    part = _part(rng) if "thinned" in kind else None

    def draw(g: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
        if part is None:
            return np.sum(
                [one(g, mean * w, days, series) for one, w in zip(draws, shares, strict=True)], axis=0
            )
        kept, usual = part(g, days, series)
        values = [one(g, mean * w / usual, days, series) for one, w in zip(draws, shares, strict=True)]
        return g.binomial(np.sum(values, axis=0), kept)

    names = tuple(family.__name__ for family in families)
    return (*names, *(("thinned",) if part else ())), draw


def _part(rng: np.random.Generator) -> Callable[[np.random.Generator, int, int], tuple[np.ndarray, float]]:
    """Return what draws the share kept on each day, smooth with a memory of 3 to 40 days, and its mean."""
    memory, level, spread = _between(rng, 3, 40), rng.uniform(-0.5, 1), rng.uniform(0.3, 2)
    usual = float(special.ndtr(level / np.sqrt(1 + spread**2)))

    def draw(g: np.random.Generator, days: int, series: int) -> tuple[np.ndarray, float]:
        return special.ndtr(level + spread * remembered(g, memory, days, series)), usual

    return draw
