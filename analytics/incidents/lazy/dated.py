"""The days of rows that stay in their engine: each distinct text is read once, by the rules for files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.incidents.lazy.engines import the_ibis
from analytics.incidents.lazy.raw import NO_DAY, Piece, Raw, attach
from analytics.sources.checks import Draft
from analytics.sources.dates import ParsedDates, parse_dates
from analytics.sources.source import Dates, Source, SourceOptions
from analytics.sources.table import date_parts, find_columns, is_canonical, no_date
from analytics.sources.translation import date_precision, start_column

__all__ = ["Dated", "day_key", "read_dates"]

_OK, _UNPARSABLE, _IMPOSSIBLE, _BLANK = 0, 1, 2, 3


@dataclass(frozen=True, eq=False, slots=True)
class Dated:
    """How the rows are dated.

    Attributes
    ----------
    start, end : Piece
        For each distinct text: its first day, its last, whether it is one, the days it may be off.
    apart : bool
        Whether the end is in a column of its own.
    blank_is_start : bool
        Whether a blank end is the start's day.
    names : tuple of str
        The columns of the start and the end, as the file spells them.
    style : str
        The style of the start.
    notes : tuple of str
    """

    start: Piece
    end: Piece
    apart: bool
    blank_is_start: bool
    names: tuple[str, str]
    style: str
    notes: tuple[str, ...]

    @property
    def unreadable(self) -> bool:
        """Whether some row has a date that is no day at all, which a row that is no record has too."""
        states = [piece.frame[f"{mark}_state"] for piece, mark in self._pieces]
        bad = [_UNPARSABLE] if self.blank_is_start else [_UNPARSABLE, _BLANK]
        return bool(states[0].isin([_UNPARSABLE, _BLANK]).any() or states[1].isin(bad).any())

    @property
    def sound(self) -> bool:
        """Whether every row is dated to a day."""
        return all((piece.frame[f"{mark}_state"] == _OK).all() for piece, mark in self._pieces)

    @property
    def _pieces(self) -> tuple[tuple[Piece, str], ...]:
        return ((self.start, "s"), (self.end, "e"))

    @property
    def kept_days(self) -> tuple[IntArray, IntArray]:
        """The days that are one, where the end is not apart, and how many rows have each."""
        frame = self.start.frame
        sound = (frame["s_state"] == _OK).to_numpy(dtype=bool)
        return frame["s_day"][sound].to_numpy(dtype=np.int64), self.start.weight[sound]

    def days(self, table: Any) -> Any:
        """Return a table with ``u_start``, ``u_end``, ``u_off`` and what is wrong with the days.

        ``u_unparsable``, ``u_impossible``; the days are numbers, counted from 1970.
        """
        ibis = the_ibis()
        said = ["s_day", "s_end", "s_state", "s_off"]
        table = attach(table, self.start, said)
        if not self.apart:
            return table.mutate(
                u_start=table.s_day, u_end=table.s_end, u_off=table.s_off,
                u_unparsable=table.s_state.isin([_UNPARSABLE, _BLANK]),
                u_impossible=table.s_state == _IMPOSSIBLE,
            ).drop(*said)  # fmt: skip
        more = ["e_end", "e_state"]
        table = attach(table, self.end, more)
        blank = table.e_state == _BLANK
        bad = [_UNPARSABLE] if self.blank_is_start else [_UNPARSABLE, _BLANK]
        end = ibis.ifelse(blank, table.s_end, table.e_end) if self.blank_is_start else table.e_end
        return table.mutate(
            u_start=table.s_day, u_end=end, u_off=table.s_off,
            u_unparsable=table.s_state.isin([_UNPARSABLE, _BLANK]) | table.e_state.isin(bad),
            u_impossible=(table.s_state == _IMPOSSIBLE) | (table.e_state == _IMPOSSIBLE),
        ).drop(*said, *more)  # fmt: skip


def read_dates(source: Source, raw: Raw, options: SourceOptions) -> Dated:
    """Read the distinct texts of the columns of a source's dates.

    Raises
    ------
    InputError
        If there is no such column, or its order of day and month cannot be told.
    """
    if source.mapped:
        return _of_table(raw, options)
    dates, columns = source.dates, raw.columns
    columns.require(source.required, source.title)
    if dates.parts and all(name in columns for name in dates.parts):
        return _same(*_in_parts(raw, dates.parts, dates), names=(columns.actual(dates.parts[0]),) * 2)
    named = start_column(columns, dates, source.title)
    start, parsed = _column(raw, named, options.date_style, dates.slashes, "s")
    if not dates.end or dates.end not in columns:
        return _same(start, parsed, names=(columns.actual(named),) * 2)
    end, later = _column(raw, dates.end, options.date_style, dates.slashes, "e")
    names = (columns.actual(named), columns.actual(dates.end))
    return Dated(start, end, True, False, names, parsed.style, (*parsed.notes, *later.notes))


def _of_table(raw: Raw, options: SourceOptions) -> Dated:
    columns = raw.columns
    found = find_columns(columns, options.columns, canonical=is_canonical(columns))
    parts = date_parts(columns, found, options.columns)
    if "date_start" not in found and parts is None:
        raise no_date(columns)
    style = options.date_style
    if parts is not None:
        start, parsed = _in_parts(raw, parts)
        named = columns.actual(parts[0])
    else:
        start, parsed = _column(raw, found["date_start"], style, None, "s")
        named = columns.actual(found["date_start"])
    if "date_end" not in found:
        return _same(start, parsed, names=(named, named))
    end, later = _column(raw, found["date_end"], style or parsed.style, None, "e")
    names = (named, columns.actual(found["date_end"]))
    return Dated(start, end, True, True, names, parsed.style, (*parsed.notes, *later.notes))


def _same(start: Piece, parsed: ParsedDates, *, names: tuple[str, str]) -> Dated:
    end = replace(start, frame=start.frame.rename(columns={"s_end": "e_end", "s_state": "e_state"}))
    return Dated(start, end, False, False, names, parsed.style, parsed.notes)


def _column(
    raw: Raw, name: str, style: str | None, slashes: str | None, mark: str
) -> tuple[Piece, ParsedDates]:
    actual = raw.columns.actual(name)
    numbers = raw.values_of(name)
    if numbers is not None:
        found, weigh = numbers
        texts = raw.mini(found, [name]).strings(name)
        parsed = parse_dates(texts, name=actual, style=style, slashes=slashes)
        if _plain(parsed):
            return _piece(raw, [name], found, parsed, mark, weigh), parsed
    found = raw.look(raw.table, [name])
    weight = found["n"].to_numpy(dtype=np.int64)
    texts = raw.mini(found, [name]).strings(name)
    parsed = parse_dates(texts, name=actual, style=style, slashes=slashes, weight=weight)
    return _piece(raw, [name], found.drop(columns="n"), parsed, mark, lambda: weight), parsed


def _plain(parsed: ParsedDates) -> bool:
    """Whether all are days in one style: then it does not matter how many rows have each."""
    return not (parsed.notes or (parsed.unparsable | parsed.impossible | parsed.blank).any())


def _in_parts(raw: Raw, parts: Sequence[str], dates: Dates | None = None) -> tuple[Piece, ParsedDates]:
    closer = None if dates is None or dates.closer is None else dates.closer
    names = [*parts, closer[0]] if closer is not None and closer[0] in raw.columns else list(parts)
    found = raw.look(raw.table, names)
    weight = found["n"].to_numpy(dtype=np.int64)
    draft = Draft(raw.mini(found, names), weight=weight)
    said = draft.dates_in_parts(*parts)
    if dates is not None and closer is not None and len(names) > len(parts):
        draft.span(said, said, (raw.columns.actual(parts[0]),) * 2)
        date_precision(draft, dates, said, said)
        closer[1](draft)
        start, end = (
            np.asarray(draft.data[name], dtype="datetime64[D]") for name in ("date_start", "date_end")
        )
        off = pd.Series(draft.data["date_precision"]).fillna(0).to_numpy(dtype=np.int64)
        said = replace(said, days=start, ends=end, precision=off)
    said = replace(said, notes=tuple(draft.notes))
    return _piece(raw, names, found.drop(columns="n"), said, "s", lambda: weight), said


def _piece(
    raw: Raw,
    names: Sequence[str],
    frame: pd.DataFrame,
    parsed: ParsedDates,
    mark: str,
    weigh: Callable[[], IntArray],
) -> Piece:
    state = np.select(
        [parsed.blank, parsed.unparsable, parsed.impossible], [_BLANK, _UNPARSABLE, _IMPOSSIBLE], _OK
    )
    frame = frame.copy()
    frame[f"{mark}_day"] = _numbers(parsed.days)
    frame[f"{mark}_end"] = _numbers(parsed.ends)
    frame[f"{mark}_state"] = state.astype(np.int64)
    frame[f"{mark}_off"] = parsed.precision.astype(np.int64)
    return Piece(tuple(map(raw.key, names)), frame, weigh)


def _numbers(days: Any) -> pd.Series:
    missing = np.isnat(days)
    numbers: IntArray = np.where(missing, 0, days.astype(np.int64))
    return pd.Series(pd.arrays.IntegerArray(numbers, missing))


def day_key(column: Any) -> Any:
    """Return the expression that a day is looked up by."""
    return column.fill_null(NO_DAY)
