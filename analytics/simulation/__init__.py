"""Simulators of counts and of incidents; each returns the truth with the data."""
