"""Running the jobs: one leader at a time, each job one instance, late runs folded into one.

A worker that is not the leader asks for the lock every few seconds; a leader that loses its database connection stops
its jobs before another may start them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from django.db import close_old_connections
from structlog.stdlib import BoundLogger

from server.api.runtime import Runtime
from server.worker.jobs import Job, run_job
from server.worker.lock import LeaderLock

ASK_SECONDS = 5.0
GRACE_SECONDS = 300  # a job that could not start in time still runs, once


class Worker:
    """Asks, leads, steps down. `run` blocks the calling thread until `stop`; `stop` may be called from a signal."""

    def __init__(
        self,
        jobs: Sequence[Job],
        runtime: Callable[[], Runtime],
        lock: LeaderLock,
        logger: BoundLogger,
        on_lead: Callable[[], None] = lambda: None,
    ) -> None:
        self._jobs, self._runtime, self._lock, self._logger, self._on_lead = jobs, runtime, lock, logger, on_lead
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Lead whenever the lock can be had."""
        while not self._stopped.is_set():
            if self._lock.acquire():
                self._lead()
            else:
                self._stopped.wait(ASK_SECONDS)
        self._lock.release()

    def _lead(self) -> None:
        scheduler = self._schedule()
        self._logger.info("worker.leads")
        scheduler.start()
        self._on_lead()
        try:
            while not self._stopped.wait(ASK_SECONDS):
                if not self._lock.held():
                    self._logger.warning("worker.lost_the_lock")
                    break
        finally:
            scheduler.shutdown(wait=True)
            self._lock.release()
        self._logger.info("worker.steps_down")

    def _schedule(self) -> BackgroundScheduler:
        # One thread a lane: jobs of a lane never meet each other, and each competes with ingest for one connection.
        lanes = {"default", *(job.lane for job in self._jobs)}
        scheduler = BackgroundScheduler(
            executors={lane: ThreadPoolExecutor(1) for lane in sorted(lanes)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
            timezone="UTC",
        )
        for job in self._jobs:
            first = datetime.fromtimestamp(self._runtime().clock.now_ms() / 1000).astimezone()
            scheduler.add_job(
                *(self._do, "interval"),
                seconds=job.every_seconds,
                args=[job],
                id=job.name,
                next_run_time=first,
                executor=job.lane,
            )
        return scheduler

    def _do(self, job: Job) -> None:
        if not self._lock.held():
            return
        close_old_connections()
        clock = self._runtime().clock
        begun = clock.monotonic_ms()
        try:
            counts = run_job(job, self._runtime())
        except Exception:
            self._logger.exception("worker.job_failed", job=job.name)
        else:
            self._logger.info("worker.job", job=job.name, milliseconds=clock.monotonic_ms() - begun, counts=counts)
        finally:
            close_old_connections()
