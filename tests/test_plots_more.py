"""Movers, coverage, delay, types, clusters, power: what was found is drawn, and what is not known is said."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Ellipse, Rectangle

from analytics import Counts, count_incidents, read_incidents, scan_test, uptick_test
from analytics.counts.completeness import Completeness
from analytics.errors import InputError, OptionError
from analytics.periods import as_window
from analytics.plots import (
    ACCENT,
    plot_completeness,
    plot_coverage,
    plot_delay,
    plot_movers,
    plot_power,
    plot_scan,
    plot_style,
    plot_types,
)
from analytics.reporting import report_style


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def lines(ax, label):
    return [item for item in ax.get_lines() if item.get_label() == label]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def ticks(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


@pytest.fixture(scope="module")
def result():
    days = pd.date_range("2018-07-02", "2020-04-12")
    rng = np.random.default_rng(4)
    rates = [1.0, 3.0, 3.0, 0.1, 0.0]
    names = ["Anbar", "Basra", "Diyala", "Erbil", "Najaf"]
    frame = pd.DataFrame(rng.poisson(rates, (len(days), 5)).astype(float), index=days, columns=names)
    frame.loc[days > "2020-03-29", "Anbar"] = 4.0
    frame.loc[days > "2020-03-29", "Diyala"] = 0.0
    return uptick_test(Counts.from_frame(frame, freq="day", as_of="2020-04-12"))


def test_movers_are_drawn_with_their_intervals_largest_rise_first(result):
    ax = plot_movers(result)
    rows = result.frame.set_index("region")
    names = [label.split(" ", 1)[1] for label in ticks(ax)]
    assert names[0] == "Anbar"
    assert set(names) == {"Anbar", "Basra", "Diyala"}
    assert list(rows.loc[names, "rate_ratio"]) == sorted(rows.loc[names, "rate_ratio"], reverse=True)
    drawn = {names[int(line.get_ydata()[0])]: line.get_xdata() for line in lines(ax, "_interval")}
    for name in names:
        assert drawn[name] == pytest.approx(np.clip(rows.loc[name, ["low", "high"]].astype(float), 0.2, 8.0))
    points = {names[int(line.get_ydata()[0])]: float(line.get_xdata()[0]) for line in lines(ax, "_ratio")}
    assert points["Anbar"] == pytest.approx(rows.loc["Anbar", "rate_ratio"])
    assert ticks(ax)[0] == "▲ Anbar"
    assert ax.get_yticklabels()[0].get_color() == ACCENT
    assert ticks(ax)[-1].split()[0].endswith("▼")  # far below usual
    assert any(text.startswith("56, usual ") for text in texts(ax))


def test_movers_say_who_is_not_drawn_and_when_nobody_is(result):
    assert "not drawn: 1 could not be judged, 1 with none recorded" in plot_movers(result).get_xlabel()
    assert "2 more that could be judged" in plot_movers(result, most=1).get_xlabel()
    none = replace(result, frame=result.frame[result.frame["region"].isin(["Erbil", "Najaf"])])
    assert "no region could be judged" in texts(plot_movers(none))


def gappy(**more):
    days = pd.date_range("2020-01-06", "2020-03-29")
    frame = pd.DataFrame({"Anbar": 1.0, "Basra": 1.0, "Erbil": 1.0}, index=days)
    return Counts.from_frame(frame, freq="day", as_of="2020-03-29", **more)


def weekly(counts):
    return replace(counts, freq="week")


def test_coverage_draws_each_spell_of_each_region():
    counts = weekly(gappy(no_coverage=["2020-01-20..2020-02-02@Anbar", "2020-03-09..2020-03-09@Anbar"]))
    ax = plot_coverage(counts)
    assert ticks(ax) == ["Anbar", "the other 2 regions"]
    holes = [p for p in ax.patches if p.get_label() == "no coverage"]
    assert [(p.get_x() + 0.5, p.get_width()) for p in holes] == [(2.0, 2), (9.0, 1)]  # weeks touched
    assert all(p.get_hatch() for p in holes)
    assert "3 weeks without" in texts(ax)
    assert ax.get_title(loc="left") == "1 of 3 regions without coverage in some weeks"


def test_coverage_says_that_nothing_says_otherwise():
    ax = plot_coverage(weekly(gappy(simulated=True)))
    assert ticks(ax) == ["every region"]
    assert ax.get_title(loc="left") == "SIMULATED: Every week counts as covered"
    assert "nothing here shows that every source reported" in ax.get_xlabel()
    assert "SIMULATED" in texts(ax)


def test_a_suspected_gap_is_framed():
    counts = replace(weekly(gappy()), silences=(as_window("2020-02-03..2020-02-12"),))
    ax = plot_coverage(counts)
    frame = next(p for p in ax.patches if isinstance(p, Rectangle) and p.get_label() == "suspected gap")
    assert (frame.get_x() + 0.5, frame.get_width()) == (4.0, 2.0)
    assert "?" in texts(ax)


def test_completeness_is_drawn_where_known_and_hatched_elsewhere():
    counts = weekly(gappy()).resample("week").select("Anbar")
    share = np.array([1.0] * 8 + [0.9, 0.6, np.nan, np.nan])[:, None]
    known = Completeness(share, np.full(share.shape, 0.05), "given")
    ax = plot_completeness(replace(counts, completeness=known))
    (drawn,) = lines(ax, "reported")
    assert drawn.get_ydata() == pytest.approx(100 * share[:10, 0])
    spans = [p for p in ax.patches if p.get_label() == "not known"]
    assert [(p.get_x() + 0.5, p.get_width()) for p in spans] == [(10.0, 2.0)]
    assert ax.get_title(loc="left") == "Complete as far as known; of the last 2 weeks it is not known"
    known = Completeness(np.full(share.shape, 0.75), np.zeros(share.shape), "given")
    ax = plot_completeness(replace(counts, completeness=known))
    assert ax.get_title(loc="left") == "About 75 % of the last week's incidents are reported"


def test_unknown_completeness_is_never_complete():
    ax = plot_completeness(weekly(gappy()))
    assert lines(ax, "reported")[0].get_ydata().size == 0
    assert any("not known" in text for text in texts(ax))


def reports(delays, **more):
    days = pd.date_range("2019-01-01", periods=len(delays))
    table = pd.DataFrame({"date": days, "admin1": "Kirkuk", **more})
    table["reported_on"] = days + pd.to_timedelta(delays, unit="D")
    return read_incidents(table, as_of="2020-01-01", columns={"date_start": "date"})


def test_the_delay_curve_is_the_share_reported_by_each_day():
    delays = np.tile([0, 1, 1, 2, 10], 40)
    ax = plot_delay(reports(delays), days=12)
    (curve,) = lines(ax, "reported")
    assert curve.get_ydata()[[0, 1, 2, 9, 10]] == pytest.approx([20, 60, 80, 80, 100])
    assert ax.get_title(loc="left") == "Half are reported within 1 day, nine in ten within 10"


def test_incidents_too_near_the_end_do_not_steepen_the_curve():
    days = pd.date_range("2019-09-01", periods=120)
    table = pd.DataFrame({"date": days, "admin1": "Kirkuk", "reported_on": days + pd.Timedelta(days=20)})
    table = table[table["reported_on"] <= "2019-12-29"]  # as a file drawn then would hold
    short = days > "2019-12-09"
    soon = pd.DataFrame({"date": days[short], "admin1": "Kirkuk", "reported_on": days[short]})
    table = pd.concat([table, soon])
    ax = plot_delay(read_incidents(table, as_of="2019-12-29", columns={"date_start": "date"}))
    assert ax.get_title(loc="left") == "Half are reported within 20 days, nine in ten within 20"


def test_unknown_delays_are_said():
    incidents = reports(np.zeros(30))
    table = incidents.frame.assign(reported_on=pd.NaT)
    ax = plot_delay(replace(incidents, frame=table.astype({"reported_on": "datetime64[us]"})))
    assert "no incident states the day of its report" in texts(ax)[0]
    assert ax.get_title(loc="left") == "How late reports come is not known"
    assert texts(plot_delay(reports(np.zeros(5))))[0].startswith("too few to say: 5 incidents")


def test_types_add_up_to_what_was_counted():
    rng = np.random.default_rng(1)
    days = pd.to_datetime("2020-01-06") + pd.to_timedelta(rng.integers(0, 84, 300), unit="D")
    kinds = rng.choice(["attack", "clash", "arrest", "other"], 300, p=[0.6, 0.2, 0.15, 0.05])
    table = pd.DataFrame({"date": days, "admin1": "Kirkuk", "event_type": kinds})
    incidents = read_incidents(table, as_of="2020-03-29", columns={"date_start": "date"})
    counts = count_incidents(
        incidents, by="event_type", freq="week", as_of="2020-03-29", covered_from="2020-01-06"
    )
    ax = plot_types(counts, most=3)
    assert ticks(ax)[0] == "attack"
    assert ticks(ax)[-1] == "2 other types"
    cells = {(round(t.get_position()[0]), round(t.get_position()[1])): t.get_text() for t in ax.texts}
    frame = counts.to_frame()
    assert [int(cells[i, 0]) for i in range(12)] == frame["attack"].tolist()
    last = len(counts) + 1
    totals = [int(cells[last, row]) for row in range(3)]
    assert totals[0] == (kinds == "attack").sum()
    assert sum(totals) == 300
    assert ax.get_title(loc="left").startswith(f"Last 12 weeks: attack {100 * totals[0] / 300:.0f} %")


def test_types_cross_out_what_is_not_covered_and_say_when_there_is_nothing():
    counts = Counts.from_array([[1, 2], [np.nan, 0]], start="2020-04-06", regions=["a", "b"])
    crosses = lines(plot_types(counts), "no coverage")[0]
    assert list(zip(crosses.get_xdata(), crosses.get_ydata(), strict=True)) == [(1, 1)]
    nothing = Counts.from_array([[0, 0]], start="2020-04-06", regions=["a", "b"])
    assert "no incidents in this time" in texts(plot_types(nothing))


@pytest.fixture(scope="module")
def cluster():
    days, rng = pd.date_range("2019-04-15", "2020-04-12"), np.random.default_rng(3)
    daily = pd.DataFrame(rng.poisson(0.2, (len(days), 12)), index=days, columns=list("ABCDEFGHIJKL"))
    daily.iloc[-10:, :3] += rng.poisson(2.0, (10, 3))
    where = [[35.0, 44.0 + 0.1 * i] for i in range(3)] + [[33.0, 40.04 + i] for i in range(9)]
    counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12", simulated=True)
    return scan_test(counts, places=where, replicates=99)


def test_a_cluster_is_marked_and_ringed(cluster):
    ax = plot_scan(cluster)
    points = {c.get_label(): c.get_offsets() for c in ax.collections}
    assert points["in the cluster"].tolist() == [[44.0, 35.0], [44.1, 35.0], [44.2, 35.0]]
    assert points["place"][0].tolist() == [40.0, 33.0]  # rounded
    (ring,) = [p for p in ax.patches if isinstance(p, Ellipse)]
    assert ring.get_center() == pytest.approx((44.1, 35.0))
    assert ring.get_width() / 2 > 0.1
    assert {"A", "SIMULATED"} <= set(texts(ax))
    assert ax.get_title(loc="left").startswith("SIMULATED: A cluster in A, B, C: ")


def test_a_cluster_that_may_be_chance_says_so(cluster):
    row = cluster.frame.assign(verdict="cannot be told", reason="p is 0.3", pvalue=0.3)
    ax = plot_scan(replace(cluster, frame=row))
    assert "Strongest, may be chance" in ax.get_title(loc="left")
    assert "△" in ax.get_xlabel()
    marks = next(c for c in ax.collections if c.get_label() == "in the cluster")
    assert mpl.colors.to_hex(marks.get_facecolor()[0]) == "#ffffff"


def test_only_a_scan_is_drawn_as_one(cluster):
    with pytest.raises(OptionError, match="plot_scan draws what scan_test found"):
        plot_scan(replace(cluster, details={}))


def test_power_holds_the_shares_and_the_level():
    table = pd.DataFrame(
        {
            "test": ["A"] * 3 + ["B"] * 3,
            "ratio": [1, 2, 3] * 2,
            "share": [0.04, 0.5, 0.9, 0.3, 0.6, 0.8],
            "low": [0.03, 0.45, 0.85, 0.2, 0.5, 0.7],
            "high": [0.05, 0.55, 0.95, 0.4, 0.7, 0.9],
        }
    )
    ax = plot_power(table, first="B")
    drawn = {c.get_label(): c.lines[0] for c in ax.containers}
    assert drawn["A"].get_ydata().tolist() == [4, 50, 90]
    assert drawn["B"].get_color() == ACCENT
    assert drawn["A"].get_marker() != drawn["B"].get_marker()
    assert drawn["A"].get_linestyle() != drawn["B"].get_linestyle()
    assert lines(ax, "_level")[0].get_ydata()[0] == 5
    with pytest.raises(InputError, match="lacks columns"):
        plot_power(table.drop(columns="share"))
    with pytest.raises(InputError, match="out of range"):
        plot_power(table.assign(share=50.0))


def test_one_style_for_plots_and_reports_that_ends_with_its_block():
    before = dict(mpl.rcParams)
    with plot_style(font_size=11):
        own = dict(mpl.rcParams)
    with report_style():
        report = dict(mpl.rcParams)
    differ = {key for key in own if own[key] != report[key] and not key.startswith("date.epoch")}
    assert differ == {"font.size"}
    assert dict(mpl.rcParams) == before
    with pytest.raises(OptionError, match="font_sise"), plot_style(font_sise=1):
        pass
