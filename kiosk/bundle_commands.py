"""`zerot bundle export|import`: a kiosk without a line, by USB key or a technician's laptop."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click

from hardware.card.system import SystemChance
from kiosk.bootstrap import device_keys
from kiosk.commands import Failure
from kiosk.config import Settings, SettingsRefused, read_settings
from kiosk.running import check_catalogue_file
from kiosk.store.content import ContentStore
from kiosk.store.journal_file import JournalTrouble
from kiosk.store.journal_read import JournalReader
from kiosk.store.journal_room import JournalInUse, take_lock
from kiosk.store.sealed_outbox import boxes
from kiosk.store.state import KioskState, StateTrouble
from kiosk.wipe import remains_of
from kiosk.workers.bundles import INBOX, export_bundle, judge_bundle, take_bundle
from kiosk.workers.clock import DeviceClock
from sync.bundle import BundleReader, BundleRefused, BundleWriter, Direction, RecordType
from sync.keys import DeviceIdentity, KeyTrouble
from sync.pairing import Pairing, PairingDamaged, read_pairing


@click.group("bundle")
def bundle() -> None:
    """Take facts to the server, and feeds and content to this kiosk, without a network: signed and sealed files."""


_home = click.option(
    "--home", type=click.Path(path_type=Path), help="Folder of the kiosk's state; $ZEROT_HOME by default."
)


@bundle.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_home
def export(file: Path, home: Path | None) -> None:
    """Write the facts that the server lacks into FILE. Nothing counts as sent until the server's bundle comes back."""
    if _export_remains(file, home):
        return
    settings, pairing, identity = _opened(home)
    try:
        state = KioskState(settings.state, pairing.recipient, boot="bundle")
        try:
            facts = export_bundle(
                file,
                pairing,
                identity,
                JournalReader(settings.journal, pairing.device),
                state.acknowledged(),
                now_ms=DeviceClock().now_ms(),
                chance=SystemChance(),
            )
        finally:
            state.close()
    except (JournalTrouble, StateTrouble, OSError) as error:
        raise Failure(f"The bundle could not be written: {error}.") from error
    click.echo(json.dumps({"file": str(file), "device": pairing.device, "facts": facts}))


def _export_remains(file: Path, home: Path | None) -> bool:
    """What a wiped kiosk owes, still sealed; False where there is nothing of the kind."""
    try:
        settings, _ = read_settings(os.environ, home=home)
        folder = next(iter(remains_of(settings.kiosk_home)), None)
        if folder is None or read_pairing(settings.kiosk_home) is not None:
            return False
        pairing, identity = read_pairing(folder), device_keys(settings).beside(folder / "identity").read()
        if pairing is None or identity is None:
            return False
        with BundleWriter(file, pairing.server_sealing_key, SystemChance()) as writer:
            found = boxes(folder)
            for path in found:
                writer.add_file(RecordType.SEALED_FACTS, path, path.stem)
            writer.finish(Direction.UP, pairing.territory, pairing.device, DeviceClock().now_ms(), identity.sign)
    except (SettingsRefused, KeyTrouble, PairingDamaged, OSError) as error:
        raise Failure(f"{error}.".replace("..", ".")) from error
    click.echo(json.dumps({"file": str(file), "device": pairing.device, "sealed_batches": len(found)}))
    return True


@bundle.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@_home
def take(file: Path, home: Path | None) -> None:
    """Take what the server put into FILE for this kiosk; a running kiosk takes it within a quarter of an hour."""
    settings, pairing, identity = _opened(home)
    try:
        lock = take_lock(settings.journal)
    except JournalInUse:
        _hand_over(file, settings, pairing)
        return
    except OSError as error:
        raise Failure(f"The bundle could not be taken: {error}.") from error
    try:
        state = KioskState(settings.state, pairing.recipient, boot="bundle")
        try:
            content = ContentStore(settings.content, pairing.server_key, check_catalogue_file)
            journal = JournalReader(settings.journal, pairing.device)
            taken = take_bundle(file, pairing, identity, journal, state, content)
        finally:
            state.close()
    except BundleRefused as error:
        raise Failure(str(error)) from error
    except (JournalTrouble, StateTrouble, OSError) as error:
        raise Failure(f"The bundle could not be taken: {error}.") from error
    finally:
        os.close(lock)
    head = taken.acknowledged
    told = {
        "device": pairing.device,
        "acknowledged": None if head is None else [head.incarnation, head.sequence],
        "feeds": sorted(set(taken.feeds)),
        "refused": [list(pair) for pair in taken.refused],
        "content_version": taken.content_version,
        "content_missing": taken.content_missing,
    }
    click.echo(json.dumps(told))


def _hand_over(file: Path, settings: Settings, pairing: Pairing) -> None:
    """A kiosk runs: judge the bundle and lay it into its inbox."""
    inbox = settings.kiosk_home / INBOX
    try:
        state = KioskState(settings.state, pairing.recipient, boot="bundle")
        try:
            with BundleReader(file) as reader:
                judge_bundle(reader, pairing, state)
        finally:
            state.close()
        inbox.mkdir(mode=0o700, exist_ok=True)
        aside = inbox / f".{file.name}.new"
        shutil.copyfile(file, aside)
        aside.replace(inbox / f"{file.name}.bundle")
    except BundleRefused as error:
        raise Failure(str(error)) from error
    except (StateTrouble, OSError) as error:
        raise Failure(f"The bundle could not be handed over: {error}.") from error
    click.echo(json.dumps({"device": pairing.device, "handed_over": True}))


def _opened(home: Path | None) -> tuple[Settings, Pairing, DeviceIdentity]:
    try:
        settings, _ = read_settings(os.environ, home=home)
        pairing = read_pairing(settings.kiosk_home)
        identity = device_keys(settings).read()
    except (SettingsRefused, KeyTrouble, PairingDamaged) as error:
        raise Failure(f"{error}.".replace("..", ".")) from error
    if pairing is None or identity is None:
        raise Failure(f"The kiosk in {settings.kiosk_home} was never paired: there is nothing to take or to give.")
    return settings, pairing, identity
