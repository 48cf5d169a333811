"""A damaged journal is set aside: kept, named, reported; what can be read of it goes up again, once."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from domain.facts import FactKind
from domain.ports import FixedClock
from kiosk.store import journal_rescue
from kiosk.store.journal import Draft, Journal, JournalTrouble
from kiosk.store.journal_file import JournalDamaged, segment_paths
from kiosk.store.journal_rescue import flag_damage, open_or_rescue
from kiosk.store.journal_verify import ChainIntact
from tests.unit.test_journal import MONTH_MS, NOVEMBER_MS, opener, unguarded


def open_again(folder: Path, acknowledged: tuple[int, int] = (1, 2), incarnation: int = 1) -> tuple[Journal, str]:
    clock = FixedClock(NOVEMBER_MS + MONTH_MS, 9_000)
    make = opener(folder, clock)
    return open_or_rescue(
        lambda: make(boot="boot-2"),
        folder,
        "BC-017",
        acknowledged=acknowledged,
        incarnation=incarnation,
        now_ms=clock.now_ms(),
    )


@pytest.fixture
def sold(tmp_path: Path) -> Path:
    """A journal with an open purchase, personal content, and facts on both sides of what is acknowledged."""
    folder = tmp_path / "kiosk" / "journal"
    folder.parent.mkdir()
    with opener(folder, FixedClock(NOVEMBER_MS, 5_000))() as journal:
        journal.start_incarnation(1, "paired")
        journal.append("purse.debit.intent", {"amount_cents": 1800})  # acknowledged, and still undecided
        journal.append("sale", {"amount_cents": 1800})
        journal.append_all([Draft("message", {}, personal=b"Jean Dupont")])
        for n in range(400):
            journal.append("visit", {"n": n, "text": "x" * 200})
    return folder


def break_page(path: Path, share: float) -> None:
    """Some pages that the bad sector under them has turned to noise."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * share) // 4096 * 4096)
        file.write(os.urandom(8192))


def test_a_sound_journal_stays(sold: Path) -> None:
    journal, reason = open_again(sold)
    with journal:
        assert (reason, journal.last_place()) == ("", (1, 404))
    assert [path.name for path in sold.parent.iterdir()] == ["journal"]


def test_noise_in_place_of_the_file_is_kept_and_the_kiosk_sells_on(sold: Path) -> None:
    (path,) = segment_paths(sold)
    path.write_bytes(b"no database at all" * 500)
    journal, reason = open_again(sold, acknowledged=(1, 404), incarnation=3)
    with journal:
        assert path.name in reason
        started, report = journal.iterate()
        assert (started.incarnation, started.body["reason"]) == (4, "damaged")
        (aside,) = sold.parent.glob("journal-damaged-*")
        assert report.kind == FactKind.JOURNAL_SET_ASIDE
        assert report.body == {"folder": aside.name, "reason": reason, "rescued": 0}
        assert (aside / path.name).read_bytes().startswith(b"no database")
        journal.append("visit", {})
        assert journal.verify() == ChainIntact(3, journal.head())
    again, reason = open_again(sold, acknowledged=(1, 404))
    with again:
        assert (reason, again.last_place()) == ("", (4, 3))  # told once


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_what_the_server_lacks_is_rescued_around_bad_pages(sold: Path, share: float) -> None:
    (path,) = segment_paths(sold)
    with opener(sold, FixedClock(NOVEMBER_MS, 5_000))() as journal:
        before = {fact.id: fact for fact in journal.iterate()}
    break_page(path, share)
    flag_damage(sold, JournalDamaged("met while running"))
    journal, reason = open_again(sold)
    with journal:
        assert reason
        found = list(journal.iterate())
        rescued = [fact for fact in found if fact.id in before]
        assert 300 < len(rescued) < 404
        for fact in rescued:
            was = before[fact.id]
            assert (fact.content_hash, fact.occurred_at, fact.body) == (was.content_hash, was.occurred_at, was.body)
            assert fact.incarnation == 2
        assert found[1].body["rescued"] == len(rescued)
        assert [intent.kind for intent in journal.open_intents()] == ["purse.debit.intent"]
        (message,) = [fact for fact in rescued if fact.kind == "message"]
        beside = journal.personal(message.id)
        assert beside is not None
        assert beside.content == b"Jean Dupont"
        assert journal.verify() == ChainIntact(len(found), journal.head())


def test_a_changed_fact_is_not_rescued(sold: Path) -> None:
    (path,) = segment_paths(sold)
    unguarded(path, "UPDATE facts SET body = replace(body, '1800', '9900') WHERE kind = 'sale'")
    journal, reason = open_again(sold)
    with journal:
        assert "its content was changed" in reason
        assert not any(fact.kind == "sale" for fact in journal.iterate())
        assert sum(fact.kind == "visit" for fact in journal.iterate()) == 400


def test_a_cut_while_it_is_set_aside_repeats_all_of_it(sold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = segment_paths(sold)
    break_page(path, 0.95)
    flag_damage(sold, JournalDamaged("met while running"))

    def cut(*_: object) -> None:
        raise JournalTrouble("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(journal_rescue, "report", cut)
        with pytest.raises(JournalTrouble):
            open_again(sold)
    journal, _ = open_again(sold)
    with journal:
        kinds = [fact.kind for fact in journal.iterate()]
        assert kinds.count(FactKind.JOURNAL_SET_ASIDE) == 1
        assert kinds.count("sale") == 1
    assert len(list(sold.parent.glob("journal-damaged-*"))) == 1


def test_damage_met_while_running_that_is_none_changes_nothing(sold: Path) -> None:
    flag_damage(sold, OSError("a cable that was loose"))
    assert not (sold / journal_rescue.FLAG).exists()
    flag_damage(sold, JournalDamaged("a cable that was loose"))
    journal, reason = open_again(sold)
    with journal:
        assert (reason, journal.last_place()) == ("", (1, 404))
    assert not (sold / journal_rescue.FLAG).exists()


def test_another_devices_journal_and_a_used_one_are_left_alone(sold: Path) -> None:
    with opener(sold, FixedClock(NOVEMBER_MS))(), pytest.raises(JournalTrouble, match="uses the journal"):
        open_again(sold)
    (path,) = segment_paths(sold)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TRIGGER meta_fixed; UPDATE meta SET value='BC-018' WHERE key='device'")
    with pytest.raises(JournalTrouble, match="belongs to"):
        open_again(sold)
    assert [folder.name for folder in sold.parent.iterdir()] == ["journal"]
