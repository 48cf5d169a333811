"""Card figures as JSON lines: `card.debit_exchanges`, `card.debit_own_code_ms`, `card.tap_to_screen_p95_ms`.

The purse worker as the kiosk runs it, over simulated cards. `debit_exchanges` counts the frames of one debit of a card
met before. `debit_own_code_ms` is one debit less the time that the simulated chip itself took. `tap_to_screen_p95_ms`
goes over pcscd and vpcd: from the reader's "a card is here" to the state that the screen draws; `from_insertion_p95`
in the same line counts from the card's arrival at the virtual reader, pcscd's own polling included.

Usage: python -m bench.bench_card
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from domain.cards import CardKind
from hardware.card.keys import KIOSK_KEYS, KeyRing, LocalVault
from hardware.card.port import CardChannel, CardPresent, CardReader, ReaderEvent
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.vpcd import VpcdAddress, VpcdCard, VpcdUnavailable
from kiosk.conversation import Conversation, EventQueue
from kiosk.flow import events as ev
from kiosk.flow import states as s
from kiosk.workers.card import CardWorker
from tests.fixtures.pcscd import PrivatePcscd, free_port, missing_piece
from tests.fixtures.purse import Counter, SeededChance, make_card, make_ring

SEED = 20261122
DEBITS = 200
TAPS = 30
TAP_SECONDS = 10.0
GET_UID_CLASS = 0xFF  # the reader's own pseudo-APDU never reaches the chip


class TimedCard:
    """Counts the frames that reach a chip, and the time it took for them."""

    def __init__(self, card: SimulatedCard) -> None:
        self._card = card
        self.frames = 0
        self.seconds = 0.0

    def power_up(self) -> None:
        self._card.power_up()

    def exchange(self, frame: bytes) -> bytes:
        started = time.perf_counter()
        answer = self._card.exchange(frame)
        self.seconds += time.perf_counter() - started
        self.frames += frame[0] != GET_UID_CLASS
        return answer


def line(name: str, value: float, unit: str, values: list[float], **more: object) -> None:
    figures = {"value": round(value, 3), "unit": unit, "n": len(values)}
    print(
        json.dumps({"name": name, **figures, "min": round(min(values), 3), "max": round(max(values), 3), **more}),
        flush=True,
    )


def measure_debits(ring: KeyRing) -> None:
    """One card that pays a cent again and again; the first tap is left out, its chip was not known."""
    counter = Counter(ring, SEED)
    counter.online = True
    card = make_card(ring, SEED, kind=CardKind.VISITOR)
    frames, own, chip = list[float](), list[float](), list[float]()
    for number in range(DEBITS + 1):
        timed = TimedCard(card)
        counter.arm_debit(1)
        started = time.perf_counter()
        told = counter.tap(timed)
        taken = time.perf_counter() - started
        if not any(isinstance(event, ev.DebitSettled) for event in told):
            raise SystemExit(f"debit {number} was not carried out: {told}")
        if number:
            frames.append(timed.frames)
            own.append((taken - timed.seconds) * 1000)
            chip.append(timed.seconds * 1000)
    line("card.debit_exchanges", statistics.median(frames), "frames", frames)
    simulated = round(statistics.median(chip), 3)
    line("card.debit_own_code_ms", statistics.median(own), "ms", own, simulated_chip_ms=simulated)


class WatchedReader:
    """A reader that notes when it said that a card is there."""

    def __init__(self, reader: CardReader) -> None:
        self._reader = reader
        self.told = 0.0

    def wait(self, timeout_seconds: float) -> ReaderEvent | None:
        event = self._reader.wait(timeout_seconds)
        if isinstance(event, CardPresent):
            self.told = time.perf_counter()
        return event

    def connect(self) -> CardChannel:
        return self._reader.connect()

    def close(self) -> None:
        self._reader.close()


class Posted(list[ev.Event]):
    """Where the purse of a `Counter` puts its events: straight on to the UI's queue."""

    def __init__(self, queue: EventQueue) -> None:
        super().__init__()
        self._queue = queue

    def append(self, event: ev.Event) -> None:
        self._queue.post(event)


