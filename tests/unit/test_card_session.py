"""The purse session against the simulated card: reading, debit, load, credits, points, keys, what is not ours."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from domain.cards import CardRights, CarriedTicket, ChipGeneration, PassRight, RecordKind
from hardware.card.desfire.crypto import diversify
from hardware.card.desfire.tmac import transaction_mac
from hardware.card.keys import KIOSK_KEYS, CardHandle, KeyMissing, KeyName, LocalVault
from hardware.card.layout import APPLICATION, LayoutError
from hardware.card.opening import KnownChips
from hardware.card.port import (
    Committed,
    ForeignCard,
    Lost,
    NotDone,
    NotOurs,
    ReaderOut,
    ReaderTrouble,
    Refused,
    Scope,
)
from hardware.card.session import POINTS_NOT_READ, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.factory import make_load
from hardware.card.simulated.foreign import SimulatedForeignCard
from hardware.card.simulated.reader import SimulatedReader
from tests.fixtures.cards import MONTH, Bench, debit_write, load_write, make_bench, opened, read_all, write_of


@pytest.fixture
def bench() -> Bench:
    return make_bench(11)


@pytest.mark.parametrize("generation", [1, 2, 3])
@pytest.mark.parametrize("random_uid", [False, True])
def test_every_generation_reads_and_writes(bench: Bench, generation: int, random_uid: bool) -> None:
    card = bench.card(generation=generation, random_uid=random_uid, balance_cents=5_000)
    session = opened(bench.reader.connect(), bench.kiosk)
    reading = read_all(session)
    assert (reading.card_uid, reading.chip) == (card.uid, ChipGeneration(generation))
    assert (reading.balance_cents, reading.points, reading.state.operation_number) == (5_000, 0, 2)
    assert reading.transaction_counter == (None if generation == 1 else 2)
    assert reading.credits is not None
    assert reading.credits.month_loads_cents == 5_000
    transfer = bench.new_id()
    done = session.commit(debit_write(reading, 1_800, transfer, points=40))
    assert isinstance(done, Committed), done
    after = read_all(opened(bench.reader.connect(), bench.kiosk))
    assert (after.balance_cents, after.points) == (3_200, 40)
    assert after.records[0].transfer_id == transfer
    assert after.records[1].kind is RecordKind.LOAD
    assert after.state.visited_sites == (3,)


def test_a_debit_is_eleven_exchanges_and_one_authentication(bench: Bench) -> None:
    bench.card(balance_cents=5_000)
    known = KnownChips()
    assert not isinstance(open_card(bench.reader.connect(), bench.kiosk, known=known), NotOurs)
    session = open_card(bench.reader.connect(), bench.kiosk, known=known)
    assert not isinstance(session, NotOurs | Refused | Lost | ReaderOut)
    reading = read_all(session, records=0, scope=Scope.PURSE)
    assert (reading.points, reading.rights, reading.credits) == (POINTS_NOT_READ, None, None)
    done = session.commit(debit_write(reading, 100, bench.new_id()))
    assert isinstance(done, Committed)
    assert done.points == POINTS_NOT_READ
    assert session.exchanges == 11


def test_own_code_of_a_debit_stays_small(bench: Bench) -> None:
    """15 ms of our own code per debit: the bound of the design, generous here as the card's side is counted too."""
    bench.card(balance_cents=15_000)
    known = KnownChips()
    took = []
    for _ in range(20):
        started = time.perf_counter()
        session = open_card(bench.reader.connect(), bench.kiosk, known=known)
        assert not isinstance(session, NotOurs | Refused | Lost | ReaderOut)
        reading = read_all(session, records=0, scope=Scope.PURSE)
        assert isinstance(session.commit(debit_write(reading, 1, bench.new_id())), Committed)
        took.append(time.perf_counter() - started)
    assert sorted(took)[10] < 0.015


