"""``uptick evaluate``: what it prints, writes and draws, and how it refuses."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.bundled import bundled_path
from analytics.counts import count_incidents
from analytics.evaluation import evaluate
from analytics.evaluation.results import EvaluationResult
from analytics.incidents import read_incidents
from analytics.plots.evaluation import evaluation_figure, plot_caught, plot_delay

DAY = "2020-04-19"
SMALL = ("--as-of", DAY, "--detectors", "ears_c1", "--replicates", "2")
QUICK = ("--sample", "--as-of", DAY, "--detectors", "ears_c1,recent_window", "--replicates", "3")


@pytest.fixture
def run(run, tmp_path, monkeypatch):
    """Run ``uptick evaluate`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return partial(run, "evaluate")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Write 500 days of incidents in two places."""
    days = pd.date_range("2018-12-07", periods=500)  # to 2020-04-19
    rng = np.random.default_rng(1)
    frames = [
        pd.DataFrame({"date": days.repeat(rng.poisson(0.3, 500)), "province": place})
        for place in ("Eastmark", "Westmark")
    ]
    path = tmp_path_factory.mktemp("places") / "two_places.csv"
    pd.concat(frames).to_csv(path, index=False, date_format="%Y-%m-%d")
    return path


@pytest.fixture(scope="module")
def result() -> EvaluationResult:
    incidents = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of=DAY)
    return evaluate(count_incidents(incidents), detectors=["ears_c1", "recent_window"], replicates=3)


def test_the_table_has_glyphs_and_says_it_is_simulated(run, result):
    code, out, err = run(*QUICK)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == result.sentence()
    assert lines[0].startswith("SIMULATED data: At 1 false-alarm episode a region-year, ")
    rows = [line for line in lines if line.startswith(("ears_c1", "recent_window"))]
    assert len(rows) == 2
    assert all(any(sign in row for sign in ("– kept", "▲ exceeded", "? cannot be told")) for row in rows)
    assert "rows read 5,162" in out
    assert "note: the upticks are simulated" in out


def test_csv_and_json_hold_the_numbers_of_the_function(run, result):
    code, out, err = run(*QUICK, "--format", "csv")
    assert code == 0
    assert "the upticks are simulated" in err
    table = pd.read_csv(io.StringIO(out))
    assert table["simulated"].all()
    expected = result.frame["pod"].to_numpy()
    assert table["pod"].to_numpy() == pytest.approx(expected)
    code, out, _ = run(*QUICK, "-o", "found.json")
    assert (code, out) == (0, "")
    record = json.loads(Path("found.json").read_text(encoding="utf-8"))
    assert record["simulated"] is True
    assert record["parameters"]["uptick"] == {"ratio": 3.0, "size": None, "length": 14, "shape": "block"}
    assert [row["detector"] for row in record["detectors"]] == ["ears_c1", "recent_window"]
    assert len(record["regions"]) == 2 * 18
    assert record["sentence"] == result.sentence()


def test_options_reach_the_evaluation(run, small):
    code, out, _ = run(
        small, *SMALL, "--size", 5, "--length", 10, "--shape", "ramp", "--budget", "0.5 per region-year",
        "--last", 26, "--seed", 4, "--format", "json",
    )  # fmt: skip
    assert code == 0
    parameters = json.loads(out)["parameters"]
    assert parameters["uptick"] == {"ratio": None, "size": 5, "length": 10, "shape": "ramp"}
    assert (parameters["budget"], parameters["last"], parameters["seed"]) == ("0.5 per region-year", 26, 4)
    assert parameters["budget_per_region_year"] == 0.5


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")])
def test_the_picture(run, small, tmp_path, name, begins):
    code, out, err = run(small, *SMALL, "--figure", name)
    assert code == 0
    assert f"wrote {name}" in err
    assert "SIMULATED" not in out  # the incidents are not, the upticks are
    assert "note: the upticks are simulated" in out
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_what_the_picture_shows(result):
    figure = evaluation_figure(result)
    left, right = figure.axes
    assert "region-year" in left.get_xlabel()
    assert left.get_ylabel() == "upticks caught, %"
    assert any(text.get_text() == "SIMULATED" for text in left.texts)
    best = result.ranked().iloc[0]
    assert best["detector"] in figure._suptitle.get_text()
    assert right.get_yticklabels()[0].get_text() == f"{best['detector']}: {100 * best['matched_pod']:.0f} %"
    assert plot_caught(result).get_ylim() == (0, 100)
    assert plot_delay(result).get_xlabel().startswith("delay at the budget, weeks")


def test_a_budget_no_threshold_reaches_is_drawn_too(result):
    frame = result.frame.copy()
    frame[[name for name in frame.columns if name.startswith("matched_")]] = np.nan
    none = replace(result, frame=frame, curve=result.curve.iloc[:0])
    figure = evaluation_figure(none)
    assert "can be moved" in figure._suptitle.get_text()
    assert "no detector's threshold can be moved" in none.sentence().replace("No", "no")
    figure.canvas.draw()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--detectors", "ears_c4"), "unknown detector 'ears_c4'"),
        (("--detectors", "ears_c1,"), "--detectors has an empty place"),
        (("--detectors", "ears_c1,ears_c1"), "a detector stands twice"),
        (("--budget", "often"), "budget"),
        (("--ratio", "2", "--size", "3"), "both --ratio and --size"),
        (("--ratio", "0.5"), "ratio must be above 1"),
        (("--shape", "blok"), "unknown shape 'blok'"),
        (("--length", "4000"), "does not fit"),
        (("--replicates", "0"), "replicates is not usable"),
        (("--thresholds", "guess"), "unknown thresholds 'guess'"),
        (("--last", "2"), "last is no number of weeks to evaluate on"),
        (("--figure", "a.txt"), "--figure is no picture"),
        (("--figure", "a.png", "-o", "a.png"), "--output ends in .png, and what is written is text"),
        (("--frobnicate",), "no option --frobnicate"),
    ],
)
def test_one_clear_message_and_nothing_written(run, small, tmp_path, more, said):
    code, out, err = run(small, *SMALL, *more)
    assert (code, out) == (2, "")
    assert err.startswith("uptick")
    assert said in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_help_answers(run):
    code, out, _ = run("--help")
    assert code == 0
    for option in ("--detectors", "--budget", "--ratio", "--size", "--figure", "--thresholds"):
        assert option in out
