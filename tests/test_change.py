"""The change test: its parts against references, what must not change it, and its size on a small sample."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special, stats

from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError, UptickError
from analytics.kernels.change.online import run_length_posterior
from analytics.kernels.change.pelt import NegativeBinomialCost, pelt_changes
from analytics.kernels.change.stated import (
    fit_loglinear,
    segmented_design,
    signed_root,
    slow_dispersion,
    spread_quantile,
    spread_tail,
)
from analytics.kernels.change.supremum import change_penalty, largest_change, several_dispersion
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED
from analytics.simulation import simulate_counts
from analytics.upticks.change import change_test
from analytics.upticks.change_stated import MIN_BEFORE, PLACEBO_BEFORE
from analytics.upticks.weeks import cut_weeks

FIT = 1e-6  # two iterative fits of the same mean, and limits found by bisection
SAME = 1e-10  # the same numbers in another order
END = np.datetime64("2020-04-12")
DAYS = 156 * 7
AFTER = 26  # weeks
DATE = END + 1 - AFTER * 7


def counts_of(values, *, covered=None, end=END, regions=None):
    names = [f"R{i}" for i in range(np.shape(values)[1] if np.ndim(values) > 1 else 1)]
    return Counts.from_array(values, freq="day", as_of=end, regions=regions or names, coverage=covered)


def daily(process="hawkes_0.3", *, mean=0.5, series=4, after=AFTER, ratio=1.0, days=DAYS, seed=1):
    return simulate_counts(
        process, mean=mean, days=days, series=series, uptick_days=7 * after, uptick_ratio=ratio, seed=seed
    ).values


@pytest.fixture(scope="module")
def quiet():
    return daily(series=5)


@pytest.fixture(scope="module")
def risen(quiet):
    values = quiet.copy()
    values[-AFTER * 7 :, 2] += np.random.default_rng(1).poisson(1.0, AFTER * 7)
    return values


# -- the parts, against references -----------------------------------------------------------------------


@pytest.mark.parametrize(("trend", "slope"), [(True, True), (True, False), (False, False)])
def test_the_mean_part_is_statsmodels_poisson_regression(trend, slope):
    rng = np.random.default_rng(3)
    y = rng.negative_binomial(2, 0.3, (120, 3)).astype(float)
    design = segmented_design(np.arange(120.0) - 90, trend=trend, slope=slope)
    covered = np.ones(y.shape, bool)
    covered[40:50, 1] = False
    fit = fit_loglinear(y, design, covered)
    column = design.shape[1] - 1
    root = signed_root(y, design, covered, fit, column=column, value=0.2)
    for i in range(3):
        keep = covered[:, i]
        ours = sm.GLM(y[keep, i], design[keep], family=sm.families.Poisson()).fit()
        np.testing.assert_allclose(fit.coefficients[:, i], ours.params, rtol=FIT, atol=FIT)
        assert fit.deviance[i] == pytest.approx(ours.deviance, rel=FIT)
        held = sm.GLM(
            y[keep, i], design[keep][:, :-1], family=sm.families.Poisson(), offset=0.2 * design[keep, column]
        ).fit()
        assert root[i] ** 2 == pytest.approx(held.deviance - ours.deviance, rel=1e-4)
        assert np.sign(root[i]) == np.sign(ours.params[column] - 0.2)


def test_a_level_without_trend_is_a_ratio_of_means(quiet):
    result = change_test(counts_of(quiet), date=DATE, trend=False, slope=False, completeness=1.0)
    weekly = quiet.reshape(156, 7, -1).sum(axis=1)
    ratio = weekly[-AFTER:].mean(axis=0) / weekly[:-AFTER].mean(axis=0)
    np.testing.assert_allclose(result.frame["estimate"], ratio, rtol=FIT)
    assert result.frame["after"].tolist() == weekly[-AFTER:].sum(axis=0).tolist()


def test_the_interval_ends_where_the_tail_is_a_fortieth(quiet):
    frame = change_test(counts_of(quiet), date=DATE).frame
    weeks = cut_weeks(counts_of(quiet), DATE)
    design = segmented_design(np.arange(156.0) - weeks.first)
    full = fit_loglinear(weeks.values, design, weeks.covered)
    phi, edf = slow_dispersion(weeks.values, full.fitted, design, weeks.covered)
    for i, row in frame.iterrows():
        one = (weeks.values[:, [i]], design, weeks.covered[:, [i]])
        fit = fit_loglinear(*one)
        for end, sign in (("low", 1), ("high", -1)):
            root = signed_root(*one, fit, column=3, value=float(np.log(row[end])))
            assert spread_tail(sign * root, phi[[i]], edf[[i]])[0] == pytest.approx(0.025, abs=1e-4)


def test_tail_and_quantile_are_students_t_for_large_dispersions():
    phi, edf = np.array([400.0]), np.array([8.0])
    root = spread_quantile(0.025, phi, edf)
    assert root[0] / 20 == pytest.approx(stats.t.ppf(0.975, 8), rel=1e-3)
    assert spread_tail(root, phi, edf)[0] == pytest.approx(0.025, rel=1e-6)
    # A dispersion of nearly nothing counts as 1: the normal tail.
    assert spread_tail(np.array([1.96]), np.array([0.01]), np.array([30.0]))[0] == pytest.approx(
        0.025, rel=1e-2
    )


def test_slow_dispersion_sees_what_weeks_apart_do():
    rng = np.random.default_rng(8)
    fast = rng.poisson(4.0, (400, 40)).astype(float)
    slow = rng.poisson(4.0 * np.repeat(rng.gamma(4, 0.25, (40, 40)), 10, axis=0)).astype(float)
    ones = np.ones((400, 1))
    phi = [
        slow_dispersion(y, np.broadcast_to(y.mean(axis=0), y.shape), ones, np.ones(y.shape, bool))[0].mean()
        for y in (fast, slow)
    ]
    assert phi[0] == pytest.approx(1.0, abs=0.15)
    # Ten weeks share a rate: long-run variance over mean is 1 + 10 x mean x 0.25.
    assert phi[1] == pytest.approx(11.0, abs=2.5)


def test_the_largest_change_is_the_largest_deviance():
    y = np.random.default_rng(2).negative_binomial(1, 0.2, (80, 2)).astype(float)
    found = largest_change(y)
    for i in range(2):
        for at, date in enumerate(found.dates):
            a, b = y[:date, i], y[date:, i]
            by_hand = 2 * sum(stats.poisson.logpmf(p, p.mean()).sum() for p in (a, b))
            by_hand -= 2 * stats.poisson.logpmf(y[:, i], y[:, i].mean()).sum()
            assert found.roots[at, i] ** 2 == pytest.approx(by_hand, abs=1e-6)
            assert np.sign(found.roots[at, i]) == np.sign(b.mean() - a.mean())


def test_time_turned_round_turns_a_rise_into_a_fall():
    y = np.random.default_rng(4).negative_binomial(1, 0.2, (100, 6)).astype(float)
    rise, fall = largest_change(y, sign=1), largest_change(y[::-1], sign=-1)
    np.testing.assert_allclose(rise.statistic, fall.statistic, rtol=SAME)
    np.testing.assert_array_equal(rise.dates[rise.best], 100 - fall.dates[fall.best])


@pytest.mark.parametrize("size", [np.inf, 1.5])
def test_run_lengths_are_those_of_all_segmentations(size):
    y = np.array([1.0, 0.0, 2.0, 7.0, 5.0, 6.0])
    hazard, mean = 0.2, 2.0

    # The evidence of a segment, by quadrature over its level (or its success probability).
    x, w = special.roots_legendre(200)
    top = 80.0 if np.isinf(size) else 1.0
    level = (x[:, None] + 1) / 2 * top
    if np.isinf(size):
        pmf, density = stats.poisson.pmf(y, level), stats.expon.pdf(level, scale=mean)
    else:
        pmf, density = stats.nbinom.pmf(y, size, level), stats.beta.pdf(level, 1 + size / mean, 1.0)

    def evidence(start, end):
        return w @ (pmf[:, start:end].prod(axis=1) * density[:, 0]) * top / 2

    weight = np.zeros(len(y) + 1)
    for cuts in itertools.product([0, 1], repeat=len(y) - 1):
        edges = [0, *(i + 1 for i, cut in enumerate(cuts) if cut), len(y)]
        prior = hazard ** sum(cuts) * (1 - hazard) ** (len(y) - 1 - sum(cuts))
        weight[len(y) - edges[-2]] += prior * np.prod([evidence(a, b) for a, b in itertools.pairwise(edges)])
    ours = run_length_posterior(y[:, None], hazard=hazard, prior_mean=np.array([mean]), size=np.array([size]))
    np.testing.assert_allclose(ours[:, 0], weight / weight.sum(), atol=1e-8)


@pytest.mark.parametrize("size", [np.inf, 0.8])
def test_the_cost_is_the_likelihood_up_to_a_constant(size):
    y = np.array([0, 3, 1, 9, 12, 7, 0, 0])
    cost = NegativeBinomialCost(size).fit(y)

    def minus_two(ends):
        total = 0.0
        for a, b in itertools.pairwise([0, *ends]):
            m = max(y[a:b].mean(), 1e-12)
            pmf = (
                stats.poisson.logpmf(y[a:b], m)
                if np.isinf(size)
                else stats.nbinom.logpmf(y[a:b], size, size / (size + m))
            )
            total -= 2 * pmf.sum()
        return total

    cuts = [[3, 6, 8], [3, 8], [4, 8], [8]]
    np.testing.assert_allclose(
        np.diff([cost.sum_of_costs(c) for c in cuts]), np.diff([minus_two(c) for c in cuts]), atol=1e-8
    )


def test_pelt_finds_the_least_cost():
    pytest.importorskip("ruptures")
    rng = np.random.default_rng(5)
    for _ in range(6):
        y = rng.negative_binomial(1, 1 / (1 + rng.choice([1.0, 4.0, 12.0], 4).repeat(6))).astype(float)
        cost = NegativeBinomialCost(1.0, 5).fit(y)
        options = [
            [*cuts, 24]
            for number in range(4)
            for cuts in itertools.combinations(range(5, 20), number)
            if all(b - a >= 5 for a, b in itertools.pairwise([0, *cuts, 24]))
        ]
        best = min(options, key=lambda ends: cost.sum_of_costs(ends) + 3.0 * len(ends))
        assert pelt_changes(y, size=1.0, penalty=3.0, min_size=5) == best[:-1]


# -- verdicts ---------------------------------------------------------------------------------------------


def test_a_known_doubling_is_found_at_its_date(snapshot):
    values = daily("negative_binomial", mean=1.0, series=12, ratio=2.0, seed=2)
    result = change_test(counts_of(values), date=DATE)
    assert ((result.frame["low"] < 2.0) & (result.frame["high"] > 2.0)).sum() >= 10
    assert ((result.frame["slope_low"] < 1.0) & (result.frame["slope_high"] > 1.0)).sum() >= 10
    assert (result.frame["verdict"] == SUPPORTED).sum() >= 3
    assert result.sentence() == snapshot
    assert result.describe("R0") == snapshot
    assert result.parameters["trend"] is True


def test_an_unknown_doubling_is_dated():
    values = daily("hawkes_0.3", mean=1.0, series=12, ratio=2.0, after=52, seed=6)
    result = change_test(counts_of(values))
    frame = result.frame
    truth = pd.Timestamp(END + 1 - 52 * 7)
    assert (frame["verdict"] == SUPPORTED).all()
    inside = (frame["date_first"] <= truth) & (truth <= frame["date_last"])
    assert inside.sum() >= 11
    assert (frame["date_first"] <= frame["date"]).all()
    assert (frame["date"] <= frame["date_last"]).all()
    assert (frame["low"] < 2.0).all()
    assert (frame["high"] > 2.0).all()
    online = result.details["online"].pivot_table(index="region", columns="last_weeks", values="probability")
    assert (np.diff(online.to_numpy(), axis=1) >= 0).all()
    # The change was 52 weeks ago: hardly in the last 26, more likely than not since shortly before.
    assert (online[26] < 0.5).all()
    lengths = result.details["run_length"]
    about = lengths[lengths["weeks"].between(40, 65)].groupby("region")["probability"].sum()
    assert (about > 0.5).sum() >= 11
    np.testing.assert_allclose(lengths.groupby("region")["probability"].sum(), 1.0, atol=1e-9)


def test_up_and_down_again_are_two_changes():
    pytest.importorskip("ruptures")
    rng = np.random.default_rng(7)
    rate = np.full(DAYS, 1.0)
    rate[50 * 7 : 90 * 7] = 3.0
    result = change_test(counts_of(rng.poisson(rate)), multiple=True)
    changes = result.details["changes"]
    begin = END + 1 - DAYS
    weeks = (changes["date"].to_numpy().astype("datetime64[D]") - begin) / np.timedelta64(7, "D")
    assert np.abs(weeks - [50, 90]).max() <= 2
    assert changes["level_ratio"].iloc[0] > 2
    assert changes["level_ratio"].iloc[1] < 0.5


def test_not_supported_needs_a_limit_below_the_margin_and_completeness():
    values = np.random.default_rng(9).poisson(10.0, (DAYS, 1))
    known = change_test(counts_of(values), date=DATE, completeness=1.0).frame.iloc[0]
    assert known["verdict"] == NOT_SUPPORTED
    unknown = change_test(counts_of(values), date=DATE).frame.iloc[0]
    assert unknown["verdict"] == CANNOT_BE_TOLD
    assert "completeness not known" in unknown["reason"]
    sparse = change_test(
        counts_of(daily("poisson", mean=0.1, series=1, seed=3)), date=DATE, completeness=1.0
    ).frame.iloc[0]
    assert sparse["verdict"] == CANNOT_BE_TOLD
    assert "the data allow a ratio up to" in sparse["reason"]
    undated = change_test(counts_of(values), completeness=1.0).frame.iloc[0]
    assert undated["verdict"] == NOT_SUPPORTED


def test_a_fall_is_tested_only_where_completeness_is_known():
    values = daily("poisson", mean=1.0, series=1, ratio=0.3)
    blind = change_test(counts_of(values), date=DATE, direction="less").frame.iloc[0]
    assert np.isnan(blind["pvalue"])
    assert blind["verdict"] == CANNOT_BE_TOLD
    seen = change_test(counts_of(values), date=DATE, direction="less", completeness=1.0).frame.iloc[0]
    assert seen["verdict"] == SUPPORTED
    assert (
        change_test(counts_of(values), direction="less", completeness=1.0).frame["verdict"].iloc[0]
        == SUPPORTED
    )
    # Were only half of the incidents since reported, the level would have doubled against what is seen.
    half = change_test(counts_of(values), date=DATE, direction="less", completeness=0.5).frame.iloc[0]
    assert half["estimate"] == pytest.approx(2 * seen["estimate"], rel=FIT)
    assert half["pvalue"] > seen["pvalue"]


def test_what_cannot_be_tested_says_why(quiet):
    values = quiet.copy()
    values[:, 0] = 0
    values[: -AFTER * 7, 1] = 0
    covered = np.ones(values.shape, bool)
    covered[: 110 * 7, 3] = False
    covered[-14 * 7 :, 4] = False
    frame = change_test(counts_of(np.where(covered, values, 0), covered=covered), date=DATE).frame
    assert frame["pvalue"].isna().tolist() == [True, True, False, True, True]
    assert "no incident before or after" in frame["reason"][0]
    assert "no incident before the date" in frame["reason"][1]
    assert f"fewer than {MIN_BEFORE} weeks" in frame["reason"][3]
    assert "after the date have coverage" in frame["reason"][4]
    assert (frame["verdict"][[0, 1, 3, 4]] == CANNOT_BE_TOLD).all()
    undated = change_test(counts_of(np.where(covered, values, 0), covered=covered)).frame
    assert undated["pvalue"].isna().tolist() == [True, False, False, True, False]


def test_without_any_incident_no_region_is_fitted():
    result = change_test(counts_of(np.zeros((DAYS, 2), int)), date=DATE)
    assert (result.frame["reason"] == "there is no incident before or after the date").all()
    assert result.frame[["estimate", "pvalue", "detectable", "slope"]].isna().all(axis=None)
    assert result.sentence().endswith("supported nowhere; cannot be told in 2 of 2 regions.")


# -- placebo dates ----------------------------------------------------------------------------------------


def test_placebo_dates_use_nothing_from_the_date_on(risen):
    before = change_test(counts_of(risen), date=DATE).details["placebo"]
    changed = risen.copy()
    changed[-AFTER * 7 :] = 40
    after = change_test(counts_of(changed), date=DATE).details["placebo"]
    placebo = ~before["claimed"]
    pd.testing.assert_frame_equal(before[placebo], after[placebo])
    assert (before["pvalue"][before["claimed"]] > after["pvalue"][after["claimed"]]).all()
    assert (before["date"][placebo] + pd.Timedelta(weeks=AFTER)).max() == pd.Timestamp(DATE)
    assert before[placebo].groupby("region").size().eq(130 - AFTER - PLACEBO_BEFORE + 1).all()


def test_the_rank_among_placebos_is_counted(quiet):
    result = change_test(counts_of(quiet), date=DATE)
    table = result.details["placebo"]
    for _, row in result.frame.iterrows():
        here = table[table["region"] == row["region"]]
        p, actual = here.loc[~here["claimed"], "pvalue"], here.loc[here["claimed"], "pvalue"].iloc[0]
        assert row["placebos"] == len(p)
        assert row["placebo_pvalue"] == pytest.approx((1 + (p <= actual).sum()) / (1 + len(p)))


@pytest.mark.parametrize("back", [0, 40])
def test_a_placebo_is_the_test_of_a_shorter_series(quiet, back):
    table = change_test(counts_of(quiet), date=DATE).details["placebo"]
    date = pd.Timestamp(DATE) - pd.Timedelta(weeks=back)
    stop = DAYS - 7 * back
    cut = quiet[stop - 7 * (PLACEBO_BEFORE + AFTER) : stop]
    alone = change_test(counts_of(cut, end=END - 7 * back), date=date.date()).frame
    np.testing.assert_allclose(table.loc[table["date"] == date, "pvalue"], alone["pvalue"], rtol=FIT)


def test_same_seasons_are_marked():
    table = change_test(counts_of(daily(series=1, after=8)), date=END + 1 - 8 * 7).details["placebo"]
    marked = table.loc[table["same_season"], "date"]
    # Two years before, there are fewer than 52 weeks to compare with.
    assert marked.tolist() == [pd.Timestamp(END + 1 - 8 * 7) - pd.Timedelta(weeks=52)]


def test_a_change_no_larger_than_at_placebo_dates_is_not_called():
    # The level jumps every eight weeks: the model has no such term, the placebo dates show it.
    ago = 155 - np.arange(156)
    rate = np.where((ago // 8) % 2 == 0, 30.0, 6.0)
    values = np.random.default_rng(2).poisson(np.repeat(rate / 7, 7))
    row = change_test(counts_of(values), date=END + 1 - 8 * 7).frame.iloc[0]
    assert row["pvalue"] <= 0.05, "the model must be fooled, or the placebo dates have nothing to show"
    assert row["placebos"] >= 19
    assert row["placebo_pvalue"] > 0.05
    assert row["verdict"] == CANNOT_BE_TOLD
    assert "placebo dates, where nothing is claimed, show as much" in row["reason"]


# -- what must not change it ------------------------------------------------------------------------------


@pytest.mark.parametrize("date", [DATE, None])
def test_the_order_of_regions_does_not_matter(risen, date):
    order = np.array([3, 0, 4, 2, 1])
    straight = change_test(counts_of(risen), date=date).frame
    turned = change_test(counts_of(risen[:, order]), date=date).frame
    for column in ("estimate", "low", "high", "pvalue", "qvalue", "dispersion"):
        np.testing.assert_allclose(turned[column], straight[column].to_numpy()[order], rtol=FIT)
    assert turned["verdict"].tolist() == straight["verdict"].iloc[order].tolist()


@pytest.mark.parametrize("date", [DATE, None])
def test_shifting_time_does_not_matter(risen, date):
    later = 1000
    now = change_test(counts_of(risen), date=date).frame
    then = change_test(counts_of(risen, end=END + later), date=None if date is None else date + later).frame
    dated = [name for name in now if name.startswith("date")]
    pd.testing.assert_frame_equal(now.drop(columns=dated), then.drop(columns=dated))
    for name in dated:
        assert (then[name] - now[name] == pd.Timedelta(days=later)).all()


@pytest.mark.parametrize("date", [DATE, None])
def test_a_silent_region_changes_nothing_for_the_others(risen, date):
    more = np.column_stack([risen, np.zeros(len(risen), int)])
    before = change_test(counts_of(risen), date=date).frame
    after = change_test(counts_of(more), date=date).frame
    numbers = ["estimate", "low", "high", "pvalue", "qvalue"]
    np.testing.assert_allclose(after[numbers].iloc[:-1], before[numbers], rtol=FIT)
    assert after["verdict"].tolist() == [*before["verdict"], CANNOT_BE_TOLD]
    assert np.isnan(after["pvalue"].iloc[-1])


def test_a_gap_is_not_a_quiet_spell(risen):
    covered = np.ones(risen.shape, bool)
    covered[300:420, 1] = False
    gappy = change_test(counts_of(np.where(covered, risen, 0), covered=covered)).frame
    whole = change_test(counts_of(risen)).frame
    np.testing.assert_allclose(gappy["pvalue"].drop(1), whole["pvalue"].drop(1), rtol=SAME)
    assert gappy["weeks_before"][1] + gappy["weeks_after"][1] == 156 - 18  # 120 days touch 18 weeks
    shorter = np.delete(risen[:, [1]], np.arange(42 * 7, 60 * 7), axis=0)
    alone = change_test(counts_of(shorter)).frame.iloc[0]
    assert gappy["pvalue"][1] == alone["pvalue"]


def test_weekly_counts_and_a_date_inside_a_week():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"Kirkuk": rng.poisson(3.0, 156)}, index=pd.date_range("2017-04-17", periods=156, freq="7D")
    )
    counts = Counts.from_frame(frame, freq="week", as_of="2020-04-12")
    whole = change_test(counts, date="2019-10-14")
    assert whole.frame["weeks_after"].iloc[0] == 26
    inside = change_test(counts, date="2019-10-16")
    assert inside.frame["weeks_after"].iloc[0] == 25
    assert inside.frame["weeks_before"].iloc[0] == 130
    assert "the week in which 2019-10-16 lies is left out" in inside.notes


def test_daily_counts_are_cut_at_the_date():
    values = np.zeros(DAYS + 3, int)
    values[::5] = 1
    weeks = cut_weeks(counts_of(values), DATE + 2)
    assert weeks.starts[weeks.first] == DATE + 2
    assert weeks.end <= END
    assert (np.diff(weeks.starts) == np.timedelta64(7, "D")).all()


def test_few_weeks_since_the_date_fit_no_slope():
    result = change_test(counts_of(daily(series=1, after=5)), date=END + 1 - 35)
    assert result.parameters["slope"] is False
    assert result.frame["slope"].isna().all()
    assert any("no change of slope" in note for note in result.notes)


def test_the_detectable_ratio_knows_nothing_of_what_came(risen):
    louder = risen.copy()
    louder[-AFTER * 7 :] *= 5
    one, two = (change_test(counts_of(v), date=DATE).frame["detectable"] for v in (risen, louder))
    np.testing.assert_allclose(one, two, rtol=FIT)
    assert (one > 1).all()


def test_simulated_counts_are_called_simulated(quiet):
    result = change_test(replace(counts_of(quiet), simulated=True), date=DATE)
    assert result.sentence().startswith("SIMULATED data: ")


# -- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"direction": "up"}, OptionError),
        ({"margin": 0.9}, OptionError),
        ({"alpha": 2.0}, OptionError),
        ({"trim": 0.6}, OptionError),
        ({"trend": True}, OptionError),
        ({"date": DATE, "multiple": True}, OptionError),
        ({"date": DATE, "completeness": 1.5}, OptionError),
        ({"min_weeks": 0}, OptionError),
        ({"date": "soon"}, UptickError),
        ({"date": END - 10}, HistoryError),
        ({"date": "2012-01-01"}, HistoryError),
        ({"date": "2030-01-01"}, HistoryError),
        ({"min_weeks": 60}, HistoryError),
    ],
    ids=str,
)
def test_errors_say_what_was_expected(quiet, options, kind, snapshot):
    with pytest.raises(kind) as caught:
        change_test(counts_of(quiet[:, :1]), **options)
    assert str(caught.value) == snapshot


def test_too_short_a_series_is_refused():
    with pytest.raises(HistoryError, match="needs 52 complete weeks"):
        change_test(counts_of(np.ones(300, int)))
    with pytest.raises(HistoryError, match="there are 0"):
        change_test(counts_of(np.ones(5, int)))


def test_without_ruptures_only_several_changes_are_missing(quiet, monkeypatch):
    monkeypatch.setitem(sys.modules, "ruptures", None)
    assert "changes" not in change_test(counts_of(quiet)).details
    with pytest.raises(OptionError, match="ruptures, which is not installed"):
        change_test(counts_of(quiet), multiple=True)


# -- size -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("process", ["negative_binomial", "hawkes_0.6", "lgcp"])
def test_quiet_series_are_seldom_rejected(process):
    # 300 series: more than 27 rejections at nominal 5 % would happen once in 700 samples at a size of 5 %.
    y = daily(process, mean=0.5, series=300, seed=21).reshape(156, 7, 300).sum(axis=1).astype(float)
    covered = np.ones(y.shape, bool)
    design = segmented_design(np.arange(156.0) - 130)
    full = fit_loglinear(y, design, covered)
    root = signed_root(y, design, covered, full, column=3, value=0.0)
    phi, edf = slow_dispersion(y, full.fitted, design, covered)
    assert (spread_tail(root, phi, edf) <= 0.05).sum() <= 27
    naive = special.ndtr(-root) <= 0.05
    assert naive.sum() > 27, "the usual test must be seen to fail, or the sample shows nothing"
    assert (largest_change(y).pvalue <= 0.05).sum() <= 27


def test_white_noise_shows_a_change_as_often_as_the_penalty_says():
    pytest.importorskip("ruptures")
    y = np.random.default_rng(11).poisson(50.0, (104, 150)).astype(float)
    # Poisson counts of a large mean, made twice as dispersed, so that the bound at 1 plays no part.
    y = np.maximum(np.round(50 + (y - 50) * np.sqrt(2)), 0)
    phi, rung = several_dispersion(y, 13)
    penalty = change_penalty(104, 13, rung)
    found = [
        pelt_changes(y[:, i], size=50 / max(phi[i] - 1, 1e-9), penalty=penalty[i], min_size=13)
        for i in range(150)
    ]
    assert sum(len(f) > 0 for f in found) <= 16  # 7.5 expected; once in 400 samples
