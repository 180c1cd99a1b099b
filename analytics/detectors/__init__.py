"""Prospective detectors, one method a file; loaded on first use.

A detector and its method have one name, so the files start with an underscore: the name is the function's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from analytics.options import refuse_former

if TYPE_CHECKING:
    from analytics.detectors._bayes import bayes
    from analytics.detectors._cusum import cusum
    from analytics.detectors._e_detector import e_detector
    from analytics.detectors._ears import ears
    from analytics.detectors._ewma import ewma
    from analytics.detectors._farrington import farrington
    from analytics.detectors._farrington_flexible import farrington_flexible
    from analytics.detectors._glr import glr
    from analytics.detectors._outbreak_p import outbreak_p
    from analytics.detectors._predictive import predictive
    from analytics.detectors._recent_window import recent_window
    from analytics.detectors._rki import rki
    from analytics.detectors._rogerson import rogerson
    from analytics.detectors._space_time_scan import space_time_scan
    from analytics.detectors._stcd import stcd
    from analytics.detectors.registry import DETECTORS, detector_spec
    from analytics.detectors.spec import DetectorSpec

__all__ = [
    "DETECTORS",
    "DetectorSpec",
    "bayes",
    "cusum",
    "detector_spec",
    "e_detector",
    "ears",
    "ewma",
    "farrington",
    "farrington_flexible",
    "glr",
    "outbreak_p",
    "predictive",
    "recent_window",
    "rki",
    "rogerson",
    "space_time_scan",
    "stcd",
]


_ELSEWHERE = {"DETECTORS": "registry", "DetectorSpec": "spec", "detector_spec": "registry"}


def __getattr__(name: str) -> object:
    if name in __all__:
        value = getattr(import_module(f"analytics.detectors.{_ELSEWHERE.get(name, f'_{name}')}"), name)
        globals()[name] = value
        return value
    refuse_former("analytics.detectors", name, Spec="DetectorSpec")
    raise AttributeError(f"module 'analytics.detectors' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
