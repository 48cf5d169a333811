"""Taps that saw a card unmoved, in the server's time: with a margin between the clocks they decide what was in doubt.

A device tells its own time and, once it has met the server since its start, the difference of the two clocks. Facts
from before that meeting take it over afterwards, as far as wall clock and monotonic clock of the run agree; a tap whose
time stays unknown decides nothing by its time, and an intent whose time is unknown began at the latest when it came.
Call inside the ingest transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from domain.doubts import Sighting, decide_from_sighting
from domain.facts import Fact, FactKind
from domain.ledger import Intent
from domain.purse import OpenIntent, Verdict
from server.ledger.bodies import BadBody
from server.ledger.bulk import among, listed, select
from server.ledger.models import BootClock, SeenState, SeenTotal
from server.ledger.models import Fact as FactRow
from server.ledger.rows import insert_rows
from server.ledger.work import Work, check_body, gather
from server.territory.models import Territory

# A wall clock that ran ahead of the monotonic one by more was set, or the device slept: the run's times are not sure.
STEP_MAX_MS = 60_000
EARLIER_MAX = 5_000  # facts of one run before its first contact that are looked at again: weeks of a busy kiosk
_NO_COUNTER = -1
_STATE_COLUMNS = {
    "card_number": "text", "operation_number": "bigint", "balance_cents": "bigint", "counter": "bigint",
    "seen_at": "bigint",
}  # fmt: skip
_TOTAL_COLUMNS = {"card_number": "text", "card_epoch": "bigint", "server_epoch": "bigint", "total_cents": "bigint"}
_TOTALS = SeenTotal._meta.db_table
_STATES = (
    "SELECT card_number, operation_number, balance_cents, counter, seen_at "
    "FROM {table} WHERE territory = %s AND {cards} AND {numbers}"
)
_STATE_KEY = "territory, card_number, operation_number, balance_cents, counter"


@dataclass(frozen=True, slots=True)
class SeenAt:
    """A card as one tap saw it; `seen_at` in the server's time."""

    card_number: str
    operation_number: int
    balance_cents: int
    counter: int | None
    seen_at: int


@dataclass(frozen=True, slots=True)
class Timing:
    """What a batch says of time: cards seen unmoved until when, and when intents began (by their ids)."""

    states: tuple[SeenAt, ...]
    began: Mapping[str, int]
    cards: frozenset[str]


def timing_of(territory: str, work: Work, now_ms: int) -> Timing:
    """The times of these facts, and of earlier ones of the same run whose time has become known with them."""
    clocks = _clocks(territory, work.facts)
    fresh = _new_clocks(territory, work.facts, clocks)
    clocks |= {(clock.device, clock.boot): clock for clock in fresh}
    states: list[SeenAt] = []
    began: dict[str, int] = {}
    cards: set[str] = set()
    told = gather(_earlier(territory, fresh, work.facts))
    for part in (work, told):
        for seen, counter, fact in part.counters:
            at = _server_time(fact, clocks.get((fact.device, fact.boot)))
            if at is not None:  # nobody has seen a card in the future
                place = (seen.card_number, seen.operation_number, seen.balance_cents, counter)
                states.append(SeenAt(*place, min(at, now_ms)))
        for intent, fact in part.intents:
            at = _server_time(fact, clocks.get((fact.device, fact.boot)))
            began[intent.transfer_id] = now_ms if at is None else min(at, now_ms)
            cards.add(intent.card_number)
    return Timing(tuple(states), began, frozenset(cards | {state.card_number for state in states}))


def _clocks(territory: str, facts: Sequence[Fact]) -> dict[tuple[str, str], BootClock]:
    runs = {(fact.device, fact.boot) for fact in facts}
    rows = BootClock.objects.filter(
        territory=territory, device__in={device for device, _ in runs}, boot__in={boot for _, boot in runs}
    )
    return {(row.device, row.boot): row for row in rows}


def _new_clocks(territory: str, facts: Sequence[Fact], known: Mapping[tuple[str, str], BootClock]) -> list[BootClock]:
    found: dict[tuple[str, str], BootClock] = {}
    for fact in facts:
        run = (fact.device, fact.boot)
        if fact.clock_offset_ms is None or run in known or run in found:
            continue
        start = fact.occurred_at + fact.clock_offset_ms - fact.monotonic_ms
        found[run] = BootClock(
            territory=territory, device=run[0], boot=run[1], start_ms=start, offset_ms=fact.clock_offset_ms
        )
    BootClock.objects.bulk_create(found.values(), ignore_conflicts=True)
    return list(found.values())


def _earlier(territory: str, fresh: Sequence[BootClock], facts: Sequence[Fact]) -> list[Fact]:
    """Facts stored before whose run has only now got its clock: those that had none of their own."""
    here = {fact.id for fact in facts}
    found = []
    for clock in fresh:
        reference = next(fact for fact in facts if (fact.device, fact.boot) == (clock.device, clock.boot))
        rows = FactRow.objects.filter(
            Q(kind=FactKind.CARD_SEEN) | Q(kind__startswith="purse.", kind__endswith=".intent"),
            territory=territory,
            device=clock.device,
            incarnation=reference.incarnation,
            boot=clock.boot,
            clock_offset_ms=None,
        ).order_by("-sequence")[:EARLIER_MAX]
        for row in rows:
            fact = _fact(row)
            if fact.id not in here and _readable(fact):
                found.append(fact)
    return found


