"""Incidents scanned in an engine are those read whole: the account of the rows, and what is counted."""

from __future__ import annotations

import csv

import ibis
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import count_incidents, read_incidents, scan_incidents
from analytics.incidents.lazy import narrowing
from analytics.sources.registry import find_source

AS_OF = "2020-06-30"
BLANKS = ["", "", " ", "NULL", "NA", "-"]
PLACES = [
    "Kirkuk",
    "Kirkuk ",
    "kirkuk",
    "Diyala",
    "Diyala",
    "At-Ta'mim",
    "Al  Anbar",
    'Say "Ninewa"',
    "Erbīl",
    "Nowhere",
]
DATES = {
    "iso": [
        "2020-04-13",
        "2020-04-14",
        " 2020-05-01",
        "2020-05-02 10:00:00",
        "2020-03-09",
        "2020-03-01",
        "2020-06-30",
    ],
    "named": ["13 April 2020", "14 April 2020", "1 May 2020", "02 May 2020", "9 Mar 2020", "1 March 2020"],
    "odd": ["0025-04-13", "soon", "", "2020-02-30", "2020-07-09", "2021-01-01", "2020-04"],
}
NUMBERS = ["0", "1", "2", "3", "", "many", "-1", "2.5", "1e10", "7 ", "unknown", "x"]
DEGREES = ["35.4", "44.3", "0", "", "unknown", "91.5", "-12.25", "x"]


