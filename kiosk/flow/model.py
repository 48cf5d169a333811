"""The whole state of a kiosk's conversation, and the shell that is derived from it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from domain.days import local_time
from domain.maps import Bounds
from kiosk.flow.effects import Effect
from kiosk.flow.events import ConfigArrived, LineNews, OperatorInfo
from kiosk.flow.messages import M, Message, message
from kiosk.flow.states import (
    ActionButton,
    AttractState,
    Line,
    NoticeState,
    OfferCard,
    PairingState,
    PairStep,
    PinState,
    Purpose,
    Reader,
    ScreenState,
    Shell,
    Tone,
)

IDLE_SECONDS = 45
# "Vous êtes toujours là ?": long enough to read it and answer once, standing (EN 301 549, 5.? time limits: ≥ 20 s).
COUNTDOWN_SECONDS = 20
EXTENSIONS_MAX = 10
DESK_SECONDS = 120
BACK_DEPTH = 12
# A commit takes a tenth of a second; a write that is not answered by then has lost its worker: it is in doubt.
WRITE_SECONDS_MAX = 30
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Ask:
    """What a card is being asked for: kept while its task is armed, so that any screen can return to it."""

    purpose: Purpose
    amount_cents: int
    what: tuple[Message, ...]
    paid_by: str = ""
    in_doubt: bool = False  # an answer is owed: nothing may say that nothing was taken


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Everything a step may know. `session` 0 = nobody there. Times in ms; `*_mono` monotonic."""

    screen: ScreenState
    paired: bool
    default_language: str = "fr"
    session: int = 0
    sessions_so_far: int = 0
    back: tuple[ScreenState, ...] = ()
    language: str = "fr"
    now_ms: int = 0
    mono: int = 0
    touched_mono: int = 0
    extensions: int = 0
    counting_down: bool = False
    config: ConfigArrived | None = None
    line: LineNews | None = None
    reader_ready: bool = True
    query_id: int = 0
    task: int = 0
    tasks_so_far: int = 0
    ask: Ask | None = None
    writing: bool = False
    highlights: tuple[OfferCard, ...] = ()
    scene: str = ""
    card_number: str = ""
    offers_seen: int = 0
    started_ms: int = 0
    operator: OperatorInfo | None = None
    results_per_page: int = 6
    search_per_page: int = 4
    beacons_kept: int = 0
    beacons_dropped: int = 0
    wifi_ssid: str = ""
    wifi_payload: str = ""
    settle: bool = False  # there are premises or jobs
    coupons_used: frozenset[str] = frozenset()
    freshness_open: bool = False
    map_bounds: Bounds | None = None  # what the map of the content on show covers


Step = tuple[Kiosk, tuple[Effect, ...]]
Handler = Callable[[Kiosk, object], Step | None]


def stay(kiosk: Kiosk) -> Step:
    """Nothing happens."""
    return kiosk, ()


def go(kiosk: Kiosk, screen: ScreenState, *effects: Effect) -> Step:
    """Show `screen` with the present one behind it."""
    back = (*kiosk.back, kiosk.screen)[-BACK_DEPTH:]
    return replace(kiosk, screen=screen, back=back, freshness_open=False), effects


def put(kiosk: Kiosk, screen: ScreenState, *effects: Effect) -> Step:
    """Show `screen` in place of the present one."""
    return replace(kiosk, screen=screen), effects


def attract(kiosk: Kiosk) -> AttractState:
    """The attract screen with what is best today."""
    ready = kiosk.line is None or kiosk.line.offers > 0
    return AttractState(kiosk.highlights, kiosk.scene, ready)


def begin(kiosk: Kiosk) -> Kiosk:
    """Somebody is there: a new session, nothing of the one before it."""
    if kiosk.session:
        return kiosk
    number = kiosk.sessions_so_far + 1
    return replace(
        kiosk,
        session=number,
        sessions_so_far=number,
        language=kiosk.default_language,
        back=(),
        extensions=0,
        counting_down=False,
        touched_mono=kiosk.mono,
        started_ms=kiosk.now_ms,
        card_number="",
        offers_seen=0,
        coupons_used=frozenset(),
        operator=None,
        freshness_open=False,
    )


def next_query(kiosk: Kiosk) -> Kiosk:
    """A new query number: answers to older ones are dropped."""
    return replace(kiosk, query_id=kiosk.query_id + 1)


