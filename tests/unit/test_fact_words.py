"""A fact in French words: amounts, instants, cards; and whatever a refused one may hold."""

from __future__ import annotations

from server.backoffice.fact_words import HEAD_FIELDS, content_rows, place_rows
from tests.fixtures.purse_facts import load_intent


def test_the_content_of_a_load_reads_as_people_say_it() -> None:
    rows = dict(content_rows(load_intent(amount=5000, before=3200)))
    assert rows["Montant"] == "50,00\u00a0€" and rows["Solde avant"] == "32,00\u00a0€"
    assert rows["Carte"] == "0042 1187" and rows["Payé par"] == "espèces"
    assert not any("_" in label for label in rows)


def test_the_head_of_a_fact_is_told_whatever_it_holds() -> None:
    head = ["01a1", "visit", 1, 1_793_000_000_001, 5, "boot-1", None, None]
    rows = place_rows(head)
    assert len(rows) == len(head) == HEAD_FIELDS
    assert dict(rows)["Heure de la borne"].startswith("26/10/2026")
    assert rows[-1][1] == "—"
    assert place_rows([]) == []
    hostile = place_rows([{"a": 1}, [1], True, 10**40, "x"])
    assert [value for _, value in hostile] == ['{"a": 1}', "[1]", "oui", str(10**40), "x"]


def test_a_body_of_any_shape_has_rows_or_none() -> None:
    assert content_rows(None) == [] and content_rows([1]) == []
    assert content_rows({"amount_cents": "x", "started_at": 2, "other": {"a": [1]}}) == [
        ("Montant", "x"),
        ("Début", "2"),
        ("other", '{"a": [1]}'),
    ]
