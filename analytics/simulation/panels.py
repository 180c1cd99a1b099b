"""Panels of regions whose rates rise and fall together, the near ones more so.

References
----------
.. [1] Diggle, P., Rowlingson, B., Su, T. (2005). Point process methodology for on-line spatio-temporal
       disease surveillance. Environmetrics 16, 423-434.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.kernels.common.negative_binomial import nb_draws
from analytics.periods import check_freq

__all__ = ["SimulatedPanel", "simulate_panel"]

_MONDAY = np.datetime64("2015-01-05")


@dataclass(frozen=True, eq=False)
class SimulatedPanel:
    """Simulated counts of a panel and the truth about them.

    Attributes
    ----------
    values : int array, shape (periods, regions)
    rate : float array, shape (periods, regions)
        Expected count of each cell given the two components.
    common : float array, shape (periods,)
        Component of the log rate that all regions share.
    spatial : float array, shape (periods, regions)
        Component of the log rate that near regions share.
    mean : float array, shape (regions,)
        Expected count of a period.
    positions : float array, shape (regions, 2)
        Places in a square of side 1.
    freq : {"day", "week"}
    parameters : dict
    seed : int
    """

    values: IntArray
    rate: FloatArray
    common: FloatArray
    spatial: FloatArray
    mean: FloatArray
    positions: FloatArray
    freq: str
    parameters: dict[str, float | None]
    seed: int

    def to_counts(self) -> Counts:
        """Return the panel as Counts, marked as simulated; the first period starts on 2015-01-05."""
        freq = check_freq(self.freq)
        regions = self.values.shape[1]
        counts = Counts.from_array(
            self.values,
            freq=freq,
            start=_MONDAY,
            regions=[f"region {number:03d}" for number in range(1, regions + 1)],
            simulated=True,
        )
        note = f"simulated: a panel of {regions} regions with correlated rates, seed {self.seed}"
        return replace(counts, notes=(note,))


def _autoregression(rng: np.random.Generator, shape: tuple[int, int], persistence: float) -> FloatArray:
    """Return stationary AR(1) columns of variance 1."""
    noise = rng.standard_normal(shape)
    noise[1:] *= np.sqrt(1 - persistence**2)
    for period in range(1, shape[0]):
        noise[period] += persistence * noise[period - 1]
    return noise


def simulate_panel(
    *,
    regions: int = 24,
    periods: int = 260,
    freq: str = "week",
    mean: float | FloatArray = 3.0,
    common_sd: float = 0.3,
    spatial_sd: float = 0.4,
    reach: float = 0.3,
    persistence: float = 0.8,
    size: float | None = None,
    seed: int,
) -> SimulatedPanel:
    """Simulate counts of regions whose log rates share a common and a spatial component.

    The log rate of region r in period t is log(mean of r) + common(t) + spatial(t, r) - (variances) / 2, so
    that the expected count is the stated mean. Both components are normal and AR(1) over periods; the spatial
    one has correlation exp(-distance / reach) between regions, which lie at random in a square of side 1.
    There is no uptick: :func:`~analytics.simulation.injection.inject` puts one in.

    Parameters
    ----------
    regions, periods : int
    freq : {"day", "week"}
    mean : float or array of shape (regions,)
        Expected count of a period.
    common_sd, spatial_sd : float
        Standard deviations of the components; 0 leaves one out.
    reach : float
        Distance at which the correlation has fallen to 1/e.
    persistence : float
        Correlation of each component from one period to the next, in 0..1 (1 excluded).
    size : float, optional
        Given the rate, counts are negative binomial with variance rate + rate^2 / size; Poisson if not given.
    seed : int
        Seed of the generator (PCG64).

    Returns
    -------
    SimulatedPanel

    Raises
    ------
    OptionError
        If a number is out of range.

    Examples
    --------
    >>> simulate_panel(regions=5, periods=100, seed=1).values.shape
    (100, 5)
    """
    check_freq(freq)
    numbers = np.asarray(mean, dtype=float)
    fits = numbers.ndim == 0 or numbers.shape == (regions,)
    if not (
        regions > 0
        and periods > 0
        and fits
        and (numbers > 0).all()
        and common_sd >= 0
        and spatial_sd >= 0
        and reach > 0
        and 0 <= persistence < 1
        and (size is None or size > 0)
    ):
        raise OptionError(
            "a number is out of range",
            expected="regions, periods, mean (one, or one a region), reach and size above 0, standard "
            "deviations 0 or more, persistence in 0..1",
            found=f"regions={regions}, periods={periods}, mean={mean}, common_sd={common_sd}, "
            f"spatial_sd={spatial_sd}, reach={reach}, persistence={persistence}, size={size}",
        )
    rng = np.random.Generator(np.random.PCG64(seed))
    positions = rng.random((regions, 2))
    apart = np.hypot(*(positions[:, None, axis] - positions[None, :, axis] for axis in (0, 1)))
    root = np.linalg.cholesky(np.exp(-apart / reach) + 1e-9 * np.eye(regions))
    common = common_sd * _autoregression(rng, (periods, 1), persistence)[:, 0]
    spatial = spatial_sd * _autoregression(rng, (periods, regions), persistence) @ root.T
    level = np.broadcast_to(numbers, (regions,)).astype(float)
    rate = level * np.exp(common[:, None] + spatial - (common_sd**2 + spatial_sd**2) / 2)
    return SimulatedPanel(
        values=nb_draws(rng, rate, np.inf if size is None else size),
        rate=rate,
        common=common,
        spatial=spatial,
        mean=level,
        positions=positions,
        freq=freq,
        parameters={
            "common_sd": common_sd,
            "spatial_sd": spatial_sd,
            "reach": reach,
            "persistence": persistence,
            "size": size,
        },
        seed=seed,
    )
