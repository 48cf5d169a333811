"""ISO 7816-4 wrapping of native commands: `90 CMD 00 00 [Lc DATA] 00`, answered by `DATA 91 xx`."""

from __future__ import annotations

FRAME_DATA_MAX = 54  # bytes of data field that fit one ISO 14443-4 block with FSC 64, wrapped

GET_UID = bytes.fromhex("FFCA000000")  # PC/SC part 3: answered by the reader, not by the card
SELECT_PAYMENT = bytes.fromhex("00A404000E") + b"2PAY.SYS.DDF01" + b"\x00"


def wrap(instruction: int, payload: bytes) -> bytes:
    """The command APDU; ValueError when `payload` exceeds one short APDU."""
    if len(payload) > 255:
        raise ValueError("a short APDU carries 255 bytes")
    head = bytes([0x90, instruction, 0, 0])
    return head + (bytes([len(payload)]) + payload if payload else b"") + b"\x00"
