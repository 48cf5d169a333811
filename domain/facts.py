"""Facts: immutable records of everything that happened at a kiosk (design note "Facts, journal, sync").

Identity is `id`; (device, incarnation, sequence) is a fact's *place*. `content_hash` covers what happened, `hash`
covers content and place and chains to the previous fact of the same incarnation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256

from domain.canonical import JsonObject, canonical_bytes

FIRST_PREVIOUS = bytes(32)
BATCH_TAG = b"zerot-batch-1"
FACT_BYTES_MAX = 64 * 1024


@unique
class FactKind(StrEnum):
    """One spelling per kind. A server keeps kinds it does not know in quarantine."""

    INCARNATION = "incarnation.started"
    JOURNAL_SET_ASIDE = "journal.set_aside"
    CARD_ISSUED = "card.issued"
    CARD_SEEN = "card.seen"
    LOAD_INTENT = "purse.load.intent"
    LOAD_OUTCOME = "purse.load.outcome"
    DEBIT_INTENT = "purse.debit.intent"
    DEBIT_OUTCOME = "purse.debit.outcome"
    REFUND_INTENT = "purse.refund.intent"
    REFUND_OUTCOME = "purse.refund.outcome"
    CREDIT_INTENT = "purse.credit.intent"
    CREDIT_OUTCOME = "purse.credit.outcome"
    AWARD_INTENT = "purse.award.intent"
    AWARD_OUTCOME = "purse.award.outcome"
    REDEEM_INTENT = "purse.redeem.intent"
    REDEEM_OUTCOME = "purse.redeem.outcome"
    ENTRY_INTENT = "purse.entry.intent"  # a pass or a ticket is used: no euros
    ENTRY_OUTCOME = "purse.entry.outcome"
    VERDICT = "purse.verdict"  # what a tap could not decide, or a chip that is not ours any more
    REFUND_REQUESTED = "purse.refund.requested"
    SALE = "sale"
    POINTS_AWARDED = "points.awarded"
    POINTS_REDEEMED = "points.redeemed"
    TICKET_ISSUED = "ticket.issued"
    TICKET_USED = "ticket.used"
    PASS_ISSUED = "pass.issued"  # noqa: S105 a right, no password
    PASS_USED = "pass.used"  # noqa: S105
    ENTRY_REFUSED = "entry.refused"
    COUPON_USED = "coupon.used"
    VISIT = "visit"
    PRESENCE = "presence"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    MESSAGE = "message"
    TILL_CLOSED = "till.closed"
    DEVICE_HEALTH = "device.health"
    OPERATOR_REFUSED = "operator.refused"
    TECHNICIAN_ACTION = "technician.action"
    CREDIT_GRANTED = "credit.granted"
    CARD_REPLACED = "card.replaced"


# Kinds that only the server's own chain may hold: whoever else sends one is not believed.
SERVER_KINDS = frozenset({FactKind.CREDIT_GRANTED, FactKind.CARD_REPLACED})


@dataclass(frozen=True, slots=True)
class Fact:
    """One immutable fact with its place. Times are milliseconds; hashes are 32 bytes.

    `clock_offset_ms` is the last measured difference server − kiosk and `clock_offset_age_ms` how old that measure
    was; both None when never measured. `boot` tells runs of the device apart, `monotonic_ms` orders within one.
    """

    id: str
    device: str
    incarnation: int
    sequence: int
    kind: str
    version: int
    occurred_at: int
    monotonic_ms: int
    boot: str
    clock_offset_ms: int | None
    clock_offset_age_ms: int | None
    body: JsonObject
    previous: bytes
    content_hash: bytes
    hash: bytes


def content_hash(fact_id: str, kind: str, version: int, occurred_at: int, body: JsonObject) -> bytes:
    """What happened, wherever it is stored."""
    content = {"body": body, "id": fact_id, "kind": kind, "occurred_at": occurred_at, "version": version}
    return sha256(canonical_bytes(content)).digest()


def chain_hash(
    content: bytes,
    device: str,
    incarnation: int,
    sequence: int,
    previous: bytes,
    *,
    monotonic_ms: int,
    boot: str,
    clock_offset_ms: int | None,
    clock_offset_age_ms: int | None,
) -> bytes:
    """The fact in its place: changing, dropping or moving one breaks all that follow."""
    place = {
        "boot": boot,
        "clock_offset_age_ms": clock_offset_age_ms,
        "clock_offset_ms": clock_offset_ms,
        "content_hash": content.hex(),
        "device": device,
        "incarnation": incarnation,
        "monotonic_ms": monotonic_ms,
        "previous": previous.hex(),
        "sequence": sequence,
    }
    return sha256(canonical_bytes(place)).digest()


def seal_fact(
    *,
    fact_id: str,
    device: str,
    incarnation: int,
    sequence: int,
    kind: str,
    occurred_at: int,
    monotonic_ms: int,
    boot: str,
    body: JsonObject,
    previous: bytes,
    version: int = 1,
    clock_offset_ms: int | None = None,
    clock_offset_age_ms: int | None = None,
) -> Fact:
    """Compute both hashes. Raises domain.canonical.NotCanonical, ValueError when the body is too large."""
    content = content_hash(fact_id, kind, version, occurred_at, body)
    if len(canonical_bytes(body)) > FACT_BYTES_MAX:
        raise ValueError(f"the body of {kind} is larger than {FACT_BYTES_MAX} bytes")
    sealed = chain_hash(
        content,
        device,
        incarnation,
        sequence,
        previous,
        monotonic_ms=monotonic_ms,
        boot=boot,
        clock_offset_ms=clock_offset_ms,
        clock_offset_age_ms=clock_offset_age_ms,
    )
    return Fact(
        id=fact_id,
        device=device,
        incarnation=incarnation,
        sequence=sequence,
        kind=kind,
        version=version,
        occurred_at=occurred_at,
        monotonic_ms=monotonic_ms,
        boot=boot,
        clock_offset_ms=clock_offset_ms,
        clock_offset_age_ms=clock_offset_age_ms,
        body=body,
        previous=previous,
        content_hash=content,
        hash=sealed,
    )


def reseal(fact: Fact, previous: bytes) -> Fact:
    """The fact as it must be if its content and place are true: compare `hash` to verify a chain."""
    return seal_fact(
        fact_id=fact.id,
        device=fact.device,
        incarnation=fact.incarnation,
        sequence=fact.sequence,
        kind=fact.kind,
        version=fact.version,
        occurred_at=fact.occurred_at,
        monotonic_ms=fact.monotonic_ms,
        boot=fact.boot,
        clock_offset_ms=fact.clock_offset_ms,
        clock_offset_age_ms=fact.clock_offset_age_ms,
        body=fact.body,
        previous=previous,
    )


def batch_signing_bytes(
    territory: str, device: str, incarnation: int, first: int, last: int, last_hash: bytes
) -> bytes:
    """What the device key signs for a batch; each part is length-prefixed so that no two inputs run together."""
    parts = (
        BATCH_TAG,
        territory.encode(),
        device.encode(),
        incarnation.to_bytes(8, "big"),
        first.to_bytes(8, "big"),
        last.to_bytes(8, "big"),
        last_hash,
    )
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
