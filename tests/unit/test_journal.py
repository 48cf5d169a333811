"""The journal: append, chain, guards, restart, month change, two processes, a full disk, tampering."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.canonical import NotCanonical
from domain.facts import FIRST_PREVIOUS, reseal
from domain.ports import FixedClock, Uuid7Ids
from kiosk.store import journal_file, journal_room
from kiosk.store.journal import Draft, Journal, JournalFull, JournalInUse, JournalTrouble
from kiosk.store.journal_cli import verify
from kiosk.store.journal_file import JournalHead, segment_paths
from kiosk.store.journal_opening import open_journal
from kiosk.store.journal_verify import ChainBroken, ChainIntact, verify_files

NOVEMBER_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z
MONTH_MS = 31 * 86_400_000


class SeededChance:
    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)

    def token(self, size: int) -> bytes:
        return self.random.randbytes(size)


Opener = Callable[..., Journal]


def opener(directory: Path, clock: FixedClock) -> Opener:
    chance = SeededChance()
    ids = Uuid7Ids(clock, chance)

    def make(**changes: Any) -> Journal:
        given = {"clock": clock, "ids": ids, "chance": chance, "boot": "boot-1", **changes}
        return open_journal(directory, "bon-coin", given.pop("device", "BC-017"), **given)

    return make


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOVEMBER_MS, 5_000)


@pytest.fixture
def make(tmp_path: Path, clock: FixedClock) -> Opener:
    return opener(tmp_path / "journal", clock)


def raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_facts_are_chained_and_found_again(make: Opener, clock: FixedClock) -> None:
    with make(clock_offset=lambda: (-250, 4_000)) as journal:
        first = journal.start_incarnation(1, "paired")
        clock.advance(1_000)
        second = journal.append("visit", {"site": 17, "name": "Café"})
        assert (first.sequence, first.previous, first.body) == (
            1,
            FIRST_PREVIOUS,
            {"reason": "paired", "fork": None},
        )
        assert (second.sequence, second.previous) == (2, first.hash)
        assert (second.occurred_at, second.monotonic_ms, second.boot) == (
            NOVEMBER_MS + 1_000,
            6_000,
            "boot-1",
        )
        assert (second.clock_offset_ms, second.clock_offset_age_ms) == (-250, 4_000)
        assert journal.head() == JournalHead(1, 2, second.hash)
        assert tuple(journal.iterate()) == (first, second)
        assert reseal(second, first.hash) == second
        assert journal.verify() == ChainIntact(2, journal.head())


def test_a_restart_goes_on_where_it_stopped(make: Opener, clock: FixedClock) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        head = journal.head()
    with make(boot="boot-2") as journal:
        assert journal.head() == head
        assert journal.append("visit", {}).previous == head.hash
        assert journal.verify() == ChainIntact(2, journal.head())


def test_an_empty_journal_wants_an_incarnation_first(make: Opener) -> None:
    with make() as journal:
        assert journal.facts_after(0, 0, 10) == ()
        assert journal.verify() == ChainIntact(0, None)
        with pytest.raises(JournalTrouble, match="incarnation"):
            journal.append("visit", {})


def test_incarnations_grow_and_name_the_fork(make: Opener) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        journal.append("visit", {})
        fork = journal.head()
        started = journal.start_incarnation(4, "restored", fork)
        assert (started.incarnation, started.sequence, started.previous) == (4, 1, FIRST_PREVIOUS)
        assert started.body["fork"] == {"incarnation": 1, "sequence": 2, "hash": fork.hash.hex()}
        with pytest.raises(ValueError, match="not after"):
            journal.start_incarnation(4, "restored")
        assert [f.incarnation for f in journal.facts_after(0, 0, 10)] == [1, 1]
        assert [f.incarnation for f in journal.facts_after(1, 2, 10)] == [4]
        assert (journal.count_after(0, 0), journal.count_after(1, 1), journal.count_after(4, 1)) == (3, 2, 0)
        assert journal.verify() == ChainIntact(3, journal.head())


def test_several_facts_together_or_none(make: Opener) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        with pytest.raises(NotCanonical):
            journal.append_all([Draft("visit", {}), Draft("visit", {"latitude": 44.1})])  # type: ignore[dict-item]
        assert journal.head().sequence == 1
        made = journal.append_all([Draft("sale", {"n": n}) for n in range(5)])
        assert [f.sequence for f in made] == [2, 3, 4, 5, 6]
        assert len({f.id for f in made}) == 5
        assert journal.append_all([]) == ()


def test_an_id_is_used_once(make: Opener) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        fact = journal.append("purse.debit.intent", {}, "01939a5e-0000-7000-8000-000000000001")
        assert fact.id == "01939a5e-0000-7000-8000-000000000001"
        with pytest.raises(JournalTrouble, match="UNIQUE"):
            journal.append("sale", {}, fact.id)
        assert journal.append("sale", {}).sequence == 3


def test_many_workers_at_once_make_one_chain(make: Opener) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        with ThreadPoolExecutor(8) as pool:
            facts = list(pool.map(lambda n: journal.append("presence", {"n": n}), range(200)))
        assert sorted(f.sequence for f in facts) == list(range(2, 202))
        assert [f.body["n"] for f in facts] == list(range(200))
        assert journal.verify() == ChainIntact(201, journal.head())


def test_readings_are_bounded_by_count_and_bytes(make: Opener) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        journal.append_all([Draft("message", {"text": "x" * 1000}) for _ in range(9)])
        assert len(journal.facts_after(0, 0, 4)) == 4
        assert len(journal.facts_after(1, 1, 100, bytes_max=2_500)) == 2
        assert len(journal.facts_after(1, 1, 100, bytes_max=1)) == 1


def test_the_chain_runs_across_months_and_a_clock_that_goes_back(
    make: Opener, clock: FixedClock, tmp_path: Path
) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        clock.advance(MONTH_MS)
        december = journal.append("visit", {"n": 1})
        clock.wall_ms = NOVEMBER_MS - 10 * 365 * 86_400_000
        late = journal.append("visit", {"n": 2})
        assert late.previous == december.hash
        assert [f.sequence for f in journal.iterate()] == [1, 2, 3]
        assert journal.verify() == ChainIntact(3, journal.head())
    paths = segment_paths(tmp_path / "journal")
    assert [p.name for p in paths] == ["journal-2026-11.db", "journal-2026-12.db"]
    with make() as journal:
        assert journal.append("visit", {}).sequence == 4
    assert verify_files(paths[1:]) == ChainIntact(3, journal.head())
    paths[0].unlink()
    with make() as journal:
        assert journal.verify() == ChainIntact(3, journal.head())


def test_a_file_that_a_crash_left_empty_is_completed(make: Opener, clock: FixedClock, tmp_path: Path) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
    (tmp_path / "journal" / "journal-2026-12.db").touch()
    clock.advance(MONTH_MS)
    with make() as journal:
        assert journal.head().sequence == 1
        assert journal.append("visit", {}).sequence == 2
        assert journal.verify() == ChainIntact(2, journal.head())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET kind = 'x'",
        "UPDATE facts SET body = body WHERE 1",
        "DELETE FROM facts",
        "REPLACE INTO facts SELECT * FROM facts",
        "DELETE FROM meta",
        "UPDATE meta SET value = 'x'",
        "UPDATE personal SET content = x'00'",
    ],
)
def test_rows_are_never_changed(make: Opener, tmp_path: Path, statement: str) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        journal.append_all([Draft("message", {}, personal=b"Jeanne")])
        with closing(raw(segment_paths(tmp_path / "journal")[0])) as connection:
            connection.execute("PRAGMA recursive_triggers=ON")
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                connection.execute(statement)
        assert journal.verify() == ChainIntact(2, journal.head())


def unguarded(path: Path, statement: str) -> None:
    """Somebody with the file in hand and time."""
    with closing(raw(path)) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        for _, sql in guards:
            connection.execute(sql)


@pytest.mark.parametrize(
    ("statement", "sequence", "reason"),
    [
        ("UPDATE facts SET body = replace(body, '18', '81') WHERE sequence = 5", 5, "content"),
        ("UPDATE facts SET body = body || ' ' WHERE sequence = 5", 5, "content"),
        ("UPDATE facts SET occurred_at = occurred_at + 1 WHERE sequence = 4", 4, "content"),
        ("UPDATE facts SET kind = 'sale.x' WHERE sequence = 4", 4, "content"),
        ("UPDATE facts SET boot = 'other' WHERE sequence = 4", 4, "place"),
        ("UPDATE facts SET monotonic_ms = 0 WHERE sequence = 4", 4, "place"),
        ("UPDATE facts SET clock_offset_ms = 1 WHERE sequence = 4", 4, "place"),
        ("DELETE FROM facts WHERE sequence = 6", 7, "hole"),
        ("UPDATE facts SET hash = zeroblob(32) WHERE sequence = 3", 3, "place"),
        ("UPDATE facts SET previous = zeroblob(32) WHERE sequence = 3", 3, "follow"),
        ("UPDATE meta SET value = 'BC-018' WHERE key = 'device'", 1, "place"),
    ],
)
def test_tampering_is_found_and_named(make: Opener, tmp_path: Path, statement: str, sequence: int, reason: str) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        journal.append_all([Draft("sale", {"amount_cents": 1800, "n": n}) for n in range(9)])
    path = segment_paths(tmp_path / "journal")[0]
    unguarded(path, statement)
    result = verify_files([path])
    assert isinstance(result, ChainBroken)
    assert (result.file, result.incarnation, result.sequence) == (path.name, 1, sequence)
    assert reason in result.reason
    with pytest.raises(JournalTrouble, match=path.name):
        make()


def test_taken_guards_and_swapped_files_are_found(make: Opener, clock: FixedClock, tmp_path: Path) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        clock.advance(MONTH_MS)
        journal.append("visit", {})
    first, second = segment_paths(tmp_path / "journal")
    assert isinstance(verify_files([second, first]), ChainBroken)
    assert isinstance(verify_files([first, first]), ChainBroken)
    with closing(raw(second)) as connection:
        connection.execute("DROP TRIGGER facts_fixed")
    result = verify_files([first, second])
    assert isinstance(result, ChainBroken)
    assert "facts_fixed" in result.reason


@pytest.mark.parametrize("content", [b"not a database, certainly not one of ours" * 200, bytes(8192)])
def test_a_file_that_is_no_journal_is_named(make: Opener, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "journal-2026-11.db").write_bytes(content)
    with pytest.raises(JournalTrouble, match="journal-2026-11"):
        make()


def test_a_torn_last_write_loses_only_what_was_not_answered(make: Opener, tmp_path: Path) -> None:
    """The write-ahead file cut at every 97th byte: what was checkpointed stays, the rest is a whole prefix."""
    source = tmp_path / "journal"
    with make() as journal:
        journal.start_incarnation(1, "paired")
        for n in range(6):
            journal.append("visit", {"n": n})
        files = {p.name: p.read_bytes() for p in source.iterdir() if p.name.startswith("journal-")}
    wal = files["journal-2026-11.db-wal"]
    seen = set()
    for cut in range(0, len(wal), 1997):
        copy = tmp_path / f"cut-{cut}"
        copy.mkdir()
        (copy / "journal-2026-11.db").write_bytes(files["journal-2026-11.db"])
        (copy / "journal-2026-11.db-wal").write_bytes(wal[:cut])
        with opener(copy, FixedClock(NOVEMBER_MS))() as journal:
            result = journal.verify()
            assert isinstance(result, ChainIntact)
            assert journal.head().sequence == result.facts
            seen.add(result.facts)
    assert seen >= {0, 1, 5}


def test_another_device_may_not_use_it(make: Opener) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
    with pytest.raises(JournalTrouble, match="BC-018"):
        make(device="BC-018")


def test_a_second_process_is_kept_out(make: Opener, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from kiosk.store.journal_room import take_lock, JournalInUse\n"
        "try: take_lock(Path(sys.argv[1]))\n"
        "except JournalInUse: sys.exit(7)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "journal")]
    with make():
        assert subprocess.run(command, timeout=60, check=False).returncode == 7
        with pytest.raises(JournalInUse):
            make()
    assert subprocess.run(command, timeout=60, check=False).returncode == 0


def test_a_full_disk_is_noticed_before_the_card(make: Opener, tmp_path: Path) -> None:
    free = {"bytes": 1 << 30}
    with make(room=lambda directory: free["bytes"]) as journal:
        assert journal.has_room()
        free["bytes"] = journal_room.ROOM_WANTED_BYTES - 1
        assert not journal.has_room()
        free["bytes"] = 1 << 30
        (tmp_path / "journal" / journal_room.BALLAST_NAME).unlink()
        assert journal.has_room()
        assert (tmp_path / "journal" / journal_room.BALLAST_NAME).stat().st_size == journal_room.BALLAST_BYTES


def test_full_in_mid_purchase_gives_up_the_reserve_then_says_so(
    make: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "SEGMENT_BYTES_MAX", 40 * 4096)
    with make() as journal:
        journal.start_incarnation(1, "paired")
        with pytest.raises(JournalFull, match="full"):
            for n in range(1000):
                journal.append("message", {"text": "x" * 1000, "n": n})
        assert not (tmp_path / "journal" / journal_room.BALLAST_NAME).exists()
        result = journal.verify()
        assert result == ChainIntact(journal.head().sequence, journal.head())
        assert journal.head().sequence > 10


TMPFS = """
import sys; sys.path.insert(0, sys.argv[2])
from pathlib import Path
from tests.unit.test_journal import opener, FixedClock, NOVEMBER_MS
from kiosk.store.journal import JournalFull
from kiosk.store.journal_verify import ChainIntact
folder = Path(sys.argv[1])
with opener(folder / "journal", FixedClock(NOVEMBER_MS))() as journal:
    journal.start_incarnation(1, "paired")
    assert not journal.has_room()
    ballast = folder / "journal" / "journal.reserve"
    assert ballast.exists()
    filler = (folder / "filler").open("wb", buffering=0)
    try:
        while filler.write(bytes(4096)): pass
    except OSError: pass
    before = journal.head().sequence
    for n in range(40): journal.append("purse.debit.outcome", {"n": n, "text": "x" * 500})
    assert not ballast.exists()
    try:
        while True: journal.append("message", {"text": "x" * 5000})
    except JournalFull: pass
    filler.truncate(0)
    journal.append("visit", {})
    assert journal.verify() == ChainIntact(journal.head().sequence, journal.head())
    print("kept", journal.head().sequence)