def _readable(fact: Fact) -> bool:
    """Whether the ledger can read it: one that it cannot waits in quarantine."""
    try:
        check_body(fact.kind, fact.id, fact.body)
    except BadBody:
        return False
    return True


def _fact(row: FactRow) -> Fact:
    return Fact(
        id=str(row.id),
        device=row.device,
        incarnation=row.incarnation,
        sequence=row.sequence,
        kind=row.kind,
        version=row.version,
        occurred_at=row.occurred_at,
        monotonic_ms=row.monotonic_ms,
        boot=row.boot,
        clock_offset_ms=row.clock_offset_ms,
        clock_offset_age_ms=row.clock_offset_age_ms,
        body=json.loads(row.body),
        previous=bytes(row.previous),
        content_hash=bytes(row.content_hash),
        hash=bytes(row.hash),
    )


def _server_time(fact: Fact, clock: BootClock | None) -> int | None:
    if fact.clock_offset_ms is not None:
        return fact.occurred_at + fact.clock_offset_ms
    if clock is None:
        return None
    stepped = (clock.start_ms - clock.offset_ms) - (fact.occurred_at - fact.monotonic_ms)
    return None if stepped > STEP_MAX_MS else clock.start_ms + fact.monotonic_ms


def server_times(territory: str, facts: Sequence[UUID]) -> dict[UUID, int | None]:
    """When these facts happened, in the server's time; None where nobody can tell."""
    if not facts:
        return {}
    rows = [_fact(row) for row in FactRow.objects.filter(territory=territory, id__in=facts)]
    clocks = _clocks(territory, rows)
    return {UUID(fact.id): _server_time(fact, clocks.get((fact.device, fact.boot))) for fact in rows}


def remember_states(territory: str, states: Sequence[SeenAt]) -> None:
    """Keep the latest moment of each state of a card; older news change nothing."""
    newest: dict[tuple[str, int, int, int], int] = {}
    for state in states:
        counter = _NO_COUNTER if state.counter is None else state.counter
        key = (state.card_number, state.operation_number, state.balance_cents, counter)
        newest[key] = max(state.seen_at, newest.get(key, state.seen_at))
    if not newest:
        return
    rows = [(*key, seen_at) for key, seen_at in sorted(newest.items())]
    later = f"DO UPDATE SET seen_at = excluded.seen_at WHERE excluded.seen_at > {SeenState._meta.db_table}.seen_at"
    insert_rows(SeenState, territory, _STATE_COLUMNS, rows, f"({_STATE_KEY}) {later}")


def remember_totals(territory: str, totals: Sequence[tuple[str, int, int]]) -> None:
    """Keep what file 06 of cards showed: (card number, the card's credit epoch, total in cents). The greatest stays."""
    if not totals:
        return
    epoch = Territory.objects.values_list("server_epoch", flat=True).get(slug=territory)
    greatest: dict[tuple[str, int], int] = {}
    for card, card_epoch, total in totals:
        greatest[card, card_epoch] = max(total, greatest.get((card, card_epoch), 0))
    rows = [(*key, epoch, total) for key, total in sorted(greatest.items())]
    greater = f"DO UPDATE SET total_cents = excluded.total_cents WHERE excluded.total_cents > {_TOTALS}.total_cents"
    key = "territory, card_number, card_epoch, server_epoch"
    insert_rows(SeenTotal, territory, _TOTAL_COLUMNS, rows, f"({key}) {greater}")


def unmoved_since(territory: str, intents: Sequence[tuple[Intent, int]]) -> frozenset[str]:
    """Ids of intents, each with the server's time at which it began, whose card a later tap saw as it was before."""
    if not intents:
        return frozenset()
    of_card, at_number = among("card_number", "text"), among("operation_number", "bigint")
    query = _STATES.format(table=SeenState._meta.db_table, cards=of_card, numbers=at_number)
    cards = {intent.card_number for intent, _ in intents}
    numbers = {intent.operation_before for intent, _ in intents}
    seen: dict[tuple[str, int], list[Sighting]] = {}
    for card, number, cents, counter, seen_at in select(query, [territory, listed(cards), listed(numbers)]):
        known = Sighting(number, None if counter == _NO_COUNTER else counter, cents, (), seen_at)
        seen.setdefault((card, number), []).append(known)
    return frozenset(
        intent.transfer_id
        for intent, began_at in intents
        for known in seen.get((intent.card_number, intent.operation_before), ())
        if decide_from_sighting(_open(intent), began_at, known) is Verdict.NOT_DONE
    )


def _open(intent: Intent) -> OpenIntent:
    return OpenIntent(
        transfer_id=intent.transfer_id,
        card_number=intent.card_number,
        amount_cents=intent.amount_cents,
        balance_before=intent.balance_before,
        operation_before=intent.operation_before,
        counter_before=intent.counter_before,
    )
