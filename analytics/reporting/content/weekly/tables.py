"""The tables of the weekly report."""

from __future__ import annotations

import platform
from importlib.metadata import version

import numpy as np
import pandas as pd

from analytics import __version__
from analytics.periods import DAY
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.series import WeekSeries, weeks_on
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import (
    SUPPORTED,
    UptickResult,
    counted,
    format_number,
    format_p,
    interval_words,
    p_words,
)

__all__ = [
    "accounting_table",
    "comparison_table",
    "movers_table",
    "notes_text",
    "parameter_table",
    "quarantine_table",
    "sensitivity_table",
    "severity_table",
    "type_table",
]

SPARK_WEEKS = 26
QUARANTINE_ROWS = 12
TYPES = 10


def movers_table(numbers: WeeklyNumbers) -> ReportTable:
    """Return every region with its last weeks, the test's figures and its verdict, upticks first."""
    rows = numbers.result.ranked()
    weekly = {name: WeekSeries.of(numbers.counts.select([name])) for name in rows["region"]}

    def last(name: str) -> list[float]:
        series = weekly[name]
        whole = series.values[series.starts <= numbers.week.start]
        return [float(v) for v in whole[-SPARK_WEEKS:]]

    frame = pd.DataFrame(
        {
            "region": rows["region"],
            "weeks": [last(name) for name in rows["region"]],
            "week": [weekly[name].at(numbers.week.start) for name in rows["region"]],
            "observed": rows["observed"],
            "expected": rows["expected"],
            "ratio": rows["rate_ratio"],
            "interval": [
                _interval(a, b) for a, b in rows[["low", "high"]].itertuples(index=False, name=None)
            ],
            "q": rows["qvalue"],
            "verdict": [f"{sign} {words}" for sign, words in zip(rows["sign"], rows["words"], strict=True)],
        }
    )
    up = (rows["verdict"] == SUPPORTED).tolist()
    result = numbers.result
    noun = numbers.region_noun(1)
    head = noun[0].upper() + noun[1:]
    percent = f"{100 * result.confidence:g} % interval"
    caption = f"{sum(up)} of {len(rows)} {numbers.region_noun(len(rows))} in uptick"
    if not numbers.single:
        caption += ", upticks first"
    model = rows.loc[rows["model_based"].astype(bool), "region"]
    resting = f" Model-based p-values: {', '.join(model)}." if len(model) else ""
    return ReportTable(
        frame,
        columns=[
            Column("region", head),
            Column("weeks", f"Last {SPARK_WEEKS} weeks", format="spark"),
            Column("week", "This week", format="integer"),
            Column("observed", f"{RECENT} days", format="integer"),
            Column("expected", "Ex\u00adpected", format=format_number),
            Column("ratio", "Ratio", format=lambda v: format_number(v, 2)),
            Column("interval", percent, align="right"),
            Column("q", "q", format=format_p),
            Column("verdict", "Verdict", width="1fr"),
        ],
        caption=numbers.marked(caption),
        notes=(
            f"{RECENT} days: incidents of {result.recent}; expected from {result.baseline}; "
            f"{result.family}. Small bars: weeks to {numbers.week.end}, each row on its own scale.{resting}",
        ),
        label="tbl-movers",
        emphasise=up,
    )


