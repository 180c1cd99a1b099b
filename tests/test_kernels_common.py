"""What every method builds on: the regression against statsmodels, the negative binomial against scipy."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analytics.kernels.charts.in_control import dispersion_ml, harmonic_design
from analytics.kernels.common.dispersion import dispersion_at
from analytics.kernels.common.glm import poisson_fit
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels
from analytics.kernels.common.negative_binomial import (
    log_rising,
    nb_above,
    nb_below,
    nb_draws,
    nb_kurtosis,
    nb_mid_tail,
    nb_quantile,
    nb_size,
    nb_tail,
)
from analytics.kernels.common.quadrature import normal_nodes, uniform_nodes
from analytics.kernels.common.tails import log_choose
from analytics.periods import YEAR_DAYS

EXACT = 1e-10  # the same closed form, computed another way
FIT = 1e-6  # both stop when the deviance hardly changes, from different starts
SETTLED = 1e-4  # of one incident, where the deviance has stopped changing
ONE_FIT = 1e-9  # alone or beside others: sums in another order

MEANS, PHIS = np.array([0.02, 0.7, 4.0, 90.0]), np.array([1.001, 1.4, 3.0, 25.0])


def panel(seed: int = 4, periods: int = 150, series: int = 4):
    rng = np.random.default_rng(seed)
    turn = 2 * np.pi * np.arange(periods) / 52
    design = np.column_stack([np.ones(periods), np.cos(turn), np.sin(turn)])
    counts = rng.negative_binomial(1.5, 0.3, (periods, series)).astype(float)
    exposure = rng.integers(1, 8, (periods, series)).astype(float)
    exposure[30:50, 1] = 0
    offset = rng.normal(0.0, 0.5, (periods, series))
    return design, counts, exposure, offset


@pytest.mark.parametrize("spread", [None, 0.4])
@pytest.mark.parametrize("near", [False, True])
def test_one_regression_is_statsmodels_with_offset_exposure_and_dispersion(spread, near):
    design, counts, exposure, offset = panel()
    family = sm.families.Poisson() if spread is None else sm.families.NegativeBinomial(alpha=spread)
    alpha = None if spread is None else np.full(4, spread)
    start = counts + 0.5 if near else None
    fit = poisson_fit(
        design, counts, exposure, offset=offset, alpha=alpha, start=start, tolerance=1e-12, ridge=0.0
    )
    assert fit.converged.all()
    for i in range(4):
        use = exposure[:, i] > 0
        shift = offset[use, i] + np.log(exposure[use, i])
        peer = sm.GLM(counts[use, i], design[use], family=family, offset=shift).fit(tol=1e-12)
        np.testing.assert_allclose(fit.coefficients[:, i], peer.params, rtol=FIT, atol=FIT)
        np.testing.assert_allclose(fit.fitted[use, i], peer.fittedvalues, rtol=FIT)
        np.testing.assert_allclose(fit.covariance(design)[i], peer.cov_params(), rtol=FIT, atol=FIT)
        assert fit.deviance[i] == pytest.approx(peer.deviance, rel=FIT)
        assert not fit.fitted[~use, i].any()


def test_a_series_is_fitted_the_same_whatever_stands_beside_it():
    design, counts, exposure, offset = panel()
    counts[:, 2] = 0
    both = poisson_fit(design, counts, exposure, offset=offset)
    for i in (0, 1, 3):
        alone = poisson_fit(design, counts[:, [i]], exposure[:, [i]], offset=offset[:, [i]])
        np.testing.assert_allclose(both.coefficients[:, [i]], alone.coefficients, rtol=ONE_FIT)
        np.testing.assert_allclose(both.covariance(design)[i], alone.covariance(design)[0], rtol=1e-7)


def test_a_dispersion_of_zero_is_poisson():
    design, counts, exposure, _ = panel()
    mixed = poisson_fit(design, counts, exposure, alpha=np.array([0.0, 0.5, 0.0, 0.5]))
    plain = poisson_fit(design, counts, exposure)
    np.testing.assert_allclose(mixed.fitted[:, [0, 2]], plain.fitted[:, [0, 2]], rtol=EXACT)
    np.testing.assert_allclose(mixed.deviance[[0, 2]], plain.deviance[[0, 2]], rtol=EXACT)
    assert (mixed.deviance[[1, 3]] < plain.deviance[[1, 3]]).all()


def test_what_does_not_settle_is_said_not_to():
    counts = np.array([[0.0], [0.0], [5.0], [7.0]])
    design = np.column_stack([np.ones(4), [0, 0, 1, 1]])
    fit = poisson_fit(design, counts, np.ones((4, 1), bool), tolerance=0.0)
    assert fit.fitted[:2].max() < 1e-6
    np.testing.assert_allclose(fit.fitted[2:, 0], 6.0, rtol=1e-6)
    assert not poisson_fit(design, counts, np.ones((4, 1), bool), tolerance=-1.0).converged.any()


@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("near", [False, True])
def test_one_incident_in_a_year_of_weeks_is_fitted_as_one(trend, near):
    # With a yearly wave the likelihood of a single incident has no maximum: steps that wander off gave means
    # that added up to anything between 0.2 and 180.
    design = harmonic_design(52, harmonics=1, trend=trend, cycle=YEAR_DAYS / 7)
    counts = np.eye(52)  # a series for each week the incident may fall in
    fit = poisson_fit(design, counts, np.ones((52, 52), bool), start=counts + 0.1 if near else None)
    np.testing.assert_allclose(fit.fitted.sum(axis=0), 1.0, atol=SETTLED)
    np.testing.assert_allclose(fit.mean(design), fit.fitted, rtol=EXACT)
    alpha, mean = dispersion_ml(design, counts, np.ones((52, 52), bool))
    assert alpha.max() < 1e-6
    np.testing.assert_allclose(mean.sum(axis=0), 1.0, atol=1e-2)


def test_moments_and_tails_are_scipys():
    for mean, phi in zip(MEANS, PHIS, strict=True):
        size = float(nb_size(mean, phi))
        law = stats.nbinom(size, size / (size + mean))
        assert law.var() / law.mean() == pytest.approx(phi, rel=1e-9)
        assert nb_kurtosis(mean, phi) == pytest.approx(float(law.stats("k")), rel=1e-6)
        count = np.arange(0, 400.0)
        np.testing.assert_allclose(nb_above(count, mean, size), law.sf(count - 1), atol=EXACT)
        np.testing.assert_allclose(nb_tail(count, mean, phi), law.sf(count - 1), atol=EXACT)
        np.testing.assert_allclose(nb_below(count, mean, size), law.cdf(count), atol=EXACT)
        half = law.sf(count) + law.pmf(count) / 2
        np.testing.assert_allclose(nb_mid_tail(count, mean, phi), half, atol=EXACT)
        rising = log_rising(size, count) - log_rising(1.0, count)
        rising += count * np.log(mean / (mean + size)) - size * np.log1p(mean / size)
        np.testing.assert_allclose(np.exp(rising), law.pmf(count), atol=EXACT)
        for level in (0.3, 0.05, 1e-3):
            assert nb_quantile(level, np.array([mean]), np.array([phi]))[0] == law.isf(level)


def test_an_infinite_size_is_poisson():
    law = stats.poisson(2.5)
    count = np.arange(-1, 20)
    np.testing.assert_allclose(nb_below(count, np.float64(2.5), np.inf), law.cdf(count), atol=EXACT)
    np.testing.assert_allclose(nb_tail(count, np.array(2.5), np.array(1.0)), law.sf(count - 1), atol=EXACT)
    assert np.isinf(nb_size(2.5, 1.0))
    drawn = nb_draws(np.random.default_rng(1), np.full((3, 4), 2.5), np.inf)
    np.testing.assert_array_equal(drawn, np.random.default_rng(1).poisson(np.full((3, 4), 2.5)))


def test_where_nothing_is_expected_nothing_comes_and_none_or_more_is_certain():
    phi = np.array([1.0, 2.0])
    assert nb_tail(1, np.zeros(2), phi).tolist() == [0.0, 0.0]
    assert nb_tail(0, np.zeros(2), phi).tolist() == [1.0, 1.0]
    assert nb_tail(0, np.full(2, 3.0), phi).tolist() == [1.0, 1.0]
    assert np.isnan(nb_tail(1, np.array([np.nan, np.inf, 2.0]), np.array([1.0, 1.0, np.nan]))).all()


def test_draws_have_the_mean_and_the_variance_asked_for():
    drawn = nb_draws(np.random.default_rng(2), np.full(200_000, 3.0), nb_size(3.0, 2.5))
    assert drawn.mean() == pytest.approx(3.0, abs=0.03)  # five standard errors
    assert drawn.var() / drawn.mean() == pytest.approx(2.5, abs=0.06)


def test_nodes_average_exactly_what_they_should():
    z, weight = normal_nodes(9)
    assert [float(z**k @ weight) for k in (0, 1, 2, 4, 6)] == pytest.approx([1, 0, 1, 3, 15], abs=1e-9)
    u, weight = uniform_nodes(6)
    assert [float(u**k @ weight) for k in (0, 1, 5)] == pytest.approx([1, 1 / 2, 1 / 6], abs=1e-12)


def test_a_dispersion_is_spread_like_its_chi_square_and_never_below_one():
    at = dispersion_at(np.array([5.0, 1.0]), np.array([9.0, 9.0]), np.array([0.1, 0.5, 0.9]))
    np.testing.assert_allclose(at[0], 5 * 9 / stats.chi2.ppf([0.1, 0.5, 0.9], 9))
    assert at[1].min() == 1.0
    assert at[1].max() > 1.5


def test_ways_to_choose():
    n, k = np.array([5.0, 40.0, 7.0]), np.array([2.0, 17.0, 0.0])
    ways = np.exp(log_choose(n, k))
    np.testing.assert_allclose(ways, [10, 88732378800, 1], rtol=1e-10)


# -- multiplicity ----------------------------------------------------------------------------------------


def rejections(pvalues: np.ndarray, alpha: float) -> int:
    """Benjamini and Hochberg's number of rejections, from its definition."""
    ranked = np.sort(pvalues)
    return max((k for k in range(1, ranked.size + 1) if ranked[k - 1] <= alpha * k / ranked.size), default=0)


