"""What was known on a day: report days, versions of a row, when a file was drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.bundled import bundled_path

SAMPLE = "data/iraq_simulated.csv"


def table(**columns):
    return read_incidents(pd.DataFrame(columns))


@pytest.fixture(scope="module")
def winter():
    incidents = read_incidents(bundled_path(SAMPLE), as_of="2019-11-10")
    return incidents, count_incidents(incidents, freq="day")


def test_the_sample_counts_only_what_was_reported_by_the_day(winter):
    incidents, counts = winter
    last = counts.values[-14:].sum() + counts.unplaced[-14:].sum()
    everything = pd.Series(incidents.frame["date_start"].dt.normalize())
    in_window = (everything > "2019-10-27") & (everything <= "2019-11-10")
    late = incidents.frame["reported_on"] > "2019-11-10"
    assert (last, int((in_window & late).sum()), int(in_window.sum())) == (83, 27, 110)
    assert counts.accounting.reported_later == incidents.accounting.reported_later == int(late.sum())


def test_reports_of_a_later_day_are_no_faults(winter):
    _, counts = winter
    assert "date after as_of" not in str(counts.accounting)
    assert f"+ reported later {counts.accounting.reported_later}" in str(counts.accounting)
    assert any("reported after 2019-11-10 and not known then" in note for note in counts.notes)


def test_an_earlier_day_of_a_file_read_whole_is_the_same(winter):
    _, counts = winter
    whole = read_incidents(bundled_path(SAMPLE), as_of="2020-04-19")
    again = count_incidents(whole, freq="day", as_of="2019-11-10")
    np.testing.assert_array_equal(again.values, counts.values)
    assert again.accounting.reported_later == counts.accounting.reported_later


@pytest.mark.parametrize("name", ["reported_on", "report_date", "Date reported", "DATE_ADDED"])
def test_the_day_of_the_report_is_found_by_name(name):
    incidents = table(
        **{"date": ["2020-04-01", "2020-04-02", "2020-04-03"], name: ["2020-04-05", "", "2020-04-20"]}
    )
    assert incidents.frame["reported_on"].dt.strftime("%F").tolist()[::2] == ["2020-04-05", "2020-04-20"]
    counts = count_incidents(incidents, "day", by=None, as_of="2020-04-10")
    assert counts.values.sum() == 2
    assert counts.accounting.reported_later == 1


def test_a_report_day_that_cannot_be_read_is_flagged_and_the_row_counts():
    incidents = table(
        date=["2020-04-01", "2020-04-02", "2020-04-09"], reported_on=["2020-04-05", "soon", "2020-04-01"]
    )
    assert incidents.accounting.flags == {"unreadable reported_on": 1, "reported before its date": 1}
    assert incidents.extra["reported_on"].tolist()[1] == "soon"
    assert count_incidents(incidents, "day", by=None, as_of="2020-04-10").values.sum() == 3
    undecided = table(date=["2020-04-01"], report_date=["03/04/2020"])
    assert undecided.frame["reported_on"].isna().all()
    assert any("so the day of report is not known" in note for note in undecided.notes)


def test_a_later_version_replaces_the_earlier_one(project):
    incidents = read_incidents(
        project / "tests/fixtures/cases/superseded-row-kept/in.csv", as_of="2020-05-03"
    )
    assert str(incidents.accounting).startswith("rows read 3 = kept 2 + set aside 0 + superseded 1")
    frame = count_incidents(incidents, value="fatalities", where="country = 'Iraq'").to_frame()
    assert frame.loc["2020-04-20", "Kirkuk"] == 7
    assert frame.loc["2020-04-13", "Diyala"] == 0
    assert "1 row is another version of an incident that is kept: the largest updated_at counts" in (
        incidents.notes
    )


@pytest.mark.parametrize("read_with", ["2020-04-22", "2020-05-03"])
def test_of_two_versions_the_last_known_that_day_counts(project, read_with):
    incidents = read_incidents(project / "tests/fixtures/cases/superseded-row-kept/in.csv", as_of=read_with)
    frame = count_incidents(incidents, value="fatalities", as_of="2020-04-22").to_frame()
    assert frame.loc["2020-04-13", "Diyala"] == 2
    assert frame.loc["2020-04-20", "Kirkuk"] == 0


def test_without_a_time_of_change_the_later_row_counts_and_a_copy_is_a_duplicate():
    incidents = table(
        id=["a", "b", "a", "b", "a"],
        date=["2020-04-01", "2020-04-02", "2020-04-03", "2020-04-02", "2020-04-01"],
        killed=["1", "2", "3", "2", "1"],
    )
    account = incidents.accounting
    assert (account.rows_read, account.kept, account.superseded) == (5, 2, 1)
    assert account.set_aside == {"duplicate id": 2}
    assert dict(zip(incidents.frame["incident_id"], incidents.frame["fatalities"], strict=True)) == {
        "a": 3,
        "b": 2,
    }
    assert any("in 1, where updated_at does not tell, the later row" in note for note in incidents.notes)


def test_the_account_of_a_count_says_reported_later(winter):
    account = winter[1].accounting
    parts = dict(account.parts())
    assert parts["reported later"] == account.reported_later > 27
    assert sum(parts.values()) == account.kept
