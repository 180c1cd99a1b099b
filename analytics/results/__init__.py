"""What the tests and detectors return: tables, sentences, and the parameters that made them."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.results.alarms import Alarms, DetectorRun
from analytics.results.claim import ClaimResult
from analytics.results.uptick import UptickResult
from analytics.results.words import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SHOWN,
    SUPPORTED,
    Verdict,
    format_number,
    format_p,
    shown,
)

__all__ = [
    "CANNOT_BE_TOLD",
    "NOT_SUPPORTED",
    "SHOWN",
    "SUPPORTED",
    "Alarms",
    "ClaimResult",
    "DetectorRun",
    "UptickResult",
    "Verdict",
    "format_number",
    "format_p",
    "shown",
]
__dir__ = names_shown(__name__)
