"""The smallest numbers of incidents from which anything is called, for every test and detector."""

from __future__ import annotations

__all__ = ["MIN_OBSERVED", "MIN_OBSERVED_DAY"]

MIN_OBSERVED = 3  # fewer incidents than this are no uptick, change, cluster or concentration, however rare
MIN_OBSERVED_DAY = 2  # a single incident makes no day exceptional, however quiet the place
