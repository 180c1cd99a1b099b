"""One day: its p-value, return period and correction for picking, and its size on a small honest sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.counts import Counts
from analytics.errors import UptickError
from analytics.kernels.claims.ordinary_day import (
    day_pvalue,
    exceedance,
    exceedance_limits,
    ordinary_day,
    rank_pvalue,
)
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED
from analytics.simulation import simulate_counts
from analytics.upticks.day import day_test

SAME = 1e-12  # the same numbers in another order
CLOSE = 0.05  # relative: a long baseline leaves little, but some, uncertainty in the tail
END = np.datetime64("2020-04-12")  # a Sunday
DAYS = 440


def counts_of(values, *, covered=None, end=END, **more):
    names = [f"R{i}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    counts = Counts.from_array(values, freq="day", as_of=end, regions=names, coverage=covered)
    return replace(counts, **more)


def one(values, **options):
    return day_test(counts_of(values), **options).frame.iloc[0]


@pytest.fixture(scope="module")
def quiet():
    return simulate_counts("hawkes_0.3", mean=0.8, days=DAYS, series=6, seed=5).values


def test_with_a_long_baseline_it_is_the_tail_of_the_law_itself():
    rng = np.random.default_rng(0)
    days, weekday = 60_000, np.zeros(60_000, dtype=np.int64)
    often = np.eye(7)[:, [0]] * 1.0
    for draw, law in (
        (rng.poisson(2.0, (days, 1)), stats.poisson(2.0)),
        (rng.negative_binomial(0.8, 0.4, (days, 1)), stats.nbinom(0.8, 0.4)),
    ):
        day = ordinary_day(draw, np.ones(draw.shape, bool), weekday, adjust=False)
        for count in (3, 5, 8):
            p = exceedance(day, np.array([float(count)]), often)[0]
            lognormal_heavier = p >= law.sf(count - 1) * (1 - CLOSE)
            assert lognormal_heavier, "never below the gamma-mixed tail"
            if law.dist.name == "poisson":
                assert p == pytest.approx(law.sf(count - 1), rel=CLOSE)
        low, high = exceedance_limits(day, np.array([5.0]), (0.025, 0.975))[:, 0]
        assert low <= law.sf(4) * (1 + CLOSE)
        assert law.sf(4) * (1 - CLOSE) <= high


def test_the_largest_of_independent_days_is_sidaks():
    draw = np.random.default_rng(1).poisson(1.0, (50_000, 1))
    day = ordinary_day(draw, np.ones(draw.shape, bool), np.zeros(50_000, dtype=np.int64), adjust=False)
    often = np.full((7, 1), 0.0)
    often[0] = 30
    p = exceedance(day, np.array([4.0]), often)[0]
    assert p == pytest.approx(1 - stats.poisson(1.0).cdf(3) ** 30, rel=CLOSE)


def test_the_rank_counts_days_and_stretches():
    base = np.array([[0], [3], [0], [0], [1], [0]])
    covered, scale = np.ones(base.shape, bool), np.ones(base.shape)
    p, reached = rank_pvalue(base, covered, scale, np.array([1.0]), 1)
    assert p[0] == pytest.approx(3 / 7)
    assert reached[0]
    p, reached = rank_pvalue(base, covered, scale, np.array([4.0]), 1)
    assert p[0] == pytest.approx(1 / 7)
    assert not reached[0]
    p, _ = rank_pvalue(base, covered, scale, np.array([3.0]), 2)
    assert p[0] == pytest.approx((2 + 2) / (5 + 2)), "two of five pairs hold the 3"


def test_three_where_one_comes_in_ten_days_is_exceptional(snapshot):
    values = np.zeros(DAYS, int)
    values[::10] = 1
    values[-1] = 3
    result = day_test(counts_of(values), date="2020-04-12")
    row = result.frame.iloc[0]
    assert row["verdict"] == SUPPORTED
    assert (row["estimate"], row["high"], row["picked"]) == (3, 1, 1)
    assert row["expected"] == pytest.approx(0.1, abs=0.02)
    assert row["return_low"] < row["return_days"] < row["return_high"]
    assert row["return_years"] == pytest.approx(row["return_days"] / 365.25)
    assert result.sentence() == snapshot
    assert result.parameters["baseline"] == "2019-03-17..2020-03-14"


def test_a_day_picked_from_many_is_less_exceptional(quiet):
    values = quiet[:, [0]].copy()
    values[-10] = 6
    date = END - 9
    p = [
        one(values, date=date, picked=f"{END - n + 1}..{END}" if n > 1 else 1)["pvalue"] for n in (1, 14, 30)
    ]
    assert p[0] < p[1] < p[2]
    named = day_test(counts_of(values), date=date, picked=30)
    found = day_test(counts_of(values), picked=30)
    assert found.frame["date"].iloc[0] == pd.Timestamp(date)
    assert found.frame["pvalue"].iloc[0] == named.frame["pvalue"].iloc[0]
    assert "as the largest of the 30 days" in named.claim
    other = day_test(counts_of(values), date=END, picked=30)
    assert any("not the largest" in note for note in other.notes)


def test_each_region_has_its_own_largest_day(quiet):
    values = np.minimum(quiet, 3)
    values[-5, 0] = values[-9, 1] = 7
    frame = day_test(counts_of(values), picked=14).frame
    assert frame["date"].iloc[:2].tolist() == [pd.Timestamp(END - 4), pd.Timestamp(END - 8)]
    assert frame["estimate"].iloc[:2].tolist() == [7, 7]


def test_weekdays_are_compared_with_themselves():
    rng = np.random.default_rng(3)
    weekday = (np.arange(DAYS)[::-1] + 0) % 7  # 0 on the last day and every seventh before it
    mean = np.where(weekday == 0, 5.0, 0.5)
    values = rng.poisson(mean)
    values[-1], values[-2] = 6, 4
    busy = one(values, date=END), one(values, date=END, weekday=False)
    assert busy[0]["expected"] > 4 > 1.5 > busy[1]["expected"]
    assert busy[0]["pvalue"] > 0.2 > 0.1 > busy[1]["pvalue"]
    assert one(values, date=END - 1)["pvalue"] < 0.01 < one(values, date=END - 1, weekday=False)["pvalue"]


def test_noise_does_not_become_a_weekday():
    values = np.random.default_rng(4).poisson(1.0, (364, 200))
    day = ordinary_day(values, np.ones(values.shape, bool), np.arange(364) % 7)
    assert np.abs(day.factor - 1).mean() < 0.05
    np.testing.assert_allclose(day.factor.mean(axis=0), 1, atol=SAME)


def test_order_time_and_silent_regions_do_not_matter(quiet):
    straight = day_test(counts_of(quiet)).frame
    order = np.array([3, 0, 5, 1, 4, 2])
    turned = day_test(counts_of(quiet[:, order])).frame
    np.testing.assert_allclose(turned["pvalue"], straight["pvalue"].to_numpy()[order], atol=SAME)
    later = day_test(counts_of(quiet, end=END + 700)).frame
    pd.testing.assert_frame_equal(straight.drop(columns="date"), later.drop(columns="date"))
    more = day_test(counts_of(np.column_stack([quiet, np.zeros(DAYS, int)]))).frame
    np.testing.assert_allclose(more["pvalue"].iloc[:-1], straight["pvalue"], atol=SAME)
    assert more["pvalue"].iloc[-1] == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.1, 0.7, 3.0]))
def test_a_higher_count_is_never_less_exceptional(seed, mean):
    base = np.random.default_rng(seed).poisson(mean, (200, 1))
    covered, weekday = np.ones(base.shape, bool), np.arange(200) % 7
    day = ordinary_day(base, covered, weekday)
    at, often = np.array([2]), np.eye(7)[:, [2]]
    p = [
        day_pvalue(day, base, covered, weekday, np.array([float(n)]), at, often)[0][0]
        for n in range(0, 14, 2)
    ]
    assert p[0] == 1
    assert (np.diff(p) <= SAME).all()


def test_the_smallest_count_called_is_the_smallest(quiet):
    values = quiet.copy()
    called = day_test(counts_of(values)).frame["detectable"].to_numpy().astype(int)
    for shift, small in ((0, True), (-1, False)):
        values[-1] = called + shift
        assert ((day_test(counts_of(values)).frame["pvalue"] <= 0.05) == small).all()


def test_what_cannot_be_tested_is_na_with_its_reason(quiet):
    covered = np.ones(quiet.shape, bool)
    covered[-1, 0] = False
    covered[:330, 1] = False
    frame = day_test(counts_of(np.where(covered, quiet, 0), covered=covered)).frame
    assert frame["pvalue"].isna().tolist() == [True, True, False, False, False, False]
    assert frame["reason"].iloc[:2].tolist() == [
        "the day has no coverage",
        "the baseline has coverage for fewer than 91 days",
    ]


def test_an_ordinary_day_is_said_only_with_known_completeness():
    values = np.random.default_rng(9).poisson(2.0, DAYS)
    values[-1] = 3
    assert one(values, completeness=1.0)["verdict"] == NOT_SUPPORTED
    unknown = one(values)
    assert unknown["verdict"] == CANNOT_BE_TOLD
    assert "late reports" in unknown["reason"]
    assert one(values, completeness=0.5)["pvalue"] < unknown["pvalue"]


def test_a_single_incident_is_not_called():
    values = np.zeros(DAYS, int)
    values[-1] = 1
    row = one(values)
    assert row["pvalue"] == pytest.approx(1 / 365), "an empty baseline leaves the rank alone"
    assert row["verdict"] == CANNOT_BE_TOLD
    assert row["detectable"] == 2


def test_simulated_counts_are_called_simulated(quiet):
    assert day_test(counts_of(quiet, simulated=True)).sentence().startswith("SIMULATED data: ")


@pytest.mark.parametrize(
    "call",
    [
        lambda: one(np.ones(380, int)),
        lambda: one(np.ones(DAYS, int), date="2020-04-13"),
        lambda: one(np.ones(DAYS, int), date="2020-03-01", picked=14),
        lambda: one(np.ones(DAYS, int), picked=0),
        lambda: one(np.ones(DAYS, int), baseline=100),
        lambda: one(np.ones(DAYS, int), completeness=1.2),
        lambda: one(np.ones(DAYS, int), margin_days=0.5),
        lambda: one(np.ones(DAYS, int), margin=30),
        lambda: one(np.ones(DAYS, int), guard=-1),
        lambda: day_test(
            Counts.from_frame(
                pd.DataFrame({"K": 1}, index=pd.date_range("2019-01-07", periods=60, freq="7D")),
                freq="week",
                as_of="2020-03-01",
            )
        ),
    ],
)
def test_what_cannot_be_asked_says_so(call, snapshot):
    with pytest.raises(UptickError) as caught:
        call()
    assert str(caught.value) == snapshot


@pytest.mark.parametrize("process", ["negative_binomial", "ingarch", "lgcp"])
def test_size_named_and_picked_beside_the_poisson_tail(process):
    # A small honest version of benchmarks/day.py: fails when the lower 99 % limit exceeds the bar.
    n = 1000
    values = simulate_counts(process, mean=2.0, days=364 + 28 + 30, series=n, seed=78).values
    base, weekday = values[:364], np.arange(364) % 7
    day = ordinary_day(base, np.ones(base.shape, bool), weekday)
    for days in (1, 30):
        count = values[-days:].max(axis=0).astype(float)
        often = np.repeat(np.bincount(np.arange(days) % 7, minlength=7)[:, None] * 1.0, n, axis=1)
        p, _ = day_pvalue(
            day, base, np.ones(base.shape, bool), weekday, count, np.zeros(n, dtype=np.int64), often
        )
        called = int((p <= 0.05).sum())
        assert stats.beta.ppf(0.005, max(called, 1), n - called + 1) <= 0.06
    naive = stats.poisson.sf(values[-30:].max(axis=0) - 1, base.mean(axis=0)) <= 0.05
    assert naive.mean() > 0.5, "the largest of thirty days nearly always looks exceptional"
