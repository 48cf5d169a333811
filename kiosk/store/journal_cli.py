"""`zerot verify PATH…`: check a journal offline, as an inspector would, and name the first broken line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from kiosk.store.journal_file import segment_paths
from kiosk.store.journal_verify import ChainBroken, verify_files


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def verify(paths: tuple[Path, ...]) -> None:
    """Verify journal files (or a journal's folder): every hash, place and guard.

    Prints one JSON object; exit status 0 when intact, 1 when broken, 2 when there is nothing to verify.
    """
    files = [file for path in paths for file in (segment_paths(path) if path.is_dir() else [path])]
    if not files:
        click.echo("There is no journal in that folder.", err=True)
        sys.exit(2)
    result = verify_files(sorted(files, key=lambda file: file.name))
    if isinstance(result, ChainBroken):
        place = {"file": result.file, "incarnation": result.incarnation, "sequence": result.sequence}
        click.echo(json.dumps({"intact": False, **place, "reason": result.reason}))
        sys.exit(1)
    head = result.head
    if head is None:
        # Cut to nothing is not intact; an empty file beside others is what a crash leaves of a month that began.
        reason = "no file named here holds a journal"
        click.echo(json.dumps({"intact": False, "file": files[0].name, "reason": reason}))
        sys.exit(1)
    told = {"incarnation": head.incarnation, "sequence": head.sequence, "hash": head.hash.hex()}
    click.echo(json.dumps({"intact": True, "files": len(files), "facts": result.facts, "head": told}))
