"""The expected null where the rate moves slowly, on a single day, and what turning a series shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.counts import Counts
from analytics.detectors import recent_window
from analytics.kernels.windows import turns
from analytics.kernels.windows.expected import expected_test, seasonal_design
from analytics.kernels.windows.season import SEASON_LEVEL, season_pvalue
from analytics.kernels.windows.turns import turned
from analytics.periods import DAY
from analytics.results import CANNOT_BE_TOLD, SUPPORTED
from analytics.upticks import uptick_test

END = np.datetime64("2020-04-12")
SAME = 1e-9  # the same numbers, added up in another order
CHANCE = 1e-3  # of more series than allowed showing a season, where none does


def design_of(days, harmonics=2):
    return seasonal_design(np.arange(days), trend=True, harmonics=harmonics, weekday=False)


def answered(values, **options):
    design = design_of(len(values), 3 if len(values) >= 1137 else 2)
    given = {"length": 14, "guard": 28, "block": 7} | options
    return expected_test(values, np.ones(values.shape, bool), design, **given)


def slow(seed, days, series, mean, stay=0.98, sd=0.5):
    rng = np.random.default_rng(seed)
    log_rate, out = rng.normal(0, sd, series), np.empty((days, series), np.int64)
    for day in range(days):
        out[day] = rng.poisson(mean * np.exp(log_rate - sd**2 / 2))
        log_rate = stay * log_rate + rng.normal(0, sd * np.sqrt(1 - stay**2), series)
    return out


def test_size_holds_where_the_rate_moves_slowly():
    # A small honest version of benchmarks/expected_null.py. By the model's variance alone it is 9 to 10 %.
    called = sum(
        int((answered(slow(k, 772, 1000, mean)).pvalue <= 0.05).sum()) for k, mean in enumerate((0.5, 2))
    )
    assert stats.beta.ppf(0.005, called, 2000 - called + 1) <= 0.06
    assert called >= 50, "and something is called"


def test_a_rise_in_the_low_season_is_found():
    day = np.arange(1137)
    rate = 1.5 * np.exp(0.6 * np.cos(2 * np.pi * ((day - day[-1]) / 365.2425 + 0.5)))
    values = np.random.default_rng(5).poisson(rate[:, None], (1137, 200))
    values[-14:] = np.random.default_rng(6).poisson(2.5 * rate[-14:, None], (14, 200))
    assert (answered(values).pvalue <= 0.05).mean() > 0.8


def test_one_day_does_not_carry_a_small_p_value():
    values = np.random.default_rng(1).poisson(0.5, (1137, 2))
    values[-3] += [200, 0]
    values[-14:, 1] += 3
    found = answered(values)
    assert found.pvalue_a[0] < 1e-20
    assert found.pvalue[0] == 0.01, "what rests on one day is raised to what the others give, at most to 0.01"
    assert found.pvalue[1] < 1e-4, "what every day shows stays"


@pytest.mark.parametrize(("length", "guard"), [(14, 28), (10, 25), (21, 0)])
def test_turns_are_the_series_turned_and_fitted_again(monkeypatch, length, guard):
    monkeypatch.setattr(turns, "CHANCE", 1e9)  # no trend is taken out
    rng = np.random.default_rng(2)
    values = rng.poisson(slow(3, 731, 5, 2.0)).astype(float)
    design, flat = design_of(731), np.full((731, 5), 2.0)
    found = turned(
        values, np.ones((731, 5), bool), flat, design, length=length, guard=guard, factor=np.ones(5)
    )
    # Two years in weeks are 104; the first three days are outside. Weeks are counted back from the guard.
    rows, used = design[3:], 728 - length - guard
    first = used % 7
    score = []
    for turn in range(104):
        y = np.roll(values[3:], -7 * turn, axis=0)
        weeks = y[first:used].reshape(-1, 7, 5).sum(axis=1)
        terms = rows[first:used].reshape(len(weeks), 7, -1).mean(axis=1)
        fit = np.linalg.lstsq(terms, weeks, rcond=None)[0] / 7
        expected = (rows[-length:] @ fit).sum(axis=0)
        least = 0.25 * np.r_[values[3:-length], flat[-length:]].mean(axis=0) * length
        score.append((y[-length:].sum(axis=0) - expected) / np.sqrt(np.maximum(expected, least)))
    score = np.array(score)
    np.testing.assert_allclose(found.rank, (score >= score[0] - SAME).mean(axis=0), atol=SAME)


def test_a_real_trend_is_taken_out_before_the_series_is_turned():
    day = np.arange(1092)
    trend = np.random.default_rng(4).poisson(4 * np.exp(day / 900)[:, None], (1092, 50))
    steady = np.random.default_rng(4).poisson(trend.mean(), (1092, 50))
    spread = [
        turned(
            v,
            np.ones(v.shape, bool),
            np.full(v.shape, v.mean()),
            design_of(1092, 3),
            length=14,
            guard=28,
            factor=np.ones(50),
        ).spread.mean()
        for v in (trend, steady)
    ]
    assert spread[0] == pytest.approx(spread[1], rel=0.25)


def test_what_the_window_holds_does_not_enter_its_dispersion():
    values = slow(8, 1137, 3, 1.0)
    more = values.copy()
    more[-14:] *= 5
    first, second = answered(values), answered(more)
    np.testing.assert_array_equal(first.dispersion.phi, second.dispersion.phi)
    np.testing.assert_array_equal(first.effective_total, second.effective_total)
    assert (second.pvalue <= first.pvalue).all()


def test_a_season_that_comes_again_shows_and_other_movement_does_not():
    series, day = 300, np.arange(1095)[:, None]
    rng = np.random.default_rng(12)
    spread = rng.gamma(0.5, 2.0, (1095, series))
    season = np.exp(np.cos(2 * np.pi * (day / 365.25 + rng.random(series))))
    halved = np.where(day < 1095 - 450, 2.0, 1.0)
    growing = np.exp(2 * day / 1095)
    share = {}
    for name, rate in {"none": 1.0, "season": season, "halved": halved, "growing": growing}.items():
        values = rng.poisson(rate * spread)
        share[name] = (season_pvalue(values, values >= 0, harmonics=3, step=1) <= SEASON_LEVEL).mean()
    few = stats.binom.isf(CHANCE, series, SEASON_LEVEL) / series
    assert share["season"] > 0.9
    assert max(share["none"], share["halved"], share["growing"]) <= few, share
    moving = season_pvalue(slow(13, 1095, series, 2.0), np.ones((1095, series), bool), harmonics=3, step=1)
    assert (moving <= SEASON_LEVEL).mean() <= few


def test_a_season_is_looked_for_in_what_is_covered():
    rng, day = np.random.default_rng(14), np.arange(1099)[:, None]
    values = rng.poisson(np.exp(np.cos(2 * np.pi * day / 365.25)) * np.ones(3))
    covered = np.ones(values.shape, bool)
    weekly = values.reshape(-1, 7, 3).sum(axis=1)
    whole = season_pvalue(values, covered, harmonics=3, step=1)
    np.testing.assert_allclose(season_pvalue(weekly, weekly >= 0, harmonics=3, step=7), whole, rtol=1e-9)
    covered[300:330] = False
    less = season_pvalue(values, covered, harmonics=3, step=1)
    hidden = np.where(covered, values, 99)
    np.testing.assert_array_equal(season_pvalue(hidden, covered, harmonics=3, step=1), less)
    assert (less <= SEASON_LEVEL).all()
    assert (season_pvalue(0 * values, covered, harmonics=3, step=1) > SEASON_LEVEL).all()


def counts_of(values, **options):
    names = [f"R{i}" for i in range(values.shape[1])]
    return Counts.from_array(values, freq="day", as_of=END, regions=names, **options)


def test_auto_rests_on_the_expectation_where_a_season_shows():
    rng, season = np.random.default_rng(9), np.cos(2 * np.pi * np.arange(1137) / 365.25)
    rate = np.stack([2 * np.exp(season), np.full(1137, 0.02), np.full(1137, 2.0), 2 * np.exp(season)], axis=1)
    values = rng.poisson(rate)  # the second carries no terms, the third has no season
    values[-14:, 3] = rng.poisson(2.5 * rate[-14:, 3])
    auto, expected, constant = (
        uptick_test(counts_of(values), null=null, method="lrd_b") for null in ("auto", "expected", "constant")
    )
    assert auto.frame["null"].tolist() == ["expected", "constant", "constant", "expected"]
    assert set(expected.frame["null"]) == {"expected"}
    assert set(constant.frame["null"]) == {"constant"}
    own = ["observed", "expected", "rate_ratio", "pvalue"]
    for row, source in enumerate((expected, constant, constant, expected)):
        assert auto.frame.loc[row, own].tolist() == source.frame.loc[row, own].tolist()
    assert "adjusted for season and trend in 2 of 4 regions" in auto.sentence()
    assert auto.watch()["watch_from"].notna().all()
    # What an uptick starts at comes from the same null as the p-value.
    called = int(auto.frame.loc[0, "starts_at"])
    for count, verdict in ((called, SUPPORTED), (called - 1, CANNOT_BE_TOLD)):
        values[-14:, 0] = np.diff(np.floor(np.arange(15) * count / 14))
        again = uptick_test(counts_of(values), null="auto", method="lrd_b")
        assert again.frame.loc[0, "verdict"] == verdict


def test_the_rolling_test_rests_on_the_same_null():
    rng, season = np.random.default_rng(15), np.cos(2 * np.pi * np.arange(1200) / 365.25)
    values = rng.poisson(np.stack([2 * np.exp(season), np.full(1200, 2.0), np.full(1200, 0.02)], axis=1))
    counts = counts_of(values)
    alarms = recent_window(counts, last=5)
    for ago in (0, 4):
        then = uptick_test(counts.until(counts.as_of - ago * DAY))
        row = alarms.pvalue[-1 - ago]
        assert row.tolist() == pytest.approx(then.frame["pvalue"].tolist(), rel=SAME)
        assert then.frame["null"].tolist() == ["expected", "constant", "constant"]
        expected = 14 * alarms.expected[-1 - ago]
        assert expected.tolist() == pytest.approx(then.frame["expected"].tolist(), rel=SAME)
    usual = recent_window(counts, last=5, null="constant")
    np.testing.assert_array_equal(alarms.pvalue[:, 1:], usual.pvalue[:, 1:])
    assert (alarms.pvalue[:, 0] != usual.pvalue[:, 0]).all()
    bound = recent_window(counts, last=5, bound=True).upper_bound
    np.testing.assert_array_equal(np.isnan(bound).all(axis=0), [True, False, False])


def test_auto_on_a_short_history_is_the_constant_null():
    values = np.random.default_rng(10).poisson(1.0, (500, 8))
    auto, constant = (uptick_test(counts_of(values), null=null) for null in ("auto", "constant"))
    pd.testing.assert_frame_equal(auto.frame, constant.frame)
    assert "not adjusted for season or trend" in auto.sentence()


def test_the_sentence_says_where_the_two_disagree():
    day = np.arange(1137)
    year = (day - day[-1]) / 365.2425
    growing = 3 * np.exp(year + 0.5 * np.cos(2 * np.pi * year))
    low = 3 * np.exp(-0.7 * np.cos(2 * np.pi * year))
    rng = np.random.default_rng(11)
    values = np.stack([rng.poisson(growing), rng.poisson(low)], axis=1)
    values[-14:, 1] = rng.poisson(3 * low[-14:])
    constant, expected = (uptick_test(counts_of(values), null=null) for null in ("constant", "expected"))
    assert constant.regions(SUPPORTED) == ["R0"]
    assert expected.regions(SUPPORTED) == ["R1"]
    assert constant.disagreement == (
        "The two null hypotheses disagree: against trend and season no uptick in R0; "
        "against trend and season an uptick in R1."
    )
    assert expected.disagreement == (
        "The two null hypotheses disagree: against the baseline's mean no uptick in R1; "
        "against the baseline's mean an uptick in R0."
    )
    for result in (constant, expected):
        assert result.sentence().endswith(result.disagreement)
    steady = uptick_test(counts_of(rng.poisson(3.0, (1137, 2))))
    assert steady.disagreement == ""
