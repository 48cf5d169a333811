"""Simulated hardware of demo and tour: a reader with cards to put on it, a radio in a private BlueZ.

Everything goes through the same ports and adapters as real hardware: the DESFire client talks APDUs to simulated chips,
the real bleak listens to a simulated BlueZ on a private D-Bus.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.cards import CardKind
from domain.days import day_number, local_day
from domain.ports import Chance, Clock
from hardware.beacon.bleak_scanner import BleakBeaconScanner
from hardware.beacon.private_bus import ADDRESS_VARIABLE, PrivateBus
from hardware.beacon.simulated_bluez import PlacedBeacon, SimulatedBluez
from hardware.card.keys import KeyName, KeyRing, LocalVault, load_ring
from hardware.card.module_vault import ModuleVault
from hardware.card.simulated.card import FrameLost, SimulatedCard
from hardware.card.simulated.factory import make_identity, make_personalised_card
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.simulated.sam import ATR as MODULE_ATR
from hardware.card.simulated.sam import SimulatedSam
from kiosk.running import Devices

# Long enough for a second packet, short enough for a demo: a presence closes when its beacon was silent this long.
PRESENCE_GAP_MS = 15_000
COMMIT = b"\x90\xc7"  # CommitTransaction, ISO 7816 wrapped
STRANGER_UUID = "f7826da6-4fa2-4e98-8024-bc5b71e0893e"  # an ordinary car's or shop's beacon: not registered here


@dataclass(frozen=True, slots=True)
class DemoCard:
    """A card of the tray. `key` names it for texts and the tour."""

    key: str
    number: str
    kind: CardKind


TRAY = (
    DemoCard("visitor", "00421187", CardKind.VISITOR),
    DemoCard("resident", "00420306", CardKind.RESIDENT),
    DemoCard("host", "00420544", CardKind.HOST),
    DemoCard("hotelier", "00990012", CardKind.STAFF),
    DemoCard("technician", "00990001", CardKind.STAFF),
    DemoCard("blocked", "00421311", CardKind.VISITOR),
)


class PulledAtCommit:
    """A card whose holder pulls it away at the worst moment: the commit is done, its answer never arrives. Once."""

    def __init__(self, card: SimulatedCard) -> None:
        self._card = card
        self._pulled = False

    def power_up(self) -> None:
        self._card.power_up()

    def exchange(self, frame: bytes) -> bytes:
        answer = self._card.exchange(frame)
        if frame[:2] == COMMIT and not self._pulled:
            self._pulled = True
            raise FrameLost(sent=True)
        return answer


class DemoHardware:
    """Owns reader, cards, bus and radio. `open` before the kiosk is built, `close` after it stopped."""

    def __init__(self, clock: Clock, chance: Chance, seed: int) -> None:
        self._clock = clock
        self._chance = chance
        self._seed = seed
        self._bus: PrivateBus | None = None
        self._bluez: SimulatedBluez | None = None
        self._address_before: str | None = None
        self.reader = SimulatedReader("Lecteur simulé")
        self.cards: dict[str, SimulatedCard] = {}

    def open(self) -> None:
        """Start the private bus and the simulated BlueZ on it. Raises PrivateBusError."""
        self._bus = PrivateBus()
        address = self._bus.start()
        self._address_before = os.environ.get(ADDRESS_VARIABLE)
        os.environ[ADDRESS_VARIABLE] = address
        self._bluez = SimulatedBluez(address, seed=self._seed)
        self._bluez.start()

    def close(self) -> None:
        if self._bluez is not None:
            self._bluez.stop()
        if self._bus is not None:
            self._bus.stop()
        if self._address_before is None:
            os.environ.pop(ADDRESS_VARIABLE, None)
        else:
            os.environ[ADDRESS_VARIABLE] = self._address_before

    def issue_cards(self, keys: Path, cards: Sequence[DemoCard] = TRAY) -> None:
        """Personalise the tray's cards as the issuing station does, with the territory's keys."""
        ring = load_ring(keys)
        vault = LocalVault(ring, self._chance)
        today = local_day(self._clock.now_ms())
        for card in cards:
            identity = make_identity(card.number, card.kind, issued_day=day_number(today), valid_days=345)
            self.cards[card.key] = make_personalised_card(vault, self._chance, identity)

    def devices(self, keys: Path) -> Devices:
        """Reader, the desk's key module with key 2 alone in a second slot, and the radio."""
        desk: KeyRing = load_ring(keys).only(frozenset({KeyName.LOAD}))
        secret = self._chance.token(8)
        slot = SimulatedReader("Module simulé")
        slot.present(SimulatedSam(desk, secret, self._chance), MODULE_ATR)
        module = ModuleVault(slot, secret)
        return Devices(
            reader=self.reader,
            load_vault=lambda _pairing, _identity: module,
            scanner=BleakBeaconScanner(self._clock, self._chance),
            presence_gap_ms=PRESENCE_GAP_MS,
        )

    def walk_past(self, beacon: Mapping[str, Any]) -> str:
        """Put a registered beacon (a row of the territory's list) into the room; its radio address."""
        address = f"C0:FF:EE:00:00:{beacon['minor'] & 0xFF:02X}"
        payload = ibeacon_payload(str(beacon["uuid"]), int(beacon["major"]), int(beacon["minor"]))
        self._radio().place(PlacedBeacon(address, (payload,), rssi_dbm=-58))
        return address

    def stranger_passes(self) -> str:
        """Somebody else's beacon, in a car or a pocket."""
        address = "DE:AD:BE:EF:00:01"
        self._radio().place(PlacedBeacon(address, (ibeacon_payload(STRANGER_UUID, 7, 7),), rssi_dbm=-52))
        return address

    def take_away(self, address: str) -> None:
        self._radio().take_away(address)

    def _radio(self) -> SimulatedBluez:
        if self._bluez is None:
            raise RuntimeError("the simulated radio is not open")
        return self._bluez


def ibeacon_payload(uuid: str, major: int, minor: int) -> bytes:
    """Raw advertising payload: flags, then Apple's manufacturer data with type 02 15 and a power of −59 dBm at 1 m."""
    identity = bytes.fromhex(uuid.replace("-", "")) + major.to_bytes(2, "big") + minor.to_bytes(2, "big")
    return bytes.fromhex("02011A1AFF4C000215") + identity + b"\xc5"
