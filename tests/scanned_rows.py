"""Rows with most of what is wrong in real ones, and what scanned incidents are held to."""

from __future__ import annotations

import numpy as np
import pandas as pd

AS_OF = "2020-06-30"
BLANKS = ["", "", " ", "NULL", "NA", "-"]
PLACES = [
    "Kirkuk",
    "Kirkuk ",
    "kirkuk",
    "Diyala",
    "Diyala",
    "At-Ta'mim",
    "Al  Anbar",
    'Say "Ninewa"',
    "Erbīl",
    "Nowhere",
]
DATES = {
    "iso": [
        "2020-04-13",
        "2020-04-14",
        " 2020-05-01",
        "2020-05-02 10:00:00",
        "2020-03-09",
        "2020-03-01",
        "2020-06-30",
    ],
    "named": ["13 April 2020", "14 April 2020", "1 May 2020", "02 May 2020", "9 Mar 2020", "1 March 2020"],
    "odd": ["0025-04-13", "soon", "", "2020-02-30", "2020-07-09", "2021-01-01", "2020-04"],
}
NUMBERS = ["0", "1", "2", "3", "", "many", "-1", "2.5", "1e10", "7 ", "unknown", "x"]
DEGREES = ["35.4", "44.3", "0", "", "unknown", "91.5", "-12.25", "x"]


