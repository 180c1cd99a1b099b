"""ICEWS events (Dataverse): columns found by name; an identifier may stand for several events.

``RULES`` states how words are derived: in CAMEO the source of an event is who did it to the target.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.sources.cameo import activity_of
from analytics.sources.checks import Draft
from analytics.sources.columns import clean_text
from analytics.sources.source import WARNING, Dates, Decides, Source

__all__ = ["RULES", "SOURCE"]

RULES = pd.DataFrame(
    [
        ("Source Sectors name government, military or police", "state", "rule"),
        ("Source Sectors name insurgents, rebels, separatists, terrorists", "insurgent", "rule"),
        ("both, neither, or none", "unknown", "unknown"),
    ],
    columns=["where", "initiator", "initiator_basis"],
)
_STATE = r"\b(?:government|military|police|army)\b"
_INSURGENT = r"(?:insurgent|rebel|separatist|terrorist)"


def _rules(draft: Draft) -> None:
    columns, data = draft.columns, draft.data
    sectors = columns.words("source_sectors")
    state = sectors.str.contains(_STATE, regex=True).to_numpy(dtype=bool)
    insurgent = sectors.str.contains(_INSURGENT, regex=True).to_numpy(dtype=bool)
    data["initiator"] = np.select([state & ~insurgent, insurgent & ~state], ["state", "insurgent"], "unknown")
    data["initiator_basis"] = np.where(state ^ insurgent, "rule", "unknown")
    data["activity"] = columns.map("cameo_code", lambda text: activity_of(clean_text(text)))


SOURCE = Source(
    name="icews",
    title="ICEWS",
    terms="as the Harvard Dataverse states (doi:10.7910/DVN/28075)",
    counts="sentences of news stories in which a machine found who did what to whom",
    leaves_out="what no story said; deaths",
    warning=(
        WARNING
        + "ICEWS rows are sentences that a machine read in news stories, not events that happened: one "
        "event is in several rows, and most rows are words, not violence. Do not call their number a number "
        "of attacks"
    ),
    marks=(("event_id", "event_date", "cameo_code"),),
    required=("event_date", "cameo_code"),
    identifier="event_id",
    beside="event_date",
    text={
        "country": "country",
        "admin1": "province",
        "admin2": "district",
        "place": "city",
        "event_type": "event_text",
        "sub_event_type": "cameo_code",
        "actor1": "source_name",
        "actor2": "target_name",
        "source_name": "publisher",
    },
    dates=Dates(start="event_date"),
    rules=_rules,
    decides=(
        Decides(("source_sectors",), gives=("initiator", "initiator_basis")),
        Decides(("cameo_code",), gives=("activity",)),
    ),
    notes=(
        ("", "initiator: by the sectors of the source, who in CAMEO does it to the target; else unknown"),
        ("", "an Event ID of several dates is one event for each date"),
        ("", "fatalities, wounded: not recorded by ICEWS"),
    ),
    codes=("cameo_code",),
)
