"""A country's folder of data, made from a file of boundaries: names, spellings, polygons."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.errors import InputError, OptionError
from analytics.geo.boundaries import read_boundaries
from analytics.geo.folding import fold
from analytics.geo.outlines import Outlines
from analytics.geo.region_files import read_regions
from analytics.geo.regions import Regions
from analytics.geo.states import find_state

__all__ = ["CountryFolder", "country_folder"]

_HEAD = ("level", "name", "pcode", "parent", "spellings", "note")
_DECIMALS = 5  # of a degree: about a metre
_LISTED = 5


@dataclass(frozen=True, eq=False)
class CountryFolder:
    """The files of a country's folder, not yet written.

    Attributes
    ----------
    files : mapping of str to str
        Name to text: ``country.toml``, ``place_names.csv``, ``adm1.geojson``.
    admin1, admin2 : tuple of str
        Names of the first-order and the second-order units.
    notes : tuple of str
        What was decided: names lengthened, spellings left out.
    """

    files: Mapping[str, str]
    admin1: tuple[str, ...]
    admin2: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Unit:
    level: str
    name: str
    parent: str
    code: str
    spellings: tuple[str, ...]


def country_folder(
    source: str | Path | Mapping[str, Any],
    country: str,
    *,
    name: str,
    parent: str | None = None,
    code: str | None = None,
    spellings: Sequence[str] = (),
    parent_code: str | None = None,
    parent_spellings: Sequence[str] = (),
    names: Sequence[str] = (),
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> CountryFolder:
    """Make a country's folder of data from a file of its units.

    Parameters
    ----------
    source : path or mapping
        As for :func:`read_regions`: first-order units; or, with `parent`, second-order ones.
    country : str
        The country's name.
    name : str
        Column of the units' names.
    parent : str, optional
        Column of the first-order units they lie in.
    code : str, optional
        Column of the units' codes (P-codes, ISO 3166-2).
    spellings : sequence of str
        Columns that hold other spellings: alternative names, names in another script. Several in one cell
        stand with ``|`` between.
    parent_code, parent_spellings
        The same of the first-order units.
    names : sequence of str
        Other names and codes of the country, such as ``"IRQ"``.
    crs, layer, encoding
        As for :func:`read_regions`.

    Returns
    -------
    CountryFolder
        With polygons of the first-order units, joined of their parts where the file holds second-order ones.

    Raises
    ------
    InputError
        If two units would have one name.
    OptionError
        If a column is not there.

    Examples
    --------
    >>> from analytics.bundled import bundled_path
    >>> made = country_folder(bundled_path("data/nigeria/adm1.geojson"), "Nigeria", name="name", code="pcode")
    >>> len(made.admin1), sorted(made.files)
    (37, ['adm1.geojson', 'country.toml', 'place_names.csv'])
    """
    if not country.strip():
        raise OptionError("country is empty", expected="its name, such as Kenya")
    regions = read_regions(source, name=name, parent=parent, crs=crs, layer=layer, encoding=encoding)
    told = read_boundaries(source, crs=crs, layer=layer, encoding=encoding).properties
    for column in (code, parent_code, *spellings, *parent_spellings):
        if column is not None and column not in told:
            raise OptionError(
                f"the boundaries have no column {column!r}", expected=", ".join(map(str, told.columns[:30]))
            )
    own_names = [_text(value) for value in told[name]]
    above = [""] * len(told) if parent is None else [_text(value) for value in told[parent]]
    own = _said(told, [(fold(p), fold(n)) for p, n in zip(above, own_names, strict=True)], code, spellings)
    notes = list(regions.notes)
    lower: list[_Unit] = []
    upper = regions
    if parent is None:
        units = [_Unit("admin1", n, country, *own["", fold(n)]) for n in regions.names]
    else:
        lost = [n for n, p in zip(regions.names, regions.parents, strict=True) if not p]
        if lost:
            raise InputError(
                "units lie in no first-order unit",
                expected=f"a value of {parent}",
                found="; ".join(lost[:_LISTED]),
            )
        of_parent = _said(told, [("", fold(p)) for p in above], parent_code, parent_spellings)
        upper = _parents(regions)
        units = [_Unit("admin1", n, country, *of_parent["", fold(n)]) for n in upper.names]
        whole = zip(regions.names, regions.own_names, regions.parents, strict=True)
        lower = [_Unit("admin2", label, p, *own[fold(p), fold(n)]) for label, n, p in whole]
        longer = [n for n, o in zip(regions.names, regions.own_names, strict=True) if n != o]
        if longer:
            more = "; ..." if len(longer) > _LISTED else ""
            notes.append(f"names under several parents, lengthened: {'; '.join(longer[:_LISTED])}{more}")
    listed = []
    for level in (units, lower):
        kept, left = _unambiguous(level)
        listed += kept
        notes += left
    files = {
        "country.toml": _toml(country, names, regions.source),
        "place_names.csv": _table(listed),
        "adm1.geojson": _geojson(upper, {unit.name: unit.code for unit in units}, country),
    }
    return CountryFolder(files, upper.names, tuple(unit.name for unit in lower), tuple(notes))


Said = dict[tuple[str, str], tuple[str, tuple[str, ...]]]
"""Folded parent and name to code and spellings."""


def _said(
    table: pd.DataFrame, keys: Sequence[tuple[str, str]], code: str | None, spellings: Sequence[str]
) -> Said:
    """Return the code and the spellings that the rows of each unit state."""
    found: Said = {}
    for at, key in enumerate(keys):
        before, known = found.get(key, ("", ()))
        stated = before or ("" if code is None else _text(table[code].iloc[at]))
        more = [part.strip() for column in spellings for part in _text(table[column].iloc[at]).split("|")]
        found[key] = (stated, tuple(dict.fromkeys((*known, *filter(None, more)))))
    return found


def _text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    return " ".join(str(int(value) if isinstance(value, float) and value.is_integer() else value).split())


def _parents(regions: Regions) -> Regions:
    """Return the first-order units: the regions of each joined."""
    import shapely

    assert isinstance(regions.rule, Outlines)
    names = tuple(sorted(set(regions.parents)))
    of = np.array(regions.parents, dtype=object)
    shapes = np.array([shapely.union_all(regions.rule.shapes[of == one]) for one in names], dtype=object)
    return Regions(names=names, rule=Outlines(shapes), source=regions.source)


def _unambiguous(units: Sequence[_Unit]) -> tuple[list[_Unit], list[str]]:
    """Return the units without the spellings that stand for two of them, and notes on those."""
    owner: dict[str, str] = {}
    for unit in units:
        for text in filter(None, (unit.name, unit.code)):
            other = owner.setdefault(fold(text), unit.name)
            if other != unit.name:
                raise InputError(
                    f"two units are called {text!r}",
                    expected="one name and one code for each unit of a level",
                    found=f"{other} and {unit.name}",
                    todo="state what the units lie in (--parent), or another column of codes",
                )
    users: dict[str, set[str]] = {}
    for unit in units:
        for text in unit.spellings:
            users.setdefault(fold(text), set()).add(unit.name)
    shared = {key for key, by in users.items() if len(by) > 1}
    kept, lost = [], []
    for unit in units:
        good = [
            t for t in unit.spellings if fold(t) not in shared and owner.get(fold(t), unit.name) == unit.name
        ]
        lost += [f"{t} ({unit.name})" for t in unit.spellings if t not in good]
        once = {fold(text): text for text in reversed(good) if fold(text) != fold(unit.name)}
        kept.append(replace(unit, spellings=tuple(reversed(once.values()))))
    if not lost:
        return kept, []
    more = ", ..." if len(lost) > _LISTED else ""
    return kept, [f"spellings left out, as they mean another unit too: {', '.join(lost[:_LISTED])}{more}"]


def _toml(country: str, names: Sequence[str], source: str) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)  # a TOML basic string, but for control characters

    state = find_state(country)
    number = "" if state is None else f"gleditsch_ward = {state.gleditsch_ward}  # the number UCDP uses\n"
    return f"""# {country}: its names, its units, and how its place names are folded before they are compared.

