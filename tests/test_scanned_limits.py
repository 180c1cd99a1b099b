"""Rows that stay where they lie, past what is looked up one by one: the same answer, or one clear error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import count_incidents, read_incidents
from analytics.errors import UptickError
from analytics.incidents.lazy import raw, scan_incidents

DAY = "2020-04-30"
ROWS = 360
MOST = 120  # different values that are looked up here; a million elsewhere


def frame(**columns):
    """Rows of 90 days whose texts and numbers are all different."""
    number = np.arange(ROWS)
    return pd.DataFrame(
        {
            "id": number,
            "date": np.datetime64("2020-01-01") + number % 90,
            "admin1": np.resize(["Eastmark", "Westmark", ""], ROWS),
            "actor1": [f"Party {n}" for n in number],
            "note": [f"note {n}" for n in number],
            "number": number * 7,
            "updated_at": pd.Timestamp("2020-05-01") + pd.to_timedelta(number, "h"),
            "fatalities": number % 3,
            "measured": np.where(number % 5, number % 40 / 4, np.where(number % 2, np.nan, np.inf)),
            "large": (number % 9).astype("uint64") + np.uint64(2**63),
        }
    ).assign(**columns)


def written(made, path):
    made = made.assign(date=made["date"].astype("str"))
    made.to_parquet(path, index=False) if path.suffix == ".parquet" else made.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def incidents(tmp_path_factory):
    """The rows where they lie and read whole, with few values looked up one by one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path_factory.mktemp("rows"))
        path = written(frame(), Path("rows.parquet"))
        patched.setattr(raw, "MOST", MOST)
        patched.setitem(raw.Raw.distinct.__kwdefaults__, "most", MOST)
        yield scan_incidents(path, as_of=DAY), read_incidents(path, as_of=DAY)


def counted(incidents, **asked):
    """Return the counts, or the error."""
    try:
        counts = count_incidents(incidents, "week", **asked)
    except UptickError as error:
        return str(error)
    return counts.regions, counts.values.tolist(), counts.coverage.tolist()


FILTERS = [
    "incident_id = '7'",
    "updated_at >= '2020-05-05'",
    "admin1 contains 'EAST' and not (number > 70)",
    "number in (7, 14, 21)",
    "date_start in ('2020-02-03', '2020-02-04')",
    "reported_on is missing",
    "actor1 = 'Party 7' or actor1 = 'Party 8'",
    "actor1 is missing or actor1 contains 'y 11'",
    "not (actor1 = 'Party 7')",
    "not (admin1 is missing)",
    "not (number in (7, 14))",
    "measured > 3",
    "measured is missing or not (measured < 8)",
    "large > 5",
    "incident_id in ('7', 'row-9') or incident_id is missing",
]


@pytest.mark.parametrize("where", FILTERS)
def test_what_is_asked_of_rows_is_asked_where_they_lie(where, incidents):
    there, read = (counted(one, where=where) for one in incidents)
    assert there == read


ASKED = {
    "admin1": (["'Eastmark'", "'WESTMARK'", "'nowhere'"], ["=", "!=", "contains"]),
    "actor1": (["'Party 7'", "'party 9'"], ["=", "!=", "contains"]),
    "fatalities": (["0", "1", "2"], ["=", "!=", "<", ">="]),
    "measured": (["2.5", "3"], ["=", "!=", "<=", ">"]),
    "date_start": (["2020-02-03", "'2020-03-01'"], ["=", "!=", "<", ">="]),
    "updated_at": (["2020-05-03"], ["<", ">="]),
    "incident_id": (["'5'", "'row-7'"], ["=", "!="]),
}
LEAVES = st.sampled_from(sorted(ASKED)).flatmap(
    lambda name: st.one_of(
        st.just(f"{name} is missing"),
        st.tuples(st.sampled_from(ASKED[name][1]), st.sampled_from(ASKED[name][0])).map(
            lambda said: f"{name} {said[0]} {said[1]}"
        ),
    )
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
    ),
    max_leaves=4,
)


@pytest.mark.slow
@given(TREES)
@settings(max_examples=40)
def test_whatever_is_asked_of_rows_is_asked_where_they_lie(incidents, where):
    there, read = (counted(one, where=where) for one in incidents)
    assert there == read


@pytest.mark.parametrize("name", ["rows.csv", pytest.param("rows.parquet", marks=pytest.mark.slow)])
def test_single_rows_are_asked_for_where_equal_ones_are_put_together(name, tmp_path):
    made = pd.concat([frame()[["date", "admin1"]]] * 3, ignore_index=True)
    made["id"] = [f"A{n}" if n % 5 else "" for n in range(len(made))]
    path = written(made, tmp_path / name)
    there, read = (
        counted(way(path, as_of=DAY), where="incident_id in ('row-2', 'row-7', 'A1')")
        for way in (scan_incidents, read_incidents)
    )
    assert there == read
    assert sum(map(sum, there[1])) == 2  # the third has no place


def test_days_of_another_zone_are_not_taken_for_days_in_utc(tmp_path, snapshot, monkeypatch):
    monkeypatch.chdir(tmp_path)
    times = pd.to_datetime(["2020-03-01 22:30", "2020-03-03 02:00"])
    for zone in ("UTC", "Asia/Baghdad"):
        made = pd.DataFrame(
            {"id": ["a", "b"], "date": times.tz_localize("UTC").tz_convert(zone), "admin1": "A"}
        )
        made.to_parquet("rows.parquet", index=False)
        read = read_incidents("rows.parquet", as_of=DAY)
        if zone == "UTC":
            assert counted(scan_incidents("rows.parquet", as_of=DAY)) == counted(read)
        else:
            assert read.frame["date_start"].dt.day.tolist() == [2, 3]
            with pytest.raises(UptickError) as error:
                scan_incidents("rows.parquet", as_of=DAY)
            assert str(error.value) == snapshot


@pytest.mark.parametrize("where", ["nobody = 1", "fatalities = 'many'", "incident_id > 7"])
def test_what_cannot_be_asked_is_refused_in_the_same_words(where, incidents):
    there, read = (counted(one, where=where) for one in incidents)
    assert there.split("\n")[0] == read.split("\n")[0]


def test_texts_past_what_is_looked_up_are_refused(incidents, snapshot):
    there, _ = incidents
    assert counted(there, where="note = 'note 7'") == snapshot
    assert counted(there, by="actor1") == snapshot
    assert counted(there, by="note") == snapshot
