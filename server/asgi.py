"""The ASGI application: a gate that bounds what a request may send, in front of Django on its own threads.

Django's own ASGI handler would spool a body of any size to disk before a route sees it, and would open a database
connection for every request. Here the event loop reads the body, counted and timed; then one of a few long-lived
threads runs Django's WSGI handler, so connections stay open and PostgreSQL sees as many of them as there are threads.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

BODY_BYTES_MAX = 2 * 1024 * 1024  # the largest message, a batch of facts, has 1 MiB
BODY_SECONDS_MAX = 60.0  # 1 MiB at 150 kbit/s: slower is a slow drip
# Feeds and photos that staff send: spooled to the disk, and only once the session is known to be somebody's.
UPLOAD_PATHS = ("/bureau/imports/nouveau", "/bureau/fiches/")
UPLOAD_BYTES_MAX = 64 * 1024 * 1024
UPLOAD_SECONDS_MAX = 900.0  # 64 MiB at 600 kbit/s
UPLOADS_AT_ONCE = 4
SEND_SECONDS_MAX = 120.0  # one chunk of 256 KiB at 20 kbit/s: a reader slower than that frees its thread
THREADS = 16  # SQLite has one writer, PostgreSQL on two cores gains nothing from more


class ThreadedDjango:
    """ASGI in front, Django behind. One instance per process; `close` ends its threads."""

    def __init__(
        self,
        django: WsgiApplication,
        threads: int = THREADS,
        size_max: int = BODY_BYTES_MAX,
        may_upload: Callable[[str], bool] = lambda cookies: False,
    ) -> None:
        """`may_upload` is given the request's cookies; called on one of the threads."""
        self.django = django
        self.size_max = size_max
        self.may_upload = may_upload
        self.uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="django")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        loop = asyncio.get_running_loop()

        def send_from_thread(message: Message) -> None:
            asyncio.run_coroutine_threadsafe(_sent(send, message), loop).result(SEND_SECONDS_MAX)

        async def handle(size_max: int, seconds: float) -> None:
            with tempfile.SpooledTemporaryFile(max_size=self.size_max) as body:
                try:
                    async with asyncio.timeout(seconds):
                        size = await _read(receive, body, size_max)
                except TimeoutError:
                    await _refuse(send, 408, "bad_request", "The body came too slowly.")
                    return
                if size is None:
                    await _refuse(send, 413, "too_large", "The body is larger than any message of the protocol.")
                    return
                body.seek(0)
                environ = build_environ(scope, body, size)
                await loop.run_in_executor(self.pool, run_wsgi, self.django, environ, send_from_thread)

        if scope["method"] == "POST" and scope["path"].startswith(UPLOAD_PATHS):
            cookies = _header(scope, b"cookie")
            if await loop.run_in_executor(self.pool, self.may_upload, cookies):
                async with self.uploads:
                    await handle(UPLOAD_BYTES_MAX, UPLOAD_SECONDS_MAX)
                return
        await handle(self.size_max, BODY_SECONDS_MAX)

    def close(self) -> None:
        """Wait for running requests and end the threads."""
        self.pool.shutdown()


async def _read(receive: Receive, body: IO[bytes], size_max: int) -> int | None:
    """The body into the file; its size, None when it is larger than `size_max`."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return size
        part = message.get("body", b"")
        size += len(part)
        if size > size_max:
            return None
        body.write(part)
        if not message.get("more_body", False):
            return size


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted), "")


async def _sent(send: Send, message: Message) -> None:
    await send(message)


def run_wsgi(django: WsgiApplication, environ: dict[str, Any], send: Callable[[Message], None]) -> None:
    """Run one request on this thread; parts of the answer leave as they are made."""

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        raw = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
        send({"type": "http.response.start", "status": int(status[:3]), "headers": raw})

    answer = django(environ, start_response)
    try:
        for part in answer:
            send({"type": "http.response.body", "body": part, "more_body": True})
        send({"type": "http.response.body", "body": b""})
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()


def build_environ(scope: Scope, body: IO[bytes], size: int) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of an ASGI request; `zerot.raw_path` is the target's path as it was sent."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "zerot.raw_path": (scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
    }
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        if key == "CONTENT_LENGTH":
            continue  # the body was counted
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


async def _refuse(send: Send, status: int, code: str, text: str) -> None:
    body = f'{{"error":{{"code":"{code}","message":"{text}"}}}}'.encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def make_application() -> ThreadedDjango:
    """Load Django and put it behind the gate. Raises whatever the settings find wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    from django.core.wsgi import get_wsgi_application

    from server.operation.logs import configure_structlog

    configure_structlog()

    return ThreadedDjango(get_wsgi_application(), may_upload=is_session_of_somebody)


def is_session_of_somebody(cookies: str) -> bool:
    """Whether these cookies hold the session of a person who logged in; Django judges the rest."""
    from django.conf import settings
    from django.contrib.auth import SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    pairs = (cookie.strip().partition("=") for cookie in cookies.split(";"))
    key = next((value for name, _, value in pairs if name == settings.SESSION_COOKIE_NAME), "")
    return bool(key) and SESSION_KEY in SessionStore(session_key=key).load()
