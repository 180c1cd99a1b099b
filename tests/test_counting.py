"""Counting: the grid is complete, and every kept incident is in exactly one place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counts import UNPLACED, count_incidents
from analytics.counts.assembly import assemble_counts
from analytics.counts.plan import plan_count
from analytics.counts.tally import PLACES, tally_incidents
from analytics.errors import InputError, UptickError
from analytics.incidents import read_incidents
from analytics.schema import possible_span

DAYS = pd.date_range("2020-01-01", "2020-02-29")


def table(rows):
    """Incidents from (day, governorate, ...) tuples."""
    columns = ["date", "admin1", "date_end", "fatalities", "country", "actor1"]
    frame = pd.DataFrame([(*row, *(None,) * (len(columns) - len(row))) for row in rows], columns=columns)
    frame["country"] = frame["country"].fillna("Iraq")
    frame["date_end"] = frame["date_end"].fillna(frame["date"])
    return frame.rename(columns={"date": "date_start"}).astype("str").replace({"None": "", "nan": ""})


def incidents(rows, as_of="2020-02-29"):
    return read_incidents(table(rows), source="table", as_of=as_of)


def total_of(accounting):
    return sum(n for _, n in accounting.parts())


def test_quiet_regions_quiet_first_and_quiet_last_weeks_are_zero():
    counts = count_incidents(
        incidents([("2020-01-22", "Kirkuk")]), covered_from="2020-01-06", as_of="2020-02-16"
    )
    frame = counts.to_frame()
    assert len(frame) == 6
    assert len(frame.columns) == 18, "all governorates of the named table"
    assert frame["Kirkuk"].tolist() == [0, 0, 1, 0, 0, 0]
    assert (frame.drop(columns="Kirkuk") == 0).all().all()


def test_a_filter_loses_neither_the_quiet_regions_nor_the_quiet_weeks():
    rows = [("2020-01-06", "Diyala", None, 1), ("2020-01-22", "Kirkuk", None, 5)]
    counts = count_incidents(incidents(rows), where="fatalities > 3", as_of="2020-02-02")
    assert counts.to_frame()["Diyala"].tolist() == [0, 0, 0, 0]
    assert counts.accounting.filtered == {"where fatalities > 3": 1}
    assert counts.accounting.grid == 1


def test_a_comparison_with_a_missing_value_is_accounted_for_by_itself():
    rows = [("2020-01-06", "Diyala", None, None), ("2020-01-22", "Kirkuk", None, 5)]
    accounting = count_incidents(incidents(rows), where="fatalities > 3").accounting
    assert accounting.filtered == {"where fatalities > 3": 0, "where, on a missing value": 1}


def test_spells_without_coverage_are_missing_not_zero_and_keep_their_incidents_apart():
    rows = [("2020-01-08", "Kirkuk"), ("2020-01-08", "Diyala"), ("2020-01-22", "Kirkuk")]
    counts = count_incidents(
        incidents(rows),
        covered_from="2020-01-06",
        as_of="2020-02-02",
        no_coverage=["2020-01-06..2020-01-12@Al-Ta'mim"],
    )
    frame = counts.to_frame()
    assert frame["Kirkuk"].isna().tolist() == [True, False, False, False], "another spelling of Kirkuk"
    assert frame["Diyala"].tolist() == [1, 0, 0, 0]
    assert counts.accounting.no_coverage == 1


def test_a_districts_gap_reaches_its_governorate_and_a_governorates_gap_its_districts():
    rows = [("2020-01-08", "Kirkuk")]
    data = incidents(rows)
    upper = count_incidents(data, no_coverage=["2020-01-08@Hawija"], as_of="2020-01-31")
    assert not upper.coverage[:, upper.regions.index("Kirkuk")].all()
    lower = count_incidents(
        data, by="admin2", no_coverage=["2020-01-08@Kirkuk governorate"], as_of="2020-01-31"
    )
    assert not lower.coverage[0, lower.regions.index("Kirkuk")]


def test_unknown_and_blank_names_are_a_row_of_their_own_with_the_nearest_known():
    rows = [("2020-01-08", "Kirkuq"), ("2020-01-09", ""), ("2020-01-10", "Kirkuk")]
    counts = count_incidents(incidents(rows), covered_from="2020-01-06", as_of="2020-01-31")
    assert counts.accounting.unplaced == 2
    assert counts.to_frame()[UNPLACED].sum() == 2
    note = next(n for n in counts.notes if "unplaced" in n)
    assert "'Kirkuq' 1 (nearest: Kirkuk" in note
    assert "'(blank)' 1" in note
    assert counts.total().values.sum() == 3


@pytest.mark.parametrize("freq", ["day", "week"])
def test_a_sum_too_large_for_a_count_is_named_and_never_wraps(freq):
    # One cell above 2**31 - 1 in a day, or in a week whose days each hold less.
    days = ["2020-01-08"] * 3 if freq == "day" else ["2020-01-07", "2020-01-08", "2020-01-09"]
    data = incidents([(day, "Kirkuk", None, 900_000_000) for day in days])
    with pytest.raises(
        UptickError, match=r"too large[\s\S]*2,700,000,000[\s\S]*Kirkuk, the period from 2020-01-0"
    ):
        count_incidents(data, freq, value="fatalities", covered_from="2020-01-06").to_frame()
    across = incidents([("2020-01-08", name, None, 900_000_000) for name in ("Kirkuk", "Diyala", "Anbar")])
    counts = count_incidents(across, freq, value="fatalities", covered_from="2020-01-06")
    assert counts.to_frame().sum().sum() == 2_700_000_000
    with pytest.raises(UptickError, match="too large"):
        counts.total()


def test_a_tally_is_whole_numbers_and_all_that_counts_are_made_from():
    rows = [("2020-01-15", "Kirkuk"), ("2020-01-16", "Diyala", "2020-01-29"), ("2020-01-17", "Atlantis")]
    data = incidents(rows)
    options = {
        "week_start": "monday", "by": "admin1", "regions": None, "start": "2020-01-01",
        "covered_from": None, "as_of": None,
        "where": None, "value": "incidents", "span": "start", "no_coverage": (), "seed": 0,
        "gap_is_quiet": None,
    }  # fmt: skip
    plan = plan_count(data, "week", **options)
    tally = tally_incidents(data, plan)
    assert {a.dtype.kind for a in (tally.values, tally.coarse, tally.unplaced)} == {"i"}
    assert (tally.values.sum(), tally.coarse.sum(), tally.unplaced.sum()) == (2, 1, 1)
    assert tally.places == {**dict.fromkeys(PLACES, 0), "grid": 2, "unplaced": 1}
    # Twice the numbers, from whatever engine, are twice the counts.
    places = {place: 2 * number for place, number in tally.places.items()}
    doubled = replace(tally, values=2 * tally.values, kept=2 * tally.kept, places=places)
    counts = assemble_counts(plan, doubled, simulated=False)
    assert counts.values.sum() == 2 * count_incidents(data, start="2020-01-01").values.sum() == 4
    assert counts.accounting.kept == 6


def test_as_of_includes_its_whole_day_and_leaves_later_ones_outside():
    rows = [("2020-01-15", "Kirkuk"), ("2020-01-16", "Kirkuk")]
    counts = count_incidents(incidents(rows), as_of="2020-01-15")
    assert (counts.accounting.grid, counts.accounting.outside) == (1, 1)


def test_dates_longer_than_the_period_follow_the_stated_policy():
    rows = [("2020-01-06", "Kirkuk", "2020-01-25"), ("2020-01-07", "Kirkuk", "2020-01-09")]
    data = incidents(rows)
    start = count_incidents(data, "day", span="start", as_of="2020-02-02")
    assert start.values.sum(axis=1)[:2].tolist() == [1, 1]
    apart = count_incidents(data, "week", span="exclude", as_of="2020-02-02")
    assert (apart.accounting.set_apart, apart.accounting.grid) == (1, 1), "three days fit into a week"
    spread = [
        count_incidents(data, "day", span="spread", seed=seed, as_of="2020-02-02", start="2020-01-01")
        for seed in range(40)
    ]
    assert {int(c.values.sum()) for c in spread} == {2}, "whole incidents, on whole days"
    days = np.flatnonzero(sum(c.values.sum(axis=1) for c in spread))
    assert days.min() >= 5
    assert days.max() <= 24
    assert len(days) > 10
    again = count_incidents(data, "day", span="spread", seed=3, as_of="2020-02-02", start="2020-01-01")
    np.testing.assert_array_equal(again.values, spread[3].values)
    assert start.accounting.long_spans == 2


def test_the_day_an_incident_is_spread_to_depends_on_no_other():
    rows = [("2020-01-06", "Kirkuk", "2020-01-25"), ("2020-01-06", "Kirkuk", "2020-01-25")]
    more = [("2020-01-03", "Diyala", "2020-01-30"), *rows, ("2020-01-02", "Diyala", "2020-01-28")]
    asked = {"span": "spread", "as_of": "2020-02-02", "start": "2020-01-01", "by": "admin1"}
    apart = 0
    for seed in range(6):
        alone, among = (
            count_incidents(incidents(each), "day", seed=seed, **asked).select(["Kirkuk"]).values
            for each in (rows, more)
        )
        np.testing.assert_array_equal(alone, among)
        apart += alone.max() == 1
    assert apart > 3, "two that are alike each have a day of their own"


def test_an_incident_spread_over_its_span_does_not_happen_after_as_of():
    data = incidents([("2020-01-10", "Kirkuk", "2020-02-20")], as_of="2020-01-14")
    for seed in range(30):
        counts = count_incidents(data, "day", span="spread", seed=seed)
        assert counts.accounting.grid == 1


def test_coarse_dates_are_counted_beside_the_rest():
    rows = [("2020-01-06", "Kirkuk", "2020-01-12"), ("2020-01-07", "Kirkuk", "2020-01-09")]
    counts = count_incidents(incidents(rows), as_of="2020-02-02")
    assert (counts.values.sum(), counts.coarse.sum()) == (2, 1)


def test_possible_days_widen_a_day_coded_for_a_week():
    frame = pd.DataFrame(
        {
            "date_start": pd.to_datetime(["2020-01-10", "2020-01-10", "2020-01-10"]),
            "date_end": pd.to_datetime(["2020-01-10", "2020-01-16", "2020-01-10"]),
            "date_precision": pd.array([3, 6, None], dtype="Int64"),
        }
    )
    first, last = possible_span(frame)
    assert first.astype(str).tolist() == ["2020-01-07", "2020-01-10", "2020-01-10"]
    assert last.astype(str).tolist() == ["2020-01-13", "2020-01-16", "2020-01-10"]


def test_fatalities_are_summed_and_unstated_ones_are_said():
    rows = [
        ("2020-01-08", "Kirkuk", None, 3),
        ("2020-01-08", "Kirkuk", None, None),
        ("2020-01-09", "Diyala", None, 0),
    ]
    counts = count_incidents(incidents(rows), value="fatalities", as_of="2020-01-31")
    assert counts.values.sum() == 3
    assert counts.accounting.unknown_value == 1
    assert any("1 incident does not state its fatalities and adds nothing" in note for note in counts.notes)
    assert counts.accounting.grid == 3, "the accounting counts incidents"


def test_region_sets_and_lists_are_a_stated_filter():
    rows = [("2020-01-08", "Kirkuk"), ("2020-01-08", "Baghdad"), ("2020-01-09", "")]
    counts = count_incidents(incidents(rows), regions=["Kirkūk province", "Diyala"], as_of="2020-01-31")
    assert counts.regions == ("Kirkuk", "Diyala")
    assert counts.accounting.filtered == {"region (2 chosen)": 1}
    assert counts.accounting.unplaced == 1
    disputed = count_incidents(
        incidents(rows), by="admin2", regions="disputed_territories", as_of="2020-01-31"
    )
    assert len(disputed.regions) == 14
    assert any("no position on status" in rule for rule in disputed.accounting.filtered)


def test_any_column_can_be_counted_by_and_everything_as_one_series():
    rows = [
        ("2020-01-08", "Kirkuk", None, None, "Iraq", "A"),
        ("2020-01-09", "Kirkuk", None, None, "Iraq", "B"),
    ]
    by_actor = count_incidents(incidents(rows), by="actor1", as_of="2020-01-31")
    assert by_actor.regions == ("A", "B")
    assert any("no list was given" in note for note in by_actor.notes)
    one = count_incidents(incidents(rows), by=None, as_of="2020-01-31")
    assert one.regions == ("all incidents",)
    assert one.values.sum() == 2


def test_weeks_may_start_on_saturday():
    data = incidents([("2020-01-10", "Kirkuk"), ("2020-01-11", "Kirkuk")])
    counts = count_incidents(data, week_start="saturday", covered_from="2020-01-04", as_of="2020-01-17")
    assert counts.to_frame()["Kirkuk"].tolist() == [1, 1]


ROW = st.tuples(
    st.sampled_from(DAYS.strftime("%Y-%m-%d").tolist()),
    st.sampled_from(["Kirkuk", "Diyala", "Nineveh", "", "Atlantis", "Baghdād province"]),
    st.none(),
    st.one_of(st.none(), st.integers(0, 9)),
)


@given(
    rows=st.lists(ROW, min_size=1, max_size=40),
    freq=st.sampled_from(["day", "week"]),
    span=st.sampled_from(["start", "exclude", "spread"]),
    where=st.sampled_from([None, "fatalities >= 2", "admin1 contains 'a'"]),
    regions=st.sampled_from([None, "Kirkuk, Ninewa"]),
    value=st.sampled_from(["incidents", "fatalities"]),
    long=st.integers(0, 20),
)
@settings(max_examples=20, deadline=None)
def test_conservation(rows, freq, span, where, regions, value, long):
    # kept = grid + filtered + set apart + unplaced + outside the window + without coverage
    frame = table(rows)
    ends = pd.to_datetime(frame["date_start"]) + pd.to_timedelta(np.arange(len(frame)) % (long + 1), unit="D")
    frame["date_end"] = ends.dt.strftime("%Y-%m-%d")
    data = read_incidents(frame, source="table", as_of="2020-02-29")
    if value == "fatalities" and data.frame["fatalities"].isna().all():
        with pytest.raises(InputError, match="no incident states its fatalities"):
            count_incidents(data, freq, value=value)
        return
    counts = count_incidents(
        data, freq, span=span, where=where, regions=regions, value=value,
        start="2020-01-10", as_of="2020-02-20", no_coverage=["2020-01-20..2020-01-25@Kirkuk"],
    )  # fmt: skip
    accounting = counts.accounting
    assert accounting.kept == len(data) == total_of(accounting)
    if value == "incidents":
        assert counts.values.sum() == accounting.grid
        assert counts.unplaced.sum() == accounting.unplaced
    assert (counts.values[~counts.coverage] == 0).all()
    assert (counts.coarse <= counts.values).all()


DATA = [("2020-01-08", "Kirkuk"), ("2020-01-09", "Diyala")]


@pytest.mark.parametrize(
    "call",
    [
        lambda: count_incidents(read_incidents(table(DATA), source="table")),
        lambda: count_incidents(incidents(DATA), as_of="2020-06-01"),
        lambda: count_incidents(incidents(DATA), as_of="2020-01-01"),
        lambda: count_incidents(incidents(DATA), by="governorat"),
        lambda: count_incidents(incidents(DATA), regions=["Kirkuq"]),
        lambda: count_incidents(incidents(DATA), regions=["Kirkuk", "At-Ta'mim"]),
        lambda: count_incidents(incidents(DATA), regions="disputed_territories"),
        lambda: count_incidents(incidents(DATA), regions=[]),
        lambda: count_incidents(incidents(DATA), by=None, regions=["Kirkuk"]),
        lambda: count_incidents(incidents(DATA), by="actor1"),
        lambda: count_incidents(incidents(DATA), span="middle"),
        lambda: count_incidents(incidents(DATA), value="wounded"),
        lambda: count_incidents(incidents(DATA), freq="W-MON"),
        lambda: count_incidents(incidents(DATA), no_coverage=["2020-01-08@Atlantis"]),
        lambda: count_incidents(incidents(DATA), where="governorate = 'Kirkuk'"),
    ],
)
def test_what_cannot_be_counted_says_so(call, snapshot):
    with pytest.raises(UptickError) as caught:
        call()
    assert str(caught.value) == snapshot


def test_a_gap_is_never_counted_as_quiet_where_no_table_of_names_applies():
    rows = [("2020-01-08", "Al Anbar", None, None, "Iraq"), ("2020-01-09", "Homs", None, None, "Syria")]
    data, gap = incidents(rows), ["2020-01-10..2020-01-12@Anbar"]
    both = count_incidents(data, regions=["Al Anbar", "Homs"], no_coverage=gap, as_of="2020-01-31")
    assert (~both.coverage).sum(axis=0).tolist() == [3, 0], "the article does not matter"
    other = count_incidents(data, regions=["Homs"], no_coverage=gap, as_of="2020-01-31")
    assert other.coverage.all(), "a known region that was not selected"
    country = count_incidents(data, by="country", no_coverage=gap, as_of="2020-01-31")
    assert (~country.coverage).sum(axis=0).tolist() == [3, 3], "which country it lies in is not known"
    with pytest.raises(UptickError, match="unknown region 'Atlantis'"):
        count_incidents(data, regions=["Homs"], no_coverage=["2020-01-10@Atlantis"], as_of="2020-01-31")
