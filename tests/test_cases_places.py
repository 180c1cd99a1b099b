"""A place is a path: names in several countries or under several parents, spellings, countries as data."""

from __future__ import annotations

import ast
import json
import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import count_incidents, read_incidents, uptick_test
from analytics.cli import main
from analytics.counts import read_counts
from analytics.counts.questions import nearly_equal, place_questions
from analytics.errors import FilterError, InputError, OptionError
from analytics.filters import parse_filter
from analytics.geo import bundled_countries, find_country, fold, known_region_sets, region_set, region_table
from analytics.geo import countries as countries_module
from analytics.geo import names as names_module


@pytest.fixture
def cases(project):
    return project / "tests" / "fixtures" / "cases"


def incidents(rows, columns=("date", "country", "admin1", "admin2"), as_of="2020-04-19", **options):
    """Incidents from tuples; short ones are blank at the end."""
    table = pd.DataFrame([(*row, *("",) * (len(columns) - len(row))) for row in rows], columns=list(columns))
    return read_incidents(table, as_of=as_of, **options)


def sums(counts):
    return dict(zip(counts.regions, counts.values.sum(axis=0).tolist(), strict=True))


def busy(counts):
    return {name: n for name, n in sums(counts).items() if n}


# Names in several places ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["admin1", "country,admin1", ["country", "admin1"], "COUNTRY, ADMIN1"])
def test_one_name_in_three_countries_is_three_regions(cases, by):
    data = read_incidents(cases / "same-admin1-across-countries" / "in.csv", as_of="2020-04-19")
    if by == "COUNTRY, ADMIN1":
        with pytest.raises(OptionError, match="did you mean country"):
            count_incidents(data, by=by)
        return
    counts = count_incidents(data, by=by, start="2020-04-13")
    assert sums(counts) == {"Central, Ghana": 1, "Central, Uganda": 2, "Central, Zambia": 1}
    assert counts.by == (by if isinstance(by, str) else "country,admin1")
    assert counts.countries == ("Ghana", "Uganda", "Zambia")
    assert any("told apart" in note and "Central" in note for note in counts.notes)


def test_an_uptick_is_not_hidden_by_another_countrys_region_of_that_name(cases):
    data = read_incidents(cases / "same-admin1-across-countries" / "hides_an_uptick.csv", as_of="2020-04-19")
    frame = uptick_test(count_incidents(data)).frame.set_index("region")
    assert frame.loc["Central, Uganda", "verdict"] == "supported"
    assert frame.loc["Central, Uganda", "observed"] == 14
    assert frame.loc["Central, Uganda", "pvalue"] == pytest.approx(0.002, rel=0.5)  # said to one figure
    assert frame.loc["Central, Uganda", "qvalue"] < 0.001
    assert frame.loc["Central, Zambia", "verdict"] != "supported"
    alone = count_incidents(data, where="country = 'Uganda'")
    assert alone.regions == ("Central",)
    assert uptick_test(alone).frame["verdict"].tolist() == ["supported"]


def test_one_name_in_two_provinces_is_two_districts(cases):
    data = read_incidents(cases / "same-admin2-in-two-provinces" / "in.csv", as_of="2020-04-19")
    assert sums(count_incidents(data, by="admin2")) == {"Bassa, Kogi": 1, "Bassa, Plateau": 1}


def test_two_countries_northern_are_two_regions(cases):
    data = read_incidents(cases / "files" / "f01_same_name_two_countries.csv", as_of="2022-12-31")
    assert sums(count_incidents(data)) == {"Northern, Aland": 99, "Northern, Beland": 286}


