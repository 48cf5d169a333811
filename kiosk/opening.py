"""What a kiosk has on its disk, opened: state, journal, and the life that both belong to. No Kivy."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from domain.ports import Chance, Uuid7Ids
from kiosk.config import Settings
from kiosk.store.journal import Journal
from kiosk.store.journal_opening import open_journal
from kiosk.store.journal_rescue import open_or_rescue
from kiosk.store.life import LifeGuard, LifePlace
from kiosk.store.state import KioskState
from kiosk.workers.clock import DeviceClock
from kiosk.workers.housekeeping import begin_life
from sync.feeds import Recipient
from sync.pairing import Pairing


@dataclass(frozen=True, slots=True)
class Store:
    """`life` is told apart from a restored or copied image's."""

    state: KioskState
    journal: Journal
    life: LifeGuard


def open_store(settings: Settings, pairing: Pairing, life: LifePlace, clock: DeviceClock, chance: Chance) -> Store:
    """A damaged journal is set aside and begun anew; a restored image begins another incarnation. Any thread.

    Raises JournalTrouble, StateTrouble: the kiosk cannot sell then.
    """
    log = structlog.get_logger(__name__)
    boot = chance.token(8).hex()
    state = KioskState(settings.state, Recipient(pairing.territory, pairing.device, pairing.server_key), boot=boot)
    acknowledged = state.acknowledged()
    journal, damage = open_or_rescue(
        lambda: open_journal(
            settings.journal,
            pairing.territory,
            pairing.device,
            clock=clock,
            ids=Uuid7Ids(clock, chance),
            chance=chance,
            boot=boot,
            clock_offset=lambda: state.clock_offset_now(clock.monotonic_ms),
        ),
        settings.journal,
        pairing.device,
        acknowledged=(acknowledged.incarnation, acknowledged.sequence) if acknowledged else (0, 0),
        incarnation=max(pairing.incarnation, acknowledged.incarnation if acknowledged else 0),
        now_ms=clock.now_ms(),
    )
    if damage:
        log.error("the journal was damaged and set aside", reason=damage)
    guard = LifeGuard(settings.journal, life, chance, clock)
    if begin_life(guard, journal, pairing.incarnation, damaged=bool(damage)):
        log.error("this is a restored or copied image: a new incarnation begins")
    return Store(state, journal, guard)
