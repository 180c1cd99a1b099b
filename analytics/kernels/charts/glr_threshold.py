"""The threshold that gives a likelihood ratio chart a wanted average run length, by simulation.

Copies of a series are drawn without a change: a training stretch, from which mean and dispersion are
estimated as the detector does, and the periods after it, on which the chart runs. The time to a false alarm
is close to geometric, so the threshold is the quantile of the largest statistic over a horizon H that a
share ``exp(-H / ARL)`` of copies stays below. What a short training stretch costs is thus in the threshold.

References
----------
.. [1] Lai, T. L. (1995). Sequential changepoint detection in quality control and dynamical systems. Journal
       of the Royal Statistical Society B 57, 613-658.
.. [2] Jones, L. A., Champ, C. W., Rigdon, S. E. (2004). The run length distribution of the CUSUM with
       estimated parameters. Journal of Quality Technology 36, 95-108.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.kernels.common.negative_binomial import nb_draws, nb_size

__all__ = ["Estimate", "Run", "simulated_threshold"]

Estimate = Callable[[IntArray], tuple[FloatArray, FloatArray]]
Run = Callable[[IntArray, FloatArray, FloatArray], FloatArray]

_COPIES, _COPIES_MIN = 1000, 400
_DRAWS = 800_000  # cells drawn for one threshold; long series get fewer copies for it
_HORIZON_MAX = 1500


def simulated_threshold(
    mean: float,
    dispersion: float,
    arl: float,
    *,
    training: int,
    estimate: Estimate,
    run: Run,
    seed: int,
) -> tuple[float, float]:
    """Return the threshold, and the Monte Carlo standard error of its run length as a share of it.

    Parameters
    ----------
    mean, dispersion : float
        In-control mean of a period, above 0, and variance over mean (1: Poisson).
    arl : float
        Wanted average number of periods to a false alarm.
    training : int
        Periods that mean and dispersion are estimated from.
    estimate : callable
        From training counts, shape (training, copies), to mean and alpha, shape (copies,).
    run : callable
        From the counts after training, mean and alpha to statistics that never reset, shape (horizon,
        copies).
    seed : int

    Examples
    --------
    >>> def estimate(counts):
    ...     return counts.mean(axis=0), np.zeros(counts.shape[1])
    >>> def run(counts, mean, alpha):
    ...     return counts / mean
    >>> threshold, error = simulated_threshold(
    ...     5.0, 1.0, 100.0, training=500, estimate=estimate, run=run, seed=1
    ... )
    >>> bool(1.9 < threshold < 2.3), bool(error < 0.05)
    (True, True)
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    horizon = int(np.clip(np.ceil(arl), 1, _HORIZON_MAX))
    copies = int(np.clip(_DRAWS // (training + horizon), _COPIES_MIN, _COPIES))
    shape = (training + horizon, copies)
    counts = nb_draws(rng, np.full(shape, mean), nb_size(mean, dispersion))
    # A series without an incident in training is not tested, so no copy of it is counted.
    some = counts[:training].any(axis=0)
    counts = counts[:, some] if some.any() else counts + 1
    fitted, alpha = estimate(counts[:training])
    largest = run(counts[training:], fitted, alpha).max(axis=0)
    stays = np.exp(-horizon / arl)
    at = float(np.quantile(largest, stays))
    # The next value above it: statistics of small counts come in steps, and an alarm is at or above.
    above = largest[largest > at * (1 + 1e-12)]
    threshold = float(above.min()) if above.size else at + 1e-9
    error = float(np.sqrt((1 - stays) / (stays * largest.size)) * arl / horizon)
    return threshold, error
