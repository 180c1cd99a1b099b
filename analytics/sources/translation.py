"""From a source's declaration and a raw table to canonical columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics._coded import repeated
from analytics.periods import DAY
from analytics.sources.checks import Draft, whole
from analytics.sources.columns import NULLS, Columns
from analytics.sources.dates import ParsedDates
from analytics.sources.source import Dates, Names, People, Source, SourceOptions, several

__all__ = [
    "carry_people",
    "carry_place_precision",
    "carry_text",
    "code",
    "date_precision",
    "first_of",
    "people_columns",
    "precision_codes",
    "start_column",
    "translate",
]


def translate(source: Source, columns: Columns, options: SourceOptions) -> Draft:
    """Return the draft of canonical columns that a source's declaration makes of a table."""
    if source.reads is not None:
        return source.reads(columns, options)
    columns.require(source.required, source.title)
    draft = Draft(columns, codes=frozenset(source.codes))
    data = draft.data
    identifier = first_of(columns, source.identifier)
    draft.ids(identifier, beside=source.beside)
    if identifier is None:
        draft.notes.append("incident_id: not in this file, made from row numbers; repeats are not looked for")
    data["source"] = repeated(source.name, columns.frame.index)
    _dates(draft, source.dates, options, source.title)
    for canonical in source.text:
        carry_text(draft, source, canonical)
    draft.coordinates(*(first_of(columns, names) for names in source.coordinates))
    carry_place_precision(draft, source)
    for canonical, word in source.fixed.items():
        data[canonical] = repeated(word, columns.frame.index)
    if source.dates.closer is not None and source.dates.closer[0] in columns:
        source.dates.closer[1](draft)
    if source.rules is not None:
        source.rules(draft)
    for canonical, people in source.people.items():
        carry_people(draft, canonical, people)
    draft.order_of_estimates()
    draft.blank_admin1()
    updated = first_of(columns, source.dates.updated)
    if updated is not None:
        draft.updated_at(updated)
    draft.notes += [said for column, said in source.notes if not column or column in columns]
    return draft


def code(text: str) -> str:
    """Return a code as it is compared: ``3``, `` 3``, ``3.0`` are the same.

    Examples
    --------
    >>> code(" 3.0"), code("Clear")
    ('3', 'Clear')
    """
    return text.strip().removesuffix(".0")


def first_of(columns: Columns, names: Names) -> str | None:
    """Return the first of some columns that a table has, by folded name."""
    return next((name for name in several(names) if name in columns), None)


def start_column(columns: Columns, dates: Dates, title: str) -> str:
    """Return the column of the day, or of the first one, by folded name; else raise the error."""
    named = first_of(columns, dates.start)
    if named is None:
        wanted = several(dates.start) if dates.start else dates.parts
        lacks = wanted[:1] if dates.start else [name for name in dates.parts if name not in columns]
        raise columns.missing(lacks, wanted, title)
    return named


def _dates(draft: Draft, dates: Dates, options: SourceOptions, title: str) -> None:
    columns = draft.columns
    if dates.parts and all(name in columns for name in dates.parts):
        start, named = draft.dates_in_parts(*dates.parts), dates.parts[0]
    else:
        named = start_column(columns, dates, title)
        start = draft.dates(named, style=options.date_style, slashes=dates.slashes)
    end, last = start, named
    if dates.end and dates.end in columns:
        last = dates.end
        end = draft.dates(last, style=options.date_style, slashes=dates.slashes)
    draft.span(start, end, (columns.actual(named), columns.actual(last)))
    date_precision(draft, dates, start, end)
    reported = first_of(columns, dates.reported)
    if not options.report_days:
        draft.notes.append("no column is taken as the day of report, as stated")
    elif reported is not None:
        draft.reported_on(reported, options.date_style or start.style)


def date_precision(draft: Draft, dates: Dates, start: ParsedDates, end: ParsedDates) -> None:
    """Say how many days each date may be off: by a column of codes, else as long as the span is."""
    if dates.precision is None:
        days = (end.ends - start.days) / DAY
        draft.data["date_precision"] = whole(
            np.maximum(days, np.where(np.isnan(days), np.nan, start.precision))
        )
        return
    precision_codes(draft, *dates.precision)


def precision_codes(draft: Draft, column: str, known: Mapping[str, float]) -> None:
    """Read a column of codes of how many days a date may be off; flag the codes that are not known."""
    codes, texts = draft.columns.coded(column)
    precision = np.array([known.get(code(text), np.nan) for text in texts], dtype=np.float64)[codes]
    draft.data["date_precision"] = whole(precision)
    draft.flag("unknown date precision", np.isnan(precision))


def carry_text(draft: Draft, source: Source, canonical: str) -> None:
    """Take a column of text over, where the table has it."""
    name = first_of(draft.columns, source.text[canonical])
    if name is not None:
        draft.carry(canonical, name, missing=(*NULLS, *source.missing.get(canonical, ())))


def carry_place_precision(draft: Draft, source: Source) -> None:
    """Read a source's code of how well a place is known, where it has one."""
    if source.place_precision is not None:
        column, words = source.place_precision
        draft.data["place_precision"] = draft.columns.map(
            column, lambda text: words.get(code(text), "unknown")
        )


def people_columns(columns: Columns, people: People) -> list[str]:
    """Return the columns, by folded name, whose numbers of people are added."""
    names = [name for name in people.columns if name in columns]
    if people.ending:
        names += [name for name in columns.names() if name.endswith(people.ending) and name not in names]
    if people.parts:
        return [name for name in names if not name.startswith(people.parts)] or names
    return names


def carry_people(draft: Draft, canonical: str, people: People) -> None:
    """Read a number of people from one column or several."""
    names = people_columns(draft.columns, people)
    if len(names) == 1:
        draft.people(canonical, names[0], not_stated=people.not_stated)
    elif names:
        draft.people_added(canonical, names, not_stated=people.not_stated)
