"""Fetching events from the services that hold them, into files that the readers read.

The packages it needs (httpx, tenacity, keyring: the extra ``fetch``) are loaded when something is fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.fetch.acled import fetch_acled as fetch_acled
    from analytics.fetch.acled import fetch_acled_deleted as fetch_acled_deleted
    from analytics.fetch.ucdp import fetch_ucdp as fetch_ucdp

__all__, __getattr__, __dir__ = lazy_room(
    __name__, {"acled": "fetch_acled fetch_acled_deleted", "ucdp": "fetch_ucdp"}
)
