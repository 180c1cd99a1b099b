"""Where an uptick starts, who is far below, what other methods say: each held to its definition."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels
from analytics.kernels.panels.hierarchy import Nest
from analytics.kernels.windows import critical, hypothetical
from analytics.kernels.windows.alternatives import METHODS
from analytics.kernels.windows.answer import answer, next_starts
from analytics.kernels.windows.asked import LATE, Asked, History, Stretch
from analytics.kernels.windows.asked import tested as alone
from analytics.kernels.windows.critical import critical_count, least_count, likely_count
from analytics.kernels.windows.hypothetical import spread_counts
from analytics.kernels.windows.lrd import MIN_WINDOWS, REASONS, lrd_test
from analytics.kernels.windows.rotation import across_join
from analytics.kernels.windows.starts import starting_count, starts

DAYS, LENGTH, GUARD, ALPHA = 406, 14, 28, 0.05


def stretch_of(values, covered=None, length=LENGTH) -> Stretch:
    covered = np.ones(values.shape, bool) if covered is None else covered
    return Stretch(values.astype(np.int32), covered, length, GUARD)


def history_of(stretch) -> History:
    return History(np.arange(len(stretch.values)), stretch.values, stretch.covered, 1, 100)


def put_in(stretch, region, count, days=None) -> Stretch:
    """The stretch with so many incidents in a region's window, spread evenly over it or its last days."""
    values = stretch.values.copy()
    values[-stretch.length :, region] = spread_counts(np.array([float(count)]), stretch.length, days)[:, 0]
    return Stretch(values, stretch.covered, stretch.length, stretch.guard)


def called(stretch, asked, region) -> bool:
    """Whether a region is called, the others as they are: the adjusted p-value alone."""
    return bool(benjamini_hochberg(alone(stretch, asked).family)[region] <= ALPHA)


# -- the counts from which one is called -------------------------------------------------------------------


@pytest.fixture(scope="module")
def quiet_panel() -> Stretch:
    """Thirty regions, most with few incidents, one that rises, and two that never had any."""
    rng = np.random.default_rng(11)
    values = rng.poisson(np.r_[rng.uniform(0.02, 0.3, 26), 0.8, 1.5, 0, 0], (DAYS, 30))
    values[-LENGTH:, 26] += 1
    return stretch_of(values)


@pytest.mark.parametrize("method", ["lrd_b", "pooled"])
def test_a_region_is_called_from_where_it_is_said_to_start(quiet_panel, method):
    asked = Asked(method=method)
    found = answer(quiet_panel, asked, history_of(quiet_panel))
    assert (found.qvalue <= ALPHA).tolist() == [at == 26 and method == "pooled" for at in range(30)]
    assert (found.bounds.expected[28:] == 0).all()
    for days, first in ((None, found.bounds.starts_at), (3, found.bounds.starts_at_3)):
        for region in (3, 5, 26, 29):
            if region == 29 and method == "lrd_b":
                assert np.isnan(first[region]), "alone it cannot be told from so little"
                continue
            at = first[region]
            assert called(put_in(quiet_panel, region, at, days), asked, region)
            if at > MIN_OBSERVED:
                assert not called(put_in(quiet_panel, region, at - 1, days), asked, region), (region, days)


def test_a_sixth_region_that_was_never_heard_of_would_make_a_panel_of_five():
    values = np.random.default_rng(5).poisson(0.02, (DAYS, 5))
    stretch = stretch_of(np.hstack([values, np.zeros((DAYS, 1), int)]))
    asked = Asked(method="pooled")
    bounds = answer(stretch, asked, history_of(stretch)).bounds
    for days, first in ((None, bounds.starts_at), (3, bounds.starts_at_3)):
        assert first[5] == MIN_OBSERVED
        assert called(put_in(stretch, 5, MIN_OBSERVED, days), asked, 5)


