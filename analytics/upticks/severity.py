"""Deadlier: whether recent incidents kill more, and whether more people are killed, never in one number.

Deaths per incident have many zeros and a heavy tail, and the incidents of a day share what made them deadly.
So whole blocks of days change places, never incidents one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

from analytics._typing import FloatArray, IntArray
from analytics.counts import Counts, count_incidents
from analytics.counts.placing import choose_regions
from analytics.errors import HistoryError, OptionError
from analytics.incidents import Incidents
from analytics.kernels.claims.severity import block_permutation, mean_ratio
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.windows.bounds import bounds
from analytics.kernels.windows.lrd import STEADY_WINDOWS, lrd_test
from analytics.options import check_level, check_margin, check_seed, check_share, check_single, check_whole
from analytics.periods import DAY, Window
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    ClaimResult,
    Verdict,
    format_number,
)
from analytics.upticks.decide import LATE, Found, decide_all, ratio_bound
from analytics.upticks.notes import family_notes
from analytics.upticks.windows import known_share, unanswered

__all__ = ["severity_test"]


MIN_RECENT, MIN_BASELINE = 5, 20  # incidents with stated deaths, below which nothing is tested
MOST_UNKNOWN = 0.2  # share of recent incidents without stated deaths above which "not supported" is not said
METHOD = (
    "deaths per incident: permutation of whole 7-day blocks, scaled by the variance for so many incidents so "
    "clustered in days, on log(1 + deaths) and on indicators, raised to the rank among the baseline's "
    "windows; "
    "ratio of means with Student's t on the logarithm. Deaths in all: LRD (variant B) on daily deaths, whose "
    "dispersion of 14-day sums holds numbers and sizes alike. Not adjusted for season or trend"
)


def severity_test(
    incidents: Incidents,
    *,
    as_of: object = None,
    start: object = None,
    by: str | None = None,
    regions: str | Sequence[str] | None = None,
    where: str | None = None,
    recent: int = 14,
    guard: int = 28,
    baseline: int = 364,
    mass: int = 5,
    alpha: float = 0.05,
    margin: float = 1.5,
    completeness: float | None = None,
    seed: int = 0,
) -> ClaimResult:
    """Test whether recent incidents are deadlier, and whether more people are killed.

    Parameters
    ----------
    incidents : Incidents
    as_of, start, by, regions, where
        As in :func:`~analytics.counts.count_incidents`; the regions chosen are one whole.
    recent, guard, baseline : int
        Lengths in days; `recent` a multiple of 7, because blocks of 7 days change places.
    mass : int
        Deaths from which an incident is called a mass-casualty one.
    alpha, margin : float
        Level of the verdict (q over the four rows), and ratio below which "not supported" is said.
    completeness : float or None
        Share of recent incidents already reported; None: not known. Concerns deaths in all alone.
    seed : int
        For the choices of blocks where there are too many to look at (a recent window of 28 days or more).

    Returns
    -------
    ClaimResult
        Four rows: deaths per incident (p-value of the mean of log(1 + deaths), estimate the ratio of mean
        deaths), share of deadly incidents, share with `mass` deaths or more, deaths in all. Columns beside:
        `recent` and `baseline` (mean, share, or deaths in as many days), `median_recent`, `median_baseline`,
        `incidents_recent`, `incidents_baseline`, `not_stated_recent`, `not_stated_baseline` (incidents whose
        deaths are not stated: left out and counted), `clustering` (correlation within days).

    Raises
    ------
    OptionError
        If an option is out of range.
    HistoryError
        If there are too few days.

    Notes
    -----
    The mean of a heavy-tailed number is decided by its largest value, so the p-value is that of the
    logarithm, in which one massacre does not decide; *supported* also needs a ratio of means above 1. The
    interval is that of the mean, and wide. The null hypothesis lets the number of incidents rise: more
    incidents, each as deadly as before, are no rise of severity, and show in deaths in all. Severity that
    stays high for weeks makes the permutation too ready; the rank among windows holds it
    (``benchmarks/results/severity.md``), the interval does not (about 91 %).

    References
    ----------
    .. [1] Chung, E., Romano, J. P. (2013). Exact and asymptotically robust permutation tests. Annals of
           Statistics 41, 484-507.
    .. [2] Clauset, A., Young, M., Gleditsch, K. S. (2007). On the frequency of severe terrorist events.
           Journal of Conflict Resolution 51, 58-87.

    Examples
    --------
    >>> from analytics.bundled import bundled_path
    >>> from analytics.incidents import read_incidents
    >>> sample = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-13")
    >>> result = severity_test(sample, where="activity = 'attack'")
    >>> result.frame["measure"].tolist()[0], result.frame["verdict"].iloc[0]
    ('deaths per incident', 'not supported')
    """
    check_single(alpha=alpha, margin=margin)
    check_level(alpha=alpha)
    check_margin(margin)
    check_share(completeness=completeness)
    check_whole(2, mass=mass)
    check_seed(seed)
    _check_lengths(recent, guard, baseline)
    counts = count_incidents(
        incidents, "day", by=by, regions=regions, start=start, as_of=as_of, where=where, value="fatalities"
    )
    total = counts.total("all")
    begin = len(total.starts) - recent - guard - baseline
    if begin < 0:
        raise HistoryError(
            f"severity_test needs {recent + guard + baseline} days "
            f"(recent {recent} + guard {guard} + baseline {baseline})",
            found=f"{len(total.starts)}, {total.starts[0]}..{total.starts[-1]}",
            todo="count from an earlier start (if the data begin before), or ask for a shorter baseline",
        )
    first = total.starts[begin]
    windows = (
        Window(first, first + (baseline - 1) * DAY),
        Window(total.starts[-1] - (recent - 1) * DAY, total.starts[-1]),
    )
    incidents = incidents.known_on(counts.as_of)
    silent = unanswered(counts, first, total.starts[-1])
    completeness = known_share(total, len(total.starts) - recent, len(total.starts), completeness)
    day, deaths = _marks(incidents, by, regions, where, first, counts.as_of)
    rows = _mark_rows(
        day, deaths, recent=recent, guard=guard, baseline=baseline, mass=mass, alpha=alpha, seed=seed
    )
    rows.append(
        _total_row(total, begin, recent, guard, completeness, alpha) | {key: rows[0][key] for key in _NUMBERS}
    )
    frame = pd.DataFrame(rows)
    if silent:
        frame["untested"], frame["pvalue"] = silent, np.nan
    frame["qvalue"] = benjamini_hochberg(frame["pvalue"].to_numpy(dtype=float))
    frame["verdict"], frame["reason"] = _verdicts(frame, alpha, margin, completeness is not None)
    what = "incidents" if where is None else f"incidents ({where})"
    notes = [*counts.notes, *family_notes(frame, "row")]
    notes += [
        f"deaths are not stated in {rows[0]['not_stated_recent']} of the recent and "
        f"{rows[0]['not_stated_baseline']} of the baseline's {what}; these are left out, never zero",
    ]
    flags = incidents.frame["flags"].str.contains("coarse date", regex=False)
    if flags.any():
        notes.append(f"{int(flags.sum()):,} incidents have coarse dates and count on their first day")
    return ClaimResult(
        claim="recent incidents are deadlier",
        frame=frame.drop(columns="untested"),
        estimate_name="recent relative to baseline",
        null_hypothesis="blocks of days could change places: recent incidents are as deadly as earlier ones, "
        "however many; for deaths in all, the recent mean equals the baseline mean",
        method=METHOD,
        parameters={
            "recent": str(windows[1]), "baseline": str(windows[0]), "guard": guard, "where": where,
            "regions": regions, "mass": mass, "alpha": alpha, "margin": margin, "completeness": completeness,
            "seed": seed,
        },
        simulated=incidents.simulated,
        notes=tuple(notes),
        words=_words(frame),
        named_by=("measure",),
    )  # fmt: skip


_NUMBERS = (
    "incidents_recent", "incidents_baseline", "not_stated_recent", "not_stated_baseline",
    "median_recent", "median_baseline",
)  # fmt: skip


def _check_lengths(recent: int, guard: int, baseline: int) -> None:
    if recent < 7 or recent % 7 or guard < 0 or baseline < STEADY_WINDOWS * recent:
        raise OptionError(
            "a length is not usable",
            expected="recent a multiple of 7 days, guard of at least 0, "
            f"baseline at least {STEADY_WINDOWS} times recent",
            found=f"recent {recent}, guard {guard}, baseline {baseline}",
        )


def _marks(
    incidents: Incidents,
    by: str | None,
    regions: str | Sequence[str] | None,
    where: str | None,
    first: np.datetime64,
    last: np.datetime64,
) -> tuple[IntArray, FloatArray]:
    """Days since `first` of the incidents asked about, and their deaths (NaN: not stated)."""
    frame = incidents.frame
    keep = ~incidents.reported_after(last)
    rule = None if where is None else incidents.filter(where)
    if rule is not None:
        keep &= rule.evaluate(frame, incidents.extra).mask
    chosen = choose_regions(incidents, by, regions, rule)
    # Without a selection of regions the unplaced count too, as they do in the sum over regions.
    region = chosen.codes(incidents)
    keep &= (region >= 0) | ((region == -1) & (not chosen.selected))
    day = (frame["date_start"].to_numpy().astype("datetime64[D]") - first) // DAY
    deaths = frame["fatalities"].to_numpy(dtype=float, na_value=np.nan)
    day, deaths = day[keep].astype(np.int64), deaths[keep]
    order = np.lexsort((deaths, day))  # sums are then the same to the last digit, however the rows stand
    return np.asarray(day[order]), np.asarray(deaths[order])


def _mark_rows(
    day: IntArray,
    deaths: FloatArray,
    *,
    recent: int,
    guard: int,
    baseline: int,
    mass: int,
    alpha: float,
    seed: int,
) -> list[dict[str, object]]:
    late = baseline + guard
    is_recent = (day >= late) & (day < late + recent)
    inside = is_recent | ((day >= 0) & (day < baseline))
    stated = inside & np.isfinite(deaths)
    x, at, now = deaths[stated], day[stated], is_recent[stated]
    numbers = {
        "incidents_recent": int(now.sum()),
        "incidents_baseline": int((~now).sum()),
        "not_stated_recent": int((is_recent & ~stated).sum()),
        "not_stated_baseline": int((inside & ~is_recent & ~stated).sum()),
        "median_recent": float(np.median(x[now])) if now.any() else np.nan,
        "median_baseline": float(np.median(x[~now])) if (~now).any() else np.nan,
    }
    kinds = {
        "deaths per incident": (np.log1p(x), x),
        "share of deadly incidents": ((x >= 1).astype(float),) * 2,
        f"share with {mass} deaths or more": ((x >= mass).astype(float),) * 2,
    }
    enough = now.sum() >= MIN_RECENT and (~now).sum() >= MIN_BASELINE
    block = np.where(now, (at - late) // 7 + baseline, (baseline - 1 - at) // 7)
    few = f"{MIN_RECENT} recent and {MIN_BASELINE} earlier incidents with stated deaths are needed"
    test = (
        block_permutation(
            np.stack([tested for tested, _ in kinds.values()], axis=1),
            at,
            now,
            block,
            length=recent,
            seed=seed,
        )
        if enough
        else None
    )
    rows: list[dict[str, object]] = []
    for i, (name, (tested, averaged)) in enumerate(kinds.items()):
        row: dict[str, object] = {
            "measure": name, "estimate": np.nan, "low": np.nan, "high": np.nan, "limit": np.nan,
            "pvalue": np.nan, "detectable": np.nan, "untested": "", "clustering": np.nan,
            "recent": float(averaged[now].mean()) if now.any() else np.nan,
            "baseline": float(averaged[~now].mean()) if (~now).any() else np.nan,
        }  # fmt: skip
        if test is None:
            row["untested"] = few
        elif tested.min() == tested.max():
            same = (
                "every incident is deadly" if i == 1 and tested.min() == 1 else "every incident has the same"
            )
            row["untested"] = f"{same}: the data cannot show it"
        else:
            ratio, limits, error = mean_ratio(averaged, at, now, (0.025, 0.975, 0.95))
            row |= {"estimate": ratio, "low": limits[0], "high": limits[1], "limit": limits[2]}
            row |= {"pvalue": float(test.greater[i]), "clustering": float(test.icc[i])}
            row["detectable"] = float(np.exp((special.ndtri(1 - alpha) + special.ndtri(0.8)) * error))
        rows.append(row | numbers)
    return rows


def _total_row(
    total: Counts, begin: int, recent: int, guard: int, completeness: float | None, alpha: float
) -> dict[str, object]:
    values, covered = total.values[begin:], total.coverage[begin:]
    row: dict[str, object] = {"measure": "deaths in all", "untested": "", "clustering": np.nan}
    row |= dict.fromkeys(
        ("estimate", "low", "high", "limit", "pvalue", "detectable", "recent", "baseline"), np.nan
    )
    end = len(values) - recent - guard
    if not covered[-recent:].all():
        row["untested"] = "the recent window is not wholly covered"
        return row
    if covered[:end].sum() < STEADY_WINDOWS * recent:
        row["untested"] = f"the baseline has coverage for fewer than {STEADY_WINDOWS} windows"
        return row
    row["recent"] = float(values[-recent:].sum())
    if not values[:end].any() and not row["recent"]:
        row["untested"] = "there is no death in the baseline or the recent window"
        return row
    test = lrd_test(values, covered, length=recent, guard=guard, completeness=completeness or 1.0)
    expected = float(test.expected[0])
    row["baseline"] = expected
    row["estimate"] = float(values[-recent:].sum()) / expected if expected > 0 else np.inf
    row["pvalue"] = float(test.pvalue[0])
    found = bounds(test, alpha=alpha, confidence=0.95, windows=(values[:end], covered[:end], recent))
    for name in ("low", "high", "limit", "detectable"):
        row[name] = float(getattr(found, name)[0])
    return row


def _verdicts(
    frame: pd.DataFrame, alpha: float, margin: float, known: bool
) -> tuple[list[Verdict], list[str]]:
    rows = []
    numbers = ("estimate", "limit", "pvalue", "qvalue", "incidents_recent", "not_stated_recent")
    for name, untested, (ratio, limit, p, q, stated, unknown) in zip(
        frame["measure"], frame["untested"], frame[list(numbers)].to_numpy(dtype=float), strict=True
    ):
        bound = ratio_bound(limit, margin)
        if ratio == 0:
            bound = replace(bound, allowed="none among the recent incidents, which are too few to say more")
        doubt = LATE if name == "deaths in all" and not known else ""
        if unknown > MOST_UNKNOWN * (stated + unknown):
            doubt = f"deaths are not stated in {unknown:.0f} of {stated + unknown:.0f} recent incidents"
        rows.append(
            Found(
                p,
                q,
                bound,
                untested=untested,
                few="" if ratio > 1 else "the typical incident is deadlier, but the mean is not higher",
                doubt=doubt,
                among="rows",
            )
        )
    return decide_all(rows, alpha)


def _words(frame: pd.DataFrame) -> tuple[str, ...]:
    said = {SUPPORTED: "higher", NOT_SUPPORTED: "not higher", CANNOT_BE_TOLD: "cannot be told whether higher"}
    out = []
    for name, verdict, now, then in zip(
        frame["measure"], frame["verdict"], frame["recent"], frame["baseline"], strict=True
    ):
        numbers = [f"{100 * v:.0f} %" if "share" in name else format_number(v) for v in (now, then)]
        out.append(f"{name} {said[verdict]}: {numbers[0]} against {numbers[1]}")
    return tuple(out)
