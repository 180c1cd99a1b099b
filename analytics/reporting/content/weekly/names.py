"""What a report's files are called: never two different reports under one name."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analytics._limits import parsed
from analytics.errors import OutputError
from analytics.files import read_whole
from analytics.periods import DAY, Window, check_week_start, week_first_day, week_label
from analytics.reporting.content.weekly.request import SHOWING, ReportRequest
from analytics.reporting.languages.language import ENGLISH

__all__ = ["check_not_another", "region_anchors", "report_name", "reported_week"]

_THE_FILE = {"incidents_path", "sample", "store"}
_PLAIN = re.compile(r"[A-Za-z0-9_]+")


def reported_week(as_of: np.datetime64, week_start: str = "monday") -> Window:
    """Return the week a report as of a day is about: the last one that was over then.

    Examples
    --------
    >>> print(reported_week(np.datetime64("2020-04-15")))
    2020-04-06..2020-04-12
    """
    first = week_first_day(np.array([as_of - 6 * DAY]), week_start)[0]
    return Window(first, first + 6 * DAY)


def report_name(request: ReportRequest, kind: str = "uptick-weekly") -> str:
    """Return the name of the PDF: the week it is about, and what sets it apart from the usual report.

    Weeks that do not start on Monday are named by their first day; `as_of` is named where it is not the last
    day of the week. Of what narrows the report down, a plain word stands as it is, everything else as eight
    signs of a digest. ``by=None`` is one series. `kind` is what the name begins with.

    Examples
    --------
    >>> def name(as_of, **options):
    ...     return report_name(ReportRequest(sample=True, as_of=as_of, **options))
    >>> name("2020-04-19")
    'uptick-weekly-2020-W16.pdf'
    >>> name("2020-04-15")
    'uptick-weekly-2020-W15-as-of-2020-04-15.pdf'
    >>> name("2020-04-17", week_start="saturday")
    'uptick-weekly-2020-04-11.pdf'
    >>> name("2020-04-19", by="admin2", regions="disputed_territories")
    'uptick-weekly-2020-W16-by-admin2-in-disputed_territories.pdf'
    """
    week = reported_week(request.as_of, request.week_start)
    monday = check_week_start(request.week_start) == 0
    parts = [f"{kind}-{week_label(week.start) if monday else week.start}"]
    if request.as_of != week.end:
        parts.append(f"as-of-{request.as_of}")
    special = request.selection()
    if "by" in special and special["by"] is None:
        parts.append("one-series")
        del special["by"]
    for name, word in (("by", "by"), ("regions", "in")):
        if _PLAIN.fullmatch(str(special.get(name, ""))):
            parts.append(f"{word}-{special.pop(name)}")
    if special:
        text = json.dumps(special, sort_keys=True, ensure_ascii=False)
        parts.append(hashlib.sha256(text.encode()).hexdigest()[:8])
    if request.language != ENGLISH:
        parts.append(Path(request.language).stem)
    return "-".join(parts) + ".pdf"


def region_anchors(regions: Iterable[str]) -> dict[str, str]:
    """Return where on a page each region is told of: the target that a map's link leads to.

    Examples
    --------
    >>> region_anchors(["Kirkuk", "Erbil"])
    {'Kirkuk': 'region-1', 'Erbil': 'region-2'}
    """
    return {name: f"region-{number}" for number, name in enumerate(regions, 1)}


def check_not_another(target: Path, request: ReportRequest, names: Iterable[str] | None = None) -> None:
    """Raise an :class:`OutputError` if another report lies at `target`.

    A report made from the same file with the same options may be made again; its notebook tells.

    Parameters
    ----------
    target : Path
        The PDF to be written; its notebook lies beside it.
    request : ReportRequest
        What the new report is about.
    names : iterable of str, optional
        The parameters its notebook has; all of a request's unless given.
    """
    kept = target.with_suffix(".ipynb")
    if not target.exists() and not kept.exists():
        return
    before = _parameters(kept)
    if before is None:
        found = "its notebook is not there, or is none of a report"
    else:
        now = request.parameters()
        now = now if names is None else {name: now[name] for name in names if name in now}
        # A report may be made again with another title or comment: it is still about the same.
        differ = {name for name in {*before, *now} - {"sha256", *SHOWING} if _differs(before, now, name)}
        if not differ:
            return
        names = ["file"] if differ & _THE_FILE else []
        found = f"made with another {', '.join([*names, *sorted(differ - _THE_FILE)])}"
    raise OutputError(
        f"another report is there already: {target.name}",
        found=found,
        where=str(target.parent),
        todo="give another folder with -o DIR, or move it away",
    )


def _differs(before: Mapping[str, Any], now: Mapping[str, Any], name: str) -> bool:
    old, new = before.get(name), now.get(name)
    if name in ("incidents_path", "store") and old and new:
        return Path(old).absolute() != Path(new).absolute()
    return bool((old or None) != (new or None))


def _parameters(notebook: Path) -> dict[str, Any] | None:
    """Return what an executed notebook was run with; None where that cannot be read."""
    try:
        cells = parsed(json.loads, read_whole(notebook).decode("utf-8"))["cells"]
        cell = next(c for c in cells if "injected-parameters" in c["metadata"].get("tags", ()))
        statements = ast.parse("".join(cell["source"])).body
        return {
            statement.targets[0].id: ast.literal_eval(statement.value)
            for statement in statements
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        }
    except (OSError, ValueError, KeyError, TypeError, StopIteration, SyntaxError, RecursionError):
        return None
