"""The answer to "more active recently?": a table, a sentence, and the parameters that made them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from analytics.errors import OptionError, unknown_option
from analytics.options import check_choice
from analytics.periods import Window
from analytics.results.words import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    ORDER,
    SUPPORTED,
    Verdict,
    counted,
    format_number,
    format_p,
    interval_words,
    listed,
    mark,
    p_words,
    shown,
)

__all__ = ["Direction", "Null", "UptickResult"]

Direction = Literal["greater", "less"]
Null = Literal["constant", "expected"]
_ROWS = 5  # rows in a repr


class Evidence(Protocol):
    """What a result was made from, asked for more only when someone wants it."""

    def sensitivity(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """Return whether each uptick stands."""
        ...

    def model(self, region: str, null: Null) -> Any:
        """Return a region's regression, fitted by statsmodels."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class UptickResult:
    """Answer to "has it grown more active recently?" for each region.

    Attributes
    ----------
    frame : DataFrame
        One row a region, in the counts' order: region, observed, expected, rate_ratio, low, high (two-sided
        interval), limit (one-sided 95 % limit), pvalue, qvalue, verdict, reason, detectable (smallest ratio
        that would be seen with 80 % power), dispersion, pvalue_constant, pvalue_expected, expected_adjusted,
        ratio_adjusted, baseline_total, baseline_periods, recent_periods, model_based.
    recent, baseline : Window
        The days compared; `guard` days lie between them.
    parameters : mapping
        The options that made the result; `completeness` is the mean over the recent days, None where not
        known.
    family : str
        What the q-values are adjusted over.
    method, null_hypothesis : str
        How it was tested, and the null hypothesis that the verdicts rest on.
    value : str
        What was counted.
    simulated : bool
    notes : tuple of str
    nulls : tuple of str
        Both null hypotheses in words, what was found under each, and whether there was an adjustment. Their
        p-values are the columns `pvalue_constant` and `pvalue_expected` of the frame.
    evidence : object or None
        What :attr:`sensitivity` and :meth:`model` are made from; it holds the counts, no copies of them.
    """

    frame: pd.DataFrame
    recent: Window
    baseline: Window
    parameters: Mapping[str, Any]
    family: str
    method: str
    null_hypothesis: str
    value: str = "incidents"
    simulated: bool = False
    notes: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    evidence: Evidence | None = None

    @property
    def guard(self) -> int:
        """Days left out before the recent window."""
        return int(self.parameters["guard"])

    @property
    def alpha(self) -> float:
        """Level of the verdict."""
        return float(self.parameters["alpha"])

    @property
    def margin(self) -> float:
        """Ratio below which "no uptick" is said."""
        return float(self.parameters["margin"])

    @property
    def confidence(self) -> float:
        """Coverage of the interval."""
        return float(self.parameters["confidence"])

    @property
    def completeness(self) -> float | None:
        """Mean share of the recent window's incidents already reported; None where not known."""
        share = self.parameters["completeness"]
        return None if share is None else float(share)

    @property
    def direction(self) -> str:
        """Whether an uptick was asked about ("greater") or a decrease ("less")."""
        return str(self.parameters["direction"])

    @property
    def null(self) -> str:
        """Which null hypothesis the verdicts rest on: "constant" or "expected"."""
        return str(self.parameters["null"])

    @cached_property
    def sensitivity(self) -> pd.DataFrame | None:
        """For each region in uptick, whether it stands without coarse dates and the largest past episode.

        None where the verdicts do not rest on a constant mean, or on a window of stated length.
        """
        return None if self.evidence is None else self.evidence.sensitivity(self.frame)

    def model(self, region: str, *, null: Null | None = None) -> Any:
        """Return a region's expected model, fitted by statsmodels.

        Parameters
        ----------
        region : str
        null : {"expected", "constant"}, optional
            ``"expected"``: the log-linear Poisson regression on trend, season, weekday and calendar that the
            expectation comes from. ``"constant"``: the baseline's mean rate, an intercept alone. Unless
            given, the one that the verdicts rest on.

        Returns
        -------
        statsmodels GLMResults
            With `params`, `summary()`, `fittedvalues`, residuals, `get_influence()` and the rest. Rows are
            days, or weeks of days where every term is smooth, labelled by the first; the exposure is their
            covered days (of weekly counts: weeks). Coefficients and fitted means are the test's own to 1e-8
            (to 1e-6 where incidents are few: the test's iterations stop earlier). The standard errors are
            those of Poisson counts; the test itself takes its dispersion from sums as long as the recent
            window.

        Raises
        ------
        OptionError
            If the result has no such region, or tested a window picked after looking.
        HistoryError
            If no expectation was fitted to the region.

        Examples
        --------
        >>> from analytics import Counts, uptick_test
        >>> days = pd.date_range("2017-01-01", periods=1200)
        >>> daily = pd.DataFrame({"Kirkuk": [1, 0, 2, 1] * 300}, index=days)
        >>> result = uptick_test(Counts.from_frame(daily, freq="day", as_of="2020-04-14"))
        >>> float(np.exp(result.model("Kirkuk").params["const"]).round(6))
        1.0
        >>> result.model("Kirkuk", null="expected").params.index.tolist()
        ['const', 'trend', 'cos 1', 'sin 1', 'cos 2', 'sin 2', 'cos 3', 'sin 3']
        """
        self._row(region)
        if null is not None:
            check_choice("null", null, Null)
        if self.evidence is None:
            raise OptionError(
                "a window picked after looking has no model", todo="give the length of the recent window"
            )
        return self.evidence.model(region, null or ("expected" if self.null == "expected" else "constant"))

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
        order = self.frame["verdict"].map(ORDER)
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
                    interval_words(low, high) for low, high in rows[["low", "high"]].to_numpy(dtype=float)
                ],
                "p": rows["pvalue"].map(format_p),
                "q": rows["qvalue"].map(format_p),
                "verdict": [shown(v, self.direction) for v in rows["verdict"]],
                "why": rows["reason"],
                "detectable ratio": rows["detectable"].map(format_number),
            }
        ).reset_index(drop=True)

    def tidy(self) -> pd.DataFrame:
        """Return one row a region in the columns that every result shares; `estimate` is the rate ratio."""
        shared = ["region", "observed", "expected", "estimate", "low", "high", "pvalue", "qvalue"]
        frame = self.frame.rename(columns={"rate_ratio": "estimate"})
        return frame[[*shared, "verdict", "reason", "detectable", "limit"]].copy()

    def _row(self, region: str) -> pd.Series:
        found = self.frame[self.frame["region"] == region]
        if found.empty:
            raise unknown_option("region", region, self.frame["region"].tolist())
        return found.iloc[0]

    def describe(self, region: str) -> str:
        """Return one region's finding in words.

        Raises
        ------
        OptionError
            If the region is not in the result; the error names the nearest ones.
        """
        row = self._row(region)
        if np.isnan(row["pvalue"]):
            return f"{region}: cannot be told, because {row['reason']}"
        adjusted = "" if len(self.frame) == 1 else f", {p_words(row['qvalue'], 'q')}"
        ratio = format_number(row["rate_ratio"], 2)
        if not np.isnan(row["low"]):  # the best of several windows has no interval
            ratio += f" ({100 * self.confidence:g} % interval {interval_words(row['low'], row['high'])})"
        text = (
            f"{region}: {shown(row['verdict'], self.direction)}; "
            f"{format_number(row['observed'], 0)} {self.value} where "
            f"{format_number(row['expected'])} were expected, rate ratio {ratio}, "
            f"{p_words(row['pvalue'])}{adjusted}"
        )
        return f"{text}; {row['reason']}" if row["reason"] else text

    def sentence(self) -> str:
        """Return the answer as a reader would say it, with its limits."""
        tag = mark(self.simulated)
        window = f"{self.recent} against {self.baseline}"
        if len(self.frame) == 1:
            only = self.describe(self.frame["region"].iloc[0])
            return f"{tag}{only} ({window}; {self.adjusted})."
        up, none, open_ = (self.regions(v) for v in (SUPPORTED, NOT_SUPPORTED, CANNOT_BE_TOLD))
        numbers = self.frame.set_index("region")[["observed", "expected"]].loc[up].to_numpy(dtype=float)
        named = [
            f"{name} ({format_number(observed, 0)} {self.value}, {format_number(expected)} expected)"
            for name, (observed, expected) in zip(up, numbers, strict=True)
        ]
        word = shown(SUPPORTED, self.direction)
        article = "an" if word == "uptick" else "a"
        found = f"{word} in {listed(named)}" if up else f"no region shows {article} {word}"
        others = ((shown(NOT_SUPPORTED, self.direction), none), ("cannot be told", open_))
        rest = [f"{said} in {len(names)}" for said, names in others if names]
        of_all = f"; {', '.join(rest)} of {counted(len(self.frame), 'region')}" if rest else ""
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

    def __repr__(self) -> str:
        table = self.summary()[["region", "observed", "expected", "rate ratio", "p", "q", "verdict"]]
        lines = [self.sentence(), *table.head(_ROWS).to_string(index=False).splitlines()]
        if len(table) > _ROWS:
            lines.append(f"... and {len(table) - _ROWS} more: frame, summary() or tidy() has all")
        return "\n".join(lines)

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
