"""Batches of cards: torn, stopped and resumed, no number ever lands on two cards; and the end of a card."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from domain.cards import CardReading
from hardware.card.batch import COLUMNS, Batch, BatchError, IssueLog, tag_of
from hardware.card.desk import sentence_of
from hardware.card.keys import KIOSK_KEYS, LocalVault
from hardware.card.personalise import PersonalisationOrder
from hardware.card.port import CardChannel, ForeignCard, Lost, ReaderTrouble, Refused
from hardware.card.retire import RETIRED_DAY, OtherCard, Retired, retire_card
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from hardware.card.simulated.factory import make_identity
from hardware.card.simulated.foreign import SimulatedForeignCard
from hardware.card.simulated.reader import AnyCard, SimulatedReader
from tests.fixtures.cards import Bench, make_bench, opened, read_all

NUMBERS = tuple(f"{n:08d}" for n in range(100, 104))
FRAMES = 60  # of a personalisation, and more


class Hand:
    """Deals cards, each perhaps torn once; keeps what was said."""

    def __init__(self, reader: SimulatedReader, deals: Iterable[tuple[AnyCard, Tear | None]]) -> None:
        self._reader, self._deals = reader, iter(deals)
        self.said: list[str] = []

    def next_card(self) -> CardChannel | None:
        deal = next(self._deals, None)
        if deal is None:
            return None
        card, tear = deal
        if isinstance(card, SimulatedCard):
            card.arm(tear)
        self._reader.present(card)
        return self._reader.connect()

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def orders(
    numbers: Iterable[str] = NUMBERS, *, random_uid: bool = False, day: int = 9_800
) -> list[PersonalisationOrder]:
    return [PersonalisationOrder(make_identity(number, issued_day=day), random_uid) for number in numbers]


def work(
    bench: Bench,
    path: Path,
    deals: Iterable[tuple[AnyCard, Tear | None]],
    *,
    random_uid: bool = False,
    day: int = 9_800,
) -> tuple[int, list[str]]:
    """One run of the command: how many are left, and what was said."""
    hand = Hand(bench.reader, deals)
    batch = Batch(bench.issuer, orders(random_uid=random_uid, day=day), IssueLog(path), hand, sentence_of)
    heard: list[int] = []
    left = batch.run(heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == len(NUMBERS) - left
    return left, hand.said


def look(bench: Bench, card: SimulatedCard) -> CardReading:
    bench.reader.present(card)
    return read_all(opened(bench.reader.connect(), bench.kiosk))


def issued(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [row["card_number"] for row in csv.DictReader(lines) if row["status"] == "issued"]


@pytest.fixture
def bench() -> Bench:
    return make_bench(71)


def blanks(bench: Bench, count: int = 4, generation: int = 3) -> list[SimulatedCard]:
    return [SimulatedCard.blank(bench.chance, generation=generation) for _ in range(count)]


@pytest.mark.parametrize("random_uid", [False, True])
def test_a_batch_makes_its_cards_in_order(bench: Bench, tmp_path: Path, random_uid: bool) -> None:
    path, cards = tmp_path / "issued.csv", blanks(bench)
    assert work(bench, path, [(card, None) for card in cards], random_uid=random_uid) == (0, [])
    assert [look(bench, card).identity.card_number for card in cards] == list(NUMBERS)
    assert issued(path) == list(NUMBERS)
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    assert all(card.uid.hex() not in path.read_text() for card in cards)
    before = path.read_bytes()
    assert work(bench, path, [], random_uid=random_uid) == (0, [])
    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", range(16))
def test_torn_and_stopped_anywhere_no_number_is_on_two_cards(bench: Bench, tmp_path: Path, seed: int) -> None:
    """Cards come in any order, torn at any frame, put back or not at once; the command is stopped and typed again."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    path, cards, hidden = tmp_path / "issued.csv", blanks(bench), seed % 2 == 1
    left, runs = len(NUMBERS), 0
    while left:
        runs += 1
        assert runs < 200
        deals: list[tuple[AnyCard, Tear | None]] = []
        for card in chance.sample(cards, chance.randint(1, 4)):
            torn = Tear(chance.randrange(FRAMES), chance.choice(list(Mishap))) if chance.random() < 0.6 else None
            deals.append((card, torn))
        left, _ = work(bench, path, deals, random_uid=hidden, day=9_800 + runs)
        for card in cards:
            card.arm(None)
    numbers = [look(bench, card).identity.card_number for card in cards]
    assert sorted(numbers) == list(NUMBERS)
    assert sorted(issued(path)) == list(NUMBERS)


def test_a_torn_card_that_comes_back_later_keeps_its_number(bench: Bench, tmp_path: Path) -> None:
    path, cards = tmp_path / "issued.csv", blanks(bench, 3)
    deals = [(cards[0], Tear(12, Mishap.POWER_LOST)), (cards[1], None)]
    left, said = work(bench, path, deals)
    assert (left, said) == (3, ["The card was taken away too early: put it back."])
    assert look(bench, cards[1]).identity.card_number == NUMBERS[1]
    work(bench, path, [(cards[2], None), (cards[0], None)])
    assert look(bench, cards[0]).identity.card_number == NUMBERS[0]


