"""UCDP GED by name in every column order, HDX form and candidate files; the real file's known figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import read_incidents
from analytics.schema import COLUMNS

FIXTURES = "tests/fixtures/incidents"
PERCENT = 0.05  # the published percentages are rounded to one decimal
WHOLE_PERCENT = 0.5  # or to none
TENTH = 0.05  # mean and variance are rounded to one decimal


@pytest.fixture(scope="module")
def iraq(shared_data):
    return read_incidents(shared_data / "ucdp_ged_iraq_hdx.csv")


@pytest.fixture
def read(project):
    return lambda name, **options: read_incidents(project / FIXTURES / name, **options)


def test_the_two_column_orders_give_the_same_incidents(read):
    old, new = read("ucdp_2019_order.csv"), read("ucdp_2020_order.csv")
    pd.testing.assert_frame_equal(old.frame, new.frame)
    assert old.source == new.source == "ucdp"
    assert new.frame["fatalities_low"].tolist() == [4, 5, 9, 0, 2]
    assert new.frame["fatalities"].tolist() == [5, 3, 9, 0, 2]
    assert new.frame["fatalities_high"].tolist() == [7, 6, 8, 2, 2]


def test_the_hdx_form_sets_its_tag_row_aside(read):
    hdx, plain = read("ucdp_hdx.csv"), read("ucdp_2019_order.csv")
    assert hdx.quarantine["reason"][0] == "not a record (HXL tag row)"
    assert hdx.accounting.rows_read == plain.accounting.rows_read + 1
    pd.testing.assert_frame_equal(hdx.frame.drop(columns="row"), plain.frame.drop(columns="row"))
    assert hdx.frame["incident_id"].tolist() == ["501", "502", "503", "504", "507"]
    assert hdx.extra["column 1"].tolist() == [0, 1, 2, 3, 6]
    assert "best" not in hdx.extra.columns  # the tag in it does not count as a lost value


def test_candidate_events_are_flagged(read):
    candidate = read("ucdp_candidate.csv")
    assert candidate.accounting.flags["code_status not clear"] == 2
    assert candidate.frame["flags"].str.contains("code_status not clear").tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert candidate.extra["active_year"].tolist()[:2] == ["True", "False"]
    assert candidate.extra["active_year"].isna().tolist() == [False, False, True, False]


def test_the_initiator_is_known_by_rule_in_one_sided_violence_only(read):
    frame = read("ucdp_2020_order.csv").frame
    assert frame["event_type"].tolist()[:4] == [
        "state-based violence",
        "non-state violence",
        "one-sided violence",
        "one-sided violence",
    ]
    assert frame["initiator"].tolist() == ["unknown", "unknown", "insurgent", "state", "unknown"]
    assert frame["initiator_basis"].tolist() == ["unknown", "unknown", "rule", "rule", "unknown"]
    assert frame["activity"].tolist() == ["clash", "clash", "attack", "attack", "clash"]
    assert frame["civilian_targeting"].tolist() == [False, False, True, True, False]


def test_dates_places_and_names(read):
    incidents = read("ucdp_2020_order.csv")
    frame = incidents.frame
    assert frame["date_precision"].tolist() == [0, 3, 6, 29, 0]
    assert frame["flags"].str.contains("coarse date").tolist() == [False, False, True, True, False]
    assert frame["place_precision"].tolist() == ["exact", "admin1", "admin2", "country", "linear"]
    assert frame["admin1"][0] == "Northern province"
    assert frame["place"][0] == "Lower Mill village"
    assert frame["admin2"].isna().tolist() == [False, True, False, True, False]
    assert frame["wounded"].isna().all()
    assert frame["updated_at"].isna().all()
    assert incidents.extra["date_prec"].tolist() == [1, 2, 3, 4, 1]
    assert incidents.extra["source_headline"][3] == "A headline\nthat goes on"


def test_what_is_set_aside_says_why(read):
    held = read("ucdp_2020_order.csv").quarantine
    assert held["row"].tolist() == [6, 7]
    assert held["reason"].tolist() == ["end before start", "duplicate id"]
    assert held["detail"].tolist() == [
        "date_end '2019-05-01 00:00:00.000' is before date_start",
        "'501' is already in row 2",
    ]


def test_column_order_does_not_matter(read, project):
    raw = pd.read_csv(project / FIXTURES / "ucdp_2020_order.csv", dtype=str, keep_default_na=False)
    straight, turned = read_incidents(raw), read_incidents(raw[raw.columns[::-1]])
    pd.testing.assert_frame_equal(straight.frame, turned.frame)
    pd.testing.assert_frame_equal(straight.extra, turned.extra[straight.extra.columns])


# The real file: every figure that ../shared/data/README.md states.


def test_iraq_rows(iraq):
    assert len(iraq) == 7473
    assert iraq.accounting.rows_read == 7474
    assert iraq.accounting.set_aside == {"not a record (HXL tag row)": 1}
    assert iraq.quarantine["row"].tolist() == [2]
    assert '"year": "#date+year"' in iraq.quarantine["original"][0]
    assert iraq.frame.columns.tolist() == [*COLUMNS, "row", "flags"]


def test_iraq_precision_of_date_and_place(iraq):
    assert iraq.extra["date_prec"].value_counts().sort_index().tolist() == [6846, 441, 38, 115, 33]
    assert iraq.extra["where_prec"].value_counts().sort_index().tolist() == [5345, 956, 235, 498, 298, 139, 2]
    words = ["exact", "near", "admin2", "admin1", "linear", "country", "international"]
    assert iraq.frame["place_precision"].value_counts()[words].tolist() == [5345, 956, 235, 498, 298, 139, 2]
    several_days = (iraq.frame["date_end"] > iraq.frame["date_start"]).mean()
    assert 100 * several_days == pytest.approx(8.4, abs=PERCENT)
    # date_prec 3, 4 and 5 are spans of a week and more
    assert iraq.accounting.flags["coarse date"] == 38 + 115 + 33


def test_iraq_blanks_and_sentinels(iraq):
    assert 100 * iraq.frame["admin1"].isna().mean() == pytest.approx(5.5, abs=PERCENT)
    assert 100 * iraq.frame["admin2"].isna().mean() == pytest.approx(29, abs=WHOLE_PERCENT)
    assert iraq.accounting.flags["blank admin1"] == iraq.frame["admin1"].isna().sum()
    assert 100 * (iraq.extra["number_of_sources"] == -1).mean() == pytest.approx(52.7, abs=PERCENT)


def test_iraq_estimates_out_of_order(iraq):
    frame = iraq.frame
    broken = (frame["fatalities_low"] > frame["fatalities"]) | (
        frame["fatalities"] > frame["fatalities_high"]
    )
    assert broken.sum() == 69
    assert iraq.accounting.flags["low > best"] == 21
    assert iraq.accounting.flags["best > high"] == 48
    assert frame["fatalities"].notna().all()


def test_iraq_names_have_single_spaces(iraq):
    names = iraq.frame["admin1"].dropna().unique().tolist()
    assert "Al Başrah province" in names
    assert "Maysān province" in names
    assert not [name for name in names if "  " in name]


def test_iraq_islamic_state_by_week(iraq):
    """Weeks from Monday, events of one calendar year by their first day, with date_prec at most 2.

    A year's weeks run from that of its first event to that of its last, quiet weeks between them included, so
    the weeks cut by New Year count only the days of that year.
    """
    party = (iraq.extra["side_a_new_id"] == 234) | (iraq.extra["side_b_new_id"] == 234)
    assert party.sum() == 6191
    days = iraq.frame["date_start"][party & (iraq.extra["date_prec"] <= 2)]
    expected = {2015: (12.5, 31.7), 2016: (13.0, 52.0), 2017: (10.5, 73.7), 2018: (3.3, 6.6)}
    for year, (mean, variance) in expected.items():
        week = (days[days.dt.year == year].to_numpy().astype("datetime64[D]").astype(np.int64) + 3) // 7
        counts = np.bincount(week - week.min())
        assert counts.mean() == pytest.approx(mean, abs=TENTH)
        assert counts.var(ddof=1) == pytest.approx(variance, abs=TENTH)
