"""What a simulated card remembers without power, and its JSON file.

The file holds keys: it is written 0600, whole, to a neighbour that is fsynced and renamed over, so that a card
survives a kill at any instant.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STANDARD, BACKUP, VALUE, LINEAR, CYCLIC, TRANSACTION_MAC = 0, 1, 2, 3, 4, 5
FORMAT_VERSION = 1


class CardFileError(Exception):
    """The card's file cannot be read: missing, damaged or of another version. The text is one sentence."""


@dataclass(slots=True)
class KeySlot:
    """One key; `failures` counts wrong authentications in a row, `penalty` those still to be answered AD."""

    kind: str = "aes"
    value: bytes = field(default=bytes(16), repr=False)
    version: int = 0
    failures: int = 0
    penalty: int = 0


@dataclass(slots=True)
class ChipFile:
    """One file of any type; fields that a type does not use stay at zero."""

    kind: int
    comm: int
    rights: int  # 16 bits: read, write, read-write, change, from high nibble to low
    size: int = 0  # bytes, or of one record
    data: bytes = b""
    records: list[bytes] = field(default_factory=list)  # oldest first
    records_max: int = 0
    lower: int = 0
    upper: int = 0
    value: int = 0
    limited_credit: int = 0
    limited_credit_on: int = 0
    mac_key: bytes = field(default=b"", repr=False)
    mac_key_version: int = 0
    counter: int = 0
    mac: bytes = bytes(8)
    reader_id: bytes = bytes(16)


@dataclass(slots=True)
class Application:
    settings: int
    keys: list[KeySlot]
    files: dict[int, ChipFile] = field(default_factory=dict)


@dataclass(slots=True)
class ChipMemory:
    """Everything non-volatile of one card. `generation` is 1, 2 or 3 (EV1, EV2, EV3)."""

    uid: bytes
    generation: int
    picc_key: KeySlot = field(default_factory=lambda: KeySlot("tdes"))
    picc_settings: int = 0x0F
    default_key: KeySlot = field(default_factory=KeySlot)
    random_uid: bool = False
    format_off: bool = False
    applications: dict[bytes, Application] = field(default_factory=dict)


def _key_out(key: KeySlot) -> dict[str, Any]:
    return {
        "kind": key.kind,
        "value": key.value.hex(),
        "version": key.version,
        "failures": key.failures,
        "penalty": key.penalty,
    }


def _key_in(raw: dict[str, Any]) -> KeySlot:
    return KeySlot(raw["kind"], bytes.fromhex(raw["value"]), raw["version"], raw["failures"], raw["penalty"])


_HEX_FIELDS = ("data", "mac_key", "mac", "reader_id")
_INT_FIELDS = (
    *("kind", "comm", "rights", "size", "records_max", "lower", "upper", "value"),
    *("limited_credit", "limited_credit_on", "mac_key_version", "counter"),
)


def _file_out(file: ChipFile) -> dict[str, Any]:
    out: dict[str, Any] = {name: getattr(file, name) for name in _INT_FIELDS}
    out |= {name: getattr(file, name).hex() for name in _HEX_FIELDS}
    out["records"] = [record.hex() for record in file.records]
    return out


def _file_in(raw: dict[str, Any]) -> ChipFile:
    values: dict[str, Any] = {name: int(raw[name]) for name in _INT_FIELDS}
    values |= {name: bytes.fromhex(raw[name]) for name in _HEX_FIELDS}
    return ChipFile(records=[bytes.fromhex(record) for record in raw["records"]], **values)


def memory_to_json(memory: ChipMemory) -> dict[str, Any]:
    return {
        "format": "zerot-simulated-card",
        "version": FORMAT_VERSION,
        "uid": memory.uid.hex(),
        "generation": memory.generation,
        "picc_key": _key_out(memory.picc_key),
        "picc_settings": memory.picc_settings,
        "default_key": _key_out(memory.default_key),
        "random_uid": memory.random_uid,
        "format_off": memory.format_off,
        "applications": {
            aid.hex(): {
                "settings": app.settings,
                "keys": [_key_out(key) for key in app.keys],
                "files": {str(number): _file_out(file) for number, file in app.files.items()},
            }
            for aid, app in memory.applications.items()
        },
    }


def memory_from_json(raw: dict[str, Any]) -> ChipMemory:
    """CardFileError for anything that is not a card file of this version."""
    try:
        if raw["format"] != "zerot-simulated-card" or raw["version"] != FORMAT_VERSION:
            raise CardFileError("this is not a simulated card file of a known version")
        applications = {
            bytes.fromhex(aid): Application(
                app["settings"],
                [_key_in(key) for key in app["keys"]],
                {int(number): _file_in(file) for number, file in app["files"].items()},
            )
            for aid, app in raw["applications"].items()
        }
        return ChipMemory(
            uid=bytes.fromhex(raw["uid"]),
            generation=raw["generation"],
            picc_key=_key_in(raw["picc_key"]),
            picc_settings=raw["picc_settings"],
            default_key=_key_in(raw["default_key"]),
            random_uid=raw["random_uid"],
            format_off=raw["format_off"],
            applications=applications,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CardFileError("the simulated card file is damaged") from error


def load_memory(path: Path) -> ChipMemory:
    """Read a card's file; CardFileError in one sentence."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CardFileError(f"cannot read the card file {path}: {error.strerror}") from error
    except ValueError as error:
        raise CardFileError(f"{path} is not a simulated card file") from error
    return memory_from_json(raw)


def save_memory(memory: ChipMemory, path: Path) -> None:
    """Write a card's file atomically; OSError when the disk refuses, the old file then stays."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(memory_to_json(memory), out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
