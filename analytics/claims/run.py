"""`verdicts`: every claim of a file, under every definition, put to one file of incidents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analytics.claims.dispatch import ANSWERS, Answer, Options
from analytics.claims.read import Claim, Claims
from analytics.claims.series import Unanswerable, ask
from analytics.claims.table import VerdictTable
from analytics.counts.counting import count_incidents
from analytics.counts.plan import stated_as_of
from analytics.counts.silences import GAP
from analytics.errors import HistoryError, UptickError
from analytics.filters import parse_filter
from analytics.incidents import Incidents
from analytics.options import check_level, check_margin, check_seed, check_share, check_whole
from analytics.periods import DAY, Window, as_day, as_gap
from analytics.results import CANNOT_BE_TOLD, SUPPORTED, mark

__all__ = ["holds_only_deadly", "sensitivity_to_date", "verdicts"]

_SILENT = 28  # days between the last incident and as_of, from which a note asks whether as_of is right


def verdicts(
    claims: Claims,
    incidents: Incidents,
    *,
    as_of: object = None,
    article_date: object = None,
    completeness: float | None = None,
    alpha: float = 0.05,
    margin: float = 1.5,
    guard: int | None = None,
    baseline: int | None = None,
    where: str | None = None,
    no_coverage: Iterable[object] = (),
    lethal_only: bool | None = None,
    replicates: int = 499,
    seed: int = 0,
) -> VerdictTable:
    """Put every claim to the data and say what they can tell.

    Parameters
    ----------
    claims : Claims
        From :func:`read_claims`.
    incidents : Incidents
    as_of : date or None
        Last day the data know about. None takes the incidents' own. Windows that reach past it are cut there.
    article_date : date or None
        Another date for the article: the windows move with it, dates stated in the file do not.
    completeness : float or None
        Share of the incidents of the claims' last days that are already reported. None: not known, and "not
        supported" is not said of recent days.
    alpha, margin : float
        Level of each verdict, and ratio below which "not supported" is said.
    guard, baseline : int, optional
        Days left out before the window, and days compared with, for the kinds that have them; 28 and 364, or
        what a short history holds where the claim is about a rise
        (:func:`~analytics.upticks.recent.uptick_test`).
    where : str or None
        A filter for every claim, beside its own: what tells the group the claims are about from all others in
        the file, such as ``"actor1 contains 'Islamic State'"``.
    no_coverage : iterable
        Spells without coverage, beside the source's own.
    lethal_only : bool or None
        Whether the data hold deadly events only. None: UCDP GED does, and so does a file in which every
        incident states a death.
    replicates, seed : int
        For recurrence.

    Returns
    -------
    VerdictTable
        One row for each claim and definition (``activity`` and, where given, ``activity_also``).

    Raises
    ------
    OptionError, InputError
        If no `as_of` is known, an option is out of range, or a region is not in the data. Too little history
        for one claim makes its verdict "cannot be told", not an error.

    Notes
    -----
    A claim about a cause is always "cannot be told"; what its table holds is a description. A claim about
    activity put to deadly events only is "cannot be told" unless its ``lethal_rule`` is ``"enough"``. Each
    claim is taken as stated beforehand and tested at `alpha` by itself; how many were tested is printed.

    Examples
    --------
    >>> from analytics.bundled import bundled_path
    >>> from analytics.claims import read_claims
    >>> from analytics.incidents import read_incidents
    >>> sample = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")
    >>> table = verdicts(read_claims(), sample, replicates=99)
    >>> table["more-active"]["verdict"].tolist()
    ['supported', 'supported']
    """
    check_level(alpha=alpha)
    check_margin(margin)
    check_share(completeness=completeness)
    check_whole(0, guard=guard)
    check_whole(1, baseline=baseline, replicates=replicates)
    check_seed(seed)
    if where:
        parse_filter(where)
    last = stated_as_of(incidents, as_of)
    date = claims.article.date if article_date is None else as_day(article_date, "article_date")
    deadly = holds_only_deadly(incidents) if lethal_only is None else lethal_only
    options = Options(alpha, margin, guard, baseline, completeness, replicates, seed)
    put = partial(
        _put, incidents=incidents, options=options, deadly=deadly, date=date, as_of=last,
        no_coverage=tuple(as_gap(spell) for spell in no_coverage), only=where or "",
    )  # fmt: skip
    rows: list[dict[str, object]] = []
    answers: dict[tuple[str, str], Answer] = {}
    notes: list[str] = []
    for claim in claims:
        for definition, activity in claim.definitions:
            window, answer, cut = put(claim, definition, activity)
            answers[claim.id, definition] = answer
            rows.append(_row(claim, definition, window, answer, simulated=incidents.simulated))
            notes += [f"{claim.id}: {cut}"] if cut else []
    notes += [f"of all incidents, those where {where}"] if where else []
    whole = count_incidents(incidents, "day", by=None, as_of=last, no_coverage=put.keywords["no_coverage"])
    notes = [note for note in whole.notes if note.startswith(GAP)] + notes
    notes += _notes(claims, incidents, date, last, deadly, completeness)
    return VerdictTable(
        frame=pd.DataFrame(rows),
        claims=claims,
        article_date=date,
        as_of=last,
        parameters=asdict(options) | {"where": where, "lethal_only": deadly},
        data=incidents.title or "a table",
        lethal_only=deadly,
        simulated=incidents.simulated,
        notes=tuple(dict.fromkeys(notes)),
        answers=answers,
    )


def _put(
    claim: Claim,
    definition: str,
    activity: tuple[str, ...],
    *,
    incidents: Incidents,
    options: Options,
    deadly: bool,
    date: np.datetime64,
    as_of: np.datetime64,
    no_coverage: tuple[object, ...],
    only: str,
) -> tuple[Window, Answer, str]:
    """Put one claim under one definition to the data; return the window too, and what was cut off it."""
    window = claim.window(date)
    try:
        asked = ask(
            claim, definition, activity, incidents, date=date, as_of=as_of, no_coverage=no_coverage, only=only
        )
        window = asked.window
        return window, _answer(claim, deadly, partial(ANSWERS[claim.kind], asked, options)), asked.cut
    except (Unanswerable, HistoryError) as error:
        reason = error.what if isinstance(error, HistoryError) else str(error)
        return window, Answer("not tested", CANNOT_BE_TOLD, reason), ""
    except UptickError as error:
        raise type(error)(
            f"claim {claim.id!r}: {error.what}", expected=error.expected, found=error.found,
            where=error.where, todo=error.todo,
        ) from None  # fmt: skip


def _row(
    claim: Claim, definition: str, window: Window, answer: Answer, *, simulated: bool
) -> dict[str, object]:
    """Return one row of the table; on simulated data, words and reason say so."""
    return {
        "claim": claim.id,
        "words": f"SIMULATED data, asked: {claim.words}" if simulated else claim.words,
        "kind": claim.kind,
        "counted": definition,
        "regions": claim.place,
        "test": answer.test,
        "window_start": pd.Timestamp(str(window.start)),
        "window_end": pd.Timestamp(str(window.end)),
        "estimate_name": answer.estimate_name,
        "estimate": answer.estimate,
        "low": answer.low,
        "high": answer.high,
        "pvalue": answer.pvalue,
        "verdict": answer.verdict,
        "reason": f"simulated: {answer.reason}" if simulated else answer.reason,
        "detectable": answer.detectable,
        "could_be_seen": answer.could_be_seen,
    }


def _answer(claim: Claim, deadly: bool, answer: Callable[[], Answer]) -> Answer:
    """Ask, as far as data with deadly events only allow."""
    if not deadly or claim.kind == "causal":
        return answer()
    why = claim.lethal_only or "The claim is about incidents with and without deaths."
    why = f"the data hold deadly incidents only. {why}"
    if claim.lethal_rule == "cannot be told":
        return Answer("not tested", CANNOT_BE_TOLD, why)
    found = answer()
    if claim.lethal_rule == "enough" and found.verdict == SUPPORTED:
        return found
    beside = f"For deadly incidents alone: {found.verdict}" + (f"; {found.reason}" if found.reason else "")
    return replace(found, verdict=CANNOT_BE_TOLD, reason=f"{why} {beside}")


def holds_only_deadly(incidents: Incidents) -> bool:
    """Return whether the data can hold deadly events only: UCDP GED, or every incident states a death.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics.incidents import read_incidents
    >>> rows = pd.DataFrame({"date": ["2020-04-12", "2020-04-13"], "fatalities": [1, 0]})
    >>> holds_only_deadly(read_incidents(rows)), holds_only_deadly(read_incidents(rows.head(1)))
    (False, True)
    """
    deaths = incidents.frame["fatalities"]
    every = bool(deaths.notna().all() and (deaths >= 1).all())
    return incidents.source == "ucdp" or bool((incidents.frame["source"] == "ucdp").all()) or every


def sensitivity_to_date(
    claims: Claims,
    incidents: Incidents,
    *,
    as_of: object = None,
    dates: Iterable[object] = (),
    **options: Any,
) -> pd.DataFrame:
    """Return the verdicts if the article were of other dates, one column a date.

    Each date is also the last day the data are taken to know, so that nothing written later is used.

    Parameters
    ----------
    claims, incidents, as_of
        As in :func:`verdicts`.
    dates : iterable of date
        Default: the article's date and its alternatives, in order.
    **options
        Further options of :func:`verdicts`.

    Returns
    -------
    DataFrame
        claim, counted, and one column a date; simulated data are marked beside each verdict.

    Examples
    --------
    >>> from analytics.bundled import bundled_path
    >>> from analytics.claims import read_claims
    >>> from analytics.incidents import read_incidents
    >>> twin = read_incidents(bundled_path("data/iraq_simulated_no_uptick.csv"), as_of="2020-04-19")
    >>> table = sensitivity_to_date(read_claims(), twin, dates=["2020-04-06", "2020-04-13"], replicates=99)
    >>> table.loc[table["claim"] == "exploiting", "2020-04-06"].unique().tolist()
    ['cannot be told (simulated)']
    """
    last = stated_as_of(incidents, as_of)
    given = [as_day(day, "dates") for day in dates]
    chosen = given or sorted((claims.article.date, *claims.article.date_alternatives))
    table = pd.DataFrame()
    for day in chosen:
        found = verdicts(claims, incidents, as_of=min(day, last), article_date=day, **options).frame
        if table.empty:
            table = found[["claim", "counted"]].copy()
        table[str(day)] = found["verdict"] + mark(incidents.simulated, "beside")
    return table


def _notes(
    claims: Claims,
    incidents: Incidents,
    date: np.datetime64,
    last: np.datetime64,
    deadly: bool,
    completeness: float | None,
) -> list[str]:
    article = claims.article
    notes = []
    if date != article.date:
        notes.append(f"windows are counted from {date}; the file of claims says {article.date}")
    if article.date_basis != "stated":
        others = ", ".join(map(str, article.date_alternatives))
        also = f" (it could be {others})" if others else ""
        notes.append(f"the article's date {article.date} is {article.date_basis}, not stated{also}")
    if deadly:
        notes.append("the data hold deadly incidents only")
    if completeness is None:
        notes.append("completeness of the last days is not known: late reports may still raise their counts")
    silent = int((last - incidents.last_date) / DAY)
    if silent > _SILENT:
        notes.append(
            f"the last incident in the data is of {incidents.last_date}, {silent} days before {last}: those "
            "days count as quiet; if they are not known, give an earlier as_of"
        )
    dated = incidents.frame["reported_on"].notna().all()
    if incidents.as_of is not None and last < incidents.as_of and not dated:
        notes.append(
            f"the data were taken on {incidents.as_of} and are cut at {last}: reports that came in between "
            "are in them"
        )
    return notes
