"""What the screen is told while things travel, and content that is too old to sell from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest

from domain.ports import FixedClock
from kiosk.flow import events as ev
from kiosk.flow.effects import QueryOffer
from kiosk.flow.messages import M
from kiosk.flow.model import shell
from kiosk.flow.step import start as start_flow
from kiosk.flow.step import step
from kiosk.store.catalogue import open_catalogue
from kiosk.workers.catalogue import CatalogueWorker
from kiosk.workers.knowledge import Knowledge
from kiosk.workers.status import PROGRESS_MS, Status
from kiosk.workers.tally import Tally
from sync.content.catalogue_file import CatalogueMeta, build_catalogue, merit_order
from sync.ports import Progress
from tests.fixtures.catalogue_samples import HERE, SUNDAY_AFTERNOON, canoe
from tests.unit.sync_fake_central import DAY_MS, NOW_MS, FakeCentral
from tests.unit.test_sync_engine import IDENTITY, PNG, Kiosk, catalogue, start

META = CatalogueMeta("bon-coin", 7, "2026-11-21T09:00:00Z", "test")


class Told:
    """A kiosk's stores and what was posted."""

    def __init__(self, home: Path) -> None:
        self.clock = FixedClock(NOW_MS, 1_000)
        self.central = FakeCentral(self.clock, IDENTITY.public_der)
        self.kiosk: Kiosk = start(home, self.central, self.clock)
        self.news: list[ev.LineNews] = []
        knowledge = Knowledge(lambda feed: None, Tally(), self.clock, 1, lambda: 1, False)
        self.status = Status(self.kiosk.journal, self.kiosk.state, self.kiosk.content, knowledge, self.take, self.clock)

    def take(self, event: ev.Event) -> None:
        if isinstance(event, ev.LineNews):
            self.news.append(event)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path)
    yield made
    made.kiosk.close()


def test_progress_is_told_once_a_second_and_over_when_the_pass_is(told: Told) -> None:
    told.status.tell_progress(Progress(900, None))
    told.status.tell_progress(Progress(800, None))  # too soon
    told.clock.advance(PROGRESS_MS)
    told.status.tell_progress(Progress(700, 40))
    told.clock.advance(PROGRESS_MS)
    told.status.tell_progress(Progress(700, 100))
    told.clock.advance(PROGRESS_MS)
    told.status.tell_progress(Progress(0, 60))
    told.status.tell_line()
    assert [(news.facts_waiting, news.content_percent) for news in told.news] == [
        (900, None), (700, 40), (700, None), (0, 60), (1, None),
    ]  # fmt: skip


def test_the_oldest_that_waits(told: Told) -> None:
    told.clock.advance(5_000)
    told.kiosk.visits(3)
    assert told.status.oldest_waiting_ms() == NOW_MS
    told.kiosk.sync()
    assert told.status.oldest_waiting_ms() is None


def test_content_expires_by_the_servers_time_where_it_is_known(told: Told, tmp_path: Path) -> None:
    assert not told.status.expired()
    told.central.publish_content(3, catalogue(tmp_path / "c.db", "v3"), {"a": PNG + b"1"}, days=30)
    told.kiosk.sync()
    assert not told.status.expired()
    told.clock.advance(30 * DAY_MS)
    assert told.status.expired()
    told.clock.wall_ms -= 30 * DAY_MS
    # A clock ten years ahead that the server has put right closes no shop.
    told.kiosk.state.record_contact(told.clock.wall_ms, told.clock.wall_ms + 3650 * DAY_MS, told.clock.mono_ms)
    told.clock.wall_ms += 3650 * DAY_MS
    assert not told.status.expired()


@pytest.mark.parametrize("expired", [False, True])
def test_nothing_is_sold_from_expired_content(tmp_path: Path, expired: bool) -> None:
    path = tmp_path / "c.db"
    build_catalogue(path, merit_order([canoe()]), META)
    answers: Queue[ev.Event] = Queue()
    worker = CatalogueWorker(
        lambda: open_catalogue(path),
        lambda: SUNDAY_AFTERNOON.replace(month=5, hour=9),
        lambda: HERE,
        lambda offer, day, start: 4,
        answers.put,
        expired=lambda: expired,
    )
    worker.start()
    try:
        worker.ask(QueryOffer(1, 1, "fr", canoe().id))
        answer = answers.get(timeout=20)
        while not isinstance(answer, ev.OfferArrived):
            answer = answers.get(timeout=20)
    finally:
        worker.stop()
    assert answer.offer is not None
    assert (answer.offer.bookable, bool(answer.offer.slots)) == (not expired, not expired)
    assert answer.offer.name


def test_the_chip_says_what_travels_and_what_is_over() -> None:
    kiosk, _ = start_flow(paired=True, language="fr", now_ms=NOW_MS, mono=0)
    line = ev.LineNews(True, NOW_MS, 7, "2026-11-12", 3, 130)
    for news, wanted in (
        (line, M.FRESHNESS_DETAIL),
        (replace(line, content_percent=40), M.FRESHNESS_RECEIVING),
        (replace(line, content_expired=True), M.FRESHNESS_EXPIRED),
        (replace(line, content_percent=5, content_expired=True), M.FRESHNESS_RECEIVING),
    ):
        kiosk, _ = step(kiosk, news)
        assert shell(kiosk).freshness_detail.id == wanted
        assert dict(shell(kiosk).freshness_detail.args)["waiting"] == 7


def test_a_wiped_kiosk_asks_to_be_paired() -> None:
    kiosk, _ = start_flow(paired=True, language="fr", now_ms=NOW_MS, mono=0)
    kiosk, _ = step(kiosk, ev.ScreenShape(6, 5))
    kiosk, effects = step(kiosk, ev.Wiped())
    assert (kiosk.paired, kiosk.config, kiosk.line, effects) == (False, None, None, ())
    assert (kiosk.results_per_page, kiosk.search_per_page) == (6, 5)
