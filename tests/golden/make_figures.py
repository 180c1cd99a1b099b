"""Figures of every detector and test on small simulated counts: what they say today, to see when it changes.

    python -W ignore tests/golden/make_figures.py    # writes tests/golden/figures.json anew

They are not known to be right, only to be what they were: references are in tests/oracle and in the tests of
each method. A wanted change makes them anew, and CHANGELOG.md says why.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from analytics import detectors, monitor, uptick_test
from analytics.bundled import bundled_path
from analytics.counts import Counts
from analytics.counts.stated import state_completeness
from analytics.detectors.registry import DETECTORS
from analytics.incidents import read_incidents
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.delays.late import chain_ladder
from analytics.kernels.delays.reverse_time import pooled_curves, triangle_of
from analytics.kernels.recurrence.volatility import relative_deviation
from analytics.kernels.windows import self_exciting
from analytics.kernels.windows.alternatives import METHODS
from analytics.upticks import (
    activity_test,
    concentration_test,
    day_test,
    emerging_test,
    response_test,
    scan_test,
    severity_test,
)

FIGURES = Path(__file__).resolve().parent / "figures.json"
LAST = 3  # periods shown
DIGITS = 10


@cache
def weekly() -> Counts:
    """Three regions over five and a half years: a year's course, a rise, a fall, three weeks unknown."""
    rng = np.random.default_rng(12)
    weeks = pd.date_range("2015-01-05", periods=290, freq="7D")
    course = 1 + np.sin(np.arange(290) / 52 * 2 * np.pi)
    values = (rng.negative_binomial(2, 0.4, (290, 3)) + rng.poisson(course[:, None], (290, 3))).astype(float)
    values[-6:, 0] += 6
    values[-3:, 1] = 0
    values[200:203, 2] = np.nan
    frame = pd.DataFrame(values, index=weeks, columns=["A", "B", "C"])
    return Counts.from_frame(frame, freq="week", as_of=weeks[-1] + pd.Timedelta(days=6))


@cache
def daily() -> Counts:
    """Six regions over four years of days: bursts, a rise of the last fortnight in one, four days unknown."""
    rng = np.random.default_rng(7)
    days = pd.date_range("2016-01-04", periods=1460)
    rate = np.array([0.05, 0.2, 0.4, 0.8, 1.5, 3.0]) * np.repeat(rng.gamma(4, 0.25, (292, 6)), 5, axis=0)
    values = rng.poisson(rate).astype(float)
    values[-14:, 2] += rng.poisson(0.8, 14)
    values[-14:, 4] = rng.poisson(0.5, 14)
    values[900:904, 3] = np.nan
    values[-3:, 5] = np.nan
    frame = pd.DataFrame(values, index=days, columns=list("ABCDEF"))
    return Counts.from_frame(frame, freq="day", as_of=days[-1])


@cache
def short() -> Counts:
    """The last 80 weeks of one region."""
    found = weekly()
    start = found.starts[-80]
    frame = pd.DataFrame(
        found.values[-80:, :1].astype(float), pd.date_range(start, periods=80, freq="7D"), ["A"]
    )
    return Counts.from_frame(frame, freq="week", as_of=frame.index[-1] + pd.Timedelta(days=6))


@cache
def sample() -> Any:
    """The bundled sample, SIMULATED."""
    return read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")