def test_a_label_is_no_longer_than_it_must_be():
    rows = [
        ("2020-04-13", "Uganda", "Central", "Kampala"),
        ("2020-04-13", "Zambia", "Central", "Kabwe"),
        ("2020-04-13", "Zambia", "Western", "Mongu"),
        ("2020-04-13", "Uganda", "Western", "Mongu"),
        ("2020-04-13", "Uganda", "Gulu", "Gulu"),
    ]
    data = incidents(rows)
    assert count_incidents(data).regions == (
        "Central, Uganda", "Central, Zambia", "Gulu", "Western, Uganda", "Western, Zambia",
    )  # fmt: skip
    # Mongu lies in two provinces of one name: the country has to be said too.
    assert count_incidents(data, by="admin2").regions == (
        "Gulu", "Kabwe", "Kampala", "Mongu, Western, Uganda", "Mongu, Western, Zambia",
    )  # fmt: skip


def test_regions_are_asked_for_by_label_by_name_and_by_path():
    rows = [
        ("2020-04-13", "Uganda", "Central"),
        ("2020-04-14", "Zambia", "Central"),
        ("2020-04-14", "Zambia", "Lusaka"),
    ]
    data = incidents(rows)
    for regions in (["Central, Uganda"], "Central, Uganda", ["central, UGANDA"]):
        assert sums(count_incidents(data, regions=regions)) == {"Central, Uganda": 1}
    both = count_incidents(data, regions="Lusaka, Central, Zambia")
    assert sums(both) == {"Lusaka": 1, "Central, Zambia": 1}
    with pytest.raises(OptionError, match="'Central' names 2 regions"):
        count_incidents(data, regions=["Central"])


def test_a_spell_without_coverage_finds_its_region_whatever_it_is_called():
    rows = [
        ("2020-04-13", "Uganda", "Central"),
        ("2020-04-14", "Zambia", "Central"),
        ("2020-04-14", "Zambia", "Lusaka"),
    ]
    data = incidents(rows)

    def uncovered(gap, **options):
        counts = count_incidents(data, start="2020-04-13", no_coverage=[f"2020-04-13@{gap}"], **options)
        return {name for name, day in zip(counts.regions, counts.coverage[0], strict=True) if not day}

    assert uncovered("Central, Uganda") == {"Central, Uganda"}
    assert uncovered("Zambia") == {"Central, Zambia", "Lusaka"}
    assert uncovered("Zambia", by="country") == {"Zambia"}
    assert uncovered("Lusaka", by=None) == {"all incidents"}
    with pytest.raises(OptionError, match="names 2 regions"):
        uncovered("Central")


def test_a_country_that_is_not_stated_is_told_by_the_name_where_only_one_has_it():
    rows = [
        ("2020-04-13", "Uganda", "Central"), ("2020-04-13", "Zambia", "Central"),
        ("2020-04-13", "Zambia", "Lusaka"), ("2020-04-14", "", "Lusaka"),
        ("2020-04-14", "", "Central"), ("2020-04-15", "", "Nowhere"),
    ]  # fmt: skip
    counts = count_incidents(incidents(rows))
    assert sums(counts) == {"Central, Uganda": 1, "Central, Zambia": 1, "Lusaka": 2}
    assert counts.accounting.unplaced == 2
    assert any("2 kept incidents state no country" in note for note in counts.notes)
    # The parent too: a district without a province, where its country has one or two of that name.
    rows = [
        ("2020-04-13", "Nigeria", "Kogi", "Bassa"), ("2020-04-13", "Nigeria", "Plateau", "Bassa"),
        ("2020-04-13", "Nigeria", "Borno", "Gwoza"), ("2020-04-14", "Nigeria", "", "Gwoza"),
        ("2020-04-14", "Nigeria", "", "Bassa"), ("2020-04-14", "Nigeria", "", "Mubi"),
    ]  # fmt: skip
    counts = count_incidents(incidents(rows), by="admin2")
    assert sums(counts) == {"Bassa, Kogi": 1, "Bassa, Plateau": 1, "Gwoza": 2, "Mubi": 1}
    assert counts.accounting.unplaced == 1
    # One country with a table of its names and one without, the region counted before or in the table alone.
    rows = [
        ("2020-04-13", "Iraq", "Ninewa", "Mosul"), ("2020-04-13", "Uganda", "Central", "Kampala"),
        ("2020-04-14", "", "", "Mosul"), ("2020-04-14", "", "", "Kampala"), ("2020-04-14", "", "", "Tikrit"),
    ]  # fmt: skip
    counts = count_incidents(incidents(rows), by="admin2")
    told = {name: n for name, n in sums(counts).items() if n}
    assert told == {"Mosul": 2, "Kampala": 2, "Tikrit": 1}
    assert counts.accounting.unplaced == 0


