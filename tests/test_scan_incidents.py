"""Incidents scanned in an engine are those read whole: the account of the rows, and what is counted."""

from __future__ import annotations

import csv
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scanned_rows import AS_OF, COUNTS, nasty, same_account, same_counts

from analytics import count_incidents, read_incidents, scan_incidents
from analytics.errors import OptionError
from analytics.incidents.lazy import narrowing, scanning
from analytics.sources.registry import find_source, source_names


def in_duckdb(frame: pd.DataFrame):
    engine = ibis.duckdb.connect()
    engine.con.register("incidents", frame.assign(n=range(len(frame))))
    return engine.table("incidents")


def in_polars(frame: pd.DataFrame):
    table = pl.DataFrame({**{name: frame[name].tolist() for name in frame}, "n": range(len(frame))})
    return ibis.polars.connect(tables={"incidents": table}).table("incidents")


ENGINES = {"duckdb": in_duckdb, "polars": in_polars}


def check(engine: str, kind: str, seed: int, size: int, counts: int = 2) -> None:
    frame = nasty(kind, seed, size)
    whole = read_incidents(frame, kind, as_of=AS_OF)
    scanned = scan_incidents(ENGINES[engine](frame), kind, order="n", as_of=AS_OF)
    same_account(whole, scanned)
    for asked in COUNTS[kind][-counts:]:
        same_counts(count_incidents(whole, **asked), count_incidents(scanned, **asked))


@pytest.mark.parametrize(("engine", "kind"), [("duckdb", "acled"), ("polars", "table")])
def test_what_is_scanned_is_what_is_read(engine, kind):
    check(engine, kind, seed=1, size=400, counts=1)


FIRST = ("acled", "ucdp", "gdelt", "table")


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in COUNTS if kind not in FIRST])
def test_the_other_sources_are_scanned_too(kind):
    check("duckdb", kind, seed=1, size=120, counts=1)


def test_a_source_whose_rules_are_not_told_apart_is_read_whole(monkeypatch):
    assert all(find_source(name).scannable for name in source_names())
    undeclared = replace(find_source("gtd"), decides=())
    monkeypatch.setattr(scanning, "source_of", lambda *_: undeclared)
    with pytest.raises(OptionError, match="GTD is read whole") as raised:
        scan_incidents(in_duckdb(nasty("gtd", 1, 5)), "gtd")
    assert "read_incidents" in str(raised.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIRST)
@pytest.mark.parametrize("equal", [0.0, 1.0])
def test_rows_that_are_equal_may_be_put_together(monkeypatch, kind, equal):
    monkeypatch.setattr(narrowing, "EQUAL", equal)
    check("duckdb", kind, seed=11, size=200)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", FIRST)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), size=st.integers(5, 300))
def test_whatever_the_rows_are(engine, kind, seed, size):
    check(engine, kind, seed, size)


@pytest.mark.slow
def test_text_is_split_in_pieces_and_scanned(tmp_path):
    frame = pd.concat([nasty("table", seed, 500) for seed in (3, 4)], ignore_index=True)
    frame["Date"] = frame["Date"].mask(frame["Date"].str.contains("April|Mar|May"), "2020-04-20")
    path = tmp_path / "office.csv"
    frame.to_csv(path, index=False, sep=";")
    whole, scanned = read_incidents(path, as_of=AS_OF), scan_incidents(path, as_of=AS_OF)
    same_account(whole, scanned)
    assert scanned.digest == whole.digest
    assert sorted(scanned.quarantine.select("row").to_pandas()["row"]) == sorted(
        row
        for row, why in zip(whole.quarantine["row"], whole.quarantine["reason"], strict=True)
        if why != "duplicate id"
    )
    same_counts(*(count_incidents(one, by="Province") for one in (whole, scanned)))


