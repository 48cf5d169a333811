"""POST /api/v1/facts: one batch in one transaction. What is acknowledged is on the disk, booked, and there once.

Nothing is refused away: what is authentic is stored; what cannot be believed or understood is kept in quarantine and
does not stop what follows. Safe to repeat and to run from several processes: a device's batches queue on its row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from domain.facts import Fact, FactKind, batch_signing_bytes
from domain.ports import Clock
from server.devices.models import Device, DeviceState
from server.ledger.bodies import BadBody
from server.ledger.booking import book
from server.ledger.chains import Branch, advance_head, choose_branch
from server.ledger.models import Alarm, Quarantined
from server.ledger.models import Fact as FactModel
from server.ledger.rows import BatchRow, insert_alias, insert_batch, insert_facts
from server.ledger.work import check_body
from server.runtime import new_uuid
from sync.protocol import (
    Created,
    Exists,
    FactBatch,
    FactOutcome,
    FactRow,
    FactsAnswer,
    Head,
    chain_batch,
    verify_p256,
)
from sync.protocol import Quarantined as QuarantinedOutcome

KINDS = frozenset(kind.value for kind in FactKind)


@dataclass(frozen=True, slots=True)
class _Unbelieved:
    """Why nothing in a batch can be believed."""

    reason: str


def ingest(batch: FactBatch, device: Device, clock: Clock) -> FactsAnswer:
    """Keep a batch whose request was signed by `device`. The batch names that device and its territory."""
    believed = _believe(batch, device)
    with transaction.atomic():
        # Batches of one device wait here for each other; SQLite has the write lock already (BEGIN IMMEDIATE).
        Device.objects.select_for_update(of=("self",)).filter(pk=device.pk).first()
        now = clock.now_ms()
        if isinstance(believed, _Unbelieved):
            _quarantine_rows(batch, batch.rows, [believed.reason] * len(batch.rows), now)
            outcomes: list[FactOutcome] = [QuarantinedOutcome(believed.reason)] * len(batch.rows)
            head = advance_head(batch, Branch(0, new=False), now)
        else:
            outcomes, head = _keep(batch, believed, bytes(device.public_key or b""), now)
    return FactsAnswer(tuple(outcomes), head, clock.now_ms())


def _believe(batch: FactBatch, device: Device) -> tuple[Fact, ...] | _Unbelieved:
    """The facts with their hashes, if the device's signature covers them."""
    if device.state == DeviceState.REVOKED:
        return _Unbelieved("device_revoked")
    try:
        facts = chain_batch(batch)
    except ValueError as error:
        return _Unbelieved(f"not_canonical: {error}"[:200])
    if any("\x00" in row.kind + row.boot for row in batch.rows):
        return _Unbelieved("control_characters")
    signed = batch_signing_bytes(
        batch.territory, batch.device, batch.incarnation, batch.first, batch.last, facts[-1].hash
    )
    if not verify_p256(bytes(device.public_key or b""), signed, batch.signature):
        return _Unbelieved("bad_batch_signature")
    return facts


def _keep(batch: FactBatch, facts: tuple[Fact, ...], public_key: bytes, now: int) -> tuple[list[FactOutcome], Head]:
    known = _known([fact.id for fact in facts], batch.territory)
    fresh = _first_of_each(facts, known)
    branch = choose_branch(batch, fresh)
    if branch.new:
        place = f"{batch.incarnation}/{batch.first}"
        _alarm(batch, "fork", place, "La chaîne de faits a bifurqué : image restaurée ou appareil copié.")
    batch_id = new_uuid()
    inserted = insert_facts(batch.territory, branch.number, batch_id, now, fresh)
    if len(inserted) < len(fresh):  # another device brought the same facts at this very moment
        known = _known([fact.id for fact in facts], batch.territory)
    new = [fact for fact in fresh if fact.id in inserted]
    problems = {fact.id: reason for fact in new if (reason := problem_of(fact)) is not None}
    outcomes = _outcomes(batch, facts, known, inserted, problems, now)
    book(batch.territory, [fact for fact in new if fact.id not in problems], now)
    if new:
        insert_batch(
            BatchRow(
                batch.territory,
                batch_id,
                batch.device,
                batch.incarnation,
                branch.number,
                batch.first,
                batch.last,
                batch.previous,
                facts[-1].hash,
                batch.signature,
                public_key,
                now,
            )
        )
    return outcomes, advance_head(batch, branch, now)


