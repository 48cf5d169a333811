"""Imports asked for in the back office: each is the same command that an operator types, in a process of its own.

A thread of the server waits for it, notes how far it is and keeps its summary. A server that dies meanwhile leaves a
job whose heart beats no more: it is shown as interrupted. The import itself is one transaction and left nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from django.db import connection

from domain.ports import Clock
from server.catalogue.models import ImportJob
from server.imports.keys import ENVIRONMENT

JOB_SECONDS_MAX = 2 * 3600
HEART_SECONDS = 5.0
SAID_LINES = 2  # what was written, and what of it is past
# Four beats missed: the process that watched is gone.
SILENT_MS = 60_000
SUMMARY_BYTES_MAX = 16 << 20
REASONS_KEPT = 500
_READ = re.compile(r"(\d+)(?: of |/)\d+")


def formats() -> list[str]:
    """Every FORMAT that ``zerot catalogue import`` knows."""
    from server.catalogue.cli import import_group

    return sorted(import_group.commands)


def interrupted(job: ImportJob, now_ms: int) -> bool:
    """Whether nobody watches the job any more."""
    return job.state == ImportJob.State.RUNNING and now_ms - job.heartbeat_at > SILENT_MS


def start_job(job: ImportJob, source: str, clock: Clock, remove: Path | None = None, key: str = "") -> threading.Thread:
    """Run the import of ``source`` (a path or an address) beside the server; ``remove`` is deleted at the end.

    ``key`` goes where an address says ``{key}``; it is handed over where no list of processes shows it.
    """
    thread = threading.Thread(
        target=_watch, args=(job, source, clock, remove, key), name=f"import-{job.pk}", daemon=True
    )
    thread.start()
    return thread


def _watch(job: ImportJob, source: str, clock: Clock, remove: Path | None, key: str) -> None:
    try:
        status, out, said = _run(job, source, clock, key)
        _keep(job, status, out, said)
    except OSError as error:
        job.state, job.message = ImportJob.State.FAILED, f"L'import n'a pas pu démarrer : {error}."
    finally:
        if remove is not None:
            remove.unlink(missing_ok=True)
        job.finished_at = job.heartbeat_at = clock.now_ms()
        job.save()
        connection.close()  # this thread's own


def _run(job: ImportJob, source: str, clock: Clock, key: str) -> tuple[int, str, str]:
    """Exit status, standard output, and the last lines of standard error."""
    # "--" so that a file called -x stays a file.
    command = [
        sys.executable, "-m", "server.catalogue.cli", "import", job.format, "--territory", job.territory, "--", source,
    ]  # fmt: skip
    said: list[str] = []
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, ENVIRONMENT: key},
        )  # fmt: skip
        reader = threading.Thread(target=_follow, args=(child, said, job), daemon=True)
        reader.start()
        waited = 0.0
        while child.poll() is None and waited < JOB_SECONDS_MAX:
            reader.join(HEART_SECONDS)
            waited += HEART_SECONDS
            ImportJob.objects.filter(pk=job.pk).update(heartbeat_at=clock.now_ms(), objects_read=job.objects_read)
        if child.poll() is None:
            child.kill()
            said[:] = ["L'import a duré plus de deux heures et a été arrêté : rien n'a été écrit."]
        child.wait()
        reader.join()
        out.seek(0)
        return child.returncode, out.read(SUMMARY_BYTES_MAX).decode(errors="replace"), " ".join(said)[:500]


def _follow(child: subprocess.Popen[str], said: list[str], job: ImportJob) -> None:
    """Reads what the import says on the way."""
    if child.stderr is None:
        raise ValueError("the child's standard error is a pipe")
    with child.stderr:
        for line in child.stderr:
            if found := _READ.match(line.strip()):
                job.objects_read = int(found[1])
            elif line.strip():
                said.append(line.strip())
                del said[:-SAID_LINES]


def _keep(job: ImportJob, status: int, out: str, said: str) -> None:
    try:
        summary = json.loads(out.strip().splitlines()[-1]) if out.strip() else {}
    except ValueError:
        summary = {}
    if status == 0 and isinstance(summary, dict) and "read" in summary:
        reasons = summary.get("reasons", [])
        summary["reasons_left"] = max(0, len(reasons) - REASONS_KEPT)
        summary["reasons"] = reasons[:REASONS_KEPT]
        job.state, job.summary, job.objects_read = ImportJob.State.DONE, summary, int(summary["read"])
        job.message = said
    else:
        job.state, job.message = ImportJob.State.FAILED, said or f"L'import s'est arrêté (état {status})."
