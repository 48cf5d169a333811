"""From a card in the field to an authenticated session, or to what it is instead."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from domain.cards import ChipGeneration
from hardware.card.desfire.apdu import SELECT_PAYMENT
from hardware.card.desfire.commands import Ins, Version, get_card_uid, parse_version
from hardware.card.desfire.status import ISO_OK, CardRefused, MessagingError, OtherStatus, Status, describe
from hardware.card.keys import CardHandle, KeyMissing, KeyVault
from hardware.card.layout import APPLICATION
from hardware.card.link import DesfireLink, Session
from hardware.card.port import CardLost, ForeignCard, Lost, NotOurs, ReaderOut, ReaderUnavailable, Refused

RANDOM_SERIAL_SIZE = 4  # ISO 14443-3: a random serial has one cascade level; every DESFire's own has seven bytes
KNOWN_MAX = 512  # cards whose generation is remembered: a busy day of one kiosk
_CLASSIC_ATR_NAME = bytes.fromhex("A0000003060300")  # PC/SC part 3 storage card; 01 or 02 follows for 1K and 4K
_GENERATION_OF_MAJOR = {
    0x01: ChipGeneration.EV1,
    0x12: ChipGeneration.EV2,
    0x22: ChipGeneration.EV2,
    0x33: ChipGeneration.EV3,
}
SITE_KEY, LOAD_KEY, IDENTIFICATION_KEY = 1, 2, 3

OpenFailure = NotOurs | Lost | Refused | ReaderOut


@dataclass(slots=True)
class KnownChips:
    """Generations by UID, so that a card met before is not asked again. Belongs to the card thread."""

    _by_uid: OrderedDict[bytes, ChipGeneration] = field(default_factory=OrderedDict, repr=False)

    def get(self, uid: bytes) -> ChipGeneration | None:
        return self._by_uid.get(uid)

    def remember(self, uid: bytes, chip: ChipGeneration) -> None:
        self._by_uid[uid] = chip
        self._by_uid.move_to_end(uid)
        while len(self._by_uid) > KNOWN_MAX:
            self._by_uid.popitem(last=False)

    def forget(self, uid: bytes) -> None:
        self._by_uid.pop(uid, None)


class Foreign(Exception):
    """Not one of our cards; never leaves this package."""

    def __init__(self, what: ForeignCard) -> None:
        super().__init__(what.value)
        self.what = what


def failure_of(error: Exception) -> OpenFailure:
    """The closed outcome of what interrupted a reading; re-raises what is nobody's fault but ours."""
    if isinstance(error, CardLost):
        return Lost()
    if isinstance(error, ReaderUnavailable):
        return ReaderOut(error.trouble)
    if isinstance(error, Foreign):
        return NotOurs(error.what)
    if isinstance(error, CardRefused):
        return Refused(f"command {error.instruction:02X}: {describe(error.status)}")
    if isinstance(error, MessagingError | KeyMissing):
        return Refused(str(error))
    raise error


def classify_foreign(link: DesfireLink, uid: bytes, atr: bytes) -> ForeignCard:
    """What a card is that does not speak DESFire. A phone shows a random serial: four bytes, the first 08."""
    if _CLASSIC_ATR_NAME in atr:
        return ForeignCard.CLASSIC
    if len(uid) == 4 and uid[0] == 0x08:
        return ForeignCard.PHONE
    _, word = link.raw(SELECT_PAYMENT)
    return ForeignCard.BANK_CARD if word == ISO_OK or word >> 8 == 0x61 else ForeignCard.UNKNOWN


def read_version(link: DesfireLink, uid: bytes, atr: bytes) -> Version:
    """GetVersion; raises Foreign for a card that is no DESFire."""
    try:
        return parse_version(link.plain(Ins.GET_VERSION))
    except CardRefused as refused:
        if isinstance(refused.status, OtherStatus):
            raise Foreign(classify_foreign(link, uid, atr)) from refused
        raise


def chip_of(version: Version) -> ChipGeneration:
    """The generation; Foreign for a DESFire that cannot carry our purse (first generation, Light)."""
    chip = _GENERATION_OF_MAJOR.get(version.hardware_major)
    if chip is None:
        raise Foreign(ForeignCard.UNKNOWN)
    return chip


def find_uid(link: DesfireLink, vault: KeyVault, chip: ChipGeneration, serial: bytes) -> bytes:
    """The real UID, with our application selected: the serial itself, or through key 3 where it is random."""
    if len(serial) == 7:
        return serial
    session = vault.authenticate(link, IDENTIFICATION_KEY, CardHandle(b"", chip))
    uid = link.run(session, get_card_uid())
    if len(uid) != 7:
        raise MessagingError("a UID has seven bytes")
    return uid


def _unhide(
    link: DesfireLink, vault: KeyVault, known: KnownChips, serial: bytes, atr: bytes
) -> tuple[bytes, ChipGeneration]:
    """The real UID and the generation of a card with a random serial, our application selected.

    Its generation cannot be looked up before its UID is known, and asking it costs three frames at each tap: EV2 is
    tried first, which an EV1 card refuses in one frame. Whoever fakes that refusal gains nothing: the site key is then
    used as the generation says that goes with the UID, and file 00 must agree.
    """
    try:
        uid = find_uid(link, vault, ChipGeneration.EV2, serial)
    except CardRefused as refused:
        if refused.status is not Status.ILLEGAL_COMMAND:
            raise
        uid = find_uid(link, vault, ChipGeneration.EV1, serial)
    chip = known.get(uid)
    if chip is None:
        link.select(APPLICATION)  # ends the session: the version is asked in clear
        chip = chip_of(read_version(link, uid, atr))
    return uid, chip


@dataclass(frozen=True, slots=True)
class OpenedCard:
    """An authenticated card: our application selected, a session with the site key."""

    link: DesfireLink
    handle: CardHandle
    session: Session


def authenticate_card(link: DesfireLink, vault: KeyVault, known: KnownChips, atr: bytes) -> OpenedCard:
    """Select and authenticate; raises the exceptions that `failure_of` understands."""
    serial = link.read_uid()
    hidden = len(serial) == RANDOM_SERIAL_SIZE
    chip = known.get(serial)
    if chip is None and not hidden:
        version = read_version(link, serial, atr)
        chip = chip_of(version)
        if not serial and any(version.uid):
            serial = version.uid  # a reader without the pseudo-APDU
    try:
        link.select(APPLICATION)
    except CardRefused as refused:
        known.forget(serial)
        if refused.status is Status.APPLICATION_NOT_FOUND:
            # Wallets in phones emulate DESFire now and then: their serial tells.
            phone = len(serial) == 4 and serial[0] == 0x08
            raise Foreign(ForeignCard.PHONE if phone else ForeignCard.EMPTY_DESFIRE) from refused
        if isinstance(refused.status, OtherStatus):
            raise Foreign(classify_foreign(link, serial, atr)) from refused
        raise
    if chip is None:
        uid, chip = _unhide(link, vault, known, serial, atr)
    else:
        uid = find_uid(link, vault, chip, serial)
    session = vault.authenticate(link, SITE_KEY, CardHandle(uid, chip))
    known.remember(uid, chip)
    return OpenedCard(link, CardHandle(uid, chip), session)
