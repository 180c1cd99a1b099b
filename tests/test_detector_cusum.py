"""The CUSUM against its reference, its own run length, and awkward series."""

from __future__ import annotations

from functools import partial

import numpy as np
import oracle_cases as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics.counts import Counts
from analytics.detectors import surveillance
from analytics.detectors._cusum import cusum
from analytics.detectors._ewma import ewma
from analytics.detectors._rogerson import rogerson
from analytics.detectors.grid import NO_COVERAGE, RUNNING, SHORT
from analytics.detectors.training import TRAINING
from analytics.errors import OptionError
from analytics.kernels.charts.cusum import (
    Transform,
    cusum_run,
    likelihood_ratio,
    train,
    transform,
    transform_bound,
)
from analytics.kernels.charts.run_length import cusum_design, cusum_run_length, lattice
from analytics.kernels.common.episodes import episode_onsets
from analytics.options import choices
from analytics.simulation import simulate_counts

ORACLE = 1e-6  # bounds and statistics of the reference, given to 15 digits
CHAIN = 1e-4  # share: the chain is solved by iteration, to 1e-5
ERRORS = 4.0  # standard errors between a simulated run length and the chain's
TIE = 1e-9


def weekly(values, *, covered=None, start="2018-01-01", as_of=None) -> Counts:
    return Counts.from_array(values, start=start, as_of=as_of, coverage=covered, simulated=True)


def draw(rng, mean, dispersion, shape):
    return (
        rng.poisson(mean, shape)
        if dispersion == 1
        else rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion, shape)
    )


# -- against the reference ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", oracle.cases("cusum"))
def test_reproduces_the_reference(name):
    case = oracle.load("cusum", name)
    control, output = case["control"], case["output"]
    counts, tested = oracle.counts_of(case), len(output["range"])
    got = surveillance.cusum(
        counts,
        transform=control["trans"],
        reference=control["k"],
        threshold=control["h"],
        mean=control.get("m"),
        training=len(counts) - tested,
        last=tested,
    )
    assert got.tested.all()
    for found, wanted in (
        (got.statistic, output["cusum"]),
        (got.upper_bound, output["upperbound"]),
        (got.expected, np.broadcast_to(output["m"], len(output["range"]))),
    ):
        np.testing.assert_allclose(found[:, 0], oracle.numbers(wanted), rtol=0, atol=ORACLE)
    assert got.alarm[:, 0].tolist() == output["alarm"]
    assert not got.runs[0].resets


def test_every_transformation_of_the_reference_is_covered():
    covered = {oracle.load("cusum", name)["control"]["trans"] for name in oracle.cases("cusum")}
    assert covered == {
        "standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"
    }  # fmt: skip
    assert len(oracle.cases("cusum")) == 34


# -- kernels -----------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(
    values=hnp.arrays(np.int32, (25, 3), elements=st.integers(0, 12)),
    covered=hnp.arrays(np.bool_, (25, 3)),
    restart=st.sampled_from([0.0, 1.5, np.nan]),
)
def test_the_kernel_is_the_recursion(values, covered, restart):
    slope, drift, threshold = (
        np.array([[0.7, 0.5, 1.0]]),
        np.array([[1.0, 2.0, 3.0]]),
        np.array([2.0, 3.0, 9.0]),
    )
    statistic, alarm, bound = np.empty(values.shape), np.empty(values.shape, bool), np.empty(values.shape)
    cusum_run(values, covered, slope, drift, threshold, restart, np.zeros(3), statistic, alarm, bound)
    for j in range(3):
        s = 0.0
        for t in range(25):
            if covered[t, j]:
                assert bound[t, j] == pytest.approx(max((threshold[j] - s + drift[0, j]) / slope[0, j], 0))
                s = max(0.0, s + slope[0, j] * values[t, j] - drift[0, j])
            raised = covered[t, j] and s >= threshold[j]
            assert (statistic[t, j], alarm[t, j]) == (s, raised)
            s = restart if raised and not np.isnan(restart) else s


