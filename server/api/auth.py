"""Who is asking: RFC 9421 signatures checked against the device's key, then its state, then its role's allow-list."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from domain.ports import Clock
from server.devices.models import Device, DeviceState
from server.devices.roles import REVOKED_ROUTES, Route, may
from sync.keys import verify_p256
from sync.protocol import ErrorCode, WireError
from sync.signing import SignatureRefused, normal_authority, parse_signature, verify_request

# Routes that a device may call before a person has approved it.
_BEFORE_APPROVAL = frozenset({Route.PAIRING_STATE})
SEEN_EVERY_MS = 60_000  # "last seen" is written at most once a minute: an idle fleet costs reads only


@dataclass(frozen=True, slots=True)
class SignedDevice:
    """A device whose request was verified; `body` is what it sent, already read; `nonce` the one it signed with."""

    device: Device
    body: bytes
    nonce: str = ""


def authenticate(request: HttpRequest, route: Route, clock: Clock) -> SignedDevice:
    """The device that signed this request and may call `route`. Raises WireError."""
    signed = parse_signature(request.headers)
    if isinstance(signed, SignatureRefused):
        raise WireError(ErrorCode.BAD_SIGNATURE, signed.reason)
    device = Device.objects.filter(name=signed.keyid).first()
    if device is None or device.public_key is None:
        raise WireError(ErrorCode.UNKNOWN_DEVICE, "no device of this name is paired")
    public_key = bytes(device.public_key)
    body = request.body
    # The target as it was sent: Django unquotes the path, the server kept the raw one.
    path = request.META.get("zerot.raw_path", request.path)
    verdict = verify_request(
        signed,
        lambda message, signature: verify_p256(public_key, message, signature),
        method=request.method or "",
        authority=normal_authority(request.headers.get("Host", ""), request.scheme or "http"),
        path=path,
        query=request.META.get("QUERY_STRING", ""),
        body=body,
    )
    if isinstance(verdict, SignatureRefused):
        raise WireError(ErrorCode.BAD_SIGNATURE, verdict.reason)
    _admit(device, route)
    _see(device, verdict.created, clock)
    return SignedDevice(device, body, verdict.nonce)


def _admit(device: Device, route: Route) -> None:
    if not may(device.role, route):
        raise WireError(ErrorCode.FORBIDDEN_ROUTE, "the role of this device does not allow this")
    if device.state == DeviceState.REVOKED and route not in REVOKED_ROUTES:
        raise WireError(ErrorCode.REVOKED, "this device was revoked")
    allowed = device.state in (DeviceState.APPROVED, DeviceState.REVOKED)
    if not allowed and route not in _BEFORE_APPROVAL:
        raise WireError(ErrorCode.NOT_APPROVED, "a person has not approved this device")


def _see(device: Device, created_seconds: int, clock: Clock) -> None:
    now = clock.now_ms()
    if device.last_seen_at is not None and 0 <= now - device.last_seen_at < SEEN_EVERY_MS:
        return
    offset = now - created_seconds * 1000
    Device.objects.filter(pk=device.pk).update(last_seen_at=now, clock_offset_ms=offset)
