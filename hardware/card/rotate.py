"""Key rotation: bring a card's application keys to the newest versions of the vault. Resumable at every frame.

Each ChangeKey is atomic on the chip, and vaults keep the older masters, so a card torn in between stays usable.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.card.desfire.commands import Command, Ins
from hardware.card.desfire.status import CardRefused, MessagingError
from hardware.card.keys import LOCKED_VERSION, NAME_OF_NUMBER, CardHandle, IssuerVault, KeyMissing
from hardware.card.layout import APPLICATION, APPLICATION_KEYS
from hardware.card.link import DesfireLink
from hardware.card.opening import (
    IDENTIFICATION_KEY,
    Foreign,
    OpenFailure,
    chip_of,
    failure_of,
    find_uid,
    read_version,
)
from hardware.card.port import CardChannel, CardLost, ReaderUnavailable


@dataclass(frozen=True, slots=True)
class Rotated:
    """Numbers of the keys that were changed; none when all were current."""

    changed: tuple[int, ...]


def rotate_keys(channel: CardChannel, vault: IssuerVault) -> Rotated | OpenFailure:
    """Needs the master key; key 0 goes last, as changing it ends the session. Key 3 stays. Card thread."""
    link = DesfireLink(channel)
    try:
        serial = link.read_uid()
        link.select(APPLICATION)  # ends whatever session read the card before: the version is asked in clear
        chip = chip_of(read_version(link, serial, b""))
        card = CardHandle(find_uid(link, vault, chip, serial), chip)
        session = vault.authenticate(link, 0, card)
        changed = []
        for number in (*range(1, APPLICATION_KEYS), 0):
            version = link.run(session, Command(Ins.GET_KEY_VERSION, bytes([number])))[0]
            if number == IDENTIFICATION_KEY or version == LOCKED_VERSION:
                continue  # the identification key is not diversified: every kiosk would have to change at once
            if version != vault.version(NAME_OF_NUMBER[number]):
                vault.install(link, session, number, card, version)
                changed.append(number)
    except (CardLost, ReaderUnavailable, CardRefused, MessagingError, KeyMissing, Foreign) as error:
        return failure_of(error)
    return Rotated(tuple(changed))
