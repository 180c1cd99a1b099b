"""``--regions FILE``, ``--near``, ``--along`` and ``--population`` on the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analytics.cli.parameters import fill_from_file
from analytics.cli.parser import parse_arguments
from analytics.cli.places import settle_places
from analytics.reporting.content.weekly import ReportRequest, weekly_counts

pytest.importorskip("shapely")

DAY = ("--as-of", "2021-12-31")
TOWNS = {"Kirkuk": (35.47, 44.39), "Erbil": (36.19, 44.01), "Baghdad": (33.31, 44.40), "Basrah": (0.0, 0.0)}
ROWS = 240


@pytest.fixture(scope="module")
def iraq(project):
    return project / "data" / "iraq" / "adm1.geojson"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Incidents in three towns, some called by another name, and some in the sea or coded to their unit."""
    draw = np.random.default_rng(5)
    town = draw.choice(list(TOWNS), ROWS)
    frame = pd.DataFrame([TOWNS[name] for name in town], columns=["latitude", "longitude"])
    frame["date"] = np.datetime64("2021-01-01") + np.sort(draw.integers(0, 365, ROWS))
    frame["country"], frame["admin1"] = "Iraq", np.where(np.arange(ROWS) % 9 == 0, "At-Ta'mim", town)
    frame["place_precision"] = np.where(np.arange(ROWS) % 10 == 0, "admin1", "exact")
    path = tmp_path_factory.mktemp("incidents") / "incidents.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def rows(table):
    return pd.read_csv(table)


def record(run, *argv):
    code, out, err = run(*argv, *DAY, "--format", "json")
    assert code == 0, err
    return json.loads(out)


def test_counts_by_a_file_of_boundaries_add_up_and_say_how(run, iraq, table, rows):
    told = record(run, "count", table, "--regions", iraq, "--region-name", "name", "--population", "km2")
    exact = rows["place_precision"] == "exact"
    placement, account = told["placement"], told["count_accounting"]
    assert told["parameters"]["by"] == "area"
    assert told["parameters"]["placing"] == {"regions": str(iraq), "name": "name"}
    assert sum(placement["rows"].values()) == account["kept"] == ROWS
    assert account["grid"] == placement["rows"]["in a region"] == int((exact & (rows["latitude"] > 0)).sum())
    assert placement["rows"]["coded to a unit, not to a spot"] == account["unplaced"] - int(
        (exact & (rows["latitude"] == 0)).sum()
    )
    assert len({row["region"] for row in told["counts"]}) == 19  # and the unplaced
    differ = exact & (rows["admin1"] == "At-Ta'mim") & rows["latitude"].isin([36.19, 33.31])
    assert sum(row["rows"] for row in placement["disagreements"]) == int(differ.sum()) > 0
    assert len(told["rates"]) == 18
    kirkuk = next(row for row in told["rates"] if row["region"] == "Kirkuk")
    assert kirkuk["rate"] == pytest.approx(kirkuk["count"] / kirkuk["of"] * 1000)


def test_circles_are_tested_as_regions(run, table, rows):
    told = record(run, "test", table, "--near", "Kirkuk=35.47,44.39,60", "--near", "33.34,44.4,20")
    assert [row["region"] for row in told["regions"]] == ["Kirkuk", "within 20 km of 33.34, 44.4"]
    exact = rows["place_precision"] == "exact"
    recent = rows["date"].between(*told["recent_window"].split(".."))
    assert told["regions"][0]["observed"] == int((exact & recent & (rows["latitude"] == 35.47)).sum()) > 0
    left_out = int((exact & rows["latitude"].isin([0.0, 36.19])).sum())
    assert told["count_accounting"]["filtered"] == {"region (2 near)": left_out}


def test_some_of_the_regions_are_chosen_by_name(run, iraq, table):
    asked = ("count", table, "--regions", iraq, "--region-name", "name")
    told = record(run, *asked, "--region-only", "Ninawa, At-Ta'mim")  # in other spellings
    assert sorted({row["region"] for row in told["counts"]}) == ["(unplaced)", "Kirkuk", "Ninewa"]
    assert told["count_accounting"]["filtered"].keys() == {"region (2 regions chosen)"}
    code, _, err = run(
        *asked, *DAY, "--region-only", "districts_of_kirkuk"
    )  # a set, of what the file has not
    assert (code, "unknown region 'Daquq'" in err) == (2, True)