def comparison_table(numbers: WeeklyNumbers) -> ReportTable:
    """Return this week beside last week, four weeks, last year, and what was expected."""
    weeks = WeekSeries.of(numbers.total)
    start, year_ago = numbers.week.start, numbers.last_year()
    now, four = weeks.at(start), weeks.mean(weeks_on(start, -3), 4)
    same = numbers.last_year_words
    lines: list[tuple[str, float, str, float, str, str | None]] = [
        ("this week", now, "last week", weeks.at(weeks_on(start, -1)), _span(weeks_on(start, -1), 1), ""),
        ("this week", now, "mean of 4 weeks before", weeks.mean(weeks_on(start, -4), 4),
         _span(weeks_on(start, -4), 4), ""),
        ("this week", now, same, weeks.at(year_ago), _span(year_ago, 1), ""),
        ("mean of 4 weeks", four, "same 4 weeks last year",
         weeks.mean(weeks_on(year_ago, -3), 4), _span(weeks_on(year_ago, -3), 4), ""),
    ]  # fmt: skip
    for name, test in (("this week", numbers.week_test), (f"last {RECENT} days", numbers.national)):
        row = test.frame.iloc[0]
        lines.append(
            (name, row["observed"], "expected from baseline", row["expected"], str(test.baseline),
             _interval(row["low"], row["high"]))
        )  # fmt: skip
    frame = pd.DataFrame(lines, columns=["what", "now", "with", "then", "days", "interval"])
    frame["ratio"] = [a / b if b > 0 else np.nan for a, b in zip(frame["now"], frame["then"], strict=True)]
    frame["interval"] = frame["interval"].replace("", None)
    change = _change_caption(now, weeks.at(weeks_on(start, -1)), four, weeks.mean(weeks_on(year_ago, -3), 4))
    return ReportTable(
        frame,
        columns=[
            Column("what", "Compared"),
            Column("now", "Incidents", format=_figure),
            Column("with", "With"),
            Column("days", "Days"),
            Column("then", "Incidents", format=_figure),
            Column("ratio", "Ratio", format=lambda v: format_number(v, 2)),
            Column("interval", f"{100 * numbers.national.confidence:g} % interval", align="right"),
        ],
        caption=numbers.marked(change),
        notes=(
            "Intervals come from the uptick test, whose 52 weeks of baseline show how much sums of that "
            "length vary. One or four weeks do not show it, so those ratios carry no interval.",
        ),
        label="tbl-comparison",
    )


def sensitivity_table(numbers: WeeklyNumbers) -> ReportTable | ReportText:
    """Return each uptick tested again: other dates, another baseline, and trend and season allowed for."""
    results = [numbers.result] if numbers.single else [numbers.result, numbers.national]
    found = [
        beside.assign(expected=_against_expected(result, beside["region"]))
        for result in results
        if (beside := result.sensitivity) is not None and len(beside)
    ]
    if not found:
        return ReportText(
            [numbers.marked("No uptick was found, so there is none to test again.")], kind="notice"
        )
    frame = pd.concat(found, ignore_index=True)
    return ReportTable(
        frame,
        columns=[
            Column("region", "Uptick in"),
            Column("coarse dates excluded", "Coarse dates excluded"),
            Column("largest past episode removed", "Largest past episode removed"),
            Column("episode", "That episode"),
            Column("expected", "Trend and season allowed for"),
        ],
        caption=numbers.marked(f"Each of the {counted(len(frame), 'uptick')} found, tested three times more")
        if len(frame) > 1
        else numbers.marked("The uptick found, tested three times more"),
        notes=(
            "Coarse: dated to seven days or more. The episode is the baseline's fullest "
            f"{RECENT} days; past upticks otherwise stay in the baseline. "
            "The p-value at the right is that of one region, not corrected for many.",
        ),
        label="tbl-sensitivity",
    )


def severity_table(numbers: WeeklyNumbers) -> ReportTable:
    """Return fatalities beside incidents for the same weeks; described, not tested."""
    start, year_ago = numbers.week.start, numbers.last_year()
    series = (WeekSeries.of(numbers.total), numbers.fatalities_stated, WeekSeries.of(numbers.unstated))
    spells = (
        (f"this week, {numbers.label}", start, 1),
        ("last week", weeks_on(start, -1), 1),
        ("mean of 4 weeks before", weeks_on(start, -4), 4),
        (numbers.last_year_words, year_ago, 1),
    )
    rows = [
        (name, *(s.mean(first, length) for s in series), _span(first, length))
        for name, first, length in spells
    ]
    frame = pd.DataFrame(rows, columns=["spell", "incidents", "fatalities", "unstated", "days"])
    dead, unknown = (float(v) for v in frame[["fatalities", "unstated"]].to_numpy()[0])
    return ReportTable(
        frame,
        columns=[
            Column("spell", "Weeks"),
            Column("days", "Days"),
            Column("incidents", "Incidents", format=_figure),
            Column("fatalities", "Fatalities stated", format=_figure),
            Column("unstated", "Incidents without", format=_figure),
        ],
        caption=numbers.marked(
            "Fatalities of this week: none stated, or coverage not complete"
            if np.isnan(dead)
            else f"{dead:,.0f} fatalities stated this week, {counted(unknown, 'incident')} without a figure"
        ),
        notes=("Best estimates of the source. A missing figure is not a zero and adds nothing to the sum.",),
        label="tbl-fatalities",
    )


