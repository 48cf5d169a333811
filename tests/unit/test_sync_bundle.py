"""Bundles: nothing is believed that the sender did not sign; what comes twice, late or rolled back is refused."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ports import FixedClock
from kiosk.workers.bundles import Inbox, Taken, export_bundle, take_bundle
from sync.bundle import (
    CHUNK_BYTES,
    BundleReader,
    BundleRefused,
    BundleWriter,
    Direction,
    RecordType,
)
from sync.keys import create_device_identity, create_server_identity, verify_ed25519, verify_p256
from sync.pairing import Pairing
from sync.protocol import (
    Cursor,
    FeedsAnswer,
    Head,
    build_feeds_answer,
    build_json,
    build_signed_manifest,
    chain_batch,
    unpack_batch,
)
from tests.fixtures.memory import memory_folder
from tests.unit.sync_fake_central import DAY_MS, NOW_MS, FakeCentral, SeededChance
from tests.unit.test_sync_engine import IDENTITY, PNG, Kiosk, catalogue, start

SERVER = create_server_identity()


def pairing_of(central: FakeCentral) -> Pairing:
    keys = central.keys
    return Pairing("https://zerot.example", central.device, central.territory, keys.public, keys.sealing_public, 1)


def write(path: Path, records: list[tuple[RecordType, bytes, str]], **changes: Any) -> None:
    """A bundle from SERVER's or another identity's hand to IDENTITY."""
    by = changes.get("by", SERVER)
    with BundleWriter(path, changes.get("to", IDENTITY.sealing_public), SeededChance(9)) as writer:
        for kind, content, name in records:
            writer.add(kind, content, name)
        writer.finish(
            changes.get("direction", Direction.DOWN),
            changes.get("territory", "bon-coin"),
            changes.get("device", "BC-017"),
            changes.get("issued_at", NOW_MS),
            by.sign_bytes,
        )


def by_server(message: bytes, signature: bytes) -> bool:
    return verify_ed25519(SERVER.public, message, signature)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(RecordType), st.binary(max_size=2000), st.text("abc", max_size=8)), max_size=9)
)
def test_records_arrive_as_they_were_written(records: list[tuple[RecordType, bytes, str]]) -> None:
    with memory_folder() as folder:
        write(folder / "b", records)
        with BundleReader(folder / "b") as reader:
            reader.check(by_server)
            found = [(RecordType(r.type), r.content(1 << 20), r.name) for r in reader.records(IDENTITY.open_box)]
    assert found == records


def test_large_content_is_streamed_over_many_chunks_and_may_be_skipped(tmp_path: Path) -> None:
    big = random.Random(1).randbytes(3 * CHUNK_BYTES + 17)
    (tmp_path / "big").write_bytes(big)
    with BundleWriter(tmp_path / "b", IDENTITY.sealing_public, SeededChance()) as writer:
        writer.add(RecordType.FEEDS, b"before")
        writer.add_file(RecordType.BLOB, tmp_path / "big", "x")
        writer.add(RecordType.FEEDS, b"after")
        writer.finish(Direction.DOWN, "bon-coin", "BC-017", NOW_MS, SERVER.sign_bytes)
    with BundleReader(tmp_path / "b") as reader:
        reader.check(by_server)
        assert [r.name for r in reader.records(IDENTITY.open_box)] == ["", "x", ""]
        found = [r.content(1 << 30) for r in reader.records(IDENTITY.open_box)]
        assert found == [b"before", big, b"after"]
        with pytest.raises(BundleRefused, match="larger"):
            [r.content(100) for r in reader.records(IDENTITY.open_box)]
    assert not list(tmp_path.glob(".*"))


def test_any_changed_byte_and_any_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write(path, [(RecordType.FEEDS, b"x" * 3000, "")])
    good = path.read_bytes()

    def read() -> None:
        with BundleReader(path) as reader:
            reader.check(by_server)
            for record in reader.records(IDENTITY.open_box):
                record.content(1 << 20)

    read()
    chance = random.Random(4)
    for place in sorted({*range(24), *range(len(good) - 60, len(good)), *chance.sample(range(len(good)), 120)}):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << chance.randrange(8)]) + good[place + 1 :])
        with pytest.raises(BundleRefused):
            read()
    for length in (0, 5, 15, 40, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:length])
        with pytest.raises(BundleRefused):
            read()
    path.write_bytes(os.urandom(5000))
    with pytest.raises(BundleRefused, match="not a bundle"):
        read()


def test_a_bundle_says_nothing_to_who_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write(path, [(RecordType.FEEDS, b"Jean Dupont" * 50, "")])
    assert b"Jean" not in path.read_bytes()
    with BundleReader(path) as reader, pytest.raises(BundleRefused, match="somebody else"):
        list(reader.records(create_device_identity().open_box))


@pytest.fixture
def world(tmp_path: Path) -> Any:
    clock = FixedClock(NOW_MS, 1_000)
    central = FakeCentral(clock, IDENTITY.public_der)
    kiosk = start(tmp_path / "kiosk", central, clock)
    yield kiosk, central, clock
    kiosk.close()


def content_of(central: FakeCentral, tmp_path: Path, version: int) -> list[tuple[RecordType, bytes, str]]:
    central.blobs.clear()
    central.publish_content(
        version, catalogue(tmp_path / f"c{version}.db", f"v{version}"), {"a": PNG + bytes([version])}
    )
    assert central.manifest is not None
    document, signature = central.manifest
    blobs = [(RecordType.BLOB, data, name) for name, data in central.blobs.items()]
    return [(RecordType.MANIFEST, build_signed_manifest(document, signature), ""), *blobs]


def feeds_of(central: FakeCentral) -> tuple[RecordType, bytes, str]:
    answer = FeedsAnswer(
        Cursor(central.epoch, central.number),
        central.epoch,
        central.clock.wall_ms,
        None,
        0,
        tuple(central.feeds.values()),
    )
    return (RecordType.FEEDS, build_feeds_answer(answer), "")


def heads(*places: tuple[int, int, bytes]) -> tuple[RecordType, bytes, str]:
    listed = [{"incarnation": i, "sequence": s, "hash": digest.hex()} for i, s, digest in places]
    return (RecordType.ACKNOWLEDGED, build_json({"heads": listed}), "")


def take(kiosk: Kiosk, central: FakeCentral, path: Path) -> Taken:
    return take_bundle(path, pairing_of(central), IDENTITY, kiosk.journal, kiosk.state, kiosk.content)


def test_facts_go_up_and_come_back_acknowledged_without_a_line(world: Any, tmp_path: Path) -> None:
    kiosk, central, clock = world
    kiosk.visits(1_700)
    path = tmp_path / "up"
    sent = export_bundle(
        path, pairing_of(central), IDENTITY, kiosk.journal, None, now_ms=clock.now_ms(), chance=SeededChance()
    )
    assert sent == 1_701
    found = []
    with BundleReader(path) as reader:
        assert (reader.footer.direction, reader.footer.device) == (Direction.UP, "BC-017")
        reader.check(lambda message, signature: verify_p256(IDENTITY.public_der, message, signature))
        for record in reader.records(central.keys.open_box):
            packed = record.content(1 << 20)
            found += [fact.id for fact in chain_batch(unpack_batch(packed))]
            central._take(packed)
    assert found == [fact.id for fact in kiosk.journal.iterate()]
    assert kiosk.state.acknowledged() is None  # nothing counts as sent until the server says so
    head = kiosk.journal.head()
    strange = (1, 900, bytes(32))
    write(tmp_path / "down", [heads(strange, (head.incarnation, head.sequence, head.hash))], by=central.keys)
    assert take(kiosk, central, tmp_path / "down").acknowledged == Head(1, 1_701)
    assert kiosk.state.acknowledged() == Head(1, 1_701)
    kiosk.visits(3)
    report = kiosk.sync()  # and the line, when it is there, meets the same state: only what is new travels
    assert report.facts_sent == 3


def test_an_acknowledgement_of_anothers_facts_counts_for_nothing(world: Any, tmp_path: Path) -> None:
    kiosk, central, _ = world
    kiosk.visits(5)
    write(tmp_path / "down", [heads((1, 4, b"\x01" * 32), (7, 1, b"\x02" * 32))], by=central.keys)
    assert take(kiosk, central, tmp_path / "down").acknowledged is None
    assert kiosk.state.acknowledged() is None


def test_feeds_and_content_come_down_once_and_meet_the_line(world: Any, tmp_path: Path) -> None:
    kiosk, central, clock = world
    central.publish("blocklist", cards=[])
    write(tmp_path / "one", [feeds_of(central), *content_of(central, tmp_path, 3)], by=central.keys)
    taken = take(kiosk, central, tmp_path / "one")
    assert (taken.feeds, taken.content_version, taken.content_missing) == (["blocklist"], 3, 0)
    assert kiosk.content.active_version() == 3
    assert kiosk.state.last_contact_ms() == NOW_MS
    with pytest.raises(BundleRefused, match="taken already"):
        take(kiosk, central, tmp_path / "one")
    report = kiosk.sync()
    assert (report.trouble, kiosk.content.active_version()) == (None, 3)
    # Now the line has told what is newer: a bundle from before is rolled back, whatever it holds.
    clock.advance(60_000)
    kiosk.sync()
    write(tmp_path / "old", content_of(central, tmp_path, 9), by=central.keys, issued_at=NOW_MS + 1)
    with pytest.raises(BundleRefused, match="older than"):
        take(kiosk, central, tmp_path / "old")
    assert kiosk.content.active_version() == 3


def test_content_that_is_not_whole_waits_and_a_wrong_file_is_refused(world: Any, tmp_path: Path) -> None:
    kiosk, central, clock = world
    manifest, *blobs = content_of(central, tmp_path, 4)
    write(tmp_path / "part", [manifest, blobs[0]], by=central.keys)
    taken = take(kiosk, central, tmp_path / "part")
    assert (taken.content_version, taken.content_missing, kiosk.content.active_version()) == (0, 1, 0)
    kind, data, name = blobs[1]
    changed = data[:-1] + bytes([data[-1] ^ 1])
    write(tmp_path / "wrong", [manifest, (kind, changed, name)], by=central.keys, issued_at=NOW_MS + 1)
    with pytest.raises(BundleRefused, match="is not what the manifest names"):
        take(kiosk, central, tmp_path / "wrong")
    write(tmp_path / "rest", [manifest, (kind, data, name)], by=central.keys, issued_at=NOW_MS + 2)
    assert take(kiosk, central, tmp_path / "rest").content_version == 4
    clock.advance(40 * DAY_MS)
    stale = content_of(central, tmp_path, 6)
    write(tmp_path / "stale", stale, by=central.keys, issued_at=clock.now_ms() + 31 * DAY_MS)
    with pytest.raises(BundleRefused, match="expired"):
        take(kiosk, central, tmp_path / "stale")
    lower = content_of(central, tmp_path, 2)
    write(tmp_path / "lower", lower, by=central.keys, issued_at=clock.now_ms() + 1)
    with pytest.raises(BundleRefused, match="not after"):
        take(kiosk, central, tmp_path / "lower")


FOREIGN: dict[str, tuple[dict[str, Any], str]] = {
    "another kiosk's": ({"device": "BC-018"}, "for the kiosk BC-018"),
    "another territory's": ({"territory": "ailleurs"}, "for the territory ailleurs"),
    "another server's": ({"by": create_server_identity()}, "not signed"),
    "a kiosk's own": ({"direction": Direction.UP}, "for the server"),
    "sealed for another": ({"to": create_device_identity().sealing_public}, "somebody else"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_bundles_are_refused_in_one_sentence(world: Any, tmp_path: Path, name: str) -> None:
    kiosk, central, _ = world
    changes, words = FOREIGN[name]
    write(tmp_path / "b", content_of(central, tmp_path, 5), **{"by": central.keys, **changes})
    with pytest.raises(BundleRefused, match=words) as refused:
        take(kiosk, central, tmp_path / "b")
    assert str(refused.value).count(".") == 1
    assert kiosk.content.active_version() == 0


def test_what_is_inside_must_be_what_it_says(world: Any, tmp_path: Path) -> None:
    kiosk, central, _ = world
    for n, record in enumerate(
        ((RecordType.FEEDS, b"{}", ""), (RecordType.MANIFEST, b"[1]", ""), (RecordType.ACKNOWLEDGED, b"\xff", ""))
    ):
        write(tmp_path / "b", [record], by=central.keys, issued_at=NOW_MS + n)
        with pytest.raises(BundleRefused, match="make it again"):
            take(kiosk, central, tmp_path / "b")


def test_the_inbox_of_a_running_kiosk(tmp_path: Path) -> None:
    (tmp_path / "a.bundle").write_bytes(b"1")
    (tmp_path / "b.bundle").write_bytes(b"2")
    (tmp_path / ".c.new").write_bytes(b"3")
    answers: dict[str, Callable[[], Taken]] = {"a.bundle": lambda: Taken(content_version=3)}

    def take_one(path: Path) -> Taken:
        if path.name not in answers:
            raise BundleRefused("No.")
        return answers[path.name]()

    inbox = Inbox(tmp_path, take_one)
    assert inbox.empty() is True
    assert [path.name for path in tmp_path.iterdir()] == [".c.new"]
    assert inbox.empty() is False
