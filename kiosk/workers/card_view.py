"""A card's reading as the screen shows it. Pure."""

from __future__ import annotations

from collections.abc import Callable

from domain.cards import CardReading, CarriedTicket, PassRight, PurseRecord, RecordKind
from domain.days import day_from_number, day_number, local_day
from domain.facts import FactKind
from domain.purse import check_purse
from domain.rights import USES_UNLIMITED, PassRule, RightsRefused, check_pass, check_ticket
from kiosk.flow.effects import ArmLook
from kiosk.flow.events import CardLooked, CardTapped
from kiosk.flow.messages import M, Message, message, text
from kiosk.flow.states import CardPass, CardTicket, Operation, RefundLine, RightLine
from kiosk.store.journal import Draft
from kiosk.workers import purse_facts as facts
from kiosk.workers.planning_rights import refundable
from kiosk.workers.purse_ports import Surroundings

Names = Callable[[str, str], str]

_LABELS = {
    RecordKind.LOAD: M.OP_LOAD,
    RecordKind.DEBIT: M.OP_DEBIT,
    RecordKind.REFUND: M.OP_REFUND,
    RecordKind.AWARD: M.OP_AWARD,
    RecordKind.REDEEM: M.OP_REDEEM,
    RecordKind.SERVER_CREDIT: M.OP_SERVER_CREDIT,
}
_MONEY_IN = frozenset({RecordKind.LOAD, RecordKind.REFUND, RecordKind.SERVER_CREDIT})


def tapped(reading: CardReading, now: Surroundings, names: Names, earned: int = 0) -> CardTapped:
    """`names(kind, reference)` gives the name of a ticket carried, '' when this kiosk does not know it."""
    today = day_number(now.circumstances.today)
    rights = reading.rights
    return CardTapped(
        card_number=reading.identity.card_number,
        kind=reading.identity.kind.name.lower(),
        balance_cents=reading.balance_cents,
        points=reading.points,
        expires_day=_iso(reading.identity.expires_day),
        operations=tuple(_operation(record) for record in reading.records),
        tickets=tuple(
            _ticket(carried, names) for carried in (rights.tickets if rights else ()) if carried.day >= today
        ),
        passes=tuple(_pass(held, now, today) for held in (rights.passes if rights else ())),
        points_awarded=earned,
    )


def looked(reading: CardReading, now: Surroundings, task: ArmLook, names: Names) -> CardLooked:
    """What the desk asked to see. `reading` holds records and rights."""
    refund = task.purpose == "refund"
    return CardLooked(
        task=task.task,
        purpose=task.purpose,
        card_number=reading.identity.card_number,
        balance_cents=reading.balance_cents,
        debits=_refundable(reading, now) if refund else (),
        rights=() if refund else _rights(reading, now, names),
    )


def no_entry(seen: CardLooked, site: int, operator: str) -> tuple[Draft, ...]:
    """A door that stays shut is a fact, one per right that the card carries; a card with none has one too."""

    def draft(reason: str, programme: int | None = None, ticket: str | None = None) -> Draft:
        body = facts.entry_refused(seen.card_number, site, reason, 0, operator, programme, ticket)
        return Draft(FactKind.ENTRY_REFUSED, body)

    shut = [
        draft(str(line.refused.id).removeprefix("right_"), line.programme, line.ticket)
        for line in seen.rights
        if line.refused is not None
    ]
    return tuple(shut) or (draft("no_right"),)


def _refundable(reading: CardReading, now: Surroundings) -> tuple[RefundLine, ...]:
    """Debits that the card itself still tells of and that this kiosk took for its own site, newest first."""
    card, site = reading.identity.card_number, now.circumstances.site
    found = []
    for record in reading.records:
        debit = now.debit_of(record.transfer_id) if record.kind is RecordKind.DEBIT else None
        if debit is None or not refundable(debit, card, site):
            continue
        name = text(debit.name) if debit.name else message(M.OP_CHARGE)
        when = message(M.ON_DAY, on_day=local_day(debit.occurred_at).isoformat())
        found.append(RefundLine(debit.transfer, name, when, debit.amount_cents, debit.points))
    return tuple(found)


