"""Bodies of the facts around rewards, passes, tickets and refunds (docs/sync-protocol.md). Pure.

Most of them are kept and counted, not booked; but what will be counted must be understood when it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.facts import FactKind
from domain.ledger import AMOUNT_MAX_CENTS, RefundRequest
from server.ledger.bodies import POINTS_MAX, BadBody, card_number, identifier, whole, whole_or_none

VERDICTS = frozenset({"overwritten", "altered"})
_TEXT_MAX = 200
_HEX = frozenset("0123456789abcdef")

Body = Mapping[str, object]


def parse_refund_request(fact_id: str, kind: str, body: Body) -> RefundRequest | None:
    """The request that a fact holds, None for other kinds. Raises BadBody."""
    if kind != FactKind.REFUND_REQUESTED:
        return None
    whole(body, "points", 0, POINTS_MAX)
    card_number(body, "operator")
    return RefundRequest(
        fact_id=fact_id,
        debit=identifier(body, "debit"),
        card_number=card_number(body),
        amount_cents=whole(body, "amount_cents", 1, AMOUNT_MAX_CENTS),
        site=whole(body, "site", 0, 0xFFFF),
    )


def altered_card(kind: str, body: Body) -> str | None:
    """The card of a verdict that says it is not ours any more. Raises BadBody."""
    if kind != FactKind.VERDICT:
        return None
    _verdict(body)
    return card_number(body) if body["verdict"] == "altered" else None


def check_rights_body(kind: str, body: Body) -> None:
    """Raise BadBody when a fact of these kinds cannot be understood."""
    check = _CHECKS.get(kind)
    if check is not None:
        check(body)


def _verdict(body: Body) -> None:
    card_number(body)
    identifier(body, "intent")
    whole(body, "operation_number", 0, 0xFFFFFFFF)
    whole_or_none(body, "tmc", 0, 0xFFFFFFFF)
    whole(body, "balance_cents", 0, AMOUNT_MAX_CENTS)
    if body.get("verdict") not in VERDICTS:
        raise BadBody("verdict is neither overwritten nor altered")


def _redeemed(body: Body) -> None:
    card_number(body)
    identifier(body, "intent")
    identifier(body, "claim")
    whole(body, "points", 1, POINTS_MAX)
    whole(body, "site", 0, 0xFFFF)
    whole(body, "operation_number", 0, 0xFFFFFFFF)
    whole(body, "day", 0, 0xFFFF)
    _text(body, "reward")


def _pass_issued(body: Body) -> None:
    _pass(body)
    identifier(body, "sale")
    _text(body, "product")
    first, last = whole(body, "valid_from_day", 0, 0xFFFF), whole(body, "valid_until_day", 0, 0xFFFF)
    if last < first:
        raise BadBody("valid_until_day is before valid_from_day")
    whole(body, "uses", 1, 0xFF)


def _pass_used(body: Body) -> None:
    _pass(body)
    whole(body, "uses_left", 0, 0xFF)
    card_number(body, "operator")


def _pass(body: Body) -> None:
    card_number(body)
    identifier(body, "intent")
    whole(body, "programme", 0, 0xFFFF)
    whole(body, "site", 0, 0xFFFF)


def _ticket_used(body: Body) -> None:
    card_number(body)
    identifier(body, "intent")
    _reference(body, "ticket")
    whole(body, "site", 0, 0xFFFF)
    whole(body, "people", 1, 0xFF)
    whole(body, "day", 0, 0xFFFF)
    card_number(body, "operator")


def _entry_refused(body: Body) -> None:
    card_number(body)
    card_number(body, "operator")
    whole(body, "site", 0, 0xFFFF)
    _text(body, "reason")
    whole_or_none(body, "programme", 0, 0xFFFF)
    if body.get("ticket") is not None:
        _reference(body, "ticket")


def _text(body: Body, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT_MAX:
        raise BadBody(f"{key} is not a short text")
    return value


def _reference(body: Body, key: str) -> str:
    """The eight hex digits by which a card names a ticket."""
    value = body.get(key)
    if not isinstance(value, str) or len(value) != 8 or not _HEX.issuperset(value):
        raise BadBody(f"{key} is not a ticket's reference")
    return value


_CHECKS: dict[str, Callable[[Body], None]] = {
    FactKind.VERDICT: _verdict,
    FactKind.POINTS_REDEEMED: _redeemed,
    FactKind.PASS_ISSUED: _pass_issued,
    FactKind.PASS_USED: _pass_used,
    FactKind.TICKET_USED: _ticket_used,
    FactKind.ENTRY_REFUSED: _entry_refused,
}
