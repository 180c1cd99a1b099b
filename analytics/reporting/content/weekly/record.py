"""A weekly report as data: everything it says, by a documented schema. Other formats are made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics import __version__
from analytics._tables import records
from analytics.counts.count_table import CountTable
from analytics.counts.input_record import input_record
from analytics.errors import InputError
from analytics.periods import Window
from analytics.reporting.content.weekly.front import FrontPage
from analytics.reporting.content.weekly.groups import Group
from analytics.reporting.content.weekly.kept import MIME
from analytics.reporting.content.weekly.names import region_anchors
from analytics.reporting.content.weekly.numbers import BASELINE, GUARD, RECENT, WeeklyNumbers, with_status
from analytics.reporting.content.weekly.summary import summary_lines
from analytics.results import UptickResult, mark
from analytics.results.grades import short_words
from analytics.results.words_report import GROUP_OF, reported_words

__all__ = ["MIME", "SCHEMA", "ReportData", "kept_record", "report_data", "report_record"]

SCHEMA = "uptick-weekly-report/1"
_WEEKS = 104
_REGION = (
    "region", "grade", "sign", "verdict", "words", "why", "status", "status_words", "observed",
    "expected", "rate_ratio", "low", "high", "limit", "pvalue", "qvalue", "detectable", "break_even",
    "starts_at", "starts_at_3", "far_below", "level",
)  # fmt: skip


def report_record(numbers: WeeklyNumbers, page: FrontPage) -> dict[str, Any]:
    """Return everything a weekly report says, as JSON can hold it.

    ``docs/report_json.md`` describes it, ``docs/report.schema.json`` is its schema. Numbers that are not
    known are null, infinite ones the text "Infinity"; every sentence says itself where data are simulated.

    Parameters
    ----------
    numbers : WeeklyNumbers
    page : FrontPage

    Examples
    --------
    >>> from analytics.reporting.content.weekly import weekly_counts, weekly_numbers
    >>> from analytics.reporting.content.weekly.front import front_page
    >>> numbers = weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19"))
    >>> found = report_record(numbers, front_page(numbers))
    >>> found["headline"], found["regions"][0]["observed"]
    ('SIMULATED data: Uptick in Kirkuk.', 45)
    """
    tag = mark(numbers.simulated)
    asked = numbers.request
    return {
        "schema": SCHEMA,
        "version": __version__,
        "simulated": numbers.simulated,
        "title": numbers.title,
        "name": numbers.name,
        "place": numbers.place,
        "unit": [numbers.region_noun(1), numbers.region_noun(2)],
        "counted": {"by": numbers.counts.by, "where": asked.where, "regions": asked.regions},
        "week": {"label": numbers.label, **_days(numbers.week)},
        "running_week": None if numbers.running is None else _days(numbers.running),
        "as_of": str(numbers.counts.as_of),
        "issue": asked.issue,
        "next_issue": asked.next_issue,
        "author": asked.author,
        "handling": asked.handling,
        "headline": tag + page.headline,
        "second": tag + page.second if page.second else "",
        "sure": tag + page.sure if page.sure else "",
        "new": tag + page.new if page.new else "",
        "summary": list(summary_lines(numbers, page)),
        "standouts": [_standout(item, tag) for item in page.standouts],
        "news": [tag + line for line in page.news],
        "comment": list(page.comment),
        "limits": list(page.limits),
        "strip": list(page.strip),
        "key": page.key.split("   ") if page.key else [],
        "reported": reported_words(numbers.result.completeness),
        "closest": [_standout(item, tag) for item in page.closest],
        "left_out": tag + page.left_out if page.left_out else "",
        "falls": tag + page.falls if page.falls else "",
        "next_lines": tag + page.next_lines if page.next_lines else "",
        "groups": [_group(numbers, group, tag) for group in page.groups],
        "means": f"{tag}Uptick means: {page.means}",
        "test": _test(numbers.result),
        "regions": _regions(numbers, tag),
        "country": {
            **_regions_of(numbers.national, tag)[0],
            "name": page.country.name,
            "called": bool(page.country.called),
            "sentence": f"{tag}{page.country.name}: {page.country.lead} {page.country.aside}",
        },
        "weeks": _weeks(numbers),
        "types": None if numbers.types is None else _table(numbers.types.to_frame()),
        "parameters": _plain(numbers.result.parameters),
        **input_record(numbers.incidents, numbers.counts),
        "row_account": _account(numbers),
        "notes": list(
            dict.fromkeys([*numbers.incidents.notes, *numbers.counts.notes, *numbers.result.notes])
        ),
    }


@dataclass(frozen=True, eq=False)
class ReportData:
    """A report's record as a notebook keeps it: a page shows nothing of it."""

    record: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<data of {self.record['title']!r}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": repr(self), MIME: self.record}


def report_data(numbers: WeeklyNumbers, page: FrontPage) -> ReportData:
    """Return :func:`report_record` for a notebook's output, from which other formats are made."""
    return ReportData(report_record(numbers, page))


