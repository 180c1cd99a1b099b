"""The detectors that benchmarks/detectors.py compares, with their options."""

from __future__ import annotations

from typing import NamedTuple

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
    """A detector: where it is, its options, whether it starts again after an alarm."""

    function: str
    options: dict[str, object]
    chart: bool = False


def detector(function: str, chart: bool = False, **options: object) -> Peer:
    """Return a detector with its options."""
    return Peer(function, options, chart)


SCENARIO_PEERS = {
    "farrington_flexible, muan": detector("farrington_flexible"),
    "farrington_flexible, nb_plugin": detector("farrington_flexible", threshold_method="nb_plugin"),
    "farrington_flexible, old delta": detector(
        "farrington_flexible",
        threshold_method="delta",
        no_periods=1,
        past_weeks_not_included=3,
        p_threshold_trend=1.0,
        weights_threshold=1.0,
    ),
    "farrington_flexible, as in R, nbPlugin": detector(
        "farrington_flexible",
        threshold_method="nb_plugin",
        limit54=(5, 4),
        reference="index",
        compat="surveillance",
    ),
    "farrington": detector("farrington"),
    "EARS C1": detector("ears", method="C1"),
    "EARS C2": detector("ears", method="C2"),
    "EARS C3": detector("ears", method="C3"),
    "bayes b2w4": detector("bayes", b=2, w=4),
    "rki 3": detector("rki"),
    "cusum rossi": detector("cusum", chart=True, family="poisson", transform="rossi", harmonics=1),
    "cusum_nb": detector("cusum", chart=True, harmonics=1),
    "glr_poisson": detector("glr", chart=True, family="poisson", harmonics=1, trend=True),
    "glr_nb": detector("glr", chart=True, harmonics=1, trend=True),
    "outbreak_p": detector("outbreak_p", chart=True),
    "recent_window": detector("recent_window"),
}
# The reference's detectors, fault by fault, each at the threshold it has in the table above.
_R = {"compat": "surveillance"}
AS_IN_R = {
    "farringtonFlexible new, nbPlugin": detector(
        "farrington_flexible",
        threshold_method="nb_plugin",
        limit54=(5, 4),
        reference="index",
        alpha=0.01,
        **_R,
    ),
    "farringtonFlexible new, muan": detector(
        "farrington_flexible", threshold_method="muan", limit54=(5, 4), reference="index", alpha=0.01, **_R
    ),
    "farringtonFlexible old, delta": detector(
        "farrington_flexible",
        threshold_method="delta",
        no_periods=1,
        past_weeks_not_included=3,
        p_threshold_trend=1.0,
        weights_threshold=1.0,
        limit54=(5, 4),
        reference="index",
        alpha=0.01,
        **_R,
    ),
    "farrington": detector("farrington", limit54=(5, 4), reference="index", alpha=0.01, **_R),
    "EARS C1": detector("ears", method="C1", alpha=0.01, **_R),
    "EARS C2": detector("ears", method="C2", alpha=0.01, **_R),
    "EARS C3": detector("ears", method="C3", alpha=0.01, **_R),
    "bayes b2w4": detector("bayes", b=2, w=4, **_R),
    "rki 3": detector("rki", **_R),
    "cusum (rossi)": detector("cusum", transform="rossi", **_R),
    "glrpois": detector("glr", family="poisson", **_R),
    "glrnb": detector("glr", **_R),
    "outbreakP": detector("outbreak_p", **_R),
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
