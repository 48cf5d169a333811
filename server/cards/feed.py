"""The `credits` feed: signed orders to desks, which hold key 2; to kiosks only which cards are owed how much."""

from __future__ import annotations

from domain.canonical import JsonObject, JsonValue
from server.cards.totals import due_cards, orders, total_of
from server.devices.models import Device
from server.devices.roles import Route, may
from server.territory.models import Territory
from sync.credits import DueCredit, due_line
from sync.keys import ServerIdentity

CREDITS_LIFE_DAYS = 30
_DESK = "desk"


def credits_core(territory: Territory, device: Device, identity: ServerIdentity, now_ms: int) -> JsonObject | None:
    """The document without its dates; None for a device without a reader. Call inside a transaction."""
    if not may(device.role, Route.CARD_SESSION):
        return None
    due: list[JsonValue] = []
    for card in due_cards(territory.slug):
        total = total_of(territory, card, now_ms)
        due.append(due_line(card, DueCredit(total.due_cents, total.total_cents, total.epoch)))
    return {
        "version": 1,
        "territory": territory.slug,
        "device": device.name,
        "orders": orders(territory, identity, now_ms) if device.role == _DESK else [],
        "due": due,
    }
