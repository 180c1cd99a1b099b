"""What the scan needs to be given: where each place is, and the days to study."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.counts import Counts
from analytics.errors import HistoryError, InputError, OptionError
from analytics.upticks.windows import MIN_WINDOWS

__all__ = ["coordinates_of", "cut_history"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_LATITUDE, _LONGITUDE, _PLACE = ("lat", "latitude"), ("lon", "lng", "longitude"), ("region", "place", "name")
_DAY = np.timedelta64(1, "D")


def coordinates_of(counts: Counts, places: pd.DataFrame | npt.ArrayLike) -> FloatArray:
    """Return latitude and longitude of each region in the counts' order; shape (regions, 2)."""
    regions = list(counts.regions)
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
        name = next((lower[n] for n in (counts.by.lower(), *_PLACE) if n in lower), None)
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
        values = table.loc[regions].to_numpy(dtype=float)
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


def cut_history(
    counts: Counts, window_max: int, history: int
) -> tuple[npt.NDArray[np.int32], BoolArray, npt.NDArray[np.datetime64]]:
    """Return values, coverage and first days of the last `history` days that were over at `as_of`."""
    step = counts.period_days
    for name, days in (("window_max", window_max), ("history", history)):
        if days != int(days) or days < step or days % step:
            raise OptionError(
                f"{name} must be a whole number of {'weeks' if step == 7 else 'days'}",
                expected=f"a multiple of {step} days" if step == 7 else "a number of days",
                found=str(days),
            )
    if history < MIN_WINDOWS * window_max:
        raise OptionError(
            "the history is too short for clusters this long",
            expected=f"at least {MIN_WINDOWS} times window_max, {MIN_WINDOWS * window_max} days",
            found=f"{history} days",
        )
    complete = int((counts.starts + (step - 1) * _DAY <= counts.last_complete_day).sum())
    first = complete - history // step
    if first < 0:
        raise HistoryError(
            f"scan_test needs {history // step} {'weeks' if step == 7 else 'days'} (history)",
            found=f"{complete} complete ones, from {counts.starts[0]}",
            todo="count from an earlier start, or ask for a shorter history",
        )
    part = slice(first, complete)
    return counts.values[part], counts.coverage[part], counts.starts[part]