name = {quoted(country)}
names = [{", ".join(map(quoted, names))}]
{number}source = {quoted(f"names and boundaries: {source}")}

# What one unit is called, and many.
[admin1]
one = "region"
many = "regions"

[admin2]
one = "district"
many = "districts"

# Words that do not tell names apart, in small letters and without accents, such as "state" or "province".
[folding]
generic = []
"""


def _table(units: Sequence[_Unit]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    for unit in sorted(units, key=lambda unit: (unit.level, unit.name)):
        writer.writerow((unit.level, unit.name, unit.code, unit.parent, "|".join(unit.spellings), ""))
    return text.getvalue()


def _geojson(regions: Regions, codes: Mapping[str, str], country: str) -> str:
    """Return the polygons, one unit a line, so that a change of one shows as a change of one line."""
    import shapely

    assert isinstance(regions.rule, Outlines)
    lines = []
    for name, shape in zip(regions.names, shapely.orient_polygons(regions.rule.shapes), strict=True):
        rounded = shapely.transform(shape, lambda points: np.round(points, _DECIMALS))
        feature = {
            "type": "Feature",
            "properties": {"name": name, "pcode": codes[name]},
            "geometry": json.loads(shapely.to_geojson(rounded)),
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    title = json.dumps(f"{fold(country).replace(' ', '_')}_adm1", ensure_ascii=False)
    return f'{{"type":"FeatureCollection","name":{title},"features":[\n' + ",\n".join(lines) + "\n]}\n"
