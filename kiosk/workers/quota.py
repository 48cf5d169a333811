"""Places that this kiosk may still sell offline: the offer's quota less what its own journal sold or still owes.

Used by the card thread (writes) and the catalogue thread (reads); one lock, no I/O.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from domain.facts import Fact, FactKind


class SoldPlaces:
    """Counts places per (offer, day, start). A purchase in doubt holds its places until it is decided."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """`facts`: debit intents and outcomes of the journal, oldest first."""
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, str, int, int]] = {}
        self._sold: Counter[tuple[str, str, int]] = Counter()
        for fact in facts:
            self.take(fact)

    def take(self, fact: Fact) -> None:
        """A fact was appended: other kinds are ignored."""
        body: Mapping[str, Any] = fact.body
        if fact.kind == FactKind.DEBIT_INTENT:
            order = body["order"]
            key = (order["offer"], order["slot_day"], order["slot_start"])
            with self._lock:
                self._held[fact.id] = (*key, order["people"])
                self._sold[key] += order["people"]
        elif fact.kind == FactKind.DEBIT_OUTCOME and body["result"] == "not_done":
            with self._lock:
                held = self._held.pop(body["intent"], None)
                if held is not None:
                    self._sold[held[:3]] -= held[3]

    def sold(self, offer_id: str, day: str, start: int) -> int:
        with self._lock:
            return self._sold[offer_id, day, start]
