"""Rolling the device key: the server asks, the device makes a new key, the old one signs for it.

The new key is on the disk before the server hears of it. A cut anywhere is gone on with at the next meeting: as long as
the old key is known it asks again; when only the new one is known, the answer was lost and the new key is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import structlog

from kiosk.device_keys import DeviceKeys
from sync.client import DeviceClient, Refused
from sync.keys import DeviceIdentity, roll_proof_bytes
from sync.messages_common import ErrorCode
from sync.messages_pairing import PairingState


class KeyRoll:
    """On the sync thread. Raises KeyTrouble, OSError."""

    def __init__(self, keys: DeviceKeys, identity: DeviceIdentity, client: DeviceClient, device: str) -> None:
        self._keys, self._identity, self._client, self._device = keys, identity, client, device
        self._log = structlog.get_logger(__name__)

    def go_on(self, document: Mapping[str, Any] | None) -> bool:
        """After a meeting: roll when the `identity` feed names the present key. Whether the key is another now."""
        asked = document is not None and document.get("replace") == sha256(self._identity.public_der).hexdigest()
        if not asked:
            return False
        following = self._keys.next(self._identity)
        proof = following.sign(roll_proof_bytes(self._device, following.public_der))
        answer = self._client.roll_key(following.public_der, proof)
        if isinstance(answer, PairingState):
            self._take()
            return True
        if isinstance(answer, Refused):
            self._log.warning("the server did not take a new key", reason=answer.error.message)
        return False

    def recover(self) -> bool:
        """The present key was refused: was it rolled, and the answer lost? Whether the next key is known and taken."""
        if not self._keys.has_next():
            return False
        following = self._keys.next(self._identity)
        if isinstance(self._client.as_signer(following).read_state(), PairingState):
            self._take()
            return True
        return False

    def _take(self) -> None:
        self._keys.take_next(self._identity)
        self._log.info("the device key was rolled")


def key_refused(trouble: object) -> bool:
    """Whether the server does not know the key that signed."""
    return isinstance(trouble, Refused) and trouble.error.code == ErrorCode.BAD_SIGNATURE
