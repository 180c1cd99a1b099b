"""Poisson CUSUM whose in-control mean changes from period to period.

References
----------
.. [1] Rogerson, P. A., Yamada, I. (2004). Approaches to syndromic surveillance when data consist of small
       regional counts. Morbidity and Mortality Weekly Report 53 (Suppl), 79-85.
.. [2] Lucas, J. M. (1985). Counted data CUSUM's. Technometrics 27, 129-144.
.. [3] Lucas, J. M., Crosier, R. B. (1982). Fast initial response for CUSUM quality-control schemes.
       Technometrics 24, 199-205.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference, only_as_in_r
from analytics.detectors.grid import Grid, grid_of
from analytics.detectors.training import ChartRows, InControl, given_mean, in_control
from analytics.errors import OptionError
from analytics.former import renamed
from analytics.kernels.charts.run_length import lattice, least_levels
from analytics.options import check_above, check_one
from analytics.results import Alarms, DetectorRun

__all__ = ["HEAD", "Increase", "rogerson", "rogerson_alarms"]


_TIE = 1e-9  # sums of tenths are equal to the threshold or a tenth away from it
_MEAN_STEP = 0.02  # means within 2 % share a design
HEAD = 0.5  # fast initial response: half the threshold


@renamed(**only_as_in_r("rogerson", "limit"))
@has_reference
def rogerson(
    counts: Counts,
    *,
    expected: float | npt.ArrayLike | None = None,
    shift: float = 1.0,
    ratio: float | None = None,
    arl: float | None = None,
    reference: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    fir: bool = False,
    training: int | None = None,
    harmonics: int = 1,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Raise an alarm where evidence for a given increase over a mean that changes has added up.

    Null hypothesis: counts are independent and Poisson around the stated mean of their period. Each mean has
    its own reference value k and threshold h, those of a CUSUM with a steady mean and run length `arl`; the
    statistic adds up ``(count - k) / h``, never below 0, and alarms at 1 [1]_ [2]_. The run length is exact
    where the mean is known and stays the same, and near `arl` where it changes slowly; with the default mean,
    estimated from a year with a season, false alarms are 1.2 to 1.4 times those asked for (simulated weeks,
    0.3 to 20 incidents each, 1,500 regions of three years). A threshold is at least one
    incident, so one incident alone never alarms. Overdispersed counts alarm more often: `cusum` with the
    negative binomial family is for them.

    Parameters
    ----------
    counts : Counts
    expected : float or array, optional
        In-control mean: one number, one for each region, or shape (periods, regions). By default a Poisson
        regression on the training history.
    shift : float
        Increase to detect soonest, in standard deviations: from m to ``m + shift sqrt(m)``.
    ratio : float, optional
        The same as a ratio, over 1, in place of `shift`.
    arl : float, optional
        Periods to a false alarm on average; one year by default.
    reference, threshold : float or array, optional
        k and h, shaped as `expected`; both or neither.
    fir : bool
        Fast initial response [3]_: start, and start again after an alarm, at half the threshold, not at 0; at
        the start lower, where one incident would alarm.
    training : int, optional
        Periods at the start that the mean comes from, not tested; a year by default, none where it is given.
    harmonics : int
        Yearly waves of the mean that is estimated; the training history must be most of a year for them.
    last : int, optional
        Report only the last so many periods; the chart still runs from the end of training.
    compat : {"surveillance"}, optional
        Do as R's ``surveillance::algo.rogerson`` does: :func:`analytics.detectors.surveillance.rogerson`.

    Returns
    -------
    Alarms
        `statistic` is the CUSUM over its threshold, before any reset; `upper_bound` the count from which on
        the period alarms. A period without coverage is not tested and leaves the statistic where it was.

    Raises
    ------
    OptionError
        If an option is unknown or does not fit the counts.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([1, 0, 2, 1] * 14 + [6, 7, 9, 8]), start="2019-01-07")
    >>> rogerson(counts, expected=1.0, last=6).alarm[:, 0].tolist()
    [False, False, True, True, True, True]
    """
    increase = Increase(shift, ratio, arl, reference, threshold)
    increase.check()
    grid = grid_of(counts, last=last)
    control = in_control(grid, family="poisson", mean=expected, training=training, harmonics=harmonics)
    control, _ = control.thinned(grid)
    if grid.reported is not None:
        unsure = np.exp(np.sqrt(grid.reported.rows(control.start).doubt))
        control = replace(control, mean=control.mean * unsure)
    k, h = increase.given(grid, control.start) or _designs(control.mean, increase, increase.length(grid))
    if increase.reference is not None and grid.reported is not None:
        k = k * grid.reported.rows(control.start).share
    # One incident alone does not alarm, at the start neither.
    head = np.full(grid.shape[1], HEAD if fir else 0.0)
    head = np.clip((1 - 2 * _TIE - (1 - k) / h).min(axis=0), 0.0, head)
    rows = ChartRows.of(grid, control.start)
    limit = np.full(grid.shape[1], 1 - _TIE)
    rows.cusum(1 / h, k / h, limit, restart=HEAD if fir else 0.0, head=head)
    parameters = {"reference": k, "threshold": h, "fir": fir, "harmonics": harmonics}
    return rogerson_alarms(increase, control, rows, parameters, resets=True)


