"""Pulling content: manifest, missing blobs, swap. Each step may be killed and called again.

What came is never fetched twice: files are named by their SHA-256 and an interrupted one is resumed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sync.client import BlobDone, DeviceClient, Refused
from sync.messages_down import SignedManifest, verify_manifest
from sync.ports import ContentPort
from sync.transport import Offline, OfflineReason

CATALOGUE_TYPE: Final = "application/vnd.sqlite3"
ATTEMPTS_PER_BLOB: Final = 200  # each must bring bytes: 200 cuts on one file, then the next sync goes on


@dataclass(frozen=True, slots=True)
class ContentCurrent:
    """Nothing newer to fetch."""


@dataclass(frozen=True, slots=True)
class ContentActivated:
    """A new version is on show."""

    content_version: int


@dataclass(frozen=True, slots=True)
class ContentRefused:
    """What came may not be shown; the old content stays. English, for the technician."""

    reason: str


ContentResult = ContentCurrent | ContentActivated | ContentRefused | Refused | Offline


def judge_manifest(
    signed: SignedManifest, server_key: bytes, territory: str, active_version: int, now_ms: int
) -> str | None:
    """The reason to refuse a manifest; None when it may be shown."""
    manifest = signed.manifest
    if not verify_manifest(signed, server_key):
        return "the manifest is not signed by the server"
    if manifest.territory != territory:
        return "the manifest is another territory's"
    if manifest.content_version <= active_version:
        return f"version {manifest.content_version} is not after version {active_version}"
    if manifest.expires_at <= now_ms:
        return f"version {manifest.content_version} has expired"
    return None


def pull_content(
    client: DeviceClient,
    content: ContentPort,
    *,
    server_key: bytes,
    territory: str,
    now_ms: int,
    progress: Callable[[int], None],
) -> ContentResult:
    """Fetch and show the server's content when it is newer. `progress` gets percent. Raises OSError (disk)."""
    signed = client.read_manifest()
    if not isinstance(signed, SignedManifest):
        return signed
    time = max(now_ms, content.newest_issued_at())
    reason = judge_manifest(signed, server_key, territory, content.active_version(), time)
    if reason is not None:
        return ContentRefused(reason)
    manifest = signed.manifest
    wanted = {blob.sha256: (blob.bytes, blob.type) for blob in manifest.blobs}
    wanted[manifest.catalogue_sha256] = (manifest.catalogue_bytes, CATALOGUE_TYPE)
    total = sum(size for size, _ in wanted.values())
    done = sum(size for sha256, (size, _) in wanted.items() if content.has(sha256))
    for sha256, (size, kind) in wanted.items():
        if content.has(sha256):
            continue
        progress(done * 100 // total)
        failed = _pull_blob(client, content, sha256, size, kind)
        if failed is not None:
            return failed
        done += size
    reason = content.activate(signed)
    if reason is not None:
        return ContentRefused(reason)
    progress(100)
    return ContentActivated(manifest.content_version)


def _pull_blob(
    client: DeviceClient, content: ContentPort, sha256: str, size: int, kind: str
) -> ContentRefused | Refused | Offline | None:
    for _ in range(ATTEMPTS_PER_BLOB):
        offset = content.partial_bytes(sha256)
        fetched: BlobDone | Refused | Offline = BlobDone()
        if offset < size:
            with content.sink(sha256, size, offset) as sink:
                fetched = client.read_blob(sha256, offset, size, sink)
        if isinstance(fetched, BlobDone):
            reason = content.finish(sha256, size, kind)
            return None if reason is None else ContentRefused(reason)
        cut = isinstance(fetched, Offline) and fetched.reason in (
            OfflineReason.TIMEOUT,
            OfflineReason.TRUNCATED,
        )
        if not cut or content.partial_bytes(sha256) <= offset:
            return fetched
    return Offline(OfflineReason.TRUNCATED, "the line is cut too often")
