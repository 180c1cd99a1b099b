"""Weights of the limits of the volatility, as ``benchmarks/volatility_limits.py`` sets them."""

from __future__ import annotations

import numpy as np

__all__ = ["ABOVE", "BELOW", "LEAST", "MOST", "NEAREST"]

# No limit is nearer to the estimate than this many times the scale, whatever the signs.
NEAREST = 0.8
# For each sign in turn (volatility.Signs): the range it is held to, that of the series which set the weights.
LEAST = np.array([-1.915, -1.157, -0.693, -6.237, -3.88, -2.319, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
MOST = np.array([0.856, 0.695, 1.609, 0.13, -0.162, 0.59, 0.256, 0.795, 1.0, 1.201, 1.554, 1.0])
# The constant, then each sign's weight in the log of the lower and of the upper limit's distance.
BELOW = np.array(
    [-0.008, 1.392, -0.469, -0.046, -0.019, -0.298, -0.029, 5.104, 0.050, 0.467, 0.351, 0.070, -1.330]
)
ABOVE = np.array(
    [1.860, 0.924, -0.084, -0.160, 0.035, 0.087, 0.190, -1.647, -0.176, 1.096, -2.385, 2.396, -0.870]
)
