"""Daily count processes without and with an uptick, for measuring error rates.

The seven processes below are what a test of "more active recently" has to survive. Each is defined by its
mean rate and fixed shape parameters; six are stationary, the last is not.

References
----------
.. [1] Hawkes, A. G. (1971). Spectra of some self-exciting and mutually exciting point processes.
       Biometrika 58, 83-90.
.. [2] Zhu, F. (2011). A negative binomial integer-valued GARCH model. Journal of Time Series Analysis 32.
.. [3] Møller, J., Syversveen, A. R., Waagepetersen, R. P. (1998). Log Gaussian Cox processes.
       Scandinavian Journal of Statistics 25, 451-482.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.errors import OptionError, unknown_option
from analytics.kernels.common.negative_binomial import nb_draws
from analytics.periods import YEAR_DAYS

__all__ = ["PROCESSES", "SimulatedCounts", "daily_rates", "simulate_counts"]


NB_SIZE = 0.5  # size k of the i.i.d. negative binomial: variance = mean + mean^2 / k
HAWKES = {"hawkes_0.3": (0.3, 3.0), "hawkes_0.6": (0.6, 7.0)}  # branching ratio, mean lag in days
INGARCH = (0.3, 0.6, 2.0)  # weight of the last count, of the last mean, and the size k
LGCP = (0.95, 0.6)  # AR(1) coefficient per day and standard deviation of the log rate
SEASON_AMPLITUDE, WEEKDAY_AMPLITUDE, YEARLY_DECLINE = 0.4, 0.25, 0.85
_BURN_IN = 200


@dataclass(frozen=True, eq=False)
class SimulatedCounts:
    """Simulated daily counts and the truth about them.

    Attributes
    ----------
    values : int array, shape (days, series)
        Counts; the last day is the last row.
    process : str
        Name of the process.
    mean : float
        Incidents a day on average without the uptick.
    uptick_days, uptick_ratio : int, float
        The last `uptick_days` days have `uptick_ratio` times the mean (1.0: no uptick).
    seed : int
        What the generator was seeded with.
    parameters : dict
        Shape parameters of the process.
    """

    values: IntArray
    process: str
    mean: float
    uptick_days: int
    uptick_ratio: float
    seed: int
    parameters: dict[str, float] = field(default_factory=dict)


def _poisson(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    return rng.poisson(mean)


def _nb(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    return nb_draws(rng, mean, NB_SIZE)


def _hawkes(branching: float, lag: float) -> Callable[[np.random.Generator, FloatArray], IntArray]:
    # Each incident adds, on the following days, offspring in a geometric pattern. `excite` is the discounted
    # past; its mean equals the mean count, so the mean stays as given.
    stay = 1.0 - 1.0 / lag

    def draw(rng: np.random.Generator, mean: FloatArray) -> IntArray:
        days, series = mean.shape
        values = np.empty((days, series), dtype=np.int64)
        excite = mean[0].copy()
        for day in range(days):
            rate = (1 - branching) * mean[day] + branching * excite
            values[day] = rng.poisson(rate)
            excite = stay * excite + (1 - stay) * values[day]
        return values

    return draw


def _ingarch(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    alpha, beta, size = INGARCH
    values = np.empty(mean.shape, dtype=np.int64)
    level = mean[0].copy()
    for day in range(mean.shape[0]):
        values[day] = nb_draws(rng, level, size)
        level = (1 - alpha - beta) * mean[day] + alpha * values[day] + beta * level
    return values


def _lgcp(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    rho, sd = LGCP
    days, series = mean.shape
    log_rate = rng.normal(0.0, sd, series)
    values = np.empty((days, series), dtype=np.int64)
    for day in range(days):
        values[day] = rng.poisson(mean[day] * np.exp(log_rate - sd**2 / 2))
        log_rate = rho * log_rate + rng.normal(0.0, sd * np.sqrt(1 - rho**2), series)
    return values


def _seasonal(rng: np.random.Generator, mean: FloatArray) -> IntArray:
    # Annual season and weekday cycle with a random phase for each series, and a slow decline.
    days, series = mean.shape
    day = np.arange(days)[:, None]
    season = 1 + SEASON_AMPLITUDE * np.sin(2 * np.pi * (day / YEAR_DAYS + rng.random(series)))
    weekday = 1 + WEEKDAY_AMPLITUDE * np.cos(2 * np.pi * (day + rng.integers(0, 7, series)) / 7)
    decline = YEARLY_DECLINE ** ((day - days) / YEAR_DAYS)
    shape = season * weekday * decline
    return nb_draws(rng, mean * shape / shape.mean(axis=0), 2.0)


_DRAW: dict[str, Callable[[np.random.Generator, FloatArray], IntArray]] = {
    "poisson": _poisson,
    "negative_binomial": _nb,
    "hawkes_0.3": _hawkes(*HAWKES["hawkes_0.3"]),
    "hawkes_0.6": _hawkes(*HAWKES["hawkes_0.6"]),
    "ingarch": _ingarch,
    "lgcp": _lgcp,
    "seasonal": _seasonal,
}
_PARAMETERS: dict[str, dict[str, float]] = {
    "poisson": {},
    "negative_binomial": {"size": NB_SIZE},
    "hawkes_0.3": {"branching": 0.3, "mean_lag_days": 3.0},
    "hawkes_0.6": {"branching": 0.6, "mean_lag_days": 7.0},
    "ingarch": dict(zip(("alpha", "beta", "size"), INGARCH, strict=True)),
    "lgcp": dict(zip(("rho", "sd"), LGCP, strict=True)),
    "seasonal": {
        "season_amplitude": SEASON_AMPLITUDE,
        "weekday_amplitude": WEEKDAY_AMPLITUDE,
        "yearly_decline": YEARLY_DECLINE,
        "size": 2.0,
    },
}
PROCESSES: tuple[str, ...] = tuple(_DRAW)


def daily_rates(
    mean: float, burn: int, days: int, series: int, uptick_days: int, uptick_ratio: float
) -> FloatArray:
    """Return the rate of each day and series, with `burn` days before and the uptick at the end.

    Raises
    ------
    OptionError
        If a number is out of range.
    """
    if not (mean > 0 and days > 0 and series > 0 and 0 <= uptick_days <= days and uptick_ratio > 0):
        raise OptionError(
            "a number is out of range",
            expected="mean, days, series and uptick_ratio above 0, uptick_days in 0..days",
            found=f"mean={mean}, days={days}, series={series}, uptick_days={uptick_days}, "
            f"uptick_ratio={uptick_ratio}",
        )
    rates = np.full((burn + days, series), float(mean))
    if uptick_days:
        rates[-uptick_days:] *= uptick_ratio
    return rates


def simulate_counts(
    process: str,
    *,
    mean: float = 0.5,
    days: int = 379,
    series: int = 1,
    uptick_days: int = 14,
    uptick_ratio: float = 1.0,
    seed: int,
) -> SimulatedCounts:
    """Simulate daily counts of one process, with or without an uptick at the end.

    The uptick multiplies the rate of *new* incidents; in the self-exciting processes it therefore builds up
    over the first days, as an uptick of such a process does.

    Parameters
    ----------
    process : str
        One of :data:`PROCESSES`.
    mean : float
        Incidents a day on average, without the uptick.
    days, series : int
        Length, and number of independent series.
    uptick_days : int
        Length of the uptick at the end, in days.
    uptick_ratio : float
        Ratio of the mean in those days; 1.0 means no uptick.
    seed : int
        Seed of the generator (PCG64).

    Returns
    -------
    SimulatedCounts
        Counts of shape ``(days, series)`` with the truth.

    Raises
    ------
    OptionError
        If the process is unknown or a number is out of range.

    Examples
    --------
    >>> simulate_counts("hawkes_0.3", mean=2.0, days=100, series=3, seed=1).values.shape
    (100, 3)
    """
    if process not in _DRAW:
        raise unknown_option("process", process, PROCESSES)
    burn = 0 if process == "seasonal" else _BURN_IN
    rates = daily_rates(mean, burn, days, series, uptick_days, uptick_ratio)
    rng = np.random.Generator(np.random.PCG64(seed))
    values = _DRAW[process](rng, rates)[burn:]
    return SimulatedCounts(values, process, mean, uptick_days, uptick_ratio, seed, dict(_PARAMETERS[process]))
