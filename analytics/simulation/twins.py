"""Twins: the same incidents told a second time, with other days, places, spellings and deaths; SIMULATED."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.errors import OptionError
from analytics.options import check_at_least, check_seed, check_share
from analytics.schema import require_columns

__all__ = ["Twins", "simulate_twins"]

_KM = 111.2  # of a degree of latitude
_NEEDED = ("incident_id", "date_start", "date_end", "latitude", "longitude", "fatalities")
_NAMES = ("place", "admin2", "actor1", "actor2")


@dataclass(frozen=True, eq=False)
class Twins:
    """Rows that tell of an incident again, and of which one.

    Attributes
    ----------
    frame : DataFrame
        The twins, with the columns of the table they were made from and identifiers of their own.
    truth : DataFrame
        `incident_id` and `twin_id`, one row a twin.
    """

    frame: pd.DataFrame
    truth: pd.DataFrame


def simulate_twins(
    frame: pd.DataFrame,
    *,
    share: float = 0.1,
    seed: int,
    day_off: float = 0.15,
    km: float = 1.5,
    misspelt: float = 0.3,
    other_deaths: float = 0.25,
) -> Twins:
    """Tell some simulated incidents a second time.

    Parameters
    ----------
    frame : DataFrame
        Canonical incidents, as ``simulate_incidents(...).frame`` holds them.
    share : float
        Of the incidents, how many are told again.
    seed : int
    day_off : float
        Share of twins dated to the day before or after.
    km : float
        Median distance of a twin from its incident: its place is jittered by a Rayleigh distance.
    misspelt : float
        Share of names of places, second-order units and actors with a letter left out or doubled.
    other_deaths : float
        Share of twins whose deaths differ, by a Poisson draw around the incident's, or are not stated.

    Returns
    -------
    Twins

    Raises
    ------
    InputError
        If the table lacks a column.
    OptionError
        If an option cannot be used.

    Examples
    --------
    >>> from analytics.simulation import simulate_incidents
    >>> made = simulate_incidents(totals={"2020-01-01..2020-06-30": 200}, seed=1)
    >>> twins = simulate_twins(made.frame, share=0.2, seed=1)
    >>> len(twins.frame) == len(twins.truth) == round(0.2 * len(made.frame))
    True
    """
    require_columns(frame, _NEEDED, "the table lacks columns")
    check_share(share=share)
    check_at_least(0, km=km)
    check_seed(seed)
    for name, value in {"day_off": day_off, "misspelt": misspelt, "other_deaths": other_deaths}.items():
        if not 0 <= value <= 1:
            raise OptionError(f"{name} is no share", expected="0 to 1", found=str(value))
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(frame), round(share * len(frame)), replace=False))
    size = len(rows)
    twins = frame.iloc[rows].reset_index(drop=True).copy()
    truth = pd.DataFrame({"incident_id": twins["incident_id"], "twin_id": twins["incident_id"] + " again"})
    twins["incident_id"] = truth["twin_id"]
    moved = pd.to_timedelta(np.where(rng.random(size) < day_off, rng.choice([-1, 1], size), 0), unit="D")
    for name in ("date_start", "date_end"):
        twins[name] = twins[name] + moved
    away, turn = rng.rayleigh(km / np.sqrt(2 * np.log(2)), size), rng.uniform(0, 2 * np.pi, size)
    north = twins["latitude"] + away * np.cos(turn) / _KM
    twins["longitude"] += away * np.sin(turn) / (_KM * np.cos(np.radians(twins["latitude"])))
    twins["latitude"] = north
    for name in _NAMES:
        if name in twins.columns:
            twins[name] = _misspelt(twins[name], rng, misspelt)
    deaths = twins["fatalities"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    drawn = np.where(np.isnan(deaths), np.nan, rng.poisson(np.nan_to_num(deaths) + 0.5))
    drawn = np.where(rng.random(size) < 0.3, np.nan, drawn)
    told = np.where(rng.random(size) < other_deaths, drawn, deaths)
    twins["fatalities"] = pd.array(told, dtype="Float64").astype("Int64")
    return Twins(twins, truth)


def _misspelt(names: pd.Series, rng: np.random.Generator, share: float) -> pd.Series:
    """Leave out or double a letter in some names; of each name there is one misspelling."""
    hit = (rng.random(len(names)) < share) & names.notna().to_numpy()
    wrong: dict[str, str] = {}
    for name in names[hit].unique():
        at = int(rng.integers(1, max(len(name), 2)))
        wrong[name] = name[:at] + (name[at : at + 1] * 2 if rng.random() < 0.5 else "") + name[at + 1 :]
    return names.mask(pd.Series(hit, index=names.index), names.map(wrong))
