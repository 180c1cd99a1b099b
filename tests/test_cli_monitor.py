"""``uptick monitor``: what it prints and writes, its exit codes, and how it refuses."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.monitoring import monitor

DAY = "2020-04-19"


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Path:
    """Write 600 days of incidents in two places, with an uptick in one of them at the end."""
    days = pd.date_range("2018-08-28", DAY)
    rng = np.random.default_rng(7)
    number = {"Eastmark": rng.poisson(0.5, len(days)), "Westmark": rng.poisson(0.5, len(days))}
    number["Eastmark"][-14:] = 4
    frames = [pd.DataFrame({"date": days.repeat(n), "province": place}) for place, n in number.items()]
    path = tmp_path_factory.mktemp("places") / "places.csv"
    pd.concat(frames).to_csv(path, index=False, date_format="%Y-%m-%d")
    return path


@pytest.fixture
def run(run, tmp_path, monkeypatch):
    """Run ``uptick monitor`` in an empty folder, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return partial(run, "monitor")


@pytest.fixture(scope="module")
def result(places):
    return monitor(count_incidents(read_incidents(places, as_of=DAY)), "recent_window")


def test_the_answers_come_with_glyph_and_word(run, places, result):
    code, out, err = run(places, "--as-of", DAY, "--detectors", "recent_window")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == result.sentence()
    assert lines[1] == result.expectation()
    east = next(line for line in lines if line.startswith("Eastmark"))
    west = next(line for line in lines if line.startswith("Westmark"))
    assert "▲ alarm" in east
    assert "recent_window" in east
    assert "– no alarm" in west
    assert "rows read" in out
    assert "recent_window: alpha 0.0192 for a budget of 1 per region-year" in out


def test_the_account_is_one_line_unless_the_whole_is_asked_for(run):
    asked = ("--sample", "--as-of", DAY, "--detectors", "recent_window")
    account = "rows read 5,162 = kept 5,156 + set aside 6; kept 5,156 = in the grid 5,148 + unplaced 8"
    brief, whole = run(*asked)[1], run(*asked, "-v")[1]
    assert account in brief.splitlines()
    assert "duplicate id" not in brief
    assert "  set aside, duplicate id: 1\n" in whole


def test_regions_without_an_incident_share_a_line_and_are_named_below_it(run):
    asked = ("--sample", "--as-of", DAY, "--detectors", "predictive")
    lines = run(*asked)[1].splitlines()
    table = lines[4 : lines.index("", 4)]
    assert table[-1].split() == ["4", "regions", "–", "no", "alarm", "0", "0", "–"]
    assert len(table) == 1 + 14 + 1  # its head, those that had one, and the rest
    assert "○ none recorded: Dhi Qar, Duhok, Maysan, Muthanna" in lines
    written = pd.read_csv(io.StringIO(run(*asked, "--format", "csv")[1]))
    assert len(written) == 18


def test_exit_codes_for_schedulers(run, places):
    given = (places, "--as-of", DAY, "--detectors", "recent_window")
    assert run(*given)[0] == 0
    code, out, _ = run(*given, "--fail-on-alarm")
    assert code == 3
    assert "▲ alarm" in out
    assert run(*given, "--fail-on-alarm", "--regions", "Westmark")[0] == 0
    code, out, err = run("nowhere.csv", "--as-of", DAY, "--fail-on-alarm")
    assert (code, out) == (2, "")
    assert err.startswith("uptick: ")


def test_csv(run, places, result):
    code, out, err = run(places, "--as-of", DAY, "--detectors", "recent_window", "--format", "csv")
    table = pd.read_csv(io.StringIO(out))
    assert code == 0
    assert table["answer"].tolist() == result.answers().tolist() == ["alarm", "no alarm"]
    assert table["since"].tolist()[0] == str(result.frame["since"][0].date())
    assert "simulated" not in table
    assert result.sentence() in err


def test_json_to_a_file(run, places, result, tmp_path):
    code, out, err = run(
        places, "--as-of", DAY, "--detectors", "ears_c1,cusum_nb", "--budget", "2 per region-year",
        "--replicates", 40, "-o", "now.json", "--fail-on-alarm",
    )  # fmt: skip
    found = json.loads((tmp_path / "now.json").read_text(encoding="utf-8"))
    assert (code, out) == (3, "")
    assert "wrote now.json" in err
    assert found["command"] == "monitor"
    assert found["parameters"]["budget"] == "2 per region-year"
    assert found["parameters"]["budget_per_region_year"] == 2.0
    assert [row["region"] for row in found["regions"]] == ["Eastmark", "Westmark"]
    assert found["regions"][0]["alarm"] is True
    assert found["regions"][1]["since"] is None
    assert [row["detector"] for row in found["detectors"]] == ["ears_c1", "cusum_nb"]
    assert len(found["detectors"][1]["thresholds"]) == 2
    assert any(row["ongoing"] for row in found["episodes"])
    assert found["sentence"] in err


