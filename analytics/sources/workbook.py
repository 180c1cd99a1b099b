"""Excel workbooks as text: which sheet, where its names stand, merged cells, formulas."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import InputError, nearest
from analytics.options import install_advice
from analytics.sources.decoding import MAGIC
from analytics.sources.header import header_among, title_note
from analytics.sources.limits import check_unpacked

__all__ = ["ALL_SHEETS", "read_excel"]

ALL_SHEETS = "all"
_DAYS = re.compile(
    r"dat|day|week|month|year|period|jahr|woche|monat|tag|fecha|jour|mois|تاريخ|يوم|شهر", re.IGNORECASE
)
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s+ref=[\"']([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})[\"']")
_PREFIX = re.compile(rb"<(\w+:)?sheetData\b")
_ROW = rb"<%brow(?=[\s/>])(?:[^>]*?\sr=[\"']([0-9]+)(?:\.0*)?[\"'])?"
_CELL = rb"<%bc\s(?:[^>]*?\s)??r=[\"']([A-Z]+[0-9]+)[\"']"
_LOOKED_AT = 20  # rows in which the column names are looked for
Row = list[Any]


def read_excel(
    data: bytes, name: str, sheet: str | int | None, header_row: int | None = None
) -> tuple[pd.DataFrame, IntArray, tuple[str, ...], str]:
    """Read one sheet of a workbook, or all of them, as text.

    Returns
    -------
    tuple of (DataFrame, int array of shape (rows,), tuple of str, str)
        The cells; the row each stands in (counted on through the sheets where all are read); notes.

    Raises
    ------
    InputError
        If it is no workbook, has no such sheet, sheets read together differ in their columns, or a formula
        has no stored value.
    """
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise InputError(
            f"{name} is an Excel workbook and openpyxl is not installed",
            todo=f"{install_advice('excel')}, or save the sheet as CSV",
        ) from None
    try:
        with warnings.catch_warnings():
            # openpyxl warns about workbook features (styles, validation) that have no bearing on the cells.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            return _read(data, name, sheet, header_row)
    except InputError:
        raise
    except Exception as error:  # openpyxl raises a dozen kinds
        raise _unreadable(data, name, error) from None


def _unreadable(data: bytes, name: str, error: Exception) -> InputError:
    known = next(((kind, todo) for magic, kind, todo in MAGIC if data.startswith(magic)), None)
    if known is None or zipfile.is_zipfile(io.BytesIO(data)):
        found, todo = type(error).__name__, "open it in a spreadsheet program and save it as .xlsx again"
    else:
        found, todo = known
    return InputError(f"{name} is not an Excel workbook", found=found, where=name, todo=todo)


def _read(
    data: bytes, name: str, sheet: str | int | None, header_row: int | None
) -> tuple[pd.DataFrame, IntArray, tuple[str, ...], str]:
    book = _Book(data, name)
    if sheet == ALL_SHEETS and ALL_SHEETS not in book.names:
        return *_together(book, header_row), ALL_SHEETS
    chosen = _sheet(book, sheet, name)
    frame, rows, notes = book.table(chosen, header_row)
    if sheet is None and len(book.names) > 1:
        others = ", ".join(n for n in book.names if n != chosen)
        tables = [title for title in book.names if book.holds_a_table(title)]
        what = "the first" + ("" if chosen == book.names[0] else " that holds a table")
        what += "" if chosen in tables[:1] else " of days"
        notes = (f"sheet: {chosen!r}, {what} (others: {others}; 'all' reads them together)", *notes)
    if frame.empty and not len(frame.columns):
        raise InputError(
            f"sheet {chosen!r} of {name} is empty", where=name, todo=f"sheets: {', '.join(book.names)}"
        )
    return frame, rows, notes, chosen


def _together(book: _Book, header_row: int | None) -> tuple[pd.DataFrame, IntArray, tuple[str, ...]]:
    parts: list[pd.DataFrame] = []
    notes: list[str] = []
    for title in book.names:
        if not book.holds_a_table(title):
            notes.append(f"sheet {title!r} holds no table and is left out")
            continue
        frame, _, told = book.table(title, header_row)
        if "sheet" not in frame.columns:
            frame = frame.assign(sheet=title)
        if parts and sorted(frame.columns) != sorted(parts[0].columns):
            raise InputError(
                f"the sheets of {book.file} do not have the same columns",
                expected=", ".join(parts[0].columns),
                found=f"{title!r}: {', '.join(frame.columns)}",
                where=f"{book.file}, sheet {title!r}",
                todo="give one sheet by its name",
            )
        notes += [f"{title}: {note}" for note in told]
        parts.append(frame)
    if not parts:
        raise InputError(
            f"no sheet of {book.file} holds a table", found=", ".join(book.names), where=book.file
        )
    whole = pd.concat([part[parts[0].columns] for part in parts], ignore_index=True)
    notes.insert(0, f"sheets read together: {len(parts)}, rows counted on through them")
    return whole, np.arange(2, len(whole) + 2, dtype=np.int64), tuple(notes)


def _sheet(book: _Book, sheet: str | int | None, name: str) -> str:
    names = book.names
    if sheet is None:
        tables = [title for title in names if book.holds_a_table(title)]
        dated = (title for title in tables if len(tables) > 1 and book.names_days(title))
        return next(dated, tables[0] if tables else names[0])
    if isinstance(sheet, int) and 0 <= sheet < len(names):
        return names[sheet]
    if isinstance(sheet, str) and sheet in names:
        return sheet
    close = nearest(str(sheet), names)
    raise InputError(
        f"{name} has no sheet {sheet!r}",
        expected=f"one of {', '.join(names)}, or all",
        where=name,
        todo=f"did you mean {' or '.join(close)}?" if close else None,
    )


class _Book:
    """A workbook's sheets as rows of values."""

    def __init__(self, data: bytes, file: str) -> None:
        import openpyxl

        self.data, self.file = data, file
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            check_unpacked(sum(part.file_size for part in parts.infolist()), len(data), file)
        self._book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [ws for ws in self._book.worksheets if hasattr(ws, "reset_dimensions")]  # charts have none
        self.names = [str(ws.title) for ws in sheets]
        if not self.names:
            raise InputError(f"{file} holds no sheet", expected="a workbook with a table", where=file)
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            texts = {str(ws.title): parts.read(ws._worksheet_path.lstrip("/")) for ws in sheets}
        self._merged = {title: _merged_areas(text) for title, text in texts.items()}
        self._lost = {title: _would_be_lost(text) for title, text in texts.items()}
        self._formulas = any(b"<f>" in text or b"<f " in text for text in texts.values())

    def rows(self, title: str) -> Iterator[Row]:
        """Yield the rows, each as long as its last filled cell."""
        sheet = self._book[title]
        sheet.reset_dimensions()  # what a file states may be wrong, or as large as a sheet can be
        for row in sheet.iter_rows(values_only=True):
            yield _trimmed(row)

    def holds_a_table(self, title: str) -> bool:
        """Whether some row with two cells or more stands above another."""
        filled = 0
        for row in self.rows(title):
            filled += sum(cell is not None for cell in row) >= 2
            if filled == 2:
                return True
        return False

    def names_days(self, title: str) -> bool:
        """Whether the names of a sheet speak of days, as those of a sheet of notes or a licence do not."""
        rows = list(islice(self.rows(title), _LOOKED_AT))
        at = header_among(rows)
        return any(_DAYS.search(str(cell)) for cell in rows[at] if cell is not None) if rows else False

    def table(self, title: str, header_row: int | None) -> tuple[pd.DataFrame, IntArray, tuple[str, ...]]:
        """Return one sheet's cells as text, the row of each, and notes."""
        if self._lost[title]:
            self._refuse_lost(title)
        rows = list(self.rows(title))
        at = header_among(rows[:_LOOKED_AT]) if header_row is None else header_row - 1
        notes = [title_note(at)] if at and header_row is None else []
        header = [_as_written(cell) for cell in rows[at]] if at < len(rows) else []
        body = rows[at + 1 :]
        while body and not body[-1]:
            body.pop()
        if self._formulas:
            self._refuse_unstored(title, body, at)
        if self._merged[title]:
            filled = self._fill_merged(title, body, at, len(header))
            if filled:
                notes.append(f"merged cells: their value is taken for each of their rows ({filled:,} cells)")
        self._refuse_outside(title, body, at, len(header))
        columns = {
            i: pd.Series([_as_written(row[i]) if i < len(row) else "" for row in body], dtype="str")
            for i in range(len(header))
        }
        used = [i for i in columns if header[i] or (columns[i] != "").any()]
        frame = pd.DataFrame({i: columns[i] for i in used})
        frame.columns = pd.Index([header[i] for i in used], dtype=object)
        return frame, np.arange(at + 2, at + 2 + len(body), dtype=np.int64), tuple(notes)

    def _refuse_lost(self, title: str) -> None:
        """Raise the error for what openpyxl would leave out without a word."""
        raise InputError(
            f"{self.file} holds rows or cells twice or out of order: some would be lost",
            expected="every row once, numbered upwards, and every cell once",
            found=self._lost[title],
            where=f"{self.file}, sheet {title!r}",
            todo="open it in a spreadsheet program, see that nothing is missing, and save it as .xlsx again",
        )

    def _refuse_outside(self, title: str, body: Sequence[Row], at: int, width: int) -> None:
        for i, row in enumerate(body):
            if len(row) > width and width:
                raise InputError(
                    f"a cell of {self.file} stands outside the table",
                    expected=f"nothing beyond column {_letter(width)}, the last with a name",
                    found=repr(row[-1])[:80],
                    where=f"{self.file}, sheet {title!r}, row {at + 2 + i}, column {_letter(len(row))}",
                    todo="name that column, or delete the cell",
                )

    def _refuse_unstored(self, title: str, body: list[Row], at: int) -> None:
        """Raise the error for a formula whose value was never stored: it would read as blank.

        A row that holds formulas and at most a word ("Total") is a total below the table: its formulas are
        taken as text, so that the row is set aside in sight.
        """
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(self.data), read_only=True)
        sheet = book[title]
        sheet.reset_dimensions()
        for i, row in enumerate(
            sheet.iter_rows(values_only=True, min_row=at + 2, max_row=at + 1 + len(body))
        ):
            formulas = [j for j, cell in enumerate(row) if isinstance(cell, str) and cell.startswith("=")]
            unstored = [j for j in formulas if j >= len(body[i]) or body[i][j] is None]
            if not unstored:
                continue
            others = [cell for j, cell in enumerate(row) if cell is not None and j not in formulas]
            if len(others) <= 1 and not any(_has_digit(cell) for cell in others):
                body[i].extend([None] * (len(row) - len(body[i])))
                for j in unstored:
                    body[i][j] = row[j]
                continue
            raise InputError(
                f"{self.file} holds a formula without a stored value",
                expected="a value in every cell",
                found=row[unstored[0]][:80],
                where=f"{self.file}, sheet {title!r}, row {at + 2 + i}, column {_letter(unstored[0] + 1)}",
                todo="open the workbook in a spreadsheet program and save it",
            )

    def _fill_merged(self, title: str, body: list[Row], at: int, width: int) -> int:
        filled, cells = 0, 0
        for left, above, right, below in self._merged[title]:
            first, last, right = above - at - 2, min(below - at - 1, len(body)), min(right, width)
            if first < 0 or first >= last or left > right:
                continue
            cells += (last - first) * (right - left + 1)
            if cells > len(body) * width:
                raise InputError(
                    f"merged areas of {self.file} lie on each other",
                    expected=f"every cell in one at most, so {len(body) * width:,} in all",
                    where=f"{self.file}, sheet {title!r}",
                    todo="open it in a spreadsheet program and save it as .xlsx again",
                )
            value = body[first][left - 1] if left <= len(body[first]) else None
            for row in body[first:last]:
                row.extend([None] * (right - len(row)))
                for j in range(left - 1, right):
                    filled += row[j] is None and value is not None
                    row[j] = value
        return filled


