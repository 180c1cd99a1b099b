"""Statistics against plain references: the paper's formula by loops, or another library's fit."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import integrate, optimize, stats

from analytics.kernels.claims.response import SCALES, matched_response
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.delays.reverse_time import pooled_curves, triangle_of
from analytics.kernels.forecast.level import fit_levels
from analytics.kernels.recurrence import periodicity
from analytics.kernels.windows import self_exciting as hawkes

EXACT = 1e-10  # the same sums in another order
# Relative, of sixteen nodes over the dispersion and twelve over the rate: few, where dispersion is large.
QUADRATURE = {1.3: 3e-3, 2.0: 3e-3, 3.0: 3e-3, 6.0: 0.1}
STEPS = 2e-3  # of a standard error: three Newton steps with new weights, where statsmodels goes on
LAPLACE = 0.3  # of a log likelihood: one Newton step and a parabola, against the integral


# -- uptick_test: the tail given the total, averaged over the dispersion -----------------------------------


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize(
    ("s", "n", "recent", "phi", "edf"),
    [(12, 100, 14.0, 3.0, 15.0), (4, 9, 14.0, 1.3, 30.0), (45, 420, 9.8, 6.0, 12.0), (2, 60, 14.0, 2.0, 8.0)],
)
def test_the_mixed_tail_is_the_larger_of_two_means_over_the_dispersion(s, n, recent, phi, edf, upper):
    base, fine = 364.0, np.linspace(-8, 8, 401)
    mass = stats.norm.pdf(fine) / stats.norm.pdf(fine).sum()
    spread = np.maximum(phi * edf / stats.chi2.ppf(stats.norm.cdf(fine), edf), 1.0) - 1
    rate, some = n / (recent + base), spread > 1e-4

    def mid(law):
        return law.sf(s) + law.pmf(s) / 2 if upper else law.cdf(s) - law.pmf(s) / 2

    z, weight = np.polynomial.hermite_e.hermegauss(60)
    ours, theirs = (np.log1p(spread[some] / (rate * days))[:, None] for days in (recent, base))
    odds = recent / base * np.exp((theirs - ours) / 2 + np.sqrt(ours + theirs) * z)
    gamma, lognormal = (np.full(fine.size, mid(stats.binom(n, recent / (recent + base)))) for _ in range(2))
    gamma[some] = mid(stats.betabinom(n, rate * recent / spread[some], rate * base / spread[some]))
    lognormal[some] = mid(stats.binom(n, odds / (1 + odds))) @ weight / weight.sum()
    wanted = max(gamma @ mass, lognormal @ mass)
    found = mixed_tail(*(np.array([float(v)]) for v in (s, n, recent, base, phi, edf)), upper=upper)[0]
    assert found == pytest.approx(wanted, rel=QUADRATURE[phi])


# -- uptick_test(method="self_exciting") -------------------------------------------------------------------


def test_cells_of_the_self_exciting_process_weigh_as_much_as_their_likelihood():
    rng = np.random.default_rng(2)
    y = np.zeros(200)
    for t in range(200):  # branching 0.5 over five days
        y[t] = rng.poisson(0.4 + 0.5 * sum(y[u] * 0.2 * 0.8 ** (t - u - 1) for u in range(max(t - 30, 0), t)))
    known = np.ones(200, bool)
    known[90:95] = False
    mean = (y[known].sum() + 0.5) / known.sum()
    cells = hawkes.LAGS.size * hawkes.BRANCHING.size * hawkes.SIZES.size
    weight, shift, spread = np.empty(cells), np.empty(cells), np.empty(cells)
    hawkes._posterior(np.where(known, y, 0), known, 200, mean, weight, shift, spread)

    def log_joint(z, lag, branching, size):
        """Return the log likelihood of the counts given a log mean so far off, and of that."""
        e, total = mean, stats.norm(0, 0.5).logpdf(z)
        for t in range(200):
            if known[t]:
                rate = mean * math.exp(z) * (1 - branching) + branching * e
                total += stats.nbinom.logpmf(y[t], size, size / (size + rate))
            e += ((y[t] if known[t] else mean) - e) / lag
        return total

    wanted, found = [], []
    for lag, branching, size in ((2, 5, 5), (2, 5, 7), (4, 3, 6), (1, 7, 5)):
        asked = hawkes.LAGS[lag], hawkes.BRANCHING[branching], hawkes.SIZES[size]
        best = optimize.minimize_scalar(lambda z: -log_joint(z, *asked), bounds=(-1, 1), method="bounded")  # noqa: B023
        grid = best.x + np.linspace(-1, 1, 21)
        logs = np.array([log_joint(z, *asked) for z in grid])
        wanted.append(math.log(integrate.simpson(np.exp(logs - logs.max()), x=grid)) + logs.max())
        at = (lag * hawkes.BRANCHING.size + branching) * hawkes.SIZES.size + size
        found.append(weight[at])
        assert shift[at] == pytest.approx(best.x, abs=0.2 * spread[at])
    assert np.diff(found) == pytest.approx(np.diff(wanted), abs=LAPLACE)
    assert np.ptp(wanted) > 1


def test_without_excitation_it_is_the_poisson_tail():
    rng = np.random.default_rng(3)
    history = rng.poisson(3.0, (1500, 1))
    for total in (44, 52, 60):
        window = np.full((14, 1), total // 14)
        window[: total % 14] += 1
        series = np.concatenate([history, window]).T.astype(float)
        drawn = rng.random((2000, 15)), rng.standard_normal((2000, 15)), rng.random(len(series[0]))
        covered = np.ones(series.shape, bool)
        found = hawkes._predictive(series, covered, 1500, 14, np.ones(1), hawkes.RATIO, *drawn)[0]
        law = stats.poisson(14 * history.mean())
        wanted = law.sf(total) + law.pmf(total) / 2
        assert found == pytest.approx(wanted, abs=4 * math.sqrt(wanted / 2000) + 0.1 * wanted)


# -- response_test -----------------------------------------------------------------------------------------


def test_matched_times_are_those_of_plain_loops():
    rng = np.random.default_rng(4)
    days, regions, window, clear, k = 260, 2, 7, 10, 6
    y = rng.negative_binomial(1.0, 0.4, (days, regions)).astype(float)
    covered = np.ones(y.shape, bool)
    covered[150:153, 1] = False
    events = rng.random(y.shape) < 0.04
    seen = np.where(covered, y, 0)
    filled = np.where(covered, y, seen.sum(axis=0) / covered.sum(axis=0))

    rows = []  # region, day, whether it is an event, features of the past, what followed, what was before
    for r in range(regions):
        pasts = [[filled[: max(int(4 * scale), 28), r].mean()] for scale in SCALES]
        for t in range(days):
            for past, scale in zip(pasts, SCALES, strict=True):
                past.append((filled[t, r] + scale * past[-1]) / (1 + scale))
            around = covered[max(t - window + 1, 0) : t + window + 1, r]
            if (
                t < 56
                or around.size < 2 * window
                or not around.all()
                or events[max(t - clear, 0) : t, r].any()
            ):
                continue
            rows.append(
                (r, t, events[t, r], [past[-1] for past in pasts], seen[t + 1 : t + 1 + window, r].sum(),
                 seen[t + 1 - window : t + 1, r].sum())
            )  # fmt: skip
    place, day, is_event, pasts, followed, before = (np.array(column) for column in zip(*rows, strict=True))
    x, level = np.concatenate([pasts, np.sqrt(pasts)], axis=1), np.empty(len(rows))
    for r in range(regions):
        use = (place == r) & ~is_event
        x[place == r] -= x[use].mean(axis=0)
        level[place == r] = followed[use].mean()
    fit, use = np.zeros(x.shape[1]), ~is_event
    weight = 1 / np.maximum(level, 0.25)
    for _ in range(2):
        scaled = x[use] * np.sqrt(weight[use])[:, None]
        ridge = np.diag(np.sqrt(1e-3 * ((weight[use][:, None] * x[use] ** 2).sum(axis=0) + 1e-9)))
        target = np.r_[(followed - level)[use] * np.sqrt(weight[use]), np.zeros(len(fit))]
        fit = np.linalg.lstsq(np.concatenate([scaled, ridge]), target, rcond=None)[0]
        weight = 1 / np.maximum(level + x @ fit, 0.1 * level + 0.05)
    prognosis = np.maximum(level + x @ fit, 0)

    got, due, times = (np.zeros(days // (2 * window) + 1) for _ in range(3))
    extra, serves, plain = np.zeros(len(got)), np.zeros(len(rows)), 0.0
    for at in np.flatnonzero(is_event):
        pool = np.flatnonzero(~is_event & (place == place[at]))
        near = pool[np.argsort(np.abs(prognosis[pool] - prognosis[at]), kind="stable")[:k]]
        block = day[at] // (2 * window)
        got[block] += followed[at]
        due[block] += prognosis[at]
        times[block] += 1
        serves[near] += 1 / k
        plain += ((followed - prognosis)[near] ** 2).mean()
    np.add.at(extra, day // (2 * window), serves * (followed - prognosis))
    due += extra
    n = int((times > 0).sum())
    gap = got.sum() - due.sum()
    variances = ((got - due) ** 2).sum() * n / (n - 1), plain + (extra**2).sum()
    less = max(stats.t(n - 1).cdf(gap / math.sqrt(v)) for v in variances)

    found = matched_response(events, y.astype(int), covered, window=window, clear=clear, matched=k)
    assert found.treated.tolist() == [[day[at], place[at]] for at in _by_day(is_event, day, place)]
    np.testing.assert_allclose(found.prognosis[day, place], prognosis, rtol=1e-7)
    np.testing.assert_allclose(found.weights[day, place], serves, atol=EXACT)
    np.testing.assert_allclose(found.before[:, 0], before[_by_day(is_event, day, place)])
    assert found.blocks == n > 4
    assert found.ratio == pytest.approx(got.sum() / due.sum(), rel=1e-7)
    assert found.less == pytest.approx(less, rel=1e-6)


def _by_day(is_event, day, place):
    return sorted(np.flatnonzero(is_event), key=lambda at: (day[at], place[at]))


# -- delay_distribution, completeness ----------------------------------------------------------------------


def test_the_share_reported_is_the_product_of_reverse_time_hazards():
    # Kalbfleisch and Lawless (1991), by loops over the reports; one more is at risk, so that none is certain.
    rng = np.random.default_rng(5)
    reports = [(d, d + a) for d, a in zip(rng.geometric(0.3, 300) - 1, rng.integers(0, 30, 300), strict=True)]
    reports = [(d, age) for d, age in reports if d <= 14]
    share, variance = [1.0], [0.0]
    for u in range(14, 0, -1):
        came = sum(d == u for d, _ in reports)
        among = sum(d <= u <= age for d, age in reports) + 1
        share.insert(0, share[0] * (1 - came / among))
        variance.insert(0, variance[0] + came / (among * (among - came)))
    delay, age = (np.array(column) for column in zip(*reports, strict=True))
    found = pooled_curves(triangle_of(delay, age, np.zeros(len(delay), int), 1, 14))
    np.testing.assert_allclose(found.share[:, 0], share, rtol=EXACT)
    np.testing.assert_allclose(found.deviation[:, 0], np.array(share) * np.sqrt(variance), rtol=EXACT)


# -- predictive --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_level_of_the_forecast_is_statsmodels_poisson_regression_weighed_down(seed):
    rng = np.random.default_rng(seed)
    weeks, cap = 200, 2.58
    turn = 2 * np.pi * np.arange(weeks) / 52.18
    design = np.column_stack([np.ones(weeks), np.arange(weeks) / 52.18 - 2, np.cos(turn), np.sin(turn)])
    season = 0.8 if seed % 2 else 0.0
    y = rng.poisson(np.exp(1.2 + 0.25 * design[:, 1] + season * design[:, 2])).astype(float)
    y[60:63] += 40  # an uptick of the past

    def fit(columns, weight):
        made = sm.GLM(y, design[:, columns], family=sm.families.Poisson(), var_weights=weight).fit(tol=1e-12)
        chi = (weight * (y - made.fittedvalues) ** 2 / made.fittedvalues).sum()
        return made, max(1.001, chi / (weight.sum() - len(columns)))

    weight = np.ones(weeks)
    made, phi = fit([0, 1, 2, 3], weight)
    for _ in range(2):
        mean = made.fittedvalues
        anscombe = 1.5 * (y ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6) / math.sqrt(phi)
        weight = np.where(anscombe > cap, (cap / np.maximum(anscombe, cap)) ** 2, 1.0)
        made, phi = fit([0, 1, 2, 3], weight)
    covariance = np.linalg.inv(made.model.exog.T @ ((weight * made.fittedvalues)[:, None] * design)) * phi
    kept = [0]  # what pays for itself by Schwarz's criterion
    kept += [1] if made.params[1] ** 2 / covariance[1, 1] >= math.log(weeks) else []
    wave = made.params[2:] @ np.linalg.solve(covariance[2:, 2:], made.params[2:])
    kept += [2, 3] if wave >= 2 * math.log(weeks) else []
    assert (2 in kept) == bool(season)
    fewer = len(kept) < 4
    if fewer:
        made = fit(kept, weight)[0]
        chi = (weight * (y - made.fittedvalues) ** 2 / made.fittedvalues).sum()
        phi = max(1.001, chi / (weight.sum() - 1))
    found = fit_levels(
        y[None], np.ones((1, weeks), bool), design, np.full((1, 4), -np.inf), np.array([104, 104]), cap,
        1.001, 20.0,
    )  # fmt: skip
    error = np.sqrt(np.diag(found.covariance[0])[kept])
    wanted = np.zeros(4)
    wanted[kept] = made.params
    np.testing.assert_array_equal(found.beta[0] != 0, np.isin(np.arange(4), kept))
    assert np.abs((found.beta[0] - wanted)[kept] / error).max() < STEPS
    assert found.phi[0] == pytest.approx(phi, rel=STEPS)


# -- recurrence_test: a period -----------------------------------------------------------------------------


def test_the_spectrum_is_a_gamma_regression_and_the_power_a_sum_of_cosines():
    rng = np.random.default_rng(6)
    n, shortest, longest = 300, 14.0, 100.0
    y = rng.negative_binomial(1.0, 0.3, n).astype(float)
    covered = np.ones(n, bool)
    time = np.arange(n)
    line = np.column_stack([np.ones(n), time])  # less than a year: no annual wave
    left = y - line @ np.linalg.lstsq(line, y, rcond=None)[0]

    def power(frequency):
        turn = 2 * np.pi * frequency * time
        return ((left * np.cos(turn)).sum() ** 2 + (left * np.sin(turn)).sum() ** 2) / n

    fourier = [j / n for j in range(1, n // 2) if 0.5 / longest <= j / n <= 0.13]
    between = [j / (4 * n) for j in range(1, 2 * n) if 1 / longest <= j / (4 * n) <= 1 / shortest]
    columns = [np.vander(np.log(f), 3) for f in (np.array(fourier), np.array(between))]
    family = sm.families.Gamma(sm.families.links.Log())
    fit = sm.GLM([power(f) for f in fourier], columns[0], family=family).fit(tol=1e-12, maxiter=200)
    wanted = np.array([power(f) for f in between]) / np.exp(columns[1] @ fit.params)
    ratio, frequency, _ = periodicity._search(y[:, None], covered, shortest, longest, 365.25)
    np.testing.assert_allclose(frequency, between)
    np.testing.assert_allclose(ratio[:, 0], wanted, rtol=1e-5)
    found = periodicity.periodicity_test(
        y[:, None], covered, shortest=shortest, longest=longest, replicates=19, rng=rng
    )
    assert found.power[0] == pytest.approx(wanted.max(), rel=1e-5)
    assert found.period[0] == pytest.approx(1 / between[int(wanted.argmax())])
