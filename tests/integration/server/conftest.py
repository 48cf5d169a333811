"""Fixtures of the server's integration tests."""

from tests.fixtures.postgres import postgres
from tests.fixtures.server import make_server, server

__all__ = ["make_server", "postgres", "server"]
