"""The engine against a server in memory: each stage, each refusal, kills, cuts, restored servers and kiosks."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.ports import FixedClock, Uuid7Ids
from kiosk.store.content import ContentStore
from kiosk.store.journal import Draft, Journal
from kiosk.store.journal_opening import open_journal
from kiosk.store.state import KioskState
from sync.client import DeviceClient, Refused
from sync.content_pull import ContentActivated, ContentCurrent, ContentRefused
from sync.engine import BACKOFF_CAP_SECONDS, IDLE_SECONDS, Engine, Stage, SyncReport
from sync.feeds import EntryRefusal, Recipient
from sync.keys import create_device_identity, create_server_identity
from sync.ports import Progress
from sync.protocol import START, FeedEntry, Head, PairingState
from sync.transport import Answer, Fetched, Offline, OfflineReason
from tests.unit.sync_fake_central import DAY_MS, NOW_MS, FakeCentral, SeededChance, json_answer

IDENTITY = create_device_identity()
PNG = b"\x89PNG\r\n\x1a\n"


def catalogue(path: Path, word: str) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE offers (name TEXT)")
        connection.execute("INSERT INTO offers VALUES (?)", (word,))
        connection.commit()
    return path.read_bytes()


def check_catalogue(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        connection.execute("SELECT name FROM offers").fetchall()


@dataclass
class Kiosk:
    """The real journal, state and content store around an engine."""

    home: Path
    central: FakeCentral
    clock: FixedClock
    journal: Journal
    state: KioskState
    content: ContentStore
    engine: Engine
    seen: list[Progress]

    def sync(self) -> SyncReport:
        return self.engine.run_once()

    def close(self) -> None:
        self.journal.close()
        self.state.close()

    def visits(self, count: int, **body: Any) -> None:
        self.journal.append_all([Draft("visit", {"n": n, **body}) for n in range(count)])


def start(home: Path, central: FakeCentral, clock: FixedClock, *, seed: int = 5) -> Kiosk:
    chance = SeededChance(seed)
    recipient = Recipient(central.territory, central.device, central.keys.public)
    journal = open_journal(
        home / "journal",
        central.territory,
        central.device,
        clock=clock,
        ids=Uuid7Ids(clock, chance),
        chance=chance,
        boot="b1",
    )
    if journal.last_place() == (0, 0):
        journal.start_incarnation(1, "paired")
    state = KioskState(home / "state.db", recipient, boot="b1")
    content = ContentStore(home / "content", central.keys.public, check_catalogue)
    client = DeviceClient(central, "https://zerot.example", central.device, IDENTITY, clock=clock, chance=chance)
    seen: list[Progress] = []
    engine = Engine(client, journal, state, content, recipient, clock=clock, chance=chance, progress=seen.append)
    return Kiosk(home, central, clock, journal, state, content, engine, seen)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS, 1_000)


@pytest.fixture
def central(clock: FixedClock) -> FakeCentral:
    return FakeCentral(clock, IDENTITY.public_der)


@pytest.fixture
def kiosk(tmp_path: Path, central: FakeCentral, clock: FixedClock) -> Iterator[Kiosk]:
    made = start(tmp_path, central, clock)
    yield made
    made.close()


def test_a_sync_with_nothing_to_do_is_one_request(kiosk: Kiosk, central: FakeCentral) -> None:
    kiosk.sync()
    central.requests.clear()
    report = kiosk.sync()
    assert central.requests == ["GET /api/v1/feeds"]
    assert (report.online, report.stopped_at, report.trouble) == (True, Stage.DONE, None)
    assert (report.facts_waiting, report.content, report.next_seconds) == (0, ContentCurrent(), IDLE_SECONDS)


def test_facts_go_up_in_batches_and_the_screen_sees_it(kiosk: Kiosk, central: FakeCentral) -> None:
    kiosk.visits(2_400)
    report = kiosk.sync()
    assert (report.facts_sent, report.facts_waiting, report.quarantined) == (2_401, 0, 0)
    assert len(central.facts) == 2_401
    assert central.requests.count("POST /api/v1/facts") == 3
    assert [p.facts_waiting for p in kiosk.seen] == [1_401, 401, 0]
    assert kiosk.state.acknowledged() == Head(1, 2_401)


def test_quarantine_stops_nobody(kiosk: Kiosk, central: FakeCentral) -> None:
    central.quarantine_kinds = frozenset({"strange"})
    kiosk.journal.append("strange", {})
    kiosk.visits(3)
    report = kiosk.sync()
    assert (report.facts_sent, report.quarantined, report.facts_waiting) == (5, 1, 0)


def test_an_answer_lost_on_the_way_back_doubles_nothing(kiosk: Kiosk, central: FakeCentral) -> None:
    kiosk.visits(10)
    central.after = lambda path, answer: Offline(OfflineReason.TRUNCATED) if path.endswith("/facts") else answer
    report = kiosk.sync()
    assert (report.stopped_at, report.facts_waiting) == (Stage.PUSH, 11)
    central.after = lambda path, answer: answer
    assert kiosk.sync().facts_waiting == 0
    assert len(central.facts) == 11


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"outcomes": ["created"], "acknowledged": None, "time": NOW_MS}),
        json_answer({"outcomes": ["created"], "acknowledged": {"incarnation": 1, "sequence": 0}, "time": 1}),
        json_answer({"outcomes": [], "acknowledged": {"incarnation": 1, "sequence": 1}, "time": NOW_MS}),
        json_answer({"outcomes": ["perhaps"], "acknowledged": None, "time": NOW_MS}),
        json_answer({"acknowledged": {"incarnation": 1, "sequence": 1}}),
        json_answer([]),
        Answer(200, {}, b"{"),
        Answer(200, {}, b"\xff\xfe"),
        Answer(500, {}, b"{}"),
        Answer(503, {}, b""),
        Offline(OfflineReason.PORTAL),
    ],
)
def test_nothing_counts_as_sent_before_it_is_acknowledged(kiosk: Kiosk, central: FakeCentral, answer: Fetched) -> None:
    central.before = lambda path: answer if path.endswith("/facts") else None
    report = kiosk.sync()
    assert report.stopped_at is Stage.PUSH
    assert report.facts_waiting == 1
    assert central.requests.count("POST /api/v1/facts") == 1
    central.before = lambda path: None
    assert kiosk.sync().facts_waiting == 0


@pytest.mark.parametrize(
    "answer",
    [Answer(200, {}, b"<html>"), json_answer({"cursor": 7}), Answer(503, {"retry-after": "30"}, b""),
     Offline(OfflineReason.TOO_LARGE)],
)  # fmt: skip
def test_a_broken_feed_never_stops_the_facts(kiosk: Kiosk, central: FakeCentral, answer: Fetched) -> None:
    central.before = lambda path: answer if path.endswith("/feeds") else None
    kiosk.visits(5)
    report = kiosk.sync()
    assert (report.stopped_at, report.facts_sent, report.facts_waiting) == (Stage.PROBE, 6, 0)


def test_broken_facts_never_stop_the_feeds(kiosk: Kiosk, central: FakeCentral) -> None:
    central.before = lambda path: Offline(OfflineReason.TIMEOUT) if path.endswith("/facts") else None
    central.publish("blocklist", cards=[])
    report = kiosk.sync()
    assert (report.stopped_at, report.new_feeds) == (Stage.PUSH, ("blocklist",))


def test_with_no_line_nothing_is_tried_twice_and_the_wait_grows(kiosk: Kiosk, central: FakeCentral) -> None:
    central.before = lambda path: Offline(OfflineReason.NO_ROUTE)
    waits = []
    for _ in range(40):
        report = kiosk.sync()
        assert not report.online
        assert report.trouble == Offline(OfflineReason.NO_ROUTE)
        waits.append(report.next_seconds)
    assert central.requests == ["GET /api/v1/feeds"] * 40
    assert max(waits[:2]) <= 10
    assert 100 < max(waits[10:]) <= BACKOFF_CAP_SECONDS
    assert len(set(waits)) == 40
    central.before = lambda path: None
    assert kiosk.sync().next_seconds == IDLE_SECONDS


def test_retry_after_is_the_least(kiosk: Kiosk, central: FakeCentral) -> None:
    central.before = lambda path: Answer(503, {"retry-after": "120"}, b"")
    report = kiosk.sync()
    assert isinstance(report.trouble, Refused)
    assert 120 <= report.next_seconds <= 120 + 5


def test_revoked_is_told(kiosk: Kiosk, central: FakeCentral) -> None:
    error = {"error": {"code": "revoked", "message": "This device was revoked."}}
    central.before = lambda path: json_answer(error, 403)
    assert kiosk.sync().revoked


def test_too_large_batches_are_halved(kiosk: Kiosk, central: FakeCentral) -> None:
    sizes: list[int] = []

    def refuse(path: str) -> Fetched | None:
        if path.endswith("/facts"):
            sizes.append(len(central.requests))
            if len(sizes) < 3:
                return json_answer({"error": {"code": "too_large", "message": "."}}, 413)
        return None

    central.before = refuse
    kiosk.visits(39)
    report = kiosk.sync()
    assert (report.facts_sent, report.facts_waiting) == (40, 0)
    assert len(sizes) == 2 + 4


def test_feeds_are_kept_with_their_signatures(kiosk: Kiosk, central: FakeCentral) -> None:
    central.publish("blocklist", cards=[{"card_number": "00421187", "reason": "lost"}])
    central.publish("config", device="BC-017", idle_seconds=45)
    report = kiosk.sync()
    assert set(report.new_feeds) == {"blocklist", "config"}
    document = kiosk.state.document("blocklist")
    assert document is not None
    assert document["cards"] == [{"card_number": "00421187", "reason": "lost"}]
    assert kiosk.state.last_contact_ms() == NOW_MS
    central.publish("blocklist", cards=[])
    assert kiosk.sync().new_feeds == ("blocklist",)
    with closing(sqlite3.connect(kiosk.home / "state.db")) as connection:
        connection.execute("UPDATE feed SET document = replace(document, '45', '99') WHERE feed = 'config'")
        connection.commit()
    assert set(kiosk.state.kept_feeds()) == {"blocklist"}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE feed SET document = replace(document, '00421187', '00421188') WHERE feed = 'blocklist'",
        "UPDATE feed SET document = substr(document, 1, 20) WHERE feed = 'blocklist'",
        "UPDATE feed SET document = CAST(x'7bfffe7d' AS TEXT) WHERE feed = 'blocklist'",
        "UPDATE feed SET signature = 'é' WHERE feed = 'blocklist'",
        "UPDATE feed SET number = number + 1 WHERE feed = 'blocklist'",
        "UPDATE feed SET feed = CAST(x'ff' AS TEXT) WHERE feed = 'blocklist'",
        "UPDATE value SET value = 'nonsense' WHERE key = 'cursor'",
    ],
)
def test_a_damaged_feed_comes_again_and_blocked_cards_stay_blocked(
    kiosk: Kiosk, central: FakeCentral, clock: FixedClock, damage: str
) -> None:
    central.publish("blocklist", cards=[{"card_number": "00421187", "reason": "lost"}])
    central.publish("config", device="BC-017", idle_seconds=45)
    kiosk.sync()
    cursor, kept = kiosk.state.cursor(), kiosk.state.kept_feeds()
    assert cursor != START
    with closing(sqlite3.connect(kiosk.home / "state.db")) as connection:
        connection.execute(damage)
        connection.commit()
    kiosk.close()
    restarted = start(kiosk.home, central, clock)
    assert restarted.state.cursor() == START
    assert "blocklist" in restarted.sync().new_feeds
    assert restarted.state.kept_feeds() == kept
    assert restarted.state.cursor() == cursor
    assert restarted.sync().new_feeds == ()
    restarted.close()


def test_a_damaged_feed_that_is_no_longer_published_is_forgotten(kiosk: Kiosk, central: FakeCentral) -> None:
    central.publish("blocklist", cards=[])
    central.publish("allowance", device="BC-017", incarnation=1, amount_cents=1)
    kiosk.sync()
    cursor = kiosk.state.cursor()
    del central.feeds["allowance"]
    with closing(sqlite3.connect(kiosk.home / "state.db")) as connection:
        connection.execute("UPDATE feed SET document = '{}' WHERE feed = 'allowance'")
        connection.commit()
    kiosk.sync()
    assert kiosk.state.cursor() == cursor
    assert set(kiosk.state.kept_feeds()) == {"blocklist"}


def test_a_feed_damaged_after_the_question_still_comes_again(kiosk: Kiosk, central: FakeCentral) -> None:
    central.publish("blocklist", cards=[{"card_number": "00421187", "reason": "lost"}])
    kiosk.sync()
    central.publish("config", device="BC-017", idle_seconds=45)

    def spoil(path: str) -> None:
        central.before = lambda path: None
        with closing(sqlite3.connect(kiosk.home / "state.db")) as connection:
            connection.execute("UPDATE feed SET document = '{}' WHERE feed = 'blocklist'")
            connection.commit()

    central.before = spoil
    kiosk.sync()
    assert kiosk.state.cursor() == START
    kiosk.sync()
    assert set(kiosk.state.kept_feeds()) == {"blocklist", "config"}


def refusal(kiosk: Kiosk, entry: FeedEntry) -> EntryRefusal:
    kiosk.central.number += 1
    kiosk.central.feeds = {entry.feed: entry}
    cursor = kiosk.state.cursor()
    report = kiosk.sync()
    assert kiosk.state.cursor() == cursor
    ((feed, reason),) = report.refused_feeds
    assert feed == entry.feed
    return reason


def test_replayed_rolled_back_frozen_and_foreign_feeds_are_refused(kiosk: Kiosk, central: FakeCentral) -> None:
    old = central.publish("config", device="BC-017", idle_seconds=30)
    kiosk.clock.advance(1_000)
    central.publish("config", device="BC-017", idle_seconds=45)
    kiosk.sync()
    kept = kiosk.state.kept_feeds()["config"]
    base = dict(kept.document)
    stranger = FakeCentral(kiosk.clock)
    cases: list[tuple[FeedEntry, EntryRefusal]] = [
        (central.signed("config", 9, old.document), EntryRefusal.ROLLBACK),
        (central.signed("config", 9, {**base, "issued_at": NOW_MS, "expires_at": NOW_MS}), EntryRefusal.EXPIRED),
        (central.signed("config", 9, {**base, "device": "BC-018"}), EntryRefusal.OWNER),
        (central.signed("config", 9, {**base, "territory": "autre"}), EntryRefusal.OWNER),
        (central.signed("config", 9, {**base, "version": 2}), EntryRefusal.SHAPE),
        (stranger.signed("config", 9, base), EntryRefusal.SIGNATURE),
        (FeedEntry("config", 9, {**base, "idle_seconds": 1}, kept.signature), EntryRefusal.SIGNATURE),
        (FeedEntry("blocklist", 9, kept.document, kept.signature), EntryRefusal.SIGNATURE),
    ]  # fmt: skip
    for entry, reason in cases:
        assert refusal(kiosk, FeedEntry(entry.feed, 9, entry.document, entry.signature)) is reason
        assert kiosk.state.kept_feeds()["config"] == kept
    assert kiosk.sync().next_seconds == IDLE_SECONDS


def test_a_restored_server_gets_everything_again_and_takes_nothing_back(kiosk: Kiosk, central: FakeCentral) -> None:
    kiosk.visits(9)
    first = central.publish("blocklist", cards=[])
    kiosk.clock.advance(1_000)
    central.publish("blocklist", cards=[{"card_number": "00421187", "reason": "lost"}])
    kiosk.sync()
    kept = kiosk.state.kept_feeds()["blocklist"]
    # The backup knew three facts and the older block list; the restored server numbers from there.
    central.facts = dict(list(central.facts.items())[:3])
    central.acknowledged, central.epoch, central.number = Head(1, 3), 2, 1
    central.feeds = {"blocklist": first}
    report = kiosk.sync()
    assert (len(central.facts), report.facts_waiting) == (10, 0)
    assert report.refused_feeds == (("blocklist", EntryRefusal.ROLLBACK),)
    assert kiosk.state.kept_feeds()["blocklist"] == kept
    kiosk.clock.advance(1_000)
    central.publish("blocklist", cards=[{"card_number": "00421188", "reason": "lost"}])
    assert kiosk.sync().new_feeds == ("blocklist",)
    assert str(kiosk.state.cursor()) == "2.2"


def test_a_restored_kiosk_begins_another_life_and_loses_nothing(
    tmp_path: Path, central: FakeCentral, clock: FixedClock
) -> None:
    image = tmp_path / "image"
    kiosk = start(tmp_path / "kiosk", central, clock)
    kiosk.visits(4)
    kiosk.sync()
    kiosk.close()
    shutil.copytree(tmp_path / "kiosk", image)
    kiosk = start(tmp_path / "kiosk", central, clock, seed=6)
    kiosk.visits(6)
    kiosk.sync()
    kiosk.close()
    restored = start(image, central, clock, seed=99)
    restored.journal.append("sale", {"amount_cents": 1800})  # it sells before it meets the server
    report = restored.sync()
    assert report.new_incarnation == 2
    assert report.facts_waiting == 0
    assert len(central.facts) == 11 + 1 + 1
    started = restored.journal.facts_after(1, 6, 1)[0]
    assert (started.incarnation, started.body["reason"]) == (2, "restored")
    assert started.body["fork"] == {
        "incarnation": 1,
        "sequence": 6,
        "hash": restored.journal.facts_after(1, 5, 1)[0].hash.hex(),
    }
    restored.visits(2)
    report = restored.sync()
    assert (report.new_incarnation, report.facts_waiting, len(central.facts)) == (None, 0, 15)
    restored.close()


def test_content_arrives_is_shown_and_survives_a_restart(kiosk: Kiosk, central: FakeCentral, clock: FixedClock) -> None:
    central.publish_content(7, catalogue(kiosk.home / "c7.db", "canoë"), {"canoe": PNG + b"7" * 5_000})
    assert kiosk.sync().content == ContentActivated(7)
    assert kiosk.seen[-1].content_percent == 100
    picture = kiosk.content.picture_path("canoe")
    assert picture is not None
    assert picture.read_bytes() == PNG + b"7" * 5_000
    central.publish_content(
        8, catalogue(kiosk.home / "c8.db", "marché"), {"canoe": PNG + b"7" * 5_000, "market": PNG + b"8" * 10}
    )
    central.requests.clear()
    assert kiosk.sync().content == ContentActivated(8)
    assert len([r for r in central.requests if "/blobs/" in r]) == 2
    central.publish_content(9, catalogue(kiosk.home / "c9.db", "vigne"), {})
    assert kiosk.sync().content == ContentActivated(9)
    again = ContentStore(kiosk.home / "content", central.keys.public, check_catalogue)
    assert again.active_version() == 9
    names = sorted(p.name for p in (kiosk.home / "content").iterdir())
    assert names == ["blobs", "catalogue-8.db", "catalogue-9.db", "current.json", "staging"]
    check_catalogue(again.catalogue_path(9))
    assert again.versions() == {8, 9}
    assert again.picture_path("canoe") is None
    stranger = ContentStore(kiosk.home / "content", create_server_identity().public, check_catalogue)
    assert stranger.active_version() == 0


def test_a_cut_line_resumes_where_it_was(kiosk: Kiosk, central: FakeCentral) -> None:
    central.publish_content(7, catalogue(kiosk.home / "c7.db", "canoë"), {"canoe": PNG + bytes(40_000)})
    central.cut_after = 3_000
    assert kiosk.sync().content == ContentActivated(7)
    assert len([r for r in central.requests if "/blobs/" in r]) == 14 + 3


def test_a_kill_between_any_two_requests_is_resumed(tmp_path: Path, central: FakeCentral, clock: FixedClock) -> None:
    """The power goes at every request in turn; each time the kiosk starts again from its disk."""

    class Killed(BaseException):
        pass

    central.publish("config", device="BC-017")
    central.publish_content(7, catalogue(tmp_path / "c7.db", "canoë"), {"a": PNG + bytes(9_000), "b": PNG + bytes(8)})
    central.cut_after = 4_000
    kiosk = start(tmp_path / "kiosk", central, clock)
    kiosk.visits(2_100)
    kills = 0
    for survive in range(60):
        left = [survive % 4]

        def kill(path: str, answer: Fetched, left: list[int] = left) -> Fetched:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return answer

        central.after = kill
        try:
            report = kiosk.sync()
        except Killed:
            kills += 1
        kiosk.close()
        kiosk = start(tmp_path / "kiosk", central, clock)
    central.after = lambda path, answer: answer
    report = kiosk.sync()
    assert kills > 20
    assert (report.trouble, report.facts_waiting, len(central.facts)) == (None, 0, 2_101)
    assert kiosk.content.active_version() == 7
    assert set(kiosk.state.kept_feeds()) == {"config"}
    kiosk.close()


def test_manifests_replayed_rolled_back_expired_or_foreign_are_refused(kiosk: Kiosk, central: FakeCentral) -> None:
    data = catalogue(kiosk.home / "c.db", "canoë")
    central.publish_content(7, data, {})
    old = central.manifest
    kiosk.sync()
    cases = {
        "not after version 7": lambda: central.publish_content(7, data, {}),
        "not after": lambda: central.publish_content(6, data, {}),
        "expired": lambda: central.publish_content(8, data, {}, days=0),
        "another territory": lambda: central.publish_content(8, data, {}, territory="autre"),
    }
    for reason, publish in cases.items():
        publish()
        central.manifest_version = 8
        result = kiosk.sync().content
        assert isinstance(result, ContentRefused)
        assert reason in result.reason
        assert kiosk.content.active_version() == 7
    central.manifest, central.manifest_version = old, 9
    assert isinstance(kiosk.sync().content, ContentRefused)
    central.publish_content(8, data, {})
    assert central.manifest is not None
    central.manifest = ({**central.manifest[0], "content_version": 9}, central.manifest[1])
    result = kiosk.sync().content
    assert isinstance(result, ContentRefused)
    assert "signed" in result.reason


def test_a_clock_set_back_does_not_revive_what_expired(kiosk: Kiosk, central: FakeCentral) -> None:
    data = catalogue(kiosk.home / "c.db", "canoë")
    central.publish_content(8, data, {}, days=1)
    stale = central.manifest
    kiosk.clock.advance(5 * DAY_MS)
    central.publish_content(7, data, {})
    assert kiosk.sync().content == ContentActivated(7)
    kiosk.clock.wall_ms = NOW_MS
    central.manifest, central.manifest_version = stale, 8
    result = kiosk.sync().content
    assert isinstance(result, ContentRefused)
    assert "expired" in result.reason


@pytest.mark.parametrize("years", [-10, 10])
def test_a_device_whose_clock_is_years_off_misses_nothing(tmp_path: Path, central: FakeCentral, years: int) -> None:
    kiosk = start(tmp_path, central, FixedClock(NOW_MS + years * 365 * DAY_MS, 1_000))
    kiosk.visits(3)
    central.publish("blocklist", cards=[])
    central.publish_content(7, catalogue(tmp_path / "c.db", "canoë"), {})
    report = kiosk.sync()
    assert (report.trouble, report.facts_waiting, report.refused_feeds) == (None, 0, ())
    assert report.content == ContentActivated(7)
    assert kiosk.state.clock_offset_now(lambda: 1_000) == (-years * 365 * DAY_MS, 0)
    kiosk.close()


@pytest.mark.parametrize("case", ["other bytes", "shorter", "wrong type", "no database", "missing"])
def test_blobs_that_are_not_what_the_manifest_names_are_refused(kiosk: Kiosk, central: FakeCentral, case: str) -> None:
    good = catalogue(kiosk.home / "c.db", "canoë")
    central.publish_content(7, good, {"a": PNG + b"7" * 100})
    kiosk.sync()
    match case:
        case "wrong type":
            central.publish_content(8, good, {"b": b"GIF89a" + bytes(100)})
        case "no database":
            central.publish_content(8, b"SQLite format 3\0" + bytes(5_000), {})
        case _:
            central.publish_content(8, good, {"b": PNG + b"8" * 100})
            (name,) = [n for n, data in central.blobs.items() if data.endswith(b"88")]
            data = central.blobs[name]
            changes = {"other bytes": data[:-1] + b"9", "shorter": data[:-1]}
            if case == "missing":
                del central.blobs[name]
            else:
                central.blobs[name] = changes[case]
    result = kiosk.sync().content
    assert isinstance(result, Refused if case == "missing" else ContentRefused), result
    assert kiosk.content.active_version() == 7
    central.publish_content(9, good, {"a": PNG + b"7" * 100})
    assert kiosk.sync().content == ContentActivated(9)


def test_pin_misses_lock_and_survive_a_restart(kiosk: Kiosk) -> None:
    state = kiosk.state
    assert [state.pin_missed("00421187", NOW_MS) for _ in range(3)] == [4, 3, 2]
    state.pin_right("00421187")
    assert [state.pin_missed("00421187", NOW_MS) for _ in range(5)] == [4, 3, 2, 1, 0]
    again = KioskState(kiosk.home / "state.db", Recipient("bon-coin", "BC-017", kiosk.central.keys.public), boot="b2")
    until = NOW_MS + 15 * 60_000
    assert again.pin_locked_until("00421187", NOW_MS + 1) == until
    assert again.pin_locked_until("00421187", until) is None
    assert again.pin_missed("00421187", until) == 4
    assert again.pin_locked_until("00999999", NOW_MS) is None
    again.close()


def test_the_clock_offset(kiosk: Kiosk) -> None:
    state = kiosk.state
    assert state.clock_offset_now(lambda: 5_000) is None
    state.record_contact(NOW_MS + 250, NOW_MS, 1_000)
    assert state.clock_offset_now(lambda: 5_000) == (250, 4_000)


def test_the_whole_wait_for_a_person(kiosk: Kiosk, central: FakeCentral, tmp_path: Path) -> None:
    from sync.pairing import Pairing, claim, finish, read_pairing, words_of, write_pairing

    refused = claim(central, "https://zerot.example", "ABCDEFGHJKMX", IDENTITY, "0.1.0")
    assert isinstance(refused, Refused)
    assert refused.error.code == "code_wrong"
    found = claim(central, "https://zerot.example", "ABCDEFGHJKMN", IDENTITY, "0.1.0")
    assert not isinstance(found, (Refused, Offline))
    pairing, words = found
    assert words == words_of(pairing, IDENTITY)
    client = DeviceClient(central, pairing.url, pairing.device, IDENTITY, clock=kiosk.clock, chance=SeededChance())
    assert finish(client, pairing) is PairingState.WAITING
    central.state = PairingState.APPROVED
    done = finish(client, pairing)
    assert isinstance(done, Pairing)
    assert done.approved
    assert read_pairing(tmp_path / "identity") is None
    write_pairing(tmp_path / "identity", done)
    assert read_pairing(tmp_path / "identity") == done
    write_pairing(tmp_path / "identity", pairing)
    assert read_pairing(tmp_path / "identity") == pairing
    central.keys = create_server_identity()
    assert finish(client, pairing) == Offline(
        OfflineReason.GARBAGE, "a profile that the server did not sign for this device"
    )


def test_a_revocation_outlives_a_restart_and_a_pulled_cable(kiosk: Kiosk) -> None:
    kiosk.state.set_revoked(True)
    kiosk.state.close()
    again = KioskState(kiosk.home / "state.db", Recipient("bon-coin", "BC-017", bytes(32)), boot="b2")
    assert again.revoked()
    again.set_revoked(False)
    assert not again.revoked()
    again.close()


def test_an_answer_to_feeds_is_what_counts_as_met(kiosk: Kiosk) -> None:
    report = kiosk.sync()
    assert (report.online, report.met, report.revoked) == (True, True, False)


def test_a_certificate_that_fails_by_date_alone_is_judged_by_the_servers_time(
    kiosk: Kiosk, central: FakeCentral
) -> None:
    asked: list[str] = []

    def tls(path: str) -> Fetched | None:
        asked.append(path)
        by_date = path == "/api/v1/feeds" and "/api/v1/time" not in asked
        return Offline(OfflineReason.TLS_DATE, "certificate has expired") if by_date else None

    central.before = tls
    kiosk.visits(3)
    report = kiosk.sync()
    assert (report.trouble, report.online, report.facts_waiting) == (None, True, 0)
    assert asked[:3] == ["/api/v1/feeds", "/api/v1/time", "/api/v1/feeds"]
    central.before = lambda path: Offline(OfflineReason.TLS_DATE)  # really over: offline, asked once each
    asked.clear()
    kiosk.visits(1)
    report = kiosk.sync()
    assert (report.stopped_at, report.facts_waiting) == (Stage.PROBE, 1)
    assert report.trouble == Offline(OfflineReason.TLS_DATE)
