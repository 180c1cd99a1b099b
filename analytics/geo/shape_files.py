"""Which files of shapes are handed to GDAL: those that are, by what they begin with, what they are called.

GDAL tells a file by what is in it. A text of a few lines under any name may bid it open other files or
addresses of the network (virtual layers, services, pipelines); no such file is handed to it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics._limits import limit, raise_advice
from analytics.errors import InputError
from analytics.files import is_regular

__all__ = ["EXPECTED", "SIDECARS", "check_shapes", "gdal_alone"]

SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
EXPECTED = "GeoJSON, shapefile (also zipped), GeoPackage, FlatGeobuf, KML or GML"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_BEGINS = (b"SQLite format 3\0", _SHAPEFILE, b"fgb")
_PACKED = b"PK\x03\x04"
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*+<(?:[\w.-]+:)?([\w.-]+)[\s>/]", re.DOTALL
)
_ROOTS = (b"kml", b"FeatureCollection")
_BIDDING = (b"<ogrvrtdatasource", b"<ogrwfsdatasource")  # GDAL finds them anywhere in a file
_OPTIONS = {"GML_DOWNLOAD_SCHEMA": "NO"}


def check_shapes(path: Path) -> None:
    """Raise an error unless a file is of a kind that holds its shapes itself; a folder of files passes.

    Raises
    ------
    InputError
        If it is of another kind, a device or a pipe, or cannot be read.
    """
    if path.is_dir():
        return
    for one in (path, *(path.with_suffix(ending) for ending in SIDECARS)):
        if one.exists() and not is_regular(one):
            raise _refused(path, f"a device or a pipe: {one.name}")
    try:
        found = _kind_of(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
        raise _refused(path, getattr(error, "strerror", None) or str(error)) from None
    if found is not None:
        raise _refused(path, found)


def _kind_of(path: Path) -> str | None:
    """Return what a file is that is not handed on; None where it is."""
    with path.open("rb") as stream:
        begins = stream.read(64)
        if begins.startswith(_BEGINS):
            return None
        if begins.startswith(_PACKED):
            return _packed(path)
        text = begins + stream.read() if begins.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else b""
    root = _ROOT.match(text)
    if root is None:
        return f"a file that begins with {begins[:16]!r}"
    if root[1] not in _ROOTS:
        return f"XML of another kind: {root[1][:40].decode('ascii', 'replace')}"
    folded = text.lower()
    return "XML that names another source of data" if any(bid in folded for bid in _BIDDING) else None


def _packed(path: Path) -> str | None:
    """Return what a packed file holds that is not handed on; None where there are shapefiles."""
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
        if size > limit("unpacked_mb") << 20:
            return f"a packed file of {size >> 20:,} MB: {raise_advice('unpacked_mb', (size >> 20) + 1)}"
        shapes = [name for name in archive.namelist() if name.lower().endswith(".shp")]
        if not shapes:
            return "a packed file without a .shp"
        for name in shapes:
            with archive.open(name) as stream:
                if stream.read(4) != _SHAPEFILE:
                    return f"a packed file whose {name} is no shapefile"
    return None


def _refused(path: Path, found: str) -> InputError:
    return InputError(
        "the boundaries cannot be read",
        expected=EXPECTED,
        found=found,
        where=str(path),
        todo="save it as a GeoPackage or as GeoJSON (any GIS does)",
    )


@contextmanager
def gdal_alone() -> Iterator[None]:
    """Let GDAL fetch nothing while it reads a file; its settings are as before afterwards."""
    import pyogrio

    before = {name: pyogrio.get_gdal_config_option(name) for name in _OPTIONS}
    pyogrio.set_gdal_config_options(_OPTIONS)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
