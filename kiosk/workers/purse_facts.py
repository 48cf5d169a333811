"""Bodies of the facts that the card worker keeps (docs/sync-protocol.md, "Fact bodies"). Pure."""

from __future__ import annotations

from domain.canonical import JsonObject
from domain.cards import CardReading
from hardware.card.port import Committed
from kiosk.workers.purchases import Order


def card_seen(reading: CardReading, site: int) -> JsonObject:
    """What a tap saw: decides what is in doubt, here or on another kiosk."""
    return {
        "card": reading.identity.card_number,
        "site": site,
        "operation_number": reading.state.operation_number,
        "tmc": reading.transaction_counter,
        "tmv": reading.transaction_mac.hex() if reading.transaction_mac is not None else None,
        "balance_cents": reading.balance_cents,
        "points": reading.points,
        "records": [
            {
                "transfer": record.transfer_id,
                "kind": int(record.kind),
                "amount": record.amount_cents,
                "operation_number": record.operation_number,
            }
            for record in reading.records
        ],
    }


def _before(reading: CardReading, uid_sealed: str, amount_cents: int, site: int) -> dict[str, str | int | None]:
    return {
        "card": reading.identity.card_number,
        "uid_sealed": uid_sealed,
        "amount_cents": amount_cents,
        "balance_before": reading.balance_cents,
        "operation_before": reading.state.operation_number,
        "tmc_before": reading.transaction_counter,
        "site": site,
    }


def debit_intent(
    reading: CardReading, uid_sealed: str, amount_cents: int, site: int, order: Order, points: int
) -> JsonObject:
    """`points`: planned in the same commit, so that a later reading of the record decides them too."""
    return {
        **_before(reading, uid_sealed, amount_cents, site),
        "points": points,
        "payee_site": order.payee_site,
        "sale": order.sale,
        "order": {
            "ticket": order.ticket,
            "language": order.language,
            "offer": order.offer,
            "name": order.name,
            "provider": order.provider,
            "slot_day": order.slot_day,
            "slot_start": order.slot_start,
            "people": order.people,
        },
    }


def load_intent(
    reading: CardReading, uid_sealed: str, amount_cents: int, site: int, operator: str, paid_by: str
) -> JsonObject:
    return {**_before(reading, uid_sealed, amount_cents, site), "operator": operator, "paid_by": paid_by}


def outcome_done(intent: str, done: Committed, points: int) -> JsonObject:
    return {
        "intent": intent,
        "result": "done",
        "operation_number": done.operation_number,
        "tmc": done.transaction_counter,
        "tmv": done.transaction_mac.hex() if done.transaction_mac is not None else None,
        "commands": [command.hex() for command in done.commands],
        "balance_cents": done.balance_cents,
        "decided_by": "answer",
        "points": points,
    }


def outcome_undone(intent: str, result: str, commands: tuple[bytes, ...], decided_by: str) -> JsonObject:
    """`result`: not_done or in_doubt."""
    return {
        "intent": intent,
        "result": result,
        "operation_number": None,
        "tmc": None,
        "tmv": None,
        "commands": [command.hex() for command in commands],
        "balance_cents": None,
        "decided_by": decided_by,
        "points": 0,
    }


def outcome_reread(intent: str, reading: CardReading, points: int) -> JsonObject:
    """A later reading found our record: done. TMC and TMV are those of that commit only when it is still the last."""
    record = next(record for record in reading.records if record.transfer_id == intent)
    last = record.operation_number == reading.state.operation_number
    return {
        "intent": intent,
        "result": "done",
        "operation_number": record.operation_number,
        "tmc": reading.transaction_counter if last else None,
        "tmv": reading.transaction_mac.hex() if last and reading.transaction_mac is not None else None,
        "commands": [],
        "balance_cents": reading.balance_cents if last else None,
        "decided_by": "reread",
        "points": points,
    }


def sale(order: Order, intent: str, card: str, amount_cents: int) -> JsonObject:
    return {
        "sale": order.sale,
        "intent": intent,
        "offer": order.offer,
        "provider": order.provider,
        "slot_day": order.slot_day,
        "slot_start": order.slot_start,
        "people": order.people,
        "amount_cents": amount_cents,
        "card": card,
        "vat_bp": None,
    }


def ticket_issued(order: Order) -> JsonObject:
    return {
        "ticket": order.ticket,
        "sale": order.sale,
        "offer": order.offer,
        "slot_day": order.slot_day,
        "slot_start": order.slot_start,
        "people": order.people,
    }


def points_awarded(card: str, points: int, site: int, intent: str | None, operation: int, day: int) -> JsonObject:
    return {
        "card": card,
        "points": points,
        "site": site,
        "intent": intent,
        "operation_number": operation,
        "day": day,
    }
