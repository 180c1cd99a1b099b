"""The space-time scan: equal to brute force, what must not change it, and its size on a small sample."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.counts import Counts
from analytics.errors import InputError, UptickError
from analytics.kernels.space import scan as kernel
from analytics.results import CANNOT_BE_TOLD, SUPPORTED
from analytics.simulation import simulate_counts
from analytics.upticks.scan import scan_test
from analytics.upticks.scan_found import detectable_risk
from analytics.upticks.scan_inputs import steps_of

SAME = 1e-9  # the same sums in another order
END = np.datetime64("2020-04-12")
DAYS = 364


def counts_of(values, *, covered=None, regions=None, freq="day", simulated=False):
    names = [f"P{i:02d}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    counts = Counts.from_array(
        values, freq="day", as_of=END, regions=regions or names, coverage=covered, simulated=simulated
    )
    return replace(counts, freq=freq)


def spread(places, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(30, 37, places), rng.uniform(39, 48, places)])


def with_cluster(places=15, seed=3, extra=2.0):
    """Quiet places with a cluster: the three nearest to place 4, itself included, over the last ten days."""
    rng = np.random.default_rng(seed)
    where = spread(places, seed)
    values = rng.poisson(0.2, (DAYS, places))
    near = np.argsort(kernel.great_circle(where[:, 0], where[:, 1])[4])[:3]
    values[-10:, near] += rng.poisson(extra, (10, 3))
    return values, where, sorted(near.tolist())


def brute(values, where, longest, max_share=0.5, radius=np.inf):
    """Every cylinder in plain loops: (statistic, places, window)."""
    total = values.sum()
    best = (0.0, (), 0)
    for centre in range(values.shape[1]):
        lat, lon = np.radians(where).T
        cosine = np.sin(lat[centre]) * np.sin(lat) + np.cos(lat[centre]) * np.cos(lat) * np.cos(
            lon - lon[centre]
        )
        distance = 6371.0088 * np.arccos(np.clip(cosine, -1, 1))
        order = np.argsort(np.where(np.arange(len(lat)) == centre, -1, distance), kind="stable")
        for size in range(1, len(order) + 1):
            members = order[:size]
            zone = values[:, members].sum()
            if zone > max_share * total or zone == 0 or distance[members].max() > radius:
                continue
            for window in range(1, longest + 1):
                inside = values[-window:, members].sum()
                expected = zone * values[-window:].sum() / total
                if inside > expected:
                    value = inside * np.log(inside / expected)
                    if inside < total:
                        value += (total - inside) * np.log((total - inside) / (total - expected))
                    if value > best[0] + SAME:
                        best = (value, tuple(sorted(members)), window)
    return best


@pytest.mark.parametrize(("max_share", "radius"), [(0.5, None), (0.3, None), (0.5, 300.0)])
def test_cluster_and_statistic_equal_brute_force(max_share, radius):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        values, where = rng.poisson(0.3, (80, 7)), spread(7, seed)
        result = scan_test(
            counts_of(values),
            places=where,
            window_max=10,
            history=80,
            max_share=max_share,
            radius=radius,
            replicates=19,
        )
        row = result.frame.iloc[0]
        statistic, members, window = brute(values, where, 10, max_share, radius or np.inf)
        assert row["statistic"] == pytest.approx(statistic, abs=SAME)
        assert row["places"] == ", ".join(f"P{i:02d}" for i in members)
        assert row["periods"] == window


@pytest.mark.parametrize("null", ["rotation", "permutation"])
def test_the_maxima_of_replicates_equal_brute_force(null):
    rng = np.random.default_rng(5)
    values, where = rng.poisson(0.2, (60, 6)), spread(6, 5)
    zones = kernel.neighbour_zones(
        kernel.great_circle(where[:, 0], where[:, 1]), values.sum(axis=0), max_share=0.5
    )
    make = kernel.rotated_windows if null == "rotation" else kernel.permuted_windows
    drawn = make(values, 7, np.random.default_rng(1))(40)
    maxima = kernel.scan_maxima(zones, make(values, 7, np.random.default_rng(1)), 7, 40, int(values.sum()))
    for b in range(40):
        # A data set with the same last days and the same totals of places.
        daily = np.diff(drawn[:, :, b].astype(int), axis=1, prepend=0).T[::-1]
        rest = values.sum(axis=0) - daily.sum(axis=0)
        assert maxima[b] == pytest.approx(brute(np.vstack([rest, daily]), where, 7)[0], abs=SAME)


def test_tiles_do_not_change_the_maxima(monkeypatch):
    values, where, _ = with_cluster()
    zones = kernel.neighbour_zones(
        kernel.great_circle(where[:, 0], where[:, 1]), values.sum(axis=0), max_share=0.5
    )
    fixed = kernel.rotated_windows(values, 14, np.random.default_rng(2))(100)

    def replay():
        done = [0]

        def draw(n):
            first = done[0]
            done[0] += n
            return np.ascontiguousarray(fixed[:, :, first : first + n])

        return draw

    whole = kernel.scan_maxima(zones, replay(), 14, 100, int(values.sum()))
    monkeypatch.setattr(kernel, "_TILE_BYTES", 1)
    np.testing.assert_array_equal(kernel.scan_maxima(zones, replay(), 14, 100, int(values.sum())), whole)


def test_rotation_turns_each_place_by_itself():
    values = np.random.default_rng(0).poisson(0.5, (40, 3))
    drawn = kernel.rotated_windows(values, 5, np.random.default_rng(9))(200)
    shifts = np.random.default_rng(9).integers(0, 40, (3, 200))
    for place in range(3):
        for b in range(200):
            turned = np.roll(values[:, place], 39 - shifts[place, b])
            np.testing.assert_array_equal(drawn[place, :, b], np.cumsum(turned[::-1])[:5])


def test_permutation_keeps_the_totals_of_the_days():
    values = np.random.default_rng(0).poisson(0.5, (40, 4))
    drawn = kernel.permuted_windows(values, 6, np.random.default_rng(1))(300)
    np.testing.assert_array_equal(
        drawn.sum(axis=0), np.cumsum(values[::-1].sum(axis=1))[:6, None].repeat(300, axis=1)
    )
    expected = values.sum(axis=0) * values[-6:].sum() / values.sum()
    np.testing.assert_allclose(drawn[:, -1].mean(axis=1), expected, rtol=0.15)  # four standard errors


def test_many_events_do_not_overflow():
    values = np.random.default_rng(0).poisson(40.0, (120, 8))
    where = spread(8)
    result = scan_test(counts_of(values), places=where, window_max=10, history=120, replicates=19)
    assert values.sum() > np.iinfo(np.int16).max
    assert result.frame["statistic"].iloc[0] == pytest.approx(brute(values, where, 10)[0], rel=1e-9)
    assert (result.details["maxima"]["statistic"] < 40).all()


def test_a_cluster_is_found_and_mapped(snapshot):
    values, where, near = with_cluster()
    result = scan_test(counts_of(values, simulated=True), places=where, replicates=199)
    row = result.frame.iloc[0]
    assert row["verdict"] == SUPPORTED
    assert row["places"] == ", ".join(f"P{i:02d}" for i in near)
    assert row["pvalue"] == 1 / 200
    assert row["p_gumbel"] < 0.01
    table = result.details["places"].set_index("place")
    assert table.index[table["in_cluster"]].tolist() == [f"P{i:02d}" for i in near]
    inside = table[table["in_cluster"]]
    assert inside["observed"].sum() == row["observed"]
    assert inside["expected"].sum() == pytest.approx(row["expected"])
    assert table["observed"].sum() == pytest.approx(table["expected"].sum())
    np.testing.assert_array_equal(table[["lat", "lon"]], where)
    total = values.sum()
    risk = row["observed"] / row["expected"] * (total - row["expected"]) / (total - row["observed"])
    assert row["estimate"] == pytest.approx(risk)
    assert result.sentence() == snapshot
    first = result.details["clusters"].iloc[0]
    assert first["statistic"] == row["statistic"]
    assert result.details["clusters"]["pvalue"].is_monotonic_increasing


def test_an_uptick_everywhere_is_no_cluster():
    values = np.random.default_rng(1).poisson(0.3, (DAYS, 15))
    values[-14:] *= 4
    assert scan_test(counts_of(values), places=spread(15), replicates=99).frame["pvalue"].iloc[0] > 0.05


def test_the_order_of_places_does_not_matter():
    values, where, _ = with_cluster()
    where = np.round(where)  # on a grid, where many places are equally far
    order = np.random.default_rng(0).permutation(15)
    names = np.array([f"P{i:02d}" for i in range(15)])
    one = scan_test(counts_of(values), places=where, replicates=19).frame.iloc[0]
    two = scan_test(
        counts_of(values[:, order], regions=tuple(names[order])), places=where[order], replicates=19
    ).frame.iloc[0]
    assert two["statistic"] == pytest.approx(one["statistic"], abs=SAME)
    assert two["places"] == one["places"]


def test_a_silent_place_changes_nothing_and_the_seed_decides():
    values, where, _ = with_cluster()
    one = scan_test(counts_of(values), places=where, replicates=99)
    two = scan_test(
        counts_of(np.column_stack([values, np.zeros(DAYS, int)])),
        places=np.vstack([where, [33.0, 44.0]]),
        replicates=99,
    )
    assert two.frame["statistic"].iloc[0] == one.frame["statistic"].iloc[0]
    np.testing.assert_array_equal(two.details["maxima"], one.details["maxima"])
    other = scan_test(counts_of(values), places=where, replicates=99, seed=1)
    assert not np.array_equal(other.details["maxima"], one.details["maxima"])


def test_places_may_come_as_tables():
    values, where, _ = with_cluster()
    counts = counts_of(values)
    plain = scan_test(counts, places=where, replicates=19).frame
    table = pd.DataFrame({"region": counts.regions, "latitude": where[:, 0], "longitude": where[:, 1]})
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(scan_test(counts, places=shuffled, replicates=19).frame, plain)
    indexed = table.set_index("region").rename(columns={"latitude": "lat", "longitude": "lon"})
    pd.testing.assert_frame_equal(scan_test(counts, places=indexed, replicates=19).frame, plain)


def test_a_place_with_a_gap_is_left_out_and_named():
    values, where, near = with_cluster()
    covered = np.ones(values.shape, bool)
    covered[100, 8] = False
    assert 8 not in near
    result = scan_test(counts_of(np.where(covered, values, 0), covered=covered), places=where, replicates=19)
    keep = np.arange(15) != 8
    without = scan_test(
        counts_of(values[:, keep], regions=tuple(f"P{i:02d}" for i in range(15) if i != 8)),
        places=where[keep],
        replicates=19,
    )
    assert result.frame["statistic"].iloc[0] == without.frame["statistic"].iloc[0]
    assert any("left out: P08" in note for note in result.notes)
    left = result.details["places"].set_index("place").loc["P08"]
    assert not left["tested"]
    assert np.isnan(left["observed"])


def test_what_cannot_be_told_says_why():
    where = spread(4)
    quiet = np.zeros((DAYS, 4), int)
    one_place = quiet.copy()
    one_place[::9, 2] = 1
    none_lately = np.zeros((DAYS, 4), int)
    none_lately[:100] = 1
    lopsided = np.ones((DAYS, 2), int) * [1, 3]
    uncovered = np.zeros((DAYS, 4), bool)
    for values, given, covered, reason, p in (
        (quiet, where, None, "no incident in the time studied", np.nan),
        (one_place, where, None, "all incidents are at one place", np.nan),
        (one_place[:, [2]], where[:1], None, "one place only", np.nan),
        (quiet, where, uncovered, "no place has coverage", np.nan),
        (none_lately, where, None, "no place had more incidents lately", 1.0),
        (lopsided, where[:2], None, "no place had more incidents lately", 1.0),
    ):
        result = scan_test(counts_of(values, covered=covered), places=given, replicates=19)
        row = result.frame.iloc[0]
        assert row["verdict"] == CANNOT_BE_TOLD
        assert reason in row["reason"]
        np.testing.assert_equal(row["pvalue"], p)
        assert not result.details["places"]["in_cluster"].any()
        assert reason in result.text()


def test_too_few_incidents_are_not_called():
    values = np.zeros((DAYS, 12), int)
    values[np.arange(0, 300, 25), np.arange(12)] = 1
    values[-1, 3] = 1
    values[-2, 3] = 1
    row = scan_test(counts_of(values), places=spread(12), replicates=99, alpha=0.2).frame.iloc[0]
    assert row["verdict"] == CANNOT_BE_TOLD


def test_no_risk_is_stated_where_all_incidents_in_one_place_would_not_be_called():
    # Five incidents, a tenth of them expected in 14 of 140 days: five there have a ratio of 5 log 100.
    most = kernel.log_likelihood_ratio(np.array([5]), 0.05, 5)[0]
    assert most == pytest.approx(5 * np.log(100))
    found = SimpleNamespace(maxima=np.array([most, most - 1]), total=5)
    assert np.isnan(detectable_risk(found, 140, 14, 0.4))
    weaker = SimpleNamespace(maxima=np.array([most - 0.1, most - 1]), total=5)
    # The mean of a Poisson count that is five or more with 80 %, 6.72 (by its tail), over what is expected.
    assert stats.poisson.sf(4, 0.05 * detectable_risk(weaker, 140, 14, 0.4)) == pytest.approx(0.8)


def test_weeks_shown_are_scanned_by_day_where_days_are_held():
    values, where, near = with_cluster()
    result = scan_test(counts_of(values, freq="week"), places=where, replicates=19)
    assert result.frame["places"].iloc[0] == ", ".join(f"P{i:02d}" for i in near)
    weekly = counts_of(values).resample("week")
    row = scan_test(weekly, places=where, replicates=19).frame.iloc[0]
    assert row["periods"] == 2
    assert row["start"] == pd.Timestamp("2020-03-30")
    assert row["end"] == pd.Timestamp("2020-04-12")


@pytest.mark.parametrize(
    "options",
    [
        {"null": "rotate"},
        {"max_share": 0.9},
        {"radius": 0},
        {"replicates": 10},
        {"window_max": 0},
        {"window_max": 60},
        {"history": 400},
        {"alpha": 2},
        {"places": np.zeros((2, 2))},
        {"places": np.full((3, 2), 200.0)},
        {"places": pd.DataFrame({"lat": [1.0], "lon": [1.0]}, index=["P00"])},
        {"places": pd.DataFrame({"x": [1.0], "y": [1.0]})},
        {"places": pd.DataFrame({"lat": [1.0, 2.0], "lon": [1.0, 2.0]}, index=["P00", "P00"])},
    ],
)
def test_what_cannot_be_scanned_says_so(options, snapshot):
    with pytest.raises(UptickError) as caught:
        scan_test(counts_of(np.ones((DAYS, 3), int)), **({"places": spread(3)} | options))
    assert str(caught.value) == snapshot


def test_great_circle_distances():
    distance = kernel.great_circle(np.array([36.19, 33.31]), np.array([44.01, 44.37]))
    assert distance[0, 1] == pytest.approx(322, abs=1)  # Erbil to Baghdad
    np.testing.assert_array_equal(np.diag(distance), 0.0)


def test_gumbel_is_near_the_monte_carlo_value():
    values, where, _ = with_cluster(extra=0.2)
    row = scan_test(counts_of(values), places=where).frame.iloc[0]
    assert 0.02 < row["pvalue"] < 0.98
    assert row["p_gumbel"] == pytest.approx(row["pvalue"], abs=0.05)


def test_the_correction_is_one_without_dependence_and_more_with_it():
    independent = simulate_counts("poisson", mean=0.5, days=DAYS, series=400, seed=1).values
    excited = simulate_counts("hawkes_0.6", mean=0.5, days=DAYS, series=400, seed=1).values
    assert kernel.rotation_correction(independent, 28) == pytest.approx(1.0, abs=0.01)
    assert 1.03 < kernel.rotation_correction(excited, 28) < 1.2
    # What it stands for, by simulation: the variance of the last window over that of all positions.
    many = simulate_counts("hawkes_0.6", mean=0.5, days=DAYS, series=6000, seed=2).values
    wheel = np.vstack([np.zeros(6000), np.cumsum(np.vstack([many, many[:27]]), axis=0)])
    sums = wheel[28:] - wheel[:-28]
    last = ((sums[DAYS - 28] - sums.mean(axis=0)) ** 2).mean()
    assert 1.0 < last / sums.var(axis=0).mean() < 1.2  # standard error 0.03
    assert kernel.rotation_correction(np.zeros((DAYS, 3), int), 28) == 1.0


def test_size_on_quiet_panels():
    # A small honest version of benchmarks/scan.py: fails when the lower 99 % limit exceeds the bar.
    panels, places = 150, 12
    called = {"rotation": 0, "permutation": 0}
    simulated = simulate_counts("hawkes_0.6", mean=0.2, days=DAYS, series=panels * places, seed=4).values
    rng = np.random.default_rng(2)
    for i in range(panels):
        values, where = simulated[:, i * places : (i + 1) * places], spread(places, i)
        total = int(values.sum())
        zones = kernel.neighbour_zones(
            kernel.great_circle(where[:, 0], where[:, 1]), values.sum(axis=0), max_share=0.5
        )
        top = kernel.scan_observed(zones, np.cumsum(values[::-1][:28], axis=0).T, total)[0].max()
        for name, make, c in (
            ("rotation", kernel.rotated_windows, kernel.rotation_correction(values, 28)),
            ("permutation", kernel.permuted_windows, 1.0),
        ):
            if name == "permutation" and i >= 20:
                continue
            maxima = c * kernel.scan_maxima(zones, make(values, 28, rng), 28, 99, total)
            called[name] += (1 + (maxima >= top - SAME).sum()) / 100 <= 0.05
    assert stats.beta.ppf(0.005, max(called["rotation"], 1), panels - called["rotation"] + 1) <= 0.07
    assert called["permutation"] >= 12, "the permutation null cries wolf on most of 20 quiet panels"


def test_speed():
    # One second is promised on one idle core; loose here, because other tests run beside it.
    rng = np.random.default_rng(0)
    series = np.zeros((365, 200), int)
    np.add.at(series, (rng.integers(0, 365, 2000), rng.integers(0, 200, 2000)), 1)
    where = spread(200)
    begin = time.perf_counter()
    scan_test(counts_of(series), places=where, history=365)
    assert time.perf_counter() - begin < 5.0


def test_zones_that_grow_over_borders_equal_brute_force():
    rng = np.random.default_rng(11)
    where = rng.uniform(0, 3, (7, 2)) + np.array([33, 44])
    distance = kernel.great_circle(where[:, 0], where[:, 1])
    borders = {(0, 1), (1, 2), (2, 3), (0, 4), (4, 5)}  # 6 touches nothing
    table = pd.DataFrame([(f"r{a}", f"r{b}") for a, b in borders], columns=["region", "neighbour"])
    names = [f"r{i}" for i in range(7)]
    counts = Counts.from_array(rng.poisson(2, (30, 7)), start="2020-01-06", regions=names)
    steps = steps_of(counts, table)
    assert steps[0].tolist() == [0, 1, 2, 3, 1, 2, np.inf]
    totals = counts.values.sum(axis=0)
    zones = kernel.neighbour_zones(distance, totals, max_share=0.7, steps=steps)
    found = {frozenset(zones.order[c, :n].tolist()) for c, n in zip(zones.centre, zones.size, strict=True)}
    expected = set()
    for centre in range(7):
        near = list(zip(steps[centre], distance[centre], range(7), strict=True))
        reached = [i for step, _, i in sorted(near) if np.isfinite(step)]
        for size in range(1, len(reached) + 1):
            members = reached[:size]
            if totals[members].sum() <= 0.7 * totals.sum():
                expected.add(frozenset(members))
    assert found == expected
    assert not any(6 in zone and len(zone) > 1 for zone in found)


def test_a_cluster_does_not_reach_over_a_border_that_is_none():
    days, rng = 370, np.random.default_rng(5)
    daily = rng.poisson(0.3, (days, 10))
    daily[-10:, [0, 2]] += rng.poisson(3.0, (10, 2))
    names = [f"r{i}" for i in range(10)]
    counts = Counts.from_array(daily, freq="day", start="2019-04-09", regions=names)
    where = np.column_stack([np.full(10, 33.0), 44 + 0.2 * np.arange(10)])
    # r0 and r2 touch; r1 lies between them on the map and touches neither.
    pairs = [("r0", "r2"), *((f"r{i}", f"r{i + 1}") for i in range(2, 9))]
    borders = pd.DataFrame(pairs, columns=["region", "neighbour"])
    near = scan_test(counts, places=where, replicates=99)
    touching = scan_test(counts, places=where, neighbours=borders, replicates=99)
    assert touching.frame["places"].tolist() == ["r0, r2"]
    assert touching.frame["verdict"].tolist() == ["supported"]
    assert near.frame["places"].tolist() != ["r0, r2"]
    assert touching.parameters["zones"] == "over borders"
    with pytest.raises(InputError, match="no two of the regions counted are neighbours"):
        scan_test(counts, places=where, neighbours=borders.replace("r", "x", regex=True), replicates=99)
