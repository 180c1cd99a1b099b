"""Insecurity Insight's incident tables on HDX, as names stand in them; tables of tags are read as HXL.

``RULES`` states how the perpetrator, which the source codes, is said here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.sources.checks import Draft
from analytics.sources.source import Dates, Decides, People, Source
from analytics.sources.translation import first_of

__all__ = ["RULES", "SOURCE"]

RULES = pd.DataFrame(
    [
        ("NSA and other armed groups", "insurgent", "coded"),
        ("Government, military, police, foreign forces", "state", "coded"),
        ("Employee, civilian, other", "other", "coded"),
        ("No Information, blank", "unknown", "unknown"),
    ],
    columns=["reported perpetrator", "initiator", "initiator_basis"],
)
_STATE = r"government|military|police|foreign forces|state"
_INSURGENT = r"\bnsa\b|non-state|armed group"
_NOT_KNOWN = ("", "no information", "unknown", "unidentified", "not applicable")


def _rules(draft: Draft) -> None:
    columns, data = draft.columns, draft.data
    by = columns.words(first_of(columns, _PERPETRATOR) or _PERPETRATOR[0])
    unknown = by.isin(_NOT_KNOWN).to_numpy(dtype=bool)
    insurgent = by.str.contains(_INSURGENT, regex=True).to_numpy(dtype=bool)
    state = by.str.contains(_STATE, regex=True).to_numpy(dtype=bool)
    data["initiator"] = np.select([unknown, insurgent, state], ["unknown", "insurgent", "state"], "other")
    data["initiator_basis"] = np.where(unknown, "unknown", "coded")
    data["civilian_targeting"] = pd.Series(True, index=columns.frame.index, dtype="boolean")


_NO_INFORMATION = ("No Information", "No information")
_PERPETRATOR = ("reported_perpetrator", "actor_type")
# The same people once more, by where they come from, who employs them, their sex.
_PARTS = ("international_", "national_", "female_", "male_", "health_worker_working_",
          "health_workers_working_")  # fmt: skip

SOURCE = Source(
    name="insecurity_insight",
    title="Insecurity Insight",
    terms="as its page on data.humdata.org states, with attribution to Insecurity Insight",
    counts="incidents that hit aid work, health care, education, food or protected people, of public reports",
    leaves_out="all other violence; most exact places, which are withheld; much that was never made public",
    marks=(
        ("date", "sind_event_id"),
        ("date", "reported_perpetrator", "weapon_carried_used"),
        ("date", "reported_perpetrator", "reported_perpetrator_name"),
        ("date", "actor_type", "sind_id"),
    ),
    required=("date",),
    identifier=("sind_event_id", "sind_id", "event_id"),
    text={
        "country": "country",
        "admin1": ("admin_1", "admin1"),
        "place": ("location_of_incident", "location_of_event"),
        "sub_event_type": "weapon_carried_used",
        "actor1": ("reported_perpetrator_name", "actor_name", *_PERPETRATOR),
    },
    missing=dict.fromkeys(("admin1", "place", "sub_event_type", "actor1"), _NO_INFORMATION),
    dates=Dates(start="date"),
    people={
        "fatalities": People((), ending="_killed", parts=_PARTS),
        "wounded": People((), ending="_injured", parts=_PARTS),
    },
    fixed={"activity": "attack"},
    rules=_rules,
    decides=(Decides(_PERPETRATOR, gives=("initiator", "initiator_basis", "civilian_targeting")),),
    notes=(
        ("", "fatalities, wounded: only of the groups the table is about, such as health workers"),
        ("", "initiator: the reported perpetrator, as the source codes it"),
    ),
)
