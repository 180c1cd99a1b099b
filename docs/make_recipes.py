"""Make the files of the recipes, SIMULATED events in the forms of UCDP GED and ACLED.

``python docs/make_recipes.py``. No row is a real event, and none is copied from either source.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).resolve().parent / "recipes"
DAYS = pd.date_range("2015-09-05", "2016-12-30")  # a Saturday to a Friday
PLACES = [  # country, first and second unit, events a day
    ("Iraq", "Kirkuk", "Hawija", 0.35),
    ("Iraq", "Diyala", "Muqdadiya", 0.30),
    ("Iraq", "Anbar", "Rutba", 0.15),
    ("Syria", "Aleppo", "Al Bab", 0.40),
    ("Syria", "Homs", "Tadmor", 0.20),
]
RISE = ("Kirkuk", 14, 4.0)  # where, in how many last days, how many times
GROUP = 0.8  # share of events with the group that the recipes ask for


def events(rng: np.random.Generator) -> pd.DataFrame:
    """Return one row an event: day, country, units, whether the group is part of it, deaths."""
    parts = []
    for country, first, second, usual in PLACES:
        mean = np.full(len(DAYS), usual)
        if first == RISE[0]:
            mean[-RISE[1] :] *= RISE[2]
        number = rng.negative_binomial(1.2, 1.2 / (1.2 + mean))
        parts.append(
            pd.DataFrame({"day": DAYS.repeat(number), "country": country, "first": first, "second": second})
        )
    found = pd.concat(parts).sort_values(["day", "first"], ignore_index=True)
    found["group"] = rng.random(len(found)) < GROUP
    found["dead"] = rng.poisson(1.0, len(found))
    return found


def ucdp(found: pd.DataFrame) -> pd.DataFrame:
    """Return lethal events between named actors, as UCDP GED writes them."""
    found = found[found["dead"] > 0]
    other = "Government of " + found["country"]
    return pd.DataFrame({
        "id": np.arange(1, len(found) + 1),
        "type_of_violence": 1,
        "date_start": found["day"],
        "date_end": found["day"],
        "date_prec": 1,
        "country": found["country"],
        "adm_1": found["first"] + " province",
        "adm_2": found["second"] + " district",
        "side_a": other,
        "side_b": np.where(found["group"], "IS", "Other group"),
        "best": found["dead"],
        "low": found["dead"],
        "high": found["dead"] + 1,
    })  # fmt: skip


def acled(found: pd.DataFrame) -> pd.DataFrame:
    """Return battles and attacks, deadly or not, as ACLED writes them."""
    battle = np.arange(len(found)) % 3 == 0
    group = np.where(found["group"], "Islamic State (" + found["country"] + ")", "Other group")
    return pd.DataFrame({
        "event_id_cnty": [f"SIM{number}" for number in range(1, len(found) + 1)],
        "event_date": found["day"],
        "time_precision": 1,
        "event_type": np.where(battle, "Battles", "Explosions/Remote violence"),
        "sub_event_type": np.where(battle, "Armed clash", "Remote explosive/landmine/IED"),
        "actor1": group,
        "inter1": "Rebel group",
        "actor2": "Military Forces of " + found["country"],
        "country": found["country"],
        "admin1": found["first"],
        "admin2": found["second"],
        "fatalities": found["dead"],
    })  # fmt: skip


def weekly(table: pd.DataFrame) -> pd.DataFrame:
    """Return sums by week, as ACLED's aggregated files hold them: weeks from Saturday, no zeros."""
    day = pd.to_datetime(table["event_date"])
    saturday = day - pd.to_timedelta((day.dt.day_of_week + 2) % 7, unit="D")
    keys = [
        saturday.rename("WEEK"),
        *(table[c].rename(c.upper()) for c in ("country", "admin1", "event_type")),
    ]
    return table.groupby(keys).size().rename("EVENTS").reset_index()


def main() -> None:
    """Write the files, and beside each what is known about it."""
    FOLDER.mkdir(exist_ok=True)
    found = events(np.random.default_rng(20161230))
    tables = {"ucdp_like": ucdp(found), "acled_like": acled(found)}
    tables["acled_weekly_like"] = weekly(tables["acled_like"])
    for name, table in tables.items():
        table.to_csv(FOLDER / f"{name}.csv", index=False, date_format="%Y-%m-%d", lineterminator="\n")
        about = f'title = "Simulated events, {name.replace("_", " ")}"\nsimulated = true\n'
        (FOLDER / f"{name}.meta.toml").write_text(about, encoding="utf-8")


if __name__ == "__main__":
    main()
