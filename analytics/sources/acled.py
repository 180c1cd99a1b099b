"""ACLED exports of every header generation: columns found by name, whatever their case.

``RULES`` states how words are derived. ACLED's ``actor1`` is not the attacker: it is the perpetrator only in
the event types that ACLED defines as one-sided (violence against civilians; explosions and remote violence).
Who that is, as insurgent or state, follows ``inter1``; an unidentified group stays unknown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics._coded import spelt
from analytics._typing import BoolArray
from analytics.schema import ACTIVITIES, INITIATORS
from analytics.sources.checks import Draft
from analytics.sources.columns import clean_text
from analytics.sources.dates import DMY
from analytics.sources.source import Dates, Decides, People, Source
from analytics.sources.translation import code

__all__ = ["RULES", "SOURCE"]

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


def _rules(draft: Draft) -> None:
    """Derive who began it and what it was, and flag a year that is not the date's."""
    columns, data = draft.columns, draft.data
    index = columns.frame.index

    def said(name: str, *words: str) -> BoolArray:
        return columns.holds(name, lambda text: clean_text(text).casefold() in words)

    def begins(name: str, with_: str) -> BoolArray:
        return columns.holds(name, lambda text: clean_text(text).casefold().startswith(with_))

    against_civilians = said("event_type", "violence against civilians")
    one_sided = said("event_type", *_ONE_SIDED)
    remote = one_sided & ~against_civilians

    codes, texts = columns.coded("inter1")
    inter = [INITIATORS.index(_INITIATORS.get(code(text).casefold(), "unknown")) for text in texts]
    unknown = INITIATORS.index("unknown")
    initiator = np.where(
        one_sided & ~begins("actor1", "unidentified"), np.array(inter, dtype=np.int8)[codes], np.int8(unknown)
    )
    data["initiator"] = spelt(INITIATORS, initiator, index)
    data["initiator_basis"] = spelt(["rule", "unknown"], (initiator == unknown).astype(np.int8), index)
    activity = np.select(
        [
            against_civilians,
            remote & (initiator == INITIATORS.index("state")),
            remote,
            begins("event_type", "battle"),
            said("sub_event_type", "arrests"),
            said("sub_event_type", "disrupted weapons use"),
        ],
        [np.int8(0), np.int8(1), np.int8(0), np.int8(2), np.int8(3), np.int8(1)],
        default=np.int8(4),
    )
    data["activity"] = spelt(ACTIVITIES, activity, index)
    if "civilian_targeting" in columns:
        data["civilian_targeting"] = pd.Series(~said("civilian_targeting", ""), dtype="boolean")
    else:
        data["civilian_targeting"] = pd.Series(
            pd.arrays.BooleanArray(against_civilians.copy(), ~against_civilians)
        )
        draft.notes.append(
            "civilian_targeting: not in this export, known only for Violence against civilians"
        )
    if "year" in columns:
        year, _ = columns.numbers("year")
        days = np.asarray(data["date_start"], dtype="datetime64[D]")
        dated = days.astype("datetime64[Y]").astype(np.float64) + 1970
        draft.flag("year differs from date", ~np.isnat(days) & ~np.isnan(year) & (year != dated))


SOURCE = Source(
    name="acled",
    title="ACLED",
    terms="attribution to ACLED (acleddata.com) with the day of access; rows of events must not be passed on",
    counts="political violence, demonstrations and some strategic developments, with or without deaths",
    leaves_out="wounded; what no source reported; days before a country is covered",
    marks=(
        ("event_id_cnty", "event_date"),
        ("event_date", "event_type", "time_precision"),
        ("event_date", "event_type", "sub_event_type", "inter1"),
        ("event_date", "event_type", "sub_event_type", "interaction"),
        ("event_date", "event_type", "disorder_type", "fatalities"),
    ),
    required=("event_date", "event_type"),
    identifier=("event_id_cnty", "data_id"),
    text={
        "country": "country",
        "admin1": "admin1",
        "admin2": "admin2",
        "place": "location",
        "event_type": "event_type",
        "sub_event_type": "sub_event_type",
        "actor1": "actor1",
        "actor2": "actor2",
        "source_name": "source",
    },
    dates=Dates(
        start="event_date",
        slashes=DMY,  # until 2018
        precision=("time_precision", {"1": 0.0, "2": 3.0, "3": 30.0}),  # day, week coded in its middle, month
        updated="timestamp",
    ),
    place_precision=("geo_precision", {"1": "exact", "2": "near", "3": "admin1"}),
    people={"fatalities": People(("fatalities",))},
    rules=_rules,
    decides=(
        Decides(
            ("event_type", "sub_event_type", "inter1", "actor1", "civilian_targeting"),
            gives=("initiator", "initiator_basis", "activity", "civilian_targeting"),
        ),
        Decides(("year",), days=("date_start",), flags=("year differs from date",)),
    ),
    notes=(
        ("", "initiator: actor1 of one-sided events, by ACLED's definition; else unknown"),
        ("", "wounded: not recorded by ACLED"),
        ("fatalities", "fatalities: ACLED writes 0 both for none and for not known; 0 is kept"),
        ("timestamp", "updated_at: ACLED's timestamp, the last change of a row and not its first report"),
    ),
)
