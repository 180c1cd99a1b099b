"""Coordinates of rows in an engine: what is no degree, what lies outside the globe, what is 0, 0."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from analytics.incidents.lazy.aspects import flag_column
from analytics.incidents.lazy.canonical import DEGREES, Canonical, any_of

__all__ = ["Degrees"]


class Degrees:
    """What is said of the coordinates as a whole, before any single row."""

    def __init__(self, canonical: Canonical) -> None:
        self.canonical = canonical
        self.names = [name for name in DEGREES if canonical.has(name)]
        self.other = False  # they are no degrees, as most of them lie outside the globe
        self.beyond: dict[str, int] = {}
        self.unreadable: dict[str, int] = {}
        self.zeros: dict[str, int] = {}
        inside = self._inside()
        for name in self.names:
            if name in inside:
                self.beyond[name], self.unreadable[name], self.zeros[name] = 0, 0, inside[name]
            else:
                self._look(name)
        canonical.other_degrees = self.other

    def _look(self, name: str) -> None:
        direct = self.canonical.degrees_column(name)
        if direct is None:
            aspect = self.canonical.aspect(name)
            piece = self.canonical.piece(aspect)
            assert piece is not None
            values = piece.frame[f"c_{name}"].to_numpy(dtype=np.float64)
            beyond, zeros = piece.rows(np.abs(values) > DEGREES[name]), piece.rows(values == 0)
            stated = piece.rows(~np.isnan(values))
            unreadable = piece.rows(piece.frame[flag_column("unreadable coordinates")].to_numpy(dtype=bool))
        else:
            column = self.canonical.raw.table[direct]
            found = (
                self.canonical.raw.table.aggregate(
                    beyond=((column.abs() > DEGREES[name]) & ~column.isnan()).sum(),
                    zeros=(column == 0).sum(),
                    stated=(~column.isnan()).sum(),
                )
                .to_pandas()
                .iloc[0]
                .fillna(0)
            )
            beyond, zeros, stated = (int(found[one]) for one in ("beyond", "zeros", "stated"))
            unreadable = 0
        self.beyond[name], self.zeros[name], self.unreadable[name] = beyond, zeros, unreadable
        self.other |= 2 * beyond > stated

    def _inside(self) -> dict[str, int]:
        """Return the columns of numbers that lie on the globe throughout, and whether 0 may be among them."""
        table, asked = self.canonical.raw.table, {}
        for name in self.names:
            direct = self.canonical.degrees_column(name)
            if direct is not None:
                asked[f"{name}_low"], asked[f"{name}_high"] = table[direct].min(), table[direct].max()
        if not asked:
            return {}
        ends = table.aggregate(**asked).to_pandas().iloc[0]
        return {
            name: int(ends[f"{name}_low"] <= 0 <= ends[f"{name}_high"])
            for name in self.names
            if f"{name}_low" in asked  # a missing end, and one that is NaN, is on no globe
            and -DEGREES[name] <= ends[f"{name}_low"] <= ends[f"{name}_high"] <= DEGREES[name]
        }

    @property
    def decide(self) -> bool:
        """Whether some row is set aside for its coordinates."""
        return not self.other and any(self.beyond.values())

    def on(self, canonical: Canonical) -> Degrees:
        """Return the same for rows that were condensed."""
        made = copy.copy(self)
        made.canonical = canonical
        return made

    def outside(self, table: Any) -> tuple[Any, Any]:
        """Return the rows with the coordinates asked, and which lie outside the globe; None if none."""
        asked = [name for name in self.names if self.beyond[name]]
        if self.other or not asked:
            return table, None
        out = None
        table = self.canonical.add(table, asked)
        for name in asked:
            one = (table[f"c_{name}"].abs() > DEGREES[name]).fill_null(False)
            out = one if out is None else out | one
        return table, out

    def flags(self, table: Any) -> tuple[Any, list[str]]:
        """Return the rows with a column for each flag of coordinates that some row may carry."""
        made: list[str] = []
        if self.names and (self.other or any(self.unreadable.values())):
            table = self.canonical.add_degrees(table, self.names)
            marks = [table[f"x_{name}"].fill_null(False) for name in self.names]
            marks += [table[f"y_{name}"].notnull() for name in self.names if self.other]
            table = table.mutate(**{flag_column("unreadable coordinates"): any_of(marks)})
            made.append("unreadable coordinates")
        if len(self.names) == 2 and all(self.zeros.values()) and not self.other:
            table = self.canonical.add(table, self.names)
            zero = ((table.c_latitude == 0) & (table.c_longitude == 0)).fill_null(False)
            table = table.mutate(**{flag_column("coordinates 0, 0"): zero})
            made.append("coordinates 0, 0")
        return table, made
