"""What an uptick result can be asked: its handles, a region's model by statsmodels, what it loads."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod.generalized_linear_model import GLMResultsWrapper

from analytics.counts import Counts
from analytics.errors import UptickError
from analytics.kernels.common.glm import poisson_fit
from analytics.kernels.windows.alternatives import METHODS, MethodName
from analytics.kernels.windows.expected import chosen_terms, regression_data
from analytics.results import SUPPORTED
from analytics.upticks import sensitivity as sensitivity_module
from analytics.upticks import uptick_test

MODEL = 1e-8  # ours stops at a relative change of the deviance of 1e-8, where Newton's next step is as small
SPARSE = 1e-6  # ... and where incidents are few the next step may be 1e-7
END = np.datetime64("2020-04-12")
DAYS = 1300


def counts_of(values, covered=None, **changes):
    names = ["Kirkuk", "Diyala", "Ninewa", "Erbil", "Basra", "Najaf", "Wasit"][: np.shape(values)[1]]
    counts = Counts.from_array(values, freq="day", as_of=END, regions=names, coverage=covered)
    return replace(counts, **changes)


@pytest.fixture(scope="module")
def values():
    day = np.arange(DAYS)
    rate = [3.0, 0.8, 5.0, 0.4] * np.exp(0.5 * np.cos(2 * np.pi * day / 365.2425))[:, None]
    values = np.random.default_rng(2).poisson(rate)
    values[-14:, 1] += 3
    return values


@pytest.fixture(scope="module")
def gappy(values):
    covered = np.ones_like(values, bool)
    covered[300:420, 2] = False
    return counts_of(np.where(covered, values, 0), covered)


@pytest.mark.parametrize("recent", [14, 10])
def test_the_expected_model_is_statsmodels_and_ours(gappy, recent):
    # Our fit again, on days where weekdays are terms (ten days are no whole weeks) and on weeks where not.
    result = uptick_test(gappy, recent=recent)
    day = gappy.starts.astype(np.int64)
    terms = chosen_terms(day, length=recent, guard=28, step=1)
    end = DAYS - recent - 28
    data = regression_data(gappy.values[:end], gappy.coverage[:end], terms.design[:end], terms.block)
    assert (terms.block == 1) == (recent == 10)
    ours = poisson_fit(data.design, data.counts, data.exposure)
    fitted = ours.mean(data.design) * data.exposure
    for i, region in enumerate(gappy.regions):
        model = result.model(region, null="expected")
        assert isinstance(model, GLMResultsWrapper)
        held = data.exposure[:, i] > 0
        np.testing.assert_allclose(model.params, ours.coefficients[:, i], rtol=0, atol=MODEL)
        np.testing.assert_allclose(model.fittedvalues, fitted[held, i], rtol=MODEL)
        # What it says of the recent window is what the test expected there.
        recent_design = terms.design[-recent:]
        expected = np.exp(recent_design @ model.params.to_numpy()).sum()
        assert result.frame["expected_adjusted"][i] == pytest.approx(expected, rel=MODEL)
    assert "sin 3" in str(model.summary())
    assert ("sunday" in model.params.index) == (recent == 10)
    first, last = model.fittedvalues.index[[0, -1]]
    assert first == pd.Timestamp(gappy.starts[0])
    assert pd.Timestamp(END) - last == pd.Timedelta(days=recent + 28 + terms.block - 1)


def test_a_sparse_regions_model_is_as_near_as_our_iterations_go():
    values = np.random.default_rng(4).poisson(0.08, (DAYS, 1))
    result = uptick_test(counts_of(values), null="expected")
    model = result.model("Kirkuk")
    terms = chosen_terms(np.arange(END - DAYS + 1, END + 1).astype(np.int64), length=14, guard=28, step=1)
    expected = np.exp(terms.design[-14:] @ model.params.to_numpy()).sum()
    assert result.frame["expected"][0] == pytest.approx(expected, rel=SPARSE)


def test_calendar_terms_have_their_names(values):
    model = uptick_test(counts_of(values), null="expected", calendar=["ramadan", "curfew"]).model("Kirkuk")
    assert model.params.index[-1] == "ramadan", "the curfew is not known to the history"
    assert len(model.fittedvalues) == DAYS - 14 - 28


def test_under_the_constant_null_the_model_is_the_baselines_rate(gappy):
    result = uptick_test(gappy, baseline="same_weeks")
    for region in gappy.regions:
        row = result.frame.set_index("region").loc[region]
        model = result.model(region)
        assert model.params.index.tolist() == ["const"]
        assert len(model.fittedvalues) == row["baseline_periods"]
        assert np.exp(model.params["const"]) * row["recent_periods"] == pytest.approx(
            row["expected"], rel=MODEL
        )
        assert model.bse["const"] == pytest.approx(row["baseline_total"] ** -0.5, rel=1e-6)


def test_weekly_counts_have_a_model_in_weeks(values):
    counts = counts_of(values[4:]).resample("week")
    model = uptick_test(counts).model("Kirkuk", null="expected")
    assert model.nobs == counts.coverage[:-6, 0].sum()
    assert model.mu.mean() == pytest.approx(values[4:-42, 0].mean() * 7, rel=0.02)


def test_what_has_no_model_says_so(values, snapshot):
    sparse = values.copy()
    sparse[:, 3] = 0
    sparse[-1, 3] = 1
    result, short = uptick_test(counts_of(sparse)), uptick_test(counts_of(values[-500:]))
    scan = uptick_test(counts_of(values), recent="scan")
    asked = {
        "no incident": lambda: result.model("Erbil"),
        "too few incidents": lambda: result.model("Erbil", null="expected"),
        "short history": lambda: short.model("Kirkuk", null="expected"),
        "picked window": lambda: scan.model("Kirkuk"),
        "unknown region": lambda: result.model("Kirkuq"),
        "unknown null": lambda: result.model("Kirkuk", null="seasonal"),
    }
    said = {}
    for name, ask in asked.items():
        with pytest.raises(UptickError) as caught:
            ask()
        said[name] = str(caught.value)
    assert said == snapshot


def test_describing_a_region_that_is_not_there_names_the_nearest(values, snapshot):
    with pytest.raises(UptickError) as caught:
        uptick_test(counts_of(values)).describe("kirkuq")
    assert str(caught.value) == snapshot


def test_parameters_are_the_options_and_of_one_type(values):
    options = {"recent": 7, "guard": 14, "completeness": 0.9, "alpha": 0.1, "direction": "less"}
    one = uptick_test(counts_of(values[:, :1]), **options).parameters
    many = uptick_test(counts_of(values), **options).parameters
    assert one == many
    assert options.items() <= one.items()


@pytest.mark.parametrize("options", [{}, {"null": "expected"}, {"recent": "scan"}, {"direction": "less"}])
def test_the_five_handles(values, options):
    result = uptick_test(counts_of(values, simulated=True), **options)
    assert result.frame is result.frame
    assert result.parameters["null"] == result.null
    assert result.null_hypothesis
    assert len(result.summary()) == len(result.frame) == len(result.tidy())
    assert result.sentence().startswith("SIMULATED")
    tidy = result.tidy()
    np.testing.assert_array_equal(tidy["estimate"], result.frame["rate_ratio"])
    assert tidy.columns[0] == "region"
    assert {"observed", "expected", "low", "high", "pvalue", "qvalue", "verdict", "reason"} <= {*tidy.columns}
    tidy["verdict"] = "changed"
    assert "changed" not in result.frame["verdict"].tolist()


def test_a_repr_has_at_most_ten_lines(values, snapshot):
    many = np.tile(values, (1, 2))[:, :7]
    result = uptick_test(counts_of(many))
    assert repr(result) == snapshot
    assert len(repr(result).splitlines()) <= 10
    assert len(repr(uptick_test(counts_of(values[:, :1]))).splitlines()) == 3
    assert len(str(result).splitlines()) > 10, "printed, it says all"


def test_sensitivity_is_looked_at_once_when_asked_for(values):
    result = uptick_test(counts_of(values))
    assert "sensitivity" not in vars(result)
    assert result.sensitivity["region"].tolist() == result.regions(SUPPORTED) == ["Diyala"]
    assert result.sensitivity is result.sensitivity
    assert uptick_test(counts_of(values), null="expected").sensitivity is None


def test_a_finding_is_looked_at_without_coarse_dates_in_its_history_too(monkeypatch):
    rng = np.random.default_rng(3)
    values = rng.poisson(0.8, (2000, 2))  # more than the five years that a history takes
    values[-14:, 0] += 3
    coarse = np.where(values >= 2, 1, 0).astype(np.int32)
    counts = Counts.from_array(values, start="2014-10-21", freq="day", as_of="2020-04-11")
    counts = replace(counts, coarse=coarse)
    given, words = [], sensitivity_module._words
    monkeypatch.setattr(sensitivity_module, "_words", lambda *all_: given.append(all_) or words(*all_))
    table = uptick_test(counts).sensitivity
    assert table["region"].tolist() == [counts.regions[0]]
    fine, _, past, *_ = given[0]
    without = values - coarse
    np.testing.assert_array_equal(fine.values, without[-len(fine.values) :])
    assert len(past.values) > len(fine.values)
    np.testing.assert_array_equal(past.values, without[-len(past.values) :])


def test_the_methods_are_those_of_the_option():
    assert get_args(MethodName) == tuple(METHODS)


@pytest.mark.slow
def test_statsmodels_is_loaded_only_for_what_it_is_asked(project):
    code = """
import sys
import numpy as np
from analytics import Counts, uptick_test
counts = Counts.from_array(np.ones((900, 2), int), freq="day", as_of="2020-04-12")
def loaded():
    return "statsmodels" in sys.modules
result = uptick_test(counts, null="expected")
found = [loaded()]
uptick_test(counts, method="e_test"); found.append(loaded())
uptick_test(counts, method="c_test"); found.append(loaded())
print(found)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project
    )
    assert done.stdout.strip() == "[False, False, True]"
