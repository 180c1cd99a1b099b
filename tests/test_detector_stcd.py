"""Surveillance of single events: the reference's figures, plain loops, and exact areas of cut discs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cases import cases, load, numbers

from analytics.counts import Counts, count_incidents
from analytics.detectors._stcd import stcd
from analytics.errors import InputError, OptionError
from analytics.incidents import read_incidents
from analytics.kernels.space.scan import great_circle
from analytics.kernels.space.stcd import disc_areas

REFERENCE = 1e-9  # printed with 15 digits
SAME = 1e-10  # the same products in another order
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def brute(x, y, t, radius, epsilon, share=None):
    """Likelihood ratios of every cylinder at every moment, by plain loops; rows are moments."""
    rows = []
    for now in t:
        seen = t <= now
        ratio = []
        for k in np.flatnonzero(seen):
            near = seen & (np.hypot(x - x[k], y - y[k]) <= radius)
            inside, later = (near & (t >= t[k])).sum(), (seen & (t >= t[k])).sum()
            part = near.sum() / seen.sum() if share is None else share[k]
            ratio.append((1 + epsilon) ** inside * np.exp(-epsilon * part * later))
        rows.append(np.array(ratio))
    return rows


def some_events(n=60, seed=0, days=None):
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, n))
    t = np.sort(rng.uniform(0, 100, n)) if days is None else np.sort(rng.integers(0, days, n)).astype(float)
    x[-15:], y[-15:] = rng.normal(0.5, 0.05, (2, 15))
    return x, y, t


@pytest.mark.parametrize("case", cases("stcd"))
def test_reference(case):
    given_, out = load("stcd", case), load("stcd", case)["output"]
    control = given_["control"]
    found = stcd(
        *(numbers(given_["events"][name]) for name in "xyt"),
        radius=control["radius"],
        epsilon=control["epsilon"],
        threshold=control["threshold"],
        cusum=control["cusum"],
        compat="surveillance",
    )
    np.testing.assert_allclose(found.statistic, numbers(out["R"]), rtol=REFERENCE)
    first = -1 if found.first_alarm is None else found.first_alarm + 1
    start = -1 if found.cluster_start is None else found.cluster_start + 1
    assert (first, start) == (out["idxFA"], out["idxCC"])


@pytest.mark.parametrize("case", cases("stcd"))
def test_reference_without_its_running_maximum(case):
    """The sum is the reference's; the CUSUM is the present value, with the same first alarm."""
    given_ = load("stcd", case)
    control = given_["control"]
    x, y, t = (numbers(given_["events"][name]) for name in "xyt")
    options = {name: control[name] for name in ("radius", "epsilon", "cusum")}
    out = numbers(given_["output"]["R"])
    found = stcd(x, y, t, **options, threshold=float(np.median(out)))
    theirs = stcd(x, y, t, **options, threshold=float(np.median(out)), compat="surveillance")
    if control["cusum"]:
        np.testing.assert_allclose(np.maximum.accumulate(found.statistic), out, rtol=REFERENCE)
        assert (found.statistic < 0.99 * out).any()
    else:
        np.testing.assert_allclose(found.statistic, out, rtol=REFERENCE)
    assert found.first_alarm is not None
    assert (found.first_alarm, found.cluster_start) == (theirs.first_alarm, theirs.cluster_start)


@pytest.mark.parametrize("days", [None, 25], ids=["distinct times", "ties"])
@pytest.mark.parametrize("cusum", [False, True])
def test_equal_to_plain_loops(days, cusum):
    x, y, t = some_events(days=days)
    found = stcd(x, y, t, radius=0.15, epsilon=0.7, threshold=50.0, cusum=cusum)
    rows = brute(x, y, t, 0.15, 0.7)
    plain = [row.max() if cusum else row.sum() for row in rows]
    np.testing.assert_allclose(found.statistic, plain, rtol=SAME)
    for row, k in zip(rows, found.strongest, strict=True):
        assert row[k] == pytest.approx(row.max(), rel=SAME)


