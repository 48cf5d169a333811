"""The kiosk as a pipe: the server's session with the card that lies on the reader, frame by frame.

The kiosk has no key for this and learns nothing of it: it sends what the server says to the card, and what the card
says to the server. Runs on the card thread, only while there is a line; every wait has an end. A request whose answer
was lost is sent again with the same content, which the server answers the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from domain.cards import CardReading
from domain.credits import CreditRefusal
from domain.ports import Ids
from hardware.card.desfire.apdu import GET_UID
from hardware.card.desfire.commands import Ins
from hardware.card.desfire.status import ISO_OK
from hardware.card.port import CardChannel, CardLost, ReaderUnavailable
from kiosk.flow import events as ev
from sync.client import Refused
from sync.messages_cards import (
    FRAMES_MAX,
    CardSerials,
    SessionOpening,
    SessionOutcome,
    SessionResult,
    SessionStep,
    SessionTurn,
    build_serials,
)
from sync.transport import Offline

CARD_OK = b"\x91\x00"
TRIES = 3  # of one request: the card's holder waits, and a line that drops thrice is no line


class SessionClient(Protocol):
    """The two routes (`sync.client.DeviceClient`)."""

    def open_card_session(self, opening: SessionOpening) -> SessionStep | Refused | Offline: ...

    def continue_card_session(self, session: str, turn: SessionTurn) -> SessionStep | Refused | Offline: ...


@dataclass(frozen=True, slots=True)
class Piped:
    """What the server said at the end."""

    result: SessionResult


@dataclass(frozen=True, slots=True)
class LineLost:
    """No answer any more. `committing`: the commit was handed to the card, so only the next tap tells."""

    committing: bool


class Relay:
    """One session at a time; card thread."""

    def __init__(self, client: SessionClient, seal: Callable[[bytes], bytes], ids: Ids) -> None:
        """`seal` seals to the server under `sync.messages_cards.RELAY_CONTEXT`."""
        self._client = client
        self._seal = seal
        self._ids = ids

    def carry(self, channel: CardChannel, reading: CardReading, started: Callable[[int], None]) -> Piped | LineLost:
        """Let the server serve the card of `reading`, which lies there. `started` hears the cents that are due to it,
        before the first frame goes to the card. Raises what neither card nor line can cause."""
        session = self._ids.new()
        try:
            serial, word = channel.transmit(GET_UID)
        except (CardLost, ReaderUnavailable):
            return Piped(SessionResult(SessionOutcome.NOT_DONE, "card lost"))
        if word != ISO_OK:
            serial = reading.card_uid
        box = self._seal(build_serials(CardSerials(serial, reading.card_uid)))
        opening = SessionOpening(session, reading.identity.card_number, int(reading.chip), box)
        step = self._client.open_card_session(opening)  # once: most often nothing is due, and nobody has begun anything
        sent, committing = 0, False
        while isinstance(step, SessionStep) and step.result is None:
            if sent == 0:
                started(step.due_cents)
            sent += len(step.frames)
            if sent > FRAMES_MAX:
                return LineLost(committing)
            turn, committed = _send(channel, step)
            committing = committing or committed
            answered = step
            step = self._ask(lambda: self._client.continue_card_session(session, turn))  # noqa: B023 called at once
            if isinstance(step, SessionStep) and step.turn != answered.turn + 1:
                return LineLost(committing)  # not an answer to what was asked
        if isinstance(step, SessionStep) and step.result is not None:
            return Piped(step.result)
        return LineLost(committing)

    def _ask(self, ask: Callable[[], SessionStep | Refused | Offline]) -> SessionStep | Refused | Offline:
        answer = ask()
        for _ in range(TRIES - 1):
            if not isinstance(answer, Offline):
                break
            answer = ask()
        return answer


class CreditCarrier:
    """Brings what the server owes onto a card that lies there, and says on the screen how it stands."""

    def __init__(
        self,
        relay: Relay,
        due: Callable[[CardReading], int],
        online: Callable[[], bool],
        post: Callable[[ev.Event], None],
    ) -> None:
        """`due`: cents that the feeds know of; the server is asked all the same while it can be reached."""
        self._relay = relay
        self._due = due
        self._online = online
        self._post = post

    def __call__(self, channel: CardChannel, reading: CardReading) -> bool:
        """Card thread. Whether the card may have changed: then it is to be read again."""
        card, due = reading.identity.card_number, self._due(reading)
        if not self._online():
            if due:
                self._post(ev.CreditNews(card, ev.CreditPhase.WAITING, due))
            return False
        begun: list[int] = []

        def started(cents: int) -> None:
            if not cents:
                return  # keys are changed, not money: nothing to say, and a card that goes early is as good as before
            begun.append(cents)
            self._post(ev.CreditNews(card, ev.CreditPhase.RUNNING, cents))

        ended = self._relay.carry(channel, reading, started)
        news = _news(card, ended, begun[0] if begun else due, bool(begun))
        if news is not None:
            self._post(news)
        outcome = ended.result.outcome if isinstance(ended, Piped) and begun else None
        return outcome in (SessionOutcome.DONE, SessionOutcome.IN_DOUBT) or ended == LineLost(committing=True)


def _news(card: str, ended: Piped | LineLost, due: int, begun: bool) -> ev.CreditNews | None:
    """What the screen says at the end; None: nothing, as nothing was begun."""
    if isinstance(ended, LineLost):
        if ended.committing:
            return ev.CreditNews(card, ev.CreditPhase.AGAIN)
        return ev.CreditNews(card, ev.CreditPhase.WAITING, due) if due else None
    result = ended.result
    match result.outcome:
        case SessionOutcome.DONE if not begun:
            return None
        case SessionOutcome.DONE:
            return ev.CreditNews(card, ev.CreditPhase.ARRIVED, result.amount_cents, result.balance_cents)
        case SessionOutcome.IN_DOUBT:
            return ev.CreditNews(card, ev.CreditPhase.AGAIN)
        case SessionOutcome.NOT_DONE:
            return ev.CreditNews(card, ev.CreditPhase.AGAIN) if begun else None
        case SessionOutcome.REFUSED if result.reason == CreditRefusal.NO_ROOM:
            return ev.CreditNews(card, ev.CreditPhase.NO_ROOM, result.left_cents)
        case SessionOutcome.REFUSED | SessionOutcome.NOTHING:
            return ev.CreditNews(card, ev.CreditPhase.NONE) if begun else None


def _send(channel: CardChannel, step: SessionStep) -> tuple[SessionTurn, bool]:
    """Send the frames of a step in order while each is answered 9100; whether the commit was handed over."""
    answers: list[bytes] = []
    committed = False
    for frame in step.frames:
        committed = committed or frame[1] == Ins.COMMIT_TRANSACTION
        try:
            data, word = channel.transmit(frame)
        except (CardLost, ReaderUnavailable):
            return SessionTurn(step.turn, tuple(answers), lost=True), committed
        answers.append(data + word.to_bytes(2, "big"))
        if answers[-1][-2:] != CARD_OK:
            break
    return SessionTurn(step.turn, tuple(answers)), committed