def test_the_transaction_mac_is_the_servers_to_verify(bench: Bench) -> None:
    card = bench.card(balance_cents=5_000)
    session = opened(bench.reader.connect(), bench.kiosk)
    done = session.commit(debit_write(read_all(session, records=1), 700, bench.new_id(), points=40))
    assert isinstance(done, Committed)
    assert done.transaction_counter == 3
    master = bench.ring.masters[KeyName.TRANSACTION_MAC][1]
    key = diversify(master, card.uid + APPLICATION + bench.ring.system_id)
    assert transaction_mac(key, 3, card.uid, done.commands) == done.transaction_mac
    assert transaction_mac(key, 4, card.uid, done.commands) != done.transaction_mac
    assert transaction_mac(key, 3, card.uid, done.commands[:-1]) != done.transaction_mac


def test_the_transaction_mac_of_a_load_starts_at_its_second_authentication(bench: Bench) -> None:
    card = bench.card()
    session = opened(bench.reader.connect(), bench.issuer)
    done = session.commit(load_write(read_all(session), 2_000, bench.new_id()))
    assert isinstance(done, Committed)
    assert {command[0] for command in done.commands} == {0x0C, 0x8B, 0x8D}
    key = diversify(bench.ring.masters[KeyName.TRANSACTION_MAC][1], card.uid + APPLICATION + bench.ring.system_id)
    assert transaction_mac(key, done.transaction_counter or 0, card.uid, done.commands) == done.transaction_mac


@pytest.mark.parametrize("kind", list(RecordKind))
@pytest.mark.parametrize("generation", [1, 3])
def test_every_kind_of_operation_raises_the_operation_number_by_one(
    bench: Bench, kind: RecordKind, generation: int
) -> None:
    bench.card(generation=generation, balance_cents=5_000)
    session = opened(bench.reader.connect(), bench.issuer)
    awarded = session.commit(write_of(RecordKind.AWARD, read_all(session), 500, bench.new_id()))
    assert isinstance(awarded, Committed)
    session = opened(bench.reader.connect(), bench.issuer)
    before = read_all(session)
    done = session.commit(write_of(kind, before, 300, bench.new_id()))
    assert isinstance(done, Committed), done
    after = read_all(opened(bench.reader.connect(), bench.kiosk))
    assert after.state.operation_number == before.state.operation_number + 1
    assert (after.balance_cents, after.points) == (done.balance_cents, done.points)
    assert after.records[0].kind is kind
    if generation == 3:
        assert after.transaction_counter == (before.transaction_counter or 0) + 1


def test_a_kiosk_cannot_make_euros(bench: Bench) -> None:
    card = bench.card(balance_cents=1_000)
    session = opened(bench.reader.connect(), bench.kiosk)
    assert session.commit(load_write(read_all(session), 500, bench.new_id())) == NotDone("this device has no load key")
    assert card.memory.applications[APPLICATION].files[1].value == 1_000
    handle = CardHandle(card.uid, ChipGeneration.EV3)
    with pytest.raises(KeyMissing):
        bench.kiosk.authenticate(object(), 2, handle)  # type: ignore[arg-type]


def test_the_chip_itself_refuses_more_than_it_holds_or_may_hold(bench: Bench) -> None:
    bench.card(balance_cents=1_000)
    session = opened(bench.reader.connect(), bench.kiosk)
    assert isinstance(session.commit(debit_write(read_all(session), 1_001, bench.new_id())), NotDone)
    session = opened(bench.reader.connect(), bench.issuer)
    assert isinstance(session.commit(load_write(read_all(session), 14_001, bench.new_id())), NotDone)
    assert read_all(opened(bench.reader.connect(), bench.kiosk)).balance_cents == 1_000


def test_rights_and_tickets_travel_in_the_same_commit(bench: Bench) -> None:
    bench.card(balance_cents=1_000)
    session = opened(bench.reader.connect(), bench.kiosk)
    rights = CardRights((PassRight(3, 9_800, 9_900, 5),), (CarriedTicket(0xA1B2C3D4, 9_811, 2),))
    write = replace(debit_write(read_all(session), 1_000, bench.new_id()), rights=rights)
    assert isinstance(session.commit(write), Committed)
    assert read_all(opened(bench.reader.connect(), bench.kiosk)).rights == rights