# A file's own names -----------------------------------------------------------------------------------------


def test_a_files_own_column_names_keep_working(cases):
    data = read_incidents(cases / "files" / "f20_police.csv", as_of="2022-12-31")
    counts = count_incidents(data, by="District")
    assert sums(counts) == {"001": 241, "002": 240, "003": 240}
    assert "District is called admin2 here" in counts.notes
    one = count_incidents(data, by="Primary Type", where="District = '001'")
    assert sums(one) == {"BATTERY": 241}
    assert {"District is called admin2 here", "Primary Type is called event_type here"} <= set(one.notes)
    with pytest.raises(OptionError, match=r"no column 'Distrikt'[\s\S]*did you mean District"):
        count_incidents(data, by="Distrikt")
    with pytest.raises(InputError, match=r"admin1 is empty[\s\S]*give by='admin2'"):
        count_incidents(data)
    with pytest.raises(FilterError, match="unknown column 'Distrikt'"):
        count_incidents(data, by=None, where="Distrikt = '001'")


def test_a_sources_own_column_names_keep_working():
    table = pd.DataFrame(
        {
            "id": ["1", "2"], "type_of_violence": ["1", "3"],
            "date_start": "2020-04-13", "date_end": "2020-04-13",
            "side_a": ["Government of Iraq", "IS"], "side_b": ["IS", "Civilians"], "best": ["2", "0"],
            "country": "Iraq", "adm_1": ["Kirkūk province", "Diyālá province"],
        }
    )  # fmt: skip
    data = read_incidents(table, as_of="2020-04-19")
    assert data.source == "ucdp"
    assert busy(count_incidents(data, by="adm_1")) == {"Diyala": 1, "Kirkuk": 1}
    assert sums(count_incidents(data, by="side_a", where="best > 0")) == {"Government of Iraq": 1, "IS": 0}


def test_several_columns_that_are_no_places_are_counted_by_each_combination():
    rows = [
        ("2020-04-13", "Iraq", "x"),
        ("2020-04-14", "Iraq", "y"),
        ("2020-04-14", "Syria", "x"),
        ("2020-04-15", "Iraq", ""),
    ]
    data = incidents(rows, columns=("date", "country", "event_type"))
    counts = count_incidents(data, by="country,event_type")
    assert sums(counts) == {"Iraq, x": 1, "Iraq, y": 1, "Syria, x": 1}
    assert counts.accounting.unplaced == 1
    with pytest.raises(OptionError, match="given twice"):
        count_incidents(data, by="country,country")


