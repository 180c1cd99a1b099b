"""The tests that answer a claim, one claim a file."""

from __future__ import annotations

from analytics.upticks.band import expected_band
from analytics.upticks.recent import uptick_test

__all__ = ["expected_band", "uptick_test"]
