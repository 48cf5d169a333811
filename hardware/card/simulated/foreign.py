"""Cards that are not ours, as far as a reader can tell them apart: for the demo's tray and for tests."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.card.port import ForeignCard

CLASSIC_ATR = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")  # PC/SC part 3, MIFARE Classic 1K
BANK_ATR = bytes.fromhex("3B8880010000000000000000 09".replace(" ", ""))
PHONE_ATR = bytes.fromhex("3B80800101")
UNKNOWN_ATR = bytes.fromhex("3B8F8001804F0CA00000030603FFFF000000006A")


@dataclass(frozen=True, slots=True)
class SimulatedForeignCard:
    """Answers the few commands by which a foreign card is recognised, refuses the rest as such cards do."""

    what: ForeignCard

    @property
    def atr(self) -> bytes:
        """Answer to reset to present with."""
        known = {
            ForeignCard.CLASSIC: CLASSIC_ATR,
            ForeignCard.BANK_CARD: BANK_ATR,
            ForeignCard.PHONE: PHONE_ATR,
        }
        return known.get(self.what, UNKNOWN_ATR)

    def power_up(self) -> None:
        """It keeps no state."""

    def exchange(self, frame: bytes) -> bytes:
        if frame == bytes.fromhex("FFCA000000"):
            uid = "08A1B2C3" if self.what is ForeignCard.PHONE else "5A6B7C8D"
            return bytes.fromhex(uid + "9000")
        if self.what is ForeignCard.BANK_CARD and frame[:2] == b"\x00\xa4" and b"2PAY" in frame:
            return bytes.fromhex("6F108408325041592E535953A5049F5501209000")
        if self.what in (ForeignCard.BANK_CARD, ForeignCard.PHONE):
            return b"\x6d\x00" if frame[:1] == b"\x00" else b"\x6e\x00"
        return b"\x6a\x81"  # the reader answers for a storage card
