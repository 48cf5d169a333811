"""Keys of services that want one: kept beside the address, never inside it, so that no list or log shows them. Pure.

An address says with ``{key}`` where the key goes. Keys are kept as they stand in an address (percent-encoded).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

PLACE: Final = "{key}"
KEY_CHARS: Final = 300
ENVIRONMENT: Final = "ZEROT_FEED_KEY"  # how the server hands a key to an import that it starts
_HIDDEN: Final = "…"
_SHAPES: Final = (
    # ?api_key=…, as REST services ask for it
    re.compile(r"([?&](?:api[_-]?key|key|token|access[_-]?token|app[_-]?key|secret|cle)=)([^&#]+)", re.IGNORECASE),
    # Apidae: a JSON document in the parameter `query`
    re.compile(r"""(api_?key(?:%22|")\s*(?:%3A|:)\s*(?:%22|"))([^"%]+)""", re.IGNORECASE),
    # https://name:password@host
    re.compile(r"(^https?://[^/?#@:]*:)([^/?#@]+)(?=@)", re.IGNORECASE),
)


class KeyRefused(ValueError):
    """The key cannot be used; the message is one sentence that does not hold it."""


def split_address(address: str) -> tuple[str, str]:
    """The address with ``{key}`` in place of a key that stood in it, and that key; '' when there was none."""
    if PLACE in address:
        return address, ""
    for shape in _SHAPES:
        if found := shape.search(address):
            return f"{address[: found.start(2)]}{PLACE}{address[found.end(2) :]}", found[2]
    return address, ""


def encode_key(typed: str) -> str:
    """A key as a person has it, ready for an address. Raises KeyRefused."""
    plain = typed.strip()
    if len(plain) > KEY_CHARS or not plain.isascii() or not plain.isprintable():
        raise KeyRefused(f"A key has at most {KEY_CHARS} ordinary characters, on one line.")
    return quote(plain, safe="")


def read_key_file(path: Path) -> str:
    """The key that a file holds, alone. Raises KeyRefused."""
    try:
        text = path.read_bytes()[: KEY_CHARS * 4].decode()
    except OSError as error:
        raise KeyRefused(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise KeyRefused(f"{path} holds no key.") from error
    key = encode_key(text)
    if not key:
        raise KeyRefused(f"{path} holds no key.")
    return key


def with_key(address: str, key: str) -> str:
    """The address to ask."""
    return address.replace(PLACE, key) if key else address


def without_key(text: str, key: str) -> str:
    """The text, the key in it hidden however it is written."""
    for written in {key, unquote(key)} - {""}:
        text = text.replace(written, _HIDDEN)
    return text
