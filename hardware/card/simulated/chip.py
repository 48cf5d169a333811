"""The chip: power, frames, dispatch. What it keeps without power is `ChipMemory`; everything else dies with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from domain.ports import Chance
from hardware.card.simulated.chip_memory import Application, ChipFile, ChipMemory, KeySlot
from hardware.card.simulated.chip_session import LENGTH, MACED, PLAIN, ChipError, ChipSession

OK, MORE = 0x00, 0xAF
NO_CHANGES, ILLEGAL, NO_KEY, DENIED, PARAMETER = 0x0C, 0x1C, 0x40, 0x9D, 0x9E
NO_APPLICATION, DELAY, WRONG_KEY, BOUNDARY, ABORTED, COUNT = 0xA0, 0xAD, 0xAE, 0xBE, 0xCA, 0xCE
DUPLICATE, NO_FILE = 0xDE, 0xF0
FRAME = 59  # data bytes in one frame of a chained answer
PICC = b"\0\0\0"
FREE, NEVER = 0xE, 0xF
PICC_DF_NAME = bytes.fromhex("D2760000850100")


def no_shape(chip: Chip, payload: bytes) -> tuple[int, int]:
    """For commands that carry no content of their own: (content bytes, bytes after the CRC)."""
    return 0, 0


def maced(chip: Chip, payload: bytes) -> int:
    return MACED


@dataclass(frozen=True, slots=True)
class Spec:
    """How one instruction is unwrapped, and who carries it out.

    `mode` and `shape` look at the clear payload. `bare`: never MACed, even in a session. `since`: first generation.
    """

    run: Callable[[Chip, bytes], bytes]
    header: int
    mode: Callable[[Chip, bytes], int] = maced
    shape: Callable[[Chip, bytes], tuple[int, int]] = no_shape
    bare: bool = False
    since: int = 1
    chained: bool = False  # more content may come in AF frames


@dataclass(slots=True)
class Staged:
    """What a transaction will make of one file."""

    data: bytes | None = None
    value: int | None = None
    debited: int = 0
    record: bytes | None = None
    cleared: bool = False


@dataclass(slots=True)
class Chip:
    """One powered card. `specs` is the command table; `chance` gives challenges and identifiers."""

    memory: ChipMemory
    chance: Chance
    specs: dict[int, Spec]
    session: ChipSession | None = None
    aid: bytes = PICC
    staged: dict[int, Staged] = field(default_factory=dict)
    transaction_input: bytes = b""
    reader_id: bytes | None = None
    challenge: Callable[[Chip, bytes], bytes] | None = None
    outgoing: list[bytes] = field(default_factory=list)
    incoming: tuple[int, bytes] | None = None
    dirty: bool = False
    anticollision_uid: bytes = b""

    def power_up(self) -> None:
        """A field appears: everything volatile starts anew."""
        self.session = None
        self.aid = PICC
        self.forget_frames()
        self.abort()
        self.anticollision_uid = self.memory.uid
        if self.memory.random_uid:
            self.anticollision_uid = b"\x08" + self.chance.token(3)

    def forget_frames(self) -> None:
        self.challenge = None
        self.outgoing = []
        self.incoming = None

    def abort(self) -> None:
        """Throw away the open transaction."""
        self.staged = {}
        self.transaction_input = b""
        self.reader_id = None

    def drop_session(self) -> None:
        self.session = None
        self.abort()

    # --- what handlers ask -------------------------------------------------------------------------------

    def application(self) -> Application:
        """The selected application; NO_APPLICATION status at PICC level where files make no sense."""
        if self.aid == PICC:
            raise ChipError(DENIED)
        return self.memory.applications[self.aid]

    def file(self, number: int) -> ChipFile:
        file = self.application().files.get(number)
        if file is None:
            raise ChipError(NO_FILE)
        return file

    def key(self, number: int) -> KeySlot:
        keys = [self.memory.picc_key] if self.aid == PICC else self.memory.applications[self.aid].keys
        if number >= len(keys):
            raise ChipError(NO_KEY)
        return keys[number]

    def settings(self) -> int:
        return self.memory.picc_settings if self.aid == PICC else self.application().settings

    def is_master(self) -> bool:
        """The session was opened with key 0 of the selected level."""
        return self.session is not None and self.session.key_no == 0

    def granted(self, rights: tuple[int, ...]) -> bool:
        own = self.session.key_no if self.session is not None else None
        return FREE in rights or (own is not None and own in rights)

    # --- frames ------------------------------------------------------------------------------------------

    def apdu(self, frame: bytes) -> bytes:
        """Answer to one frame: wrapped (`90 …`), ISO 7816 (`00 A4 …`), or native."""
        if not frame:
            return b"\x67\x00"
        if frame == bytes.fromhex("FFCA000000"):  # a reader's own command, answered here as vpcd has no reader
            return self.anticollision_uid + b"\x90\x00"
        if frame[0] == 0x90 and len(frame) >= 5:
            return self._wrapped(frame)
        if frame[0] in (0x00, 0xFF):
            return self._iso(frame)
        answer, status = self.native(frame[0], frame[1:])
        return bytes([status]) + answer

    def _wrapped(self, frame: bytes) -> bytes:
        if frame[2:4] != b"\0\0":
            return b"\x6a\x86"
        payload = b""
        if len(frame) > 5:
            payload = frame[5 : 5 + frame[4]]
            if len(payload) != frame[4] or len(frame) > 6 + frame[4]:
                return b"\x67\x00"
        answer, status = self.native(frame[1], payload)
        return answer + bytes([0x91, status])

    def _iso(self, frame: bytes) -> bytes:
        if frame[0] == 0xFF:
            return b"\x6e\x00"
        if frame[1:3] != b"\xa4\x04" or len(frame) < 6:
            return b"\x6d\x00"
        if frame[5 : 5 + frame[4]] != PICC_DF_NAME:
            return b"\x6a\x82"
        self.aid = PICC
        self.forget_frames()
        self.drop_session()
        return b"\x90\x00"

    def native(self, code: int, payload: bytes) -> tuple[bytes, int]:
        """One native frame → (data, status)."""
        try:
            return self._native(code, payload)
        except ChipError as refusal:
            self.forget_frames()
            self.drop_session()
            return b"", refusal.status

    def _native(self, code: int, payload: bytes) -> tuple[bytes, int]:
        if code == MORE:
            return self._more(payload)
        self.forget_frames()
        spec = self.specs.get(code)
        if spec is None or self.memory.generation < spec.since:
            raise ChipError(ILLEGAL)
        if len(payload) < spec.header:
            raise ChipError(LENGTH)
        if spec.chained and len(payload) < self._announced(spec, payload):
            self.incoming = (code, payload)
            return b"", MORE
        return self._execute(code, spec, payload)

    def _announced(self, spec: Spec, payload: bytes) -> int:
        """Length the whole payload will have, from the length field in its clear header."""
        content, _ = spec.shape(self, payload)
        mode = spec.mode(self, payload) if self.session is not None else PLAIN
        if self.session is None or mode == PLAIN:
            return spec.header + content
        if mode == MACED:
            return spec.header + content + 8
        return spec.header + self.session.sealed_size(content)

    def _more(self, payload: bytes) -> tuple[bytes, int]:
        if self.challenge is not None:
            step, self.challenge = self.challenge, None
            return step(self, payload), OK
        if self.incoming is not None:
            code, before = self.incoming
            whole = before + payload
            spec = self.specs[code]
            if not payload:
                raise ChipError(LENGTH)
            if len(whole) < self._announced(spec, whole):
                self.incoming = (code, whole)
                return b"", MORE
            self.incoming = None
            return self._execute(code, spec, whole)
        if self.outgoing:
            part = self.outgoing.pop(0)
            return part, MORE if self.outgoing else OK
        raise ChipError(ILLEGAL)

    def _execute(self, code: int, spec: Spec, payload: bytes) -> tuple[bytes, int]:
        session = None if spec.bare else self.session
        mode = spec.mode(self, payload)
        if session is not None:
            content, trailer = spec.shape(self, payload)
            payload = session.unwrap(code, payload, mode, spec.header, content, trailer)
        answer = spec.run(self, payload)
        if self.challenge is not None:
            return answer, MORE
        if session is not None and self.session is session:
            answer = session.wrap(answer, mode)
        first, *rest = self._cut(code, answer)
        self.outgoing = rest
        return first, MORE if rest else OK

    def _cut(self, code: int, answer: bytes) -> list[bytes]:
        if code == 0x60:  # GetVersion always comes as hardware, software, production
            return [answer[:7], answer[7:14], answer[14:]]
        return [answer[i : i + FRAME] for i in range(0, len(answer), FRAME)] or [b""]
