"""Bodies of the facts that the card worker keeps (docs/sync-protocol.md, "Fact bodies"). Pure."""

from __future__ import annotations

from domain.canonical import JsonObject, JsonValue
from domain.cards import CardReading
from domain.purse import Verdict
from hardware.card.port import Committed
from hardware.card.session import POINTS_NOT_READ
from kiosk.workers.asked import Charge, Claim, CreditOrder, Entry, Load, Order, PassSale, Reversal


def card_seen(reading: CardReading, site: int) -> JsonObject:
    """What a tap saw: decides what is in doubt, here or elsewhere. File 06 tells a restored server its totals."""
    held = reading.credits
    return {
        "card": reading.identity.card_number,
        "site": site,
        "operation_number": reading.state.operation_number,
        "tmc": reading.transaction_counter,
        "tmv": reading.transaction_mac.hex() if reading.transaction_mac is not None else None,
        "balance_cents": reading.balance_cents,
        "points": None if reading.points == POINTS_NOT_READ else reading.points,
        "credits": None if held is None else {"epoch": held.credit_epoch, "total_cents": held.total_credited_cents},
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


Before = dict[str, str | int | None]


def before(reading: CardReading, uid_sealed: str, site: int) -> Before:
    """What every intent says of the card before it."""
    return {
        "card": reading.identity.card_number,
        "uid_sealed": uid_sealed,
        "balance_before": reading.balance_cents,
        "operation_before": reading.state.operation_number,
        "tmc_before": reading.transaction_counter,
        "site": site,
    }


def debit_intent(seen: Before, amount_cents: int, points: int, what: Order | Charge | PassSale) -> JsonObject:
    """`points`: planned in the same commit, so that a later reading of the record decides them too."""
    body: dict[str, JsonValue] = {
        **seen,
        "amount_cents": amount_cents,
        "points": points,
        "payee_site": what.payee_site,
        "sale": what.sale,
        "order": None,
    }
    match what:
        case Order():
            body["order"] = {
                "ticket": what.ticket,
                "language": what.language,
                "offer": what.offer,
                "name": what.name,
                "provider": what.provider,
                "slot_day": what.slot_day,
                "slot_start": what.slot_start,
                "people": what.people,
            }
        case Charge():
            body["operator"] = what.operator
        case PassSale():
            body["pass"] = {
                "product": what.product,
                "name": what.name,
                "programme": what.programme,
                "valid_from_day": what.valid_from_day,
                "valid_until_day": what.valid_until_day,
                "uses": what.uses,
                "language": what.language,
            }
    return body


def load_intent(seen: Before, amount_cents: int, what: Load) -> JsonObject:
    return {**seen, "amount_cents": amount_cents, "operator": what.operator, "paid_by": what.paid_by}


def award_intent(seen: Before, points: int) -> JsonObject:
    return {**seen, "points": points}


def redeem_intent(seen: Before, points: int, what: Claim | Reversal) -> JsonObject:
    """Exactly one of a reward and a debit that was refunded."""
    claim = what if isinstance(what, Claim) else None
    reversal = what if isinstance(what, Reversal) else None
    return {
        **seen,
        "points": points,
        "reward": claim.reward if claim else None,
        "claim": claim.claim if claim else None,
        "name": claim.name if claim else "",
        "language": claim.language if claim else "",
        "reversal_of": reversal.debit if reversal else None,
        "refunded_cents": reversal.refunded_cents if reversal else 0,
        "operator": reversal.operator if reversal else None,
    }


def entry_intent(seen: Before, points: int, what: Entry) -> JsonObject:
    """Exactly one of a pass and a ticket."""
    held = None if what.programme is None else {"programme": what.programme, "uses_left": what.uses_left}
    return {
        **seen,
        "points": points,
        "pass": held,
        "ticket": what.ticket,
        "name": what.name,
        "people": what.people,
        "day": what.day,
        "operator": what.operator,
    }


def credit_intent(seen: Before, amount_cents: int, what: CreditOrder) -> JsonObject:
    return {
        **seen,
        "amount_cents": amount_cents,
        "epoch": what.epoch,
        "total_before": what.total_before,
        "order_total_cents": what.order_total_cents,
        "refund": what.refund,
        "operator": what.operator,
    }


def refund_requested(card: str, debit: str, amount_cents: int, points: int, site: int, operator: str) -> JsonObject:
    return {
        "card": card,
        "debit": debit,
        "amount_cents": amount_cents,
        "points": points,
        "site": site,
        "operator": operator,
    }


def verdict(intent: str, said: Verdict, reading: CardReading) -> JsonObject:
    """A tap that closed nothing: overwritten or altered."""
    return {
        "card": reading.identity.card_number,
        "intent": intent,
        "verdict": said.value,
        "operation_number": reading.state.operation_number,
        "tmc": reading.transaction_counter,
        "balance_cents": reading.balance_cents,
    }


def entry_refused(
    card: str, site: int, reason: str, value: int, operator: str, programme: int | None, ticket: str | None
) -> JsonObject:
    return {
        "card": card,
        "site": site,
        "reason": reason,
        "value": value,
        "operator": operator,
        "programme": programme,
        "ticket": ticket,
    }


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


def sale(what: Order | Charge | PassSale, intent: str, card: str, amount_cents: int) -> JsonObject:
    """Of a charge or a pass there is no offer and no slot."""
    order = what if isinstance(what, Order) else None
    return {
        "sale": what.sale,
        "intent": intent,
        "offer": order.offer if order else None,
        "provider": order.provider if order else None,
        "slot_day": order.slot_day if order else None,
        "slot_start": order.slot_start if order else None,
        "people": order.people if order else 1,
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


def points_redeemed(
    what: Claim, card: str, points: int, site: int, intent: str, operation: int, day: int
) -> JsonObject:
    return {
        "card": card,
        "points": points,
        "site": site,
        "intent": intent,
        "reward": what.reward,
        "claim": what.claim,
        "operation_number": operation,
        "day": day,
    }


def pass_issued(what: PassSale, card: str, intent: str, site: int) -> JsonObject:
    return {
        "card": card,
        "intent": intent,
        "sale": what.sale,
        "programme": what.programme,
        "product": what.product,
        "site": site,
        "valid_from_day": what.valid_from_day,
        "valid_until_day": what.valid_until_day,
        "uses": what.uses,
    }


def entry_made(what: Entry, card: str, intent: str, site: int) -> JsonObject:
    """Body of `pass.used` or `ticket.used`."""
    body: dict[str, JsonValue] = {"card": card, "intent": intent, "site": site, "operator": what.operator}
    if what.programme is not None:
        return {**body, "programme": what.programme, "uses_left": what.uses_left}
    return {**body, "ticket": what.ticket, "people": what.people, "day": what.day}
