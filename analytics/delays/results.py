"""What the room returns: how late reports come, and how many incidents there will have been."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.results.words import counted, format_number, mark

__all__ = ["DelayResult", "NowcastResult"]


@dataclass(frozen=True, eq=False, repr=False)
class _Estimate:
    """What both have: a table, a sentence, and what made them.

    Attributes
    ----------
    frame : DataFrame
        One row a region.
    method : str
    parameters : mapping
    simulated : bool
    notes : tuple of str
    """

    frame: pd.DataFrame
    method: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def null_hypothesis(self) -> str:
        """None: it is an estimate, and nothing is tested."""
        return "none: an estimate, nothing is tested"

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        raise NotImplementedError

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""
        raise NotImplementedError

    def tidy(self) -> pd.DataFrame:
        """Return one row a region with the columns that every result has."""
        return self.frame[["region", "observed", "estimate", "low", "high"]].reset_index(drop=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sentence()})"

    def __str__(self) -> str:
        lines = [self.sentence(), "", self.summary().to_string(index=False), "", f"Method: {self.method}"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in (f"Method: {self.method}", *self.notes))
        table = self.summary().to_html(index=False)
        return f"<p><b>{html.escape(self.sentence())}</b></p>{table}<ul>{items}</ul>"


@dataclass(frozen=True, eq=False, repr=False)
class DelayResult(_Estimate):
    """How late reports come, region by region.

    Attributes
    ----------
    frame : DataFrame
        One row a region, and "all" last: `observed` (incidents it rests on), `half`, `most` (days by which
        half and nine in ten are reported; NA where that is not within `longest`), `estimate`, `deviation`,
        `low`, `high` (share reported after a week, its standard deviation and 90 % interval), `factor` (above
        1: later than the whole).
    curve : DataFrame
        One row a region and delay: `region`, `days`, `share`, `deviation`.
    """

    curve: pd.DataFrame = field(default_factory=pd.DataFrame)

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        row = self.frame.iloc[-1]
        said = [
            counted(int(row[name]), "day") if pd.notna(row[name]) else "more" for name in ("half", "most")
        ]
        week = f"{100 * row['estimate']:.0f} % are in after a week"
        longest = self.parameters["longest"]
        return (
            f"{mark(self.simulated)}Half of the reports come within {said[0]}, nine in ten within {said[1]}; "
            f"{week} (of those that come within {longest} days; {counted(int(row['observed']), 'report')})."
        )

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""
        rows = self.frame
        limits = zip(rows["low"], rows["high"], strict=True)
        return pd.DataFrame(
            {
                "region": rows["region"],
                "reports": rows["observed"].map("{:,}".format),
                "half within": _days(rows["half"]),
                "nine in ten within": _days(rows["most"]),
                "in after a week": [f"{100 * share:.0f} %" for share in rows["estimate"]],
                "90 % interval": [f"{100 * low:.0f} to {100 * high:.0f} %" for low, high in limits],
            }
        )


@dataclass(frozen=True, eq=False, repr=False)
class NowcastResult(_Estimate):
    """How many incidents there will have been once all is reported.

    Attributes
    ----------
    frame : DataFrame
        One row a region: `observed`, `estimate`, `low`, `high` for the window, `completeness`, `deviation`
        and `reason` (why there is no estimate, else "").
    days : DataFrame
        One row a region and day: `region`, `day`, `observed`, `estimate`, `low`, `high`, `completeness`.
    """

    days: pd.DataFrame = field(default_factory=pd.DataFrame)

    def sentence(self) -> str:
        """Return the answer as a reader would say it: the region with most still to come."""
        rows = self.frame.dropna(subset=["estimate"])
        window, of_all = self.parameters["window"], counted(len(self.frame), "region")
        if rows.empty:
            why = self.frame["reason"].iloc[0]
            return f"{mark(self.simulated)}How many incidents are still to be reported is not known: {why}."
        row = rows.iloc[int(np.argmax(rows["estimate"] - rows["observed"]))]
        level = f"{100 * float(str(self.parameters['confidence'])):.0f} %"
        said = (
            f"{row['region']}: {row['observed']:,} incidents reported in the last {window} days, "
            f"{format_number(row['estimate'])} likely once all are ({level} interval {row['low']:,.0f} to "
            f"{row['high']:,.0f})"
        )
        more = f"; of {of_all} most is still to come there" if len(self.frame) > 1 else ""
        return f"{mark(self.simulated)}{said}{more}."

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: numbers written out."""
        rows = self.frame
        level = f"{100 * float(str(self.parameters['confidence'])):.0f} % interval"
        known = rows["estimate"].notna()
        limits = zip(known, rows["low"], rows["high"], strict=True)
        return pd.DataFrame(
            {
                "region": rows["region"],
                "reported": rows["observed"].map("{:,}".format),
                "share reported": [f"{100 * s:.0f} %" if s == s else "" for s in rows["completeness"]],
                "likely in all": [format_number(v) if v == v else "" for v in rows["estimate"]],
                level: [f"{low:,.0f} to {high:,.0f}" if is_known else "" for is_known, low, high in limits],
                "why": rows["reason"],
            }
        )


def _days(column: pd.Series) -> list[str]:
    return ["not within that" if pd.isna(value) else counted(int(value), "day") for value in column]
