"""Finding what to do: home, doors, results, search, offer, take away. Pure."""

from __future__ import annotations

from dataclasses import replace

from domain.days import local_time
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect, QueryHome, QueryOffer, QueryResults, QuerySearch, ShowCard
from kiosk.flow.messages import M, Message, message
from kiosk.flow.model import Kiosk, Step, begin, go, next_query, notice, put, stay
from kiosk.flow.states import (
    BuyState,
    Chip,
    Door,
    HomeState,
    MapState,
    OfferState,
    PresentCardState,
    Purpose,
    ResultsState,
    ReviewState,
    SearchState,
    TakeAwayState,
    Tone,
)
from kiosk.flow.visitor import map as map_flow
from kiosk.flow.visitor.coupon import open_coupon

DOORS = ("today", "outings", "walks", "wine", "food", "deals", "map", "my_card")
# A kiosk whose content has no map shows another door in its place (docs/decisions/0004).
DOORS_WITHOUT_MAP = tuple("stay" if door == "map" else door for door in DOORS)
# Doors that stand elsewhere than on the home screen: premises and jobs are for those who stay.
OTHER_DOORS = ("settle",)
CHIPS = ("open_now", "free", "children", "accessible", "on_foot", "tonight", "weekend")
SORTS = ("near", "soon", "loved")
SEARCH_LETTERS_MAX = 40


def greeting(now_ms: int) -> Message:
    """By the hour, local time."""
    hour = local_time(now_ms).hour
    if 4 <= hour < 12:
        return message(M.GREETING_MORNING)
    if hour < 18 and hour >= 12:
        return message(M.GREETING_AFTERNOON)
    return message(M.GREETING_EVENING)


def doors(kiosk: Kiosk) -> tuple[Door, ...]:
    """The eight doors of this kiosk."""
    return tuple(Door(door) for door in (DOORS if kiosk.map_bounds else DOORS_WITHOUT_MAP))


def open_home(kiosk: Kiosk) -> Step:
    """The home screen; nothing behind it."""
    kiosk = next_query(begin(kiosk))
    strip = kiosk.highlights
    screen = HomeState(greeting(kiosk.now_ms), strip, doors(kiosk), loading=True)
    kiosk = replace(kiosk, screen=screen, back=(), freshness_open=False)
    return kiosk, (QueryHome(kiosk.session, kiosk.query_id, kiosk.language),)


def open_door(kiosk: Kiosk, door: str) -> Step:
    """A door of the home screen."""
    if door == "my_card":
        return go(kiosk, PresentCardState(Purpose.SHOW, 0, ()), ShowCard())
    if door == "map" and kiosk.map_bounds:
        return map_flow.open_map(kiosk)
    if door == "map" or door not in DOORS + DOORS_WITHOUT_MAP + OTHER_DOORS:
        return stay(kiosk)
    chips = tuple(Chip(chip, False) for chip in CHIPS)
    sort = "soon" if door == "today" else "near"
    kiosk = next_query(kiosk)
    screen = ResultsState(door, chips, sort, (), 0, 0, 0, loading=True, query_id=kiosk.query_id)
    return go(kiosk, screen, _query(kiosk, screen))


def open_offer(kiosk: Kiosk, offer_id: str) -> Step:
    kiosk = replace(next_query(begin(kiosk)), offers_seen=kiosk.offers_seen + 1)
    query = QueryOffer(kiosk.session, kiosk.query_id, kiosk.language, offer_id)
    return go(kiosk, OfferState(None, kiosk.query_id), query)


def _query(kiosk: Kiosk, screen: ResultsState) -> QueryResults:
    chips = tuple(chip.id for chip in screen.chips if chip.on)
    return QueryResults(
        kiosk.session,
        screen.query_id,
        kiosk.language,
        screen.door,
        chips,
        screen.sort,
        screen.page,
        kiosk.results_per_page,
    )


def _again(kiosk: Kiosk, screen: ResultsState) -> Step:
    kiosk = next_query(kiosk)
    screen = replace(screen, loading=True, query_id=kiosk.query_id)
    return put(kiosk, screen, _query(kiosk, screen))


