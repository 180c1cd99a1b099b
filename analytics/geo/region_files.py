"""Regions from a file of boundaries: which column names them, what they lie in, what is set aside."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.errors import InputError, OptionError, nearest
from analytics.files import read_whole
from analytics.geo.boundaries import Boundaries, read_boundaries
from analytics.geo.folding import fold
from analytics.geo.mending import mend_polygon
from analytics.geo.outlines import Outlines
from analytics.geo.regions import Regions
from analytics.results.words import counted

__all__ = ["read_regions", "read_spellings"]

_USUAL_NAMES = ("name", "shapename", "name_en", "region")
_LISTED = 5


def read_regions(
    source: str | Path | Mapping[str, Any],
    *,
    name: str | None = None,
    parent: str | None = None,
    population: str | None = None,
    spellings: str | Path | None = None,
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> Regions:
    """Read the regions that incidents are to be placed in from a file of boundaries.

    Parameters
    ----------
    source : path or mapping
        GeoJSON, shapefile (also zipped), GeoPackage, FlatGeobuf, KML or GML; or GeoJSON as Python holds it.
    name : str, optional
        Column that names the regions. Shapes of one name and parent are one region. Needed unless the file
        has one column of text, a column ``name``, or a single shape.
    parent : str, optional
        Column of what each lies in: a district's governorate. Tests then go governorate by governorate.
    population : str, optional
        Column of the people living in each, for rates; of several shapes of one region they are added up.
    spellings : path, optional
        CSV file with columns ``name`` and ``spellings`` (``|`` between), for the comparison with the names
        that the source gives.
    crs : str, optional
        Coordinate system of a file that states none, such as ``"EPSG:32638"``.
    layer : str, optional
        Which layer of a file that holds several.
    encoding : str, optional
        Of the names in a shapefile that does not state it.

    Returns
    -------
    Regions
        In the order of their labels. A name that stands under several parents is lengthened: *Central,
        Uganda*. Shapes without a name, without area, or that cannot be read are set aside with the reason.

    Raises
    ------
    InputError
        If the file cannot be read, holds no polygon, or states no coordinate system and none is given.
    OptionError
        If there is no such column, or `name` is needed.
    UptickError
        If a package of the extra ``geo`` is needed and not there.

    Examples
    --------
    >>> from analytics.bundled import bundled_path
    >>> iraq = read_regions(bundled_path("data/iraq/adm1.geojson"), name="name")
    >>> len(iraq), [iraq.names[at] for at in iraq.locate([35.47, 33.34], [44.39, 44.40])]
    (18, ['Kirkuk', 'Baghdad'])
    """
    found = read_boundaries(source, crs=crs, layer=layer, encoding=encoding)
    if not len(found.shapes):
        raise InputError("the file holds no shape", where=found.name)
    columns = [column for column in (name, parent, population) if column is not None]
    for column in columns:
        if column not in found.properties:
            raise _no_column(column, found)
    names = _names(found, name)
    parents = np.full(len(names), "", dtype=object) if parent is None else _texts(found.properties[parent])
    shapes, aside, notes = _usable(found, names)
    people = None if population is None else _people(found, population)
    made = _joined(found, names, parents, shapes, people)
    notes = (*found.notes, *notes, *made.notes)
    known, said = ({}, "") if spellings is None else _spellings(Path(spellings))
    return Regions(
        names=made.names,
        rule=made.rule,
        source=found.name,
        parents=made.parents if parent is not None else (),
        own_names=made.own_names,
        spellings={one: known[fold(one)] for one in made.own_names if fold(one) in known},
        population=made.population,
        set_aside=aside,
        notes=notes,
        digest=found.digest,
        spellings_digest=said,
    )


def read_spellings(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Return the spellings of each name of a CSV file, by the name's key; columns ``name`` and ``spellings``.

    Raises
    ------
    InputError
        If the file cannot be read or lacks the columns.
    """
    return _spellings(Path(path))[0]


