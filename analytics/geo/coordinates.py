"""Coordinates of regions, from a table or an array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.errors import InputError

__all__ = ["region_coordinates"]

_LATITUDE, _LONGITUDE, _PLACE = ("lat", "latitude"), ("lon", "lng", "longitude"), ("region", "place", "name")


def region_coordinates(regions: Sequence[str], by: str, places: pd.DataFrame | npt.ArrayLike) -> FloatArray:
    """Return latitude and longitude of each region, in their order; shape (regions, 2).

    Parameters
    ----------
    regions : sequence of str
    by : str
        What the regions are; a column of that name may hold their names.
    places : DataFrame or array, shape (regions, 2)
        A table has latitude and longitude under one of their usual names, and the regions' names in a column
        or its index; an array has the regions' order.

    Raises
    ------
    InputError
        If a region has no coordinates, or they are not latitude and longitude.
    """
    if isinstance(places, pd.DataFrame):
        lower = {str(name).lower(): name for name in places.columns}
        latitude = next((lower[n] for n in _LATITUDE if n in lower), None)
        longitude = next((lower[n] for n in _LONGITUDE if n in lower), None)
        if latitude is None or longitude is None:
            raise InputError(
                "the table of places lacks coordinates",
                expected="columns lat and lon (or latitude, longitude)",
                found=", ".join(map(str, places.columns)),
            )
        name = next((lower[n] for n in (by.lower(), *_PLACE) if n in lower), None)
        names = places.index if name is None else places[name]
        table = places[[latitude, longitude]].set_axis(pd.Index(names).astype(str), axis=0)
        if table.index.duplicated().any():
            twice = str(table.index[table.index.duplicated()][0])
            raise InputError("a place stands twice in the table of places", found=twice)
        absent = [region for region in regions if region not in table.index]
        if absent:
            raise InputError(
                f"{len(absent)} of {len(regions)} regions have no coordinates",
                expected="each region of the counts, spelt as there",
                found=f"nothing for {', '.join(absent[:3])}" + (", ..." if len(absent) > 3 else ""),
                where="places",
            )
        values = table.loc[list(regions)].to_numpy(dtype=float)
    else:
        values = np.asarray(places, dtype=float)
        if values.shape != (len(regions), 2):
            raise InputError(
                "places has the wrong shape",
                expected=f"latitude and longitude of each region, {(len(regions), 2)}",
                found=str(values.shape),
            )
    bad = ~((np.abs(values[:, 0]) <= 90) & (np.abs(values[:, 1]) <= 180))  # also where missing
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise InputError(
            "coordinates are not latitude and longitude",
            expected="degrees, -90..90 and -180..180",
            found=f"{values[at, 0]:g}, {values[at, 1]:g}",
            where=regions[at],
        )
    return np.asarray(values)
