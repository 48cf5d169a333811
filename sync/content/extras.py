"""What a catalogue says besides offers: what comes first, and the Wi-Fi. Pure.

`parse_extras` reads the JSON that the server wrote under ``extras`` in the catalogue's ``meta`` table
(docs/content.md). An entry that cannot be read is left out. A newer server may say more than this reader knows: what it
does not know changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.pushes import Push, Season

PUSHES_MAX = 500
SSID_BYTES, PASSWORD_CHARS = 32, 63


@dataclass(frozen=True, slots=True)
class Wifi:
    """A network that visitors may use; an empty password = an open one."""

    ssid: str
    password: str = ""

    @property
    def payload(self) -> str:
        """What a phone's camera connects by (the form that Android and iOS read; ``\\;,":`` are escaped)."""
        kind = "WPA" if self.password else "nopass"
        secret = f"P:{_escape(self.password)};" if self.password else ""
        return f"WIFI:T:{kind};S:{_escape(self.ssid)};{secret};"


@dataclass(frozen=True, slots=True)
class Extras:
    pushes: tuple[Push, ...] = ()
    wifi: Wifi | None = None


def parse_extras(text: str) -> Extras:
    """Raises ValueError when ``text`` is not a JSON object."""
    if not text:
        return Extras()
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("the extras are not an object")
    rows = document.get("pushes", [])
    pushes = [push for row in rows[:PUSHES_MAX] if (push := _push(row)) is not None] if isinstance(rows, list) else []
    return Extras(tuple(pushes), _wifi(document.get("wifi")))


def _push(row: Any) -> Push | None:
    try:
        start, end = row["minutes"]
        first, last = row["days"]
        return Push(
            offer_id=str(row["offer"]),
            campaign=bool(row["campaign"]),
            sites=frozenset(int(number) for number in row["sites"]),
            card_kinds=frozenset(str(kind) for kind in row["card_kinds"]),
            seasons=frozenset(Season(season) for season in row["seasons"]),
            start_minute=int(start),
            end_minute=int(end),
            first=date.fromisoformat(first) if first else None,
            last=date.fromisoformat(last) if last else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def _wifi(value: Any) -> Wifi | None:
    if not isinstance(value, Mapping):
        return None
    ssid, password = value.get("ssid"), value.get("password", "")
    if not isinstance(ssid, str) or not isinstance(password, str) or not ssid.isprintable():
        return None
    if not 1 <= len(ssid.encode()) <= SSID_BYTES or len(password) > PASSWORD_CHARS:
        return None
    return Wifi(ssid, password)


def _escape(value: str) -> str:
    for letter in '\\;,":':
        value = value.replace(letter, f"\\{letter}")
    return value
