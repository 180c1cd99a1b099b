"""The tests that answer a claim, one claim a file; loaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.upticks.activity import activity_test as activity_test
    from analytics.upticks.band import expected_band as expected_band
    from analytics.upticks.change import change_test as change_test
    from analytics.upticks.changeable import volatility as volatility
    from analytics.upticks.concentration import concentration_test as concentration_test
    from analytics.upticks.day import day_test as day_test
    from analytics.upticks.emerging import emerging_test as emerging_test
    from analytics.upticks.recent import uptick_test as uptick_test
    from analytics.upticks.recurring import recurrence_test as recurrence_test
    from analytics.upticks.response import response_test as response_test
    from analytics.upticks.scan import scan_test as scan_test
    from analytics.upticks.severity import severity_test as severity_test

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {
        "activity": "activity_test",
        "band": "expected_band",
        "change": "change_test",
        "changeable": "volatility",
        "concentration": "concentration_test",
        "day": "day_test",
        "emerging": "emerging_test",
        "recent": "uptick_test",
        "recurring": "recurrence_test",
        "response": "response_test",
        "scan": "scan_test",
        "severity": "severity_test",
    },
)
