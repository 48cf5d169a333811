"""A server's life: killed in the middle, started twice, revoked devices, staff commands that are wrong."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.desk_keys import DeskKeysTrouble, open_desk_keys, parse_desk_keys
from sync.keys import REVOKED_TAG, verify_document
from sync.messages_pairing import revocation_document
from sync.wire import decode_binary
from tests.fixtures.device_client import FactChain
from tests.fixtures.purse_facts import CARD, a_day
from tests.fixtures.server import TERRITORY, LiveServer

Make = Callable[[], LiveServer]


def test_what_was_acknowledged_survives_a_power_cut(make_server: Make) -> None:
    server = make_server()
    client = server.paired("CUT-1")
    facts = a_day("CUT-1")
    acknowledged = client.push(facts[:5]).json["acknowledged"]
    server.kill()
    server.start()
    client.base = server.base
    assert client.push(facts).json["outcomes"] == ["exists"] * 5 + ["created"] * 3
    assert acknowledged == {"incarnation": 1, "sequence": 5}
    report = server.report()
    assert (report["facts"], report["ledger_sum_cents"], report["cards"][0]["shadow_cents"]) == (8, 0, 3200)


def test_a_revoked_device_may_only_hand_in_what_it_had(make_server: Make) -> None:
    server = make_server()
    client = server.paired("REV-1")
    server.run("revoke", "REV-1")
    told = client.get("pairing/state").json
    document = revocation_document("REV-1", client.identity.public_der)
    assert told["state"] == "revoked"
    assert verify_document(
        decode_binary(client.claimed["server_key"]), REVOKED_TAG, document, decode_binary(told["signature"])
    )
    for target in ("profile", "feeds", "content/manifest"):
        assert client.get(target).error == "revoked"
    chain = FactChain("REV-1")
    chain.add("visit", {"site": 1})
    answer = client.push(chain.facts).json
    assert answer["outcomes"] == [{"quarantined": "device_revoked"}]
    assert answer["acknowledged"] == {"incarnation": 1, "sequence": 1}
    assert server.report()["quarantined"] == 1


def test_what_a_revoked_kiosk_sold_counts_once_a_person_has_said_so(make_server: Make) -> None:
    server = make_server()
    client = server.paired("REV-2")
    facts = a_day("REV-2")
    assert client.push(facts[:3]).json["outcomes"] == ["created"] * 3
    before = server.report()
    server.run("revoke", "REV-2")
    chain = FactChain("REV-2", facts=list(facts))
    chain.add("purse.levitate", {})
    waiting = [{"quarantined": "device_revoked"}] * (len(chain.facts) - 3)
    for _ in range(2):  # handed in again, they are still the same and still wait
        assert client.push(chain.facts).json["outcomes"] == ["exists"] * 3 + waiting
    held = server.report()
    assert (held["quarantined"], held["facts"]) == (len(waiting), len(chain.facts))
    assert held["cards"][0]["shadow_cents"] == before["cards"][0]["shadow_cents"], "nothing of it is booked"

    def decide(why: str) -> str:
        page = "/bureau/faits/quarantaine/"
        server.staff.post(f"{page}ensemble/", appareil="REV-2", raison="device_revoked", decision="release", why=why)
        return server.staff.get(page).body.decode()

    assert "Dites pourquoi" in decide(" ")
    told = decide("Relevé du boulanger vu")
    assert f"{len(waiting) - 1} faits comptés" in told and "À regarder un par un : 1" in told
    assert server.report()["quarantined"] == 1, "what nobody can read still waits"

    other = make_server()  # the same day from a kiosk in good standing
    other.paired("REV-2").push(facts)
    counted, reference = server.report(), other.report()
    assert (counted["cards"], counted["ledger_sum_cents"]) == (reference["cards"], 0)
    assert client.push(chain.facts).json["outcomes"] == ["exists"] * len(facts) + waiting[:1]


def test_a_screen_holds_no_card_key_and_a_station_reads_no_feed(make_server: Make) -> None:
    server = make_server()
    assert server.paired("STATION-1", role="station").get("feeds").error == "forbidden_route"


def test_init_again_changes_nothing(make_server: Make) -> None:
    server = make_server()
    first = json.loads(server.run("init", "--territory-file", str(TERRITORY)).stdout)
    second = json.loads(server.run("init", "--territory-file", str(TERRITORY)).stdout)
    assert first == second and first["content_version"] == 1
    assert json.loads(server.run("publish").stdout)["content_version"] == 2


def test_commands_that_are_wrong_are_one_sentence(make_server: Make, tmp_path: Path) -> None:
    server = make_server()
    broken = tmp_path / "broken.json"
    broken.write_text('{"version": 1, "territory": {"slug": "x"}}')
    wrong = [
        ["approve", "NOBODY"],
        ["create-device", "a b", "--site", "1"],
        ["create-device", "BC-1", "--site", "9999"],
        ["create-device", "BC-1", "--site", "1", "--role", "king"],
        ["create-device", "BC-1", "--site", "1", "--url", "javascript:x"],
        ["init", "--territory-file", str(broken)],
        ["init", "--territory-file", str(tmp_path / "none.json")],
        ["block-card", "12"],
        ["report", "--territory", "nowhere"],
        ["drafts", "publish"],
    ]
    for arguments in wrong:
        done = server.run(*arguments, check=False)
        assert done.returncode == 2 and done.stdout == "", arguments
        assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1, done.stderr
    weak = server.run("create-staff", "bob", stdin="court\n", check=False)
    assert weak.returncode == 2


def test_issuing_keys_are_for_their_owner_and_operators_have_no_readable_pin(make_server: Make, tmp_path: Path) -> None:
    server = make_server()
    out = tmp_path / "keys.json"
    server.run("issuing-keys", "--out", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert set(json.loads(out.read_text())["keys"]) == {
        "picc", "master", "site", "load", "identification", "transaction_mac",
    }  # fmt: skip
    server.run("create-operator", "00009001", "Nadia", "--expires", "2028-12-31", stdin="246810\n")
    client = server.paired("OP-1")
    entries = client.get("feeds").json["entries"]
    operators = next(entry for entry in entries if entry["feed"] == "config")["document"]["operators"]
    assert [(row["card_number"], row["name"], row["rights"]) for row in operators] == [("00009001", "Nadia", ["load"])]
    assert "246810" not in json.dumps(entries)
    assert (
        server.run("create-operator", CARD, "X", "--expires", "2028-12-31", stdin="12\n", check=False).returncode == 2
    )


def test_a_desks_load_key_is_sealed_to_that_desk_alone(make_server: Make, tmp_path: Path) -> None:
    server = make_server()
    desk, kiosk = server.paired("DESK-1"), server.paired("KIOSK-1", role="kiosk")
    out = tmp_path / "desk.json"
    server.run("desk-keys", "DESK-1", "--out", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    sealed = parse_desk_keys(out.read_bytes())
    server_key = decode_binary(desk.claimed["server_key"])
    keys = open_desk_keys(sealed, desk.territory, "DESK-1", server_key, desk.identity)
    assert [(key.number, key.version) for key in keys.keys] == [(2, 1)]
    masters = json.loads((server.home / "server" / f"card-keys-{desk.territory}.json").read_text())["keys"]
    assert keys.keys[0].master.hex() == masters["load"]["1"]
    assert masters["load"]["1"] not in out.read_text()
    with pytest.raises(DeskKeysTrouble):
        open_desk_keys(sealed, kiosk.territory, "DESK-1", server_key, kiosk.identity)
    server.create_device("NEW-1")
    for name, word in (
        ("KIOSK-1", "not a desk"),
        ("NEW-1", "not paired"),
        ("NOBODY", "no device"),
        ("DESK-1", "exists"),
    ):
        done = server.run("desk-keys", name, "--out", str(tmp_path / "desk.json"), check=False)
        assert (done.returncode, done.stdout) == (2, ""), name
        assert word in done.stderr
        assert done.stderr.count("\n") == 1
