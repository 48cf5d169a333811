"""The worker on a live server, SQLite and PostgreSQL: signatures, doubts, commissions, reconciliation, one leader."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

from tests.fixtures.device_client import FactChain
from tests.fixtures.purse_facts import card_seen, debit_intent, load_intent, outcome, refund_requested
from tests.fixtures.server import ROOT, LiveServer, StaffClient
from tests.fixtures.signed_chip import COMMANDS, SignedChip, issue_chip
from tests.integration.server.conftest import Bench, run_sql

DAY = 86_400_000


def _loaded_and_paid(bench: Bench, chip: SignedChip, at: int | None = None) -> FactChain:
    """50 € loaded, 18 € debited, both signed by the chip."""
    chain = bench.chain()
    intent = load_intent(card=bench.card) | {"uid_sealed": chip.uid_sealed}
    loaded = chain.add("purse.load.intent", intent, at=at)
    chain.add("purse.load.outcome", outcome(loaded.id) | chip.signed(1), at=at)
    intent = debit_intent(card=bench.card, points=0) | {"uid_sealed": chip.uid_sealed}
    paid = chain.add("purse.debit.intent", intent, at=at)
    chain.add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200) | chip.signed(2), at=at)
    return chain


def _verdicts(bench: Bench) -> dict[str, str]:
    rows = run_sql(
        bench.server,
        f"SELECT kind, verdict FROM reconciliation_transactioncheck WHERE card_number = '{bench.card}'",  # noqa: S608
    )
    return {str(kind): str(verdict) for kind, verdict in rows}


def _accounts(bench: Bench) -> dict[str, int]:
    return {row["account"]: row["amount"] for row in bench.server.report()["accounts"] if row["asset"] == "EUR"}


def test_a_signature_that_fits_is_verified_one_that_does_not_waits_for_a_person(bench: Bench, tmp_path: Path) -> None:
    chip = issue_chip(bench.server, bench.client, tmp_path)
    chain = _loaded_and_paid(bench, chip)
    forged = debit_intent(700, 3200, 2, 0, bench.card) | {"uid_sealed": chip.uid_sealed}
    lied = chain.add("purse.debit.intent", forged)
    told = chip.signed(3) | {"commands": [row.hex() for row in COMMANDS[:-1]]}  # not what the chip signed
    chain.add("purse.debit.outcome", outcome(lied.id, operation=3, balance=2500) | told)
    bench.client.push(chain.facts)
    bench.server.work("verify")
    rows = run_sql(
        bench.server,
        "SELECT amount_cents, verdict FROM reconciliation_transactioncheck "  # noqa: S608
        f"WHERE card_number = '{bench.card}' ORDER BY amount_cents",
    )
    assert rows == [(700, "wrong"), (1800, "verified"), (5000, "verified")]
    assert bench.shadow() == (2500, 0), "under review, and counted all the same"
    page = bench.server.staff.get("/bureau/signatures/").body.decode()
    assert "signature fausse" in page


def test_a_chip_that_cannot_be_checked_holds_the_payment_until_a_person_looked(bench: Bench) -> None:
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card))
    chain.add("purse.load.outcome", outcome(loaded.id))
    paid = chain.add("purse.debit.intent", debit_intent(card=bench.card, points=0))
    chain.add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200))
    bench.client.push(chain.facts)
    bench.server.work("verify")
    assert _verdicts(bench) == {"load": "unverifiable", "debit": "unverifiable"}
    staff = bench.server.staff
    partner = _partner_page(bench.server, "Canoë Sorguette")
    held = _tile(staff.get(partner).body.decode(), "retenus")
    key = run_sql(
        bench.server,
        f"SELECT id FROM reconciliation_transactioncheck WHERE card_number = '{bench.card}' AND kind = 'debit'",  # noqa: S608
    )[0][0]
    staff.post(f"/bureau/signatures/{UUID(str(key))}", note="x")
    assert _tile(staff.get(partner).body.decode(), "retenus") == held, "a reason has a few words"
    staff.post(f"/bureau/signatures/{UUID(str(key))}", note="billet vu sur place")
    assert _cents(_tile(staff.get(partner).body.decode(), "retenus")) == _cents(held) - 1800


def test_a_sale_pays_its_commission_once_and_the_host_its_share(bench: Bench, tmp_path: Path) -> None:
    server, staff = bench.server, bench.server.staff
    for name, commission, host in (("Canoë Sorguette", "10", "0"), ("Fournil des Ocres", "8", "4")):
        page = _partner_page(server, name)
        if "Sans accord" in staff.get(page).body.decode():
            staff.post(f"{page}action", what="agreement", starts="2026-01-01", commission=commission, host=host)
    before = _accounts(bench)
    chip = issue_chip(server, bench.client, tmp_path)
    chain = _loaded_and_paid(bench, chip)
    bench.client.push(chain.facts)
    server.work("verify")
    server.work("verify")
    moved = {name: _accounts(bench).get(name, 0) - before.get(name, 0) for name in ("site_payable:4", "commission:1")}
    assert moved == {"site_payable:4": 1620, "commission:1": 72}
    chain.add("purse.refund.requested", refund_requested(chain.facts[2].id, card=bench.card))
    assert bench.client.push(chain.facts[-1:]).json["outcomes"] == ["created"]
    server.work("verify")
    assert {name: _accounts(bench).get(name, 0) - before.get(name, 0) for name in moved} == dict.fromkeys(moved, 0)
    assert server.report()["ledger_sum_cents"] == 0


def test_partners_are_paid_what_is_due_and_verified_and_hand_over_their_cash(bench: Bench, tmp_path: Path) -> None:
    server, staff = bench.server, bench.server.staff
    page = _partner_page(server, "Canoë Sorguette")
    before = _tile(staff.get(page).body.decode(), "payables")
    bench.client.push(_loaded_and_paid(bench, issue_chip(server, bench.client, tmp_path)).facts)
    assert _tile(staff.get(page).body.decode(), "payables") == before, "nothing is paid before it is verified"
    server.work("verify")
    payable = _tile(staff.get(page).body.decode(), "payables")
    assert _cents(payable) >= 1620
    transfer = _hidden(staff.get(page).body.decode(), "payout")
    staff.post(f"{page}action", what="payout", id=transfer, amount="99999", reference="VIR-0")
    assert _tile(staff.get(page).body.decode(), "payables") == payable, "more than is due and verified"
    for _ in range(2):  # a double click
        staff.post(f"{page}action", what="payout", id=transfer, amount="10,00", reference="VIR-1")
    after = staff.get(page).body.decode()
    assert _cents(_tile(after, "payables")) == _cents(payable) - 1000
    hotel = _partner_page(server, "Hôtel des Platanes")
    owed = _cents(_tile(staff.get(hotel).body.decode(), "espèces"))
    transfer = _hidden(staff.get(hotel).body.decode(), "payment")
    staff.post(f"{hotel}action", what="payment", id=transfer, site="2", amount="20", reference="BORD-7")
    assert _cents(_tile(staff.get(hotel).body.decode(), "espèces")) == owed - 2000
    staff.post(f"{hotel}action", what="statement")
    assert "Relevé n° 1" in staff.get(hotel).body.decode()
    server.work("reconcile")
    assert "égalité" in staff.get("/bureau/rapprochement/").body.decode()
    assert server.report()["ledger_sum_cents"] == 0


def test_a_doubt_becomes_suspense_then_a_loss_and_a_later_tap_takes_all_of_it_back(bench: Bench) -> None:
    server = bench.server
    now = time.time_ns() // 1_000_000
    before = _accounts(bench)
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card), at=now - 100 * DAY)
    chain.add("purse.load.outcome", outcome(loaded.id), at=now - 100 * DAY)
    paid = chain.add("purse.debit.intent", debit_intent(card=bench.card, points=0), at=now - 100 * DAY)
    chain.add("purse.debit.outcome", outcome(paid.id, "in_doubt"), at=now - 100 * DAY)
    bench.client.push(chain.facts)
    server.work("verify", "age")
    entry = f"SELECT lost_at IS NOT NULL, closed_at IS NOT NULL FROM reconciliation_suspenseentry WHERE card_number = '{bench.card}'"  # noqa: S608, E501
    assert [tuple(map(bool, row)) for row in run_sql(server, entry)] == [(True, False)]
    mid = _accounts(bench)
    assert mid.get("loss", 0) - before.get("loss", 0) == -1800
    assert mid["site_payable:4"] - before.get("site_payable:4", 0) == 1800
    assert bench.shadow() == (5000, 0), "the card's own account knows nothing of it"
    record = {"transfer": paid.id, "kind": 2, "amount": 1800, "operation_number": 2}
    chain.add("card.seen", card_seen(2, 3200, 0, [record], bench.card), at=now)
    bench.client.push(chain.facts[-1:])
    server.work("verify", "age")
    assert [tuple(map(bool, row)) for row in run_sql(server, entry)] == [(True, True)]
    end = _accounts(bench)
    assert end.get("loss", 0) == before.get("loss", 0) and bench.shadow() == (3200, 0)
    assert server.report()["ledger_sum_cents"] == 0


def test_a_doubt_is_decided_by_a_signature_that_some_later_tap_read(bench: Bench, tmp_path: Path) -> None:
    chip = issue_chip(bench.server, bench.client, tmp_path)
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card) | {"uid_sealed": chip.uid_sealed})
    chain.add("purse.load.outcome", outcome(loaded.id) | chip.signed(1))
    intent = debit_intent(card=bench.card, points=0) | {"uid_sealed": chip.uid_sealed}
    paid = chain.add("purse.debit.intent", intent)
    commands = {"commands": [row.hex() for row in COMMANDS]}
    chain.add("purse.debit.outcome", outcome(paid.id, "in_doubt") | commands)
    bench.client.push(chain.facts)
    assert bench.shadow() == (5000, 0)
    # The record is overwritten, but the reader saw the signature: TMC 2 over exactly our commands.
    chain.add("card.seen", card_seen(2, 3200, 0, [], bench.card) | {"tmv": chip.mac(2)})
    bench.client.push(chain.facts[-1:])
    assert bench.server.work("verify")["verify"]["decided"] >= 1
    assert bench.shadow() == (3200, 0)
    assert _verdicts(bench)["debit"] == "verified"


def test_gaps_clones_and_unreported_credits_are_named_card_by_card(bench: Bench) -> None:
    server, client = bench.server, bench.client
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card))
    chain.add("purse.load.outcome", outcome(loaded.id))
    chain.add("card.seen", card_seen(4, 9900, 0, [], bench.card))  # three commits and 49 € that nobody told of
    clone = card_seen(4, 100, 0, [], bench.card) | {"tmv": "11" * 8}
    chain.add("card.seen", clone)
    client.push(chain.facts)
    server.work("verify", "reconcile")
    rows = run_sql(
        server,
        f"SELECT kind, subject FROM reconciliation_cardproblem WHERE card_number = '{bench.card}' ORDER BY kind",  # noqa: S608
    )
    assert ("clone", "operation-4") in rows and ("gap", "2-4") in rows and any(kind == "credit" for kind, _ in rows)
    answer = server.staff.get("/bureau/rapprochement/cartes.csv")
    lines = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig")), delimiter=";"))
    mine = next(line for line in lines if line[0] == bench.card)
    assert "clone:operation-4" in mine[-1] and mine[4] == "50,00"
    # The kiosk that had not synced comes back: what it tells ends the gap.
    late = FactChain(client.name, bench.number + 7000)
    for step in range(3):
        paid = late.add("purse.debit.intent", debit_intent(100, 5000 - 100 * step, 1 + step, 0, bench.card))
        late.add("purse.debit.outcome", outcome(paid.id, operation=2 + step, balance=4900 - 100 * step))
    client.push(late.facts)
    server.work("verify", "reconcile")
    ended = run_sql(
        server,
        "SELECT kind FROM reconciliation_cardproblem WHERE ended_at IS NOT NULL "  # noqa: S608
        f"AND card_number = '{bench.card}' AND kind = 'gap'",
    )
    assert ended == [("gap",)]


def test_a_correction_needs_a_second_person_and_moves_no_chip(bench: Bench, tmp_path: Path) -> None:
    server, staff = bench.server, bench.server.staff
    chain = _loaded_and_paid(bench, issue_chip(server, bench.client, tmp_path))
    bench.client.push(chain.facts)
    server.work("verify")
    paid = chain.facts[2].id
    before = _accounts(bench)
    staff.post(f"/bureau/corrections/{paid}/demande", reason="non")
    staff.post(f"/bureau/corrections/{paid}/demande", reason="vendu deux fois au guichet")
    keys = [UUID(str(row[0])) for row in run_sql(server, _correction_of(server, paid))]
    assert len(keys) == 1, "a reason has a few words, and one request is enough"
    staff.post(f"/bureau/corrections/{keys[0]}/decision", decision="confirm")
    assert _accounts(bench) == before, "the one who asked cannot confirm"
    second = _second_person(server)
    second.post(f"/bureau/corrections/{keys[0]}/decision", decision="confirm")
    after = _accounts(bench)
    assert after[f"refund_due:{bench.card}"] == 1800 and bench.shadow() == (3200, 0)
    assert before["site_payable:4"] - after["site_payable:4"] in (1620, 1800)
    names = run_sql(server, "SELECT DISTINCT booked_by FROM ledger_transfer WHERE kind = 'correction'")
    assert names == [("camille + jean",)]
    staff.post(f"/bureau/corrections/{paid}/demande", reason="encore une fois la même")
    assert len(run_sql(server, _correction_of(server, paid))) == 1
    assert server.report()["ledger_sum_cents"] == 0


def test_one_worker_leads_and_another_takes_over_when_it_is_killed(server: LiveServer) -> None:
    first, first_ready = _start_worker(server)
    with first_ready:
        assert json.loads(first_ready.readline()) == {"leader": True}
    second, second_ready = _start_worker(server)
    refused = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "worker", "--once"],
        cwd=ROOT, env=server.environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert refused.returncode == 2 and "leads" in refused.stderr
    first.kill()
    first.wait(timeout=20)
    with second_ready:
        assert json.loads(second_ready.readline()) == {"leader": True}
    second.terminate()
    assert second.wait(timeout=30) == 0


def _start_worker(server: LiveServer) -> tuple[subprocess.Popen[bytes], io.TextIOWrapper]:
    """A worker, and what it says once it leads."""
    reading, writing = os.pipe()
    started = subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", "worker", "--job", "retention", "--ready-fd", str(writing)],
        cwd=ROOT, env=server.environment, pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    return started, os.fdopen(reading)


def _second_person(server: LiveServer) -> StaffClient:
    server.run("create-staff", "jean", stdin="lavande-et-thym-25\n")
    second = StaffClient(server.base)
    second.log_in("jean", "lavande-et-thym-25")
    return second


def _correction_of(server: LiveServer, transfer: str) -> str:
    key = transfer if server.database_url else transfer.replace("-", "")
    return f"SELECT id FROM settlement_correction WHERE transfer = '{key}'"  # noqa: S608


def _partner_page(server: LiveServer, name: str) -> str:
    listed = server.staff.get("/bureau/partenaires/").body.decode()
    found = re.search(rf'href="(/bureau/partenaires/[^"]*/)">{re.escape(name)}<', listed)
    assert found is not None, listed
    return found[1]


def _tile(page: str, label: str) -> str:
    found = re.search(rf"<b>([^<]*)</b><span>[^<]*{label}", page)
    assert found is not None, page
    return found[1]


def _cents(shown: str) -> int:
    digits = re.sub(r"[^0-9−]", "", shown).replace("−", "-")
    return int(digits)


def _hidden(page: str, what: str) -> str:
    found = re.search(rf'name="what" value="{what}"><input type="hidden" name="id" value="([0-9a-f-]*)"', page)
    assert found is not None, page
    return found[1]
