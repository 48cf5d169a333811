"""Pictures of offers: decoded and encoded again in two sizes, kept on disk by what they are. Django-free.

Nothing of the bytes a feed served reaches a screen: no metadata (place, camera, comment), no colour profile, no second
frame. ``large`` is for the offer screen, ``small`` for cards; a picture's key is the SHA-256 of the large one.
`PictureStore` keeps them under the server's home; an index of small JSON files says which address gave which picture
and with which validators, so that nothing is fetched twice for nothing. Fetching is ``picture_fetch``.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from domain.offers import Picture

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
PAPER = (0xFB, 0xF7, 0xF0)  # what a transparent picture is laid on: the screens' ground
_KEY = re.compile(r"[0-9a-f]{64}")


class PictureRefused(Exception):
    """The bytes are no picture that may be shown; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture in its two sizes (WebP). ``key`` is the SHA-256 of ``large`` in hex."""

    key: str
    large: bytes
    small: bytes


def encode(data: bytes) -> Encoded:
    """The picture in its two sizes; PictureRefused for what is none."""
    large, small = encode_picture(data)
    return Encoded(sha256(large).hexdigest(), large, small)


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
                upright = _plain(ImageOps.exif_transpose(image))
    except (
        OSError,
        ValueError,
        SyntaxError,
        OverflowError,
        ZeroDivisionError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise PictureRefused("the file is not a picture that can be read") from error
    return _fitted(upright, LARGE_PX, LARGE_BYTES), _fitted(upright, SMALL_PX, SMALL_BYTES)


def _plain(image: Image.Image) -> Image.Image:
    """RGB in the colours of a screen, on paper where it was transparent."""
    profile = image.info.get("icc_profile")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        plain = Image.new("RGB", image.size, PAPER)
        plain.paste(coloured, mask=coloured.getchannel("A"))
        return plain
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            turned = None  # a profile that cannot be read is no profile
        if turned is not None:
            return turned
    return image.convert("RGB")


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
    image.save(out, "WEBP", quality=quality, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Known:
    """What became of an address. ``key`` is '' when it gave no picture, and ``refused`` says why."""

    url: str
    key: str
    checked_ms: int
    etag: str = ""
    last_modified: str = ""
    refused: str = ""


class PictureStore:
    """Encoded pictures under one folder. Files are written aside and renamed: any number of processes may read and add.

    Raises OSError when the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / "by-address"

    def get(self, picture: Picture) -> Encoded | None:
        """The picture by its key, else by its address; None when it is not here: the offer shows its illustration."""
        key = picture.key
        if not key and picture.url:
            known = self.known(picture.url)
            key = known.key if known else ""
        return self.read(key) if key else None

    def read(self, key: str) -> Encoded | None:
        """The picture of a key; None for one that is not here."""
        if not _KEY.fullmatch(key):
            return None
        try:
            large = (self.folder / f"{key}.large").read_bytes()
            small = (self.folder / f"{key}.small").read_bytes()
        except FileNotFoundError:
            return None
        return Encoded(key, large, small) if sha256(large).hexdigest() == key else None

    def add(self, encoded: Encoded) -> str:
        """Keeps a picture; its key."""
        for name, data in (("small", encoded.small), ("large", encoded.large)):
            target = self.folder / f"{encoded.key}.{name}"
            if not target.exists():
                _write(target, data)
        return encoded.key

    def known(self, url: str) -> Known | None:
        """What became of ``url`` the last time it was asked; None when it never was, or when the entry is damaged."""
        try:
            found = json.loads(self._entry(url).read_bytes())
            known = Known(**{field.name: found[field.name] for field in fields(Known)})
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return known if known.url == url else None

    def note(self, known: Known) -> None:
        """Keeps what became of an address."""
        _write(self._entry(known.url), json.dumps(asdict(known), ensure_ascii=False).encode())

    def _entry(self, url: str) -> Path:
        return self._index / f"{sha256(url.encode()).hexdigest()}.json"


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def wanted(pictures: Iterable[Picture], keep: Callable[[str], bool]) -> list[Picture]:
    """Pictures that have an address and no bytes yet, each address once; ``keep`` says which addresses to ask."""
    found = {picture.url: picture for picture in pictures if picture.url and not picture.key}
    return [picture for url, picture in found.items() if keep(url)]
