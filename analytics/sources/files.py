"""Bytes to a table of text: nothing is converted here, so nothing can be coerced silently."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import InputError, OptionError, nearest
from analytics.sources.decoding import decode
from analytics.sources.header import header_among, title_note
from analytics.sources.typed import as_text, read_parquet
from analytics.sources.workbook import read_excel

__all__ = ["Na", "RawTable", "load", "one_column_error"]

Na = Literal["auto", "missing", "text"]

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_RARE_DELIMITERS = {"^": "caret", "~": "tilde", ":": "colon", "\x01": "control-A"}
_CHUNK = 2_000  # records turned into columns at a time: small enough to stay in the processor's cache
_LONGEST = 2**31 - 1  # characters in a cell
_TITLE_ROWS = 20  # rows looked at for the column names
_SEP_LINE = re.compile(r"sep=([^\r\n\"])[\"]?\r?\n", re.IGNORECASE)
_EXCEL = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table of text as it stood in the file.

    Attributes
    ----------
    frame : DataFrame
        Every column of type ``str`` without missing values: what was blank is ``""``.
    name : str
        How to speak of it in errors: the path as given, or ``"the DataFrame"``.
    rows : ndarray of int64
        Record numbers; the header is record 1.
    path : Path or None
        The file, None for a DataFrame.
    digest : str
        SHA-256 of the file, ``""`` for a DataFrame.
    delimiter : str or None
        The delimiter used, None for files that have none.
    notes : tuple of str
        What was decided on the way.
    head : str
        The first lines of a text file, to try other delimiters on.
    """

    frame: pd.DataFrame
    name: str
    rows: IntArray
    path: Path | None = None
    digest: str = ""
    delimiter: str | None = None
    notes: tuple[str, ...] = ()
    head: str = ""


def load(
    path_or_frame: str | Path | pd.DataFrame,
    *,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    na: Na = "auto",
) -> RawTable:
    """Read a CSV, TSV, Excel or Parquet file, or a DataFrame, as text.

    Parameters
    ----------
    path_or_frame : str, Path or DataFrame
        What to read.
    sheet : str or int, optional
        Sheet of a workbook: its name, its position from 0, or ``"all"``: every sheet with the columns of the
        first, one below the other. Default: the first that holds a table, with a note.
    encoding : str, optional
        Default: UTF-8 (with or without BOM) or UTF-16 with BOM; else told by the letters, with a note.
    delimiter : str, optional
        Default: comma, semicolon, tab or vertical bar, whichever gives the most columns; a first line
        ``sep=;``, as Excel writes it, is followed.
    header_row : int, optional
        Row of the column names, the first being 1. Default: the first that looks like it, with a note where
        rows above it are left out.
    na : {"auto", "missing", "text"}
        Whether a cell ``NA`` is missing, as R writes it. ``"auto"``: where it stands in several columns.

    Raises
    ------
    InputError
        If there is no such file, it is a folder, empty, binary, ragged, has a quote that is never closed,
        cannot be decoded, or has a header only.
    """
    if isinstance(path_or_frame, pd.DataFrame):
        _refuse_text_options("a DataFrame", sheet=sheet, encoding=encoding, delimiter=delimiter)
        return _finish(as_text(path_or_frame), "the DataFrame", na=na)
    if not isinstance(path_or_frame, (str, Path)):
        raise InputError(
            "incidents are read from a file or a DataFrame",
            expected="a path or a pandas DataFrame",
            found=type(path_or_frame).__name__,
        )
    path = Path(path_or_frame)
    name = str(path)
    if path.is_dir():
        raise InputError(f"{name} is a folder", expected="a file of incidents", where=name)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        parent = path.parent
        close = nearest(path.name, [p.name for p in parent.iterdir()]) if parent.is_dir() else []
        raise InputError(
            f"there is no file {name}",
            where=name,
            todo=f"did you mean {' or '.join(close)}?" if close else "check the path",
        ) from None
    except OSError as error:
        raise InputError(f"{name} cannot be opened", found=error.strerror, where=name) from None
    if not data or data.isspace():
        raise InputError(f"{name} is empty", expected="a header and one row per incident", where=name)
    digest = hashlib.sha256(data).hexdigest()
    ending = path.suffix.casefold()
    if ending in _EXCEL:
        _refuse_text_options("an Excel workbook", encoding=encoding, delimiter=delimiter)
        frame, rows, notes = read_excel(data, name, sheet, header_row)
        return _finish(frame, name, path=path, digest=digest, notes=notes, rows=rows, na=na)
    if ending in _PARQUET:
        _refuse_text_options(
            "a Parquet file", sheet=sheet, encoding=encoding, delimiter=delimiter, header_row=header_row
        )
        return _finish(read_parquet(data, name), name, path=path, digest=digest, na=na)
    _refuse_text_options("a text file", sheet=sheet)
    text, decoding = decode(data, name, encoding)
    delimiter = None if delimiter is None else _one_character(delimiter)
    said = _SEP_LINE.match(text)
    if said:
        text, delimiter = text[said.end() :], delimiter or said[1]
    above, told = _rows_above(text[:100_000], delimiter, header_row, bool(said))
    text = text.split("\n", above)[-1] if above else text
    head = text[:100_000]
    used, sniffing = _delimiter(head, delimiter)
    first = above + bool(said) + 1
    frame = _read_text(text, used, name, head, first)
    rows = np.arange(first + 1, first + 1 + len(frame), dtype=np.int64)
    return _finish(
        frame, name, path=path, digest=digest, delimiter=used, notes=(*decoding, *sniffing, *told), head=head,
        rows=rows, na=na,
    )  # fmt: skip


