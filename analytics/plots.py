"""Pictures of counts and of what the tests found: axes in, axes out.

Grey is context and one accent colour means *uptick*; a glyph or a marker always says the same, so that colour
is never the only code. Simulated data are marked inside every picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.periods import Days, Window
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, UptickResult, format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ACCENT", "GLYPHS", "plot_regions", "plot_result", "plot_trend", "region_label"]

ACCENT = "#C2410C"
INK = "#1F2937"
GREY = "#6B7280"
PALE = "#D1D5DB"
WASH = "#FFEDD5"
GLYPHS: dict[str, str] = {SUPPORTED: "▲", NOT_SUPPORTED: "–", CANNOT_BE_TOLD: "?"}
_DAY = np.timedelta64(1, "D")
_WIDTH = 6.69  # inches: the text width of a report
_LIMITS = (0.1, 20.0)  # rate ratios beyond these are drawn as arrows

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def plot_trend(
    counts: Counts,
    *,
    band: pd.DataFrame | None = None,
    result: UptickResult | None = None,
    periods: int = 104,
    gap: str = "no coverage",
    title: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw one series with what was expected.

    Parameters
    ----------
    counts : Counts
        Several regions are summed. Drawn at the frequency shown; a period still running is hollow, spells
        without coverage are hatched.
    band : DataFrame, optional
        What :func:`analytics.upticks.expected_band` returns. Periods above it get a diamond.
    result : UptickResult, optional
        The test of this one series: its recent window is shaded, in the accent colour if there is an uptick.
    periods : int
        How many periods to show, the last ones.
    gap : str
        What the legend calls periods without coverage.
    title : bool
        Write the takeaway above the picture.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes

    Raises
    ------
    OptionError
        If `result` has several regions.

    Examples
    --------
    >>> frame = pd.DataFrame({"Kirkuk": [3, 0, 5]}, index=["2020-W14", "2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> plot_trend(counts).get_ylabel()
    'incidents per week'
    """
    if result is not None and len(result.frame) != 1:
        raise OptionError(
            "plot_trend draws one series", expected="a result for one region", found=f"{len(result.frame)}"
        )
    series = _Series(counts if len(counts.regions) == 1 else counts.total(), periods)
    if ax is None:
        ax = _new_axes((_WIDTH, 2.7))
    if band is not None:
        _draw_band(ax, band, series)
    verdict = str(result.frame["verdict"].iloc[0]) if result is not None else ""
    if result is not None:
        _shade_recent(ax, result.recent, verdict)
    _draw_series(ax, series, recent=result.recent if result is not None else None, verdict=verdict, gap=gap)
    _finish(ax, series)
    ax.set_ylabel(f"{counts.value} per {counts.freq}")
    if ax.get_legend_handles_labels()[1]:
        ax.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=6,
            borderaxespad=0.2,
            handlelength=1.5,
            handletextpad=0.5,
            columnspacing=1.1,
            fontsize=7,
        )
    if title:
        head = f"{series.name}: {counts.value} per {counts.freq}"
        if result is not None:
            head = result.describe(series.name).split(";")[0].split(", because")[0]
        ax.set_title(_marked(head, counts.simulated), loc="left", pad=20)
    return ax


def plot_regions(
    counts: Counts,
    result: UptickResult | None = None,
    *,
    periods: int = 52,
    most: int = 12,
    columns: int = 3,
    share_y: bool = False,
    axes: Sequence[Axes] | None = None,
) -> npt.NDArray[np.object_]:
    """Draw small multiples, one region each, the regions in uptick first.

    Parameters
    ----------
    counts : Counts
    result : UptickResult, optional
        The test of these regions: gives the order, the expected level (dashed, over baseline and recent
        window) and the mark of an uptick. Without it the regions with most incidents come first.
    periods, most, columns : int
        Periods shown, regions shown, panels side by side.
    share_y : bool
        One scale for all panels; else each has its own, and the picture says so.
    axes : sequence of Axes, optional
        Where to draw, one for each region; a new figure if not given.

    Returns
    -------
    ndarray of Axes, shape (regions shown,)

    Examples
    --------
    >>> frame = pd.DataFrame({"Diyala": [1, 0], "Kirkuk": [3, 5]}, index=["2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> [ax.get_title(loc="left") for ax in plot_regions(counts)]
    ['Kirkuk', 'Diyala']
    """
    names = _order(counts, result)[:most]
    panels = np.asarray(list(axes) if axes is not None else _grid(len(names), columns, share_y), dtype=object)
    if len(panels) < len(names):
        raise OptionError("there are too few axes", expected=str(len(names)), found=str(len(panels)))
    rows = None if result is None else result.frame
    for ax, name in zip(panels, names, strict=False):
        series = _Series(counts.select([name]), periods)
        verdict = ""
        if rows is not None and result is not None:
            row = rows[rows["region"] == name].iloc[0]
            verdict = str(row["verdict"])
            _shade_recent(ax, result.recent, verdict)
            if not np.isnan(row["expected"]):
                daily = row["baseline_total"] / (row["baseline_periods"] * counts.period_days)
                _draw_expected(ax, daily * series.step, result, series)
                text = f"{format_number(row['observed'], 0)} / {format_number(row['expected'])}"
                ax.set_title(text, loc="right", fontsize=7, color=GREY, fontweight="normal")
        _draw_series(ax, series, recent=result.recent if result else None, verdict=verdict, labels=False)
        _finish(ax, series, small=True)
        colour = ACCENT if verdict == SUPPORTED else INK
        ax.set_title(region_label(name, verdict), loc="left", fontsize=8, color=colour)
    if axes is None and len(names):
        figure = panels[0].figure
        scale = "one scale for all panels" if share_y else "each panel has its own scale"
        low = len(names) <= columns  # one row of panels: too low for one line
        figure.supylabel(
            f"{counts.value} per {counts.freq}{chr(10) if low else ' '}({scale})",
            fontsize=7 if low else 8,
            color=GREY,
        )
    return panels[: len(names)]


