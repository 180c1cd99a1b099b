"""Sporadic, with upticks that come back? Bursts, their recurrence, a period, weekdays, self-excitation.

Null hypothesis of the verdict: within a spell of eight weeks and a weekday, days are exchangeable, so that
what looks like bursts is the chance of independent (overdispersed) days. A self-exciting series is not such a
series: its clusters are bursts. Whether there are more bursts than self-excitation gives, and whether they
come in a fixed rhythm, are separate questions with p-values of their own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.recurrence.bursts import burst_episodes
from analytics.options import (
    check_above,
    check_choice,
    check_level,
    check_margin,
    check_replicates,
    check_seed,
    check_single,
    check_whole,
)
from analytics.results import SUPPORTED, ClaimResult, counted, format_number, interval_words, p_words
from analytics.upticks.decide import Found, Limit, decide_all, too_few
from analytics.upticks.incomplete import without_incomplete
from analytics.upticks.recurring_tables import (
    WINDOW,
    Null,
    Series,
    burst_table,
    cut_series,
    dispersion_table,
    episode_table,
    harmless_variation,
    hawkes_table,
    periodicity_table,
    weekday_table,
)

__all__ = ["recurrence_test"]


MIN_EPISODES = 2  # one uptick does not come back
AMPLITUDE = 0.5  # a cycle smaller than this share of the mean rate is no period to speak of
METHOD = (
    "bursts: episodes of Kleinberg's (2003) automaton with negative binomial emissions, the heaviest left "
    "out, against {null}; period: largest periodogram ordinate over a smooth spectrum (after Fisher 1929); "
    "self-excitation: Hawkes process on binned counts, checked by time rescaling (Ogata 1988)"
)
AGAINST = {
    "independent": "days shuffled within weekdays and spells of eight weeks",
    "self_exciting": "simulations of the fitted self-exciting process",
    "negative_binomial": "simulated independent negative binomial days",
}
NULL = {
    "independent": "incidents of different days are independent, at a rate that may differ between "
    "weekdays and between spells of eight weeks",
    "self_exciting": "incidents set off others as in the fitted self-exciting process; no further bursts",
    "negative_binomial": "days are independent negative binomial counts with the same mean and dispersion",
}


def recurrence_test(
    counts: Counts,
    *,
    alpha: float = 0.05,
    margin: float = 1.5,
    null: Null = "independent",
    burst_ratio: float = 2.0,
    burst_cost: float = 0.5,
    states: int = 2,
    periods: tuple[float, float] = (14.0, 120.0),
    replicates: int = 499,
    seed: int = 0,
) -> ClaimResult:
    """Test whether activity is sporadic with upticks that recur, and whether they come in a rhythm.

    Parameters
    ----------
    counts : Counts
        Every complete period is used; at least 182 days.
    alpha : float
        Level of the verdict: p for one region, q (Benjamini-Hochberg) for several.
    margin : float
        "Not supported" is said where the rates of fortnights vary less (one-sided 95 % limit, beyond the
        scatter of single days) than if one fortnight in eight weeks had `margin` times the usual rate.
    null : {"independent", "self_exciting", "negative_binomial"}
        What the bursts are judged against. `independent` shuffles days within weekdays and spells of
        eight weeks: exact if days are independent, whatever their distribution. `self_exciting` simulates
        the fitted Hawkes process, `negative_binomial` independent days with the mean and scatter of the
        series. The first two p-values are always in ``details["bursts"]``.
    burst_ratio, burst_cost, states : float, float, int
        Kleinberg's scale s, cost gamma and number of states [1]_. Episodes less than 14 days apart are one.
    periods : (float, float)
        Shortest and longest period searched, in days; the longest is cut to a third of the series.
    replicates : int
        Simulated or shuffled series for each p-value.
    seed : int

    Returns
    -------
    ClaimResult
        `estimate`: median days from the start of one episode to the next, with an order-statistic interval
        (from six gaps on). `pattern` says in words what recurs. `detectable`: the smallest ratio of fortnight
        bursts, one every 91 days, seen with 80 % power in independent days of the same mean and scatter.
        `details`: dispersion, bursts, episodes, periodicity, weekday, hawkes.

    Raises
    ------
    HistoryError
        If the counts hold fewer than 182 complete days.
    OptionError
        If an option is out of range.

    Notes
    -----
    The statistic is the weight of all episodes but the heaviest, so one burst, however large, is not
    recurrence. Self-exciting and otherwise clustered series are not null for `independent`: they do have
    bursts, and the test says so. `self_exciting` asks for more than that: it rejects too seldom
    (0-3 %) where memory is short, too often (9-13 %) on a log-Gaussian Cox process with 2 incidents a day,
    and takes bursts in a rhythm for self-excitation unless they are strong. `independent` loses power where
    incidents are heaped on a weekday or come in waves of one day. Seasons too sharp for spells of eight weeks
    (up to 9 % on the seasonal process), and regimes, count as bursts. Late reports are not allowed for;
    periods known to be less than 90 % complete (``counts.completeness``) are left out, and more than that is
    taken as complete.

    A period is tested against any stationary series with a smooth spectrum, however bursty (at most 6 % on
    the seven processes); it is called too often (11 %) where rates jump at fixed distances, as by the month.
    The weekday test turns each week by a number of days of its own (at most 6.4 %). The branching ratio is
    too low on short series (0.52 on average where 0.6 is true, in 365 days) and, being at least 0, too high
    where it is 0 (0.07); its interval covers 90-100 %. See benchmarks/results/recurring.md.

    References
    ----------
    .. [1] Kleinberg, J. (2003). Bursty and hierarchical structure in streams. Data Mining and Knowledge
           Discovery 7, 373-397.
    .. [2] Ogata, Y. (1988). Statistical models for earthquake occurrences and residual analysis for point
           processes. JASA 83, 9-27.

    Examples
    --------
    >>> days = pd.date_range("2019-01-01", "2020-04-12")
    >>> rate = np.where(np.arange(len(days)) % 45 < 10, 2.5, 0.4)
    >>> daily = pd.DataFrame({"Kirkuk": np.random.default_rng(7).poisson(rate)}, index=days)
    >>> result = recurrence_test(Counts.from_frame(daily, freq="day", as_of="2020-04-12"), replicates=99)
    >>> result.frame[["estimate", "verdict"]].values.tolist()
    [[45.0, 'supported']]
    """
    check_single(alpha=alpha, margin=margin)
    check_level(alpha=alpha)
    check_margin(margin)
    check_choice("null", null, Null)
    check_above(1, burst_ratio=burst_ratio)
    check_above(0, burst_cost=burst_cost)
    check_whole(2, 7, states=states)
    _check_periods(periods)
    check_replicates(replicates, alpha)
    check_seed(seed)
    burst = {
        "ratio": burst_ratio,
        "cost": burst_cost,
        "merge": WINDOW // counts.period_days,
        "states": states,
    }
    counts, left_out = without_incomplete(counts)
    series = cut_series(counts, burst)
    found = burst_episodes(series.values, series.covered, **burst)  # type: ignore[arg-type]
    dispersion = dispersion_table(series, counts, replicates, seed)
    fit, hawkes = hawkes_table(series, counts, seed)
    bursts, detectable = burst_table(series, counts, found, fit, null, alpha, replicates, seed)
    periodicity = periodicity_table(series, counts, periods, replicates, seed)
    details = {
        "dispersion": dispersion,
        "bursts": bursts,
        "episodes": episode_table(series, counts, found),
        "periodicity": periodicity,
        "weekday": weekday_table(series, counts, replicates, seed),
        "hawkes": hawkes,
    }
    frame = _frame(series, counts, details, detectable, null=null, alpha=alpha, margin=margin)
    return ClaimResult(
        claim="upticks recur",
        frame=frame,
        estimate_name="days from one uptick to the next, median",
        null_hypothesis=NULL[null],
        method=METHOD.format(null=AGAINST[null]),
        parameters={
            "alpha": alpha,
            "margin": margin,
            "null": null,
            "burst_ratio": burst_ratio,
            "burst_cost": burst_cost,
            "states": states,
            "periods": periods,
            "replicates": replicates,
            "seed": seed,
        },
        details=details,
        simulated=counts.simulated,
        notes=tuple(_notes(counts, len(series.index), alpha, replicates, left_out)),
    )


def _notes(counts: Counts, tested: int, alpha: float, replicates: int, left_out: list[str]) -> list[str]:
    notes = [*counts.notes, *left_out]
    if tested > alpha * (1 + replicates):
        notes.append(
            f"with {replicates:,} replicates one region among {tested:,} cannot reach q = {alpha:g}; "
            f"{int(np.ceil(2 * tested / alpha)):,} replicates would do"
        )
    if not left_out:
        notes.append("late reports of the last days are not allowed for")
    notes.append(
        "'periodic' is said of a fixed rhythm only; upticks without one that come back are 'recurrent'"
    )
    return notes


def _check_periods(periods: tuple[float, float]) -> None:
    if len(periods) != 2 or not 2 <= periods[0] < periods[1]:
        raise OptionError(
            "periods must be the shortest and the longest, in days",
            expected="such as (14, 120)",
            found=str(periods),
        )


def _median_gap(starts: pd.Series) -> tuple[float, float, float]:
    """Median days from one start to the next, with its 95 % order-statistic interval (from six gaps on)."""
    gaps = np.sort(starts.diff().dropna().dt.days.to_numpy(dtype=float))
    if not gaps.size:
        return np.nan, np.nan, np.nan
    rank = int(stats.binom.ppf(0.025, gaps.size, 0.5))
    if stats.binom.cdf(rank - 1, gaps.size, 0.5) > 0.025 or rank < 1:
        return float(np.median(gaps)), np.nan, np.nan
    return float(np.median(gaps)), float(gaps[rank - 1]), float(gaps[-rank])


def _frame(
    series: Series,
    counts: Counts,
    details: dict[str, pd.DataFrame],
    detectable: FloatArray,
    *,
    null: str,
    alpha: float,
    margin: float,
) -> pd.DataFrame:
    """Return one row a region: days between upticks, verdict, pattern, and the other questions' numbers."""
    bursts, rhythm, spread = details["bursts"], details["periodicity"], details["dispersion"]
    starts = dict(list(details["episodes"].groupby("region", sort=False)["start"]))
    mine = [starts.get(region, pd.Series(dtype="datetime64[us]")) for region in counts.regions]
    pvalue = bursts[f"pvalue_{null}"].to_numpy(dtype=float)
    qvalue = benjamini_hochberg(pvalue)
    found = []
    for i, began in enumerate(mine):
        few = too_few(len(began), MIN_EPISODES, "recur", one="episode", many="episodes")
        pattern = "".join(_pattern(rhythm.iloc[i], alpha))
        called = [] if few else [pattern, *_beside(bursts.iloc[i], null, alpha)]
        limit = _spread_limit(spread["variation_upper"].iloc[i], margin, len(began))
        found.append(
            Found(pvalue[i], qvalue[i], limit, untested=series.reasons[i], few=few, called="; ".join(called))
        )
    verdict, reason = decide_all(found, alpha)
    up = [word == SUPPORTED for word in verdict]
    periodic = (rhythm["qvalue"] <= alpha).to_numpy() & ~np.array(up) & (np.array(series.reasons) == "")
    days = [format_number(period, 0) for period in rhythm["period_days"].to_numpy(dtype=float)]
    gaps = [_median_gap(began) for began in mine]
    tested = ~np.isnan(pvalue)
    return pd.DataFrame(
        {
            "region": list(counts.regions),
            "estimate": [gap[0] for gap in gaps],
            "low": [gap[1] for gap in gaps],
            "high": [gap[2] for gap in gaps],
            "pvalue": pvalue,
            "qvalue": qvalue,
            "verdict": verdict,
            "reason": [
                f"{why}; yet there is a period of {day} days" if also else why
                for why, also, day in zip(reason, periodic, days, strict=True)
            ],
            "detectable": detectable,
            "pattern": [_pattern(rhythm.iloc[i], alpha)[0] if yes else "" for i, yes in enumerate(up)],
            "episodes": bursts["episodes"],
            "median_length_days": details["episodes"]
            .groupby("region")["days"]
            .median()
            .reindex(counts.regions)
            .to_numpy(dtype=float),
            "dispersion": spread["phi"].where(tested),
            "period_pvalue": rhythm["pvalue"].where(tested),
            "weekday_pvalue": details["weekday"]["pvalue"].where(tested),
            "branching_ratio": details["hawkes"]["branching"].where(tested),
        }
    )


