"""The device's side of the protocol: one method per route, signed, each with a closed set of results.

An answer that is not the message it should be is `Offline(GARBAGE)`: whoever said it was not our server.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from threading import Lock
from typing import Final, TypeVar
from urllib.parse import urlsplit

from domain.facts import Fact
from domain.ports import Chance, Clock
from sync.keys import PROFILE_TAG, REVOKED_TAG, TIME_TAG, DeviceIdentity, Signer, pairing_proof_bytes, verify_document
from sync.messages_cards import (
    SessionOpening,
    SessionStep,
    SessionTurn,
    build_opening,
    build_turn,
    parse_step,
)
from sync.messages_common import ANSWER_BYTES_MAX, ErrorAnswer, parse_error
from sync.messages_down import (
    Cursor,
    FeedsAnswer,
    SignedManifest,
    parse_feeds_answer,
    parse_signed_manifest,
)
from sync.messages_facts import FactsAnswer, batch_of, build_batch, parse_facts_answer, signing_bytes
from sync.messages_pairing import (
    Claim,
    ClaimAnswer,
    PairingState,
    Profile,
    Roll,
    TimeAnswer,
    build_claim,
    build_roll,
    parse_claim_answer,
    parse_profile,
    parse_revocation,
    parse_state_answer,
    parse_time_answer,
    profile_document,
    revocation_document,
    time_document,
)
from sync.signing import normal_authority, sign_request
from sync.tls_dates import ANY_TIME
from sync.transport import Answer, Offline, OfflineReason, Request, Sink, Transport, never
from sync.wire import WireError, compress

SEALED_TYPE: Final = "application/zerot-sealed"
NONCE_BYTES: Final = 12
RETRY_AFTER_SECONDS_MAX: Final = 3600
BLOB_TYPES: Final = frozenset(
    {"application/octet-stream", "application/vnd.sqlite3", "application/json", "image/jpeg", "image/webp", "image/png"}
)
_Message = TypeVar("_Message")


@dataclass(frozen=True, slots=True)
class Refused:
    """Our server said no. `retry_after_seconds` is what it asked to wait, None when it did not."""

    error: ErrorAnswer
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class BlobDone:
    """The body went to the sink to its end."""


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """A batch as it travels: (incarnation, sequence) of its first and last fact, how many, and the zstd body."""

    first: tuple[int, int]
    last: tuple[int, int]
    count: int
    body: bytes


class DeviceClient:
    """Speaks for one device with one server; used from one thread at a time, but for `pack_facts`."""

    def __init__(
        self,
        transport: Transport,
        url: str,
        device: str,
        signer: Signer,
        *,
        clock: Clock,
        chance: Chance,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        parts = urlsplit(url)
        self._transport, self._device, self._signer = transport, device, signer
        self._signing = Lock()  # a key in a TPM answers one at a time
        self._root, self._base = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        self._authority = normal_authority(parts.netloc, parts.scheme)
        self._clock, self._chance, self._cancelled = clock, chance, cancelled
        self._offset_ms: int | None = None  # of the server's signed time, once the certificate's dates needed it

    def measure_time(self, server_key: bytes) -> TimeAnswer | Refused | Offline:
        """GET /api/v1/time, the certificate's dates unchecked: what the server signs with our nonce is its time.

        From then on that time judges the certificate and makes `created`.
        """
        nonce = urlsafe_b64encode(self._chance.token(NONCE_BYTES)).decode("ascii")
        url = f"{self._root}{self._base}/api/v1/time?nonce={nonce}"
        found = understand(
            self._transport.fetch(Request("GET", url, judge_at_ms=ANY_TIME), None, self._cancelled), parse_time_answer
        )
        if isinstance(found, TimeAnswer):
            document = time_document(found.time, found.nonce)
            if found.nonce != nonce or not verify_document(server_key, TIME_TAG, document, found.signature):
                return Offline(OfflineReason.GARBAGE, "a time that the server did not sign for this question")
            self._offset_ms = found.time - self._clock.now_ms()
        return found

    def _now_ms(self) -> int:
        return self._clock.now_ms() + (self._offset_ms or 0)

    def read_state(self) -> PairingState | Refused | Offline:
        """GET /api/v1/pairing/state."""
        return self._ask("GET", "/api/v1/pairing/state", parse_state_answer)

    def roll_key(self, public_der: bytes, proof: bytes) -> PairingState | Refused | Offline:
        """POST /api/v1/identity: another key follows the one that signs this request."""
        body, headers = build_roll(Roll(public_der, proof)), {"Content-Type": "application/json"}
        return self._ask("POST", "/api/v1/identity", parse_state_answer, body=body, headers=headers)

    def as_signer(self, signer: Signer) -> DeviceClient:
        """The same device with another key."""
        other = copy(self)
        other._signer = signer
        return other

    def read_profile(self, server_key: bytes) -> Profile | Refused | Offline:
        """GET /api/v1/profile; a profile that the server's key did not sign is garbage."""
        found = self._ask("GET", "/api/v1/profile", parse_profile)
        if isinstance(found, Profile):
            document = profile_document(found.device, found.territory, found.incarnation, found.sealed_keys)
            if found.device != self._device or not verify_document(server_key, PROFILE_TAG, document, found.signature):
                return Offline(OfflineReason.GARBAGE, "a profile that the server did not sign for this device")
        return found

    def pack_facts(self, facts: tuple[Fact, ...], territory: str) -> PackedBatch:
        """A batch signed and ready to send. Any thread."""
        with self._signing:
            signature = self._signer.sign(signing_bytes(facts, territory))
        body = compress(build_batch(batch_of(facts, territory, signature)))
        first, last = facts[0], facts[-1]
        place = (first.incarnation, first.sequence), (last.incarnation, last.sequence)
        return PackedBatch(*place, len(facts), body)

    def send_packed(self, packed: PackedBatch) -> FactsAnswer | Refused | Offline:
        """POST /api/v1/facts with one batch, signed as a request."""
        headers = {"Content-Type": "application/json", "Content-Encoding": "zstd"}
        found = self._ask("POST", "/api/v1/facts", parse_facts_answer, body=packed.body, headers=headers)
        if isinstance(found, FactsAnswer) and len(found.outcomes) != packed.count:
            return Offline(OfflineReason.GARBAGE, "not one outcome per fact")
        return found

    def send_facts(self, facts: tuple[Fact, ...], territory: str) -> FactsAnswer | Refused | Offline:
        """POST /api/v1/facts with one batch, signed as a batch and as a request."""
        return self.send_packed(self.pack_facts(facts, territory))

    def send_sealed(self, box: bytes) -> FactsAnswer | Refused | Offline:
        """POST /api/v1/facts with a batch that was sealed to the server when this device was wiped."""
        headers = {"Content-Type": SEALED_TYPE}
        return self._ask("POST", "/api/v1/facts", parse_facts_answer, body=box, headers=headers)

    def is_revoked(self, server_key: bytes) -> bool:
        """GET /api/v1/pairing/state: whether the server says so under its signature. A line that lies wipes nobody."""
        found = self._ask("GET", "/api/v1/pairing/state", parse_revocation)
        document = revocation_document(self._device, self._signer.public_der)
        return isinstance(found, bytes) and verify_document(server_key, REVOKED_TAG, document, found)

    def read_feeds(self, cursor: Cursor) -> FeedsAnswer | Refused | Offline:
        """GET /api/v1/feeds."""
        return self._ask("GET", "/api/v1/feeds", parse_feeds_answer, query=f"cursor={cursor}")

    def read_manifest(self) -> SignedManifest | Refused | Offline:
        """GET /api/v1/content/manifest."""
        return self._ask("GET", "/api/v1/content/manifest", parse_signed_manifest)

    def open_card_session(self, opening: SessionOpening) -> SessionStep | Refused | Offline:
        """POST /api/v1/card-sessions. Harmless to repeat with the same content."""
        return self._step("/api/v1/card-sessions", build_opening(opening))

    def continue_card_session(self, session: str, turn: SessionTurn) -> SessionStep | Refused | Offline:
        """POST /api/v1/card-sessions/SESSION. Harmless to repeat with the same content."""
        return self._step(f"/api/v1/card-sessions/{session}", build_turn(turn))

    def _step(self, path: str, body: bytes) -> SessionStep | Refused | Offline:
        return self._ask("POST", path, parse_step, body=body, headers={"Content-Type": "application/json"})

    def read_blob(self, sha256: str, offset: int, size: int, sink: Sink) -> BlobDone | Refused | Offline:
        """GET /api/v1/content/blobs/SHA256 from `offset` on, at most `size` bytes. Raises the sink's OSError."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        fetched = self._fetch("GET", f"/api/v1/content/blobs/{sha256}", headers=headers, sink=sink, size_max=size)
        if isinstance(fetched, Answer):
            return BlobDone() if fetched.status in (200, 206) else _refusal(fetched)
        return fetched

    def _ask(
        self,
        method: str,
        path: str,
        parse: Callable[[bytes], _Message],
        *,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> _Message | Refused | Offline:
        fetched = self._fetch(method, path, query=query, body=body, headers=headers or {})
        return understand(fetched, parse)

    def _fetch(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: str = "",
        body: bytes = b"",
        sink: Sink | None = None,
        size_max: int = ANSWER_BYTES_MAX,
    ) -> Answer | Offline:
        target = self._base + path
        with self._signing:
            signed = sign_request(
                self._signer.sign,
                self._device,
                method=method,
                authority=self._authority,
                path=target,
                query=query,
                body=body,
                created_seconds=self._now_ms() // 1000,
                nonce=urlsafe_b64encode(self._chance.token(NONCE_BYTES)).decode("ascii"),
            )
        encoding = {} if sink is not None else {"Accept-Encoding": "zstd, gzip"}
        url = f"{self._root}{target}{'?' if query else ''}{query}"
        types = BLOB_TYPES if sink is not None else frozenset({"application/json"})
        judge = None if self._offset_ms is None else self._now_ms()
        request = Request(method, url, {**encoding, **headers, **signed}, body, size_max, types, judge_at_ms=judge)
        return self._transport.fetch(request, sink, self._cancelled)


def claim_device(
    transport: Transport, url: str, code: str, identity: DeviceIdentity, software: str
) -> ClaimAnswer | Refused | Offline:
    """POST /api/v1/pairing/claim with a normal code. The answer is believed only once eight words were compared."""
    proof = identity.sign(pairing_proof_bytes(code, identity.public_der, identity.sealing_public))
    body = build_claim(Claim(code, identity.public_der, identity.sealing_public, software, proof))
    request = Request("POST", f"{url}/api/v1/pairing/claim", {"Content-Type": "application/json"}, body)
    return understand(transport.fetch(request), parse_claim_answer)


def understand(fetched: Answer | Offline, parse: Callable[[bytes], _Message]) -> _Message | Refused | Offline:
    """Read an answer as the message it should be."""
    if isinstance(fetched, Offline):
        return fetched
    if fetched.status != 200:
        return _refusal(fetched)
    try:
        return parse(fetched.body)
    except WireError as error:
        return Offline(OfflineReason.GARBAGE, error.message)


def _refusal(answer: Answer) -> Refused | Offline:
    wait = answer.headers.get("retry-after", "").strip()
    seconds = min(int(wait), RETRY_AFTER_SECONDS_MAX) if wait.isdecimal() and len(wait) < 10 else None
    if not answer.body and answer.status in (429, 503):
        return Refused(ErrorAnswer("busy", "the server is busy"), seconds)
    try:
        return Refused(parse_error(answer.body), seconds)
    except WireError:
        return Offline(OfflineReason.GARBAGE, f"status {answer.status} without an error of ours")
