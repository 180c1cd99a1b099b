"""The answer to "more active recently?": a table, a sentence, and the parameters that made them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.errors import OptionError, unknown_option
from analytics.options import check_choice
from analytics.periods import Window
from analytics.results.both_nulls import disagreement
from analytics.results.grades import COUNT_SAID, GRADES, ratio_interval_words
from analytics.results.uptick_tables import grouped_reasons, headline, placed_names, summary_table
from analytics.results.words import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    Verdict,
    counted,
    format_number,
    listed,
    mark,
    p_words,
    shown,
)

__all__ = ["Direction", "Null", "OneNull", "UptickResult"]

Direction = Literal["greater", "less"]
OneNull = Literal["constant", "expected"]
Null = Literal[OneNull, "auto"]
_ROWS = 5  # rows in a repr


class Evidence(Protocol):
    """What a result was made from, asked for more only when someone wants it."""

    def sensitivity(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """Return whether each uptick stands."""
        ...

    def model(self, region: str, null: OneNull) -> Any:
        """Return a region's regression, fitted by statsmodels."""
        ...

    def firm(self) -> FloatArray:
        """Return the p-values that a family of several claims starts from."""
        ...

    def last_days(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each region's seven days before the last, its last seven days, and the usual of seven."""
        ...

    def status(self, result: UptickResult) -> pd.Series:
        """Return what is new since the week before."""
        ...

    def watch(self) -> pd.DataFrame:
        """Return next week's lines."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class UptickResult:
    """Answer to "has it grown more active recently?" for each region.

    Attributes
    ----------
    frame : DataFrame
        One row a region, in the counts' order: region, observed, expected, rate_ratio, low, high (two-sided
        interval), limit (one-sided 95 % limit), pvalue, qvalue, verdict, reason; grade (one of nine), sign,
        words (as a reader sees it), why (the short reason behind it), level (above, about or below usual,
        without a test); starts_at and starts_at_3 (smallest count that would be in uptick, spread evenly and
        on three days; NaN where none would, and starts_note says why), detectable (smallest ratio that
        would be seen with 80 % power), break_even (share of the reports that must be in for "no large rise"),
        far_below (a test for fewer, in its own family), day (what a single day carries of a rise);
        dispersion, null (the one the row rests on),
        pvalue_constant, pvalue_expected, expected_adjusted, ratio_adjusted, baseline_total, baseline_periods,
        recent_periods, completeness (share of the window's incidents that are in; NaN where not known),
        model_based; and parent, what a region lies in, where that is known.
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
        """Which null hypothesis the verdicts rest on: "constant", "expected", or "auto", each row its own."""
        return str(self.parameters["null"])

    @cached_property
    def sensitivity(self) -> pd.DataFrame | None:
        """For each region in uptick, whether it stands without coarse dates and the largest past episode.

        None where the verdicts do not rest on a constant mean, or on a window of stated length.
        """
        return None if self.evidence is None else self.evidence.sensitivity(self.frame)

    @cached_property
    def status(self) -> pd.Series:
        """Each region's status, from the same test on the counts as of the weeks before, when asked for.

        "new"; "second week, still rising" (its last seven days above usual) or "easing"; "no longer called"
        and why; "" for the rest. Nothing is ever said to have ended. Records deleted since cannot be told
        from one file.
        """
        if self.evidence is None:
            return pd.Series("", index=pd.Index(self.frame["region"]), name="status", dtype="str")
        return self.evidence.status(self)

    def watch(self) -> pd.DataFrame:
        """Return next week's lines: the count of its window from which an uptick would be called.

        Returns
        -------
        DataFrame
            region, watch_from, watch_from_3 (the same on three days); NaN where no count would be called.
        """
        if self.evidence is None:
            nan = np.full(len(self.frame), np.nan)
            return pd.DataFrame({"region": self.frame["region"], "watch_from": nan, "watch_from_3": nan})
        return self.evidence.watch()

    def headline(self, *, marked: bool = True) -> str:
        """Return the answer in one or two sentences; simulated data are named where `marked`.

        Examples
        --------
        >>> from analytics import Counts, uptick_test
        >>> days = pd.date_range("2019-01-01", periods=470)
        >>> daily = pd.DataFrame({"Kirkuk": [1, 0] * 235, "Erbil": 0, "Ninewa": [0, 1] * 235}, index=days)
        >>> daily.iloc[-14:, 0] = 4
        >>> print(uptick_test(Counts.from_frame(daily, freq="day", as_of="2020-04-14")).headline())
        Uptick in Kirkuk. Of the 2 other regions 1 shows no uptick, 1 cannot be judged.
        """
        return headline(self, marked=marked)

    def reasons(self) -> list[str]:
        """Return the reasons grouped by grade, one line each."""
        return grouped_reasons(self)

    def model(self, region: str, *, null: OneNull | None = None) -> Any:
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
            check_choice("null", null, OneNull)
        if self.evidence is None:
            raise OptionError(
                "a window picked after looking has no model", todo="give the length of the recent window"
            )
        return self.evidence.model(region, null or self._row(region)["null"])

    @property
    def adjusted(self) -> str:
        """Return what the verdicts are adjusted for, in the words of the sentence."""
        rests = self.frame["null"] == "expected"
        if self.null == "expected" or rests.all():
            return "adjusted for season and trend"
        if rests.any():
            return f"adjusted for season and trend in {rests.sum()} of {len(rests)} regions"
        return "not adjusted for season or trend"

    @property
    def disagreement(self) -> str:
        """Return where the two null hypotheses lead to different answers, in a sentence; "" where nowhere."""
        return disagreement(self.frame, self.alpha, self.direction)

    def regions(self, verdict: Verdict) -> list[str]:
        """Return the regions with a verdict, smallest p-value first."""
        rows = self.frame[self.frame["verdict"] == verdict]
        return rows.sort_values("pvalue", kind="stable")["region"].tolist()

    def ranked(self) -> pd.DataFrame:
        """Return the frame by grade, upticks first, then by p-value and region."""
        order = self.frame["grade"].map({grade: i for i, grade in enumerate(GRADES)})
        return (
            self.frame.assign(_order=order)
            .sort_values(["_order", "pvalue", "region"], kind="stable", na_position="last")
            .drop(columns="_order")
        )

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: by grade, regions without incidents in one line."""
        return summary_table(self)

    def tidy(self) -> pd.DataFrame:
        """Return one row a region in the columns that every result shares; `estimate` is the rate ratio."""
        shared = ["region", "observed", "expected", "estimate", "low", "high", "pvalue", "qvalue"]
        frame = self.frame.rename(columns={"rate_ratio": "estimate"})
        more = ["verdict", "reason", "grade", "words", "starts_at", "detectable", "limit"]
        return frame[[*shared, *more]].copy()

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
            return f"{region}: {row['words']}"
        region = placed_names(self.frame[self.frame["region"] == region])[0]
        adjusted = "" if len(self.frame) == 1 else f", {p_words(row['qvalue'], 'q')}"
        ratio = format_number(row["rate_ratio"], 2)
        if not np.isnan(row["low"]):  # the best of several windows has no interval
            interval = ratio_interval_words(row["low"], row["high"], row["observed"])
            ratio += f" ({100 * self.confidence:g} % interval {interval})"
        numbers = f"{format_number(row['observed'], 0)} {self.value}, {format_number(row['expected'])}"
        if row["grade"] in COUNT_SAID:
            numbers = f"{format_number(row['expected'])} {self.value}"
        return (
            f"{region}: {row['words']}; {numbers} expected, rate ratio {ratio}, "
            f"{p_words(row['pvalue'])}{adjusted}"
        )

    def sentence(self) -> str:
        """Return the answer as a reader would say it, with its limits."""
        tag = mark(self.simulated)
        window = f"{self.recent} against {self.baseline}"
        if (self.frame["why"] == "short").all():
            window = f"{self.recent}, with nothing to compare it with"
        if len(self.frame) == 1:
            only = self.describe(self.frame["region"].iloc[0])
            return f"{tag}{only} ({window}; {self.adjusted}). {self.disagreement}".rstrip()
        up, none, open_ = (self.regions(v) for v in (SUPPORTED, NOT_SUPPORTED, CANNOT_BE_TOLD))
        numbers = self.frame.set_index("region")[["observed", "expected"]].loc[up].to_numpy(dtype=float)
        placed = dict(zip(self.frame["region"], placed_names(self.frame), strict=True))
        named = [
            f"{placed[name]} ({format_number(observed, 0)} {self.value}, {format_number(expected)} expected)"
            for name, (observed, expected) in zip(up, numbers, strict=True)
        ]
        word = shown(SUPPORTED, self.direction)
        article = "an" if word == "uptick" else "a"
        found = f"{word} in {listed(named)}" if up else f"no region shows {article} {word}"
        others = ((shown(NOT_SUPPORTED, self.direction), none), ("cannot be told", open_))
        rest = [f"{said} in {len(names)}" for said, names in others if names]
        of_all = f"; {', '.join(rest)} of {counted(len(self.frame), 'region')}" if rest else ""
        said = f"{tag}{found}{of_all} ({window}; {self.family}; {self.adjusted})."
        return f"{said} {self.disagreement}".rstrip()

    def text(self) -> str:
        """Return sentence, table and notes for a terminal."""
        parts = [self.headline(), self.sentence(), "", self.summary().to_string(index=False), ""]
        parts += [*self.reasons(), "", self.method, *self.nulls]
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
        table = self.summary()[["region", "observed", "usual", "ratio", "p", "q", "grade"]]
        lines = [self.sentence(), *table.head(_ROWS).to_string(index=False).splitlines()]
        if len(table) > _ROWS:
            lines.append(f"... and {len(table) - _ROWS} more: frame, summary() or tidy() has all")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in (self.method, *self.nulls, *self.notes))
        reasons = "".join(f"<li>{html.escape(line)}</li>" for line in self.reasons())
        beside = ""
        if self.sensitivity is not None and len(self.sensitivity):
            beside = f"<p>Beside each {shown(SUPPORTED, self.direction)}:</p>" + self.sensitivity.to_html(
                index=False
            )
        return (
            f"<p><b>{html.escape(self.sentence())}</b></p>{self.summary().to_html(index=False)}{beside}"
            f"<ul>{reasons}</ul><ul>{notes}</ul>"
        )
