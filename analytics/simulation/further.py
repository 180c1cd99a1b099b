"""Further daily count processes, none of which a test was designed on: for measuring error rates afterwards.

The processes of :data:`MORE_STATIONARY` have the same mean on every day, so a test of "more active recently"
has a null to hold there. Those of :data:`MORE_NONSTATIONARY` do not: what a test says about them is worth
showing, and no error rate is promised; only `season_trend` has a null that can be modelled.

References
----------
.. [1] Neyman, J., Scott, E. L. (1958). Statistical approach to problems of cosmology. Journal of the Royal
       Statistical Society B 20, 1-43.
.. [2] Cox, D. R. (1962). Renewal Theory. Methuen. (Equilibrium start of a renewal process.)
.. [3] Ogata, Y. (1988). Statistical models for earthquake occurrences and residual analysis for point
       processes. Journal of the American Statistical Association 83, 9-27. (Power-law aftershocks.)
.. [4] Benjamin, M. A., Rigby, R. A., Stasinopoulos, D. M. (2003). Generalized autoregressive moving average
       models. Journal of the American Statistical Association 98, 214-223.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.errors import OptionError, unknown_option
from analytics.kernels.common.negative_binomial import nb_draws
from analytics.periods import YEAR_DAYS
from analytics.simulation.counts import SimulatedCounts, daily_rates

__all__ = ["MORE_NONSTATIONARY", "MORE_PROCESSES", "MORE_STATIONARY", "simulate_more"]


REGIME_LEVELS = (0.3, 1.0, 3.0)  # relative rates of the quiet, the usual and the violent state
REGIME_DAYS = (60.0, 60.0, 20.0)  # mean stay in each; then either of the others
WAVE_SHARE, WAVE_LARGEST, WAVE_TAIL = 0.5, 50, 2.0  # of incidents; size k has probability ~ k^-tail
CEASEFIRE_DAYS, FIGHTING_DAYS, SPELL_SHAPE = 30.0, 90.0, 2.0
HEAPING, DAY_SHAPE = 6.0, 2.0  # one weekday against each other one; gamma shape of day effects
POWERLAW_BRANCHING, POWERLAW_DAYS, POWERLAW_EXPONENT = 0.5, 60, 1.3
CAMPAIGN_SIZE, CAMPAIGN_SHORTEST, CAMPAIGN_LONGEST = 6.0, 3, 21
ZINB_ZERO, ZINB_LAG_1, ZINB_LAG_7, ZINB_SIZE = 0.3, 0.2, 0.2, 1.0
LEVEL_DAYS, LEVEL_SHAPE = 30, 2.0
OFFENSIVE_DAYS, OFFENSIVE_RATIO = 56, 3.0
DRIFT_RATIO = 2.0
WALK_SD = 0.03  # of the daily step of the log rate
SEASON, SECOND_HARMONIC, WEEKDAY, YEARLY_GROWTH = 0.4, 0.15, 0.25, 1.2
NB_SIZE = 2.0  # of the nonstationary processes with overdispersed days
_BURN_IN = 200


@dataclass(frozen=True, eq=False, slots=True)
class _Job:
    """What a process is drawn from: `mean` has shape (days, series), the uptick in it."""

    rng: np.random.Generator
    mean: FloatArray
    level: float
    phase: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        return self.mean.shape[0], self.mean.shape[1]

    def negative_binomial(self, rate: FloatArray, size: float) -> IntArray:
        return nb_draws(self.rng, rate, size)


def _regime_switch(job: _Job) -> IntArray:
    rng, (days, series) = job.rng, job.shape
    stay = np.asarray(REGIME_DAYS)
    share = stay / stay.sum()  # jumps go to either other state alike, so time in a state is as its mean stay
    rate = np.asarray(REGIME_LEVELS) / (share @ np.asarray(REGIME_LEVELS))
    state = rng.choice(3, series, p=share)
    factor = np.empty((days, series))
    for day in range(days):
        factor[day] = rate[state]
        leaves = rng.random(series) < 1 / stay[state]
        state = np.where(leaves, (state + rng.integers(1, 3, series)) % 3, state)
    return rng.poisson(job.mean * factor)


def _waves(job: _Job) -> IntArray:
    sizes = np.arange(1, WAVE_LARGEST + 1)
    chance = sizes**-WAVE_TAIL / (sizes**-WAVE_TAIL).sum()
    number = job.rng.poisson(job.mean * WAVE_SHARE / (sizes @ chance))
    size = job.rng.choice(sizes, int(number.sum()), p=chance)
    cell = np.repeat(np.arange(number.size), number.ravel())
    in_waves = np.bincount(cell, weights=size, minlength=number.size).astype(np.int64)
    return np.asarray(job.rng.poisson(job.mean * (1 - WAVE_SHARE)) + in_waves.reshape(number.shape))


def _ceasefires(job: _Job) -> IntArray:
    rng, (days, series) = job.rng, job.shape
    cycle = FIGHTING_DAYS + CEASEFIRE_DAYS
    fighting = rng.random(series) < FIGHTING_DAYS / cycle
    # The spell that holds the first day is length-biased, and what is left of it a uniform share [2].
    mean_spell = np.where(fighting, FIGHTING_DAYS, CEASEFIRE_DAYS)
    ends = [rng.random(series) * rng.gamma(SPELL_SHAPE + 1, mean_spell / SPELL_SHAPE)]
    states = [fighting]
    while (ends[-1] < days).any():
        states.append(~states[-1])
        mean_spell = np.where(states[-1], FIGHTING_DAYS, CEASEFIRE_DAYS)
        ends.append(ends[-1] + rng.gamma(SPELL_SHAPE, mean_spell / SPELL_SHAPE))
    bounds = np.minimum(np.vstack([np.zeros(series), *ends]), days)
    spent = np.vstack([np.zeros(series), np.cumsum(np.diff(bounds, axis=0) * np.asarray(states), axis=0)])
    apart = np.arange(series) * (days + 1.0)  # one long axis of time for all series, so that one call does
    at = (np.arange(days + 1)[:, None] + apart).T.ravel()
    passed = np.interp(at, (bounds + apart).T.ravel(), spent.T.ravel()).reshape(series, days + 1).T
    share = np.diff(passed, axis=0).clip(0, 1)
    return np.asarray(rng.poisson(job.mean * share * cycle / FIGHTING_DAYS))


def _weekday_heaping(job: _Job) -> IntArray:
    rng, (days, series) = job.rng, job.shape
    weekday = (np.arange(days)[:, None] + rng.integers(0, 7, series)) % 7
    factor = np.where(weekday == 0, HEAPING, 1.0) * 7 / (HEAPING + 6)
    return rng.poisson(job.mean * factor * rng.gamma(DAY_SHAPE, 1 / DAY_SHAPE, (days, series)))


def _hawkes_powerlaw(job: _Job) -> IntArray:
    rng, (days, series) = job.rng, job.shape
    kernel = np.arange(1, POWERLAW_DAYS + 1.0) ** -POWERLAW_EXPONENT
    kernel = POWERLAW_BRANCHING * kernel / kernel.sum()
    # The past before the first day is the mean itself, so that every day has the same mean from the start.
    past = np.full((POWERLAW_DAYS + days, series), job.level)
    for day in range(days):
        excite = kernel[::-1] @ past[day : day + POWERLAW_DAYS]
        past[day + POWERLAW_DAYS] = rng.poisson((1 - POWERLAW_BRANCHING) * job.mean[day] + excite)
    return past[POWERLAW_DAYS:].astype(np.int64)


def _campaigns(job: _Job) -> IntArray:
    rng, (days, series) = job.rng, job.shape
    rate = job.level / CAMPAIGN_SIZE
    number = rng.poisson(
        rate, (days + CAMPAIGN_LONGEST, series)
    )  # also those that began before the first day
    start, column = (np.repeat(index.ravel(), number.ravel()) for index in np.indices(number.shape))
    length = rng.integers(CAMPAIGN_SHORTEST, CAMPAIGN_LONGEST + 1, start.size)
    change = np.zeros((days + 2 * CAMPAIGN_LONGEST + 1, series))
    np.add.at(change, (start, column), 1 / (rate * length))
    np.add.at(change, (start + length, column), -1 / (rate * length))
    factor = np.cumsum(change, axis=0)[CAMPAIGN_LONGEST : CAMPAIGN_LONGEST + days]
    return rng.poisson(job.mean * np.where(factor > 1e-9 / rate, factor, 0.0))


def _zinb_ar(job: _Job) -> IntArray:
    rng, (days, series) = job.rng, job.shape
    past = np.full((7 + days, series), job.level)
    for day in range(days):
        rate = (1 - ZINB_LAG_1 - ZINB_LAG_7) * job.mean[day]
        rate = rate + ZINB_LAG_1 * past[day + 6] + ZINB_LAG_7 * past[day]
        active = rng.random(series) >= ZINB_ZERO
        past[day + 7] = active * job.negative_binomial(rate / (1 - ZINB_ZERO), ZINB_SIZE)
    return past[7:].astype(np.int64)


def _monthly_levels(job: _Job) -> IntArray:
    rng, (days, series) = job.rng, job.shape
    level = rng.gamma(LEVEL_SHAPE, 1 / LEVEL_SHAPE, (days // LEVEL_DAYS + 2, series))
    block = (np.arange(days)[:, None] + rng.integers(0, LEVEL_DAYS, series)) // LEVEL_DAYS
    return rng.poisson(job.mean * np.take_along_axis(level, block, axis=0))


def _in_year(job: _Job) -> FloatArray:
    """Position in the year of every day, in 0..1; the last day's is the phase."""
    days = job.shape[0]
    return np.asarray(((np.arange(days)[:, None] - (days - 1)) / YEAR_DAYS + job.phase) % 1.0)


