"""PostgreSQL instances of the proofs: started, stopped at once, killed, copied into a standby, promoted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.fixtures.cluster import ClusterMissing
from tests.fixtures.postgres import _as_nobody, _binary

PORT = 5432  # only names the socket file: nothing listens on TCP
STANDBY = "zerot_standby"


@dataclass(slots=True)
class Node:
    """One instance: `folder` holds its socket, its log and `data`."""

    folder: Path
    options: str = ""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.folder}&user=zerot"

    def create_database(self, name: str) -> str:
        """A fresh database; its DATABASE_URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c port={PORT} {self.options}"
        self._control("start", "-l", str(self.folder / "log"), "-o", options)

    def stop_at_once(self) -> None:
        """`stop -m immediate`: no checkpoint, no goodbye; the next start recovers from the log."""
        self._control("stop", "-m", "immediate")

    def promote(self) -> None:
        """A standby becomes the primary; returns once it takes writes."""
        self._control("promote")

    def kill(self) -> None:
        """SIGKILL for the postmaster and every process of it: as a power cut."""
        postmaster = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        for pid in [postmaster, *children(postmaster)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _control(self, verb: str, *arguments: str) -> None:
        run([binary("pg_ctl"), "-D", str(self.data), "-w", "-t", "60", *arguments, verb])


def children(parent: int) -> list[int]:
    """Processes whose parent is `parent`."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(folder.name))
    return found


def binary(name: str) -> str:
    """Raises ClusterMissing."""
    path = _binary(name)
    if path is None:
        raise ClusterMissing("PostgreSQL is not installed (apt-get install postgresql).")
    return path


def run(command: list[str]) -> None:
    done = subprocess.run(_as_nobody(command), check=False, cwd="/", capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


@contextmanager
def instance_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may write; initdb refuses root, so as root that is `nobody`."""
    folder = Path(tempfile.mkdtemp(prefix="zerot-pg-"))
    if _as_nobody([]):
        shutil.chown(folder, "nobody", "nogroup")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def primary(options: str = "") -> Iterator[Node]:
    """A fresh instance, started; stopped at the end whatever became of it."""
    with instance_folder() as folder:
        node = Node(folder, f"-c shared_buffers=64MB {options}")
        run([binary("initdb"), "-D", str(node.data), "-U", "zerot", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"])
        node.start()
        try:
            yield node
        finally:
            _end(node)


@contextmanager
def standby_of(node: Node) -> Iterator[Node]:
    """A copy of a running instance that follows it as STANDBY, started."""
    with instance_folder() as folder:
        copy = Node(folder, "-c shared_buffers=64MB")
        source = f"host={node.folder} port={PORT} user=zerot application_name={STANDBY}"
        run([binary("pg_basebackup"), "-D", str(copy.data), "-d", source, "-R", "-X", "stream", "-c", "fast"])
        copy.start()
        try:
            yield copy
        finally:
            _end(copy)


def _end(node: Node) -> None:
    if (node.data / "postmaster.pid").exists():
        with suppress(RuntimeError, FileNotFoundError):  # it was killed, or stopped meanwhile
            node.stop_at_once()
