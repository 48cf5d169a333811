"""The device API from pairing to blobs, over a live server, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from domain.config import parse_config
from sync.keys import FEED_TAG, MANIFEST_TAG, PROFILE_TAG, TIME_TAG, verify_document
from sync.protocol import (
    decode_binary,
    parse_card_keys,
    parse_feeds_answer,
    parse_profile,
    parse_signed_manifest,
    profile_document,
    verify_entry,
    verify_manifest,
)
from sync.sealing import KEYS_CONTEXT
from sync.words import eight_words
from tests.fixtures.device_client import DeviceClient, FactChain, send
from tests.fixtures.purse_facts import load_intent, outcome
from tests.fixtures.server import LiveServer
from tests.integration.server.conftest import run_sql


def test_a_device_pairs_and_gets_what_its_role_may_hold(server: LiveServer) -> None:
    offer = server.create_device("PAIR-1", role="desk")
    client = DeviceClient(server.base)
    assert client.claim(offer["code"]).json["state"] == "waiting"
    assert client.get("pairing/state").json == {"state": "waiting"}
    assert client.get("profile").error == "not_approved"

    server_key = decode_binary(client.claimed["server_key"])
    words = eight_words(
        client.identity.public_der,
        client.identity.sealing_public,
        server_key,
        decode_binary(client.claimed["server_sealing_key"]),
    )
    wrong = server.run("approve", "PAIR-1", "--words", "un deux trois", check=False)
    assert (wrong.returncode, client.get("pairing/state").json) == (2, {"state": "waiting"})
    server.run("approve", "PAIR-1", "--words", " ".join(words))
    assert client.get("pairing/state").json == {"state": "approved"}

    profile = parse_profile(client.get("profile").body)
    document = profile_document(profile.device, profile.territory, profile.incarnation, profile.sealed_keys)
    assert verify_document(server_key, PROFILE_TAG, document, profile.signature)
    assert profile.incarnation == 1
    keys = parse_card_keys(client.identity.open_box(profile.sealed_keys, KEYS_CONTEXT))
    assert {key.number for key in keys.keys} == {1, 3}


def test_a_kiosk_without_desk_holds_no_key_that_makes_money(server: LiveServer) -> None:
    client = server.paired("PAIR-2", role="kiosk")
    profile = parse_profile(client.get("profile").body)
    keys = parse_card_keys(client.identity.open_box(profile.sealed_keys, KEYS_CONTEXT))
    assert {key.number for key in keys.keys} == {1, 3}


def test_codes_open_once_and_a_second_pairing_kills_the_first_key(server: LiveServer) -> None:
    offer = server.create_device("PAIR-3")
    first, second = DeviceClient(server.base), DeviceClient(server.base)
    assert first.claim(offer["code"]).status == 200
    assert second.claim(offer["code"]).error == "code_used"
    assert second.claim("0000-0000-0000").error == "code_wrong"
    again = server.run("new-code", "PAIR-3").stdout
    assert first.get("pairing/state").status == 200
    assert second.claim(json.loads(again)["code"]).status == 200
    assert first.get("pairing/state").error == "bad_signature"
    server.run("approve", "PAIR-3")
    assert parse_profile(second.get("profile").body).incarnation == 2


def test_feeds_bring_a_configuration_that_a_kiosk_understands_then_nothing(server: LiveServer) -> None:
    client = server.paired("FEED-1")
    answer = parse_feeds_answer(client.get("feeds?cursor=0.0").body)
    key = decode_binary(client.claimed["server_key"])
    assert {entry.feed for entry in answer.entries} == {"config", "blocklist", "allowance", "credits"}
    assert all(verify_entry(entry, key) for entry in answer.entries)
    config, unknown = parse_config(next(e.document for e in answer.entries if e.feed == "config"))
    assert (config.device, config.site.name, unknown) == ("FEED-1", "Fournil des Ocres", ())
    assert config.points_per_site_day == 40
    assert answer.manifest_version >= 1

    idle = client.get(f"feeds?cursor={answer.cursor}")
    assert parse_feeds_answer(idle.body).entries == ()
    assert len(idle.body) + sum(len(k) + len(v) + 4 for k, v in idle.headers.items()) < 1024

    server.run("block-card", "00421187", "--reason", "stolen")
    news = parse_feeds_answer(client.get(f"feeds?cursor={answer.cursor}").body)
    assert [entry.feed for entry in news.entries] == ["blocklist"]
    assert {"card_number": "00421187", "reason": "stolen"} in news.entries[0].document["cards"]  # type: ignore[operator]


def test_content_comes_signed_whole_or_in_parts(server: LiveServer) -> None:
    client = server.paired("CONTENT-1")
    signed = parse_signed_manifest(client.get("content/manifest").body)
    assert verify_manifest(signed, decode_binary(client.claimed["server_key"]))
    manifest = signed.manifest
    path = f"content/blobs/{manifest.catalogue_sha256}"
    whole = client.get(path)
    assert (whole.status, sha256(whole.body).hexdigest()) == (200, manifest.catalogue_sha256)
    half = len(whole.body) // 2
    rest = client.get(path, {"Range": f"bytes={half}-"})
    assert (rest.status, rest.body) == (206, whole.body[half:])
    assert rest.headers["content-range"] == f"bytes {half}-{len(whole.body) - 1}/{len(whole.body)}"
    assert client.get(path, {"Range": f"bytes={len(whole.body)}-"}).status == 416
    assert client.get(path, {"Range": "bytes=5-2"}).status == 416
    assert client.get("content/blobs/" + "0" * 64).error == "not_found"
    assert client.get("content/blobs/..%2Fserver-identity.json").status == 404


def test_time_is_signed_with_the_nonce(server: LiveServer) -> None:
    answer = send(server.base, "GET", "/api/v1/time?nonce=abc").json
    client = server.paired("TIME-1")
    signature = decode_binary(answer["signature"])
    document = {"nonce": "abc", "time": answer["time"]}
    assert verify_document(decode_binary(client.claimed["server_key"]), TIME_TAG, document, signature)
    assert send(server.base, "GET", "/api/v1/time").error == "bad_request"


def test_tags_keep_documents_apart() -> None:
    assert len({FEED_TAG, MANIFEST_TAG, PROFILE_TAG, TIME_TAG}) == 4


def test_facts_are_created_then_exist(server: LiveServer) -> None:
    client = server.paired("FACT-1")
    chain = FactChain("FACT-1")
    chain.add("incarnation.started", {"reason": "paired", "fork": None})
    chain.add("operator.refused", {"card": "00421187", "reason": "pin"})
    first = client.push(chain.facts)
    assert first.json["outcomes"] == ["created", "created"]
    assert first.json["acknowledged"] == {"incarnation": 1, "sequence": 2}
    assert client.push(chain.facts).json["outcomes"] == ["exists", "exists"]
    answer = parse_feeds_answer(client.get("feeds").body)
    assert answer.acknowledged is not None and answer.acknowledged.sequence == 2


def test_an_allowance_grows_with_what_is_booked_and_never_by_itself(server: LiveServer) -> None:
    """Cumulative: neither a clock nor another issue gives room, only a load that the server has as done."""
    client = server.paired("ALLOW-1")
    chain, number = FactChain("ALLOW-1"), 700_000_000

    def load(cents: int, result: str, kind: str = "load") -> None:
        nonlocal number
        number += 2
        intent = chain.add("purse.load.intent", load_intent(amount=cents, card="70000001"), number)
        chain.add(f"purse.{kind}.outcome", outcome(intent.id, result), number + 1)
        assert client.push(chain.facts[-2:]).json["outcomes"] == ["created", "created"]

    def documents(cursor: str) -> tuple[str, dict[str, int]]:
        answer = parse_feeds_answer(client.get(f"feeds?cursor={cursor}").body)
        found = [entry.document for entry in answer.entries if entry.feed == "allowance"]
        return str(answer.cursor), {"incarnation": found[0]["incarnation"], **found[0]} if found else {}  # type: ignore[dict-item]

    cursor, first = documents("0.0")
    assert (first["amount_cents"], first["incarnation"]) == (200_000, 1)
    load(15_000, "done")
    load(90_000, "not_done")
    load(90_000, "in_doubt")
    load(90_000, "done", "debit")
    assert documents(cursor) == (cursor, {}), "less than a tenth was booked"
    load(5_000, "done")
    cursor, second = documents(cursor)
    assert second["amount_cents"] == 220_000
    assert documents(cursor) == (cursor, {})

    server.run("block-card", "70000002", "--reason", "lost")  # other documents are issued: no more room by that
    cursor, same = documents(cursor)
    assert same == {}
    assert documents("0.0")[1]["amount_cents"] == 220_000

    lower = f"UPDATE devices_device SET allowance_cents = 50000 WHERE name = '{client.name}'"  # noqa: S608
    run_sql(server, lower)
    assert documents("0.0")[1]["amount_cents"] == 220_000, "never less than before in one incarnation"
    load(185_000, "done")
    assert documents(cursor)[1]["amount_cents"] == 255_000

    code = json.loads(server.run("new-code", "ALLOW-1").stdout)["code"]
    assert client.claim(code).status == 200
    server.run("approve", "ALLOW-1")
    again = documents("0.0")[1]
    assert (again["amount_cents"], again["incarnation"]) == (50_000, 2)


@pytest.mark.parametrize("target", ["profile", "feeds", "content/manifest", "content/blobs/" + "0" * 64])
def test_unsigned_requests_are_refused(server: LiveServer, target: str) -> None:
    assert send(server.base, "GET", f"/api/v1/{target}").error == "bad_signature"