def nasty(kind: str, seed: int, size: int) -> pd.DataFrame:
    """Rows of a source with most of what is wrong in real ones; the same for a seed."""
    rng = np.random.default_rng(seed)

    def some(*pools: list[str], odd: float = 0.1) -> np.ndarray:
        return np.where(rng.random(size) < odd, rng.choice(pools[-1], size), rng.choice(pools[0], size))

    names = [f"E{n}" for n in range(max(3, size // 2))]
    columns: dict[str, np.ndarray] = {}
    if kind == "acled":
        columns = {
            "event_id_cnty": some(names, BLANKS, odd=0.05),
            "event_date": some(DATES[rng.choice(["iso", "named"])], DATES["odd"], odd=0.15),
            "year": some(["2020"], ["2019", ""]),
            "time_precision": some(["1", "1", "2", "3"], ["", "9"]),
            "event_type": some(
                ["Battles", "Violence against civilians", "Explosions/Remote violence"], BLANKS
            ),
            "sub_event_type": some(["Armed clash", "Arrests", "Attack"], BLANKS),
            "actor1": some(["Unidentified Armed Group", "IS", "Police Forces"], BLANKS),
            "actor2": some(["Civilians", "ISIS "], BLANKS),
            "inter1": some(["1", "Rebel group", "3.0", "8"], ["77", ""]),
            "country": some(["Iraq"], ["", "iraq"]),
            "admin1": some(PLACES, BLANKS),
            "latitude": some(DEGREES[:2], DEGREES),
            "longitude": some(DEGREES[:2], DEGREES),
            "geo_precision": some(["1", "2"], ["3", "x"]),
            "source": some(["AP", "AP; Reuters", "Rudaw"], BLANKS),
            "fatalities": some(["0", "1", "4"], NUMBERS),
            "timestamp": some(["1588000000", "1588900000", "1589000000"], ["", "never"]),
        }
    elif kind == "ucdp":
        columns = {
            "id": some(names, BLANKS, odd=0.05),
            "type_of_violence": some(["1", "2", "3"], ["", "4"]),
            "code_status": some(["Clear"], ["Check deaths", "clear"]),
            "side_a": some(["Government of Iraq", "IS"], BLANKS),
            "side_b": some(["IS", "Civilians"], BLANKS),
            "gwnoa": some(["", "645"], ["", "645"]),
            "date_start": some(DATES["iso"][:4], DATES["odd"]),
            "date_end": some(DATES["iso"], DATES["odd"]),
            "where_prec": some(["1", "4"], ["9", ""]),
            "country": some(["Iraq", "Nigeria"], [""]),
            "adm_1": some(["Kirkūk province", "Borno state", *PLACES], BLANKS),
            "latitude": some(DEGREES[:2], DEGREES),
            "longitude": some(DEGREES[:2], DEGREES),
            "best": some(["0", "1", "9"], NUMBERS),
            "low": some(["0", "1"], NUMBERS),
            "high": some(["3", "9"], NUMBERS),
        }
    elif kind == "gdelt":
        columns = {
            "GLOBALEVENTID": some(names, BLANKS, odd=0.05),
            "SQLDATE": some(["20200413", "20200414", "20200501"], ["20200230", "", "00250413", "20190101"]),
            "EventCode": some(["190", "0231", "173"], ["", "18"]),
            "EventRootCode": some(["19", "02", "17"], ["", "1"]),
            "ActionGeo_Type": some(["4", "1", "5"], ["", "0"]),
            "ActionGeo_FullName": some(["Kirkuk, At Ta'mim, Iraq", "Iraq", "Baghdad, Iraq"], BLANKS),
            "ActionGeo_CountryCode": some(["IZ"], BLANKS),
            "ActionGeo_Lat": some(DEGREES[:2], DEGREES),
            "ActionGeo_Long": some(DEGREES[:2], DEGREES),
            "DATEADDED": some(["20200413", "20200502"], ["", "20200701", "20200101", "x"]),
        }
    elif kind == "gtd":
        columns = {
            "eventid": some(names, BLANKS, odd=0.05),
            "iyear": some(["2020"], ["", "25", "2019"]),
            "imonth": some(["4", "5"], ["0", "13", ""]),
            "iday": some(["13", "14", "2"], ["0", "31", ""]),
            "approxdate": some(
                ["", "", "April 13-19, 2020"],
                ["04/12/2020 - 04/14/2020", "early May", "May 2 - June 4, 2021"],
                odd=0.4,
            ),
            "country_txt": some(["Iraq"], [""]),
            "provstate": some(PLACES, ["Unknown", *BLANKS]),
            "city": some(["Kirkuk", "Daquq"], ["unknown", ""]),
            "specificity": some(["1", "4"], ["9", ""]),
            "latitude": some(DEGREES[:2], DEGREES),
            "longitude": some(DEGREES[:2], DEGREES),
            "attacktype1_txt": some(["Bombing/Explosion", "Armed Assault"], BLANKS),
            "gname": some(["Islamic State (ISIL)", "Unknown"], ["", "unknown "]),
            "nkill": some(["0", "1", "-9"], ["-99", *NUMBERS]),
            "nwound": some(["0", "1"], NUMBERS),
        }
    elif kind == "icews":
        columns = {
            "Event ID": some(names, BLANKS, odd=0.05),
            "Event Date": some(DATES["iso"], DATES["odd"]),
            "Source Name": some(["Police (Iraq)", "Citizen (Iraq)"], BLANKS),
            "Source Sectors": some(["Police,Government", "Rebel", "Insurgents,Government"], ["", "Social"]),
            "Event Text": some(["fight with small arms", "Make statement"], BLANKS),
            "CAMEO Code": some(["193", "010", "0231"], ["", "20"]),
            "Target Name": some(["Citizen (Iraq)"], BLANKS),
            "Publisher": some(["Reuters", "AFP; AP"], BLANKS),
            "City": some(["Kirkuk"], BLANKS),
            "District": some(["Daquq"], BLANKS),
            "Province": some(PLACES, BLANKS),
            "Country": some(["Iraq"], [""]),
            "Latitude": some(DEGREES[:2], DEGREES),
            "Longitude": some(DEGREES[:2], DEGREES),
        }
    elif kind == "sigact":
        columns = {
            "ReportKey": some(names, BLANKS, odd=0.05),
            "DateOccurred": some(["2020-04-13 10:00:00", "2020-05-01 23:30:00", "2020-04-14"], DATES["odd"]),
            "Type": some(["Enemy Action", "Friendly Action", "Explosive Hazard"], ["", "Non-Combat Event"]),
            "Category": some(["Direct Fire", "IED Explosion", "IED Found/Cleared"], BLANKS),
            "Region": some(["RC EAST", "RC SOUTH"], ["UNKNOWN", ""]),
            "ReportingUnit": some(["TF Bronco", "TF Pacemaker"], BLANKS),
            "FriendlyKIA": some(["0", "1"], NUMBERS),
            "HostNationKIA": some(["0", "2"], NUMBERS),
            "CivilianKIA": some(["0"], NUMBERS),
            "EnemyKIA": some(["0", "3"], ["", "x"]),
            "FriendlyWIA": some(["0", "1"], NUMBERS),
            "MGRS": some(["42SWB000", "41RPQ111"], [""]),
            "Latitude": some(DEGREES[:2], DEGREES),
            "Longitude": some(DEGREES[:2], DEGREES),
        }
    elif kind == "insecurity_insight":
        columns = {
            "Date": some(DATES["iso"], DATES["odd"]),
            "SiND Event ID": some(names, BLANKS, odd=0.05),
            "Country": some(["Iraq"], [""]),
            "Admin 1": some(PLACES, ["No Information", *BLANKS]),
            "Reported Perpetrator": some(["NSA", "Military", "No information"], ["", "Employee"]),
            "Reported Perpetrator Name": some(["IS", "Police"], BLANKS),
            "Weapon Carried/Used": some(["Firearms", "No information"], BLANKS),
            "Aid Workers Killed": some(["0", "1"], NUMBERS),
            "National Aid Workers Killed": some(["0", "1"], NUMBERS),
            "Aid Workers Injured": some(["0"], NUMBERS),
        }
    elif kind == "hxl":
        columns = {
            "#event+id": some(names, BLANKS, odd=0.05),
            "#date+occurred": some(DATES["iso"], DATES["odd"]),
            "#adm1+name": some(PLACES, BLANKS),
            "#country+name": some(["Iraq"], [""]),
            "#event+type": some(["Ambush", "Raid"], BLANKS),
            "#affected+killed+f": some(["0", "1"], NUMBERS),
            "#affected+killed+m": some(["0", "2"], NUMBERS),
            "#affected+injured": some(["0"], NUMBERS),
            "#date+reported": some(DATES["iso"], ["", "2020-07-02"]),
            "#geo+lat": some(DEGREES[:2], DEGREES),
            "#geo+lon": some(DEGREES[:2], DEGREES),
            "Remarks": some(["none", "late"], [""]),
        }
    else:
        columns = {
            "Incident No": some(names, BLANKS, odd=0.05),
            "Date": some(DATES[rng.choice(["iso", "named"])], DATES["odd"], odd=0.15),
            "end date": some([""], DATES["iso"]),
            "Province": some(PLACES, BLANKS),
            "District": some(["Daquq", "Hawija", "Tuz "], BLANKS),
            "Type": some(["IED", "saf", "İED", "STRASSE", "Straße"], BLANKS),
            "initiator": some(["insurgent", "State"], ["", "who"]),
            "civilian_targeting": some(["yes", "no"], ["", "maybe"]),
            "killed": some(["0", "1", "12"], NUMBERS),
            "wounded": some(["0", "1"], NUMBERS),
            "Lat": some(DEGREES[:2], DEGREES),
            "Lon": some(DEGREES[:2], DEGREES),
            "reported_on": some(DATES["iso"], ["", "2020-07-02", "x"]),
            "updated_at": some(["2020-05-01T10:00:00", "2020-05-02"], ["", "x"]),
            "Shift": some(["1", "2", "03"], ["", "night"]),
            "Score": some(["1", "2"], ["", "5"]),
        }
    frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    again = frame.iloc[rng.integers(0, size, size // 12)]
    blank = pd.DataFrame(
        [dict.fromkeys(frame, ""), dict(zip(frame, frame, strict=True)), dict.fromkeys(frame, "#tag")]
    )
    return pd.concat([frame, again, blank.astype("str")], ignore_index=True).astype("str")


COUNTS = {
    "acled": [
        {"no_coverage": ["2020-04-20..2020-04-25"]},
        {
            "where": "not (actor contains 'is' and fatalities >= 1) or date_start < '2020-04-01'",
            "value": "fatalities",
        },
    ],
    "ucdp": [
        {"by": "country,admin1", "span": "exclude", "start": "2020-03-01"},
        {
            "where": "initiator = 'state' or side_b is missing or fatalities in (0, 9)",
            "by": "type_of_violence",
        },
    ],
    "gdelt": [
        {"by": "country"},
        {"where": "not activity = 'clash' and reported_on >= 2020-04-14", "by": "admin1"},
    ],
    "gtd": [
        {"by": "admin1", "span": "exclude"},
        {"where": "initiator = 'insurgent' or fatalities > 1 or place is missing", "value": "fatalities"},
    ],
    "icews": [
        {"by": "admin1"},
        {"where": "initiator != 'unknown' and not activity = 'clash'", "by": "country,admin1"},
    ],
    "sigact": [
        {"where": "activity in ('attack', 'operation') and not Category = 'Direct Fire'", "by": "admin1"},
        {"by": "Category", "value": "fatalities"},
    ],
    "insecurity_insight": [
        {"where": "initiator = 'insurgent' or wounded = 0", "by": "admin1"},
        {"value": "fatalities", "where": "civilian_targeting = true"},
    ],
    "hxl": [
        {"where": "wounded = 0 or event_type contains 'amb'", "as_of": "2020-05-10"},
        {"value": "fatalities", "by": "admin1"},
    ],
    "table": [
        {"by": "Province,Type", "value": "fatalities", "as_of": "2020-05-10"},
        {
            "by": "Shift",
            "where": "Type contains 'İe' or Type = 'Straße' or not Score > 1 or civilian_targeting = true",
        },
    ],
}


def same_account(whole, scanned):
    assert scanned.accounting.__dict__ == whole.accounting.__dict__
    assert len(scanned) == len(whole)
    assert (scanned.first_date, scanned.last_date) == (whole.first_date, whole.last_date)


def same_counts(one, other):
    for name in ("values", "coarse", "unplaced", "coverage", "starts"):
        left, right = getattr(one, name), getattr(other, name)
        np.testing.assert_array_equal(left, right, err_msg=name)
        assert left.dtype == right.dtype
    assert repr(one.completeness) == repr(other.completeness)
    for name in (
        "regions",
        "accounting",
        "silences",
        "splices",
        "by",
        "countries",
        "parents",
    ):
        assert getattr(one, name) == getattr(other, name), name
    if one.outlets is None:
        assert other.outlets is None
    else:

        def told(outlets):
            return sorted(zip(outlets.outlet, outlets.region, outlets.days, outlets.share, strict=True))

        assert one.outlets.names == other.outlets.names
        assert told(one.outlets) == told(other.outlets)
