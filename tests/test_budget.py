"""A budget of false alarms: how it is read, and the thresholds that keep it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counts import Counts
from analytics.detectors.registry import DETECTORS, detector_spec
from analytics.errors import HistoryError, OptionError
from analytics.kernels.common.dispersion import window_dispersion
from analytics.kernels.common.episodes import episode_onsets
from analytics.monitoring import Budget, calibrate, calibrate_together, parse_budget
from analytics.monitoring.calibration import AIM
from analytics.monitoring.histories import parametric, rotated
from analytics.monitoring.null import draw_counts, factors, moments
from analytics.monitoring.thresholds import bisect, episodes_per_year, sweep
from analytics.results.alarm_arrays import NO_CHANGE
from analytics.simulation import simulate_counts

MODEL = 0.12  # relative error of the dispersions of 40 fitted models, against those of the process
MC = 3.0  # standard errors a measured rate may lie from what is expected
EXACT = 1e-12
PLACES = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.5]]


def weekly(process="poisson", *, regions=6, days=728, mean=0.5, seed=1, freq="week") -> Counts:
    values = simulate_counts(process, mean=mean, days=days, series=regions, seed=seed).values
    return counts_of(values, freq=freq)


def counts_of(values, *, freq="week", start="2018-01-01") -> Counts:
    days = pd.date_range(start, periods=len(values))
    frame = pd.DataFrame(values, index=days, columns=[f"region {i}" for i in range(values.shape[1])])
    return replace(Counts.from_frame(frame, freq="day", as_of=days[-1]), freq=freq)


# -- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "rate", "over"),
    [
        ("1 per region-year", 1.0, "region"),
        ("2 per region-year", 2.0, "region"),
        ("0.5 episodes per region-year", 0.5, "region"),
        (" .25 False Alarms per region year ", 0.25, "region"),
        ("3 a region-year", 3.0, "region"),
        (0.5, 0.5, "region"),
        ("1", 1.0, "region"),
        (2, 2.0, "region"),
        (1e-5, 1e-5, "region"),
        (np.float32(0.5), 0.5, "region"),
        ("1e-05 per region-year", 1e-5, "region"),
        ("12 per year over all regions", 12.0, "all"),
        ("1 per year in all regions", 1.0, "all"),
    ],
)
def test_budgets_are_read(given, rate, over):
    assert parse_budget(given) == Budget(rate, over)
    assert parse_budget(str(parse_budget(given))) == Budget(rate, over)


@pytest.mark.parametrize(
    "given", ["one a year", "1 per week", "-1", "0", 0, -0.5, "", True, None, "nan", np.inf, np.nan, [1]]
)
def test_what_is_no_budget_is_refused(given):
    with pytest.raises(OptionError, match="budget"):
        parse_budget(given)


@pytest.mark.parametrize("given", ["1e400 per region-year", "0", np.inf])
def test_a_budget_without_end_is_not_called_zero(given):
    with pytest.raises(OptionError, match="above zero and finite"):
        parse_budget(given)


# -- the registry ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n, spec in DETECTORS.items() if spec.by_region])
def test_every_registered_detector_runs_as_registered(name):
    spec = detector_spec(name)
    counts = weekly("negative_binomial", regions=2, days=3 * 364)
    found = spec.run(counts, np.full(2, spec.usual), last=8)
    run = found.how()
    assert run.name == name
    assert (run.kind, run.resets) == (spec.kind, spec.resets)
    assert found.tested.all()
    if spec.sweep is not None:
        assert getattr(found, spec.sweep) is not None
    if spec.formula is not None:
        loose, strict = spec.from_budget(2.0, "week"), spec.from_budget(0.5, "week")
        assert (loose > strict) == (spec.stricter == "lower")


@pytest.mark.parametrize("name", DETECTORS)
def test_parameters_are_of_the_same_kind_for_one_region_and_for_several(name):
    spec = detector_spec(name)
    values = simulate_counts("negative_binomial", mean=0.5, days=3 * 364, series=3, seed=1).values
    kinds = []
    for regions in (1, 3):
        places = {"places": PLACES[:regions], "replicates": 99} if spec.needs else {}
        own = replace(spec, options={**spec.options, **places})
        run = own.run(counts_of(values[:, :regions]), last=8).how()
        kinds.append({option: type(value) for option, value in run.parameters.items()})
        each = {k: v.shape[-1] for k, v in run.parameters.items() if isinstance(v, np.ndarray)}
        assert set(each.values()) <= {regions}
        assert each or spec.single  # a threshold is one of them, unless all regions share it
        assert run.null_hypothesis != NO_CHANGE
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("name", [n for n, spec in DETECTORS.items() if spec.sweep and spec.by_region])
def test_one_run_tells_the_alarms_at_every_threshold(name):
    spec = detector_spec(name)
    counts = weekly("negative_binomial", regions=8, days=3 * 364, seed=4)
    loosest = spec.run(counts, spec.bounds[0], last=40)
    evidence = -loosest.pvalue if spec.sweep == "pvalue" else loosest.statistic
    for share in (0.7, 0.9, 0.97):
        cut = np.quantile(evidence[loosest.alarm], share) + 1e-9
        level = -cut if spec.sweep == "pvalue" else cut
        np.testing.assert_array_equal(
            spec.run(counts, level, last=40).alarm, loosest.alarm & (evidence >= cut), err_msg=str(share)
        )


def test_an_unknown_detector_and_a_missing_option():
    with pytest.raises(OptionError, match="unknown detector 'cusum'"):
        detector_spec("cusum")
    with pytest.raises(OptionError, match="needs places"):
        detector_spec("space_time_scan").run(weekly())
    with pytest.raises(OptionError, match="one arl for all regions"):
        detector_spec("rogerson").run(weekly(regions=2), np.array([20.0, 30.0]))
    with pytest.raises(OptionError, match="tests week by week"):
        detector_spec("farrington_flexible").run(weekly(freq="day"))
    with pytest.raises(OptionError, match="no formula"):
        detector_spec("rki").from_budget(1.0, "week")


def test_past_years_are_those_there_are():
    spec = detector_spec("farrington_flexible")
    years = {weeks: spec.options_for(weekly(days=7 * weeks))["years"] for weeks in (60, 107, 108, 160, 400)}
    assert years == {60: 1, 107: 1, 108: 2, 160: 3, 400: 5}


# -- thresholds ------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), gap=st.integers(1, 3), rate=st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_sweep_is_the_search_by_hand(seed, gap, rate):
    rng = np.random.default_rng(seed)
    evidence = rng.integers(0, 12, (1, 3, 20)).astype(float)  # with ties
    evidence[rng.random(evidence.shape) < 0.3] = -np.inf
    found = sweep(evidence, np.ones(1), np.full(1, rate), gap)[0]
    kept = np.inf
    for value in sorted(set(evidence[np.isfinite(evidence)]), reverse=True):
        onsets = episode_onsets((evidence[0] >= value).T, 1, merge_days=gap).sum()
        if onsets > rate:
            break
        kept = value
    else:
        kept = -np.inf
    assert found == kept


def test_bisect_finds_the_threshold_of_each_group():
    rng = np.random.default_rng(3)
    level = rng.exponential(size=(52, 4, 30)) * np.array([1, 2, 3, 4])[:, None]
    years = np.full(4, 30.0)

    def run(threshold):
        return level >= threshold[:, None], years

    found = bisect(run, 0.1, 100.0, np.ones(4), 7)
    rate = episodes_per_year(run(found)[0], years, 7)[0]
    assert ((rate > 0.9) & (rate <= 1.0)).all()
    # -log of about 1/52 of an exponential, times its scale
    np.testing.assert_allclose(found / np.arange(1, 5), np.log(52), rtol=0.15)
    assert np.isnan(bisect(run, 0.1, 1.0, np.ones(4), 7)).all()


def test_an_alarm_without_end_is_not_a_threshold():
    # At a low enough threshold every week alarms: one episode a year, within the budget, and useless.
    level = np.random.default_rng(3).exponential(size=(52, 1, 30))
    found = bisect(lambda c: (level >= c[:, None], np.full(1, 30.0)), 1e-9, 100.0, np.ones(1), 7)
    assert found[0] > 2


# -- the model of no uptick ------------------------------------------------------------------------------


@pytest.mark.parametrize("process", ["negative_binomial", "hawkes_0.6", "ingarch", "lgcp"])
def test_the_model_has_the_dispersions_of_the_process(process):
    # 40 series of 10 years, so that the model rather than its estimation is looked at.
    values = simulate_counts(process, mean=0.5, days=3_650, series=40, seed=5).values
    every = np.ones(values.shape, bool)
    days = np.arange(len(values))
    model = moments(values, every, days, 1).model()
    drawn = draw_counts(model, days, np.random.default_rng(6))
    np.testing.assert_allclose(drawn.mean(), values.mean(), rtol=0.05)
    for length in (1, 7, 14, 28):
        own, again = (window_dispersion(x, every, length).phi.mean() for x in (values, drawn))
        assert abs(again / own - 1) < MODEL, length


def test_the_model_has_the_season_and_the_weekdays():
    day = np.arange(4 * 364)
    shape = (1 + 0.6 * np.sin(2 * np.pi * day / 365.25)) * np.where(day % 7 == 0, 3.0, 1.0)
    rng = np.random.default_rng(8)
    values = rng.poisson(np.repeat(shape[:, None], 20, axis=1))
    found = moments(values, np.ones(values.shape, bool), day + 4, 1)  # 1970-01-05 is a Monday
    assert abs(found.season[1].mean() - 0.6 * np.cos(2 * np.pi * 4 / 365.25)) < 0.08
    assert abs(found.weekday[0].mean() / found.weekday[1:].mean() - 3.0) < 0.3
    fitted = found.mean * factors(found.season, found.weekday, day + 4)
    np.testing.assert_allclose(fitted.sum(axis=0), values.sum(axis=0), rtol=0.02)
    flat = moments(rng.poisson(1.0, values.shape), values >= 0, day, 1)
    assert np.hypot(*flat.season).mean() < 0.05


def test_a_silent_region_and_gaps():
    values = np.zeros((728, 2), np.int64)
    values[:, 1] = 2
    covered = np.ones(values.shape, bool)
    covered[100:200, 1] = False
    found = moments(values, covered, np.arange(728), 1)
    np.testing.assert_allclose(found.mean, [0.5 / 728, 2.0], rtol=0.01)
    assert draw_counts(found.model(), np.arange(364), np.random.default_rng(1))[:, 0].sum() < 10


# -- histories -------------------------------------------------------------------------------------------


def test_years_drawn_follow_the_real_history():
    counts = weekly("negative_binomial", regions=3)
    (batch,) = parametric(counts, 80, 0, draws=40)
    assert (batch.draws, batch.futures, batch.last) == (40, 2, 52)
    assert batch.counts.values.shape == (728 + 364, 3 * 80)
    for region in range(3):
        own = batch.counts.values[:728, region * 80 : (region + 1) * 80]
        np.testing.assert_array_equal(own, np.repeat(counts.values[:, [region]], 80, axis=1))
    assert batch.counts.simulated


def test_rotation_turns_whole_weeks_of_the_own_history():
    counts = weekly("negative_binomial", regions=2, days=731)
    (batch,) = rotated(counts, 60, 0)
    turned = batch.counts.values
    assert turned.shape == (728, 2 * 60)
    assert len(np.unique(turned[:, :60], axis=1).T) == 60
    for column in turned[:, :60].T:
        doubled = np.tile(counts.values[:728, 0], 2)  # 2018-01-01 is a Monday: the last three days run on
        assert any((doubled[7 * k : 7 * k + 728] == column).all() for k in range(104))
    with pytest.raises(HistoryError, match="rotation needs two years"):
        next(rotated(weekly(days=700), 60, 0))


# -- calibration -----------------------------------------------------------------------------------------


def test_formulas():
    counts = weekly()
    found = calibrate(counts, "recent_window", "2 per region-year")
    np.testing.assert_allclose(found.threshold, 2 * 7 / 365.25)
    assert "By formula" in found.basis
    found = calibrate(counts, "cusum_nb", "3 per year over all regions", by="formula")
    np.testing.assert_allclose(found.threshold, 2 * 365.25 / 7)
    np.testing.assert_allclose(found.rate, 0.5)
    assert "dependent counts raise more" in found.basis
    daily = calibrate(weekly(freq="day"), "ears_c1", 1.0, by="formula")
    np.testing.assert_allclose(daily.threshold, 1 / 365.25)


@pytest.mark.parametrize("name", ["recent_window", "predictive", "cusum_nb", "rogerson"])
@pytest.mark.parametrize(("budget", "edge"), [(50, "loosest"), (1.0, None), (1e-6, "strictest")])
def test_a_formula_says_the_rate_of_the_threshold_it_gives(name, budget, edge):
    spec = detector_spec(name)
    found = calibrate(weekly(regions=2), name, budget, by="formula")
    alarms_a_year = (found.threshold if spec.formula == "pvalue" else 1 / found.threshold) * 365.25 / 7
    np.testing.assert_allclose(found.rate, alarms_a_year / spec.spends)
    np.testing.assert_allclose(found.together, found.rate)
    assert found.rate_is == ("at most" if spec.keeps else "by the model")
    if edge is None:
        np.testing.assert_allclose(found.rate, budget)
        assert "considered" not in found.basis
    else:
        assert f"is the {edge} considered" in found.basis
        assert (found.rate < budget).all() == (edge == "loosest")


@pytest.mark.parametrize("name", ["ears_c1", "cusum_nb", "rki"])
def test_thresholds_keep_the_budget_on_the_years_drawn(name):
    counts = weekly("hawkes_0.6", regions=4, days=3 * 364)
    found = calibrate(counts, name, 1.0, by="history", replicates=80, seed=3)
    assert (found.rate <= AIM + EXACT).all()
    assert (found.rate > 0.7 * AIM).all()
    assert (found.rate_error < 0.25).all()
    assert np.unique(found.threshold).size > 1
    assert found.frame["threshold"].tolist() == found.threshold.tolist()
    again = calibrate(counts, name, 1.0, by="history", replicates=80, seed=3)
    np.testing.assert_array_equal(found.threshold, again.threshold)


def test_the_budget_is_kept_on_years_that_follow():
    # 30 regions of a self-exciting process, two years of history each, 10 years of the process after them:
    # by its formula EARS C1 alarms about 1.5 times a year here.
    past = weekly("hawkes_0.6", regions=30, seed=11)
    ahead = simulate_counts("hawkes_0.6", days=364, series=300, seed=12).values
    counts = counts_of(np.vstack([np.repeat(past.values, 10, axis=1), ahead]))
    spec = detector_spec("ears_c1")

    def measured(threshold):
        onsets = spec.run(counts, np.repeat(threshold, 10), last=52).onsets.sum(axis=0)
        return onsets.reshape(30, 10).mean(axis=1)

    rate = measured(calibrate(past, spec, 1.0, by="history", replicates=200).threshold)
    assert rate.mean() <= 1.0 + MC * rate.std() / np.sqrt(30)
    assert rate.mean() > 0.6
    assert measured(calibrate(past, spec, 1.0, by="formula").threshold).mean() > 1.25
    rate = measured(calibrate(past, spec, 1.0, share=0.9, replicates=200).threshold)
    assert (rate <= 1.0).mean() >= 0.9 - MC * np.sqrt(0.09 / 30)
    assert rate.mean() > 0.1


def test_rotation_keeps_the_budget_on_the_own_history():
    counts = weekly("negative_binomial", regions=3, days=3 * 364, seed=6)
    found = calibrate(counts, "ears_c1", 1.0, by="history", resample="rotation", replicates=100)
    assert (found.rate <= AIM + EXACT).all()
    assert (found.rate > 0.3).all()
    assert "turned round" in found.basis
    asked = calibrate(counts, "predictive", 1.0, resample="rotation", replicates=40)
    assert "turned round" in asked.basis  # though a formula would have kept the budget
    assert asked.rate_is == "on average"


def test_several_detectors_share_one_budget():
    counts = weekly("hawkes_0.6", regions=4, days=3 * 364)
    names = ("ears_c1", "ears_c2", "cusum_nb")
    together = calibrate_together(counts, names, 1.0, by="history", replicates=80)
    assert [found.detector for found in together] == list(names)
    for found in together:
        alone = calibrate(counts, found.detector, 1.0, by="history", replicates=80)
        strict = found.threshold >= alone.threshold
        assert (strict if detector_spec(found.detector).stricter == "higher" else ~strict).all()
        assert (found.together <= AIM + EXACT).all()
        # More than a third of the budget each, since episodes overlap.
        assert found.rate.mean() > AIM / 3
    by_formula = calibrate_together(counts, names[:2], 1.0, by="formula")
    np.testing.assert_allclose(by_formula[0].threshold, 0.5 * 7 / 365.25)
    np.testing.assert_allclose(by_formula[0].together, 1.0)


def test_several_detectors_that_keep_their_budget_in_most_regions_have_equal_parts_of_it():
    counts = weekly("hawkes_0.3", regions=2, days=2 * 364)
    asked = {"by": "history", "replicates": 40, "share": 0.8}
    for found in calibrate_together(counts, ("ears_c1", "ears_c2"), 8.0, **asked):
        alone = calibrate(counts, found.detector, 4.0, **asked)
        np.testing.assert_array_equal(found.threshold, alone.threshold)
        assert ((found.rate > 0) & (found.rate < found.together)).all()
        assert (found.together < 8.0).all()


def test_where_nothing_could_be_tested_the_threshold_is_that_of_the_formula():
    values = np.random.default_rng(1).poisson(2, (728, 2)).astype(float)
    values[:, 0] = np.nan  # a region without coverage
    counts = counts_of(values)
    found = calibrate(counts, "cusum_nb", 1.0, by="history", replicates=40, share=0.8)
    assert found.threshold[0] == detector_spec("cusum_nb").from_budget(1.0, "week")
    assert found.rate[0] == 0
    assert found.threshold[1] != found.threshold[0]


def test_a_silent_region_gets_a_threshold():
    values = np.zeros((728, 2), np.int64)
    values[:, 1] = np.random.default_rng(1).poisson(0.5, 728)
    for name in ("ears_c1", "cusum_nb", "recent_window"):
        found = calibrate(counts_of(values), name, 1.0, by="history", replicates=40)
        assert np.isfinite(found.threshold).all()
        assert found.rate[0] < 0.3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "guess"}, "unknown source of thresholds"),
        ({"resample": "bootstrap"}, "unknown resample"),
        ({"share": 0.9, "by": "formula"}, "share needs models"),
        ({"share": 0.9, "resample": "rotation"}, "share needs models"),
        ({"share": 1.0}, "share is not usable"),
        ({"share": "most"}, "share is not usable"),
        ({"resample": "rotation", "by": "formula"}, "a formula takes no histories"),
        ({"replicates": 5}, "replicates is not usable"),
        ({"replicates": 400.5}, "replicates is not usable"),
        ({"replicates": 2**70}, "replicates is not usable"),
        ({"seed": -1}, "seed is not usable"),
        ({"seed": None}, "seed is not usable"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, said):
    with pytest.raises(OptionError, match=said):
        calibrate(weekly(regions=2), "ears_c1", 1.0, **options)


def test_detectors_that_do_not_fit_are_refused():
    counts = weekly(regions=2)
    with pytest.raises(OptionError, match="answers for all regions at once"):
        calibrate(counts, "space_time_scan")
    with pytest.raises(OptionError, match="stands twice"):
        calibrate_together(counts, ["ears_c1", "ears_c1"])
    with pytest.raises(OptionError, match="no detector"):
        calibrate_together(counts, [])
    with pytest.raises(OptionError, match="one arl for all regions"):
        calibrate(counts, "rogerson", by="history")
    with pytest.raises(OptionError, match="one arl for all regions"):
        calibrate(counts, "rogerson", share=0.9)
    with pytest.raises(OptionError, match=r"rki has no formula[\s\S]*from the history"):
        calibrate(counts, "rki", by="formula")
