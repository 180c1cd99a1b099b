"""False alarms on quiet simulated series, and the pictures of them and of claims."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from analytics.claims import read_claims, verdicts
from analytics.claims.published import published_quarters
from analytics.errors import OptionError
from analytics.evaluation.false_alarms import USUAL, alarm_weeks, false_alarm_rates
from analytics.incidents import read_incidents
from analytics.kernels.windows.alternatives import METHODS
from analytics.plots.claims import plot_claims, plot_contrast, plot_published
from analytics.plots.false_alarms import plot_alarm_weeks, plot_false_alarms
from analytics.simulation import simulate_counts


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rates():
    return false_alarm_rates(processes=["poisson", "ingarch"], methods=["lrd_b", "c_test"], n=400, seed=3)


@pytest.fixture(scope="module")
def table(project):
    sample = read_incidents(project / "data" / "iraq_simulated.csv", as_of="2020-04-19")
    return verdicts(read_claims(), sample, replicates=39)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_rates_are_those_of_the_methods_themselves(rates):
    values = simulate_counts("ingarch", mean=0.5, days=365 + 28 + 14, series=400, seed=4).values
    p = METHODS["c_test"](values, np.ones(values.shape, bool), length=14, guard=28)
    row = rates[(rates["process"] == "ingarch") & (rates["method"] == "c_test")].iloc[0]
    assert row["alarms"] == (p <= 0.05).sum()
    assert row["low"] < row["rate"] == row["alarms"] / 400 < row["high"]


def test_the_usual_test_is_right_only_where_its_assumption_holds(rates):
    low = rates.set_index(["process", "method"])["low"]
    assert low["poisson", "c_test"] < 0.05
    assert low["poisson", "lrd_b"] < 0.05
    assert low["ingarch", "lrd_b"] < 0.05
    assert low["ingarch", "c_test"] > 0.10


def test_unknown_names_and_no_series_are_refused():
    with pytest.raises(OptionError, match="c_tset"):
        false_alarm_rates(methods=["c_tset"])
    with pytest.raises(OptionError, match="unknown"):
        false_alarm_rates(processes=["nonsense"])
    with pytest.raises(OptionError, match="n is not usable"):
        false_alarm_rates(n=0)


def test_weeks_are_tested_as_they_would_have_been_then():
    table = alarm_weeks("ingarch", weeks=10, methods=("c_test",), seed=5)
    values = simulate_counts("ingarch", mean=0.5, days=407 + 63, seed=5).values
    then = values[21 : 21 + 407]
    p = METHODS["c_test"](then, np.ones(then.shape, bool), length=14, guard=28)
    assert table["c_test"].iloc[3] == (p[0] <= 0.05)
    assert table["incidents"].iloc[3] == then[-7:].sum()
    assert len(table) == 10


def test_pictures_of_false_alarms_hold_the_numbers_and_are_marked(rates):
    ax = plot_false_alarms(rates, names=USUAL)
    drawn = ax.containers[1][0].get_xdata()
    assert np.allclose(drawn, 100 * rates.loc[rates["method"] == "c_test", "rate"])
    assert "SIMULATED" in texts(ax)
    assert "n = 400" in ax.get_xlabel()
    weeks = alarm_weeks(weeks=30)
    ax = plot_alarm_weeks(weeks, names=USUAL)
    assert "SIMULATED" in texts(ax)
    assert f"C-test: {int(weeks['c_test'].sum())}" in texts(ax)


def test_ratios_of_claims_are_drawn_with_what_is_supported(table):
    ax = plot_claims({"one": table})
    named = [label.get_text() for label in ax.get_yticklabels()]
    assert named[:2] == ["more-active: engagements", "more-active: attacks"]
    assert not any(name.startswith(("three", "exploiting", "still")) for name in named)
    up = [
        line.get_xdata()[0] for line in ax.get_lines() if line.get_marker() == "^" and len(line.get_xdata())
    ]
    assert table["more-active"]["estimate"].iloc[0] in up
    assert "SIMULATED" in texts(ax)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "supported (simulated)" in labels


def test_a_claim_of_one_data_set_alone_is_drawn_once_in_the_axes_given(table):
    other = replace(table, frame=table.frame[table.frame["claim"] != "more-active"])
    given = plt.subplots()[1]
    ax = plot_claims({"one": table, "two": other}, ax=given)
    assert ax is given
    named = [label.get_text() for label in ax.get_yticklabels()]
    heights = [line.get_ydata()[0] for line in ax.get_lines() if len(set(line.get_xdata())) == 2]
    at = named.index("more-active: engagements")
    assert sum(abs(height - at) < 0.5 for height in heights) == 1
    both = next(place for place, name in enumerate(named) if not name.startswith("more-active"))
    assert sum(abs(height - both) < 0.5 for height in heights) == 2


def test_the_contrast_is_drawn_where_it_was_claimed(table):
    contrast = table.details("exploiting", "contrast")
    ax = plot_contrast(contrast, simulated=True)
    claimed = next(line for line in ax.get_lines() if line.get_label() == "date of the claim")
    assert claimed.get_ydata().tolist() == contrast.loc[contrast["claimed"], "ratio"].tolist()
    assert "SIMULATED" in texts(ax)
    nothing = contrast.assign(ratio=np.nan)
    assert "no ratio can be computed" in texts(plot_contrast(nothing, simulated=False))


def test_published_totals_are_drawn_by_the_quarter_and_not_marked_simulated():
    ax = plot_published(published_quarters())
    assert [patch.get_height() for patch in ax.patches] == [367.5, 417.25, 566, 808, 510]
    assert "PUBLISHED, not simulated" in texts(ax)
    assert "1,470 in the year" in texts(ax)


def test_published_totals_are_those_the_sample_follows():
    table = published_quarters()
    assert table["attacks"].dropna().tolist() == [1470, 1669, 566, 808, 510]
    assert pd.isna(table["attacks"].iloc[-1])
    quarters = ((table["end"] - table["start"]).dt.days + 1) / 91.3
    whole = table["attacks"].notna()
    assert (table["attacks_a_quarter"] * quarters.round())[whole].tolist() == table["attacks"][whole].tolist()
