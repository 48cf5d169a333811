"""A native DESFire conversation over a `CardChannel`: wrapping, chained answers, secure messaging, authentication."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from hardware.card.desfire.apdu import GET_UID, wrap
from hardware.card.desfire.commands import Command, Ins
from hardware.card.desfire.ev1 import Ev1Session
from hardware.card.desfire.ev2 import Ev2Session
from hardware.card.desfire.status import ISO_OK, AnyStatus, CardRefused, MessagingError, Status, parse_status
from hardware.card.port import BatchChannel, CardChannel

FRAMES_MAX = 32  # of one chained answer: our longest is six; a card that never stops is refused

Session = Ev1Session | Ev2Session
Opened = TypeVar("Opened", covariant=True)


class Handshake(Protocol[Opened]):
    """The three pure steps of an authentication."""

    def start(self) -> tuple[Ins, bytes]: ...

    def answer(self, challenge: bytes) -> bytes: ...

    def finish(self, proof: bytes) -> Opened: ...


class DesfireLink:
    """One card, one thread. Raises CardLost and ReaderUnavailable of the port, CardRefused, MessagingError.

    `exchanges` counts the frames that went to the card (the reader's own pseudo-APDU is not one).
    """

    def __init__(self, channel: CardChannel) -> None:
        self._channel = channel
        self.exchanges = 0

    def read_uid(self) -> bytes:
        """The anticollision serial as the reader tells it; empty when it does not."""
        data, word = self._channel.transmit(GET_UID)
        return data if word == ISO_OK and len(data) in (4, 7, 10) else b""

    def raw(self, apdu: bytes) -> tuple[bytes, int]:
        """One APDU as it is."""
        self.exchanges += 1
        return self._channel.transmit(apdu)

    def frame(self, instruction: int, payload: bytes = b"") -> tuple[bytes, AnyStatus]:
        """One native frame."""
        data, word = self.raw(wrap(instruction, payload))
        return data, parse_status(word)

    def plain(self, instruction: Ins, payload: bytes = b"") -> bytes:
        """A command outside any session, all its answer frames joined; CardRefused unless it succeeds."""
        data, status = self.frame(instruction, payload)
        frames = 1
        while status is Status.ADDITIONAL_FRAME:
            if frames == FRAMES_MAX:
                raise MessagingError("the answer does not end")
            more, status = self.frame(Ins.ADDITIONAL_FRAME)
            data += more
            frames += 1
        if status is not Status.OK:
            raise CardRefused(instruction, status)
        return data

    def run(self, session: Session, command: Command) -> bytes:
        """A command in a session: the verified plain answer."""
        answer = self.plain(command.instruction, session.protect(command))
        return session.unprotect(command, answer)

    def run_all(self, session: Session, commands: Sequence[Command]) -> list[bytes]:
        """Commands of which none depends on another's answer, each answered in one frame: their verified answers.

        Over a line they travel together. EV1 chains its vectors through the answers, so there they go one by one.
        """
        channel = self._channel
        if not isinstance(channel, BatchChannel) or isinstance(session, Ev1Session):
            return [self.run(session, command) for command in commands]
        apdus = [wrap(command.instruction, session.protect(command, n)) for n, command in enumerate(commands)]
        answers = channel.transmit_all(apdus)
        self.exchanges += len(answers)
        plain = []
        for command, (data, word) in zip(commands, answers, strict=False):
            status = parse_status(word)
            if status is not Status.OK:
                raise CardRefused(command.instruction, status)
            plain.append(session.unprotect(command, data))
        if len(plain) != len(commands):
            raise MessagingError("not one answer per command")
        return plain

    def shake_hands(self, handshake: Handshake[Opened]) -> Opened:
        """Carry out an authentication."""
        instruction, payload = handshake.start()
        challenge, status = self.frame(instruction, payload)
        if status is not Status.ADDITIONAL_FRAME:
            raise CardRefused(instruction, status)
        proof, status = self.frame(Ins.ADDITIONAL_FRAME, handshake.answer(challenge))
        if status is not Status.OK:
            raise CardRefused(instruction, status)
        return handshake.finish(proof)

    def select(self, aid: bytes) -> None:
        """Select an application; CardRefused(APPLICATION_NOT_FOUND) when the card has none such."""
        self.plain(Ins.SELECT_APPLICATION, aid)

    def key_version(self, number: int) -> int:
        """Version of a key of the selected level, asked in clear."""
        answer = self.plain(Ins.GET_KEY_VERSION, bytes([number]))
        if len(answer) != 1:
            raise MessagingError("a key version has one byte")
        return answer[0]
