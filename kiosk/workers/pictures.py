"""Where picture keys become files: drawn scenes from the assets, photos from the content store.

`path` is called on the UI thread and answers from a lookup; decoding at the shown size happens in Kivy's loader.
"""

from __future__ import annotations

from pathlib import Path

FALLBACK_SCENE = "lavender"
SMALL_WIDTH = 480


class PictureFiles:
    """Implements `kiosk.screens.base.Pictures`."""

    def __init__(self, illustrations: Path, blobs: Path) -> None:
        self._illustrations = illustrations
        self._blobs = blobs
        self._known: dict[str, str] = {}

    def path(self, key: str, size: tuple[int, int]) -> str:
        """A file that exists: a scene when the photo is not there (yet)."""
        known = self._known.get(key)
        if known is not None:
            return known
        kind, _, name = key.partition(":")
        found = self._find(kind, name)
        if found is None:
            return str(self._illustrations / f"{FALLBACK_SCENE}.png")
        self._known[key] = str(found)
        return str(found)

    def _find(self, kind: str, name: str) -> Path | None:
        if not name.replace("_", "").replace("-", "").isalnum():
            return None  # keys come from content: nothing in them may walk the file system
        folder = self._blobs if kind == "blob" else self._illustrations
        candidate = folder / (name if kind == "blob" else f"{name}.png")
        return candidate if candidate.is_file() else None