def _yearly_offensive(job: _Job) -> IntArray:
    fighting = _in_year(job) * YEAR_DAYS < OFFENSIVE_DAYS
    usual = 1 / (1 + (OFFENSIVE_RATIO - 1) * OFFENSIVE_DAYS / YEAR_DAYS)
    return job.negative_binomial(job.mean * usual * np.where(fighting, OFFENSIVE_RATIO, 1.0), NB_SIZE)


def _reporting_drift(job: _Job) -> IntArray:
    capacity = np.linspace(1.0, DRIFT_RATIO, job.shape[0])
    return job.negative_binomial(job.mean * (capacity / capacity.mean())[:, None], NB_SIZE)


def _random_walk_rate(job: _Job) -> IntArray:
    rate = np.exp(np.cumsum(job.rng.normal(0.0, WALK_SD, job.shape), axis=0))
    return np.asarray(job.rng.poisson(job.mean * rate / rate.mean(axis=0)))


def _season_trend(job: _Job) -> IntArray:
    days, series = job.shape
    position, day = 2 * np.pi * _in_year(job), np.arange(days)[:, None]
    season = 1 + SEASON * np.sin(position) + SECOND_HARMONIC * np.cos(2 * position)
    weekday = 1 + WEEKDAY * np.cos(2 * np.pi * (day + job.rng.integers(0, 7, series)) / 7)
    shape = season * weekday * YEARLY_GROWTH ** (day / YEAR_DAYS)
    return job.negative_binomial(job.mean * shape / shape.mean(axis=0), NB_SIZE)


