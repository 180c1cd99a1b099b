"""The second null hypothesis, decreases, picked windows, other baselines, shrinkage, methods to compare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analytics.counts import Counts
from analytics.errors import UptickError
from analytics.kernels.common.dispersion import Dispersion, shrink_dispersion
from analytics.kernels.common.glm import poisson_fit
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.pooled import panel_pvalues
from analytics.kernels.windows.alternatives import METHODS
from analytics.kernels.windows.expected import expected_test, seasonal_design
from analytics.kernels.windows.lrd import lrd_test
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED
from analytics.simulation import simulate_counts
from analytics.upticks import uptick_test
from analytics.upticks.picked import picked_window

SAME = 1e-12  # the same numbers
GLM = 1e-6  # the same fit by two programs, each stopping at a relative deviance change of 1e-8
END = np.datetime64("2020-04-12")


def counts_of(values, end=END, covered=None):
    names = [f"R{i}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    return Counts.from_array(values, freq="day", as_of=end, regions=names, coverage=covered)


def seasonal(seed, days, series, amplitude=0.6, phase=0.0, mean=3.0):
    # The peak of the season falls on the last day for phase 0.
    day = np.arange(days) - days + 1
    rate = mean * np.exp(amplitude * np.cos(2 * np.pi * (day / 365.2425 + phase)))
    return np.random.default_rng(seed).poisson(rate[:, None], (days, series))


def test_batched_regression_is_statsmodels():
    rng = np.random.default_rng(1)
    design = seasonal_design(np.arange(800), trend=True, harmonics=2, weekday=True)
    counts = rng.poisson(0.7, (800, 3))
    covered = np.ones_like(counts, bool)
    covered[100:200, 1] = False
    fit = poisson_fit(design, counts, covered)
    for i in range(3):
        use = covered[:, i]
        peer = sm.GLM(counts[use, i], design[use], family=sm.families.Poisson()).fit(tol=1e-10)
        np.testing.assert_allclose(fit.coefficients[:, i], peer.params, atol=GLM)
        np.testing.assert_allclose(fit.covariance(design)[i], peer.cov_params(), atol=GLM)
    assert fit.converged.all()


def test_a_series_without_incidents_does_not_disturb_the_others():
    design = seasonal_design(np.arange(800), trend=True, harmonics=1, weekday=False)
    counts = np.random.default_rng(2).poisson(1.0, (800, 2))
    alone = poisson_fit(design, counts[:, [0]], np.ones((800, 1), bool))
    counts[:, 1] = 0
    both = poisson_fit(design, counts, np.ones((800, 2), bool))
    np.testing.assert_allclose(both.coefficients[:, 0], alone.coefficients[:, 0], atol=1e-9)


def test_a_yearly_peak_is_expected_and_a_rise_in_the_low_season_is_not():
    peak = uptick_test(counts_of(seasonal(3, 1140, 1)), completeness=1.0, null="constant")
    row = peak.frame.iloc[0]
    assert row["rate_ratio"] > 1.4, "the constant null sees a rise, though its dispersion holds the season"
    assert row["ratio_adjusted"] == pytest.approx(1.0, abs=0.2)
    assert row["pvalue_expected"] > 0.3
    assert "3 annual harmonics, fitted to 1098 days before the guard" in peak.nulls[1]
    assert len(peak.nulls) == 2
    low = seasonal(4, 1140, 1, phase=0.5)
    low[-14:] *= 3
    constant, expected = (uptick_test(counts_of(low), null=null) for null in ("constant", "expected"))
    assert constant.frame["verdict"].iloc[0] == CANNOT_BE_TOLD
    assert expected.frame["verdict"].iloc[0] == SUPPORTED
    assert "adjusted for season and trend" in expected.sentence()
    np.testing.assert_array_equal(constant.frame["pvalue_expected"], expected.frame["pvalue"])
    row = expected.frame.iloc[0]
    assert row["expected"] == row["expected_adjusted"]
    assert row["rate_ratio"] == pytest.approx(3.0, rel=0.25)
    assert row["low"] < row["rate_ratio"] < row["high"]
    assert row["low"] > 1
    assert 1 < row["detectable"] < 3


def test_a_count_that_is_called_evenly_spread_but_on_no_three_days_has_its_reason():
    values = np.random.default_rng(1).poisson(0.4, (406, 5))
    values[:, 4] = 0  # twelve of 364 windows would hold what three days do, more than 1 in 100
    row = uptick_test(counts_of(values), method="lrd_b").frame.iloc[4]
    assert (row["starts_at"], np.isnan(row["starts_at_3"])) == (5, True)
    assert row["starts_note"].startswith("too few incidents before it for a count on three days")
    pooled = uptick_test(counts_of(values)).frame
    assert (pooled["starts_at_3"] >= pooled["starts_at"]).all()
    assert (pooled["starts_note"] == "").all()


def test_the_rule_for_the_terms_never_looks_at_the_recent_window():
    quiet, loud = seasonal(5, 1000, 2), seasonal(5, 1000, 2)
    loud[-14:] *= 9
    first, second = (uptick_test(counts_of(v)) for v in (quiet, loud))
    assert first.nulls[1].split("(")[-1] == second.nulls[1].split("(")[-1]
    np.testing.assert_array_equal(first.frame["expected_adjusted"], second.frame["expected_adjusted"])
    assert "2 annual harmonics, fitted to 958 days" in first.nulls[1]


def test_blocks_of_a_week_give_the_same_answer_as_days():
    values = seasonal(6, 1140, 4)
    day = np.arange(len(values))
    design = seasonal_design(day, trend=True, harmonics=2, weekday=False)
    covered = np.ones_like(values, bool)
    by_day = expected_test(values, covered, design, length=14, guard=28, block=1)
    by_week = expected_test(values, covered, design, length=14, guard=28, block=7)
    np.testing.assert_allclose(by_week.expected, by_day.expected, rtol=0.01)
    np.testing.assert_allclose(by_week.pvalue, by_day.pvalue, atol=0.02)


def test_size_of_the_expected_null_under_season_and_trend():
    # A small honest version of benchmarks/expected_null.py.
    called = sum(
        int((_expected(seasonal(70 + k, 1137, 150, amplitude=0.5, phase=k / 12)).pvalue <= 0.05).sum())
        for k in range(12)
    )
    assert stats.beta.ppf(0.005, called, 1800 - called + 1) <= 0.08


def _expected(values):
    design = seasonal_design(np.arange(len(values)), trend=True, harmonics=2, weekday=False)
    return expected_test(values, np.ones_like(values, bool), design, length=14, guard=28, block=7)


def test_calendar_terms_are_off_and_an_overlap_is_said():
    end = np.datetime64(
        "2020-05-10"
    )  # in Ramadan and after a year with Ramadan; the curfew is a year's first
    values = np.random.default_rng(8).poisson(2.0, 1140)
    iraq = {"countries": ("Iraq",)}
    plain = uptick_test(replace(counts_of(values, end=np.datetime64("2020-04-12")), **iraq))
    assert any("curfew" in note and "no day of the baseline" in note for note in plain.notes)
    # It was Iraq's: of another country, or of one not known, it is not said.
    for countries in ((), ("Philippines",), ("Nigeria",)):
        elsewhere = replace(counts_of(values, end=np.datetime64("2020-04-12")), countries=countries)
        assert not any("curfew" in note for note in uptick_test(elsewhere).notes)
    counts = replace(counts_of(values, end=end), **iraq)
    fitted = uptick_test(counts, calendar=["ramadan"])
    assert "ramadan" in fitted.nulls[1]
    assert not any("Ramadan" in note for note in fitted.notes)
    assert any("Ramadan" in note for note in uptick_test(counts).notes)


def test_a_term_that_the_history_has_never_seen_changes_nothing():
    counts = counts_of(np.random.default_rng(8).poisson(2.0, 800))  # before the guard no day of the curfew
    without, asked = (
        uptick_test(counts, null="expected", calendar=terms).frame for terms in ((), ("curfew",))
    )
    assert np.isfinite(without["expected_adjusted"]).all()
    pd.testing.assert_frame_equal(asked, without)


def test_a_ramadan_effect_is_carried_by_its_term_and_not_by_harmonics():
    from analytics.geo.calendars import calendar_days

    end = np.datetime64("2020-05-10")
    days = end - np.arange(1800)[::-1]
    rate = 2.0 * np.where(calendar_days("ramadan", days)[:, 0], 2.5, 1.0)
    values = np.random.default_rng(9).poisson(rate[:, None], (1800, 9))
    without = uptick_test(counts_of(values, end=end), null="expected").frame["pvalue"]
    fitted = uptick_test(counts_of(values, end=end), null="expected", calendar=["ramadan"]).frame["pvalue"]
    assert without.median() < 0.05 < 0.2 < fitted.median()


def test_decreases_mirror_increases():
    values = np.random.default_rng(10).poisson(3.0, (406, 3))
    values[-14:, 0] = 0
    less = uptick_test(counts_of(values), direction="less", completeness=1.0)
    assert less.regions(SUPPORTED) == ["R0"]
    assert "decrease in R0" in less.sentence()
    assert less.frame["detectable"].between(0, 1).all()
    more = uptick_test(counts_of(values), completeness=1.0)
    assert more.regions(NOT_SUPPORTED)[-1] == "R0" or "R0" in more.regions(NOT_SUPPORTED)
    # variant A's two tails add to one; B only raises either
    assert (less.frame["pvalue"] + more.frame["pvalue"] >= 1 - 1e-6).all()


def test_decreases_are_not_tested_where_reports_may_be_late():
    values = np.random.default_rng(11).poisson(3.0, (406, 2))
    frame = uptick_test(counts_of(values), direction="less").frame
    assert frame["pvalue"].isna().all()
    assert frame["reason"].str.contains("late reports would look like a decrease").all()


def test_uncertain_completeness_makes_the_pvalue_larger():
    values = np.random.default_rng(12).poisson(3.0, (406, 1))
    values[-14:] += 2
    sure = uptick_test(counts_of(values), completeness=0.8).frame["pvalue"].iloc[0]
    unsure = uptick_test(counts_of(values), completeness=0.8, completeness_sd=0.2).frame["pvalue"].iloc[0]
    assert 2 * sure < unsure < 0.05
    # A share that is given as exact is recorded so, and counts as one whose doubt nobody stated.
    exact = uptick_test(counts_of(values), completeness=0.8, completeness_sd=0)
    assert exact.parameters["completeness_sd"] == 0.0
    assert exact.frame["pvalue"].iloc[0] == sure


def test_a_window_picked_after_looking_pays_for_the_choice():
    rng = np.random.default_rng(13)
    values = rng.poisson(1.0, (450, 300))
    lengths = (7, 14, 21, 28, 42, 56)
    covered = np.ones_like(values, bool)
    p = picked_window(values, covered, lengths).pvalue
    called = int((p <= 0.05).sum())
    assert stats.beta.ppf(0.005, called, 300 - called + 1) <= 0.06
    smallest = np.min([METHODS["c_test"](values, covered, length=n, guard=0) for n in lengths], axis=0)
    assert (smallest <= 0.05).mean() > 0.1, "the smallest p of several lengths cries wolf"
    values[-21:, 0] += rng.poisson(2.0, 21)
    result = uptick_test(counts_of(values[:, :1]), recent="scan")
    row = result.frame.iloc[0]
    assert row["verdict"] == SUPPORTED
    assert row["recent_days"] in (14, 21, 28)
    assert "best of 7, 14, 21, 28, 42, 56" in row["reason"]
    assert np.isnan(row["low"])


def test_picked_window_by_brute_force():
    series = np.random.default_rng(14).poisson(1.0, (40, 2))
    found = picked_window(series, np.ones_like(series, bool), (3, 5))

    def best(x):
        scores = []
        for n in (3, 5):
            sums = np.array([np.roll(x, -k)[:n].sum() for k in range(40)])
            scores.append((x[-n:].sum() - sums.mean()) / max(sums.std(), np.sqrt(sums.mean())))
        return max(scores)

    for i in range(2):
        turned = [best(np.roll(series[:, i], k)) for k in range(40)]
        assert found.pvalue[i] == pytest.approx(np.mean(np.array(turned) >= best(series[:, i]) - 1e-9))


def test_the_same_weeks_of_earlier_years_leave_the_season_out():
    values = seasonal(15, 1500, 6, amplitude=0.8)
    plain = uptick_test(counts_of(values), null="constant").frame
    same = uptick_test(counts_of(values), baseline="same_weeks")
    assert set(same.frame["null"]) == {"constant"}
    assert (plain["rate_ratio"] > 1.5).all()
    assert same.frame["rate_ratio"].between(0.7, 1.3).all()
    assert (same.frame["dispersion"] < plain["dispersion"] / 3).all(), "the season is no longer in it"
    assert any("same weeks of earlier years" in note for note in same.notes)
    values[-14:] *= 2
    assert len(uptick_test(counts_of(values), baseline="same_weeks").regions(SUPPORTED)) == 6


def test_shrinkage_never_goes_below_a_series_own_dispersion():
    rng = np.random.default_rng(16)
    own = Dispersion(1 + rng.gamma(2, 0.5, 40), np.full(40, 20.0), np.zeros(40), np.full(40, 26))
    drawn = shrink_dispersion(own)
    assert (drawn.phi >= own.phi).all()
    assert (drawn.phi > own.phi).any()
    assert (drawn.edf > own.edf).all()
    values = simulate_counts("hawkes_0.3", mean=1.0, days=406, series=30, seed=1).values
    result = uptick_test(counts_of(values), shrink=True)
    assert (result.frame["dispersion"] >= uptick_test(counts_of(values)).frame["dispersion"] - 1e-12).all()


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_can_be_asked_for_by_name(method):
    values = np.random.default_rng(17).poisson(1.0, (406, 3))
    values[-14:, 1] += 4
    result = uptick_test(counts_of(values), method=method)
    assert result.frame["pvalue"].iloc[1] < 0.05
    assert method in {"lrd_b", "self_exciting"} or method in result.method


@pytest.mark.parametrize(
    "options",
    [
        {"direction": "up"},
        {"null": "seasonal"},
        {"method": "ttest"},
        {"baseline": "last_year"},
        {"calendar": ["easter"], "null": "constant"},
        {"completeness_sd": 0.1},
        {"completeness": 0.8, "completeness_sd": [0.1, 0.2]},
        {"recent": "scan", "lengths": ()},
        {"recent": "scan", "lengths": (7, 7)},
        {"recent": "scan", "null": "expected", "shrink": True},
        {"null": "expected", "method": "c_test"},
    ],
)
def test_what_cannot_be_asked_says_so(options, snapshot):
    with pytest.raises(UptickError) as caught:
        uptick_test(counts_of(np.ones(1000, int)), **options)
    assert str(caught.value) == snapshot


def test_the_expected_null_needs_two_years():
    with pytest.raises(UptickError, match="730 days") as caught:
        uptick_test(counts_of(np.ones(500, int)), null="expected")
    assert "458 days of history" in str(caught.value)
    result = uptick_test(counts_of(np.ones(500, int)))
    assert "not adjusted: 458 days of history before the guard, 730 needed" in result.nulls[1]


def test_sparse_regions_are_not_adjusted_and_say_so():
    values = np.random.default_rng(18).poisson([3.0, 0.01], (1140, 2))
    result = uptick_test(counts_of(values), null="expected")
    assert result.frame["pvalue"].isna().tolist() == [False, True]
    assert result.frame["verdict"].iloc[1] == CANNOT_BE_TOLD
    assert "1 of 2 regions not adjusted" in result.nulls[1]


def test_a_gap_in_the_history_is_left_out_of_the_fit():
    values = seasonal(19, 1140, 1)
    covered = np.ones_like(values, bool)
    covered[300:400] = False
    hidden = np.where(covered, values, 0)
    gap = uptick_test(counts_of(hidden, covered=covered)).frame.iloc[0]
    full = uptick_test(counts_of(values)).frame.iloc[0]
    assert gap["expected_adjusted"] == pytest.approx(full["expected_adjusted"], rel=0.1)


def test_frames_of_weekly_counts_can_be_adjusted_too():
    weeks = pd.date_range("2016-01-04", periods=200, freq="7D")
    frame = pd.DataFrame({"A": np.random.default_rng(20).poisson(9.0, 200)}, index=weeks)
    counts = Counts.from_frame(frame, freq="week", as_of=weeks[-1] + pd.Timedelta(days=6))
    result = uptick_test(counts)
    assert np.isfinite(result.frame["pvalue_expected"].iloc[0])


def test_a_panel_shares_its_year_through_q_alone():
    """P-values are each region's own; q-values start from the firm ones, and the panel's rank from six on."""
    rng = np.random.default_rng(39)
    values = rng.negative_binomial(0.5, 0.5 / (0.5 + 0.3), (406, 18))
    values[-14:, 4] = rng.negative_binomial(0.5, 0.5 / (0.5 + 1.3), 14)
    pooled, alone = uptick_test(counts_of(values)).frame, uptick_test(counts_of(values), method="lrd_b").frame
    np.testing.assert_array_equal(pooled["pvalue"], alone["pvalue"])
    inside = np.ones(values.shape, bool)
    firm = lrd_test(values, inside, length=14, guard=28).firm
    family = panel_pvalues(values, inside, firm, length=14, guard=28)
    np.testing.assert_allclose(pooled["qvalue"], benjamini_hochberg(family), rtol=SAME)
    assert pooled["qvalue"].iloc[4] <= 0.05 < alone["qvalue"].iloc[4]
    few = uptick_test(counts_of(values[:, 2:7])).frame
    np.testing.assert_allclose(few["qvalue"], benjamini_hochberg(firm[2:7]), rtol=SAME)
    one = uptick_test(counts_of(values[:, [4]])).frame.iloc[0]
    assert one["qvalue"] == one["pvalue"]
    assert one["pvalue"] == pytest.approx(pooled["pvalue"].iloc[4], rel=SAME)


def test_a_thousandfold_rise_is_called_however_sparse_the_baseline():
    """Four incidents in a year, then 155 in a fortnight, among 57 regions; too much by any dispersion."""
    rng = np.random.default_rng(33)
    values = rng.poisson(0.06, (900, 57))
    values[:, 0] = 0
    values[[600, 700, 750, 800], 0] = 1
    values[-14:, 0] = [14, 15, 9, 10, 6, 14, 15, 11, 6, 12, 10, 13, 11, 9]
    frame = uptick_test(counts_of(values)).frame
    assert frame["verdict"].iloc[0] == SUPPORTED
    assert frame["qvalue"].iloc[0] < 1e-4
    assert (frame["verdict"].iloc[1:] != SUPPORTED).all()
    assert uptick_test(counts_of(values), method="lrd_b").frame["verdict"].iloc[0] != SUPPORTED


def long_rises(end=END, covered=None):
    # Rises of one to five weeks at the end, some over by then, one region empty, one uncovered at first.
    rng = np.random.default_rng(15)
    values = rng.poisson(0.5, (540, 9))
    for i, (first, last) in enumerate([(14, 0), (21, 0), (35, 0), (42, 0), (28, 10), (42, 7)]):
        values[540 - first : 540 - last, i] += rng.poisson(2.0, first - last)
    values[:, 7] = 0
    return counts_of(values, end, covered)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"direction": "less", "completeness": 1.0},
        {"null": "auto"},
        {"baseline": 182, "guard": 14},
        {"method": "lrd_b", "shrink": True},
        {"completeness": 0.8, "completeness_sd": 0.1},
    ],
)
def test_what_was_called_weeks_ago_is_what_the_whole_test_called(options):
    counts = long_rises()
    evidence = uptick_test(counts, **options).evidence
    seen = 0
    for weeks in (1, 2, 5):
        whole = (evidence.before(weeks).frame["verdict"] == SUPPORTED).to_numpy()
        np.testing.assert_array_equal(evidence.called(weeks), whole)
        seen += whole.sum()
    assert seen or "direction" in options


def test_what_was_called_weeks_ago_is_nothing_where_nothing_is_told():
    covered = np.ones((540, 9), bool)
    covered[-16:-15] = False  # of the window a week ago, not of the one now
    gap = uptick_test(long_rises(covered=covered)).evidence
    assert not gap.called(1).any()
    assert gap.called(2) is not None
    young = uptick_test(long_rises().until("2019-02-15")).evidence
    assert young.before(1) is None
    assert young.called(1) is None
    assert young.before(60) is None
    assert young.called(60) is None
