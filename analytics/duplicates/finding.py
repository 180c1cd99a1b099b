"""`find_duplicates`: rows that may be one incident, with what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import FloatArray, IntArray
from analytics.duplicates.fields import FIELDS, Compared, compared, levels_of
from analytics.duplicates.pairs import Pairs, pair_table
from analytics.errors import OptionError
from analytics.geo.earth import to_chord
from analytics.incidents import Incidents
from analytics.incidents.twice import ACROSS, WITHIN
from analytics.kernels.pairs.agreement import Agreement, Levels, by_chance, fit_agreement, level_shares
from analytics.kernels.pairs.candidates import pairs_in_groups, pairs_nearby
from analytics.options import check_above, check_choice, check_share, check_whole

__all__ = ["Weights", "find_duplicates"]

Weights = Literal["estimated", "stated"]
_MOST = 20_000_000  # pairs looked at
_STRENGTH = 20.0  # pairs that the stated shares are worth against what is found
_MOVES = (1, -1, 2, -2)  # steps of whole weeks that one side is moved by, so that no pair is one incident
_ROOM = 6  # steps that a file is long which is moved by those; a shorter one by fifths of its length
_FEWEST = 50  # pairs by chance; with fewer the stated shares are used
_METHOD = (
    "Weights of agreement after Fellegi and Sunter (1969): for each field the logarithm of how much more "
    "often a level is found among pairs that are one incident than among pairs that are not, summed; fields "
    "are taken as independent."
)


def find_duplicates(
    incidents: Incidents,
    other: Incidents | None = None,
    *,
    days: int = 1,
    km: float = 10.0,
    least: float = 0.5,
    weights: Weights = "estimated",
) -> Pairs:
    """Find rows that may be one incident: within a source, or across two.

    Nothing is merged. The pairs are for a person to look at, who writes *yes* or *no* beside each;
    ``read_incidents(..., accepted=FILE)`` then sets one row of each accepted pair aside. Rows that bear the
    same identifier are dealt with while reading: copies are set aside, versions superseded.

    Parameters
    ----------
    incidents : Incidents
    other : Incidents, optional
        Of another source. None: pairs within `incidents`.
    days : int
        How many days apart the two may be dated.
    km : float
        How far apart they may lie. Rows without coordinates of their own (none, or those of a unit's middle)
        are held against the rows of their first-order unit.
    least : float
        Pairs that are less probably one incident are not listed.
    weights : {"estimated", "stated"}
        How often each level of agreement is found among pairs that are not one incident is measured on the
        same rows moved by one and two weeks, and among those that are is estimated by EM without labels,
        drawn to stated shares; or both as stated in ``analytics.duplicates.fields``.

    Returns
    -------
    Pairs

    Raises
    ------
    OptionError
        If an option cannot be used, or so many pairs lie that close that they cannot be looked at.

    Notes
    -----
    Null hypothesis: no two rows are one incident, so that pairs are as many, and as much alike, as of rows
    one and two weeks apart. Separate incidents of one day and place are more alike than that: the
    probabilities are for putting pairs in order, and the share that chance makes is a least one.

    References
    ----------
    .. [1] Fellegi, I. P. and Sunter, A. B. (1969). A theory for record linkage. Journal of the American
       Statistical Association 64, 1183-1210.
    .. [2] Donnay, K., Dunford, E. T., McGrath, E. C., Backer, D. and Cunningham, D. E. (2019). Integrating
       conflict event data. Journal of Conflict Resolution 63, 1337-1364.

    Examples
    --------
    >>> from analytics import read_incidents
    >>> rows = read_incidents(pd.DataFrame({
    ...     "id": ["1", "2", "3"], "date": ["2020-04-13", "2020-04-13", "2020-04-20"],
    ...     "province": "Diyala", "latitude": [34.0, 34.001, 34.0], "longitude": 45.0, "deaths": [3, 3, 1],
    ... }))
    >>> pairs = find_duplicates(rows)
    >>> pairs.frame[["incident_id_a", "incident_id_b", "day", "fatalities"]].values.tolist()
    [['1', '2', 'same', 'same']]
    """
    check_whole(0, 30, days=days)
    check_above(0, km=km)
    check_share(least=least)
    check_choice("weights", weights, Weights)
    kind = WITHIN if other is None else ACROSS
    if kind == ACROSS and other is incidents:
        raise OptionError(
            "the two sources are the same incidents", todo="leave other out to look within them"
        )
    both = incidents.frame if other is None else pd.concat([incidents.frame, other.frame], ignore_index=True)
    rows, left = compared(both)
    sides = _sides(rows, len(incidents.frame), kind)
    i, j, levels, away = _pairs(*sides, days, km, within=kind == WITHIN)
    decoys = _decoys(*sides, days, km, within=kind == WITHIN) if weights == "estimated" else None
    model, times = _model(levels, decoys)
    score = model.weights(levels)
    chance = np.full(len(score), np.nan)
    if decoys is not None and times:
        chance = by_chance(score, model.weights(decoys.levels), times)
    probability = model.probability(score)
    listed = np.flatnonzero(probability >= least)
    order = listed[np.argsort(-score[listed], kind="stable")]
    at = sides[0].rows[i[order]], sides[1].rows[j[order]]
    table = pair_table(
        both, at, kind, levels[order], away[order],
        score=score[order], probability=probability[order], chance=chance[order],
    )  # fmt: skip
    return Pairs(
        frame=table,
        weights=_weight_table(model),
        parameters={"days": days, "km": float(km), "least": least, "weights": weights},
        kind=kind,
        titles=tuple(one.title or "the first" for one in (incidents, other) if one is not None),
        compared=tuple(map(len, (sides[0].rows, sides[1].rows)))[: 1 if other is None else 2],
        candidates=len(score),
        expected=len(decoys.levels) / times if decoys is not None and times else float("nan"),
        share=model.share,
        incidents=incidents,
        other=other,
        simulated=incidents.simulated or (other is not None and other.simulated),
        method=_METHOD,
        notes=_notes(left, times, weights),
    )


def _sides(rows: Compared, size: int, kind: str) -> tuple[Compared, Compared]:
    if kind == WITHIN:
        return rows, rows
    mine = rows.rows < size
    return rows.take(np.flatnonzero(mine)), rows.take(np.flatnonzero(~mine))


def _pairs(
    one: Compared, other: Compared, days: int, km: float, *, within: bool
) -> tuple[IntArray, IntArray, Levels, FloatArray]:
    """Return the candidate pairs with their levels: near each other, or of one unit if no more is known."""
    try:
        i, j, _ = pairs_nearby(one.points, one.spans, other.points, other.spans, to_chord(km), days, _MOST)
        found = [(i, j)]
        bare, other_bare = (np.isnan(side.points[:, 0]) for side in (one, other))
        for mine, theirs in ((bare, np.ones(len(other_bare), bool)), (~bare, other_bare)):
            a, b = np.flatnonzero(mine), np.flatnonzero(theirs)
            i, j = pairs_in_groups(
                one.admin1[a], one.spans.take(a), other.admin1[b], other.spans.take(b), days, _MOST
            )
            found.append((a[i], b[j]))
    except OverflowError as error:
        raise OptionError(
            "more pairs lie that close than can be looked at",
            expected=f"at most {_MOST:,}",
            found=f"{error.args[0]:,} or more",
            todo="ask for fewer days (--days) or kilometres (--km), or for a shorter spell",
        ) from None
    i, j = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if within:
        i, j = i[i < j], j[i < j]
    levels, away = levels_of(one, i, other, j)
    return i, j, levels, away


@dataclass(frozen=True, eq=False)
class _Decoys:
    levels: Levels
    times: int


def _decoys(one: Compared, other: Compared, days: int, km: float, *, within: bool) -> _Decoys:
    """Return pairs of which none is one incident: the other side moved by weeks within the file's days."""
    if not len(one.rows) or not len(other.rows):
        return _Decoys(np.zeros((0, len(FIELDS)), np.int8), 0)
    first = int(min(one.spans.first.min(), other.spans.first.min()))
    length = int(max(one.spans.first.max(), other.spans.first.max())) - first + 1
    apart = 2 * days + 1  # so far that no pair of the same days is met again
    step = 7 * -(-apart // 7)
    shifts = tuple(step * move for move in _MOVES)
    if length < _ROOM * step:
        shifts = tuple(part * length // 5 for part in (1, 2, 3, 4))
    if length // 5 < apart:
        return _Decoys(np.zeros((0, len(FIELDS)), np.int8), 0)
    parts = []
    for shift in shifts[:2] if len(one.rows) + len(other.rows) > 50_000 else shifts:
        i, j, levels, _ = _pairs(one, other.moved(shift, first, length), days, km, within=False)
        parts.append(levels[i != j] if within else levels)
    times = len(parts) * (2 if within else 1)  # within a source each pair comes from both its rows
    return _Decoys(np.concatenate(parts), times)


def _model(levels: Levels, decoys: _Decoys | None) -> tuple[Agreement, int]:
    """Return the weights, and how many times the file was drawn anew to measure chance (0: not)."""
    match, chance = ([np.array(getattr(field, of)) for field in FIELDS] for of in ("match", "chance"))
    if decoys is None or len(decoys.levels) < _FEWEST:
        return Agreement(match, chance, 0.1), 0
    chance = level_shares(decoys.levels, chance, _STRENGTH)
    excess = 1 - len(decoys.levels) / decoys.times / max(len(levels), 1)
    return fit_agreement(levels, match, chance, max(excess, 0.01), _STRENGTH), decoys.times


def _weight_table(model: Agreement) -> pd.DataFrame:
    rows = [
        (field.name, level, match, chance, weight)
        for field, own, by, each in zip(FIELDS, model.match, model.chance, model.each(), strict=True)
        for level, match, chance, weight in zip(field.levels, own, by, each, strict=True)
    ]
    return pd.DataFrame(rows, columns=["field", "level", "one_incident", "by_chance", "weight"])


def _notes(left: dict[str, int], times: int, weights: Weights) -> tuple[str, ...]:
    notes = [f"{number:,} rows not compared: {reason}" for reason, number in left.items()]
    if weights == "estimated" and not times:
        notes.append(
            "too few pairs or days to measure what chance makes: the weights are the stated ones, and no "
            "share by chance is given"
        )
    return tuple(notes)
