"""Regions on the map: polygons of any file, circles, roads and cells, anywhere on the earth."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import UptickError
from analytics.geo import along, cells, distance_km, h3_cell, near, prio_grid, prio_grid_centre, read_regions
from analytics.geo.boundaries import geo_extra
from analytics.geo.earth import to_km, to_space, wrapped
from analytics.geo.nearby import _dense
from analytics.geo.neighbours import neighbour_table
from analytics.geo.polygons import read_polygons

shapely = pytest.importorskip("shapely")
pyproj = pytest.importorskip("pyproj")

ROUNDED = 1e-12  # degrees: a point so near below an edge may be taken as on it
NEAR_ENOUGH = 0.002  # of distances up to 10,000 km; 0.005 is asked for
LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
WGS84 = pyproj.Geod(ellps="WGS84")


def box(west, south, east, north):
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def features(*shapes, **columns):
    """GeoJSON of polygons (or whole geometries) with columns of properties."""
    columns = columns or {"name": [f"r{i}" for i in range(len(shapes))]}
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {key: values[i] for key, values in columns.items()},
                "geometry": s if isinstance(s, dict) or s is None else {"type": "Polygon", "coordinates": s},
            }
            for i, s in enumerate(shapes)
        ],
    }


def found(regions, *points):
    """The names of the regions that points (latitude, longitude) lie in, None where in none."""
    north, east = zip(*points, strict=True)
    return [regions.names[at] if at >= 0 else None for at in regions.locate(north, east)]


def error(call, *args, **options):
    with pytest.raises(UptickError) as caught:
        call(*args, **options)
    return str(caught.value)


# -- points in polygons --------------------------------------------------------------------------------------


def test_points_lie_in_polygons_with_holes_and_of_several_parts():
    hole = [*box(0, 0, 10, 10), box(4, 4, 6, 6)[0]]
    two = {"type": "MultiPolygon", "coordinates": [box(4, 4, 6, 6), box(20, -10, 21, -9)]}
    regions = read_regions(features(hole, two, name=["around", "island"]))
    assert found(regions, (1, 1), (5, 5), (-9.5, 20.5), (-9.5, 22), (float("nan"), 5)) == [
        "around", "island", "island", None, None,
    ]  # fmt: skip


def test_a_border_belongs_to_the_first_in_the_alphabet_whatever_the_order_in_the_file():
    left, right = box(0, 0, 1, 1), box(1, 0, 2, 1)
    for shapes, names in (((left, right), ["b", "a"]), ((right, left), ["a", "b"])):
        regions = read_regions(features(*shapes, name=names))
        code, several = regions.placed(np.array([0.5, 0.5, 1.0, 0.5]), np.array([1.0, 0.5, 1.0, 2.0]))
        assert [regions.names[at] for at in code] == ["a", "b", "a", "a"]
        assert several.tolist() == [True, False, True, False]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=40), st.integers(0, 99))
def test_placing_many_points_is_placing_each_alone(points, seed):
    draw = np.random.default_rng(seed)
    shapes = []
    for _ in range(4):
        ring = shapely.convex_hull(shapely.multipoints(draw.uniform(-3, 3, (6, 2))))
        shapes.append(json.loads(shapely.to_geojson(ring)))
    regions = read_regions(features(*shapes))
    alone = [
        min(
            (i for i, s in enumerate(shapes) if shapely.intersects_xy(shapely.geometry.shape(s), x, y)),
            default=-1,
        )
        for y, x in points
    ]
    assert regions.locate(*zip(*points, strict=True)).tolist() == alone


@pytest.mark.parametrize(
    "ring",
    [
        [[[177, -19], [-178, -19], [-178, -16], [177, -16], [177, -19]]],
        [[[177, -19], [182, -19], [182, -16], [177, -16], [177, -19]]],
        [[[-183, -19], [-178, -19], [-178, -16], [-183, -16], [-183, -19]]],
        [
            [
                *([177, -19], [180, -19], [-180, -19], [-178, -19], [-178, -16]),
                *([-180, -16], [180, -16], [177, -16], [177, -19]),
            ]
        ],
    ],
    ids=["jumps", "beyond 180", "beyond -180", "with corners on it"],
)  # fmt: skip
def test_fiji_lies_on_both_sides_of_the_antimeridian(ring):
    regions = read_regions(features(ring, box(0, 0, 1, 1), name=["Fiji", "elsewhere"]))
    inside = [(-17, 179), (-17, -179), (-17, 180), (-17, -180), (-17, 181), (-17, 539)]
    assert found(regions, *inside) == ["Fiji"] * 6
    assert found(regions, (-17, 176), (-17, -177), (-17, 0), (-20, 180)) == [None] * 4
    assert any("antimeridian" in note and "Fiji" in note for note in regions.notes)
    flat = shapely.box(1, -19, 6, -16).segmentize(0.01)
    true = WGS84.geometry_area_perimeter(flat)[0] / 1e6
    assert regions.area()["Fiji"] == pytest.approx(abs(true), rel=1e-5)
    assert {ring[0, 0] > 0 for rings in regions.select(["Fiji"]).polygons().rings for ring in rings} == {True}
    centre = regions.centres().set_index("region").loc["Fiji"]
    assert (centre["lat"], wrapped(centre["lon"] - 179.5)) == (
        pytest.approx(-17.5, abs=0.02),
        pytest.approx(0),
    )


def test_neighbours_meet_across_the_antimeridian():
    regions = read_regions(features(box(170, 0, 180, 5), box(-180, 0, -170, 5), box(160, 0, 170, 5)))
    pairs = regions.neighbours()[["region", "neighbour"]].to_numpy().tolist()
    assert pairs == [["r0", "r1"], ["r0", "r2"], ["r1", "r0"], ["r2", "r0"]]


def test_a_ring_round_a_pole_holds_the_pole():
    around = [[[-170, 70], [-60, 70], [60, 70], [170, 70], [-170, 70]]]
    south = [[[-180, -90], [-180, -60], [180, -60], [180, -90], [-180, -90]]]
    regions = read_regions(features(around, south, name=["Arctic", "Antarctica"]))
    points = [(90, 0), (80, 175), (71, -180), (69, 0), (-90, 44), (-75, 180), (-61, -1), (-59, 0)]
    expected = ["Arctic"] * 3 + [None] + ["Antarctica"] * 3 + [None]
    assert found(regions, *points) == expected


def test_a_box_round_the_whole_earth_is_no_crossing():
    regions = read_regions(features([*box(-180, -90, 180, 90)]))
    assert found(regions, (0, 0), (-45, 180), (89, -180)) == ["r0"] * 3
    assert regions.notes == ()
    assert regions.area()["r0"] == pytest.approx(510_065_622, rel=1e-6)  # km2, WGS 84


def test_what_is_no_region_is_set_aside_and_told():
    bowtie = [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]
    regions = read_regions(
        features(
            bowtie, box(5, 5, 6, 6), {"type": "Point", "coordinates": [0, 0]}, None, box(7, 7, 7, 8),
            box(500_000, 3_900_000, 510_000, 3_910_000),
            name=["tie", " ", "spot", "nothing", "flat", "metres"],
        )
    )  # fmt: skip
    assert regions.names == ("tie",)
    assert len(regions) + len(regions.set_aside) == 6
    assert dict(regions.set_aside[["feature", "reason"]].to_numpy().tolist()) == {
        2: "without a name",
        3: "no polygon but a Point",
        4: "no shape, or one that cannot be read",
        5: "a polygon without area",
        6: "coordinates that are no longitude and latitude, such as 500000, 3.9e+06",
    }
    assert found(regions, (0.1, 1), (1, 0.5)) == [None, "tie"]
    assert any("made valid: tie" in note for note in regions.notes)


# -- names and what they lie in ------------------------------------------------------------------------------


def test_names_under_two_parents_are_two_regions_and_parts_of_one_name_are_one(snapshot):
    shapes = [box(i, 0, i + 1, 1) for i in range(4)]
    told = features(
        *shapes, d=["Central", "Central", "North", "North"], p=["Uganda", "Ghana", "Uganda", "Uganda"]
    )
    regions = read_regions(told, name="d", parent="p")
    assert regions.names == ("Central, Ghana", "Central, Uganda", "North")
    assert regions.parents == ("Ghana", "Uganda", "Uganda")
    assert regions.children_of("Uganda") == ("Central, Uganda", "North")
    assert found(regions, (0.5, 2.5), (0.5, 3.5)) == ["North", "North"]
    assert [list(regions.notes), error(regions.children_of, "Ugand")] == snapshot
    assert regions.select(["North"]).names == ("North",)


def test_population_adds_up_over_the_parts_and_a_missing_one_stays_missing():
    shapes = [box(i, 0, i + 1, 1) for i in range(4)]
    told = features(*shapes, name=["a", "a", "b", "c"], pop=[100, 20, None, "5"])
    people = read_regions(told, population="pop").people()
    assert people[["a", "c"]].tolist() == [120, 5]
    assert pd.isna(people["b"])


def test_errors_of_a_file_of_regions(tmp_path, snapshot):
    several = features(box(0, 0, 1, 1), box(1, 0, 2, 1), ADM1=["A", "B"], ADM2=["x", "y"], km2=[1, 2])
    line = features({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, name=["road"])
    (tmp_path / "no.geojson").write_text("{", encoding="utf-8")
    plain = read_regions(several, name="ADM2")
    said = [
        error(read_regions, several),
        error(read_regions, several, name="ADM3"),
        error(read_regions, several, name="ADM1", population="ADM2"),
        error(read_regions, line),
        error(read_regions, {"type": "FeatureCollection", "features": []}),
        error(read_regions, {"kind": "map"}),
        error(read_regions, several, name="ADM2", crs="EPSG:32638"),
        error(plain.people),
        error(plain.select, ["X"]),
        error(plain.neighbours, -1),
    ]
    assert said == snapshot
    assert "not GeoJSON" in error(read_regions, tmp_path / "no.geojson")
    assert "there is no file" in error(read_regions, tmp_path / "none.gpkg")
    with pytest.raises(UptickError, match=r"pip install .\.\[geo\]."), geo_extra("this"):
        raise ImportError("no module", name="shapely.io")


def test_a_single_drawn_polygon_needs_no_name(tmp_path):
    (tmp_path / "my area.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": box(0, 0, 1, 1)}))
    assert read_regions(tmp_path / "my area.geojson").names == ("my area",)


# -- other files and coordinate systems ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two squares near Kirkuk in metres, as shapefile (plain, zipped, without .prj) and GeoPackage."""
    raw = pytest.importorskip("pyogrio.raw")
    folder = tmp_path_factory.mktemp("shapes")
    squares = [shapely.box(44 + i, 35, 45 + i, 36).segmentize(0.05) for i in range(2)]
    turn = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:32638", always_xy=True)
    metres = shapely.transform(squares, lambda p: np.column_stack(turn.transform(p[:, 0], p[:, 1])))
    names = np.array(["كركوك", "Chamchamal"], dtype=object)

    def write(name, crs="EPSG:32638", shapes=metres, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a file without a coordinate system
            raw.write(
                folder / name, shapely.to_wkb(np.array(shapes)), [names, np.array([10, 20])], ["name", "pop"],
                crs=crs, geometry_type="Polygon", encoding="UTF-8", **options,
            )  # fmt: skip

    write("a.gpkg", driver="GPKG", layer="districts")
    write("two.gpkg", driver="GPKG", layer="one")
    write("two.gpkg", driver="GPKG", layer="other", append=True)
    write("a.shp", driver="ESRI Shapefile")
    write("a.shz", driver="ESRI Shapefile")
    (folder / "a.shz").rename(folder / "a.zip")
    write("bare.shp", driver="ESRI Shapefile", crs=None)
    write("degrees.shp", driver="ESRI Shapefile", crs=None, shapes=squares)
    old = features(*[json.loads(s) for s in shapely.to_geojson(metres)], name=["كركوك", "Chamchamal"])
    old["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32638"}}
    (folder / "old.geojson").write_text(json.dumps(old), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.zip", "old.geojson"])
def test_files_in_metres_are_turned_into_degrees_and_say_so(written, name):
    regions = read_regions(written / name)
    assert found(regions, (35.5, 44.5), (35.5, 45.5), (35.5, 46.5)) == ["كركوك", "Chamchamal", None]
    assert any("WGS 84 / UTM zone 38N" in note for note in regions.notes)
    assert len(regions.digest) == 64
    if not name.endswith("geojson"):
        drawn = read_polygons(written / name)
        assert drawn.match(["Chamchamal", "كركوك"]).missing == ()
        assert drawn.rings[0][0][:, 0].min() == pytest.approx(44, abs=0.001)


def test_a_file_without_a_coordinate_system_is_asked_about(written, snapshot):
    assert error(read_regions, written / "bare.shp") == snapshot
    stated = read_regions(written / "bare.shp", crs="EPSG:32638")
    assert found(stated, (35.5, 44.5)) == ["كركوك"]
    assert "taken as EPSG:32638, as stated" in stated.notes[0]
    assert found(read_regions(written / "degrees.shp", crs="EPSG:4326"), (35.5, 44.5)) == ["كركوك"]
    said = [
        error(read_regions, written / "a.shp", crs="EPSG:4326"),
        error(read_regions, written / "bare.shp", crs="my own"),
        error(read_regions, written / "two.gpkg"),
        error(read_regions, written / "two.gpkg", layer="third"),
    ]
    assert said == snapshot
    assert len(read_regions(written / "two.gpkg", layer="other")) == 2


# -- kilometres ----------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_distances_are_those_of_the_geodesic_everywhere(a, b, c, d):
    true = WGS84.inv(b, a, d, c)[2] / 1000
    if true <= 10_000:
        assert distance_km([c], [d], a, b)[0] == pytest.approx(true, rel=NEAR_ENOUGH, abs=1e-6)


@pytest.mark.parametrize("centre", [(35.47, 44.39), (-17.7, 179.99), (89.95, 10), (-90, 0), (0, -180)])
@pytest.mark.parametrize("km", [0.5, 20, 3000])
def test_a_circle_holds_what_is_nearer_and_nothing_else(centre, km):
    turn = np.linspace(0, 360, 37)
    north, east = np.full(37, centre[0], dtype=float), np.full(37, centre[1], dtype=float)
    for share, inside in ((0.997, True), (1.003, False)):
        lon, lat, _ = WGS84.fwd(east, north, turn, np.full(37, km * share * 1000))
        circle = near(*centre, km)
        assert ((circle.locate(lat, lon) == 0) == inside).all()


def test_a_road_holds_what_is_nearer_than_its_distance_and_nothing_else():
    road = {"type": "LineString", "coordinates": [[179, -17], [-179, -17.5], [-178.9, -18], [-178, -18]]}
    corridor = along(road, 20)
    assert corridor.names == ("within 20 km of the line",)
    north, east = (
        a.ravel() for a in np.meshgrid(np.arange(-18.6, -16.4, 0.05), np.arange(178.5, 182.5, 0.05))
    )
    fine = _dense(np.array(road["coordinates"], dtype=float), 1)
    away = np.array([to_km(np.sqrt(((fine - p) ** 2).sum(-1)).min()) for p in to_space(north, east)])
    clear = np.abs(away / 20 - 1) > 0.005
    assert ((corridor.locate(north, east) == 0) == (away <= 20))[clear].all()
    assert 0.1 < (away <= 20).mean() < 0.9
    named = features(
        road, {"type": "LineString", "coordinates": [[0, 0], [1, 0]]}, box(0, 0, 1, 1), ref=["A", "B", "C"]
    )
    roads = along(named, 5, name="ref")
    assert (roads.names, found(roads, (0.04, 0.5), (0.05, 0.5))) == (("A", "B"), ["B", None])
    assert roads.notes == ("the shapes given: 1 shape that are no lines left out",)


def test_errors_of_circles_and_roads(snapshot):
    said = [
        error(near, 44.39, 135.47, 0),
        error(near, 135.47, 44.39, 20),
        error(near, [1, 2], [1, 2], 5, name="one"),
        error(along, {"type": "Point", "coordinates": [0, 0]}, 5),
        error(along, {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, 5, name="ref"),
        error(along, {"type": "LineString", "coordinates": [[500000, 0], [1, 1]]}, 5),
    ]
    assert said == snapshot


# -- cells ---------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(LATITUDES, LONGITUDES), min_size=1, max_size=20))
def test_every_point_lies_in_its_cell_of_prio_grid(points):
    north, east = (np.array(values) for values in zip(*points, strict=True))
    gid = prio_grid(north, east)
    assert ((gid >= 1) & (gid <= 259_200)).all()
    centre = prio_grid_centre(gid)
    assert (np.abs(centre[:, 0] - north) <= 0.25 + ROUNDED).all()
    assert (np.abs(wrapped(centre[:, 1] - east)) <= 0.25 + ROUNDED).all()


@given(st.integers(1, 259_200))
def test_a_cell_s_centre_lies_in_it(gid):
    centre = prio_grid_centre([gid])
    assert prio_grid(centre[:, 0], centre[:, 1]).tolist() == [gid]
    assert prio_grid(centre[:, 0] - 0.25, centre[:, 1] - 0.25).tolist() == [gid]  # an edge: north and east


def test_cells_are_regions():
    squares = cells("priogrid", [33.34, -17.0, np.nan], [44.40, 180.0, 1.0])
    assert squares.names == ("105121", "177569")
    assert found(squares, (33.1, 44.1), (-16.9, -179.9), (0, 0)) == ["177569", "105121", None]
    frame = read_regions(features(box(44, 35, 46, 36), name=["Kirkuk"]))
    inside = cells("priogrid", within=frame)
    assert (len(inside), set(inside.parents)) == (8, {"Kirkuk"})
    assert len(inside.neighbours()) == 2 * (3 * 2 + 4 + 3 * 2)  # sides along, between, and corners
    assert "one of the two" in error(cells, "priogrid")
    assert "none of H3" in error(h3_cell, [0.0], [0.0], 16)


def test_hexagons_are_regions():
    h3 = pytest.importorskip("h3")
    names = [h3.latlng_to_cell(33.34, 44.40, 6), h3.latlng_to_cell(-17, 180, 6)]
    hexagons = cells("h3", [33.34, -17.0], [44.40, 180.0], resolution=6)
    assert set(hexagons.names) == set(names)
    assert found(hexagons, (33.34, 44.40), (-17, -180), (0, 0)) == [*names, None]
    frame = read_regions(features(box(44, 35, 45, 36)))
    inside = cells("h3", within=frame, resolution=5)
    assert inside.area().sum() == pytest.approx(frame.area().sum(), rel=0.1)


# -- areas and neighbours ------------------------------------------------------------------------------------


def test_areas_borders_and_centres(project):
    iraq = read_regions(project / "data" / "iraq" / "adm1.geojson", name="name", parent=None)
    geod = [
        WGS84.geometry_area_perimeter(s.segmentize(0.02))[0]
        for s in shapely.orient_polygons(iraq.rule.shapes)
    ]
    assert np.allclose(iraq.area().to_numpy(float), np.array(geod) / 1e6, rtol=1e-6)
    pairs = iraq.neighbours(within_km=1).set_index(["region", "neighbour"])["border_km"]
    assert ("Kirkuk", "Erbil") in pairs.index
    assert ("Kirkuk", "Basrah") not in pairs.index
    assert pairs["Kirkuk", "Erbil"] == pairs["Erbil", "Kirkuk"]
    square = read_regions(features(box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 1, 3, 2), box(3.01, 1, 4, 2)))
    table = square.neighbours()
    assert table["border_km"].tolist() == pytest.approx([110.57, 110.57, 0, 0], abs=0.01)
    assert len(square.neighbours(within_km=1.2)) == len(table) + 2
    assert len(square.neighbours(within_km=1.0)) == len(table)
    centres = square.centres()
    assert centres[["lat", "lon"]].to_numpy()[0].tolist() == pytest.approx([0.5, 0.5], abs=1e-3)
    assert square.polygons().match(["r0", "r3"]).missing == ()
    assert neighbour_table(["a"], [((np.array([[0.0, 0], [1, 0], [1, 1], [0, 0]])),)], 0).empty
