"""Threads that must outlive whatever they meet: sync, catalogue, jobs. No sleeps: every wait is on an event."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from domain.days import PARIS
from kiosk.flow import events as ev
from kiosk.flow.effects import QueryResults
from kiosk.store.catalogue import About
from kiosk.workers.catalogue import CatalogueWorker
from kiosk.workers.clock import DeviceClock
from kiosk.workers.sync import SyncWorker

WAIT_SECONDS = 20.0


class BrokenEngine:
    """Fails in every pass; says how often it was asked."""

    def __init__(self) -> None:
        self.passes = threading.Semaphore(0)

    def run_once(self) -> Any:
        self.passes.release()
        raise OSError("the disk is gone")


def test_sync_goes_on_when_both_the_pass_and_its_message_fail() -> None:
    engine = BrokenEngine()

    def failed(_error: Exception) -> None:
        raise OSError("the same disk")

    worker = SyncWorker(engine, lambda report: None, failed, DeviceClock(), threading.Event())  # type: ignore[arg-type]
    worker.start()
    try:
        for _ in range(3):
            assert engine.passes.acquire(timeout=WAIT_SECONDS), "a pass that was asked for never came"
            worker.hurry()
        assert engine.passes.acquire(timeout=WAIT_SECONDS)
    finally:
        worker.stop()


def test_a_hurry_during_a_pass_is_not_lost() -> None:
    started, go_on, passes = threading.Event(), threading.Event(), threading.Semaphore(0)

    class SlowEngine:
        def run_once(self) -> Any:
            passes.release()
            started.set()
            assert go_on.wait(WAIT_SECONDS)
            raise OSError("no matter")

    worker = SyncWorker(SlowEngine(), lambda report: None, lambda error: None, DeviceClock(), threading.Event())  # type: ignore[arg-type]
    worker.start()
    try:
        assert started.wait(WAIT_SECONDS)
        worker.hurry()
        go_on.set()
        assert passes.acquire(timeout=WAIT_SECONDS)
        assert passes.acquire(timeout=WAIT_SECONDS), "the second pass follows at once, not after the back-off"
    finally:
        worker.stop()


def test_a_hurry_without_end_does_not_put_the_pass_off() -> None:
    passes = threading.Semaphore(0)

    class PatientEngine:
        def run_once(self) -> Any:
            passes.release()
            return SimpleNamespace(next_seconds=3_600.0)

    worker = SyncWorker(PatientEngine(), lambda report: None, lambda error: None, DeviceClock(), threading.Event())  # type: ignore[arg-type]
    worker.start()
    try:
        assert passes.acquire(timeout=WAIT_SECONDS)
        deadline = time.monotonic() + WAIT_SECONDS
        while not passes.acquire(timeout=0.001):
            assert time.monotonic() < deadline, "the pass was put off by each new wish for it"
            worker.hurry()
    finally:
        worker.stop()


def test_a_defect_in_a_query_answers_with_nothing_and_the_thread_lives() -> None:
    class BrokenCatalogue:
        about = About("bon-coin", 1, "2026-11-22T00:00:00Z", 0)

        def results(self, query: object) -> Any:
            raise ValueError("an offer that nobody foresaw")

        def close(self) -> None:
            """Nothing to close."""

    answers: list[ev.Event] = []
    answered = threading.Semaphore(0)

    def post(event: ev.Event) -> None:
        if isinstance(event, ev.WifiNews):
            return
        answers.append(event)
        answered.release()

    worker = CatalogueWorker(
        lambda: BrokenCatalogue(),  # type: ignore[arg-type, return-value]
        lambda: datetime(2026, 11, 22, 14, 12, tzinfo=PARIS),
        lambda: None,
        lambda offer, day, start: 0,
        post,
    )
    worker.start()
    try:
        for query in (1, 2):
            worker.ask(QueryResults(1, query, "fr", "food", (), "near", 0, 6))
            assert answered.acquire(timeout=WAIT_SECONDS)
    finally:
        worker.stop()
    assert answers == [ev.ResultsArrived(1, 1, (), 0), ev.ResultsArrived(1, 2, (), 0)]


def test_a_pass_that_falls_due_at_once_is_never_skipped() -> None:
    """A back-off drawn as zero: the next pass starts in the moment in which this one returns, a hundred times."""
    passes = threading.Semaphore(0)

    class EagerEngine:
        def run_once(self) -> Any:
            passes.release()
            return SimpleNamespace(next_seconds=0.0)

    worker = SyncWorker(EagerEngine(), lambda report: None, lambda error: None, DeviceClock(), threading.Event())  # type: ignore[arg-type]
    worker.start()
    try:
        for number in range(100):
            assert passes.acquire(timeout=WAIT_SECONDS), f"no pass after {number}"
    finally:
        worker.stop()
