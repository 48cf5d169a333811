"""`SimulatedCard`: a chip with its file and its mishaps, as a reader's antenna sees it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path

from domain.ports import Chance
from hardware.card.simulated.chip import Chip
from hardware.card.simulated.chip_admin import admin_specs
from hardware.card.simulated.chip_auth import auth_specs
from hardware.card.simulated.chip_commit import commit_specs
from hardware.card.simulated.chip_content import content_specs
from hardware.card.simulated.chip_files import file_specs
from hardware.card.simulated.chip_memory import ChipMemory, load_memory, save_memory

ATR = bytes.fromhex("3B8180018080")
UID_START = 0x04  # NXP


@unique
class Mishap(Enum):
    """What goes wrong with one frame. After any of them the card has left the field."""

    GONE_BEFORE = "gone_before"  # the card is lifted before the frame is handed to the reader
    COMMAND_LOST = "command_lost"  # sent, but the card never understood it
    POWER_LOST = "power_lost"  # the card worked on it, and its own atomicity undid the writing
    REPLY_LOST = "reply_lost"  # carried out in full; the answer did not arrive


@dataclass(frozen=True, slots=True)
class Tear:
    """Do `mishap` to frame number `frame`, counted from the arming, the first being 0."""

    frame: int
    mishap: Mishap


class FrameLost(Exception):
    """No answer came back; `sent` tells whether the frame had been handed over."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("the simulated card left the field")
        self.sent = sent


class SimulatedCard:
    """A whole card in software. Not thread-safe: the reader it lies on takes care.

    With a `path` every change is on disk before the answer leaves, as on a chip.
    """

    def __init__(self, memory: ChipMemory, chance: Chance, path: Path | None = None) -> None:
        specs = admin_specs() | auth_specs() | file_specs() | content_specs() | commit_specs()
        self._chip = Chip(memory, chance, specs)
        self._path = path
        self._tear: Tear | None = None
        self.frames = 0
        self._chip.power_up()

    @classmethod
    def blank(
        cls, chance: Chance, *, uid: bytes | None = None, generation: int = 3, path: Path | None = None
    ) -> SimulatedCard:
        """A card as the factory delivers it. `uid` has seven bytes; without one, chance gives 04…"""
        serial = uid if uid is not None else bytes([UID_START]) + chance.token(6)
        if len(serial) != 7:
            raise ValueError("a DESFire UID has seven bytes")
        if generation not in (1, 2, 3):
            raise ValueError("generation 1, 2 or 3")
        card = cls(ChipMemory(serial, generation), chance, path)
        card.save()
        return card

    @classmethod
    def load(cls, path: Path, chance: Chance) -> SimulatedCard:
        """A card from its file; CardFileError in one sentence."""
        return cls(load_memory(path), chance, path)

    @property
    def memory(self) -> ChipMemory:
        """What the chip holds: for tests and the demo's tray, never for the kiosk."""
        return self._chip.memory

    @property
    def uid(self) -> bytes:
        return self._chip.memory.uid

    def save(self) -> None:
        if self._path is not None:
            save_memory(self._chip.memory, self._path)

    def power_up(self) -> None:
        """The card enters a field, or its power is cycled."""
        self._chip.power_up()

    def arm(self, tear: Tear | None) -> None:
        """Prepare (or call off) a mishap; the frame count starts at the next frame. Fires once."""
        self._tear = tear
        self.frames = 0

    @property
    def armed(self) -> Tear | None:
        """The mishap still to come."""
        return self._tear

    def exchange(self, frame: bytes) -> bytes:
        """Answer to one frame, status bytes last (first for native frames). Raises FrameLost."""
        index = self.frames
        self.frames += 1
        if self._tear is None or self._tear.frame != index:
            return self._carry_out(frame)
        mishap, self._tear = self._tear.mishap, None
        if mishap is Mishap.REPLY_LOST:
            self._carry_out(frame)
        elif mishap is Mishap.POWER_LOST:
            before = copy.deepcopy(self._chip.memory)
            self._chip.apdu(frame)
            self._chip.memory = before
            self._chip.dirty = False
        self._chip.power_up()
        raise FrameLost(sent=mishap is not Mishap.GONE_BEFORE)

    def _carry_out(self, frame: bytes) -> bytes:
        answer = self._chip.apdu(frame)
        if self._chip.dirty:
            self.save()
            self._chip.dirty = False
        return answer
