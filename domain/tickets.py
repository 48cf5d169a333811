"""Tickets: what was bought for one thing, as a text that a QR carries and another site can check with no network.

The text is a line for people, then `ZT1:` and base32 of *body ‖ signature*. Body: version₁ ticket₁₆ offer₄ day₂ start₂
people₁ device name. The signature is the kiosk's device key over `zerot-ticket-1` ‖ body. Pure: the signer is passed.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass
from hashlib import sha256

from domain.ports import format_id, id_bytes

TICKET_TAG = b"zerot-ticket-1"
TICKET_PREFIX = "ZT1:"
SIGNATURE_BYTES = 64
_FIXED = 1 + 16 + 4 + 2 + 2 + 1


class TicketUnreadable(ValueError):
    """The text is no ticket of ours."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`day` is a card day number, `start` minutes after local midnight; `offer_ref` four bytes of SHA-256 of the id."""

    ticket_id: str
    offer_ref: bytes
    day: int
    start: int
    people: int
    device: str


def offer_ref(offer_id: str) -> bytes:
    return sha256(offer_id.encode()).digest()[:4]


def ticket_body(ticket: Ticket) -> bytes:
    """The bytes that are signed, without the tag."""
    device = ticket.device.encode()
    if len(device) > 32 or len(ticket.offer_ref) != 4:
        raise ValueError("a ticket's device name takes 32 bytes, its offer reference four")
    return (
        b"\x01"
        + id_bytes(ticket.ticket_id)
        + ticket.offer_ref
        + ticket.day.to_bytes(2, "big")
        + ticket.start.to_bytes(2, "big")
        + ticket.people.to_bytes(1, "big")
        + device
    )


def signing_bytes(body: bytes) -> bytes:
    return TICKET_TAG + body


def format_ticket(body: bytes, signature: bytes, line: str) -> str:
    """The QR's text: `line` is for the person who photographs it."""
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError("a ticket's signature has 64 bytes")
    token = b32encode(body + signature).decode().rstrip("=")
    return f"{line}\n{TICKET_PREFIX}{token}"


def parse_ticket(text: str) -> tuple[Ticket, bytes, bytes]:
    """(ticket, body, signature) of a QR's text; raises TicketUnreadable. The caller checks the signature."""
    _, mark, token = text.rpartition(TICKET_PREFIX)
    if not mark or len(token) > 400:
        raise TicketUnreadable("no ticket in this text")
    try:
        raw = b32decode(token + "=" * (-len(token) % 8))
    except ValueError as error:
        raise TicketUnreadable("the ticket's token is damaged") from error
    if len(raw) < _FIXED + SIGNATURE_BYTES or raw[0] != 1:
        raise TicketUnreadable("the ticket is too short or of another version")
    body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    try:
        device = body[_FIXED:].decode()
    except UnicodeDecodeError as error:
        raise TicketUnreadable("the ticket's device is unreadable") from error
    ticket = Ticket(
        ticket_id=format_id(body[1:17]),
        offer_ref=body[17:21],
        day=int.from_bytes(body[21:23], "big"),
        start=int.from_bytes(body[23:25], "big"),
        people=body[25],
        device=device,
    )
    return ticket, body, signature


def short_code(ticket_id: str) -> str:
    """Eight characters that a person can read aloud: the last five bytes, base32."""
    return b32encode(id_bytes(ticket_id)[-5:]).decode()
