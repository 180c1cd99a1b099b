"""Alarms: what they hold, how they are put together, and what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics.counts import Counts
from analytics.detectors.grid import NO_COVERAGE, RUNNING, grid_of, make_alarms, per_region
from analytics.errors import HistoryError, InputError, OptionError
from analytics.kernels.common.episodes import episode_onsets, episode_spans
from analytics.options import check_level
from analytics.results import Alarms, DetectorRun
from analytics.results.alarm_arrays import NO_CHANGE

WEEKS = pd.date_range("2019-11-04", periods=12, freq="7D")


def weekly(columns: dict[str, list[int | None]], *, as_of="2020-01-26", **options) -> Counts:
    frame = pd.DataFrame(columns, index=WEEKS[: len(next(iter(columns.values())))])
    return Counts.from_frame(frame, freq="week", as_of=as_of, **options)


KIRKUK = [1, 9, 1, 8, 1, 1, 1, 7, None, 1, 0, 9]
ERBIL = [0, 1, 2, 0, 0, 1, 0, 0, 0, 1, 2, 3]


def above_five(counts: Counts, name: str = "above_five", **options) -> Alarms:
    grid = grid_of(counts, **options)
    here = grid.floats()[grid.first :]
    return make_alarms(
        grid,
        DetectorRun(name, "More than five.", kind="score"),
        alarm=here > 5,
        expected=np.full(here.shape, 1.5),
        statistic=here,
    )


@pytest.fixture
def alarms() -> Alarms:
    return above_five(weekly({"Kirkuk": KIRKUK, "Erbil": ERBIL}))


def test_a_cell_without_coverage_is_not_tested_and_says_why(alarms):
    row = alarms.frame.query("region == 'Kirkuk' and label == '2019-W53' or label == '2020-W01'")
    row = row[row["region"] == "Kirkuk"].iloc[0]
    assert row["alarm"] is pd.NA
    assert row["observed"] is pd.NA
    assert np.isnan(row["expected"])
    assert row["note"] == NO_COVERAGE
    assert alarms.frame["alarm"].dtype == "boolean"
    assert alarms.frame["alarm"].isna().sum() == 1


def test_a_week_still_running_is_not_tested():
    running = above_five(weekly({"Kirkuk": [1, 2, 9]}, as_of="2019-11-20"))
    assert running.frame["alarm"].tolist() == [False, False, pd.NA]
    assert running.frame["note"].tolist() == ["", "", RUNNING]
    assert running.latest()["label"].tolist() == ["2019-W46"]  # the last one that was over


def test_alarms_within_two_weeks_are_one_episode(alarms):
    # Alarms in weeks 1, 3, 7 and 11 from 0: 1 and 3 are two weeks apart, 3 and 7 four.
    found = alarms.episodes()
    assert found["label"].tolist() == ["2019-W46", "2019-W52", "2020-W04"]
    assert found["periods"].tolist() == [3, 1, 1]
    assert found["alarms"].tolist() == [2, 1, 1]
    assert found["observed"].tolist() == [18, 7, 9]
    assert found["expected"].tolist() == [4.5, 1.5, 1.5]
    assert found["statistic"].tolist() == [9.0, 7.0, 9.0]
    assert found["ongoing"].tolist() == [False, False, True]
    assert alarms.onsets.sum(axis=0).tolist() == [3, 0]


def test_years_are_those_tested(alarms):
    assert alarms.years == pytest.approx([11 * 7 / 365.25, 12 * 7 / 365.25])


def test_the_sentence_names_who_alarms_and_the_empty_one_says_so(alarms):
    assert alarms.sentence() == "2020-W04: above_five: alarm in Kirkuk; no alarm in 1 of 2 regions."
    quiet = above_five(weekly({"Erbil": ERBIL}, simulated=True))
    assert quiet.sentence() == "SIMULATED data: 2020-W04: above_five: no alarm in 1 of 1 region."
    unknown = above_five(weekly({"Erbil": [*ERBIL[:-1], None]}))
    assert unknown.sentence() == "2020-W04: above_five: not tested in 1 of 1 region."
    assert quiet.episodes().empty
    assert quiet.episodes().columns.tolist() == alarms.episodes().columns.tolist()


def test_the_summary_puts_alarms_first_and_keeps_what_was_not_tested(alarms):
    table = above_five(weekly({"Erbil": ERBIL, "Kirkuk": KIRKUK, "Babil": [*ERBIL[:-1], None]})).summary()
    assert table["region"].tolist() == ["Kirkuk", "Erbil", "Babil"]
    assert table["answer"].tolist() == ["alarm", "no alarm", "not tested"]
    assert table["why"].tolist() == ["", "", NO_COVERAGE]
    assert table["episodes"].tolist() == [3, 0, 0]
    assert table.columns.tolist() == alarms.summary().columns.tolist()
    assert "<table" in alarms._repr_html_()


def test_detectors_are_put_side_by_side_on_all_periods(alarms):
    later = above_five(weekly({"Kirkuk": KIRKUK, "Erbil": ERBIL}), "other", last=2)
    both = Alarms.concat(part for part in (alarms, later))
    assert [run.name for run in both.runs] == ["above_five", "other"]
    assert both.detectors == ("above_five", "above_five", "other", "other")
    frame = both.frame
    assert len(frame) == 48
    other = frame[frame["detector"] == "other"]
    assert other["alarm"].isna().sum() == 20
    assert set(other.loc[other["alarm"].isna(), "note"]) == {"not run on this period"}
    back = both.select(detectors="above_five").frame
    pd.testing.assert_frame_equal(back, alarms.frame)
    assert both.how("other").method == "More than five."


def test_what_cannot_be_put_together_says_why(alarms):
    with pytest.raises(InputError, match="a detector stands twice"):
        Alarms.concat([alarms, alarms])
    with pytest.raises(InputError, match="alarms differ in as_of"):
        Alarms.concat([alarms, above_five(weekly({"Kirkuk": [1, 2]}, as_of="2019-11-17"), "other")])
    with pytest.raises(OptionError, match=r"unknown region 'Kirkuq'[\s\S]*did you mean Kirkuk"):
        alarms.select(regions=["Kirkuq"])
    with pytest.raises(OptionError, match=r"regions are chosen by name[\s\S]*Kirkuk[\s\S]*found: 3"):
        alarms.select(regions=3)
    with pytest.raises(OptionError, match="no detector 'x' in these alarms"):
        alarms.how("x")


def test_the_former_name_names_the_new_one_and_nothing_else_is_guessed(alarms):
    with pytest.raises(OptionError, match=r"Alarms has no 'run' any more[\s\S]*how\(\) is its name now"):
        alarms.run()
    assert not hasattr(alarms, "runn")


def test_the_handles(alarms):
    later = above_five(weekly({"Kirkuk": KIRKUK, "Erbil": ERBIL}), "other", last=2)
    both = Alarms.concat([alarms, later])
    assert alarms.frame is alarms.frame
    assert replace(alarms, value="deaths").frame is not alarms.frame
    assert dict(alarms.parameters) == {"above_five": {}}
    assert list(both.parameters) == ["above_five", "other"]
    with pytest.raises(TypeError):
        both.parameters["other"] = {}
    assert alarms.null_hypothesis == NO_CHANGE
    assert both.null_hypothesis == f"above_five: {NO_CHANGE}; other: {NO_CHANGE}"
    assert len(repr(both).splitlines()) <= 10


def test_tidy_has_one_row_a_region_for_each_detector(alarms):
    table = above_five(weekly({"Erbil": ERBIL, "Kirkuk": KIRKUK, "Babil": [*ERBIL[:-1], None]})).tidy()
    assert table["region"].tolist() == ["Erbil", "Kirkuk", "Babil"]
    assert table["observed"].tolist() == [3, 9, pd.NA]
    assert table["verdict"].tolist() == ["no alarm", "alarm", "not tested"]
    assert table["reason"].tolist() == ["", "", NO_COVERAGE]
    assert table["expected"].tolist()[:2] == [1.5, 1.5]
    assert table["period"].unique().tolist() == ["2020-W04"]
    other = above_five(weekly({"Kirkuk": KIRKUK, "Erbil": ERBIL}), "other")
    assert len(Alarms.concat([alarms, other]).tidy()) == 4


def test_choosing_regions_cuts_what_holds_one_value_a_region(alarms):
    run = replace(
        alarms.runs[0],
        parameters={"alpha": np.array([0.01, 0.02]), "mean": np.array([[1.0, 2.0]]), "bets": (1.0, 2.0)},
        rate=np.array([0.5, 1.5]),
    )
    chosen = replace(alarms, runs=(run,)).select(regions="Erbil").how()
    assert chosen.parameters["alpha"].tolist() == [0.02]
    assert chosen.parameters["mean"].tolist() == [[2.0]]
    assert chosen.parameters["bets"] == (1.0, 2.0)
    assert chosen.rate.tolist() == [1.5]


def test_last_periods_keep_their_numbers(alarms):
    pd.testing.assert_frame_equal(
        alarms.last(3).frame.query("region == 'Erbil'").reset_index(drop=True),
        alarms.frame.query("region == 'Erbil'").tail(3).reset_index(drop=True),
    )
    assert len(alarms.last(1000).starts) == len(alarms.starts)
    for wrong in (0, -1, 2.5, "x", True):
        with pytest.raises(OptionError, match="periods is not usable"):
            alarms.last(wrong)


def test_one_alarm_in_one_region_is_not_two():
    assert repr(above_five(weekly({"Erbil": [0, 0, 9]}, as_of="2019-11-24"))).startswith(
        "Alarms(1 alarm of above_five in 1 region, "
    )


def test_an_alarm_that_was_not_tested_or_has_no_reason_is_refused(alarms):
    untested = alarms.tested.copy()
    untested[:] = False
    with pytest.raises(AssertionError, match="an alarm where nothing was tested"):
        replace(alarms, tested=untested)
    with pytest.raises(AssertionError, match="no note says why"):
        replace(alarms, tested=untested, alarm=untested, note=None)


def test_daily_counts_shown_by_week_are_added_up():
    days = pd.date_range("2020-01-06", periods=16)
    daily = Counts.from_frame(pd.DataFrame({"A": 1}, index=days), freq="day", as_of="2020-01-21")
    grid = grid_of(daily.resample("week"))
    assert grid.values[:, 0].tolist() == [7, 7, 0]  # the third is still running
    assert grid.usable[:, 0].tolist() == [True, True, False]
    assert grid_of(replace(daily, freq="week")).values[:, 0].tolist() == [7, 7, 0]
    assert grid_of(daily).shape == (16, 1)


def test_more_periods_than_there_are_is_one_clear_error():
    counts = weekly({"Kirkuk": [1, 2, 3]}, as_of="2019-11-24")
    with pytest.raises(HistoryError, match=r"fewer than 9 weeks[\s\S]*found: 3, from 2019-11-04"):
        grid_of(counts, last=9)
    with pytest.raises(OptionError, match="last is not usable"):
        grid_of(counts, last=0)


def test_thresholds_are_one_or_one_for_each_region():
    grid = grid_of(weekly({"A": [1, 2], "B": [1, 2]}, as_of="2019-11-17"))
    assert per_region(3, grid, "threshold").tolist() == [3, 3]
    assert per_region([3, 4], grid, "threshold").tolist() == [3, 4]
    with pytest.raises(OptionError, match="expected: one number, or 2, one for each region"):
        per_region([1, 2, 3], grid, "threshold")
    with pytest.raises(OptionError, match="expected: one number, or 2, one for each region"):
        per_region("high", grid, "threshold")
    for wrong in ([0.1, 1.0], "low"):
        with pytest.raises(OptionError, match="alpha must lie between 0 and 1"):
            check_level(alpha=wrong)


@given(hnp.arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 4))), st.sampled_from([1, 7]))
def test_onsets_and_spans_tell_the_same_episodes(alarm, days):
    onset = episode_onsets(alarm, days)
    series, first, last, number = episode_spans(alarm, days)
    assert onset.sum() == series.size
    assert onset[first, series].all()
    assert number.sum() == alarm.sum()
    assert alarm[last, series].all()
    same = series[1:] == series[:-1]
    assert ((first[1:] - last[:-1])[same] * days > 14).all()
