"""A country's folder of data is made from a file of boundaries, and used like those that are bundled."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.errors import UptickError
from analytics.geo import bundled_countries, countries, find_country, polygons, region_set, region_table, sets
from analytics.geo.new_country import country_folder

pytest.importorskip("shapely")

UNITS = [  # name, parent, code, another spelling, code of the parent
    ("Central", "Upper", "X1", "Centre|Zentral", "U"),
    ("Harbour", "Upper", "X2", "Port", "U"),
    ("Central", "Lower", "X3", None, "L"),
    ("Dale", "Lower", "X4", "Port", "L"),
]


@pytest.fixture
def boundaries(tmp_path):
    path = tmp_path / "units.geojson"
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(("N", "P", "C", "A", "PC"), unit, strict=True)),
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]],
            },
        }
        for x, unit in enumerate(UNITS)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.fixture
def office(tmp_path, monkeypatch):
    """The folder of an office's own countries; what is remembered of countries is forgotten around it."""
    folder = tmp_path / "countries"
    folder.mkdir()
    caches = (
        countries.bundled_countries, countries._by_name, sets._region_sets, polygons.bundled_polygons,
    )  # fmt: skip
    monkeypatch.setenv("UPTICK_COUNTRIES", str(folder))
    for cache in caches:
        cache.cache_clear()
    yield folder
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


ASKED = ("--country", "Inventia", "--name", "N", "--parent", "P", "--code", "C", "--spellings", "A")


def test_a_folder_is_made_and_used(run, boundaries, office, snapshot):
    code, out, err = run(
        "country", boundaries, *ASKED, "--parent-code", "PC", "--names", "INV,IV", "-o", office
    )
    assert (code, err) == (0, "")
    assert out.replace(str(office), "countries") == snapshot
    folder = office / "inventia"
    assert (folder / "place_names.csv").read_text(encoding="utf-8") == snapshot
    bundled_countries.cache_clear()
    assert [one.name for one in bundled_countries()] == ["Inventia", "Iraq", "Nigeria"]
    table = region_table("iv", "admin2")
    assert table.names == ("Central, Lower", "Central, Upper", "Dale", "Harbour")
    assert table.parent("zentral") == "Upper"
    assert table.code("Port") == table.code("Central") == -1
    assert region_set("districts_of_upper").members == ("Central, Upper", "Harbour")
    drawn = polygons.bundled_polygons("Inventia").match(["Upper", "Lower"], country="Inventia")
    assert (drawn.missing, drawn.spare) == ((), ())
    frame = pd.DataFrame(
        {"date": ["2021-01-04"] * 2, "country": "IV", "admin1": "L", "admin2": ["Dale", "X3"]}
    )
    counts = count_incidents(read_incidents(frame, as_of="2021-01-10"), by="admin2")
    assert counts.values.sum(axis=0).tolist() == [1, 0, 1, 0]
    code, _, err = run("country", boundaries, *ASKED, "-o", office)
    assert (code, err.replace(str(office), "countries")) == (2, snapshot)


def test_first_order_units_alone_are_enough(project):
    made = country_folder(project / "data" / "iraq" / "adm1.geojson", "Iraq", name="name", code="pcode")
    known = region_table("Iraq", "admin1")
    assert made.admin1 == known.names
    assert made.admin2 == ()
    assert [line.split(",")[2] for line in made.files["place_names.csv"].splitlines()[1:]] == list(
        known.pcodes
    )


def test_an_own_folder_takes_the_place_of_a_bundled_one(office, boundaries):
    made = country_folder(boundaries, "Iraq", name="N", parent="P")
    (office / "mine").mkdir()
    for name, text in made.files.items():
        (office / "mine" / name).write_text(text, encoding="utf-8")
    assert find_country("Iraq").folder == office / "mine"
    assert region_table("Iraq", "admin1").names == ("Lower", "Upper")


def test_a_second_folder_of_one_country_is_made_with_a_warning(run, boundaries, office):
    for at, folder in enumerate((office, office.parent / "more")):
        code, out, err = run("country", boundaries, *ASKED, "-o", folder)
        assert (code, err) == (0, "")
        warning = f"note: Inventia has a folder of your own already, {office / 'inventia'}: two are an error"
        assert (warning in out) == bool(at)
        bundled_countries.cache_clear()
        countries._by_name.cache_clear()


def test_districts_of_names_of_their_own_are_not_lengthened(boundaries, office):
    table = json.loads(boundaries.read_text(encoding="utf-8"))
    del table["features"][2]
    boundaries.write_text(json.dumps(table), encoding="utf-8")
    made = country_folder(boundaries, "Inventia", name="N", parent="P")
    assert made.admin2 == ("Central", "Dale", "Harbour")
    assert [note for note in made.notes if "lengthened" in note] == []


def test_folders_and_files_that_cannot_be_used(run, boundaries, office, snapshot):
    said = []
    for words in (
        (),
        (boundaries, "--country", "Inventia"),
        (boundaries, "--country", "Inventia", "--name", "N", "--code", "PC"),
        (boundaries, "--country", "Inventia", "--name", "N", "--code", "Z"),
    ):
        code, out, err = run("country", *words, "-o", office)
        assert (code, out) == (2, "")
        said.append(err)
    (office / "broken").mkdir()
    (office / "broken" / "country.toml").write_text('name = "Broken"\n', encoding="utf-8")
    with pytest.raises(UptickError) as caught:
        bundled_countries()
    said.append(str(caught.value).replace(str(office), "countries"))
    assert said == snapshot


@pytest.mark.parametrize("country", ["..", "."])
def test_no_country_is_named_as_a_folder_above(country, run, project, tmp_path):
    units = project / "data" / "iraq" / "adm1.geojson"
    out = tmp_path / "in" / "countries"
    code, _, err = run("country", units, "--country", country, "--name", "name", "-o", out)
    assert code == 2
    assert "country is no name of a folder" in err
    assert list(tmp_path.iterdir()) == []
