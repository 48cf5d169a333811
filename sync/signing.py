"""Signed requests: HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530), the one profile we use.

Covered components are exactly `@method @authority @path @query content-digest`, the algorithm is
`ecdsa-p256-sha256` (raw 64-byte r‖s), the label `zerot`, the tag `zerot-device-1`. Both sides are pure functions over
the request's parts. A verifier first parses (which names the device), looks the device's key up, then verifies.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Final

LABEL: Final = "zerot"
TAG: Final = "zerot-device-1"
ALGORITHM: Final = "ecdsa-p256-sha256"
COMPONENTS: Final = ("@method", "@authority", "@path", "@query", "content-digest")
HEADER_BYTES_MAX: Final = 2048
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_PLAIN_TEXT = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,128}\Z")  # an sf-string that needs no escapes
_MEMBER = re.compile(
    r"(?P<key>[a-z*][a-z0-9_.*-]*)="
    r"(?:(?P<list>\([^()]*\)(?:;[^,]*?)?)|(?P<binary>:[A-Za-z0-9+/=]*:))"
    r"(?:[ \t]*,[ \t]*|\Z)"
)
_PARAMETER = re.compile(r';(?P<key>[a-z*][a-z0-9_.*-]*)=(?:(?P<integer>-?\d{1,15})|"(?P<text>[^"\\]*)")')
_COMPONENT = re.compile(r'"([a-z@-]+)"')


@dataclass(frozen=True, slots=True)
class SignedWith:
    """What the headers claim. `created` is in seconds; `parameters` is the exact text that was signed."""

    keyid: str
    created: int
    nonce: str
    signature: bytes
    content_digest: str
    components: tuple[str, ...]
    parameters: str


@dataclass(frozen=True, slots=True)
class SignatureRefused:
    """Why the headers do not carry a signature of our profile, or why it does not verify. For the log, in English."""

    reason: str


@dataclass(frozen=True, slots=True)
class SignatureValid:
    """The request is the device's own, unchanged."""

    keyid: str
    created: int
    nonce: str


def content_digest(body: bytes) -> str:
    """Value of Content-Digest over the bytes sent."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode('ascii')}:"


def normal_authority(authority: str, scheme: str) -> str:
    """Host in lower case, without the scheme's default port (RFC 9421, 2.2.3)."""
    lowered = authority.lower()
    return lowered.removesuffix(_DEFAULT_PORTS.get(scheme, ""))


def normal_query(query: str) -> str:
    """'a=b' or '?a=b' → '?a=b'; the empty query is '?' (RFC 9421, 2.2.7)."""
    return query if query.startswith("?") else f"?{query}"


def signature_base(
    components: tuple[str, ...],
    parameters: str,
    *,
    method: str,
    authority: str,
    path: str,
    query: str,
    digest: str,
) -> bytes:
    """The bytes that are signed (RFC 9421, 2.5). `authority` is normal, `path` absolute and not empty."""
    values = {
        "@method": method,
        "@authority": authority,
        "@path": path or "/",
        "@query": normal_query(query),
        "content-digest": digest,
    }
    lines = [f'"{name}": {values[name]}' for name in components]
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode("ascii", "strict")


def sign_request(
    sign: Callable[[bytes], bytes],
    keyid: str,
    *,
    method: str,
    authority: str,
    path: str,
    query: str,
    body: bytes,
    created_seconds: int,
    nonce: str,
) -> dict[str, str]:
    """The three headers to add. `sign` returns the raw 64-byte r‖s of ECDSA P-256 with SHA-256.

    Raises ValueError when keyid or nonce hold what an sf-string cannot, or the target is not ASCII.
    """
    if not _PLAIN_TEXT.match(keyid) or not _PLAIN_TEXT.match(nonce):
        raise ValueError("keyid and nonce are 1 to 128 printable ASCII letters without quotes or backslash")
    digest = content_digest(body)
    covered = " ".join(f'"{name}"' for name in COMPONENTS)
    parameters = f'({covered});created={created_seconds};nonce="{nonce}";keyid="{keyid}";alg="{ALGORITHM}";tag="{TAG}"'
    base = signature_base(
        COMPONENTS, parameters, method=method, authority=authority, path=path, query=query, digest=digest
    )
    return {
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{b64encode(sign(base)).decode('ascii')}:",
    }


