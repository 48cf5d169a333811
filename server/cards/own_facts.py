"""Facts of the server itself: a hash chain of its own, signed with its own key, booked like every other's.

What the server does to a card through a kiosk, and what its staff grant, is told as a kiosk tells its doings: so the
same tables and rules decide what is in doubt, and the books can be made again from facts alone. One incarnation per
epoch.
"""

from __future__ import annotations

from domain.canonical import JsonObject
from domain.facts import FIRST_PREVIOUS, Fact, batch_signing_bytes, seal_fact
from domain.ports import Uuid7Ids
from server.api.runtime import Runtime
from server.devices.pairing import SERVER_DEVICE
from server.ledger.booking import book
from server.ledger.chains import Branch, advance_head
from server.ledger.fact_rows import BatchRow, insert_batch, insert_facts
from server.ledger.models import Fact as FactRow
from server.ledger.models import Head
from server.runtime import new_uuid
from server.territory.models import Territory
from sync.protocol import batch_of, chain_rows


def new_id(run: Runtime) -> str:
    """An identifier for a fact to come."""
    return Uuid7Ids(run.clock, run.chance).new()


def keep(territory: Territory, kind: str, body: JsonObject, run: Runtime, fact_id: str | None = None) -> Fact:
    """Append one fact to the server's chain and book it. Call inside a transaction: it is durable with its commit."""
    now, incarnation = run.clock.now_ms(), territory.server_epoch
    place = {"territory": territory.slug, "device": SERVER_DEVICE, "incarnation": incarnation}
    # The chain has one writer at a time: whoever holds its head.
    Head.objects.get_or_create(**place, branch=0, defaults={"sequence": 0, "highest": 0, "updated_at": now})
    Head.objects.select_for_update().get(**place, branch=0)
    last = FactRow.objects.filter(**place, branch=0).order_by("-sequence").first()
    fact = seal_fact(
        fact_id=fact_id or new_id(run),
        device=SERVER_DEVICE,
        incarnation=incarnation,
        sequence=1 if last is None else last.sequence + 1,
        kind=str(kind),
        occurred_at=now,
        monotonic_ms=now,
        boot=f"epoch-{incarnation}",
        body=body,
        previous=FIRST_PREVIOUS if last is None else bytes(last.hash),
        clock_offset_ms=0,
        clock_offset_age_ms=0,
    )
    signed = batch_signing_bytes(territory.slug, SERVER_DEVICE, incarnation, fact.sequence, fact.sequence, fact.hash)
    signature, batch_id = run.identity.signing.sign(signed), new_uuid()
    batch = batch_of([fact], territory.slug, signature)
    insert_facts(chain_rows(batch), [0], 0, batch_id, now)
    insert_batch(
        BatchRow(
            territory.slug,
            batch_id,
            SERVER_DEVICE,
            incarnation,
            0,
            fact.sequence,
            fact.sequence,
            fact.previous,
            fact.hash,
            signature,
            run.identity.public,
            now,
        )
    )
    advance_head(batch, Branch(0, new=False), now)
    book(territory.slug, [fact], now)
    return fact
