"""A card's reading as the screen shows it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from domain.cards import CardReading, PurseRecord, RecordKind
from domain.days import day_from_number
from kiosk.flow.events import CardTapped
from kiosk.flow.messages import M, message
from kiosk.flow.states import CardTicket, Operation

_LABELS = {
    RecordKind.LOAD: M.OP_LOAD,
    RecordKind.DEBIT: M.OP_DEBIT,
    RecordKind.REFUND: M.OP_REFUND,
    RecordKind.AWARD: M.OP_AWARD,
    RecordKind.REDEEM: M.OP_REDEEM,
    RecordKind.SERVER_CREDIT: M.OP_SERVER_CREDIT,
}
_MONEY_IN = frozenset({RecordKind.LOAD, RecordKind.REFUND, RecordKind.SERVER_CREDIT})


def tapped(reading: CardReading, today: date, names: Callable[[str, str], str]) -> CardTapped:
    """`names(kind, reference)` gives the name of a ticket carried, '' when this kiosk does not know it."""
    tickets = reading.rights.tickets if reading.rights else ()
    return CardTapped(
        card_number=reading.identity.card_number,
        kind=reading.identity.kind.name.lower(),
        balance_cents=reading.balance_cents,
        points=reading.points,
        expires_day=day_from_number(reading.identity.expires_day).isoformat(),
        operations=tuple(_operation(record) for record in reading.records),
        tickets=tuple(
            CardTicket(
                names("ticket", f"{carried.ticket_ref:08x}"),
                message(M.ON_DAY, on_day=day_from_number(carried.day).isoformat()),
                carried.people,
            )
            for carried in tickets
            if day_from_number(carried.day) >= today
        ),
    )


def _operation(record: PurseRecord) -> Operation:
    day = message(M.ON_DAY, on_day=day_from_number(record.day).isoformat())
    label = message(_LABELS[record.kind])
    if record.kind in (RecordKind.AWARD, RecordKind.REDEEM):
        sign = 1 if record.kind is RecordKind.AWARD else -1
        return Operation(label, 0, sign * record.amount_cents, day)
    sign = 1 if record.kind in _MONEY_IN else -1
    return Operation(label, sign * record.amount_cents, 0, day)
