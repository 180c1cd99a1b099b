"""What a source says of the distinct values of some columns, by the functions that read a file of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.incidents.lazy.raw import NO_DAY, Piece, Raw
from analytics.sources.checks import FLAGS, Draft
from analytics.sources.columns import NULLS
from analytics.sources.source import People, Source, SourceOptions
from analytics.sources.table import (
    TEXT,
    WORDS,
    carry_precision,
    carry_truths,
    carry_words,
    not_stated,
)
from analytics.sources.translation import (
    carry_people,
    carry_place_precision,
    carry_text,
    first_of,
    people_columns,
    precision_codes,
)

__all__ = ["COUNTED", "Aspect", "aspects_of", "aspects_of_table", "flag_column", "said_of"]

PEOPLE = ("fatalities", "fatalities_low", "fatalities_high", "wounded")
# Times that are compared, as whole numbers since 1970 as well: days, microseconds.
COUNTED = {"reported_on": ("u_reported", "D"), "updated_at": ("u_updated", "us")}
_DAYS = {"date_start": "d_start", "reported_on": "d_reported"}


@dataclass(frozen=True, eq=False, slots=True)
class Aspect:
    """Canonical columns and flags that depend on some columns alone.

    Attributes
    ----------
    columns : tuple of str
        Folded names of the table's columns.
    gives : tuple of str
        Canonical columns.
    run : callable
        Writes them, and flags, on a draft of distinct values.
    flags : tuple of str
        Flags it may raise.
    days : tuple of str
        Canonical days it looks at.
    text : bool
        Whether it only cleans one column of text.
    taken : bool
        Whether its one column is then known by the canonical name.
    """

    columns: tuple[str, ...]
    gives: tuple[str, ...]
    run: Callable[[Draft], None]
    flags: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    text: bool = False
    taken: bool = False

    def keys(self, raw: Raw) -> tuple[str, ...]:
        """Return what it is looked up by."""
        return (*map(raw.key, self.columns), *(_DAYS[name] for name in self.days))


def flag_column(name: str) -> str:
    """Return the name of the column of a flag."""
    return f"f{FLAGS.index(name)}"


def said_of(
    raw: Raw, aspect: Aspect, found: pd.DataFrame, draft: Draft, weigh: Callable[[], IntArray]
) -> Piece:
    """Return what an aspect says of distinct values: canonical columns as ``c_...``, flags as ``f...``."""
    size = len(found)
    draft.data["date_start"] = np.full(size, np.datetime64("NaT", "D"), dtype="datetime64[D]")
    for name in aspect.days:
        draft.data[name] = _as_days(found[_DAYS[name]])
    aspect.run(draft)
    frame = found.copy()
    for name in aspect.gives:
        values = draft.data.get(name)
        if values is None and name in COUNTED:  # days of report that cannot be read
            values = np.full(size, np.datetime64("NaT", "us"))
        if values is not None:
            frame[f"c_{name}"] = pd.Series(values).array
            if name in COUNTED:
                frame[COUNTED[name][0]] = _counted(frame[f"c_{name}"], COUNTED[name][1])
    for name in aspect.flags:
        frame[flag_column(name)] = draft.flagged.get(name, np.zeros(size, dtype=bool))
    return Piece(aspect.keys(raw), frame, weigh)


def _as_days(numbers: pd.Series) -> np.ndarray:
    days = numbers.to_numpy(dtype=np.int64)
    return np.where(days == NO_DAY, np.iinfo(np.int64).min, days).astype("datetime64[D]")


def _counted(times: pd.Series, unit: str) -> pd.Series:
    values = times.to_numpy().astype(f"datetime64[{unit}]")
    missing = np.isnat(values)
    return pd.Series(pd.arrays.IntegerArray(np.where(missing, 0, values.astype(np.int64)), missing))


def _people_flags(name: str) -> tuple[str, ...]:
    word = "wounded" if name == "wounded" else "fatalities"
    return (f"negative {word}", f"unreadable {word}")


def _degrees(canonical: str, column: str) -> Aspect:
    def run(draft: Draft) -> None:
        values, unreadable = draft.columns.numbers(column)
        draft.data[canonical] = values
        draft.flag("unreadable coordinates", unreadable)

    return Aspect((column,), (canonical,), run, ("unreadable coordinates",), taken=True)


def _seconds(column: str) -> Aspect:
    return Aspect(
        (column,),
        ("updated_at",),
        lambda draft: draft.updated_at(column),
        ("unreadable updated_at",),
        taken=True,
    )


def _reported(column: str, style: str | None) -> Aspect:
    return Aspect(
        (column,), ("reported_on",), lambda draft: draft.reported_on(column, style),
        ("unreadable reported_on",), taken=True,
    )  # fmt: skip


def aspects_of(source: Source, raw: Raw, options: SourceOptions, style: str) -> Iterator[Aspect]:
    """Yield the aspects of a source that is declared; what a later one gives replaces an earlier one's."""
    columns = raw.columns
    for canonical, names in source.text.items():
        name = first_of(columns, names)
        if name is not None:
            run = _text_of(source, canonical)
            yield Aspect((name,), (canonical,), run, text=True, taken=True)
    for canonical, names in zip(("latitude", "longitude"), source.coordinates, strict=True):
        name = first_of(columns, names)
        if name is not None:
            yield _degrees(canonical, name)
    if source.place_precision is not None:
        column = source.place_precision[0]
        yield Aspect(
            (column,) if column in columns else (),
            ("place_precision",),
            lambda draft: carry_place_precision(draft, source),
        )
    for part in source.decides:
        here = tuple(name for name in part.columns if name in columns)
        if source.rules is not None and set(part.days) <= _dated(source, columns, options):
            yield Aspect(here, part.gives, source.rules, part.flags, part.days)
    for canonical, people in source.people.items():
        names_ = tuple(people_columns(columns, people))
        if names_:
            run = _people_of(canonical, people)
            yield Aspect(names_, (canonical,), run, _people_flags(canonical), taken=len(names_) == 1)
    if source.dates.precision is not None:
        column, known = source.dates.precision
        yield Aspect(
            (column,) if column in columns else (),
            ("date_precision",),
            lambda draft: precision_codes(draft, column, known),
            ("unknown date precision",),
        )
    updated = first_of(columns, source.dates.updated)
    if updated is not None:
        yield _seconds(updated)
    reported = first_of(columns, source.dates.reported)
    if reported is not None and options.report_days:
        yield _reported(reported, options.date_style or style)


