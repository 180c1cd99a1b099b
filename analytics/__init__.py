"""Is there an uptick? Incidents to counts, tests with honest error rates, weekly reports.

The public names below are loaded on first use, so that ``import analytics`` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.counting import count_incidents
    from analytics.counts import Counts
    from analytics.errors import UptickError
    from analytics.incidents import Incidents, read_incidents
    from analytics.regions import region_set, region_table
    from analytics.results import UptickResult
    from analytics.upticks import uptick_test

try:
    __version__ = version("uptick-analytics")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

_PUBLIC = {
    "Counts": "analytics.counts",
    "Incidents": "analytics.incidents",
    "UptickError": "analytics.errors",
    "UptickResult": "analytics.results",
    "count_incidents": "analytics.counting",
    "read_incidents": "analytics.incidents",
    "region_set": "analytics.regions",
    "region_table": "analytics.regions",
    "uptick_test": "analytics.upticks",
}

__all__ = [
    "Counts",
    "Incidents",
    "UptickError",
    "UptickResult",
    "__version__",
    "count_incidents",
    "read_incidents",
    "region_set",
    "region_table",
    "uptick_test",
]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'analytics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