def small() -> Iterator[tuple[str, Callable[[], pd.DataFrame]]]:
    """Loops on so little that they can be run without compilation."""
    for detector, options in (
        (detectors.glr, {"threshold": 3.0}),
        (detectors.glr, {"threshold": 3.0, "family": "poisson", "window": 12, "bound": True}),
        (detectors.glr, {"threshold": 2.0, "direction": "less"}),
        (detectors.cusum, {"threshold": 3.0}),
        (detectors.cusum, {"threshold": 3.0, "family": "poisson", "reset": False}),
        (detectors.ewma, {"threshold": 2.0}),
        (detectors.ears, {"method": "C1"}),
        (detectors.ears, {"method": "C2", "pvalues": True}),
        (detectors.ears, {"method": "C3"}),
        (detectors.outbreak_p, {"threshold": 10.0}),
        (detectors.e_detector, {"training": 40}),
        (detectors.rogerson, {"threshold": 3.0, "reference": 4.0, "harmonics": 0}),
    ):
        said = ", ".join(f"{key}={value}" for key, value in options.items())

        def run(detector: Any = detector, options: dict[str, Any] = options) -> pd.DataFrame:
            return detector(short(), last=8, **options).frame  # type: ignore[no-any-return]

        yield f"short: {detector.__name__}({said})", run

    def late(**options: Any) -> pd.DataFrame:
        some = state_completeness(short(), 76, 80, [0.9, 0.8, 0.6, 0.4], [0.02, 0.03, 0.05, 0.1])
        return detectors.ears(some, last=5, **options).frame

    yield "short: ears(late)", lambda: late(method="C1", pvalues=True)
    yield "short: ears(late, C2)", lambda: late(method="C2", min_sigma=1.0, alpha=0.2)
    yield "short: ears(late, C3)", lambda: late(method="C3")

    def predicted() -> pd.DataFrame:
        rng = np.random.default_rng(2)
        series = rng.poisson(rng.gamma(1, 1.0, (2, 40))).astype(float)
        series[:, -7:] += [[1.0], [0.0]]
        draws = rng.random((12, 8)), rng.standard_normal((12, 8)), rng.random(40)
        covered = np.ones(series.shape, bool)
        covered[0, 5:7] = False
        found = {
            f"ratio {ratio}": self_exciting._predictive(
                series, covered, 30, 7, np.array([1.0, 0.8]), ratio, *draws
            )
            for ratio in (2.5, 0.4)
        }
        return pd.DataFrame(found)

    yield "short: self-exciting", predicted

    def tails() -> pd.DataFrame:
        observed = np.array([0.0, 3.0, 9.0, 40.0, 12.0, 30.0])
        total = observed + np.array([2.0, 20.0, 50.0, 300.0, 900.0, 0.0])
        phi, edf = np.array([1.0, 1.5, 3.0, 2.0, 6.0, 1.2]), np.array([25.0, 8.0, 12.0, 60.0, 25.0, 5.0])
        exposure = np.array([14.0, 7.0, 14.0, 28.0, 14.0, 14.0]), np.full(6, 364.0)
        return pd.DataFrame({
            "more": mixed_tail(observed, total, *exposure, phi, edf),
            "fewer": mixed_tail(observed, total, *exposure, phi, edf, upper=False),
            "quick": mixed_tail(observed, total, *exposure, phi, edf, nodes=8, spread_nodes=8),
        })  # fmt: skip

    yield "tails", tails


def late_reports() -> Iterator[tuple[str, Callable[[], pd.DataFrame]]]:
    observed = np.array([[9.0, 4.0], [7.0, 2.0], [3.0, 1.0]])
    share = np.array([[0.9, 0.95], [0.7, 0.8], [0.3, 0.5]])

    def come(**_: Any) -> pd.DataFrame:
        found = chain_ladder(observed, share, share / 20)
        low, high = found.interval(0.9)
        return pd.DataFrame({"mean": found.mean, "low": low, "high": high})

    yield "late reports: to come", come

    def curves() -> pd.DataFrame:
        rng = np.random.default_rng(8)
        delay, age = rng.geometric(0.3, 900) - 1, rng.integers(0, 120, 900)
        seen = delay <= age
        group = rng.integers(0, 3, 900)
        triangle = triangle_of(delay[seen], age[seen], group[seen], 3, 30)
        found = pooled_curves(triangle, 1.5)
        kept = {f.name: getattr(found, f.name) for f in fields(found)}
        flat = {name: np.ravel(one)[:40] for name, one in kept.items() if isinstance(one, np.ndarray)}
        return pd.DataFrame({name: pd.Series(one.astype(float)) for name, one in flat.items()})

    yield "late reports: curves", curves

    def volatility() -> pd.DataFrame:
        found = [relative_deviation(daily().values[:, at], daily().coverage[:, at], 14) for at in range(6)]
        return pd.DataFrame([one._asdict() for one in found])

    yield "volatility", volatility


