"""Bytes to a table of text: nothing is converted here, so nothing can be coerced silently."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from analytics._limits import limit, raise_advice
from analytics._typing import IntArray
from analytics.errors import InputError, OptionError, nearest
from analytics.files import is_regular, read_whole
from analytics.sources.archive import PACKED, unpacked
from analytics.sources.decoding import decode
from analytics.sources.header import Layout
from analytics.sources.json_tables import JSON_ENDINGS, read_json
from analytics.sources.tags import are_tags
from analytics.sources.text import TextTable, read_text, read_text_file
from analytics.sources.typed import as_text, read_parquet, twice_error
from analytics.sources.workbook import read_excel

__all__ = ["Na", "RawTable", "column_names", "load", "without_na"]

Na = Literal["auto", "missing", "text"]

_LONGEST_NAME = 5_000  # characters: some forms have whole questions as names of columns

_EXCEL = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")
_NO_TEXT = (*JSON_ENDINGS, *_EXCEL, *_PARQUET, *PACKED)


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
    holding_na : tuple of str
        Columns whose cells ``NA`` were kept as text.
    sheet : str or None
        The sheet read, of a workbook.
    """

    frame: pd.DataFrame
    name: str
    rows: IntArray
    path: Path | None = None
    digest: str = ""
    delimiter: str | None = None
    notes: tuple[str, ...] = ()
    head: str = ""
    holding_na: tuple[str, ...] = ()
    sheet: str | None = None


