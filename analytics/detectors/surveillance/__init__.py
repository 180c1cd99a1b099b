"""The detectors as R's surveillance 1.20.3 has them, faults included; one method a file, loaded on first use.

Each function has the options of its namesake in R, under the names used here, and gives R's figures (300
reference cases, to 1e-6 or better). The detectors of :mod:`analytics.detectors` come here with
``compat="surveillance"``. Every period is taken as complete, whatever `counts.completeness` says. Where a
function takes ``faults=False`` it keeps the options and computes them as they were meant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.detectors.surveillance._bayes import bayes
    from analytics.detectors.surveillance._cusum import cusum
    from analytics.detectors.surveillance._ears import ears
    from analytics.detectors.surveillance._farrington import farrington
    from analytics.detectors.surveillance._farrington_flexible import farrington_flexible
    from analytics.detectors.surveillance._glr import glr
    from analytics.detectors.surveillance._outbreak_p import outbreak_p
    from analytics.detectors.surveillance._rki import rki
    from analytics.detectors.surveillance._rogerson import rogerson
    from analytics.detectors.surveillance._stcd import stcd

__all__ = [
    "bayes",
    "cusum",
    "ears",
    "farrington",
    "farrington_flexible",
    "glr",
    "outbreak_p",
    "rki",
    "rogerson",
    "stcd",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        value = getattr(import_module(f"analytics.detectors.surveillance._{name}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'analytics.detectors.surveillance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
