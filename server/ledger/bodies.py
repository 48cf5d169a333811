"""Facts' bodies as the ledger reads them (docs/sync-protocol.md, "Fact bodies, version 1"). Pure.

A body that cannot be understood is never refused away: the caller puts the fact in quarantine with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.facts import FactKind
from domain.ledger import AMOUNT_MAX_CENTS, Award, Intent, Outcome, Result, SeenRecord, TransferKind
from domain.ports import id_bytes

POINTS_MAX = 1_000_000


class BadBody(ValueError):
    """A fact's body cannot be understood; the message is a short reason for people."""


_INTENT_KINDS: dict[str, TransferKind] = {
    FactKind.LOAD_INTENT: TransferKind.LOAD,
    FactKind.DEBIT_INTENT: TransferKind.DEBIT,
    FactKind.REFUND_INTENT: TransferKind.REFUND,
    FactKind.CREDIT_INTENT: TransferKind.CREDIT,
    FactKind.AWARD_INTENT: TransferKind.AWARD,
    FactKind.REDEEM_INTENT: TransferKind.REDEEM,
    FactKind.ENTRY_INTENT: TransferKind.ENTRY,
}
_OUTCOME_KINDS: frozenset[str] = frozenset(
    {
        FactKind.LOAD_OUTCOME,
        FactKind.DEBIT_OUTCOME,
        FactKind.REFUND_OUTCOME,
        FactKind.CREDIT_OUTCOME,
        FactKind.AWARD_OUTCOME,
        FactKind.REDEEM_OUTCOME,
        FactKind.ENTRY_OUTCOME,
    }
)
# What each intent says of points: these three have no cents, and two of them are nothing but points.
_WITHOUT_CENTS = frozenset({TransferKind.AWARD, TransferKind.REDEEM, TransferKind.ENTRY})
_POINTS_MIN = {TransferKind.AWARD: 1, TransferKind.REDEEM: 1, TransferKind.ENTRY: 0}


_RESULTS = frozenset(result.value for result in Result)


def parse_intent(fact_id: str, kind: str, body: Mapping[str, object]) -> Intent | None:
    """The intent that a fact holds, None for other kinds. Raises BadBody."""
    transfer_kind = _INTENT_KINDS.get(kind)
    if transfer_kind is None:
        return None
    site = whole(body, "site", 0, 0xFFFF)
    without_cents = transfer_kind in _WITHOUT_CENTS
    least = _POINTS_MIN.get(transfer_kind)
    return Intent(
        transfer_id=fact_id,
        kind=transfer_kind,
        card_number=card_number(body),
        amount_cents=0 if without_cents else whole(body, "amount_cents", 1, AMOUNT_MAX_CENTS),
        balance_before=whole(body, "balance_before", 0, AMOUNT_MAX_CENTS),
        operation_before=whole(body, "operation_before", 0, 0xFFFFFFFF),
        counter_before=whole_or_none(body, "tmc_before", 0, 0xFFFFFFFF),
        site=site,
        payee_site=whole(body, "payee_site", 0, 0xFFFF) if transfer_kind is TransferKind.DEBIT else site,
        points=whole_or_none(body, "points", 0, POINTS_MAX)
        if least is None
        else whole(body, "points", least, POINTS_MAX),
    )


def parse_outcome(kind: str, body: Mapping[str, object]) -> Outcome | None:
    """The outcome that a fact holds, None for other kinds. Raises BadBody."""
    if kind not in _OUTCOME_KINDS:
        return None
    result = body.get("result")
    if not isinstance(result, str) or result not in _RESULTS:
        raise BadBody("result is none of done, not_done, in_doubt")
    decided_by = body.get("decided_by")
    return Outcome(
        intent=identifier(body, "intent"),
        kind=intent_kind_of(kind),
        result=Result(result),
        operation_number=whole_or_none(body, "operation_number", 0, 0xFFFFFFFF),
        balance_cents=whole_or_none(body, "balance_cents", 0, AMOUNT_MAX_CENTS),
        points=whole(body, "points", 0, POINTS_MAX) if "points" in body else 0,
        decided_by=decided_by if isinstance(decided_by, str) else "",
    )


def parse_award(fact_id: str, kind: str, body: Mapping[str, object]) -> Award | None:
    """The award that a fact holds, None for other kinds. Raises BadBody."""
    if kind != FactKind.POINTS_AWARDED:
        return None
    return Award(
        fact_id=fact_id,
        card_number=card_number(body),
        points=whole(body, "points", 0, POINTS_MAX),
        site=whole(body, "site", 0, 0xFFFF),
        intent=None if body.get("intent") is None else identifier(body, "intent"),
    )


def intent_kind_of(outcome_kind: str) -> TransferKind:
    """The kind of intent that an outcome's kind belongs to: a load's outcome never decides a debit."""
    return TransferKind(outcome_kind.split(".")[1])


def card_number(body: Mapping[str, object], key: str = "card") -> str:
    """The eight digits under `key`; raises BadBody."""
    value = body.get(key)
    if not isinstance(value, str) or len(value) != 8 or not value.isascii() or not value.isdigit():
        raise BadBody(f"{key} is not an eight-digit card number")
    return value


def whole(body: Mapping[str, object], key: str, low: int, high: int) -> int:
    """The integer under `key`; raises BadBody."""
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadBody(f"{key} is not a whole number between {low} and {high}")
    return value


def whole_or_none(body: Mapping[str, object], key: str, low: int, high: int) -> int | None:
    """The integer under `key`, None where it is absent or null; raises BadBody."""
    return None if body.get(key) is None else whole(body, key, low, high)


def identifier(body: Mapping[str, object], key: str) -> str:
    """The canonical UUID text under `key`; raises BadBody."""
    value = body.get(key)
    if not isinstance(value, str):
        raise BadBody(f"{key} is not an identifier")
    try:
        id_bytes(value)
    except ValueError as error:
        raise BadBody(f"{key} is not an identifier") from error
    return value


RECORDS_READ_MAX = 64


def parse_seen_records(body: Mapping[str, object]) -> tuple[SeenRecord, ...]:
    """The operation records that a `card.seen` fact carries. Raises BadBody."""
    rows = body.get("records")
    if not isinstance(rows, (list, tuple)) or len(rows) > RECORDS_READ_MAX:
        raise BadBody(f"records is not a list of at most {RECORDS_READ_MAX}")
    found = []
    for row in rows:
        if not isinstance(row, Mapping):
            raise BadBody("a record is not an object")
        found.append(SeenRecord(identifier(row, "transfer"), whole(row, "operation_number", 0, 0xFFFFFFFF)))
    return tuple(found)