def from_registry() -> Iterator[tuple[str, Callable[[], pd.DataFrame]]]:
    for name, spec in sorted(DETECTORS.items()):
        if spec.by_region:
            yield name, lambda spec=spec: spec.run(weekly(), last=LAST).frame  # type: ignore[misc]


def with_options() -> Iterator[tuple[str, Callable[[], pd.DataFrame]]]:
    for detector, options in (
        (detectors.glr, {"change": "epidemic", "threshold": 5.0}),
        (detectors.glr, {"direction": "less", "arl": 40.0}),
        (detectors.glr, {"trend": True, "harmonics": 1}),
        (detectors.glr, {"family": "poisson", "ratio": 2.0, "min_window": 3}),
        (detectors.cusum, {"harmonics": 1}),
        (detectors.cusum, {"reset": False, "ratio": 1.5, "family": "poisson"}),
        (detectors.ewma, {"weight": 0.4, "reset": False}),
        (detectors.ears, {"baseline": 12, "min_sigma": 1.0}),
        (detectors.ears, {"method": "C3", "pvalues": True, "alpha": 0.2}),
        (detectors.farrington, {"years": 3, "trend": False}),
        (detectors.farrington, {"reweight": False, "alpha": 0.2}),
        (detectors.farrington_flexible, {"threshold_method": "nb_plugin", "alpha": 0.1}),
        (detectors.farrington_flexible, {"threshold_method": "delta", "years": 3, "no_periods": 5}),
        (detectors.rogerson, {"fir": True}),
        (detectors.rogerson, {"harmonics": 0, "shift": 2.0}),
        (detectors.bayes, {"years": 2, "half_width": 3}),
        (detectors.rki, {"years": 1, "include_current_year": True}),
        (detectors.outbreak_p, {"threshold": 20.0, "reset": False}),
        (detectors.predictive, {"bound": True, "refit": 4}),
        (detectors.e_detector, {"form": "cusum", "training": 100}),
        (detectors.recent_window, {"bound": True, "every": "week"}),
        (detectors.recent_window, {"null": "expected"}),
        (detectors.recent_window, {"null": "constant", "bound": True}),
    ):
        said = ", ".join(f"{key}={value}" for key, value in options.items())

        def run(detector: Any = detector, options: dict[str, Any] = options) -> pd.DataFrame:
            return detector(weekly(), last=LAST, **options).frame  # type: ignore[no-any-return]

        yield f"{detector.__name__}({said})", run


