"""`zerot journal`: what a technician does with this kiosk's journal. The kiosk may be running."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from kiosk.bootstrap import device_signer
from kiosk.commands import Failure
from kiosk.config import SettingsRefused, read_settings
from kiosk.store.journal_archive import is_archive, verify_archive, write_archive
from kiosk.store.journal_file import JournalTrouble, segment_paths
from kiosk.store.journal_verify import ChainBroken, ChainIntact
from kiosk.workers.clock import DeviceClock
from sync.keys import KeyTrouble


@click.group("journal")
def journal() -> None:
    """This kiosk's journal."""


@journal.command("archive")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--month", "months", multiple=True, metavar="YYYY-MM", help="Only this month; may be repeated.")
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the kiosk's state; $ZEROT_HOME by default.")
def archive(folder: Path, months: tuple[str, ...], home: Path | None) -> None:
    """Write the journal as signed JSON Lines into FOLDER, with the till closings as CSV. The kiosk may be running."""
    try:
        settings, _ = read_settings(os.environ, home=home)
        files = [
            path
            for path in segment_paths(settings.journal)
            if not months or path.stem.removeprefix("journal-") in months
        ]
        if not files:
            raise Failure(f"There is no journal of that month in {settings.journal}.")
        signer = device_signer(settings)
        made = write_archive(folder, files, DeviceClock().now_ms(), signer.sign, signer.public_der)
    except SettingsRefused as error:
        raise Failure(str(error)) from error
    except (JournalTrouble, KeyTrouble, OSError) as error:
        raise Failure(f"The archive could not be written: {error}.") from error
    facts = [verify_archive(path) for path in made if is_archive(path)]
    broken = next((found for found in facts if isinstance(found, ChainBroken)), None)
    if broken is not None:
        raise Failure(f"{broken.file} does not verify: {broken.reason}. The journal itself may be damaged.")
    total = sum(found.facts for found in facts if isinstance(found, ChainIntact))
    click.echo(json.dumps({"folder": str(folder), "files": [path.name for path in made], "facts": total}))
