"""What is drawn in a cell of a table: small bars, and an interval on a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from analytics.errors import OptionError
from analytics.reporting.notebook.escape import array, literal

__all__ = ["DRAWN", "How", "bars", "drawn", "is_missing", "on_line", "spark_svg"]

How = Literal["typst", "svg", "text"]
LOWEST, HIGHEST = 0.1, 20.0  # ends of the line that an interval is drawn on


def drawn(kind: str, how: How, value: object) -> str:
    """Return the value of a cell, drawn or as text.

    Examples
    --------
    >>> drawn("spark", "text", [3, 0, None]), drawn("interval", "text", (0.5, 1.0, 30.0))
    ('3 0 –', '0.50 to 30.00')
    """
    return DRAWN[kind][how](_numbers(value))


def bars(values: Sequence[float]) -> list[float | None]:
    """Return the height of each bar as a share of the highest, None where the value is missing."""
    top = max((v for v in values if not math.isnan(v)), default=0.0)
    return [None if math.isnan(v) else (round(max(v, 0.0) / top, 3) if top > 0 else 0.0) for v in values]


def on_line(value: float) -> float:
    """Return where a ratio lies on the logarithmic line of an interval, from 0 to 1.

    Examples
    --------
    >>> on_line(0.01), on_line(20.0), round(on_line(1.0), 3)
    (0.0, 1.0, 0.435)
    """
    held = min(max(value, LOWEST), HIGHEST)
    return math.log(held / LOWEST) / math.log(HIGHEST / LOWEST)


def _spark_typst(values: Sequence[float]) -> str:
    return f"spark({array('none' if b is None else f'{b:g}' for b in bars(values))})"


def spark_svg(values: Sequence[float], asked: int = 1) -> str:
    """Return small bars as SVG, the last ones in the accent colour."""
    shares = bars(values)
    rects = "".join(
        f'<rect x="{3 * i}" y="{14 - 14 * b:.1f}" width="2.2" height="{max(14 * b, 0.5):.1f}" '
        f'fill="{"#C2410C" if i >= len(shares) - asked else "#9CA3AF"}"/>'
        for i, b in enumerate(shares)
        if b is not None
    )
    shown = ", ".join("no coverage" if math.isnan(v) else f"{v:g}" for v in values)
    shown = f"Last {len(values)} weeks: {shown}"
    return f'<svg width="{3 * len(shares)}" height="15" role="img"><title>{shown}</title>{rects}</svg>'


def _spark_text(values: Sequence[float]) -> str:
    return " ".join("–" if math.isnan(v) else f"{v:g}" for v in values)


def _placed(values: Sequence[float]) -> dict[str, float | bool | None]:
    """Return where the ends and the ratio lie, and whether an end lies beyond the line."""
    low, ratio, high = (*values, *[math.nan] * 3)[:3]
    if math.isnan(low) and math.isnan(high):
        return {"low": None, "ratio": None, "high": None, "beyond": False}
    low = LOWEST if math.isnan(low) else low
    return {
        "low": round(on_line(low), 3),
        "ratio": None if math.isnan(ratio) or not LOWEST <= ratio <= HIGHEST else round(on_line(ratio), 3),
        "high": round(on_line(high), 3),
        "beyond": high > HIGHEST,
    }


def _interval_typst(values: Sequence[float]) -> str:
    at = _placed(values)
    return "none" if at["low"] is None else f"interval-line({literal(at)}, one: {on_line(1.0):.3f})"


def _interval_svg(values: Sequence[float]) -> str:
    at = _placed(values)
    if at["low"] is None or at["high"] is None:
        return "–"
    x = {name: 90 * float(value) for name, value in at.items() if value is not None}
    dot = f'<circle cx="{x["ratio"]:.1f}" cy="7" r="2.5" fill="#1F2937"/>' if "ratio" in x else ""
    return (
        f'<svg width="92" height="14" role="img"><title>{_interval_text(values)}</title>'
        f'<line x1="{90 * on_line(1.0):.1f}" y1="0" x2="{90 * on_line(1.0):.1f}" y2="14" stroke="#9CA3AF"/>'
        f'<line x1="{x["low"]:.1f}" y1="7" x2="{x["high"]:.1f}" y2="7" stroke="#565E6C" stroke-width="1.5"/>'
        f"{dot}</svg>"
    )


def _interval_text(values: Sequence[float]) -> str:
    low, _, high = (*values, *[math.nan] * 3)[:3]
    if math.isnan(low) and math.isnan(high):
        return "–"
    return f"from {low:.2f}" if math.isinf(high) else f"{low:.2f} to {high:.2f}"


DRAWN: Mapping[str, Mapping[How, Callable[[Sequence[float]], str]]] = {
    "spark": {"typst": _spark_typst, "svg": spark_svg, "text": _spark_text},
    "interval": {"typst": _interval_typst, "svg": _interval_svg, "text": _interval_text},
}
"""What can be drawn, and how in each format."""


def is_missing(value: object) -> bool:
    """Return whether a cell holds no value."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, (float, np.floating)) and math.isnan(value)


def _numbers(values: object) -> list[float]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        if is_missing(values):
            return []
        raise OptionError("a spark column must hold sequences of numbers", found=repr(values))
    return [math.nan if is_missing(v) else float(v) for v in values]