def results(kiosk: Kiosk, screen: ResultsState, event: ev.Event) -> Step | None:
    """Touches and answers on the results page."""
    match event:
        case ev.ToggleChip(chip):
            chips = tuple(Chip(one.id, not one.on) if one.id == chip else one for one in screen.chips)
            return _again(kiosk, replace(screen, chips=chips, page=0))
        case ev.SortBy(sort) if sort in SORTS:
            return _again(kiosk, replace(screen, sort=sort, page=0))
        case ev.TurnPage(page) if 0 <= page < max(1, screen.pages):
            return _again(kiosk, replace(screen, page=page))
        case ev.ResultsArrived(_, query_id, cards, total) if query_id == screen.query_id:
            pages = -(-total // kiosk.results_per_page)
            return put(kiosk, replace(screen, cards=cards, total=total, pages=pages, loading=False))
        case ev.FacetsArrived(_, query_id, counts) if query_id == screen.query_id:
            known = dict(counts)
            chips = tuple(replace(one, count=known.get(one.id)) for one in screen.chips)
            return put(kiosk, replace(screen, chips=chips))
        case ev.OpenOffer(offer_id):
            return open_offer(kiosk, offer_id)
        case _:
            return None


def open_search(kiosk: Kiosk) -> Step:
    kiosk = begin(kiosk)
    return go(kiosk, SearchState("", (), 0, loading=False, query_id=kiosk.query_id))


def search(kiosk: Kiosk, screen: SearchState, event: ev.Event) -> Step | None:
    """The keyboard and what it finds, as you type."""
    match event:
        case ev.TypeText(letter) if len(letter) == 1 and letter.isprintable():
            typed = (screen.typed + letter)[:SEARCH_LETTERS_MAX]
            return _search(kiosk, replace(screen, typed=typed, page=0))
        case ev.EraseText(everything):
            return _search(kiosk, replace(screen, typed="" if everything else screen.typed[:-1], page=0))
        case ev.TurnPage(page) if 0 <= page < max(1, screen.pages):
            return _search(kiosk, replace(screen, page=page))
        case ev.ResultsArrived(_, query_id, cards, total) if query_id == screen.query_id:
            pages = -(-total // kiosk.search_per_page)
            return put(kiosk, replace(screen, cards=cards, total=total, pages=pages, loading=False))
        case ev.OpenOffer(offer_id):
            return open_offer(kiosk, offer_id)
        case _:
            return None


def _search(kiosk: Kiosk, screen: SearchState) -> Step:
    kiosk = next_query(kiosk)
    if not screen.typed.strip():
        return put(kiosk, SearchState("", (), 0, loading=False, query_id=kiosk.query_id))
    screen = replace(screen, loading=True, query_id=kiosk.query_id)
    query = QuerySearch(
        kiosk.session,
        kiosk.query_id,
        kiosk.language,
        screen.typed,
        screen.page,
        kiosk.search_per_page,
    )
    return put(kiosk, screen, query)


def offer(kiosk: Kiosk, screen: OfferState, event: ev.Event) -> Step | None:
    """One offer: book it, take it away, or see what is near."""
    match event:
        case ev.OfferArrived(_, query_id, None) if query_id == screen.query_id:
            gone = notice(
                Tone.CALM,
                message(M.MONEY_NOT_CONCERNED),
                message(M.NO_CONTENT),
                message(M.NO_CONTENT_NEXT),
                ("home", True),
            )
            return put(kiosk, gone)
        case ev.OfferArrived(_, query_id, detail) if detail is not None and query_id == screen.query_id:
            refused = message(M.NO_SLOT_LEFT) if detail.bookable and not any(s.places for s in detail.slots) else None
            bounds, spot = kiosk.map_bounds, detail.spot
            on_map = bounds is not None and spot is not None and bounds.holds(spot)
            return put(kiosk, OfferState(detail, query_id, refused, on_map))
        case ev.Book() if screen.offer and screen.offer.bookable and screen.booking_refused is None:
            free = next((index for index, slot in enumerate(screen.offer.slots) if slot.places), -1)
            return go(kiosk, BuyState(screen.offer, free, 1))
        case ev.ShowOnMap() if screen.offer and screen.offer.spot and screen.on_map:
            return map_flow.open_map(kiosk, screen.offer.id, screen.offer.spot)
        case ev.TakeAway() if screen.offer and screen.offer.take_away:
            return go(kiosk, TakeAwayState(screen.offer.name, screen.offer.take_away, screen.offer.page_url))
        case ev.OpenCoupon() if screen.offer:
            return open_coupon(kiosk, screen.offer)
        case ev.OpenOffer(offer_id):
            return open_offer(kiosk, offer_id)
        case _:
            return None


def take_away(kiosk: Kiosk, screen: TakeAwayState, event: ev.Event) -> Step | None:
    """Which of the two codes is shown."""
    match event:
        case ev.ChooseTakeAway(page) if screen.page_url:
            return put(kiosk, replace(screen, page=page))
        case _:
            return None


def home(kiosk: Kiosk, screen: HomeState, event: ev.Event) -> Step | None:
    match event:
        case ev.HomeArrived(_, query_id, strip) if query_id == kiosk.query_id:
            return put(kiosk, replace(screen, strip=strip, loading=False))
        case ev.OpenDoor(door):
            return open_door(kiosk, door)
        case ev.OpenOffer(offer_id):
            return open_offer(kiosk, offer_id)
        case _:
            return None


def refresh(kiosk: Kiosk) -> Step:
    """Ask again for what the screen shows, after a change of language or content."""
    kiosk = next_query(kiosk)
    effects: tuple[Effect, ...] = ()
    match kiosk.screen:
        case HomeState():
            effects = (QueryHome(kiosk.session, kiosk.query_id, kiosk.language),)
        case ResultsState() as screen:
            return _again(kiosk, screen)
        case SearchState() as screen:
            return _search(kiosk, screen)
        case MapState() as screen:
            return map_flow.again(kiosk, screen)
        case OfferState(offer=detail) if detail is not None:
            kiosk = replace(kiosk, screen=replace(kiosk.screen, query_id=kiosk.query_id))
            effects = (QueryOffer(kiosk.session, kiosk.query_id, kiosk.language, detail.id),)
        case BuyState(offer=detail) | ReviewState(offer=detail):
            effects = (QueryOffer(kiosk.session, kiosk.query_id, kiosk.language, detail.id),)
        case _:
            pass
    return kiosk, effects
