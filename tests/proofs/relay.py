"""A TCP relay between kiosk and server that does to a connection what networks do: cut, stall, swallow, half-close,
repeat. Faults are placed by classes of bytes (`PLACES`), in either direction, on the n-th message."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, unique

HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
STALL_SECONDS = 0.25  # shorter than what a hasty kiosk waits: delayed, not lost


@unique
class Kind(StrEnum):
    CUT = "cut"  # both directions end at once
    TRUNCATE = "truncate"  # the rest is swallowed, then the connection ends in order
    HALF_CLOSE = "half-close"  # this direction ends, the other stays open
    DELAY = "delay"  # the rest comes later
    DUPLICATE = "duplicate"  # the whole request is sent to the server once more


@unique
class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


@unique
class Place(StrEnum):
    """Where in a message of H bytes of head and L of body."""

    NOTHING = "before the first byte"
    LINE = "in the first line"
    HEAD = "in the headers"
    BODY = "between headers and body"
    FIRST = "after the first byte of the body"
    MIDDLE = "in the middle of the body"
    ALMOST = "one byte short of the end"
    WHOLE = "after the last byte"

    def offset(self, head: int, body: int) -> int:
        return {
            Place.NOTHING: 0,
            Place.LINE: min(7, head),
            Place.HEAD: head // 2,
            Place.BODY: head,
            Place.FIRST: head + min(1, body),
            Place.MIDDLE: head + body // 2,
            Place.ALMOST: head + body - 1,
            Place.WHOLE: head + body,
        }[self]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to message `number` (from 0) of one direction of the next connections."""

    kind: Kind
    direction: Direction
    place: Place
    number: int = 0


class Relay:
    """Everything passes while `fault` and `bytes_left` are None. `struck` counts faults that happened; `on_message`
    is called with the number and direction of each message before it is passed on. `bit_rate` slows both ways down."""

    def __init__(self, port: int, bit_rate: int | None = None) -> None:
        self.fault: Fault | None = None
        self.bytes_left: Callable[[], int] | None = None
        self.on_message: Callable[[int, Direction], None] = lambda number, direction: None
        self.struck = self.messages = self.up_bytes = self.down_bytes = 0
        self._target, self._bit_rate = port, bit_rate
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def point_at(self, port: int) -> None:
        self._target = port

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            left = [sys.maxsize if self.bytes_left is None else self.bytes_left()]
            self._start(client, server, left)

    def _start(self, client: socket.socket, server: socket.socket, left: list[int]) -> None:
        """Both directions of a connection; whichever ends last closes its sockets."""
        ends = _Ends(client, server)
        pumps = (
            _Pump(self, client, server, Direction.UP, left, ends),
            _Pump(self, server, client, Direction.DOWN, left, ends),
        )
        for pump in pumps:
            threading.Thread(target=pump.run, daemon=True).start()

    def repeat(self, request: bytes) -> None:
        """Send a request again on a connection of its own; its answer is nobody's."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._target), 5) as again:
            again.settimeout(5)
            again.sendall(request)
            again.recv(65536)

    def pace(self, size: int) -> None:
        if self._bit_rate is not None:
            time.sleep(size * 8 / self._bit_rate)


class _Ends:
    """The two sockets of a connection, closed when both directions are over."""

    def __init__(self, *sockets: socket.socket) -> None:
        self._sockets = sockets
        self._running = len(sockets)
        self._lock = threading.Lock()

    def one_is_over(self) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                for end in self._sockets:
                    end.close()


class _Pump:
    """One direction of one connection."""

    def __init__(
        self,
        relay: Relay,
        source: socket.socket,
        target: socket.socket,
        direction: Direction,
        left: list[int],
        ends: _Ends,
    ) -> None:
        self._ends = ends
        self._relay, self._source, self._target, self._direction = relay, source, target, direction
        self._left = left  # bytes that may still pass, both ways together
        self._number = -1
        self._message = bytearray()  # of the message in hand, as far as it has come
        self._passed = 0

    def run(self) -> None:
        try:
            while self._left[0] > 0 and (data := self._source.recv(65536)):
                if not self._take(data):
                    return
        except OSError:
            return  # the other half ended meanwhile
        finally:
            self._end()
            self._ends.one_is_over()

    def _take(self, data: bytes) -> bool:
        """Pass data on, or do what the fault says; False when this direction is over."""
        if not self._message or self._complete():
            self._message.clear()
            self._passed = 0
            self._number += 1
            self._relay.on_message(self._number, self._direction)
            if self._direction is Direction.UP:
                self._relay.messages += 1
        self._message += data
        fault = self._relay.fault
        if fault is None or (fault.direction, fault.number) != (self._direction, self._number):
            return self._pass(data)
        head, body = self._sizes()
        if head == 0:
            return True  # held until the headers are whole: then it is known where to strike
        at = fault.place.offset(head, body)
        if len(self._message) < at:
            return True
        waiting = bytes(self._message[self._passed :])
        return self._strike(fault.kind, waiting, at - self._passed)

    def _strike(self, kind: Kind, waiting: bytes, at: int) -> bool:
        self._relay.struck += 1
        self._relay.fault = None
        self._pass(waiting[:at])
        if kind is Kind.DELAY:
            time.sleep(STALL_SECONDS)
            return self._pass(waiting[at:])
        if kind is Kind.DUPLICATE:
            self._pass(waiting[at:])
            self._relay.repeat(bytes(self._message))
            return True
        if kind is Kind.HALF_CLOSE:
            with suppress(OSError):
                self._target.shutdown(socket.SHUT_WR)
            while self._source.recv(65536):  # what still comes goes nowhere; the other direction stays open
                pass
            return False
        if kind is Kind.TRUNCATE:
            with suppress(OSError):
                self._target.shutdown(socket.SHUT_WR)
        return False

    def _pass(self, data: bytes) -> bool:
        data = data[: max(0, self._left[0])]
        self._relay.pace(len(data))
        self._target.sendall(data)
        self._passed += len(data)
        self._left[0] -= len(data)
        if self._direction is Direction.UP:
            self._relay.up_bytes += len(data)
        else:
            self._relay.down_bytes += len(data)
        if self._left[0] <= 0:
            self._relay.struck += 1
            return False
        return True

    def _sizes(self) -> tuple[int, int]:
        end = self._message.find(HEAD_END)
        if end < 0:
            return 0, 0
        length = _LENGTH.search(self._message[: end + 2])
        return end + len(HEAD_END), int(length[1]) if length else 0

    def _complete(self) -> bool:
        head, body = self._sizes()
        return head > 0 and len(self._message) >= head + body

    def _end(self) -> None:
        for end in (self._source, self._target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
