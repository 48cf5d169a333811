"""The sync thread: runs the engine under APScheduler, one pass at a time, and tells the screen what it found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from domain.ports import Clock
from sync.engine import Engine, SyncReport

JOB = "sync"
MISFIRE_SECONDS = 300
# After a sale the server is told soon, but several taps in a row travel together.
LATE_MS = 2_000  # a pass that is this late does not come any more
HURRY_SECONDS = 0.2
RETRY_SECONDS = 60.0


class SyncWorker:
    """`start`, `hurry` from any thread, `stop`. `passed` is called on the sync thread after each pass."""

    def __init__(
        self,
        engine: Engine,
        passed: Callable[[SyncReport], None],
        failed: Callable[[Exception], None],
        clock: Clock,
        cancel: threading.Event,
    ) -> None:
        """`cancel` is the event that the engine's client looks at: setting it ends a transfer."""
        self._engine = engine
        self._passed = passed
        self._failed = failed
        self._clock = clock
        self._cancel = cancel
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            # One pass at a time is our own lock's work: with max_instances=1 a job that falls due in the very moment
            # in which the one before returns is skipped, a one-off job is then gone, and with it the sync.
            job_defaults={"coalesce": True, "max_instances": 3, "misfire_grace_time": MISFIRE_SECONDS},
        )
        self._lock = threading.Lock()
        self._running = False
        self._again = False
        self._due_ms: int | None = None  # when the next pass is to begin, by the clock that plans it
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        self._scheduler.start()
        self._at(0)

    def stop(self) -> None:
        """Cancel a transfer in hand and end; what was not acknowledged is sent another time."""
        self._cancel.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def hurry(self) -> None:
        """Ask for a pass soon: something happened, or somebody says that the line is back."""
        with self._lock:
            if self._running:
                self._again = True
            elif not self._comes_soon():
                self._at(HURRY_SECONDS)

    def _comes_soon(self) -> bool:
        """Whether a pass is due already: asked for again and again, it must not be put off for ever.

        One that should have begun long ago was lost with a jump of the clock, and is asked for anew.
        """
        now = self._clock.now_ms()
        return self._due_ms is not None and now - LATE_MS <= self._due_ms <= now + HURRY_SECONDS * 1000

    def _at(self, seconds: float) -> None:
        self._due_ms = self._clock.now_ms() + int(seconds * 1000)
        when = datetime.fromtimestamp(self._due_ms / 1000, tz=UTC)
        if self._scheduler.running and not self._cancel.is_set():
            self._scheduler.add_job(self._run, "date", run_date=when, id=JOB, replace_existing=True)

    def _run(self) -> None:
        with self._lock:
            if self._running:
                self._again = True
                return
            self._running, self._again, self._due_ms = True, False, None
        wait = RETRY_SECONDS
        try:
            report = self._engine.run_once()
            wait = report.next_seconds
            self._passed(report)
        except Exception as error:  # noqa: BLE001 a full or broken disk: said on the screen, tried again
            self._log.exception("sync pass failed")
            self._say_failed(error)
        finally:
            # Under the lock, so that a hurry that comes meanwhile is neither lost nor put off.
            with self._lock:
                self._running = False
                self._at(HURRY_SECONDS if self._again else wait)

    def _say_failed(self, error: Exception) -> None:
        try:
            self._failed(error)
        except Exception:  # noqa: BLE001 the same broken disk: the next pass must come all the same
            self._log.exception("the screen could not be told")