@pytest.mark.slow
def test_gdelt_as_downloaded_is_scanned(tmp_path):
    path = tmp_path / "20200413.export.CSV"
    names = find_source("gdelt").layouts[0].names
    rows = nasty("gdelt", 5, 300).iloc[:-3].reset_index(drop=True)
    rows["MonthYear"], rows["Year"] = "202004", "2020"
    rows["GLOBALEVENTID"] = [str(10**9 + at) for at in range(len(rows))]
    rows["SQLDATE"] = rows["SQLDATE"].mask(rows["SQLDATE"] == "", "20200413")
    rows["SQLDATE"] = rows["SQLDATE"].mask(rows["SQLDATE"] == "00250413", "19250413")
    rows["SOURCEURL"] = 'a "quote'
    rows.reindex(columns=names, fill_value="").to_csv(
        path, sep="\t", header=False, index=False, quoting=csv.QUOTE_NONE, quotechar=None
    )
    whole, scanned = read_incidents(path, as_of=AS_OF), scan_incidents(path, as_of=AS_OF)
    same_account(whole, scanned)
    same_counts(*(count_incidents(one, by="country") for one in (whole, scanned)))


@pytest.mark.slow
def test_columns_that_have_types_are_scanned(tmp_path):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "event_id": np.r_[rng.integers(0, 150, 150), np.arange(1000, 1050)],
            "date": pd.date_range("2020-01-01", periods=200) + pd.to_timedelta(rng.integers(0, 9, 200), "h"),
            "admin1": rng.choice(["Kirkuk", "Diyala", None], 200),
            "latitude": rng.choice([35.4, 0.0, 95.0, np.nan], 200),
            "longitude": rng.choice([44.3, 0.0, np.nan], 200),
            "killed": pd.array(rng.choice([0, 1, 5, -1], 200), dtype="Int64"),
            "updated_at": pd.to_datetime("2020-08-01") + pd.to_timedelta(rng.integers(0, 3, 200), "D"),
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    whole = read_incidents(tmp_path / "a.parquet", as_of="2020-08-02")
    scanned = scan_incidents(tmp_path / "a.parquet", as_of="2020-08-02")
    same_account(whole, scanned)
    for asked in ({}, {"as_of": "2020-05-01", "where": "latitude > 1 and not fatalities is missing"}):
        same_counts(count_incidents(whole, **asked), count_incidents(scanned, **asked))
    frame.iloc[:90].to_parquet(tmp_path / "b1.parquet")
    frame.iloc[90:].to_parquet(tmp_path / "b2.parquet")
    parts = scan_incidents(str(tmp_path / "b*.parquet"), as_of="2020-08-02", memory="500MB")
    same_account(whole, parts)
    without = scan_incidents(tmp_path / "a.parquet", as_of="2020-08-02", repeats=False)
    assert without.accounting.superseded == 0
    assert len(without) == 200 - without.reasons["coordinates outside the globe"]


@pytest.mark.parametrize("first", ["1969-12-22", "1970-01-01"])
def test_weeks_of_1970_are_scanned_as_read(first):
    days = pd.date_range("1969-12-20", "1970-02-20")
    frame = pd.DataFrame(
        {"date": days.strftime("%Y-%m-%d"), "admin1": ["Eastmark", "Westmark"] * 31 + ["Eastmark"]}
    )
    whole = read_incidents(frame, "table", as_of="1970-02-22")
    scanned = scan_incidents(in_duckdb(frame), "table", order="n", as_of="1970-02-22")
    for asked in ({"freq": "day"}, {"freq": "day", "regions": ["Westmark"]}):
        found = count_incidents(scanned, start=first, by="admin1", **asked)
        same_counts(count_incidents(whole, start=first, by="admin1", **asked), found)
        assert found.values.sum() > 20


@pytest.mark.slow
def test_the_canonical_table_is_the_frame():
    frame = nasty("acled", 7, 150)
    whole = read_incidents(frame, "acled").frame.drop(columns=["row", "flags"])
    table = scan_incidents(in_duckdb(frame), "acled", order="n").table.to_pandas()
    key = ["incident_id", "date_start", "admin1"]
    blank = whole["incident_id"].str.startswith("row-")
    whole, table = whole[~blank], table[~table["incident_id"].str.startswith("row-")]
    whole, table = (one.sort_values(key, ignore_index=True) for one in (whole, table))
    for name in whole:
        left, right = (one[name].astype(whole[name].dtype) for one in (whole, table))
        pd.testing.assert_series_equal(left, right, check_names=False)