def test_likelihood_ratios_are_those_of_the_distributions():
    from scipy import stats

    mean, spread, ratio = 3.0, 2.5, 1.8
    size = mean / (spread - 1)
    y = np.arange(12)
    slope, drift = likelihood_ratio(np.array([mean]), np.array([spread]), ratio)
    laws = [stats.nbinom(size, size / (size + m)) for m in (mean, ratio * mean)]
    np.testing.assert_allclose(slope * y - drift, laws[1].logpmf(y) - laws[0].logpmf(y), rtol=1e-9)
    slope, drift = likelihood_ratio(np.array([mean]), np.array([1.0]), ratio)
    np.testing.assert_allclose(
        slope * y - drift, stats.poisson.logpmf(y, ratio * mean) - stats.poisson.logpmf(y, mean), rtol=1e-9
    )


@pytest.mark.parametrize("dispersion", [1.0, 3.0])
@pytest.mark.parametrize(
    ("mean", "down", "unit", "levels"), [(2.0, 3, 1, 6), (0.3, 1, 2, 7), (5.0, 68, 9, 40)]
)
def test_the_run_length_solves_the_whole_chain(mean, dispersion, down, unit, levels):
    from scipy import stats

    law = stats.poisson(mean) if dispersion == 1 else stats.nbinom(mean / (dispersion - 1), 1 / dispersion)
    moves = np.zeros((levels, levels))
    for i in range(levels):
        for y in range(200):
            to = max(0, i - down + unit * y)
            if to < levels:
                moves[i, to] += law.pmf(y)
    wanted = np.linalg.solve(np.eye(levels) - moves, np.ones(levels))[0]
    got = cusum_run_length(mean, down=down, unit=unit, levels=levels, dispersion=dispersion)
    assert got == pytest.approx(wanted, rel=CHAIN)


def test_a_run_length_is_that_of_poisson_counts_in_whole_steps_where_nothing_is_said():
    plain = cusum_run_length(2.0, down=3, levels=8)
    assert plain == cusum_run_length(2.0, down=3, unit=1, levels=8, dispersion=1.0)
    assert plain != pytest.approx(cusum_run_length(2.0, down=3, unit=1, levels=8, dispersion=1.5), rel=0.1)


@settings(max_examples=60, deadline=None)
@given(reference=st.floats(1e-3, 1e3))
def test_reference_values_are_rounded_little_and_do_not_cancel(reference):
    down, unit = (int(part[0]) for part in lattice(np.array([reference])))
    assert np.gcd(down, unit) == 1
    assert abs(down / unit / reference - 1) <= (1 / 16 if reference < 1 / 8 else 1 / 35)


def test_a_limit_that_no_count_can_reach_has_a_run_without_end():
    # 200 incidents more than half a one a week: less likely than any number a computer holds.
    with np.errstate(all="ignore"):  # not compiled, the loop would warn
        assert cusum_run_length(0.5, down=1, levels=200) == np.inf


@pytest.mark.parametrize(("mean", "dispersion"), [(0.05, 1.0), (1.0, 1.0), (1.0, 4.0), (20.0, 10.0)])
def test_simulated_run_lengths_are_those_wanted(mean, dispersion):
    periods, series, wanted = 1500, 800, 100.0
    design = cusum_design(
        np.full(series, mean), np.full(series, dispersion), ratio=2.0, run_length=np.full(series, wanted)
    )
    assert (design.run_length >= wanted).all()
    # The design is for the mean and dispersion rounded to a grid: simulate those.
    m = float(np.exp(np.round(np.log(mean) / 0.04) * 0.04))
    phi = float(np.exp(np.round(np.log(dispersion) / 0.1) * 0.1))
    y = draw(np.random.default_rng(1), m, phi, (periods, series))
    statistic, alarm = np.empty(y.shape), np.empty(y.shape, bool)
    start = np.zeros(series)
    cusum_run(
        y, None, design.slope[None], design.drift[None], design.threshold, 0.0, start, statistic, alarm, None
    )
    # Complete runs from 0 to an alarm, counted over a long stretch: periods per alarm is the mean run.
    alarms = alarm.sum()
    assert periods * series / alarms == pytest.approx(
        design.run_length[0], rel=ERRORS / np.sqrt(alarms) + 0.01
    )


