"""Kernels against their definitions, computed the slow way on small arrays."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special, stats

from analytics.kernels.change.stated import segmented_design
from analytics.kernels.change.supremum import date_set
from analytics.kernels.claims.ordinary_day import FEW, _tails, day_pvalue, ordinary_day, rank_pvalue
from analytics.kernels.claims.severity import _window_scores
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.episodes import episode_onsets, episode_spans
from analytics.kernels.common.mixed_loop import _beside_stirling, _digamma, _log_gamma, _log_rise, _mass
from analytics.kernels.common.multiplicity import benjamini_hochberg, call_levels, e_benjamini_hochberg
from analytics.kernels.common.online_fdr import LORD_SUM, SAFFRON_POWER, SAFFRON_SUM, lord, saffron
from analytics.kernels.common.silence import longest_silences
from analytics.kernels.pairs.agreement import _agreeing
from analytics.kernels.pairs.candidates import Spans, day_gap, pairs_in_groups, pairs_nearby
from analytics.kernels.pairs.likeness import Likeness
from analytics.kernels.recurrence import periodicity
from analytics.kernels.recurrence.volatility import Signs
from analytics.kernels.recurrence.volatility_weights import ABOVE, BELOW, LEAST, MOST

EXACT = 1e-13  # the same sums in another order
LAST = 2e-14  # two ways to a logarithm near 10 differ by some units in its last digit


def q_values(p: np.ndarray) -> np.ndarray:
    """Of one family: the least p m / rank of those as large, by definition."""
    known = p[~np.isnan(p)]
    return np.array(
        [
            np.nan
            if np.isnan(one)
            else min(1.0, *(other * known.size / (known <= other).sum() for other in known[known >= one]))
            for one in p
        ]
    )


def rejections(p: np.ndarray, alpha: float) -> int:
    """The largest k such that k p-values are at most alpha k / m."""
    return max(k for k in range(p.size + 1) if (p <= alpha * k / p.size).sum() >= k)


@pytest.mark.parametrize("seed", range(6))
def test_q_values_and_levels_are_those_of_the_definition(seed):
    rng = np.random.default_rng(seed)
    p = np.round(rng.random((3, 9)) ** 3, 2)
    p[rng.random(p.shape) < 0.25] = np.nan
    p[0, :4] = [0.01, 0.01, 0.02, 1.0]
    expected = np.array([q_values(row) for row in p])
    np.testing.assert_allclose(benjamini_hochberg(p), expected, rtol=EXACT)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(e_benjamini_hochberg(1 / p), expected, rtol=EXACT)
    joins = rng.random(9) < 0.6
    for row, alpha in itertools.product(p, (0.05, 0.25, 0.3, 1.0)):
        known = ~np.isnan(row)
        wanted = np.full(9, np.nan)
        for at in range(9):
            if known[at] or joins[at]:
                family = row[known | (np.arange(9) == at)]
                family[np.flatnonzero(np.flatnonzero(known | (np.arange(9) == at)) == at)] = 0.0
                wanted[at] = alpha * rejections(family, alpha) / family.size
        np.testing.assert_allclose(call_levels(row, alpha, joins), wanted, rtol=EXACT)
        np.testing.assert_allclose(call_levels(row, alpha), np.where(known, wanted, np.nan), rtol=EXACT)


def test_no_p_values_at_all():
    assert benjamini_hochberg(np.zeros((2, 0))).shape == (2, 0)
    assert benjamini_hochberg(np.zeros(0, dtype=np.int64)).dtype == float
    none = np.full(3, np.nan)
    assert np.isnan(benjamini_hochberg(none)).all()
    assert np.isnan(call_levels(none, 0.1)).all()
    found = call_levels(none, 0.1, np.array([True, False, True]))
    np.testing.assert_array_equal(found, [0.1, np.nan, 0.1])
    assert call_levels(np.zeros(0), 0.1).shape == (0,)


@pytest.mark.parametrize("candidate", [None, 0.5, 0.2])
@pytest.mark.parametrize("conflict", [1, 3])
def test_levels_over_time_are_those_of_the_papers(candidate, conflict):
    """Of one series: a pot for the start, and one opened by every rejection that may be known."""
    rng = np.random.default_rng(conflict)
    p = rng.random(25) ** 4
    p[[3, 4, 11]] = np.nan
    alpha, start = 0.3, 0.4
    j = np.arange(1.0, 40)
    share = np.log(np.maximum(j, 2)) / (j * np.exp(np.sqrt(np.log(j)))) / LORD_SUM
    if candidate is not None:
        share = j**-SAFFRON_POWER / SAFFRON_SUM
    total = alpha * (1 - (candidate or 0.0))
    rejected, level = [], []
    for t in range(25):
        opened = [s for s in range(t - conflict + 1) if rejected[s]]
        pots = [(start * total, 0)]
        pots += [((1 - start if n == 0 else 1) * total, s + conflict) for n, s in enumerate(opened)]
        spent = 0.0
        for holds, since in pots:
            tested = [s for s in range(since, t) if not np.isnan(p[s])]
            if candidate is not None:
                tested = [s for s in tested if not (s + conflict <= t and p[s] <= candidate)]
            spent += holds * share[len(tested)]
        spent = min(spent, math.inf if candidate is None else candidate)
        level.append(math.nan if np.isnan(p[t]) else spent)
        rejected.append(bool(p[t] <= spent))
    options = {"conflict": conflict, "start": start}
    found = (
        lord(p[:, None], alpha, **options)
        if candidate is None
        else saffron(p[:, None], alpha, candidate=candidate, **options)
    )
    assert found[0][:, 0].tolist() == rejected
    np.testing.assert_allclose(found[1][:, 0], level, rtol=EXACT)
    assert sum(rejected) > 2


@pytest.mark.parametrize("seed", range(3))
def test_windows_episodes_and_silences_by_counting(seed):
    rng = np.random.default_rng(seed)
    values = rng.poisson(0.4, (40, 4))
    covered = rng.random(values.shape) < 0.9
    for length in (1, 5, 40, 41):
        sums = [values[t : t + length].sum(axis=0) for t in range(40 - length + 1)]
        np.testing.assert_array_equal(window_sums(values, length), np.reshape(sums, (-1, 4)))
        np.testing.assert_array_equal(
            window_sums(np.tile(values, (1, 130)), length)[:, -4:], np.reshape(sums, (-1, 4))
        )
    alarm = values > 0
    for days, merge in ((1, 2), (7, 14), (7, 20), (1, 0)):
        onset, spans = np.zeros(alarm.shape, dtype=bool), []
        for j in range(4):
            last = None
            for t in np.flatnonzero(alarm[:, j]).tolist():
                if last is None or (t - last) * days > merge:
                    spans.append([j, t, t, 0])
                    onset[t, j] = True
                last = spans[-1][2] = t
                spans[-1][3] += 1
        np.testing.assert_array_equal(episode_onsets(alarm, days, merge_days=merge), onset)
        np.testing.assert_array_equal(np.transpose(episode_spans(alarm, days, merge_days=merge)), spans)
    for mask in (covered, covered | True):
        wanted = []
        for j in range(4):
            begun, run, best = False, 0, 0
            for t in range(40):
                begun = begun or values[t, j] > 0
                run = run + 1 if begun and mask[t, j] and values[t, j] == 0 else 0
                best = max(best, run)
            wanted.append(best)
        np.testing.assert_array_equal(longest_silences(values, mask), wanted)
        for j in range(4):
            assert longest_silences(values[:, [j]], mask[:, [j]]).tolist() == [wanted[j]]


@pytest.mark.parametrize("seed", range(5))
def test_pairs_are_all_that_are_close_and_no_others(seed):
    rng = np.random.default_rng(seed)
    points, other_points = rng.normal(0, 2, (30, 3)), rng.normal(0, 2, (25, 3))
    points[4, 1], other_points[3] = np.nan, points[0]
    first, other_first = rng.integers(-20, 20, 30), rng.integers(-20, 20, 25)
    spans = Spans(first, first + rng.integers(0, 4, 30))
    other = Spans(other_first, other_first + rng.integers(0, 9, 25) * (seed % 2))
    group, other_group = rng.integers(-1, 4, 30), rng.integers(-1, 3, 25)
    pairs = list(itertools.product(range(30), range(25)))
    one, two = np.transpose(pairs)
    gap = [
        min(
            abs(a - b)
            for a in range(spans.first[i], spans.last[i] + 1)
            for b in range(other.first[j], other.last[j] + 1)
        )
        for i, j in pairs
    ]
    np.testing.assert_array_equal(day_gap(spans.take(one), other.take(two)), gap)
    for days, reach in ((0, 1.0), (3, 2.5), (60, 0.7)):
        together = [
            (i, j)
            for (i, j), g in zip(pairs, gap, strict=True)
            if group[i] == other_group[j] >= 0 and g <= days
        ]
        found = pairs_in_groups(group, spans, other_group, other, days, 10**6)
        assert sorted(zip(*(part.tolist() for part in found), strict=True)) == together
        away = {(i, j): math.dist(points[i], other_points[j]) for i, j in pairs}
        near = [(i, j) for (i, j), g in zip(pairs, gap, strict=True) if away[i, j] <= reach and g <= days]
        a, b, apart = pairs_nearby(points, spans, other_points, other, reach, days, 10**6)
        assert list(zip(a.tolist(), b.tolist(), strict=True)) == near
        np.testing.assert_allclose(apart, [away[pair] for pair in near], rtol=EXACT)


def test_too_many_pairs_are_not_made_and_none_are_of_nothing():
    spans, group = Spans(np.zeros(4, int), np.zeros(4, int)), np.zeros(4, int)
    assert len(pairs_in_groups(group, spans, group, spans, 0, 16)[0]) == 16
    with pytest.raises(OverflowError, match="16"):
        pairs_in_groups(group, spans, group, spans, 0, 15)
    points = np.zeros((4, 3))
    assert len(pairs_nearby(points, spans, points, spans, 1.0, 0, 16)[0]) == 16
    with pytest.raises(OverflowError, match="16"):
        pairs_nearby(points, spans, points, spans, 1.0, 0, 15)
    wide = np.array([[0.0, 0, 0], [0.9, 0, 0], [1.8, 0, 0], [2.7, 0, 0]])
    with pytest.raises(OverflowError):  # what was looked at before counts, near or not
        pairs_nearby(wide, spans, wide, spans, 1.0, 0, 9)
    assert len(pairs_nearby(wide, spans, wide, spans, 1.0, 0, 14)[0]) == 10
    none = Spans(np.zeros(0, int), np.zeros(0, int))
    for given in (
        (group[:0], none, group, spans),
        (group, spans, group[:0], none),
        (group - 1, spans, group, spans),
        (group, spans, group - 1, spans),
    ):
        assert [part.size for part in pairs_in_groups(*given, 1, 9)] == [0, 0]
    for given in ((points[:0], none, points, spans), (points, spans, points * np.nan, spans)):
        assert [part.size for part in pairs_nearby(*given, 1.0, 1, 9)] == [0, 0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_q_values_are_scipys(seed):
    p = np.random.default_rng(seed).random(12) ** 2
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), rtol=EXACT)


def test_the_weights_of_the_volatility_are_those_on_record(project):
    rows = {}
    for line in (project / "benchmarks" / "results" / "volatility_limits.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0] in ("constant", *Signs._fields):
            rows[cells[0]] = cells[1:]
    assert list(rows) == ["constant", *Signs._fields]
    least, most, below, above = zip(*rows.values(), strict=True)
    assert LEAST.tolist() == [float(one) for one in least[1:]]
    assert MOST.tolist() == [float(one) for one in most[1:]]
    for weights, recorded in ((BELOW, below), (ABOVE, above)):
        np.testing.assert_array_equal(weights.T, [[float(x) for x in one.split(",")] for one in recorded])


@pytest.mark.parametrize("x", [0.3, 1.0, 4.5, 9.999, 10.0, 10.5, 17.0, 300.0])
def test_gamma_functions_are_the_standard_ones_to_the_last_digits(x):
    assert _log_gamma(x) == pytest.approx(math.lgamma(x), rel=LAST, abs=LAST)
    assert _digamma(x) == pytest.approx(float(special.digamma(x)), rel=LAST, abs=LAST)
    if 10 <= x < 20:
        rest = math.lgamma(x) - ((x - 0.5) * math.log(x) - x + 0.5 * math.log(2 * math.pi))
        assert _beside_stirling(x) == pytest.approx(rest, abs=LAST + 691 / 360360 / x**11)  # the next term
    for more in (0, 1, 2, 9, 16, 17, 40):
        rise = math.fsum(math.log(x + k) for k in range(more))
        assert _log_rise(x, float(more)) == pytest.approx(rise, rel=LAST, abs=LAST)
    mass = math.exp(
        0.2 + math.lgamma(3 + x) - math.lgamma(x) - math.lgamma(4) + math.lgamma(5 + 2.5) - math.lgamma(6)
    )
    assert _mass(3.0, 8.0, x, 2.5, 0.2 - math.lgamma(x)) == pytest.approx(mass, rel=1e-12)


def test_with_few_incidents_the_rank_alone_tells_of_a_day():
    values = np.zeros((60, 3), dtype=np.int64)
    for series, total in enumerate((FEW - 1, FEW, FEW + 1)):
        values[3 * np.arange(total), series] = 1
    covered, weekday = np.ones(values.shape, dtype=bool), np.arange(60) % 7
    often = np.zeros((7, 3))
    often[0] = 1
    count, at = np.full(3, 2.0), np.zeros(3, dtype=np.int64)
    day = ordinary_day(values, covered, weekday, adjust=False)
    pvalue, model = day_pvalue(day, values, covered, weekday, count, at, often)
    rank, reached = rank_pvalue(values, covered, np.ones(values.shape), count, 1)
    assert not reached.any()
    assert rank == pytest.approx([1 / 61] * 3)
    wanted = np.maximum(model, rank * np.array([1.0, (2 / 3) ** 3, (2 / 3) ** 3]))
    assert pvalue == pytest.approx(wanted, rel=EXACT)


@pytest.mark.parametrize("sign", [1, -1])
def test_dates_of_a_change_are_those_that_lose_little_beside_the_best(sign):
    # (1 - exp(-c / 2))^2 is 0.95 at c = 7.35: the best gains 7.56, so that a root of 0.6 on its side stays.
    roots = sign * np.array([[2.75], [0.6], [0.4], [-0.6], [-2.0], [0.0]])
    found = SimpleNamespace(best=np.array([0]), roots=roots, phi=np.ones(1), edf=np.full(1, 1e9))
    most = -2 * math.log1p(-math.sqrt(0.95))
    kept = [2.75**2 - (root**2 if root > 0 else 0) <= most for root in (sign * roots[:, 0]).tolist()]
    assert kept == [True, True, False, False, False, False]
    assert date_set(found)[:, 0].tolist() == kept


def test_no_incident_or_more_is_certain_on_any_day():
    for tail in _tails(np.array([0.0, -1.0, 1.0]), np.full(3, 0.4), np.array([0.0, 0.5, 0.5]), 12):
        assert tail[:2].tolist() == [1.0, 1.0]
        assert 0 < tail[2] < 0.4


@pytest.mark.parametrize("length", [1, 5, 20, 21])
def test_scores_of_windows_of_deaths_are_those_of_every_window_with_an_incident(length):
    day = np.array([103, 104, 104, 110, 119, 122, 123, 200])
    use = np.arange(8) < 7  # twenty-one days, from the first to the last that is used
    x, variance, icc = np.arange(16.0).reshape(8, 2) - 6, np.array([2.0, 3.0]), np.array([0.1, 0.0])
    wanted = []
    for first in range(103, 124 - length + 1):
        inside = use & (day >= first) & (day < first + length)
        n = np.bincount(day[inside] - first, minlength=1)
        if inside.any():
            spread = (variance * (n[:, None] + icc * (n * (n - 1))[:, None])).sum(axis=0)
            wanted.append(x[inside].sum(axis=0) / np.sqrt(spread))
    found = _window_scores(x, day, use, variance, icc, length)
    assert found.shape == (len(wanted), 2)
    np.testing.assert_allclose(found, wanted, rtol=EXACT)


def test_pairs_disagree_no_more_often_than_stated_and_the_rest_keeps_its_shares():
    np.testing.assert_allclose(_agreeing(np.array([0.3, 0.2, 0.1, 0.4]), 0.1), [0.45, 0.3, 0.15, 0.1])
    np.testing.assert_allclose(_agreeing(np.array([0.1, 0.8, 0.02, 0.08]), 0.1), [0.1, 0.8, 0.02, 0.08])


@pytest.mark.parametrize(("replicates", "batch"), [(17, 6), (20, 7), (12, 6), (5, 8)])
def test_a_rhythm_is_held_against_as_many_series_as_were_asked_for(replicates, batch, monkeypatch):
    rng, drawn = np.random.default_rng(1), []

    class Counted:
        def standard_normal(self, shape):
            drawn.append(shape)
            return rng.standard_normal(shape)

    monkeypatch.setattr(periodicity, "_BATCH", batch)
    values = np.random.default_rng(2).poisson(2.0, (200, 1))
    periodicity.periodicity_test(
        values, np.ones(200, bool), shortest=14, longest=60, replicates=replicates, rng=Counted()
    )
    assert sum(columns for _, columns in drawn) == replicates
    assert max(columns for _, columns in drawn) <= batch


def test_a_change_has_a_trend_and_a_slope_unless_told_otherwise():
    weeks = np.array([-2.0, 0.0, 3.0])
    years = weeks * 7 / 365.25
    design = np.column_stack([np.ones(3), years, [0.0, 0.0, years[2]], [0.0, 1.0, 1.0]])
    np.testing.assert_allclose(segmented_design(weeks), design, rtol=EXACT)


def test_no_names_at_all_are_like_nothing():
    assert Likeness([]).of(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)).size == 0
    assert np.isnan(Likeness([]).of(np.array([-1]), np.array([-1]))).all()
