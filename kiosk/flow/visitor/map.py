"""The map: filters, moving and zooming, marks and the card of one offer. Pure.

A finger drags the widget itself; the flow hears where it came to rest. Whole zooms only: two big buttons, no pinch.
"""

from __future__ import annotations

from dataclasses import replace

from domain.maps import WORLD, ZOOM_MAX, Mark, Spot
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect, OpenMap, QueryPin, QueryPins
from kiosk.flow.model import Kiosk, Step, go, next_query, put
from kiosk.flow.states import MapInfo, MapState

FILTERS = ("all", "open_now", "outings", "wine", "food", "walks", "tonight", "stay")
START_ZOOM = 13  # a village and its neighbours: 14 m a pixel at 44° N
OFFER_ZOOM = 15
# Two steps beyond the sharpest tiles: enlarged, but that is where two shops of one street part.
OVERZOOM = 2
# Pins closer than this on the ground stay one mark at any zoom: they are looked through one by one.
SAME_PLACE = 2e-7


def open_map(kiosk: Kiosk, offer_id: str = "", spot: Spot | None = None) -> Step:
    """The map around the kiosk, or around an offer with its card."""
    kiosk = next_query(kiosk)
    chosen = (offer_id,) if offer_id else ()
    zoom = OFFER_ZOOM if offer_id else START_ZOOM
    screen = MapState(kiosk.query_id, spot, zoom, FILTERS[0], FILTERS, chosen=chosen)
    return go(kiosk, screen, OpenMap(kiosk.session, kiosk.query_id), *_queries(kiosk, screen))


def again(kiosk: Kiosk, screen: MapState) -> Step:
    """Content or language changed: ask for everything again."""
    kiosk = next_query(kiosk)
    screen = replace(screen, query_id=kiosk.query_id, card=None)
    return put(kiosk, screen, OpenMap(kiosk.session, kiosk.query_id), *_queries(kiosk, screen))


def _queries(kiosk: Kiosk, screen: MapState) -> tuple[Effect, ...]:
    """The marks, and the card that is still missing. One number for both: the newest alone is answered."""
    pins = QueryPins(kiosk.session, screen.query_id, screen.filter, screen.zoom, kiosk.map_bounds or WORLD)
    return (pins, *_card_query(kiosk, screen)) if screen.card is None else (pins,)


def _card_query(kiosk: Kiosk, screen: MapState) -> tuple[Effect, ...]:
    if not screen.chosen:
        return ()
    return (QueryPin(kiosk.session, screen.query_id, kiosk.language, screen.chosen[screen.shown]),)


def _marks_again(kiosk: Kiosk, screen: MapState) -> Step:
    kiosk = next_query(kiosk)
    screen = replace(screen, query_id=kiosk.query_id)
    return put(kiosk, screen, *_queries(kiosk, screen))


def show_map(kiosk: Kiosk, screen: MapState, event: ev.Event) -> Step | None:
    """Touches and answers on the map."""
    match event:
        case ev.MapArrived(_, query_id, info) if query_id == screen.query_id:
            return _arrived(kiosk, screen, info)
        case ev.PinsArrived(_, query_id, marks, total) if query_id == screen.query_id:
            return put(kiosk, replace(screen, marks=marks, total=total))
        case ev.PinArrived(_, _, offer_id, card) if screen.chosen and offer_id == screen.chosen[screen.shown]:
            return put(kiosk, replace(screen, card=card) if card else _closed(screen))
        case ev.MapNews(bounds) if bounds != (screen.info.bounds if screen.info else None):
            return again(kiosk, screen)
        case ev.ToggleChip(chip) if chip in screen.filters and chip != screen.filter:
            return _marks_again(kiosk, replace(_closed(screen), filter=chip))
        case ev.MoveMap(centre) if screen.info is not None:
            return put(kiosk, replace(screen, centre=screen.info.bounds.nearest(centre)))
        case ev.ZoomMap(steps):
            return _zoom(kiosk, screen, screen.zoom + steps)
        case ev.CentreMap() if screen.info is not None:
            return put(kiosk, replace(screen, centre=_home(screen.info)))
        case ev.ChooseMark(mark):
            return _choose(kiosk, screen, mark)
        case ev.NextPin() if len(screen.chosen) > 1:
            screen = replace(screen, shown=(screen.shown + 1) % len(screen.chosen), card=None)
            return put(kiosk, screen, *_card_query(kiosk, screen))
        case ev.CloseMapCard() if screen.chosen:
            return put(kiosk, _closed(screen))
        case _:
            return None


def zoom_limits(info: MapInfo) -> tuple[int, int]:
    """The furthest and the closest zoom of this map."""
    return info.zoom_min, min(info.zoom_max + OVERZOOM, ZOOM_MAX)


def _home(info: MapInfo) -> Spot:
    """Where the kiosk stands; the middle of a map that does not show it."""
    return info.here if info.here is not None and info.bounds.holds(info.here) else info.bounds.centre


def _arrived(kiosk: Kiosk, screen: MapState, info: MapInfo | None) -> Step:
    if info is None:
        return put(kiosk, replace(screen, info=None, loading=False))
    centre = info.bounds.nearest(screen.centre) if screen.centre else _home(info)
    low, high = zoom_limits(info)
    zoom = min(max(screen.zoom, low), high)
    arrived = replace(screen, info=info, loading=False, centre=centre)
    return put(kiosk, arrived) if zoom == screen.zoom else _marks_again(kiosk, replace(arrived, zoom=zoom))


def _zoom(kiosk: Kiosk, screen: MapState, zoom: int, centre: Spot | None = None) -> Step | None:
    if screen.info is None:
        return None
    low, high = zoom_limits(screen.info)
    zoom = min(max(zoom, low), high)
    if zoom == screen.zoom:
        return None
    return _marks_again(kiosk, replace(screen, zoom=zoom, centre=centre or screen.centre))


def _choose(kiosk: Kiosk, screen: MapState, mark: Mark) -> Step:
    """A pin shows its card; a mark of several goes apart, and where it cannot, its offers are looked through."""
    if mark.count > 1 and mark.spread > SAME_PLACE:
        closer = _zoom(kiosk, _closed(screen), screen.zoom + 2, mark.spot)
        if closer is not None:
            return closer
    screen = replace(screen, chosen=mark.ids, shown=0, card=None)
    return put(kiosk, screen, *_card_query(kiosk, screen))


def _closed(screen: MapState) -> MapState:
    return replace(screen, chosen=(), shown=0, card=None)
