"""One card session as a pure function of its seed and of the answers so far: the frames that come next, or the end.

The protocol, the layout and the session are those of a desk (`hardware.card`); only the channel differs: it answers
from what was recorded and stops the run where the record ends. So nothing is kept in memory between two requests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from domain.cards import CardReading, ChipGeneration
from domain.credits import CreditRefused, PlannedCredit
from hardware.card.desfire.apdu import GET_UID, wrap
from hardware.card.desfire.commands import Ins
from hardware.card.desfire.status import ISO_OK
from hardware.card.keys import KeyName, KeyRing, LocalVault
from hardware.card.opening import LOAD_KEY, KnownChips, OpenFailure
from hardware.card.port import CardLost, CardRead, CommitResult, Delivery, Scope
from hardware.card.rotate import Rotated, rotate_keys
from hardware.card.session import CardSession, open_card

CARD_OK = b"\x91\x00"
_READS = frozenset({Ins.READ_DATA, Ins.GET_VALUE})


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """A command that went to the card, by a digest, and its answer with the status word."""

    digest: str
    answer: bytes


class NeedFrames(Exception):
    """The record ends here: these commands go to the card next."""

    def __init__(self, frames: tuple[bytes, ...]) -> None:
        super().__init__(f"{len(frames)} frames")
        self.frames = frames


class OffScript(Exception):
    """The run asks something else than it asked before: its keys, its clockwork or its program have changed."""


def digest_of(frame: bytes) -> str:
    return sha256(frame).hexdigest()[:16]


class ReplayChannel:
    """A CardChannel and BatchChannel over a record. Once that is used up: NeedFrames, or CardLost when `lost`."""

    def __init__(self, serial: bytes, exchanges: Sequence[Exchange], *, lost: bool) -> None:
        self._serial = serial
        self._exchanges = exchanges
        self._lost = lost
        self._next = 0

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if apdu == GET_UID:  # answered by the reader: the kiosk has told it
            return self._serial, ISO_OK
        return self.transmit_all([apdu])[0]

    def transmit_all(self, apdus: Sequence[bytes]) -> list[tuple[bytes, int]]:
        answers = []
        for place, apdu in enumerate(apdus):
            if self._next == len(self._exchanges):
                # Where the line or the card went, nobody at this end knows whether a frame had still arrived.
                raise CardLost(Delivery.UNKNOWN) if self._lost else NeedFrames(tuple(apdus[place:]))
            exchange = self._exchanges[self._next]
            if exchange.digest != digest_of(apdu):
                raise OffScript(f"frame {self._next} differs")
            self._next += 1
            answers.append((exchange.answer[:-2], int.from_bytes(exchange.answer[-2:], "big")))
            if exchange.answer[-2:] != CARD_OK:
                break
        return answers

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True, repr=False)
class SeedChance:
    """Chance that is the same in every run of one session; the seed is 32 secret bytes."""

    seed: bytes
    _drawn: list[int]

    @classmethod
    def of(cls, seed: bytes) -> SeedChance:
        return cls(seed, [0])

    def token(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            self._drawn[0] += 1
            found += sha256(b"zerot-relay-chance-1" + self.seed + self._drawn[0].to_bytes(4, "big")).digest()
        return found[:size]


@dataclass(frozen=True, slots=True, repr=False)
class Script:
    """What does not change within a session. `ring`: site, load and identification masters, to rotate also key 0's."""

    ring: KeyRing
    seed: bytes
    serial: bytes
    uid: bytes
    chip: ChipGeneration
    keys: bool = False  # bring the card's keys to the newest versions, instead of a credit


@dataclass(slots=True, repr=False)
class Run:
    """How far one run came: `frames` to send next, else how it ended. `failure` while opening, reading, rotating."""

    frames: tuple[bytes, ...] = ()
    failure: OpenFailure | None = None
    reading: CardReading | None = None
    plan: PlannedCredit | CreditRefused | None = None
    answer: CommitResult | None = None
    rotated: Rotated | None = None

    @property
    def commits(self) -> bool:
        """Whether the frames to send are the commit: what was staged becomes true with it."""
        return any(frame[1] == Ins.COMMIT_TRANSACTION for frame in self.frames)


Decide = Callable[[CardReading], PlannedCredit | CreditRefused]


def run(script: Script, exchanges: Sequence[Exchange], decide: Decide, *, lost: bool) -> Run:
    """Run the session from its start over the record. Raises OffScript."""
    found = _run(script, exchanges, decide, lost=lost)
    if [frame[1] for frame in found.frames] == [Ins.SELECT_APPLICATION]:
        # Its only good answer is known, so what follows it goes with it.
        assumed = [*exchanges, Exchange(digest_of(found.frames[0]), CARD_OK)]
        found.frames += _run(script, assumed, decide, lost=False).frames
    elif not script.keys and found.frames and found.frames[0][1] in _READS and _asks_load_key_next(script):
        # After the reading comes the second authentication. Should nothing be due after all, it was in vain.
        found.frames += (wrap(Ins.AUTHENTICATE_EV2_NON_FIRST, bytes([LOAD_KEY])),)
    return found


def _asks_load_key_next(script: Script) -> bool:
    """EV2 alone; with several versions of the key the card is asked first which it has."""
    return script.chip is not ChipGeneration.EV1 and len(script.ring.masters[KeyName.LOAD]) == 1


def _run(script: Script, exchanges: Sequence[Exchange], decide: Decide, *, lost: bool) -> Run:
    channel = ReplayChannel(script.serial, exchanges, lost=lost)
    known = KnownChips()
    known.remember(script.uid, script.chip)
    found = Run()
    try:
        if script.keys:
            ended = rotate_keys(channel, LocalVault(script.ring, SeedChance.of(script.seed)))
            found.rotated = ended if isinstance(ended, Rotated) else None
            found.failure = None if isinstance(ended, Rotated) else ended
            return found
        session = open_card(channel, LocalVault(script.ring, SeedChance.of(script.seed)), known=known)
        if not isinstance(session, CardSession):
            found.failure = session
            return found
        result = session.read(records=0, scope=Scope.CREDITS)
        if not isinstance(result, CardRead):
            found.failure = result
            return found
        found.reading = result.reading
        found.plan = decide(result.reading)
        if isinstance(found.plan, PlannedCredit):
            found.answer = session.commit(found.plan.write)
    except NeedFrames as need:
        found.frames = need.frames
    return found
