"""`zerot card …` as it is typed: on a simulated card's file, and on a running pcscd."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from hardware.card.keys import LocalVault, load_ring
from hardware.card.pcsc import PcscReader
from hardware.card.port import CardPresent, CardRemoved, NotOurs
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.chip_memory import load_memory
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.simulated.vpcd import VpcdAddress, VpcdCard
from hardware.cli import card
from tests.fixtures.cards import SeededChance, make_bench, read_all
from tests.fixtures.pcscd import READER_NAME, PrivatePcscd, free_port, pcscd

__all__ = ["pcscd"]


def zerot(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(card, [str(a) for a in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    assert zerot("keys", path)[0] == 0
    return path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "card.json"
    SimulatedCard.blank(SeededChance(51), path=path)
    return path


def test_personalise_load_show_history(keys: Path, blank: Path, tmp_path: Path) -> None:
    code, out, _ = zerot("personalise", "--keys", keys, "--simulated", blank, "--number", "00421187")
    assert (code, out.splitlines()[-1]) == (0, "Card 0042 1187 is ready (DESFire EV3).")
    code, out, _ = zerot("load", "50", "--keys", keys, "--simulated", blank)
    line = json.loads(out)
    assert (code, line["amount_cents"], line["balance_cents"], line["operation_number"]) == (0, 5_000, 5_000, 2)
    kiosk = tmp_path / "kiosk.json"
    assert zerot("keys", kiosk, "--from", keys, "--for", "kiosk")[0] == 0
    code, out, _ = zerot("show", "--json", "--keys", kiosk, "--simulated", blank)
    assert (code, json.loads(out)["balance_cents"]) == (0, 5_000)
    assert "0042 1187" in zerot("show", "--keys", kiosk, "--simulated", blank)[1]
    code, out, _ = zerot("history", "--keys", kiosk, "--simulated", blank)
    assert [json.loads(row)["transfer_id"] for row in out.splitlines()] == [line["transfer_id"]]
    code, _, err = zerot("load", "10", "--keys", kiosk, "--simulated", blank)
    assert (code, err) == (2, "Nothing was loaded (this device has no load key)\n")
    code, _, err = zerot("load", "101", "--keys", keys, "--simulated", blank)
    assert (code, "room for" in err) == (2, True)
    code, _, err = zerot("personalise", "--keys", keys, "--simulated", blank, "--number", "00000009")
    assert (code, "issued before, as 0042 1187" in err) == (2, True)


def test_a_batch_from_a_folder_goes_on_where_it_stopped(keys: Path, tmp_path: Path) -> None:
    folder, log = tmp_path / "cards", tmp_path / "issued.csv"
    folder.mkdir()
    for number in range(2):
        SimulatedCard.blank(SeededChance(60 + number), path=folder / f"{number}.json")
    arguments = ("batch", "--keys", keys, "--simulated", folder, "--first", "00421000", "--count", 3, "--csv", log)
    code, out, err = zerot(*arguments)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == "1 of 3 cards are still to be made: type the same again to go on"
    SimulatedCard.blank(SeededChance(62), path=folder / "2.json")
    code, out, _ = zerot(*arguments)
    assert (code, out) == (0, f"3 cards are ready, listed in {log}.\n")
    shown = [zerot("show", "--json", "--keys", keys, "--simulated", folder / f"{n}.json")[1] for n in range(3)]
    assert [json.loads(line)["card_number"] for line in shown] == ["00421000", "00421001", "00421002"]


def test_a_card_is_blocked_with_what_it_held(keys: Path, blank: Path) -> None:
    at_card = ("--keys", keys, "--simulated", blank)
    assert zerot("personalise", *at_card, "--number", "00421187")[0] == 0
    assert zerot("load", "50", *at_card)[0] == 0
    code, out, err = zerot("block", *at_card, "--reason", "lost", "--number", "00000001")
    assert (code, out, err) == (2, "", "This is card 0042 1187: it was left as it is\n")
    code, out, _ = zerot("block", *at_card, "--reason", "lost", "--number", "0042 1187")
    held = json.loads(out)
    assert (code, held["card_number"], held["balance_cents"], held["blocked_before"]) == (0, "00421187", 5_000, False)
    assert json.loads(zerot("block", *at_card, "--reason", "lost")[1])["blocked_before"] is True
    code, _, err = zerot("load", "10", *at_card)
    assert (code, err) == (2, "Nothing was loaded: the card has expired\n")


def test_each_failure_is_one_sentence(keys: Path, blank: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange.json"
    strange.write_text("{")
    strange.chmod(0o600)
    readable = tmp_path / "readable.json"
    readable.write_text(keys.read_text())
    readable.chmod(0o644)
    kiosk_keys = tmp_path / "kiosk.json"
    assert zerot("keys", kiosk_keys, "--from", keys, "--for", "kiosk")[0] == 0
    port = free_port()
    for arguments in (
        ("show", "--keys", keys, "--simulated", blank),
        ("show", "--keys", keys, "--simulated", tmp_path / "none.json"),
        ("show", "--keys", keys, "--simulated", strange),
        ("show", "--keys", strange, "--simulated", blank),
        ("show", "--keys", readable, "--simulated", blank),
        ("show", "--keys", tmp_path / "none", "--simulated", blank),
        ("load", "--keys", keys, "--simulated", blank, "much"),
        ("load", "--keys", keys, "--simulated", blank, "0"),
        ("personalise", "--keys", keys, "--simulated", blank, "--number", "42"),
        ("keys", keys),
        ("block", "--keys", keys, "--simulated", blank, "--reason", "lost"),
        ("batch", "--keys", keys, "--csv", tmp_path / "l.csv"),
        ("batch", "--keys", keys, "--csv", tmp_path / "l.csv", "--first", "421", "--count", 2),
        ("batch", "--keys", keys, "--csv", tmp_path / "l.csv", "--first", "99999999", "--count", 2),
        ("batch", "--keys", keys, "--csv", tmp_path / "l.csv", "--numbers", tmp_path / "none"),
        ("batch", "--keys", keys, "--csv", strange, "--first", "00000001", "--count", 1, "--simulated", tmp_path),
        ("module", "--vpcd", f"127.0.0.1:{port}", "--keys", keys, "--secret", "1234"),
        ("module", "--vpcd", f"127.0.0.1:{port}", "--keys", keys, "--secret", "123"),
        ("module", "--vpcd", "nowhere:x", "--keys", keys, "--secret", "1234"),
        ("module", "--vpcd", f"127.0.0.1:{port}", "--keys", kiosk_keys, "--secret", "1234"),
        ("simulate", "--vpcd", f"127.0.0.1:{port}", "--blank"),
        ("simulate", "--vpcd", "127.0.0.1:0", "--blank"),
        ("simulate", "--vpcd", f"127.0.0.1:{port}"),
        ("simulate", "--vpcd", f"127.0.0.1:{port}", "--blank", "--uid", "0402"),
        ("simulate", "--vpcd", f"127.0.0.1:{port}", "--blank", "--uid", "xyz"),
        ("simulate", "--vpcd", f"127.0.0.1:{port}", "--blank", "--file", blank),
    ):
        code, out, err = zerot(*arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), (arguments, code, out, err)
        assert "Traceback" not in err


def test_the_whole_desk_over_the_card_service(pcscd: PrivatePcscd, keys: Path) -> None:
    blank_card = SimulatedCard.blank(SeededChance(52))
    served = VpcdCard(blank_card, VpcdAddress("127.0.0.1", pcscd.port))
    thread = threading.Thread(target=served.serve, daemon=True)
    thread.start()
    at_reader = ("--keys", keys, "--reader", READER_NAME + " 00 00")
    try:
        code, out, err = zerot("personalise", *at_reader, "--number", "00421187")
        assert (code, out.splitlines()[-1]) == (0, "Card 0042 1187 is ready (DESFire EV3)."), err
        assert json.loads(zerot("load", "12,50", *at_reader)[1])["balance_cents"] == 1_250
        assert json.loads(zerot("show", "--json", *at_reader)[1])["balance_cents"] == 1_250
    finally:
        served.leave()
        thread.join(5)
    reader = PcscReader(READER_NAME + " 00 00")
    event = reader.wait(1.0)
    while not (isinstance(event, CardRemoved) or event is None):
        event = reader.wait(1.0)
    reader.close()
    assert zerot("show", "--keys", keys, "--reader", "no such")[2] == "No card reader is connected.\n"


def test_a_batch_over_the_card_service_card_after_card(pcscd: PrivatePcscd, keys: Path, tmp_path: Path) -> None:
    """A person puts a card down, takes it off when its row is written, and puts the next one down."""
    log = tmp_path / "issued.csv"
    cards = [SimulatedCard.blank(SeededChance(80 + number)) for number in range(2)]

    def hand() -> None:
        for done, blank_card in enumerate(cards, start=1):
            served = VpcdCard(blank_card, VpcdAddress("127.0.0.1", pcscd.port))
            thread = threading.Thread(target=served.serve, daemon=True)
            thread.start()
            while thread.is_alive() and (not log.exists() or log.read_text().count(",issued,") < done):
                thread.join(0.05)
            # A hand is slower than the end of the command's visit: a card that goes between the row and the reset that
            # closes the channel leaves pcscd 1.9.9 blind to the next one.
            hands_move.wait(0.5)
            served.leave()
            thread.join(5)
            hands_move.wait(1.0)

    hands_move = threading.Event()
    person = threading.Thread(target=hand, daemon=True)
    person.start()
    at_reader = ("--keys", keys, "--reader", READER_NAME + " 00 00")
    code, out, err = zerot("batch", *at_reader, "--first", "00421000", "--count", 2, "--csv", log)
    person.join(20)
    assert (code, out) == (0, f"2 cards are ready, listed in {log}.\n"), err
    assert "Take the card off the reader." in err
    vault = LocalVault(load_ring(keys), SeededChance(1))
    for number, made in enumerate(cards):
        reader = SimulatedReader()
        reader.present(made)
        session = open_card(reader.connect(), vault)
        assert isinstance(session, CardSession), session
        assert read_all(session).identity.card_number == f"0042100{number}"
    place = PcscReader(READER_NAME + " 00 00")
    deadline = time.monotonic() + 10
    while place.wait(0.5) is not None:  # pcscd notices the last card's leaving a moment later
        assert time.monotonic() < deadline
    place.close()


def test_simulate_until_interrupted(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    path = tmp_path / "put.json"
    script = "from hardware.cli import card; card()"
    arguments = ["simulate", "--vpcd", f"127.0.0.1:{pcscd.port}", "--blank", "--file", str(path)]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments, "--uid", "04010203040506"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        reader = PcscReader(READER_NAME + " 00 00")
        deadline = time.monotonic() + 20
        while not isinstance(reader.wait(0.5), CardPresent):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
        channel = reader.connect()
        assert channel.transmit(bytes.fromhex("FFCA000000")) == (bytes.fromhex("04010203040506"), 0x9000)
        assert isinstance(open_card(channel, make_bench().kiosk), NotOurs)
        channel.close()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert (process.returncode, err) == (0, "")
    assert "taken away" in out
    assert load_memory(path).uid == bytes.fromhex("04010203040506")
    while not isinstance(reader.wait(0.5), CardRemoved):
        assert time.monotonic() < deadline
    reader.close()
