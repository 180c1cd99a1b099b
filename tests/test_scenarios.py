"""Noufaily's scenarios: their parameters, moments and outbreaks."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import OptionError
from analytics.simulation.scenarios import CURRENT_WEEKS, noufaily_scenarios, simulate_noufaily

SIGMAS = 5  # Monte Carlo errors allowed: 1 in 3.5 million by chance, on fixed seeds


def test_the_table_crosses_seven_groups_with_trend_and_season():
    table = noufaily_scenarios()
    assert len(table) == 42
    assert len(table[["group", "trend", "season"]].drop_duplicates()) == 42
    assert (table.loc[~table["trend"], "beta"] == 0).all()
    assert (table.loc[table["season"] == 0, ["gamma1", "gamma2"]] == 0).all().all()
    last = table.iloc[41]
    assert tuple(last[["theta", "beta", "gamma1", "gamma2", "phi"]]) == (5.0, 0.0001, 0.05, 0.01, 1.2)


def test_the_mean_follows_the_formula():
    # Group 1 with trend and two harmonics, week 13: angles pi/2 and pi, so cos 0, -1 and sin 1, 0.
    by_hand = np.exp(0.1 + 0.0025 * 13 + 0.6 * 0 + 0.6 * 1 + 0.6 * -1 + 0.6 * 0)
    assert simulate_noufaily(6, seed=1).mean[12] == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("scenario", [1, 9, 15, 24, 42])
def test_weeks_without_outbreaks_have_the_stated_mean_and_variance(scenario):
    simulated = simulate_noufaily(scenario, series=400, seed=2)
    quiet = simulated.values[:312]
    error = np.sqrt(simulated.phi * simulated.mean[:312].sum() * 400)
    assert abs(quiet.sum() - 400 * simulated.mean[:312].sum()) < SIGMAS * error
    scaled = ((quiet - simulated.mean[:312, None]) ** 2 / simulated.mean[:312, None]).mean(axis=1)
    assert abs(scaled.mean() - simulated.phi) < SIGMAS * scaled.std() / np.sqrt(scaled.size)


def test_outbreaks_lie_where_they_should_and_hold_two_cases_or_more():
    simulated = simulate_noufaily(12, series=300, seed=3)  # the sparse group: sizes are often drawn again
    current = simulated.outbreak[simulated.current]
    assert current.shape[0] == CURRENT_WEEKS
    assert (current.sum(axis=0) >= 2).all()
    assert not simulated.outbreak[:312].any()
    past = simulated.outbreak[312:-CURRENT_WEEKS].sum(axis=0)
    assert (past[simulated.past_k == 0] == 0).all()
    assert (past[simulated.past_k > 0] >= 8).all()
    assert (simulated.values >= simulated.outbreak).all()
    rows = np.arange(300)
    assert (simulated.outbreak[simulated.first, rows] > 0).all()
    assert (simulated.outbreak[simulated.last, rows] > 0).all()
    inside = (np.arange(624)[:, None] >= simulated.first) & (np.arange(624)[:, None] <= simulated.last)
    assert current.sum() == simulated.outbreak[inside].sum()


def test_size_and_spread_of_large_outbreaks():
    simulated = simulate_noufaily(37, series=2000, seed=4, past_k=0, current_k=10)  # mean 148.4, sd 13.3
    size = simulated.outbreak.sum(axis=0)
    early = simulated.first < 610  # those that start later lose cases after the last week
    mean = 10 * np.sqrt(1.2 * np.exp(5))
    assert abs(size[early].mean() - mean) < SIGMAS * np.sqrt(mean / early.sum())
    share = simulated.outbreak[simulated.first, np.arange(2000)][early].sum() / size[early].sum()
    assert abs(share - 0.5) < SIGMAS * 0.5 / np.sqrt(size[early].sum())  # P(LogNormal(0, 0.5) < 1)


def test_sizes_are_drawn_from_the_published_ones():
    simulated = simulate_noufaily(1, series=500, seed=5)
    assert set(simulated.past_k.tolist()) == {0, 2, 3, 5, 10}
    assert set(simulated.current_k.tolist()) == set(range(1, 11))


def test_the_seed_decides():
    one, same, other = (simulate_noufaily(5, series=4, seed=seed) for seed in (1, 1, 2))
    assert (one.values == same.values).all()
    assert (one.values != other.values).any()


def test_as_counts():
    simulated = simulate_noufaily(20, series=3, seed=1)
    counts = simulated.to_counts()
    assert counts.simulated
    assert counts.freq == "week"
    assert (counts.values == simulated.values).all()
    assert not counts.provisional.any()


@pytest.mark.parametrize(
    "wrong",
    [{"scenario": 0}, {"scenario": 43}, {"series": 0}, {"weeks": 100}, {"past_k": -1}, {"current_k": 0}],
)
def test_numbers_out_of_range_are_refused(wrong):
    options = {"scenario": 1, "seed": 1} | wrong
    with pytest.raises(OptionError, match="expected"):
        simulate_noufaily(options.pop("scenario"), **options)
