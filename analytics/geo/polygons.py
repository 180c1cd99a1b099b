"""Boundaries of regions, from a country's data or from a file, and which region each belongs to.

Names are matched as place names are, by folding and known spellings, never by likeness. Boundaries here are
for drawing; incidents are placed in `Regions`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analytics._limits import parsed
from analytics._typing import FloatArray
from analytics.errors import InputError, nearest
from analytics.files import read_whole
from analytics.geo.boundaries import JSON, is_boundary_file, json_fault, read_boundaries
from analytics.geo.countries import Country, find_country
from analytics.geo.folding import fold
from analytics.geo.mending import mend_polygon, rings_of
from analytics.geo.names import LEVELS, RegionTable, region_table

__all__ = ["PolygonMatch", "Polygons", "bundled_polygons", "joined_rings", "read_polygons"]

_GEOJSON = "GeoJSON: a FeatureCollection of Polygon or MultiPolygon features, longitude and latitude (WGS 84)"
_CONVERT = "ogr2ogr -f GeoJSON -t_srs EPSG:4326 OUT.geojson IN, or QGIS: Export, Save Features As"
_NAMED = 5  # names in a sentence


@dataclass(frozen=True, eq=False)
class PolygonMatch:
    """Which polygons draw which region.

    Attributes
    ----------
    rings : mapping
        Region to its rings, each a float array of shape (points, 2), longitude and latitude; outer rings run
        against the clock, holes with it.
    missing : tuple of str
        Regions without a polygon, in their order.
    spare : tuple of str
        Names of polygons without a region.
    shared : tuple of str
        Polygons that several regions name, so that none of them is drawn by it.
    matched_by : str
        The property that held the names.
    nearest : mapping
        Missing region to the polygon names most like it, as far as there are any.
    spare_rings : mapping
        Rings of the polygons without a region.
    source : str
        Where the boundaries come from.
    """

    rings: Mapping[str, tuple[FloatArray, ...]]
    missing: tuple[str, ...]
    spare: tuple[str, ...]
    shared: tuple[str, ...]
    matched_by: str
    nearest: Mapping[str, tuple[str, ...]]
    spare_rings: Mapping[str, tuple[FloatArray, ...]]
    source: str

    def notes(self) -> tuple[str, ...]:
        """Say which regions have no polygon, and which polygons no region; empty where all agree."""
        out = []
        if self.missing:
            close = [
                name + (f" (nearest: {', '.join(self.nearest[name])})" if name in self.nearest else "")
                for name in self.missing[:_NAMED]
            ]
            more = f" and {len(self.missing) - _NAMED} more" if len(self.missing) > _NAMED else ""
            total = len(self.missing) + len(self.rings)
            out.append(f"{len(self.missing)} of {total} regions without a polygon: {', '.join(close)}{more}")
        if self.shared:
            out.append(f"polygons that several regions name: {', '.join(self.shared[:_NAMED])}")
        if self.spare:
            more = f" and {len(self.spare) - _NAMED} more" if len(self.spare) > _NAMED else ""
            names = ", ".join(self.spare[:_NAMED])
            out.append(f"polygons without a region in the counts: {names}{more}")
        return tuple(out)


@dataclass(frozen=True, eq=False)
class Polygons:
    """Boundaries of regions, with all that is said of each.

    Attributes
    ----------
    properties : tuple of mapping
        Of each feature: property to text.
    rings : tuple of tuple of float array
        Of each feature: outer rings, against the clock, and holes, with it; each of shape (points, 2),
        longitude and latitude.
    source : str
        Where they come from.

    Examples
    --------
    >>> iraq = bundled_polygons("Iraq")
    >>> len(iraq), iraq.names("name")[:2]
    (18, ('Anbar', 'Babil'))
    >>> iraq.match(["At-Ta'mim", "Ninawa", "Aleppo"], country="Iraq").notes()[0]
    '1 of 3 regions without a polygon: Aleppo'
    """

    properties: tuple[Mapping[str, str], ...]
    rings: tuple[tuple[FloatArray, ...], ...]
    source: str

    def __len__(self) -> int:
        return len(self.rings)

    def names(self, of: str) -> tuple[str, ...]:
        """Return one property of each feature, "" where it has none."""
        return tuple(stated.get(of, "") for stated in self.properties)

    def fields(self) -> tuple[str, ...]:
        """Return the names of the properties that hold text, in the order they are met."""
        return tuple(dict.fromkeys(key for stated in self.properties for key in stated))

    def match(
        self,
        regions: Sequence[str],
        *,
        country: str | None = None,
        level: str = "admin1",
        name: str | None = None,
    ) -> PolygonMatch:
        """Find the polygons of each region.

        Parameters
        ----------
        regions : sequence of str
            Labels as counts have them; *Central, Uganda* is looked for as a whole, then as *Central* among
            the features that also say *Uganda*.
        country, level : str
            Whose spellings and codes are known, where data of the country are bundled.
        name : str, optional
            The property that holds the names; the one that most regions are found in unless given.

        Returns
        -------
        PolygonMatch
            A region with several features is drawn by all of them; a polygon that two regions name is drawn
            for neither.

        Raises
        ------
        InputError
            If the file has no such property.
        """
        known = self.fields()
        if name is not None and name not in known:
            raise InputError(
                f"the polygons have no property {name!r}", expected=", ".join(known), where=self.source
            )
        found_country = None if country is None else find_country(country)
        speller = _Speller(found_country, level)
        best: tuple[int, str, dict[str, list[int]]] = (-1, "", {})
        for field in known if name is None else (name,):
            found = self._found(regions, field, speller)
            if len(found) > best[0]:
                best = (len(found), field, found)
        return self._result(regions, best[1], best[2])

    def _found(self, regions: Sequence[str], field: str, speller: _Speller) -> dict[str, list[int]]:
        at: dict[str, list[int]] = defaultdict(list)
        for i, text in enumerate(self.names(field)):
            if text:
                at[speller.key(text)].append(i)
        found: dict[str, list[int]] = {}
        for region in regions:
            features = at.get(speller.key(region))
            if features is None and ", " in region:
                own, *above = region.split(", ")
                features = [i for i in at.get(speller.key(own), ()) if self._says(i, above)]
            if features:
                found[region] = features
        return found

    def _says(self, feature: int, above: Iterable[str]) -> bool:
        said = {fold(text) for text in self.properties[feature].values()}
        return all(fold(name) in said for name in above)

    def _result(self, regions: Sequence[str], field: str, found: dict[str, list[int]]) -> PolygonMatch:
        users: dict[int, list[str]] = defaultdict(list)
        for region, features in found.items():
            for i in features:
                users[i].append(region)
        shared = sorted(i for i, named in users.items() if len(named) > 1)
        lost = {region for i in shared for region in users[i]}
        names = self.names(field)
        spare = [i for i in range(len(self)) if i not in users or i in shared]
        missing = tuple(region for region in regions if region not in found or region in lost)
        close = {region: tuple(nearest(region, {names[i] for i in spare if names[i]})) for region in missing}
        return PolygonMatch(
            rings={
                region: tuple(ring for i in found[region] for ring in self.rings[i])
                for region in regions
                if region in found and region not in lost
            },
            missing=missing,
            spare=tuple(names[i] or f"feature {i + 1}" for i in spare if i not in shared),
            shared=tuple(names[i] for i in shared),
            matched_by=field,
            nearest={region: given for region, given in close.items() if given},
            spare_rings={names[i] or f"feature {i + 1}": self.rings[i] for i in spare},
            source=self.source,
        )


class _Speller:
    """One key for all spellings and codes of a name that a country's table knows."""

    def __init__(self, country: Country | None, level: str) -> None:
        self._country = country
        self._table: RegionTable | None = None
        if country is not None and level in LEVELS:
            self._table = region_table(country.name, level)

    def key(self, name: str) -> str:
        """Return the key of a name."""
        if self._table is not None and (code := self._table.code(name)) >= 0:
            return f"#{code}"
        return fold(name) if self._country is None else self._country.fold(name)


