"""Sealed boxes, key files, words and codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from sync.codes import (
    PairingOffer,
    build_offer,
    format_code,
    new_code,
    parse_code,
    parse_offer,
    parse_server_url,
)
from sync.keys import (
    DEVICE_FILE,
    FEED_TAG,
    TIME_TAG,
    KeyTrouble,
    SoftwareKey,
    create_device_identity,
    create_server_identity,
    load_or_create_device_identity,
    load_or_create_server_identity,
    load_p256,
    read_device_identity,
    verify_document,
    verify_p256,
    write_device_identity,
)
from sync.sealing import KEYS_CONTEXT, UID_CONTEXT, SealBroken, open_box, seal
from sync.wire import WireError
from sync.words import WORDS, eight_words

DEVICE = create_device_identity()
SERVER = create_server_identity()


class SystemChance:
    def token(self, size: int) -> bytes:
        return os.urandom(size)


CHANCE = SystemChance()


@given(st.binary(max_size=300))
def test_a_box_opens_for_its_recipient_and_context_only(plain: bytes) -> None:
    box = seal(DEVICE.sealing_public, plain, KEYS_CONTEXT, CHANCE)
    assert len(box) == len(plain) + 48
    assert DEVICE.open_box(box, KEYS_CONTEXT) == plain
    with pytest.raises(SealBroken):
        DEVICE.open_box(box, UID_CONTEXT)
    with pytest.raises(SealBroken):
        SERVER.open_box(box, KEYS_CONTEXT)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_anywhere_breaks_the_box(place: int, change: int) -> None:
    box = bytearray(seal(DEVICE.sealing_public, b"card keys", KEYS_CONTEXT, CHANCE))
    place %= len(box)
    box[place] ^= change  # even the top bit of the point, which X25519 itself ignores: the salt covers it
    with pytest.raises(SealBroken):
        DEVICE.open_box(bytes(box), KEYS_CONTEXT)


@pytest.mark.parametrize("box", [b"", b"x" * 47, bytes(80), b"x" * (1 << 21)])
def test_what_is_no_box_is_named(box: bytes) -> None:
    with pytest.raises(SealBroken):
        open_box(DEVICE.sealing, box, KEYS_CONTEXT)


def test_two_boxes_of_the_same_text_share_nothing() -> None:
    one, two = (seal(DEVICE.sealing_public, b"same", UID_CONTEXT, CHANCE) for _ in range(2))
    assert one[:32] != two[:32]
    assert one[32:] != two[32:]


def test_keys_survive_on_disk_and_are_secret(tmp_path: Path) -> None:
    first = load_or_create_device_identity(tmp_path / "identity")
    again = load_or_create_device_identity(tmp_path / "identity")
    assert (again.public_der, again.sealing_public) == (first.public_der, first.sealing_public)
    assert len(first.public_der) == 91
    path = tmp_path / "identity" / DEVICE_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [p.name for p in path.parent.iterdir()] == [DEVICE_FILE]
    server = load_or_create_server_identity(tmp_path)
    assert load_or_create_server_identity(tmp_path).public == server.public


def test_a_crash_while_writing_leaves_the_old_keys(tmp_path: Path) -> None:
    first = load_or_create_device_identity(tmp_path)
    (tmp_path / f".{DEVICE_FILE}.new").write_bytes(b'{"version":1,')
    assert load_or_create_device_identity(tmp_path).public_der == first.public_der
    write_device_identity(tmp_path, DEVICE)
    assert load_or_create_device_identity(tmp_path).public_der == DEVICE.public_der


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_create_device_identity(tmp_path)
    (tmp_path / DEVICE_FILE).chmod(0o640)
    with pytest.raises(KeyTrouble, match="others"):
        read_device_identity(tmp_path)


@pytest.mark.parametrize("damage", ["", "{}", '{"version":2}', "null", "truncate", "zero"])
def test_a_damaged_key_file_is_named_never_replaced(tmp_path: Path, damage: str) -> None:
    load_or_create_device_identity(tmp_path)
    path = tmp_path / DEVICE_FILE
    raw = path.read_text()
    match damage:
        case "truncate":
            path.write_text(raw[: len(raw) // 2])
        case "zero":
            path.write_text(json.dumps({**json.loads(raw), "p256": "A" * 184}))
        case _:
            path.write_text(damage)
    kept = path.read_bytes()
    with pytest.raises(KeyTrouble, match=DEVICE_FILE):
        load_or_create_device_identity(tmp_path)
    assert path.read_bytes() == kept


def test_device_signatures() -> None:
    raw = DEVICE.sign(b"message")
    assert len(raw) == 64
    assert verify_p256(DEVICE.public_der, b"message", raw)
    assert not verify_p256(DEVICE.public_der, b"massage", raw)
    assert not verify_p256(DEVICE.public_der, b"message", raw[:-1])
    assert not verify_p256(DEVICE.public_der, b"message", bytes(64))
    assert not verify_p256(b"nonsense", b"message", raw)


def test_only_canonical_p256_keys_are_keys() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    key = DEVICE.signing
    assert isinstance(key, SoftwareKey)
    compressed = key.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    for der in (
        b"",
        other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        head + compressed,
        DEVICE.public_der + b"\0",
    ):
        with pytest.raises(KeyTrouble):
            load_p256(der)


def test_documents_are_signed_under_one_tag() -> None:
    document = {"version": 1, "name": "Café", "amount_cents": 1800}
    signature = SERVER.sign_document(FEED_TAG, document)
    assert verify_document(SERVER.public, FEED_TAG, dict(reversed(document.items())), signature)
    assert not verify_document(SERVER.public, TIME_TAG, document, signature)
    assert not verify_document(SERVER.public, FEED_TAG, {**document, "amount_cents": 1801}, signature)
    assert not verify_document(create_server_identity().public, FEED_TAG, document, signature)
    assert not verify_document(b"short", FEED_TAG, document, signature)
    assert not verify_document(SERVER.public, FEED_TAG, {"latitude": 44.1}, signature)  # type: ignore[dict-item]


def test_eight_words_tell_every_key_apart() -> None:
    assert len(set(WORDS)) == len(WORDS) == 256
    keys = (DEVICE.public_der, DEVICE.sealing_public, SERVER.public, SERVER.sealing_public)
    words = eight_words(*keys)
    assert words == eight_words(*keys)
    assert len(words) == 8
    assert set(words) <= set(WORDS)
    for place in range(4):
        changed = list(keys)
        changed[place] = changed[place][:-1] + bytes([changed[place][-1] ^ 1])
        assert eight_words(*changed) != words
    with pytest.raises(ValueError, match="bytes"):
        eight_words(DEVICE.public_der + b"x", *keys[1:])


def test_the_words_of_known_keys_never_change() -> None:
    """Both sides may be of different versions: the list and the derivation are part of the protocol."""
    words = eight_words(bytes(91), bytes(32), bytes(range(32)), b"\xff" * 32)
    assert words == ("domino", "laurier", "hiver", "caillou", "colline", "éventail", "fougère", "colline")


@given(st.binary(min_size=8, max_size=8))
def test_codes_round_trip_as_people_type_them(raw: bytes) -> None:
    class Fixed:
        def token(self, size: int) -> bytes:
            return raw[:size]

    code = new_code(Fixed())
    assert parse_code(code) == code
    assert parse_code(f"  {format_code(code).lower()} ") == code
    assert parse_code(code.replace("0", "o").replace("1", "l")) == code


@pytest.mark.parametrize("text", ["", "ABC", "ABCD-EFGH-JKLU", "ABCD-EFGH-JKLM-N", "ABCD/EFGH/JKLM", "é" * 12])
def test_what_cannot_be_a_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        parse_code(text)


def test_the_qr_of_a_pairing() -> None:
    offer = PairingOffer("https://zerot.example", "ABCDEFGHJKMN")
    assert parse_offer(build_offer(offer)) == offer
    assert parse_offer('{"v":1,"url":"http://127.0.0.1:8000/","code":"abcd-efgh-jklm","x":1}') == PairingOffer(
        "http://127.0.0.1:8000", "ABCDEFGHJK1M"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org",
        '{"v":2,"url":"https://a","code":"ABCDEFGHJKMN"}',
        '{"v":1,"url":"file:///etc/passwd","code":"ABCDEFGHJKMN"}',
        '{"v":1,"url":"https://u:p@a","code":"ABCDEFGHJKMN"}',
        '{"v":1,"url":"https://a?b","code":"ABCDEFGHJKMN"}',
        '{"v":1,"url":"https://a","code":"nope"}',
        '{"v":1,"url":"https://a"}',
        '{"v":1,"url":"https://a","code":"ABCDEFGHJKMN","pad":"' + "x" * 600 + '"}',
    ],
)
def test_a_strange_qr_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        parse_offer(text)


def test_server_addresses() -> None:
    assert parse_server_url(" https://zerot.example:8443/base/ ") == "https://zerot.example:8443/base"
