"""Further processes for the coverage of the volatility, of no family that set the weights of its limits.

The eight of :data:`FURTHER` were written, and measured once, before the weights were set for the last time;
the six of :data:`LAST` after that. Those of :data:`SEASONS` were looked at while the estimator learnt to know
seasons; the three of :data:`YEARS` were measured before its last changes, the two of :data:`AFTERWARDS` after
them. The six of :data:`UNSEEN` were written after all changes, of the limits for few windows too. Each draws
counts of days, ``draw(rng, mean, days, series)``, every day with the same mean.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Draw = Callable[[np.random.Generator, float, int, int], np.ndarray]

BURN = 600
YEAR = 365


def fortnight_levels(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A new gamma level (shape 4) every 14 days, the days of change unknown."""
    level = rng.gamma(4, 1 / 4, (days // 14 + 2, series))
    block = (np.arange(days)[:, None] + rng.integers(0, 14, series)) // 14
    return rng.poisson(mean * np.take_along_axis(level, block, axis=0))


def square_root(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A square-root diffusion (Cox, Ingersoll and Ross 1985): gamma rate of shape 2, memory of 20 days."""
    shape, stay = 2.0, np.exp(-1 / 20)
    scale = (1 - stay) / shape
    rate, rows = rng.gamma(shape, 1 / shape, series), []
    for _ in range(days):
        rows.append(rng.poisson(mean * rate))
        rate = scale / 2 * rng.noncentral_chisquare(2 * shape, 2 * stay * rate / scale)
    return np.array(rows)


def uneven_truces(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Fighting of 45 days and truces of 20 on average, lognormal in length with a log sd of 1; half go on."""
    usual, on = np.array([20.0, 45.0]), rng.integers(0, 2, series)
    left, rows = np.zeros(series), []
    for _ in range(days + BURN):
        ends = left <= 0
        on = np.where(ends, 1 - on, on)
        left = np.where(ends, left + usual[on] * np.exp(rng.normal(-0.5, 1, series)), left) - 1
        rows.append(on)
    share = usual[1] / usual.sum()
    return rng.poisson(mean * (0.5 + 0.5 * np.array(rows[BURN:]) / share))


def two_sides(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Two sides that answer each other: 0.5 replies within days, 0.15 further ones of one's own."""
    own, other, stay = 0.15, 0.5, np.exp(-1 / 4)
    base = mean / 2 * (1 - own - other)
    excite, rows = np.full((2, series), mean / 2), []
    for _ in range(days + BURN):
        made = rng.poisson(base + own * excite + other * excite[::-1])
        rows.append(made.sum(axis=0))
        excite = stay * excite + (1 - stay) * made
    return np.array(rows[BURN:])


def operations(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Operations of 1 to 5 days every 24 days or so, of exponential strength; half the incidents."""
    left, remaining, strength = rng.gamma(3, 8, series), np.zeros(series), np.zeros(series)
    rows = []
    for _ in range(days + BURN):
        starts = left <= 0
        length = rng.integers(1, 6, series)
        size = mean * 24 / 2 * rng.exponential(1, series)
        strength = np.where(starts, size / length, strength)
        remaining = np.where(starts, length, remaining)
        rows.append(rng.poisson(mean / 2 + strength * (remaining > 0)))
        left = np.where(starts, left + rng.gamma(3, 8, series), left) - 1
        remaining = remaining - 1
    return np.array(rows[BURN:])


def season(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A yearly season of 0.6 either way, its phase random; negative binomial days of size 2."""
    at = 2 * np.pi * (np.arange(days)[:, None] / YEAR + rng.random(series))
    rate = mean * (1 + 0.6 * np.sin(at) + 0.2 * np.sin(2 * at))
    return rng.poisson(rng.gamma(2, rate / 2))


def large_days(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Days of waves beside a slow rate: sizes lognormal (log mean 1, log sd 0.8); half the incidents each."""
    expected = np.exp(1 + 0.8**2 / 2)
    number = rng.poisson(mean / 2 / expected, (days, series))
    size = np.exp(rng.normal(1, 0.8, int(number.sum())))
    cell = np.repeat(np.arange(number.size), number.ravel())
    together = np.bincount(cell, weights=size, minlength=number.size).reshape(number.shape)
    stay = np.exp(-1 / 30)
    normal = rng.normal(size=series)
    rows = []
    for _ in range(days):
        rows.append(np.exp(0.5 * normal - 0.125))
        normal = stay * normal + np.sqrt(1 - stay**2) * rng.normal(size=series)
    return rng.poisson(mean / 2 * np.array(rows) + together)


def three_actors(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A steady one, one in geometric batches of 3, one that changes its level every 60 days."""
    batches = rng.poisson(0.3 * mean / 3, (days, series))
    batches = batches + rng.negative_binomial(np.maximum(batches, 1), 1 / 3) * (batches > 0)
    level = np.exp(rng.normal(-0.32, 0.8, (days // 60 + 2, series)))
    block = (np.arange(days)[:, None] + rng.integers(0, 60, series)) // 60
    rate = mean * (0.3 + 0.4 * np.take_along_axis(level, block, axis=0))
    return batches + rng.poisson(rate)


def two_rates(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A lognormal rate with a quick part (memory of 3 days) and a slow one (25 days), log sd 0.5 each."""
    stay = np.exp(-1 / np.array([[3.0], [25.0]]))
    normal, rows = rng.normal(size=(2, series)), []
    for _ in range(days):
        rows.append(rng.poisson(mean * np.exp(0.5 * normal.sum(axis=0) - 0.25)))
        normal = stay * normal + np.sqrt(1 - stay**2) * rng.normal(size=(2, series))
    return np.array(rows)


def week_ends(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Two days of seven carry three quarters, and every week a new gamma level of shape 1.5 holds."""
    day = np.arange(days)[:, None] + rng.integers(0, 7, series)
    level = rng.gamma(1.5, 1 / 1.5, (days // 7 + 2, series))
    return rng.poisson(
        mean * np.where(day % 7 < 2, 2.625, 0.35) * np.take_along_axis(level, day // 7, axis=0)
    )


def absences(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Self-exciting days of which a worker's absence hides 70 %, 10 days on average, every 60."""
    hidden, shown = 10.0, 60.0
    usual = (shown + 0.3 * hidden) / (shown + hidden)
    away, excite, rows = rng.random(series) < hidden / (shown + hidden), np.full(series, mean / usual), []
    for _ in range(days + BURN):
        made = rng.poisson(0.6 * mean / usual + 0.4 * excite)
        excite = excite + (made - excite) / 5
        rows.append(rng.binomial(made, np.where(away, 0.3, 1.0)))
        away = np.where(away, rng.random(series) >= 1 / hidden, rng.random(series) < 1 / shown)
    return np.array(rows[BURN:])


def feuds(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Feuds that begin at random, last 30 days on average and have a rate of their own, gamma of shape 1."""
    usual, lasting = 4.0, 30.0
    under_way = [rng.exponential(1, (n, 1)) for n in rng.poisson(usual, series)]
    rate, number = np.array([one.sum() for one in under_way]), np.array([len(one) for one in under_way])
    rows = []
    for _ in range(days):
        rows.append(rng.poisson(mean * rate / usual))
        leave = rng.binomial(number, 1 / lasting)
        rate = rate * (1 - rng.beta(np.maximum(leave, 1e-9), np.maximum(number - leave, 1e-9)))
        begin = rng.poisson(usual / lasting, series)
        rate, number = rate + rng.gamma(np.maximum(begin, 1e-9)), number - leave + begin
    return np.array(rows)


def blasts_beside_feuds(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """The feuds, and a quarter of the incidents in blasts of 1 to 30 on a day, size k as often as k^-1.5."""
    sizes = np.arange(1, 31)
    chance = sizes**-1.5 / (sizes**-1.5).sum()
    blasts = rng.poisson(mean / 4 / (sizes @ chance), (days, series))
    cell = np.repeat(np.arange(blasts.size), blasts.ravel())
    size = rng.choice(sizes, cell.size, p=chance)
    together = np.bincount(cell, weights=size, minlength=blasts.size).astype(np.int64).reshape(days, series)
    return feuds(rng, 3 * mean / 4, days, series) + together


def patrols(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Days watched, 60 % in runs of 4, have negative binomial counts of size 1; the others none."""
    seen, rows = rng.random(series) < 0.6, []
    for _ in range(days):
        rows.append(np.where(seen, rng.poisson(rng.gamma(1.0, mean / 0.6, series)), 0))
        seen = np.where(seen, rng.random(series) >= 1 / 4, rng.random(series) < 0.6 / 0.4 / 4)
    return np.array(rows)


def fighting_season(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Five months of fighting a year at four times the rate of the other seven, which begin within a week."""
    at = (np.arange(days)[:, None] + rng.integers(0, YEAR, series)) % YEAR
    high = np.clip(np.minimum(at, 150 - at) / 7 + 0.5, 0, 1)
    rate = 1 + 3 * high
    return rng.poisson(mean * rate / (1 + 3 * 150 / YEAR))


def half_a_season(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Half a year swells and ebbs, the other half is flat; negative binomial days of size 1."""
    at = 2 * np.pi * (np.arange(days)[:, None] / YEAR + rng.random(series))
    rate = mean * (1 + 1.5 * np.maximum(np.sin(at), 0)) / (1 + 1.5 / np.pi)
    return rng.poisson(rng.gamma(1, rate))


def season_and_bursts(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A season of 0.7 either way, and a third of the incidents in bursts of 8 on average within ten days."""
    at = 2 * np.pi * (np.arange(days)[:, None] / YEAR + rng.random(series))
    number = rng.poisson(mean / 3 / 8, (days + 10, series))
    start, column = (np.repeat(one.ravel(), number.ravel()) for one in np.indices(number.shape))
    size = rng.poisson(rng.gamma(2, 8 / 2, start.size))
    day, column = np.repeat(start, size) + rng.integers(0, 10, size.sum()), np.repeat(column, size)
    inside = (day >= 10) & (day < days + 10)
    bursts = np.bincount((day[inside] - 10) * series + column[inside], minlength=days * series)
    return rng.poisson(2 * mean / 3 * (1 + 0.7 * np.sin(at))) + bursts.reshape(days, series)


def uneven_seasons(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A yearly peak, its height gamma of shape 6 each year and its day two weeks early or late."""
    day = np.arange(days)[:, None] + rng.integers(0, YEAR, series)
    year = day // YEAR
    years = days // YEAR + 2
    height, late = rng.gamma(6, 1 / 6, (years, series)), rng.normal(0, 14, (years, series))
    away = day % YEAR - YEAR / 2 - np.take_along_axis(late, year, axis=0)
    peak = np.take_along_axis(height, year, axis=0) * np.exp(-((away / 50) ** 2) / 2)
    return rng.poisson(mean / 2 * (1 + peak * YEAR / (50 * np.sqrt(2 * np.pi))))


def two_peaks(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A high peak and, four months later, a lower one, over a lognormal rate (log sd 0.3, memory 20 days)."""
    at = 2 * np.pi * (np.arange(days)[:, None] / YEAR + rng.random(series))
    shape = 0.4 + 1.2 * np.exp(4 * (np.cos(at) - 1)) + 0.7 * np.exp(4 * (np.cos(at - 2 * np.pi / 3) - 1))
    stay, normal, rows = np.exp(-1 / 20), rng.normal(size=series), []
    for _ in range(days):
        rows.append(np.exp(0.3 * normal - 0.045))
        normal = stay * normal + np.sqrt(1 - stay**2) * rng.normal(size=series)
    usual = 0.4 + 1.9 * np.exp(-4) * np.i0(4)
    return rng.poisson(mean * shape / usual * np.array(rows))


def lunar_year(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A month of half as many again as usual every 354 days, and a swing of 0.4 with the year of the sun."""
    moon = (np.arange(days)[:, None] + rng.integers(0, 354, series)) % 354 < 30
    sun = np.sin(2 * np.pi * (np.arange(days)[:, None] / YEAR + rng.random(series)))
    rate = mean * (1 + 0.5 * moon) / (1 + 0.5 * 30 / 354) * (1 + 0.4 * sun)
    return rng.poisson(rng.gamma(3, rate / 3))


def fading_season(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A swing with the year whose size goes up and down over years (memory of 500 days, 0.6 on average)."""
    at = 2 * np.pi * (np.arange(days)[:, None] / YEAR + rng.random(series))
    stay, normal, rows = np.exp(-1 / 500), rng.normal(size=series), []
    for _ in range(days):
        rows.append(np.clip(0.6 + 0.2 * normal, 0, 1))
        normal = stay * normal + np.sqrt(1 - stay**2) * rng.normal(size=series)
    return rng.poisson(mean * (1 + np.array(rows) * np.sin(at)))


def yearly_pause(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Self-exciting days (0.3 replies); every year two quiet months that begin ten days early or late."""
    day = np.arange(days + BURN)[:, None] + rng.integers(0, YEAR, series)
    late = rng.normal(0, 10, (days + BURN) // YEAR * series + 2 * series).reshape(-1, series)
    away = day % YEAR - 150 - np.take_along_axis(late, day // YEAR, axis=0)
    shape = np.where((away >= 0) & (away < 60), 0.15, 1.0)
    usual, stay = 1 - 0.85 * 60 / YEAR, np.exp(-1 / 6)
    excite, rows = np.full(series, mean), []
    for one in shape:
        rows.append(rng.poisson(0.7 * mean * one / usual + 0.3 * excite))
        excite = stay * excite + (1 - stay) * rows[-1]
    return np.array(rows[BURN:])


def rainy_years(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A swing with the year; years differ in level (lognormal, sd 0.15), months too (gamma of shape 12)."""
    day = np.arange(days)[:, None] + rng.integers(0, YEAR, series)
    years, months = days // YEAR + 2, days // 30 + 15
    level = np.exp(rng.normal(-(0.15**2) / 2, 0.15, (years, series)))
    month = rng.gamma(12, 1 / 12, (months, series))
    rate = (1 + 0.5 * np.sin(2 * np.pi * day / YEAR)) * np.take_along_axis(level, day // YEAR, axis=0)
    return rng.poisson(mean * rate * np.take_along_axis(month, day // 30, axis=0))


def lulls_of_any_length(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Fighting of 35 days on average; lulls at a tenth of the rate, Pareto of index 2.5 from 10 days on."""
    on, left, rows = rng.random(series) < 0.7, np.zeros(series), []
    for _ in range(days + BURN):
        ends = left <= 0
        on = on ^ ends
        lasts = np.where(on, rng.exponential(35, series), 10 * (1 + rng.pareto(2.5, series)))
        left = np.where(ends, left + lasts, left) - 1
        rows.append(np.where(on, 1.0, 0.1))
    usual = (35 + 0.1 * 10 * 2.5 / 1.5) / (35 + 10 * 2.5 / 1.5)
    return rng.poisson(mean * np.array(rows[BURN:]) / usual)


def contested_towns(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Five towns alike: contested a quarter of the time, 20 days on average, at eight times the rate."""
    contested, rows = rng.random((5, series)) < 0.25, []
    for _ in range(days):
        rows.append(rng.poisson(mean / 5 * np.where(contested, 8.0, 1.0) / 2.75).sum(axis=0))
        chance = rng.random((5, series))
        contested = np.where(contested, chance >= 1 / 20, chance < 1 / 60)
    return np.array(rows)


def weekly_protests(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Half of the incidents on one day of the week, their number lognormal (log sd 0.8, memory 6 weeks)."""
    first, stay, normal = rng.integers(0, 7, series), np.exp(-1 / 6), rng.normal(size=series)
    rows = []
    for day in range(days):
        protest = (day + first) % 7 == 0
        rows.append(rng.poisson(mean / 2 * (1 + 7 * protest * np.exp(0.8 * normal - 0.32))))
        moved = stay * normal + np.sqrt(1 - stay**2) * rng.normal(size=series)
        normal = np.where(protest, moved, normal)
    return np.array(rows)


def snow_passes(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Passes closed four months a year, the edges two weeks early or late; each summer has its own level."""
    day = np.arange(days)[:, None] + rng.integers(0, YEAR, series)
    year, years = day // YEAR, days // YEAR + 2
    early, late = (np.take_along_axis(rng.normal(0, 14, (years, series)), year, axis=0) for _ in range(2))
    at = day % YEAR
    opened = 1 / (1 + np.exp((60 + early - at) / 5)) / (1 + np.exp((at - 305 - late) / 5))
    level = np.take_along_axis(rng.gamma(20, 1 / 20, (years, series)), year, axis=0)
    return rng.poisson(mean * (0.15 + 0.85 * opened * level) / (0.15 + 0.85 * 245 / YEAR))


def wet_roads(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """Wet spells of a week, a third of the rate, begin often in the rainy half of the year, else rarely."""
    phase, wet, rows = rng.random(series), np.zeros(series, bool), []
    for day in range(days + BURN):
        rain = 0.07 * np.maximum(np.sin(2 * np.pi * ((day - BURN) / YEAR + phase)), 0.1)
        chance = rng.random(series)
        wet = np.where(wet, chance >= 1 / 7, chance < rain)
        rows.append(np.where(wet, 1 / 3, 1.0))
    rate = np.array(rows[BURN:])
    return rng.poisson(rng.gamma(4, mean * rate / 0.909 / 4))


def excited_season(rng: np.random.Generator, mean: float, days: int, series: int) -> np.ndarray:
    """A swing of 0.5 with the year in what begins of itself; an incident draws 0.5 others within 10 days."""
    phase, stay, excite, rows = rng.random(series), np.exp(-1 / 10), np.full(series, mean), []
    for day in range(days + BURN):
        swing = 1 + 0.5 * np.sin(2 * np.pi * ((day - BURN) / YEAR + phase))
        rows.append(rng.poisson(0.5 * mean * swing + 0.5 * excite))
        excite = stay * excite + (1 - stay) * rows[-1]
    return np.array(rows[BURN:])


FURTHER: dict[str, Draw] = {
    one.__name__: one
    for one in (
        fortnight_levels, square_root, uneven_truces, two_sides, operations, season, large_days, three_actors,
    )
}  # fmt: skip
LAST: dict[str, Draw] = {
    one.__name__: one
    for one in (two_rates, week_ends, absences, feuds, blasts_beside_feuds, patrols)
}  # fmt: skip
SEASONS: dict[str, Draw] = {
    one.__name__: one
    for one in (fighting_season, half_a_season, season_and_bursts, uneven_seasons)
}  # fmt: skip
YEARS: dict[str, Draw] = {one.__name__: one for one in (two_peaks, lunar_year, fading_season)}
AFTERWARDS: dict[str, Draw] = {one.__name__: one for one in (yearly_pause, rainy_years)}
UNSEEN: dict[str, Draw] = {
    one.__name__: one
    for one in (
        lulls_of_any_length, contested_towns, weekly_protests, snow_passes, wet_roads, excited_season,
    )
}  # fmt: skip