def test_training_moments():
    rng = np.random.default_rng(2)
    y = draw(rng, 2.0, 3.0, (520, 400))
    got = train(y, np.ones(y.shape, bool), fortnight=2, spread=True)
    assert got.mean.mean() == pytest.approx(2.0, abs=0.02)
    assert got.dispersion.mean() == pytest.approx(3.0, abs=0.35)  # the larger of two estimates leans up
    holes = rng.random(y.shape) < 0.3
    some = train(np.where(holes, 99, y), ~holes, fortnight=2, spread=True)
    assert some.mean.mean() == pytest.approx(2.0, abs=0.02)
    assert (some.periods == (~holes).sum(axis=0)).all()


@pytest.mark.parametrize("kind", ["standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "none"])
def test_bounds_undo_the_transformations(kind):
    mean = np.array([0.4, 3.0, 40.0])
    counts = np.ceil(mean * 2 + 3)
    score = transform(kind, counts, mean, alpha=0.3)
    np.testing.assert_allclose(transform_bound(kind, score, mean, alpha=0.3), counts, rtol=1e-9)


# -- the detector ------------------------------------------------------------------------------------------


def test_alarms_where_activity_doubles_and_starts_again():
    rng = np.random.default_rng(3)
    y = rng.poisson(4.0, (110, 200))
    y[100:] = rng.poisson(12.0, (10, 200))
    got = cusum(weekly(y), family="poisson", training=80, last=30)
    assert got.alarm[:20].sum() / 200 * 365.25 / 7 / 20 < 1.6  # a year, on an estimated mean; wanted 1
    assert got.alarm[20:24].any(axis=0).mean() > 0.95
    assert got.runs[0].name == "cusum_poisson"
    assert got.runs[0].resets
    assert (got.runs[0].rate <= 1.0).all()
    after = got.alarm[:-1] & (got.observed[1:] == 0)
    assert (got.statistic[1:][after] == 0).all()


def test_the_negative_binomial_keeps_its_rate_where_the_poisson_does_not():
    y = draw(np.random.default_rng(4), 3.0, 4.0, (52 * 6, 150))
    rates = {}
    for family in ("poisson", "negative_binomial"):
        got = cusum(weekly(y), family=family, mean=3.0, dispersion=4.0)
        rates[family] = got.alarm.mean() * 365.25 / 7
    assert 0.75 < rates["negative_binomial"] <= 1.1
    assert rates["poisson"] > 3


@pytest.mark.parametrize("process", ["hawkes_0.6", "ingarch"])
def test_false_alarm_episodes_where_bursts_last(process):
    days = simulate_counts(process, mean=0.5, days=7 * 156, series=150, seed=3).values
    weeks = days.reshape(156, 7, 150).sum(axis=1)
    got = cusum(weekly(weeks))
    rate = episode_onsets(got.alarm, 7).sum() / (got.tested.sum() * 7 / 365.25)
    assert 0.8 < rate < 1.8  # wanted 1; one year of training, periods not independent


def test_the_bound_is_where_alarms_begin():
    y = draw(np.random.default_rng(5), 2.0, 2.0, (156, 40))
    got = cusum(weekly(y))
    gap = got.observed - got.upper_bound
    clear = got.tested & (np.abs(gap) > TIE)
    assert (got.alarm == (gap > 0))[clear].all()
    for kind in ("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin"):
        got = surveillance.cusum(weekly(y), transform=kind, faults=False)
        clear = got.tested & (np.abs(got.observed - got.upper_bound) > TIE) & (got.upper_bound > 0)
        assert (got.alarm == (got.observed > got.upper_bound))[clear].all(), kind


def test_one_region_does_not_change_another():
    counts = weekly(draw(np.random.default_rng(6), 1.0, 2.0, (130, 12)))
    every = cusum(counts)
    one = cusum(counts.select(["region 8"]))
    np.testing.assert_allclose(every.statistic[:, 7], one.statistic[:, 0], rtol=TIE)
    np.testing.assert_array_equal(every.alarm[:, 7], one.alarm[:, 0])


def test_a_threshold_for_each_region():
    y = np.repeat(draw(np.random.default_rng(7), 2.0, 1.0, (200, 1)), 3, axis=1)
    got = cusum(weekly(y), threshold=[1.0, 2.0, 50.0])
    first = [column.argmax() if column.any() else 999 for column in got.alarm.T]
    assert first[0] <= first[1] <= first[2] == 999
    again = cusum(weekly(y), threshold=got.runs[0].parameters["threshold"])
    np.testing.assert_array_equal(got.alarm, again.alarm)
    with pytest.raises(OptionError, match="3, one for each region"):
        cusum(weekly(y), threshold=[1.0, 2.0])


@settings(max_examples=20, deadline=None)
@given(values=hnp.arrays(np.int32, (70, 2), elements=st.integers(0, 6)), higher=st.floats(1.0, 4.0))
def test_a_higher_threshold_never_alarms_first(values, higher):
    low, high = (cusum(weekly(values), threshold=h) for h in (1.0, higher))
    for j in range(2):
        if high.alarm[:, j].any():
            assert low.alarm[: high.alarm[:, j].argmax() + 1, j].any()


def test_a_seasonal_mean_is_followed():
    weeks = np.arange(52 * 6)
    mean = 4 * np.exp(0.9 * np.sin(2 * np.pi * weeks * 7 / 365.25))
    y = np.random.default_rng(8).poisson(mean[:, None], (len(weeks), 60))
    flat, waves = (
        cusum(weekly(y), family="poisson", training=len(y) - 104, last=104, harmonics=h) for h in (0, 1)
    )
    assert waves.alarm.mean() < 0.35 * flat.alarm.mean()
    np.testing.assert_allclose(waves.expected.mean(axis=1), mean[-104:], rtol=0.15)


# -- awkward series: each answer stated --------------------------------------------------------------------


def test_all_zeros_are_tested_and_one_incident_ever_is_no_alarm():
    y = np.zeros((200, 3), dtype=int)
    y[120, 1] = 1
    y[120:123, 2] = 1
    got = cusum(weekly(y))
    assert got.tested[52:].all()
    assert got.alarm.any(axis=0).tolist() == [False, False, True]
    assert (got.expected[52:] > 0).all()


def test_one_incident_in_training_and_constant_counts_never_alarm():
    y = np.zeros((150, 2), dtype=int)
    y[10, 0] = 1
    y[:, 1] = 5
    got = cusum(weekly(y))
    assert got.tested[52:].all()
    assert not got.alarm.any()


@pytest.mark.parametrize("chart", [cusum, ewma])
def test_a_gap_is_not_tested_and_carries_the_statistic(chart):
    y = np.r_[np.tile([2, 1, 3, 2], 15), 5, 5, 0, 0, 5, 5][:, None]
    covered = np.ones(y.shape, bool)
    covered[62:64] = False
    got = chart(weekly(y, covered=covered), training=60, last=6, threshold=50.0)
    shut = chart(weekly(np.delete(y, [62, 63], axis=0)), training=60, last=4, threshold=50.0)
    assert got.tested[:, 0].tolist() == [True, True, False, False, True, True]
    np.testing.assert_array_equal(got.statistic[[0, 1, 4, 5]], shut.statistic)
    assert np.isnan(got.statistic[2:4]).all()
    assert got.reasons[got.note[2, 0]] == NO_COVERAGE


def test_training_and_short_histories_say_so():
    y = np.tile([1, 2, 0, 1], 30)[:, None]
    got = cusum(weekly(y))
    assert not got.tested[:52].any()
    assert got.reasons[got.note[0, 0]] == TRAINING
    assert got.tested[52:].all()
    brief = cusum(weekly(y[:10]))
    assert not brief.tested.any()
    covered = np.ones((120, 2), bool)
    covered[:40, 1] = False
    late = cusum(weekly(np.repeat(y, 2, axis=1), covered=covered))
    assert late.tested[60].tolist() == [True, False]
    assert late.reasons[late.note[60, 1]] == SHORT
    assert not cusum(weekly(y[:6]), last=1).tested.any()
    assert cusum(weekly(y[:6]), last=3, mean=1.0, family="poisson").tested.all()


def test_a_region_without_history_does_not_disturb_the_others():
    y = np.tile([1, 2, 0, 1], 30)[:, None].repeat(3, axis=1)
    covered = np.ones(y.shape, bool)
    covered[:, 1] = False
    old = partial(surveillance.cusum, transform="anscombe", faults=False)
    for detector in (cusum, partial(cusum, harmonics=1), old):
        got = detector(weekly(y, covered=covered))
        assert got.tested[52:].all(axis=0).tolist() == [True, False, True]
        assert not detector(weekly(y), training=len(y)).tested.any()
    assert cusum(weekly(y), training=30, last=90).tested.all()
    assert not cusum(weekly(y), training=30, harmonics=1).tested.any()  # 30 weeks are no year


@pytest.mark.parametrize("detector", [cusum, ewma, rogerson, partial(surveillance.cusum, faults=False)])
@pytest.mark.parametrize("training", [None, 20])
def test_last_only_trims_what_is_shown(detector, training):
    counts = weekly(draw(np.random.default_rng(11), 2.0, 2.0, (90, 4)))
    options = {"harmonics": 0} if detector is rogerson else {}
    whole = detector(counts, training=training, **options)
    for last in (5, 60, 90):
        part = detector(counts, training=training, last=last, **options)
        for name in ("statistic", "upper_bound", "expected", "alarm", "tested"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[-last:])


def test_a_running_week_and_a_53_week_year():
    y = np.tile([1, 2, 0, 1], 40)[:, None]
    counts = weekly(y, start="2018-10-01", as_of="2021-10-20")
    assert any("W53" in label for label in counts.labels())
    got = cusum(counts, harmonics=1)
    assert got.tested[52:-1].all()
    assert got.reasons[got.note[-1, 0]] == RUNNING


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"family": "normal"}, "family"),
        ({"transform": "rossi"}, "surveillance.cusum"),
        ({"compat": "surveillance", "ratio": 2.0}, "ratio is not part of compat"),
        ({"compat": "R"}, "compat"),
        ({"ratio": 1.0}, "ratio must be above 1"),
        ({"arl": 1}, "arl must be above 1"),
        ({"threshold": 0}, "threshold must be above 0"),
        ({"threshold": "high"}, "threshold must be above 0"),
        ({"arl": 52, "threshold": 3}, "arl or threshold"),
        ({"mean": 0.0}, "over 0"),
        ({"mean": "median"}, "mean"),
        ({"mean": [1.0, 2.0]}, "one for each"),
        ({"harmonics": -1}, "harmonics"),
        ({"training": 0}, "training"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, words):
    with pytest.raises(OptionError, match=words):
        cusum(weekly(np.ones(80)), **options)


