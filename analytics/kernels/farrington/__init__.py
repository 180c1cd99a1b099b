"""Farrington."""
