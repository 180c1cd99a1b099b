"""The answer to a claim: a table, a sentence, and the parameters that made them."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.results.words import (
    CANNOT_BE_TOLD,
    NAMED,
    NOT_SUPPORTED,
    SHOWN,
    SUPPORTED,
    format_number,
    format_p,
)

__all__ = ["ClaimResult"]


@dataclass(frozen=True, eq=False)
class ClaimResult:
    """Answer to one kind of claim, for one series or for each region.

    Attributes
    ----------
    claim : str
        What was asked, in words a reader uses ("this day is exceptional").
    frame : DataFrame
        One row a region: region, estimate, low, high, pvalue, qvalue, verdict, reason, detectable (smallest
        estimate that would be seen with 80 % power; NaN where there is none), and columns of the test's own.
    estimate_name : str
        What the estimate is, with its unit ("rate ratio", "incidents that day").
    null_hypothesis, method : str
        What is tested, and how, with the paper.
    parameters : dict
        The options that made the result.
    details : dict of str to DataFrame
        Further tables of the test's own (episodes, placebo dates, the cluster's places).
    simulated : bool
    notes : tuple of str
    words : tuple of str
        What was found, one sentence each, without a full stop, where the rows are not regions; else empty.
    """

    claim: str
    frame: pd.DataFrame
    estimate_name: str
    null_hypothesis: str
    method: str
    parameters: dict[str, object] = field(default_factory=dict)
    details: dict[str, pd.DataFrame] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        needed = ("region", "estimate", "low", "high", "pvalue", "qvalue", "verdict", "reason", "detectable")
        absent = [name for name in needed if name not in self.frame.columns]
        if absent or not set(self.frame["verdict"]) <= set(SHOWN):
            raise AssertionError(f"a claim result lacks {absent} or has an unknown verdict")

    def describe(self, region: str) -> str:
        """Return one region's finding in words.

        Raises
        ------
        KeyError
            If the region is not in the result.
        """
        found = self.frame[self.frame["region"] == region]
        if found.empty:
            raise KeyError(region)
        row = found.iloc[0]
        verdict = f"{region}: {self.claim}: {row['verdict']}"
        if np.isnan(row["pvalue"]):
            return f"{verdict}, because {row['reason']}" if row["reason"] else verdict
        text = f"{verdict}; {self.estimate_name} {format_number(row['estimate'], 2)}"
        if not np.isnan(row["low"]):
            text += f" (95 % interval {format_number(row['low'], 2)} to {format_number(row['high'], 2)})"
        text += f", p = {format_p(row['pvalue'])}"
        if len(self.frame) > 1:
            text += f", q = {format_p(row['qvalue'])}"
        text = text.replace("= <", "< ")
        return f"{text}; {row['reason']}" if row["reason"] else text

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        tag = "SIMULATED data: " if self.simulated else ""
        if self.words:
            return f"{tag}{'; '.join(self.words)}."
        if len(self.frame) == 1:
            return f"{tag}{self.describe(self.frame['region'].iloc[0])}."
        rows = self.frame.sort_values("pvalue", kind="stable", na_position="last")
        up = rows.loc[rows["verdict"] == SUPPORTED, "region"].tolist()
        named = ", ".join(up[:NAMED]) + (f" and {len(up) - NAMED} more" if len(up) > NAMED else "")
        found = f"supported in {named}" if up else "supported nowhere"
        counts = self.frame["verdict"].value_counts()
        rest = [f"{word} in {counts[word]}" for word in (NOT_SUPPORTED, CANNOT_BE_TOLD) if word in counts]
        return f"{tag}{self.claim}: {'; '.join([found, *rest])} of {len(self.frame)} regions."

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""
        rows = self.frame
        numbers = rows[["low", "high"]].to_numpy(dtype=float)
        return pd.DataFrame(
            {
                "region": rows["region"],
                self.estimate_name: [format_number(v, 2) for v in rows["estimate"].to_numpy(dtype=float)],
                "95 % interval": [
                    f"{format_number(low, 2)} to {format_number(high, 2)}" if not np.isnan(low) else "–"
                    for low, high in numbers
                ],
                "p": rows["pvalue"].map(format_p),
                "q": rows["qvalue"].map(format_p),
                "verdict": rows["verdict"],
                "why": rows["reason"],
                "detectable": [format_number(v, 2) for v in rows["detectable"].to_numpy(dtype=float)],
            }
        ).reset_index(drop=True)

    def text(self) -> str:
        """Return sentence, table, method and notes for a terminal."""
        parts = [self.sentence(), "", self.summary().to_string(index=False), ""]
        parts += [f"Null hypothesis: {self.null_hypothesis}", f"Method: {self.method}"]
        return "\n".join([*parts, *(f"note: {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        lines = (f"Null hypothesis: {self.null_hypothesis}", f"Method: {self.method}", *self.notes)
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        table = self.summary().to_html(index=False)
        return f"<p><b>{html.escape(self.sentence())}</b></p>{table}<ul>{items}</ul>"
