"""Two sources side by side: the weekly counts of both, never summed, and where they disagree."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError
from analytics.options import check_whole
from analytics.periods import DAY
from analytics.results.words import counted, format_number, listed, mark

__all__ = ["ALL", "SideBySide", "side_by_side"]

ALL = "all regions"
_FEWEST_WEEKS = 8
_FEWEST_INCIDENTS = 10  # of either source, for a correlation
_ABOVE, _BELOW = 1.25, 0.8  # the words for a level, as everywhere
_LEAST = 2.0  # expected in the window, below which no word is said of a level
_GOING = ((0.7, "closely"), (0.4, "loosely"), (-1.0, "hardly"))
_METHOD = (
    "Weekly counts of both sources over the whole weeks that both cover. A level is the last weeks' count "
    "over that of as many weeks on average before them: above usual from 1.25, below usual to 0.8. No test: "
    "what the sources count differs."
)


@dataclass(frozen=True, eq=False, repr=False)
class SideBySide:
    """The weekly counts of two sources, and how far they say the same.

    Attributes
    ----------
    frame : DataFrame
        One row a week and region, all regions together first: `start`, `label`, `region`, `first`, `second`
        (NA without coverage, or where a source has no such region).
    regions : DataFrame
        One row a region: `first`, `second` (sums over the weeks both cover), `weeks`, `ratio` (first over
        second), `correlation` (of ranks, Spearman; NaN with fewer than ten incidents of either),
        `recent_first`, `usual_first`, `recent_second`,
        `usual_second` (counts of the last weeks, and of as many weeks before them on average),
        `level_first`, `level_second` and `agree` (yes, no, or why it cannot be told).
    counts : tuple of Counts
        Of the first and the second, by week, over the common weeks.
    titles : tuple of str
    parameters : mapping
    method : str
    simulated : bool
    """

    frame: pd.DataFrame
    regions: pd.DataFrame
    counts: tuple[Counts, Counts]
    titles: tuple[str, str]
    method: str = _METHOD
    parameters: Mapping[str, object] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return what the two sources say, and whether they agree, in words."""
        row, (one, two) = self.regions.iloc[0], self.titles
        labels = self.counts[0].labels()
        said = f"{one} counts {row['first']:,}, {two} {row['second']:,}"
        if row["first"] and row["second"]:
            more = max(row["ratio"], 1 / row["ratio"])
            said += f" ({format_number(more)} to 1)" if round(more, 1) > 1 else " (about as many)"
        said += f", {counted(row['weeks'], 'week')}, {labels[0]}..{labels[-1]}; the two are never summed."
        if not np.isnan(row["correlation"]):
            how = next(word for least, word in _GOING if row["correlation"] >= least)
            said += f" Week by week they go {how} together (rank correlation {row['correlation']:.2f})."
        recent = counted(int(str(self.parameters["recent"])), "week")
        now = f" In the last {recent}: {one} {_level(row, 'first')}, {two} {_level(row, 'second')}"
        verdict = {"yes": "they agree", "no": "they disagree"}.get(row["agree"], row["agree"])
        said += f"{now}: {verdict}."
        others = self.regions.iloc[1:]
        apart = others.loc[others["agree"] == "no", "region"].tolist()
        if apart:
            said += f" They disagree in {listed(apart)}."
        return f"{mark(self.simulated)}{said}"

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: a row a region, what each source says of it."""
        rows = self.regions
        one, two = self.titles
        return pd.DataFrame(
            {
                "region": rows["region"],
                one: rows["first"].map("{:,}".format),
                f"{two}{' ' if one == two else ''}": rows["second"].map("{:,}".format),
                "rank correlation": [format_number(v, 2) for v in rows["correlation"]],
                "first now": [_level(row, "first") for _, row in rows.iterrows()],
                "second now": [_level(row, "second") for _, row in rows.iterrows()],
                "agree": rows["agree"],
            }
        )

    def __repr__(self) -> str:
        names = " and ".join(self.titles)
        weeks = counted(len(self.counts[0].starts), "week")
        return f"SideBySide({mark(self.simulated, 'name')}{names}, {weeks})"

    def _repr_html_(self) -> str:
        table = self.summary().to_html(index=False)
        return f"<p><b>{html.escape(self.sentence())}</b></p>{table}<p>{html.escape(self.method)}</p>"


def _level(row: pd.Series, side: str) -> str:
    """Return one source's last weeks in words."""
    now, usual = row[f"recent_{side}"], row[f"usual_{side}"]
    word = row[f"level_{side}"]
    if np.isnan(now) or np.isnan(usual):
        return str(word)
    return f"{now:,.0f}, usual {format_number(usual)} ({word})"


