"""Incidents are placed by their coordinates; every one is accounted for, every disagreement told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import count_incidents, read_incidents, uptick_test
from analytics.counts.rates import rate_table
from analytics.errors import UptickError
from analytics.geo import near, prio_grid, read_regions
from analytics.incidents.asked import place_as_asked

pytest.importorskip("shapely")

SQUARES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"district": name, "province": province, "people": people},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]],
            },
        }
        for x, (name, province, people) in enumerate(
            [("Aley", "West", 1000), ("Baqa", "West", 500), ("Cana", "East", None), ("Dara", "East", 50)]
        )
    ],
}


def table(rows):
    """Incidents of a plain table: (longitude, latitude, district, place precision)."""
    frame = pd.DataFrame(rows, columns=["longitude", "latitude", "admin2", "place_precision"])
    frame.insert(0, "date", pd.date_range("2021-01-04", periods=len(frame)).strftime("%Y-%m-%d"))
    return read_incidents(frame, as_of="2021-06-30")


@pytest.fixture(scope="module")
def regions():
    return read_regions(SQUARES, name="district", parent="province", population="people")


ROWS = [
    (0.5, 0.5, "Aley", "exact"),
    (1.5, 0.5, "Báqa", "near"),  # another spelling
    (1.5, 0.6, "Aley", "exact"),  # lies in Baqa, called Aley
    (0.5, 0.6, "Nowhere", "exact"),  # a name that no square bears
    (2.5, 0.5, "Cana", "admin1"),  # the middle of a province
    (None, None, "Aley", "exact"),
    (9.0, 0.5, "Aley", "exact"),  # in no square
    (1.0, 0.5, None, "exact"),  # on a border
]


@pytest.fixture(scope="module")
def incidents():
    return table(ROWS)


def parts(placed):
    return dict(placed.placement.account().itertuples(index=False))


def error(call, *args, **options):
    with pytest.raises(UptickError) as caught:
        call(*args, **options)
    return str(caught.value)


def test_every_incident_goes_to_one_part_of_the_account(incidents, regions, snapshot):
    placed = incidents.place(regions)
    assert placed.extra["area"].fillna("-").tolist() == [
        "Aley",
        "Baqa",
        "Baqa",
        "Aley",
        "-",
        "-",
        "-",
        "Aley",
    ]
    assert parts(placed) == {
        "in a region": 5, "no coordinates": 1, "coded to a unit, not to a spot": 1, "in no region": 1,
    }  # fmt: skip
    assert sum(parts(placed).values()) == len(incidents) == placed.accounting.kept
    assert placed.placement.disagreements.to_numpy().tolist() == [["Aley", "Aley", "Baqa", 1]]
    assert placed.placement.unknown_names.to_numpy().tolist() == [["Nowhere", "Aley", 1]]
    assert list(placed.placement.notes) == snapshot
    assert json.loads(json.dumps(placed.placement.record()))["rows"] == parts(placed)


def test_what_decides_is_an_option_and_both_leaves_out_what_disagrees(incidents, regions):
    by_name = incidents.place(regions, decides="name")
    area = ["Aley", "Baqa", "Aley", "Aley", "Cana", "Aley", "Aley", "Aley"]
    assert by_name.extra["area"].tolist() == area
    assert parts(by_name)["in a region by the source's own name"] == 4
    both = incidents.place(regions, decides="both")
    assert both.extra["area_reason"].tolist()[2] == "name and coordinates disagree"
    assert parts(both)["in a region"] == 4
    for placed in (by_name, both):
        assert len(placed.placement.disagreements) == 1
        assert sum(parts(placed).values()) == len(incidents)


def test_coarse_places_are_taken_only_when_asked_for(incidents, regions):
    assert incidents.place(regions, coarsest="admin1").extra["area"][4] == "Cana"
    assert parts(incidents.place(regions, coarsest="exact"))["coded to a unit, not to a spot"] == 2


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(-1, 5)),
            st.floats(-1, 2),
            st.sampled_from(["Aley", "baqa", "Nowhere", None]),
            st.sampled_from(["exact", "near", "admin2", "admin1", "country", "unknown", None]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["point", "name", "both"]),
)
def test_rows_add_up_whatever_they_are(rows, decides):
    squares = read_regions(SQUARES, name="district", parent="province")
    kept = table([(0.5, 0.5, "Aley", "exact"), *rows])
    placed = kept.place(squares, decides=decides)
    counts = count_incidents(placed, "day", by="area")
    account = counts.accounting
    assert sum(parts(placed).values()) == len(kept) == account.kept
    assert account.grid == int(counts.values.sum()) == int((placed.placement.codes >= 0).sum())
    assert account.grid + account.unplaced == account.kept
    assert (placed.extra["area"].isna() == (placed.extra["area_reason"] != "")).all()


def test_counts_have_every_region_its_parent_and_its_spells_without_data(incidents, regions):
    placed = incidents.place(regions)
    counts = count_incidents(
        placed, "day", by="area", no_coverage=["2021-02-01..2021-02-02@East", "2021-03-01..2021-03-01@Aley"]
    )
    assert counts.regions == ("Aley", "Baqa", "Cana", "Dara")
    assert counts.parents == ("West", "West", "East", "East")
    assert counts.values.sum(axis=0).tolist() == [3, 2, 0, 0]
    assert (~counts.coverage).sum(axis=0).tolist() == [1, 0, 2, 2]
    elsewhere = table([*ROWS, (9.0, 0.6, "Zahle", "exact")]).place(regions)  # known, and in no region
    gap = "2021-02-01..2021-02-02@Zahle"
    assert count_incidents(elsewhere, "day", by="area", no_coverage=[gap]).coverage.all()
    # A name that the source uses of incidents elsewhere, and that is a region on the map too.
    away = table([(0.5, 0.5, "Aley", "exact"), (None, None, "Baqa", "admin2"), (9.0, 0.5, "Cana", "exact")])
    spell = {"no_coverage": ["2021-02-01@Cana"], "start": "2021-02-01"}
    assert not count_incidents(away.place(regions), "day", by="area", **spell).coverage[0, 2]
    chosen = count_incidents(placed, by="area", regions=["Dara", "aley"])
    assert chosen.regions == ("Dara", "Aley")
    assert chosen.accounting.filtered == {"region (2 regions chosen)": 2}
    mixed = count_incidents(placed, by=["area", "admin2"])
    assert "Baqa, Aley" in mixed.regions
    said = error(count_incidents, placed, by="area", regions=["Alay"])
    assert "did you mean Aley?" in said


def test_districts_are_tested_within_their_province(regions):
    draw = np.random.default_rng(3)
    rows = [(x + 0.5, 0.5, None, "exact") for x in draw.integers(0, 4, 800)]
    frame = pd.DataFrame(rows, columns=["longitude", "latitude", "admin2", "place_precision"])
    days = np.sort(draw.integers(0, 500, 800))
    frame.insert(0, "date", (np.datetime64("2020-01-01") + days).astype(str))
    counts = count_incidents(read_incidents(frame, as_of="2021-05-14").place(regions), "day", by="area")
    assert "within the one of 2 that it lies in" in uptick_test(counts).family
    assert "within" not in uptick_test(counts, nested=False).family


def test_outside_a_circle_is_left_out_and_outside_polygons_is_unplaced(incidents, regions):
    circle = count_incidents(incidents.place(near(0.5, 0.5, 30, name="Aley town")), by="area")
    assert circle.accounting.filtered == {"region (Aley town)": 4}
    assert (circle.accounting.grid, circle.accounting.unplaced) == (2, 2)
    assert circle.total().values.sum() == 2
    polygons = count_incidents(incidents.place(regions), by="area")
    assert (polygons.accounting.filtered, polygons.accounting.unplaced) == ({}, 3)


def test_nothing_in_any_region_is_an_error_that_says_why(regions, snapshot):
    far = table([(44.4, 33.3, "Baghdad", "exact")])
    coarse = table([(0.5, 0.5, "Aley", "admin1"), (None, None, "Aley", "exact")])
    turned = table([(0.5, y, None, "exact") for y in (2.5, 3.5)])
    said = [error(one.place, regions) for one in (far, coarse, turned)]
    assert said == snapshot
    partly = table([(0.5, y, None, "exact") for y in (0.5, 2.5, 3.5)]).place(regions)
    assert "2 of 2 would lie in one with latitude and longitude exchanged" in partly.placement.notes[-1]


def test_a_road_is_asked_for_by_its_file_and_has_no_box_to_be_outside_of(incidents, tmp_path):
    road = tmp_path / "road.geojson"
    line = {"type": "LineString", "coordinates": [[0.0, 0.5], [1.2, 0.5]]}
    road.write_text(json.dumps({"type": "Feature", "properties": {"name": "Coast road"}, "geometry": line}))
    asked = {"along": f"{road}, 20", "name": "name"}
    placed = place_as_asked(incidents, asked)
    assert placed.extra["area"].fillna("-").tolist() == [
        "Coast road", "-", "-", "Coast road", "-", "-", "-", "Coast road",
    ]  # fmt: skip
    far = table([(44.4, 33.3, "Baghdad", "exact")])
    said = error(place_as_asked, far, asked)
    assert "no incident lies in any of the regions\n  expected: coordinates within the regions\n" in said
    assert "found: latitude 33.3 to 33.3, longitude 44.4 to 44.4" in said


def test_a_name_under_two_parents_is_told_by_the_first_order_unit_beside_it(tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("name,spellings\nAley,ALEY|Aliya\n", encoding="utf-8")  # once in other letters only
    twice = json.loads(json.dumps(SQUARES).replace("Cana", "Aley"))
    regions = read_regions(twice, name="district", parent="province", spellings=names)
    frame = pd.DataFrame(
        {
            "date": "2021-01-04",
            "longitude": [0.5, 9.0, 9.0, 9.0, 9.0],
            "latitude": 0.5,
            "admin1": ["West", "East", "west", "", "North"],
            "admin2": ["Aley", "Aliya", "aley", "Aley", "Aley"],
        }
    )
    placed = read_incidents(frame, as_of="2021-06-30").place(regions, decides="name")
    assert placed.extra["area"].fillna("-").tolist() == ["Aley, West", "Aley, East", "Aley, West", "-", "-"]


def test_options_of_placing_that_cannot_be_used(incidents, regions, snapshot):
    said = [
        error(incidents.place, regions, coarsest="fuzzy"),
        error(incidents.place, regions, own="place"),
        error(incidents.place, near(0.5, 0.5, 30), decides="name"),
        error(place_as_asked, incidents, {}),
        error(place_as_asked, incidents, {"near": ["1,2"]}),
        error(place_as_asked, incidents, {"near": ["a=1,x,3"]}),
        error(place_as_asked, incidents, {"near": ["1,2,3"], "along": "road.geojson,3"}),
        error(place_as_asked, incidents, {"regions": "h3:99"}),
        error(place_as_asked, incidents, {"regions": "priogrid", "name": "x"}),
        error(place_as_asked, incidents, {"km": 3}),
    ]
    assert said == snapshot


def test_a_table_of_spellings_joins_names(incidents, tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("name,spellings\nAley,Nowhere|Aliya\n", encoding="utf-8")
    regions = read_regions(SQUARES, name="district", spellings=path)
    assert incidents.place(regions).placement.unknown_names.empty
    path.write_text("name,other\nAley,x\n", encoding="utf-8")
    assert "columns name and spellings" in error(read_regions, SQUARES, name="district", spellings=path)


def test_a_column_of_the_file_called_area_is_kept():
    frame = pd.DataFrame({"date": ["2021-01-04"], "lat": [0.5], "lon": [0.5], "area": ["north"]})
    incidents = read_incidents(frame, as_of="2021-01-31", columns={"latitude": "lat", "longitude": "lon"})
    placed = incidents.place(read_regions(SQUARES, name="district"))
    assert placed.extra["area"].tolist() == ["Aley"]
    assert placed.extra["area (of the file)"].tolist() == ["north"]


# -- rates -------------------------------------------------------------------------------------------------


def test_rates_are_counts_over_people_and_missing_people_are_an_error(incidents, regions):
    counts = count_incidents(incidents.place(regions), "day", by="area")
    some = counts.select(["Aley", "Baqa"])
    table = rate_table(some, regions.people(), per=1000).set_index("region")
    assert table["count"].tolist() == [3, 2]
    assert table["rate"].tolist() == [3.0, 4.0]
    assert "Cana" in error(rate_table, counts, regions.people(), per=1000)


def test_earlier_versions_of_an_incident_are_placed_too(regions):
    frame = pd.DataFrame(
        {
            "incident_id": ["a", "a", "b"],
            "date": ["2021-01-04"] * 3,
            "latitude": 0.5,
            "longitude": [0.5, 3.5, 1.5],
            "updated_at": ["2021-01-05", "2021-02-01", "2021-01-05"],
        }
    )
    placed = read_incidents(frame, as_of="2021-03-01").place(regions)
    assert placed.accounting.superseded == 1
    assert placed.extra["area"].tolist() == ["Dara", "Baqa"]
    then = count_incidents(placed, "day", by="area", as_of="2021-01-10")
    now = count_incidents(placed, "day", by="area")
    assert then.values.sum(axis=0).tolist() == [1, 1, 0, 0]
    assert now.values.sum(axis=0).tolist() == [0, 1, 0, 1]
    where = count_incidents(placed, "day", by="area", where="area = 'Dara'")
    assert where.accounting.filtered == {"where area = 'Dara'": 1}


def test_real_incidents_in_real_districts(shared_data):
    districts = read_regions(
        shared_data / "geo" / "iraq_adm2_codab.geojson", name="ADM2_EN", parent="ADM1_EN"
    )
    incidents = read_incidents(shared_data / "ucdp_ged_iraq_hdx.csv", as_of="2018-12-31")
    placed = incidents.place(districts)
    assert parts(placed) == {"in a region": 6300, "coded to a unit, not to a spot": 1172, "in no region": 1}
    assert int(placed.placement.disagreements["rows"].sum()) == 224
    gid = prio_grid(incidents.frame["latitude"], incidents.frame["longitude"])
    assert (gid == incidents.extra["priogrid_gid"].to_numpy()).all()  # UCDP's own numbers
