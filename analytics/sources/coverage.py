"""From which day on a file holds all incidents, where something says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["CoveredFrom"]


@dataclass(frozen=True, slots=True)
class CoveredFrom:
    """The day from which on a file holds all incidents, and what says so.

    Attributes
    ----------
    day : datetime64[D]
    told : str
        What says so, as the end of a sentence: "as events.meta.toml states".
    rule : bool
        Whether it is a rule of the source for all its files. Such a rule covers days that are asked for and
        never opens the grid by itself: a file may be an extract that begins later.
    """

    day: np.datetime64
    told: str
    rule: bool = False
