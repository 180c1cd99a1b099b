"""Counts: a complete period x region grid, made from incidents or from a table."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.counts.counting import count_incidents
from analytics.counts.grid import UNPLACED, CountAccounting, Counts

__all__ = ["UNPLACED", "CountAccounting", "Counts", "count_incidents"]
__dir__ = names_shown(__name__)
