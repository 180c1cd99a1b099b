"""The GLR detector: the reference's figures, exactness of pruning, run lengths, and what it cannot answer."""

from __future__ import annotations

import numpy as np
import oracle_cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.counts import Counts
from analytics.detectors import surveillance
from analytics.detectors._glr import glr
from analytics.detectors.glr_training import NO_INCIDENT, THIN
from analytics.detectors.grid import NO_COVERAGE, RUNNING, SHORT
from analytics.detectors.training import TRAINING
from analytics.errors import OptionError
from analytics.kernels.charts.focus import exact_glr
from analytics.kernels.charts.glr import (
    EPIDEMIC,
    EPIDEMIC_POISSON_CHAIN,
    EPIDEMIC_RATIO,
    FIXED,
    LEVEL,
    window_glr,
)
from analytics.kernels.charts.glr_threshold import simulated_run_lengths, simulated_threshold
from analytics.kernels.charts.in_control import dispersion_ml, fitted_mean, harmonic_design
from analytics.simulation import simulate_counts

REFERENCE = 1e-6  # statistics and means, absolute, as stated for the reference cases
# The reference's joint fit of mean and dispersion ends where its likelihood changes by 1e-8; ours where its
# dispersion does. Means then agree to one part in a million.
REFERENCE_ML = 2e-6
EXACT = 1e-9  # pruned against brute force: rounding only


def counts_of(values, *, freq="week", covered=None, as_of=None, first="2018-01-01") -> Counts:
    return Counts.from_array(values, freq=freq, start=first, as_of=as_of, coverage=covered, simulated=True)


CASES = [(name, case) for name in ("glrpois", "glrnb") for case in oracle_cases.cases(name)]


@pytest.mark.parametrize(("name", "case"), CASES, ids=lambda part: part)
def test_the_references_figures(name, case):
    data = oracle_cases.load(name, case)
    control, output = data["control"], data["output"]
    model = control.get("mu0") or {}
    counts, tested = oracle_cases.counts_of(data), len(output["range"])
    given = {name: value for name, value in {"harmonics": model.get("S")}.items() if value is not None}
    alarms = surveillance.glr(
        counts,
        family="poisson" if name == "glrpois" else "negative_binomial",
        window=None if control["M"] == -1 else control["M"],
        min_window=control["Mtilde"],
        change="epidemic" if control["change"] == "epi" else "intercept",
        ratio=None if control.get("theta") is None else np.exp(control["theta"]),
        direction="less" if control.get("dir") == "dec" else "greater",
        threshold=control["c.ARL"],
        returns=control.get("ret", "value"),
        trend=model.get("trend", False),
        refit=model.get("refit", False),
        nb_alpha=control.get("alpha") if name == "glrnb" else None,
        training=len(counts) - tested,
        last=tested,
        **given,
    )
    bound = alarms.upper_bound if control.get("ret") == "cases" else alarms.statistic
    np.testing.assert_allclose(
        bound[:, 0], oracle_cases.numbers(output["upperbound"]), rtol=0, atol=REFERENCE
    )
    np.testing.assert_array_equal(alarms.alarm[:, 0], oracle_cases.flags(output["alarm"]))
    assert alarms.tested.all()
    estimated = case.endswith("alphaEst")
    np.testing.assert_allclose(
        alarms.expected[:, 0],
        oracle_cases.numbers(output["mu0"]),
        rtol=0,
        atol=REFERENCE_ML if estimated else REFERENCE,
    )
    assert alarms.how().parameters["nb_alpha"] == pytest.approx(output["alpha_used"], abs=REFERENCE)


def likelihood_ratio(y, mean, alpha, ratio):
    if alpha == 0:
        return (stats.poisson.logpmf(y, ratio * mean) - stats.poisson.logpmf(y, mean)).sum(axis=-1)
    size = 1 / alpha

    def logpmf(m):
        return stats.nbinom.logpmf(y, size, size / (size + m))

    return (logpmf(ratio * mean) - logpmf(mean)).sum(axis=-1)


