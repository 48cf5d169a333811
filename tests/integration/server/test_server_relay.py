"""Card sessions over real HTTP, on both databases: roles, signatures, a server killed between any two requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from domain.ports import Uuid7Ids
from hardware.card.keys import KIOSK_KEYS, KeyRing, LocalVault, load_ring
from hardware.card.port import CardRead
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.factory import make_identity, make_personalised_card
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.system import SystemChance
from kiosk.workers.clock import DeviceClock
from kiosk.workers.relay import Piped, Relay
from sync.client import Refused
from sync.messages_cards import (
    RELAY_CONTEXT,
    SessionOpening,
    SessionOutcome,
    SessionStep,
    SessionTurn,
    build_opening,
    build_turn,
    parse_step,
)
from sync.messages_common import parse_error
from sync.sealing import seal
from sync.transport import Offline
from sync.wire import decode_binary
from tests.fixtures.device_client import Answer, DeviceClient
from tests.fixtures.server import LiveServer
from tests.integration.server.conftest import run_sql

OPENING_CENTS = 2_000


@dataclass
class Sessions:
    """`kiosk.workers.relay.SessionClient` by signed requests; `before` is called ahead of each."""

    client: DeviceClient
    before: Callable[[], None] = lambda: None

    def open_card_session(self, opening: SessionOpening) -> SessionStep | Refused | Offline:
        return self._step("/api/v1/card-sessions", build_opening(opening))

    def continue_card_session(self, session: str, turn: SessionTurn) -> SessionStep | Refused | Offline:
        return self._step(f"/api/v1/card-sessions/{session}", build_turn(turn))

    def _step(self, path: str, body: bytes) -> SessionStep | Refused:
        self.before()
        answer = self.send(path, body)
        return parse_step(answer.body) if answer.status == 200 else Refused(parse_error(answer.body))

    def send(self, path: str, body: bytes) -> Answer:
        return self.client.request("POST", path, body, {"Content-Type": "application/json"})


def ring_of(server: LiveServer, folder: Path) -> KeyRing:
    path = folder / "issuing-keys.json"
    if not path.exists():
        server.run("issuing-keys", "--out", str(path))
    return load_ring(path)


def make(ring: KeyRing, number: str) -> SimulatedCard:
    chance = SystemChance()
    identity = make_identity(number, issued_day=9_800, valid_days=700)
    return make_personalised_card(LocalVault(ring, chance), chance, identity, balance_cents=OPENING_CENTS, month=1)


def grant(server: LiveServer, number: str, euros: str) -> None:
    """As staff do on the page."""
    server.staff.get("/bureau/credits/")
    sent = server.staff.post("/bureau/credits/", card=number, amount=euros, source="promotion", reason="Orage")
    assert sent.status == 302, sent.body.decode()


def carry(sessions: Sessions, ring: KeyRing, card: SimulatedCard) -> Piped:
    chance = SystemChance()
    reader = SimulatedReader()
    reader.present(card)
    opened = open_card(reader.connect(), LocalVault(ring.only(KIOSK_KEYS), chance))
    assert isinstance(opened, CardSession)
    result = opened.read(records=0)
    assert isinstance(result, CardRead)
    key = decode_binary(sessions.client.claimed["server_sealing_key"])
    relay = Relay(sessions, lambda box: seal(key, box, RELAY_CONTEXT, chance), Uuid7Ids(DeviceClock(), chance))
    ended = relay.carry(reader.connect(), result.reading, lambda _: None)
    assert isinstance(ended, Piped), ended
    return ended


def test_granted_on_the_page_credited_through_a_kiosk(server: LiveServer, desk: DeviceClient, tmp_path: Path) -> None:
    ring = ring_of(server, tmp_path)
    card = make(ring, "00500001")
    grant(server, "00500001", "12,50")
    feed = next(e for e in desk.get("feeds?cursor=0.0").json["entries"] if e["feed"] == "credits")["document"]
    assert {"card": "00500001", "cents": 1_250, "total_cents": 1_250, "epoch": 1} in feed["due"]
    (order,) = [row for row in feed["orders"] if row["order"]["card"] == "00500001"]
    assert order["order"]["total_credited_cents"] == 1_250
    ended = carry(Sessions(desk), ring, card)
    assert (ended.result.outcome, ended.result.amount_cents) == (SessionOutcome.DONE, 1_250)
    assert ended.result.balance_cents == OPENING_CENTS + 1_250
    feed = next(e for e in desk.get("feeds?cursor=0.0").json["entries"] if e["feed"] == "credits")["document"]
    assert "00500001" not in {row["card"] for row in feed["due"]}
    report = server.report()
    line = next(row for row in report["cards"] if row["card_number"] == "00500001")
    assert line["shadow_cents"] == 1_250
    assert (report["ledger_sum_cents"], report["cache_differences"]) == (0, 0)
    assert not [hole for hole in report["holes"] if hole["device"] == "serveur"]
    page = server.staff.get("/bureau/credits/").body.decode()
    assert "par une borne en ligne" in page
    log = server.log()
    assert card.uid.hex() not in log.lower()


def test_the_server_s_own_facts_are_a_signed_chain(server: LiveServer, desk: DeviceClient, tmp_path: Path) -> None:
    ring = ring_of(server, tmp_path)
    card = make(ring, "00500002")
    grant(server, "00500002", "5")
    carry(Sessions(desk), ring, card)
    rows = run_sql(
        server,
        "SELECT sequence, kind, hash, previous FROM ledger_fact WHERE device = 'serveur' ORDER BY sequence",
    )
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    for before, after in pairwise(rows):
        assert bytes(after[3]) == bytes(before[2])  # type: ignore[arg-type]
    assert [row[1] for row in rows][-3:] == ["credit.granted", "purse.credit.intent", "purse.credit.outcome"]


def test_who_may_and_what_is_refused(server: LiveServer, desk: DeviceClient, tmp_path: Path) -> None:
    screen = server.paired("SCREEN-R", role="screen")
    opening = SessionOpening("018f0000-0000-7000-8000-000000000001", "00500003", 3, bytes(64))
    refused = Sessions(screen).send("/api/v1/card-sessions", build_opening(opening))
    assert (refused.status, refused.error) == (403, "forbidden_route")
    assert [e["feed"] for e in screen.get("feeds?cursor=0.0").json["entries"]].count("credits") == 0
    sessions = Sessions(desk)
    grant(server, "00500003", "3")  # while nothing is due, nobody looks into the box
    assert sessions.send("/api/v1/card-sessions", build_opening(opening)).error == "bad_request"
    for body in (b"", b"{}", b"[]", b'{"version":1}', b"\xff", build_opening(opening)[:-1] + b',"x":1}'):
        assert sessions.send("/api/v1/card-sessions", body).status == 400
    unknown = sessions.send(
        "/api/v1/card-sessions/018f0000-0000-7000-8000-00000000000f", build_turn(SessionTurn(1, ()))
    )
    assert (unknown.status, unknown.error) == (404, "not_found")
    assert sessions.send("/api/v1/card-sessions/nonsense", build_turn(SessionTurn(1, ()))).status == 400
    assert sessions.send("/api/v1/card-sessions", bytes(40_000)).status in (400, 413)


@pytest.mark.parametrize("before", [3, 6], ids=["in mid-session", "after the commit"])
def test_killed_between_two_requests_the_credit_lands_once(
    make_server: Callable[[], LiveServer], tmp_path: Path, before: int
) -> None:
    """kill -9 between two requests of one session: any process over the same database goes on.

    One kill a session, as it lives 30 seconds.
    """
    server = make_server()
    desk = server.paired("KILLED-1")
    ring = ring_of(server, tmp_path)
    card = make(ring, "00500004")
    grant(server, "00500004", "9")
    requests = 0

    def kill() -> None:
        nonlocal requests
        if requests == before:
            server.kill()
            server.start()
            desk.base = server.base
        requests += 1

    ended = carry(Sessions(desk, kill), ring, card)
    assert (ended.result.outcome, ended.result.balance_cents) == (SessionOutcome.DONE, OPENING_CENTS + 900), ended
    assert requests == 7
    line = next(row for row in server.report()["cards"] if row["card_number"] == "00500004")
    assert line["shadow_cents"] == 900
    assert carry(Sessions(desk), ring, card).result.outcome is SessionOutcome.NOTHING


def test_two_app_processes_over_one_database_share_a_session(server: LiveServer, tmp_path: Path) -> None:
    if not server.database_url:
        pytest.skip("one SQLite file belongs to one process")
    desk = server.paired("PAIR-R")
    ring = ring_of(server, tmp_path)
    card = make(ring, "00500005")
    grant(server, "00500005", "7")
    other = LiveServer(server.home, server.database_url)
    other.start()
    try:
        bases = [server.base, other.base]

        def turn_about() -> None:
            desk.base = bases[0]
            bases.reverse()

        ended = carry(Sessions(desk, turn_about), ring, card)
    finally:
        other.stop()
    assert (ended.result.outcome, ended.result.amount_cents) == (SessionOutcome.DONE, 700)


def test_a_new_load_key_made_on_the_terminal_reaches_the_card(
    make_server: Callable[[], LiveServer], tmp_path: Path
) -> None:
    """While the server runs: the next tap brings the key, and the one after it a credit under the new key."""
    server = make_server()
    desk = server.paired("KEYS-1")
    ring = ring_of(server, tmp_path)
    card = make(ring, "00500006")
    refused = server.run("rotate-card-key", "identification", check=False)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert '"version": 2' in server.run("rotate-card-key", "load").stdout
    ended = carry(Sessions(desk), ring, card)
    assert (ended.result.outcome, ended.result.reason) == (SessionOutcome.DONE, "keys")
    grant(server, "00500006", "4")
    assert carry(Sessions(desk), ring, card).result.amount_cents == 400
