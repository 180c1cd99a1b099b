"""Prospective detectors, one method a file; loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.detectors.bayes import bayes
    from analytics.detectors.cusum import cusum
    from analytics.detectors.e_detector import e_detector
    from analytics.detectors.ears import ears
    from analytics.detectors.ewma import ewma
    from analytics.detectors.farrington import farrington
    from analytics.detectors.farrington_flexible import farrington_flexible
    from analytics.detectors.glr import glr
    from analytics.detectors.outbreak_p import outbreak_p
    from analytics.detectors.recent_window import recent_window
    from analytics.detectors.rki import rki
    from analytics.detectors.rogerson import rogerson
    from analytics.detectors.space_time_scan import space_time_scan
    from analytics.detectors.stcd import stcd

__all__ = [
    "bayes",
    "cusum",
    "e_detector",
    "ears",
    "ewma",
    "farrington",
    "farrington_flexible",
    "glr",
    "outbreak_p",
    "recent_window",
    "rki",
    "rogerson",
    "space_time_scan",
    "stcd",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        # The function takes the place its module would have under the same name.
        value = getattr(import_module(f"analytics.detectors.{name}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'analytics.detectors' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
