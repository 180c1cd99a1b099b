"""``--regions FILE``, ``--near``, ``--along`` and ``--population`` on the command line."""

from __future__ import annotations

import json

import pytest

from analytics import read_incidents
from analytics.bundled import bundled_path
from analytics.geo import distance_km

pytest.importorskip("shapely")

SAMPLE = ("--sample", "--as-of", "2020-04-19")


@pytest.fixture(scope="module")
def iraq(project):
    return project / "data" / "iraq" / "adm1.geojson"


def record(run, *argv):
    code, out, err = run(*argv, "--format", "json")
    assert code == 0, err
    return json.loads(out)


def test_counts_by_a_file_of_boundaries_add_up_and_say_how(run, iraq):
    told = record(run, "count", *SAMPLE, "--regions", iraq, "--region-name", "name", "--population", "km2")
    placement, account = told["placement"], told["count_accounting"]
    assert told["parameters"]["by"] == "area"
    assert told["parameters"]["placing"] == {"regions": str(iraq), "name": "name"}
    assert sum(placement["rows"].values()) == account["kept"] == 5156
    assert account["grid"] == placement["rows"]["in a region"]
    assert account["kept"] == account["grid"] + account["unplaced"]
    assert len({row["region"] for row in told["counts"]}) == 19  # and the unplaced
    assert sum(row["rows"] for row in placement["disagreements"]) > 0
    assert len(told["rates"]) == 18
    kirkuk = next(row for row in told["rates"] if row["region"] == "Kirkuk")
    assert kirkuk["rate"] == pytest.approx(kirkuk["count"] / kirkuk["of"] * 1000)


def test_circles_are_tested_as_regions(run):
    told = record(run, "test", *SAMPLE, "--near", "Kirkuk=35.47,44.39,60", "--near", "33.34,44.4,20")
    assert [row["region"] for row in told["regions"]] == ["Kirkuk", "within 20 km of 33.34, 44.4"]
    frame = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19").frame
    km = distance_km(frame["latitude"], frame["longitude"], 35.47, 44.39)
    close = (
        frame["place_precision"].isin(["exact", "near"]) & (km <= 60) & (frame["date_start"] >= "2020-04-06")
    )
    assert told["regions"][0]["observed"] == close.sum() > 10
    assert told["count_accounting"]["filtered"]["region (2 near)"] > 2000


def test_people_are_taken_from_a_table(run, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("region,population\nKirkuk,1600000\nErbil,2000000\n", encoding="utf-8")
    code, out, _ = run("count", *SAMPLE, "--regions", "Kirkuk,Erbil", "--population", people, "--per", "1000")
    assert code == 0
    assert "incidents for 1,000 people, in all and a year; shown only: no test uses rates" in out


def test_some_of_the_regions_are_chosen_by_a_set_or_by_name(run, iraq):
    asked = ("count", *SAMPLE, "--regions", iraq, "--region-name", "name")
    told = record(run, *asked, "--region-only", "Ninawa, At-Ta'mim")  # in other spellings
    assert sorted({row["region"] for row in told["counts"]}) == ["(unplaced)", "Kirkuk", "Ninewa"]
    assert sum(told["count_accounting"]["filtered"].values()) > 2000
    code, _, err = run(*asked, "--region-only", "districts_of_kirkuk")
    assert (code, "unknown region 'Daquq'" in err) == (2, True)


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
def test_errors_of_places(run, words, snapshot):
    code, _, err = run("count", *SAMPLE, *words)
    assert (code, err) == (2, snapshot)


def test_a_rate_without_people_and_a_table_of_counts_on_the_map_are_errors(run, tmp_path, snapshot):
    people = tmp_path / "people.csv"
    people.write_text("region,population\nKirkuk,1600000\nErbil,0\n", encoding="utf-8")
    table = tmp_path / "weekly.csv"
    table.write_text("week,admin1,events\n2021-01-02,North,3\n", encoding="utf-8")
    said = []
    assert run("test", *SAMPLE, "--claims", "article", "--near", "1,2,3")[2] == snapshot
    for words in (
        (*SAMPLE, "--population", people),
        (*SAMPLE, "--regions", "Erbil,Kirkuk", "--population", people),
        (table, "--as-of", "2021-01-08", "--near", "1,2,3"),
    ):
        code, _, err = run("count", *words)
        assert code == 2
        said.append(err)
    assert said == snapshot


def test_a_report_is_about_the_regions_on_the_map(run, tmp_path, iraq):
    options = tmp_path / "report.toml"
    (tmp_path / "iraq.geojson").write_bytes(iraq.read_bytes())
    options.write_text(
        'sample = true\nregions = "iraq.geojson"\nregion-name = "name"\nregion-precision = "admin2"\n',
        encoding="utf-8",
    )
    code, out, err = run("report", "--parameters", options, "--week", "2020-W16", "--summary")
    assert code == 0, err
    assert "Uptick in Kirkuk" in out
