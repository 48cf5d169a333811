"""Purse rules: what may be loaded or debited on the card that was just read, and what exactly is written.

Pure: the card session reads, these rules decide, the session commits. Limits are the signed configuration's
(design note "The card", Limits). Points: the programme gives `points_per_site_day` once per site and local day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum, unique

from domain.cards import (
    POINTS_LIMIT,
    VISIT_SITES_MAX,
    CardKind,
    CardReading,
    CardRights,
    CardWrite,
    CarriedTicket,
    CreditState,
    PurseRecord,
    PurseState,
    RecordKind,
)
from domain.config import Limits
from domain.days import day_number, month_number

# A kiosk whose clock was not confirmed since boot moves a card's visit day by at most this many days.
UNCONFIRMED_DAYS_MAX = 2
HOUR_MS = 3_600_000
WARN_AFTER_MS = 24 * HOUR_MS
HALVE_AFTER_MS = 72 * HOUR_MS
STOP_AFTER_MS = 7 * 24 * HOUR_MS
SOFT_OFFLINE_COUNT = 5  # design note "The card", Limits: from here on the server is tried first
TRY_ONE_IN = 20  # and one debit in twenty, so that a lost card is noticed although each kiosk stays below its limits


@unique
class Refusal(StrEnum):
    """Why a purse operation is refused before the card is written. Nothing was taken."""

    BLOCKED = "blocked"
    EXPIRED = "expired"
    WRONG_KIND = "wrong_kind"  # a desk's card opens a desk and holds no money
    NOT_ENOUGH = "not_enough"
    OVER_OFFLINE_LIMIT = "over_offline_limit"
    OVER_PURSE_LIMIT = "over_purse_limit"
    OVER_MONTHLY_LOADS = "over_monthly_loads"
    OVER_ALLOWANCE = "over_allowance"
    OFFLINE_TOO_LONG = "offline_too_long"


@dataclass(frozen=True, slots=True)
class Refused:
    """`value_cents`: missing amount, the limit, or the room that is left, as the reason says."""

    reason: Refusal
    value_cents: int = 0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the kiosk knows at the moment of the tap.

    `since_contact_ms` is how long ago the server was last reached (None: never); `online` whether it is now.
    `unsent_cents`/`unsent_count` are the kiosk's debits not yet acknowledged.
    """

    today: date
    clock_confirmed: bool
    online: bool
    since_contact_ms: int | None
    device: int
    site: int
    blocked: frozenset[str]
    limits: Limits
    points_per_site_day: int
    unsent_cents: int = 0
    unsent_count: int = 0
    allowance_left_cents: int | None = None


def check_card(reading: CardReading, now: Circumstances) -> Refused | None:
    """Whether this card may be used at all."""
    if reading.identity.card_number in now.blocked:
        return Refused(Refusal.BLOCKED)
    if reading.identity.expires_day < day_number(now.today):
        return Refused(Refusal.EXPIRED)
    return None


def check_purse(reading: CardReading, now: Circumstances) -> Refused | None:
    """Whether anything of value may be done with this card: a staff card may be shown, and no more."""
    refused = check_card(reading, now)
    if refused is None and reading.identity.kind is CardKind.STAFF:
        return Refused(Refusal.WRONG_KIND)
    return refused


def offline_too_long(now: Circumstances) -> bool:
    """Whether what this kiosk knows of lost cards is too old. Never having met the server is the strictest case."""
    return now.since_contact_ms is None or now.since_contact_ms >= STOP_AFTER_MS


def wants_server(reading: CardReading, now: Circumstances, dice: int) -> bool:
    """Whether a debit should try the line first: after five offline debits, and one in twenty besides.

    `dice` is any number of chance. The try costs the visitor's patience, so the others go without.
    """
    if now.online:
        return False
    return reading.state.offline_count >= SOFT_OFFLINE_COUNT or dice % TRY_ONE_IN == 0


