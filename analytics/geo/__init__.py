"""Places and their days: names and spellings, region sets, calendars, coordinates."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.geo.names import BLANK, LEVELS, RegionMatch, RegionTable, fold, region_table
from analytics.geo.sets import RegionSet, known_region_sets, region_set

__all__ = [
    "BLANK",
    "LEVELS",
    "RegionMatch",
    "RegionSet",
    "RegionTable",
    "fold",
    "known_region_sets",
    "region_set",
    "region_table",
]
__dir__ = names_shown(__name__)
