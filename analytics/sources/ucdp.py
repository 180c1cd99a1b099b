"""UCDP GED, yearly and candidate files, the HDX files made from them: columns found by name.

``RULES`` states how words are derived. UCDP codes who took part, not who began: only where it codes one-sided
violence is side A the perpetrator by UCDP's own definition.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.periods import DAY
from analytics.sources.checks import Draft, whole
from analytics.sources.columns import Columns
from analytics.sources.coverage import CoveredFrom
from analytics.sources.source import Source, SourceOptions

__all__ = ["COVERED_FROM", "RULES", "SOURCE", "translate"]

REQUIRED = ("id", "type_of_violence", "date_start", "date_end", "best")
_TYPES = {
    # type_of_violence: (event_type, activity, civilian_targeting)
    "1": ("state-based violence", "clash", False),
    "2": ("non-state violence", "clash", False),
    "3": ("one-sided violence", "attack", True),
}
_PLACES = {
    "1": "exact",
    "2": "near",
    "3": "admin2",
    "4": "admin1",
    "5": "linear",
    "6": "country",
    "7": "international",
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


def translate(columns: Columns, options: SourceOptions) -> Draft:
    """Translate UCDP GED's columns.

    The span ``date_start..date_end`` is UCDP's own, and ``date_precision`` its length in days minus one;
    ``date_prec``, ``where_prec``, ``code_status`` and the other codes stay in ``extra``. Deaths are best, low
    and high; wounded are not recorded. A government is a side A with a Gleditsch-Ward number (``gwnoa``) or
    named "Government of ...".
    """
    columns.require(REQUIRED, "UCDP GED")
    draft = Draft(columns)
    data = draft.data
    draft.ids("id")
    data["source"] = pd.Series("ucdp", index=columns.frame.index, dtype="str")
    start = draft.dates("date_start", style=options.date_style, slashes=None)
    end = draft.dates("date_end", style=options.date_style, slashes=None)
    draft.span(start, end, (columns.actual("date_start"), columns.actual("date_end")))
    data["date_precision"] = whole((end.days - start.days) / DAY)
    for canonical, name in (
        ("country", "country"),
        ("admin1", "adm_1"),
        ("admin2", "adm_2"),
        ("place", "where_coordinates"),
        ("actor1", "side_a"),
        ("actor2", "side_b"),
        ("source_name", "source_office"),
    ):
        draft.carry(canonical, name)
    draft.coordinates(*(name if name in columns else None for name in ("latitude", "longitude")))
    data["place_precision"] = columns.map("where_prec", lambda code: _PLACES.get(_code(code), "unknown"))
    kind = "type_of_violence"
    data["event_type"] = columns.map(kind, lambda code: _TYPES.get(_code(code), (None,))[0])
    data["activity"] = columns.map(
        kind, lambda code: _TYPES[_code(code)][1] if _code(code) in _TYPES else "other"
    )
    one_sided = columns.map(kind, lambda code: str(_code(code) == "3")).to_numpy() == "True"
    coded = columns.map(kind, lambda code: str(_code(code) in _TYPES)).to_numpy() == "True"
    data["civilian_targeting"] = pd.Series(pd.arrays.BooleanArray(one_sided.copy(), ~coded))
    government = columns.strings("side_a").str.strip().str.startswith("Government of").to_numpy(dtype=bool)
    numbered = (columns.strings("gwnoa").str.strip() != "").to_numpy(dtype=bool)
    perpetrator = np.where(government | numbered, "state", "insurgent")
    data["initiator"] = np.where(one_sided, perpetrator, "unknown")
    data["initiator_basis"] = np.where(one_sided, "rule", "unknown")
    for canonical, name in (("fatalities", "best"), ("fatalities_low", "low"), ("fatalities_high", "high")):
        if name in columns:
            draft.people(canonical, name)
    draft.order_of_estimates()
    draft.blank_admin1()
    draft.notes.append("initiator: side A of one-sided violence, by UCDP's definition; else unknown")
    draft.notes.append("wounded: not recorded by UCDP")
    clear = np.ones(len(columns.frame), dtype=bool)
    if "code_status" in columns:
        clear = columns.words("code_status").isin(["clear"]).to_numpy(dtype=bool)
        draft.flag("code_status not clear", ~clear)
    years = np.unique(start.days[~np.isnat(start.days)].astype("datetime64[Y]"))
    if clear.all() and len(years) > 1:
        draft.covered_from = COVERED_FROM
    return draft


def _code(text: str) -> str:
    """Return a code as digits: ``3``, `` 3``, ``3.0`` are the same."""
    return text.strip().removesuffix(".0")


SOURCE = Source(
    name="ucdp",
    title="UCDP",
    marks=("type_of_violence", "date_start", "date_end", "side_a"),
    translate=translate,
)
