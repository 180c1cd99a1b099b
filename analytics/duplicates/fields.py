"""The fields that two rows are compared in, the levels of each, and what they are taken to weigh before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._typing import FloatArray, IntArray
from analytics.geo import find_country, fold, region_table
from analytics.geo.earth import to_km, to_space
from analytics.kernels.pairs.agreement import Levels
from analytics.kernels.pairs.candidates import Spans, day_gap
from analytics.kernels.pairs.likeness import Likeness
from analytics.schema import possible_span

__all__ = ["FIELDS", "LONGEST", "Compared", "Field", "compared", "levels_of"]

LONGEST = 7  # days of the span of a row that is compared; a coarser date meets everything of its month
_POINT = ("exact", "near", "unknown")  # codings of a place whose coordinates are the place's own
_SPOT, _CLOSE = 1.0, 5.0  # km
_ALIKE = 0.6  # share of three-letter pieces from which two names are spellings of one
_FEW_DEATHS, _SHARE_OF_DEATHS = 1, 0.25


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its levels in words, and their shares among pairs that are one incident and that are not.

    The shares stand in where nothing can be estimated, and estimates are drawn to the first of them.
    """

    name: str
    levels: tuple[str, ...]
    match: tuple[float, ...]
    chance: tuple[float, ...]

    def words(self, column: Levels) -> pd.Series:
        """Return the level of each pair in words; "not stated" where it is missing in one of the two."""
        return pd.Series(np.array([*self.levels, "not stated"], dtype=object)[column], dtype="str")


FIELDS = (
    Field("day", ("same", "1 day apart", "more days apart"), (0.80, 0.17, 0.03), (0.30, 0.40, 0.30)),
    Field(
        "distance",
        ("within 1 km", "same name, farther", "within 5 km", "farther"),
        (0.55, 0.15, 0.20, 0.10),
        (0.25, 0.05, 0.20, 0.50),
    ),
    Field(
        "name",  # where one of the two has no coordinates of its own
        ("same place", "same second-order unit", "same first-order unit"),
        (0.50, 0.35, 0.15),
        (0.10, 0.30, 0.60),
    ),
    Field("type", ("same", "same activity", "other"), (0.60, 0.25, 0.15), (0.40, 0.20, 0.40)),
    Field("actors", ("same", "one of two", "other"), (0.60, 0.25, 0.15), (0.40, 0.30, 0.30)),
    Field(
        "fatalities",
        ("same", "none in both", "close", "other"),
        (0.45, 0.25, 0.18, 0.12),
        (0.12, 0.40, 0.13, 0.35),
    ),
)


@dataclass(frozen=True, eq=False)
class Compared:
    """What is compared of each row, as arrays of one length; codes are shared by the two sides.

    `points` in km from the earth's centre, NaN without coordinates of its own; codes are -1 where nothing is
    stated; `rows` are positions in the frame.
    """

    rows: IntArray
    spans: Spans
    points: FloatArray
    admin1: IntArray
    admin2: IntArray
    place: IntArray
    kind: IntArray
    activity: IntArray
    actors: IntArray
    deaths: FloatArray
    places: Likeness
    names: Likeness

    def take(self, rows: IntArray) -> Compared:
        """Return some of the rows."""
        own = {
            name: getattr(self, name)[rows]
            for name in (
                "rows",
                "points",
                "admin1",
                "admin2",
                "place",
                "kind",
                "activity",
                "actors",
                "deaths",
            )
        }
        return Compared(**own, spans=self.spans.take(rows), places=self.places, names=self.names)

    def moved(self, days: int, first: int, length: int) -> Compared:
        """Return the rows some days later, those that leave the file's days coming back at its start."""
        start = (self.spans.first - first + days) % length + first
        spans = Spans(start, start + (self.spans.last - self.spans.first))
        return Compared(**{**{n: getattr(self, n) for n in self.__dataclass_fields__}, "spans": spans})


def compared(frame: pd.DataFrame) -> tuple[Compared, dict[str, int]]:
    """Return what is compared of canonical incidents, and how many rows cannot be, by reason."""
    first, last = possible_span(frame)
    coarse = (last - first).astype(np.int64) >= LONGEST
    stated = frame["place_precision"].isna() | frame["place_precision"].isin(_POINT)
    points = to_space(frame["latitude"].to_numpy(), frame["longitude"].to_numpy())
    points[~stated.to_numpy(dtype=bool)] = np.nan
    admin1 = _units(frame, "admin1")
    nowhere = np.isnan(points[:, 0]) & (admin1 < 0)
    use = np.flatnonzero(~coarse & ~nowhere)
    place, places = _folded([frame["place"]])
    actors, names = _folded([frame["actor1"], frame["actor2"]])
    activity = pd.Categorical(frame["activity"].where(frame["activity"] != "other")).codes.astype(np.int64)
    whole = Compared(
        rows=np.arange(len(frame)),
        spans=Spans(first.astype(np.int64), last.astype(np.int64)),
        points=points,
        admin1=admin1,
        admin2=_units(frame, "admin2"),
        place=place[:, 0],
        kind=_folded([frame["sub_event_type"].fillna(frame["event_type"])])[0][:, 0],
        activity=activity,
        actors=actors,
        deaths=frame["fatalities"].to_numpy(dtype=float, na_value=np.nan),
        places=Likeness(places),
        names=Likeness(names),
    )
    left = {
        f"dated to more than {LONGEST} days": int(coarse.sum()),
        "without a place": int((nowhere & ~coarse).sum()),
    }
    return whole.take(use), {reason: number for reason, number in left.items() if number}


