"""Prospective detectors, one method a file; loaded on first use.

A detector and its method have one name, so the files start with an underscore: the name is the function's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.detectors._bayes import bayes as bayes
    from analytics.detectors._cusum import cusum as cusum
    from analytics.detectors._e_detector import e_detector as e_detector
    from analytics.detectors._ears import ears as ears
    from analytics.detectors._ewma import ewma as ewma
    from analytics.detectors._farrington import farrington as farrington
    from analytics.detectors._farrington_flexible import farrington_flexible as farrington_flexible
    from analytics.detectors._glr import glr as glr
    from analytics.detectors._outbreak_p import outbreak_p as outbreak_p
    from analytics.detectors._predictive import predictive as predictive
    from analytics.detectors._recent_window import recent_window as recent_window
    from analytics.detectors._rki import rki as rki
    from analytics.detectors._rogerson import rogerson as rogerson
    from analytics.detectors._space_time_scan import space_time_scan as space_time_scan
    from analytics.detectors._stcd import stcd as stcd
    from analytics.detectors.registry import DETECTORS as DETECTORS
    from analytics.detectors.registry import detector_spec as detector_spec
    from analytics.detectors.spec import DetectorSpec as DetectorSpec

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {
        "_bayes": "bayes",
        "_cusum": "cusum",
        "_e_detector": "e_detector",
        "_ears": "ears",
        "_ewma": "ewma",
        "_farrington": "farrington",
        "_farrington_flexible": "farrington_flexible",
        "_glr": "glr",
        "_outbreak_p": "outbreak_p",
        "_predictive": "predictive",
        "_recent_window": "recent_window",
        "_rki": "rki",
        "_rogerson": "rogerson",
        "_space_time_scan": "space_time_scan",
        "_stcd": "stcd",
        "registry": "DETECTORS detector_spec",
        "spec": "DetectorSpec",
    },
    Spec="DetectorSpec",
)