@pytest.mark.parametrize("method", ["lrd_b", "pooled"])
def test_a_panel_is_judged_together_where_more_is_asked_about(quiet_panel, method):
    found = alone(quiet_panel, Asked(method=method))
    assert (found.year is not None) == (method == "pooled")
    differs = found.family != found.firm
    assert np.any(differs & np.isfinite(found.family)) == (method == "pooled")
    known = np.ones((LENGTH, 30))
    fewer = alone(quiet_panel, Asked(known, method=method, upper=False))
    assert fewer.year is None
    np.testing.assert_array_equal(fewer.family, fewer.firm)


def test_one_region_alone_is_judged_by_its_own_p_value_and_several_by_firm_ones():
    rng = np.random.default_rng(6)
    values = rng.poisson(0.5, (DAYS, 12))
    values[-LENGTH:, :6] += 2
    together = alone(stretch_of(values), Asked())
    apart = [alone(stretch_of(values[:, [at]]), Asked()) for at in range(12)]
    np.testing.assert_array_equal(together.family, together.firm)
    assert [one.family[0] for one in apart] == [one.pvalue[0] for one in apart]
    assert [one.pvalue[0] for one in apart] == pytest.approx(together.pvalue.tolist())
    assert [one.pvalue[0] > one.firm[0] for one in apart] == [True] * 6 + [False] * 6


@pytest.mark.parametrize("method", ["lrd_b", "pooled"])
def test_the_next_window_is_called_from_where_it_is_said_to_start(quiet_panel, method):
    asked, later = Asked(method=method), quiet_panel.values[7:]
    later = np.concatenate([later, np.zeros((7, 30), np.int32)])
    later[-LENGTH:] = 0
    active = int(later.any(axis=0).sum())
    for days, first in zip((None, 3), next_starts(quiet_panel, asked, 7), strict=True):
        for region in (0, 26, 29):
            level = ALPHA / (active + (region == 29))
            if np.isnan(first[region]):
                assert (region, method) == (29, "lrd_b")
                continue
            for count in (first[region], first[region] - 1):
                family = alone(put_in(stretch_of(later), region, count, days), asked).family[region]
                assert (family <= level) == (count == first[region]) or count < MIN_OBSERVED


def test_the_next_window_needs_as_many_windows_before_it_as_every_test():
    values = np.ones((DAYS, 2), np.int32)
    for windows in (MIN_WINDOWS, MIN_WINDOWS - 1):
        covered = np.ones(values.shape, bool)
        covered[: DAYS - LENGTH - GUARD + 7 - windows * LENGTH, 0] = False
        first, _ = next_starts(stretch_of(values, covered), Asked(), 7)
        assert np.isfinite(first).tolist() == [windows == MIN_WINDOWS, True]
        assert not alone(stretch_of(np.roll(values, -7, 0), np.roll(covered, -7, 0)), Asked()).reasons[1]


def test_a_quiet_region_is_said_to_start_only_where_the_usual_question_is_asked(quiet_panel):
    known = np.ones((LENGTH, 30))
    for asked in (Asked(known, upper=False), Asked(method="quasi_poisson"), Asked(null="expected")):
        found = answer(quiet_panel, asked, history_of(quiet_panel))
        assert np.isnan(found.bounds.starts_at[28:]).all()
        assert np.isnan(found.bounds.expected[28:]).all()
        assert not found.bounds.model_based[28:].any()
    assert np.isfinite(answer(quiet_panel, Asked(), history_of(quiet_panel)).bounds.starts_at).sum() == 28


