"""`zerot card simulate` as a stranger uses it: the command in its own process, python-desfire on the reader."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desfire import DESFire, DESFireKey, PCSCDevice
from desfire.enums import DESFireCommunicationMode, DESFireFileType, DESFireKeySettings, DESFireKeyType
from desfire.schemas import FilePermissions, FileSettings, KeySettings
from smartcard.System import readers

from hardware.card.pcsc import PcscReader
from hardware.card.port import CardPresent, CardRemoved
from hardware.card.simulated.card import SimulatedCard
from tests.fixtures.cards import SeededChance
from tests.fixtures.pcscd import READER_NAME, PrivatePcscd, pcscd

__all__ = ["pcscd"]

ROOT = Path(__file__).resolve().parents[2]
AES = KeySettings(key_type=DESFireKeyType.DF_KEY_AES)
NEW = bytes.fromhex("00102030405060708090A0B0B0A09080")
AID = [0x12, 0x34, 0x56]
SETTINGS = [DESFireKeySettings.KS_ALLOW_CHANGE_MK, DESFireKeySettings.KS_CREATE_DELETE_WITHOUT_MK]
SECONDS = 20.0


def outside_session(client: Any) -> list[int]:
    """Authenticate, read the settings, create an application and a file, change keys; what the file then holds."""
    client.authenticate(0, DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_2K3DES), bytes(8)))
    settings = client.get_key_setting()
    assert settings.max_keys == 1
    client.create_application(AID, KeySettings(key_type=DESFireKeyType.DF_KEY_AES, settings=SETTINGS), 2)
    client.select_application(AID)
    client.authenticate(0, DESFireKey(AES, bytes(16)))
    client.change_key(1, DESFireKey(AES, bytes(16)), DESFireKey(AES, NEW), 0x42)
    client.change_key(0, DESFireKey(AES, bytes(16)), DESFireKey(AES, NEW), 0x41)
    client.authenticate(0, DESFireKey(AES, NEW))
    assert [client.get_key_version(number) for number in (0, 1)] == [0x41, 0x42]
    file = FileSettings(
        DESFireCommunicationMode.ENCRYPTED, DESFireFileType.MDFT_STANDARD_DATA_FILE, FilePermissions(1, 1, 1, 0), 32
    )
    client.create_standard_file(3, file)
    found = client.get_file_settings(3)
    assert (found.file_size, found.encryption) == (32, DESFireCommunicationMode.ENCRYPTED)
    client.authenticate(1, DESFireKey(AES, NEW))
    client.write_file_data(3, 0, DESFireCommunicationMode.ENCRYPTED, list(range(32)))
    return list(client.read_file_data(3, found))


@pytest.fixture
def reader(pcscd: PrivatePcscd) -> Iterator[PcscReader]:
    watcher = PcscReader(READER_NAME + " 00 00")
    yield watcher
    watcher.close()


def until(reader: PcscReader, kind: type) -> None:
    deadline = time.monotonic() + SECONDS
    while not isinstance(reader.wait(0.5), kind):
        assert time.monotonic() < deadline, f"no {kind.__name__}"


@pytest.mark.parametrize("generation", ["1", "2", "3"])
def test_a_strangers_session_and_the_file_that_survives_it(
    pcscd: PrivatePcscd, reader: PcscReader, tmp_path: Path, generation: str
) -> None:
    kept = tmp_path / "card.json"
    command = [sys.executable, "-m", "kiosk.cli", "card", "simulate", "--vpcd", f"localhost:{pcscd.port}"]
    options = ["--blank", "--file", str(kept), "--uid", "04A1B2C3D4E5F6", "--generation", generation]
    process = subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert re.match(rf"A DESFire EV{generation} card lies on the reader at localhost:{pcscd.port}\.", said), said
        until(reader, CardPresent)
        connection = next(r for r in readers() if "00 00" in str(r)).createConnection()
        connection.connect()
        assert outside_session(DESFire(PCSCDevice(connection.component))) == list(range(32))
        connection.disconnect()
        connection.release()
    finally:
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, output, errors) == (0, "The card was taken away.\n", "")
    until(reader, CardRemoved)
    again = SimulatedCard.load(kept, SeededChance(1))
    assert again.memory.applications[bytes(AID)].files[3].data == bytes(range(32))
