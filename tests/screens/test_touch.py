"""Fingers: what a touch forwards, when the feedback shows, what cannot be touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kiosk.flow import events
from kiosk.flow.states import SearchState
from tests.screens.render import Stage
from tests.screens.samples import BACK, CARDS, SHELL, SHELLS, STATES

LANDSCAPE = (1280, 800)
# screen, finger on (the French name), what the flow hears
TAPS = [
    ("attract", "Touchez l'écran", events.TouchAnywhere()),
    ("home", "Vin & producteurs", events.OpenDoor("wine")),
    ("home", "La carte", events.OpenDoor("map")),
    ("home", "Chercher", events.OpenSearch()),
    ("home", "Descente en canoë, 2 heures", events.OpenOffer("offer-3")),
    ("home", "Langue", events.OpenLanguages()),
    ("home", "Aide", events.OpenHelp()),
    ("home", "Fraîcheur du contenu", events.ToggleFreshness()),
    ("home_idle", "Oui, je continue", events.StillHere()),
    ("home_freshness", "Fermer", events.ToggleFreshness()),
    ("results", "gratuit", events.ToggleChip("free")),
    ("results", "Bientôt", events.SortBy("soon")),
    ("results", "Suite", events.TurnPage(1)),
    ("results", "Retour", events.GoBack()),
    ("search", "b", events.TypeText("b")),
    ("search", "Espace", events.TypeText(" ")),
    ("search", " ", events.TypeText(" ")),
    ("search", "7", events.TypeText("7")),
    ("search", "Effacer", events.EraseText()),
    ("search", "Tout effacer", events.EraseText(everything=True)),
    ("offer", "Réserver", events.Book()),
    ("offer", "Emporter", events.TakeAway()),
    ("offer_on_map", "Voir sur la carte", events.ShowOnMap()),
    ("map", "Agrandir la carte", events.ZoomMap(1)),
    ("map", "Réduire la carte", events.ZoomMap(-1)),
    ("map", "Revenir ici", events.CentreMap()),
    ("map", "Manger", events.ToggleChip("food")),
    ("map_card", "Descente en canoë, 2 heures", events.OpenOffer("offer-3")),
    ("map_several", "Suivant, 2 sur 3", events.NextPin()),
    ("buy", "Aujourd'hui 17\u00a0h\u00a030", events.ChooseSlot(1)),
    ("buy", "Une personne de plus", events.SetPeople(3)),
    ("buy", "Continuer", events.Confirm()),
    ("review", "Payer avec ma carte", events.Confirm()),
    ("review", "Annuler", events.Cancel()),
    ("present_card", "Annuler", events.Cancel()),
    ("paid", "Terminer", events.Confirm()),
    ("notice_quota", "Revenir en arrière", events.NoticeAction("back")),
    ("my_card", "Mes billets", events.ChooseTab("tickets")),
    ("my_card", "Terminer", events.GoHome()),
    ("pin", "5", events.TypeText("5")),
    ("desk_home", "Charger une carte", events.DeskAction("load")),
    ("desk_home", "Fermer le poste", events.CloseDesk()),
    ("load", "20\u00a0€", events.ChooseAmount(2000)),
    ("load", "Carte bancaire, sur mon terminal", events.ChoosePaidBy("terminal")),
    ("load", "Virgule", events.TypeText(",")),
    ("load", "Présenter la carte", events.Confirm()),
    ("load_done", "Terminer", events.Confirm()),
    ("pairing", "Adresse du serveur", events.ChooseField("url")),
    ("pairing", "K", events.TypeText("K")),
    ("pairing", "Relier la borne", events.Confirm()),
    ("help", "Ce que l'écran garde", events.OpenAbout()),
    ("language", "English", events.ChooseLanguage("en")),
]


@pytest.mark.parametrize(("name", "label", "heard"), TAPS)
def test_tap(stage: Stage, name: str, label: str, heard: events.Touch) -> None:
    stage.show(STATES[name], SHELLS.get(name, BACK), LANDSCAPE)
    stage.tap(label)
    assert stage.sent == [heard]


def test_feedback_is_drawn_while_the_finger_is_down(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    from kiosk.widgets.find import find_by_label

    view = stage.show(STATES["offer"], BACK, LANDSCAPE)
    stage.frames(2)
    before = stage.pixels()[0]
    found = find_by_label(view, "Réserver")
    assert found is not None
    touch = UnitTestTouch(*found)
    touch.touch_down()
    stage.frames(1)
    assert stage.pixels()[0] != before
    assert stage.sent == []
    touch.touch_move(5, 5)
    touch.touch_up()
    stage.frames(1)
    assert stage.sent == [], "a finger that slid away changed its mind"
    assert stage.pixels()[0] == before


def test_disabled_controls_are_neither_found_nor_touched(stage: Stage) -> None:
    from kiosk.widgets.find import find_by_label

    view = stage.show(STATES["buy"], BACK, LANDSCAPE)
    assert find_by_label(view, "Vendredi 13 novembre à 15 h 30") is None


def test_the_countdown_covers_what_is_under_it(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    from kiosk.widgets.find import find_by_label

    view = stage.show(STATES["home"], SHELL, LANDSCAPE)
    door = find_by_label(view, "Manger")
    assert door is not None
    view.show(replace(SHELL, still_there_seconds=10), STATES["home"])
    stage.frames(2)
    touch = UnitTestTouch(*door)
    touch.touch_down()
    touch.touch_up()
    assert stage.sent == [events.StillHere()]


def test_typing_keeps_the_keyboard(stage: Stage) -> None:
    view = stage.show(SearchState("c", (), 0, True, 1), BACK, LANDSCAPE)
    keyboard = view.screen.ids.keyboard
    keys = list(keyboard.children)
    view.show(BACK, SearchState("ca", CARDS[:2], 2, False, 2))
    stage.frames(2)
    assert view.screen.ids.keyboard is keyboard
    assert list(keyboard.children) == keys


def test_search_turns_pages_both_ways(stage: Stage) -> None:
    stage.show(SearchState("a", CARDS[:3], 40, False, 1, page=2, pages=9), BACK, LANDSCAPE)
    stage.tap("Suite")
    stage.tap("Précédent")
    assert stage.sent == [events.TurnPage(3), events.TurnPage(1)]


def test_markup_in_content_is_inert(stage: Stage) -> None:
    nasty = replace(CARDS[0], id="x", name="[size=900]Boum[/size] [ref=x]‮clic[/ref]")
    state = replace(STATES["home"], strip=(nasty, *CARDS[1:3]))
    view = stage.show(state, SHELL, LANDSCAPE)
    assert find_label(view, nasty.name) is not None
    assert max(label.height for label in all_labels(view)) < LANDSCAPE[1] / 4


@pytest.mark.parametrize("name", ["home", "results", "search", "offer"])
def test_markup_of_feeds_is_inert_on_every_screen_of_offers(stage: Stage, name: str) -> None:
    """Every text of an offer says what Kivy would act on: the words are drawn, and no reference can be touched."""
    nasty = "[size=900]Boum[/size] [ref=x]clic[/ref] [color=ff0000]rouge[/color] &bl;b&br;"
    card = replace(CARDS[0], name=nasty)
    state: Any = STATES[name]
    match name:
        case "home":
            state = replace(state, strip=(card, *CARDS[1:3]))
        case "offer":
            words = dict.fromkeys(("name", "pitch", "description", "quote"), nasty)
            state = replace(state, offer=replace(state.offer, **words))
        case _:
            state = replace(state, cards=(card, *state.cards[1:]))
    view = stage.show(state, SHELL, LANDSCAPE)
    labels: list[Any] = all_labels(view)
    assert not any(label.refs for label in labels)
    assert max(label.height for label in labels) < LANDSCAPE[1]
    drawn = [label for label in labels if "Boum" in label.text]
    assert drawn
    for label in drawn:
        assert not label.markup or "&bl;size=900&br;" in label.text


def all_labels(root: object) -> list[object]:
    from kivy.uix.label import Label

    return [widget for widget in root.walk() if isinstance(widget, Label) and widget.text]  # type: ignore[attr-defined]


def find_label(root: object, text: str) -> object | None:
    return next((label for label in all_labels(root) if label.text == text), None)  # type: ignore[attr-defined]


def test_screens_are_kept_and_those_of_the_visitor_forgotten(stage: Stage) -> None:
    view = stage.show(STATES["home"], SHELL, LANDSCAPE)
    home = view.screen
    view.show(BACK, STATES["my_card"])
    card = view.screen
    view.show(SHELL, STATES["home"])
    assert view.screen is home
    view.show(BACK, STATES["my_card"])
    assert view.screen is card
    view.show(SHELL, STATES["attract"])
    view.show(BACK, replace(STATES["my_card"], balance_cents=100))
    stage.frames(2)
    assert view.screen is not card
    assert find_label(view, "1,00\u00a0€") is not None
    assert find_label(view, "26,00\u00a0€") is None


def test_nothing_moves_once_the_card_screen_is_left(stage: Stage) -> None:
    view = stage.show(STATES["present_card"], BACK, LANDSCAPE)
    reader = view.screen.ids.reader
    assert reader.moving
    view.show(BACK, STATES["working"])
    shift = reader.shift
    stage.frames(4)
    assert not reader.moving
    assert reader.shift == shift


def test_results_come_and_go_on_the_same_screen(stage: Stage) -> None:
    from kiosk.widgets.find import labels

    view = stage.show(STATES["results_empty"], BACK, LANDSCAPE)
    assert find_label(view, "Rien ne correspond pour l'instant") is not None
    for name, there in (("results", True), ("results_empty", False), ("results_few", True)):
        view.show(BACK, STATES[name])
        stage.frames(3)
        assert ("Descente en canoë, 2 heures" in labels(view)) is there
        assert (find_label(view, "Rien ne correspond pour l'instant") is None) is there
