"""A damaged journal is set aside, never deleted, and the kiosk goes on in a new incarnation.

The whole folder is renamed beside itself (`journal-damaged-20261125T143205Z`). From it every fact is rescued that
still is what was written (its hashes hold) and that the server may not have, open purchases, and the last till closing:
they are appended again with their own ids, so that what did arrive counts once. That, the new incarnation and the
report `journal.set_aside` are one commit; a power cut before it repeats all of it, after it nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from domain.canonical import JsonObject
from domain.facts import Fact, FactKind
from domain.ports import id_bytes
from kiosk.store.journal import Draft, Journal
from kiosk.store.journal_file import (
    SELECT_FACTS,
    JournalDamaged,
    JournalTrouble,
    fact_of_row,
    fsync_directory,
    is_damage,
    segment_paths,
)
from kiosk.store.journal_read import Personal, undecided
from kiosk.store.journal_verify import ChainBroken, row_hashes, verify_files

ASIDE: Final = "journal-damaged-"
FLAG: Final = "damage-met"  # left by a running kiosk that met damage: the next start verifies everything
REASON_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Rescue:
    """What could be read of journals set aside."""

    drafts: tuple[Draft, ...]
    highest_incarnation: int


def flag_damage(directory: Path, error: Exception) -> None:
    """When `error` says that a running journal is damaged, have the next start look at every fact. Raises OSError."""
    if isinstance(error, JournalDamaged) or (isinstance(error, sqlite3.Error) and is_damage(error)):
        (directory / FLAG).write_text(str(error)[:REASON_MAX], encoding="utf-8")


def check_flagged(directory: Path) -> None:
    """Verify the whole journal where damage was met while running. Raises JournalDamaged."""
    if not (directory / FLAG).exists():
        return
    found = verify_files(segment_paths(directory))
    if isinstance(found, ChainBroken):
        raise JournalDamaged(f"{found.file}: {found.reason} at fact {found.incarnation}/{found.sequence}")
    (directory / FLAG).unlink()


def set_aside(directory: Path, now_ms: int) -> Path:
    """Rename the journal's folder; its new place. Call with the journal closed. Raises OSError."""
    stamp = datetime.fromtimestamp(now_ms / 1000, tz=UTC).strftime("%Y%m%dT%H%M%SZ")
    target, extra = directory.with_name(f"{ASIDE}{stamp}"), 1
    while target.exists():
        extra += 1
        target = directory.with_name(f"{ASIDE}{stamp}-{extra}")
    directory.rename(target)
    fsync_directory(directory.parent)
    return target


def unreported(directory: Path, journal: Journal) -> list[Path]:
    """Folders set aside that no fact of this journal speaks of yet, oldest first."""
    folders = sorted(path for path in directory.parent.glob(f"{ASIDE}*") if path.is_dir())
    if not folders:
        return []
    told = {fact.body.get("folder") for fact in journal.of_kind(FactKind.JOURNAL_SET_ASIDE)}
    return [folder for folder in folders if folder.name not in told]


def report(
    journal: Journal, folders: list[Path], device: str, acknowledged: tuple[int, int], incarnation: int, reason: str
) -> None:
    """One commit: a new incarnation after all that are known, the report, and what was rescued.

    `acknowledged` is what the server durably has; `incarnation` the highest that anybody here knows of.
    """
    drafts: list[Draft] = []
    present = {fact.id for fact in journal.iterate()}
    for folder in folders:
        rescue = rescue_facts(folder, device, acknowledged)
        fresh = [draft for draft in rescue.drafts if draft.fact_id not in present]
        present.update(str(draft.fact_id) for draft in fresh)
        incarnation = max(incarnation, rescue.highest_incarnation)
        told: JsonObject = {"folder": folder.name, "reason": reason[:REASON_MAX], "rescued": len(fresh)}
        drafts += [Draft(FactKind.JOURNAL_SET_ASIDE, told), *fresh]
    journal.start_incarnation(max(incarnation, journal.last_place()[0]) + 1, "damaged", then=drafts)


