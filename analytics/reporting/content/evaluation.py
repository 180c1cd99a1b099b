"""The picture of an evaluation as a file."""

from __future__ import annotations

import io
from typing import Any

from analytics.errors import unknown_option
from analytics.evaluation import EvaluationResult
from analytics.reporting.elements.figures import report_style

__all__ = ["PICTURES", "evaluation_picture"]

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
    if kind not in PICTURES:
        raise unknown_option("kind", kind, tuple(PICTURES))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from analytics.plots.evaluation import evaluation_figure

    with report_style():
        figure = evaluation_figure(result)
        FigureCanvasAgg(figure)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=kind, dpi=_DPI, metadata=PICTURES[kind])
        import matplotlib.pyplot as plt

        plt.close(figure)
    return drawn.getvalue()
