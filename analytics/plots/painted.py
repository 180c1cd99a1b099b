"""What each region of a map shows: its look, its sign or number, and the words of the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.options import check_whole
from analytics.plots.look import (
    GRADE_LOOKS,
    Look,
    change_look,
    level_breaks,
    level_look,
)
from analytics.results import UptickResult
from analytics.results.grades import GRADES, SIGNS, Grade, half_or_less, short_words
from analytics.results.words import counted, format_number, listed
from analytics.results.words_report import numbers_words

__all__ = ["Area", "Show", "areas_of", "key_of", "takeaway"]

Show = Literal["grade", "level", "change"]
_LOUD: tuple[Grade, ...] = ("uptick", "above_usual")


@dataclass(frozen=True, slots=True)
class Area:
    """One region as it is drawn.

    Attributes
    ----------
    region : str
    look : Look
    sign : str
        What is written where there is little room: the grade's sign, or a number.
    numbers : str
        What a callout adds to the name, "" where the region is called out by nothing.
    call : tuple of int and float
        What is called out first: uptick, above usual, far below, at half; then the largest usual.
    order : int
        Place in the key.
    words : str
        What the key calls it.
    weight : float
        How large a dot is: the count behind it.
    """

    region: str
    look: Look
    sign: str
    numbers: str = ""
    call: tuple[int, float] = (0, 0.0)
    order: int = 0
    words: str = ""
    weight: float = 0.0


def areas_of(data: UptickResult | Counts, show: Show, *, periods: int, least: float) -> list[Area]:
    """Return what each region shows, in the order of the data."""
    if isinstance(data, Counts):
        if show != "level":
            raise OptionError(
                f"counts alone have no {show}", expected="show='level'", todo="give the result of uptick_test"
            )
        check_whole(1, periods=periods)
        values, part = _levels(data, periods)
        return _level_areas(list(data.regions), values, part)
    frame = data.frame
    regions = [str(name) for name in frame["region"]]
    observed, expected = (frame[name].to_numpy(dtype=float) for name in ("observed", "expected"))
    if show == "level":
        return _level_areas(regions, observed, np.zeros(len(regions), dtype=bool))
    if show == "change":
        return [
            _change_area(region, o, e, least)
            for region, o, e in zip(regions, observed, expected, strict=True)
        ]
    falls = frame["far_below"].to_numpy(dtype=bool) if "far_below" in frame else np.zeros(len(frame), bool)
    return [
        _grade_area(region, cast(Grade, grade), o, e, bool(fall), data.direction)
        for region, grade, o, e, fall in zip(regions, frame["grade"], observed, expected, falls, strict=True)
    ]


def _grade_area(
    region: str, grade: Grade, observed: float, expected: float, fall: bool, direction: str
) -> Area:
    down = (grade, direction) == ("uptick", "less")
    low = direction == "greater" and not fall and half_or_less(observed, expected, grade)
    sign = (
        "▼" if down or (fall and grade not in _LOUD) else "▽" if low and grade not in _LOUD else SIGNS[grade]
    )
    sign += "▼" if fall and grade in _LOUD and not down else ""
    rank = _LOUD.index(grade) if grade in _LOUD else len(_LOUD) + (0 if fall else 1)
    loud = grade in _LOUD or fall or low
    return Area(
        region,
        GRADE_LOOKS[grade],
        sign,
        numbers_words(observed, expected) if loud else "",
        (rank, -expected if loud else 0.0),
        GRADES.index(grade),
        short_words(grade, direction),
        0.0 if np.isnan(observed) else observed,
    )


def _levels(counts: Counts, periods: int) -> tuple[FloatArray, BoolArray]:
    """Return sums over the last periods, NaN without coverage, and where a part of them is not covered."""
    shown = counts if counts.freq == counts.finest else counts.resample(counts.freq)
    covered = shown.coverage[-periods:]
    sums = np.where(covered, shown.values[-periods:], 0).sum(axis=0, dtype=np.int64).astype(float)
    return np.where(covered.any(axis=0), sums, np.nan), np.asarray(~covered.all(axis=0))


def _level_areas(regions: Sequence[str], values: FloatArray, part: BoolArray) -> list[Area]:
    breaks = level_breaks(values)
    out = []
    for region, value, partly in zip(regions, values, part, strict=True):
        look = level_look(float(value), breaks)
        sign = "✕" if np.isnan(value) else f"{'≥ ' if partly else ''}{value:,.0f}"
        order = -2 if np.isnan(value) else -1 if value == 0 else int(np.searchsorted(breaks, value))
        weight = 0.0 if np.isnan(value) else float(value)
        out.append(Area(region, look, sign, order=order, words=look.words, weight=weight))
    return out


def _change_area(region: str, observed: float, expected: float, least: float) -> Area:
    look = change_look(observed, expected, least)
    if np.isnan(observed) or np.isnan(expected):
        return Area(region, look, "✕", order=9, words=look.words)
    if expected < least:
        words = f"fewer than {least:g} expected: no ratio"
        return Area(region, look, "·", order=8, words=words, weight=observed)
    sign = f"{format_number(observed / expected)}×"
    order = int(np.searchsorted((0.5, 0.8, 1.25, 2.0), observed / expected))
    return Area(region, look, sign, order=order, words=look.words, weight=observed)


def key_of(areas: Sequence[Area], show: Show) -> list[tuple[Look, str]]:
    """Return the looks that are drawn, each with its words, in the order of the key."""
    seen = {area.words: area for area in sorted(areas, key=lambda area: area.order)}
    return [(area.look, area.words if show == "grade" else _with_sign(area)) for area in seen.values()]


def _with_sign(area: Area) -> str:
    return f"{area.sign} {area.words}" if area.sign in ("✕", "·") else area.words


def takeaway(data: UptickResult | Counts, show: Show, areas: Sequence[Area], periods: int) -> str:
    """Return what the map says, without the mark of simulated data."""
    if isinstance(data, UptickResult) and show == "grade":
        return data.headline(marked=False)
    if show == "change":
        known = [area for area in areas if area.order < 8]
        return (
            f"Observed to expected, {data.recent} (no test): {len(known)} of {len(areas)} regions have enough"  # type: ignore[union-attr]
        )
    top = sorted((area for area in areas if area.weight > 0), key=lambda area: -area.weight)[:3]
    if isinstance(data, Counts):
        spell = f"last {counted(min(periods, len(data)), data.freq)}"
    else:
        spell = str(data.recent)
    if not top:
        return f"No {data.value} in the {spell}"
    named = listed([f"{area.region} {format_number(area.weight, 0)}" for area in top])
    return f"Most {data.value}, {spell}: {named}"