def test_within_what_it_lies_in_a_region_is_called_where_both_are(quiet_panel):
    group = np.arange(30) % 2
    none = np.full(2, np.nan)
    for q, floor in ((np.array([0.01, 0.2]), 9.0), (np.array([0.2, 0.01]), 200.0)):
        window = quiet_panel.recent.sum(axis=0)
        whole = np.bincount(group, window, 2)
        nest = Nest(group, q, whole + floor, none + whole + floor, whole.astype(float))
        found = answer(quiet_panel, Asked(), history_of(quiet_panel), nest)
        single = alone(quiet_panel, Asked())
        np.testing.assert_array_equal(found.qvalue, nest.child_q(single.family))
        for parent in (0, 1):
            mine = group == parent
            quiet = ~quiet_panel.values.any(axis=0)[mine]
            np.testing.assert_array_equal(found.level[mine], call_levels(single.family[mine], 0.025, quiet))
        own = found.bounds.starts_at[:28]
        assert (own >= window[:28] + floor).all(), "not before what it lies in would be called"
        if floor > 100:
            np.testing.assert_array_equal(own, window[:28] + floor)
    first, _ = next_starts(quiet_panel, Asked(), 7, nest)
    later = np.concatenate([quiet_panel.values[7:], np.zeros((7, 30), np.int32)])
    later[-LENGTH:] = 0
    for region in (0, 5, 26):
        level = 0.025 / later.any(axis=0)[group == group[region]].sum()
        for count in (first[region], first[region] - 1):
            family = alone(put_in(stretch_of(later), region, count), Asked()).family[region]
            assert (family <= level) == (count == first[region]), region


def test_an_interval_is_widened_for_the_choice_where_a_region_is_called_within_what_it_lies_in(quiet_panel):
    stretch, none = put_in(quiet_panel, 26, 45), np.full(2, np.nan)
    nests = [Nest(np.arange(30) % 2, np.array(q), none, none, none) for q in ([0.01, 0.2], [0.2, 0.01])]
    within, beside = (answer(stretch, Asked(), history_of(stretch), nest) for nest in nests)
    assert within.qvalue[26] <= ALPHA < beside.qvalue[26]
    np.testing.assert_array_equal(within.level, beside.level)
    assert 1 < within.bounds.low[26] < beside.bounds.low[26]
    assert within.bounds.high[26] > beside.bounds.high[26]
    others = np.delete(np.arange(30), 26)
    np.testing.assert_array_equal(within.bounds.low[others], beside.bounds.low[others])
    np.testing.assert_array_equal(within.bounds.high[others], beside.bounds.high[others])
    fewer = Asked(np.ones((LENGTH, 30)), upper=False)
    first = answer(stretch, fewer, history_of(stretch), nests[0]).bounds.starts_at
    np.testing.assert_array_equal(
        first, answer(stretch, fewer, history_of(stretch), nests[1]).bounds.starts_at
    )
    assert np.isfinite(first).any()


# -- far below ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [None, 0.8, 0.4])
@pytest.mark.parametrize("part", [0, 3])
def test_far_below_is_what_a_test_for_fewer_would_call(known, part):
    rng = np.random.default_rng(1)
    below = 0
    for _ in range(3):
        values = rng.poisson([4, 4, 2, 2, 6, 0.1], (DAYS, 6))
        low = rng.random(6) < 0.5
        values[-LENGTH:, low] = rng.poisson(values[-LENGTH:, low] * 0.3 * (known or 1))
        covered = np.ones(values.shape, bool)
        covered[DAYS - part :, 0] = False
        share = None if known is None else np.full((LENGTH, 6), known)
        unsure = None if known is None else np.full((LENGTH, 6), 0.1)
        stretch = stretch_of(values, covered)
        fewer = Asked(np.ones((LENGTH, 6)) if share is None else share, unsure, upper=False)
        wanted = benjamini_hochberg(alone(stretch, fewer).firm) <= ALPHA
        found = answer(stretch, Asked(share, unsure), history_of(stretch)).far_below
        np.testing.assert_array_equal(found, wanted)
        assert not answer(stretch, fewer, history_of(stretch)).far_below.any()
        below += int(found.sum())
    assert 1 <= below < 18


# -- what else may be asked --------------------------------------------------------------------------------

QUICK = ("lrd_a", "rotation", "fixed_b", "e_test", "quasi_poisson", "nb_glm")


