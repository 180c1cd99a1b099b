"""Every picture is drawn into the axes that it is given, without a title where none is wanted."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analytics import Counts, read_incidents, scan_test, uptick_test
from analytics.claims.published import published_quarters
from analytics.detectors.registry import DETECTORS
from analytics.duplicates import side_by_side
from analytics.errors import OptionError
from analytics.plots import (
    plot_alarm_board,
    plot_alarms,
    plot_calendar,
    plot_completeness,
    plot_coverage,
    plot_delay,
    plot_movers,
    plot_power,
    plot_regions,
    plot_result,
    plot_scan,
    plot_side_by_side,
    plot_trend,
    plot_types,
)
from analytics.plots.claims import plot_contrast, plot_published
from analytics.plots.false_alarms import plot_alarm_weeks, plot_false_alarms

WEEKS = 60
RATES = pd.DataFrame(
    {"process": ["one", "two"] * 2, "method": ["a", "a", "b", "b"], "rate": 0.06, "low": 0.04, "high": 0.08}
).assign(alpha=0.05, n=400)
ALARM_WEEKS = pd.DataFrame({"week": range(1, 11), "incidents": range(10), "a": [False] * 9 + [True]})
CONTRAST = pd.DataFrame(
    {
        "date": pd.date_range("2020-01-01", periods=4, freq="7D").astype("datetime64[us]"),
        "claimed": [False, False, False, True],
        "ratio": [1.0, 0.8, 1.2, 2.0],
    }
)
POWER = pd.DataFrame(
    {"test": "A", "ratio": [1, 2], "share": [0.05, 0.5], "low": [0.03, 0.4], "high": [0.07, 0.6]}
)


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def given():
    rng = np.random.default_rng(8)
    values = rng.poisson([3.0, 1.0], (WEEKS, 2)).astype(float)
    values[-2:, 0], values[20, 1] = 12, np.nan
    counts = Counts.from_array(values, start="2019-01-07", regions=["Eastmark", "Westmark"], simulated=True)
    days = pd.date_range("2018-07-02", "2020-04-12")
    daily = pd.DataFrame({"Eastmark": rng.poisson(1.0, len(days)), "Westmark": 0.0}, index=days)
    whole = Counts.from_frame(daily, freq="day", as_of="2020-04-12", simulated=True)
    table = pd.DataFrame(
        {"date": days[:200], "admin1": "Eastmark", "reported_on": days[:200] + pd.Timedelta("1D")}
    )
    return {
        "counts": counts,
        "daily": whole,
        "result": uptick_test(whole),
        "alarms": DETECTORS["ears_c1"].run(counts, last=8),
        "incidents": read_incidents(table, as_of="2020-01-01", columns={"date_start": "date"}),
    }


PICTURES = {
    "alarms": lambda given, ax: plot_alarms(given["alarms"], "Eastmark", title=False, ax=ax),
    "a board of alarms": lambda given, ax: plot_alarm_board(given["alarms"], title=False, ax=ax),
    "a calendar": lambda given, ax: plot_calendar(given["daily"], title=False, ax=ax),
    "completeness": lambda given, ax: plot_completeness(given["counts"], title=False, ax=ax),
    "coverage": lambda given, ax: plot_coverage(given["counts"], title=False, ax=ax),
    "delays": lambda given, ax: plot_delay(given["incidents"], title=False, ax=ax),
    "movers": lambda given, ax: plot_movers(given["result"], title=False, ax=ax),
    "ratios": lambda given, ax: plot_result(given["result"], title=False, ax=ax),
    "a trend": lambda given, ax: plot_trend(given["counts"], title=False, ax=ax),
    "types": lambda given, ax: plot_types(given["counts"], title=False, ax=ax),
    "power": lambda given, ax: plot_power(POWER, simulated=False, ax=ax),
    "false alarms": lambda given, ax: plot_false_alarms(RATES, first="a", ax=ax),
    "weeks of alarms": lambda given, ax: plot_alarm_weeks(ALARM_WEEKS, simulated=False, ax=ax),
    "a contrast": lambda given, ax: plot_contrast(CONTRAST, simulated=False, ax=ax),
    "published totals": lambda given, ax: plot_published(published_quarters(), ax=ax),
}


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_drawn_where_it_is_wanted(name, given):
    before = len(plt.get_fignums())
    mine = plt.subplots()[1]
    drawn = PICTURES[name](given, mine)
    assert drawn is mine
    assert mine.has_data()
    assert mine.get_title(loc="left") == ""
    assert len(plt.get_fignums()) == before + 1


def test_panels_are_drawn_into_the_axes_that_are_given(given):
    axes = plt.subplots(2, 1)[1]
    assert plot_regions(given["counts"], axes=axes).tolist() == axes.tolist()
    assert [ax.get_title(loc="left").split("\n")[0] for ax in axes] == ["Eastmark", "Westmark"]


def test_two_sources_are_drawn_into_two_axes(given):
    both = side_by_side(given["counts"], given["counts"], titles=("one", "other"))
    axes = plt.subplots(2, 1)[1]
    assert plot_side_by_side(both, region="Eastmark", axes=axes) is axes
    with pytest.raises(OptionError, match="two sources need two axes"):
        plot_side_by_side(both, axes=axes[:1])
    with pytest.raises(OptionError, match="unknown region of both sources 'Eastmrk'"):
        plot_side_by_side(both, region="Eastmrk")


def test_gaps_that_are_not_shown_are_counted():
    holes = Counts.from_array(
        [[np.nan, np.nan], [1, 2]], start="2020-04-06", regions=["Eastmark", "Westmark"]
    )
    assert plot_coverage(holes, most=1).get_xlabel() == "1 more region with gaps not shown"


def test_a_scan_without_a_cluster_says_so_in_the_axes_it_is_given(given):
    quiet = Counts.from_array(np.tile([1, 0], (400, 1)), start="2019-01-01", freq="day", regions=["A", "B"])
    found = scan_test(quiet, places=[[34.0, 44.0], [35.0, 45.0]], replicates=19, seed=1)
    ax = plt.subplots()[1]
    assert plot_scan(found, title=False, ax=ax) is ax
    assert ax.get_title(loc="left") == ""
    assert any(text.get_text() in ("no cluster", "no place could be tested") for text in ax.texts)
    assert plot_scan(found).get_title(loc="left") == "No cluster"


def test_what_was_measured_of_nothing_is_said():
    assert "nothing was measured" in [text.get_text() for text in plot_power(POWER[:0]).texts]


def test_many_years_have_a_tick_a_year():
    ax = plot_trend(
        Counts.from_array(np.ones((240, 1)), start="2016-01-04", regions=["Eastmark"]), periods=240
    )
    words = [label.get_text() for label in ax.get_xticklabels()]
    assert words == ["Jan\n2017", "Jan\n2018", "Jan\n2019", "Jan\n2020"]
