"""The purse worker over a real simulated card: money, facts and the screen agree, whatever is torn where."""

from __future__ import annotations

import threading
from datetime import date
from typing import TypeVar

import pytest

from domain.facts import FactKind
from hardware.card.keys import KeyRing
from hardware.card.port import ForeignCard
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from hardware.card.simulated.foreign import SimulatedForeignCard
from kiosk.flow import events as ev
from kiosk.store.journal import JournalFull
from tests.fixtures.purse import Counter, SeededChance, make_card, make_ring

SEED = 20261122
E = TypeVar("E")


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    return make_ring(SEED)


@pytest.fixture
def card(ring: KeyRing) -> SimulatedCard:
    return make_card(ring, SEED)


@pytest.fixture
def counter(ring: KeyRing) -> Counter:
    return Counter(ring, SEED + 1)


def balance(ring: KeyRing, card: SimulatedCard) -> tuple[int, int]:
    """What any kiosk reads on the chip: euros in cents, points."""
    (tapped,) = [e for e in Counter(ring, 5, site=99).tap(card) if isinstance(e, ev.CardTapped)]
    return tapped.balance_cents, tapped.points


def one(events: list[ev.Event], kind: type[E]) -> E:
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, events
    return found[0]


def test_a_tap_shows_the_card(counter: Counter, card: SimulatedCard) -> None:
    tapped = one(counter.tap(card), ev.CardTapped)
    assert (tapped.card_number, tapped.balance_cents, tapped.points, tapped.kind) == ("00421187", 5000, 0, "visitor")
    (seen,) = counter.journal.of_kind(FactKind.CARD_SEEN)
    assert seen.body["balance_cents"] == 5000


def test_a_debit_is_intent_commit_outcome_sale_ticket_points(
    ring: KeyRing, counter: Counter, card: SimulatedCard
) -> None:
    task = counter.arm_debit(1800)
    settled = one(counter.tap(card), ev.DebitSettled)
    assert (settled.task, settled.amount_cents, settled.balance_cents, settled.points_awarded) == (task, 1800, 3200, 40)
    assert [fact.kind for fact in counter.journal.facts] == [
        FactKind.CARD_SEEN,
        FactKind.DEBIT_INTENT,
        FactKind.DEBIT_OUTCOME,
        FactKind.SALE,
        FactKind.TICKET_ISSUED,
        FactKind.POINTS_AWARDED,
    ]
    (intent,) = counter.journal.of_kind(FactKind.DEBIT_INTENT)
    (outcome,) = counter.journal.of_kind(FactKind.DEBIT_OUTCOME)
    assert outcome.body["intent"] == intent.id
    assert outcome.body["result"] == "done"
    assert outcome.body["tmc"] == intent.body["tmc_before"] + 1  # type: ignore[operator]
    assert balance(ring, card) == (3200, 40)


def test_points_come_once_a_day_and_site(ring: KeyRing, counter: Counter, card: SimulatedCard) -> None:
    for expected in (40, 0):
        counter.arm_debit(500)
        assert one(counter.tap(card), ev.DebitSettled).points_awarded == expected
    counter.today = date(2026, 11, 23)
    counter.arm_debit(500)
    assert one(counter.tap(card), ev.DebitSettled).points_awarded == 40
    assert balance(ring, card) == (3500, 80)


def test_a_load_needs_the_desk_and_its_allowance(ring: KeyRing, counter: Counter, card: SimulatedCard) -> None:
    counter.arm_load(5000)
    settled = one(counter.tap(card), ev.LoadSettled)
    assert (settled.amount_cents, settled.balance_cents) == (5000, 10_000)
    counter.allowance = 1000
    counter.arm_load(2000)
    refused = one(counter.tap(card), ev.CardRefused)
    assert (refused.trouble, refused.value_cents) == (ev.CardTrouble.OVER_ALLOWANCE, 1000)
    kiosk = Counter(ring, SEED + 2, desk=False)
    kiosk.arm_load(1000)
    assert one(kiosk.tap(card), ev.CardRefused).trouble is ev.CardTrouble.NO_LOAD_KEY
    assert kiosk.journal.of_kind(FactKind.LOAD_INTENT) == []
    assert balance(ring, card) == (10_000, 0)