def type_table(numbers: WeeklyNumbers) -> ReportTable | ReportText:
    """Return incidents by event type for this week, four weeks and last year; described, not tested."""
    types = numbers.types
    if types is None:
        selected = numbers.request.regions is not None
        why = "Regions were selected" if selected else "The incidents carry no event type"
        return ReportText([numbers.marked(f"{why}, so there is no table by type.")], kind="notice")
    start, year_ago = numbers.week.start, numbers.last_year()
    series = {name: WeekSeries.of(types.select([name])) for name in types.regions}
    frame = pd.DataFrame(
        [
            (
                name,
                s.at(start),
                s.mean(weeks_on(start, -4), 4),
                s.mean(weeks_on(year_ago, -3), 4),
                float(np.nansum(s.values[(s.starts > weeks_on(start, -52)) & (s.starts <= start)])),
            )
            for name, s in series.items()
        ],
        columns=["type", "week", "before", "last_year", "year"],
    ).sort_values(["year", "type"], ascending=[False, True], kind="stable")
    top = frame.head(TYPES)
    left = frame.iloc[TYPES:]
    week = float(top["week"].max())
    most = top["type"][top["week"] == week].iloc[0] if week > 0 else ""
    notes = ["Described, not tested. Year: the covered weeks of the last 52."]
    if len(left):
        notes.append(
            f"{counted(len(left), 'more type')} with {counted(left['year'].sum(), 'incident')} not shown."
        )
    return ReportTable(
        top,
        columns=[
            Column("type", "Event type"),
            Column("week", "This week", format=_figure),
            Column("before", "Mean of 4 weeks before", format=_figure),
            Column("last_year", "Mean of same 4 weeks last year", format=_figure),
            Column("year", "Year", format=_figure),
        ],
        caption=numbers.marked(
            f"By event type: {most} leads this week with {week:,.0f}" if most else "By event type"
        ),
        notes=notes,
        label="tbl-types",
    )


def accounting_table(numbers: WeeklyNumbers) -> ReportTable:
    """Return where every row of the file went."""
    read = numbers.incidents.accounting
    placed = numbers.counts.accounting
    rows: list[tuple[str, str, int]] = [("Reading", "rows read", read.rows_read)]
    rows += [("", f"set aside: {reason}", n) for reason, n in read.set_aside.items()]
    if not read.set_aside:
        rows.append(("", "set aside", 0))
    rows.append(("", "kept as incidents", read.kept))
    equation = (
        f"{read.rows_read:,} rows read = {read.kept:,} kept + {sum(read.set_aside.values()):,} set aside"
    )
    if placed is not None:
        parts = [(name, n) for name, n in placed.parts() if n or name == "in the grid"]
        rows += [("Counting" if i == 0 else "", _capped(name), n) for i, (name, n) in enumerate(parts)]
        rows += [("", "of the kept, dated to a span longer than a week", placed.long_spans)]
        equation += f"; kept = {placed.grid:,} counted + {placed.kept - placed.grid:,} elsewhere"
    flags = list(read.flags.items()) or [("no row carries a flag", 0)]
    rows += [("Flags, several allowed" if i == 0 else "", name, n) for i, (name, n) in enumerate(flags)]
    return ReportTable(
        pd.DataFrame(rows, columns=["step", "what", "rows"]),
        columns=[Column("step", "Step"), Column("what", "Rows"), Column("rows", "Number", format="integer")],
        caption=numbers.marked(equation),
        label="tbl-accounting",
    )


def quarantine_table(numbers: WeeklyNumbers) -> ReportTable | ReportText:
    """Return the first rows set aside, each with its reason."""
    aside = numbers.incidents.quarantine
    late = aside["reason"] == "date after as_of"  # nothing is wrong with these rows: they come last
    if aside.empty:
        return ReportText([numbers.marked("No row was set aside.")], kind="notice")
    shown = pd.concat([aside[~late], aside[late]]).head(QUARANTINE_ROWS)
    more = f"; the first {len(shown)} are shown" if len(shown) < len(aside) else ""
    return ReportTable(
        shown.assign(detail=shown["detail"].map(lambda text: _capped(text, 90))),
        columns=[
            Column("row", "Row", format="integer"),
            Column("reason", "Reason"),
            Column("detail", "What stood there", width="1fr"),
        ],
        caption=numbers.marked(f"{counted(len(aside), 'row')} set aside, none lost{more}"),
        notes=("Row numbers count records of the file, the header as 1. uptick check FILE lists them all.",),
        label="tbl-quarantine",
    )


