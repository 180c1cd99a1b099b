"""ACLED exports of every header generation: columns found by name, whatever their case.

``RULES`` states how words are derived. ACLED's ``actor1`` is not the attacker: it is the perpetrator only in
the event types that ACLED defines as one-sided (violence against civilians; explosions and remote violence).
Who that is, as insurgent or state, follows ``inter1``; an unidentified group stays unknown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.sources.checks import Draft, whole
from analytics.sources.columns import Columns
from analytics.sources.dates import DMY, ParsedDates
from analytics.sources.source import Source, SourceOptions

__all__ = ["RULES", "SOURCE", "translate"]

REQUIRED = ("event_id_cnty", "event_date", "event_type")
_TEXT = (
    ("country", "country"),
    ("admin1", "admin1"),
    ("admin2", "admin2"),
    ("place", "location"),
    ("event_type", "event_type"),
    ("sub_event_type", "sub_event_type"),
    ("actor1", "actor1"),
    ("actor2", "actor2"),
    ("source_name", "source"),
)
_PRECISION_DAYS = {"1": 0.0, "2": 3.0, "3": 30.0}
_PLACES = {"1": "exact", "2": "near", "3": "admin1"}
# inter1 as a number (until 2024) or in words (since), and who that is when actor1 is the perpetrator.
_INITIATORS = {
    "1": "state", "state forces": "state",
    "2": "insurgent", "rebel group": "insurgent", "rebel groups": "insurgent", "rebel forces": "insurgent",
    "3": "other", "political militia": "other", "political militias": "other",
    "4": "other", "identity militia": "other", "identity militias": "other",
    "5": "other", "rioters": "other",
    "6": "other", "protesters": "other",
    "8": "other", "external/other forces": "other", "other forces": "other", "external forces": "other",
}  # fmt: skip
RULES = pd.DataFrame(
    [
        ("Violence against civilians", "", "by inter1", "attack", True),
        ("Explosions/Remote violence", "", "by inter1", "attack; operation if by the state", None),
        ("Remote violence", "", "by inter1", "attack; operation if by the state", None),
        ("Battles, Battle-...", "", "unknown", "clash", None),
        ("any", "Arrests", "unknown", "arrest", None),
        ("any", "Disrupted weapons use", "unknown", "operation", None),
        ("any other", "", "unknown", "other", None),
    ],
    columns=["event_type", "sub_event_type", "initiator", "activity", "civilian_targeting"],
)
_ONE_SIDED = ("violence against civilians", "explosions/remote violence", "remote violence")


def translate(columns: Columns, options: SourceOptions) -> Draft:
    """Translate ACLED's columns.

    ``event_date`` is first and last day as coded; ``date_precision`` is 0, 3 or 30 days for
    ``time_precision`` 1 (day), 2 (week, coded mid-week) and 3 (month). ``timestamp``, the last change,
    becomes ``updated_at``. ``civilian_targeting`` is ACLED's column; files older than that column state it
    only through the event type *Violence against civilians*. ACLED writes 0 fatalities both for none and for
    not known: 0 is kept, and noted. Wounded are not recorded.
    """
    columns.require(REQUIRED, "ACLED")
    draft = Draft(columns)
    data = draft.data
    draft.ids("event_id_cnty")
    data["source"] = pd.Series("acled", index=columns.frame.index, dtype="str")
    days = draft.dates("event_date", style=options.date_style, slashes=DMY)
    draft.span(days, days, (columns.actual("event_date"), columns.actual("event_date")))
    _precision(draft, days)
    for canonical, name in _TEXT:
        draft.carry(canonical, name)
    draft.coordinates(*(name if name in columns else None for name in ("latitude", "longitude")))
    data["place_precision"] = columns.map("geo_precision", lambda code: _PLACES.get(_code(code), "unknown"))
    _who_and_what(draft)
    if "fatalities" in columns:
        draft.people("fatalities", "fatalities")
        draft.notes.append("fatalities: ACLED writes 0 both for none and for not known; 0 is kept")
    draft.blank_admin1()
    if "timestamp" in columns:
        draft.updated_at("timestamp")
        draft.notes.append("updated_at: ACLED's timestamp, the last change of a row and not its first report")
    return draft


def _code(text: str) -> str:
    return text.strip().removesuffix(".0")


def _precision(draft: Draft, days: ParsedDates) -> None:
    columns = draft.columns
    codes, uniques = pd.factorize(columns.strings("time_precision"))
    known = np.array([_PRECISION_DAYS.get(_code(code), np.nan) for code in uniques])
    precision = known[codes]
    draft.data["date_precision"] = whole(precision)
    draft.flag("unknown date precision", np.isnan(precision))
    if "year" in columns:
        year, _ = columns.numbers("year")
        dated = days.days.astype("datetime64[Y]").astype(np.float64) + 1970
        differs = ~np.isnat(days.days) & ~np.isnan(year) & (year != dated)
        draft.flag("year differs from date", differs)


def _who_and_what(draft: Draft) -> None:
    columns, data = draft.columns, draft.data
    event, sub = columns.words("event_type"), columns.words("sub_event_type")
    against_civilians = (event == "violence against civilians").to_numpy(dtype=bool)
    one_sided = event.isin(_ONE_SIDED).to_numpy(dtype=bool)
    remote = one_sided & ~against_civilians

    by_inter = columns.map(
        "inter1", lambda code: _INITIATORS.get(_code(code).casefold(), "unknown")
    ).to_numpy()
    unidentified = columns.words("actor1").str.startswith("unidentified").to_numpy(dtype=bool)
    initiator = np.where(one_sided & ~unidentified, by_inter, "unknown")
    data["initiator"] = initiator
    data["initiator_basis"] = np.where(initiator == "unknown", "unknown", "rule")
    data["activity"] = np.select(
        [
            against_civilians,
            remote & (initiator == "state"),
            remote,
            event.str.startswith("battle").to_numpy(dtype=bool),
            (sub == "arrests").to_numpy(dtype=bool),
            (sub == "disrupted weapons use").to_numpy(dtype=bool),
        ],
        ["attack", "operation", "attack", "clash", "arrest", "operation"],
        default="other",
    )
    if "civilian_targeting" in columns:
        stated = (columns.words("civilian_targeting") != "").to_numpy(dtype=bool)
        data["civilian_targeting"] = pd.Series(stated, dtype="boolean")
    else:
        data["civilian_targeting"] = pd.Series(
            pd.arrays.BooleanArray(against_civilians.copy(), ~against_civilians)
        )
        draft.notes.append(
            "civilian_targeting: not in this export, known only for Violence against civilians"
        )
    draft.notes.append("initiator: actor1 of one-sided events, by ACLED's definition; else unknown")
    draft.notes.append("wounded: not recorded by ACLED")


SOURCE = Source(
    name="acled",
    title="ACLED",
    marks=("event_id_cnty", "event_date"),
    translate=translate,
)
