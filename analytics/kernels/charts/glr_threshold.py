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
from dataclasses import dataclass

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.kernels.common.negative_binomial import nb_draws, nb_size

__all__ = ["Estimate", "Run", "RunLengths", "simulated_run_lengths", "simulated_threshold"]

Estimate = Callable[[IntArray], tuple[FloatArray, FloatArray]]
Run = Callable[[IntArray, FloatArray, FloatArray], FloatArray]

_COPIES, _COPIES_MIN = 1000, 400
_DRAWS = 800_000  # cells drawn for one threshold; long series get fewer copies for it
_HORIZON_MAX = 1500
_HORIZONS = np.unique(np.geomspace(1, _HORIZON_MAX, 28).round().astype(int))


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
    horizon = int(np.clip(np.ceil(arl), 1, _HORIZON_MAX))
    statistic = _statistics(mean, dispersion, horizon, training, estimate, run, seed)
    return _threshold(statistic.max(axis=0), horizon, arl)


@dataclass(frozen=True, eq=False, slots=True)
class RunLengths:
    """What copies of a series without a change reach: the threshold of any average run length.

    Attributes
    ----------
    largest : float array, shape (horizons, copies)
        The largest statistic up to each of some horizons.
    """

    largest: FloatArray

    def threshold(self, arl: float) -> tuple[float, float]:
        """Return the threshold, and the standard error of its run length as a share of it."""
        at = int(np.searchsorted(_HORIZONS, max(np.ceil(arl), 1), side="right")) - 1
        return _threshold(self.largest[at], int(_HORIZONS[at]), arl)


def simulated_run_lengths(
    mean: float, dispersion: float, *, training: int, estimate: Estimate, run: Run, seed: int
) -> RunLengths:
    """Simulate once for all run lengths; for the parameters see :func:`simulated_threshold`.

    Thresholds from it rise with the run length without the noise of new copies for each, as a search for a
    run length wants it.
    """
    statistic = _statistics(mean, dispersion, _HORIZON_MAX, training, estimate, run, seed)
    return RunLengths(np.maximum.accumulate(statistic, axis=0)[_HORIZONS - 1])


def _statistics(
    mean: float, dispersion: float, horizon: int, training: int, estimate: Estimate, run: Run, seed: int
) -> FloatArray:
    """Return what the chart makes of copies without a change; shape (horizon, copies)."""
    rng = np.random.Generator(np.random.PCG64(seed))
    copies = int(np.clip(_DRAWS // (training + horizon), _COPIES_MIN, _COPIES))
    shape = (training + horizon, copies)
    counts = nb_draws(rng, np.full(shape, mean), nb_size(mean, dispersion))
    # A series without an incident in training is not tested, so no copy of it is counted.
    some = counts[:training].any(axis=0)
    counts = counts[:, some] if some.any() else counts + 1
    return run(counts[training:], *estimate(counts[:training]))


def _threshold(largest: FloatArray, horizon: int, arl: float) -> tuple[float, float]:
    """Return the threshold that a share ``exp(-horizon / arl)`` of copies stays below, and its error."""
    stays = np.exp(-horizon / arl)
    at = float(np.quantile(largest, stays))
    # The next value above it: statistics of small counts come in steps, and an alarm is at or above.
    above = largest[largest > at * (1 + 1e-12)]
    threshold = float(above.min()) if above.size else at + 1e-9
    error = float(np.sqrt((1 - stays) / (stays * largest.size)) * arl / horizon)
    return threshold, error
