"""Places and their days: names and spellings, region sets, calendars, coordinates."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.geo.countries import Country, bundled_countries, find_country
from analytics.geo.folding import fold
from analytics.geo.names import BLANK, LEVELS, RegionMatch, RegionTable, region_table
from analytics.geo.sets import RegionSet, known_region_sets, region_set

__all__ = [
    "BLANK",
    "LEVELS",
    "Country",
    "RegionMatch",
    "RegionSet",
    "RegionTable",
    "bundled_countries",
    "find_country",
    "fold",
    "known_region_sets",
    "region_set",
    "region_table",
]
__dir__ = names_shown(__name__)
