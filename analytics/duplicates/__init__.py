"""Duplicates: rows that may be one incident, within a source and across two, for a person to accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.duplicates.comparison import SideBySide as SideBySide
    from analytics.duplicates.comparison import side_by_side as side_by_side
    from analytics.duplicates.finding import find_duplicates as find_duplicates
    from analytics.duplicates.pairs import Pairs as Pairs

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {"finding": "find_duplicates", "pairs": "Pairs", "comparison": "SideBySide side_by_side"},
)
