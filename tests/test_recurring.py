"""Recurring upticks: parts against brute force or a truth, the verdict rules, and what must not change."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.recurrence.bursts import (
    burst_episodes,
    burst_gains,
    burst_states,
    merge_episodes,
    permute_within,
    successive_dispersion,
)
from analytics.kernels.recurrence.hawkes import (
    conditional_means,
    fit_hawkes,
    hawkes_residuals,
    simulate_hawkes,
)
from analytics.kernels.recurrence.periodicity import periodicity_test, weekday_pvalues
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED
from analytics.simulation import simulate_counts
from analytics.upticks import recurring_tables
from analytics.upticks.recurring import recurrence_test
from analytics.upticks.recurring_tables import harmless_variation, variation_limit

SAME = 1e-9  # the same numbers summed in another order
END = np.datetime64("2020-04-12")
BURST = {"ratio": 2.0, "cost": 0.5, "merge": 14}
QUICK = 99  # replicates; the smallest p-value is then 0.01


def counts_of(values, *, covered=None, regions=None, end=END, simulated=False):
    names = [f"R{i}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    return Counts.from_array(
        values, freq="day", as_of=end, regions=regions or names, coverage=covered, simulated=simulated
    )


def bursts_every(gap, *, days=730, length=10, quiet=0.4, busy=2.5, seed=7):
    rate = np.where(np.arange(days) % gap < length, busy, quiet)
    return np.random.default_rng(seed).poisson(rate)


def bursts_at_random(*, days=730, seed=2):
    rng = np.random.default_rng(seed)
    rate = np.full(days, 0.5)
    for begin in rng.choice(days - 20, 14, replace=False):
        rate[begin : begin + rng.integers(8, 20)] = 3.0
    return rng.poisson(rate)


@pytest.fixture(scope="module")
def mixed():
    quiet = np.random.default_rng(4).poisson(3.0, 730)
    sparse = np.zeros(730, int)
    sparse[[5, 300]] = 2
    return np.column_stack([bursts_every(45), bursts_at_random(), quiet, sparse])


@pytest.fixture(scope="module")
def answered(mixed):
    regions = ("Regular", "Irregular", "Quiet", "Sparse")
    return recurrence_test(counts_of(mixed, regions=regions, simulated=True), replicates=QUICK)


# -- bursts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("states", [2, 3])
def test_the_path_is_the_best_of_all_paths(states):
    gains = np.random.default_rng(states).normal(size=(states - 1, 7, 6))
    cost = 0.7

    def worth(path, series):
        total, before = 0.0, 0
        for period, state in enumerate(path):
            total -= cost * max(state - before, 0)
            total += gains[state - 1, period, series] if state else 0.0
            before = state
        return total

    found = burst_states(gains, cost)
    for series in range(6):
        best = max(worth(path, series) for path in itertools.product(range(states), repeat=7))
        assert worth(found[:, series], series) == pytest.approx(best, abs=SAME)
        assert merge_episodes(found, gains, cost, 1).total[series] == pytest.approx(best, abs=SAME)


def test_the_gain_is_the_likelihood_ratio():
    values = np.random.default_rng(1).negative_binomial(0.8, 0.4, (400, 3))
    covered = np.ones(values.shape, bool)
    mean, excess = values.mean(axis=0), successive_dispersion(values, covered) - 1
    size = mean / excess

    def log(rate):
        return stats.nbinom.logpmf(values, size, size / (size + rate))

    np.testing.assert_allclose(
        burst_gains(values, covered, ratio=3.0)[0], log(3 * mean) - log(mean), atol=1e-8
    )


def test_episodes_less_than_two_weeks_apart_are_one():
    path = np.zeros((60, 2), np.int8)
    path[5:8] = path[30:33] = 1
    path[8 + 13 : 8 + 15, 0] = 1  # 13 quiet days after the first
    path[8 + 14 : 8 + 16, 1] = 1  # 14: one of its own; but 6 days before the next
    found = merge_episodes(path, np.ones((1, 60, 2)), 0.5, 14)
    assert found.number.tolist() == [1, 2]
    assert found.active[:, 0].sum() == 28
    assert found.active[:, 1].sum() == 3 + 11
    np.testing.assert_allclose(found.total, path.sum(axis=0) - 3 * 0.5)
    assert found.recurrent[0] == 0
    assert found.recurrent[1] == pytest.approx(3 - 0.5)


def test_one_burst_is_not_recurrence_and_two_are():
    values = np.random.default_rng(3).poisson(0.5, (400, 2))
    values[100:112] += 3
    values[300:312, 1] += 3
    found = burst_episodes(values, np.ones(values.shape, bool), **BURST)
    assert found.recurrent[0] < 5 < found.recurrent[1]
    verdicts = recurrence_test(counts_of(values), replicates=QUICK).frame["verdict"].tolist()
    assert verdicts == [CANNOT_BE_TOLD, SUPPORTED]


def test_shuffling_keeps_every_stratum_and_moves_the_rest():
    rng = np.random.default_rng(0)
    values, strata = rng.integers(0, 50, 300), rng.integers(-1, 5, 300)
    shuffled = permute_within(values, strata, 40, rng)
    for stratum in range(5):
        here = strata == stratum
        np.testing.assert_array_equal(
            np.sort(shuffled[here], axis=0), np.repeat(np.sort(values[here])[:, None], 40, axis=1)
        )
    np.testing.assert_array_equal(shuffled[strata < 0, 7], values[strata < 0])
    assert (shuffled != values[:, None]).mean() > 0.5


# -- a period, weekdays -----------------------------------------------------------------------------------


def test_a_period_is_found_with_its_amplitude():
    rng = np.random.default_rng(8)
    wave = 1 + 0.5 * np.cos(2 * np.pi * np.arange(1095) / 37.3)
    values = rng.poisson(2.0 * wave[:, None], (1095, 40))
    found = periodicity_test(values, np.ones(1095, bool), shortest=14, longest=120, replicates=QUICK, rng=rng)
    assert (found.pvalue == 0.01).all()
    assert ((found.low < 37.3) & (found.high > 37.3)).mean() >= 0.9
    assert np.median(found.amplitude) == pytest.approx(0.5, abs=0.05)  # its spread is 0.06 a series
    assert (found.amplitude_upper > 0.5).mean() >= 0.9


@pytest.mark.parametrize("process", ["hawkes_0.6", "ingarch", "lgcp"])
def test_autocorrelation_is_no_period_and_no_weekday(process):
    # A small version of benchmarks/recurring.py: fails when the lower 99 % limit exceeds 7 %.
    rng = np.random.default_rng(1)
    values = simulate_counts(process, mean=2.0, days=371, series=600, uptick_days=0, seed=2).values
    found = periodicity_test(values, np.ones(371, bool), shortest=14, longest=120, replicates=499, rng=rng)
    weekday, _ = weekday_pvalues(
        values.reshape(53, 7, 600), np.ones((53, 600), bool), replicates=199, rng=rng
    )
    for p in (found.pvalue, weekday):
        hits = int((p <= 0.05).sum())
        assert stats.beta.ppf(0.005, max(hits, 1), 600 - hits + 1) <= 0.07
    power = np.abs(np.fft.rfft(values, axis=0))[1:] ** 2
    naive = power[3:26].max(axis=0) / power.mean(axis=0) >= -np.log(1 - 0.95 ** (1 / 23))
    assert naive.mean() > 0.3, "Fisher's test, which takes the spectrum for flat, cries wolf"


def test_scale_does_not_matter_to_a_period():
    rng = np.random.default_rng(3)
    values = rng.poisson(1.0, (400, 5))
    once, twice = (
        periodicity_test(
            factor * values,
            np.ones(400, bool),
            shortest=14,
            longest=120,
            replicates=QUICK,
            rng=np.random.default_rng(0),
        )
        for factor in (1, 7)
    )
    np.testing.assert_allclose(once.power, twice.power, rtol=1e-6)
    np.testing.assert_array_equal(once.pvalue, twice.pvalue)


def test_weekday_totals_and_uncovered_weeks():
    weeks = np.ones((30, 7, 2), int)
    weeks[:, 6] = 4
    covered = np.ones((30, 2), bool)
    covered[:10, 1] = False
    weeks[:10, :, 1] = 99
    p, totals = weekday_pvalues(weeks, covered, replicates=QUICK, rng=np.random.default_rng(0))
    assert p.tolist() == [0.01, 0.01]
    assert totals[:, 0].tolist() == [30] * 6 + [120]
    assert totals[:, 1].tolist() == [20] * 6 + [80]


# -- self-excitation --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("process", "truth", "within"), [("hawkes_0.3", 0.3, 0.05), ("hawkes_0.6", 0.6, 0.08)]
)
def test_the_branching_ratio_is_recovered(process, truth, within):
    # The spread of one series is 0.08 to 0.1, so a mean of 30 has a standard error of about 0.017.
    values = simulate_counts(process, mean=0.5, days=1095, series=30, uptick_days=0, seed=4).values
    covered = np.ones(values.shape, bool)
    fit = fit_hawkes(values, covered)
    assert fit.branching.mean() == pytest.approx(truth, abs=within)
    assert ((fit.low <= truth) & (truth <= fit.high)).mean() >= 0.85
    _, uniform, independent = hawkes_residuals(
        values, covered, fit, np.random.default_rng(0).random(values.shape)
    )
    assert (np.minimum(uniform, independent) <= 0.025).mean() <= 0.1


def test_the_fit_has_the_greatest_likelihood():
    values = simulate_counts("ingarch", mean=1.0, days=500, series=3, uptick_days=0, seed=6).values
    covered = np.ones(values.shape, bool)
    fit = fit_hawkes(values, covered)

    def loglik(mean, branching, lag, size, series):
        past, total = values[:, series].mean(), 0.0
        for count in values[:, series]:
            rate = mean * (1 - branching) + branching * past
            total += stats.nbinom.logpmf(count, size, size / (size + rate))
            past = (1 - 1 / lag) * past + count / lag
        return total

    for i in range(3):
        best = (fit.mean[i], fit.branching[i], fit.lag[i], fit.size[i])
        top = loglik(*best, i)
        for at, factor in itertools.product(range(4), (0.85, 1.15)):
            other = [v * (factor if j == at else 1) for j, v in enumerate(best)]
            assert loglik(*other, i) < top + 0.1  # the grids leave less than a tenth of a nat


def test_independent_days_excite_nothing_and_a_misfit_shows():
    rng = np.random.default_rng(2)
    fit = fit_hawkes(rng.negative_binomial(0.5, 0.5, (730, 30)), np.ones((730, 30), bool))
    assert (fit.low > 0).mean() <= 0.15
    cycle = rng.poisson(np.where(np.arange(730) % 7 < 2, 4.0, 0.2)[:, None], (730, 4))
    covered = np.ones(cycle.shape, bool)
    _, _, independent = hawkes_residuals(cycle, covered, fit_hawkes(cycle, covered), rng.random(cycle.shape))
    assert (independent < 0.001).all()


def test_a_gap_is_average_for_the_past_and_nothing_for_the_likelihood():
    rng = np.random.default_rng(5)
    values = rng.poisson(1.0, (400, 1))
    covered = np.ones(values.shape, bool)
    covered[100:200] = False
    filled = np.where(covered, values, 77)
    a, b = fit_hawkes(values, covered), fit_hawkes(filled, covered)
    np.testing.assert_array_equal(a.branching, b.branching)
    np.testing.assert_allclose(
        conditional_means(values, covered, a)[190:200], values[covered].mean(), rtol=0.05
    )


def test_simulating_the_fit_keeps_mean_and_spread():
    drawn = simulate_hawkes(1.0, 0.5, 4.0, 2.0, periods=4000, series=20, rng=np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(1.0, abs=0.05)
    refit = fit_hawkes(drawn[:, :4], np.ones((4000, 4), bool))
    assert refit.branching.mean() == pytest.approx(0.5, abs=0.06)
    assert refit.size.mean() == pytest.approx(2.0, abs=0.5)


# -- the test -------------------------------------------------------------------------------------------


def test_the_verdicts_and_their_words(answered, snapshot):
    frame = answered.frame.set_index("region")
    assert frame["verdict"].tolist() == [SUPPORTED, SUPPORTED, NOT_SUPPORTED, CANNOT_BE_TOLD]
    assert frame.loc["Regular", "estimate"] == 45
    assert frame.loc["Regular", "low"] <= 45 <= frame.loc["Regular", "high"]
    assert frame.loc["Regular", "pattern"] == "recurrent and periodic, every 45 days"
    assert frame.loc["Irregular", "pattern"] in ("recurrent, not periodic", "recurrent, no period shown")
    assert np.isnan(frame.loc["Sparse", "pvalue"])
    assert pd.isna(frame.loc["Sparse", "episodes"])
    assert answered.sentence() == snapshot
    assert [answered.describe(region) for region in frame.index] == snapshot
    assert answered.sentence().startswith("SIMULATED data: ")
    assert answered.summary()["why"].str.len().gt(0).all()
    assert "shuffled within weekdays" in answered.text()


def test_the_details_say_what_was_put_in(answered, mixed):
    episodes = answered.details["episodes"]
    regular = episodes[episodes["region"] == "Regular"]
    first = END - 729
    offset = (regular["start"].to_numpy().astype("datetime64[D]") - first).astype(int) % 45
    assert len(regular) in (16, 17)  # of 17 bursts
    assert np.isin(offset, [0, 1, 2, 3, 44]).mean() > 0.8
    assert regular["incidents"].sum() <= mixed[:, 0].sum()
    assert regular["times_the_quiet_rate"].median() == pytest.approx(2.5 / 0.4, rel=0.3)
    dispersion = answered.details["dispersion"].set_index("region")
    assert dispersion.loc["Quiet", "pvalue"] > 0.05
    assert dispersion.loc["Regular", "pvalue"] == 0.01
    assert dispersion.loc["Quiet", "phi"] < 1.5 < dispersion.loc["Regular", "low"]
    hawkes = answered.details["hawkes"].set_index("region")
    assert hawkes.loc["Quiet", "low"] == 0
    assert hawkes.loc["Sparse"].isna().all()
    weekday = answered.details["weekday"].set_index("region")
    assert weekday.loc["Quiet", list(weekday.columns[-7:])].sum() <= mixed[:, 2].sum()
    bursts = answered.details["bursts"].set_index("region")
    assert bursts.loc["Quiet", "expected_independent"] > 0
    assert {len(answered.details[name]) for name in ("bursts", "periodicity", "weekday")} == {4}


def test_the_margin_is_the_variation_of_a_fortnight_in_eight_weeks():
    rate = np.where(np.arange(56_000) % 56 < 14, 2.5, 1.0)
    fortnights = np.convolve(rate, np.ones(14), "valid")
    assert harmless_variation(2.5) == pytest.approx(fortnights.std() / fortnights.mean(), rel=0.01)


def test_not_supported_is_rarely_said_of_upticks_at_the_margin():
    # Fails when the lower 99 % limit of its frequency exceeds 6 %.
    values = np.random.default_rng(3).poisson(
        np.where(np.arange(728) % 56 < 14, 3.0, 2.0)[:, None], (728, 400)
    )
    covered = np.ones(values.shape, bool)
    spread, by_day = window_dispersion(values, covered, 14), successive_dispersion(values, covered)
    limit = variation_limit(spread.phi, spread.edf, by_day, 14 * values.mean(axis=0))
    hits = int((limit < harmless_variation(1.5)).sum())
    assert stats.beta.ppf(0.005, max(hits, 1), 400 - hits + 1) <= 0.06


def test_self_excitation_is_bursts_but_no_more_than_itself():
    values = simulate_counts("ingarch", mean=1.0, days=730, series=4, uptick_days=0, seed=12).values
    result = recurrence_test(counts_of(values), replicates=QUICK)
    assert (result.frame["verdict"] == SUPPORTED).sum() >= 3
    assert (result.details["bursts"]["pvalue_self_exciting"] > 0.05).all()
    against = recurrence_test(counts_of(values), null="self_exciting", replicates=QUICK)
    np.testing.assert_array_equal(against.frame["pvalue"], against.details["bursts"]["pvalue_self_exciting"])
    assert SUPPORTED not in against.frame["verdict"].tolist()
    assert "fitted self-exciting process" in against.method


def test_size_on_independent_days():
    # Overdispersed days with a weekday pattern; fails when the lower 99 % limit exceeds 6 %.
    rng = np.random.default_rng(9)
    series, shuffles = 200, 39
    mean = np.where(np.arange(364) % 7 == 6, 2.0, 1.2)[:, None]
    values = rng.poisson(mean * rng.gamma(2.0, 0.5, (364, series)))
    strata = 7 * (np.arange(364) // 56) + np.arange(364) % 7
    drawn = np.concatenate([permute_within(v, strata, shuffles, rng) for v in values.T], axis=1)
    observed = burst_episodes(values, np.ones(values.shape, bool), **BURST).recurrent
    chance = burst_episodes(drawn, np.ones(drawn.shape, bool), **BURST).recurrent
    as_much = chance.reshape(series, shuffles) >= observed[:, None] - SAME
    hits = int(((1 + as_much.sum(axis=1)) / (1 + shuffles) <= 0.05).sum())
    assert hits >= 4, "exact, not merely cautious"
    assert stats.beta.ppf(0.005, hits, series - hits + 1) <= 0.06


def test_the_negative_binomial_null_is_offered_by_name(mixed):
    result = recurrence_test(counts_of(mixed[:, [0, 2]]), null="negative_binomial", replicates=QUICK)
    assert result.frame["verdict"].tolist() == [SUPPORTED, NOT_SUPPORTED]
    assert "negative binomial days" in result.method
    assert result.details["bursts"]["pvalue_negative_binomial"].tolist() == result.frame["pvalue"].tolist()


def test_order_of_regions_time_and_a_silent_region_do_not_matter(mixed):
    mixed = mixed[-400:]
    straight = recurrence_test(counts_of(mixed), replicates=QUICK)
    order = [2, 0, 3, 1]
    names = tuple(f"R{i}" for i in order)
    turned = recurrence_test(counts_of(mixed[:, order], regions=names), replicates=QUICK)
    later = recurrence_test(counts_of(mixed, end=END + 7 * 52), replicates=QUICK)
    more = recurrence_test(counts_of(np.column_stack([mixed, np.zeros(400, int)])), replicates=QUICK)
    pd.testing.assert_frame_equal(straight.frame, later.frame)
    pd.testing.assert_frame_equal(straight.frame, turned.frame.iloc[np.argsort(order)].reset_index(drop=True))
    pd.testing.assert_frame_equal(straight.frame, more.frame.iloc[:-1])
    assert more.frame["reason"].iloc[-1] == "there are fewer than 10 incidents"


def test_gaps_are_not_quiet(mixed):
    covered = np.ones((730, 4), bool)
    covered[200:260, 0] = False
    covered[:600, 1] = False
    result = recurrence_test(counts_of(np.where(covered, mixed, 0), covered=covered), replicates=QUICK)
    assert "coverage for 130 days" in result.frame["reason"].iloc[1]
    assert result.frame["verdict"].iloc[0] == SUPPORTED
    assert result.details["periodicity"]["period_days"].iloc[0] == pytest.approx(45, abs=1)


def test_without_a_whole_fortnight_how_much_they_vary_is_not_known():
    values = np.random.default_rng(1).poisson(1, 730)
    covered = np.arange(730) % 13 > 0
    counts = counts_of(np.where(covered, values, 0), covered=covered[:, None])
    result = recurrence_test(counts, replicates=QUICK)
    assert result.details["dispersion"][["phi", "variation_upper", "pvalue"]].isna().all(axis=None)
    assert result.frame["verdict"].tolist() == [CANNOT_BE_TOLD]
    told = "no fortnight is covered throughout, so how they vary is not known"
    assert result.frame["reason"].iloc[0].endswith(told)


def test_days_without_coverage_change_places_with_no_others(mixed, monkeypatch):
    shuffled = []

    def kept(values, strata, replicates, rng):
        shuffled.append(strata)
        return permute_within(values, strata, replicates, rng)

    monkeypatch.setattr(recurring_tables, "permute_within", kept)
    coverage = np.ones((300, 2), bool)
    coverage[40:60, 0] = coverage[100:130, 1] = False
    recurrence_test(counts_of(np.where(coverage, mixed[-300:, :2], 0), covered=coverage), replicates=19)
    assert len(shuffled) == 2
    for at, strata in enumerate(shuffled):
        np.testing.assert_array_equal(strata < 0, ~coverage[:, at])


def test_weekly_counts_have_no_weekday(mixed):
    weekly = counts_of(mixed).resample("week")
    result = recurrence_test(weekly, replicates=QUICK)
    assert result.details["weekday"]["pvalue"].isna().all()
    assert result.details["periodicity"]["period_days"].iloc[0] == pytest.approx(45, abs=2)
    assert (result.details["episodes"]["days"] % 7 == 0).all()


def test_too_few_replicates_for_many_regions_are_pointed_out(mixed):
    few, enough = (recurrence_test(counts_of(mixed[-200:, :3]), replicates=r) for r in (19, 99))
    assert any("one region among 3 cannot reach q = 0.05; 120 replicates would do" in n for n in few.notes)
    assert not any("cannot reach" in note for note in enough.notes)


def test_the_same_seed_gives_the_same_answer(mixed):
    one, other = (recurrence_test(counts_of(mixed[-300:, :1]), replicates=QUICK, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one.frame, other.frame)


@pytest.mark.parametrize(
    ("options", "days", "error"),
    [
        ({}, 150, HistoryError),
        ({"null": "poison"}, 400, OptionError),
        ({"replicates": 10}, 400, OptionError),
        ({"margin": 1.0}, 400, OptionError),
        ({"burst_ratio": 0.5}, 400, OptionError),
        ({"states": 1}, 400, OptionError),
        ({"periods": (120, 14)}, 400, OptionError),
        ({"alpha": 5}, 400, OptionError),
    ],
)
def test_what_cannot_be_tested_says_so(options, days, error, snapshot):
    with pytest.raises(error) as caught:
        recurrence_test(counts_of(np.ones(days, int)), **options)
    assert str(caught.value) == snapshot


@pytest.mark.parametrize(
    "series",
    [np.ones(730, int), np.full(900, 2), np.tile([1, 0, 0, 0, 0, 0, 0], 130)],
    ids=["one a day", "two a day", "every Monday"],
)
def test_a_series_without_variation_has_no_period(series):
    days = pd.date_range("2016-01-04", periods=len(series))
    counts = Counts.from_frame(pd.DataFrame({"A": series}, index=days), freq="day", as_of=days[-1])
    row = recurrence_test(counts, replicates=QUICK).frame.iloc[0]
    assert row["period_pvalue"] == 1.0
    assert "there is a period" not in row["reason"]
