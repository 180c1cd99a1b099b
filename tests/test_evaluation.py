"""Metrics against small arrays worked by hand and brute force; injected upticks; evaluation on a history."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.counts import Counts
from analytics.detectors.grid import grid_of, make_alarms
from analytics.detectors.registry import DETECTORS, detector_spec
from analytics.errors import HistoryError, InputError, OptionError
from analytics.evaluation import evaluate, pvalue_calibration, score_alarms, score_fdr, score_matched
from analytics.evaluation.registered import registered, specs_for
from analytics.evaluation.replicates import make_replicates, whole_periods
from analytics.evaluation.scores import (
    confusion,
    detections,
    episodes_at,
    estimate_ratio,
    match_episodes,
    match_share,
    randomised_pit,
    realised_fdr,
    resampling_weights,
    uniformity,
)
from analytics.kernels.common.episodes import episode_onsets
from analytics.monitoring.budget import parse_budget
from analytics.results import Alarms, DetectorRun
from analytics.simulation.injection import inject, shape_weights
from analytics.simulation.panels import simulate_panel

SIGMAS = 5  # Monte Carlo errors allowed: 1 in 3.5 million by chance, on fixed seeds


def counts_above(counts: Counts, *, limit: float = 6.0, last: int | None = None) -> Alarms:
    """Alarm where the period's count is above the limit: a detector simple enough to check by hand."""
    grid = grid_of(counts, last=last)
    values = grid.values[grid.first :].astype(float)
    run = DetectorRun("counts_above", "The count itself.", parameters={"limit": limit})
    return make_alarms(grid, run, alarm=values > limit, statistic=values)


def weekly(values: np.ndarray, **options: object) -> Counts:
    columns = [f"R{i + 1}" for i in range(values.shape[1])]
    index = pd.date_range("2015-01-05", periods=len(values), freq="7D")
    as_of = index[-1] + pd.Timedelta(days=6)
    return Counts.from_frame(
        pd.DataFrame(values, index=index, columns=columns), freq="week", as_of=as_of, **options
    )


# -- kernels ---------------------------------------------------------------------------------------------


def test_cells_by_hand():
    alarm = np.array([[1, 0], [1, 1], [0, 0], [1, 1]], dtype=bool)
    truth = np.array([[1, 0], [0, 1], [1, 0], [0, 0]], dtype=bool)
    tested = np.array([[1, 1], [1, 1], [1, 1], [1, 0]], dtype=bool)
    found = confusion(alarm, truth, tested)
    assert [part.tolist() for part in found] == [[1, 1], [2, 0], [1, 0], [0, 2]]
    sums = {name: (int(a.sum()), int(b.sum())) for name, (a, b) in found.ratios().items()}
    assert sums == {
        "sensitivity": (2, 3),
        "specificity": (2, 4),
        "fpr": (2, 4),
        "ppv": (2, 4),
        "f1": (4, 7),
    }


def test_detections_by_hand():
    alarm = np.zeros((8, 4), dtype=bool)
    alarm[4:6, 0] = True  # starts with the uptick's second week
    alarm[2:5, 1] = True  # had started before it
    alarm[7, 2] = True  # after it
    first, last = np.full(4, 3), np.full(4, 5)
    starts = detections(alarm, first, last, 7)
    assert starts[0].tolist() == [True, False, False, False]
    assert np.array_equal(starts[1], [1, np.nan, np.nan, np.nan], equal_nan=True)
    any_alarm = detections(alarm, first, last, 7, start=False)
    assert any_alarm[0].tolist() == [True, True, False, False]
    assert np.array_equal(any_alarm[1], [1, 0, np.nan, np.nan], equal_nan=True)


def brute_force(statistic, tested, threshold, period_days):
    alarm = tested & (np.nan_to_num(statistic, nan=-np.inf) >= threshold)
    return int(episode_onsets(alarm, period_days).sum())


grids = st.integers(0, 10_000).map(
    lambda seed: (
        np.round(np.random.default_rng(seed).normal(size=(25, 3)), 1),
        np.random.default_rng(seed + 1).random((25, 3)) < 0.9,
    )
)


