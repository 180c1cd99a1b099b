"""The further processes have the means, shapes and phases they say."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import UptickError
from analytics.periods import YEAR_DAYS
from analytics.simulation.further import (
    CAMPAIGN_LONGEST,
    HEAPING,
    MORE_NONSTATIONARY,
    MORE_PROCESSES,
    MORE_STATIONARY,
    OFFENSIVE_DAYS,
    OFFENSIVE_RATIO,
    REGIME_LEVELS,
    WAVE_LARGEST,
    simulate_more,
)

MOST_ERRORS = 4.0  # standard errors of a mean over independent series
RATIO = 0.06  # of ratios of means of some hundred thousand incidents


def sums_of(values: np.ndarray, length: int = 14) -> np.ndarray:
    days, series = values.shape
    return values.reshape(days // length, length, series).sum(axis=1)


@pytest.mark.parametrize("mean", [0.1, 2.0])
@pytest.mark.parametrize("process", MORE_STATIONARY)
def test_every_stretch_of_a_stationary_process_has_the_mean(process, mean):
    values = simulate_more(process, mean=mean, days=210, series=3000, seed=11).values
    for stretch in (values, values[:7], values[98:112], values[-7:]):  # weeks: heaping has its weekday
        by_series = stretch.mean(axis=0)
        error = by_series.std() / np.sqrt(by_series.size)
        assert abs(by_series.mean() - mean) < MOST_ERRORS * error


@pytest.mark.parametrize("process", MORE_NONSTATIONARY)
def test_nonstationary_processes_have_the_mean_over_whole_years(process):
    values = simulate_more(process, mean=1.0, days=1461, series=1000, seed=12).values
    assert values.mean() == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("process", [p for p in MORE_PROCESSES if p != "weekday_heaping"])
def test_fortnights_vary_more_than_poisson(process):
    sums = sums_of(simulate_more(process, mean=2.0, days=14 * 40, series=500, seed=13).values)
    assert sums.var() / sums.mean() > 2


@pytest.mark.parametrize("process", MORE_PROCESSES)
def test_the_same_seed_gives_the_same_counts_and_an_uptick_more(process):
    one, same, other = (
        simulate_more(process, mean=1.0, days=60, series=40, seed=seed).values for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    up = simulate_more(process, mean=1.0, days=60, series=3000, uptick_ratio=3.0, seed=3)
    flat = simulate_more(process, mean=1.0, days=60, series=3000, seed=4).values
    assert (up.uptick_ratio, up.process, up.values.shape) == (3.0, process, (60, 3000))
    rise = up.values[-14:].mean() / flat[-14:].mean()
    # Half of the incidents of the power law, and two in five of zinb_ar, answer to days before the uptick.
    assert 1.8 < rise < 3.0 if process in ("hawkes_powerlaw", "zinb_ar") else 2.6 < rise < 3.4
    assert up.values[:-14].mean() / flat[:-14].mean() == pytest.approx(1, rel=0.1)


def test_waves_fill_single_days():
    values = simulate_more("waves", mean=0.5, days=4000, series=50, seed=5).values
    sums = sums_of(values[: 14 * 285])
    expected = 0.5 + 0.5 * WAVE_LARGEST / (1 / np.arange(1, WAVE_LARGEST + 1)).sum()
    assert sums.var() / sums.mean() == pytest.approx(expected, rel=RATIO)
    assert values.var() / values.mean() == pytest.approx(expected, rel=RATIO)  # all of it within days


def test_regimes_have_three_levels():
    values = simulate_more("regime_switch", mean=200.0, days=1000, series=60, seed=6).values
    share = np.array([3, 3, 1]) / 7
    level = 200 * np.array(REGIME_LEVELS) / (share @ np.array(REGIME_LEVELS))
    nearest = np.abs(values[..., None] - level).argmin(axis=-1)
    assert np.abs(values - level[nearest]).max() < 6 * np.sqrt(level.max())
    np.testing.assert_allclose(np.bincount(nearest.ravel()) / nearest.size, share, atol=0.03)


def test_ceasefires_are_silent_a_quarter_of_the_time_for_thirty_days():
    values = simulate_more("ceasefires", mean=100.0, days=2000, series=100, seed=7).values
    silent = values == 0
    assert silent.mean() == pytest.approx(0.25, abs=0.02)
    ends = (silent[:-1] & ~silent[1:]).sum()
    # A day is silent only if the whole of it is, so spells lose a day at their edges.
    assert silent.sum() / ends == pytest.approx(29.5, rel=RATIO)


def test_one_weekday_has_six_times_the_incidents():
    values = simulate_more("weekday_heaping", mean=5.0, days=728, series=200, seed=8).values
    by_weekday = np.sort(values.reshape(104, 7, 200).mean(axis=0), axis=0)
    assert (by_weekday[-1] / by_weekday[:-1].mean(axis=0)).mean() == pytest.approx(HEAPING, rel=RATIO)


def test_the_power_law_has_the_dispersion_of_its_branching_in_the_long_run():
    values = simulate_more("hawkes_powerlaw", mean=2.0, days=4000, series=60, seed=9).values
    sums = sums_of(values, 500)
    # 1 / (1 - branching)^2, less what has not happened within 500 days
    assert sums.var() / sums.mean() == pytest.approx(4.0, rel=0.15)


def test_campaigns_last_three_to_twenty_one_days():
    values = simulate_more("campaigns", mean=0.01, days=2000, series=400, seed=10).values
    days = [np.flatnonzero(column) for column in values.T]
    spells = [run for day in days for run in np.split(day, np.flatnonzero(np.diff(day) > 40) + 1) if run.size]
    lasting = np.array([run[-1] - run[0] + 1 for run in spells])
    assert np.mean(lasting <= CAMPAIGN_LONGEST) > 0.95  # the others are two campaigns in a row
    assert lasting.max() > 15


@pytest.mark.parametrize(("phase", "fighting"), [(0.05, True), (0.5, False)])
def test_the_offensive_stands_where_its_phase_says(phase, fighting):
    found = simulate_more("yearly_offensive", mean=5.0, days=731, series=400, seed=11, phase=phase).values
    usual = 5 / (1 + (OFFENSIVE_RATIO - 1) * OFFENSIVE_DAYS / YEAR_DAYS)
    assert found[-14:].mean() == pytest.approx(usual * (OFFENSIVE_RATIO if fighting else 1), rel=RATIO)
    year_ago = found[-14 - 365 : -365]
    assert year_ago.mean() == pytest.approx(found[-14:].mean(), rel=RATIO)


def test_season_and_trend():
    up = simulate_more("season_trend", mean=5.0, days=1461, series=400, seed=12, phase=0.25).values
    down = simulate_more("season_trend", mean=5.0, days=1461, series=400, seed=12, phase=0.75).values
    assert up[-28:].mean() / down[-28:].mean() == pytest.approx((1.4 - 0.15) / (0.6 - 0.15), rel=0.1)
    years = up[-1460:].reshape(4, 365, 400).mean(axis=(1, 2))
    np.testing.assert_allclose(years[1:] / years[:-1], 1.2, rtol=RATIO)
    each = np.linspace(0, 1, 400, endpoint=False)
    mixed = simulate_more("season_trend", mean=5.0, days=400, series=400, seed=13, phase=each).values
    assert mixed[-28:, 80:120].mean() > 1.5 * mixed[-28:, 280:320].mean()


def test_drift_doubles_and_the_walk_wanders():
    drift = simulate_more("reporting_drift", mean=5.0, days=400, series=1000, seed=14).values
    assert drift[-7:].mean() / drift[:7].mean() == pytest.approx(2.0, rel=RATIO)
    walk = simulate_more("random_walk_rate", mean=50.0, days=730, series=300, seed=15).values
    quarters = np.log(sums_of(walk[:728], 91))
    # Logs of two quarters q apart differ like the walk between them: sd^2 * 91 * (q - 1/3).
    for apart in (1, 4):
        differences = quarters[apart:] - quarters[:-apart]
        assert differences.var() == pytest.approx(0.03**2 * 91 * (apart - 1 / 3), rel=0.2)


@pytest.mark.parametrize(
    "options",
    [
        {"process": "wave"},
        {"process": "waves", "mean": 0},
        {"process": "waves", "phase": 0.2},
    ],
)
def test_what_cannot_be_simulated_says_so(options, snapshot):
    with pytest.raises(UptickError) as caught:
        simulate_more(**options, seed=1)
    assert str(caught.value) == snapshot
