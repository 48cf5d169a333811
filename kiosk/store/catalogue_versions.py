"""Which catalogue is in force: files ``catalogue-<version>.db`` in one folder and a fsynced pointer to one of them.

A new version is built beside, checked, and only then pointed to; the one before stays until the next. Whatever is
found damaged at start is passed over for the previous one. One writer (the sync engine); `open_current` may run on
another thread, which then owns the catalogue it gets.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from kiosk.store.catalogue import Catalogue, CatalogueFailed, open_catalogue

POINTER = "current"
_NAME = re.compile(r"catalogue-(\d{1,12})\.db")


@dataclass(frozen=True, slots=True)
class Activated:
    version: int
    offers: int


@dataclass(frozen=True, slots=True)
class NotActivated:
    """The version stays out; what was current is still current. ``reason`` is one sentence."""

    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """``passed_over``: versions that should have been opened and are damaged or gone, with why."""

    catalogue: Catalogue
    version: int
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingToOpen:
    """There is no catalogue, or none that can be read: the kiosk says that it waits for content."""

    passed_over: tuple[str, ...] = ()


class CatalogueVersions:
    """The folder of catalogue files of a kiosk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, version: int) -> Path:
        """Where the file of a version stands, or is to be put before `activate`."""
        return self._folder / f"catalogue-{version}.db"

    def current(self) -> int | None:
        """The version pointed to; None when there is no readable pointer."""
        pointer = self._pointer()
        return pointer[0] if pointer else None

    def _pointer(self) -> list[int]:
        """Current version, then the one before; [] when missing or damaged."""
        try:
            value = json.loads((self._folder / POINTER).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return []
        versions = value.get("versions") if isinstance(value, dict) else None
        if not isinstance(versions, list) or not all(isinstance(version, int) for version in versions):
            return []
        return versions

    def activate(self, version: int) -> Activated | NotActivated:
        """Checks every page of a version's file and points to it; older files but the previous one are deleted.

        Raises OSError when the disk refuses; the pointer then still names what it named.
        """
        try:
            catalogue = open_catalogue(self.path(version), thorough=True)
        except CatalogueFailed as error:
            return NotActivated(version, str(error))
        offers = catalogue.about.offers
        catalogue.close()
        previous = [known for known in self._pointer() if known != version][:1]
        _fsync(self.path(version))
        aside = self._folder / f".{POINTER}.new"
        aside.write_text(json.dumps({"versions": [version, *previous]}), encoding="ascii")
        _fsync(aside)
        aside.replace(self._folder / POINTER)
        _fsync(self._folder)
        for other in self._folder.glob("catalogue-*.db"):
            match = _NAME.fullmatch(other.name)
            # Newer ones may be under construction by the engine; only what was replaced goes.
            if match and int(match[1]) not in (version, *previous) and int(match[1]) < version:
                other.unlink()
        return Activated(version, offers)

    def open_current(self) -> Opened | NothingToOpen:
        """The current catalogue, else the previous one, else the newest file that can be read."""
        passed_over = []
        for version in self._candidates():
            try:
                catalogue = open_catalogue(self.path(version))
            except CatalogueFailed as error:
                passed_over.append(f"version {version}: {error}")
                continue
            return Opened(catalogue, version, tuple(passed_over))
        return NothingToOpen(tuple(passed_over))

    def _candidates(self) -> list[int]:
        found = [int(match[1]) for file in self._folder.glob("*.db") if (match := _NAME.fullmatch(file.name))]
        pointed = self._pointer()
        # Without a pointer any file counts; with one, a newer file that was never activated does not.
        rest = sorted((v for v in found if not pointed or v < pointed[0]), reverse=True)
        return list(dict.fromkeys([*pointed, *rest]))


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
