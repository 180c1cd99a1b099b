"""Answers of detectors that are rarely asked for: a threshold of one's own, nothing found, late counts."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from analytics import Counts, read_incidents, response_test, scan_test, uptick_test
from analytics.counts.completeness import Completeness
from analytics.detectors import surveillance
from analytics.detectors._bayes import _bounds
from analytics.detectors._predictive import _largest
from analytics.detectors._rogerson import rogerson
from analytics.detectors._stcd import stcd
from analytics.detectors.events import events_of_incidents
from analytics.detectors.registry import DETECTORS, detector_specs
from analytics.detectors.spec import DetectorSpec
from analytics.errors import OptionError, UptickError
from analytics.evaluation.false_alarms import alarm_weeks_of
from analytics.filters.said import filter_words
from analytics.incidents.splices import UNCLEAR, find_splices
from analytics.periods import Window
from analytics.results import SUPPORTED
from analytics.results.alarms import Alarms
from analytics.results.words_days import span_words
from analytics.results.words_report import country_words
from analytics.upticks import changeable, recurring, scan, volatility
from analytics.upticks.band import expected_band
from analytics.upticks.change import _dated
from analytics.upticks.debut_panel import panel_of_counts
from analytics.upticks.rows import heavy_day
from analytics.upticks.severity import _total_row
from analytics.upticks.status import _gone

SERIES = np.array([1, 0, 2, 1] * 14 + [6, 7, 9, 8])


def weekly(values=SERIES, **options):
    return Counts.from_array(np.asarray(values), start="2019-01-07", **options)


def test_the_largest_count_is_found_however_far_from_the_first_guess():
    # The tail of an exponential with mean 100, asked for below one in e^12: 12 times 100 is the answer.
    found = _largest(
        lambda count: np.exp(-count / 100),
        np.array([1.0]),
        np.array([1.0]),
        np.array([np.exp(-12)]),
        np.array([0.0]),
    )
    assert found.tolist() == [1199]


def test_bounds_are_the_least_count_that_is_as_rare_as_asked():
    shape, share = np.repeat(np.arange(1, 40) + 0.5, 4), np.tile([0.5, 0.2, 0.1, 0.01], 39)
    alpha = np.full(shape.size, 0.01)
    bound = _bounds(shape, share, alpha)
    for a, p, b in zip(shape, share, bound, strict=True):
        weights = [1.0]
        for k in range(400):  # the negative binomial, term by term
            weights.append(weights[-1] * (a + k) / (k + 1) * p)
        tail = 1 - np.cumsum(np.array(weights) * (1 - p) ** a)
        assert tail[int(b)] <= 0.01 * (1 + 1e-9)
        assert b == 0 or tail[int(b) - 1] > 0.01 * (1 - 1e-9)


def test_bounds_hold_at_a_level_that_a_count_has_and_at_one_below_what_a_quantile_can_ask_for():
    # P(Y >= 2) of shape 1/2 and share 1/2, term by term: two incidents are just as rare as asked.
    has = special.betainc(2, 0.5, 0.5)
    assert has == pytest.approx(1 - 0.5**0.5 * (1 + 0.5 * 0.5), rel=1e-12)
    assert _bounds(np.array([0.5]), np.array([0.5]), np.array([has])).tolist() == [1]
    assert _bounds(np.array([0.5]), np.array([0.5]), np.array([has * (1 - 1e-12)])).tolist() == [2]
    # 1e-20 is nothing beside 1: of shape 1 and share 1/2 the tail beyond c is half to the power c + 1.
    assert _bounds(np.array([1.0]), np.array([0.5]), np.array([1e-20])).tolist() == [66]


def test_a_ratio_is_another_name_for_an_increase():
    # Of a mean of 4, one standard deviation more is half as many again.
    quiet = weekly(np.full(60, 4))
    by_shift = rogerson(quiet, expected=4.0, shift=1.0, last=4)
    by_ratio = rogerson(quiet, expected=4.0, ratio=1.5, last=4)
    np.testing.assert_allclose(by_shift.statistic, by_ratio.statistic)


def test_a_reference_of_ones_own_is_thinned_as_the_counts_are():
    # With half reported, a reference of 2 asks of the last weeks what 1 asks of whole ones.
    counts = weekly()
    share = np.ones(counts.values.shape)
    share[-2:] = 0.5
    half = replace(counts, completeness=Completeness(share, np.zeros(share.shape), "given"))
    reported = rogerson(half, expected=1.0, reference=2.0, threshold=3.0, last=2)
    references = reported.runs[0].parameters["reference"]
    assert np.asarray(references)[-2:].ravel().tolist() == [1.0, 1.0]


def test_nothing_found_among_events_is_said_without_a_place():
    x, y = np.arange(12) % 4 * 10.0, np.arange(12) // 4 * 10.0
    quiet = stcd(x, y, np.arange(12.0), radius=1.0, epsilon=0.5, threshold=1e9)
    table = quiet.summary().set_index("what")["value"]
    assert table["first alarm"] == "none"
    assert "around" not in table.index
    found = stcd(np.zeros(12), np.zeros(12), np.arange(12.0), radius=1.0, threshold=1.5, epsilon=0.5)
    assert found.summary().set_index("what")["value"]["first alarm"].startswith("event ")


def test_events_of_several_days_are_taken_at_their_first():
    frame = pd.DataFrame(
        {
            "date": ["2020-04-01", "2020-04-03"],
            "date_end": ["2020-04-02", "2020-04-03"],
            "admin1": "Eastmark",
            "latitude": [34.0, 35.0],
            "longitude": [44.0, 45.0],
        }
    )
    incidents = replace(read_incidents(frame, as_of="2020-04-13"), as_of=None)
    events = events_of_incidents(incidents)
    assert events.t.astype("datetime64[D]").astype(str).tolist() == ["2020-04-01", "2020-04-03"]
    assert "1 incidents dated to a span of days are taken at its first day" in events.notes


def test_two_detectors_under_one_name_are_refused():
    ears = DETECTORS["ears_c1"]

    def both(counts, *, last=None):
        return Alarms.concat([ears.run(counts, last=last), DETECTORS["ears_c2"].run(counts, last=last)])

    (spec,) = detector_specs([both])
    with pytest.raises(OptionError, match="both is several") as error:
        spec.run(weekly(), last=4)
    assert error.value.found == "ears_c1, ears_c2"
    assert isinstance(spec, DetectorSpec)


def test_the_dispersion_of_a_transformation_is_used_where_it_is_given():
    counts = weekly(np.random.default_rng(5).poisson(20, 120))
    options = {"transform": "anscombeNegBin", "last": 20}
    usual = surveillance.cusum(counts, **options)
    assert np.allclose(surveillance.cusum(counts, nb_alpha=0.1, **options).statistic, usual.statistic)
    assert (surveillance.cusum(counts, nb_alpha=2.0, **options).statistic <= usual.statistic + 1e-12).all()
    with pytest.raises(OptionError, match="nb_alpha must be at least 0"):
        surveillance.glr(counts, nb_alpha=-0.1, last=20)


def test_a_table_of_alarms_says_what_rate_was_expected():
    charts = DETECTORS["e_detector"].run(weekly(), last=4)
    rate = f"{charts.runs[0].rate.mean():.2f} false-alarm episodes per region-year"
    assert f"e_detector: {rate} expected (at most; anytime-valid only if" in str(charts)
    assert charts.expected is None
    loud = DETECTORS["e_detector"].run(weekly(np.append(SERIES, [30, 30])), last=4).episodes()
    assert loud["ongoing"].iloc[-1]
    assert loud["expected"].isna().all()  # the method has no expectation, which is not one of zero
    alarms = DETECTORS["predictive"].run(weekly(), last=4)
    assert "episodes per region-year expected" not in str(alarms)
    nothing = Alarms.concat([alarms, DETECTORS["ears_c1"].run(weekly(), last=4)])
    with pytest.raises(OptionError, match="no series has that detector and region"):
        nothing.select(detectors=[])


# -- what tests of claims say where there is little --------------------------------------------------------


def daily(days=900, regions=("Eastmark", "Westmark"), rate=1.0, **options):
    rng = np.random.default_rng(16)
    values = rng.poisson(rate, (days, len(regions)))
    return Counts.from_array(values, start="2018-01-01", freq="day", regions=list(regions), **options)


def test_sources_that_begin_or_end_within_the_file_are_told_and_sparse_ones_are_not():
    days = pd.date_range("2019-01-01", periods=400)
    frame = pd.concat(
        pd.DataFrame({"date_start": some, "source": name, "flags": ""})
        for name, some in {"all": days, "late": days[200:], "early": days[:100], "rare": days[::100]}.items()
    )
    assert [(str(splice.day), splice.why) for splice in find_splices(frame)] == [
        ("2019-04-11", "the source early is in the file no longer"),
        ("2019-07-20", "the source late is in the file, and not before"),
    ]
    assert find_splices(frame[:0]) == ()
    candidates = pd.DataFrame({"date_start": days[:50], "source": "ucdp", "flags": UNCLEAR})
    assert find_splices(candidates) == ()  # no yearly file before them


def test_a_scan_of_places_too_large_says_so():
    found = scan_test(daily(), places=[[34.0, 44.0], [35.0, 45.0]], max_share=0.01, replicates=19)
    assert "every place alone holds more than 1 % of the incidents" in found.frame["reason"].iloc[0]


def test_why_a_region_is_no_longer_called_is_said():
    then = pd.Series({"observed": 20.0, "expected": 5.0, "pvalue": 0.001, "starts_at": 12.0})
    assert _gone(pd.Series({"grade": "no_data"}), then) == "no data"
    more = pd.Series({"grade": "steady", "observed": 20.0, "expected": 15.0, "pvalue": 0.1})
    assert _gone(more, then) == "the rise has become part of its baseline"
    less_usual = pd.Series({"grade": "steady", "observed": 20.0, "expected": 4.0, "pvalue": 0.1})
    assert _gone(less_usual, then) == "others changed, and with them the level"
    fewer = pd.Series({"grade": "steady", "observed": 9.0, "expected": 15.0, "pvalue": 0.1})
    assert _gone(fewer, then) == "fell from 20 to 9"


def test_a_day_is_named_that_carries_a_third_of_a_rise():
    largest = np.array([4, 4, 3, 2, 4, 4])
    others = np.array([8, 9, 6, 4, 8, 8])  # in all 12, 13, 9, 6, 12, 12
    recent = np.zeros((14, 6), np.int32)
    recent[3] = largest
    for i, rest in enumerate(others):
        recent[4:, i] = np.diff(np.arange(11) * rest // 10)
    split = SimpleNamespace(
        recent=recent,
        recent_covered=np.ones(recent.shape, bool),
        recent_window=Window(np.datetime64("2020-04-01"), np.datetime64("2020-04-14")),
    )
    counts = SimpleNamespace(period_days=1, regions=tuple("ABCDEF"))
    found = heavy_day(split, counts, np.array([2.0, 2.0, 2.0, 2.0, 1.25, 1.24]))
    assert [words for words, _ in found] == [
        "4 of the 12 on one day, 4 April", "", "3 of the 9 on one day, 4 April", "",
        "4 of the 12 on one day, 4 April", "",
    ]  # fmt: skip


def test_the_dates_of_four_regions_that_changed_are_told():
    day = pd.Timestamp("2020-01-06")
    frame = pd.DataFrame(
        {
            "region": list("ABCDEFG"),
            "verdict": [SUPPORTED] * 6 + ["cannot be told"],
            "pvalue": [0.03, 0.01, 0.02, 0.001, 0.04, 0.005, 0.0001],
            "date": day, "date_first": day - pd.Timedelta(days=7), "date_last": day + pd.Timedelta(days=14),
        }
    )  # fmt: skip
    assert _dated(frame) == [
        f"{name}: best date 2020-01-06, 95 % set 2019-12-30 to 2020-01-20" for name in "DFBC"
    ]


@pytest.mark.parametrize(("tested", "replicates", "told"), [(1, 19, False), (1, 18, True), (2, 39, False)])
def test_as_many_replicates_as_one_region_needs_are_enough(tested, replicates, told):
    notes = recurring._notes(daily(), tested, 0.05, replicates, [])
    assert any("cannot reach q = 0.05" in note for note in notes) == told


def test_that_incomplete_places_are_allowed_for_is_said_only_where_one_is():
    counts = daily()
    for share, told in ((np.ones((3, 2)), False), (np.array([[1.0, 0.99], [1.0, 1.0]]), True)):
        notes = scan._notes(counts, np.ones(len(counts.regions), bool), "constant", share)
        assert any("allows for how complete" in note for note in notes) == told


def test_a_region_whose_days_never_make_a_window_has_no_volatility():
    year = 365.25
    values = np.full(2000, 3)
    every_other = np.arange(2000) % 2 == 0
    row = changeable._row(values, every_other, 14, year, "A")
    assert row["reason"] == "0 whole windows with coverage are too few; 26 are needed"
    assert np.isnan(row["estimate"])
    short = np.arange(2000) < 25 * 14  # windows of which many overlap, and 25 do not
    row = changeable._row(values, short, 14, year, "A")
    assert row["reason"] == "25 windows with coverage are too few; 26 are needed"
    assert np.isnan(row["estimate"])


def test_filters_are_said_with_their_truths():
    assert (
        filter_words("confirmed = true and admin2 is not missing") == "confirmed is true and admin2 is stated"
    )
    assert filter_words("confirmed = false or not (a = 1)") == "confirmed is false or not (a is 1)"


def test_one_day_is_said_once():
    day = np.datetime64("2020-04-06")
    assert span_words(Window(day, day)) == "6 April 2020"


PAIR = daily(days=200)
REFUSED = {
    "a baseline that is no number": lambda: uptick_test(daily(), baseline="same_week"),
    "too few earlier years": lambda: uptick_test(daily(days=500), baseline="same_weeks"),
    "no counts of names": lambda: panel_of_counts({}, 14),
    "a window of half weeks": lambda: expected_band(weekly(), window=10),
    "events without attacks": lambda: response_test(PAIR),
    "counts held by week": lambda: response_test(weekly(), weekly()),
    "other days": lambda: response_test(PAIR, daily(days=100)),
    "no such volatility": lambda: volatility(daily()).describe("Eastmrk"),
    "no model of a picked window": lambda: uptick_test(daily(), recent="scan").model("Eastmark"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_expected(case, snapshot):
    with pytest.raises(UptickError) as error:
        REFUSED[case]()
    assert str(error.value) == snapshot


def test_a_region_without_any_incident_has_no_volatility():
    quiet = Counts.from_array(
        np.column_stack([daily().values[:, 0], np.zeros(900, int)]),
        start="2018-01-01",
        freq="day",
        regions=["Eastmark", "Westmark"],
    )
    found = volatility(quiet)
    assert found.describe("Westmark").startswith("Westmark: no figure, because ")
    assert found.sentence().endswith("no figure for 1.")
    assert volatility(quiet.select("Eastmark")).sentence() == f"{found.describe('Eastmark')}."


def test_deaths_in_all_are_not_compared_where_nobody_died_or_days_are_missing():
    nobody = daily(regions=["all"]).total()
    without = replace(nobody, values=np.zeros_like(nobody.values))
    assert _total_row(without, 0, 14, 28, None, 0.05)["untested"] == (
        "there is no death in the baseline or the recent window"
    )
    holes = nobody.coverage.copy()
    holes[-3:] = False
    gap = replace(nobody, coverage=holes)
    assert _total_row(gap, 0, 14, 28, None, 0.05)["untested"] == "the recent window is not wholly covered"
    thin = replace(nobody, coverage=np.arange(900)[:, None] > 860)
    assert "the baseline has coverage for fewer than" in _total_row(thin, 0, 14, 28, None, 0.05)["untested"]


def test_a_picked_window_has_no_interval_and_its_text_no_table_beside():
    found = uptick_test(daily(), recent="scan")
    assert "interval" not in found.describe("Eastmark")
    assert "rate ratio" in found.describe("Eastmark")
    quiet = uptick_test(daily())
    assert "Beside each" not in str(quiet) + quiet._repr_html_()


def test_all_regions_without_a_number_are_said_in_words_alone():
    assert country_words(np.nan, np.nan, "fortnight", "no data: a silence") == "No data: a silence."


def test_weeks_can_be_watched_only_after_a_whole_baseline():
    with pytest.raises(UptickError, match="too short a history to test every week"):
        alarm_weeks_of(daily(days=100))
    table = alarm_weeks_of(daily(days=450), weeks=2)
    assert len(table) == 2