def side_by_side(
    first: Counts, second: Counts, *, titles: tuple[str, str] = ("the first", "the second"), recent: int = 2,
    usual: int = 52,
) -> SideBySide:  # fmt: skip
    """Hold the weekly counts of two sources side by side.

    Parameters
    ----------
    first, second : Counts
        Counted by the same column; days become weeks.
    titles : tuple of str
        What the two are called.
    recent, usual : int
        The last weeks that are spoken of, and the weeks before them that they are held against (fewer where
        there are fewer, at least 8).

    Returns
    -------
    SideBySide

    Raises
    ------
    OptionError
        If the two are counted by different columns, in different weeks, or count different things.
    HistoryError
        If they have too few weeks in common.

    Examples
    --------
    >>> one = Counts.from_array([[9, 1]] * 20 + [[30, 1]] * 2, start="2020-01-06", regions=["A", "B"])
    >>> two = Counts.from_array([[3, 1]] * 22, start="2020-01-06", regions=["A", "B"])
    >>> made = side_by_side(one, two)
    >>> made.regions[["region", "level_first", "level_second", "agree"]].iloc[1].tolist()
    ['A', 'above usual', 'about usual', 'no']
    """
    check_whole(1, recent=recent, usual=usual)
    for name, what in (
        ("by", "counted by"),
        ("value", "counts of"),
        ("week_start", "in weeks that start on"),
    ):
        values = [getattr(one, name) for one in (first, second)]
        if values[0] != values[1]:
            raise OptionError(
                "the two sources are not counted alike", expected="the same for both",
                found=f"{what} {values[0]} and {values[1]}",
            )  # fmt: skip
    one, two = _common(first, second, recent)
    pairs: list[tuple[str, Counts | int, Counts | int]] = []
    if len(one.regions) + len(two.regions) > 2:
        pairs = [(ALL, one.total(ALL), two.total(ALL))]
    names = list(dict.fromkeys([*one.regions, *two.regions]))
    pairs += [(name, _of(one, name), _of(two, name)) for name in names]
    series = [(name, _numbers(a), _numbers(b)) for name, a, b in pairs]
    labels, starts = one.labels(), one.starts.astype("datetime64[us]")
    frame = pd.concat(
        [
            pd.DataFrame({"start": starts, "label": labels, "region": name, "first": a, "second": b})
            for name, a, b in series
        ],
        ignore_index=True,
    ).astype({"first": "Int64", "second": "Int64"})
    rows = [_row(name, a, b, recent, usual) for name, a, b in series]
    return SideBySide(
        frame=frame,
        regions=pd.DataFrame(rows),
        counts=(one, two),
        titles=titles,
        parameters={"recent": recent, "usual": usual},
        simulated=first.simulated or second.simulated,
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
    )


def _common(first: Counts, second: Counts, recent: int) -> tuple[Counts, Counts]:
    """Return both by week, over the whole weeks that lie in both."""
    one, two = (counts.resample("week") for counts in (first, second))
    start = max(one.starts[0], two.starts[0])
    end = min(one.last_complete_day, two.last_complete_day)
    if (weeks := max(int((end - start) / DAY + 1) // 7, 0)) < recent + _FEWEST_WEEKS:
        raise HistoryError(
            "the two sources have too few weeks in common",
            expected=f"{recent + _FEWEST_WEEKS} whole weeks",
            found=f"{weeks}: {one.starts[0]}..{one.as_of} and {two.starts[0]}..{two.as_of}",
        )
    cut = []
    for counts in (one, two):
        inside = (counts.starts >= start) & (counts.ends <= end)
        cut.append(
            replace(
                counts,
                starts=counts.starts[inside],
                values=counts.values[inside],
                coverage=counts.coverage[inside],
                coarse=None if counts.coarse is None else counts.coarse[inside],
                unplaced=None if counts.unplaced is None else counts.unplaced[inside],
                as_of=end,
                completeness=None,
                accounting=None,
            )
        )
    return cut[0], cut[1]


def _of(counts: Counts, name: str) -> Counts | int:
    return counts.select(name) if name in counts.regions else len(counts.starts)


def _numbers(counts: Counts | int) -> FloatArray:
    if isinstance(counts, int):
        return np.full(counts, np.nan)  # the source has no such region
    return np.where(counts.coverage[:, 0], counts.values[:, 0], np.nan)


def _row(name: str, a: FloatArray, b: FloatArray, recent: int, usual: int) -> dict[str, object]:
    both = np.isfinite(a) & np.isfinite(b)
    enough = min(a[both].sum(), b[both].sum()) >= _FEWEST_INCIDENTS
    moves = enough and a[both].std() > 0 and b[both].std() > 0
    rank = pd.Series(a[both]).corr(pd.Series(b[both]), method="spearman") if moves else np.nan
    row: dict[str, object] = {
        "region": name,
        "first": int(a[both].sum()),
        "second": int(b[both].sum()),
        "weeks": int(both.sum()),
        "ratio": a[both].sum() / b[both].sum() if b[both].sum() else np.nan,
        "correlation": float(rank),
    }
    words = []
    for side, values in (("first", a), ("second", b)):
        now, before = float(values[-recent:].sum()), values[-recent - usual : -recent]
        mean = float(np.nanmean(before)) * recent if np.isfinite(before).sum() >= _FEWEST_WEEKS else np.nan
        words.append(_word(now, mean, bool(np.isfinite(values).any())))
        row |= {f"recent_{side}": now, f"usual_{side}": mean, f"level_{side}": words[-1]}
    known = {"above usual", "about usual", "below usual"}
    unclear = [word for word in words if word not in known]
    row["agree"] = f"cannot be told: {unclear[0]}" if unclear else "yes" if words[0] == words[1] else "no"
    return row


def _word(now: float, usual: float, there: bool) -> str:
    if not there:
        return "no such region"
    if np.isnan(now) or np.isnan(usual):
        return "not covered"
    if usual < _LEAST:
        return "too few"
    ratio = now / usual
    return "above usual" if ratio >= _ABOVE else "below usual" if ratio <= _BELOW else "about usual"
