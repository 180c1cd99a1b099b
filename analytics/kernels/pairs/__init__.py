"""Pairs of incidents that may be one: which come into question, how alike they are, what that weighs."""
