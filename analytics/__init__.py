"""Is there an uptick? Incidents to counts, tests with honest error rates, weekly reports.

The public names below are loaded on first use, so that ``import analytics`` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.claims import read_claims, verdicts
    from analytics.counts import Counts, count_incidents
    from analytics.errors import UptickError
    from analytics.evaluation import evaluate
    from analytics.geo import region_set, region_table
    from analytics.incidents import Incidents, read_incidents
    from analytics.monitoring import monitor
    from analytics.results import Alarms, ClaimResult, UptickResult
    from analytics.upticks import (
        activity_test,
        change_test,
        concentration_test,
        day_test,
        recurrence_test,
        response_test,
        scan_test,
        severity_test,
        uptick_test,
    )

try:
    __version__ = version("uptick-analytics")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

_PUBLIC = {
    "Alarms": "analytics.results",
    "ClaimResult": "analytics.results",
    "Counts": "analytics.counts",
    "Incidents": "analytics.incidents",
    "UptickError": "analytics.errors",
    "UptickResult": "analytics.results",
    "activity_test": "analytics.upticks",
    "change_test": "analytics.upticks",
    "concentration_test": "analytics.upticks",
    "count_incidents": "analytics.counts",
    "day_test": "analytics.upticks",
    "evaluate": "analytics.evaluation",
    "monitor": "analytics.monitoring",
    "read_claims": "analytics.claims",
    "read_incidents": "analytics.incidents",
    "recurrence_test": "analytics.upticks",
    "region_set": "analytics.geo",
    "region_table": "analytics.geo",
    "response_test": "analytics.upticks",
    "scan_test": "analytics.upticks",
    "severity_test": "analytics.upticks",
    "uptick_test": "analytics.upticks",
    "verdicts": "analytics.claims",
}

__all__ = [
    "Alarms",
    "ClaimResult",
    "Counts",
    "Incidents",
    "UptickError",
    "UptickResult",
    "__version__",
    "activity_test",
    "change_test",
    "concentration_test",
    "count_incidents",
    "day_test",
    "evaluate",
    "monitor",
    "read_claims",
    "read_incidents",
    "recurrence_test",
    "region_set",
    "region_table",
    "response_test",
    "scan_test",
    "severity_test",
    "uptick_test",
    "verdicts",
]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'analytics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