def rescue_facts(folder: Path, device: str, acknowledged: tuple[int, int]) -> Rescue:
    """Drafts of what must not be lost with a damaged journal, in their old order. Never raises for what it finds."""
    facts: dict[str, Fact] = {}
    personal: dict[str, Personal] = {}
    for path in segment_paths(folder):
        for fact, beside in _readable(path, device):
            facts.setdefault(fact.id, fact)
            if beside is not None:
                personal[fact.id] = beside
    ordered = sorted(facts.values(), key=lambda fact: (fact.incarnation, fact.sequence))
    wanted = {fact.id for fact in ordered if (fact.incarnation, fact.sequence) > acknowledged}
    open_ids = set(undecided(ordered))
    wanted |= open_ids | {fact.id for fact in ordered if fact.body.get("intent") in open_ids}
    wanted |= {fact.id for fact in ordered if fact.kind == FactKind.TILL_CLOSED}
    drafts = tuple(
        Draft(
            fact.kind,
            fact.body,
            fact.id,
            occurred_at=fact.occurred_at,
            version=fact.version,
            kept=personal.get(fact.id),
        )
        for fact in ordered
        if fact.id in wanted and fact.kind != FactKind.INCARNATION
    )
    return Rescue(drafts, max((fact.incarnation for fact in ordered), default=0))


def _readable(path: Path, device: str) -> Iterator[tuple[Fact, Personal | None]]:
    """Facts of one file whose hashes hold, from its start to the first bad page, then from its end to the last."""
    quoted = json.dumps(device, ensure_ascii=False)
    for order in ("", " DESC"):
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
                rows = connection.execute(f"{SELECT_FACTS} ORDER BY incarnation{order}, sequence{order}")
                for row in rows:
                    fact = _sound(row, device, quoted)
                    if fact is not None:
                        yield fact, _personal(connection, fact)
        except (sqlite3.Error, OSError):
            continue  # a bad page or no database at all: the folder is kept for whoever can read more


def _sound(row: tuple[object, ...], device: str, quoted: str) -> Fact | None:
    try:
        if row_hashes(row, quoted) != (row[12], row[13]):
            return None
        return fact_of_row(row, device)
    except (JournalDamaged, ValueError, TypeError):
        return None


def _personal(connection: sqlite3.Connection, fact: Fact) -> Personal | None:
    if "content_sha256" not in fact.body:
        return None
    try:
        row = connection.execute(
            "SELECT salt, content FROM personal WHERE fact_id = ?", (id_bytes(fact.id),)
        ).fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else Personal(row[0], row[1])


def open_or_rescue(
    opened: Callable[[], Journal],
    directory: Path,
    device: str,
    *,
    acknowledged: tuple[int, int],
    incarnation: int,
    now_ms: int,
) -> tuple[Journal, str]:
    """The journal, in a new incarnation when it was damaged, and what is wrong with the old one ('' when nothing).

    `opened()` is `open_journal` with its ports; `incarnation` the highest that pairing or server gave. Raises
    JournalTrouble when it cannot be used for another reason (in use, another device's, no room), OSError.
    """
    reason = ""
    try:
        check_flagged(directory)
        journal = opened()
        try:
            for _ in journal.purse_facts():  # sums and doubts are read from these at each start
                pass
        except (JournalDamaged, sqlite3.Error):
            journal.close()
            raise
    except (JournalDamaged, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise JournalTrouble(f"the journal cannot be read: {error}") from error
        reason = str(error)
        set_aside(directory, now_ms)
        journal = opened()
    try:
        folders = unreported(directory, journal)
        if folders:
            reason = reason or "set aside at an earlier start"
            report(journal, folders, device, acknowledged, incarnation, reason)
    except BaseException:
        journal.close()
        raise
    return journal, reason
