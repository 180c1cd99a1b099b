"""Which row of a table holds the column names, where titles stand above it."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["header_among", "title_note"]

_FULL = 0.8  # share of the table's width that a row of names fills
_NO_NAME = re.compile(r"[\s\d.,:/+-]*")  # a number or a date is no column name


def header_among(rows: Sequence[Sequence[object]]) -> int:
    """Return the place of the row of names among the first rows: 0 unless a later one is clearly it.

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
    """
    filled = [sum(not _blank(cell) for cell in row) for row in rows]
    width = max(filled, default=0)
    if width < 2 or not filled or filled[0] >= _FULL * width:
        return 0
    for at, row in enumerate(rows):
        if filled[at] >= _FULL * width:
            names = [cell for cell in row if not _blank(cell)]
            return at if all(isinstance(n, str) and not _NO_NAME.fullmatch(n) for n in names) else 0
    return 0


def title_note(rows: int) -> str:
    """Say that rows above the names are left out."""
    return f"header: row {rows + 1}; the {rows} {'row' if rows == 1 else 'rows'} above it are left out"


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
