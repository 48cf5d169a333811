"""A second client that we did not write: Debian's libfreefare, over libnfc and a PN532 on a pseudo-terminal.

It knows value, backup and record files, commit and abort, which python-desfire does not: all that the purse rests on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import pytest

from hardware.card.desfire.auth import Ev2Authentication
from hardware.card.desfire.commands import Mode, get_value, parse_value
from hardware.card.link import DesfireLink
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from hardware.card.simulated.reader import SimulatedReader
from tests.fixtures.cards import SeededChance
from tests.fixtures.freefare_session import AID, NEW, SIZE, VALUE
from tests.fixtures.pn532 import ACK, build_frame, pn532, take_frame

ROOT = Path(__file__).resolve().parents[2]
UID = bytes.fromhex("04A1B2C3D4E5F6")
BOUNDARY_ERROR, AUTHENTICATION_ERROR = 0xBE, 0xAE
needs_libfreefare = pytest.mark.skipif(
    find_library("freefare") is None, reason="libfreefare0 is not installed (Debian's package)"
)


def content(byte: int) -> str:
    return (bytes([byte]) * SIZE).hex()


def run_session(card: SimulatedCard, mode: int) -> subprocess.CompletedProcess[str]:
    with pn532(card, UID) as reader:
        device = f"pn532_uart:{reader.path}:115200"
        return subprocess.run(
            [sys.executable, "-m", "tests.fixtures.freefare_session", device, str(mode)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@needs_libfreefare
@pytest.mark.parametrize("mode", [0, 1, 3], ids=["plain", "maced", "enciphered"])
@pytest.mark.parametrize("generation", [1, 2, 3])
def test_commit_abort_limits_and_records_as_a_stranger_sees_them(generation: int, mode: int) -> None:
    card = SimulatedCard.blank(SeededChance(41), uid=UID, generation=generation)
    done = run_session(card, mode)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "start": 1_000,
        "before commit": [1_000, content(0)],
        "after commit": [700, content(0x11), [content(0x11)]],
        "after abort": [700, content(0x11), [content(0x11)]],
        "below zero": BOUNDARY_ERROR,
        "above limit": BOUNDARY_ERROR,
        "full": 15_000,
        "records": [content(byte) for byte in (0x33, 0x34, 0x35)],
        "current records": 3,
        "standard": content(0x77),
        "after select": 15_000,
        "cleared": 0,
        "limits": [0, 15_000],
        "wrong key": AUTHENTICATION_ERROR,
    }
    # And our own client reads what theirs left behind.
    reader = SimulatedReader()
    reader.present(card)
    link = DesfireLink(reader.connect())
    link.select(AID.to_bytes(3, "little"))
    if generation > 1:
        session = link.shake_hands(Ev2Authentication(NEW, 1, bytes(16)))
        assert (
            parse_value(link.run(session, get_value(VALUE, {0: Mode.PLAIN, 1: Mode.MAC, 3: Mode.FULL}[mode]))) == 15_000
        )


@needs_libfreefare
def test_a_frame_that_is_lost_is_an_error_to_it_and_changes_nothing() -> None:
    card = SimulatedCard.blank(SeededChance(42), uid=UID, generation=2)
    card.arm(Tear(12, Mishap.POWER_LOST))
    done = run_session(card, 3)
    assert card.armed is None
    assert done.returncode == 1
    assert "card 00" in done.stderr
    assert "Traceback" not in done.stderr


def test_frames_of_the_reader_chip_are_cut_right() -> None:
    """UM0701-02, 6.2.1: preamble, length with its complement, data, checksum; ACKs between them."""
    command = build_frame(bytes([0xD4, 0x02]))
    assert command == bytes.fromhex("0000FF02FED4022A00")
    long = build_frame(bytes([0xD4, 0x40]) + bytes(400))
    heard = bytes.fromhex("5555000000") + ACK + command + long
    first = take_frame(heard)
    assert first is not None
    assert first[0] == bytes([0xD4, 0x02])
    second = take_frame(first[1])
    assert second is not None
    assert second[0] == bytes([0xD4, 0x40]) + bytes(400)
    assert take_frame(second[1]) is None
    for cut in range(len(command) - 1):
        assert take_frame(command[:cut]) is None
