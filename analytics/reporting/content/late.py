"""What the notebook on late reports shares: two deliveries of a file, and what the second taught."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from analytics.bundled import bundled_path
from analytics.counts import Counts, count_incidents
from analytics.delays import nowcast, with_measured_completeness
from analytics.errors import InputError
from analytics.incidents import Incidents
from analytics.periods import DAY, as_day
from analytics.reporting.content.teaching import SAMPLE
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.tables import ReportTable
from analytics.results.uptick import UptickResult
from analytics.results.words import counted, format_number, mark
from analytics.store import Store

__all__ = ["changed_table", "changed_words", "then_table", "then_words", "two_deliveries"]

_WINDOW = 14


@contextmanager
def two_deliveries(
    path: str | Path | None = None,
    earlier_path: str | Path | None = None,
    *,
    earlier: str,
    as_of: str,
    covers: str | None = None,
) -> Iterator[Store]:
    """Give a store with two deliveries, for as long as the block lasts.

    Parameters
    ----------
    path : path, optional
        The later delivery; default the bundled sample, which is SIMULATED.
    earlier_path : path, optional
        The earlier one. None: both are cut from `path`, by the day of each row's report.
    earlier, as_of : str
        The days from which on they were known.
    covers : str, optional
        What each holds completely, as :meth:`analytics.Store.add` takes it.

    Raises
    ------
    InputError
        If both are to be cut from one file, and it has no column `reported_on` of days as 2020-04-19.

    Examples
    --------
    >>> with two_deliveries(earlier="2020-03-22", as_of="2020-04-19") as store:
    ...     print(store.diff().sentence())
    Delivery 2 of simulated, known on 2020-04-19: 294 added, 0 changed, 0 deleted; 5,156 incidents held.
    """
    later = Path(path or bundled_path(SAMPLE))
    with TemporaryDirectory() as folder:
        files = [Path(earlier_path), later] if earlier_path else _cut(later, Path(folder), (earlier, as_of))
        store = Store(Path(folder) / "incidents.store")
        for file, day in zip(files, (earlier, as_of), strict=True):
            store.add(file, on=day, covers=covers)
        yield store


def _cut(path: Path, folder: Path, days: tuple[str, str]) -> list[Path]:
    """Write the file as it stood on each day; a row whose day of report cannot be read is in both."""
    whole = pd.read_csv(path, dtype=str, keep_default_na=False)
    told = whole.get("reported_on", pd.Series("", index=whole.index))
    reported = pd.to_datetime(told, format="ISO8601", errors="coerce")
    if reported.isna().mean() > 0.5:
        raise InputError(
            "the file cannot be cut into two deliveries",
            expected="a column reported_on with the day of each report, as 2020-04-19",
            found=f"such a day in {int(reported.notna().sum())} of {len(whole)} rows",
            where=path.name,
            todo="name the column so, or give the earlier delivery as a file of its own (earlier_path)",
        )
    about, files = path.with_suffix(".meta.toml"), []
    for day in days:
        file = folder / f"{path.stem}_{day}.csv"
        whole[reported.isna() | (reported < as_day(day, "day") + DAY)].to_csv(file, index=False)
        if about.is_file():
            text = re.sub(r"(?m)^extracted = .*$", f"extracted = {day}", about.read_text(encoding="utf-8"))
            file.with_suffix(".meta.toml").write_text(text, encoding="utf-8")
        files.append(file)
    return files


def then_table(then: Incidents, now: Incidents, weeks: int = 8) -> ReportTable:
    """Return what the earlier delivery held of its last weeks, what the later one holds, and the share.

    Beside it stands the share that the days of the reports gave when only the earlier delivery was known.

    Parameters
    ----------
    then, now : Incidents
        As they were known on the two days.
    weeks : int
    """
    counts = with_measured_completeness(count_incidents(then, by=None, freq="day"), then).resample("week")
    known = counts.completeness
    assert known is not None
    later = count_incidents(now, by=None, freq="day")
    rows = []
    for at in range(max(counts.complete - weeks, 0), counts.complete):
        begin, held = counts.starts[at], int(counts.values[at, 0])
        holds = _between(later, begin, begin + 6 * DAY)
        rows.append(
            {
                "week": counts.labels()[at],
                "in the first": held,
                "in the second": holds,
                "were in": f"{100 * held / holds:.0f} %" if holds else "",
                "measured then": f"{100 * known.share[at, 0]:.0f} %",
            }
        )
    return ReportTable(
        pd.DataFrame(rows),
        caption=f"{mark(then.simulated, 'title')}what the first delivery held of its last weeks",
        notes=["Measured then: from the days of the reports in the first delivery alone."],
        label="tbl-then",
    )


def then_words(then: Incidents, now: Incidents) -> ReportText:
    """Say what the last two weeks of the earlier delivery lacked, and what a nowcast had said of it."""
    counts = with_measured_completeness(count_incidents(then, by=None, freq="day"), then)
    told = nowcast(counts, window=_WINDOW).frame.iloc[0]
    end = as_day(then.as_of, "as_of")
    later = count_incidents(now, by=None, freq="day")
    found = _between(later, end - (_WINDOW - 1) * DAY, end)
    held, tag = int(told["observed"]), mark(then.simulated)
    low, high = float(told["low"]), float(told["high"])
    said = [
        f"{tag}On {end} the file held {counted(held, 'incident')} of the last {_WINDOW} days. "
        f"The later delivery holds {found:,} of the same days"
        + (f": {100 * held / found:.0f} % were in." if found else ".")
    ]
    place = "inside" if low <= found <= high else "outside"
    said.append(
        f"{tag}From the days of the reports alone, {100 * told['completeness']:.0f} % were taken to be in, "
        f"and {format_number(told['estimate'])} incidents to be likely in all (90 % interval {low:,.0f} to "
        f"{high:,.0f}). What came lies {place} that interval."
    )
    return ReportText(said)


def _between(counts: Counts, first: np.datetime64, last: np.datetime64) -> int:
    return int(counts.values[(counts.starts >= first) & (counts.starts <= last)].sum())


def changed_table(without: UptickResult, measured: UptickResult) -> ReportTable:
    """Return the regions whose answer is another one once it is known how much is still to come.

    Parameters
    ----------
    without, measured : UptickResult
        The same test of the same counts, without and with their completeness.
    """
    rows = _changed(without, measured)
    return ReportTable(
        pd.DataFrame(
            {
                "region": rows["region"],
                "reported": rows["observed"].map("{:,.0f}".format),
                "usual": rows["expected"].map(format_number),
                "usual, of those in by now": rows["expected_in"].map(format_number),
                "taken as it stands": rows["words"],
                "with completeness measured": rows["words_in"],
            }
        ),
        caption=f"{mark(without.simulated, 'title')}answers that changed",
        label="tbl-changed",
    )


def changed_words(without: UptickResult, measured: UptickResult) -> ReportText:
    """Say which answers changed, region by region, and that the others did not."""
    rows, tag = _changed(without, measured), mark(without.simulated)
    of_all = len(without.frame)
    said = [f"{tag}With completeness measured, {len(rows)} of {counted(of_all, 'answer')} changed."]
    said += [f'{tag}{row.region}: "{row.words}" became "{row.words_in}".' for row in rows.itertuples()]
    upticks = [set(r.frame.loc[r.frame["grade"] == "uptick", "region"]) for r in (without, measured)]
    same = upticks[0] == upticks[1]
    named = ", ".join(sorted(upticks[1])) or "none"
    said.append(
        f"{tag}Upticks: {named}"
        + (", with it and without." if same else f"; without it {', '.join(sorted(upticks[0])) or 'none'}.")
    )
    return ReportText(said)


def _changed(without: UptickResult, measured: UptickResult) -> pd.DataFrame:
    """Return the rows of regions whose grade differs."""
    more = measured.frame.set_index("region")[["expected", "grade", "words"]].add_suffix("_in")
    rows = without.frame.join(more, on="region")
    return rows[rows["grade"] != rows["grade_in"]].sort_values("observed", ascending=False, kind="stable")