series = st.integers(2, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 9), min_size=n, max_size=n),
        st.lists(st.floats(0.05, 5.0), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@given(
    data=series,
    alpha=st.sampled_from([0.0, 0.3, 2.0]),
    flat=st.booleans(),
    sign=st.sampled_from([1.0, -1.0]),
    shortest=st.integers(1, 4),
    threshold=st.sampled_from([1.0, 4.0, np.inf]),
)
@settings(max_examples=150, deadline=None)
def test_pruning_loses_no_change_time(data, alpha, flat, sign, shortest, threshold):
    y = np.array(data[0], dtype=np.int32)[:, None]
    mean = np.array(data[1])[:, None]
    usable = ~np.array(data[2])[:, None]
    n = len(y)
    given_mean = mean[:1] if flat else mean
    a, level, begin = np.full(1, alpha), np.full(1, threshold), np.zeros(1, dtype=np.int64)
    pruned, raised = np.full((n, 1), np.nan), np.zeros((n, 1), bool)
    exact_glr(y, usable, given_mean, a, level, begin, sign, shortest, True, False, pruned, raised)
    brute, alarm, none = np.full((n, 1), np.nan), np.zeros((n, 1), bool), np.zeros((1, 1))
    whole = np.array(np.broadcast_to(given_mean, (n, 1)))
    window_glr(
        y, usable, whole, a, np.ones(1), level, begin, 0, LEVEL, sign, shortest, n, False, True, False, brute,
        alarm, none,
    )  # fmt: skip
    np.testing.assert_allclose(pruned, brute, rtol=0, atol=EXACT)
    np.testing.assert_array_equal(np.isnan(pruned), ~usable)


@pytest.mark.parametrize(("alpha", "flat"), [(0.0, True), (0.5, False)], ids=["sums", "curves"])
def test_after_an_alarm_the_exact_chart_goes_on_or_stops_as_asked(alpha, flat):
    y = np.array([1, 0, 2, 5, 6, 1, 0, 7], dtype=np.int32)[:, None]
    mean = np.ones((1, 1)) if flat else np.linspace(0.8, 1.2, 8)[:, None]

    def run(threshold, *, reset=False, stop=False):
        out, alarm = np.full(y.shape, np.nan), np.zeros(y.shape, bool)
        found = exact_glr(
            y, np.ones(y.shape, bool), mean, np.full(1, alpha), np.full(1, threshold), np.zeros(1, np.int64),
            1.0, 1, reset, stop, out, alarm,
        )  # fmt: skip
        return out[:, 0], alarm[:, 0], int(found[0])

    whole, _, never = run(np.inf)
    assert never == len(y)
    threshold = whole[4]
    goes_on, alarms, first = run(threshold)
    np.testing.assert_array_equal(goes_on, whole)
    np.testing.assert_array_equal(alarms, whole >= threshold)
    stopped, alarms, at = run(threshold, stop=True)
    assert at == first == 4
    np.testing.assert_array_equal(stopped[:5], whole[:5])
    assert np.isnan(stopped[5:]).all()
    assert np.flatnonzero(alarms).tolist() == [4]
    afresh, _, _ = run(threshold, reset=True)
    alone = 1.0 - mean[-3 if not flat else 0, 0]  # one incident against its mean, nothing before it
    assert afresh[5] < whole[5]
    assert (afresh[5] > 0) == (alone > 0)


def test_brute_force_is_the_likelihood_ratio():
    rng = np.random.default_rng(3)
    y, mean = rng.poisson(2.0, 12), rng.uniform(0.5, 2, 12)
    for alpha in (0.0, 0.7):
        ratios = np.exp(np.linspace(0, 3, 3001))[:, None]
        best = max(likelihood_ratio(y[k:], mean[k:], alpha, ratios).max() for k in range(12))
        out, alarm = np.zeros((12, 1)), np.zeros((12, 1), bool)
        exact_glr(
            y[:, None].astype(np.int32), np.ones((12, 1), bool), mean[:, None], np.full(1, alpha),
            np.full(1, np.inf), np.zeros(1, np.int64), 1.0, 1, True, False, out, alarm,
        )  # fmt: skip
        assert out[-1, 0] == pytest.approx(best, abs=1e-5)  # the grid of ratios is a thousandth wide


def test_an_epidemic_is_the_largest_over_slopes():
    y, mean = np.array([1, 2, 3, 5, 6]), np.full(5, 1.5)
    before = np.array([0, 1, 2, 3, 5])
    for alpha in (0.0, 0.4):
        ratios = 1 + np.linspace(0, 3, 1501)[:, None] * before / 1.5
        best = max(likelihood_ratio(y[k:], mean[k:], alpha, ratios[:, k:]).max() for k in range(5))
        out, alarm = np.zeros((5, 1)), np.zeros((5, 1), bool)
        window_glr(
            y[:, None].astype(np.int32), np.ones((5, 1), bool), mean[:, None], np.full(1, alpha), np.ones(1),
            np.full(1, np.inf), np.zeros(1, np.int64), 0, EPIDEMIC, 1.0, 1, 5, False, True, False, out, alarm,
            np.zeros((1, 1)),
        )  # fmt: skip
        assert out[-1, 0] == pytest.approx(best, abs=1e-5)


def chart(y, mean, *, alpha=0.0, ratio=1.0, threshold=np.inf, change, cases=False, reset=True, stop=False):
    """Run a chart on one series from its first period on, and return what it wrote."""
    n = len(y)
    out, alarm, needed = np.full((n, 1), np.nan), np.zeros((n, 1), bool), np.full((n, 1), np.nan)
    found = window_glr(
        np.array(y, dtype=np.int32)[:, None], np.ones((n, 1), bool), np.full((n, 1), mean), np.full(1, alpha),
        np.full(1, ratio), np.full(1, threshold), np.zeros(1, np.int64), 0, change, 1.0, 1, n, cases, reset,
        stop, out, alarm, needed,
    )  # fmt: skip
    return out[:, 0], alarm[:, 0], needed[:, 0], found[0]


def test_newtons_steps_find_the_best_slope_too():
    y = [1, 2, 3, 5, 6]
    steps, halving = (chart(y, 1.5, change=way)[0] for way in (EPIDEMIC_POISSON_CHAIN, EPIDEMIC))
    np.testing.assert_allclose(steps, halving, rtol=0, atol=1e-6)  # a step below a millionth ends the search
    assert halving[-1] > 1
    nothing_before = chart([0, 0, 0], 1.5, change=EPIDEMIC_POISSON_CHAIN)[0]
    assert nothing_before.tolist() == [0, 0, 0]
    # Where its step would be over 0 it stays at the half it began with, below the best slope, which is 3/2.
    half, best = (chart([2, 4], 1.0, change=way)[0][-1] for way in (EPIDEMIC_POISSON_CHAIN, EPIDEMIC))
    assert half == pytest.approx(4 * np.log(2) - 1, abs=EXACT)
    assert best == pytest.approx(4 * np.log(4) - 3, abs=1e-6)
    flat = chart([0, 2, 2], 2.0, change=EPIDEMIC_POISSON_CHAIN)[0]  # no slope above 0 is better than none
    np.testing.assert_allclose(flat, 0, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_the_references_other_epidemic_takes_the_ratio_for_the_slope(alpha):
    y, before = np.array([1, 2, 4, 3]), np.array([0, 1, 2, 4])
    ratios = np.exp(np.linspace(-3, 3, 60_001))
    by_window = []
    for k in range(4):
        level = likelihood_ratio(y[k:], np.full(4 - k, 1.5), alpha, ratios[:, None])
        slope = ratios[level.argmax()]
        by_window.append(likelihood_ratio(y[k:], 1.5, alpha, 1 + slope * before[k:] / 1.5))
    out = chart(y, 1.5, alpha=alpha, change=EPIDEMIC_RATIO)[0]
    assert out[-1] == pytest.approx(max(0.0, *by_window), abs=1e-3)  # the grid of ratios is 1e-4 wide


def test_one_incident_rules_out_that_none_come_any_more():
    assert chart([0, 3, 0], 2.0, ratio=0.0, change=FIXED)[0].tolist() == [2.0, 0.0, 2.0]


def test_after_an_alarm_the_search_starts_afresh():
    y = [1, 6, 1, 5, 0]
    out, alarm, _, found = chart(y, 2.0, ratio=2.0, threshold=1.4, change=FIXED)
    assert alarm.tolist() == [False, True, False, True, False]
    assert found == 1
    for begin in (2, 4):  # the period after an alarm
        alone = chart(y[begin:], 2.0, ratio=2.0, change=FIXED)[0]
        np.testing.assert_allclose(out[begin : begin + 2], alone[:2], rtol=0, atol=EXACT)
    on, *_ = chart(y, 2.0, ratio=2.0, threshold=1.4, change=FIXED, reset=False)
    assert on[2] > out[2]
    stopped, alarm, _, found = chart(y, 2.0, ratio=2.0, threshold=1.4, change=FIXED, stop=True)
    assert (found, alarm.sum(), np.isnan(stopped).sum()) == (1, 1, 3)


def test_where_no_count_would_alarm_none_is_needed():
    needed = chart([1, 2], 1.5, change=LEVEL, cases=True)[2]
    assert np.isnan(needed).all()
    needed = chart([1, 2], 1.5, change=LEVEL, threshold=2.0, cases=True)[2]
    for count, least in zip((needed[0], needed[0] - 1), (True, False), strict=True):
        assert (likelihood_ratio(count, 1.5, 0, count / 1.5) >= 2.0) == least


@pytest.mark.parametrize("ratio", [None, 2.0])
def test_one_more_than_the_needed_count_alarms_and_one_less_does_not(ratio):
    y = np.random.default_rng(5).poisson(2.0, 90)
    needed = glr(counts_of(y), dispersion=1.4, threshold=3.0, ratio=ratio, bound=True, last=1).upper_bound[
        0, 0
    ]
    for count, raises in ((needed, True), (needed - 1, False)):
        changed = np.append(y[:-1], int(count))
        assert (
            glr(counts_of(changed), dispersion=1.4, threshold=3.0, ratio=ratio, last=1).alarm[0, 0] == raises
        )


def test_a_window_as_long_as_the_series_is_no_window():
    y = np.random.default_rng(6).poisson(2.0, (120, 3))
    for change in ("intercept", "epidemic"):
        free = glr(counts_of(y), change=change, threshold=4.0)
        limited = glr(counts_of(y), change=change, threshold=4.0, window=120)
        np.testing.assert_allclose(free.statistic, limited.statistic, atol=EXACT)


def test_fitted_means_solve_the_likelihood_equations():
    rng = np.random.default_rng(7)
    design = harmonic_design(200, harmonics=1, trend=True, cycle=52.0)
    known = rng.random((200, 3)) < 0.9
    y = rng.poisson(3.0, (200, 3))
    for alpha in (None, np.full(3, 0.3)):
        mean = fitted_mean(design, y, known, alpha)
        weight = known / (1 + (0 if alpha is None else alpha) * mean)
        scale = np.abs(design).max(axis=0)[:, None] * 600
        assert np.abs(design.T @ (weight * (y - mean)) / scale).max() < 1e-5
    alpha, mean = dispersion_ml(design, rng.negative_binomial(2.0, 0.4, (200, 3)), known)
    assert ((alpha > 0.2) & (alpha < 1.2)).all()


# -- rates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("process", "family"), [("poisson", "poisson"), ("negative_binomial", "negative_binomial")]
)
def test_false_alarms_keep_to_the_run_length(process, family):
    daily = simulate_counts(process, mean=0.5, days=7 * 156, series=150, seed=11).values
    weekly = daily.reshape(156, 7, -1).sum(axis=1)
    alarms = glr(counts_of(weekly), family=family)
    rate = alarms.onsets.sum() / alarms.years.sum()
    # 300 region-years: 1.0 a year wanted, two standard errors are 0.12, the threshold's own error 0.06.
    assert 0.7 < rate < 1.3
    run = alarms.how()
    assert run.resets
    assert run.kind == "score"
    assert run.rate.tolist() == pytest.approx([1.0] * 150)
    assert run.parameters["monte_carlo_error"] < 0.06


def test_a_tripling_is_found_and_a_drop_where_it_is_asked_for():
    rng = np.random.default_rng(8)
    up = rng.poisson(np.r_[np.full(100, 4.0), np.full(5, 12.0)][:, None], (105, 20))
    down = rng.poisson(np.r_[np.full(100, 4.0), np.full(8, 0.8)][:, None], (108, 20))
    # One in twenty per five weeks would be a false alarm.
    assert glr(counts_of(up), last=5).alarm.any(axis=0).mean() > 0.9
    assert glr(counts_of(down), direction="less", last=8).alarm.any(axis=0).mean() > 0.8
    assert glr(counts_of(down), last=8).alarm.any(axis=0).mean() < 0.2


def test_the_last_rows_are_those_of_the_whole_run():
    y = np.random.default_rng(9).poisson(1.0, (100, 4))
    whole, end = glr(counts_of(y), threshold=3.0), glr(counts_of(y), threshold=3.0, last=10)
    np.testing.assert_array_equal(whole.statistic[-10:], end.statistic)
    np.testing.assert_array_equal(whole.alarm[-10:], end.alarm)


@given(bump=st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_more_incidents_never_make_it_less_alarming(bump):
    y = np.random.default_rng(10).poisson(1.0, 80)
    more = y.copy()
    more[-1] += bump
    before = glr(counts_of(y), dispersion=1.5, threshold=50.0, last=1).statistic
    assert glr(counts_of(more), dispersion=1.5, threshold=50.0, last=1).statistic[0, 0] >= before[0, 0]


# -- edges ---------------------------------------------------------------------------------------------


def test_what_cannot_be_answered_says_why():
    rng = np.random.default_rng(12)
    values = rng.poisson(2.0, (80, 6))
    covered = np.ones(values.shape, bool)
    values[:, 0] = 0  # nothing, ever
    values[:, 1] = 0
    values[70, 1] = 1  # one incident, ever
    covered[:30, 2] = False  # most of training missing
    covered[60:65, 3] = False  # a gap while monitoring
    values[:, 4] = 3  # constant
    values[:, 5] = 0
    values[10, 5] = 1  # one incident, in training
    alarms = glr(counts_of(values, covered=covered))
    frame = alarms.frame
    notes = frame.groupby("region")["note"].apply(lambda column: set(column))
    assert notes["region 1"] == {NO_INCIDENT}
    assert notes["region 2"] == {NO_INCIDENT}
    assert notes["region 3"] == {THIN, NO_COVERAGE}
    assert notes["region 4"] == {TRAINING, NO_COVERAGE, ""}
    assert not alarms.alarm[:, [0, 1, 2, 4, 5]].any()
    assert np.isnan(alarms.statistic[~alarms.tested]).all()
    assert alarms.statistic[alarms.tested[:, 4], 4].max() == 0
    np.testing.assert_array_equal(alarms.tested[:52], False)


def test_a_gap_leaves_no_mark():
    y = np.random.default_rng(13).poisson(2.0, 90)
    covered = np.ones((93, 1), bool)
    covered[70:73] = False
    gap = glr(counts_of(np.insert(y, 70, [0, 0, 0]), covered=covered), threshold=4.0).statistic[:, 0]
    whole = glr(counts_of(y), threshold=4.0).statistic[:, 0]
    np.testing.assert_allclose(np.delete(gap, slice(70, 73)), whole)


def test_history_no_longer_than_training_and_a_running_week():
    alarms = glr(counts_of(np.ones(40, int)))
    assert not alarms.tested.any()
    assert set(alarms.frame["note"]) == {SHORT}
    y = np.random.default_rng(14).poisson(2.0, 60)
    running = glr(counts_of(y, as_of="2019-02-19"), threshold=3.0)
    assert running.frame["note"].iloc[-1] == RUNNING
    assert not running.tested[-1, 0]


def test_a_year_of_53_weeks_shifts_nothing():
    # 2015 had 53 weeks; the season is tied to time, not to week numbers.
    weeks = np.arange(260)
    mean = 5 * np.exp(0.8 * np.cos(2 * np.pi * weeks / (365.25 / 7)))
    y = np.random.default_rng(15).poisson(mean)
    alarms = glr(counts_of(y, first="2013-12-30"), family="poisson", training=156, threshold=8.0)
    assert alarms.how().parameters["harmonics"] == 1
    assert not alarms.alarm.any()
    tested = alarms.tested[:, 0]
    assert np.abs(alarms.expected[tested, 0] / mean[tested] - 1).max() < 0.25


def test_few_incidents_get_a_flat_mean():
    y = np.zeros((160, 2), int)
    y[::3, 0] = 2
    y[20, 1] = y[60, 1] = 1
    alarms = glr(counts_of(y), training=120)
    assert np.ptp(alarms.expected[120:, 0]) > 0
    assert np.ptp(alarms.expected[120:, 1]) == 0
    assert alarms.frame["note"].iloc[-1] == "too few incidents for a season: flat mean"


def test_days_shown_by_week_are_weeks():
    days = np.random.default_rng(17).poisson(0.5, (7 * 110, 3))
    daily = counts_of(days, freq="day").resample("week")
    by_week = counts_of(days.reshape(110, 7, 3).sum(axis=1))
    options = {"dispersion": np.array([1.1, 1.2, 1.3]), "arl": [30, 40, 50], "training": 60}
    a, b = glr(daily, **options), glr(by_week, **options)
    np.testing.assert_array_equal(a.statistic, b.statistic)
    assert (np.diff(b.how().parameters["threshold"]) > 0).all()
    assert glr(daily, dispersion="ml", training=60).tested[60:].all()


def test_refitting_follows_a_level_that_stays():
    y = np.random.default_rng(16).poisson(np.r_[np.full(60, 2.0), np.full(200, 6.0)])
    still = glr(counts_of(y), family="poisson", threshold=4.0)
    again = glr(counts_of(y), family="poisson", threshold=4.0, refit=True)
    assert again.alarm.sum() < still.alarm.sum() / 2
    assert again.expected[-1, 0] > 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"family": "normal"}, "family"),
        ({"change": "slope"}, "change"),
        ({"direction": "up"}, "direction"),
        ({"compat": "scan"}, "compat"),
        ({"window": 2, "min_window": 3}, "a whole number from 3"),
        ({"window": 2.5}, "window is not usable"),
        ({"window": "all"}, "window is not usable"),
        ({"threshold": 3.0, "arl": 52}, "give threshold or arl"),
        ({"threshold": -1.0}, "above 0"),
        ({"arl": 0.5}, "arl must be above 1"),
        ({"ratio": 0.5}, "does not fit the direction"),
        ({"change": "epidemic", "direction": "less"}, "one direction"),
        ({"bound": True, "direction": "less"}, "increases"),
        ({"returns": "cases"}, "bound=True"),
        ({"alpha": 0.1}, "dispersion is its name now"),
        ({"dispersion": 0.9}, "at least 1"),
        ({"dispersion": "moments"}, "unknown dispersion"),
        ({"dispersion": 1.1, "family": "poisson"}, "no dispersion"),
        ({"training": 1}, "training"),
    ],
)
def test_options_that_cannot_be(options, said):
    with pytest.raises(OptionError, match=said):
        glr(counts_of(np.ones(80, int)), **options)


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_a_limit_longer_than_the_run_changes_no_epidemic_chart_of_the_reference(family):
    """No reference case limits the Poisson one: its shortest window is taken to stay what it is unlimited."""
    data = oracle_cases.load("glrpois", "simseas_epi")
    counts = oracle_cases.counts_of(data)
    options = {
        "family": family,
        "change": "epidemic",
        "threshold": 3.0,
        "nb_alpha": None if family == "poisson" else 0.2,
        "training": len(counts) - 104,
        "last": 104,
    }
    limited, free = surveillance.glr(counts, window=200, **options), surveillance.glr(counts, **options)
    assert free.alarm[free.tested].any()
    np.testing.assert_array_equal(limited.statistic, free.statistic)


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
@pytest.mark.parametrize("ratio", [None, 3.0])
def test_one_incident_alone_is_no_alarm(family, ratio):
    values = np.zeros((320, 3), dtype=np.int32)
    values[10] = 1
    values[[52, 104, 156], 0] = 1
    values[150, 1] = 1
    values[150:152, 2] = 4
    found = glr(counts_of(values), family=family, ratio=ratio, training=52)
    assert found.tested[60:].all()
    assert found.alarm.any(axis=0).tolist() == [False, False, True]
    assert glr(counts_of(values), family=family, ratio=ratio, training=52, threshold=0.5).alarm[150, 1]


