"""How a window was tested, and the null hypothesis it was tested against, in words."""

from __future__ import annotations

from analytics.kernels.panels.year import POOLED_FROM
from analytics.kernels.windows.asked import Asked

__all__ = ["NULL_WORDS", "method_words"]

_METHOD = "Method: conditional beta-binomial test with window-scale dispersion (LRD, variant B)."
_POOLED = (
    _METHOD + " q-values: rank of each region's evidence among the windows of all regions' baselines, or "
    "its own p-value where that is smaller."
)
_TURNS = (
    " Against trend and season the dispersion is at least that of the expectation's own errors when "
    "the series is turned, and the p-value at least their rank unless it is below 0.01."
)
_SELF_EXCITING = (
    "Method: likelihood ratio of more new incidents in a self-exciting process fitted to the baseline, by "
    "its predictive distribution, or its geometric mean with LRD's; intervals by LRD, variant A."
)
_OTHER = "Method: {name}, for comparison; intervals by the conditional beta-binomial test (LRD, variant A)."
NULL_WORDS: dict[str, str] = {
    "constant": "the mean rate of the recent window equals that of the baseline",
    "expected": "the mean of the recent window is what trend, season and calendar lead one to expect",
    "auto": "the mean of the recent window is what trend, season and calendar lead one to expect where a "
    "season shows in two years of history or more, elsewhere the mean of the baseline",
}


def method_words(asked: Asked, tested: int, rests: bool) -> str:
    """Say which test it was; `tested` regions were, and `rests` says whether any rests on an expectation."""
    if asked.method == "self_exciting":
        return _SELF_EXCITING
    if asked.method not in ("pooled", "lrd_b"):
        return _OTHER.format(name=asked.method)
    own = _POOLED if asked.pooled and tested >= POOLED_FROM else _METHOD
    return own + _TURNS if asked.expected or rests else own
