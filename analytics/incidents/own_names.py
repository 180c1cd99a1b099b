"""The source's own name of each place, and which region on the map it means: by folding, not by likeness."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics._typing import IntArray
from analytics.errors import OptionError
from analytics.geo.folding import fold
from analytics.geo.names import LEVELS, RegionTable, region_table
from analytics.geo.regions import Regions

__all__ = ["OwnNames"]

_USUAL = ("admin2", "admin1", "place", "country")
_FEWEST = 0.2  # share of the rows with a name whose name a region bears, for a column to be compared unasked
_LISTED = 5
_BETWEEN = "\x1f"


class OwnNames:
    """Which region the source's own name of a place means.

    Parameters
    ----------
    frame, extra : DataFrame
        The incidents' canonical columns, and their others.
    regions : Regions
    column : str, optional
        The column that holds the names; of the usual ones that with most names of regions unless given.

    Raises
    ------
    OptionError
        If a column is given that holds no name of a region.
    """

    def __init__(
        self, frame: pd.DataFrame, extra: pd.DataFrame, regions: Regions, column: str | None
    ) -> None:
        self.regions = regions
        stated = [str(name) for name in frame["country"].dropna().unique()]
        self.country = stated[0] if len(stated) == 1 else None
        self.column = ""
        self._keys: dict[str, list[int]] = {}
        best = _FEWEST if column is None else 0.0
        for one in (_USUAL if column is None else (column,)) if regions.kind == "polygons" else ():
            table = frame if one in frame.columns else extra
            rows = table[one].dropna().astype("str").value_counts()
            keys = self._of(one)
            fit = sum(int(n) for text, n in rows.items() if keys.get(self._key(self._table(one), str(text))))
            if fit / max(int(rows.sum()), 1) > best:
                best, self.column, self._keys = fit / rows.sum(), one, keys
        if column is not None and not self.column:
            raise OptionError(
                f"no value of {column} is the name of a region",
                expected=", ".join(regions.names[:_LISTED]),
                todo="give another column, or leave own out",
            )

    def _table(self, column: str) -> RegionTable | None:
        return region_table(self.country, column) if self.country and column in LEVELS else None

    def _key(self, table: RegionTable | None, name: str) -> str:
        code = -1 if table is None else table.code(name)
        return fold(name) if table is None or code < 0 else f"#{code}"

    def _of(self, column: str) -> dict[str, list[int]]:
        table = self._table(column)
        keys: dict[str, list[int]] = {}
        for at, name in enumerate(self.regions.own_names):
            for text in dict.fromkeys((name, self.regions.names[at], *self.regions.spellings.get(name, ()))):
                places = keys.setdefault(self._key(table, text), [])
                if at not in places:
                    places.append(at)
        return keys

    def _find(self, name: str, parent: str) -> int:
        found = self._keys.get(self._key(self._table(self.column), name), [])
        if len(found) > 1 and parent:
            upper = self._table("admin1")
            wanted = self._key(upper, parent)
            found = [at for at in found if self._key(upper, self.regions.parents[at]) == wanted]
        return found[0] if len(found) == 1 else -1

    def codes(self, frame: pd.DataFrame, extra: pd.DataFrame) -> IntArray:
        """Return the region that each row's own name means; -1 where it means none or several."""
        texts = self.texts(frame, extra)
        above = frame["admin1"] if self.column == "admin2" and self.regions.parents else None
        pairs = texts if above is None else texts + _BETWEEN + above.astype("str").fillna("")
        which, distinct = pd.factorize(pairs)
        found = []
        for text in distinct:
            name, _, parent = str(text).partition(_BETWEEN)
            found.append(self._find(name, parent) if name.strip() else -1)
        return np.array(found or [-1], dtype=np.int64)[which]

    def texts(self, frame: pd.DataFrame, extra: pd.DataFrame) -> pd.Series:
        """Return the own name of each row, "" where it is blank or nothing is compared."""
        if not self.column:
            return pd.Series("", index=frame.index, dtype="str")
        table = frame if self.column in frame.columns else extra
        return table[self.column].astype("str").fillna("").str.strip()
