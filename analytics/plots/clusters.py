"""The cluster that the scan found, on a map of its places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analytics._typing import BoolArray, FloatArray
from analytics.errors import OptionError
from analytics.geo.polygons import Polygons
from analytics.plots.fonts import drawable
from analytics.plots.look import ELSEWHERE, filled
from analytics.plots.shapes import Frame, boxes_meet, extent, frame_of, ring_path, thinned
from analytics.plots.style import ACCENT, GREY, INK, as_written, empty, mark_simulated, marked, new_axes
from analytics.results import SUPPORTED, ClaimResult
from analytics.results.words import counted, format_number, listed, p_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_scan"]

_ROUNDED = 1  # decimals of a degree that a place is drawn at
_NAME = 6.5  # points


@as_written
def plot_scan(
    result: ClaimResult, *, polygons: Polygons | None = None, title: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw the places that a scan looked at, those of the strongest cluster marked and ringed.

    Parameters
    ----------
    result : ClaimResult
        Of :func:`analytics.scan_test`.
    polygons : Polygons, optional
        Boundaries drawn behind the places, such as ``bundled_polygons("Iraq")``.
    title : bool
    ax : Axes, optional

    Returns
    -------
    Axes
        A circle a place at its coordinates rounded to a tenth of a degree, larger for more incidents in the
        cluster's days; triangles stand in the cluster, filled where it is supported; crosses were not tested.

    Raises
    ------
    OptionError
        If the result is not a scan's.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics import Counts, scan_test
    >>> days, rng = pd.date_range("2019-04-15", "2020-04-12"), np.random.default_rng(3)
    >>> daily = pd.DataFrame(rng.poisson(0.2, (len(days), 12)), index=days, columns=list("ABCDEFGHIJKL"))
    >>> daily.iloc[-10:, :3] += rng.poisson(2.0, (10, 3))
    >>> where = [[35.0, 44.0 + 0.1 * i] for i in range(3)] + [[33.0, 40.0 + i] for i in range(9)]
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12")
    >>> ax = plot_scan(scan_test(counts, places=where, replicates=99))
    >>> ax.get_title(loc="left").split(":")[0]
    'A cluster in A, B, C'
    """
    places = result.details.get("places")
    if places is None or "in_cluster" not in places:
        raise OptionError(
            "plot_scan draws what scan_test found", expected="the result of scan_test", found=result.claim
        )
    if ax is None:
        ax = new_axes((4.4, 4.2))
    row = result.frame.iloc[0]
    at = np.round(places[["lat", "lon"]].to_numpy(dtype=float), _ROUNDED)
    observed = places["observed"].to_numpy(dtype=float)
    inside, tested = places["in_cluster"].to_numpy(dtype=bool), places["tested"].to_numpy(dtype=bool)
    called = row["verdict"] == SUPPORTED
    box = _box(at, polygons)
    frame = frame_of(ax, box)
    ax.set_xlim(box[0], box[2])
    ax.set_ylim(box[1], box[3])
    ax.set_aspect(frame.stretch)
    if polygons is not None:
        _draw_ground(ax, polygons)
    _draw_places(ax, at, observed, inside, tested, called=called)
    if inside.any():
        _draw_ring(ax, at[inside], frame.stretch, called=called)
        _name_places(ax, at[inside], list(places.loc[inside, "place"]), frame, ACCENT if called else INK)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel(
        _key(called, bool(inside.any()), bool((~tested).any())), fontsize=6.5, color=GREY, loc="left"
    )
    if not inside.any():
        empty(ax, "no cluster" if tested.any() else "no place could be tested")
    if result.simulated:
        mark_simulated(ax)
    if title:
        ax.set_title(marked(_takeaway(result), result.simulated), loc="left", fontsize=9, wrap=True)
    return ax


