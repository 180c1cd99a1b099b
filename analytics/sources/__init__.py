"""One file per source: raw table to canonical columns."""

from __future__ import annotations

from analytics._rooms import names_shown

__all__: list[str] = []
__dir__ = names_shown(__name__)
