"""The tests that answer a claim, one claim a file; loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.upticks.activity import activity_test
    from analytics.upticks.band import expected_band
    from analytics.upticks.change import change_test
    from analytics.upticks.concentration import concentration_test
    from analytics.upticks.day import day_test
    from analytics.upticks.recent import uptick_test
    from analytics.upticks.recurring import recurrence_test
    from analytics.upticks.response import response_test
    from analytics.upticks.scan import scan_test
    from analytics.upticks.severity import severity_test

_PUBLIC = {
    "activity_test": "activity",
    "change_test": "change",
    "concentration_test": "concentration",
    "day_test": "day",
    "expected_band": "band",
    "recurrence_test": "recurring",
    "response_test": "response",
    "scan_test": "scan",
    "severity_test": "severity",
    "uptick_test": "recent",
}

__all__ = [
    "activity_test",
    "change_test",
    "concentration_test",
    "day_test",
    "expected_band",
    "recurrence_test",
    "response_test",
    "scan_test",
    "severity_test",
    "uptick_test",
]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        value = getattr(import_module(f"analytics.upticks.{_PUBLIC[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'analytics.upticks' has no attribute {name!r}")
