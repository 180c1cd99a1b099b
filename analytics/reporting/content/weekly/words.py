"""Key sentences, cards and notices of the weekly report, written from the results."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.counts.silences import GAP
from analytics.geo.calendars import overlaps
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.content.weekly.series import WeekSeries, weeks_on
from analytics.reporting.elements.cards import Card, ReportCards, ReportText
from analytics.results import (
    NOT_SUPPORTED,
    SUPPORTED,
    UptickResult,
    counted,
    format_number,
    interval_words,
    listed,
    p_words,
)
from analytics.results.grades import LEGEND
from analytics.results.words_days import baseline_words
from analytics.sources.source import WARNING

__all__ = ["change_words", "front_cards", "key_sentences", "notices", "null_sentences"]

_SMALL = 10


def change_words(now: float, before: float) -> str:
    """Return how a number compares with another, in words.

    Examples
    --------
    >>> change_words(50, 66), change_words(5, 2), change_words(3, 3), change_words(40, 20)
    ('24 % fewer than', 'more than', 'as many as', '2.0 times')
    """
    if now == before:
        return "as many as"
    word = "more" if now > before else "fewer"
    if before < _SMALL:  # a share of very little says nothing
        return f"{word} than"
    share = abs(now / before - 1)
    return f"{now / before:.1f} times" if share >= 1 else f"{100 * share:.0f} % {word} than"


def key_sentences(numbers: WeeklyNumbers) -> ReportText:
    """Return the three to five sentences of the front page."""
    told = (*numbers.incidents.notes, *numbers.counts.notes)
    sentences = [note for note in told if note.startswith((GAP, WARNING))]
    sentences.append(_national(numbers))
    if not numbers.single:
        sentences.append(_regions(numbers))
    sentences.append(_week(numbers))
    movers = "" if numbers.single else _movers(numbers)
    if movers:
        sentences.append(movers)
    sentences.append(_fatalities(numbers))
    return ReportText([numbers.marked(s) for s in sentences], kind="key")


def front_cards(numbers: WeeklyNumbers) -> ReportCards:
    """Return the four cards of the front page."""
    weeks = WeekSeries.of(numbers.total)
    now = weeks.at(numbers.week.start)
    mean = weeks.mean(weeks_on(numbers.week.start, -4), 4)
    up = numbers.result.regions(SUPPORTED)
    tested = int(numbers.result.frame["pvalue"].notna().sum())
    dead = numbers.fatalities_stated.at(numbers.week.start)
    unknown = WeekSeries.of(numbers.unstated).at(numbers.week.start)
    account = numbers.incidents.accounting
    aside = sum(account.set_aside.values())
    many = len(numbers.counts.regions)
    tag = "simulated " if numbers.simulated else ""
    return ReportCards(
        [
            Card(
                f"{tag}incidents this week",
                format_number(now, 0),
                f"mean of the four weeks before: {format_number(mean)}",
            ),
            Card(
                f"{numbers.region_noun()} with {'a ' + tag if tag else 'an '}uptick",
                str(len(up)),
                f"of {many}, {tested} of them tested",
                accent=bool(up),
            ),
            Card(
                f"{tag}fatalities this week",
                format_number(dead, 0),
                f"as far as stated; {counted(unknown, 'incident')} without" if dead >= 0 else "not stated",
            ),
            Card(
                f"{tag}rows set aside",
                f"{aside:,}",
                f"of {counted(account.rows_read, 'row')} read; each with its reason",
            ),
        ]
    )  # fmt: skip


def notices(numbers: WeeklyNumbers) -> ReportText:
    """Return what a reader must know before using the figures."""
    lines = []
    if numbers.running is not None:
        so_far = numbers.total.values[numbers.running.contains(numbers.total.starts), 0].sum()
        lines.append(
            f"The report is about the week that ended on {numbers.week.end}. The week after it was still "
            f"running on {numbers.counts.as_of} ({numbers.running.days} of 7 days): its "
            f"{counted(so_far, 'incident')} so far are drawn hollow and enter no test."
        )
    completeness = numbers.result.completeness
    if completeness is None:
        lines.append(
            "How much of the recent days is already reported is not known. Reports that come later can only "
            "raise the recent counts, so an uptick may stand, but \u201cno large rise\u201d is said only "
            "with how many reports could still change it."
        )
    elif numbers.request.completeness is None:
        lines.append("The file was drawn so long after the recent days that they are taken as complete.")
    else:
        lines.append(
            f"Taken as given: {100 * completeness:.0f} % of the recent incidents were reported "
            f"on {numbers.counts.as_of}."
        )
    unplaced = int(numbers.counts.unplaced.sum()) if numbers.counts.unplaced is not None else 0
    if unplaced:
        one = numbers.region_noun(1)
        lines.append(
            f"{counted(unplaced, 'incident')} of the whole period could not be placed: in the sum of all "
            f"regions, but in no {one}."
            if numbers.counts.whole
            else f"{counted(unplaced, 'incident')} of the whole period could not be placed: in no {one}."
        )
    lines += _calendar(numbers)
    lines.append(
        "No verdict is adjusted for season or trend; the test against both stands beside the table of every "
        f"region. {LEGEND}"
    )
    if numbers.simulated:
        first = 1 if numbers.running is not None else 0
        lines.insert(first, "All incidents in this report are simulated. Nothing in it happened.")
    return ReportText(lines, kind="provisional" if numbers.running is not None else "notice")


def null_sentences(numbers: WeeklyNumbers) -> ReportText:
    """Return both null hypotheses and how they fared, for all regions together and for each."""
    lines = [] if numbers.single else [f"All regions together. {null}" for null in numbers.national.nulls]
    noun = numbers.region_noun(1)
    lead = "" if numbers.single else f"{noun[0].upper()}{noun[1:]} by {noun}. "
    lines += [f"{lead}{null}" for null in numbers.result.nulls]
    lines += [numbers.result.disagreement] if numbers.result.disagreement else []
    return ReportText([numbers.marked(line) for line in lines], kind="notice")


def _calendar(numbers: WeeklyNumbers) -> list[str]:
    """Return a sentence on each calendar term that the result has noted."""
    found = overlaps(numbers.result.recent, numbers.result.baseline, countries=numbers.counts.countries)
    return [
        f"{term}: "
        + (
            "its effect cannot be told from an uptick."
            if term.recent_only
            else "part of a difference may be its effect."
        )
        for term in found
        if str(term) in numbers.result.notes
    ]


def _evidence(row: pd.Series, result: UptickResult) -> str:
    interval = interval_words(row["low"], row["high"])
    return (
        f"{counted(row['observed'], 'incident')} in the {result.recent.days} days to {result.recent.end}, "
        f"where {format_number(row['expected'])} were expected "
        f"(rate ratio {format_number(row['rate_ratio'], 2)}, "
        f"{100 * result.confidence:g} % interval {interval}, "
        f"{p_words(row['pvalue'])})"
    )


def _national(numbers: WeeklyNumbers) -> str:
    result = numbers.national
    row = result.frame.iloc[0]
    lead = f"In {numbers.counts.regions[0]}" if numbers.single else "Over all regions together"
    if numbers.undivided:
        lead = "Over all incidents together"
    if np.isnan(row["pvalue"]):
        return f"{lead}, whether there is an uptick cannot be told: {row['reason']}."
    evidence = _evidence(row, result)
    if row["verdict"] == SUPPORTED:
        return f"{lead} there is an uptick: {evidence}."
    if row["verdict"] == NOT_SUPPORTED:
        return f"{lead} there is no large rise: {evidence}; {row['reason']}."
    return f"{lead}, whether there is an uptick cannot be told: {evidence}; {row['reason']}."


def _regions(numbers: WeeklyNumbers) -> str:
    result = numbers.result
    up = result.regions(SUPPORTED)
    said = result.headline(marked=False)
    if not up:
        return said
    named = [
        f"{row['region']} ({format_number(row['observed'], 0)} where {format_number(row['expected'])} were "
        f"expected, {p_words(row['qvalue'], 'q')})"
        for _, row in result.ranked().head(len(up)).iterrows()
    ]
    return f"{said} {listed(named)}.{_stands(numbers)}"


def _stands(numbers: WeeklyNumbers) -> str:
    beside = numbers.result.sensitivity
    if beside is None or beside.empty:
        return ""
    checks = beside[["coarse dates excluded", "largest past episode removed"]]
    fails = beside["region"][checks.apply(lambda c: c.str.startswith("cannot")).any(axis=1)].tolist()
    if not fails:
        which = "It stands" if len(beside) == 1 else "All stand"
        text = f" {which} without the coarse dates and without the largest past episode."
    else:
        text = f" Not robust to coarse dates or to the largest past episode: {', '.join(fails)}."
    expected = numbers.result.frame.set_index("region")["pvalue_expected"].reindex(beside["region"])
    explained = expected.index[expected > numbers.result.alpha].tolist()
    if explained:
        text += f" Trend and season could explain {'it' if len(beside) == 1 else ', '.join(explained)}."
    return text


def _week(numbers: WeeklyNumbers) -> str:
    weeks = WeekSeries.of(numbers.total)
    now, before = weeks.at(numbers.week.start), weeks.at(weeks_on(numbers.week.start, -1))
    days = f"week {numbers.label} ({numbers.week.start} to {numbers.week.end})"
    if np.isnan(now):
        return (
            f"In {days} there was no coverage in at least one {numbers.region_noun(1)}, so no sum is given."
        )
    text = f"In {days} {counted(now, 'incident')} {'was' if now == 1 else 'were'} counted"
    if not np.isnan(before):
        text += f", {change_words(now, before)} the week before ({before:,.0f})"
    band = numbers.band.iloc[-1]
    if not np.isnan(band["low"]):
        span = baseline_words(numbers.week_test.baseline.days)
        text += f"; the {span} before led one to expect {band['low']:,.0f} to {band['high']:,.0f}"
    return f"{text}."


def _movers(numbers: WeeklyNumbers) -> str:
    rows = numbers.result.frame.dropna(subset=["expected", "observed"])
    if rows.empty:
        return ""
    excess = rows["observed"] - rows["expected"]
    parts = []
    for place, word in ((excess.argmax(), "above"), (excess.argmin(), "below")):
        found = rows.iloc[int(place)]
        gap = found["observed"] - found["expected"]
        if (gap > 0) == (word == "above") and gap != 0:
            parts.append(
                f"furthest {word} what was expected: {found['region']} ({found['observed']:,.0f} against "
                f"{format_number(found['expected'])})"
            )
    if not parts:
        return ""
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}; described, and decreases are not tested."


def _fatalities(numbers: WeeklyNumbers) -> str:
    start = numbers.week.start
    if np.isnan(WeekSeries.of(numbers.fatalities).at(start)):
        return "Fatalities of the week are not summed, because coverage is not complete."
    dead = numbers.fatalities_stated
    now, before = dead.at(start), dead.at(weeks_on(start, -1))
    if np.isnan(now):
        return "Fatalities are not known: none of the week's incidents states them."
    unknown = WeekSeries.of(numbers.unstated).at(start)
    share = (
        f"{counted(unknown, 'incident')} {'does' if unknown == 1 else 'do'} not state them"
        if unknown
        else "every incident states them"
    )
    text = f"Fatalities, described and not tested: {now:,.0f} in the week's incidents ({share})"
    return f"{text}, after {before:,.0f} the week before." if not np.isnan(before) else f"{text}."
