"""A central server in memory that speaks the real protocol through the transport port, and can be told to misbehave."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from domain.ports import FixedClock
from sync.keys import FEED_TAG, MANIFEST_TAG, PROFILE_TAG, TIME_TAG, create_server_identity, verify_p256
from sync.messages_facts import signing_bytes
from sync.messages_pairing import TimeAnswer, build_time_answer, time_document
from sync.protocol import (
    Blob,
    Claim,
    ClaimAnswer,
    Created,
    Cursor,
    ErrorAnswer,
    ErrorCode,
    Exists,
    FactOutcome,
    FactsAnswer,
    FeedEntry,
    FeedsAnswer,
    Head,
    Manifest,
    PairingState,
    Profile,
    Quarantined,
    WireError,
    build_claim_answer,
    build_error,
    build_facts_answer,
    build_feeds_answer,
    build_profile,
    build_signed_manifest,
    build_state_answer,
    chain_batch,
    feed_document,
    manifest_document,
    parse_claim,
    parse_cursor,
    profile_document,
    unpack_batch,
)
from sync.signing import SignatureRefused, parse_signature, verify_request
from sync.transport import Answer, Fetched, Offline, OfflineReason, Request, Sink, never

NOW_MS = 1_795_348_800_000
DAY_MS = 86_400_000
JSON_HEADERS = {"content-type": "application/json"}


class SeededChance:
    def __init__(self, seed: int = 3) -> None:
        self.random = random.Random(seed)

    def token(self, size: int) -> bytes:
        return self.random.randbytes(size)


@dataclass
class FakeCentral:
    """`before` may answer in place of the server; `cut_after` bytes of a blob are sent, then the line is cut."""

    clock: FixedClock
    device_key: bytes = b""
    territory: str = "bon-coin"
    device: str = "BC-017"
    state: PairingState = PairingState.APPROVED
    facts: dict[str, bytes] = field(default_factory=dict)
    places: dict[tuple[int, int], str] = field(default_factory=dict)
    acknowledged: Head | None = None
    epoch: int = 1
    number: int = 0
    feeds: dict[str, FeedEntry] = field(default_factory=dict)
    manifest_version: int = 0
    manifest: tuple[Mapping[str, Any], bytes] | None = None
    blobs: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    bytes_up: int = 0
    before: Callable[[str], Fetched | None] = lambda path: None
    after: Callable[[str, Fetched], Fetched] = lambda path, answer: answer
    cut_after: int | None = None
    quarantine_kinds: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.keys = create_server_identity()

    # What the back office does

    def publish(self, feed: str, *, issued_at: int | None = None, days: int = 7, **body: Any) -> FeedEntry:
        self.number += 1
        issued = self.clock.wall_ms if issued_at is None else issued_at
        document = {
            "version": 1,
            "territory": self.territory,
            "issued_at": issued,
            "expires_at": issued + days * DAY_MS,
            **body,
        }
        self.feeds[feed] = self.signed(feed, self.number, document)
        return self.feeds[feed]

    def signed(self, feed: str, number: int, document: Mapping[str, Any]) -> FeedEntry:
        signature = self.keys.sign_document(FEED_TAG, feed_document(feed, number, document))
        return FeedEntry(feed, number, document, signature)

    def publish_content(
        self,
        version: int,
        catalogue: bytes,
        pictures: Mapping[str, bytes],
        *,
        days: int = 30,
        **changes: Any,
    ) -> None:
        for data in (catalogue, *pictures.values()):
            self.blobs[sha256(data).hexdigest()] = data
        manifest = Manifest(
            territory=changes.pop("territory", self.territory),
            content_version=version,
            issued_at=self.clock.wall_ms,
            expires_at=self.clock.wall_ms + days * DAY_MS,
            catalogue_sha256=sha256(catalogue).hexdigest(),
            catalogue_bytes=len(catalogue),
            blobs=tuple(Blob(sha256(data).hexdigest(), len(data), "image/png", key) for key, data in pictures.items()),
        )
        document = {**manifest_document(manifest), **changes}
        self.manifest = (document, self.keys.sign_document(MANIFEST_TAG, document))
        self.manifest_version = version

    # What the wire does

    def fetch(self, request: Request, sink: Sink | None = None, cancelled: Callable[[], bool] = never) -> Fetched:
        parts = urlsplit(request.url)
        self.requests.append(f"{request.method} {parts.path}")
        self.bytes_up += len(request.body)
        if cancelled():
            return Offline(OfflineReason.CANCELLED)
        found = self.before(parts.path)
        if found is None:
            try:
                found = self._answer(request, parts.path, parts.query, parts.netloc, sink)
            except WireError as error:
                found = self._error(ErrorCode(error.code), error.message)
        return self.after(parts.path, found)

    def _error(self, code: ErrorCode, message: str = "no") -> Answer:
        return Answer(code.status, JSON_HEADERS, build_error(ErrorAnswer(code, message)))

    def _ok(self, body: bytes) -> Answer:
        return Answer(200, JSON_HEADERS, body)

    def _answer(self, request: Request, path: str, query: str, authority: str, sink: Sink | None) -> Fetched:
        if path == "/api/v1/pairing/claim":
            return self._claim(parse_claim(request.body))
        if path == "/api/v1/time":
            now, nonce = self.clock.wall_ms, query.removeprefix("nonce=")
            signature = self.keys.sign_document(TIME_TAG, time_document(now, nonce))
            return self._ok(build_time_answer(TimeAnswer(now, nonce, signature)))
        signed = parse_signature(request.headers)
        if isinstance(signed, SignatureRefused):
            return self._error(ErrorCode.BAD_SIGNATURE, signed.reason)
        if signed.keyid != self.device:
            return self._error(ErrorCode.UNKNOWN_DEVICE)
        verified = verify_request(
            signed,
            lambda message, raw: verify_p256(self.device_key, message, raw),
            method=request.method,
            authority=authority,
            path=path,
            query=query,
            body=request.body,
        )
        if isinstance(verified, SignatureRefused):
            return self._error(ErrorCode.BAD_SIGNATURE, verified.reason)
        match path.removeprefix("/api/v1/").split("/"):
            case ["pairing", "state"]:
                return self._ok(build_state_answer(self.state))
            case ["profile"]:
                document = profile_document(self.device, self.territory, 1, bytes(48))
                signature = self.keys.sign_document(PROFILE_TAG, document)
                return self._ok(build_profile(Profile(self.device, self.territory, 1, bytes(48), signature)))
            case ["facts"]:
                return self._take(request.body)
            case ["feeds"]:
                return self._feeds(parse_cursor(query.removeprefix("cursor=")))
            case ["content", "manifest"]:
                if self.manifest is None:
                    return self._error(ErrorCode.NOT_FOUND)
                return self._ok(build_signed_manifest(*self.manifest))
            case ["content", "blobs", name]:
                return self._blob(name, request.headers.get("Range", ""), sink)
        return self._error(ErrorCode.NOT_FOUND)

    def _claim(self, claim: Claim) -> Answer:
        if claim.code != "ABCDEFGHJKMN":
            return self._error(ErrorCode.CODE_WRONG)
        self.device_key = claim.public_key
        self.state = PairingState.WAITING
        answer = ClaimAnswer(
            self.device, self.territory, self.keys.public, self.keys.sealing_public, PairingState.WAITING
        )
        return self._ok(build_claim_answer(answer))

    def _take(self, packed: bytes) -> Answer:
        batch = unpack_batch(packed)
        facts = chain_batch(batch)
        assert verify_p256(self.device_key, signing_bytes(facts, self.territory), batch.signature)
        outcomes: list[FactOutcome] = []
        for fact in facts:
            if fact.kind in self.quarantine_kinds:
                outcomes.append(Quarantined("of a kind that nobody knows"))
            elif self.facts.get(fact.id) == fact.content_hash:
                outcomes.append(Exists())
            elif fact.id in self.facts:
                outcomes.append(Quarantined("same id, other content"))
            else:
                outcomes.append(Created())
            self.facts.setdefault(fact.id, fact.content_hash)
            self.places[fact.incarnation, fact.sequence] = fact.id
        self.acknowledged = Head(batch.incarnation, batch.last)
        return self._ok(build_facts_answer(FactsAnswer(tuple(outcomes), self.acknowledged, self.clock.wall_ms)))

    def _feeds(self, cursor: Cursor) -> Answer:
        since = cursor.number if cursor.epoch == self.epoch else 0
        entries = tuple(entry for entry in self.feeds.values() if entry.number > since)
        answer = FeedsAnswer(
            Cursor(self.epoch, self.number),
            self.epoch,
            self.clock.wall_ms,
            self.acknowledged,
            self.manifest_version,
            entries,
        )
        return self._ok(build_feeds_answer(answer))

    def _blob(self, name: str, span: str, sink: Sink | None) -> Fetched:
        data = self.blobs.get(name)
        if data is None or sink is None:
            return self._error(ErrorCode.NOT_FOUND)
        start = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
        headers = {"content-type": "application/octet-stream"}
        if start:
            headers["content-range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if not sink.begin(206 if start else 200, headers):
            return Offline(OfflineReason.GARBAGE)
        if self.cut_after is not None:
            sink.write(data[start : start + self.cut_after])
            if start + self.cut_after < len(data):
                return Offline(OfflineReason.TRUNCATED, "cut")
            return Answer(206, headers, b"")
        sink.write(data[start:])
        return Answer(206 if start else 200, headers, b"")


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {**JSON_HEADERS, **headers}, json.dumps(value).encode())
