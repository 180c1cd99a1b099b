"""Claims as data: read what somebody said, put it to incidents, and say what the data can tell."""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.claims.read import KINDS, Article, Claim, Claims, read_claims
from analytics.claims.run import sensitivity_to_date, verdicts
from analytics.claims.table import VerdictTable

__all__ = [
    "KINDS",
    "Article",
    "Claim",
    "Claims",
    "VerdictTable",
    "read_claims",
    "sensitivity_to_date",
    "verdicts",
]
__dir__ = names_shown(__name__)
