"""The regions that a reader of a weekly report has to look at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from analytics.reporting.content.weekly.comment import Comment
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.series import WeekSeries
from analytics.results import counted, listed
from analytics.results.grades import NOT_JUDGED, SIGNS, Grade, far_below_words
from analytics.results.words_days import length_words
from analytics.results.words_report import checks_words, facts_words, lead_words

__all__ = ["LINES", "WEEKS", "WHOLE", "Standout", "closest", "last_weeks", "standout", "standouts"]

WEEKS = 26
WHOLE, LINES = 3, 6  # regions told of in full, and in one line each
_FALLS = 2  # regions in ▼ that are told of beside any number of upticks
CLOSEST = 4  # regions named where nothing stands out
_CHECKS = {
    "coarse dates excluded": "without inexact dates",
    "largest past episode removed": "without its largest past rise",
}


@dataclass(frozen=True)
class Standout:
    """A region that a reader has to look at: ▲, △ or ▼.

    Attributes
    ----------
    region, sign, grade : str
        The grade is ``"far_below"`` for ▼.
    observed, usual : float
    lead : str
        How many, and how many are usual.
    facts : str
        Ratio and interval; small print.
    status : str
        What is new since the week before.
    checks : str
        What it stands and what it does not.
    comment : str
        What the analyst says of it.
    weeks : tuple of float
        The last weeks, NaN without coverage.
    tile : str
        The number that stands on its tile of the map, where tiles have no room for names.
    """

    region: str
    sign: str
    grade: str
    observed: float
    usual: float
    lead: str
    facts: str
    status: str
    checks: str
    comment: str
    weeks: tuple[float, ...]
    tile: str = ""


def standouts(numbers: WeeklyNumbers, comment: Comment) -> tuple[tuple[Standout, ...], str]:
    """Return the regions to be looked at, as many as fit on the page, and a sentence on the rest."""
    rows = numbers.rows
    up = rows[rows["grade"].isin(("uptick", "above_usual"))]
    low = rows[rows["far_below"].astype(bool)]
    found = [standout(numbers, row, comment) for _, row in up.iterrows()]
    found += [_fall(numbers, row, comment) for _, row in low.iterrows()]
    most = WHOLE + LINES
    kept = found[len(up) :][: max(most - len(up), _FALLS)]  # falls are not pushed off the page
    kept = [*found[: min(len(up), most - len(kept))], *kept]
    left = [item for item in found if item not in kept]
    signs = {s.sign: [f.region for f in left if f.sign == s.sign] for s in left}
    names = "; ".join(f"{sign} {listed(regions, 8)}" for sign, regions in signs.items())
    return tuple(kept), f"And {counted(len(left), 'more region')}: {names}." if left else ""


def standout(numbers: WeeklyNumbers, row: pd.Series, comment: Comment) -> Standout:
    """Return what is said of a region in ▲ or △."""
    grade = cast(Grade, row["grade"])
    ratio = row["rate_ratio"]
    facts = facts_words(np.inf if np.isnan(ratio) else ratio, row["low"], row["high"])
    status = str(row["status_words"])
    return Standout(
        region=str(row["region"]),
        sign=SIGNS[grade],
        grade=grade,
        **_numbers(row),
        facts=facts,
        status=status if grade == "uptick" else f"above usual, may be chance{_day(row)}",
        checks=_checks(numbers, row) if grade == "uptick" else "",
        comment=comment.of(row["region"]),
        weeks=last_weeks(numbers.weekly[row["region"]]),
    )


def _fall(numbers: WeeklyNumbers, row: pd.Series, comment: Comment) -> Standout:
    words = far_below_words(numbers.result.completeness is not None)
    return Standout(
        region=str(row["region"]),
        sign=words[0],
        grade="far_below",
        **_numbers(row),
        facts="",
        status=words[2:],
        checks="",
        comment=comment.of(row["region"]),
        weeks=last_weeks(numbers.weekly[row["region"]]),
    )


def _numbers(row: pd.Series) -> dict[str, Any]:
    observed, usual = float(row["observed"]), float(row["expected"])
    return {"observed": observed, "usual": usual, "lead": lead_words(observed, usual, length_words(RECENT))}


def closest(numbers: WeeklyNumbers) -> tuple[Standout, ...]:
    """Return the judged regions whose level is above usual, smallest p-value first."""
    rows = numbers.rows[~numbers.rows["grade"].isin(NOT_JUDGED)].dropna(subset=["pvalue"])
    rows = rows[rows["level"] == "above usual"]
    rows = rows.sort_values(["pvalue", "region"], kind="stable").head(0 if numbers.single else CLOSEST)
    return tuple(
        Standout(
            region=str(row["region"]),
            sign=SIGNS[cast(Grade, row["grade"])],
            grade=str(row["grade"]),
            **_numbers(row),
            facts="",
            status=str(row["words"]).partition("; ")[0],
            checks="",
            comment="",
            weeks=last_weeks(numbers.weekly[row["region"]]),
        )
        for _, row in rows.iterrows()
    )


def _day(row: pd.Series) -> str:
    return f"; {row['day']}" if row["day"] else ""


def _checks(numbers: WeeklyNumbers, row: pd.Series) -> str:
    day = f" {row['day'][0].upper()}{row['day'][1:]}." if row["day"] else ""
    beside = numbers.result.sensitivity
    mine = None if beside is None else beside[beside["region"] == row["region"]]
    if mine is None or mine.empty:
        return ""
    said = {words: str(mine[column].iloc[0]) for column, words in _CHECKS.items()}
    stands = [words for words, found in said.items() if found.startswith("uptick")]
    fails = [words for words, found in said.items() if found.startswith("cannot")]
    p = row["pvalue_expected"]
    explained = None if np.isnan(p) else bool(p > numbers.result.alpha)
    mean = row["null"] == "constant" or bool(row["pvalue_constant"] <= numbers.result.alpha)
    return checks_words(stands, fails, explained=explained, mean=mean) + day


def last_weeks(series: WeekSeries, weeks: int = WEEKS) -> tuple[float, ...]:
    """Return the last weeks of a series, NaN without coverage."""
    return tuple(float(v) for v in series.values[-weeks:])