@dataclass(frozen=True, eq=False, slots=True)
class Increase:
    """What is to be detected, and how seldom falsely; or the two numbers that come of it, given.

    Attributes
    ----------
    shift, ratio : float
        In standard deviations, or as a ratio in place of it.
    arl : float, optional
        Periods to a false alarm on average.
    reference, threshold : float or array, optional
        k and h; both or neither.
    """

    shift: float
    ratio: float | None
    arl: float | None
    reference: object
    threshold: object

    def check(self) -> None:
        """Raise an OptionError where two disagree or one is out of range."""
        if (self.reference is None) != (self.threshold is None):
            raise OptionError("reference and threshold go together", todo="give both, or neither")
        check_one(arl=self.arl, threshold=self.threshold)
        check_above(1, arl=self.arl, ratio=self.ratio)
        check_above(0, shift=self.shift)

    def length(self, grid: Grid) -> float:
        """Return the average run length; one year unless it is stated."""
        return float(grid.periods_per_year if self.arl is None else self.arl)

    def given(self, grid: Grid, start: int) -> tuple[FloatArray, FloatArray] | None:
        """Return k and h from `start` on where they are given."""
        if self.reference is None:
            return None
        k = given_mean(self.reference, grid, start, "reference")
        return k, given_mean(self.threshold, grid, start, "threshold")

    def factor(self, level: FloatArray) -> FloatArray:
        """Return the increase as a ratio, at these means."""
        if self.ratio is not None:
            return np.full(len(level), self.ratio)
        return np.asarray(1 + self.shift / np.sqrt(level))


def rogerson_alarms(
    increase: Increase,
    control: InControl,
    rows: ChartRows,
    parameters: Mapping[str, object],
    *,
    resets: bool,
    as_in_r: bool = False,
) -> Alarms:
    """Return the alarms of a chart that has run."""
    grid = rows.grid
    run = DetectorRun(
        name="rogerson",
        null_hypothesis="counts are independent and Poisson around the mean of their period",
        method="Poisson CUSUM with a mean that changes (null: independent Poisson counts around it; "
        "Rogerson and Yamada 2004)" + (", as R's surveillance does it" if as_in_r else ""),
        resets=resets,
        parameters={
            "shift": None if increase.ratio else increase.shift,
            "ratio": increase.ratio,
            "arl": increase.length(grid) if increase.threshold is None else None,
            "training": control.start,
            **parameters,
        },
    )
    return rows.alarms(run, control)


def _designs(mean: FloatArray, increase: Increase, arl: float) -> tuple[FloatArray, FloatArray]:
    """Return k and h for every mean, in incidents; the same shape."""
    steps = np.exp(np.round(np.log(mean) / _MEAN_STEP) * _MEAN_STEP)
    level, back = np.unique(steps, return_inverse=True)
    growth = increase.factor(level)
    reference = level * (growth - 1) / np.log(growth)
    down, unit = lattice(reference)
    # Moustakides: the run length grows as exp(h log growth).
    start = np.log1p(arl * np.maximum(reference - level, 1e-9) * np.log(growth)) / np.log(growth)
    levels, _ = least_levels(level, np.ones(len(level)), down, unit, np.full(len(level), arl), start=start)
    back = back.reshape(mean.shape)
    return (down / unit)[back], (levels / unit)[back]