def load(
    path_or_frame: str | Path | pd.DataFrame,
    *,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    na: Na = "auto",
    layouts: Sequence[Layout] = (),
) -> RawTable:
    """Read a text file, a workbook, Parquet, JSON or GeoJSON, packed or not, or a DataFrame, as text.

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
    layouts : sequence of Layout
        The columns of files that come without a header.

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
    if encoding is None or encoding.casefold().replace("_", "-") in ("utf-8", "utf8"):
        swift = None
        if sheet is None and is_regular(path) and path.suffix.casefold() not in _NO_TEXT:
            swift = read_text_file(path, delimiter=delimiter, header_row=header_row, layouts=layouts)
        if swift is not None:
            return _of_text(swift[0], name, path, swift[1], (), na)
    try:
        data = read_whole(path)
    except IsADirectoryError:
        raise InputError(f"{name} is a folder", expected="a file of incidents", where=name) from None
    except FileNotFoundError:
        parent = path.parent
        close = nearest(path.name, [p.name for p in parent.iterdir()]) if parent.is_dir() else []
        raise InputError(
            f"there is no file {name}",
            where=name,
            todo=f"did you mean {' or '.join(close)}?" if close else "check the path",
        ) from None
    except OSError as error:
        raise InputError(f"{name[:200]} cannot be opened", found=error.strerror, where=name[:200]) from None
    if not data or data.isspace():
        raise InputError(f"{name} is empty", expected="a header and one row per incident", where=name)
    digest = hashlib.sha256(data).hexdigest()
    data, inner, packed = unpacked(data, path.name, name)
    ending = Path(inner).suffix.casefold()
    if ending in JSON_ENDINGS:
        _refuse_text_options("a JSON file", sheet=sheet, delimiter=delimiter, header_row=header_row)
        text, decoding = decode(data, name, encoding)
        frame, rows, notes = read_json(text, name)
        return _finish(
            frame, name, path=path, digest=digest, notes=(*packed, *decoding, *notes), rows=rows, na=na
        )
    if ending in _EXCEL:
        _refuse_text_options("an Excel workbook", encoding=encoding, delimiter=delimiter)
        frame, rows, notes, chosen = read_excel(data, name, sheet, header_row)
        made = _finish(frame, name, path=path, digest=digest, notes=(*packed, *notes), rows=rows, na=na)
        return replace(made, sheet=chosen)
    if ending in _PARQUET:
        _refuse_text_options(
            "a Parquet file", sheet=sheet, encoding=encoding, delimiter=delimiter, header_row=header_row
        )
        return _finish(read_parquet(data, name), name, path=path, digest=digest, notes=packed, na=na)
    _refuse_text_options("a text file", sheet=sheet)
    text, decoding = decode(data, name, encoding)
    table = read_text(text, name, delimiter=delimiter, header_row=header_row, layouts=layouts)
    return _of_text(table, name, path, digest, (*packed, *decoding), na)


def _of_text(
    table: TextTable, name: str, path: Path, digest: str, notes: tuple[str, ...], na: Na
) -> RawTable:
    return _finish(
        table.frame, name, path=path, digest=digest, delimiter=table.delimiter,
        notes=(*notes, *table.notes), head=table.head, rows=table.rows, na=na,
    )  # fmt: skip


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
    if frame.shape[1] > limit("columns"):
        raise InputError(
            f"{name} has more columns than a file of incidents has",
            expected=f"at most {limit('columns'):,}",
            found=f"{frame.shape[1]:,}",
            where=name,
            todo="leave out the columns that are not needed, or look whether the separator is the right one; "
            + raise_advice("columns", frame.shape[1]),
        )
    names, told = _tags_tell(frame)
    names = column_names(names, name)
    if frame.empty:
        raise InputError(
            f"{name} has a header and no rows",
            expected="one row per incident",
            found=", ".join(names[:12]) or "no columns",
            where=name,
        )
    frame.columns = pd.Index(names, dtype="str")
    _few_blank_rows(frame, name)
    holds = [c for c in frame.columns if (frame[c] == "NA").any()] if na != "text" else []
    kept = tuple(holds) if na == "auto" and len(holds) < 2 else ()
    frame, missing = (frame, ()) if kept or not holds else _missing(frame, holds)
    if rows is None:
        rows = np.arange(2, len(frame) + 2, dtype=np.int64)
    return RawTable(frame, name, rows, path, digest, delimiter, (*notes, *told, *missing), head, kept)


def _tags_tell(frame: pd.DataFrame) -> tuple[list[str], tuple[str, ...]]:
    """Return the names; with a row of HXL tags below them those that stand twice are numbered, and a note."""
    names = [str(name).strip() for name in frame.columns]
    twice = sorted(name for name, times in Counter(filter(None, names)).items() if times > 1)
    twice = [name for name in twice if not name.startswith("#")]
    if not twice or frame.empty or not are_tags([str(cell).strip() for cell in frame.iloc[0]]):
        return names, ()
    note = f"columns of the same name, numbered from the left: {', '.join(twice)}; their tags tell them apart"
    return _numbered(names, {*twice}), (note,)


def _few_blank_rows(frame: pd.DataFrame, name: str) -> None:
    """Refuse a table that is more blank rows than a sheet can have: each is set aside and accounted for."""
    most = limit("blank_rows")
    if len(frame) <= most:
        return
    blank = np.ones(len(frame), dtype=bool)
    for column in frame.columns:
        blank &= (frame[column] == "").to_numpy(dtype=bool)
        number = int(blank.sum())
        if number <= most:
            return
    raise InputError(
        f"{name} has more blank rows than are read",
        expected=f"at most {most:,}",
        found=f"{number:,}",
        where=name,
        todo="delete them; " + raise_advice("blank_rows", number),
    )


def column_names(found: Sequence[str], name: str) -> list[str]:
    """Return the names of columns, each of them once; those that are blank are numbered.

    Raises
    ------
    InputError
        If two are the same.
    """
    names = _told_apart([one.strip() or f"column {i}" for i, one in enumerate(found, start=1)])
    longest = max(names, key=len, default="")
    if len(longest) > _LONGEST_NAME:
        raise InputError(
            f"{name} has a column whose name nobody reads",
            expected=f"a row of names, each of at most {_LONGEST_NAME:,} characters",
            found=f"{len(longest):,} characters: {longest[:60]}…",
            where=f"{name}, column {names.index(longest) + 1}",
            todo="look whether the first row holds the names, and whether the delimiter is right",
        )
    twice = sorted(n for n, times in Counter(names).items() if times > 1)
    if twice:
        raise twice_error(twice, name)
    return names


def _told_apart(names: list[str]) -> list[str]:
    """Return names with HXL tags numbered where one stands several times: tags are no names."""
    return _numbered(names, {name for name in names if name.startswith("#")})


def _numbered(names: list[str], which: set[str]) -> list[str]:
    return [
        f"{name} ({names[: at + 1].count(name)})" if name in which and name in names[:at] else name
        for at, name in enumerate(names)
    ]


def without_na(raw: RawTable) -> RawTable:
    """Return a table that holds cells ``NA`` with them blank: in a source known by name they are no text."""
    frame, notes = _missing(raw.frame, list(raw.holding_na))
    return replace(raw, frame=frame, notes=(*raw.notes, *notes), holding_na=())


def _missing(frame: pd.DataFrame, holds: list[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Blank the cells ``NA`` where they are R's missing values and no name (Namibia's code is one)."""
    cells = int(sum((frame[c] == "NA").sum() for c in holds))
    frame = frame.assign(**{c: frame[c].mask(frame[c] == "NA", "") for c in holds})
    columns = ", ".join(holds[:6]) + (f" and {len(holds) - 6} more" if len(holds) > 6 else "")
    return frame, (f"NA: {cells:,} cells are read as missing ({columns}); na='text' keeps them as text",)
