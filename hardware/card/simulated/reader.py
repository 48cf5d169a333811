"""A reader in process: the same port as PC/SC, with hands that put cards on it, take them away and tear them."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

from hardware.card.port import (
    CardLost,
    CardPresent,
    CardRemoved,
    Delivery,
    ReaderDown,
    ReaderEvent,
    ReaderReady,
    ReaderTrouble,
    ReaderUnavailable,
    SeveralCards,
)
from hardware.card.simulated.card import ATR, FrameLost

EVENTS_MAX = 256


class AnyCard(Protocol):
    """What may lie on the reader: a `SimulatedCard` or a `SimulatedForeignCard`."""

    def power_up(self) -> None: ...

    def exchange(self, frame: bytes) -> bytes: ...


class SimulatedReader:
    """One simulated reader. `wait` and `connect` belong to the card thread; everything else to any thread."""

    def __init__(self, name: str = "Simulated reader") -> None:
        self.name = name
        self._condition = threading.Condition()
        self._events: deque[ReaderEvent] = deque([ReaderReady(name)], maxlen=EVENTS_MAX)
        self._card: AnyCard | None = None
        self._presence = 0
        self._trouble: ReaderTrouble | None = None
        self._closed = False

    # --- hands -------------------------------------------------------------------------------------------

    def present(self, card: AnyCard, atr: bytes = ATR) -> int:
        """Put a card on the reader, taking away what lay there; the number of this presence."""
        with self._condition:
            self._take_away()
            card.power_up()
            self._card = card
            self._presence += 1
            self._tell(CardPresent(self._presence, atr))
            return self._presence

    def remove(self) -> None:
        """Take the card away; nothing happens when there is none."""
        with self._condition:
            self._take_away()

    def present_several(self) -> None:
        """Hold two cards at once: none of them can be used."""
        with self._condition:
            self._take_away()
            self._tell(SeveralCards())

    def unplug(self, trouble: ReaderTrouble = ReaderTrouble.NO_READER) -> None:
        """The reader itself fails or goes."""
        with self._condition:
            self._take_away()
            self._trouble = trouble
            self._tell(ReaderDown(trouble))

    def plug(self) -> None:
        """The reader is back."""
        with self._condition:
            if self._trouble is not None:
                self._trouble = None
                self._tell(ReaderReady(self.name))

    @property
    def card(self) -> AnyCard | None:
        with self._condition:
            return self._card

    def _take_away(self) -> None:
        if self._card is not None:
            self._card = None
            self._tell(CardRemoved(self._presence))

    def _tell(self, event: ReaderEvent) -> None:
        self._events.append(event)
        self._condition.notify_all()

    # --- the port ----------------------------------------------------------------------------------------

    def wait(self, timeout_seconds: float) -> ReaderEvent | None:
        with self._condition:
            self._condition.wait_for(lambda: bool(self._events) or self._closed, timeout_seconds)
            return self._events.popleft() if self._events else None

    def connect(self) -> SimulatedChannel:
        with self._condition:
            if self._trouble is not None:
                raise ReaderUnavailable(self._trouble)
            if self._card is None:
                raise CardLost(Delivery.NOT_SENT)
            self._card.power_up()
            return SimulatedChannel(self, self._presence)

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def exchange(self, presence: int, apdu: bytes) -> tuple[bytes, int]:
        """One frame for the card of that presence; used by the channel."""
        with self._condition:
            if self._trouble is not None:
                raise ReaderUnavailable(self._trouble)
            if self._card is None or presence != self._presence:
                raise CardLost(Delivery.NOT_SENT)
            try:
                answer = self._card.exchange(apdu)
            except FrameLost as lost:
                self._take_away()
                raise CardLost(Delivery.UNKNOWN if lost.sent else Delivery.NOT_SENT) from lost
        return answer[:-2], int.from_bytes(answer[-2:], "big")


class SimulatedChannel:
    """A connection to the card that lay there when it was opened."""

    def __init__(self, reader: SimulatedReader, presence: int) -> None:
        self._reader = reader
        self._presence = presence
        self._open = True

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if not self._open:
            raise CardLost(Delivery.NOT_SENT)
        return self._reader.exchange(self._presence, apdu)

    def close(self) -> None:
        self._open = False
