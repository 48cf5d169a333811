"""Running the server: migrate, listen, say on a file descriptor when it accepts, stop on SIGINT or SIGTERM."""

from __future__ import annotations

import gc
import json
import os
import socket
from dataclasses import dataclass

import uvicorn

from server.asgi import make_application

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 20
CONCURRENT_MAX = 600  # 500 kiosks that come back at once, and people; more are told 503 and come again


# A batch of 1 000 facts makes some ten thousand objects that all live until it is answered.
COLLECT_AFTER = (20_000, 20, 20)


@dataclass(frozen=True, slots=True)
class Listening:
    host: str
    port: int


class _Announcing(uvicorn.Server):
    """Writes `{"port": N}` once requests are accepted: who started us need not guess or poll."""

    def __init__(self, config: uvicorn.Config, listening: Listening, ready_fd: int | None) -> None:
        super().__init__(config)
        self.listening = listening
        self.ready_fd = ready_fd

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.ready_fd is not None:
            os.write(self.ready_fd, json.dumps({"port": self.listening.port}).encode() + b"\n")
            os.close(self.ready_fd)
            self.ready_fd = None


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only where it is: else the body of each answer waits for
    # the acknowledgement of its headers, 40 ms on many systems.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def calm_collector() -> None:
    """Let the garbage collector look at what requests leave, not at the program.

    The program's own objects, 70 000 before the first request, stay to the end; looking at them again every few
    batches was a fifth of the server's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def serve(sock: socket.socket, ready_fd: int | None) -> bool:
    """Serve until told to stop. False when the application did not start."""
    host, port = sock.getsockname()[:2]
    application = make_application()
    config = uvicorn.Config(
        application,
        log_level=os.environ.get("ZEROT_LOG_LEVEL", "warning").lower(),
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        limit_concurrency=CONCURRENT_MAX,
        timeout_graceful_shutdown=5,
    )
    calm_collector()
    server = _Announcing(config, Listening(host, port), ready_fd)
    try:
        server.run(sockets=[sock])
    finally:
        application.close()
    return server.started
