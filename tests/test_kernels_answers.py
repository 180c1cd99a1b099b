"""What a window's answer is made of: searches look by look, hypothetical windows one by one, and figures."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest
from kernel_figures import assert_kept, same_as_stored, stored
from scipy import special, stats

from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail
from analytics.kernels.panels.hierarchy import Nest
from analytics.kernels.windows import answer as answer_module
from analytics.kernels.windows import bounds as bounds_module
from analytics.kernels.windows import called as called_module
from analytics.kernels.windows import critical as critical_module
from analytics.kernels.windows import seen as seen_module
from analytics.kernels.windows import starts as starts_module
from analytics.kernels.windows.answer import Answer, answer, next_starts
from analytics.kernels.windows.asked import LATE, Asked, History, Stretch, kept, other_pvalue, window_test
from analytics.kernels.windows.asked import Tested as Constant
from analytics.kernels.windows.asked import tested as alone
from analytics.kernels.windows.bounds import (
    Bounds,
    bounds,
    break_even,
    called_bounds,
    called_count,
    predictive_limits,
    ratio_limit,
)
from analytics.kernels.windows.called import NOT_ADJUSTED, Called, Expected, _multiplicity, called_in, fitted
from analytics.kernels.windows.critical import critical_count, least_count, likely_count
from analytics.kernels.windows.expected import NEEDED_DAYS, history_before
from analytics.kernels.windows.hypothetical import (
    PartOf,
    RerunWindow,
    SpreadWindow,
    before_sparing,
    spared_count,
    spread_counts,
)
from analytics.kernels.windows.lrd import REASONS, lrd_test
from analytics.kernels.windows.season import shows_season
from analytics.kernels.windows.seen import (
    WindowRates,
    _largest_share,
    _needed,
    _points,
    _solved,
    detectable,
    detectable_alone,
    detectable_ratio,
    seen_ratio,
)
from analytics.kernels.windows.starts import starting_count, starts

EXACT = 1e-11


@pytest.mark.parametrize(
    "kind",
    [
        Answer,
        Asked,
        History,
        Stretch,
        Constant,
        Bounds,
        Called,
        Expected,
        PartOf,
        RerunWindow,
        SpreadWindow,
        WindowRates,
    ],
)
def test_what_was_found_stays_so(kind):
    assert_kept(kind)


# -- searches, look by look --------------------------------------------------------------------------------


def searched(upper, guess, scale, steep=1.0):
    """The counts found for normal tails, and where the search looked for them."""
    means = np.array([0.3, 4.0, 50.0, 2000.0])
    levels = np.array([0.05, 1e-3, 0.2, 1e-8])
    asked = []

    def tail(count, index):
        asked.append([*count, *(index * 1.0)])
        z = (count - means[index]) / (np.sqrt(means[index] + 1) * steep)
        return special.ndtr(-z if upper else z)

    found = least_count(tail, levels, np.array(guess, float), np.array(scale, float), upper=upper)
    return found, len(asked), np.array([one for look in asked for one in look])


def cliff(at, guess, upper=True, above=0.6, below=1e-4):
    """Tails that fall all at once: doubled and halved once secants do not lead there."""
    at, asked = np.array(at, float), []

    def tail(count, index):
        asked.extend(count)
        return np.where(count >= at[index] if upper else count <= at[index], below, above)

    size = len(at)
    found = least_count(
        tail, np.full(size, 0.01), np.full(size, float(guess)), np.full(size, 3.0), upper=upper
    )
    return found, np.array(asked)


def test_a_search_ends_at_the_first_count_that_is_small_enough():
    for upper in (True, False):
        for guess in ([0, 0, 0, 0], [1, 9, 60, 2400], [500] * 4):
            for scale in (1.0, 30.0, 0.0):
                found = searched(upper, guess, [scale] * 4)[0]
                means, levels = np.array([0.3, 4.0, 50.0, 2000.0]), np.array([0.05, 1e-3, 0.2, 1e-8])
                z = -special.ndtri(levels) * np.sqrt(means + 1)
                wanted = np.maximum(np.ceil(means + z), 0) if upper else np.maximum(np.floor(means - z), -1)
                assert found.tolist() == wanted.tolist()


def plain_called(least, *, upper=True, never=()):
    """What is called from a count on, and the counts that were asked about."""
    asked = []

    def called_at(count, index, days, level):
        asked.extend(zip(index.tolist(), count.tolist(), [days] * len(count), level.tolist(), strict=True))
        at = np.array(least)[index]
        return ((count >= at) if upper else (count <= at)) & ~np.isin(index, never)

    return called_at, asked


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("bottom", [0, 3])
def test_the_first_count_called_is_found_wherever_the_search_begins(upper, bottom):
    least = [0, 1, 2, 3, 4, 9, 17, 100, 4000, 5]
    level = np.full(10, 0.05)
    level[9] = np.nan
    for guess in (0.0, 2.4, 3.0, 8.0, 9.0, 10.0, 90.0, 5000.0, np.nan):
        called_at, asked = plain_called(least, upper=upper, never=[3])
        found = starting_count(called_at, level, np.full(10, guess), least=bottom, days=2, upper=upper)
        wanted = [max(one, bottom) if upper else one for one in map(float, least)]
        wanted[3] = wanted[9] = np.nan
        assert np.array_equal(found, wanted, equal_nan=True)
        assert all(days == 2 and each == 0.05 for _, _, days, each in asked)
        assert 9 not in {index for index, *_ in asked}
        # Never a count below the least, nor one twice.
        assert min(count for _, count, *_ in asked) >= (bottom if upper else 0)
        some = [(index, count) for index, count, *_ in asked if index != 3]
        assert len(some) == len({*some})


def test_the_search_for_a_critical_count_begins_where_it_is_likely(monkeypatch):
    asked = []

    def likely(*given, **more):
        asked.append((*given, more))
        return np.full(3, 4.0), np.full(3, 2.0)

    monkeypatch.setattr(critical_module, "likely_count", likely)
    base, recent, periods = np.array([3.0, 60, 7]), np.array([14.0, 3.5, 7]), np.array([364.0, 30, 90])
    known = Dispersion(np.ones(3), np.full(3, 9.0), np.zeros(3), np.full(3, 26))
    for upper in (True, False):
        critical_count(base, recent, periods, known, 0.05, upper=upper)
        mean, share, dispersion, level, more = asked[-1]
        assert mean == pytest.approx(base * recent / periods, rel=EXACT)
        assert share == pytest.approx(recent / periods, rel=EXACT)
        assert dispersion is known
        assert level.tolist() == [0.05] * 3
        assert more == {"upper": upper}


def test_where_nothing_is_guessed_the_search_begins_at_the_critical_count(monkeypatch):
    values, covered = series(9, 170)
    test = lrd_test(values, covered, length=7, guard=4, completeness=0.7)
    test = replace(test, carried=np.linspace(0.6, 1.2, 6))
    asked, first = [], []

    def critical(*given, **more):
        asked.append((*given, more))
        return np.full(6, 11.0)

    class At:
        def __call__(self, count, index, days, level):
            first.append(count.tolist())
            return count >= 11

        def guesses(self, level):
            return None

    monkeypatch.setattr(starts_module, "critical_count", critical)
    for length in (1, 3, 7):
        for upper in (True, False):
            even, three = starts(test, At(), np.full(6, 0.05), length, upper=upper)
            base, exposure, periods, dispersion, level, more = asked[-1]
            assert base is test.baseline_total
            assert exposure == pytest.approx(test.recent_exposure * test.carried, rel=EXACT)
            assert periods is test.baseline_exposure
            assert dispersion is test.dispersion
            assert (level.tolist(), more) == ([0.05] * 6, {"upper": upper})
            assert np.isfinite(three).all() == (upper and length > 3)
            if upper:
                assert even.tolist() == [11.0] * 6
    assert first[0] == [11.0] * 6


def test_a_p_value_at_its_level_is_called():
    none = np.zeros(2, bool)
    family, observed = np.array([0.025, 0.5]), np.array([4.0, 1.0])
    level, _, called, _ = _multiplicity(family, observed, none, Asked(), None)
    assert level[0] == 0.025
    assert called.tolist() == [True, False]
    assert _multiplicity(np.array([0.05]), observed[:1], none[:1], Asked(), None)[2].tolist() == [True]
    nest = Nest(np.zeros(1, int), np.array([0.05]), np.array([9.0]), np.array([9.0]), np.array([8.0]))
    for upper in (True, False):
        asked = Asked(upper=upper)
        found = _multiplicity(np.array([0.025]), observed[:1], none[:1], asked, nest)
        assert found[0].tolist() == [0.025]
        assert found[2].tolist() == [True]
        assert _multiplicity(np.array([0.0251]), observed[:1], none[:1], asked, nest)[2].tolist() == [False]
        assert found[3].tolist() == ([[5.0], [5.0]] if upper else [[-np.inf], [-np.inf]])


def steps(guess, upper, bottom):
    """How a search goes: the counts asked about, in their order."""
    called_at, asked = plain_called([0, 1, 7, 40, 3, 900], upper=upper, never=[4])
    found = starting_count(called_at, np.full(6, 0.1), np.full(6, guess), least=bottom, upper=upper)
    return found, np.array([one[:2] for one in asked])


# -- hypothetical windows ----------------------------------------------------------------------------------


def series(seed, periods=150, regions=6, length=7, gaps=0.03):
    rng = np.random.default_rng(seed)
    rate = np.array([0.02, 0.1, 0.4, 1.0, 2.5, 6.0])[:regions] * 3 / length
    values = rng.negative_binomial(1.5, 1.5 / (1.5 + rate), (periods, regions)).astype(np.int32)
    covered = rng.random(values.shape) > gaps
    covered[-length:] = True
    return values, covered


COUNTS = np.array([0.0, 1, 2, 3, 4, 6, 9, 14, 22, 40, 90])


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize(
    ("length", "upper", "share"), [(7, True, 1.0), (3, True, 0.8), (7, False, 0.9), (14, True, 0.9)]
)
def test_a_hypothetical_window_is_called_where_the_test_of_it_is(length, upper, share, several):
    values, covered = series(length, 150 if length < 14 else 330, length=length)
    unsure = np.array([0.0, 0.05, 0, 0, 0.05, 0])
    known = {"length": length, "guard": 5, "completeness": share, "exposure_variance": unsure, "upper": upper}
    at = SpreadWindow.of(
        lrd_test(values, covered, **known),
        values,
        covered,
        length,
        guard=5,
        exposure_variance=unsure,
        upper=upper,
        several=several,
    )
    index = np.arange(6)
    outcomes = set()
    for count in COUNTS:
        for days in (None, 3) if upper else (None,):
            put = values.copy()
            put[-length:] = spread_counts(np.full(6, count), length, days)
            test = lrd_test(put, covered, **known)
            pvalue = test.firm if several else test.pvalue
            for level in (0.2, 0.05, 0.011, 0.009, 1e-4):
                found = at(np.full(6, count), index, days, np.full(6, level))
                assert found.tolist() == (pvalue <= level).tolist(), (count, days, level)
                outcomes |= {*found.tolist()}
    assert outcomes == {True, False}
    rows = np.array([4, 1])
    part = PartOf(at, rows)
    given = np.array([9.0, 5.0]), np.array([1, 0]), 3, np.array([0.1, 0.2])
    assert part(*given).tolist() == at(given[0], rows[given[1]], *given[2:]).tolist()
    assert part.guesses(np.ones(2)) is None


def test_a_test_is_run_again_with_the_window_put_in():
    values, covered = series(3)
    seen = []

    def run(put, inside, index):
        seen.append((put, inside, index))
        return np.array([0.01, 0.05, np.nan, 0.2])

    at = RerunWindow(values, covered, 7, run)
    index, count = np.array([4, 2, 0, 1]), np.array([9.0, 3, 0, 20])
    assert at(count, index, 3, np.array([0.01, 0.04, 1.0, 0.2])).tolist() == [True, False, False, True]
    ((put, inside, asked),) = seen
    assert put[:-7].tolist() == values[:-7][:, index].tolist()
    assert put[-7:].tolist() == spread_counts(count, 7, 3).tolist()
    assert inside.tolist() == covered[:, index].tolist()
    assert asked.tolist() == index.tolist()
    assert put.dtype == np.int32
    assert at.guesses(np.ones(4)) is None


def test_counts_are_spread_evenly_and_spared_their_largest_day():
    count = np.arange(40.0)
    for length in (1, 2, 3, 7, 14):
        for days in (None, *(one for one in (1, 2, 3) if one <= length)):
            over = length if days is None else days
            window = spread_counts(count, length, days)
            assert window.sum(axis=0).tolist() == count.tolist()
            assert (window[: length - over] == 0).all()
            used = window[length - over :]
            assert (used.max(axis=0) - used.min(axis=0) <= 1).all()
            assert (
                np.diff(np.cumsum(used, axis=0) - np.arange(1, over + 1)[:, None] * count / over, axis=0) <= 1
            ).all()
            if length > 1:
                spared = (count - window.max(axis=0)) * length // (length - 1)
                assert spared_count(count, length, days).tolist() == spared.tolist()
        if length >= 3:
            for at, days in zip(before_sparing(count, length), (None, 3), strict=True):
                leaves = spared_count(np.arange(200.0), length, days)
                assert at.tolist() == [int(np.argmax(leaves >= one)) for one in count]
    assert before_sparing(count, 2)[0] is before_sparing(count, 2)[1] is count


def spread_window(length=7, upper=True, several=True, unsure=0.0):
    values, covered = series(4, 130, length=length)
    covered[-length - 4, 3] = False
    test = lrd_test(values, covered, length=length, guard=3, upper=upper, completeness=0.9)
    at = SpreadWindow.of(
        test, values, covered, length, guard=3, upper=upper, several=several, exposure_variance=unsure
    )
    return (
        at,
        at.guesses(np.geomspace(0.1, 1e-5, 6)),
        [at._rotation(np.full(6, 5.0), np.arange(6), d) for d in (None, 2)],
    )


# -- what would be seen ------------------------------------------------------------------------------------


def test_the_ratio_is_the_first_step_with_so_much_power():
    rng = np.random.default_rng(0)
    rate = rng.gamma(3, 1.0, (64, 6)) * np.array([0.01, 0.3, 1, 4, 30, 1e-9])
    needed = np.ceil(rng.gamma(8, 1.0, (64, 6)) + np.array([1, 3, 5, 9, 40, 4]))
    step = np.log(1e4) / 2**16
    for power in (0.8, 0.3):
        found = _solved(rate, needed, power)

        def seen(at, rate=rate, needed=needed):
            return stats.poisson(np.exp(at * step) * rate).sf(needed - 1).mean(axis=0)

        at = np.round(np.log(found[:5]) / step)
        assert found[:5] == pytest.approx(np.exp(at * step), rel=EXACT)
        assert (seen(np.r_[at, 1])[:5] >= power).all()
        assert ((seen(np.r_[at - 1, 1])[:5] < power) | (at == 1)).all()  # none is below 1
        assert np.isnan(found[5])


def test_points_are_spread_and_shares_are_ordered():
    points = _points()
    root = 1.0
    for _ in range(200):
        root = (1 + root) ** 0.2  # of x^5 = x + 1
    wanted = [[(0.5 + k * root**-d) % 1 for k in range(1, 65)] for d in range(1, 5)]
    assert points == pytest.approx(np.array(wanted), abs=1e-12)
    share = _largest_share(5, 3)
    assert share.shape == (13, 3, 400)
    assert (np.diff(share, axis=2) >= 0).all()
    assert share.max() == 1
    for j, total in enumerate((3, 6, 12)):
        assert share[:, j] * total == pytest.approx(np.round(share[:, j] * total), abs=1e-9)
        assert share[:, j].min() >= np.ceil(total / 5) / total


def rates_of(length=7):
    values, covered = series(5, 160, length=length)
    values[:, 1] = 0
    test = lrd_test(values, covered, length=length, guard=4)
    rates = WindowRates.of(test, length)
    return test, rates


def seen_figures(length=7):
    test, rates = rates_of(length)
    start = np.array([3.0, 4, np.nan, 8, 14, 30])
    three = np.array([3.0, 9, 9, 9, 25, 30.0])
    some = rates.take(np.array([0, 1, 4]))
    last = test.take(np.array([0, 4, 3, 5, 1]))  # the last of these has no rate
    return (
        WindowRates.of(last, length).take(np.array([1, 3, 4])),
        WindowRates.of(last, length).take(np.array([4])),
        rates,
        some,
        seen_ratio(rates, start, three, length),
        seen_ratio(rates, start, three, length, power=0.5),
        seen_ratio(some, start[[0, 1, 4]], three[[0, 1, 4]], length),
        detectable(test, rates, start, three, length),
        detectable(
            replace(test, dispersion=replace(test.dispersion, windows=np.full(6, 15))),
            rates,
            start,
            three,
            length,
        ),
        [detectable_ratio(test, np.array([3.0, 3, 0, 7, 15, 40]), power=power) for power in (0.8, 0.6)],
        detectable_ratio(test, np.array([-1.0, 0, 0, 1, 9, 30]), upper=False),
        _needed(rates.share[:, 2:], np.array([6.0, 30, 400]), np.array([9.0, 33, 900]), length),
        _needed(rates.share[:, 2:], np.array([6.0, 3, 40]), np.array([6.0, 5, 41]), length),
    )


def seen_alone():
    values, covered = series(7, 200)
    values = values * 3
    test = lrd_test(values, covered, length=7, guard=4)
    at = SpreadWindow.of(test, values, covered, 7, guard=4, several=True)
    rates = WindowRates.of(test, 7)
    among = np.array([9.0, np.nan, 5.0, 3.0, 4.5, np.nan])
    ten = replace(test, baseline_total=np.full(6, 100.0), baseline_exposure=np.full(6, 70.0))
    less = replace(ten, baseline_total=np.full(6, 99.0))
    assert (ten.expected == 10).all()
    exactly = [detectable_alone(one, rates, at, among, 7, alpha=0.05, sought=4.0) for one in (ten, less)]
    return exactly + [
        detectable_alone(test, rates, at, among, 7, alpha=alpha, sought=sought)
        for alpha, sought in ((0.05, 4.0), (0.01, 4.5), (0.05, 2.0))
    ]


# -- limits and bounds -------------------------------------------------------------------------------------


def limited(seed=6, upper=True):
    values, covered = series(seed, 140)
    values[-7:, 4] = 0
    values[:-7, 0], values[-7:, 0] = 0, 1
    values[:, 2] = 0
    return lrd_test(values, covered, length=7, guard=4, upper=upper), (values[:-11], covered[:-11], 7)


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("level", [0.05, 0.2, 1e-3])
def test_a_limit_is_the_ratio_at_which_the_tail_is_the_level(level, upper):
    test, _ = limited()
    limit = ratio_limit(test, level, upper=upper)
    for i in range(6):
        if i == 2:
            assert np.isnan(limit[i])
        elif i == 0 and upper:
            assert limit[i] == np.inf
        elif i == 4 and not upper:
            assert limit[i] == 0
        else:
            one = test.take(np.array([i]))
            drawn = dispersion_nodes(one.dispersion.phi, one.dispersion.edf, 8)
            tail = mixed_tail(
                one.observed,
                one.observed + one.baseline_total,
                limit[i] * one.recent_exposure,
                one.baseline_exposure,
                one.dispersion.phi,
                one.dispersion.edf,
                upper=not upper,
                nodes=8,
                spread_nodes=8,
                drawn=1 + (drawn - 1) * np.clip(limit[i], 1, 3),
            )
            assert stats.norm.ppf(tail[0]) == pytest.approx(stats.norm.ppf(level), abs=1e-3)
    levels = np.array([level, 0.3, 0.1, level, 0.02, 0.4])
    each = ratio_limit(test, levels, upper=upper)
    for one in (0.3, 0.02, 0.4):
        assert np.array_equal(
            each[levels == one], ratio_limit(test, one, upper=upper)[levels == one], equal_nan=True
        )


def limits():
    test, windows = limited()
    rest = np.array([1, 3, 4, 5])
    part = test.take(rest)
    given = part.baseline_total, part.recent_exposure, part.baseline_exposure, part.dispersion
    flat = replace(test.dispersion, phi=np.ones(6), edf=np.full(6, 1e6))
    poisson = replace(test, dispersion=flat)  # the rotation wants more
    return (
        [
            ratio_limit(test, level, upper=upper)
            for level in (0.05, np.linspace(0.01, 0.3, 6))
            for upper in (True, False)
        ],
        predictive_limits(*given),
        predictive_limits(*given, level=0.5),
        [called_count(test, alpha=alpha, upper=upper) for alpha in (0.05, 1e-4) for upper in (True, False)],
        [called_count(test, alpha=alpha, windows=windows) for alpha in (0.2, 0.05, 0.01, 1e-3, 1e-5)],
        [called_count(poisson, alpha=alpha, windows=windows) for alpha in (0.2, 0.05, 0.02)],
        bounds(part, alpha=0.05, confidence=0.4, windows=(windows[0][:, rest], windows[1][:, rest], 7)),
        bounds(limited(upper=False)[0].take(rest), alpha=0.1, confidence=0.8, upper=False),
        [break_even(test, ratio_limit(test, 0.05, upper=True), margin) for margin in (1.5, 2.5, 6.0, 40.0)],
    )


def test_a_p_value_is_the_models_where_windows_alone_could_not_show_it():
    test, _ = limited()
    some = np.array([1, 3, 4, 5])
    part = test.take(some)
    windows = np.array([0, 1, 18, 26])
    known = replace(part.dispersion, windows=windows)
    at = RerunWindow(*series(6, 140), 7, lambda _, __, index: np.ones(index.size))
    for more, wanted in ((1 - 1e-9, True), (1, False), (1.9, False)):
        one = replace(part, dispersion=known, pvalue=more / np.maximum(windows, 1))
        found = called_bounds(
            one, at, np.ones(4), np.zeros(4, bool), np.full(4, 0.05), 7, Asked(), np.full((2, 4), -np.inf)
        )
        assert found.model_based.tolist() == [wanted] * 4
        assert bounds(one, alpha=0.05, confidence=0.9).model_based.tolist() == [wanted] * 4


@pytest.mark.parametrize("upper", [True, False])
def test_an_interval_lies_on_one_side_of_one_where_the_region_is_called(upper):
    test, _ = limited(upper=upper)
    values, covered = series(6, 140)
    at = RerunWindow(values, covered, 7, lambda _, __, index: np.ones(index.size))
    asked, least = Asked(upper=upper, confidence=0.5), np.full((2, 6), -np.inf)
    level = np.full(6, 0.05)
    some = np.array([1, 3, 4, 5])  # of which there is an interval
    for pvalue, called in ((1.0, True), (0.25, False), (0.2500001, False), (1e-9, False)):
        found = called_bounds(test, at, np.full(6, pvalue), np.full(6, called), level, 7, asked, least)
        agrees = called or pvalue <= 0.25
        low, high = found.low[some], found.high[some]
        inner = low if upper else high
        assert ((inner > 1) if upper else (inner < 1)).all() == agrees
        error = 0.25
        plain = ratio_limit(test, error, upper=not upper)[some]
        edge = 1 + 1e-9 if upper else 1 - 1e-9
        if agrees:
            wanted = np.maximum(plain, edge) if upper else np.minimum(plain, edge)
        else:
            wanted = np.minimum(plain, 1.0) if upper else np.maximum(plain, 1.0)
        assert inner.tolist() == wanted.tolist()
        outer = high if upper else low
        assert outer == pytest.approx(ratio_limit(test, error, upper=upper)[some], rel=1e-9)
        assert np.array_equal(found.limit, ratio_limit(test, 0.05, upper=upper), equal_nan=True)
        assert np.isnan(found.starts_at).all()


def long_counts():
    """A year and a half of days, where the model may be smaller than a rotation."""
    values, covered = series(8, 500)
    values[:, 0] = 0
    test = lrd_test(values, covered, length=7, guard=4)
    windows = values[:-11], covered[:-11], 7
    return [
        called_count(test, alpha=alpha, windows=windows) for alpha in (0.05, 0.003, 0.002, 1e-3, 1e-4, 1e-6)
    ]


def likely(upper=True):
    dispersion = Dispersion(
        np.array([1.0, 2, 5, 1.3]), np.array([8.0, 20, 3, 900]), np.zeros(4), np.full(4, 26)
    )
    level = np.array([0.05, 1e-3, 0.2, 1e-300])
    mean, share = np.array([0.01, 3.0, 40.0, 2000.0]), np.array([0.04, 0.1, 0.5, 0.02])
    base, recent, periods = (
        np.array([0.0, 3, 60, 2e4]),
        np.array([14.0, 7, 3.5, 14]),
        np.array([364.0, 90, 30, 400]),
    )
    critical = [
        critical_count(base, recent, periods, dispersion, one, upper=upper)
        for one in (0.05, np.geomspace(0.3, 1e-5, 4))
    ]
    return likely_count(mean, share, dispersion, level, upper=upper), critical


# -- answers -----------------------------------------------------------------------------------------------

DAYS, LENGTH, GUARD = 190, 7, 9


def panel(seed=1, regions=8, days=DAYS):
    """Rises, falls, a quiet region, one never heard of, one covered in part, one hardly."""
    rng = np.random.default_rng(seed)
    rate = np.array([0.1, 0.3, 0.8, 1.5, 4.0, 0.5, 0.0, 1.0])[:regions]
    values = rng.negative_binomial(2, 2 / (2 + rate), (days, regions)).astype(np.int32)
    values[-LENGTH:, 1] += 2
    values[-LENGTH:, 3] += rng.poisson(3, LENGTH).astype(np.int32)
    values[-LENGTH:, 4:5] //= 6
    covered = np.ones(values.shape, bool)
    if regions > 7:
        covered[-2:, 5] = covered[-5:, 7] = False
        covered[40:44, 2] = False
    return Stretch(np.where(covered, values, 0).astype(np.int32), covered, LENGTH, GUARD)


def history_of(stretch, days=100, seed=2):
    """What came before, with a season in some regions."""
    rng = np.random.default_rng(seed)
    periods, regions = stretch.values.shape
    before = max(days + GUARD + LENGTH - periods, 0)
    at = 17_000 + np.arange(before + periods)
    season = np.exp(np.array([0.0, 1.2] * 4)[:regions] * np.sin(2 * np.pi * at[:, None] / 365.25))
    rate = season * np.maximum(stretch.values[:-LENGTH].mean(axis=0), 0.02)
    values = rng.poisson(rate).astype(np.int32)
    values[-periods:] = stretch.values
    covered = np.ones(values.shape, bool)
    covered[-periods:] = stretch.covered
    return History(at, values, covered, 1, days)


def completeness(regions, low=0.5):
    share = np.linspace(1.0, low, LENGTH)[:, None] * np.linspace(1.0, 0.9, regions)
    return {"completeness": share, "deviation": 0.1 * share}


def answered(seed=1, regions=8, *, days=100, nest=None, **options):
    stretch = panel(seed, regions)
    asked, history = Asked(**options), history_of(stretch, days)
    found = answer(stretch, asked, history, nest)
    return {name: getattr(found, name) for name in Answer.__slots__ if name != "expected"} | {
        "fit": (found.expected.pvalue, found.expected.expected, found.expected.ratio, found.expected.season),
        "index": found.expected.index,
        "next": next_starts(stretch, asked, 3, nest, history),
    }


NEST = Nest(
    np.array([0, 0, 1, 1, 1, 2, 2, 0]),
    np.array([0.04, 0.01, np.nan]),
    np.array([12.0, 30, 4]),
    np.array([15.0, 33, 6]),
    np.array([20.0, 60, 2]),
)


@pytest.mark.parametrize("method", ["pooled", "lrd_b"])
def test_what_is_called_is_put_together_from_its_parts(method):
    stretch = panel()
    history = history_of(stretch)
    for upper, nest, alpha in ((True, None, 0.05), (True, NEST, 0.2), (False, NEST, 0.3), (False, None, 0.1)):
        asked = Asked(method=method, upper=upper, alpha=alpha, **completeness(8))
        found = called_in(stretch, asked, history, nest)
        plain = alone(stretch, asked)
        assert np.array_equal(found.pvalue, plain.pvalue, equal_nan=True)
        assert np.array_equal(found.family, plain.family, equal_nan=True)
        assert found.reasons == plain.reasons
        for i in range(8):
            days = stretch.covered[-LENGTH:, i]
            wanted = stretch.values[-LENGTH:, i][days].sum() if days.any() else np.nan
            assert np.array_equal(found.observed[i], wanted, equal_nan=True)
            assert found.quiet[i] == (plain.reasons[i] == REASONS[3] and days.all())
        assert found.quiet.tolist() == [i == 6 for i in range(8)]
        assert found.expected.season.tolist() == [False] * 8
        assert found.expected.index.size == 0
        assert found.expected.terms is found.expected.test is None
        assert not found.rests.any()
        if nest is None:
            level, q = call_levels(plain.family, alpha, found.quiet), benjamini_hochberg(plain.family)
            called, least = plain.family <= level, np.full((2, 8), -np.inf)
        else:
            level, q = nest.levels(plain.family, alpha, found.quiet), nest.child_q(plain.family)
            called = (plain.family <= level) & (nest.qvalue <= alpha)[nest.group]
            least = np.array(nest.floors(found.observed)) if upper else np.full((2, 8), -np.inf)
        assert np.array_equal(found.level, level, equal_nan=True)
        assert np.array_equal(found.qvalue, q, equal_nan=True)
        assert found.called.tolist() == called.tolist()
        assert found.called.dtype == bool
        assert np.array_equal(found.least, least, equal_nan=True)
        assert called.any()


@pytest.mark.parametrize("null", ["auto", "expected", "constant"])
@pytest.mark.parametrize("late", [False, True])
def test_an_answer_rests_on_the_expectation_where_that_is_asked(null, late):
    stretch = panel(5)
    history = history_of(stretch, 1500)
    asked = Asked(null=null, upper=not late, **({} if late else completeness(8)))
    found = called_in(stretch, asked, history)
    fit = fitted(stretch, asked, history, history.values, history.covered, np.arange(8))
    plain = alone(stretch, asked)
    good = np.zeros(8, bool)
    if not late:
        good[fit.index[fit.test.converged]] = True
    assert found.expected.index.tolist() == np.flatnonzero(good).tolist()
    assert found.expected.terms.harmonics == 3
    assert np.isfinite(found.expected.pvalue).tolist() == good.tolist()
    at = [fit.index.tolist().index(i) for i in np.flatnonzero(good)]
    for ours, theirs in (
        (found.expected.pvalue, fit.test.pvalue),
        (found.expected.expected, fit.test.expected),
        (found.expected.ratio, fit.test.observed / fit.test.expected),
    ):
        assert ours[good] == pytest.approx(theirs[at], rel=EXACT)
        assert np.isnan(ours[~good]).all()
    before = len(history.values) - LENGTH - GUARD
    season = np.zeros(8, bool)
    if null == "auto" and good.any():
        some = np.flatnonzero(good)
        season[some] = shows_season(
            history.values[:before, some], history.covered[:before, some], harmonics=3, step=1
        )
        assert season.any()
    assert found.expected.season.tolist() == season.tolist()
    rests = season & good & np.isfinite(plain.pvalue) if null == "auto" else np.full(8, null == "expected")
    assert found.rests.tolist() == rests.tolist()
    for i in range(8):
        reason = plain.reasons[i]
        assert plain.reasons[i] != LATE or late
        if null == "expected" and not reason and not good[i]:
            reason = NOT_ADJUSTED
        assert found.reasons[i] == reason
        wanted = plain.pvalue[i] if not rests[i] else found.expected.pvalue[i] if not reason else np.nan
        assert np.array_equal(found.pvalue[i], wanted, equal_nan=True)
        family = wanted if rests[i] else plain.family[i]
        assert np.array_equal(found.family[i], family, equal_nan=True)


@pytest.mark.parametrize(
    "method", ["rotation", "quasi_poisson", "studentised_rotation", "lrd_a", "fixed_b", "lrd_b"]
)
def test_other_methods_are_never_pooled(method):
    for upper in (True, False):
        asked = Asked(method=method, upper=upper, **completeness(8))
        assert not asked.pooled
        assert asked.lrd == (method == "lrd_b")
        found = alone(panel(), asked)
        assert found.year is None
        assert np.array_equal(found.family, found.firm, equal_nan=True)
    assert Asked(method="pooled").pooled
    assert not Asked(method="pooled", upper=False).pooled
    assert not Asked(method="pooled", null="expected").pooled
    assert Asked(method="pooled", null="auto").pooled
    assert Asked(method="pooled").lrd


def test_a_season_is_looked_for_before_the_guard(monkeypatch):
    stretch, looked = panel(5), []
    history = history_of(stretch, 1500)

    def season(values, covered, *, harmonics, step):
        looked.append((values, covered, harmonics, step))
        return np.arange(values.shape[1]) % 2 == 0

    monkeypatch.setattr(called_module, "shows_season", season)
    asked = Asked(null="auto")
    found = called_in(stretch, asked, history)
    ((values, covered, harmonics, step),) = looked
    index, before = found.expected.index, len(history.values) - LENGTH - GUARD
    assert values.tolist() == history.values[:before, index].tolist()
    assert covered.tolist() == history.covered[:before, index].tolist()
    assert (harmonics, step) == (3, 1)
    assert np.flatnonzero(found.expected.season).tolist() == index[::2].tolist()
    assert found.expected.season.sum() > 1
    assert called_in(stretch, Asked(null="auto", upper=False), history).expected.index.size == 0  # late


def test_why_regions_are_not_tested_is_asked_of_what_is_covered():
    rng = np.random.default_rng(4)
    values = rng.poisson(0.02, (70, 60)).astype(np.int32)
    covered = rng.random(values.shape) > rng.choice([0.0, 0.05, 0.4], 60)
    values[:, ::3] = 0
    covered[-LENGTH:, ::4] = rng.random((LENGTH, 15)) > 0.5
    covered[: 70 - GUARD - LENGTH - 35, 5] = False
    covered[: 70 - GUARD - LENGTH - 34, 7] = False
    covered[70 - GUARD - LENGTH - 35 :, [5, 7]] = True
    values[60, 5] = values[30, 7] = values[-1, 5] = 1
    stretch = Stretch(values, covered, LENGTH, GUARD)
    reasons = alone(stretch, Asked()).reasons
    base, inside = stretch.baseline, stretch.baseline_covered
    for i in range(60):
        recent = covered[-LENGTH:, i]
        whole = any(inside[t : t + LENGTH, i].all() for t in range(len(base) - LENGTH + 1))
        total = base[inside[:, i], i].sum() + values[-LENGTH:, i][recent].sum()
        wanted = (
            1
            if recent.sum() * 2 < LENGTH
            else 2
            if inside[:, i].sum() < 35 or not whole
            else 3 * (total == 0)
        )
        assert reasons[i] == REASONS[wanted]
    assert {*reasons} == {*REASONS}
    late = alone(stretch, Asked(upper=False))
    assert late.reasons == [why or LATE for why in reasons]
    assert np.isnan(late.pvalue).all()
    assert late.groups == []


def test_series_are_kept_without_what_is_not_covered():
    stretch = panel()
    group, pattern = np.array([5, 2]), stretch.covered[-LENGTH:, 5]
    values, covered = kept(stretch, group, pattern)
    rows = [*range(DAYS - LENGTH), *(DAYS - LENGTH + np.flatnonzero(pattern))]
    assert values.tolist() == stretch.values[np.ix_(rows, group)].tolist()
    assert covered.tolist() == stretch.covered[np.ix_(rows, group)].tolist()
    asked = Asked(**completeness(8))
    share, unsure = asked.exposure(pattern, group)
    mean = asked.completeness[pattern][:, group].mean(axis=0)
    assert share == pytest.approx(mean, rel=EXACT)
    assert unsure == pytest.approx((asked.deviation[pattern][:, group].mean(axis=0) / mean) ** 2, rel=EXACT)
    one = lrd_test(values, covered, length=5, guard=GUARD, completeness=share, exposure_variance=unsure)
    assert window_test(stretch, asked, group, pattern).pvalue.tolist() == one.pvalue.tolist()
    plain = replace(asked, method="pooled")
    assert (
        other_pvalue(values, covered, stretch, plain, pattern, group).tolist()
        == lrd_test(values, covered, length=5, guard=GUARD, completeness=share).pvalue.tolist()
    )


def test_the_history_of_a_later_window_is_longer_by_what_is_to_come():
    stretch = panel()
    history = history_of(stretch, 1825)
    assert history.enough
    assert not replace(history, days=NEEDED_DAYS - 1).enough
    assert replace(history, days=NEEDED_DAYS).enough
    later = history.later(3, stretch)
    assert later.days == 1827
    assert history_of(stretch, 800).later(3, stretch).days == 803
    assert len(later.day) == 1827 + GUARD + LENGTH
    assert later.day.tolist() == list(range(history.day[-1] + 4 - len(later.day), history.day[-1] + 4))
    assert (later.values[-3:] == 0).all()
    assert later.values[:-3].tolist() == history.values[3 - len(later.day) :].tolist()
    wanted = history.covered[3 - len(later.day) :].copy()
    wanted[-LENGTH + 3 :] = True
    assert later.covered[:-3].tolist() == wanted.tolist()
    assert later.covered[-3:].all()
    assert (later.step, later.extra, later.names) == (1, None, ())


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize("before", [40, 2000])
@pytest.mark.parametrize("periods", [1, 3, 9])
def test_the_history_of_a_later_window_is_what_a_test_then_would_be_given(step, before, periods):
    length, guard = 6, 5
    whole = before // step + guard + length
    rng = np.random.default_rng(1)
    values, covered = rng.poisson(2.0, (whole, 2)).astype(np.int32), rng.random((whole, 2)) < 0.8
    day = 17_000 + step * np.arange(whole)
    _, days = history_before(whole, length, guard, step)
    stretch = Stretch(values, covered, length, guard)
    later = History(day, values, covered, step, days).later(periods, stretch)
    first, then = history_before(whole + periods, length, guard, step)
    assert later.day.tolist() == (17_000 + step * np.arange(first, whole + periods)).tolist()
    assert later.days == then
    come = np.zeros((periods, 2), np.int32)
    np.testing.assert_array_equal(later.values, np.concatenate([values, come])[first:])
    inside = np.concatenate([covered, come == 0])[first:]
    inside[-length:] = True  # as is supposed
    np.testing.assert_array_equal(later.covered, inside)


def one_region(**options):
    stretch = panel(3, 8)
    one = Stretch(stretch.values[:, [1]], stretch.covered[:, [1]], LENGTH, GUARD)
    asked = Asked(**options)
    found = answer(one, asked, history_of(one))
    return found.bounds, found.pvalue, found.family, found.level, found.far_below, next_starts(one, asked, 2)


def test_a_quiet_region_starts_where_one_that_was_heard_of_would_join():
    stretch = panel(2, 8)
    values = np.hstack([stretch.values[:, :2], np.zeros((DAYS, 12), np.int32)])
    quiet = Stretch(values, np.ones(values.shape, bool), LENGTH, GUARD)
    one, other = (answer(quiet, Asked(shrink=shrink), history_of(stretch)).bounds for shrink in (True, False))
    assert np.isfinite(one.starts_at[2:]).all()
    assert one.starts_at.tolist() == other.starts_at.tolist()
    assert one.starts_at_3.tolist() == other.starts_at_3.tolist()
    assert one.expected[2:].tolist() == [0.0] * 12


@pytest.mark.parametrize("periods", [1, 3, 12])
def test_the_next_window_is_one_that_can_be_tested(periods):
    stretch = panel(4)
    covered, values = stretch.covered.copy(), stretch.values.copy()
    end = DAYS - LENGTH - GUARD + periods  # of the later baseline
    covered[:, 0] = False
    covered[end - 35 : end, 0] = True  # five windows
    covered[:, 1] = False
    covered[end - 34 : end, 1] = True
    covered[:, 3] = np.arange(DAYS) % LENGTH > 0  # no whole window
    covered[-3:, 4] = False
    covered[periods - 1, 5] = False  # gone by then
    covered[70:72, 6] = False  # never heard of
    values[~covered] = 0
    first, three = next_starts(Stretch(values, covered, LENGTH, GUARD), Asked(alpha=0.2), periods)
    assert np.isfinite(first).tolist() == [True, False, True, False, True, True, True, True]
    assert np.isfinite(three).tolist() == np.isfinite(first).tolist()
    # At the first step: the level over those in which something happened, and itself.
    later = Stretch(
        np.vstack([values[periods:], np.zeros((periods, 8), np.int32)]),
        np.vstack([covered[periods:], np.ones((periods, 8), bool)]),
        LENGTH,
        GUARD,
    )
    later.covered[-LENGTH:] = True
    known = np.flatnonzero(np.isfinite(first))
    heard = np.where(later.covered, later.values, 0).any(axis=0)
    tests = heard[known].sum()
    for i in known:
        level = 0.2 / (tests + (not heard[i]))
        for count, days in ((first[i], None), (three[i], 3)):
            for less in (0, 1):
                put = later.values.copy()
                put[-LENGTH:, i] = spread_counts(np.array([count - less]), LENGTH, days)[:, 0]
                test = lrd_test(put[:, [i]], later.covered[:, [i]], length=LENGTH, guard=GUARD)
                assert (test.firm[0] <= level and count - less >= 3) == (not less)


def test_one_that_was_heard_of_yesterday_is_one_test_more_and_not_on_a_day_that_is_not_covered():
    values, covered = panel(4).values[:, :6], np.ones((DAYS, 7), bool)
    alone_, stricter = (
        next_starts(Stretch(values, covered[:, :6], LENGTH, GUARD), Asked(alpha=alpha), 3)[0]
        for alpha in (0.2, 0.2 * 6 / 7)
    )
    assert (stricter > alone_).any()
    for day, inside in ((-1, True), (3 - LENGTH - 1, False)):  # the other is the last day of the guard
        more = np.hstack([values, np.zeros((DAYS, 1), np.int32)])
        more[day, 6], covered[day, 6] = 1, inside
        first, _ = next_starts(Stretch(more, covered, LENGTH, GUARD), Asked(alpha=0.2), 3)
        assert first[:6].tolist() == (stricter if inside else alone_).tolist()


@pytest.mark.parametrize("rotation", [0.01, 0.04, 0.05, 0.06, 0.5])
def test_far_below_is_raised_to_the_rotation(monkeypatch, rotation):
    values = np.random.default_rng(1).poisson(0.9, (DAYS, 1)).astype(np.int32)
    values[-LENGTH:] = 0
    values[-1] = 1
    stretch = Stretch(values, np.ones(values.shape, bool), LENGTH, GUARD)
    asked_of = []

    def turned(*given, **more):
        asked_of.append((*given, more))
        return np.array([rotation])

    monkeypatch.setattr(answer_module, "rotation_pvalue", turned)
    for share in (1.0, 0.875):
        asked = Asked(completeness=np.full((LENGTH, 1), share))
        found = answer(stretch, asked, history_of(stretch)).far_below
        test = lrd_test(values, values >= 0, length=LENGTH, guard=GUARD, completeness=share, upper=False)
        assert 0.004 < test.pvalue_a[0] < 0.04
        whole = rotation * DAYS / (DAYS - LENGTH + 1)
        assert found.tolist() == [max(whole, test.pvalue_a[0]) <= 0.05]
        counted, inside, length, factor, more = asked_of[-1]
        assert counted.tolist() == values.tolist()
        assert inside.all()
        assert (length, factor.tolist(), more) == (LENGTH, [share], {"upper": False})


def guessed(guesses, upper=True):
    """How the search for counts on all days and on three goes, from what is guessed."""
    values, covered = series(9, 170)
    test = lrd_test(values, covered, length=7, guard=4, upper=upper)
    asked = []

    class At:
        def __call__(self, count, index, days, level):
            asked.append([*count, *(index + 0.5), days or 0])
            return (count >= 5 * (index + 1) + (0 if days is None else 9)) == upper

        def guesses(self, level):
            return None if guesses is None else (guesses * np.ones(6), None if upper else 0)

    level = np.array([0.05, 0.05, np.nan, 0.01, 1e-3, 0.2])
    return starts(test, At(), level, 7, upper=upper), np.array([one for look in asked for one in look])


def started(upper=True, length=7, least=None, level=0.03):
    values, covered = series(9, 170, length=length)
    test = lrd_test(values, covered, length=length, guard=4, upper=upper)
    at = SpreadWindow.of(test, values, covered, length, guard=4, upper=upper, several=True)
    levels = np.array([level, 0.05, np.nan, level, 1e-3, 0.2])
    given = {"upper": upper, "least": least}
    again = RerunWindow(
        values, covered, length, lambda v, c, i: lrd_test(v, c, length=length, guard=4, upper=upper).firm
    )
    return starts(test, at, levels, length, **given), starts(test, again, levels, length, **given)


CASES = {
    **{
        f"search {upper} {guess} {scale}": lambda u=upper, g=guess, s=scale: searched(u, [g] * 4, [s] * 4)
        for upper in (True, False)
        for guess, scale in ((0, 1.0), (60, 5.0), (3000, 40.0), (5, 0.0))
    },
    "search, steep": lambda: searched(True, [5] * 4, [9.0] * 4, 0.05),
    "search, flat": lambda: searched(True, [5] * 4, [1.0] * 4, 6.0),
    **{
        f"cliff {upper} {guess}": lambda u=upper, g=guess: cliff([0, 1, 8, 300, 50_000], g, u)
        for upper in (True, False)
        for guess in (0, 7, 1000)
    },
    "cliff, never": lambda: cliff([np.inf, 5], 3),
    "cliff, nothing left": lambda: cliff([40, 3000, 7], 20, above=1.0, below=0.0),
    **{
        f"steps {upper} {guess} {bottom}": lambda u=upper, g=guess, b=bottom: steps(g, u, b)
        for upper in (True, False)
        for guess, bottom in ((3.0, 0), (20.0, 3), (0.0, 3), (np.nan, 0), (1000.0, 0))
    },
    "likely": likely,
    "likely, less": lambda: likely(upper=False),
    "spread": spread_window,
    "spread, alone": lambda: spread_window(several=False, unsure=np.linspace(0, 0.2, 6)),
    "spread, weeks": lambda: spread_window(length=2),
    "spread, less": lambda: spread_window(upper=False),
    "seen": seen_figures,
    "seen, weeks": lambda: seen_figures(2),
    "seen alone": seen_alone,
    "shares": lambda: _largest_share(4, 7),
    "limits": limits,
    "called from": long_counts,
    "starts": started,
    "starts, two": lambda: started(length=2),
    "guessed": lambda: guessed(None),
    "guessed, less": lambda: guessed(None, upper=False),
    "guessed, told": lambda: guessed(11.0),
    "answer, one quiet of six": lambda: answered(
        regions=7, seed=8, method="pooled", confidence=0.4, alpha=0.2
    ),
    "starts, least": lambda: started(least=np.array([np.arange(6.0) * 5, np.arange(6.0) * 9])),
    "starts, less": lambda: started(upper=False, level=0.3),
    "starts, weeks": lambda: started(length=3),
    "answer": answered,
    "answer, pooled": lambda: answered(method="pooled"),
    "answer, pooled and late": lambda: answered(method="pooled", seed=3, alpha=0.1, **completeness(8)),
    "answer, late": lambda: answered(**completeness(8), margin=2.0, sought=3.0, confidence=0.8),
    "answer, shrunk": lambda: answered(shrink=True, alpha=0.2, confidence=0.95),
    "answer, less": lambda: answered(upper=False, alpha=0.2, **completeness(8)),
    "answer, less and not known": lambda: answered(upper=False),
    "answer, nested": lambda: answered(nest=NEST, alpha=0.1),
    "answer, nested and pooled": lambda: answered(nest=NEST, method="pooled", seed=4),
    "answer, nested and less": lambda: answered(nest=NEST, alpha=0.3, upper=False, **completeness(8)),
    "answer, four": lambda: answered(regions=4, seed=6, method="pooled", **completeness(4)),
    "answer, by c": lambda: answered(regions=4, method="c_test"),
    "answer, expected": lambda: answered(regions=5, days=740, null="expected", **completeness(5)),
    "answer, auto": lambda: answered(regions=5, days=740, null="auto"),
    "answer, auto and pooled": lambda: answered(regions=8, days=1000, null="auto", method="pooled"),
    "answer, expected and less": lambda: answered(
        regions=5, days=740, null="expected", upper=False, **completeness(5)
    ),
    "one": one_region,
    "one, pooled": lambda: one_region(method="pooled", alpha=0.01),
    "one, less": lambda: one_region(upper=False, **completeness(1)),
}
STORED = stored("test_kernels_answers")


@pytest.mark.parametrize("name", CASES)
def test_figures_are_what_they_were(name):
    same_as_stored(CASES[name](), STORED[name])


@pytest.mark.parametrize(
    ("module", "name", "size", "case"),
    [
        (seen_module, "_CHUNK", 2, "seen"),
        (bounds_module, "_TOGETHER", 1, "limits"),
        (bounds_module, "_TOGETHER", 9, "limits"),
    ],
)
def test_figures_do_not_depend_on_how_many_are_looked_at_together(module, name, size, case, monkeypatch):
    monkeypatch.setattr(module, name, size)
    same_as_stored(CASES[case](), STORED[case])


DEFAULTS = {
    ratio_limit: {},
    predictive_limits: {"level": 0.05},
    called_count: {"windows": None, "upper": True},
    bounds: {"windows": None, "upper": True},
    starting_count: {"least": 0, "days": None, "upper": True},
    starts: {"least": None},
    least_count: {"upper": True},
    likely_count: {"upper": True},
    critical_count: {"upper": True},
    seen_ratio: {"power": 0.8},
    detectable_ratio: {"power": 0.8, "upper": True},
    fitted: {"seasonal": False},
    SpreadWindow.of: {"guard": 0, "exposure_variance": 0.0, "upper": True, "several": False},
    SpreadWindow: {"guard": 0, "upper": True, "several": False},
    Asked: {
        "completeness": None,
        "deviation": None,
        "upper": True,
        "shrink": False,
        "method": "lrd_b",
        "null": "constant",
        "alpha": 0.05,
        "confidence": 0.9,
        "margin": 1.5,
        "sought": 4.0,
    },
    History: {"extra": None, "names": ()},
    Constant: {"year": None},
}


@pytest.mark.parametrize("function", DEFAULTS, ids=lambda one: one.__qualname__)
def test_what_is_taken_where_nothing_is_said(function):
    parameters = inspect.signature(function).parameters
    found = {name: one.default for name, one in parameters.items() if one.default is not one.empty}
    assert found == DEFAULTS[function]
