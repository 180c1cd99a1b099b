"""The cases of make_answers.py about watching: models, histories, thresholds, answers. SIMULATED."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, cast

import numpy as np
from answers_of_counts import refused
from answers_said import Case, counted, counts_from, four, last_days, told, weeks

from analytics.counts import Counts
from analytics.monitoring import histories as kept
from analytics.monitoring.calibration import calibrate_together
from analytics.monitoring.histories import parametric, rotated, usable_history
from analytics.monitoring.null import draw_counts, factors, moments
from analytics.monitoring.thresholds import bisect, episodes_per_year, sweep
from analytics.monitoring.watch import monitor, silence


class Even:
    """Draws that are no draws, so that any version's are the same: gammas low and high in turn."""

    def __init__(self) -> None:
        self.turn = 0

    def standard_gamma(self, shape: np.ndarray) -> np.ndarray:
        """Half the mean and half as much again, in turn."""
        self.turn += 1
        return np.asarray(shape * (0.5 + (np.arange(len(shape)) + self.turn) % 2))

    def poisson(self, rate: np.ndarray) -> np.ndarray:
        """The mean, rounded."""
        return np.floor(rate + 0.5).astype(np.int64)


def even() -> np.random.Generator:
    """A generator of such draws."""
    return cast(np.random.Generator, Even())


def _days(counts: Counts) -> np.ndarray:
    return counts.starts.astype(np.int64)


@cache
def rough() -> Counts:
    """Days of 27 months: waves with a season and a busy Friday, rare ones, none, and gaps."""
    rng = np.random.default_rng(33)
    at = np.arange(821)
    rate = (1 + 0.6 * np.sin(at / 365.25 * 2 * np.pi)) * np.repeat(rng.gamma(1, 1, 118), 7)[:821]
    values = rng.poisson(np.c_[rate * (1 + 2 * (at % 7 == 3)), np.full(821, 0.05), np.zeros(821)]).astype(
        float
    )
    values[300:330, 0] = values[::9, 1] = np.nan
    values[-12:, 1] += 1
    return counted(values, "RSN")


def models() -> dict[str, Case]:
    def fitted(counts: Counts) -> Any:
        found = moments(counts.values, counts.coverage, _days(counts), counts.period_days)
        turned = np.roll(counts.values, 40, axis=0)
        again = moments(turned, counts.coverage, _days(counts), counts.period_days)
        return [found, found.model(), found.reflected(again, 1).model(), again.reflected(found, 1).season]

    def drawn(counts: Counts) -> Any:
        found = moments(counts.values, counts.coverage, _days(counts), counts.period_days).model()
        more = dataclasses.replace(found, response=found.response + 0.2, memory=found.memory + 0.3)
        some = more.take(np.array([0, -2 if len(counts.regions) > 1 else 0, 0, -1]))
        ahead = _days(counts)[-1] + counts.period_days * np.arange(1, 40)
        one = draw_counts(some, ahead[:1], even())
        return [draw_counts(some, ahead, even()).T, one, factors(some.season, some.weekday, ahead[:9])]

    flat = counts_from(weeks(), 100)
    return {
        f"{what} of {name}": lambda each=each, counts=counts: each(counts)  # type: ignore[misc]
        for what, each in (("moments", fitted), ("draws", drawn))
        for name, counts in (
            ("days", rough()),
            ("weeks", weeks()),
            ("few weeks", flat),
            ("few days", last_days(four(), 40)),
            ("three days", last_days(four(), 3)),
            ("a season's end", last_days(rough(), 723)),
            ("a day less", last_days(rough().select(["R"]), 722)),
            ("six windows", last_days(rough().select(["R"]), 336)),
            ("a day too few", last_days(rough().select(["R"]), 335)),
        )
    }


def histories() -> dict[str, Case]:
    def batch(found: Any) -> Any:
        parts = list(found)
        return [
            {
                "at": one.at,
                "size": [one.draws, one.futures, one.last, one.number, one.batches, one.counts_days],
                "ends": [one.counts.starts[0], one.counts.starts[-1], one.counts.as_of],
                "sums": one.counts.values.sum(axis=0),
                "covered": one.counts.coverage.sum(axis=0),
                "last": one.counts.values[-3:],
                "weeks": one.counts.resample("week").values[-2:],
            }
            for one in parts
        ]

    def in_batches(call: Case) -> Any:
        """The same with few counts drawn at a time."""
        whole, kept.CELLS = kept.CELLS, 2_000.0
        try:
            return call()
        finally:
            kept.CELLS = whole

    def steps(detectors: list[str]) -> Any:
        said: list[Any] = []
        found = calibrate_together(
            weeks(), detectors, 3, by="history", replicates=40, progress=lambda *step: said.append(step)
        )
        return [said, [one.threshold for one in found]]

    by_week = dataclasses.replace(rough(), freq="week")
    running = dataclasses.replace(last_days(by_week, 740), as_of=np.datetime64("2020-04-16"))
    return {
        "usable": lambda: [
            [one.starts[[0, -1]], one.as_of, one.values.sum(), one.coverage.sum()]
            for one in map(usable_history, (running, rough(), by_week, weeks()))
        ],
        "drawn": lambda: batch(parametric(last_days(by_week, 420), 6, 3, draws=2)),
        "drawn, in batches": lambda: in_batches(lambda: batch(parametric(weeks(), 4, 1, draws=2))),
        "turned, in batches": lambda: in_batches(lambda: batch(rotated(weeks(), 2, 1))),
        "calibrated, in batches": lambda: in_batches(lambda: steps(["ears_c1", "ears_c2"])),
        "drawn, weeks": lambda: batch(parametric(weeks(), 5, 1, draws=3)),
        "turned": lambda: batch(rotated(rough(), 4, 2)),
        "turned, weeks": lambda: batch(rotated(last_days(weeks().select(["B"]), 105), 200, 2)),
        "turned, two years": lambda: batch(rotated(last_days(weeks(), 104), 3, 0)),
    }