def kept_record(notebook: Any) -> Mapping[str, Any]:
    """Return the record that an executed notebook keeps.

    Raises
    ------
    InputError
        If it keeps none.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if MIME in output.get("data", {}):
                record: Mapping[str, Any] = output["data"][MIME]
                return record
    raise InputError(
        "the notebook keeps no data of its report",
        expected="a cell with weekly.report_data(numbers, page)",
        todo="add it, as notebooks/weekly_report.ipynb has it; only then other formats can be made",
    )


def _days(window: Window) -> dict[str, str]:
    return {"start": str(window.start), "end": str(window.end)}


def _standout(item: Any, tag: str) -> dict[str, Any]:
    facts = f" {item.facts[0].upper()}{item.facts[1:]}." if item.facts else ""
    return {
        "region": item.region,
        "sign": item.sign,
        "grade": item.grade,
        "observed": _number(item.observed),
        "usual": _number(item.usual),
        "sentence": f"{tag}{item.sign} {item.region}: {item.lead}{facts}",
        "status": item.status,
        "tile": item.tile,
        "checks": tag + item.checks if item.checks else "",
        "comment": item.comment,
        "weeks": _numbers(item.weeks),
    }


def _group(numbers: WeeklyNumbers, group: Group, tag: str) -> dict[str, Any]:
    rows = numbers.rows
    return {
        "key": group.key,
        "title": group.title,
        "regions": rows.loc[rows["grade"].map(GROUP_OF) == group.key, "region"].tolist(),
        "sentences": [
            f"{tag}{part.sign} {part.names}".strip() + (f" ({part.aside})" if part.aside else "")
            for part in group.parts
        ],
    }


def _account(numbers: WeeklyNumbers) -> list[dict[str, Any]]:
    """Return where every row went, one line each."""
    rows = numbers.incidents.accounting
    lines = [("rows read", rows.rows_read), ("kept", rows.kept)]
    lines += [(f"set aside: {why}", number) for why, number in rows.set_aside.items()]
    lines += [("superseded by another version", rows.superseded)] if rows.superseded else []
    whose = "incidents in them" if isinstance(numbers.incidents, CountTable) else "of those kept"
    lines += [(f"{whose}: {what}", number) for what, number in numbers.placed.parts()]
    return [{"what": what, "rows": number} for what, number in lines]


def _test(result: UptickResult) -> dict[str, Any]:
    return {
        "recent": _days(result.recent),
        "baseline": _days(result.baseline),
        "recent_days": RECENT,
        "guard_days": GUARD,
        "baseline_days": BASELINE,
        "method": result.method,
        "null_hypothesis": result.null_hypothesis,
        "family": result.family,
        "completeness": result.completeness,
    }


def _regions(numbers: WeeklyNumbers, tag: str) -> list[dict[str, Any]]:
    watch = numbers.watch.set_index("region")
    anchors = region_anchors(numbers.counts.regions)
    out = _regions_of(numbers.result, tag, numbers.rows)
    for row in out:
        row["anchor"] = anchors[row["region"]]
        row["grade_words"] = short_words(row["grade"])[2:]
        for name in ("watch_from", "watch_from_3"):
            row[name] = _number(watch.loc[row["region"], name])
    return out


def _regions_of(result: UptickResult, tag: str, rows: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Return one record a region, its words as a sentence of their own."""
    frame = result.frame if rows is None else rows
    if "status" not in frame:
        frame = with_status(result, frame)
    out = records(frame[[name for name in _REGION if name in frame.columns]])
    for row in out:
        row["sentence"] = f"{tag}{row['region']}: {row.pop('words')}"
        for name, value in row.items():
            row[name] = _plain(value)
    return out


def _weeks(numbers: WeeklyNumbers) -> dict[str, Any]:
    """Return the last weeks: of all together with what was expected, and of each region."""
    starts = numbers.weeks.starts[-_WEEKS:]
    band = numbers.band.assign(start=numbers.band["start"].to_numpy().astype("datetime64[D]"))
    band = band.set_index("start").reindex(starts)
    return {
        "start": [str(day) for day in starts],
        "all": _numbers(numbers.weeks.values[-_WEEKS:]),
        **{name: _numbers(band[name].to_numpy(dtype=float)) for name in ("low", "high", "expected")},
        "regions": {name: _numbers(series.values[-_WEEKS:]) for name, series in numbers.weekly.items()},
    }


def _table(frame: pd.DataFrame) -> dict[str, Any]:
    last = frame.tail(_WEEKS)
    starts = last.index.to_numpy().astype("datetime64[D]")
    return {
        "start": [str(day) for day in starts],
        **{str(name): _numbers(last[name].to_numpy(dtype=float, na_value=np.nan)) for name in last.columns},
    }


def _numbers(values: Sequence[float] | np.ndarray) -> list[float | int | str | None]:
    return [_number(value) for value in values]


def _number(value: Any) -> float | int | str | None:
    """Return a number as JSON can hold it; a whole one without a decimal point."""
    number = float(value)
    if np.isnan(number):
        return None
    if np.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return int(number) if number.is_integer() else number


def _plain(value: Any) -> Any:
    """Return options and cells as JSON can hold them."""
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, bool | np.bool_ | str):
        return bool(value) if isinstance(value, np.bool_) else value
    if isinstance(value, int | float | np.integer | np.floating):
        return _number(value)
    return str(value)
