"""The server's side of bundles: facts of kiosks without a line in; acknowledgements, feeds and content out to them.

Facts go the way that POST /facts goes, so a bundle that comes twice, late, or besides the line changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from server.api.runtime import Runtime
from server.content.feeds import read_feeds
from server.content.models import ContentVersion
from server.content.publish import group_of, renew
from server.devices.models import Device, DeviceState
from server.devices.roles import Route, may
from server.ledger.ingest import ingest
from server.ledger.models import Fact, Head
from sync.bundle import BundleReader, BundleRefused, BundleWriter, Direction, RecordType
from sync.keys import ServerIdentity, verify_p256
from sync.messages_facts import BATCH_BYTES_MAX
from sync.protocol import (
    Created,
    Cursor,
    ErrorCode,
    Exists,
    Manifest,
    WireError,
    build_feeds_answer,
    build_json,
    build_signed_manifest,
    parse_json_object,
    parse_manifest,
    unpack_batch,
)
from sync.sealing import FACTS_CONTEXT, SealBroken


@dataclass
class BundleTaken:
    """What became of the facts of a bundle."""

    device: str
    created: int = 0
    exists: int = 0
    quarantined: int = 0
    head: tuple[int, int] | None = field(default=None)


def take_bundle(path: Path, run: Runtime) -> BundleTaken:
    """Ingest the facts of a kiosk's bundle. Raises BundleRefused (one sentence), OSError."""
    with BundleReader(path) as reader:
        device = _sender(reader)
        taken = BundleTaken(device.name)
        for record in reader.records(run.identity.open_box):
            if record.type not in (RecordType.FACTS, RecordType.SEALED_FACTS):
                continue
            try:
                packed = record.content(BATCH_BYTES_MAX)
                if record.type == RecordType.SEALED_FACTS:
                    packed = open_sealed_facts(packed, run.identity)
                batch = unpack_batch(packed)
            except WireError as error:
                raise BundleRefused(f"This bundle holds facts that cannot be read: {error.message}.") from error
            if (batch.territory, batch.device) != (device.territory, device.name):
                raise BundleRefused("This bundle holds facts of another kiosk than the one that signed it.")
            answer = ingest(batch, device, run.clock)
            taken.created += sum(isinstance(outcome, Created) for outcome in answer.outcomes)
            taken.exists += sum(isinstance(outcome, Exists) for outcome in answer.outcomes)
            if answer.acknowledged is not None:
                taken.head = (answer.acknowledged.incarnation, answer.acknowledged.sequence)
            taken.quarantined += sum(not isinstance(outcome, (Created, Exists)) for outcome in answer.outcomes)
    return taken


def open_sealed_facts(box: bytes, identity: ServerIdentity) -> bytes:
    """The packed batch that a wiped device sealed to this server. Raises WireError."""
    try:
        return identity.open_box(box, FACTS_CONTEXT)
    except SealBroken as error:
        raise WireError(ErrorCode.BAD_REQUEST, "the box does not open") from error


def _sender(reader: BundleReader) -> Device:
    """The device that signed the bundle and may hand in facts. Raises BundleRefused."""
    footer = reader.footer
    if footer.direction is not Direction.UP:
        raise BundleRefused("This bundle comes from a server: it is for a kiosk.")
    device = Device.objects.filter(territory=footer.territory, name=footer.device).first()
    if device is None or device.public_key is None:
        raise BundleRefused(f"No kiosk {footer.device} of the territory {footer.territory} is paired with this server.")
    public = bytes(device.public_key)
    reader.check(lambda message, signature: verify_p256(public, message, signature))
    if device.state not in (DeviceState.APPROVED, DeviceState.REVOKED) or not may(device.role, Route.FACTS):
        raise BundleRefused(f"The kiosk {device.name} may not hand in facts: nobody has approved it.")
    return device


def make_bundle(path: Path, device: Device, run: Runtime, since: int = 0) -> dict[str, int]:
    """Write what a kiosk lacks: heads, feeds, the newest content less that of version `since`. Raises BundleRefused.

    Returns counts of what is in it.
    """
    if device.state != DeviceState.APPROVED or device.sealing_key is None:
        raise BundleRefused(f"The kiosk {device.name} is not in service: nothing is given to it.")
    feeds = read_feeds(device, Cursor(0, 0), run.identity, run.clock)
    counts = {"feeds": len(feeds.entries), "content_version": 0, "blobs": 0}
    with BundleWriter(path, bytes(device.sealing_key), run.chance) as writer:
        writer.add(RecordType.ACKNOWLEDGED, build_json({"heads": _heads(device)}))
        writer.add(RecordType.FEEDS, build_feeds_answer(feeds))
        newest = renew(device.territory, run.identity, run.clock, group_of(device))
        if newest is not None and may(device.role, Route.MANIFEST) and newest.content_version > since:
            document = parse_json_object(newest.manifest.encode())
            writer.add(RecordType.MANIFEST, build_signed_manifest(document, bytes(newest.signature)))
            counts["content_version"] = newest.content_version
            for sha256 in _blobs(parse_manifest(document), _known(device, since)):
                writer.add_file(RecordType.BLOB, run.home.blob(sha256), sha256)
                counts["blobs"] += 1
        now = run.clock.now_ms()
        writer.finish(Direction.DOWN, device.territory, device.name, now, run.identity.sign_bytes)
    return counts


def _heads(device: Device) -> list[dict[str, int | str]]:
    """The last fact without a hole before it, of each chain and branch of the device's newest lives."""
    rows = Head.objects.filter(territory=device.territory, device=device.name).order_by("-incarnation", "-updated_at")
    found: list[dict[str, int | str]] = []
    for head in rows[:64]:
        fact = Fact.objects.filter(
            territory=device.territory,
            device=device.name,
            incarnation=head.incarnation,
            branch=head.branch,
            sequence=head.sequence,
        ).first()
        if fact is not None:
            found.append({"incarnation": head.incarnation, "sequence": head.sequence, "hash": bytes(fact.hash).hex()})
    return found


def _known(device: Device, since: int) -> frozenset[str]:
    """Files that a kiosk showing version `since` has already."""
    row = ContentVersion.objects.filter(
        territory=device.territory, content_version=since, group__in={group_of(device), ""}
    ).first()
    return frozenset() if row is None else frozenset(_blobs(parse_manifest(parse_json_object(row.manifest.encode()))))


def _blobs(manifest: Manifest, known: frozenset[str] = frozenset()) -> list[str]:
    """The catalogue and the pictures, each once, the catalogue first."""
    wanted = dict.fromkeys((manifest.catalogue_sha256, *(blob.sha256 for blob in manifest.blobs)))
    return [sha256 for sha256 in wanted if sha256 not in known]


__all__ = ["BundleRefused", "BundleTaken", "make_bundle", "open_sealed_facts", "take_bundle"]
