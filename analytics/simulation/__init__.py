"""Simulators of counts and of incidents; each is seeded and returns the truth with the data."""

from __future__ import annotations

from analytics.simulation.counts import PROCESSES, SimulatedCounts, simulate_counts
from analytics.simulation.incidents import SimulatedIncidents, simulate_incidents

__all__ = ["PROCESSES", "SimulatedCounts", "SimulatedIncidents", "simulate_counts", "simulate_incidents"]
