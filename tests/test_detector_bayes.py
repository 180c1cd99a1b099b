"""The Bayes method: the reference's figures, exact p-values, the calendar, and the answers at the edges."""

from __future__ import annotations

from functools import partial

import numpy as np
import oracle_cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cases import reason
from scipy import stats

from analytics.counts import Counts
from analytics.detectors._bayes import bayes, predictive_bounds
from analytics.detectors.grid import NO_COVERAGE, RUNNING, SHORT
from analytics.detectors.windows import NOTHING
from analytics.errors import OptionError
from analytics.kernels.windows.same_weeks import years_back

FIGURES = 1e-9  # bounds are whole numbers; the reference's figures have 15 digits
TAIL = 1e-12  # relative: two routines for the same incomplete beta function
SIZE = 0.15  # relative: 200,000 dependent periods at a level of 0.05


def panel(values, *, covered=None, freq="week", as_of=None, start="2010-01-04") -> Counts:
    return Counts.from_array(values, freq=freq, start=start, as_of=as_of, coverage=covered)


@pytest.mark.parametrize("name", oracle_cases.cases("bayes"))
def test_the_reference(name):
    options = {"years": "b", "half_width": "w", "include_current_year": "actY", "alpha": "alpha"}
    oracle_cases.compare(
        partial(bayes, compat="surveillance"), "bayes", name, figures=FIGURES, options=options
    )


def test_the_pvalue_is_the_predictive_tail():
    series = np.random.default_rng(0).negative_binomial(1, 0.2, 120)
    alarms = bayes(panel(series), half_width=6)
    for t in range(6, 120):
        total = series[t - 6 : t].sum()
        tail = stats.nbinom.sf(series[t] - 1, total + 0.5, 6 / 7)
        assert alarms.pvalue[t, 0] == pytest.approx(tail, rel=TAIL)
    tested = alarms.tested[:, 0]
    np.testing.assert_allclose(alarms.statistic[tested], -np.log10(alarms.pvalue[tested]), rtol=TAIL)


@settings(max_examples=60, deadline=None)
@given(
    series=st.lists(st.integers(0, 30), min_size=8, max_size=30),
    w=st.integers(1, 7),
    alpha=st.sampled_from([1e-6, 0.001, 0.05, 0.5, 0.9]),
)
def test_alarm_pvalue_and_bound_agree(series, w, alpha):
    alarms = bayes(panel(series), half_width=w, alpha=alpha)
    rows = alarms.tested
    np.testing.assert_array_equal(alarms.alarm[rows], alarms.pvalue[rows] <= alpha)
    np.testing.assert_array_equal(alarms.alarm[rows], (alarms.observed > alarms.upper_bound)[rows])
    assert not alarms.tested[: min(w, len(series))].any()


def test_bounds_worked_out_by_table_and_by_search_agree():
    rng = np.random.default_rng(1)
    total, number = rng.integers(0, 200_000, (40, 30)), rng.integers(1, 7, (40, 30))
    alpha = np.linspace(0.001, 0.5, 30)
    found = predictive_bounds(total, number, alpha)
    direct = stats.nbinom.ppf(1 - alpha, total + 0.5, number / (number + 1))
    np.testing.assert_array_equal(found, direct)


def test_poisson_counts_keep_alpha():
    alarms = bayes(panel(np.random.default_rng(2).poisson(400, (1_006, 200))))
    share = alarms.alarm[alarms.tested].mean()
    assert share == pytest.approx(0.05, rel=SIZE)


def test_the_same_date_a_year_ago_through_years_of_53_weeks():
    starts = np.datetime64("2010-01-04") + 7 * np.arange(700)
    rows = np.arange(600, 700)
    for years in (1, 5, 11):
        back = starts[years_back(starts, rows, years, 7, calendar=True)]
        day = starts[rows]
        month = day.astype("datetime64[M]")
        same = (month - 12 * years).astype("datetime64[D]") + (day - month)
        assert np.abs((back - same).astype(int)).max() <= 3
    drift = starts[rows] - starts[years_back(starts, rows, 11, 7, calendar=False)]
    assert (drift == np.timedelta64(11 * 364, "D")).all()