_STATIONARY: dict[str, tuple[Callable[[_Job], IntArray], dict[str, float]]] = {
    "regime_switch": (
        _regime_switch,
        {f"level_{i}": v for i, v in enumerate(REGIME_LEVELS)}
        | {f"mean_days_{i}": v for i, v in enumerate(REGIME_DAYS)},
    ),
    "waves": (_waves, {"share": WAVE_SHARE, "largest": WAVE_LARGEST, "tail": WAVE_TAIL}),
    "ceasefires": (
        _ceasefires,
        {"fighting_days": FIGHTING_DAYS, "ceasefire_days": CEASEFIRE_DAYS, "shape": SPELL_SHAPE},
    ),
    "weekday_heaping": (_weekday_heaping, {"heaping": HEAPING, "day_shape": DAY_SHAPE}),
    "hawkes_powerlaw": (
        _hawkes_powerlaw,
        {"branching": POWERLAW_BRANCHING, "exponent": POWERLAW_EXPONENT, "longest_lag": POWERLAW_DAYS},
    ),
    "campaigns": (
        _campaigns,
        {"size": CAMPAIGN_SIZE, "shortest_days": CAMPAIGN_SHORTEST, "longest_days": CAMPAIGN_LONGEST},
    ),
    "zinb_ar": (
        _zinb_ar,
        {"zero": ZINB_ZERO, "lag_1": ZINB_LAG_1, "lag_7": ZINB_LAG_7, "size": ZINB_SIZE},
    ),
    "monthly_levels": (_monthly_levels, {"days": LEVEL_DAYS, "shape": LEVEL_SHAPE}),
}
_NONSTATIONARY: dict[str, tuple[Callable[[_Job], IntArray], dict[str, float]]] = {
    "yearly_offensive": (
        _yearly_offensive,
        {"days": OFFENSIVE_DAYS, "ratio": OFFENSIVE_RATIO, "size": NB_SIZE},
    ),
    "reporting_drift": (_reporting_drift, {"ratio": DRIFT_RATIO, "size": NB_SIZE}),
    "random_walk_rate": (_random_walk_rate, {"sd": WALK_SD}),
    "season_trend": (
        _season_trend,
        {
            "season_amplitude": SEASON,
            "second_harmonic": SECOND_HARMONIC,
            "weekday_amplitude": WEEKDAY,
            "yearly_growth": YEARLY_GROWTH,
            "size": NB_SIZE,
        },
    ),
}
_ALL = _STATIONARY | _NONSTATIONARY
_PHASED = ("yearly_offensive", "season_trend")
_BURNED = ("hawkes_powerlaw", "zinb_ar")
MORE_STATIONARY: tuple[str, ...] = tuple(_STATIONARY)
MORE_NONSTATIONARY: tuple[str, ...] = tuple(_NONSTATIONARY)
MORE_PROCESSES: tuple[str, ...] = MORE_STATIONARY + MORE_NONSTATIONARY


