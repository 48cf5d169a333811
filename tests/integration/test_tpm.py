"""Keys and the life token in a TPM 2.0: tpm2-tools against a real swtpm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.ports import FixedClock
from hardware.tpm import Tpm, TpmTrouble
from kiosk.device_keys import DeviceKeys
from kiosk.store.life import LifeFile, LifeGuard
from kiosk.tpm_life import NV_INDEX, TpmLife
from sync.keys import DEVICE_FILE, KeyTrouble, verify_p256
from sync.sealing import KEYS_CONTEXT, seal
from tests.fixtures.swtpm import SoftwareTpm, swtpm
from tests.unit.sync_fake_central import SeededChance

__all__ = ["swtpm"]


def test_keys_live_in_the_tpm_and_survive_its_reset_but_no_other_tpm(
    swtpm: SoftwareTpm, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path / "identity"
    tpm = Tpm(swtpm.tcti)
    made = DeviceKeys(folder, tpm).open()
    assert len(made.public_der) == 91
    assert verify_p256(made.public_der, b"a message", made.sign(b"a message"))
    assert not verify_p256(made.public_der, b"another", made.sign(b"a message"))
    box = seal(made.sealing_public, b"card keys", KEYS_CONTEXT, SeededChance())
    tpm.close()
    stored = json.loads((folder / DEVICE_FILE).read_bytes())
    assert (stored["version"], (folder / DEVICE_FILE).stat().st_mode & 0o777) == (2, 0o600)
    assert "p256" not in stored
    assert made.sealing.private_bytes_raw().hex() not in (folder / DEVICE_FILE).read_text()

    swtpm.power_off()
    swtpm.power_on()
    tpm = Tpm(swtpm.tcti)
    again = DeviceKeys(folder, tpm).read()
    assert again is not None
    assert (again.public_der, again.open_box(box, KEYS_CONTEXT)) == (made.public_der, b"card keys")
    for n in range(12):  # more signatures than a TPM without a resource manager has room for objects
        message = b"fact %d" % n
        assert verify_p256(made.public_der, message, again.sign(message))

    keys = DeviceKeys(folder, tpm)
    following = keys.next(again)
    assert keys.next(again).public_der == following.public_der != again.public_der
    keys.take_next(again)
    assert again.public_der == following.public_der
    assert verify_p256(following.public_der, b"rolled", again.sign(b"rolled"))
    tpm.close()

    with pytest.raises(KeyTrouble, match="shows none"):
        DeviceKeys(folder, None).read()
    stolen = SoftwareTpm(tmp_path_factory.mktemp("other"))
    stolen.power_on()
    try:
        other = Tpm(stolen.tcti)
        with pytest.raises(KeyTrouble, match="does not open"):
            DeviceKeys(folder, other).read()
        other.close()
    finally:
        stolen.power_off()


def test_the_life_token_is_outside_every_image(swtpm: SoftwareTpm, tmp_path: Path) -> None:
    tpm = Tpm(swtpm.tcti)
    assert tpm.read_memory(NV_INDEX) is None
    clock = FixedClock(0, 0)
    guard = LifeGuard(tmp_path, TpmLife(tpm), SeededChance(1), clock)
    assert not guard.is_another_life((1, 9))
    guard.begin((1, 9))
    image = (tmp_path / "life.json").read_bytes()
    swtpm.power_off()
    swtpm.power_on()
    tpm.close()
    tpm = Tpm(swtpm.tcti)
    second = LifeGuard(tmp_path, TpmLife(tpm), SeededChance(2), clock)
    assert not second.is_another_life((1, 12))
    second.begin((1, 12))
    clock.advance(3_600_000)
    second.reached((1, 300))
    (tmp_path / "life.json").write_bytes(image)  # the disk comes back from a backup
    restored = LifeGuard(tmp_path, TpmLife(tpm), SeededChance(3), clock)
    assert restored.is_another_life((1, 9))
    assert restored.known_incarnation() == 1
    tpm.close()


def test_a_tpm_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TpmTrouble, match="createprimary"):
        Tpm(f"swtpm:path={tmp_path / 'nobody'}")
    assert LifeFile(tmp_path / "none").read() is None
