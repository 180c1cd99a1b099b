"""What the pictures of alarms hold."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analytics.counts import Counts
from analytics.detectors.grid import grid_of, make_alarms
from analytics.errors import OptionError
from analytics.plots import plot_alarm_board, plot_alarms
from analytics.results import Alarms, DetectorRun

WEEKS = pd.date_range("2019-11-04", periods=12, freq="7D")


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def raised(name="above_five", simulated=False) -> Alarms:
    frame = pd.DataFrame(
        {"Erbil": [0, 1, 2, 0, 9, 1, 0, 0, 0, 1, 2, 3], "Kirkuk": [1, 9, 1, 8, 1, 1, 1, 7, None, 1, 0, 9]},
        index=WEEKS,
    )
    counts = Counts.from_frame(frame, freq="week", as_of="2020-01-26", simulated=simulated)
    grid = grid_of(counts)
    here = grid.floats()
    return make_alarms(
        grid,
        DetectorRun(name, "More than five."),
        alarm=here > 5,
        expected=np.full(here.shape, 2.0),
        upper_bound=np.full(here.shape, 5.0),
    )


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_one_region_shows_counts_bound_and_alarms():
    ax = plot_alarms(raised(), "Kirkuk")
    drawn = lines(ax)
    observed = drawn["observed"].get_ydata()
    assert np.isnan(observed[8])
    assert observed[[1, 3, 7, 11]].tolist() == [9, 8, 7, 9]
    assert drawn["upper bound"].get_ydata()[0] == 5
    assert drawn["expected"].get_ydata()[0] == 2
    assert len(drawn["alarm"].get_xdata()) == 4
    assert len(drawn["not tested"].get_xdata()) == 1
    assert drawn["alarm"].get_marker() != drawn["not tested"].get_marker()
    assert ax.get_title(loc="left") == "Kirkuk: 3 alarm episodes"
    assert ax.get_ylabel() == "incidents per week"
    assert min(ax.get_yticks()) >= 0


def test_several_detectors_have_a_row_each_and_no_bounds():
    both = Alarms.concat([raised(), raised("other")])
    ax = plot_alarms(both, "Kirkuk")
    assert "upper bound" not in lines(ax)
    assert {text.get_text() for text in ax.texts} >= {"above_five", "other"}
    assert ax.get_title(loc="left") == "Kirkuk: what each detector said"


def test_the_board_puts_the_latest_alarm_first():
    ax = plot_alarm_board(raised(simulated=True))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Kirkuk", "Erbil"]
    assert ax.get_title(loc="left") == "SIMULATED: 2020-W04: alarm in 1 of 2 regions"
    alarms = next(c for c in ax.collections if c.get_label() == "alarm")
    middles = sorted(tuple(path.vertices[:4].mean(axis=0).round(6)) for path in alarms.get_paths())
    assert middles == [(1.0, 0.0), (3.0, 0.0), (4.0, 1.0), (7.0, 0.0), (11.0, 0.0)]
    signs = next(line for line in ax.get_lines() if line.get_marker() == "^")
    assert sorted(zip(signs.get_xdata(), signs.get_ydata(), strict=True)) == middles
    crosses = next(line for line in ax.get_lines() if line.get_marker() == "x")
    assert crosses.get_xdata().tolist() == [8]
    assert [text.get_text() for text in ax.texts if text.get_text().isdigit()] == ["9", "3"]  # the last week
    assert any("SIMULATED" in text.get_text() for text in ax.texts)


def test_a_board_of_several_detectors_says_how_many_alarmed():
    ax = plot_alarm_board(Alarms.concat([raised(), raised("other")]), regions=["Erbil"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Erbil"]
    assert "2" in [text.get_text() for text in ax.texts]
    assert ax.get_xlabel() == "1 more region, not shown"
    with pytest.raises(OptionError, match="unknown region 'Erbl'"):
        plot_alarm_board(raised(), regions=["Erbl"])


def test_a_board_says_what_it_leaves_out_and_when_there_is_nothing():
    assert plot_alarm_board(raised(), most=1).get_xlabel() == (
        "1 more region with older alarms or none, not shown"
    )
    quiet = plot_alarm_board(raised().select(regions="Erbil"), periods=3)
    assert quiet.get_xlabel() == "no alarm in this time"


def test_one_region_has_to_be_named():
    with pytest.raises(OptionError, match=r"plot_alarms draws one region[\s\S]*Erbil, Kirkuk"):
        plot_alarms(raised())