def _merged_areas(text: bytes) -> list[tuple[int, int, int, int]]:
    """Return the merged areas of a sheet: first column and row, last column and row, from 1."""
    from openpyxl.utils import range_boundaries

    return [range_boundaries(ref.decode("ascii")) for ref in _MERGED.findall(text)]


def _would_be_lost(text: bytes) -> str:
    """Say which row of a sheet has no higher number than the one before it, or which cell comes twice."""
    prefix = found[1] or b"" if (found := _PREFIX.search(text)) else b""
    last = 0
    for row in re.finditer(_ROW % prefix, text):
        number = int(row[1]) if row[1] else last + 1
        if number <= last:
            return f"row {number} twice" if number == last else f"row {number} after row {last}"
        last = number
    cells = re.findall(_CELL % prefix, text)
    if len(set(cells)) == len(cells):
        return ""
    return f"cell {Counter(cells).most_common(1)[0][0].decode('ascii')} twice"


def _has_digit(cell: object) -> bool:
    return not isinstance(cell, str) or any(map(str.isdigit, cell))


def _trimmed(row: Sequence[Any]) -> Row:
    cells = list(row)
    while cells and (cells[-1] is None or cells[-1] == ""):
        cells.pop()
    return cells


def _as_written(cell: object) -> str:
    """Write a cell as text: a day without a time as a day, a whole number without a point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).removesuffix(" 00:00:00")


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))
