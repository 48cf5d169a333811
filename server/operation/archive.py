"""A backup as one file: a tar of the database, the blobs and the secrets, with a manifest of SHA-256 sums at its end.

The file holds every key of the territory: mode 0600, and whoever has it is the server. Written aside, synced, renamed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FORMAT = "zerot-backup"
VERSION = 1
MANIFEST = "MANIFEST.json"
MANIFEST_BYTES_MAX = 64 << 20
CHUNK = 1 << 20


class ArchiveRefused(ValueError):
    """The file is no backup, or damaged; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Member:
    """`name` within the archive; the file that holds its bytes."""

    name: str
    path: Path


def write_archive(out: Path, members: Iterable[Member], about: dict[str, object]) -> dict[str, str]:
    """Write `out`; the sums by name. Raises OSError."""
    aside = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    sums: dict[str, str] = {}
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for member in members:
                    sums[member.name] = _add(tar, member)
                text = json.dumps({"format": FORMAT, "version": VERSION, **about, "sha256": sums}, indent=1).encode()
                info = tarfile.TarInfo(MANIFEST)
                info.size, info.mode = len(text), 0o600
                tar.addfile(info, io.BytesIO(text))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
    return sums


def _add(tar: tarfile.TarFile, member: Member) -> str:
    """Add one file; the sum of exactly the bytes that went in."""
    with member.path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
        info = tarfile.TarInfo(member.name)
        info.size, info.mode = os.fstat(file.fileno()).st_size, 0o600
        file.seek(0)
        tar.addfile(info, file)
    return content


def read_archive(path: Path, into: Path) -> dict[str, object]:
    """Unpack into an empty folder and compare every sum; the manifest. Raises ArchiveRefused, OSError."""
    sums: dict[str, str] = {}
    manifest: dict[str, object] | None = None
    try:
        with tarfile.open(path, mode="r:") as tar:
            for info in tar:
                if not info.isfile() or not _safe(info.name):
                    raise ArchiveRefused(f"{path} holds {info.name!r}, which no backup does.")
                source = tar.extractfile(info)
                if source is None:
                    raise ArchiveRefused(f"{path} cannot be read to its end.")
                if info.name == MANIFEST:
                    manifest = json.loads(source.read(MANIFEST_BYTES_MAX))
                    continue
                sums[info.name] = _unpack(source, into / info.name)
    except (tarfile.TarError, EOFError, ValueError) as error:
        if isinstance(error, ArchiveRefused):
            raise
        raise ArchiveRefused(f"{path} is damaged, or no backup of this server.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArchiveRefused(f"{path} is cut off, or no backup of this server.")
    if manifest.get("version") != VERSION:
        raise ArchiveRefused(f"{path} has version {manifest.get('version')!r}; this software reads {VERSION}.")
    if manifest.get("sha256") != sums:
        raise ArchiveRefused(f"{path} is damaged: its content is not what its manifest says.")
    return manifest


def _safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not PurePosixPath(name).is_absolute() and ".." not in parts


def _unpack(source: io.BufferedIOBase | object, target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        while chunk := source.read(CHUNK):  # type: ignore[union-attr]
            found.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return found.hexdigest()