@cache
def bundled_polygons(country: str) -> Polygons | None:
    """Return the boundaries of a country's first-order units, None where none are bundled.

    Examples
    --------
    >>> len(bundled_polygons("Nigeria")), bundled_polygons("Syria") is None
    (37, True)
    """
    found = find_country(country)
    path = None if found is None else found.folder / "adm1.geojson"
    if found is None or path is None or not path.is_file():
        return None
    read = read_polygons(path)
    return Polygons(read.properties, read.rings, f"boundaries of {found.name}: Natural Earth")


def read_polygons(path: str | Path) -> Polygons:
    """Read boundaries from a GeoJSON file, or with the extra ``geo`` from a shapefile or GeoPackage.

    Parameters
    ----------
    path : path
        A FeatureCollection (or one Feature) of polygons in longitude and latitude, WGS 84, which is what
        GeoJSON is by its standard (RFC 7946). Other files are turned into that.

    Returns
    -------
    Polygons

    Raises
    ------
    InputError
        If the file cannot be read, is not GeoJSON, holds no polygon, or its coordinates are not degrees.

    Examples
    --------
    >>> from analytics.bundled import bundled_path
    >>> len(read_polygons(bundled_path("data/iraq/adm1.geojson")))
    18
    """
    path = Path(path)
    if path.suffix.lower() not in JSON and is_boundary_file(path.name):
        return _of_another(path)
    try:
        stated = parsed(json.loads, read_whole(path).decode("utf-8-sig"))
    except OSError as error:
        found = error.strerror or str(error)
        raise InputError(
            "the polygons cannot be read", expected=_GEOJSON, found=found, where=str(path)
        ) from error
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError) or type(error) is ValueError
        raise InputError(
            "the polygons are not GeoJSON",
            expected=_GEOJSON,
            found=json_fault(error) if deep else None,
            where=str(path),
            todo=_CONVERT,
        ) from None
    features = _features(stated, path)
    properties, rings = [], []
    for number, feature in enumerate(features, 1):
        drawn = _rings(feature.get("geometry"), f"{path}, feature {number}")
        if not drawn:
            continue
        said = feature.get("properties") or {}
        texts = {str(key): " ".join(str(v).split()) for key, v in said.items() if _is_name(v)}
        if isinstance(feature.get("id"), str):
            texts.setdefault("id", feature["id"])
        properties.append(texts)
        rings.append(drawn)
    if not rings:
        raise InputError("the file holds no polygon", expected=_GEOJSON, where=str(path), todo=_CONVERT)
    return Polygons(tuple(properties), joined_rings(rings), path.name)


