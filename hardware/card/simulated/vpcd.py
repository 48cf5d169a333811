"""A simulated card on a vpcd (the virtual reader of the vsmartcard project): a TCP client of the reader's driver.

Messages both ways are `length₂ (big-endian) ‖ payload`. One payload byte 00, 01, 02, 04 is a control message: power
off, power on, reset, tell the ATR; anything else is a command APDU, answered by a response APDU.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

from hardware.card.simulated.card import ATR, FrameLost
from hardware.card.simulated.reader import AnyCard

POWER_OFF, POWER_ON, RESET, GET_ATR = 0x00, 0x01, 0x02, 0x04
CONNECT_SECONDS = 5.0
POLL_SECONDS = 0.2  # how soon a request to leave is noticed
DEFAULT_PORT = 35963


class VpcdUnavailable(Exception):
    """No vpcd listens there, or it went away; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class VpcdAddress:
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> VpcdAddress:
        """`HOST:PORT` or `HOST`; ValueError with one sentence otherwise."""
        host, colon, port = text.rpartition(":")
        if not colon:
            host, port = text, str(DEFAULT_PORT)
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
            raise ValueError(f"'{text}' is not HOST:PORT")
        return cls(host, int(port))


class VpcdCard:
    """Puts one card on a vpcd and serves it until it is torn away or `leave` is called.

    `serve` blocks its thread; `leave` may be called from any thread.
    """

    def __init__(self, card: AnyCard, address: VpcdAddress, atr: bytes = ATR) -> None:
        self._card = card
        self._atr = atr
        self._leaving = threading.Event()
        try:
            self._socket = socket.create_connection((address.host, address.port), CONNECT_SECONDS)
        except OSError as error:
            where = f"{address.host}:{address.port}"
            raise VpcdUnavailable(f"no vpcd at {where}: {error.strerror or error}") from error
        # Small messages both ways on loopback: without these two every APDU waits 40 ms for a delayed
        # acknowledgement (48 ms measured, 0.2 ms with them).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(POLL_SECONDS)

    def leave(self) -> None:
        """Take the card off the reader; `serve` returns within `POLL_SECONDS`."""
        self._leaving.set()

    def serve(self) -> None:
        """Answer until the card leaves or loses a frame. Raises VpcdUnavailable when the other side goes."""
        try:
            while not self._leaving.is_set():
                message = self._receive()
                if message is None:
                    return
                try:
                    answer = self._answer(message)
                except FrameLost:
                    return  # closing the connection is how a virtual card leaves the field
                if answer is not None:
                    self._socket.sendall(len(answer).to_bytes(2, "big") + answer)
        except OSError as error:
            raise VpcdUnavailable(f"the connection to vpcd broke: {error.strerror or error}") from error
        finally:
            self._socket.close()

    def _answer(self, message: bytes) -> bytes | None:
        if len(message) == 1 and message[0] in (POWER_OFF, POWER_ON, RESET):
            self._card.power_up()
            return None
        if len(message) == 1 and message[0] == GET_ATR:
            return self._atr
        return self._card.exchange(message)

    def _receive(self) -> bytes | None:
        """One message; None once we are leaving."""
        header = self._exactly(2)
        return None if header is None else self._exactly(int.from_bytes(header, "big"))

    def _exactly(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            # Quick acknowledgement is not sticky: the kernel falls back to delaying, so it is asked for each time.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            try:
                part = self._socket.recv(size - len(data))
            except TimeoutError:
                if self._leaving.is_set():
                    return None
                continue
            if not part:
                raise VpcdUnavailable("vpcd closed the connection")
            data += part
        return data
