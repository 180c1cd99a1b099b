"""What agreement weighs: the model of Fellegi and Sunter, chance measured, matches estimated without labels.

Each pair has a level of agreement in every field; fields are taken as independent among pairs that are one
incident, and among pairs that are not. The weight of a level is the logarithm of how much more often it is
found among the first than among the second.

References
----------
.. [1] Fellegi, I. P. and Sunter, A. B. (1969). A theory for record linkage. Journal of the American
   Statistical Association 64, 1183-1210.
.. [2] Winkler, W. E. (1988). Using the EM algorithm for weight computation in the Fellegi-Sunter model of
   record linkage. Proceedings of the Section on Survey Research Methods, American Statistical Association,
   667-671.
.. [3] Elias, J. E. and Gygi, S. P. (2007). Target-decoy search strategy for increased confidence in
   large-scale protein identifications by mass spectrometry. Nature Methods 4, 207-214.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray

__all__ = ["Agreement", "by_chance", "fit_agreement", "level_shares"]

_ROUNDS, _CLOSE = 500, 1e-7
_SHARE = (1e-6, 0.95)  # of pairs that are one incident: never none, never all

Levels = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False, slots=True)
class Agreement:
    """How often each level is found, of pairs that are one incident and of pairs that are not.

    Attributes
    ----------
    match, chance : list of float array, shape (levels,)
        One array a field.
    share : float
        Of the candidate pairs, how many are one incident.
    """

    match: list[FloatArray]
    chance: list[FloatArray]
    share: float

    def weights(self, levels: Levels) -> FloatArray:
        """Return the sum of the weights of each pair, in bits; what is missing (-1) weighs nothing."""
        total = np.zeros(len(levels))
        for field, weight in enumerate(self.each()):
            column = levels[:, field]
            total += np.where(column >= 0, weight[column], 0.0)
        return total

    def each(self) -> list[FloatArray]:
        """Return the weight of each level; the last, that of disagreement, never speaks for a pair."""
        made = [np.log2(match / chance) for match, chance in zip(self.match, self.chance, strict=True)]
        for weight in made:
            weight[-1] = min(weight[-1], 0.0)
        return made

    def probability(self, weights: FloatArray) -> FloatArray:
        """Return how probable it is that each pair is one incident."""
        odds = np.log(self.share / (1 - self.share)) + weights * np.log(2)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700, 700))))


def level_shares(levels: Levels, like: Sequence[FloatArray], strength: float) -> list[FloatArray]:
    """Return how often each level is found, drawn to the shares `like` as if they rested on some more pairs.

    Examples
    --------
    >>> found = level_shares(np.array([[0], [1], [1], [-1]], dtype=np.int8), [np.array([0.5, 0.5])], 2.0)
    >>> found[0].tolist()
    [0.4, 0.6]
    """
    shares = []
    for field, stated in enumerate(like):
        column = levels[:, field]
        found = np.bincount(column[column >= 0], minlength=len(stated)) + strength * stated
        shares.append(found / found.sum())
    return shares


def fit_agreement(
    levels: Levels, stated: Sequence[FloatArray], chance: list[FloatArray], share: float, strength: float
) -> Agreement:
    """Estimate how often each level is found among pairs that are one incident, and how many are, by EM.

    Parameters
    ----------
    levels : int8 array, shape (pairs, fields)
        -1: missing in one of the two, which says nothing.
    stated : sequence of float array
        What the estimate is drawn to, as if it rested on `strength` pairs.
    chance : list of float array
        Shares among pairs that are not one incident; known, not estimated.
    share : float
        Of pairs that are one incident, to begin with.
    strength : float

    Returns
    -------
    Agreement
        The last level of a field, disagreement, is at most as frequent among pairs that are one incident as
        stated: what comes in waves is close in time and place, and is not one incident for that.
    """
    patterns, sizes = np.unique(levels, axis=0, return_counts=True)
    match, share = [np.array(s) for s in stated], float(np.clip(share, *_SHARE))
    for _ in range(_ROUNDS):
        model = Agreement(match, chance, share)
        each = model.probability(model.weights(patterns)) * sizes
        match = []
        for field, like in enumerate(stated):
            column = patterns[:, field]
            there = column >= 0
            found = np.bincount(column[there], each[there], minlength=len(like)) + strength * like
            match.append(_agreeing(found / found.sum(), like[-1]))
        before, share = share, float(np.clip(each.sum() / sizes.sum(), *_SHARE))
        if abs(share - before) <= _CLOSE:
            break
    return Agreement(match, chance, share)


def _agreeing(shares: FloatArray, most: float) -> FloatArray:
    """Return shares of levels of which the last is at most `most`."""
    if shares[-1] <= most:
        return shares
    rest = shares[:-1] * (1 - most) / shares[:-1].sum()
    return np.append(rest, most)


def by_chance(weights: FloatArray, chance: FloatArray, times: int) -> FloatArray:
    """Return, for each pair, what share of those that weigh as much or more chance alone would make [3]_.

    Parameters
    ----------
    weights : float array, shape (pairs,)
    chance : float array, shape (more,)
        Weights of pairs that are surely not one incident, from `times` draws as large as the file.
    times : int

    Examples
    --------
    >>> by_chance(np.array([9.0, 5.0, 1.0]), np.array([1.0, 5.0, 0.0, 1.0]), 2).round(2).tolist()
    [0.0, 0.25, 0.5]
    """
    order = np.argsort(-weights, kind="stable")
    falling = weights[order]
    ranked = np.searchsorted(-falling, -falling, side="right")
    more = np.searchsorted(np.sort(-chance), -falling, side="right") / times
    share = np.minimum(more / ranked, 1.0)
    made = np.empty(len(weights))
    made[order] = np.minimum.accumulate(share[::-1])[::-1]
    return made
