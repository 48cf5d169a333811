"""The tour's story: a hotelier loads 50 €, a visitor buys a canoe trip with the network off, everything arrives.

Each act touches the screen by labels as they stand there, waits for what must come, and takes a picture.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from domain.cards import CardReading
from hardware.card.keys import KIOSK_KEYS, LocalVault, load_ring
from hardware.card.port import CardRead
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.system import SystemChance
from kiosk.demo.hardware import DemoHardware, PulledAtCommit
from kiosk.demo.network import NetworkSwitch
from kiosk.demo.server_child import ServerChild
from kiosk.demo.territory import DEVICE, HOTELIER_PIN, DemoTerritory
from kiosk.flow import states as s
from kiosk.i18n import Translator
from kiosk.services import Services
from kiosk.tour.driver import Driver, TourFailed
from kiosk.tour.names import typeable
from kiosk.tour.report import Steps, TourReport
from kiosk.workers.clock import DeviceClock

LOAD_CENTS = 5000
PRICE_CENTS = 1800
POINTS = 40
CONTENT_SECONDS = 180.0
SYNC_SECONDS = 90.0


@dataclass(slots=True)
class Stage:
    """Everything the acts use."""

    driver: Driver
    steps: Steps
    report: TourReport
    services: Services
    hardware: DemoHardware
    server: ServerChild
    network: NetworkSwitch
    territory: DemoTerritory
    clock: DeviceClock
    say: Callable[[str], Translator]
    random: Random
    imported: tuple[str, ...]  # names of real offers that must be found, empty without --content
    offers_expected: int

    def t(self, message_id: str, language: str = "fr", **args: Any) -> str:
        """A label as it stands on the screen."""
        return self.say(language)(message_id, **args)


def play(stage: Stage, code: str) -> None:
    """All acts in order. Raises TourFailed."""
    pair(stage, code)
    load(stage)
    go_offline(stage)
    hear_beacons(stage)
    browse(stage)
    buy_with_a_tear(stage)
    look_at_card(stage)
    leave(stage)
    go_online(stage)
    compare(stage)


def pair(stage: Stage, code: str) -> None:
    """Type address and code, compare the words, approve, receive."""
    driver = stage.driver
    driver.wait_screen(s.PairingState)
    driver.tap(stage.t("ui_pair_url"))
    driver.type(f"http://127.0.0.1:{stage.network.port}")
    driver.tap(stage.t("ui_pair_code"))
    driver.type(code)
    stage.steps.done("pairing-typed")
    driver.tap(stage.t("ui_pair_go"))
    screen = driver.wait_screen(s.PairingState, lambda p: p.step is s.PairStep.COMPARING)
    stage.steps.done("pairing-words")
    stage.server.command("server", "approve", DEVICE, "--words", " ".join(screen.words))
    driver.wait_screen(s.AttractState, lambda a: a.ready and bool(a.highlights), CONTENT_SECONDS)
    stage.steps.done("attract")
    line = driver.kiosk.line
    stage.report.offers = line.offers if line else 0
    stage.report.check("content arrived", stage.report.offers >= stage.offers_expected, f"{stage.report.offers} offers")


def load(stage: Stage) -> None:
    """The hotelier's card and PIN, 50 € in cash onto a guest's new card."""
    driver, reader = stage.driver, stage.hardware.reader
    reader.present(stage.hardware.cards["hotelier"])
    driver.wait_screen(s.PinState)
    reader.remove()
    driver.type(HOTELIER_PIN[:3])
    stage.steps.done("desk-pin")
    driver.type(HOTELIER_PIN[3:])
    driver.wait_screen(s.DeskHomeState)
    stage.steps.done("desk-home")
    driver.tap(stage.t("desk_load"))
    driver.tap(stage.say("fr").money(LOAD_CENTS, short=True))
    driver.tap(stage.t("paid_by_cash"))
    driver.wait_screen(s.LoadState, lambda screen: screen.amount_cents == LOAD_CENTS and screen.paid_by == "cash")
    stage.steps.done("desk-load")
    driver.tap(stage.t("ui_present_card"))
    driver.wait_screen(s.PresentCardState)
    stage.steps.done("desk-present-card")
    reader.present(stage.hardware.cards["visitor"])
    done = driver.wait_screen(s.LoadDoneState)
    reader.remove()
    stage.steps.done("desk-loaded")
    stage.report.check("the desk loaded 50 €", done.balance_cents == LOAD_CENTS, done.balance_cents)
    driver.tap(stage.t("ui_finish"))
    driver.wait_screen(s.DeskHomeState)
    driver.tap(stage.t("ui_leave_desk"))
    driver.wait_screen(s.AttractState)


def go_offline(stage: Stage) -> None:
    """Cut the network; the kiosk finds out by its own probe."""
    stage.network.turn_off()
    hurry(stage)
    stage.driver.wait("the kiosk to notice that it is offline", lambda: not online(stage), SYNC_SECONDS)
    stage.report.check("the kiosk is offline", not online(stage))


def hear_beacons(stage: Stage) -> None:
    """Our own beacon is heard and kept; a stranger's is dropped and only counted."""
    own = stage.hardware.walk_past(stage.territory.beacon)
    other = stage.hardware.stranger_passes()
    driver = stage.driver
    driver.wait("beacons to be heard", lambda: min(beacons(stage)) > 0)
    stage.hardware.take_away(own)
    stage.hardware.take_away(other)