def one_column_error(name: str, head: str, delimiter: str | None, header: str) -> InputError:
    """Return the error for a text file of one column, naming the delimiter that would work."""
    counts = {d: _columns(head, d) for d in _DELIMITERS | _RARE_DELIMITERS if d != delimiter}
    best = max(counts, key=lambda d: counts[d], default=",")
    words = _DELIMITERS | _RARE_DELIMITERS
    works = counts.get(best, 1) > 1
    return InputError(
        f"{name} has only one column when read with the {words.get(delimiter or ',', repr(delimiter))} "
        "as delimiter",
        expected="columns for at least a date and a place",
        found=repr(header[:80]),
        where=name,
        todo=(
            f"give delimiter={best!r} ({words[best]}): it finds {counts[best]} columns"
            if works
            else "give the delimiter, or another file"
        ),
    )


def _refuse_text_options(kind: str, **options: object) -> None:
    for option, value in options.items():
        if value is not None:
            raise OptionError(f"{option} does not apply to {kind}", found=f"{option}={value!r}")


def _finish(
    frame: pd.DataFrame,
    name: str,
    *,
    path: Path | None = None,
    digest: str = "",
    delimiter: str | None = None,
    notes: tuple[str, ...] = (),
    head: str = "",
    rows: IntArray | None = None,
    na: Na = "auto",
) -> RawTable:
    names = [str(c).strip() or f"column {i}" for i, c in enumerate(frame.columns, start=1)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            f"{name} has two columns of the same name",
            expected="every column named once",
            found=", ".join(twice),
            where=name,
        )
    if frame.empty:
        raise InputError(
            f"{name} has a header and no rows",
            expected="one row per incident",
            found=", ".join(names[:12]) or "no columns",
            where=name,
        )
    frame.columns = pd.Index(names, dtype="str")
    frame, missing = _missing(frame, na)
    if rows is None:
        rows = np.arange(2, len(frame) + 2, dtype=np.int64)
    return RawTable(frame, name, rows, path, digest, delimiter, (*notes, *missing), head)


