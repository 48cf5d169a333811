"""The frozen kiosk as a visitor finds it: paired, its content and map here, touched on its screen, a card laid down.

What the checkout does (server, pairing, first content) is only the ground; every picture is the frozen program's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.days import day_number, local_day
from hardware.beacon.private_bus import PrivateBus
from hardware.beacon.simulated_bluez import SimulatedBluez
from hardware.card.keys import LocalVault, load_ring
from hardware.card.simulated.factory import make_identity, make_personalised_card
from hardware.card.system import SystemChance
from kiosk.workers.clock import DeviceClock
from tests.fixtures.headless_kiosk import HeadlessKiosk
from tests.fixtures.kiosk_world import world_of
from tests.fixtures.pcscd import PrivatePcscd, pcscd
from tests.fixtures.server import live_server
from tests.fixtures.x_screen import XScreen, x_screen

__all__ = ["pcscd"]  # a fixture, used by its name

ROOT = Path(__file__).resolve().parents[2]
FROZEN = Path(os.environ.get("ZEROT_FROZEN", "/nonexistent"))
MAP = ROOT / "assets" / "map" / "pays-du-bon-coin.mbtiles"
PATIENCE = 60.0
LOOK_SECONDS = 0.1  # between two looks at a screen that belongs to another process
# At 1280 × 800 and 97 ppi, as docs/pictures/home.png shows it.
ANYWHERE, SEARCH, MAP_DOOR, BACK = (640, 300), (1165, 120), (774, 668), (57, 36)
KEY_C, PLUS = (330, 685), (1206, 226)
WHITE, PAPER, LAVENDER = (0xFF, 0xFF, 0xFF), (0xFB, 0xF7, 0xF0), (0x46, 0x37, 0x8B)

pytestmark = pytest.mark.skipif(
    "ZEROT_FROZEN" not in os.environ, reason="no frozen kiosk was built: ./run package does both"
)


class Picture:
    """What is on the screen at a moment."""

    def __init__(self, screen: XScreen) -> None:
        self.pixels, self.width, self.height = screen.pixels()

    def at(self, x: int, y: int) -> tuple[int, int, int]:
        blue, green, red = self.pixels[(y * self.width + x) * 4 :][:3]
        return red, green, blue

    def colours(self, left: int, top: int, right: int, bottom: int) -> int:
        """How many different colours a part of it has, every third pixel looked at."""
        return len({self.at(x, y) for x in range(left, right, 3) for y in range(top, bottom, 3)})


def wait_for(screen: XScreen, what: str, there: Callable[[Picture], bool]) -> Picture:
    """Look until it is there: the screen belongs to another process, which tells nobody when it drew."""
    deadline = time.monotonic() + PATIENCE
    while True:
        picture = Picture(screen)
        if there(picture):
            return picture
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(LOOK_SECONDS)


@contextmanager
def running(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "kiosk.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def is_attract(picture: Picture) -> bool:
    """The yellow bar says "touch the screen"."""
    return picture.at(60, 646)[2] < 0x70 and picture.at(60, 646)[0] > 0xE0


def is_home(picture: Picture) -> bool:
    return picture.at(640, 84) == PAPER and picture.at(*ANYWHERE)[:1] != PAPER[:1] and picture.at(40, 480) == LAVENDER


def is_search(picture: Picture) -> bool:
    """White keys in rows, paper between them."""
    return picture.at(40, 770) == WHITE and picture.at(640, 130) == WHITE and picture.at(20, 500) == PAPER


def is_map(picture: Picture) -> bool:
    """Three white buttons on a map: many colours of few pixels each, to the left edge."""
    return picture.at(1180, 210) == WHITE and picture.colours(0, 300, 600, 700) > 200


def test_a_visitor_searches_looks_at_the_map_and_lays_a_card_down(tmp_path: Path, pcscd: PrivatePcscd) -> None:
    with live_server(tmp_path / "server") as server, world_of(server, tmp_path) as world:
        server.verb("map", "publish", str(MAP))
        first = HeadlessKiosk(tmp_path / "home", world.cards.keys, ahead_ms=0).open()
        try:
            first.pair(world.url, world.code("FROZEN-1"), world.approver("FROZEN-1"))
            first.until("the map", lambda: first.kiosk.map_bounds is not None)
        finally:
            first.close()
        card, chance = tmp_path / "visitor.json", SystemChance()
        identity = make_identity("00421187", issued_day=day_number(local_day(DeviceClock().now_ms())), valid_days=345)
        vault = LocalVault(load_ring(world.cards.keys), chance)
        make_personalised_card(vault, chance, identity, balance_cents=5_000, path=card)
        with x_screen(tmp_path) as screen, PrivateBus() as bus, SimulatedBluez(bus.address):
            environment = {
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "DISPLAY": screen.display,
                "LANG": "C.UTF-8",
                "ZEROT_TPM": "off",
                "PCSCLITE_CSOCK_NAME": str(pcscd.socket),
                **bus.environment(),
            }
            with running([str(FROZEN), "kiosk", "--home", str(tmp_path / "home")], environment, tmp_path):
                visit(screen)
                laid = [str(FROZEN), "card", "simulate", "--vpcd", f"127.0.0.1:{pcscd.port}", "--file", str(card)]
                holder = subprocess.Popen(laid, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
                try:
                    wait_for(
                        screen, "the purse of the card", lambda p: p.at(60, 200) != PAPER and p.at(60, 110) != PAPER
                    )
                finally:
                    holder.send_signal(signal.SIGINT)
                    holder.wait(PATIENCE)
        log = (tmp_path / "kiosk.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log


def visit(screen: XScreen) -> None:
    """Attract, home, search with a letter, back, map, closer, back home."""
    wait_for(screen, "the attract screen", is_attract)
    screen.touch(*ANYWHERE)
    wait_for(screen, "the home screen", is_home)
    screen.touch(*SEARCH)
    blank = wait_for(screen, "the search screen", is_search)
    assert blank.colours(40, 200, 1240, 420) < 20
    screen.touch(*KEY_C)
    wait_for(screen, "results for c", lambda picture: picture.colours(40, 200, 1240, 420) > 200)
    screen.touch(*BACK)
    wait_for(screen, "the home screen again", is_home)
    screen.touch(*MAP_DOOR)
    before = wait_for(screen, "the map", is_map)
    screen.touch(*PLUS)
    wait_for(screen, "another zoom", lambda picture: is_map(picture) and picture.pixels != before.pixels)
    screen.touch(*BACK)
    wait_for(screen, "the home screen after the map", is_home)
