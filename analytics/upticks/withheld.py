"""Why a test gives no verdict at all: a history too short, a suspected silence, or a splice."""

from __future__ import annotations

from analytics.counts import Counts
from analytics.upticks.rows import Lost
from analytics.upticks.windows import Split, unanswered

__all__ = ["SPLICE", "withheld"]

SPLICE = "spliced: "  # how the note of a splice that was allowed begins


def withheld(
    counts: Counts, split: Split, short: str, *, allow_splice: bool
) -> tuple[tuple[Lost, str], list[str]]:
    """Return why there is no verdict, as a word and in words ("" where there may be one), and notes."""
    if short:
        return ("short", short), []
    first, last = split.baseline_window.start, split.recent_window.end
    silent = unanswered(counts, first, last)
    if silent:
        return ("silence", silent), []
    # The very first day of the baseline is no splice within: everything compared is by the later rules.
    inside = [splice for splice in counts.splices if first < splice.day <= last]
    if not inside:
        return ("", ""), []
    said = "; ".join(map(str, inside))
    if allow_splice:
        return ("", ""), [
            f"{SPLICE}{said}. Compared all the same, as asked: a difference may be that of the rules"
        ]
    return ("splice", f"other rules of inclusion, {said}"), []
