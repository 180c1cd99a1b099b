"""A change of level, at a stated or an unknown time."""
