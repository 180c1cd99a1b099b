"""One file per source: raw table to canonical columns."""
