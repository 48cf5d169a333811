"""Keys: a vault authenticates and installs, it never hands a key out.

`LocalVault` holds master keys in this process (from a 0600 file, or from memory); a SAM in a second reader, or the
server at the other end of a line, can take its place behind the same ports.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from domain.cards import ChipGeneration
from domain.ports import Chance
from hardware.card.desfire.auth import Ev1Authentication, Ev2Authentication, IsoAuthentication
from hardware.card.desfire.commands import Command, Ins, Mode, change_key, create_transaction_mac_file
from hardware.card.desfire.crypto import diversify
from hardware.card.desfire.ev1 import factory_change_key_payload
from hardware.card.desfire.ev2 import Ev2Session
from hardware.card.desfire.status import CardRefused, Status
from hardware.card.layout import APPLICATION, PICC, TRANSACTION_MAC_RIGHTS, FileNo
from hardware.card.link import DesfireLink, Session

RING_FORMAT = "zerot-card-keys"
RING_VERSION = 1
SYSTEM_ID_MAX = 21  # AN10922 leaves 31 bytes for UID₇ ‖ AID₃ ‖ system id
LOCKED_VERSION = 0x7F  # of a key whose value nobody kept
FACTORY_KEY = bytes(16)


@unique
class KeyName(StrEnum):
    """Master keys, one per use."""

    PICC = "picc"
    MASTER = "master"
    SITE = "site"
    LOAD = "load"
    IDENTIFICATION = "identification"
    TRANSACTION_MAC = "transaction_mac"


NAME_OF_NUMBER = MappingProxyType({0: KeyName.MASTER, 1: KeyName.SITE, 2: KeyName.LOAD, 3: KeyName.IDENTIFICATION})
KIOSK_KEYS = frozenset({KeyName.SITE, KeyName.IDENTIFICATION})
DESK_KEYS = KIOSK_KEYS | {KeyName.LOAD}


class KeyMissing(Exception):
    """This vault does not hold the key that was asked for: a kiosk cannot load, only a desk can."""

    def __init__(self, name: KeyName) -> None:
        super().__init__(f"no {name.value} key here")
        self.name = name


class KeyFileError(Exception):
    """The key file cannot be used; the text is one sentence without any key."""


@dataclass(frozen=True, slots=True)
class CardHandle:
    """The card to authenticate: `uid` is the real seven bytes, or empty while random UID hides it."""

    uid: bytes
    chip: ChipGeneration


class KeyVault(Protocol):
    """Opens sessions. Called from the card thread; raises KeyMissing, CardRefused, MessagingError, CardLost."""

    def authenticate(
        self, link: DesfireLink, key_number: int, card: CardHandle, previous: Session | None = None
    ) -> Session:
        """A session with an application key; with an EV2 `previous`, NonFirst, so that the card is still the same."""

    def holds(self, name: KeyName) -> bool:
        """Whether this vault has that key."""


class IssuerVault(KeyVault, Protocol):
    """What a personalisation station can do besides."""

    def version(self, name: KeyName) -> int:
        """Version that newly installed keys of that name get, 1 to 126."""

    def leave_factory(self, link: DesfireLink, card: CardHandle) -> None:
        """Turn the factory's 2K3DES zero key of the PICC into our diversified AES key."""

    def authenticate_picc(self, link: DesfireLink, card: CardHandle) -> Session:
        """A session with the PICC master key."""

    def authenticate_default(self, link: DesfireLink, card: CardHandle) -> Session:
        """A session with key 0 of an application whose keys are still zero."""

    def install(self, link: DesfireLink, session: Session, key_number: int, card: CardHandle, old_version: int) -> None:
        """Put our key in place of the one with `old_version` (0: the zero key). Key 0 ends the session."""

    def lock(self, link: DesfireLink, session: Session, key_number: int) -> None:
        """Replace a zero key by one that nobody keeps."""

    def create_transaction_mac(self, link: DesfireLink, session: Session, card: CardHandle) -> None:
        """Create file 0F with the card's transaction MAC key."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Master keys by name and version (1 to 126); the highest version is the current one. Never printed."""

    system_id: bytes
    masters: Mapping[KeyName, Mapping[int, bytes]] = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.system_id) <= SYSTEM_ID_MAX:
            raise KeyFileError("the system id has 1 to 21 bytes")
        for versions in self.masters.values():
            if not versions or not all(1 <= v < LOCKED_VERSION for v in versions):
                raise KeyFileError("key versions go from 1 to 126")
            if not all(len(key) == 16 for key in versions.values()):
                raise KeyFileError("a master key has 16 bytes")

    @classmethod
    def generate(cls, chance: Chance, system_id: bytes = b"ZEROT") -> KeyRing:
        """A fresh ring with version 1 of every key."""
        return cls(system_id, {name: {1: chance.token(16)} for name in KeyName})

    def only(self, names: frozenset[KeyName]) -> KeyRing:
        """The part a kiosk (`KIOSK_KEYS`) or a desk (`DESK_KEYS`) may hold."""
        return KeyRing(self.system_id, {n: dict(v) for n, v in self.masters.items() if n in names})

    def rotated(self, name: KeyName, chance: Chance) -> KeyRing:
        """The ring with one more version of a key; older versions stay, as cards in the field still have them."""
        masters = {n: dict(v) for n, v in self.masters.items()}
        versions = masters.setdefault(name, {})
        versions[max(versions, default=0) + 1] = chance.token(16)
        return KeyRing(self.system_id, masters)

    def to_json(self) -> dict[str, Any]:
        """For a sealed transport or the 0600 file: holds the keys in clear."""
        return {
            "format": RING_FORMAT,
            "version": RING_VERSION,
            "system_id": self.system_id.hex(),
            "keys": {n.value: {str(v): k.hex() for v, k in versions.items()} for n, versions in self.masters.items()},
        }

    @classmethod
    def from_json(cls, raw: Any) -> KeyRing:
        """KeyFileError for anything else than `to_json` gives."""
        try:
            if raw["format"] != RING_FORMAT or raw["version"] != RING_VERSION:
                raise KeyFileError("this is not a card key file of a known version")
            masters = {
                KeyName(name): {int(v): bytes.fromhex(key) for v, key in versions.items()}
                for name, versions in raw["keys"].items()
            }
            return cls(bytes.fromhex(raw["system_id"]), masters)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise KeyFileError("the card key file is damaged") from error