def notes_text(numbers: WeeklyNumbers) -> ReportText:
    """Return every note that reading, counting and testing made, once each."""
    gaps = [f"no coverage: {gap}" for gap in (*numbers.incidents.no_coverage, *numbers.request.no_coverage)]
    made = [*gaps, *numbers.incidents.notes, *numbers.result.notes]
    lines = [f"{text[0].upper()}{text[1:]}." for text in dict.fromkeys(made)]
    return ReportText(lines or ["There is nothing to note."], kind="notice")


def parameter_table(numbers: WeeklyNumbers) -> ReportTable:
    """Return what was asked, of what, and with which versions."""
    result, counts, asked = numbers.result, numbers.counts, numbers.request
    gaps = ", ".join([*map(str, numbers.incidents.no_coverage), *asked.no_coverage])
    lost = int((~counts.coverage).sum())
    known = asked.completeness
    name = numbers.incidents.path.name if numbers.incidents.path is not None else "a DataFrame"
    packages = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "typst")
    rows = [
        ("file", name),
        ("SHA-256", numbers.incidents.digest or "–"),
        *([("SHA-256 of its metadata", beside)] if (beside := numbers.incidents.metadata_digest) else []),
        ("source", numbers.incidents.source),
        ("read with", ", ".join(f"{k} = {v!r}" for k, v in asked.read_with().items()) or "nothing stated"),
        ("as of", str(counts.as_of)),
        ("counted by", "nothing: one series" if numbers.undivided
         else f"{counts.by}: {counted(len(counts.regions), 'region')}"),
        ("grid", f"{counts.starts[0]} to {counts.starts[-1]}; weeks start on {counts.week_start}"),
        ("where", asked.where or "all incidents"),
        ("regions", asked.regions or "all"),
        ("without coverage", f"{counted(lost, 'region-day')}" + (f" ({gaps})" if gaps else "")),
        ("recent window", f"{result.recent} ({RECENT} days)"),
        ("guard", f"{result.guard} days"),
        ("baseline", f"{result.baseline} ({result.parameters['baseline']} days)"),
        ("completeness", "not known" if known is None else f"{known:g}, given"),
        ("verdicts rest on", f"the {result.null} null hypothesis; the other is shown beside it"),
        ("level, margin", f"alpha {result.alpha:g}; margin {result.margin:g}"),
        ("family", result.family),
        ("versions", ", ".join([f"uptick-analytics {__version__}", f"Python {platform.python_version()}",
                                *(f"{p} {version(p)}" for p in packages)])),
    ]  # fmt: skip
    return ReportTable(
        pd.DataFrame(rows, columns=["what", "value"]),
        columns=[Column("what", "Parameter"), Column("value", "Value", width="1fr")],
        caption=numbers.marked("What was asked, of which file, with which versions"),
        label="tbl-parameters",
    )


def _against_expected(result: UptickResult, regions: pd.Series) -> list[str]:
    pvalues = result.frame.set_index("region")["pvalue_expected"].loc[regions]
    return ["not adjusted" if np.isnan(p) else p_words(p) for p in pvalues]


def _interval(low: float, high: float) -> str | None:
    return None if np.isnan(low) else interval_words(low, high)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _span(start: np.datetime64, weeks: int) -> str:
    return f"{start}..{start + (7 * weeks - 1) * DAY}"


def _capped(text: str, most: int = 110) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _change_caption(now: float, before: float, four: float, last_year: float) -> str:
    if np.isnan(now):
        return "This week has no full coverage, so it is compared with nothing"
    parts = [f"{counted(now, 'incident')} this week"]
    if not np.isnan(before):
        parts.append(f"{before:,.0f} last week")
    text = ", ".join(parts)
    if not np.isnan(four) and last_year > 0:
        text += f"; the last four weeks are {four / last_year:.1f} times the same weeks of last year"
    return text
