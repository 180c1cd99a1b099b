"""The grade of a region: nine of them, the first rule that matches, from the same steps as its verdict.

Claim verdicts and grades do not disagree, for both come from :func:`analytics.upticks.decide.step_of`:
*supported* is ▲, *not supported* is ▬, all else *cannot be told*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.results import format_number
from analytics.results.grades import Grade, Level, still_to_come, times
from analytics.upticks.decide import Found, step_of

__all__ = [
    "ABOVE",
    "ENOUGH",
    "MOST_IN",
    "NoData",
    "Rules",
    "Seen",
    "grade_of",
    "grade_words",
    "level_of",
    "start_words",
]

NoData = Literal["uncovered", "short", "silence", "splice"]
MOST_IN = 0.9  # "no large rise, unless ..." is said where at most so much of the reports must be in
ENOUGH = 10.0  # incidents expected, from which it is said that a region swings too much
ABOVE, BELOW, USUAL_MIN = 1.25, 0.8, 2.0
_FEW_WINDOWS = 26  # with fewer of them before it, a wide spread may be the shortness of the history


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one region, beside what its test found (``analytics.upticks.decide.Found``).

    Attributes
    ----------
    observed, expected, ratio, limit : float
    detectable, alone : float
        Ratio that would very likely have been called: among the other regions, and tested alone.
    starts_at : float
        Smallest count that would be called; NaN where none would.
    break_even : float
        Share of reports that must be in for the limit to lie below the margin; NaN where it never does.
    windows : float
        Disjoint windows in the baseline.
    no_data : str
        Why there are no data, "" where there are; `why`, the same in words.
    none_since : str
        Date since which none was recorded, where window, guard and baseline are covered and hold none.
    low : float
        Lower end of the interval (of decreases: the upper).
    day : str
        What a single day carries, such as "31 of 45 on 10 June", or "".
    """

    observed: float
    expected: float
    ratio: float
    limit: float
    low: float
    detectable: float
    alone: float
    starts_at: float
    break_even: float
    windows: float
    no_data: NoData | Literal[""] = ""
    why: str = ""
    none_since: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is the same for all regions: level, margin, the ratio sought, what is known, what is asked."""

    alpha: float
    margin: float
    sought: float
    known: bool
    several: bool
    upper: bool = True


def grade_of(found: Found, seen: Seen, rules: Rules) -> Grade:
    """Return a region's grade: the first rule that matches.

    Examples
    --------
    >>> from analytics.upticks.decide import ratio_bound
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


def level_of(ratio: float, expected: float) -> Level:
    """Return a region's level in words, without a test; "" below two expected.

    Examples
    --------
    >>> level_of(1.25, 4.0), level_of(1.0, 4.0), level_of(0.8, 4.0), level_of(9.0, 1.9)
    ('above usual', 'about usual', 'below usual', '')
    """
    if not expected >= USUAL_MIN or np.isnan(ratio):
        return ""
    if ratio >= ABOVE:
        return "above usual"
    return "below usual" if ratio <= BELOW else "about usual"


def grade_words(grade: Grade, found: Found, seen: Seen, rules: Rules) -> tuple[str, str]:
    """Return what a reader sees of a grade, and the short reason behind it ("" where there is none)."""
    fewer = not rules.upper
    fixed = {
        "no_data": (f"no data: {seen.why}", str(seen.no_data)),
        "none_recorded": (f"none recorded since {seen.none_since}", ""),
        "above_usual": (f"{'below' if fewer else 'above'} usual, may be chance{_day(seen)}", ""),
    }
    if grade in fixed:
        return fixed[grade]
    numbers = f"{format_number(seen.observed, 0)}, usual {format_number(seen.expected, 0)}"
    bound = f"under {rules.margin:g} times" if not fewer else f"over {1 / rules.margin:.2f} times"
    if grade == "uptick":
        small = _small(seen, fewer) if found.limit.harmless else ""
        return f"{'decrease' if fewer else 'uptick'}: {numbers}{small}{_day(seen)}", ""
    if grade == "no_large_rise":
        return f"no large {'fall' if fewer else 'rise'} ({bound}); {numbers}", ""
    if grade == "no_large_rise_if":
        late = still_to_come(seen.break_even)
        return f"no large rise, unless more than {late} reports is still to come", ""
    if grade == "no_sign":
        return _no_sign(seen, rules), ""
    if found.untested and not np.isfinite(seen.starts_at):
        return f"cannot be told: {found.untested}", "untested"
    from_ = start_words(seen.starts_at, fewer)
    if grade == "too_few":
        return f"too few to say; {from_}{_day(seen)}", ""
    why = _why(seen, rules)
    if why == from_:
        return f"cannot be judged: {why}{_day(seen)}", why
    return f"swings too much to judge: {why}; {from_}{_day(seen)}", why


def start_words(start: float, fewer: bool = False) -> str:
    """Say where an uptick (a decrease) would start.

    Examples
    --------
    >>> start_words(32), start_words(2, fewer=True), start_words(float("nan"))
    ('an uptick from 32', 'a decrease at 2 or fewer', 'no count would be called')
    """
    if np.isnan(start):
        return "no count would be called"
    return f"a decrease at {start:.0f} or fewer" if fewer else f"an uptick from {start:.0f}"


def _small(seen: Seen, fewer: bool) -> str:
    low, high = (seen.limit, seen.low) if fewer else (seen.low, seen.limit)
    return f" (small, {low:.1f} to {high:.1f} times)"


def _day(seen: Seen) -> str:
    return f"; {seen.day}" if seen.day else ""


def _no_sign(seen: Seen, rules: Rules) -> str:
    if not rules.upper:
        return f"no sign of a decrease; a fall to {times(seen.detectable)} times would very likely have shown"
    if level_of(seen.ratio, seen.expected) == "above usual":
        words = f"above usual, within its ups and downs{_day(seen)}"
    else:
        words = "no sign of an uptick"
    words += f"; a rise to {times(seen.detectable)} times would very likely (4 in 5) have shown"
    if rules.known:
        return words
    return f"{words}, had all reports been in; about {times(2 * seen.detectable)} if half were"


def _why(seen: Seen, rules: Rules) -> str:
    if rules.several and rules.upper and seen.alone <= rules.sought:
        return "many regions"
    if np.isnan(seen.detectable) and np.isnan(seen.starts_at):
        return "no count would be called"
    return "short history" if seen.windows < _FEW_WINDOWS else "spread"
