"""The look of the house: its style, and fills for grades, levels and changes that hold in black and white."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from analytics._typing import FloatArray
from analytics.errors import unknown_option
from analytics.plots.fonts import FAMILIES, register_fonts
from analytics.plots.style import ACCENT, GREY, INK, WIDTH
from analytics.results.grades import Grade
from analytics.results.words import format_number

if TYPE_CHECKING:
    from matplotlib.patches import Patch

__all__ = [
    "CHANGES",
    "DIVERGING",
    "GRADE_LOOKS",
    "SEQUENTIAL",
    "STYLE",
    "Look",
    "change_look",
    "key_patch",
    "level_breaks",
    "level_look",
    "plot_style",
    "register_fonts",
    "usual_settings",
]

SEQUENTIAL = ("#FFF7ED", "#FED7AA", "#FDBA74", "#EA580C", "#9A3412")
DIVERGING = ("#1D4ED8", "#93C5FD", "#F3F4F6", "#FCA5A5", "#B91C1C")
EDGE = "#C9CED6"
HATCH = "#C4C9D2"
FAINT = "#D9DDE4"
LINE = "#9CA3AF"
STYLE: Mapping[str, Any] = {
    "font.family": [*FAMILIES],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.labelcolor": GREY,
    "axes.edgecolor": "#9CA3AF",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.unicode_minus": True,
    "grid.color": "#E5E7EB",
    "grid.linewidth": 0.5,
    "xtick.color": "#9CA3AF",
    "ytick.color": "#9CA3AF",
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": GREY,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.2,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.6,
    "figure.figsize": (WIDTH, 2.9),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "uptick",
    "axes.prop_cycle": f"cycler('color', {[ACCENT, GREY, '#1D4ED8', '#9CA3AF', '#7C2D12', '#374151']})",
}
CHANGES = (0.5, 0.8, 1.25, 2.0)
_CHANGE_WORDS = ("half or less", "0.5 to 0.8 times", "0.8 to 1.25 times", "1.25 to 2 times", "over twice")


@contextmanager
def plot_style(**changes: Any) -> Iterator[None]:
    """Draw in the look of the reports inside a ``with`` block, whatever matplotlib was set to before.

    Parameters
    ----------
    **changes
        Settings of matplotlib that differ, with ``_`` for ``.``: ``font_size=10``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> with plot_style(font_size=10):
    ...     plt.rcParams["font.size"], plt.rcParams["axes.spines.top"]
    (10.0, False)
    """
    import matplotlib as mpl

    register_fonts()
    with mpl.rc_context():
        usual = usual_settings()
        own = {_setting(name, usual): value for name, value in changes.items()}
        mpl.rcParams.update(cast(Any, {**usual, **STYLE, **own}))
        yield


def usual_settings() -> dict[str, Any]:
    """Return matplotlib's own defaults, so that a user's matplotlibrc does not change a picture."""
    import matplotlib as mpl

    kept = {"backend", "backend_fallback", "interactive", "toolbar", "timezone", "webagg.port"}
    return {k: v for k, v in mpl.rcParamsDefault.items() if k not in kept and not k.startswith("date.epoch")}


def _setting(name: str, known: Mapping[str, Any]) -> str:
    found = {key.replace(".", "_"): key for key in known}
    if name not in found:
        raise unknown_option("setting of matplotlib", name, sorted(found))
    return found[name]


@dataclass(frozen=True, slots=True)
class Look:
    """How one area is filled, what is written on it, and what the key calls it."""

    fill: str
    ink: str = INK
    edge: str = "white"
    hatch: str = ""
    words: str = ""
    bold: bool = False


GRADE_LOOKS: Mapping[Grade, Look] = {
    "uptick": Look(ACCENT, "white", bold=True),
    "above_usual": Look("#FDBA74"),
    "unsteady": Look("#EEF0F3", hatch="\\\\\\\\", edge=FAINT),
    "no_sign": Look("#CFD8E3"),
    "no_large_rise_if": Look("#BECAD9"),
    "no_large_rise": Look("#A7B7CA"),
    "too_few": Look("#E9EBEE", GREY),
    "no_data": Look("white", edge=HATCH, hatch="////"),
    "none_recorded": Look("white", GREY, edge=EDGE),
}
NOTHING = Look("white", GREY, edge=EDGE, words="none")
UNKNOWN = Look("white", edge=HATCH, hatch="////", words="no coverage")
FEW = Look("white", GREY, edge=HATCH, hatch="---", words="fewer than 5 expected: no ratio")
ELSEWHERE = Look("white", GREY, edge="#E5E7EB", words="not in these counts")


def level_breaks(values: FloatArray) -> tuple[float, ...]:
    """Return at most four limits between classes of levels above zero: round numbers near equal shares.

    Examples
    --------
    >>> level_breaks(np.array([0, 1, 2, 3, 8, 14, 33, 120.0]))
    (1.0, 3.0, 8.0, 33.0)
    >>> level_breaks(np.array([0.0, 0.0]))
    ()
    """
    known = values[np.isfinite(values) & (values > 0)]
    if not known.size:
        return ()
    cuts = np.quantile(known, [0.2, 0.4, 0.6, 0.8], method="closest_observation")
    digits = 10.0 ** np.maximum(np.floor(np.log10(cuts)) - 1, 0)
    rounded = np.unique(np.round(cuts / digits) * digits)
    return tuple(float(cut) for cut in rounded if cut < known.max())


def level_look(value: float, breaks: Sequence[float]) -> Look:
    """Return the look of a level: white for none, darker for more, hatched where not known."""
    if np.isnan(value):
        return UNKNOWN
    if value == 0:
        return NOTHING
    at = int(np.searchsorted(breaks, value, side="left"))
    shades = np.linspace(0, len(SEQUENTIAL) - 1, len(breaks) + 1).round().astype(int) if breaks else [2]
    shade = int(shades[at])
    low = 0.0 if at == 0 else breaks[at - 1]
    if at == len(breaks):
        words = f"over {format_number(low, 0)}" if breaks else "above 0"
    else:
        words = f"{format_number(low + 1, 0)} to {format_number(breaks[at], 0)}"
        words = words if breaks[at] > low + 1 else format_number(breaks[at], 0)
    return Look(SEQUENTIAL[shade], "white" if shade >= 4 else INK, edge=LINE, words=words)


def change_look(observed: float, expected: float, least: float) -> Look:
    """Return the look of a ratio: no ratio where fewer than `least` were expected."""
    if np.isnan(observed) or np.isnan(expected):
        return UNKNOWN
    if expected < least:
        return FEW
    at = int(np.searchsorted(CHANGES, observed / expected, side="left"))
    return Look(DIVERGING[at], "white" if at in (0, 4) else INK, edge=LINE, words=_CHANGE_WORDS[at])


def key_patch(look: Look, label: str) -> Patch:
    """Return what a key shows for a look."""
    from matplotlib.patches import Patch

    return Patch(**filled(look), label=label)


def filled(look: Look) -> dict[str, Any]:
    """Return a look as matplotlib's options of a filled shape."""
    return {
        "facecolor": look.fill,
        "edgecolor": look.edge,
        "hatch": look.hatch or None,
        "linewidth": 0.7,
    }
