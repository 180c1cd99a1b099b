"""Pictures hold the numbers they are drawn from, and colour is never the only code."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from analytics import Counts, UptickError, uptick_test
from analytics import plots as room
from analytics.plots import plot_regions, plot_result, plot_trend, region_label
from analytics.reporting import report_style
from analytics.reporting.elements import figures
from analytics.upticks import expected_band

ARABIC = ("كركوك", "نينوى", "صلاح الدين")


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def daily(
    regions=("Kirkuk", "Diyala"), *, raised=6.0, as_of="2020-04-12", gaps=(), simulated=False, rate=0.6
):
    days = pd.date_range("2018-07-02", as_of)
    rng = np.random.default_rng(20)
    frame = pd.DataFrame({name: rng.poisson(rate, len(days)) for name in regions}, index=days)
    if raised:
        inside = (days > "2020-03-29") & (days <= "2020-04-12")
        frame.loc[inside, regions[0]] = rng.poisson(raised * rate, inside.sum())
    counts = Counts.from_frame(frame, freq="day", as_of=as_of, no_coverage=gaps, simulated=simulated)
    return Counts(**{**{f: getattr(counts, f) for f in counts.__dataclass_fields__}, "freq": "week"})


def line(ax, label):
    return next(item for item in ax.get_lines() if item.get_label() == label)


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_the_look_is_that_of_the_reports():
    assert (room.ACCENT, room.INK, room.GREY) == (figures.ACCENT, figures.INK, figures.GREY)


def test_a_trend_holds_the_weekly_sums():
    counts = daily()
    weekly = counts.total().resample("week")
    ax = plot_trend(counts, periods=20)
    assert np.array_equal(line(ax, "_counts").get_ydata(), weekly.values[-20:, 0])
    assert ax.get_ylabel() == "incidents per week"


def test_axes_given_are_drawn_on():
    _, ax = plt.subplots()
    assert plot_trend(daily(), ax=ax) is ax
    assert plot_result(uptick_test(daily()), ax=ax) is ax
    assert len(plt.get_fignums()) == 1


def test_a_running_week_is_hollow_and_not_on_the_line():
    counts = daily(as_of="2020-04-15")
    ax = plot_trend(counts)
    hollow = line(ax, "still running")
    weekly = counts.total().resample("week")
    assert hollow.get_markerfacecolor() == "white"
    assert hollow.get_ydata().tolist() == [weekly.values[-1, 0]]
    assert np.isnan(line(ax, "_counts").get_ydata()[-1])


def test_spells_without_coverage_are_hatched_and_break_the_line():
    ax = plot_trend(daily(gaps=("2019-09-02..2019-09-15",)))
    spans = [p for p in ax.patches if p.get_label() == "no coverage"]
    assert len(spans) == 1
    assert spans[0].get_hatch()
    assert np.isnan(line(ax, "_counts").get_ydata()).sum() == 2


def test_diamonds_stand_exactly_above_the_band():
    counts = daily().total()
    band = expected_band(counts)
    ax = plot_trend(counts, band=band, periods=len(band))
    above = band.loc[band["observed"] > band["high"], "observed"]
    assert len(above) > 0
    assert line(ax, "above range").get_ydata().tolist() == above.tolist()


def test_an_uptick_has_its_own_marker_beside_its_colour():
    counts = daily().select(["Kirkuk"])
    up, quiet = uptick_test(counts), uptick_test(daily(raised=0).select(["Diyala"]))
    shown = line(plot_trend(counts, result=up), "recent: uptick")
    assert (shown.get_marker(), shown.get_color()) == ("^", room.ACCENT)
    assert len(shown.get_ydata()) == 2
    other = line(plot_trend(daily(raised=0).select(["Diyala"]), result=quiet), "recent window")
    assert (other.get_marker(), other.get_color()) == ("o", room.INK)


@pytest.mark.parametrize("draw", [plot_trend, plot_regions, lambda c: plot_result(uptick_test(c))])
def test_simulated_data_are_marked_inside_the_picture(draw):
    drawn = np.atleast_1d(draw(daily(simulated=True)))
    for ax in drawn:
        assert any("SIMULATED" in t for t in (*texts(ax), ax.get_title(loc="left")))
    for ax in np.atleast_1d(draw(daily())):
        assert not any("SIMULATED" in t for t in (*texts(ax), ax.get_title(loc="left")))


def test_a_mark_stands_in_pictures_without_a_title_too():
    result = uptick_test(daily(simulated=True))
    assert "SIMULATED" in texts(plot_result(result, title=False))


def test_regions_in_uptick_come_first_with_a_glyph():
    counts = daily(("Anbar", "Diyala", "Kirkuk")[::-1])
    result = uptick_test(counts)
    axes = plot_regions(counts, result, most=2)
    assert len(axes) == 2
    assert axes[0].get_title(loc="left") == "▲ Kirkuk"
    row = result.frame.set_index("region").loc["Kirkuk"]
    assert axes[0].get_title(loc="right").split(" / ")[0] == f"{row['observed']:.0f}"
    assert "each panel has its own scale" in axes[0].figure.get_supylabel()


def test_the_dashed_level_is_the_baseline_a_week():
    counts = daily()
    result = uptick_test(counts)
    ax = plot_regions(counts, result)[0]
    row = result.frame.set_index("region").loc["Kirkuk"]
    level = line(ax, "_expected").get_ydata()[0]
    assert level == pytest.approx(row["expected"] / 2)  # fourteen days are two weeks


def test_one_scale_for_all_panels_if_asked():
    axes = plot_regions(daily(rate=3.0), share_y=True)
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert "one scale for all panels" in axes[0].figure.get_supylabel()


def test_quiet_and_uncovered_series_say_so():
    days = pd.date_range("2020-01-06", "2020-04-12")
    frame = pd.DataFrame({"Najaf": 0, "Anbar": np.nan}, index=days)
    axes = plot_regions(Counts.from_frame(frame, freq="day", as_of="2020-04-12"))
    said = {ax.get_title(loc="left"): texts(ax) for ax in axes}
    assert said == {"Najaf": ["no incidents in this time"], "Anbar": ["no coverage in this time"]}


def test_ratios_stand_where_they_belong_and_the_margin_is_drawn():
    result = uptick_test(daily())
    ax = plot_result(result)
    row = result.ranked().iloc[0]
    triangle = next(item for item in ax.get_lines() if item.get_marker() == "^" and len(item.get_xdata()))
    assert triangle.get_xdata().tolist() == [row["rate_ratio"]]
    assert ax.get_yticklabels()[0].get_text() == "▲ Kirkuk"
    assert "margin 1.5" in texts(ax)
    assert ax.get_xscale() == "log"


def test_a_decrease_has_a_sign_of_its_own():
    counts = daily(rate=6.0, raised=0.2)
    result = uptick_test(counts, direction="less", completeness=1.0)
    assert result.regions("supported") == ["Kirkuk"]
    panels = plot_regions(counts, result)
    assert panels[0].get_title(loc="left") == "▼ Kirkuk"
    assert line(panels[0], "_recent: decrease").get_marker() == "v"
    ax = plot_result(result)
    assert ax.get_title(loc="left") == "Decrease in Kirkuk"
    assert ax.get_yticklabels()[0].get_text() == "▼ Kirkuk"
    assert "margin 1/1.5" in texts(ax)
    one = counts.select(["Kirkuk"])
    drawn = plot_trend(one, result=uptick_test(one, direction="less", completeness=1.0))
    assert line(drawn, "recent: decrease").get_marker() == "v"


def test_a_picked_window_is_shaded_as_long_as_it_was_picked():
    counts = daily()
    result = uptick_test(counts, recent="scan")
    row = result.frame.set_index("region").loc["Kirkuk"]
    ax = plot_regions(counts, result)[0]
    shade = next(patch for patch in ax.patches if patch.get_label() == "_recent")
    assert shade.get_width() == row["recent_days"]
    assert row["recent_days"] < result.recent.days
    level = line(ax, "_expected").get_ydata()[0]
    assert level == pytest.approx(row["expected"] / row["recent_days"] * 7)
    ratios = plot_result(result)
    assert "interval" not in ratios.get_xlabel()
    assert not any(" to " in text for text in texts(ratios))


def test_limits_beyond_the_axis_end_in_arrows():
    counts = daily(rate=0.01, raised=0)
    result = uptick_test(counts)
    assert (result.frame["low"] < 0.1).any()
    ax = plot_result(result)
    arrows = [item for item in ax.get_lines() if item.get_marker() == "<"]
    assert len(arrows[0].get_xdata()) == int((result.frame["low"] < 0.1).sum())


def test_regions_left_out_of_the_ratios_are_counted():
    counts = daily(("Kirkuk", "Diyala", "Najaf"))
    values = counts.values.copy()
    values[:, 2] = 0
    quiet = Counts(**{**{f: getattr(counts, f) for f in counts.__dataclass_fields__}, "values": values})
    assert "1 could not be tested" in plot_result(uptick_test(quiet)).get_xlabel()
    assert "1 more not shown" in plot_result(uptick_test(quiet), most=1).get_xlabel()


def test_nothing_tested_is_said():
    counts = daily(("Najaf",), raised=0)
    empty = Counts(
        **{**{f: getattr(counts, f) for f in counts.__dataclass_fields__}, "values": counts.values * 0}
    )
    assert texts(plot_result(uptick_test(empty))) == ["no region could be tested"]


def test_arabic_names_are_drawn_with_glyphs():
    counts = daily(ARABIC)
    with report_style():  # a missing glyph is a warning, and warnings are errors here
        axes = plot_regions(counts, uptick_test(counts))
        axes[0].figure.canvas.draw()
        ax = plot_result(uptick_test(counts))
        ax.figure.canvas.draw()
    assert {ax.get_title(loc="left")[2:] for ax in axes} == set(ARABIC)


def test_long_names_are_shortened():
    label = region_label("A district with a name of quite some length", "cannot be told")
    assert label == "? A district with a name…"


def test_what_does_not_fit_is_refused():
    counts = daily()
    with pytest.raises(UptickError, match="one series"):
        plot_trend(counts, result=uptick_test(counts))
    with pytest.raises(UptickError, match="too few axes"):
        plot_regions(counts, axes=[plt.subplots()[1]])
    with pytest.raises(UptickError, match="not of these counts"):
        plot_regions(counts.select(["Diyala"]), uptick_test(counts))
    with pytest.raises(UptickError, match="1 or more"):
        plot_trend(counts, periods=0)
