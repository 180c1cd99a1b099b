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

from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import check_above, grid_of, make_alarms, per_region
from analytics.detectors.training import in_control, positive
from analytics.errors import OptionError, unknown_option
from analytics.kernels.charts.cusum import cusum_run
from analytics.kernels.charts.run_length import cusum_run_length, lattice, least_levels
from analytics.results import Alarms, DetectorRun

__all__ = ["rogerson"]


_TIE = 1e-9  # sums of tenths are equal to the threshold or a tenth away from it
_MEAN_STEP = 0.02  # means within 2 % share a design
_TOLERANCE = 0.02  # of the reference's search: beyond it, another reference value is tried
_HEAD = 0.5  # fast initial response: half the threshold


def rogerson(
    counts: Counts,
    *,
    expected: float | npt.ArrayLike | None = None,
    shift: float = 1.0,
    ratio: float | None = None,
    arl: float | None = None,
    reference: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    limit: float | None = None,
    fir: bool = False,
    training: int | None = None,
    harmonics: int = 1,
    last: int | None = None,
    compat: Literal["surveillance"] | None = None,
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
    limit : float, optional
        Where the statistic starts again after an alarm, as a share of the threshold, below 1; 0 by default.
    fir : bool
        Fast initial response [3]_: start, and start again unless `limit` is given, at half the threshold;
        at the start lower, where one incident would alarm.
    training : int, optional
        Periods of training, not tested: those right before the `last` ones, or the first ones. All before
        `last`, or the first year, by default.
    harmonics : int
        Yearly waves of the mean that is estimated; the training history must be most of a year for them.
    last : int, optional
        Test only the last so many periods.
    compat : {"surveillance"}, optional
        Do as R's ``surveillance::algo.rogerson`` does: k and h in tenths, h the one whose run length is
        nearest to `arl`, not at least it; no new start after an alarm unless `limit` is given; bounds
        rounded up.

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
    >>> import pandas as pd
    >>> weeks = pd.date_range("2019-01-07", periods=60, freq="7D")
    >>> frame = pd.DataFrame({"Kirkuk": [1, 0, 2, 1] * 14 + [6, 7, 9, 8]}, index=weeks)
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-03-01")
    >>> rogerson(counts, expected=1.0, last=6).alarm[:, 0].tolist()
    [False, False, True, True, True, True]
    """
    if compat not in (None, "surveillance"):
        raise unknown_option("compat", str(compat), ("surveillance",))
    if (reference is None) != (threshold is None):
        raise OptionError("reference and threshold go together", todo="give both, or neither")
    if arl is not None and threshold is not None:
        raise OptionError("arl sets the threshold", todo="give arl or threshold")
    check_above(1, arl=arl)
    if limit is not None and not 0 <= limit < 1:
        raise OptionError("limit is a share of the threshold", expected="0 to below 1", found=str(limit))
    if not (shift > 0 and (ratio is None or ratio > 1)):
        raise OptionError("the increase to detect must be one", found=f"shift {shift}, ratio {ratio}")
    grid = grid_of(counts, last=last)
    control = in_control(
        grid, family="poisson", mean=expected, training=training, harmonics=harmonics, last=last
    )
    start, mean = control.start, control.mean
    wanted = float(per_region(grid.periods_per_year if arl is None else arl, grid, "arl")[0])
    if reference is not None:
        k, h = (
            given[start:] if len(given) == grid.shape[0] else given
            for given in (
                positive(reference, grid.shape, "reference"),
                positive(threshold, grid.shape, "threshold"),
            )
        )
    else:
        k, h = _designs(mean, shift, ratio, wanted, tenths=compat is not None)
    restart = limit if limit is not None else _HEAD if fir else np.nan if compat else 0.0
    shape, at = (grid.shape[0] - grid.first, grid.shape[1]), start - grid.first
    statistic, bound = np.full(shape, np.nan), np.full(shape, np.nan)
    alarm = np.zeros(shape, dtype=bool)
    usable = grid.usable[start:]
    head = np.full(shape[1], _HEAD if fir else 0.0)
    if not compat:
        # One incident alone does not alarm, at the start neither.
        head = np.clip((1 - 2 * _TIE - (1 - k) / h).min(axis=0), 0.0, head)
    if compat:
        y = grid.values[start:]
        statistic[at:], alarm[at:], bound[at:] = _reference_run(y, usable, mean, k, h, restart, head)
    else:
        cusum_run(
            grid.values[start:],
            None if usable.all() else usable,
            1 / h,
            k / h,
            np.full(shape[1], 1 - _TIE),
            restart,
            head,
            statistic[at:],
            alarm[at:],
            bound[at:],
        )
    run = DetectorRun(
        name="rogerson",
        method="Poisson CUSUM with a mean that changes (null: independent Poisson counts around it; "
        "Rogerson and Yamada 2004)" + (", as R's surveillance does it" if compat else ""),
        resets=not np.isnan(restart),
        parameters={
            "shift": None if ratio else shift,
            "ratio": ratio,
            "arl": None if threshold is not None else wanted,
            "reference": k,
            "threshold": h,
            "limit": limit,
            "fir": fir,
            "training": training,
            "harmonics": harmonics,
            "compat": compat,
        },
    )
    return make_alarms(
        grid,
        run,
        alarm=alarm,
        untested=control.untested(grid),
        statistic=statistic,
        upper_bound=bound,
        expected=control.rows(grid),
        notes=(control.said,),
    )


def _reference_run(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    mean: FloatArray,
    reference: FloatArray,
    threshold: FloatArray,
    restart: float,
    head: FloatArray,
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Run the CUSUM in the units of the threshold of the average mean, in the reference's order.

    Sums of tenths tie with their thresholds: the order in which they are added decides what is rounded up.
    """
    k, h, m = (np.broadcast_to(array, values.shape) for array in (reference, threshold, mean))
    nearest = np.abs(m - m.mean(axis=0)).argmin(axis=0)
    common = h[nearest, np.arange(h.shape[1])]
    state = head * common
    statistic, bound = np.empty(values.shape), np.empty(values.shape)
    alarm = np.zeros(values.shape, dtype=bool)
    for t in range(len(values)):
        scale = common / h[t]
        bound[t] = np.maximum(np.ceil((common - state) / scale + k[t]), 0.0)
        state = np.where(usable[t], np.maximum(0.0, state + scale * (values[t] - k[t])), state)
        alarm[t] = (state >= common) & usable[t]
        statistic[t] = state / common
        if not np.isnan(restart):
            state = np.where(alarm[t], restart * common, state)
    return statistic, alarm, bound


def _designs(
    mean: FloatArray, shift: float, ratio: float | None, arl: float, *, tenths: bool
) -> tuple[FloatArray, FloatArray]:
    """Return k and h for every mean, in incidents; the same shape."""
    steps = mean if tenths else np.exp(np.round(np.log(mean) / _MEAN_STEP) * _MEAN_STEP)
    level, back = np.unique(steps, return_inverse=True)
    growth = 1 + shift / np.sqrt(level) if ratio is None else np.full(len(level), ratio)
    reference = level * (growth - 1) / np.log(growth)
    if tenths:
        pairs = np.array([design_tenths(m, k, arl)[:2] for m, k in zip(level, reference, strict=True)])
        k, h = pairs[:, 0], pairs[:, 1]
    else:
        down, unit = lattice(reference)
        # Moustakides: the run length grows as exp(h log growth).
        start = np.log1p(arl * np.maximum(reference - level, 1e-9) * np.log(growth)) / np.log(growth)
        levels, _ = least_levels(
            level, np.ones(len(level)), down, unit, np.full(len(level), arl), start=start
        )
        k, h = down / unit, levels / unit
    back = back.reshape(mean.shape)
    return k[back], h[back]


def design_tenths(mean: float, reference: float, arl: float) -> tuple[float, float, float]:
    """Return k, h and the run length the reference takes: in tenths, nearest to `arl`.

    k is `reference` rounded; where no h comes within 2 % of `arl`, k + 0.1 is taken if it comes nearer.

    Examples
    --------
    >>> k, h, length = design_tenths(4.0, 4.9326, 500.0)
    >>> k, h, round(length, 1)
    (4.9, 10.7, 501.2)
    """
    best = (np.nan, np.nan, np.nan)
    miss = np.inf
    for down in (max(round(10 * reference), 1), max(round(10 * reference), 1) + 1):
        if miss <= _TOLERANCE:
            break
        low, high = 1, 2
        while cusum_run_length(mean, down=down, unit=10, levels=high) < arl:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            if cusum_run_length(mean, down=down, unit=10, levels=middle) < arl:
                low = middle
            else:
                high = middle
        length = cusum_run_length(mean, down=down, unit=10, levels=high)
        # Thresholds between two values the sum can take are the same: the reference mostly has the last.
        while cusum_run_length(mean, down=down, unit=10, levels=high + 1) <= length * (1 + 1e-9):
            high += 1
        for levels in (low, high):
            length = cusum_run_length(mean, down=down, unit=10, levels=levels)
            if abs(length / arl - 1) < miss:
                best, miss = (down / 10, levels / 10, length), abs(length / arl - 1)
    return best
