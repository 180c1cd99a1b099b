"""Grades: the first rule that matches, where they start, and that a claim's verdict never disagrees."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import Counts, uptick_test
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels
from analytics.kernels.windows.bounds import break_even
from analytics.kernels.windows.lrd import lrd_test
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED
from analytics.results.chance import CHANCE
from analytics.results.grades import GRADES, SIGNS, VERDICT_OF, Rules, Seen, grade_words
from analytics.upticks.decide import Found, decide, grade_of, graded_columns, ratio_bound

RTOL = 1e-9  # two ways to the same product
DAYS = 406
NAN = math.nan
RULES = Rules(0.05, 1.5, 4.0, known=True, several=True)
SEEN = Seen(45, 15.0, 3.0, 4.5, 1.9, 3.2, 2.3, 32, NAN, 26)


def counts_of(values, covered=None):
    days = pd.date_range("2019-03-11", periods=len(values))
    names = [f"R{i}" for i in range(values.shape[1])]
    cover = None if covered is None else pd.DataFrame(covered, index=days, columns=names)
    frame = pd.DataFrame(values, index=days, columns=names)
    return Counts.from_frame(frame, freq="day", as_of=days[-1], coverage=cover)


def test_what_chance_makes_of_reports_is_what_was_recorded():
    recorded = pd.read_csv(Path(__file__).parents[1] / "benchmarks" / "results" / "grades.csv")
    for name in ("above", "above_reports", "uptick_reports", "new", "repeated", "none"):
        assert getattr(CHANCE, name) == float(f"{recorded[name].mean():.3g}")
    assert CHANCE.years == len(recorded)


def panel(seed, regions=6):
    rng = np.random.default_rng(seed)
    size, mean = rng.choice([0.1, 0.5, 50.0], regions), rng.choice([0.0, 0.01, 0.2, 1.0, 4.0], regions)
    values = rng.poisson(rng.gamma(size, mean / size, (DAYS, regions)))
    values[-14:] = rng.poisson(values[-14:] * rng.choice([0, 1, 1, 2, 5], regions))
    covered = np.ones(values.shape, bool)
    lost = rng.integers(0, regions)
    covered[rng.integers(0, DAYS) :, lost] = rng.uniform() < 0.7
    return counts_of(values, covered)


# -- the table of grades ---------------------------------------------------------------------------------


def row(p=0.5, q=0.9, limit=4.5, **more):
    return Found(p, q, ratio_bound(limit, 1.5), **more)


@pytest.mark.parametrize(
    ("grade", "found", "seen", "words"),
    [
        ("no_data", row(0.001, 0.01), replace(SEEN, no_data="uncovered", why="1 day has no coverage"),
         "no data: 1 day has no coverage"),
        ("none_recorded", row(NAN, NAN, untested="none"), replace(SEEN, none_since="2018-03-04"),
         "none recorded since 2018-03-04"),
        ("uptick", row(0.001, 0.05), SEEN, "uptick: 45, usual 15"),
        ("uptick", row(0.001, 0.05), replace(SEEN, expected=0.15), "uptick: 45, usual 0.1"),
        ("uptick", row(0.001, 0.05, 1.4), replace(SEEN, low=1.12, limit=1.4),
         "uptick: 45, usual 15 (small, 1.1 to 1.4 times)"),
        ("uptick", row(0.001, 0.05), replace(SEEN, day="31 of 45 on 10 June"),
         "uptick: 45, usual 15; 31 of 45 on 10 June"),
        ("no_large_rise", row(0.01, 0.06, 1.49), SEEN, "no large rise (under 1.5 times); 45, usual 15"),
        ("above_usual", row(0.05, 0.06), SEEN, "above usual, may be chance"),
        ("no_large_rise_if", row(0.5, 0.9, 1.2, doubt="late"), replace(SEEN, break_even=0.85),
         "no large rise, unless more than 1 in 7 reports is still to come"),
        ("no_sign", row(0.5, 0.9, 1.2, doubt="late"), replace(SEEN, break_even=0.95, ratio=1.0),
         "no sign of an uptick; a rise to 3.2 times would very likely (4 in 5) have shown"),
        ("no_sign", row(), replace(SEEN, ratio=1.25, detectable=4.0),
         "above usual, within its ups and downs; a rise to 4 times would very likely (4 in 5) have shown"),
        ("no_sign", row(0.001, 0.01, few="2 are too few"), SEEN, None),
        ("unsteady", row(), replace(SEEN, detectable=4.01, expected=10.0),
         "swings too much to judge: many regions; an uptick from 32"),
        ("unsteady", row(), replace(SEEN, detectable=NAN, expected=10.0, alone=5.0),
         "swings too much to judge: spread; an uptick from 32"),
        ("unsteady", row(), replace(SEEN, detectable=9, alone=5.0, windows=10), None),
        ("too_few", row(), replace(SEEN, detectable=4.01, expected=9.9), "too few to say; an uptick from 32"),
        ("too_few", row(), replace(SEEN, detectable=NAN, expected=0.0, starts_at=NAN),
         "too few to say; no count would be called"),
    ],
)  # fmt: skip
def test_the_first_rule_that_matches(grade, found, seen, words):
    assert grade_of(found, seen, RULES) == grade
    assert decide(found if not seen.no_data else replace(found, untested="x"), 0.05)[0] == VERDICT_OF[grade]
    if words:
        assert (
            grade_words(grade, seen, RULES, small=found.limit.harmless, untested=found.untested)[0] == words
        )


def test_a_region_alone_is_never_above_usual_and_with_late_reports_more_is_said():
    alone = replace(RULES, several=False, known=False)
    assert grade_of(row(0.04, 0.051), SEEN, alone) == "no_sign"
    assert grade_words("no_sign", replace(SEEN, ratio=1.0), alone)[0].endswith(
        "had all reports been in; about 6.4 if half were"
    )


def test_each_rule_holds_exactly_at_its_limit():
    beyond = math.nextafter
    alone = row(0.05, 0.06)
    assert grade_of(alone, SEEN, RULES) == grade_of(row(0.01, 0.06), SEEN, RULES) == "above_usual"
    assert grade_of(row(beyond(0.05, 1), 0.06), SEEN, RULES) == "no_sign"
    assert grade_of(replace(alone, few="2 are too few"), SEEN, RULES) == "no_sign"
    assert grade_of(row(0.05, 0.05), SEEN, RULES) == "uptick"
    late = row(0.5, 0.9, 1.2, doubt="late")
    assert grade_of(late, replace(SEEN, break_even=0.9), RULES) == "no_large_rise_if"
    assert grade_of(late, replace(SEEN, break_even=beyond(0.9, 1)), RULES) == "no_sign"
    assert grade_of(row(doubt="late"), replace(SEEN, break_even=0.5), RULES) == "no_sign", "the limit is open"
    assert grade_of(row(), replace(SEEN, detectable=4.0), RULES) == "no_sign"
    assert grade_of(row(), replace(SEEN, detectable=beyond(4.0, 5)), RULES) == "unsteady"
    few = replace(SEEN, detectable=9.0, expected=10.0)
    assert grade_of(row(), few, RULES) == "unsteady"
    assert grade_of(row(), replace(few, expected=beyond(10.0, 0)), RULES) == "too_few"
    assert grade_of(row(untested="short"), SEEN, RULES) == "unsteady", "no sign is said of what was tested"


def test_of_a_decrease_a_fall_to_a_quarter_must_be_detectable():
    fall = replace(RULES, upper=False)
    found = Found(0.5, 0.9, ratio_bound(0.3, 1.5, upper=False))
    assert grade_of(found, replace(SEEN, detectable=0.25), fall) == "no_sign"
    assert grade_of(found, replace(SEEN, detectable=math.nextafter(0.25, 0)), fall) == "unsteady"
    assert grade_of(found, replace(SEEN, detectable=4.0), RULES) == "no_sign"
    assert grade_of(found, replace(SEEN, detectable=0.9), fall) == "no_sign"


def test_a_row_of_each_kind_has_its_columns_side_by_side():
    rows = [
        (row(0.001, 0.01), SEEN),
        (row(NAN, NAN, untested="1 day"), replace(SEEN, no_data="uncovered", why="1 day", ratio=NAN)),
        (row(0.5, 0.9, 1.2), replace(SEEN, ratio=1.0)),
    ]
    found = graded_columns(rows, RULES)
    assert found["grade"] == ["uptick", "no_data", "no_large_rise"]
    assert found["verdict"] == [SUPPORTED, CANNOT_BE_TOLD, NOT_SUPPORTED]
    assert found["sign"] == [SIGNS[grade] for grade in found["grade"]]
    assert found["reason"] == ["", "1 day", "the ratio is below 1.20 (95 % limit), under 1.5"]
    assert found["level"] == ["above usual", "", "about usual"]
    assert found["words"][0] == "uptick: 45, usual 15"
    assert set(found) == {"verdict", "reason", "grade", "sign", "words", "why", "level"}


def test_every_grade_has_a_sign_and_a_verdict():
    assert set(GRADES) == set(SIGNS) == set(VERDICT_OF)
    assert len(set(SIGNS.values())) == len(GRADES) == 9
    assert [g for g in GRADES if VERDICT_OF[g] == SUPPORTED] == ["uptick"]
    assert [g for g in GRADES if VERDICT_OF[g] == NOT_SUPPORTED] == ["no_large_rise"]


# -- on random panels -------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.sampled_from([None, 0.8, 1.0]), st.sampled_from(["greater", "less"]))
def test_verdict_and_grade_never_disagree_and_the_interval_goes_with_them(seed, completeness, direction):
    counts = panel(seed)
    frame = uptick_test(counts, completeness=completeness, direction=direction).frame
    assert frame["verdict"].tolist() == [VERDICT_OF[g] for g in frame["grade"]]
    up = frame["grade"] == "uptick"
    side = frame["low"] > 1 if direction == "greater" else frame["high"] < 1
    assert side[up].all(), "adjusted for the selection, the interval still leaves 1 out"
    ruled = frame["limit"] < 1.5 if direction == "greater" else frame["limit"] > 1 / 1.5
    assert ruled[frame["grade"] == "no_large_rise"].all()
    for i in range(len(counts.regions)):
        alone = uptick_test(
            counts.select(counts.regions[i]), completeness=completeness, direction=direction
        ).frame.iloc[0]
        if np.isnan(alone["pvalue"]) or alone["grade"] == "no_data" or alone["observed"] < 3:
            continue
        outside = alone["low"] > 1 if direction == "greater" else alone["high"] < 1
        assert (alone["grade"] == "uptick") == outside
        if completeness is not None and not outside:
            below = alone["high"] < 1.5 if direction == "greater" else alone["low"] > 1 / 1.5
            assert (alone["grade"] == "no_large_rise") == below


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.sampled_from([None, 3]))
def test_a_count_is_called_from_starts_at_on_and_not_below_whatever_the_window_held(seed, days):
    rng = np.random.default_rng(seed)
    values = rng.poisson(rng.gamma(0.5, rng.choice([0.05, 0.4, 2.0], 7) / 0.5, (DAYS, 7)))
    values[-14:, 0] += rng.integers(0, 3)
    name = "starts_at" if days is None else "starts_at_3"
    before = uptick_test(counts_of(values), completeness=0.9).frame
    for region in range(0, 7, 2):
        start = before[name].iloc[region]
        if np.isnan(start):
            assert before["starts_note"].iloc[region]
            continue
        for count, called in ((start - 1, False), (start, True)):
            over = 14 if days is None else days
            put = values.copy()
            put[-14:, region] = 0
            put[-over:, region] = np.diff(np.floor(np.arange(over + 1) * count / over + RTOL)).astype(int)
            after = uptick_test(counts_of(put), completeness=0.9).frame
            assert (after["grade"].iloc[region] == "uptick") is called
            assert after[name].iloc[region] == start, "never from its own window"


def test_where_nothing_can_be_called_no_count_is_said_to_be():
    values = np.random.default_rng(5).poisson(2.0, (DAYS, 2))
    covered = np.ones_like(values, dtype=bool)
    covered[-3:, 0] = False
    frame = uptick_test(counts_of(values, covered)).frame
    assert frame["grade"].tolist() == ["no_data", "no_large_rise_if"]
    assert frame.loc[0, ["starts_at", "starts_at_3", "detectable"]].isna().all()
    assert frame["starts_note"][0] == "3 of the 14 recent days have no coverage"
    assert frame.loc[1, ["starts_at", "starts_at_3", "detectable"]].notna().all()


def test_levels_are_alpha_times_rejections_with_this_p_value_at_zero():
    rng = np.random.default_rng(2)
    for _ in range(300):
        p = rng.uniform(size=8) ** rng.choice([1, 3, 6])
        p[rng.uniform(size=8) < 0.2] = np.nan
        found = call_levels(p, 0.2, np.isnan(p))
        for i in range(8):
            at_zero = p.copy()
            at_zero[i] = 0
            called = (benjamini_hochberg(at_zero) <= 0.2).sum()
            np.testing.assert_allclose(found[i], 0.2 * called / np.isfinite(at_zero).sum(), rtol=RTOL)
        tested = np.isfinite(p)
        np.testing.assert_array_equal(p[tested] <= found[tested], benjamini_hochberg(p)[tested] <= 0.2)


def test_break_even_is_the_smallest_share_on_the_grid_at_which_the_limit_holds():
    rng = np.random.default_rng(4)
    values = rng.poisson(3.0, (DAYS, 8))
    values[-14:] = rng.poisson(1.5, (14, 8))
    test = lrd_test(values, np.ones(values.shape, bool), length=14, guard=28)
    share = break_even(test, np.full(8, 1.0), 1.5)
    np.testing.assert_allclose(share * 20, np.round(share * 20))
    # Half the usual count: with phi near 1 the point estimate meets 1.5 at a third; the limit a little above.
    assert ((share >= 0.35) & (share <= 0.65)).all()
    assert np.isnan(break_even(test, np.full(8, 1.5), 1.5)).all()


def test_far_below_has_a_family_of_its_own_and_stands_beside_the_grade():
    rng = np.random.default_rng(6)
    values = rng.poisson(3.0, (DAYS, 5))
    values[-14:, 2] = 0
    result = uptick_test(counts_of(values))
    assert result.frame["far_below"].tolist() == [False, False, True, False, False]
    assert result.frame["verdict"].iloc[2] == CANNOT_BE_TOLD
    assert result.reasons()[-1] == "▼ far below usual, or late reports: R2"
    assert "▼ far below usual" in uptick_test(counts_of(values), completeness=1.0).reasons()[-1]


def test_status_and_next_weeks_line():
    rng = np.random.default_rng(7)
    values = rng.poisson(0.5, (DAYS + 40, 4))
    values[-20:, 1] += 3  # three weeks
    values[-5:, 2] += 9  # new
    values[-40:-14, 3] += 4  # over
    result = uptick_test(counts_of(values))
    assert result.status["R0"] == ""
    assert result.status["R1"].endswith("week, still rising")
    assert result.status["R2"] == "new"
    assert result.status["R3"].startswith("no longer called: fell from ")
    line = result.watch().set_index("region")["watch_from"]
    later = np.concatenate([values, np.zeros((7, 4), int)])
    at = int(line["R0"])
    later[-14:, :] = 0
    later[-14:, 0] = np.diff(np.floor(np.arange(15) * at / 14 + RTOL)).astype(int)
    assert uptick_test(counts_of(later)).frame["grade"].iloc[0] == "uptick"
    later[-14:, 0] = np.diff(np.floor(np.arange(15) * (at - 1) / 14 + RTOL)).astype(int)
    assert uptick_test(counts_of(later)).frame["grade"].iloc[0] != "uptick"


def test_the_headline_counts_who_could_not_be_judged():
    rng = np.random.default_rng(8)
    values = rng.poisson(1.0, (DAYS, 3))
    values[-14:, 0] += 3
    values[:, 2] = 0
    values[10, 2] = 1
    result = uptick_test(counts_of(values))
    assert result.headline() == (
        "Uptick in R0. Of the 2 other regions 1 shows no uptick, 1 cannot be judged."
    )
    values[-14:, 0] -= 3
    assert uptick_test(counts_of(values)).headline() == (
        "No uptick in the 2 of 3 regions that could be judged. "
        "1 of 3 cannot be judged: 1 with too few incidents."
    )


def test_regions_without_incidents_fold_into_one_line_and_say_since_when():
    rng = np.random.default_rng(9)
    values = np.zeros((DAYS + 20, 4), int)
    values[:, 0] = rng.poisson(1.0, DAYS + 20)
    values[3, 1] = 1  # before the baseline
    result = uptick_test(counts_of(values))
    assert result.frame["words"].iloc[1:].tolist() == [
        "none recorded since 2019-03-14", "none recorded since 2019-03-11", "none recorded since 2019-03-11",
    ]  # fmt: skip
    assert result.summary()["region"].tolist() == ["R0", "3 regions"]


def test_a_day_that_carries_much_is_named():
    values = np.ones((DAYS, 2), int)
    values[::2] = 0
    values[-5, 0] = 31
    result = uptick_test(counts_of(values))
    assert result.frame["day"].tolist() == ["31 of the 37 on one day, 15 April", ""]


def test_a_window_covered_in_part_has_no_grade_but_no_data():
    values = np.ones((DAYS, 2), int)
    values[-14:, 1] = 6
    covered = np.ones(values.shape, bool)
    covered[-1, 1] = False
    frame = uptick_test(counts_of(values, covered)).frame
    assert frame["grade"].iloc[1] == "no_data"
    assert frame["words"].iloc[1] == "no data: 1 of the 14 recent days has no coverage"
    assert frame["why"].iloc[1] == "uncovered"
