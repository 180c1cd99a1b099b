"""Weekly reports of small and unusual files, page by page: what is shown, and what is not asked for."""

from __future__ import annotations

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analytics import Counts
from analytics.errors import HistoryError
from analytics.reporting.content import weekly
from analytics.reporting.content.weekly import figures, kinds, maps, regions, where
from analytics.reporting.content.weekly.ahead import next_lines
from analytics.reporting.content.weekly.cards import _checks, cards_page
from analytics.reporting.content.weekly.parameters import parameter_table
from analytics.reporting.content.weekly.record import report_record
from analytics.reporting.content.weekly.scorecard import scorecard_page
from analytics.reporting.formats.workbook import report_tables

DAY = "2020-04-19"
PAGES = ("country", "where", "cards", "regions", "kinds", "trust", "scorecard", "method")
WITH_NUMBERS = ("country", "where", "kinds", "trust")


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def shown(**asked):
    """Every page of a report by its name, and the front page."""
    request = weekly.ReportRequest(as_of=DAY, **asked)
    numbers = weekly.weekly_numbers(weekly.weekly_counts(request))
    content = weekly.weekly_content(numbers)
    pages = {
        name: getattr(weekly, f"show_{name}")(content, *([numbers] if name in WITH_NUMBERS else []))
        for name in PAGES
    }
    return numbers, content, pages, weekly.show_front(content, numbers)


def incidents(path, regions, days=500, last=DAY, rate=0.4, **columns):
    rng = np.random.default_rng(31)
    dates = pd.date_range(end=last, periods=days)
    frame = pd.DataFrame({"date": dates.repeat(rng.poisson(rate * len(regions), days))})
    frame["admin1"] = rng.choice(regions, len(frame))
    frame.assign(id=range(len(frame)), **columns).to_csv(path, index=False)
    return str(path)


