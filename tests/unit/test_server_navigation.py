"""The back office's menu: entries come from the apps, one of them is active."""

from __future__ import annotations

from server.backoffice.navigation import Entry, menu

ENTRIES = (
    Entry("overview", "Accueil", "", 0),
    Entry("facts", "Faits", "Faits", 10, ("fact",)),
    Entry("facts-quarantine", "Quarantaine", "Faits", 20, ("facts-decision",), lambda territory: len(territory)),
    Entry("map", "Carte du monde", "Un nouveau groupe", 1),
    Entry("cards", "Cartes", "Argent", 10, ("card",)),
)


def _active(url_name: str) -> list[str]:
    return [line.label for group in menu(ENTRIES, url_name, "abc") for line in group.lines if line.active]


def test_the_nearest_entry_is_active() -> None:
    assert _active("facts") == ["Faits"]
    assert _active("fact") == ["Faits"]
    assert _active("facts-quarantine") == ["Quarantaine"]
    assert _active("facts-decision") == ["Quarantaine"]
    assert _active("card-blocking") == ["Cartes"]
    assert _active("cardboard") == []
    assert _active("") == []


def test_groups_keep_their_order_and_a_new_one_comes_last() -> None:
    made = menu(ENTRIES, "overview", "abc")
    assert [group.label for group in made] == ["", "Faits", "Argent", "Un nouveau groupe"]
    assert [line.count for line in made[1].lines] == [0, 3]
