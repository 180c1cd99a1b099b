"""The 42 scenarios on which detectors for weekly surveillance have been compared since 2013.

References
----------
.. [1] Noufaily, A., Enki, D. G., Farrington, P., Garthwaite, P., Andrews, N., Charlett, A. (2013). An
       improved algorithm for outbreak detection in multiple surveillance systems. Statistics in Medicine 32,
       1206-1222.
.. [2] Bédubourg, G., Le Strat, Y. (2017). Evaluation and comparison of statistical methods for early temporal
       detection of outbreaks: a simulation-based study. PLoS ONE 12, e0181227.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import FloatArray, IntArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.kernels.common.negative_binomial import nb_draws, nb_size

__all__ = ["CURRENT_WEEKS", "SimulatedScenario", "noufaily_scenarios", "simulate_noufaily"]


WEEKS, YEAR = 624, 52
TRAINING_WEEKS, CURRENT_WEEKS = (
    312,
    49,
)  # the first weeks without outbreaks, and the last ones with the current
PAST_OUTBREAKS, PAST_K, CURRENT_K = 4, (0, 2, 3, 5, 10), tuple(range(1, 11))
SMALLEST, SPREAD_SD = 2, 0.5  # cases of the smallest outbreak; sd of the log of the weeks it is spread over
_THETA = (0.1, -2.0, 1.5, 0.5, 2.5, 3.75, 5.0)
_BETA = (0.0025, 0.005, 0.003, 0.002, 0.001, 0.001, 0.0001)
_GAMMA_1 = (0.6, 0.1, 0.2, 0.5, 1.0, 0.1, 0.05)
_GAMMA_2 = (0.6, 0.3, -0.4, 0.5, 0.1, -0.1, 0.01)
_PHI = (1.5, 2.0, 1.0, 5.0, 3.0, 1.1, 1.2)
_MONDAY = np.datetime64("2008-01-07")


@dataclass(frozen=True, eq=False)
class SimulatedScenario:
    """Simulated weekly counts of one scenario and the truth about them.

    Attributes
    ----------
    values : int array, shape (weeks, series)
        Counts, the outbreaks in them.
    outbreak : int array, shape (weeks, series)
        How many of them belong to an outbreak, past or current.
    mean : float array, shape (weeks,)
        Mean of the counts without outbreaks; their variance is `phi` times it.
    phi : float
    first, last : int array, shape (series,)
        Row of the first and of the last week with cases of the current outbreak.
    past_k, current_k : int array, shape (series,)
        Mean outbreak size in standard deviations of a week's count; 0 past: no past outbreaks.
    scenario : dict
        Row of :func:`noufaily_scenarios` that made it.
    seed : int
    """

    values: IntArray
    outbreak: IntArray
    mean: FloatArray
    phi: float
    first: IntArray
    last: IntArray
    past_k: IntArray
    current_k: IntArray
    scenario: dict[str, Any]
    seed: int

    @property
    def current(self) -> slice:
        """Rows of the current weeks, in which detectors are compared."""
        return slice(len(self.values) - CURRENT_WEEKS, None)

    def to_counts(self) -> Counts:
        """Return the counts as weekly Counts, marked as simulated; the first week starts on 2008-01-07."""
        counts = Counts.from_array(
            self.values,
            start=_MONDAY,
            regions=[f"series {number:04d}" for number in range(1, self.values.shape[1] + 1)],
            simulated=True,
        )
        note = f"simulated: scenario {self.scenario['scenario']} of Noufaily et al. (2013)"
        return replace(counts, by="series", value="cases", notes=(note,))


def noufaily_scenarios() -> pd.DataFrame:
    """Return the parameters of the 42 scenarios.

    Returns
    -------
    DataFrame
        scenario (1 to 42), group (1 to 7), trend (bool), season (number of harmonics m), theta, beta (0
        without trend), gamma1, gamma2 (0 without season), phi. The mean of week t = 1, 2, ... is
        exp(theta + beta t + sum over j = 1..m of gamma1 cos(2 pi j t / 52) + gamma2 sin(2 pi j t / 52)).

    Examples
    --------
    >>> noufaily_scenarios().shape
    (42, 9)
    """
    rows = [
        (group, trend, season)
        for group in range(len(_THETA))
        for trend in (False, True)
        for season in (0, 1, 2)
    ]
    return pd.DataFrame(
        {
            "scenario": range(1, len(rows) + 1),
            "group": [group + 1 for group, _, _ in rows],
            "trend": [trend for _, trend, _ in rows],
            "season": [season for _, _, season in rows],
            "theta": [_THETA[group] for group, _, _ in rows],
            "beta": [_BETA[group] * trend for group, trend, _ in rows],
            "gamma1": [_GAMMA_1[group] * (season > 0) for group, _, season in rows],
            "gamma2": [_GAMMA_2[group] * (season > 0) for group, _, season in rows],
            "phi": [_PHI[group] for group, _, _ in rows],
        }
    )


def simulate_noufaily(
    scenario: int,
    *,
    series: int = 1,
    seed: int,
    weeks: int = WEEKS,
    past_k: int | None = None,
    current_k: int | None = None,
) -> SimulatedScenario:
    """Simulate weekly counts of one of the 42 scenarios, with past outbreaks and a current one.

    Counts without outbreaks are independent negative binomials of variance phi times the mean (Poisson where
    phi is 1). After the first 312 weeks come the weeks with four past outbreaks, which start in different
    weeks; the last 49 hold the current one. An outbreak that starts in week t has Poisson(k sd(t)) cases, sd
    the standard deviation of that week's count; each comes floor(LogNormal(0, 0.5)) weeks after the start.

    Parameters
    ----------
    scenario : int
        1 to 42, as in :func:`noufaily_scenarios`.
    series : int
        Number of independent series.
    seed : int
        Seed of the generator (PCG64); scenarios with the same seed are independent.
    weeks : int
        Length. Other than 624 changes how many weeks without outbreaks come first.
    past_k, current_k : int, optional
        Size of the past outbreaks (0: none) and of the current one; drawn for each series from 0, 2, 3, 5,
        10 and from 1, ..., 10 where not given.

    Returns
    -------
    SimulatedScenario

    Raises
    ------
    OptionError
        If there is no such scenario, or a number is out of range.

    Notes
    -----
    Cases after the last of the past weeks, or after the last week of all, are left out; size and spread are
    drawn again until at least two cases are left, so that there is an outbreak to be seen.

    Examples
    --------
    >>> simulated = simulate_noufaily(7, series=3, seed=1)
    >>> simulated.values.shape, bool((simulated.outbreak[simulated.current].sum(axis=0) >= 2).all())
    ((624, 3), True)
    """
    table = noufaily_scenarios()
    if not 1 <= scenario <= len(table):
        raise OptionError("there is no such scenario", expected=f"1 to {len(table)}", found=str(scenario))
    past_weeks = WEEKS - TRAINING_WEEKS - CURRENT_WEEKS
    given = (0 if past_k is None else past_k, 1 if current_k is None else current_k)
    if series < 1 or weeks < past_weeks + CURRENT_WEEKS or given[0] < 0 or given[1] < 1:
        raise OptionError(
            "a number is out of range",
            expected=f"1 series or more, {past_weeks + CURRENT_WEEKS} weeks or more, past_k 0 or more, "
            "current_k 1 or more",
            found=f"series={series}, weeks={weeks}, past_k={past_k}, current_k={current_k}",
        )
    row: dict[str, Any] = {str(name): value for name, value in table.iloc[scenario - 1].items()}
    rng = np.random.Generator(np.random.PCG64([seed, scenario]))
    mean, phi = _mean(row, weeks), float(row["phi"])
    rate = np.broadcast_to(mean[:, None], (weeks, series))
    usual = nb_draws(rng, rate, nb_size(rate, phi))
    sizes = tuple(
        rng.choice(known, series) if k is None else np.full(series, k)
        for k, known in ((past_k, PAST_K), (current_k, CURRENT_K))
    )
    begin = weeks - CURRENT_WEEKS
    outbreak = np.zeros((weeks, series), dtype=np.int64)
    sd = np.sqrt(phi * mean)
    with_past = np.flatnonzero(sizes[0] > 0)
    order = rng.random((past_weeks, with_past.size)).argsort(axis=0)
    starts = begin - past_weeks + order[:PAST_OUTBREAKS]
    columns = np.broadcast_to(with_past, starts.shape)
    _add(
        outbreak, starts.ravel(), columns.ravel(), sizes[0][columns.ravel()] * sd[starts.ravel()], begin, rng
    )
    now = begin + rng.integers(0, CURRENT_WEEKS, series)
    _add(outbreak, now, np.arange(series), sizes[1] * sd[now], weeks, rng)
    seen = outbreak[begin:] > 0
    return SimulatedScenario(
        values=usual + outbreak,
        outbreak=outbreak,
        mean=mean,
        phi=phi,
        first=begin + seen.argmax(axis=0),
        last=weeks - 1 - seen[::-1].argmax(axis=0),
        past_k=sizes[0],
        current_k=sizes[1],
        scenario=row,
        seed=seed,
    )


def _mean(row: dict[str, Any], weeks: int) -> FloatArray:
    week = np.arange(1, weeks + 1)
    log_mean = row["theta"] + row["beta"] * week
    for j in range(1, row["season"] + 1):
        angle = 2 * np.pi * j * week / YEAR
        log_mean = log_mean + row["gamma1"] * np.cos(angle) + row["gamma2"] * np.sin(angle)
    return np.asarray(np.exp(log_mean))


def _add(
    outbreak: IntArray,
    start: IntArray,
    column: IntArray,
    mean_size: FloatArray,
    end: int,
    rng: np.random.Generator,
) -> None:
    """Add one outbreak for each start, with at least two cases before row `end`."""
    left = np.arange(start.size)
    while left.size:
        size = rng.poisson(mean_size[left])
        of = np.repeat(np.arange(left.size), size)
        week = start[left][of] + np.floor(rng.lognormal(0.0, SPREAD_SD, of.size)).astype(np.int64)
        inside = week < end
        enough = np.bincount(of[inside], minlength=left.size) >= SMALLEST
        taken = inside & enough[of]
        np.add.at(outbreak, (week[taken], column[left][of[taken]]), 1)
        left = left[~enough]
