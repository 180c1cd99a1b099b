"""What the tests and detectors return: tables, sentences, and the parameters that made them."""

from __future__ import annotations

from analytics.results.alarms import Alarms, DetectorRun
from analytics.results.answers import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SHOWN,
    SUPPORTED,
    ClaimResult,
    UptickResult,
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