def check_debit(reading: CardReading, amount_cents: int, now: Circumstances) -> Refused | None:
    """Whether `amount_cents` may be debited now."""
    if amount_cents <= 0:
        raise ValueError("a debit takes a positive amount")
    refused = check_purse(reading, now)
    if refused:
        return refused
    if reading.balance_cents < amount_cents:
        return Refused(Refusal.NOT_ENOUGH, amount_cents - reading.balance_cents)
    if now.online:
        return None
    since = now.since_contact_ms
    if since is None or offline_too_long(now):
        return Refused(Refusal.OFFLINE_TOO_LONG)
    share = 2 if since >= HALVE_AFTER_MS else 1
    limits = now.limits
    if amount_cents > limits.offline_debit_limit_cents // share:
        return Refused(Refusal.OVER_OFFLINE_LIMIT, limits.offline_debit_limit_cents // share)
    room = limits.offline_sum_limit_cents // share - reading.state.offline_sum_cents
    if amount_cents > room or reading.state.offline_count >= limits.offline_count_limit // share:
        return Refused(Refusal.OVER_OFFLINE_LIMIT, max(0, room))
    if (
        now.unsent_cents + amount_cents > limits.kiosk_exposure_limit_cents // share
        or now.unsent_count >= limits.kiosk_exposure_limit_count // share
    ):
        return Refused(Refusal.OVER_OFFLINE_LIMIT, 0)
    return None


def check_load(reading: CardReading, amount_cents: int, now: Circumstances) -> Refused | None:
    """Whether `amount_cents` may be loaded now by this desk."""
    if amount_cents <= 0:
        raise ValueError("a load takes a positive amount")
    refused = check_purse(reading, now)
    if refused:
        return refused
    room = now.limits.purse_limit_cents - reading.balance_cents
    if amount_cents > room:
        return Refused(Refusal.OVER_PURSE_LIMIT, max(0, room))
    month_room = now.limits.monthly_load_limit_cents - loads_this_month(reading.credits, now.today)
    if amount_cents > month_room:
        return Refused(Refusal.OVER_MONTHLY_LOADS, max(0, month_room))
    if now.allowance_left_cents is None or amount_cents > now.allowance_left_cents:
        return Refused(Refusal.OVER_ALLOWANCE, now.allowance_left_cents or 0)
    return None


def loads_this_month(credits: CreditState | None, today: date) -> int:
    """Cents loaded in the calendar month of `today`; an older month on the card counts nothing."""
    if credits is None or credits.month != month_number(today):
        return 0
    return credits.month_loads_cents


def points_for_visit(state: PurseState, now: Circumstances) -> tuple[int, PurseState]:
    """Points this tap earns, and the state with the visit noted.

    The list empties when the day grows and the day never goes back; the tenth site of a day earns nothing. A day that
    had to be held back (clock not confirmed) keeps the list, and stays where it is when the site is on it: else every
    tap of one day would earn again.
    """
    today = day_number(now.today)
    held_back = not now.clock_confirmed and bool(state.visit_day) and today > state.visit_day + UNCONFIRMED_DAYS_MAX
    if held_back:
        today = state.visit_day + UNCONFIRMED_DAYS_MAX
    if today < state.visit_day:
        return 0, state
    if held_back and now.site in state.visited_sites:
        return 0, state
    visited = state.visited_sites if today == state.visit_day or held_back else ()
    if now.site in visited or len(visited) >= VISIT_SITES_MAX or now.points_per_site_day == 0:
        return 0, replace(state, visit_day=today, visited_sites=visited)
    return now.points_per_site_day, replace(state, visit_day=today, visited_sites=(*visited, now.site))


def advance_state(state: PurseState, now: Circumstances, *, offline_cents: int) -> PurseState:
    """The state after one commit: operation number + 1; offline sums grow offline and clear online."""
    if now.online:
        return replace(
            state,
            operation_number=state.operation_number + 1,
            offline_sum_cents=0,
            offline_count=0,
            last_online_day=max(state.last_online_day, day_number(now.today)),
        )
    return replace(
        state,
        operation_number=state.operation_number + 1,
        offline_sum_cents=state.offline_sum_cents + offline_cents,
        offline_count=state.offline_count + (1 if offline_cents else 0),
    )


def build_record(
    reading: CardReading, kind: RecordKind, amount: int, transfer_id: str, now: Circumstances
) -> PurseRecord:
    return PurseRecord(
        transfer_id=transfer_id,
        kind=kind,
        amount_cents=amount,
        device=now.device,
        day=day_number(now.today),
        operation_number=reading.state.operation_number + 1,
    )


def plan_debit(
    reading: CardReading,
    amount_cents: int,
    transfer_id: str,
    now: Circumstances,
    ticket: CarriedTicket | None = None,
) -> tuple[CardWrite, int] | Refused:
    """What to write for a debit, and the points it earns; or why not. The ticket travels on the card where it fits."""
    refused = check_debit(reading, amount_cents, now)
    if refused:
        return refused
    points, visited = points_for_visit(reading.state, now)
    points = min(points, POINTS_LIMIT - reading.points)
    write = CardWrite(
        record=build_record(reading, RecordKind.DEBIT, amount_cents, transfer_id, now),
        state=advance_state(visited, now, offline_cents=amount_cents),
        euros_delta_cents=-amount_cents,
        points_delta=points,
        rights=None if ticket is None else add_ticket(reading.rights, ticket, day_number(now.today)),
    )
    return write, points


def add_ticket(rights: CardRights | None, ticket: CarriedTicket, today: int) -> CardRights | None:
    """Rights with the ticket added in front: past tickets leave first, the card has room for three."""
    if rights is None:
        return None
    kept = tuple(carried for carried in rights.tickets if carried.day >= today)
    return replace(rights, tickets=(ticket, *kept)[:3])


def plan_load(
    reading: CardReading, amount_cents: int, transfer_id: str, now: Circumstances
) -> tuple[CardWrite, int] | Refused:
    """What to write for a load under key 2, and the points it earns (none: money earns nothing)."""
    refused = check_load(reading, amount_cents, now)
    if refused:
        return refused
    before = reading.credits or CreditState(0, 0, 0, 0)
    credits = replace(
        before,
        month=month_number(now.today),
        month_loads_cents=loads_this_month(reading.credits, now.today) + amount_cents,
    )
    write = CardWrite(
        record=build_record(reading, RecordKind.LOAD, amount_cents, transfer_id, now),
        state=advance_state(reading.state, now, offline_cents=0),
        euros_delta_cents=amount_cents,
        credits=credits,
    )
    return write, 0


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An INTENT whose OUTCOME is not known: what it would have done, and the card before it (p0, b0, t0)."""

    transfer_id: str
    card_number: str
    amount_cents: int
    balance_before: int
    operation_before: int
    counter_before: int | None


@unique
class Verdict(StrEnum):
    """What a later reading of the card says about an open intent (design note, resolution table)."""

    DONE = "done"
    NOT_DONE = "not_done"
    OVERWRITTEN = "overwritten"  # the record that would decide is gone: the server decides
    ALTERED = "altered"  # clone, altered or re-issued: block, alarm, suspense


def resolve_intent(intent: OpenIntent, reading: CardReading) -> Verdict:
    """Decide an open intent from the chip. `reading.records` must hold the whole record file."""
    operation = reading.state.operation_number
    if operation < intent.operation_before:
        return Verdict.ALTERED
    counter = reading.transaction_counter
    # TMC moves with the operation number, one per commit of ours; anything else is not our card any more.
    if (
        intent.counter_before is not None
        and counter is not None
        and counter - intent.counter_before != operation - intent.operation_before
    ):
        return Verdict.ALTERED
    if operation == intent.operation_before:
        return Verdict.NOT_DONE if reading.balance_cents == intent.balance_before else Verdict.ALTERED
    if any(record.transfer_id == intent.transfer_id for record in reading.records):
        return Verdict.DONE
    if any(record.operation_number == intent.operation_before + 1 for record in reading.records):
        return Verdict.NOT_DONE
    return Verdict.OVERWRITTEN
