"""Changes of the rules of inclusion: where they lie in counts, and how to compare across them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.counts.grid import Counts

__all__ = ["SPLICE", "allow_splices", "allowed_words", "spliced"]

SPLICE = "spliced: "  # how the note of a splice that was allowed begins


def allow_splices(counts: Counts) -> Counts:
    """Return the counts for comparisons across changes of the rules of inclusion, with a note that says so.

    Tests, detectors and ``monitor`` give no answer where what they compare lies on both sides of such a
    change (``counts.splices``): a difference may be that of the rules.

    Parameters
    ----------
    counts : Counts

    Returns
    -------
    Counts
        Without `splices`, and with a note that names them.

    Examples
    --------
    >>> from analytics.sources.coverage import Splice
    >>> change = Splice(np.datetime64("2020-01-08"), "another desk reads the press")
    >>> counts = Counts.from_array([[1], [0], [2]], start="2020-01-06", freq="day")
    >>> allow_splices(replace(counts, splices=(change,))).notes[0].split(". ")[0]
    'spliced: from 2020-01-08 on another desk reads the press'
    """
    if not counts.splices:
        return counts
    return replace(counts, splices=(), notes=(*counts.notes, allowed_words(_listed(counts.splices))))


def allowed_words(said: str) -> str:
    """Say that it was compared across these changes."""
    return f"{SPLICE}{said}. Compared all the same, as asked: a difference may be that of the rules"


def spliced(counts: Counts, first: np.datetime64, last: np.datetime64) -> str:
    """Return the changes of the rules between two days compared, in words; "" where there is none.

    On the very first day there is no change within: everything compared is by the later rules.
    """
    return _listed(tuple(splice for splice in counts.splices if first < splice.day <= last))


def _listed(splices: tuple[object, ...]) -> str:
    return "; ".join(map(str, splices))