def test_the_record_file_wraps_at_ten(bench: Bench) -> None:
    bench.card(balance_cents=5_000)
    ids = []
    for _ in range(12):
        session = opened(bench.reader.connect(), bench.kiosk)
        ids.append(bench.new_id())
        assert isinstance(session.commit(debit_write(read_all(session, records=0), 1, ids[-1])), Committed)
    reading = read_all(opened(bench.reader.connect(), bench.kiosk))
    assert [r.transfer_id for r in reading.records] == ids[:1:-1]


def test_misuse_is_an_error_and_not_a_write(bench: Bench) -> None:
    bench.card(balance_cents=1_000)
    session = opened(bench.reader.connect(), bench.issuer)
    with pytest.raises(ValueError, match="read the card"):
        session.commit(debit_write(read_all(opened(bench.reader.connect(), bench.issuer)), 1, bench.new_id()))
    session = opened(bench.reader.connect(), bench.issuer)
    reading = read_all(session)
    stale = replace(reading, state=replace(reading.state, operation_number=1))
    with pytest.raises(ValueError, match="operation number"):
        session.commit(debit_write(stale, 1, bench.new_id()))
    session = opened(bench.reader.connect(), bench.issuer)
    reading = read_all(session)
    with pytest.raises(ValueError, match="two commits"):
        session.commit(replace(make_load(reading, 5, bench.new_id(), MONTH), points_delta=1))
    session = opened(bench.reader.connect(), bench.kiosk)
    reading = read_all(session)
    too_big = replace(debit_write(reading, 1, bench.new_id()), state=replace(reading.state, offline_sum_cents=1 << 24))
    too_big = replace(too_big, state=replace(too_big.state, operation_number=reading.state.operation_number + 1))
    assert isinstance(session.commit(too_big), NotDone)


def test_a_mixed_fleet_of_key_versions_works(bench: Bench) -> None:
    bench.card(balance_cents=1_000)
    newer = bench.ring.rotated(KeyName.SITE, bench.chance).rotated(KeyName.LOAD, bench.chance)
    vault = LocalVault(newer, bench.chance)
    session = opened(bench.reader.connect(), vault)
    assert isinstance(session.commit(load_write(read_all(session), 500, bench.new_id())), Committed)


def test_another_territorys_keys_are_refused(bench: Bench) -> None:
    bench.card(balance_cents=1_000)
    stranger = make_bench(99)
    result = open_card(bench.reader.connect(), stranger.kiosk)
    assert isinstance(result, Refused)
    assert "authentication_error" in result.reason
    assert read_all(opened(bench.reader.connect(), bench.kiosk)).balance_cents == 1_000


def test_a_copied_application_on_another_chip_is_refused(bench: Bench) -> None:
    original = bench.card(balance_cents=9_000)
    clone = SimulatedCard.blank(bench.chance)
    clone.memory.applications = original.memory.applications
    bench.reader.present(clone)
    assert isinstance(open_card(bench.reader.connect(), bench.kiosk), Refused)


def test_an_ev2_card_shown_as_ev1_is_refused(bench: Bench) -> None:
    card = bench.card(generation=3, balance_cents=9_000)
    card.memory.generation = 1
    session = opened(bench.reader.connect(), bench.kiosk)
    assert session.read(records=0) == Refused("the card was issued as another generation")


def test_damaged_content_is_refused_by_name(bench: Bench) -> None:
    card = bench.card()
    card.memory.applications[APPLICATION].files[0].data = b"\x02" + bytes(31)
    session = opened(bench.reader.connect(), bench.kiosk)
    assert session.read(records=0) == Refused("file 00 has layout version 2")


@pytest.mark.parametrize("what", [w for w in ForeignCard if w is not ForeignCard.EMPTY_DESFIRE])
def test_foreign_cards_have_their_own_outcome(bench: Bench, what: ForeignCard) -> None:
    foreign = SimulatedForeignCard(what)
    bench.reader.present(foreign, foreign.atr)
    assert open_card(bench.reader.connect(), bench.kiosk, atr=foreign.atr) == NotOurs(what)


