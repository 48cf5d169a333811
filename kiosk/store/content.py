"""The kiosk's content: files named by their SHA-256, one catalogue per version, and a pointer that moves.

    content/blobs/SHA256          pictures, complete and verified
    content/staging/SHA256.part   what an interrupted transfer left
    content/catalogue-N.db        one file per version, the present one and the one before
    content/current.json          the signed manifest on show, verbatim; replaced by an fsynced rename

A kill at any instant leaves either version whole. Written by the sync thread alone; read by any.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from hashlib import sha256 as new_sha256
from io import FileIO
from pathlib import Path
from typing import Final, Self

from kiosk.store.journal_file import fsync_directory
from sync.content_pull import CATALOGUE_TYPE
from sync.protocol import (
    MAP_KEY,
    TRAVEL_TYPE,
    Manifest,
    SignedManifest,
    WireError,
    build_signed_manifest,
    parse_signed_manifest,
    verify_manifest,
)

POINTER: Final = "current.json"
_PIECE: Final = 1 << 20
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})\Z")
_MAGIC: Final = {
    CATALOGUE_TYPE: (b"SQLite format 3\0",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    TRAVEL_TYPE: (b"{",),
}


class _PartSink:
    """Appends to a partial file, from where the server says it begins."""

    def __init__(self, path: Path, size: int, offset: int) -> None:
        self._path, self._size, self._offset = path, size, offset
        self._file: FileIO | None = None
        self._written = 0

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        start = 0
        if status == 206:
            match = _RANGE.match(headers.get("content-range", ""))
            if match is None or int(match[1]) != self._offset or int(match[3]) != self._size:
                return False
            start = self._offset
        self._file = FileIO(self._path, "r+" if self._path.exists() else "w+")
        self._file.truncate(start)
        self._file.seek(start)
        self._written = start
        return True

    def write(self, piece: bytes) -> None:
        if self._file is None or self._written >= self._size:
            return  # beyond the size announced; what fits is judged by its hash
        self._written += self._file.write(piece[: self._size - self._written])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


class ContentStore:
    """sync.ports.ContentPort on the disk. `check_catalogue` raises for a file that may not be shown."""

    def __init__(
        self,
        directory: Path,
        server_key: bytes,
        check_catalogue: Callable[[Path], None],
        activated: Callable[[Manifest], None] = lambda manifest: None,
    ) -> None:
        self._directory, self._server_key = directory, server_key
        self._check, self._activated = check_catalogue, activated
        self._blobs, self._staging = directory / "blobs", directory / "staging"
        for folder in (self._blobs, self._staging):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._current = self._read_current()
        self._pictures = _pictures(self._current)

    def _read_current(self) -> SignedManifest | None:
        """The manifest on show; None when there is none, or it is not the server's any more."""
        try:
            signed = parse_signed_manifest((self._directory / POINTER).read_bytes())
        except (FileNotFoundError, WireError):
            return None
        version = signed.manifest.content_version
        if not verify_manifest(signed, self._server_key) or not self.catalogue_path(version).exists():
            return None
        return signed

    def manifest(self) -> Manifest | None:
        """The version on show."""
        return None if self._current is None else self._current.manifest

    def catalogue_path(self, version: int) -> Path:
        """Where the catalogue of a version is."""
        return self._directory / f"catalogue-{version}.db"

    def versions(self) -> frozenset[int]:
        """Versions whose catalogue file is here, whole or not."""
        known = (path.stem.removeprefix("catalogue-") for path in self._directory.glob("catalogue-*.db"))
        return frozenset(int(number) for number in known if number.isdecimal())

    def forget_current(self) -> None:
        """The catalogue on show turned out damaged: remove it, so that the next sync fetches it again."""
        if self._current is None:
            return
        manifest = self._current.manifest
        self.catalogue_path(manifest.content_version).unlink(missing_ok=True)
        (self._blobs / manifest.catalogue_sha256).unlink(missing_ok=True)
        fsync_directory(self._directory)
        self._current = None

    def picture_path(self, key: str) -> Path | None:
        """The file of a picture of the version on show; None when it has no such picture."""
        sha256 = self._pictures.get(key)
        return None if sha256 is None else self._blobs / sha256

    def map_path(self) -> Path | None:
        """The map of the version on show; None without one, or when its file is gone."""
        blobs = () if self._current is None else self._current.manifest.blobs
        sha256 = next((blob.sha256 for blob in blobs if blob.key == MAP_KEY and blob.type == CATALOGUE_TYPE), None)
        path = None if sha256 is None else self._blobs / sha256
        return path if path is not None and path.exists() else None

    def active_version(self) -> int:
        return 0 if self._current is None else self._current.manifest.content_version

    def newest_issued_at(self) -> int:
        return 0 if self._current is None else self._current.manifest.issued_at

    def has(self, sha256: str) -> bool:
        return (self._blobs / sha256).exists()

    def partial_bytes(self, sha256: str) -> int:
        part = self._part(sha256)
        return part.stat().st_size if part.exists() else 0

    def sink(self, sha256: str, size: int, offset: int) -> _PartSink:
        return _PartSink(self._part(sha256), size, offset)

    def finish(self, sha256: str, size: int, kind: str) -> str | None:
        part = self._part(sha256)
        reason = _verify(part, sha256, size, kind)
        if reason is not None:
            part.unlink(missing_ok=True)
            return reason
        part.replace(self._blobs / sha256)
        fsync_directory(self._blobs)
        return None

    def activate(self, signed: SignedManifest) -> str | None:
        manifest = signed.manifest
        target = self.catalogue_path(manifest.content_version)
        try:
            self._check(self._blobs / manifest.catalogue_sha256)
        except Exception as error:  # noqa: BLE001 - whatever the catalogue's reader says, the old version stays
            (self._blobs / manifest.catalogue_sha256).unlink(missing_ok=True)
            return f"the catalogue cannot be shown: {error}"
        target.unlink(missing_ok=True)  # left by a kill between link and pointer
        os.link(self._blobs / manifest.catalogue_sha256, target)
        aside = self._directory / f".{POINTER}.new"
        with aside.open("wb") as file:
            file.write(build_signed_manifest(signed.document, signed.signature))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._directory / POINTER)
        fsync_directory(self._directory)
        previous, self._current = self._current, signed
        self._pictures = _pictures(signed)
        self._sweep(signed, previous)
        self._activated(manifest)
        return None

    def _sweep(self, *kept: SignedManifest | None) -> None:
        """Remove what neither the version on show nor the one before needs."""
        manifests = [signed.manifest for signed in kept if signed is not None]
        wanted = {blob.sha256 for manifest in manifests for blob in manifest.blobs}
        # The catalogue's blob is a second name of catalogue-N.db: the newest stays, to compare when asked again.
        wanted.update(manifest.catalogue_sha256 for manifest in manifests)
        versions = {self.catalogue_path(manifest.content_version).name for manifest in manifests}
        for path in self._blobs.iterdir():
            if path.name not in wanted:
                path.unlink()
        for path in self._directory.glob("catalogue-*.db"):
            if path.name not in versions:
                path.unlink()
        for path in self._staging.iterdir():
            path.unlink()

    def _part(self, sha256: str) -> Path:
        return self._staging / f"{sha256}.part"


def _pictures(signed: SignedManifest | None) -> dict[str, str]:
    """Key → SHA-256 of a version's pictures."""
    return {} if signed is None else {blob.key: blob.sha256 for blob in signed.manifest.blobs}


def _verify(path: Path, expected: str, size: int, kind: str) -> str | None:
    """The reason why a file is not what the manifest says."""
    if not path.exists() or path.stat().st_size != size:
        return f"{expected[:12]}… has not the size announced"
    digest = new_sha256()
    with path.open("rb") as file:
        start = file.read(16)
        file.seek(0)
        while piece := file.read(_PIECE):
            digest.update(piece)
    if digest.hexdigest() != expected:
        return f"{expected[:12]}… is not what the manifest names"
    if not start.startswith(_MAGIC[kind]) or (kind == "image/webp" and start[8:12] != b"WEBP"):
        return f"{expected[:12]}… is not of type {kind}"
    return None
