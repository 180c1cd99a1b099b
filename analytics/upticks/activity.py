"""Who did it: attacks, operations by security forces, clashes and arrests, each tested apart.

More operations make more incidents, and are not more attacks: a rise of the total says neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from analytics.counts import count_incidents
from analytics.errors import OptionError, unknown_option
from analytics.incidents import Incidents
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.options import check_level, check_single
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    ClaimResult,
    UptickResult,
    Verdict,
    counted,
    format_number,
)
from analytics.upticks.decide import LATE, Found, decide_all, ratio_bound, too_few
from analytics.upticks.notes import family_notes
from analytics.upticks.recent import uptick_test

__all__ = ["DEFINITIONS", "activity_test"]

# What is counted under each name. "engagements" is the wider definition of enemy activity, beside "attacks".
DEFINITIONS: dict[str, tuple[str, ...]] = {
    "attacks": ("attack",),
    "operations": ("operation",),
    "clashes": ("clash",),
    "arrests": ("arrest",),
    "engagements": ("attack", "clash"),
}
METHOD = (
    "uptick_test (LRD, variant B) on each kind of activity apart; q-values over all rows that could be "
    "tested "
    "(Benjamini-Hochberg; rows overlap, which that adjustment allows for when they rise together). Not "
    "adjusted "
    "for season or trend"
)


def activity_test(
    incidents: Incidents,
    *,
    as_of: object = None,
    start: object = None,
    by: str | None = None,
    regions: str | Sequence[str] | None = None,
    where: str | None = None,
    kinds: Sequence[str] = tuple(DEFINITIONS),
    each: bool = False,
    recent: int = 14,
    guard: int | None = None,
    baseline: int | None = None,
    alpha: float = 0.05,
    margin: float = 1.5,
    completeness: float | Sequence[float] | None = None,
    no_coverage: Iterable[object] = (),
) -> ClaimResult:
    """Test attacks, operations, clashes and arrests apart for a recent rise, and say which of them rose.

    Parameters
    ----------
    incidents : Incidents
    as_of, start, by, regions, where, no_coverage
        As in :func:`~analytics.counts.count_incidents`.
    kinds : sequence of str
        Among ``attacks``, ``operations``, ``clashes``, ``arrests`` and ``engagements`` (attacks and clashes
        together, the other definition of what an insurgent group does).
    each : bool
        Test each region apart; otherwise the regions chosen are summed.
    recent, guard, baseline, alpha, margin, completeness
        As in :func:`~analytics.upticks.recent.uptick_test`.

    Returns
    -------
    ClaimResult
        One row for each region and kind: `estimate` is the rate ratio; `place`, `activity`, `observed`,
        `expected` and `upper` beside. ``details["words"]`` has one finding a region: where operations rose
        and attacks did not, it reads "more operations, not more attacks".

    Raises
    ------
    OptionError
        If a kind is unknown, or an option is out of range.
    HistoryError
        If there are too few days.

    Notes
    -----
    "Not more attacks" is said as such only where the data rule out a rise as large as `margin`; otherwise the
    sentence says what rise of attacks they still allow. Activity is coded by the source or derived by a
    stated rule (``initiator_basis``); sources of deadly events alone hold few arrests and operations.

    Examples
    --------
    >>> from analytics.bundled import bundled_path
    >>> from analytics.incidents import read_incidents
    >>> sample = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")
    >>> kirkuk = {"by": "admin1", "regions": ["Kirkuk"]}
    >>> found = activity_test(sample, kinds=("attacks", "operations"), completeness=0.9, **kirkuk)
    >>> found.frame["verdict"].tolist()
    ['supported', 'cannot be told']
    """
    check_single(alpha=alpha)
    check_level(alpha=alpha)
    _check_kinds(kinds)
    unit, place = _unit(incidents, regions), "region" if each else "place"
    counting = {"by": by, "regions": regions, "start": start, "as_of": as_of, "no_coverage": no_coverage}
    tests: dict[str, UptickResult] = {}
    for kind in kinds:
        words = ", ".join(f"'{word}'" for word in DEFINITIONS[kind])
        wanted = f"activity in ({words})" if where is None else f"({where}) and activity in ({words})"
        counts = count_incidents(incidents, "day", where=wanted, **counting)  # type: ignore[arg-type]
        tests[kind] = uptick_test(
            counts if each else counts.total(unit),
            recent=recent,
            guard=guard,
            baseline=baseline,
            alpha=alpha,
            margin=margin,
            completeness=completeness,
        )
    frame = _frame(
        tests, alpha, margin, known=all(test.completeness is not None for test in tests.values()), place=place
    )
    found = _words(frame, kinds, place)
    first = next(iter(tests.values()))
    return ClaimResult(
        claim="recent activity is more frequent",
        frame=frame,
        estimate_name="rate ratio",
        null_hypothesis="the recent mean of each kind of activity equals its baseline mean",
        method=METHOD,
        parameters={
            "recent": str(first.recent), "baseline": str(first.baseline), "guard": first.guard,
            "where": where, "regions": unit, "kinds": tuple(kinds), "alpha": alpha, "margin": margin,
            "completeness": completeness,
        },
        details={"words": found},
        simulated=incidents.simulated,
        notes=tuple(_notes(incidents, tests, frame)),
        words=_counted_words(found["words"]),
        named_by=("region", "activity") if each else ("activity",),
    )  # fmt: skip


def _check_kinds(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in DEFINITIONS:
            raise unknown_option("kind of activity", kind, tuple(DEFINITIONS))
    if len(set(kinds)) != len(kinds) or not kinds:
        raise OptionError("kinds must name each kind once", found=", ".join(kinds) or "none")


def _notes(incidents: Incidents, tests: dict[str, UptickResult], frame: pd.DataFrame) -> list[str]:
    notes = [note for test in tests.values() for note in test.notes]
    present = set(incidents.frame["activity"].dropna())
    notes += [
        f"the file holds no incident whose activity is '{word}'"
        for kind in tests
        for word in DEFINITIONS[kind]
        if word not in present and kind != "engagements"
    ]
    derived = int((incidents.frame["initiator_basis"] == "rule").sum())
    if derived:
        notes.append(
            f"who started it is derived by rule, not coded, in {derived:,} of {len(incidents):,} incidents"
        )
    return list(dict.fromkeys(notes)) + family_notes(frame, "row")


def _counted_words(words: pd.Series) -> tuple[str, ...]:
    """Return the finding of the only place, or each finding with the number of regions it holds in."""
    if len(words) == 1:
        return tuple(words)
    same = words.str.split(" (", regex=False).str[0].value_counts()
    return tuple(f"{text} in {n} of {counted(len(words), 'region')}" for text, n in same.items())


def _unit(incidents: Incidents, regions: str | Sequence[str] | None) -> str:
    if regions is None:
        countries = incidents.frame["country"].dropna().unique()
        return str(countries[0]) if len(countries) == 1 else "all incidents"
    return regions.replace("_", " ") if isinstance(regions, str) else ", ".join(regions)


def _frame(
    tests: dict[str, UptickResult], alpha: float, margin: float, *, known: bool, place: str
) -> pd.DataFrame:
    """Return one row a place and kind of activity; the places are called `place`, the regions `region`."""
    parts = [
        test.frame.assign(activity=kind, order=i, firm=test.evidence.firm() if test.evidence else np.nan)
        for i, (kind, test) in enumerate(tests.items())
    ]
    rows = pd.concat([part.assign(place_order=range(len(part))) for part in parts])
    rows = rows.sort_values(["place_order", "order"], kind="stable").reset_index(drop=True)
    # Several rows are a family, which starts from the firm p-values, as several regions do.
    qvalue = benjamini_hochberg(rows["firm"].where(rows["pvalue"].notna()).to_numpy(dtype=float))
    numbers = rows[["observed", "pvalue", "limit"]].to_numpy(dtype=float)
    found = (
        Found(
            p,
            q,
            ratio_bound(limit, margin),
            untested=before if np.isnan(p) else "",
            few=too_few(observed, MIN_OBSERVED, "call a rise"),
            doubt="" if known else LATE,
            among="rows",
        )
        for (observed, p, limit), q, before in zip(numbers, qvalue, rows["reason"], strict=True)
    )
    verdict, reason = decide_all(found, alpha)
    return pd.DataFrame(
        {
            **({place: rows["region"]} if place == "region" else {}),
            "activity": rows["activity"],
            **({} if place == "region" else {place: rows["region"]}),
            "estimate": rows["rate_ratio"],
            "low": rows["low"],
            "high": rows["high"],
            "limit": rows["limit"],
            "pvalue": rows["pvalue"],
            "qvalue": qvalue,
            "verdict": verdict,
            "reason": reason,
            "detectable": rows["detectable"],
            "observed": rows["observed"],
            "expected": rows["expected"],
        }
    )


def _words(frame: pd.DataFrame, kinds: Sequence[str], place: str) -> pd.DataFrame:
    """One finding a place, by the wording rule."""
    places: list[str] = []
    texts: list[str] = []
    for name, rows in frame.groupby(place, sort=False):
        verdict = dict(zip(rows["activity"], rows["verdict"], strict=True))
        up = [kind for kind in kinds if verdict[kind] == SUPPORTED]
        text = _finding(up, verdict)
        attacks = rows[rows["activity"] == "attacks"]
        if up and "attacks" not in up and verdict.get("attacks") == CANNOT_BE_TOLD:
            upper = float(attacks["limit"].iloc[0])
            limit = f"up to {format_number(upper)} times" if np.isfinite(upper) else "of any size"
            text += f" (as far as the data can tell: they allow a rise of attacks {limit})"
        places.append(str(name))
        texts.append(text)
    return pd.DataFrame({"place": places, "words": texts})


def _finding(up: list[str], verdict: dict[str, Verdict]) -> str:
    if not up:
        known = [v for v in verdict.values() if v == NOT_SUPPORTED]
        if len(known) == len(verdict):
            return "no kind of activity rose"
        return "no kind of activity can be said to have risen"
    if up == ["engagements"]:
        return "more engagements, of which neither attacks nor clashes alone can be said to have risen"
    named = [kind for kind in up if kind != "engagements"]
    more = " and ".join(f"more {kind}" for kind in named)
    if "attacks" in up or "attacks" not in verdict:
        return more
    return f"{more}, not more attacks"