@pytest.mark.parametrize("method", QUICK)
def test_another_method_is_put_to_what_is_covered(method):
    rng = np.random.default_rng(2)
    values = rng.poisson([0.5, 1.0, 2.0], (DAYS, 3))
    values[-LENGTH:] += rng.integers(0, 2, (LENGTH, 3))
    covered = np.ones(values.shape, bool)
    covered[-4:-2, 1] = False
    share = np.linspace(1.0, 0.6, LENGTH)[:, None] * np.array([1.0, 0.9, 0.8])
    stretch = stretch_of(values, covered)
    for upper in (True, False):
        found = alone(stretch, Asked(share, method=method, upper=upper))
        for region, kept in ((0, slice(None)), (1, np.r_[: DAYS - 4, DAYS - 2 : DAYS]), (2, slice(None))):
            inside = np.delete(np.arange(LENGTH), (10, 11)) if region == 1 else np.arange(LENGTH)
            series = values[kept, region : region + 1]
            own = METHODS[method](
                series, np.ones(series.shape, bool), length=len(inside), guard=GUARD,
                completeness=share[inside, region].mean(), upper=upper,
            )  # fmt: skip
            assert found.pvalue[region] == pytest.approx(own[0], rel=1e-9)
        np.testing.assert_array_equal(found.firm, found.pvalue)
        np.testing.assert_array_equal(found.family, found.pvalue)
    assert METHODS[method] is not METHODS["lrd_b"]


def test_a_method_for_comparison_says_where_it_begins_to_call():
    rng = np.random.default_rng(2)
    values = rng.poisson([0.5, 1.0], (DAYS, 2))
    stretch, asked = stretch_of(values), Asked(method="poisson_wald")
    first = answer(stretch, asked, history_of(stretch)).bounds.starts_at
    for region in (0, 1):
        assert called(put_in(stretch, region, first[region]), asked, region)
        assert not called(put_in(stretch, region, first[region] - 1), asked, region)


def test_why_a_region_is_not_tested():
    values = np.zeros((DAYS, 7), int)
    covered = np.ones(values.shape, bool)
    values[100, 1] = 1  # one long ago
    values[-1, 2] = 1  # one now
    values[[100, -1], 3] = 1  # one each: one plus one is not none
    values[100, 4], covered[100, 4] = 1, False  # one where nothing counts
    values[-1, 5], covered[-1, 5] = 1, False
    values[200, 6] = values[-1, 6] = 5
    covered[: DAYS - GUARD - LENGTH : 13, 6] = False  # no window that is covered throughout
    stretch = stretch_of(values, covered)
    found = alone(stretch, Asked())
    none = REASONS[3]
    assert found.reasons == [none, "", "", "", none, none, REASONS[2]]
    np.testing.assert_array_equal(np.isfinite(found.pvalue), [not why for why in found.reasons])
    fewer = alone(stretch, Asked(upper=False))
    assert fewer.reasons == [none, LATE, LATE, LATE, none, none, REASONS[2]]
    assert np.isnan(fewer.pvalue).all()


# -- where the search begins and ends ----------------------------------------------------------------------


class At:
    """Calls from certain counts on, and keeps what it was asked."""

    def __init__(self, even, three=(), guesses=None, *, upper=True) -> None:
        self.answers = {None: np.asarray(even, float), 3: np.asarray(three, float)}
        self.upper, self.given, self.sought, self.first = upper, guesses, None, {}

    def __call__(self, count, index, days, level):
        self.first.setdefault(days, count.tolist())
        wanted = self.answers[days][index]
        return count >= wanted if self.upper else count <= wanted

    def guesses(self, level):
        self.sought = level.tolist()
        return self.given


def three_tests(completeness=1.0):
    values = np.random.default_rng(5).poisson([0.4, 1.0, 3.0], (DAYS, 3))
    return lrd_test(
        values, np.ones(values.shape, bool), length=LENGTH, guard=GUARD, completeness=completeness
    )


LEVEL = np.full(3, 0.05)


def test_the_search_begins_where_the_tail_alone_would_call_and_a_tenth_above_for_three_days():
    test = three_tests(completeness=0.6)
    at = At([9, 30, 90], [12, 33, 95])
    first, three = starts(test, at, LEVEL, LENGTH, upper=True)
    assert (first.tolist(), three.tolist()) == ([9, 30, 90], [12, 33, 95])
    begin = critical_count(
        test.baseline_total, test.recent_exposure * test.carried, test.baseline_exposure, test.dispersion,
        LEVEL, upper=True,
    )  # fmt: skip
    assert at.first[None] == begin.tolist()
    assert at.first[3] == np.round(1.1 * first).tolist()


