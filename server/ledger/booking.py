"""From new facts to posted transfers: loads what is known of the operations concerned, adds the facts, posts the rest.

Runs inside the ingest transaction. The rules are in server.ledger.operations and domain.ledger; here is only storage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q

from domain.facts import Fact
from domain.ledger import Award, Intent, RefundRequest, Result, SeenRecord, TransferKind, results_from_records
from server.ledger.cards import queue_for_cards, upsert_cards
from server.ledger.models import Alarm, Operation
from server.ledger.models import SeenRecord as SeenRow
from server.ledger.operations import After, OperationState
from server.ledger.postings import Posting
from server.ledger.rows import post
from server.ledger.sightings import Timing, remember_states, timing_of, unmoved_since
from server.ledger.work import Sighting, Work, gather

_STATE_COLUMNS = (
    "kind", "card_number", "amount_cents", "balance_before", "operation_before", "counter_before", "site", "payee_site",
    "points", "results", "afters", "award_fact", "award_card", "award_points", "award_site",
    "refund_fact", "refund_card", "refund_cents", "refund_site", "open", "device", "occurred_at",
    "began_at",
)  # fmt: skip


def book(territory: str, facts: Sequence[Fact], now_ms: int) -> int:
    """Add new, sound facts to the books. How many transfers were posted. Call inside a transaction. Raises BadBody."""
    if not facts:
        return 0
    work = gather(facts)
    timing = timing_of(territory, facts, now_ms)
    queue_for_cards(territory, {intent.card_number for intent, _ in work.intents} | set(work.records) | timing.cards)
    _remember_records(territory, work)
    remember_states(territory, timing.states)
    rows = _lock_operations(territory, work, timing)
    retimed = _begin(rows, timing)
    before = {intent: _state(row) for intent, row in rows.items()}
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
    states = _ask_chips(territory, rows, states)
    postings = list(work.alone)
    for intent_id, state in states.items():
        if intent_id not in origin and state == before[intent_id]:
            continue
        # What a tap on another kiosk decided is completed by that tap: the last fact of this batch stands for it.
        fact = origin.get(intent_id, facts[-1])
        at = fact.occurred_at if intent_id in origin else rows[intent_id].occurred_at
        postings += [Posting(transfer, fact.device, fact.id, intent_id, at) for transfer in state.transfers()]
    posted = post(territory, postings, now_ms)
    _store(rows, states, origin, retimed)
    _raise_contradictions(territory, rows, states)
    _raise_altered(territory, work)
    _see_cards(territory, [*work.sightings, *_after(rows, states)])
    return posted


def _remember_records(territory: str, work: Work) -> None:
    """Keep what chips showed, for intents that come later from another kiosk."""
    rows = [
        SeenRow(
            territory=territory,
            card_number=card,
            operation_number=record.operation_number,
            transfer=UUID(record.transfer_id),
        )
        for card, records in sorted(work.records.items())
        for record in sorted(records, key=lambda record: (record.operation_number, record.transfer_id))
    ]
    SeenRow.objects.bulk_create(rows, ignore_conflicts=True)


def _lock_operations(territory: str, work: Work, timing: Timing) -> dict[str, Operation]:
    """The rows of every operation concerned, made where missing, locked in the order of their ids.

    Decided ones too: a record that contradicts an outcome must say so whichever of the two came first.
    """
    fresh = [
        Operation(territory=territory, intent=UUID(intent), device="", occurred_at=0)
        for intent in sorted(work.operations)
    ]
    Operation.objects.bulk_create(fresh, ignore_conflicts=True)
    wanted = Q(intent__in=[row.intent for row in fresh] + [UUID(intent) for intent in timing.began])
    if timing.states:
        stood = {state.operation_number for state in timing.states}
        cards = {state.card_number for state in timing.states}
        wanted |= Q(card_number__in=cards, operation_before__in=stood, open=True)
    if work.records:
        records = [record for found in work.records.values() for record in found]
        numbers = {record.operation_number - 1 for record in records}
        ours = Q(intent__in={UUID(record.transfer_id) for record in records}) | Q(operation_before__in=numbers)
        wanted |= Q(card_number__in=list(work.records)) & ours
    found = Operation.objects.select_for_update().filter(wanted, territory=territory).order_by("intent")
    return {str(row.intent): row for row in found}


def _begin(rows: dict[str, Operation], timing: Timing) -> set[str]:
    """Note when intents began, in the server's time: the earliest that is known. The ids of those that changed."""
    changed = set()
    for intent_id, began_at in timing.began.items():
        row = rows.get(intent_id)
        if row is not None and (row.began_at is None or began_at < row.began_at):
            row.began_at = began_at
            changed.add(intent_id)
    return changed


