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
import numpy.typing as npt

__all__ = ["COPIES", "Estimate", "Run", "simulated_thresholds"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Estimate = Callable[[IntArray, float], tuple[FloatArray, FloatArray]]
Run = Callable[[IntArray, FloatArray, FloatArray, float], FloatArray]

COPIES = 1000
_DRAWS = 800_000  # cells drawn for one threshold, where the copies can be fewer for it
_COPIES_MIN = 400
_HORIZON_MAX = 1500
_GRID = 0.25  # series whose mean and dispersion agree to a quarter on the log scale share a threshold
_FINE = 0.01
_SEED = 20_240_901


def simulated_thresholds(
    mean: FloatArray,
    alpha: FloatArray,
    ratio: FloatArray,
    arl: FloatArray,
    *,
    training: int,
    estimate: Estimate,
    run: Run,
) -> tuple[FloatArray, float]:
    """Return a threshold for each series, and the Monte Carlo standard error of its run length.

    Parameters
    ----------
    mean, alpha : float arrays, shape (series,)
        In-control mean of a period, above 0, and negative binomial dispersion (0: Poisson).
    ratio : float array, shape (series,)
        Passed on to `run`: series that differ in it do not share a threshold.
    arl : float array, shape (series,)
        Wanted average number of periods to a false alarm.
    training : int
        Periods that mean and dispersion are estimated from.
    estimate : callable
        From training counts, shape (training, copies), and the true alpha to mean and alpha, shape
        (copies,).
    run : callable
        From counts after training, mean, alpha and ratio to statistics that never reset, shape (horizon,
        copies).

    Returns
    -------
    thresholds : float array, shape (series,)
    error : float
        Standard error of the average run length reached, as a share of it.
    """
    phi = 1 + alpha * mean
    steps = np.column_stack(
        [
            np.round(np.log(mean) / _GRID),
            np.round(np.log(phi) / _GRID),
            np.round(np.log(ratio) / _FINE),
            np.round(np.log(arl) / _FINE),
        ]
    )
    groups, member = np.unique(steps, axis=0, return_inverse=True)
    member = member.ravel()
    thresholds = np.empty(len(groups))
    errors = np.empty(len(groups))
    size = np.bincount(member)
    level = np.exp(np.bincount(member, np.log(mean)) / size)
    spread = np.exp(np.bincount(member, np.log(phi)) / size)
    wanted = np.exp(np.bincount(member, np.log(arl)) / size)
    for group in range(len(groups)):
        rng = np.random.Generator(np.random.PCG64([_SEED, *(int(v) % 2**32 for v in groups[group])]))
        horizon = int(np.clip(np.ceil(wanted[group]), 1, _HORIZON_MAX))
        copies = int(np.clip(_DRAWS // (training + horizon), _COPIES_MIN, COPIES))
        shape = (training + horizon, copies)
        if spread[group] > 1.02:
            counts = rng.poisson(rng.gamma(level[group] / (spread[group] - 1), spread[group] - 1, shape))
        else:
            counts = rng.poisson(level[group], shape)
        # A series without an incident in training is not tested, so no copy of it is counted.
        counts = counts[:, counts[:training].any(axis=0)]
        fitted, dispersion = estimate(counts[:training], (spread[group] - 1) / level[group])
        fixed = float(np.exp(groups[group, 2] * _FINE))
        largest = run(counts[training:], fitted, dispersion, fixed).max(axis=0)
        stays = np.exp(-horizon / wanted[group])
        at = np.quantile(largest, stays)
        # The smallest value above it: statistics of small counts come in steps, and an alarm is at >=.
        above = largest[largest > at * (1 + 1e-12)]
        thresholds[group] = above.min() if above.size else at * (1 + 1e-9) + 1e-9
        errors[group] = np.sqrt((1 - stays) / (stays * largest.size)) * wanted[group] / horizon
    return thresholds[member], float(errors.max())
