"""A claim that a name is new on the scene, put to the data."""

from __future__ import annotations

from dataclasses import replace

from analytics.claims.answer import Answer, Options, answered, joined, seen_words
from analytics.claims.series import Asked
from analytics.geo import fold
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, ClaimResult, Verdict, counted
from analytics.upticks.emerging import emerging_test

__all__ = ["emerging_answer"]


def emerging_answer(asked: Asked, options: Options) -> Answer:
    """Ask of a name that the claim gives, or of any, whether it is new in the claim's regions."""
    claim, days = asked.claim, asked.window.days
    silence = max(-(-claim.silence // days), 2) * days  # whole windows
    result = emerging_test(
        asked.incidents,
        of=claim.of,
        as_of=asked.window.end,
        start=asked.first,
        by=None if claim.everywhere else claim.by,
        regions=asked.members() or None,
        where=asked.where,
        recent=days,
        silence=silence,
        alpha=options.alpha,
        no_coverage=asked.no_coverage,
    )
    rows = result.frame
    if claim.name:
        rows = rows[rows[claim.of].map(fold) == fold(claim.name)]
    if rows.empty:
        return _no_debut(asked, options, silence, result)
    called = rows[rows["verdict"] == SUPPORTED]
    best = (called if len(called) else rows).head(1)
    row = best.iloc[0]
    found = f"{row[claim.of]} in {row['region']}: {row['observed']} in {counted(days, 'day')}, none in the "
    found += f"{silence} before"
    more = f"{len(rows) - 1} more names or regions have one" if len(rows) > 1 else ""
    answer = answered(
        "emerging_test",
        replace(result, frame=best),
        "share of earlier windows with a debut as unlikely",
        seen_words(row["detectable"], "{} incidents there {}", digits=0),
        found,
        more,
        details=dict(result.details),
    )
    return replace(answer, result=result)


def _no_debut(asked: Asked, options: Options, silence: int, result: ClaimResult) -> Answer:
    """Say that nothing appeared, or that the name of the claim did not, and whether it was there before."""
    claim = asked.claim
    if claim.name:
        text = claim.name.replace("'", "''")
        only = f"({claim.where}) and " if claim.where else ""
        named = replace(asked, claim=replace(claim, where=f"{only}{claim.of} = '{text}'"))
        values = named.series().values[:, 0]
        now, before = values[-asked.window.days :].sum(), values[: -asked.window.days][-silence:].sum()
        if now and before:
            reason = f"{claim.name} was there in the {silence} days before, {counted(before, 'incident')}"
            return Answer("emerging_test", NOT_SUPPORTED, f"it is not new: {reason}", result=result)
        found = f"no incident of {claim.name} in the window"
    else:
        found = f"no {claim.of.replace('_', ' ')} appeared after {silence} days without one"
    known = options.completeness is not None
    late = "" if known else "reports may still come (completeness not known)"
    verdict: Verdict = NOT_SUPPORTED if known else CANNOT_BE_TOLD
    return Answer("emerging_test", verdict, joined(found, late), result=result)
