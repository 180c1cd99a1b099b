"""How well detectors do: on simulated scenarios with a known truth, and on one's own history."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.evaluation.history import evaluate
from analytics.evaluation.pvalues import PValueCalibration, pvalue_calibration
from analytics.evaluation.results import EvaluationResult
from analytics.evaluation.scoring import score_alarms, score_fdr, score_matched

__all__ = [
    "EvaluationResult",
    "PValueCalibration",
    "evaluate",
    "pvalue_calibration",
    "score_alarms",
    "score_fdr",
    "score_matched",
]
__dir__ = names_shown(__name__)
