"""Text to a table of text: the delimiter, the row of names, the records; nothing is converted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import InputError, OptionError
from analytics.sources.header import Layout, header_among, layout_of, title_note
from analytics.sources.swift import Beginning, SwiftPieces, open_swiftly, read_swiftly

__all__ = ["TextTable", "one_column_error", "read_text", "read_text_file", "text_in_pieces"]

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_RARE_DELIMITERS = {"^": "caret", "~": "tilde", ":": "colon", "\x01": "control-A"}
_CHUNK = 2_000  # records turned into columns at a time: small enough to stay in the processor's cache
_LONGEST = 2**31 - 1  # characters in a cell
_SHOWN, _BEGINNING = 24, 8  # letters of a cell that an error shows whole, and else
_TITLE_ROWS = 20  # rows looked at for the column names
_HEAD = 100_000  # characters looked at for the delimiter
_LAYOUT_ROWS = 5  # records that must all have a layout
_SEP_LINE = re.compile(r"sep=([^\r\n\"])[\"]?\r?\n", re.IGNORECASE)


@dataclass(frozen=True, eq=False, slots=True)
class TextTable:
    """A table read from text, with how it was read.

    Attributes
    ----------
    frame : DataFrame
    rows : int array
        Record numbers; the header is record 1 unless there is none.
    delimiter, head : str
        The delimiter used, and the first part of the text.
    notes : tuple of str
    """

    frame: pd.DataFrame
    rows: IntArray
    delimiter: str
    head: str
    notes: tuple[str, ...]


def read_text(
    text: str, name: str, *, delimiter: str | None, header_row: int | None, layouts: Sequence[Layout]
) -> TextTable:
    """Return the table that a text holds; see `load` for the options and errors."""
    start = _start(text, delimiter, header_row, layouts)
    text = text[start.at :]
    place = _Place(text, start.delimiter, name, start.head, start.first)
    layout = start.layout
    if layout is not None:
        frame, _ = _read(_reader(text, start.delimiter, quoted=layout.quoted), place, list(layout.names))
        return TextTable(frame, _numbered(frame, 0), start.delimiter, start.head, start.notes)
    frame, more = _read(_reader(text, start.delimiter), place)
    rows = _numbered(frame, start.first)
    return TextTable(frame, rows, start.delimiter, start.head, (*start.notes, *more))


def read_text_file(
    path: Path, *, delimiter: str | None, header_row: int | None, layouts: Sequence[Layout]
) -> tuple[TextTable, str] | None:
    """Return the same table of a file in UTF-8, and its SHA-256, where it can be read the swift way.

    None where it cannot: :mod:`analytics.sources.swift` has the rule.
    """
    starts: list[_Start] = []

    def begin(text: str) -> Beginning | None:
        start = _start(text, delimiter, header_row, layouts)
        if start.layout is not None or len(text) <= start.at + _HEAD:
            return None
        return _beginning(text, start, starts)

    found = read_swiftly(path, begin)
    if found is None:
        return None
    start = starts[0]
    rows = _numbered(found.frame, start.first)
    return TextTable(found.frame, rows, start.delimiter, start.head, start.notes), found.digest


@contextmanager
def text_in_pieces(
    path: Path, *, delimiter: str | None, header_row: int | None, layouts: Sequence[Layout]
) -> Iterator[tuple[SwiftPieces, int, tuple[str, ...]]]:
    """Open a file to be read in pieces: these, the number of its first record, and how it is read.

    Raises
    ------
    IrregularError
        If it is not UTF-8, or quotes, lines or fields are such that it has to be read whole.
    """
    starts: list[_Start] = []
    begin = partial(_piecewise, delimiter, header_row, layouts, starts)
    with open_swiftly(path, begin, smallest=1) as pieces:
        start = starts[0]
        yield pieces, start.first + 1, start.notes


def _piecewise(
    delimiter: str | None, header_row: int | None, layouts: Sequence[Layout], starts: list[_Start], text: str
) -> Beginning | None:
    start = _start(text, delimiter, header_row, layouts)
    if start.layout is None:
        return _beginning(text, start, starts)
    starts.append(start)
    return Beginning(0, start.delimiter, start.layout.names, quoted=start.layout.quoted)


def _beginning(text: str, start: _Start, starts: list[_Start]) -> Beginning | None:
    """Return where the records begin, after the names; the start of the table is kept."""
    starts.append(start)
    lines = io.StringIO(text[start.at :], newline="")
    reader = csv.reader(lines, delimiter=start.delimiter, strict=True)
    with suppress(csv.Error, StopIteration):
        header = next(reader)
        while not any(cell.strip() for cell in header):
            header = next(reader)
        end = start.at + lines.tell()
        return Beginning(end, start.delimiter, tuple(header)) if end < len(text) else None
    return None


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a text's table begins, and how it is split.

    `at` is the character its names (or, with a `layout`, its records) begin at, `first` the record of the
    names, 0 without.
    """

    at: int
    first: int
    delimiter: str
    head: str
    notes: tuple[str, ...]
    layout: Layout | None = None


