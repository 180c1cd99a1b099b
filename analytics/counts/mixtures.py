"""Regions by several columns of which some are no places: a place and a kind of event, say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics._typing import IntArray
from analytics.counts.places import DEPTHS, PLACE_LEVELS, Gazetteer, read_places

__all__ = ["Mixture", "columns_of_mixture", "read_mixture"]


@dataclass(frozen=True, eq=False, slots=True)
class Mixture:
    """The combinations that occur, in the order of their labels.

    `placed` is the combination of each distinct row of values, -1 where a part is blank or cannot be placed;
    `which` is the place of each combination among `places` (None and empty where no column is a place).
    """

    labels: tuple[str, ...]
    placed: IntArray
    places: Gazetteer | None
    which: tuple[int, ...]


def columns_of_mixture(by: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the levels that tell the places apart, and the other columns.

    Examples
    --------
    >>> columns_of_mixture(["event_type", "admin1"])
    (('country', 'admin1'), ('event_type',))
    """
    depth = max((DEPTHS.get(name, 0) for name in by), default=0)
    return PLACE_LEVELS[:depth], tuple(name for name in by if name not in DEPTHS)


def read_mixture(
    values: Sequence[tuple[str, ...]],
    rows: IntArray,
    by: Sequence[str],
    *,
    wanted: Iterable[str] | None = None,
    country: str | None = None,
) -> Mixture:
    """Find the combination of each distinct row of values.

    Parameters
    ----------
    values : sequence of tuples of str
        The levels of the places, then the other columns, as :func:`columns_of_mixture` gives them.
    rows : int array
        How many rows have each.
    by : sequence of str
        The columns counted by, in the order in which a label has them.
    wanted, country
        As for :func:`~analytics.counts.places.read_places`.
    """
    levels, others = columns_of_mixture(by)
    depth = len(levels)
    places = (
        read_places([v[:depth] for v in values], rows, wanted=wanted, country=country) if levels else None
    )
    placed = np.zeros(len(values), dtype=np.int64) if places is None else places.placed
    keys = [
        (at, *value[depth:]) if at >= 0 and all(value[depth:]) else None
        for at, value in zip(placed.tolist(), values, strict=True)
    ]
    combinations = {key for key in keys if key is not None}
    shown = list(dict.fromkeys(levels[-1] if name in DEPTHS else name for name in by))

    def parts(key: tuple[int | str, ...]) -> list[str]:
        at, *rest = key
        own = {name: str(value) for name, value in zip(others, rest, strict=True)}
        if places is not None:
            own[levels[-1]] = places.labels[int(at)]
        return [own[name] for name in shown]

    labels = {key: ", ".join(parts(key)) for key in combinations}
    if len(set(labels.values())) < len(labels):  # commas within the values
        labels = {key: " | ".join(parts(key)) for key in combinations}
    order = sorted(combinations, key=lambda key: (labels[key], key))
    place = {key: number for number, key in enumerate(order)}
    return Mixture(
        labels=tuple(labels[key] for key in order),
        placed=np.array([-1 if key is None else place[key] for key in keys], dtype=np.int64),
        places=places,
        which=() if places is None else tuple(int(key[0]) for key in order),
    )
