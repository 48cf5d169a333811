"""A stranger's client, written from docs/sync-protocol.md alone: nothing of ours is imported but the server's fixture.

It pairs, proves who it is, pushes facts, reads feeds and content. When this breaks, the page has stopped being enough.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import zstandard
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fixtures.server import LiveServer


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def un64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value: Any) -> bytes:
    """RFC 8785 for integers and plain strings: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def uuid7() -> str:
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + secrets.token_bytes(10))  # noqa: TID251
    raw[6], raw[8] = raw[6] & 0x0F | 0x70, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Stranger:
    """The page, in a hundred lines."""

    def __init__(self, base: str) -> None:
        self.host = urlsplit(base).netloc
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.sealing = X25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.device = self.territory = ""
        self.server_key = b""
        self.chain = (1, bytes(32))  # the next sequence, the hash before it

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """A signed request."""
        path, _, query = target.partition("?")
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        parameters = (
            '("@method" "@authority" "@path" "@query" "content-digest")'
            f';created={int(time.time())};nonce="{b64(secrets.token_bytes(12))}";keyid="{self.device}"'  # noqa: TID251
            ';alg="ecdsa-p256-sha256";tag="zerot-device-1"'
        )
        base = (
            f'"@method": {method}\n"@authority": {self.host}\n"@path": {path}\n"@query": ?{query}\n'
            f'"content-digest": {digest}\n"@signature-params": {parameters}'
        )
        signature = base64.b64encode(self.sign(base.encode())).decode()
        return self.plain(
            method,
            target,
            body,
            **{
                "Content-Digest": digest,
                "Signature-Input": f"zerot={parameters}",
                "Signature": f"zerot=:{signature}:",
                **headers,
            },
        )

    def plain(self, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        connection = HTTPConnection(self.host, timeout=30)
        connection.request(method, target, body or None, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def read(self, target: str) -> dict[str, Any]:
        status, body = self.ask("GET", target)
        assert status == 200, body
        return dict(json.loads(body))

    def believe(self, tag: bytes, document: Any, signature: str) -> None:
        """Raises InvalidSignature."""
        Ed25519PublicKey.from_public_bytes(self.server_key).verify(un64(signature), tag + canonical(document))

    def claim(self, code: str) -> None:
        code = re.sub("[ -]", "", code.upper())
        sealing = self.sealing.public_key().public_bytes_raw()
        proof = self.sign(b"zerot-pair-1" + code.encode() + self.public + sealing)
        claim = {
            "version": 1,
            "code": code,
            "public_key": b64(self.public),
            "sealing_key": b64(sealing),
            "software": "stranger 1",
            "proof": b64(proof),
        }
        headers = {"Content-Type": "application/json"}
        status, body = self.plain("POST", "/api/v1/pairing/claim", json.dumps(claim).encode(), **headers)
        assert status == 200, body
        answer = json.loads(body)
        self.device, self.territory = answer["device"], answer["territory"]
        self.server_key = un64(answer["server_key"])

    def open_box(self, box: bytes, context: bytes) -> bytes:
        ephemeral = box[:32]
        shared = self.sealing.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        salt = ephemeral + self.sealing.public_key().public_bytes_raw()
        secret = HKDF(SHA256(), 44, salt, b"zerot-seal-1" + context).derive(shared)
        return AESGCM(secret[:32]).decrypt(secret[32:], box[32:], context)

    def push(self, incarnation: int, facts: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        first, previous = self.chain
        rows, before = [], previous
        for index, (kind, body) in enumerate(facts):
            now = int(time.time() * 1000)  # noqa: TID251
            row = [uuid7(), kind, 1, now, 1000 + index, "boot-1", None, None, body]
            content = hashlib.sha256(
                canonical({"body": body, "id": row[0], "kind": kind, "occurred_at": now, "version": 1})
            ).digest()
            place = {
                "boot": "boot-1",
                "clock_offset_age_ms": None,
                "clock_offset_ms": None,
                "content_hash": content.hex(),
                "device": self.device,
                "incarnation": incarnation,
                "monotonic_ms": 1000 + index,
                "previous": before.hex(),
                "sequence": first + index,
            }
            before = hashlib.sha256(canonical(place)).digest()
            rows.append(row)
        last = first + len(rows) - 1
        parts = (
            b"zerot-batch-1",
            self.territory.encode(),
            self.device.encode(),
            incarnation.to_bytes(8, "big"),
            first.to_bytes(8, "big"),
            last.to_bytes(8, "big"),
            before,
        )
        batch = {
            "version": 1,
            "territory": self.territory,
            "device": self.device,
            "incarnation": incarnation,
            "first": first,
            "last": last,
            "previous": previous.hex(),
            "signature": b64(self.sign(b"".join(len(part).to_bytes(2, "big") + part for part in parts))),
            "facts": rows,
        }
        body = zstandard.ZstdCompressor().compress(json.dumps(batch).encode())
        headers = {"Content-Type": "application/json", "Content-Encoding": "zstd"}
        status, answer = self.ask("POST", "/api/v1/facts", body, **headers)
        assert status == 200, answer
        self.chain = (last + 1, before)
        return dict(json.loads(answer))


def test_a_strangers_client_pairs_pushes_and_reads(server: LiveServer) -> None:
    created = server.run("create-device", "STRANGER-1", "--site", "1")
    stranger = Stranger(server.base)
    stranger.claim(json.loads(created.stdout)["code"])
    assert stranger.read("/api/v1/pairing/state") == {"state": "waiting"}
    assert stranger.ask("GET", "/api/v1/feeds?cursor=0.0")[0] == 403
    server.run("approve", "STRANGER-1")
    assert stranger.read("/api/v1/pairing/state") == {"state": "approved"}

    profile = stranger.read("/api/v1/profile")
    document = {key: value for key, value in profile.items() if key != "signature"}
    stranger.believe(b"zerot-profile-1", document, profile["signature"])
    keys = json.loads(stranger.open_box(un64(profile["sealed_keys"]), b"zerot-keys-1"))
    assert {key["number"] for key in keys["keys"]} == {1, 3}

    incarnation = profile["incarnation"]
    visit = {
        "site": 1, "session": "s1", "started_at": 1, "ended_at": 2, "language": "fr", "card": None, "offers_seen": 3,
    }  # fmt: skip
    answer = stranger.push(incarnation, [("incarnation.started", {"reason": "paired", "fork": None}), ("visit", visit)])
    assert answer["outcomes"] == ["created", "created"]
    assert answer["acknowledged"] == {"incarnation": incarnation, "sequence": 2}
    again = stranger.push(incarnation, [("visit", {**visit, "language": "de", "session": "Gîte"})])
    assert (again["outcomes"], again["acknowledged"]["sequence"]) == (["created"], 3)

    feeds = stranger.read("/api/v1/feeds?cursor=0.0")
    assert {entry["feed"] for entry in feeds["entries"]} >= {"config", "blocklist"}
    for entry in feeds["entries"]:
        signed = {"feed": entry["feed"], "number": entry["number"], "document": entry["document"]}
        stranger.believe(b"zerot-feed-1", signed, entry["signature"])
    assert feeds["acknowledged"] == {"incarnation": incarnation, "sequence": 3}
    assert stranger.read(f"/api/v1/feeds?cursor={feeds['cursor']}")["entries"] == []

    manifest = stranger.read("/api/v1/content/manifest")
    stranger.believe(b"zerot-manifest-1", manifest["manifest"], manifest["signature"])
    catalogue = manifest["manifest"]["catalogue"]
    target = f"/api/v1/content/blobs/{catalogue['sha256']}"
    status, start = stranger.ask("GET", target, Range="bytes=0-999")
    assert (status, len(start), start[:15]) == (206, 1000, b"SQLite format 3")
    status, rest = stranger.ask("GET", target, Range="bytes=1000-")
    assert (status, hashlib.sha256(start + rest).hexdigest()) == (206, catalogue["sha256"])

    status, body = stranger.plain("GET", "/api/v1/time?nonce=n0nce")
    told = json.loads(body)
    stranger.believe(b"zerot-time-1", {"nonce": "n0nce", "time": told["time"]}, told["signature"])
    assert status == 200
