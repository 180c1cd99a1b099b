"""The nine grades of a region: names, signs, and the words a reader sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from analytics.results.words import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, Verdict

__all__ = [
    "GRADES",
    "LEGEND",
    "NOT_JUDGED",
    "SIGNS",
    "VERDICT_OF",
    "Grade",
    "Level",
    "far_below_words",
    "ratio_interval_words",
    "short_words",
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
Level = Literal["above usual", "about usual", "below usual", ""]

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
NOT_JUDGED: frozenset[Grade] = frozenset(("no_data", "unsteady", "too_few"))
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
    "no_large_rise_if": ("no large rise, if", "no large fall, if"),
    "no_sign": ("no sign", "no sign"),
    "unsteady": ("swings too much", "swings too much"),
    "too_few": ("too few to say", "too few to say"),
}
LEGEND = (
    "▲ uptick, △ above usual, may be chance, ≈ swings too much to judge, – no sign of an uptick, "
    "▭ no large rise (if no more than so many reports are late), ▬ no large rise, · too few to say, "
    "✕ no data, ○ none recorded."
)
_MOST = 20.0  # a ratio beyond this is a number without a meaning


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
