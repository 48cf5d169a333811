"""A display of our own when there is none: Xvfb, as large as the window."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

START_SECONDS = 15.0


class DisplayTrouble(Exception):
    """No display and no Xvfb; the message says what to install."""


@contextmanager
def display(size: tuple[int, int]) -> Iterator[bool]:
    """Make sure that DISPLAY works inside the block. Yields whether it is a virtual one."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield False
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise DisplayTrouble("There is no display and no Xvfb: install the package xvfb, or start it in a session.")
    read_end, write_end = os.pipe()
    screen = f"{size[0]}x{size[1]}x24"
    process = subprocess.Popen(
        [program, "-displayfd", str(write_end), "-screen", "0", screen, "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as ready:
            line = ready.readline().strip() if select.select([ready], [], [], START_SECONDS)[0] else ""
        if not line:
            raise DisplayTrouble("Xvfb did not start.")
        os.environ["DISPLAY"] = f":{line}"
        os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")
        yield True
    finally:
        os.environ.pop("DISPLAY", None)
        process.terminate()
        process.wait(timeout=10)
