"""One contract for every place a card can lie: in process, and over the real pcscd, vpcd and pyscard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from hardware.card.pcsc import PcscReader, list_readers
from hardware.card.port import (
    CardLost,
    CardPresent,
    CardReader,
    CardRemoved,
    Committed,
    InDoubt,
    NotOurs,
    ReaderDown,
    ReaderEvent,
    ReaderReady,
    ReaderTrouble,
    ReaderUnavailable,
)
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from hardware.card.simulated.reader import AnyCard, SimulatedReader
from hardware.card.simulated.vpcd import VpcdAddress, VpcdCard, VpcdUnavailable
from tests.fixtures.cards import Bench, debit_write, load_write, make_bench, opened, read_all
from tests.fixtures.pcscd import READER_NAME, PrivatePcscd, pcscd

__all__ = ["pcscd"]

GET_VERSION = bytes.fromhex("9060000000")
EVENT_SECONDS = 10.0


class Hands(Protocol):
    """Puts a card on the reader under test and takes it away."""

    def present(self, card: AnyCard) -> None: ...

    def remove(self) -> None: ...


@dataclass
class InProcessHands:
    reader: SimulatedReader

    def present(self, card: AnyCard) -> None:
        self.reader.present(card)

    def remove(self) -> None:
        self.reader.remove()


class VpcdHands:
    """Serves a card to vpcd on a thread of its own."""

    def __init__(self, port: int) -> None:
        self._address = VpcdAddress("127.0.0.1", port)
        self._card: VpcdCard | None = None
        self._thread: threading.Thread | None = None
        self.errors: list[VpcdUnavailable] = []

    def present(self, card: AnyCard) -> None:
        self.remove()
        served = VpcdCard(card, self._address)

        def serve() -> None:
            try:
                served.serve()
            except VpcdUnavailable as error:
                self.errors.append(error)

        self._card = served
        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()

    def remove(self) -> None:
        if self._card is not None and self._thread is not None:
            self._card.leave()
            self._thread.join(5)
            assert not self._thread.is_alive()
            self._card = self._thread = None


@dataclass
class Place:
    reader: CardReader
    hands: Hands

    def until(self, kind: type[ReaderEvent]) -> ReaderEvent:
        """The next event of that kind; a failing test after ten seconds."""
        deadline = time.monotonic() + EVENT_SECONDS
        seen = []
        while time.monotonic() < deadline:
            event = self.reader.wait(1.0)
            seen.append(event)
            if isinstance(event, kind):
                return event
        raise AssertionError(f"no {kind.__name__}, only {seen}")


@pytest.fixture(params=["in_process", "pcscd"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "in_process":
        simulated = SimulatedReader()
        yield Place(simulated, InProcessHands(simulated))
        simulated.close()
        return
    service: PrivatePcscd = request.getfixturevalue("pcscd")
    hands = VpcdHands(service.port)
    reader = PcscReader(READER_NAME + " 00 00")
    until_empty(reader)
    yield Place(reader, hands)
    hands.remove()
    reader.close()


def until_empty(reader: PcscReader) -> None:
    """pcscd polls its driver: the card of the test before may still be told for a moment."""
    present = False
    deadline = time.monotonic() + EVENT_SECONDS
    while time.monotonic() < deadline:
        event = reader.wait(0.1)
        if isinstance(event, CardPresent):
            present = True
        elif isinstance(event, CardRemoved) or (event is None and not present):
            return
    raise AssertionError("a card stays on the virtual reader")


@pytest.fixture
def bench() -> Bench:
    return make_bench(5)


def test_tells_present_then_removed(place: Place, bench: Bench) -> None:
    place.hands.present(bench.card())
    first = place.until(CardPresent)
    assert isinstance(first, CardPresent)
    assert first.atr == bytes.fromhex("3B8180018080")
    place.hands.remove()
    removed = place.until(CardRemoved)
    assert removed == CardRemoved(first.presence)
    place.hands.present(bench.card(number="00000002"))
    second = place.until(CardPresent)
    assert isinstance(second, CardPresent)
    assert second.presence > first.presence


def test_waits_no_longer_than_asked(place: Place) -> None:
    while place.reader.wait(0.05) is not None:
        pass
    started = time.monotonic()
    assert place.reader.wait(0.05) is None
    assert time.monotonic() - started < 2


def test_connect_without_card_is_card_lost(place: Place) -> None:
    with pytest.raises(CardLost):
        place.reader.connect()


def test_transmits_and_answers(place: Place) -> None:
    card = SimulatedCard.blank(make_bench().chance, uid=bytes.fromhex("04112233445566"))
    place.hands.present(card)
    place.until(CardPresent)
    channel = place.reader.connect()
    data, word = channel.transmit(GET_VERSION)
    assert (len(data), word) == (7, 0x91AF)
    assert channel.transmit(bytes.fromhex("FFCA000000")) == (bytes.fromhex("04112233445566"), 0x9000)
    channel.close()
    channel.close()
    with pytest.raises(CardLost):
        channel.transmit(GET_VERSION)


def test_a_whole_load_and_debit(place: Place, bench: Bench) -> None:
    place.hands.present(bench.card())
    place.until(CardPresent)
    channel = place.reader.connect()
    session = opened(channel, bench.issuer)
    loaded = session.commit(load_write(read_all(session), 5_000, bench.new_id()))
    assert isinstance(loaded, Committed), loaded
    channel.close()
    channel = place.reader.connect()
    session = opened(channel, bench.kiosk)
    reading = read_all(session, records=1)
    assert reading.balance_cents == 5_000
    done = session.commit(debit_write(reading, 1_800, bench.new_id(), points=40))
    assert isinstance(done, Committed), done
    assert (done.balance_cents, done.points, done.operation_number) == (3_200, 40, 3)
    assert done.transaction_counter == 3
    after = read_all(session)
    channel.close()
    assert (after.balance_cents, after.points, len(after.records)) == (3_200, 40, 2)


@pytest.mark.parametrize("mishap", [Mishap.COMMAND_LOST, Mishap.REPLY_LOST, Mishap.POWER_LOST])
def test_a_lost_commit_is_in_doubt_and_the_card_decides(place: Place, bench: Bench, mishap: Mishap) -> None:
    card = bench.card(balance_cents=5_000)
    place.hands.present(card)
    place.until(CardPresent)
    channel = place.reader.connect()
    session = opened(channel, bench.kiosk)
    reading = read_all(session, records=0)
    transfer = bench.new_id()
    card.arm(Tear(3, mishap))  # debit, record, state, then the commit
    answer = session.commit(debit_write(reading, 1_000, transfer))
    assert isinstance(answer, InDoubt), answer
    channel.close()
    place.until(CardRemoved)
    place.hands.present(card)
    place.until(CardPresent)
    channel = place.reader.connect()
    after = read_all(opened(channel, bench.kiosk))
    channel.close()
    happened = mishap is Mishap.REPLY_LOST
    assert after.balance_cents == (4_000 if happened else 5_000)
    assert (transfer in [r.transfer_id for r in after.records]) is happened


def test_card_taken_away_between_frames(place: Place, bench: Bench) -> None:
    place.hands.present(bench.card())
    place.until(CardPresent)
    channel = place.reader.connect()
    place.hands.remove()
    place.until(CardRemoved)
    with pytest.raises(CardLost):
        channel.transmit(GET_VERSION)
    channel.close()


def test_empty_desfire_is_not_ours(place: Place, bench: Bench) -> None:
    place.hands.present(SimulatedCard.blank(bench.chance))
    place.until(CardPresent)
    channel = place.reader.connect()
    assert isinstance(open_card(channel, bench.kiosk), NotOurs)
    channel.close()


def test_close_wakes_a_waiting_thread(place: Place) -> None:
    while place.reader.wait(0.05) is not None:
        pass
    ended = threading.Event()

    def wait() -> None:
        place.reader.wait(30)
        ended.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    place.reader.close()
    assert ended.wait(5)
    thread.join(5)


class TestRealService:
    """What only the real service can show: its restart, and another program holding the reader."""

    @pytest.fixture(autouse=True)
    def empty(self, pcscd: PrivatePcscd) -> None:
        reader = PcscReader(READER_NAME + " 00 00")
        until_empty(reader)
        reader.close()

    def wait_for(self, reader: PcscReader, wanted: Callable[[ReaderEvent], bool]) -> ReaderEvent:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            event = reader.wait(0.5)
            if event is not None and wanted(event):
                return event
        raise AssertionError("the event did not come")

    def test_survives_a_restart(self, pcscd: PrivatePcscd, bench: Bench) -> None:
        reader = PcscReader(READER_NAME + " 00 00")
        self.wait_for(reader, lambda e: isinstance(e, ReaderReady))
        pcscd.stop()
        try:
            down = self.wait_for(reader, lambda e: isinstance(e, ReaderDown))
            assert isinstance(down, ReaderDown)
            assert down.trouble is ReaderTrouble.NO_SERVICE
            with pytest.raises(ReaderUnavailable):
                reader.connect()
            with pytest.raises(ReaderUnavailable):
                list_readers()
        finally:
            pcscd.start()
        self.wait_for(reader, lambda e: isinstance(e, ReaderReady))
        hands = VpcdHands(pcscd.port)
        hands.present(bench.card())
        self.wait_for(reader, lambda e: isinstance(e, CardPresent))
        channel = reader.connect()
        assert isinstance(open_card(channel, bench.kiosk), CardSession)
        channel.close()
        hands.remove()
        reader.close()

    def test_a_reader_held_by_another_program_is_busy(self, pcscd: PrivatePcscd, bench: Bench) -> None:
        hands = VpcdHands(pcscd.port)
        hands.present(bench.card())
        first, second = PcscReader(READER_NAME + " 00 00"), PcscReader(READER_NAME + " 00 00")
        self.wait_for(first, lambda e: isinstance(e, CardPresent))
        self.wait_for(second, lambda e: isinstance(e, CardPresent))
        held = first.connect()
        with pytest.raises(ReaderUnavailable) as caught:
            second.connect()
        assert caught.value.trouble is ReaderTrouble.BUSY
        held.close()
        second.connect().close()
        hands.remove()
        first.close()
        second.close()

    def test_an_unknown_reader_is_told_once(self, pcscd: PrivatePcscd) -> None:
        reader = PcscReader("no such reader")
        assert reader.wait(1.0) == ReaderDown(ReaderTrouble.NO_READER)
        assert reader.wait(1.0) is None
        assert READER_NAME + " 00 00" in list_readers()
        reader.close()
