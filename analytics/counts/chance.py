"""Chance that belongs to an incident: the same in whatever order rows stand and whatever else is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray

__all__ = ["chance_of"]

# What tells incidents apart; rows that agree in all of it are told apart by how many came before.
_TELLS = (
    "date_start", "date_end", "country", "admin1", "admin2", "place", "event_type", "actor1", "actor2",
    "fatalities",
)  # fmt: skip


def chance_of(frame: pd.DataFrame, seed: int) -> FloatArray:
    """Return a number between 0 and 1 for each incident, by what it is and a seed; shape (rows,).

    Parameters
    ----------
    frame : DataFrame
        Canonical rows. An identifier counts, unless it was made of the number of the row.
    seed : int

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics.incidents import read_incidents
    >>> days = ["2020-04-13", "2020-04-14", "2020-04-13"]
    >>> rows = read_incidents(pd.DataFrame({"date": days, "province": "Kirkuk"})).frame
    >>> one, two = chance_of(rows, 0), chance_of(rows[::-1], 0)
    >>> sorted(one) == sorted(two), bool(one[1] == two[1]), len(set(one))
    (True, True, 3)
    """
    named = frame["incident_id"].where(frame["incident_id"] != "row-" + frame["row"].astype(str), "")
    columns = [named, *(frame[name] for name in _TELLS)]
    texts = pd.DataFrame({at: each.astype("string").fillna("") for at, each in enumerate(columns)})
    told = pd.util.hash_pandas_object(texts.astype(object), index=False)
    again = told.groupby(told).cumcount()
    drawn = _mixed(
        told.to_numpy(np.uint64) + _mixed(np.uint64(seed % 2**64) + _mixed(again.to_numpy(np.uint64)))
    )
    return np.asarray((drawn >> np.uint64(11)) * 2.0**-53, dtype=float)


def _mixed(state: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return 64 bits each that show nothing of how alike they were (SplitMix64, Steele et al. 2014)."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))
