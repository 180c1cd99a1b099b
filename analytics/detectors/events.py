"""Single events with a place and a time, and what share of a region lies around each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import spatial

from analytics._typing import FloatArray
from analytics.errors import InputError, OptionError
from analytics.incidents import Incidents
from analytics.kernels.space.scan import EARTH_KM
from analytics.kernels.space.stcd import disc_areas

__all__ = ["Events", "area_shares", "events_of_arrays", "events_of_incidents"]


_COARSE_PLACES = ("admin1", "country", "international")  # many incidents in one spot that is nobody's


@dataclass(frozen=True, eq=False, slots=True)
class Events:
    """Events in the input's order; arrays of shape (events,).

    `points` are what distances are taken between: x and y, or on the globe unit vectors. There
    `x` and `y` are longitude and latitude.
    """

    x: FloatArray
    y: FloatArray
    t: FloatArray
    points: FloatArray
    globe: bool
    dated: bool
    simulated: bool = False
    notes: tuple[str, ...] = ()


def events_of_arrays(x: npt.ArrayLike, y: npt.ArrayLike | None, t: npt.ArrayLike | None) -> Events:
    """Return events from three arrays; times may be dates."""
    if y is None or t is None:
        raise InputError("y and t are missing", expected="three arrays x, y, t, or Incidents")
    time = np.asarray(t)
    dated = time.dtype.kind == "M"
    if dated:
        known = ~np.isnat(time)
        seconds = time.astype("datetime64[s]").astype(np.int64) / 86_400
        time = np.where(known, seconds, np.nan)
    columns = [np.asarray(column, dtype=float) for column in (x, y, time)]
    if columns[0].ndim != 1 or not columns[0].size or len({c.shape for c in columns}) != 1:
        raise InputError(
            "events are not usable",
            expected="x, y and t of one length, at least one event",
            found=", ".join(str(c.shape) for c in columns),
        )
    if not all(np.isfinite(c).all() for c in columns):
        raise InputError("an event lacks a coordinate or its time", todo="leave it out")
    first, second, when = columns
    return Events(first, second, when, np.column_stack([first, second]), globe=False, dated=dated)


def events_of_incidents(incidents: Incidents) -> Events:
    """Return the incidents whose place is known well enough, on their first day."""
    frame = incidents.frame
    placed = frame[["latitude", "longitude"]].notna().all(axis=1).to_numpy()
    fine = ~frame["place_precision"].isin(_COARSE_PLACES).to_numpy()
    known = np.ones(len(frame), dtype=bool)
    if incidents.as_of is not None:
        known = ~incidents.reported_after(incidents.as_of)
    kept = frame[placed & fine & known]
    if kept.empty:
        raise InputError("no incident has coordinates", found=f"{len(frame):,} incidents")
    notes = list(incidents.notes)
    for number, why in (
        (int((~placed).sum()), "without coordinates"),
        (int((placed & fine & ~known).sum()), f"reported after {incidents.as_of}"),
        (int((placed & ~fine).sum()), "placed at a governorate or country only"),
    ):
        if number:
            notes.append(f"{number:,} incidents {why} are left out")
    coarse = int((kept["date_end"] > kept["date_start"]).sum())
    if coarse:
        notes.append(f"{coarse:,} incidents dated to a span of days are taken at its first day")
    latitude, longitude = kept["latitude"].to_numpy(dtype=float), kept["longitude"].to_numpy(dtype=float)
    phi, theta = np.radians(latitude), np.radians(longitude)
    points = np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])
    days = kept["date_start"].to_numpy().astype("datetime64[D]").astype(float)
    return Events(longitude, latitude, days, points, True, True, incidents.simulated, tuple(notes))


def area_shares(events: Events, radius: float, region: npt.ArrayLike | None) -> FloatArray:
    """Return the share of the region's area that lies in each event's disc."""
    points = np.column_stack([events.x, events.y])
    corners = None if region is None else np.asarray(region, dtype=float)
    if corners is not None and corners.shape == (4,):
        x0, x1, y0, y1 = corners
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if corners is not None and (corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3):
        raise OptionError("region is not usable", expected="four numbers, or corners of shape (n, 2)")
    if events.globe:
        centre = points.mean(axis=0)
        points = _equal_area(points, centre)
        corners = None if corners is None else _equal_area(corners, centre)
    if corners is None:
        if not events.globe:
            raise OptionError("expected='uniform' needs a region", todo="give region")
        if len(np.unique(points, axis=0)) < 3:
            raise OptionError("the hull of fewer than three places has no area", todo="give region")
        corners = points[spatial.ConvexHull(points).vertices]
    x, y = corners.T
    whole = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    within = disc_areas(points, radius, corners)
    if not whole > 0 or not (within > 0).all():
        raise OptionError("an event lies outside the region", todo="give a region that holds all events")
    return np.asarray(np.minimum(within / whole, 1.0))


def _equal_area(points: FloatArray, centre: FloatArray) -> FloatArray:
    """Project longitude and latitude to km by Lambert's azimuthal equal-area projection."""
    theta, phi = np.radians(points[:, 0] - centre[0]), np.radians(points[:, 1])
    origin = np.radians(centre[1])
    cosine = np.sin(origin) * np.sin(phi) + np.cos(origin) * np.cos(phi) * np.cos(theta)
    scale = EARTH_KM * np.sqrt(2 / (1 + cosine))
    east = np.cos(phi) * np.sin(theta)
    north = np.cos(origin) * np.sin(phi) - np.sin(origin) * np.cos(phi) * np.cos(theta)
    return np.asarray(scale[:, None] * np.column_stack([east, north]))