def browse(stage: Stage) -> None:
    """Home, a door with a chip, the search, the other language."""
    driver = stage.driver
    driver.tap(stage.t("touch_the_screen"))
    driver.wait_screen(s.HomeState, lambda home: bool(home.strip) and not home.loading)
    stage.steps.done("home")
    driver.tap(stage.t("door_outings"))
    driver.wait_screen(s.ResultsState, lambda page: not page.loading and page.total > 0)
    stage.steps.done("results")
    driver.tap(stage.t("chip_children"))
    driver.wait_screen(s.ResultsState, lambda page: not page.loading and any(chip.on for chip in page.chips))
    stage.steps.done("results-children")
    driver.tap(stage.t("ui_back"))
    driver.tap(stage.t("door_map"))
    driver.wait_screen(s.MapState, lambda page: page.info is not None and page.total > 0)
    driver.wait("the map's tiles", lambda: driver.on_ui(driver.map_is_drawn))
    stage.steps.done("map")
    driver.tap(stage.t("ui_back"))
    driver.wait_screen(s.HomeState, lambda home: not home.loading)
    for name in stage.imported:
        find(stage, name, stage.random.randint(6, 12))
    if stage.imported:
        stage.steps.done("search-imported")
        driver.tap(stage.t("ui_erase_all"))
        driver.tap(stage.t("ui_back"))
    driver.tap(stage.t("ui_language"))
    driver.wait_screen(s.LanguageState)
    stage.steps.done("language")
    driver.tap("English")
    driver.wait_screen(s.HomeState, lambda home: not home.loading)
    stage.steps.done("home-english")
    driver.tap(stage.t("ui_language", "en"))
    driver.tap("Français")
    driver.wait_screen(s.HomeState, lambda home: not home.loading)


def find(stage: Stage, name: str, letters: int) -> None:
    """Type the beginning of a name; the offer must come up."""
    driver = stage.driver
    if isinstance(driver.screen, s.SearchState):
        driver.tap(stage.t("ui_erase_all"))
    else:
        driver.tap(stage.t("ui_search"))
        driver.wait_screen(s.SearchState)
    typed = typeable(name)[:letters]
    driver.type(typed)
    found = driver.wait_screen(s.SearchState, lambda page: not page.loading and page.typed == typed)
    shown = any(card.name == name for card in found.cards)
    while not shown and found.page + 1 < found.pages and found.page < 40:
        page = found.page + 1
        driver.tap(stage.t("ui_page_next"))
        found = turned(driver, page)
        shown = any(card.name == name for card in found.cards)
    stage.report.check(f"found by typing: {name}", shown, f"{typed!r}: {found.total} results")


def turned(driver: Driver, page: int) -> s.SearchState:
    """The search screen once it shows `page`."""
    return driver.wait_screen(s.SearchState, lambda screen: not screen.loading and screen.page == page)


