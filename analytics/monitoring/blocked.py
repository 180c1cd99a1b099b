"""The answers of very many regions, in a folder of Parquet files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.monitoring.budget import Budget
from analytics.monitoring.result import regions_summary, regions_tidy
from analytics.options import check_level
from analytics.results import counted, mark
from analytics.results.alarm_tables import ALARM, answer_words, said_where

__all__ = ["ALARMS", "NOTES", "NULLS", "REGIONS", "STAMP", "BlockedResult", "regions_of"]

ALARMS, REGIONS = "alarms", "regions.parquet"
STAMP, NOTES, NULLS = b"uptick.block", b"uptick.notes", b"uptick.nulls"
_NAMED = 6


@dataclass(frozen=True, eq=False, slots=True)
class BlockedResult:
    """What detectors say about very many regions; period by period it stays in the folder.

    Attributes
    ----------
    folder : Path
        ``alarms`` in it holds one Parquet file a block, which :func:`pandas.read_parquet` reads as one table.
    blocks : int
    frame : DataFrame
        One row for each region, as in :class:`MonitorResult`.
    budget : Budget
    simulated : bool
    parameters : mapping
        The options that made it.
    notes : tuple of str
    null_hypothesis : str
        What holds where nothing has happened, detector by detector.
    """

    folder: Path
    blocks: int
    frame: pd.DataFrame
    budget: Budget
    simulated: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    null_hypothesis: str = ""

    def answers(self) -> pd.Series:
        """Return "alarm", "no alarm" or "not tested" for each region."""
        return answer_words(self.frame["alarm"])

    def tidy(self) -> pd.DataFrame:
        """Return one row a region, with the columns of :meth:`MonitorResult.tidy`."""
        return regions_tidy(self.frame)

    def summary(self) -> pd.DataFrame:
        """Return the table a reader would want: regions with an alarm first, those not tested last."""
        return regions_summary(self.frame)

    def alarms(
        self, *, columns: Sequence[str] | None = None, regions: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return the alarms of every detector, region and period, or of some regions.

        Parameters
        ----------
        columns : sequence of str, optional
            Some of detector, region, period, observed (NA without coverage), alarm (NA: not tested),
            expected, upper_bound, statistic, pvalue, note.
        regions : sequence of str, optional
        """
        chosen = None if regions is None else [("region", "in", list(regions))]
        parts = [
            pd.read_parquet(path, columns=None if columns is None else list(columns), filters=chosen)
            for path in self._files()
        ]
        return pd.concat(parts, ignore_index=True)

    def adjusted(self, *, alpha: float = 0.05) -> pd.DataFrame:
        """Return the latest period with q-values over the regions of all blocks, for each detector.

        Parameters
        ----------
        alpha : float
            The false discovery rate (Benjamini and Hochberg 1995); detectors without p-values are left out.

        Returns
        -------
        DataFrame
            detector, region, period, observed, pvalue, qvalue, alarm (q at most `alpha`; NA: not tested).
        """
        check_level(alpha=alpha)
        latest = [("period", "==", pd.Timestamp(self.frame["period"].iloc[0]).date())]
        names = ["detector", "region", "period", "observed", "alarm", "pvalue"]
        parts = [pd.read_parquet(path, columns=names, filters=latest) for path in self._files()]
        whole = pd.concat(
            [part.astype({"detector": "str", "region": "str"}) for part in parts], ignore_index=True
        )
        whole = whole.sort_values("detector", kind="stable", ignore_index=True)
        whole = whole[whole.groupby("detector")["pvalue"].transform("count") > 0].reset_index(drop=True)
        tested = whole["alarm"].notna().to_numpy()
        pvalue = np.where(tested, whole["pvalue"].to_numpy(dtype=float), np.nan)
        qvalue = np.full(len(whole), np.nan)
        for at in whole.groupby("detector").indices.values():
            qvalue[at] = benjamini_hochberg(pvalue[at])
        whole["qvalue"] = qvalue
        whole["alarm"] = pd.array(qvalue <= alpha, dtype="boolean")
        whole.loc[~tested, "alarm"] = pd.NA
        return whole[["detector", "region", "period", "observed", "pvalue", "qvalue", "alarm"]]

    def sentence(self) -> str:
        """Return the answer as a reader would say it."""
        answers = self.answers()
        raised = self.frame.loc[answers == ALARM, ["region", "by"]].to_numpy()
        named = [f"{region} ({by})" for region, by in raised]
        return f"{mark(self.simulated)}{self.frame['label'].iloc[0]}: {said_where(answers, named, _NAMED)}."

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *(f"note: {note}" for note in self.notes)])

    def __repr__(self) -> str:
        raised = int((self.answers() == ALARM).sum())
        tag, label = mark(self.simulated, "name"), self.frame["label"].iloc[0]
        return (
            f"BlockedResult({tag}{label}: alarm in {raised} of "
            f"{counted(len(self.frame), 'region')}, in {counted(self.blocks, 'block')}, budget {self.budget})"
        )

    def _files(self) -> list[Path]:
        return sorted((self.folder / ALARMS).glob("*.parquet"))


def regions_of(paths: Sequence[Path]) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """Return the table of regions of some blocks, in their order, what was noted, and the null hypotheses."""
    from pyarrow import parquet  # type: ignore[import-untyped]

    frames, notes, nulls = [], [], []
    for path in paths:
        held = parquet.read_schema(path).metadata
        frames.append(pd.read_parquet(BytesIO(held[REGIONS.encode()])))
        notes += json.loads(held[NOTES])
        nulls.append(held[NULLS].decode())
    return pd.concat(frames, ignore_index=True), tuple(dict.fromkeys(notes)), "; ".join(dict.fromkeys(nulls))
