"""Where picture keys become files: drawn scenes from the assets, photos from the content store.

`path` is called on the UI thread and answers from a lookup; decoding at the shown size happens in Kivy's loader.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

FALLBACK_SCENE = "lavender"
# The pack carries a photo in two sizes (server.catalogue.pack): up to this width the small one is sharp enough.
SMALL_WIDTH = 520
REMEMBERED_MAX = 4096


class PictureFiles:
    """Implements `kiosk.screens.base.Pictures`."""

    def __init__(self, illustrations: Path, blob: Callable[[str], Path | None]) -> None:
        """`blob("<sha256>.small")` is the file of a photo of the content on show."""
        self._illustrations = illustrations
        self._blob = blob
        self._remembered: dict[tuple[str, bool], str] = {}

    def path(self, key: str, size: tuple[int, int]) -> str:
        """A file that exists: a scene when the photo is not there (yet)."""
        small = size[0] <= SMALL_WIDTH
        remembered = self._remembered.get((key, small))
        if remembered is not None:
            return remembered
        found = self._find(key, small)
        if found is None:
            return str(self._illustrations / f"{FALLBACK_SCENE}.png")
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[key, small] = str(found)
        return str(found)

    def forget(self) -> None:
        """The content changed."""
        self._remembered.clear()

    def _find(self, key: str, small: bool) -> Path | None:
        kind, _, name = key.partition(":")
        if not name.replace("_", "").replace("-", "").isalnum():
            return None  # keys come from content: nothing in them may walk the file system
        if kind == "blob":
            sizes = ("small", "large") if small else ("large", "small")
            return next((path for size in sizes if (path := self._blob(f"{name}.{size}"))), None)
        candidate = self._illustrations / f"{name}.png"
        return candidate if candidate.is_file() else None