def test_numbers_of_torn_cards_go_to_nobody_else(bench: Bench, tmp_path: Path) -> None:
    path, cards = tmp_path / "issued.csv", blanks(bench, 5)
    deals: list[tuple[AnyCard, Tear | None]] = [(card, Tear(12, Mishap.POWER_LOST)) for card in cards[:4]]
    left, said = work(bench, path, [*deals, (cards[4], None)])
    assert (left, said[-1]) == (4, "The numbers that are left belong to cards that were torn: put one of those back.")
    assert issued(path) == []


def test_cards_that_cannot_be_used_are_laid_aside(bench: Bench, tmp_path: Path) -> None:
    old, new = bench.card(number="00000007"), blanks(bench, 1)[0]
    bank = SimulatedForeignCard(ForeignCard.BANK_CARD)
    left, said = work(bench, tmp_path / "issued.csv", [(old, None), (bank, None), (new, None)])
    assert left == 3
    assert said[0] == "This card was issued before, as 00000007: lay it aside."
    assert len(said) == 2
    assert look(bench, old).identity.card_number == "00000007"


def test_half_a_row_is_dropped_and_its_card_known_again(bench: Bench, tmp_path: Path) -> None:
    path, cards = tmp_path / "issued.csv", blanks(bench)
    work(bench, path, [(cards[0], None)])
    path.write_bytes(path.read_bytes()[:-9])
    assert IssueLog(path).issued == set()
    assert path.read_text().endswith("\n")
    assert IssueLog(path).started == {NUMBERS[0]: tag_of(cards[0].uid)}
    assert work(bench, path, [(cards[0], None)])[0] == 3
    assert issued(path) == [NUMBERS[0]]


@pytest.mark.parametrize("text", ["a,b\n", "card_number,status\n", ",".join(COLUMNS) + "\n1,2\n", "\x00\n"])
def test_another_file_is_never_written(bench: Bench, tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(BatchError, match="is not a list of issued cards"):
        IssueLog(path)
    assert path.read_text() == text


def test_a_reader_that_goes_ends_the_batch(bench: Bench, tmp_path: Path) -> None:
    class Unplugging(Hand):
        def next_card(self) -> CardChannel | None:
            channel = super().next_card()
            bench.reader.unplug(ReaderTrouble.NO_READER)
            return channel

    hand = Unplugging(bench.reader, [(blanks(bench, 1)[0], None)])
    with pytest.raises(BatchError, match="No card reader"):
        Batch(bench.issuer, orders(), IssueLog(tmp_path / "l.csv"), hand, sentence_of).run(lambda finished: None)
    with pytest.raises(BatchError, match="at most"):
        many = orders(f"{n:08d}" for n in range(10_001))
        Batch(bench.issuer, many, IssueLog(tmp_path / "l.csv"), hand, sentence_of)


@pytest.mark.parametrize("generation", [1, 3])
@pytest.mark.parametrize("random_uid", [False, True])
def test_a_blocked_card_is_refused_everywhere_and_keeps_its_money(
    bench: Bench, generation: int, random_uid: bool
) -> None:
    card = bench.card(generation=generation, balance_cents=4_200, random_uid=random_uid)
    assert retire_card(bench.reader.connect(), bench.issuer, only="00000009") == OtherCard("00421187")
    first = retire_card(bench.reader.connect(), bench.issuer)
    assert isinstance(first, Retired)
    assert (first.reading.balance_cents, first.already) == (4_200, False)
    after = look(bench, card)
    assert (after.identity.expires_day, after.balance_cents) == (RETIRED_DAY, 4_200)
    assert after.identity.card_number == "00421187"
    again = retire_card(bench.reader.connect(), bench.issuer)
    assert isinstance(again, Retired)
    assert again.already


@pytest.mark.parametrize("mishap", list(Mishap))
def test_blocking_torn_anywhere_is_done_or_done_again(bench: Bench, mishap: Mishap) -> None:
    for frame in range(40):
        card = bench.card(balance_cents=4_200)
        card.arm(Tear(frame, mishap))
        first = retire_card(bench.reader.connect(), bench.issuer)
        fired = card.armed is None
        card.arm(None)
        assert first == Lost() if fired else isinstance(first, Retired)
        bench.reader.present(card)
        assert isinstance(retire_card(bench.reader.connect(), bench.issuer), Retired)
        assert look(bench, card).identity.expires_day == RETIRED_DAY
        if not fired:
            return
    raise AssertionError("blocking takes more than 40 frames")


def test_a_kiosk_cannot_block_a_card(bench: Bench) -> None:
    card = bench.card()
    kiosk = LocalVault(bench.ring.only(KIOSK_KEYS), bench.chance)
    assert isinstance(retire_card(bench.reader.connect(), kiosk), Refused)
    assert look(bench, card).identity.expires_day != RETIRED_DAY
