"""The three verdicts on the recent window, and their reasons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.kernels.windows.answer import Asked
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, Verdict, format_p

__all__ = ["MIN_OBSERVED", "family_words", "verdicts"]


MIN_OBSERVED = 3  # fewer incidents than this are not called an uptick, however rare


def family_words(frame: pd.DataFrame) -> str:
    """Say what the q-values are adjusted over."""
    if len(frame) == 1:
        return "one region, no adjustment"
    tested = int(frame["pvalue"].notna().sum())
    return f"q-values: Benjamini-Hochberg over the {tested} of {len(frame)} regions that could be tested"


def verdicts(
    pvalue: FloatArray,
    qvalue: FloatArray,
    untested: Sequence[str],
    observed: FloatArray,
    limit: FloatArray,
    asked: Asked,
    *,
    alpha: float,
    margin: float,
) -> tuple[list[Verdict], list[str]]:
    """Apply the house's rules, region by region.

    `limit` is the one-sided 95 % limit of the ratio on the side that matters; `untested` holds the reasons
    why a region was not tested, "" where it was.
    """
    words: list[Verdict] = []
    reasons: list[str] = []
    for n, p, q, bound, why in zip(observed, pvalue, qvalue, limit, untested, strict=True):
        verdict: Verdict = CANNOT_BE_TOLD
        reason = why
        harmless = bound < margin if asked.upper else bound > 1 / margin
        if why:
            pass
        elif q <= alpha and (n >= MIN_OBSERVED or not asked.upper):
            verdict, reason = SUPPORTED, ""
        elif q <= alpha:
            reason = f"{n:.0f} incidents are too few to call an uptick"
        elif harmless and asked.completeness is not None:
            side, edge = ("below", f"under {margin:g}") if asked.upper else ("above", f"over 1/{margin:g}")
            verdict, reason = NOT_SUPPORTED, f"the ratio is {side} {bound:.2f} (95 % limit), {edge}"
        elif harmless:
            reason = "late reports could still change it (completeness not known)"
        elif p <= alpha:
            reason = f"p = {format_p(p)} alone, but q = {format_p(q)} among the regions tested"
        elif asked.upper:
            reason = f"the data allow a ratio up to {f'{bound:.1f}' if np.isfinite(bound) else 'any size'}"
        else:
            reason = f"the data allow a ratio down to {bound:.2f}"
        words.append(verdict)
        reasons.append(reason)
    return words, reasons
