"""A new version of the site key: fetched with the profile when the `keys` feed names one that this kiosk lacks.

It is opened before it is kept, and on the disk before it is used: a kiosk that dies in between fetches it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from hardware.card.keys import KeyFileError, KeyName, KeyRing, LocalVault
from kiosk.desk_vault import ring_of
from sync.client import DeviceClient
from sync.keys import DeviceIdentity
from sync.messages_pairing import Profile
from sync.pairing import Pairing, PairingDamaged, open_card_keys, write_pairing

KIOSK_NUMBERS = frozenset({1, 3})  # key 2 is a desk's own, whoever sends it here


def kiosk_ring(pairing: Pairing, identity: DeviceIdentity) -> KeyRing:
    """The masters that a kiosk may hold, out of its profile. Raises PairingDamaged, KeyFileError."""
    return ring_of(open_card_keys(pairing, identity), KIOSK_NUMBERS)


class SiteKey:
    """`go_on` on the sync thread; `version` on any."""

    def __init__(
        self, client: DeviceClient, pairing: Pairing, identity: DeviceIdentity, folder: Path, vault: LocalVault
    ) -> None:
        """`folder` holds the pairing file; `vault` has the keys of that pairing and is given the newer ones."""
        self._client, self._pairing, self._identity = client, pairing, identity
        self._folder, self._vault = folder, vault
        self._log = structlog.get_logger(__name__)

    @property
    def version(self) -> int | None:
        """The newest that this kiosk holds; None where it holds none."""
        return self._vault.version(KeyName.SITE) if self._vault.holds(KeyName.SITE) else None

    def go_on(self, document: Mapping[str, Any] | None) -> bool:
        """After a meeting: whether a newer key is held now. What does not succeed is tried again at the next one."""
        held, wanted = self.version, None if document is None else document.get("site")
        if held is None or not isinstance(wanted, int) or wanted <= held:
            return False
        profile = self._client.read_profile(self._pairing.server_key)
        if not isinstance(profile, Profile):
            self._log.warning("a new site key could not be fetched", reason=type(profile).__name__)
            return False
        if (profile.territory, profile.incarnation) != (self._pairing.territory, self._pairing.incarnation):
            self._log.error("the profile with a new site key is not this pairing's")
            return False
        renewed = replace(self._pairing, sealed_keys=profile.sealed_keys)
        try:
            ring = kiosk_ring(renewed, self._identity)
            if max(ring.masters[KeyName.SITE]) < wanted:
                self._log.error("the profile has not the site key that the server announced", wanted=wanted)
                return False
            write_pairing(self._folder, renewed)
        except (PairingDamaged, KeyFileError, KeyError, OSError) as error:
            self._log.error("a new site key could not be kept", reason=str(error))
            return False
        self._pairing = renewed
        self._vault.renew(ring)
        self._log.info("a new site key is held", version=self.version)
        return True