@given(grids, st.sampled_from([1, 7]), st.floats(0.2, 60))
@settings(max_examples=60, deadline=None)
def test_the_sweep_agrees_with_trying_every_threshold(grid, period_days, rate):
    statistic, tested = grid
    values = np.unique(statistic[tested])[::-1]
    swept = episodes_at(statistic, tested, values, period_days)
    assert swept.tolist() == [brute_force(statistic, tested, c, period_days) for c in values]
    years = tested.sum() * period_days / 365.25
    best = np.inf
    for c, episodes in zip(values, swept, strict=True):
        if episodes > rate * years:
            break
        best = c
        if episodes == swept.max():
            break
    assert float(match_episodes(statistic, tested, rate, period_days)) == best


@given(grids, st.sampled_from([0.005, 0.05, 0.3, 1.0]))
@settings(max_examples=40, deadline=None)
def test_the_share_is_kept_and_no_lower_threshold_keeps_it(grid, share):
    statistic, tested = grid
    threshold = match_share(statistic, tested, share)
    values = statistic[tested]
    assert (values >= threshold).mean() <= share
    lower = values[values < threshold]
    assert not lower.size or (values >= lower.max()).mean() > share


def test_bootstrap_errors_are_those_of_independent_clusters():
    rng = np.random.default_rng(1)
    hits = rng.binomial(10, 0.3, 200)
    found = estimate_ratio(hits, np.full(200, 10), resampling_weights(200, seed=2))
    assert found.value == hits.sum() / 2000
    assert found.se == pytest.approx(hits.std(ddof=1) / 10 / np.sqrt(200), rel=0.1)
    assert found.low < 0.3 < found.high


@pytest.mark.parametrize("all_of_them", [False, True])
def test_nothing_to_resample_gives_the_exact_interval(all_of_them):
    hits = np.full(4, 5 * all_of_them)
    found = estimate_ratio(hits, np.full(4, 5), resampling_weights(4, seed=1))
    exact = stats.binomtest(int(hits.sum()), 20).proportion_ci(0.95)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))
    if not all_of_them:
        rate = estimate_ratio(hits, np.full(4, 5), resampling_weights(4, seed=1), kind="rate")
        assert rate.high == pytest.approx(-np.log(0.025) / 20)  # P(none | mean) = 2.5 %
    assert np.isnan(estimate_ratio(np.zeros(4), np.zeros(4), resampling_weights(4, seed=1)).value)


def test_randomised_pvalues_of_the_right_distribution_are_uniform():
    y = np.random.default_rng(3).poisson(1.5, 20_000)
    right = randomised_pit(stats.poisson.sf(y - 1, 1.5), stats.poisson.sf(y, 1.5), seed=4)
    assert uniformity(right).distance < 1.95 / np.sqrt(20_000)  # Kolmogorov's 0.1 % point
    wrong = randomised_pit(stats.poisson.sf(y - 1, 1.2), stats.poisson.sf(y, 1.2), seed=4)
    assert uniformity(wrong).distance > 0.05
    assert uniformity(right).histogram.sum() == pytest.approx(1)
    assert np.isnan(uniformity(np.array([np.nan])).distance)


def test_fdr_by_hand():
    rejected = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    truth = np.array([[1, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]], dtype=bool)
    fdr, se, power = realised_fdr(rejected, truth)
    assert fdr == pytest.approx(0.5 / 3)
    assert se == pytest.approx(np.std([0.5, 0, 0], ddof=1) / np.sqrt(3))
    assert power == 0.5


# -- scoring against a known truth -----------------------------------------------------------------------


def scored() -> tuple[Alarms, np.ndarray]:
    values = np.ones((40, 2), dtype=int)
    values[[5, 20, 21], 0] = 9
    values[30, 1] = 8
    truth = np.zeros((40, 2), dtype=int)
    truth[20:23, 0] = 3
    truth[10:12, 1] = 3
    return counts_above(weekly(values)), truth