def test_leap_days_go_to_the_first_of_march():
    starts = np.datetime64("2015-01-01") + np.arange(800)
    row = np.flatnonzero(starts == np.datetime64("2016-02-29"))
    assert starts[years_back(starts, row, 1, 1, calendar=True)][0] == np.datetime64("2015-03-01")


def test_past_years_by_hand():
    rng = np.random.default_rng(3)
    series = rng.poisson(4, 700)
    alarms = bayes(panel(series), years=2, half_width=3, include_current_year=False, last=1)
    starts = np.datetime64("2010-01-04") + 7 * np.arange(700)
    day = starts[-1]
    month = day.astype("datetime64[M]")
    middles = [
        np.abs(starts - ((month - 12 * i).astype("datetime64[D]") + (day - month))).argmin() for i in (1, 2)
    ]
    total = sum(series[m - 3 : m + 4].sum() for m in middles)
    assert alarms.expected[0, 0] == pytest.approx((total + 0.5) / 14)


def test_edges():
    silent = bayes(panel(np.zeros(60)))
    assert silent.tested[6:].all()
    assert not silent.alarm.any()
    once = np.zeros(60, int)
    once[30] = 1
    assert not bayes(panel(once), alpha=0.01).alarm.any()
    constant = bayes(panel(np.full(60, 9)))
    assert not constant.alarm.any()
    short = bayes(panel(np.arange(5)))
    assert not short.tested.any()
    assert reason(short, 4) == SHORT


def test_short_history_of_past_years():
    alarms = bayes(panel(np.ones(120, int)), years=2, half_width=4)
    assert not alarms.tested[:108].any()
    assert alarms.tested[109:].all()
    assert reason(alarms, 100) == SHORT


def test_missing_weeks_are_left_out_and_are_no_zeros():
    series = np.random.default_rng(4).poisson(5, 40)
    covered = np.ones(40, bool)
    covered[[20, 21]] = False
    alarms = bayes(panel(series, covered=covered))
    assert reason(alarms, 20) == NO_COVERAGE
    total = series[18:20].sum() + series[22:24].sum()
    assert alarms.expected[24, 0] == pytest.approx((total + 0.5) / 4)
    covered[14:26] = False
    gap = bayes(panel(series, covered=covered))
    assert reason(gap, 26) == NOTHING
    assert gap.tested[27, 0]


def test_a_running_week_is_not_tested():
    alarms = bayes(panel(np.ones(12, int), as_of="2010-03-24"))
    assert reason(alarms, 11) == RUNNING
    assert alarms.tested[10, 0]


def test_levels_by_region_and_last():
    values = np.random.default_rng(5).negative_binomial(1, 0.2, (100, 3))
    levels = np.array([0.01, 0.05, 0.3])
    together = bayes(panel(values), alpha=levels, last=20)
    for i, level in enumerate(levels):
        alone = bayes(panel(values[:, i]), alpha=level)
        np.testing.assert_array_equal(together.alarm[:, i], alone.alarm[-20:, 0])
        np.testing.assert_array_equal(together.upper_bound[:, i], alone.upper_bound[-20:, 0])


@pytest.mark.parametrize(
    "options",
    [
        {"years": -1},
        {"half_width": 1.5},
        {"half_width": True},
        {"half_width": 0},
        {"include_current_year": False},
        {"include_current_year": "no"},
        {"years": 1, "half_width": 26},
        {"alpha": 1.0},
        {"alpha": [0.1, 0.2]},
        {"compat": "r"},
        {"last": 0},
    ],
)
def test_bad_options(options):
    with pytest.raises(OptionError, match="expected"):
        bayes(panel(np.ones(60)), **options)