def _folded(columns: list[pd.Series]) -> tuple[IntArray, list[str]]:
    """Return codes of the folded names of some columns, shape (n, columns), and the names."""
    codes, names = pd.factorize(pd.concat(columns, ignore_index=True))
    keys = [" ".join(fold(str(name)).split()) for name in names]
    unique = {key: at for at, key in enumerate(dict.fromkeys(key for key in keys if key))}
    lookup = np.array([*(unique.get(key, -1) for key in keys), -1], dtype=np.int64)
    return lookup[codes].reshape(len(columns), -1).T.copy(), list(unique)


def _units(frame: pd.DataFrame, level: str) -> IntArray:
    """Return a code of each row's unit, under its country's canonical name where there is one; -1 without."""
    both = pd.Series(list(zip(frame["country"].fillna(""), frame[level].fillna(""), strict=True)))
    codes, pairs = pd.factorize(both)
    keys: dict[tuple[str, str], int] = {}
    lookup = np.full(len(pairs), -1, dtype=np.int64)
    for at, (country, name) in enumerate(pairs):
        if not str(name).strip():
            continue
        known = find_country(country) if country else None
        table = None if known is None else region_table(known.name, level)
        code = -1 if table is None else table.code(name)
        own = fold(name) if table is None or code < 0 else table.names[code]
        key = (fold(country) if known is None else known.name, own)
        lookup[at] = keys.setdefault(key, len(keys))
    return lookup[codes]


def levels_of(one: Compared, i: IntArray, other: Compared, j: IntArray) -> tuple[Levels, FloatArray]:
    """Return the level of each pair in every field, and the distance in km (NaN where there is none)."""
    away = to_km(np.sqrt(((one.points[i] - other.points[j]) ** 2).sum(axis=1)))
    alike = one.places.of(one.place[i], other.place[j]) >= _ALIKE  # NaN: no
    gap = day_gap(one.spans.take(i), other.spans.take(j))
    placed = np.isfinite(away)
    unit = (one.admin2[i] == other.admin2[j]) & (one.admin2[i] >= 0)
    columns = [
        np.minimum(gap, 2),
        np.where(placed, np.select([away <= _SPOT, alike, away <= _CLOSE], [0, 1, 2], 3), -1),
        np.where(placed, -1, np.select([alike, unit], [0, 1], 2)),
        _types(one, i, other, j),
        _actors(one, i, other, j),
        _deaths(one.deaths[i], other.deaths[j]),
    ]
    return np.column_stack(columns).astype(np.int8), away


def _types(one: Compared, i: IntArray, other: Compared, j: IntArray) -> IntArray:
    """0: the same type, 1: the same activity, 2: neither, -1: one states neither."""
    kinds = (one.kind[i] >= 0) & (other.kind[j] >= 0)
    activities = (one.activity[i] >= 0) & (other.activity[j] >= 0)
    same = kinds & (one.kind[i] == other.kind[j])
    alike = activities & (one.activity[i] == other.activity[j])
    return np.select([same, alike, kinds | activities], [0, 1, 2], -1)


def _actors(one: Compared, i: IntArray, other: Compared, j: IntArray) -> IntArray:
    """0: each has its like in the other row, 1: one of two has, 2: none, -1: one row names nobody."""
    a, b = one.actors[i], other.actors[j]
    like = {(p, q): (one.names.of(a[:, p], b[:, q]) >= _ALIKE).astype(int) for p in (0, 1) for q in (0, 1)}
    found = np.maximum(like[0, 0] + like[1, 1], like[0, 1] + like[1, 0])
    most = np.minimum((a >= 0).sum(axis=1), (b >= 0).sum(axis=1))
    return np.select([most == 0, found >= most, found > 0], [-1, 0, 1], 2)


def _deaths(a: FloatArray, b: FloatArray) -> IntArray:
    """0: the same number, 1: none in both, 2: close, 3: another, -1: one does not state it."""
    close = np.abs(a - b) <= np.maximum(_FEW_DEATHS, _SHARE_OF_DEATHS * np.maximum(a, b))
    known = np.isfinite(a) & np.isfinite(b)
    return np.select([~known, (a == b) & (a > 0), a == b, close], [-1, 0, 1, 2], 3)
