"""`zerot verify PATH…`: check a journal or an archive offline, as an inspector would, naming the first broken line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from kiosk.store.journal_archive import is_archive, verify_archive
from kiosk.store.journal_file import open_readable, read_meta, segment_paths
from kiosk.store.journal_retention import judge_anchors
from kiosk.store.journal_verify import ChainBroken, verify_files


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def verify(paths: tuple[Path, ...]) -> None:
    """Verify journal files, a journal's folder or archives (.jsonl): every hash, place, guard and signature.

    Prints one JSON object; exit status 0 when intact, 1 when broken, 2 when there is nothing to verify.
    """
    archives = sorted({file for path in paths for file in _archives(path)})
    files = [file for path in paths if path not in archives for file in _segments(path)]
    if not files and not archives:
        click.echo("There is no journal in that folder.", err=True)
        sys.exit(2)
    facts = 0
    for archive in archives:
        found = verify_archive(archive)
        if isinstance(found, ChainBroken):
            _tell_broken(found)
        facts += found.facts
        last = found
    if files:
        result = verify_files(sorted(files, key=lambda file: file.name))
        if isinstance(result, ChainBroken):
            _tell_broken(result)
        for folder in (path for path in paths if path.is_dir() and segment_paths(path)):
            _check_start(folder)
        facts, last = facts + result.facts, result
    head = last.head
    if head is None:
        # Cut to nothing is not intact; an empty file beside others is what a crash leaves of a month that began.
        reason = "no file named here holds a journal"
        click.echo(json.dumps({"intact": False, "file": (archives + files)[0].name, "reason": reason}))
        sys.exit(1)
    told = {"incarnation": head.incarnation, "sequence": head.sequence, "hash": head.hash.hex()}
    click.echo(json.dumps({"intact": True, "files": len(files) + len(archives), "facts": facts, "head": told}))


def _archives(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("journal-*.jsonl"))
    return [path] if is_archive(path) else []


def _segments(path: Path) -> list[Path]:
    return segment_paths(path) if path.is_dir() else [path]


def _check_start(folder: Path) -> None:
    """The anchors of files that went lead to the first one that is left."""
    first = segment_paths(folder)[0]
    db = open_readable(first)
    try:
        meta = read_meta(db, first.name)
    finally:
        db.close()
    reason = None if meta is None else judge_anchors(folder, meta)
    if reason is not None:
        _tell_broken(ChainBroken(first.name, 0, 0, reason))


def _tell_broken(result: ChainBroken) -> NoReturn:
    place = {"file": result.file, "incarnation": result.incarnation, "sequence": result.sequence}
    click.echo(json.dumps({"intact": False, **place, "reason": result.reason}))
    sys.exit(1)
