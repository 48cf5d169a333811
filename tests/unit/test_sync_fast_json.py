"""The quick way through orjson means what the strict way means, byte for byte and refusal for refusal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.canonical import INTEGER_MAX, JsonValue, NotCanonical, canonical_bytes
from sync.fast_json import Unsure, canonical_text, parse_compact
from sync.protocol import FactBatch, FactRow, WireError, chain_batch, chain_rows, parse_json_object
from sync.wire import _parse_strictly

_TEXTS = st.text(max_size=12) | st.sampled_from(
    ["\u00e9", "e\u0301", "\x00", "\x1f\x7f", '"\\/', "<\u0338", "\u2028", "\U0001f3d4", "n\n\u0303", "\ud800"]
)
_KEYS = st.text(st.characters(max_codepoint=0x7F), max_size=6) | st.sampled_from(["é", "a", "b", 'q"'])
_INTEGERS = st.integers(-(1 << 64), 1 << 64) | st.sampled_from([INTEGER_MAX, -INTEGER_MAX, INTEGER_MAX + 1])
_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | _INTEGERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_FRACTIONS = st.floats(allow_nan=True)
_ANY = st.recursive(
    st.none() | st.booleans() | _INTEGERS | _TEXTS | _FRACTIONS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


def strictly(value: JsonValue) -> bytes | None:
    try:
        return canonical_bytes(value)
    except NotCanonical:
        return None


def quickly(value: JsonValue) -> bytes | None:
    try:
        return canonical_text(value).encode()
    except Unsure:
        return strictly(value)
    except NotCanonical:
        return None


def nested(depth: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


@given(_VALUES)
@example({"é": 1})
@example({"a": 'é"é":'})
@example({"a": INTEGER_MAX + 1})
@example(nested(8))
@example(nested(9))
def test_canonical_text_is_the_canonical_bytes(value: JsonValue) -> None:
    assert quickly(value) == strictly(value)


def read(parse: object, raw: bytes) -> tuple[str, object]:
    try:
        return "value", parse(raw)  # type: ignore[operator]
    except WireError as error:
        return "refused", (error.code, error.message)


def both_ways(raw: bytes) -> None:
    """One meaning: what parse_json_object answers is what the strict parser answers; what is read is one value."""
    strict = read(_parse_strictly, raw)
    if strict[0] == "value" and not isinstance(strict[1], dict):
        strict = ("refused", ("bad_request", "not a JSON object"))
    found = read(parse_json_object, raw)
    assert found == strict
    assert json.dumps(found[1]) == json.dumps(strict[1])  # True is not 1, and the keys stand in the same order


@given(st.dictionaries(_KEYS, _ANY, max_size=4), st.booleans(), st.booleans())
@example({"a": 1e16}, True, False)
@example({"a": -0.0}, True, False)
def test_what_an_encoder_wrote_is_read_as_the_strict_way_reads_it(
    value: dict[str, object], compact: bool, ascii_only: bool
) -> None:
    text = json.dumps(value, separators=(",", ":") if compact else None, ensure_ascii=ascii_only)
    both_ways(text.encode("utf-8", "surrogatepass"))


_PIECES = st.sampled_from(
    [
        *'{}[],:"-0.eE+ \n1',
        '"a":',
        '"a"',
        "1.5",
        "1e5",
        "-0",
        "true",
        "null",
        "NaN",
        "\\u00e9",
        "\\ud800",
        "9" * 20,
        "é",
    ]
)


@given(st.lists(_PIECES, max_size=14).map("".join), st.binary(max_size=3))
@example('{"a":1,"a":2}', b"")
@example('{"a":-0}', b"")
@example('{"a":"x,1.5"}', b"")
@example('{"a":' + "[" * 400 + "]" * 400 + "}", b"")
def test_any_text_is_read_as_the_strict_way_reads_it(text: str, tail: bytes) -> None:
    both_ways(text.encode() + tail)
    both_ways(b'{"a":' + text.encode() + b"}")


def test_the_quick_way_is_taken_for_what_kiosks_send() -> None:
    raw = '{"b":[1,-2,null,true,"Descente en canoë"],"a":{}}'.encode()
    assert parse_compact(raw) == json.loads(raw)
    for other in (b'{"a": 1}', b'{"a":1.5}', b'{"a":1,"a":1}', b'{"a":"\\u00e9"}', b"{", b'{"a":1e5}'):
        with pytest.raises(Unsure):
            parse_compact(other)


_ID = "01939a5e-0000-7000-8000-000000000001"
_SMALL = st.integers(0, 1 << 40)
_ROWS = st.builds(
    FactRow,
    st.just(_ID),
    _TEXTS.filter(bool),
    st.integers(1, 1 << 16),
    st.integers(-(1 << 48), 1 << 48),
    _SMALL,
    _TEXTS.filter(bool),
    st.none() | st.integers(-(1 << 40), 1 << 40),
    st.none() | _SMALL,
    st.dictionaries(_KEYS, _VALUES, max_size=4),
)
_BATCH = FactBatch("bon-coin", "BC-001", 3, 7, 7, bytes(range(32)), bytes(64), ())


@settings(deadline=None)
@given(st.lists(_ROWS, min_size=1, max_size=4))
@example([FactRow(_ID, "visit", 1, 0, 0, "b", None, None, {"text": "x" * 70_000})])
@example([FactRow(_ID, "visit", 1, 0, 0, "b", None, None, {"text": "é" * 20_000})])
def test_a_chain_has_the_hashes_of_the_domain(rows: list[FactRow]) -> None:
    batch = replace(_BATCH, last=_BATCH.first + len(rows) - 1, rows=tuple(rows))
    try:
        facts = chain_batch(batch)
    except ValueError as error:
        with pytest.raises(ValueError) as found:
            chain_rows(batch)
        assert str(found.value) == str(error)
        return
    chained = chain_rows(batch)
    assert tuple(chained.fact(index) for index in range(len(rows))) == facts
    assert [text.encode() for text in chained.bodies] == [canonical_bytes(row.body) for row in rows]
    assert chained.last_hash == facts[-1].hash
