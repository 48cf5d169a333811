"""`zerot worker`: the server's jobs beside its requests; several may run, one leads."""

from __future__ import annotations

import json
import os
import signal
from types import FrameType

import click

from server.cli import Failure, with_django


@click.command("worker")
@click.option("--once", is_flag=True, help="Run each job once, print what it counted as JSON, and end.")
@click.option("--job", "names", multiple=True, help="Only this job; may be given several times. See --list.")
@click.option("--list", "listing", is_flag=True, help="List the jobs and end.")
@click.option("--ready-fd", type=int, default=None, help='Write {"leader": true} on this descriptor once it leads.')
@with_django
def worker(once: bool, names: tuple[str, ...], listing: bool, ready_fd: int | None) -> None:
    """Check signatures, decide doubts, reconcile, renew feeds, raise alarms, throw away. Never part of ingest."""
    import structlog

    from server.api.runtime import runtime
    from server.worker.jobs import JOBS, run_job
    from server.worker.lock import leader_lock
    from server.worker.running import Worker

    known = {job.name: job for job in JOBS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"There is no job {unknown[0]!r}: {', '.join(known)}.")
    jobs = [known[name] for name in names] if names else list(JOBS)
    if listing:
        for job in jobs:
            click.echo(f"{job.name:12} every {job.every_seconds} s: {job.label}")
        return
    lock = leader_lock()
    if once:
        if not lock.acquire():
            raise Failure("Another worker leads on this database: it runs the jobs.")
        try:
            for job in jobs:
                click.echo(json.dumps({"job": job.name, "counts": run_job(job, runtime())}))
        finally:
            lock.release()
        return

    def announce() -> None:
        if ready_fd is not None:
            os.write(ready_fd, b'{"leader": true}\n')

    running = Worker(jobs, runtime, lock, structlog.stdlib.get_logger("zerot.worker"), announce)

    def end(number: int, frame: FrameType | None) -> None:
        running.stop()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    running.run()
