"""The main pictures for notebooks, to be pointed at and zoomed: plotly figures of the same data.

What they show comes from the functions that the pictures for paper are drawn from, so that both hold the same
numbers and words. plotly is loaded only when one is drawn; it needs no network, in JupyterLab and in a file:
``figure.write_html("map.html", include_plotlyjs=True)``.
"""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.plots.interactive.map import interactive_map
from analytics.plots.interactive.series import interactive_alarm_board, interactive_trend

__all__ = ["interactive_alarm_board", "interactive_map", "interactive_trend"]
__dir__ = names_shown(__name__)
