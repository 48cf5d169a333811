"""The server's small pure parts: database addresses, roles, key files, the WSGI bridge, what CSS promises."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.asgi import Message, Scope, ThreadedDjango
from server.database import BadDatabaseUrl, database_settings
from server.devices.roles import REVOKED_ROUTES, Route, all_roles, may
from server.home import ServerHome, prepare_home, write_secret
from server.keys import build_issuing_keys, load_or_create_card_masters, parse_issuing_keys
from sync.keys import KeyTrouble

ROOT = Path(__file__).resolve().parents[2]


class SeededChance:
    """Not for secrets: tests only."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def token(self, size: int) -> bytes:
        return self.random.randbytes(size)


def test_the_default_database_is_a_file_that_loses_no_commit() -> None:
    found = database_settings("", Path("/x/server.db"))
    assert (found["NAME"], found["OPTIONS"]["transaction_mode"]) == ("/x/server.db", "IMMEDIATE")
    assert (
        "synchronous=FULL" in found["OPTIONS"]["init_command"]
        and "journal_mode=WAL" in found["OPTIONS"]["init_command"]
    )


def test_database_addresses() -> None:
    found = database_settings("postgresql://ada:s%40@db.example:6432/zerot?sslmode=require", Path())
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"], found["OPTIONS"]) == (
        "ada", "s@", "db.example", "6432", "zerot", {"sslmode": "require"},
    )  # fmt: skip
    socket = database_settings("postgresql:///zerot?host=/run/pg&user=zerot", Path())
    assert (socket["HOST"], socket["USER"], socket["OPTIONS"]) == ("/run/pg", "zerot", {})
    assert database_settings("sqlite:////var/z.db", Path())["NAME"] == "/var/z.db"


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host", "sqlite:", "nonsense"])
def test_a_wrong_address_is_one_sentence(url: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=r"\.$"):
        database_settings(url, Path())


def test_roles_allow_little_and_nothing_by_default() -> None:
    assert not any(may("stranger", route) for route in Route)
    assert may("kiosk", Route.FACTS) and not may("station", Route.PROFILE)
    for role in all_roles():
        assert role.card_keys <= {1, 3}, "the keys that make cards and money travel in no profile"
    assert set(REVOKED_ROUTES) == {Route.PAIRING_STATE, Route.FACTS}


def test_secrets_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    home = ServerHome(tmp_path / "server")
    prepare_home(home)
    first = home.secret_key.read_bytes()
    prepare_home(home)
    assert home.secret_key.read_bytes() == first
    assert stat.S_IMODE(home.secret_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700


def test_card_keys_are_made_once_and_refused_when_others_can_read_them(tmp_path: Path) -> None:
    home = ServerHome(tmp_path)
    masters = load_or_create_card_masters(home, "t", SeededChance(1))
    assert load_or_create_card_masters(home, "t", SeededChance(2)).masters == masters.masters
    assert parse_issuing_keys(build_issuing_keys(masters)) == masters
    assert {key.number for key in masters.for_numbers(frozenset({1, 3})).keys} == {1, 3}
    assert "master" not in repr(masters) or masters.masters["master"][1].hex() not in repr(masters)
    home.card_keys("t").chmod(0o644)
    with pytest.raises(KeyTrouble, match="read by others"):
        load_or_create_card_masters(home, "t", SeededChance(3))
    write_secret(home.card_keys("t"), b"{}")
    with pytest.raises(KeyTrouble, match="damaged"):
        load_or_create_card_masters(home, "t", SeededChance(3))


def _call(application: ThreadedDjango, scope: Scope, messages: list[Message]) -> list[Message]:
    sent: list[Message] = []

    async def run() -> None:
        waiting = iter(messages)

        async def receive() -> Message:
            return next(waiting)

        async def send(message: Message) -> None:
            sent.append(message)

        await application(scope, receive, send)

    asyncio.run(run())
    return sent


def _scope(**changes: Any) -> Scope:
    return {
        "type": "http", "method": "POST", "path": "/a b", "raw_path": b"/a%20b", "query_string": b"x=1",
        "http_version": "1.1", "headers": [(b"x-two", b"1"), (b"x-two", b"2"), (b"content-length", b"999")], **changes,
    }  # fmt: skip


def _echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Set-Cookie", " a=b"), ("Content-Type", "text/plain")])
    yield environ["wsgi.input"].read()
    yield repr([environ[key] for key in ("zerot.raw_path", "HTTP_X_TWO", "CONTENT_LENGTH")]).encode()


def test_the_bridge_gives_django_the_whole_counted_body() -> None:
    application = ThreadedDjango(_echo, threads=1, size_max=10)
    parts: list[Message] = [
        {"type": "http.request", "body": b"12345", "more_body": True},
        {"type": "http.request", "body": b"67890", "more_body": False},
    ]
    sent = _call(application, _scope(), parts)
    application.close()
    assert sent[0]["status"] == 200 and (b"set-cookie", b"a=b") in sent[0]["headers"]
    assert b"".join(message.get("body", b"") for message in sent) == b"1234567890['/a%20b', '1,2', '10']"
    assert sent[-1].get("more_body", False) is False


def test_the_bridge_stops_a_body_that_is_too_large_before_django() -> None:
    application = ThreadedDjango(_echo, threads=1, size_max=10)
    parts: list[Message] = [{"type": "http.request", "body": b"x" * 11, "more_body": True}]
    sent = _call(application, _scope(), parts)
    application.close()
    assert sent[0]["status"] == 413 and b"too_large" in sent[1]["body"]


def test_every_colour_of_the_back_office_is_readable() -> None:
    css = (ROOT / "server" / "backoffice" / "static" / "bureau" / "bureau.css").read_text()
    tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", css))

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(letter * 2 for letter in colour[1:])
        channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for text in ("ink", "muted", "lavender", "lavender-deep", "ochre", "olive", "coral"):
        for ground in ("paper", "card"):
            light, dark = sorted((luminance(tokens[text]), luminance(tokens[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 6.9, f"{text} on {ground}"
