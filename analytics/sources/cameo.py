"""CAMEO, the code of events that machine-coded sources share: its twenty roots, and what they are here."""

from __future__ import annotations

__all__ = ["ROOTS", "activity_of"]

ROOTS = {
    "01": "Make public statement", "02": "Appeal", "03": "Express intent to cooperate", "04": "Consult",
    "05": "Engage in diplomatic cooperation", "06": "Engage in material cooperation", "07": "Provide aid",
    "08": "Yield", "09": "Investigate", "10": "Demand", "11": "Disapprove", "12": "Reject", "13": "Threaten",
    "14": "Protest", "15": "Exhibit force posture", "16": "Reduce relations", "17": "Coerce", "18": "Assault",
    "19": "Fight", "20": "Use unconventional mass violence",
}  # fmt: skip
_ACTIVITIES = {"18": "attack", "20": "attack", "19": "clash"}


def activity_of(code: str) -> str:
    """Return what an event code is among our activities.

    Examples
    --------
    >>> activity_of("183"), activity_of("190"), activity_of("173"), activity_of("042")
    ('attack', 'clash', 'arrest', 'other')
    """
    return "arrest" if code.startswith("173") else _ACTIVITIES.get(code[:2], "other")
