"""Photos for the territory's library: a folder, a zip, a file or an address. Pure but for the reading of `photos.csv`.

Each is decoded and encoded again (`pictures`). Author and licence are those of ``photos.csv`` beside the files (columns
``file``, ``offer``, ``author``, ``licence``, ``title``), else those that the camera wrote, else those that the person
who imports names; a photo that has none is refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from PIL import ExifTags, Image

from server.catalogue.building import source_key
from server.catalogue.cleaning import clean_line
from server.catalogue.feed_source import Document, Found, Piece, Shape, read_member
from server.catalogue.pictures import FORMATS, PictureRefused, encode
from server.catalogue.results import LibraryPhoto, Parsed, Reason, Rejected
from server.catalogue.zip_stream import NotAZip, ZipStream
from sync.content.text import fold

TABLE = "photos.csv"
TABLE_BYTES = 4 * 1024 * 1024
SHAPE = Shape(frozenset((".jpg", ".jpeg", ".png", ".webp", ".gif")), frozenset(), whole=True, noun="picture")
_COLUMNS = {
    **dict.fromkeys(("file", "fichier", "photo", "nom du fichier"), "file"),
    **dict.fromkeys(("offer", "offre", "offer id", "identifiant"), "offer"),
    **dict.fromkeys(("author", "auteur", "credit", "photographe"), "author"),
    **dict.fromkeys(("licence", "license"), "licence"),
    **dict.fromkeys(("title", "titre", "legende"), "title"),
}


@dataclass(frozen=True, slots=True)
class Caption:
    """What is said of a photo."""

    offer: str = ""
    author: str = ""
    licence: str = ""
    title: str = ""


class PhotoParser:
    """Encodes photos. ``captions`` by file name."""

    def __init__(
        self, as_of: date, captions: Mapping[str, Caption], author: str = "", licence: str = "", address: str = ""
    ) -> None:
        self.as_of = as_of
        self._captions, self._author, self._licence, self._address = captions, author, licence, address

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each file."""
        match piece:
            case Rejected():
                yield piece
            case Found(where, _, _):
                yield Rejected(where, Reason.NO_PICTURE)
            case Document(where, data):
                yield self._photo(data, where)

    def _photo(self, data: bytes, where: str) -> Parsed:
        name = PurePosixPath(where).name
        said = self._captions.get(where) or self._captions.get(name) or Caption()
        try:
            encoded = encode(data)
        except PictureRefused:
            return Rejected(where, Reason.NO_PICTURE)
        author, licence = _camera(data)
        author = said.author or author or clean_line(self._author, 120)
        licence = said.licence or clean_line(self._licence, 120) or licence
        if not author or not licence:
            return Rejected(where, Reason.NO_AUTHOR)
        return LibraryPhoto(source_key(self._address or where), encoded, said.title, author, licence, said.offer)


def _camera(data: bytes) -> tuple[str, str]:
    """Author and rights out of the file, the last that is read of its metadata."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            exif = image.getexif()
            author, rights = exif.get(ExifTags.Base.Artist), exif.get(ExifTags.Base.Copyright)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError):
        return "", ""
    return clean_line(author if isinstance(author, str) else "", 120), clean_line(
        rights if isinstance(rights, str) else "", 120
    )


def read_captions(path: Path) -> dict[str, Caption]:
    """`photos.csv` of a folder or a zip; {} where there is none or where it cannot be read."""
    data: bytes | None = None
    if path.is_dir():
        table = path / TABLE
        if table.is_file() and table.stat().st_size <= TABLE_BYTES:
            data = table.read_bytes()
    elif path.suffix.lower() not in SHAPE.suffixes:
        try:
            with ZipStream(path) as archive:
                member = next((m for m in archive.members() if PurePosixPath(m.name).name == TABLE), None)
                data = read_member(archive, member, TABLE_BYTES) if member else None
        except NotAZip:
            data = None  # the opening that follows says what is wrong with it
    return parse_captions(data) if data else {}


def parse_captions(data: bytes) -> dict[str, Caption]:
    """Captions by file name."""
    text = data.decode("utf-8-sig", "replace")
    separator = max(";,\t", key=text.partition("\n")[0].count)
    found: dict[str, Caption] = {}
    try:
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
            said = {
                _COLUMNS[key]: clean_line(value, 160)
                for column, value in row.items()
                if isinstance(column, str) and isinstance(value, str) and (key := fold(column).strip()) in _COLUMNS
            }
            if file := said.pop("file", ""):
                found[file] = Caption(
                    **{name: value[:120] if name != "title" else value for name, value in said.items()}
                )
    except csv.Error:
        return found
    return found
