"""The device API, version 1 (docs/sync-protocol.md). Messages are read and written by sync.protocol alone.

Every failure that a request can cause is one JSON error of the protocol's closed list; nothing here answers 500.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from server.api.auth import authenticate
from server.api.blobs import blob_response
from server.api.documented import DocumentedAPI
from server.api.errors import error_response, json_response, wire_error_response
from server.api.runtime import runtime
from server.bundles import open_sealed_facts
from server.cards.relay import Caller, continue_session, open_session
from server.content.feeds import read_feeds
from server.content.models import ContentBlob
from server.content.publish import group_of, renew
from server.devices.models import DeviceState
from server.devices.pairing import claim_device, roll_key
from server.devices.roles import Route, role_named
from server.ledger.ingest import ingest
from server.operation.observe import metrics
from sync.client import SEALED_TYPE
from sync.keys import PROFILE_TAG, REVOKED_TAG, TIME_TAG
from sync.messages_cards import SESSION_BYTES_MAX, parse_opening, parse_session_id, parse_turn
from sync.messages_pairing import build_revocation, parse_roll, revocation_document
from sync.protocol import (
    ClaimAnswer,
    ErrorCode,
    PairingState,
    Profile,
    TimeAnswer,
    WireError,
    build_card_keys,
    build_claim_answer,
    build_facts_answer,
    build_feeds_answer,
    build_profile,
    build_signed_manifest,
    build_state_answer,
    build_time_answer,
    parse_claim,
    parse_cursor,
    parse_json_object,
    profile_document,
    time_document,
    unpack_batch,
)
from sync.sealing import KEYS_CONTEXT, seal

logger = logging.getLogger("zerot.api")
NONCE_MAX = 64
_SIGNED: dict[str, Any] = {"security": [{"device": []}]}
api = DocumentedAPI(
    title="Zér'ot device API",
    version="1",
    description="The wire is described in docs/sync-protocol.md; requests are signed with RFC 9421.",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="device-api",
    openapi_extra={
        "components": {
            "securitySchemes": {
                "device": {"type": "apiKey", "in": "header", "name": "Signature", "description": "RFC 9421, P-256"}
            }
        }
    },
)


def _body(media_type: str, size: int) -> dict[str, Any]:
    schema = {"type": "string", "format": "binary", "maxLength": size}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


@api.post("/pairing/claim", openapi_extra=_body("application/json", 4096))
def pairing_claim(request: HttpRequest) -> HttpResponse:
    """A device with a one-time code leaves its public keys and waits for a person. Unsigned."""
    run = runtime()
    device = claim_device(parse_claim(request.body), run.identity, run.clock)
    answer = ClaimAnswer(
        device.name, device.territory, run.identity.public, run.identity.sealing_public, PairingState.WAITING
    )
    return json_response(build_claim_answer(answer))


@api.get("/pairing/state", openapi_extra=_SIGNED)
def pairing_state(request: HttpRequest) -> HttpResponse:
    """Where the device stands."""
    run = runtime()
    device = authenticate(request, Route.PAIRING_STATE, run.clock).device
    if device.state == DeviceState.REVOKED:  # under signature: on this word a device wipes itself
        document = revocation_document(device.name, bytes(device.public_key or b""))
        return json_response(build_revocation(run.identity.sign_document(REVOKED_TAG, document)))
    # A fresh code was issued for a claimed device: its key still holds, and it is still where it was.
    state = PairingState.WAITING if device.state == DeviceState.CREATED else PairingState(device.state)
    return json_response(build_state_answer(state))


@api.get("/profile", openapi_extra=_SIGNED)
def profile(request: HttpRequest) -> HttpResponse:
    """The device's incarnation and the card keys of its role, sealed to it and signed."""
    run = runtime()
    device = authenticate(request, Route.PROFILE, run.clock).device
    role = role_named(device.role)
    numbers = role.card_keys if role else frozenset[int]()
    keys = build_card_keys(run.card_masters(device.territory).for_numbers(numbers))
    box = seal(bytes(device.sealing_key or b""), keys, KEYS_CONTEXT, run.chance)
    document = profile_document(device.name, device.territory, device.incarnation, box)
    signature = run.identity.sign_document(PROFILE_TAG, document)
    return json_response(build_profile(Profile(device.name, device.territory, device.incarnation, box, signature)))


@api.post("/identity", openapi_extra=_SIGNED | _body("application/json", 4096))
def identity(request: HttpRequest) -> HttpResponse:
    """Another key follows the one that signs this request, which is dead from then on."""
    signed = authenticate(request, Route.IDENTITY, runtime().clock)
    roll_key(signed.device, parse_roll(signed.body, signed.device.name))
    return json_response(build_state_answer(PairingState(signed.device.state)))


