"""Tables with HXL tags, whoever made them: the tags say which column is which (https://hxlstandard.org).

The tags stand in a row below the names, or in place of them. ``TAGS`` lists what is looked for: the first tag
with all of the attributes and none of the unwanted ones. Other attributes do not matter. What is not tagged
is found by name, as in a plain table.
"""

from __future__ import annotations

import pandas as pd

from analytics.sources.checks import Draft
from analytics.sources.columns import Columns, fold
from analytics.sources.files import RawTable
from analytics.sources.source import Source, SourceOptions
from analytics.sources.table import translate
from analytics.sources.tags import Tag, are_tags, tag_of

__all__ = ["SOURCE", "TAGS"]

# Canonical column: (hashtag, attributes it has, attributes it has not), best first.
TAGS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "date_start": (("date", "occurred", ""), ("date", "start", "year"), ("date", "event", ""),
                   ("date", "", "end reported updated year month published")),
    "date_end": (("date", "end", "year"),),
    "reported_on": (("date", "reported", ""), ("date", "published", "")),
    "incident_id": (("event", "id", ""), ("event", "code", ""), ("id", "", ""), ("meta", "id", "")),
    "country": (("country", "name", ""), ("country", "", "code iso"), ("country", "", "")),
    "admin1": (("adm1", "name", ""), ("adm1", "", "code")),
    "admin2": (("adm2", "name", ""), ("adm2", "", "code")),
    "place": (("loc", "name", ""), ("loc", "", "code type")),
    "latitude": (("geo", "lat", ""), ("geo", "latitude", ""), ("lat", "", ""), ("lat_deg", "", "")),
    "longitude": (("geo", "lon", ""), ("geo", "longitude", ""), ("long", "", ""), ("lon", "", ""),
                  ("lon_deg", "", "")),
    "event_type": (("event", "type", "sub"), ("cause", "type", ""), ("event", "name", ""),
                   ("event", "", "id code")),
    "sub_event_type": (("event", "sub", ""), ("event", "subtype", ""), ("weapon", "", "")),
    "actor1": (("group", "perp name", ""), ("group", "name first", ""), ("group", "perp", ""),
               ("org", "perp", ""),
               ("group", "name", "second"), ("actor", "", "second")),
    "actor2": (("group", "name second", ""), ("actor", "second", ""), ("group", "target", "")),
    "source_name": (("meta", "source", ""), ("source", "", "")),
}  # fmt: skip
_PEOPLE = {"fatalities": "killed", "wounded": "injured"}
_FIRST_ROWS = 25  # below the names, among which the tags stand


def tags_of(columns: Columns) -> dict[str, Tag]:
    """Return the tag of each tagged column, by folded name; empty where the table has no row of tags."""
    raw: RawTable = columns.raw
    names = [str(name) for name in raw.frame.columns]
    rows = [names, *raw.frame.head(_FIRST_ROWS).to_numpy(dtype=object).tolist()]
    for row in rows:
        cells = [str(cell).strip() for cell in row]
        if are_tags(cells):
            found = {fold(name): tag_of(cell) for name, cell in zip(names, cells, strict=True)}
            return {name: tag for name, tag in found.items() if tag is not None and name in columns}
    return {}


def _named(tags: dict[str, Tag]) -> dict[str, str]:
    """Return canonical column -> folded name of the column that is tagged so."""
    named: dict[str, str] = {}
    for canonical, wanted in TAGS.items():
        for hashtag, has, has_not in wanted:
            fits = [
                name
                for name, (tag, attributes) in tags.items()
                if tag == hashtag
                and attributes.issuperset(has.split())
                and not attributes & set(has_not.split())
                and name not in named.values()
            ]
            if fits:
                named[canonical] = fits[0]
                break
    return named


def _people(tags: dict[str, Tag], attribute: str) -> tuple[str, ...]:
    """Return the columns of people with an attribute, to be added.

    One tagged with less divides into those tagged with more (``+killed`` into ``+killed+f`` and
    ``+killed+m``), which are not added to it.
    """
    fits = {
        name: attributes - {"total"}
        for name, (tag, attributes) in tags.items()
        if tag == "affected" and attribute in attributes
    }
    alone = [name for name, attributes in fits.items() if attributes == {attribute}]
    whole = [
        name for name, attributes in fits.items() if not any(less < attributes for less in fits.values())
    ]
    return tuple(alone[:1] or whole)


def _maps(columns: Columns) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return canonical column -> the column tagged so, and those that are added to one."""
    tags = tags_of(columns)
    named = _named(tags)
    people = {name: _people(tags, word) for name, word in _PEOPLE.items()}
    named |= {name: found[0] for name, found in people.items() if len(found) == 1}
    added = {name: found for name, found in people.items() if len(found) > 1}
    return {name: columns.actual(column) for name, column in named.items()}, added


def _reads(columns: Columns, options: SourceOptions) -> Draft:
    mapping, added = _maps(columns)
    first = {
        name: columns.actual(found[0]) for name, found in added.items()
    }  # no other is looked for by name
    draft = translate(columns, SourceOptions(options.date_style, mapping | first, options.report_days))
    for name, found in added.items():
        draft.people_added(name, found)
    draft.order_of_estimates()
    draft.data["source"] = pd.Series(SOURCE.name, index=columns.frame.index, dtype="str")
    said = [f"{name} = {column}" for name, column in mapping.items()]
    draft.notes.append(f"columns found by their HXL tags: {', '.join(said)}")
    return draft


def _looks_like(columns: Columns) -> bool:
    return "date_start" in _named(tags_of(columns))


SOURCE = Source(
    name="hxl",
    title="HXL",
    counts="whatever its maker counted: one row, one incident",
    looks_like=_looks_like,
    reads=_reads,
    maps=_maps,
    may_be_counts=True,
)
