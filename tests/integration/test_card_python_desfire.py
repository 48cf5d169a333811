"""A client that we did not write, python-desfire, against our simulated card over the real pcscd and vpcd.

It speaks EV1 (AuthenticateAES, AuthenticateISO) in native frames, so it checks the card's side independently.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from desfire import DESFire, DESFireKey, PCSCDevice
from desfire.enums import DESFireCommunicationMode, DESFireFileType, DESFireKeySettings, DESFireKeyType
from desfire.exceptions import DESFireCommunicationError
from desfire.schemas import FilePermissions, FileSettings, KeySettings
from smartcard.System import readers

from hardware.card.pcsc import PcscReader
from hardware.card.port import CardPresent, CardRemoved
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.vpcd import VpcdAddress, VpcdCard
from tests.fixtures.cards import SeededChance
from tests.fixtures.pcscd import READER_NAME, PrivatePcscd, pcscd

__all__ = ["pcscd"]

UID = bytes.fromhex("04A1B2C3D4E5F6")
AID = [0x12, 0x34, 0x56]
AES = KeySettings(key_type=DESFireKeyType.DF_KEY_AES)
ZERO = bytes(16)
NEW = bytes.fromhex("00102030405060708090A0B0B0A09080")
OPEN_SETTINGS = [
    DESFireKeySettings.KS_ALLOW_CHANGE_MK,
    DESFireKeySettings.KS_LISTING_WITHOUT_MK,
    DESFireKeySettings.KS_CREATE_DELETE_WITHOUT_MK,
    DESFireKeySettings.KS_CONFIGURATION_CHANGEABLE,
]


def key(value: bytes) -> Any:
    return DESFireKey(AES, value)


@pytest.fixture(params=[1, 3])
def client(pcscd: PrivatePcscd, request: pytest.FixtureRequest) -> Iterator[Any]:
    """python-desfire, connected to a blank card of the oldest and newest generation."""
    card = SimulatedCard.blank(SeededChance(31), uid=UID, generation=request.param)
    served = VpcdCard(card, VpcdAddress("127.0.0.1", pcscd.port))
    thread = threading.Thread(target=served.serve, daemon=True)
    thread.start()
    watcher = PcscReader(READER_NAME + " 00 00")
    deadline = time.monotonic() + 10
    while not isinstance(watcher.wait(0.5), CardPresent):
        assert time.monotonic() < deadline, "the card did not come"
    connection = next(r for r in readers() if "00 00" in str(r)).createConnection()
    connection.connect()
    yield DESFire(PCSCDevice(connection.component))
    connection.disconnect()
    connection.release()
    served.leave()
    thread.join(5)
    while not isinstance(watcher.wait(0.5), CardRemoved):
        assert time.monotonic() < deadline + 30, "the card stays"
    watcher.close()


def authenticate_factory(client: Any) -> None:
    """At PICC level without selecting it: this client knows the PICC's ChangeKey only before its first select."""
    client.authenticate(0, DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_2K3DES), bytes(8)))


def test_version_and_real_uid(client: Any) -> None:
    assert bytes(client.get_card_version().uid) == UID
    authenticate_factory(client)
    assert bytes(client.get_real_uid()) == UID


def test_master_key_to_aes_then_authenticate(client: Any) -> None:
    authenticate_factory(client)
    old = DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_2K3DES), bytes(8))
    client.change_key(0, old, key(NEW), 0x10)
    client.select_application([0, 0, 0])
    client.authenticate(0, key(NEW))
    settings = client.get_key_setting()
    assert settings.key_type == DESFireKeyType.DF_KEY_AES
    assert client.get_key_version(0) == 0x10
    with pytest.raises(DESFireCommunicationError):
        client.authenticate(0, key(ZERO))


def make_application(client: Any) -> None:
    authenticate_factory(client)
    shape = KeySettings(key_type=DESFireKeyType.DF_KEY_AES, settings=OPEN_SETTINGS)
    client.create_application(AID, shape, 3)
    assert AID in client.get_application_ids()
    client.select_application(AID)
    client.authenticate(0, key(ZERO))


def test_application_keys_and_their_versions(client: Any) -> None:
    make_application(client)
    client.change_key(1, key(ZERO), key(NEW), 0x21)
    assert client.get_key_version(1) == 0x21
    client.authenticate(1, key(NEW))
    client.authenticate(0, key(ZERO))
    client.change_key(0, key(ZERO), key(NEW), 0x22)
    client.authenticate(0, key(NEW))
    assert client.get_key_version(0) == 0x22
    client.change_key_settings(OPEN_SETTINGS[:2])
    assert len(client.get_key_setting().settings) >= 2


@pytest.mark.parametrize(
    "mode",
    [DESFireCommunicationMode.PLAIN, DESFireCommunicationMode.CMAC, DESFireCommunicationMode.ENCRYPTED],
)
def test_standard_files_in_each_mode(client: Any, mode: Any) -> None:
    make_application(client)
    wanted = FileSettings(mode, DESFireFileType.MDFT_STANDARD_DATA_FILE, FilePermissions(0, 0, 0, 0), 32)
    client.create_standard_file(5, wanted)
    assert client.get_file_ids() == [5]
    found = client.get_file_settings(5)
    assert (found.encryption, found.file_size) == (mode, 32)
    content = list(range(1, 33))
    if mode == DESFireCommunicationMode.CMAC:
        # Version 0.1.5 ends a MACed write with the last eight bytes of the CMAC; cards want the first eight.
        with pytest.raises(DESFireCommunicationError, match="Integrity"):
            client.write_file_data(5, 0, mode, content)
        client.authenticate(0, key(ZERO))
        assert client.read_file_data(5, found) == [0] * 32
        return
    client.write_file_data(5, 0, mode, content)
    # In a session EV1 answers a plain read with a MAC; python-desfire calls that reading in CMAC mode.
    if mode == DESFireCommunicationMode.PLAIN:
        found.encryption = DESFireCommunicationMode.CMAC
    assert client.read_file_data(5, found) == content


def test_a_file_outside_the_session_is_denied(client: Any) -> None:
    make_application(client)
    wanted = FileSettings(
        DESFireCommunicationMode.CMAC, DESFireFileType.MDFT_STANDARD_DATA_FILE, FilePermissions(1, 1, 1, 0), 16
    )
    client.create_standard_file(5, wanted)
    with pytest.raises(DESFireCommunicationError):
        client.read_file_data(5, wanted)
