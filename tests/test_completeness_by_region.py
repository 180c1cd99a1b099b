"""Completeness that differs between regions: each is held against its own. Simulated counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics import Counts, uptick_test
from analytics.counts.completeness import Completeness
from analytics.detectors import recent_window

SHARES = np.array([1.0, 0.8, 0.5, 0.3])
UNSURE = np.array([0.0, 0.05, 0.1, 0.0])
SAME = 1e-9  # one test, by two ways
RUNS = 80  # quiet panels of four; standard error of a share of 5 % of 80: 2.4 %, of 320: 1.2 %


def panel(seed: int, *, mean: float = 2.0, days: int = 406, times: int = 1, alike: bool = False) -> Counts:
    """Four regions (or so many times) with one rate, whose last fortnight is reported to different shares."""
    rng, shares = np.random.default_rng(seed), np.tile(SHARES, times)
    values = rng.poisson(mean, (days, len(shares)))
    values[-14:] = rng.binomial(values[-14:], shares)
    counts = Counts.from_array(values, start="2018-01-01", freq="day")
    share, deviation = np.ones(values.shape), np.zeros(values.shape)
    share[-14:] = SHARES.mean() if alike else shares
    deviation[-14:] = 0.0 if alike else np.tile(UNSURE, times)
    return replace(counts, completeness=Completeness(share, deviation, "given"))


def alone(counts: Counts, at: int) -> Counts:
    known = counts.completeness
    assert known is not None
    picked = Counts.from_array(
        counts.values[:, [at]], start="2018-01-01", freq="day", regions=[counts.regions[at]]
    )
    return replace(picked, completeness=known.columns([at]))


@pytest.mark.parametrize("options", [{"method": "lrd_b"}, {"method": "poisson_wald"}, {"direction": "less"}])
def test_among_others_a_region_has_the_numbers_that_it_has_alone(options):
    counts = panel(1)
    whole = uptick_test(counts, **options).frame.set_index("region")
    for at, name in enumerate(counts.regions):
        own = uptick_test(alone(counts, at), **options).frame.iloc[0]
        for number in ("expected", "rate_ratio", "limit", "pvalue"):
            assert whole.loc[name, number] == pytest.approx(own[number], rel=1e-6, nan_ok=True)
    assert whole["completeness"].to_numpy() == pytest.approx(SHARES)


def test_against_an_expectation_too():
    counts = panel(2, days=900)
    options = {"null": "expected", "method": "lrd_b"}
    whole = uptick_test(counts, **options).frame
    own = [uptick_test(alone(counts, at), **options).frame.iloc[0] for at in range(4)]
    for number in ("pvalue", "expected", "limit"):
        assert whole[number].to_numpy() == pytest.approx([row[number] for row in own], rel=1e-6)
    complete = uptick_test(replace(counts, completeness=None), **options).frame
    assert (whole["expected"] / complete["expected"]).to_numpy() == pytest.approx(SHARES, rel=1e-9)


@pytest.mark.parametrize("null", ["constant", "expected"])
def test_the_rolling_test_says_the_same(null):
    counts = panel(3, days=900)
    frame = uptick_test(counts, null=null, method="lrd_b").frame
    rolling = recent_window(counts, null=null, last=2)
    np.testing.assert_allclose(rolling.pvalue[-1], frame["pvalue"], rtol=SAME)
    np.testing.assert_allclose(14 * rolling.expected[-1], frame["expected"], rtol=SAME)


def test_a_picked_window_expects_what_each_region_has_reported():
    frame = uptick_test(panel(4), recent="scan").frame
    days = frame["recent_days"].to_numpy()
    late = np.minimum(days, 14)
    assert frame["completeness"].to_numpy() == pytest.approx((days - late + late * SHARES) / days)
    assert (frame["expected"] / days / frame["completeness"]).to_numpy() == pytest.approx(
        np.full(4, 2.0), rel=0.1
    )


def test_what_regions_lie_in_has_their_mean_by_what_they_hold():
    counts = panel(5)
    nested = replace(counts, parents=("x", "x", "y", "y"), whole=True)
    result = uptick_test(nested)
    within = result.evidence.nested
    held = counts.values[:364].sum(axis=0)
    wanted = [np.average(SHARES[i : i + 2], weights=held[i : i + 2]) for i in (0, 2)]
    assert within.asked.completeness[0] == pytest.approx(wanted, rel=1e-4)
    assert within.asked.deviation[0] == pytest.approx(
        [np.average(UNSURE[i : i + 2], weights=held[i : i + 2]) for i in (0, 2)], rel=1e-4
    )
    assert len(result.watch()) == 4


def test_the_mean_of_all_regions_calls_those_that_are_reported_sooner():
    """With one share for all, a region that is all in looks as if it had risen; with its own it does not."""
    one, own = (
        (uptick_test(panel(6, times=RUNS, alike=alike), method="lrd_b").frame["pvalue"] <= 0.05)
        .to_numpy()
        .reshape(RUNS, len(SHARES))
        .mean(axis=0)
        for alike in (True, False)
    )
    assert one[0] > 0.25
    assert (own <= 0.065 + 3 * 0.024).all()
    assert own.mean() <= 0.065 + 3 * 0.012