def load_ring(path: Path) -> KeyRing:
    """Read a key file; KeyFileError when missing, damaged, or readable by others than its owner."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileError(f"{path} can be read by others: its mode must be 0600")
        return KeyRing.from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise KeyFileError(f"cannot read the key file {path}: {error.strerror}") from error
    except ValueError as error:
        raise KeyFileError(f"{path} is not a card key file") from error


def save_ring(ring: KeyRing, path: Path) -> None:
    """Write a new key file, 0600; KeyFileError when it exists already, as keys are never overwritten."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyFileError(f"cannot create the key file {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(ring.to_json(), out, indent=1)
        out.flush()
        os.fsync(out.fileno())


def open_newest(
    link: DesfireLink,
    key_number: int,
    versions: Collection[int],
    previous: Session | None,
    open_version: Callable[[int], Session],
) -> Session:
    """Tries the newest version; a card that refuses it is asked for its version, to serve a mixed fleet.

    With `previous` the version is asked first: a refusal would end the session that is to be continued.
    """
    newest = max(versions)
    if previous is not None:
        if len(versions) == 1:
            return open_version(newest)
        version = link.run(previous, Command(Ins.GET_KEY_VERSION, bytes([key_number])))[0]
        if version not in versions:
            raise KeyMissing(NAME_OF_NUMBER[key_number])
        return open_version(version)
    try:
        return open_version(newest)
    except CardRefused as refused:
        if refused.status is not Status.AUTHENTICATION_ERROR:
            raise
        version = link.key_version(key_number)
        if version == newest or version not in versions:
            raise
    return open_version(version)


class LocalVault:
    """A vault in this process; implements `IssuerVault` as far as its ring goes."""

    def __init__(self, ring: KeyRing, chance: Chance) -> None:
        self._ring = ring
        self._chance = chance

    def __repr__(self) -> str:
        return f"LocalVault({', '.join(sorted(self._ring.masters))})"

    def renew(self, ring: KeyRing) -> None:
        """Go on with another ring, which has more versions. Any thread: a session that is open has its own keys."""
        self._ring = ring

    def holds(self, name: KeyName) -> bool:
        return name in self._ring.masters

    def version(self, name: KeyName) -> int:
        return max(self._versions(name))

    def _versions(self, name: KeyName) -> Mapping[int, bytes]:
        versions = self._ring.masters.get(name)
        if versions is None:
            raise KeyMissing(name)
        return versions

    def _key(self, name: KeyName, card: CardHandle, version: int | None = None) -> bytes:
        versions = self._versions(name)
        chosen = max(versions) if version is None else version
        if chosen not in versions:
            raise KeyMissing(name)
        if name is KeyName.IDENTIFICATION:
            return versions[chosen]  # it must work before the UID is known
        if len(card.uid) != 7:
            raise ValueError("keys are diversified by the seven-byte UID")
        aid = PICC if name is KeyName.PICC else APPLICATION
        return diversify(versions[chosen], card.uid + aid + self._ring.system_id)

    def _open(
        self, link: DesfireLink, key: bytes, number: int, chip: ChipGeneration, previous: Session | None = None
    ) -> Session:
        rnd_a = self._chance.token(16)
        if chip is ChipGeneration.EV1:
            return link.shake_hands(Ev1Authentication(key, number, rnd_a))
        before = previous if isinstance(previous, Ev2Session) else None
        return link.shake_hands(Ev2Authentication(key, number, rnd_a, before))

    def authenticate(
        self, link: DesfireLink, key_number: int, card: CardHandle, previous: Session | None = None
    ) -> Session:
        name = NAME_OF_NUMBER[key_number]

        def open_version(version: int) -> Session:
            return self._open(link, self._key(name, card, version), key_number, card.chip, previous)

        return open_newest(link, key_number, self._versions(name), previous, open_version)

    def authenticate_picc(self, link: DesfireLink, card: CardHandle) -> Session:
        return self._open(link, self._key(KeyName.PICC, card), 0, card.chip)

    def authenticate_default(self, link: DesfireLink, card: CardHandle) -> Session:
        return self._open(link, FACTORY_KEY, 0, card.chip)

    def leave_factory(self, link: DesfireLink, card: CardHandle) -> None:
        session_key = link.shake_hands(IsoAuthentication(FACTORY_KEY, self._chance.token(8)))
        key, version = self._key(KeyName.PICC, card), self.version(KeyName.PICC)
        link.plain(Ins.CHANGE_KEY, factory_change_key_payload(session_key, key, version))

    def install(self, link: DesfireLink, session: Session, key_number: int, card: CardHandle, old_version: int) -> None:
        name = NAME_OF_NUMBER[key_number]
        old = FACTORY_KEY if old_version == 0 else self._key(name, card, old_version)
        own = key_number == session.key_number
        command = change_key(key_number, self._key(name, card), self.version(name), None if own else old)
        link.run(session, command)

    def lock(self, link: DesfireLink, session: Session, key_number: int) -> None:
        link.run(session, change_key(key_number, self._chance.token(16), LOCKED_VERSION, FACTORY_KEY))

    def create_transaction_mac(self, link: DesfireLink, session: Session, card: CardHandle) -> None:
        key, version = self._key(KeyName.TRANSACTION_MAC, card), self.version(KeyName.TRANSACTION_MAC)
        number = FileNo.TRANSACTION_MAC
        link.run(session, create_transaction_mac_file(number, Mode.MAC, TRANSACTION_MAC_RIGHTS, key, version))
