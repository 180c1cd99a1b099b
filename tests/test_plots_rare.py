"""Pictures of little and of odd things: what is not there is said, and nothing is drawn twice."""

from __future__ import annotations

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analytics import Counts, count_incidents, read_incidents, uptick_test
from analytics.detectors import ears
from analytics.periods import as_window
from analytics.plots import (
    plot_alarm_board,
    plot_calendar,
    plot_coverage,
    plot_delay,
    plot_map,
    plot_movers,
    plot_regions,
    plot_result,
    plot_trend,
    plot_types,
)
from analytics.plots.calendar import _letter
from analytics.plots.look import UNKNOWN, level_look
from analytics.plots.shapes import _chord, _deepest, thinned
from analytics.plots.style import as_written
from analytics.upticks.band import expected_band

DAYS = pd.date_range("2018-07-02", "2020-04-12")


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.fixture(scope="module")
def counts():
    """Two regions of which one has no coverage in the end, and one without any incident."""
    draw = np.random.default_rng(8).poisson([2.0, 2.0, 0.0], (len(DAYS), 3)).astype(float)
    draw[-14:, 0] = 9
    frame = pd.DataFrame(draw, index=DAYS, columns=["Anbar", "Basra", "Najaf"])
    return Counts.from_frame(
        frame, freq="day", as_of="2020-04-12", no_coverage=["2020-04-01..2020-04-12@Basra"]
    )


@pytest.fixture(scope="module")
def result(counts):
    return uptick_test(counts)


def test_a_ratio_without_an_upper_end_is_a_point(result):
    rows = result.frame.copy()
    rows.loc[rows["region"] == "Anbar", ["low", "high"]] = np.nan
    ax = plot_movers(replace(result, frame=rows))
    assert [line for line in ax.get_lines() if line.get_label() == "_interval"] == []
    (point,) = [line for line in ax.get_lines() if line.get_label() == "_ratio"]
    assert point.get_xdata()[0] == pytest.approx(rows["rate_ratio"].iloc[0])


def test_a_picture_without_a_title_has_none(result):
    ax = plot_result(result, title=False)
    assert ax.get_title(loc="left") == ""
    assert "SIMULATED" not in texts(ax)
    assert "could not be tested" in ax.get_xlabel()


def test_a_region_that_was_not_tested_has_a_panel_without_a_level(counts, result):
    panels = plot_regions(counts, result)
    said = {ax.get_title(loc="left").split()[-1]: ax.get_title(loc="right") for ax in panels}
    assert said["Basra"] == ""
    assert said["Anbar"].startswith("126 / ")


def test_a_band_before_the_time_shown_is_not_drawn(counts):
    weekly = counts.resample("week").select("Anbar")
    band = expected_band(weekly)
    early = band[band["start"] < band["start"].max() - pd.Timedelta(weeks=30)]
    drawn = plot_trend(weekly, band=early, periods=12)
    bare = plot_trend(weekly, periods=12)
    assert len(drawn.collections) == len(bare.collections)
    assert len(plot_trend(weekly, band=band, periods=12).collections) > len(bare.collections)


def test_interactive_bands_are_drawn_where_they_lie_and_diamonds_where_above(counts):
    plotly = pytest.importorskip("plotly")
    assert plotly
    from analytics.plots.interactive import interactive_trend

    weekly = counts.resample("week").select("Anbar")
    band = expected_band(weekly)
    early = band[band["start"] < band["start"].max() - pd.Timedelta(weeks=30)]
    names = [
        [trace.name for trace in interactive_trend(weekly, band=b, periods=12).data] for b in (band, early)
    ]
    assert "above range" in names[0]
    assert "expected range" in names[0]
    assert "expected range" not in names[1]
    wide = band.assign(high=1e6)
    assert "above range" not in [t.name for t in interactive_trend(weekly, band=wide, periods=12).data]


def test_a_level_that_is_not_known_is_no_level():
    assert level_look(np.nan, (1.0,)) is UNKNOWN


def test_months_stand_below_where_weeks_are_too_many():
    days = pd.date_range("2019-09-02", "2020-04-12")
    rows = pd.DataFrame({"date": days, "admin1": "A", "event_type": np.resize(["x", "y"], len(days))})
    counts = count_incidents(read_incidents(rows, as_of="2020-04-12"), "week", by="event_type")
    few, many = (
        [word.get_text() for word in plot_types(counts, periods=periods).get_xticklabels()]
        for periods in (8, 26)
    )
    assert few[-1] == "W15"
    assert not [word for word in many if word.startswith("W")]


def test_where_nothing_was_tested_the_board_says_so():
    frame = pd.DataFrame({"Kirkuk": [1, 2, 0]}, index=pd.date_range("2020-03-30", periods=3, freq="7D"))
    alarms = ears(Counts.from_frame(frame, freq="week", as_of="2020-04-19"))
    assert "nothing was tested in this time" in texts(plot_alarm_board(alarms))