def notice(
    tone: Tone,
    money: Message,
    title: Message,
    next_: Message,
    *actions: tuple[str, bool],
    amount_cents: int = 0,
) -> NoticeState:
    """A notice with its buttons given as (id, primary)."""
    buttons = tuple(ActionButton(name, primary) for name, primary in actions)
    return NoticeState(tone, money, title, next_, buttons, amount_cents)


def pairing_start() -> PairingState:
    return PairingState(PairStep.TYPING)


def shell(kiosk: Kiosk) -> Shell:
    """The top bar and overlays as they stand now."""
    local = local_time(kiosk.now_ms)
    config, line = kiosk.config, kiosk.line
    online = line is not None and line.online
    at_desk = kiosk.operator is not None and not isinstance(kiosk.screen, PinState)
    idle = max(0, (kiosk.mono - kiosk.touched_mono) // 1000)
    return Shell(
        place=config.place if config else "",
        territory=config.territory if config else "",
        minute_of_day=local.hour * 60 + local.minute,
        language=kiosk.language,
        line=Line.ONLINE if online else Line.OFFLINE,
        freshness=_freshness(kiosk),
        freshness_detail=_detail(line),
        freshness_open=kiosk.freshness_open,
        still_there_seconds=_countdown(kiosk, idle),
        reader=Reader.READY if kiosk.reader_ready else Reader.MISSING,
        reader_place=config.reader_place if config else "below",
        can_go_back=bool(kiosk.back) and not kiosk.writing,
        operator=kiosk.operator.name if at_desk and kiosk.operator else "",
        desk_closes_seconds=max(0, DESK_SECONDS - idle) if at_desk else None,
        doubts=_doubts(kiosk),
    )


def idle_limit_seconds(kiosk: Kiosk) -> int:
    """Seconds without a touch before the question is asked."""
    return kiosk.config.idle_seconds if kiosk.config else IDLE_SECONDS


def _countdown(kiosk: Kiosk, idle_seconds: int) -> int | None:
    if not kiosk.counting_down:
        return None
    return max(0, idle_limit_seconds(kiosk) + COUNTDOWN_SECONDS - idle_seconds)


def _doubts(kiosk: Kiosk) -> Message | None:
    """How many operations wait for their card, and for how long the oldest."""
    line = kiosk.line
    if line is None or not line.in_doubt:
        return None
    age = max(0, kiosk.now_ms - (line.in_doubt_oldest_ms or kiosk.now_ms))
    if age >= 2 * DAY_MS:
        return message(M.DOUBTS_FOR_DAYS, count=line.in_doubt, days=age // DAY_MS)
    if age >= HOUR_MS:
        return message(M.DOUBTS_FOR_HOURS, count=line.in_doubt, hours=age // HOUR_MS)
    return message(M.DOUBTS_FOR_MINUTES, count=line.in_doubt, minutes=max(1, age // MINUTE_MS))


def _detail(line: LineNews | None) -> Message:
    """What the freshness chip says when it is touched."""
    waiting, day = (line.facts_waiting, line.content_day) if line else (0, "")
    if line is not None and line.content_percent is not None:
        return message(M.FRESHNESS_RECEIVING, percent=line.content_percent, waiting=waiting)
    if line is not None and line.content_expired:
        return message(M.FRESHNESS_EXPIRED, content_day=day, waiting=waiting)
    return message(M.FRESHNESS_DETAIL, content_day=day, waiting=waiting)


def _freshness(kiosk: Kiosk) -> Message:
    line = kiosk.line
    if line is None or line.last_contact_ms is None:
        return message(M.NEVER_ONLINE)
    if line.online:
        contact = local_time(line.last_contact_ms)
        return message(M.FRESH, time_minutes_of_day=contact.hour * 60 + contact.minute)
    ago = max(0, kiosk.now_ms - line.last_contact_ms)
    if ago >= 2 * DAY_MS:
        return message(M.OFFLINE_FOR_DAYS, days=ago // DAY_MS)
    if ago >= HOUR_MS:
        return message(M.OFFLINE_FOR_HOURS, hours=ago // HOUR_MS)
    return message(M.OFFLINE_FOR_MINUTES, minutes=max(1, ago // MINUTE_MS))
