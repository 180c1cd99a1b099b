"""How changeable regions are: a table, a sentence, and the parameters that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.errors import unknown_option
from analytics.results.answer import Answer
from analytics.results.words import counted, format_number, interval_words, listed, mark

__all__ = ["VolatilityResult"]

_TIDY = ("region", "observed", "expected", "estimate", "low", "high", "reason")


@dataclass(frozen=True, eq=False, repr=False)
class VolatilityResult(Answer):
    """How far fortnights deviate from what is usual, region by region, beyond the noise of counting.

    Attributes
    ----------
    frame : DataFrame
        One row a region: `estimate` (standard deviation of the relative deviation of a window's rate; 0.5:
        fortnights lie typically half of the mean above or below it), `low`, `high` (95 % interval),
        `windows`, `observed` (incidents), `expected` (mean of a window), `dispersion` (variance over mean of
        windows), `correlation` (of windows one length apart), `reason` (why there is no estimate, else "").
    null_hypothesis, method : str
    parameters : mapping
    simulated : bool
    notes : tuple of str
    """

    frame: pd.DataFrame
    null_hypothesis: str
    method: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def describe(self, name: str) -> str:
        """Return one region's volatility in words.

        Raises
        ------
        OptionError
            If there is no such region; the message names the nearest.
        """
        known = self.frame["region"].tolist()
        if name not in known:
            raise unknown_option("region", name, known)
        row = self.frame.iloc[known.index(name)]
        if np.isnan(row["estimate"]):
            return f"{name}: no figure, because {row['reason']}"
        size = (
            f"{format_number(row['estimate'], 2)} (95 % interval {interval_words(row['low'], row['high'])})"
        )
        steady = "; no more than the noise of counting" if row["low"] == 0 else ""
        mean = f"of the usual {format_number(row['expected'])} in {self.parameters['window']} days"
        return f"{name}: windows deviate by {size} {mean}{steady}"

    def sentence(self) -> str:
        """Return the answer as a reader would say it: the most changeable, and how many have no figure."""
        rows = self.frame.dropna(subset=["estimate"]).sort_values("estimate", ascending=False, kind="stable")
        more = rows[rows["low"] > 0]
        days, of_all = self.parameters["window"], counted(len(self.frame), "region")
        if len(self.frame) == 1:
            return f"{mark(self.simulated)}{self.describe(self.frame['region'].iloc[0])}."
        if more.empty:
            said = f"in none of {of_all} are {days}-day windows shown to swing beyond the noise of counting"
        else:
            sizes = more["estimate"].head(3).to_numpy(dtype=float)
            names = more["region"].head(3)
            top = [f"{name} ({format_number(v, 2)})" for name, v in zip(names, sizes, strict=True)]
            said = f"{days}-day windows swing most in {listed(top)}; beyond the noise of counting in "
            said += f"{len(more)} of {of_all}"
        without = len(self.frame) - len(rows)
        return f"{mark(self.simulated)}{said}{f'; no figure for {without}' if without else ''}."

    def tidy(self) -> pd.DataFrame:
        """Return one row a region with the columns that every result has."""
        return self.frame[list(_TIDY)].reset_index(drop=True)

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out, the most changeable first."""
        rows = self.frame.sort_values("estimate", ascending=False, na_position="last", kind="stable")
        numbers = rows[["low", "high"]].to_numpy(dtype=float)
        return pd.DataFrame(
            {
                "region": rows["region"],
                "volatility": [format_number(v, 2) for v in rows["estimate"]],
                "95 % interval": [interval_words(low, high) for low, high in numbers],
                "usual": [format_number(v) for v in rows["expected"]],
                "windows": rows["windows"].map("{:,}".format),
                "why": rows["reason"],
            }
        ).reset_index(drop=True)
