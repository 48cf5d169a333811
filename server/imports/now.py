"""A source read at once, because a person asked: the same command that an operator types, in a process of its own.

A thread of the server waits for it. The lease is taken before it starts, so that the worker does not read it too; a
child that dies without a word gives it back here, a server that dies gives it back by time.
"""

from __future__ import annotations

import subprocess
import sys
import threading

from django.db import connection

from domain.ports import Clock
from server.catalogue.jobs import JOB_SECONDS_MAX
from server.imports.models import Source
from server.imports.running import LEASE_MS

STOPPED = "the import was stopped from outside"


def start_now(source: Source, clock: Clock) -> threading.Thread | None:
    """Start reading the source; None when it is being read already."""
    until = clock.now_ms() + LEASE_MS
    mine = Source.objects.filter(pk=source.pk, lease_until__lte=clock.now_ms())
    if not mine.update(lease_until=until):
        return None
    thread = threading.Thread(target=_watch, args=(source, until), name=f"source-{source.pk}", daemon=True)
    thread.start()
    return thread


def _watch(source: Source, until: int) -> None:
    command = [sys.executable, "-m", "server.catalogue.cli", "source", "run", "--territory", source.territory]
    message = STOPPED
    try:
        # Its answer is in the database: what it prints is for people at a terminal.
        subprocess.run(
            [*command, "--", source.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=JOB_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = "the import took more than two hours and was stopped"
    except OSError as error:
        message = f"the import could not be started: {error.strerror or error}"
    finally:
        Source.objects.filter(pk=source.pk, lease_until=until).update(lease_until=0, message=message)
        connection.close()  # this thread's own
