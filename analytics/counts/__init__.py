"""Counts: a complete period x region grid, made from incidents or from a table."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.counts.completeness import Completeness
from analytics.counts.counting import count_incidents
from analytics.counts.grid import UNPLACED, CountAccounting, Counts
from analytics.counts.rates import rate_table
from analytics.counts.reading import read_counts
from analytics.counts.spliced import allow_splices

__all__ = [
    "UNPLACED",
    "Completeness",
    "CountAccounting",
    "Counts",
    "allow_splices",
    "count_incidents",
    "rate_table",
    "read_counts",
]
__dir__ = names_shown(__name__)
