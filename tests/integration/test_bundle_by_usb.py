"""A kiosk that never has a line after its pairing: facts, block list and content travel in files, and meet the line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures.kiosk_world import World, world_of
from tests.fixtures.server import ROOT, LiveServer, initialised_home, make_server

__all__ = ["initialised_home", "make_server"]


@pytest.fixture
def world(make_server: Callable[[], LiveServer], tmp_path: Path) -> Iterator[World]:
    with world_of(make_server(), tmp_path) as made:
        yield made


def zerot(home: Path, *words: str) -> tuple[int, str]:
    environment = {**os.environ, "ZEROT_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout or done.stderr


def test_a_kiosk_without_a_line_lives_by_usb_key(world: World, tmp_path: Path) -> None:
    kiosk = world.paired("USB-1")
    world.loaded(kiosk, "00421777")
    kiosk.until_sent()
    world.network.turn_off()
    version = kiosk.running.content.active_version()
    world.loaded(kiosk, "00421778")
    up, down = tmp_path / "up.bundle", tmp_path / "down.bundle"
    code, told = zerot(kiosk.home, "bundle", "export", str(up))  # while the kiosk runs
    assert code == 0, told
    facts = json.loads(told)["facts"]
    assert facts > 0
    code, told = zerot(kiosk.home, "bundle", "import", str(up))
    assert (code, "for the server" in told) == (2, True), told
    taken = json.loads(world.server.run("bundle", "import", str(up)).stdout)
    assert (taken["created"], taken["exists"], taken["quarantined"]) == (facts, 0, 0)
    assert json.loads(world.server.run("bundle", "import", str(up)).stdout)["exists"] == facts
    assert world.shadow("00421778") == (5000, 0)
    world.server.run("block-card", "00421778")
    world.server.run("publish")
    made = json.loads(world.server.run("bundle", "export", "USB-1", str(down), "--since", str(version)).stdout)
    assert made["content_version"] > version
    code, told = zerot(kiosk.home, "bundle", "import", str(down))
    assert (code, json.loads(told)["handed_over"]) == (0, True)
    kiosk.hurry()  # the line is down: the pass fails, the inbox is emptied all the same
    kiosk.until(
        "the block list by USB key",
        lambda: kiosk.kiosk.config is not None and "00421778" in kiosk.kiosk.config.blocked_cards,
    )
    kiosk.until("the new content", lambda: kiosk.running.content.active_version() == made["content_version"])
    acknowledged = kiosk.running.state.acknowledged()
    assert acknowledged is not None
    assert [acknowledged.incarnation, acknowledged.sequence] == taken["acknowledged"]
    assert not kiosk.online
    kiosk.close()
    code, told = zerot(kiosk.home, "bundle", "import", str(down))
    assert (code, "taken already" in told) == (2, True), told
    changed = bytearray(down.read_bytes())
    changed[len(changed) // 2] ^= 1
    down.write_bytes(changed)
    code, told = zerot(kiosk.home, "bundle", "import", str(down))
    assert (code, "changed on its way" in told) == (2, True), told
    world.network.turn_on()
    kiosk.open()
    kiosk.until_sent()
    found = world.server.report()
    assert (found["quarantined"], found["holes"]) == (0, [])
    assert world.shadow("00421778") == (5000, 0)
    for words in (("bundle", "export", "NOBODY", str(tmp_path / "x")), ("bundle", "import", str(world.cards.keys))):
        refused = world.server.run(*words, check=False)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
