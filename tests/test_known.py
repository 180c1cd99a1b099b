"""What was known on a day: report days, versions of a row, when a file was drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analytics import (
    change_test,
    concentration_test,
    count_incidents,
    day_test,
    monitor,
    read_incidents,
    recurrence_test,
    scan_test,
    uptick_test,
)
from analytics.bundled import bundled_path
from analytics.counts import Completeness, Counts
from analytics.errors import InputError, UptickError
from analytics.kernels.common.silence import implausible_silences
from analytics.upticks import expected_band

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


# When the file was drawn, and what share was reported.


def table_of(days, **columns):
    return pd.DataFrame({"date": pd.DatetimeIndex(days).strftime("%Y-%m-%d"), **columns})


@pytest.fixture(scope="module")
def old():
    """Two years of one incident a day and more."""
    days = pd.date_range("2018-01-01", "2019-12-31")
    rng = np.random.default_rng(1)
    places = [days.repeat(rng.poisson(1.0, len(days))) for _ in range(2)]
    return pd.concat([table_of(d, province=name) for d, name in zip(places, ["North", "South"], strict=True)])


def test_a_past_day_of_an_old_file_reads_as_complete(old):
    drawn = read_incidents(old, as_of="2019-06-30", extracted="2020-05-01")
    result = uptick_test(count_incidents(drawn))
    assert result.completeness == 1
    assert "not supported" in set(result.frame["verdict"])
    undated = uptick_test(count_incidents(read_incidents(old, as_of="2019-06-30")))
    assert undated.completeness is None
    assert "not supported" not in set(undated.frame["verdict"])
    soon = read_incidents(old, as_of="2019-06-30", extracted="2019-12-20")
    assert uptick_test(count_incidents(soon)).completeness is None  # 180 days are not yet over


def test_where_reports_are_dated_only_as_of_counts(old):
    dated = old.assign(reported_on=old["date"])
    counts = count_incidents(read_incidents(dated, as_of="2019-06-30", extracted="2020-05-01"))
    assert np.isnan(counts.completeness.share[-14:]).all()
    assert (counts.completeness.share[counts.starts <= np.datetime64("2019-01-01")] == 1).all()


def test_nothing_is_known_after_the_file_was_drawn(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("date,province\n2020-04-13,Diyala\n2020-04-20,Diyala\n", encoding="utf-8")
    (tmp_path / "events.meta.toml").write_text("extracted = 2020-04-22\n", encoding="utf-8")
    counts = count_incidents(read_incidents(path, as_of="2020-04-26"), "day", by=None)
    assert counts.coverage[:, 0].tolist() == [True] * 10 + [False] * 4
    assert "the file was drawn on 2020-04-22: later days have no coverage" in counts.notes
    assert read_incidents(path, extracted="2020-04-24").extracted == np.datetime64("2020-04-24")


def test_completeness_survives_every_other_shape():
    days = 21
    values = np.ones((days, 2), dtype=np.int32)
    values[:, 1] = 3
    share = np.full((days, 2), 1.0)
    share[-7:] = (0.5, 0.9)
    counts = replace(
        Counts.from_array(values, freq="day", as_of="2020-04-19", regions=["a", "b"]),
        completeness=Completeness(share, np.full(share.shape, 0.1), "given"),
    )
    assert counts.select("b").completeness.share[-1].tolist() == [0.9]
    assert counts.resample("week").completeness.share[-1] == pytest.approx([0.5, 0.9])
    assert counts.until("2020-04-13").completeness.share.shape == (15, 2)
    total = counts.total().completeness
    assert total.share[-1] == pytest.approx([(0.5 + 3 * 0.9) / 4])
    assert total.deviation[-1] == pytest.approx([0.1])
    with pytest.raises(InputError, match="completeness has the wrong shape"):
        replace(counts, completeness=Completeness(share[1:], share[1:], "given"))
    with pytest.raises(InputError, match="out of range"):
        Completeness(share * 2, share, "given")


def test_the_option_sets_what_the_counts_say(old):
    counts = count_incidents(read_incidents(old, as_of="2019-12-31"), "day")
    given = uptick_test(counts, completeness=0.8, completeness_sd=0.1)
    share, deviation = (np.full(counts.values.shape, np.nan) for _ in range(2))
    share[-14:], deviation[-14:] = 0.8, 0.1
    read = uptick_test(replace(counts, completeness=Completeness(share, deviation, "delays")))
    pd.testing.assert_frame_equal(given.frame, read.frame)
    assert read.parameters == given.parameters
    half = uptick_test(replace(counts, completeness=Completeness(share, deviation, "x")), completeness=0.4)
    assert half.completeness == 0.4


def test_tests_that_take_one_share_read_it_from_the_counts(old):
    plain = count_incidents(read_incidents(old, as_of="2019-06-30"), "day")
    known = count_incidents(read_incidents(old, as_of="2019-06-30", extracted="2020-05-01"), "day")
    for test in (partial(day_test, date="2019-06-30"), partial(change_test, date="2019-04-01")):
        pd.testing.assert_frame_equal(test(known).frame, test(plain, completeness=1.0).frame)
        assert test(known).parameters["completeness"] == 1
        assert test(plain).parameters["completeness"] is None


def test_detectors_say_where_a_count_is_known_to_be_incomplete(old):
    counts = count_incidents(read_incidents(old, as_of="2019-12-29")).resample("week")
    share = np.ones(counts.values.shape)
    share[-1] = 0.6
    known = replace(counts, completeness=Completeness(share, np.zeros(share.shape), "delays"))
    frame = monitor(known, last=4).alarms.frame
    latest = frame["label"] == "2019-W52"
    note = "not all reported yet: held against what would have been reported by now"
    assert set(frame.loc[latest, "note"]) == {note}
    assert set(frame.loc[~latest, "note"]) == {""}


# Suspected gaps.


@pytest.fixture(scope="module")
def broken(old):
    """The same with a silence of 40 days everywhere."""
    day = pd.to_datetime(old["date"])
    return old[(day < "2019-09-01") | (day > "2019-10-10")]


GAP = "2019-09-01..2019-10-10"


def test_a_silence_everywhere_is_named_with_its_exact_days(broken):
    counts = count_incidents(read_incidents(broken, as_of="2019-12-31"))
    assert [str(window) for window in counts.silences] == [GAP]
    assert counts.notes[0].startswith(f"suspected gap: no incident at all is dated {GAP} (40 days)")
    assert f"--no-coverage {GAP}" in counts.notes[0]
    assert "--gap-is-quiet" in counts.notes[0]
    for other in (counts.select("North"), counts.total(), counts.resample("week")):
        assert other.silences == counts.silences
    assert counts.until("2019-08-31").silences == ()
    filtered = count_incidents(read_incidents(broken, as_of="2019-12-31"), where="admin1 = 'North'", by=None)
    assert filtered.silences == counts.silences


def test_windows_that_touch_it_get_no_verdict_until_it_is_answered(broken):
    incidents = read_incidents(broken, as_of="2019-12-31", extracted="2020-12-31")
    held = uptick_test(count_incidents(incidents))
    assert set(held.frame["verdict"]) == {"cannot be told"}
    assert held.frame["pvalue"].isna().all()
    assert set(held.frame["reason"]) == {
        f"nothing at all is recorded {GAP}: a gap in the data, or quiet? (see notes)"
    }
    assert held.notes[0].startswith("suspected gap: ")
    quiet = uptick_test(count_incidents(incidents, gap_is_quiet=True))
    gap = uptick_test(count_incidents(incidents, no_coverage=[GAP]))
    assert quiet.frame["pvalue"].notna().all()
    assert quiet.frame["baseline_periods"].tolist() == [364, 364]
    assert gap.frame["baseline_periods"].tolist() == [324, 324]
    assert (gap.frame["expected"] > quiet.frame["expected"]).all()
    before = uptick_test(count_incidents(incidents, as_of="2019-08-25"))
    assert before.frame["pvalue"].notna().all()


@pytest.mark.slow
def test_every_test_and_detector_holds_back(broken):
    counts = count_incidents(read_incidents(broken, as_of="2019-12-31"), "day")
    for result in (
        uptick_test(counts, recent="scan"),
        day_test(counts, date="2019-12-31"),
        change_test(counts, date="2019-11-01"),
        change_test(counts),
        concentration_test(counts, regions_inside=["North"]),
        recurrence_test(counts, replicates=19),
        scan_test(counts, places=[[33.0, 44.0], [35.0, 44.0]], replicates=99),
    ):
        assert set(result.frame["verdict"]) == {"cannot be told"}, result
    weekly = monitor(counts.resample("week"))
    assert set(weekly.answers()) == {"not tested"}
    assert weekly.notes[0].startswith("suspected gap: ")


def test_what_is_fitted_to_years_back_holds_no_zeros_of_a_suspected_gap():
    days = pd.date_range("2016-06-01", "2019-12-31")
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"date": days.repeat(rng.poisson(2.0, len(days))), "province": "North"})
    old_gap = ("2017-09-01", "2017-10-31")
    rows = rows[~rows["date"].between(*old_gap)].assign(date=lambda frame: frame["date"].astype(str))
    incidents = read_incidents(rows, as_of="2019-12-31")
    open_, told, quiet = (
        count_incidents(incidents, "day", **answer)
        for answer in ({}, {"no_coverage": ["..".join(old_gap)]}, {"gap_is_quiet": True})
    )
    assert len(open_.silences) == 1
    p = [uptick_test(counts).frame["pvalue_expected"].iloc[0] for counts in (open_, told, quiet)]
    assert p[0] == pytest.approx(p[1], abs=0.02)  # the silence may be a day or two longer than the gap
    assert abs(p[0] - p[2]) > 3 * abs(p[0] - p[1])
    bands = [expected_band(counts.total()) for counts in (open_, quiet)]
    assert bands[0]["observed"].isna().sum() >= bands[1]["observed"].isna().sum() + 8


def test_a_picked_window_says_which_days_it_lacks(broken):
    incidents = read_incidents(broken, as_of="2019-12-31")
    lengths = {"recent": "scan", "lengths": (7, 14, 28)}
    held = uptick_test(count_incidents(incidents, "day"), **lengths).frame
    assert set(held["reason"]) == {
        f"nothing at all is recorded {GAP}: a gap in the data, or quiet? (see notes)"
    }
    assert set(held["grade"]) == {"no_data"}
    spell = "2019-12-20..2019-12-28@North"
    counts = count_incidents(incidents, "day", no_coverage=[GAP, spell])
    north, south = uptick_test(counts, **lengths).frame.to_dict("records")
    assert north["reason"] == "no coverage 2019-12-20..2019-12-28, which the last 7 days touch"
    assert (north["grade"], south["grade"]) != ("no_data", "no_data")
    assert north["grade"] == "no_data"
    assert "best of 7, 14, 28" in south["reason"]
    far = count_incidents(incidents, "day", no_coverage=[GAP, "2019-12-10..2019-12-12@North"])
    north = uptick_test(far, **lengths).frame.iloc[0]
    assert "best of 7, 14; 28 touch days without coverage" in north["reason"]
    assert north["recent_days"] in (7, 14)


def test_one_region_silent_while_others_report_is_told_and_not_muted(old):
    day = pd.to_datetime(old["date"])
    kept = old[(old["province"] == "South") | (day < "2019-11-01")]
    counts = count_incidents(read_incidents(kept, as_of="2019-12-31"))
    assert counts.silences == ()
    assert counts.notes[0].startswith("North has none 2019-10-31..2019-12-31, where about 64")
    assert "a collapse, or its reports are missing" in counts.notes[0]
    assert uptick_test(counts).frame["pvalue"].notna().all()


def test_a_series_that_goes_silent_now_and_then_is_not_suspected():
    rng = np.random.default_rng(3)
    counts = rng.poisson(3.0, (900, 2))
    for start in range(0, 900, 90):
        counts[start + 40 : start + 60] = 0
    counts[840:870] = 0
    assert implausible_silences(counts, np.ones(counts.shape, dtype=bool)) == []
    slow = rng.poisson(0.03, (900, 1))
    assert implausible_silences(slow, np.ones(slow.shape, dtype=bool)) == []


def test_sigact_has_151_silent_days(shared_data):
    incidents = read_incidents(shared_data / "sigacts_iraq_2006_2008.csv", as_of="2008-07-05")
    counts = count_incidents(incidents)
    assert [str(window) for window in counts.silences] == ["2006-09-25..2007-02-22"]
    assert counts.silences[0].days == 151
    assert "(151 days)" in counts.notes[0]
    assert count_incidents(incidents, no_coverage=["2006-09-25..2007-02-22"]).silences == ()
    assert count_incidents(incidents, gap_is_quiet=True).silences == ()


# Whatever the mixture.

_ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c", "d", "e", "f", "g", ""]),
        "date": st.sampled_from(["2020-04-01", "2020-04-05", "2020-04-09", "2020-04-14", "soon", ""]),
        "country": st.sampled_from(["Uganda", "Zambia", "Iraq", ""]),
        "admin1": st.sampled_from(["Central", "Kirkuk", "Ta'mim", "Nowhere", ""]),
        "reported_on": st.sampled_from(["2020-04-02", "2020-04-10", "2020-04-20", "never", ""]),
        "updated_at": st.sampled_from(["2020-04-03", "2020-04-12", ""]),
        "fatalities": st.sampled_from(["0", "3", ""]),
    }
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(_ROW, min_size=1, max_size=12),
    where=st.sampled_from([None, "fatalities >= 1", "country = 'Uganda'"]),
    gap=st.sampled_from([(), ("2020-04-05..2020-04-06",)]),
    known=st.sampled_from(["2020-04-08", "2020-04-12"]),
)
def test_every_row_and_every_incident_goes_to_one_place(rows, where, gap, known):
    try:
        incidents = read_incidents(pd.DataFrame(rows), as_of="2020-04-12")
        counts = count_incidents(
            incidents, by="admin1", start="2020-04-02", as_of=known, where=where, no_coverage=gap
        )
    except UptickError:
        assume(False)
    account, rest = counts.accounting, incidents.accounting
    assert rest.rows_read == len(rows) == rest.kept + sum(rest.set_aside.values()) + rest.superseded
    assert rest.kept == len(incidents) == account.kept
    assert account.kept == (
        account.grid + sum(account.filtered.values()) + account.set_apart + account.unplaced
        + account.outside + account.no_coverage + account.reported_later
    )  # fmt: skip
    assert counts.values.sum() == account.grid
    # What lies in weeks not wholly covered is in no cell shown, and has a term of its own.
    assert counts.to_frame().sum().sum() == account.grid + account.unplaced - account.partial


# From when on the file holds all incidents.


def with_metadata(tmp_path, text, rows=None):
    path = tmp_path / "events.csv"
    rows = rows or ["2020-03-01", "2020-03-05", "2020-04-01"]
    path.write_text("date,province\n" + "".join(f"{day},Diyala\n" for day in rows), encoding="utf-8")
    (tmp_path / "events.meta.toml").write_text(text, encoding="utf-8")
    return path


def test_the_metadata_say_from_when_on_a_file_is_covered(tmp_path):
    path = with_metadata(tmp_path, "covered_from = 2020-01-01\n")
    incidents = read_incidents(path, as_of="2020-04-19")
    assert "covered from 2020-01-01, as events.meta.toml states" in incidents.notes
    opened = count_incidents(incidents, "day", by=None)
    assert str(opened.starts[0]) == "2020-01-01"
    assert opened.coverage.all()
    assert opened.values[:60].sum() == 0
    before = count_incidents(incidents, "day", by=None, start="2019-12-20")
    assert (~before.coverage).sum() == 12
    told = "as events.meta.toml states"
    assert before.notes[:2] == (
        f"no coverage from 2019-12-20 to 2019-12-31: the file is covered from 2020-01-01, {told}",
        "no incident is dated 2020-01-01 to 2020-02-29, which counts as zero: covered from 2020-01-01, "
        f"{told}",
    )
    stated = count_incidents(incidents, "day", by=None, start="2019-12-20", covered_from="2019-12-25")
    assert (~stated.coverage).sum() == 5, "the option comes before the metadata"
    path = with_metadata(tmp_path, "covered_from = 2020-03-02\n")
    with pytest.raises(UptickError, match=r"covered_from lies after the first incident") as error:
        count_incidents(read_incidents(path, as_of="2020-04-19"), by=None)
    assert "2020-03-02, as events.meta.toml states" in str(error.value)


def test_without_any_of_these_a_start_before_the_file_is_not_covered(tmp_path):
    incidents = read_incidents(with_metadata(tmp_path, ""), as_of="2020-04-19")
    counts = count_incidents(incidents, "day", by=None, start="2020-02-20")
    assert (~counts.coverage).sum() == 10
    assert counts.notes[0].startswith("no coverage from 2020-02-20 to 2020-02-29: the first incident is of")


def ucdp(days, **columns):
    size = len(days)
    base = {
        "id": [str(i) for i in range(size)], "type_of_violence": "1", "side_a": "Government of Iraq",
        "side_b": "IS", "country": "Iraq", "adm_1": "Ninawa province", "date_start": days, "date_end": days,
        "best": "1", "code_status": "Clear",
    }  # fmt: skip
    return read_incidents(pd.DataFrame(base | columns), as_of="2018-12-31")


def test_ucdp_ged_covers_from_1989_where_a_start_is_given():
    yearly = ucdp(["2003-03-20", "2004-01-01"])
    assert yearly.source == "ucdp"
    plain = count_incidents(yearly, "day", by=None)
    assert str(plain.starts[0]) == "2003-03-20", (
        "a rule of the source opens no grid: the file may be an extract"
    )
    asked = count_incidents(yearly, "day", by=None, start="1988-12-01")
    assert (~asked.coverage).sum() == 31
    assert asked.values[asked.starts < np.datetime64("2003-03-20")].sum() == 0
    assert "no incident is dated 1989-01-01 to 2003-03-19, which counts as zero" in asked.notes[1]
    assert "unless the file is an extract; if it begins later, give covered_from" in asked.notes[1]
    extract = count_incidents(yearly, "day", by=None, start="2002-12-31", covered_from="2003-01-01")
    assert (~extract.coverage).sum() == 1
    one_year = ucdp(["2018-08-01", "2018-08-02"])
    candidate = ucdp(["2017-12-31", "2018-08-02"], code_status=["Clear", "Check dyad"])
    for incidents in (one_year, candidate):
        assert incidents.covered_from is None
        counts = count_incidents(incidents, "day", by=None, start="2017-01-01")
        assert not counts.coverage[0, 0]


# A column of report days that holds the day of loading.


def test_rows_loaded_at_once_are_asked_about_and_the_switch_helps(tmp_path, run):
    rows = pd.DataFrame(
        {"date": ["2020-03-01", "2020-03-05", "2020-04-01"], "province": "Diyala", "date_added": "2021-01-01"}
    )
    incidents = read_incidents(rows, as_of="2020-04-19")
    switch = "if that is when the rows were loaded, --no-report-days (report_days=False)"
    assert f"all 3 days of report are 2021-01-01: {switch}" in incidents.notes
    counts = count_incidents(incidents, by=None)
    assert counts.accounting.reported_later == 3
    assert f"not known then (reported_on): not counted. None is left: {switch}" in counts.notes[-1]
    without = read_incidents(rows, as_of="2020-04-19", report_days=False)
    assert without.frame["reported_on"].isna().all()
    assert without.extra["date_added"].tolist() == ["2021-01-01"] * 3
    assert count_incidents(without, by=None).values.sum() == 3
    path = tmp_path / "loaded.csv"
    rows.to_csv(path, index=False)
    code, out, _ = run("count", path, "--as-of", "2020-04-19", "--no-report-days")
    assert code == 0
    assert "3 incidents" in out
    assert "no column is taken as the day of report, as stated" in out
    with pytest.raises(UptickError, match="a column of report days is named"):
        read_incidents(rows, columns={"reported_on": "date_added"}, report_days=False)


def test_report_days_from_the_day_the_file_was_drawn_on_are_asked_about():
    rows = pd.DataFrame(
        {
            "date": ["2020-03-01", "2020-03-05", "2020-04-01"],
            "reported_on": ["2020-05-02", "2020-05-01", "2020-05-03"],
        }
    )
    drawn = read_incidents(rows, as_of="2020-04-19", extracted="2020-05-01")
    assert any("2020-05-01 or later, and the file was drawn on 2020-05-01" in note for note in drawn.notes)
    usual = read_incidents(rows, as_of="2020-04-19", extracted="2020-05-04")
    assert not any("--no-report-days" in note for note in usual.notes)


# What the metadata are part of.


def test_the_metadata_are_part_of_what_figures_rest_on(tmp_path):
    path = with_metadata(tmp_path, "covered_from = 2020-01-01\n")
    first = read_incidents(path, as_of="2020-04-19")
    with_metadata(tmp_path, "covered_from = 2020-01-02\n")
    second = read_incidents(path, as_of="2020-04-19")
    assert first.digest == second.digest
    assert first.fingerprint != second.fingerprint
    (tmp_path / "events.meta.toml").unlink()
    bare = read_incidents(path, as_of="2020-04-19")
    assert bare.fingerprint == bare.digest == first.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('simulated = "true"', "simulated is neither true nor false"),
        ("gap_is_quiet = 1", "gap_is_quiet is neither true nor false"),
        ('covered_from = "soon"', "covered_from"),
        ('no_coverage = "2020-03-02..2020-03-04"', "no_coverage is no list of tables"),
    ],
)
def test_metadata_that_hold_something_else_are_an_error(tmp_path, text, said):
    with pytest.raises(InputError, match=r"metadata file events\.meta\.toml cannot be read") as error:
        read_incidents(with_metadata(tmp_path, text))
    assert said in str(error.value)


def test_a_key_that_is_nearly_one_is_noted(tmp_path):
    notes = read_incidents(with_metadata(tmp_path, "covred_from = 2020-01-01\nseed = 3\n")).notes
    assert "covred_from in events.meta.toml is not read; did you mean covered_from?" in notes
    assert not any("seed" in note for note in notes)
