"""Every region in five lines, each condition named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.results.chance import CHANCE
from analytics.results.grades import SIGNS, Grade, still_to_come
from analytics.results.words import noun
from analytics.results.words_report import GROUP_OF, GROUPS, numbers_words, range_words

__all__ = ["Group", "GroupPart", "front_groups"]

_ROOM = 190  # characters of names in a line


@dataclass(frozen=True)
class GroupPart:
    """Regions of one grade: its sign, who they are, and the condition under which it is said of them."""

    sign: str
    names: str
    aside: str = ""


@dataclass(frozen=True)
class Group:
    """One line of the front page: a title, how many regions, and who."""

    key: str
    title: str
    number: int
    parts: tuple[GroupPart, ...]


def front_groups(numbers: WeeklyNumbers) -> tuple[Group, ...]:
    """Return every region of the report in five lines; a line without regions explains itself."""
    rows = numbers.rows
    key = rows["grade"].map(GROUP_OF)
    return tuple(_group(name, title, rows[key == name], numbers) for name, title in GROUPS.items())


def _group(key: str, title: str, rows: pd.DataFrame, numbers: WeeklyNumbers) -> Group:
    parts: list[GroupPart] = []
    for grade in dict.fromkeys(rows["grade"]):
        of = rows[rows["grade"] == grade]
        parts += _parts(cast(Grade, grade), of, known=numbers.result.completeness is not None)
    if key == "above_usual" and not parts and len(numbers.rows) > 1:
        share = f"{100 * CHANCE.above:.0f} in 100"
        parts = [GroupPart("", "", f"by chance alone {share} quiet regions stand here")]
    return Group(key, title, len(rows), tuple(parts))


def _parts(grade: Grade, of: pd.DataFrame, *, known: bool) -> list[GroupPart]:
    sign, names = SIGNS[grade], of["region"].tolist()
    if grade in ("uptick", "above_usual"):
        return [GroupPart(sign, _within(names, ", "))]
    if grade == "no_sign":
        late = "" if known else "; about twice that if half the reports are late"
        aside = (
            f"a rise to {range_words(of['detectable'].to_list())} times would very likely have shown{late}"
        )
        return [GroupPart(sign, _numbered(of), aside)]
    if grade == "no_large_rise":
        return [GroupPart(sign, _numbered(of), "")]
    if grade == "no_large_rise_if":
        strict, lax = (still_to_come(share) for share in of["break_even"].agg(["max", "min"]))
        aside = f"unless more than {strict} reports is still to come"
        if strict != lax:
            aside = f"unless more than {strict} to {lax} reports, by region, are still to come"
        return [GroupPart(sign, _numbered(of), aside)]
    if grade == "unsteady":
        return [GroupPart(sign, _numbered(of), f"{noun(len(of), 'swings', 'swing')} too much; {_starts(of)}")]
    if grade == "too_few":
        return [GroupPart(sign, _within(names, ", "), f"too few incidents; {_starts(of)}")]
    if grade == "none_recorded":
        return [GroupPart(sign, _within(names, ", "), "none recorded in a year and more")]
    return [
        GroupPart(sign, _within(of.loc[of["words"] == words, "region"].tolist(), ", "), str(words))
        for words in dict.fromkeys(of["words"])
    ]


def _numbered(of: pd.DataFrame) -> str:
    told = [
        f"{name} {numbers_words(observed, usual)}"
        for name, observed, usual in of[["region", "observed", "expected"]].itertuples(index=False)
    ]
    return _within(told, " · ", " · and")


def _within(parts: Sequence[str], between: str, and_: str = " and") -> str:
    """Return as many parts as a line has room for, one at least, and count the rest."""
    room = np.cumsum([len(part) + len(between) for part in parts]) <= _ROOM
    most = max(int(room.sum()), 1)
    left = len(parts) - most
    return between.join(parts[:most]) + (f"{and_} {left} more" if left > 0 else "")


def _starts(of: pd.DataFrame) -> str:
    """Say from how many incidents an uptick would be called."""
    known: Sequence[float] = sorted(of["starts_at"].dropna())
    if not known:
        return "no count would be called"
    ends = dict.fromkeys(f"{value:,.0f}" for value in (known[0], known[-1]))
    return f"an uptick starts at {' to '.join(ends)}"
