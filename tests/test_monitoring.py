"""Several detectors, one answer a region: what it says, since when, how often, and at what budget."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.counts import Counts
from analytics.detectors import DETECTORS, DetectorSpec, cusum, detector_spec, predictive
from analytics.detectors.grid import grid_of, make_alarms
from analytics.errors import HistoryError, OptionError
from analytics.kernels.common.episodes import episode_onsets
from analytics.monitoring import ALARM, DEFAULT_DETECTORS, NO_ALARM, NOT_TESTED, monitor
from analytics.monitoring.watch import SHORT_DETECTORS, recommended, silence
from analytics.results import DetectorRun

DAYS = pd.date_range("2018-01-01", "2020-04-19")  # whole weeks
QUIET, UPTICK, BEFORE, YOUNG, SILENT = "Quiet", "Uptick", "Before", "Young", "Silent"
PAIR = ("recent_window", "ears_c1")


def counts_until(last: str = "2020-04-19", *, simulated: bool = True) -> Counts:
    """Five regions: an uptick in the last three weeks, one before it, 100 days of data, nothing ever."""
    rng = np.random.default_rng(42)
    names = (QUIET, UPTICK, BEFORE, YOUNG, SILENT)
    daily = pd.DataFrame(rng.poisson(0.3, (len(DAYS), 5)), DAYS, names)
    daily.iloc[-21:, 1] = 3
    daily.iloc[-200:-180, 2] = 3
    daily[SILENT] = 0
    daily = daily.astype("Int64")
    daily.iloc[:-100, 3] = pd.NA
    daily = daily.loc[:last]
    whole = Counts.from_frame(daily, freq="day", as_of=last, simulated=simulated)
    return replace(whole, freq="week")


@pytest.fixture(scope="module")
def counts() -> Counts:
    return counts_until()


@pytest.fixture(scope="module")
def watched(counts):
    return monitor(counts, PAIR, 1.0, thresholds="formula")


def by_region(values) -> dict:
    return dict(zip((QUIET, UPTICK, BEFORE, YOUNG, SILENT), values, strict=True))


def test_one_answer_a_region(watched):
    assert by_region(watched.answers()) == {
        QUIET: NO_ALARM,
        UPTICK: ALARM,
        BEFORE: NO_ALARM,
        YOUNG: NO_ALARM,
        SILENT: NO_ALARM,
    }
    frame = watched.frame
    assert frame["alarm"].dtype == "boolean"
    assert frame["label"].unique().tolist() == ["2020-W16"]
    assert frame["observed"].tolist() == watched.alarms.observed[-1, :5].tolist()
    # What one detector could not answer is said, though the other did.
    assert by_region(frame["note"])[SILENT].startswith("recent_window: there is no incident")


def test_nobody_answered_is_not_tested(counts):
    alone = monitor(counts, "recent_window")
    assert by_region(alone.answers())[YOUNG] == by_region(alone.answers())[SILENT] == NOT_TESTED
    assert by_region(alone.frame["alarm"].isna()) == {
        QUIET: False, UPTICK: False, BEFORE: False, YOUNG: True, SILENT: True,
    }  # fmt: skip
    assert "fewer than 5 windows" in by_region(alone.frame["note"])[YOUNG]
    assert by_region(alone.frame["years"])[SILENT] == 0
    assert "not tested in 2 of 5 regions" in alone.sentence()


def test_where_nothing_was_tested_no_rate_is_told(counts):
    nothing = monitor(counts.select([SILENT]), "recent_window")
    assert nothing.expectation() == (
        "Budget 1 per region-year. Nothing could be tested in 2019-W17..2020-W16, so no false alarm is "
        "expected."
    )
    assert nothing.sentence() == "SIMULATED data: 2020-W16: not tested in 1 of 1 region."


def test_since_when_and_by_which(watched):
    uptick = watched.frame.set_index("region").loc[UPTICK]
    assert uptick["since"] in pd.to_datetime(["2020-03-30", "2020-04-06"])
    assert uptick["last_alarm"] == uptick["period"] == pd.Timestamp("2020-04-13")
    assert "recent_window" in uptick["by"].split(", ")
    others = watched.frame[watched.frame["region"] != UPTICK]
    assert others["since"].isna().all()
    assert (others["by"] == "").all()


def test_episodes_are_of_any_detector(watched):
    alarms = watched.alarms
    union = alarms.alarm.reshape(len(alarms.starts), 2, 5).any(axis=1)
    assert watched.frame["episodes"].tolist() == episode_onsets(union, 7).sum(axis=0).tolist()
    assert by_region(watched.frame["episodes"])[BEFORE] >= 1
    assert by_region(watched.frame["last_alarm"])[BEFORE] < pd.Timestamp("2019-12-01")
    own = [len(alarms.select(detectors=[name]).episodes()) for name in PAIR]
    assert max(own) <= watched.frame["episodes"].sum() <= sum(own)
    assert len(alarms.starts) == 52
    np.testing.assert_allclose(by_region(watched.frame["years"])[QUIET], 52 * 7 / 365.25)


def test_formulas_share_the_budget(watched):
    assert [found.detector for found in watched.calibrations] == list(PAIR)
    np.testing.assert_allclose(watched.calibrations[0].threshold, 0.5 * 7 / 365.25)
    np.testing.assert_allclose(watched.frame["rate"], 1.0)
    runs = {run.name: run for run in watched.alarms.runs}
    np.testing.assert_allclose(runs["ears_c1"].rate, 0.5)
    assert runs["ears_c1"].rate_basis.startswith("By formula, 1/2 of the budget each: ")


def test_calibration_does_not_see_what_it_is_to_judge(counts):
    # Thresholds of a year ago: what came later leaves them as they were.
    later = monitor(counts, "ears_c1", thresholds="history", replicates=40)
    earlier = monitor(counts.until("2019-04-21"), "ears_c1", last=1, thresholds="history", replicates=40)
    assert not any("calibrated on these too" in note for note in later.notes)
    whole = monitor(counts.until("2019-04-28"), "ears_c1", last=1, thresholds="history", replicates=40)
    np.testing.assert_array_equal(later.calibrations[0].threshold, whole.calibrations[0].threshold)
    assert not np.array_equal(later.calibrations[0].threshold, earlier.calibrations[0].threshold)


def test_a_short_history_says_so():
    short = counts_until("2019-03-31")
    result = monitor(short, "ears_c1", last=40, thresholds="history", replicates=40)
    assert any("calibrated on these too" in note for note in result.notes)
    everything = monitor(counts_until("2018-03-04"), "ears_c1")
    assert len(everything.alarms.starts) == 9
    with pytest.raises(HistoryError, match="is over, so there is no history to watch"):
        monitor(counts_until("2018-01-05"), "ears_c1")


def test_a_file_that_ends_long_before_as_of_is_not_taken_for_quiet_without_a_word():
    days = pd.date_range("2018-01-01", "2020-04-19")
    daily = pd.DataFrame(np.random.default_rng(5).poisson(0.4, (len(days), 2)), days, ["Diyala", "Kirkuk"])
    daily.iloc[-60:] = 0

    def said(frame):
        counts = Counts.from_frame(frame, freq="day", as_of=frame.index[-1]).resample("week")
        return [note for note in monitor(counts, "ears_c1").notes if "no incident in any region" in note]

    (note,) = said(daily)
    silent = pd.Timestamp(note.split("since ")[1][:10])
    assert not daily.loc[silent:].to_numpy().any()
    assert daily.loc[silent - pd.Timedelta(days=7) : silent].to_numpy().any()
    assert "longer than ever" in note
    assert not said(daily.iloc[:-40])  # three weeks without one may be quiet
    daily.iloc[100:200] = 0
    assert not said(daily)  # ... and so may what has been seen before


def test_a_running_week_is_not_the_answer():
    running = counts_until("2020-04-15")
    result = monitor(running, "recent_window")
    assert result.label == "2020-W15"
    assert by_region(result.answers())[UPTICK] == ALARM


def test_all_alarmed_is_said_plainly(watched):
    raised = watched.frame[watched.frame["alarm"].fillna(False).astype(bool)]
    assert replace(watched, frame=raised).sentence().endswith(f"({raised['by'].iloc[-1]}).")


def test_days(counts):
    daily = monitor(replace(counts, freq="day"), "ears_c2")
    assert daily.label == "2020-04-19"
    assert len(daily.alarms.starts) == 364
    with pytest.raises(OptionError, match="tests week by week"):
        monitor(replace(counts, freq="day"), ("ears_c1", "farrington_flexible"))


def test_defaults_are_registered_for_their_frequency(counts):
    for freq, names in DEFAULT_DETECTORS.items():
        assert all(DETECTORS[name].by_region for name in names)
        assert freq == "week" or all(DETECTORS[name].daily for name in names)
        result = monitor(replace(counts, freq=freq), last=7)
        assert [run.name for run in result.alarms.runs] == list(names)


def test_a_young_history_is_watched_by_the_usual_detectors_as_soon_as_they_can_test_it():
    values = np.random.default_rng(1).poisson(3, (40, 2))
    for weeks in range(26, 40):
        young = Counts.from_array(values[:weeks], start="2019-01-07")
        names, notes = recommended(young)
        can = predictive(young, last=1).tested.any()
        assert names == (DEFAULT_DETECTORS["week"] if can else SHORT_DETECTORS)
        assert bool(notes) == (not can)


def test_options_of_one_s_own(counts):
    spec = replace(detector_spec("ears_c1"), options={"method": "C1", "baseline": 14, "pvalues": True})
    result = monitor(counts, spec)
    assert result.alarms.how().parameters["baseline"] == 14


def test_words(watched, counts):
    assert watched.sentence() == (
        f"SIMULATED data: 2020-W16: alarm in Uptick ({watched.frame['by'][1]}); no alarm in 4 of 5 regions."
    )
    assert "52" not in monitor(counts_until(simulated=False), "ears_c1").sentence()
    assert not monitor(counts_until(simulated=False), "ears_c1").sentence().startswith("SIMULATED")
    text = watched.text()
    assert text == str(watched)
    for part in (watched.sentence(), watched.expectation(), "Budget 1 per region-year", "ears_c1: alpha"):
        assert part in text
    assert watched.summary()["region"].iloc[0] == UPTICK
    assert watched.summary()["answer"].iloc[0] == ALARM
    assert repr(watched).startswith("MonitorResult(SIMULATED 2020-W16: alarm in 1 of 5 regions")


def test_html_is_escaped(counts):
    named = replace(counts, regions=("<b>A</b>", *counts.regions[1:]))
    html = monitor(named, "ears_c1")._repr_html_()
    assert "<b>A</b>" not in html
    assert "&lt;b&gt;A&lt;/b&gt;" in html


def test_rows_of_a_page_have_no_numbers_of_their_own(watched):
    page = watched._repr_html_()
    assert page.count("<th>") == watched.summary().shape[1]


@pytest.mark.parametrize(("last", "covered", "told"), [
    (6, True, True), (6, False, False), (5, True, False), (3, True, False),
])  # fmt: skip
def test_the_end_of_a_file_is_suspected_only_where_days_without_incidents_are_covered(last, covered, told):
    values = np.ones((40, 2), int)
    values[10:15] = 0  # never more than five weeks without one
    values[40 - last :] = 0
    coverage = np.ones(values.shape, bool)
    coverage[40 - last :] = covered
    counts = Counts.from_array(values, start="2019-07-01", coverage=coverage, as_of="2020-04-05")
    notes = silence(counts)
    assert bool(notes) == told
    if told:
        assert "no incident in any region since 2020-02-24, longer than ever before" in notes[0]


def test_the_result_is_frozen(watched):
    with pytest.raises(FrozenInstanceError):
        watched.budget = None


def test_progress_is_told(counts):
    said = []

    def tell(done, total, what):
        said.append((done, total, what))

    monitor(counts, "ears_c1", thresholds="history", replicates=40, progress=tell)
    assert said == [
        (0, 3, "drawing histories"), (1, 3, "calibrating ears_c1"), (2, 3, "running ears_c1"),
    ]  # fmt: skip
    said.clear()
    monitor(counts, PAIR, thresholds="formula", progress=tell)
    assert said == [(0, 2, "running recent_window"), (1, 2, "running ears_c1")]


def test_what_is_expected_says_of_what_kind_it_is(counts):
    one = counts.select([UPTICK])
    sure = monitor(one, last=1)
    assert sure.expectation() == (
        "Budget 1 per region-year. Over the periods tested (2020-W16, 0.0 region-years) this configuration "
        "raised 1 episode; about 0.0 false ones or fewer would be expected if nothing had happened."
    )
    model = monitor(counts, "cusum_poisson", thresholds="formula").expectation()
    assert model.endswith(
        "episodes; about 4.0 false ones would be expected if nothing had happened, and more if counts do not "
        "follow the model."
    )
    drawn = monitor(one, "ears_c1", thresholds="history", replicates=40).expectation()
    assert drawn.endswith("false ones would be expected if nothing had happened.")


def test_rotation_has_two_years_or_says_so():
    history = counts_until("2020-04-12").select([QUIET])
    assert len(history.starts) // 7 < 156
    found = monitor(history, "ears_c1", resample="rotation", replicates=40)
    assert any("less than two years lies before" in note for note in found.notes)
    with pytest.raises(HistoryError, match=r"two years of history[\s\S]*found: 65 weeks"):
        monitor(counts_until("2019-03-31").select([QUIET]), "ears_c1", resample="rotation")


@pytest.mark.parametrize("wrong", [3, ["ears_c1", None]])
def test_what_is_no_detector_is_refused(counts, wrong):
    with pytest.raises(OptionError, match="unknown detector"):
        monitor(counts, wrong)


def above_poisson(counts, *, alpha, last=None):
    """Alarm where a count is improbable under a Poisson distribution with the mean of the year before."""
    grid = grid_of(counts, last=last)
    spans = [slice(max(t - 52, 0), t) for t in range(grid.first, len(grid.values))]
    total = np.stack([grid.values[span].sum(axis=0) for span in spans])
    mean = (total + 0.5) / np.maximum(np.stack([grid.usable[span].sum(axis=0) for span in spans]), 1)
    pvalue = stats.poisson.sf(grid.values[grid.first :] - 1, mean)
    run = DetectorRun("its own name", "A Poisson tail.", kind="pvalue", parameters={"alpha": alpha})
    return make_alarms(grid, run, alarm=pvalue <= alpha, pvalue=pvalue)


def test_a_function_of_one_s_own_is_calibrated_like_a_detector_of_the_registry(counts):
    found = monitor(counts, above_poisson, 2.0, thresholds="history", replicates=40)
    assert found.parameters["detectors"] == ("above_poisson",)
    assert by_region(found.answers())[UPTICK] == ALARM
    own = found.calibrations[0]
    assert own.parameter == "alpha"
    assert np.unique(own.threshold).size > 1
    assert (own.rate <= 2.0).all()
    assert own.rate[:3].mean() > 1.0  # and it spends the budget
    np.testing.assert_array_equal(found.alarms.parameters["above_poisson"]["alpha"], own.threshold)
    by_formula = monitor(counts, {"tail": above_poisson}, 2.0, thresholds="formula")
    assert by_formula.parameters["detectors"] == ("tail",)
    np.testing.assert_allclose(by_formula.calibrations[0].threshold, 2.0 * 7 / 365.25)


def test_names_specs_and_functions_stand_side_by_side(counts):
    given = ["ears_c1", replace(detector_spec("ears_c2"), options={"method": "C2"}), above_poisson]
    found = monitor(counts, given, thresholds="formula")
    assert [run.name for run in found.alarms.runs] == ["ears_c1", "ears_c2", "above_poisson"]
    np.testing.assert_allclose([c.threshold[0] for c in found.calibrations], 7 / 365.25 / 3)


def test_a_function_of_the_registry_is_its_detector(counts):
    by_name, by_function = (monitor(counts, given).frame for given in ("predictive", predictive))
    pd.testing.assert_frame_equal(by_name, by_function)
    named, given = (monitor(counts, d, thresholds="formula") for d in ("cusum_nb", cusum))
    assert given.parameters["detectors"] == ("cusum",)
    np.testing.assert_array_equal(given.alarms.alarm, named.alarms.alarm)


def no_last(counts, *, alpha):
    return above_poisson(counts, alpha=alpha)


def no_alpha(counts, *, last=None):
    return above_poisson(counts, alpha=0.01, last=last)


def all_periods(counts, *, alpha, last):
    return above_poisson(counts, alpha=alpha)


def no_alarms(counts, *, alpha, last):
    return above_poisson(counts, alpha=alpha, last=last).frame


def one_region(counts, *, alpha, last):
    return above_poisson(counts, alpha=alpha, last=last).select(regions=[QUIET])


@pytest.mark.parametrize(
    "wrong", [no_last, no_alpha, all_periods, no_alarms, one_region], ids=lambda f: f.__name__
)
def test_what_a_function_lacks_is_said(counts, wrong, snapshot):
    with pytest.raises(OptionError) as raised:
        monitor(counts, wrong, thresholds="formula")
    assert str(raised.value) == snapshot


def test_a_threshold_of_another_name_is_described(counts):
    def above(counts, *, limit=5.0, last=None):
        grid = grid_of(counts, last=last)
        here = grid.floats()[grid.first :]
        run = DetectorRun("above", "The count itself.", parameters={"limit": limit})
        return make_alarms(grid, run, alarm=here >= limit, statistic=here)

    spec = DetectorSpec(
        "above", above, threshold="limit", usual=5.0, stricter="higher", bounds=(0.5, 100.0), kind="score",
        formula=None, sweep="statistic",
    )  # fmt: skip
    found = monitor(counts, spec, replicates=40)
    level = found.calibrations[0].threshold
    assert level[:3].round().tolist() == [7, 7, 6]  # the other two are quiet: the loosest
    assert level[3:].tolist() == [0.5, 0.5]
    assert (found.calibrations[0].rate <= 1.0).all()


def test_the_former_name_of_a_spec_names_the_new_one():
    for module in ("analytics.detectors", "analytics.detectors.registry"):
        with pytest.raises(OptionError, match=r"no 'Spec' any more[\s\S]*DetectorSpec is its name now"):
            import_module(module).Spec  # noqa: B018


def test_the_handles(watched, counts):
    assert watched.parameters == {
        "detectors": PAIR, "budget": "1 per region-year", "budget_per_region_year": 1.0, "last": 52,
        "thresholds": "formula", "resample": "parametric", "share": None, "replicates": 400, "seed": 0,
        "completeness": None, "completeness_sd": None,
    }  # fmt: skip
    assert watched.null_hypothesis == watched.alarms.null_hypothesis
    assert watched.frame is watched.frame
    assert watched.calibrations[0].frame is watched.calibrations[0].frame
    assert len(repr(watched).splitlines()) == len(repr(watched.calibrations[0]).splitlines()) == 1
    table = watched.tidy()
    assert table["region"].tolist() == list(counts.regions)
    assert table["verdict"].tolist() == watched.answers().tolist()
    assert table["reason"].tolist() == watched.frame["note"].tolist()
    np.testing.assert_allclose(table["expected_false"], watched.frame["rate"] * watched.frame["years"])


@pytest.mark.parametrize("last", [0, -1, True, 2.5])
def test_last_is_a_number_of_periods(counts, last):
    with pytest.raises(OptionError, match="last is not usable"):
        monitor(counts, "ears_c1", last=last)


def test_a_detector_for_all_regions_at_once_is_refused(counts):
    with pytest.raises(OptionError, match="answers for all regions at once"):
        monitor(counts, "space_time_scan")
