"""The server's secrets: its own two key pairs, and each territory's card master keys. Files of mode 0600.

Card keys (design note "The card"): 0 master, 1 site, 2 load, 3 identification, the PICC key and TMAC; the last never
leaves the server except to the personalisation station. All 16 bytes from the operating system's chance. The file has
the form that the personalisation station reads ("zerot-card-keys", version 1: masters by name and version).
"""

from __future__ import annotations

import stat
from dataclasses import dataclass

from domain.ports import Chance
from server.home import ServerHome, write_secret
from sync.keys import KeyTrouble, ServerIdentity, load_or_create_server_identity
from sync.protocol import CardKey, CardKeys, WireError, build_json, parse_json_object
from sync.wire import Fields, decode_hex

RING_FORMAT = "zerot-card-keys"
NUMBERS = {"master": 0, "site": 1, "load": 2, "identification": 3}
NAMES = ("picc", *NUMBERS, "transaction_mac")
ROTATED = ("load", "master", "site")
VERSION_MAX = 126
SYSTEM_ID_PREFIX = b"ZEROT"
_FILE_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class CardMasters:
    """A territory's masters by name, then version (1 … 126). `system_id` enters every diversification (AN10922)."""

    system_id: bytes
    masters: dict[str, dict[int, bytes]]

    def without_newer_site_keys(self, version: int) -> CardMasters:
        """As cards may have them: a site key that some kiosk lacks is on none (server.cards.site_key)."""
        site = {number: master for number, master in self.masters["site"].items() if number <= version}
        return CardMasters(self.system_id, {**self.masters, "site": site})

    def for_numbers(self, numbers: frozenset[int]) -> CardKeys:
        """Only what a device may hold, every version of it: cards in the field still have older ones."""
        keys = [
            CardKey(number, version, master)
            for name, number in NUMBERS.items()
            if number in numbers
            for version, master in sorted(self.masters[name].items())
        ]
        return CardKeys(self.system_id, tuple(keys))


def server_identity(home: ServerHome) -> ServerIdentity:
    """The server's keys, made at the first call. Raises sync.keys.KeyTrouble, OSError."""
    return load_or_create_server_identity(home.root)


def load_or_create_card_masters(home: ServerHome, territory: str, chance: Chance) -> CardMasters:
    """The territory's masters, made at the first call. Raises KeyTrouble when the file is damaged or open to others."""
    path = home.card_keys(territory)
    if not path.exists():
        fresh = CardMasters(SYSTEM_ID_PREFIX + chance.token(3), {name: {1: chance.token(16)} for name in NAMES})
        write_secret(path, build_issuing_keys(fresh))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyTrouble(f"{path} may be read by others: its keys are no longer secret")
    return parse_issuing_keys(path.read_bytes())


def add_card_key(home: ServerHome, territory: str, name: str, chance: Chance) -> int:
    """One more version of a master; cards get it at a tap online. The new version. KeyTrouble, OSError.

    The identification key is not among them: it is on all cards alike, and every kiosk would have to change at once.
    """
    if name not in ROTATED:
        raise KeyTrouble(f"only the keys {' and '.join(ROTATED)} can be changed on cards in the field")
    masters = load_or_create_card_masters(home, territory, chance)
    version = max(masters.masters[name]) + 1
    if version > VERSION_MAX:
        raise KeyTrouble(f"the {name} key has had all its {VERSION_MAX} versions")
    versions = {**masters.masters[name], version: chance.token(16)}
    renewed = CardMasters(masters.system_id, {**masters.masters, name: versions})
    write_secret(home.card_keys(territory), build_issuing_keys(renewed))
    return version


def build_issuing_keys(masters: CardMasters) -> bytes:
    """All masters as the personalisation station reads them."""
    keys = {
        name: {str(version): master.hex() for version, master in versions.items()}
        for name, versions in masters.masters.items()
    }
    return build_json({"format": RING_FORMAT, "version": 1, "system_id": masters.system_id.hex(), "keys": keys})


def parse_issuing_keys(raw: bytes) -> CardMasters:
    """The inverse of `build_issuing_keys`; raises KeyTrouble, whose message holds no key."""
    try:
        fields = Fields(parse_json_object(raw, _FILE_BYTES_MAX), strict=True)
        fields.version()
        fields.choice("format", frozenset({RING_FORMAT}))
        system_id = fields.hexadecimal("system_id", 1, 21)
        listed = fields.object("keys")
        fields.done()
        masters = {name: _versions(listed.object(name)) for name in NAMES}
    except (WireError, ValueError) as error:
        raise KeyTrouble("the file of card keys is damaged") from error
    return CardMasters(system_id, masters)


def _versions(fields: Fields) -> dict[int, bytes]:
    found = {}
    for version in fields.value:
        found[int(version)] = decode_hex(fields.text(version, 32, size_min=32))
    return found
