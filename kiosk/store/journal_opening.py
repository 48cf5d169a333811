"""Opening the journal: one process alone, what a crash left recovered, the newest facts verified."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from domain.facts import FIRST_PREVIOUS
from domain.ports import Chance, Clock, Ids
from kiosk.store.journal import Journal
from kiosk.store.journal_file import (
    JournalDamaged,
    JournalHead,
    JournalTrouble,
    fsync_directory,
    open_writable,
    read_meta,
    segment_paths,
)
from kiosk.store.journal_room import free_bytes, make_ballast, take_lock
from kiosk.store.journal_verify import ChainBroken, verify_tail


def open_journal(
    directory: Path,
    territory: str,
    device: str,
    *,
    clock: Clock,
    ids: Ids,
    chance: Chance,
    boot: str,
    clock_offset: Callable[[], tuple[int, int] | None] = lambda: None,
    room: Callable[[Path], int] = free_bytes,
) -> Journal:
    """Open the journal of this device, creating it empty; its newest facts are verified.

    `boot` tells this run of the device apart; `ids` is used by the writer thread alone. `clock_offset` gives the last
    measured server − kiosk difference and its age in ms. An empty journal wants `start_incarnation` first.
    Raises JournalInUse, JournalDamaged, JournalTrouble (another device's journal).
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fsync_directory(directory.parent)
    lock = take_lock(directory)
    try:
        head = _check_files(directory, territory, device)
        make_ballast(directory)
    except BaseException:
        os.close(lock)
        raise
    return Journal(
        directory,
        territory,
        device,
        head,
        clock=clock,
        ids=ids,
        chance=chance,
        boot=boot,
        clock_offset=clock_offset,
        room=room,
        lock=lock,
    )


def _check_files(directory: Path, territory: str, device: str) -> JournalHead:
    """The head, after recovering what a crash left and verifying the newest facts."""
    head: JournalHead | None = None
    for path in reversed(segment_paths(directory)):
        db = open_writable(path)  # writable, so that SQLite rolls a torn WAL back before anybody reads
        try:
            meta = read_meta(db, path.name)
            if meta is None:
                continue
            if (meta.territory, meta.device) != (territory, device):
                raise JournalTrouble(
                    f"{path.name} belongs to {meta.territory}/{meta.device}, not to {territory}/{device}"
                )
            result = verify_tail(db, path.name, meta)
        finally:
            db.close()
        if isinstance(result, ChainBroken):
            raise JournalDamaged(f"{result.file}: {result.reason} at fact {result.incarnation}/{result.sequence}")
        head = result
        break
    return replace(head) if head is not None else JournalHead(0, 0, FIRST_PREVIOUS)
