"""Write data/examples/: the same few SIMULATED attacks in the layout of each kind of file.

python data/make_examples.py [FOLDER]

Four weeks of two governorates of the bundled simulated sample. The layouts are those of the sources; no row
is one of theirs. UCDP's has the attacks with a death only, as UCDP GED has.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
FIRST, LAST = "2020-03-23", "2020-04-19"
PLACES = ("Diyala", "Kirkuk")
TITLES = {
    "office.xlsx": "an office's own log",
    "ucdp.csv": "layout of UCDP GED",
    "acled.csv": "layout of ACLED",
    "gtd.csv": "layout of the GTD",
    "sigact.csv": "layout of SIGACTs",
    "hxl.csv": "a table with HXL tags",
    "weekly.csv": "a table of counts by week",
}
MAPPING = """# Proposed by looking at office.xlsx, and looked over: 04/05/2020 is the fourth of May.
[file]
header_row = 3
date_style = "day/month/year"
country = "Iraq"

[columns]
incident_id = "Ref"
date_start = "Date of incident"
admin1 = "المحافظة"
admin2 = "District"
event_type = "Kind"
fatalities = "Killed"
"""


def attacks() -> pd.DataFrame:
    """Return the attacks that all files are made of, in the sample's own spelling of places as `spelt`."""
    from analytics import read_incidents

    incidents = read_incidents(HERE / "iraq_simulated.csv", as_of=LAST)
    kept = incidents.frame.assign(
        spelt=incidents.frame["admin1"], name=_governorate(incidents.frame["admin1"])
    )
    day = pd.to_datetime(kept["date_start"])
    inside = (day >= FIRST) & (day <= LAST) & (kept["activity"] == "attack")
    sure = (kept["date_precision"].fillna(0) == 0) & kept["admin2"].notna()
    rows = kept[inside & sure & kept["name"].isin(PLACES)].sort_values(
        ["date_start", "incident_id"], kind="stable"
    )
    rows = rows.assign(
        number=range(1, len(rows) + 1),
        day=rows["date_start"].astype("datetime64[us]").dt.strftime("%Y-%m-%d"),
    )
    return rows.reset_index(drop=True)


def _governorate(names: pd.Series) -> list[str]:
    from analytics.geo import region_table

    table = region_table("Iraq", "admin1")
    codes = [table.code(str(name)) for name in names]
    return [table.names[code] if code >= 0 else "" for code in codes]


def ucdp(rows: pd.DataFrame) -> pd.DataFrame:
    """Return them as UCDP GED would: with a death, one-sided, governorates called provinces."""
    rows = rows[rows["fatalities"].fillna(0) >= 1]
    dead = rows["fatalities"].astype(int)
    return pd.DataFrame(
        {
            "id": 900_000 + rows["number"], "relid": "SIM", "year": rows["day"].str[:4],
            "code_status": "Clear", "type_of_violence": 3,
            "side_a": "Insurgents (simulated)", "gwnoa": "", "side_b": "Civilians",
            "source_office": "simulated", "where_prec": 1, "where_coordinates": rows["admin2"],
            "adm_1": rows["name"] + " province", "adm_2": rows["admin2"] + " district",
            "latitude": rows["latitude"], "longitude": rows["longitude"], "country": "Iraq",
            "date_prec": 1, "date_start": rows["day"], "date_end": rows["day"],
            "low": dead, "best": dead, "high": dead,
        }
    )  # fmt: skip


def acled(rows: pd.DataFrame) -> pd.DataFrame:
    """Return them in ACLED's columns of today."""
    return pd.DataFrame(
        {
            "event_id_cnty": "SIM" + rows["number"].astype(str), "event_date": rows["day"],
            "year": rows["day"].str[:4], "time_precision": 1, "disorder_type": "Political violence",
            "event_type": "Explosions/Remote violence", "sub_event_type": "Remote explosive/landmine/IED",
            "actor1": "Insurgents (simulated)", "inter1": "Rebel group", "actor2": "Civilians (simulated)",
            "inter2": "Civilians", "civilian_targeting": "Civilian targeting", "country": "Iraq",
            "admin1": rows["name"], "admin2": rows["admin2"], "location": rows["admin2"],
            "latitude": rows["latitude"], "longitude": rows["longitude"], "geo_precision": 2,
            "source": "simulated", "notes": "SIMULATED",
            "fatalities": rows["fatalities"].fillna(0).astype(int), "timestamp": 1587340800,
        }
    )  # fmt: skip


