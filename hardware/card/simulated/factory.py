"""Simulated cards that are ready for use, made by the real personalisation: for the demo and for tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from domain.cards import CardIdentity, CardKind, CardReading, CardWrite, CreditState, PurseRecord, RecordKind
from domain.ports import Chance, format_id
from hardware.card.keys import IssuerVault
from hardware.card.personalise import PersonalisationOrder, Personalised, personalise
from hardware.card.port import CardRead, Committed
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import SimulatedReader


class FactoryError(Exception):
    """A card could not be made; the text says what the client answered."""


def make_identity(
    card_number: str, kind: CardKind = CardKind.VISITOR, *, issued_day: int = 9_800, valid_days: int = 1_096
) -> CardIdentity:
    """An identity of programme 1; days are card day numbers (9 800 is 31 October 2026)."""
    return CardIdentity(card_number, kind, 1, 1, issued_day, issued_day + valid_days)


def make_personalised_card(
    vault: IssuerVault,
    chance: Chance,
    identity: CardIdentity,
    *,
    generation: int = 3,
    uid: bytes | None = None,
    random_uid: bool = False,
    path: Path | None = None,
    balance_cents: int = 0,
    month: int = 0,
) -> SimulatedCard:
    """A card personalised through the real client, loaded with `balance_cents` (needs the load key in `vault`).

    `month` is the `domain.days.month_number` that the load counts in. Raises FactoryError.
    """
    card = SimulatedCard.blank(chance, uid=uid, generation=generation, path=path)
    reader = SimulatedReader("factory")
    reader.present(card)
    channel = reader.connect()
    result = personalise(channel, vault, PersonalisationOrder(identity, random_uid))
    if not isinstance(result, Personalised):
        raise FactoryError(f"personalisation answered {result}")
    channel.close()
    if balance_cents:
        channel = reader.connect()
        session = open_card(channel, vault)
        if not isinstance(session, CardSession):
            raise FactoryError(f"opening answered {session}")
        read = session.read(records=0)
        if not isinstance(read, CardRead):
            raise FactoryError(f"reading answered {read}")
        done = session.commit(make_load(read.reading, balance_cents, format_id(chance.token(16)), month))
        if not isinstance(done, Committed):
            raise FactoryError(f"loading answered {done}")
        channel.close()
    card.power_up()
    return card


def make_load(reading: CardReading, amount_cents: int, transfer_id: str, month: int, device: int = 0) -> CardWrite:
    """A load without any limit checked: the issuing station's starting amount. Rules are in `domain.purse`."""
    operation = reading.state.operation_number + 1
    before = reading.credits or CreditState(0, 0, 0, 0)
    loads = before.month_loads_cents if before.month == month else 0
    day = reading.identity.issued_day
    state = replace(reading.state, operation_number=operation)
    return CardWrite(
        record=PurseRecord(transfer_id, RecordKind.LOAD, amount_cents, device, day, operation),
        state=state,
        euros_delta_cents=amount_cents,
        credits=CreditState(before.total_credited_cents, before.credit_epoch, month, loads + amount_cents),
    )
