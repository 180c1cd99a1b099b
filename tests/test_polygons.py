"""Polygons are matched by name, and every name that has no match is told."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analytics.bundled import bundled_path
from analytics.errors import InputError
from analytics.geo import region_table
from analytics.geo.polygons import bundled_polygons, read_polygons


def square(x, y, side=1.0):
    return [[[x, y], [x, y + side], [x + side, y + side], [x + side, y], [x, y]]]  # with the clock


def geojson(path, named, **more):
    features = [
        {"type": "Feature", "properties": stated, "geometry": {"type": "Polygon", "coordinates": rings}}
        for stated, rings in named
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}), encoding="utf-8")
    return path


def area(ring):
    x, y = ring.T
    return (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


@pytest.mark.parametrize("country", ["Iraq", "Nigeria"])
def test_bundled_polygons_draw_every_unit_of_the_country(country):
    names = region_table(country, "admin1").names
    found = bundled_polygons(country).match(names, country=country)
    assert (found.missing, found.spare, found.shared, found.notes()) == ((), (), (), ())
    assert list(found.rings) == list(names)


def test_rings_run_against_the_clock_and_holes_with_it(tmp_path):
    hole = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.2]]
    path = geojson(tmp_path / "a.geojson", [({"name": "A"}, [*square(0, 0), hole])])
    outer, inner = read_polygons(path).rings[0]
    assert area(outer) == pytest.approx(1.0)
    assert area(inner) < 0


def test_the_property_with_most_matches_is_taken_in_any_known_spelling(tmp_path):
    path = geojson(
        tmp_path / "a.geojson",
        [
            ({"ADM0": "Iraq", "CODE": 13, "ADM1_AR": "كركوك", "shapeName": "At-Ta'mim"}, square(44, 35)),
            ({"ADM0": "Iraq", "CODE": 15, "ADM1_AR": "نينوى", "shapeName": "Nineveh"}, square(42, 36)),
            ({"ADM0": "Iraq", "CODE": 99, "ADM1_AR": "", "shapeName": "Halabja"}, square(46, 35)),
        ],
    )
    read = read_polygons(path)
    found = read.match(["Kirkuk", "Ninewa", "Erbil"], country="Iraq")
    assert found.matched_by in ("ADM1_AR", "shapeName")
    assert list(found.rings) == ["Kirkuk", "Ninewa"]
    assert found.missing == ("Erbil",)
    by_name = read.match(["Kirkuk", "Ninewa", "Erbil"], country="Iraq", name="shapeName")
    assert by_name.spare == ("Halabja",)
    assert by_name.notes() == (
        "1 of 3 regions without a polygon: Erbil",
        "polygons without a region in the counts: Halabja",
    )


def test_names_are_never_matched_by_likeness_but_the_nearest_are_told(tmp_path):
    path = geojson(
        tmp_path / "a.geojson", [({"name": "Kirkuck"}, square(0, 0)), ({"name": "B"}, square(2, 0))]
    )
    found = read_polygons(path).match(["Kirkuk", "B"])
    assert list(found.rings) == ["B"]
    assert found.notes()[0] == "1 of 2 regions without a polygon: Kirkuk (nearest: Kirkuck)"


def test_several_features_of_one_name_are_one_region(tmp_path):
    path = geojson(tmp_path / "a.geojson", [({"name": "A"}, square(0, 0)), ({"name": "A"}, square(3, 0))])
    assert len(read_polygons(path).match(["A"]).rings["A"]) == 2


def test_a_lengthened_label_takes_the_feature_that_says_both(tmp_path):
    path = geojson(
        tmp_path / "a.geojson",
        [
            ({"name": "Central", "adm0": "Uganda"}, square(0, 0)),
            ({"name": "Central", "adm0": "Ghana"}, square(5, 0)),
        ],
    )
    found = read_polygons(path).match(["Central, Uganda", "Central, Ghana", "Central, Zambia"])
    assert {name: rings[0][:, 0].min() for name, rings in found.rings.items()} == {
        "Central, Uganda": 0.0,
        "Central, Ghana": 5.0,
    }
    assert found.missing == ("Central, Zambia",)


def test_a_polygon_that_two_regions_name_is_drawn_for_neither():
    found = bundled_polygons("Iraq").match(["Kirkuk", "At-Ta'mim", "Erbil"], country="Iraq")
    assert list(found.rings) == ["Erbil"]
    assert found.shared == ("Kirkuk",)
    assert "polygons that several regions name: Kirkuk" in found.notes()


def test_a_country_across_the_date_line_is_drawn_in_one_piece(tmp_path):
    path = geojson(
        tmp_path / "a.geojson", [({"name": "A"}, square(178, 0)), ({"name": "B"}, square(-180, 0))]
    )
    rings = read_polygons(path).match(["A", "B"]).rings
    assert rings["B"][0][:, 0].min() == rings["A"][0][:, 0].max() + 1 == 180


def test_points_and_lines_are_no_polygons(tmp_path):
    path = tmp_path / "a.geojson"
    point = {
        "type": "Feature",
        "properties": {"name": "A"},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point]}), encoding="utf-8")
    with pytest.raises(InputError, match="holds no polygon"):
        read_polygons(path)


def test_errors(tmp_path, snapshot):
    files = {
        "not json": "id,name\n1,Kirkuk\n",
        "topology": json.dumps({"type": "Topology", "objects": {}}),
        "list": "[1, 2]",
        "short": json.dumps(
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[1, 2]]}}
        ),
    }
    said = {}
    for name, text in files.items():
        path = tmp_path / f"{name}.geojson"
        path.write_text(text, encoding="utf-8")
        said[name] = path
    said["metres"] = geojson(tmp_path / "metres.geojson", [({"name": "A"}, square(448_000, 3_900_000))])
    said["absent"] = tmp_path / "absent.geojson"
    out = {}
    for name, path in said.items():
        with pytest.raises(InputError) as error:
            read_polygons(path)
        out[name] = str(error.value).replace(str(tmp_path), "FOLDER")
    with pytest.raises(InputError) as error:
        bundled_polygons("Iraq").match(["Kirkuk"], name="NAME_1")
    out["no such property"] = str(error.value)
    assert out == snapshot


def test_a_byte_order_mark_does_not_matter(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_bytes(b"\xef\xbb\xbf" + bundled_path("data/iraq/adm1.geojson").read_bytes())
    assert len(read_polygons(path)) == 18
