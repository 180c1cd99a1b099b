"""EARS: the reference's figures, the right bounds, and the answers at the edges."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import oracle_cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cases import reason
from scipy import special, stats

from analytics.counts import Completeness, Counts
from analytics.detectors._ears import GAP, ears
from analytics.detectors.grid import NO_COVERAGE, RUNNING, SHORT
from analytics.detectors.surveillance._ears import UNDEFINED
from analytics.errors import HistoryError, InputError, OptionError
from analytics.kernels.charts.ears import cumulated_tail, floor_scores

FIGURES = 1e-9  # the reference's figures have 15 digits; sums are exact here, so only rounding is left
SIZE = 0.15  # relative, on 400,000 periods of counts near normal: twice the binomial standard error or more
SIZE_C3 = 0.4  # C3's threshold takes three overlapping baselines as one: an approximation, measured here
SEAM = 0.2  # in normal units, about one count at a mean of 16: exact tail against the square-root score


def panel(values, *, covered=None, freq="day", as_of=None) -> Counts:
    return Counts.from_array(values, freq=freq, start="2020-01-06", as_of=as_of, coverage=covered)


@pytest.mark.parametrize("name", oracle_cases.cases("earsC"))
def test_the_reference(name):
    options = {"method": "method", "baseline": "baseline", "alpha": "alpha", "min_sigma": "minSigma"}
    alarms, rows = oracle_cases.compare(
        partial(ears, compat="surveillance"), "earsC", name, figures=FIGURES, options=options
    )
    assert not alarms.tested[: rows[0]].any()


def plain(series, n, lag):
    """C1 and C2 of one series, the long way round."""
    found = np.full(len(series), np.nan)
    for t in range(n + lag - 1, len(series)):
        past = series[t - lag - n + 1 : t - lag + 1]
        sd, mean = past.std(ddof=1), past.mean()
        over = series[t] - mean
        tail = stats.nbinom.sf(series[t] - 1, past.sum() + 0.5, n / (n + 1))
        floor = max(stats.t.isf(tail, n - 1), 0)
        found[t] = min(over / sd / np.sqrt(1 + 1 / n), floor) if sd > 0 else (floor if over > 0 else 0.0)
    return found


@pytest.mark.parametrize(("method", "lag"), [("C1", 1), ("C2", 3)])
@pytest.mark.parametrize("n", [2, 7, 14])
def test_the_statistic_is_the_smaller_of_t_and_poisson(method, lag, n):
    series = np.random.default_rng(3).negative_binomial(0.8, 0.4, 300)
    alarms = ears(panel(series), method=method, baseline=n, alpha=0.01)
    expected = plain(series.astype(float), n, lag)
    np.testing.assert_allclose(alarms.statistic[:, 0], expected, rtol=1e-8, atol=1e-8)


def test_c3_adds_what_c2_exceeds_one_by():
    series = np.random.default_rng(4).negative_binomial(0.8, 0.3, 400)
    c2 = ears(panel(series), method="C2").statistic[:, 0]
    c3 = ears(panel(series), method="C3").statistic[:, 0]
    excess = np.maximum(c2 - 1, 0)
    total = excess[2:] + excess[1:-1] + excess[:-2]
    np.testing.assert_allclose(c3[2:], np.where(series[2:] > 0, total, 0 * total), rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    series=st.lists(st.integers(0, 40), min_size=14, max_size=40),
    method=st.sampled_from(["C1", "C2", "C3"]),
    alpha=st.sampled_from([0.001, 0.01, 0.1]),
    scale=st.sampled_from([1, 50]),
)
def test_alarm_statistic_and_bound_agree(series, method, alpha, scale):
    alarms = ears(panel(np.array(series) * scale), method=method, alpha=alpha)
    tested, raised = alarms.tested[:, 0], alarms.alarm[:, 0]
    threshold = alarms.how().parameters["threshold"]
    np.testing.assert_array_equal(raised[tested], alarms.statistic[tested, 0] > threshold)
    away = tested & (np.abs(alarms.observed - alarms.upper_bound)[:, 0] > 1e-6)
    np.testing.assert_array_equal(raised[away], (alarms.observed > alarms.upper_bound)[away, 0])


@settings(max_examples=30, deadline=None)
@given(series=st.lists(st.integers(0, 9), min_size=20, max_size=30), last=st.integers(1, 20))
def test_the_last_periods_are_the_last_rows(series, last):
    for method in ("C1", "C2", "C3"):
        for compat in (None, "surveillance"):
            whole = ears(panel(series), method=method, compat=compat)
            part = ears(panel(series), method=method, compat=compat, last=last)
            np.testing.assert_array_equal(part.statistic, whole.statistic[-last:])
            np.testing.assert_array_equal(part.upper_bound, whole.upper_bound[-last:])
            np.testing.assert_array_equal(part.tested, whole.tested[-last:])


@pytest.mark.parametrize("alpha", [0.001, 0.025])
@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_alpha_is_the_share_of_quiet_periods_alarmed(method, alpha):
    counts = panel(np.random.default_rng(5).normal(4_000, 600, (1_012, 400)).round())
    alarms = ears(counts, method=method, alpha=alpha)
    bar = SIZE_C3 if method == "C3" else SIZE
    assert alarms.alarm[alarms.tested].mean() == pytest.approx(alpha, rel=bar)


@pytest.mark.parametrize("mean", [0.05, 0.5, 3.0, 40.0])
@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_poisson_counts_keep_alpha(mean, method):
    counts = panel(np.random.default_rng(6).poisson(mean, (1_000, 200)))
    alarms = ears(counts, method=method, alpha=0.01)
    assert alarms.alarm[alarms.tested].mean() <= 0.01


def test_the_poisson_floor_meets_the_square_root_score():
    n, y = 7, np.arange(20, 40)
    total = 16 * n
    exact = stats.norm.isf(stats.t.sf(floor_scores(n, total)[total, y], n - 1))
    score = 2 * (np.sqrt(y - 1 / 8) - np.sqrt(total / n + 3 / 8)) / np.sqrt(1 + 1 / n)
    near = (exact > 1) & (exact < stats.norm.isf(0.001))
    assert near.sum() > 5
    np.testing.assert_allclose(score[near], exact[near], atol=SEAM)
    values = np.r_[15, 17, 15, 16, 17, 16, 16]  # total 112: exact; one more: the score
    bounds = [ears(panel(np.r_[values, 0])), ears(panel(np.r_[values[:-1], 17, 0]))]
    assert abs(np.diff([found.upper_bound[7, 0] for found in bounds])[0]) < 2


def test_silence_and_single_events():
    values = np.zeros(60, int)
    values[40] = 1
    alarms = ears(panel(values), alpha=0.01)
    assert alarms.tested[7:].all()
    assert not alarms.alarm.any()
    values[40] = 4
    assert ears(panel(values)).alarm[40, 0]
    assert np.isfinite(ears(panel(values)).statistic[7:]).all()


@pytest.mark.parametrize("level", [1, 5, 40])
def test_a_constant_series_never_alarms_and_one_more_is_no_alarm(level):
    values = np.full(60, level)
    values[50] += 1
    for method in ("C1", "C2", "C3"):
        assert not ears(panel(values), method=method).alarm.any()
    assert ears(panel(values), compat="surveillance").alarm[50, 0]


def test_a_period_without_events_is_never_an_alarm():
    values = np.r_[np.tile([1, 0, 2], 8), 30, 30, 0]
    alarms = ears(panel(values), method="C3")
    assert alarms.alarm[24:26].all()
    assert not alarms.alarm[26, 0]


def test_short_history_is_not_tested():
    for method, first in (("C1", 7), ("C2", 9), ("C3", 11)):
        alarms = ears(panel(np.arange(14) % 3), method=method)
        assert not alarms.tested[:first].any()
        assert alarms.tested[first:].all()
        assert reason(alarms, first - 1) == SHORT
    alarms = ears(panel([1, 2, 3]))
    assert not alarms.tested.any()
    assert {reason(alarms, i) for i in range(3)} == {SHORT}


@pytest.mark.parametrize("compat", [None, "surveillance"])
def test_a_gap_is_not_tested_and_not_a_zero(compat):
    values = np.random.default_rng(1).poisson(3, (40, 2))
    covered = np.ones((40, 2), bool)
    covered[20, 0] = False
    alarms = ears(panel(values, covered=covered), compat=compat)
    assert reason(alarms, 20) == NO_COVERAGE
    assert {reason(alarms, i) for i in range(21, 28)} == {GAP}
    assert alarms.tested[28:, 0].all()
    assert np.isnan(alarms.statistic[20:28, 0]).all()
    alone = ears(panel(values[:, 1]), compat=compat)
    np.testing.assert_array_equal(alarms.statistic[:, 1], alone.statistic[:, 0])
    later = ears(panel(values[21:, 0]), compat=compat)
    np.testing.assert_array_equal(alarms.statistic[28:, 0], later.statistic[7:, 0])


def test_c3_waits_until_three_c2_are_known():
    covered = np.ones((50, 1), bool)
    covered[20] = False
    alarms = ears(panel(np.full(50, 3), covered=covered), method="C3")
    assert not alarms.tested[20:23].any()
    assert alarms.tested[[19, 32], 0].all()
    assert not alarms.tested[23:32].any()


def test_a_running_week_is_not_tested_and_not_history():
    values = [2, 3, 1, 2, 2, 3, 1, 2, 0]
    counts = panel(values, freq="week", as_of="2020-03-04")
    alarms = ears(counts)
    assert reason(alarms, 8) == RUNNING
    assert alarms.tested[7, 0]


def test_an_undefined_reference_statistic_is_not_tested():
    alarms = ears(panel(np.full(30, 4)), method="C3", compat="surveillance")
    assert not alarms.tested.any()
    assert reason(alarms, 20) == UNDEFINED


def test_levels_by_region():
    values = np.random.default_rng(2).negative_binomial(1, 0.2, (300, 3))
    levels = np.array([0.001, 0.02, 0.2])
    for method in ("C1", "C3"):
        together = ears(panel(values), method=method, alpha=levels)
        for i, level in enumerate(levels):
            alone = ears(panel(values[:, i]), method=method, alpha=level)
            np.testing.assert_array_equal(together.alarm[:, i], alone.alarm[:, 0])
            np.testing.assert_array_equal(together.upper_bound[:, i], alone.upper_bound[:, 0])


def test_pvalues_are_tails_of_the_statistic():
    counts = panel(np.random.default_rng(2).poisson(20, (100, 2)))
    alarms = ears(counts, alpha=0.05, pvalues=True)
    rows = alarms.tested
    np.testing.assert_allclose(alarms.pvalue[rows], stats.t.sf(alarms.statistic[rows], 6))
    np.testing.assert_array_equal(alarms.alarm[rows], alarms.pvalue[rows] < 0.05)
    assert alarms.how().kind == "pvalue"
    third = ears(counts, method="C3", alpha=0.05, pvalues=True)
    np.testing.assert_array_equal(third.alarm[third.tested], third.pvalue[third.tested] < 0.05)


def test_the_tail_of_c3_starts_at_its_mass_at_zero():
    value, tail = cumulated_tail(200)
    z = (np.sqrt(1 + 1 / 200)) * 1.0
    assert value[0] == 0
    assert tail[0] == pytest.approx(1 - special.ndtr(z) ** 3, rel=0.05)
    assert (np.diff(tail) <= 0).all()


@pytest.mark.parametrize(
    "options",
    [
        {"method": "C4"},
        {"baseline": 1},
        {"baseline": 7.5},
        {"baseline": True},
        {"alpha": 0.0},
        {"alpha": 0.6},
        {"alpha": [0.1, 0.2, 0.3]},
        {"min_sigma": -1.0},
        {"last": 0},
        {"compat": "R"},
        {"pvalues": True, "compat": "surveillance"},
        {"method": "C3", "baseline": 2, "alpha": 1e-9},
    ],
)
def test_bad_options(options):
    with pytest.raises(OptionError) as raised:
        ears(panel(np.ones(20)), **options)
    assert any(words in str(raised.value) for words in ("expected", "what to do", "at least 0"))


def test_too_few_periods_and_too_large_counts():
    with pytest.raises(HistoryError):
        ears(panel(np.ones(20)), last=21)
    with pytest.raises(InputError, match="too large"):
        ears(panel(np.full(20, 10**8)))


@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
@pytest.mark.parametrize("baseline", [3, 7, 28])
def test_days_reported_in_part_are_called_however_much_they_hold(method, baseline):
    most = []
    for jump in (0, 20, 100, 300, 1_000, 100_000):  # past some 300, SciPy has no t quantile of the tail
        values = np.zeros((90, 1), dtype=np.int64)
        values[::5] = 1
        values[-1] = jump
        share = np.ones(values.shape)
        share[-1] = 0.8
        known = replace(panel(values), completeness=Completeness(share, np.zeros(values.shape), "given"))
        found = ears(known, method=method, baseline=baseline)
        assert np.isfinite(found.upper_bound[-1, 0])
        assert found.alarm[-1, 0] == (jump > 0)
        most.append(found.statistic[-1, 0])
    assert (np.diff(most) >= 0).all()
