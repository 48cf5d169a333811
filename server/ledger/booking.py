"""From new facts to posted transfers: loads what is known of the operations concerned, adds the facts, posts the rest.

Runs inside the ingest transaction. The rules are in server.ledger.operations and domain.ledger; here is only storage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.facts import Fact
from domain.ledger import Award, Intent, RefundRequest, Result, SeenRecord, TransferKind, results_from_records
from server.ledger.bulk import among, listed, select, stored_ids
from server.ledger.cards import queue_for_cards, upsert_cards
from server.ledger.models import Alarm
from server.ledger.models import SeenRecord as SeenRow
from server.ledger.operation_rows import (
    OperationRow,
    Wanted,
    insert_operations,
    lock_operations,
    update_operations,
)
from server.ledger.operations import After, OperationState
from server.ledger.postings import Posting
from server.ledger.rows import insert_rows, post
from server.ledger.sightings import Timing, remember_states, remember_totals, timing_of, unmoved_since
from server.ledger.work import Sighting, Work, gather
from server.territory.models import touch

_RECORD_COLUMNS = {"card_number": "text", "operation_number": "bigint", "transfer": "uuid"}


_CHANGES_WHAT_IS_DUE = frozenset({TransferKind.CREDIT, TransferKind.REFUND})


def book(territory: str, facts: Sequence[Fact], now_ms: int) -> int:
    """Add new, sound facts to the books. How many transfers were posted. Call inside a transaction. Raises BadBody."""
    return book_work(territory, gather(facts), now_ms)


def book_work(territory: str, work: Work, now_ms: int) -> int:
    """Add what new facts mean to the books. How many transfers were posted. Call inside a transaction."""
    if not work.facts:
        return 0
    timing = timing_of(territory, work, now_ms)
    queue_for_cards(territory, {intent.card_number for intent, _ in work.intents} | set(work.records) | timing.cards)
    _remember_records(territory, work)
    remember_states(territory, timing.states)
    remember_totals(territory, work.totals)
    found = _settle(territory, work, timing)
    while not insert_operations(territory, found.fresh):  # another device told of one of them at this very moment
        found = _settle(territory, work, timing)
    update_operations(territory, found.changed)
    _raise_contradictions(territory, found)
    _raise_altered(territory, work)
    _see_cards(territory, [*work.sightings, *_after(found)])
    # Last, for every batch moves the same few accounts, and each of them waits here until the other has committed.
    posted = post(territory, [*work.alone, *found.postings], now_ms)
    if posted and any(posting.transfer.kind in _CHANGES_WHAT_IS_DUE for posting in found.postings):
        touch(territory)  # the `credits` feed says something else now
    return posted


@dataclass(frozen=True, slots=True)
class _Settled:
    """Operations with what is now known of them: rows to insert and to change, and what is to be posted."""

    rows: dict[str, OperationRow]
    states: dict[str, OperationState]
    fresh: list[OperationRow]
    changed: list[OperationRow]
    postings: list[Posting]


def _settle(territory: str, work: Work, timing: Timing) -> _Settled:
    """Lock what is there of the operations concerned, add what the batch tells. Writes nothing."""
    rows = lock_operations(territory, _wanted(work, timing))
    there = set(rows)
    rows |= {intent: OperationRow(intent) for intent in work.operations if intent not in there}
    retimed = _begin(rows, timing)
    before = {intent: _state(row) for intent, row in rows.items()}
    states, origin = _tell(before, work)
    states = _ask_chips(territory, rows, states)
    fresh: list[OperationRow] = []
    changed: list[OperationRow] = []
    postings: list[Posting] = []
    for intent_id, state in states.items():
        row, told = rows[intent_id], origin.get(intent_id)
        if told is not None or state != before[intent_id]:
            # What a tap on another kiosk decided is completed by that tap: the batch's last fact stands for it.
            fact = told or work.facts[-1]
            at = row.occurred_at if told is None else told.occurred_at
            postings += [Posting(transfer, fact.device, fact.id, intent_id, at) for transfer in state.transfers()]
        elif intent_id not in retimed:
            continue
        _fill(row, state, told)
        (changed if intent_id in there else fresh).append(row)
    return _Settled(rows, states, fresh, changed, postings)


def _tell(before: dict[str, OperationState], work: Work) -> tuple[dict[str, OperationState], dict[str, Fact]]:
    """(states with what the batch tells, the fact that each one's telling is dated by)."""
    states = dict(before)
    origin: dict[str, Fact] = {}
    for intent, fact in work.intents:
        states[intent.transfer_id] = states[intent.transfer_id].with_intent(intent)
        origin[intent.transfer_id] = fact
    for outcome, fact in work.outcomes:
        states[outcome.intent] = states[outcome.intent].with_outcome(outcome)
        origin.setdefault(outcome.intent, fact)
    for award, fact in work.awards:
        if award.intent is not None:
            states[award.intent] = states[award.intent].with_award(award)
            origin.setdefault(award.intent, fact)
    for request, fact in work.refunds:
        states[request.debit] = states[request.debit].with_refund(request)
        origin.setdefault(request.debit, fact)
    return states, origin


def _remember_records(territory: str, work: Work) -> None:
    """Keep what chips showed, for intents that come later from another kiosk."""
    rows = [
        (card, record.operation_number, record.transfer_id)
        for card, records in sorted(work.records.items())
        for record in sorted(records, key=lambda record: (record.operation_number, record.transfer_id))
    ]
    insert_rows(SeenRow, territory, _RECORD_COLUMNS, rows, "DO NOTHING")


def _wanted(work: Work, timing: Timing) -> Wanted:
    """Decided operations too: a record that contradicts an outcome must say so whichever of the two came first."""
    records = [record for found in work.records.values() for record in found]
    return Wanted(
        intents=work.operations | set(timing.began) | {record.transfer_id for record in records},
        record_cards=set(work.records) if records else (),
        record_numbers={record.operation_number - 1 for record in records},
        state_cards={state.card_number for state in timing.states},
        state_numbers={state.operation_number for state in timing.states},
    )


def _begin(rows: dict[str, OperationRow], timing: Timing) -> set[str]:
    """Note when intents began, in the server's time: the earliest that is known. The ids of those that changed."""
    changed = set()
    for intent_id, began_at in timing.began.items():
        row = rows.get(intent_id)
        if row is not None and (row.began_at is None or began_at < row.began_at):
            row.began_at = began_at
            changed.add(intent_id)
    return changed


def _state(row: OperationRow) -> OperationState:
    intent = None
    if row.kind is not None and row.card_number is not None and row.amount_cents is not None and row.site is not None:
        intent = Intent(
            transfer_id=row.intent,
            kind=TransferKind(row.kind),
            card_number=row.card_number,
            amount_cents=row.amount_cents,
            balance_before=row.balance_before or 0,
            operation_before=row.operation_before or 0,
            counter_before=row.counter_before,
            site=row.site,
            payee_site=row.site if row.payee_site is None else row.payee_site,
            points=row.points,
        )
    award = None
    if row.award_fact is not None and row.award_card is not None and row.award_points is not None:
        award = Award(row.award_fact, row.award_card, row.award_points, row.award_site or 0, row.intent)
    refund = None
    if row.refund_fact is not None and row.refund_card is not None and row.refund_cents is not None:
        place = (row.refund_card, row.refund_cents, row.refund_site or 0)
        refund = RefundRequest(row.refund_fact, row.intent, *place)
    afters = tuple(After(TransferKind(kind), number, cents) for kind, number, cents in row.afters)
    return OperationState(row.intent, intent, row.results, afters, award, refund)


def _ask_chips(
    territory: str, rows: dict[str, OperationRow], states: dict[str, OperationState]
) -> dict[str, OperationState]:
    """Add what the records that any tap has read say of each operation, decided or not; and later taps of open ones."""
    intents = [state.intent for state in states.values() if state.intent is not None]
    if not intents:
        return states
    seen: dict[str, list[SeenRecord]] = {intent.card_number: [] for intent in intents}
    for card, number, transfer in _records_of(territory, intents):
        seen[card].append(SeenRecord(str(UUID(str(transfer))), number))
    asked = dict(states)
    began = [
        (intent, at)
        for intent in intents
        if states[intent.transfer_id].open and (at := rows[intent.transfer_id].began_at) is not None
    ]
    unmoved = unmoved_since(territory, began)
    for intent in intents:
        said = results_from_records(intent, seen[intent.card_number])
        if intent.transfer_id in unmoved:
            said |= {Result.NOT_DONE}
        asked[intent.transfer_id] = asked[intent.transfer_id].with_chips(said)
    return asked


_RECORDS = "SELECT card_number, operation_number, transfer FROM {table} WHERE territory = %s AND {cards} AND {ours}"


def _records_of(territory: str, intents: Sequence[Intent]) -> list[tuple[Any, ...]]:
    """Records of these cards that say something of these intents: their own, or another under their number."""
    ours = f"({among('transfer', 'uuid')} OR {among('operation_number', 'bigint')})"
    query = _RECORDS.format(table=SeenRow._meta.db_table, cards=among("card_number", "text"), ours=ours)
    transfers = stored_ids(intent.transfer_id for intent in intents)
    numbers = {intent.operation_before + 1 for intent in intents}
    cards = {intent.card_number for intent in intents}
    return select(query, [territory, listed(cards), listed(transfers), listed(numbers)])


def _fill(row: OperationRow, state: OperationState, fact: Fact | None) -> None:
    """Write a state into its row; `fact` is the batch's own word on it, None when only a tap decided it."""
    if fact is not None and (state.intent is not None or not row.device):
        row.device, row.occurred_at = fact.device, fact.occurred_at
    if state.intent is not None:
        intent = state.intent
        row.kind, row.card_number, row.amount_cents = str(intent.kind), intent.card_number, intent.amount_cents
        row.balance_before, row.operation_before = intent.balance_before, intent.operation_before
        row.counter_before, row.site, row.payee_site = intent.counter_before, intent.site, intent.payee_site
        row.points = intent.points
    if state.award is not None:
        row.award_fact, row.award_card = state.award.fact_id, state.award.card_number
        row.award_points, row.award_site = state.award.points, state.award.site
    if state.refund is not None:
        row.refund_fact, row.refund_card = state.refund.fact_id, state.refund.card_number
        row.refund_cents, row.refund_site = state.refund.amount_cents, state.refund.site
    row.results, row.open = state.told, state.open
    row.afters = [[str(after.kind), after.operation_number, after.balance_cents] for after in state.afters]


def _raise_contradictions(territory: str, found: _Settled) -> None:
    alarms = [
        Alarm(
            territory=territory,
            code="contradiction",
            device=found.rows[intent_id].device,
            subject=intent_id,
            detail="Remboursement demandé d’un débit qui n’a pas eu lieu, ou par un site qui n’a pas été payé."
            if state.refunded_wrongly
            else "Ce qui est dit de cette opération se contredit : faite et non faite, ou d’une autre sorte.",
        )
        for intent_id, state in found.states.items()
        if state.contradictory
    ]
    Alarm.objects.bulk_create(alarms, ignore_conflicts=True)


def _raise_altered(territory: str, work: Work) -> None:
    """Chips that went back in time: nothing of them is believed, a person blocks the card."""
    alarms = [
        Alarm(
            territory=territory,
            code="altered_card",
            device=fact.device,
            subject=card,
            detail="La puce ne suit pas ce que cette borne en a vu : carte copiée, altérée ou réémise.",
        )
        for card, fact in work.altered
    ]
    Alarm.objects.bulk_create(alarms, ignore_conflicts=True)


def _after(found: _Settled) -> list[Sighting]:
    """What done operations say of their cards."""
    return [
        Sighting(
            state.intent.card_number,
            after.operation_number,
            after.balance_cents,
            None,
            found.rows[intent_id].device,
            found.rows[intent_id].occurred_at,
        )
        for intent_id, state in found.states.items()
        if state.intent is not None and (after := state.after) is not None
    ]


def _see_cards(territory: str, sightings: Iterable[Sighting]) -> None:
    """Keep per card the values of its greatest operation number; points only where a tap read them."""
    newest: dict[str, Sighting] = {}
    for sighting in sightings:
        known = newest.get(sighting.card_number)
        if known is None or _rank(sighting) > _rank(known):
            newest[sighting.card_number] = sighting
    upsert_cards(territory, [newest[number] for number in sorted(newest)])


def _rank(sighting: Sighting) -> tuple[int, bool]:
    return sighting.operation_number, sighting.points is not None
