"""Maps, boards and calendars hold what they are drawn from; a sign or a number stands beside every colour."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch, Rectangle

from analytics import Counts, uptick_test
from analytics.errors import InputError, OptionError
from analytics.geo import region_table
from analytics.geo.polygons import bundled_polygons
from analytics.plots import match_polygons, plot_calendar, plot_map
from analytics.plots.ground import GUIDES, NAMED_TILES, tiles_take
from analytics.plots.look import CHANGES, DIVERGING, GRADE_LOOKS, SEQUENTIAL, level_breaks, level_look
from analytics.results.grades import GRADES, SIGNS

SECONDS = 0.4  # of processor for a map of 18 regions: measured 0.05; loose, because other tests run beside it
CONTRAST = 4.5  # of text on its ground, WCAG AA
NAMES = region_table("Iraq", "admin1").names


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def panel(*, simulated=False, countries=("Iraq",), names=NAMES, by="admin1"):
    """Eighteen regions: one doubles, some are steady, some small, one is uncovered at the end, one empty."""
    days = pd.date_range("2018-07-02", "2020-04-12")
    rng = np.random.default_rng(4)
    rates = np.r_[1.2, 0.0, 3.0, np.full(len(names) - 3, 0.15)]
    frame = pd.DataFrame(rng.poisson(rates, (len(days), len(names))).astype(float), index=days, columns=names)
    recent = days > "2020-03-29"
    frame.loc[recent, names[0]] = rng.poisson(8.0, recent.sum())
    frame.loc[days > "2020-04-08", names[3]] = np.nan
    return Counts.from_frame(
        frame, freq="day", as_of="2020-04-12", by=by, countries=countries, simulated=simulated
    )


@pytest.fixture(scope="module")
def result():
    return uptick_test(panel())


def areas(ax):
    return {p.get_gid(): p for p in ax.patches if isinstance(p, PathPatch | Rectangle) and p.get_gid()}


def texts(ax):
    return [text.get_text() for text in ax.texts]


def luminance(colour):
    rgb = np.array([int(to_hex(colour)[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_region_is_filled_by_its_grade_inside_its_own_boundary(result):
    ax = plot_map(result)
    drawn = areas(ax)
    assert set(drawn) == set(NAMES)
    rings = bundled_polygons("Iraq").match(NAMES, country="Iraq").rings
    for region, grade in zip(result.frame["region"], result.frame["grade"], strict=True):
        assert to_hex(drawn[region].get_facecolor()) == to_hex(GRADE_LOOKS[grade].fill), region
        low, high = (
            drawn[region].get_path().vertices.min(axis=0),
            drawn[region].get_path().vertices.max(axis=0),
        )
        points = np.concatenate(rings[region])
        assert np.allclose([low, high], [points.min(axis=0), points.max(axis=0)], atol=0.02)  # thinned


def test_every_region_carries_the_sign_of_its_grade(result):
    assert {"uptick", "no_data", "none_recorded", "too_few"} <= set(result.frame["grade"])
    said = texts(plot_map(result, callouts=0))
    expected = sorted(SIGNS[grade] for grade in result.frame["grade"])
    assert sorted(text.split()[0].replace("▼", "") for text in said) == expected


def test_an_uptick_is_called_out_with_its_numbers(result):
    row = result.frame.set_index("region").loc["Anbar"]
    assert row["grade"] == "uptick"
    said = texts(plot_map(result))
    assert f"▲ Anbar\n{row['observed']:.0f}, usual {row['expected']:.0f}" in said


def test_the_key_names_the_grades_that_are_drawn_and_no_other(result):
    words = [text.get_text() for text in plot_map(result).get_legend().get_texts()]
    assert [word[0] for word in words] == [SIGNS[g] for g in GRADES if g in set(result.frame["grade"])]
    assert plot_map(result, key=False).get_legend() is None


def test_levels_are_darker_for_more_and_written(result):
    counts = panel()
    ax = plot_map(counts, periods=14)
    sums = np.where(counts.coverage[-14:], counts.values[-14:], 0).sum(axis=0)
    breaks = level_breaks(sums.astype(float))
    drawn = areas(ax)
    for region, total in zip(NAMES, sums, strict=True):
        assert to_hex(drawn[region].get_facecolor()) == to_hex(level_look(float(total), breaks).fill)
    said = {text.split()[-1] if " " in text else text for text in texts(ax)} | set(texts(ax))
    assert f"≥ {sums[3]}" in {text.rsplit(" ", 1)[0] for text in texts(ax)} | said  # in part not covered


def test_changes_are_drawn_only_where_enough_were_expected(result):
    frame = result.frame.set_index("region")
    drawn = areas(plot_map(result, show="change", least=5))
    for region, row in frame.iterrows():
        fill, known = to_hex(drawn[region].get_facecolor()), np.isfinite(row["expected"])
        ratio = row["observed"] / row["expected"] if known and row["expected"] >= 5 else None
        shades = [to_hex(shade) for shade in DIVERGING]
        if ratio is None:
            assert fill not in shades, region
        else:
            assert fill == shades[int(np.searchsorted(CHANGES, ratio))], region
    assert (frame["expected"] < 5).any()
    assert (frame["expected"] >= 5).any()


def test_counts_alone_have_no_grades():
    with pytest.raises(OptionError, match="counts alone have no grade"):
        plot_map(panel(), show="grade")


def test_regions_without_a_polygon_are_tiles_and_named(result):
    iraq = bundled_polygons("Iraq")
    part = iraq.match([name for name in NAMES if name != "Anbar"], country="Iraq")
    match = match_polygons(result, NAMES, iraq)
    assert match.missing == ()
    lacking = type(match)(
        **{f: getattr(match, f) for f in match.__dataclass_fields__}
        | {"rings": part.rings, "missing": ("Anbar",)}
    )
    ax = plot_map(result, polygons=lacking)
    drawn = areas(ax)
    assert isinstance(drawn["Anbar"], Rectangle)
    assert len(drawn) == 18
    assert "1 of 18 regions without a polygon: Anbar" in ax.get_xlabel().replace("\n", " ")
    assert {"▲", "Anbar"} <= set(texts(ax))


def test_polygons_of_a_file_are_matched_and_a_wrong_file_is_refused(tmp_path, result, snapshot):
    path = tmp_path / "own.geojson"
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    features = [
        {
            "type": "Feature",
            "properties": {"NAME_1": name},
            "geometry": {"type": "Polygon", "coordinates": [[[x + 2 * i, y] for x, y in ring]]},
        }
        for i, name in enumerate(["Al Anbar", "Narnia"])
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    ax = plot_map(result, polygons=path)
    assert isinstance(areas(ax)["Anbar"], PathPatch)
    note = ax.get_xlabel().replace("\n", " ")
    assert "17 of 18 regions without a polygon" in note
    assert "polygons without a region in the counts: Narnia" in note
    features[0]["properties"]["NAME_1"] = "Mordor"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    with pytest.raises(InputError) as error:
        plot_map(result, polygons=path)
    assert str(error.value) == snapshot


def test_tiles_too_many_to_be_named_leave_their_names_to_the_row():
    for number in (NAMED_TILES, NAMED_TILES + 1):
        names = [f"Area {at:02d}" for at in range(number)]
        ax = plot_map(Counts.from_array(np.ones((60, number), int), start="2020-01-06", regions=names))
        written = {text.get_text() for text in ax.texts if text.get_text().startswith("Area")}
        columns = int(np.ceil(np.sqrt(1.2 * number)))
        named = number <= NAMED_TILES
        assert len(written) == (number if named else -(-number // columns))
        assert (names[1] in written) is named
        assert (GUIDES in " ".join(ax.get_xlabel().split())) is not named
        assert min(text.get_fontsize() for text in ax.texts) >= 5


def test_what_a_tile_holds_stays_inside_it():
    names = [f"Area {at:03d}" for at in range(200)]
    counts = Counts.from_array(np.full((60, 200), 1234), start="2020-01-06", regions=names)
    figure, ax = plt.subplots(figsize=(3.3, 2.95), layout="constrained")
    plot_map(counts, ax=ax, key=False, title=False)
    figure.canvas.draw()
    tile = next(p for p in ax.patches if p.get_gid() == names[0]).get_window_extent()
    for text in ax.texts:
        if text.get_text()[:1].isdigit():
            assert text.get_window_extent().width <= tile.width + 1


def test_without_boundaries_there_are_tiles_that_say_so():
    names = [f"District {i}" for i in range(60)]
    ax = plot_map(uptick_test(panel(countries=(), names=names)))
    drawn = areas(ax)
    assert len(drawn) == 60
    corners = {(round(p.get_x(), 3), round(p.get_y(), 3)) for p in drawn.values()}
    assert len(corners) == 60  # none upon another
    assert "no map" in ax.get_xlabel()


def fallen(names, low):
    values = np.full((420, len(names)), 3)
    values[::7] = 9
    values[-14:, low] = 1
    frame = pd.DataFrame(values, index=pd.date_range("2019-01-01", periods=420), columns=names)
    return uptick_test(Counts.from_frame(frame, freq="day", as_of=frame.index[-1]))


def test_a_region_at_half_its_usual_has_a_sign_and_is_called_out():
    """By hand: 14 in the fortnight where 54 are usual; a test may call it or not, it is marked either way."""
    result = fallen(NAMES, [3])
    row = result.frame.iloc[3]
    assert (row["observed"], round(row["expected"])) == (14, 54)
    for called, sign in ((False, "▽"), (True, "▼")):
        frame = result.frame.assign(far_below=False)
        frame.loc[3, "far_below"] = called
        ax = plot_map(replace(result, frame=frame), polygons=bundled_polygons("Iraq"))
        said = [text for text in texts(ax) if sign in text]
        assert sorted(said) == [sign, f"{sign} {NAMES[3]}\n14, usual 54"]


@pytest.mark.parametrize("name", ["Area {}", "Area of the upper valley and the eastern marshes {}"])
def test_tiles_too_many_for_names_bear_those_of_regions_called(name):
    names = [name.format(at) for at in range(60)]
    result = fallen(names, [7])
    assert tiles_take(names[7:8], names, 3.45) is (len(name) < 10)
    labels = {names[7]: names[7] if len(name) < 10 else "1"}
    _, ax = plt.subplots(figsize=(3.5, 3.5))
    ax.set_position([0, 0, 1, 1])
    plot_map(result, ax=ax, labels=labels, key=False, title=False)
    said = [text.get_text() for text in ax.texts]
    sign = result.frame["far_below"].iloc[7]
    mark = "▼" if sign else "▽"
    assert (f"{mark}1" in said) is (len(name) >= 10)
    assert (names[7] in said) is (len(name) < 10)
    assert names[8] not in said


def test_dots_stand_at_rounded_coordinates(result):
    places = pd.DataFrame({"region": NAMES, "lat": 33.3333, "lon": np.arange(18) / 4 + 40.0471})
    places.loc[1, "lon"] = places.loc[0, "lon"]
    ax = plot_map(result, places=places, ground="dots")
    dots = {c.get_gid(): c.get_offsets()[0] for c in ax.collections if c.get_gid()}
    assert dots["Diyala"].tolist() == [round(40.0471 + NAMES.index("Diyala") / 4, 1), 33.3]
    assert "2 regions share their rounded coordinates" in ax.get_xlabel().replace("\n", " ")
    assert not np.allclose(dots[NAMES[0]], dots[NAMES[1]])
    apart = places.assign(lon=np.arange(18) / 4 + 40.0)
    assert "share" not in plot_map(result, places=apart, ground="dots").get_xlabel()


def test_a_region_leads_to_its_address(result, tmp_path):
    ax = plot_map(result, links={"Anbar": "#region-1"})
    assert areas(ax)["Anbar"].get_url() == "#region-1"
    ax.figure.savefig(tmp_path / "map.svg")
    assert 'href="#region-1"' in (tmp_path / "map.svg").read_text(encoding="utf-8")


def test_simulated_maps_are_marked_inside_and_in_the_title():
    ax = plot_map(uptick_test(panel(simulated=True)))
    assert "SIMULATED" in texts(ax)
    assert ax.get_title(loc="left").startswith("SIMULATED: ")
    assert "SIMULATED" not in texts(plot_map(panel()))


def test_text_reads_on_every_fill_and_fills_differ_in_black_and_white():
    for grade, look in GRADE_LOOKS.items():
        assert contrast(look.ink, look.fill) >= (CONTRAST if look.ink != "#6B7280" else 3.9), grade
    shades = [luminance(colour) for colour in SEQUENTIAL]
    assert shades == sorted(shades, reverse=True)
    assert min(-np.diff(shades)) > 0.05
    loud = luminance(GRADE_LOOKS["uptick"].fill)
    assert all(luminance(look.fill) > 3 * loud for grade, look in GRADE_LOOKS.items() if grade != "uptick")


def test_a_map_is_drawn_fast(result):
    plot_map(result)
    took = []
    for _ in range(4):  # the quickest: a collection of garbage, or another program, may fall into any one
        start = time.process_time()
        plot_map(result)
        took.append(time.process_time() - start)
    assert min(took) < SECONDS


def squares(ax, label):
    found = [c for c in ax.collections if c.get_label() == label]
    return (
        [] if not found else sorted(tuple(p.vertices[:4].mean(axis=0).round(2)) for p in found[0].get_paths())
    )


def test_a_calendar_has_a_square_a_week_in_its_year_by_its_class():
    weeks = pd.date_range("2018-12-31", "2020-04-13", freq="7D")
    values = np.arange(len(weeks), dtype=float)
    values[[5, 6]] = np.nan
    frame = pd.DataFrame({"Kirkuk": values}, index=weeks)
    counts = Counts.from_frame(frame, freq="week", as_of="2020-04-15")  # the last week is running
    ax = plot_calendar(counts)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2019", "2020"]
    assert squares(ax, "none") == [(1.0, -0.18)]  # 2019-W01, which begins in 2018
    assert squares(ax, "no coverage") == [(6.0, -0.18), (7.0, -0.18)]
    running = [c.get_label() for c in ax.collections if "running" in c.get_label()]
    assert len(running) == 1
    assert squares(ax, running[0]) == [(16.0, 0.82)]
    drawn = sum(len(c.get_paths()) for c in ax.collections)
    assert drawn == len(weeks)
    assert ax.get_title(loc="left") == "Most incidents in a week: 67, 2020-W16"


def test_marked_days_have_a_line_and_a_letter():
    frame = pd.DataFrame({"Kirkuk": 1.0}, index=pd.date_range("2020-01-06", "2020-04-19"))
    counts = Counts.from_frame(frame, freq="day", as_of="2020-04-19", countries=["Iraq"])
    ax = plot_calendar(counts)
    assert ax.get_xlabel() == "C the curfew of 2020"
    line = next(item for item in ax.get_lines() if item.get_label() == "_mark")
    assert line.get_xdata() == pytest.approx([12 + 0.5 + 6 / 7 - 1, 16.5])  # 22 March, a Sunday, to as_of
    own = plot_calendar(
        counts, marks={"Election": ["2020-02-03..2020-02-09"], "Easter": ["2020-04-12..2020-04-12"]}
    )
    assert own.get_xlabel() == "E Election · A Easter"
    assert plot_calendar(counts, marks=None).get_xlabel() == ""


def test_a_calendar_says_what_it_leaves_out_and_when_there_is_nothing():
    frame = pd.DataFrame({"Najaf": 0.0}, index=pd.date_range("2017-01-02", "2020-04-13", freq="7D"))
    ax = plot_calendar(Counts.from_frame(frame, freq="week", as_of="2020-04-19"), years=2)
    assert "2 earlier years not shown" in ax.get_xlabel()
    assert "no incidents in this time" in texts(ax)
    assert ax.get_title(loc="left") == "No incidents in 2019 to 2020"
    none = Counts.from_frame(frame * np.nan, freq="week", as_of="2020-04-19", simulated=True)
    ax = plot_calendar(none)
    assert {"no coverage in this time", "SIMULATED"} <= set(texts(ax))


def test_weeks_from_saturday_stand_in_the_year_of_their_fourth_day():
    frame = pd.DataFrame({"A": [1.0, 2.0]}, index=pd.to_datetime(["2019-12-28", "2020-01-04"]))
    ax = plot_calendar(Counts.from_frame(frame, freq="week", as_of="2020-01-10", week_start="saturday"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2019", "2020"]  # 31 December; 7 January
    assert squares(ax, "1") == [(53.0, -0.18)]
    assert squares(ax, "over 1") == [(1.0, 0.82)]
