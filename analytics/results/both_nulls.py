"""Where an answer against a constant mean and one against trend and season are not the same."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.results.words import SUPPORTED, listed, shown

__all__ = ["disagreement"]

_OTHER = {"constant": "expected", "expected": "constant"}
_AGAINST = {"constant": "the baseline's mean", "expected": "trend and season"}


def disagreement(frame: pd.DataFrame, alpha: float, direction: str) -> str:
    """Say which regions are called under one null hypothesis and not under the other; "" where none is.

    A call is in doubt where the other p-value is above `alpha`; another call is named where the other
    p-values, adjusted among themselves, are at most `alpha`.

    Parameters
    ----------
    frame : DataFrame
        Of an uptick test.
    alpha : float
    direction : {"greater", "less"}

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["Kirkuk"], "observed": [30.0], "verdict": [SUPPORTED]})
    >>> frame = frame.assign(null="constant", pvalue=0.001, pvalue_constant=0.001, pvalue_expected=0.3)
    >>> disagreement(frame, 0.05, "greater")
    'The two null hypotheses disagree: against trend and season no uptick in Kirkuk.'
    """
    called = (frame["verdict"] == SUPPORTED).to_numpy()
    tested = frame["pvalue"].notna().to_numpy()
    enough = (frame["observed"] >= MIN_OBSERVED).to_numpy() | (direction == "less")
    word, parts = shown(SUPPORTED, direction), []
    for null, other in _OTHER.items():
        rests = (frame["null"] == null).to_numpy()
        pvalue = frame[f"pvalue_{other}"].to_numpy(dtype=float)
        found = benjamini_hochberg(np.where(tested, pvalue, np.nan)) <= alpha
        lost = frame["region"][rests & called & (pvalue > alpha)].tolist()
        more = frame["region"][rests & tested & enough & ~called & found].tolist()
        parts += [f"against {_AGAINST[other]} no {word} in {listed(lost)}"] if lost else []
        article = "an" if word == "uptick" else "a"
        parts += [f"against {_AGAINST[other]} {article} {word} in {listed(more)}"] if more else []
    return f"The two null hypotheses disagree: {'; '.join(parts)}." if parts else ""
