"""The desk's second slot over the days: a key module, unlocked when it is needed and found again when it comes back.

`SamVault` is one conversation with a module that lies there. A desk runs for months: the module is taken home at night,
pcscd restarts, power fails. So each load asks anew whether the module answers. A module that refuses its secret is left
alone until the next start of the program: after three wrong secrets it would be dead. Card thread only.
"""

from __future__ import annotations

from hardware.card.keys import NAME_OF_NUMBER, CardHandle, KeyMissing, KeyName
from hardware.card.link import DesfireLink, Session
from hardware.card.port import CardReader
from hardware.card.sam import SamRefused, SamUnusable, SamVault

# The service may have restarted since the last load: the first call after that finds it out, the second one is served.
TRIES = 2


class ModuleVault:
    """Implements `hardware.card.keys.KeyVault` with whatever module lies in `reader`'s slot at that moment."""

    def __init__(self, reader: CardReader, secret: bytes) -> None:
        self._reader = reader
        self._secret = secret
        self._sam: SamVault | None = None
        self.trouble = ""  # why no module serves now, one sentence without any secret; "" while one does
        self._refused = False

    def __repr__(self) -> str:
        return "ModuleVault()"

    def holds(self, name: KeyName) -> bool:
        """Whether a module that answers now has that key: one exchange with it."""
        sam = self._find()
        return sam is not None and sam.holds(name)

    def authenticate(
        self, link: DesfireLink, key_number: int, card: CardHandle, previous: Session | None = None
    ) -> Session:
        """Raises KeyMissing while no module serves, and what the link raises."""
        sam = self._find()
        if sam is None:
            raise KeyMissing(NAME_OF_NUMBER[key_number])
        return sam.authenticate(link, key_number, card, previous)

    def close(self) -> None:
        """Let go of module and slot; the module locks itself."""
        if self._sam is not None:
            self._sam.close()
            self._sam = None
        self._reader.close()

    def _find(self) -> SamVault | None:
        if self._sam is not None and self._sam.answers():
            return self._sam
        self._sam = None
        for _ in range(TRIES):
            if self._refused:
                return None
            try:
                self._sam = SamVault.unlock(self._reader, self._secret)
            except SamRefused as error:
                self._refused = True
                self.trouble = str(error)
            except SamUnusable as error:
                self.trouble = str(error)
            else:
                self.trouble = ""
                return self._sam
        return None
