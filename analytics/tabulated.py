"""Reading tables that other code made: counts with their index and gaps, and where regions lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.errors import InputError, OptionError, nearest
from analytics.periods import Days, Freq, Gap, as_day, parse_week, week_first_day

__all__ = ["gap_mask", "index_days", "region_coordinates", "whole_numbers"]

_DAY = np.timedelta64(1, "D")
_LATITUDE, _LONGITUDE, _PLACE = ("lat", "latitude"), ("lon", "lng", "longitude"), ("region", "place", "name")


def index_days(index: pd.Index, freq: Freq, week_start: str) -> Days:
    """Read an index of days, first days of weeks or ISO week labels."""

    def read(label: object) -> np.datetime64:
        if freq == "week" and isinstance(label, str) and "W" in label.upper():
            return parse_week(label).start
        return as_day(label, "index")

    days = np.array([read(label) for label in index], dtype="datetime64[D]")
    if freq == "week":
        odd = days[days != week_first_day(days, week_start)]
        if odd.size:
            raise InputError(
                "the index holds days on which no week starts",
                expected=f"first days of weeks that start on {week_start}, or ISO labels such as 2020-W15",
                found=str(odd[0]),
                todo="give week_start",
            )
    return days


def whole_numbers(frame: pd.DataFrame, regions: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return the counts as floats, NaN where missing; refuse what is not a whole number of 0 or more."""
    try:
        numbers = frame.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError("the table holds something that is not a number", found=str(error)) from None
    bad = ~np.isnan(numbers) & ((numbers < 0) | (numbers != np.floor(numbers)))
    if bad.any():
        row, column = (int(v[0]) for v in np.nonzero(bad))
        raise InputError(
            "a count is not a whole number of 0 or more",
            found=str(numbers[row, column]),
            where=f"period {frame.index[row]}, region {regions[column]}",
        )
    return numbers


def gap_mask(gap: Gap, starts: Days, step: int, regions: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Return which (period, region) cells a spell without coverage touches."""
    if gap.region is not None and gap.region not in regions:
        close = nearest(gap.region, regions)
        raise OptionError(
            f"a spell without coverage names an unknown region {gap.region!r}",
            expected=", ".join(regions[:30]),
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )
    touched = (starts <= gap.window.end) & (starts + (step - 1) * _DAY >= gap.window.start)
    here = np.ones(len(regions), bool) if gap.region is None else np.array(regions) == gap.region
    return np.asarray(touched[:, None] & here[None, :])


def region_coordinates(
    regions: Sequence[str], by: str, places: pd.DataFrame | npt.ArrayLike
) -> npt.NDArray[np.float64]:
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