@api.post("/facts", openapi_extra=_SIGNED | _body("application/zstd", 1 << 20))
def facts(request: HttpRequest) -> HttpResponse:
    """A batch of facts: kept, booked and acknowledged, or kept in quarantine."""
    run = runtime()
    signed = authenticate(request, Route.FACTS, run.clock)
    if request.headers.get("Content-Type", "").strip().lower() == SEALED_TYPE:
        batch = unpack_batch(open_sealed_facts(signed.body, run.identity))
    elif request.headers.get("Content-Encoding", "").strip().lower() == "zstd":
        batch = unpack_batch(signed.body)
    else:
        raise WireError(ErrorCode.BAD_REQUEST, "the body must be Content-Encoding: zstd")
    if (batch.territory, batch.device) != (signed.device.territory, signed.device.name):
        raise WireError(ErrorCode.BAD_REQUEST, "the batch names another territory or device than the one that signed")
    answer = ingest(batch, signed.device, run.clock)
    metrics().told(answer.outcomes)
    return json_response(build_facts_answer(answer))


@api.get("/feeds", openapi_extra=_SIGNED)
def feeds(request: HttpRequest, cursor: str = "0.0") -> HttpResponse:
    """Documents newer than the cursor; also probe, clock, acknowledged head and manifest version."""
    run = runtime()
    device = authenticate(request, Route.FEEDS, run.clock).device
    renew(device.territory, run.identity, run.clock)
    return json_response(build_feeds_answer(read_feeds(device, parse_cursor(cursor), run.identity, run.clock)))


@api.post("/card-sessions", openapi_extra=_SIGNED | _body("application/json", SESSION_BYTES_MAX))
def card_session(request: HttpRequest) -> HttpResponse:
    """Begin a session with the card on the device's reader: the frames to send to it, or why there are none."""
    run = runtime()
    signed = authenticate(request, Route.CARD_SESSION, run.clock)
    caller = Caller.of(signed.device, signed.nonce, signed.body)
    return json_response(open_session(parse_opening(signed.body), caller, run))


@api.post("/card-sessions/{session}", openapi_extra=_SIGNED | _body("application/json", SESSION_BYTES_MAX))
def card_session_turn(request: HttpRequest, session: str) -> HttpResponse:
    """What the card answered: the next frames, or the end."""
    run = runtime()
    signed = authenticate(request, Route.CARD_SESSION, run.clock)
    caller = Caller.of(signed.device, signed.nonce, signed.body)
    key = UUID(parse_session_id(session))
    return json_response(continue_session(key, parse_turn(signed.body), caller, run))


@api.get("/content/manifest", openapi_extra=_SIGNED)
def manifest(request: HttpRequest) -> HttpResponse:
    """The newest signed manifest."""
    run = runtime()
    device = authenticate(request, Route.MANIFEST, run.clock).device
    newest = renew(device.territory, run.identity, run.clock, group_of(device))
    if newest is None:
        raise WireError(ErrorCode.NOT_FOUND, "nothing has been published yet")
    return json_response(build_signed_manifest(parse_json_object(newest.manifest.encode()), bytes(newest.signature)))


@api.get("/content/blobs/{sha256}", openapi_extra=_SIGNED)
def blob(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """The bytes of a blob that some manifest of the device's territory names."""
    run = runtime()
    device = authenticate(request, Route.BLOB, run.clock).device
    row = ContentBlob.objects.filter(territory=device.territory, sha256=sha256).first()
    path = run.home.blob(row.sha256) if row else None
    if row is None or path is None or not path.is_file():
        raise WireError(ErrorCode.NOT_FOUND, "no such blob")
    return blob_response(path, row.size_bytes, row.media_type, request.headers.get("Range", ""))


@api.get("/time")
def server_time(request: HttpRequest, nonce: str = "") -> HttpResponse:
    """The server's clock, signed with the caller's nonce. Unsigned: it is for devices whose own clock is wrong."""
    if not 1 <= len(nonce) <= NONCE_MAX or not nonce.isascii() or not nonce.isprintable():
        raise WireError(ErrorCode.BAD_REQUEST, "nonce: 1 to 64 printable ASCII letters")
    run = runtime()
    now = run.clock.now_ms()
    signature = run.identity.sign_document(TIME_TAG, time_document(now, nonce))
    return json_response(build_time_answer(TimeAnswer(now, nonce, signature)))


@api.exception_handler(WireError)
def refused(request: HttpRequest, error: WireError) -> HttpResponse:
    """What a parser or a rule refused."""
    return wire_error_response(error)


@api.exception_handler(DataError)
def impossible_data(request: HttpRequest, error: DataError) -> HttpResponse:
    """A value that the database cannot hold."""
    return error_response(ErrorCode.BAD_REQUEST, "A value is outside what can be stored.")


@api.exception_handler(Exception)
def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: noted with its trace, and the device keeps everything and comes back."""
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return error_response(ErrorCode.BUSY, "The server failed on this request, try again later.")


@api.exception_handler(OperationalError)
def database_busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """The database is locked, restarting or gone: the device keeps everything and comes back."""
    return error_response(ErrorCode.BUSY, "The server is busy, try again soon.")
