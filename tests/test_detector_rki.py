"""The RKI rule: the reference's figures, the printed limits, and the answers at the edges."""

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
from analytics.detectors._rki import TOO_FEW, rki
from analytics.detectors.grid import NO_COVERAGE, SHORT
from analytics.errors import OptionError
from analytics.kernels.charts.poisson_limits import crow_gardner_upper

FIGURES = 1e-9  # both sides are the printed table
ROOT = 1e-9  # limits are roots of a probability, found by bisection


def panel(values, *, covered=None, start="2010-01-04") -> Counts:
    return Counts.from_array(values, start=start, coverage=covered)


@pytest.mark.parametrize("name", oracle_cases.cases("rki"))
def test_the_reference(name):
    options = {"years": "b", "half_width": "w", "include_current_year": "actY"}
    alarms, rows = oracle_cases.compare(
        partial(rki, compat="surveillance"), "rki", name, figures=FIGURES, options=options
    )
    assert alarms.tested[rows].all()


def test_limits_are_where_an_acceptance_region_of_95_percent_ends():
    limit = crow_gardner_upper(20)
    assert (np.diff(limit) > 0).all()
    runs = np.arange(60)
    for value in limit:
        below = np.r_[0.0, stats.poisson.cdf(runs, value)]
        mass = below[None, :] - below[:, None]  # mass[i, j]: counts from i to j - 1
        assert np.abs(mass - 0.95).min() < ROOT
    # Exact lower ends known from the chi-square: 0 to 6 no longer hold 95 % from here on.
    assert limit[0] == pytest.approx(stats.chi2.ppf(0.05, 14) / 2, abs=ROOT)


def test_the_bound_by_hand():
    series = np.r_[2, 1, 0, 3, 1, 2, 6]
    alarms = rki(panel(series), years=0, half_width=6, include_current_year=True)
    limit = crow_gardner_upper(20)
    assert alarms.upper_bound[6, 0] == pytest.approx((limit[1] + limit[2]) / 2)
    busy = np.r_[30, 28, 35, 31, 40, 22, 90]
    alarms = rki(panel(busy), years=0, half_width=6, include_current_year=True)
    assert alarms.upper_bound[6, 0] == pytest.approx(busy[:6].mean() + 2 * busy[:6].std(ddof=1))
    assert alarms.alarm[6, 0]


@settings(max_examples=60, deadline=None)
@given(
    series=st.lists(st.integers(0, 60), min_size=10, max_size=30),
    threshold=st.sampled_from([0.5, 1.0, 1.7]),
)
def test_alarm_statistic_and_bound_agree(series, threshold):
    alarms = rki(panel(series), years=0, half_width=6, include_current_year=True, threshold=threshold)
    rows = alarms.tested
    assert np.isfinite(alarms.statistic[rows]).all()
    np.testing.assert_array_equal(alarms.alarm[rows], alarms.statistic[rows] > threshold)
    away = rows & (np.abs(alarms.observed - alarms.upper_bound) > FIGURES)
    np.testing.assert_array_equal(alarms.alarm[away], (alarms.observed > alarms.upper_bound)[away])


def test_a_longer_history_does_not_change_the_answer():
    series = np.random.default_rng(0).poisson(5, 300)
    whole = rki(panel(series), last=10)
    part = rki(panel(series[100:], start=str(np.datetime64("2010-01-04") + 700)), last=10)
    np.testing.assert_array_equal(whole.upper_bound, part.upper_bound)


def test_edges():
    options = {"years": 0, "half_width": 6, "include_current_year": True}
    silent = rki(panel(np.zeros(60)), **options)
    assert silent.tested[6:].all()
    assert not silent.alarm.any()
    once = np.zeros(60, int)
    once[30] = 1
    assert not rki(panel(once), **options).alarm.any()
    busy = np.full(60, 40)
    busy[50] = 41
    assert not rki(panel(busy), **options).alarm.any()
    assert rki(panel(busy), **options, compat="surveillance").alarm[50, 0]
    short = rki(panel(np.ones(60, int)))
    assert not short.tested.any()
    assert reason(short, 59) == SHORT


def test_missing_weeks():
    covered = np.ones(40, bool)
    covered[20:24] = False
    series = np.random.default_rng(1).poisson(5, 40)
    alarms = rki(panel(series, covered=covered), years=0, half_width=6, include_current_year=True)
    assert reason(alarms, 20) == NO_COVERAGE
    assert reason(alarms, 24) == TOO_FEW
    assert not alarms.tested[24:27].any()
    assert alarms.tested[27, 0]
    assert alarms.expected[27, 0] == pytest.approx(series[24:27].mean())


@pytest.mark.parametrize(
    "options",
    [
        {"years": -1},
        {"years": 0},
        {"half_width": "4"},
        {"half_width": 30},
        {"threshold": 0.0},
        {"threshold": [1.0, 2.0]},
        {"threshold": 2.0, "compat": "surveillance"},
        {"compat": "rki"},
    ],
)
def test_bad_options(options):
    with pytest.raises(OptionError, match=r"expected|above 0"):
        rki(panel(np.ones(150)), **options)
