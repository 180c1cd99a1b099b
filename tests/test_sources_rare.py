"""Files that are rarely met: what is taken of them, what is not, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics import read_incidents
from analytics.counts import read_counts
from analytics.errors import UptickError
from analytics.sources.columns import Columns
from analytics.sources.count_tables import find_count_columns
from analytics.sources.files import load
from analytics.sources.mapping import read_mapping
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
