"""One check for each kind of option."""
