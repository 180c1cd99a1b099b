"""What the columns of a table of counts say: the period of each row, its place, and whether it is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, IntArray
from analytics.counts.mixtures import columns_of_mixture, read_mixture
from analytics.counts.places import PLACE_LEVELS, read_places
from analytics.counts.placing import place_notes
from analytics.errors import InputError, OptionError, nearest
from analytics.filters import parse_filter
from analytics.incidents.distinct import distinct_values
from analytics.periods import DAY, MONTH, WEEKDAYS, check_week_start, parse_week, weekday_numbers
from analytics.sources.checks import Draft
from analytics.sources.columns import NULLS, Columns, fold
from analytics.sources.count_tables import overlap
from analytics.sources.table import ALIASES

__all__ = ["Period", "RowPlaces", "Unit", "period_ends", "period_of", "places_of", "wanted_rows"]

Unit = Literal["day", "week", "month"]


@dataclass(frozen=True, eq=False, slots=True)
class Period:
    """The first day of each row's period, what a period is, and the last day of the last one."""

    starts: Days
    unit: Unit
    week_start: str
    last_day: np.datetime64
    notes: tuple[str, ...]


def period_ends(starts: Days, unit: Unit) -> Days:
    """Return the last day of each period."""
    if unit == "month":
        return np.asarray((starts.astype("datetime64[M]") + MONTH).astype("datetime64[D]") - DAY)
    return np.asarray(starts + (6 if unit == "week" else 0) * DAY)


def period_of(table: Columns, names: Sequence[str], style: str | None, week_start: str | None) -> Period:
    """Read the periods; weeks start on the one weekday that all of them share."""
    label = " and ".join(map(table.actual, names))
    texts = [table.strings(name).str.strip() for name in names]
    notes: tuple[str, ...] = ()
    if "week" in names and (len(names) == 2 or texts[0].str.contains("W", case=False).all()):
        joined = (
            texts[0] if len(names) == 1 else texts[0] + "-W" + texts[1].str.removesuffix(".0").str.zfill(2)
        )
        starts = _iso(joined)
        unit: Unit = "week"
    else:
        draft = Draft(table)
        if len(names) > 1:
            parsed = draft.dates_in_parts(*names)
        else:
            parsed = draft.dates(names[0], style=style, slashes=None)
        bad = parsed.unparsable | parsed.impossible | parsed.blank
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise InputError(
                f"the period of a row of {table.raw.name} cannot be read",
                expected="a day, a week such as 2021-W05, or a month",
                found=" ".join(text.iloc[at] for text in texts) or "a blank cell",
                where=f"{table.raw.name}, row {table.raw.rows[at]}, column {label}",
            )
        notes, starts = tuple(draft.notes), parsed.days
        unit = _unit(table, names[0], starts, int(parsed.precision.max()), label)
    if unit == "month":
        starts = starts.astype("datetime64[M]").astype("datetime64[D]")
        last = (starts.max().astype("datetime64[M]") + MONTH).astype("datetime64[D]") - DAY
        return Period(starts, unit, week_start or "monday", last, (f"periods: months, by {label}",))
    if unit == "day":
        return Period(
            starts, unit, week_start or "monday", starts.max(), (*notes, f"periods: days, by {label}")
        )
    day = _week_start(starts, label, week_start)
    return Period(
        starts, unit, day, starts.max() + 6 * DAY, (*notes, f"weeks start on {day}, as {label} has them")
    )


def _iso(texts: pd.Series) -> Days:
    codes, distinct = pd.factorize(texts)
    return np.array([parse_week(text).start for text in distinct], dtype="datetime64[D]")[codes]


def _unit(table: Columns, name: str, starts: Days, coarse: int, label: str) -> Unit:
    """Return what a period is: by its name, its end where there is one, and its distances."""
    if coarse >= 365:
        raise InputError(
            f"{table.raw.name} holds counts by year",
            expected="counts by day, week or month",
            found=f"years in {label}",
            where=table.raw.name,
            todo="a year says nothing about a recent rise: get the incidents, or their counts by month",
        )
    distinct = np.unique(starts)
    steps = np.diff(distinct).astype(np.int64)
    first = (distinct == distinct.astype("datetime64[M]").astype("datetime64[D]")).all()
    if coarse or (first and (len(steps) > 0 and steps.min() >= 28)) or (first and name.startswith("month")):
        return "month"
    if name.startswith("week") or (len(steps) > 1 and (steps % 7 == 0).all()):
        return "week"
    ends = name.replace("start", "end")
    if ends != name and ends in table:
        length = Draft(table).dates(ends, style=None, slashes=None).days - starts
        days = int(np.median(length.astype(np.int64))) + 1
        if 28 <= days <= 31 and first:
            return "month"
        if days == 7:
            return "week"
        if days > 1:
            raise InputError(
                f"the periods of {table.raw.name} are neither days, weeks nor months",
                found=f"{days} days each",
                where=f"{table.raw.name}, column {label}",
            )
    return "day"


