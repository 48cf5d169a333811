"""The card thread: waits for what the reader says, opens the card and lets the purse serve it.

One thread, plain synchronous code; commands from the UI come through `arm`, `disarm` and `show`, which return at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from domain.cards import CardReading
from hardware.card.keys import CardHandle, KeyName, KeyVault
from hardware.card.link import DesfireLink, Session
from hardware.card.opening import KnownChips
from hardware.card.port import (
    CardChannel,
    CardLost,
    CardPresent,
    CardReader,
    CardRemoved,
    ReaderDown,
    ReaderEvent,
    ReaderReady,
    ReaderUnavailable,
    SeveralCards,
)
from hardware.card.session import CardSession, open_card
from kiosk.flow import events as ev
from kiosk.flow.effects import ArmLook
from kiosk.workers.purse import RECORDS_ALL, Purse
from kiosk.workers.purse_ports import Task

# How long one wait for the reader lasts: an armed task starts at most this much after the touch when the card lies
# there already. Ten wakes a second cost 0.1 % of a core.
WAIT_SECONDS = 0.1


class SplitVault:
    """Key 1 from the kiosk's own vault, key 2 from the desk's secret (a SAM): the kiosk never holds the load key."""

    def __init__(self, site: KeyVault, load: KeyVault | None) -> None:
        self._site = site
        self._load = load

    def authenticate(
        self, link: DesfireLink, key_number: int, card: CardHandle, previous: Session | None = None
    ) -> Session:
        """Raises what the vault that holds the key raises; KeyMissing when there is no desk secret."""
        vault = self._load if key_number == 2 and self._load is not None else self._site
        return vault.authenticate(link, key_number, card, previous)

    def holds(self, name: KeyName) -> bool:
        if name is KeyName.LOAD:
            return self._load is not None and self._load.holds(name)
        return self._site.holds(name)


class CardWorker:
    """Owns the reader. `start`, then `arm`/`disarm`/`show` from any thread, `stop`."""

    def __init__(
        self,
        reader: CardReader,
        vault: Callable[[], KeyVault | None],
        purse: Purse,
        post: Callable[[ev.Event], None],
        told_reader: Callable[[str], None],
        credit: Callable[[CardChannel, CardReading], bool] = lambda _channel, _reading: False,
    ) -> None:
        """`vault()` is None until the kiosk has its keys. `told_reader` hears "ready" or the trouble's key.

        `credit` brings what the server owes onto a card that was shown; whether the card may have changed.
        """
        self._reader = reader
        self._vault = vault
        self._purse = purse
        self._post = post
        self._told_reader = told_reader
        self._credit = credit
        self._known = KnownChips()
        self._lock = threading.Lock()
        self._task: Task | None = None
        self._look_again = False
        self._present: CardPresent | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="card", daemon=True)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the operation in hand; never tears a card."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()  # it wakes every tenth of a second; closing first would cut a debit in hand
        self._reader.close()

    def arm(self, task: Task) -> None:
        """Do `task` with the next card, or with the one that lies there."""
        with self._lock:
            self._task = task
            self._look_again = True

    def disarm(self, task: int) -> None:
        with self._lock:
            if self._task is not None and self._task.task == task:
                self._task = None

    def show(self) -> None:
        """Read the card that lies there, if any."""
        with self._lock:
            self._look_again = True

    def _run(self) -> None:
        while not self._stopping.is_set():
            event = self._reader.wait(WAIT_SECONDS)
            if self._stopping.is_set():
                return
            try:
                self.take(event)
            except Exception:  # noqa: BLE001 the one supervisor of this thread; logged with its traceback
                # A defect must not end the thread: the kiosk would sell nothing and say nothing. What was being
                # written is in doubt on the journal and is decided at the next tap.
                self._log.exception("card operation failed")
                task = self._current()
                over, _ = self._purse.failed(task, ev.CardTrouble.KIOSK_FAULT)
                if over and task is not None:
                    self.disarm(task.task)

    def take(self, event: ReaderEvent | None) -> None:
        """Deal with one event of the reader, or with nothing (then an armed task looks at the card that lies there)."""
        match event:
            case None:
                with self._lock:
                    again, self._look_again = self._look_again, False
                if again and self._present is not None:
                    self._serve(self._present)
            case CardPresent():
                self._present = event
                with self._lock:
                    self._look_again = False
                self._serve(event)
            case CardRemoved():
                self._present = None
                self._post(ev.CardTaken())
            case SeveralCards():
                self._present = None
                task = self._current()
                self._post(ev.CardRefused(ev.CardTrouble.SEVERAL_CARDS, task=task.task if task else 0))
            case ReaderReady():
                self._told_reader("ready")
                self._post(ev.ReaderNews(ready=True))
            case ReaderDown(trouble):
                self._present = None
                self._told_reader(trouble.value)
                self._post(ev.ReaderNews(ready=False))

    def _current(self) -> Task | None:
        with self._lock:
            return self._task

    def _serve(self, present: CardPresent) -> None:
        vault = self._vault()
        if vault is None:
            return  # not provisioned yet: there is nothing to do with a card
        task = self._current()
        over, again = self._once(present, vault, task)
        if again and not over:  # in doubt: a card still in the field is read again without asking
            over, _ = self._once(present, vault, self._current())
        if over and task is not None:
            self.disarm(task.task)

    def _once(
        self, present: CardPresent, vault: KeyVault, task: Task | None, *, credited: bool = False
    ) -> tuple[bool, bool]:
        try:
            channel = self._reader.connect()
        except CardLost:
            return False, False  # gone before it was opened; its removal is an event of its own
        except ReaderUnavailable as error:
            self._told_reader(error.trouble.value)
            self._post(ev.ReaderNews(ready=False))
            return False, False
        try:
            opened = open_card(channel, vault, known=self._known, atr=present.atr)
            if not isinstance(opened, CardSession):
                return self._purse.unreadable(opened, task), False
            wanted: Callable[[], bool] = lambda: self._current() is task  # noqa: E731 two words longer as a def
            records = RECORDS_ALL if task is None or isinstance(task, ArmLook) else 0
            answer = self._purse.serve(opened, task, records, wanted)
            shown = self._purse.shown
            changed = task is None and shown is not None and not credited and self._credit(channel, shown)
        finally:
            channel.close()
        if changed:  # what it holds now, and a fact of it that decides whatever was left open
            self._once(present, vault, None, credited=True)
        return answer
