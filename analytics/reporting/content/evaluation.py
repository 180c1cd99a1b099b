"""Pictures of the command as files: of an evaluation, of two sources side by side."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from analytics.duplicates import SideBySide
from analytics.errors import unknown_option
from analytics.evaluation import EvaluationResult
from analytics.reporting.elements.figures import report_style

__all__ = ["PICTURES", "evaluation_picture", "side_by_side_picture"]

PICTURES: dict[str, dict[str, Any]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
_DPI = 200


def evaluation_picture(result: EvaluationResult, kind: str = "png") -> bytes:
    """Return the picture of an evaluation, in the look of the report; two runs give the same bytes.

    Parameters
    ----------
    result : EvaluationResult
    kind : {"png", "pdf", "svg"}

    Raises
    ------
    OptionError
        If the kind is unknown.
    """
    from analytics.plots.evaluation import evaluation_figure

    return _picture(lambda: evaluation_figure(result), kind)


def side_by_side_picture(result: SideBySide, kind: str = "png") -> bytes:
    """Return the picture of two sources, in the look of the report; see `evaluation_picture`."""
    from analytics.plots import plot_side_by_side

    return _picture(lambda: plot_side_by_side(result)[0].get_figure(root=True), kind)


def _picture(draw: Callable[[], Any], kind: str) -> bytes:
    if kind not in PICTURES:
        raise unknown_option("kind", kind, tuple(PICTURES))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with report_style():
        figure = draw()
        FigureCanvasAgg(figure)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=kind, dpi=_DPI, metadata=PICTURES[kind])
        import matplotlib.pyplot as plt

        plt.close(figure)
    return drawn.getvalue()
