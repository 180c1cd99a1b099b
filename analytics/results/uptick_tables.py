"""What an uptick result shows: its headline, its table, and its reasons grouped by grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from analytics.results.grades import (
    GRADES,
    NOT_JUDGED,
    Grade,
    far_below_words,
    ratio_interval_words,
    short_words,
    times,
)
from analytics.results.words import NAMED, counted, format_number, format_p, joined, listed, mark, noun

__all__ = [
    "answer_parts",
    "grouped_reasons",
    "headline",
    "placed_names",
    "summary_table",
    "unjudged_words",
]

_ALL = 10_000
_UNJUDGED: Mapping[Grade, str] = {
    "too_few": "with too few incidents",
    "none_recorded": "with none recorded",
    "unsteady": "with counts that swing too much",
    "no_data": "without data",
}


class Rows(Protocol):
    """What of an uptick result is shown."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Options that made the result."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether the incidents are simulated."""
        ...

    @property
    def direction(self) -> str:
        """Return "greater" or "less"."""
        ...

    @property
    def confidence(self) -> float:
        """Coverage of the interval."""
        ...

    def ranked(self) -> pd.DataFrame:
        """Return the frame by grade."""
        ...


def placed_names(rows: pd.DataFrame) -> list[str]:
    """Return the names of rows as they are shown: upticks and the like with what they lie in.

    Examples
    --------
    >>> placed_names(pd.DataFrame({"region": ["Hawija"], "grade": "uptick", "parent": ["Kirkuk"]}))
    ['Hawija (Kirkuk)']
    """
    names = rows["region"].tolist()
    if "parent" not in rows:
        return names
    return [
        f"{name} ({parent})" if grade in ("uptick", "above_usual") and parent not in name else name
        for name, parent, grade in zip(names, rows["parent"], rows["grade"], strict=True)
    ]


def headline(result: Rows, *, marked: bool = True) -> str:
    """Return the answer in one or two sentences; see :meth:`analytics.results.UptickResult.headline`."""
    tag = mark(result.simulated and marked)
    rows = result.ranked()
    if len(rows) == 1:
        return f"{tag}{placed_names(rows)[0]}: {rows['words'].iloc[0]}."
    return f"{tag}{' '.join(filter(None, answer_parts(result)))}"


def answer_parts(result: Rows, most: int = NAMED) -> tuple[str, str]:
    """Return the answer over several regions, and what is to be said of the others: a sentence, or "".

    A region is judged where it is called, or where a large rise would have shown or is ruled out; it is not
    where there are too few incidents, none recorded, no data, or counts that swing too much.
    """
    rows = result.ranked()
    what = "uptick" if result.direction == "greater" else "decrease"
    up = placed_names(rows[rows["grade"] == "uptick"])
    if len(up) == len(rows):
        return f"{what.capitalize()} in every region: {joined(up, most)}.", ""
    if up:
        return f"{what.capitalize()} in {joined(up, most)}.", _others(rows, what)
    judged = placed_names(rows[~rows["grade"].isin(NOT_JUDGED)])
    regions, why = f"of {len(rows)} regions", unjudged_words(rows)
    if not judged:
        return f"No answer: not one {regions} could be judged.", f"Why: {why}."
    if not why:
        return f"No {what} in any {regions}; all could be judged.", ""
    if 2 * len(judged) >= len(rows):
        said = f"No {what} in the {len(judged)} {regions} that could be judged."
    elif len(judged) == 1:
        said = f"Only 1 {regions} could be judged, {judged[0]}: no {what} there."
    else:
        said = f"Only {len(judged)} {regions} could be judged: no {what} there."
    return said, f"{len(rows) - len(judged)} of {len(rows)} cannot be judged: {why}."


def _others(rows: pd.DataFrame, what: str) -> str:
    """Return what is said of the regions beside those called: how many of each kind."""
    others = rows[rows["grade"] != "uptick"]
    open_ = int(others["grade"].isin(NOT_JUDGED).sum())
    chance = int((others["grade"] == "above_usual").sum())
    none = len(others) - open_ - chance
    side = "above" if what == "uptick" else "below"
    said = [f"{none} {noun(none, 'shows', 'show')} no {what}"] if none else []
    said += [f"{chance} {noun(chance, 'is', 'are')} {side} usual, which may be chance"] if chance else []
    said += [f"{open_} cannot be judged"] if open_ else []
    if len(others) == 1:
        return f"The other region {said[0][2:]}."
    if len(said) == 1:
        return f"The {len(others)} other regions {said[0].partition(' ')[2]}."
    return f"Of the {len(others)} other regions {', '.join(said)}."


def unjudged_words(rows: pd.DataFrame) -> str:
    """Return why regions could not be judged, with the number of each; "" where all could.

    Examples
    --------
    >>> unjudged_words(pd.DataFrame({"grade": ["too_few", "no_sign", "none_recorded", "too_few"]}))
    '2 with too few incidents, 1 with none recorded'
    """
    tally = rows["grade"].value_counts()
    return ", ".join(f"{tally[grade]} {words}" for grade, words in _UNJUDGED.items() if grade in tally)


def summary_table(result: Rows) -> pd.DataFrame:
    """Return the table a reader would want: sorted by grade, regions without incidents in one line."""
    rows = result.ranked()
    quiet = rows["grade"] == "none_recorded"
    folded = int(quiet.sum()) if len(rows) > 1 else 0
    if folded > 1:
        rows = rows[~quiet]
    percent = f"{100 * result.confidence:g} % interval"
    known = result.parameters.get("completeness") is not None
    grade = [
        short_words(cast(Grade, grade), result.direction) + (f" {far_below_words(known)}" if low else "")
        for grade, low in zip(rows["grade"], rows["far_below"], strict=True)
    ]
    table = pd.DataFrame(
        {
            "region": placed_names(rows),
            "observed": [format_number(v, 0) for v in rows["observed"].to_numpy(dtype=float)],
            "usual": [format_number(v) for v in rows["expected"].to_numpy(dtype=float)],
            "ratio": [format_number(v, 2) for v in rows["rate_ratio"].to_numpy(dtype=float)],
            percent: [
                ratio_interval_words(*ends)
                for ends in rows[["low", "high", "observed"]].to_numpy(dtype=float)
            ],
            "p": rows["pvalue"].map(format_p),
            "q": rows["qvalue"].map(format_p),
            "grade": grade,
            "starts at": [format_number(v, 0) for v in rows["starts_at"].to_numpy(dtype=float)],
            "would show": [_shown(v) for v in rows["detectable"].to_numpy(dtype=float)],
        }
    ).reset_index(drop=True)
    if folded > 1:
        line = dict.fromkeys(table.columns, "–")
        line |= {
            "region": counted(folded, "region"),
            "observed": "0",
            "usual": "0.0",
            "grade": short_words("none_recorded"),
        }
        table = pd.concat([table, pd.DataFrame([line])], ignore_index=True)
    return table


def _shown(ratio: float) -> str:
    return "–" if np.isnan(ratio) else times(ratio)


def grouped_reasons(result: Rows) -> list[str]:
    """Return one line for each grade that is there: what it says, and of which regions."""
    rows, lines = result.ranked(), []
    fewer = result.direction == "less"
    for grade in GRADES:
        of = rows[rows["grade"] == grade]
        if of.empty:
            continue
        names = placed_names(of)
        start = [
            f"{name} {'–' if np.isnan(n) else f'{n:.0f}'}"
            for name, n in zip(names, of["starts_at"].to_numpy(dtype=float), strict=True)
        ]
        sign = short_words(grade, result.direction)
        if grade == "none_recorded":
            lines.append(f"{sign} in baseline, guard and window: {listed(names, _ALL)}")
        elif grade == "too_few":
            from_ = "an uptick would be called from" if not fewer else "a decrease would be called down from"
            lines.append(f"{sign}; {from_}: {listed(start, _ALL)}")
        elif grade == "no_sign":
            shown = [f"{n} {times(x)}" for n, x in zip(names, of["detectable"], strict=True)]
            level = of.loc[of["level"] == "above usual", "region"].tolist() if not fewer else []
            beside = f" (above usual, within their ups and downs: {listed(level, _ALL)})" if level else ""
            late = ""
            if result.parameters.get("completeness") is None and not fewer:
                late = ", had all reports been in; about twice that if half were"
            lines.append(
                f"{sign}; would very likely (4 in 5) have shown, times usual{late}: "
                f"{listed(shown, _ALL)}{beside}"
            )
        else:
            for words in dict.fromkeys(of["words"]):
                who = placed_names(of[of["words"] == words])
                lines.append(f"{sign[0]} {listed(who, _ALL)}: {words}")
    low = rows.loc[rows["far_below"].astype(bool), "region"].tolist()
    if low:
        known = result.parameters.get("completeness") is not None
        lines.append(f"{far_below_words(known)}: {listed(low, _ALL)}")
    return lines
