"""``uptick count --engine`` prints what reading the file prints; ``monitor --blocks`` what monitor does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import read_incidents, scan_incidents
from analytics.errors import InputError, OptionError

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


@pytest.fixture
def own_file(offices, tmp_path) -> tuple[Path, Path]:
    """Write the same rows as an office might keep them, and the mapping that says how they are read."""
    frame = pd.read_csv(offices, dtype=str, keep_default_na=False)
    own = frame.rename(columns={"id": "Nr.", "Date": "Datum", "Province": "Ort", "killed": "Tote"})
    path, mapping = tmp_path / "own.csv", tmp_path / "own.toml"
    own.to_csv(path, index=False, sep=";", encoding="cp1252")
    mapping.write_text(
        '[file]\nencoding = "cp1252"\ndate_style = "day/month/year"\ncountry = "Inventia"\n[columns]\n'
        'incident_id = "Nr."\ndate_start = "Datum"\nadmin1 = "Ort"\nfatalities = "Tote"\n',
        encoding="utf-8",
    )
    return path, mapping


@pytest.mark.parametrize(
    ("engine", "format"),
    [("duckdb", "json"), pytest.param("polars", "table", marks=pytest.mark.slow)],
)
def test_an_engine_reads_by_a_mapping_and_in_an_encoding(run, own_file, engine, format):
    path, mapping = own_file
    asked = ("count", path, "--mapping", mapping, "--where", "fatalities >= 1", "--format", format)
    whole = said(run, *asked)
    assert whole[0] == 0
    assert "Südmark" in whole[1]
    assert said(run, *asked, "--engine", engine) == whole


def test_a_scan_says_of_a_mapping_what_reading_says(own_file):
    path, mapping = own_file
    whole, scanned = (f(path, mapping=mapping, as_of=DAY) for f in (read_incidents, scan_incidents))
    assert str(scanned.accounting) == str(whole.accounting)
    assert scanned.notes == whole.notes[:-1]  # the last says who began what, which a scan tells if asked
    assert scanned.notes[0] == f"columns and ways of reading stated by {mapping}"
    assert scanned.digest == whole.digest
    # What is given goes before what is stated.
    assert scan_incidents(path, mapping=mapping, as_of=DAY, country="Otherland").country == "Otherland"


@pytest.mark.parametrize(
    ("text", "encoding", "error"),
    [
        ('[file]\nsheet = "A"\n', "cp1252", OptionError),
        ('[columns]\nadmin1 = "Nowhere"\n', "cp1252", InputError),
        ("", "cp1253x", OptionError),
        ("", "ascii", InputError),
    ],
    ids=["sheet", "column", "unknown encoding", "wrong encoding"],
)
def test_what_a_mapping_states_wrongly_is_said_by_both(own_file, text, encoding, error, snapshot):
    path, mapping = own_file
    mapping.write_text(text, encoding="utf-8")
    with pytest.raises(error) as scanned:
        scan_incidents(path, mapping=mapping, encoding=encoding)
    assert str(scanned.value).replace(str(path.parent), "FOLDER") == snapshot
    if "sheet" not in text:
        with pytest.raises(error) as whole:
            read_incidents(path, mapping=mapping, encoding=encoding)
        assert str(whole.value) == str(scanned.value)


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
