"""What comes down: feeds and the content manifest. Documents are signed; here they are only shaped and bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from domain.canonical import JsonObject, JsonValue
from sync.keys import FEED_TAG, MANIFEST_TAG, verify_document
from sync.messages_common import Head, device_name, head_json, instant, parse_answer, parse_head
from sync.wire import Fields, bad, build_json, encode_binary

FEED_ENTRIES_MAX: Final = 64
FEED_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
BLOBS_MAX: Final = 20_000
BLOB_BYTES_MAX: Final = 64 << 20
CATALOGUE_BYTES_MAX: Final = 2 << 30
# Pictures; the territory's map (MBTiles is an SQLite file) under MAP_KEY; ways on foot and by bike under TRAVEL_KEY
# with the site's number.
MAP_TYPE: Final = "application/vnd.sqlite3"
TRAVEL_TYPE: Final = "application/json"
BLOB_TYPES: Final = frozenset({"image/jpeg", "image/webp", "image/png", MAP_TYPE, TRAVEL_TYPE})
MAP_KEY: Final = "map"
TRAVEL_KEY: Final = "travel:"
_CURSOR = re.compile(r"(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\Z")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """How far the feeds were read; a restored server raises the epoch."""

    epoch: int
    number: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.number}"


START = Cursor(0, 0)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """The newest document of one feed for this device, as signed under FEED_TAG over `feed_document`."""

    feed: str
    number: int
    document: JsonObject
    signature: bytes


@dataclass(frozen=True, slots=True)
class FeedHeader:
    """What every feed document says of itself; milliseconds since 1970 UTC."""

    territory: str
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class FeedsAnswer:
    """GET /api/v1/feeds. `manifest_version` is 0 while nothing is published."""

    cursor: Cursor
    server_epoch: int
    time: int
    acknowledged: Head | None
    manifest_version: int
    entries: tuple[FeedEntry, ...]


@dataclass(frozen=True, slots=True)
class Blob:
    """A picture of the content; `key` is how the catalogue names it."""

    sha256: str
    bytes: int
    type: str
    key: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One content version. `catalogue_sha256` names the catalogue file, fetched like a blob."""

    territory: str
    content_version: int
    issued_at: int
    expires_at: int
    catalogue_sha256: str
    catalogue_bytes: int
    blobs: tuple[Blob, ...]


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """GET /api/v1/content/manifest: the document verbatim, its reading, and Ed25519 under MANIFEST_TAG."""

    document: JsonObject
    manifest: Manifest
    signature: bytes


def parse_cursor(text: str) -> Cursor:
    """'1.42'; raises WireError."""
    match = _CURSOR.match(text)
    if match is None:
        bad("cursor: not EPOCH.N")
    return Cursor(int(match[1]), int(match[2]))


def feed_document(feed: str, number: int, document: JsonObject) -> JsonObject:
    """What the server signs under FEED_TAG."""
    return {"document": document, "feed": feed, "number": number}


def verify_entry(entry: FeedEntry, server_key: bytes) -> bool:
    """Whether the server made this entry."""
    return verify_document(
        server_key, FEED_TAG, feed_document(entry.feed, entry.number, entry.document), entry.signature
    )


def parse_feed_header(document: JsonObject) -> FeedHeader:
    """Raises WireError when the document lacks version, territory or times, or expires before it was issued."""
    fields = Fields(document, strict=False)
    fields.version()
    header = FeedHeader(device_name(fields, "territory"), instant(fields, "issued_at"), instant(fields, "expires_at"))
    if header.expires_at < header.issued_at:
        bad("expires_at: before issued_at")
    return header


