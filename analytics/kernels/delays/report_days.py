"""How reports depend on the day on which they are made: its weekday, a holiday, the day after one.

The reverse-time hazard of a report after u days, on a day of kind c, is ``1 - exp(-rate(u) * effect(c))``.
Each cell of delay and kind may differ from that: it is a beta around it, whose variance is estimated from
how far the cells differ beyond chance. What is known on one day then depends on the days its reports could
come on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics._typing import FloatArray, IntArray

__all__ = ["Cohorts", "KindRates", "cohorts_of", "kind_rates", "known_by_now", "weekday_pvalue"]

_WIDE = 2.0  # standard deviation of the logarithm of an effect, before anything is known
_STEPS = 25
_FURTHEST = (-6.0, 4.0)  # of that logarithm
_LEAST_BETWEEN = 1e-4
_WEEK = 7


@dataclass(frozen=True, eq=False, slots=True)
class Cohorts:
    """Reports by delay and age of the incident's day; int arrays of shape (longest + 1, days).

    `reports` came after exactly u days on incidents that are so many days old; `exposed` are those that came
    within u days, where the day is at least u days old.
    """

    reports: IntArray
    exposed: IntArray


@dataclass(frozen=True, eq=False, slots=True)
class KindRates:
    """Reverse-time hazards by the kind of day that a report comes on; shape (longest + 1, kinds) or (kinds,).

    `rate` is minus the logarithm of one minus the hazard, and `variance` that of its own reports; `effect` is
    by how much a kind of day multiplies the rate. `share` is how many reports came on such days, of those
    that would have on average days; 1 where none could.
    """

    rate: FloatArray
    variance: FloatArray
    effect: FloatArray
    share: FloatArray


def cohorts_of(delay: IntArray, age: IntArray, longest: int, days: int) -> Cohorts:
    """Count reports by delay and age; arguments as for ``triangle_of``, ages below `days`.

    Examples
    --------
    >>> found = cohorts_of(np.array([0, 2]), np.array([1, 2]), 2, 3)
    >>> found.reports.tolist(), found.exposed.tolist()
    ([[0, 1, 0], [0, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 1, 0], [0, 0, 1]])
    """
    shape = (longest + 1, days)
    reports = np.bincount(delay * days + age, minlength=shape[0] * days).reshape(shape).astype(np.int64)
    old = np.arange(longest + 1)[:, None] <= np.arange(days)
    return Cohorts(reports, np.where(old, np.cumsum(reports, axis=0), 0))


def weekday_pvalue(cohorts: Cohorts, weekday: IntArray) -> float:
    """Return how likely weekdays that matter for nothing would differ as much in their reports (an F test).

    Parameters
    ----------
    cohorts : Cohorts
    weekday : int array, shape (days,)
        Of the day that is so many days old.

    Notes
    -----
    Reports of one day go together, so what the weekdays differ by is held against how much days of one
    weekday differ.
    """
    came, due = _by_report_day(cohorts)
    kind = weekday[: len(came)]
    usable = due > 0
    came, due, kind = came[usable], due[usable], kind[usable]
    sums, expected = np.bincount(kind, came - due, _WEEK), np.bincount(kind, due, _WEEK)
    some = expected > 0
    left = len(came) - int(some.sum())
    if left <= 0 or some.sum() < 2:
        return 1.0
    ratio = np.divide(sums, expected, out=np.zeros(_WEEK), where=some)
    among = (expected * ratio**2).sum() / (some.sum() - 1)
    within = ((came - due * (1 + ratio[kind])) ** 2 / due).sum() / left
    return float(special.fdtrc(some.sum() - 1, left, among / max(within, 1e-12)))


def kind_rates(cohorts: Cohorts, kind: IntArray, kinds: int, spread: float) -> KindRates:
    """Fit the hazards by kind of day.

    Parameters
    ----------
    cohorts : Cohorts
    kind : int array, shape (longest + 1, days)
        Of the day on which a report after u days comes, on an incident so many days old.
    kinds : int
    spread : float
        Variance over binomial variance.
    """
    came, among = (
        np.stack([np.where(kind == c, part, 0).sum(axis=1) for c in range(kinds)], axis=1)[1:].astype(float)
        for part in (cohorts.reports, cohorts.exposed)
    )
    due = (among * (came.sum(axis=1) / np.maximum(among.sum(axis=1), 1.0))[:, None]).sum(axis=0)
    share = np.divide(came.sum(axis=0), due, out=np.ones(kinds), where=due > 0)
    rate, effect = _fitted(came, among)
    hazard = np.clip(-np.expm1(-rate), 1e-12, 1 - 1e-9)
    expected = among * hazard
    excess = ((came - expected) ** 2 - spread * expected * (1 - hazard)).sum()
    between = max(float(excess / max((expected**2).sum(), 1e-9)), _LEAST_BETWEEN)
    weight, among = (1 - hazard) / (hazard * between), among / spread
    mixed = (came / spread + weight * hazard) / (among + weight)
    mixed = np.minimum(mixed, hazard + (1 - hazard) * among / (among + 1))
    none = np.zeros((1, kinds))
    variance = mixed / ((1 - mixed) * (among + weight))
    return KindRates(np.r_[none, -np.log1p(-mixed)], np.r_[none, variance], np.exp(effect), share)


def known_by_now(rates: KindRates, kind: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return minus the logarithm of the share known now by age, and its variance; shape (longest + 1,).

    Parameters
    ----------
    rates : KindRates
    kind : int array, shape (longest + 1, longest + 1)
        Of the day on which a report after u days comes, on an incident a days old.
    """
    delay, age = np.indices(kind.shape)
    later = delay > age
    left, unsure = (
        np.asarray(np.where(later, part[delay, kind], 0.0).sum(axis=0), dtype=float)
        for part in (rates.rate, rates.variance)
    )
    return left, unsure