@pytest.mark.parametrize(
    ("change", "amount", "trouble", "value"),
    [
        ({}, 5100, ev.CardTrouble.NOT_ENOUGH, 100),
        ({"blocked": frozenset({"00421187"})}, 100, ev.CardTrouble.BLOCKED, 0),
        ({"today": date(2036, 1, 1)}, 100, ev.CardTrouble.EXPIRED, 0),
        ({"online": False, "since_contact_ms": 1000}, 6100, ev.CardTrouble.NOT_ENOUGH, 1100),
        ({"online": False, "since_contact_ms": 100 * 3_600_000}, 3100, ev.CardTrouble.OVER_OFFLINE_LIMIT, 3000),
        ({"online": False, "since_contact_ms": 8 * 86_400_000}, 100, ev.CardTrouble.OFFLINE_TOO_LONG, 0),
        ({"online": False, "since_contact_ms": None}, 100, ev.CardTrouble.OFFLINE_TOO_LONG, 0),
        ({"places": 0}, 100, ev.CardTrouble.QUOTA_GONE, 0),
        ({"places": None}, 100, ev.CardTrouble.QUOTA_GONE, 0),
    ],
)
def test_refusals_touch_neither_card_nor_ledger(
    ring: KeyRing,
    counter: Counter,
    card: SimulatedCard,
    change: dict[str, object],
    amount: int,
    trouble: ev.CardTrouble,
    value: int,
) -> None:
    for name, setting in change.items():
        setattr(counter, name, setting)
    task = counter.arm_debit(amount)
    refused = one(counter.tap(card), ev.CardRefused)
    assert (refused.trouble, refused.value_cents, refused.task) == (trouble, value, task)
    assert counter.journal.of_kind(FactKind.DEBIT_INTENT) == []


def test_a_full_disk_is_refused_before_the_card_is_written(
    ring: KeyRing, counter: Counter, card: SimulatedCard
) -> None:
    counter.journal.room = False
    counter.arm_debit(1800)
    assert one(counter.tap(card), ev.CardRefused).trouble is ev.CardTrouble.DISK_FULL
    assert balance(ring, card) == (5000, 0)


@pytest.mark.parametrize("what", ["bank_card", "classic", "phone", "empty_desfire"])
def test_cards_of_others_have_their_own_sentence(ring: KeyRing, counter: Counter, what: str) -> None:
    card, atr = foreign(what)
    task = counter.arm_debit(1800)
    before = len(counter.events)
    counter.reader.present(card, atr)  # type: ignore[arg-type]
    counter.settle()
    refused = one(counter.events[before:], ev.CardRefused)
    assert (refused.trouble, refused.task) == (ev.CardTrouble(what), task)
    counter.reader.remove()
    assert one(counter.tap(make_card(ring, SEED)), ev.DebitSettled).task == task, "the task waits for the right card"


def foreign(what: str) -> tuple[object, bytes]:
    if what == "empty_desfire":
        return SimulatedCard.blank(SeededChance(3)), bytes.fromhex("3B8180018080")
    card = SimulatedForeignCard(ForeignCard(what))
    return card, card.atr


FRAMES_OF_A_DEBIT = 18


@pytest.mark.parametrize("mishap", list(Mishap))
@pytest.mark.parametrize("frame", range(FRAMES_OF_A_DEBIT))
def test_a_debit_torn_anywhere_is_charged_once(ring: KeyRing, frame: int, mishap: Mishap) -> None:
    """Torn, presented again on the same kiosk: paid exactly once, one sale, one ticket, nothing in doubt."""
    card, counter = make_card(ring, SEED), Counter(ring, SEED + 1)
    task = counter.arm_debit(1800)
    card.arm(Tear(frame, mishap))
    first = counter.tap(card)
    card.arm(None)
    if not any(isinstance(event, ev.DebitSettled) for event in first):
        assert one(counter.tap(card), ev.DebitSettled).task == task
    assert balance(ring, card) == (3200, 40)
    assert len(counter.journal.of_kind(FactKind.SALE)) == 1
    assert len(counter.journal.of_kind(FactKind.TICKET_ISSUED)) == 1
    done = [f for f in counter.journal.of_kind(FactKind.DEBIT_OUTCOME) if f.body["result"] == "done"]
    assert len(done) == 1
    counter.restart()
    assert len(counter.purse.purchases) == 0


@pytest.mark.parametrize("mishap", [Mishap.REPLY_LOST, Mishap.COMMAND_LOST, Mishap.POWER_LOST])
@pytest.mark.parametrize("frame", range(FRAMES_OF_A_DEBIT))
def test_a_debit_torn_before_a_power_cut_is_decided_at_the_next_tap(ring: KeyRing, frame: int, mishap: Mishap) -> None:
    """Torn, the kiosk restarts, the visitor only looks at the card: the chip decides, nothing is charged anew."""
    card, counter = make_card(ring, SEED), Counter(ring, SEED + 1)
    counter.arm_debit(1800)
    card.arm(Tear(frame, mishap))
    first = counter.tap(card)
    card.arm(None)
    paid_at_once = any(isinstance(event, ev.DebitSettled) for event in first)
    counter.restart()
    later = counter.tap(card)
    paid_later = any(isinstance(event, ev.DebitSettled) for event in later)
    assert not (paid_at_once and paid_later)
    paid = paid_at_once or paid_later
    assert balance(ring, card) == ((3200, 40) if paid else (5000, 0))
    assert len(counter.journal.of_kind(FactKind.SALE)) == (1 if paid else 0)
    counter.restart()
    assert len(counter.purse.purchases) == 0