def _rights(reading: CardReading, now: Surroundings, names: Names) -> tuple[RightLine, ...]:
    """Every pass and ticket on the card, those that open this door first."""
    rights = reading.rights
    if rights is None:
        return ()
    today = day_number(now.circumstances.today)
    lines = [_pass_line(held, reading, now) for held in rights.passes]
    lines += [_ticket_line(carried, reading, now, names) for carried in rights.tickets if carried.day + 1 >= today]
    return tuple(sorted(lines, key=lambda line: line.refused is not None))


def _pass_line(held: PassRight, reading: CardReading, now: Surroundings) -> RightLine:
    line = next((one for one in now.passes.values() if one.programme == held.programme), None)
    refused: Message | None = None
    if line is None:
        refused = message(M.RIGHT_NO_RIGHT)
    else:
        found = check_pass(reading, PassRule(line.programme, line.sites, line.once_a_day), now.circumstances)
        refused = _why(found) if isinstance(found, RightsRefused) else None
    return RightLine(
        name=_pass_name(held, now),
        detail=_uses(held) if refused is None else message(M.PASS_UNTIL, on_day=_iso(held.valid_until_day)),
        people=1,
        refused=refused or _purse_refused(reading, now),
        programme=held.programme,
    )


def _ticket_line(carried: CarriedTicket, reading: CardReading, now: Surroundings, names: Names) -> RightLine:
    reference = f"{carried.ticket_ref:08x}"
    found = check_ticket(reading, carried.ticket_ref, now.circumstances)
    refused = _why(found) if isinstance(found, RightsRefused) else None
    site = now.ticket_site(reference)
    if refused is None and site is not None and site != now.circumstances.site:
        refused = message(M.RIGHT_OTHER_SITE)
    return RightLine(
        name=names("ticket", reference),
        detail=message(M.ON_DAY, on_day=_iso(carried.day)),
        people=carried.people,
        refused=refused or _purse_refused(reading, now),
        ticket=reference,
    )


def _purse_refused(reading: CardReading, now: Surroundings) -> Message | None:
    return message(M.RIGHT_CARD) if check_purse(reading, now.circumstances) else None


def _why(refused: RightsRefused) -> Message:
    """The plain reason, before anything counts."""
    match refused.reason.value:
        case "not_yet":
            return message(M.RIGHT_NOT_YET, on_day=_iso(refused.value))
        case "over":
            return message(M.RIGHT_OVER, on_day=_iso(refused.value))
        case "used_up":
            return message(M.RIGHT_USED_UP)
        case "already_today":
            return message(M.RIGHT_ALREADY_TODAY)
        case "other_site":
            return message(M.RIGHT_OTHER_SITE)
        case "card":
            return message(M.RIGHT_CARD)
    return message(M.RIGHT_NO_RIGHT)


def _pass(held: PassRight, now: Surroundings, today: int) -> CardPass:
    good = held.valid_from_day <= today <= held.valid_until_day and held.uses_left > 0
    until = message(M.PASS_UNTIL, on_day=_iso(held.valid_until_day))
    return CardPass(held.programme, _pass_name(held, now), until, _uses(held), good)


def _pass_name(held: PassRight, now: Surroundings) -> str:
    line = next((one for one in now.passes.values() if one.programme == held.programme), None)
    return line.texts["fr"] if line is not None else f"Pass {held.programme}"


def _uses(held: PassRight) -> Message:
    if held.uses_left == USES_UNLIMITED:
        return message(M.PASS_UNLIMITED)
    return message(M.PASS_USES_LEFT, left=held.uses_left)


def _ticket(carried: CarriedTicket, names: Names) -> CardTicket:
    name = names("ticket", f"{carried.ticket_ref:08x}")
    return CardTicket(name, message(M.ON_DAY, on_day=_iso(carried.day)), carried.people)


def _iso(day: int) -> str:
    return day_from_number(day).isoformat()


def _operation(record: PurseRecord) -> Operation:
    day = message(M.ON_DAY, on_day=_iso(record.day))
    if record.kind in (RecordKind.AWARD, RecordKind.REDEEM):
        if record.amount_cents == 0:  # a right was put on the card, or used
            return Operation(message(M.OP_RIGHT if record.kind is RecordKind.AWARD else M.OP_ENTRY), 0, 0, day)
        sign = 1 if record.kind is RecordKind.AWARD else -1
        return Operation(message(_LABELS[record.kind]), 0, sign * record.amount_cents, day)
    sign = 1 if record.kind in _MONEY_IN else -1
    return Operation(message(_LABELS[record.kind]), sign * record.amount_cents, 0, day)
