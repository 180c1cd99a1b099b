"""Whether p-values mean what they say where nothing has changed."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.errors import InputError
from analytics.evaluation.scores import estimate_ratio, randomised_pit, resampling_weights, uniformity
from analytics.results import Alarms
from analytics.results.words import format_number, mark

__all__ = ["PValueCalibration", "pvalue_calibration"]

LEVELS = (0.001, 0.01, 0.05)


@dataclass(frozen=True, eq=False)
class PValueCalibration:
    """How a detector's p-values are spread on periods without an uptick.

    Attributes
    ----------
    frame : DataFrame
        One row a detector and level: detector, level, n, share (of p-values at or below it), low and high
        (95 %, bootstrap over regions), calibrated ("yes": the interval holds the level; "too often", "too
        rarely").
    histogram : DataFrame
        detector, low and high (edges), share; a uniform distribution has the same share in each bin.
    distance : dict of str to float
        Kolmogorov's distance from uniform of each detector.
    randomised : bool
        Whether p-values were drawn between P(Y > y) and P(Y >= y). Otherwise those of small counts pile up
        near 1 even if right, and only the shares below small levels say something.
    simulated : bool
    """

    frame: pd.DataFrame
    histogram: pd.DataFrame
    distance: dict[str, float]
    randomised: bool
    simulated: bool

    def sentence(self) -> str:
        """Return the finding as a reader would say it."""
        tag = mark(self.simulated)
        said = []
        for name, rows in self.frame.groupby("detector", sort=False):
            wrong = [
                f"{word} at {level:g} ({format_number(100 * share, 2)} %)"
                for word, level, share in rows[["calibrated", "level", "share"]].itertuples(index=False)
                if word != "yes"
            ]
            said.append(
                f"{name}: {', '.join(wrong) if wrong else 'p-values as often below a level as it says'}"
            )
        return f"{tag}{'; '.join(said)}."

    def __str__(self) -> str:
        return f"{self.sentence()}\n\n{self.frame.to_string(index=False)}"

    def __repr__(self) -> str:
        return f"PValueCalibration({self.sentence()})"

    def _repr_html_(self) -> str:
        return f"<p><b>{html.escape(self.sentence())}</b></p>{self.frame.to_html(index=False)}"


def pvalue_calibration(
    alarms: Alarms,
    *,
    above: FloatArray | None = None,
    levels: tuple[float, ...] = LEVELS,
    bins: int = 10,
    seed: int = 0,
) -> PValueCalibration:
    """Say how often p-values are at or below levels, on alarms of series without an uptick.

    Parameters
    ----------
    alarms : Alarms
        With p-values P(Y >= y); simulated or rotated series, in which nothing has changed.
    above : float array, shape of `alarms`, optional
        P(Y > y) of each cell. With it, p-values are drawn between the two, and uniform if the predictive
        distribution is right.
    levels : tuple of float
    bins : int
        Of the histogram.
    seed : int

    Returns
    -------
    PValueCalibration

    Raises
    ------
    InputError
        If no detector has a p-value.

    Examples
    --------
    >>> from analytics.detectors._recent_window import recent_window
    >>> from analytics.simulation.panels import simulate_panel
    >>> panel = simulate_panel(regions=20, periods=200, common_sd=0, spatial_sd=0, seed=1)
    >>> pvalue_calibration(recent_window(panel.to_counts())).frame["level"].tolist()
    [0.001, 0.01, 0.05]
    """
    rows, parts, distance = [], [], {}
    names = np.array(alarms.detectors, dtype=object)
    for run in alarms.runs:
        mine = names == run.name
        tested = alarms.tested[:, mine]
        pvalue = None if alarms.pvalue is None else np.where(tested, alarms.pvalue[:, mine], np.nan)
        if pvalue is None or np.isnan(pvalue).all():
            continue
        if above is not None:
            pvalue = randomised_pit(pvalue, np.asarray(above)[:, mine], seed=seed)
        known = ~np.isnan(pvalue)
        spread = uniformity(pvalue, bins=bins, levels=levels)
        distance[run.name] = spread.distance
        weights = resampling_weights(pvalue.shape[1], seed=seed)
        for level in levels:
            below = (known & (np.nan_to_num(pvalue, nan=2.0) <= level)).sum(axis=0)
            share = estimate_ratio(below, known.sum(axis=0), weights)
            word = "too often" if share.low > level else "too rarely" if share.high < level else "yes"
            rows.append((run.name, level, spread.n, share.value, share.low, share.high, word))
        edges = np.linspace(0, 1, bins + 1)
        parts.append(
            pd.DataFrame(
                {"detector": run.name, "low": edges[:-1], "high": edges[1:], "share": spread.histogram}
            )
        )
    if not rows:
        raise InputError("there are no p-values", found=", ".join(run.name for run in alarms.runs))
    return PValueCalibration(
        frame=pd.DataFrame(rows, columns=["detector", "level", "n", "share", "low", "high", "calibrated"]),
        histogram=pd.concat(parts, ignore_index=True),
        distance=distance,
        randomised=above is not None,
        simulated=alarms.simulated,
    )
