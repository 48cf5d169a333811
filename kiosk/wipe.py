"""Revoked: keys, content and personal data go at once; what was sold and not sent stays, sealed to the server.

Begun only on the server's signed word: the answer `revoked` alone might be anybody's on a bad line. Each step may be
cut and is gone on with at the next start, because `wipe-begun` is the first thing written and the last removed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Final

import structlog

from domain.ports import Chance, Clock
from kiosk.config import Settings
from kiosk.device_keys import DeviceKeys
from kiosk.store.journal_file import JournalTrouble, fsync_directory
from kiosk.store.journal_read import JournalReader
from kiosk.store.journal_rescue import ASIDE
from kiosk.store.sealed_outbox import hand_in, is_complete, seal_outbox
from kiosk.store.state import KioskState, StateTrouble
from sync.client import DeviceClient
from sync.keys import KeyTrouble
from sync.messages_facts import FactsAnswer
from sync.pairing import PAIRING_FILE, PairingDamaged, read_pairing, write_pairing
from sync.transport import Transport

BEGUN: Final = "wipe-begun"
SEALED: Final = "sealed-"  # and a number: a kiosk may be wiped again before its first debts are handed in
RETRY_SECONDS: Final = 60.0
RETRY_SECONDS_MAX: Final = 900.0


def begin(kiosk_home: Path) -> None:
    """From now on this kiosk is wiped, whatever happens. Raises OSError."""
    if is_begun(kiosk_home):
        return
    numbers = [int(path.name.removeprefix(SEALED)) for path in remains_of(kiosk_home)]
    aside = kiosk_home / f".{BEGUN}.new"
    with aside.open("w", encoding="ascii") as file:
        file.write(f"{SEALED}{max(numbers, default=0) + 1}")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(kiosk_home / BEGUN)
    fsync_directory(kiosk_home)


def is_begun(kiosk_home: Path) -> bool:
    return (kiosk_home / BEGUN).exists()


def remains_of(kiosk_home: Path) -> list[Path]:
    """Folders of earlier lives that still owe facts, oldest first."""
    found = [path for path in kiosk_home.glob(f"{SEALED}*") if path.name.removeprefix(SEALED).isdecimal()]
    return sorted(found, key=lambda path: int(path.name.removeprefix(SEALED)))


def go_on(settings: Settings, keys_of: Callable[[Path], DeviceKeys], chance: Chance) -> None:
    """All of it, with everything else of this kiosk closed. `keys_of(folder)` gives the keys in a folder.

    Raises JournalTrouble, StateTrouble, KeyTrouble, PairingDamaged, OSError: nothing was lost, the next start goes on.
    """
    home = settings.kiosk_home
    sealed = home / (home / BEGUN).read_text(encoding="ascii")
    if not is_complete(sealed):
        _seal(settings, sealed, keys_of(settings.identity), chance)
    if settings.identity.exists():
        keys_of(settings.identity).forget_sealing()  # what was sealed to this kiosk opens no more
        (sealed / "identity").mkdir(mode=0o700, exist_ok=True)
        for path in settings.identity.iterdir():
            path.replace(sealed / "identity" / path.name)
        settings.identity.rmdir()
    (home / PAIRING_FILE).unlink(missing_ok=True)
    for folder in (settings.journal, settings.content, home / "inbox", *home.glob(f"{ASIDE}*")):
        if folder.exists():
            shutil.rmtree(folder)
    for path in home.glob("state.db*"):
        path.unlink()
    fsync_directory(home)
    (home / BEGUN).unlink(missing_ok=True)
    fsync_directory(home)


def _seal(settings: Settings, sealed: Path, keys: DeviceKeys, chance: Chance) -> None:
    """The outbox, and who hands it in: the pairing without the card keys."""
    pairing, identity = read_pairing(settings.kiosk_home), keys.read()
    if pairing is None or identity is None:
        sealed.mkdir(mode=0o700, exist_ok=True)  # never paired: nothing was sold
        (sealed / "complete").touch()
        return
    state = KioskState(settings.state, pairing.recipient, boot="wipe")
    try:
        head = state.acknowledged()
    finally:
        state.close()
    place = (0, 0) if head is None else (head.incarnation, head.sequence)
    sealed.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_pairing(sealed, replace(pairing, sealed_keys=b""))
    journal = JournalReader(settings.journal, pairing.device)
    seal_outbox(sealed, journal, place, pairing.territory, pairing.server_sealing_key, identity, chance)


class Remains:
    """Hands the sealed facts of an earlier life in, on a thread of its own, until the server has them all."""

    def __init__(
        self,
        kiosk_home: Path,
        keys_of: Callable[[Path], DeviceKeys],
        transport: Callable[[], Transport],
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._home, self._keys_of, self._transport = kiosk_home, keys_of, transport
        self._clock, self._chance = clock, chance
        self._stopping = Event()
        self._thread: Thread | None = None
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Where there is anything to hand in."""
        running = self._thread is not None and self._thread.is_alive()
        if not running and any(map(is_complete, remains_of(self._home))):
            self._thread = Thread(target=self._run, name="remains", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        wait = RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                # Each is tried: a life whose server is gone for ever holds no other back.
                left = [folder for folder in remains_of(self._home) if is_complete(folder) and not self._pass(folder)]
                if not left:
                    return
            except (OSError, KeyTrouble, PairingDamaged, JournalTrouble, StateTrouble) as error:
                self._log.error("the sealed facts could not be handed in", reason=str(error))
            self._stopping.wait(wait)
            wait = min(RETRY_SECONDS_MAX, wait * 2)

    def _pass(self, folder: Path) -> bool:
        """Whether nothing is left there: then its last key goes too."""
        pairing, keys = read_pairing(folder), self._keys_of(folder / "identity")
        identity = keys.read()
        if pairing is not None and identity is not None:
            client = DeviceClient(
                self._transport(),
                pairing.url,
                pairing.device,
                identity,
                clock=self._clock,
                chance=self._chance,
                cancelled=self._stopping.is_set,
            )
            if not hand_in(folder, lambda box: isinstance(client.send_sealed(box), FactsAnswer)):
                return False
        keys.erase()
        shutil.rmtree(folder)
        fsync_directory(folder.parent)
        self._log.info("everything that this kiosk owed was handed in, its last key is gone")
        return True
