"""POST /api/v1/facts: one batch in one transaction. What is acknowledged is on the disk, booked, and there once.

Nothing is refused away: what is authentic is stored; what cannot be believed or understood, and all that a revoked
device hands in, is kept in quarantine and does not stop what follows. Safe to repeat and to run from several processes:
a device's batches queue on its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.facts import SERVER_KINDS, Fact, FactKind, batch_signing_bytes
from domain.ports import Clock
from server.devices.models import Device, DeviceState
from server.durable import acknowledgeable
from server.ledger.aside import keep_aside, raise_alarm
from server.ledger.bodies import BadBody
from server.ledger.booking import book_work
from server.ledger.chains import Branch, advance_head, choose_branch, continues_trunk
from server.ledger.fact_rows import BatchRow, Known, insert_alias, insert_batch, insert_facts, known_facts
from server.ledger.models import Quarantined
from server.ledger.work import MUTE_KINDS, Work, add_fact
from server.runtime import new_uuid
from sync.protocol import (
    ChainedBatch,
    Created,
    Exists,
    FactBatch,
    FactOutcome,
    FactsAnswer,
    Head,
    chain_rows,
    verify_p256,
)
from sync.protocol import Quarantined as QuarantinedOutcome

KINDS = frozenset(kind.value for kind in FactKind if kind not in SERVER_KINDS)
REVOKED = "device_revoked"  # its key may be a thief's by now, so a person says what counts
_CREATED = Created()
_EXISTS = Exists()


@dataclass(frozen=True, slots=True)
class _Unbelieved:
    """Why nothing in a batch can be believed."""

    reason: str


def ingest(batch: FactBatch, device: Device, clock: Clock) -> FactsAnswer:
    """Keep a batch whose request was signed by `device`. The batch names that device and its territory."""
    believed = _believe(batch, device)
    verdict = REVOKED if device.state == DeviceState.REVOKED else None
    with acknowledgeable():
        # Batches of one device wait here for each other; SQLite has the write lock already (BEGIN IMMEDIATE).
        Device.objects.select_for_update(of=("self",)).only("pk").filter(pk=device.pk).first()
        now = clock.now_ms()
        if isinstance(believed, _Unbelieved):
            reason = believed.reason
            keep_aside(batch, [(index, reason, False) for index in range(len(batch.rows))], now)
            outcomes: list[FactOutcome] = [QuarantinedOutcome(reason)] * len(batch.rows)
            head = advance_head(batch, Branch(0, new=False), now)
        else:
            outcomes, head = _keep(believed, bytes(device.public_key or b""), verdict, now)
    return FactsAnswer(tuple(outcomes), head, clock.now_ms())


def _believe(batch: FactBatch, device: Device) -> ChainedBatch | _Unbelieved:
    """The batch with its hashes, if the device's signature covers them."""
    try:
        chained = chain_rows(batch)
    except ValueError as error:
        return _Unbelieved(f"not_canonical: {error}"[:200])
    if any("\x00" in word for word in {row.kind for row in batch.rows} | {row.boot for row in batch.rows}):
        return _Unbelieved("control_characters")
    signed = batch_signing_bytes(
        batch.territory, batch.device, batch.incarnation, batch.first, batch.last, chained.last_hash
    )
    if not verify_p256(bytes(device.public_key or b""), signed, batch.signature):
        return _Unbelieved("bad_batch_signature")
    return chained


