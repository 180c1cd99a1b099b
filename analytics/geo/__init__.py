"""Places and their days: names and spellings, region sets, regions on the map, calendars, coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.geo.countries import Country as Country
    from analytics.geo.countries import bundled_countries as bundled_countries
    from analytics.geo.countries import find_country as find_country
    from analytics.geo.earth import distance_km as distance_km
    from analytics.geo.folding import fold as fold
    from analytics.geo.grids import cells as cells
    from analytics.geo.grids import h3_cell as h3_cell
    from analytics.geo.grids import prio_grid as prio_grid
    from analytics.geo.grids import prio_grid_centre as prio_grid_centre
    from analytics.geo.names import BLANK as BLANK
    from analytics.geo.names import LEVELS as LEVELS
    from analytics.geo.names import RegionMatch as RegionMatch
    from analytics.geo.names import RegionTable as RegionTable
    from analytics.geo.names import region_table as region_table
    from analytics.geo.nearby import along as along
    from analytics.geo.nearby import near as near
    from analytics.geo.region_files import read_regions as read_regions
    from analytics.geo.regions import Regions as Regions
    from analytics.geo.sets import RegionSet as RegionSet
    from analytics.geo.sets import known_region_sets as known_region_sets
    from analytics.geo.sets import region_set as region_set

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {
        "countries": "Country bundled_countries find_country",
        "earth": "distance_km",
        "folding": "fold",
        "grids": "cells h3_cell prio_grid prio_grid_centre",
        "names": "BLANK LEVELS RegionMatch RegionTable region_table",
        "nearby": "along near",
        "region_files": "read_regions",
        "regions": "Regions",
        "sets": "RegionSet known_region_sets region_set",
    },
)
