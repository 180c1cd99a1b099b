"""Pictures of the command as files: of an evaluation, of two sources side by side."""

from __future__ import annotations

import io
from collections.abc import Callable
from textwrap import wrap
from typing import Any

from analytics.duplicates import SideBySide
from analytics.errors import unknown_option
from analytics.evaluation import EvaluationResult
from analytics.reporting.elements.figures import report_style

__all__ = ["PICTURES", "evaluation_picture", "side_by_side_picture"]

PICTURES: dict[str, dict[str, Any]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
_DPI = 200
_SMALL, _LETTERS = 6, 18  # points of what stands below, and how many of its letters go into an inch


def evaluation_picture(result: EvaluationResult, kind: str = "png", *, terms: str = "") -> bytes:
    """Return the picture of an evaluation, in the look of the report; two runs give the same bytes.

    Parameters
    ----------
    result : EvaluationResult
    kind : {"png", "pdf", "svg"}
    terms : str
        What may be done with the data, written below.

    Raises
    ------
    OptionError
        If the kind is unknown.
    """
    from analytics.plots.evaluation import evaluation_figure

    return _picture(lambda: evaluation_figure(result), kind, terms)


def side_by_side_picture(result: SideBySide, kind: str = "png", *, terms: str = "") -> bytes:
    """Return the picture of two sources, in the look of the report; see `evaluation_picture`."""
    from analytics.plots import plot_side_by_side

    return _picture(lambda: plot_side_by_side(result)[0].get_figure(root=True), kind, terms)


def _picture(draw: Callable[[], Any], kind: str, terms: str) -> bytes:
    if kind not in PICTURES:
        raise unknown_option("kind", kind, tuple(PICTURES))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with report_style():
        figure = draw()
        FigureCanvasAgg(figure)
        drawn = io.BytesIO()
        if terms:
            lines = "\n".join(wrap(terms, int(_LETTERS * figure.get_figwidth())))
            figure.text(0.01, -0.01, lines, size=_SMALL, va="top", parse_math=False)
        figure.savefig(
            drawn, format=kind, dpi=_DPI, metadata=PICTURES[kind], bbox_inches="tight" if terms else None
        )
        import matplotlib.pyplot as plt

        plt.close(figure)
    return drawn.getvalue()
