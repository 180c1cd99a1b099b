"""Rows that stay where they lie, in rare cases: the same answer as of the file read whole, or one error."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from analytics import count_incidents, read_incidents
from analytics.errors import InputError, OptionError, UptickError
from analytics.incidents import reading
from analytics.incidents.lazy import pieces, raw, scan_incidents, scanning
from analytics.sources import swift
from analytics.sources.files import load
from analytics.sources.registry import find_source
from analytics.sources.source import Dates

DAY = "2020-04-30"


def rows(**columns):
    days = pd.date_range("2020-01-01", periods=90).strftime("%Y-%m-%d")
    frame = pd.DataFrame(
        {"id": range(90), "date": days, "admin1": np.resize(["Eastmark", "Westmark", ""], 90)}
    )
    return frame.assign(**columns)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def written(frame, name="rows.csv"):
        frame.to_parquet(name, index=False) if name.endswith("parquet") else frame.to_csv(name, index=False)
        return name

    return written


def both(name, options=None, **counting):
    """Count the rows where they lie, and read; return both."""
    found = (
        scan_incidents(name, as_of=DAY, **(options or {})),
        read_incidents(name, as_of=DAY, **(options or {})),
    )
    return [count_incidents(one, "day", **counting) for one in found]


COUNTING = {
    "everywhere": {"by": None},
    "where nothing fits": {"where": "admin1 = 'Northmark'"},
    "long ones left out": {"span": "exclude"},
    "deaths": {"value": "fatalities"},
    "a start before the rows": {"start": "2019-12-01"},
    "some days without coverage": {"no_coverage": ["2020-02-01..2020-02-10"]},
    "by several": {"by": "admin1,kind"},
    "with a filter on numbers": {"where": "fatalities >= 1 and not (kind = 'b')"},
}


SHORT = ("everywhere", "where nothing fits", "long ones left out")  # the rest in the long form of the tests
CASES = [
    pytest.param(case, name, marks=() if case in SHORT and name == "rows.csv" else pytest.mark.slow)
    for case in COUNTING
    for name in ("rows.csv", "rows.parquet")
]


@pytest.mark.parametrize(("case", "name"), CASES)
def test_counted_where_they_lie_as_when_read(case, name, file):
    end = pd.Series(pd.date_range("2020-01-01", periods=90)).mask(np.arange(90) % 7 != 0, np.nan)
    frame = rows(fatalities=np.arange(90) % 3, kind=np.resize(["a", "b"], 90))
    frame["date_end"] = (end + pd.Timedelta(days=9)).dt.strftime("%Y-%m-%d").fillna(frame["date"])
    there, read = both(file(frame, name), **COUNTING[case])
    assert there.regions == read.regions
    np.testing.assert_array_equal(there.values, read.values)
    np.testing.assert_array_equal(there.coverage, read.coverage)
    assert (there.unplaced is None) == (read.unplaced is None)
    assert [note for note in read.notes if note not in there.notes] == []


REFUSED = {
    "spread by chance": lambda file: both(file(rows()), span="spread"),
    "deaths that are not stated": lambda file: count_incidents(
        scan_incidents(file(rows()), as_of=DAY), "day", value="fatalities"
    ),
    "another source": lambda file: scan_incidents(file(rows()), "acledd", as_of=DAY),
    "a table of counts": lambda file: scan_incidents(
        file(pd.DataFrame({"week": ["2020-04-06", "2020-04-13"], "events": [3, 5], "admin1": "A"})), as_of=DAY
    ),
    "a file that is not there": lambda file: scan_incidents("nothing-*.parquet", as_of=DAY),
    "files of two kinds": lambda file: [
        file(rows(), "a.csv"),
        file(rows(), "a.parquet"),
        scan_incidents("a.*", as_of=DAY),
    ],
    "no rows": lambda file: scan_incidents(file(rows()[:0]), as_of=DAY),
    "all set aside": lambda file: scan_incidents(file(rows()), as_of="2019-01-01"),
    "no day": lambda file: scan_incidents(file(rows().drop(columns="date")), as_of=DAY),
    "something else": lambda file: scan_incidents(7, as_of=DAY),
    "columns of a source that has its own": lambda file: scan_incidents(
        file(rows()), "icews", as_of=DAY, columns={"admin1": "admin1"}
    ),
    "a table without rows": lambda file: scan_incidents(file(rows()[:0], "none.parquet"), as_of=DAY),
    "an engine that is not known": lambda file: scan_incidents(file(rows()), as_of=DAY, engine="duckbd"),
}


def test_text_that_cannot_be_read_in_pieces_is_read_whole_unless_it_is_large(tmp_path, monkeypatch, snapshot):
    monkeypatch.chdir(tmp_path)
    name = "latin.csv"
    rows(place="Málaga").to_csv(name, index=False, encoding="cp1252")
    assert scan_incidents(name, as_of=DAY, repeats=False).distinct("place").values == (("Málaga",),)
    monkeypatch.setattr(pieces, "_READ_WHOLE", 100)
    with pytest.raises(UptickError) as error:
        scan_incidents(name, as_of=DAY)
    assert str(error.value) == snapshot


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_expected(case, file, snapshot):
    with pytest.raises(UptickError) as error:
        REFUSED[case](file)
    assert str(error.value) == snapshot


UNDATED = {
    "gtd": {"eventid": [1, 2], "iyear": 2020, "imonth": 4, "provstate": "Eastmark", "gname": "Unknown"},
    "sigact": {"ReportKey": ["a", "b"], "Type": "Enemy Action", "Category": "Direct Fire"},
}


@pytest.mark.parametrize("kind", UNDATED)
def test_a_source_without_its_day_is_refused_in_the_same_words(kind, file, snapshot):
    name, said = file(pd.DataFrame(UNDATED[kind])), []
    for way in (read_incidents, scan_incidents):
        with pytest.raises(UptickError) as error:
            way(name, kind, as_of=DAY)
        said.append(str(error.value))
    assert said[0] == said[1] == snapshot


STATED = {
    "a country for all": {"country": "Iraq"},
    "no day of report": {"report_days": False},
    "no word for missing": {"na": "text"},
    "a day it was drawn": {"extracted": "2020-04-20"},
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow if at else ()) for at, case in enumerate(STATED)]
)
def test_what_is_stated_of_a_file_holds_where_it_lies(case, file):
    frame = rows(reported_on="2020-04-15", admin1=np.resize(["Eastmark", "NA", "Westmark"], 90))
    there, read = both(file(frame), STATED[case])
    np.testing.assert_array_equal(there.values, read.values)
    np.testing.assert_array_equal(there.coverage, read.coverage)
    assert there.regions == read.regions


def test_repeats_that_are_not_looked_for_are_said(file):
    twice = pd.concat([rows(), rows()[:5]])
    found = scan_incidents(file(twice), as_of=DAY, repeats=False)
    assert len(found) == 95
    assert "repeats are not looked for, as stated: every row is an incident" in found.notes


@pytest.mark.parametrize("name", ["rows.csv", pytest.param("rows.parquet", marks=pytest.mark.slow)])
def test_versions_of_one_incident_count_once(name, file):
    later = rows()[:10].assign(admin1="Southmark", updated_at="2020-04-20")
    frame = pd.concat([rows(updated_at="2020-04-10"), later])
    there, read = both(file(frame, name))
    np.testing.assert_array_equal(there.values, read.values)
    assert there.values[:, there.regions.index("Southmark")].sum() == 10


def test_columns_of_other_names_are_named(file):
    name = file(rows().rename(columns={"date": "When", "admin1": "Where", "id": "No"}))
    there, read = both(name, {"columns": {"date_start": "When", "admin1": "Where", "incident_id": "No"}})
    np.testing.assert_array_equal(there.values, read.values)
    assert there.regions == ("Eastmark", "Westmark")


# -- what a source says where it holds little --------------------------------------------------------------


def little(kind):
    """Return rows of a source that lack most of what it may hold."""
    if kind == "own table":
        return pd.DataFrame(
            {"when": ["2020-04-13", "2020-04-14", "2020-04-15"], "initiator": ["state", "", "unknown"],
             "Sort": ["Raid", "Bomb", "Raid"]}
        )  # fmt: skip
    if kind == "acled":
        return pd.DataFrame(
            {"event_id_cnty": ["A1", "A2", "A3"], "event_date": "2020-04-13", "admin1": ["X", "Y", "X"],
             "event_type": "Violence against civilians", "country": ["Inventia", "", ""]}
        )  # fmt: skip
    if kind == "insecurity_insight":
        return pd.DataFrame(
            {"SiND Event ID": ["1", "2"], "Date": "2020-04-13", "Admin 1": ["X", "Y"],
             "Reported Perpetrator": ["NSA", "Military"]}
        )  # fmt: skip
    return pd.DataFrame(
        {"SQLDATE": ["20200413", "20200414", "20190101"], "EventCode": ["190", "0231", "173"],
         "DATEADDED": ["20200413", "20200501", "20200414"]}
    )  # fmt: skip


def at_first(cases, *first):
    """Return the cases, all but the first ones for the long form of the tests."""
    return [pytest.param(one, marks=() if one in first else pytest.mark.slow) for one in cases]


UNREAD = {"both orders": ["01/02/2020", "02/03/2020"], "no days": ["soon", "later"]}


@pytest.mark.parametrize("case", at_first(UNREAD, "both orders"))
def test_days_of_report_that_cannot_be_read_are_not_known(case):
    frame = pd.DataFrame({"id": ["a", "b"], "date": "2020-04-01", "admin1": "X", "reported_on": UNREAD[case]})
    there, read = scan_incidents(ibis.memtable(frame), as_of=DAY), read_incidents(frame, as_of=DAY)
    assert there.accounting.__dict__ == read.accounting.__dict__
    assert there.accounting.flags == {"unreadable reported_on": 2}
    for where, number in (("reported_on is missing", 2), ("reported_on > 2020-01-01", 0)):
        for one in (there, read):
            assert count_incidents(one, "day", by=None, where=where).values.sum() == number


LITTLE = {
    "own table": {"columns": {"date_start": "when"}, "country": "Inventia"},
    "acled": {"country": "Inventia"},
    "insecurity_insight": {},
    "gdelt": {},
    "gdelt, as stated": {"report_days": False},
}


@pytest.mark.parametrize("case", at_first(LITTLE, "own table"))
def test_what_a_source_says_of_few_columns_is_what_it_says_when_read(case):
    kind, options = case.partition(",")[0], LITTLE[case]
    source, frame = "table" if kind == "own table" else kind, little(kind)
    there = scan_incidents(ibis.memtable(frame), source, as_of=DAY, **options)
    read = read_incidents(frame, source, as_of=DAY, **options)
    assert there.accounting.__dict__ == read.accounting.__dict__
    want, found = read.frame.drop(columns=["row", "flags"]), there.table.to_pandas()
    if want["incident_id"].str.startswith("row-").all():  # rows without an order have no number
        assert (found.pop("incident_id") == "").all()
        want = want.drop(columns="incident_id")
    found = found[want.columns].sort_values(["date_start", *want.columns[:1]], ignore_index=True)
    want = want.sort_values(["date_start", *want.columns[:1]], ignore_index=True)
    for name in want:
        pd.testing.assert_series_equal(found[name].astype(want[name].dtype), want[name], check_names=False)


@pytest.mark.slow
def test_what_a_rule_says_of_days_is_asked_where_nothing_has_asked_for_them(monkeypatch):
    # UCDP's rule of from when a file is covered, of a source whose rows end on the day they begin.
    known = find_source("ucdp")
    source = replace(known, dates=Dates(start="date_start"), required=("date_start",))
    for module in (reading, scanning):
        monkeypatch.setattr(module, "source_of", lambda *_: source)
    frame = pd.DataFrame(
        {"id": [1, 2, 3], "type_of_violence": 3, "date_start": ["2018-04-13", "2019-04-13", "2019-05-01"],
         "code_status": "Clear", "adm_1": "X", "best": 1}
    )  # fmt: skip
    there = scan_incidents(ibis.memtable(frame), as_of=DAY, repeats=False)
    read = read_incidents(frame, as_of=DAY)
    assert there.covered_from == read.covered_from is not None
    assert there.accounting.__dict__ == read.accounting.__dict__


def test_rows_without_identifiers_and_an_order_are_asked_by_their_own_names():
    there = scan_incidents(ibis.memtable(little("own table")), as_of=DAY, columns={"date_start": "when"})
    for where, number in (
        ("Sort in ('Raid', 'Siege')", 2),
        ("initiator in ('state')", 1),
        ("when > 2020-04-13", 2),
    ):
        assert count_incidents(there, "day", by=None, where=where).values.sum() == number
    with pytest.raises(UptickError, match="there is no column 'Sorts'") as error:
        count_incidents(there, by="Sorts")
    assert error.value.todo == "did you mean Sort?"


TYPED = {
    "identifiers far apart": (
        "table",
        {"id": [1, 10**12, 5, 10**12], "date": ["2020-04-01", "2020-04-02", "2020-04-03", "2020-04-02"],
         "admin1": ["A", "B", "A", "B"]},
        {"duplicate id": 1}, {},
    ),
    "identifiers of several days": (
        "icews",
        {"Event ID": [7, 7, 7, 8], "Event Date": ["2020-04-01", *["2020-04-02"] * 3], "CAMEO Code": "193",
         "Province": ["A", "B", "B", "A"]},
        {"duplicate id": 1}, {},
    ),
    "nothing but numbers": (
        "table",
        {"id": [1, 2, 3], "date": [20200401, 20200402, 20200431], "latitude": [0, 33, 34],
         "longitude": [0, 44, 45], "admin1": [1, 2, 2]},
        {"impossible date": 1}, {"coordinates 0, 0": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", at_first(TYPED, "nothing but numbers"))
def test_whole_numbers_of_parquet_mean_what_they_mean_when_read(case, file):
    source, columns, aside, flags = TYPED[case]
    name = file(pd.DataFrame(columns), "typed.parquet")
    there, read = (way(name, source, as_of=DAY) for way in (scan_incidents, read_incidents))
    assert there.accounting.__dict__ == read.accounting.__dict__
    assert (there.accounting.set_aside, there.accounting.flags) == (aside, flags)
    counts = [count_incidents(one, "day", by="admin1") for one in (there, read)]
    assert counts[0].regions == counts[1].regions
    np.testing.assert_array_equal(counts[0].values, counts[1].values)


@pytest.mark.slow
def test_polars_numbers_the_rows_of_text_as_they_stand(file):
    pytest.importorskip("polars")
    frame = pd.DataFrame(
        {"id": ["", "b", "b", "c"], "date": ["2020-04-01", "soon", "2020-04-02", "2020-04-02"]}
    )
    there = scan_incidents(file(frame), as_of=DAY, engine="polars")
    aside = there.quarantine.to_pandas()
    assert aside[["row", "reason"]].to_numpy().tolist() == [[3, "unparsable date"]]
    assert there.table.to_pandas()["incident_id"].sort_values().tolist() == ["b", "c", "row-2"]


CHANGES = {
    "a day that was not there": "insert into t values (3, 20200403, 20200404, 'C')",
    "a row that is gone": "delete from t where id = 1",
}


@pytest.mark.parametrize("case", at_first(CHANGES, "a day that was not there"))
def test_a_table_that_changes_while_it_is_counted_is_an_error(case):
    engine = ibis.duckdb.connect()
    rows = "(1, 20200401, 20200402, 'A'), (2, 20200402, NULL, 'B')"
    engine.raw_sql(f"create table t as select * from (values {rows}) made(id, date, reported_on, admin1)")
    there = scan_incidents(engine.table("t"), as_of=DAY)
    assert not there.may_be_late(np.datetime64(DAY))  # the days of report are known by now
    engine.raw_sql(CHANGES[case])
    with pytest.raises(UptickError, match="the table changed while its incidents were counted"):
        count_incidents(there, "day", by=None)


MANY = {
    "days": {"date": pd.date_range("2020-01-01", periods=9).astype("str")},
    "degrees that are text": {"latitude": [f"{at}.5" for at in range(9)], "longitude": "44.0"},
}


@pytest.mark.parametrize("case", MANY)
def test_more_values_than_are_looked_up_are_refused(case, file, monkeypatch, snapshot):
    name = file(pd.DataFrame({"date": "2020-04-01", "admin1": ["A"] * 9} | MANY[case]))
    monkeypatch.setattr(raw, "MOST", 8)
    monkeypatch.setitem(raw.Raw.distinct.__kwdefaults__, "most", 8)
    with pytest.raises(UptickError) as error:
        scan_incidents(name, as_of=DAY)
    assert str(error.value) == snapshot


@pytest.mark.parametrize("together", [1, 2, 64])
def test_pieces_of_a_file_are_written_with_the_numbers_of_their_rows(together, tmp_path, monkeypatch):
    monkeypatch.setattr(swift, "BLOCK", 200)
    monkeypatch.setattr(pieces, "_TOGETHER", together)
    frame = rows()
    frame.to_csv(tmp_path / "a.csv", index=False)
    digest, _ = pieces.in_pieces(tmp_path / "a.csv", tmp_path / "a.parquet")
    made = pd.read_parquet(tmp_path / "a.parquet")
    assert made[pieces.FILE_ROW].tolist() == list(range(2, len(frame) + 2))
    assert made["id"].tolist() == frame["id"].astype("str").tolist()
    assert digest == load(tmp_path / "a.csv").digest


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "rows.duckdb"
    with duckdb.connect(str(path)) as connection:
        frame = rows()  # noqa: F841
        connection.execute("create table incidents as select * from frame")
    return f"duckdb://{path}"


def test_a_table_of_a_database_is_counted_where_it_lies(database, file):
    there = count_incidents(scan_incidents(database, table="incidents", order="id", as_of=DAY), "day")
    read = count_incidents(read_incidents(file(rows()), as_of=DAY), "day")
    np.testing.assert_array_equal(there.values, read.values)
    assert there.regions == read.regions


DATABASES = {
    "no table": {},
    "another table": {"table": "incident"},
    "an order that is no number": {"table": "incidents", "order": "date"},
    "memory of another's engine": {"table": "incidents", "memory": "1GB"},
}


@pytest.mark.parametrize("case", DATABASES)
def test_a_database_is_refused(case, database, snapshot):
    with pytest.raises(UptickError) as error:
        scan_incidents(database, as_of=DAY, **DATABASES[case])
    assert re.sub(r"duckdb://\S*/", "duckdb://HERE/", str(error.value)) == snapshot


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("day", [2**31 - 1, -(2**31)])
def test_a_day_past_all_calendars_is_an_error_of_every_engine(engine, day, tmp_path):
    days = pa.array([day, 18_628], pa.int32()).cast(pa.date32())
    parquet.write_table(pa.table({"id": [1, 2], "date": days, "admin1": ["A", "A"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet holds a day past all calendars"):
        count_incidents(scan_incidents(tmp_path / "a.parquet", engine=engine), as_of=DAY)


@pytest.mark.parametrize("memory", ["1KB", "2", "", "1e9GB", "2GB'; COPY (SELECT 1) TO 'x.csv'; --"])
def test_what_is_no_amount_of_memory_is_refused(memory, file, tmp_path):
    name = file(rows(), "rows.parquet")
    with pytest.raises(OptionError, match="is no amount of memory"):
        scan_incidents(name, as_of=DAY, memory=memory)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


def test_a_database_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(InputError, match="cannot be opened"):
        scan_incidents(f"duckdb://{tmp_path / 'x.db'}", table="t", as_of=DAY)
    assert list(tmp_path.iterdir()) == []
