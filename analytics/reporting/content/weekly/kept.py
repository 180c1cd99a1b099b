"""Where a notebook keeps the record of its report."""

from __future__ import annotations

__all__ = ["MIME"]

MIME = "application/vnd.uptick.report+json"