def gtd(rows: pd.DataFrame) -> pd.DataFrame:
    """Return them as the GTD would: year, month and day apart."""
    return pd.DataFrame(
        {
            "eventid": rows["day"].str.replace("-", "") + (9000 + rows["number"]).astype(str).str[-4:],
            "iyear": rows["day"].str[:4], "imonth": rows["day"].str[5:7].astype(int),
            "iday": rows["day"].str[8:].astype(int), "approxdate": "", "country_txt": "Iraq",
            "provstate": rows["name"], "city": rows["admin2"], "latitude": rows["latitude"],
            "longitude": rows["longitude"], "specificity": 1, "doubtterr": 0,
            "attacktype1_txt": "Bombing/Explosion", "gname": "Insurgents (simulated)",
            "nkill": rows["fatalities"].fillna(-99).astype(int), "nwound": -99, "dbsource": "simulated",
        }
    )  # fmt: skip


def sigact(rows: pd.DataFrame) -> pd.DataFrame:
    """Return them as reports of units, the month first."""
    day = pd.to_datetime(rows["day"])
    return pd.DataFrame(
        {
            "mgrs": "SIM" + rows["number"].astype(str), "Date": day.dt.strftime("%d-%b-%y"),
            "Incident Type": "Enemy Action", "Incident Category": "Direct Fire", "Target Category": "NULL",
            "date_time_occ": day.dt.strftime("%m/%d/%Y") + " 12:00", "mgrs_X": rows["longitude"],
            "mgrs_Y": rows["latitude"], "City": rows["admin2"], "Province": rows["name"],
        }
    )  # fmt: skip


def hxl(rows: pd.DataFrame) -> pd.DataFrame:
    """Return them with a row of HXL tags below Arabic names."""
    table = pd.DataFrame(
        {
            "التاريخ": rows["day"], "المحافظة": rows["name"], "القضاء": rows["admin2"],
            "القتلى": rows["fatalities"].fillna(0).astype(int), "الرقم": "SIM" + rows["number"].astype(str),
        }
    )  # fmt: skip
    tags = ["#date+occurred", "#adm1+name", "#adm2+name", "#affected+killed", "#event+id"]
    return pd.concat([pd.DataFrame([tags], columns=table.columns), table], ignore_index=True)


def weekly(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many there were by week and governorate; weeks without any are not written."""
    day = pd.to_datetime(rows["day"])
    monday = (day - pd.to_timedelta(day.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")
    found = rows.assign(WEEK=monday).groupby(["WEEK", "name"]).size()
    return found.rename("EVENTS").reset_index().rename(columns={"name": "ADMIN1"}).assign(COUNTRY="Iraq")


def office(rows: pd.DataFrame) -> list[list[object]]:
    """Return the rows of an office's workbook: a title, a gap, names in two alphabets, two slips."""
    day = pd.to_datetime(rows["day"]).dt.strftime("%d/%m/%Y")
    columns = [rows["number"], day, rows["spelt"], rows["admin2"], ["attack"] * len(rows), rows["fatalities"]]
    log = [list(row) for row in zip(*columns, strict=True)]
    log = [[None if cell is pd.NA else cell for cell in row] for row in log]
    log.append([len(log) + 1, "31/04/2020", "Kirkuk", "Hawija", "attack", 1])  # no such day
    log.append([len(log) + 1, "18/04/2020", "Kirkuk or Diyala", "Daquq", "attack", 0])  # no such place
    return [
        ["Incident log, SIMULATED: no row is a real incident"],
        [],
        ["Ref", "Date of incident", "المحافظة", "District", "Kind", "Killed"],
        *log,
    ]


def main(folder: Path = HERE / "examples") -> None:
    """Write the files and what a reader of them has to know."""
    from openpyxl import Workbook

    folder.mkdir(parents=True, exist_ok=True)
    rows = attacks()
    for make in (ucdp, acled, gtd, sigact, hxl, weekly):
        make(rows).to_csv(folder / f"{make.__name__}.csv", index=False, lineterminator="\n")
    book = Workbook()
    sheet = book.active
    sheet.title = "Log"
    for row in office(rows):
        sheet.append(row)
    book.save(folder / "office.xlsx")
    (folder / "office.toml").write_text(MAPPING, encoding="utf-8")
    for name, title in TITLES.items():
        told = f'title = "SIMULATED attacks: {title}"\nlicence = "CC0-1.0"\nsimulated = true\n'
        (folder / name).with_suffix(".meta.toml").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
