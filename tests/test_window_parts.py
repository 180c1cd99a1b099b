"""What a test is asked and what it answers stays as it was made; its parts by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from scipy import stats

from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels
from analytics.kernels.windows import answer as answers
from analytics.kernels.windows.answer import Answer, Called, Expected, answer, next_starts
from analytics.kernels.windows.asked import Asked, History, Stretch, kept
from analytics.kernels.windows.asked import Tested as Constant
from analytics.kernels.windows.asked import tested as alone
from analytics.kernels.windows.critical import least_count, likely_count
from analytics.kernels.windows.expected import NEEDED_DAYS
from analytics.kernels.windows.starts import starting_count
from analytics.results.grades import Rules, Seen

HOLD_ARRAYS = (Answer, Called, Expected, Asked, History, Stretch, Constant)


@pytest.mark.parametrize("kind", [*HOLD_ARRAYS, Rules, Seen])
def test_what_is_asked_and_answered_cannot_be_changed(kind):
    made = object.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        setattr(made, fields(kind)[0].name, 0)
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("kind", HOLD_ARRAYS)
def test_what_holds_arrays_is_the_same_as_itself_alone(kind):
    one, other = object.__new__(kind), object.__new__(kind)
    assert one == one
    assert one != other


# -- the count at which a tail falls to a level ------------------------------------------------------------

MEANS = np.array([0.02, 0.7, 3.0, 12.0, 150.0, 4000.0])
LEVELS = np.array([0.05, 0.01, 0.2, 0.025, 1e-6, 0.001])


def looked(guess, scale, *, upper=True, means=MEANS, levels=LEVELS):
    """The counts found for Poisson tails, and how many looks they took."""
    looks = []

    def tail(count, index):
        looks.append(len(index))
        of = stats.poisson(means[index])
        return of.sf(count - 1) if upper else of.cdf(count)

    found = least_count(tail, levels, np.asarray(guess, float), np.asarray(scale, float), upper=upper)
    return found, len(looks)


def wanted(upper=True):
    counts = np.arange(6000.0)[:, None]
    if upper:
        return np.argmax(stats.poisson(MEANS).sf(counts - 1) <= LEVELS, axis=0)
    return (stats.poisson(MEANS).cdf(counts) <= LEVELS).sum(axis=0) - 1


@pytest.mark.parametrize("upper", [True, False])
def test_the_least_count_is_found_from_any_guess_and_soon_from_a_good_one(upper):
    right, scale = wanted(upper), np.sqrt(MEANS)
    for guess, spread, most in (
        (right, scale, 2),
        (right, np.zeros(6), 2),
        (MEANS, scale, 4),
        (MEANS, scale / 100, 5),
        (MEANS, 100 * scale, 8),
        (np.zeros(6), scale, 12),
        (10 * MEANS + 50, scale, 28),
    ):
        found, looks = looked(guess, spread, upper=upper)
        np.testing.assert_array_equal(found, right)
        assert looks <= most, (guess, looks)


def test_a_level_met_exactly_is_met_and_one_never_met_has_no_count():
    tails = np.array([[1.0, 0.5, 0.25, 0.125, 0.0625, 0.0]])

    def tail(count, index):
        return tails[0][np.minimum(count.astype(int), 5)]

    for level, least in ((0.25, 2), (0.2499, 3), (0.5, 1), (0.0625, 4)):
        found = least_count(tail, np.array([level]), np.array([3.0]), np.array([1.0]))
        assert found.tolist() == [least]
    looks = []

    def never(count, index):
        looks.append(count)
        return np.full(count.shape, 0.5)

    assert np.isnan(least_count(never, np.array([0.05]), np.array([3.0]), np.array([1.0]))).all()
    assert len(looks) == 200


@pytest.mark.parametrize("upper", [True, False])
def test_the_likely_count_is_students_quantile_corrected_for_skewness(upper):
    mean = np.array([0.02, 2.0, 30.0, 400.0, 30.0])
    share = np.array([0.04, 0.04, 0.1, 1.0, 0.04])
    level = np.array([0.05, 0.01, 0.2, 0.025, 1e-300])
    phi, edf = np.array([1.0, 1.7, 2.5, 9.0, 1.7]), np.array([25.0, 25.0, 8.0, 300.0, 25.0])
    dispersion = Dispersion(phi, edf, np.zeros(5), np.full(5, 26))
    found, scale = likely_count(mean, share, dispersion, level, upper=upper)
    for i, (m, s, phi, edf, p) in enumerate(
        zip(mean, share, dispersion.phi, dispersion.edf, level, strict=True)
    ):
        variance = phi * max(m, 0.1)
        spread = np.sqrt(variance * (1 + s))
        t = min(stats.t(edf).isf(p), 12.0)
        skewed = (t * t - 1) / 6 * (2 * phi - 1) / np.sqrt(variance) * spread
        assert scale[i] == pytest.approx(spread)
        assert found[i] == pytest.approx(m + (t if upper else -t) * spread + skewed)


# -- where an uptick starts --------------------------------------------------------------------------------


def started(answer, guess, *, upper=True, least=0, days=None, level=None):
    """The counts found where a window is called from (of decreases: up to) an answer, and the looks."""
    answer, looks = np.asarray(answer, float), []

    def called_at(count, index, days, level):
        looks.append((count.tolist(), days, level.tolist()))
        assert (count >= 0).all()
        return count >= answer[index] if upper else count <= answer[index]

    level = np.full(answer.shape, 0.05) if level is None else np.asarray(level)
    guess = np.asarray(guess, float)
    return starting_count(called_at, level, guess, least=least, days=days, upper=upper), looks


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("off", [0, 1, -1, 2, 5, -7, 100, -100, 9000])
def test_the_first_count_called_is_found_from_any_guess(upper, off):
    answer = np.array([0, 1, 2, 5, 9, 40, 333, 20_000])
    found, looks = started(answer, answer + off, upper=upper)
    np.testing.assert_array_equal(found, answer)
    assert len(looks) <= 2 + 2 * np.ceil(np.log2(abs(off) + 1))


def test_a_guess_that_is_no_number_starts_at_three_and_a_half_is_rounded():
    assert started([7.0], [np.nan])[1][0][0] == [3.0]
    assert started([7.0], [6.6])[1][0][0] == [7.0]
    assert started([7.0], [-4.0], least=3)[1][0][0] == [3.0]
    assert started([7.0], [-4.0], least=3, upper=False)[1][0][0] == [0.0]


def test_what_is_less_than_the_least_is_never_asked_about():
    found, looks = started([0, 2, 3, 4, 11], [0, 9, 3, 1, 2], least=3)
    np.testing.assert_array_equal(found, [3, 3, 3, 4, 11])
    assert min(min(counts, default=9) for counts, *_ in looks) == 3


def test_levels_that_are_no_numbers_are_not_looked_for_and_days_are_passed_on():
    found, looks = started([5, 6, 7], [5, 6, 7], level=[0.05, np.nan, 0.01], days=3)
    np.testing.assert_array_equal(found, [5, np.nan, 7])
    assert looks[0] == ([5.0, 7.0], 3, [0.05, 0.01])
    assert {days for _, days, _ in looks} == {3}


def test_a_count_that_is_never_called_is_none():
    np.testing.assert_array_equal(started([np.inf, 4], [3, 3])[0], [np.nan, 4])
    assert len(started([np.inf], [3])[1]) == 22, "the guess, and twenty-one steps that double"
    found, _ = started([-1, 0, 4], [3, 3, 3], upper=False)
    np.testing.assert_array_equal(found, [np.nan, 0, 4])


# -- one question, its parts -------------------------------------------------------------------------------

DAYS, LENGTH, GUARD = 406, 14, 28


def stretch_of(values, covered=None) -> Stretch:
    covered = np.ones(values.shape, bool) if covered is None else covered
    return Stretch(values.astype(np.int32), covered, LENGTH, GUARD)


def history_of(stretch, days=None) -> History:
    """The stretch with three years before it, or no more than the days said."""
    before = np.random.default_rng(4).poisson([0.4, 0.4, 2.0, 0.0], (1095, 4)).astype(np.int32)
    values = np.concatenate([before, stretch.values])
    covered = np.concatenate([np.ones(before.shape, bool), stretch.covered])
    return History(np.arange(len(values)), values, covered, 1, 1459 if days is None else days)


def seasonal(history, regions) -> History:
    """The history with a strong season in some regions, in the years before the stretch."""
    year, values = 2 * np.pi * history.day[:1095] / 365.25, history.values.copy()
    rate = np.exp(1.5 * np.cos(year))[:, None] * np.ones(len(regions))
    values[:1095, regions] = np.random.default_rng(5).poisson(rate)
    return replace(history, values=values)


def panel(seed=3) -> np.ndarray:
    values = np.random.default_rng(seed).poisson([0.4, 0.4, 2.0, 0.3], (DAYS, 4))
    values[-LENGTH:, 1] += 1
    values[:, 3] = 0  # nothing ever
    return values


def test_a_stretch_is_cut_where_it_says():
    values = np.arange(20)[:, None] + np.array([[0, 100]])
    covered = values % 3 > 0
    one = Stretch(values, covered, 3, 5)
    assert one.baseline[:, 0].tolist() == list(range(12))
    assert one.recent[:, 0].tolist() == [17, 18, 19]
    np.testing.assert_array_equal(one.baseline_covered, covered[:12])
    np.testing.assert_array_equal(one.recent_covered, covered[17:])
    assert one.several
    assert not Stretch(values[:, :1], covered[:, :1], 3, 5).several


def test_what_is_asked_follows_from_its_options():
    usual = Asked()
    assert (usual.alpha, usual.confidence, usual.margin, usual.sought) == (0.05, 0.9, 1.5, 4.0)
    assert (usual.expected, usual.pooled, usual.lrd, usual.late, usual.direction) == (
        False, False, True, False, "greater",
    )  # fmt: skip
    assert not usual.shrink
    assert Asked(null="expected").expected
    assert not Asked(null="auto").expected
    assert Asked(method="pooled").pooled
    assert Asked(method="pooled").lrd
    assert not Asked(method="pooled", upper=False).pooled
    assert not Asked(method="pooled", null="expected").pooled
    assert not Asked(method="rank").lrd
    fewer = Asked(upper=False)
    assert (fewer.direction, fewer.late) == ("less", True)
    assert not Asked(upper=False, completeness=np.ones((LENGTH, 1))).late


def test_exposure_is_the_mean_of_the_covered_periods():
    completeness = np.linspace(1.0, 0.3, 8).reshape(4, 2)
    deviation = np.linspace(0.01, 0.08, 8).reshape(4, 2)
    pattern, group = np.array([True, False, True, True]), np.array([1])
    mean = completeness[[0, 2, 3], 1].mean()
    share, unsure = Asked(completeness).exposure(pattern, group)
    assert share.tolist() == [mean]
    assert unsure.tolist() == [0.0]
    share, unsure = Asked(completeness, deviation).exposure(pattern, group)
    assert share.tolist() == [mean]
    assert unsure == pytest.approx([(deviation[[0, 2, 3], 1].mean() / mean) ** 2])
    share, unsure = Asked().exposure(pattern, np.arange(2))
    assert (share.tolist(), unsure.tolist()) == ([1.0, 1.0], [0.0, 0.0])


def test_what_is_not_covered_is_kept_out():
    values = np.arange(20)[:, None] + np.array([[0, 100]])
    one = Stretch(values, values % 3 > 0, 3, 5)
    counts, covered = kept(one, np.array([1]), np.array([True, False, True]))
    assert counts[:, 0].tolist() == [*range(100, 118), 119]
    np.testing.assert_array_equal(covered, counts % 3 > 0)


def test_an_answer_hangs_together():
    stretch = stretch_of(panel())
    found = answer(stretch, Asked(), history_of(stretch))
    window = stretch.recent.sum(axis=0)
    np.testing.assert_array_equal(found.observed, window)
    assert [bool(why) for why in found.reasons] == [False, False, False, True]
    np.testing.assert_array_equal(np.isnan(found.pvalue), [False, False, False, True])
    np.testing.assert_array_equal(found.constant, found.pvalue)
    assert not found.rests.any()
    quiet = np.array([False, False, False, True])
    np.testing.assert_array_equal(found.level, call_levels(found.family, 0.05, quiet))
    np.testing.assert_array_equal(found.qvalue, benjamini_hochberg(found.family))
    assert (found.qvalue[:3] <= 0.05).tolist() == [False, True, False]
    assert found.expected.ratio[:3] == pytest.approx(window[:3] / found.expected.expected[:3])
    assert np.isfinite(found.expected.pvalue[:3]).all()
    assert found.bounds.expected[3] == 0
    assert not found.far_below.any()
    for region in (0, 2, 3):  # its counts, were it in the place of what was observed
        at = int(found.bounds.starts_at[region])
        assert at >= MIN_OBSERVED
        for count, called in ((at, True), (at - 1, at == MIN_OBSERVED)):  # q alone calls fewer than three
            put = stretch.values.copy()
            put[-LENGTH:, region] = np.diff(count * np.arange(LENGTH + 1) // LENGTH)
            again = answer(stretch_of(put), Asked(), history_of(stretch))
            assert bool(again.qvalue[region] <= 0.05) == called, (region, count)


@pytest.mark.parametrize("null", ["expected", "auto"])
def test_an_answer_may_rest_on_an_expectation(null):
    stretch = stretch_of(panel())
    history = seasonal(history_of(stretch), [0, 2])
    found = answer(stretch, Asked(null=null), history)
    assert found.rests.tolist() == ([True] * 4 if null == "expected" else [True, False, True, False])
    own = np.flatnonzero(found.rests[:3])
    np.testing.assert_array_equal(found.pvalue[own], found.expected.pvalue[own])
    np.testing.assert_array_equal(found.family[own], found.expected.pvalue[own])
    constant = answer(stretch, Asked(), history)
    np.testing.assert_array_equal(found.pvalue[~found.rests], constant.pvalue[~found.rests])
    np.testing.assert_array_equal(found.constant, constant.pvalue)
    short = answer(stretch, Asked(null=null), history_of(stretch, days=100))
    assert np.isnan(short.expected.pvalue).all()
    if null == "auto":
        np.testing.assert_array_equal(short.pvalue, constant.pvalue)
    else:
        assert all(short.reasons)
        assert np.isnan(short.pvalue).all()


def test_a_region_that_cannot_be_tested_rests_on_no_expectation_however_seasonal_its_past():
    stretch = stretch_of(panel())
    stretch.covered[: DAYS - LENGTH - GUARD - 2 * LENGTH, 0] = False  # no five windows before it
    history = replace(seasonal(history_of(stretch), [0, 2]), covered=np.ones((1095 + DAYS, 4), bool))
    found = answer(stretch, Asked(null="auto"), history)
    assert found.expected.season.tolist() == [True, False, True, False]
    assert np.isfinite(found.expected.pvalue[0])
    assert found.reasons[0]
    assert found.rests.tolist() == [False, False, True, False]
    assert np.isnan(found.bounds.expected[0])


@pytest.mark.parametrize("null", ["expected", "auto"])
def test_where_no_expectation_is_found_the_next_window_does_not_rest_on_one(null, monkeypatch):
    stretch = stretch_of(panel())
    history = seasonal(history_of(stretch), [0, 2])
    asked, (usual, _) = Asked(null=null), next_starts(stretch, Asked(), 7)
    rests, _ = next_starts(stretch, asked, 7, history=history)
    assert rests[0] != usual[0]
    whole = answers.fitted

    def lost(*given, **options):
        fit = whole(*given, **options)
        converged = fit.test.converged.copy()
        converged[fit.index == 0] = False
        return replace(fit, test=replace(fit.test, converged=converged))

    monkeypatch.setattr(answers, "fitted", lost)
    first, _ = next_starts(stretch, asked, 7, history=history)
    np.testing.assert_array_equal(first[0], usual[0] if null == "auto" else np.nan)
    np.testing.assert_array_equal(first[1:], rests[1:])


def test_a_window_covered_in_part_is_answered_by_what_is_covered():
    values, covered = panel(), np.ones((DAYS, 4), bool)
    covered[-3:, 0] = False
    covered[-LENGTH:, 2] = False
    stretch = stretch_of(values, covered)
    found = answer(stretch, Asked(), history_of(stretch))
    assert found.observed[0] == values[-LENGTH:-3, 0].sum()
    assert np.isnan(found.observed[2])
    assert found.reasons[2]
    assert np.isnan(found.pvalue[2])
    assert np.isfinite(found.pvalue[0])


def test_fewer_are_asked_about_where_reports_are_known_to_be_in():
    values = panel()
    values[-LENGTH:, 2] = 0
    stretch = stretch_of(values)
    late = answer(stretch, Asked(upper=False), history_of(stretch))
    assert all(late.reasons)
    assert np.isnan(late.pvalue).all()
    known = Asked(upper=False, completeness=np.ones((LENGTH, 4)))
    found = answer(stretch, known, history_of(stretch))
    assert (found.qvalue <= 0.05).tolist() == [False, False, True, False]
    assert 0 <= found.bounds.starts_at[2] < 28
    half = answer(stretch, Asked(completeness=np.full((LENGTH, 4), 0.5)), history_of(stretch))
    whole = answer(stretch, Asked(), history_of(stretch))
    assert half.pvalue[0] < whole.pvalue[0], "half of the reports are still to come"
    assert whole.far_below.tolist() == [False, False, True, False]


def test_where_the_window_of_the_next_week_would_be_called():
    stretch = stretch_of(panel())
    first, three = next_starts(stretch, Asked(), 7)
    assert (three >= first)[:3].all()
    later = np.concatenate([stretch.values[7:], np.zeros((7, 4), np.int32)])
    later[-LENGTH:] = 0
    for region, tests in ((0, 3), (3, 4)):  # one that never had an incident would be a test more
        at = int(first[region])
        for count, called in ((at, True), (at - 1, False)):
            put = later.copy()
            put[-LENGTH:, region] = np.diff(count * np.arange(LENGTH + 1) // LENGTH)
            found = alone(stretch_of(put), Asked()).family[region]
            assert bool(found <= 0.05 / tests) == (called or at == MIN_OBSERVED), (region, count)


@pytest.mark.parametrize("null", ["expected", "auto"])
def test_where_the_next_window_would_be_called_against_its_expectation(null):
    stretch = stretch_of(panel())
    history = seasonal(history_of(stretch), [0, 2])
    first, three = next_starts(stretch, Asked(null=null), 7, history=history)
    usual, _ = next_starts(stretch, Asked(), 7)
    assert (three >= first)[:3].all()
    if null == "auto":
        np.testing.assert_array_equal(first[[1, 3]], usual[[1, 3]])
    # The counts of that week put in, one fewer is not called and those are.
    later = np.concatenate([history.values, np.zeros((7, 4), np.int32)])
    for region in (0, 2):
        at = int(first[region])
        for count, called in ((at, True), (at - 1, False)):
            put = later.copy()
            put[-LENGTH:, region] = np.diff(count * np.arange(LENGTH + 1) // LENGTH)
            days = np.arange(len(put))
            whole = History(days, put, np.ones(put.shape, bool), 1, len(put) - LENGTH - GUARD)
            found = answer(stretch_of(put[-DAYS:]), Asked(null=null), whole)
            assert bool(found.pvalue[region] <= 0.05 / 3) == called, (region, count)


def test_where_the_next_window_would_be_called_is_said_of_the_usual_question_alone():
    stretch = stretch_of(panel())
    completeness = np.ones((LENGTH, 4))
    for asked in (
        Asked(null="expected"),
        Asked(method="rank"),
        Asked(upper=False, completeness=completeness),
    ):
        assert np.isnan(next_starts(stretch, asked, 7)).all()
    covered = np.ones((DAYS, 4), bool)
    covered[: DAYS - LENGTH - GUARD - 3 * LENGTH, 1] = False
    covered[-5:, 0] = False  # covered by then, as is supposed
    first, _ = next_starts(stretch_of(panel(), covered), Asked(), 7)
    assert np.isnan(first).tolist() == [False, True, False, False]


def test_a_threshold_is_met_exactly():
    assert History(np.arange(3), np.zeros((3, 1)), np.ones((3, 1), bool), 1, NEEDED_DAYS).enough
    assert not History(np.arange(3), np.zeros((3, 1)), np.ones((3, 1), bool), 1, NEEDED_DAYS - 1).enough
