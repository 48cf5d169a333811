"""The life token in the TPM's own memory, which no disk image brings back."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.tpm import Tpm, TpmTrouble
from kiosk.store.life import Life, unpack_life
from sync.keys import KeyTrouble

NV_INDEX = 0x01500047  # owner's range, 0x01500000 to 0x017FFFFF (TCG registry of handles)


@dataclass(frozen=True, slots=True)
class TpmLife:
    """Hourly at most: NV memory bears some 100 000 writes, which is eleven years."""

    tpm: Tpm
    every_ms: int = 3_600_000

    def read(self) -> Life | None:
        try:
            raw = self.tpm.read_memory(NV_INDEX)
        except TpmTrouble as error:
            raise KeyTrouble(f"the TPM's memory cannot be read: {error}") from error
        return None if raw is None else unpack_life(raw)

    def write(self, life: Life) -> None:
        try:
            self.tpm.write_memory(NV_INDEX, life.pack())
        except TpmTrouble as error:
            raise KeyTrouble(f"the TPM's memory cannot be written: {error}") from error
