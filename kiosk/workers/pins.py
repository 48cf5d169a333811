"""Which offers stand on the map: read once for a filter and a minute, gathered into marks at each zoom."""

from __future__ import annotations

from datetime import datetime

from domain.maps import Bounds, Pin
from domain.offers import Place
from kiosk.store.catalogue import Catalogue
from kiosk.store.catalogue_queries import Chip, Query

# A mark is about 60 pixels wide at its tip's distance: closer ones would cover each other.
MARK_RADIUS_PX = 62.0
TIME_FILTERS = {"open_now": Chip.OPEN_NOW, "tonight": Chip.TONIGHT}


class Pins:
    """Belongs to the catalogue thread. Zooming asks again and again for the same pins: the last answer is kept."""

    def __init__(self) -> None:
        self._key: tuple[str, str, Bounds] | None = None
        self._pins: tuple[Pin, ...] = ()

    def forget(self) -> None:
        """The content changed."""
        self._key = None

    def of(
        self, catalogue: Catalogue, filter_: str, now: datetime, here: Place | None, bounds: Bounds
    ) -> tuple[Pin, ...]:
        """Those inside `bounds`. `filter_`: all, open_now, tonight, or a category."""
        key = (filter_, now.isoformat(timespec="minutes"), bounds)
        if key != self._key:
            chip = TIME_FILTERS.get(filter_)
            door = "" if chip or filter_ == "all" else filter_
            found = catalogue.pins(Query(door, now, here, frozenset((chip,)) if chip else frozenset()))
            self._pins = tuple(pin for pin in found if bounds.holds(pin.spot))
            self._key = key
        return self._pins
