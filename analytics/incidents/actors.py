"""Actors under one name each: a table the office keeps, applied to the names as the source wrote them.

The table is CSV in UTF-8, one row a name as written::

    name,normalised,group,kind,from,until
    ISIL,Islamic State,jihadist,armed group,2013-04-08,2014-06-28
    Daesh,Islamic State,jihadist,armed group,,

`name` and `normalised` must be there and filled; the others may be left out or empty. `from` and `until` are
the first and last day the row holds for, judged by an incident's first day. A normalised name stands for
itself. Names are compared as places are (:func:`~analytics.geo.folding.fold`): case, accents, apostrophes and
how words are parted do not count. A name that is not in the table stays as it is written, letter for letter,
and is listed.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analytics._typing import Days
from analytics.errors import InputError, UptickError, nearest
from analytics.files import read_whole
from analytics.geo.folding import fold
from analytics.incidents.incidents import Incidents
from analytics.periods import DAY, as_day
from analytics.results.words import counted

__all__ = ["ACTOR_COLUMNS", "ActorRow", "ActorTable", "columns_beside", "normalise_actors", "read_actors"]

ACTOR_COLUMNS = ("actor1", "actor2")
_NEEDED, _OPTIONAL = ("name", "normalised"), ("group", "kind", "from", "until")
_FIRST, _LAST = np.datetime64("0001-01-01", "D"), np.datetime64("9999-12-31", "D")
_NAMED = 5  # names that a note lists


@dataclass(frozen=True, slots=True)
class ActorRow:
    """One row of the table: a name as written, what it stands for, and when."""

    name: str
    normalised: str
    group: str = ""
    kind: str = ""
    first: np.datetime64 = _FIRST
    last: np.datetime64 = _LAST
    line: int = 0


@dataclass(frozen=True, eq=False)
class ActorTable:
    """A table of actors; `rows` by the folded name as written, those of one name apart in time."""

    rows: Mapping[str, tuple[ActorRow, ...]]
    title: str = "the table of actors"
    digest: str = ""
    _own: dict[str, ActorRow] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        own: dict[str, ActorRow] = {}
        for row in (row for rows in self.rows.values() for row in rows):
            key = fold(row.normalised)
            first = own.setdefault(key, row)
            for what in ("normalised", "group", "kind"):
                if getattr(first, what) != getattr(row, what):
                    raise InputError(
                        f"{self.title} gives one actor two of {what}",
                        expected=f"one {what} for {first.normalised}",
                        found=f"{getattr(first, what)!r} and {getattr(row, what)!r}",
                        where=f"{self.title}, lines {first.line} and {row.line}",
                    )
        object.__setattr__(self, "_own", own)

    def find(self, name: str, day: np.datetime64) -> ActorRow | None:
        """Return the row that holds for a name on a day, None where there is none.

        Examples
        --------
        >>> table = read_actors(pd.DataFrame({"name": ["Daesh"], "normalised": ["Islamic State"]}))
        >>> day = np.datetime64("2016-01-01")
        >>> table.find("DAESH", day).normalised, table.find("islamic-state", day).normalised
        ('Islamic State', 'Islamic State')
        """
        key = fold(name)
        for row in self.rows.get(key, ()):
            if row.first <= day <= row.last:
                return row
        return None if key in self.rows else self._own.get(key)

    def knows(self, name: str) -> bool:
        """Whether a name stands in the table, whatever the day."""
        key = fold(name)
        return key in self.rows or key in self._own


def columns_beside() -> tuple[str, ...]:
    """Return the names of the columns that stand beside normalised actors.

    Examples
    --------
    >>> columns_beside()[:3]
    ('actor1_written', 'actor1_group', 'actor1_kind')
    """
    return tuple(f"{column}_{what}" for column in ACTOR_COLUMNS for what in ("written", "group", "kind"))


def read_actors(given: str | Path | pd.DataFrame | ActorTable) -> ActorTable:
    """Read a table of actors; see the head of this module for its columns.

    Raises
    ------
    InputError
        If it cannot be read, lacks a column or a value, or says two things of one name on one day.
    """
    if isinstance(given, ActorTable):
        return given
    if isinstance(given, pd.DataFrame):
        text, title = given.astype("str").fillna("").to_csv(index=False), "the table of actors"
    else:
        title = str(given)
        text = _text(Path(given))
    heads, table = _cells(text, title)
    columns = [column.strip() for column in heads]
    unknown = [c for c in columns if c not in (*_NEEDED, *_OPTIONAL)]
    if missing := [c for c in _NEEDED if c not in columns]:
        raise InputError(
            f"{title} is no table of actors",
            expected=f"columns {', '.join(_NEEDED)}, and if wanted {', '.join(_OPTIONAL)}",
            found=", ".join(columns) or "nothing",
            where=", ".join(missing),
        )
    if unknown:
        close = nearest(unknown[0], (*_NEEDED, *_OPTIONAL))
        raise InputError(
            f"{title} has columns that are not known",
            expected=", ".join((*_NEEDED, *_OPTIONAL)),
            found=", ".join(unknown),
            todo=f"did you mean {close[0]}?" if close else "leave them out",
        )
    rows: dict[str, list[ActorRow]] = {}
    for line, cells in table:
        values = dict(zip(columns, cells, strict=False))
        if any(values.values()):
            row = _row({**dict.fromkeys(columns, ""), **values}, title, line)
            _add(rows.setdefault(fold(row.name), []), row, title)
    if not rows:
        raise InputError(f"{title} holds no actor", expected="a row for each name as written", where=title)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return ActorTable({key: tuple(group) for key, group in rows.items()}, title, digest)


def _text(path: Path) -> str:
    try:
        return read_whole(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"there is no table of actors {path}", where=str(path), todo="check the path"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the table of actors {path} cannot be read",
            expected="CSV in UTF-8, with the columns name and normalised",
            found=str(error)[:200],
            where=str(path),
        ) from None


def _cells(text: str, title: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and each row's line and cells, spaces made single."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [(reader.line_num, [" ".join(cell.split()) for cell in cells]) for cells in reader if cells]
    except csv.Error as error:
        raise InputError(
            f"the table of actors {title} cannot be read",
            expected="CSV in UTF-8, with the columns name and normalised",
            found=str(error),
            where=f"{title}, line {reader.line_num}",
        ) from None
    return (rows[0][1], rows[1:]) if rows else ([], [])


def _row(values: Mapping[str, str], title: str, line: int) -> ActorRow:
    where = f"{title}, line {line}"
    for column in _NEEDED:
        if not values.get(column):
            raise InputError(
                f"a row of {title} has no {column}", expected=f"a {column} in every row", where=where
            )
    days = []
    for column, otherwise in (("from", _FIRST), ("until", _LAST)):
        try:
            days.append(as_day(values[column], column) if values.get(column) else otherwise)
        except UptickError:
            raise InputError(
                f"a row of {title} has no such day",
                expected="a day such as 2014-06-29, or an empty cell",
                found=f"{column} {values[column]!r}",
                where=where,
            ) from None
    if days[0] > days[1]:
        raise InputError(
            f"a row of {title} ends before it begins", found=f"{days[0]}..{days[1]}", where=where
        )
    texts = {column: values.get(column, "") for column in ("group", "kind")}
    return ActorRow(values["name"], values["normalised"], **texts, first=days[0], last=days[1], line=line)


def _add(group: list[ActorRow], row: ActorRow, title: str) -> None:
    """Add a row to those of the same name; on one day a name stands for one actor."""
    for other in group:
        if row.first <= other.last and other.first <= row.last and row.normalised != other.normalised:
            raise InputError(
                f"{title} gives the name {row.name!r} two meanings on one day",
                expected="one normalised name, or spells (from, until) that do not overlap",
                found=f"{other.normalised} and {row.normalised}",
                where=f"{title}, lines {other.line} and {row.line}",
            )
    group.append(row)


def normalise_actors(
    incidents: Incidents, actors: str | Path | pd.DataFrame | ActorTable | None
) -> Incidents:
    """Return the incidents with their actors under normalised names; None leaves them as they are.

    What the source wrote is kept beside, as ``actor1_written`` and ``actor2_written`` among the other
    columns, with ``actor1_group``, ``actor1_kind`` and so on where the table has them.

    Returns
    -------
    Incidents
        Its `actors` lists every name as written: what it is counted as, whether the table has it, and how
        often it stands in the incidents kept.

    Raises
    ------
    InputError
        If the table cannot be used.

    Examples
    --------
    >>> from analytics import read_incidents
    >>> rows = pd.DataFrame({"date": ["2016-01-01"] * 3, "actor1": ["Daesh", "ISIL", "Unit 9"]})
    >>> table = pd.DataFrame({"name": ["Daesh", "Isil"], "normalised": ["Islamic State"] * 2})
    >>> found = normalise_actors(read_incidents(rows), table)
    >>> found.frame["actor1"].tolist()
    ['Islamic State', 'Islamic State', 'Unit 9']
    >>> found.actors[["written", "incidents", "listed"]].values.tolist()
    [['Daesh', 1, 'yes'], ['ISIL', 1, 'yes'], ['Unit 9', 1, 'no']]
    """
    if actors is None:
        return incidents
    table = read_actors(actors)
    frame, extra, account = _applied(incidents.frame, incidents.extra, table)
    versions, versions_extra = incidents.versions, incidents.versions_extra
    if versions is not None and versions_extra is not None:
        versions, versions_extra, _ = _applied(versions, versions_extra, table)
    return replace(
        incidents,
        frame=frame,
        extra=extra,
        versions=versions,
        versions_extra=versions_extra,
        actors=account,
        also=(*incidents.also, (table.title, table.digest)),
        notes=(*incidents.notes, *_notes(account, table)),
    )


def _applied(
    frame: pd.DataFrame, extra: pd.DataFrame, table: ActorTable
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    days = frame["date_start"].to_numpy().astype("datetime64[D]")
    named, beside, accounts = {}, {}, []
    for column in ACTOR_COLUMNS:
        name, group, kind, account = _column(frame[column], days, table)
        named[column] = name
        beside[f"{column}_written"] = frame[column]
        beside |= {f"{column}_group": group} if group.notna().any() else {}
        beside |= {f"{column}_kind": kind} if kind.notna().any() else {}
        accounts.append(account)
    if taken := [name for name in beside if name in extra.columns]:
        raise InputError(
            "the file has columns of the names that the actors as written get",
            expected="actors that are not normalised yet",
            found=", ".join(taken),
            todo="call these columns something else",
        )
    both = pd.concat(accounts)
    keys = ["normalised", "written", "listed"]
    table_of_names = both.groupby(keys, sort=False)["incidents"].sum().reset_index()
    account = table_of_names.sort_values(["incidents", "written"], ascending=[False, True], kind="stable")
    return frame.assign(**named), extra.assign(**beside), account.reset_index(drop=True)


def _column(
    values: pd.Series, days: Days, table: ActorTable
) -> tuple[pd.Series, pd.Series, pd.Series, pd.DataFrame]:
    """Return the normalised names of a column, their groups and kinds, and how often each name stands there.

    A name is looked up once for each day the answer may change on.
    """
    codes, names = pd.factorize(values)
    texts = [str(name) for name in names]
    edges = np.unique([day for rows in table.rows.values() for r in rows for day in (r.first, r.last + DAY)])
    spells = np.searchsorted(edges, days, side="right")
    stated = codes >= 0
    pairs, which = np.unique(np.column_stack([codes, spells])[stated], axis=0, return_inverse=True)
    begins = np.r_[_FIRST, edges]
    found = [table.find(texts[code], begins[spell]) for code, spell in pairs]
    written = [texts[code] for code, _ in pairs]
    columns = []
    for told in (
        [name if row is None else row.normalised for name, row in zip(written, found, strict=True)],
        [None if row is None else row.group or None for row in found],
        [None if row is None else row.kind or None for row in found],
    ):
        column = np.full(len(values), None, dtype=object)
        column[stated] = np.array(told, dtype=object)[which.ravel()]
        columns.append(pd.Series(column, index=values.index, dtype="str"))
    listed = [
        "yes" if row is not None else "not for its day" if table.knows(name) else "no"
        for name, row in zip(written, found, strict=True)
    ]
    account = pd.DataFrame(
        {
            "normalised": [
                name if row is None else row.normalised for name, row in zip(written, found, strict=True)
            ],
            "written": written,
            "listed": listed,
            "incidents": np.bincount(which.ravel(), minlength=len(pairs)),
        }
    )
    return columns[0], columns[1], columns[2], account


def _notes(account: pd.DataFrame, table: ActorTable) -> list[str]:
    own = f"{table.title} (SHA-256 {table.digest[:12]})"
    inside = account[account["listed"] == "yes"]
    actors = counted(inside["normalised"].nunique(), "actor")
    notes = [
        f"actors named by {own}: {counted(inside['written'].nunique(), 'name')} as written, {actors}; names "
        "are compared without case, accents, apostrophes and signs between words"
    ]
    for listed, said in (
        ("no", "not in the table, counted as written"),
        ("not for its day", "in the table, not for the day of the incident, counted as written"),
    ):
        rest = account[account["listed"] == listed]
        if len(rest):
            shown = [f"{r.written} ({r.incidents:,})" for r in rest.head(_NAMED).itertuples()]
            more = f" and {len(rest) - _NAMED:,} more" if len(rest) > _NAMED else ""
            names = counted(len(rest), "name of an actor", "names of actors")
            notes.append(f"{names} {said}: {', '.join(shown)}{more}")
    return notes
