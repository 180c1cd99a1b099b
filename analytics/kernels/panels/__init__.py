"""Many regions at once: evidence that no single day carries, ranked against the panel's own past."""
