"""The detectors that benchmarks/detectors.py compares, with their options."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from analytics.results import Alarms

OURS = "predictive"
PER_WEEK = 7 / 365.25  # one alarm a year, as a probability in a week
# Of R's surveillance 1.20.3 on 210 series of these scenarios: FPR %, POD %, F1, each at its usual threshold.
REFERENCE = {
    "farringtonFlexible new, nbPlugin": (0.8, 53.3, 0.385),
    "farringtonFlexible new, muan": (0.4, 43.3, 0.335),
    "farringtonFlexible old, delta": (3.4, 64.3, 0.383),
    "farrington": (2.2, 61.0, 0.390),
    "EARS C1": (6.2, 67.6, 0.244),
    "EARS C2": (7.2, 67.1, 0.317),
    "EARS C3": (6.8, 50.5, 0.280),
    "bayes b2w4": (11.4, 85.2, 0.317),
    "rki 3": (7.2, 74.8, 0.348),
    "cusum (rossi)": (40.5, 78.6, 0.182),
    "glrpois": (15.7, 77.1, 0.231),
    "glrnb": (4.2, 52.4, 0.240),
    "outbreakP": (62.7, 71.0, 0.115),
}


class Peer(NamedTuple):
    """A detector: its name in `analytics.detectors`, its options, whether it starts again after an alarm."""

    function: str
    options: dict[str, object]
    chart: bool = False

    def load(self) -> Callable[..., Alarms]:
        """Return the function."""
        room, _, name = self.function.rpartition(".")
        module = import_module(".".join(["analytics.detectors", room]).rstrip("."))
        found: Callable[..., Alarms] = getattr(module, name)
        return found

    def trained(self, weeks: int, last: int) -> dict[str, object]:
        """Return the options with which all that lies before the last weeks is training."""
        trains = self.chart and not self.function.endswith("outbreak_p")
        return {**self.options, "training": weeks - last} if trains else dict(self.options)


def detector(function: str, chart: bool = False, **options: object) -> Peer:
    """Return a detector with its options."""
    return Peer(function, options, chart)


# Farrington's regression of 1996 in the terms of the flexible one, and what R is asked with.
OLD_DELTA: dict[str, object] = {
    "threshold_method": "delta",
    "no_periods": 1,
    "past_weeks_not_included": 3,
    "p_threshold_trend": 1.0,
    "weights_threshold": 1.0,
}
FARRINGTON_IN_R: dict[str, object] = {"limit54": (5, 4), "calendar": False, "alpha": 0.01}
SCENARIO_PEERS = {
    "farrington_flexible, muan": detector("farrington_flexible"),
    "farrington_flexible, nb_plugin": detector("farrington_flexible", threshold_method="nb_plugin"),
    "farrington_flexible, old delta": detector("surveillance.farrington_flexible", **OLD_DELTA, faults=False),
    "farrington_flexible, as in R, nbPlugin": detector(
        "surveillance.farrington_flexible", threshold_method="nb_plugin", limit54=(5, 4), calendar=False
    ),
    "farrington": detector("farrington"),
    "EARS C1": detector("ears", method="C1"),
    "EARS C2": detector("ears", method="C2"),
    "EARS C3": detector("ears", method="C3"),
    "bayes b2w4": detector("bayes", years=2, half_width=4),
    "rki 3": detector("rki"),
    "cusum rossi": detector("surveillance.cusum", chart=True, transform="rossi", harmonics=1, faults=False),
    "cusum_nb": detector("cusum", chart=True, harmonics=1),
    "glr_poisson": detector("glr", chart=True, family="poisson", harmonics=1, trend=True),
    "glr_nb": detector("glr", chart=True, harmonics=1, trend=True),
    "outbreak_p": detector("outbreak_p", chart=True),
    "recent_window": detector("recent_window"),
}
# The reference's detectors, fault by fault, each at the threshold it has in the table above.
AS_IN_R = {
    "farringtonFlexible new, nbPlugin": detector(
        "surveillance.farrington_flexible", threshold_method="nb_plugin", **FARRINGTON_IN_R
    ),
    "farringtonFlexible new, muan": detector(
        "surveillance.farrington_flexible", threshold_method="muan", **FARRINGTON_IN_R
    ),
    "farringtonFlexible old, delta": detector(
        "surveillance.farrington_flexible", **OLD_DELTA, **FARRINGTON_IN_R
    ),
    "farrington": detector("surveillance.farrington", **FARRINGTON_IN_R),
    "EARS C1": detector("surveillance.ears", method="C1", alpha=0.01),
    "EARS C2": detector("surveillance.ears", method="C2", alpha=0.01),
    "EARS C3": detector("surveillance.ears", method="C3", alpha=0.01),
    "bayes b2w4": detector("surveillance.bayes", years=2, half_width=4),
    "rki 3": detector("surveillance.rki"),
    "cusum (rossi)": detector("surveillance.cusum", chart=True, transform="rossi"),
    "glrpois": detector("surveillance.glr", chart=True, family="poisson"),
    "glrnb": detector("surveillance.glr", chart=True),
    "outbreakP": detector("surveillance.outbreak_p"),
}
WEEKLY_PEERS = {
    "EARS C1": detector("ears", method="C1"),
    "EARS C3": detector("ears", method="C3"),
    "Poisson CUSUM": detector("cusum", chart=True, family="poisson"),
    "NB CUSUM": detector("cusum", chart=True),
    "farrington_flexible": detector("farrington_flexible"),
    "rolling C-test": detector("c_test"),
    "rolling LRD": detector("recent_window"),
    "rolling LRD, 5 years": detector("recent_window", baseline=260 * 7),
    "e-detector": detector("e_detector", chart=True),
}
NOMINAL: dict[str, tuple[Peer, dict[str, object]]] = {
    OURS: (detector(OURS), {}),
    "EARS C1": (WEEKLY_PEERS["EARS C1"], {"alpha": PER_WEEK}),
    "EARS C3": (WEEKLY_PEERS["EARS C3"], {"alpha": PER_WEEK}),
    "Poisson CUSUM": (WEEKLY_PEERS["Poisson CUSUM"], {"arl": 1 / PER_WEEK}),
    "NB CUSUM": (WEEKLY_PEERS["NB CUSUM"], {"arl": 1 / PER_WEEK}),
    "farrington_flexible": (WEEKLY_PEERS["farrington_flexible"], {"alpha": PER_WEEK}),
    "rolling C-test": (WEEKLY_PEERS["rolling C-test"], {}),
    "rolling LRD": (WEEKLY_PEERS["rolling LRD"], {"alpha": PER_WEEK}),
    "e-detector": (WEEKLY_PEERS["e-detector"], {"arl": 1 / PER_WEEK}),
}
