"""Files that are rarely met: what is taken of them, what is not, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import ibis
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents, scan_incidents
from analytics.counts import read_counts
from analytics.errors import UptickError
from analytics.incidents import reading
from analytics.incidents.lazy import scanning
from analytics.sources.columns import Columns
from analytics.sources.count_tables import find_count_columns
from analytics.sources.dates import DMY
from analytics.sources.files import load
from analytics.sources.mapping import read_mapping
from analytics.sources.source import Dates, Decides, People, Source
from analytics.sources.typed import _first_fault
from analytics.sources.wizard import propose_mapping

DAYS = ["2020-04-01", "2020-04-02", "2020-04-03"]
AS_OF = "2020-04-19"


def rows(**columns):
    return pd.DataFrame({"date": DAYS, "admin1": ["A", "B", "A"], **columns})


def test_identifiers_that_end_in_a_point_and_zero_keep_it_unless_they_are_numbers():
    for written, read in ((["7.0", "8.0", "9.0"], ["7", "8", "9"]), (["v1.0", "v2.0", "v3.0"],) * 2):
        found = read_incidents(rows(incident_id=written), as_of=AS_OF)
        assert found.frame["incident_id"].tolist() == read


def test_negative_and_broken_numbers_make_no_table_of_counts_unless_they_are_named():
    for events in ([3, -1], [3, 2.5], ["3", "x"]):
        table = pd.DataFrame({"week": ["2020-04-06", "2020-04-13"], "events": events, "admin1": "A"})
        assert find_count_columns(Columns(load(table))) is None
        with pytest.raises(UptickError, match="holds something that is no whole number of 0 or more"):
            read_counts(table, columns={"events": "events"}, as_of=AS_OF)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF_8", "utf8"])
def test_a_mark_before_utf_8_is_none_of_the_first_name(tmp_path, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbf" + rows().to_csv(index=False).encode())
    assert load(path, encoding=encoding).frame.columns.tolist() == ["date", "admin1"]


def test_a_mapping_may_be_given_as_it_was_read(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text('[columns]\ndate_start = "Datum"\n')
    found = read_mapping(path)
    assert read_mapping(found) is found


def test_a_whole_day_beside_its_year_is_the_day():
    frame = pd.DataFrame({"day": DAYS, "year": 2020, "admin1": "A"})
    found = read_incidents(frame, as_of=AS_OF)
    assert found.frame["date_start"].dt.strftime("%Y-%m-%d").tolist() == DAYS
    parts = pd.DataFrame({"year": 2020, "month": 4, "day": [1, 2, 3], "admin1": "A"})
    assert (
        read_incidents(parts, as_of=AS_OF).frame["date_start"].tolist() == found.frame["date_start"].tolist()
    )


GED = {
    "id": [1, 2, 3],
    "type_of_violence": 1,
    "adm_1": "A",
    "country": "Iraq",
    "best": 1,
    "dyad_name": "x - y",
}
REFUSED = {
    "no day": lambda: read_incidents(pd.DataFrame(GED), "ucdp", as_of=AS_OF),
    "a mapping that is misspelt": lambda: read_incidents(
        rows(), mapping={"columns": {"date_start": "Datum"}}, as_of=AS_OF
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_expected(case, snapshot):
    with pytest.raises(UptickError) as error:
        REFUSED[case]()
    assert str(error.value) == snapshot


def test_columns_that_become_text_have_no_fault():
    pa = pytest.importorskip("pyarrow")
    assert _first_fault(pa.table({"a": [1, 2], "b": ["x", None]})) == ""


def proposed(path, frame):
    frame.to_csv(path, index=False)
    return propose_mapping(load(path))


def test_weeks_in_two_columns_are_proposed_as_they_stand(tmp_path):
    table = pd.DataFrame({"year": 2020, "week": range(1, 9), "events": [4, 1, 2, 3, 4, 0, 1, 2]})
    found = proposed(tmp_path / "c.csv", table)
    assert found.columns["events"][0] == "events"
    assert "period" not in found.columns


def test_a_column_of_few_days_is_no_date_and_a_second_one_may_be_the_report(tmp_path):
    frame = pd.DataFrame(
        {
            "Happened": [f"2020-04-{n:02d}" for n in range(1, 21)],
            "Checked": [f"2020-05-{n:02d}" for n in range(1, 21)],
            "Notes": ["2020-04-01", *["some words"] * 19],
            "Reported": [f"2020-04-{n + 2:02d}" for n in range(1, 21)],
        }
    )
    found = proposed(tmp_path / "d.csv", frame)
    taken = {name: column for name, (column, *_) in found.columns.items()}
    assert taken["date_start"] == "Happened"
    assert taken["reported_on"] == "Reported"
    assert "Notes" not in taken.values()


GTD = {
    "eventid": [1, 2], "iyear": 2015, "imonth": [3, 4], "iday": [4, 5], "provstate": "Eastmark",
    "gname": ["Unit 9", "Unknown"], "nkill": [2, -99], "nwound": [-9, 1],
}  # fmt: skip


def test_columns_of_gtd_mean_in_a_plain_table_what_they_mean_in_gtd():
    plain, known = (read_incidents(pd.DataFrame(GTD), kind, as_of="2016-01-01") for kind in ("table", "gtd"))
    for name in ("date_start", "admin1", "actor1", "fatalities", "wounded"):
        assert plain.frame[name].tolist() == known.frame[name].tolist(), name
    assert plain.frame["fatalities"].tolist() == [2, pd.NA]
    assert plain.frame["wounded"].tolist() == [pd.NA, 1]


POLICE = pd.DataFrame(
    {
        "case_no": ["7", "8", "9"],
        "crime_date": ["13/04/2020", "01/04/2020", "30/04/2020"],
        "crime_code": "x",
        "date_code": ["D", "M", "Q"],
        "recorded_on": ["14/04/2020", "", "02/05/2020"],
        "province": ["Eastmark", "Not stated", "Westmark"],
        "county": ["Low", "", "High"],
        "crime": "Arson",
        "dead": ["2", "-9", ""],
        "place_code": ["1", "2", "3"],
    }
)


@pytest.mark.slow
def test_the_source_that_is_shown_by_example_is_read_and_scanned_as_it_is_declared(project, monkeypatch):
    text = (project / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("### A source, by example")[2]
    made = {"Source": Source, "Dates": Dates, "People": People, "DMY": DMY}
    exec(text.partition("```python\n")[2].partition("```")[0], made)
    # Where it lies, by rules too that say nothing of what they may say.
    decides = (Decides(("crime",), gives=("sub_event_type",)),)
    ruled = replace(made["SOURCE"], rules=lambda draft: None, decides=decides)
    monkeypatch.setattr(reading, "source_of", lambda *_: made["SOURCE"])
    monkeypatch.setattr(scanning, "source_of", lambda *_: ruled)
    read = read_incidents(POLICE, as_of="2020-05-31")
    frame = read.frame.set_index("incident_id")
    assert frame["date_start"].dt.strftime("%Y-%m-%d").tolist() == ["2020-04-13", "2020-04-01", "2020-04-30"]
    assert frame["date_precision"].tolist() == [0, 30, pd.NA]
    assert frame["reported_on"].dt.strftime("%Y-%m-%d").fillna("").tolist() == [
        "2020-04-14",
        "",
        "2020-05-02",
    ]
    assert frame["admin1"].fillna("").tolist() == ["Eastmark", "", "Westmark"]
    assert frame["admin2"].fillna("").tolist() == ["Low", "", "High"]
    assert frame["fatalities"].tolist() == [2, pd.NA, pd.NA]
    assert frame["place_precision"].tolist() == ["exact", "admin2", "unknown"]
    assert set(frame["initiator"]) == {"unknown"}
    assert read.accounting.flags == {"blank admin1": 1, "coarse date": 1, "unknown date precision": 1}
    there = scan_incidents(ibis.memtable(POLICE), as_of="2020-05-31")
    assert there.accounting.__dict__ == read.accounting.__dict__
    assert there.table.select("sub_event_type").to_pandas()["sub_event_type"].isna().all()
    counts = [count_incidents(one, "day", by="admin1") for one in (there, read)]
    assert counts[0].regions == counts[1].regions
    assert counts[0].values.tolist() == counts[1].values.tolist()