def test_scores_by_hand():
    alarms, truth = scored()
    row = score_alarms(alarms, truth).iloc[0]
    assert (row["series"], row["upticks"], row["tested"]) == (2, 2, 1.0)
    assert row["pod"] == 0.5
    assert row["fpr"] == 2 / 75
    assert row["sensitivity"] == 2 / 5
    assert row["ppv"] == 2 / 4
    assert row["f1"] == 4 / (4 + 2 + 3)
    assert (row["delay"], row["delay_median"]) == (0, 0)
    assert row["per_year"] == pytest.approx(2 / (75 * 7 / 365.25))


def test_matched_scores_move_the_threshold():
    alarms, truth = scored()
    found = score_matched(alarms, truth, fpr=[0.014], per_year=[1.0]).set_index("matched")
    assert found.loc["fpr", "threshold"] == 9  # one of 75 quiet cells reaches it, two reach 8
    assert found.loc["per_year", "threshold"] == 9
    assert found.loc["fpr", "fpr"] == 1 / 75
    without = replace(alarms, statistic=None)
    assert score_matched(without, truth).empty
    # Where the detector raises none, neither does another threshold.
    barred = replace(alarms, alarm=np.zeros_like(alarms.alarm), barred=truth > 0)
    held = score_matched(barred, truth, fpr=[0.014, 0.5], per_year=[])
    assert held["fpr"].tolist() == [1 / 75, 2 / 75]
    assert held["pod"].tolist() == [0.0, 0.0]


def test_the_share_of_false_alarms_by_hand():
    alarms, truth = scored()
    row = score_fdr(alarms, truth, block=20).iloc[0]
    assert (row["periods"], row["alarms"]) == (40, 4)
    assert row["fdr"] == 2 / 40  # weeks 5 and 30 hold nothing but a false alarm
    assert row["fdr_se"] == 0  # one in each block of twenty
    assert row["power"] == 2 / 5


def test_adjusting_over_regions_keeps_the_false_discovery_rate():
    rng = np.random.default_rng(7)
    truth = np.zeros((400, 30), dtype=bool)
    truth[:, :6] = True
    alarms = counts_above(weekly(rng.poisson(1, (400, 30))))
    pvalue = np.where(truth, rng.beta(0.1, 8, truth.shape), rng.random(truth.shape))
    run = replace(alarms.runs[0], kind="pvalue")
    adjusted = replace(alarms, pvalue=pvalue, runs=(run,)).adjust(over="regions", alpha=0.2)
    row = score_fdr(adjusted, truth).iloc[0]
    assert abs(row["fdr"] - 0.2 * 24 / 30) < SIGMAS * row["fdr_se"]  # alpha times the share of true nulls
    assert row["power"] > 0.5


def test_thresholds_by_formula_and_by_calibration():
    by_formula = registered([detector_spec("ears_c1")], panel(), parse_budget(1))["ears_c1"]
    assert by_formula.threshold == pytest.approx(np.full(6, 7 / 365.25))
    found = evaluate(panel(), detectors=["ears_c1"], thresholds="history", replicates=5)
    assert found.frame["per_year_low"][0] < 1.0 < 2 * found.frame["per_year_high"][0]
    assert found.parameters["thresholds"] == "history"


def test_without_a_name_all_detectors_that_answer_each_region_alone_are_meant():
    assert [spec.name for spec in specs_for(None, panel())] == [
        name for name, spec in DETECTORS.items() if spec.by_region
    ]
    days = simulate_panel(regions=2, periods=30, freq="day", seed=1).to_counts()
    for_days = {spec.name for spec in specs_for(None, days)}
    assert "ears_c1" in for_days
    assert not for_days & {name for name, spec in DETECTORS.items() if not (spec.daily and spec.by_region)}


def test_a_detector_of_all_regions_has_one_threshold():
    together = replace(detector_spec("ears_c1"), by_region=False)
    options = {"replicates": 2, "seed": 4}
    found = evaluate(panel(), detectors=[together], **options).frame
    pd.testing.assert_frame_equal(found, evaluate(panel(), detectors="ears_c1", **options).frame)


