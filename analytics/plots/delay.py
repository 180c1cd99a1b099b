"""How late reports come: the share of incidents reported within so many days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analytics._typing import FloatArray
from analytics.incidents import Incidents
from analytics.options import check_whole
from analytics.periods import DAY
from analytics.plots.style import (
    ACCENT,
    GREY,
    INK,
    PALE,
    WIDTH,
    as_written,
    empty,
    mark_simulated,
    marked,
    new_axes,
)
from analytics.results.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_delay"]

_FEW = 20  # incidents from which shares are drawn
_MARKED = (0.5, 0.9)


@as_written
def plot_delay(
    incidents: Incidents, *, settled: int = 60, days: int = 60, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw the share of incidents that had been reported within so many days.

    Parameters
    ----------
    incidents : Incidents
        With the day of the report (`reported_on`) where it is stated.
    settled : int
        Days an incident must lie before the end of the data to be counted: of later ones only those reported
        soon are in the file, and the curve would be too steep.
    days : int
        Length of the axis.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        A stepped curve, the days by which half and nine in ten are reported marked. Reports later than
        `settled` days are not in the picture; the curve is of what has been reported at all.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics import read_incidents
    >>> days = pd.date_range("2019-01-01", periods=100)
    >>> table = pd.DataFrame({"date": days, "reported_on": days + pd.Timedelta(days=3), "admin1": "Kirkuk"})
    >>> ax = plot_delay(read_incidents(table, as_of="2019-08-01", columns={"date_start": "date"}))
    >>> ax.get_title(loc="left")
    'Half are reported within 3 days, nine in ten within 3'
    """
    check_whole(0, settled=settled)
    check_whole(1, days=days)
    if ax is None:
        ax = new_axes((WIDTH, 2.1))
    delay, stated, early = _delays(incidents, settled)
    enough = delay.size >= _FEW
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.set_xlim(0, days)
    ax.set_ylim(0, 104)
    ax.set_yticks([0, 50, 90, 100], ["0 %", "50 %", "90 %", "100 %"], fontsize=7)
    ax.tick_params(axis="x", labelsize=7)
    if enough:
        _draw_curve(ax, delay, days)
        old = f"{counted(delay.size, 'incident')} at least {settled} days old"
        said = [f"days from the incident to its report; {old}"]
        if stated < len(incidents):
            said.append(f"{len(incidents) - stated:,} of {len(incidents):,} state no day of report")
        said += [f"{counted(early, 'report')} dated before the incident left out"] if early else []
        ax.set_xlabel("; ".join(said), fontsize=7, color=GREY)
    elif not stated:
        empty(
            ax, "how late reports come is not known:\nno incident states the day of its report (reported_on)"
        )
    else:
        old = f"{counted(delay.size, 'incident')} at least {settled} days old"
        empty(ax, f"too few to say: {old} with a day of report")
    if incidents.simulated:
        mark_simulated(ax, small=True)
    if title:
        head = "How late reports come is not known"
        if enough:
            half, most = (int(np.quantile(delay, share, method="inverted_cdf")) for share in _MARKED)
            head = f"Half are reported within {counted(half, 'day')}, nine in ten within {most}"
        ax.set_title(marked(head, incidents.simulated), loc="left")
    return ax


def _delays(incidents: Incidents, settled: int) -> tuple[FloatArray, int, int]:
    """Return delays in days of old enough incidents, how many state one, and how many come too early."""
    frame = incidents.frame
    happened = frame["date_start"].to_numpy().astype("datetime64[D]")
    reported = frame["reported_on"].to_numpy().astype("datetime64[D]")
    known = ~np.isnat(reported) & ~np.isnat(happened)
    last = incidents.as_of if incidents.as_of is not None else reported[known].max(initial=happened.min())
    if incidents.extracted is not None:
        last = min(last, incidents.extracted)
    old = known & (happened <= last - settled * DAY)
    delay = (reported[old] - happened[old]) / DAY
    return np.sort(delay[delay >= 0]), int(known.sum()), int((delay < 0).sum())


def _draw_curve(ax: Axes, delay: FloatArray, days: int) -> None:
    at = np.arange(days + 1)
    share = 100 * np.searchsorted(delay, at, side="right") / delay.size
    ax.step(at, share, where="post", color=INK, linewidth=1.3, zorder=3, label="reported")
    for number, wanted in enumerate(_MARKED):
        day = float(np.quantile(delay, wanted, method="inverted_cdf"))
        if day > days:
            continue
        ax.plot(
            [day, day, 0], [0, 100 * wanted, 100 * wanted], color=PALE, linewidth=0.9, zorder=1, label="_to"
        )
        ax.plot(
            day, 100 * wanted, "s" if number else "o", color=ACCENT, markersize=4, zorder=4, label="_mark"
        )
        ax.annotate(
            counted(day, "day"),
            (day, 100 * wanted),
            xytext=(5, -9),
            textcoords="offset points",
            fontsize=7.5,
            color=ACCENT,
        )
