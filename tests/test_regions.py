"""Place names: the table itself, folding, matching real files, and region sets."""

from __future__ import annotations

import csv
import json
import runpy
import time
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.bundled import bundled_path
from analytics.errors import InputError, OptionError
from analytics.geo import RegionTable, find_country, fold, known_region_sets, region_set, region_table
from analytics.geo.folding import PLAIN

IRAQ = find_country("Iraq")
GOVERNORATES = region_table("Iraq", "admin1")
DISTRICTS = region_table("Iraq", "admin2")
# About 10 ms with nothing remembered; the best of five runs is taken, since other work may run beside.
SECONDS_FOR_100_000_ROWS = 0.05


def placed(table: RegionTable, *names: object) -> list[str | None]:
    return [table.names[code] if code >= 0 else None for code in table.match(names).codes]


def test_every_governorate_and_district_is_there_once():
    assert (len(GOVERNORATES), len(DISTRICTS)) == (18, 101)
    assert sorted(GOVERNORATES.pcodes) == [f"IQG{number:02}" for number in range(1, 19)]
    for table in (GOVERNORATES, DISTRICTS):
        assert len(set(table.names)) == len(set(table.pcodes)) == len(set(table.arabic)) == len(table)
        assert list(table.names) == sorted(table.names, key=str.casefold)


def test_districts_lie_in_the_governorate_their_code_says():
    code_of = dict(zip(GOVERNORATES.names, GOVERNORATES.pcodes, strict=True))
    assert [code_of[parent] for parent in DISTRICTS.parents] == [code[:5] for code in DISTRICTS.pcodes]
    assert set(GOVERNORATES.parents) == {"Iraq"}
    assert DISTRICTS.parent("Qaḑā’ al Ḩawījah") == "Kirkuk"


@pytest.mark.parametrize("table", [GOVERNORATES, DISTRICTS], ids=["admin1", "admin2"])
def test_every_spelling_finds_its_own_region_and_no_other(table):
    owners: dict[str, set[str]] = {}
    for name, pcode, arabic, spellings in zip(
        table.names, table.pcodes, table.arabic, table.spellings, strict=True
    ):
        for spelling in (*spellings, pcode, arabic):
            owners.setdefault(IRAQ.fold(spelling), set()).add(name)
            assert placed(table, spelling, f"{spelling} district", spelling.upper()) == [name] * 3
    assert all(len(names) == 1 for names in owners.values())


