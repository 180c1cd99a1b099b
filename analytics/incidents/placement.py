"""Where each incident lies: its coordinates and the source's own name against regions on the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.errors import InputError, OptionError
from analytics.geo.regions import Regions
from analytics.incidents.own_names import OwnNames
from analytics.options import check_choice
from analytics.results.words import counted

__all__ = [
    "AREA",
    "AREA_PARENT",
    "AREA_REASON",
    "ELSEWHERE",
    "Coarsest",
    "Decides",
    "Placement",
    "place",
    "placed_rows",
    "with_area",
]

AREA, AREA_PARENT, AREA_REASON = "area", "area_parent", "area_reason"
ELSEWHERE = "in no region"
Decides = Literal["point", "name", "both"]
Coarsest = Literal["exact", "near", "admin2", "admin1", "country"]

# How coarse a place is coded, finest first. A stretch of road may lie in several districts.
_COARSENESS = {"exact": 0, "near": 1, "admin2": 2, "linear": 3, "admin1": 3, "country": 4, "international": 5}
_IN, _BY_NAME, _NOWHERE, _COARSE, _OUTSIDE, _DISAGREE = range(6)
_WORDS = (
    "in a region",
    "in a region by the source's own name",
    "no coordinates",
    "coded to a unit, not to a spot",
    ELSEWHERE,
    "name and coordinates disagree",
)
_LISTED = 5


@dataclass(frozen=True, eq=False)
class Placement:
    """What became of each incident when it was placed.

    Attributes
    ----------
    regions : Regions
    codes : int64 array, shape (incidents,)
        The region of each, -1 where it is in none.
    outcome : int8 array, shape (incidents,)
        Position in `words` of what became of it.
    decides, coarsest, own : str
        As for :meth:`Incidents.place`; `own` is "" where no column of names is compared.
    disagreements : DataFrame
        The source's own name against the region that the coordinates lie in, where they differ: `name`,
        `region_named`, `area`, `rows`; most rows first.
    unknown_names : DataFrame
        Own names of incidents that were placed and that no region bears: `name`, `area`, `rows`.
    notes : tuple of str
    """

    regions: Regions
    codes: IntArray
    outcome: np.ndarray
    decides: Decides
    coarsest: Coarsest
    own: str
    disagreements: pd.DataFrame
    unknown_names: pd.DataFrame
    notes: tuple[str, ...]

    def reasons(self) -> np.ndarray:
        """Return why each incident is in no region, as text; "" where it is in one."""
        words = np.array(["", "", *_WORDS[2:]], dtype=object)
        return np.asarray(words[self.outcome])

    def account(self) -> pd.DataFrame:
        """Return where the incidents went: `what`, `rows`; the rows add up to all of them."""
        rows = np.bincount(self.outcome, minlength=len(_WORDS))
        table = pd.DataFrame({"what": pd.Series(_WORDS, dtype="str"), "rows": rows})
        return table[table["rows"] > 0].reset_index(drop=True)

    def record(self) -> dict[str, object]:
        """Return the account, and the disagreements, as JSON has them."""
        told = self.disagreements
        return {
            "regions": self.regions.source,
            "sha256": self.regions.digest or None,
            "decides": self.decides,
            "coarsest": self.coarsest,
            "names_compared": self.own or None,
            "rows": {str(what): int(n) for what, n in self.account().itertuples(index=False)},
            "disagreements": [
                {"name": a, "region_named": b, "area": c, "rows": int(n)}
                for a, b, c, n in told.itertuples(index=False)
            ],
        }


def place(
    frame: pd.DataFrame,
    extra: pd.DataFrame,
    regions: Regions,
    named: OwnNames,
    coarsest: Coarsest = "near",
    decides: Decides = "point",
) -> Placement:
    """Place rows in regions; see :meth:`Incidents.place`.

    Raises
    ------
    OptionError
        If an option is unknown, or names are to decide and there are none.
    InputError
        If no row lies in any of the regions.
    """
    check_choice("coarsest", coarsest, Coarsest)
    check_choice("decides", decides, Decides)
    if decides != "point" and not named.column:
        raise OptionError(
            f"decides={decides!r} needs names to compare",
            expected="a column of the incidents that holds names of the regions (own=)",
            found="none that does",
        )
    found = placed_rows(frame, extra, regions, coarsest, decides, named)
    _check_anywhere(found, frame)
    return replace(found, notes=(*regions.notes, *_notes(frame, found, named), *found.notes))


def with_area(extra: pd.DataFrame, placed: Placement) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the other columns with the region of each row, and what became of columns of that name."""
    regions = placed.regions
    own = [name for name in (AREA, AREA_PARENT, AREA_REASON) if name in extra.columns]
    moved = extra.rename(columns={name: f"{name} (of the file)" for name in own})
    label = np.array([*regions.names, None], dtype=object)[placed.codes]
    more = {
        AREA: pd.Series(label, index=extra.index, dtype="str"),
        AREA_REASON: pd.Series(placed.reasons(), index=extra.index, dtype="str"),
    }
    if regions.parents:
        above = np.array([*regions.parents, None], dtype=object)[placed.codes]
        more[AREA_PARENT] = pd.Series(above, index=extra.index, dtype="str")
    note = tuple(f"the file's own column {name} is now called '{name} (of the file)'" for name in own)
    return moved.assign(**more), note