def _week_start(starts: Days, label: str, given: str | None) -> str:
    weekday = weekday_numbers(starts)
    if (weekday != weekday[0]).any():
        odd = starts[np.argmax(weekday != weekday[0])]
        raise InputError(
            "the weeks do not start on one day of the week",
            expected=f"first days of weeks, all on the weekday of {starts[0]}",
            found=str(odd),
            where=f"column {label}",
        )
    day = WEEKDAYS[int(weekday[0])]
    if given is not None and check_week_start(given) != weekday[0]:
        raise OptionError(
            f"week_start is {given}, but the weeks of the table start on {day}", todo="leave week_start out"
        )
    return day


def wanted_rows(
    table: Columns, where: str | None, mapping: Mapping[str, str], events: str
) -> tuple[BoolArray, tuple[str, ...], tuple[str, ...]]:
    """Return the rows the filter keeps, and what it says; the file's names and ours may stand in it."""
    count = f"events: counted from column {table.actual(events)}"
    if where is None:
        everything = np.ones(len(table), dtype=bool)
        return everything, (), (*overlap(table, everything), count)
    own = {str(name): table.frame[name] for name in table.frame.columns}
    for name, aliases in ALIASES.items():
        column = next((a for a in (fold(mapping.get(name, "")), *aliases) if a in table), None)
        if column is not None:
            own.setdefault(name, table.text(column, missing=NULLS))
    extra = pd.DataFrame({name: values.mask(values == "") for name, values in own.items()})
    outcome = parse_filter(where).evaluate(pd.DataFrame(index=extra.index), extra)
    notes = outcome.notes if outcome.mask.any() else (f"no row fits where {where}", *outcome.notes)
    return outcome.mask, notes, (*overlap(table, outcome.mask), count)


@dataclass(frozen=True, eq=False, slots=True)
class RowPlaces:
    """Each row's region (-1: blank or unknown), the regions, what they are by, and their countries."""

    codes: IntArray
    names: tuple[str, ...]
    by: str
    countries: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _countries(table: Columns, where: str | None, mapping: Mapping[str, str]) -> list[str] | None:
    """Return the countries that a filter does not rule out, as spelt; None where it says nothing of them."""
    column = _column(table, "country", mapping)
    if where is None or column is None:
        return None
    rule, names = parse_filter(where), {"country", str(table.actual(column))}
    if not names & set(rule.columns):
        return None
    stated = pd.Series(table.text(column, missing=NULLS).dropna().unique(), dtype="str")
    kept = stated[rule.possible(pd.DataFrame(dict.fromkeys(names, stated)))].str.strip().tolist()
    return kept or None


def places_of(
    table: Columns,
    by: str | Sequence[str] | None,
    mapping: Mapping[str, str],
    country: str | None = None,
    where: str | None = None,
) -> RowPlaces:
    """Return the region of each row; places are paths, and those with a row are the regions.

    Of a country that the filter rules out no region is one.
    """
    if by is None:
        return RowPlaces(np.zeros(len(table), dtype=np.int64), ("all events",), "total")
    columns = [part.strip() for part in by.split(",")] if isinstance(by, str) else list(by)
    levels, others = columns_of_mixture(columns)
    depth = len(levels)
    blank = pd.Series("", index=table.frame.index, dtype="str")
    texts = [
        _text(table, level, mapping) if level in columns or _column(table, level, mapping) else blank
        for level in levels
    ]
    wanted = _countries(table, where, mapping)
    found = distinct_values([*texts, *(_text(table, name, mapping) for name in others)])
    if others:
        mixed = read_mixture(found.values, found.rows, columns, wanted=wanted, country=country)
        notes: tuple[str, ...] = ()
        if mixed.places is not None:
            paths = [value[:depth] for value in found.values]
            notes = place_notes(mixed.places, paths, found.rows, levels[-1], "row")
        lands = () if mixed.places is None else mixed.places.countries
        return RowPlaces(mixed.placed[found.codes], mixed.labels, ",".join(columns), lands, notes)
    places = read_places(found.values, found.rows, wanted=wanted, country=country)
    used = np.unique(places.placed[places.placed >= 0])
    new = np.full(len(places.labels) + 1, -1, dtype=np.int64)
    new[used] = np.arange(used.size)
    level = PLACE_LEVELS[depth - 1]
    blank_rows = sum(int(n) for path, n in zip(found.values, found.rows, strict=True) if not path[-1])
    said = (f"{blank_rows:,} rows name no {level}: their events are unplaced",) if blank_rows else ()
    return RowPlaces(
        codes=new[places.placed[found.codes]],
        names=tuple(places.labels[at] for at in used),
        by=",".join(columns),
        countries=tuple(dict.fromkeys(places.paths[at][0] for at in used if places.paths[at][0])),
        notes=(*said, *place_notes(places, found.values, found.rows, level, "row")),
    )


def _column(table: Columns, name: str, mapping: Mapping[str, str]) -> str | None:
    aliases: Any = ALIASES.get(name, ())
    return next((a for a in (fold(mapping.get(name, "")), *aliases, fold(name)) if a and a in table), None)


def _text(table: Columns, name: str, mapping: Mapping[str, str]) -> pd.Series:
    column = _column(table, name, mapping)
    if column is None:
        have = [str(c) for c in table.frame.columns]
        close = nearest(name, have)
        raise OptionError(
            f"there is no column {name!r} to count by",
            expected=", ".join(have[:30]),
            todo=f"did you mean {' or '.join(close)}?"
            if close
            else "name one of these, or none for all events as one series",
        )
    return table.text(column, missing=NULLS).fillna("")
