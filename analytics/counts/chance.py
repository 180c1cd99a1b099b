"""Chance that belongs to an incident: the same in whatever order rows stand and whatever else is there."""

from __future__ import annotations

import hashlib

import numpy as np
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
    told = texts.agg("\x1f".join, axis=1) if len(texts) else pd.Series(dtype="str")
    again = told.groupby(told).cumcount()
    out = np.empty(len(told))
    for at, (text, times) in enumerate(zip(told, again, strict=True)):
        drawn = hashlib.blake2b(f"{seed}\x1f{times}\x1f{text}".encode("utf-8", "replace"), digest_size=8)
        out[at] = (int.from_bytes(drawn.digest(), "big") >> 11) * 2.0**-53
    return out
