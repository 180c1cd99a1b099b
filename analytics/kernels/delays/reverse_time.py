"""How late reports come, from the reports that have come so far.

Of recent incidents only those reported soon are known (right truncation). Counted backwards in delay this is
no difficulty: among the reports that came within u days, on incidents at least u days old, the share that
came after exactly u days is the reverse-time hazard, and a product of such shares is the distribution.

References
----------
.. [1] Kalbfleisch, J. D., Lawless, J. F. (1991). Regression models for right truncated data with applications
       to AIDS incubation times and reporting lags. Statistica Sinica 1, 19-32.
.. [2] Lawless, J. F. (1994). Adjustments for reporting delays and the prediction of occurred but not reported
       events. Canadian Journal of Statistics 22, 15-31.
.. [3] DerSimonian, R., Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical Trials 7,
       177-188.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import FloatArray, IntArray

__all__ = [
    "Curves",
    "Triangle",
    "beyond",
    "factor_evidence",
    "pooled_curves",
    "report_spread",
    "triangle_of",
    "whole_hazards",
]

_STEPS = 30
_LARGEST = 3.0  # of the logarithm of a region's factor


@dataclass(frozen=True, eq=False, slots=True)
class Triangle:
    """Reports by delay; arrays of shape (longest + 1, groups).

    `reports` came after exactly u days; `exposed` are the reports that came within u days on incidents at
    least u days old.
    """

    reports: IntArray
    exposed: IntArray

    def whole(self) -> Triangle:
        """Return that of all groups together."""
        return Triangle(self.reports.sum(axis=1, keepdims=True), self.exposed.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False, slots=True)
class Curves:
    """Share reported within u days; arrays of shape (longest + 1, groups) unless said otherwise.

    Attributes
    ----------
    share, deviation : float array
        The share, and its standard deviation.
    factor, factor_variance : float array, shape (groups,)
        By what a group's reverse-time hazard differs from the whole's (above 1: its reports come later), and
        the variance of its logarithm.
    between : float
        Variance of that logarithm between groups.
    spread : float
        Variance over binomial variance of a cohort's reports, at least 1.
    """

    share: FloatArray
    deviation: FloatArray
    factor: FloatArray
    factor_variance: FloatArray
    between: float
    spread: float


def triangle_of(delay: IntArray, age: IntArray, group: IntArray, groups: int, longest: int) -> Triangle:
    """Count reports by delay.

    Parameters
    ----------
    delay, age : int array, shape (incidents,)
        Days from the incident to its report, and to the day whose knowledge it is; ``0 <= delay <= age``, and
        the delay at most `longest`.
    group : int array, same shape
        0 to ``groups - 1``.

    Examples
    --------
    >>> late, old, one = np.array([0, 2, 1]), np.array([1, 5, 5]), np.zeros(3, int)
    >>> found = triangle_of(late, old, one, 1, 3)
    >>> found.reports[:, 0].tolist(), found.exposed[:, 0].tolist()
    ([1, 1, 1, 0], [1, 2, 2, 2])
    """
    shape = (longest + 1, groups)
    reports = np.bincount(delay * groups + group, minlength=shape[0] * groups).reshape(shape)
    gone = np.minimum(age, longest) + 1  # from this delay on the incident is too young
    leaves = np.bincount(gone * groups + group, minlength=(longest + 2) * groups).reshape(-1, groups)
    leaves[-1] = 0
    exposed = np.cumsum(reports, axis=0) - np.cumsum(leaves[:-1], axis=0)
    return Triangle(reports.astype(np.int64), exposed.astype(np.int64))


def pooled_curves(triangle: Triangle, spread: float = 1.0) -> Curves:
    """Return each group's curve, drawn towards that of the whole.

    A group's reverse-time hazards are expected to be the whole's, made later or earlier by one factor [1]_.
    The logarithm of the factor is normal around 0 with a variance between groups that is estimated
    (DerSimonian and Laird, [3]_): 0 where the groups differ no more than chance does, and every group then
    has the whole's curve. Else each hazard of a group is a beta around what the factor gives, whose relative
    variance is the same, so that a group with many reports has a curve of its own shape.

    Parameters
    ----------
    triangle : Triangle
    spread : float
        As :func:`report_spread` returns it.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> age, delay = rng.integers(0, 200, 3000), rng.geometric(0.2, 3000) - 1
    >>> seen = (delay <= age) & (delay <= 60)
    >>> found = pooled_curves(triangle_of(delay[seen], age[seen], np.zeros(seen.sum(), int), 1, 60))
    >>> bool(abs(found.share[4, 0] - (1 - 0.8**5)) < 3 * found.deviation[4, 0])
    True
    """
    log_hazard, variance = whole_hazards(triangle)
    left = beyond(log_hazard)
    variance = spread * beyond(variance)
    score, information = factor_evidence(triangle, log_hazard)
    informed = information > 0
    between = _between(score[informed], information[informed] / spread, spread)
    eta = np.zeros(len(score))
    own = np.zeros(len(score))
    if between > 0:
        eta, own = _penalised(triangle, log_hazard, spread, between)
    factor = np.exp(eta)
    if between == 0:
        log_share = np.repeat(-left[:, None], len(score), axis=1)
        log_variance = np.repeat(variance[:, None], len(score), axis=1)
    else:
        log_share, log_variance = _blended(triangle, log_hazard, factor, own, spread, between)
        log_variance += variance[:, None] * factor**2
    share = np.exp(log_share)
    return Curves(share, share * np.sqrt(log_variance), factor, own, between, spread)


def _blended(
    triangle: Triangle,
    log_hazard: FloatArray,
    factor: FloatArray,
    factor_variance: FloatArray,
    spread: float,
    between: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the logarithm of each group's share and what its own reports leave unsure of it."""
    rate = log_hazard[:, None] * factor
    hazard = np.clip(-np.expm1(-rate), 1e-12, 1 - 1e-9)
    weight = (1 - hazard) / (hazard * between)
    among = triangle.exposed / spread
    mixed = (triangle.reports / spread + weight * hazard) / (among + weight)
    mixed = np.minimum(mixed, hazard + (1 - hazard) * among / (among + 1))
    log_share = -beyond(-np.log1p(-mixed))
    drawn = weight / (among + weight)
    own = beyond(mixed / ((1 - mixed) * (among + weight)))
    return log_share, own + beyond(drawn * rate) ** 2 * factor_variance


