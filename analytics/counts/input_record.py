"""What every JSON answer says of its input: the file, and where each row and each incident went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.counts.count_table import CountTable
from analytics.counts.grid import Counts
from analytics.incidents import Incidents, ScannedIncidents
from analytics.periods import Gap

__all__ = ["input_record"]


def _given(incidents: Incidents | ScannedIncidents | CountTable) -> list[dict[str, str]]:
    """Return what else was given that the figures rest on, each with its hash."""
    if not isinstance(incidents, Incidents):
        return []
    regions = () if incidents.placement is None else incidents.placement.regions.digests
    return [{"what": what, "sha256": mark} for what, mark in (*incidents.also, *regions)]


def input_record(
    incidents: Incidents | ScannedIncidents | CountTable,
    counts: Counts | None = None,
    gaps: Sequence[Gap] = (),
) -> dict[str, Any]:
    """Return what every JSON answer says about the input and where each row went."""
    rows = incidents.accounting
    record: dict[str, Any] = {
        "input": {
            "file": incidents.path.name if incidents.path else None,
            "sha256": incidents.digest or None,
            **({"metadata_sha256": incidents.metadata_digest} if incidents.metadata_digest else {}),
            **({"given": given} if (given := _given(incidents)) else {}),
            "source": incidents.source,
            "title": incidents.title,
            "first_date": str(incidents.first_date),
            "last_date": str(incidents.last_date),
        },
        "row_accounting": {
            "rows_read": rows.rows_read,
            "kept": rows.kept,
            "set_aside": rows.set_aside,
            "flags": rows.flags,
        },
        "no_coverage": [str(gap) for gap in (*incidents.no_coverage, *gaps)],
    }
    if isinstance(incidents, Incidents) and incidents.placement is not None:
        record["placement"] = incidents.placement.record()
    if counts is not None and counts.accounting is not None:
        account = counts.accounting
        record["count_accounting"] = {
            "kept": account.kept,
            "grid": account.grid,
            "filtered": account.filtered,
            "set_apart": account.set_apart,
            "unplaced": account.unplaced,
            "outside": account.outside,
            "no_coverage": account.no_coverage,
            "long_spans": account.long_spans,
            "unknown_value": account.unknown_value,
            "partial": account.partial,
        }
    return record