def test_letters_of_marks_are_each_used_once_and_then_numbers():
    assert _letter("the Id", set()) == "I"
    assert _letter("the Id", {"I"}) == "D"
    assert _letter("the Id", {"I", "D"}) == "1"
    assert _letter("--", {"1"}) == "2"


def test_a_gap_outside_of_the_time_shown_is_not_framed(counts):
    weekly = replace(counts.resample("week"), silences=(as_window("2018-08-06..2018-08-19"),))
    labels = [patch.get_label() for patch in plot_coverage(weekly, periods=8).patches]
    assert "suspected gap" not in labels
    assert "suspected gap" in [patch.get_label() for patch in plot_coverage(weekly, periods=200).patches]


def test_delays_longer_than_the_axis_have_no_mark_and_those_not_stated_are_counted():
    days = pd.date_range("2019-01-01", periods=100)
    late = np.where(np.arange(100) < 80, 2, 400)
    rows = pd.DataFrame({"date": days, "reported_on": days + pd.to_timedelta(late, "D"), "admin1": "A"})
    rows.loc[:9, "reported_on"] = pd.NaT
    ax = plot_delay(read_incidents(rows, as_of="2021-08-01"), settled=420, days=60)
    assert [line.get_label() for line in ax.get_lines()].count(
        "_mark"
    ) == 1  # the half; nine in ten lie beyond
    assert "10 of 100 state no day of report" in ax.get_xlabel()


def test_dots_that_fall_together_stand_side_by_side(counts):
    places = pd.DataFrame(
        {"region": list(counts.regions), "lat": [33.0, 33.01, 30.0], "lon": [44.0, 44.0, 47.0]}
    )
    ax = plot_map(counts, places=places, show="level")
    said = " ".join(ax.get_xlabel().split())
    assert "2 regions share their rounded coordinates and are drawn side by side." in said


def test_a_map_of_nothing_says_so(counts):
    quiet = counts.select("Najaf")
    ax = plot_map(quiet, show="level", periods=4)
    assert ax.get_title(loc="left").startswith("No incidents in the last 4 days")


def test_a_map_without_a_region_says_so_and_has_no_title(result):
    ax = plot_map(replace(result, frame=result.frame.iloc[:0]))
    assert texts(ax) == ["there is no region to draw"]
    assert ax.get_title(loc="left") == ""


def test_titles_show_what_no_font_and_no_picture_can_hold_by_its_code():
    name = "Er\U00012000bil\x07"
    counts = Counts.from_array(np.ones((30, 1), int), start="2020-01-06", regions=[name])
    assert plot_trend(counts).get_title(loc="left") == "Er[U+12000]bil[U+0007]: incidents per week"


def test_powers_of_ten_are_set_as_such_and_nothing_else_is_read_as_mathematics():
    @as_written
    def draw():
        ax = plt.subplots()[1]
        ax.set_xscale("log")
        ax.plot([1, 1000], [1, 2])
        ax.set_title("$a$ million")
        ax.figure.canvas.draw()
        return ax

    ax = draw()
    powers = [label for label in ax.get_xticklabels() if "10^{2}" in label.get_text()]
    assert [label.get_parse_math() for label in powers] == [True]
    assert not ax.title.get_parse_math()
    assert not any(label.get_parse_math() for label in ax.get_yticklabels())


def test_a_calendar_begins_with_its_first_whole_week():
    frame = pd.DataFrame({"Kirkuk": [3, 1]}, index=pd.to_datetime(["2020-04-16", "2020-04-17"]))
    counts = Counts.from_frame(frame, freq="day", as_of="2020-04-17")
    ax = plot_calendar(counts, marks={"the day": ["2020-04-16..2020-04-16"]})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2020"]


def test_shapes_too_thin_for_a_lattice_have_their_middle():
    corner = np.array([[0, 0], [10, 0], [10, 0.01], [0.01, 0.01], [0.01, 6], [0, 6], [0, 0]], dtype=float)
    assert _deepest(corner, corner.min(axis=0), corner.max(axis=0)).tolist() == [5.0, 3.0]
    sliver = np.array([[0, 0], [10, 10], [10, 10.0001], [0, 0.0001], [0, 0]], dtype=float)
    low, high = sliver.min(axis=0), sliver.max(axis=0)
    assert _deepest(sliver, low, high).tolist() == [5.0, pytest.approx(5.0, abs=1e-3)]
    assert _chord(sliver, np.array([5.0, 20.0]), along=0) == 0.0
    speck = np.array([[50, 50], [50.001, 50], [50.001, 50.001], [50, 50]])
    kept = thinned({"A": [sliver * 10, speck], "B": [speck]}, steps=100)
    assert len(kept["A"]) == 1
    assert kept["B"][0] is speck
