"""Each file is a command that records its result; ``python -m benchmarks`` sets the speeds on a page."""
