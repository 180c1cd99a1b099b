"""The seven processes have the means and the dispersion they say."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import UptickError
from analytics.simulation import PROCESSES, simulate_counts

# Variance over mean of 14-day sums at 2 a day, from the processes' formulas or, where there is none, from a
# run of 20,000 series (seed 1); the tolerance covers the Monte Carlo error of 600 series.
DISPERSION = {"poisson": 1.0, "negative_binomial": 5.0, "hawkes_0.3": 1.72, "hawkes_0.6": 2.6, "lgcp": 10.2}
TOLERANCE = 0.15


@pytest.mark.parametrize("process", PROCESSES)
def test_means_and_dispersion(process):
    values = simulate_counts(process, mean=2.0, days=14 * 52, series=600, seed=2).values
    assert values.mean() == pytest.approx(2.0, rel=0.05)
    sums = values.reshape(52, 14, 600).sum(axis=1)
    ratio = sums.var(axis=0).mean() / sums.mean()
    if process in DISPERSION:
        assert ratio == pytest.approx(DISPERSION[process], rel=TOLERANCE)
    else:
        assert ratio > 2


@pytest.mark.parametrize("process", PROCESSES)
def test_the_same_seed_gives_the_same_counts_and_another_seed_others(process):
    one, same, other = (
        simulate_counts(process, mean=1.0, days=50, series=4, seed=seed).values for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_an_uptick_multiplies_the_last_days_only():
    found = simulate_counts("poisson", mean=2.0, days=100, series=4000, uptick_ratio=3.0, seed=3)
    assert found.values[:-14].mean() == pytest.approx(2.0, rel=0.02)
    assert found.values[-14:].mean() == pytest.approx(6.0, rel=0.02)
    assert (found.uptick_days, found.uptick_ratio, found.process) == (14, 3.0, "poisson")


def test_the_weekday_cycle_of_the_seasonal_process():
    values = simulate_counts("seasonal", mean=5.0, days=728, series=200, seed=4).values
    by_weekday = values.reshape(104, 7, 200).mean(axis=0)
    assert (by_weekday.max(axis=0) / by_weekday.min(axis=0)).mean() > 1.4


@pytest.mark.parametrize(
    "options",
    [{"process": "poison"}, {"process": "poisson", "mean": 0}, {"process": "poisson", "uptick_days": 999}],
)
def test_what_cannot_be_simulated_says_so(options, snapshot):
    with pytest.raises(UptickError) as caught:
        simulate_counts(**options, seed=1)
    assert str(caught.value) == snapshot