def test_the_search_begins_where_it_is_told_and_on_three_days_not_before_it_began_on_all():
    at = At([9, 30, 90], [12, 33, 95], (np.array([8.0, 31.0, 90.0]), np.array([20.0, 2.0, 96.0])))
    level = np.array([0.05, np.nan, 0.05])
    first, three = starts(three_tests(), at, level, LENGTH, upper=True)
    np.testing.assert_array_equal(first, [9, np.nan, 90])
    np.testing.assert_array_equal(three, [12, np.nan, 95])
    assert at.sought == [0.05, 0.5, 0.05], "one without a level is guessed at somewhere, not looked for"
    assert at.first == {None: [8.0, 90.0], 3: [20.0, 96.0]}


def test_three_days_are_asked_about_in_windows_that_have_more_and_of_more_incidents_alone():
    guesses = np.array([5.0, 5.0, 5.0]), np.array([5.0, 5.0, 5.0])
    for length, asked in ((2, False), (3, False), (4, True), (14, True)):
        _, three = starts(three_tests(), At([4, 5, 6], [7, 8, 9], guesses), LEVEL, length, upper=True)
        assert np.isfinite(three).all() == asked
        assert np.isfinite(three).any() == asked
    first, three = starts(three_tests(), At([4, 0, -1], (), guesses, upper=False), LEVEL, 14, upper=False)
    np.testing.assert_array_equal(first, [4, 0, np.nan])
    assert np.isnan(three).all()


def test_fewer_than_three_are_never_called_nor_fewer_than_what_it_lies_in_needs():
    guesses = np.array([1.0, 5.0, 6.0]), np.array([1.0, 5.0, 6.0])
    at = At([1, 2, 6], [0, 3, 7], guesses)
    first, three = starts(three_tests(), at, LEVEL, LENGTH, upper=True)
    assert (first.tolist(), three.tolist()) == ([3, 3, 6], [3, 3, 7])
    least = np.array([[2.0, 8.0, 6.0], [4.0, 1.0, 9.0]])
    first, three = starts(three_tests(), at, LEVEL, LENGTH, upper=True, least=least)
    assert (first.tolist(), three.tolist()) == ([3, 8, 6], [4, 3, 9])


def test_a_hypothetical_window_is_turned_in_as_many_positions_as_the_one_there_is(quiet_panel, monkeypatch):
    asked_of = []

    def kept(positions, length):
        asked_of.append((positions, length))
        return across_join(positions, length)

    monkeypatch.setattr(hypothetical, "across_join", kept)
    bounds = answer(quiet_panel, Asked(), history_of(quiet_panel)).bounds
    assert np.isfinite(bounds.starts_at).any()
    assert {*asked_of} == {(DAYS, LENGTH)}


def test_a_count_of_none_is_found_where_nothing_less_is_ruled_out():
    found = starting_count(At([0, 1, 2]), LEVEL, np.array([0.0, 0.0, 9.0]))
    assert found.tolist() == [0, 1, 2]


def test_a_level_that_no_count_reaches_soon_is_given_up_after_two_million():
    far = 2.0**20
    at = At([3 + 2 * far - 1, 3 + 2 * far, 3 + 2 * far + 9])
    np.testing.assert_array_equal(starting_count(at, LEVEL, np.full(3, 3.0)), [2 * far + 2, np.nan, np.nan])


# -- how soon a count is found -----------------------------------------------------------------------------


def cliff(least, *, upper=True, above=0.5, beyond=0.0):
    """A tail that falls all at once, so that no secant leads anywhere, and the counts it was asked about."""
    asked = []

    def tail(count, index):
        asked.append(count.tolist())
        hit = count >= least[index] if upper else count <= least[index]
        return np.where(hit, beyond, above)

    return tail, asked


