"""The original Farrington detector against R's surveillance, and its own answers."""

from __future__ import annotations

import numpy as np
import oracle_cases as oracle
import pytest
from scipy import stats

from analytics.counts import Counts
from analytics.detectors import surveillance
from analytics.detectors._farrington import farrington
from analytics.detectors.farrington_weeks import NO_WEEKS, FarringtonOptions
from analytics.detectors.grid import NO_COVERAGE, SHORT
from analytics.errors import OptionError

REFERENCE = 1e-6  # relative to the figure, absolute below 1: the agreed bar; 1e-14 is what is reached


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    assert np.max(np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))) <= REFERENCE


@pytest.mark.parametrize("name", oracle.cases("farrington"))
def test_reference(name):
    case = oracle.load("farrington", name)
    output = case["output"]
    at = np.array(output["range"]) - 1
    found = surveillance.farrington(oracle.counts_of(case), **oracle.farrington_options(case))
    assert found.tested[at].all()
    agree(found.upper_bound[at, 0], oracle.numbers(output["upperbound"]))
    agree(1 - found.pvalue[at, 0], oracle.numbers(output["pd_col1"]))
    agree(found.expected[at, 0], oracle.numbers(output["pd_col2"]))
    np.testing.assert_array_equal(found.alarm[at, 0], oracle.flags(output["alarm"]) == 1)


@pytest.mark.parametrize("name", ["newport_pt12", "simdate_pt12", "simseas_pt12"])
def test_without_faults_it_differs_by_early_stopping_only(name):
    case = oracle.load("farrington", name)
    options, counts = oracle.farrington_options(case), oracle.counts_of(case)
    theirs = surveillance.farrington(counts, **options, last=50)
    ours = surveillance.farrington(counts, faults=False, **options, last=50)
    np.testing.assert_allclose(ours.upper_bound, theirs.upper_bound, rtol=1e-3)
    np.testing.assert_allclose(ours.expected, theirs.expected, rtol=1e-3)


def weekly(columns: dict[str, np.ndarray], freq: str = "week") -> Counts:
    values = np.column_stack(list(columns.values()))
    return Counts.from_array(values, freq=freq, start="2012-01-02", regions=list(columns))


def test_pvalue_bound_statistic_and_alarm_are_one_decision():
    values = np.random.default_rng(4).negative_binomial(3, 0.4, size=(340, 60))
    counts = weekly({f"r{i}": values[:, i] for i in range(60)})
    for level in (0.005, 0.05):
        found = farrington(counts, alpha=level)
        cells = found.tested
        alarm = found.alarm[cells]
        assert alarm.any()
        np.testing.assert_array_equal(alarm, found.pvalue[cells] <= level)
        np.testing.assert_array_equal(alarm, found.observed[cells] > found.upper_bound[cells])
        np.testing.assert_array_equal(alarm, found.statistic[cells] >= -np.log10(level))
    # 4,500 cells, skewed counts of mean 4.5: the normal approximation is near its level, and weighting down
    # every residual above 1, as published, takes it to twice that.
    plain = farrington(counts, alpha=0.05, reweight=False)
    assert 0.04 < plain.alarm[cells].mean() < 0.08
    assert 0.09 < found.alarm[cells].mean() < 0.13


def test_a_level_for_each_region():
    values = np.random.default_rng(4).poisson(5, size=(340, 2))
    counts = weekly({"a": values[:, 0], "b": values[:, 1]})
    both = farrington(counts, alpha=[0.001, 0.05], last=9)
    np.testing.assert_array_equal(
        both.upper_bound[:, 0], farrington(counts, alpha=0.001, last=9).upper_bound[:, 0]
    )
    np.testing.assert_array_equal(
        both.upper_bound[:, 1], farrington(counts, alpha=0.05, last=9).upper_bound[:, 1]
    )


def test_zeros_one_incident_and_constant_counts():
    quiet, one, burst, same = np.zeros(340), np.zeros(340), np.zeros(340), np.full(340, 3.0)
    one[-3], burst[-1], same[-1] = 1, 4, 12
    found = farrington(weekly({"quiet": quiet, "one": one, "burst": burst, "same": same}), last=5)
    assert found.tested.all()
    np.testing.assert_array_equal(found.alarm.sum(axis=0), [0, 0, 1, 1])
    assert found.reasons[found.note[-1, 0]] == FarringtonOptions.silent
    assert found.pvalue[-1, 2] == pytest.approx(36.0**-4)
    assert found.pvalue[-3, 1] == pytest.approx(1 / 36)
    np.testing.assert_allclose(found.expected[:, 3], 3.0)


def test_short_history_and_weeks_without_coverage():
    values = np.random.default_rng(3).poisson(4, size=(340, 2)).astype(float)
    values[:325, 1] = np.nan
    values[330, 0] = np.nan
    found = farrington(weekly({"a": values[:, 0], "b": values[:, 1]}))
    reason = np.array(found.reasons, dtype=object)[found.note]
    assert set(reason[:264, 0]) == {SHORT}
    assert reason[330, 0] == NO_COVERAGE
    assert set(reason[325:, 1]) == {NO_WEEKS}
    assert found.tested[264:, 0].sum() == 75
    assert not found.alarm[~found.tested].any()


def test_limit54():
    values = np.random.default_rng(2).poisson(0.5, size=340).astype(float)
    counts = weekly({"r": values})
    few = np.array([values[k - 3 : k + 1].sum() < 5 for k in range(290, 340)])
    assert farrington(counts, last=50).tested.all()
    ours = surveillance.farrington(counts, last=50, limit54=(5, 4), faults=False)
    np.testing.assert_array_equal(ours.tested[:, 0], ~few)
    theirs = surveillance.farrington(counts, last=50, limit54=(5, 4))
    np.testing.assert_array_equal(theirs.upper_bound[:, 0] == 0, few)


def test_pvalue_is_the_normal_tail_of_the_transformed_count():
    values = np.random.default_rng(9).poisson(20, size=340).astype(float)
    options = {"reweight": False, "trend": False, "calendar": False, "last": 1, "faults": False}
    found = surveillance.farrington(weekly({"r": values}), power_transform="none", **options)
    weeks = np.concatenate([values[339 - 52 * i - 3 : 339 - 52 * i + 4] for i in range(1, 6)])
    mean = weeks.mean()
    phi = max(1.0, weeks.var(ddof=1) / mean)
    z = (values[-1] - mean) / np.sqrt(phi * mean * (1 + 1 / 35))
    assert found.pvalue[0, 0] == pytest.approx(stats.norm.sf(z), rel=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        {"power_transform": "1/2"},
        {"compat": "R"},
        {"alpha": 1.0},
        {"years": 0},
        {"half_width": 26},
        {"limit54": (5, 4)},
        {"w": 3},
    ],
)
def test_bad_options(options):
    with pytest.raises(OptionError):
        farrington(weekly({"r": np.ones(340)}), **options)


@pytest.mark.parametrize("options", [{"power_transform": "1/3"}, {"limit54": 5}, {"limit54": (5, 0)}])
def test_bad_options_of_the_reference(options):
    with pytest.raises(OptionError):
        surveillance.farrington(weekly({"r": np.ones(340)}), **options)


def test_daily_counts_are_refused():
    with pytest.raises(OptionError, match="weekly counts"):
        farrington(weekly({"r": np.ones(3000)}, freq="day"))
