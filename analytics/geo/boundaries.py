"""Shapes and what is said of them: GeoJSON, shapefile (also zipped), GeoPackage, FlatGeobuf, KML and GML.

GeoJSON needs shapely alone; other files pyogrio, and other coordinate systems than WGS 84 pyproj. All three
are the extra ``geo``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._limits import beyond_limits, parsed
from analytics.errors import InputError, OptionError, UptickError
from analytics.files import read_whole
from analytics.geo.shape_files import EXPECTED, SIDECARS, check_shapes, gdal_alone
from analytics.options import install_advice

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["JSON", "Boundaries", "geo_extra", "is_boundary_file", "read_boundaries"]

JSON = (".geojson", ".json")
GEOJSON = "GeoJSON: a FeatureCollection of features, longitude and latitude (WGS 84)"
_OTHERS = (".gpkg", ".shp", ".zip", ".fgb", ".kml", ".gml", ".shz")
_DEGREES = ("EPSG:4326", "OGC:CRS84", "OGC:CRS84H", "EPSG:4979")
_KNOWN_TO_BE_WGS84 = ("crs84", "4326", "wgs84", "wgs 84", "4979")


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Shapes in longitude and latitude (WGS 84), and a table of what is said of each.

    Attributes
    ----------
    properties : DataFrame, shape (features, columns)
    shapes : object array of shapely geometries, shape (features,)
        None where a feature has none, or it cannot be read.
    name : str
        The file's name.
    digest : str
        SHA-256 of the file (of a shapefile of the ``.shp``), "" without one.
    notes : tuple of str
    """

    properties: pd.DataFrame
    shapes: npt.NDArray[np.object_]
    name: str
    digest: str = ""
    notes: tuple[str, ...] = ()


def is_boundary_file(text: str) -> bool:
    """Whether a text names a file of boundaries, by its ending.

    Examples
    --------
    >>> is_boundary_file("districts.gpkg"), is_boundary_file("Kirkuk, Erbil")
    (True, False)
    """
    return Path(text).suffix.lower() in (*JSON, *_OTHERS)


