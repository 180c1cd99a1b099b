"""What the page on every region says: a row each by grade, the quiet ones folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pandas as pd

from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.standouts import WEEKS, last_weeks
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import SUPPORTED, counted, format_number, format_p, listed
from analytics.results.grades import Grade, short_words
from analytics.results.words_days import length_words, span_words

__all__ = ["RegionsPage", "regions_page"]

MOST, MOST_LONG = 110, 60  # rows, and those with long names: more would push the report past twelve pages
LONG = 26  # characters of a name for which the weeks make room
_ROOM = 1_200  # characters in the line of those folded


@dataclass(frozen=True)
class RegionsPage:
    """Every region.

    Attributes
    ----------
    table : ReportTable
    folded : str
        The regions without an incident in the window that could not be judged or had none recorded, and from
        how many an uptick would be called there; "" where there are none.
    left_out : str
        Who is in neither, "" where nobody is.
    """

    table: ReportTable
    folded: str
    left_out: str


def regions_page(numbers: WeeklyNumbers) -> RegionsPage:
    """Return a row for each region that has incidents in the window, or a grade that says something."""
    rows = numbers.rows
    quiet = rows["grade"].isin(("too_few", "none_recorded")) & (rows["observed"] == 0)
    quiet &= ~rows["far_below"].astype(bool)
    if quiet.sum() < 2:
        quiet[:] = False
    shown, folded = rows[~quiet], rows[quiet]
    long = bool((shown["region"].str.len() > LONG).any())
    most = MOST_LONG if long else MOST
    left, shown = shown.iloc[most:], shown.iloc[:most]
    noun = numbers.region_noun(2)
    fold = ""
    if len(folded):
        start = folded["starts_at"].dropna()
        from_ = (
            f" An uptick would start there at {start.min():,.0f} to {start.max():,.0f}." if len(start) else ""
        )
        fold = (
            f"{counted(len(folded), numbers.region_noun(1), noun)} without an incident in the "
            f"{length_words(RECENT)} "
            f"(· too few, ○ none recorded): {_named(folded['region'].tolist())}.{from_}"
        )
    more = ""
    if len(left):
        more = (
            f"{counted(len(left), f'more {numbers.region_noun(1)} is', f'more {noun} are')} not shown, "
            f"all {_grades(left)}."
        )
    return RegionsPage(_table(numbers, shown, weeks=not long), fold, more)


def _grades(rows: pd.DataFrame) -> str:
    return ", ".join(dict.fromkeys(short_words(cast(Grade, grade)) for grade in rows["grade"]))


def _named(names: list[str]) -> str:
    return listed(names, max(1, _ROOM // max(len(max(names, key=len)), 1)))


def _table(numbers: WeeklyNumbers, rows: pd.DataFrame, *, weeks: bool) -> ReportTable:
    result = numbers.result
    known = result.completeness is not None
    grade = [
        short_words(cast(Grade, grade)) + (" ▼" if low else "")
        for grade, low in zip(rows["grade"], rows["far_below"], strict=True)
    ]
    frame = pd.DataFrame(
        {
            "region": rows["region"],
            "grade": grade,
            "weeks": [last_weeks(numbers.weekly[name]) for name in rows["region"]],
            "week": [numbers.weekly[name].at(numbers.week.start) for name in rows["region"]],
            "observed": rows["observed"],
            "expected": rows["expected"],
            "ratio": rows["rate_ratio"],
            "interval": list(zip(rows["low"], rows["rate_ratio"], rows["high"], strict=True)),
            "q": rows["pvalue" if numbers.single else "qvalue"],
            "starts": rows["starts_at"],
        }
    )
    up = (rows["verdict"] == SUPPORTED).tolist()
    noun = numbers.region_noun(1)
    below = " ▼ far below usual" + ("." if known else ", or late reports.") if rows["far_below"].any() else ""
    model = rows.loc[rows["model_based"].astype(bool), "region"]
    resting = f" Model-based p-values: {', '.join(model)}." if len(model) else ""
    return ReportTable(
        frame,
        columns=[
            Column("region", noun[0].upper() + noun[1:], width="1fr"),
            Column("grade", "Grade"),
            *([Column("weeks", f"{WEEKS} weeks", format="spark")] if weeks else []),
            Column("week", "This week", format="integer"),
            Column("observed", length_words(RECENT).capitalize(), format="integer"),
            Column("expected", "Usual", format=format_number),
            Column("ratio", "Ratio", format=lambda v: format_number(v, 1)),
            Column("interval", "0.1 · 1 · 20 times", format="interval"),
            Column("q", "p" if numbers.single else "q", format=format_p),
            Column("starts", "Uptick from", format="integer"),
        ],
        caption=f"{sum(up)} of {counted(len(numbers.rows), noun, numbers.region_noun(2))} in uptick",
        notes=(
            f"{length_words(RECENT).capitalize()}: {span_words(result.recent)}; usual: what "
            f"{span_words(result.baseline)} "
            f"leads one to expect. The line: {100 * result.confidence:g} % interval of the ratio from 0.1 "
            f"to 20 times, "
            "upright where nothing has changed; an interval that goes beyond ends in ▸.",
            f"{result.family[0].upper()}{result.family[1:]}.{below}{resting}",
        ),
        label="tbl-regions",
        emphasise=up,
    )
