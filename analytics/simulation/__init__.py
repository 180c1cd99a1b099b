"""Simulators of counts and of incidents; each is seeded and returns the truth with the data."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.simulation.counts import PROCESSES, SimulatedCounts, simulate_counts
from analytics.simulation.further import MORE_PROCESSES, simulate_more
from analytics.simulation.incidents import SimulatedIncidents, simulate_incidents
from analytics.simulation.twins import Twins, simulate_twins

__all__ = [
    "MORE_PROCESSES",
    "PROCESSES",
    "SimulatedCounts",
    "SimulatedIncidents",
    "Twins",
    "simulate_counts",
    "simulate_incidents",
    "simulate_more",
    "simulate_twins",
]
__dir__ = names_shown(__name__)
