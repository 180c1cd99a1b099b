"""What a result was made from, kept so that more can be asked of it: does it stand, and what was expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray
from analytics.counts import Counts
from analytics.errors import HistoryError
from analytics.kernels.windows.answer import NOT_ADJUSTED, Asked, History, tested
from analytics.kernels.windows.expected import NEEDED_DAYS, adjusted_test, regression_data
from analytics.results.uptick import OneNull, UptickResult
from analytics.upticks.nested import Nested
from analytics.upticks.sensitivity import sensitivity
from analytics.upticks.status import last_days, statuses, watch_lines
from analytics.upticks.windows import Split

__all__ = ["Evidence"]

_TOLERANCE = 1e-12  # change of the coefficients at which the iterations stop


@dataclass(frozen=True, eq=False, slots=True)
class Evidence:
    """The counts asked about (no copies of them), how they were cut, and what was asked.

    `before` is the same test on the counts as of some weeks before (None: too little history), `called` which
    regions it calls, without the rest; `nested` is what the regions lie in, where they are tested within it.
    """

    counts: Counts
    split: Split
    asked: Asked
    history: History
    before: Callable[[int], UptickResult | None]
    called: Callable[[int], BoolArray | None]
    nested: Nested | None = None

    def status(self, result: UptickResult) -> pd.Series:
        """Return each region's status; see :attr:`analytics.results.UptickResult.status`."""
        return statuses(result, self.called, self.before, self.split)

    def last_days(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the last two weeks hold in each region, one by one, and the usual of one."""
        return last_days(self.split, frame)

    def watch(self) -> pd.DataFrame:
        """Return next week's lines; see :meth:`analytics.results.UptickResult.watch`."""
        return watch_lines(
            self.split, self.asked, self.history, self.counts.regions, self.counts.period_days, self.nested
        )

    def sensitivity(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """Return whether each uptick stands; see :attr:`analytics.results.UptickResult.sensitivity`."""
        if self.asked.expected:
            return None
        nest = None if self.nested is None else self.nested.nest
        return sensitivity(self.split, self.counts, self.asked, self.history, frame, nest)

    def firm(self) -> FloatArray:
        """Return the p-values that a family of several claims starts from; NaN where not tested."""
        return tested(self.split, replace(self.asked, method="lrd_b")).firm

    def model(self, region: str, null: OneNull) -> Any:
        """Return a region's regression by statsmodels; see :meth:`analytics.results.UptickResult.model`."""
        at = self.counts.regions.index(region)
        design = self._constant(at) if null == "constant" else self._expected(at)
        return _fitted(design, self.counts.value)

    def _constant(self, at: int) -> _Regression:
        """Return the baseline's covered periods, with an intercept."""
        rows = np.flatnonzero(self.split.baseline_covered[:, at])
        values = self.split.baseline[rows, at]
        if not values.any():
            raise HistoryError(
                f"no rate is fitted to {self.counts.regions[at]}", found="no incident in the baseline"
            )
        ones = np.ones(len(rows))
        days = self.split.baseline_window.start + rows * np.timedelta64(self.counts.period_days, "D")
        return _Regression(ones[:, None], ("const",), values, ones, days)

    def _expected(self, at: int) -> _Regression:
        """Return the history as the expectation was fitted to it, summed over the same blocks."""
        history, split, own = self.history, self.split, slice(at, at + 1)
        wanted = {"todo": "ask for null='constant'"}
        if not history.enough:
            raise HistoryError(
                f"no expectation is fitted to {self.counts.regions[at]}",
                expected=f"at least {NEEDED_DAYS} days of history before the guard",
                found=f"{history.days} days",
                **wanted,
            )
        values, covered = history.values[:, own], history.covered[:, own]
        fit = adjusted_test(
            history.day,
            values,
            covered,
            length=split.length,
            guard=split.guard,
            step=history.step,
            extra=history.extra,
        )
        if fit.test is None or not fit.test.converged.all():
            raise HistoryError(
                f"no expectation is fitted to {self.counts.regions[at]}", found=NOT_ADJUSTED, **wanted
            )
        end = len(history.day) - split.length - split.guard
        data = regression_data(values[:end], covered[:end], fit.terms.design[:end], fit.terms.block)
        rows = data.exposure[:, 0] > 0
        return _Regression(
            data.design[rows],
            (*fit.terms.names, *history.names),
            data.counts[rows, 0],
            data.exposure[rows, 0],
            history.day[data.first[rows]].astype("datetime64[D]"),
        )


@dataclass(frozen=True, eq=False, slots=True)
class _Regression:
    """One region's regression: rows are stretches of periods, `exposure` the covered periods in each."""

    design: FloatArray
    names: tuple[str, ...]
    counts: npt.NDArray[np.number]
    exposure: FloatArray
    days: Days


def _fitted(data: _Regression, value: str) -> Any:
    """Fit a log-linear Poisson model by statsmodels, which is loaded here and nowhere else in a test."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    index = pd.DatetimeIndex(data.days.astype("datetime64[us]"), name="from")
    counts = pd.Series(data.counts.astype(float), index=index, name=value)
    design = pd.DataFrame(data.design, index=index, columns=list(data.names))
    model = GLM(counts, design, family=Poisson(), exposure=data.exposure)
    return model.fit(tol=_TOLERANCE, tol_criterion="params")
