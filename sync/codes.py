"""Pairing codes and the QR that carries them: 12 symbols of Crockford base32, grouped by four for people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from domain.ports import Chance
from sync.wire import Fields, WireError, build_json, parse_json_object

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_SYMBOLS: Final = 12  # 60 bits: no guessing within 15 minutes
QR_BYTES_MAX: Final = 512
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": "", "-": "", "\u00a0": "", "\u202f": ""})
_CODE = re.compile(f"[{ALPHABET}]{{{CODE_SYMBOLS}}}\\Z")
_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,255}(?:/[A-Za-z0-9._~/-]{0,128})?\Z")


@dataclass(frozen=True, slots=True)
class PairingOffer:
    """What the QR says: where the server is, and the normal code."""

    url: str
    code: str


def new_code(chance: Chance) -> str:
    """A fresh normal code; 60 bits of the chance given, which must be cryptographic on a server."""
    number = int.from_bytes(chance.token(8), "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(CODE_SYMBOLS))


def parse_code(text: str) -> str:
    """What a person typed → the normal code, forgiving case, spaces, dashes, O, I, L; ValueError otherwise."""
    code = text.strip().upper().translate(_ALIKE)
    if not _CODE.match(code):
        raise ValueError(f"a code has {CODE_SYMBOLS} letters and digits")
    return code


def format_code(code: str) -> str:
    """'ABCDEFGHJKMN' → 'ABCD-EFGH-JKMN'."""
    return "-".join(code[place : place + 4] for place in range(0, CODE_SYMBOLS, 4))


def parse_server_url(text: str) -> str:
    """The server's base address without a final slash; ValueError unless http(s) with a plain host and path."""
    url = text.strip()
    if not _URL.match(url):
        raise ValueError("not the address of a server")
    return url.rstrip("/")


def parse_offer(text: str) -> PairingOffer:
    """The content of a scanned QR; raises WireError. Unknown keys are ignored."""
    fields = Fields(parse_json_object(text.encode("utf-8", "replace"), QR_BYTES_MAX), strict=False)
    fields.integer("v", 1, 1)
    try:
        return PairingOffer(parse_server_url(fields.text("url", 400)), parse_code(fields.text("code", 32)))
    except WireError:
        raise
    except ValueError as error:
        raise WireError("bad_request", str(error)) from error


def build_offer(offer: PairingOffer) -> str:
    """The text to put into the QR."""
    return build_json({"v": 1, "url": offer.url, "code": format_code(offer.code)}).decode()