def test_pages_that_are_not_asked_for_are_not_there(tmp_path):
    file = incidents(tmp_path / "one.csv", ["Eastmark"])
    numbers, _, pages, front = shown(incidents_path=file, sections=("method",), where="admin1 = 'Eastmark'")
    assert {name for name, page in pages.items() if page is not None} == {"method"}
    assert "Eastmark" in str(front)
    assert "admin1 = 'Eastmark'" in str(pages["method"])
    assert numbers.single


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of weekly counts: Eastmark rises in the last two weeks, Westmark has one a week."""
    weeks = pd.date_range("2018-01-01", periods=120, freq="7D")
    east = np.resize([3, 1, 2], 120)
    east[-2:] = 20
    rows = pd.DataFrame({"week": weeks, "Eastmark": east, "Westmark": 1})
    path = tmp_path_factory.mktemp("counts") / "c.csv"
    rows.melt("week", var_name="admin1", value_name="events").to_csv(path, index=False)
    return rows, str(path)


@pytest.fixture(scope="module")
def of_counts(table):
    return shown(incidents_path=table[1])


def test_a_table_of_counts_has_no_types_no_deaths_and_no_delays(of_counts):
    numbers, content, pages, _ = of_counts
    assert numbers.counts.values[-1].tolist() == [20, 1]
    assert numbers.counts.value == "incidents"
    assert "Eastmark" in str(pages["regions"])
    assert "SIMULATED" not in "".join(map(str, pages.values()))
    assert content.kinds.severity is None
    assert all(np.isnan(series.values).all() for series in numbers.estimates)
    assert figures.delay_figure(numbers) is None
    assert report_tables(report_record(numbers, weekly.front_page(numbers))).keys() == {
        "summary", "regions", "weeks", "account", "parameters", "notes",
    }  # fmt: skip


def test_the_card_of_a_region_in_a_table_of_counts_lists_no_incident(of_counts):
    (card,) = of_counts[1].cards.cards
    assert card.standout.region == "Eastmark"
    assert (card.parts, card.notable) == ((), ())
    assert card.notable_left == "Single incidents are not known: the file holds counts."
    assert len(card.checks) == 3


def test_what_may_be_chance_has_no_checks(of_counts):
    numbers = of_counts[0]
    row = numbers.rows.set_index("region", drop=False).loc["Eastmark"]
    assert len(_checks(numbers, row)) == 3
    assert _checks(numbers, row.replace({"uptick": "above_usual"})) == ()


def test_rows_of_a_table_of_counts_and_the_incidents_in_them_are_told_apart(table, of_counts):
    """Rows read are kept or set aside; how many incidents those hold is another account."""
    rows, counted = table[0], int(table[0][["Eastmark", "Westmark"]].to_numpy().sum())
    numbers, content, _, _ = of_counts
    account = content.trust.account
    assert account.caption == "240 rows read = 240 kept + 0 set aside"
    told = account.frame.set_index("what")["rows"].to_dict()
    assert told == {
        "rows read": 240,
        "set aside for a fault": 0,
        "kept as counts": 240,
        "in the grid": counted,
    }
    lines = {
        line["what"]: line["rows"]
        for line in report_record(numbers, weekly.front_page(numbers))["row_account"]
    }
    assert lines["kept"] == 2 * len(rows)
    assert lines["incidents in them: in the grid"] == counted


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """Two places with coordinates, and this week a day without coverage."""
    path = tmp_path_factory.mktemp("mapped") / "rows.csv"
    file = incidents(path, ["Eastmark", "Westmark"], longitude=44.0, fatalities=1)
    frame = pd.read_csv(file)
    frame["latitude"] = frame["admin1"].map({"Eastmark": 33.3, "Westmark": 35.1})
    frame.to_csv(file, index=False)
    return file


def numbers_of(file, **asked):
    request = weekly.ReportRequest(as_of=DAY, incidents_path=file, **asked)
    return weekly.weekly_numbers(weekly.weekly_counts(request))


def test_places_with_coordinates_stand_on_the_map_as_dots(mapped):
    numbers = numbers_of(mapped, no_coverage=["2020-04-15..2020-04-15"])
    said = maps._places(numbers)
    assert said[["region", "lat", "lon"]].to_numpy().tolist() == [
        ["Eastmark", 33.3, 44.0],
        ["Westmark", 35.1, 44.0],
    ]
    assert 'id="Eastmark"' in maps.map_figure(numbers, "level").svg
    severity = kinds._severity(numbers)
    assert severity.caption == "The dead of this week: not stated, or coverage not complete"
    assert severity.frame["best"].isna().tolist() == [True, False, False, False]


def test_circles_that_incidents_were_placed_in_are_drawn_and_told(mapped):
    numbers = numbers_of(mapped, placing={"near": ["33.3,44,20"]})
    assert numbers.counts.regions == ("within 20 km of 33.3, 44",)
    drawn = maps._polygons(numbers)
    assert drawn.names("name") == ("within 20 km of 33.3, 44",)
    asked = parameter_table(numbers).frame.set_index("what")["value"]
    assert asked["placed in"] == "points (near = ['33.3,44,20'])"


def test_the_card_of_a_district_tells_its_places(tmp_path):
    file = incidents(tmp_path / "d.csv", ["Eastmark"], rate=0.3, admin2="North")
    frame = pd.read_csv(file)
    rise = frame.iloc[:30].assign(date="2020-04-16", id=range(9000, 9030), place="Bridge")
    pd.concat([frame, rise]).to_csv(file, index=False)
    (card,) = cards_page(numbers_of(file, by="admin2")).cards
    titles = [title for title, _, _ in card.parts]
    assert "Places" in titles
    assert "Districts" not in titles
    places = dict(zip(titles, card.parts, strict=True))["Places"]
    assert (places[1][0].name, places[1][0].observed) == ("Bridge", 30)


LONG = "a place with a name that no tile has room for, "


@pytest.mark.parametrize(("name", "said"), [("P{}", "P7"), (LONG + "{}", "1")], ids=["names", "numbers"])
def test_tiles_too_many_for_names_bear_those_that_stand_out(name, said, of_counts):
    names = [name.format(at) for at in range(60)]
    counts = Counts.from_array(np.ones((2, 60), int), start="2020-04-06", regions=names)
    rows = pd.DataFrame(
        {"region": names, "grade": "no_sign", "far_below": False, "observed": 5, "expected": 5.0}
    )
    rows.loc[7, "grade"] = "uptick"
    numbers = replace(of_counts[0], counts=counts)
    numbers.__dict__["rows"] = rows
    assert maps.tile_marks(numbers) == {names[7]: said}
    # Where boundaries are known there are no tiles.
    known = replace(counts, regions=("Kirkuk", *names[1:]), countries=("Iraq",), by="admin1")
    assert maps.tile_marks(replace(numbers, counts=known)) == {}


def test_an_alarm_method_that_cannot_run_says_why_and_has_no_board(of_counts, monkeypatch):
    def none(counts, **options):
        raise HistoryError("monitor needs more weeks", found="2")

    monkeypatch.setattr(where, "monitor", none)
    page = where.where_page(of_counts[0])
    assert page.method == ("Alarms of another method are not shown: monitor needs more weeks.",)
    assert not page.board
    assert figures.board_figure(of_counts[0]) is None


def with_lines(numbers, watch_from):
    """The same numbers, with other lines for the next week."""
    made = replace(numbers)
    made.__dict__["watch"] = pd.DataFrame(
        {"region": list(numbers.counts.regions), "watch_from": watch_from, "watch_from_3": watch_from}
    )
    return made


def test_lines_that_nothing_reaches_or_that_are_not_known_are_said_so(of_counts):
    far = with_lines(of_counts[0], 1e6)
    said = (
        "Next week every region would need over twice its largest fortnight so far for an uptick, "
        "so no number is given."
    )
    assert next_lines(far) == said
    assert scorecard_page(far).watch == (said,)
    unknown = with_lines(of_counts[0], np.nan)
    assert next_lines(unknown) == ""
    assert scorecard_page(unknown).watch == (
        "Next week no count would be called an uptick: the history is too short or swings too much.",
    )


def test_the_last_week_of_the_trend_may_have_no_expected_range(of_counts):
    numbers = of_counts[0]
    band = numbers.band.copy()
    band.loc[band.index[-1], ["low", "high"]] = np.nan
    assert figures.trend_figure(replace(numbers, band=band)).caption == "No expected range for the last week"


def test_sections_that_are_not_asked_for_have_no_page_and_regions_beyond_the_most_are_counted(
    table, of_counts, monkeypatch
):
    content = replace(of_counts[1], method=None)
    assert weekly.show_method(content) is None
    monkeypatch.setattr(regions, "MOST", 1)
    assert regions.regions_page(of_counts[0]).left_out == "1 more region is not shown, all – no sign."


@pytest.mark.slow
def test_a_file_that_says_little_is_reported_as_far_as_it_goes(tmp_path):
    file = incidents(
        tmp_path / "short.csv", ["Eastmark", "Westmark", "Northmark"], days=120, last="2020-04-17"
    )
    _, _, pages, front = shown(incidents_path=file)
    assert "completeness" in str(pages["trust"]).lower()
    assert "Northmark" in str(front) + str(pages["regions"])


@pytest.mark.slow
@pytest.mark.parametrize("by", ["admin2", "none"])
def test_districts_and_the_whole_file_have_pages_of_their_own(by, tmp_path):
    rng = np.random.default_rng(5)
    file = incidents(tmp_path / "d.csv", ["Eastmark", "Westmark"], days=800)
    frame = pd.read_csv(file)
    frame["admin2"] = frame["admin1"] + rng.choice([" north", " south"], len(frame))
    frame["event_type"] = rng.choice(["attack", "clash"], len(frame))
    frame["fatalities"] = rng.poisson(1.0, len(frame))
    frame.to_csv(file, index=False)
    numbers, _, pages, front = shown(incidents_path=file, by=by)
    districts = ["Eastmark north", "Eastmark south", "Westmark north", "Westmark south"]
    assert len(numbers.counts.regions) == (4 if by == "admin2" else 1)
    assert (pages["regions"] is None) is (by == "none")
    week = frame["date"] > "2020-04-12"
    assert f"{frame.loc[week, 'fatalities'].sum()} dead stated this week" in str(pages["kinds"])
    assert "clash" in str(pages["kinds"])
    two = frame["date"] > "2020-04-05"
    assert f"{two.sum()} in the fortnight" in str(front)
    if by == "admin2":
        assert all(name in str(pages["regions"]) for name in districts)
