"""How late reports come, and what is still to come."""