def placed_rows(
    frame: pd.DataFrame,
    extra: pd.DataFrame,
    regions: Regions,
    coarsest: Coarsest,
    decides: Decides,
    named: OwnNames,
) -> Placement:
    """Return what becomes of each row, without a word about it."""
    north = frame["latitude"].to_numpy(dtype=float, na_value=np.nan)
    east = frame["longitude"].to_numpy(dtype=float, na_value=np.nan)
    point, several = regions.placed(north, east)
    by_name = named.codes(frame, extra)
    outcome = np.where(point >= 0, _IN, _OUTSIDE).astype(np.int8)
    outcome[_coarse(frame, coarsest)] = _COARSE
    outcome[np.isnan(north) | np.isnan(east)] = _NOWHERE
    placed: BoolArray = outcome == _IN
    differ = placed & (by_name >= 0) & (by_name != point)
    codes = np.where(placed, point, -1)
    if decides == "both":
        outcome[differ] = _DISAGREE
        codes[differ] = -1
    elif decides == "name":
        wins = (by_name >= 0) & (by_name != codes)
        outcome[wins] = _BY_NAME
        codes[wins] = by_name[wins]
    label = np.array([*regions.names, ""], dtype=object)
    texts = named.texts(frame, extra).to_numpy(dtype=object)
    table = pd.DataFrame({"name": texts, "region_named": label[by_name], "area": label[point]})
    unknown = placed & (by_name < 0) & (table["name"] != "").to_numpy()
    notes: tuple[str, ...] = ()
    if (crowded := int((several & placed).sum())) > 0:
        notes = (
            f"{counted(crowded, 'incident')} on a border, or where regions overlap: in the first of them "
            f"{'in the alphabet' if regions.kind == 'polygons' else 'in the order given'}",
        )
    return Placement(
        regions, codes, outcome, decides, coarsest, named.column,
        _ordered(table[differ]), _ordered(table.loc[unknown, ["name", "area"]]), notes,
    )  # fmt: skip


def _coarse(frame: pd.DataFrame, coarsest: Coarsest) -> BoolArray:
    """Return which rows are coded to something coarser than asked for; what is not stated is not."""
    how = frame["place_precision"].map(_COARSENESS).to_numpy(dtype=float, na_value=-1.0)
    return np.asarray(how > _COARSENESS[coarsest])


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    names = list(table.columns)
    rows = table.groupby(names, sort=True).size().rename("rows").reset_index()
    return rows.sort_values(["rows", *names], ascending=[False] + [True] * len(names), ignore_index=True)


def _notes(frame: pd.DataFrame, placed: Placement, named: OwnNames) -> tuple[str, ...]:
    """Say how many were placed, why the others were not, and where names and coordinates disagree."""
    rows = np.bincount(placed.outcome, minlength=len(_WORDS))
    parts = [f"{_WORDS[at]} {n:,}" for at, n in enumerate(rows.tolist()) if n]
    notes = [f"placed by coordinates in {placed.regions.source}: {len(frame):,} = " + " + ".join(parts)]
    if rows[_COARSE]:
        wider = [word for word in ("admin2", "admin1") if _COARSENESS[word] > _COARSENESS[placed.coarsest]]
        how = frame.loc[placed.outcome == _COARSE, "place_precision"].value_counts()
        kinds = ", ".join(f"{word} {n:,}" for word, n in how.items())
        notes.append(
            f"coded to a unit, not to a spot: {kinds}; unplaced, as coordinates are the unit's middle"
            + (f" (coarsest={wider[0]!r} takes those that fit regions as wide as that)" if wider else "")
        )
    with_point = frame.loc[placed.outcome != _NOWHERE, "place_precision"]
    unstated = int((with_point.isna() | (with_point == "unknown")).sum())
    if 0 < unstated < len(with_point):
        notes.append(f"{counted(unstated, 'incident')} without a stated precision of place: taken as exact")
    if named.column:
        notes += _about_names(placed, named)
    if swapped := _swapped(placed.regions, frame, placed.outcome == _OUTSIDE):
        notes.append(f"of those in no region {swapped}")
    return tuple(notes)