def parse_signature(headers: Mapping[str, str]) -> SignedWith | SignatureRefused:
    """Read the three headers; names are matched whatever their case. Checks the profile, not yet the signature."""
    found = {name.lower(): value for name, value in headers.items()}
    texts = [found.get(name, "").strip() for name in ("signature-input", "signature", "content-digest")]
    if not all(texts):
        return SignatureRefused("a signature header is missing")
    if any(len(text) > HEADER_BYTES_MAX or not text.isascii() for text in texts):
        return SignatureRefused("a signature header is too long or not ASCII")
    given = _member(texts[0], "list")
    packed = _member(texts[1], "binary")
    if given is None or packed is None:
        return SignatureRefused(f"no signature labelled {LABEL}")
    try:
        signature = a2b_base64(packed.strip(":").encode("ascii"), strict_mode=True)
    except Base64Error:
        return SignatureRefused("the signature is not base64")
    if len(signature) != 64:
        return SignatureRefused("the signature is not 64 bytes")
    covered, _, rest = given[1:].partition(")")
    components = tuple(_COMPONENT.findall(covered))
    if sorted(components) != sorted(COMPONENTS) or " ".join(f'"{name}"' for name in components) != covered.strip():
        return SignatureRefused("the covered components are not those of the profile")
    return _check_parameters(rest, components, signature, texts[2])


def _member(text: str, shape: str) -> str | None:
    """The member of a structured-field dictionary under our label; None when absent, doubled or malformed."""
    position, result = 0, None
    while position < len(text):
        match = _MEMBER.match(text, position)
        if match is None:
            return None
        if match["key"] == LABEL:
            if result is not None or match[shape] is None:
                return None
            result = match[shape].strip()
        position = match.end()
    return result


def _check_parameters(
    rest: str, components: tuple[str, ...], signature: bytes, digest: str
) -> SignedWith | SignatureRefused:
    texts: dict[str, str] = {}
    integers: dict[str, int] = {}
    position = 0
    for match in _PARAMETER.finditer(rest):
        if match.start() != position or match["key"] in texts or match["key"] in integers:
            return SignatureRefused("malformed signature parameters")
        position = match.end()
        if match["integer"] is not None:
            integers[match["key"]] = int(match["integer"])
        else:
            texts[match["key"]] = match["text"]
    if position != len(rest):
        return SignatureRefused("malformed signature parameters")
    if texts.get("tag") != TAG or texts.get("alg") != ALGORITHM or "created" not in integers:
        return SignatureRefused("tag, alg or created are not those of the profile")
    keyid, nonce = texts.get("keyid", ""), texts.get("nonce", "")
    if not _PLAIN_TEXT.match(keyid) or not _PLAIN_TEXT.match(nonce):
        return SignatureRefused("keyid or nonce are missing or malformed")
    covered = " ".join(f'"{name}"' for name in components)
    return SignedWith(keyid, integers["created"], nonce, signature, digest, components, f"({covered}){rest}")


def verify_request(
    signed: SignedWith,
    verify: Callable[[bytes, bytes], bool],
    *,
    method: str,
    authority: str,
    path: str,
    query: str,
    body: bytes,
) -> SignatureValid | SignatureRefused:
    """Check digest and signature. `verify(message, raw_signature)` uses the key of `signed.keyid`.

    `authority` is what `normal_authority` gives, `path` and `query` the raw text of the request target.
    """
    if not compare_digest(signed.content_digest.encode("ascii"), content_digest(body).encode("ascii")):
        return SignatureRefused("the body is not the one that was signed")
    try:
        base = signature_base(
            signed.components,
            signed.parameters,
            method=method,
            authority=authority,
            path=path,
            query=query,
            digest=signed.content_digest,
        )
    except UnicodeEncodeError:
        return SignatureRefused("the request target is not ASCII")
    if not verify(base, signed.signature):
        return SignatureRefused("the signature does not verify")
    return SignatureValid(signed.keyid, signed.created, signed.nonce)
