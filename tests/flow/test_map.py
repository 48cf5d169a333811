"""The map as a visitor uses it: doors, filters, moving, zooming, marks, cards, and what happens under it meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.maps import Bounds, Mark, Spot
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.states import HomeState, MapInfo, MapState, OfferCard, OfferState
from tests.flow.test_visit import CANOE, Visit

HERE = Spot(0.5145, 0.3622)
INFO = MapInfo(1, 10, 15, Bounds(0.51, 0.36, 0.52, 0.37), "© nous", HERE)
PIN = Mark(Spot(0.515, 0.363), "wine", 1, ("cave",))
HEAP = Mark(Spot(0.516, 0.364), "food", 3, ("a", "b", "c"), 0.0001)
STACK = Mark(Spot(0.517, 0.365), "food", 2, ("auberge", "hotel"), 0.0)


def card(offer_id: str) -> OfferCard:
    return OfferCard(offer_id, offer_id, "illustration:cellar", "wine", None, None, None)


class MapVisit(Visit):
    @property
    def map(self) -> MapState:
        assert isinstance(self.kiosk.screen, MapState)
        return self.kiosk.screen

    def answered(self, *news: ev.Event) -> MapState:
        for one in news:
            self.do(one)
        return self.map


@pytest.fixture
def visit() -> MapVisit:
    made = MapVisit()
    made.do(ev.MapNews(INFO.bounds))
    made.do(ev.TouchAnywhere())
    return made


@pytest.fixture
def on_map(visit: MapVisit) -> MapVisit:
    visit.do(ev.OpenDoor("map"))
    query = visit.map.query_id
    visit.do(ev.MapArrived(1, query, INFO))
    visit.do(ev.PinsArrived(1, query, (PIN, HEAP, STACK), 6))
    return visit


def test_the_door_is_there_only_with_a_map(visit: MapVisit) -> None:
    assert isinstance(visit.kiosk.screen, HomeState)
    assert [door.id for door in visit.kiosk.screen.doors][-2:] == ["map", "my_card"]
    visit.do(ev.MapNews(None))
    assert [door.id for door in visit.kiosk.screen.doors][-2:] == ["stay", "my_card"]
    visit.do(ev.OpenDoor("map"))
    assert isinstance(visit.kiosk.screen, HomeState)


def test_it_opens_around_the_kiosk(visit: MapVisit) -> None:
    visit.do(ev.OpenDoor("map"))
    opened = visit.map
    assert opened.loading and opened.info is None
    assert visit.effects == (ef.OpenMap(1, opened.query_id), ef.QueryPins(1, opened.query_id, "all", 13, INFO.bounds))
    arrived = visit.answered(ev.MapArrived(1, opened.query_id, INFO))
    assert (arrived.centre, arrived.zoom, arrived.loading) == (HERE, 13, False)


def test_a_kiosk_beside_its_map_opens_in_the_middle(visit: MapVisit) -> None:
    visit.do(ev.OpenDoor("map"))
    far = replace(INFO, here=Spot(0.1, 0.1), zoom_min=0, zoom_max=1)
    arrived = visit.answered(ev.MapArrived(1, visit.map.query_id, far))
    assert arrived.centre == INFO.bounds.centre
    assert arrived.zoom == 3  # the sharpest tiles and two steps more
    assert visit.effects == (ef.QueryPins(1, arrived.query_id, "all", 3, INFO.bounds),)


def test_a_map_that_cannot_be_opened_says_so_and_keeps_the_way_back(visit: MapVisit) -> None:
    visit.do(ev.OpenDoor("map"))
    arrived = visit.answered(ev.MapArrived(1, visit.map.query_id, None))
    assert (arrived.info, arrived.loading) == (None, False)
    for touch in (ev.ZoomMap(1), ev.CentreMap(), ev.MoveMap(HERE)):
        assert visit.answered(touch) == arrived
    visit.do(ev.GoBack())
    assert isinstance(visit.kiosk.screen, HomeState)


def test_zooming_asks_for_marks_and_stops_at_both_ends(on_map: MapVisit) -> None:
    closer = on_map.answered(ev.ZoomMap(1))
    assert closer.zoom == 14 and on_map.effects == (ef.QueryPins(1, closer.query_id, "all", 14, INFO.bounds),)
    for _ in range(20):
        on_map.do(ev.ZoomMap(1))
    assert on_map.map.zoom == 17
    for _ in range(20):
        on_map.do(ev.ZoomMap(-1))
    assert on_map.map.zoom == 10 and on_map.effects == ()


def test_marks_of_an_older_zoom_are_dropped(on_map: MapVisit) -> None:
    old = on_map.map.query_id
    on_map.do(ev.ZoomMap(1))
    assert on_map.answered(ev.PinsArrived(1, old, (), 0)).total == 6


def test_the_map_cannot_be_dragged_away(on_map: MapVisit) -> None:
    assert on_map.answered(ev.MoveMap(Spot(0.9, 0.365))).centre == Spot(0.52, 0.365)
    assert on_map.answered(ev.CentreMap()).centre == HERE


def test_a_pin_shows_its_card_and_the_card_its_offer(on_map: MapVisit) -> None:
    on_map.do(ev.ChooseMark(PIN))
    assert on_map.effects == (ef.QueryPin(1, on_map.map.query_id, "fr", "cave"),)
    assert on_map.map.card is None
    shown = on_map.answered(ev.PinArrived(1, 0, "cave", card("cave")))
    assert shown.card == card("cave")
    on_map.do(ev.OpenOffer("cave"))
    assert isinstance(on_map.kiosk.screen, OfferState)
    on_map.do(ev.GoBack())
    assert on_map.map == shown
    assert on_map.answered(ev.CloseMapCard()).card is None


def test_a_card_that_comes_late_is_not_another_pins(on_map: MapVisit) -> None:
    on_map.do(ev.ChooseMark(PIN))
    on_map.do(ev.ChooseMark(STACK))
    assert on_map.answered(ev.PinArrived(1, 0, "cave", card("cave"))).card is None
    assert on_map.answered(ev.PinArrived(1, 0, "auberge", None)).chosen == ()


def test_a_heap_goes_apart_and_a_stack_is_looked_through(on_map: MapVisit) -> None:
    apart = on_map.answered(ev.ChooseMark(HEAP))
    assert (apart.zoom, apart.centre, apart.chosen) == (15, HEAP.spot, ())
    on_map.do(ev.ChooseMark(STACK))
    assert on_map.answered(ev.PinArrived(1, 0, "auberge", card("auberge"))).card == card("auberge")
    on_map.do(ev.NextPin())
    assert on_map.effects == (ef.QueryPin(1, on_map.map.query_id, "fr", "hotel"),)
    assert on_map.answered(ev.PinArrived(1, 0, "hotel", card("hotel"))).shown == 1
    assert on_map.answered(ev.NextPin()).shown == 0


def test_a_heap_at_the_closest_zoom_is_looked_through(on_map: MapVisit) -> None:
    for _ in range(9):
        on_map.do(ev.ZoomMap(1))
    assert on_map.answered(ev.ChooseMark(HEAP)).chosen == ("a", "b", "c")


def test_filters_are_one_at_a_time(on_map: MapVisit) -> None:
    on_map.do(ev.ChooseMark(PIN))
    filtered = on_map.answered(ev.ToggleChip("food"))
    assert (filtered.filter, filtered.chosen) == ("food", ())
    assert on_map.effects == (ef.QueryPins(1, filtered.query_id, "food", 13, INFO.bounds),)
    assert on_map.answered(ev.ToggleChip("nonsense")).filter == "food"


def test_from_an_offer_to_its_place_and_back(visit: MapVisit) -> None:
    visit.do(ev.OpenOffer("canoe"))
    assert isinstance(visit.kiosk.screen, OfferState)
    query = visit.kiosk.screen.query_id
    visit.do(ev.OfferArrived(1, query, replace(CANOE, spot=Spot(0.515, 0.365))))
    assert visit.kiosk.screen.on_map
    visit.do(ev.ShowOnMap())
    opened = visit.map
    assert (opened.centre, opened.zoom, opened.chosen) == (Spot(0.515, 0.365), 15, ("canoe",))
    assert ef.QueryPin(1, opened.query_id, "fr", "canoe") in visit.effects
    visit.do(ev.GoBack())
    assert isinstance(visit.kiosk.screen, OfferState)


def test_without_place_or_map_there_is_no_such_button(visit: MapVisit) -> None:
    visit.do(ev.OpenOffer("canoe"))
    assert isinstance(visit.kiosk.screen, OfferState)
    visit.do(ev.OfferArrived(1, visit.kiosk.screen.query_id, CANOE))
    assert not visit.kiosk.screen.on_map
    before = visit.kiosk
    visit.do(ev.ShowOnMap())
    assert visit.kiosk.screen == before.screen


def test_an_offer_beyond_the_map_has_no_such_button_either(visit: MapVisit) -> None:
    visit.do(ev.OpenOffer("canoe"))
    assert isinstance(visit.kiosk.screen, OfferState)
    query = visit.kiosk.screen.query_id
    visit.do(ev.OfferArrived(1, query, replace(CANOE, spot=Spot(0.5025, 0.35))))  # 600 km away
    assert not visit.kiosk.screen.on_map


def test_new_content_and_another_language_ask_again(on_map: MapVisit) -> None:
    on_map.do(ev.ChooseMark(PIN))
    on_map.do(ev.ContentArrived(2, 12, "2026-11-22"))
    query = on_map.map.query_id
    assert on_map.effects[:3] == (
        ef.OpenMap(1, query),
        ef.QueryPins(1, query, "all", 13, INFO.bounds),
        ef.QueryPin(1, query, "fr", "cave"),
    )
    on_map.do(ev.ChooseLanguage("en"))
    assert ef.QueryPin(1, on_map.map.query_id, "en", "cave") in on_map.effects
    on_map.do(ev.MapNews(None))
    assert on_map.effects[0] == ef.OpenMap(1, on_map.map.query_id)
