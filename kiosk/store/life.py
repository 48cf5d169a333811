"""The life of a journal, written down twice: beside the journal, and outside the image that a backup would restore.

A restored disk image brings back an old journal that knows nothing of what was sold since. Outside it (the TPM's
memory, another partition) the kiosk keeps a random token, renewed at each start, and how far the journal was. At the
next start the two must agree: another token, or a journal behind its own mark, is a restored or copied image, which
opens a new incarnation before its first sale. A cut between the two writes is told apart by keeping the token before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

from domain.ports import Chance, Clock
from sync.keys import KeyTrouble, read_private_file, write_private_file

BESIDE: Final = "life.json"  # beside the journal, inside the image
TOKEN_BYTES: Final = 16
LIFE_BYTES: Final = 48
FORMAT_BYTE: Final = 1
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Life:
    """What stands outside: the token, the one before it, and a place that the journal certainly reached."""

    token: bytes
    before: bytes
    place: Place

    def pack(self) -> bytes:
        """48 bytes, for a TPM's memory."""
        return self.token + self.before + self.place[0].to_bytes(8, "big") + self.place[1].to_bytes(8, "big")


def unpack_life(raw: bytes) -> Life | None:
    """None for anything that is not 48 bytes of `pack`."""
    if len(raw) != LIFE_BYTES:
        return None
    return Life(raw[:16], raw[16:32], (int.from_bytes(raw[32:40], "big"), int.from_bytes(raw[40:], "big")))


class LifePlace(Protocol):
    """Where a life is kept outside the image. `every_ms` is how often it may be written without wearing it out."""

    @property
    def every_ms(self) -> int: ...

    def read(self) -> Life | None:
        """None when nothing was ever kept there. Raises KeyTrouble."""

    def write(self, life: Life) -> None:
        """Durable when it returns. Raises KeyTrouble, OSError."""


@dataclass(frozen=True, slots=True)
class LifeFile:
    """A file, on another partition where there is one."""

    path: Path
    every_ms: int = 60_000

    def read(self) -> Life | None:
        raw = read_private_file(self.path, 1024)
        try:
            return None if raw is None else unpack_life(bytes.fromhex(str(json.loads(raw)["life"])))
        except (ValueError, KeyError, TypeError) as error:
            raise KeyTrouble(f"{self.path} is damaged") from error

    def write(self, life: Life) -> None:
        write_private_file(self.path, {"version": 1, "life": life.pack().hex()})


class LifeGuard:
    """One journal's life. `begin` at start, `reached` now and then from the sync thread."""

    def __init__(self, folder: Path, outside: LifePlace, chance: Chance, clock: Clock) -> None:
        self._path, self._outside = folder / BESIDE, outside
        self._chance, self._clock = chance, clock
        self._lock = Lock()
        self._life: Life | None = None
        self._written_ms = 0

    def is_another_life(self, place: Place) -> bool:
        """Whether the journal here is not the one that was written last: a restored image, or a copy elsewhere.

        Where neither side knows anything it is the first start.
        """
        token, outside = self._token(), self._outside.read()
        if outside is None:
            return token is not None
        if token not in (outside.token, outside.before):
            return True
        return place < outside.place

    def known_incarnation(self) -> int:
        """The highest incarnation that was written down outside; 0 for none."""
        outside = self._outside.read()
        return 0 if outside is None else outside.place[0]

    def begin(self, place: Place) -> None:
        """A new token on both sides. Raises KeyTrouble, OSError."""
        token, fresh = self._token(), self._chance.token(TOKEN_BYTES)
        life = Life(fresh, token or bytes(TOKEN_BYTES), place)
        self._outside.write(life)  # a cut here: the journal still has `before`, which is accepted
        write_private_file(self._path, {"version": 1, "token": fresh.hex()})
        self._life = life
        self._written_ms = self._clock.monotonic_ms()

    def reached(self, place: Place) -> None:
        """The journal is at `place` now; written down when it may be. Raises KeyTrouble, OSError."""
        with self._lock:
            life, now = self._life, self._clock.monotonic_ms()
            if life is None or place <= life.place or now - self._written_ms < self._outside.every_ms:
                return
            self._life, self._written_ms = replace(life, place=place), now
            self._outside.write(self._life)

    def _token(self) -> bytes | None:
        raw = read_private_file(self._path, 1024)
        try:
            return None if raw is None else bytes.fromhex(str(json.loads(raw)["token"]))
        except (ValueError, KeyError, TypeError):
            return b""  # damaged: no token that anybody knows
