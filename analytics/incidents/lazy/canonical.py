"""Canonical columns and flags of rows in an engine, each made only when it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import OptionError
from analytics.incidents.lazy.aspects import (
    COUNTED,
    Aspect,
    aspects_of,
    aspects_of_table,
    flag_column,
    said_of,
)
from analytics.incidents.lazy.dated import Dated, day_key
from analytics.incidents.lazy.engines import the_ibis
from analytics.incidents.lazy.raw import Piece, Raw, attach
from analytics.incidents.splices import UNCLEAR
from analytics.schema import COARSE_DAYS, COLUMNS
from analytics.sources.checks import FLAGS, Draft
from analytics.sources.columns import NULLS
from analytics.sources.coverage import CoveredFrom
from analytics.sources.source import Source, SourceOptions
from analytics.sources.table import WORDS, find_columns, is_canonical
from analytics.sources.translation import first_of

__all__ = ["DEGREES", "Canonical", "any_of", "width_of"]

DEGREES = {"latitude": 90.0, "longitude": 180.0}  # the most there are
_DATES = {"date_start": "u_start", "date_end": "u_end"}
_IBIS = {
    "str": "string",
    "Int64": "int64",
    "float64": "float64",
    "boolean": "boolean",
    "datetime64[us]": "timestamp",
}


class Canonical:
    """What a source makes of the columns of a table in an engine."""

    def __init__(self, source: Source, raw: Raw, options: SourceOptions, dated: Dated) -> None:
        self.source, self.raw, self.options, self.dated = source, raw, options, dated
        self.country: str | None = None  # of incidents that state none
        self.other_degrees = False  # the coordinates are no degrees
        self.covered_from: CoveredFrom | None = None
        columns = raw.columns
        if source.mapped:
            canonical = is_canonical(columns)
            self.found = find_columns(columns, options.columns, canonical=canonical)
            if not options.report_days:
                self.found.pop("reported_on", None)
            self.identifier = self.found.get("incident_id")
            asked = (self.found, raw, options, dated.style, source.people)
            made = list(aspects_of_table(*asked, canonical=canonical))
        else:
            self.found = {}
            self.identifier = first_of(columns, source.identifier)
            made = list(aspects_of(source, raw, options, dated.style))
        self._by_name = {name: aspect for aspect in made for name in aspect.gives}
        self._aspects = [aspect for aspect in made if aspect.flags or self._gives(aspect)]
        self._pieces: dict[int, Piece | None] = {}
        self._days: Any = None
        self.date_rows: Callable[[], Any] = lambda: None  # makes `based` known, where that was left for later

    def _gives(self, aspect: Aspect) -> bool:
        return any(self._by_name[name] is aspect for name in aspect.gives)

    def has(self, name: str) -> bool:
        """Whether the table says anything of a canonical column."""
        return name in self._by_name or name in _DATES

    def based(self, table: Any) -> Any:
        """Return the rows with their days, by which aspects may be looked up."""
        self._days = table
        return table

    def aspect(self, name: str) -> Aspect:
        """Return the aspect that gives a canonical column."""
        return self._by_name[name]

    def text_key(self, name: str) -> str | None:
        """Return the key of the one column that a canonical text is of, None where there is none."""
        aspect = self._by_name.get(name)
        return self.raw.key(aspect.columns[0]) if aspect is not None and aspect.text else None

    def keys(self) -> list[str]:
        """Return all keys of the table that something is looked up by."""
        keys = [key for aspect in self._aspects for key in aspect.keys(self.raw) if key[0] == "k"]
        return list(dict.fromkeys(keys))

    def positions(self, name: str) -> set[int]:
        """Return the positions of the columns that a canonical one is told from."""
        aspect = self._basis(name)
        return set() if aspect is None else {self.raw.position(one) for one in aspect.columns}

    def coverage(self) -> None:
        """Ask the rules that tell from which day on the file is covered."""
        for aspect in self._aspects:
            if UNCLEAR in aspect.flags:
                self.piece(aspect)

    def missing(self, name: str) -> int | None:
        """Return how many rows of the table lack a column; None where that would have to be looked for."""
        aspect = self._by_name.get(name)
        piece = None if aspect is None else self.piece(aspect)
        return None if piece is None else piece.rows(piece.frame[f"c_{name}"].isna().to_numpy(dtype=bool))

    def latest(self, name: str) -> int | None:
        """Return the largest number of a day that any row has, None where none has one."""
        piece = self.piece(self._by_name[name])
        found = None if piece is None else piece.frame[COUNTED[name][0]].max()
        return None if found is None or pd.isna(found) else int(found)

    def on(self, raw: Raw) -> Canonical:
        """Return the same for rows that were condensed; what was looked up holds for them too."""
        made = copy.copy(self)
        made.raw, made._days = raw, None
        return made

    def own_names(self) -> dict[str, str]:
        """Return what the table calls columns that are canonical ones here."""
        own: dict[str, str] = {}
        for name, aspect in self._by_name.items():
            if aspect.taken:
                own.setdefault(self.raw.columns.actual(aspect.columns[0]), name)
        if self.identifier is not None:
            own[self.raw.columns.actual(self.identifier)] = "incident_id"
        return own | {self.dated.names[1]: "date_end"} | {self.dated.names[0]: "date_start"}

    def piece(self, aspect: Aspect) -> Piece | None:
        """Return what an aspect says of its distinct values, asked once; None of too many texts."""
        at = self._aspects.index(aspect)
        if at not in self._pieces:
            self._pieces[at] = self._asked(aspect)
        return self._pieces[at]

    def _asked(self, aspect: Aspect) -> Piece | None:
        if len(aspect.columns) == 1 and not aspect.days:
            numbers = self.raw.values_of(aspect.columns[0])
            if numbers is not None:
                piece, draft = self._said(aspect, *numbers)
                if not (draft.notes or any(flag.any() for flag in draft.flagged.values())):
                    return piece  # else the style of days may depend on how many rows have each
        if aspect.days and self._days is None:
            self.date_rows()
        table = self.with_days(self._days, aspect.days) if aspect.days else self.raw.table
        found = self.raw.distinct(table, aspect.keys(self.raw))
        if found is None:
            if aspect.text:
                return None
            raise self.raw.too_many([self.raw.columns.actual(name) for name in aspect.columns])
        weight = found.pop("n").to_numpy(dtype=np.int64)
        return self._said(aspect, found, lambda: weight, weight)[0]

    def _said(
        self,
        aspect: Aspect,
        found: pd.DataFrame,
        weigh: Callable[[], IntArray],
        weight: IntArray | None = None,
    ) -> tuple[Piece, Draft]:
        mini = self.raw.mini(found, aspect.columns)
        draft = Draft(mini, codes=frozenset(self.source.codes), weight=weight)
        piece = said_of(self.raw, aspect, found, draft, weigh)
        self.covered_from = draft.covered_from or self.covered_from
        return piece, draft

    def with_days(self, table: Any, days: Iterable[str]) -> Any:
        """Return a table with the days that aspects are looked up by."""
        new = {}
        if "date_start" in days and "d_start" not in table.columns:
            new["d_start"] = day_key(table.u_start)
        if "reported_on" in days and "d_reported" not in table.columns:
            table = self.add(table, ["reported_on"])
            new["d_reported"] = day_key(table.u_reported)
        return table.mutate(**new) if new else table

    def add(self, table: Any, names: Iterable[str]) -> Any:
        """Return a table with canonical columns as ``c_...`` beside what it has."""
        for name in names:
            if f"c_{name}" not in table.columns:
                table = self._added(table, name)
        return table

    def _added(self, table: Any, name: str) -> Any:
        ibis = the_ibis()
        if name in _DATES:
            return attach(table, self._calendar(_DATES[name], f"c_{name}"), [f"c_{name}"])
        if name in DEGREES and self.has(name):
            table = self.add_degrees(table, [name])
            read = ibis.null("float64") if self.other_degrees else table[f"y_{name}"]
            return table.mutate(**{f"c_{name}": read})
        aspect = self._by_name.get(name)
        if aspect is None:
            return table.mutate(**{f"c_{name}": self._default(table, name)})
        piece = self.piece(aspect)
        if piece is None:
            at = self.raw.position(aspect.columns[0])
            text = table[f"k{at}"] if f"k{at}" in table.columns else self.raw.text_of(table, at)
            return table.mutate(**{f"c_{name}": plain_text(text)})
        table = self.with_days(self.raw.with_keys(table, piece.keys), aspect.days)
        outs = [c for c in piece.frame.columns if c[:2] == "c_" and self._by_name.get(c[2:]) is aspect]
        outs += [c for c in piece.frame.columns if c[:2] == "u_"]
        if f"c_{name}" not in outs:
            return table.mutate(**{f"c_{name}": self._default(table, name)})
        table = attach(table, piece, outs)
        if name == "country" and self.country is not None:
            table = table.mutate(c_country=table.c_country.fill_null(self.country))
        return table

    def add_degrees(self, table: Any, names: Iterable[str]) -> Any:
        """Return a table with coordinates as read, ``y_...``, and whether they are text that is no number."""
        ibis = the_ibis()
        for name in names:
            if f"y_{name}" in table.columns:
                continue
            direct, mark = self.degrees_column(name), flag_column("unreadable coordinates")
            if direct is not None:
                number = table[direct].cast("float64")
                read = ibis.ifelse(number.isnan(), ibis.null("float64"), number)
                table = table.mutate(**{f"y_{name}": read, f"x_{name}": ibis.literal(False)})
                continue
            piece = self.piece(self._by_name[name])
            assert piece is not None
            called = {f"c_{name}": f"y_{name}", mark: f"x_{name}"}
            one = replace(piece, frame=piece.frame.rename(columns=called))
            table = attach(self.raw.with_keys(table, piece.keys), one, list(called.values()))
        return table

    def degrees_column(self, name: str) -> str | None:
        """Return the engine's column of degrees, where it holds numbers with fractions already."""
        aspect = self._by_name.get(name)
        if aspect is None or not self.raw.dtype(aspect.columns[0]).is_floating():
            return None
        return f"r{self.raw.position(aspect.columns[0])}"

    def _default(self, table: Any, name: str) -> Any:
        ibis = the_ibis()
        if name == "country" and self.country is not None:
            return ibis.literal(self.country)
        if name == "date_precision":
            span = table.u_end - table.u_start
            return ibis.ifelse(span > table.u_off, span, table.u_off)
        word = self._word(name)
        if self.source.mapped and name == "initiator_basis" and self.has("initiator"):
            initiator = self.add(table, ["initiator"]).c_initiator
            return ibis.ifelse(initiator == "unknown", "unknown", "coded")
        kind = _IBIS[COLUMNS[name].dtype]
        return ibis.null(kind) if word is None else ibis.literal(word)

    def _calendar(self, key: str, name: str) -> Piece:
        """Return the days that occur, by their number."""
        numbers = [self.dated.start.frame["s_day"], self.dated.start.frame["s_end"]]
        numbers += [self.dated.end.frame["e_end"]]
        days = np.unique(pd.concat(numbers).dropna().to_numpy(dtype=np.int64))
        times = days.astype("datetime64[D]").astype("datetime64[us]")
        return Piece((key,), pd.DataFrame({key: days, name: times}), lambda: np.ones(len(days), np.int64))

    def looked_up_by(self, table: Any, name: str) -> tuple[Any, list[str]]:
        """Return rows with the keys that a canonical column depends on, and those keys.

        Raises
        ------
        InputError
            If it holds more different texts than are looked up, or depends on more than columns.
        """
        aspect = self._basis(name)
        if aspect is None and (name in _DATES or name == "date_precision"):
            raise OptionError(f"{name} is no column to tell incidents apart by", todo="give another column")
        if aspect is None:
            return table, []
        piece = self.piece(aspect)
        if piece is None:
            raise self.raw.too_many([self.raw.columns.actual(one) for one in aspect.columns])
        return self.with_days(self.raw.with_keys(table, piece.keys), aspect.days), list(piece.keys)

    def _basis(self, name: str) -> Aspect | None:
        """Return the aspect that a column is told from."""
        aspect = self._by_name.get(name)
        if aspect is None and name == "initiator_basis" and self.source.mapped:
            return self._by_name.get("initiator")
        return aspect

    def values(self, name: str, found: pd.DataFrame) -> pd.Series:
        """Return a canonical column for combinations of keys, in their order."""
        aspect = self._basis(name)
        piece = None if aspect is None else self.piece(aspect)
        out: pd.Series
        if piece is None or (f"c_{name}" not in piece.frame and name != "initiator_basis"):
            out = pd.Series(self._word(name), index=found.index, dtype=COLUMNS[name].dtype)
        else:
            wanted = "initiator" if name == "initiator_basis" and name not in self._by_name else name
            said = piece.frame[[*piece.keys, f"c_{wanted}"]]
            out = (found[list(piece.keys)].merge(said, on=list(piece.keys), how="left") if piece.keys
                   else pd.concat([said] * len(found), ignore_index=True))[f"c_{wanted}"]  # fmt: skip
            if wanted != name:
                out = pd.Series(np.where(out == "unknown", "unknown", "coded"), dtype="str")
        return out.fillna(self.country) if name == "country" and self.country is not None else out

    def _word(self, name: str) -> str | None:
        """Return the word that holds for every row, where there is one."""
        if name == "source":
            return self.source.name
        word = self.source.fixed.get(name)
        return WORDS[name][1] if word is None and self.source.mapped and name in WORDS else word

    def flags(self, table: Any) -> tuple[Any, list[str]]:
        """Return a table with a column for each flag that some row may carry, and those flags.

        Those of coordinates, which depend on the column as a whole, are told by :class:`Degrees`.
        """
        raised = [name for name in FLAGS if name != "unreadable coordinates" and self.raises(name)]
        table, more = self._derived(self.add_flags(table, raised))
        return table, [name for name in FLAGS if name in raised or name in more]

    def raises(self, flag: str) -> bool:
        """Whether some row of the table carries a flag that is told from columns."""
        pieces = [self.piece(aspect) for aspect in self._aspects if flag in aspect.flags]
        return any(piece is not None and piece.frame[flag_column(flag)].any() for piece in pieces)

    def add_flags(self, table: Any, flags: Iterable[str]) -> Any:
        """Return a table with a column for each of some flags that are told from columns."""
        for flag in flags:
            owns = []
            for at, aspect in enumerate(self._aspects):
                piece = self.piece(aspect) if flag in aspect.flags else None
                if piece is not None and piece.frame[flag_column(flag)].any():
                    owns.append(f"g{at}_{flag_column(flag)}")
                    one = replace(piece, frame=piece.frame.rename(columns={flag_column(flag): owns[-1]}))
                    table = self.with_days(self.raw.with_keys(table, piece.keys), aspect.days)
                    table = attach(table, one, owns[-1:])
            table = table.mutate(**{flag_column(flag): any_of([table[own] for own in owns])})
        return table

    def _derived(self, table: Any) -> tuple[Any, list[str]]:
        """Return a table with the flags that are told from canonical columns, and those flags."""
        asked = ["fatalities", "fatalities_low", "fatalities_high", "admin1", "reported_on"]
        table = self.add(table, ["date_precision", *(name for name in asked if self.has(name))])
        made = {"coarse date": width_of(table) >= COARSE_DAYS}
        if self.has("fatalities") and self.has("fatalities_low"):
            made["low > best"] = table.c_fatalities_low > table.c_fatalities
        if self.has("fatalities") and self.has("fatalities_high"):
            made["best > high"] = table.c_fatalities > table.c_fatalities_high
        if self.has("admin1"):
            made["blank admin1"] = table.c_admin1.isnull()
        if self.has("reported_on"):
            made["reported before its date"] = table.u_reported < table.u_start - beyond_of(table)
        columns = {flag_column(name): value.fill_null(False) for name, value in made.items()}
        return table.mutate(**columns), list(made)


def any_of(flags: list[Any]) -> Any:
    """Return whether any of some truths holds; one that is missing does not."""
    out = flags[0].fill_null(False)
    for flag in flags[1:]:
        out = out | flag.fill_null(False)
    return out


def plain_text(text: Any) -> Any:
    """Return text with single spaces, missing where it is blank or a word for that, without looking it up."""
    ibis = the_ibis()
    short = text.re_replace(r"\s+", " ").strip()
    return ibis.ifelse(
        (short == "") | short.isin(NULLS) | ~short.re_search(r"\w"), ibis.null("string"), short
    )


def beyond_of(table: Any) -> Any:
    """Return how many days before its start and after its end an incident may lie."""
    off = table.c_date_precision.fill_null(0) - (table.u_end - table.u_start)
    return the_ibis().ifelse(off > 0, off, 0)


def width_of(table: Any) -> Any:
    """Return on how many days an incident may have happened."""
    return table.u_end - table.u_start + 1 + 2 * beyond_of(table)
