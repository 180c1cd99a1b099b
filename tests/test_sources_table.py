"""Plain tables: columns named by the user or found by name; what is not stated is missing, never zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import read_incidents
from analytics.schema import COLUMNS
from analytics.sources.table import ALIASES

SIGACT_ROWS = 106_274


def read(**columns):
    options = columns.pop("options", {})
    return read_incidents(pd.DataFrame(columns), **options)


def test_columns_are_found_by_name_and_said():
    incidents = read(**{"Event Date": ["2020-04-13"], "ADM1_EN": ["Diyala"], "LAT": ["33.5"], "Long": ["45"]})
    row = incidents.frame.iloc[0]
    assert (row["admin1"], row["latitude"], row["longitude"]) == ("Diyala", 33.5, 45.0)
    assert (
        "columns found by name: date_start = Event Date, admin1 = ADM1_EN, latitude = LAT, longitude = Long"
        in (incidents.notes)
    )
    assert list(incidents.extra.columns) == []


def test_a_mapping_wins_over_names_and_leaves_the_rest_to_them():
    table = {"date": ["2020-04-13"], "reported": ["2020-04-15"], "province": ["Diyala"]}
    mapped = read(**table, options={"columns": {"date_start": "reported"}})
    assert str(mapped.last_date) == "2020-04-15"
    assert mapped.frame["admin1"][0] == "Diyala"
    assert mapped.extra["date"].tolist() == ["2020-04-13"]


def test_two_spellings_of_one_name_do_not_depend_on_their_order():
    one = read(Date=["2020-04-13"], date=["2020-04-14"])
    two = read(date=["2020-04-14"], Date=["2020-04-13"])
    assert one.last_date == two.last_date == np.datetime64("2020-04-14")


def test_every_alias_is_looked_for_under_its_folded_name():
    for canonical, aliases in ALIASES.items():
        assert canonical in COLUMNS
        assert canonical in aliases
        for alias in aliases:
            assert alias == alias.casefold()


def test_missing_columns_are_missing_and_the_initiator_is_unknown():
    incidents = read(date=["2020-04-13"])
    row = incidents.frame.iloc[0]
    assert (row["incident_id"], row["source"], row["initiator"], row["initiator_basis"], row["activity"]) == (
        "row-2",
        "table",
        "unknown",
        "unknown",
        "other",
    )
    assert (
        row[["admin1", "fatalities", "wounded", "latitude", "updated_at", "civilian_targeting"]].isna().all()
    )
    assert incidents.accounting.flags == {}  # a column that is not there cannot be blank
    assert "initiator: not in this table, unknown throughout" in incidents.notes


@pytest.mark.parametrize("text", ["", " ", "A number of", "unknown", "NULL", "several", "n/a", "-"])
def test_deaths_that_are_not_stated_are_missing_and_never_zero(text):
    incidents = read(date=["2020-04-13", "2020-04-14"], killed=[text, "0"])
    assert incidents.frame["fatalities"].isna().tolist() == [True, False]
    assert incidents.frame["fatalities"][1] == 0
    assert incidents.accounting.flags == {}


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("abc", "unreadable fatalities"),
        ("2.5", "unreadable fatalities"),
        ("1,200", "unreadable fatalities"),
        ("1e300", "unreadable fatalities"),
        ("-9", "negative fatalities"),
    ],
)
def test_deaths_that_cannot_be_are_flagged_missing_and_stay_in_sight(text, flag):
    incidents = read(date=["2020-04-13", "2020-04-14"], killed=[text, "3.0"])
    assert incidents.frame["fatalities"].isna().tolist() == [True, False]
    assert incidents.frame["flags"].tolist() == [flag, ""]
    kept = incidents.extra["killed"]
    assert kept[0] == (float(text) if kept.dtype == "Float64" else text)


def test_wounded_are_read_beside_the_dead():
    incidents = read(date=["2020-04-13"] * 3, killed=["1", "", "2"], injured=["4", "x", "-1"])
    assert incidents.frame["wounded"].tolist() == [4, pd.NA, pd.NA]
    assert incidents.accounting.flags == {"negative wounded": 1, "unreadable wounded": 1}


def test_a_stated_initiator_is_coded_and_other_words_are_flagged():
    incidents = read(date=["2020-04-13"] * 4, initiator=["Insurgent", "state", "", "ISIS"])
    assert incidents.frame["initiator"].tolist() == ["insurgent", "state", "unknown", "unknown"]
    assert incidents.frame["initiator_basis"].tolist() == ["coded", "coded", "unknown", "unknown"]
    assert incidents.frame["flags"].tolist() == ["", "", "", "unreadable initiator"]
    assert incidents.extra["initiator"][3] == "ISIS"


def test_booleans_in_words():
    incidents = read(date=["2020-04-13"] * 5, civilian_targeting=["True", "no", "1", "", "perhaps"])
    assert incidents.frame["civilian_targeting"].tolist() == [True, False, True, pd.NA, pd.NA]
    assert incidents.accounting.flags == {"unreadable civilian_targeting": 1}


def test_an_end_makes_a_span_and_a_precision_overrides_it():
    incidents = read(
        date_start=["2020-04-13", "2020-04-13", "2020-04-13", "2020-04-13"],
        end_date=["2020-04-13", "2020-04-20", "", "2020-04-12"],
    )
    assert incidents.frame["date_precision"].tolist() == [0, 7, 0]
    assert incidents.frame["flags"].tolist() == ["", "coarse date", ""]
    assert incidents.accounting.set_aside == {"end before start": 1}
    stated = read(date=["2020-04-13"] * 3, date_precision=["3", "", "some"])
    assert stated.frame["date_precision"].tolist() == [3, pd.NA, pd.NA]
    assert stated.frame["flags"].tolist() == ["coarse date"] + ["unknown date precision"] * 2


@pytest.mark.parametrize(
    ("latitude", "longitude", "fate"),
    [
        ("90", "180", ""),
        ("90.1", "45", "coordinates outside the globe"),
        ("33", "-181", "coordinates outside the globe"),
        ("3350000", "450000", "coordinates outside the globe"),
        ("33,512", "45", "unreadable coordinates"),
        ("", "", ""),
        ("0", "0", "coordinates 0, 0"),
    ],
)
def test_coordinates(latitude, longitude, fate):
    incidents = read(date=["2020-04-13"] * 2, lat=["33", latitude], lon=["44", longitude])
    if fate == "coordinates outside the globe":
        assert incidents.accounting.set_aside == {fate: 1}
    else:
        assert incidents.frame["flags"][1] == fate


def test_names_are_single_spaced_and_composed():
    decomposed = "Ma" + "ysa\u0304n  province "
    incidents = read(date=["2020-04-13"], governorate=[decomposed])
    assert incidents.frame["admin1"][0] == "Maysān province"


def test_identifiers_that_repeat_are_set_aside_and_made_ones_are_not_compared():
    incidents = read(id=["a", "b", "a", ""], date=["2020-04-13"] * 4)
    assert incidents.accounting.set_aside == {"duplicate id": 1}
    assert incidents.frame["incident_id"].tolist() == ["a", "b", "row-5"]
    assert incidents.accounting.flags == {"blank id": 1}
    assert len(read(date=["2020-04-13"] * 3, province=["Diyala"] * 3)) == 3


def test_a_repeat_of_a_row_that_was_set_aside_is_kept():
    incidents = read(id=["a", "a"], date=["soon", "2020-04-13"])
    assert incidents.accounting.set_aside == {"unparsable date": 1}
    assert incidents.frame["row"].tolist() == [3]


def test_canonical_tables_come_back_unchanged(project, tmp_path):
    path = project / "data" / "iraq_simulated.csv"
    if not path.is_file():
        pytest.skip("the bundled sample has not been made")
    incidents = read_incidents(path)
    canonical = [name for name in COLUMNS if name in incidents.frame.columns]
    incidents.frame[canonical].to_csv(tmp_path / "again.csv", index=False)
    again = read_incidents(tmp_path / "again.csv")
    assert again.accounting.rows_read == len(incidents)
    pd.testing.assert_frame_equal(again.frame[canonical], incidents.frame[canonical])
    assert incidents.source == "simulated"
    assert incidents.simulated
    assert again.simulated  # the rows say so themselves, without the metadata


def test_sigact_as_a_plain_table(shared_data):
    incidents = read_incidents(shared_data / "sigacts_iraq_2006_2008.csv")
    assert len(incidents) == incidents.accounting.rows_read == SIGACT_ROWS
    assert incidents.source == "table"
    assert (str(incidents.first_date), str(incidents.last_date)) == ("2006-01-01", "2008-07-05")
    assert set(incidents.frame["event_type"]) == {"IED", "SAF", "other"}
    assert (incidents.frame["initiator"] == "unknown").all()
    days = incidents.frame["date_start"]
    assert not days.between("2006-09-25", "2007-02-22").any()  # no data there, which is not zero incidents


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["1.000", "2"], [None, 2]),
        (["1.000", "2.000"], [1, 2]),  # a number with three decimals throughout
        (["1.0", "2"], [1, 2]),
        (["12.345", "7", "0"], [None, 7, 0]),
    ],
)
def test_a_point_that_may_part_thousands_is_not_read_as_a_small_number(written, read):
    table = pd.DataFrame({"date": "2020-04-13", "province": "Diyala", "killed": written})
    incidents = read_incidents(table)
    assert [None if pd.isna(n) else int(n) for n in incidents.frame["fatalities"]] == read
    assert incidents.accounting.flags.get("unreadable fatalities", 0) == read.count(None)
