"""Weeks by years: a calendar of counts, with days unlike others marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts import Counts
from analytics.geo.calendars import calendar_names, calendar_windows
from analytics.geo.countries import find_country
from analytics.options import check_whole
from analytics.periods import DAY, Window, as_day, as_window
from analytics.plots.cells import draw_cells, plain_axes
from analytics.plots.fonts import drawable
from analytics.plots.look import HATCH, key_patch, level_breaks, level_look
from analytics.plots.style import GREY, INK, WIDTH, as_written, empty, mark_simulated, marked, new_axes
from analytics.results.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_calendar"]

_HIGH, _TOP = 0.56, -0.46  # of a week's square, in rows
_LINE, _STEP = 0.26, 0.13  # where the lines of marked days run below the squares
_WEEKS = 53


@dataclass(frozen=True, eq=False, slots=True)
class _Grid:
    """Weeks as rows of years; arrays of shape (years, 53)."""

    years: tuple[int, ...]
    values: FloatArray
    covered: BoolArray
    held: BoolArray
    running: BoolArray
    first: Days  # first day of each year's first week


@as_written
def plot_calendar(
    counts: Counts,
    *,
    marks: Mapping[str, Iterable[object]] | Literal["calendar"] | None = "calendar",
    years: int = 8,
    title: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw counts as a calendar: one row a year, one column a week, darker for more.

    Parameters
    ----------
    counts : Counts
        Several regions are summed; days are summed to weeks.
    marks : mapping or "calendar", optional
        Days to mark: label to windows (such as ``"2020-03-22..2020-04-20"``). ``"calendar"``: those of the
        counts' countries, where data of them are bundled. Each has a letter and a line below the weeks.
    years : int
        How many years are shown, the last ones.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        A week belongs to the year of its fourth day, as ISO weeks do. Weeks without coverage are hatched, a
        week still running has a dashed edge, weeks before the counts begin are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Kirkuk": [3, 0, 5]}, index=["2020-W14", "2020-W15", "2020-W16"])
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> ax = plot_calendar(counts)
    >>> ax.get_title(loc="left"), [label.get_text() for label in ax.get_yticklabels()]
    ('Most incidents in a week: 5, 2020-W16', ['2020'])
    """
    check_whole(1, years=years)
    single = counts if len(counts.regions) == 1 else counts.total()
    weekly = single if single.finest == "week" else single.resample("week")
    grid, earlier = _grid(weekly, counts.starts[0], years)
    if ax is None:
        ax = new_axes((WIDTH, 1.05 + 0.36 * len(grid.years)))
    breaks = level_breaks(grid.values[grid.covered & ~np.isnan(grid.values)])
    looks = _draw_weeks(ax, grid, breaks)
    terms = _terms(counts, marks)
    shown = _draw_marks(ax, grid, terms, single.as_of)
    plain_axes(ax)
    ax.set_xlim(0.4, _WEEKS + 0.6)
    ax.set_ylim(len(grid.years) - 0.45, -1.0 if counts.simulated else -0.6)
    ax.set_yticks(range(len(grid.years)), [str(year) for year in grid.years], fontsize=7.5)
    ax.set_xticks([1, *range(5, _WEEKS + 1, 4)], ["week 1", *map(str, range(5, _WEEKS + 1, 4))], fontsize=7)
    said = [f"{letter} {label}" for letter, label in shown]
    said += [f"{counted(earlier, 'earlier year')} not shown"] if earlier else []
    ax.set_xlabel(" · ".join(said), fontsize=7, color=GREY, loc="left")
    _draw_key(ax, looks, grid)
    known = np.where(grid.covered, grid.values, np.nan)
    if np.isnan(known).all():
        empty(ax, "no coverage in this time")
    elif not (known > 0).any():
        empty(ax, f"no {counts.value} in this time")
    if counts.simulated:
        mark_simulated(ax, small=True)
    if title:
        head = _takeaway(weekly, grid, counts.value)
        ax.set_title(marked(head, counts.simulated), loc="left", pad=16)
    return ax


def _grid(weekly: Counts, begin: np.datetime64, years: int) -> tuple[_Grid, int]:
    """Return the weeks in rows of years, and how many earlier years are left out."""
    # A first week cut by the start of the counts is no week without coverage.
    keep = weekly.starts >= begin
    starts = weekly.starts[keep]
    year, week = _year_and_week(starts if len(starts) else weekly.starts)
    if not len(starts):
        keep[:] = True
    listed = np.unique(year)
    kept = listed[-years:]
    inside = year >= kept[0]
    row, column = (year[inside] - kept[0]).astype(int), week[inside] - 1
    shape = (int(kept[-1] - kept[0]) + 1, _WEEKS)
    values = np.full(shape, np.nan)
    covered, held, running = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
    values[row, column] = weekly.values[keep][inside, 0]
    covered[row, column] = weekly.coverage[keep][inside, 0]
    running[row, column] = weekly.provisional[keep][inside]
    held[row, column] = True
    names = tuple(range(int(kept[0]), int(kept[-1]) + 1))
    offset = weekly.starts[0]
    first = np.array([_first_day(name, offset) for name in names], dtype="datetime64[D]")
    return _Grid(names, values, covered, held, running, first), len(listed) - len(kept)


