"""Fixtures of the server's integration tests. Pairing costs two processes, so tests share one device and take a fresh
incarnation each: its chain, its fact ids and its card are its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.device_client import DeviceClient, FactChain
from tests.fixtures.postgres import postgres
from tests.fixtures.server import LiveServer, initialised_home, make_server, server

__all__ = ["initialised_home", "make_server", "postgres", "server"]


def run_sql(server: LiveServer, statement: str) -> list[tuple[object, ...]]:
    """What the database itself answers, beside the server."""
    if server.database_url:
        with psycopg.connect(server.database_url) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
    with sqlite3.connect(Path(server.home, "server", "server.db")) as lite:
        return lite.execute(statement).fetchall()


@dataclass(slots=True)
class Bench:
    """A paired desk and what is this test's own."""

    server: LiveServer
    client: DeviceClient
    number: int

    @property
    def card(self) -> str:
        return f"{self.number:08d}"

    def chain(self) -> FactChain:
        return FactChain(self.client.name, self.number)

    def shadow(self, card: str = "") -> tuple[int, int]:
        """Cents and points that the books owe the card's holder."""
        wanted = card or self.card
        lines = [line for line in self.server.report()["cards"] if line["card_number"] == wanted]
        return (lines[0]["shadow_cents"], lines[0]["shadow_points"]) if lines else (0, 0)


@pytest.fixture(scope="module")
def desk(server: LiveServer) -> DeviceClient:
    return server.paired("DESK-1")


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def bench(server: LiveServer, desk: DeviceClient, numbers: Iterator[int]) -> Bench:
    return Bench(server, desk, next(numbers))
