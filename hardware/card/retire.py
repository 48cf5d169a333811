"""Blocking a card that lies on the reader: its expiry in file 00 becomes day 0, so that every kiosk refuses it.

The block list stops a card that is away; this stops one that was handed in, wherever it turns up later and however
old a kiosk's list is. The money stays on the chip for the replacement to be made from. Needs the master key.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.cards import CardReading
from hardware.card.desfire.commands import Mode, write_data
from hardware.card.desfire.status import CardRefused, MessagingError
from hardware.card.keys import CardHandle, KeyMissing, KeyVault
from hardware.card.layout import EXPIRES_OFFSET, EXPIRES_SIZE, FileNo
from hardware.card.link import DesfireLink
from hardware.card.opening import OpenFailure, failure_of
from hardware.card.port import CardChannel, CardLost, CardRead, ReaderUnavailable
from hardware.card.session import CardSession, open_card

RETIRED_DAY = 0  # 1 January 2000: past on every clock, and never the expiry of a card in use


@dataclass(frozen=True, slots=True)
class Retired:
    """What the card held when it was blocked. `already`: it had been blocked before, nothing was written."""

    reading: CardReading
    already: bool


@dataclass(frozen=True, slots=True)
class OtherCard:
    """The card has another number than the one to be blocked: it was left as it is."""

    card_number: str


def retire_card(channel: CardChannel, vault: KeyVault, only: str | None = None) -> Retired | OtherCard | OpenFailure:
    """Read the card, then end its validity; `only`: when it has that number. Card thread.

    Doing it again, after a tear too, is harmless.
    """
    session = open_card(channel, vault)
    if not isinstance(session, CardSession):
        return session
    result = session.read(records=0)
    if not isinstance(result, CardRead):
        return result
    reading = result.reading
    if only is not None and reading.identity.card_number != only:
        return OtherCard(reading.identity.card_number)
    if reading.identity.expires_day == RETIRED_DAY:
        return Retired(reading, already=True)
    link = DesfireLink(channel)
    try:
        master = vault.authenticate(link, 0, CardHandle(reading.card_uid, reading.chip))
        # Two bytes of a file without backup: a tear between them leaves an expiry, never a broken identity.
        ends = RETIRED_DAY.to_bytes(EXPIRES_SIZE, "big")
        link.run(master, write_data(FileNo.IDENTITY, EXPIRES_OFFSET, ends, Mode.MAC, ev1=master.ev1))
    except (CardLost, ReaderUnavailable, CardRefused, MessagingError, KeyMissing) as error:
        return failure_of(error)
    return Retired(reading, already=False)