def _spellings(path: Path) -> tuple[dict[str, tuple[str, ...]], str]:
    """Return the spellings and the file's SHA-256; a pipe can be read only once."""
    try:
        held = read_whole(path)
        rows = list(csv.DictReader(io.StringIO(held.decode("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("the spellings cannot be read", found=str(error), where=str(path)) from error
    if not rows or not {"name", "spellings"} <= set(rows[0]):
        raise InputError(
            "the spellings are no table of names",
            expected="columns name and spellings (| between)",
            found=", ".join(filter(None, rows[0])) or "nothing" if rows else "nothing",
            where=str(path),
        )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        key = fold(row["name"] or "")
        more = tuple(text.strip() for text in (row["spellings"] or "").split("|") if text.strip())
        found[key] = (*found.get(key, ()), *more)
    return found, hashlib.sha256(held).hexdigest()


def _no_column(name: str, found: Boundaries) -> OptionError:
    close = nearest(name, found.properties.columns)
    return OptionError(
        f"the boundaries have no column {name!r}",
        expected=_columns(found.properties) or "a column of names; there is none",
        where=found.name,
        todo=f"did you mean {' or '.join(close)}?" if close else None,
    )


def _columns(table: pd.DataFrame) -> str:
    said = []
    for column in table.columns[:20]:
        values = dict.fromkeys(text for text in _texts(table[column])[:50] if text)
        said.append(f"{column} ({', '.join(list(values)[:2])})" if values else str(column))
    return "; ".join(said)


def _texts(column: pd.Series) -> npt.NDArray[np.object_]:
    """Return a column as text, trimmed; "" where it is missing, whole numbers without a point."""
    out = []
    for value in column.tolist():
        if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
            out.append("")
        elif isinstance(value, float) and value.is_integer():
            out.append(str(int(value)))
        else:
            out.append(" ".join(str(value).split()))
    return np.array(out, dtype=object)


def _names(found: Boundaries, name: str | None) -> npt.NDArray[np.object_]:
    table = found.properties
    if name is None:
        lower = {str(column).casefold(): column for column in table.columns}
        usual = next((lower[one] for one in _USUAL_NAMES if one in lower), None)
        texts = [c for c in table.columns if any(isinstance(v, str) and v.strip() for v in table[c])]
        if usual is None and len(texts) != 1:
            if len(table) == 1:
                return np.array([Path(found.name).stem], dtype=object)
            raise OptionError(
                "which column names the regions is not stated",
                expected="name= (--region-name), one of "
                + (_columns(table) or "the columns, of which there are none"),
                where=found.name,
            )
        name = usual if usual is not None else texts[0]
    return _texts(table[name])


def _usable(
    found: Boundaries, names: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], pd.DataFrame, tuple[str, ...]]:
    """Return the polygons that can be used, None for the others, the table of those, and notes."""
    shapes = np.full(len(names), None, dtype=object)
    aside: list[tuple[int, str, str]] = []
    done: dict[str, list[str]] = {"mended": [], "cut": []}
    for at, shape in enumerate(found.shapes):
        usable, said = mend_polygon(shape)
        if usable is None or not names[at]:
            aside.append((at + 1, names[at], said if usable is None else "without a name"))
            continue
        shapes[at] = usable
        for word in said.split():
            done[word].append(names[at])
    table = pd.DataFrame(aside, columns=["feature", "name", "reason"])
    if len(table) == len(names):
        raise InputError(
            "the file holds no polygon that can be used",
            expected="Polygon or MultiPolygon, longitude and latitude",
            found=table["reason"].iloc[0],
            where=found.name,
        )
    notes = []
    if len(table):
        reasons = ", ".join(f"{reason} {n}" for reason, n in table["reason"].value_counts().items())
        notes.append(f"{found.name}: {counted(len(table), 'shape')} set aside: {reasons}")
    if done["mended"]:
        notes.append(f"{found.name}: invalid polygons made valid: {_listed(done['mended'])}")
    if done["cut"]:
        notes.append(
            f"{found.name}: polygons taken to cross the antimeridian, and cut there: {_listed(done['cut'])}"
        )
    return shapes, table, tuple(notes)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _people(found: Boundaries, column: str) -> FloatArray:
    numbers = pd.to_numeric(found.properties[column], errors="coerce").to_numpy(dtype=float)
    written = np.array([bool(text) for text in _texts(found.properties[column])])
    bad = (written & np.isnan(numbers)) | (numbers < 0) | np.isinf(numbers)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise InputError(
            "a population is no number of 0 or more",
            found=repr(found.properties[column].iloc[at]),
            where=f"{found.name}, feature {at + 1}, column {column}",
        )
    return numbers


def _joined(
    found: Boundaries,
    names: npt.NDArray[np.object_],
    parents: npt.NDArray[np.object_],
    shapes: npt.NDArray[np.object_],
    people: FloatArray | None,
) -> Regions:
    """Return one region for each name and parent, its shapes united."""
    import shapely

    groups: dict[tuple[str, str], list[int]] = {}
    for at in np.flatnonzero([shape is not None for shape in shapes]).tolist():
        groups.setdefault((fold(parents[at]), fold(names[at])), []).append(at)
    firsts = {key: (parents[at[0]], names[at[0]]) for key, at in groups.items()}
    alike = pd.Series([name for _, name in groups]).value_counts()
    labels = {
        key: f"{own}, {above or 'not stated'}" if alike[key[1]] > 1 else own
        for key, (above, own) in firsts.items()
    }
    order = sorted(groups, key=lambda key: (labels[key], key))
    united = [shapely.union_all(shapes[groups[key]]) if len(groups[key]) > 1 else None for key in order]
    made = [
        one if one is not None else shapes[groups[key][0]] for key, one in zip(order, united, strict=True)
    ]
    several = [labels[key] for key in order if len(groups[key]) > 1]
    return Regions(
        names=tuple(labels[key] for key in order),
        rule=Outlines(np.array(made, dtype=object)),
        source=found.name,
        parents=tuple(firsts[key][0] for key in order),
        own_names=tuple(firsts[key][1] for key in order),
        population=None if people is None else np.array([people[groups[key]].sum() for key in order]),
        notes=(
            (
                f"{found.name}: regions of several shapes, joined by their name: {_listed(several)}"
                + ("" if any(parents) else "; if they are several regions, state what they lie in (parent)"),
            )
            if several
            else ()
        ),
    )