@contextmanager
def geo_extra(purpose: str) -> Iterator[None]:
    """Say what to install where an import within fails.

    Raises
    ------
    UptickError
        If a package of the extra ``geo`` is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise UptickError(
            f"{purpose} needs a package that is not installed",
            found=f"no {(error.name or 'package').partition('.')[0]}",
            todo=install_advice("geo"),
        ) from None


def read_boundaries(
    source: str | Path | Mapping[str, Any],
    *,
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> Boundaries:
    """Read shapes from a file, or from GeoJSON as Python holds it.

    Parameters
    ----------
    source : path or mapping
        GeoJSON, shapefile (also zipped), GeoPackage, FlatGeobuf, KML or GML.
    crs : str, optional
        Coordinate system of a file that states none, such as ``"EPSG:32638"``.
    layer : str, optional
        Which layer of a file that holds several.
    encoding : str, optional
        Of the names in a shapefile that does not state it.

    Raises
    ------
    InputError
        If the file cannot be read, or states no coordinate system and none is given.
    OptionError
        If `layer` is not given where there are several, or `crs` is none that is known or contradicts the
        file.
    UptickError
        If a package of the extra ``geo`` is needed and not there.
    """
    with geo_extra("placing incidents by boundaries"):
        import shapely  # noqa: F401
    if isinstance(source, Mapping):
        return _of_json(source, "the shapes given", "", crs)
    path = Path(source)
    if not path.exists():
        raise InputError(
            "there is no file of boundaries",
            expected="GeoJSON, a shapefile (also zipped) or a GeoPackage",
            found="nothing of that name",
            where=str(path),
            todo="check the path",
        )
    digest = file_digest(path)
    if path.suffix.lower() in JSON:
        for option, value in (("layer", layer), ("encoding", encoding)):
            if value is not None:
                raise OptionError(
                    f"{option} (--region-{option}) is not for GeoJSON",
                    expected="a shapefile or a GeoPackage: GeoJSON has one layer, in UTF-8",
                    found=f"{value!r} with {path.name}",
                    todo="leave it out",
                )
        try:
            stated = parsed(json.loads, read_whole(path).decode("utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(
                "the boundaries are not GeoJSON", expected=GEOJSON, found=json_fault(error), where=str(path)
            ) from None
        return _of_json(stated, path.name, digest, crs)
    return _of_gdal(path, digest, crs, layer, encoding)


def json_fault(error: Exception) -> str:
    """Return what is wrong with a JSON text, where the library speaks of its own limits too.

    Examples
    --------
    >>> json_fault(FileNotFoundError(2, "No such file or directory"))
    'No such file or directory'
    """
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return beyond_limits(error) or said


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file of boundaries, of a shapefile with its sidecars; "" where it is no file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if not path.is_file():
        return ""
    sidecars = SIDECARS if path.suffix.lower() == ".shp" else ()
    made = hashlib.sha256()
    try:
        for one in (path, *(path.with_suffix(ending) for ending in sidecars)):
            made.update(one.read_bytes() if one.is_file() else b"")
    except OSError as error:
        raise InputError(
            "the boundaries cannot be read", found=error.strerror or str(error), where=str(path)
        ) from None
    return made.hexdigest()


# GeoJSON ----------------------------------------------------------------------------------------------------


def _of_json(stated: Any, name: str, digest: str, crs: str | None) -> Boundaries:
    import shapely

    kind = stated.get("type") if isinstance(stated, Mapping) else None
    if kind == "FeatureCollection" and isinstance(stated.get("features"), list):
        features = [feature for feature in stated["features"] if isinstance(feature, Mapping)]
    elif kind == "Feature":
        features = [dict(stated)]
    elif kind is not None and ("coordinates" in stated or "geometries" in stated):
        features = [{"properties": {}, "geometry": dict(stated)}]
    else:
        raise InputError(
            "the boundaries are not GeoJSON",
            expected="a FeatureCollection, a Feature or a geometry",
            found=f"a {kind}" if isinstance(kind, str) else "JSON of another kind",
            where=name,
        )
    texts = [json.dumps(feature.get("geometry")) for feature in features]
    shapes = np.array(
        [None if text == "null" else shapely.from_geojson(text, on_invalid="ignore") for text in texts],
        dtype=object,
    )
    for at, feature in enumerate(features, 1):
        if not isinstance(feature.get("properties") or {}, Mapping):
            raise InputError(
                "the boundaries are not GeoJSON",
                expected="properties that are a table of names and values, or null",
                found=f"a {type(feature['properties']).__name__}",
                where=f"{name}, feature {at}",
            )
    rows = [
        {**({"id": f["id"]} if isinstance(f.get("id"), str) else {}), **(f.get("properties") or {})}
        for f in features
    ]
    member = stated.get("crs")
    named = member.get("properties", {}).get("name") if isinstance(member, Mapping) else None
    # GeoJSON is WGS 84 unless an old file says otherwise (RFC 7946, section 4).
    return _in_degrees(
        pd.DataFrame(rows, index=range(len(rows))), shapes, name, digest, named or "OGC:CRS84", crs
    )


# Other files ------------------------------------------------------------------------------------------------


def _of_gdal(path: Path, digest: str, crs: str | None, layer: str | None, encoding: str | None) -> Boundaries:
    with geo_extra(f"reading {path.name}"):
        import pyogrio  # noqa: F401
        import shapely  # noqa: F401

    check_shapes(path)
    with gdal_alone():
        return _of_layer(path, digest, crs, layer, encoding)


def _of_layer(
    path: Path, digest: str, crs: str | None, layer: str | None, encoding: str | None
) -> Boundaries:
    import pyogrio
    import shapely
    from pyogrio import raw

    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        if layer is None and len(layers) > 1:
            raise OptionError(
                f"{path.name} holds {len(layers)} layers",
                expected="layer= (--region-layer), one of them",
                found=", ".join(layers[:20]),
            )
        if layer is not None and layer not in layers:
            raise OptionError(f"{path.name} has no layer {layer!r}", expected=", ".join(layers[:20]))
        if not layers:
            raise InputError("the file holds no layer of shapes", where=str(path))
        meta, _, written, columns = raw.read(
            path, layer=layer or layers[0], encoding=encoding, force_2d=True, datetime_as_string=True
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError) as error:
        raise InputError(
            "the boundaries cannot be read",
            expected=EXPECTED,
            found=str(error).splitlines()[0],
            where=str(path),
            todo="give encoding= (--region-encoding)" if isinstance(error, UnicodeDecodeError) else None,
        ) from error
    shapes = np.asarray(shapely.from_wkb(written, on_invalid="ignore"), dtype=object)
    names = [str(name) for name in meta["fields"]]
    properties = pd.DataFrame(dict(zip(names, columns, strict=True)), index=range(len(shapes)))
    return _in_degrees(properties, shapes, path.name, digest, meta["crs"], crs)


def _in_degrees(
    properties: pd.DataFrame,
    shapes: npt.NDArray[np.object_],
    name: str,
    digest: str,
    stated: str | None,
    given: str | None,
) -> Boundaries:
    """Return the shapes in longitude and latitude, with a note where they had to be turned into them."""
    system = stated or given
    if system is None:
        raise InputError(
            f"{name} states no coordinate system",
            expected="a .prj file beside a shapefile, or a system within the file",
            found="coordinates such as " + _first_point(shapes),
            where=name,
            todo="give crs= (--region-crs), such as EPSG:4326 where they are longitude and latitude (WGS 84)",
        )
    notes: tuple[str, ...] = ()
    if stated is None:
        notes = (f"{name} states no coordinate system; taken as {given}, as stated",)
    elif given is not None and not _same_system(stated, given):
        raise OptionError(
            f"{name}: another coordinate system is stated than the one given",
            expected=_short(stated),
            found=given,
            todo="leave crs (--region-crs) out: it is for files that state none",
        )
    if not _is_wgs84(system):
        shapes, said = _reprojected(shapes, system, name)
        notes += (said,)
    return Boundaries(properties, shapes, name, digest, notes)


def _is_wgs84(system: str) -> bool:
    plain = system.casefold()
    if system in _DEGREES or (len(plain) < 40 and any(word in plain for word in _KNOWN_TO_BE_WGS84)):
        return not plain.startswith("epsg:326") and not plain.startswith("epsg:327")
    return False


def _same_system(one: str, other: str) -> bool:
    if _is_wgs84(one) and _is_wgs84(other):
        return True
    return bool(_system(one, "").equals(_system(other, ""), ignore_axis_order=True))


def _system(text: str, where: str) -> CRS:
    with geo_extra("another coordinate system than WGS 84"):
        import pyproj

    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        raise OptionError(
            f"no coordinate system is known as {_short(text)!r}",
            expected="such as EPSG:4326 or EPSG:32638",
            where=where or None,
        ) from None


def _short(system: str) -> str:
    return system if len(system) <= 60 else system[:57] + "..."


def _reprojected(
    shapes: npt.NDArray[np.object_], system: str, name: str
) -> tuple[npt.NDArray[np.object_], str]:
    import shapely

    of = _system(system, name)
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        turn = Transformer.from_crs(of, "OGC:CRS84", always_xy=True)
    except ProjError:
        raise OptionError(
            f"{_short(system)!r} cannot be turned into longitude and latitude",
            expected="a coordinate system of the earth, such as EPSG:32638",
            where=name,
        ) from None

    def turned(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(turn.transform(points[:, 0], points[:, 1]))

    there = np.array([shape is not None for shape in shapes], dtype=bool)
    made = shapes.copy()
    made[there] = shapely.transform(shapely.force_2d(shapes[there]), turned)
    return made, f"{name}: turned from {of.name} into longitude and latitude (WGS 84)"


def _first_point(shapes: npt.NDArray[np.object_]) -> str:
    import shapely

    points = shapely.get_coordinates(shapes)
    return "none" if not len(points) else f"{points[0, 0]:g}, {points[0, 1]:g}"
