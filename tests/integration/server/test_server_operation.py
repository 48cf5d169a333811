"""Keeping a server: health, metrics, logs, backup and restore with real kiosks, the role that cannot change a fact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sync.pairing import Pairing
from tests.fixtures.device_client import send
from tests.fixtures.postgres import Postgres
from tests.fixtures.purse_facts import CARD, a_day, debit_intent, load_intent, outcome
from tests.fixtures.server import LiveServer, live_server
from tests.integration.server.conftest import run_sql
from tests.integration.server.test_sync_live_engine import Kiosk, pair

Make = Callable[[], LiveServer]


def _metrics(server: LiveServer) -> str:
    token = (server.home / "server" / "metrics-token").read_text()
    answer = send(server.base, "GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200, answer.body
    return answer.body.decode()


def test_health_says_when_the_database_is_not_what_the_software_wants(make_server: Make) -> None:
    server = make_server()
    row = run_sql(server, "SELECT app, name, applied FROM django_migrations WHERE app = 'risk' LIMIT 1")[0]
    run_sql(server, f"DELETE FROM django_migrations WHERE app = 'risk' AND name = '{row[1]}'")  # noqa: S608
    answer = send(server.base, "GET", "/healthz")
    assert (answer.status, answer.json) == (503, {"status": "migrations"})
    checked = server.run("migrate", "--check", check=False)
    assert checked.returncode == 1 and json.loads(checked.stdout)["missing"] == [f"risk.{row[1]}"]
    run_sql(server, f"INSERT INTO django_migrations (app, name, applied) VALUES ('risk', '{row[1]}', '{row[2]}')")  # noqa: S608
    assert send(server.base, "GET", "/healthz").json == {"status": "ok"}
    assert json.loads(server.run("migrate", "--check").stdout)["missing"] == []


def test_metrics_are_for_those_with_the_token_and_name_no_card(make_server: Make) -> None:
    server = make_server()
    server.paired("BC-901").push(a_day("BC-901"))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": ""}):
        assert send(server.base, "GET", "/metrics", headers=headers).status == 401
    text = _metrics(server)
    for wanted in (
        'zerot_facts_told_total{outcome="created"} 8.0',
        'zerot_facts_acknowledged{territory="pays-du-bon-coin"} 8.0',
        'zerot_quarantine{territory="pays-du-bon-coin"} 0.0',
        'zerot_ledger_sum{asset="EUR",territory="pays-du-bon-coin"} 0.0',
        'zerot_devices_seen{territory="pays-du-bon-coin"} 1.0',
        'zerot_in_doubt{hours="0",territory="pays-du-bon-coin"} 0.0',
        'zerot_request_seconds_count{method="POST",route="api/v1/facts",status="200"} 1.0',
        "zerot_database_seconds",
    ):
        assert wanted in text, f"{wanted} in:\n{text}"
    assert CARD not in text


def test_logs_are_json_lines_and_hold_no_card_number(make_server: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        LiveServer, "environment", property(lambda self: {**_environment(self), "ZEROT_LOG_LEVEL": "INFO"})
    )
    server = make_server()
    server.paired("BC-902").push(a_day("BC-902"))
    assert server.staff.get(f"/bureau/cartes/{CARD}/").status == 200
    assert server.staff.get(f"/bureau/cartes/?q={CARD}").status == 200
    server.stop()
    text = server.log()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line.get("logger") == "zerot.access"]
    assert {"bureau/cartes/<str:number>/", "api/v1/facts"} <= {line["route"] for line in requests}
    assert next(line for line in requests if line["route"] == "api/v1/facts")["device"] == "BC-902"
    assert CARD not in text and "camille" not in text


_environment = LiveServer.environment.fget  # type: ignore[attr-defined]


@pytest.fixture(params=["sqlite", "postgresql"])
def two_servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[LiveServer, LiveServer]]:
    """A running server, and the empty place that a backup of it is restored into."""
    urls = ["", ""]
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        urls = [postgres.create_database("backed_up"), postgres.create_database("restored")]
    restored = LiveServer(tmp_path / "restored", urls[1])
    restored.home.mkdir()
    try:
        with live_server(tmp_path / "living", urls[0]) as living:
            yield living, restored
    finally:
        restored.stop()
        if request.param == "postgresql":
            for name in ("backed_up", "restored"):
                request.getfixturevalue("postgres").drop_database(name)


def _moved(pairing: Pairing, base: str) -> Pairing:
    return Pairing(
        base, pairing.device, pairing.territory, pairing.server_key, pairing.server_sealing_key,
        pairing.incarnation, pairing.sealed_keys,
    )  # fmt: skip


def _sell(kiosk: Kiosk, card: str, times: int, before: int, operation: int) -> None:
    """`times` debits of 1 €, each with its intent and outcome, as the purse worker keeps them."""
    for step in range(times):
        balance = before - 100 * step
        paid = kiosk.journal.append("purse.debit.intent", debit_intent(100, balance, operation + step, 0, card))
        done = outcome(paid.id, operation=operation + step + 1, balance=balance - 100)
        kiosk.journal.append("purse.debit.outcome", done)


def _load(kiosk: Kiosk, card: str) -> None:
    loaded = kiosk.journal.append("purse.load.intent", load_intent(card=card))
    kiosk.journal.append("purse.load.outcome", outcome(loaded.id))


def _books(server: LiveServer) -> dict[str, Any]:
    report = server.report()
    return {name: report[name] for name in ("facts", "accounts", "cards", "ledger_sum_cents", "cache_differences")}


def test_a_restored_server_gets_everything_back_from_its_kiosks(
    two_servers: tuple[LiveServer, LiveServer], tmp_path: Path
) -> None:
    living, restored = two_servers
    paired = [pair(living, name) for name in ("BC-911", "BC-912")]
    kiosks = [Kiosk(tmp_path / f"kiosk-{number}", *found) for number, found in enumerate(paired)]
    for number, kiosk in enumerate(kiosks):
        _load(kiosk, f"0000001{number}")
        kiosk.visits(30)
        assert kiosk.sync().trouble is None
    backup = tmp_path / "backup.tar"
    made = json.loads(living.run("backup", "--out", str(backup)).stdout)
    assert made["vendor"] == ("postgresql" if living.database_url else "sqlite")
    assert living.run("backup", "--out", str(backup), check=False).returncode == 2, "never written over"

    # What comes after the backup: more sales, a sync, a publication that the kiosks take.
    for number, kiosk in enumerate(kiosks):
        _sell(kiosk, f"0000001{number}", 6, 5000, 1)
    living.run("publish")
    for kiosk in kiosks:
        assert kiosk.sync().facts_waiting == 0
    reference = _books(living)
    lost_version = kiosks[0].content.active_version()
    living.stop()

    done = json.loads(restored.run("restore", str(backup)).stdout)
    assert restored.run("restore", str(backup), check=False).returncode == 2, "a home that is not empty"
    restored.start()
    assert restored.report()["facts"] < reference["facts"]
    for number, kiosk in enumerate(kiosks):
        pairing, identity = paired[number]
        kiosk.close()
        kiosks[number] = again = Kiosk(tmp_path / f"kiosk-{number}", _moved(pairing, restored.base), identity)
        report = again.sync()
        assert (report.trouble, report.facts_waiting) == (None, 0), report
        assert set(report.new_feeds) >= {"config", "blocklist"}, "the epoch rose: every feed again"
        assert again.content.active_version() > lost_version
    assert _books(restored) == reference
    assert done["epochs"]["pays-du-bon-coin"] > 1
    assert "restored" in [row["code"] for row in restored.report()["alarms"]]
    for kiosk in kiosks:
        assert kiosk.sync().trouble is None
        kiosk.close()


def test_a_role_that_serves_can_never_change_a_fact(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.create_database("by_role")
    try:
        with live_server(tmp_path / "owner", url) as owner:
            printed = owner.run("database-role", "zerot_app").stdout
            assert "GRANT SELECT, INSERT ON public.ledger_fact TO zerot_app;" in printed
            assert owner.run("database-role", "Zerot-App", check=False).returncode == 2
            owner.run("database-role", "zerot_app")  # again, as after a migration
            owner.stop()
            served = LiveServer(owner.home, url.replace("user=zerot", "user=zerot_app"))
            served.start()
            try:
                facts = a_day("BC-921")
                assert served.paired("BC-921").push(facts).json["outcomes"] == ["created"] * len(facts)
                served.work("verify", "reconcile", "age", "feeds", "alarms", "retention")
                assert served.report()["ledger_sum_cents"] == 0
            finally:
                served.stop()
        role = f"{url.replace('user=zerot', 'user=zerot_app')}"
        for table in ("ledger_fact", "ledger_batch", "ledger_alias", "ledger_transfer", "ledger_leg"):
            for statement in (
                f"UPDATE {table} SET territory = 'x'",  # noqa: S608
                f"DELETE FROM {table}",  # noqa: S608
                f"TRUNCATE {table} CASCADE",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
                f"DROP TABLE {table}",
            ):
                with psycopg.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())
    finally:
        postgres.drop_database("by_role")
