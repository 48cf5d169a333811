"""A power cut at every write and sync of the journal: it opens, the chain verifies, nothing answered is missing."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.facts import Fact
from domain.ports import FixedClock
from kiosk.store import journal_file, journal_opening
from kiosk.store.journal import Draft, Journal
from kiosk.store.journal_verify import ChainIntact
from tests.fixtures.memory import memory_folder
from tests.fixtures.power_cut import KEEPS_ALL, LOSES_ALL, MIXED, Luck, Op, Recorder, Verb, disk_after, recording
from tests.prove_profile import FACTOR_VARIABLE
from tests.unit.test_journal import MONTH_MS, NOVEMBER_MS, opener

# 1 in the normal run; `./run prove sync` tries every place, with five seeds where chance decides.
SEEDS = min(5, int(os.environ.get(FACTOR_VARIABLE, "1")))
DENSE = 172  # operations until the large bodies begin


@dataclass(frozen=True)
class Recorded:
    """A life of a journal: every operation on its disk, its facts, and after how many a commit ended."""

    ops: list[Op]
    facts: tuple[Fact, ...]
    ends: frozenset[int]


def live(folder: Path, clock: FixedClock, recorder: Recorder) -> Recorded:
    """Purchases, a group, personal content, a restart, a month change, and logs long enough to be checkpointed."""
    make, facts, ends = opener(folder, clock), list[Fact](), {0}

    def done(made: tuple[Fact, ...]) -> None:
        facts.extend(made)
        ends.add(len(facts))
        recorder.told(len(facts))

    with make() as journal:
        done((journal.start_incarnation(1, "paired"),))
        done((journal.append("purse.debit.intent", {"amount_cents": 1800}),))
        done(
            journal.append_all([Draft("purse.debit.outcome", {"n": 1}), Draft("sale", {}), Draft("ticket.issued", {})])
        )
    with make(boot="boot-2") as journal:
        done(journal.append_all([Draft("message", {}, personal=b"Jean Dupont")]))
        done((journal.append("visit", {"site": 3}),))
        for n in range(3):
            clock.advance(MONTH_MS)
            done((journal.append("visit", {"site": n}),))
        for n in range(30):  # some 1 100 pages: past SQLite's automatic checkpoint
            done((journal.append("message", {"n": n, "text": chr(97 + n) * 60_000}),))
    return Recorded(list(recorder.ops), tuple(facts), frozenset(ends))


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("power") / "journal"
    folder.mkdir()
    patch = pytest.MonkeyPatch()
    with recording(folder) as recorder:
        really = journal_file.fsync_directory

        def synced(directory: Path) -> None:
            really(directory)
            if directory.resolve() == recorder.folder:
                recorder.names()

        for module in (journal_opening, journal_file):
            patch.setattr(module, "fsync_directory", synced)
        try:
            return live(folder, FixedClock(NOVEMBER_MS, 5_000), recorder)
        finally:
            patch.undo()


def restore(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def check(folder: Path, life: Recorded, acknowledged: int) -> None:
    """The journal opens, holds a prefix that ends with a whole commit and has all that was told, and goes on."""
    journal: Journal
    with opener(folder, FixedClock(NOVEMBER_MS + 9 * MONTH_MS, 1))(boot="boot-3") as journal:
        found = tuple(journal.iterate())
        assert found == life.facts[: len(found)]
        assert len(found) >= acknowledged
        assert len(found) in life.ends
        for fact in found:
            if "content_sha256" in fact.body:
                personal = journal.personal(fact.id)
                assert personal is not None
                assert personal.content == b"Jean Dupont"
        if not found:
            journal.start_incarnation(1, "paired")
        journal.append("visit", {"after": "the cut"})
        assert journal.verify() == ChainIntact(max(len(found), 1) + 1, journal.head())


def test_what_is_recorded_is_what_is_written(life: Recorded) -> None:
    assert len(life.ops) > DENSE
    verbs = [op.verb for op in life.ops]
    assert {Verb.CREATE, Verb.WRITE, Verb.TRUNCATE, Verb.SYNC, Verb.DELETE, Verb.NAMES, Verb.TOLD} == set(verbs)
    synced = {op.path for op in life.ops if op.verb is Verb.SYNC}
    assert any(path.endswith("-wal") for path in synced)
    assert any(path.endswith(".db") for path in synced)
    assert verbs.count(Verb.TOLD) == len(life.ends) - 1
    # The whole log, nothing lost, is the journal as it was closed.
    whole = disk_after(life.ops, len(life.ops), KEEPS_ALL, random.Random(0))
    assert [name for name in sorted(whole) if whole[name]] == [name for name in sorted(whole) if name.endswith(".db")]


def cuts(life: Recorded) -> list[int]:
    """Every place; of the long rows of equal page writes at the end one in twenty-nine, unless this is the proof."""
    return [n for n in range(len(life.ops) + 1) if SEEDS > 1 or n <= DENSE or n % 29 == 0 or n == len(life.ops)]


@pytest.fixture
def memory() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


@pytest.mark.parametrize("luck", [KEEPS_ALL, LOSES_ALL, MIXED], ids=["kept", "lost", "torn"])
def test_a_cut_anywhere_loses_nothing_that_was_answered(memory: Path, life: Recorded, luck: Luck) -> None:
    tried = 0
    for cut in cuts(life):
        acknowledged = max((op.count for op in life.ops[:cut] if op.verb is Verb.TOLD), default=0)
        for seed in range(SEEDS if luck is MIXED else 1):
            folder = memory / f"{cut}-{seed}" / "journal"
            restore(folder, disk_after(life.ops, cut, luck, random.Random(f"{cut}-{seed}")))
            try:
                check(folder, life, acknowledged)
            except Exception as error:
                raise AssertionError(f"cut before operation {cut} ({life.ops[cut - 1]}), seed {seed}") from error
            shutil.rmtree(folder.parent)
            tried += 1
    assert tried >= 150


def test_the_harness_finds_a_commit_that_is_not_synced(tmp_path: Path, life: Recorded) -> None:
    """Without the syncs of the log some cut loses an answered fact: the proof can fail."""
    ops = [op for op in life.ops if op.verb is not Verb.SYNC]
    ends = [n for n, op in enumerate(ops) if op.verb is Verb.TOLD]
    folder = tmp_path / "journal"
    restore(folder, disk_after(ops, ends[3] + 1, LOSES_ALL, random.Random(1)))
    with pytest.raises(AssertionError):
        check(folder, life, ops[ends[3]].count)
