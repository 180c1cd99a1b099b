"""What became of earlier calls, and next week's lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from analytics.reporting.content.weekly.ahead import next_lines, out_of_reach, reachable
from analytics.reporting.content.weekly.issue import Changes, Issue
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import SUPPORTED, counted
from analytics.results.grades import Grade, short_words
from analytics.results.words_days import length_words
from analytics.results.words_report import numbers_words

__all__ = ["ScorecardPage", "scorecard_page"]

_WATCHED = 16  # regions whose next line is named


@dataclass(frozen=True)
class ScorecardPage:
    """Earlier calls, and next week's lines.

    Attributes
    ----------
    calls : ReportTable or None
        What became of each; None where there was none.
    basis : str
        What that rests on.
    watch : tuple of str
        Next week's lines.
    """

    calls: ReportTable | None
    basis: str
    watch: tuple[str, ...]


def scorecard_page(
    numbers: WeeklyNumbers, before: Issue | None = None, changes: Changes | None = None
) -> ScorecardPage:
    """Return what became of earlier calls, and from how many an uptick would be called next week."""
    if before is None:
        calls = _by_status(numbers)
        basis = (
            "Judged on today's file: what was known then may have been otherwise (--previous holds an "
            "issue to its word)."
        )
        if calls is None:
            basis = f"No region was in uptick last week or is now. {basis}"
    else:
        calls = _by_issue(numbers, before, changes)
        basis = f"Held against {before.name}, as it was sent out."
        if calls is None:
            basis = f"{before.name[0].upper()}{before.name[1:]} called no region in uptick, and none is now."
    return ScorecardPage(calls, basis, _watch(numbers))


def _by_status(numbers: WeeklyNumbers) -> ReportTable | None:
    rows = numbers.rows[numbers.rows["status"] != ""]
    if rows.empty:
        return None
    frame = pd.DataFrame({"region": rows["region"], "became": rows["status"], "now": _now(rows)})
    return _table(frame, numbers, [Column("became", "What became of it", width="1fr")])


def _by_issue(numbers: WeeklyNumbers, before: Issue, changes: Changes | None) -> ReportTable | None:
    now = numbers.rows.set_index("region")
    called = [name for name in before.called if name in now.index]
    new = [name for name in now.index[now["verdict"] == SUPPORTED] if name not in called]
    if not called and not new:
        return None
    rows = now.loc[[*called, *new]].reset_index()
    again = (
        None if changes is None or changes.now is None else changes.now.frame.set_index("region")["verdict"]
    )
    then = [
        numbers_words(before.observed[name], before.usual.get(name, np.nan))
        if name in called
        else "not called"
        for name in rows["region"]
    ]
    stands = [
        "new" if name not in called else "stands on today's "
                                         "file" if again is not None and again[name] == SUPPORTED
        else "withdrawn" if again is not None else "not judged again"
        for name in rows["region"]
    ]  # fmt: skip
    became = [
        "still in uptick" if verdict == SUPPORTED else status or "no longer in uptick"
        for verdict, status in zip(rows["verdict"], rows["status_words"], strict=True)
    ]
    frame = pd.DataFrame(
        {"region": rows["region"], "then": then, "stands": stands, "became": became, "now": _now(rows)}
    )
    columns = [
        Column("then", "Called then"),
        Column("stands", "That call"),
        Column("became", "What became of it", width="1fr"),
    ]
    return _table(frame, numbers, columns)


def _now(rows: pd.DataFrame) -> list[str]:
    return [
        f"{short_words(cast(Grade, grade))}: {numbers_words(observed, usual)}"
        for grade, observed, usual in rows[["grade", "observed", "expected"]].itertuples(index=False)
    ]


def _table(frame: pd.DataFrame, numbers: WeeklyNumbers, columns: list[Column]) -> ReportTable:
    noun = numbers.region_noun(1)
    return ReportTable(
        frame,
        columns=[Column("region", noun[0].upper() + noun[1:]), *columns, Column("now", "Now")],
        caption=f"{counted(len(frame), 'call')} followed up",
        label="tbl-scorecard",
    )


def _watch(numbers: WeeklyNumbers) -> tuple[str, ...]:
    every = reachable(numbers)
    if every.empty:
        return ("Next week no count would be called an uptick: the history is too short or swings too much.",)
    lines = every[every["within"]]
    if lines.empty:
        return (next_lines(numbers),)
    named = lines[lines["usual"] > 0].head(_WATCHED)
    said = [
        f"{even:,.0f} in {name}" + (f" ({three:,.0f})" if three > even else "")
        for name, even, three in named[["region", "watch_from", "watch_from_3"]].itertuples(index=False)
    ]
    window = length_words(RECENT)
    text: tuple[str, ...] = ()
    if said:
        text = (
            f"An uptick would be called next week for a {window} that holds at least (in brackets: if three "
            f"days hold it all) {', '.join(said)}.",
        )
    rest = lines.iloc[len(named) :]
    if len(rest):
        ends = " to ".join(dict.fromkeys(f"{rest['watch_from'].agg(end):,.0f}" for end in ("min", "max")))
        one, many = (f"other {numbers.region_noun(number)}" for number in (1, 2))
        text += (f"In {counted(len(rest), one, many)}: from {ends}.",)
    far = out_of_reach(every)
    return (*text, far) if far else text
