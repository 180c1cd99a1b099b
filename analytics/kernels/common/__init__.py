"""What every method needs: dispersion, tails, rotation, regressions, multiplicity."""
