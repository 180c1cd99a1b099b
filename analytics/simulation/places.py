"""The places incidents are simulated in: those of the bundled sample, or a table of the user's."""

from __future__ import annotations

import pandas as pd

from analytics.bundled import bundled_path
from analytics.errors import InputError
from analytics.schema import require_columns

__all__ = ["PLACE_COLUMNS", "check_places", "sample_places"]

PLACE_COLUMNS = ("admin1", "admin2", "share", "latitude", "longitude")


def sample_places() -> tuple[pd.DataFrame, dict[str, dict[str, tuple[str, ...]]]]:
    """Return the districts the bundled sample uses, with their shares, and other spellings of their names.

    Returns
    -------
    places : DataFrame
        Columns `country`, `admin1`, `admin2`, `share`, `latitude`, `longitude` (centroid).
    spellings : dict
        ``{"admin1": {name: other spellings}, "admin2": {...}}``, the commoner spellings first.

    Examples
    --------
    >>> places, spellings = sample_places()
    >>> places["admin1"].nunique()
    14
    >>> spellings["admin2"]["Daquq"][0]
    'Dāqūq district'
    """
    named = pd.read_csv(bundled_path("data/iraq_simulated_places.csv"))
    centroids = pd.read_csv(bundled_path("data/iraq_district_centroids.csv"))
    places = centroids.merge(named[["pcode", "country", "share"]].dropna(), on="pcode", validate="one_to_one")
    is_admin1 = named["share"].isna()
    spellings = {
        level: {
            name: tuple(text.split("|")) for name, text in zip(rows["name"], rows["spellings"], strict=True)
        }
        for level, rows in (("admin1", named[is_admin1]), ("admin2", named[~is_admin1]))
    }
    return places[["country", *PLACE_COLUMNS]], spellings


def check_places(places: pd.DataFrame) -> None:
    """Raise where a table of places cannot be simulated in."""
    require_columns(places, PLACE_COLUMNS, "the table of places lacks columns")
    if places["admin2"].duplicated().any() or not (places["share"] > 0).all():
        raise InputError("each district must stand once, with a share above 0", where="places")
