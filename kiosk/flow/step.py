"""The one step of a kiosk: `(state, event) -> (state, effects)`. Pure; everything else carries it out.

Order: events of an ended session are dropped; news that concern every screen are taken in; a touch renews the session;
then the module of the present screen answers.
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.flow import choosing
from kiosk.flow import events as ev
from kiosk.flow.effects import Disarm, Effect, QueryHighlights, RecordVisit
from kiosk.flow.model import (
    COUNTDOWN_SECONDS,
    DESK_SECONDS,
    EXTENSIONS_MAX,
    WRITE_SECONDS_MAX,
    Kiosk,
    Step,
    attract,
    go,
    idle_limit_seconds,
    pairing_start,
    stay,
)
from kiosk.flow.partner import counter, desk
from kiosk.flow.states import (
    AboutState,
    AttractState,
    BuyState,
    ChargeState,
    ChoicesState,
    ConfirmState,
    CouponState,
    DeskHomeState,
    DoneState,
    HelpState,
    HomeState,
    LanguageState,
    LoadDoneState,
    LoadState,
    MapState,
    MyCardState,
    MyDayState,
    NoticeState,
    OfferState,
    PaidState,
    PairingState,
    PinState,
    PresentCardState,
    ResultsState,
    ReviewState,
    SearchState,
    TakeAwayState,
    WifiState,
    WorkingState,
)
from kiosk.flow.technician.pairing import pairing
from kiosk.flow.visitor import browse, buy, coupon
from kiosk.flow.visitor import card as card_flow
from kiosk.flow.visitor import map as map_flow

# The attract screen asks again for what is best today this often.
HIGHLIGHTS_EVERY_MS = 10 * 60_000


def start(*, paired: bool, language: str, now_ms: int, mono: int) -> Step:
    """The state after a start, before any event."""
    screen = AttractState((), "") if paired else pairing_start()
    kiosk = Kiosk(screen, paired, default_language=language, language=language, now_ms=now_ms, mono=mono)
    return kiosk, ((QueryHighlights(language),) if paired else ())


# Screens on which a card may be asked for: on any other, what was asked of the next card is over.
ARMED_SCREENS = (PresentCardState, WorkingState, NoticeState, LanguageState, HelpState, AboutState)


def step(kiosk: Kiosk, event: ev.Event) -> Step:
    """One step. Whatever leads away from a request for a card ends it: no later card pays for it."""
    kiosk, effects = _step(kiosk, event)
    if not kiosk.task or isinstance(kiosk.screen, ARMED_SCREENS):
        return kiosk, effects
    disarm = Disarm(kiosk.task)
    if kiosk.ask is not None and kiosk.ask.in_doubt:
        return replace(buy.doubt(kiosk), task=0, ask=None), (disarm,)
    return replace(kiosk, task=0, ask=None), (disarm, *effects)


def _step(kiosk: Kiosk, event: ev.Event) -> Step:
    session = getattr(event, "session", None)
    if session is not None and session != kiosk.session:
        return stay(kiosk)
    if isinstance(event, ev.CardEvent):
        return card_flow.on_card(kiosk, event)
    taken = _everywhere(kiosk, event)
    if taken is not None:
        return taken
    if isinstance(event, ev.Touch):
        if kiosk.writing:  # a tenth of a second in which nothing else may begin
            return stay(kiosk)
        kiosk = replace(kiosk, touched_mono=kiosk.mono, counting_down=False)
        shared = _shared_touch(kiosk, event)
        if shared is not None:
            return shared
    answered = _screen(kiosk, event)
    if answered is not None:
        return answered
    if isinstance(event, ev.GoBack) and kiosk.back:
        return replace(kiosk, screen=kiosk.back[-1], back=kiosk.back[:-1], freshness_open=False), ()
    return stay(kiosk)


def _everywhere(kiosk: Kiosk, event: ev.Event) -> Step | None:
    """News that concern every screen."""
    match event:
        case ev.Tick(now_ms, monotonic_ms):
            return _tick(kiosk, now_ms, monotonic_ms)
        case ev.ScreenShape(results_per_page, search_per_page):
            return replace(kiosk, results_per_page=results_per_page, search_per_page=search_per_page), ()
        case ev.Wiped():
            fresh, effects = start(paired=False, language="fr", now_ms=kiosk.now_ms, mono=kiosk.mono)
            rows, found = kiosk.results_per_page, kiosk.search_per_page
            return replace(fresh, results_per_page=rows, search_per_page=found), effects
        case ev.LineNews():
            kiosk = replace(kiosk, line=event)
            if isinstance(kiosk.screen, AttractState):  # it says whether there is content yet
                kiosk = replace(kiosk, screen=attract(kiosk))
            return kiosk, ()
        case ev.ConfigArrived():
            return replace(kiosk, config=event), ()
        case ev.WifiNews(ssid, payload, settle):
            return replace(kiosk, wifi_ssid=ssid, wifi_payload=payload, settle=settle), ()
        case ev.RadioNews(kept, dropped):
            return replace(kiosk, beacons_kept=kept, beacons_dropped=dropped), ()
        case ev.ContentArrived():
            kiosk, effects = browse.refresh(kiosk) if kiosk.session else stay(kiosk)
            return kiosk, (*effects, QueryHighlights(kiosk.default_language))
        case ev.MapNews(bounds):
            return _map_news(replace(kiosk, map_bounds=bounds), event)
        case ev.HighlightsArrived(highlights, scene):
            kiosk = replace(kiosk, highlights=highlights, scene=scene)
            if isinstance(kiosk.screen, AttractState):
                kiosk = replace(kiosk, screen=attract(kiosk))
            return kiosk, ()
        case _:
            return None


def _map_news(kiosk: Kiosk, event: ev.MapNews) -> Step:
    """A door more or less on the home screen; a map that is open is opened again."""
    if isinstance(kiosk.screen, HomeState):
        return replace(kiosk, screen=replace(kiosk.screen, doors=browse.doors(kiosk))), ()
    if isinstance(kiosk.screen, MapState):
        return map_flow.show_map(kiosk, kiosk.screen, event) or stay(kiosk)
    return stay(kiosk)


def _tick(kiosk: Kiosk, now_ms: int, monotonic_ms: int) -> Step:
    before = kiosk
    kiosk = coupon.tick(replace(kiosk, now_ms=now_ms, mono=monotonic_ms))
    if kiosk.session == 0:
        due = before.now_ms // HIGHLIGHTS_EVERY_MS != now_ms // HIGHLIGHTS_EVERY_MS
        return kiosk, ((QueryHighlights(kiosk.default_language),) if due and kiosk.paired else ())
    idle = (monotonic_ms - kiosk.touched_mono) // 1000
    if kiosk.writing:  # never wipe while a card is being written; one that is never answered is in doubt
        return card_flow.pulled(kiosk, kiosk.task, True) if idle >= WRITE_SECONDS_MAX else (kiosk, ())
    if kiosk.operator is not None and not isinstance(kiosk.screen, PinState):
        return wipe(kiosk) if idle >= DESK_SECONDS else (kiosk, ())
    limit = idle_limit_seconds(kiosk)
    if idle >= limit + COUNTDOWN_SECONDS:
        return wipe(kiosk)
    return replace(kiosk, counting_down=idle >= limit), ()


def wipe(kiosk: Kiosk) -> Step:
    """Session over: card, language, basket, keyboard are gone; the next person inherits nothing."""
    effects: list[Effect] = []
    if kiosk.task:
        effects.append(Disarm(kiosk.task))
    if kiosk.session and kiosk.operator is None and not isinstance(kiosk.screen, PinState):
        effects.append(
            RecordVisit(
                kiosk.session,
                kiosk.started_ms,
                kiosk.now_ms,
                kiosk.language,
                kiosk.card_number,
                kiosk.offers_seen,
            )
        )
    clean = replace(
        kiosk,
        session=0,
        back=(),
        language=kiosk.default_language,
        counting_down=False,
        extensions=0,
        task=0,
        ask=None,
        card_number="",
        offers_seen=0,
        coupons_used=frozenset(),
        operator=None,
        freshness_open=False,
    )
    effects.append(QueryHighlights(clean.default_language))
    return replace(clean, screen=attract(clean) if clean.paired else clean.screen), tuple(effects)


def _shared_touch(kiosk: Kiosk, event: ev.Event) -> Step | None:
    """Touches that mean the same on every screen."""
    match event:
        case ev.StillHere():
            if kiosk.extensions >= EXTENSIONS_MAX:
                return wipe(kiosk)
            return replace(kiosk, extensions=kiosk.extensions + 1), ()
        case ev.ToggleFreshness():
            return replace(kiosk, freshness_open=not kiosk.freshness_open), ()
        case ev.OpenLanguages() if not isinstance(kiosk.screen, LanguageState):
            return go(kiosk, LanguageState(("fr", "en")))
        case ev.ChooseLanguage(language) if language in ("fr", "en"):
            kiosk = replace(kiosk, language=language)
            if isinstance(kiosk.screen, LanguageState) and kiosk.back:
                kiosk = replace(kiosk, screen=kiosk.back[-1], back=kiosk.back[:-1])
            return browse.refresh(kiosk)
        case ev.OpenHelp() if not isinstance(kiosk.screen, HelpState):
            phone = kiosk.config.help_phone if kiosk.config else ""
            return go(kiosk, HelpState(phone, bool(kiosk.wifi_payload), kiosk.settle))
        case ev.OpenWifi() if kiosk.wifi_payload and not isinstance(kiosk.screen, WifiState):
            return go(kiosk, WifiState(kiosk.wifi_ssid, kiosk.wifi_payload))
        case ev.OpenAbout() if not isinstance(kiosk.screen, AboutState):
            return go(kiosk, _about(kiosk))
        case ev.CloseDesk():
            return wipe(kiosk)
        case ev.Cancel() | ev.GoBack() if isinstance(kiosk.screen, PinState):
            return wipe(kiosk)
        case ev.OpenSearch() if kiosk.paired and kiosk.operator is None:
            return browse.open_search(kiosk)
        case ev.GoHome() if kiosk.paired and not kiosk.writing:
            return _go_home(kiosk)
        case _:
            return None


def _go_home(kiosk: Kiosk) -> Step:
    if kiosk.operator is not None:
        return desk.open_desk(kiosk)
    if isinstance(kiosk.screen, PresentCardState):
        kiosk, effects = buy.leave_present(kiosk, kiosk.screen)
        if isinstance(kiosk.screen, NoticeState):
            return kiosk, effects
        kiosk, more = browse.open_home(kiosk)
        return kiosk, (*effects, *more)
    return browse.open_home(kiosk)


def _about(kiosk: Kiosk) -> AboutState:
    line = kiosk.line
    return AboutState(
        kiosk.beacons_kept,
        kiosk.beacons_dropped,
        line.facts_waiting if line else 0,
        line.content_day if line else "",
        line.offers if line else 0,
        line.content_percent if line else None,
        line is not None and line.content_expired,
    )


def _screen(kiosk: Kiosk, event: ev.Event) -> Step | None:
    """The module that answers for the present screen."""
    screen = kiosk.screen
    match screen:
        case AttractState():
            return browse.open_home(kiosk) if isinstance(event, ev.TouchAnywhere | ev.OpenOffer) else None
        case HomeState():
            return browse.home(kiosk, screen, event)
        case ResultsState():
            return browse.results(kiosk, screen, event)
        case SearchState():
            return browse.search(kiosk, screen, event)
        case OfferState():
            return browse.offer(kiosk, screen, event)
        case MapState():
            if isinstance(event, ev.OpenOffer):
                return browse.open_offer(kiosk, event.offer_id)
            return map_flow.show_map(kiosk, screen, event)
        case BuyState():
            return buy.buy(kiosk, screen, event)
        case ReviewState():
            return buy.review(kiosk, screen, event)
        case PresentCardState():
            return buy.present(kiosk, screen, event)
        case PaidState():
            return buy.paid(kiosk, event)
        case NoticeState():
            return buy.notice_action(kiosk, event.action) if isinstance(event, ev.NoticeAction) else None
        case MyCardState():
            if isinstance(event, ev.OpenOffer):
                return browse.open_offer(kiosk, event.offer_id)
            return card_flow.my_card(kiosk, screen, event)
        case PinState():
            return desk.pin(kiosk, screen, event)
        case DeskHomeState():
            return desk.desk_home(kiosk, screen, event)
        case LoadState():
            return desk.load(kiosk, screen, event)
        case LoadDoneState():
            # A load decided at a later tap may be shown to a visitor: then there is no desk to go back to.
            if kiosk.operator is None and isinstance(event, ev.Confirm | ev.Cancel):
                return browse.open_home(kiosk)
            return desk.load_done(kiosk, screen, event)
        case MyDayState():
            return desk.my_day(kiosk, screen, event)
        case ChoicesState():
            return choosing.choices(kiosk, screen, event)
        case ConfirmState():
            return choosing.confirm(kiosk, screen, event)
        case DoneState():
            return choosing.finish(kiosk, event)
        case ChargeState():
            return counter.charge(kiosk, screen, event)
        case PairingState():
            return pairing(kiosk, screen, event)
        case TakeAwayState():
            return browse.take_away(kiosk, screen, event)
        case CouponState():
            return coupon.coupon(kiosk, screen, event)
        case HelpState():
            return browse.open_door(kiosk, "settle") if event == ev.OpenDoor("settle") and screen.settle else None
        case WorkingState() | WifiState() | AboutState() | LanguageState():
            return None