"""


def test_a_really_full_disk(tmp_path: Path) -> None:
    """A 6 MiB tmpfs in a mount namespace of its own; the outcome still fits thanks to the reserve."""
    shell = 'mount -t tmpfs -o size=6m none "$1" && exec "$2" -c "$4" "$1" "$3"'
    root = str(Path(__file__).parents[2])
    probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, timeout=60, check=False)
    if os.geteuid() != 0 or probe.returncode:
        pytest.skip("needs root and mount namespaces")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", shell, "sh", str(tmp_path), sys.executable, root, TMPFS],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=root,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("kept")


def test_personal_content_is_erased_and_the_chain_holds(make: Opener, tmp_path: Path) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        (fact,) = journal.append_all([Draft("message", {"thread": 1}, personal=b"Jeanne, chambre 12")])
        kept = journal.personal(fact.id)
        assert kept is not None
        assert kept.content == b"Jeanne, chambre 12"
        assert fact.body["content_sha256"] == sha256(kept.salt + kept.content).hexdigest()
        assert journal.erase_personal(fact.id)
        assert not journal.erase_personal(fact.id)
        assert journal.personal(fact.id) is None
        assert journal.verify() == ChainIntact(2, journal.head())
    assert b"chambre 12" not in b"".join(p.read_bytes() for p in segment_paths(tmp_path / "journal"))


def test_open_intents_across_months(make: Opener, clock: FixedClock) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        done, doubt, open_, refused = (journal.append("purse.debit.intent", {"n": n}) for n in range(4))
        clock.advance(MONTH_MS)
        for intent, result in ((done, "done"), (doubt, "in_doubt"), (refused, "not_done")):
            journal.append("purse.debit.outcome", {"intent": intent.id, "result": result})
        assert [f.id for f in journal.open_intents()] == [doubt.id, open_.id]
        journal.append("purse.debit.outcome", {"intent": doubt.id, "result": "done"})
        assert [f.id for f in journal.open_intents()] == [open_.id]


def test_the_inspectors_command(make: Opener, tmp_path: Path) -> None:
    with make() as journal:
        journal.start_incarnation(1, "paired")
        journal.append("sale", {"amount_cents": 1800})
        head = journal.head()
    folder = tmp_path / "journal"
    good = CliRunner().invoke(verify, [str(folder)])
    assert (good.exit_code, json.loads(good.stdout)) == (
        0,
        {
            "intact": True,
            "files": 1,
            "facts": 2,
            "head": {"incarnation": 1, "sequence": 2, "hash": head.hash.hex()},
        },
    )
    path = segment_paths(folder)[0]
    unguarded(path, "UPDATE facts SET body = replace(body, '18', '81')")
    bad = CliRunner().invoke(verify, [str(path)])
    told = json.loads(bad.stdout)
    assert (bad.exit_code, told["sequence"], told["reason"]) == (1, 2, "its content was changed")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert CliRunner().invoke(verify, [str(empty)]).exit_code == 2


def test_workers_that_append_while_it_closes_get_an_answer(make: Opener) -> None:
    journal = make()
    journal.start_incarnation(1, "paired")

    def append(number: int) -> bool:
        if number == 20:
            journal.close()
        try:
            journal.append("visit", {"n": number})
        except JournalTrouble:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        kept = sum(pool.map(append, range(200)))
    with make() as again:
        assert again.head().sequence == kept + 1


def test_a_closed_journal_says_so(make: Opener) -> None:
    journal = make()
    journal.close()
    journal.close()
    with pytest.raises(JournalTrouble, match="closed"):
        journal.append("visit", {})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: normalize("NFC", text))
BODIES = st.dictionaries(st.text('abcz_"\\', max_size=5), TEXTS | st.integers(-(2**53) + 1, 2**53 - 1) | st.none())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXTS.filter(bool), BODIES), min_size=1, max_size=8), TEXTS)
def test_any_facts_make_a_chain_that_verifies(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, dict[str, Any]]], boot: str
) -> None:
    """The verifier hashes spliced text; the domain hashes canonical JSON: they must agree on everything."""
    directory = tmp_path_factory.mktemp("any")
    with opener(directory, FixedClock(NOVEMBER_MS))(boot=boot) as journal:
        journal.start_incarnation(1, "paired")
        for kind, body in rows:
            journal.append(kind, body)
        assert journal.verify() == ChainIntact(len(rows) + 1, journal.head())
        previous = FIRST_PREVIOUS
        for fact in journal.iterate():
            assert reseal(fact, previous) == fact
            previous = fact.hash


def test_a_journal_cut_to_nothing_is_not_intact(tmp_path: Path) -> None:
    empty = tmp_path / "journal-2026-11.db"
    empty.write_bytes(b"")
    done = CliRunner().invoke(verify, [str(empty)])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["intact"] is False