def test_a_truth_of_another_shape_is_refused():
    alarms, truth = scored()
    with pytest.raises(InputError, match="shape"):
        score_alarms(alarms, truth[:-1])


def test_calibration_says_which_way():
    rng = np.random.default_rng(5)
    counts = weekly(rng.poisson(2, (200, 30)))
    alarms = counts_above(counts)
    exact = (rng.permutation(6000) + 0.5) / 6000  # as many at or below each level as it says
    uniform = replace(alarms, pvalue=exact.reshape(200, 30))
    assert set(pvalue_calibration(uniform).frame["calibrated"]) == {"yes"}
    small = replace(alarms, pvalue=uniform.pvalue**2)
    assert set(pvalue_calibration(small).frame["calibrated"]) == {"too often"}
    assert "too often at 0.01" in pvalue_calibration(small).sentence()
    with pytest.raises(InputError, match="no p-values"):
        pvalue_calibration(alarms)


def test_pvalues_of_counts_are_spread_between_both_tails_where_those_are_given():
    values = np.random.default_rng(6).poisson(2, (400, 30))
    alarms = replace(counts_above(weekly(values)), pvalue=stats.poisson.sf(values - 1, 2))
    # A count is as rare as 5 % or rarer in 1.7 % only: that is the discreteness of small counts, no fault.
    assert pvalue_calibration(alarms).frame["calibrated"].tolist() == ["too rarely"] * 3
    spread = pvalue_calibration(alarms, above=stats.poisson.sf(values, 2))
    assert spread.frame["calibrated"].tolist() == ["yes"] * 3
    assert spread.randomised


# -- upticks put in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["block", "ramp", "decay", "lognormal"])
def test_shapes_share_out_the_whole(shape):
    weights = shape_weights(shape, 14)
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).all()
    rising = np.diff(weights)
    expected = {"block": {0}, "ramp": {1}, "decay": {-1}, "lognormal": {1, -1}}[shape]
    assert set(np.sign(np.round(rising, 12)).astype(int)) == expected


def test_a_ratio_raises_the_mean_by_as_much():
    quiet = simulate_panel(regions=200, periods=60, mean=2.0, common_sd=0, spatial_sd=0, seed=6).to_counts()
    start = quiet.starts[40]
    busy, truth = inject(quiet, regions=quiet.regions, start=start, length=28, ratio=3, seed=7)
    mean = quiet.values.mean(axis=0).sum()
    assert abs(truth.added.sum() - 2 * 4 * mean) < SIGMAS * np.sqrt(8 * mean)
    assert not truth.added[:40].any()
    assert not truth.added[44:].any()
    assert (busy.values - quiet.values == truth.added).all()


def test_an_uptick_is_said_and_respects_coverage():
    values = np.ones((20, 2), dtype=int)
    counts = weekly(values, no_coverage=["2015-03-16..2015-03-22@R1"])  # the eleventh week
    busy, truth = inject(counts, regions=["R1", "R2"], start="2015-03-09", length=14, size=40, seed=1)
    assert busy.simulated
    assert (
        "an uptick was put in by simulation: R1, R2, 2015-03-09..2015-03-22, 40 incidents" in busy.notes[-1]
    )
    assert busy.values[10, 0] == 0
    assert truth.lost + truth.added.sum() == 80
    assert truth.added[:, 1].sum() == 40
    assert not counts.simulated


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"regions": "R9"}, "unknown region"),
        ({"ratio": None}, "a ratio or a size"),
        ({"size": 3}, "a ratio or a size"),
        ({"ratio": 1.0}, "above 1"),
        ({"length": 0}, "length"),
        ({"shape": "blok"}, "did you mean block"),
        ({"start": "2015-05-20"}, "does not lie within"),
        ({"ratio": None, "size": 0}, "size"),
    ],
)
def test_upticks_that_cannot_be(wrong, said):
    options = {"regions": "R1", "start": "2015-03-09", "ratio": 3.0, "seed": 1} | wrong
    with pytest.raises(OptionError, match=said):
        inject(weekly(np.ones((20, 2), dtype=int)), **options)


