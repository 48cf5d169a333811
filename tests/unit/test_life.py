"""The life token: a restored or copied image is noticed, a power cut between the two writes is not taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.ports import FixedClock
from kiosk.store.life import BESIDE, Life, LifeFile, LifeGuard, unpack_life
from sync.keys import KeyTrouble
from tests.unit.sync_fake_central import SeededChance


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    folder.mkdir()
    return folder


def guard(journal: Path, seed: int = 1, clock: FixedClock | None = None) -> LifeGuard:
    return LifeGuard(journal, LifeFile(journal.parent / "out" / "life"), SeededChance(seed), clock or FixedClock(0, 0))


def test_starts_in_a_row_are_one_life(journal: Path) -> None:
    for seed in range(5):
        life = guard(journal, seed)
        assert not life.is_another_life((1, seed))
        life.begin((1, seed))


def test_an_image_from_before_the_last_start_is_another_life(journal: Path) -> None:
    guard(journal, 1).begin((1, 4))
    image = (journal / BESIDE).read_bytes()
    guard(journal, 2).begin((1, 8))
    guard(journal, 3).begin((1, 9))
    (journal / BESIDE).write_bytes(image)
    assert guard(journal, 4).is_another_life((1, 9))


def test_an_image_of_the_same_start_is_behind_its_own_mark(journal: Path) -> None:
    clock = FixedClock(0, 0)
    life = guard(journal, 1, clock)
    life.begin((1, 4))
    life.reached((1, 20))  # too soon after the last writing: the disk is spared
    assert not guard(journal).is_another_life((1, 4))
    clock.advance(60_000)
    life.reached((1, 21))
    life.reached((1, 19))
    assert guard(journal).is_another_life((1, 4))
    assert not guard(journal).is_another_life((1, 21))
    assert not guard(journal).is_another_life((2, 1))


def test_a_cut_between_the_two_writes_is_no_other_life(journal: Path) -> None:
    first = guard(journal, 1)
    first.begin((1, 4))
    token = (journal / BESIDE).read_bytes()
    guard(journal, 2).begin((1, 5))
    (journal / BESIDE).write_bytes(token)  # the outside has the new one already
    assert not guard(journal, 3).is_another_life((1, 5))


@pytest.mark.parametrize("damage", ["other machine", "journal without a token", "damaged token"])
def test_what_one_side_does_not_know_is_another_life(journal: Path, damage: str) -> None:
    guard(journal).begin((1, 4))
    match damage:
        case "other machine":
            (journal.parent / "out" / "life").unlink()
        case "journal without a token":
            (journal / BESIDE).unlink()
        case _:
            (journal / BESIDE).write_bytes(b"{")
    assert guard(journal).is_another_life((1, 4))


def test_what_stands_outside_must_be_whole(journal: Path) -> None:
    place = LifeFile(journal / "life")
    place.write(Life(b"a" * 16, b"b" * 16, (3, 9)))
    assert place.read() == Life(b"a" * 16, b"b" * 16, (3, 9))
    assert place.path.stat().st_mode & 0o777 == 0o600
    place.path.write_bytes(b"[]")
    with pytest.raises(KeyTrouble):
        place.read()
    assert unpack_life(b"short") is None
