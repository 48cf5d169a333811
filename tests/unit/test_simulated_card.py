"""The simulated card by itself: closed after personalisation, access rights, staging, limits, persistence, noise."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.card.desfire.apdu import wrap
from hardware.card.desfire.auth import Ev2Authentication
from hardware.card.desfire.commands import (
    AccessRights,
    Command,
    Ins,
    Mode,
    change_value,
    commit_transaction,
    create_application,
    create_cyclic_file,
    create_data_file,
    create_transaction_mac_file,
    create_value_file,
    get_value,
    parse_value,
    read_data,
    read_records,
    write_data,
    write_record,
)
from hardware.card.desfire.ev2 import Ev2Session
from hardware.card.desfire.status import CardRefused, Status
from hardware.card.desfire.tmac import previous_reader_id, transaction_mac
from hardware.card.keys import LocalVault
from hardware.card.layout import APPLICATION
from hardware.card.link import DesfireLink
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.chip_memory import CardFileError, KeySlot
from hardware.card.simulated.factory import make_identity, make_personalised_card
from hardware.card.simulated.reader import SimulatedReader
from tests.fixtures.cards import SeededChance, debit_write, make_bench, opened, read_all

AID = bytes.fromhex("123456")
FREE = AccessRights(0xE, 0xE, 0xE, 0xE)
ZERO = bytes(16)


class Desk:
    """A card under test with a link to it."""

    def __init__(self, generation: int = 3, seed: int = 41) -> None:
        self.chance = SeededChance(seed)
        self.card = SimulatedCard.blank(self.chance, generation=generation)
        self.reader = SimulatedReader()
        self.reader.present(self.card)
        self.link = DesfireLink(self.reader.connect())

    def authenticate(self, number: int = 0, key: bytes = ZERO, previous: Ev2Session | None = None) -> Ev2Session:
        return self.link.shake_hands(Ev2Authentication(key, number, self.chance.token(16), previous))

    def application(self) -> Ev2Session:
        """A fresh open application, selected, with a session of key 0."""
        self.card.memory.picc_key = KeySlot("aes")
        self.link.plain(Ins.CREATE_APPLICATION, AID + b"\x0f\x84")
        self.link.select(AID)
        return self.authenticate()

    def run(self, session: Ev2Session, command: Command) -> bytes:
        return self.link.run(session, command)

    def refused(self, session: Ev2Session, command: Command) -> object:
        with pytest.raises(CardRefused) as caught:
            self.link.run(session, command)
        return caught.value.status


@pytest.mark.parametrize("generation", [1, 3])
def test_a_personalised_card_is_closed_to_strangers(generation: int) -> None:
    bench = make_bench(42)
    card = bench.card(generation=generation)
    before = card.memory.applications[APPLICATION].files.keys()
    link = DesfireLink(bench.reader.connect())
    attempts = [
        (Ins.FORMAT_PICC, b""),
        (Ins.DELETE_APPLICATION, APPLICATION),
        (Ins.CREATE_APPLICATION, AID + b"\x0f\x81"),
        (Ins.GET_APPLICATION_IDS, b""),
        (Ins.CHANGE_KEY_SETTINGS, b"\x0f"),
        (Ins.SET_CONFIGURATION, b"\x00\x02"),
    ]
    for level, more in ((bytes(3), []), (APPLICATION, [(Ins.DELETE_FILE, b"\x01"), (Ins.GET_VALUE, b"\x01")])):
        for instruction, payload in attempts + more:
            link.select(level)
            with pytest.raises(CardRefused) as caught:
                link.plain(instruction, payload)
            assert caught.value.status is Status.PERMISSION_DENIED, (level, instruction)
    create = create_data_file(9, Mode.PLAIN, FREE, 32, backup=False)
    link.select(APPLICATION)
    with pytest.raises(CardRefused):
        link.plain(create.instruction, create.header)
    assert card.memory.applications[APPLICATION].files.keys() == before
    assert (card.memory.picc_settings, card.memory.applications[APPLICATION].settings) == (0x09, 0x0B)
    link.select(bytes(3))
    with pytest.raises(CardRefused):
        link.frame(0x1A, b"\x00")
        link.plain(Ins.AUTHENTICATE_ISO, b"\x00")


def test_even_the_site_key_cannot_credit_nor_create() -> None:
    bench = make_bench(43)
    card = bench.card(balance_cents=100)
    for command in (
        change_value(Ins.CREDIT, 1, 100, Mode.FULL),
        create_data_file(9, Mode.PLAIN, FREE, 32, backup=False),
        Command(Ins.DELETE_FILE, b"\x01"),
        write_data(6, 0, bytes(32), Mode.MAC, ev1=False),
        write_data(0, 0, bytes(32), Mode.MAC, ev1=False),
    ):
        session = opened(bench.reader.connect(), bench.kiosk)
        with pytest.raises(CardRefused) as caught:
            session._link.run(session._session, command)
        assert caught.value.status is Status.PERMISSION_DENIED
    assert card.memory.applications[APPLICATION].files[1].value == 100


def test_staged_changes_vanish_on_abort_select_authentication_and_power_loss() -> None:
    desk = Desk()
    session = desk.application()
    desk.run(session, create_value_file(1, Mode.FULL, AccessRights(0, 0, 0, 0), -5, 100, 50))
    desk.run(session, create_data_file(2, Mode.MAC, AccessRights(0, 0, 0, 0), 8, backup=True))

    def again() -> Ev2Session:
        desk.link.select(AID)
        return desk.authenticate()

    for undo in ("abort", "select", "first", "non_first", "power"):
        session = again()
        desk.run(session, change_value(Ins.DEBIT, 1, 20, Mode.FULL))
        desk.run(session, write_data(2, 2, b"ab", Mode.MAC, ev1=False))
        assert parse_value(desk.run(session, get_value(1, Mode.FULL))) == 50
        if undo == "abort":
            desk.run(session, Command(Ins.ABORT_TRANSACTION))
        elif undo == "select":
            session = again()
        elif undo == "first":
            session = desk.authenticate()
        elif undo == "non_first":
            session = desk.authenticate(1, previous=session)
            session = desk.authenticate(0, previous=session)
        else:
            desk.card.power_up()
            session = again()
        assert desk.refused(session, commit_transaction(with_transaction_mac=False)) is Status.NO_CHANGES, undo
        session = again()
        assert parse_value(desk.run(session, get_value(1, Mode.FULL))) == 50
        assert desk.run(session, read_data(2, 0, 8, Mode.MAC, ev1=False)) == bytes(8)


def test_value_limits_and_limited_credit() -> None:
    desk = Desk()
    session = desk.application()
    create = create_value_file(1, Mode.FULL, AccessRights(0, 0, 0, 0), 0, 100, 50)
    desk.run(session, Command(create.instruction, create.header[:-1] + b"\x01"))
    desk.run(session, change_value(Ins.DEBIT, 1, 30, Mode.FULL))
    desk.run(session, change_value(Ins.DEBIT, 1, 5, Mode.FULL))
    desk.run(session, commit_transaction(with_transaction_mac=False))
    assert parse_value(desk.run(session, get_value(1, Mode.FULL))) == 15
    assert desk.refused(session, change_value(Ins.DEBIT, 1, 16, Mode.FULL)) is Status.BOUNDARY_ERROR
    desk.link.select(AID)
    session = desk.authenticate()
    assert desk.refused(session, change_value(Ins.LIMITED_CREDIT, 1, 36, Mode.FULL)) is Status.BOUNDARY_ERROR
    session = desk.authenticate()
    desk.run(session, change_value(Ins.LIMITED_CREDIT, 1, 35, Mode.FULL))
    desk.run(session, commit_transaction(with_transaction_mac=False))
    assert parse_value(desk.run(session, get_value(1, Mode.FULL))) == 50


def test_cyclic_records_wrap_and_clear() -> None:
    desk = Desk()
    session = desk.application()
    desk.run(session, create_cyclic_file(3, Mode.MAC, AccessRights(0, 0, 0, 0), 4, 4))
    assert desk.refused(session, read_records(3, 0, 0, 4, Mode.MAC, ev1=False)) is Status.BOUNDARY_ERROR
    session = desk.authenticate()
    for index in range(5):
        desk.run(session, write_record(3, 0, bytes([index] * 4), Mode.MAC, ev1=False))
        desk.run(session, commit_transaction(with_transaction_mac=False))
    kept = desk.run(session, read_records(3, 0, 0, 4, Mode.MAC, ev1=False))
    assert kept == b"".join(bytes([i] * 4) for i in (2, 3, 4))
    assert desk.run(session, read_records(3, 1, 1, 4, Mode.MAC, ev1=False)) == bytes([3] * 4)
    desk.run(session, Command(Ins.CLEAR_RECORD_FILE, b"\x03"))
    desk.run(session, commit_transaction(with_transaction_mac=False))
    assert desk.refused(session, read_records(3, 0, 0, 4, Mode.MAC, ev1=False)) is Status.BOUNDARY_ERROR


def test_long_content_is_chained_both_ways() -> None:
    desk = Desk()
    session = desk.application()
    content = bytes(range(200))
    desk.run(session, create_data_file(7, Mode.FULL, AccessRights(0, 0, 0, 0), 200, backup=False))
    command = write_data(7, 0, content, Mode.FULL, ev1=False)
    payload = session.protect(command)
    data, status = desk.link.frame(command.instruction, payload[:50])
    assert status is Status.ADDITIONAL_FRAME
    for start in range(50, len(payload), 50):
        data, status = desk.link.frame(Ins.ADDITIONAL_FRAME, payload[start : start + 50])
    assert status is Status.OK
    assert session.unprotect(command, data) == b""
    assert desk.run(session, read_data(7, 0, 200, Mode.FULL, ev1=False)) == content


def test_commit_reader_id_enters_the_transaction_mac() -> None:
    desk = Desk()
    session = desk.application()
    key, reader_id = bytes(range(16)), b"kiosk-0007......"
    desk.run(session, create_value_file(1, Mode.FULL, AccessRights(0, 0, 0, 0), 0, 100, 50))
    desk.run(session, create_transaction_mac_file(15, Mode.MAC, AccessRights(0, 15, 0, 0), key, 1))
    desk.run(session, change_value(Ins.DEBIT, 1, 1, Mode.FULL))
    assert desk.refused(session, commit_transaction(with_transaction_mac=True)) is Status.PERMISSION_DENIED
    previous = bytes(16)
    for counter in (1, 2):
        session = desk.authenticate()
        desk.run(session, change_value(Ins.DEBIT, 1, 1, Mode.FULL))
        hidden = desk.run(session, Command(Ins.COMMIT_READER_ID, b"", reader_id))
        assert previous_reader_id(key, counter, desk.card.uid, hidden) == previous
        answer = desk.run(session, commit_transaction(with_transaction_mac=True))
        commands = (b"\xdc\x01\x01\x00\x00\x00", b"\xc8" + reader_id + hidden)
        assert answer[:4] == counter.to_bytes(4, "little")
        assert answer[4:] == transaction_mac(key, counter, desk.card.uid, commands)
        previous = reader_id


def test_wrong_keys_are_answered_by_a_delay_that_a_right_key_ends() -> None:
    desk = Desk()
    desk.application()
    answers = []
    for _ in range(8):
        with pytest.raises(CardRefused) as caught:
            desk.authenticate(0, b"\x01" * 16)
        answers.append(caught.value.status)
    assert answers[:5] == [Status.AUTHENTICATION_ERROR] * 5
    assert Status.AUTHENTICATION_DELAY in answers[5:]
    for _ in range(10):
        try:
            desk.authenticate()
            break
        except CardRefused as refused:
            assert refused.status is Status.AUTHENTICATION_DELAY
    desk.authenticate()


def test_a_wrong_mac_drops_session_and_transaction() -> None:
    desk = Desk()
    session = desk.application()
    desk.run(session, create_value_file(1, Mode.FULL, AccessRights(0, 0, 0, 0), 0, 100, 50))
    desk.run(session, change_value(Ins.DEBIT, 1, 10, Mode.FULL))
    payload = bytearray(session.protect(commit_transaction(with_transaction_mac=False)))
    payload[-1] ^= 1
    assert desk.link.frame(Ins.COMMIT_TRANSACTION, bytes(payload))[1] is Status.INTEGRITY_ERROR
    assert desk.card.memory.applications[AID].files[1].value == 50
    _, status = desk.link.frame(Ins.GET_VALUE, b"\x01")
    assert status is Status.PERMISSION_DENIED


def test_an_ev1_card_knows_no_ev2_command() -> None:
    desk = Desk(generation=1)
    for instruction, payload in ((0x71, b"\0\0"), (0xAD, bytes(7)), (0x8D, bytes(7)), (0xC8, bytes(16))):
        assert desk.link.frame(instruction, payload)[1] is Status.ILLEGAL_COMMAND


def test_a_card_survives_a_restart(tmp_path: Path) -> None:
    bench = make_bench(44)
    path = tmp_path / "card.json"
    identity = make_identity("00000007")
    make_personalised_card(bench.issuer, bench.chance, identity, path=path, balance_cents=2_500, random_uid=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    bench.reader.present(SimulatedCard.load(path, bench.chance))
    session = opened(bench.reader.connect(), bench.kiosk)
    session.commit(debit_write(read_all(session), 500, bench.new_id()))
    bench.reader.present(SimulatedCard.load(path, bench.chance))
    reading = read_all(opened(bench.reader.connect(), bench.kiosk))
    assert (reading.balance_cents, reading.state.operation_number, len(reading.records)) == (2_000, 3, 2)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": "zerot-simulated-card", "version": 2}', "\x00"])
def test_a_damaged_card_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.json"
    path.write_text(text)
    with pytest.raises(CardFileError):
        SimulatedCard.load(path, SeededChance(1))
    with pytest.raises(CardFileError):
        SimulatedCard.load(tmp_path / "missing.json", SeededChance(1))


def test_every_cut_of_a_card_file_is_refused_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    SimulatedCard.blank(SeededChance(1), path=path)
    raw = json.loads(path.read_text())
    for name in raw:
        path.write_text(json.dumps({k: v for k, v in raw.items() if k != name}))
        with pytest.raises(CardFileError):
            SimulatedCard.load(path, SeededChance(1))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    frames=st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), min_size=1, max_size=12),
)
def test_noise_neither_crashes_a_card_nor_moves_money(seed: int, frames: list[tuple[int, bytes]]) -> None:
    chance = SeededChance(seed)
    bench = make_bench(45)
    card = make_personalised_card(
        LocalVault(bench.ring, chance), chance, make_identity("00000001"), balance_cents=777, month=1
    )
    card.exchange(wrap(Ins.SELECT_APPLICATION, APPLICATION))
    for instruction, payload in frames:
        for frame in (wrap(instruction, payload), bytes([instruction]) + payload, payload):
            assert card.exchange(frame)
    files = card.memory.applications[APPLICATION].files
    assert (files[1].value, files[2].value, files[0x0F].counter) == (777, 0, 2)


def test_create_application_is_bounded() -> None:
    desk = Desk()
    desk.card.memory.picc_key = KeySlot("aes")
    session = desk.authenticate()
    desk.run(session, create_application(AID, 0x0B, 4))
    assert desk.refused(session, create_application(AID, 0x0B, 4)) is Status.DUPLICATE_ERROR
    session = desk.authenticate()
    assert desk.refused(session, create_application(b"\x01\x02\x03", 0x0B, 15)) is Status.PARAMETER_ERROR
