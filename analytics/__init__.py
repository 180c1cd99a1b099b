"""Is there an uptick? Incidents to counts, tests with honest error rates, weekly reports.

The public names below are loaded on first use, so that ``import analytics`` stays cheap.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.claims import read_claims as read_claims
    from analytics.claims import verdicts as verdicts
    from analytics.counts import Counts as Counts
    from analytics.counts import count_incidents as count_incidents
    from analytics.duplicates import find_duplicates as find_duplicates
    from analytics.duplicates import side_by_side as side_by_side
    from analytics.errors import UptickError as UptickError
    from analytics.evaluation import evaluate as evaluate
    from analytics.fetch import fetch_acled as fetch_acled
    from analytics.fetch import fetch_acled_deleted as fetch_acled_deleted
    from analytics.fetch import fetch_ucdp as fetch_ucdp
    from analytics.geo import region_set as region_set
    from analytics.geo import region_table as region_table
    from analytics.incidents import Incidents as Incidents
    from analytics.incidents import ScannedIncidents as ScannedIncidents
    from analytics.incidents import read_incidents as read_incidents
    from analytics.incidents import scan_incidents as scan_incidents
    from analytics.monitoring import monitor as monitor
    from analytics.results import Alarms as Alarms
    from analytics.results import ClaimResult as ClaimResult
    from analytics.results import UptickResult as UptickResult
    from analytics.store import Store as Store
    from analytics.upticks import (
        activity_test as activity_test,
    )
    from analytics.upticks import (
        change_test as change_test,
    )
    from analytics.upticks import (
        concentration_test as concentration_test,
    )
    from analytics.upticks import (
        day_test as day_test,
    )
    from analytics.upticks import (
        emerging_test as emerging_test,
    )
    from analytics.upticks import (
        recurrence_test as recurrence_test,
    )
    from analytics.upticks import (
        response_test as response_test,
    )
    from analytics.upticks import (
        scan_test as scan_test,
    )
    from analytics.upticks import (
        severity_test as severity_test,
    )
    from analytics.upticks import (
        uptick_test as uptick_test,
    )

try:
    __version__ = version("uptick-analytics")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {
        "claims": "read_claims verdicts",
        "counts": "Counts count_incidents",
        "duplicates": "find_duplicates side_by_side",
        "errors": "UptickError",
        "evaluation": "evaluate",
        "fetch": "fetch_acled fetch_acled_deleted fetch_ucdp",
        "geo": "region_set region_table",
        "incidents": "Incidents ScannedIncidents read_incidents scan_incidents",
        "monitoring": "monitor",
        "results": "Alarms ClaimResult UptickResult",
        "store": "Store",
        "upticks": "activity_test change_test concentration_test day_test emerging_test recurrence_test "
        "response_test scan_test severity_test uptick_test",
    },
    rooms="claims counts delays detectors duplicates errors evaluation fetch filters geo incidents "
    "monitoring plots reporting results simulation sources store upticks",
)
__all__ += ["__version__"]
__distribution__ = "uptick-analytics"  # by this uptick_analytics knows it from another package of the name
