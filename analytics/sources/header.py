"""Which row of a table holds the column names, where titles stand above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.sources.tags import are_tags

__all__ = ["Layout", "header_among", "layout_of", "title_note"]

_FULL = 0.8  # share of the table's width that a row of names fills
_NO_NAME = re.compile(r"[\s\d.,:/+-]*")  # a number or a date is no column name


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file that comes without a header, and what its first fields look like.

    Attributes
    ----------
    title : str
        What such a file is called.
    names : tuple of str
        One for each field.
    shapes : mapping of int to str
        Place of a field, and the pattern its whole text must fit.
    quoted : bool
        Whether double quotes hold fields together; else they are text.
    """

    title: str
    names: tuple[str, ...]
    shapes: tuple[tuple[int, str], ...]
    quoted: bool = True

    def fits(self, record: Sequence[str]) -> bool:
        """Whether a record has these columns."""
        return len(record) == len(self.names) and all(
            re.fullmatch(shape, record[at].strip()) for at, shape in self.shapes
        )


def layout_of(records: Sequence[Sequence[str]], layouts: Sequence[Layout]) -> Layout | None:
    """Return the layout that the first records of a file without a header have, None where there is none.

    Examples
    --------
    >>> dated = Layout("dated", ("id", "day"), ((0, "[0-9]+"), (1, "[0-9]{8}")))
    >>> layout_of([["17", "20200413"]], [dated]).title
    'dated'
    >>> layout_of([["id", "day"]], [dated]) is None
    True
    """
    return next((one for one in layouts if records and all(map(one.fits, records))), None)


def header_among(rows: Sequence[Sequence[object]]) -> int:
    """Return the place of the row of names among the first rows: 0 unless a later one is clearly it.

    Above a row of HXL tags, with nothing but words over it, it is the row of names where that is as wide,
    else the tags themselves.

    Parameters
    ----------
    rows : sequence of sequences
        The first rows; blank cells None or ``""``.

    Examples
    --------
    >>> header_among([["Incident log", None], [], ["Date", "Province"], ["2021-01-02", "South"]])
    2
    >>> header_among([["Date", "Province"], ["2021-01-02", "South"]])
    0
    >>> header_among([["When and where"], ["Date", "Province"], ["#date", "#adm1"], ["2021-01-02", "South"]])
    1
    """
    tags = next((at for at, row in enumerate(rows) if are_tags(list(map(_text, row)))), 0)
    if tags and all(map(_words, rows[:tags])):  # below records it is the beginning of another table
        return tags - 1 if len(rows[tags - 1]) >= len(rows[tags]) else tags
    filled = [sum(not _blank(cell) for cell in row) for row in rows]
    width = max(filled, default=0)
    if width < 2 or not filled or filled[0] >= _FULL * width:
        return 0
    for at, row in enumerate(rows):
        if filled[at] >= _FULL * width:
            return at if _words(row) else 0
    return 0


def title_note(rows: int) -> str:
    """Say that rows above the names are left out."""
    return f"header: row {rows + 1}; the {rows} {'row' if rows == 1 else 'rows'} above it are left out"


def _words(row: Sequence[object]) -> bool:
    filled = [cell for cell in row if not _blank(cell)]
    return all(isinstance(cell, str) and not _NO_NAME.fullmatch(cell) for cell in filled)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