def _by_report_day(cohorts: Cohorts) -> tuple[FloatArray, FloatArray]:
    """Return reports by how long ago they came, and how many would have on an average day."""
    reports, exposed = cohorts.reports[1:].astype(float), cohorts.exposed[1:].astype(float)
    hazard = reports.sum(axis=1) / np.maximum(exposed.sum(axis=1), 1.0)
    days = reports.shape[1]
    ago: IntArray = np.arange(days) - np.arange(1, len(reports) + 1)[:, None]
    inside = ago >= 0
    came, due = (
        np.asarray(np.bincount(ago[inside], weights=part[inside], minlength=days), dtype=float)
        for part in (reports, exposed * hazard[:, None])
    )
    return came, due


def _fitted(came: FloatArray, among: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the rates of all cells and the logarithms of the effects, by Newton steps in turn."""
    mean = -np.log1p(-came.sum(axis=1) / (among.sum(axis=1) + 1.0))
    some = mean > 0
    level, effect = np.log(np.where(some, mean, 1.0)), np.zeros(came.shape[1])

    def parts() -> tuple[FloatArray, FloatArray, FloatArray]:
        rate = np.where(some[:, None], np.exp(level[:, None] + effect), 0.0)
        odds = np.divide(rate, np.expm1(rate), out=np.zeros_like(rate), where=rate > 0)
        return rate, came * odds - (among - came) * rate, among * rate * odds

    for _ in range(_STEPS):
        _, score, information = parts()
        step = (score.sum(axis=0) - effect / _WIDE**2) / (information.sum(axis=0) + 1 / _WIDE**2)
        step = np.clip(step, -1, 1)
        effect = np.clip(effect + step, *_FURTHEST)
        _, score, information = parts()
        level = level + np.where(
            some, np.clip(score.sum(axis=1) / (information.sum(axis=1) + 0.5), -1, 1), 0.0
        )
        if np.abs(step).max() < 1e-6:
            break
    rate, _, _ = parts()
    return rate, effect
