"""The `credits` feed: what the server owes to cards, each order signed by itself: a desk applies it offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.canonical import JsonObject
from domain.credits import CREDIT_TAG, BadOrder, ServerCredit, build_order, parse_order
from sync.keys import verify_document
from sync.wire import Fields, bad, encode_binary

ORDERS_MAX: Final = 20_000


def build_credits(orders: list[tuple[ServerCredit, bytes]]) -> JsonObject:
    """The feed's own part of the document: orders with their signatures."""
    return {"orders": [{"order": build_order(order), "signature": encode_binary(signed)} for order, signed in orders]}


def parse_credits(document: JsonObject, server_key: bytes) -> dict[str, ServerCredit]:
    """The newest order per card. Raises WireError when one is misshapen, or not signed by the server: none is believed.

    Of two orders for one card the later life of the server wins, then the greater total.
    """
    found: dict[str, ServerCredit] = {}
    for item in Fields(document, strict=False).objects("orders", ORDERS_MAX, lambda fields: _order(fields, server_key)):
        known = found.get(item.card_number)
        if known is None or (item.epoch, item.total_credited_cents) > (known.epoch, known.total_credited_cents):
            found[item.card_number] = item
    return found


@dataclass(frozen=True, slots=True)
class DueCredit:
    """What the server owes a card: `cents`, and the total that file 06 will show under `epoch` once it is there."""

    cents: int
    total_cents: int
    epoch: int

    def missing(self, held_total_cents: int) -> int:
        """Cents that a card with this total in file 06 still lacks: the feed may be older than the card."""
        return max(0, min(self.cents, self.total_cents - held_total_cents))


def due_line(card_number: str, due: DueCredit) -> JsonObject:
    """A line of the document's `due`."""
    return {"card": card_number, "cents": due.cents, "total_cents": due.total_cents, "epoch": due.epoch}


def parse_due(document: JsonObject) -> dict[str, DueCredit]:
    """What is due by card number. Raises WireError."""
    lines = Fields(document, strict=False).objects("due", ORDERS_MAX, _due)
    return dict(lines)


def _due(fields: Fields) -> tuple[str, DueCredit]:
    amounts = (fields.integer("cents"), fields.integer("total_cents"), fields.integer("epoch"))
    return fields.text("card", 8, size_min=8), DueCredit(*amounts)


def _order(fields: Fields, server_key: bytes) -> ServerCredit:
    document, signature = fields.raw_object("order"), fields.binary("signature", 64)
    if not verify_document(server_key, CREDIT_TAG, document, signature):
        bad(f"{fields.path}signature: not the server's")
    try:
        return parse_order(document)
    except BadOrder as error:
        bad(f"{fields.path}order: {error}")