def test_a_column_beside_a_place_tells_countries_apart_and_joins_spellings():
    columns = ("date", "country", "admin1", "event_type", "admin2")
    rows = [
        ("2020-04-13", "Uganda", "Central", "a"), ("2020-04-13", "Ghana", "Central", "a"),
        ("2020-04-13", "Uganda", "Céntral", "a"), ("2020-04-13", "Iraq", "Nineveh", "b"),
        ("2020-04-13", "Iraq", "Ninewa", "b"), ("2020-04-13", "Iraq", "Atlantis", "b"),
        ("2020-04-13", "Iraq", "Ninewa", ""),
    ]  # fmt: skip
    data = incidents(rows, columns=columns)
    counts = count_incidents(data, by="admin1,event_type", no_coverage=["2020-04-15@Ghana"])
    assert sums(counts) == {"Central, Ghana, a": 1, "Central, Uganda, a": 2, "Ninewa, b": 2}
    assert counts.accounting.unplaced == 2
    assert set(counts.countries) == {"Ghana", "Iraq", "Uganda"}
    assert (~counts.coverage).sum(axis=0).tolist() == [1, 0, 0]
    for by in ("country,admin1,event_type", ["admin1", "country", "event_type"]):
        assert count_incidents(data, by=by).regions == counts.regions
    turned = count_incidents(data, by="event_type,admin1", where="country = 'Ghana'")
    assert sums(turned) == {"a, Central": 1}
    chosen = count_incidents(data, by="admin1,event_type", regions="Central, Uganda, a")
    assert sums(chosen) == {"Central, Uganda, a": 2}
    assert chosen.accounting.unplaced == 2
    table = pd.DataFrame(rows, columns=[*columns[:4]]).assign(week="2020-04-13", events=1)
    again = read_counts(table.drop(columns="date"), by="admin1,event_type", as_of="2020-04-19")
    assert sums(again) == sums(counts)


def test_commas_within_values_do_not_join_what_differs():
    rows = [("2020-04-13", "", "", "a, b", "c"), ("2020-04-13", "", "", "a", "b, c")]
    data = incidents(rows, columns=("date", "country", "admin1", "event_type", "actor1"))
    assert sums(count_incidents(data, by="event_type,actor1")) == {"a | b, c": 1, "a, b | c": 1}


# Spellings --------------------------------------------------------------------------------------------------


def test_names_equal_but_for_accents_are_one_region_with_a_note(cases):
    counts = count_incidents(
        read_incidents(cases / "files" / "f08_spelling_variants.csv", as_of="2022-12-31")
    )
    assert sums(counts) == {"North": 372, "South": 349}
    (note,) = [n for n in counts.notes if "one region" in n]
    assert "North = Nōrth (127)" in note
    assert "South = Sōuth (114)" in note


