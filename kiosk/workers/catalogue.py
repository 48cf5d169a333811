"""The catalogue thread: searches and reads on its own connection, answers with events.

Only the newest search of a session is worth doing: older ones waiting in the queue are dropped.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

import structlog

from domain.maps import gather
from domain.offers import Category, Coupon, Offer, Place
from domain.pushes import pushed
from domain.take_away import page_url
from kiosk.flow import events as ev
from kiosk.flow.effects import (
    QueryHighlights,
    QueryHome,
    QueryOffer,
    QueryPin,
    QueryPins,
    QueryResults,
    QuerySearch,
    QuerySuggestions,
)
from kiosk.flow.states import OfferCard
from kiosk.store.catalogue import Catalogue, CatalogueFailed
from kiosk.store.catalogue_queries import Chip, Query, Sort
from kiosk.store.search import warm_stems
from kiosk.workers.offer_view import map_card, offer_card, offer_detail, scene_of, with_coupon
from kiosk.workers.pins import MARK_RADIUS_PX, Pins
from kiosk.workers.travel import Travel

QUEUE_MAX = 64
HOME_CARDS = 3
SUGGESTIONS = 4
NEAR_CARDS = 3
CatalogueQuery = (
    QueryHighlights | QueryHome | QueryResults | QuerySearch | QueryOffer | QuerySuggestions | QueryPins | QueryPin
)


@dataclass(frozen=True, slots=True)
class _Reopen:
    """A new content version is in place."""


class CatalogueWorker:
    """`start`, `ask` from any thread, `stop`. Answers are posted as events."""

    def __init__(
        self,
        open_current: Callable[[], Catalogue | None],
        now: Callable[[], datetime],
        here: Callable[[], Place | None],
        places_left: Callable[[Offer, str, int], int],
        post: Callable[[ev.Event], None],
        site: Callable[[], int] = lambda: 0,
        mobile_url: Callable[[], str] = lambda: "",
        coupon_left: Callable[[Coupon, int], bool] = lambda coupon, issue: False,
        travel: Callable[[], Travel] = Travel,
        expired: Callable[[], bool] = lambda: False,
    ) -> None:
        """`open_current` opens the current version, None when there is no content; called on this thread only.

        `coupon_left` says whether a coupon may still be given here. `travel` reads the distances that came
        with that version. `expired`: the content's prices and places hold no more, so that it can be looked at and
        nothing of it sold or given.
        """
        self._expired = expired
        self._site, self._mobile_url, self._coupon_left = site, mobile_url, coupon_left
        self._open_current = open_current
        self._now = now
        self._here = here
        self._places_left = places_left
        self._post = post
        self._read_travel = travel
        self._travel = Travel()
        self._queue: queue.Queue[CatalogueQuery | _Reopen | None] = queue.Queue(QUEUE_MAX)
        self._newest = 0
        self._catalogue: Catalogue | None = None
        self._pins = Pins()
        self._thread = threading.Thread(target=self._run, name="catalogue", daemon=True)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def ask(self, query: CatalogueQuery) -> None:
        """Queue a query; when the queue is full the visitor is far ahead of us and this one is dropped."""
        if not isinstance(query, QueryHighlights):
            self._newest = max(self._newest, query.query_id)
        try:
            self._queue.put_nowait(query)
        except queue.Full:
            self._log.warning("catalogue queue full, query dropped")

    def reopen(self) -> None:
        """The current version changed."""
        self._queue.put(_Reopen())

    def _run(self) -> None:
        self._load()
        while True:
            job = self._queue.get()
            if job is None:
                break
            if isinstance(job, _Reopen):
                self._load()
                continue
            if not isinstance(job, QueryHighlights) and job.query_id < self._newest:
                continue
            try:
                answer = self._answer(job)
            except CatalogueFailed as error:
                self._log.error("catalogue unreadable, reopening", reason=str(error))
                self._load()
                answer = self._nothing(job)
            except Exception:  # noqa: BLE001 the one supervisor of this thread; a screen must not load for ever
                self._log.exception("a catalogue query failed")
                answer = self._nothing(job)
            self._post(answer)
            if isinstance(job, QueryHome):
                warm_stems()  # somebody is there and may type next: the first letter must not wait for the stemmers
            if isinstance(job, QueryResults) and job.query_id == self._newest:
                self._count_facets(job)
        if self._catalogue is not None:
            self._catalogue.close()

    def _load(self) -> None:
        if self._catalogue is not None:
            self._catalogue.close()
        self._pins.forget()
        self._travel = self._read_travel()
        self._catalogue = self._open_current()
        about = self._catalogue.about if self._catalogue is not None else None
        wifi = about.extras.wifi if about is not None else None
        settle = about is not None and about.categories.get(Category.SETTLE.value, 0) > 0
        self._post(ev.WifiNews(wifi.ssid if wifi else "", wifi.payload if wifi else "", settle))

    def _query(self, job: QueryResults) -> Query:
        chips = frozenset(Chip(chip) for chip in job.chips)
        return Query(job.door, self._now(), self._here(), chips, Sort(job.sort), job.page, job.per_page)

    def _count_facets(self, job: QueryResults) -> None:
        """After the list is on the screen: how many each chip would leave."""
        if self._catalogue is None:
            return
        try:
            counts = self._catalogue.facets(self._query(job))
        except Exception:  # noqa: BLE001 the list is shown already; the next query reopens a damaged file
            self._log.exception("chips could not be counted")
            return
        if counts is not None:
            found = tuple((chip.value, count) for chip, count in counts.items())
            self._post(ev.FacetsArrived(job.session, job.query_id, found))

    def _answer(self, job: CatalogueQuery) -> ev.Event:
        catalogue = self._catalogue
        if catalogue is None:
            return self._nothing(job)
        now, here, site = self._now(), self._here(), self._site()

        def cards(offers: tuple[Offer, ...], language: str) -> tuple[OfferCard, ...]:
            return tuple(offer_card(offer, now, here, language, self._places_left, self._travel) for offer in offers)

        match job:
            case QueryHighlights(language):
                best = catalogue.home(now, here, HOME_CARDS, site)
                return ev.HighlightsArrived(cards(best, language), scene_of(best[0] if best else None))
            case QueryHome(session, query_id, language):
                return ev.HomeArrived(session, query_id, cards(catalogue.home(now, here, HOME_CARDS, site), language))
            case QueryResults(session, query_id, language):
                page = catalogue.results(self._query(job))
                return ev.ResultsArrived(session, query_id, cards(page.offers, language), page.total)
            case QuerySearch(session, query_id, language):
                page = catalogue.search(job.text, now, job.page, job.per_page)
                return ev.ResultsArrived(session, query_id, cards(page.offers, language), page.total)
            case QueryOffer(session, query_id, language, offer_id):
                offer = catalogue.offer(offer_id)
                if offer is None:
                    return ev.OfferArrived(session, query_id, None)
                near = catalogue.near(offer, now, NEAR_CARDS)
                public = page_url(self._mobile_url(), offer.id)
                detail = offer_detail(offer, now, here, language, self._places_left, near, public, self._travel)
                if self._expired():
                    return ev.OfferArrived(session, query_id, replace(detail, bookable=False, slots=()))
                if (
                    offer.coupon is not None
                    and offer.coupon.on(now.date())
                    and self._coupon_left(offer.coupon, catalogue.about.content_version)
                ):
                    detail = with_coupon(detail, offer.coupon, language, catalogue.about.content_version)
                return ev.OfferArrived(session, query_id, detail)
            case QuerySuggestions(session, query_id, language):
                chosen = catalogue.home(now, here, SUGGESTIONS + HOME_CARDS, site, job.card_kind)
                meant = pushed(catalogue.about.extras.pushes, now, site, job.card_kind)
                # What was meant for this kind of card, then what the home screen has no room for.
                wanted = [*(o for o in chosen if o.id in meant), *chosen[-SUGGESTIONS:]]
                found = list({o.id: o for o in wanted}.values())[:SUGGESTIONS]
                return ev.SuggestionsArrived(session, query_id, cards(tuple(found), language))
            case QueryPins(session, query_id):
                pins = self._pins.of(catalogue, job.filter, now, here, job.bounds)
                return ev.PinsArrived(session, query_id, gather(pins, job.zoom, MARK_RADIUS_PX), len(pins))
            case QueryPin(session, query_id, language, offer_id):
                offer = catalogue.offer(offer_id)
                card = map_card(offer, now, here, language, self._travel) if offer else None
                return ev.PinArrived(session, query_id, offer_id, card)
            case _:
                assert_never(job)

    @staticmethod
    def _nothing(job: CatalogueQuery) -> ev.Event:
        match job:
            case QueryHighlights():
                return ev.HighlightsArrived((), scene_of(None))
            case QueryHome(session, query_id):
                return ev.HomeArrived(session, query_id, ())
            case QueryResults(session, query_id) | QuerySearch(session, query_id):
                return ev.ResultsArrived(session, query_id, (), 0)
            case QueryOffer(session, query_id):
                return ev.OfferArrived(session, query_id, None)
            case QuerySuggestions(session, query_id):
                return ev.SuggestionsArrived(session, query_id, ())
            case QueryPins(session, query_id):
                return ev.PinsArrived(session, query_id, (), 0)
            case QueryPin(session, query_id, _, offer_id):
                return ev.PinArrived(session, query_id, offer_id, None)
            case _:
                assert_never(job)
