"""Words of results, written here alone: verdicts, numbers, p-values, lists, the mark of simulated data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

__all__ = [
    "CANNOT_BE_TOLD",
    "NAMED",
    "NOT_SUPPORTED",
    "ORDER",
    "SHOWN",
    "SUPPORTED",
    "Mark",
    "Verdict",
    "counted",
    "family_words",
    "format_number",
    "format_p",
    "interval_words",
    "joined",
    "listed",
    "mark",
    "noun",
    "p_words",
    "shown",
]

Mark = Literal["sentence", "title", "name", "beside"]

Verdict = Literal["supported", "not supported", "cannot be told"]
SUPPORTED: Verdict = "supported"
NOT_SUPPORTED: Verdict = "not supported"
CANNOT_BE_TOLD: Verdict = "cannot be told"
SHOWN: dict[str, str] = {SUPPORTED: "uptick", NOT_SUPPORTED: "no uptick", CANNOT_BE_TOLD: "cannot be told"}
SHOWN_LESS: dict[str, str] = {**SHOWN, SUPPORTED: "decrease", NOT_SUPPORTED: "no decrease"}
ORDER = {SUPPORTED: 0, CANNOT_BE_TOLD: 1, NOT_SUPPORTED: 2}
NAMED = 4  # regions named in a sentence before it counts the rest
_MARKS: dict[Mark, str] = {
    "sentence": "SIMULATED data: ",
    "title": "SIMULATED: ",
    "name": "SIMULATED ",
    "beside": " (simulated)",
}


def mark(simulated: bool, form: Mark = "sentence") -> str:
    """Return the mark of simulated data, or "" for data on the world.

    Parameters
    ----------
    simulated : bool
    form : {"sentence", "title", "name", "beside"}
        What it is put to: before a sentence, before a title or caption, before the name of a thing, or after
        a word (a verdict, a place). The word itself never changes.

    Examples
    --------
    >>> f"{mark(True)}uptick in Kirkuk.", f"supported{mark(True, 'beside')}", mark(False)
    ('SIMULATED data: uptick in Kirkuk.', 'supported (simulated)', '')
    """
    return _MARKS[form] if simulated else ""


def shown(verdict: str, direction: str = "greater") -> str:
    """Return a verdict as readers see it.

    Examples
    --------
    >>> shown("supported"), shown("supported", "less")
    ('uptick', 'decrease')
    """
    return (SHOWN if direction == "greater" else SHOWN_LESS)[verdict]


def format_number(value: float, digits: int = 1) -> str:
    """Write a number for readers: one decimal below a hundred, thousands apart, a dash for missing.

    Examples
    --------
    >>> format_number(3.14159), format_number(1234.5), format_number(float("nan"))
    ('3.1', '1,234', '–')
    """
    if value is None or np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.{digits}f}"


def format_p(value: float) -> str:
    """Write a p- or q-value: two significant digits, never as zero.

    Examples
    --------
    >>> format_p(0.0312), format_p(0.00001), format_p(float("nan"))
    ('0.031', '<0.0001', '–')
    """
    if value is None or np.isnan(value):
        return "–"
    if value < 0.0001:
        return "<0.0001"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


def p_words(value: float, name: str = "p") -> str:
    """Write a p- or q-value with its name, for a sentence.

    Examples
    --------
    >>> p_words(0.0312), p_words(0.00001, "q")
    ('p = 0.031', 'q < 0.0001')
    """
    return f"{name} = {format_p(value)}".replace("= <", "< ")


def interval_words(low: float, high: float, digits: int = 2) -> str:
    """Write an interval, a dash where there is none.

    Examples
    --------
    >>> interval_words(1.234, 5), interval_words(float("nan"), float("nan"))
    ('1.23 to 5.00', '–')
    """
    return "–" if np.isnan(low) else f"{format_number(low, digits)} to {format_number(high, digits)}"


def counted(number: float, one: str, many: str | None = None) -> str:
    """Write a number with its noun in the singular or the plural.

    Parameters
    ----------
    number : float
        A whole number.
    one, many : str
        The noun for one, and for any other number (None: with an s).

    Examples
    --------
    >>> counted(1, "region"), counted(0, "region"), counted(1234, "county", "counties")
    ('1 region', '0 regions', '1,234 counties')
    """
    return f"{number:,.0f} {noun(number, one, many)}"


def noun(number: float, one: str, many: str | None = None) -> str:
    """Return the noun that goes with a number, which need not be whole.

    Examples
    --------
    >>> noun(1, "week"), noun(1.5, "week")
    ('week', 'weeks')
    """
    return one if number == 1 else many or f"{one}s"


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """Name the first few, and count the rest.

    Examples
    --------
    >>> listed(["Erbil", "Kirkuk", "Ninewa"]), listed(["Erbil", "Kirkuk", "Ninewa"], 2)
    ('Erbil, Kirkuk, Ninewa', 'Erbil, Kirkuk and 1 more')
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def joined(names: Sequence[str], most: int = NAMED) -> str:
    """Name the first few in a sentence, and count the rest.

    Examples
    --------
    >>> joined(["Erbil"]), joined(["Erbil", "Kirkuk"]), joined(["Erbil", "Kirkuk", "Ninewa"])
    ('Erbil', 'Erbil and Kirkuk', 'Erbil, Kirkuk and Ninewa')
    >>> joined(["Erbil", "Kirkuk", "Ninewa"], 1)
    'Erbil and 2 more'
    """
    if len(names) > most or len(names) < 2:
        return listed(names, most)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def family_words(tested: int, rows: int, one: str = "region") -> str:
    """Say what the q-values are adjusted over.

    Examples
    --------
    >>> family_words(17, 19)
    'q-values: Benjamini-Hochberg over the 17 of 19 regions that could be tested'
    >>> family_words(1, 1)
    'one region, no adjustment'
    """
    if rows == 1:
        return f"one {one}, no adjustment"
    return f"q-values: Benjamini-Hochberg over the {tested} of {rows} {one}s that could be tested"
