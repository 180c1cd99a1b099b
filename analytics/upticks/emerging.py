"""New on the scene? A name that appears in a region, or comes back after a long silence.

Somewhere, some name turns up in most fortnights: there is no list of those that have not been seen yet. So a
debut is held against all debuts of the history, in all regions at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.incidents import Incidents
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.panels.debuts import Debuts, debut_scores, expected_log, find_debuts, rank_pvalue
from analytics.options import check_level, check_single
from analytics.options.windows import check_periods
from analytics.results import SUPPORTED, ClaimResult, counted, listed, p_words
from analytics.upticks.debut_panel import DebutPanel, check_history, debut_panel, panel_of_counts
from analytics.upticks.decide import LATE, Found, Limit, decide_all, too_few
from analytics.upticks.windows import known_window

__all__ = ["emerging_test"]

METHOD = (
    "debuts, first incidents of a name in a region after a silence, scored by how many as large are "
    "expected there (rate and power-law tail of the region's earlier debuts, drawn towards those of all "
    "regions, with a trend); q is the rank of the score among the least likely debut of each earlier window "
    "in any region, so that it holds for all names and regions together (Westfall and Young 1993), p the "
    "same within the region"
)
_LARGEST = 1_000  # incidents up to which the smallest count called is looked for
_USUAL = 3.0  # incidents expected from which a name that stopped may be one that was renamed


def emerging_test(
    incidents: Incidents | Mapping[str, Counts],
    *,
    of: str = "actor",
    as_of: object = None,
    start: object = None,
    by: str | Sequence[str] | None = "admin1",
    regions: str | Sequence[str] | None = None,
    where: str | None = None,
    recent: int = 14,
    silence: int = 364,
    alpha: float = 0.05,
    no_coverage: Iterable[object] = (),
) -> ClaimResult:
    """Test whether a name (an actor, a kind of event, a target) is new in a region, or back after a silence.

    Parameters
    ----------
    incidents : Incidents or mapping of str to Counts
        Incidents; or counts of each name, with the same periods and regions: then `of` is only what the names
        are called, and nothing that says how to count can be given.
    of : str
        Column whose names are watched: ``"event_type"``, ``"sub_event_type"``, one of the source's own, or
        ``"actor"`` for `actor1` and `actor2` together.
    as_of, start, by, regions, where, no_coverage
        As in :func:`~analytics.counts.count_incidents`; ``by=None`` asks for names new anywhere.
    recent : int
        Days asked about; the history is cut into windows as long.
    silence : int
        Days without an incident of the name in the region, after which it is new; a multiple of `recent`.
    alpha : float
        Level over all names and regions together.

    Returns
    -------
    ClaimResult
        One row for each name and region with a debut in the recent window: `estimate` is the share of earlier
        windows with a debut as unlikely in any region, `qvalue` holds over all names and regions watched,
        `pvalue` within the region. Beside: `observed` (incidents), `expected` (debuts as large expected in
        the region in a window), `last_seen` (NaT: never before in these data), `before` (incidents before),
        `first_recent`, `elsewhere` (regions that knew the name), `detectable` (smallest number of incidents
        that would be called there). ``details["regions"]`` has every region: debuts before, expected number
        in a window, and `starts_at`, the smallest that would be called (NaN: none of up to 1,000 would be).

    Raises
    ------
    OptionError
        If an option is out of range, or there is no such column.
    HistoryError
        If there is not one silence and ``1/alpha - 1`` windows before the recent one.

    Notes
    -----
    Null hypothesis: windows of the history are exchangeable as far as debuts go, so that the recent one holds
    the least likely debut no more often than any other. That answers both questions at once: whether the name
    was as rare before as its history allows (a pair of name and region without any incident has no rate of
    its own, and gets what debuts there had, never zero), and whether among everything watched something was
    bound to show. The names need not be known beforehand: a region where a new one turns up every month has a
    high rate of debuts (what Good [3]_ estimates by the share of names seen once), and one more is no news.

    A new spelling is a new name: normalise actors first (``docs/actors.md``). A note names those of the same
    region that stopped when one appeared. Measured in ``benchmarks/results/emerging.md``.

    References
    ----------
    .. [1] Westfall, P. H., Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley.
    .. [2] Vovk, V., Gammerman, A., Shafer, G. (2005). Algorithmic Learning in a Random World. Springer.
    .. [3] Good, I. J. (1953). The population frequencies of species and the estimation of population
           parameters. Biometrika 40, 237-264.

    Examples
    --------
    >>> import pandas as pd
    >>> from analytics.incidents import read_incidents
    >>> days = pd.date_range("2018-01-01", "2020-04-19", freq="4D").astype(str)
    >>> old = pd.DataFrame({"date": days, "admin1": "Kirkuk", "actor1": "Group A"})
    >>> new = pd.DataFrame({"date": ["2020-04-10"] * 5, "admin1": "Kirkuk", "actor1": "Group B"})
    >>> table = read_incidents(pd.concat([old, new]), as_of="2020-04-19", country="Iraq")
    >>> print(emerging_test(table, regions=["Kirkuk"]).sentence())
    Group B is new in Kirkuk (5 in 14 days, never before in these data).
    """
    check_single(alpha=alpha)
    check_level(alpha=alpha)
    check_periods(1, recent=recent, silence=silence)
    if silence % recent or silence < 2 * recent:
        raise OptionError(
            "silence is no multiple of recent",
            expected=f"{2 * recent} days or more, a multiple of {recent}",
            found=str(silence),
        )
    if isinstance(incidents, Mapping):
        given = {"as_of": as_of, "start": start, "regions": regions, "where": where}
        _check_counts(incidents, recent, silence, given)
        panel = panel_of_counts(incidents, recent)
    else:
        panel = debut_panel(
            incidents, of, recent=recent, as_of=as_of, start=start, by=by, regions=regions, where=where,
            no_coverage=no_coverage,
        )  # fmt: skip
    check_history(panel, recent, silence, int(np.ceil(1 / alpha)) - 1)
    debuts = find_debuts(panel.windows, panel.covered, panel.region, silence // recent)
    counts = panel.counts
    begin = counts.complete - recent // counts.period_days
    known = known_window(counts, begin, counts.complete).mean is not None
    scores = debut_scores(debuts)
    frame = _frame(panel, debuts, scores, of, recent, alpha, known=known)
    window = f"{counts.starts[begin]}..{counts.last_complete_day}"
    return ClaimResult(
        claim=f"new on the scene ({of})",
        frame=frame,
        estimate_name="share of earlier windows with a debut as unlikely",
        null_hypothesis="the recent window holds a debut as unlikely as this, of any name in any region, as "
        "often as any other window of the history",
        method=METHOD,
        parameters={
            "of": of, "recent": window, "recent_days": recent, "silence": silence, "where": where,
            "by": counts.by, "alpha": alpha, "earlier_windows": len(debuts.usable) - 1,
        },
        details={"regions": _by_region(panel, debuts, scores, alpha)},
        simulated=counts.simulated,
        notes=tuple(_notes(panel, debuts, frame, of, silence)),
        words=_words(frame, panel, of, recent, silence),
        named_by=("region", of),
    )  # fmt: skip


def _check_counts(
    by_name: Mapping[str, Counts], recent: int, silence: int, given: Mapping[str, object]
) -> None:
    """Raise an OptionError if an option is given that says how to count what is counted already."""
    for name, value in given.items():
        if value is not None:
            raise OptionError(f"{name} is for incidents", found="counts of each name", todo="leave it out")
    for counts in by_name.values():
        check_periods(counts.period_days, recent=recent, silence=silence)


def _minima(debuts: Debuts, scores: FloatArray) -> FloatArray:
    """Return the score of the least likely debut of each window and region; inf where there is none."""
    least = np.full(debuts.usable.shape, np.inf)
    np.minimum.at(least, (debuts.window, debuts.region), scores)
    return least


def _frame(
    panel: DebutPanel, debuts: Debuts, scores: FloatArray, of: str, recent: int, alpha: float, *, known: bool
) -> pd.DataFrame:
    last = len(debuts.usable) - 1
    now = np.flatnonzero(debuts.window == last)
    now = now[np.lexsort((debuts.pair[now], scores[now]))]
    pair, region = debuts.pair[now], debuts.region[now]
    least = _minima(debuts, scores)[:last]
    usable = debuts.usable[:last]
    across = least[usable.any(axis=1)].min(axis=1)
    qvalue = rank_pvalue(scores[now], across)
    pvalue = np.array(
        [rank_pvalue(scores[[i]], least[usable[:, r], r])[0] for i, r in zip(now, region, strict=True)]
    )
    total = len(across)
    as_rare = np.rint(qvalue * (total + 1) - 1)
    low, high = (special.betaincinv(a, b, level) for a, b, level in (
        (as_rare, total - as_rare + 1, 0.025), (as_rare + 1, total - as_rare, 0.975),
    ))  # fmt: skip
    lower = np.where(as_rare > 0, special.betaincinv(as_rare, total - as_rare + 1, 0.05), 0.0)
    starts_at = _starts_at(debuts, across, alpha)
    verdict, reason = decide_all(
        (
            Found(
                p,
                q,
                _usual(rare, total, bound, alpha),
                few=too_few(seen, MIN_OBSERVED, "call a name new"),
                doubt="" if known else LATE,
                among="names and regions",
            )
            for p, q, rare, bound, seen in zip(pvalue, qvalue, as_rare, lower, debuts.size[now], strict=True)
        ),
        alpha,
    )
    return pd.DataFrame(
        {
            "region": pd.Series([panel.counts.regions[r] for r in region], dtype="str"),
            of: pd.Series([panel.names[panel.name[i]] for i in pair], dtype="str"),
            "estimate": as_rare / total,
            "low": np.where(as_rare > 0, low, 0.0),
            "high": np.where(as_rare < total, high, 1.0),
            "pvalue": pvalue,
            "qvalue": qvalue,
            "verdict": pd.Series(verdict, dtype="str"),
            "reason": pd.Series(reason, dtype="str"),
            "detectable": starts_at[region],
            "observed": debuts.size[now],
            "expected": np.exp(scores[now]),
            "last_seen": panel.last_before[pair].astype("datetime64[us]"),
            "before": panel.before[pair],
            "first_recent": panel.first_recent[pair].astype("datetime64[us]"),
            "elsewhere": [
                int(
                    (
                        (panel.name == panel.name[i]) & (panel.before > 0) & (panel.region != panel.region[i])
                    ).sum()
                )
                for i in pair
            ],
        }
    )


def _usual(as_rare: float, total: int, lower: float, alpha: float) -> Limit:
    """Hold how often such a debut came against the level: what comes more often than that is no news."""
    said = f"a debut as unlikely came in {as_rare:.0f} of {total} earlier windows"
    return Limit(bool(lower > alpha), said, said)


def _starts_at(debuts: Debuts, across: FloatArray, alpha: float) -> FloatArray:
    """Return for each region the smallest debut in the recent window that would be called; NaN if none is."""
    regions, last = debuts.usable.shape[1], len(debuts.usable) - 1
    size = np.arange(MIN_OBSERVED, _LARGEST + 1)
    out = np.full(regions, np.nan)
    for region in np.flatnonzero(debuts.usable[last]):
        score = expected_log(debuts, np.full(len(size), last), np.full(len(size), region), size)
        called = rank_pvalue(score, across) <= alpha
        if called.any():
            out[region] = size[np.argmax(called)]
    return out


def _by_region(panel: DebutPanel, debuts: Debuts, scores: FloatArray, alpha: float) -> pd.DataFrame:
    last, regions = len(debuts.usable) - 1, len(panel.counts.regions)
    early = debuts.window < last
    windows = debuts.usable[:last].sum(axis=0)
    number = np.bincount(debuts.region[early], minlength=regions)
    largest = np.zeros(regions, np.int64)
    np.maximum.at(largest, debuts.region[early], debuts.size[early])
    across = _minima(debuts, scores)[:last][debuts.usable[:last].any(axis=1)].min(axis=1)
    rate = np.exp(
        expected_log(debuts, np.full(regions, last), np.arange(regions), np.ones(regions, np.int64))
    )
    return pd.DataFrame(
        {
            "region": panel.counts.regions,
            "earlier_windows": windows,
            "earlier_debuts": number,
            "largest": largest,
            "expected_debuts": np.where(debuts.usable[last], rate, np.nan),
            "debuts": np.bincount(debuts.region[~early], minlength=regions),
            "starts_at": _starts_at(debuts, across, alpha),
        }
    )


def _words(frame: pd.DataFrame, panel: DebutPanel, of: str, recent: int, silence: int) -> tuple[str, ...]:
    said = [_found(row, of, recent) for row in frame.to_dict("records") if row["verdict"] == SUPPORTED]
    if said:
        return tuple(said)
    where = f"in any of {counted(len(panel.counts.regions), 'region')}"
    what, after = of.replace("_", " "), f"appeared after {silence} days without one"
    if frame.empty:
        return (f"no {what} {after} {where}",)
    first = frame.to_dict("records")[0]
    least = f"{first[of]} in {first['region']} ({first['observed']:,}, {p_words(first['qvalue'], 'q')})"
    names = counted(len(frame), "name")
    return (f"no {what} can be said to be new {where}: {names} {after}, the least likely {least}",)


def _found(row: dict[Hashable, Any], of: str, recent: int) -> str:
    """Return what is said of one name that is called."""
    kind, seen = "is new in", "never before in these data"
    if row["before"]:
        kind, seen = "is back in", f"none since {row['last_seen']:%Y-%m-%d}"
    return f"{row[of]} {kind} {row['region']} ({row['observed']:,} in {recent} days, {seen})"


def _notes(panel: DebutPanel, debuts: Debuts, frame: pd.DataFrame, of: str, silence: int) -> list[str]:
    counts = panel.counts
    notes = [
        f"new: {silence} days without an incident in the region; {len(debuts.usable) - 1} earlier windows, "
        f"{counted(len(panel.names), 'name')} in {counted(len(counts.regions), 'region')}, and those unseen"
    ]
    if panel.unnamed:
        notes.append(
            f"{counted(panel.unnamed, 'incident')} without {of.replace('_', ' ')}, which count for none"
        )
    dark = [name for name, seen in zip(counts.regions, debuts.usable[-1], strict=True) if not seen]
    if dark:
        notes.append(
            f"not watched, for want of coverage in the window or the silence before it: {listed(dark)}"
        )
    quiet = len(panel.windows) - len(debuts.usable)  # windows of a silence
    usual = panel.windows[-1 - quiet : -1].mean(axis=0)
    for row in frame[frame["verdict"] == SUPPORTED].to_dict("records"):
        region = counts.regions.index(row["region"])
        gone = (panel.region == region) & (panel.windows[-1] == 0) & (usual >= _USUAL)
        names = [f"{panel.names[panel.name[i]]} (usual {usual[i]:.0f})" for i in np.flatnonzero(gone)]
        if names:
            notes.append(
                f"{row[of]} in {row['region']} may be a new name: none in the window of {listed(names)}"
            )
    return [*counts.notes, *notes]