def nasty(kind: str, seed: int, size: int) -> pd.DataFrame:
    """Rows of a source with most of what is wrong in real ones; the same for a seed."""
    rng = np.random.default_rng(seed)

    def some(*pools: list[str], odd: float = 0.1) -> np.ndarray:
        return np.where(rng.random(size) < odd, rng.choice(pools[-1], size), rng.choice(pools[0], size))

    names = [f"E{n}" for n in range(max(3, size // 2))]
    columns: dict[str, np.ndarray] = {}
    if kind == "acled":
        columns = {
            "event_id_cnty": some(names, BLANKS, odd=0.05),
            "event_date": some(DATES[rng.choice(["iso", "named"])], DATES["odd"], odd=0.15),
            "year": some(["2020"], ["2019", ""]),
            "time_precision": some(["1", "1", "2", "3"], ["", "9"]),
            "event_type": some(
                ["Battles", "Violence against civilians", "Explosions/Remote violence"], BLANKS
            ),
            "sub_event_type": some(["Armed clash", "Arrests", "Attack"], BLANKS),
            "actor1": some(["Unidentified Armed Group", "IS", "Police Forces"], BLANKS),
            "actor2": some(["Civilians", "ISIS "], BLANKS),
            "inter1": some(["1", "Rebel group", "3.0", "8"], ["77", ""]),
            "country": some(["Iraq"], ["", "iraq"]),
            "admin1": some(PLACES, BLANKS),
            "latitude": some(DEGREES[:2], DEGREES),
            "longitude": some(DEGREES[:2], DEGREES),
            "geo_precision": some(["1", "2"], ["3", "x"]),
            "source": some(["AP", "AP; Reuters", "Rudaw"], BLANKS),
            "fatalities": some(["0", "1", "4"], NUMBERS),
            "timestamp": some(["1588000000", "1588900000", "1589000000"], ["", "never"]),
        }
    elif kind == "ucdp":
        columns = {
            "id": some(names, BLANKS, odd=0.05),
            "type_of_violence": some(["1", "2", "3"], ["", "4"]),
            "code_status": some(["Clear"], ["Check deaths", "clear"]),
            "side_a": some(["Government of Iraq", "IS"], BLANKS),
            "side_b": some(["IS", "Civilians"], BLANKS),
            "gwnoa": some(["", "645"], ["", "645"]),
            "date_start": some(DATES["iso"][:4], DATES["odd"]),
            "date_end": some(DATES["iso"], DATES["odd"]),
            "where_prec": some(["1", "4"], ["9", ""]),
            "country": some(["Iraq", "Nigeria"], [""]),
            "adm_1": some(["Kirkūk province", "Borno state", *PLACES], BLANKS),
            "latitude": some(DEGREES[:2], DEGREES),
            "longitude": some(DEGREES[:2], DEGREES),
            "best": some(["0", "1", "9"], NUMBERS),
            "low": some(["0", "1"], NUMBERS),
            "high": some(["3", "9"], NUMBERS),
        }
    elif kind == "gdelt":
        columns = {
            "GLOBALEVENTID": some(names, BLANKS, odd=0.05),
            "SQLDATE": some(["20200413", "20200414", "20200501"], ["20200230", "", "00250413", "20190101"]),
            "EventCode": some(["190", "0231", "173"], ["", "18"]),
            "EventRootCode": some(["19", "02", "17"], ["", "1"]),
            "ActionGeo_Type": some(["4", "1", "5"], ["", "0"]),
            "ActionGeo_FullName": some(["Kirkuk, At Ta'mim, Iraq", "Iraq", "Baghdad, Iraq"], BLANKS),
            "ActionGeo_CountryCode": some(["IZ"], BLANKS),
            "ActionGeo_Lat": some(DEGREES[:2], DEGREES),
            "ActionGeo_Long": some(DEGREES[:2], DEGREES),
            "DATEADDED": some(["20200413", "20200502"], ["", "20200701", "20200101", "x"]),
        }
    else:
        columns = {
            "Incident No": some(names, BLANKS, odd=0.05),
            "Date": some(DATES[rng.choice(["iso", "named"])], DATES["odd"], odd=0.15),
            "end date": some([""], DATES["iso"]),
            "Province": some(PLACES, BLANKS),
            "District": some(["Daquq", "Hawija", "Tuz "], BLANKS),
            "Type": some(["IED", "saf", "İED", "STRASSE", "Straße"], BLANKS),
            "initiator": some(["insurgent", "State"], ["", "who"]),
            "civilian_targeting": some(["yes", "no"], ["", "maybe"]),
            "killed": some(["0", "1", "12"], NUMBERS),
            "wounded": some(["0", "1"], NUMBERS),
            "Lat": some(DEGREES[:2], DEGREES),
            "Lon": some(DEGREES[:2], DEGREES),
            "reported_on": some(DATES["iso"], ["", "2020-07-02", "x"]),
            "updated_at": some(["2020-05-01T10:00:00", "2020-05-02"], ["", "x"]),
            "Shift": some(["1", "2", "03"], ["", "night"]),
            "Score": some(["1", "2"], ["", "5"]),
        }
    frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    again = frame.iloc[rng.integers(0, size, size // 12)]
    blank = pd.DataFrame(
        [dict.fromkeys(frame, ""), dict(zip(frame, frame, strict=True)), dict.fromkeys(frame, "#tag")]
    )
    return pd.concat([frame, again, blank.astype("str")], ignore_index=True).astype("str")


def in_duckdb(frame: pd.DataFrame):
    engine = ibis.duckdb.connect()
    engine.con.register("incidents", frame.assign(n=range(len(frame))))
    return engine.table("incidents")


def in_polars(frame: pd.DataFrame):
    table = pl.DataFrame({**{name: frame[name].tolist() for name in frame}, "n": range(len(frame))})
    return ibis.polars.connect(tables={"incidents": table}).table("incidents")


ENGINES = {"duckdb": in_duckdb, "polars": in_polars}
COUNTS = {
    "acled": [
        {"no_coverage": ["2020-04-20..2020-04-25"]},
        {
            "where": "not (actor contains 'is' and fatalities >= 1) or date_start < '2020-04-01'",
            "value": "fatalities",
        },
    ],
    "ucdp": [
        {"by": "country,admin1", "span": "exclude", "start": "2020-03-01"},
        {
            "where": "initiator = 'state' or side_b is missing or fatalities in (0, 9)",
            "by": "type_of_violence",
        },
    ],
    "gdelt": [
        {"by": "country"},
        {"where": "not activity = 'clash' and reported_on >= 2020-04-14", "by": "admin1"},
    ],
    "table": [
        {"by": "Province,Type", "value": "fatalities", "as_of": "2020-05-10"},
        {
            "by": "Shift",
            "where": "Type contains 'İe' or Type = 'Straße' or not Score > 1 or civilian_targeting = true",
        },
    ],
}


def same_account(whole, scanned):
    assert scanned.accounting.__dict__ == whole.accounting.__dict__
    assert len(scanned) == len(whole)
    assert (scanned.first_date, scanned.last_date) == (whole.first_date, whole.last_date)


def same_counts(one, other):
    for name in ("values", "coarse", "unplaced", "coverage", "starts"):
        left, right = getattr(one, name), getattr(other, name)
        np.testing.assert_array_equal(left, right, err_msg=name)
        assert left.dtype == right.dtype
    assert repr(one.completeness) == repr(other.completeness)
    for name in (
        "regions",
        "accounting",
        "silences",
        "splices",
        "by",
        "countries",
        "parents",
    ):
        assert getattr(one, name) == getattr(other, name), name
    if one.outlets is None:
        assert other.outlets is None
    else:

        def told(outlets):
            return sorted(zip(outlets.outlet, outlets.region, outlets.days, outlets.share, strict=True))

        assert one.outlets.names == other.outlets.names
        assert told(one.outlets) == told(other.outlets)


def check(engine: str, kind: str, seed: int, size: int) -> None:
    frame = nasty(kind, seed, size)
    whole = read_incidents(frame, kind, as_of=AS_OF)
    scanned = scan_incidents(ENGINES[engine](frame), kind, order="n", as_of=AS_OF)
    same_account(whole, scanned)
    for asked in COUNTS[kind]:
        same_counts(count_incidents(whole, **asked), count_incidents(scanned, **asked))


@pytest.mark.parametrize(("engine", "kind"), [("duckdb", "acled"), ("polars", "table")])
def test_what_is_scanned_is_what_is_read(engine, kind):
    check(engine, kind, seed=1, size=400)


@pytest.mark.slow
@pytest.mark.parametrize("kind", COUNTS)
@pytest.mark.parametrize("equal", [0.0, 1.0])
def test_rows_that_are_equal_may_be_put_together(monkeypatch, kind, equal):
    monkeypatch.setattr(narrowing, "EQUAL", equal)
    check("duckdb", kind, seed=11, size=200)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", COUNTS)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), size=st.integers(5, 300))
def test_whatever_the_rows_are(engine, kind, seed, size):
    check(engine, kind, seed, size)


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