def _known(ids: Sequence[str], territory: str) -> dict[str, FactModel]:
    rows = FactModel.objects.filter(territory=territory, id__in=[UUID(fact_id) for fact_id in ids])
    return {str(row.id): row for row in rows.only("id", "device", "incarnation", "sequence", "content_hash")}


def _first_of_each(facts: Sequence[Fact], known: dict[str, FactModel]) -> list[Fact]:
    """New facts, the first of each id: a batch may itself repeat one."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.id not in known:
            found.setdefault(fact.id, fact)
    return list(found.values())


def problem_of(fact: Fact) -> str | None:
    """Why an authentic fact must be looked at before it counts; None when it is sound."""
    if fact.kind not in KINDS:
        return "unknown_kind"
    if fact.version != 1:
        return "unknown_version"
    try:
        check_body(fact.kind, fact.id, fact.body)
    except BadBody as error:
        return f"bad_body: {error}"[:200]
    return None


def _outcomes(
    batch: FactBatch,
    facts: Sequence[Fact],
    known: dict[str, FactModel],
    inserted: set[str],
    problems: dict[str, str],
    now: int,
) -> list[FactOutcome]:
    """One outcome per fact, in order, keeping aside what needs a person."""
    waiting = _waiting_reasons(batch.territory, known)
    hashes = {fact_id: bytes(row.content_hash) for fact_id, row in known.items()}
    outcomes: list[FactOutcome] = []
    aside: list[tuple[FactRow, int, str]] = []
    for row, fact in zip(batch.rows, facts, strict=True):
        if fact.id not in hashes:  # new, and the first of its id in this batch
            hashes[fact.id] = fact.content_hash
            reason = problems.get(fact.id)
            if reason is not None:
                aside.append((row, fact.sequence, reason))
            outcomes.append(Created() if reason is None else QuarantinedOutcome(reason))
        elif hashes[fact.id] != fact.content_hash:
            _alarm(batch, "same_id_other_content", fact.id, "Deux contenus pour un même fait : l'un des deux est faux.")
            aside.append((row, fact.sequence, "same_id_other_content"))
            outcomes.append(QuarantinedOutcome("same_id_other_content"))
        else:
            there = known.get(fact.id)
            if there is None or (there.device, there.incarnation, there.sequence) != _place(fact):
                insert_alias(batch.territory, fact, now)
            outcomes.append(QuarantinedOutcome(waiting[fact.id]) if fact.id in waiting else Exists())
    for row, sequence, reason in aside:
        _quarantine(batch, row, sequence, reason, now, stored=row.id in inserted and reason != "same_id_other_content")
    return outcomes


def _place(fact: Fact) -> tuple[str, int, int]:
    return fact.device, fact.incarnation, fact.sequence


def _waiting_reasons(territory: str, known: dict[str, FactModel]) -> dict[str, str]:
    """Known facts that still wait for a person."""
    rows = Quarantined.objects.filter(
        territory=territory, fact__in=[row.id for row in known.values()], stored=True, released_at=None
    )
    return {str(row.fact): row.reason for row in rows}


def _quarantine_rows(batch: FactBatch, rows: Sequence[FactRow], reasons: Sequence[str], now: int) -> None:
    for index, (row, reason) in enumerate(zip(rows, reasons, strict=True)):
        _quarantine(batch, row, batch.first + index, reason, now, stored=False)


def _quarantine(batch: FactBatch, row: FactRow, sequence: int, reason: str, now: int, *, stored: bool) -> None:
    raw = json.dumps(
        [
            row.id, row.kind, row.version, row.occurred_at, row.monotonic_ms, row.boot,
            row.clock_offset_ms, row.clock_offset_age_ms, row.body,
        ],
        sort_keys=True,
    )  # fmt: skip
    Quarantined.objects.bulk_create(
        [
            Quarantined(
                territory=batch.territory,
                device=batch.device,
                incarnation=batch.incarnation,
                sequence=sequence,
                fact=UUID(row.id),
                kind=printable(row.kind),
                digest=sha256(raw.encode()).hexdigest(),
                reason=printable(reason),
                raw=raw,
                stored=stored,
                received_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def printable(text: str) -> str:
    """Text that any database takes: what cannot be printed becomes U+FFFD (PostgreSQL refuses NUL)."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _alarm(batch: FactBatch, code: str, subject: str, detail: str) -> None:
    alarm = Alarm(territory=batch.territory, code=code, device=batch.device, subject=subject, detail=detail)
    Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
