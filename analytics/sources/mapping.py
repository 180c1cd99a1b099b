"""A mapping file: how an office's own file is read, and which column of it is which, kept beside the data.

::

    [file]                      # how the file is read; every key may be left out
    sheet = "Incidents"
    header_row = 3
    date_style = "day/month/year"
    country = "Iraq"

    [columns]                   # our name = the file's
    date_start = "Date of attack"
    admin1 = "Province"
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analytics._text import read_toml, toml_fault
from analytics.errors import InputError, OptionError, UptickError, nearest
from analytics.files import read_whole
from analytics.sources.count_tables import COUNT_KEYS
from analytics.sources.table import ALIASES

__all__ = ["FILE_KEYS", "FileMapping", "read_mapping"]

# What [file] may state, and what it has to be.
FILE_KEYS: dict[str, tuple[type, ...]] = {
    "source": (str,),
    "sheet": (str, int),
    "header_row": (int,),
    "encoding": (str,),
    "delimiter": (str,),
    "date_style": (str,),
    "na": (str,),
    "country": (str,),
    "extracted": (str, dt.date),
    "report_days": (bool,),
    "actors": (str,),
}
_TABLES = ("file", "columns")
_TYPES = {str: "text in quotes", int: "a whole number", bool: "true or false", dt.date: "a day"}


@dataclass(frozen=True, eq=False)
class FileMapping:
    """What a mapping file states.

    Attributes
    ----------
    columns : dict of str to str
        Canonical column to the file's.
    reading : dict
        Options of reading, by name.
    name : str
        How to speak of it in errors.
    text : str
        As it stood, to name lines; empty for a mapping that was no file.
    """

    columns: dict[str, str] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)
    name: str = "the mapping"
    text: str = ""

    def plain(self) -> dict[str, dict[str, Any]]:
        """Return the mapping as tables of text and numbers, as :func:`read_mapping` takes them."""
        reading = {
            key: str(value) if isinstance(value, dt.date) else value for key, value in self.reading.items()
        }
        return {"file": reading, "columns": dict(self.columns)}

    def over(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return options of reading: those given, and where one was not, what the mapping states.

        Examples
        --------
        >>> FileMapping(reading={"sheet": "A", "na": "text"}).over({"sheet": None, "na": "missing"})
        {'sheet': 'A', 'na': 'missing'}
        """
        columns = {"columns": {**self.columns, **(options.get("columns") or {})}} if self.columns else {}
        stated = {key: value for key, value in self.reading.items() if _usual(options.get(key))}
        return {**options, **stated, **columns}

    def where(self, table: str, key: str) -> str:
        """Return the place of a key, for an error: the file, its line, and the key."""
        line = _line(self.text, table, key)
        return f"{self.name}, " + (f"line {line}, " if line else "") + f"key {key!r} of [{table}]"

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Name the line of the mapping in an error that what it states gives rise to."""
        try:
            yield
        except UptickError as error:
            place = self._cause(error)
            if place is None:
                raise
            where = f"{place}; {error.where}" if error.where else place
            raise type(error)(
                error.what, expected=error.expected, found=error.found, where=where, todo=error.todo
            ) from None

    def _cause(self, error: UptickError) -> str | None:
        given = re.search(r"given for (\w+)$", error.what)
        if given and given[1] in self.columns:
            return self.where("columns", given[1])
        for key, value in self.reading.items():
            if re.search(rf"\b{key.replace('_', '[ _]')}\b", error.what) and str(value) in str(error):
                return self.where("file", key)
        return None


def _usual(value: object) -> bool:
    """Whether an option is as if it were not given."""
    return value is None or value is True or (isinstance(value, str) and value == "auto")


def read_mapping(given: str | Path | Mapping[str, Any] | FileMapping) -> FileMapping:
    """Read a mapping file, or take what one would state.

    Parameters
    ----------
    given : path or mapping
        A TOML file, or its tables ``file`` and ``columns``.

    Raises
    ------
    InputError
        If it is not TOML, or states something that is not known; the message names line and key.

    Examples
    --------
    >>> read_mapping({"columns": {"date_start": "Datum"}}).columns
    {'date_start': 'Datum'}
    """
    if isinstance(given, FileMapping):
        return given
    if isinstance(given, Mapping):
        return _checked(dict(given), "the mapping", "")
    name = str(given)
    try:
        text = read_whole(Path(given)).decode("utf-8")
        stated = read_toml(text)
    except FileNotFoundError:
        raise InputError(f"there is no mapping {name}", where=name, todo="check the path") from None
    except (OSError, ValueError, RecursionError) as error:  # no TOML, no text, numbers without end
        raise InputError(
            f"the mapping {name} cannot be read",
            expected='TOML: [file] and [columns], then a line such as date_start = "Date of attack"',
            found=toml_fault(error)[:200],
            where=name,
        ) from None
    mapping = _checked(stated, name, text)
    if "actors" in mapping.reading:  # beside the mapping, wherever the command is started
        mapping.reading["actors"] = str((Path(given).parent / mapping.reading["actors"]).absolute())
    return mapping


def _checked(stated: dict[str, Any], name: str, text: str) -> FileMapping:
    for table, found in stated.items():
        if table not in _TABLES:
            raise _unknown(name, text, "", table, _TABLES)
        if not isinstance(found, Mapping):
            line = _line(text, "", table)
            raise InputError(
                f"{table} of {name} is no table",
                expected=f"[{table}] and its keys below",
                where=f"{name}, line {line}" if line else name,
            )
    mapping = FileMapping(
        columns=dict(stated.get("columns", {})), reading=dict(stated.get("file", {})), name=name, text=text
    )
    known = (*ALIASES, *COUNT_KEYS)
    for key, column in mapping.columns.items():
        if key not in known:
            raise _unknown(name, text, "columns", key, known)
        if not isinstance(column, str) or not column.strip():
            raise _wrong(mapping, "columns", key, column, "the name of a column, in quotes")
    for key, value in mapping.reading.items():
        if key not in FILE_KEYS:
            raise _unknown(name, text, "file", key, tuple(FILE_KEYS))
        kinds = FILE_KEYS[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise _wrong(mapping, "file", key, value, " or ".join(_TYPES[kind] for kind in kinds))
    return mapping


def _wrong(mapping: FileMapping, table: str, key: str, value: object, expected: str) -> InputError:
    return InputError(
        f"{key} of {mapping.name} cannot be used",
        expected=expected,
        found=repr(value)[:80],
        where=mapping.where(table, key),
    )


def _unknown(name: str, text: str, table: str, key: str, known: tuple[str, ...]) -> OptionError:
    line = _line(text, table, key)
    close = nearest(key, known)
    return OptionError(
        f"{name} states {key!r}{f' in [{table}]' if table else ''}, which is not known",
        expected=f"one of {', '.join(known)}",
        where=f"{name}, line {line}, key {key!r}" if line else f"{name}, key {key!r}",
        todo=f"did you mean {' or '.join(close)}?" if close else None,
    )


def _line(text: str, table: str, key: str) -> int | None:
    """Return the line on which a key of a table stands, None where it is not found."""
    inside = ""
    for at, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[\s*\"?([^\]\"]+?)\"?\s*\]", line):
            inside = head[1]
            if not table and inside == key:
                return at
        elif inside == table and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
            return at
    return None
