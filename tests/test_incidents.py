"""Incidents: every row accounted for, whatever is broken; reading is repeatable."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import read_incidents
from analytics.errors import InputError
from analytics.incidents import Incidents, RowAccounting
from analytics.periods import Gap, Window
from analytics.sources.checks import FLAGS, REASONS

TABLE = (
    "id,date,end_date,province,lat,lon,low,killed,high\n"
    "1,2020-04-13,2020-04-13,Diyala,33.5,45,0,2,3\n"
    "2,soon,,Diyala,33.5,45,,,\n"
    "3,0025-04-13,,Diyala,33.5,45,,,\n"
    "4,2020-04-13,2020-04-12,Diyala,33.5,45,,,\n"
    "5,2020-04-20,,Diyala,33.5,45,,,\n"
    "6,2020-04-13,,Diyala,133.5,45,,,\n"
    "1,2020-04-13,2020-04-13,Diyala,33.5,45,0,2,3\n"
    "id,date,end_date,province,lat,lon,low,killed,high\n"
    ",,,,,,,,\n"
    "#event+id,#date,,#adm1+name,#geo+lat,#geo+lon,,,\n"
    "7,2020-04-19,,,33.5,45,5,2,1\n"
)


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_every_reason_and_the_whole_of_as_of(broken):
    incidents = read_incidents(broken, as_of="2020-04-19")
    held = incidents.quarantine
    assert dict(zip(held["row"].tolist(), held["reason"].tolist(), strict=True)) == {
        3: "unparsable date",
        4: "impossible date",
        5: "end before start",
        6: "date after as_of",
        7: "coordinates outside the globe",
        8: "duplicate id",
        9: "not a record (repeated header)",
        10: "not a record (blank row)",
        11: "not a record (HXL tag row)",
    }
    assert set(held["reason"]) == set(REASONS)
    assert incidents.frame["row"].tolist() == [2, 12]  # 2020-04-19 itself is within as_of
    assert incidents.frame["flags"].tolist() == ["", "blank admin1; low > best; best > high"]
    assert incidents.as_of == np.datetime64("2020-04-19")


def test_quarantine_keeps_the_row_as_it_stood(broken):
    held = read_incidents(broken).quarantine.set_index("row")
    assert json.loads(held.loc[4, "original"]) == {
        "id": "3", "date": "0025-04-13", "end_date": "", "province": "Diyala", "lat": "33.5", "lon": "45",
        "low": "", "killed": "", "high": "",
    }  # fmt: skip
    assert held.loc[4, "detail"] == "date '0025-04-13' names no day in 1900..2200"
    assert held.loc[5, "detail"] == "end_date '2020-04-12' is before date"
    assert held.loc[8, "detail"] == "'1' is already in row 2"


def test_the_first_reason_counts():
    twice_wrong = pd.DataFrame(
        {"id": ["a", "a"], "date": ["2020-04-13", "2020-02-30"], "lat": ["33", "99"], "lon": ["44", "44"]}
    )
    assert read_incidents(twice_wrong).accounting.set_aside == {"impossible date": 1}


def test_it_prints_its_accounting(broken, snapshot):
    incidents = read_incidents(broken, as_of="2020-04-19")
    assert str(incidents) == snapshot
    assert incidents._repr_html_() == snapshot
    assert repr(incidents) == (
        "<2 incidents from broken.csv (hxl), 2020-04-13..2020-04-19, as of 2020-04-19>"
    )
    summary = incidents.summary()
    assert summary["rows"][0] == summary["rows"][1:][summary["what"] != "flag"].sum() == 11


def test_accounting_that_does_not_add_up_cannot_be_made():
    with pytest.raises(ValueError, match="5 rows read are not 3 kept"):
        RowAccounting(5, 3, {"impossible date": 1}, {})
    with pytest.raises(ValueError, match="disagree"):
        Incidents(
            frame=pd.DataFrame({"x": [1]}),
            extra=pd.DataFrame(index=pd.RangeIndex(2)),
            quarantine=pd.DataFrame(),
            accounting=RowAccounting(1, 1, {}, {}),
            source="table",
        )


def test_html_is_escaped():
    incidents = read_incidents(pd.DataFrame({"date": ["2020-04-13"]}))
    odd = dataclasses.replace(incidents, title="<b>&")
    assert "&lt;b&gt;&amp;" in odd._repr_html_()


def test_metadata_beside_the_file(tmp_path):
    path = tmp_path / "sample.csv"
    path.write_text("date,province\n2020-04-13,Diyala\n", encoding="utf-8")
    (tmp_path / "sample.meta.toml").write_text(
        'title = "A simulated sample"\nlicence = "CC0"\nsimulated = true\n'
        "[[no_coverage]]\nstart = 2019-05-01\nend = 2019-05-20\nregion = 'Diyala'\nreason = 'none'\n"
        "[[no_coverage]]\nstart = '2019-06-01'\nend = '2019-06-02'\n",
        encoding="utf-8",
    )
    incidents = read_incidents(path)
    spell = Window(np.datetime64("2019-05-01"), np.datetime64("2019-05-20"))
    assert incidents.no_coverage[0] == Gap(spell, "Diyala")
    assert incidents.no_coverage[1].region is None
    assert incidents.simulated
    assert incidents.source == "simulated"
    assert str(incidents).startswith("1 SIMULATED incident from A simulated sample")
    assert "licence: CC0" in incidents.notes


def test_digest_and_path(broken):
    incidents = read_incidents(broken)
    assert incidents.digest == hashlib.sha256(broken.read_bytes()).hexdigest()
    assert incidents.path == broken
    from_frame = read_incidents(pd.DataFrame({"date": ["2020-04-13"]}))
    assert (from_frame.digest, from_frame.path, from_frame.as_of) == ("", None, None)


def test_extra_columns_are_typed_only_where_nothing_is_lost():
    incidents = read_incidents(
        pd.DataFrame(
            {
                "date": ["2020-04-13"] * 3,
                "whole": ["1", "", "123456789012345678"],
                "decimal": ["1.5", "2", ""],
                "code": ["007", "1", "2"],
                "mixed": ["1", "x", ""],
                "blank": ["", "", ""],
            }
        )
    )
    extra = incidents.extra
    assert extra["whole"].tolist() == [1, pd.NA, 123456789012345678]
    assert extra["decimal"].tolist() == [1.5, 2.0, pd.NA]
    assert extra["code"].tolist() == ["007", "1", "2"]
    assert extra["mixed"].isna().tolist() == [False, False, True]
    assert extra["blank"].isna().all()


def test_reading_draws_no_pictures():
    code = "import sys, analytics.incidents; print('matplotlib' in sys.modules, 'statsmodels' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]


# Invariants on tables broken at random.

CELLS = {
    "id": st.sampled_from(["", "1", "2", "3", "4.0", "id"]),
    "date": st.sampled_from(
        ["2020-04-13", "2020-04-30", "2020-02-30", "0025-01-01", "soon", "", "#date", "date"]
    ),
    "end_date": st.sampled_from(
        ["", "2020-04-13", "2020-05-13", "1999-01-01", "never", "#date+end", "end_date"]
    ),
    "province": st.sampled_from(["Diyala", "  ", "Kirkūk", "#adm1", "province"]),
    "lat": st.sampled_from(["33.5", "", "91", "north", "lat"]),
    "lon": st.sampled_from(["44", "", "-200", "lon"]),
    "killed": st.sampled_from(["0", "3", "", "A number of", "-1", "2.5", "killed"]),
    "notes": st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6),
}
TABLES = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12).map(pd.DataFrame)


def _read(table: pd.DataFrame, **options: object) -> Incidents | str:
    try:
        return read_incidents(table, **options)
    except InputError as error:
        return str(error)


@settings(max_examples=12, deadline=None)
@given(TABLES, st.sampled_from([None, "2020-04-20"]))
def test_rows_read_are_kept_or_set_aside(table, as_of):
    incidents = _read(table, as_of=as_of)
    if isinstance(incidents, str):
        assert f"all {len(table)} are set aside" in incidents or "in a style that is read" in incidents
        return
    account = incidents.accounting
    assert account.rows_read == len(table)
    versions = [] if incidents.versions is None else incidents.versions["row"]
    assert len(versions) == account.superseded
    rows = sorted([*incidents.frame["row"], *versions, *incidents.quarantine["row"]])
    assert rows == list(range(2, len(table) + 2))
    assert set(account.set_aside) <= set(REASONS)
    assert set(account.flags) <= set(FLAGS)
    originals = [json.loads(text) for text in incidents.quarantine["original"]]
    assert originals == table.iloc[incidents.quarantine["row"] - 2].to_dict(orient="records")
    frame = incidents.frame
    assert frame["incident_id"].is_unique
    assert (frame["date_start"] <= frame["date_end"]).all()
    assert not (frame["fatalities"] < 0).any()
    if as_of:
        assert (frame["date_start"] <= as_of).all()


@settings(max_examples=12, deadline=None)
@given(TABLES)
def test_reading_twice_is_identical_and_column_order_does_not_matter(table):
    first, again, turned = _read(table), _read(table), _read(table[table.columns[::-1]])
    if isinstance(first, str):
        assert first == again
        assert isinstance(turned, str)
        return
    pd.testing.assert_frame_equal(first.frame, again.frame)
    pd.testing.assert_frame_equal(first.frame, turned.frame)
    pd.testing.assert_frame_equal(first.quarantine, again.quarantine)
    assert first.quarantine["reason"].tolist() == turned.quarantine["reason"].tolist()
    pd.testing.assert_frame_equal(first.extra, turned.extra[first.extra.columns])
    assert str(first.accounting) == str(turned.accounting)