def test_panels_have_the_stated_mean_and_near_regions_move_together():
    panel = simulate_panel(regions=30, periods=3000, mean=4.0, persistence=0.5, seed=8)
    assert panel.rate.mean() == pytest.approx(4.0, rel=0.05)
    found = np.corrcoef(np.log(panel.rate).T)
    apart = np.hypot(*(panel.positions[:, None, k] - panel.positions[None, :, k] for k in (0, 1)))
    expected = (0.3**2 + 0.4**2 * np.exp(-apart / 0.3)) / (0.3**2 + 0.4**2)
    assert np.abs(found - expected).max() < 0.15
    dispersed = simulate_panel(mean=4.0, common_sd=0, spatial_sd=0, size=2.0, periods=2000, seed=9).values
    assert dispersed.var() == pytest.approx(4 + 4**2 / 2, rel=0.05)
    with pytest.raises(OptionError, match="out of range"):
        simulate_panel(mean=-1.0, seed=1)


# -- on a history ------------------------------------------------------------------------------------------


def panel(**options) -> Counts:
    return simulate_panel(regions=6, periods=160, mean=2.0, seed=10, **options).to_counts()


def test_rotations_hold_the_same_counts_and_weekdays():
    days = simulate_panel(regions=3, periods=7 * 60, freq="day", mean=1.0, seed=11).to_counts()
    values = days.values.copy()
    values[4::7] = 0  # no incidents on Fridays
    counts = replace(days, values=values, freq="week")
    history = whole_periods(counts.until(days.as_of - 2))
    assert len(history.starts) == 7 * 59
    drawn = make_replicates(history, 4, 20, {"ratio": 3.0, "length": 14, "shape": "block"}, 1)
    assert drawn.values.shape == (7 * 59, 12)
    assert (np.sort(drawn.values, axis=0) == np.sort(np.tile(history.values, 4), axis=0)).all()
    assert not drawn.values[4::7].any()
    assert ((drawn.end - drawn.begin).astype(int) == 13).all()
    assert (drawn.begin >= history.starts[-140]).all()
    assert (drawn.end <= history.as_of).all()
    again = make_replicates(history, 4, 20, {"ratio": 3.0, "length": 14, "shape": "block"}, 1)
    assert (again.values == drawn.values).all()
    assert (again.added == drawn.added).all()


def test_upticks_lie_on_covered_days():
    values = np.ones((60, 2), dtype=int)
    counts = weekly(values, no_coverage=["2015-06-01..2016-02-20@R1"])
    drawn = make_replicates(counts, 50, 30, {"size": 10, "length": 14, "shape": "block"}, 2)
    assert (drawn.added.sum(axis=0)[drawn.placed] == 10).all()
    assert (drawn.added.sum(axis=0)[~drawn.placed] < 20).all()
    assert drawn.placed[1::2].all()


def test_the_numbers_of_an_evaluation_add_up():
    found = evaluate(panel(), detectors={"four": partial(counts_above, limit=4)}, replicates=10, seed=3)
    row = found.frame.iloc[0]
    alarms = counts_above(panel(), limit=4)
    assert row["history_episodes"] == alarms.onsets.sum()
    assert row["history_per_year"] == pytest.approx(alarms.onsets.sum() / alarms.years.sum())
    assert row["history_years"] == pytest.approx(6 * 160 * 7 / 365.25)
    assert row["per_year_low"] <= row["per_year"] <= row["per_year_high"]
    assert row["pod_low"] <= row["pod"] <= row["pod_high"]
    assert row["pod"] > row["pod_by_chance"]
    assert row["matched_per_year"] <= 1.0 < row["per_year"]
    assert row["budget_kept"] == "exceeded"
    assert found.regions["pod"].mean() == pytest.approx(row["pod"])
    assert found.upticks == 60
    assert (found.curve["per_year"] <= found.curve["budget"] + 1e-9).all()
    assert found.curve["budget"].is_monotonic_increasing
    assert found.curve["threshold"].is_monotonic_decreasing
    assert found.simulated
    assert found.sentence().startswith("SIMULATED data: At 1 false-alarm episode a region-year, four catches")
    for text in (found.text(), found._repr_html_()):
        assert "the upticks are simulated" in text