def plot_result(
    result: UptickResult, *, most: int | None = None, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw the rate ratio of each tested region with its interval, and the margin.

    Parameters
    ----------
    result : UptickResult
    most : int, optional
        How many regions to show, upticks first; all of them by default. Regions that could not be tested
        have no ratio and are counted below the axis.
    title : bool
        Write the takeaway above the picture.
    ax : Axes, optional

    Returns
    -------
    Axes
        Rate ratio on a logarithmic axis from 0.1 to 20; what goes beyond ends in an arrow.
    """
    rows = result.ranked()
    tested = rows[rows["pvalue"].notna()]
    shown = tested if most is None else tested.head(most)
    if ax is None:
        ax = _new_axes((_WIDTH, 0.9 + 0.155 * max(len(shown), 3)))
    if shown.empty:
        _empty(ax, "no region could be tested")
        ax.set_axis_off()
        return ax
    _draw_ratios(ax, shown, result)
    left = [f"{len(rows) - len(tested)} could not be tested"] if len(tested) < len(rows) else []
    left += [f"{len(tested) - len(shown)} more not shown"] if len(shown) < len(tested) else []
    ax.set_xlabel(
        f"rate ratio: observed / expected {result.value}, {100 * result.confidence:g} % interval"
        + (f" ({', '.join(left)})" if left else "")
    )
    if title:
        up = result.regions(SUPPORTED)
        head = f"Uptick in {', '.join(up[:4])}" if up else "No region shows an uptick"
        if len(up) > 4:
            head += f" and {len(up) - 4} more"
        ax.set_title(_marked(head, result.simulated), loc="left")
    elif result.simulated:
        _mark_simulated(ax)
    return ax


def region_label(name: str, verdict: str, *, longest: int = 24) -> str:
    """Return a region's name with the glyph of its verdict, shortened where it is too long for a panel.

    Examples
    --------
    >>> region_label("Kirkuk", "supported")
    '▲ Kirkuk'
    """
    short = name if len(name) <= longest else name[: longest - 1].rstrip() + "…"
    return f"{GLYPHS[verdict]} {short}" if verdict else short


class _Series:
    """The last periods of one region at the shown frequency, NaN where there is no coverage."""

    def __init__(self, counts: Counts, periods: int) -> None:
        if periods < 1:
            raise OptionError("periods must be 1 or more", found=str(periods))
        shown = counts if counts.freq == counts.finest else counts.resample(counts.freq)
        # A first week cut by the start of the counts is no week without coverage.
        first = int(shown.starts[0] < counts.starts[0])
        at = slice(max(first, len(shown) - periods), None)
        self.name = counts.regions[0]
        self.value = counts.value
        self.simulated = counts.simulated
        self.step = shown.period_days
        self.starts: Days = shown.starts[at]
        self.covered: BoolArray = shown.coverage[at, 0]
        self.values: FloatArray = np.where(self.covered, shown.values[at, 0], np.nan).astype(float)
        self.provisional: BoolArray = shown.provisional[at]

    @property
    def middle(self) -> Any:
        """Where a period is drawn: its middle."""
        return self.starts.astype("datetime64[h]") + np.timedelta64(12 * self.step, "h")

    @property
    def end(self) -> np.datetime64:
        return np.datetime64(self.starts[-1] + self.step * _DAY, "D")


def _draw_series(
    ax: Axes, series: _Series, *, recent: Window | None, verdict: str, gap: str = "", labels: bool = True
) -> None:
    hide = "" if labels else "_"  # matplotlib leaves out of a legend what starts with _
    x = series.middle
    whole = np.where(series.provisional, np.nan, series.values)
    ax.plot(x, whole, color=INK, linewidth=0.9, zorder=3, label="_counts")
    alone = ~np.isnan(whole) & np.isnan(np.r_[np.nan, whole[:-1]]) & np.isnan(np.r_[whole[1:], np.nan])
    ax.plot(x[alone], whole[alone], ".", color=INK, markersize=3, zorder=3, label="_alone")
    if recent is not None:
        inside = recent.contains(series.starts) & ~np.isnan(whole)
        up = verdict == SUPPORTED
        ax.plot(
            x[inside],
            whole[inside],
            "^" if up else "o",
            color=ACCENT if up else INK,
            linestyle="none",
            markersize=5 if up else 3,
            zorder=5,
            label=hide + ("recent: uptick" if up else "recent window"),
        )
    running = series.provisional & ~np.isnan(series.values)
    if running.any():
        at = np.flatnonzero(running)
        joined = np.unique(np.r_[at, np.maximum(at - 1, 0)])
        ax.plot(x[joined], series.values[joined], ":", color=GREY, linewidth=0.9, zorder=3, label="_running")
        ax.plot(
            x[at],
            series.values[at],
            "o",
            markerfacecolor="white",
            markeredgecolor=INK,
            linestyle="none",
            markersize=4.5,
            zorder=6,
            label=hide + ("still running"),
        )
    for number, (begin, end) in enumerate(_runs(~series.covered)):
        ax.axvspan(
            cast(Any, series.starts[begin]),
            cast(Any, series.starts[end - 1] + series.step * _DAY),
            facecolor="#F3F4F6",
            edgecolor="#9CA3AF",
            hatch="////",
            linewidth=0,
            zorder=1,
            label=hide + gap if number == 0 else "_gap",
        )


def _draw_band(ax: Axes, band: pd.DataFrame, series: _Series) -> None:
    starts = band["start"].to_numpy().astype("datetime64[D]")
    rows = band[starts >= series.starts[0]]
    starts = rows["start"].to_numpy().astype("datetime64[D]")
    if rows["low"].notna().sum() == 0:
        return
    x = cast(Any, starts.astype("datetime64[h]") + np.timedelta64(84, "h"))
    low, high, expected, observed = (
        rows[name].to_numpy(dtype=float) for name in ("low", "high", "expected", "observed")
    )
    ax.fill_between(x, low, high, color=PALE, alpha=0.6, linewidth=0, zorder=0.5, label="expected range")
    ax.plot(x, expected, "--", color=GREY, linewidth=0.9, zorder=2, label="expected")
    above = observed > high
    if above.any():
        ax.plot(
            x[above],
            observed[above],
            "D",
            color=INK,
            markersize=3.2,
            linestyle="none",
            zorder=4,
            label="above range",
        )


def _draw_expected(ax: Axes, level: float, result: UptickResult, series: _Series) -> None:
    x = cast(Any, [max(result.baseline.start, series.starts[0]), result.recent.end + _DAY])
    ax.plot(x, [level, level], "--", color=GREY, linewidth=0.8, zorder=2, label="_expected")


def _shade_recent(ax: Axes, recent: Window, verdict: str) -> None:
    colour = WASH if verdict == SUPPORTED else "#F3F4F6"
    ax.axvspan(
        cast(Any, recent.start),
        cast(Any, recent.end + _DAY),
        color=colour,
        linewidth=0,
        zorder=0.2,
        label="_recent",
    )


def _finish(ax: Axes, series: _Series, *, small: bool = False) -> None:
    from matplotlib import dates
    from matplotlib.ticker import MaxNLocator

    mdates: Any = dates  # matplotlib leaves these without types

    known = series.values[~np.isnan(series.values)]
    if not known.size:
        _empty(ax, "no coverage in this time", small=small)
    elif not known.any():
        _empty(ax, f"no {series.value} in this time", small=small)
    ax.set_xlim(cast(Any, series.starts[0]), cast(Any, series.end + series.step // 2 * _DAY))
    room = 1.12 if series.simulated else 1.0  # for the mark
    ax.set_ylim(0, max(ax.get_ylim()[1], 1.0) * room)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=3 if small else 5, integer=True, min_n_ticks=2))
    days = len(series.starts) * series.step
    months = [1, 4, 7, 10] if 200 < days <= 900 and not small else [1, 7] if days > 200 else range(1, 13)
    if days > 1500:
        months = [1]
    if days >= 60:
        ax.xaxis.set_major_locator(mdates.MonthLocator(bymonth=months))
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%b\n%Y" if not small else "%b %Y"))
    else:
        ax.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=2, maxticks=3 if small else 6))
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%d %b\n%Y" if not small else "%d %b"))
    if small:
        ax.tick_params(labelsize=7, length=2)
    if series.simulated:
        _mark_simulated(ax, small=small)


def _draw_ratios(ax: Axes, rows: pd.DataFrame, result: UptickResult) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low_end, high_end = _LIMITS
    y = np.arange(len(rows))[::-1]
    ratio, low, high = (rows[name].to_numpy(dtype=float) for name in ("rate_ratio", "low", "high"))
    up = (rows["verdict"] == SUPPORTED).to_numpy()
    none = (rows["verdict"] == NOT_SUPPORTED).to_numpy()
    colours = np.where(up, ACCENT, GREY)
    ax.set_xscale("log")
    ax.set_xlim(low_end, high_end)
    ax.hlines(
        y,
        np.clip(low, low_end, high_end),
        np.clip(high, low_end, high_end),
        colors=list(colours),
        linewidth=1.2,
        zorder=3,
    )
    for beyond, marker, edge in ((low < low_end, "<", low_end), (high > high_end, ">", high_end)):
        ax.plot(
            np.full(int(beyond.sum()), edge),
            y[beyond],
            marker,
            color=GREY,
            markersize=4,
            linestyle="none",
            clip_on=False,
            zorder=4,
        )
    for chosen, marker, face in (
        (up, "^", ACCENT),
        (none, "s", GREY),
        (~up & ~none, "o", "white"),
    ):
        inside = chosen & (ratio >= low_end) & (ratio <= high_end)
        ax.plot(
            ratio[inside],
            y[inside],
            marker,
            markerfacecolor=face,
            linestyle="none",
            zorder=5,
            markeredgecolor=ACCENT if marker == "^" else GREY,
            markersize=6 if marker == "^" else 4.5,
        )
    ax.axvline(1.0, color=INK, linewidth=0.7, zorder=1)
    ax.axvline(result.margin, color=GREY, linewidth=0.8, linestyle=":", zorder=1)
    ax.annotate(
        f"margin {result.margin:g}",
        (result.margin, 1.0),
        xycoords=("data", "axes fraction"),
        fontsize=7,
        color=GREY,
        xytext=(2, -1),
        textcoords="offset points",
        va="top",
    )
    labels = [region_label(n, v, longest=30) for n, v in zip(rows["region"], rows["verdict"], strict=True)]
    ax.set_yticks(y, labels)
    for tick, hot in zip(ax.get_yticklabels(), up, strict=True):
        tick.set_color(ACCENT if hot else INK)
        tick.set_fontweight("bold" if hot else "normal")
    ax.tick_params(axis="y", length=0, pad=7)
    ax.set_ylim(-0.7, len(rows) - 0.3 + 0.6)
    for at, r, a, b, hot in zip(y, ratio, low, high, up, strict=True):
        ax.annotate(
            f"{format_number(r, 2)}  ({format_number(a, 2)} to {format_number(b, 2)})",
            (1.02, at),
            xycoords=("axes fraction", "data"),
            fontsize=7,
            va="center",
            color=ACCENT if hot else INK,
        )
    ax.xaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10, 20]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))


def _order(counts: Counts, result: UptickResult | None) -> list[str]:
    if result is not None:
        names = [str(name) for name in result.ranked()["region"]]
        unknown = [name for name in names if name not in counts.regions]
        if unknown:
            raise OptionError("the result is not of these counts", found=f"a region {unknown[0]!r}")
        return names
    totals = np.where(counts.coverage, counts.values, 0).sum(axis=0)
    return [counts.regions[i] for i in np.argsort(-totals, kind="stable")]


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Return begin and end (excluded) of each run of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _new_axes(size: tuple[float, float]) -> Axes:
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def _grid(panels: int, columns: int, share_y: bool) -> list[Axes]:
    import matplotlib.pyplot as plt

    rows = max(-(-panels // columns), 1)
    _, axes = plt.subplots(
        rows,
        columns,
        figsize=(_WIDTH, 0.35 + 1.3 * rows),
        sharex=True,
        sharey=share_y,
        layout="constrained",
        squeeze=False,
    )
    flat = list(axes.ravel())
    for ax in flat[panels:]:
        ax.set_visible(False)
    for ax in flat[max(panels - columns, 0) : panels]:
        ax.tick_params(labelbottom=True)
    return flat


def _empty(ax: Axes, text: str, *, small: bool = False) -> None:
    ax.text(
        0.5,
        0.5,
        text,
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=GREY,
        fontsize=7 if small else 9,
    )


def _marked(text: str, simulated: bool) -> str:
    return f"SIMULATED: {text}" if simulated else text


def _mark_simulated(ax: Axes, *, small: bool = False) -> None:
    ax.text(
        0.012,
        0.97,
        "SIMULATED",
        transform=ax.transAxes,
        ha="left",
        va="top",
        color=ACCENT,
        alpha=0.75,
        fontsize=5.5 if small else 7.5,
        fontweight="bold",
        zorder=7,
    )