def build_feeds_answer(answer: FeedsAnswer) -> bytes:
    """Body of GET /api/v1/feeds."""
    entries: list[JsonValue] = [
        {
            "feed": entry.feed,
            "number": entry.number,
            "document": entry.document,
            "signature": encode_binary(entry.signature),
        }
        for entry in answer.entries
    ]
    return build_json(
        {
            "cursor": str(answer.cursor),
            "server_epoch": answer.server_epoch,
            "time": answer.time,
            "acknowledged": head_json(answer.acknowledged),
            "manifest_version": answer.manifest_version,
            "entries": entries,
        }
    )


def parse_feeds_answer(raw: bytes) -> FeedsAnswer:
    """Raises WireError; the caller verifies each entry."""
    fields = parse_answer(raw)
    return FeedsAnswer(
        cursor=parse_cursor(fields.text("cursor", 40)),
        server_epoch=fields.integer("server_epoch"),
        time=instant(fields, "time"),
        acknowledged=parse_head(fields, "acknowledged"),
        manifest_version=fields.integer("manifest_version"),
        entries=fields.objects("entries", FEED_ENTRIES_MAX, parse_entry),
    )


def parse_entry(fields: Fields) -> FeedEntry:
    """One entry, from the wire or from what the kiosk kept."""
    feed = fields.text("feed", 32)
    if not FEED_NAME.match(feed):
        bad(f"{fields.path}feed: not a feed's name")
    return FeedEntry(feed, fields.integer("number"), fields.raw_object("document"), fields.binary("signature", 64))


def manifest_document(manifest: Manifest) -> JsonObject:
    """What the server signs under MANIFEST_TAG."""
    blobs: list[JsonValue] = [
        {"sha256": b.sha256, "bytes": b.bytes, "type": b.type, "key": b.key} for b in manifest.blobs
    ]
    return {
        "version": 1,
        "territory": manifest.territory,
        "content_version": manifest.content_version,
        "issued_at": manifest.issued_at,
        "expires_at": manifest.expires_at,
        "catalogue": {"sha256": manifest.catalogue_sha256, "bytes": manifest.catalogue_bytes},
        "blobs": blobs,
    }


def build_signed_manifest(document: JsonObject, signature: bytes) -> bytes:
    """Body of GET /api/v1/content/manifest."""
    return build_json({"manifest": document, "signature": encode_binary(signature)})


def parse_signed_manifest(raw: bytes) -> SignedManifest:
    """Raises WireError; the caller verifies signature, territory, version and expiry."""
    fields = parse_answer(raw)
    document = fields.raw_object("manifest")
    return SignedManifest(document, parse_manifest(document), fields.binary("signature", 64))


def parse_manifest(document: JsonObject) -> Manifest:
    """The reading of a manifest document; raises WireError."""
    fields = Fields(document, "manifest.", strict=False)
    fields.version()
    catalogue = fields.object("catalogue")
    manifest = Manifest(
        territory=device_name(fields, "territory"),
        content_version=fields.integer("content_version", 1),
        issued_at=instant(fields, "issued_at"),
        expires_at=instant(fields, "expires_at"),
        catalogue_sha256=catalogue.hexadecimal("sha256", 32).hex(),
        catalogue_bytes=catalogue.integer("bytes", 1, CATALOGUE_BYTES_MAX),
        blobs=fields.objects("blobs", BLOBS_MAX, _blob),
    )
    if manifest.expires_at < manifest.issued_at:
        bad("manifest.expires_at: before issued_at")
    if len({blob.key for blob in manifest.blobs}) != len(manifest.blobs):
        bad("manifest.blobs: one key twice")
    return manifest


def verify_manifest(signed: SignedManifest, server_key: bytes) -> bool:
    """Whether the server made this manifest."""
    return verify_document(server_key, MANIFEST_TAG, signed.document, signed.signature)


def _blob(fields: Fields) -> Blob:
    return Blob(
        sha256=fields.hexadecimal("sha256", 32).hex(),
        bytes=fields.integer("bytes", 1, BLOB_BYTES_MAX),
        type=fields.choice("type", BLOB_TYPES),
        key=fields.text("key", 200),
    )
