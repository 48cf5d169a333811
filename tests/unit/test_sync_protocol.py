"""Messages of the protocol: what one side builds the other reads, and what is not a message is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import FIRST_PREVIOUS, Fact, seal_fact
from sync.keys import create_device_identity, pairing_proof_bytes
from sync.messages_facts import signing_bytes
from sync.protocol import (
    BATCH_PLAIN_BYTES_MAX,
    CardKey,
    CardKeys,
    Claim,
    ClaimAnswer,
    Created,
    Cursor,
    ErrorAnswer,
    ErrorCode,
    Exists,
    FactsAnswer,
    FeedEntry,
    FeedsAnswer,
    Head,
    PairingState,
    Profile,
    Quarantined,
    TimeAnswer,
    WireError,
    batch_of,
    build_batch,
    build_card_keys,
    build_claim,
    build_claim_answer,
    build_error,
    build_facts_answer,
    build_feeds_answer,
    build_profile,
    build_state_answer,
    build_time_answer,
    chain_batch,
    compress,
    decode_binary,
    decompress,
    encode_binary,
    parse_batch,
    parse_card_keys,
    parse_claim,
    parse_claim_answer,
    parse_cursor,
    parse_error,
    parse_facts_answer,
    parse_feeds_answer,
    parse_json_object,
    parse_profile,
    parse_signed_manifest,
    parse_state_answer,
    parse_time_answer,
    unpack_batch,
)

IDENTITY = create_device_identity()
TIME = 1_795_348_800_000


def facts(count: int, body: Any = None) -> tuple[Fact, ...]:
    made: list[Fact] = []
    for n in range(count):
        made.append(
            seal_fact(
                fact_id=f"01939a5e-0000-7000-8000-{n:012x}",
                device="BC-017",
                incarnation=2,
                sequence=101 + n,
                kind="visit",
                occurred_at=TIME + n,
                monotonic_ms=n,
                boot="b",
                body={"n": n, "name": "Café"} if body is None else body,
                previous=made[-1].hash if made else FIRST_PREVIOUS,
                clock_offset_ms=-5 if n % 2 else None,
                clock_offset_age_ms=9 if n % 2 else None,
            )
        )
    return tuple(made)


def packed(made: tuple[Fact, ...]) -> bytes:
    return build_batch(batch_of(made, "bon-coin", IDENTITY.sign(signing_bytes(made, "bon-coin"))))


def test_a_batch_carries_its_facts_whole() -> None:
    made = facts(30)
    batch = unpack_batch(compress(packed(made)))
    assert (batch.territory, batch.device, batch.incarnation, batch.first, batch.last) == (
        "bon-coin",
        "BC-017",
        2,
        101,
        130,
    )
    assert chain_batch(batch) == made
    assert batch_of(chain_batch(batch), "bon-coin", batch.signature) == batch


def test_only_facts_in_a_row_make_a_batch() -> None:
    made = facts(4)
    for wrong in ((), (made[0], made[2]), (made[1], made[0]), made * 400):
        with pytest.raises(ValueError, match="batch"):
            batch_of(wrong, "bon-coin", bytes(64))


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "version": lambda m: m.update(version=2),
    "unknown key": lambda m: m.update(extra=1),
    "missing": lambda m: m.pop("previous"),
    "territory": lambda m: m.update(territory="../etc"),
    "incarnation": lambda m: m.update(incarnation=True),
    "last": lambda m: m.update(last=102),
    "signature": lambda m: m.update(signature="AAAA"),
    "previous": lambda m: m.update(previous="AB" * 32),
    "no facts": lambda m: m.update(facts=[], last=100),
    "many facts": lambda m: m.update(facts=m["facts"] * 400),
    "short row": lambda m: m["facts"][0].pop(),
    "id": lambda m: m["facts"][0].__setitem__(0, "01939A5E-0000-7000-8000-000000000000"),
    "id letters": lambda m: m["facts"][0].__setitem__(0, "z" * 36),
    "kind": lambda m: m["facts"][0].__setitem__(1, "k" * 65),
    "fact version": lambda m: m["facts"][0].__setitem__(2, 0),
    "time": lambda m: m["facts"][0].__setitem__(3, "now"),
    "float": lambda m: m["facts"][0].__setitem__(3, 1.5),
    "huge": lambda m: m["facts"][0].__setitem__(3, 10**30),
    "boot": lambda m: m["facts"][0].__setitem__(5, ""),
    "offset": lambda m: m["facts"][0].__setitem__(6, False),
    "age": lambda m: m["facts"][0].__setitem__(7, -1),
    "body": lambda m: m["facts"][0].__setitem__(8, []),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_malformed_batch_is_refused(name: str) -> None:
    message = json.loads(packed(facts(3)))
    CHANGES[name](message)
    with pytest.raises(WireError) as refused:
        parse_batch(json.dumps(message).encode())
    assert refused.value.code == ("unknown_key" if name == "unknown key" else "bad_request")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "bad_request"),
        (b"not zstd", "bad_request"),
        (compress(b"[]"), "bad_request"),
        (compress(b"{}")[:-2], "bad_request"),
        (compress(b"{}") + b"x", "bad_request"),
        (compress(b'{"a":1,"a":2}'), "bad_request"),
        (compress(b'{"a":NaN}'), "bad_request"),
        (compress(b"[" * 100_000), "bad_request"),
        (compress(b"\xff"), "bad_request"),
        (bytes((1 << 20) + 1), "too_large"),
        (zstandard.compress(bytes(BATCH_PLAIN_BYTES_MAX + 1)), "too_large"),
    ],
)
def test_what_is_no_batch_at_all(raw: bytes, code: str) -> None:
    with pytest.raises(WireError) as refused:
        unpack_batch(raw)
    assert refused.value.code == code


def test_a_bomb_is_stopped_before_it_fills_the_memory() -> None:
    bomb = zstandard.compress(bytes(1 << 30))
    assert len(bomb) < 1 << 20
    with pytest.raises(WireError, match="inflates"):
        decompress(bomb, 1 << 20)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_a_wire_error(raw: bytes) -> None:
    for parse in (
        unpack_batch, parse_batch, parse_claim, parse_claim_answer, parse_profile, parse_card_keys,
        parse_state_answer, parse_facts_answer, parse_feeds_answer, parse_signed_manifest, parse_time_answer,
        parse_error,
    ):  # fmt: skip
        with pytest.raises(WireError):
            parse(raw)


@given(st.binary(max_size=100))
def test_binary_has_one_spelling(raw: bytes) -> None:
    text = encode_binary(raw)
    assert "=" not in text
    assert decode_binary(text) == raw
    for other in (text + "=", text + " ", f"+{text}"):
        with pytest.raises(WireError):
            decode_binary(other)


def test_binary_with_loose_bits_is_refused() -> None:
    assert decode_binary("AA") == b"\0"
    with pytest.raises(WireError, match="canonical"):
        decode_binary("AB")


def claim(code: str = "ABCDEFGHJKMN") -> Claim:
    proof = IDENTITY.sign(pairing_proof_bytes(code, IDENTITY.public_der, IDENTITY.sealing_public))
    return Claim(code, IDENTITY.public_der, IDENTITY.sealing_public, "0.1.0", proof)


def test_a_claim_is_proven_by_its_key() -> None:
    read = parse_claim(build_claim(claim()))
    assert (read.code, read.public_key, read.sealing_key) == (
        "ABCDEFGHJKMN",
        IDENTITY.public_der,
        IDENTITY.sealing_public,
    )
    message = json.loads(build_claim(claim()))
    for field, value, code in (
        ("code", "ABCDEFGHJKMX", "bad_signature"),
        ("code", "nope", "code_wrong"),
        ("sealing_key", encode_binary(bytes(32)), "bad_signature"),
        ("public_key", encode_binary(bytes(91)), "bad_request"),
        ("extra", 1, "unknown_key"),
    ):
        with pytest.raises(WireError) as refused:
            parse_claim(json.dumps({**message, field: value}).encode())
        assert refused.value.code == code


def test_answers_round_trip_and_ignore_what_is_new() -> None:
    answer = ClaimAnswer("BC-017", "bon-coin", bytes(32), bytes(range(32)), PairingState.WAITING)
    assert parse_claim_answer(build_claim_answer(answer)) == answer
    extended = {**json.loads(build_claim_answer(answer)), "colour": "blue"}
    assert parse_claim_answer(json.dumps(extended).encode()) == answer
    for state in PairingState:
        assert parse_state_answer(build_state_answer(state)) is state
    profile = Profile("BC-017", "bon-coin", 2, bytes(100), bytes(64))
    assert parse_profile(build_profile(profile)) == profile
    keys = CardKeys(b"bon-coin", (CardKey(1, 1, bytes(16)), CardKey(2, 1, bytes(range(16)))))
    assert parse_card_keys(build_card_keys(keys)) == keys
    assert "00010203" not in repr(keys)
    time = TimeAnswer(TIME, "nonce", bytes(64))
    assert parse_time_answer(build_time_answer(time)) == time
    outcome = FactsAnswer((Created(), Exists(), Quarantined("why")), Head(1, 3), TIME)
    assert parse_facts_answer(build_facts_answer(outcome)) == outcome
    feeds = FeedsAnswer(Cursor(1, 42), 1, TIME, None, 7, (FeedEntry("config", 42, {"version": 1}, bytes(64)),))
    assert parse_feeds_answer(build_feeds_answer(feeds)) == feeds


def test_errors_are_known_by_code_and_status() -> None:
    for code in ErrorCode:
        assert parse_error(build_error(ErrorAnswer(code, "x"))) == ErrorAnswer(code, "x")
        assert 400 <= code.status < 600
    assert parse_error(b'{"error":{"code":"newer","message":""}}') == ErrorAnswer("newer", "")


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "01.2", "1.-2", "1.2.3", "1.9999999999999999", "a.b", "1.2 "])
def test_only_cursors_are_cursors(text: str) -> None:
    assert parse_cursor("0.0") == Cursor(0, 0)
    with pytest.raises(WireError):
        parse_cursor(text)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(lambda text: normalize("NFC", text)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", max_size=3), VALUES, max_size=4))
def test_any_body_crosses_the_wire_unchanged(body: dict[str, Any]) -> None:
    made = facts(2, body)
    assert chain_batch(unpack_batch(compress(packed(made)))) == made


def test_json_is_strict() -> None:
    assert parse_json_object(b'{"a":[1,"x",null,true]}') == {"a": [1, "x", None, True]}
    for raw in (
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":9007199254740992}',
        b'{"a":Infinity}',
        b"null",
        b'{"a":1}x',
    ):
        with pytest.raises(WireError):
            parse_json_object(raw)
