"""How alike two names are: the share of three-letter pieces that they have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from analytics._typing import FloatArray

__all__ = ["Likeness"]


class Likeness:
    """Names cut into pieces of three letters, their beginnings and ends marked.

    The likeness of two is twice the pieces they share over the pieces of both (Dice), 1 for the same name.

    Parameters
    ----------
    names : sequence of str
        Folded names.

    Examples
    --------
    >>> names = Likeness(["tuz khurmatu", "tuz khormato", "hawija"])
    >>> names.of(np.array([0, 0, 0]), np.array([0, 1, 2])).round(2).tolist()
    [1.0, 0.62, 0.0]
    """

    def __init__(self, names: Sequence[str]) -> None:
        known: dict[str, int] = {}
        rows, columns = [], []
        for at, name in enumerate(names):
            padded = f"  {name} "
            pieces = {padded[i : i + 3] for i in range(len(padded) - 2)}
            rows += [at] * len(pieces)
            columns += [known.setdefault(piece, len(known)) for piece in pieces]
        ones = np.ones(len(rows))
        self._pieces = sparse.csr_array((ones, (rows, columns)), shape=(len(names), max(len(known), 1)))
        self._sizes: FloatArray = np.asarray(self._pieces.sum(axis=1)).ravel()

    def of(self, one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> FloatArray:
        """Return the likeness of pairs of names by their positions; NaN where one is negative (no name)."""
        made = np.full(len(one), np.nan)
        there = np.flatnonzero((one >= 0) & (other >= 0))
        if not len(there):
            return made
        size = max(len(self._sizes), 1)
        both, which = np.unique(one[there].astype(np.int64) * size + other[there], return_inverse=True)
        left, right = both // size, both % size
        shared: FloatArray = np.asarray(self._pieces[left].multiply(self._pieces[right]).sum(axis=1)).ravel()
        made[there] = (2 * shared / (self._sizes[left] + self._sizes[right]))[which]
        return made