def test_options_reach_the_thresholds(run, places):
    counts = count_incidents(read_incidents(places, as_of=DAY))
    code, out, _ = run(
        places, "--as-of", DAY, "--detectors", "ears_c1", "--budget", "4 per year over all regions",
        "--thresholds", "history", "--share", 0.9, "--replicates", 40, "--seed", 5, "--last", 20,
        "--format", "json",
    )  # fmt: skip
    found = json.loads(out)
    expected = monitor(
        counts, "ears_c1", 2.0, thresholds="history", share=0.9, replicates=40, seed=5, last=20
    ).calibrations[0]
    assert code == 0
    assert [row["threshold"] for row in found["detectors"][0]["thresholds"]] == expected.threshold.tolist()
    assert found["parameters"]["last"] == 20


def test_a_running_week_is_not_among_the_periods_tested(run, places):
    code, out, _ = run(places, "--as-of", "2020-04-16", "--detectors", "recent_window", "--format", "json")
    found = json.loads(out)
    assert (code, found["parameters"]["last"]) == (0, 52)
    assert found["regions"][0]["label"] == "2020-W15"


def test_help_says_when_it_exits_with_3(run):
    code, out, _ = run("--help")
    assert code == 0
    assert "3 done, and a region has an alarm (with --fail-on-alarm)" in " ".join(out.split())


def test_days(run, places):
    code, out, _ = run(places, "--as-of", DAY, "--freq", "day", "--detectors", "ears_c1", "--format", "json")
    assert code == 0
    assert json.loads(out)["regions"][0]["label"] == DAY


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--detectors", "ears_c4"), "unknown detector 'ears_c4'"),
        (("--detectors", "ears_c1,,rki"), "empty place between commas"),
        (("--detectors", "space_time_scan"), "answers for all regions at once"),
        (("--budget", "some"), "the budget cannot be read"),
        (("--budget", "0"), "must be above zero"),
        (("--last", "0"), "last is not usable"),
        (("--thresholds", "guess"), "unknown source of thresholds 'guess'"),
        (("--share", "0.9", "--thresholds", "formula"), "share needs models"),
        (("--resample", "rotation"), "what to do: --resample parametric"),
        (("--detectors", "rki", "--thresholds", "formula"), "take the thresholds from the history"),
        (("--detectors", "ears_c1", "--seed", "-1"), "seed is not usable"),
        (("--freq", "day", "--detectors", "farrington_flexible"), "tests week by week"),
    ],
)
def test_what_cannot_be_used_is_one_message(run, places, given, said):
    code, out, err = run(places, "--as-of", DAY, *given)
    assert (code, out) == (2, "")
    assert err.startswith("uptick: ")
    assert said in err
    assert "Traceback" not in err
    assert "--by" not in err  # the command's --by is another thing


@pytest.mark.slow
def test_a_plain_terminal_gets_plain_signs(places):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "analytics", "monitor", str(places), "--as-of", DAY, "--fail-on-alarm"],
        capture_output=True,
        env=environment,
    )
    out = done.stdout.decode("ascii")
    assert done.returncode == 3
    assert "^ alarm" in out
    assert "- no alarm" in out
    assert done.stderr == b""  # no progress where there is no terminal


def test_simulated_counts_are_called_so(run):
    code, out, err = run("--sample", "--as-of", DAY, "--last", 8, "--format", "csv")
    assert code == 0
    assert pd.read_csv(io.StringIO(out))["simulated"].all()
    assert "SIMULATED data: " in err


def test_untested_regions_say_why(run, places, tmp_path):
    rows = pd.read_csv(places)
    young = pd.DataFrame({"date": ["2020-04-01", "2020-04-18"], "province": "Newmark"})
    pd.concat([rows, young]).to_csv(tmp_path / "three.csv", index=False)
    code, out, _ = run(
        "three.csv", "--as-of", DAY, "--detectors", "recent_window",
        "--no-coverage", "2018-08-28..2020-02-01@Newmark",
    )  # fmt: skip
    line = next(line for line in out.splitlines() if line.startswith("Newmark"))
    assert code == 0
    assert "? not tested" in line
    assert "baseline has coverage for fewer" in line


def test_blocks_say_why_a_region_is_not_tested(run, places, tmp_path):
    asked = (places, "--as-of", DAY, "--detectors", "recent_window", "--last", "2", "--block", "1")
    for gap, why in (((), None), (("--no-coverage", f"2020-04-10..{DAY}@Westmark"), "no coverage")):
        code, out, err = run(*asked, *gap, "--blocks", tmp_path / f"out{len(gap)}")
        assert code == 0, err
        head = next(line for line in out.splitlines() if line.startswith("region"))
        west = next(line for line in out.splitlines() if line.startswith("Westmark"))
        assert head.split()[-1] == ("false" if why is None else "why")
        assert ("not tested" in west, "coverage" in west) == (why is not None,) * 2, west
