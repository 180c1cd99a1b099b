"""Rows that stay where they lie, in rare cases: the same answer as of the file read whole, or one error."""

from __future__ import annotations

import re

import duckdb
import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.errors import UptickError
from analytics.incidents.lazy import scan_incidents

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
    "an engine that is not known": lambda file: scan_incidents(file(rows()), as_of=DAY, engine="duckbd"),
}


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
