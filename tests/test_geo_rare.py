"""Shapes that files rarely hold, and what is refused of regions on the map."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyogrio import raw

from analytics._limits import raised
from analytics.bundled import bundled_path
from analytics.errors import UptickError
from analytics.geo import along, bundled_countries, cells, near, prio_grid_centre, read_regions
from analytics.geo.boundaries import file_digest, read_boundaries
from analytics.geo.grids import parse_grid
from analytics.geo.mending import mend_polygon
from analytics.geo.new_country import country_folder
from analytics.geo.polygons import joined_rings, read_polygons
from analytics.simulation.injection import check_uptick
from analytics.simulation.places import check_places
from analytics.simulation.twins import simulate_twins

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
BESIDE = [[2, 0], [3, 0], [3, 1], [2, 1], [2, 0]]


def geojson(path, *geometries, alone=False, **more):
    features = [
        {"type": "Feature", "id": f"id{at}", "properties": {"name": f"R{at}"}, "geometry": one, **more}
        for at, one in enumerate(geometries)
    ]
    path.write_text(json.dumps(features[0] if alone else {"type": "FeatureCollection", "features": features}))
    return path


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def test_polygons_of_a_collection_are_drawn_and_lines_are_not(tmp_path):
    both = {
        "type": "GeometryCollection",
        "geometries": [
            polygon(SQUARE),
            {"type": "LineString", "coordinates": SQUARE},
            polygon(BESIDE, [[2, 0]]),
        ],
    }
    found = read_polygons(geojson(tmp_path / "c.geojson", both))
    assert found.properties == ({"name": "R0", "id": "id0"},)
    (rings,) = found.rings
    assert [ring.tolist() for ring in rings] == [SQUARE, BESIDE]


def test_one_feature_is_a_file_of_one_region(tmp_path):
    path = geojson(tmp_path / "one.geojson", polygon(SQUARE), alone=True)
    assert read_boundaries(path).properties["name"].tolist() == ["R0"]
    assert read_polygons(path).properties[0]["name"] == "R0"
    regions = read_regions(path, name="name")
    assert regions.locate([0.5, 1.5], [0.5, 0.5]).tolist() == [0, -1]


def test_polygons_within_collections_within_collections_are_found():
    inner = shapely.GeometryCollection([shapely.Polygon(SQUARE), shapely.Point(0, 0)])
    found, done = mend_polygon(
        shapely.GeometryCollection([inner, shapely.MultiPolygon([shapely.Polygon(BESIDE)])])
    )
    assert (found.area, done) == (pytest.approx(2.0), "")


def test_a_hole_across_the_antimeridian_stays_a_hole():
    # A square of 20 degrees around 180, written 170..-170, with one of 2 degrees cut out of its middle.
    outer = [(170, -10), (-170, -10), (-170, 10), (170, 10)]
    inner = [(179, -1), (-179, -1), (-179, 1), (179, 1)]
    found, done = mend_polygon(shapely.Polygon(outer, [inner]))
    assert done == "cut"
    assert found.area == pytest.approx(20 * 20 - 2 * 2)
    assert not found.contains(shapely.Point(179.5, 0))
    assert found.contains(shapely.Point(-178.5, 0))


def test_nothing_to_draw_stays_nothing():
    assert joined_rings([(), ()]) == ((), ())


def test_what_is_no_file_has_no_digest(tmp_path):
    assert file_digest(tmp_path / "none.geojson") == ""
    assert len(file_digest(geojson(tmp_path / "a.geojson", polygon(SQUARE)))) == 64


def areas(tmp_path):
    return read_regions(geojson(tmp_path / "a.geojson", polygon(SQUARE), polygon(BESIDE)), name="name")


def shapes(path, *made, **columns):
    """Write shapes, or a table without any, as GDAL does."""
    raw.write(
        path,
        np.array([shapely.to_wkb(one) for one in made], dtype=object) if made else None,
        [np.array(values, dtype=object) for values in columns.values()],
        list(columns),
        driver="GPKG",
        geometry_type=made[0].geom_type if made else None,
        crs="EPSG:4326" if made else None,
    )
    return path


def tables_alone(path):
    return shapes(path, a=["1"])


def units(folder, *parents):
    """Write two districts, and the units they lie in."""
    path = geojson(folder / "u.geojson", polygon(SQUARE), polygon(BESIDE))
    told = json.loads(path.read_text())
    for feature, parent in zip(told["features"], parents, strict=True):
        feature["properties"] = {"name": "Central", "in": parent}
    path.write_text(json.dumps(told))
    return path


PLACES = pd.DataFrame({"admin1": "A", "admin2": ["B", "B"], "latitude": 1.0, "longitude": 1.0, "share": 0.5})
ROWS = pd.DataFrame(
    {
        "incident_id": ["1"],
        "date_start": pd.to_datetime(["2020-04-01"]),
        "date_end": pd.to_datetime(["2020-04-01"]),
        "latitude": [34.0],
        "longitude": [44.0],
        "fatalities": pd.array([1], dtype="Int64"),
    }
)
REFUSED = {
    "no region": lambda folder: replace(areas(folder), names=()),
    "a region twice": lambda folder: replace(areas(folder), names=("A", "A")),
    "parents for one of two": lambda folder: replace(areas(folder), parents=("A",)),
    "one latitude for two": lambda folder: areas(folder).placed(np.array([1.0]), np.array([1.0, 2.0])),
    "no cell of a grid": lambda folder: prio_grid_centre([259_201]),
    "a country without a name": lambda folder: country_folder(folder, " ", name="name"),
    "two folders of a country": lambda folder: bundled_countries.__wrapped__(),  # not what is kept
    "a file without polygons": lambda folder: read_polygons(
        geojson(folder / "p.geojson", {"type": "Point", "coordinates": [0, 0]})
    ),
    "an uptick without a length": lambda folder: check_uptick(2.0, None, None, "block"),
    "a district twice": lambda folder: check_places(PLACES),
    "a file of tables alone": lambda folder: read_boundaries(tables_alone(folder / "t.gpkg")),
    "a file of points": lambda folder: read_polygons(shapes(folder / "p.gpkg", shapely.Point(1, 1))),
    "points outside of a grid": lambda folder: cells("priogrid", [np.nan], [44.4]),
    "a centre across the antimeridian": lambda folder: near([0.0], [179.99], 50).centres(),
    "districts in no unit": lambda folder: country_folder(
        units(folder, "A", ""), "X", name="name", parent="in"
    ),
    "more than all moved": lambda folder: simulate_twins(ROWS, day_off=1.5, seed=1),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_expected(case, tmp_path, monkeypatch, snapshot):
    for name in ("one", "other") if case.startswith("two folders") else ():
        (tmp_path / name).mkdir()
        text = bundled_path("data/nigeria/country.toml").read_text(encoding="utf-8")
        (tmp_path / name / "country.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("UPTICK_COUNTRIES", str(tmp_path))
    with pytest.raises(UptickError) as error:
        REFUSED[case](tmp_path)
    assert str(error.value).replace(str(tmp_path), "HERE") == snapshot


def test_twins_of_rows_without_names_have_none():
    twins = simulate_twins(ROWS, share=1.0, day_off=1.0, misspelt=1.0, seed=1)
    assert list(twins.frame.columns) == list(ROWS.columns)
    (row,) = twins.frame.to_dict("records")
    assert row["incident_id"] == "1 again"
    assert abs((row["date_start"] - ROWS["date_start"][0]).days) == 1


def test_a_variable_that_names_no_folder_is_refused(monkeypatch):
    monkeypatch.setenv("UPTICK_COUNTRIES", "nowhere-at-all")
    with pytest.raises(UptickError, match="UPTICK_COUNTRIES names no folder"):
        bundled_countries.__wrapped__()  # not what is kept


def test_only_what_has_polygons_can_be_chosen_from():
    grid = cells("priogrid", [33.34, 35.47], [44.40, 44.39])
    with pytest.raises(UptickError, match="only regions with polygons can be chosen from"):
        grid.select(grid.names[:1])


def test_districts_of_one_name_are_lengthened_and_that_is_said(tmp_path):
    made = country_folder(units(tmp_path, "North", "South"), "Nowhere", name="name", parent="in")
    assert made.admin1 == ("North", "South")
    assert made.admin2 == ("Central, North", "Central, South")
    assert "names under several parents, lengthened: Central, North; Central, South" in made.notes


def test_one_system_has_several_names(tmp_path):
    path = shapes(tmp_path / "a.gpkg", shapely.Polygon(SQUARE), name=["R0"])
    found = read_boundaries(path, crs="OGC:CRS84")
    assert found.notes == ()
    assert found.properties["name"].tolist() == ["R0"]
    with pytest.raises(UptickError, match="another coordinate system is stated than the one given"):
        read_boundaries(path, crs="EPSG:3857")


VIRTUAL = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/{}/x.geojson</SrcDataSource>'
    "<SrcLayer>x</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
)
PIPELINE = (
    '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline '
    '! read {}/x.geojson ! write --of stream s"}}'
)
POLYGON = (
    "<outerBoundaryIs><LinearRing><coordinates>0,0 1,0 1,1 0,0</coordinates></LinearRing></outerBoundaryIs>"
)
BIDDING = {
    "a virtual layer": ("a.gpkg", VIRTUAL, "XML of another kind: OGRVRTDataSource"),
    "one behind a map": ("a.kml", f"<kml></kml>{VIRTUAL}", "XML that names another source of data"),
    "a service": ("a.shp", "<OGRWFSDataSource><URL>{}/w</URL></OGRWFSDataSource>", "XML of another kind"),
    "a pipeline": ("a.fgb", PIPELINE, "a file that begins with"),
    "one that is packed": ("a.zip", VIRTUAL, "a packed file without a .shp"),
    "one that is packed as a shapefile": ("b.zip", VIRTUAL, "a packed file whose a.shp is no shapefile"),
    "a list without an end": ("a.kml", "<!-- x -->" * 2_000 + "<!DOCTYPE kml>", "a file that begins with"),
}


@pytest.fixture
def address():
    """Where something listens that nobody may speak to."""
    spoken = []

    def listen():
        with contextlib.suppress(OSError):  # closed
            while True:
                there, whence = listening.accept()
                spoken.append(whence)
                there.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener = threading.Thread(target=listen)
        listener.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        listener.join()
    assert not spoken


@pytest.mark.parametrize("case", BIDDING)
def test_no_file_of_shapes_bids_us_open_another_or_an_address(case, address, tmp_path):
    name, text, found = BIDDING[case]
    path = tmp_path / name
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.vrt" if name == "a.zip" else "a.shp", text.format(address))
    else:
        path.write_text(text.format(address), encoding="utf-8")
    with pytest.raises(UptickError, match="the boundaries cannot be read") as error:
        read_boundaries(path)
    assert found in error.value.found


def test_a_schema_elsewhere_is_not_fetched(address, tmp_path):
    names = {"wfs": "http://www.opengis.net/wfs", "gml": "http://www.opengis.net/gml", "x": "http://x"}
    names["xsi"] = "http://www.w3.org/2001/XMLSchema-instance"
    stated = " ".join(f'xmlns:{short}="{long}"' for short, long in names.items())
    schema = f"http://x {address}/wfs?SERVICE=WFS&amp;REQUEST=DescribeFeatureType"
    ring = POLYGON.replace("<", "<gml:").replace("<gml:/", "</gml:")
    shape = f'<x:geom><gml:Polygon srsName="EPSG:4326">{ring}</gml:Polygon></x:geom>'
    member = f'<gml:featureMember><x:a gml:id="a.1"><x:name>A</x:name>{shape}</x:a></gml:featureMember>'
    (tmp_path / "a.gml").write_text(
        f'<wfs:FeatureCollection {stated} xsi:schemaLocation="{schema}">{member}</wfs:FeatureCollection>'
    )
    pyogrio.set_gdal_config_options({"GML_DOWNLOAD_SCHEMA": "YES"})  # a setting of whoever calls us, kept
    try:
        assert read_boundaries(tmp_path / "a.gml").properties["name"].tolist() == ["A"]
        assert pyogrio.get_gdal_config_option("GML_DOWNLOAD_SCHEMA") == "YES"
    finally:
        pyogrio.set_gdal_config_options({"GML_DOWNLOAD_SCHEMA": None})


def test_maps_of_other_programs_are_read(tmp_path):
    (tmp_path / "a.kml").write_text(
        '<?xml version="1.0"?><!-- a map --><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        f"<name>A</name><Polygon>{POLYGON}</Polygon></Placemark></Document></kml>",
        encoding="utf-8",
    )
    assert read_boundaries(tmp_path / "a.kml").properties["Name"].tolist() == ["A"]


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp"])
def test_a_pipe_or_a_device_is_no_file_of_shapes(name, tmp_path):
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(UptickError) as error:
        read_boundaries(tmp_path / name)
    assert "a device" in error.value.found


def test_no_packed_shapes_beyond_the_limit_are_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\0" * (3 << 20))
    with raised(["unpacked_mb=2"]), pytest.raises(UptickError, match="unpacked_mb=4"):
        read_boundaries(tmp_path / "a.zip")


def test_spellings_may_come_from_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "s.csv")
    writer = threading.Thread(target=(tmp_path / "s.csv").write_text, args=("name,spellings\nA,Ay|Ey\n",))
    writer.start()
    path = geojson(tmp_path / "a.geojson", polygon(SQUARE))
    made = read_regions(path, spellings=tmp_path / "s.csv")
    writer.join()
    assert len(made.spellings_digest) == 64


def line(*points):
    return {"type": "LineString", "coordinates": list(points)}


ODD_SHAPES = {
    "properties in a list": (
        lambda: read_boundaries({"type": "Feature", "properties": [1], "geometry": polygon(SQUARE)}),
        "the shapes given, feature 1",
    ),
    "a system of no place on earth": (
        lambda: read_boundaries(polygon(SQUARE) | {"crs": {"properties": {"name": 'LOCAL_CS["x"]'}}}),
        "cannot be turned into longitude and latitude",
    ),
    "a line of no points": (lambda: along(line(), 1), "the file holds no line"),
    "a line too long for a metre": (
        lambda: along(line(*([179.0 * (-1) ** at, at % 80] for at in range(300))), 0.001),
        "the lines are too long for so small a distance",
    ),
    "a distance of nothing": (
        lambda: along(line([0, 0], [1, 1]), 1e-300),
        "the lines are too long for so small a distance",
    ),
    "a resolution below nothing": (lambda: parse_grid("h3:-1"), "no resolution of H3"),
}


@pytest.mark.parametrize("case", ODD_SHAPES)
def test_odd_shapes_are_one_error(case):
    made, said = ODD_SHAPES[case]
    with pytest.raises(UptickError, match=re.escape(said)):
        made()


def test_a_line_in_parts_is_as_long_as_before():
    road = along(line([0, 0], [0, 1], [0, 1], [0, 2]), 5)
    assert road.locate([0.5, 1.5, 2.04, 2.05], [0.04, 0.05, 0.0, 0.0]).tolist() == [0, -1, 0, -1]