def test_a_uniform_expectation_uses_the_areas():
    x, y, t = some_events(seed=2, days=30)
    x, y = np.clip(x, 0, 1), np.clip(y, 0, 1)
    areas = disc_areas(np.column_stack([x, y]), 0.15, SQUARE)
    options = {"radius": 0.15, "epsilon": 0.7, "threshold": 50.0, "expected": "uniform"}
    found = stcd(x, y, t, region=(0, 1, 0, 1), **options)
    plain = [row.sum() for row in brute(x, y, t, 0.15, 0.7, share=areas)]
    np.testing.assert_allclose(found.statistic, plain, rtol=SAME)
    turned = stcd(x, y, t, region=SQUARE[::-1], **options)
    np.testing.assert_allclose(turned.statistic, found.statistic, rtol=SAME)
    for bad in ({}, {"area": 1.0}, {"region": (0.4, 0.5, 0.4, 0.5)}, {"region": (1, 2)}):
        with pytest.raises(OptionError):
            stcd(x, y, t, **bad, **options)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_input_does_not_matter(seed):
    x, y, t = some_events(40, seed, days=12)
    turned = np.random.default_rng(seed).permutation(40)
    options = {"radius": 0.2, "epsilon": 1.0, "threshold": 30.0}
    there, back = stcd(x, y, t, **options), stcd(x[turned], y[turned], t[turned], **options)
    np.testing.assert_allclose(there.statistic, back.statistic, rtol=SAME)
    np.testing.assert_array_equal(t[turned][back.order], back.t)
    assert there.first_alarm == back.first_alarm


def test_disc_areas_against_known_and_drawn_ones():
    radius = 0.3
    disc = np.pi * radius**2
    centres = np.array([[0.5, 0.5], [0.0, 0.5], [1.0, 1.0], [0.5, 1.0 + radius], [0.5, 5.0]])
    known = disc * np.array([1, 1 / 2, 1 / 4, 0, 0])
    np.testing.assert_allclose(disc_areas(centres, radius, SQUARE), known, atol=1e-12)
    assert disc_areas(np.array([[0.5, 0.5]]), 9.0, SQUARE)[0] == pytest.approx(1.0)
    # A region with a bay, either way round, against points on a fine grid.
    bay = np.array([[0, 0], [1, 0], [1, 1], [0.5, 0.4], [0, 1]], dtype=float)
    step = np.linspace(-0.5, 1.5, 1_001)
    px, py = np.meshgrid(step, step)
    roof = np.where(px < 0.5, 1 - 1.2 * px, 0.4 + 1.2 * (px - 0.5))
    in_bay = (px >= 0) & (px <= 1) & (py >= 0) & (py <= roof)
    for centre in np.random.default_rng(3).uniform(-0.1, 1.1, (20, 2)):
        drawn = (in_bay & (np.hypot(px - centre[0], py - centre[1]) <= radius)).sum() * (
            step[1] - step[0]
        ) ** 2
        for corners in (bay, bay[::-1]):
            assert disc_areas(centre[None], radius, corners)[0] == pytest.approx(drawn, abs=0.003)


def test_few_and_bad_events():
    options = {"radius": 1.0, "epsilon": 0.5, "threshold": 5.0}
    alone = stcd([0.0], [0.0], [3.0], **options)
    assert alone.statistic[0] == pytest.approx(1.5 * np.exp(-0.5))
    assert alone.first_alarm is None
    assert alone.cluster_start is None
    assert "no cluster" in alone.sentence()
    # All at once is no cluster in time: the disc holds what it always does.
    once = stcd(np.zeros(9), np.zeros(9), np.zeros(9), **options)
    np.testing.assert_allclose(once.statistic, 9 * 1.5**9 * np.exp(-0.5 * 9))
    for bad in (([], [], []), ([1.0], [1.0], [np.nan]), ([1.0, 2.0], [1.0], [1.0])):
        with pytest.raises(InputError):
            stcd(*bad, **options)
    with pytest.raises(InputError, match="y and t are missing"):
        stcd([1.0], **options)
    for name in options:
        with pytest.raises(OptionError, match=f"{name} must be above 0"):
            stcd([0.0], [0.0], [0.0], **{**options, name: 0})
    with pytest.raises(OptionError, match="unknown expected"):
        stcd([0.0], [0.0], [0.0], expected="even", **options)
    with pytest.raises(OptionError, match="refuses events of the same time"):
        stcd([0.0, 1.0], [0.0, 1.0], [2.0, 2.0], compat="surveillance", **options)