def test_detectors_that_never_and_always_alarm():
    def never(counts, *, last=None):
        return counts_above(counts, limit=1e9, last=last)

    def silent(counts, *, last=None):
        alarms = counts_above(counts, last=last)
        return replace(alarms, statistic=None)

    found = evaluate(panel(), detectors={"never": never, "silent": silent}, replicates=5).frame
    assert found.loc[0, "per_year"] == 0
    assert found.loc[0, "per_year_high"] > 0
    assert found.loc[0, "pod"] == 0
    assert np.isnan(found.loc[0, "delay_median"])
    assert found.loc[0, "matched_pod"] > 0  # its statistic still tells
    assert np.isnan(found.loc[1, "matched_pod"])
    assert found.loc[1, "pod"] > 0


def test_a_larger_uptick_is_caught_more_often():
    shares = [
        evaluate(panel(), detectors={"six": counts_above}, uptick={"size": n}, replicates=10).frame["pod"][0]
        for n in (2, 8, 40)
    ]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9


def test_joint_detectors_get_one_replicate_at_a_time():
    seen = []

    class Joint:
        joint = True

        def __call__(self, counts, *, last=None):
            seen.append(counts.regions)
            return counts_above(counts, last=last)

    together = evaluate(panel(), detectors={"six": Joint()}, replicates=4, seed=5).frame
    assert set(seen) == {panel().regions}
    alone = evaluate(panel(), detectors={"six": counts_above}, replicates=4, seed=5).frame
    pd.testing.assert_frame_equal(together, alone)


def test_few_regions_and_quiet_ones_are_said():
    values = np.zeros((120, 1), dtype=int)
    values[::40] = 1
    found = evaluate(weekly(values), detectors={"six": counts_above}, replicates=5)
    assert "regions and rotations" in found.method
    assert any("added no incident" in note for note in found.notes)
    assert not found.simulated


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"budget": "often"}, OptionError, "budget"),
        ({"replicates": 0}, OptionError, "replicates"),
        ({"seed": -1}, OptionError, "seed is not usable"),
        ({"detectors": ["bayes", "bayes"]}, OptionError, "stands twice"),
        ({"detectors": 3}, OptionError, "unknown detector"),
        ({"detectors": parse_budget}, OptionError, "no option last"),
        ({"thresholds": "guess"}, OptionError, "unknown thresholds 'guess'"),
        ({"uptick": {"rate": 3}}, OptionError, "unknown uptick"),
        ({"uptick": {"ratio": 0.5}}, OptionError, "above 1"),
        ({"uptick": {"length": 900}}, HistoryError, "does not fit"),
        ({"last": 4}, HistoryError, "last is no number of weeks"),
        ({"last": 500}, HistoryError, "last is no number of weeks"),
        ({"last": 20.5}, OptionError, "last is not usable"),
        ({"detectors": {}}, OptionError, "no detector"),
        ({"detectors": ["nonsense"]}, OptionError, "unknown detector"),
    ],
)
def test_what_cannot_be_evaluated(wrong, error, said):
    options = {"detectors": {"six": counts_above}, "replicates": 2} | wrong
    with pytest.raises(error, match=said):
        evaluate(panel(), **options)


def test_a_history_that_only_begins_is_said_to_be_short():
    days = pd.date_range("2020-04-13", periods=3)
    begun = Counts.from_frame(pd.DataFrame({"Kirkuk": [0, 1, 0]}, index=days), freq="day", as_of=days[-1])
    with pytest.raises(HistoryError, match="is over, so there is no history to watch"):
        evaluate(replace(begun, freq="week"))
    with pytest.raises(HistoryError, match="too few days"):
        evaluate(begun)