def test_people_are_taken_from_a_table(run, tmp_path, table):
    people = tmp_path / "people.csv"
    people.write_text("region,population\nKirkuk,1600000\nErbil,2000000\n", encoding="utf-8")
    asked = ("count", table, *DAY, "--regions", "Kirkuk,Erbil", "--population", people)
    code, out, _ = run(*asked, "--per", "1000")
    assert code == 0
    assert "incidents for 1,000 people, in all and a year; shown only: no test uses rates" in out


def test_people_are_taken_from_a_column_of_the_file_of_boundaries(run, tmp_path, table, rows):
    feature = {"type": "Feature", "properties": {"name": "Kirkuk", "people": 1_600_000}}
    square = [[44, 35], [45, 35], [45, 36], [44, 36], [44, 35]]
    feature["geometry"] = {"type": "Polygon", "coordinates": [square]}
    (tmp_path / "a.geojson").write_text(json.dumps(feature), encoding="utf-8")
    asked = ("--regions", tmp_path / "a.geojson", "--region-name", "name")
    told = record(run, "count", table, *asked, "--by", "area, admin1")
    assert told["parameters"]["by"] == "area, admin1"
    here = (rows["place_precision"] == "exact") & (rows["latitude"] == 35.47)
    assert told["count_accounting"]["grid"] == int(here.sum()) > 0
    told = record(run, "count", table, *asked, "--population", "people")
    assert told["parameters"]["placing"]["population"] == "people"
    (rate,) = told["rates"]
    assert (rate["region"], rate["count"], rate["of"]) == ("Kirkuk", int(here.sum()), 1_600_000)


def test_a_road_is_asked_for_with_its_distance(run, tmp_path, table, rows):
    line = {"type": "LineString", "coordinates": [[44.3, 35.5], [44.0, 36.1]]}  # Kirkuk to Erbil
    (tmp_path / "road.geojson").write_text(
        json.dumps({"type": "Feature", "properties": {}, "geometry": line})
    )
    told = record(run, "count", table, "--along", f"{tmp_path / 'road.geojson'},15")
    near = rows["latitude"].isin([35.47, 36.19]) & (rows["place_precision"] == "exact")
    assert told["count_accounting"]["grid"] == int(near.sum()) > 0
    assert told["parameters"]["placing"] == {"along": f"{tmp_path / 'road.geojson'},15"}


@pytest.mark.parametrize(
    "words",
    [
        ("--region-name", "name"),
        ("--regions", "h3:5", "--by", "admin2"),
        ("--near", "35.47;44.39;20"),
        ("--per", "1000"),
        ("--population", "POP"),
        ("--regions", "nowhere.gpkg"),
    ],
    ids=lambda words: " ".join(words),
)
def test_errors_of_places(run, table, words, snapshot):
    code, _, err = run("count", table, *DAY, *words)
    assert (code, err) == (2, snapshot)


def test_a_rate_without_people_and_a_table_of_counts_on_the_map_are_errors(run, tmp_path, table, snapshot):
    people = tmp_path / "people.csv"
    people.write_text("region,population\nKirkuk,1600000\nErbil,0\n", encoding="utf-8")
    weekly = tmp_path / "weekly.csv"
    weekly.write_text("week,admin1,events\n2021-01-02,North,3\n", encoding="utf-8")
    said = []
    for words in (
        ("count", table, "--population", people),
        ("count", table, "--regions", "Erbil,Kirkuk", "--population", people),
        ("count", weekly, "--near", "1,2,3"),
        ("test", table, "--claims", "article", "--near", "1,2,3"),
    ):
        code, _, err = run(*words, *DAY)
        assert code == 2
        said.append(err)
    assert said == snapshot


def test_a_report_is_about_the_regions_on_the_map(tmp_path, iraq, table):
    options = tmp_path / "report.toml"
    options.write_text('regions = "iraq.geojson"\nregion-name = "name"\nregion-only = "Kirkuk"\n', "utf-8")
    args = parse_arguments(["report", str(table), "--parameters", str(options), *DAY])
    fill_from_file(args)
    settle_places(args)
    assert args.placing == {"regions": str(tmp_path / "iraq.geojson"), "name": "name"}
    assert (args.by, args.regions) == ("area", "Kirkuk")
    (tmp_path / "iraq.geojson").write_bytes(iraq.read_bytes())
    scope = weekly_counts(
        ReportRequest(table, as_of="2021-12-31", placing=args.placing, regions=args.regions)
    )
    assert (scope.counts.by, scope.counts.regions) == ("area", ("Kirkuk",))