def factor_evidence(
    triangle: Triangle, log_hazard: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return score and information of the logarithm of each group's factor at 0, shape (groups,)."""
    if log_hazard is None:
        log_hazard, _ = whole_hazards(triangle)
    return _score(triangle, log_hazard, np.zeros(triangle.reports.shape[1]))


def report_spread(cohorts: Triangle) -> float:
    """Return how much more than by chance the delays of incidents of one week go together, at least 1.

    Parameters
    ----------
    cohorts : Triangle
        Its groups are the weeks that the incidents lie in.
    """
    log_hazard, _ = whole_hazards(cohorts)
    hazard = -np.expm1(-log_hazard)[:, None]
    late = cohorts.exposed[1:] * hazard[1:]
    off = (cohorts.reports[1:] - late).sum(axis=0)
    by_chance = (late * (1 - hazard[1:])).sum()
    if by_chance <= 0:
        return 1.0
    used = max(int((cohorts.exposed[1:].sum(axis=0) > 0).sum()) - 1, 1)
    return float(max((off**2).sum() / by_chance * (used + 1) / used, 1.0))


def whole_hazards(triangle: Triangle) -> tuple[FloatArray, FloatArray]:
    """Return minus the logarithm of one minus the whole's reverse-time hazards, and its variance."""
    whole = triangle.whole()
    came = whole.reports[:, 0].astype(float)
    among = whole.exposed[:, 0] + 1.0  # one more, so that nothing is certain where all came on one day
    return -np.log1p(-came / among), came / (among * (among - came))


def beyond(values: FloatArray) -> FloatArray:
    """Return the sum over all later delays."""
    later = np.cumsum(values[:0:-1], axis=0)[::-1]
    return np.concatenate([later, np.zeros_like(values[:1])])


def _score(triangle: Triangle, log_hazard: FloatArray, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
    later = slice(1, None)
    rate = log_hazard[later, None] * np.exp(eta)
    some = rate > 0
    odds = np.divide(rate, np.expm1(rate), out=np.zeros_like(rate), where=some)
    came, among = triangle.reports[later], triangle.exposed[later]
    score = (came * odds - (among - came) * rate).sum(axis=0)
    return score, (among * rate * odds).sum(axis=0)


def _between(score: FloatArray, weight: FloatArray, spread: float) -> float:
    """Return the variance of the factors' logarithms between groups, by moments."""
    if len(score) < 2:
        return 0.0
    found = score / spread / weight
    centre = (weight * found).sum() / weight.sum()
    excess = (weight * (found - centre) ** 2).sum() - (len(score) - 1)
    return float(max(excess / (weight.sum() - (weight**2).sum() / weight.sum()), 0.0))


def _penalised(
    triangle: Triangle, log_hazard: FloatArray, spread: float, between: float
) -> tuple[FloatArray, FloatArray]:
    """Return the logarithm of each group's factor and its variance, given that between groups."""
    eta = np.zeros(triangle.reports.shape[1])
    for _ in range(_STEPS):
        score, information = _score(triangle, log_hazard, eta)
        precision = information / spread + 1 / between
        step = np.clip((score / spread - eta / between) / precision, -0.5, 0.5)
        eta = np.clip(eta + step, -_LARGEST, _LARGEST)
        if np.abs(step).max() < 1e-8:
            break
    _, information = _score(triangle, log_hazard, eta)
    return eta, 1 / (information / spread + 1 / between)
