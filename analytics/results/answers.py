"""What the tests of a claim return: a table, a sentence, and the parameters that made them."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from analytics.periods import Window

__all__ = [
    "CANNOT_BE_TOLD",
    "NOT_SUPPORTED",
    "SHOWN",
    "SUPPORTED",
    "ClaimResult",
    "UptickResult",
    "Verdict",
    "format_number",
    "format_p",
    "shown",
]

Verdict = Literal["supported", "not supported", "cannot be told"]
SUPPORTED: Verdict = "supported"
NOT_SUPPORTED: Verdict = "not supported"
CANNOT_BE_TOLD: Verdict = "cannot be told"
SHOWN: dict[str, str] = {SUPPORTED: "uptick", NOT_SUPPORTED: "no uptick", CANNOT_BE_TOLD: "cannot be told"}
_SHOWN_LESS: dict[str, str] = {**SHOWN, SUPPORTED: "decrease", NOT_SUPPORTED: "no decrease"}
_ORDER = {SUPPORTED: 0, CANNOT_BE_TOLD: 1, NOT_SUPPORTED: 2}
_NAMED = 4  # regions named in a sentence before it counts the rest


def shown(verdict: str, direction: str = "greater") -> str:
    """Return a verdict as readers see it.

    Examples
    --------
    >>> shown("supported"), shown("supported", "less")
    ('uptick', 'decrease')
    """
    return (SHOWN if direction == "greater" else _SHOWN_LESS)[verdict]


def format_number(value: float, digits: int = 1) -> str:
    """Write a number for readers: one decimal below a hundred, thousands apart, a dash for missing.

    Examples
    --------
    >>> format_number(3.14159), format_number(1234.5), format_number(float("nan"))
    ('3.1', '1,234', '–')
    """
    if value is None or np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.{digits}f}"


def format_p(value: float) -> str:
    """Write a p- or q-value: two significant digits, never as zero.

    Examples
    --------
    >>> format_p(0.0312), format_p(0.00001), format_p(float("nan"))
    ('0.031', '<0.0001', '–')
    """
    if value is None or np.isnan(value):
        return "–"
    if value < 0.0001:
        return "<0.0001"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


@dataclass(frozen=True, eq=False)
class UptickResult:
    """Answer to "has it grown more active recently?" for each region.

    Attributes
    ----------
    frame : DataFrame
        One row a region, in the counts' order: region, observed, expected, rate_ratio, low, high (two-sided
        interval), limit (one-sided 95 % limit), pvalue, qvalue, verdict, reason, minimum_detectable_ratio,
        dispersion, pvalue_constant, pvalue_expected, expected_adjusted, ratio_adjusted, baseline_total,
        baseline_periods, recent_periods, model_based.
    recent, baseline : Window
        The days compared; `guard` days lie between them.
    guard : int
    alpha, margin, confidence : float
        Level of the verdict, ratio below which "no uptick" is said, coverage of the interval.
    completeness : float or None
        Mean share of the recent window's incidents already reported; None where not known.
    family : str
        What the q-values are adjusted over.
    method : str
        The test and its null hypothesis.
    value : str
        What was counted.
    simulated : bool
    notes : tuple of str
    sensitivity : DataFrame or None
        For each region in uptick, the verdict with coarse dates excluded and with the largest past episode
        removed from the baseline.
    direction : {"greater", "less"}
    null : {"constant", "expected"}
        Which null hypothesis the verdicts rest on. Both are in `nulls` and, for each region, in the columns
        `pvalue_constant` and `pvalue_expected` of the frame.
    nulls : tuple of str
        The two null hypotheses in words, and whether there was an adjustment.
    """

    frame: pd.DataFrame
    recent: Window
    baseline: Window
    guard: int
    alpha: float
    margin: float
    confidence: float
    completeness: float | None
    family: str
    method: str
    value: str = "incidents"
    simulated: bool = False
    notes: tuple[str, ...] = ()
    sensitivity: pd.DataFrame | None = field(default=None)
    direction: str = "greater"
    null: str = "constant"
    nulls: tuple[str, ...] = ()

    @property
    def adjusted(self) -> str:
        """Return what the verdicts are adjusted for, in the words of the sentence."""
        return (
            "adjusted for season and trend" if self.null == "expected" else "not adjusted for season or trend"
        )

    def regions(self, verdict: Verdict) -> list[str]:
        """Return the regions with a verdict, smallest p-value first."""
        rows = self.frame[self.frame["verdict"] == verdict]
        return rows.sort_values("pvalue", kind="stable")["region"].tolist()

    def ranked(self) -> pd.DataFrame:
        """Return the frame with upticks first, then by p-value and region."""
        order = self.frame["verdict"].map(_ORDER)
        return (
            self.frame.assign(_order=order)
            .sort_values(["_order", "pvalue", "region"], kind="stable", na_position="last")
            .drop(columns="_order")
        )

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out, upticks first."""
        rows = self.ranked()
        percent = f"{100 * self.confidence:g} % interval"
        return pd.DataFrame(
            {
                "region": rows["region"],
                "observed": [format_number(v, 0) for v in rows["observed"].to_numpy(dtype=float)],
                "expected": [format_number(v) for v in rows["expected"].to_numpy(dtype=float)],
                "rate ratio": [format_number(v, 2) for v in rows["rate_ratio"].to_numpy(dtype=float)],
                percent: [
                    f"{format_number(low, 2)} to {format_number(high, 2)}" if not np.isnan(low) else "–"
                    for low, high in rows[["low", "high"]].to_numpy(dtype=float)
                ],
                "p": rows["pvalue"].map(format_p),
                "q": rows["qvalue"].map(format_p),
                "verdict": [shown(v, self.direction) for v in rows["verdict"]],
                "why": rows["reason"],
                "detectable ratio": rows["minimum_detectable_ratio"].map(format_number),
            }
        ).reset_index(drop=True)

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
        if np.isnan(row["pvalue"]):
            return f"{region}: cannot be told, because {row['reason']}"
        adjusted = "" if len(self.frame) == 1 else f", q = {format_p(row['qvalue'])}"
        ratio = format_number(row["rate_ratio"], 2)
        if not np.isnan(row["low"]):  # the best of several windows has no interval
            interval = f"{format_number(row['low'], 2)} to {format_number(row['high'], 2)}"
            ratio += f" ({100 * self.confidence:g} % interval {interval})"
        text = (
            f"{region}: {shown(row['verdict'], self.direction)}; "
            f"{format_number(row['observed'], 0)} {self.value} where "
            f"{format_number(row['expected'])} were expected, rate ratio {ratio}, "
            f"p = {format_p(row['pvalue'])}{adjusted}"
        ).replace("= <", "< ")
        return f"{text}; {row['reason']}" if row["reason"] else text

    def sentence(self) -> str:
        """Return the answer as a reader would say it, with its limits."""
        tag = "SIMULATED data: " if self.simulated else ""
        window = f"{self.recent} against {self.baseline}"
        if len(self.frame) == 1:
            only = self.describe(self.frame["region"].iloc[0])
            return f"{tag}{only} ({window}; {self.adjusted})."
        up, none, open_ = (self.regions(v) for v in (SUPPORTED, NOT_SUPPORTED, CANNOT_BE_TOLD))
        numbers = (
            self.frame.set_index("region")[["observed", "expected"]].loc[up[:_NAMED]].to_numpy(dtype=float)
        )
        named = [
            f"{name} ({format_number(observed, 0)} {self.value}, {format_number(expected)} expected)"
            for name, (observed, expected) in zip(up, numbers, strict=False)
        ]
        more = f" and {len(up) - _NAMED} more" if len(up) > _NAMED else ""
        word = shown(SUPPORTED, self.direction)
        article = "an" if word == "uptick" else "a"
        found = f"{word} in {', '.join(named)}{more}" if up else f"no region shows {article} {word}"
        others = ((shown(NOT_SUPPORTED, self.direction), none), ("cannot be told", open_))
        rest = [f"{said} in {len(names)}" for said, names in others if names]
        of_all = f"; {', '.join(rest)} of {len(self.frame)} regions" if rest else ""
        return f"{tag}{found}{of_all} ({window}; {self.family}; {self.adjusted})."

    def text(self) -> str:
        """Return sentence, table and notes for a terminal."""
        parts = [self.sentence(), "", self.summary().to_string(index=False), "", self.method, *self.nulls]
        if self.sensitivity is not None and len(self.sensitivity):
            parts += [
                "",
                f"Beside each {shown(SUPPORTED, self.direction)}:",
                self.sensitivity.to_string(index=False),
            ]
        return "\n".join([*parts, *(f"note: {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in (self.method, *self.nulls, *self.notes))
        beside = ""
        if self.sensitivity is not None and len(self.sensitivity):
            beside = f"<p>Beside each {shown(SUPPORTED, self.direction)}:</p>" + self.sensitivity.to_html(
                index=False
            )
        return (
            f"<p><b>{html.escape(self.sentence())}</b></p>{self.summary().to_html(index=False)}{beside}"
            f"<ul>{notes}</ul>"
        )


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
        if len(self.frame) == 1:
            return f"{tag}{self.describe(self.frame['region'].iloc[0])}."
        rows = self.frame.sort_values("pvalue", kind="stable", na_position="last")
        up = rows.loc[rows["verdict"] == SUPPORTED, "region"].tolist()
        named = ", ".join(up[:_NAMED]) + (f" and {len(up) - _NAMED} more" if len(up) > _NAMED else "")
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
