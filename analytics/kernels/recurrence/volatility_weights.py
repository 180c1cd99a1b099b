"""Weights of the limits of the volatility, as ``benchmarks/volatility_limits.py`` sets them."""

from __future__ import annotations

import numpy as np

__all__ = ["ABOVE", "BELOW", "LEAST", "MOST", "NEAREST"]

# No limit is nearer to the estimate than this many times the scale, whatever the signs.
NEAREST = 0.8
# fmt: off
# For each sign in turn (volatility.Signs): the range it is held to, that of the series which set the weights.
LEAST = np.array(
    [
        -1.944, -1.032, -0.693, -6.049, -3.453, -2.217, 0.0, 0.0, 0.0, 0.0, 0.0, 1.124, -2.729,
        -2.987, 0.0, 0.003, -1.647, -0.999, -2.233, 0.008, -0.109,
    ]
)
MOST = np.array(
    [
        0.915, 0.737, 1.099, -0.223, -0.167, 0.49, 0.251, 0.78, 1.0, 1.041, 1.347, 5.185, 1.03,
        2.207, 4.49, 1.895, 1.485, 3.641, 2.306, 0.455, 3.303,
    ]
)
# Of the two parts of either limit's distance: the constant, then the weight of each sign in the log of it.
BELOW = np.array(
    [
        [
            -0.043, 1.247, 0.841, -0.057, 0.020, -0.167, 0.133, -0.063, -0.114, -0.539, 0.106,
            -0.189, -0.084, -0.142, 0.085, 0.112, 0.302, -0.376, 0.149, -0.126, 4.415, -0.006,
        ],
        [
            0.445, 0.251, -1.530, 0.429, -0.121, 0.321, -0.239, -3.697, -1.653, -0.373, -0.188,
            0.551, -0.025, 0.288, -0.117, -0.103, 0.749, -0.357, -0.966, 0.674, -1.137, 0.051,
        ],
    ]
)
ABOVE = np.array(
    [
        [
            2.459, -0.647, -0.509, 0.457, 0.162, 0.655, -0.499, 1.169, -0.111, 0.142, -0.970,
            -0.112, 0.082, 0.274, -0.324, -0.303, -0.313, 1.695, -0.196, -0.046, -2.461, -0.492,
        ],
        [
            1.155, 1.512, -0.491, -0.058, 0.143, 0.192, 0.045, -0.477, 0.914, -0.790, -1.305,
            0.715, 0.265, -0.060, 0.146, -0.208, -0.470, 0.085, -0.073, 0.079, -2.058, 0.415,
        ],
    ]
)
# fmt: on