def claims() -> Iterator[tuple[str, Callable[[], pd.DataFrame]]]:
    known = [0.95] * 7 + [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    for options in (
        {}, {"method": "lrd_b"}, {"null": "expected"}, {"null": "auto", "completeness": known},
        {"completeness": known, "completeness_sd": [0.05] * 14}, {"direction": "less", "completeness": 1.0},
        {"shrink": True}, {"recent": 7, "guard": 14, "baseline": 364}, {"recent": "scan"},
        {"baseline": "same_weeks"}, {"margin": 1.2, "confidence": 0.8, "alpha": 0.1, "sought": 2.0},
    ):  # fmt: skip
        said = ", ".join(f"{key}={value if key[:4] != 'comp' else '...'}" for key, value in options.items())
        yield (
            f"uptick_test({said})",
            lambda options=options: uptick_test(daily(), **options).frame,  # type: ignore[misc]
        )
    yield "uptick_test(weekly)", lambda: uptick_test(weekly()).frame
    yield "uptick_test(one region)", lambda: uptick_test(daily().select(["C"])).frame
    places = np.column_stack([np.linspace(33, 36, 6), np.linspace(43, 45, 6)])
    yield "day_test", lambda: day_test(daily(), date="2019-12-31").frame
    yield "concentration_test", lambda: concentration_test(daily(), regions_inside=["C"]).frame
    yield "scan_test", lambda: scan_test(daily(), places=places, replicates=19).frame
    yield "activity_test", lambda: activity_test(sample(), as_of="2020-04-12", by="admin1").frame
    yield "severity_test", lambda: severity_test(sample(), as_of="2020-04-12").frame
    yield "response_test", lambda: response_test(sample(), as_of="2020-04-12").frame
    yield (
        "emerging_test",
        lambda: emerging_test(sample(), of="sub_event_type", as_of="2020-04-12", silence=28).frame,
    )
    seven = {"recent": 7, "guard": 14, "same_completeness": True}
    others: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("day_test", lambda: day_test(daily(), date="2019-12-30", picked=5, weekday=False, completeness=0.7)),
        ("day_test, none", lambda: day_test(daily().select(["A"]), date="2019-12-27")),
        ("concentration_test", lambda: concentration_test(daily(), regions_inside=["C", "E"], **seven)),
        ("scan_test", lambda: scan_test(daily(), places=places, replicates=19, window_max=14, history=182)),
        ("severity_test", lambda: severity_test(sample(), as_of="2020-04-12", recent=28, completeness=0.8)),
        ("response_test", lambda: response_test(sample(), as_of="2020-04-12", direction="greater", window=7)),
        ("emerging_test", lambda: emerging_test(sample(), of="event_type", as_of="2020-04-12", silence=210)),
    )
    for name, asked in others:
        yield f"{name}, otherwise", lambda asked=asked: asked().frame  # type: ignore[misc]
    yield "monitor", lambda: monitor(weekly(), detectors=["ears_c2"]).frame
    yield "monitor(several)", lambda: monitor(weekly(), ["farrington"], replicates=50).frame


def kernels() -> Iterator[tuple[str, Callable[[], pd.DataFrame]]]:
    rng = np.random.default_rng(3)
    values = rng.poisson(rng.gamma(2, [0.1, 0.4, 1.5], (406, 3)))
    values[-14:] += rng.poisson(0.3, (14, 3))
    covered = np.ones(values.shape, bool)
    covered[50:60, 1] = False
    for name, method in METHODS.items():
        if name == "self_exciting":
            continue
        for upper in (True, False):

            def run(method: Any = method, upper: bool = upper) -> pd.DataFrame:
                said = {"length": 14, "guard": 28, "completeness": 0.9, "upper": upper}
                return pd.DataFrame({"pvalue": method(values, covered, **said)})

            yield f"{name}({'greater' if upper else 'less'})", run


QUICK = dict((*small(), *late_reports(), *kernels()))  # in tenths of a second without compilation too
CASES = QUICK | dict((*from_registry(), *with_options(), *claims()))


def figures(name: str) -> dict[str, list[Any]]:
    """The columns of a case that hold numbers, verdicts or grades."""
    frame = CASES[name]().reset_index(drop=True)
    kept: dict[str, list[Any]] = {}
    for column in frame.columns:
        values = frame[column]
        if pd.api.types.is_bool_dtype(values):
            kept[str(column)] = [None if pd.isna(one) else bool(one) for one in values]
        elif pd.api.types.is_numeric_dtype(values):
            kept[str(column)] = [None if pd.isna(one) else float(f"{one:.{DIGITS}g}") for one in values]
        elif column in ("verdict", "grade", "reason"):
            kept[str(column)] = [str(one) for one in values]
    return kept


if __name__ == "__main__":
    made = {name: figures(name) for name in CASES}
    lines = [f" {json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in made.items()]
    FIGURES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(len(made), "cases", FIGURES.stat().st_size, "bytes")
