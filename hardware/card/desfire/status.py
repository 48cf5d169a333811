"""Status words as a closed type: a DESFire status (SW1 = 91), success of ISO 7816, or another named by number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique


@unique
class Status(IntEnum):
    """Second byte of `91 xx` (MF2DL(H)x0 data sheet, "Status and error codes")."""

    OK = 0x00
    NO_CHANGES = 0x0C
    OUT_OF_MEMORY = 0x0E
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY_ERROR = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH_ERROR = 0x7E
    PERMISSION_DENIED = 0x9D
    PARAMETER_ERROR = 0x9E
    APPLICATION_NOT_FOUND = 0xA0
    APPLICATION_INTEGRITY_ERROR = 0xA1
    AUTHENTICATION_DELAY = 0xAD
    AUTHENTICATION_ERROR = 0xAE
    ADDITIONAL_FRAME = 0xAF
    BOUNDARY_ERROR = 0xBE
    CARD_INTEGRITY_ERROR = 0xC1
    COMMAND_ABORTED = 0xCA
    CARD_DISABLED = 0xCD
    COUNT_ERROR = 0xCE
    DUPLICATE_ERROR = 0xDE
    EEPROM_ERROR = 0xEE
    FILE_NOT_FOUND = 0xF0
    FILE_INTEGRITY_ERROR = 0xF1


@dataclass(frozen=True, slots=True)
class OtherStatus:
    """A status word that is not one of DESFire's: another kind of card, or a reader that answers for it."""

    word: int


AnyStatus = Status | OtherStatus

ISO_OK = 0x9000


def parse_status(word: int) -> AnyStatus:
    """The closed type of a 16-bit status word."""
    if word >> 8 == 0x91:
        try:
            return Status(word & 0xFF)
        except ValueError:
            return OtherStatus(word)
    return OtherStatus(word)


def describe(status: AnyStatus) -> str:
    """Short English name for journals and technicians, e.g. `permission_denied` or `sw_6a82`."""
    if isinstance(status, Status):
        return status.name.lower()
    return f"sw_{status.word:04x}"


class CardRefused(Exception):
    """The card answered a command with an error status; the session and any open transaction are gone."""

    def __init__(self, instruction: int, status: AnyStatus) -> None:
        super().__init__(f"command {instruction:02X}: {describe(status)}")
        self.instruction = instruction
        self.status = status


class MessagingError(Exception):
    """A MAC, a CRC, a padding or a length from the card is wrong: the session is dead, nothing of it is believed."""
