"""Bursts, self-excitation, periods."""
