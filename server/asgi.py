"""The ASGI application: Django behind a gate that bounds what a request may send.

Django would spool a body of any size to disk before a route sees it; the gate counts and times it first.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_BYTES_MAX = 2 * 1024 * 1024  # the largest message, a batch of facts, has 1 MiB
BODY_SECONDS_MAX = 60.0  # 1 MiB at 150 kbit/s: slower is a slow drip


class BodyGate:
    """Reads a request's whole body, bounded, then hands it to the application in one piece."""

    def __init__(self, application: Application, size_max: int = BODY_BYTES_MAX) -> None:
        self.application = application
        self.size_max = size_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                body = await self._read(receive)
        except TimeoutError:
            await _refuse(send, 408, "bad_request", "The body came too slowly.")
            return
        if body is None:
            await _refuse(send, 413, "too_large", "The body is larger than any message of the protocol.")
            return
        given = False

        async def whole() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.application(scope, whole, send)

    async def _read(self, receive: Receive) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.size_max:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)


async def _refuse(send: Send, status: int, code: str, text: str) -> None:
    body = f'{{"error":{{"code":"{code}","message":"{text}"}}}}'.encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def make_application() -> Application:
    """Load Django and wrap it. Raises whatever the settings find wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    from django.core.asgi import get_asgi_application

    return BodyGate(cast(Application, get_asgi_application()))
