"""What a demo leaves on disk when it is given a home of its own: cards as they are, the relay's port, the clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from domain.days import day_number, local_day
from domain.ports import Chance, Clock
from hardware.card.keys import LocalVault, load_ring
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.factory import make_identity, make_personalised_card
from kiosk import resources
from kiosk.demo.hardware import TRAY
from kiosk.demo.territory import TERRITORY_FILE, DemoTerritory

FORMAT_VERSION = 1
VALID_DAYS = 345
KEYS_FILE = "issuing-keys.json"  # where `prepare_territory` puts them


class DemoHomeDamaged(Exception):
    """The folder holds something else than a demo; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DemoMemory:
    """`relay_port`: the address that the kiosk was paired with. `ahead_ms`: how far its clock was moved."""

    relay_port: int
    ahead_ms: int


def read_memory(home: Path) -> DemoMemory | None:
    """What the last run left; None in a new home. Raises DemoHomeDamaged."""
    path = home / "demo.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["version"] != FORMAT_VERSION:
            raise ValueError(raw["version"])
        port, ahead = int(raw["relay_port"]), int(raw["ahead_ms"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoHomeDamaged(f"{path} cannot be read as a demo's memory: choose another --home.") from error
    return DemoMemory(port, max(0, ahead))


def write_memory(home: Path, memory: DemoMemory) -> None:
    """Keep it for the next run. Raises OSError."""
    document = {"version": FORMAT_VERSION, "relay_port": memory.relay_port, "ahead_ms": memory.ahead_ms}
    beside = home / "demo.json.new"
    beside.write_text(json.dumps(document), encoding="utf-8")
    beside.replace(home / "demo.json")


def known_territory(home: Path) -> DemoTerritory:
    """The territory of a home that was prepared before. Raises OSError, KeyError, ValueError: a damaged asset."""
    document = json.loads(resources.asset(*TERRITORY_FILE).read_text(encoding="utf-8"))
    demo = document["demo"]
    site = next(row for row in document["partners"] if row["id"] == demo["kiosk_partner_id"])
    return DemoTerritory(document, site["site_number"], demo["bookable_offer_id"], home / KEYS_FILE)


def read_or_issue_cards(home: Path, keys: Path, clock: Clock, chance: Chance) -> dict[str, SimulatedCard]:
    """The tray's cards as the last run left them, else new ones, personalised as the issuing station does.

    Every change is on disk before the chip answers. Raises CardFileError, KeyFileError, FactoryError, OSError.
    """
    folder = home / "cards"
    folder.mkdir(mode=0o700, exist_ok=True)
    vault = LocalVault(load_ring(keys), chance)
    today = day_number(local_day(clock.now_ms()))
    cards: dict[str, SimulatedCard] = {}
    for card in TRAY:
        path = folder / f"{card.key}.json"
        if path.exists():
            cards[card.key] = SimulatedCard.load(path, chance)
        else:
            identity = make_identity(card.number, card.kind, issued_day=today, valid_days=VALID_DAYS)
            cards[card.key] = make_personalised_card(vault, chance, identity, path=path)
    return cards
