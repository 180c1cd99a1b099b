"""What a value says, whether it says the same, and counts to make cases of. SIMULATED."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analytics.bundled import bundled_path
from analytics.counts import Counts
from analytics.counts.stated import state_completeness
from analytics.incidents import read_incidents
from analytics.periods import Window

DIGITS = 10
RTOL = 1e-6  # roots and fits end within their own tolerances, on other versions at another last digit
ATOL = 1e-9  # zero written as 1e-17
ROWS = 12  # of a table; of a longer one some, and the sums
AS_OF = "2020-04-19"  # a Sunday
Case = Callable[[], Any]


def told(value: Any) -> Any:
    """What a value says, as JSON has it: numbers to ten digits, days and windows in words."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else str(float(value))
    if isinstance(value, np.datetime64 | np.timedelta64 | pd.Timestamp):
        return None if pd.isna(value) else str(value)[:10]
    if isinstance(value, str | Window):
        return str(value)
    if isinstance(value, pd.Series):
        return told(dict(zip(map(str, value.index), value.tolist(), strict=True)))
    if isinstance(value, pd.DataFrame):
        return _table(value)
    if isinstance(value, np.ndarray):
        return [told(one) for one in (value.tolist() if value.dtype.kind in "biufO" else value)]
    if isinstance(value, Mapping):
        return {str(name): told(one) for name, one in value.items()}
    if dataclasses.is_dataclass(value):
        names = [one.name for one in dataclasses.fields(value) if one.name != "evidence"]
        said = {name: told(getattr(value, name)) for name in names}
        return said | ({"sentence": value.sentence()} if hasattr(value, "sentence") else {})
    if isinstance(value, list | tuple | set | frozenset):
        return [told(one) for one in value]
    return str(value)


def _table(frame: pd.DataFrame) -> dict[str, Any]:
    kept, found = frame, dict[str, Any]()
    if len(frame) > ROWS:
        kept = frame.iloc[sorted({0, 1, 2, *range(3, len(frame), len(frame) // 6), len(frame) - 1})]
        found["(rows)"] = len(frame)
        sums = {
            name: frame[name].sum() for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])
        }
        found["(sums)"] = told(sums)
    return {str(name): [told(one) for one in kept[name]] for name in frame.columns} | found


def counted(values: np.ndarray, names: str, *, freq: str = "day", as_of: str = AS_OF) -> Counts:
    """Counts that end on this day."""
    step = 7 if freq == "week" else 1
    days = pd.date_range(
        end=pd.Timestamp(as_of) - pd.Timedelta(days=step - 1), periods=len(values), freq=f"{step}D"
    )
    return Counts.from_frame(pd.DataFrame(values, days, list(names)), freq=freq, as_of=as_of)


@cache
def four() -> Counts:
    """A rises, B has gaps and incidents of coarse dates, C was busy before, D has never held any."""
    rng = np.random.default_rng(616)
    values = rng.poisson(rng.gamma(2, 0.5, (440, 4)) * [0.7, 2.5, 1.0, 0.0]).astype(float)
    values[-9:, 0] += rng.poisson(2.0, 9)
    values[-40:-26, 2] += 2
    values[100:109, 1] = values[-20:-18, 1] = np.nan
    found = counted(values, "ABCD")
    coarse = np.minimum(found.values, rng.integers(0, 2, found.values.shape)).astype(np.int32)
    lost = rng.integers(0, 2, len(values)).astype(np.int32)
    return dataclasses.replace(found, coarse=coarse, unplaced=lost)


@cache
def late() -> Counts:
    """The same with what was reported by now of the last three weeks known, otherwise in each region."""
    found = four()
    share = np.linspace(1.0, 0.55, 21)[:, None] ** np.array([1.0, 0.8, 1.2, 1.0])
    known = state_completeness(
        found, len(found.starts) - 21, len(found.starts), share[:, 0], share[:, 0] / 15
    )
    assert known.completeness is not None
    whole = known.completeness.share.copy()
    whole[-21:] = share
    whole[:-21] = 1.0
    spread = np.nan_to_num(known.completeness.deviation)
    return dataclasses.replace(
        known, completeness=dataclasses.replace(known.completeness, share=whole, deviation=spread)
    )


@cache
def weeks() -> Counts:
    """Three regions over three and a quarter years of weeks: a season, a fall, weeks unknown."""
    rng = np.random.default_rng(61)
    course = 1 + 0.7 * np.sin(np.arange(170) / 52.18 * 2 * np.pi)
    values = rng.poisson(rng.gamma(3, 1 / 3, (170, 3)) * course[:, None] * [3.0, 8.0, 1.0]).astype(float)
    values[-3:, 1] = 1
    values[-2:, 0] += 9
    values[30:34, 2] = np.nan
    return counted(values, "ABC", freq="week")


def last_days(counts: Counts, periods: int) -> Counts:
    """The last so many periods."""
    return counts_from(counts, len(counts.starts) - periods)


def counts_from(counts: Counts, first: int) -> Counts:
    """The periods from one on."""
    parts = {
        name: None if getattr(counts, name) is None else getattr(counts, name)[first:]
        for name in ("values", "coverage", "coarse", "unplaced", "starts")
    }
    known = counts.completeness
    return dataclasses.replace(counts, **parts, completeness=known and known.rows(slice(first, None)))


@cache
def sample() -> Any:
    """The bundled sample, SIMULATED."""
    return read_incidents(bundled_path("data/iraq_simulated.csv"), as_of=AS_OF)


def brief(found: Any) -> Any:
    """The rows of an answer and its notes."""
    return [found.frame.loc[:, "verdict":"reason"], found.frame.iloc[:, :6], found.notes]  # type: ignore[misc]


def differences(found: Any, wanted: Any, where: str = "") -> list[str]:
    """Where an answer is another than the one stored."""
    if isinstance(wanted, float) and isinstance(found, float | int):
        return [] if abs(found - wanted) <= ATOL + RTOL * abs(wanted) else [f"{where}: {found}, not {wanted}"]
    if type(found) is not type(wanted):
        return [f"{where}: {found!r}, not {wanted!r}"]
    if isinstance(wanted, dict):
        if list(found) != list(wanted):
            return [f"{where}: {list(found)}, not {list(wanted)}"]
        return [one for name in wanted for one in differences(found[name], wanted[name], f"{where}.{name}")]
    if isinstance(wanted, list):
        if len(found) != len(wanted):
            return [f"{where}: {len(found)} entries, not {len(wanted)}"]
        pairs = zip(found, wanted, strict=True)
        return [one for at, pair in enumerate(pairs) for one in differences(*pair, f"{where}[{at}]")]
    return [] if found == wanted else [f"{where}: {found!r}, not {wanted!r}"]
