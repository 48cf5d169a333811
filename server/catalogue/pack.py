"""A content pack: what one publication sends to the kiosks. A catalogue file and its pictures, content-addressed.

Blobs are files named by their SHA-256, so that a kiosk fetches only what it lacks. Every picture is decoded and
encoded again: nothing of the bytes a feed served reaches a screen. Two sizes per picture: ``large`` for the offer
screen, ``small`` for cards; an offer's picture key is the hash of the large one.
"""

from __future__ import annotations

import io
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from pathlib import Path

from PIL import Image, ImageOps

from domain.offers import Offer, Picture
from sync.content.catalogue_file import CatalogueMeta, build_catalogue, merit_order

# The offer screen shows a picture at most 1 080 px wide, a card 380 px. 2 000 offers with a photo each must stay
# under 60 MB: 4 MB of catalogue, 22 kB and 6 kB a picture.
LARGE_PX, LARGE_BYTES = (960, 600), 22_000
SMALL_PX, SMALL_BYTES = (400, 250), 6_000
# Tried in turn until the picture fits; then it is made smaller, which hurts foliage less than lower quality does.
QUALITIES = (74, 60, 46, 34)
SHRINK = 0.8
SHRINKS = 12
# A picture of 40 megapixels is a camera's; more is a bomb.
PIXELS = 40_000_000
PICTURE_BYTES = 24 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
PICTURE_TYPE = "image/webp"
CATALOGUE_TYPE = "application/vnd.sqlite3"


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


class PictureRefused(Exception):
    """The bytes are no picture that may be shown; the message is one sentence."""


def encode_picture(data: bytes) -> tuple[bytes, bytes]:
    """``(large, small)`` WebP of a picture, turned as its camera says, without metadata; PictureRefused otherwise."""
    if len(data) > PICTURE_BYTES:
        raise PictureRefused("the picture file is too large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > PIXELS:
                    raise PictureRefused("the picture has too many pixels")
                image.draft("RGB", (LARGE_PX[0] * 2, LARGE_PX[1] * 2))
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("the file is not a picture that can be read") from error
    return _fitted(upright, LARGE_PX, LARGE_BYTES), _fitted(upright, SMALL_PX, SMALL_BYTES)


def _fitted(image: Image.Image, size: tuple[int, int], limit_bytes: int) -> bytes:
    """Cropped to the frame from the middle, slightly above it: heads and roofs matter more than grass."""
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    for quality in QUALITIES:
        data = _webp(fitted, quality)
        if len(data) <= limit_bytes:
            return data
    for _ in range(SHRINKS):
        fitted = fitted.resize((round(fitted.width * SHRINK), round(fitted.height * SHRINK)), Image.Resampling.LANCZOS)
        data = _webp(fitted, QUALITIES[-1])
        if len(data) <= limit_bytes:
            return data
    raise PictureRefused("the picture cannot be made small enough")


def _webp(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()


def build_pack(
    offers: Iterable[Offer],
    pictures: Callable[[Picture], bytes | None],
    out_dir: Path,
    version: int,
    *,
    territory: str,
    built_at: str,
) -> PackManifest:
    """Writes catalogue and blobs under ``out_dir`` and says what they are; files already there are kept as they are.

    ``pictures`` gives the bytes of an offer's picture as its author published it, None where it is not at hand: the
    offer then shows its illustration. One picture per offer travels, the first that can be read. Raises OSError when
    the disk refuses and `CatalogueError` when two offers share an id.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    found: dict[str, Blob] = {}
    refused: list[str] = []
    ready = (_with_picture(offer, pictures, out_dir, found, refused) for offer in merit_order(offers))
    building = out_dir / f".catalogue-{version}.db"
    try:
        summary = build_catalogue(building, ready, CatalogueMeta(territory, version, built_at, "pack"))
        catalogue = _adopt(building, out_dir)
    finally:
        building.unlink(missing_ok=True)
    blobs = tuple(sorted(found.values(), key=lambda blob: (blob.sha256, blob.key)))
    return PackManifest(territory, version, catalogue, blobs, summary.offers, tuple(refused))


def _with_picture(
    offer: Offer,
    pictures: Callable[[Picture], bytes | None],
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
            large, small = encode_picture(data)
        except PictureRefused as error:
            refused.append(f"{offer.id}: {error}")
            continue
        key = sha256(large).hexdigest()
        for name, content in (("large", large), ("small", small)):
            blob = _write_blob(content, out_dir, f"{key}.{name}")
            found[blob.key] = blob
        return replace(offer, pictures=(replace(picture, key=key),))
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
