"""The answer to a claim: a table, a sentence, and the parameters that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.errors import unknown_option
from analytics.results.answer import Answer
from analytics.results.words import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SHOWN,
    SUPPORTED,
    counted,
    format_number,
    format_p,
    interval_words,
    listed,
    mark,
    p_words,
)

__all__ = ["ClaimResult"]

_NEEDED = ("estimate", "low", "high", "pvalue", "qvalue", "verdict", "reason", "detectable")
_TIDY = ("observed", "expected", *_NEEDED)


@dataclass(frozen=True, eq=False, repr=False)
class ClaimResult(Answer):
    """Answer to one kind of claim, for one series or for each region.

    Attributes
    ----------
    claim : str
        What was asked, in words a reader uses ("this day is exceptional").
    frame : DataFrame
        One row a region (or what `named_by` says): its name, estimate, low, high, pvalue, qvalue, verdict,
        reason, detectable (smallest estimate that would be seen with 80 % power; NaN where there is none),
        and columns of the test's own.
    estimate_name : str
        What the estimate is, with its unit ("rate ratio", "incidents that day").
    null_hypothesis, method : str
        What is tested, and how, with the paper.
    parameters : mapping
        The options that made the result.
    details : mapping of str to DataFrame
        Further tables of the test's own (episodes, placebo dates, the cluster's places).
    simulated : bool
    notes : tuple of str
    words : tuple of str
        What was found, one sentence each, without a full stop, where the rows are not regions; else empty.
    named_by : tuple of str
        The columns that name a row. A column `region` holds regions only; where rows are something else, the
        first column is called after what it is ("activity", "measure", "cluster").
    """

    claim: str
    frame: pd.DataFrame
    estimate_name: str
    null_hypothesis: str
    method: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    details: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    named_by: tuple[str, ...] = ("region",)

    def __post_init__(self) -> None:
        absent = [name for name in (*self.named_by, *_NEEDED) if name not in self.frame.columns]
        if absent or not set(self.frame["verdict"]) <= set(SHOWN):
            raise AssertionError(f"a claim result lacks {absent} or has an unknown verdict")

    def names(self) -> list[str]:
        """Return the name of each row, such as "Kirkuk", or "Kirkuk: attacks" where two columns name it."""
        columns = [self.frame[name].astype(str) for name in self.named_by]
        return [": ".join(parts) for parts in zip(*columns, strict=True)]

    def describe(self, name: str) -> str:
        """Return one row's finding in words.

        Parameters
        ----------
        name : str
            The region (or what the rows are), as in :meth:`names`.

        Raises
        ------
        OptionError
            If there is no such row; the message names the nearest.
        """
        known = self.names()
        if name not in known:
            raise unknown_option("region" if self.named_by == ("region",) else "row", name, known)
        row = self.frame.iloc[known.index(name)]
        verdict = f"{name}: {self.claim}: {row['verdict']}"
        if np.isnan(row["pvalue"]):
            return f"{verdict}, because {row['reason']}" if row["reason"] else verdict
        text = f"{verdict}; {self.estimate_name} {format_number(row['estimate'], 2)}"
        if not np.isnan(row["low"]):
            text += f" (95 % interval {interval_words(row['low'], row['high'])})"
        text += f", {p_words(row['pvalue'])}"
        if len(self.frame) > 1:
            text += f", {p_words(row['qvalue'], 'q')}"
        return f"{text}; {row['reason']}" if row["reason"] else text

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        tag = mark(self.simulated)
        if self.words:
            return f"{tag}{'; '.join(self.words)}."
        if len(self.frame) == 1:
            return f"{tag}{self.describe(self.names()[0])}."
        rows = self.frame.assign(_name=self.names())
        rows = rows.sort_values("pvalue", kind="stable", na_position="last")
        up = rows.loc[rows["verdict"] == SUPPORTED, "_name"].tolist()
        found = f"supported in {listed(up)}" if up else "supported nowhere"
        counts = self.frame["verdict"].value_counts()
        rest = [f"{word} in {counts[word]}" for word in (NOT_SUPPORTED, CANNOT_BE_TOLD) if word in counts]
        of_all = counted(len(self.frame), self.named_by[0])
        return f"{tag}{self.claim}: {'; '.join([found, *rest])} of {of_all}."

    def tidy(self) -> pd.DataFrame:
        """Return one row a region (or what the rows are), with the columns that every test has.

        Returns
        -------
        DataFrame
            The columns of `named_by`, observed and expected where the test has them, estimate, low, high,
            pvalue, qvalue, verdict, reason, detectable.
        """
        names = [name for name in _TIDY if name in self.frame.columns]
        return self.frame[[*self.named_by, *names]].reset_index(drop=True)

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""
        rows = self.frame
        numbers = rows[["low", "high"]].to_numpy(dtype=float)
        return pd.DataFrame(
            {
                **{name: rows[name] for name in self.named_by},
                self.estimate_name: [format_number(v, 2) for v in rows["estimate"].to_numpy(dtype=float)],
                "95 % interval": [interval_words(low, high) for low, high in numbers],
                "p": rows["pvalue"].map(format_p),
                "q": rows["qvalue"].map(format_p),
                "verdict": rows["verdict"],
                "why": rows["reason"],
                "detectable": [format_number(v, 2) for v in rows["detectable"].to_numpy(dtype=float)],
            }
        ).reset_index(drop=True)
