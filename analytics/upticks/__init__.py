"""The tests that answer a claim, one claim a file."""
