"""The numbers behind the uptick test: against scipy, against brute force, and by their laws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.kernels.common.dispersion import chi2_share, window_dispersion, window_sums
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.common.tails import betabinomial_tail, binomial_tail, dispersion_nodes, mixed_tail
from analytics.kernels.windows import bounds as windows_bounds
from analytics.kernels.windows.bounds import bounds, called_count, predictive_limits, ratio_limit
from analytics.kernels.windows.critical import critical_count
from analytics.kernels.windows.lrd import lrd_test
from analytics.kernels.windows.rotation import rotation_pvalue
from analytics.kernels.windows.seen import _SHAPES, _TOTALS, _largest_share, detectable_ratio

EXACT = 1e-9  # the same closed form, summed in another order
SUMMED = 1e-8  # terms below 1e-10 are dropped from the beta-binomial sum
INTEGRATED = 1e-5  # long tails are integrated with three panels of 24 nodes; the worst of 3,000 was 7e-6
QUADRATURE = 2e-4  # sixteen Gauss-Hermite nodes against adaptive integration
ROOT = 2e-3  # limits are found with fewer nodes, to a third digit


def test_binomial_tail_is_scipys_with_half_the_mass_at_the_count():
    s, n, p = (
        np.array([0.0, 1, 3, 7, 20]),
        np.array([5.0, 1, 9, 7, 400]),
        np.array([0.3, 0.2, 0.5, 0.1, 0.04]),
    )
    expected = stats.binom.sf(s, n, p) + stats.binom.pmf(s, n, p) / 2
    np.testing.assert_allclose(binomial_tail(s, n, p), expected, atol=EXACT)
    np.testing.assert_allclose(binomial_tail(s, n, p, upper=False), 1 - expected, atol=EXACT)


@pytest.mark.parametrize(("a", "b"), [(0.05, 1.3), (2.0, 50.0), (40.0, 1000.0), (1e4, 2.6e5)])
def test_betabinomial_tail_is_scipys_with_half_the_mass_at_the_count(a, b):
    n = np.array([1, 4, 60, 60, 900, 5000])
    s = np.array([1, 0, 5, 60, 20, 400])
    one = np.ones(n.shape)
    expected = stats.betabinom.sf(s, n, a, b) + stats.betabinom.pmf(s, n, a, b) / 2
    tolerance = INTEGRATED if a > 1 else SUMMED
    np.testing.assert_allclose(betabinomial_tail(s, n, a * one, b * one), expected, atol=tolerance)


@pytest.mark.parametrize("phi", [2.0, 30.0, 700.0, 3000.0])
def test_long_betabinomial_tails_are_integrated(phi):
    # Against the sum of every term; large dispersions pile the mass up at both ends.
    for n, share in ((700, 0.3), (5000, 14 / 378), (20000, 14 / 378)):
        a, b = n * share / (phi - 1), n * (1 - share) / (phi - 1)
        mass = stats.betabinom(n, a, b).pmf(np.arange(n + 1))
        for s in (int(n * share * 0.4), int(n * share), min(int(n * share * 2), n)):
            found = betabinomial_tail(*(np.array([v], float) for v in (s, n, a, b)))[0]
            assert found == pytest.approx(mass[s + 1 :].sum() + mass[s] / 2, abs=INTEGRATED)


@pytest.mark.parametrize("observed", [1900.0, 2000.0, 3000.0])
def test_far_tails_without_overdispersion_are_binomial(observed):
    # 50,000 incidents in 378 days: in 14 of them a 27th, whatever the level.
    given = [np.array([value]) for value in (observed, 5e4, 14.0, 364.0, 1.0, 1e12)]
    law = stats.binom(50_000, 14 / 378)
    assert mixed_tail(*given)[0] == pytest.approx(law.sf(observed) + law.pmf(observed) / 2, rel=1e-3)


@given(st.integers(0, 30), st.integers(0, 60), st.floats(0.01, 30), st.floats(0.01, 300))
@settings(max_examples=60, deadline=None)
def test_tails_on_both_sides_add_to_one_and_fall_with_the_count(s, more, a, b):
    one, n = np.ones(1), float(s + more)
    up = betabinomial_tail(s * one, n * one, a * one, b * one)
    down = betabinomial_tail(s * one, n * one, a * one, b * one, upper=False)
    assert up + down == pytest.approx(1, abs=EXACT)
    if more:
        assert betabinomial_tail((s + 1) * one, n * one, a * one, b * one)[0] <= up[0] + EXACT


def test_dispersion_nodes_average_like_the_chi_square_they_stand_for():
    # E[edf / chi2(edf)] = edf / (edf - 2)
    phi, edf = np.array([400.0]), np.array([20.0])  # far from the floor at 1
    values = dispersion_nodes(phi, edf)
    _, weight = np.polynomial.hermite_e.hermegauss(values.shape[1])
    assert float(values[0] @ weight / weight.sum()) == pytest.approx(400 * 20 / 18, rel=QUADRATURE)


def test_chi_square_quantiles_are_scipys():
    edf = np.array([0.3, 1.0, 1.01, 2.5, 20.0, 400.0])  # below 1 without the polynomial
    level = stats.norm.cdf(np.linspace(-4, 4, 17))
    np.testing.assert_allclose(
        chi2_share(edf, level), stats.chi2.ppf(level, edf[:, None]) / edf[:, None], rtol=EXACT
    )


def test_sums_of_many_series_are_those_of_each():
    counts = np.random.default_rng(5).poisson(3.0, (40, 600))  # so many go row by row
    each = np.hstack([window_sums(counts[:, i : i + 1], 7) for i in range(600)])
    np.testing.assert_array_equal(window_sums(counts, 7), each)


def test_mixed_tail_is_the_integral_over_the_dispersion():
    s, n, recent, base, phi, edf = 12.0, 100.0, 14.0, 364.0, 3.0, 15.0
    rate = n / (recent + base)

    def given_phi(x):
        d = max(x - 1, 1e-4)
        gamma = stats.betabinom(n, rate * recent / d, rate * base / d)
        return gamma.sf(s) + gamma.pmf(s) / 2

    u = (np.arange(20_000) + 0.5) / 20_000
    gamma_mixed = np.mean([given_phi(x) for x in np.maximum(phi * edf / stats.chi2.ppf(u[::20], edf), 1.0)])
    found = mixed_tail(*(np.array([v]) for v in (s, n, recent, base, phi, edf)))[0]
    assert found >= gamma_mixed - 1e-3  # the larger of two mixtures
    assert found == pytest.approx(gamma_mixed, rel=0.1)


def test_at_dispersion_one_the_test_is_the_conditional_test():
    s, n, recent, base = np.array([9.0]), np.array([40.0]), np.array([14.0]), np.array([364.0])
    share = recent / (recent + base)
    certain = mixed_tail(s, n, recent, base, np.ones(1), np.array([1e8]))
    np.testing.assert_allclose(certain, binomial_tail(s, n, share), rtol=1e-2)


def test_window_dispersion_matches_its_definition():
    rng = np.random.default_rng(3)
    counts = rng.negative_binomial(0.5, 0.5, (365, 1))
    length, n = 14, 365
    sums = np.array([counts[i : i + length].sum() for i in range(n - length + 1)], dtype=float)
    centred = sums - sums.mean()
    rho = max((centred[length:] * centred[:-length]).mean() / centred.var(), 0)
    rho += (1 + 3 * rho) / (n // length)
    mu = length * counts.mean()
    phi = max(1, centred.var() / mu / (1 - length / n * (1 + rho) / (1 - rho)))
    kappa = 6 * (phi - 1) / mu + 1 / (mu * phi)
    edf = (1.5 * n / length - 1) / (1 + kappa / 2) * (1 - rho**2) / (1 + rho**2)
    found = window_dispersion(counts, np.ones_like(counts, bool), length)
    np.testing.assert_allclose([found.phi[0], found.edf[0], found.rho[0]], [phi, edf, rho], rtol=EXACT)
    assert found.windows[0] == 26


def test_uncovered_days_are_left_out_and_not_counted_as_zero():
    rng = np.random.default_rng(5)
    counts = rng.poisson(3.0, (400, 1))
    covered = np.ones_like(counts, bool)
    covered[100:200] = False
    hidden = np.where(covered, counts, 0)
    found = window_dispersion(hidden, covered, 14)
    as_zero = window_dispersion(hidden, np.ones_like(covered), 14)
    assert found.phi[0] < 1.6 < 5 < as_zero.phi[0]
    # what stands in an uncovered cell does not matter
    noise = np.where(covered, counts, 999)
    np.testing.assert_array_equal(window_dispersion(noise, covered, 14).phi, found.phi)


def test_rotation_pvalue_by_brute_force():
    rng = np.random.default_rng(11)
    series = rng.poisson(1.0, (60, 4))
    observed = series[-7:].sum(axis=0)
    turned = np.array([np.roll(series, k, axis=0)[-7:].sum(axis=0) for k in range(60)])
    np.testing.assert_allclose(
        rotation_pvalue(series, np.ones_like(series, bool), 7), (turned >= observed).mean(axis=0), atol=EXACT
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_benjamini_hochberg_against_scipy(pvalues):
    p = np.array(pvalues)
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), atol=EXACT)


def test_benjamini_hochberg_leaves_untested_out_of_the_family():
    p = np.array([0.01, np.nan, 0.02])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.02, np.nan, 0.02], atol=EXACT)
    assert np.isnan(benjamini_hochberg(np.array([np.nan]))).all()


def _history(seed, mean, days, series, size=1.0):
    rng = np.random.default_rng(seed)
    return rng.negative_binomial(size, size / (size + mean), (days, series))


def test_ratio_limits_bracket_the_estimate_and_invert_the_test():
    counts = _history(1, 0.8, 406, 30)
    test = lrd_test(counts, np.ones_like(counts, bool), length=14, guard=28)
    ratio = test.observed / test.expected
    low, high = ratio_limit(test, 0.025, upper=False), ratio_limit(test, 0.025, upper=True)
    assert (low <= ratio).all()
    assert (ratio <= high).all()
    # put back in, each limit has its tail at the level
    some = (test.observed > 0) & (low > 0)
    tail = mixed_tail(
        test.observed[some],
        (test.observed + test.baseline_total)[some],
        low[some] * test.recent_exposure[some],
        test.baseline_exposure[some],
        test.dispersion.phi[some],
        test.dispersion.edf[some],
        nodes=8,
        spread_nodes=8,
    )
    np.testing.assert_allclose(tail, 0.025, atol=ROOT)


def test_ratio_limits_of_empty_windows_are_zero_infinite_or_missing():
    counts = np.zeros((406, 3), int)
    counts[:300:10, 0] = 1  # a baseline, nothing recent
    counts[-14:, 1] = 1  # nothing before, something recent
    test = lrd_test(counts, np.ones_like(counts, bool), length=14, guard=28)
    low, high = ratio_limit(test, 0.025, upper=False), ratio_limit(test, 0.025, upper=True)
    assert low[0] == 0
    assert np.isfinite(high[0])
    assert low[1] > 1
    assert high[1] == np.inf
    assert np.isnan([low[2], high[2]]).all()


def test_critical_counts_by_trying_every_count():
    counts = _history(2, 0.5, 364, 5)
    covered = np.ones_like(counts, bool)
    dispersion = window_dispersion(counts, covered, 14)
    base = counts.sum(axis=0).astype(float)
    recent, periods = np.full(5, 14.0), np.full(5, 364.0)

    def tail(k, upper):
        k = np.full(5, float(k))
        return mixed_tail(
            k, k + base, recent, periods, dispersion.phi, dispersion.edf, upper=upper, nodes=8, spread_nodes=8
        )

    high = critical_count(base, recent, periods, dispersion, 0.05)
    low = critical_count(base, recent, periods, dispersion, 0.025, upper=False)
    ups = np.array([tail(k, True) for k in range(80)])
    downs = np.array([tail(k, False) for k in range(80)])
    np.testing.assert_array_equal(high, np.argmax(ups <= 0.05, axis=0))
    np.testing.assert_array_equal(low, (downs <= 0.025).sum(axis=0) - 1)


def test_predictive_limits_hold_the_next_window_about_as_often_as_they_say():
    counts = _history(4, 2.0, 364 + 7, 3000, size=2.0)
    base = counts[:364]
    dispersion = window_dispersion(base, np.ones_like(base, bool), 7)
    total = base.sum(axis=0).astype(float)
    low, high = predictive_limits(total, np.full(3000, 7.0), np.full(3000, 364.0), dispersion)
    inside = ((low <= counts[364:].sum(axis=0)) & (counts[364:].sum(axis=0) <= high)).mean()
    assert 0.94 < inside < 0.985  # discreteness makes it a little wide; 4 Monte Carlo sd = 0.016


def test_the_detectable_ratio_is_detected_with_its_power():
    # One baseline, many futures at the ratio it names: the share called must be near 80 %.
    rng = np.random.default_rng(8)
    base = _history(9, 1.0, 392, 1, size=2.0)
    covered = np.ones_like(base, bool)
    quiet = np.concatenate([base, np.zeros((14, 1), int)])
    test = lrd_test(quiet, np.ones_like(quiet, bool), length=14, guard=28)
    called_at = called_count(test, alpha=0.05, windows=(base[:364], covered[:364], 14))
    ratio = detectable_ratio(test, called_at)[0]
    mean, phi = ratio * test.expected[0], 1 + ratio * max(test.dispersion.phi[0] - 1, 1e-9)
    futures = rng.negative_binomial(mean / (phi - 1), 1 / phi, 3000)
    series = np.concatenate([np.repeat(base, 3000, axis=1), np.zeros((14, 3000), int)])
    series[-1] = futures  # the test sees only the sum of the window, and the rotation windows around it
    spread = series.copy()
    spread[-14:] = np.diff(np.linspace(0, futures, 15).round(), axis=0)
    called = lrd_test(spread, np.ones_like(spread, bool), length=14, guard=28).pvalue <= 0.05
    assert called.mean() == pytest.approx(0.8, abs=0.06)
    assert 1.2 < ratio < 4


def test_the_detectable_ratio_does_not_look_at_the_recent_window():
    counts = _history(10, 1.0, 406, 6)
    loud = counts.copy()
    loud[-14:] *= 5
    ratios = [
        bounds(
            lrd_test(c, np.ones_like(c, bool), length=14, guard=28),
            alpha=0.05,
            confidence=0.95,
            windows=(c[:364], np.ones((364, 6), bool), 14),
        ).detectable
        for c in (counts, loud)
    ]
    np.testing.assert_array_equal(*ratios)


def test_variant_b_only_ever_raises_the_pvalue():
    counts = _history(12, 0.4, 406, 500)
    test = lrd_test(counts, np.ones_like(counts, bool), length=14, guard=28)
    assert (test.pvalue >= test.pvalue_a).all()
    small = (test.pvalue_a <= 1 / 364) & (test.baseline_total >= 5)
    assert (test.firm[small] <= 0.01).all()
    assert (test.firm >= test.pvalue_a).all()
    assert (test.pvalue >= test.firm).all()
    short = lrd_test(counts[-126:], np.ones((126, 500), bool), length=14, guard=28)
    assert (short.pvalue >= np.maximum(short.pvalue_a, short.rotation)).all()


def test_a_single_days_wave_is_no_more_than_one_in_a_hundred():
    # One day with nine incidents against nine on nine days: the model alone calls both the same.
    rng = np.random.default_rng(21)
    counts = np.repeat(rng.poisson(0.1, (406, 1)), 2, axis=1)
    counts[-14:] = 0
    counts[-3, 0] = 9
    counts[-9:, 1] = 1
    test = lrd_test(counts, np.ones_like(counts, bool), length=14, guard=28)
    assert test.pvalue_a[0] == pytest.approx(test.pvalue_a[1])
    assert test.firm[0] == pytest.approx(0.01)
    assert test.firm[1] < 0.002
    assert test.pvalue[0] == pytest.approx(0.01)
    assert test.pvalue[1] < 0.004


def test_a_lone_cluster_after_a_silent_year_is_judged_by_rank():
    counts = np.zeros((406, 1), int)
    counts[-3] = 9  # one bad day; the model alone would call it impossible
    test = lrd_test(counts, np.ones_like(counts, bool), length=14, guard=28)
    assert test.pvalue_a[0] < 1e-6
    assert test.pvalue[0] == pytest.approx(14 / 393)


def test_window_sums_by_hand():
    values = np.arange(12).reshape(6, 2)
    for start, length in itertools.product(range(4), (3,)):
        np.testing.assert_array_equal(
            window_sums(values, length)[start], values[start : start + length].sum(axis=0)
        )


def test_the_largest_share_of_a_day_is_that_of_multinomials():
    rng = np.random.default_rng(1)
    tables = _largest_share(14, len(_TOTALS))
    for i, j in ((6, 3), (9, 4), (12, 5), (12, 7)):
        rate = rng.gamma(_SHAPES[i], 1.0, (20_000, 14))
        drawn = rng.multinomial(_TOTALS[j], rate / rate.sum(axis=1, keepdims=True)).max(axis=1) / _TOTALS[j]
        assert tables[i, j].mean() == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 20)  # of 400 draws
    assert (tables[0] > 0.9).mean() > 0.9, "bursts: nearly all on one day"
    assert (np.diff(tables, axis=2) >= 0).all()
    np.testing.assert_array_equal(_largest_share(14, 3), tables[:, :3])


def test_break_even_shares_do_not_depend_on_how_many_are_looked_at_together(monkeypatch):
    rng = np.random.default_rng(15)
    values = rng.poisson(rng.gamma(1.0, 0.8, 30) * rng.gamma(2.0, 0.5, (406, 30)))
    test = lrd_test(values, np.ones_like(values, bool), length=14, guard=28)
    limit = windows_bounds.ratio_limit(test, windows_bounds.LIMIT, upper=True)
    together = windows_bounds.break_even(test, limit, 2.5)
    monkeypatch.setattr(windows_bounds, "_TOGETHER", 1)
    np.testing.assert_array_equal(windows_bounds.break_even(test, limit, 2.5), together)
    assert np.unique(together[np.isfinite(together)]).size > 4
