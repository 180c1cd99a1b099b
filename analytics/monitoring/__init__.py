"""Watching many regions: a budget of false alarms, thresholds that keep it, one answer a region."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.monitoring.blocked import BlockedResult
from analytics.monitoring.blocks import monitor_blocks
from analytics.monitoring.budget import Budget, parse_budget
from analytics.monitoring.calibration import Calibration, calibrate, calibrate_together
from analytics.monitoring.result import ALARM, NO_ALARM, NOT_TESTED, MonitorResult
from analytics.monitoring.watch import DEFAULT_DETECTORS, monitor

__all__ = [
    "ALARM",
    "DEFAULT_DETECTORS",
    "NOT_TESTED",
    "NO_ALARM",
    "BlockedResult",
    "Budget",
    "Calibration",
    "MonitorResult",
    "calibrate",
    "calibrate_together",
    "monitor",
    "monitor_blocks",
    "parse_budget",
]
__dir__ = names_shown(__name__)
