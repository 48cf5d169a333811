"""What the machine itself allows, measured in the same run as the figure it stands beside."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import uvicorn

from domain.facts import Fact

BATCH_FACTS = 1000
COLUMNS = "id text primary key, device text, incarnation int, sequence int, kind text, at bigint, body text, hash"
Row = tuple[str, str, int, int, str, int, str, bytes]


def rows_of(facts: Sequence[Fact]) -> list[Row]:
    return [
        (f.id, f.device, f.incarnation, f.sequence, f.kind, f.occurred_at, json.dumps(f.body), f.hash) for f in facts
    ]


def bare_sqlite(folder: Path, rows: list[Row]) -> float:
    """Rows a second into one table with a key, each batch of a thousand synced to the disk."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"CREATE TABLE bare ({COLUMNS} blob)")
        started = time.perf_counter()
        for start in range(0, len(rows), BATCH_FACTS):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO bare VALUES (?,?,?,?,?,?,?,?)", rows[start : start + BATCH_FACTS])
            connection.execute("COMMIT")
        return len(rows) / (time.perf_counter() - started)


def bare_postgresql(url: str, rows: list[Row]) -> float:
    """Rows a second by COPY into one table with a key, each batch of a thousand committed."""
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE bare ({COLUMNS} bytea)".encode())
        connection.commit()
        started = time.perf_counter()
        for start in range(0, len(rows), BATCH_FACTS):
            with connection.cursor().copy("COPY bare FROM STDIN") as copy:
                for row in rows[start : start + BATCH_FACTS]:
                    copy.write_row(row)
            connection.commit()
        return len(rows) / (time.perf_counter() - started)


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body[:64]})


def echo_requests(body: bytes, count: int) -> float:
    """Requests a second of this size through a bare uvicorn in this process, one connection kept."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: see server.serve.listen
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(_echo, log_level="error", access_log=False, lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    connection = HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=20)
    try:
        started = 0.0
        for number in range(count + 5):
            if number == 5:
                started = time.perf_counter()
            connection.request("POST", "/", body)
            connection.getresponse().read()
        return count / (time.perf_counter() - started)
    finally:
        connection.close()
        server.should_exit = True
        thread.join(5)
