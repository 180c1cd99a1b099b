"""The predictive detector: what it answers in plain and in awkward histories, and how often it errs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.counts import Counts
from analytics.detectors._predictive import HALF_WINDOW, SINGLE, predictive
from analytics.detectors.grid import NO_COVERAGE, SHORT
from analytics.errors import HistoryError, OptionError
from analytics.kernels.common.episodes import episode_onsets
from analytics.kernels.common.negative_binomial import nb_mid_tail
from analytics.kernels.forecast import tails
from analytics.kernels.forecast.means import forecast
from analytics.kernels.forecast.tails import mean_tail
from analytics.simulation import simulate_counts

START = np.datetime64("2014-01-06")
WEEKS = 260
TAIL = 1e-9  # against scipy's distribution functions
SERIES = 300  # simulated regions; at one episode a year the standard error of a rate is then 0.06
THREE_SE = 0.17
CLOSE = 0.02  # relative; 260 weeks of a mean known exactly


def weekly(values: np.ndarray, covered: np.ndarray | None = None) -> Counts:
    return Counts.from_array(values, start=START, coverage=covered)


def poisson(mean: float = 4.0, weeks: int = WEEKS, regions: int = 3, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, (weeks, regions))


def days(weeks: int) -> np.ndarray:
    return (START + np.arange(0, 7 * weeks, 7)).astype(np.int64)


def simulated(process: str, years: int = 4, ratio: float = 1.0, series: int = SERIES) -> Counts:
    weeks = 52 * years + 54
    drawn = simulate_counts(process, days=7 * weeks, series=series, uptick_ratio=ratio, seed=5).values
    return weekly(drawn.reshape(weeks, 7, series).sum(axis=1))


# -- its parts --------------------------------------------------------------------------------------


def test_tail_is_that_of_the_negative_binomial():
    count, mean, phi = np.meshgrid([0.0, 1, 4, 30], [0.05, 2.0, 20.0], [1.001, 1.5, 6.0])
    law = stats.nbinom(mean / (phi - 1), 1 / phi)
    expected = law.sf(count) + law.pmf(count) / 2
    np.testing.assert_allclose(nb_mid_tail(count, mean, phi), expected, rtol=1e-6, atol=TAIL)


@given(st.floats(1e-12, 1), st.floats(1e-12, 1))
@settings(max_examples=60, deadline=None)
def test_mean_of_tails_lies_between_them(one, two):
    found = float(mean_tail(np.array([one]), np.array([two]))[0])
    assert min(one, two) * (1 - TAIL) <= found <= max(one, two) * (1 + TAIL)


def test_expectation_finds_level_trend_and_season():
    weeks = np.arange(WEEKS + 1)
    mean = np.exp(3 + 0.3 * weeks / 52.18 + 0.5 * np.cos(2 * np.pi * weeks / 52.18))
    values = np.column_stack([np.round(mean), np.full(WEEKS + 1, 20)])
    made = forecast(values, np.ones(values.shape, dtype=bool), days(WEEKS + 1), WEEKS, refit=1)
    np.testing.assert_allclose(made.level[0], [mean[-1], 20.0], rtol=CLOSE)


def test_past_upticks_hardly_move_the_expectation():
    quiet = poisson(10.0)
    busy = quiet.copy()
    busy[100:104] += 60
    expected = [predictive(weekly(v), last=1).expected[0].mean() for v in (quiet, busy)]
    assert expected[1] < 1.05 * expected[0]
    assert busy.mean() > 1.08 * quiet.mean()


def test_excitation_is_found_where_there_is_some():
    def share(process: str) -> float:
        values = simulated(process).values
        made = forecast(
            values, np.ones(values.shape, dtype=bool), days(len(values)), len(values) - 1, refit=13
        )
        return float(made.excitation.mean())

    assert share("poisson") < 0.05
    assert share("hawkes_0.6") > 0.3


# -- how often it alarms ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "process", ["poisson", "negative_binomial", "hawkes_0.6", "ingarch", "lgcp", "seasonal"]
)
def test_default_keeps_one_episode_a_year(process):
    alarm = predictive(simulated(process), last=54).alarm
    per_year = episode_onsets(alarm, 7)[-52:].sum() / SERIES * 365.25 / 364
    assert per_year <= 1.0 + THREE_SE


def test_catches_upticks():
    alarm = predictive(simulated("poisson", ratio=3.0), last=6).alarm
    assert episode_onsets(alarm, 7)[-2:].any(axis=0).mean() > 0.85


# -- what it answers --------------------------------------------------------------------------------


def test_alarm_is_a_small_pvalue_and_a_count_above_the_bound():
    values = poisson(3.0, regions=40, seed=8)
    values[-2:, ::2] += 7
    alarms = predictive(weekly(values), alpha=0.02, last=30, bound=True)
    np.testing.assert_array_equal(alarms.alarm, (alarms.pvalue <= 0.02) & alarms.tested)
    np.testing.assert_array_equal(alarms.alarm, alarms.observed > alarms.upper_bound)
    assert alarms.alarm.any()
    assert not alarms.alarm.all()
    np.testing.assert_allclose(alarms.statistic, -np.log10(alarms.pvalue))


def test_each_week_is_answered_from_the_past_alone():
    values = poisson(regions=6, seed=4)
    whole = predictive(weekly(values), last=60)
    later = values.copy()
    later[-20:] += 9
    changed = predictive(weekly(later), last=60)
    np.testing.assert_array_equal(whole.pvalue[:40], changed.pvalue[:40])
    short = predictive(weekly(values[:-10]), last=50)
    np.testing.assert_allclose(short.pvalue, whole.pvalue[:50], rtol=1e-6)
    np.testing.assert_allclose(predictive(weekly(values), last=7).pvalue, whole.pvalue[-7:], rtol=1e-6)


def test_alpha_may_differ_by_region():
    counts = weekly(poisson(regions=2, seed=2))
    alarms = predictive(counts, alpha=[0.5, 1e-9], last=50)
    assert alarms.alarm[:, 0].any()
    assert not alarms.alarm[:, 1].any()


def test_all_zeros_stay_silent_and_one_incident_is_no_uptick():
    values = np.zeros((WEEKS, 3), dtype=int)
    values[-1, 1] = 1
    values[-1, 2] = 3
    alarms = predictive(weekly(values), last=20, bound=True)
    assert alarms.tested.all()
    assert np.argwhere(alarms.alarm).tolist() == [[19, 2]]
    assert alarms.reasons[alarms.note[-1, 1]] == SINGLE
    assert (alarms.upper_bound >= 1).all()


def test_one_incident_ever_raises_nothing():
    values = np.zeros((WEEKS, 1), dtype=int)
    values[150] = 1
    assert not predictive(weekly(values)).alarm.any()


def test_a_fall_is_not_extrapolated_to_nothing():
    weeks = np.arange(WEEKS)
    values = np.random.default_rng(1).poisson(20 * np.exp(-weeks / 25)[:, None], (WEEKS, 2))
    expected = predictive(weekly(values), last=20).expected
    assert (expected >= 0.5 / WEEKS).all()
    assert (expected < 0.05).all()


def test_constant_counts():
    values = np.full((WEEKS, 2), 5)
    values[-1, 1] = 15
    alarms = predictive(weekly(values), last=10)
    assert alarms.alarm.tolist() == [[False, False]] * 9 + [[False, True]]
    np.testing.assert_allclose(alarms.expected, 5.0, rtol=CLOSE)


def test_history_shorter_than_the_baseline_is_not_tested():
    alarms = predictive(weekly(poisson(weeks=20)))
    assert not alarms.tested.any()
    assert {alarms.reasons[k] for k in np.unique(alarms.note)} == {SHORT}
    one = predictive(weekly(poisson(weeks=1)))
    assert not one.tested.any()


def test_gaps_are_not_zeros():
    values = poisson(6.0, regions=2, seed=3)
    covered = np.ones(values.shape, dtype=bool)
    covered[60:120, 0] = False
    covered[-3, 0] = False
    values[~covered] = 0
    alarms = predictive(weekly(values, covered), last=5)
    assert alarms.tested[:, 0].tolist() == [True, True, False, True, True]
    assert alarms.reasons[alarms.note[2, 0]] == NO_COVERAGE
    assert alarms.reasons[alarms.note[3, 0]] == HALF_WINDOW
    assert alarms.expected[0, 0] > 5


def test_a_year_of_53_weeks_is_a_year():
    starts = (START + np.arange(0, 7 * 420, 7)).astype("datetime64[D]")
    assert "2020-W53" in weekly(poisson(weeks=420)).labels()
    year = (starts.astype(np.int64) % 365.2425) / 365.2425
    mean = 20 * np.exp(0.6 * np.sin(2 * np.pi * year))
    values = np.random.default_rng(2).poisson(mean[:, None], (420, 20))
    alarms = predictive(weekly(values), last=70)
    ratio = alarms.expected.mean(axis=1) / mean[-70:]
    assert abs(np.log(ratio)).max() < 0.12


@pytest.mark.parametrize(
    "wrong",
    [{"alpha": 0.0}, {"alpha": [0.1, 0.1]}, {"least": 0}, {"refit": 0}, {"history": 10}, {"refit": True}],
)
def test_bad_options_are_refused(wrong):
    with pytest.raises(OptionError):
        predictive(weekly(poisson()), **wrong)


def test_days_and_too_few_weeks_are_refused():
    starts = START + np.arange(400)
    daily = Counts(
        values=np.ones((400, 1), dtype=np.int32),
        coverage=np.ones((400, 1), dtype=bool),
        starts=starts,
        regions=("a",),
        freq="day",
        finest="day",
        week_start="monday",
        as_of=starts[-1],
    )
    with pytest.raises(OptionError, match="weekly counts"):
        predictive(daily)
    with pytest.raises(HistoryError):
        predictive(weekly(poisson()), last=WEEKS + 1)


def test_tails_of_many_are_those_of_few(monkeypatch):
    rng = np.random.default_rng(15)
    mean = rng.gamma(1.0, 3.0, (12, 40))
    given = rng.poisson(mean).astype(float), mean, 1.1 + rng.gamma(1.0, 1.0, mean.shape), mean
    weeks = np.full(mean.shape, 200.0)
    whole = tails.mixed_upper_tail(*given, weeks, 2)
    monkeypatch.setattr(tails, "_CELLS", 100)
    np.testing.assert_array_equal(tails.mixed_upper_tail(*given, weeks, 2), whole)