def _missing(frame: pd.DataFrame, na: Na) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Blank the cells ``NA`` where they are R's missing values and no name (Namibia's code is one)."""
    if na == "text":
        return frame, ()
    holds = [c for c in frame.columns if (frame[c] == "NA").any()]
    if not holds or (na == "auto" and len(holds) < 2):
        return frame, ()
    cells = int(sum((frame[c] == "NA").sum() for c in holds))
    frame = frame.assign(**{c: frame[c].mask(frame[c] == "NA", "") for c in holds})
    columns = ", ".join(holds[:6]) + (f" and {len(holds) - 6} more" if len(holds) > 6 else "")
    return frame, (f"NA: {cells:,} cells are read as missing ({columns}); na='text' keeps them as text",)


def _rows_above(
    head: str, delimiter: str | None, header_row: int | None, said: bool
) -> tuple[int, tuple[str, ...]]:
    """Return how many lines stand above the column names, and a note where they were found."""
    if header_row is not None:
        return header_row - 1 - said, ()
    lines = head.splitlines()[:_TITLE_ROWS]
    counts = {d: _columns(head, d) for d in [delimiter] if d} or {d: _columns(head, d) for d in _DELIMITERS}
    best = max(counts, key=lambda d: counts[d])
    for d in [best] if counts[best] > 1 else counts:
        found = header_among([_cells(line, d) for line in lines])
        if found and _columns("\n".join(lines[found:]), d) > 1:
            return found, (title_note(found + said),)
    return 0, ()


def _cells(line: str, delimiter: str) -> list[str]:
    with suppress(csv.Error):
        return next(_reader(line, delimiter), [])
    return []


def _reader(text: str, delimiter: str) -> csv._reader:  # type: ignore[name-defined]
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _columns(head: str, delimiter: str) -> int:
    """Return how many columns `delimiter` finds; 1 if header and next records disagree or it cuts quotes."""
    records: list[list[str]] = []
    with suppress(csv.Error):  # the head may end inside a quoted field
        records.extend(record for record in islice(_reader(head, delimiter), 6) if record)
    if not records or any(cell.count('"') % 2 for record in records for cell in record):
        return 1
    whole = records[:-1] if len(records) > 2 else records
    return len(records[0]) if len({len(record) for record in whole}) == 1 else 1


def _one_character(given: str) -> str:
    delimiter = {"\\t": "\t", "tab": "\t"}.get(given, given)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise OptionError(f"delimiter {given!r} cannot be used", expected="one character, such as ; or tab")
    return delimiter


def _delimiter(head: str, given: str | None) -> tuple[str, tuple[str, ...]]:
    if given is not None:
        return given, ()
    counts = {d: _columns(head, d) for d in _DELIMITERS}
    best = max(counts, key=lambda d: counts[d])
    if counts[best] == 1:
        # No delimiter agrees over the first records: take the header's word, so that ragged rows are named.
        first = head.lstrip("\r\n").split("\n", 1)[0]
        best = max(_DELIMITERS, key=first.count)
    return best, (() if best == "," else (f"delimiter: {_DELIMITERS[best]}",))


def _read_text(text: str, delimiter: str, name: str, head: str, first: int) -> pd.DataFrame:
    reader = _reader(text, delimiter)
    done = first - 1
    limit = csv.field_size_limit(_LONGEST)  # the library's own limit is 131,072 characters
    try:
        header = next(reader)
        while not any(cell.strip() for cell in header):
            header = next(reader)
        width = len(header)
        chunks: list[list[pd.api.extensions.ExtensionArray]] = []
        while records := list(islice(reader, _CHUNK)):
            ragged = _square(records, width, done, name)
            if ragged is not None:
                raise ragged if width > 1 else one_column_error(name, head, delimiter, header[0])
            done += len(records)
            chunks.append([pd.array(column, dtype="str") for column in zip(*records, strict=True)])
    except csv.Error as error:
        raise _quote_error(text, delimiter, name, error) from None
    except StopIteration:
        raise InputError(
            f"{name} is empty", expected="a header and one row per incident", where=name
        ) from None
    finally:
        csv.field_size_limit(limit)
    if not chunks:
        return pd.DataFrame(columns=header)
    columns = {
        i: pd.Series(parts[0])
        if len(parts) == 1
        else pd.concat(list(map(pd.Series, parts)), ignore_index=True)
        for i, parts in enumerate(zip(*chunks, strict=True))
    }
    frame = pd.DataFrame(columns, copy=False)
    frame.columns = pd.Index(header)
    return frame


def _square(records: list[list[str]], width: int, done: int, name: str) -> InputError | None:
    """Fill blank records; return the error for one that is shorter or longer than the header."""
    lengths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    for i in np.flatnonzero(lengths != width).tolist():
        if not "".join(records[i]).strip() and len(records[i]) <= 1:
            records[i] = [""] * width
            continue
        return InputError(
            f"row {done + i + 2} of {name} has {len(records[i])} fields, the header has {width}",
            expected=f"{width} fields in every row",
            found=repr(records[i][:6])[:200],
            where=f"{name}, row {done + i + 2} (the header is row 1)",
            todo="put text that holds the delimiter in double quotes, or check the delimiter",
        )
    return None


def _quote_error(text: str, delimiter: str, name: str, error: csv.Error) -> InputError:
    reader, row = _reader(text, delimiter), 0
    try:
        while True:
            line = reader.line_num
            next(reader)
            row += 1
    except (csv.Error, StopIteration):
        row += 1
    unclosed = "unexpected end" in str(error)
    return InputError(
        f"row {row} of {name} opens a double quote and never closes it"
        if unclosed
        else f"row {row} of {name} has a double quote in the wrong place",
        expected='text quoted as "...", with a quote inside written twice',
        found=repr(text.splitlines()[line][:120]) if line < text.count("\n") + 1 else None,
        where=f"{name}, line {line + 1}",
        todo="repair that row",
    )