def test_an_empty_desfire_and_a_lost_card_and_a_missing_reader(bench: Bench) -> None:
    bench.reader.present(SimulatedCard.blank(bench.chance))
    channel = bench.reader.connect()
    assert open_card(channel, bench.kiosk) == NotOurs(ForeignCard.EMPTY_DESFIRE)
    bench.reader.remove()
    assert open_card(channel, bench.kiosk) == Lost()
    bench.reader.unplug(ReaderTrouble.NO_SERVICE)
    assert open_card(channel, bench.kiosk) == ReaderOut(ReaderTrouble.NO_SERVICE)


class MutatingChannel:
    """Answers that are cut, lengthened or changed in one byte, at one exchange."""

    def __init__(self, bench: Bench, reader: SimulatedReader, at: int, how: int) -> None:
        self._channel = reader.connect()
        self._bench, self._at, self._how, self._count = bench, at, how, 0

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        data, word = self._channel.transmit(apdu)
        index, self._count = self._count, self._count + 1
        if index != self._at:
            return data, word
        noise = self._bench.chance.token(8)
        if self._how == 0:
            return data[: len(data) // 2], word
        if self._how == 1:
            return data + noise, word
        if self._how == 2 and data:
            place = noise[0] % len(data)
            return data[:place] + bytes([data[place] ^ (noise[1] or 1)]) + data[place + 1 :], word
        if self._how == 3:
            return data, 0x9100 | noise[2]
        return noise * 9, int.from_bytes(noise[:2], "big")

    def close(self) -> None:
        self._channel.close()


@pytest.mark.parametrize("how", range(5))
def test_mutated_answers_never_make_money_nor_crash(bench: Bench, how: int) -> None:
    card = bench.card(balance_cents=1_000)
    value = card.memory.applications[APPLICATION].files[1]
    for at in range(22):
        before = value.value
        session = open_card(MutatingChannel(bench, bench.reader, at, how), bench.kiosk)
        if isinstance(session, NotOurs | Refused | Lost | ReaderOut):
            assert value.value == before
            continue
        result = session.read(records=1)
        if isinstance(result, NotOurs | Refused | Lost | ReaderOut):
            assert value.value == before
            continue
        assert result.reading.balance_cents == before, "a changed balance was believed"
        answer = session.commit(debit_write(result.reading, 10, bench.new_id()))
        if isinstance(answer, NotDone):
            assert value.value == before
        elif isinstance(answer, Committed):
            assert (value.value, answer.balance_cents) == (before - 10, before - 10)


def test_layout_refuses_what_does_not_fit() -> None:
    from hardware.card.layout import decode_identity, decode_record, encode_rights, encode_state

    bench = make_bench(3)
    bench.card()
    state = read_all(opened(bench.reader.connect(), bench.kiosk)).state
    with pytest.raises(LayoutError):
        encode_state(replace(state, visited_sites=tuple(range(1, 11))))
    with pytest.raises(LayoutError):
        encode_rights(CardRights(tickets=(CarriedTicket(1, 1, 1),) * 4))
    for bad in (bytes(32), bytes(31), b"\x01" + b"\xff" * 31):
        with pytest.raises(LayoutError):
            decode_identity(bad)
    with pytest.raises(LayoutError):
        decode_record(b"\x01" + bytes(31))


def test_keys_are_never_printed(bench: Bench) -> None:
    bench.card()
    session = opened(bench.reader.connect(), bench.kiosk)
    secrets = [key.hex() for versions in bench.ring.masters.values() for key in versions.values()]
    shown = f"{bench.ring!r} {bench.kiosk!r} {session!r} {session._session!r} {bench.ring.only(KIOSK_KEYS)!r}"
    assert not any(secret in shown.lower() for secret in secrets)
    assert "k_mac" not in shown
