"""Tests of a recent window against a baseline."""
