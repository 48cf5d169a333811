"""Facts of the server's own chain that move money: a credit granted, a card replaced (docs/sync-protocol.md). Pure."""

from __future__ import annotations

from domain.facts import Fact, FactKind
from domain.ledger import AMOUNT_MAX_CENTS, Transfer, transfer_from_grant, transfer_from_replacement
from server.ledger.bodies import BadBody, card_number, whole
from server.ledger.postings import Posting

SOURCE_MAX = 80


def server_posting(fact: Fact) -> Posting | None:
    """What such a fact posts; None for other kinds, and where nothing moves. Raises BadBody."""
    transfer = _transfer(fact)
    if transfer is None:
        return None
    who, reason = fact.body.get("who"), fact.body.get("reason")
    return Posting(
        transfer,
        fact.device,
        fact.id,
        None,
        fact.occurred_at,
        reason if isinstance(reason, str) else "",
        who if isinstance(who, str) else "",
    )


def _transfer(fact: Fact) -> Transfer | None:
    body = fact.body
    if fact.kind == FactKind.CREDIT_GRANTED:
        source = body.get("source")
        if not isinstance(source, str) or not 1 <= len(source) <= SOURCE_MAX:
            raise BadBody("source is not an account")
        amount = whole(body, "amount_cents", 1, AMOUNT_MAX_CENTS)
        return transfer_from_grant(fact.id, source, card_number(body), amount)
    if fact.kind == FactKind.CARD_REPLACED:
        balance = whole(body, "balance_cents", 0, AMOUNT_MAX_CENTS)
        due = whole(body, "due_cents", 0, AMOUNT_MAX_CENTS)
        return transfer_from_replacement(fact.id, card_number(body), card_number(body, "replacement"), balance, due)
    return None
