"""A content pack: what one publication sends to the kiosks. A catalogue file and its pictures, content-addressed.

Blobs are files named by their SHA-256, so that a kiosk fetches only what it lacks. Every picture is decoded and
encoded again: nothing of the bytes a feed served reaches a screen. Two sizes per picture: ``large`` for the offer
screen, ``small`` for cards; an offer's picture key is the hash of the large one (``pictures``).
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path

from domain.offers import Offer, Picture
from server.catalogue.pictures import PICTURE_TYPE, Encoded, PictureRefused, encode
from sync.content.catalogue_file import CatalogueMeta, build_catalogue, merit_order
from sync.content.codec import Json, dumps

CATALOGUE_TYPE = "application/vnd.sqlite3"
BYTES_MAX = 2_000_000_000
# Measured on DATAtourisme: 4 kB a row with its texts and its share of the index. Two sizes of a photo: 28 kB at most.
CATALOGUE_BYTES_PER_OFFER = 4_500
PHOTO_BYTES = 28_000
SHORTEN = 0.95


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of the pack. ``key`` is the picture's key with its size (``<sha256>.small``), or ``catalogue``."""

    sha256: str
    bytes: int
    type: str
    key: str


@dataclass(frozen=True, slots=True)
class PackManifest:
    """What the server signs: the catalogue, then the pictures, each once, in the order of their hashes."""

    territory: str
    content_version: int
    catalogue: Blob
    blobs: tuple[Blob, ...]
    offers: int
    pictures_refused: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        return self.catalogue.bytes + sum(blob.bytes for blob in self.blobs)


def build_pack(
    offers: Iterable[Offer],
    pictures: Callable[[Picture], bytes | Encoded | None],
    out_dir: Path,
    version: int,
    *,
    territory: str,
    built_at: str,
    extras: Json | None = None,
    bytes_max: int = BYTES_MAX,
) -> PackManifest:
    """Writes catalogue and blobs under ``out_dir`` and says what they are; files already there are kept as they are.

    ``pictures`` gives the bytes of an offer's picture as its author published it, or the picture encoded before
    (`PictureStore.get`), None where it is not at hand: the offer then shows its illustration. One picture per offer
    travels, the first that can be read. ``extras`` is what the catalogue says besides offers. A pack larger than
    ``bytes_max`` loses the photos of its last offers, then these offers themselves. Raises OSError when the disk
    refuses and `CatalogueError` when two offers share an id.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    found: dict[str, Blob] = {}
    refused: list[str] = []
    ordered = merit_order(offers)
    meta = CatalogueMeta(territory, version, built_at, "pack", dumps(extras) if extras else "")
    building = out_dir / f".catalogue-{version}-{secrets.token_hex(4)}.db"
    try:
        while True:
            # Photos get what the catalogue leaves: a guess from its usual size, made exact by the loop.
            room = bytes_max - len(ordered) * CATALOGUE_BYTES_PER_OFFER
            ready = _photographed(ordered, pictures, out_dir, found, refused, room)
            summary = build_catalogue(building, ready, meta)
            if summary.bytes <= bytes_max or len(ordered) <= 1:
                break
            ordered = ordered[: int(len(ordered) * SHORTEN * bytes_max / summary.bytes) or 1]
            found.clear()
            refused.clear()
        catalogue = _adopt(building, out_dir)
    finally:
        building.unlink(missing_ok=True)
    blobs = tuple(sorted(found.values(), key=lambda blob: (blob.sha256, blob.key)))
    return PackManifest(territory, version, catalogue, blobs, summary.offers, tuple(refused))


def _photographed(
    offers: Iterable[Offer],
    pictures: Callable[[Picture], bytes | Encoded | None],
    out_dir: Path,
    found: dict[str, Blob],
    refused: list[str],
    room: int,
) -> Iterator[Offer]:
    """The offers with their photos while there is room for them; without, from then on."""
    used = 0
    for offer in offers:
        if used + PHOTO_BYTES > room or not offer.pictures:
            yield replace(offer, pictures=()) if offer.pictures else offer
            continue
        before = len(found)
        ready = _with_picture(offer, pictures, out_dir, found, refused)
        used += sum(blob.bytes for blob in islice(found.values(), before, None))
        yield ready


def _with_picture(
    offer: Offer,
    pictures: Callable[[Picture], bytes | Encoded | None],
    out_dir: Path,
    found: dict[str, Blob],
    refused: list[str],
) -> Offer:
    for picture in offer.pictures:
        if picture.key and f"{picture.key}.large" in found:
            return replace(offer, pictures=(picture,))
        data = pictures(picture)
        if data is None:
            continue
        try:
            encoded = data if isinstance(data, Encoded) else encode(data)
        except PictureRefused as error:
            refused.append(f"{offer.id}: {error}")
            continue
        for name, content in (("large", encoded.large), ("small", encoded.small)):
            blob = _write_blob(content, out_dir, f"{encoded.key}.{name}")
            found[blob.key] = blob
        return replace(offer, pictures=(replace(picture, key=encoded.key),))
    return replace(offer, pictures=())


def _write_blob(content: bytes, out_dir: Path, key: str) -> Blob:
    digest = sha256(content).hexdigest()
    target = out_dir / digest
    if not target.exists():
        aside = out_dir / f".{digest}.new"
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    return Blob(digest, len(content), PICTURE_TYPE, key)


def _adopt(building: Path, out_dir: Path) -> Blob:
    """Gives the catalogue file the name of its content."""
    with building.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    size = building.stat().st_size
    shutil.move(building, out_dir / digest)
    return Blob(digest, size, CATALOGUE_TYPE, "catalogue")


def missing_blobs(manifest: PackManifest, present: frozenset[str]) -> Iterator[Blob]:
    """What a device that has ``present`` (hashes) still needs."""
    for blob in (manifest.catalogue, *manifest.blobs):
        if blob.sha256 not in present:
            yield blob
