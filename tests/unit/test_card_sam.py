"""The key module in the second slot: loads work through it, its key stays in it, and without it nothing is loaded."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from hardware.card.keys import KIOSK_KEYS, KeyName, KeyRing, LocalVault
from hardware.card.port import CardReader, Committed, NotDone
from hardware.card.sam import SamUnusable, SamVault, build_verify, parse_info
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.simulated.sam import ATR, SimulatedSam
from kiosk.workers.card import SplitVault
from tests.fixtures.cards import Bench, load_write, make_bench, opened, read_all

SECRET = b"desk 7 secret"


@dataclass
class Slot:
    """A second reader that keeps every answer of the module that went through it."""

    reader: SimulatedReader
    sam: SimulatedSam
    heard: bytes = b""

    def power_up(self) -> None:
        self.sam.power_up()

    def exchange(self, frame: bytes) -> bytes:
        answer = self.sam.exchange(frame)
        self.heard += answer
        return answer


def make_slot(bench: Bench, ring: KeyRing | None = None) -> Slot:
    keys = (ring or bench.ring).only(frozenset({KeyName.LOAD}))
    slot = Slot(SimulatedReader("SAM"), SimulatedSam(keys, SECRET, bench.chance))
    slot.reader.present(slot, ATR)
    return slot


def desk_of(bench: Bench, reader: CardReader) -> tuple[SplitVault, SamVault]:
    sam = SamVault.unlock(reader, SECRET)
    return SplitVault(LocalVault(bench.ring.only(KIOSK_KEYS), bench.chance), sam), sam


@pytest.fixture
def bench() -> Bench:
    return make_bench(81)


@pytest.mark.parametrize("generation", [1, 2, 3])
@pytest.mark.parametrize("random_uid", [False, True])
def test_a_load_through_the_module(bench: Bench, generation: int, random_uid: bool) -> None:
    bench.card(generation=generation, random_uid=random_uid, balance_cents=1_000)
    slot = make_slot(bench)
    desk, sam = desk_of(bench, slot.reader)
    assert sam.holds(KeyName.LOAD)
    assert not sam.holds(KeyName.SITE)
    session = open_card(bench.reader.connect(), desk)
    assert isinstance(session, CardSession), session
    done = session.commit(load_write(read_all(session), 2_500, bench.new_id()))
    assert isinstance(done, Committed), done
    assert read_all(opened(bench.reader.connect(), bench.kiosk)).balance_cents == 3_500


def test_neither_master_nor_card_key_ever_leaves_the_module(bench: Bench) -> None:
    from hardware.card.desfire.crypto import diversify
    from hardware.card.layout import APPLICATION

    card = bench.card(balance_cents=1_000)
    slot = make_slot(bench)
    desk, sam = desk_of(bench, slot.reader)
    session = open_card(bench.reader.connect(), desk)
    assert isinstance(session, CardSession)
    assert isinstance(session.commit(load_write(read_all(session), 2_500, bench.new_id())), Committed)
    master = bench.ring.masters[KeyName.LOAD][1]
    assert len(slot.heard) > 32
    assert master not in slot.heard
    assert diversify(master, card.uid + APPLICATION + bench.ring.system_id) not in slot.heard
    assert SECRET not in slot.heard
    assert repr(sam) == "SamVault(load)"


def test_without_the_module_nothing_is_loaded(bench: Bench) -> None:
    card = bench.card(balance_cents=1_000)
    slot = make_slot(bench)
    desk, sam = desk_of(bench, slot.reader)
    session = open_card(bench.reader.connect(), desk)
    assert isinstance(session, CardSession)
    reading = read_all(session)
    slot.reader.remove()
    assert session.commit(load_write(reading, 500, bench.new_id())) == NotDone("no load key here")
    assert not sam.holds(KeyName.LOAD)
    bench.reader.present(card)
    assert read_all(opened(bench.reader.connect(), bench.kiosk)).balance_cents == 1_000
    with pytest.raises(SamUnusable, match="no key module"):
        SamVault.unlock(slot.reader, SECRET)


def test_a_closed_module_wants_its_secret_again(bench: Bench) -> None:
    slot = make_slot(bench)
    _, sam = desk_of(bench, slot.reader)
    sam.close()
    assert not sam.holds(KeyName.LOAD)
    channel = slot.reader.connect()
    assert channel.transmit(bytes.fromhex("8012000000")) == (b"", 0x6982)


def test_three_wrong_secrets_end_the_module(bench: Bench) -> None:
    slot = make_slot(bench)
    for left in (2, 1, 0):
        with pytest.raises(SamUnusable, match=f"{left} tries left"):
            SamVault.unlock(slot.reader, b"guess")
    with pytest.raises(SamUnusable, match="refuses its secret"):
        SamVault.unlock(slot.reader, SECRET)
    with pytest.raises(ValueError):
        build_verify(b"abc")


def test_a_module_with_both_versions_serves_a_mixed_fleet(bench: Bench) -> None:
    bench.card(balance_cents=1_000)
    slot = make_slot(bench, bench.ring.rotated(KeyName.LOAD, bench.chance))
    desk, _ = desk_of(bench, slot.reader)
    session = open_card(bench.reader.connect(), desk)
    assert isinstance(session, CardSession)
    assert isinstance(session.commit(load_write(read_all(session), 500, bench.new_id())), Committed)


def test_another_territorys_module_makes_no_euros(bench: Bench) -> None:
    card = bench.card(balance_cents=1_000)
    slot = make_slot(bench, make_bench(82).ring)
    desk, _ = desk_of(bench, slot.reader)
    session = open_card(bench.reader.connect(), desk)
    assert isinstance(session, CardSession)
    answer = session.commit(load_write(read_all(session), 500, bench.new_id()))
    assert isinstance(answer, NotDone)
    assert "authentication_error" in answer.reason
    bench.reader.present(card)
    assert read_all(opened(bench.reader.connect(), bench.kiosk)).balance_cents == 1_000


def test_a_city_card_in_the_slot_is_no_module(bench: Bench) -> None:
    bench.card()
    with pytest.raises(SamUnusable):
        SamVault.unlock(bench.reader, SECRET)


@pytest.mark.parametrize("data", ["02", "0200", "020201", "0901010201"])
def test_what_it_tells_is_checked(data: str) -> None:
    with pytest.raises(SamUnusable):
        parse_info(bytes.fromhex(data))


@pytest.mark.parametrize("seed", [1, 2])
def test_random_commands_get_a_status_and_no_key(bench: Bench, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    slot = make_slot(bench)
    master = bench.ring.masters[KeyName.LOAD][1]
    channel = slot.reader.connect()
    for number in range(3_000):
        if number == 1_500:
            slot.sam.power_up()
            assert channel.transmit(build_verify(SECRET))[1] == 0x9000
        body = chance.randbytes(chance.choice((0, 1, 16, 25, 25, 32)))
        head = bytes([0x80, chance.choice((0x10, 0x11, 0x12, chance.randrange(256))), chance.choice((0, 2, 3, 9)), 2])
        frame = chance.choice((chance.randbytes(chance.randrange(40)), head + bytes([len(body)]) + body))
        if frame[:2] == b"\x00\x20":
            continue
        assert len(channel.transmit(frame)[0]) in (0, 3, 16, 32, 36)
    assert master not in slot.heard


def test_a_card_that_lies_in_the_handshake_is_found_out(bench: Bench) -> None:
    """The proof of the card is checked inside the module: no session keys for a card that does not know the key."""
    slot = make_slot(bench)
    channel = slot.reader.connect()
    channel.transmit(build_verify(SECRET))
    uid = bytes.fromhex("04010203040506")
    start = bytes([0x80, 0x10, 2, 2, 25, 1, 7]) + uid + bytes(16) + b"\0"
    assert channel.transmit(start)[1] == 0x9000
    assert channel.transmit(bytes([0x80, 0x11, 0, 0, 32]) + bytes(32) + b"\0") == (b"", 0x6988)
    assert channel.transmit(bytes([0x80, 0x11, 0, 0, 32]) + bytes(32) + b"\0") == (b"", 0x6985)