def test_a_registered_detector_with_options_of_its_own():
    own = replace(detector_spec("ears_c1"), options={"method": "C1", "baseline": 20, "pvalues": True})
    found = evaluate(panel(), detectors=[own], replicates=2).frame.iloc[0]
    usual = evaluate(panel(), detectors="ears_c1", replicates=2).frame.iloc[0]
    assert found["detector"] == usual["detector"] == "ears_c1"
    assert found["pod"] != usual["pod"]
    assert found["tested"] <= usual["tested"]


def tail(counts, *, alpha=0.2, last=None):
    """Alarm where fewer than alpha of the counts before were as high."""
    grid = grid_of(counts, last=last)
    values = grid.values
    rows = range(grid.first, len(values))
    share = np.stack(
        [(values[:t] >= values[t]).mean(axis=0) if t else np.ones(values.shape[1]) for t in rows]
    )
    run = DetectorRun("tail", "The share of counts before as high.", kind="pvalue")
    return make_alarms(grid, run, alarm=share <= alpha, pvalue=share, statistic=-share)


def needs_alpha(counts, *, alpha, last=None):
    return tail(counts, alpha=alpha, last=last)


def test_a_function_is_run_at_its_own_threshold_unless_asked_otherwise():
    options = {"replicates": 3, "seed": 2}
    own = evaluate(panel(), detectors=tail, **options)
    at_own = evaluate(panel(), detectors={"tail": partial(needs_alpha, alpha=0.2)}, **options)
    by_formula = evaluate(panel(), detectors=[tail], thresholds="formula", **options)
    needed = evaluate(panel(), detectors=[needs_alpha], **options)
    stated = evaluate(panel(), detectors=[partial(tail, alpha=7 / 365.25)], **options)
    assert own.frame["per_year"][0] > 2 * by_formula.frame["per_year"][0]
    assert own.frame["per_year"].tolist() == at_own.frame["per_year"].tolist()
    assert by_formula.frame["pod"].tolist() == needed.frame["pod"].tolist() == stated.frame["pod"].tolist()
    assert [found.parameters["thresholds"] for found in (own, by_formula, needed)] == [
        "as given", "formula", "formula",
    ]  # fmt: skip
    mixed = evaluate(panel(), detectors=["ears_c1", tail], **options)
    assert mixed.parameters["thresholds"] == "formula, functions as given"
    assert mixed.frame.loc[1, "per_year"] == own.frame.loc[0, "per_year"]
    on_history = evaluate(panel(), detectors=tail, thresholds="history", **options)
    assert on_history.frame["per_year"][0] < own.frame["per_year"][0]


def test_the_handles():
    found = evaluate(
        panel(), detectors=["ears_c1", "ears_c2"], budget="3 per year over all regions", replicates=2
    )
    assert found.frame is found.frame
    assert found.parameters == {
        "detectors": ("ears_c1", "ears_c2"), "budget": "3 per year over all regions",
        "budget_per_region_year": 0.5, "uptick": found.uptick, "replicates": 2, "thresholds": "formula",
        "last": 52, "seed": 0,
    }  # fmt: skip
    assert "at most 0.5 false-alarm episodes a region-year" in found.null_hypothesis
    assert repr(found) == (
        "EvaluationResult(SIMULATED 2015-W02..2018-W04, ears_c1, ears_c2; budget 0.5 per region-year, "
        "12 upticks put in: 3 times the usual for 14 days)"
    )
    table = found.tidy()
    assert table["region"].tolist() == [*panel().regions] * 2
    assert table["pod"].tolist() == found.regions["pod"].tolist()


def test_progress_is_told():
    said = []

    def tell(done, total, what):
        said.append((done, total, what))

    evaluate(panel(), detectors=["ears_c1"], replicates=2, thresholds="history", progress=tell)
    assert said == [(0, 2, "calibrating ears_c1"), (1, 2, "evaluating ears_c1")]
    said.clear()
    evaluate(panel(), detectors=["ears_c1", "ears_c2"], replicates=2, progress=tell)
    assert said == [(0, 2, "evaluating ears_c1"), (1, 2, "evaluating ears_c2")]


