"""Regions that have a place on the map, in which points are placed: polygons, circles, roads, cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.errors import InputError, OptionError, nearest
from analytics.geo.earth import area_km2
from analytics.geo.polygons import Polygons, joined_rings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Kind", "Regions", "Rule"]

Kind = Literal["polygons", "near", "along", "cells"]
_LISTED = 5


class Rule(Protocol):
    """How points are placed, and how a region is drawn."""

    def codes(self, latitude: FloatArray, longitude: FloatArray) -> tuple[IntArray, BoolArray]:
        """Return the region of each point, -1 in none, and whether it is in more than one."""

    def rings(self, at: int) -> tuple[FloatArray, ...]:
        """Return the rings of a region; none where it cannot be drawn flat."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Regions that incidents are placed in by their coordinates.

    Attributes
    ----------
    names : tuple of str
        Labels, each once, in the order in which they win a point that lies in several.
    rule : Rule
        How points are placed.
    source : str
        Where the regions come from.
    kind : {"polygons", "near", "along", "cells"}
    parents : tuple of str
        What each lies in (a district's governorate), one a region; empty where not known.
    own_names : tuple of str
        The names without what they lie in; the labels unless stated.
    spellings : mapping
        Name to other spellings of it, for the comparison with the source's own names.
    population : float array, shape (regions,), or None
        People living in each, NaN where not known.
    set_aside : DataFrame
        Shapes that are no region: `feature`, `name`, `reason`.
    notes : tuple of str
        What was decided while reading.
    digest, spellings_digest : str
        SHA-256 of the file, and of the table of spellings; "" without one.

    Raises
    ------
    InputError
        If there is no region, or a label stands twice.
    """

    names: tuple[str, ...]
    rule: Rule
    source: str
    kind: Kind = "polygons"
    parents: tuple[str, ...] = ()
    own_names: tuple[str, ...] = ()
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    population: FloatArray | None = None
    set_aside: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["feature", "name", "reason"])
    )
    notes: tuple[str, ...] = ()
    digest: str = ""
    spellings_digest: str = ""

    def __post_init__(self) -> None:
        if not self.names:
            raise InputError("there is no region to place incidents in", where=self.source)
        twice = sorted({name for name in self.names if self.names.count(name) > 1})[:1]
        if twice:
            raise InputError(f"a region stands twice: {twice[0]}", where=self.source)
        object.__setattr__(self, "own_names", self.own_names or self.names)
        for what in (self.parents, self.own_names):
            if len(what) not in (0, len(self.names)):
                raise InputError("names and parents of regions differ in number", where=self.source)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def digests(self) -> tuple[tuple[str, str], ...]:
        """What the regions rest on, and its SHA-256."""
        files = (("regions", self.digest), ("spellings", self.spellings_digest))
        return tuple((what, mark) for what, mark in files if mark)

    def __repr__(self) -> str:
        shown = ", ".join(self.names[:_LISTED]) + (", ..." if len(self) > _LISTED else "")
        return f"Regions({len(self)} from {self.source}: {shown})"

    def locate(self, latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> IntArray:
        """Return the region of each point: its position in `names`, -1 where it lies in none.

        A point on a border, or where regions overlap, belongs to the first of them in `names`. Missing
        coordinates give -1.

        Parameters
        ----------
        latitude, longitude : array of float, shape (n,)

        Returns
        -------
        int64 array, shape (n,)
        """
        return self.placed(np.asarray(latitude, dtype=float), np.asarray(longitude, dtype=float))[0]

    def placed(self, latitude: FloatArray, longitude: FloatArray) -> tuple[IntArray, BoolArray]:
        """Return the region of each point as :meth:`locate`, and whether it lies in several."""
        if latitude.shape != longitude.shape or latitude.ndim != 1:
            raise OptionError(
                "latitude and longitude differ in number",
                found=f"{latitude.shape} and {longitude.shape}",
            )
        return self.rule.codes(latitude, longitude)

    def select(self, names: Sequence[str]) -> Regions:
        """Return some of the regions, in the order of `self`.

        Raises
        ------
        OptionError
            If there is no such region, or the regions are cells.
        """
        from analytics.geo.outlines import Outlines

        for name in names:
            if name not in self.names:
                close = nearest(name, self.names)
                raise OptionError(
                    f"unknown region {name!r}",
                    expected=", ".join(self.names[:20]),
                    todo=f"did you mean {' or '.join(close)}?" if close else None,
                )
        if not isinstance(self.rule, Outlines):
            raise OptionError("only regions with polygons can be chosen from", found=self.kind)
        at = [i for i, name in enumerate(self.names) if name in set(names)]
        return replace(
            self,
            names=tuple(self.names[i] for i in at),
            rule=Outlines(self.rule.shapes[at]),
            parents=tuple(self.parents[i] for i in at) if self.parents else (),
            own_names=tuple(self.own_names[i] for i in at),
            population=None if self.population is None else self.population[at],
        )

    def children_of(self, parent: str) -> tuple[str, ...]:
        """Return the regions that lie in a parent.

        Raises
        ------
        OptionError
            If no region lies in one of that name.
        """
        found = tuple(n for n, above in zip(self.names, self.parents, strict=False) if above == parent)
        if not found:
            known = tuple(dict.fromkeys(self.parents))
            close = nearest(parent, known)
            raise OptionError(
                f"no region lies in {parent!r}",
                expected=", ".join(known[:20]) or "regions with parents",
                todo=f"did you mean {' or '.join(close)}?" if close else None,
            )
        return found

    def rings(self) -> tuple[tuple[FloatArray, ...], ...]:
        """Return the rings of each region, longitude and latitude; none where it cannot be drawn flat."""
        return tuple(self.rule.rings(at) for at in range(len(self)))

    def polygons(self) -> Polygons:
        """Return the regions as they are drawn on maps."""
        drawn = [(name, rings) for name, rings in zip(self.names, self.rings(), strict=True) if rings]
        return Polygons(
            properties=tuple({"name": name} for name, _ in drawn),
            rings=joined_rings([rings for _, rings in drawn]),
            source=self.source,
        )

    def area(self) -> pd.Series:
        """Return the area of each region in km2, by its name; NA where it has no rings."""
        areas = [area_km2(rings) if rings else np.nan for rings in self.rings()]
        return pd.Series(areas, index=pd.Index(self.names, name="region"), name="km2", dtype="Float64")

    def people(self) -> pd.Series:
        """Return the population of each region, by its name; NA where it is not known.

        Raises
        ------
        OptionError
            If no column of population was read.
        """
        if self.population is None:
            raise OptionError(
                "the regions have no population",
                expected="read_regions(..., population='the column of it')",
                found=self.source,
            )
        return pd.Series(
            self.population, index=pd.Index(self.names, name="region"), name="population", dtype="Float64"
        )

    def centres(self) -> pd.DataFrame:
        """Return the centre of each region: `region`, `lat`, `lon`; such as ``scan_test(places=)`` takes.

        The centre of gravity on the earth's surface, across the antimeridian too; it may lie outside a region
        that is bent.

        Raises
        ------
        InputError
            If a region has no rings.
        """
        rows = []
        for name, rings in zip(self.names, self.rings(), strict=True):
            if not rings:
                raise InputError(
                    f"{name} has no centre", expected="regions that can be drawn", found=self.kind
                )
            rows.append((name, *_centre(rings)))
        return pd.DataFrame(rows, columns=["region", "lat", "lon"])

    def neighbours(self, within_km: float = 0.0) -> pd.DataFrame:
        """Return which regions touch: `region`, `neighbour`, `border_km`; each pair in both directions.

        Parameters
        ----------
        within_km : float
            Regions this far apart count as neighbours too: boundaries of several sources seldom meet exactly.

        Returns
        -------
        DataFrame
            `border_km` is the length of the common border, 0 where they meet in a point or only lie near.

        Raises
        ------
        OptionError
            If `within_km` is negative.
        """
        from analytics.geo.neighbours import neighbour_table

        if not within_km >= 0:
            raise OptionError("within_km is negative", expected="0 or more", found=f"{within_km:g}")
        return neighbour_table(self.names, self.rings(), within_km)


def _centre(rings: tuple[FloatArray, ...]) -> tuple[float, float]:
    total = np.zeros(3)
    for ring in rings:
        east, north = np.radians(ring[:, 0]), np.radians(ring[:, 1])
        flat = np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
        # Stokes: the integral of the normal over a surface is half that of r x dr along its edge.
        total += np.cross(flat, np.roll(flat, -1, axis=0)).sum(axis=0) / 2
    return float(np.degrees(np.arctan2(total[2], np.hypot(*total[:2])))), float(
        np.degrees(np.arctan2(total[1], total[0]))
    )
