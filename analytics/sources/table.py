"""A plain table: columns named by the user, or found by name among the aliases below."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analytics._coded import repeated, spelt
from analytics._typing import BoolArray
from analytics.errors import InputError, nearest, unknown_option
from analytics.periods import DAY
from analytics.schema import ACTIVITIES, BASES, INITIATORS, PLACE_PRECISIONS
from analytics.sources.checks import Draft, whole
from analytics.sources.columns import NULLS, Columns, fold
from analytics.sources.source import Source, SourceOptions

__all__ = [
    "ALIASES",
    "SOURCE",
    "TEXT",
    "WORDS",
    "carry_precision",
    "carry_truths",
    "carry_words",
    "column_notes",
    "date_parts",
    "find_columns",
    "is_canonical",
    "no_date",
    "not_stated",
    "translate",
]

# Canonical column: folded names it is looked for under, the first that is there wins.
ALIASES: dict[str, tuple[str, ...]] = {
    "incident_id": ("incident_id", "id", "event_id", "eventid", "incident_no", "case_id", "uid"),
    "date_start": ("date_start", "start_date", "date", "event_date", "incident_date", "date_of_incident",
                   "date_occurred", "datetime", "date_time", "sqldate", "datum", "fecha", "data", "jour",
                   "التاريخ", "تاريخ", "day"),
    "date_end": ("date_end", "end_date"),
    "date_precision": ("date_precision",),
    "country": ("country", "country_name", "country_txt", "adm0_en", "adm0_name", "admin0", "land", "pays",
                "país", "البلد", "location_code", "country_iso3", "iso3"),
    "admin1": ("admin1", "adm1", "adm_1", "admin_1", "adm1_en", "adm1_name", "admin1name", "governorate",
               "admin1_name", "province", "provstate", "state", "gouvernement", "gouvernorat", "provinz",
               "departamento", "provincia", "المحافظة"),
    "admin2": ("admin2", "adm2", "adm_2", "admin_2", "adm2_en", "adm2_name", "admin2name", "district",
               "admin2_name", "county", "bezirk", "kreis", "municipio", "القضاء"),
    "place": ("place", "location", "city", "town", "village", "settlement", "site", "ort", "stadt", "lieu",
              "ville", "lugar", "الموقع"),
    "latitude": ("latitude", "lat", "lat_dd", "mgrs_y", "y"),
    "longitude": ("longitude", "lon", "long", "lng", "long_dd", "mgrs_x", "x"),
    "place_precision": ("place_precision",),
    "event_type": ("event_type", "type", "incident_type", "attack_type", "attacktype1_txt", "primary_type"),
    "sub_event_type": ("sub_event_type", "subtype", "sub_type", "incident_category"),
    "actor1": ("actor1", "actor_1", "actor", "perpetrator", "group", "group_name", "actor1name"),
    "actor2": ("actor2", "actor_2", "target", "victim"),
    "initiator": ("initiator",),
    "initiator_basis": ("initiator_basis",),
    "activity": ("activity",),
    "civilian_targeting": ("civilian_targeting",),
    "fatalities": ("fatalities", "killed", "deaths", "dead", "fatalities_best", "best", "total_killed",
                   "kia", "tote", "morts", "muertos", "القتلى"),
    "fatalities_low": ("fatalities_low", "low", "deaths_low"),
    "fatalities_high": ("fatalities_high", "high", "deaths_high"),
    "wounded": ("wounded", "injured", "total_wounded", "wia", "verletzte", "blessés",
                "heridos", "الجرحى"),
    "source_name": ("source_name", "source", "reported_by", "source_office"),
    "updated_at": ("updated_at", "last_updated"),
    "reported_on": ("reported_on", "report_date", "reported_date", "date_reported", "date_of_report",
                    "reporting_date", "date_added", "added_on", "entry_date", "date_entered"),
}  # fmt: skip
TEXT = (
    "country",
    "admin1",
    "admin2",
    "place",
    "event_type",
    "sub_event_type",
    "actor1",
    "actor2",
    "source_name",
)
WORDS = {
    "initiator": (INITIATORS, "unknown"),
    "initiator_basis": (BASES, "unknown"),
    "activity": (ACTIVITIES, "other"),
    "place_precision": (PLACE_PRECISIONS, "unknown"),
}
# A date in columns of its parts, from the year on; GTD's before plain ones.
_PARTS = (("iyear", "imonth", "iday"), ("year", "month", "day"), ("year", "month"), ("year",))
_GTD = {"actor1": "gname", "fatalities": "nkill", "wounded": "nwound"}
_LONGEST = 36_525  # days a date may be off, a century: more says nothing about a day
_GTD_MISSING = (-9.0, -99.0)
_TRUE, _FALSE = frozenset(("true", "yes", "y", "1", "1.0")), frozenset(("false", "no", "n", "0", "0.0"))


def translate(columns: Columns, options: SourceOptions) -> Draft:
    """Translate a plain table.

    A table that has all of ``incident_id``, ``source``, ``date_start`` and ``date_end`` holds canonical
    incidents and its ``source`` is taken over; in any other table ``source`` is who reported the incident.
    Without an end the incident lasts one day; without a precision the span is the precision. An initiator
    that the table states is *coded*; a table that has none leaves it unknown, and its activity *other*.
    """
    canonical = is_canonical(columns)
    found = find_columns(columns, options.columns, canonical=canonical)
    if not options.report_days:
        found.pop("reported_on", None)
    parts = date_parts(columns, found, options.columns)
    if "date_start" not in found and parts is None:
        raise no_date(columns)
    draft = Draft(columns)
    data = draft.data
    draft.ids(found.get("incident_id"))
    if canonical:
        source = columns.text("source", missing=NULLS)
        data["source"] = source.fillna("table")
        draft.carried[columns.actual("source")] = None
    else:
        data["source"] = repeated("table", columns.frame.index)
    style = options.date_style
    if parts is not None:
        start, named = draft.dates_in_parts(*parts), parts[0]
    else:
        start, named = draft.dates(found["date_start"], style=style, slashes=None), found["date_start"]
    end = start
    if "date_end" in found:
        end = draft.dates(found["date_end"], style=style or start.style, slashes=None, blank_is=start)
    names = (columns.actual(named), columns.actual(found.get("date_end", named)))
    draft.span(start, end, names)
    span = (end.ends - start.days) / DAY
    data["date_precision"] = whole(np.maximum(span, np.where(np.isnan(span), np.nan, start.precision)))
    if "date_precision" in found:
        carry_precision(draft, found["date_precision"])
    for name in TEXT:
        if name in found:
            draft.carry(name, found[name], missing=NULLS)
    draft.coordinates(found.get("latitude"), found.get("longitude"))
    for name, (_, default) in WORDS.items():
        if name in found:
            carry_words(draft, name, found[name])
        elif name != "initiator_basis":
            data[name] = repeated(default, columns.frame.index)
    if "initiator_basis" not in found:
        stated = pd.Series(data["initiator"]) != "unknown"
        codes = stated.to_numpy(dtype=np.intp)
        data["initiator_basis"] = spelt(["unknown", "coded"], codes, columns.frame.index)
    if "civilian_targeting" in found:
        carry_truths(draft, found["civilian_targeting"])
    for name in ("fatalities", "fatalities_low", "fatalities_high", "wounded"):
        if name in found:
            draft.people(name, found[name], not_stated=not_stated(columns))
    draft.order_of_estimates()
    draft.blank_admin1()
    if "updated_at" in found:
        draft.updated_at(found["updated_at"])
    if "reported_on" in found:
        draft.reported_on(found["reported_on"], style or start.style)
    if not options.report_days:
        draft.notes.append("no column is taken as the day of report, as stated")
    draft.notes += column_notes(columns, found, options.columns, canonical=canonical)
    if "incident_id" not in found:
        draft.notes.append(
            "incident_id: not in this table, made from row numbers; repeats are not looked for"
        )
    return draft


def not_stated(columns: Columns) -> tuple[float, ...]:
    """Return the numbers of people that mean *not stated* in a table."""
    return _GTD_MISSING if "iyear" in columns else ()


def is_canonical(columns: Columns) -> bool:
    """Whether a table holds canonical incidents."""
    return all(name in columns for name in ("incident_id", "source", "date_start", "date_end"))


def find_columns(columns: Columns, mapping: Mapping[str, str], *, canonical: bool) -> dict[str, str]:
    """Return canonical column -> folded name of the file's column."""
    found = {}
    for name, given in mapping.items():
        if name not in ALIASES:
            raise unknown_option("column", name, tuple(ALIASES))
        if fold(str(given)) not in columns:
            have = list(columns.frame.columns)
            close = nearest(str(given), have)
            raise InputError(
                f"{columns.raw.name} has no column {given!r}, given for {name}",
                expected="a column of the file",
                found=", ".join(have[:60]),
                where=columns.raw.name,
                todo=f"did you mean {' or '.join(close)}?" if close else None,
            )
        found[name] = fold(str(given))
    if "iyear" in columns:
        found |= {name: column for name, column in _GTD.items() if name not in found and column in columns}
    for name, aliases in ALIASES.items():
        if name in found:
            continue
        for alias in aliases:
            taken = alias in found.values() or (canonical and alias == "source")
            if alias in columns and not taken:
                found[name] = alias
                break
    return found


