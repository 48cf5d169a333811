"""Where this desk's load key is: in a key module in its second slot, in a file sealed to it, or nowhere.

What only the pairing can open is opened when the kiosk runs; what a technician can put right is said at start.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from domain.ports import Chance
from hardware.card.keys import KeyFileError, KeyRing, KeyVault, LocalVault
from hardware.card.sam import SECRET_SIZES
from sync.desk_keys import FILE_BYTES_MAX, DeskKeysTrouble, open_desk_keys, parse_desk_keys
from sync.keys import DeviceIdentity, KeyTrouble, read_private_file
from sync.messages_pairing import CardKeys
from sync.pairing import Pairing

# The vault with key 2 of the desk that this kiosk is by its pairing. Raises KeyFileError: it cannot load then.
DeskVault = Callable[[Pairing, DeviceIdentity], KeyVault]
NUMBER_NAMES = {1: "site", 2: "load", 3: "identification"}
_SECRET_FILE_BYTES_MAX = 256


def ring_of(keys: CardKeys, numbers: frozenset[int]) -> KeyRing:
    """The masters that came sealed, as far as this part of the kiosk may hold them. Raises KeyFileError."""
    masters: dict[str, dict[str, str]] = {}
    for key in keys.keys:
        if key.number in numbers:
            masters.setdefault(NUMBER_NAMES[key.number], {})[str(key.version)] = key.master.hex()
    return KeyRing.from_json(
        {"format": "zerot-card-keys", "version": 1, "system_id": keys.system_id.hex(), "keys": masters}
    )


def sealed_file(path: Path, chance: Chance) -> DeskVault:
    """The vault of a file from `zerot server desk-keys`. Raises KeyFileError: unreadable, open to others, damaged."""
    raw = _private(path, FILE_BYTES_MAX)
    try:
        sealed = parse_desk_keys(raw)
    except DeskKeysTrouble as error:
        raise KeyFileError(f"{path}: {error}") from error

    def open_it(pairing: Pairing, identity: DeviceIdentity) -> KeyVault:
        try:
            keys = open_desk_keys(sealed, pairing.territory, pairing.device, pairing.server_key, identity)
        except DeskKeysTrouble as error:
            raise KeyFileError(f"{path}: {error}") from error
        return LocalVault(ring_of(keys, frozenset({2})), chance)

    return open_it


def read_module_secret(path: Path) -> bytes:
    """What unlocks the module: the first line of a 0600 file, 4 to 16 bytes. Raises KeyFileError, never with it."""
    lines = _private(path, _SECRET_FILE_BYTES_MAX).splitlines()
    if not lines or len(lines[0]) not in SECRET_SIZES:
        raise KeyFileError(f"{path}: a key module's secret has 4 to 16 bytes")
    return lines[0]


def _private(path: Path, size_max: int) -> bytes:
    try:
        raw = read_private_file(path, size_max)
    except KeyTrouble as error:
        words = str(error).replace(": its keys are no longer secret", ": it must be 0600")
        raise KeyFileError(words) from error
    if raw is None:
        raise KeyFileError(f"there is no file {path}")
    return raw
