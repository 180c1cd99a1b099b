"""Watching many regions: a budget of false alarms, thresholds that keep it, one answer a region."""

from __future__ import annotations

from analytics.monitoring.budget import Budget, parse_budget
from analytics.monitoring.calibrate import Calibration, calibrate, calibrate_together

__all__ = ["Budget", "Calibration", "calibrate", "calibrate_together", "parse_budget"]
