"""What a revoked kiosk still owes: its unsent facts, sealed to the server, readable by nobody here.

One file per batch, named by its place. They go when the server has acknowledged them, and with the last one
goes the signing key, which until then signs the requests that hand them in.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from domain.ports import Chance
from kiosk.store.journal_file import fsync_directory
from kiosk.store.journal_read import JournalReader
from sync.keys import Signer
from sync.messages_facts import batch_of, build_batch, signing_bytes
from sync.sealing import BOX_BYTES_MAX, FACTS_CONTEXT, OVERHEAD_BYTES, seal
from sync.wire import compress

BATCH_FACTS: Final = 500
COMPLETE: Final = "complete"


def is_complete(folder: Path) -> bool:
    """Whether everything unsent is in the folder, so that the journal may go."""
    return (folder / COMPLETE).exists()


def boxes(folder: Path) -> list[Path]:
    """What is not acknowledged yet, oldest first."""
    return sorted(folder.glob("*.box"))


def seal_outbox(
    folder: Path,
    journal: JournalReader,
    place: tuple[int, int],
    territory: str,
    server_sealing_key: bytes,
    signer: Signer,
    chance: Chance,
) -> int:
    """Seal every fact after `place`; how many. After a cut it begins again. Raises JournalTrouble, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    count, limit = 0, BATCH_FACTS
    while facts := journal.facts_after(*place, limit):
        signature = signer.sign(signing_bytes(facts, territory))
        packed = compress(build_batch(batch_of(facts, territory, signature)))
        if len(packed) > BOX_BYTES_MAX - OVERHEAD_BYTES and len(facts) > 1:
            limit = max(1, len(facts) // 2)
            continue
        first, last = facts[0], facts[-1]
        name = f"{first.incarnation:06d}-{first.sequence:012d}-{last.sequence:012d}.box"
        _write(folder / name, seal(server_sealing_key, packed, FACTS_CONTEXT, chance))
        count, place, limit = count + len(facts), (last.incarnation, last.sequence), BATCH_FACTS
    _write(folder / COMPLETE, b"")
    return count


def hand_in(folder: Path, send: Callable[[bytes], bool]) -> bool:
    """Send what is left; True when nothing is. `send` says whether the server acknowledged a box. Raises OSError."""
    for path in boxes(folder):
        if not send(path.read_bytes()):
            return False
        path.unlink()
        fsync_directory(folder)
    return True


def _write(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.new")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    fsync_directory(path.parent)
