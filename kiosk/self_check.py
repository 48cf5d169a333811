"""`zerot kiosk --self-check`: the real window draws a picture, the real reader reads one card, and that is said.

For the technician on site and for the frozen program's test. Nothing is written on the card or in the journal.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from domain.cards import CardReading
from domain.ports import Clock
from hardware.card.keys import KIOSK_KEYS, KeyVault, LocalVault, load_ring
from hardware.card.pcsc import PcscReader
from hardware.card.port import (
    CardLost,
    CardPresent,
    CardRead,
    CardReader,
    CardRemoved,
    Lost,
    NotOurs,
    ReaderDown,
    ReaderOut,
    ReaderReady,
    ReaderUnavailable,
    ReadResult,
    Refused,
    SeveralCards,
)
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.system import SystemChance
from kiosk.workers.clock import DeviceClock

if TYPE_CHECKING:
    from kiosk.app import KioskApp
    from kiosk.config import Settings
    from kiosk.services import Services

CARD_SECONDS = 20.0  # somebody takes a card out of a pocket, or pcscd starts
FRAME_SECONDS = 20.0  # a slow flash loads the program for seconds
COLOURS_MIN = 8  # a screen that shows something has more; a black or blank one has one
SAMPLE_EVERY = 7  # pixels: a prime, so that the sample walks across every column


def open_reader(simulated_card: Path | None) -> CardReader:
    """The machine's reader, or a simulated one with the card of that file on it. Raises CardFileError."""
    if simulated_card is None:
        return PcscReader()
    reader = SimulatedReader()
    reader.present(SimulatedCard.load(simulated_card, SystemChance()))
    return reader


def open_vault(keys: Path) -> KeyVault:
    """The kiosk's part of a key file. Raises KeyFileError."""
    return LocalVault(load_ring(keys).only(KIOSK_KEYS), SystemChance())


def process_age_ms() -> int:
    """Milliseconds since this process was started, loading the program included (Linux, 10 ms steps)."""
    # proc(5): field 22 is the start in clock ticks since boot; the name in field 2 may hold blanks and brackets.
    fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return int((time.clock_gettime(time.CLOCK_BOOTTIME) - started) * 1000)


class CardCheck:
    """Waits for one card and reads it. `run` on a thread of its own; the results after it ended."""

    def __init__(self, reader: CardReader, vault: KeyVault, clock: Clock) -> None:
        self._reader, self._vault, self._clock = reader, vault, clock
        self.reading: CardReading | None = None
        self.reader_name = ""
        self.trouble = "No card was presented."

    def run(self) -> None:
        """Blocks until a card was read or refused, at most CARD_SECONDS."""
        deadline = self._clock.monotonic_ms() + int(CARD_SECONDS * 1000)
        while self.reading is None and (left := deadline - self._clock.monotonic_ms()) > 0:
            match self._reader.wait(left / 1000):
                case None:
                    return
                case ReaderReady(name):
                    self.reader_name = name
                case ReaderDown(trouble):
                    self.reader_name = ""
                    self.trouble = f"The card reader is not there ({trouble.value})."
                case SeveralCards():
                    self.trouble = "Several cards lie on the reader."
                case CardPresent() as present:
                    self._look(present)
                case CardRemoved():
                    pass  # the next one is waited for
                case other:
                    assert_never(other)

    def _look(self, present: CardPresent) -> None:
        try:
            channel = self._reader.connect()
        except CardLost:
            self.trouble = "The card was taken away."
            return
        except ReaderUnavailable as error:
            self.trouble = f"The card reader cannot be used ({error.trouble.value})."
            return
        try:
            opened = open_card(channel, self._vault, atr=present.atr)
            self._told(opened.read(records=0) if isinstance(opened, CardSession) else opened)
        finally:
            channel.close()

    def _told(self, result: ReadResult) -> None:
        match result:
            case CardRead(reading):
                self.reading = reading
            case NotOurs(what):
                self.trouble = f"The card is none of this territory's ({what.value})."
            case Lost():
                self.trouble = "The card was taken away."
            case Refused(reason):
                self.trouble = f"The card refuses these keys ({reason})."
            case ReaderOut(trouble):
                self.trouble = f"The card reader cannot be used ({trouble.value})."
            case _:
                assert_never(result)


class SelfCheck:
    """`begin` before the application runs; it stops the application when both answers are there."""

    def __init__(self, reader: CardReader, vault: KeyVault) -> None:
        self._reader = reader
        self._card = CardCheck(reader, vault, DeviceClock())
        self._thread = threading.Thread(target=self._run, name="self-check", daemon=True)
        self._drawn = threading.Event()
        self._stop: Callable[[], None] = lambda: None
        self._first_frame_ms: int | None = None
        self._screen = ""

    def begin(self, app: KioskApp, stop: Callable[[], None]) -> None:
        """Watch the frames of `app`. UI thread; the card's thread starts with the window (`started`)."""
        from kivy.core.window import Window

        self._stop = stop

        def flipped(window: Any) -> None:
            if self._first_frame_ms is None and colours_shown(window.system_size) >= COLOURS_MIN:
                self._first_frame_ms = process_age_ms()
                self._screen = type(app.conversation.kiosk.screen).__name__
                self._drawn.set()

        Window.bind(on_flip=flipped)

    def started(self) -> None:
        """The window is there."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._card.run()
            self._drawn.wait(FRAME_SECONDS)
        finally:
            self._stop()

    def close(self) -> None:
        """End the card's thread."""
        self._drawn.set()
        self._reader.close()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def passed(self) -> bool:
        return self._first_frame_ms is not None and self._card.reading is not None

    @property
    def troubles(self) -> tuple[str, ...]:
        """A sentence for each thing that did not work."""
        said = () if self._first_frame_ms is not None else ("The window shows no picture.",)
        return said if self._card.reading is not None else (*said, self._card.trouble)

    def document(self) -> dict[str, Any]:
        """What is printed: no UID, only what is printed on the card and its balance."""
        reading = self._card.reading
        card = None
        if reading is not None:
            card = {"card_number": reading.identity.card_number, "balance_cents": reading.balance_cents}
        return {
            "first_frame_ms": self._first_frame_ms,
            "screen": self._screen,
            "card": card,
            "reader": self._card.reader_name,
        }


def colours_shown(size: tuple[int, int]) -> int:
    """How many different colours a sample of the drawn frame has. UI thread, before the buffers are swapped."""
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    pixels = bytes(glReadPixels(0, 0, size[0], size[1], GL_RGB, GL_UNSIGNED_BYTE))
    return len({pixels[place : place + 3] for place in range(0, len(pixels) - 2, 3 * SAMPLE_EVERY)})


def build_checked_app(settings: Settings, services: Services, check: SelfCheck) -> KioskApp:
    """The real window over services that are never started: the reader is the check's meanwhile."""
    from kiosk import resources
    from kiosk.app import KioskApp
    from kiosk.i18n import read_translations

    return KioskApp(
        queue=services.queue,
        clock=services.clock,
        translations=read_translations(resources.asset("translations")),
        pictures=services,
        tiles=services,
        carry_out=services.carry_out,
        started=check.started,
        paired=services.paired,
        language="fr",
        window=settings.window,
    )
