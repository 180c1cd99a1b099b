"""GDELT events, 2.0 and 1.0, as downloaded (tab-separated, no header) or with names.

A row is a sentence that a machine read, not an event that happened: see ``SOURCE.warning``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.periods import DAY
from analytics.sources.cameo import ROOTS, activity_of
from analytics.sources.checks import Draft
from analytics.sources.columns import clean_text
from analytics.sources.header import Layout
from analytics.sources.source import WARNING, Dates, Decides, Source

__all__ = ["RULES", "SOURCE"]

RULES = pd.DataFrame(
    [
        ("18 assault, 20 mass violence", "unknown", "attack"),
        ("19 fight", "unknown", "clash"),
        ("173 arrest", "unknown", "arrest"),
        ("any other", "unknown", "other"),
    ],
    columns=["EventRootCode", "initiator", "activity"],
)
_LATE = 30  # days between a date and its article from which on the date is doubtful
_ACTOR = ("Code", "Name", "CountryCode", "KnownGroupCode", "EthnicCode", "Religion1Code", "Religion2Code",
          "Type1Code", "Type2Code", "Type3Code")  # fmt: skip


def _names(geo: tuple[str, ...], *last: str) -> tuple[str, ...]:
    places = [f"{who}Geo_{what}" for who in ("Actor1", "Actor2", "Action") for what in geo]
    return (
        "GLOBALEVENTID", "SQLDATE", "MonthYear", "Year", "FractionDate",
        *(f"Actor{who}{what}" for who in (1, 2) for what in _ACTOR),
        "IsRootEvent", "EventCode", "EventBaseCode", "EventRootCode", "QuadClass", "GoldsteinScale",
        "NumMentions", "NumSources", "NumArticles", "AvgTone", *places, "DATEADDED", *last,
    )  # fmt: skip


_GEO_1 = ("Type", "FullName", "CountryCode", "ADM1Code", "Lat", "Long", "FeatureID")
_GEO_2 = ("Type", "FullName", "CountryCode", "ADM1Code", "ADM2Code", "Lat", "Long", "FeatureID")
_SHAPES = ((0, "[0-9]+"), (1, "[12][0-9]{7}"), (2, "[12][0-9]{5}"), (3, "[12][0-9]{3}"))
# Parts of a full name by the type of place: US city, world city and world state name their state.
_CITY, _STATE = ("3", "4"), ("2", "5")


def _part(draft: Draft, at: dict[str, int]) -> pd.Series:
    """Return one part of the full names of places, counted from the end, by the type of each place."""
    columns = draft.columns
    kinds, names = columns.strings("actiongeo_type").str.strip(), columns.strings("actiongeo_fullname")
    found: dict[tuple[str, str], str | None] = {}
    for kind, name in set(zip(kinds, names, strict=True)):
        parts = [clean_text(part) for part in name.split(",")]
        place = at.get(kind.removesuffix(".0"), 0)
        found[kind, name] = parts[-place] or None if 0 < place <= len(parts) else None
    return pd.Series([found[pair] for pair in zip(kinds, names, strict=True)], dtype="str")


def _rules(draft: Draft) -> None:
    columns, data = draft.columns, draft.data
    data["country"] = _part(draft, dict.fromkeys("12345", 1)).fillna(
        columns.text("actiongeo_countrycode").reset_index(drop=True)
    )
    data["admin1"] = _part(draft, dict.fromkeys(_CITY + _STATE, 2))
    data["place"] = _part(draft, dict.fromkeys(_CITY, 3))
    root = columns.map("eventrootcode", lambda text: clean_text(text).zfill(2))
    if "eventrootcode" not in columns:
        root = columns.map("eventcode", lambda text: clean_text(text).zfill(3)[:2])
    data["event_type"] = root.map(lambda text: ROOTS.get(text)).astype("str")
    whole = "eventcode" if "eventcode" in columns else "eventrootcode"
    data["activity"] = columns.map(whole, lambda text: activity_of(clean_text(text)))
    if "reported_on" in data:
        day = np.asarray(data["date_start"], dtype="datetime64[D]")
        added = pd.Series(data["reported_on"]).to_numpy().astype("datetime64[D]")
        late = added - day > _LATE * DAY
        draft.flag("reported long after its date", late)


SOURCE = Source(
    name="gdelt",
    title="GDELT",
    terms="attribution to the GDELT Project (gdeltproject.org)",
    counts="sentences of news articles in which a machine found who did what to whom",
    leaves_out="what no article said; nothing is checked by a person",
    warning=WARNING
    + "GDELT rows are sentences that a machine read in news articles, not events that happened: one event is "
    "in many rows, places are often wrong, dates are those the article seemed to mean. Do not call their "
    "number a number of attacks; a rise may be a rise of reporting",
    marks=(("globaleventid", "sqldate"), ("sqldate", "eventcode"), ("sqldate", "eventrootcode")),
    identifier="globaleventid",
    text={
        "sub_event_type": "eventcode",
        "actor1": "actor1name",
        "actor2": "actor2name",
        "source_name": "sourceurl",
    },
    dates=Dates(start="sqldate", reported="dateadded"),
    coordinates=("actiongeo_lat", "actiongeo_long"),
    place_precision=(
        "actiongeo_type",
        {"1": "country", "2": "admin1", "3": "exact", "4": "exact", "5": "admin1"},
    ),
    fixed={"initiator": "unknown", "initiator_basis": "unknown"},
    rules=_rules,
    decides=(
        Decides(
            ("actiongeo_type", "actiongeo_fullname", "actiongeo_countrycode"),
            gives=("country", "admin1", "place"),
        ),
        Decides(("eventcode", "eventrootcode"), gives=("event_type", "activity")),
        Decides(days=("date_start", "reported_on"), flags=("reported long after its date",)),
    ),
    notes=(
        ("", "country, admin1, place: parts of ActionGeo_FullName; FIPS codes are in extra"),
        ("dateadded", "reported_on: DATEADDED, the day an article was read; SQLDATE may lie years before it"),
        ("", "fatalities, wounded: not recorded by GDELT"),
    ),
    codes=(
        "eventcode", "eventbasecode", "eventrootcode", "actor1code", "actor2code", "actiongeo_adm1code",
        "actiongeo_adm2code", "actor1geo_adm1code", "actor1geo_adm2code", "actor2geo_adm1code",
        "actor2geo_adm2code", "actiongeo_featureid", "actor1geo_featureid", "actor2geo_featureid",
    ),
    layouts=(
        Layout("GDELT 2.0 events", _names(_GEO_2, "SOURCEURL"), _SHAPES, quoted=False),
        Layout("GDELT 1.0 events", _names(_GEO_1, "SOURCEURL"), _SHAPES, quoted=False),
        Layout("GDELT 1.0 events, before April 2013", _names(_GEO_1), _SHAPES, quoted=False),
    ),
)  # fmt: skip
