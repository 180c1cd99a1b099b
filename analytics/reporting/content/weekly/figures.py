"""The figures of the weekly report, each with a takeaway and a description in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.plots import plot_regions, plot_result, plot_trend
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.figures import TEXT_WIDTH, ReportFigure, report_figure
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    counted,
    format_number,
    interval_words,
    listed,
)

__all__ = ["ratio_figure", "region_figure", "severity_figure", "trend_figure"]

PANELS = 12
RATIOS = 40
_VERDICT: dict[str, str] = {
    SUPPORTED: "an uptick",
    NOT_SUPPORTED: "no uptick",
    CANNOT_BE_TOLD: "whether there is an uptick cannot be told",
}


def trend_figure(numbers: WeeklyNumbers, *, weeks: int = 104) -> ReportFigure:
    """Return the trend of all regions together with the expected band."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(TEXT_WIDTH, 2.75), layout="constrained")
    plot_trend(numbers.total, band=numbers.band, result=numbers.national, periods=weeks, title=False, ax=ax)
    band = numbers.band.dropna(subset=["low"])
    recent = band.tail(weeks)
    above = int((recent["observed"] > recent["high"]).sum())
    verdict = _VERDICT[str(numbers.national.frame["verdict"].iloc[0])]
    latest = numbers.band.iloc[-1]
    if np.isnan(latest["low"]):
        place = "no expected range for the last week"
    else:
        side = "above" if latest["observed"] > latest["high"] else "below"
        inside = latest["low"] <= latest["observed"] <= latest["high"]
        place = (
            f"{counted(latest['observed'], 'incident')} in the last week, {'within' if inside else side} "
            f"the expected {latest['low']:,.0f} to {latest['high']:,.0f}"
        )
    place = place[0].upper() + place[1:]
    caption = f"{place}; {verdict} over the last {numbers.national.recent.days} days"
    alt = (
        f"Line of incidents per week over {weeks} weeks to {numbers.counts.as_of}, with the range "
        f"expected from each week's own past year. {above} of {len(recent)} weeks lie above it."
    )
    return report_figure(figure, caption=numbers.marked(caption), alt=numbers.marked(alt), label="fig-trend")


def region_figure(numbers: WeeklyNumbers, *, weeks: int = 52) -> ReportFigure:
    """Return small multiples, the regions in uptick first."""
    many = len(numbers.counts.regions)
    panels = plot_regions(numbers.counts, numbers.result, periods=weeks, most=PANELS, columns=min(3, many))
    up = numbers.result.regions(SUPPORTED)
    shown = len(panels)
    if numbers.single:
        row = numbers.result.frame.iloc[0]
        verdict = _VERDICT[str(row["verdict"])]
        caption = (
            f"{row['region'][0].upper()}{row['region'][1:]}: {verdict}; "
            f"{format_number(row['observed'], 0)} in the last {numbers.result.recent.days} days, "
            f"{format_number(row['expected'])} expected"
        )
    elif up:
        names = listed(up)
        caption = f"Upticks first: {names}"
    else:
        caption = f"No {numbers.region_noun(1)} shows an uptick; smallest p-values first"
    if shown < many:
        caption += f" ({shown} of {many} {numbers.region_noun(many)})"
    alt = (
        f"{shown} small charts of incidents per week over {weeks} weeks, each with its own scale. At "
        f"the right above each: observed and expected incidents of {numbers.result.recent.days} days."
    )
    return report_figure(
        panels[0].figure, caption=numbers.marked(caption), alt=numbers.marked(alt), label="fig-regions"
    )


def ratio_figure(numbers: WeeklyNumbers) -> ReportFigure:
    """Return the rate ratios with their intervals."""
    tested = int(numbers.result.frame["pvalue"].notna().sum())
    ax = plot_result(numbers.result, most=RATIOS, title=False)
    above = int((numbers.result.frame["low"] > 1).sum())
    caption = (
        f"In {above} of {tested} tested {numbers.region_noun(tested)} the whole interval of the rate ratio "
        "lies above 1, before the correction for many comparisons"
    )
    if not tested:
        caption = f"No {numbers.region_noun(1)} could be tested"
    elif numbers.single:
        row = numbers.result.frame.iloc[0]
        caption = (
            f"The {100 * numbers.result.confidence:g} % interval of the rate ratio goes from "
            f"{interval_words(row['low'], row['high'])}"
        )
    rows = numbers.result.ranked().dropna(subset=["pvalue"]).head(3)
    words = "; ".join(
        f"{r['region']} {format_number(r['rate_ratio'], 2)} ({interval_words(r['low'], r['high'])})"
        for _, r in rows.iterrows()
    )
    return report_figure(
        ax.get_figure(root=True),  # type: ignore[arg-type]
        caption=numbers.marked(caption),
        alt=numbers.marked(f"Rate ratio and interval of each region on a logarithmic axis. First: {words}."),
        label="fig-ratios",
    )


def severity_figure(numbers: WeeklyNumbers, *, weeks: int = 104) -> ReportFigure | ReportText:
    """Return fatalities per week, as far as stated; weeks in which no incident states them are left out."""
    import matplotlib.pyplot as plt

    series = numbers.fatalities_stated
    values, starts = series.values[-weeks:], series.starts[-weeks:]
    if np.isnan(values).all() or not numbers.fatalities_known:
        return ReportText(
            [numbers.marked("No incident of these weeks states its fatalities: nothing to draw.")], "notice"
        )
    counts = numbers.fatalities.resample("week")
    silent = starts[np.isnan(values)]
    covered = counts.coverage & ~np.isin(counts.starts, silent)[:, None]
    shown = replace(counts, coverage=covered, values=np.where(covered, counts.values, 0).astype(np.int32))
    figure, ax = plt.subplots(figsize=(TEXT_WIDTH, 1.9), layout="constrained")
    plot_trend(shown, periods=weeks, gap="no coverage, or not stated", title=False, ax=ax)
    top = int(np.nanargmax(values))
    now = series.at(numbers.week.start)
    caption = (
        f"Fatalities as far as stated: {format_number(now, 0)} in {numbers.label}; the most in "
        f"these {len(values)} weeks were {values[top]:,.0f}, in the week of {starts[top]}"
    )
    unknown = int(numbers.unstated.values.sum())
    alt = f"Line of fatalities per week. {counted(unknown, 'incident')} of all weeks do not state fatalities."
    return report_figure(
        figure, caption=numbers.marked(caption), alt=numbers.marked(alt), label="fig-fatalities"
    )
