"""`zerot demo`: the real window under Xvfb, its tray touched as a finger does; what it leaves; how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import kiosk.tour.cli
from hardware.card.keys import KIOSK_KEYS, LocalVault, load_ring
from hardware.card.port import CardRead
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.system import SystemChance
from kiosk import resources
from kiosk.cli import main
from kiosk.demo.display import display
from kiosk.demo.hardware import TRAY
from kiosk.demo.home import DemoHomeDamaged, DemoMemory, read_memory, write_memory
from kiosk.demo.props import BANK, PULLED
from kiosk.demo.run import until_daytime
from kiosk.i18n import read_translations
from sync.pairing import read_pairing

ROOT = Path(__file__).resolve().parents[2]
TABLE = (1600, 800)
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def screen() -> Iterator[None]:
    """A display of our own, as wide as kiosk and tray."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            patch.delenv(name, raising=False)
        with display(TABLE):
            yield


@dataclass(frozen=True, slots=True)
class Visited:
    seen: dict[str, Any]
    home: Path


@pytest.fixture(scope="module")
def visited(screen: None, tmp_path_factory: pytest.TempPathFactory) -> Visited:
    """One whole visit of tests/fixtures/demo_visit.py."""
    folder = tmp_path_factory.mktemp("demo")
    home = folder / "home"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fixtures.demo_visit", str(folder), str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    path = folder / "seen.json"
    assert path.exists(), done.stderr
    seen = json.loads(path.read_text(encoding="utf-8"))
    assert done.returncode == 0, seen.get("error", done.stderr)
    return Visited(seen, home)


@pytest.mark.slow
def test_the_kiosk_keeps_its_size_beside_the_tray(visited: Visited) -> None:
    assert visited.seen["kiosk"] == [0, 0, 1280, 800]
    assert visited.seen["tray"] == [1280, 0, 320, 800]
    assert visited.seen["scale"] == pytest.approx(0.8)  # 1280×720: everything smaller, and touches still meet it


@pytest.mark.slow
def test_cards_are_put_on_taken_off_dragged_and_refused(visited: Visited) -> None:
    seen = visited.seen
    assert (seen["my_card"], seen["on_reader"]) == ("00421187", "visitor")
    assert seen["dragged"] == "00420306"
    assert seen["foreign"] == "card_bank"
    assert seen["replaced"] == "hotelier"


@pytest.mark.slow
def test_a_card_pulled_away_too_soon_is_settled_by_the_next_tap(visited: Visited) -> None:
    assert visited.seen["torn"] is True
    assert visited.seen["back_in_its_place"] is True  # the drawn card as well
    assert visited.seen["loaded"] == 5000


@pytest.mark.slow
def test_the_network_can_be_cut_and_the_screen_says_so(visited: Visited) -> None:
    assert visited.seen["offline_port_closed"] is True
    assert visited.seen["shell_offline"] is True


@pytest.mark.slow
def test_beacons_are_counted(visited: Visited) -> None:
    kept, dropped = visited.seen["beacons"]
    assert kept > 0
    assert dropped > 0
    assert visited.seen["beacons_said"].startswith("gardé ")


def wait_for_line(process: subprocess.Popen[str], wanted: str, seconds: float) -> list[str]:
    """The lines said until one contains `wanted`."""
    lines: list[str] = []
    assert process.stderr is not None
    ending = threading.Timer(seconds, process.kill)  # ends the reading below as well
    ending.start()
    try:
        for line in process.stderr:
            lines.append(line)
            if wanted in line:
                return lines
    finally:
        ending.cancel()
    raise AssertionError(f"{wanted!r} was not said: {lines}")


