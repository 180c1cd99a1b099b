"""Whether a finding stands without coarse dates, and without the largest episode of the past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics._typing import IndexArray
from analytics.counts import Counts
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.panels.hierarchy import Nest
from analytics.kernels.windows.answer import Asked, History, called_in
from analytics.periods import DAY, Window
from analytics.results import CANNOT_BE_TOLD, SUPPORTED, p_words, shown
from analytics.upticks.decide import is_called, too_few
from analytics.upticks.windows import Split

__all__ = ["sensitivity"]


def sensitivity(
    split: Split,
    counts: Counts,
    asked: Asked,
    history: History,
    frame: pd.DataFrame,
    nest: Nest | None = None,
) -> pd.DataFrame:
    """Repeat the test, for the regions in uptick, without coarse dates and without the largest episode.

    What the regions lie in stays as it is.
    """
    up = np.flatnonzero(frame["verdict"] == SUPPORTED)
    if (frame["null"] == "constant").all():
        history = replace(history, days=0)  # no expectation is asked for
    coarse = ["no dates are coarse" for _ in up]
    if counts.coarse is not None and counts.coarse.any() and up.size:
        first = int((split.baseline_window.start - counts.starts[0]) / DAY) // counts.period_days
        fine = replace(split, values=split.values - counts.coarse[first : first + len(split.values)])
        end = first + len(split.values)
        past = replace(history, values=history.values - counts.coarse[end - len(history.values) : end])
        coarse = _words(fine, asked, past, up, nest)
    episode_words: list[str] = []
    spans: list[str] = []
    if up.size:
        length = split.recent.shape[0]
        sums = window_sums(np.where(split.baseline_covered, split.baseline, 0), length)
        begin = sums.shape[0] - 1 - np.argmax(sums[::-1], axis=0)  # the latest of equals
        period = np.arange(split.baseline.shape[0])[:, None]
        episode = (period >= begin) & (period < begin + length)
        covered = split.covered.copy()
        covered[: len(episode)] &= ~episode
        removed = replace(split, covered=covered)
        rows = min(len(covered), len(history.covered))
        before = history.covered.copy()
        before[-rows:] &= covered[-rows:]
        episode_words = _words(removed, asked, replace(history, covered=before), up, nest)
        days = counts.period_days
        first = split.baseline_window.start + begin[up] * days * DAY
        spans = [str(Window(day, day + (length * days - 1) * DAY)) for day in first]
    return pd.DataFrame(
        {
            "region": frame["region"].to_numpy()[up],
            "verdict": [shown(SUPPORTED, asked.direction)] * up.size,
            "coarse dates excluded": coarse,
            "largest past episode removed": episode_words,
            "episode": spans,
        }
    )


def _words(split: Split, asked: Asked, history: History, up: IndexArray, nest: Nest | None) -> list[str]:
    found = called_in(split, asked, history, nest)
    q = found.qvalue
    observed = np.where(split.recent_covered, split.recent, 0).sum(axis=0)
    words = []
    for i in up:
        if np.isnan(q[i]):
            words.append(f"cannot be told: {found.reasons[i]}")
        else:
            few = too_few(observed[i], MIN_OBSERVED, "call an uptick") if asked.upper else ""
            stands = is_called(q[i], asked.alpha, few)
            word = shown(SUPPORTED if stands else CANNOT_BE_TOLD, asked.direction)
            words.append(f"{word} ({p_words(q[i], 'q')})")
    return words
