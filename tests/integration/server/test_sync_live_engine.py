"""A kiosk's real engine against the real server: pairing, profile, facts, feeds; a server killed, a kiosk restored."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import closing
from pathlib import Path

from domain.config import parse_config
from domain.ports import Uuid7Ids
from kiosk.store.catalogue import open_catalogue
from kiosk.store.content import ContentStore
from kiosk.store.journal import Draft, Journal
from kiosk.store.journal_opening import open_journal
from kiosk.store.state import KioskState
from sync.client import DeviceClient, Refused
from sync.content_pull import ContentActivated
from sync.engine import Engine, SyncReport
from sync.http import Bounds, Fetcher
from sync.keys import DeviceIdentity, create_device_identity
from sync.pairing import Pairing, claim, finish, open_card_keys
from sync.protocol import PairingState, parse_code
from sync.transport import Offline
from tests.fixtures.server import LiveServer


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class SystemChance:
    def token(self, size: int) -> bytes:
        return os.urandom(size)


CLOCK, CHANCE = SystemClock(), SystemChance()


def check_catalogue(path: Path) -> None:
    open_catalogue(path, thorough=True).close()


class Kiosk:
    """One paired kiosk on a folder of its own."""

    def __init__(self, home: Path, pairing: Pairing, identity: DeviceIdentity) -> None:
        self.home, self.pairing, self.identity = home, pairing, identity
        home.mkdir(exist_ok=True)
        self.fetcher = Fetcher(Bounds(3, 20, 60))
        self.journal: Journal = open_journal(
            home / "journal", pairing.territory, pairing.device,
            clock=CLOCK, ids=Uuid7Ids(CLOCK, CHANCE), chance=CHANCE, boot="boot-1",
        )  # fmt: skip
        if self.journal.last_place() == (0, 0):
            self.journal.start_incarnation(pairing.incarnation, "paired")
        self.state = KioskState(home / "state.db", pairing.recipient, boot="boot-1")
        self.content = ContentStore(home / "content", pairing.server_key, check_catalogue)
        client = DeviceClient(self.fetcher, pairing.url, pairing.device, identity, clock=CLOCK, chance=CHANCE)
        self.engine = Engine(
            client, self.journal, self.state, self.content, pairing.recipient, clock=CLOCK, chance=CHANCE
        )

    def sync(self) -> SyncReport:
        return self.engine.run_once()

    def visits(self, count: int) -> None:
        body = {
            "site": 1, "session": "s", "started_at": 1, "ended_at": 2, "language": "fr", "card": None, "offers_seen": 3,
        }  # fmt: skip
        self.journal.append_all([Draft("visit", {**body, "offers_seen": n}) for n in range(count)])

    def close(self) -> None:
        self.fetcher.close()
        self.journal.close()
        self.state.close()


def pair(server: LiveServer, name: str) -> tuple[Pairing, DeviceIdentity]:
    identity = create_device_identity()
    fetcher = Fetcher(Bounds(3, 20, 60))
    code = parse_code(server.create_device(name)["code"])
    found = claim(fetcher, server.base, code, identity, "0.1.0")
    assert not isinstance(found, (Refused, Offline)), found
    pairing, words = found
    assert len(words) == 8
    client = DeviceClient(fetcher, server.base, pairing.device, identity, clock=CLOCK, chance=CHANCE)
    assert finish(client, pairing) is PairingState.WAITING
    server.run("approve", name)
    done = finish(client, pairing)
    assert isinstance(done, Pairing), done
    again = claim(fetcher, server.base, code, identity, "0.1.0")
    assert isinstance(again, Refused)
    assert again.error.code == "code_used"
    fetcher.close()
    return done, identity


def test_a_kiosk_pairs_syncs_and_survives_faults_of_both_sides(server: LiveServer, tmp_path: Path) -> None:
    pairing, identity = pair(server, "BC-901")
    keys = open_card_keys(pairing, identity)
    assert {key.number for key in keys.keys} >= {1}
    kiosk = Kiosk(tmp_path / "kiosk", pairing, identity)
    kiosk.visits(1_200)
    report = kiosk.sync()
    assert (report.trouble, report.facts_waiting, report.quarantined) == (None, 0, 0), report
    assert "config" in report.new_feeds
    document = kiosk.state.document("config")
    assert document is not None
    config, unknown = parse_config(document)
    assert (config.device, unknown) == ("BC-901", ())
    assert report.refused_feeds == ()

    server.run("publish")
    report = kiosk.sync()
    assert isinstance(report.content, ContentActivated), report
    version = kiosk.content.active_version()
    with closing(open_catalogue(kiosk.content.catalogue_path(version))) as catalogue:
        assert catalogue.about.offers > 0

    quiet = kiosk.sync()
    assert (quiet.trouble, quiet.facts_sent, quiet.new_feeds) == (None, 0, ())

    # The server dies with facts on the way, and comes back at another port as after a repair.
    server.kill()
    kiosk.visits(5)
    down = kiosk.sync()
    assert (down.online, down.facts_waiting) == (False, 5)
    kiosk.close()
    shutil.copytree(tmp_path / "kiosk", tmp_path / "image")
    server.start()
    moved = Pairing(
        server.base, pairing.device, pairing.territory, pairing.server_key, pairing.server_sealing_key,
        pairing.incarnation, pairing.sealed_keys,
    )  # fmt: skip
    kiosk = Kiosk(tmp_path / "kiosk", moved, identity)
    kiosk.visits(2)
    report = kiosk.sync()
    assert (report.trouble, report.facts_waiting, report.facts_sent) == (None, 0, 7), report
    kiosk.close()

    # An older image of the same kiosk: its facts are real, and nothing is booked twice.
    restored = Kiosk(tmp_path / "image", moved, identity)
    restored.visits(1)
    report = restored.sync()
    assert report.new_incarnation == pairing.incarnation + 1
    assert (report.trouble, report.facts_waiting) == (None, 0), report
    report = restored.sync()
    assert (report.trouble, report.new_incarnation, report.facts_waiting) == (None, None, 0), report
    restored.close()
