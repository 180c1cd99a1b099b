"""Delays: how late reports come, how complete the recent days are, and what is still to be reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.delays.dated import DatedReports as DatedReports
    from analytics.delays.distribution import delay_distribution as delay_distribution
    from analytics.delays.measured import with_measured_completeness as with_measured_completeness
    from analytics.delays.nowcasting import nowcast as nowcast
    from analytics.delays.results import DelayResult as DelayResult
    from analytics.delays.results import NowcastResult as NowcastResult

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {
        "dated": "DatedReports",
        "distribution": "delay_distribution",
        "measured": "with_measured_completeness",
        "nowcasting": "nowcast",
        "results": "DelayResult NowcastResult",
    },
)
