"""The rule that gives the verdict of every test, and its reason.

A test says what it found in each row (:class:`Found`); which verdict follows is decided here alone. From the
first rule that holds:

1. not tested: *cannot be told*, with the reason;
2. q (one row: p) at most alpha, and enough seen to call it: *supported*;
3. the limit rules out what would matter, and nothing speaks against saying so: *not supported*;
4. q at most alpha, but too little to call it: *cannot be told*;
5. p at most alpha alone, among several rows: *cannot be told*;
6. the limit rules it out, but late reports (or the like) could still change it: *cannot be told*;
7. what the data still allow: *cannot be told*.

Grades are finer, and start from the same steps (:func:`step_of`), so that the two do not disagree:
*supported* is ▲, *not supported* is ▬, all else *cannot be told*.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    Verdict,
    counted,
    p_words,
)
from analytics.results.grades import SIGNS, VERDICT_OF, Grade, Rules, Seen, grade_words, level_of

__all__ = [
    "ENOUGH",
    "LATE",
    "MOST_IN",
    "Found",
    "Limit",
    "decide",
    "decide_all",
    "grade_of",
    "graded_columns",
    "is_called",
    "ratio_bound",
    "step_of",
    "too_few",
]

Step = Literal["untested", "called", "ruled out", "few", "alone", "doubted", "open"]

MOST_IN = 0.9  # "no large rise, unless ..." is said where at most so much of the reports must be in
ENOUGH = 10.0  # incidents expected, from which it is said that a region swings too much
LATE = "late reports could still change it (completeness not known)"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a one-sided 95 % limit says: whether it rules out what would matter, and the words for it.

    Attributes
    ----------
    harmless : bool
        The limit lies on the harmless side of the margin.
    ruled_out : str
        Reason beside "not supported".
    allowed : str
        Reason beside "cannot be told": what the data still allow.
    """

    harmless: bool
    ruled_out: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a test found in one row.

    Attributes
    ----------
    pvalue, qvalue : float
        NaN where the row was not tested.
    limit : Limit
    untested : str
        Why nothing can be concluded, whatever the numbers are; "" where there is no such reason.
    few : str
        Why a small q-value is not called; "" where it is.
    doubt : str
        Why "not supported" is not said where the limit is harmless; "" where it is said.
    called : str
        Reason beside "supported".
    among : str
        What the q-value is adjusted over, in the plural.
    """

    pvalue: float
    qvalue: float
    limit: Limit
    untested: str = ""
    few: str = ""
    doubt: str = ""
    called: str = ""
    among: str = "regions"


def is_called(qvalue: float, alpha: float, few: str = "") -> bool:
    """Return whether a q-value is supported: at most alpha, and nothing says that too little was seen."""
    return bool(qvalue <= alpha) and not few


def decide(found: Found, alpha: float) -> tuple[Verdict, str]:
    """Return the verdict of one row, and its reason.

    Examples
    --------
    >>> bound = ratio_bound(1.2, 1.5)
    >>> decide(Found(0.01, 0.03, bound), 0.05)
    ('supported', '')
    >>> decide(Found(0.04, 0.2, bound), 0.05)
    ('not supported', 'the ratio is below 1.20 (95 % limit), under 1.5')
    >>> decide(Found(0.04, 0.2, ratio_bound(2.2, 1.5)), 0.05)
    ('cannot be told', 'p = 0.04 alone, but q = 0.20 among the regions tested')
    >>> decide(Found(0.4, 0.5, bound), 0.05)
    ('not supported', 'the ratio is below 1.20 (95 % limit), under 1.5')
    """
    step = step_of(found, alpha)
    if step == "called":
        return SUPPORTED, found.called
    if step == "ruled out":
        return NOT_SUPPORTED, found.limit.ruled_out
    if step == "alone":
        p, q = p_words(found.pvalue), p_words(found.qvalue, "q")
        return CANNOT_BE_TOLD, f"{p} alone, but {q} among the {found.among} tested"
    reasons = {"untested": found.untested, "few": found.few, "doubted": found.doubt}
    return CANNOT_BE_TOLD, reasons.get(step, found.limit.allowed)


def step_of(found: Found, alpha: float) -> Step:
    """Return the first rule that holds; see the head of this module."""
    if found.untested:
        return "untested"
    if is_called(found.qvalue, alpha, found.few):
        return "called"
    if found.limit.harmless and not found.doubt:
        return "ruled out"
    if found.qvalue <= alpha:
        return "few"
    if found.pvalue <= alpha:
        return "alone"
    return "doubted" if found.limit.harmless else "open"


def decide_all(rows: Iterable[Found], alpha: float) -> tuple[list[Verdict], list[str]]:
    """Return the verdicts of all rows, and their reasons."""
    decided = [decide(found, alpha) for found in rows]
    return [verdict for verdict, _ in decided], [reason for _, reason in decided]


def ratio_bound(limit: float, margin: float, *, upper: bool = True, digits: int = 1) -> Limit:
    """Hold the one-sided 95 % limit of a ratio against the margin.

    Parameters
    ----------
    limit : float
        Upper limit where a rise is asked about (`upper`), lower limit where a fall is.
    margin : float
        Above 1; a fall is held against its inverse.
    digits : int
        Decimals of an upper limit in "the data allow ..."; a lower one has two.

    Examples
    --------
    >>> ratio_bound(0.81, 1.5, upper=False).ruled_out
    'the ratio is above 0.81 (95 % limit), over 0.67'
    >>> ratio_bound(float("inf"), 1.5).allowed
    'the data allow a ratio up to any size'
    """
    if upper:
        size = f"{limit:.{digits}f}" if np.isfinite(limit) else "any size"
        said = f"the ratio is below {limit:.2f} (95 % limit), under {margin:g}"
        return Limit(bool(limit < margin), said, f"the data allow a ratio up to {size}")
    said = f"the ratio is above {limit:.2f} (95 % limit), over {1 / margin:.2f}"
    return Limit(bool(limit > 1 / margin), said, f"the data allow a ratio down to {limit:.2f}")


def too_few(number: float, least: int, call: str, *, one: str = "incident", many: str = "incidents") -> str:
    """Return why a number of incidents is not called, or "" where it reaches `least`.

    Examples
    --------
    >>> too_few(1, 3, "call an uptick"), too_few(3, 3, "call an uptick")
    ('1 incident is too few to call an uptick', '')
    """
    if number >= least:
        return ""
    return f"{counted(number, one, many)} {'is' if number == 1 else 'are'} too few to {call}"


def grade_of(found: Found, seen: Seen, rules: Rules) -> Grade:
    """Return a region's grade: the first rule that matches.

    Examples
    --------
    >>> nan, rules = float("nan"), Rules(0.05, 1.5, 4.0, known=False, several=True)
    >>> seen = Seen(45, 15.0, 3.0, 4.5, 1.9, 3.2, 2.3, 32, nan, 26)
    >>> grade_of(Found(0.0005, 0.009, ratio_bound(4.5, 1.5)), seen, rules)
    'uptick'
    >>> grade_of(Found(0.03, 0.3, ratio_bound(4.5, 1.5)), seen, rules)
    'above_usual'
    >>> grade_of(Found(0.3, 0.6, ratio_bound(4.5, 1.5)), seen, rules)
    'no_sign'
    """
    if seen.no_data:
        return "no_data"
    if seen.none_since:
        return "none_recorded"
    step = step_of(found, rules.alpha)
    if step == "called":
        return "uptick"
    if step == "ruled out":
        return "no_large_rise"
    if step != "untested":
        if found.pvalue <= rules.alpha and not found.few and rules.several:
            return "above_usual"
        if found.limit.harmless and seen.break_even <= MOST_IN:
            return "no_large_rise_if"
        if seen.detectable <= rules.sought if rules.upper else seen.detectable >= 1 / rules.sought:
            return "no_sign"
    return "unsteady" if seen.expected >= ENOUGH else "too_few"


def graded_columns(rows: list[tuple[Found, Seen]], rules: Rules) -> dict[str, list[str]]:
    """Return the columns that say what follows: verdict, reason, grade, sign, words, why, level."""
    out: dict[str, list[str]] = {
        name: [] for name in ("verdict", "reason", "grade", "sign", "words", "why", "level")
    }
    for found, seen in rows:
        grade = grade_of(found, seen, rules)
        verdict, reason = decide(found, rules.alpha)
        assert verdict == VERDICT_OF[grade], (verdict, grade)
        small = found.limit.harmless
        words, why = grade_words(grade, seen, rules, small=small, untested=found.untested)
        level = "" if seen.no_data else level_of(seen.ratio, seen.expected)
        for name, value in zip(out, (verdict, reason, grade, SIGNS[grade], words, why, level), strict=True):
            out[name].append(value)
    return out