def _box(at: FloatArray, polygons: Polygons | None) -> tuple[float, float, float, float]:
    if polygons is not None:
        return extent(ring for parts in polygons.rings for ring in parts)
    margin = 0.08 * max(float(np.ptp(at[:, 0])), float(np.ptp(at[:, 1])), 0.5)
    (south, west), (north, east) = at.min(axis=0) - margin, at.max(axis=0) + margin
    return float(west), float(south), float(east), float(north)


def _draw_ground(ax: Axes, polygons: Polygons) -> None:
    from matplotlib.patches import PathPatch

    rings = thinned({str(i): parts for i, parts in enumerate(polygons.rings)})
    for parts in rings.values():
        ax.add_artist(PathPatch(ring_path(parts), zorder=0.5, label="_ground", **filled(ELSEWHERE)))


def _draw_places(
    ax: Axes, at: FloatArray, observed: FloatArray, inside: BoolArray, tested: BoolArray, *, called: bool
) -> None:
    top = max(float(np.nanmax(np.append(observed, 0.0))), 1.0)
    size = 12 + 110 * np.nan_to_num(observed) / top
    ax.scatter(
        at[tested & ~inside, 1], at[tested & ~inside, 0], s=size[tested & ~inside], facecolor="#CFD8E3",
        edgecolor=GREY, linewidth=0.5, zorder=2, label="place",
    )  # fmt: skip
    ax.scatter(
        at[inside, 1], at[inside, 0], s=size[inside] + 10, marker="^", zorder=4, label="in the cluster",
        facecolor=ACCENT if called else "white", edgecolor=ACCENT if called else INK, linewidth=0.9,
    )  # fmt: skip
    ax.plot(
        at[~tested, 1], at[~tested, 0], "x", color=GREY, markersize=4, linestyle="none", label="not tested"
    )


def _name_places(ax: Axes, at: FloatArray, names: Sequence[object], frame: Frame, colour: str) -> None:
    """Write the names of the cluster's places, as far as they do not meet."""
    taken: list[tuple[float, float, float, float]] = []
    for (latitude, longitude), name in zip(at, names, strict=True):
        text = drawable(str(name))
        wide, high = frame.size(text, _NAME)
        west, south = longitude + 6 / 72 / frame.inches, latitude
        box = (west, south, west + wide, south + high)
        if any(boxes_meet(box, other) for other in taken):
            continue
        taken.append(box)
        ax.text(west, south, text, fontsize=_NAME, color=colour, va="bottom", zorder=6)


def _draw_ring(ax: Axes, at: FloatArray, stretch: float, *, called: bool) -> None:
    """Draw a ring around the places of the cluster."""
    from matplotlib.patches import Ellipse

    middle = (at.min(axis=0) + at.max(axis=0)) / 2
    reach = np.hypot(at[:, 1] - middle[1], (at[:, 0] - middle[0]) * stretch).max() + 0.18
    ring = Ellipse(
        (middle[1], middle[0]), 2 * reach, 2 * reach / stretch, facecolor="none", label="cluster", zorder=3,
        edgecolor=ACCENT if called else INK, linestyle="-" if called else "--", linewidth=1.0,
    )  # fmt: skip
    ax.add_artist(ring)


def _key(called: bool, found: bool, untested: bool) -> str:
    said = ["circles: places, larger for more incidents in these days; rounded coordinates"]
    if found:
        said.append("▲ in the strongest cluster" if called else "△ in the strongest cluster, may be chance")
    if untested:
        said.append("× not tested")
    return "\n".join(said)


def _takeaway(result: ClaimResult) -> str:
    row = result.frame.iloc[0]
    if not row["places"]:
        return "No cluster"
    names = listed(str(row["places"]).split(", "), 3)
    many = counted((row["end"] - row["start"]).days + 1, "day")
    counts = f"{format_number(row['observed'], 0)} in {many}, {format_number(row['expected'])} expected"
    numbers = f"{counts}, {p_words(row['pvalue'])}"
    if row["verdict"] == SUPPORTED:
        return f"A cluster in {names}: {numbers}"
    return f"Strongest, may be chance: {names}; {numbers}"
