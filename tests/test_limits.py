"""Exactly at the limits below which nothing is tested, called or marked: one under, one at, one over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.claims import read_claims, verdicts
from analytics.counts import Counts, count_incidents
from analytics.errors import HistoryError, OptionError
from analytics.incidents import read_incidents
from analytics.kernels.claims.ordinary_day import FEW as FEW_DAYS
from analytics.kernels.claims.ordinary_day import day_pvalue, ordinary_day
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.windows.lrd import (
    FEW,
    RAISE_ABOVE,
    firm_below,
    lrd_test,
    raised_pvalue,
    turned_pvalue,
    unseen_share,
)
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED
from analytics.upticks import (
    activity_test,
    change_test,
    concentration_test,
    day_test,
    recurrence_test,
    scan_test,
    severity_test,
    uptick_test,
)

END = np.datetime64("2020-04-12")  # a Sunday
LOOSE = 0.9  # a level at which next to anything is called, so that the number of incidents alone decides


def counts_of(values, covered=None):
    values = np.asarray(values)
    names = [f"R{i}" for i in range(values.shape[1])]
    return Counts.from_array(values, freq="day", as_of=END, regions=names, coverage=covered)


def series(recent, *, days=406, baseline=40, regions=1, seed=0):
    """Days with `baseline` incidents before the last 42, and `recent` on each of some of the last days."""
    rng = np.random.default_rng(seed)
    values = np.zeros((days, regions), int)
    for region in range(regions):
        values[rng.choice(days - 42, baseline, replace=False), region] = 1
    values[-len(recent) :, 0] = recent
    return values


def incidents_of(rows, as_of=END, **columns):
    table = pd.DataFrame(rows)
    return read_incidents(
        table.assign(country="Iraq", admin1="Kirkuk", **columns), source="table", as_of=as_of
    )


# -- three incidents ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "verdict"), [(2, CANNOT_BE_TOLD), (3, SUPPORTED), (4, SUPPORTED)])
def test_three_incidents_make_an_uptick(number, verdict):
    row = uptick_test(counts_of(series([1] * number, baseline=2)), alpha=LOOSE).frame.iloc[0]
    assert row["pvalue"] <= LOOSE
    assert row["verdict"] == verdict
    assert row["reason"] == ("" if number >= MIN_OBSERVED else "2 incidents are too few to call an uptick")


@pytest.mark.parametrize(("number", "verdict"), [(2, CANNOT_BE_TOLD), (3, SUPPORTED)])
def test_three_incidents_inside_make_a_concentration(number, verdict):
    values = series([1] * number, baseline=6, regions=2)
    row = concentration_test(counts_of(values), regions_inside="R0", alpha=LOOSE).frame.iloc[0]
    assert row["verdict"] == verdict
    assert (row["reason"] == "") == (verdict == SUPPORTED)
    if number < MIN_OBSERVED:
        assert row["reason"] == "2 recent incidents inside are too few to call"


@pytest.mark.parametrize(("number", "verdict"), [(2, CANNOT_BE_TOLD), (3, SUPPORTED)])
def test_three_incidents_make_a_cluster(number, verdict):
    values = series([1] * number, days=364, baseline=3, regions=5)
    where = np.column_stack([np.linspace(30, 37, 5), np.full(5, 44.0)])
    row = scan_test(counts_of(values), places=where, replicates=19, alpha=LOOSE, max_share=0.4).frame.iloc[0]
    assert row["observed"] == number
    assert row["verdict"] == verdict


@pytest.mark.parametrize(("number", "verdict"), [(2, CANNOT_BE_TOLD), (3, SUPPORTED)])
def test_three_incidents_since_the_date_make_a_change(number, verdict):
    values = np.zeros((52 * 7, 1), int)
    values[10] = 1
    values[-7 * np.arange(1, number + 1)] = 1
    row = change_test(counts_of(values), date="2020-03-16", trend=False, alpha=0.4).frame.iloc[0]
    assert (row["after"], row["verdict"]) == (number, verdict)
    assert row["reason"] == ("" if number >= 3 else "2 incidents are too few to call a change")


@pytest.mark.parametrize(("number", "verdict"), [(2, CANNOT_BE_TOLD), (3, SUPPORTED)])
def test_three_attacks_make_more_attacks(number, verdict):
    days = [*(END - 60 - 40 * np.arange(8)), *(END - np.arange(number))]
    rows = {"incident_id": [f"T{i}" for i in range(len(days))], "date": np.array(days, "datetime64[us]")}
    found = activity_test(
        incidents_of(rows, activity="attack"), kinds=("attacks",), start=END - 500, alpha=LOOSE
    ).frame.iloc[0]
    assert (found["observed"], found["verdict"]) == (number, verdict)


# -- one day -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "verdict"), [(1, CANNOT_BE_TOLD), (2, SUPPORTED)])
def test_two_incidents_make_a_day_exceptional(number, verdict):
    row = day_test(counts_of(series([number], baseline=1))).frame.iloc[0]
    assert row["pvalue"] <= 0.05
    assert row["verdict"] == verdict
    assert row["detectable"] == 2


def test_a_day_alone_among_many_regions_is_said_before_ordinary_and_before_nothing_else():
    values = np.random.default_rng(4).poisson(0.7, (440, 30))
    values[-1] = 0
    called = int(day_test(counts_of(values)).frame["detectable"].iloc[0])
    values[-1, 0] = called
    for completeness in (None, 1.0):
        # A margin of a million days makes every day an ordinary one.
        frame = day_test(counts_of(values), margin_days=1e6, completeness=completeness).frame
        row = frame.iloc[0]
        assert row["pvalue"] <= 0.05 < row["qvalue"]
        # An ordinary day is said to be one whatever its p, once completeness is known.
        assert row["verdict"] == (CANNOT_BE_TOLD if completeness is None else NOT_SUPPORTED)
        assert ("alone, but q = " in row["reason"]) == (completeness is None)
        quiet = frame["reason"].iloc[1]
        assert quiet.startswith("nothing is recorded on the day")
        assert ("so far" in quiet) == (completeness is None)
    values[-1, 0] = called - 1
    row = day_test(counts_of(values), completeness=1.0, margin_days=1.0).frame.iloc[0]
    assert row["reason"].endswith(f"a count of {called} would have been called")


@pytest.mark.parametrize(("days", "tested"), [(90, False), (91, True)])
def test_ninety_one_covered_days_are_a_baseline(days, tested):
    values = np.random.default_rng(1).poisson(1.0, (440, 1))
    covered = np.ones(values.shape, bool)
    covered[: 440 - 29 - days] = False
    row = day_test(counts_of(np.where(covered, values, 0), covered)).frame.iloc[0]
    assert row["baseline_days"] == days
    assert np.isfinite(row["pvalue"]) == tested


def test_a_baseline_of_half_a_year_may_be_asked_for():
    counts = counts_of(np.ones((440, 1), int))
    assert len(day_test(counts, baseline=182).frame) == 1
    with pytest.raises(OptionError, match="baseline"):
        day_test(counts, baseline=181)


# -- five in the baseline ------------------------------------------------------------------------------------


def test_below_five_in_the_baseline_the_rotation_always_counts():
    assert FEW == 5
    small, rotation, year = np.full(3, 0.001), np.full(3, 0.1), (np.full(3, 26), np.full(3, 364.0))
    assert raised_pvalue(small, rotation, np.array([4.0, 5.0, 6.0]), *year).tolist() == [0.1, 0.001, 0.001]
    edge = np.array([1 / 364, np.nextafter(1 / 364, 1)])
    assert raised_pvalue(edge, rotation[:2], np.full(2, 5.0), *(y[:2] for y in year)).tolist() == [
        1 / 364,
        0.1,
    ]


@pytest.mark.parametrize(
    ("windows", "periods", "firm"),
    [(5, 70, 0), (20, 280, 0), (23, 322, 0.5 / 322), (26, 364, 1 / 364), (78, 1092, 1 / 1092)],
)
def test_the_shorter_the_baseline_the_more_the_rotation_counts(windows, periods, firm):
    assert firm_below(np.array([windows]), np.array([periods]))[0] == pytest.approx(firm)
    # Weekly counts have few periods: what the rotation can show is coarse, so 0.01 is the most.
    assert firm_below(np.array([26]), np.array([52]))[0] == RAISE_ABOVE


def test_a_small_pvalue_wants_both_the_model_and_the_rotation():
    year, a = (np.full(4, 26), np.full(4, 364.0)), np.array([1e-9, 1e-9, 1e-9, 0.004])
    rotation, base = np.array([0.0025, 0.03, 0.0025, 0.0025]), np.array([50.0, 50.0, 4.0, 50.0])
    unseen = np.array([0.5, 0.5, 0.5, 0.5])
    found = turned_pvalue(a, 2 * rotation, rotation, base, *year, unseen)
    np.testing.assert_allclose(found, [0.5 * 0.0025, 0.06, 0.005, 0.005])
    rare = turned_pvalue(a, 2 * rotation, rotation, base, *year, unseen / 1e3)
    assert rare[0] == pytest.approx(1e-9**0.1 * 0.0025**0.9)
    short = np.full(4, 20), np.full(4, 280.0)
    assert (turned_pvalue(a, rotation, rotation, base, *short, unseen) >= rotation).all()


def test_a_level_not_seen_is_the_likelier_the_shorter_the_baseline_and_the_smaller_the_rise():
    seen = np.array([10.0, 100.0, 1e3, 1e4])
    year = np.full(4, 52.0), np.full(4, 14.0), np.full(4, 364.0), np.full(4, 26)
    share = unseen_share(seen, *year)
    assert share[0] == 1.0
    assert (np.diff(share) <= 0).all()
    # F with 1 and 1 degrees of freedom, half an event in 27 windows, against one in 364.
    np.testing.assert_allclose(share[2:], stats.f.sf(seen[2:] / 2, 1, 1) / 54 * 364)
    three = np.full(4, 156.0), np.full(4, 14.0), np.full(4, 1092.0), np.full(4, 78)
    assert (unseen_share(seen, *three) / 1092 <= share / 364).all()
    fewer = unseen_share(np.array([0.0, 2.0]), *(part[:2] for part in year), upper=False)
    assert fewer.tolist() == [1.0, 1.0]


def test_a_level_that_shifts_once_is_no_one_in_a_thousand():
    """Negative binomial at 0.4 of the rate for a year, at 1.6 in the window: by the model next to never."""
    rng = np.random.default_rng(31)
    level = np.r_[np.full(392, 0.8), np.full(14, 3.2)][:, None]
    counts = rng.negative_binomial(1.0, 1 / (1 + np.broadcast_to(level, (406, 400))))
    test = lrd_test(counts, np.ones(counts.shape, bool), length=14, guard=28)
    assert (test.firm <= 0.001).mean() > 0.5
    assert (test.firm <= 1e-4).mean() > 0.2
    assert (test.pvalue <= 1e-4).mean() == 0
    assert (test.pvalue <= 0.05).mean() > 0.95


def test_windows_across_the_join_are_not_divided_by():
    rng = np.random.default_rng(12)
    for baseline, times in ((70, 112 / 99), (280, 322 / 309), (364, 406 / 393)):
        counts = rng.poisson(0.5, (baseline + 42, 200))
        test = lrd_test(counts, np.ones(counts.shape, bool), length=14, guard=28)
        turned = np.minimum(times * test.rotation, 1)
        counted = (test.pvalue_a > 0.01) & (test.rotation > test.pvalue_a)
        assert counted.sum() > 50
        np.testing.assert_allclose(test.pvalue[counted], turned[counted])


@pytest.mark.parametrize(("total", "always"), [(4, True), (5, False)])
def test_below_five_in_the_baseline_the_rank_of_a_day_always_counts(total, always):
    assert FEW_DAYS == 5
    base = np.zeros((364, 1), int)
    base[10 : 10 + 20 * total : 20] = 1
    covered, weekday = np.ones(base.shape, bool), np.zeros(364, dtype=np.int64)
    day = ordinary_day(base, covered, weekday, adjust=False)
    often = np.eye(7)[:, [0]]
    p, model = day_pvalue(day, base, covered, weekday, np.array([9.0]), np.array([0]), often)
    rank = 1 / 365
    assert model[0] < rank
    assert (p[0] >= rank) == always


# -- lengths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "error"), [(3, True), (4, False)])
def test_four_weeks_after_a_date_and_twenty_six_before(after, error):
    values = np.random.default_rng(2).poisson(0.5, (7 * 60, 1))
    date = END + 1 - 7 * after
    if error:
        with pytest.raises(HistoryError, match="4 from it on"):
            change_test(counts_of(values), date=date)
    else:
        assert np.isfinite(change_test(counts_of(values), date=date).frame["pvalue"].iloc[0])
    before = counts_of(values[-7 * (8 + (25 if error else 26)) :])
    if error:
        with pytest.raises(HistoryError, match="25 before"):
            change_test(before, date=END + 1 - 7 * 8)
    else:
        assert np.isfinite(change_test(before, date=END + 1 - 7 * 8).frame["pvalue"].iloc[0])


@pytest.mark.parametrize(("weeks", "slope"), [(7, False), (8, True)])
def test_a_slope_is_fitted_from_eight_weeks_on(weeks, slope):
    values = np.random.default_rng(3).poisson(0.5, (7 * 60, 1))
    result = change_test(counts_of(values), date=END + 1 - 7 * weeks)
    assert result.parameters["slope"] is slope
    assert any("fewer than 8 weeks since the date" in note for note in result.notes) is not slope


@pytest.mark.parametrize(("number", "tested"), [(9, False), (10, True)])
def test_ten_incidents_are_asked_whether_they_recur(number, tested):
    values = np.zeros((400, 1), int)
    values[np.linspace(5, 395, number).astype(int)] = 1
    row = recurrence_test(counts_of(values), replicates=19).frame.iloc[0]
    assert np.isfinite(row["pvalue"]) == tested
    with pytest.raises(HistoryError, match="needs 182 days"):
        recurrence_test(counts_of(values[:181]), replicates=19)
    assert len(recurrence_test(counts_of(values[:182]), replicates=19).frame) == 1


@pytest.mark.parametrize(("recent", "earlier", "tested"), [(4, 20, False), (5, 19, False), (5, 20, True)])
def test_five_recent_and_twenty_earlier_incidents_are_compared(recent, earlier, tested):
    days = [*(END - 60 - 15 * np.arange(earlier)), *(END - np.arange(recent))]
    rows = {
        "incident_id": [f"T{i}" for i in range(len(days))],
        "date": np.array(days, "datetime64[us]"),
        "fatalities": np.arange(len(days)) % 4,
    }
    frame = severity_test(incidents_of(rows), start=END - 405).frame
    assert (frame["incidents_recent"].iloc[0], frame["incidents_baseline"].iloc[0]) == (recent, earlier)
    assert np.isfinite(frame["pvalue"].iloc[0]) == tested


# -- coarse dates, and a file that ends ----------------------------------------------------------------------


@pytest.mark.parametrize(("days", "coarse"), [(6, 0), (7, 1), (8, 1)])
def test_a_date_is_coarse_from_seven_days_on(days, coarse):
    start = np.datetime64("2020-02-03")
    rows = {"incident_id": ["A"], "date_start": [str(start)], "date_end": [str(start + days - 1)]}
    data = incidents_of(rows)
    assert data.accounting.flags.get("coarse date", 0) == coarse
    assert count_incidents(data, "day").coarse.sum() == coarse


@pytest.mark.parametrize(("silent", "asked"), [(28, False), (29, True)])
def test_more_than_four_silent_weeks_at_the_end_raise_a_question(project, tmp_path, silent, asked):
    path = tmp_path / "claims.toml"
    path.write_text(
        '[article]\ntitle = "Notes"\ndate = 2020-04-12\n[[claim]]\nid = "mine"\nwords = "More."\n'
        'kind = "recent"\nregion_set = "all"\nwindow = { first = -13, last = 0 }\n'
        'activity = ["attack"]\ndirection = "greater"\n',
        encoding="utf-8",
    )
    days = np.arange(END - 500, END - silent + 1)
    rows = {"incident_id": [f"T{i}" for i in range(len(days))], "date": days.astype("datetime64[us]")}
    notes = verdicts(read_claims(path), incidents_of(rows, activity="attack")).notes
    assert any("the last incident in the data" in note for note in notes) is asked
