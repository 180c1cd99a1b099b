"""Notebooks run with parameters, and set through Typst as PDF."""
