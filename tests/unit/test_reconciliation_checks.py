"""Books against chips: gaps, clones, credits that nobody reported, and the daily identity. Pure."""

from __future__ import annotations

import random

from domain.ledger import Asset
from server.reconciliation.checks import (
    CardStory,
    Chip,
    Known,
    age_class,
    equation,
    findings,
    identities,
    missing_runs,
)

HOUR = 3_600_000


def _story(shadow: int, chips: list[Chip], known: list[Known], other: frozenset[int] = frozenset()) -> CardStory:
    return CardStory("00421187", shadow, tuple(chips), tuple(known), other)


SOUND = _story(
    3200,
    [Chip(1, 1, "aa", 5000), Chip(2, 2, "bb", 3200)],
    [Known(1, 5000, "load"), Known(2, -1800, "debit")],
)


def _kinds(story: CardStory) -> list[str]:
    return [finding.kind for finding in findings(story)]


def test_a_card_whose_facts_explain_its_chip_has_nothing_to_say() -> None:
    assert findings(SOUND) == []
    equal = equation(SOUND)
    assert equal is not None and (equal.seen_cents, equal.later_cents, equal.difference) == (3200, 0, 0)


def test_facts_that_came_after_the_last_reading_count_as_later() -> None:
    story = _story(2500, [Chip(1, 1, "aa", 5000)], [Known(1, 5000, "l"), Known(2, -1800, "d"), Known(3, -700, "e")])
    equal = equation(story)
    assert equal is not None and (equal.later_cents, equal.difference) == (-2500, 0)
    assert findings(story) == []


def test_a_commit_that_no_fact_tells_of_is_a_gap_named_by_its_numbers() -> None:
    story = _story(5000, [Chip(1, 1, "aa", 5000), Chip(4, 4, "dd", 2000)], [Known(1, 5000, "load")])
    assert [(row.kind, row.subject) for row in findings(story)] == [("gap", "2-4")]
    explained = _story(5000, [Chip(1, 1, "aa", 5000), Chip(3, 3, "cc", 5000)], [Known(1, 5000, "l")], frozenset({2, 3}))
    assert findings(explained) == []


def test_two_chips_under_one_number_are_a_clone() -> None:
    assert "clone" in _kinds(_story(3200, [*SOUND.chips, Chip(2, 2, "ff", 3200)], list(SOUND.known)))
    assert "clone" in _kinds(_story(3200, [*SOUND.chips, Chip(2, 2, "bb", 9900)], list(SOUND.known)))
    assert "clone" in _kinds(_story(1400, list(SOUND.chips), [*SOUND.known, Known(2, -1800, "another")]))


def test_a_counter_that_did_not_move_with_the_operations_is_an_altered_card() -> None:
    story = _story(3200, [Chip(1, 5, "aa", 5000), Chip(2, 5, "bb", 3200)], list(SOUND.known))
    assert _kinds(story) == ["clone"]


def test_more_on_the_chip_than_the_facts_explain_is_a_credit_nobody_reported() -> None:
    story = _story(3200, [*SOUND.chips, Chip(3, 3, "cc", 8200)], list(SOUND.known))
    assert [(row.kind, row.amount_cents) for row in findings(story)] == [("gap", 0), ("credit", 5000)]
    first = _story(0, [Chip(1, 1, "aa", 5000)], [])
    assert [(row.kind, row.amount_cents) for row in findings(first)] == [("gap", 0), ("credit", 5000)]


def test_what_nothing_explains_is_a_difference() -> None:
    story = _story(3000, list(SOUND.chips), list(SOUND.known))
    assert [(row.kind, row.amount_cents) for row in findings(story)] == [("difference", 200)]


def test_an_ev1_card_without_a_counter_is_no_clone() -> None:
    story = _story(3200, [Chip(1, None, "", 5000), Chip(2, None, "", 3200)], list(SOUND.known))
    assert findings(story) == []


def test_the_identity_holds_for_any_balanced_books_and_names_what_it_does_not_know() -> None:
    seed = 20261125
    print(f"seed {seed}")
    chance = random.Random(seed)
    names = [
        "card:1",
        "site_payable:4",
        "provider:x",
        "commission:1",
        "hotelier_receivable:2",
        "bank",
        "loss",
        "suspense",
    ]
    totals = dict.fromkeys(names, 0)
    for _ in range(500):
        debit, credit = chance.sample(names, 2)
        amount = chance.randint(1, 9999)
        totals[debit] -= amount
        totals[credit] += amount
    euros = next(row for row in identities((name, Asset.EUR, amount) for name, amount in totals.items()))
    assert euros.sound and euros.bank == -totals["bank"]
    strange = [("card:1", Asset.EUR, 500), ("petty_cash", Asset.EUR, -500)]
    broken = identities(strange)[0]
    assert not broken.sound and broken.unknown == ("petty_cash",)


def test_ages_of_what_is_in_flight() -> None:
    assert [age_class(hours * HOUR) for hours in (0, 23, 24, 71, 72, 167, 168, 5000)] == [
        "", "", "24 heures", "24 heures", "72 heures", "72 heures", "7 jours", "7 jours",
    ]  # fmt: skip


def test_runs_of_missing_places() -> None:
    assert missing_runs(3, [7, 8, 10, 12]) == [(4, 6), (9, 9), (11, 11)]
    assert missing_runs(0, [1, 2, 3]) == []