def date_parts(columns: Columns, found: dict[str, str], mapping: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the columns that hold year, month and day, where no column holds the whole date."""
    if "date_start" in mapping or found.get("date_start", "day") != "day":
        return None
    parts = next((names for names in _PARTS if all(name in columns for name in names)), None)
    if parts is not None and "date_start" in found:
        if len(parts) < 3:
            return None  # a column named day beside a year: the whole date may stand in it
        del found["date_start"]
    return parts


def no_date(columns: Columns) -> InputError:
    """Return the error for a table without a date."""
    error = columns.missing(["date_start"], ["date_start", *ALIASES["date_start"][1:]], "plain-table")
    if not error.todo:
        error = InputError(
            error.what,
            expected=error.expected,
            found=error.found,
            where=error.where,
            todo="name it: columns={'date_start': 'the column of the date'}",
        )
    return error


def carry_precision(draft: Draft, column: str) -> None:
    """Read how many days a date may be off; flag what is no such number."""
    days, unreadable = draft.columns.numbers(column)
    bad = unreadable | (days < 0) | (days > _LONGEST) | (days != np.round(days))
    draft.flag("unknown date precision", bad)
    draft.data["date_precision"] = whole(np.where(bad, np.nan, days))
    draft.take("date_precision", column, bad)


def carry_words(draft: Draft, name: str, column: str) -> None:
    """Read a column of our own words; flag what is none of them."""
    words, default = WORDS[name]
    values = draft.columns.words(column)
    known = values.isin(words)
    blank = values.isin(["", *map(str.casefold, NULLS)])
    odd: BoolArray = (~known & ~blank).to_numpy(dtype=bool)
    draft.flag(f"unreadable {name}", odd)
    draft.data[name] = values.where(known, default)
    draft.take(name, column, odd)


def carry_truths(draft: Draft, column: str) -> None:
    """Read whether civilians were the target; flag what is neither yes nor no."""
    values = draft.columns.words(column)
    true, false = (values.isin(list(w)).to_numpy(dtype=bool) for w in (_TRUE, _FALSE))
    blank = values.isin(["", *map(str.casefold, NULLS)]).to_numpy(dtype=bool)
    odd: BoolArray = ~true & ~false & ~blank
    draft.flag("unreadable civilian_targeting", odd)
    draft.data["civilian_targeting"] = pd.Series(pd.arrays.BooleanArray(true, ~(true | false)))
    draft.take("civilian_targeting", column, odd)


def column_notes(
    columns: Columns, found: dict[str, str], mapping: Mapping[str, str], *, canonical: bool
) -> tuple[str, ...]:
    """Return what is said of a table's columns: which were found by name, and what there is none of."""
    notes = []
    renamed = [
        f"{name} = {columns.actual(column)}"
        for name, column in found.items()
        if name != columns.actual(column) and name not in mapping
    ]
    if renamed and not canonical:
        notes.append(f"columns found by name: {', '.join(renamed)}")
    if "initiator" not in found:
        notes.append("initiator: not in this table, unknown throughout")
    return tuple(notes)


SOURCE = Source(
    name="table",
    title="a plain table",
    counts="whatever its maker counted: one row, one incident",
    marks=((),),  # any table
    reads=translate,
    mapped=True,
    may_be_counts=True,
)