def test_without_a_covered_stretch_no_uptick_is_put_in_and_that_is_said():
    values = np.random.default_rng(1).poisson(3, (160, 2))
    covered = np.ones(values.shape, bool)
    covered[::2, 1] = False  # never two weeks on end
    found = evaluate(
        weekly(np.where(covered, values, 0), coverage=covered), detectors={"six": counts_above}, replicates=5
    )
    assert found.upticks == 5
    assert "5 turned histories had no covered stretch for an uptick" in found.notes


def test_where_no_uptick_is_caught_there_is_no_delay_to_tell():
    def deaf(counts, *, last=None):
        alarms = counts_above(counts, limit=1e9, last=last)
        statistic = np.zeros(alarms.alarm.shape)
        statistic[-30, 0] = 1  # of one week of one region, whatever is counted
        return replace(alarms, statistic=statistic)

    said = evaluate(panel(), detectors={"deaf": deaf}, replicates=3).sentence()
    assert "deaf catches 0 % of simulated upticks" in said
    assert "delay" not in said


def test_upticks_that_could_not_be_tested_do_not_count_against_a_detector():
    def half_blind(counts, *, last=None):
        grid = grid_of(counts, last=last)
        values = grid.values[grid.first :].astype(float)
        blind = np.zeros(values.shape, dtype=bool)
        blind[: len(values) // 2] = True
        run = DetectorRun("half_blind", "The count itself, in the second half.")
        return make_alarms(
            grid, run, alarm=values > 6, statistic=values, untested=[(blind, "in the first half")]
        )

    found = evaluate(panel(), detectors={"half": half_blind, "six": counts_above}, replicates=20)
    half, six = (row for _, row in found.frame.iterrows())
    assert half["tested"] == 0.5
    assert 0.35 * six["upticks"] < half["upticks"] < 0.6 * six["upticks"]
    assert half["pod_low"] < six["pod"] < half["pod_high"]
    assert any("half 50 %" in note for note in found.notes)


def test_the_best_are_those_that_could_test():
    found = evaluate(panel(), detectors={"a": counts_above, "b": counts_above, "c": counts_above})
    frame = found.frame.assign(matched_pod=[0.5, 0.9, np.nan], tested=[0.9, 0.2, 1.0])
    assert replace(found, frame=frame).ranked()["detector"].tolist() == ["a", "b", "c"]
    assert replace(found, frame=frame.assign(tested=1.0)).ranked()["detector"].tolist() == ["b", "a", "c"]


def test_a_winner_that_chance_may_have_made_is_not_praised():
    same = {"a": counts_above, "b": counts_above, "high": partial(counts_above, limit=1e9)}
    found = evaluate(panel(), detectors=same, replicates=10)
    assert found.frame["behind"].tolist() == [0.0, 0.0, 0.0]  # one statistic, whatever its threshold
    assert found.not_told_apart() == ("b", "high")
    assert "Whether a catches more than b or high cannot be told" in found.sentence()

    def blind(counts, *, last=None):
        alarms = counts_above(counts, last=last)
        return replace(alarms, statistic=np.random.default_rng(1).random(alarms.alarm.shape))

    found = evaluate(panel(), detectors={"a": counts_above, "blind": blind}, replicates=10)
    row = found.frame.iloc[1]
    assert row["behind"] == pytest.approx(-np.diff(found.frame["matched_pod"])[0])
    assert 0 < row["behind_low"] < row["behind"] < row["behind_high"]
    assert found.not_told_apart() == ()
    assert "Beyond chance, a catches more than each of the others" in found.sentence()


def test_a_history_without_incidents_is_said_to_be_too_quiet():
    found = evaluate(weekly(np.zeros((120, 1), dtype=int)), detectors={"six": counts_above})
    assert found.sentence() == (
        "No uptick could be put in: the regions are too quiet, or without coverage "
        "(2015-W02..2017-W16, 1 region)."
    )
    assert found.summary().loc[0, "caught %"] == "–"
