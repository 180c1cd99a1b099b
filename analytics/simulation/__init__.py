"""Simulators of counts and of incidents; each is seeded and returns the truth with the data."""

from __future__ import annotations

from analytics.simulation.counts import PROCESSES, SimulatedCounts, simulate_counts

__all__ = ["PROCESSES", "SimulatedCounts", "simulate_counts"]
