"""A trend and a board of alarms to be pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.periods import DAY
from analytics.plots.board import board_rows, board_title
from analytics.plots.interactive.figure import as_text, finished, load_plotly, middle
from analytics.plots.style import ACCENT, GREY, INK, PALE, Series, recent_window
from analytics.plots.trend import band_rows, trend_series, trend_title
from analytics.results import SUPPORTED, Alarms, UptickResult, shown
from analytics.results.words import format_number

__all__ = ["interactive_alarm_board", "interactive_trend"]

_QUIET, _WASH, _GUARD = "#E9EBEE", "#FFEDD5", "#F3F4F6"


def interactive_trend(
    counts: Counts,
    *,
    band: pd.DataFrame | None = None,
    result: UptickResult | None = None,
    periods: int = 104,
) -> Any:
    """Draw one series with what was expected: :func:`~analytics.plots.plot_trend` to be pointed at.

    Parameters
    ----------
    counts, band, result, periods
        As for :func:`~analytics.plots.plot_trend`. Of a result the guard is shaded too.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    OptionError
        If plotly is not installed, or `result` has several regions.

    Examples
    --------
    >>> frame = pd.DataFrame({"Kirkuk": [3, 0, 5]}, index=["2020-W14", "2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> figure = interactive_trend(counts)
    >>> [int(y) for y in figure.data[0].y], figure.data[0].name
    ([3, 0, 5], 'incidents')
    """
    go = load_plotly("plot_trend")
    series = trend_series(counts, result, periods)
    figure = go.Figure()
    if band is not None:
        _add_band(go, figure, band_rows(band, series))
    labels = [f"{start}" for start in series.starts]
    known = np.array([format_number(value, 0) for value in series.values])
    whole = np.where(series.provisional, np.nan, series.values)
    figure.add_scatter(
        x=middle(series.starts, series.step), y=whole, mode="lines+markers", name=as_text(counts.value),
        line={"color": INK, "width": 1.5}, marker={"size": 3}, customdata=np.column_stack([labels, known]),
        hovertemplate=f"{counts.freq} from %{{customdata[0]}}: %{{customdata[1]}}<extra></extra>",
    )  # fmt: skip
    if result is not None:
        _add_window(figure, series, result, whole)
    running = series.provisional & ~np.isnan(series.values)
    if running.any():
        figure.add_scatter(
            x=middle(series.starts[running], series.step), y=series.values[running], mode="markers",
            name="still running", marker={"symbol": "circle-open", "color": INK, "size": 9},
            hovertemplate="still running: %{y}<extra></extra>",
        )  # fmt: skip
    for start in series.starts[~series.covered]:
        figure.add_vrect(x0=f"{start}", x1=f"{start + series.step * DAY}", fillcolor=PALE, line_width=0)
    figure.update_yaxes(title=as_text(f"{counts.value} per {counts.freq}"), rangemode="tozero")
    return finished(figure, trend_title(counts, series, result), counts.simulated, height=380)


def _add_band(go: Any, figure: Any, rows: pd.DataFrame) -> None:
    """Add the expected range, what was expected, and a diamond where more was observed than the range."""
    if rows.empty:
        return
    starts = rows["start"].to_numpy().astype("datetime64[D]")
    step = int(np.diff(starts).min() / DAY) if len(starts) > 1 else 7
    x = middle(starts, step)
    low, high, expected, observed = (
        rows[name].to_numpy(dtype=float) for name in ("low", "high", "expected", "observed")
    )
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=x, y=low, name="low", showlegend=False, **edge)
    figure.add_scatter(x=x, y=high, name="expected range", fill="tonexty", fillcolor="#D1D5DB99", **edge)
    figure.add_scatter(
        x=x, y=expected, mode="lines", name="expected", line={"color": GREY, "dash": "dash", "width": 1},
        customdata=np.column_stack([low, high]),
        hovertemplate="expected %{y:.1f}, range %{customdata[0]:.0f} to %{customdata[1]:.0f}<extra></extra>",
    )  # fmt: skip
    above = observed > high
    if above.any():
        figure.add_scatter(
            x=middle(starts[above], step), y=observed[above], mode="markers", name="above range",
            marker={"symbol": "diamond", "color": INK, "size": 8}, hoverinfo="skip",
        )  # fmt: skip


def _add_window(figure: Any, series: Series, result: UptickResult, whole: FloatArray) -> None:
    """Shade the recent window and the guard, and mark the periods of the window."""
    row = result.frame.iloc[0]
    up = str(row["verdict"]) == SUPPORTED
    recent = recent_window(result, row)
    begin = recent.start - result.guard * DAY
    for words, first, last, colour, place in (
        ("guard", begin, recent.start, _GUARD, "top right"),
        ("window", recent.start, recent.end + DAY, _WASH if up else _GUARD, "top left"),
    ):
        figure.add_vrect(
            x0=f"{first}", x1=f"{last}", fillcolor=colour, line_width=0, layer="below", name=words,
            annotation={"text": words, "font": {"size": 10, "color": GREY}}, annotation_position=place,
        )  # fmt: skip
    inside = recent.contains(series.starts) & ~np.isnan(whole)
    sign = {"greater": "triangle-up", "less": "triangle-down"}[result.direction] if up else "circle"
    figure.add_scatter(
        x=middle(series.starts[inside], series.step), y=whole[inside], mode="markers", hoverinfo="skip",
        name=f"recent: {shown(SUPPORTED, result.direction)}" if up else "recent window",
        marker={"symbol": sign, "color": ACCENT if up else INK, "size": 11 if up else 7},
    )  # fmt: skip


def interactive_alarm_board(
    alarms: Alarms,
    *,
    regions: Sequence[str] | None = None,
    most: int = 20,
    periods: int = 26,
) -> Any:
    """Draw which regions alarmed when: :func:`~analytics.plots.plot_alarm_board` to be pointed at.

    Parameters
    ----------
    alarms, regions, most, periods
        As for :func:`~analytics.plots.plot_alarm_board`.

    Returns
    -------
    plotly.graph_objects.Figure
        1 for an alarm, 0 for none, nothing where no detector tested; the count stands beside the pointer.

    Raises
    ------
    OptionError
        If plotly is not installed, or a region is unknown.

    Examples
    --------
    >>> from analytics.detectors import ears
    >>> frame = pd.DataFrame({"Kirkuk": [1, 2] * 40 + [19], "Erbil": [1, 0] * 40 + [1]})
    >>> frame.index = pd.date_range("2018-10-01", periods=81, freq="7D")
    >>> figure = interactive_alarm_board(ears(Counts.from_frame(frame, freq="week", as_of="2020-04-19")))
    >>> figure.layout.title.text, figure.data[0].z[:, -1].tolist()
    ('2020-W16: alarm in 1 of 2 regions', [1.0, 0.0])
    """
    go = load_plotly("plot_alarm_board")
    recent, names, raised, tested, rows = board_rows(alarms, regions, most=most, periods=periods)
    several = len(recent.runs) > 1
    z = np.where(tested[rows], raised[rows] > 0, np.nan).astype(float)
    first = [recent.regions.index(names[i]) for i in rows]
    observed, covered = recent.observed[:, first].T, recent.covered[:, first].T
    sign = np.where(tested[rows], np.where(raised[rows] > 0, "▲", ""), "×").astype(object)
    if several:
        sign = np.where(raised[rows] > 0, [[f"▲{n}" for n in row] for row in raised[rows]], sign)
    labels = recent.labels()
    said = [
        [
            f"{as_text(names[i])}, {label}: {format_number(count, 0) if known else 'no coverage'}; "
            + (f"alarm of {n}" if n and several else "alarm" if n else "no alarm" if told else "not tested")
            for label, count, known, n, told in zip(
                labels, observed[at], covered[at], raised[i], tested[i], strict=True
            )
        ]
        for at, i in enumerate(rows)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=z, x=labels, y=[as_text(names[i]) for i in rows], text=sign, texttemplate="%{text}",
            textfont={"size": 9}, hovertext=said, hoverinfo="text", zmin=0, zmax=1, showscale=False,
            colorscale=[[0, _QUIET], [0.5, _QUIET], [0.5, ACCENT], [1, ACCENT]], xgap=2, ygap=2,
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(type="category", nticks=9, title="▲ alarm, × not tested")
    title = board_title(recent, raised)
    return finished(figure, title, recent.simulated, height=150 + 22 * max(len(rows), 2))
