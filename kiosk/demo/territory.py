"""The demo's central server: a fresh home with the territory "Pays du Bon Coin", its people and one kiosk's record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from domain.days import local_day
from domain.ports import Clock
from kiosk import resources
from kiosk.demo.server_child import ServerChild

TERRITORY_FILE = ("territory", "pays-du-bon-coin.json")
MAP_FILE = ("map", "pays-du-bon-coin.mbtiles")
WAYS_FILE = ("map", "pays-du-bon-coin.osm.pbf")
DEVICE = "BC-017"
HOTELIER_PIN = "246802"
TECHNICIAN_PIN = "135791"
STAFF_USER = "bureau"
STAFF_PASSWORD = "Lavande-et-ocres-84"  # noqa: S105 printed by the demo, for a server that lives on this machine alone


@dataclass(frozen=True, slots=True)
class DemoTerritory:
    """What demo and tour need of it."""

    document: dict[str, Any]
    site_number: int
    bookable_offer: str
    keys: Path

    @property
    def beacon(self) -> dict[str, Any]:
        """The iBeacon of the kiosk's own site."""
        return next(
            row
            for row in self.document["beacons"]
            if row["type"] == "ibeacon" and row["site_number"] == self.site_number
        )

    def offer_name(self, language: str) -> str:
        row = next(row for row in self.document["offers"] if row["id"] == self.bookable_offer)
        return str(row["texts"][language][0])


def prepare_territory(server: ServerChild, home: Path, clock: Clock) -> DemoTerritory:
    """Load territory, operators, a blocked card and staff; write the issuing keys. Raises ServerTrouble."""
    path = resources.asset(*TERRITORY_FILE)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    server.command("server", "init", "--territory-file", str(path))
    server.command("map", "publish", str(resources.asset(*MAP_FILE)), "--ways", str(resources.asset(*WAYS_FILE)))
    expires = (local_day(clock.now_ms()) + timedelta(days=365)).isoformat()
    hotelier = document["demo"]["hotelier"]["name"]
    server.command("server", "create-operator", "00990012", hotelier, "--expires", expires, stdin=HOTELIER_PIN + "\n")
    server.command(
        "server", "create-operator", "00990001", "Yanis", "--role", "technician", "--expires", expires,
        stdin=TECHNICIAN_PIN + "\n",
    )  # fmt: skip
    server.command("server", "block-card", "00421311", "--reason", "lost")
    server.command("server", "create-staff", STAFF_USER, stdin=STAFF_PASSWORD + "\n")
    keys = home / "issuing-keys.json"
    server.command("server", "issuing-keys", "--out", str(keys))
    site = next(row for row in document["partners"] if row["id"] == document["demo"]["kiosk_partner_id"])
    return DemoTerritory(document, site["site_number"], document["demo"]["bookable_offer_id"], keys)


def create_device(server: ServerChild, site_number: int, url: str) -> str:
    """A desk's record on that site; the code to type on the kiosk."""
    offer = json.loads(
        server.command("server", "create-device", DEVICE, "--site", str(site_number), "--role", "desk", "--url", url)
    )
    return str(offer["code"]).replace("-", "")
