"""Charts: cumulative sums, moving averages, likelihood ratios, bets."""
