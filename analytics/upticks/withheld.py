"""Why a test gives no verdict at all: a history too short, a suspected silence, or a splice."""

from __future__ import annotations

from analytics.counts import Counts
from analytics.counts.spliced import allowed_words, spliced
from analytics.upticks.rows import Lost
from analytics.upticks.windows import RULES, Split, silent_in

__all__ = ["withheld"]


def withheld(
    counts: Counts, split: Split, short: str, *, allow_splice: bool
) -> tuple[tuple[Lost, str], list[str]]:
    """Return why there is no verdict, as a word and in words ("" where there may be one), and notes."""
    if short:
        return ("short", short), []
    first, last = split.baseline_window.start, split.recent_window.end
    silent = silent_in(counts, first, last)
    if silent:
        return ("silence", silent), []
    said = spliced(counts, first, last)
    if not said:
        return ("", ""), []
    return (("", ""), [allowed_words(said)]) if allow_splice else (("splice", f"{RULES}{said}"), [])