def buy_with_a_tear(stage: Stage) -> None:
    """Search the canoe trip, review, present the card, pull it away in mid-debit, present it again."""
    driver, reader = stage.driver, stage.hardware.reader
    card = stage.hardware.cards["visitor"]
    name = stage.territory.offer_name("fr")
    driver.tap(stage.t("ui_search"))
    driver.wait_screen(s.SearchState)
    driver.type("canoe")
    driver.wait_screen(s.SearchState, lambda page: not page.loading and any(offer.name == name for offer in page.cards))
    stage.steps.done("search")
    driver.tap(name)
    driver.wait_screen(s.OfferState, lambda screen: screen.offer is not None and screen.offer.name == name)
    stage.steps.done("offer")
    driver.tap(stage.t("ui_take_away"))
    driver.wait_screen(s.TakeAwayState)
    stage.steps.done("take-away")
    driver.tap(stage.t("ui_back"))
    driver.tap(stage.t("ui_book"))
    driver.wait_screen(s.BuyState)
    stage.steps.done("buy")
    driver.tap(stage.t("ui_continue"))
    driver.wait_screen(s.ReviewState, lambda review: review.total_cents == PRICE_CENTS)
    stage.steps.done("review")
    driver.tap(stage.t("ui_pay_with_card"))
    driver.wait_screen(s.PresentCardState)
    stage.steps.done("present-card")
    # The commit is carried out and its answer is lost: the worst moment there is.
    reader.present(PulledAtCommit(card))
    torn = driver.wait_screen(s.PresentCardState, lambda screen: screen.again)
    stage.steps.done("present-again")
    stage.report.check("pulled away in mid-debit: in doubt, not failed", torn.in_doubt)
    reader.present(card)
    paid = driver.wait_screen(s.PaidState)
    reader.remove()
    stage.steps.done("paid")
    stage.report.check(
        "paid once, 40 points",
        (paid.amount_cents, paid.balance_cents, paid.points_awarded) == (PRICE_CENTS, LOAD_CENTS - PRICE_CENTS, POINTS),
        paid,
    )
    stage.report.balance_cents["kiosk"] = paid.balance_cents
    driver.tap(stage.t("ui_finish"))
    driver.wait_screen(s.HomeState)


def look_at_card(stage: Stage) -> None:
    """The visitor's own card, and what the screen keeps."""
    driver, reader = stage.driver, stage.hardware.reader
    reader.present(stage.hardware.cards["visitor"])
    mine = driver.wait_screen(s.MyCardState, lambda screen: not screen.loading)
    reader.remove()
    stage.steps.done("my-card")
    stage.report.check("the card shows points and the ticket", mine.points == POINTS and len(mine.tickets) == 1, mine)
    driver.tap(stage.t("ui_help"))
    driver.wait_screen(s.HelpState)
    stage.steps.done("help")
    driver.tap(stage.t("ui_help_about"))
    driver.wait_screen(s.AboutState)
    stage.steps.done("about")
    reader.present(stage.hardware.cards["blocked"])
    refused = driver.wait_screen(s.NoticeState)
    reader.remove()
    stage.steps.done("blocked-card")
    stage.report.check("a blocked card is refused, money first", refused.money.id == "money_safe_on_card", refused)


def leave(stage: Stage) -> None:
    """Nobody touches any more: the countdown, then everything is forgotten."""
    driver = stage.driver
    pass_time(stage, 47_000)
    driver.wait("the countdown", lambda: driver.kiosk.counting_down)
    stage.steps.done("still-there")
    pass_time(stage, 30_000)
    driver.wait_screen(s.AttractState)
    kiosk = driver.kiosk
    stage.report.check("the session is wiped", (kiosk.session, kiosk.card_number, kiosk.back) == (0, "", ()))