@pytest.mark.parametrize("seed", range(12))
def test_levels_are_those_at_which_a_test_would_be_called_ties_included(seed):
    rng = np.random.default_rng(seed)
    alpha, tests = 0.25, 1 << rng.integers(0, 4)  # quarters of a power of two: every limit is met exactly
    p = rng.integers(0, 4 * tests + 1, tests) / (16 * tests)
    p = np.concatenate([np.where(rng.random(tests) < 0.2, 0.9, p), [np.nan, np.nan]])
    joins = np.concatenate([rng.random(tests) < 0.5, [True, False]])
    known = p[:tests]
    wanted = [alpha * rejections(np.r_[known[:i], known[i + 1 :], 0.0], alpha) / tests for i in range(tests)]
    joining = alpha * rejections(np.r_[known, 0.0], alpha) / (tests + 1)
    np.testing.assert_array_equal(call_levels(p, alpha, joins), [*wanted, joining, np.nan])
    for without in (None, np.zeros(p.shape, bool)):
        np.testing.assert_array_equal(call_levels(p, alpha, without), [*wanted, np.nan, np.nan])
    q = benjamini_hochberg(p)
    np.testing.assert_array_equal(
        q[:tests] <= alpha, known <= [alpha * rejections(known, alpha) / tests] * tests
    )


def test_no_test_at_all_has_no_level():
    nothing = np.full(3, np.nan)
    np.testing.assert_array_equal(call_levels(nothing, 0.05), nothing)
    np.testing.assert_array_equal(
        call_levels(nothing, 0.05, np.array([True, True, False])), [0.05, 0.05, np.nan]
    )
    assert benjamini_hochberg(np.empty((2, 0))).shape == (2, 0)
