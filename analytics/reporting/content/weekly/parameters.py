"""What was asked of a weekly report, of which file, and with which versions."""

from __future__ import annotations

import platform
from importlib.metadata import version

import pandas as pd

from analytics import __version__
from analytics.counts.count_table import CountTable
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.request import MEASURED
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import UptickResult, counted

__all__ = ["parameter_table"]


def parameter_table(numbers: WeeklyNumbers) -> ReportTable:
    """Return what was asked, of what, and with which versions."""
    result, counts, asked = numbers.result, numbers.counts, numbers.request
    gaps = ", ".join([*map(str, numbers.incidents.no_coverage), *asked.no_coverage])
    lost = int((~counts.coverage).sum())
    name = numbers.incidents.path.name if numbers.incidents.path is not None else "a DataFrame"
    packages = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "typst")
    rows = [
        ("file", name),
        ("SHA-256", numbers.incidents.digest or "–"),
        *([("SHA-256 of its metadata", beside)] if (beside := numbers.incidents.metadata_digest) else []),
        *((f"SHA-256 of {title}", mark) for title, mark in getattr(numbers.incidents, "also", ())),
        ("source", numbers.incidents.source),
        ("read with", ", ".join(f"{k} = {v!r}" for k, v in asked.read_with().items()) or "nothing stated"),
        ("as of", str(counts.as_of)),
        ("counted by", "nothing: one series" if numbers.undivided
         else f"{counts.by}: {counted(len(counts.regions), 'region')}"),
        ("grid", f"{counts.starts[0]} to {counts.starts[-1]}; weeks start on {counts.week_start}"),
        ("where", asked.where or "all incidents"),
        ("regions", asked.regions or "all"),
        *_placing(numbers),
        ("without coverage", f"{counted(lost, 'region-day')}" + (f" ({gaps})" if gaps else "")),
        ("recent window", f"{result.recent} ({RECENT} days)"),
        ("guard", f"{result.guard} days"),
        ("baseline", f"{result.baseline} ({result.parameters['baseline']} days)"),
        ("completeness", _completeness(numbers)),
        ("verdicts rest on", _rests(result)),
        ("level, margin", f"alpha {result.alpha:g}; margin {result.margin:g}"),
        ("family", result.family),
        ("versions", ", ".join([f"uptick-analytics {__version__}", f"Python {platform.python_version()}",
                                *(f"{p} {version(p)}" for p in packages)])),
    ]  # fmt: skip
    return ReportTable(
        pd.DataFrame(rows, columns=["what", "value"]),
        columns=[Column("what", "Parameter"), Column("value", "Value", width="1fr")],
        caption="What was asked, of which file, with which versions",
        label="tbl-parameters",
    )


def _rests(result: UptickResult) -> str:
    seasonal = int((result.frame["null"] == "expected").sum())
    return (
        "trend and season where a season shows in two years of history or more "
        f"({seasonal} of {len(result.frame)}), else the constant mean; the other is shown beside it"
    )


def _completeness(numbers: WeeklyNumbers) -> str:
    stated, known = numbers.request.stated_completeness, numbers.counts.completeness
    if numbers.request.completeness == MEASURED and known is not None:
        return f"{numbers.result.completeness:.2f}, {known.basis}"
    return "not known" if stated is None else f"{stated:g}, given"


def _placing(numbers: WeeklyNumbers) -> list[tuple[str, str]]:
    """Return what is asked of regions on the map, and the hash of their file."""
    asked, incidents = numbers.request.placing, numbers.incidents
    if not asked or isinstance(incidents, CountTable) or incidents.placement is None:
        return []
    regions = incidents.placement.regions
    told = ", ".join(f"{name} = {value}" for name, value in asked.items() if name != "regions")
    rows = [("placed in", regions.source + (f" ({told})" if told else ""))]
    return [*rows, *((f"SHA-256 of the {what}", mark) for what, mark in regions.digests)]