def simulate_more(
    process: str,
    *,
    mean: float = 0.5,
    days: int = 379,
    series: int = 1,
    uptick_days: int = 14,
    uptick_ratio: float = 1.0,
    seed: int,
    phase: float | FloatArray | None = None,
) -> SimulatedCounts:
    """Simulate daily counts of one further process, with or without an uptick at the end.

    Parameters
    ----------
    process : str
        One of :data:`MORE_PROCESSES`; see Notes.
    mean : float
        Incidents a day on average without the uptick: of every day where the process is stationary (over the
        random weekday for `weekday_heaping`), of the year for `yearly_offensive`, of the whole series for the
        other nonstationary ones.
    days, series : int
        Length, and number of independent series.
    uptick_days : int
        Length of the uptick at the end, in days.
    uptick_ratio : float
        Ratio of the rate in those days, of the rate of new incidents where incidents draw further ones; 1.0
        means no uptick.
    seed : int
        Seed of the generator (PCG64).
    phase : float or array of shape (series,), optional
        For `yearly_offensive` and `season_trend`: position of the last day in the year, in 0..1, from the
        first day of the offensive or from where the season's sine starts to rise. Random unless given.

    Returns
    -------
    SimulatedCounts
        Counts of shape ``(days, series)`` with the truth.

    Raises
    ------
    OptionError
        If the process is unknown, a number is out of range, or the process has no phase.

    Notes
    -----
    Stationary:

    - `regime_switch`: Poisson; the rate is in one of three states, relative levels 0.3, 1, 3, for 60, 60 and
      20 days on average (geometric), then in either of the others.
    - `waves`: half of the incidents come as Poisson, half in same-day waves of 1 to 50, size k with
      probability proportional to k^-2.
    - `ceasefires`: Poisson in spells of fighting, 90 days on average, nothing in ceasefires, 30 days on
      average; both gamma of shape 2, started in equilibrium [2]_.
    - `weekday_heaping`: one weekday has six times the rate of each other; days have gamma effects of shape 2.
    - `hawkes_powerlaw`: each incident draws 0.5 further ones, after k = 1..60 days with probability
      proportional to k^-1.3 [3]_.
    - `campaigns`: incidents come in campaigns only, 6 on average, spread evenly over 3 to 21 days [1]_. An
      uptick multiplies the rate of campaigns under way.
    - `zinb_ar`: negative binomial of size 1 around 0.6 of the mean, 0.2 of yesterday's and 0.2 of last week's
      count; three days in ten are empty whatever the rate (an identity-link case of [4]_).
    - `monthly_levels`: Poisson; the level is gamma of shape 2, anew every 30 days, from a random day on.

    Nonstationary:

    - `yearly_offensive`: eight weeks a year, at the same date, have three times the rate, with sharp edges.
    - `reporting_drift`: the rate doubles in a straight line from the first day to the last.
    - `random_walk_rate`: the log rate is a random walk with daily steps of sd 0.03.
    - `season_trend`: annual season with two harmonics, a weekday cycle, growth of 20 % a year.

    The days of the first, second and fourth are negative binomial of size 2, given the rate.

    Examples
    --------
    >>> simulate_more("ceasefires", mean=2.0, days=100, series=3, seed=1).values.shape
    (100, 3)
    """
    if process not in _ALL:
        raise unknown_option("process", process, MORE_PROCESSES)
    if phase is not None and process not in _PHASED:
        raise OptionError(
            f"{process} has no phase", expected=f"phase for {' or '.join(_PHASED)} only", found=str(phase)
        )
    burn = _BURN_IN if process in _BURNED else 0
    rates = daily_rates(mean, burn, days, series, uptick_days, uptick_ratio)
    rng = np.random.Generator(np.random.PCG64(seed))
    where = rng.random(series) if phase is None else np.broadcast_to(np.asarray(phase, float), (series,))
    draw, parameters = _ALL[process]
    values = draw(_Job(rng, rates, float(mean), where))[burn:]
    return SimulatedCounts(values, process, mean, uptick_days, uptick_ratio, seed, dict(parameters))
