"""The central server as a child process, as on another machine: started, asked and stopped, never imported."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

START_SECONDS = 60.0
COMMAND_SECONDS = 300.0
STOP_SECONDS = 20.0


class ServerTrouble(Exception):
    """The server did not do what was asked; the message is its own last sentence."""


class ServerChild:
    """One server with its own home. Not for two threads at once."""

    def __init__(self, home: Path, log: Path, database_url: str = "") -> None:
        self._environment = {**os.environ, "ZEROT_HOME": str(home)}
        for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
            self._environment.pop(name, None)
        if database_url:
            self._environment["DATABASE_URL"] = database_url
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._log_stream: IO[bytes] | None = None
        self.port = 0

    def command(self, *words: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> str:
        """Run `zerot WORDS…` in the server's home; its standard output. Raises ServerTrouble."""
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            env={**self._environment, **(environment or {})},
            check=False,
        )
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
            raise ServerTrouble(f"zerot {' '.join(words[:2])}: {last[0]}")
        return done.stdout

    def start(self) -> int:
        """Start serving on a free port; the port, once requests are taken."""
        read_end, write_end = os.pipe()
        self._log_stream = self._log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kiosk", "server", "--port", "0", "--ready-fd", str(write_end)],
            env=self._environment,
            pass_fds=(write_end,),
            stdin=subprocess.DEVNULL,
            stdout=self._log_stream,
            stderr=self._log_stream,
        )
        os.close(write_end)
        with os.fdopen(read_end, "rb") as ready:
            if not select.select([ready], [], [], START_SECONDS)[0]:
                self.stop()
                raise ServerTrouble(f"the server did not start within {START_SECONDS:.0f} s")
            line = ready.readline()
        if not line:
            self.stop()
            raise ServerTrouble(f"the server stopped at start: see {self._log}")
        self.port = int(json.loads(line)["port"])
        return self.port

    def report(self) -> dict[str, Any]:
        """What the server holds: facts by kind, ledger sums, cards."""
        found: dict[str, Any] = json.loads(self.command("server", "report"))
        return found

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._log_stream is not None:
            self._log_stream.close()
            self._log_stream = None