def _year_and_week(starts: Days) -> tuple[IntArray, IntArray]:
    """Return the year of each week's fourth day, and the week's number in it."""
    fourth = starts + 3 * DAY
    year = fourth.astype("datetime64[Y]")
    number = (fourth - year.astype("datetime64[D]")) / DAY
    return year.astype(np.int64) + 1970, (number // 7).astype(np.int64) + 1


def _first_day(year: int, any_start: np.datetime64) -> np.datetime64:
    """Return the first day of a year's first week, weeks starting on the weekday of `any_start`."""
    new_year = as_day(f"{year:04d}-01-01")
    shift = int((any_start + 3 * DAY - new_year) / DAY) % 7  # the first such fourth day of the year
    first: np.datetime64 = new_year + (shift - 3) * DAY
    return first


def _draw_weeks(ax: Axes, grid: _Grid, breaks: tuple[float, ...]) -> dict[str, Any]:
    """Draw the weeks by their class; return the classes drawn, in order."""
    number = np.where(grid.values > 0, np.searchsorted(breaks, grid.values, side="left") + 1, 0)
    looks: dict[str, Any] = {}
    size = {"left": 1.0, "top": _TOP, "high": _HIGH}  # week 1 stands at 1
    for at in range(len(breaks) + 2):
        chosen = grid.covered & (number == at)
        if not chosen.any():
            continue
        sample = float(grid.values[chosen][0])
        look = level_look(sample, breaks)
        looks[look.words] = look
        draw_cells(
            ax, chosen & ~grid.running, facecolor=look.fill, edgecolor=look.edge, linewidth=0.3,
            label=look.words, **size,
        )  # fmt: skip
        draw_cells(
            ax, chosen & grid.running, facecolor=look.fill, edgecolor=INK, linewidth=0.8, linestyle="--",
            label=f"{look.words}, running", **size,
        )  # fmt: skip
    draw_cells(
        ax, grid.held & ~grid.covered, facecolor="white", edgecolor=HATCH, hatch="//////", linewidth=0.3,
        label="no coverage", **size,
    )  # fmt: skip
    row, column = np.nonzero(grid.covered & (grid.values == 0))
    ax.plot(
        column + 1, row + _TOP + _HIGH / 2, ".", color=HATCH, markersize=2, linestyle="none", label="_none"
    )
    return looks


def _draw_key(ax: Axes, looks: Mapping[str, Any], grid: _Grid) -> None:
    from matplotlib.patches import Patch

    handles = [key_patch(look, words) for words, look in looks.items()]
    if (grid.held & ~grid.covered).any():
        handles.append(Patch(facecolor="white", edgecolor=HATCH, hatch="//////", label="no coverage"))
    if grid.running.any():
        handles.append(Patch(facecolor="white", edgecolor=INK, linestyle="--", label="still running"))
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=8, fontsize=6.5, frameon=False,
        borderaxespad=0.0, handlelength=1.1, handleheight=0.9, columnspacing=1.2, handletextpad=0.4,
    )  # fmt: skip


def _terms(
    counts: Counts, marks: Mapping[str, Iterable[object]] | Literal["calendar"] | None
) -> list[tuple[str, list[Window]]]:
    """Return what is marked: label and windows."""
    if marks is None:
        return []
    if marks != "calendar":
        return [(drawable(label), [as_window(spell) for spell in spells]) for label, spells in marks.items()]
    labels: dict[str, str] = {}
    for name in counts.countries:
        country = find_country(name)
        labels.update(country.calendar_labels if country is not None else {})
    return [
        (labels.get(term, term), list(calendar_windows(term))) for term in calendar_names(counts.countries)
    ]


def _draw_marks(
    ax: Axes, grid: _Grid, terms: list[tuple[str, list[Window]]], as_of: np.datetime64
) -> list[tuple[str, str]]:
    """Draw a line and a letter for each spell of marked days up to `as_of`; return letters and labels."""
    shown: list[tuple[str, str]] = []
    for number, (label, spells) in enumerate(terms):
        letter = _letter(label, {letter for letter, _ in shown})
        height = _LINE + _STEP * (number % 2)
        drawn = False
        for row, first in enumerate(grid.first):
            weeks = np.flatnonzero(grid.held[row])  # of each year at least one: they follow each other
            begin = first + 7 * int(weeks[0]) * DAY
            end = min(first + (7 * int(weeks[-1]) + 6) * DAY, as_of)
            for spell in spells:
                low, high = max(spell.start, begin), min(spell.end, end)
                if low > high:
                    continue
                x = [0.5 + float((low - first) / DAY) / 7, 0.5 + float((high - first) / DAY + 1) / 7]
                ax.plot(x, [row + height] * 2, color=INK, linewidth=1.1, solid_capstyle="butt", label="_mark")
                beside: dict[str, Any] = {"fontsize": 4.8, "va": "center", "ha": "left", "color": INK}
                ax.text(x[1] + 0.12, row + height, letter, zorder=4, **beside)
                drawn = True
        if drawn:
            shown.append((letter, label))
    return shown


def _letter(label: str, used: set[str]) -> str:
    """Return the first letter of a label that no other has."""
    for letter in label.removeprefix("the ").upper():
        if letter.isalnum() and letter not in used:
            return letter
    return next(str(number) for number in range(1, 1000) if str(number) not in used)


def _takeaway(weekly: Counts, grid: _Grid, value: str) -> str:
    known = np.where(weekly.coverage[:, 0] & (weekly.starts >= grid.first[0]), weekly.values[:, 0], -1)
    at = int(np.argmax(known))
    if known[at] <= 0:
        return f"No {value} in {grid.years[0]} to {grid.years[-1]}"
    return f"Most {value} in a week: {known[at]:,}, {weekly.labels()[at]}"
