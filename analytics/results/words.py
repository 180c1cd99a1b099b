"""Words of results: verdicts, numbers, p-values, and the mark of simulated data."""

from __future__ import annotations

from typing import Literal

import numpy as np

__all__ = [
    "CANNOT_BE_TOLD",
    "NAMED",
    "NOT_SUPPORTED",
    "ORDER",
    "SHOWN",
    "SUPPORTED",
    "Verdict",
    "format_number",
    "format_p",
    "shown",
]

Verdict = Literal["supported", "not supported", "cannot be told"]
SUPPORTED: Verdict = "supported"
NOT_SUPPORTED: Verdict = "not supported"
CANNOT_BE_TOLD: Verdict = "cannot be told"
SHOWN: dict[str, str] = {SUPPORTED: "uptick", NOT_SUPPORTED: "no uptick", CANNOT_BE_TOLD: "cannot be told"}
SHOWN_LESS: dict[str, str] = {**SHOWN, SUPPORTED: "decrease", NOT_SUPPORTED: "no decrease"}
ORDER = {SUPPORTED: 0, CANNOT_BE_TOLD: 1, NOT_SUPPORTED: 2}
NAMED = 4  # regions named in a sentence before it counts the rest


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
