"""Where this kiosk's keys are: in its TPM when it has one, else in a 0600 file; and how a key follows another.

The signing key of a TPM never leaves it; the X25519 key, which no TPM has, is sealed to it. The identity file of such a
kiosk (version 2) holds blobs that open nowhere else. A key made in a file stays there until it is rolled.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hardware.tpm import Blobs, Tpm, TpmTrouble
from sync.keys import (
    DEVICE_FILE,
    DeviceIdentity,
    KeyTrouble,
    Signer,
    SoftwareKey,
    create_software_key,
    parse_software_identity,
    raw_signature,
    read_private_file,
    software_identity_json,
    write_private_file,
)
from sync.wire import Fields, WireError, encode_binary, parse_json_object

NEXT_FILE: Final = "device-identity-next.json"
_FILE_BYTES_MAX: Final = 8192


@dataclass(frozen=True, slots=True, repr=False)
class TpmKey:
    """A signing key in the TPM. Raises KeyTrouble when the TPM does not answer."""

    tpm: Tpm
    blobs: Blobs
    public_der: bytes

    def sign(self, message: bytes) -> bytes:
        try:
            return raw_signature(*decode_dss_signature(self.tpm.sign(self.blobs, message)))
        except (TpmTrouble, ValueError) as error:
            raise KeyTrouble(f"the TPM does not sign: {error}") from error


class RollingKey:
    """The signing key of the moment: what uses it need not know that it was rolled. Any thread."""

    def __init__(self, key: Signer) -> None:
        self._key = key

    @property
    def public_der(self) -> bytes:
        return self._key.public_der

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    @property
    def key(self) -> Signer:
        """The key of the moment itself."""
        return self._key

    def become(self, key: Signer) -> None:
        """From now on sign with `key`."""
        self._key = key


class DeviceKeys:
    """The keys under one folder. All methods raise KeyTrouble, and OSError where they write."""

    def __init__(self, folder: Path, tpm: Tpm | None) -> None:
        self._folder, self._tpm = folder, tpm

    def beside(self, folder: Path) -> DeviceKeys:
        """Keys of the same machine in another folder."""
        return DeviceKeys(folder, self._tpm)

    @property
    def in_tpm(self) -> bool:
        """Whether new keys are made in a TPM."""
        return self._tpm is not None

    def read(self) -> DeviceIdentity | None:
        """The kiosk's keys, None when there are none yet."""
        return self._read(self._folder / DEVICE_FILE)

    def open(self) -> DeviceIdentity:
        """The kiosk's keys, made and written at first."""
        found = self.read()
        if found is not None:
            return found
        made = DeviceIdentity(self._new_key(), X25519PrivateKey.generate())
        self._write(self._folder / DEVICE_FILE, made)
        return self._rolling(made)

    def next(self, current: DeviceIdentity) -> DeviceIdentity:
        """The keys to be, on the disk before anybody hears of them; the same again until they are taken.

        Only the signing key is new: what the server sealed to this kiosk must open all the time.
        """
        found = self._read(self._folder / NEXT_FILE)
        if found is None:
            found = DeviceIdentity(self._new_key(), current.sealing)
            self._write(self._folder / NEXT_FILE, found)
        return found

    def has_next(self) -> bool:
        """Whether a roll was begun and not finished."""
        return (self._folder / NEXT_FILE).exists()

    def take_next(self, current: DeviceIdentity) -> None:
        """The next key is the key: durable, and `current` signs with it from now on."""
        found = self.next(current)
        (self._folder / NEXT_FILE).replace(self._folder / DEVICE_FILE)
        _sync_folder(self._folder)
        if isinstance(current.signing, RollingKey):
            current.signing.become(found.signing)

    def drop_next(self) -> None:
        """The server did not take the next key."""
        (self._folder / NEXT_FILE).unlink(missing_ok=True)

    def forget_sealing(self) -> None:
        """The X25519 key is gone, and with it what was sealed to this kiosk; the signing key stays to hand in facts."""
        found = self.read()
        if found is None:
            return
        key = found.signing.key if isinstance(found.signing, RollingKey) else found.signing
        self._write(self._folder / DEVICE_FILE, DeviceIdentity(key, X25519PrivateKey.generate()))
        self.drop_next()

    def erase(self) -> None:
        """No key any more, here or in a way that the TPM would open."""
        for name in (NEXT_FILE, DEVICE_FILE):
            path = self._folder / name
            if path.exists():
                with path.open("r+b") as file:  # the blobs first, then the name
                    file.write(bytes(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()
        if self._folder.exists():
            _sync_folder(self._folder)

    def _new_key(self) -> Signer:
        if self._tpm is None:
            return create_software_key()
        try:
            blobs = self._tpm.create_key()
            return TpmKey(self._tpm, blobs, self._tpm.public_der(blobs))
        except TpmTrouble as error:
            raise KeyTrouble(f"the TPM made no key: {error}") from error

    def _rolling(self, identity: DeviceIdentity) -> DeviceIdentity:
        return DeviceIdentity(RollingKey(identity.signing), identity.sealing)

    def _read(self, path: Path) -> DeviceIdentity | None:
        raw = read_private_file(path, _FILE_BYTES_MAX)
        if raw is None:
            return None
        try:
            fields = Fields(parse_json_object(raw, _FILE_BYTES_MAX), strict=True)
            if fields.integer("version", 1, 2) == 1:
                return self._rolling(parse_software_identity(fields, path))
            return self._rolling(self._of_tpm(fields, path))
        except WireError as error:
            raise KeyTrouble(f"{path} is damaged") from error

    def _of_tpm(self, fields: Fields, path: Path) -> DeviceIdentity:
        if self._tpm is None:
            raise KeyTrouble(f"the keys of {path} are in a TPM, and this machine shows none")
        key = Blobs(fields.binary("key_public", 1, 1024), fields.binary("key_private", 1, 1024))
        sealed = Blobs(fields.binary("sealed_public", 1, 1024), fields.binary("sealed_private", 1, 1024))
        public = fields.binary("public_key", 91)
        fields.done()
        try:
            sealing = X25519PrivateKey.from_private_bytes(self._tpm.unseal(sealed))
            return DeviceIdentity(TpmKey(self._tpm, key, public), sealing)
        except (TpmTrouble, ValueError) as error:
            raise KeyTrouble(f"the TPM does not open the keys of {path}: {error}") from error

    def _write(self, path: Path, identity: DeviceIdentity) -> None:
        key = identity.signing
        if isinstance(key, SoftwareKey):
            write_private_file(path, software_identity_json(key, identity.sealing))
            return
        if not isinstance(key, TpmKey) or self._tpm is None:
            raise KeyTrouble("this key cannot be written")
        try:
            sealed = self._tpm.seal(identity.sealing.private_bytes_raw())
        except TpmTrouble as error:
            raise KeyTrouble(f"the TPM seals nothing: {error}") from error
        write_private_file(
            path,
            {
                "version": 2,
                "public_key": encode_binary(key.public_der),
                "key_public": encode_binary(key.blobs.public),
                "key_private": encode_binary(key.blobs.private),
                "sealed_public": encode_binary(sealed.public),
                "sealed_private": encode_binary(sealed.private),
            },
        )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