@pytest.mark.parametrize("mishap", list(Mishap))
@pytest.mark.parametrize("frame", range(22))
def test_a_load_torn_anywhere_mints_nothing(ring: KeyRing, frame: int, mishap: Mishap) -> None:
    card, counter = make_card(ring, SEED), Counter(ring, SEED + 1)
    counter.arm_load(3000)
    card.arm(Tear(frame, mishap))
    first = counter.tap(card)
    card.arm(None)
    if not any(isinstance(event, ev.LoadSettled) for event in first):
        one(counter.tap(card), ev.LoadSettled)
    assert balance(ring, card) == (8000, 0)
    done = [f for f in counter.journal.of_kind(FactKind.LOAD_OUTCOME) if f.body["result"] == "done"]
    assert len(done) == 1


def test_a_card_left_on_the_reader_is_read_again_without_asking(ring: KeyRing, counter: Counter) -> None:
    """Only the answer was lost and the card still lies there: the visitor sees "paid", not a question."""
    card = make_card(ring, SEED)
    counter.arm_debit(1800)
    card.arm(Tear(commit_frame(ring), Mishap.REPLY_LOST))
    counter.reader.present(card)
    counter.settle()
    counter.reader.present(card)  # the reader's field came back
    counter.settle()
    assert one(counter.events, ev.DebitSettled).balance_cents == 3200


def commit_frame(ring: KeyRing) -> int:
    card, counter = make_card(ring, SEED), Counter(ring, SEED + 1)
    counter.arm_debit(1800)
    card.arm(None)
    counter.tap(card)
    return card.frames - 1


def test_a_swapped_card_with_an_older_life_is_called_altered(ring: KeyRing, counter: Counter) -> None:
    """In doubt on a card; a copy restored from before its last operations comes back: block and say so."""
    card = make_card(ring, SEED)
    counter.arm_debit(500)
    counter.tap(card)
    counter.restart()
    counter.arm_debit(1800)
    # The second debit of a day earns no points: one frame less before the commit.
    card.arm(Tear(commit_frame(ring) - 1, Mishap.REPLY_LOST))
    counter.tap(card)
    old = make_card(ring, SEED)
    refused = one(counter.tap(old), ev.CardRefused)
    assert refused.trouble is ev.CardTrouble.ALTERED


def test_several_cards_and_a_reader_unplugged_and_back(ring: KeyRing, counter: Counter, card: SimulatedCard) -> None:
    task = counter.arm_debit(1800)
    counter.reader.present_several()
    counter.settle()
    assert one(counter.events, ev.CardRefused) == ev.CardRefused(ev.CardTrouble.SEVERAL_CARDS, task=task)
    counter.reader.unplug()
    counter.settle()
    assert counter.events[-1] == ev.ReaderNews(ready=False)
    counter.reader.plug()
    counter.settle()
    assert counter.events[-1] == ev.ReaderNews(ready=True)
    assert one(counter.tap(card), ev.DebitSettled).task == task


def tickets(counter: Counter, card: SimulatedCard, ring: KeyRing) -> tuple[list[str], list[str]]:
    """(references that the chip carries, those of the tickets that were issued)."""
    seen = one(Counter(ring, 6, site=98).tap(card), ev.CardTapped)
    issued = [str(fact.body["ticket"])[-8:] for fact in counter.journal.of_kind(FactKind.TICKET_ISSUED)]
    return [ticket.name for ticket in seen.tickets], issued


def test_asking_again_after_a_doubt_pays_once_and_shows_the_ticket_owed(ring: KeyRing, counter: Counter) -> None:
    card = make_card(ring, SEED)
    first = counter.arm_debit(1800)
    card.arm(Tear(commit_frame(ring), Mishap.REPLY_LOST))
    counter.tap(card)
    counter.worker.disarm(first)
    second = counter.arm_debit(1800)
    settled = one(counter.tap(card), ev.DebitSettled)
    assert settled.task == first != second
    assert balance(ring, card) == (3200, 40)
    assert len(counter.journal.of_kind(FactKind.SALE)) == 1
    assert not any(isinstance(event, ev.DebitSettled) for event in counter.tap(card)), "the second request is over"


@pytest.mark.parametrize("torn", [False, True])
def test_card_ticket_and_code_are_one(ring: KeyRing, counter: Counter, torn: bool) -> None:
    card = make_card(ring, SEED)
    counter.arm_debit(1800)
    if torn:
        card.arm(Tear(commit_frame(ring), Mishap.REPLY_LOST))
        counter.tap(card)
        counter.restart()
    settled = one(counter.tap(card), ev.DebitSettled)
    carried, issued = tickets(counter, card, ring)
    assert carried == issued
    assert settled.ticket_payload.split()[1].endswith(issued[0])


