"""Every region in five lines, each condition named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.results.chance import CHANCE
from analytics.results.grades import SIGNS, Grade, still_to_come, times
from analytics.results.words_report import GROUP_OF, GROUPS, SHORT, named_numbers, swing_words

__all__ = ["Group", "GroupPart", "front_groups", "page_lines"]

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


def page_lines(groups: Sequence[Group]) -> list[Group]:
    """Return the groups as a page shows them: those with regions, and all that cannot be judged as one."""
    by = {group.key: group for group in groups}
    out = [by[key] for key in ("uptick", "above_usual", "no_rise") if key in by]
    if "not_judged" in by:
        open_, nothing = by["not_judged"], by["nothing"]
        parts = (*open_.parts, *nothing.parts)
        out.append(Group(open_.key, open_.title, open_.number + nothing.number, parts))
    return [group for group in out if group.number]


def _group(key: str, title: str, rows: pd.DataFrame, numbers: WeeklyNumbers) -> Group:
    parts: list[GroupPart] = []
    for grade in dict.fromkeys(rows["grade"]):
        of = rows[rows["grade"] == grade]
        parts += _parts(cast(Grade, grade), of, numbers)
    return Group(key, title, len(rows), tuple(parts))


def _parts(grade: Grade, of: pd.DataFrame, numbers: WeeklyNumbers) -> list[GroupPart]:
    sign, names = SIGNS[grade], of["region"].tolist()
    known = numbers.result.completeness is not None
    if grade == "uptick":
        return [GroupPart(sign, _within(names, ", "))]
    if grade == "above_usual":
        share = f"{100 * CHANCE.above:.0f} in 100"
        return [GroupPart(sign, _numbered(of), f"by chance alone {share} quiet regions stand here")]
    if grade == "no_sign":
        rise = of["detectable"].max()
        late = "" if known else f", below {times(2 * rise)} times if half the reports are late"
        aside = f"a rise below {times(rise)} times may be missed{late}"
        return [GroupPart(sign, _numbered(of), aside)]
    if grade == "no_large_rise":
        return [GroupPart(sign, _numbered(of), f"no rise to {numbers.result.margin:g} times")]
    if grade == "no_large_rise_if":
        strict = still_to_come(of["break_even"].max())
        margin = f"no rise to {numbers.result.margin:g} times"
        return [GroupPart(sign, _numbered(of), f"{margin} if no more than {strict} reports is still to come")]
    if grade == "unsteady":
        short = of["why"] == SHORT
        return [
            GroupPart(sign, _numbered(some), f"{swing_words(why, len(some))}: {len(some)}")
            for why, some in ((SHORT, of[short]), ("", of[~short]))
            if len(some)
        ]
    if grade == "too_few":
        return [GroupPart(sign, _within(names, ", "), f"too few to say: {len(names)}")]
    if grade == "none_recorded":
        return [GroupPart(sign, _within(names, ", "), f"none recorded for over a year: {len(names)}")]
    return [
        GroupPart(sign, _within(of.loc[of["words"] == words, "region"].tolist(), ", "), str(words))
        for words in dict.fromkeys(of["words"])
    ]


def _numbered(of: pd.DataFrame) -> str:
    told = [
        named_numbers(name, observed, usual)
        for name, observed, usual in of[["region", "observed", "expected"]].itertuples(index=False)
    ]
    return _within(told, " · ", " · and")


def _within(parts: Sequence[str], between: str, and_: str = " and") -> str:
    """Return as many parts as a line has room for, one at least, and count the rest."""
    room = np.cumsum([len(part) + len(between) for part in parts]) <= _ROOM
    most = max(int(room.sum()), 1)
    left = len(parts) - most
    return between.join(parts[:most]) + (f"{and_} {left} more" if left > 0 else "")
