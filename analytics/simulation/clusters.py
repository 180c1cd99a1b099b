"""Days of incidents that draw further ones, with exact totals: the numbers behind the incident simulator.

References
----------
.. [1] Hawkes, A. G. (1971). Spectra of some self-exciting and mutually exciting point processes.
   Biometrika 58, 83-90.
.. [2] Hawkes, A. G. and Oakes, D. (1974). A cluster process representation of a self-exciting process.
   Journal of Applied Probability 11, 493-503.
.. [3] Boot, J. C. G., Feibes, W. and Lisman, J. H. C. (1967). Further methods of derivation of quarterly
   figures from annual data. Applied Statistics 16, 65-75.
.. [4] Lewis, P. A. W. and Shedler, G. S. (1979). Simulation of nonhomogeneous Poisson processes by
   thinning. Naval Research Logistics Quarterly 26, 403-413.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics._typing import Days, FloatArray, IntArray
from analytics.errors import InputError, OptionError
from analytics.periods import DAY, Window, weekday_numbers

__all__ = ["SelfExcitation", "self_exciting", "smooth_profile", "weekday_factors"]


BURN_IN = 60
_SURPLUS = 1.3
_TRIES = 12


@dataclass(frozen=True, slots=True)
class SelfExcitation:
    """Each incident draws further ones into its district: `branching` on average, `decay_days` later.

    Offspring follow their parent after an exponential time with mean `decay_days` [1]_ [2]_.
    """

    branching: float = 0.3
    decay_days: float = 4.0

    def __post_init__(self) -> None:
        if not (0 <= self.branching < 1 and self.decay_days > 0):
            raise OptionError(
                "self-excitation must die out",
                expected="branching in 0..1 (1 excluded) and decay_days above 0",
                found=f"branching {self.branching}, decay_days {self.decay_days}",
            )


def smooth_profile(windows: Sequence[Window], totals: Sequence[float]) -> FloatArray:
    """Return daily rates with the given totals and the least change from day to day.

    Minimises the sum of squared first differences subject to the totals [3]_, so that rates do not jump where
    one window ends and the next begins.

    Parameters
    ----------
    windows : sequence of Window
        Adjoining windows, in order.
    totals : sequence of float
        Total of the rates over each window.

    Returns
    -------
    ndarray of float64, shape (days,)

    Raises
    ------
    InputError
        If windows do not adjoin, or the totals differ so sharply that a rate would be negative.

    Examples
    --------
    >>> from analytics.periods import as_window
    >>> w = [as_window("2019-01-01..2019-01-04"), as_window("2019-01-05..2019-01-08")]
    >>> rates = smooth_profile(w, [4, 8])
    >>> [round(float(r), 2) for r in (rates[:4].sum(), rates[4:].sum(), rates[3], rates[4])]
    [4.0, 8.0, 1.32, 1.68]
    """
    for before, after in pairwise(windows):
        if after.start - before.end != DAY:
            raise InputError(
                "the windows of the totals do not adjoin",
                expected=f"a window that starts the day after {before.end}",
                found=str(after),
            )
    days, k = sum(w.days for w in windows), len(windows)
    member = np.repeat(np.eye(k), [w.days for w in windows], axis=1)
    difference = np.diff(np.eye(days), axis=0)
    system = np.block([[2 * difference.T @ difference, member.T], [member, np.zeros((k, k))]])
    right = np.concatenate([np.zeros(days), np.asarray(totals, dtype=float)])
    solved: FloatArray = np.linalg.solve(system, right)[:days]
    rates: FloatArray = np.round(solved, 6)
    if (rates < 0).any():
        raise InputError(
            "the totals change too sharply for a smooth profile",
            expected="rates of zero or more on every day",
            found=f"a lowest rate of {rates.min():.3f} a day",
            todo="give fewer or longer windows",
        )
    return rates


def weekday_factors(weekday: Sequence[float], days: Days) -> FloatArray:
    """Relative rate of each day, largest 1."""
    factors = np.asarray(weekday, dtype=float)
    if factors.shape != (7,) or not (factors > 0).all():
        raise OptionError("weekday needs seven factors above 0, Monday first", found=str(list(weekday)))
    by_day: FloatArray = (factors / factors.max())[weekday_numbers(days)]
    return by_day


def self_exciting(
    rng: np.random.Generator,
    profile: FloatArray,
    share: FloatArray,
    by_day: FloatArray,
    excitation: SelfExcitation,
    window_of: IntArray,
    wanted: IntArray,
) -> tuple[pd.DataFrame, float]:
    """Draw clusters, thin by weekday, thin evenly to the totals; the share kept is returned beside."""
    before = np.full(BURN_IN, profile[0])
    rate = np.concatenate([before, profile]) * (1 - excitation.branching) / by_day.mean()
    surplus = _SURPLUS
    for _ in range(_TRIES):
        district, time, generation = _clusters(rng, np.outer(share / share.sum(), rate * surplus), excitation)
        day = np.floor(time).astype(np.int64) - BURN_IN
        inside = day >= 0
        district, day, generation = district[inside], day[inside], generation[inside]
        candidates = len(day)
        kept = rng.random(candidates) < by_day[day]
        district, day, generation = district[kept], day[kept], generation[kept]
        window = window_of[day]
        found = np.bincount(window, minlength=len(wanted))
        if (found >= wanted).all():
            break
        surplus *= _SURPLUS
    else:
        raise InputError(
            "the totals could not be reached",
            expected=str(wanted.tolist()),
            found=str(found.tolist()),
            todo="use a smaller branching ratio, longer windows or less unequal weekdays",
        )
    order = np.lexsort((rng.random(len(day)), window))
    place_in_window = np.arange(len(day)) - np.repeat(np.cumsum(found) - found, found)
    chosen = np.sort(order[place_in_window < wanted[window[order]]])
    frame = pd.DataFrame(
        {
            "district": district[chosen],
            "day": day[chosen],
            "generation": pd.array(generation[chosen], dtype="Int64"),
        }
    )
    return frame, round(len(frame) / max(candidates, 1), 4)


def _clusters(
    rng: np.random.Generator, expected: FloatArray, excitation: SelfExcitation
) -> tuple[IntArray, FloatArray, IntArray]:
    """Draw a Hawkes process by clusters: those that come of themselves, then generation after generation.

    `expected` holds the expected number that come of themselves, district x day. Returns district, time in
    days and generation of each incident up to the last day.
    """
    horizon = expected.shape[1]
    cell = np.repeat(np.arange(expected.size), rng.poisson(expected).ravel())
    district, time = cell // horizon, cell % horizon + rng.random(len(cell))
    found = [(district, time, np.zeros(len(cell), np.int64))]
    while len(time):
        offspring = rng.poisson(excitation.branching, len(time))
        district = np.repeat(district, offspring)
        time = np.repeat(time, offspring) + rng.exponential(excitation.decay_days, int(offspring.sum()))
        alive = time < horizon
        district, time = district[alive], time[alive]
        found.append((district, time, np.full(len(time), len(found))))
    districts, times, generations = zip(*found, strict=True)
    return np.concatenate(districts), np.concatenate(times), np.concatenate(generations)
