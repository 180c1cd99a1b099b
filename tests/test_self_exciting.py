"""The test for self-exciting counts: its power and size, and what it makes of the past."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.counts import Counts
from analytics.kernels.windows import self_exciting as kernel
from analytics.kernels.windows.lrd import lrd_test
from analytics.kernels.windows.self_exciting import self_exciting
from analytics.simulation import simulate_counts
from analytics.simulation.further import simulate_more
from analytics.upticks import uptick_test

DAYS, RECENT = 364 + 42, 14


def pvalues(values, **options):
    return self_exciting(values, np.ones(values.shape, bool), length=RECENT, guard=28, **options)


def hawkes(series, seed, ratio=1.0, mean=0.5):
    return simulate_counts(
        "hawkes_0.6", mean=mean, days=DAYS, series=series, seed=seed, uptick_days=RECENT, uptick_ratio=ratio
    ).values


def found_at_true_size(null, other):
    return (other <= np.sort(null)[int(0.05 * len(null)) - 1]).mean()


def test_it_finds_more_than_the_default_in_self_exciting_counts_at_one_size():
    # A small honest version of benchmarks/self_exciting.py: 50 against 43 % there, 54 at best; the default
    # has been given the days before since, and is nearer. A standard error of 1.3 %, and that of the level.
    quiet, risen = hawkes(1500, 1), hawkes(1500, 2, ratio=3.0)
    own = found_at_true_size(pvalues(quiet), pvalues(risen))
    usual = [lrd_test(v, v >= 0, length=RECENT, guard=28).pvalue for v in (quiet, risen)]
    assert own > 0.43
    assert own > found_at_true_size(*usual) + 0.02


@pytest.mark.slow
@pytest.mark.parametrize("process", ["poisson", "regime_switch", "waves", "hawkes_0.6"])
def test_quiet_series_are_not_called_too_often(process):
    maker = simulate_counts if process in ("poisson", "hawkes_0.6") else simulate_more
    values = maker(process, mean=1.0, days=DAYS, series=300, seed=3).values
    called = (pvalues(values) <= 0.05).mean()
    assert 0.01 < called < 0.085  # a standard error of 1.3 %


def test_what_earlier_incidents_draw_is_no_rise():
    # The same window after a quiet guard and after a burst that its incidents follow from.
    past = hawkes(1, 4, mean=1.0)[:-42]
    window = np.r_[3, 3, 2, 3, 1, 2, 2, 1, 2, 1, 1, 0, 1, 0][:, None]
    quiet, burst = np.zeros((28, 1), int), np.zeros((28, 1), int)
    burst[-7:] = 5
    after_quiet, after_burst = (pvalues(np.concatenate([past, g, window]))[0] for g in (quiet, burst))
    assert after_quiet < after_burst


def test_no_p_value_below_a_hundredth_is_below_lrds_and_one_day_carries_none():
    values = np.concatenate([hawkes(1, 7), hawkes(300, 5, ratio=4.0)], axis=1)
    values[-14:, 0] = 0
    values[-3, 0] = 200
    bound = lrd_test(values, values >= 0, length=RECENT, guard=28).firm
    found = pvalues(values)
    assert (found >= np.minimum(bound, 0.01)).all()
    assert (found < bound).any()
    assert bound[0] == 0.01
    assert found[0] >= 0.01


def test_it_is_asked_for_by_name():
    values = hawkes(3, 6)
    values[-14:, 0] += 3
    counts = Counts.from_array(values, freq="day", as_of=np.datetime64("2020-04-12"), regions=list("ABC"))
    result = uptick_test(counts, method="self_exciting")
    np.testing.assert_array_equal(result.frame["pvalue"], pvalues(values))
    assert result.frame["verdict"].tolist()[0] == "supported"
    assert "self-exciting process" in result.method


def test_what_is_compiled_is_what_is_written(monkeypatch):
    # Few draws of short series: quiet, busy with a gap, and one of hundreds a day, which are drawn as normal.
    rng = np.random.default_rng(9)
    series = np.stack([rng.poisson(0.5, 60), rng.poisson(6, 60), rng.poisson(800, 60)]).astype(float)
    covered = np.ones(series.shape, bool)
    covered[1, 20:24] = False
    series[~covered] = 0
    drawn = rng.random((12, 8)), rng.standard_normal((12, 8)), rng.random(60)
    asked = (np.where(covered, series, 0), covered, 45, 7, np.array([1.0, 0.8, 1.0]), 2.5, *drawn)
    compiled = kernel._predictive(*asked)
    for name in ("_predictive", "_posterior", "_residuals", "_pasts", "_one_draw", "_drawn_count"):
        monkeypatch.setattr(kernel, name, getattr(getattr(kernel, name), "py_func", getattr(kernel, name)))
    np.testing.assert_allclose(kernel._predictive(*asked), compiled, rtol=1e-12)
