"""UCDP GED, yearly and candidate files, the HDX files made from them: columns found by name.

``RULES`` states how words are derived. UCDP codes who took part, not who began: only where it codes one-sided
violence is side A the perpetrator by UCDP's own definition.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.sources.checks import Draft
from analytics.sources.coverage import CoveredFrom
from analytics.sources.source import Dates, Decides, People, Source
from analytics.sources.translation import code

__all__ = ["COVERED_FROM", "RULES", "SOURCE"]

_TYPES = {
    # type_of_violence: (event_type, activity, civilian_targeting)
    "1": ("state-based violence", "clash", False),
    "2": ("non-state violence", "clash", False),
    "3": ("one-sided violence", "attack", True),
}
# "GED 22.1 is a global dataset that covers the world between 1989-01-01 and 2021-12-31": UCDP GED Codebook
# version 22.1, p. 3; later releases begin on the same day. Candidate files hold single months, and not all of
# their events are clear; files of one year may be such, or extracts.
COVERED_FROM = CoveredFrom(
    np.datetime64("1989-01-01"),
    "as UCDP GED is (codebook 22.1, p. 3), unless the file is an extract",
    rule=True,
)
RULES = pd.DataFrame(
    [
        ("type_of_violence 3, side_a a government", "state", "rule", "attack"),
        ("type_of_violence 3, side_a not a government", "insurgent", "rule", "attack"),
        ("type_of_violence 1 or 2", "unknown", "unknown", "clash"),
        ("type_of_violence anything else", "unknown", "unknown", "other"),
    ],
    columns=["where", "initiator", "initiator_basis", "activity"],
)


def _rules(draft: Draft) -> None:
    """Derive what it was and who began it, and flag what UCDP has not settled.

    A government is a side A with a Gleditsch-Ward number (``gwnoa``) or named "Government of ...".
    """
    columns, data = draft.columns, draft.data
    kind = "type_of_violence"
    data["event_type"] = columns.map(kind, lambda text: _TYPES.get(code(text), (None,))[0])
    data["activity"] = columns.map(
        kind, lambda text: _TYPES[code(text)][1] if code(text) in _TYPES else "other"
    )
    one_sided = columns.map(kind, lambda text: str(code(text) == "3")).to_numpy() == "True"
    coded = columns.map(kind, lambda text: str(code(text) in _TYPES)).to_numpy() == "True"
    data["civilian_targeting"] = pd.Series(pd.arrays.BooleanArray(one_sided.copy(), ~coded))
    government = columns.strings("side_a").str.strip().str.startswith("Government of").to_numpy(dtype=bool)
    numbered = (columns.strings("gwnoa").str.strip() != "").to_numpy(dtype=bool)
    perpetrator = np.where(government | numbered, "state", "insurgent")
    data["initiator"] = np.where(one_sided, perpetrator, "unknown")
    data["initiator_basis"] = np.where(one_sided, "rule", "unknown")
    clear = np.ones(len(columns.frame), dtype=bool)
    if "code_status" in columns:
        clear = columns.words("code_status").isin(["clear"]).to_numpy(dtype=bool)
        draft.flag("code_status not clear", ~clear)
    days = np.asarray(data["date_start"], dtype="datetime64[D]")
    if clear.all() and len(np.unique(days[~np.isnat(days)].astype("datetime64[Y]"))) > 1:
        draft.covered_from = COVERED_FROM


SOURCE = Source(
    name="ucdp",
    title="UCDP",
    terms="CC BY 4.0: cite Sundberg and Melander (2013), and the version",
    counts="lethal events of organised violence between named actors",
    leaves_out="events without a death; violence whose actors are not known or pass no yearly threshold",
    marks=(("type_of_violence", "date_start", "date_end", "side_a"),),
    required=("id", "type_of_violence", "date_start", "date_end", "best"),
    identifier="id",
    text={
        "country": "country",
        "admin1": "adm_1",
        "admin2": "adm_2",
        "place": "where_coordinates",
        "actor1": "side_a",
        "actor2": "side_b",
        "source_name": "source_office",
    },
    dates=Dates(start="date_start", end="date_end"),
    place_precision=(
        "where_prec",
        {"1": "exact", "2": "near", "3": "admin2", "4": "admin1", "5": "linear", "6": "country",
         "7": "international"},
    ),
    people={
        "fatalities": People(("best",)),
        "fatalities_low": People(("low",)),
        "fatalities_high": People(("high",)),
    },
    rules=_rules,
    decides=(
        Decides(
            ("type_of_violence", "side_a", "gwnoa"),
            gives=("event_type", "activity", "civilian_targeting", "initiator", "initiator_basis"),
        ),
        Decides(("code_status",), days=("date_start",), flags=("code_status not clear",)),
    ),
    notes=(
        ("", "initiator: side A of one-sided violence, by UCDP's definition; else unknown"),
        ("", "wounded: not recorded by UCDP"),
    ),
)  # fmt: skip
