"""The nine grades of a region: names, signs, and the words a reader sees, from the numbers behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analytics.results.words import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, Verdict, format_number

__all__ = [
    "ABOVE",
    "COUNT_SAID",
    "GRADES",
    "HALF",
    "HALF_LEAST",
    "LEGEND",
    "NOT_JUDGED",
    "SIGNS",
    "VERDICT_OF",
    "Grade",
    "Level",
    "NoData",
    "Rules",
    "Seen",
    "far_below_words",
    "grade_words",
    "half_or_less",
    "level_of",
    "ratio_interval_words",
    "short_words",
    "start_words",
    "still_to_come",
    "times",
]

Grade = Literal[
    "no_data",
    "none_recorded",
    "uptick",
    "no_large_rise",
    "above_usual",
    "no_large_rise_if",
    "no_sign",
    "unsteady",
    "too_few",
]
COUNT_SAID: tuple[Grade, ...] = (
    "uptick",
    "no_large_rise",
)  # grades whose words hold the count and the usual one
Level = Literal["above usual", "about usual", "below usual", ""]
NoData = Literal["uncovered", "short", "silence", "splice"]

SIGNS: Mapping[Grade, str] = {
    "no_data": "✕",
    "none_recorded": "○",
    "uptick": "▲",
    "no_large_rise": "▬",
    "above_usual": "△",
    "no_large_rise_if": "▭",
    "no_sign": "–",
    "unsteady": "≈",
    "too_few": "·",
}
GRADES: tuple[Grade, ...] = (
    "uptick",
    "above_usual",
    "unsteady",
    "no_sign",
    "no_large_rise_if",
    "no_large_rise",
    "too_few",
    "no_data",
    "none_recorded",
)  # in the order of a table: what needs a look first
NOT_JUDGED: frozenset[Grade] = frozenset(("no_data", "none_recorded", "unsteady", "too_few"))
"""A region is judged where it is called, or where a large rise would have shown or is ruled out."""
VERDICT_OF: Mapping[Grade, Verdict] = {
    grade: {"uptick": SUPPORTED, "no_large_rise": NOT_SUPPORTED}.get(grade, CANNOT_BE_TOLD)
    for grade in GRADES
}
_SHORT: Mapping[Grade, tuple[str, str]] = {
    "no_data": ("no data", "no data"),
    "none_recorded": ("none recorded", "none recorded"),
    "uptick": ("uptick", "decrease"),
    "no_large_rise": ("no large rise", "no large fall"),
    "above_usual": ("above usual", "below usual"),
    "no_large_rise_if": ("no large rise if few reports are late", "no large fall if few reports are late"),
    "no_sign": ("no sign", "no sign"),
    "unsteady": ("swings too much", "swings too much"),
    "too_few": ("too few to say", "too few to say"),
}
LEGEND = (
    "▲ uptick, △ above usual, may be chance, ≈ swings too much to judge, – no sign of an uptick, "
    "▭ no large rise (if no more than so many reports are late), ▬ no large rise, · too few to say, "
    "✕ no data, ○ none recorded, ▽ half the usual or less."
)
ABOVE, BELOW, USUAL_MIN = 1.25, 0.8, 2.0
HALF, HALF_LEAST = 0.5, 10.0
"""A fall without a call (▽) is told of from half the usual on, where at least so many are usual."""
_FEW_WINDOWS = 26  # with fewer of them before it, a wide spread may be the shortness of the history
_MOST = 20.0  # a ratio beyond this is a number without a meaning


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one region, beside what its test found.

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
        What a single day carries, such as "31 of the 45 on one day, 10 June", or "".
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


def short_words(grade: Grade, direction: str = "greater") -> str:
    """Return a grade as a narrow column shows it, after its sign.

    Examples
    --------
    >>> short_words("uptick"), short_words("uptick", "less"), short_words("unsteady")
    ('▲ uptick', '▼ decrease', '≈ swings too much')
    """
    sign = "▼" if (grade, direction) == ("uptick", "less") else SIGNS[grade]
    return f"{sign} {_SHORT[grade][direction == 'less']}"


def times(ratio: float) -> str:
    """Write a ratio that would have shown: rounded up, "over 20" where it says nothing more.

    Examples
    --------
    >>> times(2.98), times(3.21), times(14.2), times(77.0), times(0.42)
    ('3', '3.3', '15', 'over 20', '0.42')
    """
    if ratio > _MOST:
        return "over 20"
    if ratio < 1:
        return f"{math.floor(100 * ratio + 1e-9) / 100:.2f}"
    return f"{math.ceil(10 * ratio - 1e-9) / 10:g}" if ratio < 10 else f"{math.ceil(ratio - 1e-9)}"


def ratio_interval_words(low: float, high: float, observed: float) -> str:
    """Write the interval of a ratio.

    Examples
    --------
    >>> ratio_interval_words(0.8, 2.25, 12), ratio_interval_words(1.5, 71.0, 4)
    ('0.80 to 2.25', '1.50 to over 20')
    >>> ratio_interval_words(0.0, 3.1, 0), ratio_interval_words(float("nan"), float("nan"), 0)
    ('0 (up to 3.1 times)', '–')
    """
    if math.isnan(low) and math.isnan(high):
        return "–"
    if observed == 0:
        return f"0 (up to {f'{high:.1f}' if high <= _MOST else 'over 20'} times)"
    ends = ["over 20" if end > _MOST else f"{end:.2f}" for end in (0.0 if math.isnan(low) else low, high)]
    return ends[0] if low > _MOST else " to ".join(ends)


def still_to_come(share: float) -> str:
    """Say how many reports may still be to come, given the share that must be in; never more than that.

    Examples
    --------
    >>> [still_to_come(share) for share in (0.9, 0.85, 0.8, 0.5, 0.3)]
    ['1 in 10', '1 in 7', '1 in 5', '1 in 2', '2 in 3']
    """
    late = 1 - share
    if late <= 0.5 + 1e-9:
        return f"1 in {math.ceil(1 / late - 1e-9)}"
    best = max((n - 1 for n in range(3, 11) if (n - 1) / n <= late + 1e-9), default=1)
    return f"{best} in {best + 1}"


def far_below_words(completeness_known: bool) -> str:
    """Return the mark of a region far below usual, with what else it may be.

    Examples
    --------
    >>> far_below_words(True), far_below_words(False)
    ('▼ far below usual', '▼ far below usual, or late reports')
    """
    return "▼ far below usual" + ("" if completeness_known else ", or late reports")


def level_of(ratio: float, expected: float) -> Level:
    """Return a region's level in words, without a test; "" below two expected.

    Examples
    --------
    >>> level_of(1.25, 4.0), level_of(1.0, 4.0), level_of(0.8, 4.0), level_of(9.0, 1.9)
    ('above usual', 'about usual', 'below usual', '')
    """
    if not expected >= USUAL_MIN or math.isnan(ratio):
        return ""
    if ratio >= ABOVE:
        return "above usual"
    return "below usual" if ratio <= BELOW else "about usual"


def half_or_less(observed: float, usual: float, grade: str = "") -> bool:
    """Return whether a region is at half its usual or less (▽), where enough are usual to say so.

    Examples
    --------
    >>> half_or_less(5, 10.0), half_or_less(6, 10.0), half_or_less(0, 9.9), half_or_less(0, 12.0, "no_data")
    (True, False, False, False)
    """
    return grade != "no_data" and usual >= HALF_LEAST and observed <= HALF * usual


def grade_words(
    grade: Grade, seen: Seen, rules: Rules, *, small: bool = False, untested: str = ""
) -> tuple[str, str]:
    """Return what a reader sees of a grade, and the short reason behind it ("" where there is none).

    `small` says that the limit lies below the margin, `untested` why nothing can be concluded.
    """
    fewer = not rules.upper
    fixed = {
        "no_data": (f"no data: {seen.why}", str(seen.no_data)),
        "none_recorded": (f"none recorded since {seen.none_since}", ""),
        "above_usual": (f"{'below' if fewer else 'above'} usual, may be chance{_day(seen)}", ""),
    }
    if grade in fixed:
        return fixed[grade]
    usual = format_number(seen.expected, 0 if seen.expected >= 1 else 1)
    numbers = f"{format_number(seen.observed, 0)}, usual {usual}"
    bound = f"under {rules.margin:g} times" if not fewer else f"over {1 / rules.margin:.2f} times"
    if grade == "uptick":
        size = _small(seen, fewer) if small else ""
        return f"{'decrease' if fewer else 'uptick'}: {numbers}{size}{_day(seen)}", ""
    if grade == "no_large_rise":
        return f"no large {'fall' if fewer else 'rise'} ({bound}); {numbers}", ""
    if grade == "no_large_rise_if":
        late = still_to_come(seen.break_even)
        return f"no large rise, unless more than {late} reports is still to come", ""
    if grade == "no_sign":
        return _no_sign(seen, rules), ""
    if untested and not math.isfinite(seen.starts_at):
        return f"cannot be told: {untested}", "untested"
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
    if math.isnan(start):
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
    if math.isnan(seen.detectable) and math.isnan(seen.starts_at):
        return "no count would be called"
    return "short history" if seen.windows < _FEW_WINDOWS else "spread"