def _dated(source: Source, columns: Any, options: SourceOptions) -> set[str]:
    reported = first_of(columns, source.dates.reported) if options.report_days else None
    return {"date_start"} if reported is None else {"date_start", "reported_on"}


def _text_of(source: Source, canonical: str) -> Callable[[Draft], None]:
    return lambda draft: carry_text(draft, source, canonical)


def _people_of(canonical: str, people: People) -> Callable[[Draft], None]:
    return lambda draft: carry_people(draft, canonical, people)


def aspects_of_table(
    found: dict[str, str],
    raw: Raw,
    options: SourceOptions,
    style: str,
    people: Mapping[str, People],
    *,
    canonical: bool,
) -> Iterator[Aspect]:
    """Yield the aspects of a plain table, whose columns were found; several may be added to one of people."""
    if canonical:
        yield Aspect(("source",), ("source",), _source)
    for name in TEXT:
        if name in found:
            yield Aspect((found[name],), (name,), _cleaned(name, found[name]), text=True, taken=True)
    for name in ("latitude", "longitude"):
        if name in found:
            yield _degrees(name, found[name])
    for name in WORDS:
        if name in found:
            yield Aspect(
                (found[name],), (name,), _word(name, found[name]), (f"unreadable {name}",), taken=True
            )
    if "civilian_targeting" in found:
        column = found["civilian_targeting"]
        yield Aspect(
            (column,), ("civilian_targeting",), lambda draft: carry_truths(draft, column),
            ("unreadable civilian_targeting",), taken=True,
        )  # fmt: skip
    for name in PEOPLE:
        if name in found:
            stated = not_stated(raw.columns)
            yield Aspect(
                (found[name],), (name,), _number(name, found[name], stated), _people_flags(name), taken=True
            )
    for name, added in people.items():
        yield Aspect(added.columns, (name,), _people_of(name, added), _people_flags(name))
    if "date_precision" in found:
        precision = found["date_precision"]
        yield Aspect(
            (precision,), ("date_precision",), lambda draft: carry_precision(draft, precision),
            ("unknown date precision",), taken=True,
        )  # fmt: skip
    if "updated_at" in found:
        yield _seconds(found["updated_at"])
    if "reported_on" in found:
        yield _reported(found["reported_on"], options.date_style or style)


def _source(draft: Draft) -> None:
    draft.data["source"] = draft.columns.text("source", missing=NULLS).fillna("table")


def _cleaned(canonical: str, column: str) -> Callable[[Draft], None]:
    return lambda draft: draft.carry(canonical, column, missing=NULLS)


def _word(canonical: str, column: str) -> Callable[[Draft], None]:
    return lambda draft: carry_words(draft, canonical, column)


def _number(canonical: str, column: str, stated: tuple[float, ...]) -> Callable[[Draft], None]:
    return lambda draft: draft.people(canonical, column, not_stated=stated)
