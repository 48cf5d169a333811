"""The kiosk's side of bundles (docs/sync-protocol.md): facts out; acknowledgements, feeds and content in.

Everything goes through the same judgements as what comes over the line, so a bundle and a sync may meet in any order.
`export_bundle` only reads; `take_bundle` belongs to the sync thread, or to a command while no kiosk runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from domain.ports import Chance
from kiosk.store.content import ContentStore
from kiosk.store.journal_read import JournalReader
from kiosk.store.state import KioskState
from sync.bundle import BundleReader, BundleRefused, BundleWriter, Direction, Record, RecordType
from sync.content_pull import CATALOGUE_TYPE, judge_manifest
from sync.feeds import judge_entries
from sync.keys import DeviceIdentity, Signer, verify_ed25519
from sync.messages_common import ANSWER_BYTES_MAX, Head, parse_answer
from sync.messages_down import SignedManifest, parse_feeds_answer, parse_signed_manifest
from sync.messages_facts import BATCH_FACTS_MAX, batch_of, build_batch, signing_bytes
from sync.pairing import Pairing
from sync.wire import Fields, WireError, compress

INBOX: Final = "inbox"
HEADS_MAX: Final = 64
FACTS_PER_RECORD: Final = 500  # a batch must stay within 1 MiB compressed, whatever is in it


@dataclass
class Taken:
    """What a bundle brought. `refused` are feeds by name with why."""

    acknowledged: Head | None = None
    feeds: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    content_version: int = 0
    content_missing: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.feeds or self.content_version or self.acknowledged)


def export_bundle(
    path: Path,
    pairing: Pairing,
    signer: Signer,
    journal: JournalReader,
    acknowledged: Head | None,
    *,
    now_ms: int,
    chance: Chance,
) -> int:
    """Write every fact that the server has not acknowledged; how many. Raises JournalTrouble, OSError."""
    place = (0, 0) if acknowledged is None else (acknowledged.incarnation, acknowledged.sequence)
    count = 0
    with BundleWriter(path, pairing.server_sealing_key, chance) as writer:
        while facts := journal.facts_after(*place, min(FACTS_PER_RECORD, BATCH_FACTS_MAX)):
            signature = signer.sign(signing_bytes(facts, pairing.territory))
            writer.add(RecordType.FACTS, compress(build_batch(batch_of(facts, pairing.territory, signature))))
            count += len(facts)
            place = (facts[-1].incarnation, facts[-1].sequence)
        writer.finish(Direction.UP, pairing.territory, pairing.device, now_ms, signer.sign)
    return count


def judge_bundle(reader: BundleReader, pairing: Pairing, state: KioskState) -> None:
    """Whose it is, who signed it, whether it is newer than what is here. Raises BundleRefused with one sentence."""
    footer = reader.footer
    if footer.direction is not Direction.DOWN:
        raise BundleRefused("This bundle comes from a kiosk: it is for the server.")
    if footer.territory != pairing.territory:
        raise BundleRefused(f"This bundle is for the territory {footer.territory}, not for {pairing.territory}.")
    if footer.device != pairing.device:
        raise BundleRefused(f"This bundle is for the kiosk {footer.device}, not for {pairing.device}.")
    reader.check(lambda message, signature: verify_ed25519(pairing.server_key, message, signature))
    last = state.last_bundle_ms()
    if footer.issued_at == last:
        raise BundleRefused("This bundle was taken already: nothing has changed.")
    if footer.issued_at < max(last, state.last_server_ms()):
        raise BundleRefused("This bundle is older than what this kiosk knows: make a new one.")


def take_bundle(
    path: Path,
    pairing: Pairing,
    identity: DeviceIdentity,
    journal: JournalReader,
    state: KioskState,
    content: ContentStore,
) -> Taken:
    """Take what a bundle brings, each part as if it had come over the line. Raises BundleRefused, OSError."""
    with BundleReader(path) as reader:
        judge_bundle(reader, pairing, state)
        taking = _Taking(reader.footer.issued_at, pairing, journal, state, content)
        for record in reader.records(identity.open_box):
            taking.take(record)
        taking.finish()
        state.record_bundle(reader.footer.issued_at)
    return taking.taken


class _Taking:
    """One bundle while it is taken."""

    def __init__(
        self, issued_at: int, pairing: Pairing, journal: JournalReader, state: KioskState, content: ContentStore
    ) -> None:
        self._pairing, self._journal, self._state, self._content = pairing, journal, state, content
        # The moment it was made is a time that certainly was: what had expired by then is refused.
        self._time = max(issued_at, content.newest_issued_at())
        self._signed: SignedManifest | None = None
        self._wanted: dict[str, tuple[int, str]] = {}
        self.taken = Taken()

    def take(self, record: Record) -> None:
        try:
            steps: dict[str, Callable[[Record], None]] = {
                RecordType.ACKNOWLEDGED: self._acknowledged,
                RecordType.FEEDS: self._feeds,
                RecordType.MANIFEST: self._manifest,
                RecordType.BLOB: self._blob,
            }
            step = steps.get(record.type)
            if step is not None:
                step(record)
        except WireError as error:
            raise BundleRefused(f"This bundle holds something that is no {record.type}: make it again.") from error

    def _acknowledged(self, record: Record) -> None:
        """The server names the last facts of the chains that it has; ours is the one whose hash we know."""
        known = self._state.acknowledged()
        best = (0, 0) if known is None else (known.incarnation, known.sequence)
        heads = parse_answer(record.content(ANSWER_BYTES_MAX)).objects("heads", HEADS_MAX, _head)
        for incarnation, sequence, digest in heads:
            if (incarnation, sequence) <= best:
                continue
            at = self._journal.facts_after(incarnation, sequence - 1, 1)
            if at and (at[0].incarnation, at[0].sequence, at[0].hash) == (incarnation, sequence, digest):
                best = (incarnation, sequence)
                self.taken.acknowledged = Head(*best)
        if self.taken.acknowledged is not None:
            self._state.set_acknowledged(self.taken.acknowledged)

    def _feeds(self, record: Record) -> None:
        answer = parse_feeds_answer(record.content(ANSWER_BYTES_MAX))
        accepted, refused = judge_entries(
            answer.entries,
            self._state.kept_feeds(),
            self._pairing.recipient,
            now_ms=self._time,
            new_epoch=answer.server_epoch > self._state.cursor().epoch,
        )
        self._state.save_feeds(accepted, None)  # the cursor stays: over the line they come once more, which is harmless
        self.taken.feeds += [entry.feed for entry in accepted]
        self.taken.refused += [(name, reason.value) for name, reason in refused]

    def _manifest(self, record: Record) -> None:
        signed = parse_signed_manifest(record.content(ANSWER_BYTES_MAX * 4))
        active = self._content.active_version()
        if signed.manifest.content_version == active:
            return
        reason = judge_manifest(signed, self._pairing.server_key, self._pairing.territory, active, self._time)
        if reason is not None:
            raise BundleRefused(f"The content of this bundle is refused: {reason}.")
        self._signed = signed
        self._wanted = {blob.sha256: (blob.bytes, blob.type) for blob in signed.manifest.blobs}
        self._wanted[signed.manifest.catalogue_sha256] = (signed.manifest.catalogue_bytes, CATALOGUE_TYPE)

    def _blob(self, record: Record) -> None:
        wanted = self._wanted.get(record.name)
        if wanted is None or self._content.has(record.name):
            return
        size, kind = wanted
        if record.size != size:
            raise BundleRefused("The content of this bundle is refused: a file has not the size announced.")
        with self._content.sink(record.name, size, 0) as sink:
            if not sink.begin(200, {}):
                raise OSError(f"{record.name} cannot be kept")
            for piece in record.pieces():
                sink.write(piece)
        reason = self._content.finish(record.name, size, kind)
        if reason is not None:
            raise BundleRefused(f"The content of this bundle is refused: {reason}.")

    def finish(self) -> None:
        """Show the new content when all of it is here; what is missing comes over the line or with another bundle."""
        if self._signed is None:
            return
        self.taken.content_missing = sum(not self._content.has(sha256) for sha256 in self._wanted)
        if self.taken.content_missing:
            return
        reason = self._content.activate(self._signed)
        if reason is not None:
            raise BundleRefused(f"The content of this bundle is refused: {reason}.")
        self.taken.content_version = self._signed.manifest.content_version


def _head(fields: Fields) -> tuple[int, int, bytes]:
    return fields.integer("incarnation", 1), fields.integer("sequence", 1), fields.hexadecimal("hash", 32)


class Inbox:
    """Bundles that a command laid before a running kiosk. On the sync thread."""

    def __init__(self, folder: Path, take: Callable[[Path], Taken]) -> None:
        self._folder, self._take = folder, take
        self._log = structlog.get_logger(__name__)

    def empty(self) -> bool:
        """Take what is there; whether anything came of it. A bundle that is refused is logged and removed."""
        changed = False
        for path in sorted(self._folder.glob("*.bundle")):
            try:
                taken = self._take(path)
                changed = changed or taken.anything
                self._log.info("a bundle was taken", feeds=taken.feeds, content_version=taken.content_version)
            except BundleRefused as error:
                self._log.warning("a bundle was refused", reason=str(error))
            path.unlink()
        return changed
