"""Prospective detectors, one method a file; loaded on first use."""
