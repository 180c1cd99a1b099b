"""What is pointed at holds what is printed: the same numbers, words, order, colours and mark."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.colors import to_hex

from analytics import Counts, uptick_test
from analytics.detectors import ears
from analytics.errors import OptionError
from analytics.geo.polygons import bundled_polygons
from analytics.plots import (
    interactive_alarm_board,
    interactive_map,
    interactive_trend,
    plot_alarm_board,
    plot_map,
    plot_trend,
)
from analytics.results import Alarms
from analytics.upticks import expected_band

pytest.importorskip("plotly")
NAMES = ("Kirkuk", "Diyala", "Anbar", "Erbil")


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def counts():
    """Four governorates by day: one rises at the end, one is uncovered there, one is empty; a week runs."""
    days = pd.date_range("2018-07-02", "2020-04-15")
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.poisson([0.8, 1.0, 0.5, 0.0], (len(days), 4)).astype(float), index=days)
    frame.columns = list(NAMES)
    frame.loc[(days > "2020-03-29") & (days < "2020-04-13"), "Kirkuk"] = 4
    frame.loc[days > "2020-04-01", "Anbar"] = np.nan
    made = Counts.from_frame(
        frame, freq="day", as_of="2020-04-15", by="admin1", countries=["Iraq"], simulated=True
    )
    return Counts(**{**{f: getattr(made, f) for f in made.__dataclass_fields__}, "freq": "week"})


@pytest.fixture(scope="module")
def kirkuk(counts):
    return counts.select("Kirkuk")


def trace(figure, name):
    return next(one for one in figure.data if one.name == name)


def line(ax, label):
    return next(one for one in ax.get_lines() if one.get_label() == label)


def notes(figure):
    return [note.text for note in figure.layout.annotations]


def test_a_trend_holds_the_figures_of_the_printed_one(kirkuk):
    result, band = uptick_test(kirkuk), expected_band(kirkuk)
    figure = interactive_trend(kirkuk, band=band, result=result, periods=40)
    ax = plot_trend(kirkuk, band=band, result=result, periods=40)
    pairs = (
        ("incidents", "_counts"), ("recent: uptick", "recent: uptick"), ("still running", "still running"),
        ("expected", "expected"), ("above range", "above range"),
    )  # fmt: skip
    for name, label in pairs:
        printed = line(ax, label)
        assert np.array_equal(trace(figure, name).y, printed.get_ydata(), equal_nan=True), name
        when = np.array(trace(figure, name).x, dtype="datetime64[h]")
        assert (when == np.array(printed.get_xdata(), dtype="datetime64[h]")).all(), name
    area = next(one for one in ax.collections if one.get_label() == "expected range")
    edges = area.get_paths()[0].vertices[:, 1]
    assert max(trace(figure, "expected range").y) == edges.max()
    assert min(trace(figure, "low").y) == edges.min()
    assert figure.layout.title.text == ax.get_title(loc="left")
    assert figure.layout.yaxis.title.text == ax.get_ylabel()


def test_window_and_guard_are_shaded_where_they_lie(kirkuk):
    result = uptick_test(kirkuk)
    shapes = {shape.name: shape for shape in interactive_trend(kirkuk, result=result).layout.shapes}
    window, guard = shapes["window"], shapes["guard"]
    assert (window.x0, window.x1) == (str(result.recent.start), str(result.recent.end + 1))
    assert guard.x1 == window.x0
    assert np.datetime64(window.x0) - np.datetime64(guard.x0) == np.timedelta64(result.guard, "D")
    assert guard.x0 == str(result.baseline.end + 1)


def test_an_uptick_has_a_sign_of_its_own(kirkuk, counts):
    up = interactive_trend(kirkuk, result=uptick_test(kirkuk))
    assert trace(up, "recent: uptick").marker.symbol == "triangle-up"
    quiet = counts.select("Diyala")
    assert (
        trace(interactive_trend(quiet, result=uptick_test(quiet)), "recent window").marker.symbol == "circle"
    )


def test_weeks_without_coverage_are_shaded_and_no_zero(counts):
    anbar = counts.select("Anbar")
    figure = interactive_trend(anbar)
    uncovered = ~anbar.resample("week").coverage[-104:, 0]
    assert len(figure.layout.shapes) == uncovered.sum() > 0
    assert np.isnan(np.array(figure.data[0].y, dtype=float)[uncovered]).all()


@pytest.mark.parametrize("several", [False, True])
def test_a_board_holds_the_figures_of_the_printed_one(counts, several):
    runs = [ears(counts, method=method) for method in ("C1", "C2")[: 1 + several]]
    alarms = Alarms.concat(runs) if several else runs[0]
    figure, ax = interactive_alarm_board(alarms), plot_alarm_board(alarms)
    board = figure.data[0]
    assert list(board.y) == [tick.get_text() for tick in ax.get_yticklabels()]
    assert list(board.x) == alarms.last(26).labels()
    column, row = line(ax, "_alarm").get_data()
    cells = {(round(float(y)), int(x)) for x, y in zip(column, row, strict=True)}
    assert cells == set(zip(*(part.tolist() for part in np.nonzero(board.z == 1)), strict=True))
    assert len(cells) > 0
    empty, _ = np.nonzero(np.isnan(board.z))
    assert len(empty) == sum(map(len, [line(ax, "not tested").get_xdata()])) > 0
    assert figure.layout.title.text == ax.get_title(loc="left")
    at = [*board.y].index("Kirkuk")
    assert board.hovertext[at][-1].startswith("Kirkuk, 2020-W16")


@pytest.mark.parametrize("show", ["grade", "level", "change"])
def test_a_map_holds_the_looks_and_words_of_the_printed_one(counts, show):
    result = uptick_test(counts)
    figure, ax = interactive_map(result, show=show), plot_map(result, show=show, callouts=0)
    printed = {patch.get_gid(): patch for patch in ax.patches if patch.get_gid() in NAMES}
    drawn = {one.meta: one for one in figure.data if one.meta}
    assert set(drawn) == set(printed) == set(NAMES)
    for region, one in drawn.items():
        assert to_hex(one.fillcolor) == to_hex(printed[region].get_facecolor()), region
        assert bool(one.fillpattern.shape) == bool(printed[region].get_hatch()), region
        west, east = np.nanmin(np.array(one.x, dtype=float)), np.nanmax(np.array(one.x, dtype=float))
        points = printed[region].get_path().vertices
        assert (west, east) == (points[:, 0].min(), points[:, 0].max())
    key = {text.get_text() for text in ax.get_legend().get_texts()}
    told = [one.name for one in figure.data if one.showlegend]
    assert sorted(told) == sorted(
        word.removeprefix("✕ ").removeprefix("· ") if show != "grade" else word for word in key
    )
    signs = {text.get_text().split()[0] for text in ax.texts} - {"SIMULATED"}
    assert signs <= {sign.split()[0] for sign in notes(figure)}


def test_a_map_names_what_has_no_polygon(counts):
    part = bundled_polygons("Iraq").match(NAMES[1:], country="Iraq")
    lacking = type(part)(
        **{f: getattr(part, f) for f in part.__dataclass_fields__} | {"missing": ("Kirkuk",)}
    )
    figure = interactive_map(uptick_test(counts), polygons=lacking)
    assert {one.meta for one in figure.data if one.meta} == set(NAMES)
    assert any("1 of 4 regions without a polygon: Kirkuk" in note for note in notes(figure))


def test_without_boundaries_there_are_dots_or_tiles():
    frame = pd.DataFrame({"<b>A</b> & B": [3, 5], "C": [0, 0]}, index=["2020-W15", "2020-W16"])
    counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    tiles = interactive_map(counts)
    assert any("tiles in the order of their names" in note for note in notes(tiles))
    assert tiles.data[0].text == "&lt;b&gt;A&lt;/b&gt; &amp; B: 8 (above 0)"
    places = pd.DataFrame({"region": frame.columns, "lat": [35.46, 36.2], "lon": [44.39, 44.0]})
    dots = interactive_map(counts, places=places)
    assert [(one.x[0], one.y[0]) for one in dots.data] == [(44.4, 35.5), (44.0, 36.2)]


def test_simulated_data_are_marked_inside_and_above_every_picture(counts, kirkuk):
    figures = (
        interactive_trend(kirkuk), interactive_alarm_board(ears(counts)), interactive_map(counts)
    )  # fmt: skip
    for figure in figures:
        assert figure.layout.title.text.startswith("SIMULATED: ")
        assert "<b>SIMULATED</b>" in notes(figure)


def test_a_file_of_it_asks_for_nothing(kirkuk, tmp_path):
    path = tmp_path / "trend.html"
    interactive_trend(kirkuk).write_html(path, include_plotlyjs=True)
    text = path.read_text(encoding="utf-8")
    assert 'src="http' not in text
    assert "SIMULATED" in text


def test_without_plotly_it_says_what_to_install(kirkuk, monkeypatch, snapshot):
    found = importlib.util.find_spec
    monkeypatch.setattr("analytics.options.find_spec", lambda name: None if name == "plotly" else found(name))
    with pytest.raises(OptionError) as error:
        interactive_trend(kirkuk)
    assert str(error.value) == snapshot


def test_plotly_is_loaded_only_for_them():
    code = "import analytics.plots, analytics.reporting, sys; print('plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
