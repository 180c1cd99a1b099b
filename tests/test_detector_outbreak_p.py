"""OutbreakP: the reference's figures, the likelihood ratio in full, and the answers at the edges."""

from __future__ import annotations

import numpy as np
import oracle_cases
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle_cases import reason
from scipy import optimize, special

from analytics.counts import Counts
from analytics.detectors import surveillance
from analytics.detectors._outbreak_p import outbreak_p
from analytics.detectors.grid import NO_COVERAGE, SHORT
from analytics.errors import OptionError

FIGURES = 1e-9  # the reference multiplies up to 104 ratios, here logarithms are added
ROUNDING = 1e-9  # logarithms of counts in the hundreds, added in another order


def panel(values, *, covered=None) -> Counts:
    return Counts.from_array(values, start="2015-01-05", coverage=covered)


def ratio(series) -> float:
    """Log likelihood ratio of a nondecreasing against a constant level, by another isotonic regression."""
    y = np.asarray(series, dtype=float)
    level = optimize.isotonic_regression(y).x
    return float(special.xlogy(y, level).sum() - special.xlogy(y.sum(), y.mean()))


@pytest.mark.parametrize("name", oracle_cases.cases("outbreakP"))
def test_the_reference(name):
    options = {"threshold": "k", "returns": "ret"}
    alarms, rows = oracle_cases.compare(
        surveillance.outbreak_p, "outbreakP", name, figures=FIGURES, options=options
    )
    assert alarms.tested[rows].all()


@settings(max_examples=60, deadline=None)
@given(series=st.lists(st.integers(0, 40), min_size=2, max_size=25))
@example(series=[0, 1])
def test_the_statistic_is_the_log_likelihood_ratio(series):
    alarms = outbreak_p(panel(series), reset=False)
    for t in range(1, len(series)):
        wanted = ratio(series[: t + 1]) if sum(series[: t + 1]) > 1 else 0.0  # one incident is no rise
        assert alarms.statistic[t, 0] == pytest.approx(wanted, abs=ROUNDING)


@settings(max_examples=60, deadline=None)
@given(
    series=st.lists(st.integers(0, 15), min_size=2, max_size=25),
    threshold=st.sampled_from([3.0, 100.0]),
    reset=st.booleans(),
)
def test_alarm_statistic_and_bound_agree(series, threshold, reset):
    alarms = outbreak_p(panel(series), threshold=threshold, reset=reset)
    rows = alarms.tested
    np.testing.assert_array_equal(alarms.alarm[rows], alarms.statistic[rows] > np.log(threshold))
    bound = alarms.upper_bound[rows]
    known = ~np.isnan(bound)
    np.testing.assert_array_equal(alarms.alarm[rows][known], alarms.observed[rows][known] > bound[known])
    if not reset:
        assert alarms.alarm[rows][~known].all()


def test_the_bound_is_the_largest_count_without_an_alarm():
    series = [3, 1, 4, 2, 5, 3]
    bound = int(outbreak_p(panel([*series, 0])).upper_bound[-1, 0])
    assert ratio([*series, bound]) <= np.log(100) < ratio([*series, bound + 1])


def test_no_overflow():
    series = np.r_[np.zeros(50, int), np.full(50, 5_000)]
    alarms = outbreak_p(panel(series), reset=False)
    assert np.isfinite(alarms.statistic[1:]).all()
    assert alarms.statistic[-1, 0] == pytest.approx(5_000 * 50 * np.log(2), rel=1e-12)
    value = surveillance.outbreak_p(panel(series), returns="value")
    assert np.isposinf(value.upper_bound[-1, 0])
    assert value.alarm[-1, 0]


def test_an_alarm_starts_the_series_anew():
    series = np.r_[np.ones(20, int), np.full(20, 20)]
    alarms = outbreak_p(panel(series))
    assert np.flatnonzero(alarms.alarm[:, 0]).tolist() == [20]
    kept = outbreak_p(panel(series), reset=False)
    assert kept.alarm[20:, 0].all()
    assert alarms.how().resets
    assert not kept.how().resets


def test_edges():
    for level in (0, 7):
        alarms = outbreak_p(panel(np.full(30, level)))
        assert alarms.tested[1:].all()
        assert reason(alarms, 0) == SHORT
        np.testing.assert_allclose(alarms.statistic[1:], 0, atol=ROUNDING)
        assert not alarms.alarm.any()
    once = np.zeros(90, int)
    once[60] = 1
    alone = outbreak_p(panel(once))  # one incident rises from nothing: no alarm, however long the quiet
    assert alone.statistic[60, 0] == 0
    assert alone.upper_bound[60, 0] == 1
    assert not outbreak_p(panel(once), threshold=2.0).alarm.any()
    assert outbreak_p(panel(once), compat="surveillance").statistic[60, 0] == pytest.approx(np.log(61))
    assert not outbreak_p(panel(once)).alarm.any()


def test_missing_weeks_are_skipped():
    series = np.random.default_rng(0).poisson(3, 30)
    covered = np.ones(30, bool)
    covered[[0, 10, 11]] = False
    alarms = outbreak_p(panel(series, covered=covered), reset=False)
    assert reason(alarms, 10) == NO_COVERAGE
    assert reason(alarms, 1) == SHORT
    without = outbreak_p(panel(series[covered]), reset=False)
    np.testing.assert_array_equal(alarms.statistic[covered], without.statistic)


def test_many_regions_thresholds_and_last():
    values = np.random.default_rng(1).negative_binomial(1, 0.3, (60, 70))
    thresholds = np.linspace(5, 200, 70)
    together = outbreak_p(panel(values), threshold=thresholds, last=15)
    for i in (0, 31, 32, 69):
        alone = outbreak_p(panel(values[:, i]), threshold=thresholds[i])
        for name in ("statistic", "upper_bound", "alarm", "expected"):
            np.testing.assert_array_equal(getattr(together, name)[:, i], getattr(alone, name)[-15:, 0])


@pytest.mark.parametrize(
    "options",
    [{"threshold": 1.0}, {"threshold": [2.0, 3.0]}, {"ret": "value"}, {"compat": "x"}, {"last": -1}],
)
def test_bad_options(options):
    with pytest.raises(OptionError, match=r"expected|above 1|surveillance\.outbreak_p"):
        outbreak_p(panel(np.ones(20)), **options)