def looked(least, guess, scale, *, upper=True, above=0.5):
    """The count found of a cliff, and the counts it was looked for at."""
    tail, asked = cliff(np.array([float(least)]), upper=upper, above=above)
    level = np.array([0.05])
    found = least_count(tail, level, np.array([float(guess)]), np.array([float(scale)]), upper=upper)
    return found[0], [int(count) for (count,) in asked]


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("scale", [2.0, 100.0])
def test_a_tail_that_falls_all_at_once_is_found_by_doubling_and_halving(upper, scale):
    right = 1_000_000
    found, asked = looked(right, 50, scale, upper=upper)
    assert found == right
    assert len(asked) == 51
    doubled = np.diff(asked[12:])  # after twelve looks by secants
    out = int(np.argmax(np.diff(np.sign(np.array(asked) - right)) != 0)) + 1  # the first beyond it
    np.testing.assert_array_equal(doubled[: out - 12], 2.0 ** np.arange(1, out - 11))
    inside, outside = asked[out - 1], asked[out]
    for count in asked[out + 1 :]:
        assert count == (inside + outside) // 2
        beyond = count >= right if upper else count > right
        inside, outside = (inside, count) if beyond else (count, outside)


@pytest.mark.parametrize("upper", [True, False])
def test_a_tail_that_hardly_changes_over_thousands_of_counts_is_followed_to_its_end(upper):
    right, begin = (5_000, 3.0) if upper else (9_000, 3_000.0)
    beside = 0.0501 if upper else 0.0499  # a hair from the level: secants go on by ones

    def tail(count, index):
        return np.where(count >= right, 0.0, beside) if upper else np.where(count <= right, beside, 0.9)

    found = least_count(tail, np.array([0.05]), np.array([begin]), np.array([1.0]), upper=upper)
    assert found.tolist() == [right]


def test_secants_follow_the_tails_slope_and_its_scale_until_it_is_known():
    step = np.ceil(2.0 * 1.6448536)  # from a tail of a half to one of 0.05, in standard deviations
    assert looked(10**6, 50, 2.0)[1][:13] == [50 + int(step) * k for k in range(13)]
    assert looked(5, 0, 2.0)[1] == [0, 4, 8, 5]
    assert looked(4, 3, 2.0)[1] == [3, 7, 4]
    assert looked(4, 3, 100.0)[1] == [3, 103, 8, 4], "no further than a hundred beyond"
    assert looked(0, 20, 2.0, upper=False)[1] == [20, 16, 12, 8, 4, 0, 3, 2, 1]
    assert looked(-1, 5, 2.0, upper=False) == (-1, [5, 1, 0])
    assert looked(7, 9_000, 100.0)[1] == [9000, 5460, 1920, 0, 86, 4, 8, 5, 6, 7]
    assert len(looked(7, 9_000, 100.0, upper=False)[1]) == 26


def test_the_critical_count_is_looked_for_from_the_likely_one_on(monkeypatch):
    begun = []

    def kept(tail, level, guess, scale, *, upper):
        begun.append((guess, scale, level, upper))
        return least_count(tail, level, guess, scale, upper=upper)

    monkeypatch.setattr(critical, "least_count", kept)
    base, recent, periods = np.array([4.0, 120.0]), np.array([14.0, 7.0]), np.array([364.0, 200.0])
    phi = Dispersion(np.array([1.3, 2.0]), np.array([20.0, 50.0]), np.zeros(2), np.array([26, 28]))
    for upper in (True, False):
        found = critical.critical_count(base, recent, periods, phi, 0.01, upper=upper)
        guess, scale, level, way = begun.pop()
        mean, share = np.array([4 / 26, 4.2]), np.array([1 / 26, 0.035])
        wanted = likely_count(mean, share, phi, np.full(2, 0.01), upper=upper)
        np.testing.assert_allclose((guess, scale), wanted, rtol=1e-12)
        assert (level.tolist(), way) == ([0.01, 0.01], upper)
        assert found.tolist() == ([3, 14] if upper else [-1, -1])