def test_the_stored_table_is_clean():
    with bundled_path("data/iraq/place_names.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        spellings = row["spellings"].split("|")
        assert all(cell == " ".join(cell.split()) for cell in (*row.values(), *spellings))
        assert all(spellings)
        assert len({*spellings, row["name"], row["arabic"]}) == len(spellings) + 2


def test_a_spelling_of_two_regions_is_refused(snapshot):
    with pytest.raises(InputError) as error:
        RegionTable(
            country="Iraq",
            level="admin2",
            names=("Hit", "Heet"),
            pcodes=("1", "2"),
            arabic=("أ", "ب"),
            parents=("Anbar", "Anbar"),
            notes=("", ""),
            spellings=(("Hit",), ("Heet", "Hīt district")),
            folding=IRAQ.folding,
        )
    assert str(error.value) == snapshot


@pytest.mark.parametrize(
    ("name", "governorate"),
    [
        ("At-Ta'mim province", "Kirkuk"),
        ("Kirkūk province", "Kirkuk"),
        ("Tameem", "Kirkuk"),
        ("Al Başrah  province", "Basra"),
        ("Nineveh", "Ninewa"),
        ("Ninawa Governorate", "Ninewa"),
        ("نينوي", "Ninewa"),
        ("Saladin", "Salah al-Din"),
        ("SALAHADDIN", "Salah al-Din"),
        ("Salah ad Din", "Salah al-Din"),
        ("Sala ad-Din", "Salah al-Din"),
        ("محافظة صلاح الدين", "Salah al-Din"),
        ("As-Sulaimaniyyah", "Sulaymaniyah"),
        ("Sulaimani", "Sulaymaniyah"),
        ("Dohuk", "Duhok"),
        ("Hewlêr", "Erbil"),
        ("أربيل", "Erbil"),
        ("Dhī Qār province", "Dhi Qar"),
        ("Thi-Qar", "Dhi Qar"),
        ("Al-Qādisiyyah", "Qadisiyah"),
        ("Karbala'", "Karbala"),
        ("Muhafazat al Anbar", "Anbar"),
        ("الأنبار", "Anbar"),
        ("Halabja", "Sulaymaniyah"),
        ("IQG13", "Kirkuk"),
    ],
)
def test_governorates_in_other_spellings(name, governorate):
    assert placed(GOVERNORATES, name) == [governorate]


@pytest.mark.parametrize(
    ("name", "district"),
    [
        # Spellings that the spatial overlay had put under a neighbour.
        ("Al-Hamdaniya", "Hamdaniya"),
        ("Qaḑā’ al Ḩamdānīyah", "Hamdaniya"),
        ("Al-Muqdadiya", "Muqdadiya"),
        ("Qaḑā al ‘Amārah", "Amara"),
        ("Amara", "Amara"),
        ("Al-Daur", "Daur"),
        ("Rania", "Rania"),
        ("Dokan", "Dokan"),
        ("Al-Mahawil", "Mahawil"),
        ("Al-Khidhir", "Khidhir"),
        ("Al Fāw district", "Al-Faw"),
        ("Al Sadr", "Thawra"),
        ("Qal'at Saleh", "Qalat Saleh"),
        ("Qurna", "Qurna"),
        ("Al Qa'im", "Al-Qaim"),
        ("Al-Faris district", "Balad"),
        # Districts that COD-AB does not draw apart.
        ("Abu Ghraib", "Kadhimiya"),
        ("Tarmia", "Kadhimiya"),
        ("Choman", "Rawanduz"),
        ("Soran district", "Rawanduz"),
        ("Mergasur District", "Mergasur"),
        ("Al-Zibar", "Mergasur"),
        ("Qaḑā’ Mandalī", "Baladruz"),
        # Well-known variants.
        ("Hawiga", "Hawija"),
        ("Tooz", "Tuz Khurmatu"),
        ("طوز خورماتو", "Tuz Khurmatu"),
        ("Telafar", "Tal Afar"),
        ("Tall ‘Afar", "Tal Afar"),
        ("Shekhan", "Sheikhan"),
        ("Beygee", "Baiji"),
        ("Makhmur", "Makhmour"),
        ("Shingal", "Sinjar"),
        ("قضاء الحويجه", "Hawija"),
    ],
)
def test_districts_in_other_spellings(name, district):
    assert placed(DISTRICTS, name) == [district]


def test_names_that_are_not_in_the_table_are_not_placed_by_likeness():
    # Baghdad is a governorate of seven districts here: as a district it names no one of them.
    assert placed(DISTRICTS, "Qaḑā’ Baghdād", "Mosul city", "Kirkuks", "Al") == [None] * 4
    assert placed(GOVERNORATES, "Aleppo", "Kurdistan", "Iraq", "Ira", 13) == [None] * 5


def test_what_is_not_placed_is_counted_and_shown_with_the_nearest():
    values = pd.Series(["Kirkuq", None, "Kirkuk", "  ", "Aleppo", "Kirkuq", "Nin ewa", "", "Kirkuq "])
    found = GOVERNORATES.match(values)
    assert placed(GOVERNORATES, *values) == [None, None, "Kirkuk", None, None, None, "Ninewa", None, None]
    expected = pd.DataFrame(
        {"name": ["(blank)", "Kirkuq", "Aleppo"], "rows": [3, 3, 1], "nearest": ["", "Kirkuk", ""]}
    )
    pd.testing.assert_frame_equal(found.unknown, expected.astype({"name": "str", "nearest": "str"}))


def test_values_may_come_in_any_container():
    names = ["Nineveh", None, "Saladin"]
    expected = [GOVERNORATES.code("Ninewa"), -1, GOVERNORATES.code("Salah al-Din")]
    for values in (
        names,
        tuple(names),
        np.array(names, dtype=object),
        pd.Series(names, dtype="str"),
        pd.Series(names, dtype="category"),
        pd.Series(names, index=[7, 7, 9]),
        pd.Index(names),
        iter(names),
    ):
        codes = GOVERNORATES.match(values).codes
        assert codes.dtype == np.int64
        assert codes.tolist() == expected
    assert GOVERNORATES.match([]).codes.shape == (0,)
    assert GOVERNORATES.match([]).unknown.empty


@given(st.lists(st.text(max_size=6) | st.none() | st.sampled_from(DISTRICTS.names), max_size=12))
def test_every_row_is_placed_or_listed(values):
    found = DISTRICTS.match(values)
    assert len(found.codes) == len(values)
    assert (found.codes >= 0).sum() + found.unknown["rows"].sum() == len(values)
    assert found.unknown["name"].is_unique


@given(st.text(max_size=20))
def test_folding_does_not_see_how_a_name_is_composed_or_spaced(name):
    for folding in (PLAIN, IRAQ.folding):
        assert fold(unicodedata.normalize("NFD", name), folding) == fold(
            unicodedata.normalize("NFC", name), folding
        )
        assert fold(f" {name}\n", folding) == fold(name, folding)


def test_the_table_is_there_for_iraq_only():
    assert region_table("IRAQ ", "admin1").names == GOVERNORATES.names
    assert region_table("Syria", "admin2") is None
    assert region_table("", "admin1") is None


def test_matching_100_000_rows_is_quick():
    values = pd.Series(np.resize([s for group in DISTRICTS.spellings for s in group], 100_000), dtype="str")
    elapsed = []
    for _ in range(5):
        fold.cache_clear()
        start = time.perf_counter()
        found = DISTRICTS.match(values)
        elapsed.append(time.perf_counter() - start)
        assert (found.codes >= 0).all()
    assert min(elapsed) < SECONDS_FOR_100_000_ROWS


# Real files -------------------------------------------------------------------------------------------------


def test_ucdp_names_are_placed_and_agree_between_levels(shared_data):
    frame = pd.read_csv(shared_data / "ucdp_ged_iraq_hdx.csv", skiprows=[1], usecols=["adm_1", "adm_2"])
    governorates, districts = GOVERNORATES.match(frame["adm_1"]), DISTRICTS.match(frame["adm_2"])
    assert governorates.unknown[["name", "rows"]].values.tolist() == [["(blank)", 413]]
    # 5,305 of the 5,308 districts named; "Qaḑā’ Baghdād" is none of COD-AB's districts.
    assert districts.unknown[["name", "rows"]].values.tolist() == [["(blank)", 2165], ["Qaḑā’ Baghdād", 3]]
    both = (governorates.codes >= 0) & (districts.codes >= 0)
    parents = np.array([GOVERNORATES.names.index(parent) for parent in DISTRICTS.parents])
    assert (parents[districts.codes[both]] == governorates.codes[both]).all()
    assert both.sum() == 5305


def test_sigact_names_are_all_placed(shared_data):
    frame = pd.read_csv(shared_data / "sigacts_iraq_2006_2008.csv", usecols=["ADM1_EN", "ADM2_EN"])
    for table, column, distinct in ((GOVERNORATES, "ADM1_EN", 18), (DISTRICTS, "ADM2_EN", 98)):
        found = table.match(frame[column])
        assert found.unknown[["name", "rows"]].values.tolist() == [["(blank)", 20]]
        assert len(np.unique(found.codes)) - 1 == distinct == frame[column].nunique()


def test_no_spelling_of_the_given_table_is_lost(shared_data):
    given_table = pd.read_csv(shared_data / "iraq_place_names.csv", dtype="str")
    lost = set()
    for level, table in ((1, GOVERNORATES), (2, DISTRICTS)):
        rows = given_table[given_table["level"] == str(level)]
        own = table.match(rows["codab"]).codes
        assert [table.pcodes[code] for code in own] == rows["pcode"].tolist()
        assert (table.match(rows["arabic"]).codes >= 0).all()
        for column in ("UCDP", "ACLED2022", "SIGACT", "NaturalEarth", "OCHA2014"):
            names = rows[column].str.split(r" \| |/", regex=True).explode().dropna()
            lost |= set(names[table.match(names).codes < 0])
    assert lost == {"Qaḑā’ Baghdād"}


# Sets and boundaries ----------------------------------------------------------------------------------------


def test_disputed_territories_are_unamis_list_without_mandali():
    disputed = region_set("disputed_territories")
    assert disputed.label == "disputed territories as listed by UNAMI in 2009; no position on status"
    listed = (
        "Sinjar, Tal Afar, Til Kaef, Sheikhan, Akre, Hamdaniya, Makhmour, Hawija, Dibis, Daquq, Kirkuk, Tuz, "
        "Kifri, Khanaqin"
    )
    assert list(disputed.members) == placed(DISTRICTS, *listed.split(", "))
    assert "Baladruz" not in disputed.members
    assert "Mandali" in disputed.note


def test_sets_of_a_governorates_districts_make_up_the_country():
    names = [name for name in known_region_sets() if name.startswith("districts_of_")]
    members = [member for name in names for member in region_set(name).members]
    assert len(names) == 18
    assert sorted(members) == sorted(DISTRICTS.names)
    assert region_set("Districts of Salah al-Din") == region_set("districts_of_salah_al_din")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: region_set("disputed_territory"),
        lambda: region_set("the north"),
        lambda: region_table("Iraq", "admin3"),
        lambda: DISTRICTS.parent("Havija"),
        lambda: DISTRICTS.parent("Aleppo"),
    ],
    ids=["near set", "no set", "level", "near district", "no district"],
)
def test_unknown_names_are_refused(ask, snapshot):
    with pytest.raises(OptionError) as error:
        ask()
    assert str(error.value) == snapshot


def test_boundaries_bear_the_tables_names():
    text = bundled_path("data/iraq/adm1.geojson").read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    named = {feature["properties"]["name"]: feature["properties"]["pcode"] for feature in features}
    assert named == dict(zip(GOVERNORATES.names, GOVERNORATES.pcodes, strict=True))
    for feature in features:
        ((ring, *holes),) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert not holes
        assert all(38 < x < 49 and 29 < y < 38 for x, y in ring)
        assert placed(GOVERNORATES, feature["properties"]["natural_earth_name"]) == [
            feature["properties"]["name"]
        ]


def test_boundaries_are_what_the_script_makes(shared_data, project):
    script = runpy.run_path(str(project / "data" / "make_polygons.py"))
    for country in ("iraq", "nigeria"):
        text = (shared_data / "geo" / f"{country}_adm1_naturalearth.geojson").read_text(encoding="utf-8")
        made = script["harmonised"](country.capitalize(), json.loads(text))
        assert made == (project / "data" / country / "adm1.geojson").read_text(encoding="utf-8")