@pytest.mark.slow
def test_the_demo_goes_on_where_it_was_and_ctrl_c_ends_all_of_it(visited: Visited) -> None:
    home = visited.home
    before = read_memory(home)
    assert before is not None
    assert before.ahead_ms >= DAY_MS
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk", "demo", "--home", str(home)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said = wait_for_line(process, "The window is open", 60)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
            rest = process.communicate(timeout=60)[1]
        finally:
            if process.poll() is None:
                process.kill()
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert not any("Preparing" in line for line in said)
    with pytest.raises(ProcessLookupError):  # nobody of the group is left
        os.killpg(process.pid, 0)
    after = read_memory(home)
    assert after is not None
    assert after.relay_port == before.relay_port
    assert read_pairing(home / "kiosk") is not None
    assert balance_cents(home) == 5000


def balance_cents(home: Path) -> int:
    """What the visitor's chip says, read as an auditor does."""
    chance = SystemChance()
    reader = SimulatedReader("auditor")
    reader.present(SimulatedCard.load(home / "cards" / "visitor.json", chance))
    session = open_card(reader.connect(), LocalVault(load_ring(home / "issuing-keys.json").only(KIOSK_KEYS), chance))
    assert isinstance(session, CardSession)
    result = session.read(records=0)
    assert isinstance(result, CardRead)
    return result.reading.balance_cents


@pytest.mark.parametrize(("passed", "status"), [(True, 0), (False, 1)])
def test_without_a_display_the_tour_says_the_verdict(
    passed: bool, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driven: list[tuple[Path, object, tuple[int, int], bool]] = []

    def fake_tour(out: Path, content: object, size: tuple[int, int], seed: int) -> bool:
        driven.append((out, content, size, bool(os.environ.get("DISPLAY"))))
        return passed

    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kiosk.tour.cli, "run_tour", fake_tour)
    result = CliRunner().invoke(main, ["demo", "--size", "800x1280", "--out", str(tmp_path)])
    assert result.exit_code == status, result.output
    assert driven == [(tmp_path, None, (800, 1280), True)]
    assert "DISPLAY" not in os.environ


@pytest.mark.parametrize("size", ["12", "1280", "9999x800", "1280x9999", "axb"])
def test_a_wrong_size_is_said_in_a_sentence(size: str) -> None:
    result = CliRunner().invoke(main, ["demo", "--size", size])
    assert result.exit_code == 2
    assert result.output.strip().splitlines()[-1].startswith("Error: Invalid value for --size: ")


@pytest.mark.parametrize("damaged", ["", "[]", "{}", '{"version": 2, "relay_port": 1, "ahead_ms": 0}'])
def test_a_folder_that_holds_something_else_is_refused(
    damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo.json").write_text(damaged, encoding="utf-8")
    with pytest.raises(DemoHomeDamaged):
        read_memory(tmp_path)
    monkeypatch.setenv("DISPLAY", ":no-such-display")  # refused before any window is asked for
    result = CliRunner().invoke(main, ["demo", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "choose another --home" in result.output


def test_memory_is_kept(tmp_path: Path) -> None:
    assert read_memory(tmp_path) is None
    write_memory(tmp_path, DemoMemory(4321, 600_000))
    assert read_memory(tmp_path) == DemoMemory(4321, 600_000)


@pytest.mark.parametrize(
    ("utc_hour", "hours_to_pass"),
    [(7, 0), (14, 0), (15, 22.2), (22, 15.2), (2, 11.2)],  # November: one hour ahead of UTC; 14:12 is 13:12 UTC
)
def test_the_demo_starts_by_day(utc_hour: int, hours_to_pass: float) -> None:
    midnight_ms = 1_795_392_000_000  # 2026-11-23T00:00Z
    passed = until_daytime(midnight_ms + utc_hour * 3_600_000)
    assert passed / 3_600_000 == pytest.approx(hours_to_pass)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_card_of_the_tray_has_a_name(language: str) -> None:
    say = read_translations(resources.asset("translations")).for_language(language)
    names = [say(f"demo_card_{key}") for key in (*(card.key for card in TRAY), PULLED, BANK)]
    assert len(set(names)) == len(names)
