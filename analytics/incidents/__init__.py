"""Incidents: event rows in one canonical schema, every input row accounted for."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.incidents.accounting import RowAccounting
from analytics.incidents.incidents import Incidents
from analytics.incidents.lazy import ScannedIncidents, scan_incidents
from analytics.incidents.reading import SOURCES, read_incidents

__all__ = ["SOURCES", "Incidents", "RowAccounting", "ScannedIncidents", "read_incidents", "scan_incidents"]
__dir__ = names_shown(__name__)