def test_nearly_equal_names_are_never_joined_but_asked_about(capsys, tmp_path):
    names = [
        "Barisāl",
        "Barisal",
        "Barishal",
        "Deir ez Zor",
        "Deirezzor",
        "District 1",
        "District 2",
        "Northern",
        "Southern",
    ]
    rows = [("2020-04-13", "Bangladesh", name) for name in names]
    data = incidents(rows)
    assert len(count_incidents(data).regions) == len(names) - 1
    assert place_questions(data) == (
        "are Barisal and Barishal one region of admin1?",
        "are Deir ez Zor and Deirezzor one region of admin1?",
    )
    path = tmp_path / "bangladesh.csv"
    pd.DataFrame(rows, columns=["date", "country", "admin1"]).to_csv(path, index=False)
    assert main(["check", str(path)]) == 0
    assert "question: are Barisal and Barishal one region of admin1?" in capsys.readouterr().out
    assert main(["check", str(path), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["questions"]) == 2


def test_names_one_letter_apart_may_be_one_wherever_the_letter_stands():
    word = "halabja"
    for at in range(len(word)):
        other = word[:at] + "x" + word[at + 1 :]
        assert nearly_equal([word, other]) == [tuple(sorted((word, other)))]
    assert nearly_equal([word, "xxlabja", "halabjaxx"]) == []


def test_a_name_no_table_holds_is_asked_about_too():
    rows = [
        ("2020-04-13", "Iraq", "Kirkuq"),
        ("2020-04-13", "Iraq", "Mosul"),
        ("2020-04-13", "Iraq", "Anbar"),
    ]
    questions = place_questions(incidents(rows))
    assert questions == (
        "'Kirkuq' (1) is not among Iraq's names of admin1; is it Kirkuk?",
        "'Mosul' (1) is not among Iraq's names of admin1; it is a district of Ninewa: count by admin2",
    )


def test_of_many_names_no_table_holds_the_commonest_are_asked_about_and_the_rest_counted():
    names = [f"Nowhere {letter}" for letter in "ABCDEFGHIJKLMNOP"]
    rows = [("2020-04-13", "Iraq", name) for at, name in enumerate(names) for _ in range(at + 1)]
    questions = place_questions(incidents(rows))
    assert questions[0] == "'Nowhere P' (16) is not among Iraq's names of admin1"
    assert questions[-1] == f"{17 - len(questions)} more such names of admin1"
    assert 2 < len(questions) < 17


@pytest.mark.parametrize(
    "held", ["İstanbul", "ISTANBUL", "istanbul", "Istanbul", unicodedata.normalize("NFD", "İstanbul")]
)
@pytest.mark.parametrize("asked", ["istanbul", "İSTANBUL", "Istanbul", "ıstanbul"])
def test_turkish_letters_do_not_mind_case(held, asked):
    data = incidents([("2020-04-13", "Turkey", held), ("2020-04-13", "Turkey", "Ankara")])
    assert parse_filter(f"admin1 contains '{asked}'").evaluate(data.frame).mask.tolist() == [True, False]
    assert fold(held) == fold(asked)


def test_igdir_is_found_in_capitals():
    data = incidents([("2020-04-13", "Turkey", "IĞDIR")])
    assert parse_filter("admin1 contains 'iğdır'").evaluate(data.frame).mask.all()


# Countries as data ------------------------------------------------------------------------------------------


def test_a_table_without_countries_whose_names_all_fit_is_that_countrys(cases):
    path = cases / "files" / "f23_iraq_no_country_column.csv"
    data = read_incidents(path, as_of="2022-05-15")
    assert any("all 6 names of admin1 are governorates of Iraq" in note for note in data.notes)
    counts = count_incidents(data)
    assert len(counts.regions) == 18
    assert busy(counts) == {"Anbar": 335, "Ninewa": 165}
    # One name that does not fit, and no country is taken; nor is one where two countries would do.
    rows = [("2020-04-13", "", "Anbar"), ("2020-04-13", "", "Aleppo")]
    assert sums(count_incidents(incidents(rows))) == {"Aleppo": 1, "Anbar": 1}
    stated = count_incidents(incidents(rows, country="IRQ"))
    assert busy(stated) == {"Anbar": 1}
    assert stated.accounting.unplaced == 1
    with pytest.raises(OptionError, match="country is empty"):
        incidents(rows, country=" ")


def test_the_country_stated_is_that_of_rows_that_state_none(capsys, tmp_path):
    rows = [("2020-04-13", "Syria", "Homs"), ("2020-04-13", "", "Al Anbar")]
    data = incidents(rows, country="Iraq")
    assert data.frame["country"].tolist() == ["Syria", "Iraq"]
    assert "country: Iraq for 1 incident without one" in data.notes
    path = tmp_path / "mixed.csv"
    pd.DataFrame(rows, columns=["date", "country", "admin1"]).to_csv(path, index=False)
    assert main(["count", str(path), "--as-of", "2020-04-19", "--country", "Iraq", "--format", "csv"]) == 0
    assert "Anbar,1," in capsys.readouterr().out


def test_in_a_file_of_two_countries_each_uses_its_own_names(cases):
    data = read_incidents(cases / "files" / "f26_iraq_and_syria.csv", as_of="2022-05-15")
    counts = count_incidents(data)
    assert busy(counts) == {"Anbar": 500, "Dayr az-Zawr": 168, "Deir-ez-Zor": 332}
    assert len(counts.regions) == 20
    assert any("the regions of Syria are the 2 values of admin1" in note for note in counts.notes)
    syria = count_incidents(data, where="country = 'Syria'")
    assert sums(syria) == {"Dayr az-Zawr": 168, "Deir-ez-Zor": 332}
    assert syria.countries == ("Syria",)
    iraq = count_incidents(data, where="country = 'Iraq' and fatalities is missing")
    assert iraq.regions == region_table("Iraq", "admin1").names
    assert busy(iraq) == {"Anbar": 500}
    # A filter that leaves a country without incidents does not take its quiet regions away.
    quiet = count_incidents(data, where="admin1 contains 'Anbar'")
    assert quiet.regions == counts.regions


def test_a_filter_on_countries_may_say_what_it_rules_out_in_many_ways():
    rows = [("2020-04-13", one, "North") for one in ("Kenya", "Uganda", "Zambia")]
    data = incidents(rows)
    for where, left in (
        ("country != 'Kenya'", ["Uganda", "Zambia"]),
        ("country in ('Kenya', 'Zambia') and fatalities > 3", ["Kenya", "Zambia"]),
        ("not (country = 'Kenya' or country = 'Uganda')", ["Zambia"]),
        ("country = 'Kenya' or fatalities > 3", ["Kenya", "Uganda", "Zambia"]),
        ("fatalities > 3", ["Kenya", "Uganda", "Zambia"]),
    ):
        assert list(count_incidents(data, where=where).countries) == left, where


def test_mosul_is_a_district(capsys, tmp_path):
    rows = [("2020-04-13", "Iraq", "Ninewa", "Mosul"), ("2020-04-13", "Iraq", "Mosul")]
    data = incidents(rows)
    with pytest.raises(OptionError, match=r"Mosul is a district of Ninewa: give by='admin2'"):
        count_incidents(data, regions=["Mosul"])
    with pytest.raises(OptionError, match=r"Ninewa is a governorate of Iraq: give by='admin1'"):
        count_incidents(data, by="admin2", regions=["Ninewa"])
    assert any("'Mosul' 1 (a district of Ninewa: count by admin2)" in n for n in count_incidents(data).notes)
    path = tmp_path / "iraq.csv"
    path.write_text("date,country,admin1\n2020-04-13,Iraq,Ninewa\n2020-04-13,Iraq,Mosul\n", encoding="utf-8")
    assert main(["count", str(path), "--as-of", "2020-04-19", "--regions", "Mosul"]) == 2
    assert "Mosul is a district of Ninewa: give --by admin2" in capsys.readouterr().err


@pytest.mark.parametrize("country", ["Philippines", "Nigeria"])
def test_no_word_of_iraqs_calendar_elsewhere(country):
    days = pd.date_range("2018-06-01", "2020-04-19")
    dates = days.repeat(np.random.default_rng(4).poisson(0.5, len(days)))
    table = pd.DataFrame({"date": dates.strftime("%Y-%m-%d"), "country": country, "province": "Kogi"})
    notes = uptick_test(count_incidents(read_incidents(table, as_of="2020-04-19"))).notes
    assert not [n for n in notes if "curfew" in n or "Ramadan" in n or "Arbaeen" in n]
    table["country"], table["province"] = "Iraq", "Kirkuk"
    notes = uptick_test(count_incidents(read_incidents(table, as_of="2020-04-19"))).notes
    assert [n for n in notes if "curfew" in n]
    # Counted by something that is no place, the country is known all the same where everything is one series.
    one = count_incidents(read_incidents(table, as_of="2020-04-19"), by=None)
    assert one.countries == ("Iraq",)


# Nigeria, with data alone -----------------------------------------------------------------------------------

STATES = region_table("Nigeria", "admin1")


@pytest.mark.parametrize(
    ("spelling", "state"),
    [
        ("Borno state", "Borno"), ("BORNO", "Borno"), ("Nassarawa", "Nasarawa"),
        ("Nasarawa state", "Nasarawa"), ("Nassarawa State", "Nasarawa"),
        ("FCT", "Federal Capital Territory"), ("Abuja", "Federal Capital Territory"),
        ("Federal Capital Territory", "Federal Capital Territory"), ("NG-YO", "Yobe"),
        ("Akwa-Ibom", "Akwa Ibom"),
        ("Cross River state", "Cross River"), ("Niger state", "Niger"),
    ],
)  # fmt: skip
def test_nigerias_states_in_the_spellings_of_sources(spelling, state):
    assert STATES.names[STATES.code(spelling)] == state


def test_a_state_that_was_divided_is_in_neither_and_said_so():
    rows = [("2020-04-13", "Nigeria", "Gongola state"), ("2020-04-13", "Nigeria", "Adamawa state")]
    counts = count_incidents(incidents(rows))
    assert busy(counts) == {"Adamawa": 1}
    assert any("'Gongola state' 1" in note for note in counts.notes)


def test_nigerias_data_are_whole(project):
    assert len(STATES) == 37
    assert len(set(STATES.pcodes)) == 37
    assert set(STATES.parents) == {"Nigeria"}
    text = (project / "data" / "nigeria" / "adm1.geojson").read_text(encoding="utf-8")
    named = {f["properties"]["name"]: f["properties"]["pcode"] for f in json.loads(text)["features"]}
    assert named == dict(zip(STATES.names, STATES.pcodes, strict=True))
    three = region_set("nigeria_north_east_three")
    assert three.members == ("Borno", "Adamawa", "Yobe")
    assert three.country == "Nigeria"
    assert set(three.members) <= set(STATES.names)
    for country in bundled_countries():
        for path in ("country.toml", "sets.toml"):
            assert "source = " in (country.folder / path).read_text(encoding="utf-8"), path


def test_nigeria_is_counted_as_iraq_is():
    rows = [
        ("2020-04-13", "Nigeria", "Borno state"), ("2020-04-14", "Nigeria", "Borno"),
        ("2020-04-14", "Nigeria", "Nassarawa"), ("2020-04-15", "Nigeria", "Lake Chad"),
    ]  # fmt: skip
    data = incidents(rows)
    counts = count_incidents(data)
    assert counts.regions == STATES.names
    assert busy(counts) == {"Borno": 2, "Nasarawa": 1}
    assert counts.accounting.unplaced == 1
    three = count_incidents(data, regions="nigeria_north_east_three")
    assert sums(three) == {"Borno": 2, "Adamawa": 0, "Yobe": 0}
    # A set says which country a table without countries is of.
    bare = read_incidents(
        pd.DataFrame({"date": ["2020-04-13"], "state": ["Borno state"]}), as_of="2020-04-19"
    )
    assert sums(count_incidents(bare, regions="nigeria_north_east_three"))["Borno"] == 1


def test_no_country_stands_in_the_logic(project):
    """No text of the code names a country with bundled data, one of its units or sets; docstrings may."""
    about_files = {"reporting/content/claims.py", "reporting/content/public_figures.py", "cli/sample.py"}
    about_files |= {"reporting/content/watching.py"}
    names = [country.name for country in bundled_countries()]
    tables = [region_table(name, "admin1") for name in names]
    units = [unit for table in tables for unit in table.names if unit != "Delta"]  # a letter too
    units += [name for name in known_region_sets() if "_of_" not in name]
    unit = re.compile(rf"\b({'|'.join(map(re.escape, units))})\b")
    for path in sorted((project / "analytics").rglob("*.py")):
        part = path.relative_to(project / "analytics")
        if str(part) in about_files or "_bundled" in part.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                text = node.value.replace("data/iraq_", "")
                assert not any(name.casefold() in text.casefold() for name in names), f"{part}: {text}"
                assert not unit.search(text), f"{part}: {text}"


def test_a_folder_of_data_is_all_a_country_takes(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "atlantis"
    folder.mkdir(parents=True)
    (folder / "country.toml").write_text(
        'name = "Atlantis"\nnames = ["ATL"]\n[admin1]\none = "island"\nmany = "islands"\n'
        '[admin2]\none = "port"\nmany = "ports"\n[folding]\ngeneric = ["island"]\n',
        encoding="utf-8",
    )
    (folder / "place_names.csv").write_text(
        "level,name,pcode,parent,spellings,note\nadmin1,Alpha,A1,Atlantis,Alfa,\nadmin1,Beta,A2,Atlantis,,\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(countries_module, "bundled_path", lambda name: tmp_path / name)
    caches = (countries_module.bundled_countries, countries_module._by_name, names_module._table)
    for one in caches:
        one.cache_clear()
    try:
        rows = [("2020-04-13", "ATL", "Alfa island"), ("2020-04-14", "Atlantis", "alpha")]
        assert sums(count_incidents(incidents(rows))) == {"Alpha": 2, "Beta": 0}
        assert find_country("Iraq") is None
    finally:
        monkeypatch.undo()
        for one in caches:
            one.cache_clear()
    assert "disputed_territories" in known_region_sets()


# Tables of counts -------------------------------------------------------------------------------------------


def test_a_table_of_counts_has_places_as_incidents_have():
    rows = [
        ("2021-01-02", "Iraq", "Al Anbar", 4), ("2021-01-02", "Republic of Iraq", "Anbar", 3),
        ("2021-01-02", "Syria", "Sōuth", 2), ("2021-01-02", "Syria", "South", 1),
        ("2021-01-02", "Uganda", "South", 5), ("2021-01-02", "Iraq", "Atlantis", 6),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["week", "country", "admin1", "events"])
    counts = read_counts(table, as_of="2021-01-08")
    assert sums(counts) == {"Anbar": 7, "South, Syria": 3, "South, Uganda": 5}
    assert counts.accounting.unplaced == 6
    assert counts.countries == ("Iraq", "Syria", "Uganda")
    assert any("1 row names no known region and is unplaced" in note for note in counts.notes)
    stated = read_counts(table.drop(columns="country").head(2), as_of="2021-01-08", country="Iraq")
    assert sums(stated) == {"Anbar": 7}


# Whatever the mixture ---------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["Central", "central", "Céntral", "North", "Anbar", "Al-Anbar", "Borno state", "Kirkuq", "", " "]
)
COUNTRIES = st.sampled_from(
    ["Uganda", "Zambia", "Iraq", "Republic of Iraq", "Nigeria", "Côte d'Ivoire", "Cote dIvoire", ""]
)


def counted_or_told(data, **options):
    try:
        return count_incidents(data, **options)
    except InputError as error:
        return str(error)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 40), COUNTRIES, NAMES, NAMES), min_size=1, max_size=40),
    by=st.sampled_from(["country", "admin1", "admin2", "country,admin1", "admin1,event_type", None]),
    where=st.sampled_from([None, "country = 'Iraq'", "country != 'Uganda'", "admin1 contains 'entral'"]),
)
def test_every_incident_is_in_one_place_whatever_the_names(rows, by, where):
    days = np.datetime64("2020-03-01") + np.array([row[0] for row in rows])
    table = pd.DataFrame(
        {
            "date": days.astype(str), "country": [r[1] for r in rows], "admin1": [r[2] for r in rows],
            "admin2": [r[3] for r in rows], "event_type": "x",
        }
    )  # fmt: skip
    data = read_incidents(table, as_of="2020-04-19")
    assert data.accounting.rows_read == data.accounting.kept + sum(data.accounting.set_aside.values())
    counts = counted_or_told(data, by=by, where=where, start="2020-03-02")
    if isinstance(counts, str):
        assert "is empty" in counts  # nothing to count by in any row that is wanted
        return
    account = counts.accounting
    assert account.kept == sum(n for _, n in account.parts()) == len(data)
    assert counts.values.sum() == account.grid
    shown = counts.to_frame()
    # What lies in weeks not wholly covered is in no cell shown, and has a term of its own.
    assert shown.sum().sum() == account.grid + account.unplaced - account.partial
    assert len(set(counts.regions)) == len(counts.regions)
    # What is counted in a region carries its name: no two names that fold apart are one, under one parent.
    if by == "admin1" and where is None and account.grid:
        for label in counts.regions:
            assert label.split(",")[0].strip()