class BrokenJournal:
    """Fails from the n-th append on, as a full disk does."""

    def __init__(self, counter: Counter, appends: int) -> None:
        self._journal = counter.journal
        self._left = appends

    def append(self, kind: str, body: object, fact_id: str | None = None) -> object:
        self._count()
        return self._journal.append(kind, body, fact_id)  # type: ignore[arg-type]

    def append_all(self, drafts: object) -> object:
        self._count()
        return self._journal.append_all(drafts)  # type: ignore[arg-type]

    def has_room(self) -> bool:
        return True

    def _count(self) -> None:
        if self._left == 0:
            raise JournalFull("the disk is full")
        self._left -= 1


@pytest.mark.parametrize(("appends", "in_doubt"), [(0, False), (1, False), (2, True)])
def test_a_disk_that_fills_in_the_middle_is_said_as_it_is(
    ring: KeyRing, counter: Counter, appends: int, in_doubt: bool
) -> None:
    """Before the intent nothing was taken; after it the screen says in doubt, and the next tap decides."""
    card = make_card(ring, SEED)
    broken = BrokenJournal(counter, appends)
    counter.purse._journal = broken  # type: ignore[assignment]
    task = counter.arm_debit(1800)
    events = counter.tap(card)
    if in_doubt:
        assert one(events, ev.CardPulled) == ev.CardPulled(task, in_doubt=True)
    else:
        assert one(events, ev.CardRefused) == ev.CardRefused(ev.CardTrouble.DISK_FULL, task=task)
        assert balance(ring, card) == (5000, 0)
    counter.restart()
    if in_doubt:
        assert one(counter.tap(card), ev.DebitSettled).amount_cents == 1800
        assert balance(ring, card) == (3200, 40)
        assert len(counter.journal.of_kind(FactKind.SALE)) == 1


def test_a_defect_while_writing_never_freezes_the_screen(ring: KeyRing, counter: Counter) -> None:
    """Whatever breaks in the card thread, the visitor is told and the thread lives on."""
    card = make_card(ring, SEED)
    printer = counter.purse._settling._printer

    def broken(order: object) -> str:
        raise RuntimeError("printer defect")

    counter.purse._settling._printer = type("Broken", (), {"ticket": staticmethod(broken)})()
    task = counter.arm_debit(1800)
    counter.reader.present(card)
    with pytest.raises(RuntimeError):
        counter.settle()
    counter.purse.failed(counter.worker._current())
    assert one(counter.events, ev.CardPulled) == ev.CardPulled(task, in_doubt=True)
    counter.purse._settling._printer = printer
    counter.settle()
    counter.reader.remove()
    assert one(counter.tap(card), ev.DebitSettled).amount_cents == 1800, "the next tap decides"
    assert len(counter.journal.of_kind(FactKind.SALE)) == 1


def test_a_debit_with_points_and_ticket_takes_fifteen_frames(ring: KeyRing, counter: Counter) -> None:
    """Design note "The card", Speed: at most 14 with points; the ticket that travels on the chip is one more."""
    card = make_card(ring, SEED)
    counter.tap(card)  # from now on the chip's generation is known
    counter.arm_debit(1800)
    card.arm(None)
    one(counter.tap(card), ev.DebitSettled)
    assert card.frames == 1 + 15, "FF CA for the UID is the reader's own answer, then 15 to the card"


def test_a_defect_before_the_intent_leaves_nothing_armed(ring: KeyRing, counter: Counter) -> None:
    """The card thread itself: the screen says that nothing was taken, and the next card is only looked at."""
    card, other = make_card(ring, SEED), make_card(ring, SEED + 9, number="00420306")
    look = counter.purse._look
    told = threading.Event()

    def broken() -> object:
        raise RuntimeError("a defect in the surroundings")

    def post(event: ev.Event) -> None:
        counter.events.append(event)
        if isinstance(event, ev.CardRefused | ev.CardTapped):
            told.set()

    counter.purse._look = broken  # type: ignore[assignment]
    counter.purse._post = counter.worker._post = post  # type: ignore[method-assign]
    task = counter.arm_debit(1800)
    counter.worker.start()
    try:
        counter.reader.present(card)
        assert told.wait(20)
        assert one(counter.events, ev.CardRefused) == ev.CardRefused(ev.CardTrouble.KIOSK_FAULT, task=task)
        counter.purse._look = look
        told.clear()
        counter.reader.present(other)
        assert told.wait(20)
    finally:
        counter.worker.stop()
    assert one(counter.events, ev.CardTapped).balance_cents == 5000
    assert counter.journal.of_kind(FactKind.DEBIT_INTENT) == []
