"""What the tests and detectors return: tables, sentences, and the parameters that made them."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.results.alarms import Alarms, DetectorRun
from analytics.results.claim import ClaimResult
from analytics.results.uptick import UptickResult
from analytics.results.words import (
    CANNOT_BE_TOLD,
    NAMED,
    NOT_SUPPORTED,
    SHOWN,
    SUPPORTED,
    Verdict,
    counted,
    family_words,
    format_number,
    format_p,
    interval_words,
    listed,
    mark,
    p_words,
    shown,
)

__all__ = [
    "CANNOT_BE_TOLD",
    "NAMED",
    "NOT_SUPPORTED",
    "SHOWN",
    "SUPPORTED",
    "Alarms",
    "ClaimResult",
    "DetectorRun",
    "UptickResult",
    "Verdict",
    "counted",
    "family_words",
    "format_number",
    "format_p",
    "interval_words",
    "listed",
    "mark",
    "p_words",
    "shown",
]
__dir__ = names_shown(__name__)
