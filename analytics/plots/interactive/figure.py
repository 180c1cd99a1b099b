"""What the interactive pictures share: plotly itself, text from data, title, look and mark."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from analytics._text import visible
from analytics.options import check_installed
from analytics.plots.style import ACCENT, GREY, INK

__all__ = ["as_text", "finished", "load_plotly", "middle"]

_LINE = 90  # letters of a title's line


def load_plotly(instead: str) -> Any:
    """Return plotly's figures, or say how to install it and what to use without it."""
    check_installed(
        "plotly", what="interactive pictures are drawn", extra="interactive", instead=f"use {instead}"
    )
    import plotly.graph_objects as go

    return go


def middle(starts: Any, step: int) -> list[str]:
    """Return where periods are drawn, as text: two runs then hold the same."""
    return [str(t) for t in starts.astype("datetime64[h]") + np.timedelta64(12 * step, "h")]


def as_text(text: str) -> str:
    """Return text from data so that nothing in it is read as a tag."""
    return escape(visible(text), quote=False)


def finished(figure: Any, title: str, simulated: bool, *, height: int, notes: Sequence[str] = ()) -> Any:
    """Give a figure its title, its look, the mark of simulated data, and what has to be known of it."""
    head = "<br>".join(as_text(line) for line in textwrap.wrap(title, _LINE))
    figure.update_layout(
        title={"text": head, "x": 0.01, "font": {"size": 14, "color": INK}}, height=height,
        template="plotly_white", font={"color": INK, "size": 12}, margin={"l": 60, "r": 20, "t": 70, "b": 60},
        legend={"orientation": "h", "y": -0.12},
    )  # fmt: skip
    if simulated:
        figure.add_annotation(
            text="<b>SIMULATED</b>", xref="paper", yref="paper", x=0.01, y=0.99, showarrow=False,
            font={"color": ACCENT, "size": 12}, name="mark",
        )  # fmt: skip
    if notes:
        figure.add_annotation(
            text="<br>".join(as_text(line) for note in notes for line in textwrap.wrap(note, _LINE)),
            xref="paper", yref="paper", x=0, y=-0.02, yanchor="top", align="left", showarrow=False,
            font={"color": GREY, "size": 10}, name="notes",
        )  # fmt: skip
    return figure
