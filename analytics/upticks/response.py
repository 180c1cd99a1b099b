"""After operations: whether attacks become fewer, beside matched times without an operation.

Operations follow activity, so attacks fall after them whatever they achieve (regression to the mean): the
naive comparison of before and after says "it worked" on data in which nothing does. Here what follows an
operation is compared with what follows other times of the same region from which as much was to be expected.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from analytics._typing import BoolArray, Direction
from analytics.counts import Counts, count_incidents
from analytics.errors import HistoryError, OptionError, unknown_option
from analytics.incidents import Incidents
from analytics.kernels.claims.response import MatchedResponse, matched_response
from analytics.options import check_choice, check_level, check_margin, check_single, check_whole
from analytics.results import CANNOT_BE_TOLD, ClaimResult, Verdict, format_number
from analytics.schema import ACTIVITIES
from analytics.upticks.decide import Found, decide, ratio_bound
from analytics.upticks.incomplete import without_incomplete
from analytics.upticks.notes import unplaced_notes
from analytics.upticks.windows import unanswered

__all__ = ["response_test"]

MIN_EVENTS = 5  # fewer events, or stretches of time that hold one, give no variance to rest on
MOST_BEYOND = 0.1  # share of events without a match as active, above which nothing is concluded
SKIP = 56  # days at the start that only serve as past
MIN_DAYS = 365
_PROFILE = 28
METHOD = (
    "risk-set matching (Li, Propert and Rosenbaum 2001) on a prognostic score (Hansen 2008): expected "
    "attacks from "
    "the region's past at four time scales, bias-corrected for what matching leaves; ratio of sums with "
    "Fieller's "
    "interval, variance between stretches of time over all regions together. Matched on past activity "
    "only: what "
    "the forces knew beyond it is not in the data, so the ratio is no proof of cause"
)


def response_test(
    data: Incidents | Counts,
    attacks: Counts | None = None,
    *,
    as_of: object = None,
    start: object = None,
    by: str | None = "admin1",
    regions: str | list[str] | None = None,
    where: str | None = None,
    event: str = "operation",
    outcome: str = "attack",
    window: int = 14,
    clear: int | None = None,
    matched: int = 60,
    direction: Direction = "less",
    alpha: float = 0.05,
    margin: float = 1.5,
) -> ClaimResult:
    """Test whether attacks become fewer (or more) after operations than after matched times.

    Parameters
    ----------
    data : Incidents or Counts
        Incidents, from which `event` and `outcome` are counted; or daily counts of the events, with
        `attacks`.
    attacks : Counts or None
        Daily counts of what may respond: the same days and regions as the events.
    as_of, start, by, regions, where
        As in :func:`~analytics.counts.count_incidents`, for incidents only.
    event, outcome : str
        Activities counted as event and as outcome.
    window : int
        Days after the event that are counted. The day itself belongs to the past: daily data cannot say which
        came first.
    clear : int or None
        Days without an event before one that counts, and before a matched time; default `window`.
    matched : int
        Matched times for each event, from the same region.
    direction : {"less", "greater"}
        What is claimed: fewer attacks after events, or more.
    alpha : float
        Level of the verdict.
    margin : float
        "Not supported" is said where the one-sided 95 % limit of the ratio lies on the harmless side of
        ``1 / margin`` (less) or `margin` (greater).

    Returns
    -------
    ClaimResult
        One row over all regions: `estimate` is the ratio of attacks after events to those after matched
        times; `events`, `used` and `beyond` (without a match as active), `observed`, `expected`,
        `before_events` and `before_matched` (mean attacks in the window before), `naive_ratio` (after over
        before, which regression to the mean pulls below 1). `details` holds `regions` (the same by region,
        without p-values) and `profile` (mean attacks on each day from 28 before to 28 after, for events and
        matched times).

    Raises
    ------
    OptionError
        If counts are weekly, do not fit together, or an option is out of range.
    HistoryError
        If there are fewer than 365 days.

    Notes
    -----
    The null hypothesis is that an event changes nothing: given the past, it says nothing about the attacks to
    come. Whether a day may serve as a matched time depends on its past alone. A day later followed by an
    operation is kept, because operations follow activity, and leaving such days out would leave out active
    times; the price is that a true effect is understated (a halving for 14 days was estimated as 0.53 to
    0.62). The larger of two p-values is taken: variance among events, and variance foreseen by the matched
    times. Days known to be less than 90 % complete (``counts.completeness``) are left out, and more than that
    is taken as complete. Fails if events are placed by knowledge of what is to come that past counts do not
    hold. Without any effect it was called at nominal 5 % in 3 % on average, and at worst in 8.8 %, where
    operations follow the 28-day level of a rate that switches regimes: the matched score does not see the
    regime (``benchmarks/results/response.md``).

    References
    ----------
    .. [1] Hansen, B. B. (2008). The prognostic analogue of the propensity score. Biometrika 95, 481-488.
    .. [2] Li, Y. P., Propert, K. J., Rosenbaum, P. R. (2001). Balanced risk set matching. JASA 96, 870-882.
    .. [3] Barnett, A. G., van der Pols, J. C., Dobson, A. J. (2005). Regression to the mean: what it is and
           how to deal with it. International Journal of Epidemiology 34, 215-220.

    Examples
    --------
    >>> from analytics.simulation import simulate_counts
    >>> days = pd.date_range("2018-01-01", periods=1000)
    >>> attacks = simulate_counts("hawkes_0.3", mean=0.5, days=1000, seed=1).values
    >>> level = np.convolve(attacks[:, 0], np.ones(7))[:1000]
    >>> operations = np.random.default_rng(1).random(1000) < np.where(level >= 6, 0.1, 0.01)
    >>> def daily(v): return pd.DataFrame({"Kirkuk": np.ravel(v).astype(int)}, index=days)
    >>> both = [Counts.from_frame(daily(v), freq="day", as_of="2020-09-26") for v in (operations, attacks)]
    >>> row = response_test(*both).frame.iloc[0]
    >>> [round(float(row[name]), 1) for name in ("naive_ratio", "estimate")]  # nothing works in these data
    [0.6, 0.9]
    """
    check_single(alpha=alpha, margin=margin)
    check_level(alpha=alpha)
    check_margin(margin)
    check_choice("direction", direction, Direction)
    for name, value in (("event", event), ("outcome", outcome)):
        if value not in ACTIVITIES:
            raise unknown_option(name, value, ACTIVITIES)
    clear = window if clear is None else clear
    check_whole(1, window=window, matched=matched)
    check_whole(1, clear=clear)
    if clear < window:
        raise OptionError(
            "windows after two events would overlap",
            expected=f"clear of at least window, {window} days",
            found=str(clear),
        )
    events, attacks = _pair(
        data, attacks, (event, outcome), where,
        by=by, regions=regions, start=start, as_of=as_of,
    )  # fmt: skip
    events, early = without_incomplete(events)
    attacks, left_out = without_incomplete(attacks)
    covered = events.coverage & attacks.coverage
    happened = (events.values > 0) & covered
    found = matched_response(
        happened, attacks.values, covered, window=window, clear=clear, matched=matched, skip=SKIP
    )
    silent = unanswered(attacks, attacks.starts[0], attacks.last_complete_day)
    what = "fewer" if direction == "less" else "more"
    frame = _frame(
        found,
        happened,
        attacks.regions,
        event,
        direction=direction,
        alpha=alpha,
        margin=margin,
        silent=silent,
    )
    return ClaimResult(
        claim=f"{what} {outcome}s in the {window} days after an {event}".replace("after an c", "after a c"),
        frame=frame,
        estimate_name=f"{outcome}s after {event}s, relative to matched times",
        null_hypothesis=f"an {event} changes nothing: the {outcome}s to come are those the past foresees",
        method=METHOD,
        parameters={
            "event": event, "outcome": outcome, "window": window, "clear": clear, "matched": matched,
            "direction": direction, "alpha": alpha, "margin": margin,
            "days": f"{attacks.starts[0]}..{attacks.starts[-1]}",
        },
        details={
            "regions": _by_region(found, happened, attacks.regions),
            "profile": _profile(found, attacks.values, covered),
        },
        simulated=events.simulated or attacks.simulated,
        notes=(*_notes(events, attacks, frame, event), *dict.fromkeys((*early, *left_out))),
        named_by=("regions",),
    )  # fmt: skip


def _pair(
    data: Incidents | Counts,
    attacks: Counts | None,
    activities: tuple[str, str],
    where: str | None,
    **counting: Any,
) -> tuple[Counts, Counts]:
    """Return the counts of events and of attacks, counted from incidents or as given."""
    if isinstance(data, Counts):
        if attacks is None:
            raise OptionError(
                "attacks are missing", expected="counts of the attacks beside those of the events"
            )
        events = data
    else:
        if attacks is not None:
            raise OptionError(
                "attacks are given beside incidents", todo="give incidents alone, or two Counts"
            )
        before = "" if where is None else f"({where}) and "
        events, attacks = (
            count_incidents(data, "day", where=f"{before}activity = '{name}'", **counting)
            for name in activities
        )
    _check_pair(events, attacks)
    return events, attacks


def _frame(
    found: MatchedResponse,
    happened: BoolArray,
    regions: tuple[str, ...],
    event: str,
    *,
    direction: Direction,
    alpha: float,
    margin: float,
    silent: str,
) -> pd.DataFrame:
    """Return the one row of the result, over all regions."""
    verdict, reason, tested = _verdict(found, direction, alpha, margin, event)
    if silent:
        verdict, reason, tested = CANNOT_BE_TOLD, silent, False
    less = direction == "less"
    number = max(found.blocks - 1, 1)
    reach = float(special.stdtrit(number, 1 - alpha) + special.stdtrit(number, 0.8)) * found.error
    detectable = 1 - reach if less else 1 + reach
    before = found.before.mean(axis=0) if len(found.observed) else np.full(2, np.nan)
    numbers = {
        "estimate": found.ratio,
        "low": found.low,
        "high": found.high,
        "pvalue": found.less if less else found.greater,
        "qvalue": found.less if less else found.greater,
        "detectable": detectable if detectable > 0 else np.nan,
    }
    row = {
        "regions": "all regions" if len(regions) > 1 else regions[0],
        **{name: value if tested else np.nan for name, value in numbers.items()},
        "verdict": verdict,
        "reason": reason,
        "events": int(happened.sum()),
        "used": len(found.observed),
        "observed": found.observed.sum(),
        "expected": found.expected.sum(),
        "before_events": before[0],
        "before_matched": before[1],
        "beyond": int(found.beyond.sum()),
        "naive_ratio": _over(float(found.observed.sum()), float(found.before[:, 0].sum())),
        "stretches": found.blocks,
    }
    return pd.DataFrame([row])


def _check_pair(events: Counts, attacks: Counts) -> None:
    if events.finest != "day" or attacks.finest != "day":
        raise OptionError("response_test needs daily counts", found="counts held by week")
    if events.regions != attacks.regions or not np.array_equal(events.starts, attacks.starts):
        raise OptionError(
            "the two counts do not fit together",
            expected="the same days and regions",
            found=f"{events!r} and {attacks!r}",
        )
    if len(attacks.starts) < MIN_DAYS:
        raise HistoryError(
            f"response_test needs {MIN_DAYS} days",
            found=f"{len(attacks.starts)}, {attacks.starts[0]}..{attacks.starts[-1]}",
            todo="count from an earlier start (if the data begin before)",
        )


def _verdict(
    found: MatchedResponse, direction: Direction, alpha: float, margin: float, event: str
) -> tuple[Verdict, str, bool]:
    """Return verdict, reason, and whether there was a test at all."""
    used = len(found.observed)
    if min(used, found.blocks) < MIN_EVENTS:
        text = f"{used} {event}s in {found.blocks} stretches of time can be compared; {MIN_EVENTS} are needed"
        return CANNOT_BE_TOLD, text, False
    if not np.isfinite(found.ratio) or found.expected.sum() < MIN_EVENTS:
        return CANNOT_BE_TOLD, "there are too few incidents after the matched times", False
    if found.beyond.mean() > MOST_BEYOND:
        text = (
            f"{int(found.beyond.sum())} of {used} {event}s came when more was to be expected than at any "
            "time that "
            "could be matched"
        )
        return CANNOT_BE_TOLD, text, True
    less = direction == "less"
    pvalue = found.less if less else found.greater
    bound = ratio_bound(found.lower if less else found.upper, margin, upper=not less, digits=2)
    return *decide(Found(pvalue, pvalue, bound), alpha), True


def _over(a: float, b: float) -> float:
    return a / b if b > 0 else np.nan


def _by_region(found: MatchedResponse, happened: BoolArray, regions: tuple[str, ...]) -> pd.DataFrame:
    at, size = found.treated[:, 1], len(regions)
    observed = np.bincount(at, found.observed, size)
    expected = np.bincount(at, found.expected, size)
    return pd.DataFrame(
        {
            "region": list(regions),
            "events": happened.sum(axis=0),
            "used": np.bincount(at, minlength=size),
            "observed": observed,
            "expected": expected,
            "ratio": np.divide(observed, expected, out=np.full(size, np.nan), where=expected > 0),
        }
    )


def _profile(found: MatchedResponse, values: npt.NDArray[np.int32], covered: BoolArray) -> pd.DataFrame:
    """Mean attacks on each day around events and around matched times."""
    event_weights = np.zeros(values.shape)
    np.add.at(event_weights, (found.treated[:, 0], found.treated[:, 1]), 1.0)
    offsets = np.arange(-_PROFILE, _PROFILE + 1)
    rows = {"events": np.full(offsets.size, np.nan), "matched": np.full(offsets.size, np.nan)}
    days = len(values)
    for i, offset in enumerate(offsets.tolist()):
        here = slice(max(0, -offset), days - max(0, offset))
        there = slice(max(0, offset), days - max(0, -offset))
        for name, weights in (("events", event_weights), ("matched", found.weights)):
            weight = np.where(covered[there], weights[here], 0.0)
            rows[name][i] = _over(float((weight * values[there]).sum()), float(weight.sum()))
    return pd.DataFrame({"day": offsets, **rows})


def _notes(events: Counts, attacks: Counts, frame: pd.DataFrame, event: str) -> tuple[str, ...]:
    row = frame.iloc[0]
    notes = list(dict.fromkeys((*events.notes, *attacks.notes)))
    notes.append(
        f"{row['used']} of {row['events']} days with an {event} are used: those after a clear spell, "
        "with whole "
        "windows before and after"
    )
    if row["used"] and np.isfinite(row["naive_ratio"]):
        notes.append(
            f"naive ratio of after to before: {format_number(row['naive_ratio'], 2)}; it is not a "
            "finding, because "
            f"{event}s follow activity (regression to the mean)"
        )
    return tuple(notes + unplaced_notes(attacks, "in no region"))