@pytest.mark.parametrize("kind", choices(Transform))
@pytest.mark.parametrize("harmonics", [0, 1])
def test_neither_silence_nor_one_incident_alarms_whatever_the_scores(kind, harmonics):
    for weeks, training in ((200, None), (320, 317)):
        once = np.zeros((weeks, 3), dtype=int)
        once[-2, 1:] = 1
        once[-1, 2] = 5
        options = {"transform": kind, "harmonics": harmonics, "training": training, "faults": False}
        found = surveillance.cusum(weekly(once), **options)
        assert found.tested[-1].all()
        assert found.alarm.any(axis=0).tolist() == [False, False, True]
        if kind != "anscombeNegBin":
            np.testing.assert_array_equal(
                (found.observed >= found.upper_bound)[found.tested], found.alarm[found.tested]
            )
    # A threshold that is given is taken as it is.
    assert surveillance.cusum(weekly(once), threshold=2.26, faults=False).alarm[-2, 1]


@pytest.mark.parametrize("weeks", [5, 30, 52])
def test_a_history_that_is_all_training_is_not_tested(weeks):
    counts = weekly(np.ones(weeks))
    assert not cusum(counts, harmonics=1).tested.any()
    for options in ({"mean": "glm"}, {"harmonics": 1}):
        assert not surveillance.cusum(counts, faults=False, **options).tested.any()
