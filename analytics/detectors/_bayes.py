"""The Bayes method: the count against its posterior predictive distribution, given the same weeks before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from analytics._typing import FloatArray, IntArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference
from analytics.detectors.grid import SHORT, grid_of, make_alarms, per_region
from analytics.detectors.windows import NOTHING, Windows
from analytics.former import renamed
from analytics.options import check_level
from analytics.results import Alarms, DetectorRun

__all__ = ["bayes", "bayes_alarms"]


_TINY = 1e-300


@renamed(b="years", w="half_width")
@has_reference
def bayes(
    counts: Counts,
    *,
    years: int = 0,
    half_width: int = 6,
    include_current_year: bool = True,
    alpha: float | npt.ArrayLike = 0.05,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Raise an alarm where a count is improbable given the same weeks of past years and the weeks before.

    Null hypothesis: the count and the reference counts come from one Poisson distribution. With n reference
    periods of total S and Jeffreys' prior the posterior of its mean is gamma(S + 1/2, n), and the
    predictive distribution negative binomial with shape S + 1/2 and probability n / (n + 1). Its spread is
    Poisson's plus that of the estimate; counts that vary more raise more alarms than alpha.

    Parameters
    ----------
    counts : Counts
        By week or by day, as shown.
    years : int
        Past years whose weeks are looked at (R: ``b``).
    half_width : int
        Periods on either side of the same one in each past year, and periods just before this one
        (R: ``w``).
    include_current_year : bool
        Whether the `half_width` periods just before count too.
    alpha : float or array, one for each region
        Probability of an alarm in a period where nothing changed, if counts are Poisson.
    last : int, optional
        Test only the last so many periods over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives: :func:`analytics.detectors.surveillance.bayes`.

    Returns
    -------
    Alarms
        `pvalue` is P(Y >= observed), `statistic` is -log10 of it, `upper_bound` the smallest count c with
        P(Y > c) <= alpha. An alarm is a p-value of at most alpha, which is ``observed > upper_bound``.

    Raises
    ------
    OptionError
        If an option is unknown or out of range.

    Notes
    -----
    Reference periods without coverage are left out of n and S. The same week a year ago is found by its
    date.

    References
    ----------
    .. [1] Riebler, A. (2004). Empirischer Vergleich von statistischen Methoden zur Ausbruchserkennung bei
           Surveillance Daten. Bachelor's thesis, University of Munich.
    .. [2] Höhle, M. (2007). surveillance: an R package for the monitoring of infectious diseases.
           Computational Statistics 22, 571-582.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Kirkuk": [2, 1, 0, 3, 1, 2, 6]}, index=[f"2020-W{i}" for i in range(10, 17)])
    >>> found = bayes(Counts.from_frame(frame, freq="week", as_of="2020-04-19"))
    >>> found.latest()[["observed", "upper_bound", "pvalue", "alarm"]].round(4).to_numpy().tolist()
    [[6, 4.0, 0.0111, True]]
    """
    return bayes_alarms(counts, Windows(years, half_width, include_current_year), alpha, last)


def bayes_alarms(counts: Counts, windows: Windows, alpha: float | npt.ArrayLike, last: int | None) -> Alarms:
    """Return the alarms against the predictive distribution of these windows."""
    grid = grid_of(counts, last=last, as_in_r=not windows.calendar)
    levels = per_region(alpha, grid, "alpha")
    check_level(alpha=levels)
    past = windows.look_back(grid)
    y = grid.values[grid.first :]
    number = np.maximum(past.number, 1)
    shape: FloatArray = np.asarray(past.total + 0.5, dtype=float)
    share: FloatArray = np.asarray(1.0 / (past.number + 1.0), dtype=float)
    expected = shape / number
    if grid.reported is None:
        upper = predictive_bounds(past.total, number, levels)
    else:
        now = grid.reported.rows(grid.first)
        expected = shape * now.share / np.where(past.number > 0, past.exposure, 1.0)
        shape = np.asarray(1 / (1 / shape + now.doubt))  # a share that is not known is a shorter past
        share = np.asarray(expected / (expected + shape))
        upper = _bounds(shape, share, np.broadcast_to(levels, shape.shape))
    pvalue: FloatArray = np.asarray(
        special.betainc(np.maximum(y, 1).astype(float), shape, share), dtype=float
    )
    pvalue[y == 0] = 1.0
    return make_alarms(
        grid,
        DetectorRun(
            name="bayes",
            null_hypothesis="the count and its reference counts come from one Poisson distribution",
            method=f"P(Y >= observed) under the predictive distribution of {past.due} reference {grid.freq}s "
            "(Jeffreys' prior); null: one Poisson mean (Riebler 2004)",
            kind="pvalue",
            overlap=windows.reach(grid.counts.period_days),
            parameters={**windows.parameters(), "alpha": levels},
        ),
        alarm=pvalue <= levels,
        untested=[(past.short, SHORT), (past.number == 0, NOTHING)],
        expected=expected,
        upper_bound=upper,
        statistic=-np.log10(np.maximum(pvalue, _TINY)),
        pvalue=pvalue,
        thinned=grid.reported is not None,
    )


def predictive_bounds(total: IntArray, number: IntArray, alpha: FloatArray) -> FloatArray:
    """Smallest count c with P(Y > c) <= alpha, given reference totals; shape (periods, regions).

    Each combination of total, number and alpha that occurs is worked out once.
    """
    levels, which = np.unique(alpha, return_inverse=True)
    width, deep = int(total.max()) + 1, int(number.max()) + 1
    code = (which * deep + number) * width + total
    size = levels.size * deep * width

    def at(known: IntArray) -> FloatArray:
        totals, numbers = known % width, known // width % deep
        shape, share = np.asarray(totals + 0.5, dtype=float), np.asarray(1.0 / (numbers + 1.0), dtype=float)
        return _bounds(shape, share, levels[known // (width * deep)])

    if size <= 2 * code.size + 100_000:
        seen = np.zeros(size, dtype=bool)
        seen[code.ravel()] = True
        known = np.flatnonzero(seen)
        table = np.zeros(size)
        table[known] = at(known)
        return np.asarray(table[code])
    known, place = np.unique(code, return_inverse=True)
    return np.asarray(at(known)[place].reshape(code.shape))


def _bounds(shape: FloatArray, share: FloatArray, alpha: FloatArray) -> FloatArray:
    bound = np.maximum(stats.nbinom.ppf(1 - np.maximum(alpha, 1e-15), shape, 1 - share), 0.0)
    while (more := special.betainc(bound + 1, shape, share) > alpha).any():
        bound[more] += 1
    while (less := (bound > 0) & (special.betainc(np.maximum(bound, 1), shape, share) <= alpha)).any():
        bound[less] -= 1
    return bound