def test_one_simulation_gives_the_thresholds_of_all_run_lengths():
    def estimate(counts):
        return counts.mean(axis=0), np.zeros(counts.shape[1])

    def run(counts, mean, alpha):
        return counts / mean + 1e-6 * np.arange(len(counts))[:, None] / len(counts)

    given = {"training": 400, "estimate": estimate, "run": run, "seed": 15}
    curve = simulated_run_lengths(40.0, 1.0, **given)
    lengths = [2.0, 13.0, 52.0, 365.0, 1500.0, 1e5]
    found = [curve.threshold(arl)[0] for arl in lengths]
    assert found == sorted(found)
    for arl, threshold in zip(lengths[:-1], found, strict=False):
        own, error = simulated_threshold(40.0, 1.0, arl, **given)
        # Of Poisson counts of 40 a run length that is off by a tenth moves the threshold by less than 1 %.
        assert threshold == pytest.approx(own, rel=0.03), arl
        assert curve.threshold(arl)[1] < 2 * error


def test_run_lengths_of_their_own_give_regions_the_thresholds_of_one():
    values = np.random.default_rng(15).poisson(2.0, (160, 3))
    counts = Counts.from_array(values, freq="week", start="2017-01-02")
    one = glr(counts, family="poisson", arl=52.0).how().parameters["threshold"]
    own = glr(counts, family="poisson", arl=[52.0, 52.0, 300.0]).how().parameters["threshold"]
    np.testing.assert_allclose(own[:2], one[:2], rtol=0.1)  # two simulations, each of a run length to 6 %
    assert own[2] > own[:2].max()