def _start(text: str, delimiter: str | None, header_row: int | None, layouts: Sequence[Layout]) -> _Start:
    """Find where the table of a text begins; no more is looked at than its first characters."""
    delimiter = None if delimiter is None else _one_character(delimiter)
    said = _SEP_LINE.match(text)
    at = said.end() if said else 0
    delimiter = delimiter or (said[1] if said else None)
    head = text[at : at + _HEAD]
    if header_row is None and not said:
        found = _without_header(head, delimiter, layouts)
        if found is not None:
            layout, used = found
            note = f"header: none; the columns are those of {layout.title}"
            return _Start(0, 0, used, head, (note,), layout)
    above, told = _rows_above(head, delimiter, header_row, bool(said))
    for _ in range(above):
        at = text.find("\n", at) + 1 or at
    head = text[at : at + _HEAD]
    used, sniffing = _delimiter(head, delimiter)
    return _Start(at, above + bool(said) + 1, used, head, (*sniffing, *told))


def _numbered(frame: pd.DataFrame, first: int) -> IntArray:
    """Return the record numbers; the names, if there are any, are in record `first`."""
    return np.arange(first + 1, first + 1 + len(frame), dtype=np.int64)


def _without_header(head: str, delimiter: str | None, layouts: Sequence[Layout]) -> tuple[Layout, str] | None:
    """Return the layout that a text's first records have, and its delimiter; None where they have none."""
    if not layouts or not head[:1].strip('"').isalnum():
        return None
    for used in [delimiter] if delimiter else ["\t", ","]:
        records: list[list[str]] = []
        with suppress(csv.Error):
            records.extend(islice(_reader(head, used), _LAYOUT_ROWS))
        layout = layout_of(records[:-1] or records, layouts)
        if layout is not None:
            return layout, used
    return None


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


def _rows_above(
    head: str, delimiter: str | None, header_row: int | None, said: bool
) -> tuple[int, tuple[str, ...]]:
    """Return how many lines stand above the column names, and a note where they were found."""
    if header_row is not None:
        return header_row - 1 - said, ()
    lines = head.split("\n", _TITLE_ROWS)[:_TITLE_ROWS]
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


def _reader(text: str, delimiter: str, *, quoted: bool = True) -> csv._reader:  # type: ignore[name-defined]
    if not quoted:
        return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE)
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


@dataclass(frozen=True, slots=True)
class _Place:
    """What an error names: the text, its delimiter, the file, its head, and the header's record."""

    text: str
    delimiter: str
    name: str
    head: str
    first: int

    def ends_with(self, record: list[str]) -> bool:
        """Whether the text ends, without the end of a line, in a record's last cell."""
        return bool(record[-1]) and self.text.endswith(record[-1])