def _spread_limit(limit: float, margin: float, episodes: int) -> Limit:
    """Hold the limit of how much fortnights vary against upticks of `margin` times the usual rate."""
    if np.isnan(limit):
        number = counted(episodes, "episode")
        return Limit(
            False, "", f"{number}; no fortnight is covered throughout, so how they vary is not known"
        )
    harmless = harmless_variation(margin)
    return Limit(
        bool(limit < harmless),
        f"fortnights vary by at most {limit:.0%} of their mean (95 % limit), under the {harmless:.0%} of "
        f"upticks {margin:g} times as active",
        f"{counted(episodes, 'episode')}; fortnights may vary by up to {limit:.0%} of the mean (95 % limit)",
    )


def _pattern(rhythm: pd.Series, alpha: float) -> tuple[str, str]:
    """Say whether what recurs is periodic, and on what ground."""
    if np.isnan(rhythm["pvalue"]):
        return "recurrent", "; the series is too short for a test of a period"
    p = p_words(rhythm["pvalue"])
    if rhythm["qvalue"] <= alpha:
        days = format_number(rhythm["period_days"], 0)
        return (
            f"recurrent and periodic, every {days} days",
            f" ({interval_words(rhythm['low'], rhythm['high'], 0)}, {p})",
        )
    if rhythm["amplitude_upper"] < AMPLITUDE:
        return (
            "recurrent, not periodic",
            f" (no cycle of {rhythm['searched']} above {rhythm['amplitude_upper']:.0%} of the mean, {p})",
        )
    return "recurrent, no period shown", f" (a cycle of {rhythm['searched']} could be missed, {p})"


def _beside(row: pd.Series, null: str, alpha: float) -> list[str]:
    """Say what the other null makes of the same episodes."""
    expected = row[f"expected_{null}"]
    said = [f"{counted(row['episodes'], 'episode')}, {format_number(expected)} expected by chance"]
    if null != "self_exciting":
        p = row["pvalue_self_exciting"]
        word = "more" if p <= alpha else "no more"
        said.append(f"{word} than self-excitation would give ({p_words(p)})")
    return said
