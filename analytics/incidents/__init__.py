"""Incidents: event rows in one canonical schema, every input row accounted for."""

from __future__ import annotations

from analytics.incidents.reading import SOURCES, Incidents, RowAccounting, read_incidents

__all__ = ["SOURCES", "Incidents", "RowAccounting", "read_incidents"]
