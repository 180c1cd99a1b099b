"""Numbers on arrays, no pandas: what more than one method needs."""

from __future__ import annotations

from analytics._rooms import names_shown

__all__: list[str] = []
__dir__ = names_shown(__name__)
