"""What stands behind the window: an unpaired kiosk that can be paired, and the running one it becomes.

No Kivy. `carry_out` is called on the UI thread and returns at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from domain.ports import Chance
from hardware.card.keys import KeyFileError
from kiosk import wipe
from kiosk.config import Settings
from kiosk.conversation import EventQueue
from kiosk.device_keys import DeviceKeys
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.messages import M, message
from kiosk.i18n import Translations
from kiosk.running import Devices, Running
from kiosk.store.journal import JournalTrouble
from kiosk.store.life import LifePlace
from kiosk.store.state import StateTrouble
from kiosk.tile_pictures import Decoder, Tile, TileKey, no_pictures
from kiosk.workers.clock import DeviceClock
from kiosk.workers.pairing import PairingWorker
from sync.keys import DeviceIdentity, KeyTrouble
from sync.pairing import Pairing, PairingDamaged, read_pairing, write_pairing
from sync.transport import Transport

FIRST_CONTENT_SECONDS = 180.0


class Services:
    """Owns every worker. `start` after the window is there, `stop` once at the end."""

    def __init__(
        self,
        settings: Settings,
        devices: Devices,
        *,
        keys: DeviceKeys,
        life: LifePlace,
        transport: Callable[[], Transport],
        card_transport: Callable[[], Transport],
        clock: DeviceClock,
        chance: Chance,
        translations: Translations,
        illustrations: Path,
        software: str,
        decode: Decoder = no_pictures,
    ) -> None:
        """Reads what pairing left. Raises PairingDamaged and what `Running` raises."""
        self._settings, self._devices, self._transport = settings, devices, transport
        self._card_transport = card_transport
        self._keys, self._life = keys, life
        self.clock, self._chance, self._translations = clock, chance, translations
        self._illustrations, self._software, self._decode = illustrations, software, decode
        self._log = structlog.get_logger(__name__)
        self.queue = EventQueue()
        self._pairing_worker: PairingWorker | None = None
        self._finisher: threading.Thread | None = None
        self._arrived = threading.Event()
        self._wiper: threading.Thread | None = None
        self._remains = wipe.Remains(settings.kiosk_home, keys.beside, transport, clock, chance)
        if wipe.is_begun(settings.kiosk_home):  # a cut came in between
            wipe.go_on(settings, keys.beside, chance)
        pairing = read_pairing(settings.kiosk_home)
        self.running: Running | None = None if pairing is None else self._run(pairing, self._identity())

    @property
    def paired(self) -> bool:
        return self.running is not None

    def _identity(self) -> DeviceIdentity:
        return self._keys.open()

    def _run(self, pairing: Pairing, identity: DeviceIdentity) -> Running:
        return Running(
            self._settings,
            pairing,
            identity,
            self._devices,
            keys=self._keys,
            life=self._life,
            revoked=self._on_revoked,
            transport=self._transport(),
            card_transport=self._card_transport(),
            clock=self.clock,
            chance=self._chance,
            post=self.queue.post,
            translations=self._translations,
            illustrations=self._illustrations,
            software=self._software,
            decode=self._decode,
        )

    def start(self) -> None:
        """The window is there."""
        self._remains.start()
        if self.running is not None:
            self.running.start()

    def stop(self) -> None:
        """End every worker; the journal closes last."""
        self.queue.close()
        if self._pairing_worker is not None:
            self._pairing_worker.stop()
        self._arrived.set()
        for thread in (self._finisher, self._wiper):
            if thread is not None:
                thread.join()
        self._remains.stop()
        if self.running is not None:
            self.running.stop()

    def path(self, key: str, size: tuple[int, int]) -> str:
        """Implements `kiosk.screens.base.Pictures` before and after pairing."""
        if self.running is not None:
            return self.running.pictures.path(key, size)
        return str(self._illustrations / "lavender.png")

    def want(self, keys: tuple[TileKey, ...]) -> None:
        """Implements `kiosk.tile_pictures.TileSource`: there is no map before pairing."""
        if self.running is not None:
            self.running.map.want(keys)

    def take(self, most: int) -> tuple[Tile, ...]:
        return self.running.map.take(most) if self.running is not None else ()

    def listen(self, ready: Callable[[], object]) -> None:
        if self.running is not None:
            self.running.map.listen(ready)

    def carry_out(self, effect: ef.Effect) -> None:
        """Hand an effect to its worker."""
        match effect:
            case ef.ClaimPairing(url, code):
                self._claim(url, code)
            case ef.FinishPairing():
                self._finisher = threading.Thread(target=self._finish, name="first-content", daemon=True)
                self._finisher.start()
            case _:
                if self.running is not None:
                    self.running.carry_out(effect)

    def _on_revoked(self) -> None:
        """On the sync thread of the kiosk that ends: the work is another thread's, which stops it first."""
        wipe.begin(self._settings.kiosk_home)
        if self._wiper is None or not self._wiper.is_alive():
            self._wiper = threading.Thread(target=self._wipe, name="wipe", daemon=True)
            self._wiper.start()

    def _wipe(self) -> None:
        running, self.running = self.running, None  # from now on nothing is handed to it
        self.queue.post(ev.Wiped())
        try:
            if running is not None:
                running.stop()
            wipe.go_on(self._settings, self._keys.beside, self._chance)
        except (OSError, JournalTrouble, StateTrouble, PairingDamaged, KeyTrouble) as error:
            self._log.error("the wipe is gone on with at the next start", reason=str(error))
            return
        self._log.warning("this kiosk was revoked and wiped")
        self._pairing_worker = None
        self._remains.start()

    def _claim(self, url: str, code: str) -> None:
        if self._pairing_worker is None:
            self._pairing_worker = PairingWorker(
                self._transport(),
                self._identity,
                self._software,
                self.clock,
                self._chance,
                self.queue.post,
            )
        self._pairing_worker.claim(url, code)

    def _finish(self) -> None:
        """Approved: keep the pairing, open the journal, wait for configuration and content."""
        pairing = self._pairing_worker.approved if self._pairing_worker is not None else None
        if pairing is None:
            self.queue.post(ev.PairFailed(message(M.PAIR_REFUSED)))
            return
        try:
            write_pairing(self._settings.kiosk_home, pairing)
            running = self._run(pairing, self._identity())
        except (OSError, JournalTrouble, StateTrouble, PairingDamaged, KeyFileError, KeyTrouble) as error:
            self._log.error("pairing could not be finished", reason=str(error))
            self.queue.post(ev.PairFailed(message(M.DISK_FULL)))
            return

        def percent(value: int) -> None:
            self.queue.post(ev.PairProgress(value))
            if value >= 100:
                self._arrived.set()

        self.running = running
        running.start(percent)
        self._arrived.wait(FIRST_CONTENT_SECONDS)
        self.queue.post(ev.PairDone())
