"""Money, ids, days, canonical JSON, facts and tickets: pure rules, checked against laws and outside definitions."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from unicodedata import normalize
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import INTEGER_MAX, NotCanonical, canonical_bytes
from domain.days import day_from_number, day_number, local_day, month_number, to_unix_ms
from domain.facts import FIRST_PREVIOUS, batch_signing_bytes, reseal, seal_fact
from domain.money import format_euros, parse_euros
from domain.ports import FixedClock, Uuid7Ids, format_id, id_bytes
from domain.tickets import Ticket, TicketUnreadable, format_ticket, offer_ref, parse_ticket, short_code, ticket_body
from tests.fixtures.purse import SeededChance


@pytest.mark.parametrize(
    ("cents", "language", "short", "expected"),
    [
        (1800, "fr", False, "18,00\u00a0€"),
        (1800, "fr", True, "18\u00a0€"),
        (1850, "fr", True, "18,50\u00a0€"),
        (-600, "fr", False, "\u22126,00\u00a0€"),
        (123456, "fr", False, "1\u202f234,56\u00a0€"),
        (1800, "en", False, "€18.00"),
        (123456, "en", False, "€1,234.56"),
        (1800, "nl", False, "€\u00a018,00"),
        (0, "de", False, "0,00\u00a0€"),
    ],
)
def test_euros_are_written_as_people_write_them(cents: int, language: str, short: bool, expected: str) -> None:
    assert format_euros(cents, language, short=short) == expected


@given(st.integers(0, 9_999_999))
def test_what_is_written_is_read_back(cents: int) -> None:
    assert parse_euros(format_euros(cents, "fr")) == cents


@pytest.mark.parametrize("text", ["", "-1", "1,234", "1e3", "12,5,0", "١٢", "18 euros", "12345678", "1.2.3", " "])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_euros(text)


def test_ids_are_uuid7_and_increase() -> None:
    clock = FixedClock(1_700_000_000_000)
    ids = Uuid7Ids(clock, SeededChance(1))
    made = [ids.new() for _ in range(5000)]
    clock.wall_ms -= 60_000  # the clock is put back: order holds all the same
    made += [ids.new() for _ in range(10)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(UUID(text).version == 7 and UUID(text).variant == "specified in RFC 4122" for text in made)
    assert format_id(id_bytes(made[0])) == made[0]


@pytest.mark.parametrize(
    "text", ["", "x" * 36, "0190a5f0-0000-7000-8000-00000000000", "0190A5F0-0000-7000-8000-000000000000"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        id_bytes(text)


def test_a_summer_evening_belongs_to_the_next_day_in_paris() -> None:
    assert local_day(to_unix_ms(datetime(2026, 7, 14, 22, 30, tzinfo=UTC))) == date(2026, 7, 15)
    assert local_day(to_unix_ms(datetime(2026, 1, 14, 22, 30, tzinfo=UTC))) == date(2026, 1, 14)


@given(st.dates(date(2000, 1, 1), date(2179, 6, 6)))
def test_card_days_go_there_and_back(day: date) -> None:
    assert day_from_number(day_number(day)) == day
    assert 0 <= month_number(day) <= 0xFFFF


def canonical_values() -> st.SearchStrategy[Any]:
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: normalize("NFC", text))
    keys = st.text(st.characters(codec="ascii"), max_size=8)
    plain = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | texts
    return st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=12)


@given(canonical_values())
def test_canonical_bytes_are_those_of_rfc_8785(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), INTEGER_MAX + 1, "e\u0301", "\ud800", {"é": 1}, {1: 2}, b"x", {"a": {"b": [1.0]}}]
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical_bytes(value)


def sealed(**changes: Any) -> Any:
    given_ = {
        "fact_id": "0190a5f0-0000-7000-8000-000000000001",
        "device": "BC-017",
        "incarnation": 1,
        "sequence": 1,
        "kind": "visit",
        "occurred_at": 1,
        "monotonic_ms": 2,
        "boot": "b",
        "body": {"site": 1},
        "previous": FIRST_PREVIOUS,
    }
    return seal_fact(**(given_ | changes))


def test_every_part_of_a_fact_is_under_its_hash() -> None:
    fact = sealed()
    changes: list[dict[str, Any]] = [
        {"fact_id": "0190a5f0-0000-7000-8000-000000000002"},
        {"device": "BC-018"},
        {"incarnation": 2},
        {"sequence": 2},
        {"kind": "presence"},
        {"occurred_at": 2},
        {"monotonic_ms": 3},
        {"boot": "c"},
        {"body": {"site": 2}},
        {"previous": b"\x01" * 32},
        {"version": 2},
        {"clock_offset_ms": 0},
        {"clock_offset_age_ms": 0},
    ]
    hashes = {sealed(**change).hash for change in changes}
    assert len(hashes) == len(changes)
    assert fact.hash not in hashes
    assert reseal(fact, FIRST_PREVIOUS) == fact


def test_a_place_does_not_change_the_content() -> None:
    assert sealed(sequence=9, previous=b"\x02" * 32).content_hash == sealed().content_hash
    assert sealed(body={"site": 2}).content_hash != sealed().content_hash


def test_batch_bytes_do_not_run_together() -> None:
    one = batch_signing_bytes("ab", "c", 1, 1, 2, bytes(32))
    other = batch_signing_bytes("a", "bc", 1, 1, 2, bytes(32))
    assert one != other


TICKET = Ticket("0190a5f0-0000-7000-8000-000000000001", offer_ref("canoe"), 9822, 930, 2, "BC-017")


def test_a_ticket_is_read_back() -> None:
    body = ticket_body(TICKET)
    text = format_ticket(body, b"s" * 64, "Canoë · dimanche")
    assert text.splitlines()[0] == "Canoë · dimanche"
    assert parse_ticket(text) == (TICKET, body, b"s" * 64)
    assert len(short_code(TICKET.ticket_id)) == 8


@given(st.text(max_size=300))
def test_any_text_is_a_ticket_or_is_refused(text: str) -> None:
    try:
        ticket, body, _ = parse_ticket(text)
    except TicketUnreadable:
        return
    assert ticket_body(ticket) == body


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_damaged_ticket_never_crashes(position: int, letter: str) -> None:
    text = format_ticket(ticket_body(TICKET), b"s" * 64, "x")
    damaged = text[:position] + letter + text[position + 1 :]
    with suppress(TicketUnreadable):
        ticket, body, _ = parse_ticket(damaged)
        assert ticket_body(ticket) == body