def test_a_large_cluster_does_not_overflow_into_silence():
    found = stcd(np.zeros(3_000), np.zeros(3_000), np.arange(3_000.0), radius=1, epsilon=9, threshold=1e3)
    assert not np.isnan(found.statistic).any()
    # Nothing but one place: no share of the events is unusual there.
    assert found.first_alarm is None
    far, n = np.r_[np.arange(5_000.0) * 10, np.zeros(900)], 5_900
    found = stcd(far, np.zeros(n), np.arange(float(n)), radius=1, epsilon=3, threshold=1e300)
    assert found.first_alarm is not None
    assert np.isinf(found.statistic).any()


def incidents_table(n=120, seed=5):
    """Simulated incidents around Kirkuk, the last 30 within 10 km of one point."""
    rng = np.random.default_rng(seed)
    latitude, longitude = rng.uniform(34.5, 36.0, n), rng.uniform(43.5, 45.0, n)
    latitude[-30:], longitude[-30:] = rng.normal(35.4, 0.03, 30), rng.normal(44.3, 0.03, 30)
    days = np.sort(rng.integers(0, 200, n))
    table = pd.DataFrame(
        {
            "date": (np.datetime64("2019-09-01") + days).astype(str),
            "admin1": "Kirkuk",
            "latitude": latitude,
            "longitude": longitude,
        }
    )
    table.loc[3, "latitude"] = np.nan
    return table


def test_incidents_by_great_circle_distance_and_by_period():
    table = incidents_table()
    incidents = read_incidents(table, as_of="2020-03-31")
    options = {"radius": 15.0, "epsilon": 1.0, "threshold": 500.0}
    found = stcd(incidents, **options)
    kept = table.drop(index=3)
    km = great_circle(kept["latitude"].to_numpy(), kept["longitude"].to_numpy())
    day = kept["date"].to_numpy().astype("datetime64[D]").astype(int)
    seen = day <= day.max()
    near = (km <= 15) & seen
    inside = (near & (day[None] >= day[:, None])).sum(axis=1)
    later = (day[None] >= day[:, None]).sum(axis=1)
    last = (2.0**inside * np.exp(-near.mean(axis=1) * later)).sum()
    assert found.statistic[-1] == pytest.approx(last, rel=SAME)
    assert any("1 incidents without coordinates" in note for note in found.notes)
    assert found.first_alarm is not None
    assert str(np.datetime64("1970-01-01") + int(found.t[found.first_alarm])) in found.sentence()
    assert "cluster since" in found.summary()["what"].tolist()
    assert "<table" in found._repr_html_()

    counts = count_incidents(incidents, by="admin1", freq="week", start="2019-08-26")
    alarms = found.alarms(counts)
    frame = alarms.frame
    week = np.datetime64("1970-01-01") + int(found.t[found.first_alarm])
    raised = frame.loc[frame["alarm"].fillna(False), "period"].to_numpy().astype("datetime64[D]")
    assert raised[0] <= week < raised[0] + 7
    quiet = frame["observed"] == 0
    assert frame.loc[quiet, "statistic"].isna().all()
    assert not frame.loc[quiet, "alarm"].fillna(False).any()
    assert frame["statistic"].max() == pytest.approx(found.statistic.max())
    hull = stcd(incidents, expected="uniform", **options)
    assert np.isfinite(hull.statistic).all()
    wide = stcd(incidents, expected="uniform", region=[[43, 34], [46, 34], [46, 37], [43, 37]], **options)
    assert (wide.statistic >= hull.statistic).all()


def test_dates_as_times_and_numbers_that_are_none():
    x, y, t = some_events(30, days=40)
    dates = np.datetime64("2020-01-06") + t.astype(int)
    options = {"radius": 0.2, "epsilon": 1.0, "threshold": 1.0}
    counts = Counts.from_frame(
        pd.DataFrame({"A": np.ones(6, int)}, index=pd.date_range("2020-01-06", periods=6, freq="7D")),
        freq="week",
        as_of="2020-02-16",
    )
    by_date, by_number = stcd(x, y, dates, **options), stcd(x, y, t, **options)
    np.testing.assert_array_equal(by_date.statistic, by_number.statistic)
    assert by_date.alarms(counts).alarm.any()
    with pytest.raises(OptionError, match="no dates"):
        by_number.alarms(counts)
    assert by_number.frame["alarm"].equals(by_date.frame["alarm"])
