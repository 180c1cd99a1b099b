"""States by name and number, actors in a mapping, filters on countries, and files that are told what is "
"wrong."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analytics.claims import read_claims, verdicts
from analytics.counts.reading import read_counts
from analytics.errors import InputError, OptionError, UptickError
from analytics.geo import bundled_countries, read_regions
from analytics.geo.polygons import read_polygons
from analytics.geo.states import all_states, find_state
from analytics.incidents import read_incidents
from analytics.reporting.content.weekly import ReportRequest
from analytics.reporting.content.weekly.reading import rests_on, weekly_counts
from analytics.reporting.languages.language import find_language
from analytics.sources.mapping import read_mapping
from analytics.store import Store

DEEP = 100_000  # brackets: far beyond what Python's own recursion allows
SQUARE = {
    "type": "Feature",
    "properties": {"name": "North"},
    "geometry": {"type": "Polygon", "coordinates": [[[44, 33], [45, 33], [45, 34], [44, 34], [44, 33]]]},
}


# -- states --------------------------------------------------------------------------------------------------


def test_every_name_and_code_is_of_one_state():
    states = all_states()
    for what in ("name", "gleditsch_ward", "iso3", "iso2"):
        assert len({getattr(state, what) for state in states}) == len(states) == 195
    for state in states:
        for name in (state.name, state.iso3, state.iso2, str(state.gleditsch_ward), *state.names):
            assert find_state(name) is state


def test_the_numbers_of_countries_with_data_are_those_of_the_list():
    countries = bundled_countries()
    assert len(countries) >= 2
    for country in countries:
        assert find_state(country.name).gleditsch_ward == country.gleditsch_ward


@pytest.mark.parametrize(
    ("name", "number"),
    [("DR Congo (Zaire)", 490), ("Ivory Coast", 437), ("Myanmar (Burma)", 775), ("Yemen (North Yemen)", 678),
     ("Syria", 652), ("Türkiye", 640), ("eswatini", 572), ("Russia (Soviet Union)", 365), ("UKR", 369),
     ("United States of America", 2), ("Cote d'Ivoire", 437), ("Palestine", None)],
)  # fmt: skip
def test_names_as_ucdp_and_acled_write_them_are_found(name, number):
    found = find_state(name)
    assert (None if found is None else found.gleditsch_ward) == number


def test_the_numbers_are_those_of_the_events(shared_data):
    raw = pd.read_csv(shared_data / "ucdp_ged_iraq_hdx.csv", dtype="str").iloc[1:]
    assert {find_state(name).gleditsch_ward for name in raw["country"].unique()} == {645}


# -- a mapping, and files of parameters ----------------------------------------------------------------------


@pytest.fixture
def office(tmp_path):
    (tmp_path / "attacks.csv").write_text(
        "id,date,admin1,actor1\na,2020-04-13,North,Daesh\nb,2020-04-14,North,Unit 9\n", encoding="utf-8"
    )
    (tmp_path / "actors.csv").write_text("name,normalised\nDaesh,Islamic State\n", encoding="utf-8")
    (tmp_path / "my.toml").write_text('[file]\nactors = "actors.csv"\n', encoding="utf-8")
    return tmp_path


def test_actors_are_a_key_of_the_mapping_file_and_lie_beside_it(office, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    incidents = read_incidents(office / "attacks.csv", mapping=office / "my.toml")
    assert incidents.frame["actor1"].tolist() == ["Islamic State", "Unit 9"]
    own = pd.DataFrame({"name": ["Daesh"], "normalised": ["IS"]})
    given = read_incidents(office / "attacks.csv", mapping=office / "my.toml", actors=own)
    assert given.frame["actor1"].tolist() == ["IS", "Unit 9"]
    plain = read_mapping(office / "my.toml").plain()  # as a report's notebook keeps it
    assert read_incidents(office / "attacks.csv", mapping=plain).frame["actor1"][0] == "Islamic State"
    with pytest.raises(OptionError, match="a store keeps actors as the file writes them"):
        Store(tmp_path / "s.duckdb").add(office / "attacks.csv", on="2020-04-20", mapping=office / "my.toml")


def test_a_mapping_without_its_table_of_actors_says_so_and_names_the_line(office):
    (office / "actors.csv").unlink()
    with pytest.raises(InputError) as error:
        read_incidents(office / "attacks.csv", mapping=office / "my.toml")
    assert "there is no table of actors" in str(error.value)
    assert "line 2, key 'actors' of [file]" in str(error.value)


HUGE = {
    "digits": "header_row = 1" + "0" * 5_000,
    "bits": "header_row = 0x" + "f" * 5_000,
    "beyond 64 bits": "header_row = 9223372036854775808",
    "nested": "x = " + "[" * DEEP + "]" * DEEP,
}


@pytest.mark.parametrize("line", HUGE.values(), ids=HUGE)
def test_numbers_and_nesting_without_end_are_one_clear_error(line, run, tmp_path, snapshot):
    path = tmp_path / "mine.toml"
    path.write_text(f"[file]\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_mapping(path)
    said = [str(error.value)]
    path.write_text(f"{line}\n".replace("header_row", "completeness"), encoding="utf-8")
    code, _, err = run("report", "--sample", "--parameters", path)
    said.append(err)
    assert code == 2
    assert "int()" not in "".join(said)
    assert "recursion" not in "".join(said)
    assert [text.replace(str(tmp_path), "HERE") for text in said] == snapshot


@pytest.mark.parametrize("line", ["header_row = 1.5", "header_row = inf", "header_row = -inf"])
def test_a_number_that_is_none_of_its_option_is_refused(line, run, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(line, encoding="utf-8")
    code, _, err = run("report", "--sample", "--as-of", "2020-04-19", "--summary", "--parameters", path)
    assert code == 2
    assert "of the file of parameters cannot be used" in err


# -- boundaries ----------------------------------------------------------------------------------------------


def nested(folder, name="deep.geojson"):
    path = folder / name
    path.write_text(
        '{"type": "FeatureCollection", "features": ' + "[" * DEEP + "]" * DEEP + "}", encoding="utf-8"
    )
    return path


def test_files_nested_too_deeply_are_one_clear_error(tmp_path, monkeypatch, snapshot):
    deep = nested(tmp_path)
    language = tmp_path / "xx.toml"
    language.write_text(HUGE["nested"], encoding="utf-8")
    country = tmp_path / "lands" / "utopia"
    country.mkdir(parents=True)
    (country / "country.toml").write_text(HUGE["nested"], encoding="utf-8")
    monkeypatch.setenv("UPTICK_COUNTRIES", str(country.parent))
    said = []
    for call in (
        lambda: read_regions(deep),
        lambda: read_polygons(deep),
        lambda: find_language(str(language)),
        bundled_countries.__wrapped__,
    ):
        with pytest.raises(UptickError) as error:
            call()
        said.append(str(error.value).replace(str(tmp_path), "HERE"))
    assert said == snapshot


def test_options_of_other_files_are_not_ignored_with_geojson(tmp_path, snapshot):
    path = tmp_path / "north.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [SQUARE]}), encoding="utf-8")
    assert len(read_regions(path)) == 1
    said = []
    for options in ({"layer": "districts"}, {"encoding": "cp1256"}):
        with pytest.raises(OptionError) as error:
            read_regions(path, **options)
        said.append(str(error.value))
    with pytest.raises(InputError) as error:
        read_regions(tmp_path / "none.shp")
    said.append(str(error.value).replace(str(tmp_path), "HERE"))
    assert said == snapshot


def test_a_folder_for_a_country_with_data_says_whose_place_it_takes(run, tmp_path):
    path = tmp_path / "north.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [SQUARE]}), encoding="utf-8")
    words = ("country", path, "--name", "name", "-o", tmp_path / "own")
    code, out, _ = run(*words, "--country", "Iraq")
    assert code == 0
    assert "note: Iraq has bundled data; with UPTICK_COUNTRIES this folder takes their place whole" in out
    assert "gleditsch_ward = 645" in (tmp_path / "own" / "iraq" / "country.toml").read_text(encoding="utf-8")
    code, out, _ = run(*words, "--country", "Utopia")
    assert code == 0
    assert "takes their place" not in out


# -- what a report's hash stands for -------------------------------------------------------------------------


def test_the_hash_covers_every_file_that_was_given(office):
    rows = pd.DataFrame(
        {"id": range(800), "date": pd.date_range("2018-01-01", periods=800).astype(str), "admin1": "North",
         "actor1": "Daesh", "latitude": 33.5, "longitude": 44.5}
    )  # fmt: skip
    rows.to_csv(office / "many.csv", index=False)
    boundaries, spellings = office / "north.geojson", office / "spellings.csv"
    features = {"type": "FeatureCollection", "features": [SQUARE]}
    boundaries.write_text(json.dumps(features), encoding="utf-8")
    spellings.write_text("name,spellings\nNorth,Nord\n", encoding="utf-8")
    given = {
        "incidents_path": office / "many.csv", "as_of": "2020-03-10",
        "reading": {"actors": str(office / "actors.csv")},
        "placing": {"regions": str(boundaries), "name": "name", "spellings": str(spellings)},
        "polygons": boundaries,
    }  # fmt: skip

    def mark():
        request = ReportRequest(**given)
        return rests_on(weekly_counts(request).incidents, request)

    first = mark()
    assert mark() == first
    ReportRequest(**given, sha256=first)
    for path in (boundaries, spellings, office / "actors.csv"):
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        assert mark() != first, path.name
        with pytest.raises(InputError, match="has changed since the report was begun"):
            weekly_counts(ReportRequest(**given, sha256=first))
        path.write_bytes(before)
    drawn = {**given, "placing": None, "polygons": boundaries, "by": "none"}
    undrawn = {**drawn, "polygons": None}
    marks = [
        rests_on(weekly_counts(ReportRequest(**one)).incidents, ReportRequest(**one))
        for one in (drawn, undrawn)
    ]
    assert marks[0] != marks[1]


# -- a table of counts, and a country ------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["country", "COUNTRY"])
def test_a_filter_on_the_country_leaves_its_regions_only(column):
    table = pd.DataFrame(
        {"week": ["2020-01-06"] * 2 + ["2020-01-13"] * 2, column: ["Utopia", "Arcadia"] * 2,
         "admin1": ["Kirk", "Hama"] * 2, "events": [3, 2, 3, 1]}
    )  # fmt: skip
    both = read_counts(table, as_of="2020-01-19")
    assert both.regions == ("Hama", "Kirk")
    one = read_counts(table, as_of="2020-01-19", where=f"{column} = 'Utopia'")
    assert one.regions == ("Kirk",)
    assert one.values.ravel().tolist() == [3, 3]
    some = read_counts(table, as_of="2020-01-19", where="events >= 3")
    assert some.regions == ("Hama", "Kirk")  # of what is not ruled out a zero is a zero
    either = read_counts(table, as_of="2020-01-19", where=f"{column} = 'Utopia' or events = 2")
    assert either.regions == ("Hama", "Kirk")


# -- claims of what is new -----------------------------------------------------------------------------------

CLAIMS = """
[article]
title = "Notes"
date = 2020-04-13

