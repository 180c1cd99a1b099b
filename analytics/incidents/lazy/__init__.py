"""Incidents that stay where they are: files larger than memory, databases, clusters, through ibis."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.incidents.lazy.scanned import ScannedIncidents
from analytics.incidents.lazy.scanning import scan_incidents

__all__ = ["ScannedIncidents", "scan_incidents"]
__dir__ = names_shown(__name__)