def _about_names(placed: Placement, named: OwnNames) -> list[str]:
    total = int(placed.disagreements["rows"].sum())
    won = {
        "point": "the coordinates decide",
        "name": "the name decides",
        "both": "unplaced",
    }[placed.decides]
    notes = []
    if total:
        shown = [
            f"{row.name_} in {row.area} {row.rows:,}"
            for row in placed.disagreements.head(3).rename(columns={"name": "name_"}).itertuples()
        ]
        more = len(placed.disagreements) - len(shown)
        tail = f"; and {counted(more, 'more pair')}" if more > 0 else ""
        notes.append(
            f"{counted(total, 'incident')} whose {named.column} is not the region its coordinates lie in; "
            f"{won}: {'; '.join(shown)}{tail}"
        )
    if len(placed.unknown_names):
        rows, names = int(placed.unknown_names["rows"].sum()), placed.unknown_names["name"].nunique()
        first = ", ".join(dict.fromkeys(placed.unknown_names["name"].head(3)))
        notes.append(
            f"{counted(rows, 'placed incident')} with a name in {named.column} that no region bears "
            f"({counted(names, 'name')}, such as {first}): not compared"
        )
    return notes


def _check_anywhere(placed: Placement, frame: pd.DataFrame) -> None:
    """Raise an error where no incident lies in any region; say where many would with the two exchanged."""
    rows = np.bincount(placed.outcome, minlength=len(_WORDS))
    if rows[_IN] or rows[_BY_NAME] or rows[_DISAGREE] or not len(frame):
        return
    if not rows[_OUTSIDE]:
        raise InputError(
            "no incident can be placed by its coordinates",
            expected="rows with latitude and longitude, coded to a spot",
            found=f"no coordinates {rows[_NOWHERE]:,}, coded to a unit {rows[_COARSE]:,} of {len(frame):,}",
            where=placed.regions.source,
            todo="give coarsest= (--region-precision) if regions are wide enough" if rows[_COARSE] else None,
        )
    raise InputError(
        "no incident lies in any of the regions",
        expected=_box(placed.regions),
        found=_span(frame, placed.outcome == _OUTSIDE),
        where=placed.regions.source,
        todo=_swapped(placed.regions, frame, placed.outcome == _OUTSIDE)
        or "look whether the regions are those of this country, in longitude and latitude",
    )


def _swapped(regions: Regions, frame: pd.DataFrame, outside: BoolArray) -> str | None:
    north = frame["latitude"].to_numpy(dtype=float, na_value=np.nan)[outside]
    east = frame["longitude"].to_numpy(dtype=float, na_value=np.nan)[outside]
    could = np.abs(east) <= 90
    inside = int((regions.locate(east[could], north[could]) >= 0).sum())
    if inside <= len(north) / 2:
        return None
    return (
        f"{inside:,} of {len(north):,} would lie in one with latitude and longitude exchanged: "
        "name the two columns the other way round"
    )


def _box(regions: Regions) -> str:
    rings = [ring for drawn in regions.rings() for ring in drawn]
    if not rings:
        return "coordinates within the regions"
    points = np.vstack(rings)
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return f"latitude {south:.1f} to {north:.1f}, longitude {west:.1f} to {east:.1f}"


def _span(frame: pd.DataFrame, rows: BoolArray) -> str:
    def between(values: FloatArray) -> str:
        return f"{values.min():.1f} to {values.max():.1f}"

    north, east = frame["latitude"].to_numpy(float)[rows], frame["longitude"].to_numpy(float)[rows]
    return f"latitude {between(north)}, longitude {between(east)}"
