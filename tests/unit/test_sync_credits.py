"""The `credits` feed as a kiosk reads it: signed orders, or nothing at all."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.canonical import canonical_bytes
from domain.credits import CREDIT_TAG, ServerCredit, build_order
from sync.credits import DueCredit, due_line, parse_credits, parse_due
from sync.wire import WireError, encode_binary

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
CARD = "00421187"


def signed(order: ServerCredit, key: Ed25519PrivateKey = KEY, tag: bytes = CREDIT_TAG) -> dict[str, Any]:
    document = build_order(order)
    return {"order": document, "signature": encode_binary(key.sign(tag + canonical_bytes(document)))}


def document(*orders: dict[str, Any], due: object = None) -> dict[str, Any]:
    core: dict[str, Any] = {"version": 1, "territory": "bon-coin", "device": "BC-017", "orders": list(orders)}
    return core if due is None else {**core, "due": due}


def test_orders_and_what_is_due() -> None:
    order = ServerCredit(CARD, 1, 1800, 9900, refund=True)
    told = document(signed(order), due=[due_line(CARD, DueCredit(300, 2100, 1))])
    assert parse_credits(told, PUBLIC) == {CARD: order}
    assert parse_due(told) == {CARD: DueCredit(300, 2100, 1)}
    assert parse_credits(document(), PUBLIC) == {}


def test_the_later_life_of_the_server_wins_then_the_greater_total() -> None:
    old, small, great = (ServerCredit(CARD, epoch, total, 9900) for epoch, total in ((1, 9000), (2, 500), (2, 800)))
    for orders in ((old, small, great), (great, small, old)):
        assert parse_credits(document(*map(signed, orders)), PUBLIC) == {CARD: great}


@pytest.mark.parametrize(
    "broken",
    [
        document(signed(ServerCredit(CARD, 1, 5, 9900), Ed25519PrivateKey.from_private_bytes(bytes(32)))),
        document(signed(ServerCredit(CARD, 1, 5, 9900), tag=b"zerot-feed-1")),
        document({**signed(ServerCredit(CARD, 1, 5, 9900)), "order": build_order(ServerCredit(CARD, 1, 9000, 9900))}),
        document({**signed(ServerCredit(CARD, 1, 5, 9900)), "signature": "AA"}),
        document({"order": [], "signature": ""}),
        {**document(), "orders": None},
    ],
)
def test_whatever_is_not_the_servers_is_not_believed(broken: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        parse_credits(broken, PUBLIC)


def test_a_signed_document_that_is_no_order_is_refused() -> None:
    odd = {**build_order(ServerCredit(CARD, 1, 5, 9900)), "extra": 1}
    row = {"order": odd, "signature": encode_binary(KEY.sign(CREDIT_TAG + canonical_bytes(odd)))}
    with pytest.raises(WireError, match="other fields"):
        parse_credits(document(row), PUBLIC)
