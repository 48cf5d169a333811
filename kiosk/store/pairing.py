"""What pairing left on this kiosk: who it is, whose server it speaks to, and the card keys sealed to it.

One JSON file, 0600, replaced atomically. It holds no key in clear: `sealed_keys` opens only with the device's own key.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
NAME = "pairing.json"


class PairingDamaged(Exception):
    """The file cannot be read; the kiosk must be paired again. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """`incarnation`: first number this life may use. Keys are raw bytes, `sealed_keys` a box."""

    url: str
    device: str
    territory: str
    server_key: bytes
    server_sealing_key: bytes
    incarnation: int
    sealed_keys: bytes


def read_pairing(folder: Path) -> Pairing | None:
    """None when this kiosk was never paired. Raises PairingDamaged."""
    try:
        raw = (folder / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PairingDamaged(f"The pairing file cannot be read: {error.strerror}.") from error
    try:
        value: dict[str, Any] = json.loads(raw)
        if value["format"] != FORMAT:
            raise PairingDamaged(f"The pairing file has format {value['format']}, this software reads {FORMAT}.")
        return Pairing(
            url=str(value["url"]),
            device=str(value["device"]),
            territory=str(value["territory"]),
            server_key=bytes.fromhex(value["server_key"]),
            server_sealing_key=bytes.fromhex(value["server_sealing_key"]),
            incarnation=int(value["incarnation"]),
            sealed_keys=bytes.fromhex(value["sealed_keys"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PairingDamaged("The pairing file is damaged.") from error


def write_pairing(folder: Path, pairing: Pairing) -> None:
    """Durable when it returns. Raises OSError."""
    value = {
        "format": FORMAT,
        "url": pairing.url,
        "device": pairing.device,
        "territory": pairing.territory,
        "server_key": pairing.server_key.hex(),
        "server_sealing_key": pairing.server_sealing_key.hex(),
        "incarnation": pairing.incarnation,
        "sealed_keys": pairing.sealed_keys.hex(),
    }
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = folder / f".{NAME}.new"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(folder / NAME)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
