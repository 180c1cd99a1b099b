"""Completeness on counts in the statistics of tests that compare places, or look for rhythm or clusters."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analytics import change_test, concentration_test, recurrence_test, response_test, scan_test
from analytics.counts import Completeness, Counts
from analytics.kernels.windows.concentration import concentration_limit, concentration_test_arrays
from analytics.upticks.change import _known
from analytics.upticks.concentration import _completeness
from analytics.upticks.incomplete import incomplete_before
from analytics.upticks.scan_found import relative_totals

DAYS = pd.date_range("2019-01-01", "2020-04-12")
PLACES = [[33.0, 44.0], [33.1, 44.1], [35.0, 44.0], [35.1, 44.1], [36.0, 42.0], [36.1, 42.1]]
NAMES = list("ABCDEF")


def panel(seed=1, thin=None, mean=0.6):
    """Six quiet places; `thin` is the share of the last 28 days of each that has been reported."""
    rng = np.random.default_rng(seed)
    values = rng.poisson(mean, (len(DAYS), len(NAMES)))
    if thin is not None:
        values[-28:] = rng.binomial(values[-28:], thin)
    return Counts.from_frame(pd.DataFrame(values, index=DAYS, columns=NAMES), freq="day", as_of="2020-04-12")


def known(counts, share, deviation=0.0, days=28):
    """The counts with the completeness of their last days; all before is complete."""
    whole = np.ones(counts.values.shape)
    whole[-days:] = share
    spread = np.zeros(whole.shape)
    spread[-days:] = deviation
    return replace(counts, completeness=Completeness(whole, spread, "given"))


def operations(counts):
    values = np.zeros(counts.values.shape, dtype=np.int32)
    values[60::31] = 1
    return replace(counts, values=values)


TESTS = {
    "concentration": partial(concentration_test, regions_inside=["A", "B"]),
    "recurrence": partial(recurrence_test, replicates=39),
    "scan": partial(scan_test, places=PLACES, replicates=99),
    "response": lambda counts: response_test(operations(counts), counts),
    "change": change_test,
}


@pytest.mark.parametrize("name", TESTS)
def test_what_is_complete_gives_the_figures_of_what_is_not_known(name):
    counts = panel()
    plain, whole = TESTS[name](counts), TESTS[name](known(counts, 1.0))
    said = ["verdict", "reason"] if name == "concentration" else []
    pd.testing.assert_frame_equal(
        plain.frame.drop(columns=said), whole.frame.drop(columns=said), check_exact=True
    )


@pytest.mark.parametrize(("share", "given", "found"), [
    (1.0, None, 1.0), (0.95, None, None), (1.0, 0.8, 0.8), (0.95, 0.8, 0.8),
])  # fmt: skip
def test_an_unknown_date_of_change_takes_reports_as_complete_where_all_are(share, given, found):
    assert _known(known(panel(), share), None, given) == found


def test_a_fall_at_an_unknown_date_is_called_where_reports_are_known_to_be_complete():
    counts = panel(mean=2.0)
    fell = counts.values.copy()
    fell[-100:] //= 4
    counts = replace(counts, values=fell)
    for one, verdict in ((known(counts, 1.0), {"supported"}), (counts, {"cannot be told"})):
        assert {*change_test(one, direction="less").frame["verdict"]} == verdict


@pytest.mark.parametrize("name", ["recurrence", "response", "change"])
def test_without_a_place_for_it_incomplete_days_are_left_out_and_said(name):
    counts = panel(thin=0.3)
    found = TESTS[name](known(counts, 0.3))
    covered = counts.coverage.copy()
    covered[-28:] = False
    left_out = replace(counts, values=np.where(covered, counts.values, 0).astype(np.int32), coverage=covered)
    pd.testing.assert_frame_equal(found.frame, TESTS[name](left_out).frame, check_exact=True)
    said = "28 days (2020-03-16..2020-04-12) known to be less than 90 % complete are left out"
    assert said in found.notes
    nearly = TESTS[name](known(counts, 0.95))
    pd.testing.assert_frame_equal(nearly.frame, TESTS[name](counts).frame, check_exact=True)
    assert "what is known to be 90 % complete or more is taken as complete" in nearly.notes


def test_days_left_out_in_some_regions_are_said_to_be():
    notes = recurrence_test(known(panel(), [0.3, *[1.0] * 5], days=1), replicates=39).notes
    assert any("1 day (2020-04-12, in some regions) known to be" in note for note in notes)


# Concentration: the odds are multiplied by the ratio of the two sides' completeness.


def test_more_complete_reports_inside_are_no_concentration():
    counts = panel(seed=4, thin=[0.9, 0.9, 0.3, 0.3, 0.3, 0.3])
    blind = TESTS["concentration"](counts).frame.iloc[0]
    shares = [0.9, 0.9, 0.3, 0.3, 0.3, 0.3]
    result = TESTS["concentration"](known(counts, shares))
    row = result.frame.iloc[0]
    assert blind["pvalue"] < 0.01
    assert row["pvalue"] > 0.05
    assert row["estimate"] == pytest.approx(blind["estimate"] / 3, rel=1e-12)
    assert row["low"] < 1 < row["high"]
    assert result.parameters["completeness"] == pytest.approx([0.9, 0.3])
    assert "90 % complete inside and 30 % outside" in " ".join(result.notes)
    assert row["rate_ratio_inside"] == pytest.approx(blind["rate_ratio_inside"] / 0.9)
    assert row["detectable"] > blind["detectable"]
    unsure = TESTS["concentration"](known(counts, shares, deviation=0.1)).frame.iloc[0]
    assert unsure["low"] < row["low"]
    assert unsure["high"] > row["high"]
    assert unsure["estimate"] == row["estimate"]


def test_known_on_both_sides_lets_a_rise_be_ruled_out():
    counts = panel(seed=2, mean=6.0)
    assert TESTS["concentration"](counts).frame["verdict"].iloc[0] == "cannot be told"
    row = TESTS["concentration"](known(counts, 1.0)).frame.iloc[0]
    assert row["verdict"] == "not supported"
    one_side = known(counts, [1.0, 1.0, np.nan, np.nan, np.nan, np.nan])
    again = TESTS["concentration"](one_side)
    assert again.frame["verdict"].iloc[0] == "cannot be told"
    assert again.parameters["completeness"] is None


def test_stated_to_be_the_same_the_counts_own_is_not_used():
    counts = known(panel(seed=4), [0.9, 0.9, 0.3, 0.3, 0.3, 0.3])
    stated = TESTS["concentration"](counts, same_completeness=True)
    plain = TESTS["concentration"](panel(seed=4), same_completeness=True)
    pd.testing.assert_frame_equal(stated.frame, plain.frame, check_exact=True)
    assert "as stated; the counts say otherwise" in " ".join(stated.notes)


def test_of_counts_whose_completeness_is_not_known_no_day_is_said_to_be_incomplete():
    counts = Counts.from_array(np.ones((100, 2), int), freq="day", start="2020-01-01")
    assert incomplete_before(counts, 0, 86) == []


def test_a_baseline_known_to_be_incomplete_is_said_to_be_taken_as_complete():
    notes = TESTS["concentration"](known(panel(), 0.8, days=50)).notes
    assert "36 days before the recent window known to be incomplete, taken as complete" in notes


def test_regions_weigh_by_what_they_hold():
    values = np.random.default_rng(1).poisson([3.0, 1.0, 2.0], (len(DAYS), 3))
    counts = Counts.from_frame(
        pd.DataFrame(values, index=DAYS, columns=list("ABC")), freq="day", as_of="2020-04-12"
    )
    result = concentration_test(known(counts, [0.5, 0.9, 0.8]), regions_inside=["A", "B"])
    base = values[len(DAYS) - 14 - 28 - 364 : -42].sum(axis=0)
    inside = (0.5 * base[0] + 0.9 * base[1]) / (base[0] + base[1])
    assert result.parameters["completeness"] == pytest.approx([inside, 0.8])


def test_the_limits_move_with_the_ratio_of_completeness():
    rng = np.random.default_rng(3)
    inside, outside = rng.poisson(1.0, (406, 1)), rng.poisson(2.0, (406, 1))
    covered = np.ones(inside.shape, dtype=bool)
    run = partial(concentration_test_arrays, inside, outside, covered, length=14, guard=28)
    plain, favoured = run(), run(complete=(0.8, 0.4))
    for upper in (False, True):
        limits = [float(concentration_limit(test, 0.05, upper=upper)[0]) for test in (plain, favoured)]
        # Twice as complete inside: half the ratio. Limits are found to 1e-4, and thinned counts scatter a
        # little more about their mean.
        assert limits[1] == pytest.approx(limits[0] / 2, rel=0.1)


def test_size_where_the_sides_differ_in_completeness():
    shares = np.array([0.9, 0.9, 0.4, 0.4, 0.4, 0.4])
    called = np.zeros(2)
    for seed in range(40):
        counts = panel(seed=seed, thin=shares)
        for i, one in enumerate((counts, known(counts, shares))):
            called[i] += TESTS["concentration"](one).frame["pvalue"].iloc[0] <= 0.05
    assert called[0] >= 16  # blind to it, four in ten or more of quiet panels are called
    assert called[1] <= 5  # P(more than 5 of 40 at 5 %) = 1.4 %; the seeds are fixed


# The scan: what a place is expected to hold.


def test_places_with_quicker_reports_are_no_cluster():
    shares = np.array([0.95, 0.95, 0.3, 0.3, 0.3, 0.3])
    called = np.zeros(2)
    for seed in range(20):
        counts = panel(seed=seed, thin=shares, mean=1.5)
        for i, one in enumerate((counts, known(counts, shares))):
            called[i] += TESTS["scan"](one).frame["pvalue"].iloc[0] <= 0.05
    assert called[0] >= 15
    assert called[1] <= 3  # P(more than 3 of 20 at 5 %) = 1.6 %; the seeds are fixed


def test_each_side_is_as_complete_as_its_regions_by_what_they_held_on_covered_days():
    counts = panel()
    shares = np.array([0.9, 0.5, 0.8, 0.7, 0.6, 0.4])
    within = np.arange(6) < 2
    covered = np.ones((406, 1), bool)
    covered[10:60] = False
    split = SimpleNamespace(length=14, values=counts.values[-406:], baseline=counts.values[-406:-42])
    found = _completeness(known(counts, shares), split, within, covered)
    held = np.where(covered[:364], counts.values[-406:-42], 0).sum(axis=0)
    for side, share in ((within, found.inside), (~within, found.outside)):
        assert share == pytest.approx((shares * held)[side].sum() / held[side].sum())


@pytest.mark.parametrize(("first", "told"), [(0, 0), (56, 4), (100, 10)])
def test_days_known_to_be_incomplete_are_told_of_where_they_lie_in_the_baseline(first, told):
    counts = known(panel(), 0.9)
    share = counts.completeness.share.copy()
    share[first : first + 10] = (
        0.5  # the baseline begins on the 62nd of 468 days, and the 28 last are incomplete
    )
    found = concentration_test(
        replace(counts, completeness=replace(counts.completeness, share=share)), regions_inside=["A", "B"]
    )
    said = [note for note in found.notes if "before the recent window known to be incomplete" in note]
    assert said == [f"{14 + told} days before the recent window known to be incomplete, taken as complete"]


def test_what_is_as_complete_everywhere_cancels_in_the_scan():
    counts = panel(thin=0.5)
    plain, half = TESTS["scan"](counts), TESTS["scan"](known(counts, 0.5))
    pd.testing.assert_frame_equal(plain.frame, half.frame, check_exact=True)
    assert "late reports cancel only if they are as late everywhere" in plain.notes
    assert (
        "what each place is expected to hold allows for how complete its reports are known to be"
        in half.notes
    )
    unequal = TESTS["scan"](known(counts, [0.9, 0.9, 0.3, 0.3, 0.3, 0.3]))
    table = unequal.details["places"].set_index("place")
    assert table["expected"].sum() == pytest.approx(table["observed"].sum())


def test_totals_count_by_relative_completeness_day_by_day():
    series = np.array([[5, 5], [2, 1], [1, 0]])
    share = np.array([[1.0, 1.0], [0.5, 1.0]])
    found = relative_totals(series, share)
    totals = np.array([8, 6])
    late = np.array([0.5, 1.0]) / ((0.5 * 8 + 1.0 * 6) / 14)
    assert found[:, 0] == pytest.approx(totals * late)
    assert found[:, 1] == pytest.approx(totals * (late * 1 + 3) / 4)
    assert relative_totals(series, np.full((2, 2), 0.4)) is None
