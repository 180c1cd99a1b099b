"""The EWMA: its recursion, its run length, and awkward series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from analytics.counts import Counts
from analytics.detectors._ewma import ewma
from analytics.detectors.grid import SHORT
from analytics.detectors.training import TRAINING
from analytics.errors import OptionError
from analytics.kernels.charts.ewma import ewma_design, ewma_run, ewma_run_length

ERRORS = 4.0  # standard errors between a simulated run length and the chain's
NODES = 0.04  # share by which 80 or 200 nodes move a run length
TIE = 1e-6


def weekly(values, *, covered=None, start="2018-01-01") -> Counts:
    return Counts.from_array(values, start=start, coverage=covered, simulated=True)


def draw(rng, mean, dispersion, shape):
    if dispersion == 1:
        return rng.poisson(mean, shape)
    return rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion, shape)


@settings(max_examples=30, deadline=None)
@given(
    values=hnp.arrays(np.int32, (20, 2), elements=st.integers(0, 15)),
    covered=hnp.arrays(np.bool_, (20, 2)),
    weight=st.floats(0.05, 0.9),
    reset=st.booleans(),
)
def test_the_kernel_is_the_recursion(values, covered, weight, reset):
    mean, deviation, width = np.array([2.0, 0.3]), np.array([2.0, 0.6]), np.array([2.0, 3.0])
    shape = values.shape
    statistic, alarm, bound = np.empty(shape), np.empty(shape, bool), np.empty(shape)
    ewma_run(
        values,
        covered,
        mean,
        deviation,
        width,
        weight,
        reset,
        mean.copy(),
        np.zeros(2),
        statistic,
        alarm,
        bound,
    )
    for j in range(2):
        z, age = mean[j], 0
        for t in range(20):
            if not covered[t, j]:
                assert not alarm[t, j]
                continue
            age += 1
            z = (1 - weight) * z + weight * values[t, j]
            spread = deviation[j] * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * age)))
            limit = max(mean[j] + width[j] * spread, (1 - weight) * mean[j] + weight)
            assert statistic[t, j] == pytest.approx((z - mean[j]) / spread, abs=1e-9)
            if abs(z - limit) > TIE:
                assert alarm[t, j] == (z > limit)
                assert alarm[t, j] == (values[t, j] > bound[t, j]) or bound[t, j] == 0  # it alarms anyway
            if alarm[t, j] and reset:
                z, age = mean[j], 0


@pytest.mark.parametrize(("mean", "dispersion"), [(0.05, 1.0), (1.0, 1.0), (1.0, 4.0), (20.0, 10.0)])
def test_simulated_run_lengths_are_those_of_the_chain(mean, dispersion):
    periods, series = 1500, 800
    level = float(np.exp(np.round(np.log(mean) / 0.05) * 0.05))
    spread = float(np.exp(np.round(np.log(dispersion) / 0.1) * 0.1))
    design = ewma_design(
        np.full(series, level), np.full(series, spread), weight=0.2, run_length=np.full(series, 100.0)
    )
    assert (design.run_length >= 100).all()
    finer = ewma_run_length(level, weight=0.2, width=float(design.width[0]), dispersion=spread)
    assert finer == pytest.approx(design.run_length[0], rel=NODES)
    y = draw(np.random.default_rng(1), level, spread, (periods, series))
    statistic, alarm, bound = np.empty(y.shape), np.empty(y.shape, bool), np.empty(y.shape)
    means = np.full(series, level)
    ewma_run(
        y, None, means, np.sqrt(means * spread), design.width, 0.2, True, means.copy(), np.zeros(series),
        statistic, alarm, bound,
    )  # fmt: skip
    alarms = alarm.sum()
    assert periods * series / alarms == pytest.approx(
        design.run_length[0], rel=ERRORS / np.sqrt(alarms) + NODES
    )


def test_very_scattered_counts_get_a_limit_beyond_the_first_that_is_tried():
    # Weight 1: each week by itself. Variance twenty times the mean: six deviations come once in 150 weeks.
    spread = np.exp(3.0)  # as designs are shared: others are rounded to it
    design = ewma_design(np.ones(1), np.full(1, spread), weight=1.0, run_length=np.full(1, 370.0))
    law = stats.nbinom(1 / (spread - 1), 1 / spread)
    limit = 1 + design.width[0] * np.sqrt(spread)
    assert design.width[0] > 6
    assert design.run_length[0] == pytest.approx(1 / law.sf(np.floor(limit)), rel=1e-6)
    assert 1 / law.sf(np.floor(limit) - 1) < 370 <= design.run_length[0]


def test_a_borror_champ_rigdon_like_scheme_without_room_for_single_incidents():
    # At a mean of 8 the limit is far over one incident: a run length by plain simulation, wholly apart.
    rng, weight, width, mean = np.random.default_rng(2), 0.1, 2.4, 8.0
    lengths = []
    for _ in range(3000):
        z, t = mean, 0
        while True:
            t += 1
            z = (1 - weight) * z + weight * rng.poisson(mean)
            if z > mean + width * np.sqrt(mean * weight / (2 - weight) * (1 - (1 - weight) ** (2 * t))):
                break
        lengths.append(t)
    error = np.std(lengths) / np.sqrt(len(lengths)) / np.mean(lengths)
    assert ewma_run_length(mean, weight=weight, width=width) == pytest.approx(
        np.mean(lengths), rel=ERRORS * error
    )


def test_it_is_right_for_overdispersed_counts_and_alarms_on_an_increase():
    rng = np.random.default_rng(3)
    y = draw(rng, 3.0, 4.0, (52 * 6, 150))
    y[-12:] += draw(rng, 9.0, 4.0, (12, 150))
    rates = {}
    for family in ("poisson", "negative_binomial"):
        got = ewma(weekly(y), family=family, mean=3.0, dispersion=4.0)
        rates[family] = got.alarm[:-12].mean() * 365.25 / 7
    assert 0.75 < rates["negative_binomial"] <= 1.1
    assert rates["poisson"] > 3
    estimated = ewma(weekly(y))
    assert estimated.alarm[52:-12].mean() * 365.25 / 7 < 2.2  # dispersion and mean from one year
    assert estimated.alarm[-12:].any(axis=0).mean() > 0.9
    assert estimated.runs[0].name == "ewma"
    assert estimated.runs[0].resets


def test_one_region_does_not_change_another_and_thresholds_are_by_region():
    y = draw(np.random.default_rng(4), 1.0, 2.0, (130, 9))
    every = ewma(weekly(y))
    one = ewma(weekly(y).select(["region 8"]))
    np.testing.assert_allclose(every.statistic[:, 7], one.statistic[:, 0], rtol=TIE)
    np.testing.assert_array_equal(every.alarm[:, 7], one.alarm[:, 0])
    same = ewma(weekly(np.repeat(y[:, :1], 3, axis=1)), threshold=[1.0, 2.0, 90.0])
    first = [column.argmax() if column.any() else 999 for column in same.alarm.T]
    assert first[0] <= first[1] <= first[2] == 999


def test_awkward_series():
    y = np.zeros((200, 5), dtype=int)
    y[120, 1] = 1  # one incident ever
    y[120:123, 2] = 1  # three in three weeks
    y[:, 3] = 5  # constant
    y[10, 4] = 1  # one incident, in training
    got = ewma(weekly(y))
    assert got.tested[52:].all()
    assert got.alarm.any(axis=0).tolist() == [False, False, True, False, False]
    assert got.reasons[got.note[0, 0]] == TRAINING


def test_short_histories_are_not_tested():
    brief = ewma(weekly(np.ones(6)), last=1)
    assert not brief.tested.any()
    assert SHORT in brief.reasons
    assert ewma(weekly(np.ones(6)), last=3, mean=1.0, family="poisson").tested.all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weight": 0.0}, "weight"),
        ({"family": "normal"}, "family"),
        ({"arl": 0}, "arl must be above 1"),
        ({"threshold": -1.0}, "threshold must be above 0"),
        ({"arl": 52, "threshold": 3}, "arl or threshold"),
        ({"mean": np.ones((80, 1))}, "one mean a region"),
        ({"mean": -1.0}, "over 0"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, words):
    with pytest.raises(OptionError, match=words):
        ewma(weekly(np.ones(80)), **options)
