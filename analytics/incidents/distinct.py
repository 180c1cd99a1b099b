"""The distinct values of some columns, and which of them each incident has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._coded import coded
from analytics._typing import IntArray

__all__ = ["Distinct", "distinct_values"]

_SMALL = 100_000  # pairs of codes that are ticked off in a table rather than sorted


@dataclass(frozen=True, eq=False, slots=True)
class Distinct:
    """Distinct combinations of the values of some columns.

    Attributes
    ----------
    values : tuple of tuple of str
        Each combination once, one text a column, trimmed; "" where blank or missing.
    codes : int array, shape (rows,)
        Position in `values` of each row.
    rows : int array, shape (combinations,)
        How many rows have each.
    """

    values: tuple[tuple[str, ...], ...]
    codes: IntArray
    rows: IntArray


def distinct_values(columns: list[pd.Series]) -> Distinct:
    """Return the distinct combinations of the values of columns of equal length.

    Examples
    --------
    >>> found = distinct_values([pd.Series(["Kirkuk", None, " Kirkuk"]), pd.Series([1, 1, 1])])
    >>> found.values, found.codes.tolist(), found.rows.tolist()
    ((('Kirkuk', '1'), ('', '1')), [0, 1, 0], [2, 1])
    """
    if not columns:
        raise ValueError("no columns")
    texts, code = _texts(columns[0])
    values: list[tuple[str, ...]] = [(text,) for text in texts]
    for column in columns[1:]:
        more, own = _texts(column)
        if len(values) == 1 and len(own) and np.bincount(own, minlength=len(more)).all():
            values, code = [(*values[0], text) for text in more], own
            continue
        joint, code = _joined(code, own, len(values), len(more))
        values = [(*values[at // len(more)], more[at % len(more)]) for at in joint.tolist()]
    return Distinct(tuple(values), code, np.bincount(code, minlength=len(values)))


def _texts(column: pd.Series) -> tuple[list[str], IntArray]:
    codes, uniques = coded(column)
    place: dict[str, int] = {}
    written = uniques.str.strip().tolist()
    at = [place.setdefault(text, len(place)) for text in written]
    blank = place.setdefault("", len(place)) if (codes < 0).any() or not len(codes) else -1
    # The last entry serves the missing values, whose code is -1.
    return list(place), np.array([*at, blank], dtype=np.int64)[codes]


def _joined(first: IntArray, second: IntArray, firsts: int, seconds: int) -> tuple[IntArray, IntArray]:
    """Return which pairs of two codes occur, in order, and which of them each row has."""
    pair = first * seconds + second
    if firsts * seconds > max(_SMALL, len(pair)):
        joint, code = np.unique(pair, return_inverse=True)
        return joint, code
    occurs = np.zeros(firsts * seconds, dtype=bool)
    occurs[pair] = True
    joint = np.flatnonzero(occurs)
    return joint, (np.cumsum(occurs) - 1)[pair]