def _of_another(path: Path) -> Polygons:
    """Return the boundaries of a shapefile, GeoPackage, FlatGeobuf, KML or GML file."""
    found = read_boundaries(path)
    mended = [mend_polygon(shape)[0] for shape in found.shapes]
    at = [i for i, shape in enumerate(mended) if shape is not None]
    if not at:
        raise InputError("the file holds no polygon", expected="Polygon or MultiPolygon", where=str(path))
    rows = found.properties.iloc[at].to_dict("records")
    properties = [{str(k): " ".join(str(v).split()) for k, v in row.items() if _is_name(v)} for row in rows]
    return Polygons(tuple(properties), joined_rings([rings_of(mended[i]) for i in at]), path.name)


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""


def _features(stated: Any, path: Path) -> list[dict[str, Any]]:
    kind = stated.get("type") if isinstance(stated, dict) else None
    if kind == "Feature":
        return [stated]
    if kind != "FeatureCollection" or not isinstance(stated.get("features"), list):
        found = f"a {kind}" if isinstance(kind, str) else "JSON of another kind"
        raise InputError(
            "the polygons are not GeoJSON", expected=_GEOJSON, found=found, where=str(path), todo=_CONVERT
        )
    return [feature for feature in stated["features"] if isinstance(feature, dict)]


def _rings(geometry: Any, where: str) -> tuple[FloatArray, ...]:
    """Return the rings of a geometry; nothing of points and lines."""
    if not isinstance(geometry, dict):
        return ()
    kind: Any = geometry.get("type")
    coordinates: Any = geometry.get("coordinates")
    if kind == "GeometryCollection":
        return tuple(ring for part in geometry.get("geometries") or () for ring in _rings(part, where))
    if kind not in ("Polygon", "MultiPolygon"):
        return ()
    rings: list[tuple[bool, FloatArray]] = []  # whether it is an outer one
    try:
        for polygon in coordinates if kind == "MultiPolygon" else [coordinates]:
            for number, ring in enumerate(polygon):
                points = np.array([point[:2] for point in ring], dtype=float).reshape(-1, 2)
                if len(points) >= 3:
                    rings.append((number == 0, points))
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise InputError(
            "a polygon's coordinates cannot be read", expected="rings of [longitude, latitude]", where=where
        ) from error
    for _, points in rings:
        inside = (np.abs(points[:, 0]) <= 360) & (np.abs(points[:, 1]) <= 90)  # False where not a number
        if not inside.all():
            x, y = points[int(np.argmin(inside))]
            raise InputError(
                "a polygon's coordinates are not longitude and latitude",
                expected="degrees, WGS 84",
                found=f"{x:g}, {y:g}",
                where=where,
                todo=_CONVERT,
            )
    return tuple(points if (_area(points) > 0) == outer else points[::-1] for outer, points in rings)


def _area(ring: FloatArray) -> float:
    """Return twice the area that a ring runs around, negative where it runs with the clock."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def joined_rings(rings: list[tuple[FloatArray, ...]]) -> tuple[tuple[FloatArray, ...], ...]:
    """Return the rings, those west of the date line put beside those east of it where both are near it.

    Parameters
    ----------
    rings : list of tuple of float array
        Of each region.
    """
    if not any(rings):
        return tuple(rings)
    longitude = np.concatenate([ring[:, 0] for parts in rings for ring in parts])
    if (
        not ((longitude > 150).any() and (longitude < -150).any())
        or ((longitude > -20) & (longitude < 20)).any()
    ):
        return tuple(rings)
    return tuple(
        tuple(np.column_stack([np.where(r[:, 0] < 0, r[:, 0] + 360, r[:, 0]), r[:, 1]]) for r in parts)
        for parts in rings
    )