def thresholds() -> dict[str, Case]:
    rng = np.random.default_rng(5)
    alarm = rng.random((60, 3, 4)) < 0.1
    level = rng.exponential(size=(52, 2, 6)) * np.array([1.0, 2.0])[:, None]
    years = np.array([6.0, 5.0])

    def run(threshold: np.ndarray) -> Any:
        return level >= threshold[:, None], years

    less = {"replicates": 40, "seed": 4}
    two = weeks().select(["A", "B"])

    def calibrated(detectors: Any, budget: Any = 2, counts: Counts = two, **options: Any) -> Any:
        said: list[Any] = []
        found = calibrate_together(
            counts, detectors, budget, progress=lambda *step: said.append(step), **less | options
        )
        return [*(told(one) for one in found), said]

    return {
        "episodes": lambda: [
            episodes_per_year(alarm, np.array([4.0, 2.0, 0.0]), 7),
            episodes_per_year(alarm[:, :, :1], np.ones(3), 1),
        ],
        "bisect": lambda: [
            bisect(run, 0.1, 100.0, np.array([1.0, 0.4]), 7, steps=9),
            bisect(run, 1e-9, 3.0, np.ones(2), 1),
        ],
        "sweep": lambda: [
            sweep(level.transpose(1, 2, 0), years, np.full(2, r), g) for r in (0.3, 1.5) for g in (1, 3)
        ],
        "calibrated": lambda: calibrated(["ears_c1"]),
        "calibrated, bisected": lambda: calibrated(["cusum_poisson"], by="history"),
        "calibrated, two": lambda: calibrated(
            ["ears_c1", "ears_c2"], "5 per year over all regions", by="history"
        ),
        "calibrated, share": lambda: calibrated(["ears_c2"], share=0.8),
        "calibrated, turned": lambda: calibrated(["ears_c1", "ears_c3"], resample="rotation"),
        "calibrated, formula": lambda: calibrated(["cusum_nb", "rogerson"], 1, by="formula"),
        "calibrated, loosest": lambda: calibrated(["recent_window"], 60.0, by="formula"),
        "calibrated, strictest": lambda: calibrated(["recent_window", "predictive"], 1e-5),
        "calibrated, refused": lambda: [
            refused(calibrated, **{"detectors": ["ears_c1"], **more})
            for more in (
                {"by": "formula", "resample": "rotation"},
                {"share": 0.8, "by": "formula"},
                {"share": 0.8, "resample": "rotation"},
                {"share": 0.49},
                {"share": 1.0},
                {"replicates": 39},
                {"detectors": ["space_time_scan"]},
                {"budget": 0},
                {"budget": "many"},
                {"counts": last_days(two, 90), "resample": "rotation"},
            )
        ],
        "bisect, long": lambda: [
            bisect(
                lambda c: (np.tile(level, (9, 1, 1)) >= c[:, None], years * 9),
                1e-9,
                9.0,
                np.array(rate),
                days,
            )
            for rate, days in (([0.9, 3.0], 1), ([20.0, 50.0], 7), ([0.01, 0.2], 7))
        ],
        "calibrated, untested": lambda: calibrated(
            ["recent_window"], counts=last_days(two, 20), by="history"
        ),
    }


def watching() -> dict[str, Case]:
    days = last_days(rough(), 500)
    quiet = dataclasses.replace(days, values=days.values * (np.arange(500)[:, None] < 465))
    by_week = dataclasses.replace(days, freq="week", simulated=True)

    def watched(counts: Counts, *detectors: str, **options: Any) -> Any:
        said: list[Any] = []
        found = monitor(counts, detectors or None, progress=lambda *step: said.append(step), **options)
        return {
            "frame": found.frame,
            "notes": found.notes,
            "parameters": found.parameters,
            "said": said,
            "sentence": found.sentence(),
            "expectation": found.expectation(),
            "tidy": found.tidy(),
            "summary": found.summary(),
            "repr": repr(found),
            "levels": [one.sentence() for one in found.calibrations],
        }

    return {
        "watched": lambda: watched(
            by_week, "ears_c1", "recent_window", thresholds="formula", last=9, completeness=0.8
        ),
        "watched by day": lambda: watched(quiet, last=30, budget=2.0),
        "watched, history": lambda: watched(weeks(), "ears_c2", budget=12, replicates=40, seed=1, last=120),
        "watched, turned": lambda: (
            [
                watched(weeks(), "ears_c1", resample="rotation", replicates=40, last=last)["notes"]
                for last in (66, 67)
            ]
            + [
                watched(weeks(), "ears_c1", replicates=40, last=last, thresholds="history")
                for last in (118, 119)
            ]
        ),
        "watched, young": lambda: watched(
            last_days(weeks(), 30), completeness=[1, 0.9], completeness_sd=[0, 0.1]
        ),
        "watched, days": lambda: [
            watched(last_days(four(), n), last=5, thresholds="formula")["parameters"] for n in (180, 280)
        ],
        "watched, a year": lambda: watched(weeks(), "ears_c1", thresholds="formula"),
        "watched, less than 39": lambda: watched(last_days(weeks(), 39)),
        "silence": lambda: [
            silence(dataclasses.replace(days, values=days.values * (np.arange(500)[:, None] < 500 - end)))
            for end in (1, 27, 28, 29, 60, 500)
        ],
    }


PARTS = (models, histories, thresholds, watching)