def go_online(stage: Stage) -> None:
    """The line comes back; what was kept goes up."""
    pass_time(stage, 60_000)  # presences close when their beacon was silent
    driver = stage.driver
    driver.wait("the presence to be kept", lambda: journal_has(stage, "presence"))
    driver.wait("the visit to be kept", lambda: journal_has(stage, "visit"))
    stage.network.turn_on()
    hurry(stage)
    driver.wait("everything to be acknowledged", lambda: online(stage) and waiting(stage) == 0, SYNC_SECONDS)
    driver.tap(stage.t("touch_the_screen"))
    driver.wait_screen(s.HomeState, lambda home: not home.loading)
    driver.tap(stage.t("ui_status"))
    stage.steps.done("back-online")


def compare(stage: Stage) -> None:
    """Chip, kiosk and server agree to the cent."""
    report, number = stage.report, "00421187"
    found = stage.server.report()
    chip = read_chip(stage)
    card = next((row for row in found["cards"] if row["card_number"] == number), None)
    kinds: dict[str, int] = found["facts_by_kind"]
    report.facts = found["facts"]
    report.requests = stage.network.requests
    report.ledger_sum_cents = found["ledger_sum_cents"]
    report.balance_cents["chip"] = chip.balance_cents
    report.balance_cents["server"] = card["shadow_cents"] if card else None
    report.beacons = dict(zip(("kept", "dropped"), beacons(stage), strict=True))
    expected = LOAD_CENTS - PRICE_CENTS
    report.check("the ledger sums to zero", found["ledger_sum_cents"] == 0, found["ledger_sum_cents"])
    report.check("the points ledger sums to zero", found["ledger_sum_points"] == 0, found["ledger_sum_points"])
    report.check(
        "chip, kiosk and server agree to the cent",
        set(report.balance_cents.values()) == {expected},
        report.balance_cents,
    )
    report.check("points agree", chip.points == POINTS == (card or {}).get("shadow_points"), card)
    report.check("nothing is open, quarantined or alarmed", quiet(found), json.dumps(found["alarms"]))
    report.check("visits arrived", kinds.get("visit", 0) >= 1, kinds)
    report.check("the presence arrived", kinds.get("presence", 0) == 1, kinds)
    report.check("one sale, one ticket", kinds.get("sale") == kinds.get("ticket.issued") == 1, kinds)
    report.check("our beacon was kept", report.beacons["kept"] > 0, report.beacons)
    report.check("the stranger's was dropped", report.beacons["dropped"] > 0, report.beacons)


def quiet(found: dict[str, Any]) -> bool:
    return not (found["open_operations"] or found["quarantined"] or found["alarms"] or found["holes"])


def read_chip(stage: Stage) -> CardReading:
    """Read the visitor's chip with a reader of our own, as an auditor would."""
    reader = SimulatedReader("auditor")
    reader.present(stage.hardware.cards["visitor"])
    chance = SystemChance()
    vault = LocalVault(load_ring(stage.territory.keys).only(KIOSK_KEYS), chance)
    channel = reader.connect()
    session = open_card(channel, vault)
    if not isinstance(session, CardSession):
        raise TourFailed(f"the auditor cannot open the card: {session}")
    result = session.read(records=0)
    channel.close()
    if not isinstance(result, CardRead):
        raise TourFailed(f"the auditor cannot read the card: {result}")
    return result.reading


def pass_time(stage: Stage, milliseconds: int) -> None:
    """Let time pass, and wait until the kiosk has noticed at its next tick."""
    before = stage.driver.kiosk.mono
    stage.clock.move(milliseconds)
    stage.driver.wait("the next tick", lambda: stage.driver.kiosk.mono >= before + milliseconds)


def online(stage: Stage) -> bool:
    line = stage.driver.kiosk.line
    return line is not None and line.online


def waiting(stage: Stage) -> int:
    line = stage.driver.kiosk.line
    return line.facts_waiting if line else -1


def beacons(stage: Stage) -> tuple[int, int]:
    kiosk = stage.driver.kiosk
    return kiosk.beacons_kept, kiosk.beacons_dropped


def hurry(stage: Stage) -> None:
    """Somebody touched the network: ask for a pass now instead of at the next probe."""
    running = stage.services.running
    if running is None:
        raise TourFailed("the kiosk is not paired")
    running.sync.hurry()


def journal_has(stage: Stage, kind: str) -> bool:
    running = stage.services.running
    return running is not None and any(fact.kind == kind for fact in running.journal.iterate())
