"""Places that may still be sold here: an offer's quota less what this kiosk sold or holds. Any thread."""

from __future__ import annotations

from domain.offers import Offer
from kiosk.workers.tally import Tally


class Places:
    """Quotas are noted when an offer is shown (catalogue thread) and asked for when it is paid (card thread)."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._quotas: dict[tuple[str, str, int], int] = {}

    def of_offer(self, offer: Offer, day: str, start: int) -> int:
        if offer.booking is None or all(slot.start != start for slot in offer.booking.slots):
            return 0
        quota = offer.booking.quota_per_slot
        self._quotas[offer.id, day, start] = quota
        return max(0, quota - self._tally.sold(offer.id, day, start))

    def left(self, offer_id: str, day: str, start: int) -> int | None:
        """None for a slot that was never shown."""
        quota = self._quotas.get((offer_id, day, start))
        return None if quota is None else max(0, quota - self._tally.sold(offer_id, day, start))