def _state(row: Operation) -> OperationState:
    intent = None
    if row.kind is not None and row.card_number is not None and row.amount_cents is not None and row.site is not None:
        intent = Intent(
            transfer_id=str(row.intent),
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
        award = Award(str(row.award_fact), row.award_card, row.award_points, row.award_site or 0, str(row.intent))
    refund = None
    if row.refund_fact is not None and row.refund_card is not None and row.refund_cents is not None:
        place = (row.refund_card, row.refund_cents, row.refund_site or 0)
        refund = RefundRequest(str(row.refund_fact), str(row.intent), *place)
    afters = tuple(After(TransferKind(kind), number, cents) for kind, number, cents in row.afters)
    return OperationState(str(row.intent), intent, row.results, afters, award, refund)


def _ask_chips(
    territory: str, rows: dict[str, Operation], states: dict[str, OperationState]
) -> dict[str, OperationState]:
    """Add what the records that any tap has read say of each operation, decided or not; and later taps of open ones."""
    intents = [state.intent for state in states.values() if state.intent is not None]
    if not intents:
        return states
    seen: dict[str, list[SeenRecord]] = {intent.card_number: [] for intent in intents}
    ours = Q(transfer__in=[UUID(intent.transfer_id) for intent in intents]) | Q(
        operation_number__in={intent.operation_before + 1 for intent in intents}
    )
    for row in SeenRow.objects.filter(ours, territory=territory, card_number__in=list(seen)):
        seen[row.card_number].append(SeenRecord(str(row.transfer), row.operation_number))
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


def _store(
    rows: dict[str, Operation], states: dict[str, OperationState], origin: dict[str, Fact], retimed: set[str]
) -> None:
    changed = []
    for intent_id, row in rows.items():
        state = states[intent_id]
        fact = origin.get(intent_id)
        if fact is None and state == _state(row) and intent_id not in retimed:
            continue
        if fact is not None and (state.intent is not None or not row.device):
            row.device, row.occurred_at = fact.device, fact.occurred_at
        if state.intent is not None:
            intent = state.intent
            row.kind, row.card_number, row.amount_cents = str(intent.kind), intent.card_number, intent.amount_cents
            row.balance_before, row.operation_before = intent.balance_before, intent.operation_before
            row.counter_before, row.site, row.payee_site = intent.counter_before, intent.site, intent.payee_site
            row.points = intent.points
        if state.award is not None:
            row.award_fact, row.award_card = UUID(state.award.fact_id), state.award.card_number
            row.award_points, row.award_site = state.award.points, state.award.site
        if state.refund is not None:
            row.refund_fact, row.refund_card = UUID(state.refund.fact_id), state.refund.card_number
            row.refund_cents, row.refund_site = state.refund.amount_cents, state.refund.site
        row.results, row.open = state.told, state.open
        row.afters = [[str(after.kind), after.operation_number, after.balance_cents] for after in state.afters]
        changed.append(row)
    Operation.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["territory", "intent"], update_fields=list(_STATE_COLUMNS)
    )


def _raise_contradictions(territory: str, rows: dict[str, Operation], states: dict[str, OperationState]) -> None:
    alarms = [
        Alarm(
            territory=territory,
            code="contradiction",
            device=rows[intent_id].device,
            subject=intent_id,
            detail="Remboursement demandé d’un débit qui n’a pas eu lieu, ou par un site qui n’a pas été payé."
            if state.refunded_wrongly
            else "Ce qui est dit de cette opération se contredit : faite et non faite, ou d’une autre sorte.",
        )
        for intent_id, state in states.items()
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


def _after(rows: dict[str, Operation], states: dict[str, OperationState]) -> list[Sighting]:
    """What done operations say of their cards."""
    return [
        Sighting(
            state.intent.card_number,
            after.operation_number,
            after.balance_cents,
            None,
            rows[intent_id].device,
            rows[intent_id].occurred_at,
        )
        for intent_id, state in states.items()
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