class Taps:
    """The card worker on its own thread over a real pcscd; this thread plays the UI."""

    def __init__(self, ring: KeyRing, port: int) -> None:
        from hardware.card.pcsc import PcscReader  # its library reads the socket's place when it is loaded

        self._port = port
        self._reader = WatchedReader(PcscReader())
        self._queue = EventQueue()
        counter = Counter(ring, SEED)
        counter.events = Posted(self._queue)
        counter.restart()
        vault = LocalVault(ring.only(KIOSK_KEYS), SeededChance(SEED))
        self._worker = CardWorker(self._reader, lambda: vault, counter.purse, self._queue.post, lambda word: None)
        self._talk = Conversation(
            self._queue,
            lambda effect: None,
            lambda shell, screen: None,
            paired=True,
            language="fr",
            now_ms=1_795_345_200_000,
            monotonic_ms=0,
        )

    def run(self, card: SimulatedCard) -> tuple[list[float], list[float]]:
        """(ms from the reader's word, ms from the card's arrival) of each tap; the first one is left out."""
        told, arrived = list[float](), list[float]()
        self._worker.start()
        try:
            self._until(lambda: self._talk.kiosk.reader_ready)
            for number in range(TAPS + 1):
                started = time.perf_counter()
                served = VpcdCard(card, VpcdAddress("127.0.0.1", self._port))
                thread = threading.Thread(target=serve, args=(served,), daemon=True)
                thread.start()
                self._until(lambda: isinstance(self._talk.kiosk.screen, s.MyCardState))
                done = time.perf_counter()
                if number:
                    told.append((done - self._reader.told) * 1000)
                    arrived.append((done - started) * 1000)
                served.leave()
                thread.join()
                self._until_taken()
                self._talk.handle(ev.GoHome())
        finally:
            self._worker.stop()
        return told, arrived

    def _until(self, ready: Callable[[], bool]) -> None:
        deadline = time.perf_counter() + TAP_SECONDS
        while not ready():
            event = self._queue.wait(0.5)
            if event is not None:
                self._talk.handle(event)
                self._talk.draw()
            elif time.perf_counter() > deadline:
                raise SystemExit("nothing came from the reader: is pcscd running?")

    def _until_taken(self) -> None:
        deadline = time.perf_counter() + TAP_SECONDS
        while not isinstance(self._queue.wait(0.5), ev.CardTaken):
            if time.perf_counter() > deadline:
                raise SystemExit("the reader did not notice that the card went away")


def serve(card: VpcdCard) -> None:
    with suppress(VpcdUnavailable):
        card.serve()


def measure_taps(ring: KeyRing) -> None:
    reason = missing_piece()
    if reason is not None:
        print(f"card.tap_to_screen_p95_ms is left out: {reason}", file=sys.stderr)
        return
    folder = Path(tempfile.mkdtemp(prefix="zerot-bench-"))
    service = PrivatePcscd(folder, free_port())
    os.environ["PCSCLITE_CSOCK_NAME"] = str(service.socket)
    try:
        service.start()
        told, arrived = Taps(ring, service.port).run(make_card(ring, SEED))
    finally:
        service.stop()
        shutil.rmtree(folder, ignore_errors=True)
    p95 = statistics.quantiles(told, n=20)[18]
    inserted = round(statistics.quantiles(arrived, n=20)[18], 3)
    line("card.tap_to_screen_p95_ms", p95, "ms", told, from_insertion_p95=inserted)


def main() -> None:
    print(f"seed {SEED}", file=sys.stderr)
    ring = make_ring(SEED)
    measure_debits(ring)
    measure_taps(ring)


if __name__ == "__main__":
    main()
