"""The alternative tests: against statsmodels, scipy and brute force, by their laws, and their sizes."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.rates import test_poisson_2indep as poisson_2indep

from analytics.kernels.windows import two_means
from analytics.kernels.windows.alternatives import METHODS
from analytics.simulation import simulate_counts

# The self-exciting test takes as long as all others; it has a file of its own, test_self_exciting.py.
NAMES = [pytest.param(n, marks=pytest.mark.slow) if n == "self_exciting" else n for n in METHODS]

SAME = 1e-6  # statsmodels iterates to 1e-8 in the deviance; its E-test leaves out 1e-13 of the mass
EXACT = 1e-9
LENGTH, BASE = 14, 120
WALD = {"poisson_wald", "quasi_poisson", "nb_glm", "nb_glm_moments"}
NEEDS_BASE = WALD | {"fixed_b"}

poisson_2indep.__test__ = False  # a function of statsmodels, not a test of ours


def counts(seed: int = 1, series: int = 6, guard: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.negative_binomial(1.5, 1.5 / (1.5 + 1.2), (BASE + guard + LENGTH, series))
    values[-LENGTH:, ::2] += rng.poisson(0.8, (LENGTH, (series + 1) // 2))
    return values


def pvalues(name: str, values: np.ndarray, **options) -> np.ndarray:
    covered = options.pop("covered", np.ones(values.shape, bool))
    return METHODS[name](values, covered, length=LENGTH, **options)


def wald(values: np.ndarray, family, upper: bool, **fit) -> float:
    recent = np.r_[np.zeros(len(values) - LENGTH), np.ones(LENGTH)]
    z = sm.GLM(values, sm.add_constant(recent), family=family).fit(tol=1e-12, **fit).tvalues[1]
    return float(stats.norm.sf(z) if upper else stats.norm.cdf(z))


@pytest.mark.parametrize("upper", [True, False])
def test_wald_tests_are_statsmodels(upper):
    values = counts()
    found = {name: pvalues(name, values, upper=upper) for name in ("poisson_wald", "nb_glm", "quasi_poisson")}
    for i, column in enumerate(values.T):
        poisson, nb = sm.families.Poisson(), sm.families.NegativeBinomial(alpha=1.0)
        assert found["poisson_wald"][i] == pytest.approx(wald(column, poisson, upper), abs=SAME)
        assert found["quasi_poisson"][i] == pytest.approx(wald(column, poisson, upper, scale="X2"), abs=SAME)
        assert found["nb_glm"][i] == pytest.approx(wald(column, nb, upper), abs=SAME)


def test_alpha_by_moments_is_that_of_the_baselines_days():
    values = counts()
    found = pvalues("nb_glm_moments", values)
    for i, column in enumerate(values.T):
        days = column[:BASE]
        alpha = (days.var(ddof=1) - days.mean()) / days.mean() ** 2
        family = sm.families.NegativeBinomial(alpha=alpha) if alpha > 0 else sm.families.Poisson()
        assert found[i] == pytest.approx(wald(column, family, True), abs=SAME)
    regular = np.tile(np.arange(2)[:, None], ((BASE + LENGTH) // 2, 1))  # days vary less than Poisson
    assert pvalues("nb_glm_moments", regular) == pytest.approx(pvalues("poisson_wald", regular), abs=EXACT)


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("completeness", [1.0, 0.7])
def test_the_e_test_is_statsmodels(upper, completeness):
    observed, base = [0, 1, 3, 0, 6, 40, 90, 25], [30, 0, 1, 1, 12, 300, 300, 40]
    values = np.zeros((BASE + LENGTH, len(base)), int)
    values[-1], values[0] = observed, base
    found = pvalues("e_test", values, upper=upper, completeness=completeness)
    for p, s, b in zip(found, observed, base, strict=True):
        with np.errstate(divide="ignore"):
            expected = poisson_2indep(
                s,
                LENGTH * completeness,
                b,
                BASE,
                method="etest",
                alternative="larger" if upper else "smaller",
            ).pvalue
        assert p == pytest.approx(expected, abs=SAME)


def test_the_e_test_in_chunks_and_repeated_totals(monkeypatch):
    values = np.tile(counts(series=40), (1, 3))
    whole = pvalues("e_test", values)
    monkeypatch.setattr(two_means, "_E_TEST_CELLS", 500)
    np.testing.assert_allclose(pvalues("e_test", values), whole, atol=EXACT)
    np.testing.assert_array_equal(whole[:40], whole[80:])


def test_the_c_test_is_scipys_binomial():
    values = counts()
    s, total = values[-LENGTH:].sum(axis=0), values.sum(axis=0)
    law = stats.binom(total, LENGTH / (LENGTH + BASE))
    np.testing.assert_allclose(pvalues("c_test", values), law.sf(s) + law.pmf(s) / 2, atol=EXACT)


@pytest.mark.parametrize("upper", [True, False])
def test_studentised_rotation_is_its_definition(upper):
    values, sign = counts(3), 1 if upper else -1
    covered = np.ones(values.shape, bool)
    covered[40:47, :2] = False
    rows = len(values)
    found = pvalues("studentised_rotation", values, covered=covered, upper=upper)
    for i in range(values.shape[1]):
        wheel, known = np.tile(values[:, i], 2), np.tile(covered[:, i], 2)
        starts = [j for j in range(rows) if known[j : j + LENGTH].all()]
        window = {j: wheel[j : j + LENGTH].sum() for j in starts}
        statistic = {}
        for j in starts:
            rest = [window[k] for k in starts if LENGTH <= (k - j) % rows <= rows - LENGTH]
            statistic[j] = sign * (window[j] - np.mean(rest)) / np.std(rest)
        expected = np.mean([statistic[j] >= statistic[rows - LENGTH] - EXACT for j in starts])
        assert found[i] == pytest.approx(expected, abs=EXACT)


def test_fixed_b_is_students_with_cosine_variance():
    values = counts(5)
    nu = round(0.4 * BASE ** (2 / 3))
    for i, p in enumerate(pvalues("fixed_b", values)):
        base, recent = values[:BASE, i], values[-LENGTH:, i]
        at = (np.arange(BASE) + 0.5) / BASE
        lambdas = [
            np.sqrt(2 / BASE) * ((base - base.mean()) * np.cos(np.pi * j * at)).sum()
            for j in range(1, nu + 1)
        ]
        se = np.sqrt(np.mean(np.square(lambdas)) * (1 / LENGTH + 1 / BASE))
        assert p == pytest.approx(stats.t.sf((recent.mean() - base.mean()) / se, nu), abs=EXACT)


def test_rotation_turned_round_is_that_of_the_other_side():
    values = counts(6, series=200)
    up, down = pvalues("rotation", values), pvalues("rotation", values, upper=False)
    assert (up + down > 1).all()  # the observed window and its ties count on both sides
    assert np.median(up + down) < 1.2


@pytest.mark.parametrize("name", NAMES)
def test_a_rise_is_found_and_a_fall_on_the_other_side(name):
    flat = np.random.default_rng(7).poisson(2.0, (365 + 14, 40))
    up, down = flat.copy(), flat.copy()
    up[-LENGTH:] += 4
    down[-LENGTH:] = 0
    down[-1] = 1
    assert np.median(pvalues(name, up)) < 0.01
    assert np.median(pvalues(name, up, upper=False)) > 0.99
    least = 0.2 if name in ("nb_glm", "fixed_b") else 0.01
    assert np.median(pvalues(name, down, upper=False)) < least
    assert np.median(pvalues(name, down)) > 1 - least


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_covered_and_the_guard_do_not_count(name):
    values = counts(8, series=40, guard=28)
    covered = np.ones(values.shape, bool)
    covered[20:34] = False
    other = values.copy()
    other[20:34] = 999
    plain = pvalues(name, values, covered=covered, guard=28)
    np.testing.assert_array_equal(plain, pvalues(name, other, covered=covered, guard=28))
    other[BASE : BASE + 28] = 0
    # The guard is part of the wheel, and of the past: the days before the window say what they draw.
    if name not in ("rotation", "studentised_rotation", "lrd_a", "lrd_b", "self_exciting"):
        np.testing.assert_array_equal(plain, pvalues(name, other, covered=covered, guard=28))
    # The order of days is nothing to the rest.
    if name not in ("rotation", "studentised_rotation", "lrd_b", "lrd_a", "fixed_b", "self_exciting"):
        shorter = np.delete(values, np.r_[20:34, BASE : BASE + 28], axis=0)
        np.testing.assert_allclose(plain, pvalues(name, shorter), rtol=EXACT, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_late_reports_make_the_same_count_more_of_a_rise(name):
    values = counts(9, series=60)
    whole, half = pvalues(name, values), pvalues(name, values, completeness=0.5)
    each = pvalues(name, values, completeness=np.full(60, 0.5))
    np.testing.assert_array_equal(half, each)
    assert (half <= whole + EXACT).all()
    assert (half < whole).mean() > 0.8  # ranks may tie


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_each_series_is_tested_by_itself(name, seed):
    rng = np.random.default_rng(seed)
    values = rng.poisson(rng.gamma(1, 1, 9), (BASE + LENGTH, 9))
    order = rng.permutation(9)
    found = pvalues(name, values)
    np.testing.assert_allclose(pvalues(name, values[:, order]), found[order], atol=EXACT, equal_nan=True)
    np.testing.assert_allclose(pvalues(name, values[:, :1]), found[:1], atol=EXACT, equal_nan=True)
    known = found[~np.isnan(found)]
    assert ((known >= 0) & (known <= 1)).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("upper", [True, False])
def test_empty_windows_give_a_p_value_or_none_and_no_warning(name, upper):
    values = np.zeros((BASE + LENGTH, 4), int)
    values[::3, 1] = 1
    values[-LENGTH:, 1] = 0  # nothing recent
    values[-3:, 2] = 1  # nothing in the baseline
    values[:, 3] = 1  # the same every day
    found = pvalues(name, values, upper=upper)
    none = {"fixed_b": [0, 2, 3], "quasi_poisson": [0, 1, 2, 3]}.get(name, [0, 1, 2] if name in WALD else [])
    assert np.flatnonzero(np.isnan(found)).tolist() == none
    if name not in NEEDS_BASE:
        assert found[0] == 1
        assert (found[2] < 0.1) == upper  # the wheel has 12 windows that hold all three incidents
        assert (found[1] > 0.5) == upper


@pytest.mark.parametrize(("name", "least", "most"), [("c_test", 0.17, 1), ("studentised_rotation", 0, 0.08)])
def test_sizes_that_the_docstrings_state(name, least, most):
    values = simulate_counts("ingarch", mean=2.0, days=365 + 42, series=1000, seed=4).values
    rejected = (pvalues(name, values, guard=28) <= 0.05).mean()
    assert least < rejected < most


def test_every_method_says_when_it_fails():
    for test in METHODS.values():
        assert "Null:" in (test.__doc__ or "")
        assert "Fails" in (test.__doc__ or "")


def test_a_ratio_of_which_one_side_is_nothing_has_no_wald_p_value():
    series, covered = np.zeros((64, 4), int), np.ones((64, 4), bool)
    series[[3, 62], 0] = 1  # one on either side
    series[3, 1] = series[62, 2] = 2  # on one side alone, or on none
    found = two_means.poisson_wald(series, covered, length=4)
    assert np.isnan(found).tolist() == [False, True, True, True]
