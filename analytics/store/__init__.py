"""Store: dated deliveries of incidents in one file, so that what was known on any day can be had again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.store.covers import Cover as Cover
    from analytics.store.delivery import Delivery as Delivery
    from analytics.store.difference import Difference as Difference
    from analytics.store.store import Store as Store

__all__, __getattr__, __dir__ = lazy_room(
    __name__, {"covers": "Cover", "delivery": "Delivery", "difference": "Difference", "store": "Store"}
)
