"""A message bus of our own, so that a simulated BlueZ never meets the machine's real one."""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

ADDRESS_VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"

# dbus-daemon prints its address within some 20 ms; ten seconds is a machine in trouble.
START_TIMEOUT_SECONDS = 10.0
STOP_TIMEOUT_SECONDS = 5.0

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" send_requested_reply="true"/>
    <allow receive_sender="*" receive_requested_reply="true"/>
  </policy>
</busconfig>
"""


class PrivateBusError(Exception):
    """dbus-daemon is not installed or did not start."""


class PrivateBus:
    """A dbus-daemon in a temporary folder, for as long as the `with` block lasts.

    Only the starting user's processes can reach its socket. Not for two threads at once.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """The bus address, such as `unix:path=/tmp/zb-x/bus,guid=…`; RuntimeError before `start`."""
        if not self._address:
            raise RuntimeError("the private bus is not running")
        return self._address

    def environment(self) -> dict[str, str]:
        """What a child process needs in its environment to take this bus for the system bus."""
        return {ADDRESS_VARIABLE: self.address}

    def start(self) -> str:
        """Start the daemon and return its address. PrivateBusError when it cannot be had."""
        if self._process is not None:
            raise RuntimeError("the private bus is already running")
        program = shutil.which("dbus-daemon")
        if program is None:
            raise PrivateBusError("dbus-daemon is not installed (Debian package: dbus-daemon)")
        self._folder = Path(tempfile.mkdtemp(prefix="zb-"))  # short: a socket path may take 107 bytes
        configuration = self._folder / "bus.conf"
        configuration.write_text(_CONFIGURATION.format(socket=self._folder / "bus"), "utf-8")
        self._process = subprocess.Popen(
            [program, f"--config-file={configuration}", "--nofork", "--nopidfile", "--print-address=1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._address = _read_line(self._process)
        except PrivateBusError:
            self.stop()
            raise
        return self._address

    def stop(self) -> None:
        """End the daemon and remove its folder. May be called more than once."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        self._address = ""
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def exported(self) -> Iterator[str]:
        """Make this process take the private bus for the system bus within the block, then restore."""
        before = os.environ.get(ADDRESS_VARIABLE)
        os.environ[ADDRESS_VARIABLE] = self.address
        try:
            yield self.address
        finally:
            if before is None:
                os.environ.pop(ADDRESS_VARIABLE, None)
            else:
                os.environ[ADDRESS_VARIABLE] = before

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _read_line(process: subprocess.Popen[bytes]) -> str:
    """First line of the process's output, within the time limit."""
    if process.stdout is None:
        raise PrivateBusError("dbus-daemon has no output to read its address from")
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(START_TIMEOUT_SECONDS):
            raise PrivateBusError("dbus-daemon did not print its address in time")
    line = process.stdout.readline().decode("utf-8", "replace").strip()
    if not line:
        raise PrivateBusError("dbus-daemon ended without printing its address")
    return line
