"""``uptick count --engine`` prints what reading the file prints; ``monitor --blocks`` what monitor does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

DAY = "2020-04-19"


@pytest.fixture(scope="module")
def offices(tmp_path_factory) -> Path:
    """Write a year of incidents in three places, with blanks, copies, odd dates and a second version."""
    rng = np.random.default_rng(3)
    size = 400
    days = pd.Series(np.datetime64("2019-04-20") + np.sort(rng.integers(0, 366, size))).dt.strftime(
        "%d/%m/%Y"
    )
    frame = pd.DataFrame(
        {
            "No": [f"E{at}" for at in range(size)],
            "Date": days.mask(rng.random(size) < 0.02, "soon"),
            "Province": rng.choice(["Eastmark", "Westmark ", "Südmark", ""], size),
            "killed": rng.choice(["0", "2", "x"], size),
            "updated_at": rng.choice(["2020-04-19", ""], size, p=[0.9, 0.1]),
        }
    ).rename(columns={"No": "id"})
    path = tmp_path_factory.mktemp("offices") / "office.csv"
    pd.concat([frame, frame.iloc[:7], frame.iloc[3:19].assign(killed="1")]).to_csv(path, index=False)
    return path


def said(run, *words: object) -> tuple[int, str, str]:
    return run(*words, "--as-of", DAY)


@pytest.mark.parametrize(
    ("engine", "format"),
    [
        ("duckdb", "table"),
        pytest.param("duckdb", "json", marks=pytest.mark.slow),
        pytest.param("polars", "csv", marks=pytest.mark.slow),
    ],
)
def test_an_engine_prints_what_reading_prints(run, offices, engine, format):
    asked = ("count", offices, "--where", "fatalities >= 1", "--format", format)
    whole = said(run, *asked)
    assert whole[0] == 0
    assert "superseded" in whole[1] + whole[2] or format == "json"
    assert said(run, *asked, "--engine", engine) == whole


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_pattern_of_files_is_counted_where_it_lies(run, offices, tmp_path, engine):
    frame = pd.read_csv(offices, dtype=str, keep_default_na=False)
    frame.iloc[:150].to_parquet(tmp_path / "1.parquet")
    frame.iloc[150:].to_parquet(tmp_path / "2.parquet")
    whole = said(run, "count", offices, "--format", "csv")[1]
    more = ("--memory", "500MB") if engine == "duckdb" else ()
    found = said(run, "count", tmp_path / "*.parquet", "--format", "csv", "--engine", engine, *more)
    assert found[:2] == (0, whole)


@pytest.mark.parametrize(
    "words",
    [
        ("count", "FILE", "--engine", "sqlite"),
        ("count", "FILE", "--engine", "duckdb", "--sheet", "2", "--encoding", "utf-8"),
        ("count", "FILE", "--table", "incidents"),
        ("count", "FILE", "--engine", "polars", "--memory", "2GB"),
        ("count", "--engine", "duckdb"),
        ("count", "postgres://office@127.0.0.1:1/rows"),
        ("monitor", "FILE", "--block", "5"),
    ],
    ids=lambda words: " ".join(words),
)
def test_what_an_engine_cannot_do_is_said(run, offices, snapshot, words):
    code, out, err = said(run, *(offices if word == "FILE" else word for word in words))
    assert (code, out) == (2, "")
    assert err.replace(str(offices), "FILE") == snapshot


@pytest.mark.slow
def test_the_last_day_is_named_where_none_is_given(run, offices):
    code, _, err = run("count", offices, "--engine", "duckdb")
    assert code == 2
    assert err == run("count", offices)[2]


def test_blocks_answer_as_monitor_does(run, offices, tmp_path):
    asked = ("monitor", offices, "--detectors", "recent_window", "--thresholds", "formula", "--format", "csv")
    whole = said(run, *asked)
    blocked = said(run, *asked, "--blocks", tmp_path / "out", "--block", "2", "--last", "4")
    assert blocked[0] == whole[0] == 0
    names = ["region", "answer", "period", "observed"]
    left, right = (
        pd.read_csv(pd.io.common.StringIO(text), comment="#")[names] for text in (whole[1], blocked[1])
    )
    pd.testing.assert_frame_equal(left, right)
    assert len(list((tmp_path / "out" / "alarms").glob("*.parquet"))) == 2
    again = said(run, *asked[:-2], "--blocks", tmp_path / "out", "--block", "2", "--last", "4")
    assert f"2 blocks in {tmp_path / 'out'}" in again[1]
