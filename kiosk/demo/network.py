"""The network switch of demo and tour: a TCP relay between kiosk and server that can really be cut.

Off means what a pulled plug means to a program: the listening socket is closed, open connections drop, and the kiosk's
next attempt is refused by the operating system. The relay counts the requests that pass.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

CHUNK_BYTES = 64 * 1024
CONNECTIONS_MAX = 64
METHODS = (b"GET ", b"POST ", b"PUT ", b"HEAD ")


class NetworkSwitch:
    """Listens on 127.0.0.1; `port` stays the same across off and on. Safe from any thread."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.requests = 0
        self.port = 0
        self.turn_on()

    @property
    def on(self) -> bool:
        return self._listener is not None

    def turn_on(self) -> None:
        with self._lock:
            if self._listener is not None:
                return
            listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
            self.port = listener.getsockname()[1]
            self._listener = listener
            thread = threading.Thread(target=self._accept, args=(listener,), name="relay", daemon=True)
            self._threads.append(thread)
            thread.start()

    def turn_off(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
            connections, self._connections = self._connections, set()
        if listener is not None:
            # shutdown wakes the accepting thread; close alone leaves it waiting on Linux
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def close(self) -> None:
        self.turn_off()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                full = len(self._connections) >= 2 * CONNECTIONS_MAX
            if full:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._connections |= {client, server}
            for source, target, counts in ((client, server, True), (server, client, False)):
                threading.Thread(
                    target=self._pump, args=(source, target, counts), name="relay-pump", daemon=True
                ).start()

    def _pump(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        try:
            while data := source.recv(CHUNK_BYTES):
                if counts and data.startswith(METHODS):
                    self.requests += 1
                target.sendall(data)
        except OSError:
            pass  # cut, which is what this is for
        finally:
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            with self._lock:
                self._connections -= {source, target}