[[claim]]
id = "new-group"
words = "A new group is in Eastmark."
kind = "emerging"
name = "Group B"
regions = ["Eastmark"]
window = { first = -13, last = 0 }
activity = ["attack"]
direction = "greater"

[[claim]]
id = "any-group"
words = "Somebody new has come."
kind = "emerging"
region_set = "all"
window = { first = -13, last = 0 }
activity = ["attack"]
direction = "greater"

[[claim]]
id = "old-group"
words = "Group A is new in Eastmark."
kind = "emerging"
of = "actor1"
name = "Group A"
silence = 100
regions = ["Eastmark"]
window = { first = -13, last = 0 }
activity = ["attack"]
direction = "greater"

[[claim]]
id = "nobody"
words = "Group C is new in Eastmark."
kind = "emerging"
name = "Group C's men"
regions = ["Eastmark"]
window = { first = -13, last = 0 }
activity = ["attack"]
direction = "greater"
"""


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    days = pd.date_range("2017-04-01", "2020-04-13", freq="4D").strftime("%Y-%m-%d")
    old = pd.DataFrame({"date": days, "actor1": "Group A"})
    new = pd.DataFrame({"date": ["2020-04-10"] * 5, "actor1": "GROUP B"})
    rows = pd.concat([old, new]).assign(admin1="Eastmark", activity="attack", fatalities=0)
    path = tmp_path_factory.mktemp("claims") / "claims.toml"
    path.write_text(CLAIMS, encoding="utf-8")
    return path, verdicts(read_claims(path), read_incidents(rows, as_of="2020-04-13"))


def test_a_claim_of_a_new_name_is_put_to_the_test_that_answers_it(answered):
    _, table = answered
    rows = table.frame.set_index("claim")
    assert rows["test"].unique().tolist() == ["emerging_test"]
    assert rows["verdict"].to_dict() == {
        "new-group": "supported",
        "any-group": "supported",
        "old-group": "not supported",
        "nobody": "cannot be told",
    }
    assert "GROUP B in Eastmark: 5 in 14 days, none in the 364 before" in rows.loc["new-group", "reason"]
    assert (
        "it is not new: Group A was there in the 112 days before, 28 incidents"
        in rows.loc["old-group", "reason"]
    )
    assert rows.loc["nobody", "reason"] == (
        "no incident of Group C's men in the window; reports may still come (completeness not known)"
    )
    assert rows.loc["new-group", "pvalue"] < 0.05


def test_with_complete_reports_nothing_new_is_not_supported(answered):
    path, _ = answered
    days = pd.date_range("2017-04-01", "2020-04-13", freq="4D").strftime("%Y-%m-%d")
    rows = pd.DataFrame(
        {"date": days, "actor1": "Group A", "admin1": "Eastmark", "activity": "attack", "fatalities": 0}
    )
    incidents = read_incidents(rows, as_of="2020-04-13")
    table = verdicts(read_claims(path), incidents, completeness=1.0)
    assert table["any-group"]["verdict"].tolist() == ["not supported"]
    assert table["any-group"]["reason"].tolist() == ["no actor appeared after 364 days without one"]


@pytest.mark.parametrize("key", ["of", "name", "silence"])
def test_keys_of_a_new_name_are_refused_elsewhere(key, tmp_path):
    text = CLAIMS.split("[[claim]]")
    claim = text[1].replace('kind = "emerging"\nname = "Group B"', 'kind = "recent"')
    path = tmp_path / "claims.toml"
    value = "100" if key == "silence" else '"x"'
    path.write_text(f"{text[0]}[[claim]]{claim}{key} = {value}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"{key} cannot be used"):
        read_claims(path)
