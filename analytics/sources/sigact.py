"""Reports of significant activity (SIGACTs) of coalition forces: the Afghan war diary, and tables.

``RULES`` states how words are derived from the type of the report; what it does not name is *other*.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.sources.checks import Draft
from analytics.sources.dates import MDY
from analytics.sources.header import Layout
from analytics.sources.source import Dates, Decides, People, Source

__all__ = ["RULES", "SOURCE"]

RULES = pd.DataFrame(
    [
        ("Enemy Action", "any", "insurgent", "attack"),
        ("Explosive Hazard", "found, cleared, turned in, a hoax or suspected", "unknown", "other"),
        ("Explosive Hazard", "any other", "insurgent", "attack"),
        ("Friendly Action", "any", "state", "operation"),
        ("any other", "any", "unknown", "other"),
    ],
    columns=["type", "category", "initiator", "activity"],
)
_DIARY = (
    "ReportKey", "DateOccurred", "Type", "Category", "TrackingNumber", "Title", "Summary", "Region",
    "AttackOn", "ComplexAttack", "ReportingUnit", "UnitName", "TypeOfUnit", "FriendlyWIA",
    "FriendlyKIA", "HostNationWIA", "HostNationKIA", "CivilianWIA", "CivilianKIA", "EnemyWIA",
    "EnemyKIA", "EnemyDetained", "MGRS", "Latitude", "Longitude", "OriginatorGroup", "UpdatedByGroup",
    "CCIR", "Sigact", "Affiliation", "DColor", "Classification",
)  # fmt: skip
_NOT_GONE_OFF = r"found|cleared|turn|hoax|suspected|threat|cache"


def _rules(draft: Draft) -> None:
    columns, data = draft.columns, draft.data
    kind = columns.words("type" if "type" in columns else "incident_type")
    category = columns.words("category" if "category" in columns else "incident_category")
    enemy = (kind == "enemy action").to_numpy(dtype=bool)
    own = (kind == "friendly action").to_numpy(dtype=bool)
    hazard = (kind == "explosive hazard").to_numpy(dtype=bool)
    hazard = hazard & ~category.str.contains(_NOT_GONE_OFF, regex=True).to_numpy(dtype=bool)
    data["initiator"] = np.select([enemy | hazard, own], ["insurgent", "state"], "unknown")
    data["initiator_basis"] = np.where(enemy | hazard | own, "rule", "unknown")
    data["activity"] = np.select([enemy | hazard, own], ["attack", "operation"], "other")


SOURCE = Source(
    name="sigact",
    title="SIGACT",
    counts="reports of coalition units on what they saw, did or were told of",
    leaves_out="what no unit reported: where forces leave, reports end; spells whose reports were lost",
    marks=(
        ("reportkey", "dateoccurred", "type"),
        ("report_key", "type", "category", "tracking_number"),
        ("incident_type", "incident_category", "mgrs"),
        ("incident_type", "incident_category", "date_time_occ"),
    ),
    identifier=("reportkey", "report_key"),
    text={
        "country": "country",
        "admin1": ("province", "region"),
        "admin2": "district",
        "place": ("city", "mgrs"),
        "event_type": ("type", "incident_type"),
        "sub_event_type": ("category", "incident_category"),
        "source_name": ("reportingunit", "reporting_unit"),
    },
    missing={"admin1": ("UNKNOWN", "Unknown"), "place": ("UNKNOWN", "Unknown")},
    dates=Dates(
        start=("dateoccurred", "date", "date_time_occ", "date_occurred"),
        slashes=MDY,  # date_time_occ is written in the order of the USA
    ),
    people={
        "fatalities": People(("friendlykia", "hostnationkia", "civiliankia", "enemykia"), ending="_kia"),
        "wounded": People(("friendlywia", "hostnationwia", "civilianwia", "enemywia"), ending="_wia"),
    },
    coordinates=(("latitude", "mgrs_y"), ("longitude", "mgrs_x")),
    rules=_rules,
    decides=(
        Decides(
            ("type", "incident_type", "category", "incident_category"),
            gives=("initiator", "initiator_basis", "activity"),
        ),
    ),
    notes=(
        (
            "",
            "initiator: by the type of the report (enemy or friendly action, explosive hazard); else unknown",
        ),
    ),
    layouts=(
        Layout(
            "the Afghan war diary",
            _DIARY,
            ((1, r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}.*"), (13, "[0-9]*"), (14, "[0-9]*"), (20, "[0-9]*")),
        ),
    ),
)
