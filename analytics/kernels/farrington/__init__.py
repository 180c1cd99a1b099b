"""Farrington's regression, its baseline and its bounds."""
