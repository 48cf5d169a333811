"""The room and the lock of the journal: a disk that fills is noticed before a card is touched; one process writes."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from kiosk.store.journal_file import JournalTrouble

# Room that must be left before a card is touched: an outcome, its sale, ticket and points are under 64 KiB with WAL.
ROOM_WANTED_BYTES: Final = 16 << 20
# Kept allocated and given up when the disk turns out full in mid-purchase, so that the outcome still fits.
BALLAST_BYTES: Final = 2 << 20
BALLAST_NAME: Final = "journal.reserve"


class JournalInUse(JournalTrouble):
    """Another process has the journal."""


def free_bytes(directory: Path) -> int:
    """Bytes an ordinary process may still write there."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


def make_ballast(directory: Path) -> bool:
    """Allocate the reserve file; False when the disk has no room for it."""
    path = directory / BALLAST_NAME
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(handle, 0, BALLAST_BYTES)
    except OSError:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(handle)
    return True


def take_lock(directory: Path) -> int:
    """The handle of the lock file, held until closed. Raises JournalInUse."""
    handle = os.open(directory / "journal.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise JournalInUse(f"another kiosk program uses the journal in {directory}") from error
    return handle