def _read(
    reader: Iterator[list[str]], place: _Place, names: list[str] | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the records as columns of text; `names` where they are not in the text."""
    done = place.first - 1
    notes: tuple[str, ...] = ()
    before = csv.field_size_limit(_LONGEST)  # the library's own limit is 131,072 characters
    try:
        header = names or next(reader)
        while not any(cell.strip() for cell in header):
            header = next(reader)
        chunks: list[list[pd.api.extensions.ExtensionArray]] = []
        while records := list(islice(reader, _CHUNK)):
            if not chunks and names is None and _row_names(records, len(header)):
                header = ["", *header]
                notes = ("header: one name fewer than columns, the first column holds R's row names",)
            ragged = _square(records, len(header), done, place)
            if ragged is not None:
                raise ragged if len(header) > 1 else one_column_error(
                    place.name, place.head, place.delimiter, header[0]
                )  # fmt: skip
            done += len(records)
            chunks.append([pd.array(column, dtype="str") for column in zip(*records, strict=True)])
    except csv.Error as error:
        raise _quote_error(place.text, place.delimiter, place.name, error) from None
    except StopIteration:
        raise InputError(
            f"{place.name} is empty", expected="a header and one row per incident", where=place.name
        ) from None
    finally:
        csv.field_size_limit(before)
    if not chunks:
        return pd.DataFrame(columns=header), notes
    columns = {
        i: pd.Series(parts[0])
        if len(parts) == 1
        else pd.concat(list(map(pd.Series, parts)), ignore_index=True)
        for i, parts in enumerate(zip(*chunks, strict=True))
    }
    frame = pd.DataFrame(columns, copy=False)
    frame.columns = pd.Index(header)
    return frame, notes


def _row_names(records: list[list[str]], width: int) -> bool:
    """Whether every record has one field more than the header, and the first field tells them apart."""
    if width < 2 or any(len(record) != width + 1 for record in records):
        return False
    first = {record[0] for record in records}
    return len(first) == len(records) and any(record[-1].strip() for record in records)


def _square(records: list[list[str]], width: int, done: int, place: _Place) -> InputError | None:
    """Fill blank records; return the error for one that is shorter or longer than the header."""
    name = place.name
    lengths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    for i in np.flatnonzero(lengths != width).tolist():
        if not "".join(records[i]).strip() and len(records[i]) <= 1:
            records[i] = [""] * width
            continue
        if i == len(records) - 1 and len(records[i]) < width and place.ends_with(records[i]):
            return InputError(
                f"{name} ends within row {done + i + 2}: it has {len(records[i])} fields, the header {width}",
                expected="a whole last row, with the end of its line",
                found=repr(_begun(records[i][-3:])),
                where=f"{name}, row {done + i + 2} (the header is row 1)",
                todo="the file was cut off: get it again, whole; or delete that row",
            )
        return InputError(
            f"row {done + i + 2} of {name} has {len(records[i])} fields, the header has {width}",
            expected=f"{width} fields in every row",
            found=repr(_begun(records[i][:6])),
            where=f"{name}, row {done + i + 2} (the header is row 1)",
            todo="put text that holds the delimiter in double quotes, or check the delimiter",
        )
    return None


def _begun(cells: list[str]) -> list[str]:
    """Return cells as an error may show them: of long text its beginning, for it may be a note on people."""
    return [cell if len(cell) <= _SHOWN else f"{cell[:_BEGINNING]}…" for cell in cells]


def _quotes_of(line: str) -> str:
    """Return the first letters of a line without what its quotes hold, which may be a note on people."""
    return repr(re.sub('"[^"]+', '"…', line[:120]))


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
        found=_quotes_of(text.splitlines()[line]) if line < text.count("\n") + 1 else None,
        where=f"{name}, line {line + 1}",
        todo="repair that row",
    )