def _keep(chained: ChainedBatch, public_key: bytes, verdict: str | None, now: int) -> tuple[list[FactOutcome], Head]:
    """Store what is new and book it; with a `verdict` all of it waits for a person instead."""
    batch = chained.batch
    if continues_trunk(batch):
        known, fresh, branch = dict[str, Known](), list(range(len(batch.rows))), Branch(0, new=False)
    else:
        known = known_facts(batch.territory, [row.id for row in batch.rows])
        fresh = _first_of_each(batch, known)
        branch = choose_branch(batch, fresh)
    if branch.new:
        place = f"{batch.incarnation}/{batch.first}"
        raise_alarm(batch, "fork", place, "La chaîne de faits a bifurqué : image restaurée ou appareil copié.")
    batch_id = new_uuid()
    inserted = insert_facts(chained, fresh, branch.number, batch_id, now)
    if len(inserted) < len(fresh):  # some were there already, or twice in the batch
        known = known_facts(batch.territory, [row.id for row in batch.rows])
        fresh = list(inserted)
    work, problems = (Work(), dict.fromkeys(fresh, verdict)) if verdict else _read(chained, fresh)
    outcomes = _outcomes(chained, known, set(fresh), problems, now)
    book_work(batch.territory, work, now)
    for index in fresh:
        if batch.rows[index].kind == FactKind.JOURNAL_SET_ASIDE:
            detail = "Le journal de cette borne était abîmé : il est mis de côté sur place, la borne vend à nouveau."
            raise_alarm(batch, "journal_set_aside", batch.rows[index].id, detail)
    if fresh:
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
                chained.last_hash,
                batch.signature,
                public_key,
                now,
            )
        )
    return outcomes, advance_head(batch, branch, now)


def _first_of_each(batch: FactBatch, known: dict[str, Known]) -> list[int]:
    """Rows of new facts, the first of each id: a batch may itself repeat one."""
    found: dict[str, int] = {}
    for index, row in enumerate(batch.rows):
        if row.id not in known:
            found.setdefault(row.id, index)
    return list(found.values())


def _read(chained: ChainedBatch, fresh: Sequence[int]) -> tuple[Work, dict[int, str]]:
    """(what the new rows mean to the books, why some of them must wait for a person)."""
    rows, work, problems = chained.batch.rows, Work(), {}
    clocked: set[str] = set()
    for index in fresh:
        row = rows[index]
        if row.kind in MUTE_KINDS and row.version == 1:  # most facts: nothing of them moves money
            if row.clock_offset_ms is None or row.boot in clocked:
                continue
            clocked.add(row.boot)  # one tells the difference of the clocks in its run
        problem = _add(work, chained.fact(index))
        if problem is not None:
            problems[index] = problem
    return work, problems


def problem_of(fact: Fact) -> str | None:
    """Why an authentic fact must be looked at before it counts; None when it is sound."""
    return _add(Work(), fact)


def _add(work: Work, fact: Fact) -> str | None:
    if fact.kind not in KINDS:
        return "unknown_kind"
    if fact.version != 1:
        return "unknown_version"
    try:
        add_fact(work, fact)
    except BadBody as error:
        return f"bad_body: {error}"[:200]
    return None


def _outcomes(
    chained: ChainedBatch, known: dict[str, Known], fresh: set[int], problems: dict[int, str], now: int
) -> list[FactOutcome]:
    """One outcome per fact, in order, keeping aside what needs a person."""
    batch = chained.batch
    if not problems and len(fresh) == len(batch.rows):
        return [_CREATED] * len(batch.rows)
    waiting = _waiting_reasons(batch.territory, known)
    hashes = {fact_id: row.content_hash for fact_id, row in known.items()}
    outcomes: list[FactOutcome] = []
    aside: list[tuple[int, str, bool]] = []
    for index, row in enumerate(batch.rows):
        if index in fresh:
            hashes[row.id] = chained.content_hashes[index]
            reason = problems.get(index)
            if reason is not None:
                aside.append((index, reason, True))
            outcomes.append(_CREATED if reason is None else QuarantinedOutcome(reason))
        elif hashes[row.id] != chained.content_hashes[index]:
            raise_alarm(
                batch, "same_id_other_content", row.id, "Deux contenus pour un même fait : l'un des deux est faux."
            )
            aside.append((index, "same_id_other_content", False))
            outcomes.append(QuarantinedOutcome("same_id_other_content"))
        else:
            there = known.get(row.id)
            if there is None or there.place != (batch.device, batch.incarnation, batch.first + index):
                insert_alias(batch, index, now)
            outcomes.append(QuarantinedOutcome(waiting[row.id]) if row.id in waiting else _EXISTS)
    keep_aside(batch, aside, now)
    return outcomes


def _waiting_reasons(territory: str, known: dict[str, Known]) -> dict[str, str]:
    """Known facts that still wait for a person."""
    if not known:
        return {}
    rows = Quarantined.objects.filter(territory=territory, fact__in=list(known), stored=True, released_at=None)
    return {str(row.fact): row.reason for row in rows}
