"""Facts into a live server, on SQLite and PostgreSQL: nothing lost, nothing twice, everything explained."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest

from domain.facts import Fact, seal_fact
from domain.ledger import award_id
from sync.protocol import build_batch
from tests.fixtures.device_client import FactChain, send
from tests.fixtures.purse_facts import award, card_seen, debit_intent, load_intent, outcome, rechained
from tests.integration.server.conftest import Bench


def _day(bench: Bench) -> list[Fact]:
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card))
    chain.add("purse.load.outcome", outcome(loaded.id))
    paid = chain.add("purse.debit.intent", debit_intent(card=bench.card))
    chain.add("purse.debit.outcome", outcome(paid.id, "in_doubt"))
    chain.add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200, points=40))
    chain.add("points.awarded", award(paid.id, card=bench.card))
    return chain.facts


def test_a_day_in_one_batch_and_again_is_booked_once(bench: Bench) -> None:
    facts = _day(bench)
    assert bench.client.push(facts).json["outcomes"] == ["created"] * 6
    for _ in range(3):
        assert bench.client.push(facts).json["outcomes"] == ["exists"] * 6
    assert bench.shadow() == (3200, 40)
    report = bench.server.report()
    assert (report["ledger_sum_cents"], report["ledger_sum_points"], report["cache_differences"]) == (0, 0, 0)


def test_one_by_one_in_any_order_and_many_times(bench: Bench) -> None:
    seed = 4_711 + bench.number
    print(f"seed {seed}")
    chance = random.Random(seed)
    facts = [fact for fact in _day(bench) for _ in range(chance.randint(1, 4))]
    chance.shuffle(facts)
    for fact in facts:
        answer = bench.client.push([fact])
        assert answer.status == 200 and answer.json["outcomes"][0] in ("created", "exists")
    assert bench.shadow() == (3200, 40)
    final = bench.client.push(_day(bench)).json
    assert final["acknowledged"] == {"incarnation": bench.number, "sequence": 6}
    assert not [hole for hole in bench.server.report()["holes"] if hole["highest"] > 6]


def test_the_same_facts_at_other_places_are_the_same_facts(bench: Bench) -> None:
    facts = _day(bench)
    bench.client.push(facts)
    moved = rechained(list(reversed(facts)), bench.client.name, bench.number + 5000)
    assert bench.client.push(moved).json["outcomes"] == ["exists"] * 6
    assert bench.shadow() == (3200, 40)


def test_a_hole_holds_the_acknowledgement_back_until_it_is_filled(bench: Bench) -> None:
    facts = _day(bench)
    assert bench.client.push(facts[:1]).json["acknowledged"]["sequence"] == 1
    assert bench.client.push(facts[3:]).json["acknowledged"]["sequence"] == 1
    assert {"device": bench.client.name, "after": 1, "highest": 6} in bench.server.report()["holes"]
    assert bench.client.push(facts[1:3]).json["acknowledged"]["sequence"] == 6
    assert bench.shadow() == (3200, 40)


def test_same_id_with_other_content_is_an_alarm_and_moves_nothing(bench: Bench) -> None:
    facts = _day(bench)
    bench.client.push(facts[:2])
    liar = FactChain(bench.client.name, bench.number + 6000)
    liar.add("purse.load.intent", load_intent(amount=9900, card=bench.card), number=bench.number * 1_000_000 + 1)
    assert liar.facts[0].id == facts[0].id
    assert bench.client.push(liar.facts).json["outcomes"] == [{"quarantined": "same_id_other_content"}]
    assert bench.client.push(liar.facts).json["outcomes"] == [{"quarantined": "same_id_other_content"}]
    report = bench.server.report()
    assert next(row for row in report["alarms"] if row["subject"] == facts[0].id)["code"] == "same_id_other_content"
    assert bench.shadow() == (5000, 0)


def test_a_forked_chain_is_booked_and_alarmed(bench: Bench) -> None:
    """A restored image sold before it met the server: other facts under places that are taken."""
    facts = _day(bench)
    bench.client.push(facts)
    restored = FactChain(bench.client.name, bench.number, facts=facts[:2])
    sold = restored.add("purse.debit.intent", debit_intent(amount=700, card=bench.card, points=0), bench.number + 77)
    restored.add("purse.debit.outcome", outcome(sold.id, operation=3, balance=2500), bench.number + 78_000)
    first = bench.client.push(restored.facts[2:3])
    assert first.json["outcomes"] == ["created"]
    assert first.json["acknowledged"] == {"incarnation": bench.number, "sequence": 3}
    second = bench.client.push(restored.facts[3:])
    assert (second.json["outcomes"], second.json["acknowledged"]["sequence"]) == (["created"], 4)
    assert bench.shadow() == (2500, 40)
    assert f"{bench.number}/3" in [row["subject"] for row in bench.server.report()["alarms"] if row["code"] == "fork"]


def test_a_batch_that_cannot_be_believed_is_kept_and_stops_nothing(bench: Bench) -> None:
    facts = _day(bench)
    honest = bench.client.batch(facts[:2])
    before = bench.server.report()["quarantined"]
    forged = bench.client.push_batch(replace(honest, signature=bytes(64)))
    assert forged.json["outcomes"] == [{"quarantined": "bad_batch_signature"}] * 2
    assert forged.json["acknowledged"]["sequence"] == 2
    altered = replace(honest, previous=b"\x01" * 32)
    assert bench.client.push_batch(altered).json["outcomes"] == [{"quarantined": "bad_batch_signature"}] * 2
    assert bench.server.report()["quarantined"] == before + 2, "the same rows are kept once"
    assert bench.client.push(facts).json["outcomes"] == ["created"] * 6
    assert bench.shadow() == (3200, 40)


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("purse.levitate", {"a": 1}, "unknown_kind"),
        ("purse.load.intent", {"card": "x"}, "bad_body: site is not a whole number between 0 and 65535"),
        (
            "card.seen",
            {"card": "00421187", "operation_number": 1, "balance_cents": 0, "records": 5},
            "bad_body: records",
        ),
    ],
)
def test_what_is_not_understood_waits_for_a_person(
    bench: Bench, kind: str, body: dict[str, object], reason: str
) -> None:
    chain = bench.chain()
    chain.add(kind, body)
    chain.add("visit", {"site": 1})
    outcomes = bench.client.push(chain.facts).json["outcomes"]
    assert outcomes[0]["quarantined"].startswith(reason) and outcomes[1] == "created"
    again = bench.client.push(chain.facts).json["outcomes"]
    assert again[0]["quarantined"].startswith(reason) and again[1] == "exists"


def test_a_chip_seen_elsewhere_decides_what_is_in_doubt(bench: Bench) -> None:
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card))
    chain.add("purse.load.outcome", outcome(loaded.id))
    paid = chain.add("purse.debit.intent", debit_intent(card=bench.card))
    chain.add("purse.debit.outcome", outcome(paid.id, "in_doubt"))
    bench.client.push(chain.facts)
    assert bench.shadow() == (5000, 0)
    record = {"transfer": paid.id, "kind": 2, "amount": 1800, "operation_number": 2}
    other = FactChain(bench.client.name, bench.number + 7000)
    other.add("card.seen", card_seen(2, 3200, 40, [record], card=bench.card))
    bench.client.push(other.facts)
    assert bench.shadow() == (3200, 40)
    chain.add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200, points=40))
    bench.client.push(chain.facts)
    assert bench.shadow() == (3200, 40)


def test_a_chip_seen_before_the_intent_arrives_decides_it_too(bench: Bench) -> None:
    chain = bench.chain()
    paid = chain.add("purse.debit.intent", debit_intent(card=bench.card))
    record = {"transfer": paid.id, "kind": 2, "amount": 1800, "operation_number": 2}
    other = FactChain(bench.client.name, bench.number + 8000)
    other.add("card.seen", card_seen(2, 3200, 40, [record], card=bench.card))
    bench.client.push(other.facts)
    bench.client.push(chain.facts)
    assert bench.shadow() == (-1800, 40)


def test_another_operation_under_our_number_means_not_done(bench: Bench) -> None:
    chain = bench.chain()
    paid = chain.add("purse.debit.intent", debit_intent(card=bench.card))
    chain.add("purse.debit.outcome", outcome(paid.id, "in_doubt"))
    record = {"transfer": award_id(paid.id), "kind": 2, "amount": 300, "operation_number": 2}
    chain.add("card.seen", card_seen(2, 4700, 0, [record], card=bench.card))
    bench.client.push(chain.facts)
    assert bench.shadow() == (0, 0)
    line = next(line for line in bench.server.report()["cards"] if line["card_number"] == bench.card)
    assert line["in_flight"] == 0


def test_what_is_said_done_and_not_done_is_booked_and_alarmed(bench: Bench) -> None:
    chain = bench.chain()
    loaded = chain.add("purse.load.intent", load_intent(card=bench.card))
    chain.add("purse.load.outcome", outcome(loaded.id, "not_done"))
    bench.client.push(chain.facts)
    assert bench.shadow() == (0, 0)
    chain.add("purse.load.outcome", outcome(loaded.id))
    bench.client.push(chain.facts)
    assert bench.shadow() == (5000, 0)
    assert loaded.id in [row["subject"] for row in bench.server.report()["alarms"] if row["code"] == "contradiction"]


def _contradicted(bench: Bench) -> set[str]:
    return {row["subject"] for row in bench.server.report()["alarms"] if row["code"] == "contradiction"}


@pytest.mark.parametrize(
    ("told", "record_is_ours", "cents", "contradiction"),
    [
        ("done", True, -1800, False),
        ("not_done", True, -1800, True),
        ("in_doubt", True, -1800, False),
        ("done", False, -1800, True),
        ("not_done", False, 0, False),
        ("in_doubt", False, 0, False),
    ],
)
def test_what_chip_and_kiosk_say_comes_to_the_same_in_any_order(
    bench: Bench, told: str, record_is_ours: bool, cents: int, contradiction: bool
) -> None:
    """Intent, outcome and the chip read elsewhere, in all orders, each in a batch of its own and all in one."""
    cases = {}
    for index, order in enumerate([*permutations(range(3)), (0, 1, 2)]):
        card = f"{bench.number * 100 + index:08d}"
        chain = FactChain(bench.client.name, bench.number * 1000 + index)
        paid = chain.add("purse.debit.intent", debit_intent(card=card, points=0))
        chain.add("purse.debit.outcome", outcome(paid.id, told, operation=2, balance=3200))
        identity = paid.id if record_is_ours else award_id(paid.id)
        record = {"transfer": identity, "kind": 2, "amount": 1800, "operation_number": 2}
        chain.add("card.seen", card_seen(2, 3200, 0, [record], card=card))
        for batch in [chain.facts] if index == 6 else [[chain.facts[place]] for place in order]:
            assert set(bench.client.push(batch).json["outcomes"]) == {"created"}
        cases[card] = paid.id
    assert {card: bench.shadow(card) for card in cases} == dict.fromkeys(cases, (cents, 0))
    assert _contradicted(bench) & set(cases.values()) == (set(cases.values()) if contradiction else set())
    lines = [line for line in bench.server.report()["cards"] if line["card_number"] in cases]
    assert [line["in_flight"] for line in lines] == [0] * 7


def test_two_chips_that_disagree_are_booked_and_alarmed_in_any_order(bench: Bench) -> None:
    cases = {}
    for index, order in enumerate(permutations(range(3))):
        card = f"{bench.number * 100 + index:08d}"
        chain = FactChain(bench.client.name, bench.number * 1000 + index)
        paid = chain.add("purse.debit.intent", debit_intent(card=card, points=0))
        for identity in (paid.id, award_id(paid.id)):
            record = {"transfer": identity, "kind": 2, "amount": 1800, "operation_number": 2}
            chain.add("card.seen", card_seen(2, 3200, 0, [record], card=card))
        for place in order:
            bench.client.push([chain.facts[place]])
        cases[card] = paid.id
    assert {card: bench.shadow(card) for card in cases} == dict.fromkeys(cases, (-1800, 0))
    assert set(cases.values()) <= _contradicted(bench)


@pytest.mark.parametrize("right", [False, True])
def test_a_loads_outcome_never_decides_a_debit(bench: Bench, right: bool) -> None:
    cases = {}
    for index, order in enumerate(permutations(range(3 if right else 2))):
        card = f"{bench.number * 100 + index:08d}"
        chain = FactChain(bench.client.name, bench.number * 1000 + index)
        paid = chain.add("purse.debit.intent", debit_intent(card=card, points=0))
        chain.add("purse.load.outcome", outcome(paid.id, operation=99, balance=9900))
        chain.add("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200))
        for place in order:
            bench.client.push([chain.facts[place]])
        cases[card] = paid.id
    assert {card: bench.shadow(card) for card in cases} == dict.fromkeys(cases, (-1800 if right else 0, 0))
    assert set(cases.values()) <= _contradicted(bench)
    seen = {line["seen_cents"] for line in bench.server.report()["cards"] if line["card_number"] in cases}
    assert seen == {3200 if right else None}


def test_an_award_alone_and_one_repeated_inside_a_batch(bench: Bench) -> None:
    chain = bench.chain()
    first = chain.add("points.awarded", award(None, card=bench.card))
    again = rechained([first, first], bench.client.name, bench.number)
    assert bench.client.push(again).json["outcomes"] == ["created", "exists"]
    assert bench.shadow() == (0, 40)


def test_extremes_are_kept(bench: Bench) -> None:
    """A clock ten years wrong, a message with a NUL, emoji, the largest integers: none of it is an error of 500."""
    chain = bench.chain()
    chain.add("visit", {"site": 1, "note": "nul \x00 here 🥐", "big": (1 << 53) - 1})
    odd = chain.facts[0]
    ancient = replace(odd, occurred_at=-(1 << 48))
    sealed = seal_fact(
        fact_id=ancient.id,
        device=odd.device,
        incarnation=odd.incarnation,
        sequence=1,
        kind=odd.kind,
        occurred_at=ancient.occurred_at,
        monotonic_ms=(1 << 53) - 1,
        boot="été",
        body=odd.body,
        previous=odd.previous,
        clock_offset_ms=-((1 << 53) - 1),
        clock_offset_age_ms=(1 << 53) - 1,
    )
    assert bench.client.push([sealed]).json["outcomes"] == ["created"]
    nul = FactChain(bench.client.name, bench.number + 9000)
    nul.add("vis\x00it", {})
    assert bench.client.push(nul.facts).json["outcomes"] == [{"quarantined": "control_characters"}]


def test_a_body_without_one_form_is_kept_in_quarantine(bench: Bench) -> None:
    chain = bench.chain()
    chain.add("visit", {"site": 1, "name": "é"})
    plain = build_batch(bench.client.batch(chain.facts)).replace("é".encode(), "e\u0301".encode())
    assert bench.client.push_plain(plain).json["outcomes"][0]["quarantined"].startswith("not_canonical")


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, "bad_request"),
        (b"garbage", {"Content-Encoding": "zstd"}, "bad_request"),
        (b'{"version":1}', {}, "bad_request"),
        (b"\x28\xb5\x2f\xfd\x00", {"Content-Encoding": "zstd"}, "bad_request"),
        (b"x" * (1 << 20) + b"y", {"Content-Encoding": "zstd"}, "too_large"),
        (b"x" * (3 << 20), {"Content-Encoding": "zstd"}, "too_large"),
    ],
)
def test_garbage_is_one_clear_error(bench: Bench, body: bytes, headers: dict[str, str], code: str) -> None:
    answer = bench.client.request("POST", "/api/v1/facts", body, headers)
    assert (answer.error, answer.json["error"]["message"][-1]) == (code, ".")


def test_a_zstd_bomb_is_stopped(bench: Bench) -> None:
    assert bench.client.push_plain(b" " * (64 << 20)).error == "too_large"


@pytest.mark.parametrize(
    "plain",
    [
        b"[]",
        b"null",
        b'{"version":2}',
        b'{"version":1,"territory":"pays-du-bon-coin","device":"DESK-1"}',
        b"[" * 100_000,
        b'{"a":1e999}',
        b"\xff\xfe",
    ],
)
def test_json_that_is_no_batch_is_one_clear_error(bench: Bench, plain: bytes) -> None:
    answer = bench.client.push_plain(plain)
    assert answer.status == 400 and answer.error == "bad_request"


def test_unknown_keys_other_devices_and_other_territories_are_refused(bench: Bench) -> None:
    facts = _day(bench)
    batch = bench.client.batch(facts)
    extra = build_batch(batch).replace(b'{"version":1', b'{"surprise":1,"version":1')
    assert bench.client.push_plain(extra).error == "unknown_key"
    assert bench.client.push_batch(replace(batch, device="DESK-9")).error == "bad_request"
    assert bench.client.push_batch(replace(batch, territory="elsewhere")).error == "bad_request"


def test_altered_requests_and_unknown_devices_are_refused(bench: Bench) -> None:
    stranger = replace(bench.client, name="NOBODY")
    assert stranger.get("feeds").error == "unknown_device"
    bench.client.nonce += 1
    assert send(bench.server.base, "GET", "/api/v1/feeds", headers={"Signature": "zerot=::"}).error == "bad_signature"
    assert bench.client.get("feeds?cursor=x").error == "bad_request"
    assert send(bench.server.base, "GET", "/api/v1/nothing").error == "not_found"
    assert send(bench.server.base, "PUT", "/api/v1/facts", b"x").status == 405


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"version":1,"code":"x"}', b"\x00" * 5000, b"{" * 3000])
def test_a_claim_of_garbage_is_one_clear_error(bench: Bench, body: bytes) -> None:
    answer = send(bench.server.base, "POST", "/api/v1/pairing/claim", body, {"Content-Type": "application/json"})
    assert answer.status in (400, 403, 413) and answer.json["error"]["message"]
