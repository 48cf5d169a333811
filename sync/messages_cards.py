"""Card sessions that the server runs through a kiosk: which frames go to the card, what the card answered, the end.

The kiosk only carries APDUs; the keys never leave the server. A session is named by the kiosk, so that a request may be
repeated: the same turn with the same content has the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

from domain.canonical import JsonObject, JsonValue
from domain.ports import id_bytes
from sync.messages_common import parse_answer, parse_request
from sync.wire import Fields, bad, build_json, decode_binary, encode_binary

RELAY_CONTEXT: Final = b"zerot-relay-1"  # of the sealed box with the card's serials
SESSION_BYTES_MAX: Final = 16_384
FRAMES_PER_TURN_MAX: Final = 16
FRAMES_MAX: Final = 64  # of one session: a credit takes 16, with a change of every key about twice that
APDU_BYTES_MAX: Final = 261  # a short command APDU: header, length, 255 bytes, expected length
ANSWER_APDU_MIN, ANSWER_APDU_MAX = 2, 258  # the status word alone; 256 bytes and the status word
TURNS_MAX: Final = FRAMES_MAX + 1
SESSION_SECONDS: Final = 30


@unique
class SessionOutcome(StrEnum):
    """How a session ended."""

    DONE = "done"
    NOTHING = "nothing"  # nothing is due to this card
    NOT_DONE = "not_done"  # surely nothing was changed: what is due stays due
    IN_DOUBT = "in_doubt"  # the commit may have happened: the next tap tells
    REFUSED = "refused"  # for `reason`; nothing was changed


@dataclass(frozen=True, slots=True)
class SessionOpening:
    """POST /api/v1/card-sessions. `session` is a fresh UUIDv7 of the kiosk; `chip` the generation, 1 to 3.

    `card_sealed` holds `CardSerials`, sealed to the server under RELAY_CONTEXT.
    """

    session: str
    card_number: str
    chip: int
    card_sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class CardSerials:
    """What the reader says (4, 7 or 10 bytes, random on some cards) and the real UID."""

    serial: bytes
    uid: bytes


@dataclass(frozen=True, slots=True)
class SessionTurn:
    """POST /api/v1/card-sessions/SESSION. `answers`: data and status word of the frames of that turn, in order.

    `lost`: the card or the reader went; fewer answers than frames otherwise only after one that was not 9100.
    """

    turn: int
    answers: tuple[bytes, ...]
    lost: bool = False


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The end. Cents; `balance_cents` is known after `done` alone; `left_cents` stays due."""

    outcome: SessionOutcome
    reason: str = ""
    amount_cents: int = 0
    balance_cents: int | None = None
    left_cents: int = 0


@dataclass(frozen=True, slots=True)
class SessionStep:
    """The server's answer: frames to send in order while each is answered 9100, or the end."""

    turn: int
    frames: tuple[bytes, ...]
    due_cents: int
    result: SessionResult | None = None


def build_serials(serials: CardSerials) -> bytes:
    """What is sealed."""
    return build_json({"version": 1, "serial": serials.serial.hex(), "uid": serials.uid.hex()})


def parse_serials(raw: bytes) -> CardSerials:
    """Raises WireError."""
    fields = parse_request(raw, 256)
    fields.version()
    serials = CardSerials(fields.hexadecimal("serial", 4, 10), fields.hexadecimal("uid", 7))
    fields.done()
    return serials


def build_opening(opening: SessionOpening) -> bytes:
    return build_json(
        {
            "version": 1,
            "session": opening.session,
            "card": opening.card_number,
            "chip": opening.chip,
            "card_sealed": encode_binary(opening.card_sealed),
        }
    )


def parse_opening(raw: bytes) -> SessionOpening:
    """Raises WireError."""
    fields = parse_request(raw, SESSION_BYTES_MAX)
    fields.version()
    opening = SessionOpening(
        parse_session_id(fields.text("session", 36)),
        _card_number(fields),
        fields.integer("chip", 1, 3),
        fields.binary("card_sealed", 48, 512),
    )
    fields.done()
    return opening


def parse_session_id(text: str) -> str:
    """A canonical UUID; raises WireError."""
    try:
        id_bytes(text)
    except ValueError:
        bad("session: not an identifier")
    return text


def _card_number(fields: Fields) -> str:
    number = fields.text("card", 8, size_min=8)
    if not number.isascii() or not number.isdigit():
        bad("card: not eight digits")
    return number


def build_turn(turn: SessionTurn) -> bytes:
    answers: list[JsonValue] = [encode_binary(answer) for answer in turn.answers]
    return build_json({"version": 1, "turn": turn.turn, "answers": answers, "lost": turn.lost})


def parse_turn(raw: bytes) -> SessionTurn:
    """Raises WireError."""
    fields = parse_request(raw, SESSION_BYTES_MAX)
    fields.version()
    turn = SessionTurn(
        fields.integer("turn", 1, TURNS_MAX),
        _apdus(fields, "answers", ANSWER_APDU_MIN, ANSWER_APDU_MAX),
        _truth(fields, "lost"),
    )
    fields.done()
    return turn


def _truth(fields: Fields, name: str) -> bool:
    value = fields.value.get(name)
    fields.has(name)
    if not isinstance(value, bool):
        bad(f"{fields.path}{name}: not true or false")
    return value


def _apdus(fields: Fields, name: str, size_min: int, size_max: int) -> tuple[bytes, ...]:
    found = []
    for item in fields.items(name, FRAMES_PER_TURN_MAX):
        raw = decode_binary(item) if isinstance(item, str) and len(item) <= 2 * size_max else b""
        if not size_min <= len(raw) <= size_max:
            bad(f"{fields.path}{name}: an item has not {size_min} to {size_max} bytes")
        found.append(raw)
    return tuple(found)


def build_step(step: SessionStep) -> bytes:
    frames: list[JsonValue] = [encode_binary(frame) for frame in step.frames]
    return build_json(
        {
            "version": 1,
            "turn": step.turn,
            "frames": frames,
            "due_cents": step.due_cents,
            "result": None if step.result is None else _result_json(step.result),
        }
    )


def _result_json(result: SessionResult) -> JsonObject:
    return {
        "outcome": str(result.outcome),
        "reason": result.reason,
        "amount_cents": result.amount_cents,
        "balance_cents": result.balance_cents,
        "left_cents": result.left_cents,
    }


def parse_step(raw: bytes) -> SessionStep:
    """Raises WireError: also for a step that neither goes on nor ends."""
    fields = parse_answer(raw)
    fields.version()
    frames = _apdus(fields, "frames", 4, APDU_BYTES_MAX)
    result = _parse_result(fields.object("result")) if fields.has("result") else None
    if bool(frames) is (result is not None):
        bad("frames: a step goes on or ends")
    return SessionStep(fields.integer("turn", 1, TURNS_MAX), frames, fields.integer("due_cents"), result)


def _parse_result(fields: Fields) -> SessionResult:
    return SessionResult(
        SessionOutcome(fields.choice("outcome", frozenset(SessionOutcome))),
        fields.text("reason", 200, size_min=0),
        fields.integer("amount_cents"),
        fields.integer("balance_cents") if fields.has("balance_cents") else None,
        fields.integer("left_cents"),
    )
